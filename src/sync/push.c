/* Sending ranges: enrol, sign, send, verify what was acknowledged, record it, go on. */
#include "sync/internal.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_MOVES = 4,  /* new streams in one run */
    MAX_STEPS = 512 /* answers of one lane in one run */
};

/* What one lane is sent with. */
typedef struct sending {
    cs_sync *sync;
    cs_lane lane;
    bool own;
    uint8_t key[CS_HASH_SIZE]; /* SHA-256 of its device key */
    uint32_t limit;            /* events in the next range */
    bool from_start;           /* after a gap: the chain is followed from the stream's first event */
    uint64_t first;            /* of the next range */
    uint32_t enrolments;
    cs_buffer events, body;
    cs_range range;
    uint32_t count;
} sending;

static consent_status fault_fails(cs_sync *sync, const char *what, consent_error *err)
{
    return cs_sync_failed(sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "%s", what));
}

static void path_of(const cs_sync *sync, const char *what, char out[CS_SYNC_PATH_SIZE])
{
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    cs_hex_encode(sync->standing.profile, CS_PROFILE_ID_SIZE, hex);
    (void)snprintf(out, CS_SYNC_PATH_SIZE, "/v1/profiles/%s/%s", hex, what);
}

/* ---- enrolment ---------------------------------------------------------------------------------------- */

static consent_status keep_token(cs_sync *sync, consent_error *err)
{
    cs_json_doc doc;
    consent_status status = cs_json_parse(&doc, cs_sync_answer(sync), CS_ANSWER_MAX_BYTES, "the answer", err);
    if (status != CONSENT_OK)
        return fault_fails(sync, "the backend's answer to an enrolment was no JSON", err);
    cs_str token = cs_json_str(cs_json_get(doc.root, "token"));
    bool fits = token.size < sizeof sync->kept.token;
    for (size_t i = 0; i < token.size && fits; i++)
        fits = token.data[i] > ' ' && token.data[i] < 0x7F;
    if (fits && token.size != 0 && !sync->standing.has_account) {
        memcpy(sync->kept.token, token.data, token.size);
        sync->kept.token[token.size] = '\0';
        sync->kept_changed = true;
    }
    cs_json_free(&doc);
    return fits ? CONSENT_OK : fault_fails(sync, "the backend's token was none", err);
}

static consent_status post_enrolment(cs_sync *sync, const cs_enrolment *enrolment, cs_fault *fault, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE];
    cs_buffer body;
    uint64_t last;
    cs_buffer_init(&body, sync->memory, 2048);
    cs_enrolment_write(enrolment, &body);
    path_of(sync, "devices", path);
    const cs_sync_request request = {.method = "POST",
                                     .path = path,
                                     .content_type = "application/json",
                                     .body = cs_buffer_span(&body),
                                     .with_token = true};
    consent_status status = cs_buffer_status(&body, "an enrolment", err);
    if (status == CONSENT_OK)
        status = cs_sync_call(sync, &request, fault, &last, err);
    cs_buffer_free(&body);
    return status;
}

static consent_status enrol(cs_sync *sync, const cs_lane *lane, cs_fault *fault, consent_error *err)
{
    cs_enrolment enrolment = {.joined = lane->joined};
    uint8_t message[CS_ENROL_SIGNED_SIZE];
    memcpy(enrolment.profile, sync->standing.profile, sizeof enrolment.profile);
    memcpy(enrolment.stream, lane->stream, sizeof enrolment.stream);
    *fault = CS_FAULT_NONE;
    consent_status status = cs_exchange_key(sync->profile, lane->stream, enrolment.key, &enrolment.protection, err);
    cs_enrolment_signed(&enrolment, message);
    if (status == CONSENT_OK)
        status =
            cs_exchange_sign(sync->profile, lane->stream, (cs_span){message, sizeof message}, enrolment.signature, err);
    if (status == CONSENT_OK)
        status = post_enrolment(sync, &enrolment, fault, err);
    if (status != CONSENT_OK || *fault == CS_FAULT_FORK)
        return status;
    if (*fault != CS_FAULT_NONE)
        return fault_fails(sync, "the backend refused to enrol this device", err);
    status = keep_token(sync, err);
    if (status != CONSENT_OK)
        return status;
    cs_sync_set_enrolled(sync, lane->stream, true);
    return cs_sync_remember(sync, err);
}

