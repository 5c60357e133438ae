/* The bytes of the sync protocol: what is signed, what is sent, and what is refused. */
#include "crypto/jws.h"
#include "platform/platform.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t device_key[CS_P256_PRIVATE_SIZE] = {7};
static const uint8_t session[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t no_head[CS_HASH_SIZE] = {0};

typedef struct fixture {
    cs_buffer events, body, back;
    cs_range range;
} fixture;

static void add_event(cs_buffer *out, uint64_t seq)
{
    cs_buffer one;
    const cs_event event = {.type = CS_EVENT_GRANTED,
                            .seq = seq,
                            .time_ms = INT64_C(1790000000000) + (int64_t)seq,
                            .session_id = session,
                            .purpose = CS_STR("hotel.order"),
                            .data = {CS_STR("phone"), CS_STR("name")},
                            .data_count = 2};
    cs_buffer_init(&one, cs_memory_system(), CS_EVENT_MAX_SIZE);
    cs_event_encode(&event, &one);
    assert_false(one.failed);
    cs_buffer_sized(out, one.data, one.size);
    cs_buffer_free(&one);
}

static void fill(fixture *f, uint64_t first, uint64_t last)
{
    cs_buffer_clear(&f->events);
    for (uint64_t seq = first; seq <= last; seq++)
        add_event(&f->events, seq);
    memset(f->range.profile, 0xAA, sizeof f->range.profile);
    memset(f->range.stream, 0xBB, sizeof f->range.stream);
    f->range.first = first;
    f->range.last = last;
    f->range.events = cs_buffer_span(&f->events);
    memset(f->range.signature, 0xCC, sizeof f->range.signature);
    assert_int_equal(cs_range_follow(&f->range, no_head, f->range.head, NULL), CONSENT_OK);
}

static int set_up(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    cs_buffer_init(&f.events, cs_memory_system(), 2u << 20);
    cs_buffer_init(&f.body, cs_memory_system(), 2u << 20);
    cs_buffer_init(&f.back, cs_memory_system(), CS_RANGE_MAX_BYTES);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cs_buffer_free(&f->events);
    cs_buffer_free(&f->body);
    cs_buffer_free(&f->back);
    return 0;
}

static cs_str text_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

static consent_status read_text(fixture *f, const char *json, cs_range *out, consent_error *err)
{
    return cs_range_read(cs_memory_system(), cs_str_of(json), out, &f->back, err);
}

/* ---- names and what is signed ----------------------------------------------------------------- */

static void profile_ids_are_those_of_the_protocol(void **state)
{
    (void)state;
    static const uint8_t stream[CS_STREAM_ID_SIZE] = {1, 2, 3};
    uint8_t id[CS_PROFILE_ID_SIZE];
    char text[2 * CS_PROFILE_ID_SIZE + 1];
    assert_int_equal(cs_wire_account_id(CS_STR("member-1"), id, NULL), CONSENT_OK);
    cs_hex_encode(id, sizeof id, text);
    assert_string_equal(text, "af32b6962dab7cbeb09698a764ff678e");
    assert_int_equal(cs_wire_anonymous_id(stream, id, NULL), CONSENT_OK);
    cs_hex_encode(id, sizeof id, text);
    assert_string_equal(text, "41c7ff9b504d28900f4a62601188e459");
}

static void what_a_range_signs_is_label_profile_stream_numbers_and_head(void **state)
{
    fixture *f = *state;
    uint8_t bytes[CS_RANGE_SIGNED_SIZE];
    fill(f, 3, 258);
    cs_range_signed(&f->range, bytes);
    assert_memory_equal(bytes, "libconsent range 1", 18);
    assert_memory_equal(bytes + 18, f->range.profile, 16);
    assert_memory_equal(bytes + 34, f->range.stream, 16);
    static const uint8_t numbers[16] = {0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 2};
    assert_memory_equal(bytes + 50, numbers, 16);
    assert_memory_equal(bytes + 66, f->range.head, 32);
    assert_int_equal(sizeof bytes, 98);
}

/* ---- enrolments ----------------------------------------------------------------------------- */

static void an_enrolment_comes_back_as_it_was(void **state)
{
    fixture *f = *state;
    cs_enrolment sent = {.protection = 2, .joined = true}, met;
    memset(sent.stream, 0x11, sizeof sent.stream);
    memset(sent.signature, 0x22, sizeof sent.signature);
    assert_int_equal(cs_p256_public(device_key, sent.key, NULL), CONSENT_OK);
    cs_enrolment_write(&sent, &f->body);
    assert_int_equal(cs_enrolment_read(text_of(&f->body), &met, NULL), CONSENT_OK);
    assert_memory_equal(met.stream, sent.stream, sizeof met.stream);
    assert_memory_equal(met.key, sent.key, sizeof met.key);
    assert_memory_equal(met.signature, sent.signature, sizeof met.signature);
    assert_int_equal(met.protection, 2);
    assert_true(met.joined);
}

static void an_enrolment_names_the_member_that_is_wrong(void **state)
{
    (void)state;
    cs_enrolment out;
    consent_error error;
    assert_int_equal(cs_enrolment_read(CS_STR("{\"stream\":\"zz\"}"), &out, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "`stream`"));
    assert_int_equal(
        cs_enrolment_read(CS_STR("{\"stream\":\"00112233445566778899aabbccddeeff\",\"key\":\"AAAA\"}"), &out, &error),
        CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "`key`"));
}

/* ---- ranges --------------------------------------------------------------------------------- */

