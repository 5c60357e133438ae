/* Two versions of a policy held against each other: decisions.md section 3, PIPL 14 and 23, C160 to C166. */
#include "policy/policy.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* ---- widening ----------------------------------------------------------------------------- */

/* A stricter form asks for more than the person gave, so it takes nothing; `once` compares with nothing but itself. */
static bool form_widened(cs_consent_form older, cs_consent_form newer)
{
    if (older == CS_FORM_ONCE || newer == CS_FORM_ONCE)
        return older != newer;
    return newer < older;
}

static bool retention_widened(const cs_purpose *older, const cs_purpose *newer)
{
    if (older->retention.at_expiry == CS_AT_EXPIRY_DELETE && newer->retention.at_expiry != CS_AT_EXPIRY_DELETE)
        return true;
    if (older->retention.period_ms > 0 && newer->retention.period_ms > 0)
        return newer->retention.period_ms > older->retention.period_ms;
    /* Between a period and a criterion nobody can say which is longer. */
    return older->retention.period_ms != newer->retention.period_ms ||
           memcmp(older->criterion_digest, newer->criterion_digest, sizeof(older->criterion_digest)) != 0;
}

static bool recipient_widened(const cs_policy *older_policy, const cs_purpose_recipient *older,
                              const cs_policy *newer_policy, const cs_purpose_recipient *newer)
{
    const cs_recipient *a = &older_policy->recipients[older->recipient];
    const cs_recipient *b = &newer_policy->recipients[newer->recipient];
    return memcmp(older->method_digest, newer->method_digest, sizeof(older->method_digest)) != 0 ||
           a->role != b->role || !same_text(a->country, b->country);
}

static bool a_common_recipient_widened(const cs_policy *older_policy, const cs_purpose *older,
                                       const cs_policy *newer_policy, const cs_purpose *newer)
{
    for (uint16_t i = 0; i < older->recipient_count; i++) {
        cs_str id = cs_str_of(older_policy->recipients[older->recipients[i].recipient].id);
        const cs_purpose_recipient *match = cs_purpose_recipient_of(newer_policy, newer, id);
        if (match && recipient_widened(older_policy, &older->recipients[i], newer_policy, match))
            return true;
    }
    return false;
}

uint32_t cs_purpose_widening(const cs_policy *older_policy, const cs_purpose *older, const cs_policy *newer_policy,
                             const cs_purpose *newer)
{
    const struct {
        bool widened;
        uint32_t why;
    } all[] = {
        {older->undeclared || newer->undeclared, CS_WIDENED_UNDECLARED},
        {older->kind != newer->kind, CS_WIDENED_KIND},
        {older->ground != newer->ground, CS_WIDENED_GROUND},
        {form_widened(cs_purpose_effective_form(older_policy, older), cs_purpose_effective_form(newer_policy, newer)),
         CS_WIDENED_FORM},
        {retention_widened(older, newer), CS_WIDENED_RETENTION},
        {newer->automated && !older->automated, CS_WIDENED_AUTOMATION},
        {newer->channel != older->channel, CS_WIDENED_CHANNEL},
        {newer->storage_level > older->storage_level, CS_WIDENED_STORAGE},
        {newer->data_state < older->data_state, CS_WIDENED_STATE},
        {memcmp(older->method_digest, newer->method_digest, sizeof(older->method_digest)) != 0, CS_WIDENED_METHOD},
        {a_common_recipient_widened(older_policy, older, newer_policy, newer), CS_WIDENED_RECIPIENT},
    };
    uint32_t why = 0;
    for (size_t i = 0; i < CS_COUNT_OF(all); i++)
        why |= all[i].widened ? all[i].why : 0;
    return why;
}

bool cs_purpose_widened(const cs_policy *older_policy, const cs_purpose *older, const cs_policy *newer_policy,
                        const cs_purpose *newer)
{
    return cs_purpose_widening(older_policy, older, newer_policy, newer) != 0;
}

/* ---- kinds of change ---------------------------------------------------------------------- */

static bool same_retention(const cs_purpose *a, const cs_purpose *b)
{
    return a->retention.period_ms == b->retention.period_ms && a->retention.at_expiry == b->retention.at_expiry &&
           memcmp(a->criterion_digest, b->criterion_digest, sizeof(a->criterion_digest)) == 0;
}

static bool same_permissions(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b)
{
    size_t common = 0;
    for (uint16_t i = 0; i < a->permission_count; i++)
        for (uint16_t j = 0; j < b->permission_count; j++)
            if (same_text(old->permissions[a->permissions[i]].id, new->permissions[b->permissions[j]].id))
                common++;
    return common == a->permission_count && common == b->permission_count;
}

