/* Policies, head statements, key sets, notices; and sealed files for the operator. */
#include "profile/rights.h"
#include "sync/internal.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_POLICIES = 64,
    MAX_SEALED = 64
};

/* ---- what is published ------------------------------------------------------------------------------------- */

static consent_status get(cs_sync *sync, const char *path, cs_fault *fault, consent_error *err)
{
    uint64_t last;
    const cs_sync_request request = {
        .method = "GET", .path = path, .answer_limit = CS_BUNDLE_MAX_BYTES, .is_policy = true};
    return cs_sync_call(sync, &request, fault, &last, err);
}

/* What the home refuses is the backend's fault, and told; it does not stop the rest. */
static consent_status install(cs_sync *sync, consent_error *err)
{
    const cs_str answer = cs_sync_answer(sync);
    consent_error why = {0};
    consent_status status =
        cs_exchange_install(sync->profile, (cs_span){(const uint8_t *)answer.data, answer.size}, &why);
    if (status != CONSENT_OK && err)
        *err = why;
    bool refused = status == CONSENT_E_TAMPERED || status == CONSENT_E_REJECTED || status == CONSENT_E_EXPIRED ||
                   status == CONSENT_E_ARGUMENT || status == CONSENT_E_UNSUPPORTED;
    return refused ? cs_sync_failed(sync, 0, CONSENT_E_NETWORK) : status;
}

consent_status cs_sync_fetch_keys(cs_sync *sync, consent_error *err)
{
    cs_fault fault;
    sync->keys_fetched = true;
    consent_status status = get(sync, "/v1/keys", &fault, err);
    if (status == CONSENT_OK && fault != CS_FAULT_NONE)
        status = cs_sync_failed(sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "the backend publishes no key set"));
    if (status == CONSENT_OK)
        status = install(sync, err);
    sync->report->policies += status == CONSENT_OK;
    return status == CONSENT_OK ? cs_exchange_keys(sync->profile, sync->keys, err) : status;
}

static consent_status fetch_bundle(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE], bool *there, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE], hex[2 * CS_HASH_SIZE + 1];
    cs_fault fault;
    cs_hex_encode(hash, CS_HASH_SIZE, hex);
    (void)snprintf(path, sizeof path, "/v1/policies/%s", hex);
    consent_status status = get(sync, path, &fault, err);
    *there = status == CONSENT_OK && fault == CS_FAULT_NONE;
    if (*there)
        status = install(sync, err);
    sync->report->policies += *there && status == CONSENT_OK;
    return status;
}

static consent_status fetch_head(cs_sync *sync, const char *id, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE];
    cs_fault fault;
    (void)snprintf(path, sizeof path, "/v1/policies/head?id=%s", id);
    consent_status status = get(sync, path, &fault, err);
    return status == CONSENT_OK && fault == CS_FAULT_NONE ? install(sync, err) : status;
}

static consent_status fetch_wanted(cs_sync *sync, consent_error *err)
{
    consent_status status = CONSENT_OK;
    while (sync->kept.wanted_count != 0 && status == CONSENT_OK) {
        uint8_t hash[CS_HASH_SIZE];
        bool there;
        memcpy(hash, sync->kept.wanted[sync->kept.wanted_count - 1], sizeof hash);
        if (!cs_exchange_holds(sync->profile, hash))
            status = fetch_bundle(sync, hash, &there, err);
        if (status == CONSENT_OK) {
            sync->kept.wanted_count--;
            sync->kept_changed = true;
        }
    }
    return status;
}

consent_status cs_sync_fetch_policies(cs_sync *sync, consent_error *err)
{
    char id[CS_ID_MAX_SIZE + 1];
    uint8_t hash[CS_HASH_SIZE], before[CS_HASH_SIZE] = {0};
    consent_status status = fetch_wanted(sync, err);
    for (size_t i = 0; i < MAX_POLICIES && status == CONSENT_OK && cs_exchange_policy_id(sync->profile, i, id); i++)
        status = fetch_head(sync, id, err);
    for (int i = 0; i < MAX_POLICIES && status == CONSENT_OK && cs_exchange_missing(sync->profile, hash); i++) {
        bool there;
        if (memcmp(hash, before, sizeof hash) == 0)
            break; /* not published, or not what it says */
        memcpy(before, hash, sizeof before);
        status = fetch_bundle(sync, hash, &there, err);
    }
    return status;
}

