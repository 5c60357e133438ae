/* Damage is told apart and never guessed; an interrupted write is repaired, and nothing that was said is unsaid. */
#include "ledger/frame.h"
#include "support/ledger_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- damage is told apart -------------------------------------------------------------------- */

static void another_key_is_not_corruption(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 2);
    b->r.config.key[0] ^= 1;
    assert_int_equal(rig_open(&b->r), CONSENT_E_KEY_GONE);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_WRONG_KEY);
    assert_int_equal(b->r.seen_count, 0);
    assert_non_null(b->r.ledger);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_KEY_GONE);
    b->r.config.key[0] ^= 1;
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 2));
}

static void a_copy_in_another_home_is_recognised(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 2);
    b->r.config.home_id[5] ^= 0x80;
    assert_int_equal(rig_open(&b->r), CONSENT_E_COPIED);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_COPIED);
    assert_int_equal(cs_ledger_verify(b->r.ledger, NULL, &b->r.report, &b->r.err), CONSENT_E_COPIED);
}

static void a_newer_format_is_left_alone(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 1);
    uint8_t *bytes = edit(b, &size);
    cs_store_u32(bytes + 8, 2);
    cs_store_u32(bytes + 504, cs_crc32c(bytes, 504));
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_UNSUPPORTED);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NEWER);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_UNSUPPORTED);
    const uint8_t *after = file_bytes(b, &size);
    assert_int_equal(after[8], 2);
}

static void a_damaged_header_is_corrupt(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 1);
    world_flip_bit(&b->w, RIG_HOME, RIG_NAME, 40 * 8);
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_CORRUPT);
    assert_int_equal(b->r.report.bad_offset, 0);
}

static void a_flipped_bit_is_corrupt_and_what_came_before_is_delivered(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 9);
    world_flip_bit(&b->w, RIG_HOME, RIG_NAME, (frame_at(5) + 100) * 8);
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_CORRUPT);
    assert_int_equal(b->r.report.bad_offset, frame_at(5));
    assert_true(rig_saw(&b->r, 4));
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_CORRUPT);
    assert_int_equal(cs_ledger_verify(b->r.ledger, NULL, &b->r.report, &b->r.err), CONSENT_E_CORRUPT);
    assert_int_equal(b->r.report.bad_offset, frame_at(5));
}

/* The last act may be a refusal: damage in it must not make it unsaid. */
static void a_flipped_bit_in_the_last_act_is_not_taken_for_an_interrupted_write(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 3);
    world_flip_bit(&b->w, RIG_HOME, RIG_NAME, (frame_at(3) + 60) * 8);
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
    world_flip_bit(&b->w, RIG_HOME, RIG_NAME, (frame_at(3) + 60) * 8);
    world_flip_bit(&b->w, RIG_HOME, RIG_NAME, (frame_at(3) + 5) * 8); /* in its start */
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
}

static void an_edited_frame_with_right_checksums_is_tampered(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 6);
    for (size_t i = 2; i <= 6; i += 4) { /* in the middle, and last */
        uint8_t *bytes = edit(b, &size);
        bytes[frame_at(i) + 77] ^= 0x10;
        cs_frame_finish(bytes + frame_at(i), 512);
        put(b, bytes, size);
        assert_int_equal(rig_open(&b->r), CONSENT_E_TAMPERED);
        assert_int_equal(b->r.report.damage, CS_DAMAGE_TAMPERED);
        assert_int_equal(b->r.report.bad_offset, frame_at(i));
        bytes[frame_at(i) + 77] ^= 0x10;
        cs_frame_finish(bytes + frame_at(i), 512);
        put(b, bytes, size);
    }
    assert_ok(rig_open(&b->r), &b->r);
}

