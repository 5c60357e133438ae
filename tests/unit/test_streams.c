/* Whose acts a state holds: ranges of other devices, joined ones, the backend's; a stream of one's own after another. */
#include "support/decide_case.h"
#include "support/make_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t after_fork[CS_STREAM_ID_SIZE] = {0xF0};

static cs_event item_event(uint32_t type, uint64_t seq, const char *purpose)
{
    static const uint8_t session[CS_SESSION_ID_SIZE] = {5};
    cs_event event = case_make_event(type, CS_ACTOR_SELF, 1, purpose, NULL, NULL);
    event.seq = seq;
    event.time_ms = CASE_START_MS + (int64_t)seq * CS_HOUR_MS;
    event.session_id = session;
    return event;
}

static void apply(cs_state *state, const uint8_t *stream, bool own, cs_event event)
{
    assert_int_equal(cs_state_apply(state, stream, own, &event, 0, NULL), CONSENT_OK);
}

static cs_state_range range_of(uint64_t first, uint64_t last, uint64_t cursor)
{
    return (cs_state_range){.first = first,
                            .last = last,
                            .first_cursor = cursor,
                            .time_ms = CASE_START_MS + 1000 * CS_HOUR_MS,
                            .key = {7},
                            .head = {(uint8_t)last}};
}

static void receive(cs_state *state, const uint8_t *stream, cs_state_range range, cs_event event)
{
    assert_int_equal(cs_state_begin_range(state, stream, &range, NULL), CONSENT_OK);
    if (event.type != 0)
        apply(state, stream, false, event);
    assert_int_equal(cs_state_end_range(state, stream, &range, 0, NULL, NULL), CONSENT_OK);
}

static const cs_act *only_act(const cs_state *state, const char *purpose, uint32_t wanted)
{
    uint32_t count;
    const cs_act *acts = cs_state_acts(state, cs_state_name(state, cs_str_of(purpose)), &count);
    assert_int_equal(count, wanted);
    return acts;
}

static void a_range_gives_cursors_and_moves_what_is_acknowledged(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_state_range range = range_of(1, 1, 12);
    range.merged = 12;
    receive(&state, case_streams[1], range, item_event(CS_EVENT_GRANTED, 1, "order"));
    const cs_stream_state *known = cs_state_stream(&state, case_streams[1]);
    assert_int_equal(known->acked_seq, 1);
    assert_int_equal(known->head[0], 1);
    assert_int_equal(known->key[0], 7);
    assert_false(known->confirmed);
    assert_int_equal(only_act(&state, "order", 1)->cursor, 12);
    assert_int_equal(state.merged, 12);
    range = (cs_state_range){.merged = 20};
    receive(&state, case_streams[1], range, (cs_event){0});
    assert_int_equal(state.merged, 20);
    assert_int_equal(known->acked_seq, 1);
    cs_state_free(&state);
}

static void joined_acts_have_seen_nothing(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_state_range range = {.first = 1, .last = 1, .joined = true};
    cs_event grant = item_event(CS_EVENT_GRANTED, 1, "order");
    grant.seen = 5;
    receive(&state, case_streams[1], range, grant);
    assert_int_equal(only_act(&state, "order", 1)->seen, 0);
    assert_int_equal(cs_state_stream(&state, case_streams[1])->acked_seq, 0);
    cs_state_free(&state);
}

