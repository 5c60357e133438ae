/* submission: one submission while it is being read, and the events that it becomes. Inner header of form. */
#ifndef CS_FORM_SUBMISSION_H
#define CS_FORM_SUBMISSION_H

#include "form/parts.h"

typedef struct cs_form_reading {
    cs_form *form;
    const consent_submission *given;
    const char *surface, *reference; /* NULL: none */
    int64_t now_ms;
    consent_error *err;
} cs_form_reading;

/* ---- events (submit.c) ---------------------------------------------------------------------- */

/* The most events that one answer to anything but `manage` and `confirm` comes to; there is always room for them. */
#define CS_FORM_FEW_EVENTS 3u

/* Starts over with room for `count` events. */
consent_status cs_form_reserve_events(cs_form *form, size_t count, consent_error *err);
/* Adds one with everything that all acts on this form have in common. Room must be reserved. `shared`: the act carries
 * the platform's policy and the product's (decisions.md section 1). */
cs_event *cs_form_add_event(cs_form *form, uint32_t type, uint32_t method, const char *control, bool shared);
/* Checks that the form was shown and is not past its time. */
consent_status cs_form_check_time(const cs_form *form, int64_t shown_ms, int64_t now_ms, consent_error *err);
/* Adds one with what the submission says of how it came about, besides. */
cs_event *cs_form_record(const cs_form_reading *in, uint32_t type, uint32_t method, const char *control, bool shared);
/* The same about the form's purpose and recipient. */
cs_event *cs_form_record_item(const cs_form_reading *in, uint32_t type, uint32_t method, const char *control);
/* Adds these to the event's data. */
void cs_form_name_data(cs_event *event, const cs_str *data, size_t count);
uint32_t cs_form_method(const cs_form_reading *in, uint32_t usual);
/* Of a refusal: written or not. */
uint32_t cs_form_refusal_method(const cs_form_reading *in);
/* Fails with what is wrong with the choice. */
consent_status cs_form_reject_answer(const cs_form_reading *in, consent_status status, const char *control,
                                     const char *why);
const consent_answer *cs_form_find_answer(const cs_form_reading *in, const char *control);
/* Nothing new is granted under a policy past its time. */
consent_status cs_form_check_policy_valid(const cs_form *form, int64_t now_ms, consent_error *err);

/* ---- what accepting comes to ---------------------------------------------------------------------- */

consent_status cs_form_accept_policy(const cs_form_reading *in);
consent_status cs_form_accept_choice(const cs_form_reading *in);
/* answer.c: the forms about people, devices, and what is only told; refusals of what is asked as a whole, too. */
consent_status cs_form_accept_age(const cs_form_reading *in);
consent_status cs_form_accept_guardian(const cs_form_reading *in);
consent_status cs_form_accept_devices(const cs_form_reading *in);
consent_status cs_form_go_on(const cs_form_reading *in); /* and not going on */
void cs_form_refuse_whole(const cs_form_reading *in);

#endif
