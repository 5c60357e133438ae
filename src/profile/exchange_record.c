/* What a sync records: receipts, other devices' ranges, a new stream after a fork. */
#include "profile/exchange.h"

#include "profile/internal.h"
#include "profile/moving.h"

#include <string.h>

/* ---- a range in frames ---------------------------------------------------------------------------------- */

typedef struct arriving {
    cs_profile *profile;
    const uint8_t *stream;
    const cs_evidence *whole;
    cs_reader in;
    uint64_t next;              /* number of the next event in `in` */
    uint8_t head[CS_HASH_SIZE]; /* before it */
    cs_span spans[CS_CHUNK_MAX_EVENTS];
    size_t count;
} arriving;

/* Takes events into one frame; those known already only move the chain. */
static consent_status take_chunk(arriving *a, uint64_t known_last, consent_error *err)
{
    consent_status status = CONSENT_OK;
    size_t size = 0;
    a->count = 0;
    while (status == CONSENT_OK && a->next <= a->whole->last && a->count < CS_CHUNK_MAX_EVENTS &&
           size < CS_CHUNK_MAX_BYTES) {
        cs_span event = cs_wire_next_event(&a->in);
        if (event.size == 0)
            return cs_fail(err, CONSENT_E_TAMPERED, 0, "a range held fewer events than its receipt covers");
        status = cs_wire_chain(a->head, event, a->head, err);
        if (a->next++ <= known_last)
            continue;
        a->spans[a->count++] = event;
        size += event.size + 3;
    }
    return status;
}

static consent_status write_chunk(arriving *a, uint64_t first, consent_error *err)
{
    cs_evidence part = *a->whole;
    cs_buffer bytes;
    bool is_last = a->next > a->whole->last;
    part.first = first;
    part.last = a->next - 1;
    part.first_cursor = a->whole->first_cursor == 0 ? 0 : a->whole->first_cursor + (first - a->whole->first);
    memcpy(part.head, a->head, sizeof part.head);
    if (!is_last) {
        part.receipt = (cs_str){0};
        part.signature = (cs_span){0};
        part.merged = part.merged != 0 ? part.first_cursor + (part.last - first) : 0;
    }
    cs_buffer_init(&bytes, &a->profile->home->env.memory, 8192);
    cs_evidence_write(&part, &bytes);
    consent_status status = cs_buffer_status(&bytes, "a receipt", err);
    const cs_ledger_part entry = {CS_PART_REMOTE, a->stream, cs_buffer_span(&bytes), a->spans, a->count};
    if (status == CONSENT_OK)
        status = cs_profile_commit_parts(a->profile, &entry, 1, err);
    else
        cs_profile_abort_parts(a->profile);
    cs_buffer_free(&bytes);
    return status;
}

/* With the ledger begun: one frame, or nothing more to do. */
static consent_status record_next(arriving *a, bool *done, uint32_t *recorded, consent_error *err)
{
    const cs_stream_state *known = cs_state_stream(&a->profile->state, a->stream);
    uint64_t acked = known ? known->acked_seq : 0, last = known ? known->last_seq : 0;
    bool has_events = a->in.left != 0 || a->next != a->whole->first;
    *done = acked >= a->whole->last && a->profile->state.merged >= a->whole->merged;
    if (*done || acked + 1 < a->next || (acked >= a->next && acked < a->whole->last)) {
        cs_profile_abort_parts(a->profile);
        /* Another process recorded part of it: the next page or answer goes on from there. */
        return *done ? CONSENT_OK
                     : cs_fail(err, CONSENT_E_LOCKED, 0, "the stream moved on while a range of it was recorded");
    }
    uint64_t first = a->next;
    consent_status status = CONSENT_OK;
    if (has_events)
        status = take_chunk(a, last, err);
    else
        a->next = a->whole->last + 1;
    if (!has_events)
        memcpy(a->head, a->whole->head, sizeof a->head);
    bool over = a->next > a->whole->last;
    if (status != CONSENT_OK) {
        cs_profile_abort_parts(a->profile);
        return status;
    }
    status = write_chunk(a, first, err);
    if (status == CONSENT_OK)
        *recorded += (uint32_t)a->count;
    *done = over;
    return status;
}

/* The whole chain first: a range that does not fit leaves nothing behind. */
static consent_status check_range(const arriving *a, consent_error *err)
{
    const cs_range range = {.first = a->next, .last = a->whole->last, .events = {a->in.at, a->in.left}};
    uint8_t head[CS_HASH_SIZE];
    consent_status status = cs_range_follow(&range, a->head, head, err);
    if (status == CONSENT_OK && memcmp(head, a->whole->head, sizeof head) != 0)
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "a range's events do not lead to the head that its receipt names");
    return status;
}

