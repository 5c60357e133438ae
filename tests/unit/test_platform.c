#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/platform.h"
#include "support/world.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "%s/consent-test-XXXXXX", P_tmpdir);
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static cs_env real_env(void)
{
    cs_env env;
    cs_env_posix(&env);
    return env;
}

static cs_dir *open_dir(const cs_env *env, const char *name)
{
    cs_dir *dir = NULL;
    assert_int_equal(env->dir_open(env->ctx, path_of(name), true, &dir), 0);
    return dir;
}

static cs_file *open_file(const cs_env *env, cs_dir *dir, const char *name, cs_open_mode mode)
{
    cs_file *file = NULL;
    assert_int_equal(env->file_open(env->ctx, dir, name, mode, &file), 0);
    return file;
}

/* ---- the real file system ----------------------------------------------------------------- */

static void a_home_and_its_files_are_private(void **state)
{
    (void)state;
    cs_env env = real_env();
    struct stat info;
    mode_t before = umask(0);
    cs_dir *dir = open_dir(&env, "home");
    cs_file *file = open_file(&env, dir, "a", CS_OPEN_CREATE_NEW);
    umask(before);
    assert_int_equal(stat(path_of("home"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat(path_of("home/a"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    env.file_close(env.ctx, file);
    env.dir_close(env.ctx, dir);
}

static void a_home_that_others_can_change_is_refused(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = NULL;
    assert_int_equal(mkdir(path_of("real"), 0700), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("absent"), false, &dir), ENOENT);
    assert_int_equal(env.dir_open(env.ctx, path_of("absent/below"), true, &dir), ENOENT);
    char target[256];
    (void)snprintf(target, sizeof(target), "%s", path_of("real"));
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("link"), true, &dir), ELOOP);
    assert_int_equal(env.dir_open(env.ctx, path_of("link///"), true, &dir), ELOOP);
    assert_int_equal(close(open(path_of("plain"), O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("plain"), true, &dir), ENOTDIR);
    assert_int_equal(chmod(path_of("real"), 0770), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("real"), true, &dir), EPERM);
    assert_int_equal(chmod(path_of("real"), 0702), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("real"), true, &dir), EPERM);
    assert_int_equal(chmod(path_of("real"), 0755), 0);
    assert_int_equal(env.dir_open(env.ctx, path_of("real/"), true, &dir), 0);
    env.dir_close(env.ctx, dir);
    assert_int_equal(env.dir_open(env.ctx, "", true, &dir), ENOENT);
    assert_null(dir);
}

static void only_regular_files_inside_the_home_are_opened(void **state)
{
    (void)state;
    static const cs_open_mode modes[] = {CS_OPEN_READ, CS_OPEN_WRITE, CS_OPEN_CREATE};
    static const char *const names[] = {"", ".", "..", "a/b", "/etc/passwd", "../x"};
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "strict");
    cs_file *file = NULL;
    cs_file_info info;
    assert_int_equal(symlink("/etc/passwd", path_of("strict/link")), 0);
    assert_int_equal(mkfifo(path_of("strict/pipe"), 0600), 0);
    assert_int_equal(mkdir(path_of("strict/dir"), 0700), 0);
    for (size_t i = 0; i < CS_COUNT_OF(modes); i++) {
        assert_int_equal(env.file_open(env.ctx, dir, "link", modes[i], &file), ELOOP);
        assert_int_equal(env.file_open(env.ctx, dir, "pipe", modes[i], &file), EPERM);
        assert_int_equal(env.file_open(env.ctx, dir, "dir", modes[i], &file), EISDIR);
    }
    for (size_t i = 0; i < CS_COUNT_OF(names); i++) {
        assert_int_equal(env.file_open(env.ctx, dir, names[i], CS_OPEN_CREATE, &file), EINVAL);
        assert_int_equal(env.file_unlink(env.ctx, dir, names[i]), EINVAL);
        assert_int_equal(env.file_rename(env.ctx, dir, "pipe", names[i]), EINVAL);
        assert_int_equal(env.file_rename(env.ctx, dir, names[i], "pipe"), EINVAL);
        assert_int_equal(env.file_info_by_name(env.ctx, dir, names[i], &info), EINVAL);
    }
    assert_int_equal(env.file_info_by_name(env.ctx, dir, "link", &info), ELOOP);
    assert_int_equal(env.file_info_by_name(env.ctx, dir, "pipe", &info), EPERM);
    assert_null(file);
    env.dir_close(env.ctx, dir);
}

