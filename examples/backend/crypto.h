/* crypto: the backend's own cryptography, by OpenSSL, which is several times faster than what a device uses: a server verifies what many
 * devices sign. Any thread. */
#ifndef CD_CRYPTO_H
#define CD_CRYPTO_H

#include "crypto/crypto.h"

typedef struct cd_private_key cd_private_key; /* a P-256 key that signs */

bool cd_random(void *out, size_t size);
bool cd_sha256(const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE]);
bool cd_hmac(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE]);

/* ES256: whether the signature (r ‖ s) is the key's over the message. Anything malformed is not. */
bool cd_verify(const uint8_t key[CS_P256_PUBLIC_SIZE], cs_span message, const uint8_t signature[CS_SIGNATURE_SIZE]);

/* NULL: the scalar is not that of the point, or no memory. Free it. */
cd_private_key *cd_private_key_new(const uint8_t scalar[CS_P256_PRIVATE_SIZE],
                                   const uint8_t point[CS_P256_PUBLIC_SIZE]);
void cd_private_key_free(cd_private_key *key);
bool cd_sign(const cd_private_key *key, cs_span message, uint8_t signature[CS_SIGNATURE_SIZE]);

/* A JWS as src/crypto/jws.h reads it. */
bool cd_jws_sign(const cd_private_key *key, const char *kid, const char *typ, cs_span payload, cs_buffer *out);

#endif
