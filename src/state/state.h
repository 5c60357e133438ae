/* state: the reduction of a set of events to what decisions need. A function of the *set*: any order of arrival,
 * any duplication gives the same state, and cs_state_encode the same bytes (decisions.md section 2, property e).
 *
 * Policy independent: it holds no bundle and judges none. Whether an act counts is decided later (src/decide), from
 * the acts kept here and the policies held: the refusals of an event that names an unknown bundle are therefore
 * in force at once, its grants as soon as that bundle is held.
 *
 * Bounded: of the acts that one stream made about one thing under one bundle only the last is kept, because whatever
 * defeats the last defeats the earlier ones too. Memory grows with things, bundles and devices, not with history.
 * Names are interned. A cs_state belongs to one thread at a time. */
#ifndef CS_STATE_H
#define CS_STATE_H

#include "event/event.h"

#define CS_SESSION_ID_SIZE 8u
/* The reference of a `recovered` event that doubts rather than forgets: a withdrawal was made while the key was away, so what the
 * own stream granted before waits to be confirmed. */
#define CS_DOUBT_REFERENCE "unkeyed"
#define CS_STATE_MAX_ACTS 65536u
#define CS_STATE_MAX_ENCODED (32u * 1024u * 1024u)

/* An interned name: index plus 1; 0: none. Never compare names of two states. */
typedef uint32_t cs_name;
#define CS_NAME_UNKNOWN UINT32_MAX /* looked up, never interned here: equals no act's name */

typedef enum cs_side {
    CS_SIDE_PERSON = 0,
    CS_SIDE_GUARDIAN = 1
} cs_side; /* self and support are the person */

typedef enum cs_act_kind {
    CS_ACT_REFUSE = 1,  /* denied or withdrawn: of an item, or without purpose of the acceptance and every choice */
    CS_ACT_DECLINE = 2, /* of one policy version */
    CS_ACT_SUBJECT = 3, /* a no to one of cs_subject, and to that alone */
    CS_ACT_ACCEPT = 4,  /* of one policy version; of the guardian also guardian_verified */
    CS_ACT_GRANT = 5,
    CS_ACT_USED = 6,   /* once: consumed */
    CS_ACT_PURGED = 7, /* what its device held for the item is gone */
    CS_ACT_NOTED = 8   /* told at its field (cs_event_is_field_notice) */
} cs_act_kind;

typedef enum cs_act_flag {
    CS_ACT_ONCE = 1,
    CS_ACT_IMPORTED = 2,
    CS_ACT_SUPPORT = 4,        /* customer service says it was given: reads as absent until confirmed */
    CS_ACT_ALL_RECIPIENTS = 8, /* a withdrawal that names no recipient */
    CS_ACT_PROVISIONAL = 16,   /* in memory only: in nobody's past */
    CS_ACT_FOREIGN_ACTOR = 32  /* neither self, guardian nor support: its permissive acts never count */
} cs_act_flag;

/* One thing that one act says: an event naming three data items becomes three acts. */
typedef struct cs_act {
    cs_name purpose; /* 0: about the policy as a whole */
    cs_name recipient;
    cs_name data; /* 0 of a refusal: all data; 0 of a grant: the purpose declares none */
    cs_name policy;
    cs_name overlay; /* the product's policy of a choice made on a product's form */
    uint32_t version, revision;
    uint32_t overlay_version, overlay_revision;
    uint64_t hash, overlay_hash; /* first 8 bytes of the bundles' hashes; 0: not told */
    cs_name rules;               /* child rules document */
    uint32_t rules_version;
    uint8_t kind;    /* cs_act_kind */
    uint8_t side;    /* cs_side */
    uint8_t subject; /* cs_subject */
    uint8_t flags;   /* cs_act_flag */
    uint16_t stream; /* index into streams */
    uint64_t seq;
    uint64_t cursor; /* the backend's; 0: not known yet */
    uint64_t seen;
    int64_t time_ms; /* counted: min(stamped, covering receipt) */
    int64_t elapsed_ms;
    uint8_t session[CS_SESSION_ID_SIZE];
} cs_act;

/* What was said of the person's age. */
typedef struct cs_age_act {
    cs_date birth;   /* zero: a band only */
    uint32_t band;   /* lower bound in years + 1 */
    bool correction; /* by the guardian or support: replaces what is in its past */
    uint16_t stream;
    uint64_t seq, cursor, seen;
    int64_t time_ms;
} cs_age_act;

