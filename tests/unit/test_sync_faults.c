/* The table of faults (docs/sync-protocol.md section 9), a backend that lies, and a device whose own world fails meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/internal.h"
#include "support/device.h"
#include "sync/internal.h"

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

static void assert_nothing_acknowledged(fixture *f)
{
    cs_exchange_standing now = standing(f);
    assert_int_equal(now.lanes[0].acked, 0);
    assert_true(now.waiting > 0);
}

/* ---- waiting ---------------------------------------------------------------------------------------- */

static void failures_wait_longer_and_longer_and_never_too_long(void **state)
{
    fixture *f = *state;
    int64_t longest = 0;
    backend_fault *fault = backend_fail(&f->b, "POST", "devices", 500, NULL);
    fault->times = 100;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        int64_t most = i < 13 ? INT64_C(2000) << i : 6 * CS_HOUR_MS;
        assert_in_range(f->d.report.retry_ms, 1, most < 6 * CS_HOUR_MS ? most : 6 * CS_HOUR_MS);
        longest = f->d.report.retry_ms > longest ? f->d.report.retry_ms : longest;
    }
    assert_true(longest > CS_HOUR_MS);
    fault->times = 0;
    ok(f, device_sync(&f->d));
    assert_int_equal(f->d.report.retry_ms, 0);
    fault->times = 100;
    fault->seen = 0;
    f->b.device_count = 0; /* begins anew */
    cs_sync_memory *kept = test_calloc(1, sizeof *kept);
    assert_int_equal(cs_sync_recall(f->d.j.profile, cs_memory_system(), kept, NULL), CONSENT_OK);
    assert_int_equal(kept->failures, 0);
    test_free(kept);
}

static void a_busy_backend_is_left_alone_as_long_as_it_says(void **state)
{
    fixture *f = *state;
    static const struct {
        int32_t status;
        const char *retry_after, *date;
        int64_t least_ms, most_ms;
    } cases[] = {{429, "120", NULL, 120000, 120000},
                 {503, "0", NULL, 1000, 1000},
                 {503, "99999999999999", NULL, 24 * CS_HOUR_MS, 24 * CS_HOUR_MS},
                 {429, "Sun, 01 Mar 2026 00:10:00 GMT", "Sun, 01 Mar 2026 00:08:00 GMT", 120000, 120000},
                 {429, "Sun, 01 Mar 2020 00:10:00 GMT", NULL, 1000, 1000},
                 {503, "soon", NULL, 1, 7 * CS_HOUR_MS},
                 {503, NULL, NULL, 1, 7 * CS_HOUR_MS}};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        f->b.fault_count = 0;
        backend_fault *fault = backend_fail(&f->b, NULL, "events", cases[i].status, "busy");
        fault->retry_after = cases[i].retry_after;
        fault->date = cases[i].date;
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        assert_in_range(f->d.report.retry_ms, cases[i].least_ms, cases[i].most_ms);
        uint32_t asked = f->b.requests;
        bool told = cases[i].retry_after != NULL && strcmp(cases[i].retry_after, "soon") != 0;
        if (told) { /* not a socket before that, after a restart neither */
            device_close(&f->d);
            ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
            world_advance(&f->w, cases[i].least_ms - 1);
            assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
            assert_int_equal(f->b.requests, asked);
            assert_int_equal(f->d.report.retry_ms, 1);
        }
        world_advance(&f->w, f->d.report.retry_ms);
    }
    ok(f, device_sync(&f->d));
}

static void redirects_errors_and_broken_lines_are_failures_alike(void **state)
{
    fixture *f = *state;
    static const int32_t codes[] = {301, 302, 307, 308, 204, 206, 404, 409, 500, 502, 504};
    for (size_t i = 0; i < CS_COUNT_OF(codes); i++) {
        f->b.fault_count = 0;
        backend_fail(&f->b, "POST", "events", codes[i], NULL);
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        assert_nothing_acknowledged(f);
    }
    f->b.fault_count = 0;
    backend_fail(&f->b, "POST", "events", 0, NULL)->breaks = true;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    ok(f, device_sync(&f->d));
}

static void an_answer_without_end_is_cut_off(void **state)
{
    fixture *f = *state;
    char *huge = test_malloc(2u * 1024u * 1024u + 1);
    memset(huge, ' ', 2u * 1024u * 1024u);
    huge[2u * 1024u * 1024u] = '\0';
    backend_fail(&f->b, "POST", "events", 200, "x")->body = huge;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_nothing_acknowledged(f);
    test_free(huge);
}

