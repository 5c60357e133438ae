/* Operators, guardians' links, the outbox, sealed files, and what operators did. */
#include "log.h"
#include "store_sql.h"

#include <string.h>

/* ---- operators --------------------------------------------------------------------------------------- */

consent_status cd_store_add_operator(cd_store *store, const cd_operator *one, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the operator", "INSERT INTO operators VALUES(?, ?, ?, ?)");
    cd_sql_text(&query, one->name, strlen(one->name));
    cd_sql_int(&query, one->role);
    cd_sql_blob(&query, one->token_hash, CD_TOKEN_HASH_SIZE);
    cd_sql_int(&query, one->created_ms);
    return cd_sql_run(&query, err);
}

static void read_operator(cd_query *query, cd_operator *out)
{
    cd_sql_read_text(query, out->name, sizeof out->name);
    out->role = (int32_t)cd_sql_read_int(query);
    (void)cd_sql_read_blob(query, out->token_hash, CD_TOKEN_HASH_SIZE);
    out->created_ms = cd_sql_read_int(query);
}

consent_status cd_store_operator(cd_store *store, const uint8_t *token_hash, cd_operator *out, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the operator",
                                  "SELECT name, role, token_hash, created_ms FROM operators WHERE token_hash = ?");
    cd_sql_blob(&query, token_hash, CD_TOKEN_HASH_SIZE);
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found)
        read_operator(&query, out);
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_operator_named(cd_store *store, const char *name, cd_operator *out, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the operator", "SELECT name, role, token_hash, created_ms FROM operators WHERE name = ?");
    cd_sql_text(&query, name, strlen(name));
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found)
        read_operator(&query, out);
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_each_operator(cd_store *store, cd_operator_fn fn, void *ctx, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the operators", "SELECT name, role, token_hash, created_ms FROM operators ORDER BY name");
    cd_operator one;
    bool more = true;
    while (more && cd_sql_row(&query)) {
        read_operator(&query, &one);
        more = fn(ctx, &one);
    }
    return cd_sql_end(&query, err);
}

consent_status cd_store_remove_operator(cd_store *store, const char *name, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the operator", "DELETE FROM operators WHERE name = ?");
    cd_sql_text(&query, name, strlen(name));
    consent_status status = cd_sql_run(&query, err);
    if (status == CONSENT_OK && sqlite3_changes(store->db) == 0)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "there is no operator of that name");
    return status;
}

/* ---- guardians' links ------------------------------------------------------------------------------------ */

static consent_status add_outbox(cd_store *store, const cd_link *link, const char *code, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the outbox", "INSERT INTO outbox(profile, code, created_ms) VALUES(?, ?, ?)");
    cd_sql_blob(&query, link->profile, CS_PROFILE_ID_SIZE);
    cd_sql_text(&query, code, strlen(code));
    cd_sql_int(&query, link->created_ms);
    return cd_sql_run(&query, err);
}

consent_status cd_store_add_link(cd_store *store, const cd_link *link, const char *code, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the link", "INSERT INTO links VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    cd_sql_blob(&query, link->token_hash, CD_TOKEN_HASH_SIZE);
    cd_sql_blob(&query, link->profile, CS_PROFILE_ID_SIZE);
    cd_sql_blob(&query, link->policy, CS_HASH_SIZE);
    cd_sql_text(&query, link->rules_id, strlen(link->rules_id));
    cd_sql_int(&query, link->rules_version);
    cd_sql_blob(&query, link->code_hash, CS_HASH_SIZE);
    cd_sql_int(&query, link->attempts);
    cd_sql_int(&query, link->created_ms);
    cd_sql_int(&query, link->expires_ms);
    cd_sql_int(&query, link->used_ms);
    consent_status status = cd_sql_run(&query, err);
    return status == CONSENT_OK ? add_outbox(store, link, code, err) : status;
}

consent_status cd_store_link(cd_store *store, const uint8_t *token_hash, cd_link *out, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the link",
                                  "SELECT token_hash, profile, policy, rules_id, rules_version, code_hash, attempts,"
                                  " created_ms, expires_ms, used_ms FROM links WHERE token_hash = ?");
    cd_sql_blob(&query, token_hash, CD_TOKEN_HASH_SIZE);
    bool found = cd_sql_row(&query);
    memset(out, 0, sizeof *out);
    if (found) {
        (void)cd_sql_read_blob(&query, out->token_hash, CD_TOKEN_HASH_SIZE);
        (void)cd_sql_read_blob(&query, out->profile, CS_PROFILE_ID_SIZE);
        (void)cd_sql_read_blob(&query, out->policy, CS_HASH_SIZE);
        cd_sql_read_text(&query, out->rules_id, sizeof out->rules_id);
        out->rules_version = (uint32_t)cd_sql_read_int(&query);
        (void)cd_sql_read_blob(&query, out->code_hash, CS_HASH_SIZE);
        out->attempts = (uint32_t)cd_sql_read_int(&query);
        out->created_ms = cd_sql_read_int(&query);
        out->expires_ms = cd_sql_read_int(&query);
        out->used_ms = cd_sql_read_int(&query);
    }
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_move_link(cd_store *store, const cd_link *link, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the link", "UPDATE links SET attempts = ?, used_ms = ? WHERE token_hash = ?");
    cd_sql_int(&query, link->attempts);
    cd_sql_int(&query, link->used_ms);
    cd_sql_blob(&query, link->token_hash, CD_TOKEN_HASH_SIZE);
    return cd_sql_run(&query, err);
}

