/* What leaves a device and when, and that it arrives once; two devices, a backend, a person. Faults: test_sync_faults.c. */
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
    device d, other;
} fixture;

static void ok_of(device *d, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), d->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    backend_init(&f->b, &f->w);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    device_free(&f->d);
    device_free(&f->other);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || f->w.locks != 0;
    world_free(&f->w);
    backend_free(&f->b);
    test_free(f);
    return leaked ? -1 : 0;
}

static void open_one(fixture *f, const char *account)
{
    f->b.expected_token = account ? "account-token" : NULL;
    ok_of(&f->d, device_open(&f->d, &f->w, &f->b, "home", account));
}

static void open_two(fixture *f)
{
    open_one(f, "lin");
    ok_of(&f->other, device_open(&f->other, &f->w, &f->b, "home-2", "lin"));
}

/* C1 */
static void before_acceptance_and_after_a_refusal_nothing_leaves(void **state)
{
    fixture *f = *state;
    open_one(f, NULL);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->b.requests, 0);
    ok_of(&f->d, journey_answer(&f->d.j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_REFUSE));
    world_advance(&f->w, 100 * CS_HOUR_MS);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->b.requests, 0);
    assert_int_equal(f->b.bytes_out, 0);
    assert_int_equal(f->d.report.requests, 0);
    for (size_t i = 0; i < world_file_count(&f->w, "home"); i++)
        assert_int_not_equal(strncmp(world_file_name(&f->w, "home", i), "i-", 2), 0); /* and no device key is made */
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    assert_string_equal(f->b.log, "POST devices\nPOST events\nGET events\nGET policies\n");
    assert_int_equal(f->d.report.waiting, 0);
}

static void host_and_policy_must_both_allow_fetching_before(void **state)
{
    fixture *f = *state;
    open_one(f, NULL);
    f->d.setup.fetch_before_consent = true; /* the journey's policy does not */
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->b.requests, 0);
}

static void acts_arrive_once_whatever_happens_on_the_way(void **state)
{
    fixture *f = *state;
    uint8_t stream[CS_STREAM_ID_SIZE];
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_grant(&f->d));
    memcpy(stream, cs_ledger_stream(f->d.j.profile->ledger), sizeof stream);
    uint64_t made = cs_ledger_next_seq(f->d.j.profile->ledger) - 1;
    backend_fail(&f->b, "POST", "events", 0, NULL)->lost = true;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_int_equal(backend_stored(&f->b, stream), made);
    assert_int_equal(f->d.report.waiting, made); /* nothing is acknowledged without its receipt */
    assert_true(f->d.report.retry_ms > 0 && f->d.report.retry_ms <= 2000);
    device_close(&f->d);
    open_one(f, NULL);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.sent, made);
    assert_int_equal(backend_stored(&f->b, stream), made);
    device_close(&f->d);
    open_one(f, NULL);
    uint32_t before = f->b.requests;
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.sent, 0);
    assert_int_equal(f->b.requests - before, 2); /* a page, a head */
    assert_int_equal(backend_stored(&f->b, stream), made);
}

