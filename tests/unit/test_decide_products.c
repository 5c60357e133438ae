/* Products over the platform, and what forms read: the choice in force and how a policy stands. */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

static const case_policy version_1 = {.version = 1,
                                      .import_allowed = true,
                                      .purposes = {
                                          {.id = "order", .function = "shop", .data = "name,phone"},
                                          {.id = "verify", .function = "shop", .data = "card"},
                                          {.id = "pay",
                                           .function = "shop",
                                           .kind = CS_KIND_SHARE,
                                           .form = CS_FORM_SEPARATE,
                                           .data = "card,name",
                                           .recipients = "pay-a,pay-b"},
                                          {.id = "hint", .form = CS_FORM_OWN, .data = "phone"},
                                      }};

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

/* Version 1 again under another number, to be changed. */
static case_policy version(uint32_t number)
{
    case_policy policy = version_1;
    policy.version = number;
    return policy;
}

#define ASK_PAY_A ((case_query){.purpose = "pay", .recipient = "pay-a", .data = "card"})
#define ASK_ORDER ((case_query){.purpose = "order", .data = "name"})

/* ---- products ---------------------------------------------------------------------------------------- */

static void hold_hotel(decide_case *c, uint8_t method)
{
    case_hold(c, &(case_policy){.id = "hotel-policy",
                                .scope = "hotel",
                                .version = 1,
                                .purposes = {{.id = "pay",
                                              .function = "shop",
                                              .kind = CS_KIND_SHARE,
                                              .form = CS_FORM_SEPARATE,
                                              .data = "card",
                                              .recipients = "pay-a",
                                              .method = method},
                                             {.id = "guest", .form = CS_FORM_OWN, .data = "name"}}});
}

static cs_event hotel_event(uint32_t type, const char *purpose, const char *recipient, const char *data)
{
    cs_event event = case_make_event(type, CS_ACTOR_SELF, 1, purpose, recipient, data);
    event.overlay = (cs_policy_ref){.id = CS_STR("hotel-policy"), .version = 1};
    return event;
}

