#include "support/backend.h"

#include "crypto/jws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (4u * 1024u * 1024u)

static const cs_memory *memory(void)
{
    return cs_memory_system();
}

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "the backend of a test: %s\n", what);
    abort();
}

void backend_init(backend *b, world *w)
{
    memset(b, 0, sizeof *b);
    b->w = w;
    memcpy(b->receipt_key, journey_backend(), sizeof b->receipt_key);
    cs_buffer_init(&b->head, memory(), BODY_MAX);
    cs_buffer_init(&b->keys, memory(), BODY_MAX);
    cs_buffer_init(&b->sealed, memory(), BODY_MAX);
    journey_key_set(&b->keys);
}

void backend_free(backend *b)
{
    for (size_t i = 0; i < b->range_count; i++)
        cs_buffer_free(&b->ranges[i].events);
    cs_buffer_free(&b->head);
    cs_buffer_free(&b->keys);
    cs_buffer_free(&b->sealed);
}

backend_fault *backend_fail(backend *b, const char *method, const char *path, int32_t status, const char *code)
{
    static char bodies[8][128];
    must(b->fault_count < 8, "too many faults");
    backend_fault *fault = &b->faults[b->fault_count];
    char *body = bodies[b->fault_count++];
    (void)snprintf(body, sizeof bodies[0], "{\"error\":{\"code\":\"%s\",\"message\":\"as told\"}}", code ? code : "x");
    *fault = (backend_fault){.method = method, .path = path, .times = 1, .status = status, .body = code ? body : NULL};
    return fault;
}

/* ---- what is stored ------------------------------------------------------------------------------------- */

uint64_t backend_cursor(const backend *b, const uint8_t profile[CS_PROFILE_ID_SIZE])
{
    uint64_t cursor = 0;
    for (size_t i = 0; i < b->range_count; i++) {
        const cs_receipt *r = &b->ranges[i].receipt;
        uint64_t end = r->first_cursor + (r->last - r->first);
        if (memcmp(r->profile, profile, CS_PROFILE_ID_SIZE) == 0 && end > cursor)
            cursor = end;
    }
    return cursor;
}

static backend_range *last_of(backend *b, const uint8_t *profile, const uint8_t *stream)
{
    backend_range *last = NULL;
    for (size_t i = 0; i < b->range_count; i++)
        if (memcmp(b->ranges[i].receipt.stream, stream, CS_STREAM_ID_SIZE) == 0 &&
            memcmp(b->ranges[i].receipt.profile, profile, CS_PROFILE_ID_SIZE) == 0)
            last = &b->ranges[i];
    return last;
}

uint64_t backend_stored(const backend *b, const uint8_t stream[CS_STREAM_ID_SIZE])
{
    uint64_t count = 0;
    for (size_t i = 0; i < b->range_count; i++)
        if (memcmp(b->ranges[i].receipt.stream, stream, CS_STREAM_ID_SIZE) == 0)
            count += b->ranges[i].receipt.last - b->ranges[i].receipt.first + 1;
    return count;
}

static backend_device *device_of(backend *b, const uint8_t *profile, const uint8_t *stream)
{
    for (size_t i = 0; i < b->device_count; i++)
        if (memcmp(b->devices[i].stream, stream, CS_STREAM_ID_SIZE) == 0 &&
            memcmp(b->devices[i].profile, profile, CS_PROFILE_ID_SIZE) == 0)
            return &b->devices[i];
    return NULL;
}

static backend_range *add_range(backend *b, const uint8_t *profile, const uint8_t *stream, uint64_t first,
                                uint64_t last, cs_span events)
{
    must(b->range_count < BACKEND_MAX_RANGES, "too many ranges");
    backend_range *range = &b->ranges[b->range_count];
    const backend_range *before = last_of(b, profile, stream);
    uint64_t cursor = backend_cursor(b, profile);
    b->range_count++;
    memset(range, 0, sizeof *range);
    memcpy(range->receipt.profile, profile, CS_PROFILE_ID_SIZE);
    memcpy(range->receipt.stream, stream, CS_STREAM_ID_SIZE);
    range->receipt.first = first;
    range->receipt.last = last;
    range->receipt.first_cursor = cursor + 1;
    range->receipt.time_ms = b->w->wall_ms + b->clock_ahead_s * CS_SECOND_MS;
    if (before != NULL)
        memcpy(range->receipt.head, before->receipt.head, CS_HASH_SIZE);
    cs_reader in = cs_reader_of(events);
    for (uint64_t seq = first; seq <= last; seq++)
        must(cs_wire_chain(range->receipt.head, cs_wire_next_event(&in), range->receipt.head, NULL) == CONSENT_OK,
             "chain");
    cs_buffer_init(&range->events, memory(), CS_RANGE_MAX_BYTES + 65536);
    cs_buffer_append(&range->events, events.data, events.size);
    return range;
}

