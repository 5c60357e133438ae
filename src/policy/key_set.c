/* The key set: a root names publisher keys, each for a time. */
#include "policy/key_set.h"

#include "crypto/jws.h"

#include <string.h>

/* ---- lines -------------------------------------------------------------------------------- */

consent_status cs_key_set_line(cs_str *rest, const char *what, size_t max_size, cs_str *line, consent_error *err)
{
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end || end == rest->data)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "the bytes ended before %s: each part stands on a line of its own, ended by a line feed", what);
    *line = (cs_str){rest->data, (size_t)(end - rest->data)};
    if (line->size > max_size)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s had %zu bytes, more than the %zu that are allowed", what,
                       line->size, max_size);
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

static void read_point(const cs_memory *memory, cs_json_in *in, const cs_json *item, uint8_t *key)
{
    cs_buffer decoded;
    cs_buffer_init(&decoded, memory, CS_P256_PUBLIC_SIZE);
    cs_str text = cs_json_in_str(in, item, "key", true);
    bool read = text.size == CS_P256_PUBLIC_CHARS && cs_base64url_decode(&decoded, text);
    if (decoded.failed)
        in->status = cs_buffer_status(&decoded, "a key", in->err);
    else if (!read || decoded.size != CS_P256_PUBLIC_SIZE || decoded.data[0] != 0x04)
        (void)cs_json_complain(in, "`key` is not an uncompressed P-256 point, 65 bytes in base64url");
    else
        memcpy(key, decoded.data, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&decoded);
}

static void read_key(const cs_memory *memory, cs_json_in *in, const cs_json *item, uint8_t *key, cs_publisher *one)
{
    char kid[17];
    read_point(memory, in, item, key);
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
}

/* The list `name` of `least` to `most` keys. */
static void read_keys(const cs_memory *memory, cs_json_in *in, const cs_json *list, const char *name, size_t least,
                      size_t most, uint8_t *keys, cs_publisher *times, size_t *count)
{
    size_t given = cs_json_count(list);
    if (in->status == CONSENT_OK && (given < least || given > most))
        (void)cs_json_complain(in, "`%s` has %zu entries instead of %zu to %zu", name, given, least, most);
    const cs_json *item = in->status == CONSENT_OK ? cs_json_first(list) : NULL;
    for (; item && in->status == CONSENT_OK; item = cs_json_next(item), ++*count) {
        size_t mark = cs_json_enter(in, name, *count);
        read_key(memory, in, item, keys + *count * CS_P256_PUBLIC_SIZE, &times[*count]);
        cs_json_leave(in, mark);
    }
}

static consent_status read_key_set(const cs_memory *memory, cs_str payload, cs_key_set *set, consent_error *err)
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
    const cs_json *receipts = cs_json_in_array(&in, doc.root, "receipts", false);
    read_keys(memory, &in, publishers, "publishers", 1, CS_KEY_SET_MAX_KEYS, set->keys, set->publishers, &set->count);
    read_keys(memory, &in, receipts, "receipts", 0, CS_KEY_SET_MAX_RECEIPTS, set->receipt_keys, set->receipts,
              &set->receipt_count);
    cs_json_free(&doc);
    return in.status;
}

/* Keys are remembered by the bytes that their names show. */
static consent_status name_key(const uint8_t key[CS_P256_PUBLIC_SIZE], uint8_t name[CS_KEY_NAME_SIZE],
                               consent_error *err)
{
    uint8_t digest[CS_HASH_SIZE];
    cs_span part = {key, CS_P256_PUBLIC_SIZE};
    consent_status status = cs_sha256(&part, 1, digest, err);
    if (status == CONSENT_OK)
        memcpy(name, digest, CS_KEY_NAME_SIZE);
    return status;
}

static consent_status name_signers(const cs_key_set *set, const uint8_t *root, cs_span payload, cs_signers *signers,
                                   consent_error *err)
{
    signers->key_set_version = set->version;
    signers->named_count = set->count;
    consent_status status = cs_sha256(&payload, 1, signers->key_set_hash, err);
    if (status == CONSENT_OK)
        status = name_key(root, signers->root, err);
    for (size_t i = 0; status == CONSENT_OK && i < set->count; i++)
        status = name_key(set->keys + i * CS_P256_PUBLIC_SIZE, signers->named[i], err);
    return status;
}

