#include "support/world_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *disk_must(void *block)
{
    if (!block) {
        fputs("the test itself ran out of memory\n", stderr);
        abort();
    }
    return block;
}

uint64_t world_noise(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* ---- content ------------------------------------------------------------------------------ */

void disk_content_resize(disk_content *c, size_t size, bool pinned)
{
    if (size > c->capacity) {
        size_t capacity = c->capacity < 1024 ? 1024 : c->capacity;
        while (capacity < size)
            capacity *= 2;
        if (pinned) {
            fputs("the injected world cannot grow a mapped file\n", stderr);
            abort();
        }
        c->data = disk_must(realloc(c->data, capacity));
        c->capacity = capacity;
    }
    if (size > c->size)
        memset(c->data + c->size, 0, size - c->size);
    c->size = size;
}

void disk_content_write(disk_content *c, uint64_t offset, const void *data, size_t size, bool pinned)
{
    if (size == 0)
        return;
    if (offset + size > c->size)
        disk_content_resize(c, (size_t)offset + size, pinned);
    memcpy(c->data + offset, data, size);
}

void disk_content_copy(disk_content *to, const disk_content *from)
{
    disk_content_resize(to, 0, false);
    disk_content_resize(to, from->size, false);
    if (from->size > 0)
        memcpy(to->data, from->data, from->size);
}

/* ---- names -------------------------------------------------------------------------------- */

static disk_name_entry *table_find(const disk_name_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->entries[i].name, name) == 0)
            return &table->entries[i];
    return NULL;
}

static void table_set(disk_name_table *table, const char *name, disk_file *file)
{
    disk_name_entry *entry = table_find(table, name);
    if (!entry) {
        table->entries = disk_must(realloc(table->entries, (table->count + 1) * sizeof(disk_name_entry)));
        entry = &table->entries[table->count++];
        (void)snprintf(entry->name, sizeof(entry->name), "%s", name);
    }
    entry->file = file;
}

static void table_remove(disk_name_table *table, const char *name)
{
    disk_name_entry *entry = table_find(table, name);
    if (!entry)
        return;
    size_t after = table->count - (size_t)(entry - table->entries) - 1;
    memmove(entry, entry + 1, after * sizeof(disk_name_entry));
    table->count--;
}

void disk_table_apply(disk_name_table *table, const disk_name_change *c)
{
    if (c->kind == NAME_SET) {
        table_set(table, c->name, c->file);
        return;
    }
    table_remove(table, c->name);
    if (c->kind == NAME_RENAME)
        table_set(table, c->to, c->file);
}

void disk_table_copy(disk_name_table *to, const disk_name_table *from)
{
    free(to->entries);
    to->entries = disk_must(malloc((from->count + 1) * sizeof(disk_name_entry)));
    to->count = from->count;
    if (from->count > 0)
        memcpy(to->entries, from->entries, from->count * sizeof(disk_name_entry));
}

static void change_names(disk_dir *dir, disk_name_change_kind kind, const char *name, const char *to, disk_file *file)
{
    dir->changes = disk_must(realloc(dir->changes, (dir->change_count + 1) * sizeof(disk_name_change)));
    disk_name_change *c = &dir->changes[dir->change_count++];
    *c = (disk_name_change){.order = dir->disk->next_order++, .kind = kind, .file = file};
    (void)snprintf(c->name, sizeof(c->name), "%s", name);
    (void)snprintf(c->to, sizeof(c->to), "%s", to);
    disk_table_apply(&dir->cached, c);
}

disk_dir *disk_dir_find(const world_disk *disk, const char *path)
{
    for (disk_dir *dir = disk->dirs; dir; dir = dir->next)
        if (strcmp(dir->path, path) == 0)
            return dir;
    return NULL;
}

disk_dir *disk_dir_make(world_disk *disk, const char *path)
{
    disk_dir *dir = disk_dir_find(disk, path);
    if (dir)
        return dir;
    dir = disk_must(calloc(1, sizeof(*dir)));
    (void)snprintf(dir->path, sizeof(dir->path), "%s", path);
    dir->disk = disk;
    dir->next = disk->dirs;
    disk->dirs = dir;
    return dir;
}

void disk_dir_sync(disk_dir *dir)
{
    for (size_t i = 0; i < dir->change_count; i++)
        disk_table_apply(&dir->durable, &dir->changes[i]);
    dir->change_count = 0;
}

size_t disk_dir_count(const disk_dir *dir)
{
    return dir->cached.count;
}

const char *disk_dir_name(const disk_dir *dir, size_t i)
{
    return i < dir->cached.count ? dir->cached.entries[i].name : NULL;
}

disk_file *disk_find(const disk_dir *dir, const char *name)
{
    const disk_name_entry *entry = table_find(&dir->cached, name);
    return entry ? entry->file : NULL;
}

disk_file *disk_create(world_disk *disk, disk_dir *dir, const char *name)
{
    disk_file *file = disk_must(calloc(1, sizeof(*file)));
    file->inode = disk->next_inode++;
    file->next = disk->files;
    disk->files = file;
    change_names(dir, NAME_SET, name, "", file);
    return file;
}

