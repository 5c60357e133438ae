/* A device whose own world fails while it syncs: every allocation, file operation and crash; one that keeps nothing; one whose
 * key store signs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/internal.h"
#include "support/device.h"

typedef struct fixture {
    world w;
    backend b;
    device d;
} fixture;

static void ok(fixture *f, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), f->d.j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static void start(fixture *f, const char *account)
{
    f->b.expected_token = account ? "account-token" : NULL;
    ok(f, device_open(&f->d, &f->w, &f->b, "home", account));
    ok(f, device_accept(&f->d));
    ok(f, device_grant(&f->d));
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    backend_init(&f->b, &f->w);
    start(f, "lin");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    device_free(&f->d);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || f->w.locks != 0;
    world_free(&f->w);
    backend_free(&f->b);
    test_free(f);
    return leaked ? -1 : 0;
}

static cs_exchange_standing standing(fixture *f)
{
    cs_exchange_standing out;
    assert_int_equal(cs_exchange_look(f->d.j.profile, &out, NULL), CONSENT_OK);
    return out;
}

static backend_range *foreign_range(fixture *f, device *other)
{
    ok(f, device_open(other, &f->w, &f->b, "home-2", "lin"));
    ok(f, device_accept(other));
    ok(f, device_grant(other));
    ok(f, device_sync(other));
    return &f->b.ranges[f->b.range_count - 1];
}

/* ---- every allocation, every file operation, every crash ------------------------------------------------------------ */

/* A world with acts to send, and another device's to take. */
static void make_work(fixture *f)
{
    device other = {0};
    (void)foreign_range(f, &other);
    ok(f, device_withdraw(&other));
    ok(f, device_sync(&other));
    device_free(&other);
    ok(f, device_withdraw(&f->d));
}

static void assert_came_through(fixture *f)
{
    uint32_t tries = 0;
    while (device_sync(&f->d) != CONSENT_OK && tries++ < 4)
        world_advance(&f->w, CS_DAY_MS);
    assert_true(tries < 4);
    cs_exchange_standing now = standing(f);
    assert_int_equal(now.waiting, 0);
    assert_int_equal(now.merged, backend_cursor(&f->b, now.profile));
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_int_equal(backend_stored(&f->b, now.lanes[0].stream), now.lanes[0].last);
    assert_int_equal(cs_ledger_verify(f->d.j.profile->ledger, NULL, NULL, NULL), CONSENT_OK);
}

static void each_call_fails_once(unsigned kinds, int code, uint64_t step)
{
    bool reached = true;
    for (uint64_t n = 1; reached; n += step) {
        void *state = NULL;
        assert_int_equal(setup(&state), 0);
        fixture *f = state;
        make_work(f);
        f->w.kinds = kinds;
        world_arm(&f->w, n, code);
        (void)device_sync(&f->d);
        reached = f->w.calls >= n;
        world_disarm(&f->w);
        assert_came_through(f);
        assert_int_equal(teardown(&state), 0);
    }
}

static void whatever_allocation_fails_nothing_is_lost_and_nothing_leaks(void **state)
{
    (void)state;
    each_call_fails_once(WORLD_MEMORY, ENOMEM, 29);
}

static void whatever_file_operation_fails_nothing_is_lost(void **state)
{
    (void)state;
    each_call_fails_once(WORLD_FILES & ~(unsigned)WORLD_MAP, EIO, 11);
}

static void wherever_it_crashes_the_next_sync_finishes(void **state)
{
    (void)state;
    bool reached = true;
    for (uint64_t n = 1; reached; n += 5) {
        void *held = NULL;
        assert_int_equal(setup(&held), 0);
        fixture *f = held;
        make_work(f);
        f->w.kinds = WORLD_WRITE | WORLD_SYNC;
        world_crash_at(&f->w, n);
        (void)device_sync(&f->d);
        reached = f->w.crashed;
        device_close(&f->d);
        world_reboot(&f->w, &(world_damage){.survival = n % 2 ? WORLD_KEEP_NONE : WORLD_KEEP_ALL,
                                            .names = n % 2 ? 0 : WORLD_ALL_NAMES});
        world_disarm(&f->w);
        f->w.kinds = WORLD_EVERYTHING;
        ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
        assert_came_through(f);
        assert_int_equal(teardown(&held), 0);
    }
}

