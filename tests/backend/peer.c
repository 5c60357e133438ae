/* Requests of peer.h, over TLS, with everything that was answered kept for openapi.py. */
#include "backend/peer.h"

#include "platform/platform.h"

#include <curl/curl.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MAX_BODY_BYTES (16u << 20)

/* ---- keeping what was said ----------------------------------------------------------------------- */

/* One line of JSON an exchange, in the file that BACKEND_EXCHANGES names. */
static void keep(const char *method, const char *path, const char *request_type, cs_span body, const peer_reply *reply)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const char *name = getenv("BACKEND_EXCHANGES");
    FILE *file = name ? fopen(name, "ab") : NULL;
    cs_buffer line;
    cs_json_out out;
    if (!file || reply->status == 0) {
        if (file)
            (void)fclose(file);
        return;
    }
    bool text = cs_utf8_is_valid((cs_str){(const char *)body.data, body.size});
    cs_buffer_init(&line, cs_memory_system(), 64u << 20);
    cs_json_out_init(&out, &line);
    cs_json_open_object(&out);
    cs_json_member_text(&out, "method", method);
    cs_json_member_text(&out, "path", path);
    cs_json_member_text(&out, "request_type", request_type);
    cs_json_member_str(&out, "request", text ? (cs_str){(const char *)body.data, body.size} : (cs_str){"", 0});
    cs_json_member_int(&out, "status", reply->status);
    cs_json_member_text(&out, "type", reply->type);
    cs_json_member_bool(&out, "retry_after", reply->retry_after[0] != '\0');
    cs_json_member_str(&out, "body", (cs_str){(const char *)reply->body.data, reply->body.size});
    cs_json_close_object(&out);
    cs_buffer_text(&line, "\n");
    assert_false(line.failed);
    (void)pthread_mutex_lock(&lock); /* threads' lines do not mix */
    (void)fwrite(line.data, 1, line.size, file);
    (void)fclose(file);
    (void)pthread_mutex_unlock(&lock);
    cs_buffer_free(&line);
}

/* ---- asking ----------------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    peer_reply *reply = ctx;
    cs_buffer_append(&reply->body, data, size * count);
    return reply->body.failed ? 0 : size * count;
}

static void take_header(const char *line, size_t size, const char *name, char *out, size_t room)
{
    size_t length = strlen(name);
    if (size < length + 2 || strncasecmp(line, name, length) != 0 || line[length] != ':')
        return;
    const char *value = line + length + 1;
    size_t left = size - length - 1;
    while (left > 0 && *value == ' ')
        value++, left--;
    while (left > 0 && (value[left - 1] == '\r' || value[left - 1] == '\n'))
        left--;
    (void)snprintf(out, room, "%.*s", (int)left, value);
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    peer_reply *reply = ctx;
    take_header(data, size * count, "Content-Type", reply->type, sizeof reply->type);
    take_header(data, size * count, "Retry-After", reply->retry_after, sizeof reply->retry_after);
    take_header(data, size * count, "Location", reply->location, sizeof reply->location);
    take_header(data, size * count, "Set-Cookie", reply->cookie, sizeof reply->cookie);
    return size * count;
}

static pthread_key_t handle_key;

static void end_handle(void *curl)
{
    curl_easy_cleanup(curl);
}

static void make_key(void)
{
    assert_int_equal(pthread_key_create(&handle_key, end_handle), 0);
}

/* A connection of this thread's, kept between requests and closed at the thread's end. */
static CURL *handle(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_key);
    CURL *kept = pthread_getspecific(handle_key);
    if (kept) {
        curl_easy_reset(kept);
        return kept;
    }
    kept = curl_easy_init();
    assert_int_equal(pthread_setspecific(handle_key, kept), 0);
    return kept;
}

static struct curl_slist *headers_of(const char *token, const char *cookie, const char *type)
{
    char line[700];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    (void)snprintf(line, sizeof line, "Content-Type: %s", type);
    list = curl_slist_append(list, line);
    if (token) {
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        list = curl_slist_append(list, line);
    }
    if (cookie) {
        (void)snprintf(line, sizeof line, "Cookie: %s", cookie);
        list = curl_slist_append(list, line);
    }
    return list;
}

