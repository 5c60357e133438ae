/* What the operator publishes: policies, heads, key sets, notices to everybody. */
#include "store_sql.h"

#include <string.h>

consent_status cd_store_add_policy(cd_store *store, const cd_policy_row *row, cs_span bundle, consent_error *err)
{
    cd_query query = cd_sql_begin(
        store, "the policy",
        "INSERT INTO policies VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(hash) DO UPDATE SET bundle = excluded.bundle");
    cd_sql_blob(&query, row->hash, CS_HASH_SIZE);
    cd_sql_text(&query, row->id, strlen(row->id));
    cd_sql_int(&query, row->version);
    cd_sql_int(&query, row->revision);
    cd_sql_int(&query, row->effective_ms);
    cd_sql_int(&query, row->published_ms);
    cd_sql_blob(&query, bundle.data, bundle.size);
    return cd_sql_run(&query, err);
}

static void read_policy(cd_query *query, cd_policy_row *row)
{
    (void)cd_sql_read_blob(query, row->hash, CS_HASH_SIZE);
    cd_sql_read_text(query, row->id, sizeof row->id);
    row->version = (uint32_t)cd_sql_read_int(query);
    row->revision = (uint32_t)cd_sql_read_int(query);
    row->effective_ms = cd_sql_read_int(query);
    row->published_ms = cd_sql_read_int(query);
}

consent_status cd_store_each_policy(cd_store *store, cd_policy_fn fn, void *ctx, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the policies",
                                  "SELECT hash, id, version, revision, effective_ms, published_ms FROM policies"
                                  " ORDER BY id, version DESC, revision DESC");
    cd_policy_row row;
    bool more = true;
    while (more && cd_sql_row(&query)) {
        read_policy(&query, &row);
        more = fn(ctx, &row);
    }
    return cd_sql_end(&query, err);
}

consent_status cd_store_bundle(cd_store *store, const uint8_t *hash, cs_buffer *out, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the policy", "SELECT bundle FROM policies WHERE hash = ?");
    cd_sql_blob(&query, hash, CS_HASH_SIZE);
    bool found = cd_sql_row(&query);
    if (found) {
        cs_span bundle = cd_sql_read_span(&query);
        cs_buffer_append(out, bundle.data, bundle.size);
    }
    consent_status status = cd_sql_end_found(&query, found, err);
    return status == CONSENT_OK ? cs_buffer_status(out, "the policy", err) : status;
}

consent_status cd_store_policy(cd_store *store, cs_str id, uint32_t version, cd_policy_row *out, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the policy",
                                  "SELECT hash, id, version, revision, effective_ms, published_ms FROM policies"
                                  " WHERE id = ? AND (version = ? OR ? = 0)"
                                  " ORDER BY version DESC, revision DESC LIMIT 1");
    cd_sql_text(&query, id.data, id.size);
    cd_sql_int(&query, version);
    cd_sql_int(&query, version);
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found)
        read_policy(&query, out);
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_put_head(cd_store *store, const cd_policy_row *row, int64_t fresh_until_ms, cs_span text,
                                 consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the head statement", "INSERT OR REPLACE INTO heads VALUES(?, ?, ?, ?, ?, ?)");
    cd_sql_text(&query, row->id, strlen(row->id));
    cd_sql_int(&query, row->version);
    cd_sql_int(&query, row->revision);
    cd_sql_blob(&query, row->hash, CS_HASH_SIZE);
    cd_sql_int(&query, fresh_until_ms);
    cd_sql_blob(&query, text.data, text.size);
    return cd_sql_run(&query, err);
}

consent_status cd_store_head(cd_store *store, cs_str id, cd_policy_row *row, int64_t *fresh_until_ms, cs_buffer *text,
                             consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the head statement",
                                  "SELECT id, version, revision, hash, fresh_until_ms, text FROM heads WHERE id = ?");
    cd_sql_text(&query, id.data, id.size);
    bool found = cd_sql_row(&query);
    memset(row, 0, sizeof *row);
    *fresh_until_ms = 0;
    if (found) {
        cd_sql_read_text(&query, row->id, sizeof row->id);
        row->version = (uint32_t)cd_sql_read_int(&query);
        row->revision = (uint32_t)cd_sql_read_int(&query);
        (void)cd_sql_read_blob(&query, row->hash, CS_HASH_SIZE);
        *fresh_until_ms = cd_sql_read_int(&query);
        cs_span bytes = cd_sql_read_span(&query);
        if (text)
            cs_buffer_append(text, bytes.data, bytes.size);
    }
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_put_key_set(cd_store *store, uint32_t version, cs_span line, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the key set", "INSERT OR REPLACE INTO key_sets VALUES(?, ?)");
    cd_sql_int(&query, version);
    cd_sql_blob(&query, line.data, line.size);
    return cd_sql_run(&query, err);
}

