/* manage: every consent with its present state, for each recipient and channel; switching off is always possible, switching
 * on where this form can show what the law wants shown (PIPL 15, 24; C143). */
#include "form/parts.h"

#include <string.h>

#define MAX_COSTS 17u /* of a storage level: more would be read by nobody */

typedef struct manage {
    cs_form *form;
    const cs_policy *base; /* the platform's, on a product's form */
    bool accepted;
} manage;

/* A guardian sees the own grants, and what the minor granted without a no of the guardian's. */
static bool is_on(const cs_form *form, const cs_query *item)
{
    bool person = cs_form_stands(cs_form_status_of(form, item, CS_SIDE_PERSON));
    if (!form->guardian)
        return person;
    cs_choice_status guardian = cs_form_status_of(form, item, CS_SIDE_GUARDIAN);
    return cs_form_stands(guardian) || (person && guardian != CS_CHOICE_REFUSED);
}

static bool any_on(const cs_form *form, const cs_form_subject *subject)
{
    cs_query item = {.scope = cs_str_of(form->policy->scope),
                     .purpose = cs_str_of(subject->purpose->id),
                     .recipient = cs_str_of(subject->recipient ? subject->recipient->id : NULL)};
    if (subject->purpose->data_count == 0)
        return is_on(form, &item);
    item.data_count = 1;
    for (uint16_t i = 0; i < subject->purpose->data_count; i++) {
        cs_str id = cs_str_of(cs_form_item(form, subject, i)->id);
        item.data = &id;
        if ((subject->data >> i & 1) && is_on(form, &item))
            return true;
    }
    return false;
}

/* One switch may stand for several data items only where none of them could be left out. */
static bool is_indivisible(const cs_form_subject *subject)
{
    uint32_t count = 0;
    bool optional = false;
    for (uint16_t i = 0; i < subject->purpose->data_count; i++) {
        if (!(subject->data >> i & 1))
            continue;
        count++;
        optional = optional || subject->purpose->data[i].need != CS_NEED_REQUIRED;
    }
    return count < 2 || !optional;
}

/* The fields that the purpose's own form would show, put beside the switch; false when the policy lacks one. */
static bool add_fields(cs_form *form, cs_form_choice *choice, const cs_form_subject *subject)
{
    cs_form_field *kept = form->fields;
    consent_error *err = form->err;
    uint32_t kept_count = form->field_count;
    form->fields = NULL;
    form->field_count = 0;
    form->err = NULL;
    bool complete = cs_form_purpose_fields(form, subject) == CONSENT_OK;
    choice->fields = form->fields;
    choice->field_count = complete ? form->field_count - 1 : 0; /* how to withdraw stands above, once for all */
    form->fields = kept;
    form->field_count = kept_count;
    form->err = err;
    return complete;
}

/* In the order of the policy's channels and storage levels, both beginning at 1; 0: none. */
static const char *name_of(uint8_t which, const char *names)
{
    return which ? cs_nth_text(names, which - 1u) : NULL;
}

/* What must come before this can be switched on; NULL: nothing, here it can. */
static const char *needs(const manage *all, cs_form_choice *choice, const cs_form_subject *subject)
{
    cs_form *form = all->form;
    cs_consent_form needed = cs_purpose_effective_form(form->policy, subject->purpose);
    if (form->guardian)
        return "guardian"; /* with the verification behind it */
    if (subject->purpose->kind == CS_KIND_DECLARE && needed <= CS_FORM_OWN)
        return "own"; /* with its tick */
    switch (needed) {
    case CS_FORM_SEPARATE:
    case CS_FORM_WRITTEN:
        return "separate";
    case CS_FORM_ONCE:
        return "once";
    case CS_FORM_POLICY:
    case CS_FORM_OWN:
        break;
    }
    if (!is_indivisible(subject) || !add_fields(form, choice, subject))
        return "own";
    choice->grants = cs_form_data_ids(form, subject, &choice->grant_count);
    return all->accepted ? NULL : "first_run";
}

static void add_item(const manage *all, const cs_form_subject *subject, bool has_siblings)
{
    cs_form *form = all->form;
    const cs_purpose *purpose = subject->purpose;
    const cs_recipient *recipient = subject->recipient;
    const char *name = cs_form_name(form, purpose->name, purpose->id);
    const char *control = cs_form_compose(form, "choice:%s", purpose->id);
    if (recipient) {
        name = cs_form_compose(form, "%s · %s", name, cs_form_name(form, recipient->name, recipient->id));
        control = cs_form_compose(form, "%s:%s", control, recipient->id);
    }
    cs_form_choice *choice = cs_form_add_choice(form, CS_CONTROL_ITEM, control, name);
    choice->purpose = cs_form_keep(form, purpose->id);
    choice->recipient = recipient ? cs_form_keep(form, recipient->id) : NULL;
    choice->consequence = cs_form_keep(form, cs_form_consequence(form, subject));
    const cs_function *function = cs_policy_function_of(form->policy, purpose);
    choice->function = function ? cs_form_keep(form, function->id) : NULL;
    choice->section = cs_form_keep(form, purpose->section);
    choice->channel = name_of(purpose->channel, "sms\0email\0push\0phone\0");
    choice->storage_level = name_of(purpose->storage_level, "essential\0preference\0recommendation\0");
    choice->shared = all->base && cs_policy_purpose(all->base, cs_str_of(purpose->id));
    choice->has_siblings = has_siblings;
    choice->on = any_on(form, subject);
    choice->needs = needs(all, choice, subject);
}

