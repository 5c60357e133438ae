/* Requests as the record itself needs them: read from the ledger, and made (minors.c). */
#include "profile/internal.h"
#include "profile/rights.h"

#include <string.h>

/* ---- reading ----------------------------------------------------------------------------------------- */

typedef struct reading {
    cs_profile *profile;
    cs_requests *list;
} reading;

static const cs_policy *held(const cs_home *home, const cs_policy_ref *ref)
{
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *policy = home->held[i].policy;
        if (cs_str_is(ref->id, policy->id) && policy->version == ref->version && policy->revision == ref->revision)
            return policy;
    }
    return NULL;
}

static consent_status read_event(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                 consent_error *err)
{
    reading *all = user;
    (void)bytes;
    consent_status status = cs_requests_add(all->list, stream, event, err);
    if (status == CONSENT_OK && event->type == CS_EVENT_POLICY_ACCEPTED) {
        const cs_policy *accepted = held(all->profile->home, &event->policy);
        if (accepted)
            status = cs_requests_accepted(all->list, accepted, event->time_ms, err);
    }
    return status;
}

consent_status cs_profile_read_requests(cs_profile *profile, cs_requests *list, consent_error *err)
{
    reading all = {profile, list};
    cs_requests_init(list, &profile->home->env.memory);
    consent_status status = cs_profile_each_event(profile, read_event, &all, err);
    if (status == CONSENT_OK)
        cs_requests_settle(list);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

int32_t cs_fewer_days(int32_t a, int32_t b)
{
    if (a <= 0 || b <= 0)
        return a > 0 ? a : b;
    return a < b ? a : b;
}

static int32_t promised_days(cs_profile *profile)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_standing standing;
    cs_now now;
    cs_profile_now(profile, &now);
    cs_decide_standing(set, &profile->state, (cs_str){NULL, 0}, &now, &standing);
    return cs_fewer_days(standing.governing < set->count ? set->policies[standing.governing]->reply_working_days : 0,
                         standing.newest < set->count ? set->policies[standing.newest]->reply_working_days : 0);
}

static consent_status make_id(cs_profile *profile, char id[CONSENT_REQUEST_ID_SIZE], consent_error *err)
{
    uint8_t random[8];
    char text[2 * sizeof random + 1];
    consent_status status = cs_random(&profile->home->env, random, sizeof random, err);
    cs_hex_encode(random, sizeof random, text);
    memcpy(id, "req-", 4);
    memcpy(id + 4, text, sizeof text);
    return status;
}

consent_status cs_profile_new_request(cs_profile *profile, const consent_rights_request *request,
                                      char id[CONSENT_REQUEST_ID_SIZE], cs_buffer *detail, cs_event *out,
                                      consent_error *err)
{
    consent_status status = make_id(profile, id, err);
    if (status != CONSENT_OK)
        return status;
    cs_request_event(request, id, promised_days(profile), detail, out);
    return cs_buffer_status(detail, "the request", err);
}
