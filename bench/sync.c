/* bench_sync: how fast the reference backend takes acts in, over loopback with TLS, beside what HTTP alone and SQLite alone take of the same
 * bytes. Signing is the devices' work and is done before the clock runs.
 *
 *   bench_sync [--rounds N] [--json FILE] */
#include "backend/peer.h"
#include "bench.h"
#include "platform/platform.h"

#include <curl/curl.h>

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 16

typedef struct load {
    pthread_t thread;
    peer_device device;
    cs_buffer *bodies;
    size_t count;
    uint64_t bytes;
} load;

static peer_server server;

void bench_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_sync: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds of processor that the server used so far. */
static double server_cpu(void)
{
    char path[64], text[1024];
    unsigned long user = 0, kernel = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)server.pid);
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[got] = '\0';
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        return 0;
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void put_event(cs_buffer *out, uint64_t seq, uint8_t head[CS_HASH_SIZE])
{
    static const uint8_t hash[CS_HASH_SIZE] = {9};
    uint8_t session[8], notice[CS_HASH_SIZE];
    cs_buffer one;
    cs_store_u64(session, seq / 50);
    memset(notice, (int)(seq / 7 % 251), sizeof notice);
    cs_event event = {.type = seq % 3 == 0 ? CS_EVENT_WITHDRAWN : CS_EVENT_GRANTED,
                      .seq = seq,
                      .time_ms = INT64_C(1790000000000) + (int64_t)(seq * 7919 % 100000) + (int64_t)seq * 60000,
                      .elapsed_ms = (int64_t)(seq % 50) * 1000,
                      .session_id = session,
                      .policy = {.id = CS_STR("platform"), .version = 1, .hash = hash},
                      .purpose = seq % 2 ? CS_STR("search") : CS_STR("recommend"),
                      .data = {CS_STR("keyword")},
                      .data_count = 1,
                      .method = 2,
                      .control = CS_STR("toggle-1"),
                      .surface = CS_STR("privacy-centre"),
                      .locale = CS_STR("zh-CN"),
                      .notice_hash = notice,
                      .user_initiated = true};
    cs_buffer_init(&one, cs_memory_system(), CS_EVENT_MAX_SIZE);
    cs_event_encode(&event, &one);
    if (cs_wire_chain(head, cs_buffer_span(&one), head, NULL) != CONSENT_OK)
        abort();
    cs_buffer_sized(out, one.data, one.size);
    cs_buffer_free(&one);
}

/* `ranges` bodies of `size` events each. */
static void prepare(load *l, size_t ranges, uint64_t size)
{
    uint8_t head[CS_HASH_SIZE] = {0}, message[CS_RANGE_SIGNED_SIZE];
    uint64_t seq = 1;
    l->bodies = calloc(ranges, sizeof *l->bodies);
    l->count = ranges;
    for (size_t i = 0; i < ranges; i++) {
        cs_buffer events;
        cs_range range = {.first = seq, .last = seq + size - 1};
        cs_buffer_init(&events, cs_memory_system(), CS_RANGE_MAX_BYTES);
        for (uint64_t end = seq + size; seq < end; seq++)
            put_event(&events, seq, head);
        memcpy(range.profile, l->device.profile, sizeof range.profile);
        memcpy(range.stream, l->device.stream, sizeof range.stream);
        memcpy(range.head, head, sizeof range.head);
        range.events = cs_buffer_span(&events);
        cs_range_signed(&range, message);
        cs_buffer_init(&l->bodies[i], cs_memory_system(), 2u << 20);
        if (cs_es256_sign(l->device.scalar, (cs_span){message, sizeof message}, range.signature, NULL) != CONSENT_OK ||
            cs_range_write(cs_memory_system(), &range, &l->bodies[i], NULL) != CONSENT_OK)
            abort();
        l->bytes += l->bodies[i].size;
        cs_buffer_free(&events);
    }
}

static void *run(void *ctx)
{
    load *l = ctx;
    char path[100];
    peer_path(&l->device, "events", path, sizeof path);
    for (size_t i = 0; i < l->count; i++) {
        peer_reply reply;
        peer_ask(&server, "POST", path, l->device.token, NULL, cs_buffer_span(&l->bodies[i]), &reply);
        peer_expect(&reply, 200);
        peer_reply_free(&reply);
    }
    return NULL;
}

/* ---- the raw limits beside it -------------------------------------------------------------------------- */

/* The same requests to a path that answers without doing anything: what HTTP and TLS alone take. */
static void *run_empty(void *ctx)
{
    load *l = ctx;
    for (size_t i = 0; i < l->count; i++) {
        peer_reply reply;
        peer_ask(&server, "POST", "/nothing", NULL, NULL, cs_buffer_span(&l->bodies[i]), &reply);
        peer_expect(&reply, 404);
        peer_reply_free(&reply);
    }
    return NULL;
}

