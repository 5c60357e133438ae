#include "consentctl/authoring.h"
#include "consentctl/convert.h"
#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/markdown.h"
#include "consentctl/skeleton.h"
#include "consentctl/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define MAX_FILE_BYTES (8u * 1024u * 1024u)
#define MAX_KEYS 16u
#define KEY_SET_LIFE_MS (730 * CS_DAY_MS)

static cs_str buffer_text(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

static cs_buffer new_buffer(cs_tool *tool)
{
    cs_buffer buffer;
    cs_buffer_init(&buffer, &tool->env.memory, MAX_FILE_BYTES);
    return buffer;
}

/* ---- policy new ---------------------------------------------------------------------------- */

const cs_option_spec cs_options_policy_new[] = {
    {"from", 0, "FILE", "take the text from a plain-text policy (UTF-8)"},
    {"id", 0, "ID", "the policy's identifier (default: platform)"},
    {"locale", 0, "LOCALE", "the text's locale (default: zh-CN)"},
    {NULL, 0, NULL, NULL},
};

typedef struct new_policy {
    cs_skeleton skeleton;
    cs_buffer policy, document, child_rules, readme;
    uint32_t sections;
} new_policy;

static consent_status convert_file(cs_tool *tool, const char *path, new_policy *made, consent_error *err)
{
    cs_buffer text = new_buffer(tool);
    cs_buffer json = new_buffer(tool);
    consent_status status = cs_files_read(path, &text, err);
    if (status == CONSENT_OK)
        status = cs_convert_text(&tool->env.memory, buffer_text(&text), path, &made->document, &made->sections, err);
    if (status == CONSENT_OK)
        status = cs_markdown_convert(&tool->env.memory, buffer_text(&made->document), path, made->skeleton.locale,
                                     &json, err);
    cs_buffer_free(&json);
    cs_buffer_free(&text);
    return status;
}

static consent_status write_in(const char *dir, const char *name, const cs_buffer *content, consent_error *err)
{
    char path[PATH_BYTES];
    consent_status status = cs_buffer_status(content, name, err);
    if (status == CONSENT_OK)
        status = cs_files_join(dir, name, path, sizeof path, err);
    if (status == CONSENT_OK)
        status = cs_files_write(path, cs_buffer_span(content), CS_FILES_PUBLIC, true, err);
    return status;
}

static void remove_in(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    if (cs_files_join(dir, name, path, sizeof path, NULL) == CONSENT_OK)
        (void)unlink(path);
}

/* All files or no folder. */
static consent_status write_folder(const char *dir, const new_policy *made, consent_error *err)
{
    char document[64], child_rules[64];
    (void)snprintf(document, sizeof document, "document.%s.md", made->skeleton.locale);
    (void)snprintf(child_rules, sizeof child_rules, "child-rules.%s.md", made->skeleton.locale);
    consent_status status = cs_files_make_dir(dir, err);
    if (status != CONSENT_OK)
        return status;
    status = write_in(dir, "policy.json", &made->policy, err);
    if (status == CONSENT_OK)
        status = write_in(dir, document, &made->document, err);
    if (status == CONSENT_OK)
        status = write_in(dir, child_rules, &made->child_rules, err);
    if (status == CONSENT_OK)
        status = write_in(dir, "README.md", &made->readme, err);
    if (status == CONSENT_OK)
        return CONSENT_OK;
    remove_in(dir, "policy.json");
    remove_in(dir, document);
    remove_in(dir, child_rules);
    remove_in(dir, "README.md");
    (void)rmdir(dir);
    return status;
}

static consent_status check_new(const cs_skeleton *skeleton, consent_error *err)
{
    if (!cs_id_is_valid(cs_str_of(skeleton->id)))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--id was no identifier; use a-z, 0-9, dots and hyphens");
    for (const char *at = skeleton->locale; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", *at))
            return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                           "--locale was no locale; write for example zh-CN");
    if (strlen(skeleton->locale) < 2 || strlen(skeleton->locale) > 35)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--locale was no locale; write for example zh-CN");
    return CONSENT_OK;
}

consent_status cs_cmd_policy_new(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *dir = options->arguments[0];
    const char *from = cs_options_get(options, "from");
    const char *id = cs_options_get(options, "id");
    const char *locale = cs_options_get(options, "locale");
    new_policy made = {.skeleton = {.id = id ? id : "platform",
                                    .locale = locale ? locale : "zh-CN",
                                    .section = from ? "sec-1" : "collect-browse",
                                    .now_ms = cs_tool_now_ms(tool)},
                       .policy = new_buffer(tool),
                       .document = new_buffer(tool),
                       .child_rules = new_buffer(tool),
                       .readme = new_buffer(tool),
                       .sections = 10};
    consent_status status = check_new(&made.skeleton, err);
    if (status == CONSENT_OK && from)
        status = convert_file(tool, from, &made, err);
    else if (status == CONSENT_OK)
        cs_skeleton_document(&made.skeleton, &made.document);
    if (status == CONSENT_OK) {
        if (from && made.sections > 1)
            made.skeleton.section = "sec-2";
        cs_skeleton_policy(&made.skeleton, &made.policy);
        cs_skeleton_child_rules(&made.skeleton, &made.child_rules);
        cs_skeleton_readme(&made.skeleton, &made.readme);
        status = write_folder(dir, &made, err);
    }
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, dir, err,
                              "policy.json, document.%s.md with %u sections, child-rules.%s.md, README.md; README.md "
                              "says what to fill in",
                              made.skeleton.locale, made.sections, made.skeleton.locale);
    cs_buffer_free(&made.readme);
    cs_buffer_free(&made.child_rules);
    cs_buffer_free(&made.document);
    cs_buffer_free(&made.policy);
    return status;
}

