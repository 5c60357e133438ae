/* Commands over the folder, besides serving. They may run while the server does: SQLite keeps them apart. */
#include "commands.h"

#include "auth.h"
#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "crypto.h"
#include "log.h"
#include "person.h"
#include "platform/platform.h"
#include "policy/bundle.h"
#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_DAYS 30
#define OUTBOX_MOST 1000u

static consent_status usage(consent_error *err, const char *what)
{
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s; consentd help tells more", what);
}

/* ---- init ------------------------------------------------------------------------------------------- */

static consent_status write_settings(const cd_arguments *arguments, const char *path, consent_error *err)
{
    cs_buffer text;
    const char *host = arguments->host ? arguments->host : "localhost";
    const char *port = arguments->port ? arguments->port : "8443";
    cs_buffer_init(&text, cs_memory_system(), 16384);
    cs_buffer_printf(&text,
                     "{\n  \"listen\": \"%s\",\n  \"port\": %s,\n  \"public_url\": \"https://%s:%s\",\n"
                     "  \"certificate\": \"server.pem\",\n  \"private_key\": \"server.key\",\n"
                     "  \"roots\": [\"%s\"],\n  \"limits\": {\"connections\": 512, \"queue\": 1024}\n}\n",
                     arguments->listen ? arguments->listen : "127.0.0.1", port, host, port,
                     arguments->root ? arguments->root : "root.pub");
    consent_status status = cs_buffer_status(&text, "the settings", err);
    if (status == CONSENT_OK)
        status = cs_files_write(path, cs_buffer_span(&text), CS_FILES_PUBLIC, true, err);
    cs_buffer_free(&text);
    return status;
}

static consent_status write_secret(const char *path, consent_error *err)
{
    uint8_t secret[CS_KEY_SIZE];
    char hex[2 * CS_KEY_SIZE + 2];
    if (!cd_random(secret, sizeof secret))
        return cs_fail(err, CONSENT_E_IO, 0, "there was no randomness");
    cs_hex_encode(secret, sizeof secret, hex);
    hex[2 * CS_KEY_SIZE] = '\n';
    consent_status status =
        cs_files_write(path, (cs_span){(const uint8_t *)hex, 2 * CS_KEY_SIZE + 1}, CS_FILES_SECRET, true, err);
    cs_wipe(secret, sizeof secret);
    cs_wipe(hex, sizeof hex);
    return status;
}

consent_status cd_cmd_init(const cd_arguments *arguments, consent_error *err)
{
    cd_config config = {0};
    char kid[17];
    if (arguments->count != 1)
        return usage(err, "init takes the folder to make");
    const char *folder = arguments->values[0];
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cs_fail(err, CONSENT_E_IO, errno, "%s could not be made", folder);
    cs_arena_init(&config.arena, cs_memory_system(), 65536);
    config.folder = folder;
    const char *settings = cd_config_path(&config, CD_CONFIG_FILE), *secret = cd_config_path(&config, CD_SECRET_FILE);
    consent_status status =
        settings && secret ? write_settings(arguments, settings, err) : cs_fail(err, CONSENT_E_MEMORY, 0, "no memory");
    if (status == CONSENT_OK)
        status = write_secret(secret, err);
    if (status == CONSENT_OK)
        status = cd_keys_make(&config, kid, err);
    if (status == CONSENT_OK)
        (void)printf("%s: made; receipt key %s\n", folder, kid);
    cs_arena_free(&config.arena);
    return status;
}

/* ---- with the folder open ------------------------------------------------------------------------------ */

typedef struct folder {
    cd_config config;
    cd_store *store;
} folder;

static consent_status open_folder(const cd_arguments *arguments, int least, folder *out, consent_error *err)
{
    memset(out, 0, sizeof *out);
    if (arguments->count < least)
        return usage(err, "the folder, or a name, is missing");
    consent_status status = cs_crypto_init(err);
    if (status == CONSENT_OK)
        status = cd_config_load(arguments->values[0], &out->config, err);
    const char *path = status == CONSENT_OK ? cd_config_path(&out->config, CD_DATABASE_FILE) : NULL;
    return path ? cd_store_open(path, true, &out->store, err) : status;
}

static consent_status close_folder(folder *f, consent_status status)
{
    cd_store_close(f->store);
    cd_config_free(&f->config);
    return status;
}

consent_status cd_cmd_keys_rotate(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    char kid[17];
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK)
        status = cd_keys_make(&f.config, kid, err);
    if (status == CONSENT_OK)
        (void)printf("receipt key %s: let the root's next key set name it, then publish that\n", kid);
    return close_folder(&f, status);
}

