/* What was given and does not stand any more: when what is held for it has to go (src/decide/loss.c). */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const case_policy version_1 = {
    .version = 1,
    .child_under = 14,
    .guardian_under = 18,
    .purposes = {{.id = "search", .function = "shop", .data = "name"},
                 {.id = "feed", .form = CS_FORM_OWN, .data = "name,phone"},
                 {.id = "pay", .form = CS_FORM_SEPARATE, .data = "card", .recipients = "pay-a,pay-b"},
                 {.id = "short", .form = CS_FORM_OWN, .data = "phone", .grant_lifetime_ms = 10 * CS_DAY_MS},
                 {.id = "long",
                  .form = CS_FORM_OWN,
                  .data = "phone",
                  .grant_lifetime_ms = 10 * CS_DAY_MS,
                  .retention_ms = 30 * CS_DAY_MS},
                 {.id = "today", .form = CS_FORM_ONCE, .data = "place", .retention_ms = CS_DAY_MS},
                 {.id = "kept", .form = CS_FORM_OWN, .kind = CS_KIND_RETAIN_LONGER, .data = "phone"}}};

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

static cs_loss loss(const decide_case *c, const char *purpose, const char *recipient, const char *data)
{
    cs_str item = cs_str_of(data);
    const cs_query query = {
        .purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = &item, .data_count = data != NULL};
    int64_t valid_until_ms = INT64_MAX;
    bool anonymise;
    return cs_decide_loss(&c->set, &c->state, &query, &c->now, &anonymise, &valid_until_ms);
}

static void purged(decide_case *c, size_t device, const char *purpose, const char *recipient, const char *data,
                   uint64_t seen)
{
    cs_event event = case_make_event(CS_EVENT_PURGED, CS_ACTOR_SYSTEM, 1, purpose, recipient, data);
    event.seen = seen;
    case_event(c, device, event, device == 0 ? 0 : seen + 1);
}

/* C118 C144 */
static void each_data_item_and_recipient_is_lost_by_itself(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "feed", NULL, "name,phone");
    case_grant(c, 1, "pay", "pay-a", "card");
    case_grant(c, 1, "pay", "pay-b", "card");
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_NONE);
    case_withdraw(c, "feed", NULL, "phone");
    case_withdraw(c, "pay", "pay-b", NULL);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_NONE);
    assert_int_equal(loss(c, "feed", NULL, "phone"), CS_LOSS_WITHDRAWN);
    assert_int_equal(loss(c, "pay", "pay-a", "card"), CS_LOSS_NONE);
    assert_int_equal(loss(c, "pay", "pay-b", "card"), CS_LOSS_WITHDRAWN);
    purged(c, 0, "pay", "pay-b", "card", 0);
    assert_int_equal(loss(c, "pay", "pay-b", "card"), CS_LOSS_NONE);
    assert_int_equal(loss(c, "feed", NULL, "phone"), CS_LOSS_WITHDRAWN);
}

/* C146 */
static void what_acceptance_covered_goes_with_it(void **state)
{
    decide_case *c = *state;
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_NONE);
    case_withdraw(c, "search", NULL, NULL);
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_WITHDRAWN);
    purged(c, 0, "search", NULL, "name", 0);
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_NONE);
    case_grant(c, 1, "search", NULL, "name"); /* lifts the refusal */
    case_grant(c, 1, "feed", NULL, "name");
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_NONE);
    case_withdraw(c, NULL, NULL, NULL);
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_WITHDRAWN);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_WITHDRAWN);
    assert_int_equal(loss(c, "feed", NULL, "phone"), CS_LOSS_NONE);
}

/* C115 C116 C117 C118 */
static void keeping_ends_with_the_period_or_without_one_with_the_consent(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "short", NULL, "phone");
    case_grant(c, 1, "long", NULL, "phone");
    cs_event once = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "today", NULL, "place");
    once.once = true;
    case_event(c, 0, once, 0);
    assert_int_equal(loss(c, "today", NULL, "place"), CS_LOSS_NONE);
    case_pass(c, CS_DAY_MS);
    assert_int_equal(loss(c, "today", NULL, "place"), CS_LOSS_EXPIRED);
    case_pass(c, 9 * CS_DAY_MS);
    assert_int_equal(loss(c, "short", NULL, "phone"), CS_LOSS_EXPIRED);
    case_expect(c, (case_query){.purpose = "long", .data = "phone"}, CONSENT_ASK, CONSENT_REASON_EXPIRED);
    assert_int_equal(loss(c, "long", NULL, "phone"), CS_LOSS_NONE);
    case_pass(c, 20 * CS_DAY_MS);
    assert_int_equal(loss(c, "long", NULL, "phone"), CS_LOSS_EXPIRED);
    case_grant(c, 1, "kept", NULL, "phone");
    assert_int_equal(loss(c, "long", NULL, "phone"), CS_LOSS_NONE);
    assert_int_equal(loss(c, "today", NULL, "place"), CS_LOSS_EXPIRED);
    case_withdraw(c, "kept", NULL, NULL);
    assert_int_equal(loss(c, "long", NULL, "phone"), CS_LOSS_EXPIRED);
    assert_int_equal(loss(c, "kept", NULL, "phone"), CS_LOSS_WITHDRAWN);
}

