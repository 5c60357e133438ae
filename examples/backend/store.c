/* The database itself: opening, migrating, statements, transactions, readers. */
#include "log.h"
#include "platform/platform.h"
#include "store_sql.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 5000

/* ---- failures --------------------------------------------------------------------------------- */

static consent_status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return CONSENT_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CONSENT_E_LOCKED;
    case SQLITE_FULL:
        return CONSENT_E_FULL;
    case SQLITE_NOMEM:
        return CONSENT_E_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CONSENT_E_CORRUPT;
    case SQLITE_CONSTRAINT:
        return CONSENT_E_USED;
    default:
        return CONSENT_E_IO;
    }
}

/* SQLite's own message may quote values: only its name for the code is told. */
static consent_status fail(consent_error *err, int code, const char *what)
{
    consent_status status = status_of(code);
    if (status == CONSENT_OK)
        return status;
    return cs_fail(err, status, code, "the database failed at %s: %s", what, sqlite3_errstr(code));
}

/* ---- statements ---------------------------------------------------------------------------------- */

static sqlite3_stmt *compile(cd_store *store, const char *sql, int *code)
{
    size_t at = 0;
    while (at < CD_STATEMENTS && store->statements[at].sql && store->statements[at].sql != sql)
        at++;
    if (at == CD_STATEMENTS) {
        *code = SQLITE_NOMEM;
        return NULL;
    }
    cd_statement *one = &store->statements[at];
    if (!one->compiled)
        *code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &one->compiled, NULL);
    if (one->compiled)
        one->sql = sql;
    return one->compiled;
}

cd_query cd_sql_begin(cd_store *store, const char *what, const char *sql)
{
    cd_query query = {.store = store, .code = SQLITE_OK, .what = what};
    query.statement = compile(store, sql, &query.code);
    return query;
}

static void took(cd_query *query, int code)
{
    if (query->code == SQLITE_OK && code != SQLITE_OK)
        query->code = code;
}

void cd_sql_blob(cd_query *query, const void *data, size_t size)
{
    query->parameter++;
    if (query->statement && data)
        took(query, sqlite3_bind_blob64(query->statement, query->parameter, data, size, SQLITE_STATIC));
}

void cd_sql_int(cd_query *query, int64_t value)
{
    query->parameter++;
    if (query->statement)
        took(query, sqlite3_bind_int64(query->statement, query->parameter, value));
}

void cd_sql_text(cd_query *query, const char *text, size_t size)
{
    query->parameter++;
    if (query->statement)
        took(query, sqlite3_bind_text64(query->statement, query->parameter, text, size, SQLITE_STATIC, SQLITE_UTF8));
}

bool cd_sql_row(cd_query *query)
{
    if (query->code != SQLITE_OK)
        return false;
    int code = sqlite3_step(query->statement);
    query->column = 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        query->code = code;
    return code == SQLITE_ROW;
}

consent_status cd_sql_end(cd_query *query, consent_error *err)
{
    if (query->statement) {
        (void)sqlite3_reset(query->statement);
        (void)sqlite3_clear_bindings(query->statement);
    }
    return fail(err, query->code, query->what);
}

consent_status cd_sql_run(cd_query *query, consent_error *err)
{
    (void)cd_sql_row(query);
    return cd_sql_end(query, err);
}

consent_status cd_sql_end_found(cd_query *query, bool found, consent_error *err)
{
    consent_status status = cd_sql_end(query, err);
    return status == CONSENT_OK && !found ? cs_fail(err, CONSENT_E_NOT_FOUND, 0, "%s is not there", query->what)
                                          : status;
}

int64_t cd_sql_read_int(cd_query *query)
{
    return sqlite3_column_int64(query->statement, query->column++);
}

cs_span cd_sql_read_span(cd_query *query)
{
    const uint8_t *data = sqlite3_column_blob(query->statement, query->column);
    int size = sqlite3_column_bytes(query->statement, query->column++);
    return (cs_span){data, data && size > 0 ? (size_t)size : 0};
}

bool cd_sql_read_blob(cd_query *query, void *out, size_t size)
{
    cs_span span = cd_sql_read_span(query);
    memset(out, 0, size);
    if (span.size != size)
        return false;
    memcpy(out, span.data, size);
    return true;
}

void cd_sql_read_text(cd_query *query, char *out, size_t size)
{
    cs_span span = cd_sql_read_span(query);
    size_t copied = span.size < size ? span.size : size - 1;
    if (copied > 0)
        memcpy(out, span.data, copied);
    out[copied] = '\0';
}

/* ---- schema --------------------------------------------------------------------------------------- */

