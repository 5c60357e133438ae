/* The ledger as its callers see it: what was acknowledged comes back, in this process and the next, on good disks and
 * bad ones. */
#include "ledger/frame.h"
#include "support/ledger_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- what was acknowledged comes back -------------------------------------------------------- */

static void a_new_ledger_is_empty_and_has_a_stream(void **state)
{
    ledger_case *b = *state;
    static const uint8_t zeros[CS_STREAM_ID_SIZE];
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.event_count, 0);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NONE);
    assert_int_equal(cs_ledger_next_seq(b->r.ledger), 1);
    assert_memory_not_equal(cs_ledger_stream(b->r.ledger), zeros, sizeof zeros);
}

static void acts_come_back_after_reopening(void **state)
{
    ledger_case *b = *state;
    uint8_t stream[CS_STREAM_ID_SIZE];
    open_with_acts(&b->r, 20);
    memcpy(stream, cs_ledger_stream(b->r.ledger), sizeof stream);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 20));
    assert_int_equal(cs_ledger_next_seq(b->r.ledger), 21);
    assert_memory_equal(cs_ledger_stream(b->r.ledger), stream, sizeof stream);
    assert_int_equal(b->r.report.event_count, 20);
    assert_int_equal(b->r.report.frame_count, 21);
}

static void one_submission_is_one_frame(void **state)
{
    ledger_case *b = *state;
    assert_ok(rig_open(&b->r), &b->r);
    assert_ok(rig_act(&b->r, 150), &b->r);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 151));
    assert_int_equal(b->r.report.frame_count, 3);
}

static void the_event_chain_hashes_head_and_exact_bytes(void **state)
{
    ledger_case *b = *state;
    uint8_t head[CS_HASH_SIZE] = {0};
    open_with_acts(&b->r, 5);
    for (uint64_t n = 1; n <= 5; n++) {
        cs_buffer bytes;
        cs_buffer_init(&bytes, cs_memory_system(), CS_EVENT_MAX_SIZE);
        rig_encode(n, &bytes);
        const cs_span parts[] = {{head, sizeof head}, cs_buffer_span(&bytes)};
        uint8_t next[CS_HASH_SIZE];
        assert_int_equal(cs_sha256(parts, 2, next, NULL), CONSENT_OK);
        memcpy(head, next, sizeof head);
        cs_buffer_free(&bytes);
    }
    assert_ok(rig_open(&b->r), &b->r);
    assert_memory_equal(b->r.report.event_head, head, sizeof head);
}

static void ok_means_stable_storage(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 7);
    const world_damage nothing_unsynced = {WORLD_KEEP_NONE, 0, 0, 0};
    world_reboot(&b->w, &nothing_unsynced);
    rig_close(&b->r);
    assert_ok(rig_init(&b->r, &b->w), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 7));
}

static void an_append_is_one_write_and_one_sync(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 3);
    b->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_disarm(&b->w);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_int_equal(b->w.calls, 2);
}

static void the_disk_begins_with_a_record_before_it_is_waited_for(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 3);
    uint64_t end = cs_ledger_end(b->r.ledger);
    uint64_t syncs = b->w.syncs;
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_int_equal(b->w.syncs, syncs + 1);
    assert_int_equal(b->w.write_out_syncs, syncs);
    assert_int_equal(b->w.write_out_offset, end);
    assert_int_equal(b->w.write_out_size, cs_ledger_end(b->r.ledger) - end);
}

static void an_act_that_was_aborted_leaves_nothing(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 2);
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    cs_ledger_abort(b->r.ledger);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 3));
}

static void nothing_personal_is_readable_in_the_file(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    open_with_acts(&b->r, 3);
    const uint8_t *bytes = file_bytes(b, &size);
    for (size_t i = 0; i + 8 <= size; i++)
        assert_memory_not_equal(bytes + i, "unionpay", 8);
}

static void a_yes_and_a_no_are_equally_long(void **state)
{
    ledger_case *b = *state;
    uint64_t ends[4];
    assert_ok(rig_open(&b->r), &b->r);
    for (size_t i = 0; i < 4; i++) { /* acts 1 and 2 are grants, 3 is a withdrawal */
        ends[i] = cs_ledger_end(b->r.ledger);
        assert_ok(rig_act(&b->r, 1), &b->r);
    }
    assert_int_equal(ends[2] - ends[1], ends[3] - ends[2]);
    assert_int_equal(ends[1] - ends[0], 512);
}

