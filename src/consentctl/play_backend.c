#include "consentctl/play_backend.h"

#include "crypto/jws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX_BYTES (8u * 1024u * 1024u)
#define PROFILES_PATH "/v1/profiles/"

void cs_play_backend_init(cs_play_backend *backend, const cs_memory *memory, const cs_key_pair *signer)
{
    memset(backend, 0, sizeof *backend);
    backend->memory = memory;
    backend->signer = signer;
}

void cs_play_backend_clear(cs_play_backend *backend)
{
    for (size_t i = 0; i < backend->range_count; i++)
        cs_buffer_free(&backend->ranges[i].events);
    for (size_t i = 0; i < backend->published_count; i++)
        cs_buffer_free(&backend->published[i].bytes);
    backend->range_count = backend->stream_count = backend->published_count = 0;
    backend->network = CS_PLAY_NETWORK_ON;
}

/* ---- what is stored -------------------------------------------------------------------------------------- */

static bool of_profile(const cs_play_range *range, const uint8_t *profile)
{
    return memcmp(range->receipt.profile, profile, CS_PROFILE_ID_SIZE) == 0;
}

static bool of_stream(const cs_play_range *range, const uint8_t *profile, const uint8_t *stream)
{
    return of_profile(range, profile) && memcmp(range->receipt.stream, stream, CS_STREAM_ID_SIZE) == 0;
}

static uint64_t last_cursor(const cs_play_range *range)
{
    return range->receipt.first_cursor + (range->receipt.last - range->receipt.first);
}

uint64_t cs_play_backend_count(const cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE])
{
    uint64_t cursor = 0;
    for (size_t i = 0; i < backend->range_count; i++)
        if (of_profile(&backend->ranges[i], profile))
            cursor = last_cursor(&backend->ranges[i]);
    return cursor;
}

consent_status cs_play_backend_events(const cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE],
                                      consent_status (*each)(void *ctx, const uint8_t *stream, cs_span event,
                                                             consent_error *err),
                                      void *ctx, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (size_t i = 0; i < backend->range_count; i++) {
        const cs_play_range *range = &backend->ranges[i];
        cs_reader in = cs_reader_of(cs_buffer_span(&range->events));
        if (!of_profile(range, profile))
            continue;
        for (cs_span event = cs_wire_next_event(&in); status == CONSENT_OK && event.size != 0;
             event = cs_wire_next_event(&in))
            status = each(ctx, range->receipt.stream, event, err);
    }
    return status;
}

static const cs_play_range *last_of(const cs_play_backend *backend, const uint8_t *profile, const uint8_t *stream)
{
    const cs_play_range *last = NULL;
    for (size_t i = 0; i < backend->range_count; i++)
        if (of_stream(&backend->ranges[i], profile, stream))
            last = &backend->ranges[i];
    return last;
}

static cs_play_stream *stream_of(cs_play_backend *backend, const uint8_t *profile, const uint8_t *stream)
{
    for (size_t i = 0; i < backend->stream_count; i++)
        if (memcmp(backend->streams[i].stream, stream, CS_STREAM_ID_SIZE) == 0 &&
            memcmp(backend->streams[i].profile, profile, CS_PROFILE_ID_SIZE) == 0)
            return &backend->streams[i];
    return NULL;
}

