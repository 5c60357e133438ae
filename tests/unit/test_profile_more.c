/* The moment of writing, as others see it; and what may join the policies held. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/internal.h"
#include "support/journey.h"
#include "support/make_policy.h"

#define SEARCH "browse.search", NULL, "keyword"
#define PAY_A "share.payment", "pay-a", "account"

typedef struct fixture {
    world w;
    journey j;     /* process 1000 */
    journey other; /* process 2000 */
} fixture;

/* What the other process saw while process 1000 was syncing its ledger. */
static struct watch {
    fixture *f;
    int (*sync)(void *ctx, cs_file *file);
    size_t syncs;
    uint32_t generation;
    uint64_t durable_end;
    bool pending;
    consent_decision decision;
    consent_decision function; /* as a whole: what it needs may be what is being withdrawn */
} watch;

static consent_decision browse_works(journey *j)
{
    cs_query query = {.function = CS_STR("browse")};
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    assert_int_equal(cs_profile_check(j->profile, &query, &verdict, &j->err), CONSENT_OK);
    return (consent_decision)verdict.decision;
}

static int watched_sync(void *ctx, cs_file *file)
{
    fixture *f = watch.f;
    if (f != NULL && f->j.profile != NULL && f->w.process_id == 1000) {
        f->w.process_id = 2000;
        watch.syncs++;
        watch.generation = cs_page_generation(f->other.home->page);
        watch.durable_end = cs_page_durable_end(f->other.home->page, f->other.profile->page_slot);
        watch.pending = cs_page_any_pending(f->other.home->page);
        watch.decision = journey_decision(&f->other, PAY_A);
        watch.function = browse_works(&f->other);
        f->w.process_id = 1000;
    }
    return watch.sync(ctx, file);
}

/* How often a kept text was looked for. */
static struct looks {
    int (*look)(void *ctx, cs_dir *dir, const char *name, cs_file_info *out);
    size_t count;
} looks;

static int counted_look(void *ctx, cs_dir *dir, const char *name, cs_file_info *out)
{
    looks.count += name[0] == 'n';
    return looks.look(ctx, dir, name, out);
}

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void give_pay_a(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
}

