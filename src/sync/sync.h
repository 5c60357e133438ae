/* sync: what consent_sync does, over any transport. docs/sync-protocol.md is the contract; section 9's table of faults is the heart of it.
 *
 * Nothing is believed before it was verified, and nothing is acknowledged or passed before it is on disk. No lock is held while the
 * transport, the host's token callback or its progress callback runs. */
#ifndef CS_SYNC_H
#define CS_SYNC_H

#include <consent/sync.h>

#include "profile/exchange.h"

#include <stdatomic.h>

#define CS_SYNC_MAX_PINS 8u
#define CS_SYNC_DEFAULT_MS 300000u

/* The host's configuration, copied. Zeroed: none. */
typedef struct cs_sync_setup {
    bool ready;
    char *strings; /* endpoint, region, ca_file, pins, in one block */
    size_t strings_size;
    const char *endpoint, *region, *ca_file;
    const char *pins[CS_SYNC_MAX_PINS];
    int64_t pins_expire_ms[CS_SYNC_MAX_PINS];
    size_t pin_count;
    const consent_transport *transport; /* NULL: libcurl */
    consent_status (*token)(void *ctx, bool renew, char *out, size_t size);
    void (*progress)(void *ctx, const consent_sync_report *report);
    void *ctx;
    bool fetch_before_consent;
} cs_sync_setup;

/* Checks and copies. E_ARGUMENT, E_UNSUPPORTED, E_MEMORY: *setup is as it was. */
consent_status cs_sync_set_up(const cs_memory *memory, const consent_sync_config *config, cs_sync_setup *setup,
                              consent_error *err);

/* Here, as the core library calls it too, without the sync. */
static inline void cs_sync_setup_free(const cs_memory *memory, cs_sync_setup *setup)
{
    cs_free(memory, setup->strings, setup->strings_size);
    *setup = (cs_sync_setup){.ready = false};
}

/* One run. `cancelled` is polled; *report is filled as far as it came. */
consent_status cs_sync_run(cs_profile *profile, const cs_sync_setup *setup, const atomic_uint *cancelled,
                           uint32_t timeout_ms, consent_sync_report *report, consent_error *err);
/* See consent_sync_status. */
consent_status cs_sync_status(cs_profile *profile, cs_json_out *out, consent_error *err);

#endif