static void what_other_devices_did_away_with_is_still_here(void **state)
{
    decide_case *c = *state;
    cs_event grant = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "feed", NULL, "name");
    case_event(c, 1, grant, 5);
    cs_event no = case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 1, "feed", NULL, "name");
    case_event(c, 1, no, 6);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_WITHDRAWN);
    purged(c, 1, "feed", NULL, "name", 6);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_WITHDRAWN);
    purged(c, 0, "feed", NULL, "name", 7);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_NONE);
    case_event(c, 1, grant, 8);
    case_event(c, 1, no, 9);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_WITHDRAWN);
}

/* C134 */
static void a_guardians_no_counts_as_long_as_there_is_a_guardian(void **state)
{
    decide_case *c = *state;
    case_born(c, 2010, 6, 1); /* fifteen */
    case_grant(c, 1, "feed", NULL, "name");
    case_event(c, 0, case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_GUARDIAN, 1, "feed", NULL, "name"), 0);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_WITHDRAWN);
    case_pass(c, 3 * 366 * CS_DAY_MS);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_NONE);
}

/* C84 C88 */
static void what_a_version_drops_and_what_an_end_leaves_has_to_go(void **state)
{
    decide_case *c = *state;
    static const case_policy version_2 = {
        .version = 2,
        .closing = true,
        .closing_end_ms = CASE_START_MS + 40 * CS_DAY_MS,
        .purposes = {{.id = "search", .function = "shop", .data = "name"},
                     {.id = "pay",
                      .form = CS_FORM_OWN,
                      .ground = CONSENT_GROUND_CONTRACT,
                      .data = "card",
                      .recipients = "pay-a"},
                     {.id = "short", .form = CS_FORM_OWN, .ground = CONSENT_GROUND_LEGAL_DUTY, .data = "phone"}}};
    case_grant(c, 1, "feed", NULL, "name");
    case_grant(c, 1, "pay", "pay-a", "card");
    case_grant(c, 1, "pay", "pay-b", "card");
    case_grant(c, 1, "short", NULL, "phone");
    case_hold(c, &version_2);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_NONE); /* not accepted: the first version governs */
    case_accept(c, "platform", 2);
    assert_int_equal(loss(c, "feed", NULL, "name"), CS_LOSS_UNDECLARED);
    assert_int_equal(loss(c, "pay", "pay-b", "card"), CS_LOSS_UNDECLARED);
    assert_int_equal(loss(c, "pay", "pay-a", "card"), CS_LOSS_NONE); /* rests on a contract now */
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_NONE);
    case_pass(c, 40 * CS_DAY_MS);
    assert_int_equal(loss(c, "search", NULL, "name"), CS_LOSS_SERVICE_ENDED);
    assert_int_equal(loss(c, "pay", "pay-a", "card"), CS_LOSS_SERVICE_ENDED);
    assert_int_equal(loss(c, "short", NULL, "phone"), CS_LOSS_NONE); /* the law makes the operator keep it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_data_item_and_recipient_is_lost_by_itself, begin, end),
        cmocka_unit_test_setup_teardown(what_acceptance_covered_goes_with_it, begin, end),
        cmocka_unit_test_setup_teardown(keeping_ends_with_the_period_or_without_one_with_the_consent, begin, end),
        cmocka_unit_test_setup_teardown(what_other_devices_did_away_with_is_still_here, begin, end),
        cmocka_unit_test_setup_teardown(a_guardians_no_counts_as_long_as_there_is_a_guardian, begin, end),
        cmocka_unit_test_setup_teardown(what_a_version_drops_and_what_an_end_leaves_has_to_go, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
