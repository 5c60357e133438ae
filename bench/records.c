/* Recording one act on stable storage, beside a raw append of the same bytes and two databases. */
#include "bench.h"

enum { ACTS_PER_ROUND = 100, FILLED_ROWS = 8000, CONTENDERS = 5 };

typedef struct ctx {
    bench_home home;
    unsigned next; /* the purpose to be withdrawn; the one before it is to be granted again */
    peer_file *file;
    peer_database *sqlite;
    peer_database *sqlcipher;
} ctx;

/* Each returns the ns of one act. */

static double run_withdraw(ctx *c)
{
    bench_names names;
    consent_query query;
    bench_query(bench_own_number(c->next), &names, &query);
    double begun = bench_now_ns();
    bench_withdraw(&c->home, &query);
    return bench_now_ns() - begun;
}

/* Building and showing the form is not the record's time. */
static double run_submit(ctx *c)
{
    bench_names names;
    consent_query query;
    bench_query(bench_own_number(c->next - 1), &names, &query);
    consent_form *form = bench_shown_form(&c->home, &query);
    double begun = bench_now_ns();
    bench_submit(form);
    double taken = bench_now_ns() - begun;
    consent_form_close(form);
    return taken;
}

static double run_raw(ctx *c)
{
    double begun = bench_now_ns();
    peer_file_append(c->file);
    return bench_now_ns() - begun;
}

static double insert(peer_database *database)
{
    double begun = bench_now_ns();
    peer_database_insert(database);
    return bench_now_ns() - begun;
}

static double run_sqlite(ctx *c)
{
    return insert(c->sqlite);
}

static double run_sqlcipher(ctx *c)
{
    return insert(c->sqlcipher);
}

typedef struct contender {
    double (*run)(ctx *c);
    bench_row *row;
    double taken_ns[ACTS_PER_ROUND];
} contender;

/* Bytes, writes and syncs that one act costs the library: what the raw append has to match. */
static size_t look_at_one_act(bench *b, ctx *c)
{
    bench_names names;
    consent_query query;
    bench_query(bench_own_number(c->next), &names, &query);
    bench_withdraw(&c->home, &query);
    bench_counting(true);
    bench_withdraw(&c->home, &query);
    bench_counting(false);
    bench_counts counts = bench_counted();
    bench_sample(bench_add(&b->report, "bytes of one recorded act", "B", BENCH_NO_BUDGET, 0), (double)counts.written_bytes);
    bench_sample(bench_add(&b->report, "its writes", "", BENCH_NO_BUDGET, 0), (double)counts.write_calls);
    bench_sample(bench_add(&b->report, "its syncs", "", BENCH_NO_BUDGET, 0), (double)counts.sync_calls);
    return counts.written_bytes;
}

static void open_databases(bench *b, ctx *c, bench_row *sqlite_row, bench_row *sqlcipher_row)
{
    const char *why = "";
    c->sqlite = peer_database_open(b, "sqlite.db", false, &why);
    if (!c->sqlite)
        bench_leave_out(sqlite_row, why);
    else
        peer_database_fill(c->sqlite, FILLED_ROWS);
    c->sqlcipher = peer_database_open(b, "sqlcipher.db", true, &why);
    if (!c->sqlcipher)
        bench_leave_out(sqlcipher_row, why);
    else
        peer_database_fill(c->sqlcipher, FILLED_ROWS);
}

/* One act of each in turn: a slow stretch of the disk meets all of them. A round's figure is its median act, because
 * one act that waits for somebody else's write outweighs the hundred that did not. */
static void run_round(contender *contenders, ctx *c, size_t round)
{
    for (size_t act = 0; act < ACTS_PER_ROUND; act++) {
        c->next++;
        for (size_t i = 0; i < CONTENDERS; i++) {
            contender *next = &contenders[(i + act + round) % CONTENDERS];
            if (!next->row->left_out[0])
                next->taken_ns[act] = next->run(c);
        }
    }
    for (size_t i = 0; i < CONTENDERS; i++)
        if (!contenders[i].row->left_out[0])
            bench_sample(contenders[i].row, bench_middle(contenders[i].taken_ns, ACTS_PER_ROUND) / 1000);
}

/* The budget is 1.25 of the raw append, 1.35 at worst. */
static void add_ratios(bench *b, const bench_row *withdraw, const bench_row *submit, const bench_row *raw,
                       const bench_row *sqlite, const bench_row *sqlcipher)
{
    bench_report *report = &b->report;
    bench_ratio(bench_add(report, "withdrawal / raw append", "x", BENCH_AT_MOST, 1.25), withdraw, raw);
    bench_ratio(bench_add(report, "form submitted / raw append", "x", BENCH_AT_MOST, 1.25), submit, raw);
    bench_ratio(bench_add(report, "form submitted / SQLite", "x", BENCH_AT_MOST, 1), submit, sqlite);
    bench_ratio(bench_add(report, "form submitted / SQLCipher", "x", BENCH_AT_MOST, 1), submit, sqlcipher);
}

void bench_records(bench *b)
{
    ctx c = {0};
    bench_home_open(b, "records", &c.home);
    bench_install(b, &c.home);
    bench_accept(&c.home);
    for (unsigned i = 0; i < bench_own_count(); i++) { /* each purpose's notice is stored once; from then on it is there */
        bench_names names;
        consent_query query;
        bench_query(bench_own_number(i), &names, &query);
        bench_grant(&c.home, &query);
    }
    size_t bytes = look_at_one_act(b, &c);
    c.file = peer_file_open(b, "raw", bytes, (b->rounds + 1) * ACTS_PER_ROUND);
    bench_report *report = &b->report;
    contender contenders[CONTENDERS] = {
        {run_withdraw, bench_add(report, "record one act durably: a withdrawal", "us", BENCH_NO_BUDGET, 0), {0}},
        {run_submit, bench_add(report, "record one act durably: a form submitted", "us", BENCH_NO_BUDGET, 0), {0}},
        {run_raw, bench_add_peer(report, "raw append, preallocated, the same bytes, fdatasync", "us"), {0}},
        {run_sqlite, bench_add_peer(report, "SQLite, WAL, synchronous FULL, 8,000 rows", "us"), {0}},
        {run_sqlcipher, bench_add_peer(report, "SQLCipher, the same, raw key", "us"), {0}},
    };
    open_databases(b, &c, contenders[3].row, contenders[4].row);
    for (size_t round = 0; round < b->rounds; round++)
        run_round(contenders, &c, round);
    add_ratios(b, contenders[0].row, contenders[1].row, contenders[2].row, contenders[3].row, contenders[4].row);
    peer_file_close(c.file);
    if (c.sqlite)
        peer_database_close(c.sqlite);
    if (c.sqlcipher)
        peer_database_close(c.sqlcipher);
    bench_home_close(&c.home);
}
