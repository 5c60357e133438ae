#include "crypto/crypto.h"

#include <psa/crypto.h>
#include <pthread.h>
#include <string.h>

#define AES_BLOCK_SIZE 16u
#define GCM_NONCE_SIZE 12u
#define SHA256_BLOCK_SIZE 64u
#define HKDF_MAX_SIZE (255u * CS_HASH_SIZE)

/* ---- the lock ----------------------------------------------------------------------------- */

static pthread_mutex_t built_in_mutex = PTHREAD_MUTEX_INITIALIZER;
static void (*host_lock)(void *ctx);
static void (*host_unlock)(void *ctx);
static void *host_ctx;

void cs_crypto_set_lock(void (*lock)(void *ctx), void (*unlock)(void *ctx), void *ctx)
{
    bool both = lock != NULL && unlock != NULL;
    host_lock = both ? lock : NULL;
    host_unlock = both ? unlock : NULL;
    host_ctx = both ? ctx : NULL;
}

static void leave(void)
{
    if (host_unlock)
        host_unlock(host_ctx);
    else
        (void)pthread_mutex_unlock(&built_in_mutex);
}

/* fork() copies the lock as it is: were another thread inside PSA just then, the child would wait for ever
 * and find PSA's tables half changed. A host that brings its own lock sees to this itself. */
static void before_fork(void)
{
    (void)pthread_mutex_lock(&built_in_mutex);
}

static void after_fork(void)
{
    (void)pthread_mutex_unlock(&built_in_mutex);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork, after_fork);
}

/* Takes the lock and sees to it that PSA runs; asking again costs PSA one flag. */
static psa_status_t enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch_forks);
    if (host_lock)
        host_lock(host_ctx);
    else
        (void)pthread_mutex_lock(&built_in_mutex);
    return psa_crypto_init();
}

/* ---- errors ------------------------------------------------------------------------------- */

static consent_status fail(consent_error *err, psa_status_t code, const char *what)
{
    if (code == PSA_ERROR_INSUFFICIENT_MEMORY)
        return cs_fail(err, CONSENT_E_MEMORY, code, "no memory or no free PSA key slot was left for %s", what);
    if (code == PSA_ERROR_NOT_SUPPORTED)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, code, "%s was not done: this build of mbedTLS lacks the algorithm",
                       what);
    return cs_fail(err, CONSENT_E_UNSUPPORTED, code, "%s failed inside mbedTLS with PSA status %d", what, (int)code);
}

static consent_status finish(consent_error *err, psa_status_t code, const char *what)
{
    return code == PSA_SUCCESS ? CONSENT_OK : fail(err, code, what);
}

consent_status cs_crypto_init(consent_error *err)
{
    psa_status_t code = enter();
    leave();
    return finish(err, code, "starting PSA");
}

/* mbedTLS wants a pointer even for no bytes. */
static const uint8_t *bytes_of(cs_span span)
{
    static const uint8_t nothing[1];
    return span.size > 0 ? span.data : nothing;
}

/* ---- hashes: called with the lock held ---------------------------------------------------- */

static psa_status_t import_key(psa_key_type_t type, size_t bits, psa_algorithm_t algorithm, psa_key_usage_t usage,
                               const uint8_t *data, size_t size, psa_key_id_t *key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, bits);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, usage);
    return psa_import_key(&attributes, data, size, key);
}

/* `first` goes before the parts; it may be empty. */
static psa_status_t hash_parts(cs_span first, const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE])
{
    size_t size = 0;
    if (count == 1 && first.size == 0)
        return psa_hash_compute(PSA_ALG_SHA_256, bytes_of(parts[0]), parts[0].size, out, CS_HASH_SIZE, &size);
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    psa_status_t code = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    if (code == PSA_SUCCESS)
        code = psa_hash_update(&operation, bytes_of(first), first.size);
    for (size_t i = 0; i < count && code == PSA_SUCCESS; i++)
        code = psa_hash_update(&operation, bytes_of(parts[i]), parts[i].size);
    if (code == PSA_SUCCESS)
        code = psa_hash_finish(&operation, out, CS_HASH_SIZE, &size);
    if (code != PSA_SUCCESS)
        (void)psa_hash_abort(&operation);
    return code;
}

