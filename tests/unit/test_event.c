/* Exact bytes of events: what goes in comes out, and nothing but what encode writes comes in. */
#include "event/event.h"
#include "platform/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t session[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static uint8_t hash_a[32];
static uint8_t hash_b[32];

static cs_buffer new_buffer(void)
{
    cs_buffer buffer;
    cs_buffer_init(&buffer, cs_memory_system(), CS_EVENT_MAX_SIZE);
    return buffer;
}

/* An ordinary grant: a recipient, three data items, the hashes, everything the act is to prove. */
static cs_event ordinary_grant(void)
{
    memset(hash_a, 0xA1, sizeof hash_a);
    memset(hash_b, 0xB2, sizeof hash_b);
    cs_event event = {
        .type = CS_EVENT_GRANTED,
        .seq = 1234,
        .time_ms = INT64_C(1767225600123),
        .elapsed_ms = 3600123,
        .session_id = session,
        .policy = {CS_STR("platform"), 12, 1, hash_a},
        .purpose = CS_STR("payment.settlement"),
        .recipient = CS_STR("unionpay-merchant-services"),
        .data = {CS_STR("bank-card-number"), CS_STR("phone-number"), CS_STR("order-amount")},
        .data_count = 3,
        .method = CONSENT_METHOD_CHECKBOX,
        .control = CS_STR("settlement.separate.tick"),
        .surface = CS_STR("checkout.payment"),
        .locale = CS_STR("zh-CN"),
        .notice_hash = hash_b,
        .emphasis_count = 7,
        .tick_initially_off = true,
        .ticked_at_ms = INT64_C(1767225599987),
        .reached_end = true,
        .user_initiated = true,
        .seen = 98765,
    };
    return event;
}

static void assert_str(cs_str actual, const char *expected)
{
    assert_int_equal(actual.size, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.size);
}

