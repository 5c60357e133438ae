#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "support/world.h"

typedef struct desk {
    world w;
    cs_env env;
    cs_dir *dir;
} desk;

static void begin(desk *d)
{
    world_init(&d->w);
    d->env = world_env(&d->w);
    assert_int_equal(d->env.dir_open(d->env.ctx, "home", true, &d->dir), 0);
}

static void end(desk *d)
{
    world_free(&d->w);
}

static cs_file *make(desk *d, const char *name)
{
    cs_file *file = NULL;
    assert_int_equal(d->env.file_open(d->env.ctx, d->dir, name, CS_OPEN_CREATE, &file), 0);
    return file;
}

static void put(desk *d, cs_file *file, uint64_t offset, const char *text)
{
    assert_int_equal(cs_file_write_all(&d->env, file, offset, text, strlen(text)), 0);
}

static void assert_file(const desk *d, const char *name, const char *wanted, size_t wanted_size)
{
    size_t size = 0;
    const uint8_t *data = world_file(&d->w, "home", name, &size);
    assert_non_null(data);
    assert_int_equal(size, wanted_size);
    assert_memory_equal(data, wanted, size);
}

/* A durable "0123" that was overwritten from 2 with "abcd" and then "ef", unsynced. */
static void unsynced(desk *d)
{
    begin(d);
    world_put_file(&d->w, "home", "f", "0123", 4);
    cs_file *file = make(d, "f");
    put(d, file, 2, "abcd");
    put(d, file, 6, "ef");
    assert_int_equal(world_unsynced_bytes(&d->w), 6);
}

static void what_is_not_synced_survives_as_the_damage_says(void **state)
{
    (void)state;
    static const struct {
        world_damage damage;
        const char *wanted;
        size_t size;
    } cases[] = {{{WORLD_KEEP_NONE, 9, 0, 0}, "0123", 4},         {{WORLD_KEEP_ALL, 0, 0, 0}, "01abcdef", 8},
                 {{WORLD_KEEP_PREFIX, 0, 0, 0}, "0123", 4},       {{WORLD_KEEP_PREFIX, 1, 0, 0}, "01a3", 4},
                 {{WORLD_KEEP_PREFIX, 3, 0, 0}, "01abc", 5},      {{WORLD_KEEP_PREFIX, 5, 0, 0}, "01abcde", 7},
                 {{WORLD_KEEP_PREFIX, 99, 0, 0}, "01abcdef", 8},  {{WORLD_KEEP_ZERO_TAIL, 3, 0, 0}, "01abc\0\0\0", 8},
                 {{WORLD_KEEP_SIZES, 0, 0, 0}, "0123\0\0\0\0", 8}};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        desk d;
        unsynced(&d);
        world_reboot(&d.w, &cases[i].damage);
        assert_file(&d, "f", cases[i].wanted, cases[i].size);
        assert_int_equal(world_unsynced_bytes(&d.w), 0);
        end(&d);
    }
}

static void garbage_keeps_the_size_and_the_prefix(void **state)
{
    (void)state;
    desk d;
    unsynced(&d);
    world_reboot(&d.w, &(world_damage){WORLD_KEEP_GARBAGE, 4, 5, 0});
    size_t size = 0;
    const uint8_t *data = world_file(&d.w, "home", "f", &size);
    assert_int_equal(size, 8);
    assert_memory_equal(data, "01abcd", 6);
    assert_memory_not_equal(data + 6, "ef", 2);
    end(&d);
}

static void sectors_survive_whole_or_not(void **state)
{
    (void)state;
    size_t kept = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        desk d;
        begin(&d);
        uint8_t zeros[2048] = {0};
        uint8_t ones[1500];
        memset(ones, 1, sizeof(ones));
        world_put_file(&d.w, "home", "f", zeros, sizeof(zeros));
        assert_int_equal(cs_file_write_all(&d.env, make(&d, "f"), 100, ones, sizeof(ones)), 0);
        world_reboot(&d.w, &(world_damage){WORLD_KEEP_SECTORS, 0, seed, 0});
        size_t size = 0;
        const uint8_t *data = world_file(&d.w, "home", "f", &size);
        static const size_t edges[] = {100, 512, 1024, 1536, 1600};
        for (size_t i = 0; i + 1 < CS_COUNT_OF(edges); i++) {
            for (size_t at = edges[i]; at < edges[i + 1]; at++)
                assert_int_equal(data[at], data[edges[i]]);
            kept += data[edges[i]];
        }
        end(&d);
    }
    assert_in_range(kept, 40, 120);
}