static void write_receipt(backend *b, const backend_range *range, cs_buffer *jws)
{
    cs_buffer payload;
    cs_receipt receipt = range->receipt;
    if (b->forge != NULL)
        b->forge(b, &receipt);
    cs_buffer_init(&payload, memory(), 4096);
    cs_receipt_payload(&receipt, &payload);
    must(cs_jws_sign(cs_str_of(b->receipt_typ ? b->receipt_typ : CS_TYP_RECEIPT),
                     (cs_str){(const char *)payload.data, payload.size}, b->receipt_key, jws, NULL) == CONSENT_OK,
         "receipt");
    cs_buffer_free(&payload);
}

void backend_support(backend *b, const uint8_t profile[CS_PROFILE_ID_SIZE], cs_event event)
{
    uint8_t stream[CS_STREAM_ID_SIZE] = {0xBA, 0xCE};
    cs_buffer one, sized;
    memcpy(stream + 2, profile, 14);
    const backend_range *before = last_of(b, profile, stream);
    event.seq = before != NULL ? before->receipt.last + 1 : 1;
    event.time_ms = b->w->wall_ms;
    cs_buffer_init(&one, memory(), CS_EVENT_MAX_SIZE);
    cs_buffer_init(&sized, memory(), CS_EVENT_MAX_SIZE + 8);
    cs_event_encode(&event, &one);
    cs_buffer_sized(&sized, one.data, one.size);
    backend_range *range = add_range(b, profile, stream, event.seq, event.seq, cs_buffer_span(&sized));
    range->receipt.by_backend = true;
    cs_buffer_free(&one);
    cs_buffer_free(&sized);
}

/* ---- answers ----------------------------------------------------------------------------------------------- */

typedef struct answering {
    backend *b;
    const consent_http_request *request;
    uint8_t profile[CS_PROFILE_ID_SIZE];
    int32_t status;
    cs_buffer body;
} answering;

static void refuse(answering *a, int32_t status, const char *code, uint64_t last)
{
    a->status = status;
    cs_buffer_clear(&a->body);
    cs_wire_error_write(code, "refused", last, &a->body);
}

static void put_receipt(answering *a, const backend_range *range, bool first)
{
    cs_buffer_text(&a->body, first ? "\"" : ",\"");
    write_receipt(a->b, range, &a->body);
    cs_buffer_text(&a->body, "\"");
}

static void take_device(answering *a)
{
    cs_enrolment e;
    consent_error err = {0};
    uint8_t message[CS_ENROL_SIGNED_SIZE];
    cs_str body = {a->request->body, a->request->body_size};
    must(cs_enrolment_read(body, &e, &err) == CONSENT_OK, err.message);
    memcpy(e.profile, a->profile, sizeof e.profile);
    cs_enrolment_signed(&e, message);
    must(cs_es256_verify(e.key, (cs_span){message, sizeof message}, e.signature, NULL) == CONSENT_OK, "enrolment");
    backend_device *known = device_of(a->b, a->profile, e.stream);
    if (known != NULL && memcmp(known->key, e.key, sizeof e.key) != 0) {
        refuse(a, 409, "fork", 0);
        return;
    }
    uint8_t id[CS_PROFILE_ID_SIZE];
    must(cs_wire_anonymous_id(e.stream, id, NULL) == CONSENT_OK, "id");
    bool first = memcmp(id, a->profile, sizeof id) == 0;
    if (a->b->expected_token == NULL && !first &&
        (a->request->token == NULL || strcmp(a->request->token, "own-token") != 0)) {
        refuse(a, 401, "token", 0);
        return;
    }
    if (known == NULL) {
        must(a->b->device_count < BACKEND_MAX_DEVICES, "too many devices");
        known = &a->b->devices[a->b->device_count++];
        memcpy(known->profile, a->profile, sizeof known->profile);
        memcpy(known->stream, e.stream, sizeof known->stream);
        memcpy(known->key, e.key, sizeof known->key);
        known->joined = e.joined;
        known->protection = e.protection;
    }
    cs_buffer_text(&a->body, a->b->expected_token != NULL || !first ? "{\"token\":\"\"}" : "{\"token\":\"own-token\"}");
}

