/* profile, second part: what a person may ask of the operator, the two lists, and switches for third parties.
 *
 * Requests and counts are read from the ledger each time: they are looked at seldom, and what is not kept cannot go stale. */
#ifndef CS_PROFILE_RIGHTS_H
#define CS_PROFILE_RIGHTS_H

#include "profile/profile.h"
#include "rights/rights.h"

/* See consent_request_open. `scope` and the names are checked here. */
consent_status cs_profile_request_open(cs_profile *profile, const consent_rights_request *request,
                                       char id[CONSENT_REQUEST_ID_SIZE], consent_error *err);
consent_status cs_profile_request_update(cs_profile *profile, const consent_request_change *change, consent_error *err);
consent_status cs_profile_requests(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err);
/* home->lock held. The list is to be freed whatever comes of it. */
consent_status cs_profile_read_requests(cs_profile *profile, cs_requests *list, consent_error *err);
/* The event of a new request, with its id and the days that the policy promises; `detail` keeps its text. */
consent_status cs_profile_new_request(cs_profile *profile, const consent_rights_request *request,
                                      char id[CONSENT_REQUEST_ID_SIZE], cs_buffer *detail, cs_event *out,
                                      consent_error *err);
/* The fewer of two promises of days; 0: none was made. */
int32_t cs_fewer_days(int32_t a, int32_t b);
/* See consent_signal_age. */
consent_status cs_profile_signal_age(cs_profile *profile, const consent_age_signal *signal, consent_error *err);
consent_status cs_profile_list(cs_profile *profile, consent_list which, const char *locale, cs_buffer *out,
                               consent_error *err);

/* See consent_notice_receive and consent_notices. */
consent_status cs_profile_notice_receive(cs_profile *profile, cs_span bytes, consent_error *err);
consent_status cs_profile_notices(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err);
/* home->lock held. Of a notice form whose id is one that is held: what to show, into `words`, and by whose texts; else both stay.
 * E_NOT_FOUND: nothing but an unknown id. E_REJECTED: acknowledged already. */
consent_status cs_profile_notice_words(cs_profile *profile, const cs_form_request *request, const cs_now *now,
                                       cs_buffer *words, const cs_policy **policy, consent_error *err);

/* Threads: bindings are guarded by home->lock; callbacks run without it, in consent_poll, which passes on what changed since the last
 * run, or failed then. A run inside a run (from a callback, or on another thread) does nothing. */
consent_status cs_switch_bind(cs_profile *profile, const consent_switch *which, consent_error *err);
consent_status cs_profile_switches(cs_profile *profile, cs_buffer *out, consent_error *err);

/* The same for what has to go (consent_purge_bind). */
consent_status cs_purge_bind(cs_profile *profile, consent_purge_fn apply, void *ctx, consent_error *err);
/* Member "purges" of an open object: what is still to go. home->lock held, refreshed. */
void cs_purges_put(cs_profile *profile, cs_json_out *out);

#endif
