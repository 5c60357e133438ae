#include "base/base.h"

#include <string.h>

static uint64_t turn(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[1] = turn(v[1], 13) ^ v[0];
        v[0] = turn(v[0], 32);
        v[2] += v[3];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = turn(v[1], 17) ^ v[2];
        v[2] = turn(v[2], 32);
    }
}

uint64_t cs_keyed_hash64(const uint8_t key[16], const void *data, size_t size)
{
    const uint64_t k[2] = {cs_load_u64(key), cs_load_u64(key + 8)};
    uint64_t v[4] = {k[0] ^ UINT64_C(0x736f6d6570736575), k[1] ^ UINT64_C(0x646f72616e646f6d),
                     k[0] ^ UINT64_C(0x6c7967656e657261), k[1] ^ UINT64_C(0x7465646279746573)};
    const uint8_t *bytes = data;
    for (size_t left = size;; bytes += 8, left -= 8) {
        uint8_t word[8] = {0};
        word[7] = (uint8_t)size; /* of the last word alone, which has at most seven bytes */
        if (left != 0)
            memcpy(word, bytes, left < 8 ? left : 8);
        uint64_t value = cs_load_u64(word);
        v[3] ^= value;
        sip_rounds(v, 2);
        v[0] ^= value;
        if (left < 8)
            break;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
