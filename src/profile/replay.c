/* A ledger's entries as a state's: the same whether a profile opens, another process recorded, or the past is asked. */
#include "profile/internal.h"
#include "wire/wire.h"

#include <string.h>

consent_status cs_replay_event(cs_state *state, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_event event;
    const cs_stream_state *own = cs_state_own(state);
    consent_status status = cs_event_decode(bytes, &event, err);
    bool is_own = own && memcmp(own->id, stream, CS_STREAM_ID_SIZE) == 0;
    return status == CONSENT_OK ? cs_state_apply(state, stream, is_own, &event, 0, err) : status;
}

static void range_of(const cs_evidence *evidence, cs_state_range *range)
{
    *range = (cs_state_range){.first = evidence->first,
                              .last = evidence->last,
                              .first_cursor = evidence->first_cursor,
                              .time_ms = evidence->time_ms,
                              .merged = evidence->merged,
                              .by_backend = evidence->by_backend,
                              .joined = evidence->joined};
    memcpy(range->key, evidence->key, sizeof range->key);
    memcpy(range->head, evidence->head, sizeof range->head);
}

consent_status cs_replay_evidence(cs_state *state, const uint8_t *stream, cs_span bytes, bool over, const cs_now *now,
                                  consent_error *err)
{
    cs_evidence evidence;
    cs_state_range range;
    consent_status status = cs_evidence_read(bytes, &evidence, err);
    if (status != CONSENT_OK)
        return status;
    range_of(&evidence, &range);
    if (!over)
        return cs_state_begin_range(state, stream, &range, err);
    return cs_state_end_range(state, stream, &range, now ? now->elapsed_ms : 0, now ? now->session : NULL, err);
}

/* ---- the past ---------------------------------------------------------------------------------------------- */

static consent_status past_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_past *past = user;
    cs_event event;
    past->over |= past->read++ >= past->until_count;
    if (past->over)
        return CONSENT_OK;
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK)
        return status;
    const cs_stream_state *own = cs_state_own(&past->state);
    bool is_own = own && memcmp(stream, own->id, CS_STREAM_ID_SIZE) == 0;
    past->over = is_own && event.time_ms > past->until_ms;
    return past->over ? CONSENT_OK : cs_state_apply(&past->state, stream, is_own, &event, 0, err);
}

static consent_status past_stream(void *user, const uint8_t *stream, consent_error *err)
{
    cs_past *past = user;
    return past->over ? CONSENT_OK : cs_state_own_stream(&past->state, stream, err);
}

/* What a later receipt covers was not known then either. */
static consent_status past_evidence(void *user, const uint8_t *stream, cs_span bytes, bool over, consent_error *err)
{
    cs_past *past = user;
    cs_evidence evidence;
    consent_status status = cs_evidence_read(bytes, &evidence, err);
    if (status == CONSENT_OK && evidence.time_ms > past->until_ms)
        past->over = true;
    return status == CONSENT_OK && !past->over ? cs_replay_evidence(&past->state, stream, bytes, over, NULL, err)
                                               : status;
}

consent_status cs_past_read(cs_past *past, cs_ledger *ledger, consent_error *err)
{
    const cs_ledger_sink sink = {.user = past, .event = past_event, .stream = past_stream, .evidence = past_evidence};
    return ledger ? cs_ledger_verify(ledger, &sink, NULL, err) : CONSENT_OK;
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

typedef struct walk {
    cs_each_event each;
    void *user;
} walk;

static consent_status walk_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    const walk *all = user;
    cs_event event;
    consent_status status = cs_event_decode(bytes, &event, err);
    return status == CONSENT_OK ? all->each(all->user, stream, &event, bytes, err) : status;
}

consent_status cs_profile_each_event(cs_profile *profile, cs_each_event each, void *user, consent_error *err)
{
    walk all = {each, user};
    const cs_ledger_sink sink = {.user = &all, .event = walk_event};
    return profile->ledger ? cs_ledger_verify(profile->ledger, &sink, NULL, err) : CONSENT_OK;
}
