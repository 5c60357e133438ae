/* What a person did with a form, checked against its rules and turned into the events to record. */
#include "form/submission.h"

#include <string.h>

#define SURFACE_MAX_SIZE 200u
#define REFERENCE_MAX_SIZE 200u

/* ---- events ----------------------------------------------------------------------------------- */

consent_status cs_form_reserve_events(cs_form *form, size_t count, consent_error *err)
{
    form->event_count = 0;
    if (count > CS_FORM_MAX_EVENTS)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "the submission makes %zu changes, at most %u can be one act: save in parts", count,
                       CS_FORM_MAX_EVENTS);
    if (count > form->event_capacity) {
        cs_event *grown =
            cs_realloc(form->memory, form->events, form->event_capacity * sizeof *grown, count * sizeof *grown);
        if (!grown)
            return cs_fail(err, CONSENT_E_MEMORY, 0, "the submission was not taken: no memory was left");
        form->events = grown;
        form->event_capacity = count;
    }
    return CONSENT_OK;
}

static void name_policy(cs_policy_ref *ref, const cs_form_policy_name *name)
{
    ref->id = cs_str_of(name->id);
    ref->version = name->version;
    ref->revision = name->revision;
    ref->hash = name->hash;
}

cs_event *cs_form_add_event(cs_form *form, uint32_t type, uint32_t method, const char *control, bool shared)
{
    cs_event *event = &form->events[form->event_count++];
    memset(event, 0, sizeof *event);
    event->type = type;
    event->actor = form->guardian ? CS_ACTOR_GUARDIAN : CS_ACTOR_SELF;
    name_policy(&event->policy, shared ? &form->base_name : &form->policy_name);
    if (shared)
        name_policy(&event->overlay, &form->policy_name);
    event->method = method;
    event->control = cs_str_of(control);
    event->locale = cs_str_of(form->locale);
    event->notice_hash = form->notice_hash;
    event->user_initiated = form->user_initiated;
    event->seen = form->seen;
    return event;
}

consent_status cs_form_check_time(const cs_form *form, int64_t shown_ms, int64_t now_ms, consent_error *err)
{
    if (shown_ms <= 0)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not shown: show it, say so, then submit",
                       cs_form_occasion_name(form->occasion));
    if (now_ms >= form->expires_ms)
        return cs_fail(err, CONSENT_E_EXPIRED, 0, "the %s form expired 24 hours after it was built: build a new one",
                       cs_form_occasion_name(form->occasion));
    return CONSENT_OK;
}

consent_status cs_form_check_policy_valid(const cs_form *form, int64_t now_ms, consent_error *err)
{
    if (!form->valid_until_ms || now_ms < form->valid_until_ms)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_EXPIRED, 0,
                   "nothing new was granted: policy '%s' is past its time, install a newer one", form->policy_name.id);
}

/* ---- answers ---------------------------------------------------------------------------------- */

static const cs_form_choice *find_choice(const cs_form *form, const char *control)
{
    for (uint32_t i = 0; i < form->choice_count; i++)
        if (strcmp(form->choices[i].control, control) == 0)
            return &form->choices[i];
    return NULL;
}

const consent_answer *cs_form_find_answer(const cs_form_reading *in, const char *control)
{
    for (size_t i = 0; i < in->given->answer_count; i++)
        if (strcmp(in->given->answers[i].control, control) == 0)
            return &in->given->answers[i];
    return NULL;
}

consent_status cs_form_reject_answer(const cs_form_reading *in, consent_status status, const char *control,
                                     const char *why)
{
    return cs_fail(in->err, status, 0, "choice '%s' %s", control, why);
}

/* Unknown and repeated controls are the host's mistakes. A box shown ticked is no evidence (C3); a refusal needs none. */
static consent_status check_answers(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    if (in->given->answer_count && !in->given->answers)
        return cs_fail(in->err, CONSENT_E_ARGUMENT, 0, "the submission has a count of answers but no answers");
    for (size_t i = 0; i < in->given->answer_count; i++) {
        const consent_answer *answer = &in->given->answers[i];
        const cs_form_choice *choice = answer->control ? find_choice(form, answer->control) : NULL;
        if (!choice)
            return cs_fail(in->err, CONSENT_E_ARGUMENT, 0, "the %s form has no choice '%.200s'",
                           cs_form_occasion_name(form->occasion), answer->control ? answer->control : "(null)");
        for (size_t j = 0; j < i; j++)
            if (strcmp(in->given->answers[j].control, answer->control) == 0)
                return cs_form_reject_answer(in, CONSENT_E_ARGUMENT, answer->control, "was answered twice");
        if (answer->initially_on && !choice->on && in->given->action != CONSENT_ACTION_REFUSE)
            return cs_form_reject_answer(in, CONSENT_E_REJECTED, answer->control,
                                         "was shown already ticked: show it unticked and let the person tick it (C3)");
        if (answer->at_ms < 0)
            return cs_form_reject_answer(in, CONSENT_E_ARGUMENT, answer->control, "was answered before 1970");
    }
    return CONSENT_OK;
}

