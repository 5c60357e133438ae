/* crypto: the only module that sees mbedTLS, through PSA calls alone that exist in 2.28, 3.6 and 4.x
 * (one-shot AEAD, HKDF derivation, SHA-256, CMAC, ECDSA P-256). 2.28's PSA is not thread-safe: every
 * call here holds one process-wide lock, which a host that uses PSA itself can replace
 * (consent_set_crypto_lock). Keys are imported for one call and destroyed; none is held. PSA's own
 * generator repeats after fork, so it is never used: callers bring operating-system randomness.
 *
 * All functions: any thread; E_MEMORY, E_UNSUPPORTED (this build of mbedTLS lacks it), or as said. */
#ifndef CS_CRYPTO_H
#define CS_CRYPTO_H

#include "base/base.h"

#define CS_HASH_SIZE 32u
#define CS_KEY_SIZE 32u
#define CS_NONCE_SIZE 24u
#define CS_TAG_SIZE 16u
#define CS_P256_PRIVATE_SIZE 32u
#define CS_P256_PUBLIC_SIZE 65u /* 04 ‖ x ‖ y */
#define CS_SIGNATURE_SIZE 64u   /* r ‖ s */

/* Replaces the process-wide lock; NULL, NULL restores the built-in one. Before any other call. */
void cs_crypto_set_lock(void (*lock)(void *ctx), void (*unlock)(void *ctx), void *ctx);

consent_status cs_crypto_init(consent_error *err); /* idempotent */

/* SHA-256 over the parts in order. */
consent_status cs_sha256(const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE], consent_error *err);
consent_status cs_hmac_sha256(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count,
                              uint8_t out[CS_HASH_SIZE], consent_error *err);
consent_status cs_hkdf_sha256(cs_span secret, cs_span salt, cs_span info, uint8_t *out, size_t size,
                              consent_error *err);

/* XAES-256-GCM (C2SP): 24-byte nonce, sealed = ciphertext ‖ tag (plain.size + 16 bytes). `sealed` and
 * `plain` do not overlap. open: E_TAMPERED when the tag does not match, and no byte of content is written then
 * (mbedTLS may zero `plain`). */
consent_status cs_xaes_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span plain, uint8_t *sealed, consent_error *err);
consent_status cs_xaes_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[CS_NONCE_SIZE], cs_span aad,
                            cs_span sealed, uint8_t *plain, consent_error *err);

/* AES-256-GCM with a 12-byte nonce, for keys that seal once (envelope.h). Otherwise as above. */
consent_status cs_gcm_seal(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[12], cs_span aad, cs_span plain,
                           uint8_t *sealed, consent_error *err);
consent_status cs_gcm_open(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce[12], cs_span aad, cs_span sealed,
                           uint8_t *plain, consent_error *err);

/* A hedged seal: XAES-256-GCM under a nonce that neither a repeated random32 (fork, cloned machine, broken source) nor
 * another content repeats. h = HMAC(nonce_key, random32 ‖ place); the nonce's first half is h[0..12), its second
 * AES-128-CMAC(h[12..28), content)[0..12). What depends on the place alone (the first half, that MAC's key, the key that
 * XAES derives) can be had before there is any content, while nobody waits. Place and content say all that aad will. */
typedef struct cs_seal_ahead {
    uint8_t key[CS_KEY_SIZE];
    uint8_t mac_key[16];
    uint8_t nonce[CS_NONCE_SIZE / 2];
} cs_seal_ahead;

consent_status cs_seal_prepare(const uint8_t key[CS_KEY_SIZE], const uint8_t nonce_key[CS_KEY_SIZE],
                               const uint8_t random32[32], cs_span place, cs_seal_ahead *out, consent_error *err);
/* Fills `nonce` and `sealed` (plain.size + 16 bytes). `content` is what the second half depends on: `plain`, or it without
 * padding that its length tells. *ahead serves this one seal and is wiped. */
consent_status cs_seal_hedged(cs_seal_ahead *ahead, cs_span aad, cs_span content, cs_span plain,
                              uint8_t nonce[CS_NONCE_SIZE], uint8_t *sealed, consent_error *err);

/* ES256. `private_key` is the scalar, big-endian; from 32 random bytes by cs_p256_from_random, which says
 * E_ARGUMENT (try other bytes) when they are outside 1..n-1. Deterministic signatures. */
consent_status cs_p256_from_random(const uint8_t random32[32], uint8_t private_key[CS_P256_PRIVATE_SIZE],
                                   uint8_t public_key[CS_P256_PUBLIC_SIZE], consent_error *err);
consent_status cs_p256_public(const uint8_t private_key[CS_P256_PRIVATE_SIZE], uint8_t public_key[CS_P256_PUBLIC_SIZE],
                              consent_error *err);
consent_status cs_es256_sign(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span message,
                             uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err);
/* E_TAMPERED when the signature is not the key's over the message. */
consent_status cs_es256_verify(const uint8_t public_key[CS_P256_PUBLIC_SIZE], cs_span message,
                               const uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err);
/* ECDH: x coordinate of the shared point, for sealing to the operator's key. */
consent_status cs_p256_agree(const uint8_t private_key[CS_P256_PRIVATE_SIZE],
                             const uint8_t peer_public[CS_P256_PUBLIC_SIZE], uint8_t shared[32], consent_error *err);

/* First 8 bytes of SHA-256 of the public point, in hex (16 chars + NUL): names a key. */
consent_status cs_key_id(const uint8_t public_key[CS_P256_PUBLIC_SIZE], char out[17], consent_error *err);

#endif
