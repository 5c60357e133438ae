#include "policy/fields.h"
#include "policy/parse.h"

#include <string.h>

const char *const cs_purpose_kind_names[] = {NULL,    "collect", "share",    "publish", "combine",       "obtain",
                                             "store", "market",  "automate", "launch",  "retain_longer", "declare"};
const char *const cs_consent_form_names[] = {NULL, "policy", "own", "separate", "written", "once"};
const char *const cs_role_names[] = {NULL,         "payment",     "supplier",  "logistics", "sdk",   "mini_program",
                                     "affiliate",  "advertising", "analytics", "processor", "joint", "account_provider",
                                     "transferee", "partner",     "public",    "other"};
const char *const cs_sensitive_names[] = {NULL,        "biometric",   "religion", "identity", "medical",
                                          "financial", "whereabouts", "minor",    "other"};

const char *cs_child_fact_name(cs_child_fact fact)
{
    static const char *const names[CS_CHILD_FACTS] = {"scope",       "storage",   "security",
                                                      "consequence", "complaint", "correction"};
    return names[fact];
}

static const char *name_at(const char *const *names, size_t count, uint8_t value)
{
    const char *name = value < count ? names[value] : NULL;
    return name ? name : "unknown";
}

const char *cs_purpose_kind_name(uint8_t kind)
{
    return name_at(cs_purpose_kind_names, CS_COUNT_OF(cs_purpose_kind_names), kind);
}

const char *cs_consent_form_name(uint8_t form)
{
    return name_at(cs_consent_form_names, CS_COUNT_OF(cs_consent_form_names), form);
}

const char *cs_role_name(uint8_t role)
{
    return name_at(cs_role_names, CS_COUNT_OF(cs_role_names), role);
}

const char *cs_sensitive_name(uint8_t sensitive)
{
    return sensitive == CS_NOT_SENSITIVE ? "none"
                                         : name_at(cs_sensitive_names, CS_COUNT_OF(cs_sensitive_names), sensitive);
}

/* ---- indices ------------------------------------------------------------------------------ */

/* Every listed struct begins with its identifier. */
static const char *id_at(const void *items, size_t item_size, size_t at)
{
    const char *id;
    memcpy(&id, (const char *)items + at * item_size, sizeof(id));
    return id;
}

static bool same_id(const char *id, cs_str wanted)
{
    return strlen(id) == wanted.size && memcmp(id, wanted.data, wanted.size) == 0;
}

/* The slot that holds the identifier, or the free one where it would stand. */
static uint32_t slot_of(const cs_id_index *index, const void *items, size_t item_size, cs_str id)
{
    uint32_t slot = (uint32_t)cs_hash64(id.data, id.size) & index->mask;
    while (index->slots[slot] != 0 && !same_id(id_at(items, item_size, index->slots[slot] - 1u), id))
        slot = (slot + 1) & index->mask;
    return slot;
}

bool cs_id_index_build(cs_id_index *index, cs_arena *arena, const void *items, size_t item_size, size_t count,
                       const char **twice)
{
    uint32_t slot_count = 2;
    while (slot_count < count * 2)
        slot_count *= 2;
    uint16_t *slots = cs_arena_alloc(arena, sizeof(*slots) * slot_count);
    *twice = NULL;
    if (!slots)
        return false;
    *index = (cs_id_index){slots, slot_count - 1};
    for (size_t i = 0; i < count; i++) {
        const char *id = id_at(items, item_size, i);
        uint32_t slot = slot_of(index, items, item_size, cs_str_of(id));
        if (slots[slot] != 0)
            *twice = id;
        else
            slots[slot] = (uint16_t)(i + 1);
    }
    return true;
}

bool cs_policy_index(cs_policy *policy, cs_arena *arena, int list, const char **twice)
{
    return cs_id_index_build(&policy->indices[list], arena, cs_list_entry(list, policy, 0), cs_lists[list].entry_size,
                             cs_list_count(list, policy), twice) &&
           !*twice;
}

int cs_id_index_find(const cs_id_index *index, const void *items, size_t item_size, cs_str id)
{
    if (!index->slots || id.size == 0 || id.size > CS_ID_MAX_SIZE)
        return -1;
    return (int)index->slots[slot_of(index, items, item_size, id)] - 1;
}

