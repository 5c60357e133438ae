/* Sweeps over the ledger: everything outside fails, comes short or stops, at every call, and the disk keeps whatever
 * a crash can leave. After each the invariants are asked:
 *   - what was acknowledged is there, in order, without a hole;
 *   - at most what was under way may be there besides, and after an error that was told nothing is;
 *   - the ledger works again, and nothing stays allocated, open or locked.
 * Each sweep prints how many points and variants it tried and fails below its floor. */
#include "ledger/frame.h"
#include "support/rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void report_sweep(const char *name, size_t points, size_t tries, size_t floor)
{
    (void)printf("sweep: %s: %zu points, %zu tries, 0 violations\n", name, points, tries);
    if (tries < floor)
        fail_msg("%s tried %zu cases, fewer than the %zu it once did", name, tries, floor);
}

/* ---- the scenario ------------------------------------------------------------------------------------ */

typedef struct outcome {
    uint64_t acknowledged;
    uint64_t attempted;
    bool told; /* every failure was returned: nothing may be there besides */
} outcome;

static void try_act(rig *r, size_t count, outcome *o)
{
    if (r->ledger == NULL)
        return;
    uint64_t would_be = o->acknowledged + count;
    consent_status status = rig_act(r, count);
    if (would_be > o->attempted)
        o->attempted = would_be;
    if (status == CONSENT_OK)
        o->acknowledged = would_be;
}

/* Creates, records one by one and many at once, sets a checkpoint, reopens from it, records again, verifies. Goes on
 * after failures as a host would. */
static void play(world *w, outcome *o)
{
    rig r;
    *o = (outcome){0, 0, false};
    if (rig_init(&r, w) == CONSENT_OK) {
        (void)rig_open(&r);
        try_act(&r, 1, o);
        try_act(&r, 4, o);
        if (r.ledger != NULL)
            (void)rig_checkpoint(&r);
        try_act(&r, 1, o);
        (void)rig_open_from_checkpoint(&r);
        try_act(&r, 2, o);
        if (r.ledger != NULL)
            (void)cs_ledger_verify(r.ledger, NULL, NULL, NULL);
    }
    rig_close(&r);
}

static void assert_released(const world *w)
{
    if (w->live_blocks != 0 || w->open_files != 0 || w->open_dirs != 0 || w->locks != 0 || w->maps != 0)
        fail_msg("left behind: %zu blocks, %zu files, %zu directories, %zu locks", w->live_blocks, w->open_files,
                 w->open_dirs, w->locks);
}

/* With nothing failing any more: reads, whole and from the checkpoint, records, and reads again. */
static void check_after(world *w, const outcome *o, const char *what, uint64_t point)
{
    rig r;
    assert_int_equal(rig_init(&r, w), CONSENT_OK);
    consent_status status = rig_open(&r);
    if (status != CONSENT_OK)
        fail_msg("%s %llu: the ledger did not open: %s", what, (unsigned long long)point, r.err.message);
    uint64_t there = r.seen_count;
    if (!rig_saw(&r, there) || there < o->acknowledged || there > o->attempted)
        fail_msg("%s %llu: %llu acts there, %llu acknowledged, %llu attempted", what, (unsigned long long)point,
                 (unsigned long long)there, (unsigned long long)o->acknowledged, (unsigned long long)o->attempted);
    if (o->told && there != o->acknowledged)
        fail_msg("%s %llu: an act that failed is there", what, (unsigned long long)point);
    status = rig_open_from_checkpoint(&r);
    if (status != CONSENT_OK || !rig_saw(&r, there))
        fail_msg("%s %llu: another reading from the checkpoint", what, (unsigned long long)point);
    assert_int_equal(rig_act(&r, 1), CONSENT_OK);
    cs_ledger_report report;
    status = cs_ledger_verify(r.ledger, NULL, &report, &r.err);
    if (status != CONSENT_OK || report.event_count != there + 1)
        fail_msg("%s %llu: not verified: %s", what, (unsigned long long)point, r.err.message);
    rig_close(&r);
    assert_released(w);
}

