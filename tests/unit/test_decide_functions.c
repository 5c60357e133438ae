/* Functions as a whole, and notices at the field. */
#include "platform/platform.h"
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

static const case_policy version_1 = {
    .version = 1,
    .shop_needs = "order,pay",
    .purposes = {
        {.id = "order", .function = "shop", .ground = CONSENT_GROUND_CONTRACT, .data = "phone", .at_field = true},
        {.id = "verify", .function = "shop", .data = "name,phone", .at_field = true},
        {.id = "pay",
         .function = "shop",
         .kind = CS_KIND_SHARE,
         .form = CS_FORM_SEPARATE,
         .data = "card",
         .recipients = "pay-a,pay-b",
         .at_field = true,
         .grant_lifetime_ms = 100 * HOUR},
        {.id = "hint", .form = CS_FORM_OWN, .data = "place"},
    }};

static decide_case *begin_with(void **state, const case_policy *policy)
{
    static decide_case c;
    case_begin(&c);
    case_hold(&c, policy);
    *state = &c;
    return &c;
}

static int begin(void **state)
{
    case_accept(begin_with(state, &version_1), "platform", 1);
    return 0;
}

static int end(void **state)
{
    case_end(*state);
    return 0;
}

#define SHOP ((case_query){.function = "shop"})
#define SHOP_WITH(who) ((case_query){.function = "shop", .recipient = (who)})
#define ASK_ORDER ((case_query){.purpose = "order", .data = "phone"})
#define ASK_NAME ((case_query){.purpose = "verify", .data = "name"})
#define ASK_PHONE ((case_query){.purpose = "verify", .data = "phone"})

static cs_event told(const char *purpose, const char *data, const char *control, const char *occasion)
{
    cs_event event = case_make_event(CS_EVENT_NOTICE_SHOWN, CS_ACTOR_SELF, 1, purpose, NULL, data);
    event.control = cs_str_of(control);
    event.detail = cs_str_of(occasion);
    return event;
}

/* ---- functions ------------------------------------------------------------------------------------------ */