static consent_status add_range(cs_play_backend *backend, const cs_range *range, cs_play_range **out,
                                consent_error *err)
{
    uint64_t cursor = cs_play_backend_count(backend, range->profile);
    if (backend->range_count == CS_PLAY_MAX_RANGES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario's backend stores at most %u ranges", CS_PLAY_MAX_RANGES);
    cs_play_range *added = &backend->ranges[backend->range_count++];
    memset(added, 0, sizeof *added);
    memcpy(added->receipt.profile, range->profile, CS_PROFILE_ID_SIZE);
    memcpy(added->receipt.stream, range->stream, CS_STREAM_ID_SIZE);
    memcpy(added->receipt.head, range->head, CS_HASH_SIZE);
    memcpy(added->signature, range->signature, CS_SIGNATURE_SIZE);
    added->receipt.first = range->first;
    added->receipt.last = range->last;
    added->receipt.first_cursor = cursor + 1;
    added->receipt.time_ms = backend->now_ms;
    cs_buffer_init(&added->events, backend->memory, CS_RANGE_MAX_BYTES + CS_EVENT_MAX_SIZE);
    cs_buffer_append(&added->events, range->events.data, range->events.size);
    *out = added;
    return cs_buffer_status(&added->events, "a stored range", err);
}

consent_status cs_play_backend_act(cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE], cs_event *event,
                                   consent_error *err)
{
    cs_range range = {{0}, {0xBA, 0xCE}, 0, 0, {0}, {0}, {NULL, 0}};
    cs_play_range *added = NULL;
    cs_buffer one, sized;
    memcpy(range.profile, profile, CS_PROFILE_ID_SIZE);
    memcpy(range.stream + 2, profile, CS_STREAM_ID_SIZE - 2);
    const cs_play_range *before = last_of(backend, profile, range.stream);
    event->seq = range.first = range.last = before != NULL ? before->receipt.last + 1 : 1;
    event->time_ms = backend->now_ms;
    event->seen = cs_play_backend_count(backend, profile);
    if (before != NULL)
        memcpy(range.head, before->receipt.head, CS_HASH_SIZE);
    cs_buffer_init(&one, backend->memory, CS_EVENT_MAX_SIZE);
    cs_buffer_init(&sized, backend->memory, CS_EVENT_MAX_SIZE + 8);
    cs_event_encode(event, &one);
    cs_buffer_sized(&sized, one.data, one.size);
    range.events = cs_buffer_span(&sized);
    consent_status status = cs_buffer_status(&sized, "what support did", err);
    if (status == CONSENT_OK)
        status = cs_wire_chain(range.head, cs_buffer_span(&one), range.head, err);
    if (status == CONSENT_OK)
        status = add_range(backend, &range, &added, err);
    if (status == CONSENT_OK)
        added->receipt.by_backend = true;
    cs_buffer_free(&one);
    cs_buffer_free(&sized);
    return status;
}

consent_status cs_play_backend_publish(cs_play_backend *backend, const char *path, cs_span bytes, consent_error *err)
{
    for (size_t i = 0; i < backend->published_count; i++)
        if (strcmp(backend->published[i].path, path) == 0)
            return CONSENT_OK;
    if (backend->published_count == CS_PLAY_MAX_PUBLISHED)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario's backend publishes at most %u texts",
                       CS_PLAY_MAX_PUBLISHED);
    cs_play_published *added = &backend->published[backend->published_count++];
    (void)snprintf(added->path, sizeof added->path, "%s", path);
    cs_buffer_init(&added->bytes, backend->memory, BODY_MAX_BYTES);
    cs_buffer_append(&added->bytes, bytes.data, bytes.size);
    return cs_buffer_status(&added->bytes, "what is published", err);
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

