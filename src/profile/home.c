/* Opening a home, its keys, and the sealed files in it. */
#include "profile/home.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MASTER_NAME "master"
#define CHECK_NAME "home.check"
#define SEAL_MAGIC "LCSF0001"
#define SEAL_HEADER_SIZE (sizeof(SEAL_MAGIC) - 1 + CS_NONCE_SIZE)

/* ---- key store kept in the home itself ------------------------------------------------------- */

static const char *file_key_name(const char *name, char out[CS_HOME_NAME_SIZE])
{
    snprintf(out, CS_HOME_NAME_SIZE, "%s.key", name);
    return out;
}

static consent_status file_key_get(void *ctx, const char *name, uint8_t *out, size_t *size)
{
    cs_home *home = ctx;
    char file[CS_HOME_NAME_SIZE];
    cs_buffer content;
    consent_status status;
    cs_buffer_init(&content, &home->env.memory, *size);
    status = cs_file_load(&home->env, home->dir, file_key_name(name, file), &content, NULL);
    if (status == CONSENT_OK) {
        memcpy(out, content.data, content.size);
        *size = content.size;
    } else if (status != CONSENT_E_NOT_FOUND) {
        status = CONSENT_E_KEY_UNAVAILABLE;
    }
    cs_buffer_free(&content);
    return status;
}

static consent_status file_key_put(void *ctx, const char *name, const uint8_t *data, size_t size)
{
    cs_home *home = ctx;
    char file[CS_HOME_NAME_SIZE];
    return cs_file_replace(&home->env, home->dir, file_key_name(name, file), (cs_span){data, size}, NULL);
}

static consent_status file_key_remove(void *ctx, const char *name)
{
    cs_home *home = ctx;
    char file[CS_HOME_NAME_SIZE];
    int code = home->env.file_unlink(home->env.ctx, home->dir, file_key_name(name, file));
    if (code != 0 && code != ENOENT)
        return CONSENT_E_KEY_UNAVAILABLE;
    return home->env.dir_sync(home->env.ctx, home->dir) == 0 ? CONSENT_OK : CONSENT_E_KEY_UNAVAILABLE;
}

static consent_protection file_key_protection(void *ctx)
{
    (void)ctx;
    return CONSENT_PROTECTION_FILE;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void note_ledger(void *user, const char *name)
{
    if (name[0] == 'l' && name[1] == '-')
        *(bool *)user = true;
}

static consent_status derive(const uint8_t master[CS_KEY_SIZE], const char *use, uint8_t *out, size_t size,
                             consent_error *err)
{
    return cs_hkdf_sha256((cs_span){master, CS_KEY_SIZE}, (cs_span){(const uint8_t *)"libconsent/home/1", 17},
                          (cs_span){(const uint8_t *)use, strlen(use)}, out, size, err);
}

static consent_status derive_all(cs_home *home, const uint8_t master[CS_KEY_SIZE], consent_error *err)
{
    static const cs_member keys[] = {
        CS_MEMBER(CS_MEMBER_BYTES, cs_home, names_key), CS_MEMBER(CS_MEMBER_BYTES, cs_home, wrap_key),
        CS_MEMBER(CS_MEMBER_BYTES, cs_home, store_key), CS_MEMBER(CS_MEMBER_BYTES, cs_home, nonce_key),
        CS_MEMBER(CS_MEMBER_BYTES, cs_home, home_id),
    };
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < CS_COUNT_OF(keys); i++)
        status = derive(master, cs_nth_text("names\0wrap\0store\0nonce\0home id\0", i),
                        (uint8_t *)home + keys[i].offset, keys[i].size, err);
    return status;
}

/* Nothing that the key store says but "lost" is final. */
static consent_status key_store_failed(consent_status status, const char *what, consent_error *err)
{
    return cs_fail(err, status == CONSENT_E_KEY_GONE ? status : CONSENT_E_KEY_UNAVAILABLE, 0,
                   "the key store did not %s (%s)", what, consent_status_name(status));
}

static consent_status new_master(cs_home *home, uint8_t master[CS_KEY_SIZE], consent_error *err)
{
    bool has_ledger = false;
    int code = home->env.dir_list(home->env.ctx, home->dir, note_ledger, &has_ledger);
    if (code != 0)
        return cs_fail_os(err, code, "the home directory could not be listed");
    /* A key that is not found while its ledgers are here is a key that was lost, not one to make. */
    if (has_ledger)
        return cs_fail(err, CONSENT_E_KEY_GONE, 0,
                       "the key store has no key for this home, although its ledgers exist; restore the key, or erase "
                       "the home and ask people again");
    consent_status status = cs_random(&home->env, master, CS_KEY_SIZE, err);
    if (status != CONSENT_OK)
        return status;
    status = home->keystore->put(home->keystore->ctx, MASTER_NAME, master, CS_KEY_SIZE);
    return status == CONSENT_OK ? status : key_store_failed(status, "keep a new master key", err);
}

