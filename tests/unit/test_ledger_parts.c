/* Frames of several parts: other devices' events with what they came with, new streams of one's own; and reading one stream
 * again from a mark. */
#include "support/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t other[CS_STREAM_ID_SIZE] = {0xB0, 1};
static const uint8_t later[CS_STREAM_ID_SIZE] = {0xC0, 2};

typedef struct heard {
    rig r;
    world w;
    char text[2000]; /* what the sink was told, one letter each: S stream, < and > evidence, digits: seq */
    size_t count;
} heard;

static void note(heard *h, char what)
{
    if (h->count + 1 < sizeof h->text)
        h->text[h->count++] = what;
}

static consent_status on_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_event event;
    consent_status status = cs_event_decode(bytes, &event, err);
    note(user, stream[0] == other[0] ? 'r' : stream[0] == later[0] ? 'l' : 'o');
    note(user, (char)('0' + event.seq % 10));
    return status;
}

static consent_status on_stream(void *user, const uint8_t *stream, consent_error *err)
{
    (void)err;
    note(user, stream[0] == later[0] ? 'T' : 'S');
    return CONSENT_OK;
}

static consent_status on_evidence(void *user, const uint8_t *stream, cs_span evidence, bool over, consent_error *err)
{
    (void)stream;
    (void)err;
    assert_int_equal(evidence.size, 5);
    assert_memory_equal(evidence.data, "proof", 5);
    note(user, over ? '>' : '<');
    return CONSENT_OK;
}

static cs_ledger_sink sink_of(heard *h)
{
    return (cs_ledger_sink){.user = h, .event = on_event, .stream = on_stream, .evidence = on_evidence};
}

static void open_again(heard *h)
{
    const cs_ledger_sink sink = sink_of(h);
    cs_ledger_close(h->r.ledger);
    h->r.ledger = NULL;
    memset(h->text, 0, sizeof h->text);
    h->count = 0;
    assert_int_equal(cs_ledger_open(&h->r.config, &sink, &h->r.ledger, &h->r.report, &h->r.err), CONSENT_OK);
}

static void begin(heard *h)
{
    const cs_ledger_sink sink = sink_of(h);
    assert_int_equal(cs_ledger_begin(h->r.ledger, &sink, NULL), CONSENT_OK);
}

static void encode(cs_buffer *bytes, cs_span *spans, uint64_t first, size_t count)
{
    size_t ends[16], at = 0;
    cs_buffer_init(bytes, cs_memory_system(), 1u << 20);
    for (size_t i = 0; i < count; i++) {
        rig_encode(first + i, bytes);
        ends[i] = bytes->size;
    }
    for (size_t i = 0; i < count; at = ends[i++])
        spans[i] = (cs_span){bytes->data + at, ends[i] - at};
}

static heard *start(void)
{
    static heard h;
    memset(&h, 0, sizeof h);
    world_init(&h.w);
    assert_int_equal(rig_init(&h.r, &h.w), CONSENT_OK);
    open_again(&h);
    return &h;
}

static void stop(heard *h)
{
    rig_close(&h->r);
    world_free(&h->w);
}

static consent_status remote(heard *h, uint64_t first, size_t count)
{
    cs_span spans[16];
    cs_buffer bytes;
    encode(&bytes, spans, first, count);
    const cs_ledger_part part = {CS_PART_REMOTE, other, {(const uint8_t *)"proof", 5}, spans, count};
    begin(h);
    consent_status status = cs_ledger_commit_parts(h->r.ledger, &part, 1, &h->r.err);
    cs_buffer_free(&bytes);
    return status;
}

static void other_devices_events_stand_between_ones_own(void **state)
{
    (void)state;
    heard *h = start();
    assert_int_equal(rig_act(&h->r, 2), CONSENT_OK);
    assert_int_equal(remote(h, 1, 3), CONSENT_OK);
    assert_int_equal(rig_act(&h->r, 1), CONSENT_OK);
    assert_int_equal(remote(h, 0, 0), CONSENT_OK); /* evidence alone */
    open_again(h);
    assert_string_equal(h->text, "So1o2<r1r2r3>o3<>");
    assert_int_equal(h->r.report.event_count, 6);
    assert_int_equal(cs_ledger_event_count(h->r.ledger), 6);
    assert_int_equal(cs_ledger_next_seq(h->r.ledger), 4);
    assert_int_equal(cs_ledger_verify(h->r.ledger, NULL, NULL, NULL), CONSENT_OK);
    stop(h);
}

static void a_new_stream_begins_at_one_in_the_frame_that_begins_it(void **state)
{
    (void)state;
    heard *h = start();
    cs_span spans[16];
    cs_buffer bytes;
    assert_int_equal(rig_act(&h->r, 2), CONSENT_OK);
    encode(&bytes, spans, 1, 2);
    const cs_ledger_part parts[] = {{.kind = CS_PART_STREAM, .stream = later},
                                    {.kind = CS_PART_ACTS, .events = spans, .count = 2}};
    begin(h);
    assert_int_equal(cs_ledger_commit_parts(h->r.ledger, parts, 2, NULL), CONSENT_OK);
    assert_memory_equal(cs_ledger_stream(h->r.ledger), later, sizeof later);
    assert_int_equal(rig_act(&h->r, 1), CONSENT_OK);
    open_again(h);
    assert_string_equal(h->text, "So1o2Tl1l2l3");
    assert_memory_equal(cs_ledger_stream(h->r.ledger), later, sizeof later);
    assert_int_equal(cs_ledger_next_seq(h->r.ledger), 4);
    cs_buffer_free(&bytes);
    stop(h);
}

