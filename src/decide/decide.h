/* decide: may I, right now, for this person, and on what ground? Pure: no clock, no allocation, no I/O; the same inputs give the
 * same answer on every device. decide.c reads like decisions.md section 4; its notions stand beside it: terms.c (versions, what
 * a grant was given for), counting.c (which acts count, ages), quiet.c (cool-downs), explain.c (words).
 * PIPL 13 to 17, 23, 24, 28 to 31, 44, 45; docs/decisions.md tells the rules to users. */
#ifndef CS_DECIDE_H
#define CS_DECIDE_H

#include "event/event.h"
#include "policy/policy.h"
#include "state/state.h"

/* Every bundle held, all versions and all scopes, in any order. Keep every version that an act in the state names.
 * At most one per (id, version, revision). The policy of scope "platform" is the platform's; a product's policy stands
 * over it for the purposes that it defines itself. */
typedef struct cs_policy_set {
    const cs_policy *const *policies;
    size_t count;
} cs_policy_set;

#define CS_STATE_AS_DECLARED                                                                                           \
    0u /* whatever state the policy declares: for forms and lists, never for a host's question */

/* The internal view of consent_query. */
typedef struct cs_query {
    cs_str scope;    /* empty or "platform": the platform */
    cs_str purpose;  /* empty: the policy itself (rules 1, 3, 5, 6, 7 only): may its form be shown, is it accepted */
    cs_str function; /* instead of a purpose: a function as a whole */
    cs_str recipient;
    const cs_str *data;
    size_t data_count; /* more than CS_PURPOSE_MAX_DATA: undeclared */
    cs_str permission;
    cs_str call_site;
    bool user_initiated;
    uint8_t data_state; /* consent_data_state + 1: what the data are, never less than declared; CS_STATE_AS_DECLARED */
    uint64_t once_seq;  /* the own event by which this very handle was granted `once`; 0: none */
} cs_query;

typedef struct cs_now {
    int64_t now_ms;     /* cs_state_now_ms; of a question about the past: that instant */
    int64_t elapsed_ms; /* of this session */
    uint8_t session[CS_SESSION_ID_SIZE];
    consent_status store_status; /* not CONSENT_OK: rule 1 */
    bool logged_in;              /* the profile is an account's */
} cs_now;

#define CS_NO_POLICY SIZE_MAX

typedef struct cs_decision {
    int32_t decision; /* consent_decision */
    int32_t reason;   /* consent_reason */
    int32_t ground;   /* consent_ground */
    int32_t rule;     /* 1 … 12; 13: of a function as a whole */
    size_t
        governing; /* index into the set: the policy that governs the scope's layer which decided; CS_NO_POLICY: none */
    const uint8_t *evidence_stream; /* of the act it rests on, lives as long as the state; NULL: none */
    uint64_t evidence_seq;
    int64_t
        ask_after_ms; /* with deny: when asking by itself is allowed again; INT64_MAX: never by itself; 0: no such time */
    int64_t expires_ms;     /* with allow: until when at most; 0: open */
    int64_t valid_until_ms; /* the first later instant at which time alone may change this answer; INT64_MAX: none */
    /* For ask, and for deny by a cool-down: what is to be asked. */
    int32_t occasion;    /* consent_occasion; 0: nothing is to be asked */
    uint32_t subject;    /* cs_subject that a refusal of this asking is recorded under */
    size_t form_policy;  /* index into the set: the version whose form to show; CS_NO_POLICY: none */
    size_t data_index;   /* the query's data item that decided; SIZE_MAX: the query as a whole */
    bool guardian_asked; /* it is the guardian who is to answer */
    bool about_policy;   /* the asking is about a policy as a whole (or the age), not about the query's purpose */
} cs_decision;

/* Answers. Fills *out entirely; it never fails. */
void cs_decide(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
               cs_decision *out);

/* ---- functions (function.c) ------------------------------------------------------------------- */

/* The function that the query names, or that its purpose belongs to, and the policy (index) that tells of it; NULL: none does. */
const cs_function *cs_decide_function_of(const cs_policy_set *set, const cs_state *state, const cs_query *query,
                                         const cs_now *now, size_t *policy);

/* How a purpose that a function needs stands: for the query's recipient where it names one of the purpose's, else for the one
 * that is nearest to a yes. */
typedef struct cs_function_need {
    const char *purpose;
    const char *recipient; /* NULL: none */
    cs_decision decision;
} cs_function_need;

