#include "support/journey.h"

#include <string.h>

consent_status journey_open_env(journey *j, const cs_env *env, const char *home)
{
    consent_config config = CONSENT_INIT(consent_config);
    config.home = home;
    config.root_keys = journey_root();
    config.root_key_count = 1;
    config.platform = "android";
    config.keystore = j->keystore;
    j->env = *env;
    consent_status status = cs_home_open(&j->env, &config, &j->home, &j->err);
    if (status == CONSENT_OK)
        status = cs_profile_open(j->home, NULL, false, &j->profile, &j->err);
    return status;
}

consent_status journey_open_with(journey *j, world *w, const consent_keystore *keystore)
{
    cs_env env = world_env(w);
    memset(j, 0, sizeof *j);
    j->w = w;
    j->keystore = keystore;
    return journey_open_env(j, &env, JOURNEY_HOME);
}

consent_status journey_open(journey *j, world *w)
{
    return journey_open_with(j, w, NULL);
}

void journey_close(journey *j)
{
    cs_profile_close(j->profile);
    cs_home_close(j->home);
    j->profile = NULL;
    j->home = NULL;
}

consent_status journey_install(journey *j, uint32_t version)
{
    j->env.mutex_lock(j->env.ctx, j->home->lock);
    consent_status status = cs_home_install(j->home, journey_bundle(version), &j->err);
    j->env.mutex_unlock(j->env.ctx, j->home->lock);
    return status;
}

static cs_query question(const char *purpose, const char *recipient, const char *data, cs_str *list)
{
    cs_query query = {.purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = list};
    if (data) {
        list[0] = cs_str_of(data);
        query.data_count = 1;
    }
    return query;
}

consent_verdict journey_check(journey *j, const char *purpose, const char *recipient, const char *data)
{
    cs_str list[1];
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    cs_query query = question(purpose, recipient, data, list);
    if (cs_profile_check(j->profile, &query, &verdict, &j->err) != CONSENT_OK)
        memset(&verdict, 0, sizeof verdict);
    return verdict;
}

consent_decision journey_decision(journey *j, const char *purpose, const char *recipient, const char *data)
{
    return (consent_decision)journey_check(j, purpose, recipient, data).decision;
}

consent_status journey_answer(journey *j, int32_t occasion, const char *purpose, const char *recipient,
                              consent_action action)
{
    cs_form *form = NULL;
    cs_form_request request = {.occasion = occasion, .user_initiated = true};
    request.query = question(purpose, recipient, NULL, NULL);
    request.query.user_initiated = true;
    consent_answer tick = {"tick", action == CONSENT_ACTION_ACCEPT, false, 0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    submission.action = action;
    submission.emphasis_rendered = true;
    submission.reached_end = true;
    submission.surface = "test";
    if (occasion == CONSENT_OCCASION_FIRST_RUN) {
        submission.answers = &tick;
        submission.answer_count = 1;
    }
    consent_status status = cs_profile_form(j->profile, &request, &form, &j->err);
    if (status == CONSENT_OK)
        status = cs_profile_submit(j->profile, form, &submission, cs_profile_now_ms(j->profile), &j->err);
    cs_form_free(form);
    return status;
}

consent_status journey_withdraw(journey *j, const char *purpose, const char *recipient)
{
    cs_query item = question(purpose, recipient, NULL, NULL);
    return cs_profile_withdraw(j->profile, &item, &j->err);
}
