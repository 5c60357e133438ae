/* Notices to persons: whose signature counts, and what is kept of one that is refused or fails.
 * What they say and who acknowledges them is played by tests/scenarios/50_notices.jsonl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "profile/rights.h"
#include "support/make_policy.h"
#include "support/world.h"

#define ROOT 0x11
#define FIRST 0x22
#define SECOND 0x23
#define FACTS                                                                                                          \
    "\"facts\":{\"situation\":{\"zh-CN\":\"a\"},\"impact\":{\"zh-CN\":\"b\"},\"measures\":{\"zh-CN\":\"c\"},"          \
    "\"advice\":{\"zh-CN\":\"d\"},\"remedy\":{\"zh-CN\":\"e\"},\"contact\":{\"zh-CN\":\"f\"}}"
#define INCIDENT                                                                                                       \
    "{\"schema\":1,\"id\":\"leak-1\",\"policy\":\"platform\",\"kind\":\"incident\",\"issued\":\"2026-04-01T00:00:"     \
    "00Z\","                                                                                                           \
    "\"title\":{\"zh-CN\":\"t\"}," FACTS "}"

typedef struct fixture {
    world w;
    cs_env env;
    cs_home *home;
    cs_profile *profile;
    consent_error err;
} fixture;

static void open_all(fixture *f)
{
    consent_config config = CONSENT_INIT(consent_config);
    config.home = "home";
    config.root_keys = make_public_key(ROOT);
    config.root_key_count = 1;
    assert_int_equal(cs_home_open(&f->env, &config, &f->home, &f->err), CONSENT_OK);
    assert_int_equal(cs_profile_open(f->home, NULL, false, &f->profile, &f->err), CONSENT_OK);
}

static void close_all(fixture *f)
{
    cs_profile_close(f->profile);
    cs_home_close(f->home);
}

static make_signers signers(uint32_t key_set, uint8_t publisher)
{
    return (make_signers){.root = ROOT, .key_set = key_set, .named = {publisher}, .publisher = publisher};
}

static void install(fixture *f, uint32_t key_set, uint8_t publisher)
{
    make_signers by = signers(key_set, publisher);
    cs_buffer bundle;
    char *sample = make_fixture("sample.json");
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_signed_bundle(sample, &by, &bundle);
    f->env.mutex_lock(f->env.ctx, f->home->lock);
    assert_int_equal(cs_home_install(f->home, cs_buffer_span(&bundle), &f->err), CONSENT_OK);
    f->env.mutex_unlock(f->env.ctx, f->home->lock);
    cs_buffer_free(&bundle);
    free(sample);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = MAKE_NOW_MS;
    f->env = world_env(&f->w);
    open_all(f);
    install(f, 2, FIRST);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    close_all(f);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || make_live_blocks() != 0;
    world_free(&f->w);
    test_free(f);
    return leaked ? -1 : 0;
}

static consent_status receive_as(fixture *f, const char *typ, const char *payload, const make_signers *by)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_statement(typ, payload, by, &bytes);
    memset(&f->err, 0, sizeof f->err);
    consent_status status = cs_profile_notice_receive(f->profile, cs_buffer_span(&bytes), &f->err);
    cs_buffer_free(&bytes);
    return status;
}

static consent_status receive(fixture *f, const char *payload, uint32_t key_set, uint8_t publisher)
{
    make_signers by = signers(key_set, publisher);
    return receive_as(f, CS_TYP_NOTICE, payload, &by);
}

static bool lists(fixture *f, const char *piece)
{
    cs_buffer out;
    cs_buffer_init(&out, make_memory(), 1024u * 1024u);
    assert_int_equal(cs_profile_notices(f->profile, NULL, &out, &f->err), CONSENT_OK);
    cs_buffer_u8(&out, 0);
    bool found = strstr((const char *)out.data, piece) != NULL;
    cs_buffer_free(&out);
    return found;
}

/* ---- whose word counts -------------------------------------------------------------------------------- */

static void a_publisher_that_the_newest_key_set_names_no_longer_can_tell_nothing(void **state)
{
    fixture *f = *state;
    assert_int_equal(receive(f, INCIDENT, 1, SECOND), CONSENT_E_REJECTED);
    assert_false(lists(f, "leak-1"));
    assert_int_equal(receive(f, INCIDENT, 2, FIRST), CONSENT_OK);
    assert_true(lists(f, "leak-1"));
}

static void a_key_that_the_key_set_does_not_name_or_whose_time_is_over_can_tell_nothing(void **state)
{
    fixture *f = *state;
    make_signers stranger = signers(2, FIRST);
    stranger.publisher = SECOND;
    assert_int_equal(receive_as(f, CS_TYP_NOTICE, INCIDENT, &stranger), CONSENT_E_TAMPERED);
    make_signers foreign_root = signers(2, FIRST);
    foreign_root.root = 0x12;
    assert_int_equal(receive_as(f, CS_TYP_NOTICE, INCIDENT, &foreign_root), CONSENT_E_TAMPERED);
    f->w.wall_ms += INT64_C(366) * CS_DAY_MS;
    assert_int_equal(receive(f, INCIDENT, 2, FIRST), CONSENT_E_EXPIRED);
    assert_false(lists(f, "leak-1"));
}

