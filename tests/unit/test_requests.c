/* Requests and the two lists over the whole engine and the injected world. */
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
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT));
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

static consent_rights_request of_right(int32_t right)
{
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    request.right = right;
    if (right == CONSENT_RIGHT_DELETE)
        request.ground = CONSENT_DELETION_BREACH;
    return request;
}

static bool says(fixture *f, consent_status (*list)(cs_profile *, const char *, cs_buffer *, consent_error *),
                 const char *wanted)
{
    cs_buffer text;
    cs_buffer_init(&text, &f->j.env.memory, 1u << 20);
    ok(f, list(f->j.profile, "en", &text, &f->j.err));
    cs_buffer_u8(&text, 0);
    bool found = strstr((const char *)text.data, wanted) != NULL;
    cs_buffer_free(&text);
    return found;
}

static consent_status shared(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err)
{
    return cs_profile_list(profile, CONSENT_LIST_SHARED, locale, out, err);
}

static consent_decision feed(fixture *f)
{
    return journey_decision(&f->j, "recommend.feed", "", "log");
}

/* C139 */
static void a_request_survives_reopening_and_moves_on_afterwards(void **state)
{
    fixture *f = *state;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_rights_request request = of_right(CONSENT_RIGHT_ACCESS);
    consent_request_change change = CONSENT_INIT(consent_request_change);
    ok(f, cs_profile_request_open(f->j.profile, &request, id, &f->j.err));
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
    assert_true(says(f, cs_profile_requests, id));
    change.id = id;
    change.state = CONSENT_REQUEST_DONE;
    ok(f, cs_profile_request_update(f->j.profile, &change, &f->j.err));
    assert_true(says(f, cs_profile_requests, "\"state\":\"done\""));
    assert_int_equal(cs_profile_request_update(f->j.profile, &change, &f->j.err), CONSENT_E_REJECTED);
    change.id = "req-none";
    assert_int_equal(cs_profile_request_update(f->j.profile, &change, &f->j.err), CONSENT_E_NOT_FOUND);
}

/* A policy that promises nothing gives no date rather than a guess. C167 */
static void without_a_promise_there_is_no_due_date(void **state)
{
    fixture *f = *state;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_rights_request request = of_right(CONSENT_RIGHT_ACCESS);
    ok(f, cs_profile_request_open(f->j.profile, &request, id, &f->j.err));
    assert_false(says(f, cs_profile_requests, "\"due\""));
}

/* C143 C148 */
static void a_withdrawal_by_request_holds_although_the_disk_fails(void **state)
{
    fixture *f = *state;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_rights_request request = of_right(CONSENT_RIGHT_UNSUBSCRIBE);
    request.purpose = "recommend.feed";
    assert_int_equal(feed(f), CONSENT_ALLOW);
    f->w.kinds = WORLD_WRITE | WORLD_SYNC;
    world_arm_persistently(&f->w, 1, EIO);
    assert_int_not_equal(cs_profile_request_open(f->j.profile, &request, id, &f->j.err), CONSENT_OK);
    assert_string_equal(id, "");
    assert_int_not_equal(feed(f), CONSENT_ALLOW);
    world_disarm(&f->w);
    ok(f, cs_profile_flush(f->j.profile, &f->j.err));
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
    assert_int_not_equal(feed(f), CONSENT_ALLOW);
}

/* C140 */
static void a_request_to_delete_takes_no_consent_back_by_itself(void **state)
{
    fixture *f = *state;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_rights_request request = of_right(CONSENT_RIGHT_DELETE);
    ok(f, cs_profile_request_open(f->j.profile, &request, id, &f->j.err));
    assert_int_equal(feed(f), CONSENT_ALLOW);
}

/* C108 */
static void counts_that_are_not_written_yet_are_in_the_list(void **state)
{
    fixture *f = *state;
    cs_str data[] = {CS_STR("account")};
    cs_query query = {.purpose = CS_STR("share.payment"), .recipient = CS_STR("pay-a"), .data = data, .data_count = 1};
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    cs_ask *ask = NULL;
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    ok(f, cs_profile_ask(f->j.profile, &query, &ask, &f->j.err));
    ok(f, cs_ask_use(ask, &verdict, &f->j.err));
    ok(f, cs_ask_use(ask, &verdict, &f->j.err));
    assert_true(says(f, shared, "\"count\":2"));
    ok(f, cs_ask_use(ask, &verdict, &f->j.err));
    assert_true(says(f, shared, "\"count\":3"));
    cs_ask_release(ask);
}

static void out_of_memory_anywhere_leaves_requests_and_lists_whole(void **state)
{
    fixture *f = *state;
    consent_rights_request request = of_right(CONSENT_RIGHT_DELETE);
    size_t recorded = 0;
    for (uint64_t n = 1; n < 400; n++) {
        char id[CONSENT_REQUEST_ID_SIZE];
        cs_buffer text;
        f->w.kinds = WORLD_MEMORY;
        world_arm(&f->w, n, ENOMEM);
        recorded += cs_profile_request_open(f->j.profile, &request, id, NULL) == CONSENT_OK;
        cs_buffer_init(&text, &f->j.env.memory, 1u << 20);
        (void)cs_profile_requests(f->j.profile, "en", &text, NULL);
        cs_buffer_clear(&text);
        (void)shared(f->j.profile, NULL, &text, NULL);
        cs_buffer_free(&text);
        bool over = f->w.fired == 0;
        world_disarm(&f->w);
        if (over)
            break;
    }
    assert_int_equal(feed(f), CONSENT_ALLOW);
    assert_true(recorded > 0);
    cs_requests list;
    cs_requests_init(&list, &f->j.env.memory);
    cs_requests_free(&list);
    assert_true(says(f, cs_profile_requests, "\"state\":\"opened\""));
}

static void the_public_calls_check_what_they_are_given(void **state)
{
    fixture *f = *state;
    consent_rights_request request = of_right(CONSENT_RIGHT_ACCESS);
    consent_request_change change = CONSENT_INIT(consent_request_change);
    consent_switch which = CONSENT_INIT(consent_switch);
    char id[CONSENT_REQUEST_ID_SIZE] = "x";
    (void)f;
    assert_int_equal(consent_request_open(NULL, &request, id, NULL), CONSENT_E_ARGUMENT);
    assert_string_equal(id, "");
    assert_int_equal(consent_request_update(NULL, &change, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(consent_requests(NULL, NULL, NULL, NULL, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(consent_lists(NULL, CONSENT_LIST_SHARED, NULL, NULL, NULL, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(consent_switch_bind(NULL, &which, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(consent_switches(NULL, NULL, NULL, NULL), CONSENT_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_survives_reopening_and_moves_on_afterwards, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_promise_there_is_no_due_date, setup, teardown),
        cmocka_unit_test_setup_teardown(a_withdrawal_by_request_holds_although_the_disk_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_to_delete_takes_no_consent_back_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_that_are_not_written_yet_are_in_the_list, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_anywhere_leaves_requests_and_lists_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(the_public_calls_check_what_they_are_given, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
