/* What has to go, told over the whole engine and the injected world. */
#include <errno.h>
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
    char calls[1024]; /* "platform/share.payment/pay-a/account,:1;" scope, purpose, recipient, data, reason */
    size_t failures;  /* so many calls fail from now on */
    bool give_anew;   /* the call grants again what has to go, and fails nothing */
    bool poll_inside;
} fixture;

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    if (journey_open(&f->j, &f->w) != CONSENT_OK || journey_install(&f->j, 1) != CONSENT_OK)
        fail_msg("%s", f->j.err.message);
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

static void grant_payment(fixture *f, const char *recipient)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_SEPARATE, "share.payment", recipient, CONSENT_ACTION_ACCEPT));
}

static int note(void *ctx, const consent_purge *what)
{
    fixture *f = ctx;
    char *at = f->calls + strlen(f->calls);
    char *end = f->calls + sizeof f->calls;
    at += snprintf(at, (size_t)(end - at), "%s/%s/%s/", what->scope, what->purpose,
                   what->recipient ? what->recipient : "-");
    for (size_t i = 0; i < what->data_count; i++)
        at += snprintf(at, (size_t)(end - at), "%s,", what->data[i]);
    (void)snprintf(at, (size_t)(end - at), ":%d;", (int)what->reason);
    if (f->poll_inside) {
        size_t count = 0;
        ok(f, cs_profile_poll(f->j.profile, &count, &f->j.err));
        assert_int_equal(count, 0);
    }
    if (f->give_anew) {
        cs_query query = {.purpose = CS_STR("share.payment"), .recipient = CS_STR("pay-a"), .user_initiated = true};
        const cs_form_request request = {.occasion = CONSENT_OCCASION_SEPARATE, .query = query, .user_initiated = true};
        consent_submission given = CONSENT_INIT(consent_submission);
        cs_form *form = NULL;
        given.action = CONSENT_ACTION_ACCEPT;
        given.emphasis_rendered = true;
        ok(f, cs_profile_form(f->j.profile, &request, &form, &f->j.err));
        ok(f, cs_profile_submit(f->j.profile, form, &given, f->w.wall_ms, &f->j.err));
        cs_form_free(form);
    }
    if (f->failures == 0)
        return 0;
    f->failures--;
    return 1;
}

static consent_status run(fixture *f)
{
    size_t count = 0;
    f->calls[0] = '\0';
    return cs_profile_poll(f->j.profile, &count, &f->j.err);
}

static void expect_run(fixture *f, const char *calls)
{
    ok(f, run(f));
    assert_string_equal(f->calls, calls);
}

static void expect_listed(fixture *f, const char *piece, bool there)
{
    cs_buffer out;
    cs_buffer_init(&out, &f->j.env.memory, 65536);
    ok(f, cs_profile_switches(f->j.profile, &out, &f->j.err));
    cs_buffer_u8(&out, 0);
    assert_int_equal(strstr((const char *)out.data, piece) != NULL, there);
    cs_buffer_free(&out);
}

static void begin(fixture *f)
{
    ok(f, journey_answer(&f->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT));
    ok(f, cs_purge_bind(f->j.profile, note, f, &f->j.err));
    grant_payment(f, "pay-a");
    expect_run(f, "");
}

/* C118 C144 */
static void what_is_taken_back_is_told_with_all_that_names_it_until_it_is_gone(void **state)
{
    fixture *f = *state;
    begin(f);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    expect_listed(f,
                  "\"purges\":[{\"reason\":\"withdrawn\",\"scope\":\"platform\",\"purpose\":\"share.payment\","
                  "\"recipient\":\"pay-a\",\"data\":[\"account\"],\"anonymise\":false}]",
                  true);
    f->failures = 1;
    expect_run(f, "platform/share.payment/pay-a/account,:1;");
    f->poll_inside = true;
    expect_run(f, "platform/share.payment/pay-a/account,:1;");
    expect_listed(f, "\"purges\":[]", true);
    expect_run(f, "");
}

static void a_purge_that_no_disk_has_is_told_again(void **state)
{
    fixture *f = *state;
    begin(f);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    world_arm_persistently(&f->w, 1, ENOSPC);
    assert_int_not_equal(run(f), CONSENT_OK);
    assert_string_equal(f->calls, "platform/share.payment/pay-a/account,:1;");
    world_disarm(&f->w);
    journey_close(&f->j);
    ok(f, journey_open(&f->j, &f->w));
    ok(f, cs_purge_bind(f->j.profile, note, f, &f->j.err));
    expect_run(f, "platform/share.payment/pay-a/account,:1;");
    expect_run(f, "");
}

static void what_is_given_anew_during_the_call_is_told_when_it_is_lost_again(void **state)
{
    fixture *f = *state;
    begin(f);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    f->give_anew = true;
    expect_run(f, "platform/share.payment/pay-a/account,:1;");
    f->give_anew = false;
    expect_run(f, "");
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    expect_run(f, "platform/share.payment/pay-a/account,:1;");
}

static void nothing_is_told_to_who_was_taken_back(void **state)
{
    fixture *f = *state;
    begin(f);
    ok(f, journey_withdraw(&f->j, "share.payment", "pay-a"));
    ok(f, cs_purge_bind(f->j.profile, NULL, NULL, &f->j.err));
    expect_run(f, "");
    expect_listed(f, "share.payment", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_taken_back_is_told_with_all_that_names_it_until_it_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_purge_that_no_disk_has_is_told_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_given_anew_during_the_call_is_told_when_it_is_lost_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_is_told_to_who_was_taken_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
