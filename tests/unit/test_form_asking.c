/* When a form may not be built although the policy is complete: rest, the system's own no, other people's answers, memory. */
#include "support/form_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
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
        fail_msg("%d: %s", (int)status, test->error.message);
}

static void assert_refused(const form_case *test, consent_status status, consent_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
    assert_null(test->form);
}

static consent_status build_permission(form_case *test, const char *call_site)
{
    test->input.query = (cs_query){.permission = CS_STR("location"), .call_site = cs_str_of(call_site)};
    return form_case_build(test, CONSENT_OCCASION_PERMISSION);
}

static void give_result(form_case *test, consent_os_state result)
{
    test->now.now_ms += CS_MINUTE_MS;
    test->now.elapsed_ms += CS_MINUTE_MS;
    assert_ok(test, cs_form_permission_result(test->form, result, test->now.now_ms - 1, test->now.now_ms, &test->events,
                                              &test->count, &test->error));
    form_case_record(test);
}

/* The person has an event of the system's in the history. */
static void add_event(form_case *test, cs_event event)
{
    test->events = &event;
    test->count = 1;
    form_case_record(test);
}

/* C68: the hard option */
static void what_is_never_asked_again_by_itself_waits_for_the_person(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    form_case_purpose(test, "news")->cooldown_ms = CS_NEVER_MS;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    form_case_record(test);
    test->now.now_ms += 100 * CS_DAY_MS;
    test->now.elapsed_ms += 100 * CS_DAY_MS;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_REJECTED,
                   "never asked again by itself");
    test->input.user_initiated = true;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
}

/* C72: only its settings help, whoever starts it */
static void a_permission_that_the_system_blocks_leads_to_the_settings(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    add_event(test, (cs_event){.type = CS_EVENT_PERMISSION_RESULT,
                               .actor = CS_ACTOR_SYSTEM,
                               .permission = CS_STR("location"),
                               .os_state = CONSENT_OS_BLOCKED});
    test->input.user_initiated = true;
    assert_refused(test, build_permission(test, "choose-city"), CONSENT_E_REJECTED, "settings");
}

/* decisions.md rule 11: what the system gave needs no second prompt, its purpose still needs its consent */
static void a_permission_that_is_on_is_not_prompted_for_but_its_purpose_is_asked_about(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    add_event(test, (cs_event){.type = CS_EVENT_PERMISSION_RESULT,
                               .actor = CS_ACTOR_SYSTEM,
                               .permission = CS_STR("location"),
                               .os_state = CONSENT_OS_GRANTED});
    assert_refused(test, build_permission(test, "choose-city"), CONSENT_E_REJECTED, "'own'");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "nearby", ""));
}

/* C67: a no to the notice of a purpose with its own separate consent rests the permission alone */
static void a_no_to_the_notice_of_a_separate_purpose_rests_the_permission_alone(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "travel", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    assert_ok(test, build_permission(test, "navigate"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->count, 1);
    assert_int_equal(test->events[0].type, CS_EVENT_PERMISSION_RESULT);
    form_case_record(test);
    assert_refused(test, build_permission(test, "navigate"), CONSENT_E_REJECTED, "again from");
    test->now.now_ms += 48 * CS_HOUR_MS;
    test->now.elapsed_ms += 48 * CS_HOUR_MS;
    assert_ok(test, build_permission(test, "navigate"));
    give_result(test, CONSENT_OS_GRANTED);
    assert_refused(test, build_permission(test, "navigate"), CONSENT_E_REJECTED, "nothing is to be asked");
}

/* C68: 48 hours, whatever the call site: the system's permission is shared */
static void a_permission_refused_at_one_call_site_rests_at_all(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "travel", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    assert_ok(test, build_permission(test, "navigate"));
    give_result(test, CONSENT_OS_DENIED);
    assert_refused(test, build_permission(test, "choose-city"), CONSENT_E_REJECTED, "again from");
    test->input.user_initiated = true;
    assert_ok(test, build_permission(test, "choose-city"));
}

static void an_ended_service_asks_for_nothing(void **state)
{
    form_case *test = *state;
    test->policy->closing = true;
    test->policy->closing_end_ms = test->now.now_ms;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "service_ended");
}

/* C130: who is under age does not answer alone */
static void what_the_guardian_is_to_answer_is_not_asked_of_the_child(void **state)
{
    form_case *test = *state;
    test->policy->minors = (cs_minors){.child_under = 14, .guardian_under = 18};
    form_case_accept_policy(test);
    add_event(test, (cs_event){.type = CS_EVENT_AGE_DECLARED, .birth = {2016, 5, 1}});
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_REJECTED, "guardian");
}

/* decisions.md rule 5: a function that needs the age waits for it */
static void a_function_that_needs_the_age_waits_for_it(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    ((cs_function *)(uintptr_t)cs_policy_function_of(test->policy, form_case_purpose(test, "news")))->needs_age = true;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_REJECTED, "'age' first");
}

static void without_memory_no_form_is_built_and_nothing_leaks(void **state)
{
    form_case *test = *state;
    static const struct {
        int32_t occasion;
        cs_query query;
        bool accepted;
    } cases[] = {
        {CONSENT_OCCASION_FIRST_RUN, {.purpose = {0}}, false},
        {CONSENT_OCCASION_SEPARATE, {.purpose = {"pay", 3}, .recipient = {"bank-a", 6}}, true},
        {CONSENT_OCCASION_PERMISSION, {.permission = {"location", 8}, .call_site = {"choose-city", 11}}, true},
        {CONSENT_OCCASION_MANAGE, {.purpose = {0}}, true},
    };
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        if (cases[i].accepted && test->seq == 0)
            form_case_accept_policy(test);
        test->input.query = cases[i].query;
        for (uint64_t n = 1;; n++) {
            form_case_build(test, 0); /* frees the form before, builds none */
            world_arm(&test->world, n, ENOMEM);
            consent_status status = form_case_build(test, cases[i].occasion);
            bool reached = test->world.calls >= n;
            world_disarm(&test->world);
            if (!reached) {
                assert_ok(test, status);
                break;
            }
            assert_refused(test, status, CONSENT_E_MEMORY, "memory");
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_never_asked_again_by_itself_waits_for_the_person),
        TEST(a_permission_that_the_system_blocks_leads_to_the_settings),
        TEST(a_permission_that_is_on_is_not_prompted_for_but_its_purpose_is_asked_about),
        TEST(a_no_to_the_notice_of_a_separate_purpose_rests_the_permission_alone),
        TEST(a_permission_refused_at_one_call_site_rests_at_all),
        TEST(an_ended_service_asks_for_nothing),
        TEST(what_the_guardian_is_to_answer_is_not_asked_of_the_child),
        TEST(a_function_that_needs_the_age_waits_for_it),
        TEST(without_memory_no_form_is_built_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
