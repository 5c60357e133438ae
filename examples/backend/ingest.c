/* What devices send: enrolments and ranges. */
#include "crypto.h"
#include "person.h"
#include "platform/platform.h"

#include <string.h>

/* ---- enrolment -------------------------------------------------------------------------------------- */

bool cd_enrolment_is_anonymous(const cs_enrolment *enrolment)
{
    uint8_t id[CS_PROFILE_ID_SIZE];
    return cs_wire_anonymous_id(enrolment->stream, id, NULL) == CONSENT_OK &&
           memcmp(id, enrolment->profile, sizeof id) == 0;
}

consent_status cd_enrolment_check(const cs_enrolment *enrolment, consent_error *err)
{
    uint8_t message[CS_ENROL_SIGNED_SIZE];
    cs_enrolment_signed(enrolment, message);
    if (!cd_verify(enrolment->key, (cs_span){message, sizeof message}, enrolment->signature))
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "the enrolment was not signed by the key that it names");
    return CONSENT_OK;
}

static consent_status profile_or_new(cd_store *store, const uint8_t *id, bool anonymous, int64_t now_ms,
                                     cd_profile *out, consent_error *err)
{
    consent_status status = cd_store_profile(store, id, out, err);
    if (status != CONSENT_E_NOT_FOUND)
        return status;
    memcpy(out->id, id, CS_PROFILE_ID_SIZE);
    out->anonymous = anonymous;
    out->next_cursor = 1;
    out->created_ms = now_ms;
    if (!cd_random(out->backend_stream, sizeof out->backend_stream))
        return cs_fail(err, CONSENT_E_IO, 0, "there was no randomness");
    return cd_store_add_profile(store, out, err);
}

