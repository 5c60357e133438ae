/* What a sync keeps beside the ledger: device keys, what it remembers; and what it needs of the home. */
#include "profile/exchange.h"

#include "profile/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_MAX_BYTES 16384u
#define MAKE_ATTEMPTS 16

/* How a device key is kept: the first byte of its file. */
enum {
    KEPT_HERE = 1, /* the scalar follows */
    KEPT_BY_KEYSTORE = 2
};

/* ---- names ---------------------------------------------------------------------------------------------- */

/* Beside the ledger, under its hash, so that whoever ends the profile finds it. */
static void name_file(const cs_profile *profile, char kind, char out[CS_HOME_NAME_SIZE])
{
    memcpy(out, profile->ledger_name, CS_HOME_NAME_SIZE);
    out[0] = kind;
}

static consent_status name_key(const cs_profile *profile, const uint8_t *stream, char out[CS_HOME_NAME_SIZE],
                               consent_error *err)
{
    char hashed[CS_HOME_NAME_SIZE], base[CS_HOME_NAME_SIZE];
    name_file(profile, 'i', base);
    consent_status status = cs_home_name(profile->home, 'i', (cs_span){stream, CS_STREAM_ID_SIZE}, hashed, err);
    if (status == CONSENT_OK)
        (void)snprintf(out, CS_HOME_NAME_SIZE, "%.18s-%.16s", base, hashed + 2);
    return status;
}

static consent_status derive(const cs_profile *profile, uint8_t key[CS_KEY_SIZE], consent_error *err)
{
    return cs_hkdf_sha256((cs_span){profile->key, CS_KEY_SIZE}, (cs_span){NULL, 0},
                          (cs_span){(const uint8_t *)"libconsent device 1", 19}, key, CS_KEY_SIZE, err);
}

static consent_status seal(cs_profile *profile, const char *name, cs_span content, consent_error *err)
{
    uint8_t key[CS_KEY_SIZE];
    consent_status status = derive(profile, key, err);
    if (status == CONSENT_OK)
        status = cs_home_seal(profile->home, name, key, content, err);
    cs_wipe(key, sizeof key);
    return status;
}

static consent_status unseal(cs_profile *profile, const char *name, size_t max_size, cs_buffer *out, consent_error *err)
{
    uint8_t key[CS_KEY_SIZE];
    consent_status status = derive(profile, key, err);
    if (status == CONSENT_OK)
        status = cs_home_unseal(profile->home, name, key, max_size, out, err);
    cs_wipe(key, sizeof key);
    return status;
}

/* ---- device keys ------------------------------------------------------------------------------------------ */

typedef struct device_key {
    uint8_t kind;
    uint8_t scalar[CS_P256_PRIVATE_SIZE];
} device_key;

static consent_status load_key(cs_profile *profile, const char *name, device_key *out, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, &profile->home->env.memory, sizeof *out);
    consent_status status = unseal(profile, name, sizeof *out, &bytes, err);
    if (status == CONSENT_OK && bytes.size == 1 && bytes.data[0] == KEPT_BY_KEYSTORE)
        out->kind = KEPT_BY_KEYSTORE;
    else if (status == CONSENT_OK && bytes.size == 1 + sizeof out->scalar && bytes.data[0] == KEPT_HERE) {
        out->kind = KEPT_HERE;
        memcpy(out->scalar, bytes.data + 1, sizeof out->scalar);
    } else if (status == CONSENT_OK) {
        status = cs_fail(err, CONSENT_E_CORRUPT, 0, "the file of a device key is damaged");
    }
    cs_buffer_free(&bytes);
    return status;
}

static consent_status ask_keystore(cs_profile *profile, const char *name, uint8_t public_key[CS_P256_PUBLIC_SIZE],
                                   consent_error *err)
{
    const consent_keystore *keystore = profile->home->keystore;
    consent_status status = keystore->public_key && keystore->sign_es256
                                ? keystore->public_key(keystore->ctx, name, public_key)
                                : CONSENT_E_UNSUPPORTED;
    return status == CONSENT_OK || status == CONSENT_E_UNSUPPORTED
               ? status
               : cs_fail(err, status == CONSENT_E_KEY_GONE ? status : CONSENT_E_KEY_UNAVAILABLE, 0,
                         "the key store gave no device key (%s)", consent_status_name(status));
}