/* ---- sizes and rejections ----------------------------------------------------------------------------- */

static void a_range_that_is_too_large_is_halved_until_it_fits(void **state)
{
    fixture *f = *state;
    ok(f, device_fill(&f->d, 40));
    f->b.max_events = 7;
    ok(f, device_sync(&f->d));
    assert_int_equal(standing(f).waiting, 0);
    assert_int_equal(standing(f).parked, 0);
    for (size_t i = 0; i < f->b.range_count; i++)
        assert_true(f->b.ranges[i].receipt.last - f->b.ranges[i].receipt.first < 7);
}

static void one_rejected_act_is_parked_and_the_others_go_on(void **state)
{
    fixture *f = *state;
    uint8_t first[CS_STREAM_ID_SIZE], second[CS_STREAM_ID_SIZE];
    ok(f, device_fill(&f->d, 30));
    ok(f, device_withdraw(&f->d));
    uint64_t last = standing(f).lanes[0].last;
    memcpy(first, standing(f).lanes[0].stream, sizeof first);
    f->b.poison_seq = 11;
    ok(f, device_sync(&f->d));
    memcpy(second, standing(f).lanes[0].stream, sizeof second);
    assert_memory_not_equal(first, second, sizeof first);
    assert_int_equal(standing(f).waiting, 0);
    assert_int_equal(standing(f).parked, 1);
    assert_int_equal(f->d.report.parked, 1);
    assert_int_equal(backend_stored(&f->b, first), 10);
    assert_int_equal(backend_stored(&f->b, second), last - 11);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    device_close(&f->d);
    ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    world_advance(&f->w, 100 * CS_HOUR_MS);
    ok(f, device_sync(&f->d));
    ok(f, device_grant(&f->d));
    assert_int_equal(device_verdict(&f->d).decision, CONSENT_ALLOW); /* nothing that is parked blocks it for ever */
}

static void a_fork_begins_a_new_stream_and_loses_nothing(void **state)
{
    fixture *f = *state;
    uint8_t first[CS_STREAM_ID_SIZE];
    ok(f, device_fill(&f->d, 900)); /* more than one frame of them */
    ok(f, device_withdraw(&f->d));
    uint64_t last = standing(f).lanes[0].last;
    memcpy(first, standing(f).lanes[0].stream, sizeof first);
    backend_fail(&f->b, "POST", "events", 409, "fork");
    ok(f, device_sync(&f->d));
    assert_int_equal(backend_stored(&f->b, first), 0);
    assert_int_equal(backend_stored(&f->b, standing(f).lanes[0].stream), last);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_int_equal(cs_ledger_verify(f->d.j.profile->ledger, NULL, NULL, NULL), CONSENT_OK);
    device_close(&f->d);
    ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
    assert_int_equal(standing(f).lanes[0].last, last);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
}

static void a_fork_everywhere_ends_the_run(void **state)
{
    fixture *f = *state;
    backend_fail(&f->b, "POST", "events", 409, "fork")->times = 100;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_true(f->b.requests < 20);
}

static void after_a_gap_what_is_missing_goes_first(void **state)
{
    fixture *f = *state;
    ok(f, device_sync(&f->d));
    ok(f, device_withdraw(&f->d));
    ok(f, device_sync(&f->d));
    ok(f, device_withdraw(&f->d));
    uint64_t all = standing(f).lanes[0].last;
    /* The backend was set back to before this device's last range. */
    cs_buffer_free(&f->b.ranges[f->b.range_count - 1].events);
    f->b.range_count--;
    (void)device_sync(&f->d);
    assert_int_equal(backend_stored(&f->b, standing(f).lanes[0].stream), all);
    assert_int_equal(standing(f).waiting, 0);
}

/* ---- tokens -------------------------------------------------------------------------------------------------- */

static void a_refused_token_is_renewed_once(void **state)
{
    fixture *f = *state;
    f->b.expected_token = "another";
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_int_equal(f->d.tokens, 2);
    assert_int_equal(f->d.renewed, 1);
    assert_int_equal(f->b.requests, 2);
    f->d.token = "another";
    ok(f, device_sync(&f->d));
    f->d.token = NULL;
    assert_int_equal(device_sync(&f->d), CONSENT_E_REJECTED); /* the host's word */
}

