#include "sync/loopback.h"

#include "sync/certificates.h"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_MAX_BYTES (64u << 20)
#define DAY_S 86400L

struct loopback_inner {
    pthread_t thread;
    pthread_mutex_t lock; /* held while a connection is served, and by loopback_hold */
    int listener, stop[2];
    certificate authority, other_authority, identities[LOOPBACK_IDENTITIES];
    int fd; /* of the connection */
    SSL *tls;
    bool gone;
};

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    abort();
}

/* ---- bytes ----------------------------------------------------------------------------------------- */

bool loopback_say(loopback *s, const void *data, size_t size)
{
    struct loopback_inner *in = s->inner;
    const char *bytes = data;
    while (size != 0 && !in->gone) {
        int part = size < 65536 ? (int)size : 65536;
        int done = in->tls ? SSL_write(in->tls, bytes, part) : (int)send(in->fd, bytes, (size_t)part, MSG_NOSIGNAL);
        in->gone = done <= 0;
        if (in->gone)
            break;
        bytes += done;
        size -= (size_t)done;
        s->said += (uint64_t)done;
    }
    return !in->gone;
}

bool loopback_text(loopback *s, const char *text)
{
    return loopback_say(s, text, strlen(text));
}

static int hear(struct loopback_inner *in, void *out, size_t size)
{
    return in->tls ? SSL_read(in->tls, out, (int)size) : (int)recv(in->fd, out, size, 0);
}

bool loopback_rest(loopback *s, int ms)
{
    char byte;
    struct pollfd fd = {.fd = s->inner->fd, .events = POLLIN};
    if (!s->inner->gone && poll(&fd, 1, ms) == 1)
        s->inner->gone = hear(s->inner, &byte, 1) <= 0;
    return !s->inner->gone;
}

void loopback_wait(loopback *s)
{
    while (loopback_rest(s, 60000)) {
    }
}