typedef struct answering {
    cs_play_backend *backend;
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

static cs_str body_of(const answering *a)
{
    return (cs_str){a->request->body, a->request->body_size};
}

static consent_status sign(const answering *a, const char *typ, const cs_buffer *payload, cs_buffer *out,
                           consent_error *err)
{
    return cs_jws_sign(cs_str_of(typ), (cs_str){(const char *)payload->data, payload->size},
                       a->backend->signer->private_key, out, err);
}

static consent_status put_receipt(answering *a, const cs_play_range *range, cs_buffer *out, consent_error *err)
{
    cs_buffer payload;
    cs_buffer_init(&payload, a->backend->memory, CS_RECEIPT_MAX_BYTES);
    cs_receipt_payload(&range->receipt, &payload);
    consent_status status = sign(a, CS_TYP_RECEIPT, &payload, out, err);
    cs_buffer_free(&payload);
    return status;
}

static consent_status take_enrolment(answering *a, consent_error *err)
{
    cs_enrolment e;
    uint8_t message[CS_ENROL_SIGNED_SIZE];
    if (cs_enrolment_read(body_of(a), &e, NULL) != CONSENT_OK) {
        refuse(a, 400, "rejected", 0);
        return CONSENT_OK;
    }
    memcpy(e.profile, a->profile, sizeof e.profile);
    cs_enrolment_signed(&e, message);
    cs_play_stream *known = stream_of(a->backend, a->profile, e.stream);
    if (cs_es256_verify(e.key, (cs_span){message, sizeof message}, e.signature, NULL) != CONSENT_OK) {
        refuse(a, 422, "rejected", 0);
    } else if (known != NULL && memcmp(known->key, e.key, sizeof e.key) != 0) {
        refuse(a, 409, "fork", 0);
    } else {
        if (known == NULL && a->backend->stream_count == CS_PLAY_MAX_STREAMS)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario's backend knows at most %u device keys",
                           CS_PLAY_MAX_STREAMS);
        if (known == NULL)
            known = &a->backend->streams[a->backend->stream_count++];
        memcpy(known->profile, a->profile, sizeof known->profile);
        memcpy(known->stream, e.stream, sizeof known->stream);
        memcpy(known->key, e.key, sizeof known->key);
        known->joined = e.joined;
        cs_buffer_text(&a->body, "{\"token\":\"scenario\"}");
    }
    return CONSENT_OK;
}

static consent_status put_receipts(answering *a, const cs_range *sent, consent_error *err)
{
    consent_status status = CONSENT_OK;
    bool first = true;
    cs_buffer_text(&a->body, "{\"receipts\":[");
    for (size_t i = 0; i < a->backend->range_count && status == CONSENT_OK; i++) {
        const cs_play_range *range = &a->backend->ranges[i];
        if (!of_stream(range, sent->profile, sent->stream) || range->receipt.last < sent->first ||
            range->receipt.first > sent->last)
            continue;
        cs_buffer_text(&a->body, first ? "\"" : ",\"");
        status = put_receipt(a, range, &a->body, err);
        cs_buffer_text(&a->body, "\"");
        first = false;
    }
    cs_buffer_text(&a->body, "]}");
    return status;
}

/* Whether what is stored of the stream is what the range says: the part that both hold has one head. */
static bool agrees(const answering *a, const cs_range *sent)
{
    const cs_play_range *last = last_of(a->backend, sent->profile, sent->stream);
    uint8_t head[CS_HASH_SIZE] = {0};
    cs_reader in = cs_reader_of(sent->events);
    uint64_t at = sent->first;
    for (size_t i = 0; i < a->backend->range_count; i++) {
        const cs_play_range *range = &a->backend->ranges[i];
        if (!of_stream(range, sent->profile, sent->stream))
            continue;
        if (range->receipt.last < sent->first)
            memcpy(head, range->receipt.head, sizeof head);
        for (; at <= range->receipt.last && at <= sent->last; at++)
            if (cs_wire_chain(head, cs_wire_next_event(&in), head, NULL) != CONSENT_OK)
                return false;
        if (range->receipt.last >= sent->first && range->receipt.last <= sent->last &&
            memcmp(head, range->receipt.head, sizeof head) != 0)
            return false;
    }
    if (last != NULL && at <= last->receipt.last)
        return true;
    for (; at <= sent->last; at++)
        if (cs_wire_chain(head, cs_wire_next_event(&in), head, NULL) != CONSENT_OK)
            return false;
    return memcmp(head, sent->head, sizeof head) == 0;
}

/* Support acts in the backend's own stream alone, and nobody has seen what is not there yet. */
static bool may_be_stored(const answering *a, const cs_range *sent, bool joined)
{
    uint64_t cursor = cs_play_backend_count(a->backend, a->profile);
    cs_reader in = cs_reader_of(sent->events);
    for (cs_span bytes = cs_wire_next_event(&in); bytes.size != 0; bytes = cs_wire_next_event(&in)) {
        cs_event event;
        cursor++;
        if (cs_event_decode(bytes, &event, NULL) != CONSENT_OK || event.actor == CS_ACTOR_SUPPORT ||
            (!joined && event.seen >= cursor))
            return false;
    }
    return true;
}

