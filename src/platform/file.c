#include "platform/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A signal storm ends; an env that only ever says EINTR is broken. */
#define MAX_INTERRUPTIONS 100

int cs_file_read_all(const cs_env *env, cs_file *file, uint64_t offset, void *out, size_t size)
{
    uint8_t *at = out;
    int interruptions = 0;
    while (size > 0) {
        size_t got = 0;
        int code = env->file_read(env->ctx, file, offset, at, size, &got);
        if (code == EINTR && ++interruptions < MAX_INTERRUPTIONS)
            continue;
        if (code != 0)
            return code;
        if (got == 0 || got > size)
            return EIO;
        at += got;
        offset += got;
        size -= got;
    }
    return 0;
}

int cs_file_write_all(const cs_env *env, cs_file *file, uint64_t offset, const void *data, size_t size)
{
    const uint8_t *at = data;
    int interruptions = 0;
    while (size > 0) {
        size_t done = 0;
        int code = env->file_write(env->ctx, file, offset, at, size, &done);
        if (code == EINTR && ++interruptions < MAX_INTERRUPTIONS)
            continue;
        if (code != 0)
            return code;
        if (done == 0 || done > size)
            return EIO;
        at += done;
        offset += done;
        size -= done;
    }
    return 0;
}

static int load(const cs_env *env, cs_file *file, cs_buffer *out, uint64_t *size)
{
    cs_file_info info;
    int code = env->file_info(env->ctx, file, &info);
    if (code != 0)
        return code;
    *size = info.size;
    if (info.size > out->max_size)
        return EFBIG;
    uint8_t *bytes = info.size != 0 ? cs_buffer_extend(out, (size_t)info.size) : NULL;
    return bytes ? cs_file_read_all(env, file, 0, bytes, (size_t)info.size) : 0;
}

consent_status cs_file_load(const cs_env *env, cs_dir *dir, const char *name, cs_buffer *out, consent_error *err)
{
    char what[CS_ID_MAX_SIZE + 32];
    (void)snprintf(what, sizeof(what), "reading the file %s", name);
    cs_buffer_clear(out);
    cs_file *file = NULL;
    int code = env->file_open(env->ctx, dir, name, CS_OPEN_READ, &file);
    if (code != 0)
        return cs_fail_os(err, code, what);
    uint64_t size = 0;
    code = load(env, file, out, &size);
    env->file_close(env->ctx, file);
    if (code == EFBIG)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the file %s has %llu bytes, more than the %zu it can have", name,
                       (unsigned long long)size, out->max_size);
    if (code != 0)
        return cs_fail_os(err, code, what);
    return cs_buffer_status(out, what, err);
}

static int write_new(const cs_env *env, cs_dir *dir, const char *name, cs_span content)
{
    int code = env->file_unlink(env->ctx, dir, name);
    if (code != 0 && code != ENOENT)
        return code;
    cs_file *file = NULL;
    code = env->file_open(env->ctx, dir, name, CS_OPEN_CREATE_NEW, &file);
    if (code != 0)
        return code;
    code = cs_file_write_all(env, file, 0, content.data, content.size);
    if (code == 0)
        code = env->file_sync(env->ctx, file);
    env->file_close(env->ctx, file);
    return code;
}

consent_status cs_file_replace(const cs_env *env, cs_dir *dir, const char *name, cs_span content, consent_error *err)
{
    char temporary[256];
    int size = snprintf(temporary, sizeof(temporary), "%s%s", name, CS_TEMP_SUFFIX);
    if (size < 0 || (size_t)size >= sizeof(temporary))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a file name was longer than %zu bytes",
                       sizeof(temporary) - sizeof(CS_TEMP_SUFFIX));
    int code = write_new(env, dir, temporary, content);
    if (code == 0)
        code = env->file_rename(env->ctx, dir, temporary, name);
    if (code == 0)
        code = env->dir_sync(env->ctx, dir);
    else
        (void)env->file_unlink(env->ctx, dir, temporary);
    if (code == 0)
        return CONSENT_OK;
    char what[sizeof(temporary) + 32];
    (void)snprintf(what, sizeof(what), "writing the file %s", name);
    return cs_fail_os(err, code, what);
}

consent_status cs_random(const cs_env *env, uint8_t *out, size_t size, consent_error *err)
{
    int code = env->random(env->ctx, out, size);
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "drawing random bytes");
}