static void a_device_that_was_forgotten_enrols_again(void **state)
{
    fixture *f = *state;
    ok(f, device_sync(&f->d));
    ok(f, device_withdraw(&f->d));
    f->b.device_count = 0;
    ok(f, device_sync(&f->d));
    assert_int_equal(f->b.device_count, 1);
    assert_int_equal(standing(f).waiting, 0);
}

/* ---- a backend that lies --------------------------------------------------------------------------------------- */

static void other_profile(backend *b, cs_receipt *r)
{
    (void)b;
    r->profile[0] ^= 1;
}
static void other_stream(backend *b, cs_receipt *r)
{
    (void)b;
    r->stream[0] ^= 1;
}
static void other_head(backend *b, cs_receipt *r)
{
    (void)b;
    r->head[0] ^= 1;
}
static void other_key(backend *b, cs_receipt *r)
{
    (void)b;
    r->key[0] ^= 1;
}
static void more_than_sent(backend *b, cs_receipt *r)
{
    (void)b;
    r->last++;
}
static void not_the_next(backend *b, cs_receipt *r)
{
    (void)b;
    r->first++;
}
static void from_another_time(backend *b, cs_receipt *r)
{
    (void)b;
    r->time_ms = INT64_C(4102444800000);
}
static void by_the_backend(backend *b, cs_receipt *r)
{
    (void)b;
    r->by_backend = true;
    memset(r->key, 0, sizeof r->key);
}
static void as_joined(backend *b, cs_receipt *r)
{
    (void)b;
    r->joined = true;
}
static void without_a_cursor(backend *b, cs_receipt *r)
{
    (void)b;
    r->first_cursor = 0;
}

static void no_forged_receipt_acknowledges_anything(void **state)
{
    fixture *f = *state;
    void (*const forgers[])(backend *, cs_receipt *) = {
        other_profile, other_stream,      other_head,     other_key, more_than_sent,
        not_the_next,  from_another_time, by_the_backend, as_joined, without_a_cursor};
    for (size_t i = 0; i < CS_COUNT_OF(forgers); i++) {
        f->b.forge = forgers[i];
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        assert_nothing_acknowledged(f);
    }
    f->b.forge = NULL;
    f->b.receipt_typ = CS_TYP_SEALED;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    f->b.receipt_typ = NULL;
    memset(f->b.receipt_key, 0x55, sizeof f->b.receipt_key); /* a key that no key set names */
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_nothing_acknowledged(f);
    memcpy(f->b.receipt_key, journey_backend(), sizeof f->b.receipt_key);
    static const char *const bodies[] = {
        "", "{", "[]", "{\"receipts\":[]}", "{\"receipts\":[\"a.b.c\"]}", "{\"receipts\":7}"};
    for (size_t i = 0; i < CS_COUNT_OF(bodies); i++) {
        f->b.fault_count = 0;
        backend_fail(&f->b, "POST", "events", 200, "x")->body = bodies[i];
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        assert_nothing_acknowledged(f);
    }
    f->b.fault_count = 0;
    ok(f, device_sync(&f->d));
    assert_int_equal(standing(f).waiting, 0);
}

static void a_new_receipt_key_is_learned_from_the_key_set_alone(void **state)
{
    fixture *f = *state;
    memset(f->b.receipt_key, 0x55, sizeof f->b.receipt_key);
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_non_null(strstr(f->b.log, "GET keys")); /* asked, and not named there either */
    assert_nothing_acknowledged(f);
}

static backend_range *foreign_range(fixture *f, device *other)
{
    ok(f, device_open(other, &f->w, &f->b, "home-2", "lin"));
    ok(f, device_accept(other));
    ok(f, device_grant(other));
    ok(f, device_sync(other));
    return &f->b.ranges[f->b.range_count - 1];
}

