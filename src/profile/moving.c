/* Acts that go on in a new stream after a fork: what no receipt covers is copied, frame by frame; what a crash left out follows
 * before the next act. */
#include "profile/moving.h"

#include "profile/internal.h"

#include <string.h>

static consent_status copy_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_moving *c = user;
    cs_event event;
    size_t start = c->bytes.size;
    (void)stream;
    if (c->count == CS_CHUNK_MAX_EVENTS || c->bytes.size >= CS_CHUNK_MAX_BYTES) {
        c->full = true;
        return CONSENT_E_CANCELLED;
    }
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK)
        return status;
    event.seq = c->number++;
    cs_event_encode(&event, &c->bytes);
    c->sizes[c->count++] = c->bytes.size - start;
    return cs_buffer_status(&c->bytes, "acts that go on in a new stream", err);
}

consent_status cs_moving_copy(cs_profile *profile, const uint8_t *stream, uint64_t from, uint64_t number, cs_moving *c,
                              consent_error *err)
{
    cs_ledger_mark mark = {0};
    memset(c, 0, sizeof *c);
    c->number = number;
    cs_buffer_init(&c->bytes, &profile->home->env.memory, CS_CHUNK_MAX_BYTES + 2 * CS_EVENT_MAX_SIZE);
    consent_status status = cs_ledger_read_stream(profile->ledger, stream, from, &mark, copy_event, c, err);
    if (c->full)
        status = CONSENT_OK;
    size_t at = 0;
    for (size_t i = 0; i < c->count; at += c->sizes[i++])
        c->spans[i] = (cs_span){c->bytes.data + at, c->sizes[i]};
    return status;
}

consent_status cs_moving_finish(cs_profile *profile, bool *moved, consent_error *err)
{
    const cs_memory *memory = &profile->home->env.memory;
    const cs_stream_state *own = cs_state_own(&profile->state), *before = NULL;
    uint64_t next = cs_ledger_next_seq(profile->ledger);
    *moved = own && own->own_order > 1 && next <= own->last_seq;
    if (!*moved)
        return CONSENT_OK;
    for (uint32_t i = 0; i < profile->state.stream_count; i++)
        if (profile->state.streams[i].own_order == own->own_order - 1)
            before = &profile->state.streams[i];
    cs_moving *c = cs_alloc(memory, sizeof *c);
    if (!c || !before) {
        cs_free(memory, c, sizeof *c);
        cs_profile_abort_parts(profile);
        return cs_no_memory(err, "a new stream");
    }
    consent_status status = cs_moving_copy(profile, before->id, before->acked_seq + next, next, c, err);
    const cs_ledger_part part = {.kind = CS_PART_ACTS, .events = c->spans, .count = c->count};
    if (status == CONSENT_OK)
        status = cs_profile_commit_parts(profile, &part, 1, err);
    else
        cs_profile_abort_parts(profile);
    cs_buffer_free(&c->bytes);
    cs_free(memory, c, sizeof *c);
    return status;
}
