/* What a profile does when its key, its ledger or its disk's past goes missing: nothing is granted by loss, nothing refused is
 * forgotten, and the host can begin anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "support/journey.h"

#define SEARCH "browse.search", NULL, "keyword"
#define PAY_A "share.payment", "pay-a", "account"
#define PAY_B "share.payment", "pay-b", "account"

/* A key store in memory that can be away, lose its key, and count. */
typedef struct vault {
    consent_keystore keystore;
    uint8_t secret[64];
    size_t size;
    consent_status mood; /* what get and put answer unless CONSENT_OK */
    char counter_name[64];
    uint64_t counter;
} vault;

static consent_status vault_get(void *ctx, const char *name, uint8_t *out, size_t *size)
{
    vault *v = ctx;
    (void)name;
    if (v->mood != CONSENT_OK)
        return v->mood;
    if (v->size == 0)
        return CONSENT_E_NOT_FOUND;
    memcpy(out, v->secret, v->size);
    *size = v->size;
    return CONSENT_OK;
}

static consent_status vault_put(void *ctx, const char *name, const uint8_t *data, size_t size)
{
    vault *v = ctx;
    (void)name;
    if (v->mood != CONSENT_OK)
        return v->mood;
    memcpy(v->secret, data, size);
    v->size = size;
    return CONSENT_OK;
}

static consent_status vault_remove(void *ctx, const char *name)
{
    (void)name;
    ((vault *)ctx)->size = 0;
    return CONSENT_OK;
}

static consent_protection vault_protection(void *ctx)
{
    (void)ctx;
    return CONSENT_PROTECTION_HARDWARE;
}

static consent_status vault_counter_get(void *ctx, const char *name, uint64_t *value)
{
    const vault *v = ctx;
    *value = strcmp(v->counter_name, name) == 0 ? v->counter : 0;
    return CONSENT_OK;
}

static consent_status vault_counter_set(void *ctx, const char *name, uint64_t value)
{
    vault *v = ctx;
    strncpy(v->counter_name, name, sizeof v->counter_name - 1);
    if (value > v->counter)
        v->counter = value;
    return CONSENT_OK;
}

typedef struct fixture {
    world w;
    journey j;
    vault v;
} fixture;

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void reopen(fixture *f)
{
    journey_close(&f->j);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    *state = f;
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    f->v.keystore = (consent_keystore){.struct_size = sizeof(consent_keystore),
                                       .ctx = &f->v,
                                       .get = vault_get,
                                       .put = vault_put,
                                       .remove = vault_remove,
                                       .protection = vault_protection};
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    ok(f, journey_install(&f->j, 1));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    int leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || f->w.maps != 0;
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static const char *file_with(const fixture *f, const char *prefix, size_t length)
{
    for (size_t i = 0; i < world_file_count(&f->w, JOURNEY_HOME); i++) {
        const char *name = world_file_name(&f->w, JOURNEY_HOME, i);
        if (strncmp(name, prefix, strlen(prefix)) == 0 && (length == 0 || strlen(name) == length))
            return name;
    }
    return NULL;
}

static void deny_for(fixture *f, consent_status health)
{
    assert_int_equal(cs_profile_health(f->j.profile, &f->j.err), health);
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_DENY);
    assert_int_equal(verdict.reason, CONSENT_REASON_STORE_UNAVAILABLE);
}

/* K18 */
static void a_key_store_that_is_away_denies_and_comes_back_by_itself(void **state)
{
    fixture *f = *state;
    f->v.mood = CONSENT_E_KEY_UNAVAILABLE;
    reopen(f);
    deny_for(f, CONSENT_E_KEY_UNAVAILABLE);
    f->v.mood = CONSENT_OK;
    world_advance(&f->w, CS_SECOND_MS);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    assert_int_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_OK);
}

/* A question first asked while the key was away still hears of a withdrawal that another process has under way. */
static void a_question_from_before_the_key_hears_of_withdrawals(void **state)
{
    fixture *f = *state;
    journey other;
    f->v.mood = CONSENT_E_KEY_UNAVAILABLE;
    reopen(f);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
    f->v.mood = CONSENT_OK;
    world_advance(&f->w, CS_SECOND_MS);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 2000;
    assert_int_equal(journey_open_with(&other, &f->w, &f->v.keystore), CONSENT_OK);
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(journey_withdraw(&other, "share.payment", "pay-a"), CONSENT_OK);
    world_disarm(&f->w);
    f->w.kinds = WORLD_EVERYTHING;
    f->w.process_id = 1000;
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
    f->w.process_id = 2000;
    journey_close(&other);
    f->w.process_id = 1000;
}