static void print_key(void *ctx, const char *kid, const uint8_t *key, bool named)
{
    cs_buffer text;
    (void)ctx;
    (void)named;
    cs_buffer_init(&text, cs_memory_system(), 256);
    cs_base64url_encode(&text, (cs_span){key, CS_P256_PUBLIC_SIZE});
    (void)printf("{\"schema\":1,\"alg\":\"ES256\",\"kid\":\"%s\",\"public\":\"%.*s\"}\n", kid, (int)text.size,
                 (const char *)text.data);
    cs_buffer_free(&text);
}

consent_status cd_cmd_keys_list(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    cd_keys *keys = NULL;
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK)
        status = cd_keys_load(&f.config, &keys, err);
    if (status == CONSENT_OK)
        cd_keys_each(keys, print_key, NULL);
    cd_keys_free(keys);
    return close_folder(&f, status);
}

static consent_status publish_one(folder *f, const char *path, consent_error *err)
{
    static const char *const names[] = {"", "policy", "head statement", "key set", "notice"};
    cd_publication publication;
    cs_buffer bytes;
    cs_buffer_init(&bytes, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    memset(&publication, 0, sizeof publication);
    consent_status status = cs_files_read(path, &bytes, err);
    cd_published kind = status == CONSENT_OK ? cd_publication_kind(cs_buffer_span(&bytes)) : 0;
    if (status == CONSENT_OK && kind == 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is neither bundle, head statement, key set nor notice", path);
    if (status == CONSENT_OK)
        status = cd_publication_check(&f->config, kind, cs_buffer_span(&bytes), cd_now_ms(), &publication, err);
    if (status == CONSENT_OK)
        status = cd_store_begin(f->store, err);
    if (status == CONSENT_OK)
        status = cd_publication_store(f->store, &publication, err);
    if (status == CONSENT_OK)
        status = cd_store_commit(f->store, err);
    if (status == CONSENT_OK)
        (void)printf("%s: %s published\n", path, names[kind]);
    cd_store_rollback(f->store);
    cd_publication_free(&publication);
    cs_buffer_free(&bytes);
    return status;
}

consent_status cd_cmd_publish(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    consent_status status = open_folder(arguments, 2, &f, err);
    for (int i = 1; status == CONSENT_OK && i < arguments->count; i++)
        status = publish_one(&f, arguments->values[i], err);
    return close_folder(&f, status);
}

/* ---- operators and tokens -------------------------------------------------------------------------------- */

consent_status cd_cmd_operator_add(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    cd_operator one = {.created_ms = cd_now_ms()};
    char token[CD_TOKEN_SIZE];
    consent_status status = open_folder(arguments, 2, &f, err);
    const char *name = arguments->count > 1 ? arguments->values[1] : "";
    one.role = cd_role_of(cs_str_of(arguments->role));
    if (status == CONSENT_OK &&
        (one.role == CD_ROLE_NONE || !cs_id_is_valid(cs_str_of(name)) || strlen(name) > CD_NAME_MAX_BYTES))
        status =
            usage(err, "an operator has a name of a-z, 0-9, '.', '-', '_' and a --role reader, support or publisher");
    (void)snprintf(one.name, sizeof one.name, "%s", name);
    if (status == CONSENT_OK && !cd_auth_operator_token(token, one.token_hash))
        status = cs_fail(err, CONSENT_E_IO, 0, "there was no randomness");
    if (status == CONSENT_OK)
        status = cd_store_add_operator(f.store, &one, err);
    if (status == CONSENT_E_USED)
        status = cs_fail(err, status, 0, "there is an operator of that name");
    if (status == CONSENT_OK)
        (void)printf("%s\n", token);
    return close_folder(&f, status);
}

static bool print_operator(void *ctx, const cd_operator *one)
{
    char since[CS_TIME_TEXT_SIZE];
    (void)ctx;
    cs_time_format_china(one->created_ms, since);
    (void)printf("%-24s %-10s since %s\n", one->name, cd_role_name(one->role), since);
    return true;
}

consent_status cd_cmd_operator_list(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK)
        status = cd_store_each_operator(f.store, print_operator, NULL, err);
    return close_folder(&f, status);
}

consent_status cd_cmd_operator_remove(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    consent_status status = open_folder(arguments, 2, &f, err);
    if (status == CONSENT_OK)
        status = cd_store_remove_operator(f.store, arguments->values[1], err);
    return close_folder(&f, status);
}

static consent_status account_id(const cd_arguments *arguments, uint8_t id[CS_PROFILE_ID_SIZE], consent_error *err)
{
    consent_status status = cs_crypto_init(err);
    if (status == CONSENT_OK && !arguments->account)
        status = usage(err, "--account is missing");
    return status == CONSENT_OK ? cs_wire_account_id(cs_str_of(arguments->account), id, err) : status;
}

consent_status cd_cmd_token(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    uint8_t id[CS_PROFILE_ID_SIZE];
    char token[CD_TOKEN_SIZE];
    long days = arguments->days ? strtol(arguments->days, NULL, 10) : DEFAULT_DAYS;
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK)
        status = account_id(arguments, id, err);
    if (status == CONSENT_OK && (days < 1 || days > 3660))
        status = usage(err, "--days is a number from 1 to 3660");
    if (status == CONSENT_OK && !cd_auth_account_token(&f.config, id, cd_now_ms() + (int64_t)days * CS_DAY_MS, token))
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for a token");
    if (status == CONSENT_OK)
        (void)printf("%s\n", token);
    return close_folder(&f, status);
}