consent_status cs_key_set_verify(const cs_memory *memory, cs_str line, const uint8_t *roots, size_t root_count,
                                 cs_key_set *set, cs_signers *signers, consent_error *err)
{
    cs_buffer payload;
    size_t root;
    if (root_count == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "no root key was pinned, so nothing can be trusted: set root_keys");
    cs_buffer_init(&payload, memory, CS_KEY_SET_MAX_BYTES);
    consent_status status = cs_jws_verify(memory, line, CS_TYP_KEY_SET, roots, root_count, &root, &payload, err);
    if (status == CONSENT_OK)
        status = read_key_set(memory, (cs_str){(const char *)payload.data, payload.size}, set, err);
    if (status == CONSENT_OK)
        status = name_signers(set, roots + root * CS_P256_PUBLIC_SIZE, cs_buffer_span(&payload), signers, err);
    cs_buffer_free(&payload);
    return status;
}

static consent_status check_window(const cs_publisher *one, int64_t now_ms, consent_error *err)
{
    char begin[CS_TIME_TEXT_SIZE], end[CS_TIME_TEXT_SIZE];
    if (now_ms >= one->not_before_ms && now_ms < one->not_after_ms)
        return CONSENT_OK;
    cs_time_format(one->not_before_ms, begin);
    cs_time_format(one->not_after_ms, end);
    return cs_fail(err, CONSENT_E_EXPIRED, 0,
                   "the publisher's key was named for %s to %s, and it is %s: sign with a key that is in its time, or "
                   "correct the clock",
                   begin, end, now_ms < one->not_before_ms ? "earlier" : "later");
}

consent_status cs_key_set_open(const cs_memory *memory, cs_str line, const char *typ, const cs_key_set *set,
                               int64_t now_ms, size_t *publisher, cs_signers *signers, cs_buffer *out,
                               consent_error *err)
{
    consent_status status = cs_jws_key(memory, line, typ, set->keys, set->count, publisher, err);
    if (status == CONSENT_OK)
        status = check_window(&set->publishers[*publisher], now_ms, err);
    if (status == CONSENT_OK)
        status = cs_jws_verify(memory, line, typ, set->keys, set->count, publisher, out, err);
    if (status == CONSENT_OK)
        memcpy(signers->publisher, signers->named[*publisher], CS_KEY_NAME_SIZE);
    return status;
}

/* ---- statements ---------------------------------------------------------------------------- */

static consent_status open_statement(const cs_memory *memory, cs_str rest, const char *typ, const uint8_t *roots,
                                     size_t root_count, int64_t now_ms, cs_key_set *set, cs_signers *signers,
                                     cs_buffer *payload, consent_error *err)
{
    cs_str keys = {0}, line = {0};
    size_t publisher;
    consent_status status = cs_key_set_line(&rest, "the key set", CS_JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES), &keys, err);
    if (status == CONSENT_OK)
        status = cs_key_set_line(&rest, "the statement", CS_JWS_MAX_BYTES(payload->max_size), &line, err);
    if (status == CONSENT_OK && rest.size > 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%zu bytes stood behind the statement", rest.size);
    if (status == CONSENT_OK)
        status = cs_key_set_verify(memory, keys, roots, root_count, set, signers, err);
    if (status == CONSENT_OK)
        status = cs_key_set_open(memory, line, typ, set, now_ms, &publisher, signers, payload, err);
    return status;
}

consent_status cs_statement_open(const cs_memory *memory, cs_span bytes, const char *typ, const uint8_t *roots,
                                 size_t root_count, int64_t now_ms, cs_signers *signers, cs_buffer *payload,
                                 consent_error *err)
{
    cs_key_set *set = cs_alloc(memory, sizeof(*set));
    if (!set)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for a statement's key set");
    consent_status status = open_statement(memory, (cs_str){(const char *)bytes.data, bytes.size}, typ, roots,
                                           root_count, now_ms, set, signers, payload, err);
    cs_free(memory, set, sizeof(*set));
    return status;
}
