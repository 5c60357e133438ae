#include "crypto/jws.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE_CHARS 86u /* 64 bytes in base64url */
#define KEY_ID_CHARS 16u
#define HEADER_MAX_BYTES 128u

/* Fixed but for the key's name and the type: whatever else stands in a header is refused unread. */
static const char header_begin[] = "{\"alg\":\"ES256\",\"kid\":\"";
static const char header_middle[] = "\",\"typ\":\"";
static const char header_end[] = "\"}";

typedef struct jws_parts {
    cs_str header;
    cs_str payload;
    cs_str signature;
    cs_str signed_text; /* header.payload */
} jws_parts;

static consent_status split(cs_str jws, jws_parts *parts, consent_error *err)
{
    const char *end = jws.data + jws.size;
    const char *first = jws.size > 0 ? memchr(jws.data, '.', jws.size) : NULL;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
        return cs_fail(
            err, CONSENT_E_ARGUMENT, 0,
            "a signed part was not a JWS in compact form, three pieces of base64url with a dot between them");
    parts->header = (cs_str){jws.data, (size_t)(first - jws.data)};
    parts->payload = (cs_str){first + 1, (size_t)(second - first - 1)};
    parts->signature = (cs_str){second + 1, (size_t)(end - second - 1)};
    parts->signed_text = (cs_str){jws.data, (size_t)(second - jws.data)};
    return CONSENT_OK;
}

/* ---- header ------------------------------------------------------------------------------- */