static void support_may_withdraw_and_say_but_never_grant(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_state_range range = range_of(1, 9, 1);
    range.by_backend = true;
    assert_int_equal(cs_state_begin_range(&state, case_streams[1], &range, NULL), CONSENT_OK);
    apply(&state, case_streams[1], false, item_event(CS_EVENT_GRANTED, 1, "order")); /* actor self */
    apply(&state, case_streams[1], false, item_event(CS_EVENT_POLICY_ACCEPTED, 2, NULL));
    apply(&state, case_streams[1], false, item_event(CS_EVENT_IMPORTED, 3, NULL));
    apply(&state, case_streams[1], false, item_event(CS_EVENT_GUARDIAN_VERIFIED, 4, NULL));
    cs_event event = item_event(CS_EVENT_GUARDIAN_VERIFIED, 5, NULL);
    event.actor = CS_ACTOR_SUPPORT;
    event.method = CONSENT_METHOD_GUARDIAN_LINK;
    apply(&state, case_streams[1], false, event);
    event = item_event(CS_EVENT_AGE_DECLARED, 6, NULL);
    event.age_band = 19;
    apply(&state, case_streams[1], false, event);
    assert_int_equal(state.act_count, 0);
    assert_int_equal(state.age_count, 0);

    event.actor = CS_ACTOR_SUPPORT;
    apply(&state, case_streams[1], false, event);
    assert_int_equal(state.age_count, 1);
    event = item_event(CS_EVENT_GRANTED, 7, "order");
    event.actor = CS_ACTOR_SUPPORT;
    apply(&state, case_streams[1], false, event);
    assert_int_equal(only_act(&state, "order", 1)->flags & CS_ACT_SUPPORT, CS_ACT_SUPPORT);
    event = item_event(CS_EVENT_WITHDRAWN, 8, "hint");
    event.actor = CS_ACTOR_SUPPORT;
    apply(&state, case_streams[1], false, event);
    assert_int_equal(only_act(&state, "hint", 1)->kind, CS_ACT_REFUSE);
    event = item_event(CS_EVENT_GUARDIAN_VERIFIED, 9, NULL);
    event.actor = CS_ACTOR_GUARDIAN;
    event.method = CONSENT_METHOD_GUARDIAN_LINK;
    apply(&state, case_streams[1], false, event);
    assert_int_equal(state.act_count, 3);
    assert_true(cs_state_stream(&state, case_streams[1])->confirmed);
    cs_state_free(&state);
}

/* ---- a new stream ------------------------------------------------------------------------------------- */

static void what_no_receipt_covers_goes_on_in_the_new_stream(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    assert_int_equal(cs_state_own_stream(&state, case_streams[0], NULL), CONSENT_OK);
    apply(&state, case_streams[0], true, item_event(CS_EVENT_GRANTED, 1, "order"));
    apply(&state, case_streams[0], true, item_event(CS_EVENT_WITHDRAWN, 2, "order"));
    apply(&state, case_streams[0], true, item_event(CS_EVENT_GRANTED, 3, "hint"));
    receive(&state, case_streams[0], range_of(1, 1, 4), (cs_event){0});
    assert_int_equal(cs_state_own_stream(&state, after_fork, NULL), CONSENT_OK);
    const cs_stream_state *own = cs_state_own(&state);
    assert_memory_equal(own->id, after_fork, sizeof after_fork);
    assert_int_equal(own->last_seq, 2); /* to be recorded again */
    assert_int_equal(own->own_order, 2);
    assert_int_equal(cs_state_stream(&state, case_streams[0])->last_seq, 1);
    /* Recording them again adds nothing. */
    uint32_t acts = state.act_count;
    apply(&state, after_fork, true, item_event(CS_EVENT_WITHDRAWN, 1, "order"));
    apply(&state, after_fork, true, item_event(CS_EVENT_GRANTED, 2, "hint"));
    assert_int_equal(state.act_count, acts);
    const cs_act *hint = only_act(&state, "hint", 1);
    assert_int_equal(hint->seq, 2);
    assert_memory_equal(state.streams[hint->stream].id, after_fork, sizeof after_fork);
    assert_int_equal(cs_state_own_stream(&state, case_streams[0], NULL), CONSENT_OK); /* no way back */
    assert_memory_equal(cs_state_own(&state)->id, after_fork, sizeof after_fork);
    cs_state_free(&state);
}

static void a_parked_act_lies_before_the_new_stream(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    apply(&state, case_streams[0], true, item_event(CS_EVENT_WITHDRAWN, 1, "order"));
    apply(&state, case_streams[0], true, item_event(CS_EVENT_GRANTED, 2, "hint"));
    cs_state_range parked = {.first = 1, .last = 1};
    receive(&state, case_streams[0], parked, (cs_event){0});
    assert_int_equal(cs_state_stream(&state, case_streams[0])->parked, 1);
    assert_int_equal(cs_state_own_stream(&state, after_fork, NULL), CONSENT_OK);
    const cs_act *no = only_act(&state, "order", 1);
    assert_int_equal(no->seq, 0);
    assert_true(cs_state_in_past(no, no->stream, 1, 0)); /* or nothing could be granted again here */
    assert_int_equal(only_act(&state, "hint", 1)->seq, 1);
    assert_int_equal(cs_state_own(&state)->last_seq, 1);
    cs_state_free(&state);
}

