/* Any bytes as a JWS whose signature fits: refused with a message, or a payload whose signing gives the same text. */
#include "crypto/jws.h"
#include "fuzz.h"
#include "policy/bundle.h"

#include <string.h>

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t key[CS_P256_PUBLIC_SIZE];
    size_t at = 0;
    cs_buffer payload, again;
    consent_error error = {0};
    cs_str jws = {(const char *)data, size};
    cs_buffer_init(&payload, cs_memory_system(), CS_POLICY_MAX_BYTES);
    cs_buffer_init(&again, cs_memory_system(), 2u * CS_POLICY_MAX_BYTES);
    fuzz_require(cs_p256_public(private_key, key, &error) == CONSENT_OK);
    consent_status status = cs_jws_verify(cs_memory_system(), jws, CS_TYP_POLICY, key, 1, &at, &payload, &error);
    fuzz_require_reason(status, error);
    fuzz_accepted = status == CONSENT_OK;
    if (fuzz_accepted) {
        cs_str text = {(const char *)payload.data, payload.size};
        fuzz_require(cs_jws_key(cs_memory_system(), jws, CS_TYP_POLICY, key, 1, &at, &error) == CONSENT_OK);
        fuzz_require(cs_jws_sign(CS_STR(CS_TYP_POLICY), text, private_key, &again, &error) == CONSENT_OK);
        /* All but the signature, which has many valid forms. */
        size_t signed_size = again.size - (CS_SIGNATURE_SIZE * 4u + 2u) / 3u;
        fuzz_require(again.size == size && memcmp(again.data, data, signed_size) == 0);
    }
    cs_buffer_free(&payload);
    cs_buffer_free(&again);
    return 0;
}
