/* Requests out of events. */
#include "rights/rights.h"

#include <string.h>

#define ARENA_MAX_BYTES (64u * 1024u * 1024u)
#define MAX_HOLDINGS 65536u

void cs_requests_init(cs_requests *list, const cs_memory *memory)
{
    memset(list, 0, sizeof *list);
    list->memory = memory;
    cs_arena_init(&list->arena, memory, ARENA_MAX_BYTES);
}

void cs_requests_free(cs_requests *list)
{
    if (!list->memory)
        return;
    cs_free(list->memory, list->items, list->capacity * sizeof *list->items);
    cs_free(list->memory, list->steps, list->step_capacity * sizeof *list->steps);
    cs_free(list->memory, list->holdings, list->holding_capacity * sizeof *list->holdings);
    cs_arena_free(&list->arena);
    memset(list, 0, sizeof *list);
}

static consent_status no_memory(consent_error *err)
{
    return cs_no_memory(err, "the requests");
}

/* Room for one more; NULL: no memory. */
static void *grow(cs_requests *list, void *items, size_t count, size_t *capacity, size_t item_size, size_t max)
{
    if (count < *capacity)
        return items;
    size_t wider = *capacity ? *capacity * 2 : 16;
    if (count >= max)
        return NULL;
    void *grown = cs_realloc(list->memory, items, *capacity * item_size, wider * item_size);
    if (grown)
        *capacity = wider;
    return grown;
}

static bool keep(cs_requests *list, cs_str text, cs_str *out)
{
    *out = (cs_str){NULL, 0};
    if (text.size == 0)
        return true;
    char *copy = cs_arena_strndup(&list->arena, text.data, text.size);
    *out = (cs_str){copy, copy ? text.size : 0};
    return copy != NULL;
}

static bool keep_list(cs_requests *list, const cs_str *texts, size_t count, const cs_str **out, size_t *out_count)
{
    cs_str *copies = count ? cs_arena_alloc(&list->arena, count * sizeof *copies) : NULL;
    *out = copies;
    *out_count = 0;
    for (size_t i = 0; copies && i < count; i++)
        if (keep(list, texts[i], &copies[i]))
            (*out_count)++;
    return *out_count == count;
}

/* ---- holdings ----------------------------------------------------------------------------------------- */

static bool holds(const cs_holding *holding, cs_str recipient, cs_str purpose, cs_str data)
{
    return cs_str_equal(holding->recipient, recipient) && cs_str_equal(holding->purpose, purpose) &&
           cs_str_equal(holding->data, data);
}

static consent_status hold(cs_requests *list, cs_str recipient, cs_str purpose, cs_str data, int64_t time_ms,
                           consent_error *err)
{
    for (size_t i = 0; i < list->holding_count; i++) {
        if (!holds(&list->holdings[i], recipient, purpose, data))
            continue;
        if (time_ms < list->holdings[i].since_ms)
            list->holdings[i].since_ms = time_ms;
        return CONSENT_OK;
    }
    void *grown =
        grow(list, list->holdings, list->holding_count, &list->holding_capacity, sizeof *list->holdings, MAX_HOLDINGS);
    if (!grown)
        return no_memory(err);
    list->holdings = grown;
    cs_holding *holding = &list->holdings[list->holding_count];
    *holding = (cs_holding){.since_ms = time_ms};
    if (!keep(list, recipient, &holding->recipient) || !keep(list, purpose, &holding->purpose) ||
        !keep(list, data, &holding->data))
        return no_memory(err);
    list->holding_count++;
    return CONSENT_OK;
}

static consent_status hold_event(cs_requests *list, const cs_event *event, consent_error *err)
{
    bool gives = event->type == CS_EVENT_GRANTED || event->type == CS_EVENT_IMPORTED || event->type == CS_EVENT_USAGE ||
                 event->type == CS_EVENT_USED_ONCE;
    consent_status status = CONSENT_OK;
    if (!gives || event->recipient.size == 0)
        return CONSENT_OK;
    if (event->data_count == 0)
        return hold(list, event->recipient, event->purpose, (cs_str){NULL, 0}, event->time_ms, err);
    for (size_t i = 0; status == CONSENT_OK && i < event->data_count; i++)
        status = hold(list, event->recipient, event->purpose, event->data[i], event->time_ms, err);
    return status;
}

