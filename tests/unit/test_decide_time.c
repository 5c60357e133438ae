/* Cool-downs, clocks, lifetimes, recovery, provisional withdrawals and the past (decisions.md section 5). */
#include "support/decide_case.h"

#include "platform/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

static const case_policy version_1 = {
    .version = 1,
    .cooldown_ms = 60 * HOUR,
    .purposes = {{.id = "order", .function = "shop", .data = "name"},
                 {.id = "hint", .form = CS_FORM_OWN, .data = "phone"},
                 {.id = "rare",
                  .form = CS_FORM_OWN,
                  .data = "phone",
                  .cooldown_ms = CS_NEVER_MS,
                  .refusal_lifetime_ms = 500 * HOUR},
                 {.id = "slow", .form = CS_FORM_OWN, .data = "phone", .cooldown_ms = 100 * HOUR},
                 {.id = "brief",
                  .form = CS_FORM_OWN,
                  .data = "phone",
                  .grant_lifetime_ms = 30 * HOUR,
                  .retention_ms = 20 * HOUR},
                 {.id = "pair", .form = CS_FORM_OWN, .data = "phone,name", .grant_lifetime_ms = 30 * HOUR}}};

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

static case_query ask(const char *purpose)
{
    return (case_query){.purpose = purpose, .data = "phone"};
}

static void new_session(decide_case *c)
{
    c->now.session[0]++;
    c->now.elapsed_ms = 0;
}

/* ---- cool-downs -------------------------------------------------------------------------------------- */

/* C68 */
static void a_cool_down_is_48_hours_or_the_policys_longer(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "hint", NULL, "phone");
    case_refuse(c, "slow", NULL, "phone");
    assert_int_equal(case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY).ask_after_ms,
                     CASE_START_MS + 48 * HOUR);
    assert_int_equal(case_expect(c, ask("slow"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY).ask_after_ms,
                     CASE_START_MS + 100 * HOUR);
    case_pass(c, 48 * HOUR);
    case_expect(c, ask("hint"), CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
    case_expect(c, ask("slow"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_decline(c, "platform", 1);
    assert_int_equal(case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED).ask_after_ms,
                     c->now.now_ms + 60 * HOUR);
}

static void never_by_itself_means_the_person_may_still_come_back_to_it(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "rare", NULL, "phone");
    case_pass(c, 499 * HOUR);
    cs_decision out = case_expect(c, ask("rare"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 500 * HOUR);
    case_query mine = ask("rare");
    mine.user_initiated = true;
    case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
    case_pass(c, HOUR); /* the refusal expired, and with it its cool-down */
    case_expect(c, ask("rare"), CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
}

static void within_the_session_wall_and_elapsed_time_must_both_run_out(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "hint", NULL, "phone");
    c->now.now_ms += 49 * HOUR; /* the wall clock is put forward */
    c->now.elapsed_ms += HOUR;
    cs_decision out = case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.ask_after_ms, c->now.now_ms + 47 * HOUR);
    c->now.elapsed_ms += 47 * HOUR;
    case_expect(c, ask("hint"), CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
    c->now.now_ms = CASE_START_MS + HOUR; /* and back: the wall decides too */
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
}

static void after_a_restart_wall_time_alone_decides(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "hint", NULL, "phone");
    new_session(c);
    c->now.now_ms += 47 * HOUR;
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    c->now.now_ms += HOUR;
    case_expect(c, ask("hint"), CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
}

static void a_remainder_never_exceeds_the_cool_down(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "hint", NULL, "phone");
    new_session(c);
    c->now.now_ms -= 1000 * HOUR;
    case_hold(c, &version_1); /* whatever moment it is, the policy is in force */
    cs_decision out = case_decide(c, ask("hint"));
    assert_int_equal(out.decision, CONSENT_DENY);
    assert_true(out.ask_after_ms <= c->now.now_ms + 48 * HOUR);
}

static void the_last_refusal_starts_the_cool_down_anew(void **state)
{
    decide_case *c = *state;
    case_refuse(c, "hint", NULL, "phone");
    case_pass(c, 40 * HOUR);
    case_refuse(c, "hint", NULL, "phone");
    case_pass(c, 40 * HOUR);
    cs_decision out = case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 88 * HOUR);
}

