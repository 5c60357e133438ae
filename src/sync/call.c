/* One request and what its answer means: docs/sync-protocol.md section 9. */
#include "sync/internal.h"

#include <stdio.h>
#include <string.h>

enum {
    REQUEST_MAX_MS = 60000,
    CLOCK_APART_MS = 60000
};

#define RETRY_MIN_MS CS_SECOND_MS
#define RETRY_MAX_MS CS_DAY_MS
#define BACKOFF_FIRST_MS INT64_C(2000)
#define BACKOFF_MAX_MS (6 * CS_HOUR_MS)

/* ---- time --------------------------------------------------------------------------------------------- */

int64_t cs_sync_now_ms(const cs_sync *sync)
{
    cs_clock clock;
    sync->env->clock(sync->env->ctx, &clock);
    return clock.wall_ms;
}

static int64_t left_ms(const cs_sync *sync)
{
    cs_clock clock;
    sync->env->clock(sync->env->ctx, &clock);
    return sync->deadline_ms - clock.elapsed_ms;
}

bool cs_sync_http_date(const char *text, int64_t *out_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    /* "Sun, 06 Nov 1994 08:49:37 GMT", nothing else: the form every server must send (RFC 9110 5.6.7). */
    if (strlen(text) != 29 || memcmp(text + 3, ", ", 2) != 0 || memcmp(text + 25, " GMT", 4) != 0)
        return false;
    char month[4] = {text[8], text[9], text[10], '\0'}, iso[] = "YYYY-MM-DDTHH:MM:SSZ";
    const char *found = strstr(months, month);
    if (!found || (found - months) % 3 != 0)
        return false;
    int number = (int)(found - months) / 3 + 1;
    memcpy(iso, text + 12, 4);
    iso[5] = (char)('0' + number / 10);
    iso[6] = (char)('0' + number % 10);
    memcpy(iso + 8, text + 5, 2);
    memcpy(iso + 11, text + 17, 8);
    return cs_time_parse(cs_str_of(iso), out_ms);
}

/* Seconds, or a date held against the answer's own; 0: neither. */
static int64_t retry_after_ms(const cs_sync *sync, const consent_http_answer *answer)
{
    const char *text = answer->retry_after;
    int64_t wait_ms = 0, until_ms, now_ms;
    if (text[0] == '\0')
        return 0;
    if (strspn(text, "0123456789") == strlen(text)) {
        for (const char *at = text; *at != '\0' && wait_ms < RETRY_MAX_MS; at++)
            wait_ms = wait_ms * 10 + (*at - '0') * CS_SECOND_MS;
    } else if (cs_sync_http_date(text, &until_ms)) {
        if (!cs_sync_http_date(answer->date, &now_ms))
            now_ms = cs_sync_now_ms(sync);
        wait_ms = until_ms - now_ms;
    } else {
        return 0;
    }
    return wait_ms < RETRY_MIN_MS ? RETRY_MIN_MS : wait_ms > RETRY_MAX_MS ? RETRY_MAX_MS : wait_ms;
}

static void compare_clocks(cs_sync *sync, const consent_http_answer *answer)
{
    int64_t theirs_ms;
    if (!cs_sync_http_date(answer->date, &theirs_ms))
        return;
    int64_t ahead_ms = cs_sync_now_ms(sync) - theirs_ms;
    sync->report->clock_ahead_ms = ahead_ms > CLOCK_APART_MS || ahead_ms < -CLOCK_APART_MS ? ahead_ms : 0;
}

/* ---- trying again ---------------------------------------------------------------------------------------- */

/* Full jitter: devices that failed together do not come back together. */
static int64_t backoff_ms(const cs_sync *sync)
{
    uint8_t random[8] = {0};
    uint32_t n = sync->kept.failures;
    int64_t most_ms = n >= 14 ? BACKOFF_MAX_MS : BACKOFF_FIRST_MS << n;
    if (most_ms > BACKOFF_MAX_MS)
        most_ms = BACKOFF_MAX_MS;
    (void)sync->env->random(sync->env->ctx, random, sizeof random);
    return 1 + (int64_t)(cs_load_u64(random) % (uint64_t)most_ms);
}

consent_status cs_sync_failed(cs_sync *sync, int64_t told_ms, consent_status status)
{
    sync->report->retry_ms = told_ms != 0 ? told_ms : backoff_ms(sync);
    sync->kept.wait_until_ms = told_ms != 0 ? cs_sync_now_ms(sync) + told_ms : 0;
    if (sync->kept.failures < UINT32_MAX)
        sync->kept.failures++;
    sync->kept_changed = true;
    return status;
}

/* ---- the request --------------------------------------------------------------------------------------------- */

static bool is_cancelled(void *ctx)
{
    const cs_sync *sync = ctx;
    return atomic_load(sync->cancelled) != sync->cancelled_at;
}

static int receive(void *ctx, const void *data, size_t size)
{
    cs_sync *sync = ctx;
    if (size > sync->answer_limit - sync->answer.size)
        return 1;
    cs_buffer_append(&sync->answer, data, size);
    return sync->answer.failed;
}

cs_str cs_sync_answer(const cs_sync *sync)
{
    return (cs_str){(const char *)sync->answer.data, sync->answer.size};
}

void cs_sync_tell(const cs_sync *sync)
{
    if (sync->setup->progress)
        sync->setup->progress(sync->setup->ctx, sync->report);
}

