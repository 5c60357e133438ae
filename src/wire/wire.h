/* wire: the bytes of the sync protocol (docs/sync-protocol.md), both directions, for device and backend alike: enrolments,
 * ranges, receipts, pages. Pure: no I/O, no clock, no state. Everything read is bounded and strict; what is signed is verified
 * before its content is used. A view in a decoded struct lives as long as the struct (free it) unless said otherwise. */
#ifndef CS_WIRE_H
#define CS_WIRE_H

#include "crypto/crypto.h"
#include "event/event.h"
#include "json/json.h"

#define CS_PROFILE_ID_SIZE 16u
#define CS_RANGE_MAX_EVENTS 1000u
#define CS_RANGE_MAX_BYTES (512u * 1024u) /* of events with their lengths, before compression */
#define CS_ANSWER_MAX_BYTES (1024u * 1024u)
#define CS_SEALED_MAX_BYTES (1024u * 1024u)
#define CS_RECEIPT_MAX_BYTES 1024u /* of a receipt's payload */
#define CS_TYP_RECEIPT "consent-receipt+jwt"
#define CS_TYP_SEALED "consent-sealed+jwt"

/* ---- names -------------------------------------------------------------------------------- */

consent_status cs_wire_account_id(cs_str account, uint8_t out[CS_PROFILE_ID_SIZE], consent_error *err);
consent_status cs_wire_anonymous_id(const uint8_t stream[CS_STREAM_ID_SIZE], uint8_t out[CS_PROFILE_ID_SIZE],
                                    consent_error *err);

/* head after one more event. in and out may be the same. */
consent_status cs_wire_chain(const uint8_t head[CS_HASH_SIZE], cs_span event, uint8_t out[CS_HASH_SIZE],
                             consent_error *err);

/* ---- what a device key signs ---------------------------------------------------------------- */

#define CS_ENROL_SIGNED_SIZE (18u + 16u + 16u + 65u)
#define CS_RANGE_SIGNED_SIZE (18u + 16u + 16u + 8u + 8u + 32u)

typedef struct cs_enrolment {
    uint8_t profile[CS_PROFILE_ID_SIZE]; /* from the path, not the body */
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint8_t key[CS_P256_PUBLIC_SIZE];
    uint32_t protection; /* consent_protection */
    bool joined;
    uint8_t signature[CS_SIGNATURE_SIZE];
} cs_enrolment;

/* A range on its way. `events` are sized events back to back (varint length, bytes). */
typedef struct cs_range {
    uint8_t profile[CS_PROFILE_ID_SIZE]; /* from the path */
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t first, last;
    uint8_t head[CS_HASH_SIZE]; /* after last */
    uint8_t signature[CS_SIGNATURE_SIZE];
    cs_span events;
} cs_range;

void cs_enrolment_signed(const cs_enrolment *enrolment, uint8_t out[CS_ENROL_SIGNED_SIZE]);
void cs_range_signed(const cs_range *range, uint8_t out[CS_RANGE_SIGNED_SIZE]);

/* JSON bodies. write appends; read refuses what does not fit naming the member (E_ARGUMENT) and verifies no signature. */
void cs_enrolment_write(const cs_enrolment *enrolment, cs_buffer *out);
consent_status cs_enrolment_read(cs_str json, cs_enrolment *out, consent_error *err);
/* Compresses when this build can and it helps. */
consent_status cs_range_write(const cs_memory *memory, const cs_range *range, cs_buffer *out, consent_error *err);
/* The events are decompressed into `events`, within CS_RANGE_MAX_BYTES; out->events views it. E_UNSUPPORTED: compressed, and
 * this build cannot. Counts and lengths are checked, events are not decoded. */
consent_status cs_range_read(const cs_memory *memory, cs_str json, cs_range *out, cs_buffer *events,
                             consent_error *err);

/* Walks sized events: the next one's bytes, empty at the end. */
cs_span cs_wire_next_event(cs_reader *events);

/* Follows the events first … last from `before` and decodes each: exact bytes, seq as numbered. *head is the head after last.
 * E_ARGUMENT naming the seq. */
consent_status cs_range_follow(const cs_range *range, const uint8_t before[CS_HASH_SIZE], uint8_t head[CS_HASH_SIZE],
                               consent_error *err);

/* ---- receipts ------------------------------------------------------------------------------- */

