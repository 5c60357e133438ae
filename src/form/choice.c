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

consent_status cs_form_check_purpose(const cs_form *form, const cs_form_subject *subject, consent_error *err)
{
    const cs_purpose *purpose = subject->purpose;
    cs_consent_form needed = cs_purpose_effective_form(subject->policy, purpose);
    if (purpose->ground != CONSENT_GROUND_CONSENT)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: purpose '%s' rests on '%s', no consent is to be asked", purpose->id,
                       consent_ground_name((consent_ground)purpose->ground));
    if (is_plain_choice(form->occasion) && occasion_of(needed) != form->occasion)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not built: purpose '%s' needs the form '%s'",
                       cs_form_occasion_name(form->occasion), purpose->id, cs_form_occasion_name(occasion_of(needed)));
    if (!subject->recipient && (purpose->kind == CS_KIND_SHARE || purpose->kind == CS_KIND_LAUNCH))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: purpose '%s' gives data to others, name one recipient (PIPL 23)",
                       purpose->id);
    return CONSENT_OK;
}

/* A box of its own for what can be left out; one item alone is answered by accept and refuse. */
static void add_datum(cs_form *form, const cs_form_input *input, const cs_form_asking *asking, uint16_t at)
{
    const cs_form_subject *subject = &asking->subject;
    const cs_purpose_data *wanted = &subject->purpose->data[at];
    const cs_data_item *item = &subject->policy->data[wanted->item];
    cs_form_datum *datum = &form->data[form->data_count++];
    datum->id = cs_form_keep(form, item->id);

    cs_choice standing;
    cs_decide_choice(input->policies, input->state, asking->query.scope, asking->query.purpose, asking->query.recipient,
                     cs_str_of(item->id), form->guardian ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON, input->now, &standing);
    datum->granted = standing.status == CS_CHOICE_GRANTED || standing.status == CS_CHOICE_WIDENED ||
                     standing.status == CS_CHOICE_CONFIRM;
    if (wanted->need == CS_NEED_REQUIRED || asking->query.data_count < 2)
        return;
    datum->control = cs_form_compose(form, "data:%s", item->id);
    const char *name = cs_form_text(subject, item->name);
    cs_form_choice *choice = cs_form_add_choice(form, CS_CONTROL_DATA, datum->control, name ? name : item->id);
    if (!choice)
        return;
    choice->purpose = form->purpose;
    choice->recipient = form->recipient;
    choice->data = datum->id;
    choice->emphasis = item->sensitive ? 2 : 0;
    choice->consequence = cs_form_keep(form, cs_form_text(subject, wanted->reason));
}

consent_status cs_form_build_choice(cs_form *form, const cs_form_input *input, consent_error *err)
{
    cs_form_asking asking;
    consent_status status = cs_form_look_up(form, input, &asking, err);
    if (status == CONSENT_OK)
        status = cs_form_check_purpose(form, &asking.subject, err);
    if (status != CONSENT_OK)
        return status;
    /* The system's permission is asked by its own form. */
    form->permission = form->call_site = NULL;
    asking.query.permission = asking.query.call_site = (cs_str){0};
    form->query = asking.query;
    status = cs_form_may_ask(form, input, &asking.query, err);
    return status == CONSENT_OK ? cs_form_put_choice(form, input, &asking, err) : status;
}

/* Whether the purpose takes one of the data items that are asked for. */
static bool takes_asked(const cs_form_subject *subject, const cs_purpose *purpose)
{
    for (uint16_t i = 0; i < subject->purpose->data_count; i++) {
        const char *item = subject->policy->data[subject->purpose->data[i].item].id;
        if ((subject->data >> i & 1) && cs_purpose_data_index(subject->policy, purpose, cs_str_of(item)) >= 0)
            return true;
    }
    return false;
}

/* What a purpose of kind declare takes is taken by no form without that declaration's own tick: others' details, a minor who
 * travels along (C52, C82, C83). A guardian vouches by what the form is. */
static void add_declarations(cs_form *form, const cs_form_subject *subject)
{
    for (uint16_t i = 0; i < subject->policy->purpose_count; i++) {
        const cs_purpose *purpose = &subject->policy->purposes[i];
        bool itself = purpose == subject->purpose;
        if (purpose->kind != CS_KIND_DECLARE || purpose->undeclared ||
            (!itself && (form->guardian || !takes_asked(subject, purpose))))
            continue;
        const char *words = cs_form_text(subject, purpose->text);
        const char *control = itself ? "declare" : cs_form_compose(form, "declare:%s", purpose->id);
        cs_form_choice *tick = cs_form_add_choice(form, CS_CONTROL_TICK, control, words ? words : purpose->id);
        if (tick)
            tick->required = true;
    }
}

consent_status cs_form_put_choice(cs_form *form, const cs_form_input *input, const cs_form_asking *asking,
                                  consent_error *err)
{
    const cs_form_subject *subject = &asking->subject;
    cs_consent_form needed = cs_purpose_effective_form(subject->policy, subject->purpose);
    form->written = needed == CS_FORM_WRITTEN;
    form->once = needed == CS_FORM_ONCE;
    /* A withdrawal that names no recipient would speak for every recipient. */
    form->narrowing = form->recipient || !subject->purpose->recipient_count ? CS_EVENT_WITHDRAWN : CS_EVENT_DENIED;
    if (form->written && !form->entry_count)
        cs_form_add_entry(form, "reference", CS_WORD_SIGNATURE, true);
    if (subject->purpose->kind == CS_KIND_PUBLISH)
        cs_form_add_field(form, "caution", cs_form_word(form->locale, CS_WORD_CAUTION),
                          cs_form_word(form->locale, CS_WORD_CAUTION_TEXT), 1);
    const char *name = cs_form_text(subject, subject->purpose->name);
    if (form->occasion != CONSENT_OCCASION_AD_HOC)
        cs_form_add_block(form, CS_BLOCK_HEADING, 1, name ? name : subject->purpose->id);
    consent_status status = cs_form_controller_fields(form, input->policy, input->texts, err);
    if (status == CONSENT_OK)
        status = cs_form_purpose_fields(form, subject, err);
    if (status != CONSENT_OK)
        return status;
    form->data = cs_arena_alloc(&form->arena, CS_PURPOSE_MAX_DATA * sizeof *form->data);
    if (!form->data)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form");
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if (subject->data >> i & 1)
            add_datum(form, input, asking, i);
    add_declarations(form, subject);
    cs_form_add_buttons(form, input);
    return CONSENT_OK;
}