consent_status cd_enrol(cd_store *store, const cs_enrolment *enrolment, const uint8_t *token_hash, int64_t now_ms,
                        consent_error *err)
{
    cd_profile profile;
    cd_stream stream;
    consent_status status = profile_or_new(store, enrolment->profile, token_hash != NULL, now_ms, &profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cd_store_stream(store, enrolment->profile, enrolment->stream, &stream, err);
    bool known = status == CONSENT_OK;
    bool same = known && stream.has_key && memcmp(stream.key, enrolment->key, sizeof stream.key) == 0 &&
                stream.joined == enrolment->joined;
    if ((known && !same) || memcmp(enrolment->stream, profile.backend_stream, sizeof profile.backend_stream) == 0)
        return cs_fail(err, CONSENT_E_USED, 0, "another key stands for this stream");
    if (!known && status != CONSENT_E_NOT_FOUND)
        return status;
    if (!known) {
        memcpy(stream.id, enrolment->stream, sizeof stream.id);
        memcpy(stream.key, enrolment->key, sizeof stream.key);
        stream.has_key = true;
        stream.joined = enrolment->joined;
        stream.created_ms = now_ms;
    }
    stream.protection = enrolment->protection;
    stream.has_token = token_hash != NULL;
    if (token_hash)
        memcpy(stream.token_hash, token_hash, sizeof stream.token_hash);
    return cd_store_put_stream(store, enrolment->profile, &stream, err);
}

/* ---- looking at a range ------------------------------------------------------------------------------- */

static consent_status refuse_event(consent_error *err, uint64_t seq, const char *why)
{
    return cs_fail(err, CONSENT_E_REJECTED, 0, "event %llu %s", (unsigned long long)seq, why);
}

/* What one event may not be, and what is kept of it. `at` counts from 0 in the range. */
static consent_status check_event(cd_checked_range *checked, const cs_event *event, uint64_t seq, consent_error *err)
{
    uint64_t at = seq - checked->range->first;
    if (event->seq != seq)
        return refuse_event(err, seq, "carries another number");
    if (event->actor == CS_ACTOR_SUPPORT)
        return refuse_event(err, seq, "is one of support's, which no device makes");
    if (!checked->stream.joined && event->seen >= at && event->seen - at > checked->seen_bound) {
        checked->seen_bound = event->seen - at;
        checked->seen_bound_seq = (uint32_t)at;
    }
    if (event->policy.hash) {
        memcpy(checked->policy, event->policy.hash, sizeof checked->policy);
        checked->has_policy = true;
    }
    if (event->type == CS_EVENT_REQUEST_OPENED || event->type == CS_EVENT_REQUEST_UPDATED)
        checked->has_requests = true;
    return CONSENT_OK;
}

static consent_status follow(cd_checked_range *checked, uint8_t head[CS_HASH_SIZE], consent_error *err)
{
    const cs_range *range = checked->range;
    cs_reader in = cs_reader_of(range->events);
    memcpy(head, checked->stream.head, CS_HASH_SIZE);
    for (uint64_t seq = range->first; seq <= range->last; seq++) {
        cs_event event;
        cs_span bytes = cs_wire_next_event(&in);
        cs_span parts[] = {{head, CS_HASH_SIZE}, bytes};
        consent_error why = {0};
        if (bytes.size > CS_EVENT_MAX_SIZE)
            return refuse_event(err, seq, "is larger than 16 KiB");
        if (cs_event_decode(bytes, &event, &why) != CONSENT_OK)
            return cs_fail(err, CONSENT_E_REJECTED, 0, "event %llu is none: %.200s", (unsigned long long)seq,
                           why.message);
        consent_status status = check_event(checked, &event, seq, err);
        if (status != CONSENT_OK)
            return status;
        if (!cd_sha256(parts, 2, head))
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to follow the chain");
    }
    return in.ok && in.left == 0
               ? CONSENT_OK
               : cs_fail(err, CONSENT_E_REJECTED, 0, "the range holds other events than those that it numbers");
}

typedef struct comparison {
    const cs_range *range;
    cs_reader sent;
    uint64_t next; /* the seq that `sent` stands before */
    bool same;
} comparison;

static bool compare(void *ctx, const cd_stored_range *stored)
{
    comparison *c = ctx;
    cs_reader in = cs_reader_of(stored->events);
    for (uint64_t seq = stored->first; seq <= stored->last && c->same; seq++) {
        cs_span here = cs_wire_next_event(&in);
        if (seq < c->range->first || seq > c->range->last)
            continue;
        cs_span there = cs_wire_next_event(&c->sent);
        c->same =
            seq == c->next && here.size == there.size && here.size > 0 && memcmp(here.data, there.data, here.size) == 0;
        c->next = seq + 1;
    }
    return c->same;
}

/* Whether what is stored of the range is what was sent. */
static consent_status check_known(cd_store *store, cd_checked_range *out, consent_error *err)
{
    const cs_range *range = out->range;
    uint64_t end = range->last < out->stream.last ? range->last : out->stream.last;
    comparison c = {.range = range, .sent = cs_reader_of(range->events), .next = range->first, .same = true};
    consent_status status =
        cd_store_each_range(store, range->profile, range->stream, range->first, end, compare, &c, err);
    out->taken = c.same && c.next == end + 1 ? CD_KNOWN : CD_FORK;
    return status;
}

consent_status cd_range_check(cd_store *store, const cs_range *range, cd_checked_range *out, consent_error *err)
{
    uint8_t message[CS_RANGE_SIGNED_SIZE], head[CS_HASH_SIZE];
    memset(out, 0, sizeof *out);
    out->range = range;
    consent_status status = cd_store_stream(store, range->profile, range->stream, &out->stream, err);
    if (status == CONSENT_OK && !out->stream.has_key)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the stream is not enrolled");
    if (status != CONSENT_OK)
        return status;
    cs_range_signed(range, message);
    if (!cd_verify(out->stream.key, (cs_span){message, sizeof message}, range->signature))
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "the range was not signed by its device's key");
    out->last = out->stream.last;
    if (range->first > out->last + 1) {
        out->taken = CD_GAP;
        return CONSENT_OK;
    }
    if (range->first <= out->last)
        return check_known(store, out, err);
    status = follow(out, head, err);
    /* Signed by the device, and yet it does not follow: what it sent before was not this history. */
    out->taken = memcmp(head, range->head, sizeof head) == 0 ? CD_STORED : CD_FORK;
    return status;
}

/* ---- storing ---------------------------------------------------------------------------------------------- */

static consent_status note_requests(cd_store *store, const cs_range *range, consent_error *err)
{
    cs_reader in = cs_reader_of(range->events);
    consent_status status = CONSENT_OK;
    for (uint64_t seq = range->first; status == CONSENT_OK && seq <= range->last; seq++) {
        cs_event event;
        cs_span bytes = cs_wire_next_event(&in);
        if (cs_event_decode(bytes, &event, NULL) == CONSENT_OK &&
            (event.type == CS_EVENT_REQUEST_OPENED || event.type == CS_EVENT_REQUEST_UPDATED))
            status = cd_store_add_request_event(store, range->profile, range->stream, seq, bytes, err);
    }
    return status == CONSENT_OK ? cd_requests_note(store, range->profile, err) : status;
}

