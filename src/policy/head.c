/* Head statements: small, short-lived, signed like a policy. */
#include "crypto/jws.h"
#include "policy/key_set.h"
#include "policy/parse.h"

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

static void read_head(cs_parser *parser, const cs_json *root)
{
    static const cs_prop props[] = {
        {CS_NAME(version), CS_PROP_INT | CS_PROP_REQUIRED, CS_BOUNDS_FROM_1, CS_AT(cs_head, version)},
        {CS_NAME(revision), CS_PROP_INT, CS_BOUNDS_FROM_0, CS_AT(cs_head, revision)},
        {CS_NAME(fresh_until), CS_PROP_INSTANT | CS_PROP_REQUIRED, true, CS_AT(cs_head, fresh_until_ms)},
        {0},
    };
    cs_head *head = parser->base;
    cs_parse_schema(&parser->in, root);
    (void)cs_parse_members(parser, root, props, head);
    cs_str id = cs_json_in_str(&parser->in, root, "id", true);
    if (cs_id_is_valid(id))
        memcpy(head->id, id.data, id.size);
    else
        (void)cs_json_complain_at(&parser->in, "id", CS_ID_RULE);
    if (!cs_hex_decode(cs_json_in_str(&parser->in, root, "hash", true), head->hash, sizeof(head->hash)))
        (void)cs_json_complain_at(&parser->in, "hash", "64 hexadecimal digits were expected");
}

static consent_status parse_head(const cs_buffer *payload, int64_t now_ms, cs_head *head, consent_error *err)
{
    cs_parser parser = {.base = head};
    char until[CS_TIME_TEXT_SIZE];
    consent_status status = cs_parse_json(&parser, (cs_str){(const char *)payload->data, payload->size},
                                          CS_HEAD_MAX_BYTES, "the head statement", read_head, err);
    if (status != CONSENT_OK || now_ms < head->fresh_until_ms)
        return status;
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
