/* Heap: in a process of its own for each figure, so that nothing has been allocated or kept before. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

typedef size_t measured(const bench *b, const char *name);

static size_t peak_while_installing(const bench *b, const char *name)
{
    bench_home home;
    bench_counting(true);
    bench_home_open(b, name, &home);
    bench_install(b, &home);
    bench_counting(false);
    return bench_counted().peak_bytes;
}

static size_t steady_after_opening(const bench *b, const char *name)
{
    bench_home home;
    bench_names names;
    consent_query query;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    bench_query(1, &names, &query);
    bench_counting(true);
    bench_home_open(b, name, &home);
    bench_require(consent_check(home.profile, &query, &verdict, &err), &err, "checking");
    bench_counting(false);
    if (verdict.decision != CONSENT_ALLOW)
        bench_fail("memory", "the question was not allowed");
    return bench_counted().live_bytes;
}

/* Not measured: leaves a home whose person accepted and granted every `own` purpose. */
static size_t live_in(const bench *b, const char *name)
{
    bench_home home;
    bench_names names;
    consent_query query;
    bench_home_open(b, name, &home);
    bench_accept(&home);
    for (unsigned i = 0; i < bench_own_count(); i++) {
        bench_query(bench_own_number(i), &names, &query);
        bench_grant(&home, &query);
    }
    bench_home_close(&home);
    return 0;
}

static size_t in_own_process(const bench *b, measured *run, const char *name)
{
    int ends[2];
    size_t result = 0;
    if (pipe(ends) != 0)
        bench_fail("memory", "no pipe could be made");
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        bench_fail("memory", "no process could be started");
    if (child == 0) {
        result = run(b, name);
        _exit(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
    }
    (void)close(ends[1]);
    bool ok = read(ends[0], &result, sizeof result) == (ssize_t)sizeof result;
    int status = 0;
    (void)close(ends[0]);
    if (waitpid(child, &status, 0) != child || status != 0 || !ok)
        bench_fail("memory", "the measuring process failed");
    return result;
}

void bench_memory(bench *b)
{
    bench_row *steady = bench_add(&b->report, "heap after opening, 100 purposes", "KB", BENCH_AT_MOST, 256);
    bench_row *peak = bench_add(&b->report, "heap at most while installing, 100 purposes", "KB", BENCH_AT_MOST, 2048);
    bench_row *bundle = bench_add(&b->report, "the bundle itself, the host's memory", "KB", BENCH_NO_BUDGET, 0);
    for (size_t round = 0; round < b->rounds; round++) {
        char name[32];
        (void)snprintf(name, sizeof name, "memory-%zu", round);
        bench_sample(peak, (double)in_own_process(b, peak_while_installing, name) / 1024);
        (void)in_own_process(b, live_in, name);
        bench_sample(steady, (double)in_own_process(b, steady_after_opening, name) / 1024);
    }
    bench_sample(bundle, (double)b->bundle_size / 1024);
}
