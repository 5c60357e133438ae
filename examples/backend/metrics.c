#include "metrics.h"

#include <inttypes.h>

static const int64_t bounds_ms[CD_METRICS_BUCKETS] = {1, 3, 10, 30, 100, 300, 1000, INT64_MAX};

void cd_metrics_commit(cd_metrics *metrics, size_t jobs, int64_t ms, bool done)
{
    cd_count(metrics, commits, done);
    cd_count(metrics, failed_commits, !done);
    cd_count(metrics, commit_ms, ms);
    cd_count(metrics, shared, jobs);
}

void cd_metrics_queue(cd_metrics *metrics, size_t waiting)
{
    uint_fast64_t most = atomic_load(&metrics->queue_most);
    while (waiting > most && !atomic_compare_exchange_weak(&metrics->queue_most, &most, waiting))
        continue;
}

void cd_metrics_answer(cd_metrics *metrics, size_t route, unsigned status, int64_t ms)
{
    size_t bucket = 0;
    while (ms > bounds_ms[bucket])
        bucket++;
    cd_count(metrics, answers[route < CD_METRICS_ROUTES ? route : CD_METRICS_ROUTES - 1][status / 100 % 6], 1);
    cd_count(metrics, buckets[bucket], 1);
    cd_count(metrics, took_ms, ms);
    cd_count(metrics, answered, 1);
}

static void one(cs_buffer *out, const char *name, const char *kind, const char *help, atomic_uint_fast64_t *value)
{
    cs_buffer_printf(out, "# HELP consentd_%s %s\n# TYPE consentd_%s %s\nconsentd_%s %" PRIuFAST64 "\n", name, help,
                     name, kind, name, atomic_load(value));
}

static void write_answers(cd_metrics *metrics, size_t route_count, const char *(*name_of)(size_t route), cs_buffer *out)
{
    cs_buffer_text(out, "# HELP consentd_answers_total Answers by route and class of status.\n"
                        "# TYPE consentd_answers_total counter\n");
    for (size_t i = 0; i < route_count && i < CD_METRICS_ROUTES; i++)
        for (unsigned status = 1; status < 6; status++) {
            uint_fast64_t count = atomic_load(&metrics->answers[i][status]);
            if (count != 0)
                cs_buffer_printf(out, "consentd_answers_total{route=\"%s\",status=\"%uxx\"} %" PRIuFAST64 "\n",
                                 name_of(i), status, count);
        }
}

static void write_times(cd_metrics *metrics, cs_buffer *out)
{
    uint_fast64_t sum = 0;
    cs_buffer_text(out, "# HELP consentd_request_seconds How long requests took.\n"
                        "# TYPE consentd_request_seconds histogram\n");
    for (size_t i = 0; i < CD_METRICS_BUCKETS; i++) {
        char bound[24] = "+Inf";
        sum += atomic_load(&metrics->buckets[i]);
        if (i + 1 < CD_METRICS_BUCKETS) {
            cs_buffer_printf(out, "consentd_request_seconds_bucket{le=\"%" PRId64 ".%03" PRId64 "\"} %" PRIuFAST64 "\n",
                             bounds_ms[i] / 1000, bounds_ms[i] % 1000, sum);
            continue;
        }
        cs_buffer_printf(out, "consentd_request_seconds_bucket{le=\"%s\"} %" PRIuFAST64 "\n", bound, sum);
    }
    uint_fast64_t ms = atomic_load(&metrics->took_ms);
    cs_buffer_printf(out, "consentd_request_seconds_sum %" PRIuFAST64 ".%03" PRIuFAST64 "\n", ms / 1000, ms % 1000);
    cs_buffer_printf(out, "consentd_request_seconds_count %" PRIuFAST64 "\n", sum);
}

void cd_metrics_write(cd_metrics *metrics, size_t route_count, const char *(*name_of)(size_t route), cs_buffer *out)
{
    write_answers(metrics, route_count, name_of, out);
    write_times(metrics, out);
    one(out, "connections", "gauge", "Connections open now.", &metrics->connections);
    one(out, "connections_total", "counter", "Connections taken.", &metrics->connections_all);
    one(out, "cut_off_total", "counter", "Connections cut off for being too slow.", &metrics->cut_off);
    one(out, "commits_total", "counter", "Transactions on disk.", &metrics->commits);
    one(out, "failed_commits_total", "counter", "Transactions that failed.", &metrics->failed_commits);
    one(out, "commit_milliseconds_total", "counter", "Time spent in transactions.", &metrics->commit_ms);
    one(out, "shared_commits_total", "counter", "Pieces of work that shared those transactions.", &metrics->shared);
    one(out, "queue_most", "gauge", "The most that ever waited for the database.", &metrics->queue_most);
    one(out, "events_total", "counter", "Events stored.", &metrics->events);
    one(out, "ranges_total", "counter", "Ranges stored.", &metrics->ranges);
    one(out, "repeated_ranges_total", "counter", "Ranges that were stored before.", &metrics->repeated);
    one(out, "forks_total", "counter", "Ranges refused because something else stands there.", &metrics->forks);
    one(out, "gaps_total", "counter", "Ranges refused because something before them is missing.", &metrics->gaps);
    one(out, "rejected_total", "counter", "Requests refused for their content.", &metrics->rejected);
    one(out, "limited_total", "counter", "Requests refused for coming too often.", &metrics->limited);
    one(out, "busy_total", "counter", "Requests refused because too many waited.", &metrics->busy);
    one(out, "support_acts_total", "counter", "Acts written by support.", &metrics->acts);
    one(out, "notices_total", "counter", "Notices delivered.", &metrics->notices);
    one(out, "guardian_approvals_total", "counter", "Approvals by a guardian's link.", &metrics->guardians);
    one(out, "sealed_total", "counter", "Sealed files taken in.", &metrics->sealed);
}