static void files_are_written_read_truncated_and_renamed(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "files");
    cs_file *file = NULL;
    cs_file_info info;
    char text[16] = {0};
    assert_int_equal(env.file_open(env.ctx, dir, "a", CS_OPEN_READ, &file), ENOENT);
    assert_int_equal(env.file_open(env.ctx, dir, "a", CS_OPEN_WRITE, &file), ENOENT);
    file = open_file(&env, dir, "a", CS_OPEN_CREATE);
    assert_int_equal(cs_file_write_all(&env, file, 4, "consent", 7), 0);
    assert_int_equal(cs_file_read_all(&env, file, 4, text, 7), 0);
    assert_string_equal(text, "consent");
    assert_int_equal(cs_file_read_all(&env, file, 5, text, 7), EIO);
    assert_int_equal(env.file_sync(env.ctx, file), 0);
    assert_int_equal(env.file_truncate(env.ctx, file, 5), 0);
    assert_int_equal(env.file_info(env.ctx, file, &info), 0);
    assert_int_equal(info.size, 5);
    assert_int_equal(info.link_count, 1);
    cs_file *other = NULL;
    assert_int_equal(env.file_open(env.ctx, dir, "a", CS_OPEN_CREATE_NEW, &other), EEXIST);
    assert_int_equal(env.file_rename(env.ctx, dir, "a", "b"), 0);
    assert_int_equal(env.dir_sync(env.ctx, dir), 0);
    cs_file_info by_name;
    assert_int_equal(env.file_info_by_name(env.ctx, dir, "b", &by_name), 0);
    assert_true(by_name.inode == info.inode && by_name.device == info.device);
    assert_int_equal(env.file_unlink(env.ctx, dir, "b"), 0);
    assert_int_equal(env.file_unlink(env.ctx, dir, "b"), ENOENT);
    assert_int_equal(env.file_info(env.ctx, file, &info), 0);
    assert_int_equal(info.link_count, 0);
    size_t moved;
    assert_int_equal(env.file_read(env.ctx, file, UINT64_MAX, text, 1, &moved), EINVAL);
    assert_int_equal(env.file_write(env.ctx, file, UINT64_MAX, text, 1, &moved), EINVAL);
    assert_int_equal(env.file_truncate(env.ctx, file, UINT64_MAX), EINVAL);
    assert_int_equal(env.file_allocate(env.ctx, file, UINT64_MAX), EINVAL);
    env.file_close(env.ctx, file);
    file = NULL;
    env.file_close(env.ctx, file);
    env.dir_close(env.ctx, dir);
    env.dir_close(env.ctx, NULL);
}

static void reserved_space_reads_as_zeros_or_is_not_supported(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "space");
    cs_file *file = open_file(&env, dir, "a", CS_OPEN_CREATE);
    int code = env.file_allocate(env.ctx, file, 8192);
    assert_true(code == 0 || code == EOPNOTSUPP);
    cs_file_info info;
    assert_int_equal(env.file_info(env.ctx, file, &info), 0);
    assert_int_equal(info.size, code == 0 ? 8192 : 0);
    assert_int_equal(env.file_allocate(env.ctx, file, 0), 0);
    env.file_close(env.ctx, file);
    env.dir_close(env.ctx, dir);
}