static consent_status send(cs_sync *sync, const cs_sync_request *request, consent_http_answer *answer,
                           consent_error *err)
{
    char url[1024 + CS_SYNC_PATH_SIZE + 2];
    int64_t rest_ms = left_ms(sync);
    if (is_cancelled(sync))
        return cs_fail(err, CONSENT_E_CANCELLED, 0, "the sync was cancelled");
    if (rest_ms <= 0)
        return cs_sync_failed(sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "the sync's time was up; call it again"));
    (void)snprintf(url, sizeof url, "%s%s", sync->setup->endpoint, request->path);
    const char *token = sync->standing.has_account ? sync->token : sync->kept.token;
    consent_http_request http = CONSENT_INIT(consent_http_request);
    http.method = request->method;
    http.url = url;
    http.content_type = request->content_type;
    http.token = request->with_token && token[0] ? token : NULL;
    http.body = request->body.data;
    http.body_size = request->body.size;
    http.timeout_ms = (uint32_t)(rest_ms < REQUEST_MAX_MS ? rest_ms : REQUEST_MAX_MS);
    http.cancelled = is_cancelled;
    http.receive = receive;
    http.ctx = sync;
    cs_buffer_free(&sync->answer);
    sync->answer_limit = request->answer_limit ? request->answer_limit : CS_ANSWER_MAX_BYTES;
    cs_buffer_init(&sync->answer, sync->memory, sync->answer_limit);
    *answer = (consent_http_answer){.struct_size = sizeof *answer};
    sync->report->requests++;
    consent_status status = sync->transport.perform(sync->transport.ctx, &http, answer, err);
    sync->report->clock_suspect |= answer->clock_suspect;
    if (status == CONSENT_OK && sync->answer.failed)
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the answer");
    if (status == CONSENT_OK && is_cancelled(sync))
        status = cs_fail(err, CONSENT_E_CANCELLED, 0, "the sync was cancelled");
    if (status != CONSENT_OK && status != CONSENT_E_CANCELLED && status != CONSENT_E_MEMORY)
        status = cs_sync_failed(sync, 0, CONSENT_E_NETWORK);
    return status;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static consent_status ask_host(cs_sync *sync, bool renew, consent_error *err)
{
    sync->token_asked = true;
    sync->token_renewed |= renew;
    sync->token[0] = '\0';
    if (!sync->setup->token)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an account's profile needs config.token");
    consent_status status = sync->setup->token(sync->setup->ctx, renew, sync->token, sizeof sync->token);
    const char *end = memchr(sync->token, '\0', sizeof sync->token);
    size_t size = end ? (size_t)(end - sync->token) : 0;
    bool is_token = size != 0;
    for (size_t i = 0; i < size && is_token; i++)
        is_token = sync->token[i] > ' ' && sync->token[i] < 0x7F;
    if (status == CONSENT_OK && is_token)
        return CONSENT_OK;
    sync->token[0] = '\0';
    return cs_fail(err, status == CONSENT_OK ? CONSENT_E_ARGUMENT : status, 0, "the host gave no token");
}

/* ---- what an answer means ---------------------------------------------------------------------------------------- */

static cs_fault fault_of(const cs_sync *sync, int32_t status, const cs_sync_request *request, uint64_t *last)
{
    cs_wire_error why = {0};
    (void)cs_wire_error_read(cs_sync_answer(sync), &why);
    *last = why.last;
    switch (status) {
    case 400:
    case 422:
        return CS_FAULT_REJECTED;
    case 404:
        return strcmp(why.code, "unknown") == 0 || request->is_policy ? CS_FAULT_UNKNOWN : CS_FAULT_NONE;
    case 409:
        return strcmp(why.code, "gap") == 0    ? CS_FAULT_GAP
               : strcmp(why.code, "fork") == 0 ? CS_FAULT_FORK
                                               : CS_FAULT_NONE;
    case 413:
        return CS_FAULT_TOO_LARGE;
    default:
        return CS_FAULT_NONE;
    }
}

static consent_status judge(cs_sync *sync, const cs_sync_request *request, const consent_http_answer *answer,
                            cs_fault *fault, uint64_t *last, consent_error *err)
{
    int32_t code = answer->status;
    if (code == 200)
        return CONSENT_OK;
    *fault = fault_of(sync, code, request, last);
    if (*fault != CS_FAULT_NONE)
        return CONSENT_OK;
    if (code == 429 || code == 503)
        return cs_sync_failed(sync, retry_after_ms(sync, answer),
                              cs_fail(err, CONSENT_E_NETWORK, code, "the backend is busy; try again later"));
    if (code == 401 || code == 403)
        return cs_sync_failed(sync, 0, cs_fail(err, CONSENT_E_NETWORK, code, "the backend did not take the token"));
    return cs_sync_failed(sync, 0,
                          cs_fail(err, CONSENT_E_NETWORK, code, "the backend answered with status %d", (int)code));
}

consent_status cs_sync_call(cs_sync *sync, const cs_sync_request *request, cs_fault *fault, uint64_t *last,
                            consent_error *err)
{
    consent_http_answer answer;
    bool account = request->with_token && sync->standing.has_account;
    *fault = CS_FAULT_NONE;
    *last = 0;
    consent_status status = account && !sync->token_asked ? ask_host(sync, false, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = send(sync, request, &answer, err);
    if (status == CONSENT_OK && account && (answer.status == 401 || answer.status == 403) && !sync->token_renewed) {
        status = ask_host(sync, true, err);
        if (status == CONSENT_OK)
            status = send(sync, request, &answer, err);
    }
    if (status == CONSENT_OK && request->with_token && !account && (answer.status == 401 || answer.status == 403) &&
        sync->kept.token[0]) {
        /* The device's own token comes with its enrolment: like a profile that is not known. */
        sync->kept.token[0] = '\0';
        sync->kept_changed = true;
        *fault = CS_FAULT_UNKNOWN;
        return CONSENT_OK;
    }
    if (status != CONSENT_OK)
        return status;
    compare_clocks(sync, &answer);
    status = judge(sync, request, &answer, fault, last, err);
    cs_sync_tell(sync);
    return status;
}
