/* Two versions of a policy held against each other: decisions.md section 3, PIPL 14 and 23, C160 to C166. */
#include "policy/fields.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_digest(const uint8_t a[8], const uint8_t b[8])
{
    return memcmp(a, b, 8) == 0;
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
           !same_digest(older->criterion_digest, newer->criterion_digest);
}

static bool recipient_widened(const cs_policy *older_policy, const cs_purpose_recipient *older,
                              const cs_policy *newer_policy, const cs_purpose_recipient *newer)
{
    const cs_recipient *a = &older_policy->recipients[older->recipient];
    const cs_recipient *b = &newer_policy->recipients[newer->recipient];
    return !same_digest(older->method_digest, newer->method_digest) || a->role != b->role ||
           !same_text(a->country, b->country);
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
    cs_consent_form older_form = cs_purpose_effective_form(older_policy, older);
    cs_consent_form newer_form = cs_purpose_effective_form(newer_policy, newer);
    uint32_t why = 0;
    if (older->undeclared || newer->undeclared)
        why |= CS_WIDENED_UNDECLARED;
    if (older->kind != newer->kind)
        why |= CS_WIDENED_KIND;
    if (older->ground != newer->ground)
        why |= CS_WIDENED_GROUND;
    if (form_widened(older_form, newer_form))
        why |= CS_WIDENED_FORM;
    if (retention_widened(older, newer))
        why |= CS_WIDENED_RETENTION;
    if (newer->automated && !older->automated)
        why |= CS_WIDENED_AUTOMATION;
    if (newer->channel != older->channel)
        why |= CS_WIDENED_CHANNEL;
    if (newer->storage_level > older->storage_level)
        why |= CS_WIDENED_STORAGE;
    if (newer->data_state < older->data_state)
        why |= CS_WIDENED_STATE;
    if (!same_digest(older->method_digest, newer->method_digest))
        why |= CS_WIDENED_METHOD;
    if (a_common_recipient_widened(older_policy, older, newer_policy, newer))
        why |= CS_WIDENED_RECIPIENT;
    return why;
}

bool cs_purpose_widened(const cs_policy *older_policy, const cs_purpose *older, const cs_policy *newer_policy,
                        const cs_purpose *newer)
{
    return cs_purpose_widening(older_policy, older, newer_policy, newer) != 0;
}

/* ---- kinds of change ---------------------------------------------------------------------- */

typedef struct versions {
    const cs_policy *old, *new;
} versions;

static bool same_entries(const versions *v, cs_list_id list, const void *a_holder, const void *b_holder);

/* Which of the purpose's data a recipient gets, by name: positions differ between versions. */
static bool same_share(const versions *v, const cs_purpose *a, const cs_purpose_recipient *x, const cs_purpose *b,
                       const cs_purpose_recipient *y)
{
    for (uint16_t i = 0; i < a->data_count; i++) {
        int match = cs_purpose_data_index(v->new, b, cs_str_of(v->old->data[a->data[i].item].id));
        if (cs_purpose_recipient_gets(x, i) != cs_purpose_recipient_gets(y, match))
            return false;
    }
    return true;
}

/* One field of the entries x and y. Positions are held against each other by the names of what stands there. */
static bool same_field(const versions *v, const cs_field *field, const void *x, const void *a_holder, const void *y,
                       const void *b_holder)
{
    const void *a = (const char *)x + field->offset;
    const void *b = (const char *)y + field->offset;
    switch (field->kind % CS_FIELD_TERM) {
    case CS_FIELD_POSITION:
        a = cs_list_entry(field->arg, v->old, *(const uint16_t *)a);
        b = cs_list_entry(field->arg, v->new, *(const uint16_t *)b);
        break;
    case CS_FIELD_SMALL:
        return *(const uint8_t *)a == *(const uint8_t *)b;
    case CS_FIELD_BYTES:
        return memcmp(a, b, field->arg) == 0;
    case CS_FIELD_U32:
    case CS_FIELD_I32:
        return memcmp(a, b, field->arg * sizeof(uint32_t)) == 0;
    case CS_FIELD_MS:
        return memcmp(a, b, field->arg * sizeof(int64_t)) == 0;
    case CS_FIELD_DATA_MASK:
        return same_share(v, a_holder, x, b_holder, y);
    case CS_FIELD_LIST:
    case CS_FIELD_ENTRIES:
        return same_entries(v, field->arg, x, y);
    default:
        break;
    }
    return same_text(*(const char *const *)a, *(const char *const *)b);
}

