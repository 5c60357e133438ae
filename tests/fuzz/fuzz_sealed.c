/* Any bytes as what a profile that ended left for the operator, sealed to a key that fits. Refused with a message, or a line for each
 * event that it counts. */
#include "consentctl/sealed.h"
#include "crypto/envelope.h"
#include "fuzz.h"

#include <string.h>

#define COUNT_AT (1u + 16u + 8u) /* layout, stream, first number */

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    cs_buffer lines, content;
    consent_error error = {0};
    cs_buffer_init(&lines, cs_memory_system(), 16u << 20);
    cs_buffer_init(&content, cs_memory_system(), 16u << 20);
    consent_status status = cs_sealed_lines(cs_memory_system(), private_key, (cs_span){data, size}, &lines, &error);
    fuzz_require_reason(status, error);
    fuzz_accepted = status == CONSENT_OK;
    if (fuzz_accepted) {
        uint32_t count = 0;
        for (size_t i = 0; i < lines.size; i++)
            count += lines.data[i] == '\n';
        fuzz_require(cs_envelope_open(private_key, (cs_span){data, size}, &content, &error) == CONSENT_OK);
        fuzz_require(content.size > COUNT_AT && count == cs_load_u32(content.data + COUNT_AT));
        fuzz_require(count == 0 || lines.data[lines.size - 1] == '\n');
    }
    cs_buffer_free(&lines);
    cs_buffer_free(&content);
    return 0;
}
