/* acts: the sorted list of acts, and which of them can still matter. Inner header of state. */
#ifndef CS_STATE_ACTS_H
#define CS_STATE_ACTS_H

#include "state/state.h"

/* The stream's place among state->streams, added when new (streams.c). */
consent_status cs_state_stream_index(cs_state *state, const uint8_t *id, uint16_t *out, consent_error *err);

/* Makes room for `more` acts, so that adding them cannot fail. */
consent_status cs_state_acts_reserve(cs_state *state, uint32_t more, consent_error *err);
/* Adds one act unless a kept one makes it irrelevant, and drops those that it makes irrelevant. Needs room. */
void cs_state_acts_add(cs_state *state, const cs_act *act);
/* The counted times of acts changed: drops what became irrelevant. */
void cs_state_acts_sweep(cs_state *state);
void cs_state_acts_drop_provisional(cs_state *state);

consent_status cs_state_ages_reserve(cs_state *state, consent_error *err);
void cs_state_ages_add(cs_state *state, const cs_age_act *age);

/* Sorts indices in place by a total order, without allocation. */
void cs_state_sort(uint32_t *order, uint32_t count, int (*compare)(const void *ctx, uint32_t a, uint32_t b),
                   const void *ctx);

#endif
