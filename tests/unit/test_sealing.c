/* What an ended profile leaves: nothing for the next person or a thief of the disk, and for the operator, sealed, the acts of a person
 * who accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "consentctl/sealed.h"
#include "profile/internal.h"
#include "profile/rights.h"
#include "support/make_policy.h"
#include "support/world.h"

typedef struct fixture {
    world w;
    cs_env env;
    cs_home *home;
    consent_error err;
} fixture;

static void open_home(fixture *f)
{
    consent_config config = CONSENT_INIT(consent_config);
    config.home = "home";
    config.root_keys = make_root();
    config.root_key_count = 1;
    assert_int_equal(cs_home_open(&f->env, &config, &f->home, &f->err), CONSENT_OK);
}

static void install(fixture *f, bool with_key)
{
    char sealing[200];
    cs_buffer point, bundle;
    cs_buffer_init(&point, make_memory(), 200);
    cs_base64url_encode(&point, (cs_span){make_public_key(0x44), CS_P256_PUBLIC_SIZE});
    (void)snprintf(sealing, sizeof sealing, "%s%.*s%s\"schema\": 1", with_key ? "\"sealing_key\": \"" : "",
                   with_key ? (int)point.size : 0, (const char *)point.data, with_key ? "\", " : "");
    char *sample = make_fixture("sample.json");
    char *text = make_replaced(sample, "\"schema\": 1", sealing);
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_bundle(text, &bundle);
    f->env.mutex_lock(f->env.ctx, f->home->lock);
    if (cs_home_install(f->home, cs_buffer_span(&bundle), &f->err) != CONSENT_OK)
        fail_msg("%s", f->err.message);
    f->env.mutex_unlock(f->env.ctx, f->home->lock);
    cs_buffer_free(&bundle);
    cs_buffer_free(&point);
    free(text);
    free(sample);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = MAKE_NOW_MS;
    f->env = world_env(&f->w);
    open_home(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    cs_home_close(f->home);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || make_live_blocks() != 0;
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static cs_profile *begin(fixture *f, bool ephemeral)
{
    cs_profile *profile = NULL;
    assert_int_equal(cs_profile_open(f->home, NULL, ephemeral, &profile, &f->err), CONSENT_OK);
    assert_int_equal(cs_profile_health(profile, &f->err), CONSENT_OK);
    return profile;
}

static consent_status answer(fixture *f, cs_profile *profile, int32_t action)
{
    cs_form *form = NULL;
    consent_answer tick = {"tick", true, false, 0};
    consent_submission done = CONSENT_INIT(consent_submission);
    cs_form_request request = {.occasion = CONSENT_OCCASION_FIRST_RUN, .user_initiated = true};
    done.action = action;
    done.answers = &tick;
    done.answer_count = 1;
    done.emphasis_rendered = true;
    done.reached_end = true;
    if (cs_profile_form(profile, &request, &form, &f->err) != CONSENT_OK)
        fail_msg("%s", f->err.message);
    consent_status status = cs_profile_submit(profile, form, &done, MAKE_NOW_MS, &f->err);
    cs_form_free(form);
    return status;
}

/* ---- what lies in the home ----------------------------------------------------------------------------- */

typedef struct listing {
    const char *prefix;
    size_t count;
    char last[128];
} listing;

static void count_name(void *user, const char *name)
{
    listing *all = user;
    if (strncmp(name, all->prefix, strlen(all->prefix)) != 0)
        return;
    all->count++;
    (void)snprintf(all->last, sizeof all->last, "%s", name);
}

static size_t files(fixture *f, const char *prefix, char *last)
{
    listing all = {.prefix = prefix};
    assert_int_equal(f->env.dir_list(f->env.ctx, f->home->dir, count_name, &all), 0);
    if (last)
        memcpy(last, all.last, sizeof all.last);
    return all.count;
}