/* A value that only this key gives, beside the files it sealed: with another one they come from another install. */
static consent_status check_install(cs_home *home, const uint8_t master[CS_KEY_SIZE], consent_error *err)
{
    uint8_t check[16];
    cs_buffer stored;
    consent_status status = derive(master, "home check", check, sizeof check, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&stored, &home->env.memory, 64);
    status = cs_file_load(&home->env, home->dir, CHECK_NAME, &stored, err);
    if (status == CONSENT_E_NOT_FOUND)
        status = cs_file_replace(&home->env, home->dir, CHECK_NAME, (cs_span){check, sizeof check}, err);
    else if (status == CONSENT_OK && (stored.size != sizeof check || memcmp(stored.data, check, sizeof check) != 0))
        status = cs_fail(err, CONSENT_E_COPIED, 0,
                         "the home's files belong to another key: they were copied from another install, or restored "
                         "without their key; repair begins anew and keeps them aside");
    cs_buffer_free(&stored);
    return status;
}

consent_status cs_home_unlock(cs_home *home, consent_error *err)
{
    uint8_t master[CS_KEY_SIZE];
    size_t size = sizeof master;
    consent_status status;
    if (home->key_status == CONSENT_OK)
        return CONSENT_OK;
    status = home->keystore->get(home->keystore->ctx, MASTER_NAME, master, &size);
    if (status == CONSENT_OK && size != sizeof master)
        status =
            cs_fail(err, CONSENT_E_KEY_GONE, 0, "the key store returned a master key of %zu bytes instead of 32", size);
    else if (status == CONSENT_E_NOT_FOUND)
        status = new_master(home, master, err);
    else if (status != CONSENT_OK)
        status = key_store_failed(status, "give the master key; decisions are deny until it does", err);
    if (status == CONSENT_OK)
        status = check_install(home, master, err);
    if (status == CONSENT_OK)
        status = derive_all(home, master, err);
    if (status == CONSENT_OK)
        home->protection = (uint32_t)home->keystore->protection(home->keystore->ctx);
    cs_wipe(master, sizeof master);
    home->key_status = status;
    return status;
}

void cs_home_forget_policies(cs_home *home)
{
    for (size_t i = 0; i < home->held_count; i++)
        cs_policy_free(home->held[i].policy);
    home->held_count = 0;
    home->head_count = 0;
    home->policies.count = 0;
    home->policies_epoch++;
    memset(home->index_mark, 0, sizeof home->index_mark);
}

consent_status cs_home_renew(cs_home *home, consent_error *err)
{
    if (home->key_status == CONSENT_E_KEY_GONE) {
        consent_status status = home->keystore->remove(home->keystore->ctx, MASTER_NAME);
        if (status != CONSENT_OK && status != CONSENT_E_NOT_FOUND && status != CONSENT_E_KEY_GONE)
            return key_store_failed(status, "forget the lost key", err);
    }
    cs_home_forget_policies(home);
    home->key_status = CONSENT_E_KEY_UNAVAILABLE;
    return cs_home_unlock(home, err);
}

/* ---- opening --------------------------------------------------------------------------------- */

static consent_status copy_config(cs_home *home, const consent_config *config, consent_error *err)
{
    const char *platform = config->platform ? config->platform : "desktop";
    if (strlen(platform) >= sizeof home->platform || !cs_id_is_valid(cs_str_of(platform)))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.platform is not one of android, ios, desktop");
    memcpy(home->platform, platform, strlen(platform) + 1);
    if (config->root_key_count > 16 || (config->root_key_count && !config->root_keys))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.root_keys holds at most 16 keys of 65 bytes");
    home->root_count = config->root_key_count;
    if (home->root_count) {
        home->roots = cs_alloc(&home->env.memory, home->root_count * CS_P256_PUBLIC_SIZE);
        if (!home->roots)
            return cs_no_memory(err, "the root keys");
        memcpy(home->roots, config->root_keys, home->root_count * CS_P256_PUBLIC_SIZE);
    }
    home->keystore = &home->keystore_copy;
    if (!config->keystore)
        home->keystore_copy = (consent_keystore){.struct_size = sizeof(consent_keystore),
                                                 .ctx = home,
                                                 .get = file_key_get,
                                                 .put = file_key_put,
                                                 .remove = file_key_remove,
                                                 .protection = file_key_protection};
    else
        memcpy(&home->keystore_copy, config->keystore,
               config->keystore->struct_size < sizeof home->keystore_copy ? config->keystore->struct_size
                                                                          : sizeof home->keystore_copy);
    if (!home->keystore->get || !home->keystore->put || !home->keystore->remove || !home->keystore->protection)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.keystore lacks one of get, put, remove, protection");
    return CONSENT_OK;
}