/* ---- misuse ---------------------------------------------------------------------------------- */

static void only_exact_events_of_the_next_number_are_taken(void **state)
{
    ledger_case *b = *state;
    cs_buffer bytes;
    assert_ok(rig_open(&b->r), &b->r);
    cs_buffer_init(&bytes, cs_memory_system(), CS_EVENT_MAX_SIZE);
    rig_encode(2, &bytes);
    cs_span event = cs_buffer_span(&bytes);
    assert_int_equal(cs_ledger_commit(b->r.ledger, &event, 1, &b->r.err), CONSENT_E_ARGUMENT); /* not begun */
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    assert_int_equal(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), CONSENT_E_ARGUMENT);
    assert_int_equal(cs_ledger_commit(b->r.ledger, &event, 1, &b->r.err), CONSENT_E_ARGUMENT); /* number 2 */
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    event.size--;
    assert_int_equal(cs_ledger_commit(b->r.ledger, &event, 1, &b->r.err), CONSENT_E_ARGUMENT); /* cut */
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    assert_int_equal(cs_ledger_commit(b->r.ledger, &event, 0, &b->r.err), CONSENT_E_ARGUMENT); /* nothing */
    cs_buffer_free(&bytes);
    assert_ok(rig_acts(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 1));
}

static void more_than_one_frame_holds_is_refused_and_changes_nothing(void **state)
{
    ledger_case *b = *state;
    static uint8_t text[16000];
    static cs_span events[8];
    cs_buffer bytes[8];
    memset(text, 'x', sizeof text);
    assert_ok(rig_open(&b->r), &b->r);
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    for (size_t i = 0; i < 8; i++) {
        cs_event event = {.type = CS_EVENT_USAGE, .seq = i + 1, .detail = {(const char *)text, sizeof text}};
        cs_buffer_init(&bytes[i], cs_memory_system(), CS_EVENT_MAX_SIZE);
        cs_event_encode(&event, &bytes[i]);
        events[i] = cs_buffer_span(&bytes[i]);
    }
    assert_int_equal(cs_ledger_commit(b->r.ledger, events, 8, &b->r.err), CONSENT_E_ARGUMENT);
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    assert_ok(cs_ledger_commit(b->r.ledger, events, 4, &b->r.err), &b->r);
    for (size_t i = 0; i < 8; i++)
        cs_buffer_free(&bytes[i]);
    cs_ledger_report report;
    assert_ok(cs_ledger_verify(b->r.ledger, NULL, &report, &b->r.err), &b->r);
    assert_int_equal(report.event_count, 4);
}

static void a_child_of_fork_is_told_to_open_again(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 1);
    assert_ok(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), &b->r);
    b->w.process_id = 2000;
    cs_span none = {NULL, 0};
    assert_int_equal(cs_ledger_commit(b->r.ledger, &none, 1, &b->r.err), CONSENT_E_FORKED);
    assert_int_equal(cs_ledger_begin(b->r.ledger, NULL, &b->r.err), CONSENT_E_FORKED);
    assert_int_equal(cs_ledger_catch_up(b->r.ledger, 99999, NULL, &b->r.err), CONSENT_E_FORKED);
    assert_int_equal(cs_ledger_checkpoint(b->r.ledger, none, &b->r.err), CONSENT_E_FORKED);
    cs_ledger_abort(b->r.ledger);
    assert_int_equal(b->w.locks, 1); /* the parent's lock was left alone */
    b->w.process_id = 1000;
    cs_ledger_abort(b->r.ledger);
}

static void a_file_system_without_locks_is_refused(void **state)
{
    ledger_case *b = *state;
    b->w.lock_code = ENOLCK;
    assert_int_equal(rig_open(&b->r), CONSENT_E_LOCKED);
    assert_null(b->r.ledger);
    b->w.lock_code = 0;
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    ledger_case *b = *state;
    b->r.config.name = "0123456789012345678901234567890123456789012345678901234567890123456789";
    assert_int_equal(rig_open(&b->r), CONSENT_E_ARGUMENT);
}

