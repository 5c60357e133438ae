/* metrics: counters that /metrics shows in Prometheus' text form. Atomic; any thread. */
#ifndef CD_METRICS_H
#define CD_METRICS_H

#include "base/base.h"

#include <stdatomic.h>

#define CD_METRICS_ROUTES 64
#define CD_METRICS_BUCKETS 8

typedef struct cd_metrics {
    atomic_uint_fast64_t answers[CD_METRICS_ROUTES][6]; /* by route and status class; [0]: other */
    atomic_uint_fast64_t buckets[CD_METRICS_BUCKETS];   /* of the time that requests took */
    atomic_uint_fast64_t took_ms, answered;
    atomic_uint_fast64_t connections, connections_all, cut_off;
    atomic_uint_fast64_t commits, failed_commits, commit_ms, shared, queue_most;
    atomic_uint_fast64_t events, ranges, repeated, forks, gaps, rejected, limited, busy;
    atomic_uint_fast64_t acts, notices, guardians, sealed;
} cd_metrics;

void cd_metrics_commit(cd_metrics *metrics, size_t jobs, int64_t ms, bool done);
void cd_metrics_queue(cd_metrics *metrics, size_t waiting);
void cd_metrics_answer(cd_metrics *metrics, size_t route, unsigned status, int64_t ms);
/* `name_of` gives a route's name. */
void cd_metrics_write(cd_metrics *metrics, size_t route_count, const char *(*name_of)(size_t route), cs_buffer *out);

#define cd_count(metrics, member, by) ((void)atomic_fetch_add(&(metrics)->member, (uint_fast64_t)(by)))

#endif
