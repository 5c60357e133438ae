/* Profiles, their streams and ranges, and the requests within. */
#include "store_sql.h"

#include <string.h>

/* ---- profiles ------------------------------------------------------------------------------------- */

consent_status cd_store_profile(cd_store *store, const uint8_t *id, cd_profile *out, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the profile",
                     "SELECT anonymous, next_cursor, time_ms, backend_stream, created_ms FROM profiles WHERE id = ?");
    cd_sql_blob(&query, id, CS_PROFILE_ID_SIZE);
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found) {
        memcpy(out->id, id, CS_PROFILE_ID_SIZE);
        out->anonymous = cd_sql_read_int(&query) != 0;
        out->next_cursor = (uint64_t)cd_sql_read_int(&query);
        out->time_ms = cd_sql_read_int(&query);
        (void)cd_sql_read_blob(&query, out->backend_stream, CS_STREAM_ID_SIZE);
        out->created_ms = cd_sql_read_int(&query);
    }
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_add_profile(cd_store *store, const cd_profile *profile, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the profile", "INSERT INTO profiles VALUES(?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, profile->id, CS_PROFILE_ID_SIZE);
    cd_sql_int(&query, profile->anonymous);
    cd_sql_int(&query, (int64_t)profile->next_cursor);
    cd_sql_int(&query, profile->time_ms);
    cd_sql_blob(&query, profile->backend_stream, CS_STREAM_ID_SIZE);
    cd_sql_int(&query, profile->created_ms);
    return cd_sql_run(&query, err);
}

consent_status cd_store_move_profile(cd_store *store, const cd_profile *profile, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the profile", "UPDATE profiles SET next_cursor = ?, time_ms = ? WHERE id = ?");
    cd_sql_int(&query, (int64_t)profile->next_cursor);
    cd_sql_int(&query, profile->time_ms);
    cd_sql_blob(&query, profile->id, CS_PROFILE_ID_SIZE);
    return cd_sql_run(&query, err);
}

consent_status cd_store_profiles_after(cd_store *store, const uint8_t *after, uint8_t *ids, size_t max, size_t *count,
                                       consent_error *err)
{
    static const uint8_t none[1] = {0};
    cd_query query = cd_sql_begin(store, "the profiles", "SELECT id FROM profiles WHERE id > ? ORDER BY id LIMIT ?");
    cd_sql_blob(&query, after ? after : none, after ? CS_PROFILE_ID_SIZE : 0);
    cd_sql_int(&query, (int64_t)max);
    for (*count = 0; *count < max && cd_sql_row(&query); ++*count)
        (void)cd_sql_read_blob(&query, ids + *count * CS_PROFILE_ID_SIZE, CS_PROFILE_ID_SIZE);
    return cd_sql_end(&query, err);
}

consent_status cd_store_forget(cd_store *store, const uint8_t *profile, consent_error *err)
{
    static const char *const statements[] = {
        "DELETE FROM ranges WHERE profile = ?",   "DELETE FROM streams WHERE profile = ?",
        "DELETE FROM requests WHERE profile = ?", "DELETE FROM request_events WHERE profile = ?",
        "DELETE FROM links WHERE profile = ?",    "DELETE FROM outbox WHERE profile = ?",
        "DELETE FROM profiles WHERE id = ?",
    };
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < CS_COUNT_OF(statements); i++) {
        cd_query query = cd_sql_begin(store, "the profile", statements[i]);
        cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
        status = cd_sql_run(&query, err);
    }
    return status;
}

/* ---- streams ----------------------------------------------------------------------------------------- */

static void read_stream(cd_query *query, cd_stream *out)
{
    (void)cd_sql_read_blob(query, out->id, CS_STREAM_ID_SIZE);
    out->has_key = cd_sql_read_blob(query, out->key, CS_P256_PUBLIC_SIZE);
    out->protection = (uint32_t)cd_sql_read_int(query);
    out->joined = cd_sql_read_int(query) != 0;
    out->has_token = cd_sql_read_blob(query, out->token_hash, CD_TOKEN_HASH_SIZE);
    out->last = (uint64_t)cd_sql_read_int(query);
    (void)cd_sql_read_blob(query, out->head, CS_HASH_SIZE);
    out->created_ms = cd_sql_read_int(query);
}

