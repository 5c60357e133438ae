/* Two processes on one home, over the real file system, with hooks where the writer's acts meet the disk:
 *   - a withdrawal is never missed, and a grant is never seen before it is durable;
 *   - a writer that dies inside any step leaves the other with what the disk says;
 *   - the shared page cut short, removed or replaced never makes a "yes", and never ends the process once the second is over. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/journey.h"

#define BATCHES 20u
#define BATCH_ROUNDS 520u
#define RACE_FLOOR 10000u

/* What the two processes know of each other, outside the library. */
typedef struct shared {
    _Atomic uint32_t phase;     /* round * 4 + stage */
    _Atomic uint32_t announced; /* last round whose withdrawal had been announced */
    _Atomic uint32_t synced;    /* last round whose grant was on stable storage */
    _Atomic uint32_t checks;
    _Atomic uint32_t yes;
    _Atomic uint32_t missed;    /* violations: "yes" after a withdrawal, or before the sync */
    _Atomic uint32_t unseen;    /* violations: no "yes" although the grant had returned */
    _Atomic uint32_t failed;
    _Atomic uint32_t calls;     /* of the world, by the process that is to die */
    _Atomic uint32_t durable;   /* its act was on stable storage */
    _Atomic uint32_t second;    /* coarse time of the reader */
} shared;

enum { STAGE_GRANTING, STAGE_GRANTED, STAGE_WITHDRAWING, STAGE_WITHDRAWN };

/* The posix world with hooks. Its functions take no ctx, so ctx is ours. */
typedef struct hooks {
    cs_env real;
    shared *all;
    cs_file *ledger;    /* last file that a frame was written to */
    uint32_t kill_at;   /* call number; 0: never */
    bool counting;
    bool own_seconds;
} hooks;

static hooks hook;

static void meet(void)
{
    if (hook.counting && atomic_fetch_add(&hook.all->calls, 1) + 1 == hook.kill_at)
        (void)kill(getpid(), SIGKILL);
}

static uint32_t stage(void)
{
    return atomic_load(&hook.all->phase) % 4;
}

static void hooked_clock(void *ctx, cs_clock *out)
{
    meet();
    hook.real.clock(ctx, out);
    out->wall_ms = JOURNEY_START_MS + out->elapsed_ms;
}

static uint32_t hooked_seconds(void *ctx)
{
    return hook.own_seconds ? atomic_load(&hook.all->second) : hook.real.coarse_seconds(ctx);
}

static int hooked_write(void *ctx, cs_file *file, uint64_t offset, const void *data, size_t size, size_t *done)
{
    meet();
    if (offset >= 512 && size % 512 == 0 && size < 4096) {
        hook.ledger = file;
        if (stage() == STAGE_WITHDRAWING)
            atomic_store(&hook.all->announced, atomic_load(&hook.all->phase) / 4);
    }
    return hook.real.file_write(ctx, file, offset, data, size, done);
}

static int hooked_sync(void *ctx, cs_file *file)
{
    meet();
    for (volatile int spin = 0; spin < 4000; spin++) /* widens the window between write and sync */
        continue;
    int rc = hook.real.file_sync(ctx, file);
    if (rc == 0 && file == hook.ledger) {
        if (stage() == STAGE_GRANTING)
            atomic_store(&hook.all->synced, atomic_load(&hook.all->phase) / 4);
        atomic_store(&hook.all->durable, 1);
    }
    return rc;
}

static int hooked_open(void *ctx, cs_dir *dir, const char *name, cs_open_mode mode, cs_file **out)
{
    meet();
    return hook.real.file_open(ctx, dir, name, mode, out);
}

static void hooked_close(void *ctx, cs_file *file)
{
    meet();
    hook.real.file_close(ctx, file);
}

static int hooked_info(void *ctx, cs_file *file, cs_file_info *out)
{
    meet();
    return hook.real.file_info(ctx, file, out);
}

static int hooked_lock(void *ctx, cs_file *file, bool wait)
{
    meet();
    return hook.real.file_lock(ctx, file, wait);
}

static void hooked_unlock(void *ctx, cs_file *file)
{
    meet();
    hook.real.file_unlock(ctx, file);
}

static void hooked_mutex_lock(void *ctx, void *mutex)
{
    meet();
    hook.real.mutex_lock(ctx, mutex);
}

static void hooked_mutex_unlock(void *ctx, void *mutex)
{
    meet();
    hook.real.mutex_unlock(ctx, mutex);
}

static int hooked_rename(void *ctx, cs_dir *dir, const char *from, const char *to)
{
    meet();
    return hook.real.file_rename(ctx, dir, from, to);
}

