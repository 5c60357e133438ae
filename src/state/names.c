#include "state/names.h"

#include <string.h>

#define FIRST_SLOTS 64u

void cs_state_names_init(cs_name_table *table, const cs_memory *memory)
{
    memset(table, 0, sizeof *table);
    cs_arena_init(&table->arena, memory, 0);
}

void cs_state_names_free(cs_name_table *table)
{
    const cs_memory *memory = table->arena.memory;
    if (memory == NULL)
        return;
    cs_free(memory, table->names, table->capacity * sizeof *table->names);
    cs_free(memory, table->slots, table->slot_count * sizeof *table->slots);
    cs_arena_free(&table->arena);
    memset(table, 0, sizeof *table);
}

/* The slot where the text stands or would stand. */
static uint32_t slot_of(const cs_name_table *table, cs_str text)
{
    uint32_t mask = table->slot_count - 1;
    uint32_t slot = (uint32_t)cs_hash64(text.data, text.size) & mask;
    while (table->slots[slot] != 0 && !cs_str_equal(table->names[table->slots[slot] - 1], text))
        slot = (slot + 1) & mask;
    return slot;
}

cs_name cs_state_names_find(const cs_name_table *table, cs_str text)
{
    if (text.size == 0 || table->slot_count == 0)
        return 0;
    return table->slots[slot_of(table, text)];
}

static consent_status grow(cs_name_table *table, consent_error *err)
{
    const cs_memory *memory = table->arena.memory;
    uint32_t slot_count = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
    uint32_t capacity = slot_count / 2;
    uint32_t *slots = cs_alloc(memory, slot_count * sizeof *slots);
    if (slots == NULL)
        return cs_no_memory(err, "the consent state");
    cs_str *names = cs_realloc(memory, table->names, table->capacity * sizeof *names, capacity * sizeof *names);
    if (names == NULL) {
        cs_free(memory, slots, slot_count * sizeof *slots);
        return cs_no_memory(err, "the consent state");
    }
    cs_free(memory, table->slots, table->slot_count * sizeof *table->slots);
    table->names = names;
    table->capacity = capacity;
    table->slots = slots;
    table->slot_count = slot_count;
    for (uint32_t i = 0; i < table->count; i++)
        slots[slot_of(table, names[i])] = i + 1;
    return CONSENT_OK;
}

consent_status cs_state_names_intern(cs_name_table *table, cs_str text, cs_name *out, consent_error *err)
{
    *out = cs_state_names_find(table, text);
    if (*out != 0 || text.size == 0)
        return CONSENT_OK;
    if (table->count == table->capacity) {
        consent_status status = grow(table, err);
        if (status != CONSENT_OK)
            return status;
    }
    char *copy = cs_arena_strndup(&table->arena, text.data, text.size);
    if (copy == NULL)
        return cs_no_memory(err, "the consent state");
    uint32_t slot = slot_of(table, text);
    table->names[table->count] = (cs_str){copy, text.size};
    table->slots[slot] = ++table->count;
    *out = table->count;
    return CONSENT_OK;
}
