/* fleet: two to four devices of one person, a backend, and a network that loses answers. Each device acts on forms that it built
 * some time ago, sends ranges, loses receipts, takes pages late, twice, cut short or out of order. The same seed makes the same story. */
#ifndef FLEET_H
#define FLEET_H

#include "property/random_case.h"

#define FLEET_MAX_EVENTS 28u
#define FLEET_MAX_RANGES 48u
#define FLEET_DEVICES 4u
#define FLEET_BACKEND FLEET_DEVICES /* the stream that support acts in */
#define FLEET_JOINED 5u             /* an anonymous stream of device 0, joined to the account */
#define FLEET_STREAMS 6u

typedef struct fleet_event {
    cs_event event;
    size_t stream;
    uint64_t known;  /* the events, a bit each, that the device had when it built the form */
    uint64_t cursor; /* 0: not at the backend yet */
    int64_t receipt_ms;
} fleet_event;

typedef struct fleet_range {
    size_t stream;
    cs_state_range said;
} fleet_range;

typedef struct fleet_device {
    cs_state state;
    uint64_t known;
    uint64_t form_seen, form_known; /* of the form that is on the screen */
    int64_t ahead_ms;               /* of its clock */
    int64_t last_ms;
    size_t sent; /* events of its own that the backend has */
} fleet_device;

typedef struct fleet {
    random_case dice; /* policies and chance */
    size_t focus;     /* which choice it is about most */
    size_t device_count;
    fleet_device devices[FLEET_DEVICES];
    cs_state backend;
    fleet_event events[FLEET_MAX_EVENTS];
    size_t event_count;
    fleet_range ranges[FLEET_MAX_RANGES];
    size_t range_count;
    uint64_t seq[FLEET_STREAMS], stored[FLEET_STREAMS], committed;
    int64_t now_ms;
} fleet;

/* Plays a story to its end: everything sent, everything taken. */
void fleet_make(fleet *f, uint64_t seed);
void fleet_free(fleet *f);
/* What a device holds of the person, without what is its own affair: permissions, which keys it knows, which stream is its. */
cs_buffer fleet_merged(const cs_state *state);
/* One event as another's, with its receipt or yet without. */
void fleet_apply(cs_state *state, const fleet_event *e, bool with_receipt);
const uint8_t *fleet_stream(size_t stream);
void fleet_print(const fleet *f);

#endif
