/* key_set: what a bundle and a head statement share: their lines, and the root-signed list of publisher keys above them. */
#ifndef CS_KEY_SET_H
#define CS_KEY_SET_H

#include "policy/bundle.h"

/* A JWS is larger than its payload by a third, its header and its signature. */
#define CS_JWS_MAX_BYTES(payload) ((payload) / 3u * 4u + 512u)

#define CS_KEY_SET_MAX_RECEIPTS 16u

/* One key named by a key set: from when it counts, and until when. */
typedef struct cs_publisher {
    int64_t not_before_ms;
    int64_t not_after_ms;
} cs_publisher;

typedef struct cs_key_set {
    uint32_t version;
    size_t count;
    uint8_t keys[CS_KEY_SET_MAX_KEYS * CS_P256_PUBLIC_SIZE];
    cs_publisher publishers[CS_KEY_SET_MAX_KEYS];
    size_t receipt_count; /* who signs receipts (docs/sync-protocol.md); none: nothing is synced */
    uint8_t receipt_keys[CS_KEY_SET_MAX_RECEIPTS * CS_P256_PUBLIC_SIZE];
    cs_publisher receipts[CS_KEY_SET_MAX_RECEIPTS];
} cs_key_set;

/* Takes one line off `rest`; it must be there, not empty, and end with a line feed. `what` names it in messages. */
consent_status cs_key_set_line(cs_str *rest, const char *what, size_t max_size, cs_str *line, consent_error *err);

/* Verifies the key set by one of the roots and reads it; fills `signers` but for the publisher. E_TAMPERED, E_ARGUMENT. */
consent_status cs_key_set_verify(const cs_memory *memory, cs_str line, const uint8_t *roots, size_t root_count,
                                 cs_key_set *set, cs_signers *signers, consent_error *err);

/* What a bundle and a statement begin with: the key set's line, and one of JWS by a publisher that the set names. */
typedef struct cs_opening {
    const cs_memory *memory;
    const uint8_t *roots;
    size_t root_count;
    int64_t now_ms;
    cs_str rest;         /* the bytes; then what stands behind the two lines */
    cs_signers *signers; /* filled */
    cs_buffer *payload;  /* the second line's is decoded into it; its room is what is allowed */
    uint8_t publisher[CS_P256_PUBLIC_SIZE];
} cs_opening;

/* Verifies both lines, and the publisher's time. `what` names the second in messages. E_TAMPERED, E_EXPIRED, E_ARGUMENT. */
consent_status cs_opening_read(cs_opening *opening, const char *typ, const char *what, consent_error *err);

/* A statement apart from a bundle: the key set's line, then one line of JWS of this type by a publisher that the set names, and
 * nothing else. Verifies both, fills `signers`, and decodes the payload into `payload`, whose room is what is allowed.
 * E_TAMPERED, E_EXPIRED (the publisher's time), E_ARGUMENT. */
consent_status cs_statement_open(const cs_memory *memory, cs_span bytes, const char *typ, const uint8_t *roots,
                                 size_t root_count, int64_t now_ms, cs_signers *signers, cs_buffer *payload,
                                 consent_error *err);

#endif