/* ---- checkpoint ------------------------------------------------------------------------------- */

static void opening_from_a_checkpoint_reads_only_what_came_after(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 30);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    assert_ok(rig_acts(&b->r, 3), &b->r);
    assert_ok(rig_open_from_checkpoint(&b->r), &b->r);
    assert_int_equal(b->r.checkpoint_value, 30);
    assert_int_equal(b->r.seen_count, 3);
    assert_true(rig_saw(&b->r, 33));
    assert_int_equal(b->r.report.event_count, 33);
    assert_ok(rig_act(&b->r, 1), &b->r);
    cs_ledger_sink sink = rig_sink(&b->r, false);
    b->r.seen_count = 0;
    b->r.checkpoint_value = 0;
    assert_ok(cs_ledger_verify(b->r.ledger, &sink, &b->r.report, &b->r.err), &b->r);
    assert_true(rig_saw(&b->r, 34)); /* history stays whole */
}

static void a_damaged_older_or_foreign_checkpoint_costs_only_time(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    static uint8_t older[CS_CHECKPOINT_MIN_SIZE];
    open_with_acts(&b->r, 5);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    const uint8_t *bytes = world_file(&b->w, RIG_HOME, RIG_NAME ".check", &size);
    memcpy(older, bytes, sizeof older);
    assert_ok(rig_acts(&b->r, 5), &b->r);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    for (uint64_t bit = 3; bit < sizeof older * 8; bit += 1001) {
        world_flip_bit(&b->w, RIG_HOME, RIG_NAME ".check", bit);
        assert_ok(rig_open_from_checkpoint(&b->r), &b->r);
        assert_false(b->r.checkpoint_delivered);
        assert_true(rig_saw(&b->r, 10));
        world_flip_bit(&b->w, RIG_HOME, RIG_NAME ".check", bit);
    }
    world_put_file(&b->w, RIG_HOME, RIG_NAME ".check", older, sizeof older);
    assert_ok(rig_open_from_checkpoint(&b->r), &b->r);
    assert_int_equal(b->r.checkpoint_value, 5);
    assert_true(rig_saw(&b->r, 10));
    world_put_file(&b->w, RIG_HOME, RIG_NAME ".check", older, 100);
    assert_ok(rig_open_from_checkpoint(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 10));
    world_put_file(&b->w, RIG_HOME, "ledger-b.check", older, sizeof older);
    b->r.config.name = "ledger-b";
    assert_int_equal(rig_open_from_checkpoint(&b->r), CONSENT_E_ROLLED_BACK); /* a checkpoint without its ledger */
}

static void a_state_of_another_version_is_read_past(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 4);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    b->r.refuse_checkpoint = true;
    assert_ok(rig_open_from_checkpoint(&b->r), &b->r);
    assert_int_equal(b->r.seen_count, 4);
}

static void a_ledger_that_ends_before_its_checkpoint_was_rolled_back(void **state)
{
    ledger_case *b = *state;
    static uint8_t old[1u << 20];
    size_t old_size = 0;
    open_with_acts(&b->r, 3);
    const uint8_t *bytes = edit(b, &old_size);
    memcpy(old, bytes, old_size);
    assert_ok(rig_acts(&b->r, 3), &b->r);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    put(b, old, old_size); /* zeros where acts 4 to 6 were */
    assert_int_equal(rig_open_from_checkpoint(&b->r), CONSENT_E_ROLLED_BACK);
    put(b, old, frame_at(3)); /* short */
    assert_int_equal(rig_open(&b->r), CONSENT_E_ROLLED_BACK);
    put(b, old, frame_at(3) + 100); /* a frame that the checkpoint covers was never interrupted */
    assert_int_equal(rig_open(&b->r), CONSENT_E_CORRUPT);
}

/* ---- many handles, many processes ----------------------------------------------------------------- */

