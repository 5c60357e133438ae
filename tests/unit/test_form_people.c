/* The forms about who the person is and who answers: age, guardian, child_rules, confirm, and a guardian's manage. */
#include "support/form_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t other_device[CS_STREAM_ID_SIZE] = {9};

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
        fail_msg("%d: %s", (int)status, test->error.message);
}

static void assert_refused(const form_case *test, consent_status status, consent_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
}

static cs_decision decide(const form_case *test, const char *purpose, const char *recipient, const char *data)
{
    cs_decision out;
    cs_str item = cs_str_of(data);
    cs_query query = {.purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = &item, .data_count = 1};
    cs_decide(&test->set, &test->state, &query, &test->now, &out);
    return out;
}

/* Submits with more than ticks: a birth date, a verification. */
static consent_status submit(form_case *test, consent_action action, const char *control, const char *birth,
                             const char *reference)
{
    consent_answer answer = {.control = control, .on = true};
    consent_submission given = {.struct_size = sizeof given,
                                .action = (int32_t)action,
                                .answers = control ? &answer : NULL,
                                .answer_count = control != NULL,
                                .emphasis_rendered = true,
                                .birth = birth,
                                .reference = reference};
    memset(&test->error, 0, sizeof test->error);
    return cs_form_submit(test->form, &given, test->now.now_ms, test->now.now_ms, &test->events, &test->count,
                          &test->restrictive, &test->error);
}

static void add_event(form_case *test, cs_event event)
{
    test->events = &event;
    test->count = 1;
    form_case_record(test);
}

static void is_born(form_case *test, int32_t year)
{
    add_event(test, (cs_event){.type = CS_EVENT_AGE_DECLARED, .birth = {year, 1, 1}});
}

static void needs_age(form_case *test, const char *purpose)
{
    const cs_function *function = cs_policy_function_of(test->policy, form_case_purpose(test, purpose));
    ((cs_function *)(uintptr_t)function)->needs_age = true;
}

static void assert_fields(form_case *test, const char *const *ids)
{
    cs_json_doc doc;
    form_case_json(test, &doc);
    for (; *ids; ids++)
        if (!form_case_field(&doc, *ids))
            fail_msg("the form has no field '%s'", *ids);
    cs_json_free(&doc);
}

static const char *const six_facts[] = {"child-scope",       "child-storage",   "child-security",
                                        "child-consequence", "child-complaint", "child-correction",
                                        "controller",        "consequence",     NULL};

/* ---- age -------------------------------------------------------------------------------------------- */

/* C136 */
static void the_age_form_asks_for_no_more_than_the_bands_that_the_rules_tell_apart(void **state)
{
    form_case *test = *state;
    static const char *const bands[] = {"age:0", "age:14", "age:18"};
    size_t count, found = 0;
    form_case_accept_policy(test);
    needs_age(test, "news");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""));
    const consent_form_part *parts = cs_form_parts(test->form, &count);
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind == CONSENT_PART_CHOICE)
            assert_string_equal(parts[i].control, bands[found++]);
    assert_int_equal(found, 3);
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, "age:14", NULL, NULL));
    assert_int_equal(test->events[0].type, CS_EVENT_AGE_DECLARED);
    assert_int_equal(test->events[0].age_band, 15);
    form_case_record(test);
    int32_t years;
    assert_true(cs_decide_age(&test->state, &test->now, &years));
    assert_int_equal(years, 14);
}

/* C136 */
static void a_birth_date_serves_instead_of_a_band_and_nonsense_is_named(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    needs_age(test, "news");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""));
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, NULL), CONSENT_E_REJECTED, "'birth'");
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, "2013-02-30", NULL), CONSENT_E_REJECTED, "'birth'");
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, "2031-01-01", NULL), CONSENT_E_REJECTED, "'birth'");
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, "age:18", "2013-06-01", NULL), CONSENT_E_REJECTED,
                   "'age:18'");
    consent_answer both[] = {{.control = "age:0", .on = true}, {.control = "age:18", .on = true}};
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, both, 2), CONSENT_E_REJECTED, "'age:18'");
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, "2013-06-01", NULL));
    assert_int_equal(test->events[0].birth.year, 2013);
    assert_int_equal(test->events[0].age_band, 0);
}

