/* envelope: bytes that only the holder of one P-256 private key can open. Pure but for cryptography; the format is frozen
 * (docs/ledger-format.md section 10).
 *
 *   0   4   "CSE1"
 *   4   8   name of the recipient's key: the bytes that cs_key_id shows
 *   12  65  ephemeral public point
 *   77  n   AES-256-GCM ciphertext, then its 16-byte tag; associated data: bytes 0 … 76
 *
 * key (32) ‖ nonce (12) = HKDF-SHA-256(secret: x of the ECDH point; salt: bytes 0 … 76 ‖ the recipient's point;
 * info: "libconsent-sealed"). The ephemeral scalar is HMAC-SHA-256(random32, recipient's point ‖ content ‖ counter): random bytes that
 * repeat (a fork, a cloned machine, a broken source) still give other keys for other content. */
#ifndef CS_ENVELOPE_H
#define CS_ENVELOPE_H

#include "crypto/crypto.h"

#define CS_ENVELOPE_HEAD_SIZE 77u
#define CS_ENVELOPE_OVERHEAD (CS_ENVELOPE_HEAD_SIZE + CS_TAG_SIZE)

/* Appends the envelope. E_ARGUMENT: the key is no point of the curve. */
consent_status cs_envelope_seal(const uint8_t recipient[CS_P256_PUBLIC_SIZE], const uint8_t random32[32],
                                cs_span content, cs_buffer *out, consent_error *err);
/* Appends the content. E_ARGUMENT: no envelope, or sealed to another key; E_TAMPERED. */
consent_status cs_envelope_open(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span envelope, cs_buffer *out,
                                consent_error *err);

#endif