static consent_status write_range(cd_store *store, cd_checked_range *checked, cd_profile *profile, int64_t now_ms,
                                  consent_error *err)
{
    const cs_range *range = checked->range;
    cd_stored_range row = {.first = range->first,
                           .last = range->last,
                           .first_cursor = profile->next_cursor,
                           .has_policy = checked->has_policy,
                           .time_ms = now_ms > profile->time_ms ? now_ms : profile->time_ms,
                           .events = range->events};
    memcpy(row.stream, range->stream, sizeof row.stream);
    memcpy(row.head, range->head, sizeof row.head);
    memcpy(row.signature, range->signature, sizeof row.signature);
    memcpy(row.policy, checked->policy, sizeof row.policy);
    consent_status status = cd_store_add_range(store, range->profile, &row, err);
    checked->stream.last = range->last;
    memcpy(checked->stream.head, range->head, sizeof range->head);
    if (status == CONSENT_OK)
        status = cd_store_put_stream(store, range->profile, &checked->stream, err);
    profile->next_cursor += range->last - range->first + 1;
    profile->time_ms = row.time_ms;
    return status == CONSENT_OK ? cd_store_move_profile(store, profile, err) : status;
}

consent_status cd_range_store(cd_store *store, cd_checked_range *checked, int64_t now_ms, consent_error *err)
{
    cd_profile profile;
    cd_stream stream;
    const cs_range *range = checked->range;
    consent_status status = cd_store_stream(store, range->profile, range->stream, &stream, err);
    if (status == CONSENT_OK)
        status = cd_store_profile(store, range->profile, &profile, err);
    if (status != CONSENT_OK)
        return status;
    if (stream.last != checked->last || memcmp(stream.head, checked->stream.head, sizeof stream.head) != 0) {
        checked->taken = CD_CHANGED;
        return CONSENT_OK;
    }
    if (profile.next_cursor <= checked->seen_bound)
        return refuse_event(err, range->first + checked->seen_bound_seq, "claims to have seen what is not there yet");
    stream.last = checked->stream.last; /* its token may have been made anew meanwhile */
    checked->stream = stream;
    status = write_range(store, checked, &profile, now_ms, err);
    return status == CONSENT_OK && checked->has_requests ? note_requests(store, range, err) : status;
}

/* ---- receipts ------------------------------------------------------------------------------------------------ */

bool cd_receipt_of(const uint8_t *profile, const cd_stored_range *range, cs_receipt *out)
{
    cs_span key = {range->key, CS_P256_PUBLIC_SIZE};
    *out = (cs_receipt){.first = range->first,
                        .last = range->last,
                        .first_cursor = range->first_cursor,
                        .has_policy = range->has_policy,
                        .time_ms = range->time_ms,
                        .by_backend = range->by_backend,
                        .joined = range->joined};
    memcpy(out->profile, profile, sizeof out->profile);
    memcpy(out->stream, range->stream, sizeof out->stream);
    memcpy(out->head, range->head, sizeof out->head);
    memcpy(out->policy, range->policy, sizeof out->policy);
    return range->by_backend || cd_sha256(&key, 1, out->key);
}

typedef struct receipts {
    cd_keys *keys;
    const uint8_t *profile;
    int64_t now_ms;
    cs_json_out *out;
    uint32_t count;
    consent_status status;
    consent_error *err;
} receipts;

static bool put_receipt(void *ctx, const cd_stored_range *range)
{
    receipts *all = ctx;
    cs_receipt receipt;
    cs_buffer jws;
    cs_buffer_init(&jws, cs_memory_system(), 4096);
    if (!cd_receipt_of(all->profile, range, &receipt))
        all->status = cs_fail(all->err, CONSENT_E_MEMORY, 0, "no memory for a receipt");
    if (all->status == CONSENT_OK)
        all->status = cd_keys_sign_receipt(all->keys, all->now_ms, &receipt, &jws, all->err);
    if (all->status == CONSENT_OK)
        cs_json_put_str(all->out, (cs_str){(const char *)jws.data, jws.size});
    cs_buffer_free(&jws);
    return all->status == CONSENT_OK && ++all->count < CS_ANSWER_MAX_RECEIPTS;
}

consent_status cd_range_receipts(cd_store *store, cd_keys *keys, const uint8_t *profile, const uint8_t *stream,
                                 uint64_t first, uint64_t last, int64_t now_ms, cs_json_out *out, consent_error *err)
{
    receipts all = {.keys = keys, .profile = profile, .now_ms = now_ms, .out = out, .err = err};
    consent_status status = cd_store_each_range(store, profile, stream, first, last, put_receipt, &all, err);
    return all.status != CONSENT_OK ? all.status : status;
}