static consent_status need_enrolment(sending *s, cs_fault *fault, consent_error *err)
{
    uint8_t key[CS_P256_PUBLIC_SIZE];
    uint32_t protection;
    const cs_span part = {key, sizeof key};
    bool anonymous_without_token = !s->sync->standing.has_account && s->sync->kept.token[0] == '\0';
    *fault = CS_FAULT_NONE;
    consent_status status = CONSENT_OK;
    bool later = memcmp(s->sync->standing.first, s->lane.stream, CS_STREAM_ID_SIZE) != 0;
    if (anonymous_without_token && later) { /* later streams are let in by the first one's token */
        cs_lane first = {.joined = false};
        memcpy(first.stream, s->sync->standing.first, sizeof first.stream);
        status = enrol(s->sync, &first, fault, err);
        anonymous_without_token = false;
    }
    if (status == CONSENT_OK && *fault == CS_FAULT_NONE &&
        (anonymous_without_token || !cs_sync_is_enrolled(s->sync, s->lane.stream)))
        status = enrol(s->sync, &s->lane, fault, err);
    if (status == CONSENT_OK)
        status = cs_exchange_key(s->sync->profile, s->lane.stream, key, &protection, err);
    return status == CONSENT_OK ? cs_sha256(&part, 1, s->key, err) : status;
}

/* ---- one range -------------------------------------------------------------------------------------------- */

static consent_status read_range(sending *s, consent_error *err)
{
    cs_ledger_mark fresh = {0};
    bool marked = s->own && !s->from_start;
    cs_exchange_reading reading = {.known = s->from_start ? 0 : s->lane.acked,
                                   .first = s->first,
                                   .max_count = s->limit,
                                   .max_bytes = CS_RANGE_MAX_BYTES,
                                   .events = &s->events};
    if (!s->from_start)
        memcpy(reading.head, s->lane.head, sizeof reading.head);
    else if (s->lane.acked - s->first + 1 < s->limit) /* what was acknowledged before, and nothing behind */
        reading.max_count = (uint32_t)(s->lane.acked - s->first + 1);
    cs_buffer_clear(&s->events);
    consent_status status =
        cs_exchange_read(s->sync->profile, s->lane.stream, marked ? &s->sync->kept.mark : &fresh, &reading, err);
    if (status != CONSENT_OK)
        return status;
    s->range = (cs_range){.first = reading.first, .last = reading.last, .events = cs_buffer_span(&s->events)};
    memcpy(s->range.profile, s->sync->standing.profile, sizeof s->range.profile);
    memcpy(s->range.stream, s->lane.stream, sizeof s->range.stream);
    memcpy(s->range.head, reading.head, sizeof s->range.head);
    s->count = (uint32_t)(reading.last - reading.first + 1);
    return CONSENT_OK;
}

static consent_status post_range(sending *s, cs_fault *fault, uint64_t *last, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE];
    uint8_t message[CS_RANGE_SIGNED_SIZE];
    cs_range_signed(&s->range, message);
    consent_status status =
        cs_exchange_sign(s->sync->profile, s->lane.stream, (cs_span){message, sizeof message}, s->range.signature, err);
    cs_buffer_clear(&s->body);
    if (status == CONSENT_OK)
        status = cs_range_write(s->sync->memory, &s->range, &s->body, err);
    if (status == CONSENT_OK)
        status = cs_buffer_status(&s->body, "a range", err);
    path_of(s->sync, "events", path);
    const cs_sync_request request = {.method = "POST",
                                     .path = path,
                                     .content_type = "application/json",
                                     .body = cs_buffer_span(&s->body),
                                     .with_token = true};
    return status == CONSENT_OK ? cs_sync_call(s->sync, &request, fault, last, err) : status;
}

