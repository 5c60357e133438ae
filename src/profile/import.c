/* Consent that an app recorded before it had this library. What is not allowed here would not count in decide either;
 * refused here, nobody takes it for recorded. */
#include "profile/internal.h"

#include <string.h>

#define REFERENCE_MAX_SIZE 200u

static consent_status check_given(const consent_imported *given, int64_t now_ms, consent_error *err)
{
    cs_str reference = cs_str_of(given->reference);
    if (reference.size == 0 || reference.size > REFERENCE_MAX_SIZE || !cs_utf8_is_valid(reference))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "given.reference is not 1 to %u bytes of UTF-8: say where the evidence is kept",
                       REFERENCE_MAX_SIZE);
    if (given->given_ms <= 0 || given->given_ms > now_ms)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "given.given_ms is missing or in the future: say when it was given");
    const char *bad = given->scope && !cs_id_is_valid(cs_str_of(given->scope))       ? "scope"
                      : given->purpose && !cs_id_is_valid(cs_str_of(given->purpose)) ? "purpose"
                                                                                     : NULL;
    if (bad)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "given.%s is not an identifier", bad);
    return CONSENT_OK;
}

/* The version that the consent was given for: the highest revision held of it. */
static const cs_policy *find_policy(cs_profile *profile, const consent_imported *given, const cs_now *now)
{
    const cs_policy_set *set = &profile->home->policies;
    const char *scope = given->scope ? given->scope : "platform";
    const cs_policy *found = NULL;
    cs_standing standing;
    if (given->policy_version == 0) {
        cs_decide_standing(set, &profile->state, cs_str_of(scope), now, &standing);
        return standing.newest == CS_NO_POLICY ? NULL : set->policies[standing.newest];
    }
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->policies[i]->scope, scope) == 0 && set->policies[i]->version == given->policy_version &&
            (!found || set->policies[i]->revision > found->revision))
            found = set->policies[i];
    return found;
}

/* Why the policy allows no import now; NULL: it does. */
static const char *policy_forbids(const cs_policy *policy, int64_t now_ms, consent_status *status)
{
    *status = CONSENT_E_NOT_FOUND;
    if (!policy)
        return "no such policy version is held here, install it first";
    *status = CONSENT_E_EXPIRED;
    if (policy->import_allowed && policy->valid_until_ms && now_ms >= policy->valid_until_ms)
        return "the policy is past its time, install a newer one";
    *status = CONSENT_E_REJECTED;
    return !policy->import_allowed         ? "the policy does not allow it (`import`)"
           : now_ms < policy->effective_ms ? "the policy is not in force yet"
                                           : NULL;
}

/* Only what accepting the policy would cover (PIPL 14, 23, 29). *detail: the form or item that is in the way. */
static const char *purpose_forbids(const cs_policy *policy, const char *id, consent_status *status, const char **detail)
{
    if (!id)
        return NULL;
    const cs_purpose *purpose = cs_policy_purpose(policy, cs_str_of(id));
    *status = CONSENT_E_NOT_FOUND;
    if (!purpose || purpose->undeclared)
        return "the policy does not declare the purpose";
    *status = CONSENT_E_REJECTED;
    if (purpose->ground != CONSENT_GROUND_CONSENT)
        return "the purpose needs no consent";
    uint8_t form = (uint8_t)cs_purpose_effective_form(policy, purpose);
    if (form != CS_FORM_POLICY) {
        *detail = cs_consent_form_name(form);
        return "the purpose needs a consent of its own, ask for it here";
    }
    for (uint16_t i = 0; i < purpose->data_count; i++) {
        if (policy->data[purpose->data[i].item].sensitive == CS_NOT_SENSITIVE)
            continue;
        *detail = policy->data[purpose->data[i].item].id;
        return "the data are sensitive, ask for them here (PIPL 29)";
    }
    return NULL;
}

/* An answer given here, or one that may have been lost, is never replaced by what is said to have been before. */
static const char *answer_forbids(const cs_profile *profile, const cs_policy *policy, const char *purpose)
{
    const cs_state *state = &profile->state;
    cs_name policy_name = cs_state_name(state, cs_str_of(policy->id));
    bool answered = state->recovered.seq != 0;
    for (uint32_t i = 0; i < state->stream_count; i++)
        answered = answered || state->streams[i].doubted_seq != 0;
    const cs_name groups[] = {0, purpose ? cs_state_name(state, cs_str_of(purpose)) : 0};
    for (size_t g = 0; g < (purpose ? 2u : 1u); g++) {
        uint32_t count;
        const cs_act *acts = cs_state_acts(state, groups[g], &count);
        for (uint32_t i = 0; i < count; i++)
            answered = answered || ((acts[i].policy == policy_name || acts[i].policy == 0 || g == 1) &&
                                    (acts[i].flags & CS_ACT_IMPORTED) == 0);
    }
    return answered ? "the person answered here already, or a record was lost: ask here" : NULL;
}

static consent_status import(cs_profile *profile, const consent_imported *given, consent_error *err)
{
    cs_now now;
    cs_profile_now(profile, &now);
    consent_status status = check_given(given, now.now_ms, err);
    if (status != CONSENT_OK)
        return status;
    const cs_policy *policy = find_policy(profile, given, &now);
    const char *detail = "";
    const char *why = policy_forbids(policy, now.now_ms, &status);
    if (!why)
        why = purpose_forbids(policy, given->purpose, &status, &detail);
    if (!why)
        why = answer_forbids(profile, policy, given->purpose);
    if (why)
        return cs_fail(err, status, 0, "nothing was imported: %s (policy '%s' version %u, purpose '%s' %s)", why,
                       policy ? policy->id : "", (unsigned)(policy ? policy->version : given->policy_version),
                       given->purpose ? given->purpose : "", detail);
    cs_event event = {.type = CS_EVENT_IMPORTED,
                      .actor = CS_ACTOR_SELF,
                      .policy = cs_policy_ref_of(policy),
                      .purpose = cs_str_of(given->purpose),
                      .method = CONSENT_METHOD_IMPORTED,
                      .ticked_at_ms = given->given_ms,
                      .reference = cs_str_of(given->reference)};
    return cs_profile_record(profile, &event, 1, false, NULL, err);
}

consent_status cs_profile_import(cs_profile *profile, const consent_imported *given, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = cs_profile_refresh(profile, err);
    if (status == CONSENT_OK)
        status = import(profile, given, err);
    cs_profile_unlock(profile);
    return status;
}
