/* May this be asked now, and what a refusal of it would be about: the decision rules' answer, in the words of a form. */
#include "form/parts.h"

#include <inttypes.h>

static consent_status reject(const cs_form *form, const char *why)
{
    return cs_form_fail(form, CONSENT_E_REJECTED, "%s", why);
}

static consent_status reject_quiet(const cs_form *form, int64_t ask_after_ms)
{
    if (ask_after_ms == CS_NEVER_MS)
        return reject(form, form->user_initiated
                                ? "the system shows no prompt any more, lead to its settings (C72)"
                                : "it was refused and is never asked again by itself, let the person start it");
    char when[CS_TIME_TEXT_SIZE];
    cs_time_format(ask_after_ms, when);
    return cs_form_fail(form, CONSENT_E_REJECTED,
                        "it was refused recently and is allowed again from %s, or when the person starts it", when);
}

static bool is_form_policy(const cs_form *form, size_t index)
{
    const cs_policy_set *policies = form->input->policies;
    return index < policies->count && policies->policies[index] == form->policy;
}

const cs_policy *cs_form_standing(const cs_form *form, cs_str scope, cs_standing *standing)
{
    const cs_form_input *input = form->input;
    cs_decide_standing(input->policies, input->state, scope, input->now, standing);
    return standing->governing == CS_NO_POLICY ? NULL : input->policies->policies[standing->governing];
}

static bool is_choice(const cs_decision *answer)
{
    return !answer->about_policy &&
           (answer->occasion == CONSENT_OCCASION_OWN || answer->occasion == CONSENT_OCCASION_SEPARATE ||
            answer->occasion == CONSENT_OCCASION_ONCE || answer->occasion == CONSENT_OCCASION_CONFIRM);
}

/* The system's dialog can be the act of an own consent: the permission's form then stands for the own form, too. Giving a
 * consent anew confirms it. */
static bool covers(const cs_form *form, const cs_decision *answer)
{
    bool confirm = answer->occasion == CONSENT_OCCASION_CONFIRM;
    if (answer->occasion == form->occasion)
        return true;
    switch (form->occasion) {
    case CONSENT_OCCASION_FIRST_RUN:
        return confirm && answer->about_policy;
    case CONSENT_OCCASION_OWN:
    case CONSENT_OCCASION_SEPARATE:
    case CONSENT_OCCASION_ONCE:
        return confirm && !answer->about_policy;
    case CONSENT_OCCASION_FIELD:
    case CONSENT_OCCASION_AD_HOC:
        return is_choice(answer) || answer->occasion == CONSENT_OCCASION_FIELD;
    case CONSENT_OCCASION_PERMISSION:
        return form->records_choice && (answer->occasion == CONSENT_OCCASION_OWN || (confirm && !answer->about_policy));
    default:
        return false;
    }
}

/* The rules stopped at the choice: the permission behind it must be askable too, or its prompt would come too soon. */
static consent_status may_prompt(const cs_form *form)
{
    int64_t ask_after_ms;
    const cs_form_input *input = form->input;
    const cs_permission *permission = cs_policy_permission(form->policy, form->query.permission);
    switch (cs_decide_permission(input->policies, input->state, &form->query, input->now, permission, &ask_after_ms)) {
    case CS_PERMISSION_MAY_BE_ASKED:
        return CONSENT_OK;
    case CS_PERMISSION_ON:
        return cs_form_fail(form, CONSENT_E_REJECTED, "the system granted '%s' already, show the form 'own'",
                            form->query.permission.data);
    case CS_PERMISSION_RESTS:
        break;
    }
    return reject_quiet(form, ask_after_ms);
}

/* An accepted policy asks nothing of itself, but a newer version of it can be put to the person. */
static consent_status may_ask_update(const cs_form *form)
{
    cs_standing standing;
    cs_form_standing(form, form->query.scope, &standing);
    if (!standing.accepted)
        return reject(form, "no version of the policy is accepted, show first_run");
    if (!is_form_policy(form, standing.newest) || standing.newest == standing.governing)
        return cs_form_fail(form, CONSENT_E_REJECTED, "version %" PRIu32 " is not a newer one in force",
                            form->policy->version);
    if (!form->user_initiated && standing.quiet_until_ms > form->built_ms)
        return reject_quiet(form, standing.quiet_until_ms);
    return CONSENT_OK;
}

/* What went before goes on, and a version that the minor accepted since waits for the guardian. */
static bool guardian_may_answer(cs_form *form)
{
    cs_standing standing;
    int32_t years = 0;
    const cs_minors *minors = &form->policy->minors;
    bool rules = minors->rules_version != 0 && cs_decide_age(form->input->state, form->input->now, &years) &&
                 years < minors->child_under;
    if (form->query.purpose.data ||
        form->occasion != (rules ? CONSENT_OCCASION_CHILD_RULES : CONSENT_OCCASION_GUARDIAN))
        return false;
    cs_form_standing(form, form->query.scope, &standing);
    form->subject = CS_SUBJECT_GUARDIAN_REQUIRED;
    form->about_policy = true;
    return is_form_policy(form, standing.wants_guardian);
}

/* Nothing is to be asked of what is allowed: it is told, a newer version is shown, or a guardian's yes is waited for. */
static consent_status may_tell(cs_form *form, const char *reason)
{
    if (form->occasion == CONSENT_OCCASION_UPDATE)
        return may_ask_update(form);
    form->informs = form->occasion == CONSENT_OCCASION_FIELD || form->occasion == CONSENT_OCCASION_AD_HOC ||
                    form->occasion == CONSENT_OCCASION_EXTERNAL;
    if (form->informs || guardian_may_answer(form))
        return CONSENT_OK;
    return cs_form_fail(form, CONSENT_E_REJECTED, "nothing is to be asked, the answer is %s", reason);
}

consent_status cs_form_may_ask(cs_form *form)
{
    const cs_form_input *input = form->input;
    cs_decision answer;
    cs_decide(input->policies, input->state, &form->query, input->now, &answer);
    const char *reason = consent_reason_name((consent_reason)answer.reason), *but = NULL;
    if (answer.decision == CONSENT_ALLOW)
        return may_tell(form, reason);
    if (answer.decision == CONSENT_DENY && answer.ask_after_ms > 0)
        return reject_quiet(form, answer.ask_after_ms);
    if (answer.decision == CONSENT_DENY)
        but = "which no form can change";
    else if (answer.guardian_asked && !form->guardian)
        but = "the guardian is to answer";
    else if (answer.occasion == 0)
        but = "which is to be settled first";
    if (but)
        return cs_form_fail(form, CONSENT_E_REJECTED, "%s, %s", reason, but);
    if (!covers(form, &answer))
        return cs_form_fail(form, CONSENT_E_REJECTED, "%s calls for the form '%s' first", reason,
                            cs_form_occasion_name(answer.occasion));
    if (!is_form_policy(form, answer.form_policy))
        return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' version %" PRIu32 " is not the one to ask under",
                            form->policy->id, form->policy->version);
    form->subject = answer.subject;
    form->informs = answer.subject == CS_SUBJECT_FIELD_NOTICE; /* told; a no is kept all the same */
    form->about_policy = answer.about_policy;
    bool prompts = form->occasion == CONSENT_OCCASION_PERMISSION && answer.occasion != CONSENT_OCCASION_PERMISSION;
    return prompts ? may_prompt(form) : CONSENT_OK;
}