consent_status cs_requests_accepted(cs_requests *list, const cs_policy *policy, int64_t time_ms, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (uint16_t i = 0; i < policy->purpose_count; i++) {
        const cs_purpose *purpose = &policy->purposes[i];
        bool covered = cs_purpose_effective_form(policy, purpose) == CS_FORM_POLICY && !purpose->undeclared &&
                       purpose->ground == CONSENT_GROUND_CONSENT;
        for (uint16_t j = 0; covered && j < purpose->recipient_count; j++) {
            const cs_purpose_recipient *to = &purpose->recipients[j];
            for (uint16_t k = 0; status == CONSENT_OK && k < purpose->data_count; k++)
                if (cs_purpose_recipient_gets(to, k))
                    status = hold(list, cs_str_of(policy->recipients[to->recipient].id), cs_str_of(purpose->id),
                                  cs_str_of(policy->data[purpose->data[k].item].id), time_ms, err);
        }
    }
    return status;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static cs_str member(const cs_json *object, const char *name)
{
    return cs_json_str(cs_json_get(object, name));
}

static bool keep_members(cs_requests *list, const cs_json *detail, cs_request *out)
{
    cs_str independent[CS_REQUEST_MAX_INDEPENDENT];
    size_t count = 0;
    for (const cs_json *each = cs_json_first(cs_json_get(detail, "independent"));
         each && count < CS_COUNT_OF(independent); each = cs_json_next(each))
        independent[count++] = cs_json_str(each);
    (void)cs_right_find(member(detail, "right"), &out->right);
    (void)cs_requester_find(member(detail, "by"), &out->by);
    (void)cs_deletion_ground_find(member(detail, "ground"), &out->ground);
    int64_t days = cs_json_int(cs_json_get(detail, "working_days"));
    out->working_days = days > 0 && days <= 365 ? (int32_t)days : 0;
    return keep(list, member(detail, "right"), &out->right_name) &&
           keep(list, member(detail, "channel"), &out->channel) && keep(list, member(detail, "text"), &out->text) &&
           keep(list, member(detail, "target"), &out->target) &&
           keep(list, member(detail, "reference"), &out->reference) &&
           keep_list(list, independent, count, &out->independent, &out->independent_count);
}

static consent_status add_request(cs_requests *list, const cs_event *event, const cs_json *detail, consent_error *err)
{
    if (cs_requests_find(list, event->reference))
        return CONSENT_OK;
    void *grown = grow(list, list->items, list->count, &list->capacity, sizeof *list->items, CS_REQUESTS_MAX);
    if (!grown)
        return no_memory(err);
    list->items = grown;
    cs_request *request = &list->items[list->count];
    *request = (cs_request){.opened_ms = event->time_ms};
    if (!keep_members(list, detail, request) || !keep(list, event->reference, &request->id) ||
        !keep(list, event->purpose, &request->purpose) || !keep(list, event->recipient, &request->recipient) ||
        !keep_list(list, event->data, event->data_count, &request->data, &request->data_count))
        return no_memory(err);
    list->count++;
    return CONSENT_OK;
}

static consent_status add_step(cs_requests *list, const uint8_t *stream, const cs_event *event, const cs_json *detail,
                               consent_error *err)
{
    void *grown = grow(list, list->steps, list->step_count, &list->step_capacity, sizeof *list->steps, CS_REQUESTS_MAX);
    if (!grown)
        return no_memory(err);
    list->steps = grown;
    cs_request_step *step = &list->steps[list->step_count];
    *step = (cs_request_step){.time_ms = event->time_ms, .seq = event->seq};
    memcpy(step->stream, stream, CS_STREAM_ID_SIZE);
    (void)cs_request_state_find(member(detail, "state"), &step->state);
    (void)cs_refusal_find(member(detail, "refusal"), &step->refusal);
    step->fee_fen = cs_json_int(cs_json_get(detail, "fee_fen"));
    step->by_requester = cs_json_bool(cs_json_get(detail, "by_requester"));
    if (!keep(list, event->reference, &step->id) || !keep(list, member(detail, "text"), &step->text) ||
        !keep(list, member(detail, "reference"), &step->reference))
        return no_memory(err);
    list->step_count++;
    return CONSENT_OK;
}

consent_status cs_requests_add(cs_requests *list, const uint8_t *stream, const cs_event *event, consent_error *err)
{
    cs_json_doc detail = {NULL, NULL};
    consent_status status;
    if (event->type != CS_EVENT_REQUEST_OPENED && event->type != CS_EVENT_REQUEST_UPDATED)
        return hold_event(list, event, err);
    status = cs_json_parse(&detail, event->detail, CS_EVENT_MAX_SIZE, "a request's detail", err);
    if (status == CONSENT_E_MEMORY)
        return status;
    /* A detail that cannot be read leaves a request of an unknown right: it is listed, not lost. */
    status = event->type == CS_EVENT_REQUEST_OPENED ? add_request(list, event, detail.root, err)
                                                    : add_step(list, stream, event, detail.root, err);
    cs_json_free(&detail);
    return status;
}

const cs_request *cs_requests_find(const cs_requests *list, cs_str id)
{
    for (size_t i = 0; i < list->count; i++)
        if (cs_str_equal(list->items[i].id, id))
            return &list->items[i];
    return NULL;
}

/* ---- settling ------------------------------------------------------------------------------------------ */

static int compare_steps(const cs_request_step *a, const cs_request_step *b)
{
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    int streams = memcmp(a->stream, b->stream, CS_STREAM_ID_SIZE);
    if (streams != 0)
        return streams;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* By insertion: they arrive nearly in order. */
static void sort_steps(cs_requests *list)
{
    for (size_t i = 1; i < list->step_count; i++) {
        cs_request_step step = list->steps[i];
        size_t at = i;
        for (; at > 0 && compare_steps(&list->steps[at - 1], &step) > 0; at--)
            list->steps[at] = list->steps[at - 1];
        list->steps[at] = step;
    }
}

void cs_requests_settle(cs_requests *list)
{
    sort_steps(list);
    for (size_t i = 0; i < list->count; i++) {
        cs_request *request = &list->items[i];
        request->state = CONSENT_REQUEST_OPENED;
        request->state_ms = request->opened_ms;
        for (size_t j = 0; j < list->step_count; j++) {
            cs_request_step *step = &list->steps[j];
            if (!cs_str_equal(step->id, request->id))
                continue;
            step->applied = cs_request_hurdle_to(request, step->state, step->by_requester) == CS_HURDLE_NONE;
            if (!step->applied)
                continue;
            request->state = step->state;
            request->state_ms = step->time_ms;
            request->last = *step;
        }
    }
}

bool cs_request_is_closed(const cs_request *request)
{
    return request->state >= CONSENT_REQUEST_DONE;
}