typedef struct cs_receipt {
    uint8_t profile[CS_PROFILE_ID_SIZE];
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t first, last;
    uint8_t head[CS_HASH_SIZE];
    uint64_t first_cursor;
    bool has_policy;
    uint8_t policy[CS_HASH_SIZE];
    int64_t time_ms;
    bool by_backend;
    uint8_t key[CS_HASH_SIZE]; /* SHA-256 of the device key; zeros of the backend's stream */
    bool joined;
} cs_receipt;

void cs_receipt_payload(const cs_receipt *receipt, cs_buffer *out);
/* Verifies by one of `keys` (key_count points) and reads. *key_index: which. E_TAMPERED, E_ARGUMENT. */
consent_status cs_receipt_open(const cs_memory *memory, cs_str jws, const uint8_t *keys, size_t key_count,
                               size_t *key_index, cs_receipt *out, consent_error *err);

typedef struct cs_sealed_receipt {
    uint8_t sha256[CS_HASH_SIZE];
    int64_t time_ms;
} cs_sealed_receipt;

void cs_sealed_receipt_payload(const cs_sealed_receipt *receipt, cs_buffer *out);
consent_status cs_sealed_receipt_open(const cs_memory *memory, cs_str jws, const uint8_t *keys, size_t key_count,
                                      size_t *key_index, cs_sealed_receipt *out, consent_error *err);

/* ---- answers -------------------------------------------------------------------------------- */

/* One item of a page. */
typedef struct cs_page_item {
    cs_str receipt; /* JWS */
    bool has_key;   /* false: the backend's own stream, or the asker's own */
    uint8_t key[CS_P256_PUBLIC_SIZE];
    uint8_t signature[CS_SIGNATURE_SIZE];
    bool has_events;
    cs_str compression;
    cs_str events; /* base64url, as it came */
} cs_page_item;

/* A page as it came. Free it. */
typedef struct cs_feed_page {
    cs_json_doc doc;
    const cs_json *items;
    size_t count;
    uint64_t next;
    bool more;
} cs_feed_page;

consent_status cs_feed_page_read(cs_str json, cs_feed_page *out, consent_error *err);
/* Item `index`; views live as long as the page. */
consent_status cs_feed_page_item(const cs_feed_page *page, size_t index, cs_page_item *out, consent_error *err);
/* Decompressed events of an item, within CS_RANGE_MAX_BYTES, appended to `events`. */
consent_status cs_page_item_events(const cs_memory *memory, const cs_page_item *item, cs_buffer *events,
                                   consent_error *err);
void cs_feed_page_free(cs_feed_page *page);

/* Writes a page: begin, items, end. */
void cs_feed_page_begin(cs_json_out *out);
/* `range` NULL: the asker's own, the receipt alone. `key` NULL: the backend's own stream. */
consent_status cs_feed_page_put(const cs_memory *memory, cs_json_out *out, cs_str receipt, const cs_range *range,
                                const uint8_t *key, consent_error *err);
void cs_feed_page_end(cs_json_out *out, uint64_t next, bool more);

/* {"receipts":[…]} */
#define CS_ANSWER_MAX_RECEIPTS 64u
consent_status cs_receipts_read(cs_json_doc *doc, cs_str json, cs_str out[CS_ANSWER_MAX_RECEIPTS], size_t *count,
                                consent_error *err);

/* {"error":{"code":…,"message":…,"last":…}}; false when it is not one. */
typedef struct cs_wire_error {
    char code[32];
    char message[200];
    uint64_t last;
} cs_wire_error;
bool cs_wire_error_read(cs_str json, cs_wire_error *out);
void cs_wire_error_write(const char *code, const char *message, uint64_t last, cs_buffer *out);

/* ---- what the ledger keeps beside remote events: the evidence of a REMOTE entry ------------------ */

/* Covers events first … last of the entry's stream, whether they stand in the entry or are known already. */
typedef struct cs_evidence {
    uint64_t first, last;
    uint64_t first_cursor;
    int64_t time_ms; /* of the receipt */
    uint64_t merged; /* everything up to this cursor is merged; 0: says nothing of it */
    bool by_backend;
    bool joined;
    uint8_t key[CS_HASH_SIZE];
    uint8_t head[CS_HASH_SIZE]; /* after last */
    cs_str receipt;             /* the JWS, for proof; may be empty in all but a range's last entry */
    cs_span signature;          /* the device's over the range, 64 bytes or empty */
} cs_evidence;

void cs_evidence_write(const cs_evidence *evidence, cs_buffer *out);
/* Views live as long as the bytes. E_CORRUPT. */
consent_status cs_evidence_read(cs_span bytes, cs_evidence *out, consent_error *err);

#endif
