/* platform: the world, through one struct. Clock, random, files, memory, locks and log reach the
 * library here and nowhere else, so a test can be the world (tests/support/world.h) and any of it
 * can fail, come up short, or stop at any call.
 *
 * Every file function returns 0 or a positive errno value. Files live flat in one directory and are
 * named relative to it; nothing follows a symbolic link; descriptors 0 to 2 are never used. */
#ifndef CS_PLATFORM_H
#define CS_PLATFORM_H

#include "base/base.h"

typedef struct cs_dir cs_dir;
typedef struct cs_file cs_file;

typedef enum cs_open_mode {
    CS_OPEN_READ = 0,       /* existing, read only */
    CS_OPEN_WRITE = 1,      /* existing, read and write */
    CS_OPEN_CREATE_NEW = 2, /* must not exist; mode 0600 */
    CS_OPEN_CREATE = 3      /* created when missing, kept when there; mode 0600 */
} cs_open_mode;

typedef struct cs_file_info {
    uint64_t size;
    uint64_t inode;
    uint64_t device;
    uint64_t link_count;
} cs_file_info;

typedef struct cs_clock {
    int64_t wall_ms;    /* UTC */
    int64_t elapsed_ms; /* since some fixed moment, counting suspended time where the system can */
} cs_clock;

typedef struct cs_env {
    void *ctx;
    cs_memory memory;

    /* time */
    void (*clock)(void *ctx, cs_clock *out);
    /* A cheap monotonic count of whole seconds, for the check by handle. */
    uint32_t (*coarse_seconds)(void *ctx);

    /* Fills `out` from the operating system's generator. 0, or errno: then nothing may go on. */
    int (*random)(void *ctx, uint8_t *out, size_t size);

    /* processes */
    uint32_t (*process_id)(void *ctx);
    /* False only when that process is surely gone. */
    bool (*process_alive)(void *ctx, uint32_t process_id);

    /* directories */
    int (*dir_open)(void *ctx, const char *path, bool create, cs_dir **out);
    void (*dir_close)(void *ctx, cs_dir *dir);
    int (*dir_list)(void *ctx, cs_dir *dir, void (*each)(void *user, const char *name), void *user);
    int (*dir_sync)(void *ctx, cs_dir *dir);
    int (*file_rename)(void *ctx, cs_dir *dir, const char *from, const char *to);
    int (*file_unlink)(void *ctx, cs_dir *dir, const char *name);
    int (*file_info_by_name)(void *ctx, cs_dir *dir, const char *name, cs_file_info *out);

    /* files */
    int (*file_open)(void *ctx, cs_dir *dir, const char *name, cs_open_mode mode, cs_file **out);
    void (*file_close)(void *ctx, cs_file *file);
    int (*file_read)(void *ctx, cs_file *file, uint64_t offset, void *out, size_t size, size_t *got);
    int (*file_write)(void *ctx, cs_file *file, uint64_t offset, const void *data, size_t size, size_t *done);
    int (*file_truncate)(void *ctx, cs_file *file, uint64_t size);
    /* Reserves space up to `size`, extending the file with zeros. EOPNOTSUPP is normal. */
    int (*file_allocate)(void *ctx, cs_file *file, uint64_t size);
    int (*file_sync)(void *ctx, cs_file *file); /* stable storage: fdatasync, F_FULLFSYNC */
    /* A hint: lets the disk begin with these bytes, written before, and returns at once. What fails is told by file_sync,
     * without which nothing is durable. */
    void (*file_write_out)(void *ctx, cs_file *file, uint64_t offset, size_t size);
    int (*file_info)(void *ctx, cs_file *file, cs_file_info *out);
    /* Exclusive advisory lock between processes and between handles of one process. EWOULDBLOCK when
     * `wait` is false and another holds it; ENOLCK/ENOTSUP when this file system has no lock. */
    int (*file_lock)(void *ctx, cs_file *file, bool wait);
    void (*file_unlock)(void *ctx, cs_file *file);
    /* Maps the first `size` bytes, shared, readable and writable. */
    int (*file_map)(void *ctx, cs_file *file, size_t size, void **out);
    void (*file_unmap)(void *ctx, void *mapped, size_t size);

    /* in-process mutex; created by the env so that a host without pthread can supply its own */
    void *(*mutex_create)(void *ctx); /* NULL: no memory */
    void (*mutex_destroy)(void *ctx, void *mutex);
    void (*mutex_lock)(void *ctx, void *mutex);
    void (*mutex_unlock)(void *ctx, void *mutex);

    /* One line, no personal data. May be NULL. */
    void (*log)(void *ctx, int level, const char *message);
} cs_env;

/* The real world (POSIX). Fills *env; touches nothing else. Its functions ignore ctx, so a caller may replace some
 * of them and set ctx for those. */
void cs_env_posix(cs_env *env);
/* The system's heap, for tools and tests. Static; any thread. */
const cs_memory *cs_memory_system(void);

/* ---- helpers over any env ------------------------------------------------------------------ */

/* Whole reads and writes: loops over short ones. EIO when the file ends early or nothing moves. */
int cs_file_read_all(const cs_env *env, cs_file *file, uint64_t offset, void *out, size_t size);
int cs_file_write_all(const cs_env *env, cs_file *file, uint64_t offset, const void *data, size_t size);
/* Whole small file into `out`, which is emptied first. E_NOT_FOUND, E_IO, E_MEMORY; E_CORRUPT when the file is
 * larger than out's max_size. */
consent_status cs_file_load(const cs_env *env, cs_dir *dir, const char *name, cs_buffer *out, consent_error *err);
/* Durable replacement: temporary file, write, sync, rename, directory sync. The old content stays
 * whole until the new is durable. The temporary file is name + CS_TEMP_SUFFIX: one a crash left behind is
 * removed first, and callers replace one name under one lock. */
#define CS_TEMP_SUFFIX ".tmp"
consent_status cs_file_replace(const cs_env *env, cs_dir *dir, const char *name, cs_span content, consent_error *err);
/* From the operating system's generator; E_IO when it fails. */
consent_status cs_random(const cs_env *env, uint8_t *out, size_t size, consent_error *err);
/* Opens a file that is nothing but a lock, creating it when missing, and waits for the lock. E_LOCKED. NULL on failure. */
consent_status cs_lock_open(const cs_env *env, cs_dir *dir, const char *name, cs_file **lock, consent_error *err);
void cs_lock_close(const cs_env *env, cs_file *lock);
/* Does something with every file whose name begins with `prefix`, until one attempt fails; `act` takes the name away, or the listing
 * would not end. */
int cs_dir_clear(const cs_env *env, cs_dir *dir, const char *prefix,
                 int (*act)(void *user, cs_dir *dir, const char *name), void *user);
/* "<what> failed: <text of the code>". ENOSPC, EDQUOT, EFBIG → E_FULL; EWOULDBLOCK, ENOLCK → E_LOCKED; ENOMEM →
 * E_MEMORY; ENOENT → E_NOT_FOUND; ENOTSUP, EOPNOTSUPP → E_UNSUPPORTED; everything else E_IO. `what` is a noun:
 * "writing the ledger". */
consent_status cs_fail_os(consent_error *err, int os_code, const char *what);

#endif
