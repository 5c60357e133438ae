/* Which policies a home takes, from whom, and what it remembers: older, stolen, frozen and mixed ones. What is installed goes
 * through the whole way, home and disk; what is remembered is looked for after opening the home anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "profile/profile.h"
#include "support/make_policy.h"
#include "support/world.h"

#define ROOT 0x11
#define OTHER_ROOT 0x12
#define FIRST 0x22
#define SECOND 0x23
#define FRESH_UNTIL "2026-04-03T00:00:00Z" /* two days from MAKE_NOW_MS */

typedef struct fixture {
    world w;
    cs_env env;
    cs_home *home;
    uint8_t roots[2 * CS_P256_PUBLIC_SIZE];
    size_t root_count;
    consent_error err;
} fixture;

static void open_home(fixture *f)
{
    consent_config config = CONSENT_INIT(consent_config);
    config.home = "home";
    config.root_keys = f->roots;
    config.root_key_count = f->root_count;
    if (cs_home_open(&f->env, &config, &f->home, &f->err) != CONSENT_OK)
        fail_msg("%s", f->err.message);
}

static void pin(fixture *f, uint8_t first, uint8_t second)
{
    memcpy(f->roots, make_public_key(first), CS_P256_PUBLIC_SIZE);
    if (second)
        memcpy(f->roots + CS_P256_PUBLIC_SIZE, make_public_key(second), CS_P256_PUBLIC_SIZE);
    f->root_count = second ? 2 : 1;
}

static void reopen(fixture *f)
{
    cs_home_close(f->home);
    open_home(f);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = MAKE_NOW_MS;
    f->env = world_env(&f->w);
    pin(f, ROOT, 0);
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

static consent_status install_bytes(fixture *f, const cs_buffer *bytes)
{
    memset(&f->err, 0, sizeof f->err);
    f->env.mutex_lock(f->env.ctx, f->home->lock);
    consent_status status = cs_home_install(f->home, cs_buffer_span(bytes), &f->err);
    f->env.mutex_unlock(f->env.ctx, f->home->lock);
    return status;
}

/* The sample policy, scaled down to what the versions need to differ in. */
static char *policy_text(uint32_t version, const char *note)
{
    char number[64], name[64];
    char *sample = make_fixture("sample.json");
    (void)snprintf(number, sizeof number, "\"version\": %u, \"revision\": 0", version);
    char *numbered = make_replaced(sample, "\"version\": 3, \"revision\": 2", number);
    (void)snprintf(name, sizeof name, "Key points%s.", note);
    char *text = make_replaced(numbered, "Key points first.", name);
    free(sample);
    free(numbered);
    return text;
}

static make_signers signers(uint32_t key_set, uint8_t publisher)
{
    return (make_signers){.root = ROOT, .key_set = key_set, .named = {publisher}, .publisher = publisher};
}

static consent_status install_as(fixture *f, uint32_t version, const char *note, const make_signers *by)
{
    cs_buffer bundle;
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    char *text = policy_text(version, note);
    make_signed_bundle(text, by, &bundle);
    free(text);
    consent_status status = install_bytes(f, &bundle);
    cs_buffer_free(&bundle);
    return status;
}

static consent_status install(fixture *f, uint32_t version, uint32_t key_set, uint8_t publisher)
{
    make_signers by = signers(key_set, publisher);
    return install_as(f, version, "", &by);
}

static void hash_of(uint32_t version, const char *note, char hex[2 * CS_HASH_SIZE + 1])
{
    uint8_t hash[CS_HASH_SIZE];
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    char *text = policy_text(version, note);
    make_payload(text, &payload);
    free(text);
    cs_span part = cs_buffer_span(&payload);
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    cs_hex_encode(hash, sizeof hash, hex);
    cs_buffer_free(&payload);
}

static consent_status install_head(fixture *f, uint32_t version, const char *note, const char *until,
                                   const make_signers *by)
{
    char payload[400], hex[2 * CS_HASH_SIZE + 1];
    cs_buffer head;
    cs_buffer_init(&head, make_memory(), CS_BUNDLE_MAX_BYTES);
    hash_of(version, note, hex);
    (void)snprintf(payload, sizeof payload,
                   "{\"schema\":1,\"id\":\"platform\",\"version\":%u,\"hash\":\"%s\",\"fresh_until\":\"%s\"}", version,
                   hex, until);
    make_head(payload, by, &head);
    consent_status status = install_bytes(f, &head);
    cs_buffer_free(&head);
    return status;
}

static void expect(const fixture *f, consent_status status, consent_status expected, const char *says)
{
    if (status != expected || (says && !strstr(f->err.message, says)))
        fail_msg("%s: %s; %s (%s) was expected", consent_status_name(status), f->err.message,
                 consent_status_name(expected), says ? says : "");
}

static bool holds(fixture *f, uint32_t version)
{
    assert_int_equal(cs_home_refresh_policies(f->home, &f->err), CONSENT_OK);
    return cs_home_policy(f->home, "platform", version) != NULL;
}

/* ---- rollback -------------------------------------------------------------------------------- */

static void an_older_version_is_refused_after_opening_again_too(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    reopen(f);
    expect(f, install(f, 4, 1, FIRST), CONSENT_E_REJECTED, "older than version 5");
    assert_false(holds(f, 4));
}

static void an_older_key_set_is_refused_whatever_it_carries(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 5, 2, FIRST), CONSENT_OK, NULL);
    reopen(f);
    expect(f, install(f, 6, 1, FIRST), CONSENT_E_REJECTED, "key set 1 is older than key set 2");
    assert_false(holds(f, 6));
    expect(f, install(f, 6, 2, FIRST), CONSENT_OK, NULL);
}

