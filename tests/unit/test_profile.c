/* The whole engine over the injected world: what is recorded, when it counts, and what other processes see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "profile/internal.h"
#include "support/journey.h"

#define SEARCH "browse.search", NULL, "keyword"
#define PAY_A "share.payment", "pay-a", "account"
#define PAY_B "share.payment", "pay-b", "account"
#define ORDER "order.base", NULL, "name"

typedef struct fixture {
    world w;
    journey j;
} fixture;

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    if (journey_open(&f->j, &f->w) != CONSENT_OK || journey_install(&f->j, 1) != CONSENT_OK) {
        print_error("%s\n", f->j.err.message);
        return -1;
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    int leaked =
        f->w.live_blocks != 0 || f->w.open_files != 0 || f->w.open_dirs != 0 || f->w.maps != 0 || f->w.locks != 0;
    if (leaked)
        print_error("leaked: %zu blocks, %zu files, %zu maps\n", f->w.live_blocks, f->w.open_files, f->w.maps);
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void accept(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
}

static void reopen(fixture *f)
{
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
}

static size_t ledgers(const fixture *f)
{
    size_t count = 0;
    for (size_t i = 0; i < world_file_count(&f->w, JOURNEY_HOME); i++)
        count += strncmp(world_file_name(&f->w, JOURNEY_HOME, i), "l-", 2) == 0;
    return count;
}

static const char *ledger_name(const fixture *f)
{
    for (size_t i = 0; i < world_file_count(&f->w, JOURNEY_HOME); i++) {
        const char *name = world_file_name(&f->w, JOURNEY_HOME, i);
        if (strncmp(name, "l-", 2) == 0 && strlen(name) == 18)
            return name;
    }
    fail_msg("no ledger");
    return "";
}

/* ---- before and after acceptance -------------------------------------------------------------------------- */

/* C1 C24 */
static void before_any_act_nothing_is_allowed_and_no_record_exists(void **state)
{
    fixture *f = *state;
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_ASK);
    assert_int_equal(verdict.reason, CONSENT_REASON_NOTICE_REQUIRED);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    assert_int_equal(ledgers(f), 0);
    cs_buffer history;
    cs_buffer_init(&history, &f->j.env.memory, 4096);
    ok(f, cs_profile_history(f->j.profile, &history, &f->j.err));
    assert_int_equal(history.size, 0);
    cs_buffer_free(&history);
}

/* C25 C31 */
static void acceptance_allows_what_it_covers_and_survives_reopening(void **state)
{
    fixture *f = *state;
    accept(f);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    reopen(f);
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_ALLOW);
    assert_int_equal(verdict.reason, CONSENT_REASON_CONSENTED);
    assert_int_equal(verdict.policy_version, 1);
    assert_true(verdict.evidence_seq > 0);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ASK);
}

/* C5 */
static void a_refused_policy_keeps_quiet_for_two_days(void **state)
{
    fixture *f = *state;
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_REFUSE));
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_DENY);
    assert_int_equal(verdict.reason, CONSENT_REASON_POLICY_DECLINED);
    assert_int_equal(verdict.ask_after_ms, JOURNEY_START_MS + 48 * CS_HOUR_MS);
    world_advance(&f->w, 48 * CS_HOUR_MS - 1);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_DENY);
    world_advance(&f->w, 1);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ASK);
}

/* C44 */
static void a_contract_needs_acceptance_but_no_choice(void **state)
{
    fixture *f = *state;
    assert_int_equal(journey_decision(&f->j, ORDER), CONSENT_ASK);
    accept(f);
    consent_verdict verdict = journey_check(&f->j, ORDER);
    assert_int_equal(verdict.decision, CONSENT_ALLOW);
    assert_int_equal(verdict.reason, CONSENT_REASON_EXEMPT);
    assert_int_equal(verdict.ground, CONSENT_GROUND_CONTRACT);
}

/* C45 C55 C56 */
static void a_separate_consent_serves_its_own_recipient_only(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-b", CONSENT_ACTION_REFUSE));
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    assert_int_equal(journey_check(&f->j, PAY_B).reason, CONSENT_REASON_REFUSED_RECENTLY);
}

/* C143 C144 */
static void a_withdrawal_holds_at_once_and_never_reaches_back(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    world_advance(&f->w, CS_HOUR_MS);
    int64_t before_ms = f->w.wall_ms;
    world_advance(&f->w, CS_HOUR_MS);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
    cs_str data = CS_STR("account");
    cs_query query = {.purpose = CS_STR("share.payment"), .recipient = CS_STR("pay-a"), .data = &data, .data_count = 1};
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    ok(f, cs_profile_check_at(f->j.profile, &query, before_ms, false, &verdict, &f->j.err));
    assert_int_equal(verdict.decision, CONSENT_ALLOW);
    ok(f, cs_profile_check_at(f->j.profile, &query, f->w.wall_ms, false, &verdict, &f->j.err));
    assert_int_equal(verdict.decision, CONSENT_DENY);
}

static void withdrawing_the_acceptance_withdraws_every_choice(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    ok(f, journey_withdraw(&f->j, "", ""));
    assert_int_not_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    accept(f);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
}