static void swapped_repeated_and_removed_frames_are_tampered(void **state)
{
    ledger_case *b = *state;
    static uint8_t original[1u << 20];
    uint8_t frame[512];
    size_t size = 0;
    open_with_acts(&b->r, 6);
    uint8_t *bytes = edit(b, &size);
    memcpy(original, bytes, size);
    memcpy(frame, bytes + frame_at(2), 512); /* swapped */
    memcpy(bytes + frame_at(2), bytes + frame_at(3), 512);
    memcpy(bytes + frame_at(3), frame, 512);
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_TAMPERED);
    assert_true(rig_saw(&b->r, 1));
    memcpy(bytes, original, size); /* repeated */
    memcpy(bytes + frame_at(7), bytes + frame_at(6), 512);
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_TAMPERED);
    assert_true(rig_saw(&b->r, 6));
    memcpy(bytes, original, size); /* one taken out */
    memmove(bytes + frame_at(3), bytes + frame_at(4), size - frame_at(4));
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_TAMPERED);
    assert_true(rig_saw(&b->r, 2));
}

static void a_frame_of_another_ledger_is_tampered(void **state)
{
    ledger_case *b = *state;
    uint8_t foreign[512];
    size_t size = 0;
    b->r.config.name = "ledger-b"; /* same key, same acts, another salt */
    open_with_acts(&b->r, 4);
    const uint8_t *other = world_file(&b->w, RIG_HOME, "ledger-b", &size);
    memcpy(foreign, other + frame_at(3), 512);
    b->r.config.name = RIG_NAME;
    open_with_acts(&b->r, 4);
    uint8_t *bytes = edit(b, &size);
    memcpy(bytes + frame_at(3), foreign, 512);
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_TAMPERED);
    assert_int_equal(b->r.report.bad_offset, frame_at(3));
}

static void a_hole_before_good_frames_is_corrupt(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 5);
    uint8_t *bytes = edit(b, &size);
    memset(bytes + frame_at(3), 0, 512);
    put(b, bytes, size);
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
    assert_true(rig_saw(&b->r, 2));
}

static void a_file_that_vanished_is_rolled_back_when_it_is_known(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 2);
    rig_close_ledger(&b->r);
    assert_true(world_remove_file(&b->w, RIG_HOME, RIG_NAME));
    b->r.config.known_frames = 1;
    assert_int_equal(rig_open(&b->r), CONSENT_E_ROLLED_BACK);
    assert_null(b->r.ledger);
    b->r.config.known_frames = 0;
    assert_ok(rig_open(&b->r), &b->r);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    rig_close_ledger(&b->r);
    assert_true(world_remove_file(&b->w, RIG_HOME, RIG_NAME));
    assert_int_equal(rig_open(&b->r), CONSENT_E_ROLLED_BACK); /* its checkpoint is still there */
}

static void an_older_copy_is_rolled_back_when_more_is_known(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    static uint8_t old[1u << 20];
    open_with_acts(&b->r, 3);
    const uint8_t *bytes = edit(b, &size);
    memcpy(old, bytes, size);
    assert_ok(rig_acts(&b->r, 2), &b->r);
    put(b, old, size);
    b->r.config.known_frames = 6;
    assert_int_equal(rig_open(&b->r), CONSENT_E_ROLLED_BACK);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_ROLLED_BACK);
    assert_true(rig_saw(&b->r, 3));
}

/* ---- interrupted writes are repaired ------------------------------------------------------------ */

static void an_unfinished_frame_is_cut_off_and_kept_aside(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 4);
    uint8_t *bytes = edit(b, &size);
    uint8_t torn[300];
    memcpy(torn, bytes + frame_at(4), sizeof torn);
    memset(bytes + frame_at(4) + sizeof torn, 0, 512 - sizeof torn);
    put(b, bytes, size);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_TORN_TAIL);
    assert_int_equal(b->r.report.bad_offset, frame_at(4));
    assert_true(rig_saw(&b->r, 3));
    const uint8_t *aside = world_file(&b->w, RIG_HOME, RIG_NAME ".torn-1", &size);
    assert_non_null(aside);
    assert_int_equal(size, b->r.report.kept_aside_bytes);
    assert_memory_equal(aside, torn, sizeof torn);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NONE);
    assert_true(rig_saw(&b->r, 4));
}

static void a_short_file_and_garbage_behind_the_end_are_repaired(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 4);
    uint8_t *bytes = edit(b, &size);
    put(b, bytes, frame_at(4) + 17); /* the size grew, the content did not come */
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_TORN_TAIL);
    assert_true(rig_saw(&b->r, 3));
    bytes = edit(b, &size);
    memset(bytes + size, 0xEE, 700);
    put(b, bytes, size + 700);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_TORN_TAIL);
    assert_true(rig_saw(&b->r, 3));
}

