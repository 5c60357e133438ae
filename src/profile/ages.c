/* Ages that the app learns elsewhere, such as a birthday typed into a booking (C135, C136). */
#include "profile/internal.h"
#include "profile/rights.h"

#define OLDEST_YEARS 150

static int32_t guardian_under(const cs_profile *profile)
{
    const cs_policy_set *set = &profile->home->policies;
    int32_t bound = 0;
    for (size_t i = 0; i < set->count; i++)
        bound = set->policies[i]->minors.guardian_under > bound ? set->policies[i]->minors.guardian_under : bound;
    return bound;
}

static consent_status read_signal(const consent_age_signal *signal, int64_t now_ms, cs_event *event, consent_error *err)
{
    cs_str source = cs_str_of(signal->source);
    cs_str reference = cs_str_of(signal->reference);
    if ((source.size && !cs_id_is_valid(source)) || reference.size > 200 || !cs_utf8_is_valid(reference))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "signal.source is no identifier, or signal.reference not UTF-8 of at most 200 bytes");
    event->surface = source;
    event->reference = reference;
    if (signal->birth) {
        int32_t years =
            cs_date_parse(cs_str_of(signal->birth), &event->birth) ? cs_age_years(event->birth, now_ms) : -1;
        if (years < 0 || years > OLDEST_YEARS)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "signal.birth is no date of birth; write it like 2013-06-01");
    } else if (signal->under < 1 || signal->under > OLDEST_YEARS) {
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "signal has neither a date of birth nor an age that the person is under");
    } else {
        event->age_band = (uint32_t)signal->under; /* the oldest that fits: one year less, plus one */
    }
    return CONSENT_OK;
}

/* What the age was told for, so that the list of what is collected has it (C136). */
static void serve_purpose(const cs_profile *profile, cs_event *event)
{
    const cs_policy *policy = cs_profile_policy_named(profile, &event->policy);
    const cs_purpose *purpose = policy ? cs_policy_purpose(policy, cs_str_of(policy->minors.purpose)) : NULL;
    if (!purpose)
        return;
    event->purpose = cs_str_of(purpose->id);
    for (uint16_t i = 0; i < purpose->data_count; i++)
        event->data[event->data_count++] = cs_str_of(policy->data[purpose->data[i].item].id);
}

static consent_status take_signal(cs_profile *profile, const consent_age_signal *signal, consent_error *err)
{
    static const cs_query everything;
    cs_event event = {.type = CS_EVENT_AGE_SIGNALLED, .actor = CS_ACTOR_SYSTEM};
    cs_now now;
    int32_t known;
    consent_status status = cs_profile_refresh(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_now(profile, &now);
    status = read_signal(signal, now.now_ms, &event, err);
    if (status != CONSENT_OK)
        return status;
    int32_t told = cs_age_told(&event, now.now_ms);
    /* Of several statements the youngest counts: what is not younger says nothing new. */
    if (cs_decide_age(&profile->state, &now, &known) && told >= known)
        return CONSENT_OK;
    int32_t of_age = guardian_under(profile);
    if (told >= of_age) { /* that is all that is needed (PIPL 6) */
        event.birth = (cs_date){0};
        event.age_band = (uint32_t)of_age + 1;
    }
    cs_profile_refer(profile, &everything, &event);
    serve_purpose(profile, &event);
    return cs_profile_record_act(profile, &event, 1, true, NULL, err);
}

consent_status cs_profile_signal_age(cs_profile *profile, const consent_age_signal *signal, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = take_signal(profile, signal, err);
    cs_profile_unlock(profile);
    return status;
}
