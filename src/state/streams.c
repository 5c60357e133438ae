/* Whose acts they are: the device's own streams, one after the other, other devices', the backend's; and what came with them. */
#include "state/acts.h"

#include <string.h>

const cs_stream_state *cs_state_stream(const cs_state *state, const uint8_t *stream)
{
    for (uint32_t i = 0; i < state->stream_count; i++)
        if (memcmp(state->streams[i].id, stream, CS_STREAM_ID_SIZE) == 0)
            return &state->streams[i];
    return NULL;
}

consent_status cs_state_stream_index(cs_state *state, const uint8_t *id, uint16_t *out, consent_error *err)
{
    const cs_stream_state *known = cs_state_stream(state, id);
    if (known != NULL) {
        *out = (uint16_t)(known - state->streams);
        return CONSENT_OK;
    }
    if (state->stream_count >= UINT16_MAX)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "the consent state reached its largest number of devices");
    cs_stream_state *streams =
        cs_list_room(state->memory, state->streams, state->stream_count, &state->stream_capacity, sizeof *streams);
    if (streams == NULL)
        return cs_no_memory(err, "the consent state");
    state->streams = streams;
    cs_stream_state *added = &state->streams[state->stream_count];
    memset(added, 0, sizeof *added);
    memcpy(added->id, id, CS_STREAM_ID_SIZE);
    *out = (uint16_t)state->stream_count++;
    return CONSENT_OK;
}

const cs_stream_state *cs_state_own(const cs_state *state)
{
    const cs_stream_state *own = NULL;
    for (uint32_t i = 0; i < state->stream_count; i++)
        if (state->streams[i].own_order > (own == NULL ? 0 : own->own_order))
            own = &state->streams[i];
    return own;
}

/* ---- a new stream of one's own -------------------------------------------------------------------- */

/* What no receipt covered goes on in the new stream: parked acts before everything, the others in their order. */
static bool moves(const cs_stream_state *old, uint16_t from, uint16_t to, uint16_t *stream, uint64_t *seq,
                  uint64_t cursor)
{
    if (*stream != from || cursor != 0)
        return false;
    *stream = to;
    *seq = *seq > old->acked_seq ? *seq - old->acked_seq : 0;
    return true;
}

static uint64_t behind(uint64_t seq, uint64_t acked)
{
    return seq > acked ? seq - acked : 0;
}

static void move_tail(cs_state *state, uint16_t from, uint16_t to)
{
    cs_stream_state *old = &state->streams[from], *new = &state->streams[to];
    for (uint32_t i = 0; i < state->act_count; i++)
        (void)moves(old, from, to, &state->acts[i].stream, &state->acts[i].seq, state->acts[i].cursor);
    for (uint32_t i = 0; i < state->age_count; i++)
        (void)moves(old, from, to, &state->ages[i].stream, &state->ages[i].seq, state->ages[i].cursor);
    new->doubted_seq = behind(old->doubted_seq, old->acked_seq);
    new->vouched_seq = behind(old->vouched_seq, old->acked_seq);
    new->last_seq = behind(old->last_seq, old->acked_seq);
    new->last_time_ms = old->last_time_ms;
    old->last_seq = old->acked_seq;
}

consent_status cs_state_own_stream(cs_state *state, const uint8_t *stream, consent_error *err)
{
    const cs_stream_state *before = cs_state_own(state);
    uint16_t index = 0;
    if (before != NULL && memcmp(before->id, stream, CS_STREAM_ID_SIZE) == 0)
        return CONSENT_OK;
    uint16_t from = before == NULL ? 0 : (uint16_t)(before - state->streams);
    uint32_t order = before == NULL ? 1 : before->own_order + 1;
    consent_status status = cs_state_stream_index(state, stream, &index, err);
    if (status != CONSENT_OK || state->streams[index].own)
        return status;
    state->streams[index].own = state->streams[index].confirmed = true;
    state->streams[index].own_order = order;
    if (order > 1)
        move_tail(state, from, index);
    return CONSENT_OK;
}

/* ---- ranges ---------------------------------------------------------------------------------------- */

consent_status cs_state_begin_range(cs_state *state, const uint8_t *stream, const cs_state_range *range,
                                    consent_error *err)
{
    static const uint8_t none[sizeof range->key];
    uint16_t index = 0;
    if (range->first == 0)
        return CONSENT_OK;
    consent_status status = cs_state_stream_index(state, stream, &index, err);
    if (status != CONSENT_OK)
        return status;
    cs_stream_state *known = &state->streams[index];
    if (!known->own) {
        known->joined |= range->joined;
        known->by_backend |= range->by_backend;
        known->confirmed |= range->by_backend;
    }
    if (memcmp(range->key, none, sizeof none) != 0)
        memcpy(known->key, range->key, sizeof known->key);
    return CONSENT_OK;
}

consent_status cs_state_end_range(cs_state *state, const uint8_t *stream, const cs_state_range *range,
                                  int64_t elapsed_ms, const uint8_t *session_id, consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (range->time_ms != 0 && range->first != 0 && range->time_ms <= state->horizon_ms)
        status = cs_state_receipt(state, stream, range->first, range->last, range->first_cursor, range->time_ms,
                                  elapsed_ms, session_id, err);
    if (range->merged > state->merged)
        state->merged = range->merged;
    if (status != CONSENT_OK || range->first == 0)
        return status;
    uint16_t index = 0;
    status = cs_state_stream_index(state, stream, &index, err);
    if (status != CONSENT_OK)
        return status;
    cs_stream_state *known = &state->streams[index];
    bool given_up = known->own && range->first_cursor == 0;
    if ((range->first_cursor != 0 || given_up) && range->last > known->acked_seq) {
        known->acked_seq = range->last;
        memcpy(known->head, range->head, sizeof known->head);
        known->parked += given_up;
    }
    return CONSENT_OK;
}
