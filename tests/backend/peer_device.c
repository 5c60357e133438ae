/* The device's side of peer.h: keys, events, ranges, receipts, pages. */
#include "backend/peer.h"

#include "platform/platform.h"

#include <stdio.h>
#include <string.h>

static const uint8_t session[8] = {1, 2, 3, 4, 5, 6, 7, 8};

void peer_device_make(peer_server *server, peer_device *device, uint8_t seed, const char *account)
{
    uint8_t random[32];
    memset(device, 0, sizeof *device);
    memset(random, seed, sizeof random);
    assert_int_equal(cs_p256_from_random(random, device->scalar, device->key, NULL), CONSENT_OK);
    memset(device->stream, seed, sizeof device->stream);
    cs_buffer_init(&device->events, cs_memory_system(), 8u << 20);
    if (account) {
        assert_int_equal(cs_wire_account_id(cs_str_of(account), device->profile, NULL), CONSENT_OK);
        assert_int_equal(peer_run(server, device->token, sizeof device->token,
                                  (const char *const[]){"token", "DIR", "--account", account, NULL}),
                         0);
        device->token[strcspn(device->token, "\n")] = '\0';
    } else {
        assert_int_equal(cs_wire_anonymous_id(device->stream, device->profile, NULL), CONSENT_OK);
    }
}

void peer_device_free(peer_device *device)
{
    cs_buffer_free(&device->events);
}

void peer_path(const peer_device *device, const char *rest, char *out, size_t size)
{
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    cs_hex_encode(device->profile, CS_PROFILE_ID_SIZE, hex);
    (void)snprintf(out, size, "/v1/profiles/%s/%s", hex, rest);
}