/* RFC 2104 over PSA's hash. PSA's own HMAC wants its key imported and destroyed each time, which costs more than hashing a
 * short message does. */
static psa_status_t hmac_parts(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count,
                               uint8_t out[CS_HASH_SIZE])
{
    uint8_t outer[SHA256_BLOCK_SIZE + CS_HASH_SIZE];
    memset(outer, 0x36, SHA256_BLOCK_SIZE);
    for (size_t i = 0; i < CS_KEY_SIZE; i++)
        outer[i] ^= key[i];
    psa_status_t code = hash_parts((cs_span){outer, SHA256_BLOCK_SIZE}, parts, count, outer + SHA256_BLOCK_SIZE);
    for (size_t i = 0; i < SHA256_BLOCK_SIZE; i++)
        outer[i] ^= 0x36 ^ 0x5C;
    const cs_span whole = {outer, sizeof(outer)};
    if (code == PSA_SUCCESS)
        code = hash_parts((cs_span){0}, &whole, 1, out);
    cs_wipe(outer, sizeof(outer));
    return code;
}

consent_status cs_sha256(const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE], consent_error *err)
{
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = hash_parts((cs_span){0}, parts, count, out);
    leave();
    return finish(err, code, "a SHA-256 hash");
}

consent_status cs_hmac_sha256(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count,
                              uint8_t out[CS_HASH_SIZE], consent_error *err)
{
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = hmac_parts(key, parts, count, out);
    leave();
    return finish(err, code, "an HMAC");
}

static psa_status_t hkdf(cs_span secret, cs_span salt, cs_span info, uint8_t *out, size_t size)
{
    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    psa_status_t code = psa_key_derivation_setup(&operation, PSA_ALG_HKDF(PSA_ALG_SHA_256));
    if (code == PSA_SUCCESS)
        code = psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, bytes_of(salt), salt.size);
    if (code == PSA_SUCCESS)
        code =
            psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, bytes_of(secret), secret.size);
    if (code == PSA_SUCCESS)
        code = psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, bytes_of(info), info.size);
    if (code == PSA_SUCCESS)
        code = psa_key_derivation_output_bytes(&operation, out, size);
    (void)psa_key_derivation_abort(&operation);
    return code;
}

consent_status cs_hkdf_sha256(cs_span secret, cs_span salt, cs_span info, uint8_t *out, size_t size, consent_error *err)
{
    if (size > HKDF_MAX_SIZE)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "HKDF-SHA256 was asked for %zu bytes, its limit is %u", size,
                       HKDF_MAX_SIZE);
    psa_status_t code = enter();
    if (code == PSA_SUCCESS && size > 0)
        code = hkdf(secret, salt, info, out, size);
    leave();
    return finish(err, code, "an HKDF derivation");
}

/* ---- XAES-256-GCM: called with the lock held ---------------------------------------------- */

static psa_status_t import_cmac_key(const uint8_t *key, size_t size, psa_key_id_t *id)
{
    return import_key(PSA_KEY_TYPE_AES, size * 8u, PSA_ALG_CMAC, PSA_KEY_USAGE_SIGN_MESSAGE, key, size, id);
}