static consent_status store(answering *a, const cs_range *range, const cs_play_stream *stream, consent_error *err)
{
    cs_play_range *added = NULL;
    const cs_span key = {stream->key, sizeof stream->key};
    consent_status status = add_range(a->backend, range, &added, err);
    if (status != CONSENT_OK || added == NULL)
        return status;
    memcpy(added->key, stream->key, sizeof added->key);
    added->receipt.joined = stream->joined;
    return cs_sha256(&key, 1, added->receipt.key, err);
}

static consent_status take_range(answering *a, consent_error *err)
{
    cs_range range;
    cs_buffer events;
    uint8_t message[CS_RANGE_SIGNED_SIZE];
    consent_status status = CONSENT_OK;
    cs_buffer_init(&events, a->backend->memory, CS_RANGE_MAX_BYTES);
    bool readable = cs_range_read(a->backend->memory, body_of(a), &range, &events, NULL) == CONSENT_OK;
    memcpy(range.profile, a->profile, sizeof range.profile);
    const cs_play_stream *stream = readable ? stream_of(a->backend, a->profile, range.stream) : NULL;
    const cs_play_range *last = readable ? last_of(a->backend, a->profile, range.stream) : NULL;
    uint64_t stored = last != NULL ? last->receipt.last : 0;
    cs_range_signed(&range, message);
    if (!readable)
        refuse(a, 400, "rejected", 0);
    else if (stream == NULL)
        refuse(a, 404, "unknown", 0);
    else if (cs_es256_verify(stream->key, (cs_span){message, sizeof message}, range.signature, NULL) != CONSENT_OK)
        refuse(a, 422, "rejected", 0);
    else if (range.first > stored + 1)
        refuse(a, 409, "gap", stored);
    else if (!agrees(a, &range))
        refuse(a, 409, "fork", 0);
    else if (range.first == stored + 1 && !may_be_stored(a, &range, stream->joined))
        refuse(a, 422, "rejected", 0);
    else {
        if (range.first == stored + 1)
            status = store(a, &range, stream, err);
        if (status == CONSENT_OK)
            status = put_receipts(a, &range, err);
    }
    cs_buffer_free(&events);
    return status;
}

static consent_status put_item(answering *a, cs_json_out *json, const cs_play_range *range, bool own,
                               consent_error *err)
{
    cs_buffer jws;
    cs_range sent = {
        .first = range->receipt.first, .last = range->receipt.last, .events = cs_buffer_span(&range->events)};
    memcpy(sent.signature, range->signature, sizeof sent.signature);
    cs_buffer_init(&jws, a->backend->memory, 4096);
    consent_status status = put_receipt(a, range, &jws, err);
    if (status == CONSENT_OK)
        status = cs_feed_page_put(a->backend->memory, json, (cs_str){(const char *)jws.data, jws.size},
                                  own ? NULL : &sent, range->receipt.by_backend ? NULL : range->key, err);
    cs_buffer_free(&jws);
    return status;
}

static consent_status give_page(answering *a, const char *query, consent_error *err)
{
    static const char begin[] = "after=", middle[] = "&stream=";
    uint8_t own[CS_STREAM_ID_SIZE] = {0};
    cs_json_out json;
    consent_status status = CONSENT_OK;
    uint64_t end = cs_play_backend_count(a->backend, a->profile);
    bool numbered = strncmp(query, begin, sizeof begin - 1) == 0 && query[sizeof begin - 1] >= '0' &&
                    query[sizeof begin - 1] <= '9';
    char *rest = NULL;
    const uint64_t after = numbered ? strtoull(query + sizeof begin - 1, &rest, 10) : 0;
    if (!numbered) {
        refuse(a, 400, "rejected", 0);
        return CONSENT_OK;
    }
    const cs_str hex =
        strncmp(rest, middle, sizeof middle - 1) == 0 ? cs_str_of(rest + sizeof middle - 1) : (cs_str){0};
    if (after > end) {
        refuse(a, 409, "gap", end);
        return CONSENT_OK;
    }
    (void)cs_hex_decode(hex, own, sizeof own);
    cs_json_out_init(&json, &a->body);
    cs_feed_page_begin(&json);
    for (size_t i = 0; i < a->backend->range_count && status == CONSENT_OK; i++) {
        const cs_play_range *range = &a->backend->ranges[i];
        if (of_profile(range, a->profile) && last_cursor(range) > after)
            status = put_item(a, &json, range, memcmp(own, range->receipt.stream, sizeof own) == 0, err);
    }
    cs_feed_page_end(&json, end, false);
    return status;
}

