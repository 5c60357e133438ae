/* What the files of the sync module share. Nothing outside includes this.
 *
 *   setup.c    the host's configuration
 *   run.c      one run: what comes when
 *   call.c     one request: tokens, faults, when to try again
 *   memory.c   what is remembered between runs
 *   push.c     sending ranges
 *   pull.c     taking pages
 *   receipts.c who signed what
 *   fetch.c    policies and sealed files
 *   status.c   how a profile stands */
#ifndef CS_SYNC_INTERNAL_H
#define CS_SYNC_INTERNAL_H

#include "platform/transport_curl.h"
#include "sync/sync.h"

#define CS_SYNC_TOKEN_SIZE 2048u
#define CS_SYNC_MAX_WANTED 16u
#define CS_SYNC_PATH_SIZE 256u

/* Kept in a sealed file of the profile. Losing it costs requests, nothing else. */
typedef struct cs_sync_memory {
    char token[CS_SYNC_TOKEN_SIZE]; /* of an anonymous profile */
    uint8_t enrolled[CS_EXCHANGE_MAX_LANES][CS_STREAM_ID_SIZE];
    size_t enrolled_count;
    uint8_t wanted[CS_SYNC_MAX_WANTED][CS_HASH_SIZE]; /* policies that events name and nobody holds here */
    size_t wanted_count;
    uint8_t notices[CS_SYNC_MAX_WANTED][CS_HASH_SIZE]; /* that the backend told of and whose text has not come yet */
    size_t notice_count;
    cs_ledger_mark mark;   /* of the own stream's first event to be sent */
    uint32_t failures;     /* in a row */
    int64_t wait_until_ms; /* the backend asked for: wall time; 0: no */
    int64_t done_ms;       /* the last run that succeeded */
    uint32_t last_status;  /* consent_status of the last run */
    uint32_t ignored;      /* acts in the backend's name that it may not make, ever */
} cs_sync_memory;

/* What a handled answer asked for. */
typedef enum cs_fault {
    CS_FAULT_NONE = 0,
    CS_FAULT_REJECTED,
    CS_FAULT_UNKNOWN,
    CS_FAULT_GAP,
    CS_FAULT_FORK,
    CS_FAULT_TOO_LARGE
} cs_fault;

typedef struct cs_sync {
    cs_profile *profile;
    const cs_env *env;
    const cs_memory *memory;
    const cs_sync_setup *setup;
    const atomic_uint *cancelled;
    unsigned cancelled_at; /* value of *cancelled when the run began */
    int64_t deadline_ms;   /* elapsed */
    consent_sync_report *report;
    consent_transport transport;
    cs_curl *curl; /* NULL: the host's transport */
    cs_sync_memory kept;
    bool kept_changed;
    cs_exchange_standing standing;
    cs_key_set *keys;
    bool keys_fetched; /* in this run */
    bool forgotten;    /* the backend did not know the profile when asked for a page */
    char token[CS_SYNC_TOKEN_SIZE];
    bool token_asked, token_renewed;
    cs_buffer answer;
    size_t answer_limit;
    int64_t retry_after_ms; /* of the last answer; 0: none */
} cs_sync;

typedef struct cs_sync_request {
    const char *method;
    const char *path; /* behind the endpoint */
    const char *content_type;
    cs_span body;
    size_t answer_limit; /* 0: CS_ANSWER_MAX_BYTES */
    bool with_token;
    bool is_policy; /* 404 is no fault of the profile's */
} cs_sync_request;

/* ---- call.c ---- */
/* CONSENT_OK: 200 (fault NONE), or an answer that the caller handles. *last: of a gap. */
consent_status cs_sync_call(cs_sync *sync, const cs_sync_request *request, cs_fault *fault, uint64_t *last,
                            consent_error *err);
/* Counts a failure and says when to try again: as told, or after a random wait. Returns `status`. */
consent_status cs_sync_failed(cs_sync *sync, int64_t told_ms, consent_status status);
cs_str cs_sync_answer(const cs_sync *sync);
void cs_sync_tell(const cs_sync *sync);
int64_t cs_sync_now_ms(const cs_sync *sync); /* wall */
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
bool cs_sync_http_date(const char *text, int64_t *out_ms);

/* ---- memory.c ---- */
consent_status cs_sync_remember(cs_sync *sync, consent_error *err);
consent_status cs_sync_recall(cs_profile *profile, const cs_memory *memory, cs_sync_memory *out, consent_error *err);
bool cs_sync_is_enrolled(const cs_sync *sync, const uint8_t *stream);
void cs_sync_set_enrolled(cs_sync *sync, const uint8_t *stream, bool enrolled);
void cs_sync_want(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE]);
void cs_sync_want_notice(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE]);

/* ---- receipts.c ---- */
/* Verifies by a receipt key in its time, of this profile; fetches the key set anew once when no key fits. */
consent_status cs_sync_receipt(cs_sync *sync, cs_str jws, cs_receipt *out, consent_error *err);
consent_status cs_sync_sealed_receipt(cs_sync *sync, cs_str jws, cs_sealed_receipt *out, consent_error *err);
/* Has receipt keys, fetching the key set when there are none. */
consent_status cs_sync_need_keys(cs_sync *sync, consent_error *err);
void cs_sync_evidence(const cs_receipt *receipt, cs_str jws, cs_evidence *out);

/* ---- push.c, pull.c, fetch.c ---- */
consent_status cs_sync_enrol(cs_sync *sync, const cs_lane *lane, consent_error *err);
consent_status cs_sync_push(cs_sync *sync, consent_error *err);
/* *moved: a new own stream was begun, and has acts to send. */
consent_status cs_sync_pull(cs_sync *sync, bool *moved, consent_error *err);
consent_status cs_sync_fetch_keys(cs_sync *sync, consent_error *err);
consent_status cs_sync_fetch_policies(cs_sync *sync, consent_error *err);
consent_status cs_sync_fetch_notices(cs_sync *sync, consent_error *err);
consent_status cs_sync_send_sealed(cs_sync *sync, consent_error *err);

#endif