int disk_rename(disk_dir *dir, const char *from, const char *to)
{
    disk_file *file = disk_find(dir, from);
    if (!file)
        return ENOENT;
    if (strcmp(from, to) != 0)
        change_names(dir, NAME_RENAME, from, to, file);
    return 0;
}

int disk_unlink(disk_dir *dir, const char *name)
{
    if (!disk_find(dir, name))
        return ENOENT;
    change_names(dir, NAME_UNLINK, name, "", NULL);
    return 0;
}

/* ---- files -------------------------------------------------------------------------------- */

uint64_t disk_size(const disk_file *file)
{
    return file->cached.size;
}

const uint8_t *disk_data(const disk_file *file)
{
    static const uint8_t nothing[1];
    return file->cached.data ? file->cached.data : nothing;
}

uint64_t disk_inode(const disk_file *file)
{
    return file->inode;
}

uint64_t disk_links(const world_disk *disk, const disk_file *file)
{
    uint64_t links = 0;
    for (const disk_dir *dir = disk->dirs; dir; dir = dir->next)
        for (size_t i = 0; i < dir->cached.count; i++)
            links += dir->cached.entries[i].file == file ? 1u : 0u;
    return links;
}

static bool is_open(const world_disk *disk, const disk_file *file)
{
    for (const cs_file *handle = disk->handles; handle; handle = handle->next)
        if (handle->file == file && handle->boot == disk->boot)
            return true;
    return false;
}

uint64_t disk_used(const world_disk *disk)
{
    uint64_t used = 0;
    for (const disk_file *file = disk->files; file; file = file->next)
        if (disk_links(disk, file) > 0 || is_open(disk, file))
            used += file->cached.size;
    return used;
}

uint64_t disk_growth(const disk_file *file, uint64_t size)
{
    return size > file->cached.size ? size - file->cached.size : 0;
}

static disk_change *change_new(world_disk *disk, disk_file *file)
{
    file->changes = disk_must(realloc(file->changes, (file->change_count + 1) * sizeof(disk_change)));
    disk_change *c = &file->changes[file->change_count++];
    *c = (disk_change){.order = disk->next_order++};
    return c;
}

void disk_write(world_disk *disk, disk_file *file, uint64_t offset, const void *data, size_t size)
{
    if (size == 0)
        return;
    disk_content_write(&file->cached, offset, data, size, file->map_count > 0);
    disk_change *c = change_new(disk, file);
    c->is_write = true;
    c->offset = offset;
    c->size = size;
    c->data = disk_must(malloc(size));
    memcpy(c->data, data, size);
}

void disk_truncate(world_disk *disk, disk_file *file, uint64_t size)
{
    disk_content_resize(&file->cached, (size_t)size, file->map_count > 0);
    change_new(disk, file)->offset = size;
}

void disk_forget_changes(disk_file *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        free(file->changes[i].data);
    file->change_count = 0;
}

void disk_sync(disk_file *file)
{
    if (file->was_mapped) {
        disk_content_copy(&file->durable, &file->cached);
    } else {
        for (size_t i = 0; i < file->change_count; i++) {
            const disk_change *c = &file->changes[i];
            if (c->lost)
                continue;
            if (c->is_write)
                disk_content_write(&file->durable, c->offset, c->data, c->size, false);
            else
                disk_content_resize(&file->durable, (size_t)c->offset, false);
        }
    }
    disk_forget_changes(file);
}

void disk_sync_failed(disk_file *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        file->changes[i].lost = true;
}

void disk_flip_bit(disk_file *file, uint64_t bit)
{
    uint8_t mask = (uint8_t)(1u << (bit & 7u));
    if (bit / 8 < file->cached.size)
        file->cached.data[bit / 8] ^= mask;
    if (bit / 8 < file->durable.size)
        file->durable.data[bit / 8] ^= mask;
}

cs_file **disk_lock_holder(disk_file *file)
{
    return &file->lock_holder;
}

/* ---- maps --------------------------------------------------------------------------------- */

void *disk_map_new(world_disk *disk, disk_file *file, size_t size)
{
    if (file->cached.capacity < size) {
        size_t before = file->cached.size;
        disk_content_resize(&file->cached, size, file->map_count > 0);
        file->cached.size = before;
    }
    disk_map *map = disk_must(calloc(1, sizeof(*map)));
    *map = (disk_map){disk->maps, file->cached.data, file};
    disk->maps = map;
    file->map_count++;
    file->was_mapped = true;
    return map->data;
}

bool disk_map_end(world_disk *disk, void *mapped)
{
    for (disk_map **at = &disk->maps; *at; at = &(*at)->next) {
        disk_map *map = *at;
        if (map->data != mapped)
            continue;
        *at = map->next;
        if (map->file)
            map->file->map_count--;
        free(map);
        return true;
    }
    return false;
}
