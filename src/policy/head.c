/* Head statements: small, short-lived, signed like a policy. */
#include "crypto/jws.h"
#include "policy/key_set.h"

#include <string.h>

bool cs_head_is(const cs_memory *memory, cs_span bytes)
{
    const char *end = bytes.size > 0 ? memchr(bytes.data, '\n', bytes.size) : NULL;
    if (!end)
        return false;
    cs_str line = {end + 1, (size_t)((const char *)bytes.data + bytes.size - end) - 1};
    const char *line_end = line.size > 0 ? memchr(line.data, '\n', line.size) : NULL;
    if (line_end)
        line.size = (size_t)(line_end - line.data);
    return cs_jws_has_type(memory, line, CS_TYP_HEAD);
}

static void read_head(cs_json_in *in, const cs_json *root, cs_head *head)
{
    if (cs_json_type_of(root) != CS_JSON_OBJECT)
        (void)cs_json_complain(in, "an object was expected, not %s", cs_json_type_name(cs_json_type_of(root)));
    int64_t schema = cs_json_in_int(in, root, "schema", true, 0, 1, INT32_MAX);
    if (in->status == CONSENT_OK && schema != 1)
        in->status = cs_fail(in->err, CONSENT_E_UNSUPPORTED, 0,
                             "the head statement was written in a newer schema than 1: update the app");
    cs_str id = cs_json_in_str(in, root, "id", true);
    if (in->status == CONSENT_OK && !cs_id_is_valid(id))
        (void)cs_json_complain(in, "`id` is not an identifier");
    if (in->status == CONSENT_OK)
        memcpy(head->id, id.data, id.size);
    head->version = (uint32_t)cs_json_in_int(in, root, "version", true, 0, 1, INT32_MAX);
    head->revision = (uint32_t)cs_json_in_int(in, root, "revision", false, 0, 0, INT32_MAX);
    cs_str hash = cs_json_in_str(in, root, "hash", true);
    if (in->status == CONSENT_OK && !cs_hex_decode(hash, head->hash, sizeof(head->hash)))
        (void)cs_json_complain(in, "`hash` is not 64 hex digits");
    cs_str until = cs_json_in_str(in, root, "fresh_until", true);
    if (in->status == CONSENT_OK && !cs_time_parse(until, &head->fresh_until_ms))
        (void)cs_json_complain(in, "`fresh_until` is not an instant such as \"2026-09-28T10:00:00+08:00\"");
}

static consent_status parse_head(const cs_buffer *payload, int64_t now_ms, cs_head *head, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    char until[CS_TIME_TEXT_SIZE];
    consent_status status = cs_json_parse(&doc, (cs_str){(const char *)payload->data, payload->size}, CS_HEAD_MAX_BYTES,
                                          "the head statement", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the head statement", err);
    read_head(&in, doc.root, head);
    cs_json_free(&doc);
    if (in.status != CONSENT_OK || now_ms < head->fresh_until_ms)
        return in.status;
    cs_time_format(head->fresh_until_ms, until);
    return cs_fail(err, CONSENT_E_EXPIRED, 0,
                   "the head statement of policy %s was fresh until %s: fetch a newer one, or correct the clock",
                   head->id, until);
}

consent_status cs_head_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                            int64_t now_ms, cs_head *head, consent_error *err)
{
    cs_buffer payload;
    *head = (cs_head){0};
    cs_buffer_init(&payload, memory, CS_HEAD_MAX_BYTES);
    consent_status status =
        cs_statement_open(memory, bytes, CS_TYP_HEAD, roots, root_count, now_ms, &head->signers, &payload, err);
    if (status == CONSENT_OK)
        status = parse_head(&payload, now_ms, head, err);
    cs_buffer_free(&payload);
    if (status != CONSENT_OK)
        *head = (cs_head){0};
    return status;
}
