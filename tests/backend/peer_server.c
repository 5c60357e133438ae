/* The server's side of peer.h: its folder, what is published, starting and stopping. */
#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */

#include "backend/peer.h"
#include "crypto/jws.h"
#include "platform/platform.h"
#include "policy/bundle.h"
#include "support/make_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#define FROM "2020-01-01T00:00:00Z"
#define TO "2999-01-01T00:00:00Z"

/* ---- what is signed -------------------------------------------------------------------------------- */

static void put_key(cs_buffer *out, const uint8_t *key, bool first)
{
    char kid[17];
    assert_int_equal(cs_key_id(key, kid, NULL), CONSENT_OK);
    cs_buffer_printf(out, "%s{\"kid\":\"%s\",\"key\":\"", first ? "" : ",", kid);
    cs_base64url_encode(out, (cs_span){key, CS_P256_PUBLIC_SIZE});
    cs_buffer_text(out, "\",\"not_before\":\"" FROM "\",\"not_after\":\"" TO "\"}");
}

static void put_key_set(uint32_t version, const uint8_t *receipt_keys, size_t count, cs_buffer *out)
{
    cs_buffer payload;
    cs_buffer_init(&payload, cs_memory_system(), 65536);
    cs_buffer_printf(&payload, "{\"schema\":1,\"version\":%u,\"publishers\":[", version);
    put_key(&payload, make_publisher(), true);
    cs_buffer_text(&payload, "],\"receipts\":[");
    for (size_t i = 0; i < count; i++)
        put_key(&payload, receipt_keys + i * CS_P256_PUBLIC_SIZE, i == 0);
    cs_buffer_text(&payload, "]}");
    assert_int_equal(cs_jws_sign(CS_STR(CS_TYP_KEY_SET), (cs_str){(const char *)payload.data, payload.size},
                                 make_root_private(), out, NULL),
                     CONSENT_OK);
    cs_buffer_text(out, "\n");
    cs_buffer_free(&payload);
}

void peer_key_set(peer_server *server, const uint8_t *receipt_keys, size_t count, cs_buffer *out)
{
    put_key_set(++server->key_set, receipt_keys, count, out);
}

static void put_signed(const char *typ, cs_str payload, cs_buffer *out)
{
    assert_int_equal(cs_jws_sign(cs_str_of(typ), payload, make_publisher_private(), out, NULL), CONSENT_OK);
    cs_buffer_text(out, "\n");
}

/* The sample policy with another version and day of publishing. */
static char *policy_json(uint32_t version, const char *published)
{
    char number[64], day[64];
    char *text = make_fixture("sample.json");
    (void)snprintf(number, sizeof number, "\"version\": %u, \"revision\": 0", version);
    (void)snprintf(day, sizeof day, "\"published\": \"%sT00:00:00+08:00\"", published ? published : "2026-03-01");
    char *numbered = make_replaced(text, "\"version\": 3, \"revision\": 2", number);
    char *dated = make_replaced(numbered, "\"published\": \"2026-03-01T00:00:00+08:00\"", day);
    free(text);
    free(numbered);
    return dated;
}

void peer_bundle(peer_server *server, uint32_t version, const char *published, cs_buffer *out)
{
    char *json = policy_json(version, published);
    cs_buffer payload;
    cs_json_doc doc;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    make_payload(json, &payload);
    put_key_set(server->key_set, server->receipt_key, 1, out);
    put_signed(CS_TYP_POLICY, (cs_str){(const char *)payload.data, payload.size}, out);
    assert_int_equal(cs_json_parse(&doc, cs_str_of(json), CS_POLICY_MAX_BYTES, "policy", NULL), CONSENT_OK);
    for (const cs_json *each = cs_json_first(cs_json_get(doc.root, "locales")); each; each = cs_json_next(each)) {
        char locale[32];
        (void)snprintf(locale, sizeof locale, "%.*s", CS_STR_ARG(cs_json_str(each)));
        make_document(locale, out);
        cs_buffer_text(out, "\n");
    }
    cs_json_free(&doc);
    cs_buffer_free(&payload);
    free(json);
}

