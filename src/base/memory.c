#include "base/base.h"

#include <stdalign.h>
#include <string.h>

void *cs_alloc(const cs_memory *memory, size_t size)
{
    void *block = memory->resize(memory->ctx, NULL, 0, size > 0 ? size : 1);
    if (block)
        memset(block, 0, size);
    return block;
}

void *cs_realloc(const cs_memory *memory, void *block, size_t old_size, size_t new_size)
{
    return memory->resize(memory->ctx, block, old_size, new_size);
}

void cs_free(const cs_memory *memory, void *block, size_t size)
{
    if (block)
        (void)memory->resize(memory->ctx, block, size, 0);
}

void *cs_list_room(const cs_memory *memory, void *list, size_t count, uint32_t *capacity, size_t element_size)
{
    if (count < *capacity)
        return list;
    uint32_t wanted = *capacity ? *capacity * 2 : 8;
    list = cs_realloc(memory, list, *capacity * element_size, wanted * element_size);
    if (list)
        *capacity = wanted;
    return list;
}

void cs_wipe(void *block, size_t size)
{
#if defined(__GNUC__)
    if (size > 0)
        memset(block, 0, size);
    __asm__ __volatile__("" : : "r"(block) : "memory");
#else
    volatile unsigned char *at = block;
    while (size-- > 0)
        *at++ = 0;
#endif
}

bool cs_equal_secret(const void *a, const void *b, size_t size)
{
    const volatile unsigned char *x = a;
    const volatile unsigned char *y = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < size; i++)
        difference = (unsigned char)(difference | (x[i] ^ y[i]));
    return difference == 0;
}

/* ---- arena -------------------------------------------------------------------------------- */

#define ARENA_CHUNK_BYTES 4096u
#define ARENA_ALIGN alignof(max_align_t)

struct cs_arena_chunk {
    cs_arena_chunk *next;
    size_t capacity; /* bytes after this header */
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

void cs_arena_init(cs_arena *arena, const cs_memory *memory, size_t max_bytes)
{
    *arena = (cs_arena){.memory = memory, .max_bytes = max_bytes};
}

static cs_arena_chunk *arena_grow(cs_arena *arena, size_t size)
{
    /* Doubling with what is used keeps the number of chunks small for large documents. */
    size_t capacity = ARENA_CHUNK_BYTES - sizeof(cs_arena_chunk);
    if (arena->used_bytes > capacity)
        capacity = arena->used_bytes < 1024u * 1024u ? arena->used_bytes : 1024u * 1024u;
    if (capacity < size)
        capacity = size;
    if (capacity > SIZE_MAX - sizeof(cs_arena_chunk))
        return NULL;
    cs_arena_chunk *chunk = cs_alloc(arena->memory, sizeof(cs_arena_chunk) + capacity);
    if (!chunk)
        return NULL;
    chunk->capacity = capacity;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *cs_arena_alloc(cs_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (rounded == 0)
        rounded = ARENA_ALIGN;
    if (rounded > SIZE_MAX - arena->used_bytes)
        return NULL;
    if (arena->max_bytes > 0 && arena->used_bytes + rounded > arena->max_bytes)
        return NULL;
    cs_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->capacity - chunk->used < rounded)
        chunk = arena_grow(arena, rounded);
    if (!chunk)
        return NULL;
    void *block = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used_bytes += rounded;
    return block;
}

char *cs_arena_strndup(cs_arena *arena, const char *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = cs_arena_alloc(arena, size + 1);
    if (copy && size > 0)
        memcpy(copy, text, size);
    return copy;
}

void cs_arena_free(cs_arena *arena)
{
    if (!arena)
        return;
    cs_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        cs_arena_chunk *next = chunk->next;
        cs_wipe(chunk->bytes, chunk->used);
        cs_free(arena->memory, chunk, sizeof(cs_arena_chunk) + chunk->capacity);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->used_bytes = 0;
}