/* The head after `seq` of what was sent. */
static consent_status head_at(const sending *s, uint64_t seq, uint8_t head[CS_HASH_SIZE], consent_error *err)
{
    cs_reader in = cs_reader_of(s->range.events);
    consent_status status = CONSENT_OK;
    memcpy(head, s->lane.head, CS_HASH_SIZE);
    for (uint64_t at = s->range.first; at <= seq && status == CONSENT_OK; at++)
        status = cs_wire_chain(head, cs_wire_next_event(&in), head, err);
    return status;
}

static consent_status take_receipt(sending *s, cs_str jws, consent_error *err)
{
    cs_receipt receipt;
    cs_evidence evidence;
    uint8_t head[CS_HASH_SIZE];
    uint32_t none = 0;
    consent_status status = cs_sync_receipt(s->sync, jws, &receipt, err);
    if (status != CONSENT_OK || receipt.last <= s->lane.acked)
        return status;
    bool fits = !receipt.by_backend && receipt.joined == s->lane.joined &&
                memcmp(receipt.stream, s->lane.stream, CS_STREAM_ID_SIZE) == 0 &&
                memcmp(receipt.key, s->key, CS_HASH_SIZE) == 0 && receipt.first == s->lane.acked + 1 &&
                receipt.first >= s->range.first && receipt.last <= s->range.last;
    if (fits && (status = head_at(s, receipt.last, head, err)) == CONSENT_OK)
        fits = memcmp(head, receipt.head, CS_HASH_SIZE) == 0;
    if (status != CONSENT_OK)
        return status;
    if (!fits)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "a receipt did not cover what was sent");
    cs_sync_evidence(&receipt, jws, &evidence);
    evidence.signature =
        receipt.last == s->range.last ? (cs_span){s->range.signature, CS_SIGNATURE_SIZE} : (cs_span){NULL, 0};
    status = cs_exchange_record(s->sync->profile, s->lane.stream, &evidence, (cs_span){NULL, 0}, &none, err);
    if (status != CONSENT_OK)
        return status;
    s->sync->report->sent += (uint32_t)(receipt.last - s->lane.acked);
    s->lane.acked = receipt.last;
    memcpy(s->lane.head, head, sizeof head);
    return CONSENT_OK;
}

