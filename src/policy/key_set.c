/* The key set: a root names publisher keys, each for a time. */
#include "policy/key_set.h"

#include "crypto/jws.h"
#include "policy/parse.h"

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

static void read_key(cs_parser *parser, const cs_json *item, uint8_t *key, cs_publisher *one)
{
    static const cs_prop props[] = {
        {CS_NAME(not_before), CS_PROP_INSTANT | CS_PROP_REQUIRED, true, CS_AT(cs_publisher, not_before_ms)},
        {CS_NAME(not_after), CS_PROP_INSTANT | CS_PROP_REQUIRED, true, CS_AT(cs_publisher, not_after_ms)},
        {0},
    };
    cs_json_in *in = &parser->in;
    char kid[17];
    (void)cs_parse_members(parser, item, props, one);
    cs_parse_point(in, parser->memory, item, "key", key);
    cs_str named = cs_json_in_str(in, item, "kid", true);
    if (!cs_parse_ok(parser))
        return;
    in->status = cs_key_id(key, kid, in->err);
    if (!cs_str_is(named, kid))
        (void)cs_json_complain(in, "`kid` is not the name of `key`, %s", kid);
    if (one->not_after_ms <= one->not_before_ms)
        (void)cs_json_complain(in, "`not_after` does not lie behind `not_before`");
}

void cs_read_publisher(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_key_set *set = holder;
    (void)entry;
    set->count = at + 1;
    if (at == CS_KEY_SET_MAX_KEYS)
        (void)cs_json_complain(&parser->in, "more than %u keys", CS_KEY_SET_MAX_KEYS);
    else
        read_key(parser, item, set->keys + at * CS_P256_PUBLIC_SIZE, &set->publishers[at]);
}

void cs_read_receipt(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_key_set *set = holder;
    (void)entry;
    set->receipt_count = at + 1;
    if (at == CS_KEY_SET_MAX_RECEIPTS)
        (void)cs_json_complain(&parser->in, "more than %u keys", CS_KEY_SET_MAX_RECEIPTS);
    else
        read_key(parser, item, set->receipt_keys + at * CS_P256_PUBLIC_SIZE, &set->receipts[at]);
}

static void read_key_set(cs_parser *parser, const cs_json *root)
{
    static const cs_prop props[] = {
        {CS_NAME(version), CS_PROP_INT | CS_PROP_REQUIRED, CS_BOUNDS_FROM_1, CS_AT(cs_key_set, version)},
        {CS_NAME(publishers), CS_PROP_LIST | CS_PROP_REQUIRED, CS_LIST_PUBLISHERS, 0},
        {CS_NAME(receipts), CS_PROP_LIST, CS_LIST_RECEIPTS, 0},
        {0},
    };
    cs_key_set *set = parser->base;
    cs_parse_schema(&parser->in, root);
    (void)cs_parse_members(parser, root, props, set);
    if (set->count == 0)
        (void)cs_json_complain_at(&parser->in, "publishers", "1 to %u keys were expected", CS_KEY_SET_MAX_KEYS);
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
    cs_parser parser = {.memory = memory, .base = set};
    cs_buffer payload;
    size_t root;
    if (root_count == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "no root key was pinned, so nothing can be trusted: set root_keys");
    cs_buffer_init(&payload, memory, CS_KEY_SET_MAX_BYTES);
    consent_status status = cs_jws_verify(memory, line, CS_TYP_KEY_SET, roots, root_count, &root, &payload, err);
    if (status == CONSENT_OK)
        status = cs_parse_json(&parser, (cs_str){(const char *)payload.data, payload.size}, CS_KEY_SET_MAX_BYTES,
                               "the key set", read_key_set, err);
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

/* ---- signed by a publisher ------------------------------------------------------------------- */

static consent_status open_line(cs_opening *o, cs_str line, const char *typ, const cs_key_set *set, consent_error *err)
{
    size_t at;
    consent_status status = cs_jws_key(o->memory, line, typ, set->keys, set->count, &at, err);
    if (status == CONSENT_OK)
        status = check_window(&set->publishers[at], o->now_ms, err);
    if (status == CONSENT_OK)
        status = cs_jws_verify(o->memory, line, typ, set->keys, set->count, &at, o->payload, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(o->signers->publisher, o->signers->named[at], CS_KEY_NAME_SIZE);
    memcpy(o->publisher, set->keys + at * CS_P256_PUBLIC_SIZE, CS_P256_PUBLIC_SIZE);
    return CONSENT_OK;
}

consent_status cs_opening_read(cs_opening *o, const char *typ, const char *what, consent_error *err)
{
    cs_str keys, line;
    cs_key_set *set = cs_alloc(o->memory, sizeof(*set));
    if (!set)
        return cs_no_memory(err, "the key set");
    consent_status status =
        cs_key_set_line(&o->rest, "the key set", CS_JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES), &keys, err);
    if (status == CONSENT_OK)
        status = cs_key_set_line(&o->rest, what, CS_JWS_MAX_BYTES(o->payload->max_size), &line, err);
    if (status == CONSENT_OK)
        status = cs_key_set_verify(o->memory, keys, o->roots, o->root_count, set, o->signers, err);
    if (status == CONSENT_OK)
        status = open_line(o, line, typ, set, err);
    cs_free(o->memory, set, sizeof(*set));
    return status;
}

consent_status cs_statement_open(const cs_memory *memory, cs_span bytes, const char *typ, const uint8_t *roots,
                                 size_t root_count, int64_t now_ms, cs_signers *signers, cs_buffer *payload,
                                 consent_error *err)
{
    cs_opening opening = {.memory = memory,
                          .roots = roots,
                          .root_count = root_count,
                          .now_ms = now_ms,
                          .rest = {(const char *)bytes.data, bytes.size},
                          .signers = signers,
                          .payload = payload};
    consent_status status = cs_opening_read(&opening, typ, "the statement", err);
    if (status == CONSENT_OK && opening.rest.size > 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%zu bytes stood behind the statement", opening.rest.size);
    return status;
}