/* An app installs the bundle that it ships at every start, long after newer keys came. */
static void a_policy_that_is_held_is_fine_under_an_older_key_set_and_changes_nothing(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 6, 2, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 7, 1, FIRST), CONSENT_E_REJECTED, "key set 1");
}

static void a_key_set_of_the_same_version_with_other_content_is_refused(void **state)
{
    fixture *f = *state;
    make_signers other = {.root = ROOT, .key_set = 1, .named = {FIRST, SECOND}, .publisher = SECOND};
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_as(f, 6, "", &other), CONSENT_E_REJECTED, "other content");
    assert_false(holds(f, 6));
}

static void one_version_with_two_contents_is_refused(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_as(f, 5, " again", &by), CONSENT_E_REJECTED, "other content");
}

/* ---- rotation and revocation ------------------------------------------------------------------- */

static void a_revoked_publisher_cannot_publish_and_what_it_published_stays(void **state)
{
    fixture *f = *state;
    make_signers mixed = {.root = ROOT, .key_set = 2, .named = {SECOND}, .publisher = FIRST};
    make_signers named = signers(2, SECOND);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 6, 2, SECOND), CONSENT_OK, NULL);
    expect(f, install(f, 7, 1, FIRST), CONSENT_E_REJECTED, "key set 1");
    /* The new key set put before a policy of the old key. */
    cs_buffer good, bad;
    cs_buffer_init(&good, make_memory(), CS_BUNDLE_MAX_BYTES);
    cs_buffer_init(&bad, make_memory(), CS_BUNDLE_MAX_BYTES);
    char *text = policy_text(7, "");
    make_signed_bundle(text, &named, &good);
    make_signed_bundle(text, &mixed, &bad);
    expect(f, install_bytes(f, &bad), CONSENT_E_TAMPERED, "not among");
    expect(f, install_bytes(f, &good), CONSENT_OK, NULL);
    free(text);
    cs_buffer_free(&good);
    cs_buffer_free(&bad);
    reopen(f);
    assert_true(holds(f, 5));
    assert_true(holds(f, 6));
}

/* The same policy under a newer key set, by another publisher, is how a publisher is revoked without a new policy. */
static void a_policy_that_is_held_may_bring_a_newer_key_set(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 5, 2, SECOND), CONSENT_OK, NULL);
    reopen(f);
    assert_int_equal(f->home->held_count, 1);
    expect(f, install(f, 6, 1, FIRST), CONSENT_E_REJECTED, "key set 1");
}

static void while_both_publishers_are_named_one_cannot_go_below_the_other(void **state)
{
    fixture *f = *state;
    make_signers both = {.root = ROOT, .key_set = 2, .named = {FIRST, SECOND}, .publisher = SECOND};
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_as(f, 4, "", &both), CONSENT_E_REJECTED, "older than version 5");
    expect(f, install_as(f, 6, "", &both), CONSENT_OK, NULL);
}

/* Whoever stole a key could use up the numbers; naming it no longer gives them back. */
static void a_floor_goes_with_its_publisher(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 2000000000, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install(f, 6, 2, SECOND), CONSENT_OK, NULL);
    expect(f, install(f, 5, 2, SECOND), CONSENT_E_REJECTED, "older than version 6");
}

/* ---- several roots ------------------------------------------------------------------------------ */

static void any_pinned_root_may_sign_and_no_other(void **state)
{
    fixture *f = *state;
    make_signers other = {.root = OTHER_ROOT, .key_set = 1, .named = {SECOND}, .publisher = SECOND};
    expect(f, install_as(f, 5, "", &other), CONSENT_E_TAMPERED, NULL);
    pin(f, ROOT, OTHER_ROOT);
    reopen(f);
    expect(f, install_as(f, 5, "", &other), CONSENT_OK, NULL);
    other.root = 0x13;
    other.key_set = 9;
    expect(f, install_as(f, 6, "", &other), CONSENT_E_TAMPERED, NULL);
}

