/* age, guardian and child_rules: who the person is taken to be, and who answers for a minor (PIPL 28, 31; C34, C129 to C136).
 * A guardian's form says who asks, what is agreed to, and that refusing is possible; under child_under also the six facts
 * of the child rules. */
#include "form/parts.h"

#include <string.h>

/* ---- age -------------------------------------------------------------------------------------- */

/* One band: from `from` years up to below `to` (0: no end). */
static void add_band(cs_form *form, int32_t from, int32_t to)
{
    cs_form_add_choice(form, CS_CONTROL_AGE, cs_form_compose(form, "age:%d", (int)from),
                       cs_form_age_label(form, from, to))
        ->band = (uint32_t)from + 1;
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
static consent_status may_ask_age(cs_form *form)
{
    form->subject = CS_SUBJECT_AGE_UNKNOWN;
    form->about_policy = true;
    if (form->guardian || form->user_initiated)
        return CONSENT_OK;
    if (!form->query.purpose.data)
        return cs_form_fail(form, CONSENT_E_REJECTED,
                            "name a purpose whose function needs the age, or let the person start it");
    return cs_form_may_ask(form);
}

static const char *age_consequence(const cs_form *form, const cs_purpose *purpose)
{
    const cs_function *function = purpose ? cs_policy_function_of(form->policy, purpose) : NULL;
    const char *refusal = function ? cs_form_text(form, function->refusal) : NULL;
    return refusal ? refusal : cs_form_text(form, form->policy->consequence);
}

/* An age is personal information like any other: what is collected, what for, how and how long (PIPL 17; C136). A policy that
 * does not say so is shown what refusing costs, at least. */
static consent_status put_age_purpose(cs_form *form, const char *consequence)
{
    const cs_policy *policy = form->policy;
    cs_form_subject about = {.purpose = cs_policy_purpose(policy, cs_str_of(policy->minors.purpose))};
    if (about.purpose) {
        about.data = cs_form_all_data(&about);
        form->age_data = cs_form_data_ids(form, &about, &form->age_data_count);
        form->age_purpose = cs_form_keep(form, about.purpose->id);
        return cs_form_purpose_fields(form, &about);
    }
    if (!consequence)
        return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' lacks the consequence of refusing (PIPL 16), add it",
                            policy->id);
    cs_form_add_field(form, "consequence", CS_WORD_CONSEQUENCE, consequence);
    return CONSENT_OK;
}

consent_status cs_form_build_age(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status == CONSENT_OK)
        status = may_ask_age(form);
    if (status != CONSENT_OK)
        return status;
    cs_form_drop_names(form);
    cs_form_add_opening(form, CS_WORD_AGE, CS_WORD_AGE_TEXT);
    status = cs_form_controller_fields(form);
    if (status == CONSENT_OK)
        status = put_age_purpose(form, age_consequence(form, subject.purpose));
    if (status != CONSENT_OK)
        return status;
    add_bands(form, &form->policy->minors);
    cs_form_add_entry(form, "birth", CS_WORD_BIRTH, form->choice_count == 0);
    if (form->guardian)
        cs_form_add_entry(form, "reference", CS_WORD_REFERENCE, true);
    form->accept_label = cs_form_word(form, CS_WORD_SUBMIT);
    form->refuse_label = cs_form_word(form, CS_WORD_CANCEL);
    return CONSENT_OK;
}

/* ---- guardians --------------------------------------------------------------------------------- */

static consent_status put_child_facts(cs_form *form)
{
    const cs_minors *minors = &form->policy->minors;
    for (int i = 0; i < CS_CHILD_FACTS; i++) {
        const char *name = cs_child_fact_name((cs_child_fact)i);
        const char *text = cs_form_text(form, minors->facts[i]);
        if (!text)
            return cs_form_fail(form, CONSENT_E_REJECTED,
                                "the child rules of policy '%s' lack '%s' (Children's Provisions 10), add it",
                                form->policy->id, name);
        cs_form_add_field(form, cs_form_compose(form, "child-%s", name), (cs_word)(CS_WORD_FACT_SCOPE + i), text);
    }
    form->rules_id = cs_form_keep(form, minors->rules_id);
    form->rules_version = minors->rules_version;
    return CONSENT_OK;
}

/* The policy put to the guardian as a whole. */
static consent_status put_to_guardian(cs_form *form)
{
    bool rules = form->occasion == CONSENT_OCCASION_CHILD_RULES;
    cs_form_add_opening(form, rules ? CS_WORD_CHILD_RULES : CS_WORD_GUARDIAN, CS_WORD_GUARDIAN_TEXT);
    if (rules && form->input->child_rules)
        cs_form_add_document(form, form->input->child_rules);
    consent_status status = rules ? put_child_facts(form) : CONSENT_OK;
    return status == CONSENT_OK ? cs_form_put_policy(form, CS_WORD_GUARDIAN_TICK) : status;
}

consent_status cs_form_build_guardian(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status == CONSENT_OK)
        status = cs_form_may_ask(form);
    if (status != CONSENT_OK)
        return status;
    if (form->about_policy) {
        cs_form_drop_names(form);
        status = put_to_guardian(form);
    } else {
        status = cs_form_check_purpose(form, &subject);
        if (status == CONSENT_OK)
            status = cs_form_put_choice(form, &subject);
    }
    if (status == CONSENT_OK)
        cs_form_add_entry(form, "reference", CS_WORD_REFERENCE, true);
    return status;
}
