/* What a submission records, and what the forms' rules refuse; the privacy settings; a permission's result. */
#include "support/form_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    form_case *test = malloc(sizeof *test);
    form_case_open(test);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    form_case_close(*state);
    free(*state);
    return 0;
}

static void assert_ok(const form_case *test, consent_status status)
{
    if (status != CONSENT_OK)
        fail_msg("%s: %s", consent_status_name(status), test->error.message);
}

static void assert_refused(const form_case *test, consent_status status, consent_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
    assert_int_equal(test->count, 0);
}

/* Says what an event is about: "granted pay bank-a order,payer". */
static void assert_event(const cs_event *event, const char *expected)
{
    char text[400];
    int used = snprintf(text, sizeof text, "%s", cs_event_type_name(event->type));
    cs_str parts[] = {event->purpose, event->recipient};
    for (size_t i = 0; i < 2; i++)
        if (parts[i].size)
            used += snprintf(text + used, sizeof text - (size_t)used, " %.*s", CS_STR_ARG(parts[i]));
    for (size_t i = 0; i < event->data_count; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%.*s", i ? "," : " ", CS_STR_ARG(event->data[i]));
    assert_string_equal(text, expected);
}

static void open_form(form_case *test, int32_t occasion, const char *purpose, const char *recipient)
{
    assert_ok(test, form_case_ask(test, occasion, purpose, recipient));
}

static void grant(form_case *test, int32_t occasion, const char *purpose, const char *recipient)
{
    open_form(test, occasion, purpose, recipient);
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
}

/* ---- the policy --------------------------------------------------------------------------------- */

/* C2 C3 C4 */
static void accepting_the_policy_records_the_notice_and_the_acceptance_with_the_evidence(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true, .at_ms = 1772330500000};
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1));
    assert_int_equal(test->count, 2);
    assert_event(&test->events[0], "notice_shown");
    const cs_event *accepted = &test->events[1];
    assert_event(accepted, "policy_accepted");
    assert_true(cs_str_is(accepted->policy.id, "platform"));
    assert_int_equal(accepted->policy.version, 1);
    assert_memory_equal(accepted->policy.hash, test->policy->hash, CS_HASH_SIZE);
    assert_memory_equal(accepted->notice_hash, cs_form_notice_hash(test->form), CS_HASH_SIZE);
    assert_int_equal(accepted->ticked_at_ms, 1772330500000);
    assert_true(accepted->tick_initially_off);
    assert_true(accepted->reached_end);
    assert_int_equal(accepted->emphasis_count, 2);
    assert_int_equal(accepted->method, CONSENT_METHOD_CHECKBOX);
    assert_true(cs_str_is(accepted->control, "accept"));
    assert_true(cs_str_is(accepted->surface, "main"));
    assert_true(cs_str_is(accepted->locale, "en"));
    assert_int_equal(accepted->seen, 42);
    assert_false(test->restrictive);
}

/* C5 */
static void declining_the_policy_records_that_alone(void **state)
{
    form_case *test = *state;
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->count, 1);
    assert_event(&test->events[0], "policy_declined");
    assert_int_equal(test->events[0].method, CONSENT_METHOD_BUTTON);
    assert_true(test->restrictive);
}

/* C3 */
static void accepting_without_the_tick_is_refused_and_names_it(void **state)
{
    form_case *test = *state;
    consent_answer off = {.control = "tick", .on = false};
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_REJECTED, "'tick'");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &off, 1), CONSENT_E_REJECTED, "'tick'");
    consent_answer on = {.control = "tick", .on = true};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &on, 1)); /* the form stayed usable */
}

/* C3: a box shown ticked is no evidence; a refusal needs none */
static void a_tick_that_was_shown_ticked_is_refused_but_never_stops_a_refusal(void **state)
{
    form_case *test = *state;
    consent_answer preset = {.control = "tick", .on = true, .initially_on = true};
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &preset, 1), CONSENT_E_REJECTED, "'tick'");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, &preset, 1));
}

