#include "support/world_disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- handles ------------------------------------------------------------------------------ */

static void handle_free(world *w, cs_file **link)
{
    cs_file *handle = *link;
    *link = handle->next;
    cs_file **holder = disk_lock_holder(handle->file);
    if (handle->boot == w->disk->boot && *holder == handle) {
        *holder = NULL;
        w->locks--;
    }
    w->open_files--;
    free(handle);
}

static void dir_handle_free(world *w, cs_dir **link)
{
    cs_dir *handle = *link;
    *link = handle->next;
    w->open_dirs--;
    free(handle);
}

void world_end_handles(world *w, const uint32_t *process_id)
{
    for (cs_file **at = &w->disk->handles; *at;)
        if (!process_id || (*at)->process_id == *process_id)
            handle_free(w, at);
        else
            at = &(*at)->next;
    for (cs_dir **at = &w->disk->dir_handles; *at;)
        if (!process_id || (*at)->process_id == *process_id)
            dir_handle_free(w, at);
        else
            at = &(*at)->next;
}

static int world_dir_open(void *ctx, const char *path, bool create, cs_dir **out)
{
    world *w = ctx;
    *out = NULL;
    disk_dir *dir = disk_dir_find(w->disk, path);
    int code = world_call(w, !dir && create ? WORLD_WRITE : WORLD_READ);
    if (code != 0)
        return code;
    if (!dir && !create)
        return ENOENT;
    cs_dir *handle = disk_must(calloc(1, sizeof(*handle)));
    *handle = (cs_dir){dir ? dir : disk_dir_make(w->disk, path), w->disk->boot, w->process_id, w->disk->dir_handles};
    w->disk->dir_handles = handle;
    w->open_dirs++;
    *out = handle;
    return 0;
}

static void world_dir_close(void *ctx, cs_dir *dir)
{
    world *w = ctx;
    if (!dir)
        return;
    for (cs_dir **at = &w->disk->dir_handles; *at; at = &(*at)->next)
        if (*at == dir) {
            dir_handle_free(w, at);
            return;
        }
    world_give_up("a directory was closed that is not open");
}

static int dir_call(world *w, const cs_dir *dir, world_kind kind, bool is_unlink)
{
    int code = world_number_call(w, kind, is_unlink);
    return code != 0 ? code : dir->boot != w->disk->boot ? EBADF : 0;
}

static int world_dir_list(void *ctx, cs_dir *dir, void (*each)(void *user, const char *name), void *user)
{
    world *w = ctx;
    int code = dir_call(w, dir, WORLD_READ, false);
    for (size_t i = 0; code == 0 && disk_dir_name(dir->dir, i); i++)
        each(user, disk_dir_name(dir->dir, i));
    return code;
}

static int world_dir_sync(void *ctx, cs_dir *dir)
{
    world *w = ctx;
    int code = dir_call(w, dir, WORLD_SYNC, false);
    if (code != 0)
        return code;
    disk_dir_sync(dir->dir);
    w->syncs++;
    return 0;
}

static int world_file_rename(void *ctx, cs_dir *dir, const char *from, const char *to)
{
    int code = dir_call(ctx, dir, WORLD_WRITE, false);
    return code != 0 ? code : disk_rename(dir->dir, from, to);
}

static int world_file_unlink(void *ctx, cs_dir *dir, const char *name)
{
    int code = dir_call(ctx, dir, WORLD_WRITE, true);
    return code != 0 ? code : disk_unlink(dir->dir, name);
}

static void fill_info(const world *w, const disk_file *file, cs_file_info *out)
{
    *out = (cs_file_info){disk_size(file), disk_inode(file), 1, disk_links(w->disk, file)};
}

static int world_file_info_by_name(void *ctx, cs_dir *dir, const char *name, cs_file_info *out)
{
    int code = dir_call(ctx, dir, WORLD_READ, false);
    const disk_file *file = code == 0 ? disk_find(dir->dir, name) : NULL;
    if (code == 0 && !file)
        return ENOENT;
    if (code == 0)
        fill_info(ctx, file, out);
    return code;
}