static int64_t answered_at(const cs_form_reading *in, const consent_answer *answer)
{
    return answer->at_ms ? answer->at_ms : in->now_ms;
}

uint32_t cs_form_method(const cs_form_reading *in, uint32_t usual)
{
    if (in->form->written)
        return CONSENT_METHOD_WRITTEN;
    return in->given->method ? (uint32_t)in->given->method : usual;
}

uint32_t cs_form_refusal_method(const cs_form_reading *in)
{
    return in->given->method ? (uint32_t)in->given->method : CONSENT_METHOD_BUTTON;
}

void cs_form_name_data(cs_event *event, const cs_str *data, size_t count)
{
    if (count)
        memcpy(event->data + event->data_count, data, count * sizeof *data);
    event->data_count += count;
}

/* Adds an event with what the submission says of how it came about. */
cs_event *cs_form_record(const cs_form_reading *in, uint32_t type, uint32_t method, const char *control, bool shared)
{
    cs_event *event = cs_form_add_event(in->form, type, method, control, shared);
    event->surface = cs_str_of(in->surface);
    event->reference = cs_str_of(in->reference);
    event->reached_end = in->given->reached_end;
    event->emphasis_count = in->given->emphasis_rendered ? in->form->emphasis_count : 0;
    return event;
}

/* ---- accepting and refusing a policy ------------------------------------------------------------ */

consent_status cs_form_accept_policy(const cs_form_reading *in)
{
    const consent_answer *tick = cs_form_find_answer(in, "tick");
    if (!tick || !tick->on)
        return cs_form_reject_answer(in, CONSENT_E_REJECTED, "tick",
                                     "was not ticked: accepting the policy needs it (C3)");
    uint32_t method = cs_form_method(in, CONSENT_METHOD_CHECKBOX);
    cs_form_record(in, CS_EVENT_NOTICE_SHOWN, method, NULL, false);
    cs_event *accepted = cs_form_record(in, CS_EVENT_POLICY_ACCEPTED, method, "accept", false);
    accepted->tick_initially_off = true;
    accepted->ticked_at_ms = answered_at(in, tick);
    return CONSENT_OK;
}

/* ---- accepting one purpose ---------------------------------------------------------------------- */

/* The form's data by what becomes of them, as bits. */
typedef struct sorted_data {
    uint64_t granted, narrowed, denied;
    int64_t ticked_at_ms;
} sorted_data;

static void keep_latest_tick(const cs_form_reading *in, const consent_answer *answer, int64_t *ticked_at_ms)
{
    if (answered_at(in, answer) > *ticked_at_ms)
        *ticked_at_ms = answered_at(in, answer);
}

static void sort_data(const cs_form_reading *in, sorted_data *sorted)
{
    for (uint32_t i = 0; i < in->form->data_count; i++) {
        const cs_form_datum *datum = &in->form->data[i];
        const consent_answer *answer = datum->control ? cs_form_find_answer(in, datum->control) : NULL;
        bool on = !datum->control || (answer && answer->on);
        *(on ? &sorted->granted : datum->granted ? &sorted->narrowed : &sorted->denied) |= UINT64_C(1) << i;
        if (on && answer)
            keep_latest_tick(in, answer, &sorted->ticked_at_ms);
    }
}

cs_event *cs_form_record_item(const cs_form_reading *in, uint32_t type, uint32_t method, const char *control)
{
    cs_event *event = cs_form_record(in, type, method, control, in->form->shared);
    event->purpose = in->form->query.purpose;
    event->recipient = in->form->query.recipient;
    return event;
}

/* The same about some of the form's data. */
static cs_event *record_data(const cs_form_reading *in, uint32_t type, uint32_t method, const char *control,
                             uint64_t which)
{
    cs_event *event = cs_form_record_item(in, type, method, control);
    for (uint32_t i = 0; i < in->form->data_count; i++)
        if (which >> i & 1)
            cs_form_name_data(event, &in->form->data[i].id, 1);
    return event;
}