/* C2 */
static void accepting_without_the_emphasis_rendered_is_refused(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true};
    consent_submission given = {.action = CONSENT_ACTION_ACCEPT, .answers = &tick, .answer_count = 1};
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    assert_refused(test,
                   cs_form_submit(test->form, &given, test->now.now_ms, test->now.now_ms, &test->events, &test->count,
                                  &test->restrictive, &test->error),
                   CONSENT_E_REJECTED, "emphasis");
}

/* ---- when ---------------------------------------------------------------------------------------- */

static void nothing_is_recorded_from_a_form_that_was_not_shown_or_that_expired(void **state)
{
    form_case *test = *state;
    consent_submission given = {.action = CONSENT_ACTION_REFUSE};
    open_form(test, CONSENT_OCCASION_FIRST_RUN, "", "");
    int64_t built_ms = test->now.now_ms;
    assert_refused(
        test,
        cs_form_submit(test->form, &given, 0, built_ms, &test->events, &test->count, &test->restrictive, &test->error),
        CONSENT_E_REJECTED, "not shown");
    assert_refused(test,
                   cs_form_submit(test->form, &given, built_ms, built_ms + 24 * CS_HOUR_MS, &test->events, &test->count,
                                  &test->restrictive, &test->error),
                   CONSENT_E_EXPIRED, "expired");
    assert_ok(test, cs_form_submit(test->form, &given, built_ms, built_ms + 24 * CS_HOUR_MS - 1, &test->events,
                                   &test->count, &test->restrictive, &test->error));
}

/* design.md section 3: past valid_until no new grants; refusing goes on */
static void a_policy_that_ran_out_while_the_form_stood_open_grants_nothing(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->now.now_ms = test->policy->valid_until_ms - CS_MINUTE_MS;
    open_form(test, CONSENT_OCCASION_OWN, "news", "");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_EXPIRED, "past its time");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
}

static void the_hosts_mistakes_are_named(void **state)
{
    form_case *test = *state;
    consent_answer wrong[] = {{.control = "data:track", .on = true}};
    consent_answer twice[] = {{.control = "data:payer"}, {.control = "data:payer", .on = true}};
    consent_answer nameless[] = {{.on = true}};
    consent_answer early[] = {{.control = "data:payer", .on = true, .at_ms = -1}};
    form_case_accept_policy(test);
    open_form(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, wrong, 1), CONSENT_E_ARGUMENT, "'data:track'");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, twice, 2), CONSENT_E_ARGUMENT, "twice");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, nameless, 1), CONSENT_E_ARGUMENT, "no choice");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, early, 1), CONSENT_E_ARGUMENT, "1970");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 1), CONSENT_E_ARGUMENT, "no answers");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_SAVE, NULL, 0), CONSENT_E_ARGUMENT, "action 3");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_NONE, NULL, 0), CONSENT_E_ARGUMENT, "action 0");
    consent_submission given = {.action = CONSENT_ACTION_ACCEPT, .surface = "\xff"};
    assert_refused(test,
                   cs_form_submit(test->form, &given, test->now.now_ms, test->now.now_ms, &test->events, &test->count,
                                  &test->restrictive, &test->error),
                   CONSENT_E_ARGUMENT, "surface");
    given = (consent_submission){.action = CONSENT_ACTION_ACCEPT, .method = CONSENT_METHOD_SUPPORT};
    assert_refused(test,
                   cs_form_submit(test->form, &given, test->now.now_ms, test->now.now_ms, &test->events, &test->count,
                                  &test->restrictive, &test->error),
                   CONSENT_E_ARGUMENT, "method 6");
}

/* ---- one purpose -------------------------------------------------------------------------------- */

