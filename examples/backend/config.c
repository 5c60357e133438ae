#include "config.h"

#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "platform/platform.h"
#include "json/json.h"

#include <string.h>

#define MAX_CONFIG_BYTES 65536u

const char *cd_config_path(cd_config *config, const char *name)
{
    if (name[0] == '/')
        return cs_arena_strndup(&config->arena, name, strlen(name));
    size_t folder = strlen(config->folder), size = strlen(name);
    char *path = cs_arena_alloc(&config->arena, folder + size + 2);
    if (path) {
        memcpy(path, config->folder, folder);
        path[folder] = '/';
        memcpy(path + folder + 1, name, size + 1);
    }
    return path;
}

/* ---- members -------------------------------------------------------------------------------- */

static const char *text_member(cd_config *config, cs_json_in *in, const cs_json *root, const char *name,
                               const char *fallback)
{
    cs_str text = cs_json_in_str(in, root, name, fallback == NULL);
    if (text.size == 0)
        text = cs_str_of(fallback ? fallback : "");
    return cs_arena_strndup(&config->arena, text.data ? text.data : "", text.size);
}

static const char *path_member(cd_config *config, cs_json_in *in, const cs_json *root, const char *name,
                               const char *fallback)
{
    const char *path = text_member(config, in, root, name, fallback);
    return path ? cd_config_path(config, path) : NULL;
}

static uint32_t number(cs_json_in *in, const cs_json *root, const char *name, uint32_t fallback, uint32_t max)
{
    return cs_json_get(root, name) ? (uint32_t)cs_json_in_int(in, root, name, true, 0, max) : fallback;
}

static void read_limits(cd_config *config, cs_json_in *in, const cs_json *root)
{
    const cs_json *limits = cs_json_in_object(in, root, "limits", false);
    config->connections = number(in, limits, "connections", 512, 100000);
    config->connections_per_address = number(in, limits, "connections_per_address", 64, 100000);
    config->queue = number(in, limits, "queue", 1024, 100000);
    config->receive_seconds = number(in, limits, "receive_seconds", 20, 3600);
    config->idle_seconds = number(in, limits, "idle_seconds", 30, 3600);
    config->address_rate = number(in, limits, "address_rate", 100, 1000000);
    config->address_burst = number(in, limits, "address_burst", 1000, 1000000);
    config->profile_rate = number(in, limits, "profile_rate", 20, 1000000);
    config->profile_burst = number(in, limits, "profile_burst", 300, 1000000);
    config->link_hours = number(in, limits, "link_hours", 24, 720);
}

static consent_status read_roots(cd_config *config, const cs_json *root, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (const cs_json *each = cs_json_first(cs_json_get(root, "roots")); each && status == CONSENT_OK;
         each = cs_json_next(each)) {
        cs_str name = cs_json_str(each);
        const char *text = name.size > 0 ? cs_arena_strndup(&config->arena, name.data, name.size) : NULL;
        const char *path = text ? cd_config_path(config, text) : NULL;
        if (!path || config->root_count == CD_MAX_ROOTS)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "roots of " CD_CONFIG_FILE " is not a list of at most %u files",
                           CD_MAX_ROOTS);
        status = cs_keys_read_public(cs_memory_system(), path, config->roots + config->root_count * CS_P256_PUBLIC_SIZE,
                                     err);
        config->root_count++;
    }
    return status;
}

static consent_status read_secret(cd_config *config, consent_error *err)
{
    cs_buffer text;
    const char *path = cd_config_path(config, CD_SECRET_FILE);
    cs_buffer_init(&text, cs_memory_system(), 128);
    consent_status status = path ? cs_files_read(path, &text, err) : CONSENT_E_MEMORY;
    if (status == CONSENT_OK) {
        cs_str hex = {(const char *)text.data, text.size};
        while (hex.size > 0 && (hex.data[hex.size - 1] == '\n' || hex.data[hex.size - 1] == '\r'))
            hex.size--;
        if (!cs_hex_decode(hex, config->secret, sizeof config->secret))
            status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s does not hold 64 hex digits", path);
    }
    cs_buffer_free(&text);
    return status;
}

static consent_status read_members(cd_config *config, cs_str text, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_status status = cs_json_parse(&doc, text, MAX_CONFIG_BYTES, CD_CONFIG_FILE, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, CD_CONFIG_FILE, err);
    config->listen = text_member(config, &in, doc.root, "listen", "127.0.0.1");
    config->port = (uint16_t)number(&in, doc.root, "port", 8443, 65535);
    config->public_url = text_member(config, &in, doc.root, "public_url", "https://localhost:8443");
    config->certificate = path_member(config, &in, doc.root, "certificate", "server.pem");
    config->private_key = path_member(config, &in, doc.root, "private_key", "server.key");
    read_limits(config, &in, doc.root);
    status = in.status;
    if (status == CONSENT_OK)
        status = read_roots(config, doc.root, err);
    cs_json_free(&doc);
    return status;
}

consent_status cd_config_load(const char *folder, cd_config *config, consent_error *err)
{
    cs_buffer text;
    memset(config, 0, sizeof *config);
    cs_arena_init(&config->arena, cs_memory_system(), 1024u * 1024u);
    cs_buffer_init(&text, cs_memory_system(), MAX_CONFIG_BYTES);
    config->folder = cs_arena_strndup(&config->arena, folder, strlen(folder));
    const char *path = config->folder ? cd_config_path(config, CD_CONFIG_FILE) : NULL;
    consent_status status = path ? cs_files_read(path, &text, err) : cs_fail(err, CONSENT_E_MEMORY, 0, "no memory");
    if (status == CONSENT_OK)
        status = read_members(config, (cs_str){(const char *)text.data, text.size}, err);
    if (status == CONSENT_OK)
        status = read_secret(config, err);
    cs_buffer_free(&text);
    return status;
}

void cd_config_free(cd_config *config)
{
    cs_wipe(config->secret, sizeof config->secret);
    cs_arena_free(&config->arena);
}
