/* The compact form of a policy: what parse made of it, without texts. The tables of fields.h serve both
 * ways: every `code_` function writes the value it is given, or reads it when the codec reads, so the two cannot drift apart.
 *
 *   u32 magic · 32 bytes hash · fields in the order of cs_policy_fields
 *   number: varint · flag: one byte, 0 or 1 · text: its number · identifier: varint size + 1 (0: NULL), bytes, NUL ·
 *   list: varint count, entries · instants and durations: varint, never negative
 *
 * Reading trusts nothing: every count is held against what is left, every position against its list. Strings stay
 * where they are, in a copy of the bytes, which is why they end with a NUL. */
#include "policy/fields.h"
#include "policy/parse.h"

#include <string.h>

#define POLICY_MAGIC 0x32505343u /* "CSP2" */
#define MAX_STRING_BYTES (CS_URL_MAX_SIZE + 1)

typedef struct codec {
    cs_buffer *out; /* NULL: reading */
    cs_reader in;
    cs_policy *policy;
    bool no_memory;
} codec;

/* ---- values ------------------------------------------------------------------------------- */

static void refuse(codec *c)
{
    c->in.ok = false;
}

/* A number of `size` bytes in memory. Writing stores nothing: other threads may be reading the policy. */
static void code_number(codec *c, void *at, uint8_t size, uint64_t max)
{
    const cs_member member = {.size = size};
    if (c->out) {
        cs_buffer_varint(c->out, cs_member_number(&member, at));
        return;
    }
    uint64_t value = cs_read_varint(&c->in);
    if (value > max) {
        refuse(c);
        value = 0;
    }
    cs_member_set(&member, at, value);
}

/* Numbers one behind the other, each with its highest bits zero. */
static void code_numbers(codec *c, char *at, size_t count, uint8_t size, unsigned zero_bits)
{
    for (; count > 0; count--, at += size)
        code_number(c, at, size, UINT64_MAX >> zero_bits);
}

