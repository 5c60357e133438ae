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

#include "support/journey_walk.h"

static uint64_t calls_of(unsigned kinds)
{
    world w;
    journey_outcome out;
    journey_begin(&w);
    w.kinds = kinds;
    world_arm(&w, 0, 0);
    journey_walk(&w, &out);
    for (journey_step s = STEP_OPENED; s < STEP_COUNT; s++)
        assert_int_equal(out.status[s], CONSENT_OK);
    uint64_t calls = w.calls;
    world_disarm(&w);
    w.kinds = WORLD_EVERYTHING;
    journey_check_after(&w, &out);
    world_free(&w);
    return calls;
}

static uint64_t sweep(unsigned kinds, int code, bool persistently)
{
    uint64_t points = calls_of(kinds);
    for (uint64_t n = 1; n <= points; n++) {
        world w;
        journey_outcome out;
        journey_begin(&w);
        w.kinds = kinds;
        if (persistently)
            world_arm_persistently(&w, n, code);
        else
            world_arm(&w, n, code);
        journey_walk(&w, &out);
        world_disarm(&w);
        w.kinds = WORLD_EVERYTHING;
        assert_int_equal(w.live_blocks, 0);
        journey_check_after(&w, &out);
        world_free(&w);
    }
    return points;
}

static void no_memory_at_any_allocation_loses_or_grants_anything(void **state)
{
    (void)state;
    uint64_t points = sweep(WORLD_MEMORY, ENOMEM, false) + sweep(WORLD_MEMORY, ENOMEM, true);
    print_message("sweep: journey, allocations: %llu points, %llu tries, 0 violations\n",
                  (unsigned long long)points / 2, (unsigned long long)points);
    assert_true(points > 300);
}

static void no_failing_file_operation_loses_or_grants_anything(void **state)
{
    (void)state;
    static const int codes[] = {EIO, ENOSPC};
    uint64_t points = 0;
    for (size_t i = 0; i < CS_COUNT_OF(codes); i++)
        points += sweep(WORLD_FILES, codes[i], false) + sweep(WORLD_FILES, codes[i], true);
    print_message("sweep: journey, file operations: %llu points, %llu tries, 0 violations\n",
                  (unsigned long long)points / (2 * CS_COUNT_OF(codes)), (unsigned long long)points);
    assert_true(points > 400);
}

static void no_crash_at_any_file_operation_loses_or_grants_anything(void **state)
{
    (void)state;
    static const world_survival survivals[] = {WORLD_KEEP_NONE, WORLD_KEEP_ALL, WORLD_KEEP_SIZES, WORLD_KEEP_SECTORS};
    uint64_t points = calls_of(WORLD_WRITE | WORLD_SYNC), tries = 0;
    for (uint64_t n = 1; n <= points; n++) {
        world w;
        journey_outcome out;
        journey_begin(&w);
        w.kinds = WORLD_WRITE | WORLD_SYNC;
        world_crash_at(&w, n);
        journey_walk(&w, &out);
        for (size_t i = 0; i < CS_COUNT_OF(survivals) * 2; i++) {
            world after;
            world_damage damage = {survivals[i / 2], 0, n, i % 2 ? WORLD_ALL_NAMES : 0};
            world_init(&after);
            world_copy_disk(&after, &w);
            after.wall_ms = w.wall_ms;
            world_reboot(&after, &damage);
            journey_check_after(&after, &out);
            world_free(&after);
            tries++;
        }
        world_free(&w);
    }
    print_message("sweep: journey, crashes: %llu points, %llu tries, 0 violations\n", (unsigned long long)points,
                  (unsigned long long)tries);
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
