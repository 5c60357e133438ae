/* journey_walk: the whole journey under faults, and what must hold afterwards whatever failed. */
#ifndef JOURNEY_WALK_H
#define JOURNEY_WALK_H

#include "support/journey.h"

typedef enum journey_step {
    STEP_OPENED = 1,
    STEP_INSTALLED,
    STEP_ACCEPTED,
    STEP_REFUSED_B,
    STEP_GRANTED_A,
    STEP_GRANTED_FEED,
    STEP_WITHDREW_A,
    STEP_COUNT
} journey_step;

/* What each step came to. */
typedef struct journey_outcome {
    consent_status status[STEP_COUNT];
    bool attempted[STEP_COUNT];
} journey_outcome;

/* A fresh world at the journey's start; the bundle is made outside the counted calls. */
void journey_begin(world *w);
/* Takes every step, going on after failures; asserts what holds in the very process. */
void journey_walk(world *w, journey_outcome *out);
/* With nothing failing any more: reopens and asserts that what was acknowledged stands, nothing else was granted, the record verifies
 * and nothing leaked. */
void journey_check_after(world *w, const journey_outcome *out);

#endif