/* The events of one sealed file as lines; removes the file. */
static void take_sealed(fixture *f, cs_buffer *lines)
{
    char name[128];
    cs_buffer file;
    uint8_t key[CS_P256_PRIVATE_SIZE];
    memset(key, 0x44, sizeof key);
    assert_true(files(f, "sealed-", name) > 0);
    cs_buffer_init(&file, make_memory(), 1024u * 1024u);
    cs_buffer_init(lines, make_memory(), 1024u * 1024u);
    assert_int_equal(cs_file_load(&f->env, f->home->dir, name, &file, &f->err), CONSENT_OK);
    if (cs_sealed_lines(make_memory(), key, cs_buffer_span(&file), lines, &f->err) != CONSENT_OK)
        fail_msg("%s", f->err.message);
    cs_buffer_u8(lines, 0);
    cs_buffer_free(&file);
    assert_int_equal(f->env.file_unlink(f->env.ctx, f->home->dir, name), 0);
}

static bool tells(const cs_buffer *lines, const char *piece)
{
    return strstr((const char *)lines->data, piece) != NULL;
}

/* ---- the kiosk ------------------------------------------------------------------------------------------- */

/* C31 */
static void the_acts_of_a_visitor_who_accepted_are_left_for_the_operator_alone(void **state)
{
    fixture *f = *state;
    cs_buffer lines;
    const cs_query everything = {.purpose = {NULL, 0}};
    install(f, true);
    cs_profile *profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_int_equal(cs_profile_withdraw(profile, &everything, &f->err), CONSENT_OK);
    assert_int_equal(files(f, "sealed-", NULL), 0);
    cs_profile_close(profile);
    assert_int_equal(files(f, "sealed-", NULL), 1);
    assert_int_equal(files(f, "e-", NULL), 0);
    take_sealed(f, &lines);
    assert_true(tells(&lines, "{\"seq\":1,\"event\":\"notice_shown\""));
    assert_true(tells(&lines, "{\"seq\":2,\"event\":\"policy_accepted\""));
    assert_true(tells(&lines, "{\"seq\":3,\"event\":\"withdrawn\""));
    cs_buffer_free(&lines);
}

/* What a receipt covers is there already; the chain goes on from it. */
static void what_the_backend_has_is_not_left_again(void **state)
{
    fixture *f = *state;
    cs_buffer lines;
    const cs_query everything = {.purpose = {NULL, 0}};
    install(f, true);
    cs_profile *profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_int_equal(cs_profile_withdraw(profile, &everything, &f->err), CONSENT_OK);
    assert_int_equal(profile->state.stream_count, 1);
    profile->state.streams[0].acked_seq = 2;
    cs_profile_close(profile);
    take_sealed(f, &lines);
    assert_memory_equal(lines.data, "{\"seq\":3,\"event\":\"withdrawn\"", 28);
    assert_false(tells(&lines, "policy_accepted"));
    cs_buffer_free(&lines);

    profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    profile->state.streams[0].acked_seq = 2;
    cs_profile_close(profile);
    assert_int_equal(files(f, "sealed-", NULL), 0);
}

static void of_a_visitor_who_never_accepted_nothing_is_left(void **state)
{
    fixture *f = *state;
    install(f, true);
    cs_profile *profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_REFUSE), CONSENT_OK);
    assert_true(files(f, "e-", NULL) > 0);
    cs_profile_close(profile);
    assert_int_equal(files(f, "sealed-", NULL), 0);
    assert_int_equal(files(f, "e-", NULL), 0);
    assert_int_equal(files(f, "n-", NULL), 0);
}

static void without_the_operators_key_nothing_is_left(void **state)
{
    fixture *f = *state;
    install(f, false);
    cs_profile *profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    cs_profile_close(profile);
    assert_int_equal(files(f, "sealed-", NULL), 0);
    assert_int_equal(files(f, "e-", NULL), 0);
}

/* More visitors than a home has places for accounts; what waits for the operator has a bound. */
static void visitors_come_and_go_without_end(void **state)
{
    fixture *f = *state;
    install(f, true);
    for (int i = 0; i < 300; i++) {
        cs_profile *profile = begin(f, true);
        assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
        cs_profile_close(profile);
    }
    assert_int_equal(files(f, "sealed-", NULL), 256);
    assert_int_equal(files(f, "e-", NULL), 0);
    assert_true(f->w.log_lines > 0);
}