/* Whether all the terms among the fields are the same. */
static bool same_terms(const versions *v, const cs_field *field, const void *x, const void *a_holder, const void *y,
                       const void *b_holder)
{
    for (; field->kind != CS_FIELD_END; field++)
        if (field->kind & CS_FIELD_TERM && !same_field(v, field, x, a_holder, y, b_holder))
            return false;
    return true;
}

/* Whether two lists hold the same by the same names, which each list holds once, in whatever order. The system's names of
 * a permission stand in the order they are tried in. */
static bool same_entries(const versions *v, cs_list_id list, const void *a_holder, const void *b_holder)
{
    const cs_field *fields = cs_lists[list].fields;
    uint16_t count = cs_list_count(list, a_holder);
    bool in_order = list == CS_LIST_PLATFORMS || list == CS_LIST_PLATFORM_NAMES;
    if (cs_list_count(list, b_holder) != count)
        return false;
    for (uint16_t i = 0; i < count; i++) {
        const void *x = cs_list_entry(list, a_holder, i), *y = NULL;
        for (uint16_t j = 0; j < (in_order ? 1 : count) && !y; j++) { /* mostly at the same place */
            y = cs_list_entry(list, b_holder, (size_t)(i + j) % count);
            if (!same_field(v, fields, x, a_holder, y, b_holder))
                y = NULL;
        }
        if (!y || !same_terms(v, fields, x, a_holder, y, b_holder))
            return false;
    }
    return true;
}

bool cs_purpose_same_terms(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b)
{
    const versions v = {old, new};
    return same_terms(&v, cs_lists[CS_LIST_PURPOSES].fields, a, old, b, new);
}

static uint32_t purpose_changes(const versions *v)
{
    uint32_t changes = v->old->purpose_count == v->new->purpose_count ? 0 : CS_CHANGE_MODE;
    for (uint16_t i = 0; i < v->old->purpose_count; i++) {
        const cs_purpose *a = &v->old->purposes[i];
        const cs_purpose *b = cs_policy_purpose(v->new, cs_str_of(a->id));
        if (!b || !cs_purpose_same_terms(v->old, a, v->new, b))
            changes |= CS_CHANGE_MODE;
        if (b && !same_entries(v, CS_LIST_PURPOSE_RECIPIENTS, a, b))
            changes |= CS_CHANGE_RECIPIENTS;
    }
    return changes;
}

/* Other rules under the same number are another thing than the guardian agreed to. */
static bool same_rules(const cs_policy *old, const cs_policy *new)
{
    for (uint16_t i = 0; i < old->document_count; i++)
        for (uint16_t j = 0; j < new->document_count; j++) {
            const cs_document_ref *a = &old->documents[i], *b = &new->documents[j];
            if (a->child_rules && b->child_rules && same_text(a->locale, b->locale) &&
                memcmp(a->hash, b->hash, sizeof a->hash) != 0)
                return false;
        }
    return true;
}

uint32_t cs_policy_changes(const cs_policy *older, const cs_policy *newer)
{
    const versions v = {older, newer};
    uint32_t changes = purpose_changes(&v);
    if (!same_terms(&v, cs_policy_fields, older, NULL, newer, NULL) || !same_rules(older, newer))
        changes |= CS_CHANGE_MODE;
    if (!same_entries(&v, CS_LIST_RECIPIENTS, older, newer))
        changes |= CS_CHANGE_RECIPIENTS;
    if (!same_text(older->controller_id, newer->controller_id) || older->controller_bound != newer->controller_bound)
        changes |= CS_CHANGE_CONTROL;
    if (!same_digest(older->rights_digest, newer->rights_digest))
        changes |= CS_CHANGE_RIGHTS;
    if (!same_digest(older->contact_digest, newer->contact_digest))
        changes |= CS_CHANGE_CONTACT;
    return changes != 0 ? changes : (uint32_t)CS_CHANGE_EDITORIAL;
}
