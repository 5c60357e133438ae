/* The twelve rules in their order. Which acts count, minors and time have files of their own beside this. */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

/* Version 1 of everything the tests below ask about. */
static case_policy first_version(void)
{
    return (case_policy){
        .version = 1,
        .purposes = {
            {.id = "order", .function = "shop", .data = "name,phone"},
            {.id = "browse", .function = "shop"},
            {.id = "nearby", .function = "extra", .form = CS_FORM_OWN, .data = "place", .permissions = "location"},
            {.id = "map", .function = "shop", .data = "place", .permissions = "location"},
            {.id = "pay",
             .function = "shop",
             .kind = CS_KIND_SHARE,
             .form = CS_FORM_SEPARATE,
             .data = "card,name",
             .recipients = "pay-a,pay-b"},
            {.id = "hint", .function = "extra", .data = "phone"},
            {.id = "tax", .function = "shop", .ground = CONSENT_GROUND_LEGAL_DUTY, .data = "name"},
            {.id = "deliver", .function = "shop", .ground = CONSENT_GROUND_CONTRACT, .data = "name,phone"},
            {.id = "scan", .function = "extra", .form = CS_FORM_ONCE, .data = "card"},
            {.id = "ads",
             .function = "extra",
             .kind = CS_KIND_MARKET,
             .form = CS_FORM_OWN,
             .data = "phone",
             .automated = true},
        }};
}

static int begin(void **state)
{
    static decide_case c;
    case_begin(&c);
    case_policy v1 = first_version();
    case_hold(&c, &v1);
    *state = &c;
    return 0;
}

static int end(void **state)
{
    case_end(*state);
    return 0;
}

#define ASK_ORDER ((case_query){.purpose = "order", .data = "name"})
#define ASK_PAY_A ((case_query){.purpose = "pay", .recipient = "pay-a", .data = "card"})
#define ASK_NEARBY ((case_query){.purpose = "nearby", .data = "place"})

/* ---- rule 1 ------------------------------------------------------------------------------------------ */

static void an_unreadable_store_denies_even_what_the_law_allows(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    c->now.store_status = CONSENT_E_CORRUPT;
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_STORE_UNAVAILABLE);
    cs_decision out =
        case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_DENY, CONSENT_REASON_STORE_UNAVAILABLE);
    assert_int_equal(out.rule, 1);
}

/* ---- rule 2 ------------------------------------------------------------------------------------------ */

/* C65 C108 */
static void what_the_policy_does_not_name_is_denied(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    const case_query queries[] = {
        {.purpose = "mine", .data = "name"},
        {.purpose = "order", .data = "card"},
        {.purpose = "order", .data = "name,card"},
        {.purpose = "order"},
        {.purpose = "browse", .data = "name"},
        {.purpose = "order", .recipient = "pay-a", .data = "name"},
        {.purpose = "pay", .recipient = "nobody", .data = "card"},
        {.purpose = "pay", .data = "card"},
        {.purpose = "order", .data = "name", .permission = "location"},
        {.purpose = "nearby", .data = "place", .permission = "microphone"},
        {.scope = "hotel", .purpose = "order", .data = "name"},
    };
    for (size_t i = 0; i < CS_COUNT_OF(queries); i++)
        assert_int_equal(case_expect(c, queries[i], CONSENT_DENY, CONSENT_REASON_UNDECLARED).rule, 2);
}

static void no_policy_in_force_declares_nothing(void **state)
{
    decide_case *c = *state;
    c->now.now_ms = -1;
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    assert_int_equal(out.valid_until_ms, 0);
}