/* ---- lifetimes --------------------------------------------------------------------------------------- */

static void a_grant_lasts_for_the_shorter_of_lifetime_and_retention(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "brief", NULL, "phone");
    cs_decision out = case_expect(c, ask("brief"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.expires_ms, CASE_START_MS + 20 * HOUR);
    case_pass(c, 20 * HOUR - 1);
    case_expect(c, ask("brief"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_pass(c, 1);
    out = case_expect(c, ask("brief"), CONSENT_ASK, CONSENT_REASON_EXPIRED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_OWN);
}

static void several_data_items_last_as_long_as_the_first_to_end(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "pair", NULL, "name");
    case_pass(c, HOUR);
    case_grant(c, 1, "pair", NULL, "phone");
    case_query both = {.purpose = "pair", .data = "phone,name"};
    assert_int_equal(case_expect(c, both, CONSENT_ALLOW, CONSENT_REASON_CONSENTED).expires_ms,
                     CASE_START_MS + 30 * HOUR);
    case_refuse(c, "pair", NULL, "name");
    assert_int_equal(case_expect(c, both, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY).expires_ms, 0);
}

/* ---- now --------------------------------------------------------------------------------------------- */

static void now_is_never_before_what_is_known_to_have_happened(void **state)
{
    decide_case *c = *state;
    int64_t happened_ms = c->now.now_ms;
    assert_int_equal(cs_state_now_ms(&c->state, happened_ms - HOUR, 0, c->now.session), happened_ms);
    assert_int_equal(cs_state_now_ms(&c->state, happened_ms + HOUR, 0, c->now.session), happened_ms + HOUR);
}

static void a_clock_that_ran_ahead_freezes_nothing_once_a_receipt_came(void **state)
{
    decide_case *c = *state;
    const int64_t year = 365 * CS_DAY_MS;
    case_pass(c, HOUR);
    c->now.now_ms += year;
    uint64_t seq = case_refuse(c, "hint", NULL, "phone");
    assert_int_equal(cs_state_now_ms(&c->state, CASE_START_MS + 2 * HOUR, 2 * HOUR, c->now.session),
                     CASE_START_MS + HOUR + year);
    assert_int_equal(
        cs_state_receipt(&c->state, case_streams[0], 1, seq, 1, CASE_START_MS + HOUR, HOUR, c->now.session, NULL),
        CONSENT_OK);
    /* the wall clock is still a year ahead: inside this session elapsed time counts on from the receipt */
    assert_int_equal(cs_state_now_ms(&c->state, CASE_START_MS + year + 3 * HOUR, 3 * HOUR, c->now.session),
                     CASE_START_MS + 3 * HOUR);
    c->now.now_ms = CASE_START_MS + 3 * HOUR;
    cs_decision out = case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_true(out.ask_after_ms <= CASE_START_MS + 51 * HOUR);
    static const uint8_t next_session[CS_SESSION_ID_SIZE] = {99};
    assert_int_equal(cs_state_now_ms(&c->state, CASE_START_MS + 5 * HOUR, 0, next_session), CASE_START_MS + 5 * HOUR);
}

static void a_receipt_gives_the_cursors_of_what_it_covers(void **state)
{
    decide_case *c = *state;
    uint64_t seq = case_refuse(c, "hint", NULL, "phone");
    cs_event grant = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, 1, "hint", NULL, "phone");
    grant.seen = 40;
    case_event(c, 1, grant, 50);
    c->state.streams[1].confirmed = true;
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(cs_state_receipt(&c->state, case_streams[0], 1, seq, 39, c->now.now_ms, 0, NULL, NULL),
                     CONSENT_OK);
    case_expect(c, ask("hint"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(cs_state_receipt(&c->state, case_streams[3], 1, 1, 1, 0, 0, NULL, NULL), CONSENT_E_NOT_FOUND);
}

/* ---- recovery ---------------------------------------------------------------------------------------- */

static void after_recovery_what_has_no_answer_counts_as_refused_then(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "slow", NULL, "phone");
    case_pass(c, HOUR);
    case_event(c, 0, (cs_event){.type = CS_EVENT_RECOVERED}, 0);
    cs_decision out = case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 49 * HOUR);
    case_expect(c, ask("slow"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_query mine = ask("hint");
    mine.user_initiated = true;
    case_expect(c, mine, CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
    case_pass(c, 48 * HOUR);
    case_expect(c, ask("hint"), CONSENT_ASK, CONSENT_REASON_REFUSED_BEFORE);
}

static void after_recovery_without_acceptance_the_notice_waits_too(void **state)
{
    decide_case fresh;
    (void)state;
    case_begin(&fresh);
    case_hold(&fresh, &version_1);
    case_event(&fresh, 0, (cs_event){.type = CS_EVENT_RECOVERED}, 0);
    case_expect(&fresh, ask("hint"), CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    case_end(&fresh);
}

static void anothers_recovery_is_anothers(void **state)
{
    decide_case *c = *state;
    case_event(c, 1, (cs_event){.type = CS_EVENT_RECOVERED}, 4);
    case_expect(c, ask("hint"), CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

/* ---- provisional withdrawals --------------------------------------------------------------------------- */

/* C143 */
static void a_withdrawal_holds_in_memory_before_it_is_on_disk(void **state)
{
    decide_case *c = *state;
    case_grant(c, 1, "hint", NULL, "phone");
    cs_event withdrawal = case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 1, "hint", NULL, NULL);
    withdrawal.time_ms = c->now.now_ms;
    withdrawal.session_id = c->now.session;
    assert_int_equal(cs_state_overlay_withdraw(&c->state, &withdrawal, NULL), CONSENT_OK);
    assert_int_equal(cs_state_overlay_withdraw(&c->state, &withdrawal, NULL), CONSENT_OK);
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_event(c, 0, withdrawal, 0);
    cs_state_overlay_clear(&c->state);
    case_expect(c, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ask("hint"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_provisional_withdrawal_of_the_policy_ends_its_acceptance(void **state)
{
    decide_case *c = *state;
    cs_event withdrawal = case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    withdrawal.time_ms = c->now.now_ms;
    assert_int_equal(cs_state_overlay_withdraw(&c->state, &withdrawal, NULL), CONSENT_OK);
    case_query order = {.purpose = "order", .data = "name"};
    case_expect(c, order, CONSENT_DENY, CONSENT_REASON_POLICY_DECLINED);
    cs_state_overlay_clear(&c->state);
    case_expect(c, order, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- the past ------------------------------------------------------------------------------------------ */

/* C77 C144 */
static void withdrawing_never_reaches_back(void **state)
{
    (void)state;
    cs_state past;
    cs_state_init(&past, cs_memory_system());
    cs_state_set_horizon(&past, CASE_START_MS + HOUR);
    decide_case asked;
    case_begin(&asked);
    case_hold(&asked, &version_1);
    case_accept(&asked, "platform", 1);
    cs_event accepted = asked.last;
    case_grant(&asked, 1, "hint", NULL, "phone");
    cs_event granted = asked.last;
    case_pass(&asked, 2 * HOUR);
    case_withdraw(&asked, "hint", NULL, NULL);
    cs_event withdrawn = asked.last;
    case_expect(&asked, ask("hint"), CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);

    const cs_event *const events[] = {&withdrawn, &accepted, &granted};
    for (size_t i = 0; i < CS_COUNT_OF(events); i++)
        assert_int_equal(cs_state_apply(&past, case_streams[0], true, events[i], 0, NULL), CONSENT_OK);
    cs_state live = asked.state;
    asked.state = past;
    asked.now = (cs_now){.now_ms = CASE_START_MS + HOUR};
    case_expect(&asked, ask("hint"), CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    asked.state = live;
    cs_state_free(&past);
    case_end(&asked);
}

static void a_receipt_corrects_every_kind_of_moment(void **state)
{
    decide_case *c = *state;
    const int64_t day = CS_DAY_MS;
    c->now.now_ms += day; /* the wall clock runs a day ahead */
    case_event(
        c, 0,
        (cs_event){.type = CS_EVENT_PERMISSION_RESULT, .permission = CS_STR("location"), .os_state = CONSENT_OS_DENIED},
        0);
    uint64_t seq = case_event(c, 0, (cs_event){.type = CS_EVENT_RECOVERED}, 0);
    case_born(c, 2000, 1, 1);
    assert_int_equal(cs_state_receipt(&c->state, case_streams[0], 1, seq + 1, 1, CASE_START_MS, 0, NULL, NULL),
                     CONSENT_OK);
    assert_int_equal(cs_state_permission(&c->state, CS_STR("location"))->refused.time_ms, CASE_START_MS);
    assert_int_equal(c->state.recovered.time_ms, CASE_START_MS);
    assert_int_equal(c->state.ages[0].time_ms, CASE_START_MS);
    assert_int_equal(cs_state_now_ms(&c->state, 0, 0, c->now.session), CASE_START_MS);
    assert_int_equal(cs_state_receipt(&c->state, case_streams[0], 1, 1, 1, CASE_START_MS + 5, 0, NULL, NULL),
                     CONSENT_OK);
    assert_int_equal(cs_state_now_ms(&c->state, 0, 0, c->now.session), CASE_START_MS + 5);
}

static void accepting_the_closing_version_again_reopens_nothing(void **state)
{
    decide_case *c = *state;
    case_policy closing = version_1;
    closing.version = 2;
    closing.closing = true;
    closing.closing_end_ms = CASE_START_MS + HOUR;
    case_hold(c, &closing);
    case_pass(c, 2 * HOUR);
    case_query order = {.purpose = "order", .data = "name"};
    case_expect(c, order, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
    case_accept(c, "platform", 2);
    case_accept(c, "platform", 1);
    case_expect(c, order, CONSENT_DENY, CONSENT_REASON_SERVICE_ENDED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cool_down_is_48_hours_or_the_policys_longer),
        TEST(never_by_itself_means_the_person_may_still_come_back_to_it),
        TEST(within_the_session_wall_and_elapsed_time_must_both_run_out),
        TEST(after_a_restart_wall_time_alone_decides),
        TEST(a_remainder_never_exceeds_the_cool_down),
        TEST(the_last_refusal_starts_the_cool_down_anew),
        TEST(a_grant_lasts_for_the_shorter_of_lifetime_and_retention),
        TEST(several_data_items_last_as_long_as_the_first_to_end),
        TEST(now_is_never_before_what_is_known_to_have_happened),
        TEST(a_clock_that_ran_ahead_freezes_nothing_once_a_receipt_came),
        TEST(a_receipt_gives_the_cursors_of_what_it_covers),
        TEST(after_recovery_what_has_no_answer_counts_as_refused_then),
        TEST(after_recovery_without_acceptance_the_notice_waits_too),
        TEST(anothers_recovery_is_anothers),
        TEST(a_withdrawal_holds_in_memory_before_it_is_on_disk),
        TEST(a_provisional_withdrawal_of_the_policy_ends_its_acceptance),
        TEST(withdrawing_never_reaches_back),
        TEST(a_receipt_corrects_every_kind_of_moment),
        TEST(accepting_the_closing_version_again_reopens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
