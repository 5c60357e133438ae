/* Requests and changes as events, and which way a request may go. */
#include "rights/rights.h"

#include <string.h>

/* ---- events ------------------------------------------------------------------------------------------------ */

static bool given(const char *text)
{
    return text && text[0] != '\0';
}

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

cs_request_hurdle cs_request_hurdle_to(const cs_request *request, int32_t state, bool by_requester)
{
    if (!leads(request->state, state) || !ends_fit(request->right, state))
        return CS_HURDLE_NO_WAY;
    if (waits_in_vain(request->right, state))
        return CS_HURDLE_IN_VAIN;
    return is_requesters(request->state, state) == by_requester ? CS_HURDLE_NONE : CS_HURDLE_NOT_THEIRS;
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