static void store(answering *a, const cs_range *range, const backend_device *device)
{
    backend_range *stored = add_range(a->b, a->profile, range->stream, range->first, range->last, range->events);
    const cs_span key = {device->key, sizeof device->key};
    must(memcmp(stored->receipt.head, range->head, CS_HASH_SIZE) == 0, "the range's head");
    must(cs_sha256(&key, 1, stored->receipt.key, NULL) == CONSENT_OK, "hash");
    memcpy(stored->key, device->key, sizeof stored->key);
    memcpy(stored->signature, range->signature, sizeof stored->signature);
    stored->receipt.joined = device->joined;
    cs_buffer_text(&a->body, "{\"receipts\":[");
    put_receipt(a, stored, true);
    cs_buffer_text(&a->body, "]}");
}

/* 0: something else stands there. */
static size_t acknowledge(answering *a, const cs_range *range)
{
    size_t count = 0;
    uint8_t head[CS_HASH_SIZE];
    cs_reader in = cs_reader_of(range->events);
    uint64_t at = range->first;
    bool begun = false;
    cs_buffer_text(&a->body, "{\"receipts\":[");
    for (size_t i = 0; i < a->b->range_count; i++) {
        const backend_range *stored = &a->b->ranges[i];
        const cs_receipt *r = &stored->receipt;
        if (memcmp(r->stream, range->stream, CS_STREAM_ID_SIZE) != 0 ||
            memcmp(r->profile, a->profile, CS_PROFILE_ID_SIZE) != 0)
            continue;
        if (r->last < range->first) {
            memcpy(head, r->head, sizeof head);
            begun = true;
            continue;
        }
        if (!begun)
            memset(head, 0, sizeof head);
        begun = true;
        for (; at <= r->last && at <= range->last; at++)
            must(cs_wire_chain(head, cs_wire_next_event(&in), head, NULL) == CONSENT_OK, "chain");
        if (r->last <= range->last && memcmp(head, r->head, sizeof head) != 0)
            return 0;
        put_receipt(a, stored, count++ == 0);
    }
    cs_buffer_text(&a->body, "]}");
    return count;
}

static void take_range(answering *a)
{
    cs_range range;
    cs_buffer events;
    consent_error err = {0};
    uint8_t message[CS_RANGE_SIGNED_SIZE];
    cs_buffer_init(&events, memory(), CS_RANGE_MAX_BYTES);
    must(cs_range_read(memory(), (cs_str){a->request->body, a->request->body_size}, &range, &events, &err) ==
             CONSENT_OK,
         err.message);
    memcpy(range.profile, a->profile, sizeof range.profile);
    const backend_device *device = device_of(a->b, a->profile, range.stream);
    const backend_range *last = last_of(a->b, a->profile, range.stream);
    uint64_t stored = last != NULL ? last->receipt.last : 0;
    cs_range_signed(&range, message);
    if (device == NULL)
        refuse(a, 404, "unknown", 0);
    else if (cs_es256_verify(device->key, (cs_span){message, sizeof message}, range.signature, NULL) != CONSENT_OK)
        refuse(a, 400, "rejected", 0);
    else if (a->b->max_events != 0 && range.last - range.first + 1 > a->b->max_events)
        refuse(a, 413, "too_large", 0);
    else if (a->b->poison_seq >= range.first && a->b->poison_seq <= range.last && device == &a->b->devices[0])
        refuse(a, 400, "rejected", 0);
    else if (range.first > stored + 1)
        refuse(a, 409, "gap", stored);
    else if (range.first == stored + 1)
        store(a, &range, device);
    else if (acknowledge(a, &range) == 0)
        refuse(a, 409, "fork", 0);
    cs_buffer_free(&events);
}