static void a_large_range_that_was_half_recorded_is_gone_on_with(void **state)
{
    (void)state;
    uint32_t halves = 0;
    bool reached = true;
    for (uint64_t n = 1; reached; n++) {
        void *held = NULL;
        device other = {0};
        assert_int_equal(setup(&held), 0);
        fixture *f = held;
        ok(f, device_sync(&f->d));
        ok(f, device_open(&other, &f->w, &f->b, "home-2", "lin"));
        ok(f, device_accept(&other));
        ok(f, device_fill(&other, 900));
        ok(f, device_withdraw(&other));
        ok(f, device_sync(&other));
        f->w.kinds = WORLD_SYNC;
        world_crash_at(&f->w, n);
        (void)device_sync(&f->d);
        reached = f->w.crashed;
        device_close(&f->d);
        device_free(&other);
        world_reboot(&f->w, &(world_damage){.survival = WORLD_KEEP_NONE});
        world_disarm(&f->w);
        f->w.kinds = WORLD_EVERYTHING;
        ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
        uint64_t merged = standing(f).merged;
        halves += merged > 400 && merged < 900;
        assert_came_through(f);
        assert_int_equal(cs_ledger_event_count(f->d.j.profile->ledger), standing(f).merged);
        assert_int_equal(teardown(&held), 0);
    }
    assert_true(halves > 0);
}

static void a_log_in_that_was_cut_short_allows_nothing_that_was_taken_back(void **state)
{
    (void)state;
    bool reached = true;
    for (uint64_t n = 1; reached; n++) {
        world w;
        backend b;
        device d = {0};
        cs_profile *account = NULL;
        world_init(&w);
        w.wall_ms = JOURNEY_START_MS;
        backend_init(&b, &w);
        assert_int_equal(device_open(&d, &w, &b, "home", NULL), CONSENT_OK);
        assert_int_equal(device_accept(&d), CONSENT_OK);
        assert_int_equal(device_grant(&d), CONSENT_OK);
        assert_int_equal(device_fill(&d, 900), CONSENT_OK);
        assert_int_equal(device_withdraw(&d), CONSENT_OK);
        uint64_t acts = cs_ledger_event_count(d.j.profile->ledger);
        assert_int_equal(cs_profile_open(d.j.home, "lin", false, &account, NULL), CONSENT_OK);
        w.kinds = WORLD_SYNC;
        world_crash_at(&w, n);
        (void)cs_profile_join(account, d.j.profile, NULL);
        reached = w.crashed;
        cs_profile_close(account);
        device_close(&d);
        world_reboot(&w, &(world_damage){.survival = WORLD_KEEP_NONE});
        world_disarm(&w);
        w.kinds = WORLD_EVERYTHING;
        assert_int_equal(device_open(&d, &w, &b, "home", NULL), CONSENT_OK);
        assert_int_equal(cs_profile_open(d.j.home, "lin", false, &account, NULL), CONSENT_OK);
        cs_profile *anonymous = d.j.profile;
        d.j.profile = account;
        assert_int_not_equal(device_verdict(&d).decision, CONSENT_ALLOW);
        assert_int_equal(cs_profile_join(account, anonymous, NULL), CONSENT_OK);
        assert_int_not_equal(device_verdict(&d).decision, CONSENT_ALLOW);
        assert_int_equal(journey_check(&d.j, "browse.search", NULL, "keyword").decision, CONSENT_ALLOW);
        uint64_t joined = cs_ledger_event_count(account->ledger);
        assert_in_range(joined, acts + 2, acts + 4); /* and what binds, perhaps said twice */
        d.j.profile = anonymous;
        cs_profile_close(account);
        device_free(&d);
        assert_int_equal(w.live_blocks, 0);
        world_free(&w);
        backend_free(&b);
    }
}

/* ---- kiosks ---------------------------------------------------------------------------------------------- */

static void a_kiosk_session_carries_what_earlier_ones_left_and_nothing_of_itself(void **state)
{
    fixture *f;
    size_t size;
    void *held = NULL;
    device kiosk = {0};
    (void)state;
    assert_int_equal(setup(&held), 0);
    f = held;
    ok(f, device_open(&kiosk, &f->w, &f->b, "home-kiosk", NULL));
    cs_profile_close(kiosk.j.profile);
    kiosk.j.profile = NULL;
    ok(f, cs_profile_open(kiosk.j.home, NULL, true, &kiosk.j.profile, NULL));
    world_put_file(&f->w, "home-kiosk", "sealed-0123456789abcdef.bin", "of a session before", 19);
    ok(f, device_sync(&kiosk));
    assert_string_equal(f->b.log, "POST sealed\n"); /* nothing of this person, who has not accepted anything */
    ok(f, device_accept(&kiosk));
    ok(f, device_sync(&kiosk));
    assert_string_equal(f->b.log, "POST sealed\nGET policies\n");
    assert_null(world_file(&f->w, "home-kiosk", "sealed-0123456789abcdef.bin", &size));
    assert_int_equal(f->b.range_count, 0);
    for (size_t i = 0; i < world_file_count(&f->w, "home-kiosk"); i++)
        assert_true(strncmp(world_file_name(&f->w, "home-kiosk", i), "i-", 2) != 0 &&
                    strncmp(world_file_name(&f->w, "home-kiosk", i), "s-", 2) != 0);
    device_free(&kiosk);
    assert_int_equal(teardown(&held), 0);
}