/* ---- failing calls ------------------------------------------------------------------------------------- */

/* Fails call 1, 2, 3 … of the given kinds until the scenario runs clean. Returns how many there were. */
static size_t sweep_failures(unsigned kinds, int code, bool persistently, bool told)
{
    for (uint64_t n = 1;; n++) {
        world w;
        outcome o;
        world_init(&w);
        w.kinds = kinds;
        if (persistently)
            world_arm_persistently(&w, n, code);
        else
            world_arm(&w, n, code);
        play(&w, &o);
        bool reached = w.fired > 0;
        assert_released(&w);
        world_disarm(&w);
        o.told = told;
        check_after(&w, &o, "failing call", n);
        world_free(&w);
        if (!reached && n > 1)
            return (size_t)n - 1;
    }
}

static void every_allocation_may_fail_once_or_for_ever(void **state)
{
    (void)state;
    size_t points = sweep_failures(WORLD_MEMORY, ENOMEM, false, true);
    size_t more = sweep_failures(WORLD_MEMORY, ENOMEM, true, true);
    report_sweep("allocations", points, points + more, 50);
}

static void the_random_source_may_fail_once_or_for_ever(void **state)
{
    (void)state;
    size_t points = sweep_failures(WORLD_RANDOM, EIO, false, true);
    size_t more = sweep_failures(WORLD_RANDOM, EIO, true, true);
    report_sweep("random", points, points + more, 12);
}

/* One failure is always told and undone. When everything fails from some call on, the record can no longer be taken
 * back either, and it may be found after all: so says ledger.h. */
static void every_file_operation_may_fail_once_or_for_ever(void **state)
{
    (void)state;
    static const int codes[] = {EIO, ENOSPC, EDQUOT, EROFS, EINTR, EACCES, EMFILE};
    size_t points = 0;
    size_t tries = 0;
    for (size_t i = 0; i < CS_COUNT_OF(codes); i++) {
        points = sweep_failures(WORLD_FILES, codes[i], false, true);
        tries += points + sweep_failures(WORLD_FILES, codes[i], true, false);
    }
    report_sweep("file operations", points, tries, 900);
}

static void every_write_may_come_short_by_any_length(void **state)
{
    (void)state;
    size_t points = 0;
    size_t tries = 0;
    for (uint64_t n = 1;; n++, points++) {
        bool reached = false;
        for (size_t bytes = 0; bytes < 1100; bytes += bytes < 16 ? 1 : 61) {
            world w;
            outcome o;
            world_init(&w);
            w.kinds = WORLD_WRITE;
            world_disarm(&w);
            w.short_at = n;
            w.short_bytes = bytes;
            play(&w, &o);
            reached = w.calls >= n;
            world_disarm(&w);
            w.short_at = 0;
            o.told = true;
            check_after(&w, &o, "short write", n);
            world_free(&w);
            tries++;
        }
        if (!reached)
            break;
    }
    report_sweep("short writes", points, tries, 1000);
}

static void every_size_of_disk_gives_ok_or_full(void **state)
{
    (void)state;
    size_t tries = 0;
    for (uint64_t size = 1; size < 600000; size += size < 8192 ? 257 : 8191, tries++) {
        world w;
        outcome o;
        world_init(&w);
        w.disk_bytes = size;
        play(&w, &o);
        w.disk_bytes = 0;
        o.told = true;
        check_after(&w, &o, "disk of size", size);
        world_free(&w);
    }
    report_sweep("sizes of disk", tries, tries, 80);
}

/* ---- crashes ------------------------------------------------------------------------------------------- */

typedef struct crash_sweep {
    const world *crashed;
    const outcome *o;
    uint64_t point;
    size_t tries;
    bool deep; /* crash once more, at every call of the recovery */
} crash_sweep;

