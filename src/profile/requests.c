/* What a person asks of the operator: opening requests, telling what became of them, listing them. */
#include "profile/internal.h"
#include "profile/naming.h"
#include "profile/rights.h"

#include <string.h>

#define DETAIL_MAX_BYTES 12288u

/* ---- opening ------------------------------------------------------------------------------------------- */

static bool takes_back(const consent_rights_request *request)
{
    return request->right == CONSENT_RIGHT_WITHDRAW || request->right == CONSENT_RIGHT_UNSUBSCRIBE;
}

/* home->lock held. */
static consent_status record_request(cs_profile *profile, const consent_rights_request *request, const cs_query *item,
                                     char id[CONSENT_REQUEST_ID_SIZE], consent_error *err)
{
    cs_event events[2];
    cs_buffer detail;
    size_t count = 1;
    consent_status status = cs_profile_refresh(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&detail, &profile->home->env.memory, DETAIL_MAX_BYTES);
    status = cs_profile_new_request(profile, request, id, &detail, &events[0], err);
    if (status != CONSENT_OK) {
        cs_buffer_free(&detail);
        return status;
    }
    cs_profile_refer(profile, item, &events[0]);
    if (takes_back(request)) {
        cs_event *withdrawn = &events[count++];
        *withdrawn = events[0];
        withdrawn->type = CS_EVENT_WITHDRAWN;
        withdrawn->method = CONSENT_METHOD_BUTTON;
        withdrawn->detail = (cs_str){NULL, 0};
    }
    status = cs_profile_record_act(profile, events, count, count > 1, NULL, err);
    cs_buffer_free(&detail);
    return status;
}

consent_status cs_profile_request_open(cs_profile *profile, const consent_rights_request *request,
                                       char id[CONSENT_REQUEST_ID_SIZE], consent_error *err)
{
    cs_str data[CS_PURPOSE_MAX_DATA];
    cs_query item = {.scope = cs_str_of(request->scope), .data = data};
    consent_status status = cs_request_check(request, err);
    id[0] = '\0';
    if (status != CONSENT_OK)
        return status;
    item.purpose = cs_str_of(request->purpose);
    item.recipient = cs_str_of(request->recipient);
    for (size_t i = 0; i < request->data_count; i++)
        data[item.data_count++] = cs_str_of(request->data[i]);
    cs_profile_lock(profile);
    status = record_request(profile, request, &item, id, err);
    cs_profile_unlock(profile);
    if (status == CONSENT_OK)
        return CONSENT_OK;
    id[0] = '\0';
    /* Taking back does not wait for the request to be recorded. */
    if (takes_back(request))
        (void)cs_profile_withdraw(profile, &item, NULL);
    return status;
}

/* ---- changing ------------------------------------------------------------------------------------------- */

static consent_status record_change(cs_profile *profile, const cs_request *request,
                                    const consent_request_change *change, consent_error *err)
{
    static const cs_query everything;
    cs_event events[2];
    cs_buffer detail;
    size_t count = 1;
    cs_buffer_init(&detail, &profile->home->env.memory, DETAIL_MAX_BYTES);
    cs_request_change_event(request, change, &detail, &events[0]);
    cs_profile_refer(profile, &everything, &events[0]);
    /* A cancelled account leaves no consent behind (C146). */
    if (request->right == CONSENT_RIGHT_CANCEL_ACCOUNT && change->state == CONSENT_REQUEST_DONE) {
        events[count] = (cs_event){.type = CS_EVENT_WITHDRAWN,
                                   .actor = CS_ACTOR_SUPPORT,
                                   .policy = events[0].policy,
                                   .method = CONSENT_METHOD_SUPPORT,
                                   .reference = request->id};
        count++;
    }
    consent_status status = cs_buffer_status(&detail, "the change", err);
    if (status == CONSENT_OK)
        status = cs_profile_record(profile, events, count, count > 1, NULL, err);
    cs_buffer_free(&detail);
    return status;
}

consent_status cs_profile_request_update(cs_profile *profile, const consent_request_change *change, consent_error *err)
{
    cs_requests list;
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_profile_read_requests(profile, &list, err);
    if (status == CONSENT_OK) {
        const cs_request *request = cs_requests_find(&list, cs_str_of(change->id));
        status = request ? cs_request_change_check(request, change, err)
                         : cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                                   "no request of this id is in the profile; consent_requests lists them");
        if (status == CONSENT_OK)
            status = record_change(profile, request, change, err);
    }
    cs_requests_free(&list);
    cs_profile_unlock(profile);
    return status;
}

/* ---- listing: the rights ----------------------------------------------------------------------------------- */

static bool has_kind(const cs_policy *policy, const char *kind)
{
    for (uint16_t i = 0; policy && i < policy->rights_kind_count; i++)
        if (strcmp(policy->rights_kinds[i], kind) == 0)
            return true;
    return false;
}