consent_status cs_lock_open(const cs_env *env, cs_dir *dir, const char *name, cs_file **lock, consent_error *err)
{
    *lock = NULL;
    int code = env->file_open(env->ctx, dir, name, CS_OPEN_CREATE, lock);
    if (code != 0)
        return cs_fail_os(err, code, name);
    code = env->file_lock(env->ctx, *lock, true);
    if (code == 0)
        return CONSENT_OK;
    env->file_close(env->ctx, *lock);
    *lock = NULL;
    return cs_fail(err, CONSENT_E_LOCKED, code, "%s could not be locked; put the home on a file system that has locks",
                   name);
}

void cs_lock_close(const cs_env *env, cs_file *lock)
{
    env->file_unlock(env->ctx, lock);
    env->file_close(env->ctx, lock);
}

/* ---- many files ---------------------------------------------------------------------------- */

typedef struct name_list {
    const char *prefix;
    size_t count;
    char names[32][128];
} name_list;

static void note_name(void *user, const char *name)
{
    name_list *found = user;
    size_t size = strlen(name);
    if (strncmp(name, found->prefix, strlen(found->prefix)) == 0 && size < sizeof found->names[0] &&
        found->count < CS_COUNT_OF(found->names))
        memcpy(found->names[found->count++], name, size + 1);
}

int cs_dir_clear(const cs_env *env, cs_dir *dir, const char *prefix,
                 int (*act)(void *user, cs_dir *dir, const char *name), void *user)
{
    name_list *found = cs_alloc(&env->memory, sizeof *found);
    int code = found ? 0 : ENOMEM;
    bool more = true;
    while (more && code == 0) {
        found->prefix = prefix;
        found->count = 0;
        code = env->dir_list(env->ctx, dir, note_name, found);
        for (size_t i = 0; code == 0 && i < found->count; i++)
            code = act(user, dir, found->names[i]);
        more = found->count == CS_COUNT_OF(found->names);
    }
    cs_free(&env->memory, found, sizeof *found);
    return code;
}

/* ---- errno -------------------------------------------------------------------------------- */

/* strerror is neither thread-safe nor of one language. Codes that are equal on some systems may repeat. */
static const struct {
    uint16_t os_code;
    uint8_t status;
} os_codes[] = {
    {ENOSPC, CONSENT_E_FULL},
    {EDQUOT, CONSENT_E_FULL},
    {EFBIG, CONSENT_E_FULL},
    {EWOULDBLOCK, CONSENT_E_LOCKED},
    {ENOLCK, CONSENT_E_LOCKED},
    {ENOMEM, CONSENT_E_MEMORY},
    {ENOENT, CONSENT_E_NOT_FOUND},
    {ENOTSUP, CONSENT_E_UNSUPPORTED},
    {EOPNOTSUPP, CONSENT_E_UNSUPPORTED},
    {EIO, CONSENT_E_IO},
    {EACCES, CONSENT_E_IO},
    {EPERM, CONSENT_E_IO},
    {EROFS, CONSENT_E_IO},
    {EEXIST, CONSENT_E_IO},
    {ELOOP, CONSENT_E_IO},
    {ENOTDIR, CONSENT_E_IO},
    {EISDIR, CONSENT_E_IO},
    {EINVAL, CONSENT_E_IO},
    {ENAMETOOLONG, CONSENT_E_IO},
    {EMFILE, CONSENT_E_IO},
    {ENFILE, CONSENT_E_IO},
    {EINTR, CONSENT_E_IO},
};
/* In the same order. */
static const char os_texts[] =
    "no space is left on the device\0"
    "the disk quota is used up\0"
    "the file would pass the system's size limit\0"
    "another handle or process holds the lock\0"
    "this file system has no working locks\0"
    "no memory is left\0"
    "it does not exist\0"
    "the system does not support it\0"
    "the system does not support it\0"
    "the device reported an input/output error or the file ended early\0"
    "permission was denied\0"
    "it is not a plain private file or directory (group or others may write, or it is special)\0"
    "the file system is read-only\0"
    "it exists already\0"
    "it is a symbolic link\0"
    "it is not a directory\0"
    "it is a directory\0"
    "the system refused the name or the request\0"
    "the name is too long\0"
    "this process has too many files open\0"
    "the system has too many files open\0"
    "signals kept interrupting it\0";

consent_status cs_fail_os(consent_error *err, int os_code, const char *what)
{
    for (size_t i = 0; i < CS_COUNT_OF(os_codes); i++)
        if (os_codes[i].os_code == os_code)
            return cs_fail(err, (consent_status)os_codes[i].status, os_code, "%s failed: %s", what,
                           cs_nth_text(os_texts, i));
    return cs_fail(err, CONSENT_E_IO, os_code, "%s failed with the system's error %d", what, os_code);
}
