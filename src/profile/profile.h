/* profile: one person's consent on this device: ledger and state together, the only place that records.
 *
 * Recording order (design promise 1 to 4)
 *  - a grant: disk, then memory, then CONSENT_OK;
 *  - a refusal or withdrawal: the shared page first (every process denies), then memory, then disk; the disk's error
 *    is still returned, and the act is tried again with the next one.
 * Checking: `cs_ask` is one prepared question with one atomic word (valid until a coarse second ‖ generation ‖ decision). A
 * word serves until the second or the generation changes; then one caller decides again. So a check by handle takes no
 * lock, sees other processes' acts, and honours expiry to the second.
 *
 * Threads: home->lock is held across disk and guards ledger and recording; profile->table guards state and asks and is
 * never held across disk. Order: home->lock, then table. */
#ifndef CS_PROFILE_H
#define CS_PROFILE_H

#include "form/form.h"
#include "ledger/ledger.h"
#include "profile/home.h"

typedef struct cs_profile cs_profile;
typedef struct cs_ask cs_ask;

/* ---- life ------------------------------------------------------------------------------------- */

/* `account` NULL: the device's anonymous profile. Damage does not fail the open: see cs_profile_health. */
consent_status cs_profile_open(cs_home *home, const char *account, bool ephemeral, cs_profile **out,
                               consent_error *err);
void cs_profile_close(cs_profile *profile);
consent_status cs_profile_health(cs_profile *profile, consent_error *err);
consent_status cs_profile_erase(cs_profile *profile, consent_error *err);
/* Sets damage aside (files are renamed, never deleted) and begins anew, with an event that says so: what was not granted
 * since counts as refused at that moment. CONSENT_OK when there was nothing to repair. */
consent_status cs_profile_repair(cs_profile *profile, consent_error *err);
cs_home *cs_profile_home(const cs_profile *profile);

/* ---- deciding ----------------------------------------------------------------------------------- */

/* Views a public query; `list` holds the view's data. NULL query: the empty view. The names are not looked at yet. */
consent_status cs_query_look(const consent_query *query, cs_str list[CS_PURPOSE_MAX_DATA], cs_query *out,
                             consent_error *err);
/* That every name is an identifier; E_ARGUMENT names the member. Before the query goes anywhere but to cs_profile_check. */
consent_status cs_query_names(const cs_query *query, consent_error *err);

/* True with the verdict where this very question was asked before and the answer still serves; what is malformed never was. */
bool cs_profile_check_again(cs_profile *profile, const consent_query *asked, consent_verdict *verdict);
/* Checks the names itself, once for each question that it meets: one known already was fine. */
consent_status cs_profile_check(cs_profile *profile, const cs_query *query, consent_verdict *verdict,
                                consent_error *err);
consent_status cs_profile_check_at(cs_profile *profile, const cs_query *query, int64_t at_ms, bool hindsight,
                                   consent_verdict *verdict, consent_error *err);
consent_status cs_profile_explain(cs_profile *profile, const cs_query *query, const char *locale, cs_json_out *out,
                                  consent_error *err);

/* A prepared question; the same query gives the same ask. Released asks stay readable until the profile closes. */
consent_status cs_profile_ask(cs_profile *profile, const cs_query *query, cs_ask **out, consent_error *err);
void cs_ask_release(cs_ask *ask);
consent_decision cs_ask_check(cs_ask *ask);
consent_status cs_ask_use(cs_ask *ask, consent_verdict *verdict, consent_error *err);
/* Writes counted uses as usage and ground_relied_on events. */
consent_status cs_profile_flush(cs_profile *profile, consent_error *err);

/* ---- forms and recording -------------------------------------------------------------------------- */

typedef struct cs_form_request {
    int32_t occasion; /* 0: what the decision calls for */
    cs_query query;
    const char *locale;
    bool user_initiated;
    bool guardian;
    cs_str notice; /* JSON of the host; empty: none */
} cs_form_request;

consent_status cs_profile_form(cs_profile *profile, const cs_form_request *request, cs_form **out, consent_error *err);
/* Submits, records, and on success makes the events count. */
consent_status cs_profile_submit(cs_profile *profile, cs_form *form, const consent_submission *submission,
                                 int64_t shown_ms, consent_error *err);
consent_status cs_profile_permission_result(cs_profile *profile, cs_form *form, consent_os_state result,
                                            int64_t shown_ms, consent_error *err);
consent_status cs_profile_observe(cs_profile *profile, cs_str permission, consent_os_state state, consent_error *err);
consent_status cs_profile_withdraw(cs_profile *profile, const cs_query *item, consent_error *err);

/* See consent_import. The names are checked here. */
consent_status cs_profile_import(cs_profile *profile, const consent_imported *given, consent_error *err);

/* ---- being told ------------------------------------------------------------------------------------- */

/* One watch for each (ask, ctx); told NULL: none. Guarded by home->lock; called without it. */
consent_status cs_ask_watch(cs_ask *ask, consent_watch_fn told, void *ctx, consent_error *err);
/* Calls those whose answer changed; *count rises by the calls made. */
consent_status cs_profile_poll(cs_profile *profile, size_t *count, consent_error *err);
/* What acts after the own event `after_seq` changed, as JSON lines. */
consent_status cs_profile_changes(cs_profile *profile, uint64_t after_seq, cs_buffer *out, consent_error *err);

/* ---- reading the record ------------------------------------------------------------------------------ */

consent_status cs_profile_history(cs_profile *profile, cs_buffer *out, consent_error *err);
consent_status cs_profile_export(cs_profile *profile, cs_buffer *out, consent_error *err);
consent_status cs_profile_verify(cs_profile *profile, consent_verify_report *report, consent_error *err);
int64_t cs_profile_now_ms(cs_profile *profile);

#endif
