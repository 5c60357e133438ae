/* One person's journey, with every outside call failing in turn, and a crash at every file operation. After each: reopen with
 * nothing failing and check what must always hold.
 *   - nothing that the person did not grant is allowed, and what was acknowledged stands;
 *   - a refusal or withdrawal that was acknowledged is never lost;
 *   - nothing leaks, and the record verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "support/journey.h"

typedef enum step {
    STEP_OPENED = 1, STEP_INSTALLED, STEP_ACCEPTED, STEP_REFUSED_B, STEP_GRANTED_A, STEP_GRANTED_FEED, STEP_WITHDREW_A, STEP_COUNT
} step;

/* What each step came to. */
typedef struct outcome {
    consent_status status[STEP_COUNT];
    bool attempted[STEP_COUNT];
} outcome;

static consent_status take(journey *j, world *w, step s)
{
    switch (s) {
    case STEP_OPENED: return journey_open(j, w);
    case STEP_INSTALLED: return journey_install(j, 1);
    case STEP_ACCEPTED:
        return journey_answer(j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT);
    case STEP_REFUSED_B:
        return journey_answer(j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-b", CONSENT_ACTION_REFUSE);
    case STEP_GRANTED_A:
        return journey_answer(j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT);
    case STEP_GRANTED_FEED:
        return journey_answer(j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT);
    case STEP_WITHDREW_A: return journey_withdraw(j, "share.payment", "pay-a");
    default: return CONSENT_OK;
    }
}

static void walk(world *w, outcome *out)
{
    journey j;
    memset(out, 0, sizeof *out);
    memset(&j, 0, sizeof j);
    for (step s = STEP_OPENED; s < STEP_COUNT; s++) {
        out->attempted[s] = true;
        out->status[s] = take(&j, w, s);
        if (s == STEP_OPENED && out->status[s] != CONSENT_OK)
            break;
        world_advance(w, CS_MINUTE_MS);
    }
    /* In this process, too: what was withdrawn is denied however the disk took it. */
    if (j.profile && out->attempted[STEP_WITHDREW_A] && !w->crashed)
        assert_int_not_equal(journey_decision(&j, "share.payment", "pay-a", "account"), CONSENT_ALLOW);
    journey_close(&j);
}

static bool acknowledged(const outcome *out, step s)
{
    return out->attempted[s] && out->status[s] == CONSENT_OK;
}

static void check_after(world *w, const outcome *out)
{
    journey j;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_status opened = journey_open(&j, w);
    if (opened != CONSENT_OK)
        print_error("reopening: %s\n", j.err.message);
    assert_int_equal(opened, CONSENT_OK);
    consent_status health = cs_profile_health(j.profile, &j.err);
    if (health != CONSENT_OK)
        print_error("health: %s\n", j.err.message);
    assert_int_equal(health, CONSENT_OK);
    if (acknowledged(out, STEP_INSTALLED))
        assert_int_equal(j.home->held_count, 1);
    consent_decision search = journey_decision(&j, "browse.search", NULL, "keyword");
    consent_decision pay_a = journey_decision(&j, "share.payment", "pay-a", "account");
    consent_decision pay_b = journey_decision(&j, "share.payment", "pay-b", "account");
    consent_decision feed = journey_decision(&j, "recommend.feed", NULL, "log");
    if (acknowledged(out, STEP_ACCEPTED) && acknowledged(out, STEP_INSTALLED))
        assert_int_equal(search, CONSENT_ALLOW);
    if (!out->attempted[STEP_ACCEPTED])
        assert_int_not_equal(search, CONSENT_ALLOW);
    assert_int_not_equal(pay_b, CONSENT_ALLOW);
    if (acknowledged(out, STEP_REFUSED_B))
        assert_int_equal(journey_check(&j, "share.payment", "pay-b", "account").reason, CONSENT_REASON_REFUSED_RECENTLY);
    if (acknowledged(out, STEP_GRANTED_FEED))
        assert_int_equal(feed, CONSENT_ALLOW);
    if (acknowledged(out, STEP_WITHDREW_A) || !out->attempted[STEP_GRANTED_A])
        assert_int_not_equal(pay_a, CONSENT_ALLOW);
    consent_status verified = cs_profile_verify(j.profile, &report, &j.err);
    assert_true(verified == CONSENT_OK || verified == CONSENT_E_NOT_FOUND);
    journey_close(&j);
    assert_int_equal(w->live_blocks, 0);
    assert_int_equal(w->open_files, 0);
    assert_int_equal(w->maps, 0);
    assert_int_equal(w->mutexes, 0);
    assert_int_equal(w->locks, 0);
}

static void begin(world *w)
{
    world_init(w);
    w->wall_ms = JOURNEY_START_MS;
    (void)journey_bundle(1); /* made outside the counted calls */
}

static uint64_t calls_of(unsigned kinds)
{
    world w;
    outcome out;
    begin(&w);
    w.kinds = kinds;
    world_arm(&w, 0, 0);
    walk(&w, &out);
    for (step s = STEP_OPENED; s < STEP_COUNT; s++)
        assert_int_equal(out.status[s], CONSENT_OK);
    uint64_t calls = w.calls;
    world_disarm(&w);
    w.kinds = WORLD_EVERYTHING;
    check_after(&w, &out);
    world_free(&w);
    return calls;
}

static uint64_t sweep(unsigned kinds, int code, bool persistently)
{
    uint64_t points = calls_of(kinds);
    for (uint64_t n = 1; n <= points; n++) {
        world w;
        outcome out;
        begin(&w);
        w.kinds = kinds;
        if (persistently)
            world_arm_persistently(&w, n, code);
        else
            world_arm(&w, n, code);
        walk(&w, &out);
        world_disarm(&w);
        w.kinds = WORLD_EVERYTHING;
        assert_int_equal(w.live_blocks, 0);
        check_after(&w, &out);
        world_free(&w);
    }
    return points;
}

static void no_memory_at_any_allocation_loses_or_grants_anything(void **state)
{
    (void)state;
    uint64_t points = sweep(WORLD_MEMORY, ENOMEM, false) + sweep(WORLD_MEMORY, ENOMEM, true);
    print_message("allocations: %llu points\n", (unsigned long long)points);
    assert_true(points > 300);
}

static void no_failing_file_operation_loses_or_grants_anything(void **state)
{
    (void)state;
    static const int codes[] = {EIO, ENOSPC};
    uint64_t points = 0;
    for (size_t i = 0; i < CS_COUNT_OF(codes); i++)
        points += sweep(WORLD_FILES, codes[i], false) + sweep(WORLD_FILES, codes[i], true);
    print_message("file operations: %llu points\n", (unsigned long long)points);
    assert_true(points > 400);
}

static void no_crash_at_any_file_operation_loses_or_grants_anything(void **state)
{
    (void)state;
    static const world_survival survivals[] = {WORLD_KEEP_NONE, WORLD_KEEP_ALL, WORLD_KEEP_SIZES, WORLD_KEEP_SECTORS};
    uint64_t points = calls_of(WORLD_WRITE | WORLD_SYNC), tries = 0;
    for (uint64_t n = 1; n <= points; n++) {
        world w;
        outcome out;
        begin(&w);
        w.kinds = WORLD_WRITE | WORLD_SYNC;
        world_crash_at(&w, n);
        walk(&w, &out);
        for (size_t i = 0; i < CS_COUNT_OF(survivals) * 2; i++) {
            world after;
            world_damage damage = {survivals[i / 2], 0, n, i % 2 ? WORLD_ALL_NAMES : 0};
            world_init(&after);
            world_copy_disk(&after, &w);
            after.wall_ms = w.wall_ms;
            world_reboot(&after, &damage);
            check_after(&after, &out);
            world_free(&after);
            tries++;
        }
        world_free(&w);
    }
    print_message("crashes: %llu points, %llu disks\n", (unsigned long long)points, (unsigned long long)tries);
    assert_true(points > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_allocation_loses_or_grants_anything),
        cmocka_unit_test(no_failing_file_operation_loses_or_grants_anything),
        cmocka_unit_test(no_crash_at_any_file_operation_loses_or_grants_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
