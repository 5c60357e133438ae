/* The peers that are not somebody's product: what an app would write itself. They stand in a file of their own so that
 * a call costs what a call into a library costs. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- checks ------------------------------------------------------------------------------------------ */

enum {
    TABLE_SLOTS = 1024
};

typedef struct slot {
    char purpose[32];
    int decision;
} slot;

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static slot table[TABLE_SLOTS];

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static slot *find(const char *purpose)
{
    size_t at = hash_of(purpose) % TABLE_SLOTS;
    while (table[at].purpose[0] && strcmp(table[at].purpose, purpose) != 0)
        at = (at + 1) % TABLE_SLOTS;
    return &table[at];
}

void peer_table_fill(void)
{
    for (unsigned i = 0; i < BENCH_PURPOSES; i++) {
        char purpose[32];
        (void)snprintf(purpose, sizeof purpose, "purpose-%03u", i);
        slot *found = find(purpose);
        (void)snprintf(found->purpose, sizeof found->purpose, "%s", purpose);
        found->decision = CONSENT_ALLOW;
    }
}

int peer_table_check(const char *purpose)
{
    (void)pthread_mutex_lock(&table_lock);
    int decision = find(purpose)->decision;
    (void)pthread_mutex_unlock(&table_lock);
    return decision;
}

static atomic_int plain_flag = CONSENT_ALLOW;

int peer_atomic_check(void)
{
    return atomic_load_explicit(&plain_flag, memory_order_acquire);
}

static pthread_mutex_t options_lock = PTHREAD_MUTEX_INITIALIZER;
static struct options {
    atomic_int references;
    atomic_int consent;
} options = {1, CONSENT_ALLOW};

int peer_flag_check(void)
{
    (void)pthread_mutex_lock(&options_lock);
    atomic_fetch_add(&options.references, 1);
    (void)pthread_mutex_unlock(&options_lock);
    int consent = atomic_load(&options.consent);
    atomic_fetch_sub(&options.references, 1);
    return consent;
}

/* ---- a durable append ------------------------------------------------------------------------------------ */

struct peer_file {
    int fd;
    size_t append_bytes;
    off_t offset;
    unsigned char *bytes;
};

peer_file *peer_file_open(const bench *b, const char *name, size_t append_bytes, size_t append_count)
{
    char path[BENCH_PATH_SIZE];
    peer_file *file = calloc(1, sizeof *file);
    unsigned char *bytes = malloc(append_bytes);
    if (!file || !bytes)
        bench_fail("a peer", "no memory");
    bench_path(b, name, path);
    file->fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    if (file->fd < 0 || posix_fallocate(file->fd, 0, (off_t)(append_bytes * append_count)) != 0 || fsync(file->fd) != 0)
        bench_fail("the raw file", "it could not be made and preallocated");
    for (size_t i = 0; i < append_bytes; i++)
        bytes[i] = (unsigned char)(i * 131 + 7);
    file->append_bytes = append_bytes;
    file->bytes = bytes;
    return file;
}

void peer_file_append(peer_file *file)
{
    if (pwrite(file->fd, file->bytes, file->append_bytes, file->offset) != (ssize_t)file->append_bytes ||
        fdatasync(file->fd) != 0)
        bench_fail("the raw file", "appending failed");
    file->offset += (off_t)file->append_bytes;
}

void peer_file_close(peer_file *file)
{
    (void)close(file->fd);
    free(file->bytes);
    free(file);
}
