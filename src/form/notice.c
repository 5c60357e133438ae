/* first_run and update: the policy itself, to be accepted or declined as a whole (C1 to C8, C154 to C166). Purposes that
 * need a consent of their own are no part of it: accepting bundles nothing (PIPL 29). */
#include "form/parts.h"

#include <string.h>

static void add_tick(cs_form *form, const cs_form_input *input, cs_word word)
{
    const char *label = cs_texts_get(input->texts, input->policy->tick_label, form->locale);
    bool own = word == CS_WORD_TICK && label[0];
    cs_form_choice *tick =
        cs_form_add_choice(form, CS_CONTROL_TICK, "tick", own ? label : cs_form_word(form->locale, word));
    if (tick)
        tick->required = true;
}

void cs_form_add_document(cs_form *form, const cs_document *document)
{
    if (document->title && document->title[0])
        cs_form_add_block(form, CS_BLOCK_HEADING, 1, document->title);
    for (uint32_t i = 0; i < document->block_count; i++)
        cs_form_copy_block(form, &document->blocks[i]);
}

static consent_status add_document(cs_form *form, const cs_form_input *input, consent_error *err)
{
    const cs_document *document = input->document;
    if (!document || strcmp(document->locale, form->locale) != 0)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the %s form was not built: the document of policy '%s' in %s is missing",
                       cs_form_occasion_name(form->occasion), input->policy->id, form->locale);
    cs_form_add_document(form, document);
    return CONSENT_OK;
}

/* ---- what an update changed ------------------------------------------------------------------- */

static void add_change_kinds(cs_form *form, uint32_t kinds)
{
    static const struct {
        uint32_t kind;
        const char *id;
        cs_word word;
    } all[] = {
        {CS_CHANGE_MODE, "changed:mode", CS_WORD_CHANGE_MODE},
        {CS_CHANGE_CONTROL, "changed:control", CS_WORD_CHANGE_CONTROL},
        {CS_CHANGE_RECIPIENTS, "changed:recipients", CS_WORD_CHANGE_RECIPIENTS},
        {CS_CHANGE_RIGHTS, "changed:rights", CS_WORD_CHANGE_RIGHTS},
        {CS_CHANGE_CONTACT, "changed:contact", CS_WORD_CHANGE_CONTACT},
        {CS_CHANGE_IMPACT, "changed:impact", CS_WORD_CHANGE_IMPACT},
        {CS_CHANGE_EDITORIAL, "changed:editorial", CS_WORD_CHANGE_EDITORIAL},
    };
    for (size_t i = 0; i < CS_COUNT_OF(all); i++)
        if (kinds & all[i].kind)
            cs_form_add_field(form, all[i].id, cs_form_word(form->locale, CS_WORD_CHANGED),
                              cs_form_word(form->locale, all[i].word), 0);
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

/* Names what is new by structure: purposes that are new or do more, data and recipients not known before. */
static void add_changed_parts(cs_form *form, const cs_form_input *input, const cs_policy *older)
{
    const cs_policy *newer = input->policy;
    const char *locale = form->locale;
    for (uint16_t i = 0; i < newer->purpose_count; i++)
        if (purpose_grew(older, newer, &newer->purposes[i]))
            cs_form_add_field(form, cs_form_compose(form, "changed-purpose:%s", newer->purposes[i].id),
                              cs_form_word(locale, CS_WORD_PURPOSE),
                              cs_texts_get(input->texts, newer->purposes[i].name, locale), 1);
    for (uint16_t i = 0; i < newer->data_count; i++)
        if (!cs_policy_data(older, cs_str_of(newer->data[i].id)))
            cs_form_add_field(
                form, cs_form_compose(form, "new-data:%s", newer->data[i].id), cs_form_word(locale, CS_WORD_DATA),
                cs_texts_get(input->texts, newer->data[i].name, locale), newer->data[i].sensitive ? 2 : 1);
    for (uint16_t i = 0; i < newer->recipient_count; i++)
        if (!cs_policy_recipient(older, cs_str_of(newer->recipients[i].id)))
            cs_form_add_field(form, cs_form_compose(form, "new-recipient:%s", newer->recipients[i].id),
                              cs_form_word(locale, CS_WORD_RECIPIENT),
                              cs_texts_get(input->texts, newer->recipients[i].name, locale), 1);
}

void cs_form_put_changes(cs_form *form, const cs_form_input *input)
{
    cs_standing standing;
    cs_decide_standing(input->policies, input->state, cs_str_of(input->policy->scope), input->now, &standing);
    if (standing.governing == CS_NO_POLICY || input->policies->policies[standing.governing] == input->policy)
        return;
    const cs_policy *older = input->policies->policies[standing.governing];
    uint32_t kinds = cs_policy_changes(older, input->policy) | input->policy->declared_changes;
    if (kinds & ~(uint32_t)CS_CHANGE_EDITORIAL)
        kinds &= ~(uint32_t)CS_CHANGE_EDITORIAL;
    form->marks_changes = kinds != CS_CHANGE_EDITORIAL;
    add_change_kinds(form, kinds);
    add_changed_parts(form, input, older);
}

/* ---- the form ------------------------------------------------------------------------------- */

consent_status cs_form_build_policy(cs_form *form, const cs_form_input *input, consent_error *err)
{
    const cs_policy *policy = input->policy;
    cs_query query = {.scope = form->query.scope, .user_initiated = form->user_initiated};
    consent_status status = cs_form_may_ask(form, input, &query, err);
    if (status != CONSENT_OK)
        return status;

    const char *summary = cs_texts_get(input->texts, policy->summary, form->locale);
    if (form->occasion == CONSENT_OCCASION_FIRST_RUN && summary[0])
        cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, summary);
    if (form->occasion == CONSENT_OCCASION_UPDATE) {
        summary = cs_texts_get(input->texts, policy->change_summary, form->locale);
        if (summary[0])
            cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, summary);
        cs_form_put_changes(form, input);
    }
    return cs_form_put_policy(form, input, CS_WORD_TICK, err);
}

consent_status cs_form_put_policy(cs_form *form, const cs_form_input *input, cs_word tick, consent_error *err)
{
    const cs_policy *policy = input->policy;
    consent_status status = add_document(form, input, err);
    if (status == CONSENT_OK)
        status = cs_form_controller_fields(form, policy, input->texts, err);
    if (status != CONSENT_OK)
        return status;
    const char *consequence = cs_texts_get(input->texts, policy->consequence, form->locale);
    if (!consequence[0])
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: policy '%s' lacks the consequence of refusing it, add it", policy->id);
    cs_form_add_field(form, "consequence", cs_form_word(form->locale, CS_WORD_CONSEQUENCE), consequence, 0);
    const char *visitor = policy->visitor_allowed ? cs_texts_get(input->texts, policy->visitor_text, form->locale) : "";
    if (visitor[0])
        cs_form_add_field(form, "visitor", cs_form_word(form->locale, CS_WORD_VISITOR), visitor, 0);
    add_tick(form, input, tick);
    cs_form_add_buttons(form, input);
    form->needs_emphasis = true;
    form->must_reach_end = policy->must_reach_end;
    return CONSENT_OK;
}