void peer_head(peer_server *server, uint32_t version, const uint8_t *hash, cs_buffer *out)
{
    char payload[400], hex[2 * CS_HASH_SIZE + 1];
    cs_hex_encode(hash, CS_HASH_SIZE, hex);
    (void)snprintf(
        payload, sizeof payload,
        "{\"schema\":1,\"id\":\"platform\",\"version\":%u,\"revision\":0,\"hash\":\"%s\",\"fresh_until\":\"" TO "\"}",
        version, hex);
    put_key_set(server->key_set, server->receipt_key, 1, out);
    put_signed(CS_TYP_HEAD, cs_str_of(payload), out);
}

void peer_notice(peer_server *server, const char *id, const char *title, cs_buffer *out)
{
    char payload[600];
    (void)snprintf(payload, sizeof payload,
                   "{\"schema\":1,\"id\":\"%s\",\"policy\":\"platform\",\"kind\":\"change\",\"issued\":\"" FROM
                   "\",\"title\":{\"zh-CN\":\"%s\",\"en\":\"%s\"},\"blocks\":{\"zh-CN\":[],\"en\":[]}}",
                   id, title, title);
    put_key_set(server->key_set, server->receipt_key, 1, out);
    put_signed(CS_TYP_NOTICE, cs_str_of(payload), out);
}

/* ---- running consentd -------------------------------------------------------------------------------- */

void peer_write(peer_server *server, const char *name, cs_span bytes)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", server->dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