consent_status cd_store_stream(cd_store *store, const uint8_t *profile, const uint8_t *id, cd_stream *out,
                               consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the stream",
                                  "SELECT stream, key, protection, joined, token_hash, last, head, created_ms"
                                  " FROM streams WHERE profile = ? AND stream = ?");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, id, CS_STREAM_ID_SIZE);
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found)
        read_stream(&query, out);
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_put_stream(cd_store *store, const uint8_t *profile, const cd_stream *stream, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the stream", "INSERT OR REPLACE INTO streams VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, stream->id, CS_STREAM_ID_SIZE);
    cd_sql_blob(&query, stream->has_key ? stream->key : NULL, CS_P256_PUBLIC_SIZE);
    cd_sql_int(&query, stream->protection);
    cd_sql_int(&query, stream->joined);
    cd_sql_blob(&query, stream->has_token ? stream->token_hash : NULL, CD_TOKEN_HASH_SIZE);
    cd_sql_int(&query, (int64_t)stream->last);
    cd_sql_blob(&query, stream->head, CS_HASH_SIZE);
    cd_sql_int(&query, stream->created_ms);
    return cd_sql_run(&query, err);
}

consent_status cd_store_each_stream(cd_store *store, const uint8_t *profile, cd_stream_fn fn, void *ctx,
                                    consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the streams",
                                  "SELECT stream, key, protection, joined, token_hash, last, head, created_ms"
                                  " FROM streams WHERE profile = ? ORDER BY created_ms, stream");
    cd_stream one;
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    bool more = true;
    while (more && cd_sql_row(&query)) {
        read_stream(&query, &one);
        more = fn(ctx, &one);
    }
    return cd_sql_end(&query, err);
}

/* ---- ranges -------------------------------------------------------------------------------------------- */

consent_status cd_store_add_range(cd_store *store, const uint8_t *profile, const cd_stored_range *range,
                                  consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the range", "INSERT INTO ranges VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, range->stream, CS_STREAM_ID_SIZE);
    cd_sql_int(&query, (int64_t)range->first);
    cd_sql_int(&query, (int64_t)range->last);
    cd_sql_int(&query, (int64_t)range->first_cursor);
    cd_sql_blob(&query, range->head, CS_HASH_SIZE);
    cd_sql_blob(&query, range->by_backend ? NULL : range->signature, CS_SIGNATURE_SIZE);
    cd_sql_blob(&query, range->has_policy ? range->policy : NULL, CS_HASH_SIZE);
    cd_sql_int(&query, range->time_ms);
    cd_sql_blob(&query, range->events.data, range->events.size);
    return cd_sql_run(&query, err);
}

#define RANGE_COLUMNS                                                                                                  \
    "r.stream, r.first, r.last, r.first_cursor, r.head, s.key, s.joined, r.signature, r.policy, r.time_ms, r.events"   \
    " FROM ranges r JOIN streams s ON s.profile = r.profile AND s.stream = r.stream "

static consent_status each_range(cd_query *query, cd_range_fn fn, void *ctx, consent_error *err)
{
    cd_stored_range one;
    bool more = true;
    while (more && cd_sql_row(query)) {
        (void)cd_sql_read_blob(query, one.stream, CS_STREAM_ID_SIZE);
        one.first = (uint64_t)cd_sql_read_int(query);
        one.last = (uint64_t)cd_sql_read_int(query);
        one.first_cursor = (uint64_t)cd_sql_read_int(query);
        (void)cd_sql_read_blob(query, one.head, CS_HASH_SIZE);
        one.by_backend = !cd_sql_read_blob(query, one.key, CS_P256_PUBLIC_SIZE);
        one.joined = cd_sql_read_int(query) != 0;
        (void)cd_sql_read_blob(query, one.signature, CS_SIGNATURE_SIZE);
        one.has_policy = cd_sql_read_blob(query, one.policy, CS_HASH_SIZE);
        one.time_ms = cd_sql_read_int(query);
        one.events = cd_sql_read_span(query);
        more = fn(ctx, &one);
    }
    return cd_sql_end(query, err);
}