static void events_that_do_not_follow_are_not_written(void **state)
{
    (void)state;
    heard *h = start();
    cs_span spans[16];
    cs_buffer bytes;
    uint64_t end = cs_ledger_end(h->r.ledger);
    encode(&bytes, spans, 5, 3);
    spans[1] = spans[2];
    const cs_ledger_part gap = {CS_PART_REMOTE, other, {(const uint8_t *)"proof", 5}, spans, 2};
    begin(h);
    assert_int_equal(cs_ledger_commit_parts(h->r.ledger, &gap, 1, NULL), CONSENT_E_ARGUMENT);
    const cs_ledger_part none = {.kind = CS_PART_ACTS};
    begin(h);
    assert_int_equal(cs_ledger_commit_parts(h->r.ledger, &none, 1, NULL), CONSENT_E_ARGUMENT);
    spans[0].size--;
    const cs_ledger_part cut = {CS_PART_REMOTE, other, {(const uint8_t *)"proof", 5}, spans, 1};
    begin(h);
    assert_int_equal(cs_ledger_commit_parts(h->r.ledger, &cut, 1, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(cs_ledger_end(h->r.ledger), end);
    begin(h); /* and the lock is free */
    cs_ledger_abort(h->r.ledger);
    cs_buffer_free(&bytes);
    stop(h);
}

/* ---- reading again --------------------------------------------------------------------------------- */

static consent_status read_own(heard *h, uint64_t from, cs_ledger_mark *mark)
{
    memset(h->text, 0, sizeof h->text);
    h->count = 0;
    return cs_ledger_read_stream(h->r.ledger, cs_ledger_stream(h->r.ledger), from, mark, on_event, h, NULL);
}

static void what_is_to_be_sent_is_read_from_a_mark(void **state)
{
    (void)state;
    heard *h = start();
    cs_ledger_mark mark = {0};
    assert_int_equal(rig_act(&h->r, 2), CONSENT_OK);
    assert_int_equal(remote(h, 1, 3), CONSENT_OK);
    assert_int_equal(rig_act(&h->r, 1), CONSENT_OK);
    uint64_t third = cs_ledger_end(h->r.ledger);
    assert_int_equal(read_own(h, 1, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o1o2o3");
    assert_int_equal(read_own(h, 3, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o3");
    assert_true(mark.offset > 512 && mark.offset < third);
    assert_int_equal(read_own(h, 4, &mark), CONSENT_OK);
    assert_string_equal(h->text, "");
    assert_int_equal(mark.offset, third);
    assert_int_equal(rig_act(&h->r, 1), CONSENT_OK);
    /* Only the last frame can be read any more: the mark spares the ones before. */
    size_t size = 0;
    static uint8_t bytes[200000];
    const uint8_t *now = world_file(&h->w, RIG_HOME, RIG_NAME, &size);
    assert_in_range(size, 1, sizeof bytes);
    memcpy(bytes, now, size);
    bytes[600] ^= 1;
    world_put_file(&h->w, RIG_HOME, RIG_NAME, bytes, size);
    assert_int_equal(read_own(h, 4, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o4");
    cs_ledger_mark from_the_start = {0};
    assert_int_equal(read_own(h, 4, &from_the_start), CONSENT_E_CORRUPT);
    stop(h);
}

static void a_mark_of_another_file_is_as_good_as_none(void **state)
{
    (void)state;
    heard *h = start();
    cs_ledger_mark mark = {0};
    assert_int_equal(rig_act(&h->r, 2), CONSENT_OK);
    assert_int_equal(rig_act(&h->r, 1), CONSENT_OK);
    assert_int_equal(read_own(h, 3, &mark), CONSENT_OK);
    mark.previous[0] ^= 1;
    assert_int_equal(read_own(h, 2, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o2o3");
    mark.offset += 1u << 20;
    assert_int_equal(read_own(h, 3, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o3");
    stop(h);
}

static void reading_again_ends_when_told_to(void **state)
{
    (void)state;
    heard *h = start();
    cs_ledger_mark mark = {0};
    assert_int_equal(rig_act(&h->r, 2), CONSENT_OK);
    h->r.sink_fails = true;
    const cs_ledger_sink failing = rig_sink(&h->r, false);
    assert_int_equal(
        cs_ledger_read_stream(h->r.ledger, cs_ledger_stream(h->r.ledger), 1, &mark, failing.event, &h->r, NULL),
        CONSENT_E_MEMORY);
    assert_int_equal(read_own(h, 1, &mark), CONSENT_OK);
    assert_string_equal(h->text, "o1o2");
    stop(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_devices_events_stand_between_ones_own),
        cmocka_unit_test(a_new_stream_begins_at_one_in_the_frame_that_begins_it),
        cmocka_unit_test(events_that_do_not_follow_are_not_written),
        cmocka_unit_test(what_is_to_be_sent_is_read_from_a_mark),
        cmocka_unit_test(a_mark_of_another_file_is_as_good_as_none),
        cmocka_unit_test(reading_again_ends_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