/* ---- policy build -------------------------------------------------------------------------- */

const cs_option_spec cs_options_policy_build[] = {
    {"output", 'o', "FILE", "the unsigned policy (required)"},
    {NULL, 0, NULL, NULL},
};

consent_status cs_cmd_policy_build(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *output;
    cs_buffer built = new_buffer(tool);
    consent_status status = cs_options_need(options, "output", &output, err);
    if (status == CONSENT_OK)
        status = cs_files_refuse_file(options->arguments[0], err);
    if (status == CONSENT_OK)
        status = cs_authoring_build(&tool->env.memory, options->arguments[0], &built, err);
    if (status == CONSENT_OK)
        status = cs_files_write(output, cs_buffer_span(&built), CS_FILES_PUBLIC, false, err);
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, output, err, "built, %zu bytes; sign it with consentctl policy sign", built.size);
    cs_buffer_free(&built);
    return status;
}

/* ---- policy keyset ------------------------------------------------------------------------- */

const cs_option_spec cs_options_policy_keyset[] = {
    {"root", 0, "KEY", "the root's private key (required)"},
    {"publisher", 0, "PUB", "a publisher's public key (required, may be repeated)"},
    {"receipts", 0, "PUB", "a public key that signs the backend's receipts (may be repeated)"},
    {"output", 'o', "FILE", "the signed key set (required)"},
    {"version", 0, "N", "number of this key set (default: 1); a higher one replaces a lower"},
    {"not-before", 0, "INSTANT", "from when the keys count (default: now)"},
    {"not-after", 0, "INSTANT", "until when (default: two years later)"},
    {NULL, 0, NULL, NULL},
};

static consent_status option_time(const cs_options *options, const char *name, int64_t fallback_ms, int64_t *out_ms,
                                  consent_error *err)
{
    const char *text = cs_options_get(options, name);
    *out_ms = fallback_ms;
    if (!text || cs_time_parse(cs_str_of(text), out_ms))
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                   "--%s was \"%.40s\"; write for example 2026-01-01T00:00:00+08:00", name, text);
}

static consent_status option_version(const cs_options *options, uint32_t *out, consent_error *err)
{
    const char *text = cs_options_get(options, "version");
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 10) : 1;
    *out = (uint32_t)value;
    if (!text || (text[0] >= '0' && text[0] <= '9' && *end == '\0' && value > 0 && value <= 1000000000ul))
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--version was \"%.20s\"; write a number from 1", text);
}

static consent_status read_public_keys(cs_tool *tool, const cs_options *options, const char *name, uint8_t *keys,
                                       size_t *count, consent_error *err)
{
    const char *path = NULL;
    consent_status status = cs_options_need(options, name, &path, err);
    for (*count = 0; status == CONSENT_OK && (path = cs_options_at(options, name, (uint32_t)*count)) != NULL;
         (*count)++) {
        if (*count == MAX_KEYS)
            return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                           "--%s was given more than %u times; use fewer keys", name, MAX_KEYS);
        status = cs_keys_read_public(&tool->env.memory, path, keys + *count * CS_P256_PUBLIC_SIZE, err);
    }
    return status;
}