consent_status cd_store_links_since(cd_store *store, const uint8_t *profile, int64_t since_ms, uint32_t *count,
                                    consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the links", "SELECT count(*) FROM links WHERE profile = ? AND created_ms > ?");
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_int(&query, since_ms);
    *count = cd_sql_row(&query) ? (uint32_t)cd_sql_read_int(&query) : UINT32_MAX;
    return cd_sql_end(&query, err);
}

static consent_status drop_outbox(cd_store *store, int64_t id, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the outbox", "DELETE FROM outbox WHERE id = ?");
    cd_sql_int(&query, id);
    return cd_sql_run(&query, err);
}

consent_status cd_store_take_outbox(cd_store *store, uint32_t limit, cd_outbox_fn fn, void *ctx, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (uint32_t i = 0; status == CONSENT_OK && i < limit; i++) {
        cd_query query =
            cd_sql_begin(store, "the outbox", "SELECT id, profile, code, created_ms FROM outbox ORDER BY id LIMIT 1");
        uint8_t profile[CS_PROFILE_ID_SIZE];
        char code[32] = "";
        int64_t id = 0, created_ms = 0;
        bool found = cd_sql_row(&query);
        if (found) {
            id = cd_sql_read_int(&query);
            (void)cd_sql_read_blob(&query, profile, sizeof profile);
            cd_sql_read_text(&query, code, sizeof code);
            created_ms = cd_sql_read_int(&query);
        }
        status = cd_sql_end(&query, err);
        if (!found || !fn(ctx, id, profile, code, created_ms))
            return status;
        status = drop_outbox(store, id, err);
    }
    return status;
}

/* ---- sealed files ----------------------------------------------------------------------------------------- */

consent_status cd_store_add_sealed(cd_store *store, const uint8_t *sha256, cs_span bytes, int64_t *time_ms,
                                   consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the sealed file", "INSERT OR IGNORE INTO sealed VALUES(?, ?, ?)");
    cd_sql_blob(&query, sha256, CS_HASH_SIZE);
    cd_sql_int(&query, *time_ms);
    cd_sql_blob(&query, bytes.data, bytes.size);
    consent_status status = cd_sql_run(&query, err);
    if (status != CONSENT_OK)
        return status;
    query = cd_sql_begin(store, "the sealed file", "SELECT time_ms FROM sealed WHERE sha256 = ?");
    cd_sql_blob(&query, sha256, CS_HASH_SIZE);
    bool found = cd_sql_row(&query);
    if (found)
        *time_ms = cd_sql_read_int(&query);
    return cd_sql_end_found(&query, found, err);
}

consent_status cd_store_count_sealed(cd_store *store, uint64_t *count, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the sealed files", "SELECT count(*) FROM sealed");
    *count = cd_sql_row(&query) ? (uint64_t)cd_sql_read_int(&query) : 0;
    return cd_sql_end(&query, err);
}

consent_status cd_store_each_sealed(cd_store *store, cd_sealed_fn fn, void *ctx, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the sealed files", "SELECT sha256, bytes FROM sealed ORDER BY time_ms, sha256");
    bool more = true;
    while (more && cd_sql_row(&query)) {
        uint8_t sha256[CS_HASH_SIZE];
        more = cd_sql_read_blob(&query, sha256, sizeof sha256) && fn(ctx, sha256, cd_sql_read_span(&query));
    }
    return cd_sql_end(&query, err);
}

/* ---- audit ---------------------------------------------------------------------------------------------------- */

consent_status cd_store_add_audit(cd_store *store, const cd_audit *one, consent_error *err)
{
    cd_query query =
        cd_sql_begin(store, "the audit", "INSERT INTO audit(time_ms, who, act, profile, detail) VALUES(?, ?, ?, ?, ?)");
    cd_sql_int(&query, one->time_ms);
    cd_sql_text(&query, one->who, strlen(one->who));
    cd_sql_text(&query, one->act, strlen(one->act));
    cd_sql_blob(&query, one->profile, CS_PROFILE_ID_SIZE);
    cd_sql_text(&query, one->detail, strlen(one->detail));
    return cd_sql_run(&query, err);
}

consent_status cd_store_each_audit(cd_store *store, const uint8_t *profile, uint32_t limit, cd_audit_fn fn, void *ctx,
                                   consent_error *err)
{
    cd_query query = cd_sql_begin(store, "the audit",
                                  "SELECT time_ms, who, act, profile, detail FROM audit"
                                  " WHERE profile = ?1 OR ?1 IS NULL ORDER BY id DESC LIMIT ?2");
    char who[CD_NAME_MAX_BYTES + 1], act[64], detail[512];
    uint8_t id[CS_PROFILE_ID_SIZE];
    cd_sql_blob(&query, profile, CS_PROFILE_ID_SIZE);
    cd_sql_int(&query, limit);
    bool more = true;
    while (more && cd_sql_row(&query)) {
        cd_audit one = {.time_ms = cd_sql_read_int(&query), .who = who, .act = act, .detail = detail};
        cd_sql_read_text(&query, who, sizeof who);
        cd_sql_read_text(&query, act, sizeof act);
        one.profile = cd_sql_read_blob(&query, id, sizeof id) ? id : NULL;
        cd_sql_read_text(&query, detail, sizeof detail);
        more = fn(ctx, &one);
    }
    return cd_sql_end(&query, err);
}
