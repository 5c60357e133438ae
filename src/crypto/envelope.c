#include "crypto/envelope.h"

#include <string.h>

#define GCM_NONCE_SIZE 12u
#define SCALAR_TRIES 16u /* one in 2^32 is outside 1 … n-1 */

static const char magic[] = "CSE1";
static const char info[] = "libconsent-sealed";

typedef struct secrets {
    uint8_t shared[32];
    uint8_t derived[CS_KEY_SIZE + GCM_NONCE_SIZE];
} secrets;

static consent_status name_key(const uint8_t public_key[CS_P256_PUBLIC_SIZE], uint8_t name[8], consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    const cs_span part = {public_key, CS_P256_PUBLIC_SIZE};
    consent_status status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK)
        memcpy(name, hash, 8);
    return status;
}

static consent_status derive(const uint8_t private_key[CS_P256_PRIVATE_SIZE], const uint8_t peer[CS_P256_PUBLIC_SIZE],
                             const uint8_t head[CS_ENVELOPE_HEAD_SIZE], const uint8_t recipient[CS_P256_PUBLIC_SIZE],
                             secrets *out, consent_error *err)
{
    uint8_t salt[CS_ENVELOPE_HEAD_SIZE + CS_P256_PUBLIC_SIZE];
    memcpy(salt, head, CS_ENVELOPE_HEAD_SIZE);
    memcpy(salt + CS_ENVELOPE_HEAD_SIZE, recipient, CS_P256_PUBLIC_SIZE);
    consent_status status = cs_p256_agree(private_key, peer, out->shared, err);
    if (status == CONSENT_OK)
        status =
            cs_hkdf_sha256((cs_span){out->shared, sizeof out->shared}, (cs_span){salt, sizeof salt},
                           (cs_span){(const uint8_t *)info, sizeof info - 1}, out->derived, sizeof out->derived, err);
    return status;
}

static consent_status make_ephemeral(const uint8_t recipient[CS_P256_PUBLIC_SIZE], const uint8_t random32[32],
                                     cs_span content, uint8_t private_key[CS_P256_PRIVATE_SIZE],
                                     uint8_t public_key[CS_P256_PUBLIC_SIZE], consent_error *err)
{
    consent_status status = CONSENT_E_ARGUMENT;
    for (uint8_t counter = 0; status == CONSENT_E_ARGUMENT && counter < SCALAR_TRIES; counter++) {
        const cs_span parts[] = {{recipient, CS_P256_PUBLIC_SIZE}, content, {&counter, 1}};
        status = cs_hmac_sha256(random32, parts, CS_COUNT_OF(parts), private_key, err);
        if (status == CONSENT_OK)
            status = cs_p256_public(private_key, public_key, err);
    }
    return status;
}

consent_status cs_envelope_seal(const uint8_t recipient[CS_P256_PUBLIC_SIZE], const uint8_t random32[32],
                                cs_span content, cs_buffer *out, consent_error *err)
{
    uint8_t head[CS_ENVELOPE_HEAD_SIZE], scalar[CS_P256_PRIVATE_SIZE];
    secrets secret;
    memcpy(head, magic, 4);
    consent_status status = name_key(recipient, head + 4, err);
    if (status == CONSENT_OK)
        status = make_ephemeral(recipient, random32, content, scalar, head + 12, err);
    if (status == CONSENT_OK)
        status = derive(scalar, recipient, head, recipient, &secret, err);
    if (status == CONSENT_OK) {
        cs_buffer_append(out, head, sizeof head);
        uint8_t *sealed = cs_buffer_extend(out, content.size + CS_TAG_SIZE);
        status = cs_buffer_status(out, "an envelope", err);
        if (sealed)
            status = cs_gcm_seal(secret.derived, secret.derived + CS_KEY_SIZE, (cs_span){head, sizeof head}, content,
                                 sealed, err);
    }
    cs_wipe(scalar, sizeof scalar);
    cs_wipe(&secret, sizeof secret);
    return status;
}

consent_status cs_envelope_open(const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span envelope, cs_buffer *out,
                                consent_error *err)
{
    uint8_t own[CS_P256_PUBLIC_SIZE], name[8];
    secrets secret;
    if (envelope.size < CS_ENVELOPE_OVERHEAD || memcmp(envelope.data, magic, 4) != 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "this is no sealed file: it does not begin with %s", magic);
    consent_status status = cs_p256_public(private_key, own, err);
    if (status == CONSENT_OK)
        status = name_key(own, name, err);
    if (status == CONSENT_OK && memcmp(name, envelope.data + 4, sizeof name) != 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "the file was sealed to another key than this one");
    if (status == CONSENT_OK)
        status = derive(private_key, envelope.data + 12, envelope.data, own, &secret, err);
    if (status == CONSENT_OK) {
        cs_span sealed = {envelope.data + CS_ENVELOPE_HEAD_SIZE, envelope.size - CS_ENVELOPE_HEAD_SIZE};
        size_t begin = out->size;
        uint8_t none, *plain = sealed.size > CS_TAG_SIZE ? cs_buffer_extend(out, sealed.size - CS_TAG_SIZE) : &none;
        status = cs_buffer_status(out, "a sealed file's content", err);
        if (status == CONSENT_OK)
            status = cs_gcm_open(secret.derived, secret.derived + CS_KEY_SIZE,
                                 (cs_span){envelope.data, CS_ENVELOPE_HEAD_SIZE}, sealed, plain, err);
        if (status != CONSENT_OK)
            out->size = begin;
    }
    cs_wipe(&secret, sizeof secret);
    return status;
}
