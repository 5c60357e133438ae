/* consentctl sync, sync status and receipt verify: the record and the backend, and proof without either. */
#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/runtime.h"
#include "consentctl/session.h"
#include "crypto/jws.h"
#include "policy/key_set.h"
#include "profile/internal.h"
#include "wire/wire.h"

#include <consent/sync.h>

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX_BYTES 2048u
#define EXPORT_MAX_BYTES (256u * 1024u * 1024u)

const cs_option_spec cs_options_sync[] = {
    CS_SESSION_OPTIONS,
    {"endpoint", 0, "URL", "the backend's address, https (required)"},
    {"region", 0, "CC", "where it stores; left out: CN"},
    {"root", 0, "PUB", "the root's public key: what it did not sign counts for nothing (required)"},
    {"ca", 0, "FILE", "certificate authorities in PEM; left out: the system's"},
    {"token-file", 0, "FILE", "holds the account's token; left out: for the anonymous profile"},
    {"timeout", 0, "SECONDS", "for all of it; left out: 300"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_receipt_verify[] = {
    {"keys", 0, "FILE", "the key set that names who signs receipts (required)"},
    {"root", 0, "PUB", "the public key of the root that signed the key set (required)"},
    {NULL, 0, NULL, NULL},
};

/* ---- sync ------------------------------------------------------------------------------------------------- */

static consent_status give_token(void *ctx, bool renew, char *out, size_t size)
{
    const cs_buffer *token = ctx;
    if (renew || token->size == 0 || token->size >= size)
        return CONSENT_E_NOT_FOUND; /* the file holds one token only */
    memcpy(out, token->data, token->size);
    out[token->size] = '\0';
    return CONSENT_OK;
}

static consent_status read_token(cs_tool *tool, const cs_options *options, cs_buffer *token, consent_error *err)
{
    const char *path = cs_options_get(options, "token-file");
    cs_buffer_init(token, &tool->env.memory, TOKEN_MAX_BYTES);
    consent_status status = path != NULL ? cs_files_read(path, token, err) : CONSENT_OK;
    while (token->size > 0 && token->data[token->size - 1] <= ' ')
        token->size--;
    if (status == CONSENT_OK && path != NULL && token->size == 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%.200s holds no token", path);
    return status;
}

static consent_status print_report(cs_tool *tool, const consent_sync_report *report, consent_status done,
                                   consent_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } members[] = {{"sent", report->sent},         {"received", report->received},
                   {"waiting", report->waiting},   {"parked", report->parked},
                   {"policies", report->policies}, {"sealed", report->sealed},
                   {"ignored", report->ignored},   {"requests", report->requests},
                   {"retry_ms", report->retry_ms}, {"clock_ahead_ms", report->clock_ahead_ms}};
    cs_buffer text;
    cs_json_out json;
    cs_buffer_init(&text, &tool->env.memory, 4096);
    cs_json_out_init(&json, &text);
    if (tool->json) {
        cs_json_open_object(&json);
        cs_json_member_text(&json, "status", consent_status_name(done));
        for (size_t i = 0; i < CS_COUNT_OF(members); i++)
            cs_json_member_int(&json, members[i].name, members[i].value);
        cs_json_member_bool(&json, "clock_suspect", report->clock_suspect);
        cs_json_close_object(&json);
    } else {
        for (size_t i = 0; i < CS_COUNT_OF(members); i++)
            if (members[i].value != 0 || i < 3)
                cs_buffer_printf(&text, "%s%s %lld", i > 0 ? ", " : "", members[i].name, (long long)members[i].value);
    }
    if (!tool->json && done == CONSENT_OK && report->requests == 0)
        cs_buffer_text(&text, ": nothing leaves before a policy is accepted");
    cs_buffer_text(&text, "\n");
    consent_status status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

static consent_status run_sync(cs_session *session, const cs_options *options, cs_buffer *token, consent_error *err)
{
    consent_sync_config config = CONSENT_INIT(consent_sync_config);
    consent_sync_report report = CONSENT_INIT(consent_sync_report);
    const char *seconds = cs_options_get(options, "timeout");
    const char *region = cs_options_get(options, "region");
    config.endpoint = cs_options_get(options, "endpoint");
    config.region = region != NULL ? region : "CN";
    config.ca_file = cs_options_get(options, "ca");
    config.token = give_token;
    config.ctx = token;
    consent_status status = consent_sync_configure(session->client, &config, err);
    if (status != CONSENT_OK)
        return status;
    unsigned long timeout = seconds != NULL ? strtoul(seconds, NULL, 10) : 0;
    status = consent_sync(session->profile, timeout < 86400 ? (uint32_t)timeout * 1000u : 0, &report, err);
    consent_status printed = print_report(session->tool, &report, status, status == CONSENT_OK ? err : NULL);
    return status == CONSENT_OK ? printed : status;
}

consent_status cs_cmd_sync(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer token;
    const char *needed;
    consent_status status = cs_options_need(options, "endpoint", &needed, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "root", &needed, err);
    if (status != CONSENT_OK)
        return status;
    status = read_token(tool, options, &token, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status == CONSENT_OK) {
        status = run_sync(&session, options, &token, err);
        cs_session_close(&session);
    }
    cs_buffer_free(&token);
    return status;
}

consent_status cs_cmd_sync_status(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer text;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &tool->env.memory, EXPORT_MAX_BYTES);
    status = consent_sync_status(session.profile, cs_write_to_buffer, &text, err);
    cs_buffer_text(&text, "\n");
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    cs_session_close(&session);
    return status;
}

/* ---- receipts --------------------------------------------------------------------------------------------- */

typedef struct proving {
    cs_tool *tool;
    cs_key_set *keys;
    cs_json_doc export;
    uint64_t receipts, events;
} proving;

static consent_status read_keys(cs_tool *tool, const cs_options *options, cs_key_set *set, consent_error *err)
{
    const char *path, *root_path;
    uint8_t root[CS_P256_PUBLIC_SIZE];
    cs_signers *signers = cs_alloc(&tool->env.memory, sizeof *signers);
    cs_buffer line;
    cs_buffer_init(&line, &tool->env.memory, 2 * CS_KEY_SET_MAX_BYTES);
    consent_status status = signers != NULL ? cs_options_need(options, "keys", &path, err) : CONSENT_E_MEMORY;
    if (status == CONSENT_OK)
        status = cs_options_need(options, "root", &root_path, err);
    if (status == CONSENT_OK)
        status = cs_keys_read_public(&tool->env.memory, root_path, root, err);
    if (status == CONSENT_OK)
        status = cs_files_read(path, &line, err);
    while (line.size > 0 && line.data[line.size - 1] <= ' ')
        line.size--;
    if (status == CONSENT_OK)
        status = cs_key_set_verify(&tool->env.memory, (cs_str){(const char *)line.data, line.size}, root, 1, set,
                                   signers, err);
    if (status == CONSENT_OK && set->receipt_count == 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s names nobody who signs receipts", path);
    cs_buffer_free(&line);
    cs_free(&tool->env.memory, signers, sizeof *signers);
    return status;
}

/* As it would be written for these bytes, less the bytes themselves. */
static consent_status read_back(const cs_json *event, cs_span bytes, cs_buffer *says, cs_buffer *reads,
                                consent_error *err)
{
    uint8_t stream[CS_STREAM_ID_SIZE];
    cs_event decoded;
    cs_json_out out;
    consent_status status = cs_event_decode(bytes, &decoded, err);
    if (status == CONSENT_OK && !cs_hex_decode(cs_json_str(cs_json_get(event, "stream")), stream, sizeof stream))
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "an event of the copy names no stream");
    if (status != CONSENT_OK)
        return status;
    cs_json_out_init(&out, says);
    cs_event_json(stream, &decoded, &out);
    cs_json_out_init(&out, reads);
    cs_json_open_object(&out);
    for (const cs_json *member = cs_json_first(event); member != NULL; member = cs_json_next(member))
        if (strcmp(cs_json_name(member), "bytes") != 0) {
            cs_json_put_name(&out, cs_json_name(member));
            cs_json_put_value(&out, member);
        }
    cs_json_close_object(&out);
    return CONSENT_OK;
}

static bool same(const cs_buffer *a, const cs_buffer *b)
{
    return !a->failed && !b->failed && a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Receipts speak for the exact bytes: what people read beside them must say the same. */
static consent_status compare_event(const proving *p, const cs_json *event, consent_error *err)
{
    const cs_memory *memory = &p->tool->env.memory;
    cs_buffer bytes, says, reads;
    cs_buffer_init(&bytes, memory, CS_EVENT_MAX_SIZE);
    cs_buffer_init(&says, memory, EXPORT_MAX_BYTES);
    cs_buffer_init(&reads, memory, EXPORT_MAX_BYTES);
    bool whole = cs_base64url_decode(&bytes, cs_json_str(cs_json_get(event, "bytes"))) &&
                 read_back(event, cs_buffer_span(&bytes), &says, &reads, NULL) == CONSENT_OK && same(&says, &reads);
    cs_buffer_free(&bytes);
    cs_buffer_free(&says);
    cs_buffer_free(&reads);
    return whole ? CONSENT_OK
                 : cs_fail(err, CONSENT_E_TAMPERED, 0,
                           "event %lld of stream %.*s reads otherwise than its exact bytes: somebody changed the copy",
                           (long long)cs_json_int(cs_json_get(event, "seq")),
                           CS_STR_ARG(cs_json_str(cs_json_get(event, "stream"))));
}

/* Events name what was shown by its hash. What another device showed is not in this one's copy. */
static consent_status compare_notice(const proving *p, const cs_json *notice, consent_error *err)
{
    uint8_t named[CS_HASH_SIZE], hash[CS_HASH_SIZE];
    cs_buffer text;
    cs_json_out out;
    if (cs_json_type_of(notice) == CS_JSON_NULL)
        return CONSENT_OK;
    cs_buffer_init(&text, &p->tool->env.memory, EXPORT_MAX_BYTES);
    cs_json_out_init(&out, &text);
    cs_json_put_value(&out, notice);
    cs_span span = cs_buffer_span(&text);
    bool whole = !text.failed && cs_hex_decode(cs_str_of(cs_json_name(notice)), named, sizeof named) &&
                 cs_sha256(&span, 1, hash, NULL) == CONSENT_OK && memcmp(named, hash, sizeof hash) == 0;
    cs_buffer_free(&text);
    return whole ? CONSENT_OK
                 : cs_fail(err, CONSENT_E_TAMPERED, 0, "notice %.80s is not the text that was shown under that hash",
                           cs_json_name(notice));
}

static consent_status compare(const proving *p, consent_error *err)
{
    consent_status status = CONSENT_OK;
    const cs_json *at = cs_json_first(cs_json_get(p->export.root, "events"));
    for (; at != NULL && status == CONSENT_OK; at = cs_json_next(at))
        status = compare_event(p, at, err);
    at = cs_json_first(cs_json_get(p->export.root, "notices"));
    for (; at != NULL && status == CONSENT_OK; at = cs_json_next(at))
        status = compare_notice(p, at, err);
    return status;
}

/* The head of a stream after event `seq`, from the exact bytes in the export. */
static consent_status head_after(const proving *p, cs_str stream, uint64_t seq, uint8_t head[CS_HASH_SIZE],
                                 consent_error *err)
{
    uint64_t at = 0;
    consent_status status = CONSENT_OK;
    memset(head, 0, CS_HASH_SIZE);
    const cs_json *event = cs_json_first(cs_json_get(p->export.root, "events"));
    for (; event != NULL && at < seq && status == CONSENT_OK; event = cs_json_next(event)) {
        cs_buffer bytes;
        cs_event decoded;
        if (!cs_str_equal(cs_json_str(cs_json_get(event, "stream")), stream))
            continue;
        cs_buffer_init(&bytes, &p->tool->env.memory, CS_EVENT_MAX_SIZE);
        bool whole = cs_base64url_decode(&bytes, cs_json_str(cs_json_get(event, "bytes"))) &&
                     cs_event_decode(cs_buffer_span(&bytes), &decoded, NULL) == CONSENT_OK && decoded.seq == at + 1;
        status = whole ? cs_wire_chain(head, cs_buffer_span(&bytes), head, err)
                       : cs_fail(err, CONSENT_E_TAMPERED, 0, "event %llu of stream %.*s is not whole",
                                 (unsigned long long)at + 1, CS_STR_ARG(stream));
        cs_buffer_free(&bytes);
        at++;
    }
    if (status == CONSENT_OK && at < seq)
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "the copy ends before event %llu of stream %.*s",
                         (unsigned long long)seq, CS_STR_ARG(stream));
    return status;
}

static consent_status prove(proving *p, const cs_json *item, consent_error *err)
{
    cs_receipt receipt;
    size_t key = 0;
    uint8_t head[CS_HASH_SIZE];
    char stream[2 * CS_STREAM_ID_SIZE + 1];
    consent_status status = cs_receipt_open(&p->tool->env.memory, cs_json_str(cs_json_get(item, "receipt")),
                                            p->keys->receipt_keys, p->keys->receipt_count, &key, &receipt, err);
    if (status != CONSENT_OK)
        return status;
    if (receipt.time_ms < p->keys->receipts[key].not_before_ms ||
        receipt.time_ms >= p->keys->receipts[key].not_after_ms)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "a receipt is of a time for which its key was not named");
    cs_hex_encode(receipt.stream, CS_STREAM_ID_SIZE, stream);
    status = head_after(p, cs_str_of(stream), receipt.last, head, err);
    if (status == CONSENT_OK && memcmp(head, receipt.head, sizeof head) != 0)
        status = cs_fail(err, CONSENT_E_TAMPERED, 0,
                         "the receipt of events %llu to %llu is of other events than the copy holds",
                         (unsigned long long)receipt.first, (unsigned long long)receipt.last);
    if (status == CONSENT_OK) {
        p->receipts++;
        p->events += receipt.last - receipt.first + 1;
    }
    return status;
}

static consent_status prove_all(proving *p, const char *path, consent_error *err)
{
    cs_buffer text;
    cs_buffer_init(&text, &p->tool->env.memory, EXPORT_MAX_BYTES);
    consent_status status = cs_files_read(path, &text, err);
    if (status == CONSENT_OK)
        status = cs_json_parse(&p->export, (cs_str){(const char *)text.data, text.size}, EXPORT_MAX_BYTES, path, err);
    cs_buffer_free(&text);
    if (status == CONSENT_OK)
        status = compare(p, err);
    const cs_json *item = status == CONSENT_OK ? cs_json_first(cs_json_get(p->export.root, "receipts")) : NULL;
    for (; item != NULL && status == CONSENT_OK; item = cs_json_next(item))
        status = prove(p, item, err);
    if (status == CONSENT_OK && p->receipts == 0)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "%s holds no receipt: nothing was acknowledged yet", path);
    cs_json_free(&p->export);
    return status;
}

consent_status cs_cmd_receipt_verify(cs_tool *tool, const cs_options *options, consent_error *err)
{
    proving p = {.tool = tool, .keys = cs_alloc(&tool->env.memory, sizeof *p.keys)};
    consent_status status =
        p.keys != NULL ? read_keys(tool, options, p.keys, err) : cs_fail(err, CONSENT_E_MEMORY, 0, "no memory");
    if (status == CONSENT_OK)
        status = prove_all(&p, options->arguments[0], err);
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, options->arguments[0], err, "%llu receipts cover %llu events, as they stand",
                              (unsigned long long)p.receipts, (unsigned long long)p.events);
    cs_free(&tool->env.memory, p.keys, sizeof *p.keys);
    return status;
}
