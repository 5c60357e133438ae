/* The state as a set of events: order, duplicates, bounds, bytes, memory. What it means for answers: test_decide*.c. */
#include "support/decide_case.h"
#include "support/make_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cs_event item_event(uint32_t type, uint64_t seq, const char *purpose, const char *data)
{
    static const uint8_t session[CS_SESSION_ID_SIZE] = {5};
    cs_event event = case_make_event(type, CS_ACTOR_SELF, 1, purpose, NULL, data);
    event.seq = seq;
    event.time_ms = CASE_START_MS + (int64_t)seq * CS_HOUR_MS;
    event.session_id = session;
    return event;
}

static void apply(cs_state *state, size_t device, cs_event event, uint64_t cursor)
{
    consent_error err;
    assert_int_equal(cs_state_apply(state, case_streams[device], device == 0, &event, cursor, &err), CONSENT_OK);
}

static cs_buffer encoded(const cs_state *state)
{
    cs_buffer out;
    cs_buffer_init(&out, make_memory(), CS_STATE_MAX_ENCODED);
    cs_state_encode(state, &out);
    assert_false(out.failed);
    return out;
}

static void assert_same(const cs_state *a, const cs_state *b)
{
    cs_buffer x = encoded(a), y = encoded(b);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.data, y.data, x.size);
    cs_buffer_free(&x);
    cs_buffer_free(&y);
}

/* One of everything that a state keeps. */
static size_t sample(cs_event *events)
{
    size_t n = 0;
    events[n++] = item_event(CS_EVENT_POLICY_ACCEPTED, 1, NULL, NULL);
    events[n++] = item_event(CS_EVENT_GRANTED, 2, "order", "name,phone");
    events[n++] = item_event(CS_EVENT_WITHDRAWN, 3, "order", "phone");
    events[n++] = item_event(CS_EVENT_POLICY_DECLINED, 4, NULL, NULL);
    events[n] = item_event(CS_EVENT_DENIED, 5, "hint", "place");
    events[n++].subject = CS_SUBJECT_TERMS_WIDENED;
    events[n] = item_event(CS_EVENT_AGE_DECLARED, 6, NULL, NULL);
    events[n++].birth = (cs_date){2010, 2, 3};
    events[n] = item_event(CS_EVENT_PERMISSION_RESULT, 7, NULL, NULL);
    events[n].permission = CS_STR("location");
    events[n++].os_state = CONSENT_OS_DENIED;
    events[n] = item_event(CS_EVENT_PERMISSION_REVOKED, 8, NULL, NULL);
    events[n++].permission = CS_STR("camera");
    events[n++] = item_event(CS_EVENT_RECOVERED, 9, NULL, NULL);
    events[n] = item_event(CS_EVENT_KEY_CONFIRMED, 10, NULL, NULL);
    events[n++].reference = CS_STR("02000000000000000000000000000000");
    events[n] = item_event(CS_EVENT_GUARDIAN_VERIFIED, 11, NULL, NULL);
    events[n].rules_id = CS_STR("child-rules");
    events[n++].rules_version = 2;
    events[n++] = item_event(CS_EVENT_USED_ONCE, 12, "scan", "card");
    events[n] = item_event(CS_EVENT_GRANTED, 13, "pay", "card");
    events[n].overlay = (cs_policy_ref){.id = CS_STR("hotel-policy"), .version = 4};
    events[n++].recipient = CS_STR("pay-a");
    return n;
}

static void any_order_and_any_repetition_give_the_same_bytes(void **unused)
{
    (void)unused;
    cs_event events[32];
    size_t count = sample(events);
    cs_state forward, backward, repeated;
    cs_state_init(&forward, make_memory());
    cs_state_init(&backward, make_memory());
    cs_state_init(&repeated, make_memory());
    for (size_t i = 0; i < count; i++) {
        apply(&forward, 0, events[i], i + 1);
        apply(&backward, 0, events[count - 1 - i], count - i);
        apply(&repeated, 0, events[i], 0);
    }
    for (size_t i = 0; i < 3 * count; i++)
        apply(&repeated, 0, events[(i * 7) % count], (i * 7) % count + 1);
    assert_same(&forward, &backward);
    assert_same(&forward, &repeated);
    cs_state_free(&forward);
    cs_state_free(&backward);
    cs_state_free(&repeated);
}

static void a_checkpoint_comes_back_as_it_was(void **unused)
{
    (void)unused;
    cs_event events[32];
    size_t count = sample(events);
    cs_state state, copy;
    cs_state_init(&state, make_memory());
    cs_state_init(&copy, make_memory());
    for (size_t i = 0; i < count; i++)
        apply(&state, i % 3, events[i], i + 1);
    cs_buffer bytes = encoded(&state);
    assert_int_equal(cs_state_decode(&copy, cs_buffer_span(&bytes), NULL), CONSENT_OK);
    assert_same(&state, &copy);
    apply(&state, 0, item_event(CS_EVENT_GRANTED, 40, "order", "name"), 0);
    apply(&copy, 0, item_event(CS_EVENT_GRANTED, 40, "order", "name"), 0);
    assert_same(&state, &copy);
    cs_buffer_free(&bytes);
    cs_state_free(&state);
    cs_state_free(&copy);
}

