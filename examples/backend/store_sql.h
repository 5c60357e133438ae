/* store_sql: what the store's files share. Nothing outside store*.c includes it. */
#ifndef CD_STORE_SQL_H
#define CD_STORE_SQL_H

#include "store.h"

#include <sqlite3.h>

#define CD_STATEMENTS 64

typedef struct cd_statement {
    const char *sql; /* the very pointer names it */
    sqlite3_stmt *compiled;
} cd_statement;

struct cd_store {
    sqlite3 *db;
    cd_statement statements[CD_STATEMENTS]; /* compiled once a connection, found by the text's address */
};

/* One statement under way: begin, then bind in order, step, read columns in order, end. A failure sticks. */
typedef struct cd_query {
    cd_store *store;
    sqlite3_stmt *statement;
    int parameter, column;
    int code;
    const char *what; /* for the message: "the profile" */
} cd_query;

cd_query cd_sql_begin(cd_store *store, const char *what, const char *sql);
void cd_sql_blob(cd_query *query, const void *data, size_t size); /* NULL data: NULL */
void cd_sql_int(cd_query *query, int64_t value);
void cd_sql_text(cd_query *query, const char *text, size_t size);
bool cd_sql_row(cd_query *query); /* the next row; false: no more, or failed */
/* OK when it went to its end or was left in the middle. */
consent_status cd_sql_end(cd_query *query, consent_error *err);
/* For statements without rows. */
consent_status cd_sql_run(cd_query *query, consent_error *err);
/* For one row: E_NOT_FOUND when `found` is false and nothing failed. */
consent_status cd_sql_end_found(cd_query *query, bool found, consent_error *err);

int64_t cd_sql_read_int(cd_query *query);
cs_span cd_sql_read_span(cd_query *query);
/* Exactly `size` bytes; false (zeros) when the column is NULL or another size. */
bool cd_sql_read_blob(cd_query *query, void *out, size_t size);
void cd_sql_read_text(cd_query *query, char *out, size_t size);

#endif
