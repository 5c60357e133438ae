/* first_run and update: the policy itself, to be accepted or declined as a whole (C1 to C8, C154 to C166). Purposes that
 * need a consent of their own are no part of it: accepting bundles nothing (PIPL 29). */
#include "form/parts.h"

#include <string.h>

static void add_tick(cs_form *form, cs_word word)
{
    const char *own = word == CS_WORD_TICK ? cs_form_text(form, form->policy->tick_label) : NULL;
    cs_form_add_choice(form, CS_CONTROL_TICK, "tick", own ? own : cs_form_word(form, word))->required = true;
}

void cs_form_add_document(cs_form *form, const cs_document *document)
{
    if (document->title && document->title[0])
        cs_form_add_heading(form, document->title);
    for (uint32_t i = 0; i < document->block_count; i++)
        cs_form_copy_block(form, &document->blocks[i]);
}

static consent_status add_document(cs_form *form)
{
    const cs_document *document = form->input->document;
    if (!document || strcmp(document->locale, form->locale) != 0)
        return cs_form_fail(form, CONSENT_E_REJECTED, "the document of policy '%s' in %s is missing", form->policy->id,
                            form->locale);
    cs_form_add_document(form, document);
    return CONSENT_OK;
}

/* ---- what an update changed ------------------------------------------------------------------- */

/* In the order of their bits. */
static void add_change_kinds(cs_form *form, uint32_t kinds)
{
    static const char ids[] = "changed:editorial\0changed:mode\0changed:control\0changed:recipients\0changed:rights\0"
                              "changed:contact\0changed:impact\0";
    for (uint32_t i = 0; i <= CS_WORD_CHANGE_IMPACT - CS_WORD_CHANGE_EDITORIAL; i++)
        if (kinds >> i & 1)
            cs_form_add_field(form, cs_nth_text(ids, i), CS_WORD_CHANGED,
                              cs_form_word(form, (cs_word)(CS_WORD_CHANGE_EDITORIAL + i)));
}

static bool purpose_grew(const cs_policy *older_policy, const cs_policy *newer_policy, const cs_purpose *newer)
{
    const cs_purpose *older = cs_policy_purpose(older_policy, cs_str_of(newer->id));
    if (!older || cs_purpose_widened(older_policy, older, newer_policy, newer))
        return true;
    for (uint16_t i = 0; i < newer->data_count; i++)
        if (cs_purpose_data_index(older_policy, older, cs_str_of(newer_policy->data[newer->data[i].item].id)) < 0)
            return true;
    for (uint16_t i = 0; i < newer->recipient_count; i++) {
        const char *id = newer_policy->recipients[newer->recipients[i].recipient].id;
        if (!cs_purpose_recipient_of(older_policy, older, cs_str_of(id)))
            return true;
    }
    return false;
}

/* What a change adds is marked: `prefix` and the id, its name. */
static cs_form_field *add_new(cs_form *form, const char *prefix, const char *id, cs_word label, cs_text name)
{
    const char *text = cs_form_text(form, name);
    cs_form_field *field = cs_form_add_field(form, cs_form_compose(form, "%s:%s", prefix, id), label, text ? text : "");
    field->emphasis = 1;
    return field;
}

/* Names what is new by structure: purposes that are new or do more, data and recipients not known before. */
static void add_changed_parts(cs_form *form, const cs_policy *older)
{
    const cs_policy *newer = form->policy;
    for (uint16_t i = 0; i < newer->purpose_count; i++)
        if (purpose_grew(older, newer, &newer->purposes[i]))
            add_new(form, "changed-purpose", newer->purposes[i].id, CS_WORD_PURPOSE, newer->purposes[i].name);
    for (uint16_t i = 0; i < newer->data_count; i++) {
        const cs_data_item *item = &newer->data[i];
        if (cs_policy_data(older, cs_str_of(item->id)))
            continue;
        cs_form_field *field = add_new(form, "new-data", item->id, CS_WORD_DATA, item->name);
        if (item->sensitive)
            field->emphasis = 2;
    }
    for (uint16_t i = 0; i < newer->recipient_count; i++)
        if (!cs_policy_recipient(older, cs_str_of(newer->recipients[i].id)))
            add_new(form, "new-recipient", newer->recipients[i].id, CS_WORD_RECIPIENT, newer->recipients[i].name);
}

void cs_form_put_changes(cs_form *form)
{
    cs_standing standing;
    const cs_policy *older = cs_form_standing(form, cs_str_of(form->policy->scope), &standing);
    if (!older || older == form->policy)
        return;
    uint32_t kinds = cs_policy_changes(older, form->policy) | form->policy->declared_changes;
    if (kinds & ~(uint32_t)CS_CHANGE_EDITORIAL)
        kinds &= ~(uint32_t)CS_CHANGE_EDITORIAL;
    form->marks_changes = kinds != CS_CHANGE_EDITORIAL;
    add_change_kinds(form, kinds);
    add_changed_parts(form, older);
}

/* ---- the form ------------------------------------------------------------------------------- */

consent_status cs_form_build_policy(cs_form *form)
{
    bool update = form->occasion == CONSENT_OCCASION_UPDATE;
    consent_status status = cs_form_may_ask(form);
    if (status != CONSENT_OK)
        return status;
    const char *summary = cs_form_text(form, update ? form->policy->change_summary : form->policy->summary);
    if (summary)
        cs_form_add_paragraph(form, summary);
    if (update)
        cs_form_put_changes(form);
    return cs_form_put_policy(form, CS_WORD_TICK);
}

consent_status cs_form_put_policy(cs_form *form, cs_word tick)
{
    const cs_policy *policy = form->policy;
    consent_status status = add_document(form);
    if (status == CONSENT_OK)
        status = cs_form_controller_fields(form);
    if (status != CONSENT_OK)
        return status;
    const char *consequence = cs_form_text(form, policy->consequence);
    if (!consequence)
        return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' lacks the consequence of refusing it, add it",
                            policy->id);
    cs_form_add_field(form, "consequence", CS_WORD_CONSEQUENCE, consequence);
    if (policy->visitor_allowed)
        cs_form_add_field(form, "visitor", CS_WORD_VISITOR, cs_form_text(form, policy->visitor_text));
    add_tick(form, tick);
    cs_form_add_buttons(form);
    form->needs_emphasis = true;
    form->must_reach_end = policy->must_reach_end;
    return CONSENT_OK;
}