static void an_anonymous_profile_keeps_its_name_in_a_new_stream(void **state)
{
    fixture *f = *state;
    uint8_t before[CS_PROFILE_ID_SIZE], after[CS_PROFILE_ID_SIZE];
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    device_profile_id(&f->d, before);
    ok_of(&f->d, device_grant(&f->d));
    backend_fail(&f->b, "POST", "events", 409, "fork");
    ok_of(&f->d, device_sync(&f->d));
    device_profile_id(&f->d, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(f->d.report.waiting, 0);
    assert_int_equal(f->b.device_count, 2);
    /* What was remembered is lost: the first stream's key gets the token anew. */
    for (size_t i = world_file_count(&f->w, "home"); i-- > 0;)
        if (strncmp(world_file_name(&f->w, "home", i), "s-", 2) == 0)
            assert_true(world_remove_file(&f->w, "home", world_file_name(&f->w, "home", i)));
    ok_of(&f->d, device_withdraw(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.waiting, 0);
    assert_int_equal(f->b.device_count, 2);
}

static void many_acts_go_in_ranges_of_a_thousand(void **state)
{
    fixture *f = *state;
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_fill(&f->d, 2500));
    ok_of(&f->d, device_sync(&f->d));
    assert_true(f->d.report.sent > 2500);
    assert_int_equal(f->b.range_count, 3);
    assert_int_equal(f->b.ranges[0].receipt.last, 1000);
    assert_int_equal(f->b.ranges[1].receipt.first, 1001);
}

/* ---- two devices ---------------------------------------------------------------------------------- */

/* C144 */
static void a_withdrawal_on_one_device_beats_a_grant_that_had_not_seen_it(void **state)
{
    fixture *f = *state;
    open_two(f);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->other, device_accept(&f->other));
    ok_of(&f->d, device_withdraw(&f->d));
    ok_of(&f->other, device_grant(&f->other)); /* neither knows of the other */
    assert_int_equal(device_verdict(&f->other).decision, CONSENT_ALLOW);
    ok_of(&f->d, device_sync(&f->d));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_not_equal(device_verdict(&f->other).decision, CONSENT_ALLOW);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_true(f->d.report.received > 0);
    /* Granted again with both known: it counts on the device where it was given. */
    world_advance(&f->w, 100 * CS_HOUR_MS);
    ok_of(&f->other, device_grant(&f->other));
    assert_int_equal(device_verdict(&f->other).decision, CONSENT_ALLOW);
    ok_of(&f->other, device_sync(&f->other));
    assert_int_equal(device_verdict(&f->other).decision, CONSENT_ALLOW);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(device_verdict(&f->d).reason, CONSENT_REASON_CONFIRM); /* a device new to this one */
    device_close(&f->d);
    open_one(f, "lin");
    assert_int_equal(device_verdict(&f->d).reason, CONSENT_REASON_CONFIRM);
}

static bool manage_says(device *d, const char *text)
{
    const cs_form_request request = {.occasion = CONSENT_OCCASION_MANAGE, .locale = "en", .user_initiated = true};
    cs_form *form = NULL;
    cs_buffer json;
    cs_json_out out;
    cs_buffer_init(&json, cs_memory_system(), 1u << 22);
    cs_json_out_init(&out, &json);
    ok_of(d, cs_profile_form(d->j.profile, &request, &form, &d->j.err));
    cs_form_json(form, &out);
    cs_buffer_u8(&json, 0);
    bool found = strstr((const char *)json.data, text) != NULL;
    cs_buffer_free(&json);
    cs_form_free(form);
    return found;
}