consent_status cd_store_key_set(cd_store *store, uint32_t *version, cs_buffer *line, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "a key set", "SELECT version, line FROM key_sets ORDER BY version DESC LIMIT 1");
    bool found = cd_sql_row(&query);
    *version = 0;
    if (found) {
        *version = (uint32_t)cd_sql_read_int(&query);
        cs_span bytes = cd_sql_read_span(&query);
        cs_buffer_append(line, bytes.data, bytes.size);
    }
    return cd_sql_end_found(&query, found, err);
}

/* ---- notices --------------------------------------------------------------------------------------------- */

static void read_notice(cd_query *query, cd_notice_row *row)
{
    (void)cd_sql_read_blob(query, row->hash, CS_HASH_SIZE);
    cd_sql_read_text(query, row->id, sizeof row->id);
    cd_sql_read_text(query, row->kind, sizeof row->kind);
    cd_sql_read_text(query, row->policy, sizeof row->policy);
    row->published_ms = cd_sql_read_int(query);
}

consent_status cd_store_notice(cd_store *store, const uint8_t *hash, cd_notice_row *row, cs_buffer *text,
                               consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the notice",
                                  "SELECT hash, id, kind, policy, published_ms, text FROM notices WHERE hash = ?");
    cd_sql_blob(&query, hash, CS_HASH_SIZE);
    bool found = cd_sql_row(&query);
    memset(row, 0, sizeof *row);
    if (found) {
        read_notice(&query, row);
        cs_span bytes = cd_sql_read_span(&query);
        if (text)
            cs_buffer_append(text, bytes.data, bytes.size);
    }
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_add_notice(cd_store *store, const cd_notice_row *row, cs_span text, consent_error *err)
{
    cd_notice_row known;
    consent_status status = cd_store_notice(store, row->hash, &known, NULL, err);
    if (status != CONSENT_E_NOT_FOUND)
        return status;
    cd_query query = cd_sql_begin(store, "the notice", "INSERT INTO notices VALUES(?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, row->hash, CS_HASH_SIZE);
    cd_sql_text(&query, row->id, strlen(row->id));
    cd_sql_text(&query, row->kind, strlen(row->kind));
    cd_sql_text(&query, row->policy, strlen(row->policy));
    cd_sql_int(&query, row->published_ms);
    cd_sql_blob(&query, text.data, text.size);
    return cd_sql_run(&query, err);
}

consent_status cd_store_each_notice(cd_store *store, uint32_t limit, cd_notice_fn fn, void *ctx, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the notices",
                                  "SELECT hash, id, kind, policy, published_ms FROM notices"
                                  " ORDER BY published_ms DESC, id LIMIT ?");
    cd_notice_row row;
    bool more = true;
    cd_sql_int(&query, limit);
    while (more && cd_sql_row(&query)) {
        read_notice(&query, &row);
        more = fn(ctx, &row);
    }
    return cd_sql_end(&query, err);
}

consent_status cd_store_add_broadcast(cd_store *store, const uint8_t *notice, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the notice to everybody",
                     "INSERT OR IGNORE INTO broadcasts(notice, done, delivered, finished) VALUES(?, NULL, 0, 0)");
    cd_sql_blob(&query, notice, CS_HASH_SIZE);
    return cd_sql_run(&query, err);
}

consent_status cd_store_next_broadcast(cd_store *store, cd_broadcast *out, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "a notice to everybody",
                     "SELECT id, notice, done, delivered FROM broadcasts WHERE finished = 0 ORDER BY id LIMIT 1");
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found) {
        out->id = cd_sql_read_int(&query);
        (void)cd_sql_read_blob(&query, out->notice, CS_HASH_SIZE);
        out->begun = cd_sql_read_blob(&query, out->done, CS_PROFILE_ID_SIZE);
        out->delivered = (uint64_t)cd_sql_read_int(&query);
    }
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_move_broadcast(cd_store *store, const cd_broadcast *broadcast, bool finished,
                                       consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the notice to everybody",
                                  "UPDATE broadcasts SET done = ?, delivered = ?, finished = ? WHERE id = ?");
    cd_sql_blob(&query, broadcast->begun ? broadcast->done : NULL, CS_PROFILE_ID_SIZE);
    cd_sql_int(&query, (int64_t)broadcast->delivered);
    cd_sql_int(&query, finished);
    cd_sql_int(&query, broadcast->id);
    return cd_sql_run(&query, err);
}
