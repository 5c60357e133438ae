/* What a test does with the disk behind the back of the code under test. */
#include "support/world_disk.h"

#include <stdlib.h>

static disk_file *find(const world *w, const char *dir, const char *name)
{
    const disk_dir *found = disk_dir_find(w->disk, dir);
    return found ? disk_find(found, name) : NULL;
}

uint64_t world_unsynced_bytes(const world *w)
{
    return disk_unsynced_bytes(w->disk);
}

size_t world_unsynced_names(const world *w)
{
    return disk_unsynced_names(w->disk);
}

void world_reboot(world *w, const world_damage *damage)
{
    disk_reboot(w->disk, damage);
    world_disarm(w);
    w->crashed = false;
    w->locks = 0;
}

void world_copy_disk(world *to, const world *from)
{
    if (to->disk->handles || to->disk->dir_handles || to->disk->maps)
        abort();
    disk_free(to->disk);
    to->disk = disk_copy(from->disk);
}

const uint8_t *world_file(const world *w, const char *dir, const char *name, size_t *size)
{
    const disk_file *file = find(w, dir, name);
    if (!file)
        return NULL;
    *size = (size_t)disk_size(file);
    return disk_data(file);
}

void world_put_file(world *w, const char *dir, const char *name, const void *data, size_t size)
{
    disk_dir *found = disk_dir_make(w->disk, dir);
    disk_file *file = disk_find(found, name);
    if (!file)
        file = disk_create(w->disk, found, name);
    disk_truncate(w->disk, file, 0);
    disk_write(w->disk, file, 0, data, size);
    disk_sync(file);
    disk_dir_sync(found);
}

void world_flip_bit(world *w, const char *dir, const char *name, uint64_t bit)
{
    disk_file *file = find(w, dir, name);
    if (file)
        disk_flip_bit(file, bit);
}

bool world_remove_file(world *w, const char *dir, const char *name)
{
    disk_dir *found = disk_dir_find(w->disk, dir);
    if (!found || disk_unlink(found, name) != 0)
        return false;
    disk_dir_sync(found);
    return true;
}

size_t world_file_count(const world *w, const char *dir)
{
    const disk_dir *found = disk_dir_find(w->disk, dir);
    return found ? disk_dir_count(found) : 0;
}

const char *world_file_name(const world *w, const char *dir, size_t i)
{
    const disk_dir *found = disk_dir_find(w->disk, dir);
    return found ? disk_dir_name(found, i) : NULL;
}

void world_sync_everything(world *w)
{
    for (disk_file *file = w->disk->files; file; file = file->next)
        disk_sync(file);
    for (disk_dir *dir = w->disk->dirs; dir; dir = dir->next)
        disk_dir_sync(dir);
}
