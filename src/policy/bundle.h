/* bundle: a policy's signed bytes on their way: who signed, and nothing read before the signature held.
 *
 * A bundle file is text, one part a line:
 *   line 1  the key set:   JWS compact, ES256, signed by a root key; names the publisher keys
 *   line 2  the policy:    JWS compact, ES256, signed by a publisher key; its payload is the policy's JSON
 *   line 3… the documents: one JSON document a line, one per locale, each named by its hash in the policy; then the child
 *           rules' documents in the same way
 * Every line ends with a line feed, the last one too, and there is nothing else. Documents stand in the order of the
 * policy's `locales`. The JWS algorithm is fixed, never taken from the header; `typ` tells the two kinds apart. The policy is named by
 * SHA-256 of its payload, never of the signature (a signature has more than one valid form). */
#ifndef CS_BUNDLE_H
#define CS_BUNDLE_H

#include "policy/policy.h"

#define CS_BUNDLE_MAX_BYTES (4u * 1024u * 1024u)
#define CS_DOCUMENT_MAX_BYTES (1024u * 1024u)

#define CS_KEY_SET_MAX_BYTES (64u * 1024u)
#define CS_KEY_SET_MAX_KEYS 64u
#define CS_KEY_NAME_SIZE 8u /* the bytes that a key's `kid` shows */
#define CS_TYP_KEY_SET "consent-keys+jwt"
#define CS_TYP_POLICY "consent-policy+jwt"
#define CS_TYP_HEAD "consent-head+jwt"
#define CS_TYP_NOTICE "consent-notice+jwt"

/* Who signed, and under which key set: what a home remembers, so that older ones are noticed. */
typedef struct cs_signers {
    uint8_t root[CS_KEY_NAME_SIZE];
    uint32_t key_set_version;
    uint8_t key_set_hash[CS_HASH_SIZE]; /* of its payload */
    uint8_t publisher[CS_KEY_NAME_SIZE];
    uint8_t named[CS_KEY_SET_MAX_KEYS][CS_KEY_NAME_SIZE]; /* every publisher of the key set */
    size_t named_count;
} cs_signers;

typedef struct cs_bundle {
    cs_policy *policy;
    cs_texts *texts;
    cs_str payload;                            /* the policy's exact JSON, in `owned` */
    cs_str documents[CS_POLICY_MAX_DOCUMENTS]; /* exact bytes, in the input; index as policy->documents */
    uint8_t publisher[CS_P256_PUBLIC_SIZE];
    cs_signers signers;
    cs_buffer owned;
} cs_bundle;

/* Verifies everything: sizes, key set by a pinned root, publisher named in it and within its time, policy signature, parse,
 * and each document's hash. `roots` are root_count points of CS_P256_PUBLIC_SIZE bytes. E_TAMPERED, E_EXPIRED, E_ARGUMENT.
 * On failure *bundle is empty. */
consent_status cs_bundle_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                              int64_t now_ms, cs_bundle *bundle, consent_error *err);
void cs_bundle_free(cs_bundle *bundle);

/* ---- head statements ---------------------------------------------------------------------- */

/* Which version is the newest, and until when that may be believed: what tells a device that it is kept on an old policy. As
 * bytes: the key set's line, then one line of JWS, typ CS_TYP_HEAD, by a publisher that the key set names:
 *   {"schema":1,"id":"platform","version":2,"revision":0,"hash":"<64 hex digits>","fresh_until":"2026-04-01T00:00:00Z"} */
typedef struct cs_head {
    char id[CS_ID_MAX_SIZE + 1];
    uint32_t version;
    uint32_t revision;
    uint8_t hash[CS_HASH_SIZE]; /* of the policy's payload */
    int64_t fresh_until_ms;
    cs_signers signers;
} cs_head;

#define CS_HEAD_MAX_BYTES 4096u /* of the payload */

/* Whether the bytes look like a head statement rather than a bundle; nothing is verified. */
bool cs_head_is(const cs_memory *memory, cs_span bytes);
/* Verifies everything. E_TAMPERED, E_EXPIRED (the publisher's time, or fresh_until is past), E_ARGUMENT. */
consent_status cs_head_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                            int64_t now_ms, cs_head *head, consent_error *err);

#endif