static void give_page(answering *a)
{
    unsigned long long after = 0;
    char stream_hex[40] = "";
    uint8_t own[CS_STREAM_ID_SIZE] = {0};
    cs_json_out json;
    uint64_t next = 0;
    uint32_t count = 0;
    bool more = false;
    must(sscanf(strstr(a->request->url, "?after="), "?after=%llu&stream=%32s", &after, stream_hex) == 2, "query");
    must(cs_hex_decode(cs_str_of(stream_hex), own, sizeof own), "stream");
    if (after > backend_cursor(a->b, a->profile)) {
        refuse(a, 409, "gap", backend_cursor(a->b, a->profile));
        return;
    }
    next = after;
    cs_json_out_init(&json, &a->body);
    cs_feed_page_begin(&json);
    for (size_t i = 0; i < a->b->range_count && !more; i++) {
        backend_range *stored = &a->b->ranges[i];
        const cs_receipt *r = &stored->receipt;
        uint64_t end = r->first_cursor + (r->last - r->first);
        if (memcmp(r->profile, a->profile, CS_PROFILE_ID_SIZE) != 0 || end <= after)
            continue;
        if (a->b->page_items != 0 && count == a->b->page_items) {
            more = true;
            break;
        }
        cs_buffer jws;
        cs_buffer_init(&jws, memory(), 4096);
        write_receipt(a->b, stored, &jws);
        cs_range range = {.first = r->first, .last = r->last, .events = cs_buffer_span(&stored->events)};
        memcpy(range.signature, stored->signature, sizeof range.signature);
        bool is_own = memcmp(own, r->stream, sizeof own) == 0;
        must(cs_feed_page_put(memory(), &json, (cs_str){(const char *)jws.data, jws.size}, is_own ? NULL : &range,
                              r->by_backend ? NULL : stored->key, NULL) == CONSENT_OK,
             "page");
        cs_buffer_free(&jws);
        next = end;
        count++;
    }
    cs_feed_page_end(&json, next, more);
}

static void give_policy(answering *a, const char *path)
{
    uint8_t wanted[CS_HASH_SIZE];
    a->status = 404;
    if (strncmp(path, "head", 4) == 0) {
        if (a->b->head.size != 0) {
            cs_buffer_append(&a->body, a->b->head.data, a->b->head.size);
            a->status = 200;
        }
        return;
    }
    must(cs_hex_decode(cs_str_of(path), wanted, sizeof wanted), "hash");
    for (size_t i = 0; i < a->b->bundle_count; i++) {
        cs_bundle bundle;
        must(cs_bundle_open(memory(), a->b->bundles[i], journey_root(), 1, a->b->w->wall_ms, &bundle, NULL) ==
                 CONSENT_OK,
             "bundle");
        if (memcmp(bundle.policy->hash, wanted, sizeof wanted) == 0) {
            cs_buffer_append(&a->body, a->b->bundles[i].data, a->b->bundles[i].size);
            a->status = 200;
        }
        cs_bundle_free(&bundle);
    }
}

static void take_sealed(answering *a)
{
    cs_sealed_receipt receipt = {.time_ms = a->b->w->wall_ms};
    cs_buffer payload;
    const cs_span part = {a->request->body, a->request->body_size};
    cs_buffer_clear(&a->b->sealed);
    cs_buffer_append(&a->b->sealed, part.data, part.size);
    must(cs_sha256(&part, 1, receipt.sha256, NULL) == CONSENT_OK, "hash");
    cs_buffer_init(&payload, memory(), 1024);
    cs_sealed_receipt_payload(&receipt, &payload);
    cs_buffer_text(&a->body, "{\"receipt\":\"");
    must(cs_jws_sign(CS_STR(CS_TYP_SEALED), (cs_str){(const char *)payload.data, payload.size}, a->b->receipt_key,
                     &a->body, NULL) == CONSENT_OK,
         "receipt");
    cs_buffer_text(&a->body, "\"}");
    cs_buffer_free(&payload);
}