static void crash_again(const crash_sweep *s, const world_damage *damage, size_t *tries)
{
    for (uint64_t m = 1;; m++) {
        static const world_survival survivals[] = {WORLD_KEEP_NONE, WORLD_KEEP_ALL};
        bool reached = false;
        for (size_t i = 0; i < CS_COUNT_OF(survivals); i++, (*tries)++) {
            world w;
            rig r;
            world_init(&w);
            world_copy_disk(&w, s->crashed);
            world_reboot(&w, damage);
            w.kinds = WORLD_FILES;
            world_crash_at(&w, m);
            if (rig_init(&r, &w) == CONSENT_OK)
                (void)rig_open_from_checkpoint(&r);
            rig_close(&r);
            reached = w.crashed;
            const world_damage second = {survivals[i], 0, m, i == 0 ? 0 : WORLD_ALL_NAMES};
            world_reboot(&w, &second);
            world_disarm(&w);
            w.crash_at = 0;
            check_after(&w, s->o, "second crash at call", m);
            world_free(&w);
        }
        if (!reached)
            return;
    }
}

static void try_damage(crash_sweep *s, world_damage damage)
{
    world w;
    world_init(&w);
    world_copy_disk(&w, s->crashed);
    world_reboot(&w, &damage);
    check_after(&w, s->o, "crash at call", s->point);
    world_free(&w);
    s->tries++;
    if (s->deep)
        crash_again(s, &damage, &s->tries);
}

/* Cuts through the unsynced bytes: every byte of the last 530, and now and then before (space kept ready is 64 KiB of
 * zeros). */
static void try_cuts(crash_sweep *s, world_survival survival, uint64_t unsynced)
{
    uint64_t dense = unsynced > 530 ? unsynced - 530 : 0;
    for (uint64_t bytes = 1; bytes < unsynced;
         bytes += bytes < dense ? (dense - bytes < 4099 ? dense - bytes : 4099) : 1)
        try_damage(s, (world_damage){survival, (size_t)bytes, s->point * 7 + bytes, WORLD_ALL_NAMES});
}

static void try_damages(crash_sweep *s)
{
    static const world_survival cuts[] = {WORLD_KEEP_PREFIX, WORLD_KEEP_ZERO_TAIL, WORLD_KEEP_GARBAGE};
    uint64_t unsynced = world_unsynced_bytes(s->crashed);
    size_t names = world_unsynced_names(s->crashed);
    s->deep = true;
    for (size_t n = 0; n <= names; n++) {
        try_damage(s, (world_damage){WORLD_KEEP_NONE, 0, 0, n});
        try_damage(s, (world_damage){WORLD_KEEP_ALL, 0, 0, n});
        try_damage(s, (world_damage){WORLD_KEEP_SIZES, 0, 0, n});
    }
    if (unsynced > 40)
        try_damage(s, (world_damage){WORLD_KEEP_PREFIX, (size_t)unsynced - 40, 0, WORLD_ALL_NAMES});
    s->deep = false;
    if (unsynced == 0)
        return;
    for (uint64_t seed = 1; seed <= 12; seed++)
        try_damage(s, (world_damage){WORLD_KEEP_SECTORS, 0, seed, WORLD_ALL_NAMES});
    for (size_t i = 0; i < CS_COUNT_OF(cuts); i++)
        try_cuts(s, cuts[i], unsynced);
}

static void a_crash_at_every_file_operation_loses_nothing(void **state)
{
    (void)state;
    size_t points = 0;
    size_t tries = 0;
    for (uint64_t n = 1;; n++, points++) {
        world w;
        outcome o;
        world_init(&w);
        w.kinds = WORLD_WRITE | WORLD_SYNC;
        world_crash_at(&w, n);
        play(&w, &o);
        bool reached = w.crashed;
        crash_sweep s = {&w, &o, n, 0, false};
        try_damages(&s);
        tries += s.tries;
        world_free(&w);
        if (!reached)
            break;
    }
    report_sweep("crashes", points, tries, 40000);
}

/* A call fails, the ledger works around it (moves to a new file, gives up the ballast, takes the record back), and in
 * the midst of that the power goes. */
/* Call `failing` fails with `code`, call `crashing` and all later ones do not happen. False: it never came to the
 * crash. *fired: it came to the failure. */
