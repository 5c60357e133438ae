/* Which acts count: concurrency, keys, imports, versions and their terms (decisions.md sections 1 to 3). */
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

static void trust(decide_case *c, const char *stream_hex)
{
    cs_event event = {.type = CS_EVENT_KEY_CONFIRMED, .reference = cs_str_of(stream_hex)};
    case_event(c, 0, event, 0);
}

#define SECOND_DEVICE "02000000000000000000000000000000"
#define ASK_PAY_A ((case_query){.purpose = "pay", .recipient = "pay-a", .data = "card"})
#define ASK_HINT ((case_query){.purpose = "hint", .data = "phone"})
#define ASK_ORDER ((case_query){.purpose = "order", .data = "name"})

static cs_event pay_event(uint32_t type, uint64_t seen)
{
    cs_event event = case_make_event(type, CS_ACTOR_SELF, 1, "pay", "pay-a", "card");
    event.seen = seen;
    return event;
}

/* ---- concurrency ------------------------------------------------------------------------------------- */

static void of_a_concurrent_grant_and_refusal_the_refusal_wins(void **state)
{
    decide_case *c = *state;
    trust(c, SECOND_DEVICE);
    case_event(c, 1, pay_event(CS_EVENT_DENIED, 0), 5);
    case_event(c, 0, pay_event(CS_EVENT_GRANTED, 4), 6);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_event(c, 0, pay_event(CS_EVENT_GRANTED, 5), 7);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_refusal_whose_cursor_is_unknown_lies_in_no_other_devices_past(void **state)
{
    decide_case *c = *state;
    trust(c, SECOND_DEVICE);
    case_event(c, 0, pay_event(CS_EVENT_DENIED, 0), 0);
    cs_event no = c->last;
    case_event(c, 1, pay_event(CS_EVENT_GRANTED, 100), 101);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(cs_state_apply(&c->state, case_streams[0], true, &no, 99, NULL), CONSENT_OK);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void ones_own_earlier_refusal_is_always_in_ones_past(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "pay", "pay-a", "card");
    case_grant(c, 1, "pay", "pay-a", "card");
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void an_expired_refusal_never_lets_a_defeated_grant_count(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[2].refusal_lifetime_ms = 10 * HOUR;
    case_hold(c, &v2);
    case_accept(c, "platform", 2);
    trust(c, SECOND_DEVICE);
    case_event(c, 1, pay_event(CS_EVENT_DENIED, 0), 5);
    case_event(c, 0, pay_event(CS_EVENT_GRANTED, 4), 6);
    case_pass(c, 10 * HOUR - 1);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_pass(c, 1);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
}

static void an_act_that_claims_to_have_seen_itself_never_counts(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, pay_event(CS_EVENT_GRANTED, 9), 9);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void a_later_grant_replaces_and_a_concurrent_one_suffices(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[2].grant_lifetime_ms = HOUR;
    case_hold(c, &v2);
    case_accept(c, "platform", 2);
    trust(c, SECOND_DEVICE);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_pass(c, HOUR / 2);
    uint64_t seq = case_grant(c, 2, "pay", "pay-a", "card");
    cs_decision out = case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.evidence_seq, seq);
    assert_int_equal(out.expires_ms, c->now.now_ms + HOUR);
    assert_int_equal(out.valid_until_ms, out.expires_ms);
    case_pass(c, HOUR);
    out = case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_EXPIRED);
    case_event(c, 1, pay_event(CS_EVENT_GRANTED, 0), 3);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- log-in ------------------------------------------------------------------------------------------ */

static void at_log_in_no_answer_yields_and_a_refusal_on_either_side_wins(void **state)
{
    decide_case *c = *state;
    trust(c, SECOND_DEVICE);
    case_event(c, 1, pay_event(CS_EVENT_GRANTED, 0), 3);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_event(c, 0, pay_event(CS_EVENT_DENIED, 0), 4); /* given anonymously, joined at log-in */
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

/* ---- keys and other people --------------------------------------------------------------------------- */

static void a_grant_by_a_key_new_to_this_device_reads_as_absent_until_confirmed(void **state)
{
    decide_case *c = *state;
    case_event(c, 1, pay_event(CS_EVENT_GRANTED, 0), 3);
    cs_decision out = case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    assert_int_equal(out.subject, CS_SUBJECT_CONFIRM);
    assert_int_equal(out.occasion, CONSENT_OCCASION_CONFIRM);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, "pay", "pay-a", "card");
    no.subject = CS_SUBJECT_CONFIRM;
    case_event(c, 0, no, 0);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_CONFIRM);
    trust(c, SECOND_DEVICE);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_refusal_by_a_key_new_to_this_device_counts_at_once(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_event(c, 1, pay_event(CS_EVENT_WITHDRAWN, 0), 3);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

static void an_acceptance_by_an_unconfirmed_key_asks_to_confirm(void **state)
{
    decide_case *c = *state;
    case_withdraw(c, NULL, NULL, NULL);
    cs_event yes = case_make_event(CS_EVENT_POLICY_ACCEPTED, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    yes.seen = 8;
    cs_event withdrawal = c->last;
    case_event(c, 1, yes, 9);
    assert_int_equal(cs_state_apply(&c->state, case_streams[0], true, &withdrawal, 8, NULL), CONSENT_OK);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_pass(c, 48 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    trust(c, SECOND_DEVICE);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void support_can_withdraw_and_what_it_gives_has_to_be_confirmed(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SUPPORT, 1, "pay", "pay-a", "card"), 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    case_grant(c, 1, "pay", "pay-a", "card");
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_event(c, 0, case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SUPPORT, 1, "pay", NULL, NULL), 0);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

static void nobody_else_grants(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SYSTEM, 1, "pay", "pay-a", "card"), 0);
    case_event(c, 0, case_make_event(CS_EVENT_GRANTED, 17, 1, "pay", "pay-a", "card"), 0);
    case_event(c, 0, case_make_event(CS_EVENT_GRANTED, CS_ACTOR_GUARDIAN, 1, "pay", "pay-a", "card"), 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void an_event_of_a_type_to_come_counts_as_a_refusal_of_what_it_names(void **state)
{
    decide_case *c = *state;
    case_event(c, 0, case_make_event(999, CS_ACTOR_SELF, 1, "order", NULL, "name"), 0);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

/* ---- imported ---------------------------------------------------------------------------------------- */

static void imported_consent_stands_for_accepting_policy_form_purposes_only(void **state)
{
    decide_case *c = *state;
    case_withdraw(c, NULL, NULL, NULL);
    cs_event import = case_make_event(CS_EVENT_IMPORTED, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    import.method = CONSENT_METHOD_IMPORTED;
    case_event(c, 0, import, 0);
    import = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "pay", "pay-a", "card");
    import.method = CONSENT_METHOD_IMPORTED;
    case_event(c, 0, import, 0);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_expect(c, (case_query){.purpose = "verify", .data = "card"}, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
}

static void imports_count_for_nothing_where_the_policy_does_not_allow_them(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.import_allowed = false;
    case_hold(c, &v2);
    case_withdraw(c, NULL, NULL, NULL);
    case_event(c, 0, case_make_event(CS_EVENT_IMPORTED, CS_ACTOR_SELF, 2, NULL, NULL, NULL), 0);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
}

/* ---- bundles ----------------------------------------------------------------------------------------- */

static void an_act_naming_a_bundle_not_held_refuses_at_once_and_grants_when_it_is(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "hint", NULL, "phone");
    cs_event no = case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 2, "hint", NULL, "phone");
    case_event(c, 0, no, 0);
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_accept(c, "platform", 2);
    case_grant(c, 2, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_policy v2 = version(2);
    case_hold(c, &v2);
    cs_decision out = case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.governing, 1);
}

static void a_bundle_with_another_hash_is_not_the_one_that_was_shown(void **state)
{
    decide_case *c = *state;
    uint8_t hash[CS_HASH_SIZE] = {1};
    cs_event grant = pay_event(CS_EVENT_GRANTED, 0);
    grant.policy.hash = hash;
    case_event(c, 0, grant, 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void an_act_before_its_version_took_effect_never_counts(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.effective_ms = CASE_START_MS + HOUR;
    case_hold(c, &v2);
    case_accept(c, "platform", 2);
    case_pass(c, 2 * HOUR);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.governing, 0);
}

static void standing_grants_and_withdrawals_go_on_when_the_policy_is_past_its_time(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.valid_until_ms = CASE_START_MS + HOUR;
    case_hold(c, &v2);
    case_accept(c, "platform", 2);
    case_grant(c, 2, "pay", "pay-a", "card");
    case_pass(c, HOUR);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_withdraw(c, "pay", NULL, NULL);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

/* ---- versions and terms ------------------------------------------------------------------------------ */

/* C22 C157 */
static void added_data_waits_for_an_act_and_the_rest_goes_on(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[0].data = "name,phone,place";
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_query added = {.purpose = "order", .data = "place"};
    cs_decision out = case_expect(c, added, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_UPDATE);
    case_decline(c, "platform", 2);
    case_expect(c, added, CONSENT_DENY, CONSENT_REASON_TERMS_WIDENED);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_accept(c, "platform", 2);
    case_expect(c, added, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_changed_method_widens_the_whole_purpose(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[0].method = 1;
    v2.purposes[2].recipient_method = 1;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_accept(c, "platform", 2);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    cs_decision out = case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_SEPARATE);
    case_grant(c, 2, "pay", "pay-a", "card");
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_no_to_widened_terms_refuses_those_terms_alone(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_policy v2 = version(2);
    v2.purposes[2].data = "card,name,phone";
    case_hold(c, &v2);
    case_query added = {.purpose = "pay", .recipient = "pay-a", .data = "phone"};
    cs_decision out = case_expect(c, added, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    assert_int_equal(out.form_policy, 1);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 2, "pay", "pay-a", "phone");
    no.subject = CS_SUBJECT_TERMS_WIDENED;
    case_event(c, 0, no, 0);
    case_expect(c, added, CONSENT_DENY, CONSENT_REASON_TERMS_WIDENED);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    added.user_initiated = true;
    case_expect(c, added, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    trust(c, SECOND_DEVICE); /* concurrent: the no wins */
    case_event(c, 1, case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 2, "pay", "pay-a", "phone"), 4);
    case_expect(c, added, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_grant(c, 2, "pay", "pay-a", "phone");
    case_expect(c, added, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void what_an_accepted_version_took_away_does_not_grow_back(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card,name");
    case_policy v2 = version(2), v3 = version(3);
    v2.purposes[2].data = "card";
    case_hold(c, &v2);
    case_accept(c, "platform", 2);
    case_hold(c, &v3);
    case_accept(c, "platform", 3);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, (case_query){.purpose = "pay", .recipient = "pay-a", .data = "name"}, CONSENT_ASK,
                CONSENT_REASON_TERMS_WIDENED);
}

static void what_a_later_version_takes_back_needs_an_act(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[0].data = "name";
    case_hold(c, &v2);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, (case_query){.purpose = "order", .data = "phone"}, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
}

static void a_grant_from_a_newer_form_governs_its_item_though_the_update_was_declined(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2), v3 = version(3);
    v2.purposes[4] = (case_purpose){.id = "club", .form = CS_FORM_OWN, .data = "phone"};
    case_hold(c, &v2);
    case_query club = {.purpose = "club", .data = "phone"};
    case_expect(c, club, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_decline(c, "platform", 2);
    case_grant(c, 2, "club", NULL, "phone");
    cs_decision out = case_expect(c, club, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.governing, 1);
    case_hold(c, &v3); /* no longer declares it */
    case_expect(c, club, CONSENT_DENY, CONSENT_REASON_UNDECLARED);
}

static void a_grant_in_a_looser_form_is_not_one_in_a_stricter(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "hint", NULL, "phone");
    case_grant(c, 1, "order", NULL, "name");
    case_policy v2 = version(2);
    v2.purposes[3].form = CS_FORM_SEPARATE;
    v2.purposes[0].form = CS_FORM_OWN;
    case_hold(c, &v2);
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_accept(c, "platform", 2);
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
}

static void only_an_announced_version_changes_nothing_yet(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[0].method = 1;
    v2.effective_ms = CASE_START_MS + 10 * HOUR;
    case_hold(c, &v2);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.valid_until_ms, v2.effective_ms);
    cs_standing standing;
    cs_decide_standing(&c->set, &c->state, CS_STR(""), &c->now, &standing);
    assert_true(standing.accepted && standing.announced == 1 && standing.newest == 0 && standing.governing == 0);
    case_pass(c, 10 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_TERMS_WIDENED);
}

static void a_revision_of_the_text_asks_for_nothing(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_policy text = version(1);
    text.revision = 1;
    case_hold(c, &text);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- doubts and repetitions -------------------------------------------------------------------------- */

static void what_was_granted_before_a_doubt_waits_to_be_confirmed(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    cs_event doubt = {.type = CS_EVENT_RECOVERED, .reference = CS_STR(CS_DOUBT_REFERENCE)};
    case_event(c, 0, doubt, 0);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_CONFIRM);
    trust(c, "01000000000000000000000000000000");
    case_expect(c, ASK_PAY_A, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_event(c, 0, doubt, 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_CONFIRM);
}

static void a_refused_choice_that_another_key_granted_since_is_first_quiet_then_to_be_confirmed(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "pay", "pay-a", "card");
    cs_event no = c->last;
    assert_int_equal(cs_state_apply(&c->state, case_streams[0], true, &no, 6, NULL), CONSENT_OK);
    case_event(c, 1, pay_event(CS_EVENT_GRANTED, 6), 7);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_pass(c, 48 * HOUR);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_CONFIRM);
}

static void of_two_devices_acceptances_the_latest_is_the_evidence(void **state)
{
    decide_case *c = *state;
    trust(c, SECOND_DEVICE);
    case_pass(c, HOUR);
    cs_event yes = case_make_event(CS_EVENT_POLICY_ACCEPTED, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    case_event(c, 1, yes, 4);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_memory_equal(out.evidence_stream, case_streams[1], CS_STREAM_ID_SIZE);
    yes.seen = 4;
    case_event(c, 0, yes, 5); /* again, knowing of the other's */
    out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_memory_equal(out.evidence_stream, case_streams[0], CS_STREAM_ID_SIZE);
}

static void a_choice_given_anew_after_a_whole_withdrawal_was_not_withdrawn(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pay", "pay-a", "card");
    case_withdraw(c, NULL, NULL, NULL);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_PAY_A, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    cs_event grant = pay_event(CS_EVENT_GRANTED, 0);
    grant.policy.version = 2; /* not held here yet */
    case_event(c, 0, grant, 0);
    case_expect(c, ASK_PAY_A, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void turning_down_an_update_is_a_no_to_its_terms_and_to_its_version(void **state)
{
    decide_case *c = *state;
    case_policy v2 = version(2);
    v2.purposes[0].data = "name,phone,place";
    case_hold(c, &v2);
    trust(c, SECOND_DEVICE);
    cs_event yes = case_make_event(CS_EVENT_POLICY_ACCEPTED, CS_ACTOR_SELF, 2, NULL, NULL, NULL);
    case_event(c, 1, yes, 4);
    case_query added = {.purpose = "order", .data = "place"};
    case_expect(c, added, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    cs_event no = case_make_event(CS_EVENT_POLICY_DECLINED, CS_ACTOR_SELF, 2, NULL, NULL, NULL);
    no.subject = CS_SUBJECT_TERMS_WIDENED;
    case_event(c, 0, no, 5); /* at the same time as the other device's yes */
    case_expect(c, added, CONSENT_DENY, CONSENT_REASON_TERMS_WIDENED);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void what_may_be_asked_now_is_what_the_answer_asks(void **state)
{
    decide_case *c = *state;
    cs_str data = CS_STR("phone");
    cs_query query = {.purpose = CS_STR("hint"), .data = &data, .data_count = 1};
    assert_true(cs_decide_may_ask(&c->set, &c->state, &query, &c->now));
    case_refuse(c, "hint", NULL, "phone");
    assert_false(cs_decide_may_ask(&c->set, &c->state, &query, &c->now));
    query.user_initiated = true;
    assert_true(cs_decide_may_ask(&c->set, &c->state, &query, &c->now));
    case_grant(c, 1, "hint", NULL, "phone");
    assert_false(cs_decide_may_ask(&c->set, &c->state, &query, &c->now));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_a_concurrent_grant_and_refusal_the_refusal_wins),
        TEST(a_refusal_whose_cursor_is_unknown_lies_in_no_other_devices_past),
        TEST(ones_own_earlier_refusal_is_always_in_ones_past),
        TEST(an_expired_refusal_never_lets_a_defeated_grant_count),
        TEST(an_act_that_claims_to_have_seen_itself_never_counts),
        TEST(a_later_grant_replaces_and_a_concurrent_one_suffices),
        TEST(at_log_in_no_answer_yields_and_a_refusal_on_either_side_wins),
        TEST(a_grant_by_a_key_new_to_this_device_reads_as_absent_until_confirmed),
        TEST(a_refusal_by_a_key_new_to_this_device_counts_at_once),
        TEST(an_acceptance_by_an_unconfirmed_key_asks_to_confirm),
        TEST(support_can_withdraw_and_what_it_gives_has_to_be_confirmed),
        TEST(nobody_else_grants),
        TEST(an_event_of_a_type_to_come_counts_as_a_refusal_of_what_it_names),
        TEST(imported_consent_stands_for_accepting_policy_form_purposes_only),
        TEST(imports_count_for_nothing_where_the_policy_does_not_allow_them),
        TEST(an_act_naming_a_bundle_not_held_refuses_at_once_and_grants_when_it_is),
        TEST(a_bundle_with_another_hash_is_not_the_one_that_was_shown),
        TEST(an_act_before_its_version_took_effect_never_counts),
        TEST(standing_grants_and_withdrawals_go_on_when_the_policy_is_past_its_time),
        TEST(added_data_waits_for_an_act_and_the_rest_goes_on),
        TEST(a_changed_method_widens_the_whole_purpose),
        TEST(a_no_to_widened_terms_refuses_those_terms_alone),
        TEST(what_an_accepted_version_took_away_does_not_grow_back),
        TEST(what_a_later_version_takes_back_needs_an_act),
        TEST(a_grant_from_a_newer_form_governs_its_item_though_the_update_was_declined),
        TEST(a_grant_in_a_looser_form_is_not_one_in_a_stricter),
        TEST(only_an_announced_version_changes_nothing_yet),
        TEST(a_revision_of_the_text_asks_for_nothing),
        TEST(what_was_granted_before_a_doubt_waits_to_be_confirmed),
        TEST(a_refused_choice_that_another_key_granted_since_is_first_quiet_then_to_be_confirmed),
        TEST(of_two_devices_acceptances_the_latest_is_the_evidence),
        TEST(a_choice_given_anew_after_a_whole_withdrawal_was_not_withdrawn),
        TEST(turning_down_an_update_is_a_no_to_its_terms_and_to_its_version),
        TEST(what_may_be_asked_now_is_what_the_answer_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
