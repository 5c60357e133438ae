/* The compact form of a policy: what parse made of it, without texts. One description serves both ways: every
 * `code_` function writes the value it is given, or reads it when the codec reads, so the two cannot drift apart.
 *
 *   u32 magic · 32 bytes hash · fields in the order of code_policy below
 *   number: varint · flag: one byte, 0 or 1 · text: its number · identifier: varint size + 1 (0: NULL), bytes, NUL ·
 *   list: varint count, entries · instants and durations: varint, never negative
 *
 * Reading trusts nothing: every count is held against what is left, every position against its list. Strings stay
 * where they are, in a copy of the bytes, which is why they end with a NUL. */
#include "policy/parse.h"

#include <string.h>

#define POLICY_MAGIC 0x32505343u /* "CSP2" */
#define MAX_STRING_BYTES (CS_URL_MAX_SIZE + 1)

typedef struct codec {
    cs_buffer *out; /* NULL: reading */
    cs_reader in;
    cs_arena *arena;
    bool no_memory;
} codec;

/* ---- values ------------------------------------------------------------------------------- */

static void refuse(codec *c)
{
    c->in.ok = false;
}

static uint64_t read_number(codec *c, uint64_t max)
{
    uint64_t value = cs_read_varint(&c->in);
    if (value <= max)
        return value;
    refuse(c);
    return 0;
}

/* The value again when writing. No `code_` function stores then: other threads may be reading the policy. */
static uint64_t code_number(codec *c, uint64_t value, uint64_t max)
{
    if (!c->out)
        return read_number(c, max);
    cs_buffer_varint(c->out, value);
    return value;
}

static void code_u8(codec *c, uint8_t *value, uint8_t max)
{
    uint64_t number = code_number(c, *value, max);
    if (!c->out)
        *value = (uint8_t)number;
}

static void code_u16(codec *c, uint16_t *value, size_t max)
{
    uint64_t number = code_number(c, *value, max);
    if (!c->out)
        *value = (uint16_t)number;
}

static void code_u64(codec *c, uint64_t *value, uint64_t max)
{
    uint64_t number = code_number(c, *value, max);
    if (!c->out)
        *value = number;
}

static void code_u32(codec *c, uint32_t *value)
{
    uint64_t number = code_number(c, *value, UINT32_MAX);
    if (!c->out)
        *value = (uint32_t)number;
}

static void code_i32(codec *c, int32_t *value)
{
    uint64_t number = code_number(c, (uint64_t)*value, INT32_MAX);
    if (!c->out)
        *value = (int32_t)number;
}

static void code_ms(codec *c, int64_t *value)
{
    uint64_t number = code_number(c, (uint64_t)*value, INT64_MAX);
    if (!c->out)
        *value = (int64_t)number;
}

static void code_flag(codec *c, bool *value)
{
    if (c->out)
        cs_buffer_u8(c->out, *value ? 1 : 0);
    else
        *value = read_number(c, 1) != 0;
}

/* A position in a list of `count` entries. */
static void code_position(codec *c, uint16_t *value, size_t count)
{
    if (count == 0)
        refuse(c);
    code_u16(c, value, count > 0 ? count - 1 : 0);
}

static void code_bytes(codec *c, uint8_t *bytes, size_t size)
{
    if (c->out) {
        cs_buffer_append(c->out, bytes, size);
        return;
    }
    const uint8_t *read = cs_read_bytes(&c->in, size);
    if (read)
        memcpy(bytes, read, size);
}

static void code_string(codec *c, const char **value)
{
    if (c->out) {
        size_t size = *value ? strlen(*value) : 0;
        cs_buffer_varint(c->out, *value ? size + 1 : 0);
        cs_buffer_append(c->out, *value, *value ? size + 1 : 0);
        return;
    }
    uint64_t size = read_number(c, MAX_STRING_BYTES);
    const char *bytes = size > 0 ? (const char *)cs_read_bytes(&c->in, (size_t)size) : NULL;
    if (bytes && memchr(bytes, '\0', (size_t)size) != bytes + size - 1) {
        refuse(c);
        bytes = NULL;
    }
    *value = bytes;
}

