/* rights: what a person may request of the operator, and by when it is to be answered (PIPL 44 to 50; C137 to C153, C167).
 *
 * A request is the set of its events: one request_opened and any number of request_updated, joined by their reference, the request's
 * id. Its state is a function of that set: updates are taken in the order of their times, and one that its state does not
 * allow is kept in the history and changes nothing. So any order of arrival gives the same state.
 *
 * Details stand in the events' `detail` as JSON (docs/json.md). Pure: no clock, no files. */
#ifndef CS_RIGHTS_H
#define CS_RIGHTS_H

#include <consent/rights.h>

#include "event/event.h"
#include "policy/policy.h"

#define CS_REQUEST_TEXT_MAX_BYTES 4096u
#define CS_REQUEST_MAX_INDEPENDENT 64u
#define CS_REQUESTS_MAX 4096u /* requests and updates of one profile, each */

/* ---- working days -------------------------------------------------------------------------------- */

typedef struct cs_due {
    cs_date day;      /* the last day on which the answer is in time */
    int64_t due_ms;   /* its end at +08:00: from here on it is late */
    bool provisional; /* a year on the way has no calendar yet: its holidays are not known */
} cs_due;

/* Monday to Friday but for the policy's holidays, and its make-up days. *known: the policy has a calendar for that year. `policy`
 * NULL: no calendar at all. */
bool cs_rights_is_working_day(const cs_policy *policy, cs_date day, bool *known);
/* The n-th working day after the day of receipt, which does not count, at +08:00 (C167). */
void cs_rights_due(const cs_policy *policy, int64_t received_ms, int32_t working_days, cs_due *out);

/* ---- names (NULL, false: none such) ------------------------------------------------------------------- */

const char *cs_right_name(int32_t right);
bool cs_right_find(cs_str name, int32_t *right);
const char *cs_request_state_name(int32_t state);
bool cs_request_state_find(cs_str name, int32_t *state);
const char *cs_requester_name(int32_t by);
bool cs_requester_find(cs_str name, int32_t *by);
const char *cs_deletion_ground_name(int32_t ground);
bool cs_deletion_ground_find(cs_str name, int32_t *ground);
const char *cs_refusal_name(int32_t refusal);
bool cs_refusal_find(cs_str name, int32_t *refusal);

/* ---- making events -------------------------------------------------------------------------------------- */

/* Checks a request as far as it can be without knowing what came before: E_ARGUMENT for a malformed member, E_REJECTED for one that
 * this right or requester needs. */
consent_status cs_request_check(const consent_rights_request *request, consent_error *err);
/* The event of a checked request; `detail` keeps its text. working_days: what was promised, 0: nothing. */
void cs_request_event(const consent_rights_request *request, const char *id, int32_t working_days, cs_buffer *detail,
                      cs_event *out);

/* ---- reading events ---------------------------------------------------------------------------------- */

typedef struct cs_request_step {
    cs_str id; /* of the request */
    int32_t state;
    int32_t refusal;
    int64_t fee_fen;
    cs_str text;
    cs_str reference;
    bool by_requester;
    bool applied; /* the state before allowed it */
    int64_t time_ms;
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t seq;
} cs_request_step;

typedef struct cs_request {
    cs_str id;
    cs_str right_name; /* as written: a newer engine's right may be unknown here */
    int32_t right;     /* consent_right; 0: unknown here */
    int32_t by;        /* consent_requester */
    int32_t ground;
    int32_t working_days;
    cs_str channel, text, target, reference, purpose, recipient;
    const cs_str *data;
    const cs_str *independent; /* recipients that the person deals with on their own account */
    size_t data_count, independent_count;
    int64_t opened_ms;
    int32_t state;
    int64_t state_ms;
    cs_request_step last; /* the update in force; state 0: none */
} cs_request;

/* Who may hold something of the person: given by a grant, an acceptance or a counted use. */
typedef struct cs_holding {
    cs_str recipient, purpose, data; /* data empty: the purpose declares none */
    int64_t since_ms;
} cs_holding;

typedef struct cs_requests {
    const cs_memory *memory;
    cs_arena arena;
    cs_request *items;
    cs_request_step *steps; /* ordered after settling */
    cs_holding *holdings;
    size_t count, capacity, step_count, step_capacity, holding_count, holding_capacity;
} cs_requests;

void cs_requests_init(cs_requests *list, const cs_memory *memory);
void cs_requests_free(cs_requests *list);
/* Takes an event of any type in; copies what it keeps. E_MEMORY. */
consent_status cs_requests_add(cs_requests *list, const uint8_t *stream, const cs_event *event, consent_error *err);
/* What accepting this policy let its recipients have: those of the purposes that acceptance suffices for. */
consent_status cs_requests_accepted(cs_requests *list, const cs_policy *policy, int64_t time_ms, consent_error *err);
/* Once all events are in: orders the updates and says where each request stands. */
void cs_requests_settle(cs_requests *list);
const cs_request *cs_requests_find(const cs_requests *list, cs_str id);

/* Whether it was answered: done, refused or cancelled. The live data gone, with backups to follow, is an answer. */
bool cs_request_is_closed(const cs_request *request);
/* Whether this recipient is to be told of the request (C141): the request is one that reaches recipients, the recipient may hold what
 * it is about, has no authorisation of its own, and the law does not make it keep the data. Before cs_requests_tell is asked the list
 * must be settled; `policy` tells of purposes and may be NULL. */
bool cs_requests_tell(const cs_requests *list, const cs_request *request, cs_str recipient, const cs_policy *policy);

/* Whether an update leads on from where the request stands, and what stands in its way. */
typedef enum cs_request_hurdle {
    CS_HURDLE_NONE = 0,
    CS_HURDLE_NO_WAY,    /* from that state, or for that right, there is none */
    CS_HURDLE_IN_VAIN,   /* it would wait for papers or a fee where the law wants neither */
    CS_HURDLE_NOT_THEIRS /* the other one's to say: the person's or the operator's */
} cs_request_hurdle;
cs_request_hurdle cs_request_hurdle_to(const cs_request *request, int32_t state, bool by_requester);
/* Whether the change may be made to a request that stands there: E_ARGUMENT, E_REJECTED naming the rule. */
consent_status cs_request_change_check(const cs_request *request, const consent_request_change *change,
                                       consent_error *err);
void cs_request_change_event(const cs_request *request, const consent_request_change *change, cs_buffer *detail,
                             cs_event *out);

#endif
