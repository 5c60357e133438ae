/* Being told: watches called inside poll, changes since a cursor; and consent from before, imported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "profile/internal.h"
#include "support/journey.h"

#define SEARCH "browse.search", NULL, "keyword"
#define PAY_A "share.payment", "pay-a", "account"

typedef struct heard {
    size_t calls;
    consent_verdict before, after;
    consent_handle *handle;
    cs_profile *acts_in;  /* a callback that acts: withdraws everything here */
    cs_ask *takes_back;   /* a callback that takes a watch back … */
    void *takes_back_ctx; /* … of this ctx */
} heard;

typedef struct fixture {
    world w;
    journey j;
} fixture;

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    if (journey_open(&f->j, &f->w) != CONSENT_OK || journey_install(&f->j, 1) != CONSENT_OK) {
        print_error("%s\n", f->j.err.message);
        return -1;
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0;
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void accept(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
}

static cs_ask *ask_for(fixture *f, const char *purpose, const char *recipient, const char *data)
{
    cs_str item = cs_str_of(data);
    cs_query query = {.purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = &item, .data_count = 1};
    cs_ask *ask = NULL;
    ok(f, cs_profile_ask(f->j.profile, &query, &ask, &f->j.err));
    return ask;
}

static void hear(void *ctx, consent_handle *handle, const consent_verdict *before, const consent_verdict *after)
{
    heard *h = ctx;
    h->calls++;
    h->handle = handle;
    h->before = *before;
    h->after = *after;
    if (h->acts_in) {
        cs_query everything = {.purpose = {NULL, 0}};
        assert_int_equal(cs_profile_withdraw(h->acts_in, &everything, NULL), CONSENT_OK);
        h->acts_in = NULL;
    }
    if (h->takes_back)
        assert_int_equal(cs_ask_watch(h->takes_back, NULL, h->takes_back_ctx, NULL), CONSENT_OK);
}

static size_t poll_now(fixture *f)
{
    size_t count = 0;
    ok(f, cs_profile_poll(f->j.profile, &count, &f->j.err));
    return count;
}

/* ---- watches ---------------------------------------------------------------------------------------------- */

/* C144: whoever depends on what was taken back is told */
static void a_changed_answer_is_told_once_and_only_inside_poll(void **state)
{
    fixture *f = *state;
    heard h = {0};
    cs_ask *ask = ask_for(f, SEARCH);
    ok(f, cs_ask_watch(ask, hear, &h, &f->j.err));
    assert_int_equal(poll_now(f), 0);
    accept(f);
    assert_int_equal(h.calls, 0);
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(h.calls, 1);
    assert_ptr_equal(h.handle, ask);
    assert_int_equal(h.before.decision, CONSENT_ASK);
    assert_int_equal(h.after.decision, CONSENT_ALLOW);
    assert_int_equal(poll_now(f), 0);
    ok(f, journey_withdraw(&f->j, "browse.search", ""));
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(h.after.decision, CONSENT_DENY);
    cs_ask_release(ask);
}

static void another_processs_act_is_told_too(void **state)
{
    fixture *f = *state;
    heard h = {0};
    journey other;
    accept(f);
    cs_ask *ask = ask_for(f, SEARCH);
    ok(f, cs_ask_watch(ask, hear, &h, &f->j.err));
    assert_int_equal(journey_open(&other, &f->w), CONSENT_OK);
    assert_int_equal(journey_withdraw(&other, "browse.search", ""), CONSENT_OK);
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(h.after.reason, CONSENT_REASON_REFUSED_RECENTLY);
    journey_close(&other);
    cs_ask_release(ask);
}

static void time_and_a_new_policy_are_told_as_well(void **state)
{
    fixture *f = *state;
    heard h = {0};
    accept(f);
    ok(f, journey_withdraw(&f->j, "browse.search", ""));
    cs_ask *ask = ask_for(f, SEARCH);
    ok(f, cs_ask_watch(ask, hear, &h, &f->j.err));
    f->w.wall_ms += 48 * CS_HOUR_MS;
    f->w.elapsed_ms += 48 * CS_HOUR_MS;
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(h.before.decision, CONSENT_DENY);
    assert_int_equal(h.after.decision, CONSENT_ASK);
    cs_ask *feed = ask_for(f, "recommend.feed", NULL, "device");
    ok(f, cs_ask_watch(feed, hear, &h, &f->j.err));
    ok(f, journey_install(&f->j, 2));
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(h.before.reason, CONSENT_REASON_UNDECLARED);
    assert_int_equal(h.after.decision, CONSENT_ASK);
    cs_ask_release(feed);
    cs_ask_release(ask);
}

/* No lock is held: a callback may record, and what it changes is told in the next poll or in this one, never lost. */
static void a_callback_may_act_and_take_other_watches_back(void **state)
{
    fixture *f = *state;
    heard first = {.acts_in = f->j.profile}, second = {0}, third = {0};
    cs_ask *ask = ask_for(f, SEARCH);
    first.takes_back = ask;
    first.takes_back_ctx = &third;
    ok(f, cs_ask_watch(ask, hear, &first, &f->j.err));
    ok(f, cs_ask_watch(ask, hear, &second, &f->j.err));
    ok(f, cs_ask_watch(ask, hear, &third, &f->j.err));
    accept(f);
    assert_int_equal(poll_now(f), 2);
    assert_int_equal(first.after.decision, CONSENT_ALLOW);
    assert_int_equal(second.after.decision, CONSENT_DENY);
    assert_int_equal(third.calls, 0);
    assert_int_equal(poll_now(f), 1);
    assert_int_equal(first.after.decision, CONSENT_DENY);
    cs_ask_release(ask);
}

static void closing_the_last_handle_takes_its_watches_back(void **state)
{
    fixture *f = *state;
    heard h = {0};
    cs_ask *ask = ask_for(f, SEARCH), *same = ask_for(f, SEARCH);
    assert_ptr_equal(ask, same);
    ok(f, cs_ask_watch(ask, hear, &h, &f->j.err));
    ok(f, cs_ask_watch(same, hear, &h, &f->j.err));
    cs_ask_release(ask);
    accept(f);
    assert_int_equal(poll_now(f), 1);
    cs_ask_release(same);
    ok(f, journey_withdraw(&f->j, "browse.search", ""));
    assert_int_equal(poll_now(f), 0);
    assert_int_equal(h.calls, 1);
}

static void without_memory_nothing_is_watched_and_the_old_watches_go_on(void **state)
{
    fixture *f = *state;
    heard h[9] = {{0}};
    cs_ask *ask = ask_for(f, SEARCH);
    (void)journey_check(&f->j, SEARCH);
    for (size_t i = 0; i < 8; i++)
        ok(f, cs_ask_watch(ask, hear, &h[i], &f->j.err));
    world_arm(&f->w, 1, ENOMEM);
    assert_int_equal(cs_ask_watch(ask, hear, &h[8], &f->j.err), CONSENT_E_MEMORY);
    world_disarm(&f->w);
    accept(f);
    assert_int_equal(poll_now(f), 8);
    cs_ask_release(ask);
}

/* ---- changes ------------------------------------------------------------------------------------------------ */

static cs_buffer changes_after(fixture *f, uint64_t cursor, consent_status expected)
{
    cs_buffer out;
    cs_buffer_init(&out, &f->j.env.memory, 1u << 20);
    assert_int_equal(cs_profile_changes(f->j.profile, cursor, &out, &f->j.err), expected);
    cs_buffer_u8(&out, 0);
    return out;
}

static bool says(const cs_buffer *out, const char *text)
{
    return strstr((const char *)out->data, text) != NULL;
}

static void what_acts_changed_since_a_cursor_can_be_read(void **state)
{
    fixture *f = *state;
    cs_buffer out = changes_after(f, 0, CONSENT_OK);
    assert_string_equal((const char *)out.data, "");
    cs_buffer_free(&out);
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    out = changes_after(f, 2, CONSENT_OK);
    assert_true(says(&out, "\"purpose\":\"share.payment\",\"recipient\":\"pay-a\",\"data\":[\"account\"],"
                           "\"before\":{\"decision\":\"ask\",\"reason\":\"not_asked\"},"
                           "\"after\":{\"decision\":\"allow\",\"reason\":\"consented\"}"));
    assert_true(says(&out, "{\"cursor\":3,"));
    assert_false(says(&out, "pay-b"));
    assert_false(says(&out, "browse.search"));
    cs_buffer_free(&out);
    out = changes_after(f, 3, CONSENT_OK);
    assert_string_equal((const char *)out.data, "");
    cs_buffer_free(&out);
    out = changes_after(f, 0, CONSENT_OK);
    assert_true(says(&out, "browse.search"));
    cs_buffer_free(&out);
}

static void given_and_taken_back_between_two_looks_is_no_grant(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT));
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    cs_buffer out = changes_after(f, 2, CONSENT_OK);
    assert_true(says(&out, "\"before\":{\"decision\":\"ask\",\"reason\":\"not_asked\"},"
                           "\"after\":{\"decision\":\"deny\",\"reason\":\"refused_recently\"}"));
    assert_false(says(&out, "consented"));
    cs_buffer_free(&out);
}