static consent_status open_parts(cs_home *home, const consent_config *config, consent_error *err)
{
    cs_file_info info;
    consent_status status = copy_config(home, config, err);
    if (status != CONSENT_OK)
        return status;
    int code = home->env.dir_open(home->env.ctx, config->home, true, &home->dir);
    if (code != 0)
        return cs_fail_os(err, code, "opening or making the home directory");
    status = cs_crypto_init(err);
    if (status != CONSENT_OK)
        return status;
    status = cs_home_unlock(home, err);
    if (status != CONSENT_OK && status != CONSENT_E_KEY_UNAVAILABLE && status != CONSENT_E_KEY_GONE &&
        status != CONSENT_E_COPIED)
        return status;
    home->marker = home->env.file_info_by_name(home->env.ctx, home->dir, CS_MARKER_NAME, &info) == 0;
    cs_page *page = NULL;
    status = cs_page_open(&home->env, home->dir, &page, err);
    if (status != CONSENT_OK)
        return status;
    home->page = page;
    home->page_words = cs_page_generation_word(page);
    if (home->key_status == CONSENT_OK)
        (void)cs_home_refresh_policies(home, err); /* damage there is the profiles' health, and can be repaired */
    return CONSENT_OK;
}

consent_status cs_home_open(const cs_env *env, const consent_config *config, cs_home **out, consent_error *err)
{
    cs_home *home;
    consent_status status;
    *out = NULL;
    if (!config->home || config->home[0] == '\0' || strlen(config->home) >= CS_HOME_MAX_PATH)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.home is missing or too long; name a directory");
    home = cs_alloc(&env->memory, sizeof *home);
    if (!home)
        return cs_no_memory(err, "the home");
    home->env = *env;
    home->key_status = CONSENT_E_KEY_UNAVAILABLE;
    home->process_id = env->process_id(env->ctx);
    home->lock = env->mutex_create(env->ctx);
    status = home->lock ? open_parts(home, config, err) : cs_no_memory(err, "the home's lock");
    if (status != CONSENT_OK) {
        cs_home_close(home);
        return status;
    }
    *out = home;
    return CONSENT_OK;
}

void cs_home_close(cs_home *home)
{
    if (!home)
        return;
    cs_env env = home->env;
    for (size_t i = 0; i < home->held_count; i++)
        cs_policy_free(home->held[i].policy);
    cs_page_close(home->page);
    for (size_t i = 0; i < home->retired_page_count; i++)
        cs_page_close(home->retired_pages[i]);
    if (home->dir)
        env.dir_close(env.ctx, home->dir);
    cs_free(&env.memory, home->roots, home->root_count * CS_P256_PUBLIC_SIZE);
    if (home->lock)
        env.mutex_destroy(env.ctx, home->lock);
    cs_wipe(home, sizeof *home);
    cs_free(&env.memory, home, sizeof *home);
}

static consent_status replace_page(cs_home *home, consent_error *err)
{
    cs_page *page = NULL;
    if (home->retired_page_count == CS_HOME_MAX_RETIRED_PAGES)
        return cs_fail(err, CONSENT_E_IO, 0,
                       "the shared page was replaced too often; something else writes in the home");
    consent_status status = cs_page_open(&home->env, home->dir, &page, err);
    if (status != CONSENT_OK)
        return status;
    home->retired_pages[home->retired_page_count++] = home->page;
    home->page = page;
    home->page_words = cs_page_generation_word(page);
    return CONSENT_OK;
}

consent_status cs_home_look_after_page(cs_home *home, consent_error *err)
{
    consent_status status = cs_page_is_intact(home->page) ? CONSENT_OK : replace_page(home, err);
    home->page_is_lost = status != CONSENT_OK;
    return status;
}

void cs_home_bump(cs_home *home)
{
    if (cs_home_look_after_page(home, NULL) == CONSENT_OK)
        (void)cs_page_bump(home->page);
}

/* ---- sealed files ------------------------------------------------------------------------------ */

consent_status cs_home_name(const cs_home *home, char prefix, cs_span what, char out[CS_HOME_NAME_SIZE],
                            consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    uint8_t kind = (uint8_t)prefix;
    cs_span parts[2] = {{&kind, 1}, what};
    consent_status status = cs_hmac_sha256(home->names_key, parts, 2, hash, err);
    if (status != CONSENT_OK)
        return status;
    out[0] = prefix;
    out[1] = '-';
    cs_hex_encode(hash, 8, out + 2);
    return CONSENT_OK;
}