static void a_head_statement_does_not_pass_for_a_notice(void **state)
{
    fixture *f = *state;
    make_signers by = signers(2, FIRST);
    assert_int_equal(receive_as(f, CS_TYP_HEAD, INCIDENT, &by), CONSENT_E_TAMPERED);
    assert_int_equal(receive_as(f, CS_TYP_POLICY, INCIDENT, &by), CONSENT_E_TAMPERED);
}

/* C126 */
static void a_notice_with_any_byte_changed_or_cut_off_is_refused(void **state)
{
    fixture *f = *state;
    make_signers by = signers(2, FIRST);
    cs_buffer bytes;
    cs_buffer_init(&bytes, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_statement(CS_TYP_NOTICE, INCIDENT, &by, &bytes);
    for (size_t i = 0; i < bytes.size; i += 7) {
        assert_int_not_equal(cs_profile_notice_receive(f->profile, (cs_span){bytes.data, i}, &f->err), CONSENT_OK);
        bytes.data[i] ^= 1u;
        assert_int_not_equal(cs_profile_notice_receive(f->profile, cs_buffer_span(&bytes), &f->err), CONSENT_OK);
        bytes.data[i] ^= 1u;
    }
    assert_false(lists(f, "leak-1"));
    assert_int_equal(cs_profile_notice_receive(f->profile, cs_buffer_span(&bytes), &f->err), CONSENT_OK);
    cs_buffer_free(&bytes);
}

/* ---- what is kept --------------------------------------------------------------------------------------- */

/* C126 */
static void each_of_the_six_facts_is_missed_by_name(void **state)
{
    static const char *const facts[] = {"situation", "impact", "measures", "advice", "remedy", "contact"};
    fixture *f = *state;
    for (size_t i = 0; i < CS_COUNT_OF(facts); i++) {
        char with[64], without[64];
        (void)snprintf(with, sizeof with, "\"%s\":", facts[i]);
        (void)snprintf(without, sizeof without, "\"un%s\":", facts[i]);
        char *text = make_replaced(INCIDENT, with, without);
        assert_int_equal(receive(f, text, 2, FIRST), CONSENT_E_REJECTED);
        assert_non_null(strstr(f->err.message, facts[i]));
        free(text);
    }
    assert_false(lists(f, "leak-1"));
}

static void the_same_notice_again_is_fine_and_recorded_once(void **state)
{
    fixture *f = *state;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    assert_int_equal(receive(f, INCIDENT, 2, FIRST), CONSENT_OK);
    assert_int_equal(receive(f, INCIDENT, 2, FIRST), CONSENT_OK);
    assert_int_equal(cs_profile_verify(f->profile, &report, &f->err), CONSENT_OK);
    assert_int_equal(report.event_count, 1);
}

static void a_newer_schema_is_not_guessed(void **state)
{
    fixture *f = *state;
    char *newer = make_replaced(INCIDENT, "\"schema\":1", "\"schema\":2");
    assert_int_equal(receive(f, newer, 2, FIRST), CONSENT_E_UNSUPPORTED);
    free(newer);
}

/* Whatever outside call fails, the notice is either held and shown, or neither. */
static void a_notice_whose_receipt_fails_is_whole_or_absent(void **state)
{
    fixture *f = *state;
    make_signers by = signers(2, FIRST);
    cs_buffer bytes;
    bool reached = true;
    cs_buffer_init(&bytes, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_statement(CS_TYP_NOTICE, INCIDENT, &by, &bytes);
    for (unsigned call = 1; reached; call++) {
        assert_true(call < 5000);
        world_arm(&f->w, call, EIO);
        consent_status status = cs_profile_notice_receive(f->profile, cs_buffer_span(&bytes), &f->err);
        reached = f->w.calls >= call;
        world_disarm(&f->w);
        close_all(f);
        open_all(f);
        bool held = lists(f, "\"for\":[\"person\"]");
        if (status == CONSENT_OK)
            assert_true(held);
        if (held) {
            cs_form *form = NULL;
            cs_form_request request = {.occasion = CONSENT_OCCASION_NOTICE, .notice = CS_STR("{\"id\":\"leak-1\"}")};
            assert_int_equal(cs_profile_form(f->profile, &request, &form, &f->err), CONSENT_OK);
            cs_form_free(form);
        }
    }
    cs_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_publisher_that_the_newest_key_set_names_no_longer_can_tell_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_key_that_the_key_set_does_not_name_or_whose_time_is_over_can_tell_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_head_statement_does_not_pass_for_a_notice, setup, teardown),
        cmocka_unit_test_setup_teardown(a_notice_with_any_byte_changed_or_cut_off_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(each_of_the_six_facts_is_missed_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_notice_again_is_fine_and_recorded_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_schema_is_not_guessed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_notice_whose_receipt_fails_is_whole_or_absent, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
