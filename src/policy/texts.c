#include "policy/texts.h"

#include <string.h>

#define TEXTS_MAGIC 0x31545343u /* "CST1" */

struct cs_texts {
    const cs_memory *memory;
    char locales[CS_POLICY_MAX_LOCALES][CS_LOCALE_MAX_SIZE + 1];
    uint16_t sorted[CS_POLICY_MAX_LOCALES]; /* positions, in the order of the names */
    uint16_t locale_count;
    uint32_t count;
    uint32_t capacity; /* in texts */
    uint32_t *offsets; /* count × locale_count, into the blob; 0: no text in that locale */
    cs_buffer blob;    /* NUL-terminated strings behind one byte that nobody owns */
};

bool cs_locale_is_valid(cs_str locale)
{
    if (locale.size < 2 || locale.size > CS_LOCALE_MAX_SIZE)
        return false;
    size_t letters = 0;
    while (letters < locale.size && locale.data[letters] >= 'a' && locale.data[letters] <= 'z')
        letters++;
    if (letters < 2 || letters > 3 || (letters < locale.size && locale.data[letters] != '-'))
        return false;
    for (size_t i = letters; i < locale.size; i++) {
        char c = locale.data[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool ends_part = i + 1 == locale.size || locale.data[i + 1] == '-';
        if (!alphanumeric && (c != '-' || ends_part))
            return false;
    }
    return true;
}

/* ---- building ----------------------------------------------------------------------------- */

cs_texts *cs_texts_new(const cs_memory *memory)
{
    cs_texts *texts = cs_alloc(memory, sizeof(*texts));
    if (!texts)
        return NULL;
    texts->memory = memory;
    cs_buffer_init(&texts->blob, memory, CS_TEXTS_MAX_BYTES);
    cs_buffer_u8(&texts->blob, 0);
    if (!texts->blob.failed)
        return texts;
    cs_texts_free(texts);
    return NULL;
}

void cs_texts_free(cs_texts *texts)
{
    if (!texts)
        return;
    cs_free(texts->memory, texts->offsets, sizeof(uint32_t) * texts->capacity * texts->locale_count);
    cs_buffer_free(&texts->blob);
    cs_free(texts->memory, texts, sizeof(*texts));
}

int cs_texts_locale(const cs_texts *texts, cs_str locale)
{
    for (uint16_t i = 0; i < texts->locale_count; i++)
        if (cs_str_is(locale, texts->locales[i]))
            return i;
    return -1;
}

bool cs_texts_add_locale(cs_texts *texts, cs_str locale)
{
    if (texts->locale_count == CS_POLICY_MAX_LOCALES || texts->capacity > 0 || !cs_locale_is_valid(locale) ||
        cs_texts_locale(texts, locale) >= 0)
        return false;
    memcpy(texts->locales[texts->locale_count], locale.data, locale.size);
    uint16_t at = texts->locale_count;
    while (at > 0 && strcmp(texts->locales[texts->locale_count], texts->locales[texts->sorted[at - 1]]) < 0) {
        texts->sorted[at] = texts->sorted[at - 1];
        at--;
    }
    texts->sorted[at] = texts->locale_count++;
    return true;
}

cs_text cs_texts_add(cs_texts *texts)
{
    if (texts->count == CS_TEXTS_MAX_COUNT || texts->locale_count == 0)
        return 0;
    if (texts->count == texts->capacity) {
        uint32_t capacity = texts->capacity > 0 ? texts->capacity * 2 : 64;
        size_t row = sizeof(uint32_t) * texts->locale_count;
        uint32_t *offsets = cs_realloc(texts->memory, texts->offsets, row * texts->capacity, row * capacity);
        if (!offsets)
            return 0;
        texts->offsets = offsets;
        texts->capacity = capacity;
    }
    memset(texts->offsets + (size_t)texts->count * texts->locale_count, 0, sizeof(uint32_t) * texts->locale_count);
    return ++texts->count;
}

bool cs_texts_set(cs_texts *texts, uint16_t locale, cs_str value)
{
    uint32_t offset = (uint32_t)texts->blob.size;
    cs_buffer_str(&texts->blob, value);
    cs_buffer_u8(&texts->blob, 0);
    if (texts->blob.failed)
        return false;
    texts->offsets[(size_t)(texts->count - 1) * texts->locale_count + locale] = offset;
    return true;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* NULL when the text is missing in that locale. */
static const char *text_in(const cs_texts *texts, cs_text text, uint16_t locale)
{
    uint32_t offset = texts->offsets[(size_t)(text - 1) * texts->locale_count + locale];
    return offset > 0 ? (const char *)texts->blob.data + offset : NULL;
}

const char *cs_texts_get(const cs_texts *texts, cs_text text, const char *locale)
{
    if (!texts || text == 0 || text > texts->count)
        return "";
    int position = locale ? cs_texts_locale(texts, cs_str_of(locale)) : 0;
    const char *found = position >= 0 ? text_in(texts, text, (uint16_t)position) : NULL;
    if (!found)
        found = text_in(texts, text, 0);
    return found ? found : "";
}

bool cs_texts_has(const cs_texts *texts, cs_text text, const char *locale)
{
    if (!texts || text == 0 || text > texts->count)
        return false;
    int position = cs_texts_locale(texts, cs_str_of(locale));
    return position >= 0 && text_in(texts, text, (uint16_t)position) != NULL;
}

void cs_texts_put_canonical(const cs_texts *texts, cs_text text, cs_buffer *out)
{
    for (uint16_t i = 0; text > 0 && i < texts->locale_count; i++) {
        const char *value = text_in(texts, text, texts->sorted[i]);
        if (!value)
            continue;
        const char *locale = texts->locales[texts->sorted[i]];
        cs_buffer_sized(out, locale, strlen(locale));
        cs_buffer_sized(out, value, strlen(value));
    }
    cs_buffer_u8(out, 0);
}

/* ---- compact form -------------------------------------------------------------------------
 *   u32 magic · varint locales · each: varint size, bytes · varint texts ·
 *   each text, in each locale: varint size + 1 (0: none), bytes                                */

void cs_texts_encode(const cs_texts *texts, cs_buffer *out)
{
    cs_buffer_u32(out, TEXTS_MAGIC);
    cs_buffer_varint(out, texts->locale_count);
    for (uint16_t i = 0; i < texts->locale_count; i++)
        cs_buffer_sized(out, texts->locales[i], strlen(texts->locales[i]));
    cs_buffer_varint(out, texts->count);
    for (cs_text text = 1; text <= texts->count; text++) {
        for (uint16_t i = 0; i < texts->locale_count; i++) {
            const char *value = text_in(texts, text, i);
            size_t size = value ? strlen(value) : 0;
            cs_buffer_varint(out, value ? size + 1 : 0);
            cs_buffer_append(out, value, size);
        }
    }
}

static bool read_text(cs_texts *texts, cs_reader *in)
{
    if (cs_texts_add(texts) == 0)
        return false;
    for (uint16_t i = 0; i < texts->locale_count; i++) {
        uint64_t size = cs_read_varint(in);
        if (size == 0)
            continue;
        if (size > CS_TEXTS_MAX_BYTES)
            in->ok = false;
        const char *bytes = (const char *)cs_read_bytes(in, (size_t)(size - 1));
        cs_str value = {bytes, (size_t)(size - 1)};
        if (!in->ok || !cs_utf8_is_valid(value)) {
            in->ok = false;
            return true;
        }
        if (!cs_texts_set(texts, i, value))
            return false;
    }
    return true;
}

/* False: no memory. What does not fit the format leaves in->ok false. */
static bool read_texts(cs_texts *texts, cs_reader *in)
{
    if (cs_read_u32(in) != TEXTS_MAGIC)
        in->ok = false;
    uint64_t locales = cs_read_varint(in);
    for (uint64_t i = 0; in->ok && i < locales; i++)
        if (!cs_texts_add_locale(texts, cs_read_str(in, CS_LOCALE_MAX_SIZE)))
            in->ok = false;
    uint64_t count = cs_read_varint(in);
    if (count > CS_TEXTS_MAX_COUNT || (count > 0 && texts->locale_count == 0))
        in->ok = false;
    for (uint64_t i = 0; in->ok && i < count; i++)
        if (!read_text(texts, in))
            return false;
    if (in->left > 0)
        in->ok = false;
    return true;
}

consent_status cs_texts_decode(const cs_memory *memory, cs_span bytes, cs_texts **out, consent_error *err)
{
    *out = NULL;
    if (bytes.size > CS_TEXTS_MAX_BYTES)
        return cs_fail(err, CONSENT_E_CORRUPT, 0,
                       "a policy's stored texts were larger than %u bytes: install the policy again",
                       CS_TEXTS_MAX_BYTES);
    cs_texts *texts = cs_texts_new(memory);
    cs_reader in = cs_reader_of(bytes);
    bool had_memory = texts && read_texts(texts, &in);
    if (had_memory && in.ok) {
        *out = texts;
        return CONSENT_OK;
    }
    cs_texts_free(texts);
    if (!had_memory)
        return cs_no_memory(err, "a policy's texts");
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "a policy's stored texts were damaged: install the policy again");
}
