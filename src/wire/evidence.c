/* The evidence of a REMOTE entry (docs/ledger-format.md section 4): sealed with the ledger, so it is read without verifying the
 * signatures again; they are kept as proof for others. */
#include "wire/internal.h"

#include <string.h>

consent_status cs_wire_chain(const uint8_t head[CS_HASH_SIZE], cs_span event, uint8_t out[CS_HASH_SIZE],
                             consent_error *err)
{
    const cs_span parts[] = {{head, CS_HASH_SIZE}, event};
    return cs_sha256(parts, 2, out, err);
}

enum {
    BY_BACKEND = 1,
    JOINED = 2,
    KNOWN_FLAGS = BY_BACKEND | JOINED
};

void cs_evidence_write(const cs_evidence *evidence, cs_buffer *out)
{
    cs_buffer_u8(out, (uint8_t)((evidence->by_backend ? BY_BACKEND : 0) | (evidence->joined ? JOINED : 0)));
    cs_buffer_varint(out, evidence->first);
    cs_buffer_varint(out, evidence->last);
    cs_buffer_varint(out, evidence->first_cursor);
    cs_buffer_varint(out, (uint64_t)evidence->time_ms);
    cs_buffer_varint(out, evidence->merged);
    cs_buffer_append(out, evidence->key, CS_HASH_SIZE);
    cs_buffer_append(out, evidence->head, CS_HASH_SIZE);
    cs_buffer_sized(out, evidence->receipt.data, evidence->receipt.size);
    cs_buffer_sized(out, evidence->signature.data, evidence->signature.size);
}

consent_status cs_evidence_read(cs_span bytes, cs_evidence *out, consent_error *err)
{
    cs_reader in = cs_reader_of(bytes);
    memset(out, 0, sizeof *out);
    uint8_t flags = cs_read_u8(&in);
    out->by_backend = (flags & BY_BACKEND) != 0;
    out->joined = (flags & JOINED) != 0;
    out->first = cs_read_varint(&in);
    out->last = cs_read_varint(&in);
    out->first_cursor = cs_read_varint(&in);
    uint64_t time_ms = cs_read_varint(&in);
    out->time_ms = (int64_t)time_ms;
    out->merged = cs_read_varint(&in);
    const uint8_t *key = cs_read_bytes(&in, CS_HASH_SIZE);
    const uint8_t *head = cs_read_bytes(&in, CS_HASH_SIZE);
    out->receipt = cs_read_str(&in, 2 * CS_RECEIPT_MAX_BYTES);
    out->signature = cs_read_sized(&in, CS_SIGNATURE_SIZE);
    if (!in.ok || in.left > 0 || (flags & ~KNOWN_FLAGS) != 0 || out->last < out->first || time_ms > INT64_MAX ||
        (out->signature.size != 0 && out->signature.size != CS_SIGNATURE_SIZE))
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the evidence of another device's acts was malformed");
    memcpy(out->key, key, CS_HASH_SIZE);
    memcpy(out->head, head, CS_HASH_SIZE);
    return CONSENT_OK;
}