static void code_id(codec *c, const char **value)
{
    code_string(c, value);
    if (!c->out && !cs_id_is_valid(cs_str_of(*value)))
        refuse(c);
}

static void code_locale(codec *c, const char **value)
{
    code_string(c, value);
    if (!c->out && !cs_locale_is_valid(cs_str_of(*value)))
        refuse(c);
}

/* Strings that the parser never leaves NULL. */
static void code_present(codec *c, const char **value)
{
    code_string(c, value);
    if (!c->out && !*value)
        refuse(c);
}

/* The entries of a list and their count, zeroed when reading. `list` is the address of the pointer to them. An entry takes at
 * least `min_bytes`, so a count that the rest of the bytes cannot hold is refused before anything is allocated for it. */
static void *code_list(codec *c, void *list, uint16_t *count, size_t item_size, size_t min_bytes, size_t max)
{
    void *items = NULL;
    code_u16(c, count, max);
    if (c->out) {
        memcpy(&items, list, sizeof(items));
        return items;
    }
    if (!c->in.ok || *count > c->in.left / min_bytes)
        refuse(c);
    if (c->in.ok && *count > 0) {
        items = cs_arena_alloc(c->arena, *count * item_size);
        c->no_memory = c->no_memory || !items;
    }
    if (!items && *count > 0) {
        refuse(c);
        *count = 0;
    }
    memcpy(list, &items, sizeof(items));
    return items;
}

/* ---- lists -------------------------------------------------------------------------------- */

static void code_retention(codec *c, cs_retention *retention)
{
    code_ms(c, &retention->period_ms);
    code_u32(c, &retention->criterion);
    code_u8(c, &retention->at_expiry, CS_AT_EXPIRY_ANONYMISE);
}

static void code_function(codec *c, cs_function *function)
{
    code_id(c, &function->id);
    code_u8(c, &function->kind, CS_FUNCTION_ADDITIONAL);
    code_flag(c, &function->needs_age);
    code_flag(c, &function->needs_login);
    code_u32(c, &function->name);
    code_u32(c, &function->refusal);
    const char **needs = code_list(c, &function->needs, &function->need_count, sizeof(*needs), 1, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < function->need_count; i++)
        code_id(c, &needs[i]);
}

static void code_data_item(codec *c, cs_data_item *data)
{
    code_id(c, &data->id);
    code_u8(c, &data->sensitive, CS_SENSITIVE_OTHER);
    code_flag(c, &data->identity);
    code_u32(c, &data->name);
}

static void code_recipient(codec *c, cs_recipient *recipient)
{
    code_id(c, &recipient->id);
    code_u8(c, &recipient->role, CS_ROLE_OTHER);
    code_present(c, &recipient->country);
    code_string(c, &recipient->policy_url);
    code_string(c, &recipient->sdk_version);
    code_u32(c, &recipient->name);
    code_u32(c, &recipient->contact);
    code_u32(c, &recipient->developer);
}

static void code_permission_names(codec *c, cs_permission_names *platform)
{
    code_id(c, &platform->platform);
    const char **names = code_list(c, &platform->names, &platform->name_count, sizeof(*names), 1, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < platform->name_count; i++)
        code_present(c, &names[i]);
}

static void code_permission(codec *c, cs_permission *permission, size_t purpose_count)
{
    code_id(c, &permission->id);
    code_u32(c, &permission->name);
    code_u32(c, &permission->consequence);
    code_u32(c, &permission->settings);
    code_u32(c, &permission->alternative);
    cs_permission_names *platforms =
        code_list(c, &permission->platforms, &permission->platform_count, sizeof(*platforms), 2, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < permission->platform_count; i++)
        code_permission_names(c, &platforms[i]);
    cs_call_site *sites =
        code_list(c, &permission->call_sites, &permission->call_site_count, sizeof(*sites), 3, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < permission->call_site_count; i++) {
        code_id(c, &sites[i].id);
        code_position(c, &sites[i].purpose, purpose_count);
        code_u32(c, &sites[i].text);
    }
    code_ms(c, &permission->cooldown_ms);
    code_flag(c, &permission->cooldown_raised);
}

