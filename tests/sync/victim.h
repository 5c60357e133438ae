/* victim: a person's device in an injected world, with acts to send and a purpose taken back, that talks to a loopback server. */
#ifndef VICTIM_H
#define VICTIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/loopback.h"

typedef struct victim {
    world w;
    backend b;
    loopback s;
    device d;
    uint64_t acts; /* own, recorded */
} victim;

/* CMocka's set-up: accepted, granted, withdrawn; nothing sent yet. */
int victim_setup(void **state);
int victim_teardown(void **state); /* fails when memory or a file was left behind */
/* The scene stands from the next request on. */
void victim_scene(victim *v, loopback_scene scene, const char *method, const char *path);
/* One sync that may take so long; fails the test when it took much longer or much memory. */
consent_status victim_sync(victim *v, uint32_t timeout_ms);
cs_exchange_standing victim_standing(victim *v);
/* Nothing granted, nothing lost, the ledger verifies. */
void victim_is_unharmed(victim *v);
void victim_has_nothing_acknowledged(victim *v);
/* The honest server answers again: all arrives. */
void victim_recovers(victim *v);

#endif