/* C45 C55: for this recipient, for what was ticked */
static void accepting_separate_grants_what_is_required_and_ticked_and_denies_the_rest(void **state)
{
    form_case *test = *state;
    consent_answer payer = {.control = "data:payer", .on = true};
    form_case_accept_policy(test);
    open_form(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &payer, 1));
    assert_int_equal(test->count, 2);
    assert_event(&test->events[0], "granted pay bank-a order,payer");
    assert_event(&test->events[1], "denied pay bank-a id-number");
    assert_int_equal(test->events[0].ticked_at_ms, test->now.now_ms);
    assert_int_equal(test->events[0].method, CONSENT_METHOD_CHECKBOX);
    assert_true(test->restrictive);
}

/* decisions.md section 1: narrowing is a withdrawal of what was unticked */
static void what_stood_granted_and_is_left_unticked_is_withdrawn(void **state)
{
    form_case *test = *state;
    cs_str wanted[] = {CS_STR("id-number")};
    form_case_accept_policy(test);
    test->input.query =
        (cs_query){.purpose = CS_STR("pay"), .recipient = CS_STR("bank-a"), .data = wanted, .data_count = 1};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_SEPARATE));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_event(&test->events[0], "granted pay bank-a id-number");
    form_case_record(test);
    open_form(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->count, 3);
    assert_event(&test->events[0], "granted pay bank-a order");
    assert_event(&test->events[1], "withdrawn pay bank-a id-number");
    assert_event(&test->events[2], "denied pay bank-a payer");
}

/* decisions.md section 1: a withdrawal that names no recipient speaks for every recipient, which unticking does not mean */
static void unticking_without_a_recipient_leaves_the_recipients_choices_alone(void **state)
{
    form_case *test = *state;
    cs_str wanted[] = {CS_STR("likes")};
    form_case_accept_policy(test);
    test->input.query = (cs_query){.purpose = CS_STR("recommend"), .data = wanted, .data_count = 1};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_OWN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    open_form(test, CONSENT_OCCASION_OWN, "recommend", "");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_event(&test->events[0], "granted recommend visits");
    assert_event(&test->events[1], "denied recommend likes");
}

static void refusing_separate_denies_every_item_for_this_recipient(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    open_form(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->count, 1);
    assert_event(&test->events[0], "denied pay bank-a order,payer,id-number");
    assert_true(cs_str_is(test->events[0].control, "refuse"));
    assert_int_equal(test->events[0].subject, CS_SUBJECT_ITEM);
}

static void accepting_with_every_box_left_empty_is_refused(void **state)
{
    form_case *test = *state;
    cs_str wanted[] = {CS_STR("payer"), CS_STR("id-number")};
    form_case_accept_policy(test);
    test->input.query =
        (cs_query){.purpose = CS_STR("pay"), .recipient = CS_STR("bank-a"), .data = wanted, .data_count = 2};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_SEPARATE));
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_REJECTED, "'data:payer'");
}

/* C123 */
static void once_is_marked_and_written_is_said_to_be_written(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    open_form(test, CONSENT_OCCASION_ONCE, "gift", "");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_event(&test->events[0], "granted gift address");
    assert_true(test->events[0].once);
    assert_int_equal(test->events[0].method, CONSENT_METHOD_BUTTON);
    open_form(test, CONSENT_OCCASION_SEPARATE, "survey", "");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_REJECTED, "signature");
    consent_submission signed_by_hand = {.struct_size = sizeof signed_by_hand,
                                         .action = CONSENT_ACTION_ACCEPT,
                                         .reached_end = true,
                                         .emphasis_rendered = true,
                                         .reference = "sign-1"};
    assert_ok(test, cs_form_submit(test->form, &signed_by_hand, test->now.now_ms - 1, test->now.now_ms, &test->events,
                                   &test->count, &test->restrictive, &test->error));
    assert_event(&test->events[0], "granted survey visits");
    assert_int_equal(cs_str_is(test->events[0].reference, "sign-1"), true);
    assert_false(test->events[0].once);
    assert_int_equal(test->events[0].method, CONSENT_METHOD_WRITTEN);
}

