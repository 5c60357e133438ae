/* device: a journey that syncs with a backend in memory. Several devices live in one world, each in a home of its own. */
#ifndef DEVICE_H
#define DEVICE_H

#include "support/backend.h"

typedef struct device {
    journey j;
    backend *b;
    const char *home, *account; /* account NULL: anonymous */
    consent_transport transport;
    cs_sync_setup setup;
    atomic_uint cancelled;
    consent_sync_report report;
    uint32_t tokens; /* how often the host was asked for one */
    uint32_t renewed;
    const char *token;
} device;

consent_status device_open(device *d, world *w, backend *b, const char *home, const char *account);
void device_close(device *d); /* profile and home */
void device_free(device *d);  /* and the rest */
consent_status device_sync(device *d);
consent_status device_accept(device *d);
/* The separate consent to share.payment with pay-a. */
consent_status device_grant(device *d);
consent_status device_withdraw(device *d);
consent_verdict device_verdict(device *d);
/* Makes `count` acts that say nothing new to decisions. */
consent_status device_fill(device *d, uint32_t count);
void device_profile_id(device *d, uint8_t out[CS_PROFILE_ID_SIZE]);

#endif
