#include "base/base.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

/* CRC-32C (Castagnoli), reflected polynomial 0x82F63B78: remainder of each half byte. */
static const uint32_t crc32c_table[16] = {
    0x00000000u, 0x105EC76Fu, 0x20BD8EDEu, 0x30E349B1u, 0x417B1DBCu, 0x5125DAD3u, 0x61C69362u, 0x7198540Du,
    0x82F63B78u, 0x92A8FC17u, 0xA24BB5A6u, 0xB21572C9u, 0xC38D26C4u, 0xD3D3E1ABu, 0xE330A81Au, 0xF36E6F75u,
};

static uint32_t crc32c_by_table(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ crc32c_table[crc & 15u];
        crc = crc >> 4 ^ crc32c_table[crc & 15u];
    }
    return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* Every frame is summed twice on its way to the disk; the instruction takes a tenth of the table's time. */
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *bytes, size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    return crc32c_by_table((uint32_t)wide, bytes, size);
}

/* Asked once; every thread would find the same. (The compiler's own question brings five kilobytes along.) */
static bool has_instruction(void)
{
    static _Atomic int known; /* 0: not asked yet, 1: no, 2: yes */
    int answer = known;
    if (answer == 0) {
        unsigned int a, b, c, d;
        answer = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) ? 2 : 1;
        known = answer;
    }
    return answer == 2;
}
#endif

uint32_t cs_crc32c(const void *data, size_t size)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (has_instruction())
        return ~crc32c_by_instruction(0xFFFFFFFFu, data, size);
#endif
    return ~crc32c_by_table(0xFFFFFFFFu, data, size);
}

uint64_t cs_hash64(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}