static void what_others_did_counts_only_as_they_signed_it(void **state)
{
    fixture *f = *state;
    device other = {0};
    ok(f, device_sync(&f->d));
    uint64_t events = cs_ledger_event_count(f->d.j.profile->ledger), merged = standing(f).merged;
    backend_range *range = foreign_range(f, &other);
    uint8_t *parts[] = {&range->events.data[5], &range->signature[9], &range->receipt.head[1], &range->key[3]};
    for (size_t i = 0; i < CS_COUNT_OF(parts); i++) {
        *parts[i] ^= 1;
        assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
        assert_int_equal(cs_ledger_event_count(f->d.j.profile->ledger), events);
        assert_int_equal(standing(f).merged, merged);
        *parts[i] ^= 1;
    }
    range->receipt.first_cursor += 5; /* a gap in the order */
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    range->receipt.first_cursor -= 5;
    ok(f, device_sync(&f->d));
    assert_true(cs_ledger_event_count(f->d.j.profile->ledger) > events);
    ok(f, device_withdraw(&other));
    ok(f, device_sync(&other));
    range = &f->b.ranges[f->b.range_count - 1];
    range->receipt.by_backend = true; /* a device's range as the backend's own */
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    range->receipt.by_backend = false;
    range->receipt.first++, range->receipt.last++; /* a range left out */
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    range->receipt.first--, range->receipt.last--;
    ok(f, device_sync(&f->d));
    device_free(&other);
}

/* ---- the device's own troubles --------------------------------------------------------------------------------- */

static void an_older_copy_that_was_put_back_goes_on_in_a_new_stream(void **state)
{
    fixture *f = *state;
    static uint8_t ledger[1u << 20];
    char name[CS_HOME_NAME_SIZE];
    size_t size;
    uint8_t old[CS_STREAM_ID_SIZE];
    ok(f, device_sync(&f->d));
    memcpy(old, standing(f).lanes[0].stream, sizeof old);
    memcpy(name, f->d.j.profile->ledger_name, sizeof name);
    const uint8_t *bytes = world_file(&f->w, "home", name, &size);
    assert_in_range(size, 1, sizeof ledger);
    memcpy(ledger, bytes, size);
    ok(f, device_withdraw(&f->d));
    ok(f, device_sync(&f->d));
    device_close(&f->d);
    char beside[CS_HOME_NAME_SIZE + 8];
    (void)snprintf(beside, sizeof beside, "%s.check", name);
    (void)world_remove_file(&f->w, "home", beside);
    world_put_file(&f->w, "home", name, ledger, size);
    ok(f, device_open(&f->d, &f->w, &f->b, "home", "lin"));
    assert_int_equal(device_verdict(&f->d).decision, CONSENT_ALLOW); /* nothing here can know */
    ok(f, device_sync(&f->d));
    assert_memory_not_equal(standing(f).lanes[0].stream, old, sizeof old);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW); /* the withdrawal came back */
}

static device *to_cancel;
static void cancel_now(backend *b)
{
    (void)b;
    atomic_fetch_add(&to_cancel->cancelled, 1);
}

static void cancelling_in_the_middle_is_told_and_acknowledges_nothing(void **state)
{
    fixture *f = *state;
    to_cancel = &f->d;
    f->b.during = cancel_now;
    assert_int_equal(device_sync(&f->d), CONSENT_E_CANCELLED);
    assert_int_equal(f->b.requests, 1);
    assert_nothing_acknowledged(f);
    f->b.during = NULL;
    ok(f, device_sync(&f->d));
}

static fixture *busy;
static void act_meanwhile(backend *b)
{
    /* No lock is held while the network is waited for: checks, withdrawals, everything goes on. */
    b->during = NULL;
    assert_int_equal(device_verdict(&busy->d).decision, CONSENT_ALLOW);
    assert_int_equal(device_withdraw(&busy->d), CONSENT_OK);
    assert_int_not_equal(device_verdict(&busy->d).decision, CONSENT_ALLOW);
}

static void a_person_acts_while_the_network_is_slow(void **state)
{
    fixture *f = *state;
    busy = f;
    f->b.during = act_meanwhile;
    ok(f, device_sync(&f->d));
    ok(f, device_sync(&f->d));
    assert_int_equal(standing(f).waiting, 0);
}

static void a_clock_that_is_wrong_is_told_apart(void **state)
{
    fixture *f = *state;
    f->b.clock_suspect = true;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_true(f->d.report.clock_suspect);
    f->b.clock_suspect = false;
    backend_fail(&f->b, "POST", "devices", 0, NULL)->date = "Sun, 01 Mar 2026 01:00:00 GMT";
    ok(f, device_sync(&f->d));
    assert_false(f->d.report.clock_suspect);
    assert_int_equal(f->d.report.clock_ahead_ms, -CS_HOUR_MS);
}

/* ---- before an acceptance, and what a host may configure --------------------------------------------------------- */

