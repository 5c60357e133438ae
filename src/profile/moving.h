/* moving: the acts of a stream that goes on as another one, a frame at a time. */
#ifndef CS_MOVING_H
#define CS_MOVING_H

#include "profile/profile.h"

/* What one frame takes of a range or of a stream that moves. */
enum {
    CS_CHUNK_MAX_EVENTS = 512,
    CS_CHUNK_MAX_BYTES = 48 * 1024 /* one event may come on top */
};

/* Events of the stream before, numbered anew. */
typedef struct cs_moving {
    cs_buffer bytes; /* to be freed whatever came of it */
    size_t sizes[CS_CHUNK_MAX_EVENTS];
    cs_span spans[CS_CHUNK_MAX_EVENTS];
    size_t count;
    uint64_t number; /* of the next copy */
    bool full;
} cs_moving;

/* With the ledger begun: copies what stands in `stream` from number `from` on, as `number`, +1, …; at most one frame of it. */
consent_status cs_moving_copy(cs_profile *profile, const uint8_t *stream, uint64_t from, uint64_t number,
                              cs_moving *out, consent_error *err);

/* With the ledger begun: when acts of the stream before are still to be recorded in the present one, records some of them
 * (*moved), after which the ledger is no longer begun; as it is not after a failure. */
consent_status cs_moving_finish(cs_profile *profile, bool *moved, consent_error *err);

#endif
