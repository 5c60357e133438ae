/* Any bytes as an event: refused with a message, or the same event again after being written. */
#include "event/event.h"
#include "fuzz.h"

#include <string.h>

bool fuzz_accepted;

/* Unknown fields fall away the first time; from then on one event has one encoding. */
static void write_again(const cs_event *event)
{
    cs_buffer first, second;
    cs_event back;
    consent_error error = {0};
    cs_buffer_init(&first, cs_memory_system(), 2 * CS_EVENT_MAX_SIZE);
    cs_buffer_init(&second, cs_memory_system(), 2 * CS_EVENT_MAX_SIZE);
    cs_event_encode(event, &first);
    fuzz_require(!first.failed);
    fuzz_require(cs_event_decode(cs_buffer_span(&first), &back, &error) == CONSENT_OK);
    fuzz_require(cs_event_polarity(event) == cs_event_polarity(&back));
    cs_event_encode(&back, &second);
    fuzz_require(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    cs_buffer_free(&first);
    cs_buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_event event;
    consent_error error = {0};
    consent_status status = cs_event_decode((cs_span){data, size}, &event, &error);
    fuzz_require_reason(status, error);
    fuzz_accepted = status == CONSENT_OK;
    if (fuzz_accepted)
        write_again(&event);
    return 0;
}
