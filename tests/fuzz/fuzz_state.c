/* Any bytes as a checkpoint's state: refused, leaving nothing, or exactly what encode writes. */
#include "fuzz.h"
#include "state/state.h"

#include <string.h>

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_state state;
    cs_buffer again;
    consent_error error = {0};
    uint32_t count = 0;
    cs_state_init(&state, cs_memory_system());
    cs_buffer_init(&again, cs_memory_system(), CS_STATE_MAX_ENCODED);
    consent_status status = cs_state_decode(&state, (cs_span){data, size}, &error);
    fuzz_require_reason(status, error);
    fuzz_accepted = status == CONSENT_OK;
    if (fuzz_accepted) {
        cs_state_encode(&state, &again);
        fuzz_require(!again.failed && again.size == size && memcmp(again.data, data, size) == 0);
        for (cs_name name = 0; name <= state.names.count; name++) {
            const cs_act *acts = cs_state_acts(&state, name, &count);
            for (uint32_t i = 0; i < count; i++)
                fuzz_require(acts[i].purpose == name && acts[i].stream < state.stream_count);
        }
    } else {
        fuzz_require(state.act_count == 0 && state.names.count == 0 && state.stream_count == 0);
    }
    cs_buffer_free(&again);
    cs_state_free(&state);
    return 0;
}
