/* What the life of a form forbids, through the public interface: submitted once, under the policies it was built from. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include <cmocka.h>

#include <consent/platform.h>

#include "support/journey.h"

typedef struct fixture {
    char home[64];
    consent_clock clock;
    consent_client *client;
    consent_profile *profile;
    consent_form *form;
    consent_error err;
} fixture;

static void read_clock(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms)
{
    (void)ctx;
    *wall_ms = JOURNEY_START_MS;
    *elapsed_ms = 1000;
}

static void ok(const fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void install(fixture *f, uint32_t version)
{
    cs_span bundle = journey_bundle(version);
    ok(f, consent_policy_install(f->client, bundle.data, bundle.size, &f->err));
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    *state = f;
    (void)snprintf(f->home, sizeof f->home, "%s", "/tmp/consent-single-use-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    f->clock = (consent_clock){.struct_size = sizeof f->clock, .now = read_clock};
    consent_config config = CONSENT_INIT(consent_config);
    config.home = f->home;
    config.root_keys = journey_root();
    config.root_key_count = 1;
    config.clock = &f->clock;
    consent_profile_config who = CONSENT_INIT(consent_profile_config);
    ok(f, consent_open(&config, &f->client, &f->err));
    install(f, 1);
    ok(f, consent_profile_open(f->client, &who, &f->profile, &f->err));
    consent_form_request request = CONSENT_INIT(consent_form_request);
    request.occasion = CONSENT_OCCASION_FIRST_RUN;
    ok(f, consent_form_build(f->profile, &request, &f->form, &f->err));
    return 0;
}

static void remove_home(const char *home)
{
    DIR *dir = opendir(home);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", home, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
    (void)rmdir(home);
}

static int teardown(void **state)
{
    fixture *f = *state;
    consent_form_close(f->form);
    consent_profile_close(f->profile);
    consent_close(f->client);
    remove_home(f->home);
    test_free(f);
    return 0;
}

static int count_lines(void *ctx, const char *text, size_t size)
{
    size_t *lines = ctx;
    for (size_t i = 0; i < size; i++)
        *lines += text[i] == '\n';
    return 0;
}

static size_t events(fixture *f)
{
    size_t lines = 0;
    ok(f, consent_history(f->profile, count_lines, &lines, &f->err));
    return lines;
}

static consent_status submit(fixture *f, consent_action action)
{
    const consent_answer tick = {"tick", action == CONSENT_ACTION_ACCEPT, false, 0};
    consent_submission given = CONSENT_INIT(consent_submission);
    given.action = action;
    given.answers = &tick;
    given.answer_count = 1;
    given.reached_end = true;
    given.emphasis_rendered = true;
    return consent_form_submit(f->form, &given, &f->err);
}

static void a_form_is_submitted_once(void **state)
{
    fixture *f = *state;
    ok(f, consent_form_shown(f->form, &f->err));
    ok(f, submit(f, CONSENT_ACTION_ACCEPT));
    size_t recorded = events(f);
    assert_int_equal(submit(f, CONSENT_ACTION_ACCEPT), CONSENT_E_USED);
    assert_int_equal(submit(f, CONSENT_ACTION_REFUSE), CONSENT_E_USED);
    assert_int_equal(events(f), recorded);
}

static void a_form_that_was_not_shown_records_nothing_and_stays_usable(void **state)
{
    fixture *f = *state;
    assert_int_equal(submit(f, CONSENT_ACTION_ACCEPT), CONSENT_E_REJECTED);
    ok(f, consent_form_shown(f->form, &f->err));
    ok(f, submit(f, CONSENT_ACTION_ACCEPT));
}

static void a_form_does_not_outlive_the_arrival_of_a_policy(void **state)
{
    fixture *f = *state;
    ok(f, consent_form_shown(f->form, &f->err));
    install(f, 2);
    assert_int_equal(submit(f, CONSENT_ACTION_ACCEPT), CONSENT_E_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_form_is_submitted_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_form_that_was_not_shown_records_nothing_and_stays_usable, setup, teardown),
        cmocka_unit_test_setup_teardown(a_form_does_not_outlive_the_arrival_of_a_policy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