/* decisions.md rule 5: age_unknown has a refusal of its own */
static void a_refused_age_rests_for_48_hours_and_refuses_nothing_else(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    needs_age(test, "news");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].subject, CS_SUBJECT_AGE_UNKNOWN);
    form_case_record(test);
    assert_int_equal(decide(test, "news", "", "mobile").reason, CONSENT_REASON_AGE_UNKNOWN);
    assert_int_equal(decide(test, "news", "", "mobile").decision, CONSENT_DENY);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_ALLOW);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""), CONSENT_E_REJECTED, "again from");
    test->input.user_initiated = true;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""));
}

/* PIPL 6: an age is not asked for the asking */
static void nobody_is_asked_for_an_age_that_no_function_needs(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_AGE), CONSENT_E_REJECTED, "needs the age");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""), CONSENT_E_REJECTED, "'own' first");
    test->policy->controller_name = 0;
    needs_age(test, "news");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_AGE, "news", ""), CONSENT_E_REJECTED, "controller");
}

/* decisions.md section 2: the youngest statement counts until the guardian corrects it, and says on what verification */
static void a_guardian_corrects_the_age_with_a_verification(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2015);
    test->input.guardian = true;
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_AGE));
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, "1995-01-01", NULL), CONSENT_E_REJECTED,
                   "'reference'");
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, "1995-01-01", "case-7"));
    assert_int_equal(test->events[0].actor, CS_ACTOR_GUARDIAN);
    form_case_record(test);
    int32_t years;
    assert_true(cs_decide_age(&test->state, &test->now, &years));
    assert_int_equal(years, 31);
    test->input.guardian = true;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_ARGUMENT, "guardian");
}

/* ---- guardians --------------------------------------------------------------------------------------- */

/* C129 C130 C131 C132 */
static void a_childs_profile_is_held_until_the_guardian_agrees_to_policy_and_child_rules(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2016);
    assert_int_equal(decide(test, "browse", "", "device").occasion, CONSENT_OCCASION_CHILD_RULES);
    test->input.query = (cs_query){0};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_GUARDIAN), CONSENT_E_REJECTED, "'child_rules' first");
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CHILD_RULES));
    assert_fields(test, six_facts);
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, "tick", NULL, NULL), CONSENT_E_REJECTED, "'reference'");
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, "sms-1"), CONSENT_E_REJECTED, "'tick'");
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, "tick", NULL, "sms-1"));
    const cs_event *verified = &test->events[test->count - 1];
    assert_int_equal(verified->type, CS_EVENT_GUARDIAN_VERIFIED);
    assert_int_equal(verified->actor, CS_ACTOR_GUARDIAN);
    assert_true(cs_str_is(verified->rules_id, "child-rules"));
    assert_int_equal(verified->rules_version, 1);
    form_case_record(test);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_ALLOW);
}

/* Children's Provisions 10 */
static void child_rules_without_one_of_their_six_facts_are_not_put_to_a_guardian(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2016);
    for (int i = 0; i < CS_CHILD_FACTS; i++) {
        cs_text kept = test->policy->minors.facts[i];
        test->policy->minors.facts[i] = 0;
        test->input.query = (cs_query){0};
        assert_refused(test, form_case_build(test, CONSENT_OCCASION_CHILD_RULES), CONSENT_E_REJECTED,
                       cs_child_fact_name((cs_child_fact)i));
        test->policy->minors.facts[i] = kept;
    }
}

/* C129: from 14 to 17 the guardian agrees to the policy, and the young person chooses */
static void a_young_persons_guardian_agrees_to_the_policy_alone(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2010);
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_GUARDIAN));
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, "tick", NULL, "sms-1"));
    assert_int_equal(test->events[test->count - 1].rules_version, 0);
    form_case_record(test);
    assert_int_equal(decide(test, "news", "", "mobile").occasion, CONSENT_OCCASION_OWN);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_ALLOW);
}

/* C130: and asking again rests as after any no */
static void a_guardians_no_holds_everything_back(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2016);
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CHILD_RULES));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_true(test->restrictive);
    assert_int_equal(test->events[0].actor, CS_ACTOR_GUARDIAN);
    form_case_record(test);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_DENY);
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_CHILD_RULES), CONSENT_E_REJECTED, "again from");
}