static cs_env hooked_env(shared *all)
{
    cs_env env;
    cs_env_posix(&hook.real);
    hook.all = all;
    env = hook.real;
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
    env.mutex_lock = hooked_mutex_lock;
    env.mutex_unlock = hooked_mutex_unlock;
    return env;
}

/* ---- the stage of every test: a directory in memory, where there is one -------------------------------------------- */

static char root[64];

static int make_root(void **state)
{
    struct stat found;
    (void)state;
    (void)snprintf(root, sizeof root, "%s/consent-race-XXXXXX", stat("/dev/shm", &found) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) == 0 ? 0 : -1;
}

static const char *home_path(uint32_t number)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%u", root, number);
    return path;
}

static shared *new_shared(void)
{
    void *mapped = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(mapped != MAP_FAILED);
    return mapped;
}

static void open_or_end(journey *j, shared *all, const char *home)
{
    cs_env env = hooked_env(all);
    memset(j, 0, sizeof *j);
    if (journey_open_env(j, &env, home) == CONSENT_OK)
        return;
    (void)fprintf(stderr, "opening: %s\n", j->err.message);
    atomic_fetch_add(&all->failed, 1);
    _exit(1);
}

static consent_status give(journey *j)
{
    return journey_answer(j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT);
}

static consent_status take_back(journey *j)
{
    return journey_withdraw(j, "recommend.feed", "");
}

static void prepare(shared *all, const char *home)
{
    journey j;
    open_or_end(&j, all, home);
    if (journey_install(&j, 1) != CONSENT_OK ||
        journey_answer(&j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT) != CONSENT_OK)
        fail_msg("preparing: %s", j.err.message);
    journey_close(&j);
}

static cs_ask *ask_feed(journey *j)
{
    static cs_str data[1];
    cs_ask *ask = NULL;
    data[0] = cs_str_of("log");
    cs_query query = {.purpose = cs_str_of("recommend.feed"), .data = data, .data_count = 1};
    assert_int_equal(cs_profile_ask(j->profile, &query, &ask, &j->err), CONSENT_OK);
    return ask;
}

/* ---- ten thousand rounds ---------------------------------------------------------------------------------------------- */

static void wait_for_check(shared *all)
{
    uint32_t seen = atomic_load(&all->checks);
    while (atomic_load(&all->checks) < seen + 2)
        continue;
}

static void enter(shared *all, uint32_t round, uint32_t at)
{
    atomic_store(&all->phase, round * 4 + at);
}

static void write_rounds(shared *all, const char *home, uint32_t first)
{
    journey j;
    open_or_end(&j, all, home);
    for (uint32_t round = first; round < first + BATCH_ROUNDS; round++) {
        enter(all, round, STAGE_GRANTING);
        consent_status status = give(&j);
        enter(all, round, STAGE_GRANTED);
        wait_for_check(all);
        enter(all, round, STAGE_WITHDRAWING);
        if (status == CONSENT_OK)
            status = take_back(&j);
        atomic_store(&all->announced, round);
        enter(all, round, STAGE_WITHDRAWN);
        wait_for_check(all);
        if (status != CONSENT_OK) {
            (void)fprintf(stderr, "round %u: %s\n", round, j.err.message);
            atomic_fetch_add(&all->failed, 1);
            break;
        }
    }
    journey_close(&j);
    enter(all, UINT32_MAX / 4, STAGE_WITHDRAWN);
    _exit(0);
}

/* A "yes" needs a grant that was durable when the check ended and whose withdrawal was not announced when it began. */
static void read_rounds(shared *all, const char *home)
{
    journey j;
    open_or_end(&j, all, home);
    cs_ask *ask = ask_feed(&j);
    for (uint32_t n = 0;; n++) {
        uint32_t announced = atomic_load(&all->announced);
        uint32_t before = atomic_load(&all->phase);
        if (before / 4 == UINT32_MAX / 4)
            break;
        bool yes = (n % 4 != 0 ? cs_ask_check(ask) : journey_decision(&j, "recommend.feed", NULL, "log")) == CONSENT_ALLOW;
        uint32_t after = atomic_load(&all->phase);
        if (yes && atomic_load(&all->synced) <= announced)
            atomic_fetch_add(&all->missed, 1);
        if (!yes && before == after && before % 4 == STAGE_GRANTED)
            atomic_fetch_add(&all->unseen, 1);
        atomic_fetch_add(&all->yes, yes);
        atomic_fetch_add(&all->checks, 1);
    }
    cs_ask_release(ask);
    journey_close(&j);
    _exit(0);
}