static consent_status read_key_options(cs_tool *tool, const cs_options *options, cs_authoring_keys *set,
                                       uint8_t *publishers, uint8_t *receipts, consent_error *err)
{
    consent_status status = option_version(options, &set->version, err);
    if (status == CONSENT_OK)
        status = option_time(options, "not-before", cs_tool_now_ms(tool), &set->not_before_ms, err);
    if (status == CONSENT_OK)
        status = option_time(options, "not-after", set->not_before_ms + KEY_SET_LIFE_MS, &set->not_after_ms, err);
    if (status == CONSENT_OK && set->not_after_ms <= set->not_before_ms)
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "--not-after was not after --not-before; give a later instant");
    if (status == CONSENT_OK)
        status = read_public_keys(tool, options, "publisher", publishers, &set->publisher_count, err);
    if (status == CONSENT_OK && cs_options_has(options, "receipts"))
        status = read_public_keys(tool, options, "receipts", receipts, &set->receipt_count, err);
    set->publishers = publishers;
    set->receipts = receipts;
    return status;
}

consent_status cs_cmd_policy_keyset(cs_tool *tool, const cs_options *options, consent_error *err)
{
    uint8_t publishers[MAX_KEYS * CS_P256_PUBLIC_SIZE], receipts[MAX_KEYS * CS_P256_PUBLIC_SIZE];
    cs_authoring_keys set = {0};
    const char *output;
    const char *root_path;
    cs_key_pair root = {0};
    cs_buffer jws = new_buffer(tool);
    consent_status status = cs_options_need(options, "output", &output, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "root", &root_path, err);
    if (status == CONSENT_OK)
        status = read_key_options(tool, options, &set, publishers, receipts, err);
    if (status == CONSENT_OK)
        status = cs_keys_read_private(&tool->env.memory, root_path, &root, err);
    if (status == CONSENT_OK)
        status = cs_authoring_key_set(root.private_key, &set, &tool->env.memory, &jws, err);
    cs_wipe(&root, sizeof root);
    cs_buffer_text(&jws, "\n");
    if (status == CONSENT_OK)
        status = cs_files_write(output, cs_buffer_span(&jws), CS_FILES_PUBLIC, false, err);
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, output, err, "key set %u names %zu publisher key%s", set.version,
                              set.publisher_count, set.publisher_count == 1 ? "" : "s");
    cs_buffer_free(&jws);
    return status;
}

/* ---- policy sign --------------------------------------------------------------------------- */

const cs_option_spec cs_options_policy_sign[] = {
    {"key", 0, "KEY", "the publisher's private key (required)"},
    {"keys", 0, "FILE", "the key set that names it (required)"},
    {"output", 'o', "FILE", "the bundle (required)"},
    {NULL, 0, NULL, NULL},
};

/* The key set's own signature is the app's to judge; that it names this key is worth knowing before shipping. */
static consent_status check_named(cs_tool *tool, cs_str key_set, const char *path, const cs_key_pair *pair,
                                  consent_error *err)
{
    cs_buffer payload = new_buffer(tool);
    cs_json_doc json = {0};
    bool named = false;
    cs_str rest = key_set;
    const char *dot = memchr(rest.data, '.', rest.size);
    const char *end = dot ? memchr(dot + 1, '.', (size_t)(rest.data + rest.size - dot) - 1) : NULL;
    bool read = end && cs_base64url_decode(&payload, (cs_str){dot + 1, (size_t)(end - dot) - 1}) &&
                cs_json_parse(&json, buffer_text(&payload), MAX_FILE_BYTES, path, NULL) == CONSENT_OK;
    const cs_json *at = read ? cs_json_first(cs_json_get(json.root, "publishers")) : NULL;
    for (; at; at = cs_json_next(at))
        named = named || cs_str_is(cs_json_str(cs_json_get(at, "kid")), pair->kid);
    cs_json_free(&json);
    cs_buffer_free(&payload);
    if (!read)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was no key set; make one with consentctl policy keyset", path);
    if (!named)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "%s did not name the publisher key %s; add it with policy keyset",
                       path, pair->kid);
    return CONSENT_OK;
}

