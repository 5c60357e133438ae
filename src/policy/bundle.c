#include "policy/bundle.h"

#include "policy/document.h"

#include <stdio.h>
#include <string.h>

/* A JWS is larger than its payload by a third, its header and its signature. */
#define JWS_MAX_BYTES(payload) ((payload) / 3u * 4u + 512u)

/* One publisher named by a key set. */
typedef struct publisher {
    int64_t not_before_ms;
    int64_t not_after_ms;
} publisher;

typedef struct key_set {
    uint32_t version;
    size_t count;
    uint8_t keys[CS_KEY_SET_MAX_KEYS * CS_P256_PUBLIC_SIZE];
    publisher publishers[CS_KEY_SET_MAX_KEYS];
} key_set;

/* ---- lines -------------------------------------------------------------------------------- */

/* Takes one line off `rest`; it must be there, not empty, and end with a line feed. */
static consent_status take_line(cs_str *rest, const char *what, size_t max_size, cs_str *line, consent_error *err)
{
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end || end == rest->data)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "a bundle ended before %s: each part stands on a line of its own, ended by a line feed", what);
    *line = (cs_str){rest->data, (size_t)(end - rest->data)};
    if (line->size > max_size)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s of a bundle had %zu bytes, more than the %zu that are allowed",
                       what, line->size, max_size);
    rest->data = end + 1;
    rest->size -= line->size + 1;
    return CONSENT_OK;
}

/* ---- key set ------------------------------------------------------------------------------ */

static bool read_instant(cs_json_in *in, const cs_json *item, const char *name, int64_t *out_ms)
{
    cs_str text = cs_json_in_str(in, item, name, true);
    if (in->status == CONSENT_OK && !cs_time_parse(text, out_ms))
        return cs_json_complain(in, "`%s` is not an instant such as \"2026-09-28T10:00:00+08:00\"", name);
    return in->status == CONSENT_OK;
}

static void read_publisher(const cs_memory *memory, cs_json_in *in, const cs_json *item, key_set *set)
{
    uint8_t *key = set->keys + set->count * CS_P256_PUBLIC_SIZE;
    publisher *one = &set->publishers[set->count];
    char kid[17];
    cs_buffer decoded;
    cs_buffer_init(&decoded, memory, CS_P256_PUBLIC_SIZE);
    cs_str text = cs_json_in_str(in, item, "key", true);
    bool read = text.size == CS_P256_PUBLIC_CHARS && cs_base64url_decode(&decoded, text);
    if (decoded.failed)
        in->status = cs_buffer_status(&decoded, "a publisher's key", in->err);
    else if (!read || decoded.size != CS_P256_PUBLIC_SIZE || decoded.data[0] != 0x04)
        (void)cs_json_complain(in, "`key` is not an uncompressed P-256 point, 65 bytes in base64url");
    else
        memcpy(key, decoded.data, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&decoded);
    (void)read_instant(in, item, "not_before", &one->not_before_ms);
    (void)read_instant(in, item, "not_after", &one->not_after_ms);
    cs_str named = cs_json_in_str(in, item, "kid", true);
    if (in->status != CONSENT_OK)
        return;
    in->status = cs_key_id(key, kid, in->err);
    if (in->status == CONSENT_OK && !cs_str_is(named, kid))
        (void)cs_json_complain(in, "`kid` is not the name of `key`, %s", kid);
    if (in->status == CONSENT_OK && one->not_after_ms <= one->not_before_ms)
        (void)cs_json_complain(in, "`not_after` does not lie behind `not_before`");
    set->count++;
}

static consent_status read_key_set(const cs_memory *memory, cs_str payload, key_set *set, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_status status = cs_json_parse(&doc, payload, CS_KEY_SET_MAX_BYTES, "the key set", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the key set", err);
    int64_t schema = cs_json_in_int(&in, doc.root, "schema", true, 0, 1, INT32_MAX);
    if (in.status == CONSENT_OK && schema != 1)
        in.status =
            cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the key set was written in a newer schema than 1: update the app");
    set->version = (uint32_t)cs_json_in_int(&in, doc.root, "version", true, 0, 1, INT32_MAX);
    const cs_json *publishers = cs_json_in_array(&in, doc.root, "publishers", true);
    size_t count = cs_json_count(publishers);
    if (in.status == CONSENT_OK && (count == 0 || count > CS_KEY_SET_MAX_KEYS))
        (void)cs_json_complain(&in, "`publishers` has %zu entries instead of 1 to %u", count, CS_KEY_SET_MAX_KEYS);
    const cs_json *item = in.status == CONSENT_OK ? cs_json_first(publishers) : NULL;
    for (; item && in.status == CONSENT_OK; item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&in, "publishers", set->count);
        read_publisher(memory, &in, item, set);
        cs_json_leave(&in, mark);
    }
    cs_json_free(&doc);
    return in.status;
}

static consent_status verify_key_set(const cs_memory *memory, cs_str line, const uint8_t *roots, size_t root_count,
                                     key_set *set, consent_error *err)
{
    cs_buffer payload;
    size_t root;
    cs_buffer_init(&payload, memory, CS_KEY_SET_MAX_BYTES);
    consent_status status = cs_jws_verify(memory, line, CS_TYP_KEY_SET, roots, root_count, &root, &payload, err);
    if (status == CONSENT_OK)
        status = read_key_set(memory, (cs_str){(const char *)payload.data, payload.size}, set, err);
    cs_buffer_free(&payload);
    return status;
}

