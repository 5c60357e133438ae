/* bench: measures the budgets of the library beside named peers, in one run.
 *
 * Every figure is the median of at least 7 rounds with its range. Within a round the contenders take turns, and the
 * turn rotates from round to round, so that a slow second of the machine hits all of them alike. Nothing here passes
 * or fails a build: a row says within or over, people judge. docs/performance.md explains the rows. */
#ifndef BENCH_H
#define BENCH_H

#include <consent/consent.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    BENCH_MIN_ROUNDS = 7,
    BENCH_MAX_ROUNDS = 64,
    BENCH_MAX_ROWS = 48,
    BENCH_PATH_SIZE = 4096
};

/* ---- report.c: rows ---------------------------------------------------------------------------- */

typedef enum bench_sense {
    BENCH_NO_BUDGET = 0,
    BENCH_AT_MOST = 1,
    BENCH_AT_LEAST = 2
} bench_sense;

typedef struct bench_row {
    char what[96];
    const char *unit;
    bool is_peer; /* of the nearest row above that is not one */
    bench_sense sense;
    double budget;
    char left_out[160]; /* why there is no figure; empty: there is one */
    double samples[BENCH_MAX_ROUNDS];
    size_t sample_count;
} bench_row;

typedef struct bench_report {
    bench_row rows[BENCH_MAX_ROWS];
    size_t row_count;
} bench_report;

/* A row with a budget, one that only informs (BENCH_NO_BUDGET), or a peer's. `what` and `unit` are borrowed and copied. */
bench_row *bench_add(bench_report *report, const char *what, const char *unit, bench_sense sense, double budget);
bench_row *bench_add_peer(bench_report *report, const char *what, const char *unit);
void bench_leave_out(bench_row *row, const char *why);
void bench_sample(bench_row *row, double value);
double bench_median(const bench_row *row);
/* The median of any numbers, which it sorts. */
double bench_middle(double *values, size_t count);
/* One sample per round: a over b, as a row of its own. */
void bench_ratio(bench_row *row, const bench_row *a, const bench_row *b);
void bench_print(const bench_report *report, FILE *out);
/* False when the file could not be written. */
bool bench_write_json(const bench_report *report, const char *machine, const char *path);

/* ---- bench.c: what the topics share -------------------------------------------------------------- */

typedef struct bench {
    size_t rounds;
    char dir[BENCH_PATH_SIZE];     /* where homes and peers' files go: its file system is what is measured */
    char bin_dir[BENCH_PATH_SIZE]; /* where this program and sample_bundle stand */
    uint8_t *bundle;               /* a signed policy of BENCH_PURPOSES purposes */
    size_t bundle_size;
    uint8_t root[65];
    bench_report report;
} bench;

enum {
    BENCH_PURPOSES = 100
};

double bench_now_ns(void);
/* Ends the program with one line. */
void bench_fail(const char *what, const char *why);
void bench_require(consent_status status, const consent_error *err, const char *what);
void bench_path(const bench *b, const char *name, char out[BENCH_PATH_SIZE]);
/* A number that keeps the compiler from dropping what was computed. */
extern volatile uint64_t bench_sink;

/* ---- fixture.c: a person's consent, made through the public interface ------------------------------ */

typedef struct bench_home {
    consent_client *client;
    consent_profile *profile;
} bench_home;

/* Opens bench->dir/name with its anonymous profile. */
void bench_home_open(const bench *b, const char *name, bench_home *out);
void bench_home_close(bench_home *home);
void bench_install(const bench *b, const bench_home *home);
/* The question about an `own` purpose, which allows once granted: number % 3 == 1. Strings live in *names. */
typedef struct bench_names {
    char purpose[32];
    char data[32];
    const char *data_list[1];
} bench_names;
void bench_query(unsigned number, bench_names *names, consent_query *query);
/* The person accepts the policy. */
void bench_accept(const bench_home *home);
/* A form for the question, shown, ready to be submitted. */
consent_form *bench_shown_form(const bench_home *home, const consent_query *query);
void bench_submit(consent_form *form);
void bench_grant(const bench_home *home, const consent_query *query);
void bench_withdraw(const bench_home *home, const consent_query *query);
/* How many `own` purposes the policy has. */
unsigned bench_own_count(void);
unsigned bench_own_number(unsigned index);

/* ---- counters.c: what the library asks of the system, seen from outside ----------------------------- */

typedef struct bench_counts {
    size_t live_bytes; /* allocated and not freed since counting began */
    size_t peak_bytes;
    uint64_t allocations;
    uint64_t write_calls;
    uint64_t written_bytes;
    uint64_t sync_calls;
} bench_counts;

void bench_counting(bool on); /* turning it on sets everything to zero */
bench_counts bench_counted(void);

/* ---- peers.c, databases.c --------------------------------------------------------------------------- */

/* What an app without this library writes: a table of its own behind a mutex. */
void peer_table_fill(void);
int peer_table_check(const char *purpose);
int peer_atomic_check(void);
/* A consent flag as crash reporters keep it: options held by reference under a lock, one int read. */
int peer_flag_check(void);

typedef struct peer_file peer_file;
peer_file *peer_file_open(const bench *b, const char *name, size_t append_bytes, size_t append_count);
void peer_file_append(peer_file *file);
void peer_file_close(peer_file *file);

typedef struct peer_database peer_database;
/* NULL: not on this machine; *why says so. `cipher` takes SQLCipher with a raw key. */
peer_database *peer_database_open(const bench *b, const char *name, bool cipher, const char **why);
void peer_database_fill(peer_database *database, size_t rows);
void peer_database_insert(peer_database *database);
/* Closes, opens again as an app at its start would, and reads the newest row of one purpose: the ns from open to row. */
double peer_database_reopen_and_ask(peer_database *database);
const char *peer_database_version(const peer_database *database);
void peer_database_close(peer_database *database);

/* ---- topics: each measures and adds its rows ----------------------------------------------------------- */

void bench_checks(bench *b);
void bench_records(bench *b);
void bench_ledgers(bench *b);
void bench_memory(bench *b);
void bench_size(bench *b);

#endif
