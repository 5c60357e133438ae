/* Any bytes as a bundle, and as a head statement, whose signatures and hashes fit: refused with a message and nothing left,
 * or whole. */
#include "fuzz.h"
#include "policy/bundle.h"

#define NOW_MS INT64_C(1775001600000) /* 2026-04-01T00:00:00Z, within the seeds' key set */

bool fuzz_accepted;

static bool open_bundle(cs_span bytes, const uint8_t *root)
{
    cs_bundle bundle;
    consent_error error = {0};
    consent_status status = cs_bundle_open(cs_memory_system(), bytes, root, 1, NOW_MS, &bundle, &error);
    fuzz_require_reason(status, error);
    bool whole = status == CONSENT_OK;
    fuzz_require(whole == (bundle.policy != NULL) && whole == (bundle.texts != NULL));
    if (whole)
        for (uint16_t i = 0; i < bundle.policy->document_count; i++)
            fuzz_require(bundle.documents[i].size > 0);
    cs_bundle_free(&bundle);
    return whole;
}

static bool open_head(cs_span bytes, const uint8_t *root)
{
    cs_head head;
    consent_error error = {0};
    consent_status status = cs_head_open(cs_memory_system(), bytes, root, 1, NOW_MS, &head, &error);
    fuzz_require_reason(status, error);
    if (status != CONSENT_OK)
        return false;
    fuzz_require(cs_head_is(cs_memory_system(), bytes) && head.fresh_until_ms > NOW_MS);
    fuzz_require(cs_id_is_valid(cs_str_of(head.id)));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t root[CS_P256_PUBLIC_SIZE];
    const cs_span bytes = {data, size};
    consent_error error = {0};
    fuzz_require(cs_p256_public(private_key, root, &error) == CONSENT_OK);
    bool is_bundle = open_bundle(bytes, root);
    bool is_head = open_head(bytes, root);
    fuzz_require(!is_bundle || !is_head);
    fuzz_accepted = is_bundle || is_head;
    return 0;
}