/* ---- two processes ---------------------------------------------------------------------------------------------- */

/* C143 */
static void a_withdrawal_in_one_process_is_seen_by_anothers_next_check(void **state)
{
    fixture *f = *state;
    journey other;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    f->w.process_id = 2000;
    assert_int_equal(journey_open(&other, &f->w), CONSENT_OK);
    assert_int_equal(journey_decision(&other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    f->w.process_id = 2000;
    assert_int_equal(journey_decision(&other, PAY_A), CONSENT_DENY);
    assert_int_equal(journey_answer(&other, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT),
                     CONSENT_OK);
    f->w.process_id = 1000;
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 2000;
    journey_close(&other);
    f->w.process_id = 1000;
}

static void a_withdrawal_that_no_disk_takes_denies_in_every_process_and_is_written_later(void **state)
{
    fixture *f = *state;
    journey other;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    f->w.process_id = 2000;
    assert_int_equal(journey_open(&other, &f->w), CONSENT_OK);
    assert_int_equal(journey_decision(&other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(journey_withdraw(&f->j, "share.payment", "pay-a"), CONSENT_OK);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
    f->w.process_id = 2000;
    assert_int_equal(journey_decision(&other, PAY_A), CONSENT_DENY);
    world_disarm(&f->w);
    f->w.kinds = WORLD_EVERYTHING;
    f->w.process_id = 1000;
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    f->w.process_id = 2000;
    consent_verdict verdict = journey_check(&other, PAY_A);
    assert_int_equal(verdict.reason, CONSENT_REASON_REFUSED_RECENTLY);
    journey_close(&other);
    f->w.process_id = 1000;
    reopen(f);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
}

static void a_grant_that_no_disk_takes_is_not_given(void **state)
{
    fixture *f = *state;
    accept(f);
    f->w.kinds = WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(
        journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    world_disarm(&f->w);
    f->w.kinds = WORLD_EVERYTHING;
    reopen(f);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
}

static void a_handle_from_before_fork_records_nothing(void **state)
{
    fixture *f = *state;
    accept(f);
    f->w.process_id = 3000;
    assert_int_equal(journey_withdraw(&f->j, "share.payment", "pay-a"), CONSENT_E_FORKED);
    f->w.process_id = 1000;
}

static void erasing_in_one_process_is_seen_in_another(void **state)
{
    fixture *f = *state;
    journey other;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    f->w.process_id = 2000;
    assert_int_equal(journey_open(&other, &f->w), CONSENT_OK);
    assert_int_equal(journey_decision(&other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
    ok(f, cs_profile_erase(f->j.profile, &f->j.err));
    f->w.process_id = 2000;
    assert_int_not_equal(journey_decision(&other, PAY_A), CONSENT_ALLOW);
    assert_int_equal(journey_answer(&other, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_int_equal(journey_decision(&other, SEARCH), CONSENT_ALLOW);
    journey_close(&other);
    f->w.process_id = 1000;
}

/* ---- long histories ------------------------------------------------------------------------------------------ */

static void a_long_history_opens_from_its_checkpoint_with_the_same_answers(void **state)
{
    fixture *f = *state;
    cs_buffer history;
    accept(f);
    for (int i = 0; i < 150; i++) {
        world_advance(&f->w, CS_MINUTE_MS);
        ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
        ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    }
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-b", CONSENT_ACTION_ACCEPT));
    consent_verdict a = journey_check(&f->j, PAY_A), b = journey_check(&f->j, PAY_B);
    reopen(f);
    assert_true(f->j.profile->tail_events < CS_CHECKPOINT_EVERY);
    consent_verdict a_again = journey_check(&f->j, PAY_A), b_again = journey_check(&f->j, PAY_B);
    assert_int_equal(a.decision, a_again.decision);
    assert_int_equal(a.evidence_seq, a_again.evidence_seq);
    assert_int_equal(b.decision, b_again.decision);
    assert_int_equal(b.evidence_seq, b_again.evidence_seq);
    cs_buffer_init(&history, &f->j.env.memory, 1u << 24);
    ok(f, cs_profile_history(f->j.profile, &history, &f->j.err));
    size_t lines = 0;
    for (size_t i = 0; i < history.size; i++)
        lines += history.data[i] == '\n';
    assert_int_equal(lines, 2 + 2 * 150 + 1); /* the first form is a notice and an acceptance */
    cs_buffer_free(&history);
}

/* ---- damage and keys -------------------------------------------------------------------------------------------- */

/* K18 */
static void a_changed_ledger_denies_everything_and_is_kept(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    journey_close(&f->j);
    char name[64];
    size_t size;
    strcpy(name, ledger_name(f));
    assert_non_null(world_file(&f->w, JOURNEY_HOME, name, &size));
    world_flip_bit(&f->w, JOURNEY_HOME, name, 8 * 700);
    ok(f, journey_open(&f->j, &f->w));
    assert_int_not_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_OK);
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_DENY);
    assert_int_equal(verdict.reason, CONSENT_REASON_STORE_UNAVAILABLE);
    assert_non_null(world_file(&f->w, JOURNEY_HOME, name, &size));
}

static void a_lost_master_key_is_reported_and_never_replaced(void **state)
{
    fixture *f = *state;
    accept(f);
    journey_close(&f->j);
    assert_true(world_remove_file(&f->w, JOURNEY_HOME, "master.key"));
    ok(f, journey_open(&f->j, &f->w));
    assert_int_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_E_KEY_GONE);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_DENY);
    size_t size;
    assert_null(world_file(&f->w, JOURNEY_HOME, "master.key", &size));
}

/* C16 C146 */
static void erasing_leaves_no_key_and_no_ledger(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, cs_profile_erase(f->j.profile, &f->j.err));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_DENY);
    assert_int_equal(ledgers(f), 0); /* nor anything beside them */
    for (size_t i = 0; i < world_file_count(&f->w, JOURNEY_HOME); i++)
        assert_true(strncmp(world_file_name(&f->w, JOURNEY_HOME, i), "k-", 2) != 0 &&
                    strncmp(world_file_name(&f->w, JOURNEY_HOME, i), "n-", 2) != 0);
    reopen(f);
    assert_int_equal(journey_check(&f->j, SEARCH).reason, CONSENT_REASON_NOTICE_REQUIRED);
}

/* ---- policies ---------------------------------------------------------------------------------------------------- */

static void an_older_policy_is_refused_and_the_same_one_is_fine(void **state)
{
    fixture *f = *state;
    ok(f, journey_install(&f->j, 1));
    ok(f, journey_install(&f->j, 2));
    assert_int_equal(f->j.home->held_count, 2);
    ok(f, journey_install(&f->j, 1)); /* held already: nothing to do */
    reopen(f);
    assert_int_equal(f->j.home->held_count, 2);
}

static void a_policy_with_a_changed_byte_is_refused_and_nothing_is_kept(void **state)
{
    fixture *f = *state;
    cs_span bundle = journey_bundle(2);
    uint8_t *copy = test_malloc(bundle.size);
    memcpy(copy, bundle.data, bundle.size);
    copy[bundle.size / 2] ^= 1;
    f->j.env.mutex_lock(f->j.env.ctx, f->j.home->lock);
    assert_int_not_equal(cs_home_install(f->j.home, (cs_span){copy, bundle.size}, &f->j.err), CONSENT_OK);
    f->j.env.mutex_unlock(f->j.env.ctx, f->j.home->lock);
    assert_int_equal(f->j.home->held_count, 1);
    test_free(copy);
}

/* ---- uses ---------------------------------------------------------------------------------------------------------- */

/* C59 */
static void uses_are_counted_and_written_with_the_next_flush(void **state)
{
    fixture *f = *state;
    cs_ask *ask;
    cs_buffer history;
    accept(f);
    cs_str data = CS_STR("keyword");
    cs_query query = {.purpose = CS_STR("browse.search"), .data = &data, .data_count = 1};
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    ok(f, cs_profile_ask(f->j.profile, &query, &ask, &f->j.err));
    for (int i = 0; i < 3; i++) {
        ok(f, cs_ask_use(ask, &verdict, &f->j.err));
        assert_int_equal(verdict.decision, CONSENT_ALLOW);
    }
    cs_ask_release(ask);
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    cs_buffer_init(&history, &f->j.env.memory, 1u << 20);
    ok(f, cs_profile_history(f->j.profile, &history, &f->j.err));
    cs_buffer_u8(&history, 0);
    assert_non_null(strstr((const char *)history.data, "\"event\":\"usage\""));
    assert_non_null(strstr((const char *)history.data, "\"count\":3"));
    cs_buffer_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(before_any_act_nothing_is_allowed_and_no_record_exists),
        TEST(acceptance_allows_what_it_covers_and_survives_reopening),
        TEST(a_refused_policy_keeps_quiet_for_two_days),
        TEST(a_contract_needs_acceptance_but_no_choice),
        TEST(a_separate_consent_serves_its_own_recipient_only),
        TEST(a_withdrawal_holds_at_once_and_never_reaches_back),
        TEST(withdrawing_the_acceptance_withdraws_every_choice),
        TEST(a_withdrawal_in_one_process_is_seen_by_anothers_next_check),
        TEST(a_withdrawal_that_no_disk_takes_denies_in_every_process_and_is_written_later),
        TEST(a_grant_that_no_disk_takes_is_not_given),
        TEST(a_handle_from_before_fork_records_nothing),
        TEST(erasing_in_one_process_is_seen_in_another),
        TEST(a_long_history_opens_from_its_checkpoint_with_the_same_answers),
        TEST(a_changed_ledger_denies_everything_and_is_kept),
        TEST(a_lost_master_key_is_reported_and_never_replaced),
        TEST(erasing_leaves_no_key_and_no_ledger),
        TEST(an_older_policy_is_refused_and_the_same_one_is_fine),
        TEST(a_policy_with_a_changed_byte_is_refused_and_nothing_is_kept),
        TEST(uses_are_counted_and_written_with_the_next_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