/* C19 C56 */
static void a_function_works_once_all_that_it_needs_is_allowed_and_one_recipient_is_enough(void **state)
{
    decide_case *c = *state;
    case_expect(c, SHOP, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_event(c, 0, told("order", "phone", "accept", "field"), 0);
    case_expect(c, SHOP, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_refuse(c, "pay", "pay-a", "card");
    case_expect(c, SHOP, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_expect(c, SHOP_WITH("pay-a"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_grant(c, 1, "pay", "pay-b", "card");
    cs_decision out = case_expect(c, SHOP, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_true(out.expires_ms == c->now.now_ms + 100 * HOUR);
    assert_true(out.valid_until_ms <= out.expires_ms);
    case_expect(c, SHOP_WITH("pay-b"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, SHOP_WITH("pay-a"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_pass(c, 100 * HOUR);
    case_expect(c, SHOP_WITH("pay-b"), CONSENT_ASK, CONSENT_REASON_EXPIRED);
}

/* C19 */
static void a_deny_among_the_needs_comes_before_an_ask(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "pay", "pay-a", "card");
    case_refuse(c, "pay", "pay-b", "card");
    cs_decision out = case_expect(c, SHOP, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_true(out.ask_after_ms > c->now.now_ms);
    case_query started = SHOP;
    started.user_initiated = true;
    case_expect(c, started, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
}

/* C20 */
static void what_is_additional_never_stops_a_basic_function(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, told("order", "phone", "accept", "field"), 0);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_refuse(c, "hint", NULL, "place");
    case_expect(c, SHOP, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C26 */
static void the_policy_comes_before_the_login_and_the_login_before_the_needs(void **state)
{
    case_policy policy = version_1;
    policy.shop_needs_login = true;
    decide_case *c = begin_with(state, &policy);
    case_expect(c, SHOP, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    case_accept(c, "platform", 1);
    cs_decision out = case_expect(c, SHOP, CONSENT_DENY, CONSENT_REASON_LOGIN_NEEDED);
    assert_int_equal(out.rule, 13);
    assert_int_equal(out.occasion, 0);
    assert_true(out.ask_after_ms == 0 && out.evidence_seq == 0 && out.ground == CONSENT_GROUND_NONE);
    c->now.logged_in = true;
    case_expect(c, SHOP, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
}

static void what_no_policy_declares_and_what_cannot_be_read_is_denied(void **state)
{
    case_policy policy = version_1;
    policy.shop_needs = "order,gone";
    decide_case *c = begin_with(state, &policy);
    case_accept(c, "platform", 1);
    case_event(c, 0, told("order", "phone", "accept", "field"), 0);
    case_expect(c, SHOP, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    case_expect(c, (case_query){.function = "no-such"}, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    case_expect(c, (case_query){.function = "extra"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, (case_query){.function = "extra", .scope = "nowhere"}, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    c->now.store_status = CONSENT_E_CORRUPT;
    case_expect(c, (case_query){.function = "extra"}, CONSENT_DENY, CONSENT_REASON_STORE_UNAVAILABLE);
}

/* C88 */
static void nothing_works_after_the_services_end(void **state)
{
    case_policy policy = version_1;
    policy.closing = true;
    policy.closing_end_ms = CASE_START_MS + 10 * HOUR;
    decide_case *c = begin_with(state, &policy);
    case_accept(c, "platform", 1);
    case_expect(c, (case_query){.function = "extra"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_pass(c, 10 * HOUR);
    case_expect(c, (case_query){.function = "extra"}, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
}

/* ---- notices at the field --------------------------------------------------------------------------------- */

/* C29 C44 */
static void what_no_form_of_its_own_asks_for_waits_for_its_fields_notice(void **state)
{
    decide_case *c = *state;
    cs_decision out = case_expect(c, ASK_NAME, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    assert_int_equal(out.occasion, CONSENT_OCCASION_FIELD);
    assert_int_equal(out.rule, 10);
    out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    assert_int_equal(out.rule, 8);
    case_event(c, 0, told("verify", "name", "refuse", "field"), 0);
    case_event(c, 0, told("verify", "name", "accept", "external"), 0);
    case_expect(c, ASK_NAME, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_event(c, 0, told("verify", "name", "accept", "ad_hoc"), 0);
    case_expect(c, ASK_NAME, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PHONE, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_event(c, 0, told("order", "phone", "accept", "field"), 0);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
}

/* C54 */
static void what_was_granted_was_told_on_its_own_form(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-a", .data = "card"}, CONSENT_ALLOW,
                CONSENT_REASON_CONSENTED);
}

/* C30 */
static void a_no_to_the_notice_rests_for_that_item_alone_and_takes_nothing_back(void **state)
{
    decide_case *c = *state;
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, "verify", NULL, "name");
    no.subject = CS_SUBJECT_FIELD_NOTICE;
    case_event(c, 0, no, 0);
    cs_decision out = case_expect(c, ASK_NAME, CONSENT_DENY, CONSENT_REASON_FIELD_NOTICE);
    assert_true(out.ask_after_ms == c->now.now_ms + 48 * HOUR);
    case_expect(c, ASK_PHONE, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_query started = ASK_NAME;
    started.user_initiated = true;
    case_expect(c, started, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    case_event(c, 0, told("verify", "name", "accept", "field"), 0);
    case_expect(c, ASK_NAME, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_refuse(c, "verify", NULL, "name");
    case_expect(c, ASK_NAME, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

static void another_devices_word_counts_once_that_device_is_confirmed(void **state)
{
    decide_case *c = *state;
    case_event(c, 1, told("verify", "name", "accept", "field"), 1);
    case_expect(c, ASK_NAME, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
    cs_event confirmed = {.type = CS_EVENT_KEY_CONFIRMED, .reference = CS_STR("02000000000000000000000000000000")};
    case_event(c, 0, confirmed, 0);
    case_expect(c, ASK_NAME, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C24 */
static void wider_terms_are_told_again(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, told("verify", "name", "accept", "field"), 0);
    case_policy next = version_1;
    next.version = 2;
    next.purposes[1].method = 1;
    case_hold(c, &next);
    case_expect(c, ASK_NAME, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_accept(c, "platform", 2);
    case_expect(c, ASK_NAME, CONSENT_ASK, CONSENT_REASON_FIELD_NOTICE);
}

static void what_was_told_stands_in_a_checkpoint(void **state)
{
    decide_case *c = *state;
    cs_buffer bytes;
    case_event(c, 0, told("verify", "name", "accept", "field"), 0);
    cs_buffer_init(&bytes, cs_memory_system(), 1 << 20);
    cs_state_encode(&c->state, &bytes);
    cs_state_free(&c->state);
    cs_state_init(&c->state, cs_memory_system());
    assert_int_equal(cs_state_decode(&c->state, (cs_span){bytes.data, bytes.size}, NULL), CONSENT_OK);
    cs_buffer_free(&bytes);
    case_expect(c, ASK_NAME, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_function_works_once_all_that_it_needs_is_allowed_and_one_recipient_is_enough),
        TEST(a_deny_among_the_needs_comes_before_an_ask),
        TEST(what_is_additional_never_stops_a_basic_function),
        cmocka_unit_test_setup_teardown(the_policy_comes_before_the_login_and_the_login_before_the_needs, NULL, end),
        cmocka_unit_test_setup_teardown(what_no_policy_declares_and_what_cannot_be_read_is_denied, NULL, end),
        cmocka_unit_test_setup_teardown(nothing_works_after_the_services_end, NULL, end),
        TEST(what_no_form_of_its_own_asks_for_waits_for_its_fields_notice),
        TEST(what_was_granted_was_told_on_its_own_form),
        TEST(a_no_to_the_notice_rests_for_that_item_alone_and_takes_nothing_back),
        TEST(another_devices_word_counts_once_that_device_is_confirmed),
        TEST(wider_terms_are_told_again),
        TEST(what_was_told_stands_in_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
