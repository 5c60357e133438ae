#include "support/world_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct world_mutex {
    struct world_mutex *next;
    uint32_t process_id;
    bool held;
} fake_mutex;

struct world_block {
    world_block *next;
    world_block **link;
    size_t size;
    uint32_t process_id;
    uint32_t magic;
    max_align_t start[];
};

#define BLOCK_MAGIC 0x57424C4Bu

void world_give_up(const char *message)
{
    (void)fprintf(stderr, "injected world: %s\n", message);
    abort();
}

/* ---- failing ------------------------------------------------------------------------------ */

static bool is_applicable(world_kind kind, int code, bool is_unlink)
{
    if (code == ENOSPC || code == EDQUOT)
        return (kind == WORLD_WRITE && !is_unlink) || kind == WORLD_SYNC;
    if (code == EROFS)
        return kind == WORLD_WRITE;
    return true;
}

/* Numbers the call. 0, or the errno it fails with. */
int world_number_call(world *w, world_kind kind, bool is_unlink)
{
    if ((w->kinds & (unsigned)kind) != 0)
        w->calls++;
    if (w->crash_at != 0 && w->calls >= w->crash_at)
        w->crashed = true;
    if (w->crashed) {
        w->fired++;
        return EIO;
    }
    if (w->fail_at == 0 || (w->kinds & (unsigned)kind) == 0)
        return 0;
    bool chosen = w->calls == w->fail_at || (w->fail_persistently && w->calls > w->fail_at);
    if (!chosen || !is_applicable(kind, w->fail_code, is_unlink))
        return 0;
    w->fired++;
    return w->fail_code;
}

int world_call(world *w, world_kind kind)
{
    return world_number_call(w, kind, false);
}

static void arm(world *w, uint64_t n, int code, bool persistently)
{
    world_disarm(w);
    w->fail_at = n;
    w->fail_code = code;
    w->fail_persistently = persistently;
}

void world_arm(world *w, uint64_t n, int code)
{
    arm(w, n, code, false);
}

void world_arm_persistently(world *w, uint64_t n, int code)
{
    arm(w, n, code, true);
}

void world_crash_at(world *w, uint64_t n)
{
    world_disarm(w);
    w->crash_at = n;
}

void world_disarm(world *w)
{
    w->calls = 0;
    w->fail_at = 0;
    w->crash_at = 0;
    w->short_at = 0;
    w->fired = 0;
}

/* ---- memory, time, random, processes ------------------------------------------------------ */

static void block_free(world *w, world_block *block)
{
    *block->link = block->next;
    if (block->next)
        block->next->link = block->link;
    w->live_blocks--;
    w->live_bytes -= block->size;
    block->magic = 0;
    memset(block->start, 0xDD, block->size); /* what is read after free is not what was there */
    free(block);
}

static world_block *block_new(world *w, size_t size)
{
    world_block *block = disk_must(malloc(sizeof(*block) + size));
    *block = (world_block){
        .next = w->blocks, .link = &w->blocks, .size = size, .process_id = w->process_id, .magic = BLOCK_MAGIC};
    memset(block->start, 0xAA, size);
    if (block->next)
        block->next->link = &block->next;
    w->blocks = block;
    w->live_blocks++;
    w->live_bytes += size;
    if (w->live_bytes > w->peak_bytes)
        w->peak_bytes = w->live_bytes;
    return block;
}

static void *world_resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    world *w = ctx;
    world_block *block = NULL;
    if (old) {
        block = (world_block *)(void *)((char *)old - offsetof(world_block, start));
        if (block->magic != BLOCK_MAGIC)
            world_give_up("a block was freed twice, or is not ours");
        if (block->size != old_size)
            world_give_up("a block was given back with another size than it has");
    }
    if (new_size == 0) {
        if (block)
            block_free(w, block);
        return NULL;
    }
    if (world_call(w, WORLD_MEMORY) != 0)
        return NULL;
    world_block *fresh = block_new(w, new_size);
    if (block) {
        memcpy(fresh->start, block->start, old_size < new_size ? old_size : new_size);
        block_free(w, block);
    }
    return fresh->start;
}

static void world_clock(void *ctx, cs_clock *out)
{
    world *w = ctx;
    *out = (cs_clock){w->wall_ms, w->elapsed_ms};
}

static uint32_t world_coarse_seconds(void *ctx)
{
    world *w = ctx;
    return (uint32_t)(w->elapsed_ms / 1000);
}

