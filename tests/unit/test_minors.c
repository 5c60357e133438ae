/* Children over the whole engine and the injected world: what the record does by itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "profile/internal.h"
#include "profile/rights.h"
#include "support/journey.h"

typedef struct fixture {
    world w;
    journey j;
} fixture;

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    ok(f, journey_open(&f->j, &f->w));
    ok(f, journey_install(&f->j, 1));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    world_disarm(&f->w);
    journey_close(&f->j);
    int leaked = f->w.live_blocks != 0 || f->w.open_files != 0;
    if (leaked)
        print_error("leaked: %zu blocks, %zu files\n", f->w.live_blocks, f->w.open_files);
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static consent_status tell(fixture *f, const char *birth)
{
    consent_age_signal signal = CONSENT_INIT(consent_age_signal);
    signal.birth = birth;
    return cs_profile_signal_age(f->j.profile, &signal, &f->j.err);
}

static consent_status guardian_refuses(fixture *f)
{
    return journey_answer(&f->j, CONSENT_OCCASION_GUARDIAN, "", "", CONSENT_ACTION_REFUSE);
}

static size_t times(fixture *f, const char *wanted)
{
    cs_buffer text;
    size_t found = 0;
    cs_buffer_init(&text, &f->j.env.memory, 1u << 20);
    ok(f, cs_profile_requests(f->j.profile, "en", &text, &f->j.err));
    cs_buffer_u8(&text, 0);
    for (const char *at = (const char *)text.data; (at = strstr(at, wanted)) != NULL; at++)
        found++;
    cs_buffer_free(&text);
    return found;
}

static consent_decision search(fixture *f)
{
    return journey_decision(&f->j, "browse.search", "", "keyword");
}

static void reopen(fixture *f)
{
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
}

/* C34 C131 C134 */
static void a_child_found_is_held_and_its_deletion_requested_in_one_act(void **state)
{
    fixture *f = *state;
    assert_int_equal(search(f), CONSENT_ALLOW);
    ok(f, tell(f, "2016-05-01"));
    assert_int_equal(search(f), CONSENT_ASK);
    assert_int_equal(times(f, "\"child-found\""), 1);
    ok(f, tell(f, "2016-05-01"));
    ok(f, tell(f, "2014-05-01"));
    ok(f, tell(f, "2017-05-01"));
    assert_int_equal(times(f, "\"delete\",\"by\""), 1);
    reopen(f);
    assert_int_equal(search(f), CONSENT_ASK);
    assert_int_equal(times(f, "\"child-found\""), 1);
}

/* What is said while the disk fails is not lost: neither the hold, nor what it asks of the operator. C134 */
static void a_finding_that_reaches_no_disk_holds_and_is_made_good(void **state)
{
    fixture *f = *state;
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(tell(f, "2016-05-01"), CONSENT_OK);
    assert_int_not_equal(search(f), CONSENT_ALLOW);
    world_disarm(&f->w);
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    reopen(f);
    assert_int_not_equal(search(f), CONSENT_ALLOW);
    assert_int_equal(times(f, "\"child-found\""), 1);
}

/* C130 C134 */
static void a_guardians_no_on_a_failing_disk_keeps_its_request(void **state)
{
    fixture *f = *state;
    ok(f, journey_withdraw(&f->j, "", ""));
    ok(f, tell(f, "2016-05-01"));
    consent_request_change done = CONSENT_INIT(consent_request_change);
    cs_requests list;
    cs_profile_lock(f->j.profile);
    ok(f, cs_profile_read_requests(f->j.profile, &list, &f->j.err));
    char id[CONSENT_REQUEST_ID_SIZE] = "";
    memcpy(id, list.items[0].id.data, list.items[0].id.size);
    cs_requests_free(&list);
    cs_profile_unlock(f->j.profile);
    done.id = id;
    done.state = CONSENT_REQUEST_DONE_LIVE;
    ok(f, cs_profile_request_update(f->j.profile, &done, &f->j.err));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(guardian_refuses(f), CONSENT_OK);
    world_disarm(&f->w);
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    reopen(f);
    assert_int_equal(times(f, "\"guardian-refused\""), 1);
    assert_int_equal(search(f), CONSENT_DENY);
}

static consent_status look(fixture *f)
{
    cs_buffer text;
    cs_buffer_init(&text, &f->j.env.memory, 1u << 20);
    consent_status status = cs_profile_history(f->j.profile, &text, &f->j.err);
    cs_buffer_free(&text);
    return status;
}

/* What cannot be noted is not shown; of a grown-up nothing is noted. C128 */
static void a_childs_record_is_not_shown_without_a_trace(void **state)
{
    fixture *f = *state;
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    ok(f, look(f));
    world_disarm(&f->w);
    ok(f, tell(f, "2016-05-01"));
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(look(f), CONSENT_OK);
    world_disarm(&f->w);
    ok(f, look(f));
}

static void out_of_memory_anywhere_leaves_a_child_held(void **state)
{
    fixture *f = *state;
    bool told = false;
    for (uint64_t n = 1; n < 400 && !told; n++) {
        f->w.kinds = WORLD_MEMORY;
        world_arm(&f->w, n, ENOMEM);
        told = tell(f, "2016-05-01") == CONSENT_OK;
        world_disarm(&f->w);
    }
    assert_true(told);
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    assert_int_equal(search(f), CONSENT_ASK);
    assert_true(times(f, "\"child-found\"") > 0);
}

static void the_public_call_checks_what_it_is_given(void **state)
{
    fixture *f = *state;
    consent_age_signal signal = CONSENT_INIT(consent_age_signal);
    assert_int_equal(consent_signal_age(NULL, &signal, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(tell(f, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(tell(f, "2031-01-01"), CONSENT_E_ARGUMENT);
    signal.under = 14;
    signal.source = "Not An Id";
    assert_int_equal(cs_profile_signal_age(f->j.profile, &signal, &f->j.err), CONSENT_E_ARGUMENT);
    assert_int_equal(search(f), CONSENT_ALLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_child_found_is_held_and_its_deletion_requested_in_one_act, setup, teardown),
        cmocka_unit_test_setup_teardown(a_finding_that_reaches_no_disk_holds_and_is_made_good, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guardians_no_on_a_failing_disk_keeps_its_request, setup, teardown),
        cmocka_unit_test_setup_teardown(a_childs_record_is_not_shown_without_a_trace, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_anywhere_leaves_a_child_held, setup, teardown),
        cmocka_unit_test_setup_teardown(the_public_call_checks_what_it_is_given, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
