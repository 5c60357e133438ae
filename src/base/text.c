#include "base/base.h"

#include <string.h>

cs_str cs_str_of(const char *text)
{
    return text ? (cs_str){text, strlen(text)} : (cs_str){NULL, 0};
}

bool cs_str_equal(cs_str a, cs_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool cs_str_is(cs_str a, const char *text)
{
    return cs_str_equal(a, cs_str_of(text));
}

int cs_str_compare(cs_str a, cs_str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size ? 1 : 0;
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

const char *cs_nth_text(const char *texts, size_t n)
{
    for (const char *next = texts; n > 0; n--) {
        next += strlen(next) + 1;
        if (!*next)
            break;
        texts = next;
    }
    return texts;
}

unsigned cs_text_find(const char *texts, cs_str text)
{
    for (unsigned position = 1; *texts != '\0'; position++, texts += strlen(texts) + 1)
        if (cs_str_is(text, texts))
            return position;
    return 0;
}

bool cs_id_is_valid(cs_str text)
{
    if (text.size == 0 || text.size > CS_ID_MAX_SIZE || !is_lower_or_digit(text.data[0]))
        return false;
    for (size_t i = 1; i < text.size; i++) {
        char c = text.data[i];
        if (!is_lower_or_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* Size of the sequence at `bytes`, or 0 when RFC 3629 does not allow it. */
static size_t sequence_size(const unsigned char *bytes, size_t left)
{
    unsigned char lead = bytes[0];
    if (lead < 0x80u)
        return lead != 0 ? 1 : 0;
    size_t size = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : 2;
    if (lead < 0xC2u || lead > 0xF4u || size > left)
        return 0;
    /* The second byte rules out overlong forms, surrogates and what lies above U+10FFFF. */
    unsigned char low = lead == 0xE0u ? 0xA0u : lead == 0xF0u ? 0x90u : 0x80u;
    unsigned char high = lead == 0xEDu ? 0x9Fu : lead == 0xF4u ? 0x8Fu : 0xBFu;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((bytes[i] & 0xC0u) != 0x80u)
            return 0;
    return size;
}

bool cs_utf8_is_valid(cs_str text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.size) {
        size_t size = sequence_size(bytes + at, text.size - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

uint32_t cs_utf8_next(const char **at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    if (*at >= end)
        return 0;
    size_t size = sequence_size(bytes, (size_t)(end - *at));
    if (size == 0) {
        /* Only for text that was never checked: one replacement character for each bad byte. */
        (*at)++;
        return 0xFFFDu;
    }
    *at += size;
    uint32_t code = size == 1 ? bytes[0] : bytes[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (bytes[i] & 0x3Fu);
    return code;
}

typedef struct range {
    uint32_t first;
    uint32_t last;
} range;

static bool in_ranges(const range *ranges, size_t count, uint32_t code_point)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && code_point >= ranges[low].first;
}

int cs_utf8_columns(uint32_t code_point)
{
    /* Combining marks, joiners, direction marks, variation selectors. */
    static const range none[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
                                 {0x064B, 0x065F}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},
                                 {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
                                 {0x2066, 0x2069}, {0x20D0, 0x20FF}, {0x302A, 0x302D}, {0x3099, 0x309A},
                                 {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
    /* East Asian Width W and F (Unicode UAX 11), in coarse blocks. */
    static const range wide[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
        {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x2705, 0x2705},
        {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
        {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
        {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
        {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1B000, 0x1B2FF}, {0x1F18E, 0x1F18E},
        {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
        {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}};
    if (code_point < 0x20u || (code_point >= 0x7Fu && code_point < 0xA0u))
        return 0;
    if (code_point < 0x0300u)
        return 1;
    if (in_ranges(none, CS_COUNT_OF(none), code_point))
        return 0;
    return in_ranges(wide, CS_COUNT_OF(wide), code_point) ? 2 : 1;
}

/* ---- hex and base64url -------------------------------------------------------------------- */

void cs_hex_encode(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 0xFu];
    }
    out[2 * size] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool cs_hex_decode(cs_str text, uint8_t *out, size_t size)
{
    if (size > SIZE_MAX / 2 || text.size != 2 * size)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (hex_value(text.data[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(hex_value(text.data[2 * i]) << 4 | hex_value(text.data[2 * i + 1]));
    return true;
}

void cs_base64url_encode(cs_buffer *out, cs_span data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < data.size; i += 3) {
        size_t left = data.size - i;
        uint32_t bits = (uint32_t)data.data[i] << 16;
        if (left > 1)
            bits |= (uint32_t)data.data[i + 1] << 8;
        if (left > 2)
            bits |= data.data[i + 2];
        char group[4];
        for (unsigned j = 0; j < 4; j++)
            group[j] = digits[bits >> (18 - 6 * j) & 0x3Fu];
        cs_buffer_append(out, group, left > 2 ? 4 : left + 1);
    }
}

static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool cs_base64url_decode(cs_buffer *out, cs_str text)
{
    if (text.size % 4 == 1)
        return false;
    for (size_t i = 0; i < text.size; i += 4) {
        size_t left = text.size - i < 4 ? text.size - i : 4;
        uint32_t bits = 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j < left ? base64url_value(text.data[i + j]) : 0;
            if (value < 0)
                return false;
            bits = bits << 6 | (uint32_t)value;
        }
        /* One text for one value: the bits that belong to no byte are zero. */
        if ((left == 2 && (bits & 0xFFFFu) != 0) || (left == 3 && (bits & 0xFFu) != 0))
            return false;
        const uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
        cs_buffer_append(out, bytes, left - 1);
    }
    return !out->failed;
}