static void a_grant_of_a_new_device_counts_once_it_is_vouched_for(void **state)
{
    fixture *f = *state;
    open_two(f);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    ok_of(&f->other, device_accept(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->other, device_grant(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(device_verdict(&f->d).reason, CONSENT_REASON_CONFIRM);
    assert_true(manage_says(&f->d, "waits to be confirmed"));
    ok_of(&f->d, journey_answer(&f->d.j, CONSENT_OCCASION_CONFIRM, "", "", CONSENT_ACTION_ACCEPT));
    assert_int_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_true(manage_says(&f->d, "Another device"));
    assert_false(manage_says(&f->d, "waits to be confirmed"));
    /* What that device says later needs no more vouching. */
    ok_of(&f->other, device_withdraw(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
}

static void pages_of_one_item_lead_to_the_same(void **state)
{
    fixture *f = *state;
    open_two(f);
    f->b.page_items = 1;
    ok_of(&f->d, device_accept(&f->d));
    for (int i = 0; i < 5; i++) {
        ok_of(&f->d, device_grant(&f->d));
        ok_of(&f->d, device_sync(&f->d));
        ok_of(&f->d, device_withdraw(&f->d));
        ok_of(&f->d, device_sync(&f->d));
        world_advance(&f->w, 100 * CS_HOUR_MS);
    }
    ok_of(&f->other, device_accept(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    cs_exchange_standing standing;
    assert_int_equal(cs_exchange_look(f->other.j.profile, &standing, NULL), CONSENT_OK);
    uint8_t profile[CS_PROFILE_ID_SIZE];
    device_profile_id(&f->d, profile);
    assert_memory_equal(profile, standing.profile, sizeof profile);
    assert_int_equal(standing.merged, backend_cursor(&f->b, profile));
    assert_int_equal(device_verdict(&f->other).reason, CONSENT_REASON_REFUSED_BEFORE);
}

/* ---- two processes, one home ------------------------------------------------------------------------------ */

static fixture *both;

static void sync_in_the_other_process(backend *b)
{
    b->during = NULL;
    both->w.process_id = 2000;
    ok_of(&both->other, device_sync(&both->other));
    both->w.process_id = 1000;
}

static void two_processes_that_sync_one_home_do_it_once(void **state)
{
    fixture *f = *state;
    device third = {0};
    both = f;
    open_one(f, "lin");
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&third, device_open(&third, &f->w, &f->b, "home-3", "lin"));
    ok_of(&third, device_accept(&third));
    ok_of(&third, device_withdraw(&third));
    ok_of(&third, device_sync(&third));
    f->w.process_id = 2000;
    ok_of(&f->other, device_open(&f->other, &f->w, &f->b, "home", "lin"));
    f->w.process_id = 1000;
    ok_of(&f->d, device_grant(&f->d));
    /* The other one syncs while this one enrols, sends, asks for a page: whatever it finds done is done. */
    for (uint32_t n = 0; n < 3; n++) {
        f->b.during = sync_in_the_other_process;
        ok_of(&f->d, device_sync(&f->d));
        ok_of(&third, device_withdraw(&third));
        ok_of(&third, device_sync(&third));
        ok_of(&f->d, device_withdraw(&f->d));
    }
    f->b.during = sync_in_the_other_process;
    ok_of(&f->d, device_sync(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    uint8_t profile[CS_PROFILE_ID_SIZE];
    device_profile_id(&f->d, profile);
    /* Nothing twice, at the backend or here. */
    uint64_t mine = backend_stored(&f->b, cs_ledger_stream(f->d.j.profile->ledger));
    assert_int_equal(mine, cs_ledger_next_seq(f->d.j.profile->ledger) - 1);
    assert_int_equal(cs_ledger_event_count(f->d.j.profile->ledger), backend_cursor(&f->b, profile));
    assert_int_equal(f->d.report.waiting, 0);
    f->w.process_id = 2000;
    device_free(&f->other);
    memset(&f->other, 0, sizeof f->other);
    f->w.process_id = 1000;
    device_free(&third);
}

/* ---- the backend's own stream ------------------------------------------------------------------------- */

static cs_event support_event(uint32_t type, const char *purpose)
{
    cs_event event = {.type = type,
                      .actor = CS_ACTOR_SUPPORT,
                      .method = CONSENT_METHOD_SUPPORT,
                      .policy = {CS_STR("platform"), 1, 0, NULL},
                      .purpose = cs_str_of(purpose),
                      .recipient = CS_STR("pay-a")};
    event.data[event.data_count++] = CS_STR("account");
    return event;
}

static void support_withdraws_for_the_person(void **state)
{
    fixture *f = *state;
    uint8_t profile[CS_PROFILE_ID_SIZE];
    open_one(f, "lin");
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_grant(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    device_profile_id(&f->d, profile);
    backend_support(&f->b, profile, support_event(CS_EVENT_WITHDRAWN, "share.payment"));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_int_equal(f->d.report.received, 1);
}

static void support_saying_yes_becomes_a_question_and_forging_one_nothing(void **state)
{
    fixture *f = *state;
    uint8_t profile[CS_PROFILE_ID_SIZE];
    open_one(f, "lin");
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    device_profile_id(&f->d, profile);
    cs_event forged = support_event(CS_EVENT_GRANTED, "share.payment");
    forged.actor = CS_ACTOR_SELF;
    backend_support(&f->b, profile, forged);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(device_verdict(&f->d).reason, CONSENT_REASON_NOT_ASKED);
    backend_support(&f->b, profile, support_event(CS_EVENT_GRANTED, "share.payment"));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(device_verdict(&f->d).decision, CONSENT_ASK);
    assert_int_equal(device_verdict(&f->d).reason, CONSENT_REASON_CONFIRM);
}

/* ---- accounts ------------------------------------------------------------------------------------------ */

static void log_in_takes_the_anonymous_acts_along_and_up(void **state)
{
    fixture *f = *state;
    cs_profile *account = NULL;
    uint8_t stream[CS_STREAM_ID_SIZE];
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_grant(&f->d));
    ok_of(&f->d, device_withdraw(&f->d));
    memcpy(stream, cs_ledger_stream(f->d.j.profile->ledger), sizeof stream);
    cs_profile *anonymous = f->d.j.profile;
    ok_of(&f->d, cs_profile_open(f->d.j.home, "lin", false, &account, &f->d.j.err));
    f->d.j.profile = account;
    f->b.expected_token = "account-token";
    assert_int_equal(journey_check(&f->d.j, "browse.search", NULL, "keyword").reason, CONSENT_REASON_NOTICE_REQUIRED);
    ok_of(&f->d, cs_profile_join(account, anonymous, &f->d.j.err));
    assert_int_equal(journey_check(&f->d.j, "browse.search", NULL, "keyword").decision, CONSENT_ALLOW);
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    uint64_t events = cs_ledger_event_count(account->ledger);
    ok_of(&f->d, cs_profile_join(account, anonymous, &f->d.j.err)); /* again: nothing new */
    assert_int_equal(cs_ledger_event_count(account->ledger), events);
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.waiting, 0);
    assert_true(backend_stored(&f->b, stream) > 0);
    bool joined = false;
    for (size_t i = 0; i < f->b.device_count; i++)
        joined |= f->b.devices[i].joined && memcmp(f->b.devices[i].stream, stream, sizeof stream) == 0;
    assert_true(joined);
    ok_of(&f->d, cs_profile_leave(account, &f->d.j.err));
    assert_int_equal(cs_ledger_event_count(account->ledger), events + 1);
    assert_int_equal(cs_profile_leave(anonymous, NULL), CONSENT_E_ARGUMENT);
    /* The device's own profile is as it was. */
    f->d.j.profile = anonymous;
    assert_int_equal(journey_check(&f->d.j, "browse.search", NULL, "keyword").decision, CONSENT_ALLOW);
    cs_profile_close(account);
}

static void a_refusal_in_the_account_wins_over_an_anonymous_yes(void **state)
{
    fixture *f = *state;
    cs_profile *account = NULL;
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_grant(&f->d));
    cs_profile *anonymous = f->d.j.profile;
    ok_of(&f->d, cs_profile_open(f->d.j.home, "lin", false, &account, &f->d.j.err));
    f->d.j.profile = account;
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_withdraw(&f->d));
    ok_of(&f->d, cs_profile_join(account, anonymous, &f->d.j.err));
    assert_int_not_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    assert_int_equal(cs_profile_join(anonymous, account, NULL), CONSENT_E_ARGUMENT);
    f->d.j.profile = anonymous;
    assert_int_equal(device_verdict(&f->d).decision, CONSENT_ALLOW);
    cs_profile_close(account);
}

/* ---- policies, keys, sealed files -------------------------------------------------------------------------- */

static void a_backend_of_another_region_is_not_spoken_to(void **state)
{
    fixture *f = *state;
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    f->d.setup.region = "SG";
    assert_int_equal(device_sync(&f->d), CONSENT_E_REJECTED);
    assert_non_null(strstr(f->d.j.err.message, "SG"));
    assert_int_equal(f->b.requests, 0);
}

static void a_policy_named_by_an_act_is_fetched_and_seen_waits_for_it(void **state)
{
    fixture *f = *state;
    open_two(f);
    ok_of(&f->other, journey_install(&f->other.j, 2));
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->other, device_accept(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->d, device_sync(&f->d)); /* version 2 is not published yet */
    uint64_t merged = f->d.j.profile->state.merged;
    assert_true(merged > 0);
    assert_true(cs_decide_seen(&f->d.j.home->policies, &f->d.j.profile->state) < merged);
    assert_int_equal(f->d.report.policies, 0);
    backend_fail(&f->b, NULL, NULL, 0, NULL)->times = 0;
    f->b.bundles[f->b.bundle_count++] = journey_bundle(2);
    ok_of(&f->other, device_grant(&f->other));
    ok_of(&f->other, device_sync(&f->other));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.policies, 1);
    assert_non_null(cs_home_policy(f->d.j.home, "platform", 2));
    assert_int_equal(cs_decide_seen(&f->d.j.home->policies, &f->d.j.profile->state), f->d.j.profile->state.merged);
}

static void sealed_files_go_and_are_gone(void **state)
{
    fixture *f = *state;
    size_t size;
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    world_put_file(&f->w, "home", "sealed-00ff.bin", "not for us to read", 18);
    f->b.faults[0] = (backend_fault){.path = "sealed", .times = 1, .body = "{\"receipt\":\"a.b.c\"}"};
    f->b.fault_count = 1;
    assert_int_equal(device_sync(&f->d), CONSENT_E_NETWORK);
    assert_non_null(world_file(&f->w, "home", "sealed-00ff.bin", &size));
    ok_of(&f->d, device_sync(&f->d));
    assert_int_equal(f->d.report.sealed, 1);
    assert_int_equal(f->b.sealed.size, 18);
    assert_null(world_file(&f->w, "home", "sealed-00ff.bin", &size));
}

/* At a kiosk: visitors come and go, and the last one of the day accepted; whoever stands there now has not. C1 */
static void what_those_who_accepted_left_goes_before_the_next_one_accepts(void **state)
{
    fixture *f = *state;
    size_t size;
    open_one(f, NULL);
    world_put_file(&f->w, "home", "sealed-00ff.bin", "not for us to read", 18);
    ok_of(&f->d, device_sync(&f->d));
    assert_string_equal(f->b.log, "POST sealed\n"); /* and nothing about this one */
    assert_null(world_file(&f->w, "home", "sealed-00ff.bin", &size));
    ok_of(&f->d, device_sync(&f->d));
    assert_string_equal(f->b.log, "POST sealed\n");
}

static void erasing_takes_the_device_key_and_the_token_with_it(void **state)
{
    fixture *f = *state;
    open_one(f, NULL);
    ok_of(&f->d, device_accept(&f->d));
    ok_of(&f->d, device_sync(&f->d));
    size_t kept = 0;
    for (size_t i = 0; i < world_file_count(&f->w, "home"); i++)
        kept += strncmp(world_file_name(&f->w, "home", i), "i-", 2) == 0 ||
                strncmp(world_file_name(&f->w, "home", i), "s-", 2) == 0;
    assert_int_equal(kept, 2);
    ok_of(&f->d, cs_profile_erase(f->d.j.profile, &f->d.j.err));
    for (size_t i = 0; i < world_file_count(&f->w, "home"); i++)
        assert_true(strncmp(world_file_name(&f->w, "home", i), "i-", 2) != 0 &&
                    strncmp(world_file_name(&f->w, "home", i), "s-", 2) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_acceptance_and_after_a_refusal_nothing_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(host_and_policy_must_both_allow_fetching_before, setup, teardown),
        cmocka_unit_test_setup_teardown(acts_arrive_once_whatever_happens_on_the_way, setup, teardown),
        cmocka_unit_test_setup_teardown(an_anonymous_profile_keeps_its_name_in_a_new_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(many_acts_go_in_ranges_of_a_thousand, setup, teardown),
        cmocka_unit_test_setup_teardown(a_withdrawal_on_one_device_beats_a_grant_that_had_not_seen_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_grant_of_a_new_device_counts_once_it_is_vouched_for, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_of_one_item_lead_to_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(two_processes_that_sync_one_home_do_it_once, setup, teardown),
        cmocka_unit_test_setup_teardown(support_withdraws_for_the_person, setup, teardown),
        cmocka_unit_test_setup_teardown(support_saying_yes_becomes_a_question_and_forging_one_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(log_in_takes_the_anonymous_acts_along_and_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_in_the_account_wins_over_an_anonymous_yes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_backend_of_another_region_is_not_spoken_to, setup, teardown),
        cmocka_unit_test_setup_teardown(a_policy_named_by_an_act_is_fetched_and_seen_waits_for_it, setup, teardown),
        cmocka_unit_test_setup_teardown(sealed_files_go_and_are_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_those_who_accepted_left_goes_before_the_next_one_accepts, setup, teardown),
        cmocka_unit_test_setup_teardown(erasing_takes_the_device_key_and_the_token_with_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