static void guardian_agrees(form_case *test)
{
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CHILD_RULES));
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, "tick", NULL, "sms-1"));
    form_case_record(test);
}

/* C132: PIPL 31: for each purpose and recipient of a child */
static void a_guardian_grants_a_childs_separate_consent(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2016);
    guardian_agrees(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                   "guardian");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_GUARDIAN, "pay", "bank-a"));
    static const char *const fields[] = {"recipient", "recipient-contact", "necessity", "impact", "method", NULL};
    assert_fields(test, fields);
    assert_refused(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, NULL), CONSENT_E_REJECTED, "'reference'");
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, "sms-2"));
    assert_int_equal(test->events[0].type, CS_EVENT_GRANTED);
    assert_int_equal(test->events[0].actor, CS_ACTOR_GUARDIAN);
    assert_true(cs_str_is(test->events[0].reference, "sms-2"));
    form_case_record(test);
    assert_int_equal(decide(test, "pay", "bank-a", "order").decision, CONSENT_ALLOW);
    assert_int_equal(decide(test, "pay", "bank-b", "order").decision, CONSENT_ASK);
}

/* PIPL 15, 31: a guardian takes back what a guardian gave */
static void a_guardian_switches_off_in_the_privacy_centre(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    is_born(test, 2016);
    guardian_agrees(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_GUARDIAN, "news", ""));
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, "sms-2"));
    form_case_record(test);
    test->input.query = (cs_query){0};
    test->input.guardian = true;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_MANAGE));
    consent_answer on = {.control = "choice:travel", .on = true};
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_SAVE, &on, 1), CONSENT_E_REJECTED, "'guardian'");
    consent_answer off = {.control = "choice:news", .on = false, .initially_on = true};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, &off, 1));
    assert_int_equal(test->events[0].type, CS_EVENT_WITHDRAWN);
    assert_int_equal(test->events[0].actor, CS_ACTOR_GUARDIAN);
    form_case_record(test);
    assert_int_equal(decide(test, "news", "", "mobile").decision, CONSENT_DENY);
}

/* ---- confirm ------------------------------------------------------------------------------------------ */

static void other_device_does(form_case *test, uint64_t seq, cs_event event)
{
    static const uint8_t session[CS_SESSION_ID_SIZE] = {3};
    event.seq = seq;
    event.time_ms = test->now.now_ms;
    event.session_id = session;
    event.policy = (cs_policy_ref){cs_str_of(test->policy->id), 1, 0, test->policy->hash};
    assert_int_equal(cs_state_apply(&test->state, other_device, false, &event, seq, &test->error), CONSENT_OK);
}

/* design section 8: the first grant from a key new to this device */
static void a_new_devices_consents_are_listed_and_its_key_is_vouched_for(void **state)
{
    form_case *test = *state;
    other_device_does(test, 1, (cs_event){.type = CS_EVENT_POLICY_ACCEPTED});
    other_device_does(
        test, 2,
        (cs_event){.type = CS_EVENT_GRANTED, .purpose = CS_STR("news"), .data = {CS_STR("mobile")}, .data_count = 1});
    assert_int_equal(decide(test, "news", "", "mobile").occasion, CONSENT_OCCASION_CONFIRM);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_CONFIRM, "news", ""));
    static const char *const fields[] = {"device:09000000000000000000000000000000", "controller", "consequence",
                                         "withdrawal", NULL};
    assert_fields(test, fields);
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, NULL));
    assert_int_equal(test->count, 1);
    assert_int_equal(test->events[0].type, CS_EVENT_KEY_CONFIRMED);
    form_case_record(test);
    assert_int_equal(decide(test, "news", "", "mobile").decision, CONSENT_ALLOW);
}

static void refusing_to_vouch_refuses_that_alone(void **state)
{
    form_case *test = *state;
    other_device_does(test, 1, (cs_event){.type = CS_EVENT_POLICY_ACCEPTED});
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CONFIRM));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].subject, CS_SUBJECT_CONFIRM);
    form_case_record(test);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_DENY);
    assert_int_equal(decide(test, "browse", "", "device").reason, CONSENT_REASON_CONFIRM);
}