/* A position in a list, which must not be empty. */
static void code_position(codec *c, void *at, uint16_t list_count)
{
    if (list_count == 0)
        refuse(c);
    code_number(c, at, sizeof(uint16_t), list_count - 1u);
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

static void code_string(codec *c, const char **value, cs_field_kind kind)
{
    if (c->out) {
        cs_buffer_sized(c->out, *value, *value ? strlen(*value) + 1 : 0);
        return;
    }
    cs_str read = cs_read_str(&c->in, MAX_STRING_BYTES);
    if (read.size > 0 && memchr(read.data, '\0', read.size) == read.data + read.size - 1) {
        read.size--;
    } else {
        c->in.ok = c->in.ok && read.size == 0;
        read = (cs_str){0};
    }
    bool valid = kind == CS_FIELD_ID       ? cs_id_is_valid(read)
                 : kind == CS_FIELD_LOCALE ? cs_locale_is_valid(read)
                                           : kind == CS_FIELD_STRING || read.data;
    if (!valid)
        refuse(c);
    *value = read.data;
}

/* ---- fields and lists ---------------------------------------------------------------------- */

static void code_fields(codec *c, const cs_field *field, char *entry, const void *holder);

/* A list's count and, when reading, its entries, zeroed. A count that the rest of the bytes cannot hold is refused before
 * anything is allocated for it. */
static void code_count(codec *c, const cs_list *list, char *holder)
{
    void *count_at = holder + list->count;
    uint16_t *count = count_at;
    void *items = NULL;
    code_number(c, count, sizeof(*count), list->max);
    if (c->out || *count == 0)
        return;
    if (c->in.ok && (size_t)*count * list->least_bytes <= c->in.left) {
        items = cs_arena_alloc(&c->policy->arena, (size_t)*count * list->entry_size);
        c->no_memory = c->no_memory || !items;
    }
    if (!items) {
        refuse(c);
        *count = 0;
    }
    memcpy(holder + list->items, &items, sizeof(items));
}

static void code_entries(codec *c, cs_list_id id, const void *holder)
{
    for (uint16_t i = 0; i < cs_list_count(id, holder); i++) {
        code_fields(c, cs_lists[id].fields, (char *)cs_list_entry(id, holder, i), holder);
        if (!c->out && c->in.ok && cs_list_repeats(c->policy, id, holder, i))
            refuse(c);
    }
}

static void code_locales(codec *c, cs_policy *policy)
{
    code_number(c, &policy->locale_count, sizeof(policy->locale_count), CS_POLICY_MAX_LOCALES);
    for (uint16_t i = 0; i < policy->locale_count; i++)
        code_string(c, &policy->locales[i], CS_FIELD_LOCALE);
}

/* What the bounds of single fields do not say of an entry. */
static bool is_sound(cs_field_check check, const void *entry)
{
    const cs_purpose *purpose = entry;
    if (check == CS_CHECK_DATE)
        return cs_date_is_valid(*(const cs_date *)entry);
    /* Only an undeclared purpose may lack what the rules go by. */
    return purpose->undeclared || (purpose->kind != 0 && purpose->ground != 0 && purpose->form != 0);
}

static void code_field(codec *c, const cs_field *field, cs_field_kind kind, char *entry, const void *holder)
{
    void *at = entry + field->offset;
    switch (kind) {
    case CS_FIELD_BYTES:
        code_bytes(c, at, field->arg);
        break;
    case CS_FIELD_SMALL:
        code_number(c, at, 1, field->arg);
        break;
    case CS_FIELD_POSITION:
        code_position(c, at, cs_list_count(field->arg, c->policy));
        break;
    case CS_FIELD_U32:
        code_numbers(c, at, field->arg, sizeof(uint32_t), 32);
        break;
    case CS_FIELD_I32:
    case CS_FIELD_MS:
        code_numbers(c, at, field->arg, kind == CS_FIELD_MS ? 8 : 4, kind == CS_FIELD_MS ? 1 : 33);
        break;
    case CS_FIELD_DATA_MASK:
        code_number(c, at, sizeof(uint64_t), cs_purpose_all_data(holder));
        break;
    case CS_FIELD_LOCALES:
        code_locales(c, c->policy);
        break;
    case CS_FIELD_CHECK:
        if (!c->out && !is_sound(field->arg, entry))
            refuse(c);
        break;
    default:
        code_string(c, at, kind);
    }
}

static void code_fields(codec *c, const cs_field *field, char *entry, const void *holder)
{
    for (; field->kind != CS_FIELD_END; field++) {
        cs_field_kind kind = field->kind % CS_FIELD_TERM;
        if (kind == CS_FIELD_COUNT || kind == CS_FIELD_LIST)
            code_count(c, &cs_lists[field->arg], entry);
        if (kind == CS_FIELD_ENTRIES || kind == CS_FIELD_LIST)
            code_entries(c, field->arg, entry);
        if (kind == CS_FIELD_IF)
            field += entry[field->offset] ? 0 : 1;
        else if (kind < CS_FIELD_COUNT)
            code_field(c, field, kind, entry, holder);
    }
}

/* ---- both ways ---------------------------------------------------------------------------- */

void cs_policy_encode(const cs_policy *policy, cs_buffer *out)
{
    codec c = {.out = out, .policy = (cs_policy *)policy}; /* a codec that writes stores nothing */
    cs_buffer_u32(out, POLICY_MAGIC);
    code_fields(&c, cs_policy_fields, (char *)c.policy, NULL);
}

static void index_lists(codec *c)
{
    const char *twice = NULL;
    for (int id = 0; c->in.ok && id < CS_LISTS_INDEXED; id++)
        if (!cs_policy_index(c->policy, &c->policy->arena, id, &twice)) {
            c->no_memory = !twice;
            refuse(c);
        }
}

static cs_policy *decode(codec *c, const cs_memory *memory, cs_span bytes)
{
    cs_policy *policy = cs_policy_new(memory);
    uint8_t *copy = policy ? cs_arena_alloc(&policy->arena, bytes.size) : NULL;
    c->policy = policy;
    c->no_memory = !copy;
    if (!copy)
        return policy;
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    c->in = cs_reader_of((cs_span){copy, bytes.size});
    if (cs_read_u32(&c->in) != POLICY_MAGIC)
        refuse(c);
    code_fields(c, cs_policy_fields, (char *)policy, NULL);
    if (c->in.left > 0)
        refuse(c);
    index_lists(c);
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
    if (c.in.ok) {
        *out = policy;
        return CONSENT_OK;
    }
    cs_policy_free(policy);
    if (c.no_memory)
        return cs_no_memory(err, "a stored policy");
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "a stored policy was damaged: install the policy again");
}
