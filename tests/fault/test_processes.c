/* Many processes on one home; fork; two copies of the library in one process; standard descriptors closed; symbolic links in
 * the home's place. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/frame.h"
#include "support/person.h"
#include "support/two.h"

#define PROCESSES 4u
#define ACTS 40u

static consent_status give_feed(person *p)
{
    return person_answer(p, CONSENT_OCCASION_OWN, "recommend.feed", NULL, CONSENT_ACTION_ACCEPT);
}

static bool has_feed(person *p)
{
    return person_decision(p, "recommend.feed", NULL, "log") == CONSENT_ALLOW;
}

static void begin(person *p, const char *home)
{
    if (person_open(p, person_linked(), home, NULL) != CONSENT_OK || person_accept(p) != CONSENT_OK ||
        give_feed(p) != CONSENT_OK || !has_feed(p))
        fail_msg("%s", p->err.message);
}

static int must_be(bool true_that, int code)
{
    return true_that ? 0 : code;
}

/* ---- many processes ---------------------------------------------------------------------------------------- */

/* What another process gave already is not asked for again: that is no act. */
static void act_many_times(two_shared *all, const char *home)
{
    person p;
    int bad = must_be(person_open(&p, person_linked(), home, NULL) == CONSENT_OK, 1);
    for (uint32_t i = 0; bad == 0 && i < ACTS; i++) {
        consent_status status = i % 2 == 0 ? give_feed(&p) : person_withdraw(&p, "recommend.feed", NULL);
        atomic_fetch_add(&all->durable, status == CONSENT_OK);
        bad = must_be(status == CONSENT_OK || (i % 2 == 0 && status == CONSENT_E_REJECTED), 2);
    }
    if (bad)
        (void)fprintf(stderr, "%s\n", p.err.message);
    person_close(&p);
    _exit(bad);
}

static void many_processes_write_one_record(void **state)
{
    (void)state;
    const char *home = two_home(1);
    pid_t children[PROCESSES];
    person p;
    uint64_t frames;
    two_shared *all = two_new_shared();
    (void)journey_bundle(1);
    pid_t first = fork();
    if (first == 0) {
        begin(&p, home);
        person_close(&p);
        _exit(0);
    }
    assert_int_equal(two_wait(first), 0);
    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            act_many_times(all, home);
    }
    for (size_t i = 0; i < PROCESSES; i++)
        assert_int_equal(two_wait(children[i]), 0);
    assert_int_equal(person_open(&p, person_linked(), home, NULL), CONSENT_OK);
    assert_int_equal(person_frames(&p, &frames), CONSENT_OK);
    assert_int_equal(frames, 3 + atomic_load(&all->durable));
    assert_true(atomic_load(&all->durable) >= PROCESSES * ACTS / 2);
    person_close(&p);
}

/* ---- fork ----------------------------------------------------------------------------------------------------- */

static void forked_child(person *p, int told)
{
    char word;
    int bad = must_be(person_withdraw(p, "recommend.feed", NULL) == CONSENT_E_FORKED, 1);
    if (!bad)
        bad = must_be(person_answer(p, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT) ==
                          CONSENT_E_FORKED,
                      2);
    if (!bad)
        bad = must_be(consent_erase(p->profile, NULL) == CONSENT_E_FORKED, 3);
    /* The parent withdraws now; the child sees that, or nothing at all. */
    if (!bad)
        bad = must_be(read(told, &word, 1) == 1 && !has_feed(p), 4);
    person_close(p);
    _exit(bad);
}

static void handles_of_before_fork_record_nothing_in_the_child(void **state)
{
    (void)state;
    person p;
    int ends[2];
    begin(&p, two_home(2));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        forked_child(&p, ends[0]);
    assert_int_equal(person_withdraw(&p, "recommend.feed", NULL), CONSENT_OK);
    assert_int_equal(write(ends[1], "w", 1), 1);
    assert_int_equal(two_wait(child), 0);
    assert_int_equal(give_feed(&p), CONSENT_OK);
    assert_true(has_feed(&p));
    person_close(&p);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static size_t count_files(const char *home, char prefix)
{
    size_t count = 0;
    DIR *dir = opendir(home);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] == prefix && entry->d_name[1] == '-';
    (void)closedir(dir);
    return count;
}

static void a_child_that_closes_an_ephemeral_profile_leaves_the_parents(void **state)
{
    (void)state;
    person p;
    const char *home = two_home(3);
    consent_profile_config config = CONSENT_INIT(consent_profile_config);
    begin(&p, home);
    consent_profile_close(p.profile);
    config.ephemeral = true;
    assert_int_equal(consent_profile_open(p.client, &config, &p.profile, &p.err), CONSENT_OK);
    assert_int_equal(person_accept(&p), CONSENT_OK);
    size_t before = count_files(home, 'l');
    pid_t child = fork();
    if (child == 0) {
        person_close(&p);
        _exit(0);
    }
    assert_int_equal(two_wait(child), 0);
    assert_int_equal(count_files(home, 'l'), before);
    assert_int_equal(give_feed(&p), CONSENT_OK);
    assert_true(has_feed(&p));
    person_close(&p);
}

