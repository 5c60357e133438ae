/* own, separate and once: one purpose, at most one recipient, each data item that can be done without its own box
 * (PIPL 23, 29, 30; C45, C55, C78, C96, C122). */
#include "form/parts.h"

/* The occasion that gives this purpose's form of consent; a policy-form purpose is asked for on its own only to
 * lift an earlier refusal. */
static int32_t occasion_of(cs_consent_form form)
{
    switch (form) {
    case CS_FORM_SEPARATE:
    case CS_FORM_WRITTEN:
        return CONSENT_OCCASION_SEPARATE;
    case CS_FORM_ONCE:
        return CONSENT_OCCASION_ONCE;
    case CS_FORM_POLICY:
    case CS_FORM_OWN:
        break;
    }
    return CONSENT_OCCASION_OWN;
}

static bool is_plain_choice(int32_t occasion)
{
    return occasion == CONSENT_OCCASION_OWN || occasion == CONSENT_OCCASION_SEPARATE ||
           occasion == CONSENT_OCCASION_ONCE;
}

consent_status cs_form_check_purpose(const cs_form *form, const cs_form_subject *subject)
{
    const cs_purpose *purpose = subject->purpose;
    int32_t needed = occasion_of(cs_purpose_effective_form(form->policy, purpose));
    if (purpose->ground != CONSENT_GROUND_CONSENT)
        return cs_form_fail(form, CONSENT_E_REJECTED, "purpose '%s' rests on '%s', no consent is to be asked",
                            purpose->id, consent_ground_name((consent_ground)purpose->ground));
    if (is_plain_choice(form->occasion) && needed != form->occasion)
        return cs_form_fail(form, CONSENT_E_REJECTED, "purpose '%s' needs the form '%s'", purpose->id,
                            cs_form_occasion_name(needed));
    if (!subject->recipient && (purpose->kind == CS_KIND_SHARE || purpose->kind == CS_KIND_LAUNCH))
        return cs_form_fail(form, CONSENT_E_REJECTED, "purpose '%s' gives data to others, name one recipient (PIPL 23)",
                            purpose->id);
    return CONSENT_OK;
}

cs_choice_status cs_form_status_of(const cs_form *form, const cs_query *item, cs_side side)
{
    cs_choice choice;
    cs_decide_choice(form->input->policies, form->input->state, item, side, form->input->now, &choice);
    return choice.status;
}

bool cs_form_stands(cs_choice_status status)
{
    return status == CS_CHOICE_GRANTED || status == CS_CHOICE_WIDENED || status == CS_CHOICE_CONFIRM;
}

/* A box of its own for what can be left out; one item alone is answered by accept and refuse. */
static void add_datum(cs_form *form, const cs_purpose_data *wanted)
{
    cs_query one = form->query;
    const cs_data_item *item = &form->policy->data[wanted->item];
    cs_form_datum *datum = &form->data[form->data_count];
    datum->id = one.data[form->data_count++];
    one.data = &datum->id;
    one.data_count = 1;
    datum->granted = cs_form_stands(cs_form_status_of(form, &one, form->guardian ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON));
    if (wanted->need == CS_NEED_REQUIRED || form->query.data_count < 2)
        return;
    datum->control = cs_form_compose(form, "data:%s", item->id);
    cs_form_choice *choice =
        cs_form_add_choice(form, CS_CONTROL_DATA, datum->control, cs_form_name(form, item->name, item->id));
    choice->purpose = one.purpose.data;
    choice->recipient = one.recipient.data;
    choice->data = datum->id.data;
    choice->emphasis = item->sensitive ? 2 : 0;
    choice->consequence = cs_form_keep(form, cs_form_text(form, wanted->reason));
}

consent_status cs_form_build_choice(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status == CONSENT_OK)
        status = cs_form_check_purpose(form, &subject);
    if (status == CONSENT_OK)
        status = cs_form_may_ask(form);
    return status == CONSENT_OK ? cs_form_put_choice(form, &subject) : status;
}

/* Whether the purpose takes one of the data items that are asked for. */
static bool takes_asked(const cs_form *form, const cs_purpose *purpose)
{
    for (size_t i = 0; i < form->query.data_count; i++)
        if (cs_purpose_data_index(form->policy, purpose, form->query.data[i]) >= 0)
            return true;
    return false;
}

/* What a purpose of kind declare takes is taken by no form without that declaration's own tick: others' details, a minor who
 * travels along (C52, C82, C83). A guardian vouches by what the form is. */
static void add_declarations(cs_form *form, const cs_form_subject *subject)
{
    for (uint16_t i = 0; i < form->policy->purpose_count; i++) {
        const cs_purpose *purpose = &form->policy->purposes[i];
        bool itself = purpose == subject->purpose;
        if (purpose->kind != CS_KIND_DECLARE || purpose->undeclared ||
            (!itself && (form->guardian || !takes_asked(form, purpose))))
            continue;
        const char *control = itself ? "declare" : cs_form_compose(form, "declare:%s", purpose->id);
        cs_form_add_choice(form, CS_CONTROL_TICK, control, cs_form_name(form, purpose->text, purpose->id))->required =
            true;
    }
}

consent_status cs_form_put_choice(cs_form *form, const cs_form_subject *subject)
{
    const cs_purpose *purpose = subject->purpose;
    cs_consent_form needed = cs_purpose_effective_form(form->policy, purpose);
    form->written = needed == CS_FORM_WRITTEN;
    form->once = needed == CS_FORM_ONCE;
    /* A withdrawal that names no recipient would speak for every recipient. */
    form->narrowing = form->query.recipient.data || !purpose->recipient_count ? CS_EVENT_WITHDRAWN : CS_EVENT_DENIED;
    if (form->written && !form->entry_count)
        cs_form_add_entry(form, "reference", CS_WORD_SIGNATURE, true);
    if (purpose->kind == CS_KIND_PUBLISH)
        cs_form_add_field(form, "caution", CS_WORD_CAUTION, cs_form_word(form, CS_WORD_CAUTION_TEXT))->emphasis = 1;
    if (form->occasion != CONSENT_OCCASION_AD_HOC)
        cs_form_add_heading(form, cs_form_name(form, purpose->name, purpose->id));
    consent_status status = cs_form_controller_fields(form);
    if (status == CONSENT_OK)
        status = cs_form_purpose_fields(form, subject);
    if (status != CONSENT_OK)
        return status;
    form->data = cs_form_alloc(form, CS_PURPOSE_MAX_DATA * sizeof *form->data);
    for (uint16_t i = 0; form->data && i < purpose->data_count; i++)
        if (subject->data >> i & 1)
            add_datum(form, &purpose->data[i]);
    add_declarations(form, subject);
    cs_form_add_buttons(form);
    return CONSENT_OK;
}
