#include "support/world_disk.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_SIZE 512u

/* ---- reboot ------------------------------------------------------------------------------- */

uint64_t disk_unsynced_bytes(const world_disk *disk)
{
    uint64_t bytes = 0;
    for (const disk_file *file = disk->files; file; file = file->next)
        for (size_t i = 0; i < file->change_count; i++)
            bytes += file->changes[i].size;
    return bytes;
}

size_t disk_unsynced_names(const world_disk *disk)
{
    size_t count = 0;
    for (const disk_dir *dir = disk->dirs; dir; dir = dir->next)
        count += dir->change_count;
    return count;
}

static void keep_sectors(disk_content *durable, const disk_change *c, uint64_t *noise)
{
    uint64_t at = c->offset;
    uint64_t end = c->offset + c->size;
    while (at < end) {
        uint64_t next = (at / SECTOR_SIZE + 1) * SECTOR_SIZE;
        if (next > end)
            next = end;
        if ((world_noise(noise) & 1u) != 0)
            disk_content_write(durable, at, c->data + (at - c->offset), (size_t)(next - at), false);
        at = next;
    }
}

/* One unsynced write of which the first `kept` bytes are within the budget. */
static void survive(disk_content *durable, const disk_change *c, size_t kept, const world_damage *damage,
                    uint64_t *noise)
{
    uint64_t lost_at = c->offset + kept;
    size_t lost = c->size - kept;
    if (damage->survival == WORLD_KEEP_SECTORS) {
        keep_sectors(durable, c, noise);
        return;
    }
    disk_content_write(durable, c->offset, c->data, kept, false);
    if (lost == 0 || damage->survival == WORLD_KEEP_NONE || damage->survival == WORLD_KEEP_PREFIX)
        return;
    if (lost_at + lost > durable->size)
        disk_content_resize(durable, (size_t)(lost_at + lost), false);
    if (damage->survival == WORLD_KEEP_ZERO_TAIL)
        memset(durable->data + lost_at, 0, lost);
    for (size_t i = 0; i < lost && damage->survival == WORLD_KEEP_GARBAGE; i++)
        durable->data[lost_at + i] = (uint8_t)world_noise(noise);
}

/* The unsynced change that was made first, over all files. */
static disk_file *oldest_change(const world_disk *disk, const size_t *taken)
{
    disk_file *oldest = NULL;
    uint64_t order = UINT64_MAX;
    size_t i = 0;
    for (disk_file *file = disk->files; file; file = file->next, i++)
        if (taken[i] < file->change_count && file->changes[taken[i]].order < order) {
            oldest = file;
            order = file->changes[taken[i]].order;
        }
    return oldest;
}

static size_t file_index(const world_disk *disk, const disk_file *wanted)
{
    size_t i = 0;
    for (const disk_file *file = disk->files; file != wanted; file = file->next)
        i++;
    return i;
}

static void survive_content(world_disk *disk, const world_damage *damage)
{
    size_t count = 0;
    for (const disk_file *file = disk->files; file; file = file->next)
        count++;
    size_t *taken = disk_must(calloc(count + 1, sizeof(*taken)));
    uint64_t noise = damage->seed;
    size_t budget = damage->survival == WORLD_KEEP_ALL ? SIZE_MAX : damage->bytes;
    if (damage->survival == WORLD_KEEP_NONE || damage->survival == WORLD_KEEP_SIZES)
        budget = 0;
    for (disk_file *file = oldest_change(disk, taken); file; file = oldest_change(disk, taken)) {
        const disk_change *c = &file->changes[taken[file_index(disk, file)]++];
        if (c->is_write) {
            size_t kept = c->size < budget ? c->size : budget;
            survive(&file->durable, c, kept, damage, &noise);
            budget -= budget == SIZE_MAX ? 0 : kept;
        } else if (budget > 0 || damage->survival > WORLD_KEEP_PREFIX) {
            disk_content_resize(&file->durable, (size_t)c->offset, false);
        }
    }
    free(taken);
    for (disk_file *file = disk->files; file; file = file->next)
        if (damage->survival == WORLD_KEEP_ALL && file->was_mapped)
            disk_content_copy(&file->durable, &file->cached);
}

static void survive_names(disk_dir *dir, size_t names)
{
    for (size_t i = 0; i < dir->change_count && i < names; i++)
        disk_table_apply(&dir->durable, &dir->changes[i]);
    dir->change_count = 0;
    disk_table_copy(&dir->cached, &dir->durable);
}