/* The same bytes into a table of SQLite (WAL, FULL), a transaction each: what the disk alone takes. */
static double insert_rows(const load *l)
{
    char path[100];
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    (void)snprintf(path, sizeof path, "%s/raw.db", server.dir);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; DROP TABLE IF EXISTS r; CREATE TABLE r(b BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?)", -1, &insert, NULL) != SQLITE_OK)
        abort();
    double begun = now();
    for (size_t i = 0; i < l->count; i++) {
        (void)sqlite3_bind_blob64(insert, 1, l->bodies[i].data, l->bodies[i].size, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            abort();
        (void)sqlite3_reset(insert);
    }
    double took = now() - begun;
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    return (double)l->count / took;
}

static double per_second(load *loads, size_t connections, void *(*work)(void *ctx))
{
    double begun = now();
    for (size_t i = 0; i < connections; i++)
        (void)pthread_create(&loads[i].thread, NULL, work, &loads[i]);
    for (size_t i = 0; i < connections; i++)
        (void)pthread_join(loads[i].thread, NULL);
    return (double)(connections * loads[0].count) / (now() - begun);
}

/* ---- rounds --------------------------------------------------------------------------------------------- */

typedef struct figures {
    double events_per_s, ranges_per_s, ranges_per_core_s, bytes_per_event, empty_per_s, rows_per_s;
} figures;

static void clear(load *l)
{
    for (size_t i = 0; i < l->count; i++)
        cs_buffer_free(&l->bodies[i]);
    free(l->bodies);
    peer_device_free(&l->device);
}

/* `connections` devices send `ranges` ranges of `size` events each. */
static figures measure(const char *name, size_t connections, size_t ranges, uint64_t size)
{
    static load loads[MAX_CONNECTIONS];
    static unsigned round;
    uint64_t bytes = 0;
    double all = (double)(connections * ranges);
    figures f;
    round++;
    for (size_t i = 0; i < connections; i++) {
        char account[64];
        (void)snprintf(account, sizeof account, "%s-%u-%zu", name, round, i);
        memset(&loads[i], 0, sizeof loads[i]);
        peer_device_make(&server, &loads[i].device, (uint8_t)(1 + i), account);
        peer_join(&server, &loads[i].device);
        prepare(&loads[i], ranges, size);
        bytes += loads[i].bytes;
    }
    double cpu = server_cpu();
    f.ranges_per_s = per_second(loads, connections, run);
    cpu = server_cpu() - cpu;
    f.events_per_s = f.ranges_per_s * (double)size;
    f.ranges_per_core_s = cpu > 0 ? all / cpu : 0;
    f.bytes_per_event = (double)bytes / (all * (double)size);
    f.empty_per_s = per_second(loads, connections, run_empty);
    f.rows_per_s = insert_rows(&loads[0]);
    for (size_t i = 0; i < connections; i++)
        clear(&loads[i]);
    return f;
}

int main(int argc, char **argv)
{
    static bench_report report;
    size_t rounds = BENCH_MIN_ROUNDS;
    const char *json = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = (size_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--json") == 0)
            json = argv[i + 1];
    }
    rounds = rounds < BENCH_MIN_ROUNDS ? BENCH_MIN_ROUNDS : rounds > BENCH_MAX_ROUNDS ? BENCH_MAX_ROUNDS : rounds;
    bench_row *large =
        bench_add(&report, "sync, one connection, ranges of 1,000 events", "events/s", BENCH_AT_LEAST, 20000);
    bench_row *bytes =
        bench_add(&report, "sync, bytes on the wire, ranges of 1,000", "bytes/event", BENCH_AT_MOST, 100);
    bench_row *core =
        bench_add(&report, "sync, ranges of 3 events, a core of the backend", "ranges/s", BENCH_AT_LEAST, 1000);
    bench_row *one = bench_add(&report, "sync, ranges of 3 events, one connection", "ranges/s", BENCH_NO_BUDGET, 0);
    bench_row *empty = bench_add_peer(&report, "the same requests to an empty handler", "requests/s");
    bench_row *rows = bench_add_peer(&report, "SQLite (WAL, FULL), the same bytes, a row each", "rows/s");
    bench_row *eight =
        bench_add(&report, "sync, ranges of 3 events, eight connections", "ranges/s", BENCH_NO_BUDGET, 0);
    bench_row *empty_eight = bench_add_peer(&report, "the same requests to an empty handler", "requests/s");
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    peer_make(&server, "");
    peer_start(&server);
    for (size_t i = 0; i < rounds; i++) {
        figures big = measure("large", 1, 20, 1000), small = measure("small", 1, 200, 3),
                many = measure("many", 8, 50, 3);
        bench_sample(large, big.events_per_s);
        bench_sample(bytes, big.bytes_per_event);
        bench_sample(core, many.ranges_per_core_s);
        bench_sample(one, small.ranges_per_s);
        bench_sample(empty, small.empty_per_s);
        bench_sample(rows, small.rows_per_s);
        bench_sample(eight, many.ranges_per_s);
        bench_sample(empty_eight, many.empty_per_s);
    }
    bench_print(&report, stdout);
    (void)peer_stop(&server, SIGTERM);
    peer_remove(&server);
    return json && !bench_write_json(&report, "sync", json);
}
