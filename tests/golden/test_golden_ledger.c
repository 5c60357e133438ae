/* Ledgers of format 1, byte for byte. Files under ledger-v1/ and ledger-v1-ahead/ are never changed, only added to: every
 * later version must read them. The second were written since nonces are made in halves, which a reader does not see.
 * `test_golden_ledger --write DIR` writes what this version writes from the same inputs. */
#include "ledger/frame.h"
#include "support/rig.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN_DIR CONSENT_SOURCE_DIR "/tests/golden/"
#define NEWEST "ledger-v1-ahead"

static uint8_t file_data[200000];

static size_t load(const char *dir, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, GOLDEN_DIR "%s/%s", dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(file_data, 1, sizeof file_data, file);
    (void)fclose(file);
    assert_in_range(size, 1, sizeof file_data - 1);
    return size;
}

/* ---- the same inputs ------------------------------------------------------------------------------ */

/* acts 1, 2, then 3 to 6 in one frame, a checkpoint, then act 7. Every draw of random bytes gives the same, so that
 * their order does not matter. */
static void play(rig *r, world *w)
{
    world_init(w);
    w->random_stuck = true;
    assert_int_equal(rig_init(r, w), CONSENT_OK);
    assert_int_equal(rig_open(r), CONSENT_OK);
    assert_int_equal(rig_acts(r, 2), CONSENT_OK);
    assert_int_equal(rig_act(r, 4), CONSENT_OK);
    assert_int_equal(rig_checkpoint(r), CONSENT_OK);
    assert_int_equal(rig_act(r, 1), CONSENT_OK);
}

/* One frame of every kind of entry, one of them unknown and optional: what this version reads but does not yet write.
 * */
