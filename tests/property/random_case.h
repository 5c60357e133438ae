/* random_case: one random world for the properties: versions of a platform's and a product's policy, devices that sync by
 * cursors as the backend gives them, a history of acts, and a moment to ask at. The same seed makes the same world. */
#ifndef RANDOM_CASE_H
#define RANDOM_CASE_H

#include "support/decide_case.h"

#define RANDOM_MAX_EVENTS 24u
#define RANDOM_PURPOSES 6u

typedef struct random_event {
    cs_event event;
    size_t device;
    uint64_t cursor; /* 0: never uploaded */

} random_event;

typedef struct random_case {
    uint64_t random;
    cs_arena arena;
    case_policy specs[CASE_MAX_POLICIES];
    const cs_policy *policies[CASE_MAX_POLICIES];
    cs_policy_set set;
    random_event events[RANDOM_MAX_EVENTS];
    size_t event_count;
    bool has_hotel;
    cs_now now; /* after every event */
} random_case;

void random_case_make(random_case *r, uint64_t seed);
void random_case_free(random_case *r);
/* The policies alone, no history. */
void random_policies_make(random_case *r, uint64_t seed);
/* Some act about them: numbers, times and `seen` are the caller's. */
cs_event random_event_make(random_case *r);
uint64_t random_below(random_case *r, uint64_t bound);
bool random_one_in(random_case *r, uint64_t n);

/* The state of device 0 from those events whose bit in `without` is not set. */
void random_state(const random_case *r, cs_state *state, uint64_t without);
void random_apply(cs_state *state, const random_event *e, bool own);
/* A random question; the strings it views live in static memory and in *data. */
cs_query random_query(random_case *r, cs_str *data);
/* What happened, for a counterexample. */
void random_print(const random_case *r);
void random_print_query(const cs_query *query);

bool random_is_basic(cs_str purpose);
cs_str random_purpose(random_case *r);

#endif
