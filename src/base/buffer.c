#include "base/base.h"

#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 512u /* an act and its record fit: no growing while somebody waits */

void cs_buffer_init(cs_buffer *buffer, const cs_memory *memory, size_t max_size)
{
    *buffer = (cs_buffer){.memory = memory, .max_size = max_size};
}

void cs_buffer_free(cs_buffer *buffer)
{
    if (!buffer)
        return;
    if (buffer->data) {
        cs_wipe(buffer->data, buffer->capacity);
        cs_free(buffer->memory, buffer->data, buffer->capacity);
    }
    cs_buffer_init(buffer, buffer->memory, buffer->max_size);
}

void cs_buffer_clear(cs_buffer *buffer)
{
    if (buffer->data)
        cs_wipe(buffer->data, buffer->size);
    buffer->size = 0;
    buffer->failed = false;
}

/* Moves by copying, never by resizing in place: the old block is wiped before it is given back. */
static bool grow(cs_buffer *buffer, size_t capacity)
{
    uint8_t *data = cs_realloc(buffer->memory, NULL, 0, capacity);
    if (!data)
        return false;
    if (buffer->data) {
        memcpy(data, buffer->data, buffer->size);
        cs_wipe(buffer->data, buffer->capacity);
        cs_free(buffer->memory, buffer->data, buffer->capacity);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

/* Room for `size` more bytes, or NULL and the buffer has failed. */
static uint8_t *reserve(cs_buffer *buffer, size_t size)
{
    if (buffer->failed)
        return NULL;
    if (!buffer->memory || size > buffer->max_size - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    size_t wanted = buffer->size + size;
    if (wanted > buffer->capacity) {
        size_t capacity = buffer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buffer->capacity;
        while (capacity < wanted)
            capacity = capacity > buffer->max_size / 2 ? buffer->max_size : capacity * 2;
        if (capacity > buffer->max_size)
            capacity = buffer->max_size;
        if (!grow(buffer, capacity)) {
            buffer->failed = true;
            return NULL;
        }
    }
    return buffer->data + buffer->size;
}

uint8_t *cs_buffer_extend(cs_buffer *buffer, size_t size)
{
    uint8_t *at = reserve(buffer, size);
    if (at)
        buffer->size += size;
    return at;
}

void cs_buffer_append(cs_buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    uint8_t *at = reserve(buffer, size);
    if (!at)
        return;
    memcpy(at, data, size);
    buffer->size += size;
}

void cs_buffer_str(cs_buffer *buffer, cs_str text)
{
    cs_buffer_append(buffer, text.data, text.size);
}

void cs_buffer_text(cs_buffer *buffer, const char *text)
{
    if (text)
        cs_buffer_append(buffer, text, strlen(text));
}

void cs_buffer_printf(cs_buffer *buffer, const char *fmt, ...)
{
    char small[256];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (wanted < 0) {
        buffer->failed = true;
    } else if ((size_t)wanted < sizeof(small)) {
        cs_buffer_append(buffer, small, (size_t)wanted);
    } else {
        /* vsnprintf ends with a NUL, which needs room of its own. */
        size_t room = (size_t)wanted + 1;
        char *large = buffer->failed || !buffer->memory ? NULL : cs_alloc(buffer->memory, room);
        if (!large) {
            buffer->failed = true;
            return;
        }
        va_start(args, fmt);
        (void)vsnprintf(large, room, fmt, args);
        va_end(args);
        cs_buffer_append(buffer, large, (size_t)wanted);
        cs_wipe(large, room);
        cs_free(buffer->memory, large, room);
    }
    cs_wipe(small, sizeof(small));
}

void cs_buffer_u8(cs_buffer *buffer, uint8_t value)
{
    cs_buffer_append(buffer, &value, 1);
}

void cs_buffer_u32(cs_buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];
    cs_store_u32(bytes, value);
    cs_buffer_append(buffer, bytes, sizeof(bytes));
}

void cs_buffer_u64(cs_buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    cs_store_u64(bytes, value);
    cs_buffer_append(buffer, bytes, sizeof(bytes));
}

void cs_buffer_varint(cs_buffer *buffer, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    while (value >= 0x80u) {
        bytes[size++] = (uint8_t)(value | 0x80u);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    cs_buffer_append(buffer, bytes, size);
}

void cs_buffer_sized(cs_buffer *buffer, const void *data, size_t size)
{
    cs_buffer_varint(buffer, size);
    cs_buffer_append(buffer, data, size);
}

cs_span cs_buffer_span(const cs_buffer *buffer)
{
    return (cs_span){buffer->data, buffer->size};
}

consent_status cs_buffer_status(const cs_buffer *buffer, const char *what, consent_error *err)
{
    if (!buffer->failed)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for %s, or it passed its limit of %zu bytes", what,
                   buffer->max_size);
}