static void where_policy_and_host_allow_it_policies_alone_are_fetched_before(void **state)
{
    fixture *f = *state;
    device fresh = {0};
    ok(f, device_open(&fresh, &f->w, &f->b, "home-3", NULL));
    f->b.expected_token = NULL;
    f->b.bundles[f->b.bundle_count++] = journey_bundle(2);
    for (size_t i = 0; i < fresh.j.home->held_count; i++)
        fresh.j.home->held[i].policy->fetch_before_consent = true;
    ok(f, device_sync(&fresh)); /* the host does not */
    assert_int_equal(f->b.requests, 0);
    fresh.setup.fetch_before_consent = true;
    ok(f, device_sync(&fresh));
    assert_string_equal(f->b.log, "GET policies\n");
    device_free(&fresh);
}

static void a_configuration_that_would_weaken_it_is_refused(void **state)
{
    (void)state;
    static const char *const endpoints[] = {NULL,
                                            "",
                                            "http://consent.example.cn",
                                            "https://",
                                            "https://consent.example.cn/",
                                            "https://user@consent.example.cn",
                                            "https://consent.example.cn?x=1",
                                            "https://consent.example.cn#x",
                                            "https://consent example.cn"};
    static const char *const regions[] = {NULL, "", "cn", "CHN", "C1"};
    const consent_pin pins[] = {{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1}, {"short", 1}};
    cs_sync_setup setup_made = {0};
    consent_transport transport = {sizeof transport, NULL, NULL};
    consent_sync_config good = CONSENT_INIT(consent_sync_config), bad;
    good.endpoint = "https://consent.example.cn/base";
    good.region = "CN";
    for (size_t i = 0; i < CS_COUNT_OF(endpoints); i++) {
        bad = good;
        bad.endpoint = endpoints[i];
        assert_int_equal(cs_sync_set_up(cs_memory_system(), &bad, &setup_made, NULL), CONSENT_E_ARGUMENT);
    }
    for (size_t i = 0; i < CS_COUNT_OF(regions); i++) {
        bad = good;
        bad.region = regions[i];
        assert_int_equal(cs_sync_set_up(cs_memory_system(), &bad, &setup_made, NULL), CONSENT_E_ARGUMENT);
    }
    bad = good;
    bad.pins = pins;
    bad.pin_count = 1; /* one alone locks everybody out when its key goes */
    assert_int_equal(cs_sync_set_up(cs_memory_system(), &bad, &setup_made, NULL), CONSENT_E_ARGUMENT);
    bad.pin_count = 2;
    assert_int_equal(cs_sync_set_up(cs_memory_system(), &bad, &setup_made, NULL), CONSENT_E_ARGUMENT);
    bad = good;
    bad.transport = &transport;
    assert_int_equal(cs_sync_set_up(cs_memory_system(), &bad, &setup_made, NULL), CONSENT_E_ARGUMENT);
    assert_false(setup_made.ready);
    assert_int_equal(cs_sync_set_up(cs_memory_system(), &good, &setup_made, NULL),
                     cs_curl_is_there() ? CONSENT_OK : CONSENT_E_UNSUPPORTED);
    cs_sync_setup_free(cs_memory_system(), &setup_made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failures_wait_longer_and_longer_and_never_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(a_busy_backend_is_left_alone_as_long_as_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(redirects_errors_and_broken_lines_are_failures_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_without_end_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_range_that_is_too_large_is_halved_until_it_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(one_rejected_act_is_parked_and_the_others_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fork_begins_a_new_stream_and_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fork_everywhere_ends_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_gap_what_is_missing_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_token_is_renewed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_device_that_was_forgotten_enrols_again, setup, teardown),
        cmocka_unit_test_setup_teardown(no_forged_receipt_acknowledges_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_receipt_key_is_learned_from_the_key_set_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_did_counts_only_as_they_signed_it, setup, teardown),
        cmocka_unit_test_setup_teardown(an_older_copy_that_was_put_back_goes_on_in_a_new_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling_in_the_middle_is_told_and_acknowledges_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_person_acts_while_the_network_is_slow, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_is_wrong_is_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(where_policy_and_host_allow_it_policies_alone_are_fetched_before, setup,
                                        teardown),
        cmocka_unit_test(a_configuration_that_would_weaken_it_is_refused),
    };
    return cmocka_run_group_tests_name("sync faults", tests, NULL, NULL);
}
