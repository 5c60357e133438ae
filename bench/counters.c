/* Counts allocations, writes and syncs by standing in front of the C library's functions. While counting is off each
 * costs one load and a branch. */
#define _GNU_SOURCE /* RTLD_NEXT, off64_t */

#include "bench.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* What malloc and its kin are underneath in glibc; asking dlsym for them would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static atomic_bool counting;
static atomic_llong live;
static atomic_llong peak;
static atomic_ullong allocations;
static atomic_ullong write_calls;
static atomic_ullong written_bytes;
static atomic_ullong sync_calls;

static bool is_counting(void)
{
    return atomic_load_explicit(&counting, memory_order_relaxed);
}

void bench_counting(bool on)
{
    if (on) {
        atomic_store(&live, 0);
        atomic_store(&peak, 0);
        atomic_store(&allocations, 0);
        atomic_store(&write_calls, 0);
        atomic_store(&written_bytes, 0);
        atomic_store(&sync_calls, 0);
    }
    atomic_store(&counting, on);
}

bench_counts bench_counted(void)
{
    long long bytes = atomic_load(&live);
    return (bench_counts){.live_bytes = bytes > 0 ? (size_t)bytes : 0,
                          .peak_bytes = (size_t)atomic_load(&peak),
                          .allocations = atomic_load(&allocations),
                          .write_calls = atomic_load(&write_calls),
                          .written_bytes = atomic_load(&written_bytes),
                          .sync_calls = atomic_load(&sync_calls)};
}

/* ---- memory ------------------------------------------------------------------------------------- */

static void *born(void *block)
{
    if (block && is_counting()) {
        long long size = (long long)malloc_usable_size(block);
        long long now = atomic_fetch_add(&live, size) + size;
        long long highest = atomic_load(&peak);
        while (now > highest && !atomic_compare_exchange_weak(&peak, &highest, now))
            continue;
        atomic_fetch_add(&allocations, 1);
    }
    return block;
}

static void dies(void *block)
{
    if (block && is_counting())
        atomic_fetch_sub(&live, (long long)malloc_usable_size(block));
}

void *malloc(size_t size)
{
    return born(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return born(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    long long old_size = block && is_counting() ? (long long)malloc_usable_size(block) : 0;
    void *moved = __libc_realloc(block, size);
    if (moved || size == 0)
        atomic_fetch_sub(&live, old_size);
    return born(moved);
}

void *memalign(size_t alignment, size_t size)
{
    return born(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return born(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = born(__libc_memalign(alignment, size));
    return *out ? 0 : ENOMEM;
}

void free(void *block)
{
    dies(block);
    __libc_free(block);
}

/* ---- files ---------------------------------------------------------------------------------------- */

typedef ssize_t write_at(int fd, const void *data, size_t size, off64_t offset);
typedef int sync_file(int fd);

/* POSIX wants this cast of dlsym's answer; ISO C has no word for it. */
static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        bench_fail(name, "the C library lacks it");
    return found;
}

static ssize_t count_write(int fd, const void *data, size_t size, off64_t offset)
{
    static write_at *real;
    if (!real)
        *(void **)&real = next("pwrite64");
    ssize_t done = real(fd, data, size, offset);
    if (done > 0 && is_counting()) {
        atomic_fetch_add(&write_calls, 1);
        atomic_fetch_add(&written_bytes, (unsigned long long)done);
    }
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return count_write(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    return count_write(fd, data, size, offset);
}

int fdatasync(int fd)
{
    static sync_file *real;
    if (!real)
        *(void **)&real = next("fdatasync");
    if (is_counting())
        atomic_fetch_add(&sync_calls, 1);
    return real(fd);
}