static void code_contacts(codec *c, const cs_contact **contacts, uint16_t *count)
{
    cs_contact *items = code_list(c, contacts, count, sizeof(*items), 3, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < *count; i++) {
        code_id(c, &items[i].kind);
        code_u32(c, &items[i].value);
        code_u32(c, &items[i].hours);
    }
}

static void code_days(codec *c, const cs_date **days, uint16_t *count)
{
    cs_date *items = code_list(c, days, count, sizeof(*items), 3, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < *count; i++) {
        code_i32(c, &items[i].year);
        code_i32(c, &items[i].month);
        code_i32(c, &items[i].day);
        if (!c->out && !cs_date_is_valid(items[i]))
            refuse(c);
    }
}

/* ---- purposes ----------------------------------------------------------------------------- */

static void code_purpose_data(codec *c, cs_purpose *purpose, const cs_policy *policy)
{
    cs_purpose_data *data = code_list(c, &purpose->data, &purpose->data_count, sizeof(*data), 4, CS_PURPOSE_MAX_DATA);
    for (uint16_t i = 0; i < purpose->data_count; i++) {
        code_position(c, &data[i].item, policy->data_count);
        code_u8(c, &data[i].need, CS_NEED_OPTIONAL);
        code_u32(c, &data[i].reason);
        code_flag(c, &data[i].at_field);
    }
}

static void code_purpose_recipients(codec *c, cs_purpose *purpose, const cs_policy *policy)
{
    cs_purpose_recipient *recipients =
        code_list(c, &purpose->recipients, &purpose->recipient_count, sizeof(*recipients), 11, CS_POLICY_MAX_LIST);
    uint64_t all = purpose->data_count == CS_PURPOSE_MAX_DATA ? UINT64_MAX : (UINT64_C(1) << purpose->data_count) - 1;
    for (uint16_t i = 0; i < purpose->recipient_count; i++) {
        code_position(c, &recipients[i].recipient, policy->recipient_count);
        code_u64(c, &recipients[i].data_mask, all);
        code_u32(c, &recipients[i].method);
        code_bytes(c, recipients[i].method_digest, sizeof(recipients[i].method_digest));
        for (uint16_t j = 0; !c->out && j < i; j++)
            if (recipients[j].recipient == recipients[i].recipient)
                refuse(c);
    }
}

static void code_purpose(codec *c, cs_purpose *purpose, const cs_policy *policy)
{
    code_id(c, &purpose->id);
    code_position(c, &purpose->function, policy->function_count);
    code_u8(c, &purpose->kind, CS_KIND_DECLARE);
    code_u8(c, &purpose->ground, CONSENT_GROUND_OTHER_LAW);
    code_u8(c, &purpose->form, CS_FORM_ONCE);
    code_flag(c, &purpose->undeclared);
    code_flag(c, &purpose->automated);
    code_u8(c, &purpose->channel, CS_CHANNEL_PHONE);
    code_u8(c, &purpose->storage_level, CS_STORAGE_RECOMMENDATION);
    code_u8(c, &purpose->data_state, CONSENT_DATA_ANONYMISED);
    code_u32(c, &purpose->name);
    code_u32(c, &purpose->text);
    code_u32(c, &purpose->method);
    code_u32(c, &purpose->necessity);
    code_u32(c, &purpose->impact);
    code_u32(c, &purpose->consequence);
    code_purpose_data(c, purpose, policy);
    code_purpose_recipients(c, purpose, policy);
    uint16_t *permissions =
        code_list(c, &purpose->permissions, &purpose->permission_count, sizeof(*permissions), 1, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < purpose->permission_count; i++)
        code_position(c, &permissions[i], policy->permission_count);
    code_retention(c, &purpose->retention);
    code_ms(c, &purpose->grant_lifetime_ms);
    code_ms(c, &purpose->refusal_lifetime_ms);
    code_ms(c, &purpose->cooldown_ms);
    code_flag(c, &purpose->cooldown_raised);
    code_string(c, &purpose->section);
    code_bytes(c, purpose->method_digest, sizeof(purpose->method_digest));
    code_bytes(c, purpose->criterion_digest, sizeof(purpose->criterion_digest));
    /* Only an undeclared purpose may lack what the rules go by. */
    if (!c->out && !purpose->undeclared && (purpose->kind == 0 || purpose->ground == 0 || purpose->form == 0))
        refuse(c);
}