static void a_product_needs_both_acceptances_and_asks_for_its_own_only(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_query in_hotel = ASK_ORDER;
    in_hotel.scope = "hotel";
    cs_decision out = case_expect(c, in_hotel, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    assert_int_equal(out.form_policy, 1);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_accept(c, "hotel-policy", 1);
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_withdraw(c, NULL, NULL, NULL);
    case_expect(c, in_hotel, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
}

static void the_platforms_grant_serves_a_product_that_does_not_widen_it(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_accept(c, "hotel-policy", 1);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_query in_hotel = ASK_PAY_A;
    in_hotel.scope = "hotel";
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    in_hotel.data = "name";
    case_expect(c, in_hotel, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
}

static void the_platforms_grant_does_not_serve_a_product_that_widens_it(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 1);
    case_accept(c, "hotel-policy", 1);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_query in_hotel = ASK_PAY_A;
    in_hotel.scope = "hotel";
    case_expect(c, in_hotel, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_event(c, 0, hotel_event(CS_EVENT_GRANTED, "pay", "pay-a", "card"), 0);
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_refusal_under_either_policy_holds_in_both(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_accept(c, "hotel-policy", 1);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_event(c, 0, hotel_event(CS_EVENT_WITHDRAWN, "pay", NULL, NULL), 0);
    case_query in_hotel = ASK_PAY_A;
    in_hotel.scope = "hotel";
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, in_hotel, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

static void a_products_own_purpose_stays_its_own(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_accept(c, "hotel-policy", 1);
    case_query guest = {.scope = "hotel", .purpose = "guest", .data = "name"};
    case_expect(c, guest, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_event(c, 0, hotel_event(CS_EVENT_GRANTED, "guest", NULL, "name"), 0);
    case_expect(c, guest, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    guest.scope = NULL;
    case_expect(c, guest, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
}

/* ---- the choice in force ----------------------------------------------------------------------------- */

static cs_choice choice(decide_case *c, const char *purpose, const char *recipient, const char *data)
{
    cs_choice out;
    cs_str one = cs_str_of(data);
    cs_query item = {
        .purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = &one, .data_count = one.size != 0};
    cs_decide_choice(&c->set, &c->state, &item, CS_SIDE_PERSON, &c->now, &out);
    return out;
}

static void the_choice_in_force_is_told_with_its_act(void **state)
{
    decide_case *c = *state;
    assert_int_equal(choice(c, "pay", "pay-a", "card").status, CS_CHOICE_NONE);
    case_pass(c, HOUR);
    uint64_t seq = case_grant(c, 1, "pay", "pay-a", "card");
    cs_choice granted = choice(c, "pay", "pay-a", "card");
    assert_int_equal(granted.status, CS_CHOICE_GRANTED);
    assert_int_equal(granted.since_ms, CASE_START_MS + HOUR);
    assert_int_equal(granted.seq, seq);
    case_withdraw(c, "pay", NULL, NULL);
    assert_int_equal(choice(c, "pay", "pay-a", "card").status, CS_CHOICE_REFUSED);
    assert_int_equal(choice(c, "order", NULL, "name").status, CS_CHOICE_GRANTED);
    case_refuse(c, "order", NULL, "name");
    assert_int_equal(choice(c, "order", NULL, "name").status, CS_CHOICE_REFUSED);
    assert_int_equal(choice(c, "nothing", NULL, "name").status, CS_CHOICE_NONE);
}

static void a_declined_update_is_told_with_its_quiet(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    case_hold(c, &v2);
    cs_standing standing;
    cs_decide_standing(&c->set, &c->state, CS_STR(""), &c->now, &standing);
    assert_true(!standing.declined_newest && standing.quiet_until_ms == 0 && standing.newest == 1);
    case_decline(c, "platform", 2);
    cs_decide_standing(&c->set, &c->state, CS_STR(""), &c->now, &standing);
    assert_true(standing.accepted && standing.declined_newest);
    assert_int_equal(standing.quiet_until_ms, CASE_START_MS + 48 * HOUR);
    case_accept(c, "platform", 2);
    cs_decide_standing(&c->set, &c->state, CS_STR(""), &c->now, &standing);
    assert_true(!standing.declined_newest && standing.governing == 1 && standing.quiet_until_ms == 0);
}

static void hold_hotel_2(decide_case *c)
{
    case_hold(c, &(case_policy){.id = "hotel-policy",
                                .scope = "hotel",
                                .version = 2,
                                .purposes = {{.id = "guest", .form = CS_FORM_OWN, .data = "name"}}});
}

static void a_product_that_stops_speaking_of_a_purpose_falls_back_to_the_platforms(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_accept(c, "hotel-policy", 1);
    case_event(c, 0, hotel_event(CS_EVENT_GRANTED, "pay", "pay-a", "card"), 0);
    hold_hotel_2(c);
    case_query in_hotel = ASK_PAY_A;
    in_hotel.scope = "hotel";
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_accept(c, "hotel-policy", 2);
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void accepting_on_a_products_form_accepts_the_products_policy_only(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_withdraw(c, NULL, NULL, NULL);
    case_event(c, 0, hotel_event(CS_EVENT_POLICY_ACCEPTED, NULL, NULL, NULL), 0);
    case_query in_hotel = ASK_ORDER;
    in_hotel.scope = "hotel";
    case_expect(c, in_hotel, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_accept(c, "platform", 1);
    case_expect(c, in_hotel, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_grant_naming_a_products_bundle_waits_for_it(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, hotel_event(CS_EVENT_GRANTED, "pay", "pay-a", "card"), 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    hold_hotel(c, 0);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void withdrawing_a_products_acceptance_leaves_the_platform_alone(void **state)
{
    decide_case *c = *state;
    hold_hotel(c, 0);
    case_accept(c, "hotel-policy", 1);
    cs_event withdrawal = case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    withdrawal.policy.id = CS_STR("hotel-policy");
    case_event(c, 0, withdrawal, 0);
    case_query in_hotel = ASK_ORDER;
    in_hotel.scope = "hotel";
    case_expect(c, in_hotel, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void an_unknown_scope_has_no_standing(void **state)
{
    decide_case *c = *state;
    cs_standing standing;
    cs_decide_standing(&c->set, &c->state, CS_STR("spa"), &c->now, &standing);
    assert_true(standing.governing == CS_NO_POLICY && !standing.accepted);
}

static void more_data_than_a_purpose_may_have_is_undeclared(void **state)
{
    decide_case *c = *state;
    cs_str data[CS_PURPOSE_MAX_DATA + 1];
    for (size_t i = 0; i < CS_COUNT_OF(data); i++)
        data[i] = CS_STR("name");
    cs_query query = {.purpose = CS_STR("order"), .data = data, .data_count = CS_PURPOSE_MAX_DATA};
    cs_decision out;
    cs_decide(&c->set, &c->state, &query, &c->now, &out);
    assert_int_equal(out.decision, CONSENT_ALLOW);
    query.data_count++;
    cs_decide(&c->set, &c->state, &query, &c->now, &out);
    assert_int_equal(out.reason, CONSENT_REASON_UNDECLARED);
}

/* A grant of a policy-form purpose only lifts a refusal: it does not stand in for accepting the version. */
static void a_policy_form_grant_from_a_declined_update_governs_nothing(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[4] = (case_purpose){.id = "track", .function = "shop", .data = "phone"};
    case_hold(c, &v2);
    case_decline(c, "platform", 2);
    case_grant(c, 2, "track", NULL, "phone");
    case_expect(c, (case_query){.purpose = "track", .data = "phone"}, CONSENT_DENY, CONSENT_REASON_TERMS_WIDENED);
}

static void a_grant_naming_the_hash_of_the_bundle_held_counts(void **state)
{
    decide_case *c = *state;
    cs_policy named = *c->policies[0];
    memset(named.hash, 0xA7, sizeof named.hash);
    c->policies[0] = &named;
    cs_event grant = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "pay", "pay-a", "card");
    grant.policy.hash = named.hash;
    case_event(c, 0, grant, 0);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_product_needs_both_acceptances_and_asks_for_its_own_only),
        TEST(the_platforms_grant_serves_a_product_that_does_not_widen_it),
        TEST(the_platforms_grant_does_not_serve_a_product_that_widens_it),
        TEST(a_refusal_under_either_policy_holds_in_both),
        TEST(a_products_own_purpose_stays_its_own),
        TEST(the_choice_in_force_is_told_with_its_act),
        TEST(a_declined_update_is_told_with_its_quiet),
        TEST(a_product_that_stops_speaking_of_a_purpose_falls_back_to_the_platforms),
        TEST(accepting_on_a_products_form_accepts_the_products_policy_only),
        TEST(a_grant_naming_a_products_bundle_waits_for_it),
        TEST(withdrawing_a_products_acceptance_leaves_the_platform_alone),
        TEST(an_unknown_scope_has_no_standing),
        TEST(more_data_than_a_purpose_may_have_is_undeclared),
        TEST(a_policy_form_grant_from_a_declined_update_governs_nothing),
        TEST(a_grant_naming_the_hash_of_the_bundle_held_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