/* Forks consentd; its stdout comes out of *pipe_end, its stderr goes to `log` in the folder. */
static pid_t spawn(peer_server *server, char *const *argv, int *pipe_end)
{
    int ends[2];
    char log[100];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(log, sizeof log, "%s/log", server->dir);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
#ifdef __linux__
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves no server behind */
#endif
        int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(ends[1], 1);
        (void)dup2(file, 2);
        (void)close(ends[0]);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    *pipe_end = ends[0];
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int peer_run(peer_server *server, char *out, size_t size, const char *const *words)
{
    char *argv[24] = {(char *)(uintptr_t)CONSENTD};
    int count = 1, end;
    for (; *words && count < 23; words++)
        argv[count++] = strcmp(*words, "DIR") == 0 ? server->dir : (char *)(uintptr_t)*words;
    pid_t pid = spawn(server, argv, &end);
    size_t used = 0;
    ssize_t got;
    char rest[256];
    while ((got = read(end, used + 1 < size ? out + used : rest, used + 1 < size ? size - used - 1 : sizeof rest)) > 0)
        used += used + 1 < size ? (size_t)got : 0;
    if (size > 0)
        out[used] = '\0';
    (void)close(end);
    return wait_for(pid);
}

static void run_well(peer_server *server, char *out, size_t size, const char *const *words)
{
    int status = peer_run(server, out, size, words);
    if (status != 0)
        fail_msg("consentd %s ended with %d: see its log in %s", words[0], status, server->dir);
}

#define RUN(server, out, size, ...) run_well(server, out, size, (const char *const[]){__VA_ARGS__, NULL})

static void add_operator(peer_server *server, const char *name, const char *role, char token[128])
{
    RUN(server, token, 128, "operator", "add", "DIR", name, "--role", role);
    token[strcspn(token, "\n")] = '\0';
}

static void read_receipt_key(peer_server *server)
{
    char line[1024];
    cs_json_doc doc;
    cs_buffer point;
    RUN(server, line, sizeof line, "keys", "list", "DIR");
    line[strcspn(line, "\n")] = '\0';
    assert_int_equal(cs_json_parse(&doc, cs_str_of(line), sizeof line, "key", NULL), CONSENT_OK);
    cs_buffer_init(&point, cs_memory_system(), CS_P256_PUBLIC_SIZE);
    assert_true(cs_base64url_decode(&point, cs_json_str(cs_json_get(doc.root, "public"))));
    memcpy(server->receipt_key, point.data, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&point);
    cs_json_free(&doc);
}

static void write_root(peer_server *server)
{
    cs_buffer text;
    cs_buffer_init(&text, cs_memory_system(), 1024);
    cs_buffer_text(&text, "{\"schema\":1,\"alg\":\"ES256\",\"public\":\"");
    cs_base64url_encode(&text, (cs_span){make_root(), CS_P256_PUBLIC_SIZE});
    cs_buffer_text(&text, "\"}\n");
    peer_write(server, "root.pub", cs_buffer_span(&text));
    cs_buffer_free(&text);
}

static void write_settings(peer_server *server, const char *limits)
{
    char text[1000];
    int size = snprintf(text, sizeof text,
                        "{\"listen\":\"127.0.0.1\",\"port\":0,\"public_url\":\"https://consent.example\","
                        "\"roots\":[\"root.pub\"],\"limits\":{\"link_hours\":24%s%s%s%s}}",
                        strstr(limits, "address_rate") ? "" : ",\"address_rate\":0",
                        strstr(limits, "profile_rate") ? "" : ",\"profile_rate\":0", limits[0] ? "," : "", limits);
    peer_write(server, "consentd.json", (cs_span){(const uint8_t *)text, (size_t)size});
}

static void publish_first(peer_server *server)
{
    cs_buffer bytes;
    char key_set[100], bundle[100];
    cs_buffer_init(&bytes, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    peer_key_set(server, server->receipt_key, 1, &bytes);
    peer_write(server, "keys.jws", cs_buffer_span(&bytes));
    cs_buffer_clear(&bytes);
    peer_bundle(server, 1, NULL, &bytes);
    peer_write(server, "policy.bundle", cs_buffer_span(&bytes));
    cs_buffer_free(&bytes);
    (void)snprintf(key_set, sizeof key_set, "%s/keys.jws", server->dir);
    (void)snprintf(bundle, sizeof bundle, "%s/policy.bundle", server->dir);
    RUN(server, NULL, 0, "publish", "DIR", key_set, bundle);
}

void peer_make(peer_server *server, const char *limits)
{
    char command[400];
    memset(server, 0, sizeof *server);
    assert_int_equal(cs_crypto_init(NULL), CONSENT_OK);
    (void)snprintf(server->dir, sizeof server->dir, "/tmp/consentd-test-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    RUN(server, NULL, 0, "init", "DIR");
    (void)snprintf(command, sizeof command, "'%s/examples/backend/certificate' '%s' localhost >/dev/null 2>&1",
                   CONSENT_SOURCE_DIR, server->dir);
    assert_int_equal(system(command), 0);
    write_root(server);
    write_settings(server, limits);
    read_receipt_key(server);
    publish_first(server);
    add_operator(server, "ray", "reader", server->reader);
    add_operator(server, "ann", "support", server->support);
    add_operator(server, "pat", "publisher", server->publisher);
}

void peer_start(peer_server *server)
{
    char *argv[] = {(char *)(uintptr_t)CONSENTD, (char *)(uintptr_t) "serve", server->dir, NULL};
    char line[200];
    int end;
    size_t used = 0;
    server->pid = spawn(server, argv, &end);
    struct pollfd ready = {.fd = end, .events = POLLIN};
    while (used + 1 < sizeof line && poll(&ready, 1, 60000) == 1) {
        ssize_t got = read(end, line + used, sizeof line - used - 1);
        if (got <= 0)
            break;
        used += (size_t)got;
        if (memchr(line, '\n', used))
            break;
    }
    line[used] = '\0';
    const char *colon = strrchr(line, ':');
    if (!strstr(line, "serving on") || !colon)
        fail_msg("consentd did not start: see the log in %s", server->dir);
    server->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    (void)snprintf(server->url, sizeof server->url, "https://localhost:%u", server->port);
    /* The pipe stays open for the child's life: closing it here would make its next line fail. */
}

int peer_stop(peer_server *server, int signal)
{
    if (server->pid == 0)
        return 0;
    (void)kill(server->pid, signal);
    int status = wait_for(server->pid);
    server->pid = 0;
    return status;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void peer_remove(peer_server *server)
{
    (void)peer_stop(server, SIGKILL);
    if (getenv("PEER_KEEP"))
        return; /* to look at */
    (void)nftw(server->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The first line of the log that tells of an error or is none of consentd's (a sanitizer's, say); "" if there is none. */
static void first_complaint(const peer_server *server, char out[400])
{
    char path[100];
    out[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/log", server->dir);
    FILE *file = fopen(path, "r");
    while (file && fgets(out, 400, file))
        if (strncmp(out, "{\"time\"", 7) != 0 || strstr(out, "\"level\":\"error\""))
            break;
        else
            out[0] = '\0';
    if (file)
        (void)fclose(file);
}

int peer_end(peer_server *server)
{
    char complaint[400];
    int status = peer_stop(server, SIGTERM);
    first_complaint(server, complaint);
    if (complaint[0] != '\0')
        print_error("consentd's log: %s", complaint);
    peer_remove(server);
    return complaint[0] != '\0' ? -1 : status;
}