static void names_are_durable_after_dir_sync_only(void **state)
{
    (void)state;
    for (size_t names = 0; names <= 3; names++) {
        desk d;
        begin(&d);
        world_put_file(&d.w, "home", "old", "x", 1);
        cs_file *file = make(&d, "new");
        put(&d, file, 0, "content");
        assert_int_equal(d.env.file_sync(d.env.ctx, file), 0);
        assert_int_equal(d.env.file_rename(d.env.ctx, d.dir, "new", "final"), 0);
        assert_int_equal(d.env.file_unlink(d.env.ctx, d.dir, "old"), 0);
        assert_int_equal(world_unsynced_names(&d.w), 3);
        size_t size;
        world_reboot(&d.w, &(world_damage){WORLD_KEEP_NONE, 0, 0, names});
        assert_int_equal(world_file(&d.w, "home", "new", &size) != NULL, names == 1);
        assert_int_equal(world_file(&d.w, "home", "final", &size) != NULL, names >= 2);
        assert_int_equal(world_file(&d.w, "home", "old", &size) != NULL, names < 3);
        if (names >= 2)
            assert_file(&d, "final", "content", 7);
        end(&d);
    }
}

static void a_failed_sync_loses_what_it_should_have_written(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    world_put_file(&d.w, "home", "f", "", 0);
    cs_file *file = make(&d, "f");
    put(&d, file, 0, "lost");
    d.w.kinds = WORLD_SYNC;
    world_arm(&d.w, 1, EIO);
    assert_int_equal(d.env.file_sync(d.env.ctx, file), EIO);
    assert_file(&d, "f", "lost", 4);
    put(&d, file, 4, "kept");
    assert_int_equal(d.env.file_sync(d.env.ctx, file), 0);
    world_reboot(&d.w, &(world_damage){WORLD_KEEP_NONE, 0, 0, 0});
    assert_file(&d, "f", "\0\0\0\0kept", 8);
    end(&d);
}

static void codes_fail_only_calls_that_can_meet_them(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    cs_file *file = make(&d, "f");
    char byte;
    size_t moved;
    world_arm_persistently(&d.w, 1, ENOSPC);
    assert_int_equal(d.env.file_read(d.env.ctx, file, 0, &byte, 1, &moved), 0);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "x", 1, &moved), ENOSPC);
    assert_int_equal(d.env.file_truncate(d.env.ctx, file, 9), ENOSPC);
    assert_int_equal(d.env.file_truncate(d.env.ctx, file, 0), 0);
    assert_int_equal(d.env.file_unlink(d.env.ctx, d.dir, "f"), 0);
    assert_non_null(cs_alloc(&d.env.memory, 1));
    world_arm_persistently(&d.w, 1, EROFS);
    assert_int_equal(d.env.file_unlink(d.env.ctx, d.dir, "f"), EROFS);
    assert_int_equal(d.env.dir_sync(d.env.ctx, d.dir), 0);
    assert_int_equal(d.w.fired, 1);
    end(&d);
}

static void failing_once_and_failing_for_ever_differ(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    world_arm(&d.w, 2, ENOMEM);
    assert_non_null(cs_alloc(&d.env.memory, 1));
    assert_null(cs_alloc(&d.env.memory, 1));
    assert_non_null(cs_alloc(&d.env.memory, 1));
    assert_int_equal(d.w.calls, 3);
    world_arm_persistently(&d.w, 2, ENOMEM);
    assert_non_null(cs_alloc(&d.env.memory, 1));
    assert_null(cs_alloc(&d.env.memory, 1));
    assert_null(cs_alloc(&d.env.memory, 1));
    uint8_t random[4];
    assert_int_equal(d.env.random(d.env.ctx, random, 4), ENOMEM);
    end(&d);
}