static consent_status check_declarations(const cs_form_reading *in, int64_t *ticked_at_ms)
{
    const cs_form *form = in->form;
    for (uint32_t i = 0; i < form->choice_count; i++) {
        const cs_form_choice *choice = &form->choices[i];
        const consent_answer *answer = cs_form_find_answer(in, choice->control);
        if (choice->kind != CS_CONTROL_TICK)
            continue;
        if (!answer || !answer->on)
            return cs_form_reject_answer(in, CONSENT_E_REJECTED, choice->control,
                                         "was not ticked: a declaration is made by its own tick alone (C82)");
        keep_latest_tick(in, answer, ticked_at_ms);
    }
    return CONSENT_OK;
}

consent_status cs_form_accept_choice(const cs_form_reading *in)
{
    cs_form *form = in->form;
    sorted_data sorted = {.granted = 0};
    sort_data(in, &sorted);
    if (form->data_count && !sorted.granted)
        return cs_fail(in->err, CONSENT_E_REJECTED, 0,
                       "choice '%s' and the others were left unticked: accepting '%s' needs one of them",
                       form->data[0].control, form->query.purpose.data);
    consent_status status = check_declarations(in, &sorted.ticked_at_ms);
    if (status != CONSENT_OK)
        return status;
    uint32_t method = cs_form_method(in, sorted.ticked_at_ms ? CONSENT_METHOD_CHECKBOX : CONSENT_METHOD_BUTTON);
    cs_event *granted = record_data(in, CS_EVENT_GRANTED, method, "accept", sorted.granted);
    granted->once = form->once;
    granted->tick_initially_off = sorted.ticked_at_ms != 0;
    granted->ticked_at_ms = sorted.ticked_at_ms;
    if (sorted.narrowed)
        record_data(in, form->narrowing, method, "accept", sorted.narrowed);
    if (sorted.denied)
        record_data(in, CS_EVENT_DENIED, method, "accept", sorted.denied);
    return CONSENT_OK;
}

static void refuse(const cs_form_reading *in)
{
    record_data(in, CS_EVENT_DENIED, cs_form_refusal_method(in), "refuse", UINT64_MAX)->subject = in->form->subject;
}

/* The person said no to the notice itself: the system's prompt is not shown, and the permission rests as after its no. */
static void refuse_permission(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    uint32_t method = cs_form_refusal_method(in);
    cs_event *result = cs_form_record_item(in, CS_EVENT_PERMISSION_RESULT, method, "refuse");
    result->permission = form->query.permission;
    result->call_site = form->query.call_site;
    result->os_state = CONSENT_OS_DENIED;
    if (!form->records_choice)
        return;
    cs_event *denied = cs_form_record_item(in, CS_EVENT_DENIED, method, "refuse");
    cs_form_name_data(denied, form->query.data, form->query.data_count);
    denied->subject = form->subject;
}

/* ---- manage ----------------------------------------------------------------------------------- */

/* Whether another choice of the same purpose stays on after this submission. */
static bool sibling_stays_on(const cs_form_reading *in, const cs_form_choice *choice)
{
    for (uint32_t i = 0; i < in->form->choice_count; i++) {
        const cs_form_choice *other = &in->form->choices[i];
        if (other == choice || !other->purpose || strcmp(other->purpose, choice->purpose) != 0)
            continue;
        const consent_answer *answer = cs_form_find_answer(in, other->control);
        if (answer ? answer->on : other->on)
            return true;
    }
    return false;
}

static cs_event *record_switch(const cs_form_reading *in, const cs_form_choice *choice, const consent_answer *answer)
{
    uint32_t method = cs_form_method(in, CONSENT_METHOD_TOGGLE);
    uint32_t type = answer->on ? CS_EVENT_GRANTED : CS_EVENT_WITHDRAWN;
    /* A withdrawal that names no recipient speaks for all of them: not meant while another's switch stays on. */
    if (!answer->on && choice->has_siblings && !choice->recipient && sibling_stays_on(in, choice))
        type = CS_EVENT_DENIED;
    cs_event *event = cs_form_record(in, type, method, answer->control, choice->shared);
    event->purpose = cs_str_of(choice->purpose);
    event->recipient = cs_str_of(choice->recipient);
    if (!answer->on)
        return event;
    cs_form_name_data(event, choice->grants, choice->grant_count);
    event->tick_initially_off = true;
    event->ticked_at_ms = answered_at(in, answer);
    return event;
}

/* A level decides of everything stored on the device that was not answered by itself: what it leaves out is refused, whether it
 * was on or never asked about. */
