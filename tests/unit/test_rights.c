/* Requests as events: working days, what each right needs, which way a request may go, and one state for any order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rights/rights.h"
#include "support/make_policy.h"

static const cs_date holidays[] = {{2026, 10, 1}, {2026, 10, 2}, {2026, 10, 3}, {2026, 10, 4},
                                   {2026, 10, 5}, {2026, 10, 6}, {2026, 10, 7}};
static const cs_date makeup_days[] = {{2026, 9, 20}, {2026, 10, 10}};
static const cs_policy calendar = {
    .holidays = holidays, .holiday_count = 7, .makeup_days = makeup_days, .makeup_day_count = 2};
static const uint8_t stream_a[CS_STREAM_ID_SIZE] = {1};
static const uint8_t stream_b[CS_STREAM_ID_SIZE] = {2};

static int64_t at(const char *text)
{
    int64_t time_ms = 0;
    assert_true(cs_time_parse(cs_str_of(text), &time_ms));
    return time_ms;
}

static void assert_due(const cs_policy *policy, const char *received, int32_t days, const char *due, bool provisional)
{
    cs_due found;
    char text[CS_DATE_TEXT_SIZE];
    cs_rights_due(policy, at(received), days, &found);
    cs_date_format(found.day, text);
    assert_string_equal(text, due);
    assert_int_equal(found.provisional, provisional);
    assert_int_equal(found.due_ms, cs_date_start_ms(found.day) + CS_DAY_MS);
}

/* ---- working days ---------------------------------------------------------------------------------------- */

/* C167 */
static void the_fifteenth_working_day_minds_the_national_day_and_its_make_up_saturday(void **state)
{
    (void)state;
    assert_due(&calendar, "2026-09-28T10:00:00+08:00", 15, "2026-10-23", false);
    assert_due(&calendar, "2026-09-28T10:00:00+08:00", 5, "2026-10-10", false);
    assert_due(&calendar, "2026-09-18T10:00:00+08:00", 1, "2026-09-20", false);
}

/* C167 */
static void the_day_of_receipt_is_counted_in_china_and_never_counts_itself(void **state)
{
    (void)state;
    assert_due(&calendar, "2026-09-28T15:59:59Z", 1, "2026-09-29", false);
    assert_due(&calendar, "2026-09-28T16:00:00Z", 1, "2026-09-30", false);
    assert_due(&calendar, "2026-10-03T09:00:00+08:00", 1, "2026-10-08", false);
}

/* C167 */
static void a_year_without_a_calendar_makes_the_day_provisional(void **state)
{
    (void)state;
    assert_due(&calendar, "2026-12-30T10:00:00+08:00", 1, "2026-12-31", false);
    assert_due(&calendar, "2026-12-30T10:00:00+08:00", 2, "2027-01-01", true);
    assert_due(NULL, "2026-10-02T10:00:00+08:00", 1, "2026-10-05", true);
}

static void a_make_up_sunday_works_and_a_holiday_monday_does_not(void **state)
{
    bool known = false;
    (void)state;
    assert_true(cs_rights_is_working_day(&calendar, (cs_date){2026, 9, 20}, &known));
    assert_true(known);
    assert_false(cs_rights_is_working_day(&calendar, (cs_date){2026, 10, 5}, &known));
    assert_false(cs_rights_is_working_day(&calendar, (cs_date){2026, 10, 11}, &known));
    assert_true(cs_rights_is_working_day(NULL, (cs_date){2026, 10, 5}, &known));
    assert_false(known);
}

/* ---- what each right needs ---------------------------------------------------------------------------------- */

static consent_status check(const consent_rights_request *request, const char *because)
{
    consent_error err = {0};
    consent_status status = cs_request_check(request, &err);
    if (because && !strstr(err.message, because))
        fail_msg("expected a message about %s, got: %s", because, err.message);
    return status;
}