/* The policy accepted, a consent given and taken back once: the texts of the forms are kept by now. */
static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    *state = f;
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    f->j.w = &f->w;
    memset(&watch, 0, sizeof watch);
    cs_env env = world_env(&f->w);
    watch.sync = env.file_sync;
    env.file_sync = watched_sync;
    looks.look = env.file_info_by_name;
    env.file_info_by_name = counted_look;
    ok(f, journey_open_env(&f->j, &env, JOURNEY_HOME));
    ok(f, journey_install(&f->j, 1));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    give_pay_a(f);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    f->w.process_id = 2000;
    ok(f, journey_open(&f->other, &f->w));
    assert_int_not_equal(journey_decision(&f->other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    watch.f = NULL;
    journey_close(&f->j);
    f->w.process_id = 2000;
    journey_close(&f->other);
    size_t leaked = f->w.live_blocks;
    world_free(&f->w);
    test_free(f);
    return leaked == 0 ? 0 : -1;
}

/* ---- while the disk is writing ---------------------------------------------------------------- */

static void a_grant_shows_in_no_process_before_it_is_durable(void **state)
{
    fixture *f = *state;
    uint32_t generation = cs_page_generation(f->j.home->page);
    uint64_t durable_end = cs_page_durable_end(f->j.home->page, f->j.profile->page_slot);
    watch.f = f;
    give_pay_a(f);
    watch.f = NULL;
    assert_int_not_equal(watch.syncs, 0);
    assert_int_equal(watch.generation, generation);
    assert_true(watch.durable_end == durable_end);
    assert_int_not_equal(watch.decision, CONSENT_ALLOW);
    assert_int_equal(watch.function, CONSENT_ALLOW);
    assert_int_not_equal(cs_page_generation(f->j.home->page), generation);
    assert_true(cs_page_durable_end(f->j.home->page, f->j.profile->page_slot) > durable_end);
    assert_int_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 2000;
    assert_int_equal(journey_decision(&f->other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
}

/* C143 */
static void a_withdrawal_denies_in_every_process_before_the_disk_has_it(void **state)
{
    fixture *f = *state;
    give_pay_a(f);
    f->w.process_id = 2000;
    assert_int_equal(journey_decision(&f->other, PAY_A), CONSENT_ALLOW);
    f->w.process_id = 1000;
    watch.f = f;
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    watch.f = NULL;
    assert_int_not_equal(watch.syncs, 0);
    assert_true(watch.pending);
    assert_int_equal(watch.decision, CONSENT_DENY);
    assert_int_equal(watch.function, CONSENT_DENY);
    assert_int_equal(browse_works(&f->j), CONSENT_ALLOW);
    assert_false(cs_page_any_pending(f->j.home->page));
}

static void a_grant_that_was_not_synced_is_not_given_later_either(void **state)
{
    fixture *f = *state;
    f->w.kinds = WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(
        journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    world_disarm(&f->w);
    f->w.kinds = WORLD_EVERYTHING;
    ok(f, cs_profile_observe(f->j.profile, CS_STR("location"), CONSENT_OS_GRANTED, &f->j.err));
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
}

/* ---- which policies join those held -------------------------------------------------------------- */

static consent_status install(cs_home *home, const char *policy_json, consent_error *err)
{
    cs_buffer bundle;
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_bundle(policy_json, &bundle);
    home->env.mutex_lock(home->env.ctx, home->lock);
    consent_status status = cs_home_install(home, cs_buffer_span(&bundle), err);
    home->env.mutex_unlock(home->env.ctx, home->lock);
    cs_buffer_free(&bundle);
    return status;
}

/* Installs the sample policy, then the same with `find` replaced: what comes of the second. */
static consent_status install_both(const char *find, const char *replacement)
{
    world w;
    cs_home *home = NULL;
    consent_error err = {0};
    consent_config config = CONSENT_INIT(consent_config);
    world_init(&w);
    w.wall_ms = MAKE_NOW_MS;
    cs_env env = world_env(&w);
    config.home = "home";
    config.root_keys = make_root();
    config.root_key_count = 1;
    assert_int_equal(cs_home_open(&env, &config, &home, &err), CONSENT_OK);
    char *first = make_fixture("sample.json");
    char *second = make_replaced(first, find, replacement);
    if (install(home, first, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    consent_status status = install(home, second, &err);
    assert_int_equal(home->held_count, status == CONSENT_OK ? 2 : 1);
    free(first);
    free(second);
    cs_home_close(home);
    assert_int_equal(w.live_blocks, 0);
    world_free(&w);
    return status;
}

static void a_version_below_one_that_was_seen_is_refused(void **state)
{
    (void)state;
    assert_int_equal(install_both("\"version\": 3", "\"version\": 2"), CONSENT_E_REJECTED);
    assert_int_equal(install_both("\"version\": 3", "\"version\": 4"), CONSENT_OK);
}

static void an_earlier_text_of_the_same_version_is_refused(void **state)
{
    (void)state;
    assert_int_equal(install_both("\"revision\": 2", "\"revision\": 1"), CONSENT_E_REJECTED);
}

/* Even when only words differ: nobody could say which of the two was agreed to. */
static void one_version_with_two_contents_is_refused(void **state)
{
    (void)state;
    assert_int_equal(install_both("\"Key points first.\"", "\"Key points come first.\""), CONSENT_E_REJECTED);
}

/* Nor is it stored again: it was there when the handle saw it last. */
static void a_text_that_is_known_to_be_kept_is_not_looked_for_again(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 3; round++) {
        looks.count = 0;
        ok(f, journey_answer(&f->j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT));
        give_pay_a(f);
        ok(f, journey_withdraw(&f->j, "recommend.feed", ""));
        ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    }
    assert_int_equal(looks.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_grant_shows_in_no_process_before_it_is_durable, setup, teardown),
        cmocka_unit_test_setup_teardown(a_withdrawal_denies_in_every_process_before_the_disk_has_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_grant_that_was_not_synced_is_not_given_later_either, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_that_is_known_to_be_kept_is_not_looked_for_again, setup, teardown),
        cmocka_unit_test(a_version_below_one_that_was_seen_is_refused),
        cmocka_unit_test(an_earlier_text_of_the_same_version_is_refused),
        cmocka_unit_test(one_version_with_two_contents_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
