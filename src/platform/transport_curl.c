#include "platform/transport_curl.h"

#include <string.h>

#if defined(CONSENT_HAVE_CURL)

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

enum {
    CONNECT_MS = 10000,
    SLOW_BYTES_PER_SECOND = 64,
    SLOW_SECONDS = 30,
    HEADER_MAX_BYTES = 4096 + 64,
    ANSWER_HEADERS_MAX_BYTES = 65536 /* libcurl before 8.3 takes headers without end */
};

struct cs_curl {
    cs_memory memory;
    CURL *easy;
    char error[CURL_ERROR_SIZE];
};

typedef struct exchange {
    const consent_http_request *request;
    consent_http_answer *answer;
    size_t header_bytes;
    bool too_much;
    bool cancelled;
} exchange;

bool cs_curl_is_there(void)
{
    return true;
}

static CURLcode global_code;

static void global_init(void)
{
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- callbacks -------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    exchange *x = user;
    (void)one;
    x->too_much = x->request->receive(x->request->ctx, data, size) != 0;
    return x->too_much ? 0 : size;
}

static void keep_header(const char *line, size_t size, const char *name, char *out, size_t out_size)
{
    size_t name_size = strlen(name);
    if (size <= name_size || line[name_size] != ':')
        return;
    for (size_t i = 0; i < name_size; i++)
        if ((line[i] | 0x20) != name[i])
            return;
    const char *value = line + name_size + 1, *end = line + size;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    if ((size_t)(end - value) >= out_size)
        return;
    memcpy(out, value, (size_t)(end - value));
    out[end - value] = '\0';
}

static size_t on_header(char *data, size_t one, size_t size, void *user)
{
    exchange *x = user;
    (void)one;
    x->header_bytes += size;
    x->too_much = x->header_bytes > ANSWER_HEADERS_MAX_BYTES;
    if (x->too_much)
        return 0;
    keep_header(data, size, "retry-after", x->answer->retry_after, sizeof x->answer->retry_after);
    keep_header(data, size, "date", x->answer->date, sizeof x->answer->date);
    return size;
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    exchange *x = user;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    x->cancelled = x->request->cancelled && x->request->cancelled(x->request->ctx);
    return x->cancelled;
}

/* ---- life -------------------------------------------------------------------------------------- */

/* What holds for every request. Peer and name are verified, and nothing in the interface says otherwise. */
static CURLcode set_up(cs_curl *curl, const cs_curl_config *config)
{
    CURL *easy = curl->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl->error);
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {{CURLOPT_NOSIGNAL, 1},
                   {CURLOPT_FOLLOWLOCATION, 0},
                   {CURLOPT_SSL_VERIFYPEER, 1},
                   {CURLOPT_SSL_VERIFYHOST, 2},
                   {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
                   {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
                   {CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_SECOND},
                   {CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS},
                   {CURLOPT_NOPROGRESS, 0},
                   {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
                   {CURLOPT_NETRC, CURL_NETRC_IGNORED}};
    for (size_t i = 0; i < CS_COUNT_OF(numbers) && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
#if LIBCURL_VERSION_NUM >= 0x075500
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
    if (code == CURLE_OK && config->ca_file)
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
    if (code == CURLE_OK && config->pin_list)
        code = curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, config->pin_list);
    return code;
}

consent_status cs_curl_open(const cs_memory *memory, const cs_curl_config *config, cs_curl **out, consent_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *out = NULL;
    (void)pthread_once(&once, global_init);
    if (global_code != CURLE_OK)
        return cs_fail(err, CONSENT_E_NETWORK, (int)global_code, "libcurl could not be made ready");
    cs_curl *curl = cs_alloc(memory, sizeof *curl);
    if (curl) {
        curl->memory = *memory;
        curl->easy = curl_easy_init();
    }
    if (!curl || !curl->easy) {
        cs_curl_close(curl);
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for a connection");
    }
    CURLcode code = set_up(curl, config);
    if (code == CURLE_OK) {
        *out = curl;
        return CONSENT_OK;
    }
    cs_curl_close(curl);
    return cs_fail(err, code == CURLE_OUT_OF_MEMORY ? CONSENT_E_MEMORY : CONSENT_E_UNSUPPORTED, (int)code,
                   "libcurl does not do what a connection needs: %s", curl_easy_strerror(code));
}

void cs_curl_close(cs_curl *curl)
{
    if (!curl)
        return;
    cs_memory memory = curl->memory;
    curl_easy_cleanup(curl->easy);
    cs_free(&memory, curl, sizeof *curl);
}

/* ---- one request --------------------------------------------------------------------------------- */

static CURLcode add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HEADER_MAX_BYTES];
    int size = snprintf(line, sizeof line, "%s%s", name, value);
    struct curl_slist *longer = size > 0 && (size_t)size < sizeof line ? curl_slist_append(*list, line) : NULL;
    cs_wipe(line, sizeof line);
    if (!longer)
        return CURLE_OUT_OF_MEMORY;
    *list = longer;
    return CURLE_OK;
}