static void a_damaged_checkpoint_is_refused_and_leaves_an_empty_state(void **unused)
{
    (void)unused;
    cs_event events[32];
    size_t count = sample(events);
    cs_state state, copy;
    cs_state_init(&state, make_memory());
    for (size_t i = 0; i < count; i++)
        apply(&state, 0, events[i], 0);
    cs_buffer bytes = encoded(&state);
    cs_state_init(&copy, make_memory());
    consent_error err;
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(cs_state_decode(&copy, (cs_span){bytes.data, size}, &err), CONSENT_E_CORRUPT);
        assert_int_equal(copy.act_count + copy.stream_count + copy.names.count, 0);
    }
    for (size_t at = 0; at < bytes.size; at++) { /* whatever a byte becomes, nothing is read beyond the end */
        bytes.data[at] ^= 0x55;
        if (cs_state_decode(&copy, cs_buffer_span(&bytes), &err) == CONSENT_OK) {
            cs_state_free(&copy);
            cs_state_init(&copy, make_memory());
        }
        bytes.data[at] ^= 0x55;
    }
    bytes.data[0] = 9;
    assert_int_equal(cs_state_decode(&copy, cs_buffer_span(&bytes), &err), CONSENT_E_UNSUPPORTED);
    cs_buffer_free(&bytes);
    cs_state_free(&state);
    cs_state_free(&copy);
}

static void provisional_withdrawals_are_not_part_of_a_checkpoint(void **unused)
{
    (void)unused;
    cs_state state, without;
    cs_state_init(&state, make_memory());
    cs_state_init(&without, make_memory());
    apply(&state, 0, item_event(CS_EVENT_GRANTED, 1, "order", "name"), 0);
    apply(&without, 0, item_event(CS_EVENT_GRANTED, 1, "order", "name"), 0);
    cs_event withdrawal = item_event(CS_EVENT_WITHDRAWN, 2, "other", "place");
    assert_int_equal(cs_state_overlay_withdraw(&state, &withdrawal, NULL), CONSENT_OK);
    assert_same(&state, &without);
    cs_state_overlay_clear(&state);
    assert_int_equal(state.act_count, 1);
    cs_state_free(&state);
    cs_state_free(&without);
}

static void memory_stays_bounded_as_history_grows(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    static const char *const purposes[] = {"order", "hint", "pay", "map"};
    uint32_t acts_after_100 = 0;
    for (uint64_t seq = 1; seq <= 10000; seq++) {
        uint32_t type = seq % 3 == 0 ? (uint32_t)CS_EVENT_DENIED : (uint32_t)CS_EVENT_GRANTED;
        apply(&state, seq % 2, item_event(type, seq, purposes[seq % 4], "name,phone"), seq);
        if (seq == 100)
            acts_after_100 = state.act_count;
    }
    assert_true(acts_after_100 > 0);
    assert_int_equal(state.act_count, acts_after_100);
    assert_int_equal(state.names.count, 4 + 2 + 1);
    cs_state_free(&state);
}

static void names_are_interned_once_and_unknown_ones_match_nothing(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    apply(&state, 0, item_event(CS_EVENT_GRANTED, 1, "order", "name"), 0);
    cs_name order = cs_state_name(&state, CS_STR("order"));
    assert_true(cs_str_is(cs_state_text(&state, order), "order"));
    assert_int_equal(cs_state_name(&state, CS_STR("")), 0);
    assert_int_equal(cs_state_name(&state, CS_STR("never")), CS_NAME_UNKNOWN);
    assert_int_equal(cs_state_text(&state, CS_NAME_UNKNOWN).size, 0);
    uint32_t count;
    assert_non_null(cs_state_acts(&state, order, &count));
    assert_int_equal(count, 1);
    cs_state_acts(&state, CS_NAME_UNKNOWN, &count);
    assert_int_equal(count, 0);
    cs_state_free(&state);
}

static void many_names_find_their_place(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    char text[16];
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "purpose-%d", i);
        apply(&state, 0, item_event(CS_EVENT_DENIED, (uint64_t)i + 1, text, NULL), 0);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "purpose-%d", i);
        uint32_t count;
        const cs_act *act = cs_state_acts(&state, cs_state_name(&state, cs_str_of(text)), &count);
        assert_int_equal(count, 1);
        assert_int_equal(act->seq, i + 1);
    }
    cs_state_free(&state);
}

static void permission_events_count_by_their_place_in_the_stream_not_by_arrival(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_event on = item_event(CS_EVENT_PERMISSION_RESULT, 5, NULL, NULL), off = on;
    on.permission = off.permission = CS_STR("location");
    on.os_state = CONSENT_OS_GRANTED;
    off.seq = 4;
    off.os_state = CONSENT_OS_DENIED;
    apply(&state, 0, on, 0);
    apply(&state, 0, off, 0);
    const cs_permission_state *permission = cs_state_permission(&state, CS_STR("location"));
    assert_int_equal(permission->os_state, CONSENT_OS_GRANTED);
    assert_int_equal(permission->refused.seq, 4);
    assert_null(cs_state_permission(&state, CS_STR("camera")));
    cs_state_free(&state);
}

