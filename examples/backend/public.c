/* What everybody may read: policies, heads, key sets, notices (docs/sync-protocol.md section 7), and how the backend is. */
#include "handlers.h"
#include "platform/platform.h"
#include "policy/key_set.h"

#define IMMUTABLE "public, max-age=31536000, immutable"

static bool hash_of(cd_request *request, uint8_t hash[CS_HASH_SIZE])
{
    if (cs_hex_decode(request->parts[0], hash, CS_HASH_SIZE))
        return true;
    cd_answer_error(request, 404, "unknown", "what is named by its hash is asked for with 64 hex digits", 0);
    return false;
}

void cd_get_head(cd_request *request)
{
    cd_policy_row row;
    int64_t fresh_until_ms;
    consent_error err = {0};
    cs_str id = cd_query(request, "id");
    cd_answer_text(request, "text/plain; charset=utf-8");
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_head(store, id, &row, &fresh_until_ms, &request->answer, &err);
    cd_reader_back(request, store);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

void cd_get_policy(cd_request *request)
{
    uint8_t hash[CS_HASH_SIZE];
    consent_error err = {0};
    if (!hash_of(request, hash))
        return;
    cd_answer_text(request, "text/plain; charset=utf-8");
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_bundle(store, hash, &request->answer, &err);
    cd_reader_back(request, store);
    request->cache = IMMUTABLE;
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

void cd_get_keys(cd_request *request)
{
    uint32_t version;
    consent_error err = {0};
    cd_answer_text(request, "text/plain; charset=utf-8");
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_key_set(store, &version, &request->answer, &err);
    cd_reader_back(request, store);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

void cd_get_notice(cd_request *request)
{
    uint8_t hash[CS_HASH_SIZE];
    cd_notice_row row;
    consent_error err = {0};
    if (!hash_of(request, hash))
        return;
    cd_answer_text(request, "text/plain; charset=utf-8");
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_notice(store, hash, &row, &request->answer, &err);
    cd_reader_back(request, store);
    request->cache = IMMUTABLE;
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

/* ---- how it is ---------------------------------------------------------------------------------------- */

void cd_get_health(cd_request *request)
{
    cs_json_out out;
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cs_json_member_text(&out, "status", "alive");
    cs_json_close_object(&out);
}

void cd_get_ready(cd_request *request)
{
    char kid[17];
    consent_error err = {0};
    cs_json_out out;
    cd_store *store = cd_reader(request);
    bool database = cd_store_probe(store, &err) == CONSENT_OK;
    cd_reader_back(request, store);
    bool key = cd_keys_current(request->server->keys, request->now_ms, kid);
    bool stopping = atomic_load(&request->server->stopping);
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cs_json_member_bool(&out, "ready", database && key && !stopping);
    cs_json_member_bool(&out, "database", database);
    cs_json_member_bool(&out, "receipt_key", key);
    cs_json_member_bool(&out, "stopping", stopping);
    cs_json_close_object(&out);
    if (!database || !key || stopping)
        request->status = 503;
}

void cd_get_metrics(cd_request *request)
{
    cd_answer_text(request, "text/plain; version=0.0.4; charset=utf-8");
    cd_metrics_write(&request->server->metrics, cd_route_count + 1, cd_route_name, &request->answer);
}
