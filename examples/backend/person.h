/* person: what the backend does to one profile's record: devices enrolled, ranges stored, acts of its own written, pages read. Handlers
 * (api.c, admin.c, page.c) sit above it; store.h below. Functions whose store writes run inside the writer. */
#ifndef CD_PERSON_H
#define CD_PERSON_H

#include "config.h"
#include "keys.h"
#include "policy/document.h"
#include "rights/rights.h"
#include "store.h"

/* ---- enrolment ------------------------------------------------------------------------------------ */

/* Verifies the device's signature. Anonymous is a profile whose id is the stream's. */
consent_status cd_enrolment_check(const cs_enrolment *enrolment, consent_error *err);
bool cd_enrolment_is_anonymous(const cs_enrolment *enrolment);
/* Writes. token_hash NULL: an account's. E_USED: the stream has another key, or is the backend's own. */
consent_status cd_enrol(cd_store *store, const cs_enrolment *enrolment, const uint8_t *token_hash, int64_t now_ms,
                        consent_error *err);

/* ---- ranges in ------------------------------------------------------------------------------------- */

typedef enum cd_taken {
    CD_STORED = 1,
    CD_KNOWN,   /* (the first part of it) stored before under the same bytes */
    CD_GAP,     /* *last: what is stored */
    CD_FORK,    /* other bytes stand there */
    CD_CHANGED, /* somebody else stored something meanwhile: look again */
} cd_taken;

/* A range that was looked at: everything but its place among the profile's cursors is verified. */
typedef struct cd_checked_range {
    const cs_range *range;
    cd_stream stream;    /* as it was when looked at */
    cd_taken taken;      /* STORED: may be written */
    uint64_t last;       /* stored so far */
    uint64_t seen_bound; /* the first cursor must be above it */
    uint32_t seen_bound_seq;
    bool has_policy;
    uint8_t policy[CS_HASH_SIZE];
    bool has_requests; /* it opens or moves requests */
} cd_checked_range;

/* Reads. E_NOT_FOUND: the stream is not enrolled; E_REJECTED, E_ARGUMENT, E_TAMPERED: the range is refused, saying why. */
consent_status cd_range_check(cd_store *store, const cs_range *range, cd_checked_range *out, consent_error *err);
/* Writes what was checked, or says CHANGED in checked->taken. E_REJECTED: `seen`. */
consent_status cd_range_store(cd_store *store, cd_checked_range *checked, int64_t now_ms, consent_error *err);
/* Receipts of the stored ranges that first … last touch: a JSON array's items. */
consent_status cd_range_receipts(cd_store *store, cd_keys *keys, const uint8_t *profile, const uint8_t *stream,
                                 uint64_t first, uint64_t last, int64_t now_ms, cs_json_out *out, consent_error *err);

/* What a stored range's receipt says. */
bool cd_receipt_of(const uint8_t *profile, const cd_stored_range *range, cs_receipt *out);

/* ---- the feed ---------------------------------------------------------------------------------------- */

/* A page behind `after`, at most about 1 MiB. own: 16 bytes or NULL. E_ROLLED_BACK: `after` lies beyond; *last: the last cursor. */
consent_status cd_feed_write(cd_store *store, cd_keys *keys, const uint8_t *profile, uint64_t after, const uint8_t *own,
                             int64_t now_ms, cs_json_out *out, uint64_t *last, consent_error *err);

/* ---- the backend's own stream --------------------------------------------------------------------------- */

/* Writes one act of the backend's. Sets seq, time, session and `seen`: *seen, or with NULL all there is. The kinds of
 * docs/sync-protocol.md section 6 alone: E_REJECTED for any other. */
consent_status cd_act(cd_store *store, const uint8_t *profile, cs_event *event, const uint64_t *seen, int64_t now_ms,
                      consent_error *err);

/* ---- requests ------------------------------------------------------------------------------------------- */

/* All requests of the profile, settled; free it with cs_requests_free. */
consent_status cd_requests_read(cd_store *store, const uint8_t *profile, cs_requests *out, consent_error *err);
/* Writes the table of requests anew from their events. */
consent_status cd_requests_note(cd_store *store, const uint8_t *profile, consent_error *err);

/* What a published bundle holds; it was verified then. Free with cs_policy_free, cs_texts_free, cs_document_free. */
consent_status cd_bundle_read(cs_span bundle, cs_policy **policy, cs_texts **texts, consent_error *err);
consent_status cd_bundle_document(cs_span bundle, const cs_policy *policy, const char *locale, cs_document **out,
                                  consent_error *err);
/* The policy of that id (version 0: the newest) as published and verified then; texts may be NULL. Free with cs_policy_free,
 * cs_texts_free. */
consent_status cd_policy_open(cd_store *store, cs_str id, uint32_t version, cs_policy **out, cs_texts **texts,
                              consent_error *err);

#endif