/* A moment on this device, with what its session's clock said. */
typedef struct cs_moment {
    uint64_t seq; /* 0: never */
    uint32_t era; /* which of the own streams it was recorded in: cs_stream_state.own_order */
    int64_t time_ms;
    int64_t elapsed_ms;
    uint8_t session[CS_SESSION_ID_SIZE];
} cs_moment;

/* A system permission on this device. Synced permission events are ignored: they concern their own device. */
typedef struct cs_permission_state {
    cs_name permission;
    uint32_t os_state; /* consent_os_state, of the last event */
    cs_moment last;    /* the last event */
    cs_moment on;      /* the last time it was on */
    cs_moment refused; /* the last "no" of prompt or settings */
    cs_moment revoked; /* the last switching off in the system's settings */
} cs_permission_state;

typedef struct cs_stream_state {
    uint8_t id[CS_STREAM_ID_SIZE];
    bool own;             /* is or was this device's */
    uint32_t own_order;   /* 1: the device's first stream, 2: the one begun after it …; 0: another device's */
    bool confirmed;       /* key_confirmed, or own, or the backend's */
    bool joined;          /* came from an anonymous profile: its acts have seen nothing */
    bool by_backend;      /* support's acts: only what cs_state_apply lets through has effect */
    uint64_t doubted_seq; /* own: acts up to here wait to be confirmed (CS_DOUBT_REFERENCE) … */
    uint64_t vouched_seq; /* … unless a later key_confirmed of this stream says they stand */
    uint64_t last_seq;
    int64_t last_time_ms; /* stamped */
    uint64_t acked_seq;   /* the backend's receipts cover events up to here */
    uint8_t head[32];     /* of the event chain after acked_seq */
    uint8_t key[32];      /* SHA-256 of the device key that signs it; zeros: no receipt named one yet */
    uint32_t parked;      /* own events that the backend refused for good: they hold on this device alone */
} cs_stream_state;

/* What came with events first … last of a stream (docs/sync-protocol.md): before them, and after them. */
typedef struct cs_state_range {
    uint64_t first, last;  /* 0: nothing but `merged` */
    uint64_t first_cursor; /* 0: no receipt: events that joined on this device, or one's own that is parked */
    int64_t time_ms;       /* of the receipt; 0: there was none */
    uint64_t merged;       /* everything up to this cursor is merged; 0: says nothing of it */
    bool by_backend, joined;
    uint8_t key[32], head[32];
} cs_state_range;

typedef struct cs_name_table {
    cs_arena arena;
    cs_str *names;
    uint32_t *slots; /* open addressing, name or 0 */
    uint32_t count, capacity, slot_count;
} cs_name_table;

typedef struct cs_state {
    const cs_memory *memory;
    cs_name_table names;
    cs_act *acts; /* sorted by purpose first: see cs_state_acts */
    uint32_t act_count, act_capacity;
    bool has_overlay; /* some of them may be provisional */
    cs_age_act *ages;
    uint32_t age_count, age_capacity;
    cs_permission_state *permissions;
    uint32_t permission_count, permission_capacity;
    cs_stream_state *streams;
    uint32_t stream_count, stream_capacity;
    cs_moment recovered; /* the last `recovered` of this device */
    uint64_t merged;     /* the backend's cursor up to which everything is merged without a gap */
    int64_t receipt_ms;  /* latest verified receipt of any stream */
    cs_moment excursion; /* the receipt that showed this session's wall clock ahead; seq 1 if any */
    int64_t horizon_ms;  /* INT64_MAX: none */
} cs_state;

void cs_state_init(cs_state *state, const cs_memory *memory);
void cs_state_free(cs_state *state); /* leaves it empty: init again before use */

/* Hindsight (decisions.md section 5): set before the first event, acts counted after `horizon_ms` are left out. For
 * decide_at(t): the past as this device knew it = a fresh state fed the ledger's events in ledger order up to the last own
 * event stamped at or before t (synced events stand in the ledger where they arrived). For --hindsight: a fresh state with
 * horizon t fed everything. In both, decide with now_ms = t. Never reuse the live state: it has forgotten what was replaced. */
void cs_state_set_horizon(cs_state *state, int64_t horizon_ms);

