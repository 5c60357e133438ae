#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate, sync_file_range, F_OFD_SETLK */
#endif

#include "platform/posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#endif

#define FIRST_DESCRIPTOR 3 /* a stray write to stdout or stderr must never reach a file of ours */
#define PATH_MAX_SIZE 4096u

typedef enum lock_kind {
    LOCK_KIND_NONE = 0,
    LOCK_KIND_FLOCK = 1,
    LOCK_KIND_OFD = 2
} lock_kind;

struct cs_dir {
    int fd;
};

struct cs_file {
    int fd;
    lock_kind lock;
    int64_t written_out_ns; /* when the last write was sent to the disk; 0: it was synced since */
};

/* ---- descriptors -------------------------------------------------------------------------- */

/* Moves a descriptor above the standard three; -1 with errno when there is none or it cannot. */
static int raise_descriptor(int fd)
{
    if (fd < 0 || fd >= FIRST_DESCRIPTOR)
        return fd;
    int raised = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    int code = errno;
    (void)close(fd);
    errno = code;
    return raised;
}

static int open_at(int dir_fd, const char *name, int flags)
{
    int fd;
    do
        fd = openat(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd < 0 && errno == EINTR);
    return raise_descriptor(fd);
}

static int sync_descriptor(int fd, bool data_only)
{
    int rc;
#if defined(__APPLE__)
    (void)data_only;
    do
        rc = fcntl(fd, F_FULLFSYNC);
    while (rc != 0 && errno == EINTR);
    if (rc == 0 || (errno != ENOTSUP && errno != ENOTTY && errno != EINVAL))
        return rc == 0 ? 0 : errno;
    data_only = false;
#endif
    do
        rc = data_only ? fdatasync(fd) : fsync(fd);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : errno;
}

static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/* ---- directories -------------------------------------------------------------------------- */

/* The new directory's own entry is durable only when its parent is synced. */
static int sync_parent(char path[PATH_MAX_SIZE])
{
    char *slash = strrchr(path, '/');
    const char *parent = !slash ? "." : slash == path ? "/" : path;
    if (slash && slash != path)
        *slash = '\0';
    int fd;
    do
        fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    fd = raise_descriptor(fd);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* searchable but not readable: nothing can be done about it */
    int code = sync_descriptor(fd, false);
    (void)close(fd);
    return code == EINVAL ? 0 : code;
}

/* ELOOP for a symbolic link, ENOTDIR, EPERM when group or others may write. */
static int open_private_dir(const char *path, int *out_fd)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno;
    if (!S_ISDIR(info.st_mode))
        return S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR;
    int fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return errno;
    int code = fstat(fd, &info) != 0 ? errno : 0;
    if (code == 0 && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        code = EPERM;
    if (code != 0)
        (void)close(fd);
    else
        *out_fd = fd;
    return code;
}

/* btrfs writes every change to a new place: with the disk full, a store into the mapped page would end the process and
 * space kept ready would be of no use. What is made in this directory is changed in place instead. Best effort. */