static void what_is_kept_aside_is_bounded(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 1);
    for (int i = 0; i < 12; i++) {
        uint8_t *bytes = edit(b, &size);
        bytes[frame_at(2)] = 0xEE;
        put(b, bytes, size > frame_at(3) ? size : frame_at(3));
        assert_ok(rig_open(&b->r), &b->r);
        assert_true(rig_saw(&b->r, 1));
    }
    assert_non_null(world_file(&b->w, RIG_HOME, RIG_NAME ".torn-8", &size));
    assert_null(world_file(&b->w, RIG_HOME, RIG_NAME ".torn-9", &size));
}

static void a_zero_tail_is_normal(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 2);
    uint8_t *bytes = edit(b, &size);
    memset(bytes + size, 0, 5000);
    put(b, bytes, size + 5000);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NONE);
    assert_ok(rig_act(&b->r, 1), &b->r);
    put(b, bytes, frame_at(3)); /* no tail at all */
    assert_ok(rig_open(&b->r), &b->r);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 3));
}

static void a_last_frame_without_its_end_mark_is_completed_not_lost(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 3);
    uint8_t *bytes = edit(b, &size);
    memset(bytes + frame_at(3) + 506, 0, 6);
    put(b, bytes, size);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 3));
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NONE);
    assert_true(rig_saw(&b->r, 4));
}

/* ---- verify ---- */

static void verify_finds_what_changed_under_an_open_ledger(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 5);
    assert_ok(cs_ledger_verify(b->r.ledger, NULL, &b->r.report, &b->r.err), &b->r);
    assert_int_equal(b->r.report.event_count, 5);
    assert_int_equal(b->r.report.end_offset, frame_at(6));
    static const size_t places[] = {3, 40, 300, 504, 509}; /* start, nonce, content, checksum, end mark */
    for (size_t i = 0; i < CS_COUNT_OF(places); i++)
        for (size_t frame = 2; frame <= 5; frame += 3) {
            uint64_t bit = (frame_at(frame) + places[i]) * 8 + 1;
            world_flip_bit(&b->w, RIG_HOME, RIG_NAME, bit);
            assert_int_equal(cs_ledger_verify(b->r.ledger, NULL, &b->r.report, &b->r.err), CONSENT_E_CORRUPT);
            assert_int_equal(b->r.report.bad_offset, frame_at(frame));
            world_flip_bit(&b->w, RIG_HOME, RIG_NAME, bit);
        }
    assert_ok(cs_ledger_verify(b->r.ledger, NULL, &b->r.report, &b->r.err), &b->r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(another_key_is_not_corruption),
        LEDGER_TEST(a_copy_in_another_home_is_recognised),
        LEDGER_TEST(a_newer_format_is_left_alone),
        LEDGER_TEST(a_damaged_header_is_corrupt),
        LEDGER_TEST(a_flipped_bit_is_corrupt_and_what_came_before_is_delivered),
        LEDGER_TEST(a_flipped_bit_in_the_last_act_is_not_taken_for_an_interrupted_write),
        LEDGER_TEST(an_edited_frame_with_right_checksums_is_tampered),
        LEDGER_TEST(swapped_repeated_and_removed_frames_are_tampered),
        LEDGER_TEST(a_frame_of_another_ledger_is_tampered),
        LEDGER_TEST(a_hole_before_good_frames_is_corrupt),
        LEDGER_TEST(a_file_that_vanished_is_rolled_back_when_it_is_known),
        LEDGER_TEST(an_older_copy_is_rolled_back_when_more_is_known),
        LEDGER_TEST(an_unfinished_frame_is_cut_off_and_kept_aside),
        LEDGER_TEST(a_short_file_and_garbage_behind_the_end_are_repaired),
        LEDGER_TEST(what_is_kept_aside_is_bounded),
        LEDGER_TEST(a_zero_tail_is_normal),
        LEDGER_TEST(a_last_frame_without_its_end_mark_is_completed_not_lost),
        LEDGER_TEST(verify_finds_what_changed_under_an_open_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