static void record_level(const cs_form_reading *in, const cs_form_choice *level, const consent_answer *answer)
{
    for (uint32_t i = 0; i < in->form->choice_count; i++) {
        const cs_form_choice *item = &in->form->choices[i];
        if (!item->storage_level || cs_form_find_answer(in, item->control))
            continue;
        consent_answer implied = *answer;
        implied.on = cs_form_level_allows(level, item);
        if (implied.on && item->on)
            continue;
        cs_event *event = record_switch(in, item, &implied);
        if (!implied.on && !item->on)
            event->type = CS_EVENT_DENIED;
    }
}

static consent_status check_switches(const cs_form_reading *in, size_t *changes, bool *ends_acceptance)
{
    size_t levels = 0;
    *changes = 0;
    *ends_acceptance = false;
    for (size_t i = 0; i < in->given->answer_count; i++) {
        const consent_answer *answer = &in->given->answers[i];
        const cs_form_choice *choice = find_choice(in->form, answer->control);
        bool level = choice->kind == CS_CONTROL_STORAGE;
        if (level ? !answer->on : answer->on == choice->on)
            continue;
        *changes += level ? in->form->choice_count : 1;
        if (level && levels++ > 0)
            return cs_form_reject_answer(in, CONSENT_E_REJECTED, choice->control,
                                         "is a second storage level: choose one");
        *ends_acceptance = *ends_acceptance || choice->kind == CS_CONTROL_ACCEPTANCE;
        if (answer->on && choice->needs)
            return cs_fail(in->err, CONSENT_E_REJECTED, 0,
                           "choice '%s' cannot be switched on here: show the form '%s' for it", choice->control,
                           choice->needs);
        consent_status status = answer->on ? cs_form_check_policy_valid(in->form, in->now_ms, in->err) : CONSENT_OK;
        if (status != CONSENT_OK)
            return status;
    }
    return CONSENT_OK;
}

static consent_status save(const cs_form_reading *in)
{
    size_t changes;
    bool ends_acceptance;
    consent_status status = check_switches(in, &changes, &ends_acceptance);
    if (status == CONSENT_OK)
        status = cs_form_reserve_events(in->form, changes, in->err);
    if (status != CONSENT_OK)
        return status;
    /* Withdrawing the acceptance withdraws every choice with it; nothing can be granted beside that. */
    if (ends_acceptance) {
        uint32_t type = in->form->guardian ? CS_EVENT_GUARDIAN_REVOKED : CS_EVENT_WITHDRAWN;
        cs_form_record(in, type, cs_form_method(in, CONSENT_METHOD_TOGGLE), "acceptance", false);
        return CONSENT_OK;
    }
    for (size_t i = 0; i < in->given->answer_count; i++) {
        const cs_form_choice *choice = find_choice(in->form, in->given->answers[i].control);
        if (choice->kind == CS_CONTROL_STORAGE) {
            if (in->given->answers[i].on)
                record_level(in, choice, &in->given->answers[i]);
        } else if (in->given->answers[i].on != choice->on) {
            record_switch(in, choice, &in->given->answers[i]);
        }
    }
    return CONSENT_OK;
}

/* ---- submitting ------------------------------------------------------------------------------- */

static bool action_fits(const cs_form *form, int32_t action)
{
    if (form->occasion == CONSENT_OCCASION_MANAGE)
        return action == CONSENT_ACTION_SAVE;
    return action == CONSENT_ACTION_ACCEPT || (action == CONSENT_ACTION_REFUSE && form->refuse_label);
}

static bool method_fits(const cs_form *form, int32_t method)
{
    return (method >= 0 && method <= CONSENT_METHOD_BUTTON) || (method == CONSENT_METHOD_WRITTEN && form->written) ||
           (method == CONSENT_METHOD_GUARDIAN_LINK && form->guardian);
}

static consent_status check_text(const char *text, const char *what, size_t max_size, consent_error *err)
{
    if (cs_str_of(text).size <= max_size && cs_utf8_is_valid(cs_str_of(text)))
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is not UTF-8 of at most %zu bytes: give a short one", what,
                   max_size);
}

