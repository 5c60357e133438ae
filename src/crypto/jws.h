/* jws: signed text in compact form, with nothing in it to choose from. */
#ifndef CS_JWS_H
#define CS_JWS_H

#include "crypto/crypto.h"

/* JWS compact (RFC 7515) with one header, byte for byte: {"alg":"ES256","kid":"<cs_key_id>","typ":"<typ>"}. So nothing is parsed, and
 * no algorithm chosen, before the signature held. verify: the key is picked by `kid` among the given ones; the payload is decoded
 * into `out` once the signature fits. E_ARGUMENT: not the shape of a JWS; E_TAMPERED: another header, key or signature. */
consent_status cs_jws_sign(cs_str typ, cs_str payload, const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_buffer *out,
                           consent_error *err);
consent_status cs_jws_verify(const cs_memory *memory, cs_str jws, const char *typ, const uint8_t *keys,
                             size_t key_count, size_t *key_index, cs_buffer *out, consent_error *err);

/* Which of the keys the JWS names by its `kid`; its signature is not looked at. */
consent_status cs_jws_key(const cs_memory *memory, cs_str jws, const char *typ, const uint8_t *keys, size_t key_count,
                          size_t *key_index, consent_error *err);
/* Whether the JWS says that it is of that type; nothing is verified. */
bool cs_jws_has_type(const cs_memory *memory, cs_str jws, const char *typ);

#endif