/* C2SP XAES-256-GCM: derived key = CMAC(key, 00 01 58 00 ‖ N[0..12)) ‖ CMAC(key, 00 02 58 00 ‖ N[0..12)). */
static psa_status_t xaes_derive(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[GCM_NONCE_SIZE],
                                uint8_t derived[CS_KEY_SIZE])
{
    psa_key_id_t id = 0;
    psa_status_t code = import_cmac_key(key, CS_KEY_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    uint8_t block[AES_BLOCK_SIZE] = {0, 0, 'X', 0};
    memcpy(block + 4, nonce, GCM_NONCE_SIZE);
    for (uint8_t half = 0; half < 2 && code == PSA_SUCCESS; half++) {
        size_t size = 0;
        block[1] = (uint8_t)(half + 1);
        code = psa_mac_compute(id, PSA_ALG_CMAC, block, sizeof(block), derived + half * AES_BLOCK_SIZE, AES_BLOCK_SIZE,
                               &size);
    }
    (void)psa_destroy_key(id);
    return code;
}

static psa_status_t gcm_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[GCM_NONCE_SIZE], cs_span aad,
                             cs_span plain, uint8_t *sealed)
{
    psa_key_id_t id = 0;
    size_t size = 0;
    psa_status_t code =
        import_key(PSA_KEY_TYPE_AES, CS_KEY_SIZE * 8u, PSA_ALG_GCM, PSA_KEY_USAGE_ENCRYPT, key, CS_KEY_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    code = psa_aead_encrypt(id, PSA_ALG_GCM, nonce, GCM_NONCE_SIZE, bytes_of(aad), aad.size, bytes_of(plain),
                            plain.size, sealed, plain.size + CS_TAG_SIZE, &size);
    (void)psa_destroy_key(id);
    return code;
}

static psa_status_t gcm_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[GCM_NONCE_SIZE], cs_span aad,
                             cs_span sealed, uint8_t *plain)
{
    psa_key_id_t id = 0;
    uint8_t nothing[1];
    size_t room = sealed.size - CS_TAG_SIZE;
    size_t size = 0;
    psa_status_t code =
        import_key(PSA_KEY_TYPE_AES, CS_KEY_SIZE * 8u, PSA_ALG_GCM, PSA_KEY_USAGE_DECRYPT, key, CS_KEY_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    code = psa_aead_decrypt(id, PSA_ALG_GCM, nonce, GCM_NONCE_SIZE, bytes_of(aad), aad.size, sealed.data, sealed.size,
                            room > 0 ? plain : nothing, room, &size);
    (void)psa_destroy_key(id);
    return code;
}

static psa_status_t xaes_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                              cs_span plain, uint8_t *sealed)
{
    uint8_t derived[CS_KEY_SIZE];
    psa_status_t code = xaes_derive(key, nonce, derived);
    if (code == PSA_SUCCESS)
        code = gcm_seal(derived, nonce + GCM_NONCE_SIZE, aad, plain, sealed);
    cs_wipe(derived, sizeof(derived));
    return code;
}

static psa_status_t xaes_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                              cs_span sealed, uint8_t *plain)
{
    uint8_t derived[CS_KEY_SIZE];
    psa_status_t code = xaes_derive(key, nonce, derived);
    if (code == PSA_SUCCESS)
        code = gcm_open(derived, nonce + GCM_NONCE_SIZE, aad, sealed, plain);
    cs_wipe(derived, sizeof(derived));
    return code;
}

consent_status cs_gcm_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[GCM_NONCE_SIZE], cs_span aad,
                           cs_span plain, uint8_t *sealed, consent_error *err)
{
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = gcm_seal(key, nonce, aad, plain, sealed);
    leave();
    return finish(err, code, "AES-256-GCM sealing");
}

consent_status cs_gcm_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[GCM_NONCE_SIZE], cs_span aad,
                           cs_span sealed, uint8_t *plain, consent_error *err)
{
    if (sealed.size < CS_TAG_SIZE)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "sealed bytes were shorter than their tag");
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = gcm_open(key, nonce, aad, sealed, plain);
    leave();
    if (code == PSA_ERROR_INVALID_SIGNATURE)
        return cs_fail(err, CONSENT_E_TAMPERED, code, "a seal did not fit its content or its key");
    return finish(err, code, "AES-256-GCM opening");
}

consent_status cs_xaes_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span plain, uint8_t *sealed, consent_error *err)
{
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = xaes_seal(key, nonce, aad, plain, sealed);
    leave();
    return finish(err, code, "XAES-256-GCM sealing");
}

consent_status cs_xaes_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span sealed, uint8_t *plain, consent_error *err)
{
    if (sealed.size < CS_TAG_SIZE)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "sealed bytes were shorter than their tag");
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = xaes_open(key, nonce, aad, sealed, plain);
    leave();
    if (code == PSA_ERROR_INVALID_SIGNATURE)
        return cs_fail(err, CONSENT_E_TAMPERED, code, "a seal did not fit its content, its place or its key");
    return finish(err, code, "XAES-256-GCM opening");
}