/* ---- permission --------------------------------------------------------------------------------- */

static consent_status give_result(form_case *test, consent_os_state result)
{
    test->now.now_ms += CS_MINUTE_MS;
    test->now.elapsed_ms += CS_MINUTE_MS;
    return cs_form_permission_result(test->form, result, test->now.now_ms - CS_SECOND_MS, test->now.now_ms,
                                     &test->events, &test->count, &test->error);
}

static void open_permission(form_case *test, const char *call_site)
{
    test->input.query = (cs_query){.permission = CS_STR("location"), .call_site = cs_str_of(call_site)};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_PERMISSION));
}

/* C67 C68 C74: the dialog, with this notice beside it, is the act of an own consent */
static void the_systems_dialog_grants_or_denies_a_purpose_that_needs_its_own_consent(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    open_permission(test, "choose-city");
    assert_ok(test, give_result(test, CONSENT_OS_GRANTED));
    assert_int_equal(test->count, 3);
    assert_event(&test->events[0], "permission_prompted nearby");
    assert_event(&test->events[1], "permission_result nearby");
    assert_int_equal(test->events[1].os_state, CONSENT_OS_GRANTED);
    assert_true(cs_str_is(test->events[1].permission, "location"));
    assert_true(cs_str_is(test->events[1].call_site, "choose-city"));
    assert_event(&test->events[2], "granted nearby city");
    assert_int_equal(test->events[2].method, CONSENT_METHOD_OS_DIALOG);
    assert_ok(test, give_result(test, CONSENT_OS_BLOCKED));
    assert_event(&test->events[2], "denied nearby city");
    assert_ok(test, give_result(test, CONSENT_OS_UNKNOWN)); /* the dialog went away unanswered */
    assert_int_equal(test->count, 2);
}

/* decisions.md section 1: necessary, never sufficient */
static void the_systems_dialog_says_nothing_about_a_separate_consent(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_SEPARATE, "travel", "");
    open_permission(test, "navigate");
    assert_ok(test, give_result(test, CONSENT_OS_DENIED));
    assert_int_equal(test->count, 2);
    assert_event(&test->events[1], "permission_result travel");
    assert_int_equal(test->events[1].os_state, CONSENT_OS_DENIED);
}

/* C67: the person said no to the notice itself, the system is not asked */
static void refusing_the_permissions_notice_rests_the_permission_and_denies_its_purpose(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    open_permission(test, "choose-city");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_ARGUMENT, "prompt");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->count, 2);
    assert_event(&test->events[0], "permission_result nearby");
    assert_int_equal(test->events[0].os_state, CONSENT_OS_DENIED);
    assert_int_equal(test->events[0].method, CONSENT_METHOD_BUTTON);
    assert_event(&test->events[1], "denied nearby city");
}

static void a_result_belongs_to_a_permission_form_that_was_shown(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->count = 0;
    open_form(test, CONSENT_OCCASION_OWN, "news", "");
    assert_refused(test, give_result(test, CONSENT_OS_GRANTED), CONSENT_E_ARGUMENT, "own form");
    open_permission(test, "choose-city");
    assert_refused(test, give_result(test, (consent_os_state)9), CONSENT_E_ARGUMENT, "9");
    assert_refused(test,
                   cs_form_permission_result(test->form, CONSENT_OS_GRANTED, 0, test->now.now_ms, &test->events,
                                             &test->count, &test->error),
                   CONSENT_E_REJECTED, "not shown");
}

/* ---- privacy settings --------------------------------------------------------------------------- */

static const consent_form_part *part_of(const form_case *test, const char *control)
{
    size_t count;
    const consent_form_part *parts = cs_form_parts(test->form, &count);
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind == CONSENT_PART_CHOICE && strcmp(parts[i].control, control) == 0)
            return &parts[i];
    return NULL;
}