static void another_process_delivers_what_was_appended_meanwhile(void **state)
{
    ledger_case *b = *state;
    rig other;
    open_with_acts(&b->r, 2);
    b->w.process_id = 2000;
    assert_ok(rig_init(&other, &b->w), &other);
    assert_ok(rig_open(&other), &other);
    assert_ok(rig_acts(&other, 3), &other);
    b->w.process_id = 1000;
    b->r.seen_count = 0;
    assert_ok(rig_act(&b->r, 1), &b->r); /* begin delivers acts 3 to 5 first */
    assert_int_equal(b->r.seen_count, 3);
    assert_int_equal(b->r.seen[2], 5);
    b->w.process_id = 2000;
    cs_ledger_sink sink = rig_sink(&other, false);
    other.seen_count = 0;
    assert_ok(cs_ledger_catch_up(other.ledger, cs_ledger_end(b->r.ledger), &sink, &other.err), &other);
    assert_int_equal(other.seen_count, 1);
    assert_int_equal(other.seen[0], 6);
    rig_close(&other);
    b->w.process_id = 1000;
}

static void a_reader_notices_that_its_file_was_removed_or_begun_anew(void **state)
{
    ledger_case *b = *state;
    rig other;
    open_with_acts(&b->r, 3);
    uint64_t end = cs_ledger_end(b->r.ledger);
    assert_true(world_remove_file(&b->w, RIG_HOME, RIG_NAME));
    assert_int_equal(cs_ledger_catch_up(b->r.ledger, end, NULL, &b->r.err), CONSENT_E_NOT_FOUND);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_NOT_FOUND);
    assert_ok(rig_init(&other, &b->w), &other);
    assert_ok(rig_open(&other), &other);
    assert_true(other.report.created);
    assert_int_equal(cs_ledger_catch_up(b->r.ledger, end, NULL, &b->r.err), CONSENT_E_ROLLED_BACK);
    assert_ok(rig_acts(&other, 3), &other); /* as long, but another stream */
    rig_close(&other);
}

static void readers_stop_at_the_durable_end(void **state)
{
    ledger_case *b = *state;
    rig other;
    open_with_acts(&b->r, 1);
    assert_ok(rig_init(&other, &b->w), &other);
    assert_ok(rig_open(&other), &other);
    assert_ok(rig_acts(&other, 2), &other);
    cs_ledger_sink sink = rig_sink(&b->r, false);
    assert_ok(cs_ledger_catch_up(b->r.ledger, frame_at(3), &sink, &b->r.err), &b->r);
    assert_int_equal(b->r.seen_count, 1);
    assert_int_equal(b->r.seen[0], 2);
    rig_close(&other);
}

static void a_writer_that_was_killed_in_mid_write_is_repaired_by_the_next(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    rig other;
    open_with_acts(&b->r, 2);
    b->w.process_id = 2000;
    assert_ok(rig_init(&other, &b->w), &other);
    assert_ok(rig_open(&other), &other);
    b->w.short_at = 0;
    b->w.kinds = WORLD_WRITE;
    world_disarm(&b->w);
    b->w.max_write_bytes = 200;
    world_crash_at(&b->w, 2); /* its first write came to 200 bytes, the second never happened */
    (void)rig_act(&other, 1);
    b->w.max_write_bytes = 0;
    b->w.crash_at = 0;
    b->w.crashed = false;
    b->w.kinds = WORLD_EVERYTHING;
    world_disarm(&b->w);
    world_kill(&b->w, 2000);
    b->w.process_id = 1000;
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_non_null(world_file(&b->w, RIG_HOME, RIG_NAME ".torn-1", &size));
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 3));
}

static void a_copied_directory_never_repeats_a_nonce(void **state)
{
    ledger_case *b = *state;
    world clone;
    rig other;
    size_t size_a = 0;
    size_t size_b = 0;
    open_with_acts(&b->r, 2);
    rig_close_ledger(&b->r);
    b->w.random_stuck = true;
    world_init(&clone);
    world_copy_disk(&clone, &b->w);
    clone.random_stuck = true;
    assert_ok(rig_init(&other, &clone), &other);
    assert_ok(rig_open(&other), &other);
    assert_ok(rig_open(&b->r), &b->r);
    /* The first after opening, and one whose seal was begun, alike in both, when the one before was written. */
    for (size_t i = 3; i <= 4; i++) {
        assert_ok(rig_act(&b->r, i == 3 ? 1 : 3), &b->r);
        assert_ok(rig_act(&other, i == 3 ? 1 : 2), &other);
    }
    const uint8_t *a = world_file(&b->w, RIG_HOME, RIG_NAME, &size_a);
    const uint8_t *c = world_file(&clone, RIG_HOME, RIG_NAME, &size_b);
    assert_memory_equal(a + frame_at(3), c + frame_at(3), 512);
    assert_memory_equal(a + frame_at(4) + 16, c + frame_at(4) + 16, CS_NONCE_SIZE / 2);
    assert_memory_not_equal(a + frame_at(4) + 16 + CS_NONCE_SIZE / 2, c + frame_at(4) + 16 + CS_NONCE_SIZE / 2,
                            CS_NONCE_SIZE / 2);
    rig_close_ledger(&other);
    assert_ok(rig_open(&other), &other);
    assert_ok(rig_act(&other, 1), &other);
    rig_close(&other);
    world_free(&clone);
}