/* migrations[n] leads from schema n to n + 1. One that was released is never edited. */
static const char *const migrations[CD_STORE_SCHEMA] = {
    "CREATE TABLE migrations(version INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL);"
    "CREATE TABLE profiles(id BLOB PRIMARY KEY, anonymous INTEGER NOT NULL, next_cursor INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL, backend_stream BLOB NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE streams(profile BLOB NOT NULL, stream BLOB NOT NULL, key BLOB, protection INTEGER NOT NULL,"
    " joined INTEGER NOT NULL, token_hash BLOB, last INTEGER NOT NULL, head BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL, PRIMARY KEY(profile, stream)) WITHOUT ROWID;"
    "CREATE TABLE ranges(profile BLOB NOT NULL, stream BLOB NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, first_cursor INTEGER NOT NULL, head BLOB NOT NULL, signature BLOB, policy BLOB,"
    " time_ms INTEGER NOT NULL, events BLOB NOT NULL);"
    "CREATE UNIQUE INDEX ranges_by_stream ON ranges(profile, stream, first);"
    "CREATE UNIQUE INDEX ranges_by_cursor ON ranges(profile, first_cursor);"
    "CREATE TABLE request_events(profile BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL,"
    " event BLOB NOT NULL, PRIMARY KEY(profile, stream, seq)) WITHOUT ROWID;"
    "CREATE TABLE requests(profile BLOB NOT NULL, id TEXT NOT NULL, right TEXT NOT NULL, state TEXT NOT NULL,"
    " closed INTEGER NOT NULL, opened_ms INTEGER NOT NULL, state_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    " PRIMARY KEY(profile, id)) WITHOUT ROWID;"
    "CREATE INDEX requests_due ON requests(due_ms) WHERE closed = 0;"
    "CREATE TABLE policies(hash BLOB PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, effective_ms INTEGER NOT NULL, published_ms INTEGER NOT NULL,"
    " bundle BLOB NOT NULL);"
    "CREATE UNIQUE INDEX policies_by_version ON policies(id, version, revision);"
    "CREATE TABLE heads(id TEXT PRIMARY KEY, version INTEGER NOT NULL, revision INTEGER NOT NULL, hash BLOB NOT NULL,"
    " fresh_until_ms INTEGER NOT NULL, text BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE key_sets(version INTEGER PRIMARY KEY, line BLOB NOT NULL);"
    "CREATE TABLE notices(hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, policy TEXT NOT NULL,"
    " published_ms INTEGER NOT NULL, text BLOB NOT NULL);"
    "CREATE TABLE broadcasts(id INTEGER PRIMARY KEY AUTOINCREMENT, notice BLOB NOT NULL UNIQUE, done BLOB,"
    " delivered INTEGER NOT NULL, finished INTEGER NOT NULL);"
    "CREATE TABLE operators(name TEXT PRIMARY KEY, role INTEGER NOT NULL, token_hash BLOB NOT NULL UNIQUE,"
    " created_ms INTEGER NOT NULL);"
    "CREATE TABLE links(token_hash BLOB PRIMARY KEY, profile BLOB NOT NULL, policy BLOB NOT NULL,"
    " rules_id TEXT NOT NULL, rules_version INTEGER NOT NULL, code_hash BLOB NOT NULL, attempts INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX links_by_profile ON links(profile, created_ms);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, profile BLOB NOT NULL, code TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL);"
    "CREATE TABLE sealed(sha256 BLOB PRIMARY KEY, time_ms INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    " act TEXT NOT NULL, profile BLOB, detail TEXT NOT NULL);"
    "CREATE INDEX audit_by_profile ON audit(profile, id);",
};

static int64_t pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

static int migrate_one(sqlite3 *db, int64_t from)
{
    char note[160];
    (void)snprintf(note, sizeof note, "INSERT INTO migrations VALUES(%d, %lld); PRAGMA user_version = %d",
                   (int)from + 1, (long long)cd_now_ms(), (int)from + 1);
    int code = sqlite3_exec(db, migrations[from], NULL, NULL, NULL);
    return code == SQLITE_OK ? sqlite3_exec(db, note, NULL, NULL, NULL) : code;
}

static consent_status migrate(cd_store *store, consent_error *err)
{
    int code = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL); /* two programs do not migrate at once */
    int64_t version = pragma(store->db, "PRAGMA user_version");
    for (; code == SQLITE_OK && version >= 0 && version < CD_STORE_SCHEMA; version++)
        code = migrate_one(store->db, version);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return fail(err, code, "bringing its tables up to date");
}