static void permissions_of_the_new_stream_are_the_later_ones(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    cs_event off = item_event(CS_EVENT_PERMISSION_RESULT, 40, NULL);
    off.permission = CS_STR("location");
    off.os_state = CONSENT_OS_DENIED;
    apply(&state, case_streams[0], true, off);
    receive(&state, case_streams[0], range_of(1, 40, 1), (cs_event){0});
    assert_int_equal(cs_state_own_stream(&state, after_fork, NULL), CONSENT_OK);
    cs_event on = off;
    on.seq = 1;
    on.os_state = CONSENT_OS_GRANTED;
    apply(&state, after_fork, true, on);
    assert_int_equal(cs_state_permission(&state, CS_STR("location"))->os_state, CONSENT_OS_GRANTED);
    /* What another device with the old stream's key says of its permissions concerns it alone. */
    off.seq = 41;
    apply(&state, case_streams[0], false, off);
    assert_int_equal(cs_state_permission(&state, CS_STR("location"))->os_state, CONSENT_OS_GRANTED);
    cs_state_free(&state);
}

static void doubt_goes_on_in_the_new_stream(void **unused)
{
    (void)unused;
    cs_state state;
    cs_state_init(&state, make_memory());
    apply(&state, case_streams[0], true, item_event(CS_EVENT_GRANTED, 1, "order"));
    cs_event doubt = item_event(CS_EVENT_RECOVERED, 2, NULL);
    doubt.reference = CS_STR(CS_DOUBT_REFERENCE);
    apply(&state, case_streams[0], true, doubt);
    assert_int_equal(cs_state_own_stream(&state, after_fork, NULL), CONSENT_OK);
    assert_int_equal(cs_state_own(&state)->doubted_seq, 2);
    cs_state_free(&state);
}

static void all_of_it_comes_back_from_a_checkpoint(void **unused)
{
    (void)unused;
    cs_state state, copy;
    cs_buffer first, second;
    cs_state_init(&state, make_memory());
    apply(&state, case_streams[0], true, item_event(CS_EVENT_GRANTED, 1, "order"));
    cs_state_range range = range_of(1, 1, 3);
    range.joined = true;
    range.merged = 3;
    receive(&state, case_streams[1], range, item_event(CS_EVENT_WITHDRAWN, 1, "order"));
    range = range_of(1, 1, 4);
    range.by_backend = true;
    receive(&state, case_streams[2], range, (cs_event){0});
    receive(&state, case_streams[0], (cs_state_range){.first = 1, .last = 1}, (cs_event){0});
    assert_int_equal(cs_state_own_stream(&state, after_fork, NULL), CONSENT_OK);
    cs_buffer_init(&first, make_memory(), CS_STATE_MAX_ENCODED);
    cs_buffer_init(&second, make_memory(), CS_STATE_MAX_ENCODED);
    cs_state_encode(&state, &first);
    cs_state_init(&copy, make_memory());
    assert_int_equal(cs_state_decode(&copy, cs_buffer_span(&first), NULL), CONSENT_OK);
    cs_state_encode(&copy, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    assert_int_equal(copy.merged, 3);
    assert_true(cs_state_stream(&copy, case_streams[1])->joined);
    assert_true(cs_state_stream(&copy, case_streams[2])->by_backend);
    assert_int_equal(cs_state_stream(&copy, case_streams[0])->parked, 1);
    assert_int_equal(cs_state_own(&copy)->own_order, 2);
    cs_buffer_free(&first);
    cs_buffer_free(&second);
    cs_state_free(&copy);
    cs_state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_gives_cursors_and_moves_what_is_acknowledged),
        cmocka_unit_test(joined_acts_have_seen_nothing),
        cmocka_unit_test(support_may_withdraw_and_say_but_never_grant),
        cmocka_unit_test(what_no_receipt_covers_goes_on_in_the_new_stream),
        cmocka_unit_test(a_parked_act_lies_before_the_new_stream),
        cmocka_unit_test(permissions_of_the_new_stream_are_the_later_ones),
        cmocka_unit_test(doubt_goes_on_in_the_new_stream),
        cmocka_unit_test(all_of_it_comes_back_from_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
