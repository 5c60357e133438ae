/* journey: one person's way through the library over an injected world, for tests of the whole engine: accept the policy, refuse and
 * give separate consents, a system permission, a withdrawal. Each step says what it came to; nothing asserts, so that any outside
 * call may fail under it. */
#ifndef JOURNEY_H
#define JOURNEY_H

#include "profile/profile.h"
#include "support/world.h"

#define JOURNEY_HOME "home"
#define JOURNEY_START_MS INT64_C(1772323200000) /* 2026-03-01T00:00:00Z */

/* Purposes of the small policy: `browse.search` (policy form, data keyword), `order.base` (contract, data name, phone),
 * `share.payment` (separate, data account; recipients pay-a, pay-b), `locate.city` (own, data position, permission location at
 * call site choose-city), `recommend.feed` (own, data log). */
typedef struct journey {
    world *w;
    cs_env env;
    cs_home *home;
    cs_profile *profile;
    consent_error err;
    const consent_keystore *keystore; /* NULL: the file in the home */
} journey;

/* The signed bundle of the small policy, made once per process; version 1 to 3 (2 adds a data item to recommend.feed, 3 also
 * allows importing). */
cs_span journey_bundle(uint32_t version);
const uint8_t *journey_root(void);
/* Private keys: who signs receipts, and policies. */
const uint8_t *journey_backend(void);
const uint8_t *journey_publisher(void);
void journey_key_set(cs_buffer *out); /* its line, with the line feed */

consent_status journey_open_with(journey *j, world *w, const consent_keystore *keystore);
consent_status journey_open(journey *j, world *w); /* home and profile; anonymous */
consent_status journey_open_env(journey *j, const cs_env *env, const char *home);
void journey_close(journey *j);
consent_status journey_install(journey *j, uint32_t version);
/* Fills *verdict; a failing call is a deny. */
consent_verdict journey_check(journey *j, const char *purpose, const char *recipient, const char *data);
consent_decision journey_decision(journey *j, const char *purpose, const char *recipient, const char *data);
/* Builds the form, shows it, ticks what is required, and presses accept or refuse. */
consent_status journey_answer(journey *j, int32_t occasion, const char *purpose, const char *recipient,
                              consent_action action);
consent_status journey_withdraw(journey *j, const char *purpose, const char *recipient);

#endif