consent_status cs_cmd_policy_sign(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *input = options->arguments[0];
    const char *key_path;
    const char *keys_path;
    const char *output;
    cs_key_pair pair = {0};
    cs_buffer built = new_buffer(tool);
    cs_buffer key_set = new_buffer(tool);
    cs_buffer bundle = new_buffer(tool);
    consent_status status = cs_options_need(options, "key", &key_path, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "keys", &keys_path, err);
    if (status == CONSENT_OK)
        status = cs_options_need(options, "output", &output, err);
    if (status == CONSENT_OK)
        status = cs_files_read(input, &built, err);
    if (status == CONSENT_OK)
        status = cs_files_read(keys_path, &key_set, err);
    if (status == CONSENT_OK)
        status = cs_keys_read_private(&tool->env.memory, key_path, &pair, err);
    if (status == CONSENT_OK)
        status = check_named(tool, buffer_text(&key_set), keys_path, &pair, err);
    if (status == CONSENT_OK)
        status = cs_authoring_sign(&tool->env.memory, buffer_text(&built), input, buffer_text(&key_set),
                                   pair.private_key, &bundle, err);
    cs_wipe(&pair.private_key, sizeof pair.private_key);
    if (status == CONSENT_OK)
        status = cs_files_write(output, cs_buffer_span(&bundle), CS_FILES_PUBLIC, false, err);
    if (status == CONSENT_OK)
        status = cs_tool_done(tool, output, err, "signed with publisher key %s, %zu bytes", pair.kid, bundle.size);
    cs_buffer_free(&bundle);
    cs_buffer_free(&key_set);
    cs_buffer_free(&built);
    return status;
}

/* ---- policy verify ------------------------------------------------------------------------- */

const cs_option_spec cs_options_policy_verify[] = {
    {"root", 0, "PUB", "a root's public key (required, may be repeated)"},
    {"at", 0, "INSTANT", "verify as of that instant (default: now)"},
    {NULL, 0, NULL, NULL},
};

static consent_status print_verified(cs_tool *tool, const char *path, const cs_bundle *bundle, consent_error *err)
{
    const cs_policy *policy = bundle->policy;
    char hash[2 * CS_HASH_SIZE + 1];
    char kid[17];
    consent_status status = cs_key_id(bundle->publisher, kid, err);
    if (status != CONSENT_OK)
        return status;
    cs_hex_encode(policy->hash, CS_HASH_SIZE, hash);
    cs_buffer text = new_buffer(tool);
    cs_json_out json;
    cs_json_out_init(&json, &text);
    if (tool->json) {
        cs_json_open_object(&json);
        cs_json_member_text(&json, "policy", policy->id);
        cs_json_member_int(&json, "version", policy->version);
        cs_json_member_int(&json, "revision", policy->revision);
        cs_json_member_text(&json, "hash", hash);
        cs_json_member_text(&json, "publisher", kid);
        cs_json_member_int(&json, "key_set", bundle->signers.key_set_version);
        cs_json_member_int(&json, "purposes", policy->purpose_count);
        cs_json_member_int(&json, "documents", policy->document_count);
        cs_json_close_object(&json);
        cs_buffer_text(&text, "\n");
    } else {
        cs_buffer_printf(&text, "%s: verified\n  policy     %s, version %u, revision %u\n  hash       %s\n", path,
                         policy->id, policy->version, policy->revision, hash);
        cs_buffer_printf(&text, "  publisher  %s, named by key set %u\n  holds      %u purpose%s, %u document%s\n", kid,
                         bundle->signers.key_set_version, policy->purpose_count, policy->purpose_count == 1 ? "" : "s",
                         policy->document_count, policy->document_count == 1 ? "" : "s");
    }
    status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_cmd_policy_verify(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *path = options->arguments[0];
    uint8_t roots[MAX_KEYS * CS_P256_PUBLIC_SIZE];
    size_t count = 0;
    int64_t now_ms = 0;
    cs_bundle bundle = {0};
    cs_buffer bytes = new_buffer(tool);
    consent_status status = read_public_keys(tool, options, "root", roots, &count, err);
    if (status == CONSENT_OK)
        status = option_time(options, "at", cs_tool_now_ms(tool), &now_ms, err);
    if (status == CONSENT_OK)
        status = cs_files_read(path, &bytes, err);
    if (status == CONSENT_OK)
        status = cs_tool_name_file(
            cs_bundle_open(&tool->env.memory, cs_buffer_span(&bytes), roots, count, now_ms, &bundle, err), path, err);
    if (status == CONSENT_OK)
        status = print_verified(tool, path, &bundle, err);
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
    return status;
}
