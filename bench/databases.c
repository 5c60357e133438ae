/* SQLite and SQLCipher as peers. Both libraries export the same names, so neither is linked: each is loaded by itself
 * and reached through its own table of functions. */
#define _GNU_SOURCE /* RTLD_DEEPBIND */

#include "bench.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The part of SQLite's C interface that is used here; its handles stay opaque. */
typedef struct functions {
    int (*open)(const char *path, void **out);
    int (*close)(void *database);
    int (*exec)(void *database, const char *sql, int (*row)(void *, int, char **, char **), void *ctx, char **message);
    int (*prepare)(void *database, const char *sql, int size, void **out, const char **tail);
    int (*bind_blob)(void *statement, int index, const void *data, int size, void (*release)(void *));
    int (*bind_text)(void *statement, int index, const char *text, int size, void (*release)(void *));
    int (*bind_int64)(void *statement, int index, long long value);
    int (*step)(void *statement);
    int (*reset)(void *statement);
    int (*finalize)(void *statement);
    const char *(*version)(void);
} functions;

enum {
    DONE = 101,
    ROW = 100,
    ROW_BYTES = 192
};

struct peer_database {
    void *library;
    functions call;
    void *database;
    void *insert;
    long long row;
    bool cipher;
    char path[BENCH_PATH_SIZE];
    char version[64];
};

static bool load(peer_database *database, const char *const *names)
{
    static const char *const symbols[] = {"sqlite3_open",       "sqlite3_close",     "sqlite3_exec",
                                          "sqlite3_prepare_v2", "sqlite3_bind_blob", "sqlite3_bind_text",
                                          "sqlite3_bind_int64", "sqlite3_step",      "sqlite3_reset",
                                          "sqlite3_finalize",   "sqlite3_libversion"};
    for (; *names && !database->library; names++)
        database->library = dlopen(*names, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!database->library)
        return false;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = dlsym(database->library, symbols[i]);
        if (!found)
            return false;
        memcpy((char *)&database->call + i * sizeof found, &found, sizeof found);
    }
    return true;
}

static void run(const peer_database *database, const char *sql)
{
    if (database->call.exec(database->database, sql, NULL, NULL, NULL) != 0)
        bench_fail("a database peer refused", sql);
}

static void open_file(peer_database *database)
{
    if (database->call.open(database->path, &database->database) != 0)
        bench_fail("a database peer", "its file could not be opened");
    if (database->cipher) /* a raw key: no time goes into deriving one from a password */
        run(database, "PRAGMA key = \"x'2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c'\"");
    run(database, "PRAGMA journal_mode = WAL");
    run(database, "PRAGMA synchronous = FULL");
}

peer_database *peer_database_open(const bench *b, const char *name, bool cipher, const char **why)
{
    static const char *const sqlite[] = {"libsqlite3.so.0", "libsqlite3.so", NULL};
    static const char *const sqlcipher[] = {"libsqlcipher.so.0", "libsqlcipher.so.1", "libsqlcipher.so", NULL};
    peer_database *database = calloc(1, sizeof *database);
    if (!database)
        bench_fail("a peer", "no memory");
    database->cipher = cipher;
    if (!load(database, cipher ? sqlcipher : sqlite)) {
        *why = cipher ? "SQLCipher is not installed" : "SQLite is not installed";
        free(database);
        return NULL;
    }
    bench_path(b, name, database->path);
    (void)snprintf(database->version, sizeof database->version, "%s", database->call.version());
    open_file(database);
    run(database, "CREATE TABLE event (seq INTEGER PRIMARY KEY, purpose TEXT, bytes BLOB)");
    if (database->call.prepare(database->database, "INSERT INTO event VALUES (?, ?, ?)", -1, &database->insert, NULL) !=
        0)
        bench_fail("a database peer", "its insert could not be prepared");
    return database;
}

void peer_database_insert(peer_database *database)
{
    static const unsigned char bytes[ROW_BYTES] = {1, 2, 3};
    char purpose[32];
    (void)snprintf(purpose, sizeof purpose, "purpose-%03lld", database->row % BENCH_PURPOSES);
    const functions *call = &database->call;
    bool ok = call->bind_int64(database->insert, 1, ++database->row) == 0 &&
              call->bind_text(database->insert, 2, purpose, -1, NULL) == 0 &&
              call->bind_blob(database->insert, 3, bytes, ROW_BYTES, NULL) == 0 && call->step(database->insert) == DONE;
    if (!ok || call->reset(database->insert) != 0)
        bench_fail("a database peer", "an insert failed");
}

void peer_database_fill(peer_database *database, size_t rows)
{
    /* One transaction a row: so the write-ahead log has come round a few times and is written over from now on, which
     * is a database's life after its first days, and its faster one. */
    run(database, "PRAGMA synchronous = OFF");
    for (size_t i = 0; i < rows; i++)
        peer_database_insert(database);
    run(database, "PRAGMA synchronous = FULL");
}

static void close_file(peer_database *database)
{
    if (database->insert)
        (void)database->call.finalize(database->insert);
    database->insert = NULL;
    (void)database->call.close(database->database);
}

double peer_database_reopen_and_ask(peer_database *database)
{
    void *select = NULL;
    run(database, "CREATE INDEX IF NOT EXISTS by_purpose ON event (purpose, seq)");
    close_file(database);
    double begun = bench_now_ns();
    open_file(database);
    if (database->call.prepare(database->database,
                               "SELECT bytes FROM event WHERE purpose = 'purpose-001' ORDER BY seq DESC LIMIT 1", -1,
                               &select, NULL) != 0 ||
        database->call.step(select) != ROW)
        bench_fail("a database peer", "its newest row could not be read");
    double taken = bench_now_ns() - begun;
    (void)database->call.finalize(select);
    return taken;
}

const char *peer_database_version(const peer_database *database)
{
    return database->version;
}

void peer_database_close(peer_database *database)
{
    close_file(database);
    /* The library stays loaded: its exit handlers may still be needed. */
    free(database);
}
