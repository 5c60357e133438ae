/* Receipts: what the backend says it holds. */
#include "crypto/jws.h"
#include "wire/internal.h"

#include <string.h>

typedef consent_status (*read_fn)(cs_json_in *in, const cs_json *root, void *out);

/* Verifies, then parses, then has `read` take what it knows. */
static consent_status open_receipt(const cs_memory *memory, cs_str jws, const char *typ, const uint8_t *keys,
                                   size_t key_count, size_t *key_index, read_fn read, void *out, consent_error *err)
{
    cs_buffer payload;
    cs_json_doc doc = {0};
    cs_json_in in;
    if (jws.size > 2 * CS_RECEIPT_MAX_BYTES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the receipt had %zu bytes, more than any has", jws.size);
    cs_buffer_init(&payload, memory, CS_RECEIPT_MAX_BYTES);
    consent_status status = cs_jws_verify(memory, jws, typ, keys, key_count, key_index, &payload, err);
    if (status == CONSENT_OK)
        status = cs_json_parse(&doc, (cs_str){(const char *)payload.data, payload.size}, CS_RECEIPT_MAX_BYTES,
                               "the receipt", err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, "the receipt", err);
        (void)cs_json_in_int(&in, doc.root, "schema", true, 1, 1);
        status = read(&in, doc.root, out);
    }
    cs_json_free(&doc);
    cs_buffer_free(&payload);
    return status;
}

/* ---- of a range ----------------------------------------------------------------------------- */

void cs_receipt_payload(const cs_receipt *receipt, cs_buffer *out)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_wire_put_hex(&json, "profile", receipt->profile, CS_PROFILE_ID_SIZE);
    cs_wire_put_hex(&json, "stream", receipt->stream, CS_STREAM_ID_SIZE);
    cs_json_member_int(&json, "first", (int64_t)receipt->first);
    cs_json_member_int(&json, "last", (int64_t)receipt->last);
    cs_wire_put_hex(&json, "head", receipt->head, CS_HASH_SIZE);
    cs_json_member_int(&json, "first_cursor", (int64_t)receipt->first_cursor);
    cs_wire_put_hex(&json, "policy", receipt->policy, receipt->has_policy ? CS_HASH_SIZE : 0);
    cs_json_member_int(&json, "time_ms", receipt->time_ms);
    cs_json_member_text(&json, "by", receipt->by_backend ? "backend" : "device");
    cs_wire_put_hex(&json, "key", receipt->key, receipt->by_backend ? 0 : CS_HASH_SIZE);
    cs_json_member_bool(&json, "joined", receipt->joined);
    cs_json_close_object(&json);
}

/* A hash, or an empty text for none. */
static bool take_hash(cs_json_in *in, const cs_json *root, const char *name, uint8_t out[CS_HASH_SIZE])
{
    if (cs_json_in_str(in, root, name, true).size == 0)
        return false;
    cs_wire_take_hex(in, root, name, out, CS_HASH_SIZE);
    return true;
}

static consent_status read_receipt(cs_json_in *in, const cs_json *root, void *where)
{
    cs_receipt *out = where;
    memset(out, 0, sizeof *out);
    cs_wire_take_hex(in, root, "profile", out->profile, CS_PROFILE_ID_SIZE);
    cs_wire_take_hex(in, root, "stream", out->stream, CS_STREAM_ID_SIZE);
    out->first = (uint64_t)cs_wire_take_number(in, root, "first", 1);
    out->last = (uint64_t)cs_wire_take_number(in, root, "last", 1);
    cs_wire_take_hex(in, root, "head", out->head, CS_HASH_SIZE);
    out->first_cursor = (uint64_t)cs_wire_take_number(in, root, "first_cursor", 1);
    out->has_policy = take_hash(in, root, "policy", out->policy);
    out->time_ms = cs_wire_take_number(in, root, "time_ms", 1);
    cs_str by = cs_json_in_str(in, root, "by", true);
    out->by_backend = cs_str_is(by, "backend");
    bool has_key = take_hash(in, root, "key", out->key);
    out->joined = cs_json_in_bool(in, root, "joined");
    if (in->status == CONSENT_OK && !out->by_backend && !cs_str_is(by, "device"))
        (void)cs_json_complain(in, "`by` is neither \"device\" nor \"backend\"");
    if (in->status == CONSENT_OK && has_key == out->by_backend)
        (void)cs_json_complain(in, "`key` names a device's key, and the backend's own stream has none");
    if (in->status == CONSENT_OK && out->last < out->first)
        (void)cs_json_complain(in, "`last` lies before `first`");
    return in->status;
}

consent_status cs_receipt_open(const cs_memory *memory, cs_str jws, const uint8_t *keys, size_t key_count,
                               size_t *key_index, cs_receipt *out, consent_error *err)
{
    return open_receipt(memory, jws, CS_TYP_RECEIPT, keys, key_count, key_index, read_receipt, out, err);
}

/* ---- of a sealed file ----------------------------------------------------------------------- */

void cs_sealed_receipt_payload(const cs_sealed_receipt *receipt, cs_buffer *out)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_wire_put_hex(&json, "sha256", receipt->sha256, CS_HASH_SIZE);
    cs_json_member_int(&json, "time_ms", receipt->time_ms);
    cs_json_close_object(&json);
}

static consent_status read_sealed(cs_json_in *in, const cs_json *root, void *where)
{
    cs_sealed_receipt *out = where;
    cs_wire_take_hex(in, root, "sha256", out->sha256, CS_HASH_SIZE);
    out->time_ms = cs_wire_take_number(in, root, "time_ms", 1);
    return in->status;
}

consent_status cs_sealed_receipt_open(const cs_memory *memory, cs_str jws, const uint8_t *keys, size_t key_count,
                                      size_t *key_index, cs_sealed_receipt *out, consent_error *err)
{
    return open_receipt(memory, jws, CS_TYP_SEALED, keys, key_count, key_index, read_sealed, out, err);
}