/* In a run after a gap the events acknowledged long ago are covered anew: nothing is recorded for those. */
static consent_status take_receipts(sending *s, consent_error *err)
{
    cs_json_doc doc = {0};
    cs_str list[CS_ANSWER_MAX_RECEIPTS];
    size_t count = 0;
    uint64_t before = s->lane.acked;
    /* The texts live in the document, which outlives the answer. */
    consent_status status = cs_receipts_read(&doc, cs_sync_answer(s->sync), list, &count, err);
    for (size_t i = 0; i < count && status == CONSENT_OK; i++)
        status = take_receipt(s, list[i], err);
    cs_json_free(&doc);
    if (status == CONSENT_OK && (s->from_start ? count != 0 : s->lane.acked > before))
        return CONSENT_OK;
    if (status == CONSENT_E_IO || status == CONSENT_E_FULL || status == CONSENT_E_MEMORY || status == CONSENT_E_LOCKED)
        return status;
    return fault_fails(s->sync, "the backend's answer carried no receipt that verifies; nothing is acknowledged", err);
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static consent_status move_on(sending *s, bool park, consent_error *err)
{
    uint8_t head[CS_HASH_SIZE];
    consent_status status = park ? head_at(s, s->range.first, head, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = cs_exchange_move_on(s->sync->profile, s->lane.stream, park, head, err);
    memset(&s->sync->kept.mark, 0, sizeof s->sync->kept.mark);
    return status;
}

/* *over: nothing more can be done with this lane. */
static consent_status handle(sending *s, cs_fault fault, uint64_t last, bool *moved, consent_error *err)
{
    switch (fault) {
    case CS_FAULT_NONE:
        return CONSENT_OK;
    case CS_FAULT_UNKNOWN:
        cs_sync_set_enrolled(s->sync, s->lane.stream, false);
        if (s->enrolments++ != 0)
            return fault_fails(s->sync, "the backend does not know this device although it was enrolled", err);
        return need_enrolment(s, &fault, err);
    case CS_FAULT_GAP:
        if (s->from_start || last >= s->range.first)
            return fault_fails(s->sync, "the backend named a gap that is none", err);
        s->from_start = true;
        s->first = last + 1;
        return CONSENT_OK;
    case CS_FAULT_REJECTED:
    case CS_FAULT_TOO_LARGE:
        if (s->count > 1) {
            s->limit = s->count / 2;
            return CONSENT_OK;
        }
        break;
    case CS_FAULT_FORK:
        break;
    }
    if (!s->own || s->from_start)
        return fault_fails(s->sync, "the backend refused acts from before the log-in; they hold on this device", err);
    *moved = true;
    return move_on(s, fault != CS_FAULT_FORK, err);
}

/* ---- lanes -------------------------------------------------------------------------------------------------------- */

static consent_status send_next(sending *s, bool *moved, consent_error *err)
{
    cs_fault fault;
    uint64_t last = 0;
    consent_status status = read_range(s, err);
    if (status == CONSENT_OK)
        status = post_range(s, &fault, &last, err);
    if (status != CONSENT_OK)
        return status;
    if (fault != CS_FAULT_NONE)
        return handle(s, fault, last, moved, err);
    status = take_receipts(s, err);
    s->from_start = s->from_start && s->range.last < s->lane.acked;
    s->first = s->from_start ? s->range.last + 1 : s->lane.acked + 1;
    return status;
}

static consent_status send_lane(cs_sync *sync, const cs_lane *lane, bool own, bool *moved, consent_error *err)
{
    cs_fault fault;
    sending *s = cs_alloc(sync->memory, sizeof *s);
    if (!s)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to send acts");
    *s = (sending){.sync = sync, .lane = *lane, .own = own, .limit = CS_RANGE_MAX_EVENTS, .first = lane->acked + 1};
    cs_buffer_init(&s->events, sync->memory, CS_RANGE_MAX_BYTES + CS_EVENT_MAX_SIZE);
    cs_buffer_init(&s->body, sync->memory, 2 * CS_RANGE_MAX_BYTES);
    consent_status status = need_enrolment(s, &fault, err);
    if (status == CONSENT_OK && fault == CS_FAULT_FORK)
        status = handle(s, fault, 0, moved, err); /* somebody else's key has this stream */
    for (uint32_t i = 0; status == CONSENT_OK && !*moved && s->lane.acked < s->lane.last; i++) {
        status = i < MAX_STEPS ? send_next(s, moved, err)
                               : fault_fails(sync, "the backend took too many answers for one stream", err);
        sync->report->waiting = sync->standing.waiting - sync->report->sent;
    }
    cs_buffer_free(&s->events);
    cs_buffer_free(&s->body);
    cs_free(sync->memory, s, sizeof *s);
    return status;
}

consent_status cs_sync_push(cs_sync *sync, consent_error *err)
{
    consent_status status = CONSENT_OK, joined = CONSENT_OK;
    bool moved = true;
    for (int i = 0; i < MAX_MOVES && moved && status == CONSENT_OK; i++) {
        moved = false;
        status = cs_exchange_look(sync->profile, &sync->standing, err);
        const cs_lane own = sync->standing.lanes[0];
        if (status == CONSENT_OK && (own.acked < own.last || !cs_sync_is_enrolled(sync, own.stream)))
            status = send_lane(sync, &own, true, &moved, err);
    }
    /* What joined must not hold up what the person does now. */
    for (size_t i = 1; i < sync->standing.lane_count && status == CONSENT_OK && joined == CONSENT_OK; i++)
        joined = send_lane(sync, &sync->standing.lanes[i], false, &moved, err);
    if (status == CONSENT_OK && moved)
        status = fault_fails(sync, "the backend refused one stream after the other", err);
    return status == CONSENT_OK ? joined : status;
}