static consent_status check_window(const publisher *one, int64_t now_ms, consent_error *err)
{
    char begin[CS_TIME_TEXT_SIZE], end[CS_TIME_TEXT_SIZE];
    if (now_ms >= one->not_before_ms && now_ms < one->not_after_ms)
        return CONSENT_OK;
    cs_time_format(one->not_before_ms, begin);
    cs_time_format(one->not_after_ms, end);
    return cs_fail(err, CONSENT_E_EXPIRED, 0,
                   "the publisher's key was named for %s to %s, and it is %s: use a newer bundle, or correct the clock",
                   begin, end, now_ms < one->not_before_ms ? "earlier" : "later");
}

/* ---- policy and documents ----------------------------------------------------------------- */

static consent_status verify_policy(const cs_memory *memory, cs_str line, const key_set *set, int64_t now_ms,
                                    cs_bundle *bundle, consent_error *err)
{
    size_t at = 0;
    consent_status status = cs_jws_key(memory, line, CS_TYP_POLICY, set->keys, set->count, &at, err);
    if (status == CONSENT_OK)
        status = check_window(&set->publishers[at], now_ms, err);
    if (status == CONSENT_OK)
        status = cs_jws_verify(memory, line, CS_TYP_POLICY, set->keys, set->count, &at, &bundle->owned, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(bundle->publisher, set->keys + at * CS_P256_PUBLIC_SIZE, CS_P256_PUBLIC_SIZE);
    bundle->key_set_version = set->version;
    bundle->payload = (cs_str){(const char *)bundle->owned.data, bundle->owned.size};
    return cs_policy_parse(memory, bundle->payload, "the policy", false, &bundle->policy, &bundle->texts, err);
}

static consent_status check_document(const cs_memory *memory, cs_str bytes, const cs_document_ref *ref,
                                     const char *what, consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span part = {(const uint8_t *)bytes.data, bytes.size};
    cs_document *document = NULL;
    consent_status status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK && memcmp(hash, ref->hash, sizeof(hash)) != 0)
        status =
            cs_fail(err, CONSENT_E_TAMPERED, 0, "%s was not the one that the policy names: its SHA-256 differs", what);
    if (status == CONSENT_OK)
        status = cs_document_parse(memory, bytes, what, &document, err);
    if (status == CONSENT_OK && strcmp(document->locale, ref->locale) != 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s says that it is in %s", what, document->locale);
    cs_document_free(document);
    return status;
}

static consent_status check_documents(const cs_memory *memory, cs_str *rest, cs_bundle *bundle, consent_error *err)
{
    for (uint16_t i = 0; i < bundle->policy->document_count; i++) {
        const cs_document_ref *ref = &bundle->policy->documents[i];
        char what[64];
        (void)snprintf(what, sizeof(what), "the document in %s", ref->locale);
        consent_status status = take_line(rest, what, CS_DOCUMENT_MAX_BYTES, &bundle->documents[i], err);
        if (status == CONSENT_OK)
            status = check_document(memory, bundle->documents[i], ref, what, err);
        if (status != CONSENT_OK)
            return status;
    }
    if (rest->size > 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "a bundle held %zu bytes behind the last document that the policy names", rest->size);
    return CONSENT_OK;
}

static consent_status open_parts(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                                 int64_t now_ms, key_set *set, cs_bundle *bundle, consent_error *err)
{
    cs_str rest = {(const char *)bytes.data, bytes.size};
    cs_str keys = {0}, policy = {0};
    consent_status status = take_line(&rest, "the key set", JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES), &keys, err);
    if (status == CONSENT_OK)
        status = take_line(&rest, "the policy", JWS_MAX_BYTES(CS_POLICY_MAX_BYTES), &policy, err);
    if (status == CONSENT_OK)
        status = verify_key_set(memory, keys, roots, root_count, set, err);
    if (status == CONSENT_OK)
        status = verify_policy(memory, policy, set, now_ms, bundle, err);
    if (status == CONSENT_OK)
        status = check_documents(memory, &rest, bundle, err);
    return status;
}

consent_status cs_bundle_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                              int64_t now_ms, cs_bundle *bundle, consent_error *err)
{
    *bundle = (cs_bundle){0};
    if (bytes.size > CS_BUNDLE_MAX_BYTES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a bundle had %zu bytes, more than the %u that are allowed",
                       bytes.size, CS_BUNDLE_MAX_BYTES);
    if (root_count == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "no root key was pinned, so no bundle can be trusted: set root_keys");
    key_set *set = cs_alloc(memory, sizeof(*set));
    if (!set)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for a bundle's key set");
    cs_buffer_init(&bundle->owned, memory, CS_POLICY_MAX_BYTES);
    consent_status status = open_parts(memory, bytes, roots, root_count, now_ms, set, bundle, err);
    cs_free(memory, set, sizeof(*set));
    if (status != CONSENT_OK)
        cs_bundle_free(bundle);
    return status;
}

void cs_bundle_free(cs_bundle *bundle)
{
    if (!bundle)
        return;
    cs_policy_free(bundle->policy);
    cs_texts_free(bundle->texts);
    cs_buffer_free(&bundle->owned);
    *bundle = (cs_bundle){0};
}
