/* age, guardian and child_rules: who the person is taken to be, and who answers for a minor (PIPL 28, 31; C34, C129 to C136).
 * A guardian's form says who asks, what is agreed to, and that refusing is possible; under child_under also the six facts
 * of the child rules. */
#include "form/parts.h"

#include <string.h>

/* ---- age -------------------------------------------------------------------------------------- */

/* One band: from `from` years up to below `to` (0: no end). */
static void add_band(cs_form *form, int32_t from, int32_t to)
{
    cs_form_choice *choice = cs_form_add_choice(form, CS_CONTROL_AGE, cs_form_compose(form, "age:%d", (int)from),
                                                cs_form_age_label(form, from, to));
    if (choice)
        choice->band = (uint32_t)from + 1;
}

/* The bands that the policy's rules tell apart, and no finer ones: what is not needed is not asked (PIPL 6). */
static void add_bands(cs_form *form, const cs_minors *minors)
{
    int32_t from = 0;
    const int32_t bounds[] = {minors->child_under, minors->guardian_under};
    for (size_t i = 0; i < CS_COUNT_OF(bounds); i++) {
        if (bounds[i] <= from)
            continue;
        add_band(form, from, bounds[i]);
        from = bounds[i];
    }
    if (from > 0)
        add_band(form, from, 0);
}

/* Asking for an age is collecting it: only where a function needs it, when the person starts it, or to correct it. */
static consent_status may_ask_age(cs_form *form, const cs_form_input *input, const cs_purpose *purpose,
                                  consent_error *err)
{
    form->subject = CS_SUBJECT_AGE_UNKNOWN;
    form->about_policy = true;
    if (form->guardian || form->user_initiated)
        return CONSENT_OK;
    if (!purpose)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the age form was not built: name a purpose whose function needs the age, or let the person "
                       "start it");
    return cs_form_may_ask(form, input, &form->query, err);
}

static const char *age_consequence(const cs_form_input *input, const cs_form_subject *subject, const char *locale)
{
    const cs_function *function = subject->purpose ? cs_policy_function_of(input->policy, subject->purpose) : NULL;
    const char *refusal = function ? cs_texts_get(input->texts, function->refusal, locale) : "";
    return refusal[0] ? refusal : cs_texts_get(input->texts, input->policy->consequence, locale);
}

/* An age is personal information like any other: what is collected, what for, how and how long (PIPL 17; C136). A policy that
 * does not say so is shown what refusing costs, at least. */
static consent_status put_age_purpose(cs_form *form, const cs_form_input *input, const char *consequence,
                                      consent_error *err)
{
    const cs_policy *policy = input->policy;
    cs_form_subject about = {.policy = policy, .texts = input->texts, .locale = form->locale};
    about.purpose = cs_policy_purpose(policy, cs_str_of(policy->minors.purpose));
    if (about.purpose) {
        const char **data = cs_arena_alloc(&form->arena, CS_PURPOSE_MAX_DATA * sizeof *data);
        if (!data)
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form");
        for (uint16_t i = 0; i < about.purpose->data_count; i++) {
            about.data |= UINT64_C(1) << i;
            data[form->age_data_count++] = cs_form_keep(form, policy->data[about.purpose->data[i].item].id);
        }
        form->age_data = data;
        form->age_purpose = cs_form_keep(form, about.purpose->id);
        return cs_form_purpose_fields(form, &about, err);
    }
    if (!consequence[0])
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the age form was not built: policy '%s' lacks the consequence of refusing (PIPL 16), add it",
                       policy->id);
    cs_form_add_field(form, "consequence", cs_form_word(form->locale, CS_WORD_CONSEQUENCE), consequence, 0);
    return CONSENT_OK;
}

