#include "sync/victim.h"

#include "profile/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLACK_MS 15000 /* of a busy machine; what is not bounded takes for ever */
#define ENGINE_MAX_BYTES (16u << 20)
#define PROCESS_MAX_KB 98304L

static void ok(victim *v, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), v->d.j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

int victim_setup(void **state)
{
    victim *v = test_calloc(1, sizeof *v);
    world_init(&v->w);
    v->w.wall_ms = JOURNEY_START_MS;
    backend_init(&v->b, &v->w);
    v->b.expected_token = "account-token";
    loopback_start(&v->s, &v->b);
    ok(v, device_open(&v->d, &v->w, &v->b, "home", "lin"));
    loopback_connect(&v->s, &v->d);
    ok(v, device_accept(&v->d));
    ok(v, device_grant(&v->d));
    ok(v, device_withdraw(&v->d));
    v->acts = cs_ledger_next_seq(v->d.j.profile->ledger) - 1;
    *state = v;
    return 0;
}

int victim_teardown(void **state)
{
    victim *v = *state;
    loopback_stop(&v->s);
    device_free(&v->d);
    bool leaked = v->w.live_blocks != 0 || v->w.open_files != 0 || v->w.locks != 0;
    world_free(&v->w);
    backend_free(&v->b);
    test_free(v);
    return leaked ? -1 : 0;
}

void victim_scene(victim *v, loopback_scene scene, const char *method, const char *path)
{
    loopback_hold(&v->s);
    v->s.scene = scene;
    v->s.at_method = method;
    v->s.at_path = path;
    v->s.said = 0;
    v->s.scenes = 0;
    loopback_release(&v->s);
}

/* KB that the process held at most since the last call; 0: this system does not say. */
static long peak_kb(void)
{
    char line[128];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (file)
        (void)fclose(file);
    file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        (void)fputs("5", file);
        (void)fclose(file);
    }
    return kb;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

consent_status victim_sync(victim *v, uint32_t timeout_ms)
{
    memset(&v->d.j.err, 0, sizeof v->d.j.err);
    (void)peak_kb();
    size_t live = v->w.live_bytes;
    v->w.peak_bytes = live;
    long before_kb = peak_kb();
    int64_t begun = now_ms();
    consent_status status =
        cs_sync_run(v->d.j.profile, &v->d.setup, &v->d.cancelled, timeout_ms, &v->d.report, &v->d.j.err);
    assert_in_range(now_ms() - begun, 0, timeout_ms + SLACK_MS);
    assert_in_range(v->w.peak_bytes - live, 0, ENGINE_MAX_BYTES);
    assert_in_range(peak_kb() - before_kb + 1024, 0, PROCESS_MAX_KB);
    assert_int_equal(v->w.locks, 0);
    return status;
}

cs_exchange_standing victim_standing(victim *v)
{
    cs_exchange_standing out;
    assert_int_equal(cs_exchange_look(v->d.j.profile, &out, NULL), CONSENT_OK);
    return out;
}

void victim_is_unharmed(victim *v)
{
    assert_int_not_equal(device_verdict(&v->d).decision, CONSENT_ALLOW);
    cs_exchange_standing now = victim_standing(v);
    assert_true(cs_ledger_event_count(v->d.j.profile->ledger) >= v->acts);
    assert_int_equal(now.waiting, now.lanes[0].last - now.lanes[0].acked);
    assert_int_equal(cs_ledger_verify(v->d.j.profile->ledger, NULL, NULL, NULL), CONSENT_OK);
}

void victim_has_nothing_acknowledged(victim *v)
{
    cs_exchange_standing now = victim_standing(v);
    assert_int_equal(now.lanes[0].acked, 0);
    assert_true(now.waiting > 0);
    assert_int_equal(v->d.report.sent, 0);
}

void victim_recovers(victim *v)
{
    victim_scene(v, NULL, NULL, NULL);
    v->s.speech = LOOPBACK_TLS;
    v->s.identity = LOOPBACK_GOOD;
    loopback_hold(&v->s);
    v->b.fault_count = 0;
    v->b.forge = NULL;
    v->b.receipt_typ = NULL;
    v->b.expected_token = "account-token";
    loopback_release(&v->s);
    world_advance(&v->w, 2 * CS_DAY_MS); /* whatever it was told to wait */
    ok(v, victim_sync(v, 60000));
    cs_exchange_standing now = victim_standing(v);
    assert_int_equal(now.waiting, 0);
    assert_int_equal(now.lanes[0].acked, now.lanes[0].last);
    assert_true(now.lanes[0].last + now.parked >= v->acts);
    assert_int_equal(backend_stored(&v->b, now.lanes[0].stream), now.lanes[0].last);
    victim_is_unharmed(v);
}
