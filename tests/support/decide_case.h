/* decide_case: policies, devices and histories in a few words, for tests of state and decide. Small vocabulary:
 * functions shop (basic), extra (additional), club (additional, needs_age); data name, phone, place, card (sensitive);
 * recipients pay-a, pay-b; permissions location, camera, each with a call site named after every purpose that lists it. */
#ifndef DECIDE_CASE_H
#define DECIDE_CASE_H

#include "decide/decide.h"

#define CASE_MAX_POLICIES 16u
#define CASE_MAX_PURPOSES 12u
#define CASE_DEVICES 4u
#define CASE_START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* Zero means: extra, collect, consent, policy form (basic functions only by saying "shop"). Lists are "a,b". */
typedef struct case_purpose {
    const char *id;
    const char *function;
    uint8_t kind, ground, form;
    const char *data, *recipients, *permissions;
    bool automated;
    bool at_field; /* all its data */
    uint8_t channel;
    uint8_t method; /* two purposes with the same number say the same method */
    uint8_t recipient_method;
    int64_t retention_ms, grant_lifetime_ms, refusal_lifetime_ms, cooldown_ms;
} case_purpose;

typedef struct case_policy {
    const char *id; /* NULL: "platform" */
    const char *scope;
    uint32_t version, revision;
    int64_t effective_ms, valid_until_ms;
    const char *controller; /* NULL: "trip" */
    bool bound;
    int32_t child_under, guardian_under;
    uint32_t rules_version;
    bool closing;
    int64_t closing_end_ms;
    int64_t cooldown_ms;
    bool import_allowed;
    const char *shop_needs; /* purposes that the function shop needs, "a,b" */
    bool shop_needs_login;
    case_purpose purposes[CASE_MAX_PURPOSES];
} case_policy;

typedef struct decide_case {
    cs_arena arena;
    const cs_policy *policies[CASE_MAX_POLICIES];
    cs_policy_set set;
    cs_state state;
    cs_now now;
    uint64_t seq[CASE_DEVICES];
    cs_event last; /* as it was applied last, for applying it again elsewhere */
} decide_case;

extern const uint8_t case_streams[CASE_DEVICES][CS_STREAM_ID_SIZE]; /* 0: this device */

void case_begin(decide_case *c);
void case_end(decide_case *c);
/* Makes a policy and holds it. */
const cs_policy *case_hold(decide_case *c, const case_policy *spec);
const cs_policy *case_make(cs_arena *arena, const case_policy *spec); /* without holding it */
void case_pass(decide_case *c, int64_t ms);                           /* wall and elapsed time */

/* Fills seq, time, session and applies, on that device; cursor 0: not synced. Returns the seq. */
uint64_t case_event(decide_case *c, size_t device, cs_event event, uint64_t cursor);
/* On this device, by the person. data "a,b" or NULL. */
uint64_t case_accept(decide_case *c, const char *policy, uint32_t version);
uint64_t case_decline(decide_case *c, const char *policy, uint32_t version);
uint64_t case_grant(decide_case *c, uint32_t version, const char *purpose, const char *recipient, const char *data);
uint64_t case_refuse(decide_case *c, const char *purpose, const char *recipient, const char *data);
uint64_t case_withdraw(decide_case *c, const char *purpose, const char *recipient, const char *data);
void case_permission(decide_case *c, const char *permission, uint32_t os_state);
void case_born(decide_case *c, int32_t year, int32_t month, int32_t day);

/* An event of that type by that actor about the platform's version. */
cs_event case_make_event(uint32_t type, uint32_t actor, uint32_t version, const char *purpose, const char *recipient,
                         const char *data);

typedef struct case_query {
    const char *scope, *purpose, *recipient, *data, *permission; /* call site: the purpose's */
    bool user_initiated;
    uint64_t once_seq;
    const char *function; /* instead of a purpose */
} case_query;

cs_decision case_decide(const decide_case *c, case_query query);
/* Fails the test unless the answer is this one; gives it for more. */
cs_decision case_expect(const decide_case *c, case_query query, consent_decision decision, consent_reason reason);

#endif
