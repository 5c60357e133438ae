/* consentctl open-sealed: for the operator. */
#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/sealed.h"
#include "consentctl/tool.h"
#include "crypto/envelope.h"
#include "profile/internal.h"
#include "wire/wire.h"

#include <string.h>

#define LINES_MAX_BYTES (64u * 1024u * 1024u)

const cs_option_spec cs_options_open_sealed[] = {
    {"key", 0, "KEY", "the private half of the policy's sealing key (required)"},
    {NULL, 0, NULL, NULL},
};

typedef struct sealed_head {
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t first;
    uint32_t count;
    uint8_t before[CS_HASH_SIZE], after[CS_HASH_SIZE];
} sealed_head;

static consent_status read_head(cs_reader *in, sealed_head *out, consent_error *err)
{
    uint8_t layout = cs_read_u8(in);
    if (in->ok && layout != 1)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the file has layout %u; use a newer consentctl", layout);
    const uint8_t *stream = cs_read_bytes(in, CS_STREAM_ID_SIZE);
    out->first = cs_read_u64(in);
    out->count = cs_read_u32(in);
    const uint8_t *before = cs_read_bytes(in, CS_HASH_SIZE);
    const uint8_t *after = cs_read_bytes(in, CS_HASH_SIZE);
    if (stream == NULL || before == NULL || after == NULL)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the sealed content ends within its head");
    memcpy(out->stream, stream, sizeof out->stream);
    memcpy(out->before, before, sizeof out->before);
    memcpy(out->after, after, sizeof out->after);
    return CONSENT_OK;
}

static consent_status read_events(cs_reader *in, const sealed_head *head, cs_buffer *lines, consent_error *err)
{
    uint8_t chain[CS_HASH_SIZE];
    consent_status status = CONSENT_OK;
    memcpy(chain, head->before, sizeof chain);
    for (uint32_t i = 0; status == CONSENT_OK && i < head->count; i++) {
        cs_event event;
        cs_json_out json;
        cs_span bytes = cs_read_sized(in, CS_EVENT_MAX_SIZE);
        status = in->ok ? cs_event_decode(bytes, &event, err)
                        : cs_fail(err, CONSENT_E_CORRUPT, 0, "the sealed content ends within event %u", i);
        if (status == CONSENT_OK && event.seq != head->first + i)
            status = cs_fail(err, CONSENT_E_CORRUPT, 0, "event %u does not have the next number", i);
        if (status == CONSENT_OK)
            status = cs_wire_chain(chain, bytes, chain, err);
        if (status != CONSENT_OK)
            break;
        cs_json_out_init(&json, lines);
        cs_event_json(head->stream, &event, &json);
        cs_buffer_text(lines, "\n");
    }
    if (status == CONSENT_OK && memcmp(chain, head->after, sizeof chain) != 0)
        status =
            cs_fail(err, CONSENT_E_CORRUPT, 0, "the event chain does not come to the head that stands in the file");
    for (; status == CONSENT_OK && in->left > 0 && in->ok;)
        if (cs_read_u8(in) != 0)
            status = cs_fail(err, CONSENT_E_CORRUPT, 0, "something stands behind the last event");
    return status == CONSENT_OK ? cs_buffer_status(lines, "the events", err) : status;
}

consent_status cs_sealed_lines(const cs_memory *memory, const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span file,
                               cs_buffer *lines, consent_error *err)
{
    cs_buffer content;
    sealed_head head = {0};
    cs_buffer_init(&content, memory, CS_SEALED_MAX_BYTES);
    consent_status status = cs_envelope_open(private_key, file, &content, err);
    cs_reader in = cs_reader_of(cs_buffer_span(&content));
    if (status == CONSENT_OK)
        status = read_head(&in, &head, err);
    if (status == CONSENT_OK)
        status = read_events(&in, &head, lines, err);
    cs_buffer_free(&content);
    return status;
}

consent_status cs_cmd_open_sealed(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *key = NULL;
    cs_key_pair pair = {0};
    cs_buffer file, lines;
    cs_buffer_init(&file, &tool->env.memory, CS_SEALED_MAX_BYTES);
    cs_buffer_init(&lines, &tool->env.memory, LINES_MAX_BYTES);
    consent_status status = cs_options_need(options, "key", &key, err);
    if (status == CONSENT_OK)
        status = cs_files_read(options->arguments[0], &file, err);
    if (status == CONSENT_OK)
        status = cs_keys_read_private(&tool->env.memory, key, &pair, err);
    if (status == CONSENT_OK)
        status = cs_sealed_lines(&tool->env.memory, pair.private_key, cs_buffer_span(&file), &lines, err);
    cs_wipe(&pair.private_key, sizeof pair.private_key);
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &lines, err);
    cs_buffer_free(&file);
    cs_buffer_free(&lines);
    return status;
}