/* ---- files -------------------------------------------------------------------------------- */

static int world_file_open(void *ctx, cs_dir *dir, const char *name, cs_open_mode mode, cs_file **out)
{
    world *w = ctx;
    *out = NULL;
    disk_file *file = dir->boot == w->disk->boot ? disk_find(dir->dir, name) : NULL;
    bool may_create = mode == CS_OPEN_CREATE_NEW || mode == CS_OPEN_CREATE;
    int code = dir_call(w, dir, !file && may_create ? WORLD_WRITE : WORLD_READ, false);
    if (code != 0)
        return code;
    if (strlen(name) >= DISK_NAME_SIZE)
        return ENAMETOOLONG;
    if (name[0] == '\0' || strchr(name, '/'))
        return EINVAL;
    if (file && mode == CS_OPEN_CREATE_NEW)
        return EEXIST;
    if (!file && !may_create)
        return ENOENT;
    if (!file)
        file = disk_create(w->disk, dir->dir, name);
    cs_file *handle = disk_must(calloc(1, sizeof(*handle)));
    *handle = (cs_file){file, dir->dir, w->disk->boot, w->process_id, mode != CS_OPEN_READ, w->disk->handles};
    w->disk->handles = handle;
    w->open_files++;
    *out = handle;
    return 0;
}

static void world_file_close(void *ctx, cs_file *file)
{
    world *w = ctx;
    if (!file)
        return;
    for (cs_file **at = &w->disk->handles; *at; at = &(*at)->next)
        if (*at == file) {
            handle_free(w, at);
            return;
        }
    world_give_up("a file was closed that is not open");
}

static int file_call(world *w, const cs_file *file, world_kind kind)
{
    int code = world_call(w, kind);
    if (code != 0)
        return code;
    bool stale = file->boot != w->disk->boot;
    return stale || (kind == WORLD_WRITE && !file->writable) ? EBADF : 0;
}

static int world_file_read(void *ctx, cs_file *file, uint64_t offset, void *out, size_t size, size_t *got)
{
    world *w = ctx;
    *got = 0;
    int code = file_call(w, file, WORLD_READ);
    if (code != 0)
        return code;
    uint64_t end = disk_size(file->file);
    size_t count = offset >= end ? 0 : end - offset < size ? (size_t)(end - offset) : size;
    if (w->max_read_bytes > 0 && count > w->max_read_bytes)
        count = w->max_read_bytes;
    if (count > 0)
        memcpy(out, disk_data(file->file) + offset, count);
    *got = count;
    return 0;
}

/* How much the disk has left for this file beyond its present size. */
static uint64_t room(const world *w)
{
    uint64_t used = disk_used(w->disk);
    return w->disk_bytes == 0 ? UINT64_MAX / 2 : used < w->disk_bytes ? w->disk_bytes - used : 0;
}

static int world_file_write(void *ctx, cs_file *file, uint64_t offset, const void *data, size_t size, size_t *done)
{
    world *w = ctx;
    *done = 0;
    int code = file_call(w, file, WORLD_WRITE);
    if (code != 0)
        return code;
    size_t count = size;
    if (w->max_write_bytes > 0 && count > w->max_write_bytes)
        count = w->max_write_bytes;
    if (w->short_at != 0 && w->calls == w->short_at && (w->kinds & WORLD_WRITE) != 0 && count > w->short_bytes)
        count = w->short_bytes;
    uint64_t limit = disk_size(file->file) + room(w);
    if (offset + count > limit)
        count = offset < limit ? (size_t)(limit - offset) : 0;
    if (count == 0 && size > 0)
        return ENOSPC;
    disk_write(w->disk, file->file, offset, data, count);
    *done = count;
    return 0;
}

