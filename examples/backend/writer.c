#include "writer.h"

#include "log.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHARED 256u

typedef struct job {
    cd_write_fn fn;
    void *ctx;
    consent_status status;
    consent_error err;
    sem_t done;
    struct job *next;
} job;

struct cd_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    job *first, *last;
    size_t waiting, queue_max;
    bool stopping, kicked;
    cd_store *store;
    cd_metrics *metrics;
    cd_chores_fn chores;
    void *chores_ctx;
};

/* ---- one transaction ------------------------------------------------------------------------------ */

static void run_job(cd_store *store, job *one)
{
    one->status = cd_store_mark(store, &one->err);
    if (one->status != CONSENT_OK)
        return;
    one->status = one->fn(store, one->ctx, &one->err);
    consent_status status =
        cd_store_unmark(store, one->status == CONSENT_OK, one->status == CONSENT_OK ? &one->err : NULL);
    if (one->status == CONSENT_OK)
        one->status = status;
}

static void finish(job *jobs, consent_status status, const consent_error *err)
{
    while (jobs) {
        job *next = jobs->next; /* the job is its waiter's again after the post */
        if (status != CONSENT_OK && jobs->status == CONSENT_OK) {
            jobs->status = status;
            jobs->err = *err;
        }
        (void)sem_post(&jobs->done);
        jobs = next;
    }
}

static void run_together(cd_writer *writer, job *jobs, size_t count)
{
    consent_error err = {0};
    int64_t begun_ms = cd_steady_ms();
    consent_status status = cd_store_begin(writer->store, &err);
    for (job *one = jobs; status == CONSENT_OK && one; one = one->next) {
        run_job(writer->store, one);
        if (!cd_store_in_transaction(writer->store)) /* took what the others wrote with it */
            status = cs_fail(&err, one->status == CONSENT_OK ? CONSENT_E_IO : one->status, 0,
                             "the transaction was lost: %.300s", one->err.message);
    }
    if (status == CONSENT_OK)
        status = cd_store_commit(writer->store, &err);
    if (status != CONSENT_OK)
        cd_log_failure("commit", status, &err);
    cd_metrics_commit(writer->metrics, count, cd_steady_ms() - begun_ms, status == CONSENT_OK);
    finish(jobs, status, &err);
}

static bool run_chores(cd_writer *writer)
{
    consent_error err = {0};
    bool more = false;
    consent_status status = cd_store_begin(writer->store, &err);
    if (status == CONSENT_OK)
        status = writer->chores(writer->store, writer->chores_ctx, &more, &err);
    if (status == CONSENT_OK)
        status = cd_store_commit(writer->store, &err);
    else
        cd_store_rollback(writer->store);
    if (status != CONSENT_OK)
        cd_log_failure("chores", status, &err);
    return status == CONSENT_OK && more;
}

/* ---- thread ------------------------------------------------------------------------------------------ */

/* The next jobs, at most MAX_SHARED; the lock is held. */
static job *take(cd_writer *writer, size_t *count)
{
    job *jobs = writer->first, *end = NULL;
    for (*count = 0; writer->first && *count < MAX_SHARED; ++*count) {
        end = writer->first;
        writer->first = end->next;
    }
    if (end)
        end->next = NULL;
    if (!writer->first)
        writer->last = NULL;
    writer->waiting -= *count;
    return jobs;
}

static void *work(void *ctx)
{
    cd_writer *writer = ctx;
    (void)pthread_mutex_lock(&writer->lock);
    for (;;) {
        size_t count;
        while (!writer->first && !writer->stopping && !writer->kicked)
            (void)pthread_cond_wait(&writer->wanted, &writer->lock);
        job *jobs = take(writer, &count);
        bool stopping = writer->stopping, chores = writer->kicked && !jobs && !stopping;
        writer->kicked = writer->kicked && !chores; /* a kick meanwhile counts */
        (void)pthread_mutex_unlock(&writer->lock);
        bool more = false;
        if (jobs)
            run_together(writer, jobs, count);
        else if (chores)
            more = run_chores(writer);
        (void)pthread_mutex_lock(&writer->lock);
        writer->kicked = writer->kicked || more;
        if (stopping && !writer->first)
            break;
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* ---- outside ------------------------------------------------------------------------------------------ */

consent_status cd_writer_start(const char *path, size_t queue_max, cd_metrics *metrics, cd_chores_fn chores,
                               void *chores_ctx, cd_writer **out, consent_error *err)
{
    cd_writer *writer = calloc(1, sizeof *writer);
    *out = NULL;
    if (!writer)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the writer");
    writer->queue_max = queue_max;
    writer->metrics = metrics;
    writer->chores = chores;
    writer->chores_ctx = chores_ctx;
    writer->kicked = true; /* what an earlier run left undone */
    consent_status status = cd_store_open(path, true, &writer->store, err);
    if (status != CONSENT_OK) {
        free(writer);
        return status;
    }
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_cond_init(&writer->wanted, NULL);
    if (pthread_create(&writer->thread, NULL, work, writer) != 0) {
        cd_store_close(writer->store);
        free(writer);
        return cs_fail(err, CONSENT_E_MEMORY, 0, "the writer's thread could not be started");
    }
    *out = writer;
    return CONSENT_OK;
}

consent_status cd_writer_run(cd_writer *writer, cd_write_fn fn, void *ctx, consent_error *err)
{
    job one = {.fn = fn, .ctx = ctx};
    (void)sem_init(&one.done, 0, 0);
    (void)pthread_mutex_lock(&writer->lock);
    bool taken = !writer->stopping && writer->waiting < writer->queue_max;
    if (taken) {
        if (writer->last)
            writer->last->next = &one;
        else
            writer->first = &one;
        writer->last = &one;
        writer->waiting++;
        cd_metrics_queue(writer->metrics, writer->waiting);
        (void)pthread_cond_signal(&writer->wanted);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    while (taken && sem_wait(&one.done) != 0)
        continue; /* a signal */
    (void)sem_destroy(&one.done);
    if (!taken)
        return cs_fail(err, CONSENT_E_LOCKED, 0, "too many requests wait for the database");
    if (err)
        *err = one.err;
    return one.status;
}

void cd_writer_kick(cd_writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->kicked = true;
    (void)pthread_cond_signal(&writer->wanted);
    (void)pthread_mutex_unlock(&writer->lock);
}

void cd_writer_stop(cd_writer *writer)
{
    if (!writer)
        return;
    (void)pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    (void)pthread_cond_signal(&writer->wanted);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    cd_store_close(writer->store);
    (void)pthread_cond_destroy(&writer->wanted);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}
