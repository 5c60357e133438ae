#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif

#include "support/two.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

two_hooks two_hook;

static void meet(void)
{
    if (two_hook.counting && atomic_fetch_add(&two_hook.all->calls, 1) + 1 == two_hook.kill_at)
        (void)kill(getpid(), SIGKILL);
}

static uint32_t stage(void)
{
    return atomic_load(&two_hook.all->phase) % 4;
}

static void hooked_clock(void *ctx, cs_clock *out)
{
    meet();
    two_hook.real.clock(ctx, out);
    out->wall_ms = JOURNEY_START_MS + out->elapsed_ms;
}

static uint32_t hooked_seconds(void *ctx)
{
    return two_hook.own_seconds ? atomic_load(&two_hook.all->second) : two_hook.real.coarse_seconds(ctx);
}

static int hooked_write(void *ctx, cs_file *file, uint64_t offset, const void *data, size_t size, size_t *done)
{
    meet();
    if (offset >= 512 && size % 512 == 0 && size < 4096) {
        two_hook.ledger = file;
        atomic_store(&two_hook.all->written, 1);
        if (stage() == STAGE_WITHDRAWING)
            atomic_store(&two_hook.all->announced, atomic_load(&two_hook.all->phase) / 4);
    }
    return two_hook.real.file_write(ctx, file, offset, data, size, done);
}

static int hooked_sync(void *ctx, cs_file *file)
{
    meet();
    for (volatile int spin = 0; spin < 4000; spin++) /* widens the window between write and sync */
        continue;
    int rc = two_hook.real.file_sync(ctx, file);
    if (rc == 0 && file == two_hook.ledger) {
        if (stage() == STAGE_GRANTING)
            atomic_store(&two_hook.all->synced, atomic_load(&two_hook.all->phase) / 4);
        atomic_store(&two_hook.all->durable, 1);
    }
    return rc;
}

static int hooked_open(void *ctx, cs_dir *dir, const char *name, cs_open_mode mode, cs_file **out)
{
    meet();
    return two_hook.real.file_open(ctx, dir, name, mode, out);
}

static void hooked_close(void *ctx, cs_file *file)
{
    meet();
    two_hook.real.file_close(ctx, file);
}

static int hooked_info(void *ctx, cs_file *file, cs_file_info *out)
{
    meet();
    return two_hook.real.file_info(ctx, file, out);
}

static int hooked_lock(void *ctx, cs_file *file, bool wait)
{
    meet();
    return two_hook.real.file_lock(ctx, file, wait);
}

static void hooked_unlock(void *ctx, cs_file *file)
{
    meet();
    two_hook.real.file_unlock(ctx, file);
}

static void hooked_mutex_lock(void *ctx, void *mutex)
{
    meet();
    two_hook.real.mutex_lock(ctx, mutex);
}

static void hooked_mutex_unlock(void *ctx, void *mutex)
{
    meet();
    two_hook.real.mutex_unlock(ctx, mutex);
}

static int hooked_rename(void *ctx, cs_dir *dir, const char *from, const char *to)
{
    meet();
    return two_hook.real.file_rename(ctx, dir, from, to);
}

static int hooked_random(void *ctx, uint8_t *out, size_t size)
{
    meet();
    return two_hook.real.random(ctx, out, size);
}

static uint32_t hooked_process(void *ctx)
{
    meet();
    return two_hook.real.process_id(ctx);
}

static int hooked_info_by_name(void *ctx, cs_dir *dir, const char *name, cs_file_info *out)
{
    meet();
    return two_hook.real.file_info_by_name(ctx, dir, name, out);
}

static int hooked_read(void *ctx, cs_file *file, uint64_t offset, void *out, size_t size, size_t *got)
{
    meet();
    return two_hook.real.file_read(ctx, file, offset, out, size, got);
}

static int hooked_dir_sync(void *ctx, cs_dir *dir)
{
    meet();
    return two_hook.real.dir_sync(ctx, dir);
}

static cs_env hooked_env(two_shared *all)
{
    cs_env env;
    cs_env_posix(&two_hook.real);
    two_hook.all = all;
    env = two_hook.real;
    env.clock = hooked_clock;
    env.coarse_seconds = hooked_seconds;
    env.file_write = hooked_write;
    env.file_sync = hooked_sync;
    env.file_open = hooked_open;
    env.file_close = hooked_close;
    env.file_info = hooked_info;
    env.file_lock = hooked_lock;
    env.file_unlock = hooked_unlock;
    env.file_rename = hooked_rename;
    env.random = hooked_random;
    env.process_id = hooked_process;
    env.file_info_by_name = hooked_info_by_name;
    env.file_read = hooked_read;
    env.dir_sync = hooked_dir_sync;
    env.mutex_lock = hooked_mutex_lock;
    env.mutex_unlock = hooked_mutex_unlock;
    return env;
}

/* ---- the stage of every test: a directory in memory, where there is one -------------------------------------------- */

static char root[64];

int two_make_root(void **state)
{
    struct stat found;
    (void)state;
    (void)snprintf(root, sizeof root, "%s/consent-race-XXXXXX", stat("/dev/shm", &found) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

int two_remove_root(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) == 0 ? 0 : -1;
}

const char *two_home(uint32_t number)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%u", root, number);
    return path;
}

two_shared *two_new_shared(void)
{
    void *mapped = mmap(NULL, sizeof(two_shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(mapped != MAP_FAILED);
    return mapped;
}

void two_open(journey *j, two_shared *all, const char *home)
{
    cs_env env = hooked_env(all);
    memset(j, 0, sizeof *j);
    if (journey_open_env(j, &env, home) == CONSENT_OK)
        return;
    (void)fprintf(stderr, "opening: %s\n", j->err.message);
    atomic_fetch_add(&all->failed, 1);
    _exit(1);
}

consent_status two_give(journey *j)
{
    return journey_answer(j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT);
}

consent_status two_take_back(journey *j)
{
    return journey_withdraw(j, "recommend.feed", "");
}

void two_prepare(two_shared *all, const char *home)
{
    journey j;
    two_open(&j, all, home);
    if (journey_install(&j, 1) != CONSENT_OK ||
        journey_answer(&j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT) != CONSENT_OK)
        fail_msg("preparing: %s", j.err.message);
    journey_close(&j);
}

cs_ask *two_ask(journey *j)
{
    static cs_str data[1];
    cs_ask *ask = NULL;
    data[0] = cs_str_of("log");
    cs_query query = {.purpose = cs_str_of("recommend.feed"), .data = data, .data_count = 1};
    assert_int_equal(cs_profile_ask(j->profile, &query, &ask, &j->err), CONSENT_OK);
    return ask;
}

int two_wait(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}