consent_status cs_form_build_age(cs_form *form, const cs_form_input *input, consent_error *err)
{
    cs_form_asking asking = {.query = {.scope = form->query.scope}};
    consent_status status = input->query.purpose.size ? cs_form_look_up(form, input, &asking, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = may_ask_age(form, input, asking.subject.purpose, err);
    if (status != CONSENT_OK)
        return status;
    const char *consequence = age_consequence(input, &asking.subject, form->locale);
    cs_form_drop_names(form, &asking);
    cs_form_add_block(form, CS_BLOCK_HEADING, 1, cs_form_word(form->locale, CS_WORD_AGE));
    cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, cs_form_word(form->locale, CS_WORD_AGE_TEXT));
    status = cs_form_controller_fields(form, input->policy, input->texts, err);
    if (status != CONSENT_OK)
        return status;
    status = put_age_purpose(form, input, consequence, err);
    if (status != CONSENT_OK)
        return status;
    add_bands(form, &input->policy->minors);
    cs_form_add_entry(form, "birth", CS_WORD_BIRTH, form->choice_count == 0);
    if (form->guardian)
        cs_form_add_entry(form, "reference", CS_WORD_REFERENCE, true);
    form->accept_label = cs_form_word(form->locale, CS_WORD_SUBMIT);
    form->refuse_label = cs_form_word(form->locale, CS_WORD_CANCEL);
    return CONSENT_OK;
}

/* ---- guardians --------------------------------------------------------------------------------- */

static consent_status put_child_facts(cs_form *form, const cs_form_input *input, consent_error *err)
{
    const cs_minors *minors = &input->policy->minors;
    for (int i = 0; i < CS_CHILD_FACTS; i++) {
        const char *name = cs_child_fact_name((cs_child_fact)i);
        const char *text = cs_texts_get(input->texts, minors->facts[i], form->locale);
        if (!text[0])
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "the child_rules form was not built: the child rules of policy '%s' lack '%s' (Children's "
                           "Provisions 10), add it",
                           input->policy->id, name);
        cs_form_add_field(form, cs_form_compose(form, "child-%s", name),
                          cs_form_word(form->locale, (cs_word)(CS_WORD_FACT_SCOPE + i)), text, 0);
    }
    form->rules_id = cs_form_keep(form, minors->rules_id);
    form->rules_version = minors->rules_version;
    return CONSENT_OK;
}

/* The policy put to the guardian as a whole. */
static consent_status put_to_guardian(cs_form *form, const cs_form_input *input, consent_error *err)
{
    bool rules = form->occasion == CONSENT_OCCASION_CHILD_RULES;
    cs_form_add_block(form, CS_BLOCK_HEADING, 1,
                      cs_form_word(form->locale, rules ? CS_WORD_CHILD_RULES : CS_WORD_GUARDIAN));
    cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, cs_form_word(form->locale, CS_WORD_GUARDIAN_TEXT));
    if (rules && input->child_rules)
        cs_form_add_document(form, input->child_rules);
    consent_status status = rules ? put_child_facts(form, input, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = cs_form_put_policy(form, input, CS_WORD_GUARDIAN_TICK, err);
    return status;
}

consent_status cs_form_build_guardian(cs_form *form, const cs_form_input *input, consent_error *err)
{
    cs_form_asking asking = {.query = {.scope = form->query.scope, .user_initiated = form->user_initiated}};
    bool one_purpose = input->query.purpose.size != 0;
    consent_status status = one_purpose ? cs_form_look_up(form, input, &asking, err) : CONSENT_OK;
    if (status == CONSENT_OK) {
        form->permission = form->call_site = NULL;
        asking.query.permission = asking.query.call_site = (cs_str){0};
        status = cs_form_may_ask(form, input, &asking.query, err);
    }
    if (status != CONSENT_OK)
        return status;
    if (form->about_policy) {
        cs_form_drop_names(form, &asking);
        status = put_to_guardian(form, input, err);
    } else {
        form->query = asking.query;
        status = cs_form_check_purpose(form, &asking.subject, err);
        if (status == CONSENT_OK)
            status = cs_form_put_choice(form, input, &asking, err);
    }
    if (status == CONSENT_OK)
        cs_form_add_entry(form, "reference", CS_WORD_REFERENCE, true);
    return status;
}