/* Salt and first nonce of the ledger in a home. */
static void read_random_bytes(const char *home, uint8_t out[512 + 40])
{
    char path[600];
    DIR *dir = opendir(home);
    assert_non_null(dir);
    path[0] = '\0';
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (strncmp(entry->d_name, "l-", 2) == 0 && !strchr(entry->d_name, '.'))
            (void)snprintf(path, sizeof path, "%s/%s", home, entry->d_name);
    (void)closedir(dir);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(out, 1, 512 + 40, file), 512 + 40);
    (void)fclose(file);
}

static void parent_and_child_never_use_the_same_random_bytes(void **state)
{
    (void)state;
    person p;
    char mine[128], childs[128];
    uint8_t a[512 + 40], b[512 + 40];
    begin(&p, two_home(4)); /* the generators are running when they are copied */
    person_close(&p);
    (void)snprintf(mine, sizeof mine, "%s", two_home(5));
    (void)snprintf(childs, sizeof childs, "%s", two_home(6));
    pid_t child = fork();
    if (child == 0) {
        begin(&p, childs);
        person_close(&p);
        _exit(0);
    }
    begin(&p, mine);
    person_close(&p);
    assert_int_equal(two_wait(child), 0);
    read_random_bytes(mine, a);
    read_random_bytes(childs, b);
    size_t same = 0;
    for (size_t i = 0; i < 512; i++)
        same += a[i] == b[i] && a[i] != 0;
    assert_true(same < 64); /* magic, format and protection are alike; salt, key check and home are not */
    assert_memory_not_equal(a + 512 + CS_FRAME_HEADER_SIZE, b + 512 + CS_FRAME_HEADER_SIZE, CS_NONCE_SIZE);
}

/* ---- two copies of the library ------------------------------------------------------------------------------------- */

static pthread_mutex_t crypto = PTHREAD_MUTEX_INITIALIZER;

static void lock_crypto(void *ctx)
{
    (void)pthread_mutex_lock(ctx);
}

static void unlock_crypto(void *ctx)
{
    (void)pthread_mutex_unlock(ctx);
}

typedef struct copy {
    person_calls calls;
    person p;
    int bad;
    uint32_t acts;
} copy;

static void load_copy(copy *c, const char *name)
{
    char path[256], command[1024];
    (void)snprintf(path, sizeof path, "%s-%s.so", two_home(7), name);
    (void)snprintf(command, sizeof command, "cp '%s' '%s'", CONSENT_LIBRARY, path);
    assert_int_equal(system(command), 0);
    assert_true(person_load(path, &c->calls));
    c->bad = 0;
    /* They share one libmbedcrypto, whose PSA is not thread-safe in 2.28: so they share one lock. */
    c->calls.set_crypto_lock(lock_crypto, unlock_crypto, &crypto);
    if (person_open(&c->p, &c->calls, two_home(7), NULL) != CONSENT_OK)
        fail_msg("%s", c->p.err.message);
}

static void *copy_acts(void *user)
{
    copy *c = user;
    for (uint32_t i = 0; i < ACTS && !c->bad; i++) {
        consent_status status = i % 2 == 0 ? give_feed(&c->p) : person_withdraw(&c->p, "recommend.feed", NULL);
        c->acts += status == CONSENT_OK;
        c->bad = must_be(status == CONSENT_OK || (i % 2 == 0 && status == CONSENT_E_REJECTED), 1);
    }
    return NULL;
}

static void two_copies_of_the_library_in_one_process_respect_each_other(void **state)
{
    (void)state;
    static copy a, b;
    pthread_t threads[2];
    uint64_t frames;
    if (CONSENT_LIBRARY[0] == '\0') {
        print_message("skip: the library is not built as a shared object\n");
        skip();
    }
    load_copy(&a, "a");
    load_copy(&b, "b");
    assert_ptr_not_equal((void *)(uintptr_t)a.calls.open, (void *)(uintptr_t)b.calls.open);
    assert_int_equal(person_accept(&a.p), CONSENT_OK);
    assert_int_equal(give_feed(&a.p), CONSENT_OK);
    assert_true(has_feed(&b.p));
    assert_int_equal(person_withdraw(&b.p, "recommend.feed", NULL), CONSENT_OK);
    assert_false(has_feed(&a.p));
    assert_int_equal(pthread_create(&threads[0], NULL, copy_acts, &a), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, copy_acts, &b), 0);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
    assert_int_equal(a.bad + b.bad, 0);
    assert_int_equal(person_frames(&a.p, &frames), CONSENT_OK);
    assert_int_equal(frames, 4 + a.acts + b.acts);
    /* One closes; the other's locks stay. */
    person_close(&a.p);
    assert_int_equal(give_feed(&b.p), CONSENT_OK);
    assert_true(has_feed(&b.p));
    person_close(&b.p);
}

