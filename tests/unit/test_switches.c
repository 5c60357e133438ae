/* Third parties' switches over the whole engine and the injected world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "profile/internal.h"
#include "profile/rights.h"
#include "support/journey.h"

typedef struct fixture {
    world w;
    journey j;
    char calls[1024]; /* "maps:declared,shown,agreed*;" … `*`: replayed */
    size_t failures;  /* so many calls fail from now on */
} fixture;

static void start(fixture *f)
{
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    if (journey_open(&f->j, &f->w) != CONSENT_OK || journey_install(&f->j, 1) != CONSENT_OK)
        fail_msg("%s", f->j.err.message);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    start(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    journey_close(&f->j);
    int leaked = f->w.live_blocks != 0;
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

static int note(void *ctx, const char *id, const consent_switch_facts *facts)
{
    fixture *f = ctx;
    size_t used = strlen(f->calls);
    snprintf(f->calls + used, sizeof f->calls - used, "%s:%s%s%s%s;", id, facts->declared ? "d" : "-",
             facts->shown ? "s" : "-", facts->agreed ? "a" : "-", facts->replayed ? "*" : "");
    if (f->failures > 0) {
        f->failures--;
        return 7;
    }
    return 0;
}

static consent_status bind(fixture *f, const char *id, const char *purpose, const char *recipient, const char *function,
                           const char *after, bool untouched)
{
    consent_switch which = CONSENT_INIT(consent_switch);
    which.id = id;
    which.purpose = purpose;
    which.recipient = recipient;
    which.function = function;
    which.after = &after;
    which.after_count = after != NULL;
    which.untouched_until_on = untouched;
    which.apply = note;
    which.ctx = f;
    return cs_switch_bind(f->j.profile, &which, &f->j.err);
}

/* Runs, and compares the calls that were made. */
static void run(fixture *f, const char *calls)
{
    size_t count = 0;
    f->calls[0] = '\0';
    ok(f, cs_profile_poll(f->j.profile, &count, &f->j.err));
    assert_string_equal(f->calls, calls);
    size_t made = 0;
    for (const char *at = calls; *at; at++)
        made += *at == ';';
    assert_int_equal(count, made);
}

static void accept(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
}

static void grant_payment(fixture *f, const char *recipient)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", recipient, CONSENT_ACTION_ACCEPT));
}

static void grant_feed(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT));
}

/* C57 */
static void a_payment_kit_starts_only_after_its_own_separate_consent(void **state)
{
    fixture *f = *state;
    ok(f, bind(f, "pay-kit", NULL, "pay-a", NULL, NULL, false));
    run(f, "pay-kit:d--*;");
    accept(f);
    run(f, "pay-kit:ds-;");
    grant_payment(f, "pay-b");
    run(f, "");
    grant_payment(f, "pay-a");
    run(f, "pay-kit:dsa;");
    run(f, "");
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    run(f, "pay-kit:ds-;");
}

/* C65 C95 C108 */
static void what_the_policy_does_not_name_stays_off(void **state)
{
    fixture *f = *state;
    accept(f);
    ok(f, bind(f, "stranger", NULL, "unknown-sdk", NULL, NULL, false));
    ok(f, bind(f, "wrong-way", "browse.search", "pay-a", NULL, NULL, false));
    ok(f, bind(f, "no-function", NULL, NULL, "sell", NULL, false));
    run(f, "no-function:---*;wrong-way:---*;stranger:---*;");
    run(f, "");
}

/* C63 */
static void a_kit_that_may_not_even_be_told_no_is_left_untouched_until_it_is_on(void **state)
{
    fixture *f = *state;
    ok(f, bind(f, "push", "browse.search", NULL, NULL, NULL, true));
    run(f, "");
    accept(f);
    run(f, "push:dsa*;");
    ok(f, journey_withdraw(&f->j, NULL, NULL));
    run(f, "push:ds-;");
}

static void each_start_replays_what_holds(void **state)
{
    fixture *f = *state;
    accept(f);
    grant_feed(f);
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, NULL, false));
    run(f, "feed:dsa*;");
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, NULL, false));
    run(f, "feed:dsa*;");
    run(f, "");
}

static void what_comes_after_another_goes_on_later_and_off_earlier(void **state)
{
    fixture *f = *state;
    accept(f);
    grant_feed(f);
    ok(f, bind(f, "maps", "browse.search", NULL, NULL, NULL, true));
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, "maps", true));
    run(f, "maps:dsa*;feed:dsa*;");
    ok(f, journey_withdraw(&f->j, NULL, NULL));
    run(f, "feed:ds-;maps:ds-;");
}

static void a_switch_waits_for_the_one_before_it_to_be_on_indeed(void **state)
{
    fixture *f = *state;
    accept(f);
    grant_feed(f);
    ok(f, bind(f, "maps", "browse.search", NULL, NULL, NULL, true));
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, "maps", true));
    f->failures = 1;
    run(f, "maps:dsa*;");
    run(f, "maps:dsa;feed:dsa*;");
}

