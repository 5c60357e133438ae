/* world: the injected world of the tests. A cs_env whose disk is memory with a cache that can be lost, whose
 * clock moves when told, whose random numbers are counted and repeatable, and every one of whose calls that may
 * fail has a number, so that a test can fail the first, the second, the third … and then crash at each.
 *
 *   world w;
 *   world_init(&w);
 *   cs_env env = world_env(&w);
 *   …                                   set up the scenario
 *   world_arm(&w, n, EIO);              fail call n from here, once
 *   …                                   run it
 *   bool reached = w.calls >= n;        false: the sweep is over
 *   world_disarm(&w);
 *   …                                   close, reopen, check the invariants, assert_int_equal(w.live_blocks, 0)
 *   world_free(&w);
 *
 * Crashes: world_crash_at(&w, n) makes call n and all later ones fail, without effect. After the code under test
 * has closed its handles, world_reboot(&w, &damage) starts again from the disk with what survived. To try many
 * damages after one run, copy the disk into fresh worlds with world_copy_disk and reboot those.
 *
 * The disk. Each file has a cached and a durable content. A write, truncate or allocate changes the cache and is
 * remembered in order until file_sync of that file makes it durable. Names work alike: create, rename and unlink
 * change the cached directory and are remembered in order until dir_sync. A synced file whose name was not synced is
 * lost in a crash. A sync that failed loses what it should have written: the cache still shows it, a later sync that
 * succeeds does not make it durable (as Linux does). Making a directory is durable at once.
 * A map is the cached content itself: what is stored through it is lost in a crash unless the file is synced.
 *
 * Processes: set process_id before opening a second set of handles. world_kill ends one: its locks go, its memory
 * and handles are freed at once (never touch them again), process_alive says no.
 *
 * One thread only: a mutex that is locked twice, or destroyed while held, aborts with a message. So does a wild free. */
#ifndef WORLD_H
#define WORLD_H

#include "platform/platform.h"

typedef struct world_disk world_disk;
typedef struct world_block world_block;

/* What a call is, for narrowing a sweep: only calls of the kinds in `kinds` are numbered. */
typedef enum world_kind {
    WORLD_MEMORY = 1, /* allocating and growing */
    WORLD_RANDOM = 2,
    WORLD_READ = 4,  /* dir_open, dir_list, file_open of an existing file, file_read, file_info… */
    WORLD_WRITE = 8, /* file_write, file_truncate, file_allocate, creating, rename, unlink */
    WORLD_SYNC = 16, /* file_sync, dir_sync */
    WORLD_LOCK = 32,
    WORLD_MAP = 64, /* and mutex_create */
    WORLD_FILES = WORLD_READ | WORLD_WRITE | WORLD_SYNC | WORLD_LOCK | WORLD_MAP,
    WORLD_EVERYTHING = WORLD_MEMORY | WORLD_RANDOM | WORLD_FILES
} world_kind;

typedef struct world {
    /* Failing, by number. `calls` counts since the last arming. */
    uint64_t calls;
    unsigned kinds;         /* world_kind bits that are numbered */
    uint64_t fail_at;       /* 0: never */
    int fail_code;          /* memory calls just give NULL */
    bool fail_persistently; /* that call and every later one */
    uint64_t crash_at;      /* 0: never; with effect on nothing from that call on */
    uint64_t short_at;      /* 0: never; that call, when it is a write, moves short_bytes only */
    size_t short_bytes;
    uint64_t fired; /* how many calls failed because of the above */
    bool crashed;

    /* Limits that always hold. 0: none. */
    size_t max_write_bytes; /* of one write: longer ones come up short */
    size_t max_read_bytes;
    uint64_t disk_bytes; /* the disk's size: ENOSPC beyond, after a short write; unlinking gives space back */
    int lock_code;       /* every file_lock says this, e.g. ENOLCK */

    /* Time. */
    int64_t wall_ms;
    int64_t elapsed_ms;

    /* Random numbers. */
    uint64_t random_seed;
    uint64_t random_calls;
    bool random_stuck; /* every call gives the same bytes: a forked or broken source */

    /* Processes. */
    uint32_t process_id;
    uint32_t dead[16];
    size_t dead_count;

    /* What is still held; all 0 after a clean close. */
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
    size_t open_files;
    size_t open_dirs;
    size_t maps;
    size_t mutexes;
    struct world_mutex *mutex_list;
    size_t locks;

    /* The log. */
    size_t log_lines;
    char log_last[256];

    uint64_t syncs; /* file_sync and dir_sync calls that succeeded */
    /* The last file_write_out: the syncs before it, and its bytes. */
    uint64_t write_out_syncs;
    uint64_t write_out_offset;
    size_t write_out_size;
    world_disk *disk;
    world_block *blocks;
} world;