static bool fail_then_crash(uint64_t failing, int code, uint64_t crashing, bool *fired, size_t *tries)
{
    world w;
    outcome o;
    world_init(&w);
    w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm(&w, failing, code);
    w.crash_at = crashing;
    play(&w, &o);
    bool crashed = w.crashed;
    *fired = w.calls >= failing;
    crash_sweep s = {&w, &o, crashing, 0, false};
    for (size_t names = 0; names <= world_unsynced_names(&w); names++) {
        try_damage(&s, (world_damage){WORLD_KEEP_NONE, 0, 0, names});
        try_damage(&s, (world_damage){WORLD_KEEP_ALL, 0, 0, names});
        try_damage(&s, (world_damage){WORLD_KEEP_SECTORS, 0, crashing, names});
    }
    *tries += s.tries;
    world_free(&w);
    return crashed;
}

static void a_crash_after_a_failure_loses_nothing(void **state)
{
    (void)state;
    static const int codes[] = {EIO, ENOSPC};
    size_t points = 0;
    size_t tries = 0;
    for (size_t c = 0; c < CS_COUNT_OF(codes); c++) {
        bool fired = true;
        for (uint64_t failing = 1; fired; failing++)
            for (uint64_t n = failing + 1; fail_then_crash(failing, codes[c], n, &fired, &tries); n++)
                points++;
    }
    report_sweep("crashes after failures", points, tries, 4000);
}

/* ---- a disk whose content changes ------------------------------------------------------------------------ */

enum {
    RECORDS = 20
};

typedef struct subject {
    world w;
    rig r;
    uint8_t bytes[1u << 17];
    size_t size;
    size_t end;
} subject;

static subject *new_subject(void)
{
    static subject s;
    memset(&s, 0, sizeof s);
    world_init(&s.w);
    assert_int_equal(rig_init(&s.r, &s.w), CONSENT_OK);
    assert_int_equal(rig_open(&s.r), CONSENT_OK);
    assert_int_equal(rig_acts(&s.r, RECORDS), CONSENT_OK);
    s.end = (size_t)cs_ledger_end(s.r.ledger);
    rig_close_ledger(&s.r);
    const uint8_t *bytes = world_file(&s.w, RIG_HOME, RIG_NAME, &s.size);
    assert_in_range(s.size, s.end, sizeof s.bytes);
    memcpy(s.bytes, bytes, s.size);
    return &s;
}

static void free_subject(subject *s)
{
    rig_close(&s->r);
    assert_released(&s->w);
    world_free(&s->w);
}

static void remove_torn(subject *s)
{
    (void)world_remove_file(&s->w, RIG_HOME, RIG_NAME ".torn-1");
}

/* Opens changed bytes. Whatever is delivered is a true beginning of the record; when the open says OK all of it is
 * there. */
static consent_status open_changed(subject *s, const uint8_t *bytes, size_t size, size_t where)
{
    world_put_file(&s->w, RIG_HOME, RIG_NAME, bytes, size);
    consent_status status = rig_open(&s->r);
    if (!rig_saw(&s->r, s->r.seen_count) || s->r.seen_count > RECORDS)
        fail_msg("change at %zu: a wrong record was believed", where);
    rig_close_ledger(&s->r);
    remove_torn(s);
    return status;
}

static bool is_damage(consent_status status)
{
    return status == CONSENT_E_CORRUPT || status == CONSENT_E_TAMPERED || status == CONSENT_E_UNSUPPORTED ||
           status == CONSENT_E_KEY_GONE || status == CONSENT_E_COPIED;
}

static void every_flipped_bit_is_damage_or_harmless(void **state)
{
    (void)state;
    static uint8_t bytes[1u << 17];
    subject *s = new_subject();
    size_t harmless = 0;
    size_t tries = 0;
    size_t size = s->end + 1024; /* and some of the zeros behind */
    memcpy(bytes, s->bytes, size);
    for (size_t bit = 0; bit < size * 8; bit++, tries++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        consent_status status = open_changed(s, bytes, size, bit / 8);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (status == CONSENT_OK && s->r.seen_count == RECORDS && s->r.report.damage == CS_DAMAGE_TORN_TAIL)
            harmless++;
        else if (!is_damage(status))
            fail_msg("bit %zu: status %d with %zu acts", bit, (int)status, s->r.seen_count);
    }
    /* The zeros, and the last eight bytes of the last frame, which are written anew. */
    assert_int_equal(harmless, 1024 * 8 + 64);
    free_subject(s);
    report_sweep("flipped bits", tries, tries, 90000);
}