static int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static void no_withdrawal_is_missed_and_no_grant_is_seen_before_it_is_durable(void **state)
{
    (void)state;
    shared *all = new_shared();
    (void)journey_bundle(1);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        pid_t child = fork();
        if (child == 0) {
            prepare(all, home_path(batch));
            _exit(0);
        }
        assert_int_equal(wait_for(child), 0);
        uint32_t first = 1 + batch * BATCH_ROUNDS;
        atomic_store(&all->phase, first * 4 - 1);
        pid_t reader = fork();
        if (reader == 0)
            read_rounds(all, home_path(batch));
        pid_t writer = fork();
        if (writer == 0)
            write_rounds(all, home_path(batch), first);
        assert_int_equal(wait_for(writer), 0);
        enter(all, UINT32_MAX / 4, STAGE_WITHDRAWN);
        assert_int_equal(wait_for(reader), 0);
    }
    uint32_t rounds = BATCHES * BATCH_ROUNDS;
    uint32_t violations = atomic_load(&all->missed) + atomic_load(&all->unseen);
    (void)printf("races: %u checks by the other process, %u of them yes; %u yes too much, %u grants unseen\n",
                 atomic_load(&all->checks), atomic_load(&all->yes), atomic_load(&all->missed),
                 atomic_load(&all->unseen));
    (void)printf("sweep: two processes racing: %u points, %u tries, %u violations\n", rounds,
                 atomic_load(&all->checks), violations);
    assert_int_equal(violations, 0);
    assert_int_equal(atomic_load(&all->failed), 0);
    assert_true(rounds >= RACE_FLOOR && atomic_load(&all->checks) > 2 * rounds && atomic_load(&all->yes) > rounds / 2);
}

/* ---- a writer that dies ------------------------------------------------------------------------------------------------- */

typedef struct death {
    bool withdrawing;
    bool reached; /* it died before it was done */
    bool returned_durable;
} death;

/* The child acts and is killed at call number `at` of the act. */
static void die_at(shared *all, const char *home, uint32_t at, death *d)
{
    atomic_store(&all->calls, 0);
    atomic_store(&all->durable, 0);
    pid_t child = fork();
    if (child == 0) {
        journey j;
        open_or_end(&j, all, home);
        atomic_store(&all->durable, 0);
        hook.counting = true;
        hook.kill_at = at;
        consent_status status = d->withdrawing ? take_back(&j) : give(&j);
        hook.counting = false;
        _exit(status == CONSENT_OK ? 0 : 2);
    }
    int status = wait_for(child);
    d->reached = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    d->returned_durable = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    assert_true(d->reached || d->returned_durable);
}

static consent_decision fresh_answer(shared *all, const char *home)
{
    journey j;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    open_or_end(&j, all, home);
    assert_int_equal(cs_profile_health(j.profile, &j.err), CONSENT_OK);
    assert_int_equal(cs_profile_verify(j.profile, &report, &j.err), CONSENT_OK);
    consent_decision decision = journey_decision(&j, "recommend.feed", NULL, "log");
    journey_close(&j);
    return decision;
}

static void survive(shared *all, uint32_t home_number, uint32_t at, death *d)
{
    journey j;
    const char *home = home_path(home_number);
    prepare(all, home);
    open_or_end(&j, all, home);
    if (d->withdrawing)
        assert_int_equal(give(&j), CONSENT_OK);
    cs_ask *ask = ask_feed(&j);
    assert_int_equal(cs_ask_check(ask) == CONSENT_ALLOW, d->withdrawing);
    die_at(all, home, at, d);
    bool durable = atomic_load(&all->durable) != 0;
    bool yes = cs_ask_check(ask) == CONSENT_ALLOW;
    bool again = cs_ask_check(ask) == CONSENT_ALLOW;
    bool fresh = fresh_answer(all, home) == CONSENT_ALLOW;
    if (d->withdrawing && durable && (yes || again || fresh))
        fail_msg("killed at call %u: a withdrawal that is on the disk was missed", at);
    if (!d->withdrawing && !durable && (yes || again || fresh))
        fail_msg("killed at call %u: a grant that is not on the disk was seen", at);
    if ((yes || again) && !fresh)
        fail_msg("killed at call %u: the survivor says yes, the disk says no", at);
    if (d->withdrawing && !durable && !again)
        fail_msg("killed at call %u: nothing was withdrawn, and yet the answer stays no", at);
    /* Life goes on. */
    assert_int_equal(journey_answer(&j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT),
                     CONSENT_OK);
    assert_int_equal(take_back(&j), CONSENT_OK);
    assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
    assert_int_equal(give(&j), CONSENT_OK);
    assert_int_equal(cs_ask_check(ask), CONSENT_ALLOW);
    cs_ask_release(ask);
    journey_close(&j);
}

