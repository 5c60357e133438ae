/* Any bytes as a policy's JSON: refused with a message, or a policy whose compact form reads back the same. */
#include "fuzz.h"
#include "policy/policy.h"

#include <string.h>

#define MOST_BYTES (8u << 20)

bool fuzz_accepted;

static void keep_and_read(const cs_policy *policy, const cs_texts *texts)
{
    cs_buffer structure, words, again;
    cs_policy *kept = NULL;
    cs_texts *kept_texts = NULL;
    consent_error error = {0};
    cs_buffer_init(&structure, cs_memory_system(), MOST_BYTES);
    cs_buffer_init(&words, cs_memory_system(), MOST_BYTES);
    cs_buffer_init(&again, cs_memory_system(), MOST_BYTES);
    cs_policy_encode(policy, &structure);
    cs_texts_encode(texts, &words);
    fuzz_require(!structure.failed && !words.failed);
    fuzz_require(cs_policy_decode(cs_memory_system(), cs_buffer_span(&structure), &kept, &error) == CONSENT_OK);
    fuzz_require(cs_texts_decode(cs_memory_system(), cs_buffer_span(&words), &kept_texts, &error) == CONSENT_OK);
    cs_policy_encode(kept, &again);
    fuzz_require(again.size == structure.size && memcmp(again.data, structure.data, again.size) == 0);
    cs_texts_free(kept_texts);
    cs_policy_free(kept);
    cs_buffer_free(&structure);
    cs_buffer_free(&words);
    cs_buffer_free(&again);
}

static bool read(cs_str text, bool draft)
{
    cs_policy *policy = NULL;
    cs_texts *texts = NULL;
    consent_error error = {0};
    consent_status status = cs_policy_parse(cs_memory_system(), text, "input", draft, &policy, &texts, &error);
    fuzz_require_reason(status, error);
    fuzz_require((status == CONSENT_OK) == (policy != NULL) && (policy != NULL) == (texts != NULL));
    if (policy)
        keep_and_read(policy, texts);
    cs_policy_free(policy);
    cs_texts_free(texts);
    return status == CONSENT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_str text = {(const char *)data, size};
    fuzz_accepted = read(text, false);
    fuzz_accepted = read(text, true) || fuzz_accepted;
    return 0;
}
