/* What devices ask: docs/sync-protocol.md sections 3, 4 and 8. */
#include "crypto.h"
#include "handlers.h"
#include "log.h"
#include "person.h"
#include "platform/platform.h"

#include <string.h>

#define MAX_LOOKS 4 /* at a range that others change meanwhile */

/* ---- enrolment ------------------------------------------------------------------------------------- */

typedef struct enrolling {
    const cs_enrolment *enrolment;
    const uint8_t *token_hash;
    int64_t now_ms;
} enrolling;

static consent_status write_enrolment(cd_store *store, void *ctx, consent_error *err)
{
    const enrolling *e = ctx;
    return cd_enrol(store, e->enrolment, e->token_hash, e->now_ms, err);
}

static cs_str bearer_token(cd_request *request)
{
    cs_str value = cd_header(request, "Authorization");
    return value.size > 7 ? (cs_str){value.data + 7, value.size - 7} : (cs_str){"", 0};
}

/* An account's token; or, for a later stream of an anonymous profile, the one that its first stream was given. */
static bool is_let_in(cd_request *request, consent_error *err)
{
    cs_str token = bearer_token(request);
    if (token.size < 3 || memcmp(token.data, "n1.", 3) != 0)
        return cd_auth_check_account(request->server->config, token, request->profile, request->now_ms, err) ==
               CONSENT_OK;
    cd_store *store = cd_reader(request);
    consent_status status = cd_auth_check_anonymous(store, token, request->profile, err);
    cd_reader_back(request, store);
    return status == CONSENT_OK;
}

void cd_post_device(cd_request *request)
{
    cs_enrolment enrolment;
    consent_error err = {0};
    char token[CD_TOKEN_SIZE] = "";
    uint8_t hash[CD_TOKEN_HASH_SIZE];
    enrolling e = {&enrolment, NULL, request->now_ms};
    const cd_config *config = request->server->config;
    consent_status status = cs_enrolment_read(cd_body(request), &enrolment, &err);
    memcpy(enrolment.profile, request->profile, sizeof enrolment.profile);
    bool anonymous = status == CONSENT_OK && !enrolment.joined && cd_enrolment_is_anonymous(&enrolment);
    if (status == CONSENT_OK && !anonymous && !is_let_in(request, &err)) {
        cd_answer_error(request, 401, "token", err.message, 0);
        return;
    }
    if (status == CONSENT_OK)
        status = cd_enrolment_check(&enrolment, &err);
    if (status == CONSENT_OK && anonymous) {
        e.token_hash = hash;
        if (!cd_auth_anonymous_token(config, request->profile, enrolment.stream, enrolment.key, token, hash))
            status = cs_fail(&err, CONSENT_E_MEMORY, 0, "no memory for a token");
    }
    if (status == CONSENT_OK)
        status = cd_writer_run(request->server->writer, write_enrolment, &e, &err);
    if (status == CONSENT_E_USED) {
        cd_answer_error(request, 409, "fork", err.message, 0);
    } else if (status != CONSENT_OK) {
        cd_answer_failure(request, status, &err);
    } else {
        cs_json_out out;
        cd_answer_json(request, &out);
        cs_json_open_object(&out);
        cs_json_member_text(&out, "token", token);
        cs_json_close_object(&out);
    }
}

/* ---- ranges in ---------------------------------------------------------------------------------------- */

typedef struct storing {
    cd_checked_range *checked;
    int64_t now_ms;
} storing;

static consent_status write_range(cd_store *store, void *ctx, consent_error *err)
{
    const storing *s = ctx;
    return cd_range_store(store, s->checked, s->now_ms, err);
}

/* Looks, and writes what may be written; looks again when somebody was faster. */
static consent_status take(cd_request *request, const cs_range *range, cd_checked_range *checked, consent_error *err)
{
    consent_status status = CONSENT_OK;
    storing s = {checked, request->now_ms};
    for (int i = 0; i < MAX_LOOKS; i++) {
        cd_store *store = cd_reader(request);
        status = cd_range_check(store, range, checked, err);
        cd_reader_back(request, store);
        if (status != CONSENT_OK || checked->taken != CD_STORED)
            return status;
        status = cd_writer_run(request->server->writer, write_range, &s, err);
        if (status != CONSENT_OK || checked->taken == CD_STORED)
            return status;
    }
    return cs_fail(err, CONSENT_E_LOCKED, 0, "others wrote to this stream all the time");
}

