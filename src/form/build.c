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

static consent_status not_declared(const cs_policy *policy, const char *what, cs_str id, consent_error *err)
{
    return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                   "the form was not built: policy '%s' version %" PRIu32 " does not declare %s '%.*s'", policy->id,
                   policy->version, what, CS_STR_ARG(id));
}

static consent_status look_up_permission(const cs_form_input *input, cs_form_asking *asking, consent_error *err)
{
    const cs_query *query = &input->query;
    const cs_policy *policy = input->policy;
    asking->permission = cs_policy_permission(policy, query->permission);
    if (!asking->permission)
        return not_declared(policy, "the permission", query->permission, err);
    asking->call_site = cs_permission_call_site(asking->permission, query->call_site);
    if (!asking->call_site)
        return not_declared(policy, "the call site", query->call_site, err);
    const cs_purpose *purpose = &policy->purposes[asking->call_site->purpose];
    if (query->purpose.size && !cs_str_is(query->purpose, purpose->id))
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                       "the form was not built: call site '%s' serves purpose '%s', not '%.*s'", asking->call_site->id,
                       purpose->id, CS_STR_ARG(query->purpose));
    asking->query.purpose = cs_str_of(purpose->id);
    return CONSENT_OK;
}

/* Which of the purpose's data are asked for, as bits. */
static consent_status look_up_data(const cs_form_input *input, cs_form_subject *subject, consent_error *err)
{
    const cs_query *query = &input->query;
    for (size_t i = 0; i < query->data_count; i++) {
        int index = cs_purpose_data_index(subject->policy, subject->purpose, query->data[i]);
        if (index < 0 || (subject->via && !cs_purpose_recipient_gets(subject->via, index)))
            return not_declared(subject->policy, "for this purpose and recipient the data", query->data[i], err);
        subject->data |= UINT64_C(1) << index;
    }
    if (query->data_count == 0)
        for (int i = 0; i < (int)subject->purpose->data_count; i++)
            if (!subject->via || cs_purpose_recipient_gets(subject->via, i))
                subject->data |= UINT64_C(1) << i;
    return CONSENT_OK;
}

/* Copies the query with the data spelt out, so that the form outlives the caller's names. */
static void keep_query(cs_form *form, const cs_form_input *input, cs_form_asking *asking)
{
    const cs_query *given = &input->query;
    const cs_form_subject *subject = &asking->subject;
    cs_str *data = cs_arena_alloc(&form->arena, CS_PURPOSE_MAX_DATA * sizeof *data);
    size_t count = 0;
    if (!data) {
        form->failed = true;
        return;
    }
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if (subject->data >> i & 1)
            data[count++] = cs_str_of(cs_form_keep(form, subject->policy->data[subject->purpose->data[i].item].id));
    form->purpose = cs_form_keep(form, subject->purpose->id);
    form->recipient = subject->recipient ? cs_form_keep(form, subject->recipient->id) : NULL;
    form->permission = asking->permission ? cs_form_keep(form, asking->permission->id) : NULL;
    form->call_site = asking->call_site ? cs_form_keep(form, asking->call_site->id) : NULL;
    asking->query = (cs_query){.scope = cs_str_of(cs_form_keep_str(form, given->scope)),
                               .purpose = cs_str_of(form->purpose),
                               .recipient = cs_str_of(form->recipient),
                               .data = data,
                               .data_count = count,
                               .permission = cs_str_of(form->permission),
                               .call_site = cs_str_of(form->call_site),
                               .user_initiated = form->user_initiated};
    form->query = asking->query;
}

