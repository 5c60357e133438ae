#define _POSIX_C_SOURCE 200809L

#include "consentctl/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static consent_status fail_path(consent_error *err, const char *doing, const char *path, int code)
{
    consent_status status = code == ENOENT || code == ENOTDIR  ? CONSENT_E_NOT_FOUND
                            : code == ENOSPC || code == EDQUOT ? CONSENT_E_FULL
                                                               : CONSENT_E_IO;
    return cs_fail(err, status, code, "%s could not be %s: %s", path, doing, strerror(code));
}

static consent_status read_all(FILE *file, const char *path, cs_buffer *out, consent_error *err)
{
    char chunk[8192];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (out->size + got > out->max_size)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was larger than the allowed %zu bytes; use a smaller file",
                           path, out->max_size);
        cs_buffer_append(out, chunk, got);
    }
    if (ferror(file))
        return fail_path(err, "read", path, errno);
    return cs_buffer_status(out, path, err);
}

consent_status cs_files_read(const char *path, cs_buffer *out, consent_error *err)
{
    if (strcmp(path, "-") == 0)
        return read_all(stdin, "standard input", out, err);
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail_path(err, "opened", path, errno);
    consent_status status =
        cs_files_is_dir(path) ? fail_path(err, "read", path, EISDIR) : read_all(file, path, out, err);
    (void)fclose(file);
    return status;
}

bool cs_files_is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

consent_status cs_files_refuse_file(const char *path, consent_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISDIR(info.st_mode))
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%.200s was no folder; name the folder that policy.json lies in", path);
}

static int write_and_sync(int fd, cs_span content)
{
    size_t done = 0;
    while (done < content.size) {
        ssize_t wrote = write(fd, content.data + done, content.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? errno : EIO;
        done += (size_t)wrote;
    }
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

/* link() is the rename that never replaces. */
static int put_in_place(const char *from, const char *to, bool keep)
{
    if (!keep)
        return rename(from, to) == 0 ? 0 : errno;
    int code = link(from, to) == 0 ? 0 : errno;
    (void)unlink(from);
    return code;
}

static void sync_directory_of(const char *path)
{
    char dir[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int size = slash ? (int)(slash - path) + 1 : 1;
    (void)snprintf(dir, sizeof dir, "%.*s", size, slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

consent_status cs_files_write(const char *path, cs_span content, cs_files_mode mode, bool keep, consent_error *err)
{
    char temporary[PATH_BYTES];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the path %.80s… was too long", path);
    if (cs_files_is_dir(path))
        return fail_path(err, "written", path, EISDIR);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return fail_path(err, "written", path, errno);
    int code = write_and_sync(fd, content);
    if (close(fd) != 0 && code == 0)
        code = errno;
    if (code == 0)
        code = put_in_place(temporary, path, keep);
    if (code != 0)
        (void)unlink(temporary);
    if (code == EEXIST)
        return cs_fail(err, CONSENT_E_IO, code, "%s was there already and was left as it is; choose another name",
                       path);
    if (code != 0)
        return fail_path(err, "written", path, code);
    sync_directory_of(path);
    return CONSENT_OK;
}

consent_status cs_files_make_dir(const char *path, consent_error *err)
{
    if (mkdir(path, 0755) == 0)
        return CONSENT_OK;
    if (errno != EEXIST || !cs_files_is_dir(path))
        return fail_path(err, "made", path, errno);
    if (rmdir(path) != 0 || mkdir(path, 0755) != 0)
        return cs_fail(err, CONSENT_E_IO, EEXIST, "the folder %s was not empty and was left as it is; choose a new one",
                       path);
    return CONSENT_OK;
}

consent_status cs_files_join(const char *dir, const char *name, char *out, size_t size, consent_error *err)
{
    size_t length = strlen(dir);
    int wrote = snprintf(out, size, "%s%s%s", dir, length > 0 && dir[length - 1] == '/' ? "" : "/", name);
    if (wrote < 0 || (size_t)wrote >= size)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the path %.80s… was too long", dir);
    return CONSENT_OK;
}