static void answer_receipts(cd_request *request, const cs_range *range)
{
    cs_json_out out;
    consent_error err = {0};
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cs_json_put_name(&out, "receipts");
    cs_json_open_array(&out);
    cd_store *store = cd_reader(request);
    consent_status status = cd_range_receipts(store, request->server->keys, range->profile, range->stream, range->first,
                                              range->last, request->now_ms, &out, &err);
    cd_reader_back(request, store);
    cs_json_close_array(&out);
    cs_json_close_object(&out);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

static void answer_range(cd_request *request, const cs_range *range, const cd_checked_range *checked)
{
    cd_metrics *metrics = &request->server->metrics;
    switch (checked->taken) {
    case CD_STORED:
        cd_count(metrics, ranges, 1);
        cd_count(metrics, events, range->last - range->first + 1);
        answer_receipts(request, range);
        break;
    case CD_KNOWN:
        cd_count(metrics, repeated, 1);
        answer_receipts(request, range);
        break;
    case CD_GAP:
        cd_count(metrics, gaps, 1);
        cd_answer_error(request, 409, "gap", "events before this range are missing", checked->last);
        break;
    default:
        cd_count(metrics, forks, 1);
        cd_answer_error(request, 409, "fork", "this stream has another history here", 0);
        break;
    }
}

/* Nothing is taken that could not be acknowledged. */
static bool can_sign(cd_request *request)
{
    char kid[17];
    consent_error err = {0};
    if (cd_keys_current(request->server->keys, request->now_ms, kid))
        return true;
    cd_answer_failure(
        request, cs_fail(&err, CONSENT_E_KEY_UNAVAILABLE, 0, "the backend has no receipt key for this time"), &err);
    return false;
}

void cd_post_events(cd_request *request)
{
    cs_range range;
    cs_buffer events;
    cd_checked_range checked;
    consent_error err = {0};
    if (!can_sign(request))
        return;
    cs_buffer_init(&events, cs_memory_system(), CS_RANGE_MAX_BYTES);
    consent_status status = cs_range_read(cs_memory_system(), cd_body(request), &range, &events, &err);
    memcpy(range.profile, request->profile, sizeof range.profile);
    if (status == CONSENT_OK)
        status = take(request, &range, &checked, &err);
    if (status == CONSENT_OK)
        answer_range(request, &range, &checked);
    else
        cd_answer_failure(request, status, &err);
    cs_buffer_free(&events);
}

/* ---- the feed -------------------------------------------------------------------------------------------- */

void cd_get_events(cd_request *request)
{
    uint64_t after, last = 0;
    uint8_t own[CS_STREAM_ID_SIZE];
    cs_json_out out;
    consent_error err = {0};
    cs_str stream = cd_query(request, "stream");
    if (!cd_query_number(request, "after", 0, &after) || (stream.size > 0 && !cs_hex_decode(stream, own, sizeof own))) {
        cd_answer_error(request, 400, "rejected", "after is a number, and stream 32 hex digits", 0);
        return;
    }
    cd_answer_json(request, &out);
    cd_store *store = cd_reader(request);
    consent_status status = cd_feed_write(store, request->server->keys, request->profile, after,
                                          stream.size > 0 ? own : NULL, request->now_ms, &out, &last, &err);
    cd_reader_back(request, store);
    if (status == CONSENT_E_ROLLED_BACK)
        cd_answer_error(request, 409, "gap", err.message, last);
    else if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}

/* ---- sealed files ------------------------------------------------------------------------------------------ */

typedef struct sealing {
    cs_span bytes;
    cs_sealed_receipt receipt;
} sealing;

static consent_status write_sealed(cd_store *store, void *ctx, consent_error *err)
{
    sealing *s = ctx;
    return cd_store_add_sealed(store, s->receipt.sha256, s->bytes, &s->receipt.time_ms, err);
}

void cd_post_sealed(cd_request *request)
{
    sealing s = {.bytes = cs_buffer_span(&request->body), .receipt = {.time_ms = request->now_ms}};
    consent_error err = {0};
    cs_json_out out;
    cs_buffer jws;
    if (!can_sign(request))
        return;
    if (s.bytes.size == 0) {
        cd_answer_error(request, 400, "rejected", "the file was empty", 0);
        return;
    }
    cs_buffer_init(&jws, cs_memory_system(), 4096);
    consent_status status = cd_sha256(&s.bytes, 1, s.receipt.sha256) ? CONSENT_OK : CONSENT_E_MEMORY;
    if (status == CONSENT_OK)
        status = cd_writer_run(request->server->writer, write_sealed, &s, &err);
    if (status == CONSENT_OK)
        status = cd_keys_sign_sealed(request->server->keys, request->now_ms, &s.receipt, &jws, &err);
    if (status == CONSENT_OK) {
        cd_count(&request->server->metrics, sealed, 1);
        cd_answer_json(request, &out);
        cs_json_open_object(&out);
        cs_json_member_str(&out, "receipt", (cs_str){(const char *)jws.data, jws.size});
        cs_json_close_object(&out);
    } else {
        cd_answer_failure(request, status, &err);
    }
    cs_buffer_free(&jws);
}