/* What gives to or takes from others is chosen for each of them, and what serves once does not stand: neither has a
 * switch of its own, unless something is granted that the person may want to take back. */
static bool stands_alone(const cs_policy *policy, const cs_purpose *purpose)
{
    bool between_parties = purpose->kind == CS_KIND_SHARE || purpose->kind == CS_KIND_LAUNCH ||
                           purpose->kind == CS_KIND_OBTAIN || purpose->kind == CS_KIND_PUBLISH;
    return !(between_parties && purpose->recipient_count) && cs_purpose_effective_form(policy, purpose) != CS_FORM_ONCE;
}

static void add_purpose(const manage *all, const cs_purpose *purpose)
{
    const cs_policy *policy = all->form->policy;
    cs_form_subject subject = {.purpose = purpose};
    if (purpose->undeclared || purpose->ground != CONSENT_GROUND_CONSENT)
        return;
    subject.data = cs_form_all_data(&subject);
    if (stands_alone(policy, purpose) || any_on(all->form, &subject))
        add_item(all, &subject, purpose->recipient_count > 0);
    for (uint16_t i = 0; i < purpose->recipient_count; i++) {
        subject.via = &purpose->recipients[i];
        subject.recipient = &policy->recipients[subject.via->recipient];
        subject.data = cs_form_all_data(&subject);
        add_item(all, &subject, true);
    }
}

static void add_acceptance(const manage *all)
{
    cs_form *form = all->form;
    cs_form_choice *choice =
        cs_form_add_choice(form, CS_CONTROL_ACCEPTANCE, "acceptance", cs_form_word(form, CS_WORD_ACCEPTANCE));
    choice->on = all->accepted;
    choice->needs = form->guardian ? "guardian" : "first_run";
    choice->consequence = cs_form_word(form, CS_WORD_ACCEPTANCE_CONSEQUENCE);
}

/* ---- storage levels -------------------------------------------------------------------------------- */

bool cs_form_level_allows(const cs_form_choice *level, const cs_form_choice *item)
{
    return level->recommended || (level->essential && strcmp(item->storage_level, "essential") == 0);
}

/* What this level would switch off costs what those switches say. */
static const char *cost_of(cs_form *form, const cs_form_choice *level, uint32_t item_count)
{
    const char *cost = NULL;
    uint32_t told = 0;
    for (uint32_t i = 0; i < item_count && told < MAX_COSTS; i++) {
        const cs_form_choice *item = &form->choices[i];
        if (!item->storage_level || !item->consequence || cs_form_level_allows(level, item))
            continue;
        cost = told++ ? cs_form_compose(form, "%s %s", cost, item->consequence) : item->consequence;
    }
    return cost;
}

/* Nothing, only what is essential, everything: one choice for all that is stored on the device, beside a switch for each. */
static void add_storage_levels(cs_form *form)
{
    static const char controls[] = "storage:none\0storage:essential\0storage:all\0"; /* in the order of their words */
    uint32_t item_count = form->choice_count;
    bool any = false;
    for (uint32_t i = 0; i < item_count; i++)
        any |= form->choices[i].storage_level != NULL;
    for (uint32_t l = 0; any && l <= CS_WORD_STORE_ALL - CS_WORD_STORE_NOTHING; l++) {
        cs_form_choice *level = cs_form_add_choice(form, CS_CONTROL_STORAGE, cs_nth_text(controls, l),
                                                   cs_form_word(form, (cs_word)(CS_WORD_STORE_NOTHING + l)));
        level->essential = l > 0;
        level->recommended = l > 1;
        level->on = true;
        for (uint32_t i = 0; i < item_count; i++) {
            const cs_form_choice *item = &form->choices[i];
            if (!item->storage_level)
                continue;
            bool allowed = cs_form_level_allows(level, item);
            level->on &= allowed == item->on;
            if (allowed && !item->on && item->needs)
                level->needs = item->needs;
        }
        level->consequence = cost_of(form, level, item_count);
    }
}

/* Whose acts the record holds, besides this device's: a stranger's would show. */
static void add_devices(cs_form *form)
{
    const cs_state *state = form->input->state;
    for (uint32_t i = 0; i < state->stream_count; i++) {
        const cs_stream_state *stream = &state->streams[i];
        char hex[2 * CS_STREAM_ID_SIZE + 1];
        if (stream->own || stream->by_backend || stream->last_seq == 0)
            continue;
        cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
        cs_form_add_labelled(form, cs_form_compose(form, "device:%s", hex), cs_form_device_name(form, stream),
                             cs_form_word(form, stream->confirmed ? CS_WORD_DEVICE_COUNTS : CS_WORD_DEVICE_WAITS));
    }
}

consent_status cs_form_build_manage(cs_form *form)
{
    const cs_policy *policy = form->policy;
    manage all = {.form = form, .base = cs_form_base_policy(form)};
    cs_standing standing;
    cs_form_standing(form, cs_str_of(policy->scope), &standing);
    all.accepted = standing.accepted;
    cs_form_add_heading(form, cs_form_word(form, CS_WORD_MANAGE));
    consent_status status = cs_form_controller_fields(form);
    cs_form_add_field(form, "withdrawal", CS_WORD_WITHDRAWAL, cs_form_word(form, CS_WORD_WITHDRAWAL_TEXT));
    add_devices(form);
    add_acceptance(&all);
    for (uint16_t i = 0; i < policy->purpose_count; i++)
        add_purpose(&all, &policy->purposes[i]);
    add_storage_levels(form);
    form->save_label = cs_form_word(form, CS_WORD_SAVE);
    return status;
}