/* C139 C140 C147 C148 C150 */
static void each_right_names_what_it_needs(void **state)
{
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    const char *const data[] = {"phone"};
    (void)state;
    request.right = CONSENT_RIGHT_DELETE;
    assert_int_equal(check(&request, "grounds"), CONSENT_E_REJECTED);
    request.ground = CONSENT_DELETION_UNLAWFUL;
    assert_int_equal(check(&request, NULL), CONSENT_OK);
    request.right = CONSENT_RIGHT_PORT;
    assert_int_equal(check(&request, "target"), CONSENT_E_REJECTED);
    request.target = "Other Ltd.";
    assert_int_equal(check(&request, NULL), CONSENT_OK);
    request.right = CONSENT_RIGHT_CORRECT;
    assert_int_equal(check(&request, "correction"), CONSENT_E_REJECTED);
    request.data = data;
    request.data_count = 1;
    assert_int_equal(check(&request, NULL), CONSENT_OK);
    request.right = CONSENT_RIGHT_APPEAL;
    assert_int_equal(check(&request, "appeal"), CONSENT_E_REJECTED);
    request.reference = "decision-7";
    assert_int_equal(check(&request, NULL), CONSENT_OK);
    request.right = CONSENT_RIGHT_UNSUBSCRIBE;
    assert_int_equal(check(&request, "purpose"), CONSENT_E_REJECTED);
    request.purpose = "market.sms";
    assert_int_equal(check(&request, NULL), CONSENT_OK);
}

/* PIPL 49 */
static void a_relative_gives_evidence(void **state)
{
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    (void)state;
    request.right = CONSENT_RIGHT_ACCESS;
    request.by = CONSENT_REQUESTER_RELATIVE;
    assert_int_equal(check(&request, "relative"), CONSENT_E_REJECTED);
    request.reference = "register-of-deaths-12";
    assert_int_equal(check(&request, NULL), CONSENT_OK);
}

static void malformed_members_are_named(void **state)
{
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    const char *const data[] = {"Phone Number"};
    (void)state;
    assert_int_equal(check(&request, "right"), CONSENT_E_ARGUMENT);
    request.right = CONSENT_RIGHT_COMPLAINT;
    request.by = 9;
    assert_int_equal(check(&request, "by"), CONSENT_E_ARGUMENT);
    request.by = CONSENT_REQUESTER_SELF;
    request.text = "\xff";
    assert_int_equal(check(&request, "text"), CONSENT_E_ARGUMENT);
    request.text = NULL;
    request.data = data;
    request.data_count = 1;
    assert_int_equal(check(&request, "data"), CONSENT_E_ARGUMENT);
    request.data = NULL;
    assert_int_equal(check(&request, "data"), CONSENT_E_ARGUMENT);
}

static void every_right_has_a_name_and_is_found_by_it(void **state)
{
    (void)state;
    for (int32_t right = CONSENT_RIGHT_ACCESS; right <= CONSENT_RIGHT_COMPLAINT; right++) {
        int32_t found = 0;
        assert_non_null(cs_right_name(right));
        assert_true(cs_right_find(cs_str_of(cs_right_name(right)), &found));
        assert_int_equal(found, right);
    }
    assert_null(cs_right_name(0));
    assert_null(cs_right_name(CONSENT_RIGHT_COMPLAINT + 1));
    assert_null(cs_right_name(-1));
}

/* ---- events to requests and back ------------------------------------------------------------------------------- */

typedef struct story {
    cs_requests list;
    cs_buffer details[16];
    cs_event events[16];
    const uint8_t *streams[16];
    size_t count;
} story;

static void begin(story *s)
{
    memset(s, 0, sizeof *s);
    cs_requests_init(&s->list, make_memory());
}

static void end(story *s)
{
    cs_requests_free(&s->list);
    for (size_t i = 0; i < s->count; i++)
        cs_buffer_free(&s->details[i]);
    assert_int_equal(make_live_blocks(), 0);
}

static cs_event *next(story *s, const uint8_t *stream, const char *when)
{
    cs_event *event = &s->events[s->count];
    cs_buffer_init(&s->details[s->count], make_memory(), 8192);
    s->streams[s->count++] = stream;
    event->time_ms = at(when);
    event->seq = s->count;
    return event;
}

static void open_request(story *s, const consent_rights_request *request, const char *id, const char *when)
{
    cs_event *event = next(s, stream_a, when);
    cs_event made;
    cs_request_event(request, id, 15, &s->details[s->count - 1], &made);
    made.time_ms = event->time_ms;
    made.seq = event->seq;
    *event = made;
}

static void change(story *s, const uint8_t *stream, const char *id, consent_request_change what, const char *when)
{
    cs_event *event = next(s, stream, when);
    cs_event made;
    cs_request of = {.id = cs_str_of(id)};
    cs_request_change_event(&of, &what, &s->details[s->count - 1], &made);
    made.time_ms = event->time_ms;
    made.seq = event->seq;
    *event = made;
}