/* C144 */
static void a_failing_callback_leaves_the_consent_withdrawn_and_is_repeated(void **state)
{
    fixture *f = *state;
    cs_buffer text;
    accept(f);
    grant_payment(f, "pay-a");
    ok(f, bind(f, "pay-kit", "share.payment", "pay-a", NULL, NULL, false));
    run(f, "pay-kit:dsa*;");
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    f->failures = 2;
    run(f, "pay-kit:ds-;");
    assert_int_not_equal(journey_decision(&f->j, "share.payment", "pay-a", "account"), CONSENT_ALLOW);
    cs_buffer_init(&text, &f->j.env.memory, 4096);
    ok(f, cs_profile_switches(f->j.profile, &text, &f->j.err));
    cs_buffer_u8(&text, 0);
    assert_non_null(strstr((const char *)text.data, "\"pending\":true,\"failure\":7"));
    cs_buffer_free(&text);
    run(f, "pay-kit:ds-;");
    run(f, "pay-kit:ds-;");
    run(f, "");
}

/* One failing to go off keeps no other on. */
static void a_failing_callback_holds_up_no_other_withdrawal(void **state)
{
    fixture *f = *state;
    accept(f);
    grant_feed(f);
    ok(f, bind(f, "maps", "browse.search", NULL, NULL, NULL, true));
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, "maps", true));
    run(f, "maps:dsa*;feed:dsa*;");
    ok(f, journey_withdraw(&f->j, NULL, NULL));
    f->failures = 1;
    run(f, "feed:ds-;maps:ds-;");
    run(f, "feed:ds-;");
}

static void a_function_is_on_while_all_its_purposes_are_allowed(void **state)
{
    fixture *f = *state;
    ok(f, bind(f, "order", NULL, NULL, "order", NULL, false));
    run(f, "order:d--*;");
    accept(f);
    grant_payment(f, "pay-a");
    run(f, "order:ds-;");
    grant_payment(f, "pay-b");
    run(f, "order:dsa;");
}

static void a_new_version_that_was_not_accepted_leaves_what_was_agreed_on(void **state)
{
    fixture *f = *state;
    accept(f);
    grant_feed(f);
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, NULL, false));
    run(f, "feed:dsa*;");
    ok(f, journey_install(&f->j, 2));
    run(f, "");
}

static void a_store_that_cannot_be_trusted_switches_everything_off(void **state)
{
    fixture *f = *state;
    size_t count = 0;
    accept(f);
    ok(f, bind(f, "search", "browse.search", NULL, NULL, NULL, false));
    run(f, "search:dsa*;");
    f->j.profile->health = CONSENT_E_CORRUPT;
    f->calls[0] = '\0';
    assert_int_equal(cs_profile_poll(f->j.profile, &count, &f->j.err), CONSENT_E_CORRUPT);
    assert_string_equal(f->calls, "search:ds-;");
}

static int run_inside(void *ctx, const char *id, const consent_switch_facts *facts)
{
    fixture *f = ctx;
    size_t count = 0;
    assert_int_equal(cs_profile_poll(f->j.profile, &count, NULL), CONSENT_OK);
    assert_int_equal(count, 0);
    assert_int_equal(journey_decision(&f->j, "browse.search", "", "keyword"), CONSENT_ALLOW);
    return note(ctx, id, facts);
}

/* No lock is held during a callback: it may ask, and it may even poll. */
static void a_callback_may_call_the_library(void **state)
{
    fixture *f = *state;
    consent_switch which = CONSENT_INIT(consent_switch);
    which.id = "search";
    which.purpose = "browse.search";
    which.apply = run_inside;
    which.ctx = f;
    accept(f);
    ok(f, cs_switch_bind(f->j.profile, &which, &f->j.err));
    run(f, "search:dsa*;");
}

static void bindings_that_make_no_sense_are_refused(void **state)
{
    fixture *f = *state;
    consent_switch which = CONSENT_INIT(consent_switch);
    assert_int_equal(bind(f, "maps", NULL, NULL, NULL, NULL, false), CONSENT_E_ARGUMENT);
    assert_int_equal(bind(f, "", "browse.search", NULL, NULL, NULL, false), CONSENT_E_ARGUMENT);
    assert_int_equal(bind(f, "maps", "Browse", NULL, NULL, NULL, false), CONSENT_E_ARGUMENT);
    assert_int_equal(bind(f, "maps", "browse.search", NULL, NULL, "nobody", false), CONSENT_E_NOT_FOUND);
    ok(f, bind(f, "maps", "browse.search", NULL, NULL, NULL, false));
    ok(f, bind(f, "feed", "recommend.feed", NULL, NULL, "maps", false));
    assert_int_equal(bind(f, "maps", "browse.search", NULL, NULL, "feed", false), CONSENT_E_REJECTED);
    which.id = "maps";
    assert_int_equal(cs_switch_bind(f->j.profile, &which, &f->j.err), CONSENT_E_REJECTED);
    which.id = "feed";
    ok(f, cs_switch_bind(f->j.profile, &which, &f->j.err));
    run(f, "maps:d--*;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_payment_kit_starts_only_after_its_own_separate_consent, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_policy_does_not_name_stays_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kit_that_may_not_even_be_told_no_is_left_untouched_until_it_is_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(each_start_replays_what_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_after_another_goes_on_later_and_off_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(a_switch_waits_for_the_one_before_it_to_be_on_indeed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_callback_leaves_the_consent_withdrawn_and_is_repeated, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failing_callback_holds_up_no_other_withdrawal, setup, teardown),
        cmocka_unit_test_setup_teardown(a_function_is_on_while_all_its_purposes_are_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_version_that_was_not_accepted_leaves_what_was_agreed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_that_cannot_be_trusted_switches_everything_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callback_may_call_the_library, setup, teardown),
        cmocka_unit_test_setup_teardown(bindings_that_make_no_sense_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