static void an_unknown_kind_form_or_ground_makes_that_purpose_undeclared(void **state)
{
    decide_case *c = *state;
    case_hold(c, &(case_policy){.version = 2,
                                .purposes = {{.id = "kind", .function = "shop", .kind = 99, .data = "name"},
                                             {.id = "form", .function = "shop", .form = 99, .data = "name"},
                                             {.id = "ground", .function = "shop", .ground = 99, .data = "name"},
                                             {.id = "fine", .function = "shop", .data = "name"}}});
    case_accept(c, "platform", 2);
    const char *const purposes[] = {"kind", "form", "ground"};
    for (size_t i = 0; i < CS_COUNT_OF(purposes); i++)
        case_expect(c, (case_query){.purpose = purposes[i], .data = "name"}, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    case_expect(c, (case_query){.purpose = "fine", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C86 */
static void marketing_and_its_like_may_claim_no_exemption(void **state)
{
    decide_case *c = *state;
    static const uint8_t kinds[] = {CS_KIND_MARKET,  CS_KIND_AUTOMATE, CS_KIND_COMBINE,
                                    CS_KIND_PUBLISH, CS_KIND_OBTAIN,   CS_KIND_LAUNCH};
    for (size_t i = 0; i < CS_COUNT_OF(kinds); i++) {
        case_hold(c, &(case_policy){.version = (uint32_t)i + 2,
                                    .purposes = {{.id = "claim",
                                                  .function = "shop",
                                                  .kind = kinds[i],
                                                  .ground = CONSENT_GROUND_LEGAL_DUTY,
                                                  .data = "name"}}});
        case_accept(c, "platform", (uint32_t)i + 2);
        case_expect(c, (case_query){.purpose = "claim", .data = "name"}, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
    }
}

static void a_ground_of_the_law_ends_with_the_version_that_drops_the_purpose(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    case_hold(c, &(case_policy){.version = 2, .purposes = {{.id = "order", .function = "shop", .data = "name"}}});
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
}

/* ---- rule 3 ------------------------------------------------------------------------------------------ */

static case_policy closing_version(uint32_t version, int64_t end_ms)
{
    case_policy policy = first_version();
    policy.version = version;
    policy.closing = true;
    policy.closing_end_ms = end_ms;
    return policy;
}

static void an_ended_service_denies_even_exemptions(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_policy closing = closing_version(2, CASE_START_MS + 10 * HOUR);
    case_hold(c, &closing);
    cs_decision before = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(before.valid_until_ms, CASE_START_MS + 10 * HOUR);
    case_pass(c, 10 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
}

static void a_reached_end_stands_until_a_later_version_is_accepted_after_it(void **state)
{
    decide_case *c = *state;
    case_policy closing = closing_version(2, CASE_START_MS + 10 * HOUR);
    case_hold(c, &closing);
    case_accept(c, "platform", 2);
    case_pass(c, 10 * HOUR);
    case_policy again = first_version();
    again.version = 3;
    again.effective_ms = c->now.now_ms + 1;
    case_hold(c, &again);
    case_pass(c, HOUR);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
    case_accept(c, "platform", 3);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void an_end_called_off_in_time_never_came(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_policy closing = closing_version(2, CASE_START_MS + 10 * HOUR), again = first_version();
    again.version = 3;
    again.effective_ms = CASE_START_MS + 9 * HOUR;
    case_hold(c, &closing);
    case_hold(c, &again);
    case_pass(c, 20 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- rule 4 ------------------------------------------------------------------------------------------ */

/* C86 C113 */
static void the_law_grounds_it_before_anything_was_accepted(void **state)
{
    decide_case *c = *state;
    cs_decision out =
        case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    assert_int_equal(out.ground, CONSENT_GROUND_LEGAL_DUTY);
    assert_int_equal(out.rule, 4);
    case_decline(c, "platform", 1);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
}

static void the_law_is_judged_by_the_newest_effective_version(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_hold(c,
              &(case_policy){
                  .version = 2,
                  .purposes = {{.id = "order", .function = "shop", .data = "name", .ground = CONSENT_GROUND_EMERGENCY},
                               {.id = "tax", .function = "shop", .data = "name"}}});
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
}

static void an_exemption_still_needs_the_systems_permission(void **state)
{
    decide_case *c = *state;
    case_hold(c, &(case_policy){.version = 2,
                                .purposes = {{.id = "rescue",
                                              .function = "shop",
                                              .data = "place",
                                              .ground = CONSENT_GROUND_EMERGENCY,
                                              .permissions = "location"}}});
    case_query query = {.purpose = "rescue", .data = "place", .permission = "location"};
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_PERMISSION_NEEDED);
    case_permission(c, "location", CONSENT_OS_GRANTED);
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
}

/* ---- rule 6 ------------------------------------------------------------------------------------------ */

/* C1 C5 */
static void without_acceptance_the_notice_comes_first(void **state)
{
    decide_case *c = *state;
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_FIRST_RUN);
    assert_int_equal(out.form_policy, 0);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    case_expect(c, (case_query){.purpose = NULL}, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    uint64_t seq = case_accept(c, "platform", 1);
    out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.evidence_seq, seq);
    assert_memory_equal(out.evidence_stream, case_streams[0], CS_STREAM_ID_SIZE);
    case_expect(c, (case_query){.purpose = NULL}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C5 */
static void a_declined_policy_is_not_asked_about_for_48_hours(void **state)
{
    decide_case *c = *state;
    case_decline(c, "platform", 1);
    case_pass(c, 48 * HOUR - 1);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    assert_int_equal(out.valid_until_ms, CASE_START_MS + 48 * HOUR);
    case_query mine = ASK_ORDER;
    mine.user_initiated = true;
    case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
    case_pass(c, 1);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
}

static void a_newer_version_does_not_cut_the_quiet_short(void **state)
{
    decide_case *c = *state;
    case_decline(c, "platform", 1);
    case_policy v2 = first_version();
    v2.version = 2;
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
}

/* C143 */
static void withdrawing_the_acceptance_withdraws_every_choice(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_withdraw(c, NULL, NULL, NULL);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-b", .data = "card"}, CONSENT_ASK,
                CONSENT_REASON_NOT_ASKED);
}

static void declining_version_two_leaves_version_one_in_force(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_policy v2 = first_version();
    v2.version = 2;
    case_hold(c, &v2);
    case_decline(c, "platform", 2);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.governing, 0);
    case_accept(c, "platform", 2);
    out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.governing, 1);
}

/* ---- rule 7 ------------------------------------------------------------------------------------------ */

/* C112 */
static void a_new_controller_that_is_not_bound_needs_a_new_yes(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_policy v2 = first_version();
    v2.version = 2;
    v2.controller = "buyer";
    v2.bound = true;
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    v2.version = 3;
    v2.bound = false;
    case_hold(c, &v2);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CONTROLLER_CHANGED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_UPDATE);
    assert_int_equal(out.subject, CS_SUBJECT_CONTROLLER_CHANGED);
    assert_int_equal(out.form_policy, 2);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    case_accept(c, "platform", 3);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_no_to_the_controller_is_respected_for_that_version(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_policy v2 = first_version();
    v2.version = 2;
    v2.controller = "buyer";
    case_hold(c, &v2);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 2, NULL, NULL, NULL);
    no.subject = CS_SUBJECT_CONTROLLER_CHANGED;
    case_event(c, 0, no, 0);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_CONTROLLER_CHANGED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    v2.version = 3;
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CONTROLLER_CHANGED);
    case_decline(c, "platform", 3);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_CONTROLLER_CHANGED);
}

/* ---- rule 8 ------------------------------------------------------------------------------------------ */

static void a_contract_allows_after_acceptance_only(void **state)
{
    decide_case *c = *state;
    case_query query = {.purpose = "deliver", .data = "name,phone"};
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    case_accept(c, "platform", 1);
    cs_decision out = case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    assert_int_equal(out.ground, CONSENT_GROUND_CONTRACT);
    assert_int_equal(out.rule, 8);
}

static void an_exemption_that_a_later_version_takes_back_needs_an_act(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_hold(
        c, &(case_policy){
               .version = 2,
               .purposes = {{.id = "deliver", .function = "shop", .data = "name", .ground = CONSENT_GROUND_CONTRACT}}});
    case_expect(c, (case_query){.purpose = "deliver", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    case_expect(c, (case_query){.purpose = "deliver", .data = "phone"}, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_hold(c, &(case_policy){.version = 3, .purposes = {{.id = "deliver", .function = "shop", .data = "name"}}});
    case_expect(c, (case_query){.purpose = "deliver", .data = "name"}, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
}

/* ---- rule 10 ----------------------------------------------------------------------------------------- */

/* C45 C55 */
static void a_separate_consent_serves_its_own_recipient_only(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    cs_decision out = case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_SEPARATE);
    uint64_t seq = case_grant(c, 1, "pay", "pay-a", "card");
    out = case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.evidence_seq, seq);
    assert_int_equal(out.rule, 12);
    case_query other = ASK_PAY_A;
    other.recipient = "pay-b";
    case_expect(c, other, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_refuse(c, "pay", "pay-b", "card");
    case_expect(c, other, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_choice_speaks_only_for_the_data_it_names(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_query both = {.purpose = "pay", .recipient = "pay-a", .data = "card,name"};
    cs_decision out = case_expect(c, both, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    assert_int_equal(out.data_index, 1);
    case_grant(c, 1, "pay", "pay-a", "name");
    case_expect(c, both, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_withdraw(c, "pay", "pay-a", "name");
    out = case_expect(c, both, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.data_index, 1);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void among_several_data_items_a_deny_comes_before_an_ask(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_refuse(c, "pay", "pay-a", "name");
    cs_decision out = case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-a", .data = "card,name"},
                                  CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.data_index, 1);
}

static void a_withdrawal_without_data_or_recipient_speaks_for_all(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "pay", "pay-a", "card,name");
    case_grant(c, 1, "pay", "pay-b", "card");
    case_withdraw(c, "pay", NULL, NULL);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-a", .data = "name"}, CONSENT_DENY,
                CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-b", .data = "card"}, CONSENT_DENY,
                CONSENT_REASON_REFUSED_RECENTLY);
}

static void a_policy_form_purpose_is_covered_by_acceptance_unless_refused(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_refuse(c, "order", NULL, "name");
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_expect(c, (case_query){.purpose = "order", .data = "phone"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_grant(c, 1, "order", NULL, "name");
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* C24 */
static void an_additional_function_needs_its_own_consent_whatever_its_form_says(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_query query = {.purpose = "hint", .data = "phone"};
    cs_decision out = case_expect(c, query, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_OWN);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_purpose_without_data_is_asked_for_without_naming_any(void **state)
{
    decide_case *c = *state;
    case_hold(c, &(case_policy){.version = 2, .purposes = {{.id = "vote", .form = CS_FORM_OWN}}});
    case_accept(c, "platform", 2);
    case_query query = {.purpose = "vote"};
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_grant(c, 2, "vote", NULL, "name");
    case_expect(c, query, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_grant(c, 2, "vote", NULL, NULL);
    case_expect(c, query, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_grant_naming_no_data_gives_nothing_of_a_purpose_that_declares_some(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "pay", "pay-a", NULL);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void once_serves_the_handle_that_recorded_it_until_it_was_used(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    cs_event once = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "scan", NULL, "card");
    once.once = true;
    uint64_t seq = case_event(c, 0, once, 0);
    case_query any = {.purpose = "scan", .data = "card"}, mine = any;
    mine.once_seq = seq;
    case_expect(c, any, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_expect(c, mine, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_event(c, 0, case_make_event(CS_EVENT_USED_ONCE, CS_ACTOR_SELF, 1, "scan", NULL, "card"), 0);
    case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void once_is_never_taken_from_another_device(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    c->state.streams[0].confirmed = true;
    cs_event once = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "scan", NULL, "card");
    once.once = true;
    uint64_t seq = case_event(c, 1, once, 5);
    c->state.streams[1].confirmed = true;
    case_expect(c, (case_query){.purpose = "scan", .data = "card", .once_seq = seq}, CONSENT_ASK,
                CONSENT_REASON_NOT_ASKED);
}

/* ---- words ------------------------------------------------------------------------------------------- */

static void every_reason_has_a_source_and_words_in_both_languages(void **state)
{
    (void)state;
    for (int32_t reason = 0; reason <= CONSENT_REASON_FIELD_NOTICE; reason++) {
        cs_decision decision = {.reason = reason};
        assert_true(strlen(cs_decision_rule_source(1, reason)) > 0);
        const char *zh = cs_decision_text(&decision, "zh-CN"), *en = cs_decision_text(&decision, "en");
        assert_true(strlen(zh) > 0 && strlen(en) > 0);
        assert_string_not_equal(zh, en);
        assert_string_equal(cs_decision_text(&decision, NULL), en);
    }
    for (int32_t rule = 1; rule <= 13; rule++)
        assert_true(strncmp(cs_decision_rule_name(rule), "rule ", 5) == 0);
    assert_string_equal(cs_decision_rule_name(14), "none");
    assert_string_equal(cs_decision_rule_source(1, 99), "");
    assert_string_equal(cs_decision_text(&(cs_decision){.reason = 99}, "en"), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unreadable_store_denies_even_what_the_law_allows),
        TEST(what_the_policy_does_not_name_is_denied),
        TEST(no_policy_in_force_declares_nothing),
        TEST(an_unknown_kind_form_or_ground_makes_that_purpose_undeclared),
        TEST(marketing_and_its_like_may_claim_no_exemption),
        TEST(a_ground_of_the_law_ends_with_the_version_that_drops_the_purpose),
        TEST(an_ended_service_denies_even_exemptions),
        TEST(a_reached_end_stands_until_a_later_version_is_accepted_after_it),
        TEST(an_end_called_off_in_time_never_came),
        TEST(the_law_grounds_it_before_anything_was_accepted),
        TEST(the_law_is_judged_by_the_newest_effective_version),
        TEST(an_exemption_still_needs_the_systems_permission),
        TEST(without_acceptance_the_notice_comes_first),
        TEST(a_declined_policy_is_not_asked_about_for_48_hours),
        TEST(a_newer_version_does_not_cut_the_quiet_short),
        TEST(withdrawing_the_acceptance_withdraws_every_choice),
        TEST(declining_version_two_leaves_version_one_in_force),
        TEST(a_new_controller_that_is_not_bound_needs_a_new_yes),
        TEST(a_no_to_the_controller_is_respected_for_that_version),
        TEST(a_contract_allows_after_acceptance_only),
        TEST(an_exemption_that_a_later_version_takes_back_needs_an_act),
        TEST(a_separate_consent_serves_its_own_recipient_only),
        TEST(a_choice_speaks_only_for_the_data_it_names),
        TEST(among_several_data_items_a_deny_comes_before_an_ask),
        TEST(a_withdrawal_without_data_or_recipient_speaks_for_all),
        TEST(a_policy_form_purpose_is_covered_by_acceptance_unless_refused),
        TEST(an_additional_function_needs_its_own_consent_whatever_its_form_says),
        TEST(a_purpose_without_data_is_asked_for_without_naming_any),
        TEST(a_grant_naming_no_data_gives_nothing_of_a_purpose_that_declares_some),
        TEST(once_serves_the_handle_that_recorded_it_until_it_was_used),
        TEST(once_is_never_taken_from_another_device),
        TEST(every_reason_has_a_source_and_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
