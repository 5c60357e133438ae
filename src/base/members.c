#include "base/base.h"

#include <string.h>

uint64_t cs_member_number(const cs_member *member, const void *from)
{
    const void *at = (const char *)from + member->offset;
    switch (member->size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        return *(const uint64_t *)at;
    }
}

void cs_member_set(const cs_member *member, void *to, uint64_t value)
{
    void *at = (char *)to + member->offset;
    switch (member->size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(uint64_t *)at = value;
        break;
    }
}

void cs_buffer_members(cs_buffer *buffer, const cs_member *members, size_t count, const void *from)
{
    for (const cs_member *member = members; member < members + count; member++) {
        const void *at = (const char *)from + member->offset;
        uint8_t fixed[8];
        switch (member->kind) {
        case CS_MEMBER_BYTES:
            cs_buffer_append(buffer, at, member->size);
            break;
        case CS_MEMBER_ID:
            cs_buffer_sized(buffer, at, strlen(at));
            break;
        case CS_MEMBER_FIXED:
            cs_store_u64(fixed, cs_member_number(member, from));
            cs_buffer_append(buffer, fixed, member->size);
            break;
        default:
            cs_buffer_varint(buffer, cs_member_number(member, from));
            break;
        }
    }
}

static uint64_t largest(const cs_member *member)
{
    if (member->kind == CS_MEMBER_BOOL)
        return 1;
    return member->kind == CS_MEMBER_SMALL ? UINT16_MAX : UINT64_MAX >> (64 - 8 * member->size);
}

void cs_read_members(cs_reader *reader, const cs_member *members, size_t count, void *to)
{
    for (const cs_member *member = members; member < members + count; member++) {
        char *at = (char *)to + member->offset;
        cs_span bytes = {NULL, member->size};
        uint64_t value = 0;
        switch (member->kind) {
        case CS_MEMBER_BYTES:
            bytes.data = cs_read_bytes(reader, member->size);
            break;
        case CS_MEMBER_ID:
            bytes = cs_read_sized(reader, member->size - 1u);
            break;
        case CS_MEMBER_FIXED:
            value = member->size == 4 ? cs_read_u32(reader) : cs_read_u64(reader);
            break;
        default:
            value = cs_read_varint(reader);
            if (value > largest(member))
                reader->ok = false;
            break;
        }
        if (member->kind >= CS_MEMBER_FIXED)
            cs_member_set(member, to, reader->ok ? value : 0);
        else if (reader->ok)
            memcpy(at, bytes.data, bytes.size);
    }
}