/* ---- policy ------------------------------------------------------------------------------- */

static void code_head(codec *c, cs_policy *policy)
{
    code_bytes(c, policy->hash, sizeof(policy->hash));
    code_id(c, &policy->id);
    code_id(c, &policy->scope);
    code_u32(c, &policy->version);
    code_u32(c, &policy->revision);
    code_present(c, &policy->region);
    code_ms(c, &policy->published_ms);
    code_ms(c, &policy->effective_ms);
    code_ms(c, &policy->valid_until_ms);
    code_u16(c, &policy->locale_count, CS_POLICY_MAX_LOCALES);
    for (uint16_t i = 0; i < policy->locale_count; i++)
        code_locale(c, &policy->locales[i]);
    code_id(c, &policy->controller_id);
    code_flag(c, &policy->controller_bound);
    cs_text *texts[] = {&policy->controller_name, &policy->name,         &policy->summary,      &policy->consequence,
                        &policy->visitor_text,    &policy->accept_label, &policy->refuse_label, &policy->tick_label,
                        &policy->change_summary,  &policy->remedies};
    for (size_t i = 0; i < CS_COUNT_OF(texts); i++)
        code_u32(c, texts[i]);
}

static void code_terms(codec *c, cs_policy *policy)
{
    code_contacts(c, &policy->contacts, &policy->contact_count);
    code_contacts(c, &policy->rights_channels, &policy->rights_channel_count);
    const char **kinds =
        code_list(c, &policy->rights_kinds, &policy->rights_kind_count, sizeof(*kinds), 1, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < policy->rights_kind_count; i++)
        code_id(c, &kinds[i]);
    code_i32(c, &policy->reply_working_days);
    code_days(c, &policy->holidays, &policy->holiday_count);
    code_days(c, &policy->makeup_days, &policy->makeup_day_count);
    code_i32(c, &policy->minors.child_under);
    code_i32(c, &policy->minors.guardian_under);
    code_ms(c, &policy->minors.retention_ms);
    code_string(c, &policy->minors.purpose);
    code_string(c, &policy->minors.rules_id);
    code_u32(c, &policy->minors.rules_version);
    for (int i = 0; i < CS_CHILD_FACTS; i++)
        code_u32(c, &policy->minors.facts[i]);
    code_flag(c, &policy->visitor_allowed);
    code_flag(c, &policy->import_allowed);
    code_flag(c, &policy->fetch_before_consent);
    code_flag(c, &policy->must_reach_end);
    code_ms(c, &policy->cooldown_ms);
    code_flag(c, &policy->cooldown_raised);
    code_u32(c, &policy->declared_changes);
    code_flag(c, &policy->closing);
    code_ms(c, &policy->closing_notice_ms);
    code_ms(c, &policy->closing_end_ms);
    code_bytes(c, policy->rights_digest, sizeof(policy->rights_digest));
    code_bytes(c, policy->contact_digest, sizeof(policy->contact_digest));
    code_flag(c, &policy->has_sealing_key);
    if (policy->has_sealing_key)
        code_bytes(c, policy->sealing_key, sizeof(policy->sealing_key));
}

static void code_documents(codec *c, cs_policy *policy)
{
    cs_document_ref *documents = code_list(c, &policy->documents, &policy->document_count, sizeof(*documents),
                                           2 + CS_HASH_SIZE, CS_POLICY_MAX_DOCUMENTS);
    for (uint16_t i = 0; i < policy->document_count; i++) {
        code_locale(c, &documents[i].locale);
        code_flag(c, &documents[i].child_rules);
        code_bytes(c, documents[i].hash, sizeof(documents[i].hash));
    }
}

