/* The operator's envelope: its exact bytes, and that nothing but the right key opens nothing but what was sealed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/envelope.h"
#include "support/make_policy.h"

static const char content[] = "the acts of a person";

static cs_span span_of(const char *text)
{
    return (cs_span){(const uint8_t *)text, strlen(text)};
}

static void seal(uint8_t random_byte, const char *text, cs_buffer *out)
{
    uint8_t random[32];
    memset(random, random_byte, sizeof random);
    cs_buffer_init(out, make_memory(), 4096);
    assert_int_equal(cs_envelope_seal(make_publisher(), random, span_of(text), out, NULL), CONSENT_OK);
}

static consent_status open_with(const uint8_t *key, cs_span envelope, cs_buffer *out)
{
    cs_buffer_init(out, make_memory(), 4096);
    return cs_envelope_open(key, envelope, out, NULL);
}

/* The same bytes for ever: made once, and checked by another implementation of ECDH, HKDF and AES-GCM. */
static void the_bytes_are_those_of_the_format(void **state)
{
    static const char known[] =
        "435345316fc66a90486171ca0435f52926507ed17c367effe4bb0df567a4257237b5616edc3a4cd059144a4dc6a3411e"
        "ee3d003027ec3bd192f47992d81b94fa8068bc19e9aec466578d6f7c68306021e164405333b7b94b9038c57d1e73876a"
        "d8cae56bb309822389736a0f3c7f1a1c98";
    cs_buffer made, plain;
    uint8_t bytes[CS_ENVELOPE_OVERHEAD + sizeof content - 1];
    (void)state;
    seal(0x42, content, &made);
    assert_int_equal(made.size, sizeof bytes);
    assert_true(cs_hex_decode(cs_str_of(known), bytes, sizeof bytes));
    assert_memory_equal(made.data, bytes, sizeof bytes);
    assert_int_equal(open_with(make_publisher_private(), (cs_span){bytes, sizeof bytes}, &plain), CONSENT_OK);
    assert_int_equal(plain.size, sizeof content - 1);
    assert_memory_equal(plain.data, content, plain.size);
    cs_buffer_free(&plain);
    cs_buffer_free(&made);
}

static void any_changed_bit_and_any_missing_byte_is_noticed(void **state)
{
    cs_buffer made, plain;
    (void)state;
    seal(1, content, &made);
    for (size_t i = 0; i < made.size; i++) {
        made.data[i] ^= 0x10;
        assert_int_not_equal(open_with(make_publisher_private(), cs_buffer_span(&made), &plain), CONSENT_OK);
        assert_int_equal(plain.size, 0);
        cs_buffer_free(&plain);
        made.data[i] ^= 0x10;
        assert_int_not_equal(open_with(make_publisher_private(), (cs_span){made.data, i}, &plain), CONSENT_OK);
        cs_buffer_free(&plain);
    }
    cs_buffer_free(&made);
}

static void another_key_does_not_open_it(void **state)
{
    cs_buffer made, plain;
    (void)state;
    seal(1, content, &made);
    assert_int_equal(open_with(make_root_private(), cs_buffer_span(&made), &plain), CONSENT_E_ARGUMENT);
    cs_buffer_free(&plain);
    /* Renamed to that key, it is still not its. */
    uint8_t name[8];
    char hex[17];
    assert_int_equal(cs_key_id(make_root(), hex, NULL), CONSENT_OK);
    assert_true(cs_hex_decode(cs_str_of(hex), name, sizeof name));
    memcpy(made.data + 4, name, sizeof name);
    assert_int_equal(open_with(make_root_private(), cs_buffer_span(&made), &plain), CONSENT_E_TAMPERED);
    cs_buffer_free(&plain);
    cs_buffer_free(&made);
}

static void a_repeated_random_source_still_gives_different_keys(void **state)
{
    cs_buffer one, two;
    (void)state;
    seal(7, "yes", &one);
    seal(7, "no", &two);
    assert_memory_not_equal(one.data + 12, two.data + 12, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&one);
    cs_buffer_free(&two);
}

static void a_recipient_that_is_no_point_is_refused(void **state)
{
    uint8_t nowhere[CS_P256_PUBLIC_SIZE] = {4, 1}, random[32] = {0};
    cs_buffer out;
    (void)state;
    cs_buffer_init(&out, make_memory(), 4096);
    assert_int_equal(cs_envelope_seal(nowhere, random, span_of(content), &out, NULL), CONSENT_E_ARGUMENT);
    cs_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_format),
        cmocka_unit_test(any_changed_bit_and_any_missing_byte_is_noticed),
        cmocka_unit_test(another_key_does_not_open_it),
        cmocka_unit_test(a_repeated_random_source_still_gives_different_keys),
        cmocka_unit_test(a_recipient_that_is_no_point_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