consent_status cs_exchange_record(cs_profile *profile, const uint8_t *stream, const cs_evidence *evidence,
                                  cs_span events, uint32_t *recorded, consent_error *err)
{
    const cs_memory *memory = &profile->home->env.memory;
    arriving *a = cs_alloc(memory, sizeof *a);
    bool done = false;
    if (!a)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to record a range");
    *a = (arriving){.profile = profile, .stream = stream, .whole = evidence, .in = cs_reader_of(events)};
    a->next = evidence->first;
    cs_profile_lock(profile);
    consent_status status = CONSENT_OK;
    for (bool first = true; status == CONSENT_OK && !done; first = false) {
        status = cs_profile_begin_parts(profile, err);
        if (status != CONSENT_OK)
            break;
        const cs_stream_state *known = cs_state_stream(&profile->state, stream);
        if (first && known && known->acked_seq + 1 == evidence->first)
            memcpy(a->head, known->head, sizeof a->head);
        if (first && events.size != 0 && (known ? known->acked_seq : 0) < evidence->last)
            status = check_range(a, err);
        if (status == CONSENT_OK)
            status = record_next(a, &done, recorded, err);
        else
            cs_profile_abort_parts(profile);
    }
    cs_profile_unlock(profile);
    cs_free(memory, a, sizeof *a);
    return status;
}

consent_status cs_exchange_merged(cs_profile *profile, uint64_t cursor, consent_error *err)
{
    const cs_evidence nothing_but = {.merged = cursor};
    cs_buffer bytes;
    cs_buffer_init(&bytes, &profile->home->env.memory, 512);
    cs_evidence_write(&nothing_but, &bytes);
    cs_profile_lock(profile);
    consent_status status = cs_buffer_status(&bytes, "a cursor", err);
    if (status == CONSENT_OK)
        status = cs_profile_begin_parts(profile, err);
    if (status == CONSENT_OK && profile->state.merged >= cursor) {
        cs_profile_abort_parts(profile);
    } else if (status == CONSENT_OK) {
        const cs_ledger_part part = {
            .kind = CS_PART_REMOTE, .stream = cs_ledger_stream(profile->ledger), .evidence = cs_buffer_span(&bytes)};
        status = cs_profile_commit_parts(profile, &part, 1, err);
    }
    cs_profile_unlock(profile);
    cs_buffer_free(&bytes);
    return status;
}

/* ---- a new stream ------------------------------------------------------------------------------------------ */

static consent_status begin_stream(cs_profile *profile, const cs_stream_state *old, bool park, const uint8_t *head,
                                   cs_moving *c, consent_error *err)
{
    const cs_env *env = &profile->home->env;
    cs_buffer evidence;
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t first = old->acked_seq + (park ? 2 : 1);
    cs_evidence parked = {.first = old->acked_seq + 1, .last = old->acked_seq + 1};
    int code = env->random(env->ctx, stream, sizeof stream);
    if (code != 0) {
        cs_profile_abort_parts(profile);
        return cs_fail_os(err, code, "the system's random generator failed");
    }
    consent_status status = cs_moving_copy(profile, old->id, first, 1, c, err);
    cs_buffer_init(&evidence, &env->memory, 512);
    if (park) {
        memcpy(parked.head, head, sizeof parked.head);
        cs_evidence_write(&parked, &evidence);
    }
    if (status == CONSENT_OK)
        status = cs_buffer_status(&evidence, "a parked act", err);
    cs_ledger_part parts[3];
    size_t count = 0;
    if (park)
        parts[count++] =
            (cs_ledger_part){.kind = CS_PART_REMOTE, .stream = old->id, .evidence = cs_buffer_span(&evidence)};
    parts[count++] = (cs_ledger_part){.kind = CS_PART_STREAM, .stream = stream};
    if (c->count != 0)
        parts[count++] = (cs_ledger_part){.kind = CS_PART_ACTS, .events = c->spans, .count = c->count};
    if (status == CONSENT_OK)
        status = cs_profile_commit_parts(profile, parts, count, err);
    else
        cs_profile_abort_parts(profile);
    cs_buffer_free(&evidence);
    return status;
}

consent_status cs_exchange_move_on(cs_profile *profile, const uint8_t *own, bool park, const uint8_t head[CS_HASH_SIZE],
                                   consent_error *err)
{
    const cs_memory *memory = &profile->home->env.memory;
    cs_moving *c = cs_alloc(memory, sizeof *c);
    if (!c)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to begin a new stream");
    cs_profile_lock(profile);
    consent_status status = cs_profile_begin_parts(profile, err);
    if (status == CONSENT_OK) {
        const cs_stream_state *now = cs_state_own(&profile->state);
        cs_stream_state old = now ? *now : (cs_stream_state){0};
        if (memcmp(old.id, own, CS_STREAM_ID_SIZE) == 0)
            status = begin_stream(profile, &old, park, head, c, err);
        else
            cs_profile_abort_parts(profile);
    }
    /* What did not fit that frame follows now; should this fail, before the next act. */
    if (status == CONSENT_OK && cs_profile_begin_parts(profile, err) == CONSENT_OK)
        cs_profile_abort_parts(profile);
    cs_profile_unlock(profile);
    cs_buffer_free(&c->bytes);
    cs_free(memory, c, sizeof *c);
    return status;
}