static uint32_t sweep_deaths(shared *all, bool withdrawing)
{
    death d = {withdrawing, true, false};
    uint32_t at;
    for (at = 1; d.reached; at++)
        survive(all, (withdrawing ? 1000 : 2000) + at, at, &d);
    return at - 2;
}

static void a_writer_killed_at_any_call_leaves_what_the_disk_says(void **state)
{
    (void)state;
    shared *all = new_shared();
    uint32_t points = sweep_deaths(all, true);
    uint32_t more = sweep_deaths(all, false);
    (void)printf("sweep: writer killed inside a step: %u points, %u tries, 0 violations\n", points + more, points + more);
    assert_true(points >= 30 && more >= 30);
}

/* ---- the shared page under the reader ----------------------------------------------------------------------------------- */

typedef enum harm { HARM_CUT, HARM_REMOVED, HARM_REPLACED, HARM_ZEROS, HARM_COUNT } harm;

static void harm_page(const char *home, harm what)
{
    char page[192], other[192];
    static const char zeros[4096];
    (void)snprintf(page, sizeof page, "%s/shared.page", home);
    (void)snprintf(other, sizeof other, "%s/other", home);
    if (what == HARM_CUT) {
        assert_int_equal(truncate(page, 0), 0);
    } else if (what == HARM_REMOVED) {
        assert_int_equal(unlink(page), 0);
    } else {
        FILE *file = fopen(other, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(zeros, 1, what == HARM_ZEROS ? sizeof zeros : 100, file),
                         what == HARM_ZEROS ? sizeof zeros : 100);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(rename(other, page), 0);
    }
}

/* What the reader does first in the second after. */
typedef enum first_call { FIRST_HANDLE, FIRST_NAMES, FIRST_WITHDRAW, FIRST_GRANT, FIRST_CLOSE, FIRST_COUNT } first_call;

static void meet_harm(shared *all, const char *home, harm what, first_call first)
{
    journey j;
    hook.own_seconds = true;
    atomic_store(&all->second, 100);
    open_or_end(&j, all, home);
    assert_int_equal(give(&j), CONSENT_OK);
    cs_ask *ask = ask_feed(&j);
    assert_int_equal(cs_ask_check(ask), CONSENT_ALLOW);
    harm_page(home, what);
    /* Another process comes, makes a page of its own, and withdraws. */
    bool other_withdraws = first == FIRST_HANDLE || first == FIRST_NAMES;
    if (other_withdraws) {
        pid_t child = fork();
        if (child == 0) {
            journey other;
            hook.own_seconds = false;
            open_or_end(&other, all, home);
            _exit(take_back(&other) == CONSENT_OK ? 0 : 1);
        }
        assert_int_equal(wait_for(child), 0);
    }
    atomic_fetch_add(&all->second, 1);
    if (first == FIRST_HANDLE)
        assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
    if (first == FIRST_NAMES)
        assert_int_not_equal(journey_decision(&j, "recommend.feed", NULL, "log"), CONSENT_ALLOW);
    if (first == FIRST_WITHDRAW)
        assert_int_equal(take_back(&j), CONSENT_OK);
    if (first == FIRST_GRANT)
        assert_int_equal(journey_answer(&j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT),
                         CONSENT_OK);
    if (first != FIRST_CLOSE && first != FIRST_GRANT) {
        assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
        assert_int_equal(give(&j), CONSENT_OK);
        assert_int_equal(cs_ask_check(ask), CONSENT_ALLOW);
    }
    cs_ask_release(ask);
    journey_close(&j);
    _exit(0);
}

static void a_page_cut_short_removed_or_replaced_is_noticed_within_a_second(void **state)
{
    (void)state;
    uint32_t tries = 0;
    uint32_t violations = 0;
    shared *all = new_shared();
    for (harm what = HARM_CUT; what < HARM_COUNT; what++)
        for (first_call first = FIRST_HANDLE; first < FIRST_COUNT; first++, tries++) {
            const char *home = home_path(3000 + tries);
            prepare(all, home);
            pid_t child = fork();
            if (child == 0)
                meet_harm(all, home, what, first);
            int status = wait_for(child);
            if (status != 0) {
                (void)printf("violation: page harmed in way %d, first call %d: status %x\n", (int)what, (int)first,
                             (unsigned)status);
                violations++;
            }
        }
    (void)printf("sweep: shared page harmed: %u points, %u tries, %u violations\n", tries, tries, violations);
    assert_int_equal(violations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_withdrawal_is_missed_and_no_grant_is_seen_before_it_is_durable),
        cmocka_unit_test(a_writer_killed_at_any_call_leaves_what_the_disk_says),
        cmocka_unit_test(a_page_cut_short_removed_or_replaced_is_noticed_within_a_second),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