/* Adds one event of `stream` (CS_STREAM_ID_SIZE bytes). `own_stream`: made by this device, in its present stream. Of the backend's
 * own stream (cs_state_begin_range says which is) only what docs/sync-protocol.md section 6 lists has effect. `cursor`: the backend's for this
 * event, 0 while unknown; applying the same event again with its cursor fills it in. Event types that say nothing about consent only
 * move the clock. Copies what it keeps. E_MEMORY leaves the state as it was or with the event partly applied on the restrictive
 * side: treat the store as unavailable. */
consent_status cs_state_apply(cs_state *state, const uint8_t *stream, bool own_stream, const cs_event *event,
                              uint64_t cursor, consent_error *err);

/* Whether the backend may make such an act in its own stream. */
bool cs_state_backend_may(const cs_event *event);

/* A verified receipt over [first, last] of a stream, received now: the events' cursors are first_cursor, first_cursor + 1, …;
 * those stamped later than the receipt count at its time. Call after applying the events that it covers. `elapsed_ms` and
 * `session_id` (8 bytes) are this device's; NULL session: a receipt known from before. */
consent_status cs_state_receipt(cs_state *state, const uint8_t *stream, uint64_t first, uint64_t last,
                                uint64_t first_cursor, int64_t receipt_ms, int64_t elapsed_ms,
                                const uint8_t *session_id, consent_error *err);

/* The device's own stream from here on. The first names it. A later one follows a fork: what the backend has of the stream before
 * stays there; the acts behind are this stream's, numbered from 1 in their order, as they will be recorded again; one that was
 * parked lies before all of them. The same again changes nothing. */
consent_status cs_state_own_stream(cs_state *state, const uint8_t *stream, consent_error *err);
/* The stream that the device records in now; NULL: none yet. */
const cs_stream_state *cs_state_own(const cs_state *state);
const cs_stream_state *cs_state_stream(const cs_state *state, const uint8_t *stream); /* NULL: not known */
/* Before and after the events of a range of another stream, or for a receipt of one's own. `elapsed_ms`, `session_id`: as
 * cs_state_receipt. */
consent_status cs_state_begin_range(cs_state *state, const uint8_t *stream, const cs_state_range *range,
                                    consent_error *err);
consent_status cs_state_end_range(cs_state *state, const uint8_t *stream, const cs_state_range *range,
                                  int64_t elapsed_ms, const uint8_t *session_id, consent_error *err);

/* A withdrawal that holds in memory although no disk has it: the event as it will be recorded, its seq ignored. No grant
 * counts against it until cs_state_overlay_clear; apply the durable event first, then clear. Not part of encode. */
consent_status cs_state_overlay_withdraw(cs_state *state, const cs_event *event, consent_error *err);
void cs_state_overlay_clear(cs_state *state);

/* `now` of decisions.md section 5: max(wall, counted time of every known event, last receipt); inside the session
 * whose wall clock a receipt showed to be ahead: receipt + elapsed instead of wall. Stamp new events with it too. */
int64_t cs_state_now_ms(const cs_state *state, int64_t wall_ms, int64_t elapsed_ms, const uint8_t *session_id);

/* Checkpoint: canonical bytes of everything but overlays. decode refuses what encode did not write (E_CORRUPT) and leaves *state
 * empty then. `state` must be initialised and empty. */
void cs_state_encode(const cs_state *state, cs_buffer *out);
consent_status cs_state_decode(cs_state *state, cs_span bytes, consent_error *err);

/* ---- reading -------------------------------------------------------------------------------- */

cs_name cs_state_name(const cs_state *state, cs_str text); /* 0 for "", CS_NAME_UNKNOWN when never seen */
cs_str cs_state_text(const cs_state *state, cs_name name); /* lives until the state is freed */
/* All acts that name this purpose (0: those about policies as a whole), contiguous. */
const cs_act *cs_state_acts(const cs_state *state, cs_name purpose, uint32_t *count);
const cs_permission_state *cs_state_permission(const cs_state *state, cs_str permission); /* NULL: nothing known */
/* Whether `past` lies in the past of an act with (stream, seq, seen): own stream's earlier acts, and what was merged. */
bool cs_state_in_past(const cs_act *past, uint16_t stream, uint64_t seq, uint64_t seen);
/* Total order that does not depend on arrival: by time, stream id, seq. For picking the latest. */
int cs_state_compare_acts(const cs_state *state, const cs_act *a, const cs_act *b);

#endif
