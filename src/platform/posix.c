#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE */
#endif

#include "platform/posix.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__APPLE__)
#include <sys/random.h>
#endif

/* ---- memory ------------------------------------------------------------------------------- */

static void *system_resize(void *ctx, void *block, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static const cs_memory system_memory = {NULL, system_resize};

const cs_memory *cs_memory_system(void)
{
    return &system_memory;
}

/* ---- time, random, processes -------------------------------------------------------------- */

static int64_t clock_ms(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CS_SECOND_MS + (int64_t)now.tv_nsec / 1000000;
}

static void posix_clock(void *ctx, cs_clock *out)
{
    (void)ctx;
    out->wall_ms = clock_ms(CLOCK_REALTIME);
#if defined(CLOCK_BOOTTIME)
    out->elapsed_ms = clock_ms(CLOCK_BOOTTIME);
#else
    out->elapsed_ms = clock_ms(CLOCK_MONOTONIC); /* counts sleep on Apple systems */
#endif
}

static uint32_t posix_coarse_seconds(void *ctx)
{
    (void)ctx;
    struct timespec now = {0};
#if defined(CLOCK_MONOTONIC_COARSE)
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#elif defined(CLOCK_MONOTONIC_RAW_APPROX)
    (void)clock_gettime(CLOCK_MONOTONIC_RAW_APPROX, &now);
#else
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (uint32_t)now.tv_sec;
}

static int posix_random(void *ctx, uint8_t *out, size_t size)
{
    (void)ctx;
    while (size > 0) {
        size_t piece = size < 256 ? size : 256;
#if defined(__linux__)
        long got = syscall(SYS_getrandom, out, piece, 0);
#else
        long got = getentropy(out, piece) == 0 ? (long)piece : -1;
#endif
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 && errno != 0 ? errno : EIO;
        out += got;
        size -= (size_t)got;
    }
    return 0;
}

static uint32_t posix_process_id(void *ctx)
{
    (void)ctx;
    return (uint32_t)getpid();
}

static bool posix_process_alive(void *ctx, uint32_t process_id)
{
    (void)ctx;
    if (process_id == 0 || process_id > INT32_MAX)
        return false;
    return kill((pid_t)process_id, 0) == 0 || errno != ESRCH;
}

/* ---- mutexes ------------------------------------------------------------------------------ */

static void *posix_mutex_create(void *ctx)
{
    (void)ctx;
    pthread_mutex_t *mutex = malloc(sizeof(*mutex));
    if (mutex && pthread_mutex_init(mutex, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

static void posix_mutex_destroy(void *ctx, void *mutex)
{
    (void)ctx;
    if (!mutex)
        return;
    (void)pthread_mutex_destroy(mutex);
    free(mutex);
}

static void posix_mutex_lock(void *ctx, void *mutex)
{
    (void)ctx;
    (void)pthread_mutex_lock(mutex);
}

static void posix_mutex_unlock(void *ctx, void *mutex)
{
    (void)ctx;
    (void)pthread_mutex_unlock(mutex);
}

void cs_env_posix(cs_env *env)
{
    *env = (cs_env){
        .memory = system_memory,
        .clock = posix_clock,
        .coarse_seconds = posix_coarse_seconds,
        .random = posix_random,
        .process_id = posix_process_id,
        .process_alive = posix_process_alive,
        .mutex_create = posix_mutex_create,
        .mutex_destroy = posix_mutex_destroy,
        .mutex_lock = posix_mutex_lock,
        .mutex_unlock = posix_mutex_unlock,
    };
    cs_posix_add_files(env);
}
