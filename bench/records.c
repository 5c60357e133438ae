/* Recording one act on stable storage, beside a raw append of the same bytes and two databases. */
#include "bench.h"

enum {
    MAX_PURPOSES = 40,
    BLOCKS_PER_ROUND = 3,
    FILLED_ROWS = 8000,
    CONTENDERS = 5
};
enum {
    WITHDRAW,
    SUBMIT,
    RAW,
    SQLITE,
    SQLCIPHER
};
#define MAX_TAKEN (2 * BLOCKS_PER_ROUND * MAX_PURPOSES)

typedef struct contender {
    bench_row *row;
    double taken_ns[MAX_TAKEN]; /* of this round */
    size_t taken_count;
} contender;

typedef struct ctx {
    bench_home home;
    unsigned purposes;
    consent_form *forms[MAX_PURPOSES]; /* shown, to be submitted */
    peer_file *file;
    peer_database *sqlite;
    peer_database *sqlcipher;
    contender contenders[CONTENDERS];
} ctx;

static void act(ctx *c, int contender_index, unsigned purpose)
{
    bench_names names;
    consent_query query;
    contender *of = &c->contenders[contender_index];
    if (of->row->left_out[0])
        return;
    bench_query(bench_own_number(purpose), &names, &query);
    double begun = bench_now_ns();
    switch (contender_index) {
    case WITHDRAW:
        bench_withdraw(&c->home, &query);
        break;
    case SUBMIT:
        bench_submit(c->forms[purpose]);
        break;
    case RAW:
        peer_file_append(c->file);
        break;
    case SQLITE:
        peer_database_insert(c->sqlite);
        break;
    default:
        peer_database_insert(c->sqlcipher);
        break;
    }
    of->taken_ns[of->taken_count++] = bench_now_ns() - begun;
}

/* Bytes, writes and syncs that one act costs the library: what the raw append has to match. */
static size_t look_at_one_act(bench *b, ctx *c)
{
    bench_names names;
    consent_query query;
    bench_query(bench_own_number(0), &names, &query);
    bench_withdraw(&c->home, &query);
    bench_counting(true);
    bench_withdraw(&c->home, &query);
    bench_counting(false);
    bench_counts counts = bench_counted();
    bench_sample(bench_add(&b->report, "bytes of one recorded act", "B", BENCH_NO_BUDGET, 0),
                 (double)counts.written_bytes);
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

/* One act of each in turn, ours being `own`: a slow stretch of the disk meets all of them. */
static void take_turns(ctx *c, int own, size_t turn)
{
    const int order[] = {own, RAW, SQLITE, SQLCIPHER};
    const size_t count = sizeof order / sizeof *order;
    for (unsigned purpose = 0; purpose < c->purposes; purpose++)
        for (size_t i = 0; i < count; i++)
            act(c, order[(i + purpose + turn) % count], purpose);
}

/* Every choice is withdrawn and given again. Forms are built and shown between the turns: that is not the record's time,
 * and would leave the caches cold for ours alone. A round's figure is its median act, because one act that waits for somebody
 * else's write outweighs the hundred that did not. */
static void run_round(ctx *c, size_t round)
{
    for (size_t i = 0; i < CONTENDERS; i++)
        c->contenders[i].taken_count = 0;
    for (size_t block = 0; block < BLOCKS_PER_ROUND; block++) {
        take_turns(c, WITHDRAW, round + block);
        for (unsigned i = 0; i < c->purposes; i++) {
            bench_names names;
            consent_query query;
            bench_query(bench_own_number(i), &names, &query);
            c->forms[i] = bench_shown_form(&c->home, &query);
        }
        take_turns(c, SUBMIT, round + block);
        for (unsigned i = 0; i < c->purposes; i++)
            consent_form_close(c->forms[i]);
    }
    for (size_t i = 0; i < CONTENDERS; i++) {
        contender *of = &c->contenders[i];
        if (!of->row->left_out[0])
            bench_sample(of->row, bench_middle(of->taken_ns, of->taken_count) / 1000);
    }
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
    static ctx c;
    bench_report *report = &b->report;
    bench_home_open(b, "records", &c.home);
    bench_install(b, &c.home);
    bench_accept(&c.home);
    c.purposes = bench_own_count() < MAX_PURPOSES ? bench_own_count() : MAX_PURPOSES;
    for (unsigned i = 0; i < c.purposes;
         i++) { /* a notice's text is stored when it is first shown; from here on it is there */
        bench_names names;
        consent_query query;
        bench_query(bench_own_number(i), &names, &query);
        bench_grant(&c.home, &query);
        bench_withdraw(&c.home, &query);
        bench_grant(&c.home, &query);
    }
    size_t bytes = look_at_one_act(b, &c);
    c.file = peer_file_open(b, "raw", bytes, b->rounds * MAX_TAKEN);
    contender *by = c.contenders;
    by[WITHDRAW].row = bench_add(report, "record one act durably: a withdrawal", "us", BENCH_NO_BUDGET, 0);
    by[SUBMIT].row = bench_add(report, "record one act durably: a form submitted", "us", BENCH_NO_BUDGET, 0);
    by[RAW].row = bench_add_peer(report, "raw append, preallocated, the same bytes, fdatasync", "us");
    by[SQLITE].row = bench_add_peer(report, "SQLite, WAL, synchronous FULL, 8,000 rows", "us");
    by[SQLCIPHER].row = bench_add_peer(report, "SQLCipher, the same, raw key", "us");
    open_databases(b, &c, by[SQLITE].row, by[SQLCIPHER].row);
    for (size_t round = 0; round < b->rounds; round++)
        run_round(&c, round);
    add_ratios(b, by[WITHDRAW].row, by[SUBMIT].row, by[RAW].row, by[SQLITE].row, by[SQLCIPHER].row);
    peer_file_close(c.file);
    if (c.sqlite)
        peer_database_close(c.sqlite);
    if (c.sqlcipher)
        peer_database_close(c.sqlcipher);
    bench_home_close(&c.home);
}
