/* Rules that breaking on purpose (tests/mutations) showed to be unguarded. */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const case_policy version_1 = {
    .version = 1,
    .purposes = {{.id = "order", .function = "shop", .data = "name"},
                 {.id = "here", .function = "shop", .data = "place", .permissions = "location"},
                 {.id = "there", .function = "shop", .data = "place", .permissions = "location"}}};

static int begin(void **state)
{
    static decide_case c;
    case_begin(&c);
    case_hold(&c, &version_1);
    case_accept(&c, "platform", 1);
    *state = &c;
    return 0;
}

static int end(void **state)
{
    case_end(*state);
    return 0;
}

static void whatever_ails_the_store_it_denies(void **state)
{
    decide_case *c = *state;
    const case_query order = {.purpose = "order", .data = "name"};
    case_expect(c, order, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    for (int status = CONSENT_OK + 1; status <= CONSENT_E_FORKED; status++) {
        c->now.store_status = (consent_status)status;
        case_expect(c, order, CONSENT_DENY, CONSENT_REASON_STORE_UNAVAILABLE);
    }
}

static cs_decision decide_at_site(const decide_case *c, const char *purpose, const char *call_site)
{
    const cs_str place = CS_STR("place");
    const cs_query query = {.purpose = cs_str_of(purpose),
                            .data = &place,
                            .data_count = 1,
                            .permission = CS_STR("location"),
                            .call_site = cs_str_of(call_site)};
    cs_decision decision;
    cs_decide(&c->set, &c->state, &query, &c->now, &decision);
    return decision;
}

/* C69 */
static void a_permission_is_used_at_its_own_call_sites_only(void **state)
{
    decide_case *c = *state;
    case_permission(c, "location", CONSENT_OS_GRANTED);
    assert_int_equal(decide_at_site(c, "here", "here").decision, CONSENT_ALLOW);
    assert_int_equal(decide_at_site(c, "here", "there").reason, CONSENT_REASON_UNDECLARED);
    assert_int_equal(decide_at_site(c, "here", "nowhere").reason, CONSENT_REASON_UNDECLARED);
    assert_int_equal(decide_at_site(c, "there", "there").decision, CONSENT_ALLOW);
}

static void an_acceptance_before_its_version_is_effective_never_counts(void **state)
{
    decide_case *c = *state;
    static const case_policy version_2 = {.version = 2,
                                          .effective_ms = CASE_START_MS + 10 * CS_HOUR_MS,
                                          .purposes = {{.id = "order", .function = "shop", .data = "name"},
                                                       {.id = "later", .function = "shop", .data = "phone"}}};
    const case_query later = {.purpose = "later", .data = "phone"};
    case_hold(c, &version_2);
    case_pass(c, CS_HOUR_MS);
    case_accept(c, "platform", 2);
    case_pass(c, 10 * CS_HOUR_MS);
    assert_int_not_equal(case_decide(c, later).decision, CONSENT_ALLOW);
    case_accept(c, "platform", 2);
    case_expect(c, later, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_ails_the_store_it_denies, begin, end),
        cmocka_unit_test_setup_teardown(a_permission_is_used_at_its_own_call_sites_only, begin, end),
        cmocka_unit_test_setup_teardown(an_acceptance_before_its_version_is_effective_never_counts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
