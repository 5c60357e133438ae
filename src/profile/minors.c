/* What the record itself has to do when a child uses the service and no guardian answers for it (PIPL 31, 47; Children's Provisions
 * 9, 20; C34, C131, C134): the same act that says so opens a request to delete what was collected, once, and the guardian's
 * yes takes it back. Deciding is not touched: rule 5 holds a child's profile whatever stands here. */
#include "profile/internal.h"
#include "profile/rights.h"

#include <string.h>

#define DETAIL_MAX_BYTES 1024u
#define MAX_TAKEN_BACK 8u

/* How such requests came about, as their channel says it. */
static const char by_refusal[] = "guardian-refused";
static const char by_finding[] = "child-found";

/* What follows from an act, to be recorded with it. */
typedef struct consequence {
    const cs_event *because; /* opens a request; NULL: none */
    const char *channel;
    bool takes_back; /* the requests that were opened so */
    size_t count;
    cs_event events[MAX_TAKEN_BACK]; /* from here on set when taken: most acts have no consequence */
    cs_buffer details[MAX_TAKEN_BACK];
    char id[CONSENT_REQUEST_ID_SIZE];
} consequence;

/* ---- ages ---------------------------------------------------------------------------------------------------- */

int32_t cs_age_told(const cs_event *event, int64_t now_ms)
{
    return event->birth.year != 0 ? cs_age_years(event->birth, now_ms) : (int32_t)event->age_band - 1;
}

const cs_policy *cs_profile_policy_named(const cs_profile *profile, const cs_policy_ref *ref)
{
    const cs_policy_set *set = &profile->home->policies;
    for (size_t i = 0; i < set->count; i++)
        if (cs_str_is(ref->id, set->policies[i]->id) && ref->version == set->policies[i]->version)
            return set->policies[i];
    return NULL;
}

static int32_t child_under(const cs_profile *profile, const cs_policy_ref *ref)
{
    const cs_policy *policy = cs_profile_policy_named(profile, ref);
    return policy ? policy->minors.child_under : 0;
}

/* ---- what an act means --------------------------------------------------------------------------------------- */

/* A guardian's no to the use as a whole: declining, but for an update under which the former terms go on, or taking
 * the yes back. */
static bool is_whole_refusal(const cs_profile *profile, const cs_event *event, const cs_now *now)
{
    const cs_policy *policy = cs_profile_policy_named(profile, &event->policy);
    cs_standing standing = {.accepted = false};
    if (event->actor != CS_ACTOR_GUARDIAN || event->purpose.size != 0)
        return false;
    if (event->type == CS_EVENT_POLICY_DECLINED && policy)
        cs_decide_standing(&profile->home->policies, &profile->state, cs_str_of(policy->scope), now, &standing);
    return (event->type == CS_EVENT_POLICY_DECLINED && !standing.accepted) || event->type == CS_EVENT_WITHDRAWN ||
           event->type == CS_EVENT_GUARDIAN_REVOKED;
}

/* Anything the person agreed to so far, whatever became of it: from then on the app could use information. */
static bool has_agreed(const cs_state *state)
{
    for (uint32_t i = 0; i < state->act_count; i++)
        if (state->acts[i].side == CS_SIDE_PERSON &&
            (state->acts[i].kind == CS_ACT_ACCEPT || state->acts[i].kind == CS_ACT_GRANT))
            return true;
    return false;
}

static void regard(const cs_profile *profile, const cs_event *event, const cs_now *now, consequence *out)
{
    bool of_age = event->type == CS_EVENT_AGE_DECLARED || event->type == CS_EVENT_AGE_SIGNALLED;
    if (!of_age && event->type != CS_EVENT_GUARDIAN_VERIFIED && event->actor != CS_ACTOR_GUARDIAN)
        return; /* most acts: nobody's age need be known */
    int32_t known = 0, bound = child_under(profile, &event->policy);
    bool is_known = cs_decide_age(&profile->state, now, &known);
    bool is_child = is_known && known < bound;
    if (of_age) {
        bool told_child = cs_age_told(event, now->now_ms) < bound;
        if (told_child && !is_child && has_agreed(&profile->state)) {
            out->because = event;
            out->channel = by_finding;
        }
        out->takes_back |= !told_child && is_child && event->actor == CS_ACTOR_GUARDIAN;
    } else if (is_child && is_whole_refusal(profile, event, now)) {
        out->because = event;
        out->channel = by_refusal;
    } else if (event->type == CS_EVENT_GUARDIAN_VERIFIED) {
        out->takes_back = true;
    }
}

/* ---- requests ------------------------------------------------------------------------------------------------- */

static bool deletes_everything(const cs_request *request)
{
    return request->right == CONSENT_RIGHT_DELETE && request->purpose.size == 0 && request->recipient.size == 0 &&
           request->data_count == 0 && !cs_request_is_closed(request);
}

static bool was_opened_so(const cs_request *request)
{
    return request->by == CONSENT_REQUESTER_GUARDIAN &&
           (cs_str_is(request->channel, by_refusal) || cs_str_is(request->channel, by_finding));
}

static cs_buffer *new_detail(cs_profile *profile, consequence *out)
{
    cs_buffer *detail = &out->details[out->count];
    memset(&out->events[out->count], 0, sizeof *out->events);
    cs_buffer_init(detail, &profile->home->env.memory, DETAIL_MAX_BYTES);
    return detail;
}

