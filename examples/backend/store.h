/* store: everything that the backend keeps, and the only place that knows SQL (store*.c). Another database is another implementation of
 * this header. SQLite: WAL, synchronous FULL, one writing connection (writer.h) and a pool of reading ones (pool below); a
 * cd_store belongs to one thread at a time. Views in rows live until the call that gave them returns.
 *
 * Statuses: E_NOT_FOUND: no such row. E_LOCKED: another process wrote too long. E_FULL, E_IO, E_CORRUPT, E_MEMORY as elsewhere. */
#ifndef CD_STORE_H
#define CD_STORE_H

#include "wire/wire.h"

#define CD_STORE_SCHEMA 1
#define CD_TOKEN_HASH_SIZE CS_HASH_SIZE
#define CD_NAME_MAX_BYTES 64u

typedef struct cd_store cd_store;

/* Opens, and for writing makes it or brings an older one up to this schema. E_UNSUPPORTED: a newer schema than this program knows. */
consent_status cd_store_open(const char *path, bool write, cd_store **out, consent_error *err);
void cd_store_close(cd_store *store);
/* Whether it answers. */
consent_status cd_store_probe(cd_store *store, consent_error *err);

consent_status cd_store_begin(cd_store *store, consent_error *err);
consent_status cd_store_commit(cd_store *store,
                               consent_error *err); /* durable when it returns OK; else nothing was kept */
void cd_store_rollback(cd_store *store);
/* Whether a transaction is open: some failures (a full disk) end it by themselves, with all that was in it. */
bool cd_store_in_transaction(const cd_store *store);
/* One within another: keep, or undo what came since mark. */
consent_status cd_store_mark(cd_store *store, consent_error *err);
consent_status cd_store_unmark(cd_store *store, bool keep, consent_error *err);

/* Readers on loan. get waits for a free one. */
typedef struct cd_pool cd_pool;
consent_status cd_pool_new(const char *path, size_t count, cd_pool **out, consent_error *err);
cd_store *cd_pool_get(cd_pool *pool);
void cd_pool_put(cd_pool *pool, cd_store *store);
void cd_pool_free(cd_pool *pool);

/* ---- profiles, streams, ranges ------------------------------------------------------------------ */

typedef struct cd_profile {
    uint8_t id[CS_PROFILE_ID_SIZE];
    bool anonymous;
    uint64_t next_cursor;
    int64_t time_ms; /* of its newest receipt */
    uint8_t backend_stream[CS_STREAM_ID_SIZE];
    int64_t created_ms;
} cd_profile;

typedef struct cd_stream {
    uint8_t id[CS_STREAM_ID_SIZE];
    bool has_key; /* false: the backend's own */
    uint8_t key[CS_P256_PUBLIC_SIZE];
    uint32_t protection;
    bool joined;
    bool has_token;
    uint8_t token_hash[CD_TOKEN_HASH_SIZE];
    uint64_t last; /* seq */
    uint8_t head[CS_HASH_SIZE];
    int64_t created_ms;
} cd_stream;

typedef struct cd_stored_range {
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint64_t first, last, first_cursor;
    uint8_t head[CS_HASH_SIZE];
    bool by_backend;
    uint8_t key[CS_P256_PUBLIC_SIZE]; /* of its stream */
    bool joined;                      /* of its stream */
    uint8_t signature[CS_SIGNATURE_SIZE];
    bool has_policy;
    uint8_t policy[CS_HASH_SIZE];
    int64_t time_ms;
    cs_span events;
} cd_stored_range;

/* Called for each row; false ends the walk. */
typedef bool (*cd_range_fn)(void *ctx, const cd_stored_range *range);
typedef bool (*cd_stream_fn)(void *ctx, const cd_stream *stream);

consent_status cd_store_profile(cd_store *store, const uint8_t *id, cd_profile *out, consent_error *err);
consent_status cd_store_add_profile(cd_store *store, const cd_profile *profile, consent_error *err);
consent_status cd_store_move_profile(cd_store *store, const cd_profile *profile, consent_error *err);
consent_status cd_store_stream(cd_store *store, const uint8_t *profile, const uint8_t *id, cd_stream *out,
                               consent_error *err);
consent_status cd_store_put_stream(cd_store *store, const uint8_t *profile, const cd_stream *stream,
                                   consent_error *err); /* adds or replaces */
consent_status cd_store_each_stream(cd_store *store, const uint8_t *profile, cd_stream_fn fn, void *ctx,
                                    consent_error *err);
