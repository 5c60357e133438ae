#include "http.h"

#include "consentctl/files.h"
#include "log.h"
#include "platform/platform.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREAD_STACK_BYTES (512u * 1024u)
#define CONNECTION_MEMORY_BYTES (48u * 1024u)
#define BUSY_SECONDS 2u
#define DRAIN_MAX_BYTES (4u * 1024u * 1024u)

static const char priorities[] = "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/* ---- routing -------------------------------------------------------------------------------------- */

/* Whether the path has the pattern's shape; its variable segments in `parts`. */
static bool fits(const char *pattern, const char *path, cs_str parts[CD_MAX_PARTS])
{
    size_t count = 0;
    while (*pattern != '\0' && *path != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t size = strcspn(path, "/");
        if (size == 0 || count == CD_MAX_PARTS)
            return false;
        parts[count++] = (cs_str){path, size};
        path += size;
        pattern = strchr(pattern, '}') + 1;
    }
    return *pattern == '\0' && *path == '\0';
}

static const cd_route *find_route(const char *method, const char *path, cs_str parts[CD_MAX_PARTS], bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; i < cd_route_count; i++) {
        if (!fits(cd_routes[i].path, path, parts))
            continue;
        if (strcmp(cd_routes[i].method, method) == 0)
            return &cd_routes[i];
        *other_method = true;
    }
    return NULL;
}

const char *cd_route_name(size_t route)
{
    return route < cd_route_count ? cd_routes[route].path : "none";
}

/* ---- answers --------------------------------------------------------------------------------------- */

cs_str cd_body(const cd_request *request)
{
    return (cs_str){(const char *)request->body.data, request->body.size};
}

static cs_str value_of(cd_request *request, enum MHD_ValueKind kind, const char *name)
{
    return cs_str_of(MHD_lookup_connection_value(request->connection, kind, name));
}

cs_str cd_query(cd_request *request, const char *name)
{
    return value_of(request, MHD_GET_ARGUMENT_KIND, name);
}

cs_str cd_header(cd_request *request, const char *name)
{
    return value_of(request, MHD_HEADER_KIND, name);
}

cs_str cd_cookie(cd_request *request, const char *name)
{
    return value_of(request, MHD_COOKIE_KIND, name);
}