static consent_status check_action(const cs_form *form, const consent_submission *given, consent_error *err)
{
    const char *occasion = cs_form_occasion_name(form->occasion);
    if (!action_fits(form, given->action))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "action %d does not fit the %s form: it takes %s",
                       (int)given->action, occasion,
                       form->save_label     ? "save"
                       : form->refuse_label ? "accept or refuse"
                                            : "accept");
    if (form->occasion == CONSENT_OCCASION_PERMISSION && given->action == CONSENT_ACTION_ACCEPT)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "accepting the permission form records nothing: show the system's prompt, then give its result");
    if (given->birth && form->occasion != CONSENT_OCCASION_AGE)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the %s form takes no birth date: the age form does", occasion);
    if (!method_fits(form, given->method))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "method %d cannot come from the %s form: leave it 0, or say checkbox, toggle or button",
                       (int)given->method, occasion);
    consent_status status = check_text(given->surface, "surface", SURFACE_MAX_SIZE, err);
    return status == CONSENT_OK ? check_text(given->reference, "reference", REFERENCE_MAX_SIZE, err) : status;
}

/* A yes in a guardian's name is as good as the verification behind it (PIPL 31). Written consent is the text shown, which
 * is kept, and a signature kept somewhere (PIPL 29; C123). */
static consent_status check_reference(const cs_form_reading *in)
{
    const char *why = in->form->guardian  ? "say where the guardian's verification is kept (PIPL 31)"
                      : in->form->written ? "written consent names where its signature is kept (C123)"
                                          : NULL;
    if (!why || (in->reference && in->reference[0]))
        return CONSENT_OK;
    return cs_fail(in->err, CONSENT_E_REJECTED, 0, "input 'reference' is empty: %s", why);
}

/* How the text must have been shown for a yes to it to be one. */
static consent_status check_reading(const cs_form_reading *in)
{
    if (in->form->needs_emphasis && !in->given->emphasis_rendered)
        return cs_fail(in->err, CONSENT_E_REJECTED, 0,
                       "the emphasis was not rendered: show bold and underline as such, accepting needs it (C2)");
    if (in->form->must_reach_end && !in->given->reached_end)
        return cs_fail(in->err, CONSENT_E_REJECTED, 0, "the text was not shown to its end: accepting needs it (C4)");
    return CONSENT_OK;
}

static consent_status accept(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    if (form->informs)
        return cs_form_go_on(in);
    consent_status status = cs_form_check_policy_valid(form, in->now_ms, in->err);
    if (status == CONSENT_OK)
        status = check_reference(in);
    if (status == CONSENT_OK)
        status = check_reading(in);
    if (status != CONSENT_OK)
        return status;
    if (form->occasion == CONSENT_OCCASION_AGE)
        return cs_form_accept_age(in);
    if (form->stream_count)
        return cs_form_accept_devices(in);
    if (form->query.purpose.data)
        return cs_form_accept_choice(in);
    return form->guardian ? cs_form_accept_guardian(in) : cs_form_accept_policy(in);
}

static consent_status act(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    if (in->given->action == CONSENT_ACTION_SAVE)
        return save(in);
    if (in->given->action == CONSENT_ACTION_ACCEPT)
        return accept(in);
    if (form->informs && form->subject != CS_SUBJECT_FIELD_NOTICE)
        return cs_form_go_on(in);
    if (form->occasion == CONSENT_OCCASION_PERMISSION)
        refuse_permission(in);
    else if (form->query.purpose.data)
        refuse(in);
    else
        cs_form_refuse_whole(in);
    return CONSENT_OK;
}

consent_status cs_form_submit(cs_form *form, const consent_submission *submission, int64_t shown_ms, int64_t now_ms,
                              const cs_event **events, size_t *count, bool *restrictive, consent_error *err)
{
    *events = NULL;
    *count = 0;
    *restrictive = false;
    consent_status status = check_action(form, submission, err);
    if (status == CONSENT_OK)
        status = cs_form_check_time(form, shown_ms, now_ms, err);
    cs_form_reading in = {.form = form, .given = submission, .now_ms = now_ms, .err = err};
    if (status == CONSENT_OK)
        status = check_answers(&in);
    if (status != CONSENT_OK)
        return status;
    in.surface = cs_form_keep(form, submission->surface);
    in.reference = cs_form_keep(form, submission->reference);
    status = cs_form_status(form, err);
    form->failed = false; /* the form itself is whole: it stays usable */
    if (status == CONSENT_OK)
        status = cs_form_reserve_events(form, CS_FORM_FEW_EVENTS, err);
    if (status == CONSENT_OK)
        status = act(&in);
    if (status != CONSENT_OK)
        return status;
    for (size_t i = 0; i < form->event_count; i++)
        *restrictive = *restrictive || (cs_event_polarity(&form->events[i]) & CS_RESTRICTIVE);
    *events = form->events;
    *count = form->event_count;
    return CONSENT_OK;
}