/* ---- disks that fail ----------------------------------------------------------------------------- */

static void after_a_failed_sync_the_content_moves_to_a_new_file(void **state)
{
    ledger_case *b = *state;
    cs_file_info before;
    cs_file_info after;
    open_with_acts(&b->r, 4);
    assert_int_equal(b->r.env.file_info_by_name(b->r.env.ctx, b->r.dir, RIG_NAME, &before), 0);
    b->w.kinds = WORLD_SYNC;
    world_arm(&b->w, 1, EIO);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_int_equal(b->w.fired, 1);
    b->w.kinds = WORLD_EVERYTHING;
    world_disarm(&b->w);
    assert_int_equal(b->r.env.file_info_by_name(b->r.env.ctx, b->r.dir, RIG_NAME, &after), 0);
    assert_int_not_equal(before.inode, after.inode);
    const world_damage nothing_unsynced = {WORLD_KEEP_NONE, 0, 0, 0};
    world_reboot(&b->w, &nothing_unsynced);
    rig_close(&b->r);
    assert_ok(rig_init(&b->r, &b->w), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 5));
}

static void another_process_follows_to_the_new_file(void **state)
{
    ledger_case *b = *state;
    rig other;
    open_with_acts(&b->r, 4);
    assert_ok(rig_init(&other, &b->w), &other);
    assert_ok(rig_open(&other), &other);
    b->w.kinds = WORLD_SYNC;
    world_arm(&b->w, 1, EIO);
    assert_ok(rig_act(&b->r, 1), &b->r);
    world_disarm(&b->w);
    cs_ledger_sink sink = rig_sink(&other, false);
    other.seen_count = 0;
    assert_ok(cs_ledger_catch_up(other.ledger, cs_ledger_end(b->r.ledger), &sink, &other.err), &other);
    assert_int_equal(other.seen_count, 1);
    assert_ok(rig_act(&other, 1), &other);
    rig_close(&other);
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 6));
}

static void a_disk_that_syncs_no_more_takes_no_act_and_shows_none(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 4);
    b->w.kinds = WORLD_SYNC;
    world_arm_persistently(&b->w, 1, EIO);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_IO);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_IO);
    world_disarm(&b->w);
    b->w.kinds = WORLD_EVERYTHING;
    assert_int_equal(cs_ledger_next_seq(b->r.ledger), 5);
    assert_ok(rig_act(&b->r, 1), &b->r); /* well again */
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 5));
}

static void a_full_disk_still_takes_a_refusal(void **state)
{
    ledger_case *b = *state;
    size_t size = 0;
    assert_ok(rig_open(&b->r), &b->r);
    (void)file_bytes(b, &size);
    uint64_t used = 0;
    for (size_t i = 0; world_file_name(&b->w, RIG_HOME, i) != NULL; i++) {
        size_t one = 0;
        (void)world_file(&b->w, RIG_HOME, world_file_name(&b->w, RIG_HOME, i), &one);
        used += one;
    }
    b->w.disk_bytes = used;                 /* not a byte left */
    assert_ok(rig_acts(&b->r, 300), &b->r); /* space kept ready, then the ballast's */
    b->w.disk_bytes = 0;
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 300));
}