static const cs_request *settle(story *s, const char *id, bool backwards)
{
    consent_error err = {0};
    for (size_t i = 0; i < s->count; i++) {
        size_t index = backwards ? s->count - 1 - i : i;
        assert_int_equal(cs_requests_add(&s->list, s->streams[index], &s->events[index], &err), CONSENT_OK);
    }
    cs_requests_settle(&s->list);
    return cs_requests_find(&s->list, cs_str_of(id));
}

static consent_rights_request deletion(void)
{
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    request.right = CONSENT_RIGHT_DELETE;
    request.ground = CONSENT_DELETION_NO_LONGER_USED;
    return request;
}

/* C139 C150 */
static void what_was_asked_comes_back_from_its_event(void **state)
{
    story s;
    static const char *const data[] = {"name", "phone"};
    static const char *const independent[] = {"pay-a"};
    consent_rights_request request = deletion();
    (void)state;
    request.by = CONSENT_REQUESTER_GUARDIAN;
    request.purpose = "order.base";
    request.data = data;
    request.data_count = 2;
    request.independent = independent;
    request.independent_count = 1;
    request.text = "全部删除";
    request.channel = "hotline";
    begin(&s);
    open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
    assert_int_equal(s.events[0].actor, CS_ACTOR_GUARDIAN);
    const cs_request *found = settle(&s, "req-1", false);
    assert_non_null(found);
    assert_int_equal(found->right, CONSENT_RIGHT_DELETE);
    assert_int_equal(found->by, CONSENT_REQUESTER_GUARDIAN);
    assert_int_equal(found->ground, CONSENT_DELETION_NO_LONGER_USED);
    assert_int_equal(found->working_days, 15);
    assert_true(cs_str_is(found->purpose, "order.base"));
    assert_true(cs_str_is(found->text, "全部删除"));
    assert_true(cs_str_is(found->channel, "hotline"));
    assert_int_equal(found->data_count, 2);
    assert_true(cs_str_is(found->data[1], "phone"));
    assert_int_equal(found->independent_count, 1);
    assert_int_equal(found->state, CONSENT_REQUEST_OPENED);
    end(&s);
}

/* C142 C151 C152 */
static void a_deletion_goes_through_verification_and_fee_to_the_backups_in_any_order_of_arrival(void **state)
{
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        story s;
        consent_rights_request request = deletion();
        begin(&s);
        open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
        change(&s, stream_b, "req-1", (consent_request_change){.state = CONSENT_REQUEST_NEEDS_VERIFICATION},
               "2026-03-02T10:00:00Z");
        change(&s, stream_b, "req-1",
               (consent_request_change){.state = CONSENT_REQUEST_FEE_QUOTED, .fee_fen = 500, .text = "postage"},
               "2026-03-02T11:00:00Z");
        change(&s, stream_a, "req-1",
               (consent_request_change){.state = CONSENT_REQUEST_IN_PROGRESS, .by_requester = true},
               "2026-03-02T12:00:00Z");
        change(&s, stream_b, "req-1", (consent_request_change){.state = CONSENT_REQUEST_DONE_LIVE},
               "2026-03-03T09:00:00Z");
        const cs_request *found = settle(&s, "req-1", backwards);
        assert_int_equal(found->state, CONSENT_REQUEST_DONE_LIVE);
        assert_int_equal(found->state_ms, at("2026-03-03T09:00:00Z"));
        assert_true(cs_request_is_closed(found));
        assert_int_equal(cs_request_hurdle_to(found, CONSENT_REQUEST_DONE_BACKUP, false), CS_HURDLE_NONE);
        assert_int_equal(cs_request_hurdle_to(found, CONSENT_REQUEST_REFUSED, false), CS_HURDLE_NO_WAY);
        end(&s);
    }
}

/* C152 */
static void an_update_that_its_state_does_not_allow_is_kept_and_changes_nothing(void **state)
{
    story s;
    consent_rights_request request = deletion();
    (void)state;
    begin(&s);
    open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
    change(&s, stream_b, "req-1",
           (consent_request_change){.state = CONSENT_REQUEST_FEE_QUOTED, .fee_fen = 500, .text = "postage"},
           "2026-03-02T11:00:00Z");
    change(&s, stream_b, "req-1", (consent_request_change){.state = CONSENT_REQUEST_IN_PROGRESS},
           "2026-03-02T12:00:00Z");
    const cs_request *found = settle(&s, "req-1", false);
    assert_int_equal(found->state, CONSENT_REQUEST_FEE_QUOTED);
    assert_int_equal(found->last.fee_fen, 500);
    assert_false(s.list.steps[1].applied);
    end(&s);
}

