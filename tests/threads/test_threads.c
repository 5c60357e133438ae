/* Many threads on one profile: checks by handle and by names, grants, withdrawals, handles opened and closed, counts flushed.
 * Built with ThreadSanitizer this is the proof that any thread may call anything. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/person.h"

#define ROUNDS 120u
#define READERS 3u

typedef struct crowd {
    person p;
    consent_handle *handle;     /* of recommend.feed */
    _Atomic uint32_t given;     /* rounds whose grant had begun */
    _Atomic uint32_t withdrawn; /* rounds whose withdrawal had returned */
    _Atomic uint32_t wrong;
    _Atomic uint32_t checks;
    atomic_bool done;
} crowd;

static char root[] = "/tmp/consent-threads-XXXXXX";

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) == 0 ? 0 : -1;
}

static void open_crowd(crowd *c, const char *name)
{
    char home[128];
    const char *data[] = {"log"};
    memset(c, 0, sizeof *c);
    (void)snprintf(home, sizeof home, "%s/%s", root, name);
    if (person_open(&c->p, person_linked(), home, NULL) != CONSENT_OK || person_accept(&c->p) != CONSENT_OK)
        fail_msg("%s", c->p.err.message);
    consent_query query = person_question("recommend.feed", NULL, data);
    assert_int_equal(consent_handle_open(c->p.profile, &query, &c->handle, NULL), CONSENT_OK);
}

static void close_crowd(crowd *c)
{
    consent_handle_close(c->handle);
    person_close(&c->p);
}

/* A person of this thread's own over the same profile: errors are the caller's. */
static person own(const crowd *c)
{
    person p = c->p;
    memset(&p.err, 0, sizeof p.err);
    return p;
}

static void wrong(crowd *c, const char *what, const person *p)
{
    (void)fprintf(stderr, "%s: %s\n", what, p->err.message);
    atomic_fetch_add(&c->wrong, 1);
}

static void *give_and_withdraw(void *user)
{
    crowd *c = user;
    person p = own(c);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        atomic_store(&c->given, round);
        if (person_answer(&p, CONSENT_OCCASION_OWN, "recommend.feed", NULL, CONSENT_ACTION_ACCEPT) != CONSENT_OK)
            wrong(c, "a grant failed", &p);
        if (consent_handle_check(c->handle) != CONSENT_ALLOW)
            wrong(c, "a grant is not seen by the thread that gave it", &p);
        if (person_withdraw(&p, "recommend.feed", NULL) != CONSENT_OK)
            wrong(c, "a withdrawal failed", &p);
        atomic_store(&c->withdrawn, round);
        if (consent_handle_check(c->handle) == CONSENT_ALLOW)
            wrong(c, "a withdrawal is not seen by the thread that made it", &p);
    }
    return NULL;
}

static void *pay_and_withdraw(void *user)
{
    crowd *c = user;
    person p = own(c);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (person_answer(&p, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT) !=
                CONSENT_OK ||
            person_decision(&p, "share.payment", "pay-a", "account") != CONSENT_ALLOW ||
            person_withdraw(&p, "share.payment", "pay-a") != CONSENT_OK ||
            person_decision(&p, "share.payment", "pay-a", "account") == CONSENT_ALLOW)
            wrong(c, "the other item", &p);
    }
    return NULL;
}

static void *read_answers(void *user)
{
    crowd *c = user;
    person p = own(c);
    for (uint32_t n = 0; !atomic_load(&c->done); n++) {
        uint32_t withdrawn = atomic_load(&c->withdrawn);
        bool yes = n % 2 == 0 ? consent_handle_check(c->handle) == CONSENT_ALLOW
                              : person_decision(&p, "recommend.feed", NULL, "log") == CONSENT_ALLOW;
        if (yes && atomic_load(&c->given) <= withdrawn)
            wrong(c, "a withdrawal was missed", &p);
        atomic_fetch_add(&c->checks, 1);
    }
    return NULL;
}