consent_status cs_form_look_up(cs_form *form, const cs_form_input *input, cs_form_asking *asking, consent_error *err)
{
    const cs_policy *policy = input->policy;
    const cs_query *query = &input->query;
    *asking = (cs_form_asking){.query = *query};
    if (form->occasion == CONSENT_OCCASION_PERMISSION) {
        consent_status status = look_up_permission(input, asking, err);
        if (status != CONSENT_OK)
            return status;
    }
    cs_form_subject *subject = &asking->subject;
    *subject = (cs_form_subject){.policy = policy, .texts = input->texts, .locale = form->locale};
    subject->purpose = cs_policy_purpose(policy, asking->query.purpose);
    if (!subject->purpose || subject->purpose->undeclared)
        return not_declared(policy, "the purpose", asking->query.purpose, err);
    if (query->recipient.size) {
        subject->via = cs_purpose_recipient_of(policy, subject->purpose, query->recipient);
        if (!subject->via)
            return not_declared(policy, "for this purpose the recipient", query->recipient, err);
        subject->recipient = &policy->recipients[subject->via->recipient];
    }
    consent_status status = look_up_data(input, subject, err);
    if (status != CONSENT_OK)
        return status;
    keep_query(form, input, asking);
    return cs_form_status(form, err);
}

void cs_form_drop_names(cs_form *form, cs_form_asking *asking)
{
    form->purpose = form->recipient = form->permission = form->call_site = NULL;
    asking->query = (cs_query){.scope = form->query.scope, .user_initiated = form->user_initiated};
    form->query = asking->query;
}

void cs_form_add_buttons(cs_form *form, const cs_form_input *input)
{
    const char *accept = cs_texts_get(input->texts, input->policy->accept_label, form->locale);
    const char *refuse = cs_texts_get(input->texts, input->policy->refuse_label, form->locale);
    form->accept_label = cs_form_keep(form, accept[0] ? accept : cs_form_word(form->locale, CS_WORD_ACCEPT));
    form->refuse_label = cs_form_keep(form, refuse[0] ? refuse : cs_form_word(form->locale, CS_WORD_REFUSE));
}

/* ---- building ------------------------------------------------------------------------------- */

/* Nothing new is granted under a policy that is not in force yet or any more; withdrawing goes on under both. */
static consent_status check_in_force(const cs_form_input *input, consent_error *err)
{
    const cs_policy *policy = input->policy;
    char when[CS_TIME_TEXT_SIZE];
    if (input->occasion == CONSENT_OCCASION_MANAGE || input->occasion == CONSENT_OCCASION_NOTICE)
        return CONSENT_OK;
    if (policy->valid_until_ms && input->now->now_ms >= policy->valid_until_ms) {
        cs_time_format(policy->valid_until_ms, when);
        return cs_fail(err, CONSENT_E_EXPIRED, 0,
                       "the form was not built: policy '%s' was valid until %s, install a newer one", policy->id, when);
    }
    if (input->now->now_ms < policy->effective_ms) {
        cs_time_format(policy->effective_ms, when);
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: policy '%s' version %" PRIu32 " takes effect at %s", policy->id,
                       policy->version, when);
    }
    return CONSENT_OK;
}

const cs_policy *cs_form_base_policy(const cs_form_input *input)
{
    if (strcmp(input->policy->scope, "platform") == 0)
        return NULL;
    cs_standing platform;
    cs_decide_standing(input->policies, input->state, CS_STR("platform"), input->now, &platform);
    return platform.governing == CS_NO_POLICY ? NULL : input->policies->policies[platform.governing];
}

static void name_policies(cs_form *form, const cs_form_input *input)
{
    const cs_policy *base = cs_form_base_policy(input);
    name_policy(form, input->policy, &form->policy_name);
    if (base)
        name_policy(form, base, &form->base_name);
    form->shared = base && form->purpose && cs_policy_purpose(base, cs_str_of(form->purpose));
}

