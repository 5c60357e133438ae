/* What the backend's receipts tell: cursors, and what time it is. */
#include "state/acts.h"

#include <string.h>

typedef struct receipt {
    uint16_t stream;
    uint64_t first, last, first_cursor;
    int64_t time_ms;
    bool showed_excursion; /* something was stamped later than its receipt */
} receipt;

static bool covers(const receipt *r, uint16_t stream, uint64_t seq)
{
    return stream == r->stream && seq >= r->first && seq <= r->last;
}

static void cover(receipt *r, uint64_t seq, uint64_t *cursor, int64_t *time_ms)
{
    if (cursor != NULL && r->first_cursor != 0)
        *cursor = r->first_cursor + (seq - r->first);
    if (*time_ms > r->time_ms) {
        *time_ms = r->time_ms;
        r->showed_excursion = true;
    }
}

static void cover_moment(receipt *r, cs_moment *moment)
{
    if (moment->seq >= r->first && moment->seq <= r->last && moment->seq != 0)
        cover(r, moment->seq, NULL, &moment->time_ms);
}

static void cover_own(cs_state *state, receipt *r)
{
    for (uint32_t i = 0; i < state->permission_count; i++) {
        cover_moment(r, &state->permissions[i].last);
        cover_moment(r, &state->permissions[i].on);
        cover_moment(r, &state->permissions[i].refused);
        cover_moment(r, &state->permissions[i].revoked);
    }
    cover_moment(r, &state->recovered);
}

consent_status cs_state_receipt(cs_state *state, const uint8_t *stream, uint64_t first, uint64_t last,
                                uint64_t first_cursor, int64_t receipt_ms, int64_t elapsed_ms,
                                const uint8_t *session_id, consent_error *err)
{
    const cs_stream_state *found = cs_state_stream(state, stream);
    if (found == NULL)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "a receipt covered a device of which no event is known");
    uint16_t index = (uint16_t)(found - state->streams);
    cs_stream_state *known = &state->streams[index];
    receipt r = {index, first, last, first_cursor, receipt_ms, false};
    for (uint32_t i = 0; i < state->act_count; i++)
        if (covers(&r, state->acts[i].stream, state->acts[i].seq))
            cover(&r, state->acts[i].seq, &state->acts[i].cursor, &state->acts[i].time_ms);
    for (uint32_t i = 0; i < state->age_count; i++)
        if (covers(&r, state->ages[i].stream, state->ages[i].seq))
            cover(&r, state->ages[i].seq, &state->ages[i].cursor, &state->ages[i].time_ms);
    if (known->own)
        cover_own(state, &r);
    if (known->last_seq >= first && known->last_seq <= last && known->last_time_ms > receipt_ms) {
        known->last_time_ms = receipt_ms;
        r.showed_excursion = true;
    }
    if (receipt_ms > state->receipt_ms)
        state->receipt_ms = receipt_ms;
    if (r.showed_excursion && known->own && session_id != NULL && receipt_ms >= state->excursion.time_ms) {
        state->excursion = (cs_moment){.seq = 1, .time_ms = receipt_ms, .elapsed_ms = elapsed_ms};
        memcpy(state->excursion.session, session_id, CS_SESSION_ID_SIZE);
    }
    if (r.showed_excursion)
        cs_state_acts_sweep(state);
    return CONSENT_OK;
}

int64_t cs_state_now_ms(const cs_state *state, int64_t wall_ms, int64_t elapsed_ms, const uint8_t *session_id)
{
    int64_t now_ms = wall_ms;
    const cs_moment *excursion = &state->excursion;
    if (excursion->seq != 0 && session_id != NULL && elapsed_ms >= excursion->elapsed_ms &&
        memcmp(excursion->session, session_id, CS_SESSION_ID_SIZE) == 0)
        now_ms = excursion->time_ms + (elapsed_ms - excursion->elapsed_ms);
    if (now_ms < state->receipt_ms)
        now_ms = state->receipt_ms;
    for (uint32_t i = 0; i < state->stream_count; i++)
        if (now_ms < state->streams[i].last_time_ms)
            now_ms = state->streams[i].last_time_ms;
    return now_ms;
}
