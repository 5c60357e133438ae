/* Any bytes as a compact policy (first byte even) or its texts (odd): refused, or exactly what encode writes. */
#include "fuzz.h"
#include "policy/policy.h"

#include <string.h>

bool fuzz_accepted;

static void require_same(const cs_buffer *again, cs_span bytes)
{
    fuzz_require(!again->failed && again->size == bytes.size && memcmp(again->data, bytes.data, bytes.size) == 0);
}

/* What every decision does with a policy. */
static void look_up(const cs_policy *policy)
{
    for (uint16_t i = 0; i < policy->purpose_count; i++) {
        const cs_purpose *purpose = &policy->purposes[i];
        fuzz_require(cs_policy_purpose(policy, cs_str_of(purpose->id)) != NULL);
        fuzz_require(cs_policy_function_of(policy, purpose) != NULL);
        (void)cs_purpose_effective_form(policy, purpose);
        fuzz_require(purpose->undeclared || !cs_purpose_widened(policy, purpose, policy, purpose));
    }
    (void)cs_policy_changes(policy, policy);
}

static bool read_policy(cs_span bytes, cs_buffer *again)
{
    cs_policy *policy = NULL;
    consent_error error = {0};
    consent_status status = cs_policy_decode(cs_memory_system(), bytes, &policy, &error);
    fuzz_require_reason(status, error);
    fuzz_require((status == CONSENT_OK) == (policy != NULL));
    if (policy) {
        cs_policy_encode(policy, again);
        require_same(again, bytes);
        look_up(policy);
    }
    cs_policy_free(policy);
    return status == CONSENT_OK;
}

static bool read_texts(cs_span bytes, cs_buffer *again)
{
    cs_texts *texts = NULL;
    consent_error error = {0};
    consent_status status = cs_texts_decode(cs_memory_system(), bytes, &texts, &error);
    fuzz_require_reason(status, error);
    fuzz_require((status == CONSENT_OK) == (texts != NULL));
    if (texts) {
        cs_texts_encode(texts, again);
        require_same(again, bytes);
        for (cs_text text = 0; text < 16; text++)
            fuzz_require(cs_texts_get(texts, text, "zh-CN") != NULL);
    }
    cs_texts_free(texts);
    return status == CONSENT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_buffer again;
    fuzz_input in = {data, size};
    bool is_texts = fuzz_take(&in) & 1u;
    cs_span bytes = {in.at, in.left};
    cs_buffer_init(&again, cs_memory_system(), 8u << 20);
    fuzz_accepted = is_texts ? read_texts(bytes, &again) : read_policy(bytes, &again);
    cs_buffer_free(&again);
    return 0;
}