static void detach_maps(world_disk *disk, disk_file *file)
{
    if (file->map_count == 0)
        return;
    disk_retired *retired = disk_must(calloc(1, sizeof(*retired)));
    *retired = (disk_retired){disk->retired, file->cached.data};
    disk->retired = retired;
    file->cached = (disk_content){0};
    file->map_count = 0;
    for (disk_map *map = disk->maps; map; map = map->next)
        if (map->file == file)
            map->file = NULL;
}

void disk_reboot(world_disk *disk, const world_damage *damage)
{
    survive_content(disk, damage);
    for (disk_dir *dir = disk->dirs; dir; dir = dir->next)
        survive_names(dir, damage->names);
    for (disk_file *file = disk->files; file; file = file->next) {
        detach_maps(disk, file);
        disk_forget_changes(file);
        disk_content_copy(&file->cached, &file->durable);
        file->was_mapped = false;
        file->lock_holder = NULL;
    }
    disk->boot++;
}

/* ---- whole disks -------------------------------------------------------------------------- */

world_disk *disk_new(void)
{
    world_disk *disk = disk_must(calloc(1, sizeof(*disk)));
    disk->next_inode = 1;
    disk->boot = 1;
    return disk;
}

void disk_free(world_disk *disk)
{
    while (disk->maps) {
        disk_map *map = disk->maps;
        disk->maps = map->next;
        free(map);
    }
    while (disk->retired) {
        disk_retired *retired = disk->retired;
        disk->retired = retired->next;
        free(retired->data);
        free(retired);
    }
    while (disk->files) {
        disk_file *file = disk->files;
        disk->files = file->next;
        disk_forget_changes(file);
        free(file->changes);
        free(file->cached.data);
        free(file->durable.data);
        free(file);
    }
    while (disk->dirs) {
        disk_dir *dir = disk->dirs;
        disk->dirs = dir->next;
        free(dir->cached.entries);
        free(dir->durable.entries);
        free(dir->changes);
        free(dir);
    }
    free(disk);
}

static disk_file *copy_file(const disk_file *from)
{
    disk_file *to = disk_must(calloc(1, sizeof(*to)));
    to->inode = from->inode;
    to->was_mapped = from->was_mapped;
    disk_content_copy(&to->cached, &from->cached);
    disk_content_copy(&to->durable, &from->durable);
    to->changes = disk_must(calloc(from->change_count + 1, sizeof(disk_change)));
    to->change_count = from->change_count;
    for (size_t i = 0; i < from->change_count; i++) {
        to->changes[i] = from->changes[i];
        if (from->changes[i].size > 0) {
            to->changes[i].data = disk_must(malloc(from->changes[i].size));
            memcpy(to->changes[i].data, from->changes[i].data, from->changes[i].size);
        }
    }
    return to;
}

/* The copy's file with the same inode. */
static disk_file *twin(const world_disk *disk, const disk_file *file)
{
    for (disk_file *at = disk->files; at; at = at->next)
        if (file && at->inode == file->inode)
            return at;
    return NULL;
}

static disk_dir *copy_dir(world_disk *disk, const disk_dir *from)
{
    disk_dir *to = disk_must(calloc(1, sizeof(*to)));
    *to = *from;
    to->disk = disk;
    to->cached = (disk_name_table){0};
    to->durable = (disk_name_table){0};
    disk_table_copy(&to->cached, &from->cached);
    disk_table_copy(&to->durable, &from->durable);
    to->changes = disk_must(calloc(from->change_count + 1, sizeof(disk_name_change)));
    for (size_t i = 0; i < from->change_count; i++) {
        to->changes[i] = from->changes[i];
        to->changes[i].file = twin(disk, from->changes[i].file);
    }
    for (size_t i = 0; i < to->cached.count; i++)
        to->cached.entries[i].file = twin(disk, to->cached.entries[i].file);
    for (size_t i = 0; i < to->durable.count; i++)
        to->durable.entries[i].file = twin(disk, to->durable.entries[i].file);
    return to;
}

world_disk *disk_copy(const world_disk *from)
{
    world_disk *to = disk_new();
    to->next_inode = from->next_inode;
    to->next_order = from->next_order;
    disk_file **file_end = &to->files;
    for (const disk_file *file = from->files; file; file = file->next, file_end = &(*file_end)->next)
        *file_end = copy_file(file);
    disk_dir **dir_end = &to->dirs;
    for (const disk_dir *dir = from->dirs; dir; dir = dir->next, dir_end = &(*dir_end)->next) {
        *dir_end = copy_dir(to, dir);
        (*dir_end)->next = NULL;
    }
    return to;
}