bool cd_query_number(cd_request *request, const char *name, uint64_t fallback, uint64_t *out)
{
    cs_str text = cd_query(request, name);
    *out = text.size == 0 ? fallback : 0;
    if (text.size > 15)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

void cd_answer_text(cd_request *request, const char *content_type)
{
    cs_buffer_clear(&request->answer);
    request->status = MHD_HTTP_OK;
    request->content_type = content_type;
}

void cd_answer_json(cd_request *request, cs_json_out *out)
{
    cd_answer_text(request, "application/json");
    cs_json_out_init(out, &request->answer);
}

void cd_answer_done(cd_request *request)
{
    cs_json_out out;
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cs_json_member_bool(&out, "done", true);
    cs_json_close_object(&out);
}

void cd_answer_see_other(cd_request *request, const char *location)
{
    cd_answer_text(request, "text/plain");
    request->status = MHD_HTTP_SEE_OTHER;
    (void)snprintf(request->location, sizeof request->location, "%s", location);
}

void cd_answer_error(cd_request *request, unsigned status, const char *code, const char *message, uint64_t last)
{
    cd_answer_text(request, "application/json");
    cs_buffer_free(&request->answer); /* one that failed stays failed */
    request->cache = NULL;
    request->status = status;
    cs_wire_error_write(code, message, last, &request->answer);
}

void cd_answer_failure(cd_request *request, consent_status status, const consent_error *err)
{
    const char *message = err ? err->message : "";
    switch (status) {
    case CONSENT_E_ARGUMENT:
    case CONSENT_E_UNSUPPORTED:
    case CONSENT_E_TAMPERED:
        cd_answer_error(request, MHD_HTTP_BAD_REQUEST, "rejected", message, 0);
        break;
    case CONSENT_E_REJECTED:
    case CONSENT_E_EXPIRED:
    case CONSENT_E_USED:
        cd_answer_error(request, 422, "rejected", message, 0);
        break;
    case CONSENT_E_NOT_FOUND:
        cd_answer_error(request, MHD_HTTP_NOT_FOUND, "unknown", message, 0);
        break;
    case CONSENT_E_LOCKED:
    case CONSENT_E_FULL:
    case CONSENT_E_KEY_UNAVAILABLE:
        cd_count(&request->server->metrics, busy, 1);
        cd_answer_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", message, 0);
        request->retry_after = BUSY_SECONDS;
        break;
    default:
        cd_log_failure("request_failed", status, err);
        cd_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed", "the backend failed; its log says why", 0);
        break;
    }
    if (request->status == MHD_HTTP_BAD_REQUEST || request->status == 422)
        cd_count(&request->server->metrics, rejected, 1);
}

cd_store *cd_reader(cd_request *request)
{
    return cd_pool_get(request->server->pool);
}

void cd_reader_back(cd_request *request, cd_store *store)
{
    cd_pool_put(request->server->pool, store);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static bool is_page(const cd_request *request)
{
    return strncmp(request->content_type, "text/html", 9) == 0;
}

static void add_headers(cd_request *request, struct MHD_Response *response)
{
    add_header(response, "Content-Type", request->content_type);
    add_header(response, "Cache-Control", request->cache ? request->cache : "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    if (is_page(request)) {
        add_header(response, "Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
                   "frame-ancestors 'none'");
        add_header(response, "Referrer-Policy", "no-referrer");
    }
    if (request->location[0] != '\0')
        add_header(response, "Location", request->location);
    if (request->cookie[0] != '\0')
        add_header(response, "Set-Cookie", request->cookie);
    if (request->status == MHD_HTTP_UNAUTHORIZED && !is_page(request))
        add_header(response, "WWW-Authenticate", "Bearer");
    if (request->retry_after > 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", request->retry_after);
        add_header(response, "Retry-After", seconds);
    }
}

static enum MHD_Result send_answer(cd_request *request, bool close_after)
{
    if (request->answer.failed)
        cd_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed", "the answer was too large", 0);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(request->answer.size, request->answer.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(request, response);
    if (close_after || atomic_load(&request->server->stopping))
        add_header(response, "Connection", "close");
    enum MHD_Result sent = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return sent;
}

/* ---- who asks ---------------------------------------------------------------------------------------- */

static void refuse_token(cd_request *request, consent_status status, const consent_error *err)
{
    if (status == CONSENT_E_REJECTED || status == CONSENT_E_EXPIRED)
        cd_answer_error(request, MHD_HTTP_UNAUTHORIZED, "token", err->message, 0);
    else
        cd_answer_failure(request, status, err);
}

static cs_str bearer(cd_request *request)
{
    cs_str value = cd_header(request, "Authorization");
    if (value.size < 8 || memcmp(value.data, "Bearer ", 7) != 0)
        return (cs_str){"", 0};
    return (cs_str){value.data + 7, value.size - 7};
}

bool cd_role_opens(int32_t role, cd_access access)
{
    switch (access) {
    case CD_READ_PERSONS:
        return role == CD_ROLE_READER || role == CD_ROLE_SUPPORT;
    case CD_ACT:
        return role == CD_ROLE_SUPPORT;
    case CD_PUBLISH:
        return role == CD_ROLE_PUBLISHER;
    default:
        return role != CD_ROLE_NONE;
    }
}

/* Whether the caller may; else the answer is ready. */
static bool may(cd_request *request)
{
    cd_access access = request->route->access;
    consent_error err = {0};
    consent_status status = CONSENT_OK;
    if (access == CD_OPEN || access == CD_PAGE_OPEN)
        return true;
    cd_store *store = cd_reader(request);
    cs_str token = access == CD_PAGE ? cd_cookie(request, "session") : bearer(request);
    if (access == CD_PAGE)
        status = cd_auth_check_session(request->server->config, store, token, request->now_ms, &request->who, &err);
    else if (access != CD_PROFILE)
        status = cd_auth_check_operator(store, token, &request->who, &err);
    else if (token.size > 2 && memcmp(token.data, "n1.", 3) == 0)
        status = cd_auth_check_anonymous(store, token, request->profile, &err);
    else
        status = cd_auth_check_account(request->server->config, token, request->profile, request->now_ms, &err);
    cd_reader_back(request, store);
    if (status == CONSENT_OK && access != CD_PROFILE && !cd_role_opens(request->who.role, access)) {
        cd_answer_error(request, MHD_HTTP_FORBIDDEN, "token", "this operator's role does not open this", 0);
        return false;
    }
    if (status == CONSENT_OK)
        return true;
    if (access == CD_PAGE)
        cd_answer_see_other(request, "/admin/login");
    else
        refuse_token(request, status, &err);
    return false;
}

static void limited(cd_request *request, uint32_t seconds)
{
    cd_count(&request->server->metrics, limited, 1);
    cd_answer_error(request, MHD_HTTP_TOO_MANY_REQUESTS, "busy", "too many requests; wait", 0);
    request->retry_after = seconds;
}

static uint32_t address_wait(cd_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    cd_limits *limits = request->server->by_address;
    if (address && address->sa_family == AF_INET6) /* a household has 2^64 of them */
        return cd_limits_take(limits, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 8,
                              request->begun_ms);
    if (address && address->sa_family == AF_INET)
        return cd_limits_take(limits, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4,
                              request->begun_ms);
    return 0;
}

/* ---- a request comes in --------------------------------------------------------------------------------- */

/* Whether what was refused is read to its end and thrown away before the refusal is sent: a connection closed over unread bytes
 * loses the answer on its way. What is larger, or waits to be asked for, is not. */
static bool drains(cd_request *request)
{
    cs_str length = cd_header(request, "Content-Length");
    return length.size > 0 && length.size < 12 && strtoull(length.data, NULL, 10) <= DRAIN_MAX_BYTES &&
           cd_header(request, "Expect").size == 0;
}

/* Before a byte of it is read. */
static void check_length(cd_request *request)
{
    cs_str length = cd_header(request, "Content-Length");
    if (cd_header(request, "Transfer-Encoding").size > 0)
        cd_answer_error(request, MHD_HTTP_LENGTH_REQUIRED, "rejected", "a body's length is told before it", 0);
    else if (length.size > 12 || (length.size > 0 && strtoull(length.data, NULL, 10) > request->route->max_body))
        cd_answer_error(request, 413, "too_large", "the body is larger than is taken here", 0);
}

/* Everything that can be said before the body; false: the answer is ready. */
static bool admit(cd_request *request, const char *method, const char *url)
{
    bool other_method = false;
    request->route = find_route(method, url, request->parts, &other_method);
    uint32_t wait = address_wait(request);
    if (wait > 0)
        limited(request, wait);
    else if (!request->route)
        cd_answer_error(request, other_method ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND, "unknown",
                        other_method ? "this method is not for this" : "there is nothing here", 0);
    else if (strstr(request->route->path, "{profile}") &&
             !cs_hex_decode(request->parts[0], request->profile, sizeof request->profile))
        cd_answer_error(request, MHD_HTTP_NOT_FOUND, "unknown", "a profile's id has 32 hex digits", 0);
    else
        check_length(request);
    if (request->status != 0 || !may(request))
        return false;
    if (request->route->access == CD_PROFILE) /* known to be theirs: nobody uses up another's share */
        wait = cd_limits_take(request->server->by_profile, request->profile, CS_PROFILE_ID_SIZE, request->begun_ms);
    if (wait > 0)
        limited(request, wait);
    return wait == 0;
}

static cd_request *new_request(cd_server *server, struct MHD_Connection *connection)
{
    cd_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->server = server;
    request->connection = connection;
    request->begun_ms = cd_steady_ms();
    request->now_ms = cd_now_ms();
    request->content_type = "text/plain";
    cs_buffer_init(&request->body, cs_memory_system(), 16);
    cs_buffer_init(&request->answer, cs_memory_system(), CD_ANSWER_MAX_BYTES);
    (void)atomic_fetch_add(&server->running, 1);
    return request;
}

static cd_watched *place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void until(cd_server *server, struct MHD_Connection *connection, uint32_t seconds)
{
    cd_watch_until(server->watch, place_of(connection), cd_steady_ms() + (int64_t)seconds * 1000);
}

static enum MHD_Result on_body(cd_request *request, const char *data, size_t *size)
{
    if (request->status == 0)
        cs_buffer_append(&request->body, data, *size);
    *size = 0;
    return request->body.failed ? MHD_NO : MHD_YES; /* no memory: closed */
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    cd_server *server = ctx;
    cd_request *request = *state;
    (void)version;
    if (!request) {
        request = new_request(server, connection);
        *state = request;
        if (!request)
            return MHD_NO;
        until(server, connection, server->config->receive_seconds);
        if (admit(request, method, url))
            cs_buffer_init(&request->body, cs_memory_system(), request->route->max_body);
        else if (!drains(request))
            return send_answer(request, true);
        return MHD_YES;
    }
    if (*upload_size > 0)
        return on_body(request, upload, upload_size);
    until(server, connection, server->config->receive_seconds * 3); /* to work and to be read */
    request->now_ms = cd_now_ms();
    if (request->status == 0)
        request->route->run(request);
    return send_answer(request, false);
}

static void log_request(cd_request *request, int64_t ms)
{
    cd_log log;
    cd_log_begin(&log, "info", "request");
    cs_json_member_text(&log.json, "method", request->route ? request->route->method : "");
    cs_json_member_text(&log.json, "route", request->route ? request->route->path : "none");
    cs_json_member_int(&log.json, "status", request->status);
    cs_json_member_int(&log.json, "ms", ms);
    cs_json_member_int(&log.json, "received", (int64_t)request->body.size);
    cs_json_member_int(&log.json, "sent", (int64_t)request->answer.size);
    cd_log_end(&log);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    cd_server *server = ctx;
    cd_request *request = *state;
    (void)why;
    if (!request)
        return;
    int64_t ms = cd_steady_ms() - request->begun_ms;
    size_t route = request->route ? (size_t)(request->route - cd_routes) : cd_route_count;
    cd_metrics_answer(&server->metrics, route, request->status, ms);
    log_request(request, ms);
    until(server, connection, server->config->idle_seconds);
    cs_buffer_free(&request->body);
    cs_buffer_free(&request->answer);
    free(request);
    *state = NULL;
    (void)atomic_fetch_sub(&server->running, 1);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    cd_server *server = ctx;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        cd_watch_remove(server->watch, *state);
        (void)atomic_fetch_sub(&server->metrics.connections, 1);
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int64_t deadline_ms = cd_steady_ms() + (int64_t)server->config->receive_seconds * 1000;
    *state = info ? cd_watch_add(server->watch, info->connect_fd, deadline_ms) : NULL;
    cd_count(&server->metrics, connections, 1);
    cd_count(&server->metrics, connections_all, 1);
}

static void on_library_log(void *ctx, const char *format, va_list arguments)
{
    (void)ctx;
    (void)format; /* its texts may quote what a peer sent */
    (void)arguments;
}

/* ---- starting and stopping ---------------------------------------------------------------------------- */

static bool address_of(const cd_config *config, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (void *)out;
    struct sockaddr_in6 *six = (void *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, config->listen, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(config->port);
        return true;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(config->port);
    return inet_pton(AF_INET6, config->listen, &six->sin6_addr) == 1;
}

static struct MHD_Daemon *start(cd_server *server, const struct sockaddr_storage *address, const char *key,
                                const char *certificate)
{
    const cd_config *config = server->config;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_TLS |
                     (address->ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0u);
    return MHD_start_daemon(
        flags, config->port, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)(const void *)address, MHD_OPTION_HTTPS_MEM_KEY, key,
        MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_HTTPS_PRIORITIES, priorities, MHD_OPTION_CONNECTION_LIMIT,
        config->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, config->idle_seconds + config->receive_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)THREAD_STACK_BYTES, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

consent_status cd_http_start(cd_server *server, consent_error *err)
{
    struct sockaddr_storage address;
    cs_buffer key, certificate;
    cs_buffer_init(&key, cs_memory_system(), 65536);
    cs_buffer_init(&certificate, cs_memory_system(), 262144);
    consent_status status = CONSENT_OK;
    if (!address_of(server->config, &address))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "\"listen\" is neither an IPv4 nor an IPv6 address");
    if (status == CONSENT_OK)
        status = cs_files_read(server->config->private_key, &key, err);
    if (status == CONSENT_OK)
        status = cs_files_read(server->config->certificate, &certificate, err);
    cs_buffer_u8(&key, 0);
    cs_buffer_u8(&certificate, 0);
    server->watch = cd_watch_start(server->config->connections + 8, &server->metrics);
    if (status == CONSENT_OK && server->watch)
        server->daemon = start(server, &address, (const char *)key.data, (const char *)certificate.data);
    if (status == CONSENT_OK && !server->daemon)
        status = cs_fail(err, CONSENT_E_NETWORK, 0,
                         "listening on %s port %u failed: is it in use, and do certificate and key fit?",
                         server->config->listen, server->config->port);
    cs_buffer_free(&key);
    cs_buffer_free(&certificate);
    return status;
}

uint16_t cd_http_port(const cd_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void cd_http_stop(cd_server *server, int64_t wait_ms)
{
    int64_t until_ms = cd_steady_ms() + wait_ms;
    atomic_store(&server->stopping, true);
    if (server->daemon) {
        MHD_socket listener = MHD_quiesce_daemon(server->daemon);
        if (listener != MHD_INVALID_SOCKET)
            (void)close(listener);
        while (atomic_load(&server->running) > 0 && cd_steady_ms() < until_ms)
            (void)nanosleep(&(struct timespec){0, 5000000}, NULL);
        MHD_stop_daemon(server->daemon);
    }
    server->daemon = NULL;
    cd_watch_stop(server->watch);
    server->watch = NULL;
}
