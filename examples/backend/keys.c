#include "keys.h"

#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "crypto.h"
#include "crypto/jws.h"
#include "platform/platform.h"
#include "policy/key_set.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_KEYS 64u
#define PREFIX "receipt-"

typedef struct receipt_key {
    char kid[17];
    uint8_t point[CS_P256_PUBLIC_SIZE];
    cd_private_key *signer;
    bool named;
    size_t rank; /* in the key set's list: of two for the same time the one named later signs */
    int64_t not_before_ms, not_after_ms;
} receipt_key;

struct cd_keys {
    pthread_rwlock_t lock; /* over what the key set says; keys themselves are only ever added */
    receipt_key keys[MAX_KEYS];
    size_t count;
};

/* ---- files ---------------------------------------------------------------------------------------- */

consent_status cd_keys_make(cd_config *config, char *kid, consent_error *err)
{
    cs_env env;
    cs_key_pair pair;
    cs_buffer text;
    char name[64];
    const char *folder = cd_config_path(config, CD_KEYS_FOLDER);
    cs_env_posix(&env);
    cs_buffer_init(&text, cs_memory_system(), 4096);
    if (!folder || (mkdir(folder, 0700) != 0 && errno != EEXIST))
        return cs_fail(err, CONSENT_E_IO, errno, "the folder for receipt keys could not be made");
    consent_status status = cs_crypto_init(err);
    if (status == CONSENT_OK)
        status = cs_keys_make(&env, &pair, err);
    if (status == CONSENT_OK)
        status = cs_keys_write(cs_memory_system(), &pair, true, &text, err);
    if (status == CONSENT_OK) {
        (void)snprintf(name, sizeof name, CD_KEYS_FOLDER "/" PREFIX "%s.key", pair.kid);
        const char *path = cd_config_path(config, name);
        memcpy(kid, pair.kid, sizeof pair.kid);
        status = path ? cs_files_write(path, cs_buffer_span(&text), CS_FILES_SECRET, true, err) : CONSENT_E_MEMORY;
    }
    cs_wipe(&pair, sizeof pair);
    cs_buffer_free(&text);
    return status;
}

static consent_status load_one(cd_keys *keys, const char *path, consent_error *err)
{
    cs_key_pair pair;
    receipt_key *one = &keys->keys[keys->count];
    consent_status status = cs_keys_read_private(cs_memory_system(), path, &pair, err);
    if (status == CONSENT_OK) {
        memcpy(one->kid, pair.kid, sizeof one->kid);
        memcpy(one->point, pair.public_key, sizeof one->point);
        one->signer = cd_private_key_new(pair.private_key, pair.public_key);
        if (one->signer)
            keys->count++;
        else
            status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is not usable for signing", path);
    }
    cs_wipe(&pair, sizeof pair);
    return status;
}

consent_status cd_keys_load(cd_config *config, cd_keys **out, consent_error *err)
{
    consent_status status = CONSENT_OK;
    const char *folder = cd_config_path(config, CD_KEYS_FOLDER);
    DIR *dir = folder ? opendir(folder) : NULL;
    cd_keys *keys = calloc(1, sizeof *keys);
    *out = keys;
    if (!keys || !dir) {
        if (dir)
            (void)closedir(dir);
        free(keys);
        *out = NULL;
        return cs_fail(err, CONSENT_E_NOT_FOUND, errno, "the folder of receipt keys could not be read: consentd init");
    }
    (void)pthread_rwlock_init(&keys->lock, NULL);
    for (struct dirent *entry; status == CONSENT_OK && (entry = readdir(dir)) != NULL;) {
        char path[512];
        bool ours = strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0;
        if (!ours || keys->count == MAX_KEYS)
            continue;
        status = cs_files_join(folder, entry->d_name, path, sizeof path, err);
        if (status == CONSENT_OK)
            status = load_one(keys, path, err);
    }
    (void)closedir(dir);
    return status;
}

void cd_keys_free(cd_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        cd_private_key_free(keys->keys[i].signer);
    (void)pthread_rwlock_destroy(&keys->lock);
    free(keys);
}

consent_status cd_keys_take_over(cd_keys *keys, cd_keys *fresh, consent_error *err)
{
    consent_status status = CONSENT_OK;
    (void)pthread_rwlock_wrlock(&keys->lock);
    for (size_t i = 0; status == CONSENT_OK && i < fresh->count; i++) {
        size_t at = 0;
        while (at < keys->count && strcmp(keys->keys[at].kid, fresh->keys[i].kid) != 0)
            at++;
        if (at < keys->count)
            continue;
        if (keys->count == MAX_KEYS)
            status = cs_fail(err, CONSENT_E_FULL, 0, "there are too many receipt keys: move old ones away, restart");
        else
            keys->keys[keys->count++] = fresh->keys[i];
        if (status == CONSENT_OK)
            fresh->keys[i].signer = NULL;
    }
    (void)pthread_rwlock_unlock(&keys->lock);
    return status;
}

/* ---- what the key set says -------------------------------------------------------------------------- */

