/* What answers to the forms about people, about devices, and about what is only told are recorded as. */
#include "form/submission.h"

#define OLDEST_YEARS 150

/* ---- age -------------------------------------------------------------------------------------- */

static consent_status read_birth(const cs_form_reading *in, cs_date *birth)
{
    int32_t years = -1;
    if (cs_date_parse(cs_str_of(in->given->birth), birth))
        years = cs_age_years(*birth, in->now_ms);
    if (years >= 0 && years <= OLDEST_YEARS)
        return CONSENT_OK;
    return cs_fail(in->err, CONSENT_E_REJECTED, 0,
                   "input 'birth' is no date of birth: write it like 2013-06-01, or tick an age group");
}

static consent_status read_band(const cs_form_reading *in, const cs_form_choice **ticked)
{
    *ticked = NULL;
    for (size_t i = 0; i < in->form->choice_count; i++) {
        const cs_form_choice *choice = &in->form->choices[i];
        const consent_answer *answer = cs_form_find_answer(in, choice->control);
        if (!answer || !answer->on)
            continue;
        if (*ticked || in->given->birth)
            return cs_form_reject_answer(in, CONSENT_E_REJECTED, choice->control,
                                         "was ticked beside another age: give one age group or one birth date");
        *ticked = choice;
    }
    if (*ticked || in->given->birth)
        return CONSENT_OK;
    return cs_fail(in->err, CONSENT_E_REJECTED, 0,
                   "input 'birth' is empty and no age group is ticked: stating an age needs one of them");
}

consent_status cs_form_accept_age(const cs_form_reading *in)
{
    const cs_form_choice *band;
    cs_date birth = {0};
    consent_status status = read_band(in, &band);
    if (status == CONSENT_OK && in->given->birth)
        status = read_birth(in, &birth);
    if (status != CONSENT_OK)
        return status;
    uint32_t method = cs_form_method(in, band ? CONSENT_METHOD_CHECKBOX : CONSENT_METHOD_BUTTON);
    cs_event *declared = cs_form_record(in, CS_EVENT_AGE_DECLARED, method, band ? band->control : "birth", false);
    declared->birth = birth;
    declared->age_band = band ? band->band : 0;
    declared->purpose = cs_str_of(in->form->age_purpose);
    cs_form_name_data(declared, in->form->age_data, in->form->age_data_count);
    return CONSENT_OK;
}

/* ---- guardians and devices --------------------------------------------------------------------- */

/* The guardian's verification and yes to this version, and to the child rules where they are on the form. */
consent_status cs_form_accept_guardian(const cs_form_reading *in)
{
    consent_status status = cs_form_accept_policy(in);
    if (status != CONSENT_OK)
        return status;
    cs_event *verified = &in->form->events[in->form->event_count - 1];
    verified->type = CS_EVENT_GUARDIAN_VERIFIED;
    verified->rules_id = cs_str_of(in->form->rules_id);
    verified->rules_version = in->form->rules_version;
    return CONSENT_OK;
}

consent_status cs_form_accept_devices(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    consent_status status = cs_form_reserve_events(in->form, form->stream_count, in->err);
    if (status != CONSENT_OK)
        return status;
    uint32_t method = cs_form_method(in, CONSENT_METHOD_BUTTON);
    for (uint32_t i = 0; i < form->stream_count; i++)
        cs_form_record(in, CS_EVENT_KEY_CONFIRMED, method, "accept", false)->reference = cs_str_of(form->streams[i]);
    return CONSENT_OK;
}

/* ---- telling ------------------------------------------------------------------------------------ */

consent_status cs_form_go_on(const cs_form_reading *in)
{
    const cs_form *form = in->form;
    const char *control = in->given->action == CONSENT_ACTION_ACCEPT ? "accept" : "refuse";
    uint32_t type = form->notice_kind ? CS_EVENT_NOTICE_ACKNOWLEDGED : CS_EVENT_NOTICE_SHOWN;
    cs_event *shown = cs_form_record_item(in, type, cs_form_method(in, CONSENT_METHOD_BUTTON), control);
    cs_form_name_data(shown, form->query.data, form->query.data_count);
    shown->detail = cs_str_of(form->notice_kind ? form->notice_kind : cs_form_occasion_name(form->occasion));
    if (form->notice_id)
        shown->reference = cs_str_of(form->notice_id);
    return CONSENT_OK;
}

/* ---- saying no ------------------------------------------------------------------------------------ */

/* A no to stating an age or to vouching for a device refuses that alone; else it declines the version. */
void cs_form_refuse_whole(const cs_form_reading *in)
{
    uint32_t subject = in->form->subject;
    bool alone = subject == CS_SUBJECT_AGE_UNKNOWN || subject == CS_SUBJECT_CONFIRM;
    cs_form_record(in, alone ? CS_EVENT_DENIED : CS_EVENT_POLICY_DECLINED, cs_form_refusal_method(in), "refuse", false)
        ->subject = subject;
}