static void after_a_crash_nothing_works_until_the_reboot(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    cs_file *file = make(&d, "f");
    world_crash_at(&d.w, 2);
    put(&d, file, 0, "a");
    size_t moved;
    assert_int_equal(d.env.file_write(d.env.ctx, file, 1, "b", 1, &moved), EIO);
    assert_int_equal(d.env.file_sync(d.env.ctx, file), EIO);
    assert_null(cs_alloc(&d.env.memory, 1));
    world_disarm(&d.w);
    assert_int_equal(d.env.dir_sync(d.env.ctx, d.dir), EIO);
    world_reboot(&d.w, &(world_damage){WORLD_KEEP_ALL, 0, 0, WORLD_ALL_NAMES});
    assert_file(&d, "f", "a", 1);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "z", 1, &moved), EBADF);
    assert_int_equal(d.env.dir_sync(d.env.ctx, d.dir), EBADF);
    d.env.file_close(d.env.ctx, file);
    d.env.dir_close(d.env.ctx, d.dir);
    assert_int_equal(d.w.open_files + d.w.open_dirs, 0);
    end(&d);
}

static void a_chosen_write_comes_up_short(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    cs_file *file = make(&d, "f");
    size_t moved;
    world_disarm(&d.w);
    d.w.short_at = 2;
    d.w.short_bytes = 3;
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "abcdef", 6, &moved), 0);
    assert_int_equal(moved, 6);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "ABCDEF", 6, &moved), 0);
    assert_int_equal(moved, 3);
    assert_file(&d, "f", "ABCdef", 6);
    end(&d);
}

static void a_small_disk_fills_up_and_unlinking_makes_room(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    d.w.disk_bytes = 10;
    cs_file *ballast = make(&d, "ballast");
    assert_int_equal(d.env.file_allocate(d.env.ctx, ballast, 6), 0);
    cs_file *file = make(&d, "f");
    size_t moved;
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "123456", 6, &moved), 0);
    assert_int_equal(moved, 4);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 4, "56", 2, &moved), ENOSPC);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 0, "AB", 2, &moved), 0);
    assert_int_equal(d.env.file_unlink(d.env.ctx, d.dir, "ballast"), 0);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 4, "56", 2, &moved), ENOSPC);
    d.env.file_close(d.env.ctx, ballast);
    assert_int_equal(d.env.file_write(d.env.ctx, file, 4, "56", 2, &moved), 0);
    assert_file(&d, "f", "AB3456", 6);
    end(&d);
}

static void locks_are_between_handles_and_die_with_their_process(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    d.w.process_id = 2000;
    cs_file *theirs = make(&d, "lock");
    assert_int_equal(d.env.file_lock(d.env.ctx, theirs, true), 0);
    assert_non_null(cs_alloc(&d.env.memory, 10));
    d.w.process_id = 1000;
    cs_file *mine = make(&d, "lock");
    assert_int_equal(d.env.file_lock(d.env.ctx, mine, false), EWOULDBLOCK);
    assert_int_equal(d.env.file_lock(d.env.ctx, mine, true), EDEADLK);
    assert_true(d.env.process_alive(d.env.ctx, 2000));
    world_kill(&d.w, 2000);
    assert_false(d.env.process_alive(d.env.ctx, 2000));
    assert_int_equal(d.w.live_blocks, 0);
    assert_int_equal(d.w.open_files, 1);
    assert_int_equal(d.env.file_lock(d.env.ctx, mine, false), 0);
    assert_int_equal(d.w.locks, 1);
    d.env.file_unlock(d.env.ctx, mine);
    assert_int_equal(d.w.locks, 0);
    d.w.lock_code = ENOLCK;
    assert_int_equal(d.env.file_lock(d.env.ctx, mine, true), ENOLCK);
    end(&d);
}

static void maps_share_memory_and_outlive_a_reboot(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    world_put_file(&d.w, "home", "page", "\0\0\0\0", 4);
    cs_file *file = make(&d, "page");
    void *one = NULL;
    void *two = NULL;
    assert_int_equal(d.env.file_map(d.env.ctx, file, 4096, &one), 0);
    assert_int_equal(d.env.file_map(d.env.ctx, file, 4096, &two), 0);
    ((uint8_t *)one)[1] = 7;
    assert_int_equal(((uint8_t *)two)[1], 7);
    assert_file(&d, "page", "\0\7\0\0", 4);
    world_reboot(&d.w, &(world_damage){WORLD_KEEP_NONE, 0, 0, 0});
    assert_file(&d, "page", "\0\0\0\0", 4);
    ((uint8_t *)one)[1] = 8;
    assert_file(&d, "page", "\0\0\0\0", 4);
    d.env.file_unmap(d.env.ctx, one, 4096);
    d.env.file_unmap(d.env.ctx, two, 4096);
    assert_int_equal(d.w.maps, 0);
    end(&d);
}