/* The seal binds the file to its name and its home, so no sealed file can stand in for another. */
static consent_status seal_aad(const cs_home *home, const char *name, cs_buffer *aad, consent_error *err)
{
    cs_buffer_init(aad, &home->env.memory, 256);
    cs_buffer_append(aad, SEAL_MAGIC, sizeof(SEAL_MAGIC) - 1);
    cs_buffer_append(aad, home->home_id, sizeof home->home_id);
    cs_buffer_text(aad, name);
    return cs_buffer_status(aad, "a sealed file's name", err);
}

consent_status cs_home_seal(cs_home *home, const char *name, const uint8_t key[CS_KEY_SIZE], cs_span content,
                            consent_error *err)
{
    uint8_t random[32];
    cs_seal_ahead ahead;
    cs_buffer aad, file;
    consent_status status = seal_aad(home, name, &aad, err);
    cs_buffer_init(&file, &home->env.memory, SEAL_HEADER_SIZE + content.size + CS_TAG_SIZE);
    if (status == CONSENT_OK)
        status = cs_random(&home->env, random, sizeof random, err);
    if (status == CONSENT_OK)
        status = cs_seal_prepare(key, home->nonce_key, random, cs_buffer_span(&aad), &ahead, err);
    if (status == CONSENT_OK) {
        cs_buffer_append(&file, SEAL_MAGIC, sizeof(SEAL_MAGIC) - 1);
        uint8_t *nonce = cs_buffer_extend(&file, CS_NONCE_SIZE + content.size + CS_TAG_SIZE);
        status = cs_buffer_status(&file, name, err);
        if (status == CONSENT_OK)
            status = cs_seal_hedged(&ahead, cs_buffer_span(&aad), content, content, nonce, nonce + CS_NONCE_SIZE, err);
    }
    if (status == CONSENT_OK)
        status = cs_file_replace(&home->env, home->dir, name, cs_buffer_span(&file), err);
    cs_buffer_free(&aad);
    cs_buffer_free(&file);
    return status;
}

/* Appends; what did not open leaves nothing behind. */
static consent_status open_sealed(const char *name, const uint8_t key[CS_KEY_SIZE], cs_span file, cs_span aad,
                                  cs_buffer *out, consent_error *err)
{
    uint8_t none[1];
    cs_span sealed = {file.data + SEAL_HEADER_SIZE, file.size - SEAL_HEADER_SIZE};
    size_t size = sealed.size - CS_TAG_SIZE;
    uint8_t *plain = size != 0 ? cs_buffer_extend(out, size) : none;
    consent_status status = cs_buffer_status(out, name, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_xaes_open(key, file.data + sizeof(SEAL_MAGIC) - 1, aad, sealed, plain, err);
    if (status != CONSENT_OK) {
        cs_wipe(plain, size);
        out->size -= size;
    }
    return status != CONSENT_E_TAMPERED
               ? status
               : cs_fail(err, status, 0, "the seal of file %s does not fit: it was changed, or comes from another home",
                         name);
}

consent_status cs_home_unseal(cs_home *home, const char *name, const uint8_t key[CS_KEY_SIZE], size_t max_size,
                              cs_buffer *out, consent_error *err)
{
    cs_buffer aad, file;
    cs_buffer_init(&file, &home->env.memory, SEAL_HEADER_SIZE + max_size + CS_TAG_SIZE);
    cs_buffer_init(&aad, &home->env.memory, 256);
    consent_status status = cs_file_load(&home->env, home->dir, name, &file, err);
    if (status == CONSENT_OK &&
        (file.size < SEAL_HEADER_SIZE + CS_TAG_SIZE || memcmp(file.data, SEAL_MAGIC, sizeof(SEAL_MAGIC) - 1) != 0))
        status = cs_fail(err, CONSENT_E_CORRUPT, 0, "file %s is not a sealed file of this library", name);
    if (status == CONSENT_OK)
        status = seal_aad(home, name, &aad, err);
    if (status == CONSENT_OK)
        status = open_sealed(name, key, cs_buffer_span(&file), cs_buffer_span(&aad), out, err);
    cs_buffer_free(&aad);
    cs_buffer_free(&file);
    return status;
}

consent_status cs_home_look(cs_home *home, const char *name, bool *there, consent_error *err)
{
    cs_file_info info;
    int code = home->env.file_info_by_name(home->env.ctx, home->dir, name, &info);
    *there = code == 0;
    return code == 0 || code == ENOENT ? CONSENT_OK
                                       : cs_fail_os(err, code, "a file of the home could not be looked up");
}