static consent_status make_scalar(const cs_env *env, device_key *out, consent_error *err)
{
    uint8_t random[32], point[CS_P256_PUBLIC_SIZE];
    consent_status status = CONSENT_E_ARGUMENT;
    for (int i = 0; i < MAKE_ATTEMPTS && status == CONSENT_E_ARGUMENT; i++) {
        int code = env->random(env->ctx, random, sizeof random);
        status = code != 0 ? cs_fail_os(err, code, "the system's random generator failed")
                           : cs_p256_from_random(random, out->scalar, point, err);
    }
    cs_wipe(random, sizeof random);
    return status;
}

/* With the ledger begun: one process at a time. */
static consent_status make_key(cs_profile *profile, const char *name, device_key *out, consent_error *err)
{
    uint8_t point[CS_P256_PUBLIC_SIZE], content[1 + CS_P256_PRIVATE_SIZE];
    consent_status status = ask_keystore(profile, name, point, err);
    out->kind = status == CONSENT_OK ? KEPT_BY_KEYSTORE : KEPT_HERE;
    if (status == CONSENT_E_UNSUPPORTED)
        status = make_scalar(&profile->home->env, out, err);
    content[0] = out->kind;
    memcpy(content + 1, out->scalar, sizeof out->scalar);
    if (status == CONSENT_OK)
        status = seal(profile, name, (cs_span){content, out->kind == KEPT_HERE ? sizeof content : 1}, err);
    cs_wipe(content, sizeof content);
    return status;
}

static consent_status need_key(cs_profile *profile, const uint8_t *stream, char name[CS_HOME_NAME_SIZE],
                               device_key *out, consent_error *err)
{
    bool there = false;
    memset(out, 0, sizeof *out);
    if (profile->ephemeral)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an ephemeral profile has no device key: its acts go sealed");
    consent_status status = name_key(profile, stream, name, err);
    if (status == CONSENT_OK)
        status = cs_profile_begin_parts(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_home_look(profile->home, name, &there, err);
    if (status == CONSENT_OK)
        status = there ? load_key(profile, name, out, err) : make_key(profile, name, out, err);
    cs_profile_abort_parts(profile);
    return status;
}

consent_status cs_exchange_key(cs_profile *profile, const uint8_t *stream, uint8_t public_key[CS_P256_PUBLIC_SIZE],
                               uint32_t *protection, consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    device_key key;
    cs_profile_lock(profile);
    consent_status status = need_key(profile, stream, name, &key, err);
    if (status == CONSENT_OK)
        status = key.kind == KEPT_HERE ? cs_p256_public(key.scalar, public_key, err)
                                       : ask_keystore(profile, name, public_key, err);
    *protection = profile->home->protection;
    if (key.kind == KEPT_HERE && *protection > CONSENT_PROTECTION_SYSTEM)
        *protection = CONSENT_PROTECTION_SYSTEM; /* it is in memory when it signs */
    cs_profile_unlock(profile);
    cs_wipe(&key, sizeof key);
    return status;
}

consent_status cs_exchange_sign(cs_profile *profile, const uint8_t *stream, cs_span message,
                                uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err)
{
    const consent_keystore *keystore = profile->home->keystore;
    char name[CS_HOME_NAME_SIZE];
    device_key key;
    cs_profile_lock(profile);
    consent_status status = need_key(profile, stream, name, &key, err);
    if (status == CONSENT_OK && key.kind == KEPT_HERE)
        status = cs_es256_sign(key.scalar, message, signature, err);
    else if (status == CONSENT_OK &&
             (!keystore->sign_es256 ||
              keystore->sign_es256(keystore->ctx, name, message.data, message.size, signature) != CONSENT_OK))
        status = cs_fail(err, CONSENT_E_KEY_UNAVAILABLE, 0, "the key store did not sign with the device key");
    cs_profile_unlock(profile);
    cs_wipe(&key, sizeof key);
    return status;
}

typedef struct key_search {
    char prefix[CS_HOME_NAME_SIZE];
    bool found;
} key_search;

static void note_key(void *user, const char *name)
{
    key_search *search = user;
    search->found |= strncmp(name, search->prefix, strlen(search->prefix)) == 0;
}

consent_status cs_exchange_has_key(cs_profile *profile, bool *has, consent_error *err)
{
    key_search search = {{0}, false};
    name_file(profile, 'i', search.prefix);
    const cs_env *env = &profile->home->env;
    int code = env->dir_list(env->ctx, profile->home->dir, note_key, &search);
    *has = search.found;
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "looking for a device key");
}