static void a_cursor_ahead_of_the_record_is_refused(void **state)
{
    fixture *f = *state;
    cs_buffer out = changes_after(f, 1, CONSENT_E_ARGUMENT);
    cs_buffer_free(&out);
    accept(f);
    out = changes_after(f, 99, CONSENT_E_ARGUMENT);
    assert_non_null(strstr(f->j.err.message, "begin at 0"));
    cs_buffer_free(&out);
}

/* ---- import --------------------------------------------------------------------------------------------------- */

static consent_imported evidence(void)
{
    consent_imported given = CONSENT_INIT(consent_imported);
    given.reference = "old-app-db-row-7";
    given.given_ms = JOURNEY_START_MS - 90 * CS_DAY_MS;
    return given;
}

static consent_status import(fixture *f, consent_imported given)
{
    memset(&f->j.err, 0, sizeof f->j.err);
    return cs_profile_import(f->j.profile, &given, &f->j.err);
}

static void assert_refused(fixture *f, consent_imported given, consent_status expected, const char *word)
{
    assert_int_equal(import(f, given), expected);
    if (!strstr(f->j.err.message, word))
        fail_msg("'%s' does not say '%s'", f->j.err.message, word);
}

/* design section 6: off unless the policy allows it */
static void importing_is_off_unless_the_policy_allows_it(void **state)
{
    fixture *f = *state;
    assert_refused(f, evidence(), CONSENT_E_REJECTED, "does not allow");
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ASK);
}

