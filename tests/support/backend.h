/* backend: the other end of a sync, in memory: it keeps what docs/sync-protocol.md says, signs receipts with the journey's backend key,
 * and fails on demand. Its transport sees every byte that leaves. */
#ifndef BACKEND_H
#define BACKEND_H

#include "support/journey.h"
#include "sync/sync.h"

#define BACKEND_MAX_RANGES 256u
#define BACKEND_MAX_DEVICES 16u
#define BACKEND_URL "https://backend.test"

/* A range as it is stored. */
typedef struct backend_range {
    cs_receipt receipt;
    uint8_t key[CS_P256_PUBLIC_SIZE], signature[CS_SIGNATURE_SIZE];
    cs_buffer events;
} backend_range;

typedef struct backend_device {
    uint8_t profile[CS_PROFILE_ID_SIZE], stream[CS_STREAM_ID_SIZE], key[CS_P256_PUBLIC_SIZE];
    bool joined;
    uint32_t protection;
} backend_device;

/* What goes wrong with requests whose path holds `path`: the `after`-th and the next `times` − 1. */
typedef struct backend_fault {
    const char *method, *path; /* NULL: any */
    uint32_t after, times;
    int32_t status;   /* answered instead of the work; 0: the work is done */
    const char *body; /* instead of the real one; NULL: that */
    const char *retry_after, *date;
    bool lost;   /* the work is done, its answer is not seen */
    bool breaks; /* the request fails before it arrives */
    uint32_t seen;
} backend_fault;

typedef struct backend {
    world *w;
    const char *expected_token; /* of accounts; NULL: any */
    backend_range ranges[BACKEND_MAX_RANGES];
    size_t range_count;
    backend_device devices[BACKEND_MAX_DEVICES];
    size_t device_count;
    backend_fault faults[8];
    size_t fault_count;
    uint32_t page_items; /* at most so many in a page; 0: all */
    uint32_t max_events; /* of a range: more is 413; 0: no limit */
    uint64_t poison_seq; /* an event of this number in the first device's stream is rejected; 0: none */
    uint8_t receipt_key[CS_P256_PRIVATE_SIZE];
    void (*forge)(struct backend *b, cs_receipt *receipt); /* changes what a receipt says */
    const char *receipt_typ;                               /* NULL: the right one */
    cs_span bundles[4];
    size_t bundle_count;
    cs_buffer head;   /* head statement; empty: 404 */
    cs_buffer keys;   /* key set */
    cs_buffer sealed; /* the last sealed file */
    char log[8192];   /* "POST devices\n" … */
    uint32_t requests;
    size_t bytes_out;                  /* of urls, tokens and bodies */
    void (*during)(struct backend *b); /* while a request is under way */
    int32_t clock_ahead_s;             /* of the backend's Date */
    bool clock_suspect;                /* fails as with an expired certificate */
} backend;

void backend_init(backend *b, world *w);
void backend_free(backend *b);
consent_transport backend_transport(backend *b);
/* A set-up that reaches it. Free with cs_sync_setup_free. */
void backend_setup(backend *b, consent_transport *transport, cs_sync_setup *setup);
backend_fault *backend_fail(backend *b, const char *method, const char *path, int32_t status, const char *code);

/* Support's stream of a profile: adds the event (numbered and timed here). */
void backend_support(backend *b, const uint8_t profile[CS_PROFILE_ID_SIZE], cs_event event);
uint64_t backend_cursor(const backend *b, const uint8_t profile[CS_PROFILE_ID_SIZE]);
/* Events stored of one stream. */
uint64_t backend_stored(const backend *b, const uint8_t stream[CS_STREAM_ID_SIZE]);

#endif