static void every_truncation_gives_the_records_before_it(void **state)
{
    (void)state;
    subject *s = new_subject();
    for (size_t size = 0; size < s->end; size++) {
        consent_status status = open_changed(s, s->bytes, size, size);
        size_t frames = size < CS_FILE_HEADER_SIZE ? 0 : (size - CS_FILE_HEADER_SIZE) / 512;
        if (size < CS_FILE_HEADER_SIZE)
            assert_int_equal(status, CONSENT_E_CORRUPT);
        else
            assert_int_equal(status, CONSENT_OK);
        assert_int_equal(s->r.seen_count, frames == 0 ? 0 : frames - 1);
    }
    report_sweep("truncations", s->end, s->end, 11000);
    free_subject(s);
}

static void frames_swapped_repeated_or_removed_are_damage(void **state)
{
    (void)state;
    static uint8_t bytes[1u << 17];
    subject *s = new_subject();
    size_t tries = 0;
    for (size_t i = 0; i <= RECORDS; i++)
        for (size_t j = 0; j <= RECORDS; j++) {
            uint8_t *at_i = bytes + CS_FILE_HEADER_SIZE + i * 512;
            uint8_t *at_j = bytes + CS_FILE_HEADER_SIZE + j * 512;
            const uint8_t *from_j = s->bytes + CS_FILE_HEADER_SIZE + j * 512;
            memcpy(bytes, s->bytes, s->size); /* j in the place of i */
            memcpy(at_i, from_j, 512);
            assert_true(is_damage(open_changed(s, bytes, s->size, i)) == (i != j));
            memcpy(at_j, s->bytes + CS_FILE_HEADER_SIZE + i * 512, 512); /* i and j swapped */
            assert_true(is_damage(open_changed(s, bytes, s->size, i)) == (i != j));
            memcpy(bytes, s->bytes, s->size); /* everything from i to j repeated behind the end */
            if (j >= i) {
                memcpy(bytes + s->end, s->bytes + CS_FILE_HEADER_SIZE + i * 512, (j - i + 1) * 512);
                assert_true(is_damage(open_changed(s, bytes, s->size, i)));
            }
            tries += 3;
        }
    for (size_t i = 0; i < RECORDS; i++, tries++) { /* one taken out; the last would be a cut */
        memcpy(bytes, s->bytes, s->size);
        memmove(bytes + CS_FILE_HEADER_SIZE + i * 512, s->bytes + CS_FILE_HEADER_SIZE + (i + 1) * 512,
                s->size - CS_FILE_HEADER_SIZE - (i + 1) * 512);
        assert_true(is_damage(open_changed(s, bytes, s->size, i)));
    }
    free_subject(s);
    report_sweep("moved frames", RECORDS + 1, tries, 1300);
}

int main(void)
{
#if defined(__GLIBC__)
    /* A quarter of a million worlds: give their pages back at the end, not each time. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 28);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 28);
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail_once_or_for_ever),
        cmocka_unit_test(the_random_source_may_fail_once_or_for_ever),
        cmocka_unit_test(every_file_operation_may_fail_once_or_for_ever),
        cmocka_unit_test(every_write_may_come_short_by_any_length),
        cmocka_unit_test(every_size_of_disk_gives_ok_or_full),
        cmocka_unit_test(a_crash_at_every_file_operation_loses_nothing),
        cmocka_unit_test(a_crash_after_a_failure_loses_nothing),
        cmocka_unit_test(every_flipped_bit_is_damage_or_harmless),
        cmocka_unit_test(every_truncation_gives_the_records_before_it),
        cmocka_unit_test(frames_swapped_repeated_or_removed_are_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