static void an_ordinary_event_comes_back_as_it_was(void **state)
{
    (void)state;
    cs_buffer bytes = new_buffer();
    cs_event event = ordinary_grant();
    cs_event back;
    cs_event_encode(&event, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(cs_event_decode(cs_buffer_span(&bytes), &back, NULL), CONSENT_OK);
    assert_int_equal(back.type, CS_EVENT_GRANTED);
    assert_int_equal(back.seq, 1234);
    assert_true(back.time_ms == INT64_C(1767225600123));
    assert_int_equal(back.elapsed_ms, 3600123);
    assert_memory_equal(back.session_id, session, sizeof session);
    assert_str(back.policy.id, "platform");
    assert_int_equal(back.policy.version, 12);
    assert_int_equal(back.policy.revision, 1);
    assert_memory_equal(back.policy.hash, hash_a, 32);
    assert_null(back.overlay.hash);
    assert_str(back.purpose, "payment.settlement");
    assert_str(back.recipient, "unionpay-merchant-services");
    assert_int_equal(back.data_count, 3);
    assert_str(back.data[2], "order-amount");
    assert_str(back.surface, "checkout.payment");
    assert_memory_equal(back.notice_hash, hash_b, 32);
    assert_true(back.tick_initially_off && back.reached_end && back.user_initiated);
    assert_false(back.once);
    assert_int_equal(back.seen, 98765);
    cs_buffer_free(&bytes);
}

/* Promise 8 of the store: an ordinary act fits the smallest frame, whose other parts take 64 + 4 + 10 bytes. */
static void an_ordinary_event_fits_the_smallest_frame(void **state)
{
    (void)state;
    cs_buffer bytes = new_buffer();
    cs_event event = ordinary_grant();
    cs_event_encode(&event, &bytes);
    assert_in_range(bytes.size, 1, 512 - 78);
    cs_buffer_free(&bytes);
}

static void every_field_survives_the_round_trip(void **state)
{
    (void)state;
    cs_event event = ordinary_grant();
    event.actor = CS_ACTOR_GUARDIAN;
    event.subject = CS_SUBJECT_CONFIRM;
    event.overlay = (cs_policy_ref){CS_STR("travel"), 3, 2, hash_b};
    event.permission = CS_STR("location");
    event.call_site = CS_STR("search.nearby");
    event.os_state = CONSENT_OS_BLOCKED;
    event.once = true;
    event.birth = (cs_date){2012, 2, 29};
    event.age_band = 15;
    event.reference = CS_STR("case-1");
    event.rules_id = CS_STR("child-rules");
    event.rules_version = 4;
    event.count = 99;
    event.detail = CS_STR("编号 七");
    event.time_ms = -5; /* a clock before 1970 is the host's mistake, not a reason to lose the act */
    cs_buffer bytes = new_buffer();
    cs_buffer again = new_buffer();
    cs_event back;
    cs_event_encode(&event, &bytes);
    assert_int_equal(cs_event_decode(cs_buffer_span(&bytes), &back, NULL), CONSENT_OK);
    assert_int_equal(back.actor, CS_ACTOR_GUARDIAN);
    assert_int_equal(back.subject, CS_SUBJECT_CONFIRM);
    assert_str(back.overlay.id, "travel");
    assert_int_equal(back.os_state, CONSENT_OS_BLOCKED);
    assert_int_equal(back.birth.year * 10000 + back.birth.month * 100 + back.birth.day, 20120229);
    assert_int_equal(back.age_band, 15);
    assert_int_equal(back.rules_version, 4);
    assert_int_equal(back.count, 99);
    assert_true(back.once);
    assert_true(back.time_ms == -5);
    assert_str(back.detail, "编号 七");
    cs_event_encode(&back, &again);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    cs_buffer_free(&again);
    cs_buffer_free(&bytes);
}

static void the_bytes_of_an_event_are_frozen(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x08, 0x06,                                          /* 1 type: withdrawn */
        0x10, 0xAC, 0x02,                                    /* 2 seq: 300 */
        0x18, 0xE8, 0x07,                                    /* 3 time_ms: 1000 */
        0x2A, 0x08, 1,    2,    3,    4,    5,    6,   7, 8, /* 5 session_id */
        0x42, 0x01, 'p',                                     /* 8 policy.id */
        0x48, 0x02,                                          /* 9 policy.version */
        0x82, 0x01, 0x02, 'm',  'k',                         /* 16 purpose */
        0x92, 0x01, 0x01, 'a',  0x92, 0x01, 0x01, 'b',       /* 18 data, twice */
        0xB0, 0x01, 0x03,                                    /* 22 method: button */
        0x90, 0x02, 0xC5, 0x87, 0xCC, 0x09,                  /* 34 birth: 20120517 */
    };
    cs_event event = {.type = CS_EVENT_WITHDRAWN,
                      .seq = 300,
                      .time_ms = 1000,
                      .session_id = session,
                      .policy = {CS_STR("p"), 2, 0, NULL},
                      .purpose = CS_STR("mk"),
                      .data = {CS_STR("a"), CS_STR("b")},
                      .data_count = 2,
                      .method = CONSENT_METHOD_BUTTON,
                      .birth = {2012, 5, 17}};
    cs_buffer bytes = new_buffer();
    cs_event_encode(&event, &bytes);
    assert_int_equal(bytes.size, sizeof expected);
    assert_memory_equal(bytes.data, expected, bytes.size);
    cs_buffer_free(&bytes);
}

typedef struct bad_case {
    const char *why;
    size_t size;
    uint8_t bytes[24];
} bad_case;

