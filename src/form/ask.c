/* May this be asked now, and what a refusal of it would be about: the decision rules' answer, in the words of a form. */
#include "form/parts.h"

#include <inttypes.h>

static consent_status reject_quiet(const cs_form *form, int64_t ask_after_ms, consent_error *err)
{
    const char *occasion = cs_form_occasion_name(form->occasion);
    if (ask_after_ms == CS_NEVER_MS && form->user_initiated)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the %s form was not built: the system shows no prompt any more, lead to its settings (C72)",
                       occasion);
    if (ask_after_ms == CS_NEVER_MS)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the %s form was not built: it was refused and is never asked again by itself, let the person "
                       "start it",
                       occasion);
    char when[CS_TIME_TEXT_SIZE];
    cs_time_format(ask_after_ms, when);
    return cs_fail(
        err, CONSENT_E_REJECTED, 0,
        "the %s form was not built: it was refused recently and is allowed again from %s, or when the person "
        "starts it",
        occasion, when);
}

static bool is_form_policy(const cs_form_input *input, size_t index)
{
    return index < input->policies->count && input->policies->policies[index] == input->policy;
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
static consent_status may_prompt(const cs_form *form, const cs_form_input *input, const cs_query *query,
                                 consent_error *err)
{
    int64_t ask_after_ms;
    const cs_permission *permission = cs_policy_permission(input->policy, query->permission);
    switch (cs_decide_permission(input->policies, input->state, query, input->now, permission, &ask_after_ms)) {
    case CS_PERMISSION_MAY_BE_ASKED:
        return CONSENT_OK;
    case CS_PERMISSION_ON:
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the permission form was not built: the system granted '%s' already, show the form 'own'",
                       form->permission);
    case CS_PERMISSION_RESTS:
        break;
    }
    return reject_quiet(form, ask_after_ms, err);
}

/* An accepted policy asks nothing of itself, but a newer version of it can be put to the person. */
static consent_status may_ask_update(cs_form *form, const cs_form_input *input, const cs_query *query,
                                     consent_error *err)
{
    cs_standing standing;
    cs_decide_standing(input->policies, input->state, query->scope, input->now, &standing);
    if (!standing.accepted)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the update form was not built: no version of the policy is accepted, show first_run");
    if (!is_form_policy(input, standing.newest) || standing.newest == standing.governing)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the update form was not built: version %" PRIu32 " is not a newer one in force",
                       input->policy->version);
    if (!query->user_initiated && standing.quiet_until_ms > input->now->now_ms)
        return reject_quiet(form, standing.quiet_until_ms, err);
    return CONSENT_OK;
}

/* What went before goes on, and a version that the minor accepted since waits for the guardian. */
static bool guardian_may_answer(cs_form *form, const cs_form_input *input, const cs_query *query)
{
    cs_standing standing;
    int32_t years = 0;
    bool rules = input->policy->minors.rules_version != 0 && cs_decide_age(input->state, input->now, &years) &&
                 years < input->policy->minors.child_under;
    if (query->purpose.size != 0 ||
        form->occasion != (rules ? CONSENT_OCCASION_CHILD_RULES : CONSENT_OCCASION_GUARDIAN))
        return false;
    cs_decide_standing(input->policies, input->state, query->scope, input->now, &standing);
    form->subject = CS_SUBJECT_GUARDIAN_REQUIRED;
    form->about_policy = true;
    return is_form_policy(input, standing.wants_guardian);
}

consent_status cs_form_may_ask(cs_form *form, const cs_form_input *input, const cs_query *query, consent_error *err)
{
    const char *wanted = cs_form_occasion_name(form->occasion);
    cs_decision answer;
    cs_decide(input->policies, input->state, query, input->now, &answer);
    const char *reason = consent_reason_name((consent_reason)answer.reason);

    if (answer.decision == CONSENT_DENY && answer.ask_after_ms > 0)
        return reject_quiet(form, answer.ask_after_ms, err);
    if (answer.decision == CONSENT_DENY)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not built: %s, which no form can change", wanted,
                       reason);
    if (answer.decision == CONSENT_ALLOW && form->occasion == CONSENT_OCCASION_UPDATE)
        return may_ask_update(form, input, query, err);
    form->informs = answer.decision == CONSENT_ALLOW &&
                    (form->occasion == CONSENT_OCCASION_FIELD || form->occasion == CONSENT_OCCASION_AD_HOC ||
                     form->occasion == CONSENT_OCCASION_EXTERNAL);
    if (form->informs)
        return CONSENT_OK;
    if (answer.decision == CONSENT_ALLOW && guardian_may_answer(form, input, query))
        return CONSENT_OK;
    if (answer.decision == CONSENT_ALLOW)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the %s form was not built: nothing is to be asked, the answer is %s", wanted, reason);
    if (answer.guardian_asked && !form->guardian)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not built: %s, the guardian is to answer", wanted,
                       reason);
    if (answer.occasion == 0)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not built: %s is to be settled first", wanted,
                       reason);
    if (!covers(form, &answer))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the %s form was not built: %s calls for the form '%s' first",
                       wanted, reason, cs_form_occasion_name(answer.occasion));
    if (!is_form_policy(input, answer.form_policy))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the %s form was not built: policy '%s' version %" PRIu32 " is not the one to ask under", wanted,
                       input->policy->id, input->policy->version);
    form->subject = answer.subject;
    form->informs = answer.subject == CS_SUBJECT_FIELD_NOTICE; /* told; a no is kept all the same */
    form->about_policy = answer.about_policy;
    bool prompts = form->occasion == CONSENT_OCCASION_PERMISSION && answer.occasion != CONSENT_OCCASION_PERMISSION;
    return prompts ? may_prompt(form, input, query, err) : CONSENT_OK;
}
