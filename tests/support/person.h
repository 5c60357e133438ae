/* person: one person over the real system, through the public interface only. The calls come in a table, so that the same
 * person can use the library as linked or a copy of it that was loaded from a file. Every home has the journey's small policy;
 * time runs from the journey's start, whatever the machine's clock says. Nothing asserts. */
#ifndef PERSON_H
#define PERSON_H

#include <consent/consent.h>
#include <consent/platform.h>

typedef struct person_calls {
    consent_status (*open)(const consent_config *, consent_client **, consent_error *);
    void (*close)(consent_client *);
    consent_status (*profile_open)(consent_client *, const consent_profile_config *, consent_profile **,
                                   consent_error *);
    void (*profile_close)(consent_profile *);
    consent_status (*profile_health)(consent_profile *, consent_error *);
    consent_status (*policy_install)(consent_client *, const void *, size_t, consent_error *);
    consent_status (*check)(consent_profile *, const consent_query *, consent_verdict *, consent_error *);
    consent_status (*handle_open)(consent_profile *, const consent_query *, consent_handle **, consent_error *);
    void (*handle_close)(consent_handle *);
    consent_decision (*handle_check)(consent_handle *);
    consent_status (*use)(consent_handle *, consent_verdict *, consent_error *);
    consent_status (*flush)(consent_profile *, consent_error *);
    consent_status (*form_build)(consent_profile *, const consent_form_request *, consent_form **, consent_error *);
    void (*form_close)(consent_form *);
    consent_status (*form_shown)(consent_form *, consent_error *);
    consent_status (*form_submit)(consent_form *, const consent_submission *, consent_error *);
    consent_status (*withdraw)(consent_profile *, const consent_query *, consent_error *);
    consent_status (*verify)(consent_profile *, consent_verify_report *, consent_error *);
    consent_status (*erase)(consent_profile *, consent_error *);
    void (*set_crypto_lock)(void (*)(void *), void (*)(void *), void *);
} person_calls;

typedef struct person {
    const person_calls *calls;
    consent_client *client;
    consent_profile *profile;
    consent_error err;
} person;

const person_calls *person_linked(void);
/* From a shared object; false when it lacks a name. The object stays loaded. */
bool person_load(const char *path, person_calls *out);

/* Opens home, profile (account NULL: anonymous) and installs the policy when the home does not hold it. */
consent_status person_open(person *p, const person_calls *calls, const char *home, const char *account);
void person_close(person *p);
consent_query person_question(const char *purpose, const char *recipient, const char *const *data);
consent_verdict person_verdict(person *p, const char *purpose, const char *recipient, const char *data);
consent_decision person_decision(person *p, const char *purpose, const char *recipient, const char *data);
/* Builds the form, shows it, ticks what is required, presses the button. */
consent_status person_answer(person *p, consent_occasion occasion, const char *purpose, const char *recipient,
                             consent_action action);
consent_status person_accept(person *p); /* the first run */
consent_status person_withdraw(person *p, const char *purpose, const char *recipient);
/* Reads everything again from disk; 0 frames when nothing was recorded yet. */
consent_status person_frames(person *p, uint64_t *frames);

#endif