static bool same_data(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b)
{
    if (a->data_count != b->data_count)
        return false;
    for (uint16_t i = 0; i < a->data_count; i++) {
        int match = cs_purpose_data_index(new, b, cs_str_of(old->data[a->data[i].item].id));
        if (match < 0 || b->data[match].need != a->data[i].need || b->data[match].at_field != a->data[i].at_field)
            return false;
    }
    return true;
}

bool cs_purpose_same_terms(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b)
{
    return same_text(old->functions[a->function].id, new->functions[b->function].id) && a->kind == b->kind &&
           a->ground == b->ground && a->form == b->form && a->undeclared == b->undeclared &&
           a->automated == b->automated && a->channel == b->channel && a->storage_level == b->storage_level &&
           a->data_state == b->data_state && a->grant_lifetime_ms == b->grant_lifetime_ms &&
           a->refusal_lifetime_ms == b->refusal_lifetime_ms && a->cooldown_ms == b->cooldown_ms &&
           same_retention(a, b) && memcmp(a->method_digest, b->method_digest, sizeof(a->method_digest)) == 0 &&
           same_data(old, a, new, b) && same_permissions(old, a, new, b);
}

/* Which of the purpose's data a recipient gets, by name: positions differ between versions. */
static bool same_share(const cs_policy *old, const cs_purpose *a, const cs_purpose_recipient *x, const cs_policy *new,
                       const cs_purpose *b, const cs_purpose_recipient *y)
{
    for (uint16_t i = 0; i < a->data_count; i++) {
        int match = cs_purpose_data_index(new, b, cs_str_of(old->data[a->data[i].item].id));
        if (cs_purpose_recipient_gets(x, i) != cs_purpose_recipient_gets(y, match))
            return false;
    }
    return memcmp(x->method_digest, y->method_digest, sizeof(x->method_digest)) == 0;
}

static bool same_recipients(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b)
{
    if (a->recipient_count != b->recipient_count)
        return false;
    for (uint16_t i = 0; i < a->recipient_count; i++) {
        const cs_recipient *recipient = &old->recipients[a->recipients[i].recipient];
        const cs_purpose_recipient *match = cs_purpose_recipient_of(new, b, cs_str_of(recipient->id));
        if (!match || !same_share(old, a, &a->recipients[i], new, b, match))
            return false;
    }
    return true;
}

static uint32_t purpose_changes(const cs_policy *old, const cs_policy *new)
{
    uint32_t changes = old->purpose_count == new->purpose_count ? 0 : CS_CHANGE_MODE;
    for (uint16_t i = 0; i < old->purpose_count; i++) {
        const cs_purpose *a = &old->purposes[i];
        const cs_purpose *b = cs_policy_purpose(new, cs_str_of(a->id));
        if (!b || !cs_purpose_same_terms(old, a, new, b))
            changes |= CS_CHANGE_MODE;
        if (b && !same_recipients(old, a, new, b))
            changes |= CS_CHANGE_RECIPIENTS;
    }
    return changes;
}

static bool same_recipient_list(const cs_policy *old, const cs_policy *new)
{
    if (old->recipient_count != new->recipient_count)
        return false;
    for (uint16_t i = 0; i < old->recipient_count; i++) {
        const cs_recipient *a = &old->recipients[i];
        const cs_recipient *b = cs_policy_recipient(new, cs_str_of(a->id));
        if (!b || a->role != b->role || !same_text(a->country, b->country))
            return false;
    }
    return true;
}

static bool same_needs(const cs_function *a, const cs_function *b)
{
    bool same = a->need_count == b->need_count;
    for (uint16_t i = 0; same && i < a->need_count; i++) {
        same = false;
        for (uint16_t j = 0; !same && j < b->need_count; j++)
            same = same_text(a->needs[i], b->needs[j]);
    }
    return same;
}

static bool same_functions(const cs_policy *old, const cs_policy *new)
{
    if (old->function_count != new->function_count)
        return false;
    for (uint16_t i = 0; i < old->function_count; i++) {
        const cs_function *a = &old->functions[i];
        int at = -1;
        for (uint16_t j = 0; j < new->function_count; j++)
            if (same_text(a->id, new->functions[j].id))
                at = j;
        const cs_function *b = at >= 0 ? &new->functions[at] : NULL;
        if (!b || a->kind != b->kind || a->needs_age != b->needs_age || a->needs_login != b->needs_login ||
            !same_needs(a, b))
            return false;
    }
    return true;
}