static void name_key(cd_keys *keys, cs_json_in *in, const cs_json *item, size_t rank)
{
    int64_t from_ms = 0, to_ms = 0;
    cs_str kid = cs_json_in_str(in, item, "kid", true);
    if (!cs_time_parse(cs_json_in_str(in, item, "not_before", true), &from_ms) ||
        !cs_time_parse(cs_json_in_str(in, item, "not_after", true), &to_ms))
        (void)cs_json_complain(in, "`not_before` or `not_after` is not an instant");
    for (size_t i = 0; in->status == CONSENT_OK && i < keys->count; i++) {
        receipt_key *one = &keys->keys[i];
        if (!cs_str_is(kid, one->kid))
            continue;
        one->named = true;
        one->rank = rank;
        one->not_before_ms = from_ms;
        one->not_after_ms = to_ms;
    }
}

static consent_status name_keys(cd_keys *keys, cs_str payload, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_status status = cs_json_parse(&doc, payload, CS_KEY_SET_MAX_BYTES, "the key set", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the key set", err);
    (void)pthread_rwlock_wrlock(&keys->lock);
    for (size_t i = 0; i < keys->count; i++)
        keys->keys[i].named = false;
    const cs_json *list = cs_json_in_array(&in, doc.root, "receipts", false);
    size_t rank = 0;
    for (const cs_json *each = cs_json_first(list); each && in.status == CONSENT_OK; each = cs_json_next(each))
        name_key(keys, &in, each, rank++);
    (void)pthread_rwlock_unlock(&keys->lock);
    cs_json_free(&doc);
    return in.status;
}

consent_status cd_keys_use(cd_keys *keys, const cd_config *config, cs_str line, uint32_t *version, consent_error *err)
{
    cs_buffer payload;
    size_t root;
    cs_signers signers = {0};
    cs_key_set *set = calloc(1, sizeof *set);
    if (!set)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the key set");
    cs_buffer_init(&payload, cs_memory_system(), CS_KEY_SET_MAX_BYTES);
    consent_status status =
        cs_key_set_verify(cs_memory_system(), line, config->roots, config->root_count, set, &signers, err);
    *version = set->version;
    if (status == CONSENT_OK && keys)
        status = cs_jws_verify(cs_memory_system(), line, CS_TYP_KEY_SET, config->roots, config->root_count, &root,
                               &payload, err);
    if (status == CONSENT_OK && keys)
        status = name_keys(keys, (cs_str){(const char *)payload.data, payload.size}, err);
    cs_buffer_free(&payload);
    free(set);
    return status;
}

/* ---- signing ------------------------------------------------------------------------------------------ */

/* Signing happens without the lock: keys stay where they are until the end. */
static const receipt_key *current(cd_keys *keys, int64_t now_ms)
{
    const receipt_key *best = NULL;
    (void)pthread_rwlock_rdlock(&keys->lock);
    for (size_t i = 0; i < keys->count; i++) {
        const receipt_key *one = &keys->keys[i];
        if (one->named && one->not_before_ms <= now_ms && now_ms < one->not_after_ms &&
            (!best || one->not_before_ms > best->not_before_ms ||
             (one->not_before_ms == best->not_before_ms && one->rank > best->rank)))
            best = one;
    }
    (void)pthread_rwlock_unlock(&keys->lock);
    return best;
}

bool cd_keys_current(cd_keys *keys, int64_t now_ms, char *kid)
{
    const receipt_key *one = current(keys, now_ms);
    memcpy(kid, one ? one->kid : "", one ? sizeof one->kid : 1);
    return one != NULL;
}

void cd_keys_each(cd_keys *keys, void (*fn)(void *ctx, const char *kid, const uint8_t *key, bool named), void *ctx)
{
    (void)pthread_rwlock_rdlock(&keys->lock);
    for (size_t i = 0; i < keys->count; i++)
        fn(ctx, keys->keys[i].kid, keys->keys[i].point, keys->keys[i].named);
    (void)pthread_rwlock_unlock(&keys->lock);
}

static consent_status sign(cd_keys *keys, int64_t now_ms, const char *typ, const cs_buffer *payload, cs_buffer *out,
                           consent_error *err)
{
    const receipt_key *key = current(keys, now_ms);
    if (!key)
        return cs_fail(err, CONSENT_E_KEY_UNAVAILABLE, 0,
                       "no receipt key is named by the published key set for this time: publish one that names it");
    if (payload->failed || !cd_jws_sign(key->signer, key->kid, typ, cs_buffer_span(payload), out))
        return cs_fail(err, CONSENT_E_MEMORY, 0, "a receipt could not be signed");
    return CONSENT_OK;
}

consent_status cd_keys_sign_receipt(cd_keys *keys, int64_t now_ms, const cs_receipt *receipt, cs_buffer *out,
                                    consent_error *err)
{
    cs_buffer payload;
    cs_buffer_init(&payload, cs_memory_system(), CS_RECEIPT_MAX_BYTES);
    cs_receipt_payload(receipt, &payload);
    consent_status status = sign(keys, now_ms, CS_TYP_RECEIPT, &payload, out, err);
    cs_buffer_free(&payload);
    return status;
}

consent_status cd_keys_sign_sealed(cd_keys *keys, int64_t now_ms, const cs_sealed_receipt *receipt, cs_buffer *out,
                                   consent_error *err)
{
    cs_buffer payload;
    cs_buffer_init(&payload, cs_memory_system(), CS_RECEIPT_MAX_BYTES);
    cs_sealed_receipt_payload(receipt, &payload);
    consent_status status = sign(keys, now_ms, CS_TYP_SEALED, &payload, out, err);
    cs_buffer_free(&payload);
    return status;
}