/* What no policy of the scope declares is denied as undeclared. */
void cs_decide_need(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
                    const char *purpose, cs_function_need *out);

/* ---- for forms ------------------------------------------------------------------------------ */

/* Whether the form that the query's answer calls for may be shown now. */
bool cs_decide_may_ask(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now);

typedef enum cs_permission_gate {
    CS_PERMISSION_RESTS = 0, /* refused recently, or the system forbids its prompt: *ask_after_ms as in cs_decision */
    CS_PERMISSION_MAY_BE_ASKED = 1,
    CS_PERMISSION_ON = 2
} cs_permission_gate;

/* Rule 11 by itself, whatever the rules before it say: for a form that asks for a purpose and its permission at once. */
cs_permission_gate cs_decide_permission(const cs_policy_set *set, const cs_state *state, const cs_query *query,
                                        const cs_now *now, const cs_permission *permission, int64_t *ask_after_ms);

typedef enum cs_choice_status {
    CS_CHOICE_NONE = 0,
    CS_CHOICE_GRANTED = 1, /* a counting grant; of a policy-form purpose also: covered by acceptance */
    CS_CHOICE_REFUSED = 2,
    CS_CHOICE_EXPIRED = 3,
    CS_CHOICE_OUTGROWN = 4,
    CS_CHOICE_WIDENED = 5, /* granted, but for other terms than now */
    CS_CHOICE_CONFIRM = 6  /* granted by a key not yet confirmed here */
} cs_choice_status;

typedef struct cs_choice {
    cs_choice_status status;
    int64_t since_ms;      /* of the act behind it; 0: none */
    int64_t expires_ms;    /* granted: 0: open */
    const uint8_t *stream; /* of the act */
    uint64_t seq;
} cs_choice;

/* The choice of one side about an item (scope, purpose, recipient, and one data item unless the purpose declares none) in force
 * at `now`. */
void cs_decide_choice(const cs_policy_set *set, const cs_state *state, const cs_query *item, cs_side side,
                      const cs_now *now, cs_choice *out);

/* Why what is held for a choice has to go. The same numbers as consent_purge_reason. */
typedef enum cs_loss {
    CS_LOSS_NONE = 0,
    CS_LOSS_WITHDRAWN = 1,
    CS_LOSS_EXPIRED = 2,
    CS_LOSS_SERVICE_ENDED = 3,
    CS_LOSS_UNDECLARED = 4
} cs_loss;

/* Whether something was given for this item (scope, purpose, recipient, at most one data item), has not been purged since, and does
 * not stand any more. *anonymise: making it anonymous is enough. Lowers *valid_until_ms to when time may change the answer. */
cs_loss cs_decide_loss(const cs_policy_set *set, const cs_state *state, const cs_query *item, const cs_now *now,
                       bool *anonymise, int64_t *valid_until_ms);

/* The cursor that a form built now has seen: what is merged, but not an act whose policy is not held here. */
uint64_t cs_decide_seen(const cs_policy_set *set, const cs_state *state);

/* How a scope's policy stands. */
typedef struct cs_standing {
    size_t governing; /* index; before any acceptance the newest effective one; CS_NO_POLICY: none effective */
    size_t newest;    /* newest effective */
    size_t
        wants_guardian; /* a version above it (before any acceptance counts: any) that the minor accepted and the guardian did
                              not yet; CS_NO_POLICY */
    size_t announced;     /* newest of those not yet effective; CS_NO_POLICY: none */
    bool accepted;        /* an acceptance counts */
    bool declined_newest; /* the person said no to the newest effective version, and nothing since */
    int64_t accepted_at_ms;
    int64_t quiet_until_ms; /* no asking by itself about an update before; 0: free; INT64_MAX: never */
} cs_standing;

/* scope empty: the platform. */
void cs_decide_standing(const cs_policy_set *set, const cs_state *state, cs_str scope, const cs_now *now,
                        cs_standing *out);

/* The person's age now; false: unknown. */
bool cs_decide_age(const cs_state *state, const cs_now *now, int32_t *years);

/* ---- words ---------------------------------------------------------------------------------- */

/* The rule behind an answer, for the record: "rule 10: choice" and its legal source ("PIPL 14, 23; C45, C55"). Static. */
const char *cs_decision_rule_name(int32_t rule);
const char *cs_decision_rule_source(int32_t rule, int32_t reason);
/* One sentence for the person. locale "zh…" gives Chinese, else English. Static. */
const char *cs_decision_text(const cs_decision *decision, const char *locale);

#endif