static bool same_data_items(const cs_policy *old, const cs_policy *new)
{
    if (old->data_count != new->data_count)
        return false;
    for (uint16_t i = 0; i < old->data_count; i++) {
        const cs_data_item *a = &old->data[i];
        const cs_data_item *b = cs_policy_data(new, cs_str_of(a->id));
        if (!b || a->sensitive != b->sensitive || a->identity != b->identity)
            return false;
    }
    return true;
}

static bool same_platform_names(const cs_permission *a, const cs_permission *b)
{
    if (a->platform_count != b->platform_count)
        return false;
    for (uint16_t i = 0; i < a->platform_count; i++) {
        const cs_permission_names *x = &a->platforms[i];
        const cs_permission_names *y = &b->platforms[i];
        if (!same_text(x->platform, y->platform) || x->name_count != y->name_count)
            return false;
        for (uint16_t j = 0; j < x->name_count; j++)
            if (!same_text(x->names[j], y->names[j]))
                return false;
    }
    return true;
}

static bool same_permission(const cs_policy *old, const cs_permission *a, const cs_policy *new, const cs_permission *b)
{
    if (a->cooldown_ms != b->cooldown_ms || a->call_site_count != b->call_site_count || !same_platform_names(a, b))
        return false;
    for (uint16_t i = 0; i < a->call_site_count; i++) {
        const cs_call_site *site = cs_permission_call_site(b, cs_str_of(a->call_sites[i].id));
        if (!site || !same_text(old->purposes[a->call_sites[i].purpose].id, new->purposes[site->purpose].id))
            return false;
    }
    return true;
}

static bool same_permission_list(const cs_policy *old, const cs_policy *new)
{
    if (old->permission_count != new->permission_count)
        return false;
    for (uint16_t i = 0; i < old->permission_count; i++) {
        const cs_permission *b = cs_policy_permission(new, cs_str_of(old->permissions[i].id));
        if (!b || !same_permission(old, &old->permissions[i], new, b))
            return false;
    }
    return true;
}

/* Other rules under the same number are another thing than the guardian agreed to. */
static bool same_rules(const cs_policy *old, const cs_policy *new)
{
    if (!same_text(old->minors.rules_id, new->minors.rules_id) ||
        old->minors.rules_version != new->minors.rules_version)
        return false;
    for (uint16_t i = 0; i < old->document_count; i++)
        for (uint16_t j = 0; j < new->document_count; j++) {
            const cs_document_ref *a = &old->documents[i], *b = &new->documents[j];
            if (a->child_rules && b->child_rules && same_text(a->locale, b->locale) &&
                memcmp(a->hash, b->hash, sizeof a->hash) != 0)
                return false;
        }
    return true;
}

static bool same_service(const cs_policy *old, const cs_policy *new)
{
    return same_text(old->scope, new->scope) && same_text(old->region, new->region) &&
           old->minors.child_under == new->minors.child_under &&
           old->minors.guardian_under == new->minors.guardian_under &&
           old->minors.retention_ms == new->minors.retention_ms &&same_rules(old, new) &&
           old->visitor_allowed == new->visitor_allowed && old->import_allowed == new->import_allowed &&
           old->fetch_before_consent == new->fetch_before_consent && old->cooldown_ms == new->cooldown_ms &&
           old->closing == new->closing && old->closing_notice_ms == new->closing_notice_ms &&
           old->closing_end_ms == new->closing_end_ms;
}

uint32_t cs_policy_changes(const cs_policy *older, const cs_policy *newer)
{
    uint32_t changes = purpose_changes(older, newer);
    if (!same_functions(older, newer) || !same_data_items(older, newer) || !same_permission_list(older, newer) ||
        !same_service(older, newer))
        changes |= CS_CHANGE_MODE;
    if (!same_recipient_list(older, newer))
        changes |= CS_CHANGE_RECIPIENTS;
    if (!same_text(older->controller_id, newer->controller_id) || older->controller_bound != newer->controller_bound)
        changes |= CS_CHANGE_CONTROL;
    if (memcmp(older->rights_digest, newer->rights_digest, sizeof(older->rights_digest)) != 0)
        changes |= CS_CHANGE_RIGHTS;
    if (memcmp(older->contact_digest, newer->contact_digest, sizeof(older->contact_digest)) != 0)
        changes |= CS_CHANGE_CONTACT;
    return changes != 0 ? changes : (uint32_t)CS_CHANGE_EDITORIAL;
}