static void key_sets_are_counted_over_all_pinned_roots(void **state)
{
    fixture *f = *state;
    make_signers other = {.root = OTHER_ROOT, .key_set = 2, .named = {SECOND}, .publisher = SECOND};
    pin(f, ROOT, OTHER_ROOT);
    reopen(f);
    expect(f, install_as(f, 5, "", &other), CONSENT_OK, NULL);
    expect(f, install(f, 6, 1, FIRST), CONSENT_E_REJECTED, "key set 1 is older than key set 2");
    /* The app pins that root no longer, because it was lost: its count goes with it. */
    pin(f, ROOT, 0);
    reopen(f);
    expect(f, install(f, 6, 1, FIRST), CONSENT_OK, NULL);
}

/* ---- freeze --------------------------------------------------------------------------------------- */

static void a_head_statement_shows_that_newer_versions_are_kept_away(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    const cs_policy *held = cs_home_policy(f->home, "platform", 5)->policy;
    assert_false(cs_home_is_outdated(f->home, held));
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    assert_true(cs_home_is_outdated(f->home, held));
    reopen(f);
    held = cs_home_policy(f->home, "platform", 5)->policy;
    assert_true(cs_home_is_outdated(f->home, held));
    expect(f, install(f, 6, 1, FIRST), CONSENT_OK, NULL);
    assert_false(cs_home_is_outdated(f->home, cs_home_policy(f->home, "platform", 6)->policy));
}