/* One that cannot be fetched or shown now stays wanted; one that is refused does not. */
static consent_status fetch_notice(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE], bool *wanted, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE], hex[2 * CS_HASH_SIZE + 1];
    cs_fault fault;
    cs_hex_encode(hash, CS_HASH_SIZE, hex);
    (void)snprintf(path, sizeof path, "/v1/notices/%s", hex);
    consent_status status = get(sync, path, &fault, err);
    *wanted = true;
    if (status != CONSENT_OK || fault != CS_FAULT_NONE)
        return status;
    const cs_str answer = cs_sync_answer(sync);
    status = cs_profile_notice_receive(sync->profile, (cs_span){(const uint8_t *)answer.data, answer.size}, err);
    *wanted = status == CONSENT_E_NOT_FOUND; /* its policy is not held yet */
    bool refused = status == CONSENT_E_TAMPERED || status == CONSENT_E_REJECTED || status == CONSENT_E_EXPIRED ||
                   status == CONSENT_E_ARGUMENT || status == CONSENT_E_UNSUPPORTED;
    return *wanted || refused ? CONSENT_OK : status;
}

consent_status cs_sync_fetch_notices(cs_sync *sync, consent_error *err)
{
    cs_sync_memory *kept = &sync->kept;
    consent_status status = CONSENT_OK;
    for (size_t i = 0; i < kept->notice_count && status == CONSENT_OK;) {
        bool wanted;
        status = fetch_notice(sync, kept->notices[i], &wanted, err);
        i += wanted;
        if (wanted)
            continue;
        memmove(kept->notices[i], kept->notices[--kept->notice_count], CS_HASH_SIZE);
        sync->kept_changed = true;
    }
    return status;
}

/* ---- sealed files --------------------------------------------------------------------------------------------- */

static consent_status check_sealed(cs_sync *sync, const cs_buffer *content, consent_error *err)
{
    cs_json_doc doc = {0};
    cs_sealed_receipt receipt;
    uint8_t hash[CS_HASH_SIZE];
    const cs_span part = cs_buffer_span(content);
    consent_status status = cs_json_parse(&doc, cs_sync_answer(sync), CS_ANSWER_MAX_BYTES, "the answer", err);
    if (status == CONSENT_OK)
        status = cs_sync_sealed_receipt(sync, cs_json_str(cs_json_get(doc.root, "receipt")), &receipt, err);
    if (status == CONSENT_OK)
        status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK && memcmp(hash, receipt.sha256, sizeof hash) != 0)
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "the receipt was another sealed file's");
    cs_json_free(&doc);
    return status == CONSENT_OK || status == CONSENT_E_MEMORY ? status : cs_sync_failed(sync, 0, CONSENT_E_NETWORK);
}

static consent_status send_one(cs_sync *sync, const char *name, const cs_buffer *content, consent_error *err)
{
    cs_fault fault;
    uint64_t last;
    const cs_sync_request request = {.method = "POST",
                                     .path = "/v1/sealed",
                                     .content_type = "application/octet-stream",
                                     .body = cs_buffer_span(content)};
    consent_status status = cs_sync_call(sync, &request, &fault, &last, err);
    if (status == CONSENT_OK && fault != CS_FAULT_NONE)
        return cs_sync_failed(sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "the backend refused a sealed file"));
    if (status == CONSENT_OK)
        status = check_sealed(sync, content, err);
    if (status == CONSENT_OK)
        status = cs_exchange_sealed_done(sync->profile, name, err);
    if (status == CONSENT_OK)
        sync->report->sealed++;
    return status;
}

consent_status cs_sync_send_sealed(cs_sync *sync, consent_error *err)
{
    char name[CS_SEALED_NAME_SIZE];
    cs_buffer content;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&content, sync->memory, CS_SEALED_MAX_BYTES);
    for (int i = 0; i < MAX_SEALED && status == CONSENT_OK; i++) {
        cs_buffer_clear(&content);
        status = cs_exchange_sealed(sync->profile, name, &content, err);
        if (status == CONSENT_OK)
            status = send_one(sync, name, &content, err);
    }
    cs_buffer_free(&content);
    return status == CONSENT_E_NOT_FOUND ? CONSENT_OK : status;
}
