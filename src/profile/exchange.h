/* exchange: what a sync does with a profile: sees what is to be sent, reads and signs it, records what came. Each function takes
 * home->lock and, where it records, the ledger's; none holds one when it returns, so that nothing waits for the network. Whatever another
 * process did meanwhile is seen first: doing the same twice does it once.
 *
 * What is recorded here was verified by the caller: receipts, signatures, keys. That events follow from what the ledger
 * holds is checked here, under the lock. */
#ifndef CS_EXCHANGE_H
#define CS_EXCHANGE_H

#include "profile/profile.h"
#include "wire/wire.h"

#define CS_EXCHANGE_MAX_LANES 8u

/* A stream that this device sends: its own, or one that joined here. */
typedef struct cs_lane {
    uint8_t stream[CS_STREAM_ID_SIZE];
    bool joined;
    uint64_t acked, last;       /* the backend's receipts cover up to; recorded up to */
    uint8_t head[CS_HASH_SIZE]; /* after acked */
} cs_lane;

typedef struct cs_exchange_standing {
    bool may_send;  /* the person accepted a policy, now or ever */
    bool may_take;  /* a minor with an account accepted and waits for the guardian, whose word may come from afar */
    bool may_fetch; /* the policy allows policies to be fetched before that */
    bool has_account, ephemeral;
    uint8_t profile[CS_PROFILE_ID_SIZE];
    uint8_t
        first[CS_STREAM_ID_SIZE]; /* the first stream of one's own: an anonymous profile's id and token come from it */
    uint64_t merged;
    uint32_t waiting, parked;
    cs_lane lanes[CS_EXCHANGE_MAX_LANES]; /* the own stream first; its `last` is 0 when nothing was recorded yet */
    size_t lane_count;
} cs_exchange_standing;

consent_status cs_exchange_look(cs_profile *profile, cs_exchange_standing *out, consent_error *err);
/* E_REJECTED: the newest version of a policy held names another storage region. */
consent_status cs_exchange_check_region(cs_profile *profile, const char *region, consent_error *err);

/* "streams": whose acts the profile holds, as a member of the object being written. */
consent_status cs_exchange_devices(cs_profile *profile, cs_json_out *out, consent_error *err);

/* A range being read: the chain is followed from `known` on; events from `first` on, at most `max_count` in `max_bytes`, are
 * kept. */
typedef struct cs_exchange_reading {
    uint64_t known;
    uint8_t head[CS_HASH_SIZE]; /* after `known`; then after `last` */
    uint64_t first, last;       /* last: of those kept; first − 1 when there was none */
    uint32_t max_count;
    size_t max_bytes;
    cs_buffer *events; /* sized; NULL: only the head is wanted */
} cs_exchange_reading;

/* *mark: cs_ledger_read_stream. E_NOT_FOUND: the ledger holds no such events. */
consent_status cs_exchange_read(cs_profile *profile, const uint8_t *stream, cs_ledger_mark *mark,
                                cs_exchange_reading *reading, consent_error *err);

/* ---- device keys ------------------------------------------------------------------------------------- */

/* The key that signs a stream of this device; made when there is none, and never before an acceptance is durable. */
consent_status cs_exchange_key(cs_profile *profile, const uint8_t *stream, uint8_t public_key[CS_P256_PUBLIC_SIZE],
                               uint32_t *protection, consent_error *err);
consent_status cs_exchange_sign(cs_profile *profile, const uint8_t *stream, cs_span message,
                                uint8_t signature[CS_SIGNATURE_SIZE], consent_error *err);

/* ---- recording ----------------------------------------------------------------------------------------- */

/* What the state holds of a stream; zeroed when it knows none. */
consent_status cs_exchange_stream(cs_profile *profile, const uint8_t *stream, cs_stream_state *out, consent_error *err);
/* Records evidence with the events (sized; empty: a receipt of one's own) that it covers, durably. Events known already are not recorded
 * again, and nothing is when the receipt is. *recorded rises by the events. E_TAMPERED: they do not follow from what is held. */
consent_status cs_exchange_record(cs_profile *profile, const uint8_t *stream, const cs_evidence *evidence,
                                  cs_span events, uint32_t *recorded, consent_error *err);
/* Moves the cursor alone. */
consent_status cs_exchange_merged(cs_profile *profile, uint64_t cursor, consent_error *err);
/* Begins a new own stream after `own`, in which everything behind what is acknowledged goes on; nothing when it was begun already.
 * park 1: the first event that is not acknowledged stays behind, `head` after it. */
consent_status cs_exchange_move_on(cs_profile *profile, const uint8_t *own, bool park, const uint8_t head[CS_HASH_SIZE],
                                   consent_error *err);

/* ---- beside the ledger ---------------------------------------------------------------------------------- */

/* A small sealed file of the profile's, for what the sync remembers. E_NOT_FOUND. An ephemeral profile has none: nothing is kept. */
consent_status cs_exchange_load(cs_profile *profile, cs_buffer *out, consent_error *err);
consent_status cs_exchange_store(cs_profile *profile, cs_span content, consent_error *err);

consent_status cs_exchange_keys(cs_profile *profile, cs_key_set *out, consent_error *err);
consent_status cs_exchange_install(cs_profile *profile, cs_span bytes, consent_error *err);
bool cs_exchange_holds(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE]);
/* The `index`th policy id held; false at the end. */
bool cs_exchange_policy_id(cs_profile *profile, size_t index, char out[CS_ID_MAX_SIZE + 1]);
/* A policy that a head statement names as the newest and that is not held; false: none. */
bool cs_exchange_missing(cs_profile *profile, uint8_t hash[CS_HASH_SIZE]);

/* A file left for the operator (docs/ledger-format.md): its name and content. E_NOT_FOUND: none. */
#define CS_SEALED_NAME_SIZE 80u
bool cs_exchange_has_sealed(cs_profile *profile);
consent_status cs_exchange_sealed(cs_profile *profile, char name[CS_SEALED_NAME_SIZE], cs_buffer *content,
                                  consent_error *err);
consent_status cs_exchange_sealed_done(cs_profile *profile, const char *name, consent_error *err);

/* ---- accounts (join.c) ------------------------------------------------------------------------------------ */

consent_status cs_profile_join(cs_profile *account, cs_profile *anonymous, consent_error *err);
consent_status cs_profile_leave(cs_profile *account, consent_error *err);

#endif
