/* permission: what is shown together with the system's prompt, until it closes, for one call site (C66 to C74), and
 * what its result records. A system permission is necessary, never sufficient; only for a purpose that needs no more
 * than its own consent is the system's dialog, with this notice beside it, also the act of consent. */
#include "form/submission.h"

#include <string.h>

static void add_permission_names(cs_form *form, const cs_form_input *input, const cs_permission *permission)
{
    for (uint16_t i = 0; input->platform && i < permission->platform_count; i++) {
        const cs_permission_names *names = &permission->platforms[i];
        if (strcmp(names->platform, input->platform) != 0)
            continue;
        const char **copies = cs_arena_alloc(&form->arena, (names->name_count + 1u) * sizeof *copies);
        if (!copies) {
            form->failed = true;
            return;
        }
        for (uint16_t j = 0; j < names->name_count; j++)
            copies[j] = cs_form_keep(form, names->names[j]);
        form->permission_names = copies;
        form->permission_name_count = names->name_count;
    }
}

/* One dialog cannot tick boxes: of several data items it grants those that the purpose cannot do without, and those that the
 * caller named. */
static void narrow_data(cs_form *form, const cs_form_input *input, cs_form_asking *asking)
{
    cs_form_subject *subject = &asking->subject;
    uint64_t required = 0;
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if (subject->purpose->data[i].need == CS_NEED_REQUIRED)
            required |= UINT64_C(1) << i;
    if (input->query.data_count || !(subject->data & required))
        return;
    subject->data &= required;
    size_t kept = 0;
    cs_str *data = cs_arena_alloc(&form->arena, CS_PURPOSE_MAX_DATA * sizeof *data);
    if (!data) {
        form->failed = true;
        return;
    }
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if (subject->data >> i & 1)
            data[kept++] = cs_str_of(cs_form_keep(form, subject->policy->data[subject->purpose->data[i].item].id));
    asking->query.data = data;
    asking->query.data_count = kept;
    form->query = asking->query;
}

static consent_status add_fields(cs_form *form, const cs_form_input *input, const cs_form_asking *asking,
                                 consent_error *err)
{
    const cs_form_subject *subject = &asking->subject;
    const char *locale = form->locale;
    const char *text = cs_form_text(subject, asking->call_site->text);
    const char *consequence = cs_form_text(subject, asking->permission->consequence);
    const char *settings = cs_form_text(subject, asking->permission->settings);
    const char *alternative = cs_form_text(subject, asking->permission->alternative);
    const char *name = cs_form_text(subject, asking->permission->name);
    if (!text || !consequence)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the permission form was not built: '%s' of policy '%s' lacks %s, add it to the policy",
                       text ? asking->permission->id : asking->call_site->id, input->policy->id,
                       text ? "the consequence of refusing it (C71)" : "its purpose text (C67)");
    cs_form_add_block(form, CS_BLOCK_HEADING, 1, name ? name : asking->permission->id);
    cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, text);
    consent_status status = cs_form_controller_fields(form, input->policy, input->texts, err);
    if (status == CONSENT_OK && form->records_choice)
        status = cs_form_purpose_fields(form, subject, err);
    if (status != CONSENT_OK)
        return status;
    cs_form_add_field(form, "permission", cs_form_word(locale, CS_WORD_PERMISSION),
                      name ? name : asking->permission->id, 0);
    cs_form_add_field(form, "permission-consequence", cs_form_word(locale, CS_WORD_CONSEQUENCE), consequence, 0);
    if (alternative)
        cs_form_add_field(form, "permission-alternative", cs_form_word(locale, CS_WORD_ALTERNATIVE), alternative, 0);
    if (settings)
        cs_form_add_field(form, "settings", cs_form_word(locale, CS_WORD_SETTINGS), settings, 0);
    return CONSENT_OK;
}

consent_status cs_form_build_permission(cs_form *form, const cs_form_input *input, consent_error *err)
{
    cs_form_asking asking;
    consent_status status = cs_form_look_up(form, input, &asking, err);
    if (status != CONSENT_OK)
        return status;
    const cs_form_subject *subject = &asking.subject;
    form->records_choice = subject->purpose->ground == CONSENT_GROUND_CONSENT &&
                           cs_purpose_effective_form(subject->policy, subject->purpose) == CS_FORM_OWN;
    if (form->records_choice)
        narrow_data(form, input, &asking);
    status = cs_form_status(form, err);
    if (status == CONSENT_OK)
        status = cs_form_may_ask(form, input, &asking.query, err);
    if (status == CONSENT_OK)
        status = add_fields(form, input, &asking, err);
    if (status != CONSENT_OK)
        return status;
    add_permission_names(form, input, asking.permission);
    cs_form_add_buttons(form, input);
    return CONSENT_OK;
}

/* ---- its result ------------------------------------------------------------------------------- */

static void name_permission(const cs_form *form, cs_event *event, consent_os_state result)
{
    event->permission = cs_str_of(form->permission);
    event->call_site = cs_str_of(form->call_site);
    event->purpose = cs_str_of(form->purpose);
    event->os_state = (uint32_t)result;
}

static void add_consent(cs_form *form, consent_os_state result)
{
    uint32_t type = result == CONSENT_OS_GRANTED ? CS_EVENT_GRANTED : CS_EVENT_DENIED;
    cs_event *event = cs_form_add_event(form, type, CONSENT_METHOD_OS_DIALOG, NULL, form->shared);
    event->purpose = cs_str_of(form->purpose);
    event->recipient = cs_str_of(form->recipient);
    for (size_t i = 0; i < form->query.data_count; i++)
        event->data[event->data_count++] = form->query.data[i];
    event->permission = cs_str_of(form->permission);
    event->call_site = cs_str_of(form->call_site);
    event->os_state = (uint32_t)result;
    if (type == CS_EVENT_DENIED)
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
                       form->permission, (int)result);
    consent_status status = cs_form_check_time(form, shown_ms, now_ms, err);
    if (status == CONSENT_OK)
        status = cs_form_reserve_events(form, 3, err);
    if (status != CONSENT_OK)
        return status;
    name_permission(form,
                    cs_form_add_event(form, CS_EVENT_PERMISSION_PROMPTED, CONSENT_METHOD_OS_DIALOG, NULL, form->shared),
                    CONSENT_OS_UNKNOWN);
    name_permission(form,
                    cs_form_add_event(form, CS_EVENT_PERMISSION_RESULT, CONSENT_METHOD_OS_DIALOG, NULL, form->shared),
                    result);
    bool in_time = !form->valid_until_ms || now_ms < form->valid_until_ms;
    if (form->records_choice && result != CONSENT_OS_UNKNOWN && (in_time || result != CONSENT_OS_GRANTED))
        add_consent(form, result);
    *events = form->events;
    *count = form->event_count;
    return CONSENT_OK;
}
