/* Any bytes as a bundle whose signatures and hashes fit: refused with a message and nothing left, or whole. */
#include "fuzz.h"
#include "policy/bundle.h"

#define NOW_MS INT64_C(1775001600000) /* 2026-04-01T00:00:00Z, within the seeds' key set */

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t root[CS_P256_PUBLIC_SIZE];
    cs_bundle bundle;
    consent_error error = {0};
    fuzz_require(cs_p256_public(private_key, root, &error) == CONSENT_OK);
    consent_status status =
        cs_bundle_open(cs_memory_system(), (cs_span){data, size}, root, 1, NOW_MS, &bundle, &error);
    fuzz_require_reason(status, error);
    fuzz_accepted = status == CONSENT_OK;
    fuzz_require(fuzz_accepted == (bundle.policy != NULL) && fuzz_accepted == (bundle.texts != NULL));
    if (fuzz_accepted)
        for (uint16_t i = 0; i < bundle.policy->document_count; i++)
            fuzz_require(bundle.documents[i].size > 0);
    cs_bundle_free(&bundle);
    return 0;
}