/* ---- hedged seals -------------------------------------------------------------------------- */

consent_status cs_seal_prepare(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce_key[CS_KEY_SIZE],
                               const uint8_t random32[32], cs_span place, cs_seal_ahead *out, consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE] = {0};
    const cs_span parts[] = {{random32, 32}, place};
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = hmac_parts(nonce_key, parts, CS_COUNT_OF(parts), hash);
    if (code == PSA_SUCCESS)
        code = xaes_derive(key, hash, out->key);
    leave();
    memcpy(out->nonce, hash, sizeof out->nonce);
    memcpy(out->mac_key, hash + sizeof out->nonce, sizeof out->mac_key);
    cs_wipe(hash, sizeof hash);
    return finish(err, code, "preparing a seal");
}

consent_status cs_seal_hedged(cs_seal_ahead *ahead, cs_span aad, cs_span content, cs_span plain,
                              uint8_t nonce[CS_NONCE_SIZE], uint8_t *sealed, consent_error *err)
{
    uint8_t mac[AES_BLOCK_SIZE];
    psa_key_id_t id = 0;
    size_t size = 0;
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = import_cmac_key(ahead->mac_key, sizeof ahead->mac_key, &id);
    if (code == PSA_SUCCESS) {
        code = psa_mac_compute(id, PSA_ALG_CMAC, bytes_of(content), content.size, mac, sizeof mac, &size);
        (void)psa_destroy_key(id);
    }
    if (code == PSA_SUCCESS) {
        memcpy(nonce, ahead->nonce, GCM_NONCE_SIZE);
        memcpy(nonce + GCM_NONCE_SIZE, mac, GCM_NONCE_SIZE);
        code = gcm_seal(ahead->key, nonce + GCM_NONCE_SIZE, aad, plain, sealed);
    }
    leave();
    cs_wipe(ahead, sizeof *ahead);
    return finish(err, code, "XAES-256-GCM sealing");
}

/* ---- P-256 -------------------------------------------------------------------------------- */

#define P256_BITS 256u
#define P256_PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define P256_PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)

/* 1 … n−1, without a branch that depends on the scalar. */
static bool scalar_is_valid(const uint8_t scalar[CS_P256_PRIVATE_SIZE])
{
    static const uint8_t order[CS_P256_PRIVATE_SIZE] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
    unsigned borrow = 0;
    unsigned any = 0;
    for (size_t i = CS_P256_PRIVATE_SIZE; i-- > 0;) {
        borrow = ((unsigned)scalar[i] - order[i] - borrow) >> 8 & 1u;
        any |= scalar[i];
    }
    return borrow == 1 && any != 0;
}