static void work(answering *a, const char *path)
{
    a->status = 200;
    if (strcmp(path, "/v1/keys") == 0)
        cs_buffer_append(&a->body, a->b->keys.data, a->b->keys.size);
    else if (strncmp(path, "/v1/policies/", 13) == 0)
        give_policy(a, path + 13);
    else if (strcmp(path, "/v1/sealed") == 0)
        take_sealed(a);
    else {
        char hex[2 * CS_PROFILE_ID_SIZE + 1] = "";
        const char *what = path + 13 + 32 + 1;
        must(strncmp(path, "/v1/profiles/", 13) == 0 && strlen(path) > 46, "path");
        memcpy(hex, path + 13, 32);
        must(cs_hex_decode(cs_str_of(hex), a->profile, sizeof a->profile), "profile");
        const char *expected = a->b->expected_token ? a->b->expected_token : "own-token";
        bool open_door = a->b->expected_token == NULL && strcmp(what, "devices") == 0;
        if (!open_door && (a->request->token == NULL || strcmp(a->request->token, expected) != 0))
            refuse(a, 401, "token", 0);
        else if (strcmp(what, "devices") == 0)
            take_device(a);
        else if (strcmp(a->request->method, "POST") == 0)
            take_range(a);
        else
            give_page(a);
    }
}

static backend_fault *next_fault(backend *b, const char *method, const char *path)
{
    for (size_t i = 0; i < b->fault_count; i++) {
        backend_fault *fault = &b->faults[i];
        if ((fault->method != NULL && strcmp(fault->method, method) != 0) ||
            (fault->path != NULL && strstr(path, fault->path) == NULL))
            continue;
        fault->seen++;
        if (fault->seen > fault->after && fault->seen <= fault->after + fault->times)
            return fault;
    }
    return NULL;
}

static void note(backend *b, const consent_http_request *request, const char *path)
{
    const char *what = strncmp(path, "/v1/profiles/", 13) == 0 ? path + 13 + 33 : path + 4;
    size_t size = strlen(b->log);
    (void)snprintf(b->log + size, sizeof b->log - size, "%s %.*s\n", request->method, (int)strcspn(what, "?/"), what);
    b->requests++;
    b->bytes_out += strlen(request->url) + request->body_size + (request->token ? strlen(request->token) : 0);
}

static consent_status perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                              consent_error *err)
{
    backend *b = ctx;
    const char *path = request->url + strlen(BACKEND_URL);
    answering a = {.b = b, .request = request};
    must(strncmp(request->url, BACKEND_URL, strlen(BACKEND_URL)) == 0, "address");
    note(b, request, path);
    if (b->clock_suspect) {
        answer->clock_suspect = true;
        return cs_fail(err, CONSENT_E_NETWORK, 60, "the certificate is out of its time");
    }
    backend_fault *fault = next_fault(b, request->method, path);
    if (fault != NULL && fault->breaks)
        return cs_fail(err, CONSENT_E_NETWORK, 7, "no route to the backend");
    cs_buffer_init(&a.body, memory(), BODY_MAX);
    if (b->during != NULL)
        b->during(b);
    if (fault != NULL && fault->status != 0)
        a.status = fault->status;
    else
        work(&a, path);
    if (fault != NULL && fault->body != NULL) {
        cs_buffer_clear(&a.body);
        cs_buffer_text(&a.body, fault->body);
    }
    answer->status = a.status;
    if (fault != NULL && fault->retry_after != NULL)
        (void)snprintf(answer->retry_after, sizeof answer->retry_after, "%s", fault->retry_after);
    if (fault != NULL && fault->date != NULL)
        (void)snprintf(answer->date, sizeof answer->date, "%s", fault->date);
    consent_status status = CONSENT_OK;
    if (fault != NULL && fault->lost)
        status = cs_fail(err, CONSENT_E_NETWORK, 52, "the answer was lost");
    else if (a.body.size != 0 && request->receive(request->ctx, a.body.data, a.body.size) != 0)
        status = cs_fail(err, CONSENT_E_NETWORK, 23, "the answer was too large");
    cs_buffer_free(&a.body);
    return status;
}

consent_transport backend_transport(backend *b)
{
    return (consent_transport){sizeof(consent_transport), b, perform};
}

void backend_setup(backend *b, consent_transport *transport, cs_sync_setup *setup)
{
    consent_sync_config config = CONSENT_INIT(consent_sync_config);
    consent_error err = {0};
    *transport = backend_transport(b);
    config.endpoint = BACKEND_URL;
    config.region = "CN";
    config.transport = transport;
    must(cs_sync_set_up(memory(), &config, setup, &err) == CONSENT_OK, err.message);
}
