#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CLOCK_BOOTTIME */
#endif

#include "support/person.h"

#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "support/journey.h"

static void journey_time(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms)
{
    struct timespec now = {0};
    (void)ctx;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    *elapsed_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    *wall_ms = JOURNEY_START_MS + *elapsed_ms;
}

static const consent_clock journey_clock = {sizeof(consent_clock), NULL, journey_time};

const person_calls *person_linked(void)
{
    static const person_calls linked = {
        .open = consent_open,
        .close = consent_close,
        .profile_open = consent_profile_open,
        .profile_close = consent_profile_close,
        .profile_health = consent_profile_health,
        .policy_install = consent_policy_install,
        .check = consent_check,
        .handle_open = consent_handle_open,
        .handle_close = consent_handle_close,
        .handle_check = consent_handle_check,
        .use = consent_use,
        .flush = consent_flush,
        .form_build = consent_form_build,
        .form_close = consent_form_close,
        .form_shown = consent_form_shown,
        .form_submit = consent_form_submit,
        .withdraw = consent_withdraw,
        .verify = consent_verify,
        .erase = consent_erase,
        .set_crypto_lock = consent_set_crypto_lock,
    };
    return &linked;
}

bool person_load(const char *path, person_calls *out)
{
    /* In the order of the table, which holds nothing but functions. */
    static const char *const names[] = {
        "consent_open",           "consent_close",          "consent_profile_open", "consent_profile_close",
        "consent_profile_health", "consent_policy_install", "consent_check",        "consent_handle_open",
        "consent_handle_close",   "consent_handle_check",   "consent_use",          "consent_flush",
        "consent_form_build",     "consent_form_close",     "consent_form_shown",   "consent_form_submit",
        "consent_withdraw",       "consent_verify",         "consent_erase",        "consent_set_crypto_lock",
    };
    _Static_assert(sizeof(person_calls) == sizeof names / sizeof names[0] * sizeof(void *), "a name for each call");
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; object && i < sizeof names / sizeof names[0]; i++) {
        void *found = dlsym(object, names[i]);
        if (!found)
            return false;
        memcpy((char *)out + i * sizeof(void *), &found, sizeof found);
    }
    return object != NULL;
}

consent_status person_open(person *p, const person_calls *calls, const char *home, const char *account)
{
    consent_config config = CONSENT_INIT(consent_config);
    consent_profile_config profile = CONSENT_INIT(consent_profile_config);
    memset(p, 0, sizeof *p);
    p->calls = calls;
    config.home = home;
    config.root_keys = journey_root();
    config.root_key_count = 1;
    config.platform = "android";
    config.clock = &journey_clock;
    profile.account = account;
    consent_status status = calls->open(&config, &p->client, &p->err);
    cs_span bundle = journey_bundle(1);
    if (status == CONSENT_OK)
        status = calls->policy_install(p->client, bundle.data, bundle.size, &p->err);
    if (status == CONSENT_OK)
        status = calls->profile_open(p->client, &profile, &p->profile, &p->err);
    return status;
}

void person_close(person *p)
{
    if (!p->calls)
        return;
    p->calls->profile_close(p->profile);
    p->calls->close(p->client);
    p->profile = NULL;
    p->client = NULL;
}

consent_query person_question(const char *purpose, const char *recipient, const char *const *data)
{
    consent_query query = CONSENT_INIT(consent_query);
    query.purpose = purpose;
    query.recipient = recipient;
    query.data = data;
    query.data_count = data && data[0] ? 1 : 0;
    return query;
}

consent_verdict person_verdict(person *p, const char *purpose, const char *recipient, const char *data)
{
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_query query = person_question(purpose, recipient, &data);
    if (p->calls->check(p->profile, &query, &verdict, &p->err) != CONSENT_OK)
        verdict.decision = CONSENT_DENY;
    return verdict;
}

consent_decision person_decision(person *p, const char *purpose, const char *recipient, const char *data)
{
    return (consent_decision)person_verdict(p, purpose, recipient, data).decision;
}

consent_status person_answer(person *p, consent_occasion occasion, const char *purpose, const char *recipient,
                             consent_action action)
{
    consent_form *form = NULL;
    consent_query query = person_question(purpose, recipient, NULL);
    consent_form_request request = CONSENT_INIT(consent_form_request);
    consent_answer tick = {"tick", action == CONSENT_ACTION_ACCEPT, false, 0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    query.user_initiated = true;
    request.occasion = occasion;
    request.query = purpose ? &query : NULL;
    request.user_initiated = true;
    submission.action = action;
    submission.emphasis_rendered = true;
    submission.reached_end = true;
    submission.surface = "test";
    if (occasion == CONSENT_OCCASION_FIRST_RUN) {
        submission.answers = &tick;
        submission.answer_count = 1;
    }
    consent_status status = p->calls->form_build(p->profile, &request, &form, &p->err);
    if (status == CONSENT_OK)
        status = p->calls->form_shown(form, &p->err);
    if (status == CONSENT_OK)
        status = p->calls->form_submit(form, &submission, &p->err);
    p->calls->form_close(form);
    return status;
}

consent_status person_accept(person *p)
{
    return person_answer(p, CONSENT_OCCASION_FIRST_RUN, NULL, NULL, CONSENT_ACTION_ACCEPT);
}

consent_status person_withdraw(person *p, const char *purpose, const char *recipient)
{
    consent_query item = person_question(purpose, recipient, NULL);
    return p->calls->withdraw(p->profile, &item, &p->err);
}

consent_status person_frames(person *p, uint64_t *frames)
{
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_status status = p->calls->verify(p->profile, &report, &p->err);
    *frames = report.frame_count;
    if (status == CONSENT_E_NOT_FOUND) {
        *frames = 0;
        status = CONSENT_OK;
    }
    return status;
}