void loopback_leave(loopback *s)
{
    s->inner->gone = true;
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static bool read_head(struct loopback_inner *in, loopback_request *r)
{
    size_t size = 0;
    while (size + 1 < sizeof r->head && hear(in, r->head + size, 1) == 1) {
        r->head[++size] = '\0';
        if (size >= 4 && memcmp(r->head + size - 4, "\r\n\r\n", 4) == 0)
            return sscanf(r->head, "%7s %511s", r->method, r->path) == 2;
    }
    return false;
}

static bool read_request(struct loopback_inner *in, loopback_request *r)
{
    char part[16384];
    if (!read_head(in, r))
        return false;
    const char *length = strstr(r->head, "Content-Length: ");
    size_t left = length ? strtoul(length + 16, NULL, 10) : 0;
    while (left != 0) {
        int got = hear(in, part, left < sizeof part ? left : sizeof part);
        if (got <= 0)
            return false;
        cs_buffer_append(&r->body, part, (size_t)got);
        left -= (size_t)got;
    }
    return true;
}

static void keep(loopback *s, const loopback_request *r)
{
    cs_buffer_text(&s->log, r->head);
    cs_buffer_append(&s->log, r->body.data, r->body.size);
    if (s->requests < CS_COUNT_OF(s->heads)) {
        (void)snprintf(s->heads[s->requests], sizeof s->heads[0], "%.1000s", r->head);
        (void)snprintf(s->bodies[s->requests], sizeof s->bodies[0], "%.*s",
                       (int)(r->body.size < 2000 ? r->body.size : 2000),
                       r->body.size ? (const char *)r->body.data : "");
    }
    s->requests++;
}

/* ---- answers ---------------------------------------------------------------------------------------------- */

static int take_body(void *ctx, const void *data, size_t size)
{
    cs_buffer_append(ctx, data, size);
    return 0;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

int32_t loopback_work(loopback *s, const loopback_request *request, cs_buffer *body, consent_http_answer *answer)
{
    static const char bearer[] = "Authorization: Bearer ";
    char url[600], token[2100] = "";
    const consent_transport transport = backend_transport(s->b);
    consent_http_request http = CONSENT_INIT(consent_http_request);
    const char *at = strstr(request->head, bearer);
    if (at)
        (void)snprintf(token, sizeof token, "%.*s", (int)strcspn(at + sizeof bearer - 1, "\r"), at + sizeof bearer - 1);
    (void)snprintf(url, sizeof url, BACKEND_URL "%s", request->path);
    http.method = request->method;
    http.url = url;
    http.token = at ? token : NULL;
    http.body = request->body.data;
    http.body_size = request->body.size;
    http.receive = take_body;
    http.cancelled = never;
    http.ctx = body;
    *answer = (consent_http_answer){.struct_size = sizeof *answer};
    return transport.perform(transport.ctx, &http, answer, NULL) == CONSENT_OK ? answer->status : 0;
}

void loopback_answer(loopback *s, int32_t status, const char *headers, cs_span body)
{
    char head[2048];
    (void)snprintf(head, sizeof head, "HTTP/1.1 %d Whatever\r\n%sContent-Length: %zu\r\n\r\n", (int)status, headers,
                   body.size);
    if (loopback_text(s, head) && body.size != 0)
        (void)loopback_say(s, body.data, body.size);
}

static void answer_honestly(loopback *s, const loopback_request *request)
{
    char headers[256] = "";
    size_t size = 0;
    cs_buffer body;
    consent_http_answer answer;
    cs_buffer_init(&body, cs_memory_system(), LOG_MAX_BYTES);
    int32_t status = loopback_work(s, request, &body, &answer);
    if (answer.date[0])
        size += (size_t)snprintf(headers, sizeof headers, "Date: %s\r\n", answer.date);
    if (answer.retry_after[0])
        (void)snprintf(headers + size, sizeof headers - size, "Retry-After: %s\r\n", answer.retry_after);
    if (status != 0)
        loopback_answer(s, status, headers, cs_buffer_span(&body));
    else
        s->inner->gone = true;
    cs_buffer_free(&body);
}

static bool is_for_scene(const loopback *s, const loopback_request *r)
{
    return s->scene && (!s->at_method || strcmp(r->method, s->at_method) == 0) &&
           (!s->at_path || strstr(r->path, s->at_path));
}

/* ---- connections --------------------------------------------------------------------------------------------- */

static bool shake_hands(loopback *s)
{
    struct loopback_inner *in = s->inner;
    const certificate *mine = &in->identities[s->identity];
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    must(tls && SSL_CTX_use_certificate(tls, mine->x509) == 1 && SSL_CTX_use_PrivateKey(tls, mine->key) == 1, "TLS");
    if (s->speech == LOOPBACK_TLS_1_1) {
        SSL_CTX_set_security_level(tls, 0);
        (void)SSL_CTX_set_min_proto_version(tls, TLS1_1_VERSION);
        (void)SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    }
    in->tls = SSL_new(tls);
    SSL_CTX_free(tls);
    must(in->tls && SSL_set_fd(in->tls, in->fd) == 1, "TLS");
    return SSL_accept(in->tls) == 1;
}

static void make_noise(loopback *s)
{
    char noise[4096];
    memset(noise, 0xA5, sizeof noise);
    (void)loopback_say(s, noise, sizeof noise);
}

static void serve(loopback *s)
{
    struct loopback_inner *in = s->inner;
    int at_once = 1;
    (void)setsockopt(in->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    s->connections++;
    if (s->speech == LOOPBACK_SILENT) {
        loopback_wait(s);
        return;
    }
    if (s->speech == LOOPBACK_NOISE) {
        make_noise(s);
        return;
    }
    if (s->speech == LOOPBACK_PLAIN) {
        (void)loopback_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        return;
    }
    if (!shake_hands(s))
        return;
    s->resumed += (uint32_t)SSL_session_reused(in->tls);
    while (!in->gone) {
        loopback_request r = {.method = ""};
        cs_buffer_init(&r.body, cs_memory_system(), LOG_MAX_BYTES);
        bool whole = read_request(in, &r);
        in->gone |= !whole;
        if (whole) {
            keep(s, &r);
            if (is_for_scene(s, &r)) {
                s->scenes++;
                s->scene(s, &r);
            } else {
                answer_honestly(s, &r);
            }
        }
        cs_buffer_free(&r.body);
    }
}

static void *run(void *ctx)
{
    loopback *s = ctx;
    struct loopback_inner *in = s->inner;
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL); /* of this thread; the library's must do without */
    for (;;) {
        struct pollfd fds[] = {{.fd = in->listener, .events = POLLIN}, {.fd = in->stop[0], .events = POLLIN}};
        must(poll(fds, 2, -1) > 0, "poll");
        if (fds[1].revents)
            return NULL;
        (void)pthread_mutex_lock(&in->lock);
        in->fd = accept(in->listener, NULL, NULL);
        in->gone = in->fd < 0;
        if (!in->gone)
            serve(s);
        SSL_free(in->tls);
        in->tls = NULL;
        if (in->fd >= 0)
            (void)close(in->fd);
        (void)pthread_mutex_unlock(&in->lock);
    }
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void make_identities(loopback *s)
{
    struct loopback_inner *in = s->inner;
    in->authority = certificate_make("the test's authority", -DAY_S, DAY_S, true, NULL);
    in->other_authority = certificate_make("somebody else's authority", -DAY_S, DAY_S, true, NULL);
    certificate *all = in->identities;
    all[LOOPBACK_GOOD] = certificate_make("localhost", -DAY_S, DAY_S, false, &in->authority);
    all[LOOPBACK_OTHER_AUTHORITY] = certificate_make("localhost", -DAY_S, DAY_S, false, &in->other_authority);
    all[LOOPBACK_OTHER_HOST] = certificate_make("elsewhere.test", -DAY_S, DAY_S, false, &in->authority);
    all[LOOPBACK_EXPIRED] = certificate_make("localhost", -2 * DAY_S, -DAY_S, false, &in->authority);
    all[LOOPBACK_NOT_YET_VALID] = certificate_make("localhost", DAY_S, 2 * DAY_S, false, &in->authority);
    all[LOOPBACK_SELF_SIGNED] = certificate_make("localhost", -DAY_S, DAY_S, false, NULL);
    certificate_write(&in->authority, s->ca_file);
    certificate_pin(&all[LOOPBACK_GOOD], s->pin);
}

void loopback_start(loopback *s, backend *b)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    memset(s, 0, sizeof *s);
    s->b = b;
    s->inner = calloc(1, sizeof *s->inner);
    must(s->inner != NULL, "memory");
    cs_buffer_init(&s->log, cs_memory_system(), LOG_MAX_BYTES);
    (void)snprintf(s->ca_file, sizeof s->ca_file, "/tmp/consent-loopback-XXXXXX");
    int file = mkstemp(s->ca_file);
    must(file >= 0, s->ca_file);
    (void)close(file);
    make_identities(s);
    struct loopback_inner *in = s->inner;
    in->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(in->listener >= 0 && bind(in->listener, (struct sockaddr *)&address, size) == 0 &&
             listen(in->listener, 16) == 0 && getsockname(in->listener, (struct sockaddr *)&address, &size) == 0 &&
             pipe(in->stop) == 0,
         "listening");
    (void)snprintf(s->url, sizeof s->url, "https://localhost:%u", (unsigned)ntohs(address.sin_port));
    (void)pthread_mutex_init(&in->lock, NULL);
    must(pthread_create(&in->thread, NULL, run, s) == 0, "thread");
}

void loopback_stop(loopback *s)
{
    struct loopback_inner *in = s->inner;
    must(write(in->stop[1], "x", 1) == 1, "stopping");
    (void)pthread_join(in->thread, NULL);
    (void)close(in->listener);
    (void)close(in->stop[0]);
    (void)close(in->stop[1]);
    certificate_free(&in->authority);
    certificate_free(&in->other_authority);
    for (size_t i = 0; i < LOOPBACK_IDENTITIES; i++)
        certificate_free(&in->identities[i]);
    (void)unlink(s->ca_file);
    (void)pthread_mutex_destroy(&in->lock);
    cs_buffer_free(&s->log);
    free(in);
}

void loopback_hold(loopback *s)
{
    (void)pthread_mutex_lock(&s->inner->lock);
}

void loopback_release(loopback *s)
{
    (void)pthread_mutex_unlock(&s->inner->lock);
}

void loopback_connect_pinned(loopback *s, device *d, const char *one, const char *other)
{
    const consent_pin pins[] = {{one, INT64_MAX}, {other, INT64_MAX}};
    consent_sync_config config = CONSENT_INIT(consent_sync_config);
    config.endpoint = s->url;
    config.region = "CN";
    config.ca_file = s->ca_file;
    config.pins = one ? pins : NULL;
    config.pin_count = one ? 2 : 0;
    config.token = d->setup.token;
    config.ctx = d->setup.ctx;
    must(cs_sync_set_up(cs_memory_system(), &config, &d->setup, NULL) == CONSENT_OK, "set-up");
}

void loopback_connect(loopback *s, device *d)
{
    loopback_connect_pinned(s, d, NULL, NULL);
}