/* PIPL 14, 29: acceptance of policy-form purposes, never separate */
static void imported_consent_covers_what_accepting_would_and_no_more(void **state)
{
    fixture *f = *state;
    ok(f, journey_install(&f->j, 3));
    ok(f, import(f, evidence()));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    assert_int_not_equal(journey_decision(&f->j, PAY_A), CONSENT_ALLOW);
    assert_int_not_equal(journey_decision(&f->j, "recommend.feed", NULL, "log"), CONSENT_ALLOW);
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    accept(f); /* the policy itself can still be put to the person */
    ok(f, journey_withdraw(&f->j, "browse.search", ""));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_DENY);
}

static void one_purpose_can_be_imported_alone(void **state)
{
    fixture *f = *state;
    consent_imported given = evidence();
    ok(f, journey_install(&f->j, 3));
    given.purpose = "browse.search";
    ok(f, import(f, given));
    assert_int_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    given.purpose = "share.payment";
    assert_refused(f, given, CONSENT_E_REJECTED, "separate");
    given.purpose = "recommend.feed";
    assert_refused(f, given, CONSENT_E_REJECTED, "own");
    given.purpose = "order.base";
    assert_refused(f, given, CONSENT_E_REJECTED, "no consent");
    given.purpose = "spy";
    assert_refused(f, given, CONSENT_E_NOT_FOUND, "spy");
}

static void an_import_without_evidence_or_time_is_refused(void **state)
{
    fixture *f = *state;
    consent_imported given = evidence();
    ok(f, journey_install(&f->j, 3));
    given.reference = NULL;
    assert_refused(f, given, CONSENT_E_ARGUMENT, "given.reference");
    given = evidence();
    given.given_ms = 0;
    assert_refused(f, given, CONSENT_E_ARGUMENT, "given.given_ms");
    given.given_ms = JOURNEY_START_MS + CS_DAY_MS;
    assert_refused(f, given, CONSENT_E_ARGUMENT, "given.given_ms");
    given = evidence();
    given.policy_version = 9;
    assert_refused(f, given, CONSENT_E_NOT_FOUND, "no such policy version");
    given = evidence();
    given.scope = "hotel";
    assert_refused(f, given, CONSENT_E_NOT_FOUND, "no such policy version");
}

/* PIPL 15: what was said here stands, whatever an older database says */
static void an_answer_given_here_is_never_replaced_by_an_import(void **state)
{
    fixture *f = *state;
    ok(f, journey_install(&f->j, 3));
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_REFUSE));
    assert_refused(f, evidence(), CONSENT_E_REJECTED, "answered here already");
    assert_int_not_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
}

static void after_a_withdrawal_of_everything_nothing_is_imported(void **state)
{
    fixture *f = *state;
    ok(f, journey_install(&f->j, 3));
    ok(f, import(f, evidence()));
    ok(f, journey_withdraw(&f->j, "", ""));
    assert_int_not_equal(journey_decision(&f->j, SEARCH), CONSENT_ALLOW);
    assert_refused(f, evidence(), CONSENT_E_REJECTED, "answered here already");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_changed_answer_is_told_once_and_only_inside_poll),
        TEST(another_processs_act_is_told_too),
        TEST(time_and_a_new_policy_are_told_as_well),
        TEST(a_callback_may_act_and_take_other_watches_back),
        TEST(closing_the_last_handle_takes_its_watches_back),
        TEST(without_memory_nothing_is_watched_and_the_old_watches_go_on),
        TEST(what_acts_changed_since_a_cursor_can_be_read),
        TEST(given_and_taken_back_between_two_looks_is_no_grant),
        TEST(a_cursor_ahead_of_the_record_is_refused),
        TEST(importing_is_off_unless_the_policy_allows_it),
        TEST(imported_consent_covers_what_accepting_would_and_no_more),
        TEST(one_purpose_can_be_imported_alone),
        TEST(an_import_without_evidence_or_time_is_refused),
        TEST(an_answer_given_here_is_never_replaced_by_an_import),
        TEST(after_a_withdrawal_of_everything_nothing_is_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