static int world_file_truncate(void *ctx, cs_file *file, uint64_t size)
{
    world *w = ctx;
    bool shrinks = file->boot == w->disk->boot && size <= disk_size(file->file);
    int code = world_number_call(w, WORLD_WRITE, shrinks);
    if (code != 0)
        return code;
    if (file->boot != w->disk->boot || !file->writable)
        return EBADF;
    if (disk_growth(file->file, size) > room(w))
        return ENOSPC;
    disk_truncate(w->disk, file->file, size);
    return 0;
}

static int world_file_allocate(void *ctx, cs_file *file, uint64_t size)
{
    world *w = ctx;
    int code = file_call(w, file, WORLD_WRITE);
    if (code != 0)
        return code;
    if (disk_growth(file->file, size) > room(w))
        return ENOSPC;
    if (size > disk_size(file->file))
        disk_truncate(w->disk, file->file, size);
    return 0;
}

static int world_file_sync(void *ctx, cs_file *file)
{
    world *w = ctx;
    int code = file_call(w, file, WORLD_SYNC);
    if (code != 0) {
        /* Interrupted is not failed; a crash leaves to the reboot what survives. */
        if (code != EINTR && !w->crashed && file->boot == w->disk->boot)
            disk_sync_failed(file->file);
        return code;
    }
    disk_sync(file->file);
    w->syncs++;
    return 0;
}

/* Without a sync a crash may keep or lose what was written, with this as without it. */
static void world_file_write_out(void *ctx, cs_file *file, uint64_t offset, size_t size)
{
    world *w = ctx;
    (void)file;
    w->write_out_syncs = w->syncs;
    w->write_out_offset = offset;
    w->write_out_size = size;
}

static int world_file_info(void *ctx, cs_file *file, cs_file_info *out)
{
    int code = file_call(ctx, file, WORLD_READ);
    if (code == 0)
        fill_info(ctx, file->file, out);
    return code;
}

static int world_file_lock(void *ctx, cs_file *file, bool wait)
{
    world *w = ctx;
    int code = file_call(w, file, WORLD_LOCK);
    if (code != 0 || w->lock_code != 0)
        return code != 0 ? code : w->lock_code;
    cs_file **holder = disk_lock_holder(file->file);
    if (*holder && *holder != file)
        return wait ? EDEADLK : EWOULDBLOCK;
    if (!*holder)
        w->locks++;
    *holder = file;
    return 0;
}

static void world_file_unlock(void *ctx, cs_file *file)
{
    world *w = ctx;
    cs_file **holder = disk_lock_holder(file->file);
    if (file->boot != w->disk->boot || *holder != file)
        return;
    *holder = NULL;
    w->locks--;
}

static int world_file_map(void *ctx, cs_file *file, size_t size, void **out)
{
    world *w = ctx;
    *out = NULL;
    int code = file_call(w, file, WORLD_MAP);
    if (code != 0)
        return code;
    if (size == 0 || !file->writable)
        return size == 0 ? EINVAL : EACCES;
    *out = disk_map_new(w->disk, file->file, size);
    w->maps++;
    return 0;
}

static void world_file_unmap(void *ctx, void *mapped, size_t size)
{
    world *w = ctx;
    (void)size;
    if (!mapped)
        return;
    if (!disk_map_end(w->disk, mapped))
        world_give_up("memory was unmapped that is not mapped");
    w->maps--;
}

void world_add_files(cs_env *env)
{
    env->dir_open = world_dir_open;
    env->dir_close = world_dir_close;
    env->dir_list = world_dir_list;
    env->dir_sync = world_dir_sync;
    env->file_rename = world_file_rename;
    env->file_unlink = world_file_unlink;
    env->file_info_by_name = world_file_info_by_name;
    env->file_open = world_file_open;
    env->file_close = world_file_close;
    env->file_read = world_file_read;
    env->file_write = world_file_write;
    env->file_truncate = world_file_truncate;
    env->file_allocate = world_file_allocate;
    env->file_sync = world_file_sync;
    env->file_write_out = world_file_write_out;
    env->file_info = world_file_info;
    env->file_lock = world_file_lock;
    env->file_unlock = world_file_unlock;
    env->file_map = world_file_map;
    env->file_unmap = world_file_unmap;
}