static bool take(cs_str *text, const char *expected)
{
    size_t size = strlen(expected);
    if (text->size < size || memcmp(text->data, expected, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

/* Checks the whole header and copies the key's name. */
static consent_status check_header(cs_str header, const char *typ, char kid[KEY_ID_CHARS + 1], consent_error *err)
{
    if (!take(&header, header_begin) || header.size < KEY_ID_CHARS)
        return cs_fail(err, CONSENT_E_TAMPERED, 0,
                       "a signed part's header did not begin with {\"alg\":\"ES256\",\"kid\":…: no other algorithm or "
                       "member is accepted");
    memcpy(kid, header.data, KEY_ID_CHARS);
    kid[KEY_ID_CHARS] = '\0';
    header.data += KEY_ID_CHARS;
    header.size -= KEY_ID_CHARS;
    if (!take(&header, header_middle) || !take(&header, typ))
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "a signed part was not of the type %s: it stands in the wrong place",
                       typ);
    if (!take(&header, header_end) || header.size > 0)
        return cs_fail(err, CONSENT_E_TAMPERED, 0,
                       "a signed part's header held more than alg, kid and typ: no other member is accepted");
    return CONSENT_OK;
}

static consent_status find_key(const uint8_t *keys, size_t key_count, const char kid[KEY_ID_CHARS + 1],
                               size_t *key_index, consent_error *err)
{
    for (size_t i = 0; i < key_count; i++) {
        char name[KEY_ID_CHARS + 1];
        consent_status status = cs_key_id(keys + i * CS_P256_PUBLIC_SIZE, name, err);
        if (status != CONSENT_OK)
            return status;
        if (strcmp(name, kid) == 0) {
            *key_index = i;
            return CONSENT_OK;
        }
    }
    return cs_fail(err, CONSENT_E_TAMPERED, 0, "a signed part named a key that is not among the %zu trusted ones",
                   key_count);
}

static consent_status pick_key(const cs_memory *memory, const jws_parts *parts, const char *typ, const uint8_t *keys,
                               size_t key_count, size_t *key_index, consent_error *err)
{
    char kid[KEY_ID_CHARS + 1];
    cs_buffer header;
    cs_buffer_init(&header, memory, HEADER_MAX_BYTES);
    consent_status status = CONSENT_OK;
    bool decoded = parts->header.size <= HEADER_MAX_BYTES && cs_base64url_decode(&header, parts->header);
    if (decoded)
        status = check_header((cs_str){(const char *)header.data, header.size}, typ, kid, err);
    else if (header.failed)
        status = cs_buffer_status(&header, "a signed part's header", err);
    else
        status = cs_fail(err, CONSENT_E_TAMPERED, 0,
                         "a signed part's header was not base64url, or too long: only alg, kid and typ are accepted");
    cs_buffer_free(&header);
    return status == CONSENT_OK ? find_key(keys, key_count, kid, key_index, err) : status;
}

consent_status cs_jws_key(const cs_memory *memory, cs_str jws, const char *typ, const uint8_t *keys, size_t key_count,
                          size_t *key_index, consent_error *err)
{
    jws_parts parts = {0};
    consent_status status = split(jws, &parts, err);
    return status == CONSENT_OK ? pick_key(memory, &parts, typ, keys, key_count, key_index, err) : status;
}

bool cs_jws_has_type(const cs_memory *memory, cs_str jws, const char *typ)
{
    jws_parts parts = {0};
    char kid[KEY_ID_CHARS + 1];
    cs_buffer header;
    if (split(jws, &parts, NULL) != CONSENT_OK || parts.header.size > HEADER_MAX_BYTES)
        return false;
    cs_buffer_init(&header, memory, HEADER_MAX_BYTES);
    bool fits = cs_base64url_decode(&header, parts.header) &&
                check_header((cs_str){(const char *)header.data, header.size}, typ, kid, NULL) == CONSENT_OK;
    cs_buffer_free(&header);
    return fits;
}

/* ---- signing and verifying ---------------------------------------------------------------- */

static consent_status check_signature(const cs_memory *memory, const jws_parts *parts,
                                      const uint8_t key[CS_P256_PUBLIC_SIZE], consent_error *err)
{
    cs_buffer signature;
    cs_buffer_init(&signature, memory, CS_SIGNATURE_SIZE);
    cs_span message = {(const uint8_t *)parts->signed_text.data, parts->signed_text.size};
    consent_status status;
    if (parts->signature.size == SIGNATURE_CHARS && cs_base64url_decode(&signature, parts->signature))
        status = cs_es256_verify(key, message, signature.data, err);
    else if (signature.failed)
        status = cs_buffer_status(&signature, "a signature", err);
    else
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "a signed part's signature was not 64 bytes in base64url");
    cs_buffer_free(&signature);
    return status;
}

consent_status cs_jws_verify(const cs_memory *memory, cs_str jws, const char *typ, const uint8_t *keys,
                             size_t key_count, size_t *key_index, cs_buffer *out, consent_error *err)
{
    jws_parts parts = {0};
    consent_status status = split(jws, &parts, err);
    if (status == CONSENT_OK)
        status = pick_key(memory, &parts, typ, keys, key_count, key_index, err);
    if (status != CONSENT_OK)
        return status;
    status = check_signature(memory, &parts, keys + *key_index * CS_P256_PUBLIC_SIZE, err);
    if (status != CONSENT_OK)
        return status;
    if (cs_base64url_decode(out, parts.payload))
        return CONSENT_OK;
    status = cs_buffer_status(out, "a signed payload", err);
    return status != CONSENT_OK ? status
                                : cs_fail(err, CONSENT_E_ARGUMENT, 0, "a signed part's payload was no base64url");
}

consent_status cs_jws_sign(cs_str typ, cs_str payload, const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_buffer *out,
                           consent_error *err)
{
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    uint8_t signature[CS_SIGNATURE_SIZE];
    char kid[KEY_ID_CHARS + 1];
    char header[HEADER_MAX_BYTES];
    size_t begin = out->size;
    consent_status status = cs_p256_public(private_key, public_key, err);
    if (status == CONSENT_OK)
        status = cs_key_id(public_key, kid, err);
    if (status != CONSENT_OK)
        return status;
    int size =
        snprintf(header, sizeof(header), "%s%s%s%.*s%s", header_begin, kid, header_middle, CS_STR_ARG(typ), header_end);
    if (size < 0 || (size_t)size >= sizeof(header))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a JWS type of %zu bytes is too long", typ.size);
    cs_base64url_encode(out, (cs_span){(const uint8_t *)header, (size_t)size});
    cs_buffer_text(out, ".");
    cs_base64url_encode(out, (cs_span){(const uint8_t *)payload.data, payload.size});
    status = cs_buffer_status(out, "a signed text", err);
    if (status == CONSENT_OK)
        status = cs_es256_sign(private_key, (cs_span){out->data + begin, out->size - begin}, signature, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_text(out, ".");
    cs_base64url_encode(out, (cs_span){signature, sizeof(signature)});
    return cs_buffer_status(out, "a signed text", err);
}