/* C143 */
static void a_withdrawal_without_the_key_puts_every_grant_in_doubt(void **state)
{
    fixture *f = *state;
    f->v.mood = CONSENT_E_KEY_UNAVAILABLE;
    reopen(f);
    assert_int_equal(journey_withdraw(&f->j, "share.payment", "pay-a"), CONSENT_E_KEY_UNAVAILABLE);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_DENY);
    f->v.mood = CONSENT_OK;
    reopen(f);
    assert_int_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_OK);
    consent_verdict verdict = journey_check(&f->j, SEARCH);
    assert_int_equal(verdict.decision, CONSENT_ASK);
    assert_int_equal(verdict.reason, CONSENT_REASON_CONFIRM);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    reopen(f); /* settled once: the marker is gone, the doubt is recorded */
    assert_int_equal(journey_check(&f->j, SEARCH).reason, CONSENT_REASON_CONFIRM);
}

/* As another person, on the same device. */
static consent_status as_account(fixture *f, int number, consent_status (*act)(journey *j))
{
    char name[16];
    cs_profile *anonymous = f->j.profile;
    (void)snprintf(name, sizeof name, "person-%d", number);
    ok(f, cs_profile_open(f->j.home, name, false, &f->j.profile, &f->j.err));
    consent_status status = act(&f->j);
    cs_profile_close(f->j.profile);
    f->j.profile = anonymous;
    return status;
}

static consent_status accept_policy(journey *j)
{
    return journey_answer(j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT);
}

static consent_status is_in_doubt(journey *j)
{
    assert_int_equal(journey_check(j, SEARCH).reason, CONSENT_REASON_CONFIRM);
    return CONSENT_OK;
}

static void withdraw_without_the_key(fixture *f, int people)
{
    for (int i = 0; i < people; i++) {
        if (i % 30 == 29)
            reopen(f); /* one page has places for 64 */
        ok(f, as_account(f, i, accept_policy));
    }
    f->v.mood = CONSENT_E_KEY_UNAVAILABLE;
    reopen(f);
    assert_int_equal(journey_withdraw(&f->j, "share.payment", "pay-a"), CONSENT_E_KEY_UNAVAILABLE);
    f->v.mood = CONSENT_OK;
    reopen(f);
}

/* Nobody knows whose withdrawal it was. */
static void a_withdrawal_without_the_key_puts_everybodys_grants_in_doubt(void **state)
{
    fixture *f = *state;
    withdraw_without_the_key(f, 40);
    for (int i = 0; i < 40; i++)
        ok(f, as_account(f, i, is_in_doubt));
}

static void a_withdrawal_without_the_key_locks_nobody_out_of_a_crowded_home(void **state)
{
    fixture *f = *state;
    withdraw_without_the_key(f, 70);
    assert_int_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_OK);
}

static void a_lost_master_key_is_set_aside_only_when_the_host_says_so(void **state)
{
    fixture *f = *state;
    f->v.size = 0;
    reopen(f);
    deny_for(f, CONSENT_E_KEY_GONE);
    assert_int_equal(f->v.size, 0);
    ok(f, cs_profile_repair(f->j.profile, &f->j.err));
    assert_non_null(file_with(f, "q-", 0));
    assert_int_equal(f->v.size, CS_KEY_SIZE);
    ok(f, journey_install(&f->j, 1));
    /* Whatever was refused before is unknown now: nothing is asked by itself for two days. */
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    assert_int_equal(journey_check(&f->j, PAY_B).decision, CONSENT_DENY);
    world_advance(&f->w, 48 * CS_HOUR_MS);
    assert_int_equal(journey_check(&f->j, PAY_B).decision, CONSENT_ASK);
}