consent_status cd_store_each_range(cd_store *store, const uint8_t *profile, const uint8_t *stream, uint64_t first,
                                   uint64_t last, cd_range_fn fn, void *ctx, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the ranges",
                                  "SELECT " RANGE_COLUMNS "WHERE r.profile = ? AND r.stream = ? AND r.first > ?"
                                  " AND r.first <= ? AND r.last >= ? ORDER BY r.first");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, stream, CS_STREAM_ID_SIZE);
    cd_sql_int(&query, (int64_t)first - (int64_t)CS_RANGE_MAX_EVENTS); /* no range is longer, so the index finds them */
    cd_sql_int(&query, (int64_t)last);
    cd_sql_int(&query, (int64_t)first);
    return each_range(&query, fn, ctx, err);
}

consent_status cd_store_each_after(cd_store *store, const uint8_t *profile, uint64_t after, cd_range_fn fn, void *ctx,
                                   consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the ranges",
                                  "SELECT " RANGE_COLUMNS "WHERE r.profile = ? AND r.first_cursor > ?"
                                  " AND r.first_cursor + r.last - r.first > ? ORDER BY r.first_cursor");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_int(&query, (int64_t)after - (int64_t)CS_RANGE_MAX_EVENTS);
    cd_sql_int(&query, (int64_t)after);
    return each_range(&query, fn, ctx, err);
}

/* ---- requests ------------------------------------------------------------------------------------------- */

consent_status cd_store_add_request_event(cd_store *store, const uint8_t *profile, const uint8_t *stream, uint64_t seq,
                                          cs_span event, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the request's event", "INSERT OR IGNORE INTO request_events VALUES(?, ?, ?, ?)");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, stream, CS_STREAM_ID_SIZE);
    cd_sql_int(&query, (int64_t)seq);
    cd_sql_blob(&query, event.data, event.size);
    return cd_sql_run(&query, err);
}

consent_status cd_store_each_request_event(cd_store *store, const uint8_t *profile, cd_event_fn fn, void *ctx,
                                           consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the requests' events", "SELECT stream, event FROM request_events WHERE profile = ?");
    uint8_t stream[CS_STREAM_ID_SIZE];
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    bool more = true;
    while (more && cd_sql_row(&query)) {
        (void)cd_sql_read_blob(&query, stream, sizeof stream);
        more = fn(ctx, stream, cd_sql_read_span(&query));
    }
    return cd_sql_end(&query, err);
}

consent_status cd_store_put_request(cd_store *store, const cd_request_row *row, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the request", "INSERT OR REPLACE INTO requests VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, row->profile, CS_PROFILE_ID_SIZE);
    cd_sql_text(&query, row->id, strlen(row->id));
    cd_sql_text(&query, row->right, strlen(row->right));
    cd_sql_text(&query, row->state, strlen(row->state));
    cd_sql_int(&query, row->closed);
    cd_sql_int(&query, row->opened_ms);
    cd_sql_int(&query, row->state_ms);
    cd_sql_int(&query, row->due_ms);
    return cd_sql_run(&query, err);
}

static consent_status each_request(cd_query *query, cd_request_fn fn, void *ctx, consent_error *err)
{
    cd_request_row row;
    bool more = true;
    while (more && cd_sql_row(query)) {
        (void)cd_sql_read_blob(query, row.profile, CS_PROFILE_ID_SIZE);
        cd_sql_read_text(query, row.id, sizeof row.id);
        cd_sql_read_text(query, row.right, sizeof row.right);
        cd_sql_read_text(query, row.state, sizeof row.state);
        row.closed = cd_sql_read_int(query) != 0;
        row.opened_ms = cd_sql_read_int(query);
        row.state_ms = cd_sql_read_int(query);
        row.due_ms = cd_sql_read_int(query);
        more = fn(ctx, &row);
    }
    return cd_sql_end(query, err);
}

consent_status cd_store_each_open_request(cd_store *store, uint32_t limit, cd_request_fn fn, void *ctx,
                                          consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the requests",
                                  "SELECT profile, id, right, state, closed, opened_ms, state_ms, due_ms FROM requests"
                                  " WHERE closed = 0 ORDER BY due_ms LIMIT ?");
    cd_sql_int(&query, limit);
    return each_request(&query, fn, ctx, err);
}

consent_status cd_store_each_request(cd_store *store, const uint8_t *profile, cd_request_fn fn, void *ctx,
                                     consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the requests",
                                  "SELECT profile, id, right, state, closed, opened_ms, state_ms, due_ms FROM requests"
                                  " WHERE profile = ? ORDER BY closed, due_ms");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    return each_request(&query, fn, ctx, err);
}
