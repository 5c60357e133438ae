/* The key set by itself: who signs receipts, kept beside the policies, newest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/home.h"
#include "support/make_policy.h"
#include "support/world.h"

#define ROOT 0x11
#define PUBLISHER 0x22
#define BACKEND 0x44
#define NEXT_BACKEND 0x45

typedef struct fixture {
    world w;
    cs_env env;
    cs_home *home;
    cs_key_set set;
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

static consent_status install(fixture *f, cs_buffer *bytes)
{
    consent_status status = cs_home_install(f->home, cs_buffer_span(bytes), &f->err);
    cs_buffer_free(bytes);
    return status;
}

static consent_status install_keys(fixture *f, uint32_t version, uint8_t backend, const char *behind)
{
    const make_signers by = {.root = ROOT, .key_set = version, .named = {PUBLISHER}, .receipts = {backend}};
    cs_buffer line;
    cs_buffer_init(&line, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_key_set_by(&by, &line);
    cs_buffer_text(&line, behind);
    return install(f, &line);
}

static consent_status install_policy(fixture *f, uint32_t version, uint8_t backend)
{
    const make_signers by = {
        .root = ROOT, .key_set = version, .named = {PUBLISHER}, .publisher = PUBLISHER, .receipts = {backend}};
    char *text = make_fixture("sample.json");
    cs_buffer bundle;
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_signed_bundle(text, &by, &bundle);
    free(text);
    return install(f, &bundle);
}

static void assert_backend(fixture *f, uint8_t seed)
{
    cs_home_close(f->home);
    open_home(f);
    assert_int_equal(cs_home_key_set(f->home, &f->set, &f->err), CONSENT_OK);
    assert_int_equal(f->set.receipt_count, 1);
    assert_memory_equal(f->set.receipt_keys, make_public_key(seed), CS_P256_PUBLIC_SIZE);
    assert_true(f->set.receipts[0].not_before_ms < MAKE_NOW_MS && f->set.receipts[0].not_after_ms > MAKE_NOW_MS);
}

static void whose_receipts_count_comes_with_a_policy_and_alone(void **state)
{
    fixture *f = *state;
    assert_int_equal(cs_home_key_set(f->home, &f->set, NULL), CONSENT_E_NOT_FOUND);
    assert_int_equal(install_policy(f, 1, BACKEND), CONSENT_OK);
    assert_backend(f, BACKEND);
    assert_int_equal(install_keys(f, 2, NEXT_BACKEND, "\n"), CONSENT_OK);
    assert_backend(f, NEXT_BACKEND);
    assert_int_equal(install_keys(f, 2, NEXT_BACKEND, ""), CONSENT_OK); /* again */
    assert_backend(f, NEXT_BACKEND);
}

static void an_older_key_set_brings_no_old_backend_back(void **state)
{
    fixture *f = *state;
    assert_int_equal(install_keys(f, 3, NEXT_BACKEND, "\n"), CONSENT_OK);
    assert_int_equal(install_keys(f, 2, BACKEND, "\n"), CONSENT_E_REJECTED);
    assert_int_equal(install_keys(f, 3, BACKEND, "\n"), CONSENT_E_REJECTED); /* same version, other content */
    assert_backend(f, NEXT_BACKEND);
    assert_int_equal(install_policy(f, 4, BACKEND), CONSENT_OK);
    assert_int_equal(install_policy(f, 1, NEXT_BACKEND),
                     CONSENT_OK); /* held already: the app installs it at every start */
    assert_backend(f, BACKEND);
}

static void a_file_that_was_put_back_names_nobody(void **state)
{
    fixture *f = *state;
    size_t size = 0;
    static uint8_t old[65536];
    assert_int_equal(install_keys(f, 1, BACKEND, "\n"), CONSENT_OK);
    const uint8_t *bytes = world_file(&f->w, "home", "keyset", &size);
    assert_in_range(size, 1, sizeof old);
    memcpy(old, bytes, size);
    assert_int_equal(install_keys(f, 2, NEXT_BACKEND, "\n"), CONSENT_OK);
    world_put_file(&f->w, "home", "keyset", old, size);
    assert_int_equal(cs_home_key_set(f->home, &f->set, NULL), CONSENT_E_NOT_FOUND);
}

static void a_key_set_by_somebody_else_is_refused(void **state)
{
    fixture *f = *state;
    const make_signers stranger = {.root = 0x12, .key_set = 9, .named = {PUBLISHER}, .receipts = {BACKEND}};
    cs_buffer line;
    cs_buffer_init(&line, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_key_set_by(&stranger, &line);
    assert_int_equal(install(f, &line), CONSENT_E_TAMPERED);
    assert_int_equal(cs_home_key_set(f->home, &f->set, NULL), CONSENT_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whose_receipts_count_comes_with_a_policy_and_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(an_older_key_set_brings_no_old_backend_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_was_put_back_names_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_set_by_somebody_else_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