static void perform(const peer_server *server, const char *method, const char *path, struct curl_slist *headers,
                    cs_span body, peer_reply *out)
{
    char url[1200], ca[100];
    CURL *curl = handle();
    memset(out, 0, sizeof *out);
    cs_buffer_init(&out->body, cs_memory_system(), MAX_BODY_BYTES);
    (void)snprintf(url, sizeof url, "%s%s", server->url, path);
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", server->dir);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, out);
    if (body.data || strcmp(method, "POST") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data ? (const char *)body.data : "");
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    }
    if (curl_easy_perform(curl) == CURLE_OK || out->status == 0)
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_slist_free_all(headers);
    cs_buffer_u8(&out->body, 0);
    out->body.size--;
}

void peer_ask(const peer_server *server, const char *method, const char *path, const char *token, const char *type,
              cs_span body, peer_reply *out)
{
    const char *content = type ? type : "application/json";
    perform(server, method, path, headers_of(token, NULL, content), body, out);
    keep(method, path, content, body, out);
}

void peer_ask_text(const peer_server *server, const char *method, const char *path, const char *token, const char *body,
                   peer_reply *out)
{
    cs_span bytes = {(const uint8_t *)body, body ? strlen(body) : 0};
    peer_ask(server, method, path, token, NULL, bytes, out);
}

void peer_form(const peer_server *server, const char *path, const char *cookie, const char *form, peer_reply *out)
{
    const char *type = "application/x-www-form-urlencoded";
    cs_span bytes = {(const uint8_t *)form, strlen(form)};
    perform(server, "POST", path, headers_of(NULL, cookie, type), bytes, out);
    keep("POST", path, type, bytes, out);
}

void peer_page(const peer_server *server, const char *path, const char *cookie, peer_reply *out)
{
    perform(server, "GET", path, headers_of(NULL, cookie, "text/plain"), (cs_span){NULL, 0}, out);
    keep("GET", path, "text/plain", (cs_span){NULL, 0}, out);
}

void peer_reply_free(peer_reply *reply)
{
    cs_buffer_free(&reply->body);
}

/* ---- looking at answers ------------------------------------------------------------------------------- */

void peer_expect(const peer_reply *reply, long status)
{
    if (reply->status != status)
        fail_msg("status %ld instead of %ld: %.600s", reply->status, status,
                 reply->body.data ? (const char *)reply->body.data : "");
}

void peer_expect_error(const peer_reply *reply, long status, const char *code)
{
    cs_wire_error error;
    peer_expect(reply, status);
    assert_true(cs_wire_error_read((cs_str){(const char *)reply->body.data, reply->body.size}, &error));
    assert_string_equal(error.code, code);
    assert_true(error.message[0] != '\0');
}

bool peer_says(const peer_reply *reply, const char *text)
{
    return reply->body.data && strstr((const char *)reply->body.data, text) != NULL;
}

void peer_want(const peer_server *server, const char *method, const char *path, const char *token, const char *body,
               long status)
{
    peer_reply reply;
    peer_ask_text(server, method, path, token, body, &reply);
    peer_expect(&reply, status);
    peer_reply_free(&reply);
}

static const char *value_of(const peer_reply *reply, const char *name)
{
    char quoted[80];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = reply->body.data ? strstr((const char *)reply->body.data, quoted) : NULL;
    return at ? at + strlen(quoted) : NULL;
}

long long peer_number(const peer_reply *reply, const char *name)
{
    const char *at = value_of(reply, name);
    return at ? strtoll(at, NULL, 10) : -1;
}

void peer_text(const peer_reply *reply, const char *name, char *out, size_t size)
{
    const char *at = value_of(reply, name);
    out[0] = '\0';
    if (at && *at == '"')
        (void)snprintf(out, size, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

long long peer_metric(const peer_server *server, const char *name)
{
    char line[100];
    peer_reply reply;
    peer_ask(server, "GET", "/metrics", NULL, NULL, (cs_span){NULL, 0}, &reply);
    peer_expect(&reply, 200);
    (void)snprintf(line, sizeof line, "\nconsentd_%s ", name);
    const char *at = strstr((const char *)reply.body.data, line);
    long long value = at ? strtoll(at + strlen(line), NULL, 10) : -1;
    peer_reply_free(&reply);
    return value;
}

/* ---- raw connections -------------------------------------------------------------------------------- */

void *peer_connect(const peer_server *to)
{
    char ca[100];
    CURL *curl = curl_easy_init();
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", to->dir);
    (void)curl_easy_setopt(curl, CURLOPT_URL, to->url);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(curl) == CURLE_OK)
        return curl;
    curl_easy_cleanup(curl);
    return NULL;
}

void peer_rest(long ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}