static bool has_channel(const cs_policy *policy, const char *kind)
{
    for (uint16_t i = 0; policy && i < policy->rights_channel_count; i++)
        if (strcmp(policy->rights_channels[i].kind, kind) == 0)
            return true;
    return false;
}

static void put_channel(const cs_naming *naming, const cs_named_policy *in, const cs_contact *contact, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "kind", contact->kind);
    cs_naming_member(naming, in, out, "value", contact->value);
    cs_naming_member(naming, in, out, "hours", contact->hours);
    if (contact->hours)
        cs_json_member_text(out, "offset", "+08:00");
    cs_json_close_object(out);
}

/* A channel without a value of its own is the controller's contact of that kind, with its hours. */
static void put_channels(const cs_naming *naming, const cs_named_policy *in, const cs_policy *before, cs_json_out *out)
{
    const cs_policy *policy = in->policy;
    for (uint16_t i = 0; i < policy->rights_channel_count; i++) {
        const cs_contact *channel = &policy->rights_channels[i];
        bool found = false;
        if (has_channel(before, channel->kind))
            continue;
        for (uint16_t j = 0; channel->value == 0 && j < policy->contact_count; j++) {
            if (strcmp(policy->contacts[j].kind, channel->kind) != 0)
                continue;
            put_channel(naming, in, &policy->contacts[j], out);
            found = true;
        }
        if (!found)
            put_channel(naming, in, channel, out);
    }
}

static const cs_named_policy *naming_of(const cs_naming *naming, const cs_policy *policy)
{
    for (size_t i = 0; i < naming->count; i++)
        if (naming->list[i].policy == policy)
            return &naming->list[i];
    return NULL;
}

/* Until a new version is accepted the person has the rights of both. */
static void put_rights(const cs_naming *naming, cs_json_out *out)
{
    const cs_policy *accepted = naming->governing, *newest = naming->newest;
    int32_t days = cs_fewer_days(accepted ? accepted->reply_working_days : 0, newest ? newest->reply_working_days : 0);
    cs_json_member_object(out, "rights");
    cs_json_member_array(out, "kinds");
    for (int32_t right = CONSENT_RIGHT_ACCESS; right <= CONSENT_RIGHT_COMPLAINT; right++)
        if (has_kind(accepted, cs_right_name(right)) || has_kind(newest, cs_right_name(right)))
            cs_json_put_text(out, cs_right_name(right));
    cs_json_close_array(out);
    if (days > 0)
        cs_json_member_int(out, "reply_working_days", days);
    cs_json_member_array(out, "channels");
    if (newest)
        put_channels(naming, naming_of(naming, newest), NULL, out);
    if (accepted && accepted != newest)
        put_channels(naming, naming_of(naming, accepted), newest, out);
    cs_json_close_array(out);
    cs_json_close_object(out);
}

/* ---- listing: the requests --------------------------------------------------------------------------------- */

static void member_str(cs_json_out *out, const char *name, cs_str text)
{
    if (text.size != 0)
        cs_json_member_str(out, name, text);
}

static void member_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}

static void put_strs(cs_json_out *out, const char *name, const cs_str *list, size_t count)
{
    if (count == 0)
        return;
    cs_json_member_array(out, name);
    for (size_t i = 0; i < count; i++)
        cs_json_put_str(out, list[i]);
    cs_json_close_array(out);
}

static void put_recipient(const cs_naming *naming, cs_str id, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_str(out, "id", id);
    for (size_t i = 0; i < naming->count; i++) {
        const cs_recipient *recipient = cs_policy_recipient(naming->list[i].policy, id);
        if (!recipient)
            continue;
        cs_naming_member(naming, &naming->list[i], out, "name", recipient->name);
        cs_naming_member(naming, &naming->list[i], out, "contact", recipient->contact);
        break;
    }
    cs_json_close_object(out);
}

static bool listed_before(const cs_requests *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (cs_str_equal(list->holdings[i].recipient, list->holdings[index].recipient))
            return true;
    return false;
}

static void put_recipients(const cs_requests *list, const cs_request *request, const cs_naming *naming,
                           cs_json_out *out)
{
    bool any = false;
    for (size_t i = 0; i < list->holding_count; i++) {
        cs_str id = list->holdings[i].recipient;
        if (listed_before(list, i) || !cs_requests_tell(list, request, id, naming->governing))
            continue;
        if (!any) {
            cs_json_member_array(out, "notify");
        }
        any = true;
        put_recipient(naming, id, out);
    }
    if (any)
        cs_json_close_array(out);
}