static void a_damaged_ledger_is_kept_aside_and_a_new_one_forgets_no_refusal(void **state)
{
    fixture *f = *state;
    char name[64];
    journey_close(&f->j);
    strcpy(name, file_with(f, "l-", 18));
    world_flip_bit(&f->w, JOURNEY_HOME, name, 8 * 700);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    assert_int_not_equal(cs_profile_health(f->j.profile, &f->j.err), CONSENT_OK);
    ok(f, cs_profile_repair(f->j.profile, &f->j.err));
    ok(f, cs_profile_health(f->j.profile, &f->j.err));
    assert_non_null(file_with(f, "q-", 0));
    assert_int_equal(journey_check(&f->j, SEARCH).decision, CONSENT_DENY); /* quiet, as after a no */
    reopen(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    assert_int_equal(journey_check(&f->j, PAY_A).decision, CONSENT_DENY);
}

static void a_ledger_that_was_there_and_is_gone_is_a_loss(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    while (file_with(f, "l-", 0))
        assert_true(world_remove_file(&f->w, JOURNEY_HOME, file_with(f, "l-", 0)));
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    deny_for(f, CONSENT_E_ROLLED_BACK);
}

/* No counter here: the checkpoint written when the app pauses knows how long the ledger was. */
static void a_ledger_cut_behind_a_refusal_is_noticed(void **state)
{
    fixture *f = *state;
    char name[64];
    size_t size, short_size;
    strcpy(name, file_with(f, "l-", 18));
    assert_non_null(world_file(&f->w, JOURNEY_HOME, name, &size));
    uint8_t *bytes = test_malloc(size);
    memcpy(bytes, world_file(&f->w, JOURNEY_HOME, name, &size), size);
    short_size = size;
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    journey_close(&f->j);
    world_put_file(&f->w, JOURNEY_HOME, name, bytes, short_size);
    test_free(bytes);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    deny_for(f, CONSENT_E_ROLLED_BACK);
}

static void an_older_ledger_put_back_is_noticed_by_the_counter(void **state)
{
    fixture *f = *state;
    char name[64];
    size_t size;
    f->v.keystore.counter_get = vault_counter_get;
    f->v.keystore.counter_set = vault_counter_set;
    reopen(f);
    strcpy(name, file_with(f, "l-", 18));
    const uint8_t *now = world_file(&f->w, JOURNEY_HOME, name, &size);
    uint8_t *old = test_malloc(size);
    size_t old_size = size;
    memcpy(old, now, size);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    assert_true(f->v.counter > 0);
    journey_close(&f->j);
    world_put_file(&f->w, JOURNEY_HOME, name, old, old_size);
    test_free(old);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    deny_for(f, CONSENT_E_ROLLED_BACK);
}

/* Another install has another key: its files are not this one's. */
static void a_store_copied_to_another_install_allows_nothing(void **state)
{
    fixture *f = *state;
    vault other = f->v;
    journey_close(&f->j);
    memset(other.secret, 0x5a, sizeof other.secret);
    other.keystore.ctx = &other;
    ok(f, journey_open_with(&f->j, &f->w, &other.keystore));
    deny_for(f, CONSENT_E_COPIED);
    ok(f, cs_profile_repair(f->j.profile, &f->j.err));
    ok(f, journey_install(&f->j, 1));
    assert_int_not_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    journey_close(&f->j);
    ok(f, journey_open_with(&f->j, &f->w, &other.keystore));
    ok(f, cs_profile_health(f->j.profile, &f->j.err));
    journey_close(&f->j);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
}

static void a_damaged_list_of_policies_is_set_aside_and_the_record_stands(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    world_flip_bit(&f->w, JOURNEY_HOME, "policies", 8 * 60);
    ok(f, journey_open_with(&f->j, &f->w, &f->v.keystore));
    deny_for(f, CONSENT_E_TAMPERED);
    ok(f, cs_profile_repair(f->j.profile, &f->j.err));
    ok(f, journey_install(&f->j, 1));
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_key_store_that_is_away_denies_and_comes_back_by_itself),
        TEST(a_question_from_before_the_key_hears_of_withdrawals),
        TEST(a_withdrawal_without_the_key_puts_every_grant_in_doubt),
        TEST(a_withdrawal_without_the_key_puts_everybodys_grants_in_doubt),
        TEST(a_withdrawal_without_the_key_locks_nobody_out_of_a_crowded_home),
        TEST(a_lost_master_key_is_set_aside_only_when_the_host_says_so),
        TEST(a_damaged_ledger_is_kept_aside_and_a_new_one_forgets_no_refusal),
        TEST(a_ledger_that_was_there_and_is_gone_is_a_loss),
        TEST(a_ledger_cut_behind_a_refusal_is_noticed),
        TEST(an_older_ledger_put_back_is_noticed_by_the_counter),
        TEST(a_store_copied_to_another_install_allows_nothing),
        TEST(a_damaged_list_of_policies_is_set_aside_and_the_record_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
