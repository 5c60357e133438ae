/* permission: what is shown together with the system's prompt, until it closes, for one call site (C66 to C74), and
 * what its result records. A system permission is necessary, never sufficient; only for a purpose that needs no more
 * than its own consent is the system's dialog, with this notice beside it, also the act of consent. */
#include "form/submission.h"

#include <string.h>

static void add_permission_names(cs_form *form, const cs_permission *permission)
{
    const char *platform = form->input->platform;
    for (uint16_t i = 0; platform && i < permission->platform_count; i++) {
        const cs_permission_names *names = &permission->platforms[i];
        if (strcmp(names->platform, platform) != 0)
            continue;
        const char **copies = cs_form_alloc(form, (names->name_count + 1u) * sizeof *copies);
        for (uint16_t j = 0; copies && j < names->name_count; j++)
            copies[j] = cs_form_keep(form, names->names[j]);
        form->permission_names = copies;
        form->permission_name_count = copies ? names->name_count : 0;
    }
}

/* One dialog cannot tick boxes: of several data items it grants those that the purpose cannot do without, and those that the
 * caller named. */
static void narrow_data(cs_form *form, cs_form_subject *subject)
{
    uint64_t required = 0;
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if (subject->purpose->data[i].need == CS_NEED_REQUIRED)
            required |= UINT64_C(1) << i;
    if (form->input->query.data_count || !(subject->data & required))
        return;
    subject->data &= required;
    form->query.data = cs_form_data_ids(form, subject, &form->query.data_count);
}

static consent_status add_fields(cs_form *form, const cs_form_subject *subject)
{
    const cs_permission *permission = subject->permission;
    const char *text = cs_form_text(form, subject->call_site->text);
    const char *consequence = cs_form_text(form, permission->consequence);
    const char *name = cs_form_name(form, permission->name, permission->id);
    if (!text || !consequence)
        return cs_form_fail(form, CONSENT_E_REJECTED, "'%s' of policy '%s' lacks %s, add it to the policy",
                            text ? permission->id : subject->call_site->id, form->policy->id,
                            text ? "the consequence of refusing it (C71)" : "its purpose text (C67)");
    cs_form_add_heading(form, name);
    cs_form_add_paragraph(form, text);
    consent_status status = cs_form_controller_fields(form);
    if (status == CONSENT_OK && form->records_choice)
        status = cs_form_purpose_fields(form, subject);
    cs_form_add_field(form, "permission", CS_WORD_PERMISSION, name);
    cs_form_add_field(form, "permission-consequence", CS_WORD_CONSEQUENCE, consequence);
    cs_form_add_field(form, "permission-alternative", CS_WORD_ALTERNATIVE, cs_form_text(form, permission->alternative));
    cs_form_add_field(form, "settings", CS_WORD_SETTINGS, cs_form_text(form, permission->settings));
    return status;
}

consent_status cs_form_build_permission(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status != CONSENT_OK)
        return status;
    form->records_choice = subject.purpose->ground == CONSENT_GROUND_CONSENT &&
                           cs_purpose_effective_form(form->policy, subject.purpose) == CS_FORM_OWN;
    if (form->records_choice)
        narrow_data(form, &subject);
    status = cs_form_status(form, form->err);
    if (status == CONSENT_OK)
        status = cs_form_may_ask(form);
    if (status == CONSENT_OK)
        status = add_fields(form, &subject);
    add_permission_names(form, subject.permission);
    cs_form_add_buttons(form);
    return status;
}

/* ---- its result ------------------------------------------------------------------------------- */

static cs_event *add_event(cs_form *form, uint32_t type, consent_os_state result)
{
    cs_event *event = cs_form_add_event(form, type, CONSENT_METHOD_OS_DIALOG, NULL, form->shared);
    event->permission = form->query.permission;
    event->call_site = form->query.call_site;
    event->purpose = form->query.purpose;
    event->os_state = (uint32_t)result;
    return event;
}

static void add_consent(cs_form *form, consent_os_state result)
{
    bool granted = result == CONSENT_OS_GRANTED;
    cs_event *event = add_event(form, granted ? CS_EVENT_GRANTED : CS_EVENT_DENIED, result);
    event->recipient = form->query.recipient;
    cs_form_name_data(event, form->query.data, form->query.data_count);
    if (!granted)
        event->subject = form->subject;
}

consent_status cs_form_permission_result(cs_form *form, consent_os_state result, int64_t shown_ms, int64_t now_ms,
                                         const cs_event **events, size_t *count, consent_error *err)
{
    *events = NULL;
    *count = 0;
    if (form->occasion != CONSENT_OCCASION_PERMISSION)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a permission's result was given to a %s form",
                       cs_form_occasion_name(form->occasion));
    if (result < CONSENT_OS_UNKNOWN || result > CONSENT_OS_BLOCKED)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "permission '%s': %d is no state of consent_os_state",
                       form->query.permission.data, (int)result);
    consent_status status = cs_form_check_time(form, shown_ms, now_ms, err);
    if (status == CONSENT_OK)
        status = cs_form_reserve_events(form, 3, err);
    if (status != CONSENT_OK)
        return status;
    add_event(form, CS_EVENT_PERMISSION_PROMPTED, CONSENT_OS_UNKNOWN);
    add_event(form, CS_EVENT_PERMISSION_RESULT, result);
    if (form->records_choice && result != CONSENT_OS_UNKNOWN &&
        (result != CONSENT_OS_GRANTED || cs_form_check_policy_valid(form, now_ms, NULL) == CONSENT_OK))
        add_consent(form, result);
    *events = form->events;
    *count = form->event_count;
    return CONSENT_OK;
}