/* Whether the day is past without an answer. */
static bool put_due(const cs_request *request, const cs_naming *naming, int64_t now_ms, cs_json_out *out)
{
    cs_due due;
    char day[CS_DATE_TEXT_SIZE];
    if (request->working_days == 0)
        return false;
    cs_rights_due(naming->calendar, request->opened_ms, request->working_days, &due);
    cs_date_format(due.day, day);
    cs_json_member_int(out, "working_days", request->working_days);
    cs_json_member_text(out, "due", day);
    cs_json_member_bool(out, "provisional", due.provisional);
    bool overdue = !cs_request_is_closed(request) && now_ms >= due.due_ms;
    cs_json_member_bool(out, "overdue", overdue);
    return overdue;
}

static void put_steps(const cs_requests *list, const cs_request *request, cs_json_out *out)
{
    cs_json_member_array(out, "steps");
    for (size_t i = 0; i < list->step_count; i++) {
        const cs_request_step *step = &list->steps[i];
        const char *state = cs_request_state_name(step->state);
        if (!cs_str_equal(step->id, request->id))
            continue;
        cs_json_open_object(out);
        cs_json_member_text(out, "state", state ? state : "unknown");
        member_time(out, "at", step->time_ms);
        cs_json_member_text(out, "by", step->by_requester ? "requester" : "operator");
        if (step->refusal != 0)
            cs_json_member_text(out, "refusal", cs_refusal_name(step->refusal));
        if (step->fee_fen > 0)
            cs_json_member_int(out, "fee_fen", step->fee_fen);
        member_str(out, "text", step->text);
        member_str(out, "reference", step->reference);
        if (!step->applied)
            cs_json_member_bool(out, "ignored", true);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
}

static void put_remedies(const cs_naming *naming, cs_json_out *out)
{
    static const char *const remedies[] = {"appeal", "complaint", "lawsuit"};
    const cs_named_policy *in = naming_of(naming, naming->newest);
    cs_json_member_array(out, "remedies");
    for (size_t i = 0; i < CS_COUNT_OF(remedies); i++)
        cs_json_put_text(out, remedies[i]);
    cs_json_close_array(out);
    if (in)
        cs_naming_member(naming, in, out, "remedies_text", in->policy->remedies);
}

/* What is left to a person who was refused, or was kept waiting beyond the day (C167, C170). */
static void put_refusal(const cs_request *request, const cs_naming *naming, bool overdue, cs_json_out *out)
{
    bool refused = request->state == CONSENT_REQUEST_REFUSED;
    if (refused) {
        cs_json_member_text(out, "refusal", cs_refusal_name(request->last.refusal));
        member_str(out, "reasons", request->last.text);
    }
    if (overdue)
        cs_json_member_text(out, "escalate", "complaint");
    if (refused || overdue)
        put_remedies(naming, out);
}

static void put_request(const cs_requests *list, const cs_request *request, const cs_naming *naming, int64_t now_ms,
                        cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_str(out, "id", request->id);
    cs_json_member_str(out, "right", request->right_name.size ? request->right_name : CS_STR("unknown"));
    cs_json_member_text(out, "by", cs_requester_name(request->by));
    member_str(out, "channel", request->channel);
    cs_json_member_text(out, "state", cs_request_state_name(request->state));
    member_time(out, "opened", request->opened_ms);
    member_time(out, "since", request->state_ms);
    bool overdue = put_due(request, naming, now_ms, out);
    if (request->ground != 0)
        cs_json_member_text(out, "ground", cs_deletion_ground_name(request->ground));
    member_str(out, "purpose", request->purpose);
    member_str(out, "recipient", request->recipient);
    put_strs(out, "data", request->data, request->data_count);
    member_str(out, "text", request->text);
    member_str(out, "target", request->target);
    member_str(out, "reference", request->reference);
    if (request->state == CONSENT_REQUEST_FEE_QUOTED)
        cs_json_member_int(out, "fee_fen", request->last.fee_fen);
    put_refusal(request, naming, overdue, out);
    put_recipients(list, request, naming, out);
    put_strs(out, "independent", request->independent, request->independent_count);
    put_steps(list, request, out);
    cs_json_close_object(out);
}

static void put_requests(cs_profile *profile, const cs_requests *list, const cs_naming *naming, cs_buffer *out)
{
    cs_json_out json;
    int64_t now_ms = cs_profile_now_locked(profile);
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_json_member_text(&json, "locale", cs_naming_locale(naming));
    put_rights(naming, &json);
    cs_json_member_array(&json, "requests");
    for (size_t i = 0; i < list->count; i++)
        put_request(list, &list->items[i], naming, now_ms, &json);
    cs_json_close_array(&json);
    cs_json_close_object(&json);
}

consent_status cs_profile_requests(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err)
{
    cs_requests list;
    cs_naming naming;
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_profile_read_requests(profile, &list, err);
    if (status == CONSENT_OK)
        status = cs_naming_open(profile, locale, &naming, err);
    if (status == CONSENT_OK) {
        put_requests(profile, &list, &naming, out);
        cs_naming_close(&naming);
        status = cs_buffer_status(out, "the requests", err);
    }
    cs_requests_free(&list);
    cs_profile_unlock(profile);
    return status;
}
