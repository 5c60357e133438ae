/* Two processes on one home, over the real file system, with hooks where the writer's acts meet the disk:
 *   - a withdrawal is never missed, and a grant is never seen before it is durable;
 *   - a writer that dies inside any step leaves the other with what the disk says;
 *   - the shared page cut short, removed or replaced never makes a "yes", and never ends the process once the second is over. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/two.h"

#define BATCHES 20u
#define FEW_BATCHES 2u
#define BATCH_ROUNDS 520u
#define RACE_FLOOR 10000u

static uint32_t batches = FEW_BATCHES;

/* ---- ten thousand rounds ---------------------------------------------------------------------------------------------- */

static void wait_for_check(two_shared *all)
{
    uint32_t seen = atomic_load(&all->checks);
    while (atomic_load(&all->checks) < seen + 2)
        continue;
}

static void enter(two_shared *all, uint32_t round, uint32_t at)
{
    atomic_store(&all->phase, round * 4 + at);
}

static void write_rounds(two_shared *all, const char *home, uint32_t first)
{
    journey j;
    two_open(&j, all, home);
    for (uint32_t round = first; round < first + BATCH_ROUNDS; round++) {
        enter(all, round, STAGE_GRANTING);
        consent_status status = two_give(&j);
        enter(all, round, STAGE_GRANTED);
        wait_for_check(all);
        enter(all, round, STAGE_WITHDRAWING);
        if (status == CONSENT_OK)
            status = two_take_back(&j);
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
static void read_rounds(two_shared *all, const char *home)
{
    journey j;
    two_open(&j, all, home);
    cs_ask *ask = two_ask(&j);
    for (uint32_t n = 0;; n++) {
        uint32_t announced = atomic_load(&all->announced);
        uint32_t before = atomic_load(&all->phase);
        if (before / 4 == UINT32_MAX / 4)
            break;
        bool yes =
            (n % 4 != 0 ? cs_ask_check(ask) : journey_decision(&j, "recommend.feed", NULL, "log")) == CONSENT_ALLOW;
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

static void no_withdrawal_is_missed_and_no_grant_is_seen_before_it_is_durable(void **state)
{
    (void)state;
    two_shared *all = two_new_shared();
    (void)journey_bundle(1);
    for (uint32_t batch = 0; batch < batches; batch++) {
        pid_t child = fork();
        if (child == 0) {
            two_prepare(all, two_home(batch));
            _exit(0);
        }
        assert_int_equal(two_wait(child), 0);
        uint32_t first = 1 + batch * BATCH_ROUNDS;
        atomic_store(&all->phase, first * 4 - 1);
        pid_t reader = fork();
        if (reader == 0)
            read_rounds(all, two_home(batch));
        pid_t writer = fork();
        if (writer == 0)
            write_rounds(all, two_home(batch), first);
        assert_int_equal(two_wait(writer), 0);
        enter(all, UINT32_MAX / 4, STAGE_WITHDRAWN);
        assert_int_equal(two_wait(reader), 0);
    }
    uint32_t rounds = batches * BATCH_ROUNDS;
    uint32_t violations = atomic_load(&all->missed) + atomic_load(&all->unseen);
    (void)printf("races: %u checks by the other process, %u of them yes; %u yes too much, %u grants unseen\n",
                 atomic_load(&all->checks), atomic_load(&all->yes), atomic_load(&all->missed),
                 atomic_load(&all->unseen));
    (void)printf("sweep: two processes racing: %u points, %u tries, %u violations\n", rounds, atomic_load(&all->checks),
                 violations);
    assert_int_equal(violations, 0);
    assert_int_equal(atomic_load(&all->failed), 0);
    assert_true(batches == FEW_BATCHES || rounds >= RACE_FLOOR);
    assert_true(atomic_load(&all->checks) > 2 * rounds && atomic_load(&all->yes) > rounds / 2);
}

/* ---- a writer that dies ------------------------------------------------------------------------------------------------- */

typedef struct death {
    bool withdrawing;
    bool reached; /* it died before it was done */
    bool returned_durable;
} death;

/* The child acts and is killed at call number `at` of the act. */
static void die_at(two_shared *all, const char *home, uint32_t at, death *d)
{
    atomic_store(&all->calls, 0);
    pid_t child = fork();
    if (child == 0) {
        journey j;
        two_open(&j, all, home);
        atomic_store(&all->written, 0);
        atomic_store(&all->durable, 0);
        two_hook.counting = true;
        two_hook.kill_at = at;
        consent_status status = d->withdrawing ? two_take_back(&j) : two_give(&j);
        two_hook.counting = false;
        _exit(status == CONSENT_OK ? 0 : 2);
    }
    int status = two_wait(child);
    d->reached = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    d->returned_durable = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    assert_true(d->reached || d->returned_durable);
}

static consent_decision fresh_answer(two_shared *all, const char *home)
{
    journey j;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    two_open(&j, all, home);
    assert_int_equal(cs_profile_health(j.profile, &j.err), CONSENT_OK);
    assert_int_equal(cs_profile_verify(j.profile, &report, &j.err), CONSENT_OK);
    consent_decision decision = journey_decision(&j, "recommend.feed", NULL, "log");
    journey_close(&j);
    return decision;
}

static void survive(two_shared *all, uint32_t home_number, uint32_t at, death *d)
{
    journey j;
    const char *home = two_home(home_number);
    two_prepare(all, home);
    two_open(&j, all, home);
    if (d->withdrawing)
        assert_int_equal(two_give(&j), CONSENT_OK);
    cs_ask *ask = two_ask(&j);
    assert_int_equal(cs_ask_check(ask) == CONSENT_ALLOW, d->withdrawing);
    die_at(all, home, at, d);
    bool durable = atomic_load(&all->durable) != 0;
    bool written = atomic_load(&all->written) != 0;
    bool yes = cs_ask_check(ask) == CONSENT_ALLOW;
    bool again = cs_ask_check(ask) == CONSENT_ALLOW;
    bool fresh = fresh_answer(all, home) == CONSENT_ALLOW;
    if (d->withdrawing && durable && (yes || again || fresh))
        fail_msg("killed at call %u: a withdrawal that is on the disk was missed", at);
    if (!d->withdrawing && !written && (yes || again || fresh))
        fail_msg("killed at call %u: a grant that was never written was seen", at);
    if ((yes || again) && !fresh)
        fail_msg("killed at call %u: the survivor says yes, the disk says no", at);
    if (d->withdrawing && !written && !again)
        fail_msg("killed at call %u: nothing was withdrawn, and yet the answer stays no", at);
    /* Life goes on. */
    assert_int_equal(journey_answer(&j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT),
                     CONSENT_OK);
    assert_int_equal(two_take_back(&j), CONSENT_OK);
    assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
    assert_int_equal(two_give(&j), CONSENT_OK);
    assert_int_equal(cs_ask_check(ask), CONSENT_ALLOW);
    cs_ask_release(ask);
    journey_close(&j);
}

static uint32_t sweep_deaths(two_shared *all, bool withdrawing)
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
    two_shared *all = two_new_shared();
    uint32_t points = sweep_deaths(all, true);
    uint32_t more = sweep_deaths(all, false);
    (void)printf("sweep: writer killed inside a step: %u points, %u tries, 0 violations\n", points + more,
                 points + more);
    assert_true(points >= 25 && more >= 25);
}

/* ---- the shared page under the reader ----------------------------------------------------------------------------------- */

typedef enum harm {
    HARM_CUT,
    HARM_REMOVED,
    HARM_REPLACED,
    HARM_ZEROS,
    HARM_COUNT
} harm;

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
typedef enum first_call {
    FIRST_HANDLE,
    FIRST_NAMES,
    FIRST_WITHDRAW,
    FIRST_GRANT,
    FIRST_CLOSE,
    FIRST_COUNT
} first_call;

static void meet_harm(two_shared *all, const char *home, harm what, first_call first)
{
    journey j;
    two_hook.own_seconds = true;
    atomic_store(&all->second, 100);
    two_open(&j, all, home);
    assert_int_equal(two_give(&j), CONSENT_OK);
    cs_ask *ask = two_ask(&j);
    assert_int_equal(cs_ask_check(ask), CONSENT_ALLOW);
    harm_page(home, what);
    /* Another process comes, makes a page of its own, and withdraws. */
    bool other_withdraws = first == FIRST_HANDLE || first == FIRST_NAMES;
    if (other_withdraws) {
        pid_t child = fork();
        if (child == 0) {
            journey other;
            two_hook.own_seconds = false;
            two_open(&other, all, home);
            _exit(two_take_back(&other) == CONSENT_OK ? 0 : 1);
        }
        assert_int_equal(two_wait(child), 0);
    }
    atomic_fetch_add(&all->second, 1);
    if (first == FIRST_HANDLE)
        assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
    if (first == FIRST_NAMES)
        assert_int_not_equal(journey_decision(&j, "recommend.feed", NULL, "log"), CONSENT_ALLOW);
    if (first == FIRST_WITHDRAW)
        assert_int_equal(two_take_back(&j), CONSENT_OK);
    if (first == FIRST_GRANT)
        assert_int_equal(journey_answer(&j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT),
                         CONSENT_OK);
    if (first != FIRST_CLOSE && first != FIRST_GRANT) {
        assert_int_not_equal(cs_ask_check(ask), CONSENT_ALLOW);
        assert_int_equal(two_give(&j), CONSENT_OK);
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
    two_shared *all = two_new_shared();
    for (harm what = HARM_CUT; what < HARM_COUNT; what++)
        for (first_call first = FIRST_HANDLE; first < FIRST_COUNT; first++, tries++) {
            const char *home = two_home(3000 + tries);
            two_prepare(all, home);
            pid_t child = fork();
            if (child == 0)
                meet_harm(all, home, what, first);
            int status = two_wait(child);
            if (status != 0) {
                (void)printf("violation: page harmed in way %d, first call %d: status %x\n", (int)what, (int)first,
                             (unsigned)status);
                violations++;
            }
        }
    (void)printf("sweep: shared page harmed: %u points, %u tries, %u violations\n", tries, tries, violations);
    assert_int_equal(violations, 0);
}

/* "all": the ten thousand rounds; without it a few. */
int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "all") == 0)
        batches = BATCHES;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_withdrawal_is_missed_and_no_grant_is_seen_before_it_is_durable),
        cmocka_unit_test(a_writer_killed_at_any_call_leaves_what_the_disk_says),
        cmocka_unit_test(a_page_cut_short_removed_or_replaced_is_noticed_within_a_second),
    };
    return cmocka_run_group_tests(tests, two_make_root, two_remove_root);
}