static void a_range_comes_back_as_it_was_and_small(void **state)
{
    fixture *f = *state;
    cs_range met;
    fill(f, 1, CS_RANGE_MAX_EVENTS);
    assert_int_equal(cs_range_write(cs_memory_system(), &f->range, &f->body, NULL), CONSENT_OK);
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &f->back, NULL), CONSENT_OK);
    assert_int_equal(met.first, 1);
    assert_int_equal(met.last, CS_RANGE_MAX_EVENTS);
    assert_int_equal(met.events.size, f->range.events.size);
    assert_memory_equal(met.events.data, f->range.events.data, met.events.size);
    assert_memory_equal(met.head, f->range.head, sizeof met.head);
    assert_memory_equal(met.signature, f->range.signature, sizeof met.signature);
#if defined(CONSENT_HAVE_ZLIB)
    assert_true(f->body.size < 100 * CS_RANGE_MAX_EVENTS);
#endif
}

static void an_uncompressed_range_is_taken_too(void **state)
{
    fixture *f = *state;
    cs_range met;
    cs_buffer b64;
    fill(f, 1, 2);
    cs_buffer_init(&b64, cs_memory_system(), 1u << 20);
    cs_base64url_encode(&b64, f->range.events);
    char head[65];
    cs_hex_encode(f->range.head, 32, head);
    cs_buffer_printf(&f->body,
                     "{\"stream\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"first\":1,\"last\":2,\"head\":\"%s\","
                     "\"signature\":\"%.86s\",\"compression\":\"none\",\"events\":\"%.*s\"}",
                     head, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                     (int)b64.size, (const char *)b64.data);
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &f->back, NULL), CONSENT_OK);
    assert_int_equal(met.events.size, f->range.events.size);
    cs_buffer_free(&b64);
}

static void a_range_that_lies_about_its_events_is_refused(void **state)
{
    fixture *f = *state;
    cs_range met;
    consent_error error;
    fill(f, 1, 3);
    f->range.last = 4;
    assert_int_equal(cs_range_write(cs_memory_system(), &f->range, &f->body, NULL), CONSENT_OK);
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &f->back, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "`events`"));
    f->range.last = 2000;
    cs_buffer_clear(&f->body);
    assert_int_equal(cs_range_write(cs_memory_system(), &f->range, &f->body, NULL), CONSENT_OK);
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &f->back, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "`last`"));
    assert_int_equal(read_text(f, "{\"stream\":1}", &met, &error), CONSENT_E_ARGUMENT);
    assert_int_equal(read_text(f, "[]", &met, &error), CONSENT_E_ARGUMENT);
}

#if defined(CONSENT_HAVE_ZLIB)
/* A thousandth of its content in size: it is stopped at the limit, not unpacked. */
static void a_decompression_bomb_stops_at_the_limit(void **state)
{
    fixture *f = *state;
    static uint8_t zeros[CS_RANGE_MAX_BYTES];
    cs_range met;
    consent_error error;
    cs_buffer whole;
    fill(f, 1, 1);
    f->range.events = (cs_span){zeros, sizeof zeros};
    assert_int_equal(cs_range_write(cs_memory_system(), &f->range, &f->body, NULL), CONSENT_OK);
    assert_true(f->body.size < 4096);
    cs_buffer_init(&whole, cs_memory_system(), sizeof zeros / 2);
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &whole, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "deflate"));
    /* Within the limit it unpacks, and is no list of events. */
    assert_int_equal(cs_range_read(cs_memory_system(), text_of(&f->body), &met, &f->back, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "`events`"));
    cs_buffer_free(&whole);
}
#endif

static void the_chain_of_a_range_is_that_of_its_exact_bytes(void **state)
{
    fixture *f = *state;
    uint8_t head[CS_HASH_SIZE], step[CS_HASH_SIZE] = {0};
    fill(f, 1, 3);
    cs_reader in = cs_reader_of(f->range.events);
    for (int i = 0; i < 3; i++)
        assert_int_equal(cs_wire_chain(step, cs_wire_next_event(&in), step, NULL), CONSENT_OK);
    assert_memory_equal(step, f->range.head, sizeof step);
    f->events.data[f->events.size - 1] ^= 1; /* a byte of the last event's last text */
    f->range.events = cs_buffer_span(&f->events);
    assert_int_equal(cs_range_follow(&f->range, no_head, head, NULL), CONSENT_OK);
    assert_memory_not_equal(head, f->range.head, sizeof head);
}

static void an_event_under_another_number_is_refused(void **state)
{
    fixture *f = *state;
    uint8_t head[CS_HASH_SIZE];
    consent_error error;
    fill(f, 5, 7);
    f->range.first = 4;
    f->range.last = 6;
    assert_int_equal(cs_range_follow(&f->range, no_head, head, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "event 4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile_ids_are_those_of_the_protocol),
        cmocka_unit_test_setup_teardown(what_a_range_signs_is_label_profile_stream_numbers_and_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_enrolment_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test(an_enrolment_names_the_member_that_is_wrong),
        cmocka_unit_test_setup_teardown(a_range_comes_back_as_it_was_and_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_uncompressed_range_is_taken_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_that_lies_about_its_events_is_refused, set_up, tear_down),
#if defined(CONSENT_HAVE_ZLIB)
        cmocka_unit_test_setup_teardown(a_decompression_bomb_stops_at_the_limit, set_up, tear_down),
#endif
        cmocka_unit_test_setup_teardown(the_chain_of_a_range_is_that_of_its_exact_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_under_another_number_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