/* ---- what the sync remembers ---------------------------------------------------------------------------------- */

consent_status cs_exchange_load(cs_profile *profile, cs_buffer *out, consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    name_file(profile, 's', name);
    status = profile->ephemeral || !profile->ledger ? CONSENT_E_NOT_FOUND
                                                    : unseal(profile, name, MEMORY_MAX_BYTES, out, err);
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_exchange_store(cs_profile *profile, cs_span content, consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    name_file(profile, 's', name);
    if (!profile->ephemeral && profile->ledger)
        status = seal(profile, name, content, err);
    cs_profile_unlock(profile);
    return status;
}

/* ---- of the home -------------------------------------------------------------------------------------------------- */

consent_status cs_exchange_keys(cs_profile *profile, cs_key_set *out, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = cs_home_key_set(profile->home, out, err);
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_exchange_install(cs_profile *profile, cs_span bytes, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = cs_home_install(profile->home, bytes, err);
    cs_profile_unlock(profile);
    return status;
}

static bool holds(const cs_home *home, const uint8_t hash[CS_HASH_SIZE])
{
    for (size_t i = 0; i < home->held_count; i++)
        if (memcmp(home->held[i].policy->hash, hash, CS_HASH_SIZE) == 0)
            return true;
    return false;
}

bool cs_exchange_holds(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE])
{
    cs_profile_lock(profile);
    bool held = holds(profile->home, hash);
    cs_profile_unlock(profile);
    return held;
}

bool cs_exchange_policy_id(cs_profile *profile, size_t index, char out[CS_ID_MAX_SIZE + 1])
{
    const cs_home *home = profile->home;
    bool found = false;
    cs_profile_lock(profile);
    for (size_t i = 0; i < home->held_count && !found; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen |= strcmp(home->held[j].policy->id, home->held[i].policy->id) == 0;
        if (seen || index-- != 0)
            continue;
        (void)snprintf(out, CS_ID_MAX_SIZE + 1, "%s", home->held[i].policy->id);
        found = true;
    }
    cs_profile_unlock(profile);
    return found;
}

bool cs_exchange_missing(cs_profile *profile, uint8_t hash[CS_HASH_SIZE])
{
    const cs_home *home = profile->home;
    bool missing = false;
    cs_profile_lock(profile);
    for (size_t i = 0; i < home->head_count && !missing; i++) {
        missing = !holds(home, home->heads[i].hash);
        memcpy(hash, home->heads[i].hash, CS_HASH_SIZE);
    }
    cs_profile_unlock(profile);
    return missing;
}

/* ---- files for the operator ------------------------------------------------------------------------------------------ */

static void note_sealed(void *user, const char *name)
{
    char *out = user;
    size_t size = strlen(name);
    if (size > 11 && size < CS_SEALED_NAME_SIZE && strncmp(name, "sealed-", 7) == 0 &&
        strcmp(name + size - 4, ".bin") == 0 && (out[0] == '\0' || strcmp(name, out) < 0))
        memcpy(out, name, size + 1);
}

bool cs_exchange_has_sealed(cs_profile *profile)
{
    const cs_env *env = &profile->home->env;
    char name[CS_SEALED_NAME_SIZE] = "";
    return env->dir_list(env->ctx, profile->home->dir, note_sealed, name) == 0 && name[0] != '\0';
}

consent_status cs_exchange_sealed(cs_profile *profile, char name[CS_SEALED_NAME_SIZE], cs_buffer *content,
                                  consent_error *err)
{
    const cs_env *env = &profile->home->env;
    cs_profile_lock(profile);
    name[0] = '\0';
    int code = env->dir_list(env->ctx, profile->home->dir, note_sealed, name);
    consent_status status = code != 0 ? cs_fail_os(err, code, "looking for sealed files") : CONSENT_OK;
    if (status == CONSENT_OK)
        status = name[0] ? cs_file_load(env, profile->home->dir, name, content, err) : CONSENT_E_NOT_FOUND;
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_exchange_sealed_done(cs_profile *profile, const char *name, consent_error *err)
{
    const cs_env *env = &profile->home->env;
    cs_profile_lock(profile);
    int code = env->file_unlink(env->ctx, profile->home->dir, name);
    if (code == 0 || code == ENOENT)
        code = env->dir_sync(env->ctx, profile->home->dir);
    cs_profile_unlock(profile);
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "removing a sealed file that was delivered");
}
