/* Opening a long history up to the first decision, and verifying all of it. */
#include "bench.h"

#include <string.h>

enum {
    SIZES = 3,
    OPENS_PER_ROUND = 3,
    ACTS_PER_GRANT = 10
};

static const size_t sizes[SIZES] = {1000, 10000, 30000};

static void home_name(size_t size, char out[32])
{
    (void)snprintf(out, 32, "ledger-%zu", size);
}

/* `size` events, one act each, as a person's taps leave them: mostly the same few choices taken back and given again. */
static void make_history(const bench *b, size_t size)
{
    char name[32];
    bench_home home;
    bench_names names;
    consent_query query;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_error err = {0};
    home_name(size, name);
    bench_home_open(b, name, &home);
    bench_install(b, &home);
    bench_accept(&home);
    bench_require(consent_verify(home.profile, &report, &err), &err, "verifying");
    for (size_t i = report.event_count; i < size; i++) {
        bench_query(bench_own_number((unsigned)(i / 2)), &names, &query);
        if (i % ACTS_PER_GRANT == 0)
            bench_grant(&home, &query);
        else
            bench_withdraw(&home, &query);
    }
    bench_query(1, &names, &query);
    bench_grant(&home, &query); /* the question of open_and_ask is allowed */
    bench_home_close(&home);
}

/* The us from nothing open to the first decision. */
static double open_and_ask(const bench *b, size_t size)
{
    char name[32];
    bench_home home;
    bench_names names;
    consent_query query;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    home_name(size, name);
    bench_query(1, &names, &query);
    double begun = bench_now_ns();
    bench_home_open(b, name, &home);
    bench_require(consent_check(home.profile, &query, &verdict, &err), &err, "the first check");
    double taken = bench_now_ns() - begun;
    if (verdict.decision != CONSENT_ALLOW)
        bench_fail("the first check after opening", consent_reason_name((consent_reason)verdict.reason));
    bench_home_close(&home);
    return taken / 1000;
}

static void measure_opening(bench *b, bench_row *const rows[SIZES], bench_row *peer, peer_database *database)
{
    for (size_t round = 0; round < b->rounds; round++) {
        for (size_t i = 0; i < SIZES; i++) {
            size_t turn = (i + round) % SIZES;
            double total = 0;
            for (int open = 0; open < OPENS_PER_ROUND; open++)
                total += open_and_ask(b, sizes[turn]);
            bench_sample(rows[turn], total / OPENS_PER_ROUND / 1000);
        }
        if (database) {
            double total = 0;
            for (int open = 0; open < OPENS_PER_ROUND; open++)
                total += peer_database_reopen_and_ask(database);
            bench_sample(peer, total / OPENS_PER_ROUND / 1e6);
        }
    }
}

static void measure_verifying(bench *b)
{
    bench_row *row =
        bench_add(&b->report, "verify a ledger of 10,000 events, one core", "events/s", BENCH_AT_LEAST, 100000);
    bench_row *frames = bench_add(&b->report, "its frames, each one act of one event", "", BENCH_NO_BUDGET, 0);
    bench_home home;
    char name[32];
    consent_error err = {0};
    home_name(sizes[1], name);
    bench_home_open(b, name, &home);
    for (size_t round = 0; round < b->rounds; round++) {
        consent_verify_report report = CONSENT_INIT(consent_verify_report);
        double begun = bench_now_ns();
        bench_require(consent_verify(home.profile, &report, &err), &err, "verifying");
        double taken = bench_now_ns() - begun;
        bench_sample(row, (double)report.event_count / (taken / 1e9));
        bench_sample(frames, (double)report.frame_count);
    }
    bench_home_close(&home);
}

void bench_ledgers(bench *b)
{
    bench_report *report = &b->report;
    bench_row *rows[SIZES];
    const char *why = "";
    rows[1] = bench_add(report, "open a ledger of 10,000 events to the first decision", "ms", BENCH_AT_MOST, 2);
    rows[0] = bench_add(report, "  of 1,000 events", "ms", BENCH_NO_BUDGET, 0);
    rows[2] = bench_add(report, "  of 30,000 events", "ms", BENCH_NO_BUDGET, 0);
    bench_row *peer = bench_add_peer(report, "SQLite, open and read the newest of 10,000 rows", "ms");
    peer_database *database = peer_database_open(b, "history.db", false, &why);
    if (database)
        peer_database_fill(database, sizes[1]);
    else
        bench_leave_out(peer, why);
    for (size_t i = 0; i < SIZES; i++)
        make_history(b, sizes[i]);
    measure_opening(b, rows, peer, database);
    /* Flat: thirty times the history may cost what the machine's jitter costs. */
    bench_ratio(bench_add(report, "30,000 events / 1,000 events", "x", BENCH_AT_MOST, 1.25), rows[2], rows[0]);
    measure_verifying(b);
    if (database)
        peer_database_close(database);
}