/* Heads of the streams met so far in a walk over pages. */
static uint8_t (*head_of(const uint8_t *stream))[CS_HASH_SIZE]
{
    static _Thread_local struct {
        uint8_t stream[CS_STREAM_ID_SIZE];
        uint8_t head[CS_HASH_SIZE];
    } known[16];
    static _Thread_local size_t count;
    if (!stream) {
        count = 0;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (memcmp(known[i].stream, stream, CS_STREAM_ID_SIZE) == 0)
            return &known[i].head;
    assert_true(count < 16);
    memset(&known[count], 0, sizeof known[count]);
    memcpy(known[count].stream, stream, CS_STREAM_ID_SIZE);
    return &known[count++].head;
}

/* ---- enrolling ------------------------------------------------------------------------------------- */

void peer_enrol(const peer_server *server, peer_device *device, peer_reply *out)
{
    char path[100];
    uint8_t message[CS_ENROL_SIGNED_SIZE];
    cs_enrolment enrolment = {.protection = 1, .joined = device->joined};
    cs_buffer body;
    memcpy(enrolment.profile, device->profile, sizeof device->profile);
    memcpy(enrolment.stream, device->stream, sizeof device->stream);
    memcpy(enrolment.key, device->key, sizeof device->key);
    cs_enrolment_signed(&enrolment, message);
    assert_int_equal(cs_es256_sign(device->scalar, (cs_span){message, sizeof message}, enrolment.signature, NULL),
                     CONSENT_OK);
    cs_buffer_init(&body, cs_memory_system(), 4096);
    cs_enrolment_write(&enrolment, &body);
    peer_path(device, "devices", path, sizeof path);
    peer_ask(server, "POST", path, device->token[0] ? device->token : NULL, NULL, cs_buffer_span(&body), out);
    cs_buffer_free(&body);
}

void peer_join(const peer_server *server, peer_device *device)
{
    peer_reply reply;
    char token[256];
    peer_enrol(server, device, &reply);
    peer_expect(&reply, 200);
    peer_text(&reply, "token", token, sizeof token);
    if (token[0] != '\0')
        memcpy(device->token, token, sizeof token);
    peer_reply_free(&reply);
}

/* ---- recording ---------------------------------------------------------------------------------------- */

void peer_record_event(peer_device *device, cs_event *event)
{
    cs_buffer bytes;
    uint64_t seq = device->last + 1;
    assert_true(seq < 1101);
    cs_buffer_init(&bytes, cs_memory_system(), 64u << 10);
    event->seq = seq;
    event->time_ms = INT64_C(1790000000000) + (int64_t)seq;
    event->session_id = session;
    cs_event_encode(event, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(cs_wire_chain(device->heads[seq - 1], cs_buffer_span(&bytes), device->heads[seq], NULL),
                     CONSENT_OK);
    cs_buffer_sized(&device->events, bytes.data, bytes.size);
    device->ends[seq] = device->events.size;
    device->last = seq;
    cs_buffer_free(&bytes);
}

void peer_record(peer_device *device, uint32_t type, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        cs_event event = {.type = type,
                          .policy = {.id = CS_STR("platform"), .version = 1},
                          .purpose = CS_STR("search"),
                          .data = {CS_STR("keyword")},
                          .data_count = 1};
        peer_record_event(device, &event);
    }
}

void peer_range(const peer_device *device, uint64_t first, uint64_t last, cs_range *out)
{
    uint8_t message[CS_RANGE_SIGNED_SIZE];
    memset(out, 0, sizeof *out);
    memcpy(out->profile, device->profile, sizeof out->profile);
    memcpy(out->stream, device->stream, sizeof out->stream);
    out->first = first;
    out->last = last;
    memcpy(out->head, device->heads[last], CS_HASH_SIZE);
    out->events =
        (cs_span){device->events.data + device->ends[first - 1], device->ends[last] - device->ends[first - 1]};
    cs_range_signed(out, message);
    assert_int_equal(cs_es256_sign(device->scalar, (cs_span){message, sizeof message}, out->signature, NULL),
                     CONSENT_OK);
}

void peer_send_range(const peer_server *server, const peer_device *device, const cs_range *range, peer_reply *out)
{
    char path[100];
    cs_buffer body;
    cs_buffer_init(&body, cs_memory_system(), 8u << 20);
    assert_int_equal(cs_range_write(cs_memory_system(), range, &body, NULL), CONSENT_OK);
    peer_path(device, "events", path, sizeof path);
    peer_ask(server, "POST", path, device->token, NULL, cs_buffer_span(&body), out);
    cs_buffer_free(&body);
}

void peer_send(const peer_server *server, const peer_device *device, uint64_t first, uint64_t last, peer_reply *out)
{
    cs_range range;
    peer_range(device, first, last, &range);
    peer_send_range(server, device, &range, out);
}

void peer_fetch(const peer_server *server, const peer_device *device, uint64_t after, bool name_own, peer_reply *out)
{
    char rest[100], path[200], hex[2 * CS_STREAM_ID_SIZE + 1];
    if (after == 0)
        (void)head_of(NULL); /* a walk over pages begins */
    cs_hex_encode(device->stream, CS_STREAM_ID_SIZE, hex);
    (void)snprintf(rest, sizeof rest, "events?after=%llu%s%s", (unsigned long long)after, name_own ? "&stream=" : "",
                   name_own ? hex : "");
    peer_path(device, rest, path, sizeof path);
    peer_ask(server, "GET", path, device->token, NULL, (cs_span){NULL, 0}, out);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static void open_receipt(const peer_server *server, cs_str jws, cs_receipt *out)
{
    size_t index;
    consent_error err = {0};
    if (cs_receipt_open(cs_memory_system(), jws, server->receipt_key, 1, &index, out, &err) != CONSENT_OK)
        fail_msg("a receipt does not verify: %s", err.message);
}

size_t peer_receipts(const peer_server *server, const peer_device *device, const peer_reply *reply,
                     cs_receipt out[CS_ANSWER_MAX_RECEIPTS])
{
    cs_str texts[CS_ANSWER_MAX_RECEIPTS];
    cs_json_doc doc;
    size_t count;
    peer_expect(reply, 200);
    assert_int_equal(
        cs_receipts_read(&doc, (cs_str){(const char *)reply->body.data, reply->body.size}, texts, &count, NULL),
        CONSENT_OK);
    for (size_t i = 0; i < count; i++) {
        open_receipt(server, texts[i], &out[i]);
        assert_memory_equal(out[i].profile, device->profile, sizeof device->profile);
        assert_memory_equal(out[i].stream, device->stream, sizeof device->stream);
        assert_true(out[i].last <= device->last);
        assert_memory_equal(out[i].head, device->heads[out[i].last], CS_HASH_SIZE);
    }
    cs_json_free(&doc);
    return count;
}

static void check_item(const cs_page_item *item, const cs_receipt *receipt, const cs_buffer *events, peer_event_fn fn,
                       void *ctx)
{
    uint8_t message[CS_RANGE_SIGNED_SIZE], head[CS_HASH_SIZE], hash[CS_HASH_SIZE];
    cs_span key = {item->key, CS_P256_PUBLIC_SIZE};
    cs_range range = {.first = receipt->first, .last = receipt->last, .events = cs_buffer_span(events)};
    memcpy(range.profile, receipt->profile, sizeof range.profile);
    memcpy(range.stream, receipt->stream, sizeof range.stream);
    memcpy(range.head, receipt->head, sizeof range.head);
    assert_int_equal(item->has_key, !receipt->by_backend);
    if (item->has_key) {
        cs_range_signed(&range, message);
        assert_int_equal(cs_sha256(&key, 1, hash, NULL), CONSENT_OK);
        assert_memory_equal(hash, receipt->key, sizeof hash);
        assert_int_equal(cs_es256_verify(item->key, (cs_span){message, sizeof message}, item->signature, NULL),
                         CONSENT_OK);
    }
    uint8_t(*before)[CS_HASH_SIZE] = head_of(receipt->stream);
    assert_int_equal(cs_range_follow(&range, *before, head, NULL), CONSENT_OK);
    assert_memory_equal(head, receipt->head, sizeof head);
    memcpy(*before, head, sizeof head);
    cs_reader in = cs_reader_of(range.events);
    for (uint64_t seq = receipt->first; seq <= receipt->last && fn; seq++) {
        cs_event event;
        assert_int_equal(cs_event_decode(cs_wire_next_event(&in), &event, NULL), CONSENT_OK);
        fn(ctx, receipt, &event, receipt->first_cursor + seq - receipt->first);
    }
}

size_t peer_read_page(const peer_server *server, const peer_reply *reply, peer_event_fn fn, void *ctx, uint64_t *next,
                      bool *more)
{
    cs_feed_page page;
    consent_error err = {0};
    peer_expect(reply, 200);
    assert_true(reply->body.size <= CS_ANSWER_MAX_BYTES);
    if (cs_feed_page_read((cs_str){(const char *)reply->body.data, reply->body.size}, &page, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < page.count; i++) {
        cs_page_item item;
        cs_receipt receipt;
        cs_buffer events;
        assert_int_equal(cs_feed_page_item(&page, i, &item, NULL), CONSENT_OK);
        open_receipt(server, item.receipt, &receipt);
        cs_buffer_init(&events, cs_memory_system(), CS_RANGE_MAX_BYTES);
        if (item.has_events) {
            assert_int_equal(cs_page_item_events(cs_memory_system(), &item, &events, NULL), CONSENT_OK);
            check_item(&item, &receipt, &events, fn, ctx);
        }
        cs_buffer_free(&events);
    }
    *next = page.next;
    *more = page.more;
    size_t count = page.count;
    cs_feed_page_free(&page);
    return count;
}