/* An empty disk, 2026-01-01T00:00:00Z, process 1000, all kinds numbered, nothing failing. */
void world_init(world *w);
/* Frees everything, blocks that leaked included. */
void world_free(world *w);
/* Valid while *w stays where it is. */
cs_env world_env(world *w);

/* Starts numbering at 1 and fails call n with `code`. ENOSPC, EDQUOT and EROFS fail only calls that can meet them:
 * writes and creations, ENOSPC and EDQUOT also syncs, never unlink. */
void world_arm(world *w, uint64_t n, int code);
void world_arm_persistently(world *w, uint64_t n, int code);
void world_crash_at(world *w, uint64_t n);
/* Nothing fails any more and numbering starts again; a crash stays a crash until the reboot. */
void world_disarm(world *w);

void world_advance(world *w, int64_t ms); /* both clocks */
void world_kill(world *w, uint32_t process_id);

/* ---- after a crash ------------------------------------------------------------------------- */

/* What becomes of the content that was written and not synced. The unsynced bytes are the writes of all files in
 * the order they were made, end to end; world_unsynced_bytes tells how many there are. */
typedef enum world_survival {
    WORLD_KEEP_NONE = 0,
    WORLD_KEEP_ALL = 1,
    WORLD_KEEP_PREFIX = 2,    /* the first `bytes` of them */
    WORLD_KEEP_ZERO_TAIL = 3, /* the first `bytes`; the others were written as zeros */
    WORLD_KEEP_GARBAGE = 4,   /* the first `bytes`; the others were written as noise */
    WORLD_KEEP_SIZES = 5,     /* sizes alone: what was there before, and zeros beyond */
    WORLD_KEEP_SECTORS = 6    /* of each 512-byte sector, by `seed`, all or nothing */
} world_survival;

typedef struct world_damage {
    world_survival survival;
    size_t bytes;
    uint64_t seed;
    size_t names; /* how many of the unsynced creations, renames and unlinks survive, in order */
} world_damage;

#define WORLD_ALL_NAMES SIZE_MAX

uint64_t world_unsynced_bytes(const world *w);
size_t world_unsynced_names(const world *w);
/* Forgets the cache, every handle and lock; the calls work again. Old handles may still be closed. */
void world_reboot(world *w, const world_damage *damage);
/* Gives `to`, which has no handle open, the disk of `from` with cache and all, but no handles or locks. */
void world_copy_disk(world *to, const world *from);

/* ---- looking at and changing the disk behind the code's back: never numbered, never failing -- */

/* The cached content; NULL when there is no such file. Valid until the file changes. */
const uint8_t *world_file(const world *w, const char *dir, const char *name, size_t *size);
/* Replaces or creates a file, durably. */
void world_put_file(world *w, const char *dir, const char *name, const void *data, size_t size);
void world_flip_bit(world *w, const char *dir, const char *name, uint64_t bit);
bool world_remove_file(world *w, const char *dir, const char *name); /* durably; false when it is not there */
size_t world_file_count(const world *w, const char *dir);
/* Name of file number i of a directory, in the order of creation; NULL past the end. */
const char *world_file_name(const world *w, const char *dir, size_t i);
/* Makes everything durable. */
void world_sync_everything(world *w);

#endif
