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
    if (given->scope && !cs_id_is_valid(cs_str_of(given->scope)))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "given.scope is not an identifier");
    if (given->purpose && !cs_id_is_valid(cs_str_of(given->purpose)))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "given.purpose is not an identifier");
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

static consent_status check_policy(const cs_policy *policy, int64_t now_ms, consent_error *err)
{
    if (!policy)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                       "nothing was imported: no such policy version is held here, install it first");
    if (!policy->import_allowed)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "nothing was imported: policy '%s' version %u does not allow it (`import`)", policy->id,
                       (unsigned)policy->version);
    if (policy->valid_until_ms && now_ms >= policy->valid_until_ms)
        return cs_fail(err, CONSENT_E_EXPIRED, 0,
                       "nothing was imported: policy '%s' is past its time, install a newer one", policy->id);
    if (now_ms < policy->effective_ms)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "nothing was imported: policy '%s' version %u is not in force yet",
                       policy->id, (unsigned)policy->version);
    return CONSENT_OK;
}

/* Only what accepting the policy would cover (PIPL 14, 23, 29). */
static consent_status check_purpose(const cs_policy *policy, const char *id, consent_error *err)
{
    if (!id)
        return CONSENT_OK;
    const cs_purpose *purpose = cs_policy_purpose(policy, cs_str_of(id));
    if (!purpose || purpose->undeclared)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "nothing was imported: policy '%s' does not declare purpose '%s'",
                       policy->id, id);
    uint8_t form = (uint8_t)cs_purpose_effective_form(policy, purpose);
    if (purpose->ground != CONSENT_GROUND_CONSENT || form != CS_FORM_POLICY)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "nothing was imported: purpose '%s' needs %s consent of its own, ask for it here", id,
                       purpose->ground != CONSENT_GROUND_CONSENT ? "no" : cs_consent_form_name(form));
    for (uint16_t i = 0; i < purpose->data_count; i++)
        if (policy->data[purpose->data[i].item].sensitive != CS_NOT_SENSITIVE)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "nothing was imported: purpose '%s' takes sensitive data '%s', ask for it here (PIPL 29)",
                           id, policy->data[purpose->data[i].item].id);
    return CONSENT_OK;
}

/* An answer given here, or one that may have been lost, is never replaced by what is said to have been before. */
static consent_status check_unanswered(const cs_profile *profile, const cs_policy *policy, const char *purpose,
                                       consent_error *err)
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
    if (!answered)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_REJECTED, 0,
                   "nothing was imported: the person answered here already, or a record was lost: ask here");
}

static consent_status import(cs_profile *profile, const consent_imported *given, consent_error *err)
{
    cs_now now;
    cs_profile_now(profile, &now);
    consent_status status = check_given(given, now.now_ms, err);
    const cs_policy *policy = find_policy(profile, given, &now);
    if (status == CONSENT_OK)
        status = check_policy(policy, now.now_ms, err);
    if (status == CONSENT_OK)
        status = check_purpose(policy, given->purpose, err);
    if (status == CONSENT_OK)
        status = check_unanswered(profile, policy, given->purpose, err);
    if (status != CONSENT_OK)
        return status;
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
