/* make_policy: a signed bundle out of a policy's JSON, with fixed throw-away keys, for tests that need one. Fails the
 * running test when its input is wrong. */
#ifndef MAKE_POLICY_H
#define MAKE_POLICY_H

#include "policy/bundle.h"
#include "policy/document.h"

#define MAKE_NOW_MS INT64_C(1775001600000) /* 2026-04-01T00:00:00Z, within the publisher's time */
#define MAKE_NOT_BEFORE "2026-01-01T00:00:00Z"
#define MAKE_NOT_AFTER "2027-01-01T00:00:00Z"

/* The C library's heap; counts what is alive, so that tests can see a leak. */
const cs_memory *make_memory(void);
size_t make_live_blocks(void);
/* Lets `count` more allocations through, then fails them all; SIZE_MAX: none fails. */
void make_memory_fail_after(size_t count);

const uint8_t *make_root_private(void); /* CS_P256_PRIVATE_SIZE bytes */
const uint8_t *make_root(void);         /* CS_P256_PUBLIC_SIZE bytes */
const uint8_t *make_publisher_private(void);
const uint8_t *make_publisher(void);

/* A file below tests/fixtures/policy; NUL-terminated; free() it. */
char *make_fixture(const char *name);
/* `text` with the first `find` replaced; it must be there. free() it. */
char *make_replaced(const char *text, const char *find, const char *replacement);

/* The smallest document: a title, a heading "collecting" and a paragraph, on one line. */
void make_document(const char *locale, cs_buffer *out);
/* The policy minified, with "documents" naming make_document of each of its locales. */
void make_payload(const char *policy_json, cs_buffer *out);
/* Key set line signed by the root: names the publisher from MAKE_NOT_BEFORE to MAKE_NOT_AFTER. No line feed. */
void make_key_set(cs_buffer *out);
/* Who signs, by the seeds of throw-away keys: 0x11 is make_root, 0x22 make_publisher. */
typedef struct make_signers {
    uint8_t root;
    uint32_t key_set;    /* its version */
    uint8_t named[4];    /* publishers, up to a 0 */
    uint8_t publisher;   /* who signs the policy */
    uint8_t receipts[4]; /* who signs receipts, up to a 0 */
} make_signers;
const uint8_t *make_public_key(uint8_t seed);
const uint8_t *make_private_key(uint8_t seed);
/* The key set line alone. No line feed. */
void make_key_set_by(const make_signers *by, cs_buffer *out);
void make_signed_bundle(const char *policy_json, const make_signers *by, cs_buffer *out);
/* The bytes of a statement of that type, and of a head statement, with that payload. */
void make_statement(const char *typ, const char *payload, const make_signers *by, cs_buffer *out);
void make_head(const char *payload, const make_signers *by, cs_buffer *out);
/* The whole bundle of that policy. */
void make_bundle(const char *policy_json, cs_buffer *out);
/* Parsed as from a bundle (not a draft). */
void make_policy(const char *policy_json, cs_policy **policy, cs_texts **texts);

#endif
