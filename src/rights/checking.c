/* What a host hands in: what each right needs, and what a change needs. */
#include "rights/rights.h"

#include <string.h>

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
    switch (cs_request_hurdle_to(request, change->state, change->by_requester)) {
    case CS_HURDLE_NO_WAY:
        return cs_fail(err, CONSENT_E_REJECTED, 0, "a request of kind %.*s does not go from %s to %s",
                       CS_STR_ARG(request->right_name), cs_request_state_name(request->state), state);
    case CS_HURDLE_IN_VAIN:
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a request of kind %.*s is free and needs no verification; carry it out",
                       CS_STR_ARG(request->right_name));
    case CS_HURDLE_NOT_THEIRS:
        return cs_fail(err, CONSENT_E_REJECTED, 0, "going from %s to %s is the %s's to say",
                       cs_request_state_name(request->state), state, change->by_requester ? "operator" : "person");
    case CS_HURDLE_NONE:
        break;
    }
    if (change->state == CONSENT_REQUEST_REFUSED && (!cs_refusal_name(change->refusal) || !given(change->text)))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a request was refused without reasons; give change.refusal and change.text (PIPL 50)");
    if (change->state == CONSENT_REQUEST_FEE_QUOTED && (change->fee_fen <= 0 || !given(change->text)))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "a fee was quoted without its amount or what it is for; give change.fee_fen and change.text");
    return CONSENT_OK;
}
