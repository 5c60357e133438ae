/* Requests and changes as events: what each right needs, and which way a request may go. */
#include "rights/rights.h"

#include <string.h>

/* ---- what a request needs ----------------------------------------------------------------------------- */

static consent_status check_text(const char *text, const char *member, size_t max_size, consent_error *err)
{
    cs_str view = cs_str_of(text);
    if (view.size > max_size || !cs_utf8_is_valid(view))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.%s is not UTF-8 text of at most %zu bytes", member,
                       max_size);
    return CONSENT_OK;
}

static consent_status check_id(const char *id, const char *member, consent_error *err)
{
    cs_str view = cs_str_of(id);
    if (view.size != 0 && !cs_id_is_valid(view))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "request.%s is not an identifier (a-z, 0-9, '.', '-', '_', at most %u bytes)", member,
                       CS_ID_MAX_SIZE);
    return CONSENT_OK;
}

static consent_status check_ids(const char *const *ids, size_t count, size_t max, const char *member,
                                consent_error *err)
{
    if (count > max || (count != 0 && !ids))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.%s names more than %zu, or is NULL", member, max);
    for (size_t i = 0; i < count; i++) {
        consent_status status = check_id(ids[i] ? ids[i] : "?", member, err);
        if (status != CONSENT_OK)
            return status;
    }
    return CONSENT_OK;
}

static consent_status check_form(const consent_rights_request *request, consent_error *err)
{
    consent_status status = check_text(request->text, "text", CS_REQUEST_TEXT_MAX_BYTES, err);
    if (status == CONSENT_OK)
        status = check_text(request->target, "target", 512, err);
    if (status == CONSENT_OK)
        status = check_text(request->reference, "reference", 512, err);
    if (status == CONSENT_OK)
        status = check_id(request->scope, "scope", err);
    if (status == CONSENT_OK)
        status = check_id(request->purpose, "purpose", err);
    if (status == CONSENT_OK)
        status = check_id(request->recipient, "recipient", err);
    if (status == CONSENT_OK)
        status = check_id(request->channel, "channel", err);
    if (status == CONSENT_OK)
        status = check_ids(request->data, request->data_count, CS_EVENT_MAX_DATA, "data", err);
    if (status == CONSENT_OK)
        status =
            check_ids(request->independent, request->independent_count, CS_REQUEST_MAX_INDEPENDENT, "independent", err);
    return status;
}

static bool given(const char *text)
{
    return text && text[0] != '\0';
}

consent_status cs_request_check(const consent_rights_request *request, consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (!cs_right_name(request->right))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.right is not a consent_right");
    if (!cs_requester_name(request->by))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.by is not a consent_requester");
    status = check_form(request, err);
    if (status != CONSENT_OK)
        return status;
    if (request->by == CONSENT_REQUESTER_RELATIVE && !given(request->reference))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a relative's request came without evidence; give its reference in request.reference (PIPL 49)");
    switch (request->right) {
    case CONSENT_RIGHT_DELETE:
        if (!cs_deletion_ground_name(request->ground))
            status = cs_fail(err, CONSENT_E_REJECTED, 0,
                             "a deletion was requested without one of its five grounds; set request.ground");
        break;
    case CONSENT_RIGHT_PORT:
        if (!given(request->target))
            status = cs_fail(err, CONSENT_E_REJECTED, 0, "a transfer was requested to nobody; name request.target");
        break;
    case CONSENT_RIGHT_CORRECT:
        if (!given(request->text) && request->data_count == 0)
            status = cs_fail(err, CONSENT_E_REJECTED, 0,
                             "a correction was requested of nothing; name request.data or say it in request.text");
        break;
    case CONSENT_RIGHT_APPEAL:
        if (!given(request->reference))
            status = cs_fail(err, CONSENT_E_REJECTED, 0,
                             "an appeal came without the decision that it is against; name it in request.reference");
        break;
    case CONSENT_RIGHT_UNSUBSCRIBE:
        if (!given(request->purpose))
            status = cs_fail(err, CONSENT_E_REJECTED, 0,
                             "nothing was named to unsubscribe from; name the purpose in request.purpose");
        break;
    default:
        break;
    }
    return status;
}

/* ---- events ------------------------------------------------------------------------------------------------ */

