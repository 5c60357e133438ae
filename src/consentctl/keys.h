/* keys: signing keys as small JSON files. A private key file has mode 0600 and is never overwritten. */
#ifndef CS_KEYS_H
#define CS_KEYS_H

#include "crypto/crypto.h"
#include "platform/platform.h"

typedef struct cs_key_pair {
    uint8_t private_key[CS_P256_PRIVATE_SIZE];
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    char kid[17];
} cs_key_pair;

consent_status cs_keys_make(const cs_env *env, cs_key_pair *pair, consent_error *err);
/* Reads a private key file; its public half is worked out anew and must agree. */
consent_status cs_keys_read_private(const cs_memory *memory, const char *path, cs_key_pair *pair, consent_error *err);
/* Reads the public half of a public or a private key file. */
consent_status cs_keys_read_public(const cs_memory *memory, const char *path, uint8_t public_key[CS_P256_PUBLIC_SIZE],
                                   consent_error *err);
/* One line of JSON; with `secret` the private half too. */
consent_status cs_keys_write(const cs_memory *memory, const cs_key_pair *pair, bool secret, cs_buffer *out,
                             consent_error *err);

#endif