static consent_status try_change(const cs_request *request, consent_request_change what, const char *because)
{
    consent_error err = {0};
    consent_status status = cs_request_change_check(request, &what, &err);
    if (because && !strstr(err.message, because))
        fail_msg("expected a message about %s, got: %s", because, err.message);
    return status;
}

/* C153 */
static void a_refusal_without_reasons_is_not_taken(void **state)
{
    cs_request request = {.right = CONSENT_RIGHT_COPY, .right_name = CS_STR("copy"), .state = CONSENT_REQUEST_OPENED};
    (void)state;
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_REFUSED}, "reasons"),
                     CONSENT_E_REJECTED);
    assert_int_equal(
        try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_REFUSED, .text = "no"}, "reasons"),
        CONSENT_E_REJECTED);
    assert_int_equal(
        try_change(&request,
                   (consent_request_change){.state = CONSENT_REQUEST_REFUSED, .refusal = CONSENT_REFUSAL_REPEATED},
                   "reasons"),
        CONSENT_E_REJECTED);
    assert_int_equal(try_change(&request,
                                (consent_request_change){.state = CONSENT_REQUEST_REFUSED,
                                                         .refusal = CONSENT_REFUSAL_REPEATED,
                                                         .text = "the ninth copy this month"},
                                NULL),
                     CONSENT_OK);
}

/* C151 C152 */
static void taking_consent_back_waits_for_no_papers_and_no_fee(void **state)
{
    cs_request request = {
        .right = CONSENT_RIGHT_WITHDRAW, .right_name = CS_STR("withdraw"), .state = CONSENT_REQUEST_OPENED};
    (void)state;
    assert_int_equal(
        try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_NEEDS_VERIFICATION}, "verification"),
        CONSENT_E_REJECTED);
    assert_int_equal(
        try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_FEE_QUOTED, .fee_fen = 1, .text = "x"},
                   "free"),
        CONSENT_E_REJECTED);
    request.right = CONSENT_RIGHT_COPY;
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_NEEDS_VERIFICATION}, NULL),
                     CONSENT_OK);
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_FEE_QUOTED}, "amount"),
                     CONSENT_E_REJECTED);
}

/* C142 C152 */
static void a_fee_is_the_persons_to_agree_to_and_only_a_deletion_ends_twice(void **state)
{
    cs_request request = {
        .right = CONSENT_RIGHT_COPY, .right_name = CS_STR("copy"), .state = CONSENT_REQUEST_FEE_QUOTED};
    (void)state;
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_IN_PROGRESS}, "person's"),
                     CONSENT_E_REJECTED);
    assert_int_equal(try_change(&request,
                                (consent_request_change){.state = CONSENT_REQUEST_IN_PROGRESS, .by_requester = true},
                                NULL),
                     CONSENT_OK);
    request.state = CONSENT_REQUEST_IN_PROGRESS;
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_DONE_LIVE}, "does not go"),
                     CONSENT_E_REJECTED);
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_DONE, .by_requester = true},
                                "operator's"),
                     CONSENT_E_REJECTED);
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_DONE}, NULL), CONSENT_OK);
    request.right = CONSENT_RIGHT_DELETE;
    assert_int_equal(try_change(&request, (consent_request_change){.state = CONSENT_REQUEST_DONE}, "does not go"),
                     CONSENT_E_REJECTED);
}

static void a_request_that_a_newer_engine_wrote_is_listed_and_not_lost(void **state)
{
    story s;
    (void)state;
    begin(&s);
    cs_event *event = next(&s, stream_a, "2026-03-02T09:00:00Z");
    event->type = CS_EVENT_REQUEST_OPENED;
    event->reference = CS_STR("req-9");
    event->detail = CS_STR("{\"right\":\"object\"}");
    event = next(&s, stream_a, "2026-03-02T09:00:01Z");
    event->type = CS_EVENT_REQUEST_OPENED;
    event->reference = CS_STR("req-10");
    event->detail = CS_STR("not json");
    const cs_request *found = settle(&s, "req-9", false);
    assert_non_null(found);
    assert_int_equal(found->right, 0);
    assert_true(cs_str_is(found->right_name, "object"));
    assert_non_null(cs_requests_find(&s.list, CS_STR("req-10")));
    end(&s);
}

/* ---- whom to tell -------------------------------------------------------------------------------------------------- */

static void give(story *s, uint32_t type, const char *purpose, const char *recipient, const char *data)
{
    cs_event *event = next(s, stream_a, "2026-03-01T09:00:00Z");
    event->type = type;
    event->purpose = cs_str_of(purpose);
    event->recipient = cs_str_of(recipient);
    event->data[0] = cs_str_of(data);
    event->data_count = 1;
}