consent_status cd_cmd_profile(const cd_arguments *arguments, consent_error *err)
{
    uint8_t id[CS_PROFILE_ID_SIZE];
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    consent_status status = account_id(arguments, id, err);
    if (status == CONSENT_OK) {
        cs_hex_encode(id, sizeof id, hex);
        (void)printf("%s\n", hex);
    }
    return status;
}

/* ---- outbox, sealed files, forgetting ---------------------------------------------------------------------------------------- */

static bool print_outbox(void *ctx, int64_t id, const uint8_t *profile, const char *code, int64_t created_ms)
{
    char hex[2 * CS_PROFILE_ID_SIZE + 1], when[CS_TIME_TEXT_SIZE];
    (void)ctx;
    cs_hex_encode(profile, CS_PROFILE_ID_SIZE, hex);
    cs_time_format(created_ms, when);
    return printf("{\"id\":%lld,\"profile\":\"%s\",\"code\":\"%s\",\"created\":\"%s\"}\n", (long long)id, hex, code,
                  when) > 0 &&
           fflush(stdout) == 0;
}

consent_status cd_cmd_outbox(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK)
        status = cd_store_take_outbox(f.store, OUTBOX_MOST, print_outbox, NULL, err);
    return close_folder(&f, status);
}

typedef struct copying {
    const char *folder;
    consent_status status;
    consent_error *err;
} copying;

/* Named for what they hold, so that copying again adds what is new. */
static bool copy_sealed(void *ctx, const uint8_t *sha256, cs_span bytes)
{
    copying *to = ctx;
    char hex[2 * CS_HASH_SIZE + 1], name[16 + 2 * CS_HASH_SIZE], path[4096];
    struct stat there;
    cs_hex_encode(sha256, CS_HASH_SIZE, hex);
    (void)snprintf(name, sizeof name, "sealed-%s.bin", hex);
    to->status = cs_files_join(to->folder, name, path, sizeof path, to->err);
    if (to->status != CONSENT_OK || stat(path, &there) == 0)
        return to->status == CONSENT_OK;
    to->status = cs_files_write(path, bytes, CS_FILES_SECRET, true, to->err);
    if (to->status == CONSENT_OK)
        (void)printf("%s\n", path);
    return to->status == CONSENT_OK;
}

consent_status cd_cmd_sealed(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    copying to = {.err = err};
    consent_status status = open_folder(arguments, 2, &f, err);
    if (status == CONSENT_OK) {
        to.folder = arguments->values[1];
        if (mkdir(to.folder, 0700) != 0 && errno != EEXIST)
            status = cs_fail(err, CONSENT_E_IO, errno, "%s could not be made", to.folder);
    }
    if (status == CONSENT_OK)
        status = cd_store_each_sealed(f.store, copy_sealed, &to, err);
    return close_folder(&f, status == CONSENT_OK ? to.status : status);
}

consent_status cd_cmd_forget(const cd_arguments *arguments, consent_error *err)
{
    folder f;
    uint8_t id[CS_PROFILE_ID_SIZE];
    consent_status status = open_folder(arguments, 1, &f, err);
    if (status == CONSENT_OK && !cs_hex_decode(cs_str_of(arguments->profile), id, sizeof id))
        status = usage(err, "--profile is missing or not 32 hex digits");
    cd_audit audit = {cd_now_ms(), "command-line", "forget", "", id};
    if (status == CONSENT_OK)
        status = cd_store_begin(f.store, err);
    if (status == CONSENT_OK)
        status = cd_store_forget(f.store, id, err);
    if (status == CONSENT_OK)
        status = cd_store_add_audit(f.store, &audit, err);
    if (status == CONSENT_OK)
        status = cd_store_commit(f.store, err);
    if (f.store)
        cd_store_rollback(f.store);
    return close_folder(&f, status);
}