static void a_write_that_came_short_leaves_nothing(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 3);
    b->w.kinds = WORLD_WRITE;
    world_disarm(&b->w);
    b->w.max_write_bytes = 100; /* the second piece fails */
    world_arm(&b->w, 2, EIO);
    assert_int_equal(rig_act(&b->r, 1), CONSENT_E_IO);
    b->w.max_write_bytes = 0;
    b->w.kinds = WORLD_EVERYTHING;
    world_disarm(&b->w);
    assert_ok(rig_act(&b->r, 1), &b->r);
    assert_ok(rig_open(&b->r), &b->r);
    assert_int_equal(b->r.report.damage, CS_DAMAGE_NONE);
    assert_true(rig_saw(&b->r, 4));
}

static void a_failing_sink_stops_the_reading_with_its_own_status(void **state)
{
    ledger_case *b = *state;
    open_with_acts(&b->r, 2);
    b->r.sink_fails = true;
    assert_int_equal(rig_open(&b->r), CONSENT_E_MEMORY);
    assert_null(b->r.ledger);
    b->r.sink_fails = false;
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 2));
}

/* ---- ephemeral ----------------------------------------------------------------------------------- */

static void an_ephemeral_ledger_leaves_nothing_behind(void **state)
{
    ledger_case *b = *state;
    b->r.config.in_memory = true;
    open_with_acts(&b->r, 3);
    assert_ok(rig_checkpoint(&b->r), &b->r);
    rig_close_ledger(&b->r);
    assert_int_equal(world_file_count(&b->w, RIG_HOME), 0);
    open_with_acts(&b->r, 2); /* as after a kill: the file stays, its key does not */
    const world_damage all = {WORLD_KEEP_ALL, 0, 0, WORLD_ALL_NAMES};
    world_reboot(&b->w, &all);
    rig_close(&b->r);
    assert_ok(rig_init(&b->r, &b->w), &b->r);
    b->r.config.in_memory = true;
    b->r.config.key[3] ^= 9;
    assert_ok(rig_open(&b->r), &b->r);
    assert_true(rig_saw(&b->r, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(a_new_ledger_is_empty_and_has_a_stream),
        LEDGER_TEST(acts_come_back_after_reopening),
        LEDGER_TEST(one_submission_is_one_frame),
        LEDGER_TEST(the_event_chain_hashes_head_and_exact_bytes),
        LEDGER_TEST(ok_means_stable_storage),
        LEDGER_TEST(an_append_is_one_write_and_one_sync),
        LEDGER_TEST(the_disk_begins_with_a_record_before_it_is_waited_for),
        LEDGER_TEST(an_act_that_was_aborted_leaves_nothing),
        LEDGER_TEST(nothing_personal_is_readable_in_the_file),
        LEDGER_TEST(a_yes_and_a_no_are_equally_long),
        LEDGER_TEST(only_exact_events_of_the_next_number_are_taken),
        LEDGER_TEST(more_than_one_frame_holds_is_refused_and_changes_nothing),
        LEDGER_TEST(a_child_of_fork_is_told_to_open_again),
        LEDGER_TEST(a_file_system_without_locks_is_refused),
        LEDGER_TEST(a_name_that_is_too_long_is_refused),
        LEDGER_TEST(opening_from_a_checkpoint_reads_only_what_came_after),
        LEDGER_TEST(a_damaged_older_or_foreign_checkpoint_costs_only_time),
        LEDGER_TEST(a_state_of_another_version_is_read_past),
        LEDGER_TEST(a_ledger_that_ends_before_its_checkpoint_was_rolled_back),
        LEDGER_TEST(another_process_delivers_what_was_appended_meanwhile),
        LEDGER_TEST(a_reader_notices_that_its_file_was_removed_or_begun_anew),
        LEDGER_TEST(readers_stop_at_the_durable_end),
        LEDGER_TEST(a_writer_that_was_killed_in_mid_write_is_repaired_by_the_next),
        LEDGER_TEST(a_copied_directory_never_repeats_a_nonce),
        LEDGER_TEST(after_a_failed_sync_the_content_moves_to_a_new_file),
        LEDGER_TEST(another_process_follows_to_the_new_file),
        LEDGER_TEST(a_disk_that_syncs_no_more_takes_no_act_and_shows_none),
        LEDGER_TEST(a_full_disk_still_takes_a_refusal),
        LEDGER_TEST(a_write_that_came_short_leaves_nothing),
        LEDGER_TEST(a_failing_sink_stops_the_reading_with_its_own_status),
        LEDGER_TEST(an_ephemeral_ledger_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