static void a_copied_disk_lives_on_its_own(void **state)
{
    (void)state;
    desk d;
    unsynced(&d);
    cs_file *fresh = make(&d, "fresh");
    put(&d, fresh, 0, "y");
    for (size_t bytes = 0; bytes <= 7; bytes++) {
        desk copy;
        world_init(&copy.w);
        world_copy_disk(&copy.w, &d.w);
        assert_int_equal(world_unsynced_bytes(&copy.w), 7);
        world_reboot(&copy.w, &(world_damage){WORLD_KEEP_PREFIX, bytes, 0, WORLD_ALL_NAMES});
        size_t kept = bytes < 6 ? bytes : 6; /* the seventh byte is the other file's */
        char wanted[9] = "0123";
        memcpy(wanted + 2, "abcdef", kept);
        assert_file(&copy, "f", wanted, kept < 2 ? 4 : 2 + kept);
        end(&copy);
    }
    assert_file(&d, "f", "01abcdef", 8);
    end(&d);
}

static void random_bytes_repeat_only_when_the_source_is_stuck(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    uint8_t bytes[3][16];
    assert_int_equal(d.env.random(d.env.ctx, bytes[0], 16), 0);
    assert_int_equal(d.env.random(d.env.ctx, bytes[1], 16), 0);
    assert_memory_not_equal(bytes[0], bytes[1], 16);
    d.w.random_stuck = true;
    assert_int_equal(d.env.random(d.env.ctx, bytes[1], 16), 0);
    assert_int_equal(d.env.random(d.env.ctx, bytes[2], 16), 0);
    assert_memory_equal(bytes[1], bytes[2], 16);
    assert_int_equal(d.w.random_calls, 4);
    end(&d);
}

static void time_moves_when_told(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    cs_clock before;
    cs_clock after;
    uint32_t second = d.env.coarse_seconds(d.env.ctx);
    d.env.clock(d.env.ctx, &before);
    world_advance(&d.w, 1500);
    d.env.clock(d.env.ctx, &after);
    assert_int_equal(after.wall_ms - before.wall_ms, 1500);
    assert_int_equal(after.elapsed_ms - before.elapsed_ms, 1500);
    assert_int_equal(d.env.coarse_seconds(d.env.ctx), second + 1);
    end(&d);
}

static void the_disk_can_be_damaged_behind_the_code(void **state)
{
    (void)state;
    desk d;
    begin(&d);
    world_put_file(&d.w, "home", "f", "abc", 3);
    world_flip_bit(&d.w, "home", "f", 8);
    world_flip_bit(&d.w, "home", "f", 999);
    assert_file(&d, "f", "acc", 3);
    assert_string_equal(world_file_name(&d.w, "home", 0), "f");
    assert_int_equal(world_file_count(&d.w, "home"), 1);
    assert_true(world_remove_file(&d.w, "home", "f"));
    assert_false(world_remove_file(&d.w, "home", "f"));
    cs_file *file = make(&d, "g");
    put(&d, file, 0, "g");
    world_sync_everything(&d.w);
    world_reboot(&d.w, &(world_damage){WORLD_KEEP_NONE, 0, 0, 0});
    assert_file(&d, "g", "g", 1);
    end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_synced_survives_as_the_damage_says),
        cmocka_unit_test(garbage_keeps_the_size_and_the_prefix),
        cmocka_unit_test(sectors_survive_whole_or_not),
        cmocka_unit_test(names_are_durable_after_dir_sync_only),
        cmocka_unit_test(a_failed_sync_loses_what_it_should_have_written),
        cmocka_unit_test(codes_fail_only_calls_that_can_meet_them),
        cmocka_unit_test(failing_once_and_failing_for_ever_differ),
        cmocka_unit_test(after_a_crash_nothing_works_until_the_reboot),
        cmocka_unit_test(a_chosen_write_comes_up_short),
        cmocka_unit_test(a_small_disk_fills_up_and_unlinking_makes_room),
        cmocka_unit_test(locks_are_between_handles_and_die_with_their_process),
        cmocka_unit_test(maps_share_memory_and_outlive_a_reboot),
        cmocka_unit_test(a_copied_disk_lives_on_its_own),
        cmocka_unit_test(random_bytes_repeat_only_when_the_source_is_stuck),
        cmocka_unit_test(time_moves_when_told),
        cmocka_unit_test(the_disk_can_be_damaged_behind_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
