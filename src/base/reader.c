#include "base/base.h"

cs_reader cs_reader_of(cs_span span)
{
    return (cs_reader){span.data, span.size, true};
}

const uint8_t *cs_read_bytes(cs_reader *reader, size_t size)
{
    static const uint8_t nothing[1];
    if (!reader->ok || size > reader->left) {
        reader->ok = false;
        return NULL;
    }
    if (size == 0)
        return reader->at ? reader->at : nothing;
    const uint8_t *bytes = reader->at;
    reader->at += size;
    reader->left -= size;
    return bytes;
}

uint8_t cs_read_u8(cs_reader *reader)
{
    const uint8_t *bytes = cs_read_bytes(reader, 1);
    return bytes ? bytes[0] : 0;
}

uint32_t cs_read_u32(cs_reader *reader)
{
    const uint8_t *bytes = cs_read_bytes(reader, 4);
    return bytes ? cs_load_u32(bytes) : 0;
}

uint64_t cs_read_u64(cs_reader *reader)
{
    const uint8_t *bytes = cs_read_bytes(reader, 8);
    return bytes ? cs_load_u64(bytes) : 0;
}

uint64_t cs_read_varint(cs_reader *reader)
{
    uint64_t value = 0;
    if (reader->ok && reader->left > 0 && *reader->at < 0x80u) { /* most are */
        reader->left--;
        return *reader->at++;
    }
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *byte = cs_read_bytes(reader, 1);
        if (!byte)
            return 0;
        uint64_t bits = *byte & 0x7Fu;
        bool too_large = shift == 63 && bits > 1;
        bool overlong = shift > 0 && *byte == 0;
        if (too_large || overlong)
            break;
        value |= bits << shift;
        if ((*byte & 0x80u) == 0)
            return value;
    }
    reader->ok = false;
    return 0;
}

cs_span cs_read_sized(cs_reader *reader, size_t max_size)
{
    uint64_t size = cs_read_varint(reader);
    if (size > max_size)
        reader->ok = false;
    const uint8_t *bytes = cs_read_bytes(reader, reader->ok ? (size_t)size : 0);
    return bytes ? (cs_span){bytes, (size_t)size} : (cs_span){NULL, 0};
}

cs_str cs_read_str(cs_reader *reader, size_t max_size)
{
    cs_span span = cs_read_sized(reader, max_size);
    return (cs_str){(const char *)span.data, span.size};
}

uint32_t cs_load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint64_t cs_load_u64(const uint8_t *bytes)
{
    return (uint64_t)cs_load_u32(bytes) | (uint64_t)cs_load_u32(bytes + 4) << 32;
}

void cs_store_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

void cs_store_u64(uint8_t *bytes, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}