/* design section 8: support "giving" becomes confirm; giving it anew is what confirms */
static void what_support_says_was_given_is_given_anew_on_its_own_form(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    cs_event given = {.type = CS_EVENT_GRANTED,
                      .actor = CS_ACTOR_SUPPORT,
                      .purpose = CS_STR("pay"),
                      .recipient = CS_STR("bank-a"),
                      .data = {CS_STR("order")},
                      .data_count = 1,
                      .policy = {cs_str_of(test->policy->id), 1, 0, test->policy->hash}};
    add_event(test, given);
    assert_int_equal(decide(test, "pay", "bank-a", "order").reason, CONSENT_REASON_CONFIRM);
    cs_str order = CS_STR("order");
    test->input.query =
        (cs_query){.purpose = CS_STR("pay"), .recipient = CS_STR("bank-a"), .data = &order, .data_count = 1};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CONFIRM));
    static const char *const fields[] = {"recipient", "recipient-contact", "method", NULL};
    assert_fields(test, fields);
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, NULL));
    assert_int_equal(test->events[0].type, CS_EVENT_GRANTED);
    form_case_record(test);
    assert_int_equal(decide(test, "pay", "bank-a", "order").decision, CONSENT_ALLOW);
}

/* design section 4: a withdrawal without the key leaves every grant to be confirmed; the own key is vouched for at once */
static void after_a_doubt_this_devices_own_consents_are_confirmed(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    add_event(test, (cs_event){
                        .type = CS_EVENT_RECOVERED, .actor = CS_ACTOR_SYSTEM, .reference = CS_STR(CS_DOUBT_REFERENCE)});
    assert_int_equal(decide(test, "browse", "", "device").reason, CONSENT_REASON_CONFIRM);
    test->input.query = (cs_query){0};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_CONFIRM));
    assert_ok(test, submit(test, CONSENT_ACTION_ACCEPT, NULL, NULL, NULL));
    assert_int_equal(test->events[0].type, CS_EVENT_KEY_CONFIRMED);
    form_case_record(test);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_ALLOW);
    assert_int_equal(decide(test, "news", "", "mobile").decision, CONSENT_ALLOW);
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_CONFIRM), CONSENT_E_REJECTED, "nothing is to be asked");
    test->input.user_initiated = true;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_CONFIRM), CONSENT_E_REJECTED, "nothing waits");
}

/* PIPL 14: the policy's own form confirms, too */
static void accepting_anew_on_the_first_run_form_confirms_as_well(void **state)
{
    form_case *test = *state;
    other_device_does(test, 1, (cs_event){.type = CS_EVENT_POLICY_ACCEPTED});
    form_case_accept_policy(test);
    assert_int_equal(decide(test, "browse", "", "device").decision, CONSENT_ALLOW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_age_form_asks_for_no_more_than_the_bands_that_the_rules_tell_apart),
        TEST(a_birth_date_serves_instead_of_a_band_and_nonsense_is_named),
        TEST(a_refused_age_rests_for_48_hours_and_refuses_nothing_else),
        TEST(nobody_is_asked_for_an_age_that_no_function_needs),
        TEST(a_guardian_corrects_the_age_with_a_verification),
        TEST(a_childs_profile_is_held_until_the_guardian_agrees_to_policy_and_child_rules),
        TEST(child_rules_without_one_of_their_six_facts_are_not_put_to_a_guardian),
        TEST(a_young_persons_guardian_agrees_to_the_policy_alone),
        TEST(a_guardians_no_holds_everything_back),
        TEST(a_guardian_grants_a_childs_separate_consent),
        TEST(a_guardian_switches_off_in_the_privacy_centre),
        TEST(a_new_devices_consents_are_listed_and_its_key_is_vouched_for),
        TEST(refusing_to_vouch_refuses_that_alone),
        TEST(what_support_says_was_given_is_given_anew_on_its_own_form),
        TEST(after_a_doubt_this_devices_own_consents_are_confirmed),
        TEST(accepting_anew_on_the_first_run_form_confirms_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