consent_status cd_store_add_range(cd_store *store, const uint8_t *profile, const cd_stored_range *range,
                                  consent_error *err);
/* Ranges of a stream that touch first … last, in order. */
consent_status cd_store_each_range(cd_store *store, const uint8_t *profile, const uint8_t *stream, uint64_t first,
                                   uint64_t last, cd_range_fn fn, void *ctx, consent_error *err);
/* Ranges of all streams whose last cursor lies behind `after`, in order of cursors. */
consent_status cd_store_each_after(cd_store *store, const uint8_t *profile, uint64_t after, cd_range_fn fn, void *ctx,
                                   consent_error *err);
/* Takes a person's whole record out. */
consent_status cd_store_forget(cd_store *store, const uint8_t *profile, consent_error *err);
/* The first `max` profile ids behind `after` (NULL: from the start); *count of them. */
consent_status cd_store_profiles_after(cd_store *store, const uint8_t *after, uint8_t *ids, size_t max, size_t *count,
                                       consent_error *err);

/* ---- requests --------------------------------------------------------------------------------------- */

typedef struct cd_request_row {
    uint8_t profile[CS_PROFILE_ID_SIZE];
    char id[CS_ID_MAX_SIZE + 1];
    char right[32];
    char state[32];
    bool closed;
    int64_t opened_ms, state_ms, due_ms;
} cd_request_row;
typedef bool (*cd_request_fn)(void *ctx, const cd_request_row *row);
typedef bool (*cd_event_fn)(void *ctx, const uint8_t *stream, cs_span event);

/* The events that requests are made of, kept apart so that a request can be judged without reading everything. */
consent_status cd_store_add_request_event(cd_store *store, const uint8_t *profile, const uint8_t *stream, uint64_t seq,
                                          cs_span event, consent_error *err);
consent_status cd_store_each_request_event(cd_store *store, const uint8_t *profile, cd_event_fn fn, void *ctx,
                                           consent_error *err);
consent_status cd_store_put_request(cd_store *store, const cd_request_row *row, consent_error *err);
/* Open ones of everybody, the first due first; of one profile, all. */
consent_status cd_store_each_open_request(cd_store *store, uint32_t limit, cd_request_fn fn, void *ctx,
                                          consent_error *err);
consent_status cd_store_each_request(cd_store *store, const uint8_t *profile, cd_request_fn fn, void *ctx,
                                     consent_error *err);

/* ---- policies, heads, key sets, notices ----------------------------------------------------------------- */

typedef struct cd_policy_row {
    uint8_t hash[CS_HASH_SIZE];
    char id[CS_ID_MAX_SIZE + 1];
    uint32_t version, revision;
    int64_t effective_ms, published_ms;
} cd_policy_row;
typedef bool (*cd_policy_fn)(void *ctx, const cd_policy_row *row);

consent_status cd_store_add_policy(cd_store *store, const cd_policy_row *row, cs_span bundle, consent_error *err);
consent_status cd_store_each_policy(cd_store *store, cd_policy_fn fn, void *ctx, consent_error *err); /* newest first */
consent_status cd_store_bundle(cd_store *store, const uint8_t *hash, cs_buffer *out, consent_error *err);
/* The newest of that id (version 0), or its highest revision of that version. */
consent_status cd_store_policy(cd_store *store, cs_str id, uint32_t version, cd_policy_row *out, consent_error *err);
consent_status cd_store_put_head(cd_store *store, const cd_policy_row *row, int64_t fresh_until_ms, cs_span text,
                                 consent_error *err);
consent_status cd_store_head(cd_store *store, cs_str id, cd_policy_row *row, int64_t *fresh_until_ms, cs_buffer *text,
                             consent_error *err);
consent_status cd_store_put_key_set(cd_store *store, uint32_t version, cs_span line, consent_error *err);
consent_status cd_store_key_set(cd_store *store, uint32_t *version, cs_buffer *line, consent_error *err); /* newest */

typedef struct cd_notice_row {
    uint8_t hash[CS_HASH_SIZE]; /* of the payload */
    char id[CS_ID_MAX_SIZE + 1];
    char kind[32];
    char policy[CS_ID_MAX_SIZE + 1];
    int64_t published_ms;
} cd_notice_row;
typedef bool (*cd_notice_fn)(void *ctx, const cd_notice_row *row);

