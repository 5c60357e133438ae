/* event: what can happen to a consent, as one struct with exact, frozen bytes.
 *
 * Encoding: the Protocol Buffers wire format, restricted so that one event has one encoding: fields
 * in ascending number, zero values left out, shortest varints. Unknown fields are skipped, an unknown type is
 * kept and counts as restrictive. Events are immutable; their bytes are what the event chain hashes.
 * docs/ledger-format.md lists every field. Pure; no I/O, no allocation. */
#ifndef CS_EVENT_H
#define CS_EVENT_H

#include "base/base.h"

#define CS_EVENT_MAX_SIZE 16384u
#define CS_EVENT_MAX_DATA 64u
#define CS_STREAM_ID_SIZE 16u

/* Numbers are frozen. */
typedef enum cs_event_type {
    CS_EVENT_NOTICE_SHOWN = 1,
    CS_EVENT_POLICY_ACCEPTED = 2,
    CS_EVENT_POLICY_DECLINED = 3,
    CS_EVENT_GRANTED = 4,
    CS_EVENT_DENIED = 5,
    CS_EVENT_WITHDRAWN = 6, /* no purpose: the acceptance of the whole policy */
    CS_EVENT_USED_ONCE = 7,
    CS_EVENT_PERMISSION_PROMPTED = 8,
    CS_EVENT_PERMISSION_RESULT = 9,
    CS_EVENT_PERMISSION_REVOKED = 10,
    CS_EVENT_ACCOUNT_BOUND = 11,
    CS_EVENT_ACCOUNT_UNBOUND = 12,
    CS_EVENT_AGE_DECLARED = 13,
    CS_EVENT_AGE_SIGNALLED = 14,
    CS_EVENT_GUARDIAN_VERIFIED = 15,
    CS_EVENT_GUARDIAN_REVOKED = 16,
    CS_EVENT_KEY_CONFIRMED = 17,
    CS_EVENT_GROUND_RELIED_ON = 18,
    CS_EVENT_USAGE = 19,
    CS_EVENT_REQUEST_OPENED = 20,
    CS_EVENT_REQUEST_UPDATED = 21,
    CS_EVENT_NOTICE_RECEIVED = 22,
    CS_EVENT_NOTICE_ACKNOWLEDGED = 23,
    CS_EVENT_IMPORTED = 24,
    CS_EVENT_ERASED = 25,
    CS_EVENT_RECOVERED = 26,
    CS_EVENT_SYNC_ACKNOWLEDGED = 27,
    CS_EVENT_PURGED = 28 /* the host did away with what this device held for it */
} cs_event_type;

typedef enum cs_actor {
    CS_ACTOR_SELF = 0,
    CS_ACTOR_GUARDIAN = 1,
    CS_ACTOR_SUPPORT = 2,
    CS_ACTOR_SYSTEM = 3
} cs_actor;

/* What a refusal is about, where it is not the item itself (decisions.md section 4, last paragraphs): a no to
 * widened terms, to a new controller, to a guardian's step … refuses that alone. */
typedef enum cs_subject {
    CS_SUBJECT_ITEM = 0,
    CS_SUBJECT_TERMS_WIDENED = 1,
    CS_SUBJECT_CONTROLLER_CHANGED = 2,
    CS_SUBJECT_GUARDIAN_REQUIRED = 3,
    CS_SUBJECT_CAME_OF_AGE = 4,
    CS_SUBJECT_AGE_UNKNOWN = 5,
    CS_SUBJECT_CONFIRM = 6,
    CS_SUBJECT_FIELD_NOTICE = 7
} cs_subject;

typedef enum cs_polarity {
    CS_NEUTRAL = 0,
    CS_PERMISSIVE = 1,
    CS_RESTRICTIVE = 2,
    CS_PERMISSIVE_AND_RESTRICTIVE = 3
} cs_polarity;

typedef struct cs_policy_ref {
    cs_str id; /* empty: none */
    uint32_t version;
    uint32_t revision;
    const uint8_t *hash; /* CS 32 bytes or NULL: of the policy's signed payload */
} cs_policy_ref;

/* All views borrow: from the bytes for a decoded event, from the maker for one to encode. */
typedef struct cs_event {
    uint32_t type;             /* cs_event_type */
    uint64_t seq;              /* 1, 2, 3 … in its stream */
    int64_t time_ms;           /* max(clock, the event before) */
    int64_t elapsed_ms;        /* since the session's start */
    const uint8_t *session_id; /* 8 random bytes, new at every open and when elapsed time runs backwards */
    uint32_t actor;            /* cs_actor */
    uint32_t subject;          /* cs_subject */
    cs_policy_ref policy;
    cs_policy_ref overlay; /* the product's policy, where the form was a product's: the act carries both */
    cs_str purpose;
    cs_str recipient;
    size_t data_count;
    cs_str permission;
    cs_str call_site;
    uint32_t os_state; /* consent_os_state */
    uint32_t method;   /* consent_method */
    cs_str control;
    cs_str surface;
    cs_str locale;
    const uint8_t *notice_hash; /* SHA-256 of the exact blocks shown; NULL: none */
    uint32_t emphasis_count;    /* emphasised spans that were rendered as such */
    bool tick_initially_off;
    int64_t ticked_at_ms;
    bool reached_end;
    bool user_initiated;
    uint64_t seen;     /* backend cursor merged when the form was built */
    bool once;         /* the grant serves the handle that recorded it, once */
    cs_date birth;     /* age_declared, when told; zero: none */
    uint32_t age_band; /* age_declared/signalled without a birth date: lower bound in years + 1; 0: none */
    cs_str reference;  /* evidence: guardian's verification, import, request id, support case, receipt */
    cs_str rules_id;   /* child rules document accepted with it */
    uint32_t rules_version;
    uint32_t count;                 /* usage */
    cs_str detail;                  /* type-specific text: request kind, notice id, reason */
    cs_str data[CS_EVENT_MAX_DATA]; /* last, because there are few: what is behind data_count is nobody's, nor copied */
} cs_event;

/* A copy that can be changed; the views stay borrowed. */
void cs_event_copy(cs_event *to, const cs_event *from);

/* The kinds of an event's fields beside numbers and truths. */
enum {
    CS_EVENT_DATE = CS_MEMBER_OTHER, /* year·10000 + month·100 + day */
    CS_EVENT_STR,
    CS_EVENT_DATA,   /* repeated text */
    CS_EVENT_HASH,   /* 32 bytes */
    CS_EVENT_SESSION /* 8 bytes */
};
/* A field by its frozen number, and what messages and JSON call it. NULL for a number of the future. */
const cs_member *cs_event_field(uint64_t number, const char **name);

const char *cs_event_type_name(uint32_t type); /* "granted"; "unknown" */
const char *cs_actor_name(uint32_t actor);
/* The one table of polarities. */
/* The person was told at a form's field what it is for, and went on. */
bool cs_event_is_field_notice(const cs_event *event);
cs_polarity cs_event_polarity(const cs_event *event);

/* Appends the exact bytes. What decode would refuse fails the buffer. */
void cs_event_encode(const cs_event *event, cs_buffer *out);
/* The same for bytes that are held against decode where they go: by cs_ledger_commit. */
void cs_event_write(const cs_event *event, cs_buffer *out);
/* Refuses anything that encode would not have written, except unknown fields. E_CORRUPT with the field. */
consent_status cs_event_decode(cs_span bytes, cs_event *out, consent_error *err);

#endif