/* ---- looking up --------------------------------------------------------------------------- */

const cs_purpose *cs_policy_purpose(const cs_policy *policy, cs_str id)
{
    int at = cs_id_index_find(&policy->indices[CS_LIST_PURPOSES], policy->purposes, sizeof(cs_purpose), id);
    return at >= 0 ? &policy->purposes[at] : NULL;
}

const cs_function *cs_policy_function(const cs_policy *policy, cs_str id)
{
    int at = cs_id_index_find(&policy->indices[CS_LIST_FUNCTIONS], policy->functions, sizeof(cs_function), id);
    return at >= 0 ? &policy->functions[at] : NULL;
}

const cs_function *cs_policy_function_of(const cs_policy *policy, const cs_purpose *purpose)
{
    return purpose && purpose->function < policy->function_count ? &policy->functions[purpose->function] : NULL;
}

const cs_permission *cs_policy_permission(const cs_policy *policy, cs_str id)
{
    int at = cs_id_index_find(&policy->indices[CS_LIST_PERMISSIONS], policy->permissions, sizeof(cs_permission), id);
    return at >= 0 ? &policy->permissions[at] : NULL;
}

const cs_recipient *cs_policy_recipient(const cs_policy *policy, cs_str id)
{
    int at = cs_id_index_find(&policy->indices[CS_LIST_RECIPIENTS], policy->recipients, sizeof(cs_recipient), id);
    return at >= 0 ? &policy->recipients[at] : NULL;
}

const cs_data_item *cs_policy_data(const cs_policy *policy, cs_str id)
{
    int at = cs_id_index_find(&policy->indices[CS_LIST_DATA], policy->data, sizeof(cs_data_item), id);
    return at >= 0 ? &policy->data[at] : NULL;
}

const cs_call_site *cs_permission_call_site(const cs_permission *permission, cs_str id)
{
    for (uint16_t i = 0; permission && id.size > 0 && i < permission->call_site_count; i++)
        if (same_id(permission->call_sites[i].id, id))
            return &permission->call_sites[i];
    return NULL;
}

int cs_purpose_data_index(const cs_policy *policy, const cs_purpose *purpose, cs_str data)
{
    int item = cs_id_index_find(&policy->indices[CS_LIST_DATA], policy->data, sizeof(cs_data_item), data);
    for (uint16_t i = 0; purpose && item >= 0 && i < purpose->data_count; i++)
        if (purpose->data[i].item == item)
            return i;
    return -1;
}

const cs_purpose_recipient *cs_purpose_recipient_of(const cs_policy *policy, const cs_purpose *purpose, cs_str id)
{
    int recipient =
        cs_id_index_find(&policy->indices[CS_LIST_RECIPIENTS], policy->recipients, sizeof(cs_recipient), id);
    for (uint16_t i = 0; purpose && recipient >= 0 && i < purpose->recipient_count; i++)
        if (purpose->recipients[i].recipient == recipient)
            return &purpose->recipients[i];
    return NULL;
}

bool cs_purpose_recipient_gets(const cs_purpose_recipient *recipient, int data_index)
{
    return recipient && data_index >= 0 && data_index < (int)CS_PURPOSE_MAX_DATA &&
           (recipient->data_mask >> data_index & 1u) != 0;
}

cs_consent_form cs_purpose_effective_form(const cs_policy *policy, const cs_purpose *purpose)
{
    const cs_function *function = cs_policy_function_of(policy, purpose);
    bool additional = !function || function->kind == CS_FUNCTION_ADDITIONAL;
    bool combines = purpose->kind == CS_KIND_COMBINE && purpose->data_state == CONSENT_DATA_IDENTIFIED; /* C28 */
    return purpose->form == CS_FORM_POLICY && (additional || combines) ? CS_FORM_OWN : (cs_consent_form)purpose->form;
}

int cs_policy_compare_version(const cs_policy *a, const cs_policy *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    if (a->revision != b->revision)
        return a->revision < b->revision ? -1 : 1;
    return 0;
}