static void an_old_head_statement_is_refused(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    expect(f, install_head(f, 5, "", FRESH_UNTIL, &by), CONSENT_E_REJECTED, "older");
    expect(f, install_head(f, 6, " again", FRESH_UNTIL, &by), CONSENT_E_REJECTED, "contradicts");
    expect(f, install_head(f, 7, "", "2026-03-31T00:00:00Z", &by), CONSENT_E_EXPIRED, "fresh until");
    expect(f, install(f, 7, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_E_REJECTED, "older than version 7");
}

static void a_head_statement_goes_with_its_publisher(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_head(f, 2000000000, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    expect(f, install(f, 5, 2, SECOND), CONSENT_OK, NULL);
    assert_false(cs_home_is_outdated(f->home, cs_home_policy(f->home, "platform", 5)->policy));
    by = signers(2, SECOND);
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
}

static void a_publishers_time_bounds_what_it_signs(void **state)
{
    fixture *f = *state;
    f->w.wall_ms = MAKE_NOW_MS + 400 * CS_DAY_MS;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_E_EXPIRED, "named for");
    expect(f, install_head(f, 5, "", "2028-01-01T00:00:00Z", &by), CONSENT_E_EXPIRED, "named for");
    assert_false(holds(f, 5));
}

/* ---- mix and match ---------------------------------------------------------------------------------- */

static void a_policy_other_than_the_head_statement_names_is_refused(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    expect(f, install_as(f, 6, " again", &by), CONSENT_E_REJECTED, "not the one that the head statement names");
    assert_false(holds(f, 6));
    expect(f, install(f, 6, 1, FIRST), CONSENT_OK, NULL);
}

static void a_head_statement_that_contradicts_the_policy_held_is_refused(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_head(f, 5, " again", FRESH_UNTIL, &by), CONSENT_E_REJECTED, "held with other content");
    expect(f, install_head(f, 5, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
}

static void a_policy_does_not_pass_for_a_head_statement_nor_the_other_way_round(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    cs_buffer head;
    cs_buffer_init(&head, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_head("{\"schema\":1,\"id\":\"platform\",\"version\":5}", &by, &head);
    expect(f, install_bytes(f, &head), CONSENT_E_ARGUMENT, "fresh_until: a string");
    cs_buffer_text(&head, "more\n");
    expect(f, install_bytes(f, &head), CONSENT_E_ARGUMENT, "behind the statement");
    cs_buffer_clear(&head);
    make_head("{\"schema\":2,\"id\":\"platform\",\"version\":5}", &by, &head);
    expect(f, install_bytes(f, &head), CONSENT_E_UNSUPPORTED, "newer schema");
    head.data[head.size - 9] ^= 1;
    expect(f, install_bytes(f, &head), CONSENT_E_TAMPERED, NULL);
    cs_buffer_free(&head);
}

/* ---- newer policies, and what fails ------------------------------------------------------------------- */

static consent_status install_with(fixture *f, const char *find, const char *replacement)
{
    cs_buffer bundle;
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    char *text = policy_text(5, "");
    char *changed = make_replaced(text, find, replacement);
    make_bundle(changed, &bundle);
    free(text);
    free(changed);
    consent_status status = install_bytes(f, &bundle);
    cs_buffer_free(&bundle);
    return status;
}

static void unknown_members_are_ignored_unless_they_are_critical(void **state)
{
    fixture *f = *state;
    expect(f, install_with(f, "\"crit\": []", "\"crit\": [\"quota\"], \"quota\": 3"), CONSENT_E_UNSUPPORTED, "crit");
    assert_false(holds(f, 5));
    expect(f, install_with(f, "\"crit\": []", "\"crit\": [], \"quota\": 3"), CONSENT_OK, NULL);
    assert_true(holds(f, 5));
}

/* Whatever call fails on the way, the home holds the old or the new, floors included, and takes the bundle later. */
static void nothing_is_kept_of_an_installation_that_fails(void **state)
{
    fixture *f = *state;
    expect(f, install(f, 4, 1, FIRST), CONSENT_OK, NULL);
    bool reached = true;
    for (uint32_t n = 1; reached; n++) {
        world_arm(&f->w, n, EIO);
        consent_status status = install(f, 4 + n, 1 + n, SECOND);
        reached = f->w.calls >= n;
        world_disarm(&f->w);
        reopen(f);
        assert_true(holds(f, 4));
        /* A failure of the last calls, on the way back, is of what is written already. */
        assert_true(status != CONSENT_OK || holds(f, 4 + n));
        if (holds(f, 4 + n))
            expect(f, install(f, 5000, n, FIRST), CONSENT_E_REJECTED, "key set");
        assert_true(n < 1000);
    }
}

static void nothing_is_kept_of_a_head_statement_that_fails(void **state)
{
    fixture *f = *state;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    bool reached = true;
    for (uint32_t n = 1; reached; n++) {
        world_arm(&f->w, n, EIO);
        consent_status status = install_head(f, 5 + n, "", FRESH_UNTIL, &by);
        reached = f->w.calls >= n;
        world_disarm(&f->w);
        reopen(f);
        assert_true(holds(f, 5));
        assert_true(status != CONSENT_OK ||
                    cs_home_is_outdated(f->home, cs_home_policy(f->home, "platform", 5)->policy));
        assert_true(n < 1000);
    }
}

/* What is refused leaves no trace: neither a floor nor a key set, though its signatures were good. */
static void a_refused_bundle_raises_nothing(void **state)
{
    fixture *f = *state;
    make_signers by = signers(9, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    expect(f, install_as(f, 5, " again", &by), CONSENT_E_REJECTED, "other content");
    expect(f, install_as(f, 4, "", &by), CONSENT_E_REJECTED, "older");
    expect(f, install(f, 6, 1, FIRST), CONSENT_OK, NULL);
}

static void another_process_sees_what_was_installed(void **state)
{
    fixture *f = *state;
    cs_home *mine = f->home;
    make_signers by = signers(1, FIRST);
    expect(f, install(f, 5, 1, FIRST), CONSENT_OK, NULL);
    f->w.process_id = 2000;
    open_home(f);
    expect(f, install_head(f, 6, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    expect(f, install_head(f, 7, "", FRESH_UNTIL, &by), CONSENT_OK, NULL);
    cs_home_close(f->home);
    f->w.process_id = 1000;
    f->home = mine;
    assert_true(holds(f, 5));
    assert_true(cs_home_is_outdated(f->home, cs_home_policy(f->home, "platform", 5)->policy));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_older_version_is_refused_after_opening_again_too),
        TEST(an_older_key_set_is_refused_whatever_it_carries),
        TEST(a_policy_that_is_held_is_fine_under_an_older_key_set_and_changes_nothing),
        TEST(a_key_set_of_the_same_version_with_other_content_is_refused),
        TEST(one_version_with_two_contents_is_refused),
        TEST(a_revoked_publisher_cannot_publish_and_what_it_published_stays),
        TEST(a_policy_that_is_held_may_bring_a_newer_key_set),
        TEST(while_both_publishers_are_named_one_cannot_go_below_the_other),
        TEST(a_floor_goes_with_its_publisher),
        TEST(any_pinned_root_may_sign_and_no_other),
        TEST(key_sets_are_counted_over_all_pinned_roots),
        TEST(a_head_statement_shows_that_newer_versions_are_kept_away),
        TEST(an_old_head_statement_is_refused),
        TEST(a_head_statement_goes_with_its_publisher),
        TEST(a_publishers_time_bounds_what_it_signs),
        TEST(a_policy_other_than_the_head_statement_names_is_refused),
        TEST(a_head_statement_that_contradicts_the_policy_held_is_refused),
        TEST(a_policy_does_not_pass_for_a_head_statement_nor_the_other_way_round),
        TEST(unknown_members_are_ignored_unless_they_are_critical),
        TEST(nothing_is_kept_of_an_installation_that_fails),
        TEST(nothing_is_kept_of_a_head_statement_that_fails),
        TEST(a_refused_bundle_raises_nothing),
        TEST(another_process_sees_what_was_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