static CURLcode prepare(CURL *easy, exchange *x, struct curl_slist **headers)
{
    const consent_http_request *request = x->request;
    bool post = strcmp(request->method, "POST") == 0;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    if (code == CURLE_OK && post)
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    if (code == CURLE_OK && post)
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    if (code == CURLE_OK && post) /* no waiting for "100 Continue" */
        code = add_header(headers, "Expect:", "");
    if (code == CURLE_OK && request->content_type)
        code = add_header(headers, "Content-Type: ", request->content_type);
    if (code == CURLE_OK && request->token)
        code = add_header(headers, "Authorization: Bearer ", request->token);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, *headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, x);
    return code;
}

/* OpenSSL numbers what was wrong with a certificate; GnuTLS says it. */
static bool is_clock(cs_curl *curl, CURLcode code)
{
    enum {
        NOT_YET_VALID = 9,
        HAS_EXPIRED = 10
    };
    long result = 0;
    if (code != CURLE_PEER_FAILED_VERIFICATION)
        return false;
    (void)curl_easy_getinfo(curl->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    return result == NOT_YET_VALID || result == HAS_EXPIRED || strstr(curl->error, "expired") ||
           strstr(curl->error, "not yet valid") || strstr(curl->error, "not activated");
}

static consent_status fail(cs_curl *curl, const exchange *x, CURLcode code, consent_error *err)
{
    if (x->cancelled)
        return cs_fail(err, CONSENT_E_CANCELLED, 0, "the request was cancelled");
    if (x->too_much)
        return cs_fail(err, CONSENT_E_NETWORK, (int)code, "the answer was larger than is taken");
    x->answer->clock_suspect = is_clock(curl, code);
    if (x->answer->clock_suspect)
        return cs_fail(err, CONSENT_E_NETWORK, (int)code,
                       "the server's certificate was not valid at this device's time; set the clock, or renew the "
                       "certificate");
    /* libcurl says "out of memory" of a header line without end, too: that is the network's other end. */
    return cs_fail(err, CONSENT_E_NETWORK, (int)code, "the request failed: %s",
                   curl->error[0] ? curl->error : curl_easy_strerror(code));
}

consent_status cs_curl_perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                               consent_error *err)
{
    cs_curl *curl = ctx;
    struct curl_slist *headers = NULL;
    exchange x = {.request = request, .answer = answer};
    long status = 0;
    curl->error[0] = '\0';
    CURLcode code = prepare(curl->easy, &x, &headers);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl->easy);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int32_t)status;
    (void)curl_easy_setopt(curl->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return code == CURLE_OK ? CONSENT_OK : fail(curl, &x, code, err);
}

#else

bool cs_curl_is_there(void)
{
    return false;
}

consent_status cs_curl_open(const cs_memory *memory, const cs_curl_config *config, cs_curl **out, consent_error *err)
{
    (void)memory;
    (void)config;
    *out = NULL;
    return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "this build has no libcurl; give the sync a transport");
}

void cs_curl_close(cs_curl *curl)
{
    (void)curl;
}

consent_status cs_curl_perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                               consent_error *err)
{
    (void)ctx;
    (void)request;
    (void)answer;
    return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "this build has no libcurl");
}

#endif