static size_t build_entries(const rig *r, uint8_t *out)
{
    static uint8_t plain[CS_FRAME_MAX_SIZE];
    const cs_file_header header = {.protection = 3, .salt = {0x10, 0x20, 0x30}};
    const uint8_t random32[32] = {0x77};
    const uint8_t stream[CS_STREAM_ID_SIZE] = {0xA0};
    const uint8_t other[CS_STREAM_ID_SIZE] = {0xB0};
    uint8_t begin[CS_STREAM_ENTRY_SIZE];
    cs_frame_keys keys;
    uint8_t hash[CS_HASH_SIZE];
    cs_buffer entries;
    cs_buffer act;
    cs_buffer_init(&entries, cs_memory_system(), CS_ENTRIES_MAX_SIZE);
    cs_buffer_init(&act, cs_memory_system(), CS_EVENT_MAX_SIZE);
    rig_encode(1, &act);
    const cs_span event = cs_buffer_span(&act);
    assert_int_equal(cs_frame_make_header(r->config.key, r->config.home_id, &header, out, &keys, hash, NULL),
                     CONSENT_OK);
    cs_frame_stream_entry(stream, begin);
    cs_buffer_append(&entries, begin, sizeof begin);
    cs_frame_put_acts(&entries, 1, &event, 1);
    cs_frame_put_remote(&entries, other, (cs_span){(const uint8_t *)"evidence", 8}, &event, 1);
    cs_buffer_u8(&entries, 0x90);
    cs_buffer_sized(&entries, "later", 5);
    const cs_frame_place place = {hash, hash, 0};
    size_t size = cs_frame_size_for(entries.size);
    cs_seal_ahead ahead;
    assert_int_equal(cs_frame_prepare(&keys, place.previous, random32, &ahead, NULL), CONSENT_OK);
    assert_int_equal(
        cs_frame_seal(&ahead, &place, cs_buffer_span(&entries), size, plain, out + CS_FILE_HEADER_SIZE, NULL),
        CONSENT_OK);
    cs_buffer_free(&entries);
    cs_buffer_free(&act);
    return CS_FILE_HEADER_SIZE + size;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void a_ledger_of_format_1_is_read(void **state)
{
    const char *dir = *state;
    world w;
    rig r;
    world_init(&w);
    assert_int_equal(rig_init(&r, &w), CONSENT_OK);
    size_t size = load(dir, "acts.ledger");
    world_put_file(&w, RIG_HOME, RIG_NAME, file_data, size);
    assert_int_equal(rig_open(&r), CONSENT_OK);
    assert_true(rig_saw(&r, 7));
    assert_int_equal(r.report.damage, CS_DAMAGE_NONE);
    assert_int_equal(r.report.frame_count, 5);
    size = load(dir, "acts.checkpoint");
    world_put_file(&w, RIG_HOME, RIG_NAME ".check", file_data, size);
    assert_int_equal(rig_open_from_checkpoint(&r), CONSENT_OK);
    assert_int_equal(r.checkpoint_value, 6);
    assert_true(rig_saw(&r, 7));
    assert_int_equal(rig_act(&r, 1), CONSENT_OK);
    assert_int_equal(cs_ledger_verify(r.ledger, NULL, NULL, NULL), CONSENT_OK);
    rig_close(&r);
    world_free(&w);
}

typedef struct two_streams {
    uint8_t streams[4][CS_STREAM_ID_SIZE];
    size_t count;
} two_streams;

static consent_status note_stream(void *user, const uint8_t *stream, cs_span event, consent_error *err)
{
    two_streams *seen = user;
    (void)event;
    (void)err;
    if (seen->count < 4)
        memcpy(seen->streams[seen->count], stream, CS_STREAM_ID_SIZE);
    seen->count++;
    return CONSENT_OK;
}

static void every_kind_of_entry_of_format_1_is_read(void **state)
{
    const char *dir = *state;
    world w;
    rig r;
    two_streams seen = {0};
    world_init(&w);
    assert_int_equal(rig_init(&r, &w), CONSENT_OK);
    size_t size = load(dir, "entries.ledger");
    world_put_file(&w, RIG_HOME, RIG_NAME, file_data, size);
    const cs_ledger_sink sink = {.user = &seen, .event = note_stream};
    assert_int_equal(cs_ledger_open(&r.config, &sink, &r.ledger, &r.report, &r.err), CONSENT_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.streams[0][0], 0xA0);
    assert_int_equal(seen.streams[1][0], 0xB0);
    assert_int_equal(cs_ledger_next_seq(r.ledger), 2);
    assert_int_equal(r.report.event_count, 2);
    rig_close(&r);
    world_free(&w);
}

/* ---- writing -------------------------------------------------------------------------------------- */

/* ---- what a sync records ---------------------------------------------------------------------------- */

static const uint8_t remote_stream[CS_STREAM_ID_SIZE] = {0xB0}, next_stream[CS_STREAM_ID_SIZE] = {0xC0};

/* act 1; two events of another device with their evidence; a receipt of one's own; act 2, and a new stream that it goes on in. */
static void play_sync(rig *r, world *w)
{
    cs_span events[2];
    cs_buffer bytes, evidence, own;
    world_init(w);
    w->random_stuck = true;
    assert_int_equal(rig_init(r, w), CONSENT_OK);
    assert_int_equal(rig_open(r), CONSENT_OK);
    assert_int_equal(rig_act(r, 1), CONSENT_OK);
    cs_buffer_init(&bytes, cs_memory_system(), 65536);
    cs_buffer_init(&evidence, cs_memory_system(), 4096);
    cs_buffer_init(&own, cs_memory_system(), 4096);
    rig_encode(1, &bytes);
    size_t first = bytes.size;
    rig_encode(2, &bytes);
    events[0] = (cs_span){bytes.data, first};
    events[1] = (cs_span){bytes.data + first, bytes.size - first};
    cs_evidence_write(&(cs_evidence){.first = 1,
                                     .last = 2,
                                     .first_cursor = 5,
                                     .time_ms = INT64_C(1767225600000),
                                     .merged = 6,
                                     .key = {0x11},
                                     .head = {0x22},
                                     .receipt = CS_STR("a.b.c"),
                                     .signature = {events[0].data, CS_SIGNATURE_SIZE}},
                      &evidence);
    cs_evidence_write(&(cs_evidence){.first = 1, .last = 1, .first_cursor = 7, .head = {0x33}, .joined = true}, &own);
    const cs_ledger_part parts[] = {
        {CS_PART_REMOTE, remote_stream, cs_buffer_span(&evidence), events, 2},
        {.kind = CS_PART_REMOTE, .stream = cs_ledger_stream(r->ledger), .evidence = cs_buffer_span(&own)}};
    assert_int_equal(cs_ledger_begin(r->ledger, NULL, NULL), CONSENT_OK);
    assert_int_equal(cs_ledger_commit_parts(r->ledger, parts, 2, NULL), CONSENT_OK);
    assert_int_equal(rig_act(r, 1), CONSENT_OK);
    const cs_ledger_part again[] = {{.kind = CS_PART_STREAM, .stream = next_stream},
                                    {.kind = CS_PART_ACTS, .events = events, .count = 1}};
    assert_int_equal(cs_ledger_begin(r->ledger, NULL, NULL), CONSENT_OK);
    assert_int_equal(cs_ledger_commit_parts(r->ledger, again, 2, NULL), CONSENT_OK);
    cs_buffer_free(&bytes);
    cs_buffer_free(&evidence);
    cs_buffer_free(&own);
}

typedef struct synced {
    size_t events, streams, evidence;
    cs_evidence first;
} synced;

static consent_status count_event(void *user, const uint8_t *stream, cs_span event, consent_error *err)
{
    (void)stream;
    (void)event;
    (void)err;
    ((synced *)user)->events++;
    return CONSENT_OK;
}

static consent_status count_stream(void *user, const uint8_t *stream, consent_error *err)
{
    (void)stream;
    (void)err;
    ((synced *)user)->streams++;
    return CONSENT_OK;
}

static consent_status read_evidence(void *user, const uint8_t *stream, cs_span bytes, bool over, consent_error *err)
{
    synced *seen = user;
    cs_evidence evidence;
    (void)stream;
    (void)over;
    consent_status status = cs_evidence_read(bytes, &evidence, err);
    if (seen->evidence++ == 0)
        seen->first = evidence;
    return status;
}

static void what_a_sync_recorded_in_format_1_is_read(void **state)
{
    const char *dir = *state;
    world w;
    rig r;
    synced seen = {0};
    world_init(&w);
    assert_int_equal(rig_init(&r, &w), CONSENT_OK);
    size_t size = load(dir, "sync.ledger");
    world_put_file(&w, RIG_HOME, RIG_NAME, file_data, size);
    const cs_ledger_sink sink = {
        .user = &seen, .event = count_event, .stream = count_stream, .evidence = read_evidence};
    assert_int_equal(cs_ledger_open(&r.config, &sink, &r.ledger, &r.report, &r.err), CONSENT_OK);
    assert_int_equal(seen.events, 5);
    assert_int_equal(seen.streams, 2);
    assert_int_equal(seen.evidence, 4);
    assert_int_equal(seen.first.first_cursor, 5);
    assert_int_equal(seen.first.merged, 6);
    assert_int_equal(seen.first.head[0], 0x22);
    assert_memory_equal(cs_ledger_stream(r.ledger), next_stream, sizeof next_stream);
    assert_int_equal(cs_ledger_next_seq(r.ledger), 2);
    rig_close(&r);
    world_free(&w);
}

static void this_version_still_writes_the_newer_bytes(void **state)
{
    (void)state;
    world w;
    rig r;
    size_t written = 0;
    play(&r, &w);
    uint64_t end = cs_ledger_end(r.ledger);
    const uint8_t *bytes = world_file(&w, RIG_HOME, RIG_NAME, &written);
    assert_int_equal(load(NEWEST, "acts.ledger"), end);
    assert_memory_equal(bytes, file_data, end);
    bytes = world_file(&w, RIG_HOME, RIG_NAME ".check", &written);
    assert_int_equal(load(NEWEST, "acts.checkpoint"), written);
    assert_memory_equal(bytes, file_data, written);
    static uint8_t built[4096];
    written = build_entries(&r, built);
    assert_int_equal(load(NEWEST, "entries.ledger"), written);
    assert_memory_equal(built, file_data, written);
    rig_close(&r);
    world_free(&w);
    play_sync(&r, &w);
    bytes = world_file(&w, RIG_HOME, RIG_NAME, &written);
    assert_int_equal(load(NEWEST, "sync.ledger"), cs_ledger_end(r.ledger));
    assert_memory_equal(bytes, file_data, cs_ledger_end(r.ledger));
    rig_close(&r);
    world_free(&w);
}

static int store(const char *dir, const char *name, const uint8_t *data, size_t size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return 1;
    size_t done = fwrite(data, 1, size, file);
    return fclose(file) == 0 && done == size ? 0 : 1;
}

static int write_all(const char *dir)
{
    world w;
    rig r;
    static uint8_t built[4096];
    size_t size = 0;
    play(&r, &w);
    const uint8_t *bytes = world_file(&w, RIG_HOME, RIG_NAME, &size);
    int failed = store(dir, "acts.ledger", bytes, cs_ledger_end(r.ledger));
    bytes = world_file(&w, RIG_HOME, RIG_NAME ".check", &size);
    failed += store(dir, "acts.checkpoint", bytes, size);
    size = build_entries(&r, built);
    failed += store(dir, "entries.ledger", built, size);
    rig_close(&r);
    world_free(&w);
    play_sync(&r, &w);
    bytes = world_file(&w, RIG_HOME, RIG_NAME, &size);
    failed += store(dir, "sync.ledger", bytes, cs_ledger_end(r.ledger));
    rig_close(&r);
    world_free(&w);
    return failed;
}

#define OF(dir, test)                                                                                                  \
    {                                                                                                                  \
#test " in " dir, test, NULL, NULL, (void *)(uintptr_t)(dir)                                                   \
    }
#define OF_EACH(test) OF("ledger-v1", test), OF(NEWEST, test)

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--write") == 0)
        return write_all(arguments[2]);
    const struct CMUnitTest tests[] = {
        OF_EACH(a_ledger_of_format_1_is_read),
        OF_EACH(every_kind_of_entry_of_format_1_is_read),
        OF_EACH(what_a_sync_recorded_in_format_1_is_read),
        cmocka_unit_test(this_version_still_writes_the_newer_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