static void change_in_place(int fd)
{
#if defined(__linux__)
    struct statfs found;
    int flags = 0;
    if (fstatfs(fd, &found) != 0 || (unsigned long)found.f_type != BTRFS_SUPER_MAGIC ||
        ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return;
    flags |= FS_NOCOW_FL;
    (void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
#else
    (void)fd;
#endif
}

static int posix_dir_open(void *ctx, const char *path, bool create, cs_dir **out)
{
    (void)ctx;
    *out = NULL;
    size_t size = strlen(path);
    /* A slash at the end would make the system follow a symbolic link. */
    while (size > 1 && path[size - 1] == '/')
        size--;
    if (size == 0)
        return ENOENT;
    char plain[PATH_MAX_SIZE];
    if (size >= sizeof(plain))
        return ENAMETOOLONG;
    memcpy(plain, path, size);
    plain[size] = '\0';
    bool made = create && mkdir(plain, 0700) == 0;
    if (create && !made && errno != EEXIST)
        return errno;
    int fd = -1;
    int code = open_private_dir(plain, &fd);
    if (code == 0 && made) {
        change_in_place(fd);
        code = sync_parent(plain);
    }
    cs_dir *dir = code == 0 ? cs_alloc(cs_memory_system(), sizeof(*dir)) : NULL;
    if (code == 0 && !dir)
        code = ENOMEM;
    if (code != 0) {
        if (fd >= 0)
            (void)close(fd);
        return code;
    }
    dir->fd = fd;
    *out = dir;
    return 0;
}

static void posix_dir_close(void *ctx, cs_dir *dir)
{
    (void)ctx;
    if (!dir)
        return;
    (void)close(dir->fd);
    cs_free(cs_memory_system(), dir, sizeof(*dir));
}

static int posix_dir_list(void *ctx, cs_dir *dir, void (*each)(void *user, const char *name), void *user)
{
    (void)ctx;
    /* Opened anew: the place in the list belongs to the open directory, and others may be listing too. */
    int fd = open_at(dir->fd, ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return errno;
    DIR *stream = fdopendir(fd);
    if (!stream) {
        int code = errno;
        (void)close(fd);
        return code;
    }
    int code;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        code = errno;
        if (!entry)
            break;
        if (is_plain_name(entry->d_name))
            each(user, entry->d_name);
    }
    (void)closedir(stream);
    return code;
}

static int posix_dir_sync(void *ctx, cs_dir *dir)
{
    (void)ctx;
    int code = sync_descriptor(dir->fd, false);
    /* Some file systems sync no directory and say EINVAL: there is nothing more to be had from them. */
    return code == EINVAL ? 0 : code;
}

static int posix_file_rename(void *ctx, cs_dir *dir, const char *from, const char *to)
{
    (void)ctx;
    if (!is_plain_name(from) || !is_plain_name(to))
        return EINVAL;
    return renameat(dir->fd, from, dir->fd, to) == 0 ? 0 : errno;
}

static int posix_file_unlink(void *ctx, cs_dir *dir, const char *name)
{
    (void)ctx;
    if (!is_plain_name(name))
        return EINVAL;
    return unlinkat(dir->fd, name, 0) == 0 ? 0 : errno;
}

/* ---- files -------------------------------------------------------------------------------- */

/* EPERM for anything but a regular file: a pipe or device in its place is no accident. */
static int info_of(const struct stat *found, cs_file_info *out)
{
    if (!S_ISREG(found->st_mode))
        return S_ISLNK(found->st_mode) ? ELOOP : S_ISDIR(found->st_mode) ? EISDIR : EPERM;
    *out = (cs_file_info){.size = (uint64_t)found->st_size,
                          .inode = (uint64_t)found->st_ino,
                          .device = (uint64_t)found->st_dev,
                          .link_count = (uint64_t)found->st_nlink};
    return 0;
}

/* glibc, and bionic where the sandbox lets it through. */
#if defined(STATX_INO) && (defined(__GLIBC__) || (defined(__ANDROID_API__) && __ANDROID_API__ >= 30))
/* Asks for no times: since Linux 6.13 a file whose times were asked for gets new ones on disk at its next write, and
 * every fdatasync of a ledger took half as long again. */
static int look_at(int fd, const char *name, int flags, struct stat *out)
{
    struct statx found;
    memset(out, 0, sizeof(*out));
    if (statx(fd, name, flags, STATX_TYPE | STATX_SIZE | STATX_INO | STATX_NLINK, &found) != 0)
        return errno == ENOSYS || errno == EPERM ? (fstatat(fd, name, out, flags) == 0 ? 0 : errno) : errno;
    out->st_mode = found.stx_mode;
    out->st_size = (off_t)found.stx_size;
    out->st_ino = found.stx_ino;
    out->st_nlink = found.stx_nlink;
    out->st_dev = makedev(found.stx_dev_major, found.stx_dev_minor);
    return 0;
}
#else
static int look_at(int fd, const char *name, int flags, struct stat *out)
{
    return (name[0] != '\0' ? fstatat(fd, name, out, flags) : fstat(fd, out)) == 0 ? 0 : errno;
}
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0
#endif
#endif

static int posix_file_info_by_name(void *ctx, cs_dir *dir, const char *name, cs_file_info *out)
{
    (void)ctx;
    struct stat found;
    if (!is_plain_name(name))
        return EINVAL;
    int code = look_at(dir->fd, name, AT_SYMLINK_NOFOLLOW, &found);
    return code == 0 ? info_of(&found, out) : code;
}

static int posix_file_info(void *ctx, cs_file *file, cs_file_info *out)
{
    (void)ctx;
    struct stat found;
    int code = look_at(file->fd, "", AT_EMPTY_PATH, &found);
    return code == 0 ? info_of(&found, out) : code;
}

static int posix_file_open(void *ctx, cs_dir *dir, const char *name, cs_open_mode mode, cs_file **out)
{
    *out = NULL;
    if (!is_plain_name(name))
        return EINVAL;
    int flags = mode == CS_OPEN_READ ? O_RDONLY : O_RDWR;
    if (mode == CS_OPEN_CREATE_NEW)
        flags |= O_CREAT | O_EXCL;
    if (mode == CS_OPEN_CREATE)
        flags |= O_CREAT;
    /* O_NONBLOCK: opening a pipe that somebody put there must not wait for its other end. */
    int fd = open_at(dir->fd, name, flags | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    cs_file *file = cs_alloc(cs_memory_system(), sizeof(*file));
    int code = file ? 0 : ENOMEM;
    if (file) {
        cs_file_info info;
        *file = (cs_file){.fd = fd, .lock = LOCK_KIND_NONE};
        code = posix_file_info(ctx, file, &info);
    }
    if (code != 0) {
        cs_free(cs_memory_system(), file, sizeof(*file));
        (void)close(fd);
        return code;
    }
    *out = file;
    return 0;
}

static void posix_file_close(void *ctx, cs_file *file)
{
    (void)ctx;
    if (!file)
        return;
    (void)close(file->fd);
    cs_free(cs_memory_system(), file, sizeof(*file));
}

static bool range_is_valid(uint64_t offset, size_t size)
{
    return size <= INT32_MAX && offset <= (uint64_t)INT64_MAX - size;
}

static int posix_file_read(void *ctx, cs_file *file, uint64_t offset, void *out, size_t size, size_t *got)
{
    (void)ctx;
    *got = 0;
    if (!range_is_valid(offset, size))
        return EINVAL;
    ssize_t count;
    do
        count = pread(file->fd, out, size, (off_t)offset);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno;
    *got = (size_t)count;
    return 0;
}

static int posix_file_write(void *ctx, cs_file *file, uint64_t offset, const void *data, size_t size, size_t *done)
{
    (void)ctx;
    *done = 0;
    if (!range_is_valid(offset, size))
        return EINVAL;
    ssize_t count;
    do
        count = pwrite(file->fd, data, size, (off_t)offset);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno;
    *done = (size_t)count;
    return 0;
}

static int posix_file_truncate(void *ctx, cs_file *file, uint64_t size)
{
    (void)ctx;
    if (!range_is_valid(size, 0))
        return EINVAL;
    int rc;
    do
        rc = ftruncate(file->fd, (off_t)size);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : errno;
}

static int posix_file_allocate(void *ctx, cs_file *file, uint64_t size)
{
    (void)ctx;
    if (!range_is_valid(size, 0))
        return EINVAL;
#if defined(__linux__)
    /* Not posix_fallocate: where the file system cannot, that one writes every block. */
    int rc = 0;
    if (size > 0) {
        do
            rc = fallocate(file->fd, 0, 0, (off_t)size);
        while (rc != 0 && errno == EINTR);
    }
    return rc == 0 ? 0 : errno;
#else
    (void)file;
    return EOPNOTSUPP;
#endif
}

/* A write sent out ahead of its sync is with most disks done within so many nanoseconds. Who sleeps through them is woken twice, for
 * the write and for the disk's cache, and on a virtual machine each waking costs more than waiting awake for the first. */
#define AWAKE_NS 25000u

static int64_t now_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int posix_file_sync(void *ctx, cs_file *file)
{
    (void)ctx;
    while (file->written_out_ns != 0 && (uint64_t)(now_ns() - file->written_out_ns) < AWAKE_NS)
        continue;
    file->written_out_ns = 0;
    return sync_descriptor(file->fd, true);
}

static void posix_file_write_out(void *ctx, cs_file *file, uint64_t offset, size_t size)
{
    (void)ctx;
#if defined(SYNC_FILE_RANGE_WRITE) && (!defined(__ANDROID_API__) || __ANDROID_API__ >= 26)
    (void)sync_file_range(file->fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE);
    file->written_out_ns = now_ns();
#else
    (void)file;
    (void)offset;
    (void)size;
#endif
}

/* ---- locks -------------------------------------------------------------------------------- */

static bool is_no_lock(int code)
{
    return code == ENOSYS || code == ENOTSUP || code == EOPNOTSUPP || code == ENOLCK || code == EINVAL;
}

/* Belongs to the open file, like flock: handles of one process exclude each other, and closing another
 * descriptor of the file does not release it, as it would a plain POSIX lock. */
static int ofd_lock(int fd, short type, bool wait)
{
#if defined(F_OFD_SETLK)
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    int rc;
    do
        rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : errno;
#else
    (void)fd;
    (void)type;
    (void)wait;
    return ENOLCK;
#endif
}

static int posix_file_lock(void *ctx, cs_file *file, bool wait)
{
    (void)ctx;
    int rc;
    do
        rc = flock(file->fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    int code = rc == 0 ? 0 : errno;
    lock_kind kind = LOCK_KIND_FLOCK;
    if (is_no_lock(code)) {
        code = ofd_lock(file->fd, F_WRLCK, wait);
        kind = LOCK_KIND_OFD;
    }
    if (code == 0)
        file->lock = kind;
    if (code == EAGAIN || code == EACCES)
        return EWOULDBLOCK;
    return is_no_lock(code) ? ENOLCK : code;
}

static void posix_file_unlock(void *ctx, cs_file *file)
{
    (void)ctx;
    if (file->lock == LOCK_KIND_FLOCK)
        (void)flock(file->fd, LOCK_UN);
    else if (file->lock == LOCK_KIND_OFD)
        (void)ofd_lock(file->fd, F_UNLCK, false);
    file->lock = LOCK_KIND_NONE;
}

/* ---- mapping ------------------------------------------------------------------------------ */

static int posix_file_map(void *ctx, cs_file *file, size_t size, void **out)
{
    (void)ctx;
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    *out = mapped == MAP_FAILED ? NULL : mapped;
    return mapped == MAP_FAILED ? errno : 0;
}

static void posix_file_unmap(void *ctx, void *mapped, size_t size)
{
    (void)ctx;
    if (mapped)
        (void)munmap(mapped, size);
}

void cs_posix_add_files(cs_env *env)
{
    env->dir_open = posix_dir_open;
    env->dir_close = posix_dir_close;
    env->dir_list = posix_dir_list;
    env->dir_sync = posix_dir_sync;
    env->file_rename = posix_file_rename;
    env->file_unlink = posix_file_unlink;
    env->file_info_by_name = posix_file_info_by_name;
    env->file_open = posix_file_open;
    env->file_close = posix_file_close;
    env->file_read = posix_file_read;
    env->file_write = posix_file_write;
    env->file_truncate = posix_file_truncate;
    env->file_allocate = posix_file_allocate;
    env->file_sync = posix_file_sync;
    env->file_write_out = posix_file_write_out;
    env->file_info = posix_file_info;
    env->file_lock = posix_file_lock;
    env->file_unlock = posix_file_unlock;
    env->file_map = posix_file_map;
    env->file_unmap = posix_file_unmap;
}
