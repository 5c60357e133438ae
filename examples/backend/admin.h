/* admin: what operators do, for the API and the web page alike. Writing functions queue the act and its line in the audit as one. */
#ifndef CD_ADMIN_H
#define CD_ADMIN_H

#include "http.h"
#include "person.h"
#include "rights/rights.h"

typedef enum cd_act_kind {
    CD_ACT_WITHDRAW = 1, /* of a purpose, or of the policy as a whole */
    CD_ACT_REFUSE,
    CD_ACT_SAY_GIVEN, /* devices ask the person to confirm it */
} cd_act_kind;

typedef struct cd_support_act {
    cd_act_kind kind;
    cs_str policy; /* empty: "platform" */
    cs_str purpose, recipient;
    cs_str data[CS_EVENT_MAX_DATA];
    size_t data_count;
    cs_str reference; /* the support case: needed */
} cd_support_act;

bool cd_act_kind_of(cs_str name, cd_act_kind *out); /* "withdraw", "refuse", "say_given" */

/* E_NOT_FOUND: no such profile or policy; E_REJECTED: the policy declares no such thing, or the case is missing. */
consent_status cd_support(cd_request *request, const cd_support_act *act, consent_error *err);
/* birth "2012-05-01", or "" and `at_least` years. */
consent_status cd_correct_age(cd_request *request, cs_str birth, int64_t at_least, cs_str reference,
                              consent_error *err);
/* Moves the request that change->id names, by the rules of src/rights. */
consent_status cd_move_request(cd_request *request, const consent_request_change *change, consent_error *err);
/* Delivers a published notice to the request's profile, or (everybody) to all, in the background. */
consent_status cd_notify(cd_request *request, const uint8_t *notice, bool everybody, consent_error *err);
/* Verifies and keeps a publication. */
consent_status cd_publish(cd_request *request, int kind, cs_span bytes, consent_error *err);

/* Notices to everybody, some profiles at a time. */
consent_status cd_admin_chores(cd_store *store, void *server, bool *more, consent_error *err);

/* One event, as operators read it. */
void cd_write_event(const uint8_t *stream, bool by_backend, uint64_t cursor, const cs_event *event, cs_json_out *out);

/* Puts down that this operator read this person's record. */
consent_status cd_note_look(cd_request *request, consent_error *err);
void cd_put_hex(cs_json_out *out, const char *name, const uint8_t *bytes, size_t size);
void cd_put_time(cs_json_out *out, const char *name, int64_t time_ms);

#endif