/* ---- a key store that signs ------------------------------------------------------------------------------------ */

static struct element {
    uint8_t master[32], scalar[CS_P256_PRIVATE_SIZE], point[CS_P256_PUBLIC_SIZE];
    char name[64], removed[64];
    bool has_master, away;
    uint32_t signed_count;
} element;

static consent_status element_get(void *ctx, const char *name, uint8_t *out, size_t *size)
{
    (void)ctx;
    (void)name;
    if (!element.has_master)
        return CONSENT_E_NOT_FOUND;
    memcpy(out, element.master, 32);
    *size = 32;
    return CONSENT_OK;
}

static consent_status element_put(void *ctx, const char *name, const uint8_t *data, size_t size)
{
    (void)ctx;
    (void)name;
    memcpy(element.master, data, size);
    element.has_master = true;
    return CONSENT_OK;
}

static consent_status element_remove(void *ctx, const char *name)
{
    (void)ctx;
    (void)snprintf(element.removed, sizeof element.removed, "%s", name);
    return CONSENT_OK;
}

static consent_protection element_protection(void *ctx)
{
    (void)ctx;
    return CONSENT_PROTECTION_HARDWARE;
}

static consent_status element_public(void *ctx, const char *name, uint8_t out[65])
{
    uint8_t random[32];
    (void)ctx;
    memset(random, 0x61, sizeof random);
    if (element.away)
        return CONSENT_E_KEY_UNAVAILABLE;
    if (cs_p256_from_random(random, element.scalar, element.point, NULL) != CONSENT_OK)
        return CONSENT_E_UNSUPPORTED;
    (void)snprintf(element.name, sizeof element.name, "%s", name);
    memcpy(out, element.point, 65);
    return CONSENT_OK;
}

static consent_status element_sign(void *ctx, const char *name, const uint8_t *message, size_t size, uint8_t out[64])
{
    (void)ctx;
    if (strcmp(name, element.name) != 0)
        return CONSENT_E_NOT_FOUND;
    element.signed_count++;
    return cs_es256_sign(element.scalar, (cs_span){message, size}, out, NULL);
}

static void a_key_store_that_signs_keeps_the_device_key_to_itself(void **state)
{
    void *held = NULL;
    (void)state;
    assert_int_equal(setup(&held), 0);
    fixture *f = held;
    device d = {0};
    const consent_keystore store = {sizeof store,       NULL, element_get, element_put,    element_remove,
                                    element_protection, NULL, NULL,        element_public, element_sign};
    memset(&element, 0, sizeof element);
    d.j.keystore = &store;
    ok(f, device_open(&d, &f->w, &f->b, "home-store", "lin"));
    ok(f, device_accept(&d));
    element.away = true;
    assert_int_equal(device_sync(&d), CONSENT_E_KEY_UNAVAILABLE);
    element.away = false;
    ok(f, device_sync(&d));
    assert_memory_equal(f->b.devices[0].key, element.point, sizeof element.point);
    assert_int_equal(f->b.devices[0].protection, CONSENT_PROTECTION_HARDWARE);
    assert_int_equal(element.signed_count, 2);
    ok(f, cs_profile_erase(d.j.profile, &d.j.err));
    assert_string_equal(element.removed, element.name);
    device_free(&d);
    assert_int_equal(teardown(&held), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_allocation_fails_nothing_is_lost_and_nothing_leaks),
        cmocka_unit_test(whatever_file_operation_fails_nothing_is_lost),
        cmocka_unit_test(wherever_it_crashes_the_next_sync_finishes),
        cmocka_unit_test(a_large_range_that_was_half_recorded_is_gone_on_with),
        cmocka_unit_test(a_kiosk_session_carries_what_earlier_ones_left_and_nothing_of_itself),
        cmocka_unit_test(a_key_store_that_signs_keeps_the_device_key_to_itself),
        cmocka_unit_test(a_log_in_that_was_cut_short_allows_nothing_that_was_taken_back),
    };
    return cmocka_run_group_tests_name("sync crashes", tests, NULL, NULL);
}