/* `list` is empty where the ledger cannot be read: a request too many harms less than one too few. */
static consent_status open_request(cs_profile *profile, const cs_requests *list, consequence *out, consent_error *err)
{
    const consent_rights_request wanted = {.struct_size = sizeof wanted,
                                           .right = CONSENT_RIGHT_DELETE,
                                           .by = CONSENT_REQUESTER_GUARDIAN,
                                           .ground = CONSENT_DELETION_NO_CONSENT,
                                           .channel = out->channel};
    for (size_t i = 0; i < list->count; i++)
        if (deletes_everything(&list->items[i]))
            return CONSENT_OK;
    cs_buffer *detail = new_detail(profile, out);
    cs_event *event = &out->events[out->count++];
    consent_status status = cs_profile_new_request(profile, &wanted, out->id, detail, event, err);
    event->policy = out->because->policy;
    event->overlay = out->because->overlay;
    event->actor = CS_ACTOR_SYSTEM;
    event->user_initiated = false;
    return status;
}

static consent_status take_back(cs_profile *profile, const cs_requests *list, const cs_event *because, consequence *out,
                                consent_error *err)
{
    consent_status status = CONSENT_OK;
    const consent_request_change change = {
        .struct_size = sizeof change, .state = CONSENT_REQUEST_CANCELLED, .by_requester = true};
    for (size_t i = 0; status == CONSENT_OK && i < list->count && out->count < MAX_TAKEN_BACK; i++) {
        const cs_request *request = &list->items[i];
        if (!deletes_everything(request) || !was_opened_so(request) ||
            cs_request_hurdle_to(request, CONSENT_REQUEST_CANCELLED, true) != CS_HURDLE_NONE)
            continue;
        cs_buffer *detail = new_detail(profile, out);
        cs_event *event = &out->events[out->count++];
        cs_request_change_event(request, &change, detail, event);
        event->policy = because->policy;
        event->overlay = because->overlay;
        status = cs_buffer_status(detail, "a request taken back", err);
    }
    return status;
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

consent_status cs_profile_note_reading(cs_profile *profile, const char *what, consent_error *err)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_now now;
    int32_t years;
    bool child = false;
    cs_profile_now(profile, &now);
    bool known = cs_decide_age(&profile->state, &now, &years);
    for (size_t i = 0; known && i < set->count; i++)
        child |= years < set->policies[i]->minors.child_under;
    if (!child)
        return CONSENT_OK;
    const cs_event looked = {.type = CS_EVENT_USAGE, .actor = CS_ACTOR_SYSTEM, .count = 1, .detail = cs_str_of(what)};
    return cs_profile_record(profile, &looked, 1, false, NULL, err);
}

/* ---- recording --------------------------------------------------------------------------------------------------- */

static consent_status record_both(cs_profile *profile, const cs_event *events, size_t count, const consequence *also,
                                  bool restrictive, uint64_t *first_seq, consent_error *err)
{
    const cs_memory *memory = &profile->home->env.memory;
    size_t size = (count + also->count) * sizeof *events;
    cs_event *all = cs_alloc(memory, size);
    if (!all)
        return cs_no_memory(err, "an act");
    memcpy(all, events, count * sizeof *events);
    memcpy(all + count, also->events, also->count * sizeof *events);
    consent_status status = cs_profile_record(profile, all, count + also->count, restrictive, first_seq, err);
    cs_free(memory, all, size);
    return status;
}

static consent_status record_with(cs_profile *profile, const cs_event *events, size_t count, consequence *also,
                                  bool restrictive, uint64_t *first_seq, consent_error *err)
{
    cs_requests list;
    bool refuses = also->because && restrictive;
    consent_status status = cs_profile_read_requests(profile, &list, refuses ? NULL : err);
    if (refuses && status != CONSENT_OK) { /* a refusal waits for nothing */
        cs_requests_free(&list);
        cs_requests_init(&list, &profile->home->env.memory);
        status = CONSENT_OK;
    }
    if (status == CONSENT_OK && also->because)
        status = open_request(profile, &list, also, err);
    if (status == CONSENT_OK && also->takes_back)
        status = take_back(profile, &list, &events[count - 1], also, err);
    if (status == CONSENT_OK)
        status = record_both(profile, events, count, also, restrictive, first_seq, err);
    else if (refuses)
        (void)cs_profile_record(profile, events, count, true, first_seq, NULL);
    for (size_t i = 0; i < also->count; i++)
        cs_buffer_free(&also->details[i]);
    cs_requests_free(&list);
    return status;
}

consent_status cs_profile_record_act(cs_profile *profile, const cs_event *events, size_t count, bool restrictive,
                                     uint64_t *first_seq, consent_error *err)
{
    consequence also;
    cs_now now;
    memset(&also, 0, offsetof(consequence, events));
    cs_profile_now(profile, &now);
    for (size_t i = 0; i < count; i++)
        regard(profile, &events[i], &now, &also);
    if (!also.because && !also.takes_back)
        return cs_profile_record(profile, events, count, restrictive, first_seq, err);
    return record_with(profile, events, count, &also, restrictive, first_seq, err);
}