static void wherever_memory_ends_nothing_leaks_and_nothing_is_half_said(void **unused)
{
    (void)unused;
    cs_event events[32];
    size_t count = sample(events), blocks = make_live_blocks();
    bool failed = true;
    for (size_t allowed = 0; failed; allowed++) {
        cs_state state;
        make_memory_fail_after(allowed);
        cs_state_init(&state, make_memory());
        failed = false;
        for (size_t i = 0; i < count && !failed; i++) {
            consent_error err;
            uint32_t acts = state.act_count;
            consent_status status = cs_state_apply(&state, case_streams[0], true, &events[i], 0, &err);
            assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
            failed = status != CONSENT_OK;
            if (failed)
                assert_int_equal(state.act_count, acts);
        }
        cs_buffer out;
        cs_buffer_init(&out, make_memory(), CS_STATE_MAX_ENCODED);
        cs_state_encode(&state, &out);
        failed |= out.failed;
        cs_state copy;
        cs_state_init(&copy, make_memory());
        if (!out.failed && cs_state_decode(&copy, cs_buffer_span(&out), NULL) != CONSENT_OK)
            failed = true;
        cs_state_free(&copy);
        cs_buffer_free(&out);
        cs_state_free(&state);
        assert_int_equal(make_live_blocks(), blocks);
    }
    make_memory_fail_after(SIZE_MAX);
}

static void what_is_said_of_a_policy_as_a_whole_is_kept_once_whatever_data_it_names(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    apply(&state, 0, item_event(CS_EVENT_POLICY_ACCEPTED, 1, NULL, "name,phone"), 0);
    apply(&state, 0, item_event(CS_EVENT_USED_ONCE, 2, NULL, "name"), 0);
    apply(&state, 0, item_event(CS_EVENT_GRANTED, 3, NULL, "name"), 0);
    assert_int_equal(state.act_count, 1);
    cs_state_free(&state);
}

static void acts_under_different_bundles_are_kept_apart(void **unused)
{
    (void)unused;
    static const uint8_t hash[32] = {1};
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_event grant = item_event(CS_EVENT_GRANTED, 1, "order", "name");
    apply(&state, 0, grant, 0);
    grant.seq++;
    grant.policy.revision = 1;
    apply(&state, 0, grant, 0);
    grant.seq++;
    grant.policy.hash = hash;
    apply(&state, 0, grant, 0);
    grant.seq++;
    grant.overlay = (cs_policy_ref){.id = CS_STR("hotel-policy"), .version = 1};
    apply(&state, 0, grant, 0);
    assert_int_equal(state.act_count, 4);
    grant.seq++;
    apply(&state, 0, grant, 0);
    assert_int_equal(state.act_count, 4);
    cs_state_free(&state);
}

static void a_receipt_that_orders_times_drops_what_they_kept(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_event grant = item_event(CS_EVENT_GRANTED, 1, "order", "name");
    grant.time_ms = CASE_START_MS + 1000 * CS_HOUR_MS; /* the clock ran ahead, and was put right */
    apply(&state, 0, grant, 0);
    apply(&state, 0, item_event(CS_EVENT_GRANTED, 2, "order", "name"), 0);
    assert_int_equal(state.act_count, 2);
    assert_int_equal(cs_state_receipt(&state, case_streams[0], 1, 1, 1, CASE_START_MS, 0, NULL, NULL), CONSENT_OK);
    assert_int_equal(state.act_count, 1);
    assert_int_equal(state.acts[0].seq, 2);
    cs_state_free(&state);
}

static void an_empty_state_is_freed_twice_without_harm(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_state_free(&state);
    cs_state_free(&state);
    cs_state_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_and_any_repetition_give_the_same_bytes),
        cmocka_unit_test(a_checkpoint_comes_back_as_it_was),
        cmocka_unit_test(a_damaged_checkpoint_is_refused_and_leaves_an_empty_state),
        cmocka_unit_test(provisional_withdrawals_are_not_part_of_a_checkpoint),
        cmocka_unit_test(memory_stays_bounded_as_history_grows),
        cmocka_unit_test(names_are_interned_once_and_unknown_ones_match_nothing),
        cmocka_unit_test(many_names_find_their_place),
        cmocka_unit_test(permission_events_count_by_their_place_in_the_stream_not_by_arrival),
        cmocka_unit_test(wherever_memory_ends_nothing_leaks_and_nothing_is_half_said),
        cmocka_unit_test(what_is_said_of_a_policy_as_a_whole_is_kept_once_whatever_data_it_names),
        cmocka_unit_test(acts_under_different_bundles_are_kept_apart),
        cmocka_unit_test(a_receipt_that_orders_times_drops_what_they_kept),
        cmocka_unit_test(an_empty_state_is_freed_twice_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