/* E_USED: other content stands under its id. The same once more is fine. */
consent_status cd_store_add_notice(cd_store *store, const cd_notice_row *row, cs_span text, consent_error *err);
/* text may be NULL. */
consent_status cd_store_notice(cd_store *store, const uint8_t *hash, cd_notice_row *row, cs_buffer *text,
                               consent_error *err);
consent_status cd_store_each_notice(cd_store *store, uint32_t limit, cd_notice_fn fn, void *ctx,
                                    consent_error *err); /* newest first */

/* A notice on its way to everybody: profiles up to `done` have it. */
typedef struct cd_broadcast {
    int64_t id;
    uint8_t notice[CS_HASH_SIZE];
    bool begun;
    uint8_t done[CS_PROFILE_ID_SIZE];
    uint64_t delivered;
} cd_broadcast;
consent_status cd_store_add_broadcast(cd_store *store, const uint8_t *notice, consent_error *err);
consent_status cd_store_next_broadcast(cd_store *store, cd_broadcast *out, consent_error *err);
consent_status cd_store_move_broadcast(cd_store *store, const cd_broadcast *broadcast, bool finished,
                                       consent_error *err);

/* ---- people: operators, guardians' links, what goes out, what was done ------------------------------------ */

typedef struct cd_operator {
    char name[CD_NAME_MAX_BYTES + 1];
    int32_t role; /* cd_role */
    uint8_t token_hash[CD_TOKEN_HASH_SIZE];
    int64_t created_ms;
} cd_operator;
typedef bool (*cd_operator_fn)(void *ctx, const cd_operator *one);
consent_status cd_store_add_operator(cd_store *store, const cd_operator *one, consent_error *err);
consent_status cd_store_operator(cd_store *store, const uint8_t *token_hash, cd_operator *out, consent_error *err);
consent_status cd_store_operator_named(cd_store *store, const char *name, cd_operator *out, consent_error *err);
consent_status cd_store_each_operator(cd_store *store, cd_operator_fn fn, void *ctx, consent_error *err);
consent_status cd_store_remove_operator(cd_store *store, const char *name, consent_error *err);

typedef struct cd_link {
    uint8_t token_hash[CD_TOKEN_HASH_SIZE];
    uint8_t profile[CS_PROFILE_ID_SIZE];
    uint8_t policy[CS_HASH_SIZE];
    char rules_id[CS_ID_MAX_SIZE + 1];
    uint32_t rules_version;
    uint8_t code_hash[CS_HASH_SIZE];
    uint32_t attempts;
    int64_t created_ms, expires_ms, used_ms; /* used 0: not yet */
} cd_link;
consent_status cd_store_add_link(cd_store *store, const cd_link *link, const char *code, consent_error *err);
consent_status cd_store_link(cd_store *store, const uint8_t *token_hash, cd_link *out, consent_error *err);
consent_status cd_store_move_link(cd_store *store, const cd_link *link, consent_error *err); /* attempts, used */
consent_status cd_store_links_since(cd_store *store, const uint8_t *profile, int64_t since_ms, uint32_t *count,
                                    consent_error *err);
/* What the operator's SMS system is to send: the oldest `limit` not taken yet, marked as taken when fn says true. */
typedef bool (*cd_outbox_fn)(void *ctx, int64_t id, const uint8_t *profile, const char *code, int64_t created_ms);
consent_status cd_store_take_outbox(cd_store *store, uint32_t limit, cd_outbox_fn fn, void *ctx, consent_error *err);

/* *time_ms becomes that of the first time, when it is there already. */
consent_status cd_store_add_sealed(cd_store *store, const uint8_t *sha256, cs_span bytes, int64_t *time_ms,
                                   consent_error *err);
consent_status cd_store_count_sealed(cd_store *store, uint64_t *count, consent_error *err);
/* In the order in which they came; `fn` says false to stop. */
typedef bool (*cd_sealed_fn)(void *ctx, const uint8_t *sha256, cs_span bytes);
consent_status cd_store_each_sealed(cd_store *store, cd_sealed_fn fn, void *ctx, consent_error *err);

typedef struct cd_audit {
    int64_t time_ms;
    const char *who, *act, *detail;
    const uint8_t *profile; /* NULL: none */
} cd_audit;
typedef bool (*cd_audit_fn)(void *ctx, const cd_audit *one);
consent_status cd_store_add_audit(cd_store *store, const cd_audit *one, consent_error *err);
consent_status cd_store_each_audit(cd_store *store, const uint8_t *profile, uint32_t limit, cd_audit_fn fn, void *ctx,
                                   consent_error *err); /* newest first; profile NULL: everybody's */

#endif