static void two_visitors_at_once_know_nothing_of_each_other(void **state)
{
    fixture *f = *state;
    cs_str data = CS_STR("keyword");
    cs_query query = {.purpose = CS_STR("search"), .data = &data, .data_count = 1};
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    install(f, true);
    cs_profile *one = begin(f, true), *two = begin(f, true);
    assert_int_equal(answer(f, one, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    cs_profile_close(one);
    assert_int_equal(cs_profile_check(two, &query, &verdict, &f->err), CONSENT_OK);
    assert_int_equal(verdict.decision, CONSENT_ASK);
    assert_int_equal(answer(f, two, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    cs_profile_close(two);
    assert_int_equal(files(f, "sealed-", NULL), 2);
}

/* A process that dies leaves a file without a key; the next one to open the home removes it, but never a living visitor's. */
static void what_a_crash_leaves_is_swept_at_the_next_open(void **state)
{
    fixture *f = *state;
    install(f, true);
    cs_home *dead = f->home;
    cs_profile *profile = begin(f, true);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    assert_true(files(f, "e-", NULL) > 0);
    f->w.process_id = 2000;
    open_home(f); /* while the first lives */
    assert_true(files(f, "e-", NULL) > 0);
    cs_home_close(f->home);
    (void)dead;
    world_kill(&f->w, 1000);
    open_home(f);
    assert_int_equal(files(f, "e-", NULL), 0);
    assert_int_equal(files(f, "sealed-", NULL), 0);
}

/* ---- erasing ----------------------------------------------------------------------------------------------- */

/* C145 C146 */
static void erasing_a_cancelled_account_leaves_the_operator_its_evidence_and_the_device_nothing(void **state)
{
    fixture *f = *state;
    cs_buffer lines;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    consent_request_change change = CONSENT_INIT(consent_request_change);
    install(f, true);
    cs_profile *profile = begin(f, false);
    assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
    request.right = CONSENT_RIGHT_CANCEL_ACCOUNT;
    assert_int_equal(cs_profile_request_open(profile, &request, id, &f->err), CONSENT_OK);
    change.id = id;
    change.state = CONSENT_REQUEST_DONE;
    assert_int_equal(cs_profile_request_update(profile, &change, &f->err), CONSENT_OK);
    assert_int_equal(cs_profile_erase(profile, &f->err), CONSENT_OK);
    cs_profile_close(profile);
    assert_int_equal(files(f, "l-", NULL), 0);
    assert_int_equal(files(f, "k-", NULL), 0);
    assert_int_equal(files(f, "n-", NULL), 0);
    take_sealed(f, &lines);
    assert_true(tells(&lines, "policy_accepted"));
    assert_true(tells(&lines, "request_opened"));
    assert_true(tells(&lines, "\"event\":\"withdrawn\""));
    cs_buffer_free(&lines);
}

/* The person's right comes before the operator's evidence. */
static void a_disk_that_fails_keeps_no_one_from_erasing(void **state)
{
    fixture *f = *state;
    install(f, true);
    bool reached = true;
    for (uint32_t n = 1; reached; n++) {
        cs_profile *profile = begin(f, false);
        assert_int_equal(answer(f, profile, CONSENT_ACTION_ACCEPT), CONSENT_OK);
        world_arm(&f->w, n, ENOSPC);
        consent_status status = cs_profile_erase(profile, &f->err);
        reached = f->w.calls >= n;
        world_disarm(&f->w);
        if (status != CONSENT_OK)
            (void)cs_profile_erase(profile, &f->err);
        cs_profile_close(profile);
        assert_int_equal(files(f, "l-", NULL), 0);
        assert_int_equal(files(f, "k-", NULL), 0);
        assert_true(n < 3000);
        char name[128];
        while (files(f, "sealed-", name) > 0)
            assert_int_equal(f->env.file_unlink(f->env.ctx, f->home->dir, name), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_acts_of_a_visitor_who_accepted_are_left_for_the_operator_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_backend_has_is_not_left_again, setup, teardown),
        cmocka_unit_test_setup_teardown(of_a_visitor_who_never_accepted_nothing_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(without_the_operators_key_nothing_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(visitors_come_and_go_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(two_visitors_at_once_know_nothing_of_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_crash_leaves_is_swept_at_the_next_open, setup, teardown),
        cmocka_unit_test_setup_teardown(
            erasing_a_cancelled_account_leaves_the_operator_its_evidence_and_the_device_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_fails_keeps_no_one_from_erasing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