/* ---- descriptors, links ------------------------------------------------------------------------------------------------ */

static void act_without_descriptors(const char *home)
{
    person p;
    uint64_t frames;
    int bad = 0;
    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    bad = must_be(person_open(&p, person_linked(), home, NULL) == CONSENT_OK && person_accept(&p) == CONSENT_OK &&
                      give_feed(&p) == CONSENT_OK,
                  1);
    for (int fd = 0; fd < 3 && !bad; fd++)
        bad = must_be(fcntl(fd, F_GETFD) == -1 && write(fd, "stray", 5) == -1, 2);
    if (!bad)
        bad = must_be(person_frames(&p, &frames) == CONSENT_OK && frames == 3 && has_feed(&p), 3);
    person_close(&p);
    _exit(bad);
}

static void with_descriptors_0_to_2_closed_nothing_of_ours_takes_their_place(void **state)
{
    (void)state;
    const char *home = two_home(8);
    pid_t child = fork();
    if (child == 0)
        act_without_descriptors(home);
    assert_int_equal(two_wait(child), 0);
}

static void a_home_that_is_a_symbolic_link_is_refused(void **state)
{
    (void)state;
    person p;
    char home[128], link_path[128];
    (void)snprintf(home, sizeof home, "%s", two_home(9));
    (void)snprintf(link_path, sizeof link_path, "%s", two_home(10));
    begin(&p, home);
    person_close(&p);
    assert_int_equal(symlink(home, link_path), 0);
    assert_int_not_equal(person_open(&p, person_linked(), link_path, NULL), CONSENT_OK);
    assert_null(p.client);
}

/* Moves a file out of the home and leaves a symbolic link to it: nothing may be read or changed through that. */
static void try_link(const char *home, const char *name)
{
    char inside[4400], outside[4400], command[32000];
    person p;
    (void)snprintf(inside, sizeof inside, "%.180s/%.100s", home, name);
    (void)snprintf(outside, sizeof outside, "%.180s-outside", home);
    (void)snprintf(command, sizeof command, "mv '%s' '%s' && cp '%s' '%s-kept' && ln -s '%s' '%s'", inside, outside,
                   outside, outside, outside, inside);
    assert_int_equal(system(command), 0);
    bool is_record = name[0] == 'l' && !strchr(name, '.');
    if (person_open(&p, person_linked(), home, NULL) == CONSENT_OK) {
        if (is_record && has_feed(&p))
            fail_msg("%s was read through a symbolic link", name);
        (void)person_withdraw(&p, "recommend.feed", NULL);
        (void)give_feed(&p);
    }
    person_close(&p);
    (void)snprintf(command, sizeof command, "cmp -s '%s' '%s-kept'", outside, outside);
    if (system(command) != 0)
        fail_msg("%s was written through a symbolic link", name);
}

static void files_that_are_symbolic_links_are_not_followed(void **state)
{
    (void)state;
    char home[128], copied[160], command[600];
    char names[64][64];
    size_t count = 0;
    person p;
    (void)snprintf(home, sizeof home, "%s", two_home(11));
    begin(&p, home);
    person_close(&p);
    DIR *dir = opendir(home);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry && count < 64; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            (void)snprintf(names[count++], sizeof names[0], "%.63s", entry->d_name);
    (void)closedir(dir);
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(copied, sizeof copied, "%s-%zu", home, i);
        (void)snprintf(command, sizeof command, "cp -a '%s' '%s'", home, copied);
        assert_int_equal(system(command), 0);
        try_link(copied, names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_processes_write_one_record),
        cmocka_unit_test(handles_of_before_fork_record_nothing_in_the_child),
        cmocka_unit_test(a_child_that_closes_an_ephemeral_profile_leaves_the_parents),
        cmocka_unit_test(parent_and_child_never_use_the_same_random_bytes),
        cmocka_unit_test(two_copies_of_the_library_in_one_process_respect_each_other),
        cmocka_unit_test(with_descriptors_0_to_2_closed_nothing_of_ours_takes_their_place),
        cmocka_unit_test(a_home_that_is_a_symbolic_link_is_refused),
        cmocka_unit_test(files_that_are_symbolic_links_are_not_followed),
    };
    return cmocka_run_group_tests(tests, two_make_root, two_remove_root);
}
