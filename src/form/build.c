/* Building a form: the locale, the names in its query, and one builder for each occasion. */
#include "form/parts.h"

#include <inttypes.h>
#include <string.h>

const char *cs_form_locale(const cs_policy *policy, const char *locale)
{
    for (uint16_t i = 0; locale && i < policy->locale_count; i++)
        if (strcmp(policy->locales[i], locale) == 0)
            return policy->locales[i];
    return policy->locale_count ? policy->locales[0] : "zh-CN";
}

static void name_policy(cs_form *form, const cs_policy *policy, cs_form_policy_name *name)
{
    name->id = cs_form_keep(form, policy->id);
    name->version = policy->version;
    name->revision = policy->revision;
    memcpy(name->hash, policy->hash, CS_HASH_SIZE);
}

/* ---- names ---------------------------------------------------------------------------------- */

static consent_status not_declared(const cs_form *form, const char *what, cs_str id)
{
    return cs_form_fail(form, CONSENT_E_NOT_FOUND, "policy '%s' version %" PRIu32 " does not declare %s '%.*s'",
                        form->policy->id, form->policy->version, what, CS_STR_ARG(id));
}

/* The purpose that the call site serves. */
static consent_status look_up_permission(cs_form *form, cs_form_subject *subject)
{
    const cs_query *query = &form->input->query;
    const cs_policy *policy = form->policy;
    subject->permission = cs_policy_permission(policy, query->permission);
    if (!subject->permission)
        return not_declared(form, "the permission", query->permission);
    subject->call_site = cs_permission_call_site(subject->permission, query->call_site);
    if (!subject->call_site)
        return not_declared(form, "the call site", query->call_site);
    subject->purpose = &policy->purposes[subject->call_site->purpose];
    if (query->purpose.size && !cs_str_is(query->purpose, subject->purpose->id))
        return cs_form_fail(form, CONSENT_E_NOT_FOUND, "call site '%s' serves purpose '%s', not '%.*s'",
                            subject->call_site->id, subject->purpose->id, CS_STR_ARG(query->purpose));
    return CONSENT_OK;
}

/* Which of the purpose's data are asked for, as bits. */
static consent_status look_up_data(const cs_form *form, cs_form_subject *subject)
{
    const cs_query *query = &form->input->query;
    uint64_t all = cs_form_all_data(subject);
    for (size_t i = 0; i < query->data_count; i++) {
        int index = cs_purpose_data_index(form->policy, subject->purpose, query->data[i]);
        if (index < 0 || !(all >> index & 1))
            return not_declared(form, "for this purpose and recipient the data", query->data[i]);
        subject->data |= UINT64_C(1) << index;
    }
    if (query->data_count == 0)
        subject->data = all;
    return CONSENT_OK;
}

/* Copies the query with the data spelt out, so that the form outlives the caller's names. */
static void keep_query(cs_form *form, const cs_form_subject *subject)
{
    cs_query *query = &form->query;
    query->purpose = cs_form_keep_id(form, subject->purpose->id);
    query->recipient = cs_form_keep_id(form, subject->recipient ? subject->recipient->id : NULL);
    query->permission = cs_form_keep_id(form, subject->permission ? subject->permission->id : NULL);
    query->call_site = cs_form_keep_id(form, subject->call_site ? subject->call_site->id : NULL);
    query->data = cs_form_data_ids(form, subject, &query->data_count);
}

/* age, guardian, child_rules and confirm can be about the policy as a whole. */
static bool can_do_without_purpose(int32_t occasion)
{
    return occasion >= CONSENT_OCCASION_AGE && occasion <= CONSENT_OCCASION_CONFIRM;
}

consent_status cs_form_look_up(cs_form *form, cs_form_subject *subject)
{
    const cs_policy *policy = form->policy;
    const cs_query *query = &form->input->query;
    memset(subject, 0, sizeof *subject);
    if (query->purpose.size == 0 && can_do_without_purpose(form->occasion))
        return CONSENT_OK;
    subject->purpose = cs_policy_purpose(policy, query->purpose);
    consent_status status =
        form->occasion == CONSENT_OCCASION_PERMISSION ? look_up_permission(form, subject) : CONSENT_OK;
    if (status != CONSENT_OK)
        return status;
    if (!subject->purpose || subject->purpose->undeclared)
        return not_declared(form, "the purpose", subject->purpose ? cs_str_of(subject->purpose->id) : query->purpose);
    if (query->recipient.size) {
        subject->via = cs_purpose_recipient_of(policy, subject->purpose, query->recipient);
        if (!subject->via)
            return not_declared(form, "for this purpose the recipient", query->recipient);
        subject->recipient = &policy->recipients[subject->via->recipient];
    }
    status = look_up_data(form, subject);
    if (status != CONSENT_OK)
        return status;
    keep_query(form, subject);
    return cs_form_status(form, form->err);
}

void cs_form_drop_names(cs_form *form)
{
    cs_query whole = {.scope = form->query.scope, .user_initiated = form->user_initiated};
    form->query = whole;
}

/* The policy's label for a button, else the form's own. */
static const char *label_of(cs_form *form, cs_text label, cs_word word)
{
    const char *text = cs_form_text(form, label);
    return text ? cs_form_keep(form, text) : cs_form_word(form, word);
}

void cs_form_add_buttons(cs_form *form)
{
    form->accept_label = label_of(form, form->policy->accept_label, CS_WORD_ACCEPT);
    form->refuse_label = label_of(form, form->policy->refuse_label, CS_WORD_REFUSE);
}

/* ---- building ------------------------------------------------------------------------------- */