static const bad_case bad_cases[] = {
    {"empty", 0, {0}},
    {"no seq", 2, {0x08, 0x04}},
    {"no type", 2, {0x10, 0x01}},
    {"fields out of order", 4, {0x10, 0x01, 0x08, 0x04}},
    {"a field twice", 6, {0x08, 0x04, 0x08, 0x04, 0x10, 0x01}},
    {"an explicit zero", 6, {0x08, 0x04, 0x10, 0x01, 0x18, 0x00}},
    {"an overlong varint", 5, {0x08, 0x84, 0x00, 0x10, 0x01}},
    {"an overlong tag", 6, {0x08, 0x04, 0x90, 0x00, 0x01, 0x00}},
    {"a type beyond 32 bits", 8, {0x08, 0x84, 0x80, 0x80, 0x80, 0x10, 0x10, 0x01}},
    {"a bool of 2", 7, {0x08, 0x04, 0x10, 0x01, 0xE0, 0x01, 0x02}},
    {"a hash of 31 bytes", 7, {0x08, 0x04, 0x10, 0x01, 0x5A, 0x01, 0x00}},
    {"a session of 1 byte", 7, {0x08, 0x04, 0x10, 0x01, 0x2A, 0x01, 0x00}},
    {"empty text", 6, {0x08, 0x04, 0x10, 0x01, 0x42, 0x00}},
    {"text that is not UTF-8", 7, {0x08, 0x04, 0x10, 0x01, 0x42, 0x01, 0xFF}},
    {"text with a NUL", 7, {0x08, 0x04, 0x10, 0x01, 0x42, 0x01, 0x00}},
    {"text cut short", 7, {0x08, 0x04, 0x10, 0x01, 0x42, 0x02, 'a'}},
    {"a number where text belongs", 6, {0x08, 0x04, 0x10, 0x01, 0x40, 0x01}},
    {"text where a number belongs", 7, {0x08, 0x04, 0x10, 0x01, 0x1A, 0x01, 'a'}},
    {"a day that does not exist", 10, {0x08, 0x04, 0x10, 0x01, 0x90, 0x02, 0xA6, 0x85, 0xCC, 0x09}},
    {"field number 0", 6, {0x08, 0x04, 0x10, 0x01, 0x00, 0x01}},
    {"an unknown field cut short", 7, {0x08, 0x04, 0x10, 0x01, 0xFA, 0x07, 0x05}},
    {"a group", 6, {0x08, 0x04, 0x10, 0x01, 0xFB, 0x07}},
};

static void whatever_encode_does_not_write_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(bad_cases); i++) {
        cs_event event;
        consent_error err = {0};
        consent_status status = cs_event_decode((cs_span){bad_cases[i].bytes, bad_cases[i].size}, &event, &err);
        if (status != CONSENT_E_CORRUPT)
            fail_msg("accepted: %s", bad_cases[i].why);
        assert_true(strlen(err.message) > 0);
    }
}

static void every_cut_of_an_event_is_refused_or_another_event(void **state)
{
    (void)state;
    cs_buffer bytes = new_buffer();
    cs_buffer again = new_buffer();
    cs_event event = ordinary_grant();
    cs_event_encode(&event, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        cs_event back;
        if (cs_event_decode((cs_span){bytes.data, size}, &back, NULL) != CONSENT_OK)
            continue;
        cs_buffer_clear(&again);
        cs_event_encode(&back, &again);
        assert_int_equal(again.size, size);
        assert_memory_equal(again.data, bytes.data, size);
    }
    cs_buffer_free(&again);
    cs_buffer_free(&bytes);
}

static void fields_of_a_newer_version_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x08, 0x04, 0x10, 0x01, 0xC8, 0x02, 0x07,          /* 41: varint */
                                    0xD2, 0x02, 0x02, 0xFF, 0x00,                      /* 42: bytes */
                                    0xD2, 0x02, 0x01, 0x01,                            /* 42 again */
                                    0xD9, 0x02, 1,    2,    3,    4,    5,    6, 7, 8, /* 43: fixed 64 */
                                    0xE5, 0x02, 1,    2,    3,    4};                  /* 44: fixed 32 */
    cs_event event;
    assert_int_equal(cs_event_decode((cs_span){bytes, sizeof bytes}, &event, NULL), CONSENT_OK);
    assert_int_equal(event.type, CS_EVENT_GRANTED);
}