static void count_name(void *user, const char *name)
{
    size_t *counts = user;
    counts[name[0] - 'a']++;
}

static void listing_names_every_file_once_each_time(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "list");
    for (char name[2] = "a"; name[0] <= 'c'; name[0]++)
        env.file_close(env.ctx, open_file(&env, dir, name, CS_OPEN_CREATE));
    for (int round = 0; round < 2; round++) {
        size_t counts[3] = {0};
        assert_int_equal(env.dir_list(env.ctx, dir, count_name, counts), 0);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(counts[i], 1);
    }
    env.dir_close(env.ctx, dir);
}

static void a_lock_excludes_other_handles_and_other_processes(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "lock");
    cs_file *mine = open_file(&env, dir, "l", CS_OPEN_CREATE);
    cs_file *other = open_file(&env, dir, "l", CS_OPEN_WRITE);
    assert_int_equal(env.file_lock(env.ctx, mine, true), 0);
    assert_int_equal(env.file_lock(env.ctx, other, false), EWOULDBLOCK);
    /* Closing another descriptor of the file must not let go, as it would with plain POSIX locks. */
    env.file_close(env.ctx, open_file(&env, dir, "l", CS_OPEN_READ));
    pid_t child = fork();
    if (child == 0) {
        cs_file *own = NULL;
        bool refused = env.file_open(env.ctx, dir, "l", CS_OPEN_WRITE, &own) == 0 &&
                       env.file_lock(env.ctx, own, false) == EWOULDBLOCK;
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    env.file_unlock(env.ctx, mine);
    assert_int_equal(env.file_lock(env.ctx, other, false), 0);
    env.file_close(env.ctx, other);
    assert_int_equal(env.file_lock(env.ctx, mine, false), 0);
    env.file_close(env.ctx, mine);
    env.dir_close(env.ctx, dir);
}

static void two_maps_of_a_file_share_its_content(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_dir *dir = open_dir(&env, "map");
    cs_file *file = open_file(&env, dir, "page", CS_OPEN_CREATE);
    const uint8_t zeros[4096] = {0};
    void *one = NULL;
    void *two = NULL;
    assert_int_equal(cs_file_write_all(&env, file, 0, zeros, sizeof(zeros)), 0);
    assert_int_equal(env.file_map(env.ctx, file, sizeof(zeros), &one), 0);
    assert_int_equal(env.file_map(env.ctx, file, sizeof(zeros), &two), 0);
    ((volatile uint8_t *)one)[77] = 5;
    assert_int_equal(((volatile uint8_t *)two)[77], 5);
    uint8_t byte = 0;
    assert_int_equal(cs_file_read_all(&env, file, 77, &byte, 1), 0);
    assert_int_equal(byte, 5);
    env.file_unmap(env.ctx, one, sizeof(zeros));
    env.file_unmap(env.ctx, two, sizeof(zeros));
    env.file_unmap(env.ctx, NULL, 0);
    assert_int_not_equal(env.file_map(env.ctx, file, 0, &one), 0);
    assert_null(one);
    env.file_close(env.ctx, file);
    env.dir_close(env.ctx, dir);
}

