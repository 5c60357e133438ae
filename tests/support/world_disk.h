/* world_disk: the disk of the injected world, private to tests/support. Functions return 0 or an errno value and
 * know nothing of injected failures; world.c adds those. */
#ifndef WORLD_DISK_H
#define WORLD_DISK_H

#include "support/world.h"

typedef struct disk_file disk_file; /* an inode */
typedef struct disk_dir disk_dir;

#define DISK_NAME_SIZE 128u

typedef struct disk_content {
    uint8_t *data;
    size_t size;
    size_t capacity;
} disk_content;

/* A change of one file that is not durable yet. Truncating has no data. */
typedef struct disk_change {
    uint64_t order;
    bool is_write;
    bool lost; /* a sync that failed dropped it */
    uint64_t offset;
    size_t size;
    uint8_t *data;
} disk_change;

struct disk_file {
    disk_file *next;
    uint64_t inode;
    disk_content cached;
    disk_content durable;
    disk_change *changes;
    size_t change_count;
    size_t map_count;
    bool was_mapped;
    cs_file *lock_holder;
};

typedef struct disk_name_entry {
    char name[DISK_NAME_SIZE];
    disk_file *file;
} disk_name_entry;

typedef struct disk_name_table {
    disk_name_entry *entries;
    size_t count;
} disk_name_table;

typedef enum disk_name_change_kind {
    NAME_SET,
    NAME_RENAME,
    NAME_UNLINK
} disk_name_change_kind;

typedef struct disk_name_change {
    uint64_t order;
    disk_name_change_kind kind;
    char name[DISK_NAME_SIZE];
    char to[DISK_NAME_SIZE];
    disk_file *file;
} disk_name_change;

struct disk_dir {
    disk_dir *next;
    world_disk *disk;
    char path[256];
    disk_name_table cached;
    disk_name_table durable;
    disk_name_change *changes;
    size_t change_count;
};

typedef struct disk_map {
    struct disk_map *next;
    void *data;
    disk_file *file; /* NULL: its boot is over */
} disk_map;

/* The memory of maps outlives the boot, so that code may still touch what it mapped. */
typedef struct disk_retired {
    struct disk_retired *next;
    uint8_t *data;
} disk_retired;

struct cs_dir {
    disk_dir *dir;
    uint64_t boot;
    uint32_t process_id;
    cs_dir *next;
};

struct cs_file {
    disk_file *file;
    disk_dir *dir;
    uint64_t boot;
    uint32_t process_id;
    bool writable;
    cs_file *next;
};

struct world_disk {
    disk_dir *dirs;
    disk_file *files; /* newest first; never freed before the disk */
    uint64_t next_inode;
    uint64_t next_order; /* of unsynced changes, over all files */
    uint64_t boot;
    cs_file *handles;
    cs_dir *dir_handles;
    disk_map *maps;
    disk_retired *retired;
};

void *disk_must(void *block); /* aborts when the test itself has no memory */
void disk_content_resize(disk_content *c, size_t size, bool pinned);
void disk_content_write(disk_content *c, uint64_t offset, const void *data, size_t size, bool pinned);
void disk_content_copy(disk_content *to, const disk_content *from);
void disk_table_apply(disk_name_table *table, const disk_name_change *change);
void disk_table_copy(disk_name_table *to, const disk_name_table *from);
void disk_forget_changes(disk_file *file);

world_disk *disk_new(void);
void disk_free(world_disk *disk);
world_disk *disk_copy(const world_disk *from);

disk_dir *disk_dir_find(const world_disk *disk, const char *path);
disk_dir *disk_dir_make(world_disk *disk, const char *path);
void disk_dir_sync(disk_dir *dir);
size_t disk_dir_count(const disk_dir *dir);
const char *disk_dir_name(const disk_dir *dir, size_t i);
disk_file *disk_find(const disk_dir *dir, const char *name);
disk_file *disk_create(world_disk *disk, disk_dir *dir, const char *name);
int disk_rename(disk_dir *dir, const char *from, const char *to);
int disk_unlink(disk_dir *dir, const char *name);

uint64_t disk_size(const disk_file *file);
const uint8_t *disk_data(const disk_file *file);
uint64_t disk_inode(const disk_file *file);
uint64_t disk_links(const world_disk *disk, const disk_file *file);
/* Bytes that a growth to `size` would still take from the disk, and what all files take now. */
uint64_t disk_growth(const disk_file *file, uint64_t size);
uint64_t disk_used(const world_disk *disk);
void disk_write(world_disk *disk, disk_file *file, uint64_t offset, const void *data, size_t size);
void disk_truncate(world_disk *disk, disk_file *file, uint64_t size);
void disk_sync(disk_file *file);
void disk_sync_failed(disk_file *file);
void disk_flip_bit(disk_file *file, uint64_t bit);

void *disk_map_new(world_disk *disk, disk_file *file, size_t size);
bool disk_map_end(world_disk *disk, void *mapped);

/* NULL when it is free. */
cs_file **disk_lock_holder(disk_file *file);

uint64_t disk_unsynced_bytes(const world_disk *disk);
size_t disk_unsynced_names(const world_disk *disk);
void disk_reboot(world_disk *disk, const world_damage *damage);

/* ---- between world.c and world_files.c ----------------------------------------------------- */

void world_give_up(const char *message);
/* Numbers the call. 0, or the errno value it fails with. */
int world_call(world *w, world_kind kind);
int world_number_call(world *w, world_kind kind, bool is_unlink);
void world_add_files(cs_env *env);
/* Frees the handles of one process, or all of them. */
void world_end_handles(world *w, const uint32_t *process_id);

/* Splitmix64: the noise of the tests. */
uint64_t world_noise(uint64_t *state);

#endif
