/* May I, right now? By handle and by names, beside what an app would do itself. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <pthread.h>
#include <string.h>

enum {
    CHECKS = 1000000,
    CONTENDERS = 7,
    MAX_THREADS = 2,
    ALLOCATION_CHECKS = 100000
};

typedef struct contender {
    uint64_t (*run)(void *ctx); /* CHECKS checks; the sum of the answers */
    void *ctx;
    unsigned threads;
    bench_row *row;
} contender;

static uint64_t run_handle(void *ctx)
{
    uint64_t sum = 0;
    for (int i = 0; i < CHECKS; i++)
        sum += (uint64_t)consent_handle_check(ctx);
    return sum;
}

typedef struct names_ctx {
    const bench_home *home;
    bench_names names;
    consent_query query;
} names_ctx;

static uint64_t run_names(void *ctx)
{
    const names_ctx *names = ctx;
    uint64_t sum = 0;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    for (int i = 0; i < CHECKS; i++) {
        if (consent_check(names->home->profile, &names->query, &verdict, NULL) != CONSENT_OK)
            return 0;
        sum += (uint64_t)verdict.decision;
    }
    return sum;
}

static uint64_t run_table(void *ctx)
{
    uint64_t sum = 0;
    for (int i = 0; i < CHECKS; i++)
        sum += (uint64_t)peer_table_check(ctx);
    return sum;
}

static uint64_t run_atomic(void *ctx)
{
    (void)ctx;
    uint64_t sum = 0;
    for (int i = 0; i < CHECKS; i++)
        sum += (uint64_t)peer_atomic_check();
    return sum;
}

static uint64_t run_flag(void *ctx)
{
    (void)ctx;
    uint64_t sum = 0;
    for (int i = 0; i < CHECKS; i++)
        sum += (uint64_t)peer_flag_check();
    return sum;
}

/* ---- running ------------------------------------------------------------------------------------------ */

typedef struct worker {
    const contender *of;
    pthread_barrier_t *start;
    double taken_ns;
    uint64_t sum;
} worker;

static void *work(void *arg)
{
    worker *self = arg;
    (void)pthread_barrier_wait(self->start);
    double begun = bench_now_ns();
    self->sum = self->of->run(self->of->ctx);
    self->taken_ns = bench_now_ns() - begun;
    return NULL;
}

/* The ns of one check as a thread sees it; the slowest thread speaks for all. */
static double run_threads(const contender *of)
{
    pthread_barrier_t start;
    pthread_t threads[MAX_THREADS];
    worker workers[MAX_THREADS];
    double slowest = 0;
    (void)pthread_barrier_init(&start, NULL, of->threads);
    for (unsigned i = 0; i < of->threads; i++) {
        workers[i] = (worker){.of = of, .start = &start};
        if (i > 0 && pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            bench_fail("checks", "a thread could not be started");
    }
    (void)work(&workers[0]);
    for (unsigned i = 0; i < of->threads; i++) {
        if (i > 0)
            (void)pthread_join(threads[i], NULL);
        if (workers[i].sum != (uint64_t)CHECKS * CONSENT_ALLOW)
            bench_fail(of->row->what, "not every check was allowed");
        if (workers[i].taken_ns > slowest)
            slowest = workers[i].taken_ns;
    }
    (void)pthread_barrier_destroy(&start);
    return slowest / CHECKS;
}

static void count_allocations(bench *b, const names_ctx *names, consent_handle *handle)
{
    bench_row *row =
        bench_add(&b->report, "allocations in 100,000 checks by handle and by names", "", BENCH_AT_MOST, 0);
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    for (size_t round = 0; round < b->rounds; round++) {
        bench_counting(true);
        for (int i = 0; i < ALLOCATION_CHECKS; i++) {
            bench_sink += (uint64_t)consent_handle_check(handle);
            if (consent_check(names->home->profile, &names->query, &verdict, NULL) != CONSENT_OK)
                bench_fail("checks by names", "one failed");
        }
        bench_counting(false);
        bench_sample(row, (double)bench_counted().allocations);
    }
}

void bench_checks(bench *b)
{
    static char table_name[] = "purpose-001";
    bench_home home;
    names_ctx names = {.home = &home};
    consent_handle *handle = NULL;
    consent_error err = {0};
    bench_home_open(b, "checks", &home);
    bench_install(b, &home);
    bench_accept(&home);
    bench_query(1, &names.names, &names.query);
    bench_grant(&home, &names.query);
    bench_require(consent_handle_open(home.profile, &names.query, &handle, &err), &err, "opening a handle");
    peer_table_fill();

    bench_report *report = &b->report;
    contender contenders[CONTENDERS] = {
        {run_handle, handle, 1, bench_add(report, "check by handle, one thread", "ns", BENCH_AT_MOST, 10)},
        {run_handle, handle, 2, bench_add(report, "check by handle, each of two threads", "ns", BENCH_AT_MOST, 10)},
        {run_atomic, NULL, 1, bench_add_peer(report, "one atomic load behind a call", "ns")},
        {run_flag, NULL, 1, bench_add_peer(report, "one flag, options held by reference under a lock", "ns")},
        {run_names, &names, 1, bench_add(report, "check by names", "ns", BENCH_AT_MOST, 60)},
        {run_table, table_name, 1, bench_add_peer(report, "own table of 100 purposes under a mutex", "ns")},
        {run_table, table_name, 2, bench_add_peer(report, "the same, each of two threads", "ns")},
    };
    for (size_t round = 0; round < b->rounds; round++)
        for (size_t i = 0; i < CONTENDERS; i++) {
            const contender *next = &contenders[(i + round) % CONTENDERS];
            bench_sample(next->row, run_threads(next));
        }
    count_allocations(b, &names, handle);
    consent_handle_close(handle);
    bench_home_close(&home);
}