/* A host that closed its standard descriptors must not get its prints into a ledger. */
static void the_standard_descriptors_are_never_used(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        cs_env env = real_env();
        cs_dir *dir = NULL;
        cs_file *file = NULL;
        for (int fd = 0; fd < 64; fd++)
            (void)close(fd);
        int code = env.dir_open(env.ctx, path_of("low"), true, &dir);
        if (code == 0)
            code = env.file_open(env.ctx, dir, "a", CS_OPEN_CREATE, &file);
        if (code == 0)
            code = env.dir_list(env.ctx, dir, count_name, (size_t[26]){0});
        bool free = fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
        bool closes = (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0;
        _exit(code != 0 ? 1 : !free ? 2 : !closes ? 3 : 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- clock, random, processes ------------------------------------------------------------- */

static void clocks_run_and_count_in_milliseconds(void **state)
{
    (void)state;
    cs_env env = real_env();
    cs_clock one;
    cs_clock two;
    env.clock(env.ctx, &one);
    env.clock(env.ctx, &two);
    assert_true(one.wall_ms > INT64_C(1577836800000));  /* 2020 */
    assert_true(one.wall_ms < INT64_C(32503680000000)); /* 3000 */
    assert_true(two.elapsed_ms >= one.elapsed_ms);
    assert_true(env.coarse_seconds(env.ctx) <= env.coarse_seconds(env.ctx));
}

static void random_bytes_differ_and_fill_the_whole(void **state)
{
    (void)state;
    cs_env env = real_env();
    uint8_t one[1000] = {0};
    uint8_t two[1000] = {0};
    assert_int_equal(env.random(env.ctx, one, sizeof(one)), 0);
    assert_int_equal(env.random(env.ctx, two, sizeof(two)), 0);
    assert_memory_not_equal(one, two, sizeof(one));
    const uint8_t zeros[32] = {0};
    for (size_t at = 0; at + 32 <= sizeof(one); at += 32)
        assert_memory_not_equal(one + at, zeros, 32);
}

static void a_process_that_ended_is_known_to_be_gone(void **state)
{
    (void)state;
    cs_env env = real_env();
    assert_int_equal(env.process_id(env.ctx), getpid());
    assert_true(env.process_alive(env.ctx, (uint32_t)getpid()));
    assert_true(env.process_alive(env.ctx, 1));
    assert_false(env.process_alive(env.ctx, 0));
    assert_false(env.process_alive(env.ctx, UINT32_MAX));
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(env.process_alive(env.ctx, (uint32_t)child));
}

static void a_mutex_can_be_made_and_used(void **state)
{
    (void)state;
    cs_env env = real_env();
    void *mutex = env.mutex_create(env.ctx);
    assert_non_null(mutex);
    env.mutex_lock(env.ctx, mutex);
    env.mutex_unlock(env.ctx, mutex);
    env.mutex_destroy(env.ctx, mutex);
    env.mutex_destroy(env.ctx, NULL);
}

/* ---- helpers, over the injected world ----------------------------------------------------- */

static cs_file *world_open(world *w, const cs_env *env, cs_dir **dir)
{
    world_put_file(w, "home", "f", "0123456789", 10);
    assert_int_equal(env->dir_open(env->ctx, "home", false, dir), 0);
    return open_file(env, *dir, "f", CS_OPEN_WRITE);
}

static void short_and_interrupted_calls_are_continued(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= 3; piece++)
        for (uint64_t n = 1; n <= 8; n++) {
            world w;
            world_init(&w);
            cs_env env = world_env(&w);
            cs_dir *dir = NULL;
            cs_file *file = world_open(&w, &env, &dir);
            char text[11] = {0};
            w.max_read_bytes = piece;
            w.max_write_bytes = piece;
            world_arm(&w, n, EINTR);
            assert_int_equal(cs_file_write_all(&env, file, 0, "abcdefghij", 10), 0);
            world_arm(&w, n, EINTR);
            assert_int_equal(cs_file_read_all(&env, file, 0, text, 10), 0);
            assert_string_equal(text, "abcdefghij");
            world_free(&w);
        }
}

static void interruptions_without_end_are_told(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    cs_dir *dir = NULL;
    cs_file *file = world_open(&w, &env, &dir);
    char byte = 0;
    world_arm_persistently(&w, 1, EINTR);
    assert_int_equal(cs_file_read_all(&env, file, 0, &byte, 1), EINTR);
    assert_int_equal(cs_file_write_all(&env, file, 0, &byte, 1), EINTR);
    world_disarm(&w);
    assert_int_equal(cs_file_read_all(&env, file, 10, &byte, 1), EIO);
    world_free(&w);
}

static void a_small_file_is_loaded_whole_or_not_at_all(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    cs_dir *dir = NULL;
    cs_buffer out;
    consent_error err;
    uint8_t big[3000];
    memset(big, 'x', sizeof(big));
    world_put_file(&w, "home", "big", big, sizeof(big));
    assert_int_equal(env.dir_open(env.ctx, "home", false, &dir), 0);
    cs_buffer_init(&out, cs_memory_system(), sizeof(big));
    cs_buffer_text(&out, "what was there before");
    assert_int_equal(cs_file_load(&env, dir, "big", &out, &err), CONSENT_OK);
    assert_int_equal(out.size, sizeof(big));
    assert_memory_equal(out.data, big, sizeof(big));
    assert_int_equal(cs_file_load(&env, dir, "absent", &out, &err), CONSENT_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "absent"));
    cs_buffer_free(&out);
    cs_buffer_init(&out, cs_memory_system(), sizeof(big) - 1);
    assert_int_equal(cs_file_load(&env, dir, "big", &out, &err), CONSENT_E_CORRUPT);
    cs_buffer_free(&out);
    assert_int_equal(w.open_files, 0);
    world_free(&w);
}

static consent_status replace(world *w, const char *content, consent_error *err)
{
    cs_env env = world_env(w);
    cs_dir *dir = NULL;
    int code = env.dir_open(env.ctx, "home", false, &dir);
    if (code != 0)
        return cs_fail_os(err, code, "opening the home");
    cs_span span = {(const uint8_t *)content, strlen(content)};
    consent_status status = cs_file_replace(&env, dir, "key", span, err);
    env.dir_close(env.ctx, dir);
    return status;
}

static void assert_content(const world *w, const char *wanted)
{
    size_t size = 0;
    const uint8_t *data = world_file(w, "home", "key", &size);
    assert_non_null(data);
    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(data, wanted, size);
}

static void replacing_is_whole_whatever_fails(void **state)
{
    (void)state;
    static const int codes[] = {EIO, ENOSPC, EROFS, EDQUOT, EINTR};
    for (size_t i = 0; i < CS_COUNT_OF(codes); i++)
        for (int persistently = 0; persistently < 2; persistently++)
            for (uint64_t n = 1;; n++) {
                world w;
                world_init(&w);
                world_put_file(&w, "home", "key", "old", 3);
                consent_error err = {0};
                if (persistently)
                    world_arm_persistently(&w, n, codes[i]);
                else
                    world_arm(&w, n, codes[i]);
                consent_status status = replace(&w, "new content", &err);
                bool reached = w.calls >= n;
                assert_int_equal(w.open_files + w.open_dirs, 0);
                world_disarm(&w);
                world_reboot(&w, &(world_damage){WORLD_KEEP_NONE, 0, 0, 0});
                assert_content(&w, status == CONSENT_OK ? "new content" : "old");
                assert_int_equal(replace(&w, "newer", NULL), CONSENT_OK);
                assert_content(&w, "newer");
                assert_int_equal(world_file_count(&w, "home"), 1);
                world_free(&w);
                if (!reached)
                    break;
            }
}

static void replacing_is_whole_wherever_it_crashes(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        world run;
        world_init(&run);
        world_put_file(&run, "home", "key", "old", 3);
        world_crash_at(&run, n);
        consent_status status = replace(&run, "new content", NULL);
        bool crashed = run.crashed;
        size_t all_names = world_unsynced_names(&run);
        for (int survival = WORLD_KEEP_NONE; survival <= WORLD_KEEP_SECTORS; survival++)
            for (size_t bytes = 0; bytes <= 11; bytes++)
                for (size_t names = 0; names <= all_names; names++) {
                    world w;
                    world_init(&w);
                    world_copy_disk(&w, &run);
                    world_reboot(&w, &(world_damage){(world_survival)survival, bytes, bytes, names});
                    size_t size = 0;
                    const uint8_t *data = world_file(&w, "home", "key", &size);
                    assert_non_null(data);
                    bool is_new = size == 11 && memcmp(data, "new content", 11) == 0;
                    assert_true(is_new || (size == 3 && memcmp(data, "old", 3) == 0));
                    if (status == CONSENT_OK)
                        assert_true(is_new);
                    assert_int_equal(replace(&w, "again", NULL), CONSENT_OK);
                    world_free(&w);
                }
        world_free(&run);
        if (!crashed)
            break;
    }
}

