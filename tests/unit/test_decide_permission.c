/* Rule 11: system permissions, and what switching them off in the system's settings does. */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

static const case_policy version_1 = {
    .version = 1,
    .purposes = {
        {.id = "order", .function = "shop", .data = "name,phone"},
        {.id = "nearby", .form = CS_FORM_OWN, .data = "place", .permissions = "location"},
        {.id = "map", .function = "shop", .data = "place", .permissions = "location"},
        {.id = "chat", .function = "shop", .data = "name", .permissions = "camera,location"},
    }};

static int begin(void **state)
{
    static decide_case c;
    case_begin(&c);
    case_hold(&c, &version_1);
    *state = &c;
    return 0;
}

static int end(void **state)
{
    case_end(*state);
    return 0;
}

#define ASK_ORDER ((case_query){.purpose = "order", .data = "name"})
#define ASK_NEARBY ((case_query){.purpose = "nearby", .data = "place"})

/* C39 C74 */
static void a_system_permission_is_necessary_and_never_sufficient(void **state)
{
    decide_case *c = *state;
    case_query query = {.purpose = "nearby", .data = "place", .permission = "location"};
    case_accept(c, "platform", 1);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_permission(c, "location", CONSENT_OS_UNKNOWN);
    case_grant(c, 1, "nearby", NULL, "place");
    cs_decision out = case_expect(c, query, CONSENT_ASK, CONSENT_REASON_PERMISSION_NEEDED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_PERMISSION);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C68 C72 */
static void a_refused_prompt_is_not_repeated_for_48_hours(void **state)
{
    decide_case *c = *state;
    case_query query = {.purpose = "map", .data = "place", .permission = "location"}, mine = query;
    mine.user_initiated = true;
    case_accept(c, "platform", 1);
    case_permission(c, "location", CONSENT_OS_DENIED);
    case_pass(c, 48 * HOUR - 1);
    cs_decision out = case_expect(c, query, CONSENT_DENY, CONSENT_REASON_PERMISSION_REFUSED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_PERMISSION_NEEDED);
    case_expect(c, (case_query){.purpose = "map", .data = "place"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_pass(c, 1);
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_PERMISSION_NEEDED);
    case_permission(c, "location", CONSENT_OS_BLOCKED);
    out = case_expect(c, mine, CONSENT_DENY, CONSENT_REASON_PERMISSION_REFUSED);
    assert_int_equal(out.ask_after_ms, INT64_MAX);
}

static void permissions_of_another_device_concern_that_device(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    cs_event result = {
        .type = CS_EVENT_PERMISSION_RESULT, .permission = CS_STR("location"), .os_state = CONSENT_OS_GRANTED};
    case_event(c, 1, result, 1);
    case_expect(c, (case_query){.purpose = "map", .data = "place", .permission = "location"}, CONSENT_ASK,
                CONSENT_REASON_PERMISSION_NEEDED);
}

static void switch_off(decide_case *c)
{
    cs_event off = {.type = CS_EVENT_PERMISSION_REVOKED,
                    .permission = CS_STR("location"),
                    .os_state = CONSENT_OS_DENIED,
                    .method = CONSENT_METHOD_OS_SETTINGS};
    case_event(c, 0, off, 0);
}

/* C73 C75 C76 */
static void switched_off_in_the_settings_reads_as_withdrawn(void **state)
{
    decide_case *c = *state;
    case_query query = {.purpose = "nearby", .data = "place", .permission = "location"}, mine = query;
    mine.user_initiated = true;
    case_accept(c, "platform", 1);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    case_grant(c, 1, "nearby", NULL, "place");
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    switch_off(c);
    case_expect(c, query, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, ASK_NEARBY, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE).occasion,
                     CONSENT_OCCASION_PERMISSION);
    assert_int_equal(case_decide(c, ASK_NEARBY).occasion, CONSENT_OCCASION_OWN);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    cs_decision out = case_expect(c, query, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    assert_int_equal(out.subject, CS_SUBJECT_CONFIRM);
    case_grant(c, 1, "nearby", NULL, "place");
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_policy_form_purpose_resumes_when_its_permission_is_on_again(void **state)
{
    decide_case *c = *state;
    case_query query = {.purpose = "map", .data = "place", .permission = "location"};
    case_accept(c, "platform", 1);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    switch_off(c);
    case_expect(c, query, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C76 */
static void a_purpose_that_another_permission_serves_goes_on(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    switch_off(c);
    case_query chat = {.purpose = "chat", .data = "name"};
    case_expect(c, chat, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    cs_event camera = {.type = CS_EVENT_PERMISSION_REVOKED, .permission = CS_STR("camera")};
    case_event(c, 0, camera, 0);
    case_expect(c, chat, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

/* C72 */
static void what_only_the_settings_can_switch_on_is_not_asked_for(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "nearby", NULL, "place");
    cs_event off = {
        .type = CS_EVENT_PERMISSION_REVOKED, .permission = CS_STR("location"), .os_state = CONSENT_OS_BLOCKED};
    case_event(c, 0, off, 0);
    case_query query = {.purpose = "nearby", .data = "place", .permission = "location", .user_initiated = true};
    case_expect(c, query, CONSENT_DENY, CONSENT_REASON_PERMISSION_REFUSED);
}

static void a_no_to_confirming_is_kept_quiet_about(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "nearby", NULL, "place");
    switch_off(c);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, "nearby", NULL, "place");
    no.subject = CS_SUBJECT_CONFIRM;
    case_event(c, 0, no, 0);
    case_query query = {.purpose = "nearby", .data = "place", .permission = "location"};
    case_expect(c, query, CONSENT_DENY, CONSENT_REASON_CONFIRM);
    query.user_initiated = true;
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_CONFIRM);
}

static void the_policys_own_longer_cool_down_of_a_permission_is_kept(void **state)
{
    decide_case *c = *state;
    cs_permission permissions[2];
    memcpy(permissions, c->policies[0]->permissions, sizeof permissions);
    permissions[0].cooldown_ms = CS_NEVER_MS;
    cs_policy stricter = *c->policies[0];
    stricter.permissions = permissions;
    c->policies[0] = &stricter;
    case_accept(c, "platform", 1);
    case_permission(c, "location", CONSENT_OS_DENIED);
    case_pass(c, 10000 * HOUR);
    cs_decision out = case_expect(c, (case_query){.purpose = "map", .data = "place", .permission = "location"},
                                  CONSENT_DENY, CONSENT_REASON_PERMISSION_REFUSED);
    assert_int_equal(out.ask_after_ms, INT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_system_permission_is_necessary_and_never_sufficient),
        TEST(a_refused_prompt_is_not_repeated_for_48_hours),
        TEST(permissions_of_another_device_concern_that_device),
        TEST(switched_off_in_the_settings_reads_as_withdrawn),
        TEST(a_policy_form_purpose_resumes_when_its_permission_is_on_again),
        TEST(a_purpose_that_another_permission_serves_goes_on),
        TEST(what_only_the_settings_can_switch_on_is_not_asked_for),
        TEST(a_no_to_confirming_is_kept_quiet_about),
        TEST(the_policys_own_longer_cool_down_of_a_permission_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