static void *use_handles(void *user)
{
    crowd *c = user;
    person p = own(c);
    const char *data[] = {"keyword"};
    consent_query query = person_question("browse.search", NULL, data);
    while (!atomic_load(&c->done)) {
        consent_handle *handle = NULL;
        consent_verdict verdict = CONSENT_INIT(consent_verdict);
        if (consent_handle_open(p.profile, &query, &handle, &p.err) != CONSENT_OK ||
            consent_use(handle, &verdict, &p.err) != CONSENT_OK || verdict.decision != CONSENT_ALLOW ||
            consent_flush(p.profile, &p.err) != CONSENT_OK || consent_profile_health(p.profile, &p.err) != CONSENT_OK)
            wrong(c, "a use", &p);
        consent_handle_close(handle);
    }
    return NULL;
}

static void any_thread_may_call_anything(void **state)
{
    (void)state;
    crowd c;
    pthread_t writers[2], others[READERS + 1];
    uint64_t frames;
    open_crowd(&c, "crowd");
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&others[i], NULL, read_answers, &c), 0);
    assert_int_equal(pthread_create(&others[READERS], NULL, use_handles, &c), 0);
    assert_int_equal(pthread_create(&writers[0], NULL, give_and_withdraw, &c), 0);
    assert_int_equal(pthread_create(&writers[1], NULL, pay_and_withdraw, &c), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    atomic_store(&c.done, true);
    for (size_t i = 0; i <= READERS; i++)
        assert_int_equal(pthread_join(others[i], NULL), 0);
    assert_int_equal(atomic_load(&c.wrong), 0);
    assert_true(atomic_load(&c.checks) > 0);
    assert_int_equal(person_frames(&c.p, &frames), CONSENT_OK);
    assert_true(frames >= 2 + 4 * ROUNDS);
    close_crowd(&c);
}

typedef struct one_form {
    consent_form *form;
    _Atomic uint32_t accepted;
    _Atomic uint32_t refused;
} one_form;

static void *submit(void *user)
{
    one_form *f = user;
    consent_submission submission = CONSENT_INIT(consent_submission);
    submission.action = CONSENT_ACTION_ACCEPT;
    submission.emphasis_rendered = true;
    submission.reached_end = true;
    consent_status status = consent_form_submit(f->form, &submission, NULL);
    if (status == CONSENT_OK)
        atomic_fetch_add(&f->accepted, 1);
    else if (status == CONSENT_E_USED)
        atomic_fetch_add(&f->refused, 1);
    return NULL;
}

static void a_form_that_many_threads_submit_counts_once(void **state)
{
    (void)state;
    crowd c;
    uint64_t before, after;
    open_crowd(&c, "form");
    for (int round = 0; round < 20; round++) {
        one_form f = {0};
        pthread_t threads[4];
        consent_query query = person_question("recommend.feed", NULL, NULL);
        consent_form_request request = CONSENT_INIT(consent_form_request);
        query.user_initiated = true;
        request.occasion = CONSENT_OCCASION_OWN;
        request.query = &query;
        request.user_initiated = true;
        assert_int_equal(person_frames(&c.p, &before), CONSENT_OK);
        assert_int_equal(consent_form_build(c.p.profile, &request, &f.form, NULL), CONSENT_OK);
        assert_int_equal(consent_form_shown(f.form, NULL), CONSENT_OK);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, submit, &f), 0);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(atomic_load(&f.accepted), 1);
        assert_int_equal(atomic_load(&f.refused), 3);
        consent_form_close(f.form);
        assert_int_equal(person_frames(&c.p, &after), CONSENT_OK);
        assert_int_equal(after, before + 1);
        assert_int_equal(person_withdraw(&c.p, "recommend.feed", NULL), CONSENT_OK);
    }
    close_crowd(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_thread_may_call_anything),
        cmocka_unit_test(a_form_that_many_threads_submit_counts_once),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
