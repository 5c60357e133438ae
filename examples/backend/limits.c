#include "limits.h"

#include "log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* ---- how often ------------------------------------------------------------------------------------ */

#define SLOTS 65536u
#define WAYS 8u /* places that a key may take; the table never moves anything */
#define KEY_BYTES 16u

typedef struct bucket {
    uint8_t key[KEY_BYTES];
    int64_t seen_ms;
    int64_t millis; /* thousandths of a request that may still be made */
} bucket;

struct cd_limits {
    pthread_mutex_t lock;
    int64_t rate, burst;
    bucket buckets[SLOTS];
};

cd_limits *cd_limits_new(uint32_t rate, uint32_t burst)
{
    cd_limits *limits = calloc(1, sizeof *limits);
    if (limits) {
        (void)pthread_mutex_init(&limits->lock, NULL);
        limits->rate = rate;
        limits->burst = burst > 0 ? burst : 1;
    }
    return limits;
}

void cd_limits_free(cd_limits *limits)
{
    if (!limits)
        return;
    (void)pthread_mutex_destroy(&limits->lock);
    free(limits);
}

static bucket *find(cd_limits *limits, const uint8_t *key)
{
    size_t at = (size_t)cs_hash64(key, KEY_BYTES) % (SLOTS - WAYS);
    bucket *oldest = &limits->buckets[at];
    for (size_t i = 0; i < WAYS; i++) {
        bucket *one = &limits->buckets[at + i];
        if (one->seen_ms != 0 && memcmp(one->key, key, KEY_BYTES) == 0)
            return one;
        if (one->seen_ms < oldest->seen_ms)
            oldest = one;
    }
    memcpy(oldest->key, key, KEY_BYTES);
    oldest->seen_ms = 0;
    return oldest;
}

uint32_t cd_limits_take(cd_limits *limits, const void *key, size_t size, int64_t now_ms)
{
    uint8_t padded[KEY_BYTES] = {0};
    uint32_t wait = 0;
    if (limits->rate == 0)
        return 0;
    memcpy(padded, key, size < KEY_BYTES ? size : KEY_BYTES);
    (void)pthread_mutex_lock(&limits->lock);
    bucket *one = find(limits, padded);
    int64_t most = limits->burst * 1000;
    int64_t gained = one->seen_ms == 0 ? most : (now_ms - one->seen_ms) * limits->rate;
    one->millis = one->seen_ms == 0 || one->millis + gained > most ? most : one->millis + gained;
    one->seen_ms = now_ms > 0 ? now_ms : 1;
    if (one->millis >= 1000)
        one->millis -= 1000;
    else
        wait = (uint32_t)((1000 - one->millis) / (limits->rate * 1000)) + 1;
    (void)pthread_mutex_unlock(&limits->lock);
    return wait;
}

/* ---- how long ------------------------------------------------------------------------------------- */

#define LOOK_MS 250

struct cd_watched {
    int socket; /* -1: free */
    int64_t deadline_ms;
};

struct cd_watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    cd_metrics *metrics;
    size_t count;
    cd_watched places[];
};

static void look(cd_watch *watch, int64_t now_ms)
{
    for (size_t i = 0; i < watch->count; i++) {
        cd_watched *one = &watch->places[i];
        if (one->socket < 0 || one->deadline_ms > now_ms)
            continue;
        (void)shutdown(one->socket, SHUT_RDWR); /* its owner then finds it closed */
        one->deadline_ms = INT64_MAX;
        cd_count(watch->metrics, cut_off, 1);
    }
}

static void *watching(void *ctx)
{
    cd_watch *watch = ctx;
    (void)pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&watch->stop, &watch->lock, &until);
        look(watch, cd_steady_ms());
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return NULL;
}

cd_watch *cd_watch_start(size_t connections, cd_metrics *metrics)
{
    cd_watch *watch = calloc(1, sizeof *watch + connections * sizeof *watch->places);
    if (!watch)
        return NULL;
    watch->metrics = metrics;
    watch->count = connections;
    for (size_t i = 0; i < connections; i++)
        watch->places[i].socket = -1;
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_cond_init(&watch->stop, NULL);
    if (pthread_create(&watch->thread, NULL, watching, watch) != 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

void cd_watch_stop(cd_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    (void)pthread_cond_signal(&watch->stop);
    (void)pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->stop);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

cd_watched *cd_watch_add(cd_watch *watch, int socket, int64_t deadline_ms)
{
    cd_watched *found = NULL;
    (void)pthread_mutex_lock(&watch->lock);
    for (size_t i = 0; i < watch->count && !found; i++)
        if (watch->places[i].socket < 0)
            found = &watch->places[i];
    if (found)
        *found = (cd_watched){socket, deadline_ms};
    (void)pthread_mutex_unlock(&watch->lock);
    return found;
}

void cd_watch_until(cd_watch *watch, cd_watched *one, int64_t deadline_ms)
{
    if (!one)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    if (one->deadline_ms != INT64_MAX) /* else it is cut off */
        one->deadline_ms = deadline_ms;
    (void)pthread_mutex_unlock(&watch->lock);
}

void cd_watch_remove(cd_watch *watch, cd_watched *one)
{
    if (!one)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    one->socket = -1;
    (void)pthread_mutex_unlock(&watch->lock);
}