static consent_status set_up(cd_store *store, bool write, consent_error *err)
{
    const char *settings = write ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                   "PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF"
                                 : "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 268435456";
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    int code = sqlite3_exec(store->db, settings, NULL, NULL, NULL);
    int64_t version = pragma(store->db, "PRAGMA user_version");
    if (code != SQLITE_OK)
        return fail(err, code, "opening");
    if (version > CD_STORE_SCHEMA)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0,
                       "the database has schema %lld, and this program knows up to %d: use the newer program",
                       (long long)version, CD_STORE_SCHEMA);
    return write && version < CD_STORE_SCHEMA ? migrate(store, err) : CONSENT_OK;
}

consent_status cd_store_open(const char *path, bool write, cd_store **out, consent_error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_READWRITE;
    cd_store *store = calloc(1, sizeof *store);
    *out = NULL;
    if (!store)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to open the database");
    int code = sqlite3_open_v2(path, &store->db, flags | (write ? SQLITE_OPEN_CREATE : 0), NULL);
    consent_status status = code == SQLITE_OK ? set_up(store, write, err) : fail(err, code, "opening");
    if (status != CONSENT_OK) {
        cd_store_close(store);
        return status;
    }
    *out = store;
    return CONSENT_OK;
}

void cd_store_close(cd_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < CD_STATEMENTS; i++)
        (void)sqlite3_finalize(store->statements[i].compiled);
    (void)sqlite3_close_v2(store->db);
    free(store);
}

consent_status cd_store_probe(cd_store *store, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "a probe", "SELECT count(*) FROM migrations");
    bool found = cd_sql_row(&query);
    return cd_sql_end_found(&query, found, err);
}

/* ---- transactions ------------------------------------------------------------------------------------ */

consent_status cd_store_begin(cd_store *store, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "beginning", "BEGIN IMMEDIATE");
    return cd_sql_run(&query, err);
}

consent_status cd_store_commit(cd_store *store, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "committing", "COMMIT");
    consent_status status = cd_sql_run(&query, err);
    if (status != CONSENT_OK)
        cd_store_rollback(store);
    return status;
}

bool cd_store_in_transaction(const cd_store *store)
{
    return sqlite3_get_autocommit(store->db) == 0;
}

void cd_store_rollback(cd_store *store)
{
    if (!cd_store_in_transaction(store))
        return;
    cd_query query = cd_sql_begin(store, "rolling back", "ROLLBACK");
    (void)cd_sql_run(&query, NULL);
}

consent_status cd_store_mark(cd_store *store, consent_error *err)
{
    cd_query query = cd_sql_begin(store, "marking", "SAVEPOINT mark");
    return cd_sql_run(&query, err);
}

consent_status cd_store_unmark(cd_store *store, bool keep, consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (!keep) {
        cd_query undo = cd_sql_begin(store, "undoing", "ROLLBACK TO mark");
        status = cd_sql_run(&undo, err);
    }
    cd_query query = cd_sql_begin(store, "marking", "RELEASE mark");
    return status == CONSENT_OK ? cd_sql_run(&query, err) : status;
}

/* ---- readers ------------------------------------------------------------------------------------------ */

struct cd_pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    size_t count, free_count;
    cd_store *free_ones[32];
};

consent_status cd_pool_new(const char *path, size_t count, cd_pool **out, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cd_pool *pool = calloc(1, sizeof *pool);
    *out = NULL;
    if (!pool)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the readers");
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->freed, NULL);
    while (status == CONSENT_OK && pool->count < count && pool->count < CS_COUNT_OF(pool->free_ones)) {
        status = cd_store_open(path, false, &pool->free_ones[pool->count], err);
        if (status == CONSENT_OK)
            pool->free_count = ++pool->count;
    }
    *out = pool;
    if (status != CONSENT_OK) {
        cd_pool_free(pool);
        *out = NULL;
    }
    return status;
}

cd_store *cd_pool_get(cd_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->free_count == 0)
        (void)pthread_cond_wait(&pool->freed, &pool->lock);
    cd_store *store = pool->free_ones[--pool->free_count];
    (void)pthread_mutex_unlock(&pool->lock);
    return store;
}

void cd_pool_put(cd_pool *pool, cd_store *store)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->free_ones[pool->free_count++] = store;
    (void)pthread_cond_signal(&pool->freed);
    (void)pthread_mutex_unlock(&pool->lock);
}

void cd_pool_free(cd_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->free_count; i++)
        cd_store_close(pool->free_ones[i]);
    (void)pthread_cond_destroy(&pool->freed);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