static void member_given(cs_json_out *out, const char *name, const char *text)
{
    if (given(text))
        cs_json_member_text(out, name, text);
}

static cs_str text_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

void cs_request_event(const consent_rights_request *request, const char *id, int32_t working_days, cs_buffer *detail,
                      cs_event *out)
{
    cs_json_out json;
    memset(out, 0, sizeof *out);
    cs_json_out_init(&json, detail);
    cs_json_open_object(&json);
    cs_json_member_text(&json, "right", cs_right_name(request->right));
    if (request->by != CONSENT_REQUESTER_SELF)
        cs_json_member_text(&json, "by", cs_requester_name(request->by));
    if (request->right == CONSENT_RIGHT_DELETE)
        cs_json_member_text(&json, "ground", cs_deletion_ground_name(request->ground));
    if (working_days > 0)
        cs_json_member_int(&json, "working_days", working_days);
    cs_json_member_text(&json, "channel", given(request->channel) ? request->channel : "app");
    member_given(&json, "text", request->text);
    member_given(&json, "target", request->target);
    member_given(&json, "reference", request->reference);
    if (request->independent_count != 0) {
        cs_json_put_name(&json, "independent");
        cs_json_open_array(&json);
        for (size_t i = 0; i < request->independent_count; i++)
            cs_json_put_text(&json, request->independent[i]);
        cs_json_close_array(&json);
    }
    cs_json_close_object(&json);
    out->type = CS_EVENT_REQUEST_OPENED;
    out->actor = request->by == CONSENT_REQUESTER_GUARDIAN ? CS_ACTOR_GUARDIAN : CS_ACTOR_SELF;
    out->user_initiated = true;
    out->purpose = cs_str_of(request->purpose);
    out->recipient = cs_str_of(request->recipient);
    for (size_t i = 0; i < request->data_count; i++)
        out->data[out->data_count++] = cs_str_of(request->data[i]);
    out->reference = cs_str_of(id);
    out->detail = text_of(detail);
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

#define BIT(state) (1u << (state))
#define OPEN_ENDS                                                                                                      \
    (BIT(CONSENT_REQUEST_DONE) | BIT(CONSENT_REQUEST_DONE_LIVE) | BIT(CONSENT_REQUEST_REFUSED) |                       \
     BIT(CONSENT_REQUEST_CANCELLED))

/* Where a request may go from each state. A quoted fee waits for the person (C152). */
static const uint32_t ways[] = {
    [CONSENT_REQUEST_OPENED] = BIT(CONSENT_REQUEST_NEEDS_VERIFICATION) | BIT(CONSENT_REQUEST_FEE_QUOTED) |
                               BIT(CONSENT_REQUEST_IN_PROGRESS) | OPEN_ENDS,
    [CONSENT_REQUEST_NEEDS_VERIFICATION] =
        BIT(CONSENT_REQUEST_FEE_QUOTED) | BIT(CONSENT_REQUEST_IN_PROGRESS) | OPEN_ENDS,
    [CONSENT_REQUEST_FEE_QUOTED] =
        BIT(CONSENT_REQUEST_IN_PROGRESS) | BIT(CONSENT_REQUEST_REFUSED) | BIT(CONSENT_REQUEST_CANCELLED),
    [CONSENT_REQUEST_IN_PROGRESS] = BIT(CONSENT_REQUEST_NEEDS_VERIFICATION) | BIT(CONSENT_REQUEST_FEE_QUOTED) |
                                    BIT(CONSENT_REQUEST_DONE_BACKUP) | OPEN_ENDS,
    [CONSENT_REQUEST_DONE_LIVE] = BIT(CONSENT_REQUEST_DONE_BACKUP),
};

static bool leads(int32_t from, int32_t to)
{
    return from > 0 && (size_t)from < CS_COUNT_OF(ways) && to > 0 && to <= CONSENT_REQUEST_CANCELLED &&
           (ways[from] & BIT(to)) != 0;
}

/* A fee is agreed to, and a request taken back, by the one who made it. */
static bool is_requesters(int32_t from, int32_t to)
{
    return to == CONSENT_REQUEST_CANCELLED || (from == CONSENT_REQUEST_FEE_QUOTED && to == CONSENT_REQUEST_IN_PROGRESS);
}

/* Taking consent back, and telling of a wrong, are free and need no papers (PIPL 15; C151). */
static bool is_plain(int32_t right)
{
    return right == CONSENT_RIGHT_WITHDRAW || right == CONSENT_RIGHT_UNSUBSCRIBE ||
           right == CONSENT_RIGHT_LEAK_REPORT || right == CONSENT_RIGHT_COMPLAINT;
}

/* Deleting ends twice: where the data is used, and in the backups (C142). */
static bool ends_fit(int32_t right, int32_t state)
{
    bool two_steps = state == CONSENT_REQUEST_DONE_LIVE || state == CONSENT_REQUEST_DONE_BACKUP;
    bool one_step = state == CONSENT_REQUEST_DONE;
    return right == CONSENT_RIGHT_DELETE ? !one_step : !two_steps;
}

/* What waits for papers or a fee, where the law wants neither. */
static bool waits_in_vain(int32_t right, int32_t state)
{
    return is_plain(right) && (state == CONSENT_REQUEST_NEEDS_VERIFICATION || state == CONSENT_REQUEST_FEE_QUOTED);
}

bool cs_request_may_go(const cs_request *request, int32_t state, bool by_requester)
{
    return leads(request->state, state) && ends_fit(request->right, state) && !waits_in_vain(request->right, state) &&
           is_requesters(request->state, state) == by_requester;
}

consent_status cs_request_change_check(const cs_request *request, const consent_request_change *change,
                                       consent_error *err)
{
    const char *state = cs_request_state_name(change->state);
    if (!state)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "change.state is not a consent_request_state");
    consent_status status = check_text(change->text, "text", CS_REQUEST_TEXT_MAX_BYTES, err);
    if (status == CONSENT_OK)
        status = check_text(change->reference, "reference", 512, err);
    if (status != CONSENT_OK)
        return status;
    if (!leads(request->state, change->state) || !ends_fit(request->right, change->state))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "a request of kind %.*s does not go from %s to %s",
                       CS_STR_ARG(request->right_name), cs_request_state_name(request->state), state);
    if (waits_in_vain(request->right, change->state))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a request of kind %.*s is free and needs no verification; carry it out",
                       CS_STR_ARG(request->right_name));
    bool persons = is_requesters(request->state, change->state);
    if (persons != change->by_requester)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "going from %s to %s is the %s's to say",
                       cs_request_state_name(request->state), state, persons ? "person" : "operator");
    if (change->state == CONSENT_REQUEST_REFUSED && (!cs_refusal_name(change->refusal) || !given(change->text)))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a request was refused without reasons; give change.refusal and change.text (PIPL 50)");
    if (change->state == CONSENT_REQUEST_FEE_QUOTED && (change->fee_fen <= 0 || !given(change->text)))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a fee was quoted without its amount or what it is for; give change.fee_fen and change.text");
    return CONSENT_OK;
}

void cs_request_change_event(const cs_request *request, const consent_request_change *change, cs_buffer *detail,
                             cs_event *out)
{
    cs_json_out json;
    memset(out, 0, sizeof *out);
    cs_json_out_init(&json, detail);
    cs_json_open_object(&json);
    cs_json_member_text(&json, "state", cs_request_state_name(change->state));
    if (change->by_requester)
        cs_json_member_bool(&json, "by_requester", true);
    if (change->state == CONSENT_REQUEST_REFUSED)
        cs_json_member_text(&json, "refusal", cs_refusal_name(change->refusal));
    if (change->state == CONSENT_REQUEST_FEE_QUOTED)
        cs_json_member_int(&json, "fee_fen", change->fee_fen);
    member_given(&json, "text", change->text);
    member_given(&json, "reference", change->reference);
    cs_json_close_object(&json);
    out->type = CS_EVENT_REQUEST_UPDATED;
    out->actor = !change->by_requester                       ? CS_ACTOR_SUPPORT
                 : request->by == CONSENT_REQUESTER_GUARDIAN ? CS_ACTOR_GUARDIAN
                                                             : CS_ACTOR_SELF;
    out->user_initiated = change->by_requester;
    out->reference = request->id;
    out->detail = text_of(detail);
}