/* All counts come before all entries, so that every position can be checked where it stands. */
static void code_lists(codec *c, cs_policy *policy)
{
    cs_function *functions =
        code_list(c, &policy->functions, &policy->function_count, sizeof(*functions), 6, CS_POLICY_MAX_LIST);
    cs_data_item *data = code_list(c, &policy->data, &policy->data_count, sizeof(*data), 4, CS_POLICY_MAX_LIST);
    cs_recipient *recipients =
        code_list(c, &policy->recipients, &policy->recipient_count, sizeof(*recipients), 8, CS_POLICY_MAX_LIST);
    cs_permission *permissions =
        code_list(c, &policy->permissions, &policy->permission_count, sizeof(*permissions), 8, CS_POLICY_MAX_LIST);
    cs_purpose *purposes =
        code_list(c, &policy->purposes, &policy->purpose_count, sizeof(*purposes), 43, CS_POLICY_MAX_LIST);
    for (uint16_t i = 0; i < policy->function_count; i++)
        code_function(c, &functions[i]);
    for (uint16_t i = 0; i < policy->data_count; i++)
        code_data_item(c, &data[i]);
    for (uint16_t i = 0; i < policy->recipient_count; i++)
        code_recipient(c, &recipients[i]);
    for (uint16_t i = 0; i < policy->permission_count; i++)
        code_permission(c, &permissions[i], policy->purpose_count);
    for (uint16_t i = 0; i < policy->purpose_count; i++)
        code_purpose(c, &purposes[i], policy);
}

static void code_policy(codec *c, cs_policy *policy)
{
    code_head(c, policy);
    code_terms(c, policy);
    code_documents(c, policy);
    code_lists(c, policy);
}

/* ---- indices ------------------------------------------------------------------------------ */

static void index_list(codec *c, cs_id_index *index, const void *items, size_t item_size, size_t count)
{
    const char *twice = NULL;
    if (!c->in.ok)
        return;
    if (!cs_id_index_build(index, c->arena, items, item_size, count, &twice)) {
        c->no_memory = true;
        refuse(c);
    }
    if (twice)
        refuse(c);
}

static void index_policy(codec *c, cs_policy *policy)
{
    index_list(c, &policy->function_index, policy->functions, sizeof(cs_function), policy->function_count);
    index_list(c, &policy->data_index, policy->data, sizeof(cs_data_item), policy->data_count);
    index_list(c, &policy->recipient_index, policy->recipients, sizeof(cs_recipient), policy->recipient_count);
    index_list(c, &policy->purpose_index, policy->purposes, sizeof(cs_purpose), policy->purpose_count);
    index_list(c, &policy->permission_index, policy->permissions, sizeof(cs_permission), policy->permission_count);
}

/* ---- both ways ---------------------------------------------------------------------------- */

void cs_policy_encode(const cs_policy *policy, cs_buffer *out)
{
    codec c = {.out = out};
    cs_buffer_u32(out, POLICY_MAGIC);
    code_policy(&c, (cs_policy *)policy); /* a codec that writes stores nothing */
}

static cs_policy *decode(codec *c, const cs_memory *memory, cs_span bytes)
{
    cs_policy *policy = cs_alloc(memory, sizeof(*policy));
    if (!policy)
        return NULL;
    cs_arena_init(&policy->arena, memory, CS_POLICY_ARENA_BYTES);
    c->arena = &policy->arena;
    uint8_t *copy = cs_arena_alloc(c->arena, bytes.size);
    if (!copy) {
        c->no_memory = true;
        return policy;
    }
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    c->in = cs_reader_of((cs_span){copy, bytes.size});
    if (cs_read_u32(&c->in) != POLICY_MAGIC)
        refuse(c);
    code_policy(c, policy);
    if (c->in.left > 0)
        refuse(c);
    index_policy(c, policy);
    return policy;
}

consent_status cs_policy_decode(const cs_memory *memory, cs_span bytes, cs_policy **out, consent_error *err)
{
    codec c = {0};
    *out = NULL;
    if (bytes.size > CS_POLICY_MAX_BYTES)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "a stored policy was larger than %u bytes: install the policy again",
                       CS_POLICY_MAX_BYTES);
    cs_policy *policy = decode(&c, memory, bytes);
    if (policy && c.in.ok) {
        *out = policy;
        return CONSENT_OK;
    }
    cs_policy_free(policy);
    if (!policy || c.no_memory)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for a stored policy");
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "a stored policy was damaged: install the policy again");
}