/* Nothing new is granted under a policy that is not in force yet or any more; withdrawing goes on under both. */
static consent_status check_in_force(const cs_form *form)
{
    const cs_policy *policy = form->policy;
    char when[CS_TIME_TEXT_SIZE];
    if (form->occasion == CONSENT_OCCASION_MANAGE || form->occasion == CONSENT_OCCASION_NOTICE)
        return CONSENT_OK;
    if (policy->valid_until_ms && form->built_ms >= policy->valid_until_ms) {
        cs_time_format(policy->valid_until_ms, when);
        return cs_form_fail(form, CONSENT_E_EXPIRED, "policy '%s' was valid until %s, install a newer one", policy->id,
                            when);
    }
    if (form->built_ms < policy->effective_ms) {
        cs_time_format(policy->effective_ms, when);
        return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' version %" PRIu32 " takes effect at %s", policy->id,
                            policy->version, when);
    }
    return CONSENT_OK;
}

const cs_policy *cs_form_base_policy(const cs_form *form)
{
    cs_standing platform;
    return strcmp(form->policy->scope, "platform") == 0 ? NULL : cs_form_standing(form, (cs_str){NULL, 0}, &platform);
}

static void name_policies(cs_form *form)
{
    const cs_policy *base = cs_form_base_policy(form);
    name_policy(form, form->policy, &form->policy_name);
    if (base)
        name_policy(form, base, &form->base_name);
    form->shared = base && cs_policy_purpose(base, form->query.purpose);
}

static consent_status build_occasion(cs_form *form)
{
    switch (form->occasion) {
    case CONSENT_OCCASION_FIRST_RUN:
    case CONSENT_OCCASION_UPDATE:
        return cs_form_build_policy(form);
    case CONSENT_OCCASION_OWN:
    case CONSENT_OCCASION_SEPARATE:
    case CONSENT_OCCASION_ONCE:
        return cs_form_build_choice(form);
    case CONSENT_OCCASION_PERMISSION:
        return cs_form_build_permission(form);
    case CONSENT_OCCASION_MANAGE:
        return cs_form_build_manage(form);
    case CONSENT_OCCASION_AGE:
        return cs_form_build_age(form);
    case CONSENT_OCCASION_GUARDIAN:
    case CONSENT_OCCASION_CHILD_RULES:
        return cs_form_build_guardian(form);
    case CONSENT_OCCASION_CONFIRM:
        return cs_form_build_confirm(form);
    case CONSENT_OCCASION_FIELD:
        return cs_form_build_field(form);
    case CONSENT_OCCASION_AD_HOC:
        return cs_form_build_ad_hoc(form);
    case CONSENT_OCCASION_EXTERNAL:
        return cs_form_build_external(form);
    case CONSENT_OCCASION_NOTICE:
        return cs_form_build_notice(form);
    default:
        return cs_form_fail(form, CONSENT_E_ARGUMENT, "%d is no occasion of consent_occasion", (int)form->occasion);
    }
}

bool cs_form_wants_document(int32_t occasion)
{
    return occasion == CONSENT_OCCASION_FIRST_RUN || occasion == CONSENT_OCCASION_UPDATE ||
           occasion == CONSENT_OCCASION_GUARDIAN || occasion == CONSENT_OCCASION_CHILD_RULES ||
           occasion == CONSENT_OCCASION_CONFIRM;
}

/* Who may act where: some forms are the guardian's by nature, some can be. */
static consent_status settle_actor(cs_form *form)
{
    bool always = form->occasion == CONSENT_OCCASION_GUARDIAN || form->occasion == CONSENT_OCCASION_CHILD_RULES;
    bool possible = form->occasion == CONSENT_OCCASION_AGE || form->occasion == CONSENT_OCCASION_MANAGE ||
                    form->occasion == CONSENT_OCCASION_NOTICE;
    form->guardian = always || form->input->guardian;
    if (!form->guardian || always || possible)
        return CONSENT_OK;
    return cs_form_fail(form, CONSENT_E_ARGUMENT,
                        "a guardian answers on guardian, child_rules, age, manage and notice");
}

static void begin(cs_form *form, const cs_form_input *input)
{
    int32_t years;
    form->locale = cs_form_keep(form, cs_form_locale(input->policy, input->locale));
    form->user_initiated = input->user_initiated || input->query.user_initiated;
    form->query.scope = cs_str_of(cs_form_keep_str(form, input->query.scope));
    form->query.user_initiated = form->user_initiated;
    form->seen = input->seen;
    form->child = cs_decide_age(input->state, input->now, &years) && years < input->policy->minors.child_under;
    form->built_ms = input->now->now_ms;
    form->expires_ms = form->built_ms + CS_FORM_LIFETIME_MS;
    form->valid_until_ms = input->policy->valid_until_ms;
}

consent_status cs_form_build(const cs_form_input *input, cs_form **out, consent_error *err)
{
    *out = NULL;
    cs_form *form = cs_alloc(input->memory, sizeof *form);
    if (!form)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form");
    form->memory = input->memory;
    form->input = input;
    form->policy = input->policy;
    form->occasion = input->occasion;
    form->err = err;
    cs_arena_init(&form->arena, input->memory, CS_FORM_MAX_BYTES);
    cs_buffer_init(&form->notice, input->memory, CS_FORM_MAX_BYTES);
    begin(form, input);
    consent_status status = cs_form_status(form, err);
    if (status == CONSENT_OK)
        status = settle_actor(form);
    if (status == CONSENT_OK)
        status = check_in_force(form);
    if (status == CONSENT_OK)
        status = build_occasion(form);
    if (status == CONSENT_OK) {
        name_policies(form);
        status = cs_form_finish(form);
    }
    form->input = NULL;
    form->err = NULL;
    if (status == CONSENT_OK)
        *out = form;
    else
        cs_form_free(form);
    return status;
}
