#include "policy/fields.h"
#include "policy/parse.h"

#include <string.h>

const char cs_purpose_kind_words[] =
    "collect\0share\0publish\0combine\0obtain\0store\0market\0automate\0launch\0retain_longer\0declare\0";
const char cs_consent_form_words[] = "policy\0own\0separate\0written\0once\0";
const char cs_role_words[] = "payment\0supplier\0logistics\0sdk\0mini_program\0affiliate\0advertising\0analytics\0"
                             "processor\0joint\0account_provider\0transferee\0partner\0public\0other\0";
const char cs_sensitive_words[] = "biometric\0religion\0identity\0medical\0financial\0whereabouts\0minor\0other\0";

static const char *word_at(const char *words, uint8_t value)
{
    return value > 0 ? cs_nth_text(words, value - 1u) : "unknown";
}

const char *cs_purpose_kind_name(uint8_t kind)
{
    return word_at(cs_purpose_kind_words, kind);
}

const char *cs_consent_form_name(uint8_t form)
{
    return word_at(cs_consent_form_words, form);
}

const char *cs_role_name(uint8_t role)
{
    return word_at(cs_role_words, role);
}

const char *cs_sensitive_name(uint8_t sensitive)
{
    return sensitive == CS_NOT_SENSITIVE ? "none" : word_at(cs_sensitive_words, sensitive);
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

static bool build(cs_id_index *index, cs_arena *arena, const void *items, size_t item_size, size_t count,
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
    return build(&policy->indices[list], arena, cs_list_entry(list, policy, 0), cs_lists[list].entry_size,
                 cs_list_count(list, policy), twice) &&
           !*twice;
}

static int find(const cs_id_index *index, const void *items, size_t item_size, cs_str id)
{
    if (!index->slots || id.size == 0 || id.size > CS_ID_MAX_SIZE)
        return -1;
    return (int)index->slots[slot_of(index, items, item_size, id)] - 1;
}

int cs_policy_find(const cs_policy *policy, cs_list_id list, cs_str id)
{
    return find(&policy->indices[list], cs_list_entry(list, policy, 0), cs_lists[list].entry_size, id);
}

/* ---- looking up --------------------------------------------------------------------------- */

const cs_purpose *cs_policy_purpose(const cs_policy *policy, cs_str id)
{
    int at = find(&policy->indices[CS_LIST_PURPOSES], policy->purposes, sizeof(cs_purpose), id);
    return at >= 0 ? &policy->purposes[at] : NULL;
}

const cs_function *cs_policy_function(const cs_policy *policy, cs_str id)
{
    int at = find(&policy->indices[CS_LIST_FUNCTIONS], policy->functions, sizeof(cs_function), id);
    return at >= 0 ? &policy->functions[at] : NULL;
}

const cs_function *cs_policy_function_of(const cs_policy *policy, const cs_purpose *purpose)
{
    return purpose && purpose->function < policy->function_count ? &policy->functions[purpose->function] : NULL;
}

const cs_permission *cs_policy_permission(const cs_policy *policy, cs_str id)
{
    int at = find(&policy->indices[CS_LIST_PERMISSIONS], policy->permissions, sizeof(cs_permission), id);
    return at >= 0 ? &policy->permissions[at] : NULL;
}

const cs_recipient *cs_policy_recipient(const cs_policy *policy, cs_str id)
{
    int at = find(&policy->indices[CS_LIST_RECIPIENTS], policy->recipients, sizeof(cs_recipient), id);
    return at >= 0 ? &policy->recipients[at] : NULL;
}

const cs_data_item *cs_policy_data(const cs_policy *policy, cs_str id)
{
    int at = find(&policy->indices[CS_LIST_DATA], policy->data, sizeof(cs_data_item), id);
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
    int item = find(&policy->indices[CS_LIST_DATA], policy->data, sizeof(cs_data_item), data);
    for (uint16_t i = 0; purpose && item >= 0 && i < purpose->data_count; i++)
        if (purpose->data[i].item == item)
            return i;
    return -1;
}

const cs_purpose_recipient *cs_purpose_recipient_of(const cs_policy *policy, const cs_purpose *purpose, cs_str id)
{
    int recipient = find(&policy->indices[CS_LIST_RECIPIENTS], policy->recipients, sizeof(cs_recipient), id);
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
