/* consentctl policy head, policy notice: small signed statements: which version is the newest, and what persons must be told. */
#include "consentctl/authoring.h"
#include "consentctl/diff.h"
#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/tool.h"
#include "crypto/jws.h"

#define FRESH_MS (7 * CS_DAY_MS)
#define MAX_FILE_BYTES (256u * 1024u)

#define NOTICE_MAX_BYTES (128u * 1024u)

const cs_option_spec cs_options_policy_notice[] = {
    {"key", 0, "KEY", "the publisher's private key (required)"},
    {"keys", 0, "FILE", "the key set that names it (required)"},
    {"output", 'o', "FILE", "the signed notice; hand it to consent_notice_receive (required)"},
    {NULL, 0, NULL, NULL},
};
const cs_option_spec cs_options_policy_head[] = {
    {"key", 0, "KEY", "the publisher's private key (required)"},
    {"keys", 0, "FILE", "the key set that names it (required)"},
    {"fresh-until", 0, "INSTANT", "until when it may be believed (default: in seven days)"},
    {"output", 'o', "FILE", "the statement; install it as a bundle is (required)"},
    {NULL, 0, NULL, NULL},
};

static void put_payload(const cs_policy *policy, int64_t until_ms, cs_buffer *payload)
{
    char hash[2 * CS_HASH_SIZE + 1], until[CS_TIME_TEXT_SIZE];
    cs_json_out json;
    cs_hex_encode(policy->hash, CS_HASH_SIZE, hash);
    cs_time_format(until_ms, until);
    cs_json_out_init(&json, payload);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_json_member_text(&json, "id", policy->id);
    cs_json_member_int(&json, "version", policy->version);
    cs_json_member_int(&json, "revision", policy->revision);
    cs_json_member_text(&json, "hash", hash);
    cs_json_member_text(&json, "fresh_until", until);
    cs_json_close_object(&json);
}

typedef struct inputs {
    const char *key, *keys, *output;
    int64_t until_ms;
} inputs;

static consent_status read_options(cs_tool *tool, const cs_options *options, inputs *in, consent_error *err)
{
    const char *until = cs_options_get(options, "fresh-until");
    consent_status status = cs_options_need(options, "key", &in->key, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "keys", &in->keys, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "output", &in->output, err);
    in->until_ms = cs_tool_now_ms(tool) + FRESH_MS;
    if (status == CONSENT_OK && until && !cs_time_parse(cs_str_of(until), &in->until_ms))
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "--fresh-until was \"%.40s\"; write for example 2026-01-01T00:00:00+08:00", until);
    return status;
}

/* Signs and writes. */
static consent_status write_statement(cs_tool *tool, const inputs *in, const char *typ, const cs_buffer *payload,
                                      consent_error *err)
{
    cs_key_pair pair = {0};
    cs_buffer key_set, out;
    cs_buffer_init(&key_set, &tool->env.memory, MAX_FILE_BYTES);
    cs_buffer_init(&out, &tool->env.memory, MAX_FILE_BYTES);
    consent_status status = cs_buffer_status(payload, "the statement", err);
    if (status == CONSENT_OK)
        status = cs_files_read(in->keys, &key_set, err);
    if (status == CONSENT_OK)
        status = cs_keys_read_private(&tool->env.memory, in->key, &pair, err);
    if (status == CONSENT_OK)
        status =
            cs_authoring_statement(typ, (cs_str){(const char *)payload->data, payload->size},
                                   (cs_str){(const char *)key_set.data, key_set.size}, pair.private_key, &out, err);
    cs_wipe(&pair.private_key, sizeof pair.private_key);
    if (status == CONSENT_OK)
        status = cs_files_write(in->output, cs_buffer_span(&out), CS_FILES_PUBLIC, false, err);
    cs_buffer_free(&key_set);
    cs_buffer_free(&out);
    return status;
}

consent_status cs_cmd_policy_head(cs_tool *tool, const cs_options *options, consent_error *err)
{
    inputs in = {0};
    cs_diff_side side = {0};
    cs_buffer payload;
    cs_buffer_init(&payload, &tool->env.memory, CS_HEAD_MAX_BYTES);
    consent_status status = read_options(tool, options, &in, err);
    if (status == CONSENT_OK)
        status = cs_diff_read(&tool->env.memory, options->arguments[0], &side, err);
    if (status == CONSENT_OK) {
        put_payload(side.policy, in.until_ms, &payload);
        status = write_statement(tool, &in, CS_TYP_HEAD, &payload, err);
    }
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, in.output, err, "says that version %u.%u of %s is the newest", side.policy->version,
                              side.policy->revision, side.policy->id);
    cs_diff_release(&side);
    cs_buffer_free(&payload);
    return status;
}

/* What it must say depends on the policy held where it arrives: that is checked there, and at once by `notice receive`. */
consent_status cs_cmd_policy_notice(cs_tool *tool, const cs_options *options, consent_error *err)
{
    inputs in = {0};
    cs_buffer text, payload;
    cs_json_doc doc = {NULL, NULL};
    cs_json_out json;
    cs_buffer_init(&text, &tool->env.memory, NOTICE_MAX_BYTES);
    cs_buffer_init(&payload, &tool->env.memory, NOTICE_MAX_BYTES);
    consent_status status = read_options(tool, options, &in, err);
    if (status == CONSENT_OK)
        status = cs_files_read(options->arguments[0], &text, err);
    if (status == CONSENT_OK)
        status = cs_json_parse(&doc, (cs_str){(const char *)text.data, text.size}, NOTICE_MAX_BYTES,
                               options->arguments[0], err);
    cs_json_out_init(&json, &payload);
    if (status == CONSENT_OK) {
        cs_json_put_value(&json, doc.root);
        status = write_statement(tool, &in, CS_TYP_NOTICE, &payload, err);
    }
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, in.output, err, "the notice is signed");
    cs_json_free(&doc);
    cs_buffer_free(&text);
    cs_buffer_free(&payload);
    return status;
}