static void assert_switch(const form_case *test, const char *control, bool on, const char *needs)
{
    const consent_form_part *part = part_of(test, control);
    if (!part)
        fail_msg("no switch '%s'", control);
    assert_int_equal(part->on, on);
    if (needs)
        assert_string_equal(part->needs, needs);
    else
        assert_null(part->needs);
}

/* C143: every choice, for each recipient, with its present state */
static void manage_shows_every_choice_as_it_stands(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-b");
    grant(test, CONSENT_OCCASION_OWN, "news", "");
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    assert_switch(test, "acceptance", true, "first_run");
    assert_switch(test, "choice:browse", true, NULL);
    assert_switch(test, "choice:nearby", false, NULL);
    assert_switch(test, "choice:recommend", false, "own"); /* its optional item has a box of its own there */
    assert_switch(test, "choice:news", true, NULL);
    assert_switch(test, "choice:pay:bank-a", false, "separate");
    assert_switch(test, "choice:pay:bank-b", true, "separate");
    assert_switch(test, "choice:travel", false, "separate");
    assert_null(part_of(test, "choice:pay"));     /* sharing has no choice without a recipient */
    assert_null(part_of(test, "choice:deliver")); /* rests on the contract */
    assert_null(part_of(test, "choice:gift"));    /* serves once: nothing stands */
    cs_json_doc doc;
    form_case_json(test, &doc);
    const cs_json *choice = cs_json_first(cs_json_get(doc.root, "choices"));
    while (!cs_str_is(cs_json_str(cs_json_get(choice, "control")), "choice:news"))
        choice = cs_json_next(choice);
    assert_true(cs_str_is(cs_json_str(cs_json_get(choice, "channel")), "sms"));
    assert_true(cs_json_count(cs_json_get(choice, "fields")) > 2);
    cs_json_free(&doc);
}

/* PIPL 15; C143 C144 */
static void switching_off_withdraws_and_switching_on_grants_what_was_shown(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-b");
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer answers[] = {{.control = "choice:pay:bank-b", .on = false, .initially_on = true},
                                {.control = "choice:nearby", .on = true},
                                {.control = "choice:browse", .on = true, .initially_on = true}};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 3));
    assert_int_equal(test->count, 2);
    assert_event(&test->events[0], "withdrawn pay bank-b");
    assert_event(&test->events[1], "granted nearby city");
    assert_int_equal(test->events[1].method, CONSENT_METHOD_TOGGLE);
    assert_true(cs_str_is(test->events[1].control, "choice:nearby"));
    assert_true(test->restrictive);
    form_case_record(test);
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    assert_switch(test, "choice:pay:bank-b", false, "separate");
    assert_switch(test, "choice:nearby", true, NULL);
}

/* decisions.md section 1, as above; when nothing of the purpose stays on, it is withdrawn as a whole */
static void switching_off_what_we_keep_leaves_the_recipients_switch_alone(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_OWN, "recommend", "");
    grant(test, CONSENT_OCCASION_OWN, "recommend", "bank-b");
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer answers[] = {{.control = "choice:recommend", .on = false},
                                {.control = "choice:recommend:bank-b", .on = false}};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 1));
    assert_event(&test->events[0], "denied recommend");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 2));
    assert_event(&test->events[0], "withdrawn recommend");
    assert_event(&test->events[1], "withdrawn recommend bank-b");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 1));
    form_case_record(test);
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    assert_switch(test, "choice:recommend", false, "own");
    assert_switch(test, "choice:recommend:bank-b", true, "own");
}

static void what_a_save_leaves_out_stays_as_it_is(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, NULL, 0));
    assert_int_equal(test->count, 0);
}

/* PIPL 23, 29: what needs a form of its own is not given by a switch */
static void a_separate_consent_cannot_be_switched_on_here(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->count = 0;
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer on = {.control = "choice:pay:bank-a", .on = true};
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_SAVE, &on, 1), CONSENT_E_REJECTED,
                   "'choice:pay:bank-a'");
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_ARGUMENT, "save");
}