static consent_status take_sealed(answering *a, consent_error *err)
{
    cs_sealed_receipt receipt = {.time_ms = a->backend->now_ms};
    cs_buffer payload;
    const cs_span part = {a->request->body, a->request->body_size};
    consent_status status = cs_sha256(&part, 1, receipt.sha256, err);
    cs_buffer_init(&payload, a->backend->memory, CS_RECEIPT_MAX_BYTES);
    cs_sealed_receipt_payload(&receipt, &payload);
    cs_buffer_text(&a->body, "{\"receipt\":\"");
    if (status == CONSENT_OK)
        status = sign(a, CS_TYP_SEALED, &payload, &a->body, err);
    cs_buffer_text(&a->body, "\"}");
    cs_buffer_free(&payload);
    return status;
}

static consent_status give_published(answering *a, const char *path)
{
    for (size_t i = 0; i < a->backend->published_count; i++) {
        const cs_play_published *text = &a->backend->published[i];
        if (strcmp(text->path, path) != 0)
            continue;
        cs_buffer_append(&a->body, text->bytes.data, text->bytes.size);
        return CONSENT_OK;
    }
    refuse(a, 404, "unknown", 0);
    return CONSENT_OK;
}

static consent_status work(answering *a, const char *path, consent_error *err)
{
    const size_t prefix = sizeof PROFILES_PATH - 1, hex_size = (size_t)2 * CS_PROFILE_ID_SIZE;
    char hex[2 * CS_PROFILE_ID_SIZE + 1] = "";
    a->status = 200;
    if (strcmp(path, "/v1/sealed") == 0)
        return take_sealed(a, err);
    if (strncmp(path, PROFILES_PATH, prefix) != 0)
        return give_published(a, path);
    const char *what = path + prefix + hex_size;
    if (strlen(path) <= prefix + hex_size || what[0] != '/')
        return give_published(a, path);
    memcpy(hex, path + prefix, hex_size);
    if (!cs_hex_decode(cs_str_of(hex), a->profile, sizeof a->profile))
        return give_published(a, path);
    if (strcmp(what, "/devices") == 0)
        return take_enrolment(a, err);
    if (strcmp(what, "/events") == 0)
        return take_range(a, err);
    return strncmp(what, "/events?", 8) == 0 ? give_page(a, what + 8, err) : give_published(a, path);
}

consent_status cs_play_backend_perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                                       consent_error *err)
{
    cs_play_backend *backend = ctx;
    answering a = {.backend = backend, .request = request};
    const char *path = request->url + sizeof CS_PLAY_BACKEND_URL - 1;
    if (backend->network == CS_PLAY_NETWORK_OFF)
        return cs_fail(err, CONSENT_E_NETWORK, 0, "the network was off");
    cs_buffer_init(&a.body, backend->memory, BODY_MAX_BYTES);
    consent_status status = work(&a, path, err);
    if (status == CONSENT_OK)
        status = cs_buffer_status(&a.body, "the backend's answer", err);
    bool range = strcmp(request->method, "POST") == 0 && strstr(path, "/events") != NULL;
    if (status == CONSENT_OK && range && backend->network == CS_PLAY_NETWORK_ANSWER_LOST) {
        backend->network = CS_PLAY_NETWORK_ON;
        status = cs_fail(err, CONSENT_E_NETWORK, 0, "the backend died before it answered");
    }
    answer->status = a.status;
    if (status == CONSENT_OK && a.body.size != 0 && request->receive(request->ctx, a.body.data, a.body.size) != 0)
        status = cs_fail(err, CONSENT_E_NETWORK, 0, "the answer was too large");
    cs_buffer_free(&a.body);
    return status;
}