static psa_status_t public_of(const uint8_t private_key[CS_P256_PRIVATE_SIZE], uint8_t public_key[CS_P256_PUBLIC_SIZE])
{
    psa_key_id_t id = 0;
    psa_status_t code = import_key(P256_PAIR, P256_BITS, PSA_ALG_ECDSA(PSA_ALG_SHA_256), PSA_KEY_USAGE_SIGN_MESSAGE,
                                   private_key, CS_P256_PRIVATE_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    size_t size = 0;
    code = psa_export_public_key(id, public_key, CS_P256_PUBLIC_SIZE, &size);
    (void)psa_destroy_key(id);
    return code;
}

consent_status cs_p256_public(const uint8_t private_key[CS_P256_PRIVATE_SIZE], uint8_t public_key[CS_P256_PUBLIC_SIZE],
                              consent_error *err)
{
    if (!scalar_is_valid(private_key))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a P-256 private key was outside 1 to n-1");
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = public_of(private_key, public_key);
    leave();
    return finish(err, code, "a P-256 public key");
}

consent_status cs_p256_from_random(const uint8_t random32[32], uint8_t private_key[CS_P256_PRIVATE_SIZE],
                                   uint8_t public_key[CS_P256_PUBLIC_SIZE], consent_error *err)
{
    consent_status status = cs_p256_public(random32, public_key, err);
    if (status == CONSENT_OK)
        memmove(private_key, random32, CS_P256_PRIVATE_SIZE);
    return status;
}

static psa_status_t sign(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span message,
                         uint8_t signature[CS_SIGNATURE_SIZE])
{
    psa_key_id_t id = 0;
    psa_algorithm_t algorithm = PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256);
    psa_status_t code =
        import_key(P256_PAIR, P256_BITS, algorithm, PSA_KEY_USAGE_SIGN_MESSAGE, private_key, CS_P256_PRIVATE_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    size_t size = 0;
    code = psa_sign_message(id, algorithm, bytes_of(message), message.size, signature, CS_SIGNATURE_SIZE, &size);
    (void)psa_destroy_key(id);
    return code;
}

consent_status cs_es256_sign(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span message,
                             uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err)
{
    if (!scalar_is_valid(private_key))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a P-256 private key was outside 1 to n-1");
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = sign(private_key, message, signature);
    leave();
    return finish(err, code, "an ES256 signature");
}

consent_status cs_es256_verify(const uint8_t public_key[CS_P256_PUBLIC_SIZE], cs_span message,
                               const uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err)
{
    psa_key_id_t id = 0;
    psa_algorithm_t algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    bool imported = false;
    psa_status_t code = enter();
    if (code == PSA_SUCCESS) {
        code = import_key(P256_PUBLIC, P256_BITS, algorithm, PSA_KEY_USAGE_VERIFY_MESSAGE, public_key,
                          CS_P256_PUBLIC_SIZE, &id);
        imported = code == PSA_SUCCESS;
    }
    if (imported) {
        code = psa_verify_message(id, algorithm, bytes_of(message), message.size, signature, CS_SIGNATURE_SIZE);
        (void)psa_destroy_key(id);
    }
    leave();
    if (code == PSA_ERROR_INVALID_ARGUMENT && !imported)
        return cs_fail(err, CONSENT_E_ARGUMENT, code, "a P-256 public key was not a point of the curve");
    if (code == PSA_ERROR_INVALID_SIGNATURE)
        return cs_fail(err, CONSENT_E_TAMPERED, code, "an ES256 signature did not fit its key and message");
    return finish(err, code, "checking an ES256 signature");
}

static psa_status_t agree(const uint8_t private_key[CS_P256_PRIVATE_SIZE],
                          const uint8_t peer_public[CS_P256_PUBLIC_SIZE], uint8_t shared[32])
{
    psa_key_id_t id = 0;
    psa_status_t code =
        import_key(P256_PAIR, P256_BITS, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, private_key, CS_P256_PRIVATE_SIZE, &id);
    if (code != PSA_SUCCESS)
        return code;
    size_t size = 0;
    code = psa_raw_key_agreement(PSA_ALG_ECDH, id, peer_public, CS_P256_PUBLIC_SIZE, shared, 32, &size);
    (void)psa_destroy_key(id);
    return code;
}

consent_status cs_p256_agree(const uint8_t private_key[CS_P256_PRIVATE_SIZE],
                             const uint8_t peer_public[CS_P256_PUBLIC_SIZE], uint8_t shared[32], consent_error *err)
{
    if (!scalar_is_valid(private_key))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a P-256 private key was outside 1 to n-1");
    psa_status_t code = enter();
    if (code == PSA_SUCCESS)
        code = agree(private_key, peer_public, shared);
    leave();
    if (code == PSA_ERROR_INVALID_ARGUMENT)
        return cs_fail(err, CONSENT_E_ARGUMENT, code, "a P-256 public key was not a point of the curve");
    return finish(err, code, "a P-256 key agreement");
}

consent_status cs_key_id(const uint8_t public_key[CS_P256_PUBLIC_SIZE], char out[17], consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    const cs_span part = {public_key, CS_P256_PUBLIC_SIZE};
    consent_status status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK)
        cs_hex_encode(hash, 8, out);
    else
        out[0] = '\0';
    return status;
}