static consent_status build_occasion(cs_form *form, const cs_form_input *input, consent_error *err)
{
    switch (form->occasion) {
    case CONSENT_OCCASION_FIRST_RUN:
    case CONSENT_OCCASION_UPDATE:
        return cs_form_build_policy(form, input, err);
    case CONSENT_OCCASION_OWN:
    case CONSENT_OCCASION_SEPARATE:
    case CONSENT_OCCASION_ONCE:
        return cs_form_build_choice(form, input, err);
    case CONSENT_OCCASION_PERMISSION:
        return cs_form_build_permission(form, input, err);
    case CONSENT_OCCASION_MANAGE:
        return cs_form_build_manage(form, input, err);
    case CONSENT_OCCASION_AGE:
        return cs_form_build_age(form, input, err);
    case CONSENT_OCCASION_GUARDIAN:
    case CONSENT_OCCASION_CHILD_RULES:
        return cs_form_build_guardian(form, input, err);
    case CONSENT_OCCASION_CONFIRM:
        return cs_form_build_confirm(form, input, err);
    case CONSENT_OCCASION_FIELD:
        return cs_form_build_field(form, input, err);
    case CONSENT_OCCASION_AD_HOC:
        return cs_form_build_ad_hoc(form, input, err);
    case CONSENT_OCCASION_EXTERNAL:
        return cs_form_build_external(form, input, err);
    case CONSENT_OCCASION_NOTICE:
        return cs_form_build_notice(form, input, err);
    default:
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the form was not built: %d is no occasion of consent_occasion",
                       (int)form->occasion);
    }
}

bool cs_form_wants_document(int32_t occasion)
{
    return occasion == CONSENT_OCCASION_FIRST_RUN || occasion == CONSENT_OCCASION_UPDATE ||
           occasion == CONSENT_OCCASION_GUARDIAN || occasion == CONSENT_OCCASION_CHILD_RULES ||
           occasion == CONSENT_OCCASION_CONFIRM;
}

/* Who may act where: some forms are the guardian's by nature, some can be. */
static consent_status settle_actor(cs_form *form, const cs_form_input *input, consent_error *err)
{
    bool always = form->occasion == CONSENT_OCCASION_GUARDIAN || form->occasion == CONSENT_OCCASION_CHILD_RULES;
    bool possible = form->occasion == CONSENT_OCCASION_AGE || form->occasion == CONSENT_OCCASION_MANAGE ||
                    form->occasion == CONSENT_OCCASION_NOTICE;
    form->guardian = always || input->guardian;
    if (!input->guardian || always || possible)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                   "the %s form was not built: a guardian answers on guardian, child_rules, age, manage and notice",
                   cs_form_occasion_name(form->occasion));
}

consent_status cs_form_build(const cs_form_input *input, cs_form **out, consent_error *err)
{
    *out = NULL;
    cs_form *form = cs_alloc(input->memory, sizeof *form);
    if (!form)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form");
    form->memory = input->memory;
    cs_arena_init(&form->arena, input->memory, CS_FORM_MAX_BYTES);
    cs_buffer_init(&form->notice, input->memory, CS_FORM_MAX_BYTES);
    form->occasion = input->occasion;
    form->policy = input->policy;
    form->locale = cs_form_keep(form, cs_form_locale(input->policy, input->locale));
    form->user_initiated = input->user_initiated || input->query.user_initiated;
    form->query.scope = cs_str_of(cs_form_keep_str(form, input->query.scope));
    form->query.user_initiated = form->user_initiated;
    form->seen = input->seen;
    int32_t years;
    form->child = cs_decide_age(input->state, input->now, &years) && years < input->policy->minors.child_under;
    form->built_ms = input->now->now_ms;
    form->expires_ms = form->built_ms + CS_FORM_LIFETIME_MS;
    form->valid_until_ms = input->policy->valid_until_ms;

    consent_status status = cs_form_status(form, err);
    if (status == CONSENT_OK)
        status = settle_actor(form, input, err);
    if (status == CONSENT_OK)
        status = check_in_force(input, err);
    if (status == CONSENT_OK)
        status = build_occasion(form, input, err);
    if (status == CONSENT_OK) {
        name_policies(form, input);
        status = cs_form_finish(form, err);
    }
    if (status != CONSENT_OK) {
        cs_form_free(form);
        return status;
    }
    *out = form;
    return CONSENT_OK;
}