/* C141 */
static void those_who_hold_something_are_told_but_for_the_independent(void **state)
{
    story s;
    static const char *const independent[] = {"pay-b"};
    consent_rights_request request = deletion();
    (void)state;
    request.independent = independent;
    request.independent_count = 1;
    begin(&s);
    give(&s, CS_EVENT_GRANTED, "pay", "pay-a", "account");
    give(&s, CS_EVENT_GRANTED, "pay", "pay-b", "account");
    give(&s, CS_EVENT_USAGE, "sdk", "sdk-a", "device");
    give(&s, CS_EVENT_DENIED, "pay", "pay-c", "account");
    open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
    const cs_request *found = settle(&s, "req-1", false);
    assert_true(cs_requests_tell(&s.list, found, CS_STR("pay-a"), NULL));
    assert_false(cs_requests_tell(&s.list, found, CS_STR("pay-b"), NULL));
    assert_false(cs_requests_tell(&s.list, found, CS_STR("pay-c"), NULL));
    assert_true(cs_requests_tell(&s.list, found, CS_STR("sdk-a"), NULL));
    end(&s);
}

/* C141 */
static void a_request_about_one_item_reaches_those_who_hold_that_item(void **state)
{
    story s;
    static const char *const data[] = {"device"};
    consent_rights_request request = deletion();
    (void)state;
    request.data = data;
    request.data_count = 1;
    begin(&s);
    give(&s, CS_EVENT_GRANTED, "pay", "pay-a", "account");
    give(&s, CS_EVENT_USAGE, "sdk", "sdk-a", "device");
    open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
    request.right = CONSENT_RIGHT_COPY;
    open_request(&s, &request, "req-2", "2026-03-02T09:00:00Z");
    const cs_request *found = settle(&s, "req-1", false);
    assert_false(cs_requests_tell(&s.list, found, CS_STR("pay-a"), NULL));
    assert_true(cs_requests_tell(&s.list, found, CS_STR("sdk-a"), NULL));
    assert_false(cs_requests_tell(&s.list, cs_requests_find(&s.list, CS_STR("req-2")), CS_STR("sdk-a"), NULL));
    end(&s);
}

static void without_memory_nothing_leaks(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        story s;
        consent_error err = {0};
        consent_rights_request request = deletion();
        begin(&s);
        open_request(&s, &request, "req-1", "2026-03-02T09:00:00Z");
        give(&s, CS_EVENT_GRANTED, "pay", "pay-a", "account");
        make_memory_fail_after(n);
        for (size_t i = 0; i < s.count; i++) {
            consent_status status = cs_requests_add(&s.list, s.streams[i], &s.events[i], &err);
            assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
        }
        cs_requests_settle(&s.list);
        make_memory_fail_after(SIZE_MAX);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fifteenth_working_day_minds_the_national_day_and_its_make_up_saturday),
        cmocka_unit_test(the_day_of_receipt_is_counted_in_china_and_never_counts_itself),
        cmocka_unit_test(a_year_without_a_calendar_makes_the_day_provisional),
        cmocka_unit_test(a_make_up_sunday_works_and_a_holiday_monday_does_not),
        cmocka_unit_test(each_right_names_what_it_needs),
        cmocka_unit_test(a_relative_gives_evidence),
        cmocka_unit_test(malformed_members_are_named),
        cmocka_unit_test(every_right_has_a_name_and_is_found_by_it),
        cmocka_unit_test(what_was_asked_comes_back_from_its_event),
        cmocka_unit_test(a_deletion_goes_through_verification_and_fee_to_the_backups_in_any_order_of_arrival),
        cmocka_unit_test(an_update_that_its_state_does_not_allow_is_kept_and_changes_nothing),
        cmocka_unit_test(a_refusal_without_reasons_is_not_taken),
        cmocka_unit_test(taking_consent_back_waits_for_no_papers_and_no_fee),
        cmocka_unit_test(a_fee_is_the_persons_to_agree_to_and_only_a_deletion_ends_twice),
        cmocka_unit_test(a_request_that_a_newer_engine_wrote_is_listed_and_not_lost),
        cmocka_unit_test(those_who_hold_something_are_told_but_for_the_independent),
        cmocka_unit_test(a_request_about_one_item_reaches_those_who_hold_that_item),
        cmocka_unit_test(without_memory_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