/* C3 */
static void a_switch_that_was_off_may_not_be_shown_as_on(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->count = 0;
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer preset = {.control = "choice:nearby", .on = true, .initially_on = true};
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_SAVE, &preset, 1), CONSENT_E_REJECTED,
                   "'choice:nearby'");
}

/* decisions.md section 1: the acceptance takes every choice with it */
static void withdrawing_the_acceptance_is_one_act_about_the_policy(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_OWN, "news", "");
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer answers[] = {{.control = "choice:news", .on = false}, {.control = "acceptance", .on = false}};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 2));
    assert_int_equal(test->count, 1);
    assert_event(&test->events[0], "withdrawn");
    assert_true(cs_str_is(test->events[0].policy.id, "platform"));
    form_case_record(test);
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    assert_switch(test, "acceptance", false, "first_run");
    assert_switch(test, "choice:news", false, "first_run");
}

/* promise 3: withdrawing works under an expired policy; granting does not */
static void under_an_expired_policy_manage_still_withdraws(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    grant(test, CONSENT_OCCASION_OWN, "news", "");
    test->now.now_ms = test->policy->valid_until_ms + CS_DAY_MS;
    open_form(test, CONSENT_OCCASION_MANAGE, "", "");
    consent_answer on = {.control = "choice:nearby", .on = true}, off = {.control = "choice:news", .on = false};
    test->count = 0;
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_SAVE, &on, 1), CONSENT_E_EXPIRED, "past its time");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, &off, 1));
    assert_event(&test->events[0], "withdrawn news");
}

static void a_submission_without_memory_changes_nothing_and_can_be_made_again(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->count = 0;
    open_form(test, CONSENT_OCCASION_OWN, "news", "");
    world_arm_persistently(&test->world, 1, ENOMEM);
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), CONSENT_E_MEMORY, "memory");
    world_disarm(&test->world);
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(accepting_the_policy_records_the_notice_and_the_acceptance_with_the_evidence),
        TEST(declining_the_policy_records_that_alone),
        TEST(accepting_without_the_tick_is_refused_and_names_it),
        TEST(a_tick_that_was_shown_ticked_is_refused_but_never_stops_a_refusal),
        TEST(accepting_without_the_emphasis_rendered_is_refused),
        TEST(nothing_is_recorded_from_a_form_that_was_not_shown_or_that_expired),
        TEST(a_policy_that_ran_out_while_the_form_stood_open_grants_nothing),
        TEST(the_hosts_mistakes_are_named),
        TEST(accepting_separate_grants_what_is_required_and_ticked_and_denies_the_rest),
        TEST(what_stood_granted_and_is_left_unticked_is_withdrawn),
        TEST(unticking_without_a_recipient_leaves_the_recipients_choices_alone),
        TEST(refusing_separate_denies_every_item_for_this_recipient),
        TEST(accepting_with_every_box_left_empty_is_refused),
        TEST(once_is_marked_and_written_is_said_to_be_written),
        TEST(the_systems_dialog_grants_or_denies_a_purpose_that_needs_its_own_consent),
        TEST(the_systems_dialog_says_nothing_about_a_separate_consent),
        TEST(refusing_the_permissions_notice_rests_the_permission_and_denies_its_purpose),
        TEST(a_result_belongs_to_a_permission_form_that_was_shown),
        TEST(manage_shows_every_choice_as_it_stands),
        TEST(switching_off_withdraws_and_switching_on_grants_what_was_shown),
        TEST(switching_off_what_we_keep_leaves_the_recipients_switch_alone),
        TEST(what_a_save_leaves_out_stays_as_it_is),
        TEST(a_separate_consent_cannot_be_switched_on_here),
        TEST(a_switch_that_was_off_may_not_be_shown_as_on),
        TEST(withdrawing_the_acceptance_is_one_act_about_the_policy),
        TEST(under_an_expired_policy_manage_still_withdraws),
        TEST(a_submission_without_memory_changes_nothing_and_can_be_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