static void an_event_that_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    cs_buffer bytes = new_buffer();
    cs_event event = ordinary_grant();
    event.data_count = CS_EVENT_MAX_DATA + 1;
    cs_event_encode(&event, &bytes);
    assert_true(bytes.failed);
    cs_buffer_free(&bytes);
    bytes = new_buffer();
    event = ordinary_grant();
    event.detail = CS_STR("\xFF");
    cs_event_encode(&event, &bytes);
    assert_true(bytes.failed);
    cs_buffer_free(&bytes);
    bytes = new_buffer();
    event = ordinary_grant();
    event.seq = 0;
    cs_event_encode(&event, &bytes);
    assert_true(bytes.failed);
    cs_buffer_free(&bytes);
}

static void sixty_four_data_items_are_the_most(void **state)
{
    (void)state;
    cs_buffer bytes = new_buffer();
    cs_event event = ordinary_grant();
    cs_event back;
    event.data_count = CS_EVENT_MAX_DATA;
    for (size_t i = 0; i < CS_EVENT_MAX_DATA; i++)
        event.data[i] = CS_STR("item");
    cs_event_encode(&event, &bytes);
    assert_int_equal(cs_event_decode(cs_buffer_span(&bytes), &back, NULL), CONSENT_OK);
    assert_int_equal(back.data_count, CS_EVENT_MAX_DATA);
    cs_buffer_free(&bytes);
}

static void every_type_has_a_name_and_an_unknown_one_counts_as_restrictive(void **state)
{
    (void)state;
    for (uint32_t type = CS_EVENT_NOTICE_SHOWN; type <= CS_EVENT_PURGED; type++)
        assert_string_not_equal(cs_event_type_name(type), "unknown");
    assert_string_equal(cs_event_type_name(0), "unknown");
    assert_string_equal(cs_event_type_name(29), "unknown");
    assert_string_equal(cs_actor_name(CS_ACTOR_SYSTEM), "system");
    assert_string_equal(cs_actor_name(9), "unknown");
    cs_event event = {.type = 500, .seq = 1};
    assert_int_equal(cs_event_polarity(&event), CS_RESTRICTIVE);
}

static void polarity_follows_type_and_content(void **state)
{
    (void)state;
    cs_event event = {.type = CS_EVENT_GRANTED};
    assert_int_equal(cs_event_polarity(&event), CS_PERMISSIVE);
    event.type = CS_EVENT_WITHDRAWN;
    assert_int_equal(cs_event_polarity(&event), CS_RESTRICTIVE);
    event.type = CS_EVENT_USED_ONCE;
    assert_int_equal(cs_event_polarity(&event), CS_RESTRICTIVE);
    event.type = CS_EVENT_NOTICE_SHOWN;
    assert_int_equal(cs_event_polarity(&event), CS_NEUTRAL);
    event.type = CS_EVENT_AGE_DECLARED;
    assert_int_equal(cs_event_polarity(&event), CS_PERMISSIVE_AND_RESTRICTIVE);
    event.type = CS_EVENT_PERMISSION_RESULT;
    event.os_state = CONSENT_OS_GRANTED;
    assert_int_equal(cs_event_polarity(&event), CS_PERMISSIVE);
    event.os_state = CONSENT_OS_BLOCKED;
    assert_int_equal(cs_event_polarity(&event), CS_RESTRICTIVE);
    event.os_state = CONSENT_OS_UNKNOWN;
    assert_int_equal(cs_event_polarity(&event), CS_RESTRICTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_event_comes_back_as_it_was),
        cmocka_unit_test(an_ordinary_event_fits_the_smallest_frame),
        cmocka_unit_test(every_field_survives_the_round_trip),
        cmocka_unit_test(the_bytes_of_an_event_are_frozen),
        cmocka_unit_test(whatever_encode_does_not_write_is_refused),
        cmocka_unit_test(every_cut_of_an_event_is_refused_or_another_event),
        cmocka_unit_test(fields_of_a_newer_version_are_passed_over),
        cmocka_unit_test(an_event_that_cannot_be_read_is_not_written),
        cmocka_unit_test(sixty_four_data_items_are_the_most),
        cmocka_unit_test(every_type_has_a_name_and_an_unknown_one_counts_as_restrictive),
        cmocka_unit_test(polarity_follows_type_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
