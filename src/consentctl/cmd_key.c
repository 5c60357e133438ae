#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/tool.h"

#include <string.h>

#define MAX_KEY_BYTES 4096u

const cs_option_spec cs_options_key_new[] = {
    {NULL, 0, NULL, NULL},
};

const cs_option_spec cs_options_key_public[] = {
    {"output", 'o', "FILE", "write to FILE instead of the terminal"},
    {"hex", 0, NULL, "write the 65 bytes in hexadecimal, for pinning in an app"},
    {NULL, 0, NULL, NULL},
};

consent_status cs_cmd_key_new(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *path = options->arguments[0];
    cs_key_pair pair;
    cs_buffer text;
    cs_buffer_init(&text, &tool->env.memory, MAX_KEY_BYTES);
    consent_status status = cs_keys_make(&tool->env, &pair, err);
    if (status == CONSENT_OK)
        status = cs_keys_write(&tool->env.memory, &pair, true, &text, err);
    if (status == CONSENT_OK)
        status = cs_files_write(path, cs_buffer_span(&text), CS_FILES_SECRET, true, err);
    cs_buffer_clear(&text);
    if (status == CONSENT_OK && tool->json) {
        status = cs_keys_write(&tool->env.memory, &pair, false, &text, err);
        if (status == CONSENT_OK)
            status = cs_tool_print(tool, &text, err);
    } else if (status == CONSENT_OK) {
        status = cs_tool_done(tool, path, err, "a new private key, id %s; keep it secret", pair.kid);
    }
    cs_wipe(&pair, sizeof pair);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_cmd_key_public(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *output = cs_options_get(options, "output");
    cs_key_pair pair = {0};
    cs_buffer text;
    cs_buffer_init(&text, &tool->env.memory, MAX_KEY_BYTES);
    consent_status status = cs_keys_read_public(&tool->env.memory, options->arguments[0], pair.public_key, err);
    if (status == CONSENT_OK)
        status = cs_key_id(pair.public_key, pair.kid, err);
    if (status == CONSENT_OK && cs_options_has(options, "hex")) {
        char hex[2 * CS_P256_PUBLIC_SIZE + 1];
        cs_hex_encode(pair.public_key, sizeof pair.public_key, hex);
        cs_buffer_printf(&text, "%s\n", hex);
    } else if (status == CONSENT_OK) {
        status = cs_keys_write(&tool->env.memory, &pair, false, &text, err);
    }
    if (status == CONSENT_OK)
        status = output ? cs_files_write(output, cs_buffer_span(&text), CS_FILES_PUBLIC, false, err)
                        : cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}