void world_advance(world *w, int64_t ms)
{
    w->wall_ms += ms;
    w->elapsed_ms += ms;
}

static int world_random(void *ctx, uint8_t *out, size_t size)
{
    world *w = ctx;
    int code = world_call(w, WORLD_RANDOM);
    if (code != 0)
        return code;
    uint64_t state = w->random_seed + (w->random_stuck ? 0 : w->random_calls * UINT64_C(0xD1342543DE82EF95));
    w->random_calls++;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)world_noise(&state);
    return 0;
}

static uint32_t world_process_id(void *ctx)
{
    world *w = ctx;
    return w->process_id;
}

static bool world_process_alive(void *ctx, uint32_t process_id)
{
    world *w = ctx;
    for (size_t i = 0; i < w->dead_count; i++)
        if (w->dead[i] == process_id)
            return false;
    return process_id != 0;
}

static void mutex_free(world *w, fake_mutex **link)
{
    fake_mutex *mutex = *link;
    *link = mutex->next;
    w->mutexes--;
    free(mutex);
}

void world_kill(world *w, uint32_t process_id)
{
    if (w->dead_count == CS_COUNT_OF(w->dead))
        world_give_up("too many processes died");
    w->dead[w->dead_count++] = process_id;
    world_end_handles(w, &process_id);
    for (world_block *block = w->blocks; block;) {
        world_block *next = block->next;
        if (block->process_id == process_id)
            block_free(w, block);
        block = next;
    }
    for (fake_mutex **link = &w->mutex_list; *link;) {
        if ((*link)->process_id == process_id)
            mutex_free(w, link);
        else
            link = &(*link)->next;
    }
}

/* ---- mutexes, log ------------------------------------------------------------------------- */

static void *world_mutex_create(void *ctx)
{
    world *w = ctx;
    if (world_call(w, WORLD_MAP) != 0)
        return NULL;
    fake_mutex *mutex = disk_must(calloc(1, sizeof(fake_mutex)));
    mutex->process_id = w->process_id;
    mutex->next = w->mutex_list;
    w->mutex_list = mutex;
    w->mutexes++;
    return mutex;
}

static void world_mutex_destroy(void *ctx, void *mutex)
{
    world *w = ctx;
    if (!mutex)
        return;
    if (((fake_mutex *)mutex)->held)
        world_give_up("a mutex was destroyed while it was held");
    fake_mutex **link = &w->mutex_list;
    while (*link != mutex)
        link = &(*link)->next;
    mutex_free(w, link);
}

static void world_mutex_lock(void *ctx, void *mutex)
{
    (void)ctx;
    if (((fake_mutex *)mutex)->held)
        world_give_up("a mutex was locked twice: with threads this waits for ever");
    ((fake_mutex *)mutex)->held = true;
}

static void world_mutex_unlock(void *ctx, void *mutex)
{
    (void)ctx;
    if (!((fake_mutex *)mutex)->held)
        world_give_up("a mutex was unlocked that nobody held");
    ((fake_mutex *)mutex)->held = false;
}

static void world_log(void *ctx, int level, const char *message)
{
    world *w = ctx;
    (void)level;
    w->log_lines++;
    (void)snprintf(w->log_last, sizeof(w->log_last), "%s", message);
}

/* ---- the whole ---------------------------------------------------------------------------- */

void world_init(world *w)
{
    *w = (world){.kinds = WORLD_EVERYTHING,
                 .wall_ms = INT64_C(1767225600000),
                 .elapsed_ms = INT64_C(5000000),
                 .random_seed = 1,
                 .process_id = 1000,
                 .disk = disk_new()};
}

void world_free(world *w)
{
    while (w->blocks)
        block_free(w, w->blocks);
    while (w->mutex_list)
        mutex_free(w, &w->mutex_list);
    world_end_handles(w, NULL);
    disk_free(w->disk);
    *w = (world){0};
}

cs_env world_env(world *w)
{
    cs_env env = {
        .ctx = w,
        .memory = {w, world_resize},
        .clock = world_clock,
        .coarse_seconds = world_coarse_seconds,
        .random = world_random,
        .process_id = world_process_id,
        .process_alive = world_process_alive,
        .mutex_create = world_mutex_create,
        .mutex_destroy = world_mutex_destroy,
        .mutex_lock = world_mutex_lock,
        .mutex_unlock = world_mutex_unlock,
        .log = world_log,
    };
    world_add_files(&env);
    return env;
}