static void a_full_disk_leaves_the_old_content(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    consent_error err;
    world_put_file(&w, "home", "key", "old", 3);
    w.disk_bytes = 8;
    assert_int_equal(replace(&w, "new content", &err), CONSENT_E_FULL);
    assert_int_equal(err.os_code, ENOSPC);
    assert_content(&w, "old");
    assert_int_equal(world_file_count(&w, "home"), 1);
    assert_int_equal(replace(&w, "fits", &err), CONSENT_OK);
    world_free(&w);
}

static void a_name_too_long_for_its_temporary_file_is_refused(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    char name[300];
    memset(name, 'a', sizeof(name));
    name[299] = '\0';
    assert_int_equal(cs_file_replace(&env, NULL, name, (cs_span){NULL, 0}, NULL), CONSENT_E_ARGUMENT);
    world_free(&w);
}

static void system_codes_become_statuses_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        int code;
        consent_status status;
    } cases[] = {{ENOSPC, CONSENT_E_FULL},      {EDQUOT, CONSENT_E_FULL},
                 {EFBIG, CONSENT_E_FULL},       {EAGAIN, CONSENT_E_LOCKED},
                 {ENOLCK, CONSENT_E_LOCKED},    {ENOMEM, CONSENT_E_MEMORY},
                 {ENOENT, CONSENT_E_NOT_FOUND}, {ENOTSUP, CONSENT_E_UNSUPPORTED},
                 {EIO, CONSENT_E_IO},           {EROFS, CONSENT_E_IO},
                 {EXDEV, CONSENT_E_IO}};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        consent_error err;
        assert_int_equal(cs_fail_os(&err, cases[i].code, "writing the ledger"), cases[i].status);
        assert_int_equal(err.os_code, cases[i].code);
        assert_int_equal(strncmp(err.message, "writing the ledger failed", 25), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_and_its_files_are_private),
        cmocka_unit_test(a_home_that_others_can_change_is_refused),
        cmocka_unit_test(only_regular_files_inside_the_home_are_opened),
        cmocka_unit_test(files_are_written_read_truncated_and_renamed),
        cmocka_unit_test(reserved_space_reads_as_zeros_or_is_not_supported),
        cmocka_unit_test(listing_names_every_file_once_each_time),
        cmocka_unit_test(a_lock_excludes_other_handles_and_other_processes),
        cmocka_unit_test(two_maps_of_a_file_share_its_content),
        cmocka_unit_test(the_standard_descriptors_are_never_used),
        cmocka_unit_test(clocks_run_and_count_in_milliseconds),
        cmocka_unit_test(random_bytes_differ_and_fill_the_whole),
        cmocka_unit_test(a_process_that_ended_is_known_to_be_gone),
        cmocka_unit_test(a_mutex_can_be_made_and_used),
        cmocka_unit_test(short_and_interrupted_calls_are_continued),
        cmocka_unit_test(interruptions_without_end_are_told),
        cmocka_unit_test(a_small_file_is_loaded_whole_or_not_at_all),
        cmocka_unit_test(replacing_is_whole_whatever_fails),
        cmocka_unit_test(replacing_is_whole_wherever_it_crashes),
        cmocka_unit_test(a_full_disk_leaves_the_old_content),
        cmocka_unit_test(a_name_too_long_for_its_temporary_file_is_refused),
        cmocka_unit_test(system_codes_become_statuses_with_a_reason),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
