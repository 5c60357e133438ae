/* Stands in for src/crypto/crypto.c and src/base/checksum.c in the fuzzers: what an attacker without the key cannot pass,
 * every input passes here, so that what lies behind seals, signatures and checksums is reached. Sealing copies, every
 * hash, MAC and checksum is the same, every signature fits. */
#include "crypto/crypto.h"

#include <string.h>

#define OPEN_BYTE 0x5Cu

uint32_t cs_crc32c(const void *data, size_t size)
{
    (void)data;
    (void)size;
    return 0x5C5C5C5Cu;
}

uint64_t cs_hash64(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void cs_crypto_set_lock(void (*lock)(void *ctx), void (*unlock)(void *ctx), void *ctx)
{
    (void)lock;
    (void)unlock;
    (void)ctx;
}

consent_status cs_crypto_init(consent_error *err)
{
    (void)err;
    return CONSENT_OK;
}

/* Reads all of it, so that the sanitizers see what the real one would read. */
static void touch(cs_span span)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < span.size; i++)
        sum = (uint8_t)(sum + span.data[i]);
}

consent_status cs_sha256(const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE], consent_error *err)
{
    (void)err;
    for (size_t i = 0; i < count; i++)
        touch(parts[i]);
    memset(out, OPEN_BYTE, CS_HASH_SIZE);
    return CONSENT_OK;
}

consent_status cs_hmac_sha256(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count,
                              uint8_t out[CS_HASH_SIZE], consent_error *err)
{
    touch((cs_span){key, CS_KEY_SIZE});
    return cs_sha256(parts, count, out, err);
}

consent_status cs_hkdf_sha256(cs_span secret, cs_span salt, cs_span info, uint8_t *out, size_t size, consent_error *err)
{
    (void)err;
    touch(secret);
    touch(salt);
    touch(info);
    memset(out, OPEN_BYTE, size);
    return CONSENT_OK;
}

consent_status cs_xaes_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span plain, uint8_t *sealed, consent_error *err)
{
    (void)err;
    touch((cs_span){key, CS_KEY_SIZE});
    touch((cs_span){nonce, CS_NONCE_SIZE});
    touch(aad);
    if (plain.size > 0)
        memcpy(sealed, plain.data, plain.size);
    memset(sealed + plain.size, OPEN_BYTE, CS_TAG_SIZE);
    return CONSENT_OK;
}

consent_status cs_xaes_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span sealed, uint8_t *plain, consent_error *err)
{
    touch((cs_span){key, CS_KEY_SIZE});
    touch((cs_span){nonce, CS_NONCE_SIZE});
    touch(aad);
    if (sealed.size < CS_TAG_SIZE)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "sealed bytes were shorter than their tag");
    if (sealed.size > CS_TAG_SIZE)
        memcpy(plain, sealed.data, sealed.size - CS_TAG_SIZE);
    return CONSENT_OK;
}

consent_status cs_gcm_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[12], cs_span aad, cs_span plain,
                           uint8_t *sealed, consent_error *err)
{
    touch((cs_span){nonce, 12});
    return cs_xaes_seal(key, key, aad, plain, sealed, err);
}

consent_status cs_gcm_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[12], cs_span aad, cs_span sealed,
                           uint8_t *plain, consent_error *err)
{
    touch((cs_span){nonce, 12});
    return cs_xaes_open(key, key, aad, sealed, plain, err);
}

consent_status cs_seal_prepare(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce_key[CS_KEY_SIZE],
                               const uint8_t random32[32], cs_span place, cs_seal_ahead *out, consent_error *err)
{
    (void)err;
    touch((cs_span){key, CS_KEY_SIZE});
    touch((cs_span){nonce_key, CS_KEY_SIZE});
    touch((cs_span){random32, 32});
    touch(place);
    memset(out, OPEN_BYTE, sizeof *out);
    return CONSENT_OK;
}

consent_status cs_seal_hedged(cs_seal_ahead *ahead, cs_span aad, cs_span content, cs_span plain,
                              uint8_t nonce[CS_NONCE_SIZE], uint8_t *sealed, consent_error *err)
{
    touch(content);
    memset(nonce, OPEN_BYTE, CS_NONCE_SIZE);
    return cs_xaes_seal(ahead->key, nonce, aad, plain, sealed, err);
}

consent_status cs_p256_public(const uint8_t private_key[CS_P256_PRIVATE_SIZE], uint8_t public_key[CS_P256_PUBLIC_SIZE],
                              consent_error *err)
{
    (void)err;
    touch((cs_span){private_key, CS_P256_PRIVATE_SIZE});
    memset(public_key, OPEN_BYTE, CS_P256_PUBLIC_SIZE);
    public_key[0] = 0x04;
    return CONSENT_OK;
}

consent_status cs_p256_from_random(const uint8_t random32[32], uint8_t private_key[CS_P256_PRIVATE_SIZE],
                                   uint8_t public_key[CS_P256_PUBLIC_SIZE], consent_error *err)
{
    memmove(private_key, random32, CS_P256_PRIVATE_SIZE);
    return cs_p256_public(private_key, public_key, err);
}

consent_status cs_es256_sign(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span message,
                             uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err)
{
    (void)err;
    touch((cs_span){private_key, CS_P256_PRIVATE_SIZE});
    touch(message);
    memset(signature, OPEN_BYTE, CS_SIGNATURE_SIZE);
    return CONSENT_OK;
}

consent_status cs_es256_verify(const uint8_t public_key[CS_P256_PUBLIC_SIZE], cs_span message,
                               const uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err)
{
    (void)err;
    touch((cs_span){public_key, CS_P256_PUBLIC_SIZE});
    touch(message);
    touch((cs_span){signature, CS_SIGNATURE_SIZE});
    return CONSENT_OK;
}

consent_status cs_p256_agree(const uint8_t private_key[CS_P256_PRIVATE_SIZE],
                             const uint8_t peer_public[CS_P256_PUBLIC_SIZE], uint8_t shared[32], consent_error *err)
{
    (void)err;
    touch((cs_span){private_key, CS_P256_PRIVATE_SIZE});
    touch((cs_span){peer_public, CS_P256_PUBLIC_SIZE});
    memset(shared, OPEN_BYTE, 32);
    return CONSENT_OK;
}

consent_status cs_key_id(const uint8_t public_key[CS_P256_PUBLIC_SIZE], char out[17], consent_error *err)
{
    (void)err;
    touch((cs_span){public_key, CS_P256_PUBLIC_SIZE});
    memcpy(out, "5c5c5c5c5c5c5c5c", 17);
    return CONSENT_OK;
}
