/* What the backend answers: receipts, pages, errors; and what the ledger keeps of it. */
#include "crypto/jws.h"
#include "platform/platform.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t backend_key[CS_P256_PRIVATE_SIZE] = {9};
static const uint8_t other_key[CS_P256_PRIVATE_SIZE] = {10};
static const uint8_t session[8] = {1};

static cs_buffer new_buffer(void)
{
    cs_buffer buffer;
    cs_buffer_init(&buffer, cs_memory_system(), 2u << 20);
    return buffer;
}

static cs_str text_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

static cs_receipt sample_receipt(void)
{
    cs_receipt receipt = {.first = 4,
                          .last = 9,
                          .first_cursor = 31,
                          .has_policy = true,
                          .time_ms = INT64_C(1790000000000),
                          .joined = true};
    memset(receipt.profile, 0x0A, sizeof receipt.profile);
    memset(receipt.stream, 0x0B, sizeof receipt.stream);
    memset(receipt.head, 0x0C, sizeof receipt.head);
    memset(receipt.policy, 0x0D, sizeof receipt.policy);
    memset(receipt.key, 0x0E, sizeof receipt.key);
    return receipt;
}

/* Signs any payload as the backend would. */
static void sign(const char *typ, cs_str payload, const uint8_t key[CS_P256_PRIVATE_SIZE], cs_buffer *out)
{
    cs_buffer_clear(out);
    assert_int_equal(cs_jws_sign(cs_str_of(typ), payload, key, out, NULL), CONSENT_OK);
}

static consent_status open_by_backend(const cs_buffer *jws, cs_receipt *out, consent_error *err)
{
    uint8_t keys[CS_P256_PUBLIC_SIZE];
    size_t index = 99;
    assert_int_equal(cs_p256_public(backend_key, keys, NULL), CONSENT_OK);
    consent_status status = cs_receipt_open(cs_memory_system(), text_of(jws), keys, 1, &index, out, err);
    if (status == CONSENT_OK)
        assert_int_equal(index, 0);
    return status;
}

/* ---- receipts ------------------------------------------------------------------------------- */

static void a_receipt_comes_back_as_it_was(void **state)
{
    (void)state;
    cs_buffer payload = new_buffer(), jws = new_buffer();
    cs_receipt sent = sample_receipt(), met;
    cs_receipt_payload(&sent, &payload);
    sign(CS_TYP_RECEIPT, text_of(&payload), backend_key, &jws);
    assert_int_equal(open_by_backend(&jws, &met, NULL), CONSENT_OK);
    assert_memory_equal(met.profile, sent.profile, sizeof met.profile);
    assert_memory_equal(met.stream, sent.stream, sizeof met.stream);
    assert_memory_equal(met.head, sent.head, sizeof met.head);
    assert_memory_equal(met.policy, sent.policy, sizeof met.policy);
    assert_memory_equal(met.key, sent.key, sizeof met.key);
    assert_int_equal(met.first, 4);
    assert_int_equal(met.last, 9);
    assert_int_equal(met.first_cursor, 31);
    assert_int_equal(met.time_ms, sent.time_ms);
    assert_true(met.has_policy && met.joined && !met.by_backend);
    cs_buffer_free(&payload);
    cs_buffer_free(&jws);
}

static void a_receipt_of_the_backends_own_stream_names_no_key_and_perhaps_no_policy(void **state)
{
    (void)state;
    cs_buffer payload = new_buffer(), jws = new_buffer();
    cs_receipt sent = sample_receipt(), met;
    sent.by_backend = true;
    sent.has_policy = false;
    cs_receipt_payload(&sent, &payload);
    sign(CS_TYP_RECEIPT, text_of(&payload), backend_key, &jws);
    assert_int_equal(open_by_backend(&jws, &met, NULL), CONSENT_OK);
    assert_true(met.by_backend && !met.has_policy);
    cs_buffer_free(&payload);
    cs_buffer_free(&jws);
}

static void a_receipt_by_another_key_type_or_with_a_changed_byte_is_tampered(void **state)
{
    (void)state;
    cs_buffer payload = new_buffer(), jws = new_buffer();
    cs_receipt sent = sample_receipt(), met;
    cs_receipt_payload(&sent, &payload);
    sign(CS_TYP_RECEIPT, text_of(&payload), other_key, &jws);
    assert_int_equal(open_by_backend(&jws, &met, NULL), CONSENT_E_TAMPERED);
    sign(CS_TYP_SEALED, text_of(&payload), backend_key, &jws);
    assert_int_equal(open_by_backend(&jws, &met, NULL), CONSENT_E_TAMPERED);
    sign(CS_TYP_RECEIPT, text_of(&payload), backend_key, &jws);
    char *dot = memchr(jws.data, '.', jws.size);
    assert_non_null(dot);
    dot[20] = dot[20] == 'A' ? 'B' : 'A';
    assert_int_equal(open_by_backend(&jws, &met, NULL), CONSENT_E_TAMPERED);
    cs_buffer_free(&payload);
    cs_buffer_free(&jws);
}

static void a_signed_receipt_that_is_malformed_is_refused_by_the_members_name(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *named;
    } cases[] = {
        {"\"first\":4", "\"first\":0", "first"},           {"\"last\":9", "\"last\":3", "last"},
        {"\"by\":\"device\"", "\"by\":\"device!\"", "by"}, {"\"by\":\"device\"", "\"by\":\"backend\"", "key"},
        {"\"schema\":1", "\"schema\":2", "schema"},        {"\"time_ms\":1790000000000", "\"time_ms\":0", "time_ms"},
    };
    cs_buffer payload = new_buffer(), jws = new_buffer();
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        char text[CS_RECEIPT_MAX_BYTES + 1], changed[CS_RECEIPT_MAX_BYTES + 1];
        cs_receipt sent = sample_receipt(), met;
        consent_error error;
        cs_buffer_clear(&payload);
        cs_receipt_payload(&sent, &payload);
        (void)snprintf(text, sizeof text, "%.*s", (int)payload.size, (const char *)payload.data);
        char *at = strstr(text, cases[i].from);
        assert_non_null(at);
        (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, cases[i].to,
                       at + strlen(cases[i].from));
        sign(CS_TYP_RECEIPT, cs_str_of(changed), backend_key, &jws);
        assert_int_equal(open_by_backend(&jws, &met, &error), CONSENT_E_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].named));
    }
    cs_buffer_free(&payload);
    cs_buffer_free(&jws);
}

static void a_sealed_files_receipt_names_the_file_by_its_hash(void **state)
{
    (void)state;
    uint8_t keys[CS_P256_PUBLIC_SIZE];
    size_t index;
    cs_buffer payload = new_buffer(), jws = new_buffer();
    cs_sealed_receipt sent = {.time_ms = 17}, met;
    memset(sent.sha256, 0x5A, sizeof sent.sha256);
    cs_sealed_receipt_payload(&sent, &payload);
    sign(CS_TYP_SEALED, text_of(&payload), backend_key, &jws);
    assert_int_equal(cs_p256_public(backend_key, keys, NULL), CONSENT_OK);
    assert_int_equal(cs_sealed_receipt_open(cs_memory_system(), text_of(&jws), keys, 1, &index, &met, NULL),
                     CONSENT_OK);
    assert_memory_equal(met.sha256, sent.sha256, sizeof met.sha256);
    assert_int_equal(met.time_ms, 17);
    cs_buffer_free(&payload);
    cs_buffer_free(&jws);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void put_event(cs_buffer *out, uint64_t seq)
{
    cs_buffer one = new_buffer();
    const cs_event event = {.type = CS_EVENT_WITHDRAWN, .seq = seq, .time_ms = 5, .session_id = session};
    cs_event_encode(&event, &one);
    cs_buffer_sized(out, one.data, one.size);
    cs_buffer_free(&one);
}

static void a_page_comes_back_as_it_was(void **state)
{
    (void)state;
    cs_buffer events = new_buffer(), body = new_buffer(), back = new_buffer();
    cs_json_out json;
    cs_feed_page page;
    cs_page_item item;
    uint8_t key[CS_P256_PUBLIC_SIZE];
    put_event(&events, 1);
    put_event(&events, 2);
    cs_range range = {.first = 1, .last = 2, .events = cs_buffer_span(&events)};
    memset(range.signature, 0x77, sizeof range.signature);
    assert_int_equal(cs_p256_public(other_key, key, NULL), CONSENT_OK);
    cs_json_out_init(&json, &body);
    cs_feed_page_begin(&json);
    assert_int_equal(cs_feed_page_put(cs_memory_system(), &json, CS_STR("a.b.c"), &range, key, NULL), CONSENT_OK);
    assert_int_equal(cs_feed_page_put(cs_memory_system(), &json, CS_STR("d.e.f"), NULL, NULL, NULL), CONSENT_OK);
    assert_int_equal(cs_feed_page_put(cs_memory_system(), &json, CS_STR("g.h.i"), &range, NULL, NULL), CONSENT_OK);
    cs_feed_page_end(&json, 12, true);
    assert_int_equal(cs_feed_page_read(text_of(&body), &page, NULL), CONSENT_OK);
    assert_int_equal(page.count, 3);
    assert_int_equal(page.next, 12);
    assert_true(page.more);
    assert_int_equal(cs_feed_page_item(&page, 0, &item, NULL), CONSENT_OK);
    assert_true(item.has_key && item.has_events && cs_str_is(item.receipt, "a.b.c"));
    assert_memory_equal(item.key, key, sizeof key);
    assert_memory_equal(item.signature, range.signature, sizeof item.signature);
    assert_int_equal(cs_page_item_events(cs_memory_system(), &item, &back, NULL), CONSENT_OK);
    assert_int_equal(back.size, events.size);
    assert_memory_equal(back.data, events.data, back.size);
    assert_int_equal(cs_feed_page_item(&page, 1, &item, NULL), CONSENT_OK);
    assert_true(!item.has_events && !item.has_key);
    assert_int_equal(cs_feed_page_item(&page, 2, &item, NULL), CONSENT_OK);
    assert_true(item.has_events && !item.has_key);
    cs_feed_page_free(&page);
    cs_buffer_free(&events);
    cs_buffer_free(&body);
    cs_buffer_free(&back);
}

static void a_page_that_is_none_is_refused_by_the_members_name(void **state)
{
    (void)state;
    cs_feed_page page;
    cs_page_item item;
    consent_error error;
    assert_int_equal(cs_feed_page_read(CS_STR("{\"items\":[]}"), &page, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "next"));
    assert_int_equal(cs_feed_page_read(CS_STR("{\"items\":[{\"receipt\":\"a\",\"key\":\"\",\"signature\":\"AA\","
                                              "\"compression\":\"none\",\"events\":\"\"}],\"next\":1}"),
                                       &page, &error),
                     CONSENT_OK);
    assert_int_equal(cs_feed_page_item(&page, 0, &item, &error), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(error.message, "items[0]"));
    assert_int_equal(cs_feed_page_item(&page, 1, &item, &error), CONSENT_E_ARGUMENT);
    cs_feed_page_free(&page);
}

static void the_list_of_receipts_is_bounded(void **state)
{
    (void)state;
    cs_json_doc doc;
    cs_str receipts[CS_ANSWER_MAX_RECEIPTS];
    size_t count;
    cs_buffer body = new_buffer();
    assert_int_equal(cs_receipts_read(&doc, CS_STR("{\"receipts\":[\"a.b.c\",\"d.e.f\"]}"), receipts, &count, NULL),
                     CONSENT_OK);
    assert_int_equal(count, 2);
    assert_true(cs_str_is(receipts[1], "d.e.f"));
    cs_json_free(&doc);
    cs_buffer_text(&body, "{\"receipts\":[\"a\"");
    for (unsigned i = 0; i < CS_ANSWER_MAX_RECEIPTS; i++)
        cs_buffer_text(&body, ",\"a\"");
    cs_buffer_text(&body, "]}");
    assert_int_equal(cs_receipts_read(&doc, text_of(&body), receipts, &count, NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(cs_receipts_read(&doc, CS_STR("{\"receipts\":[1]}"), receipts, &count, NULL), CONSENT_E_ARGUMENT);
    cs_buffer_free(&body);
}

static void an_error_says_code_and_last(void **state)
{
    (void)state;
    cs_wire_error error;
    cs_buffer body = new_buffer();
    cs_wire_error_write("gap", "events 1 to 6 are here", 6, &body);
    assert_true(cs_wire_error_read(text_of(&body), &error));
    assert_string_equal(error.code, "gap");
    assert_int_equal(error.last, 6);
    assert_false(cs_wire_error_read(CS_STR("<html>Bad gateway</html>"), &error));
    assert_false(cs_wire_error_read(CS_STR("{\"error\":\"no\"}"), &error));
    cs_buffer_free(&body);
}

/* ---- evidence ------------------------------------------------------------------------------- */

static void evidence_comes_back_as_it_was_and_nothing_else_is_evidence(void **state)
{
    (void)state;
    static const uint8_t signature[CS_SIGNATURE_SIZE] = {3};
    cs_buffer bytes = new_buffer();
    cs_evidence sent = {.first = 2,
                        .last = 9,
                        .first_cursor = 300,
                        .time_ms = INT64_C(1790000000000),
                        .merged = 307,
                        .by_backend = true,
                        .receipt = CS_STR("a.b.c"),
                        .signature = {signature, sizeof signature}};
    cs_evidence met;
    memset(sent.key, 4, sizeof sent.key);
    memset(sent.head, 5, sizeof sent.head);
    cs_evidence_write(&sent, &bytes);
    assert_int_equal(cs_evidence_read(cs_buffer_span(&bytes), &met, NULL), CONSENT_OK);
    assert_true(met.first == 2 && met.last == 9 && met.first_cursor == 300 && met.merged == 307);
    assert_true(met.time_ms == sent.time_ms && met.by_backend && !met.joined);
    assert_true(cs_str_is(met.receipt, "a.b.c"));
    assert_memory_equal(met.signature.data, signature, sizeof signature);
    assert_memory_equal(met.key, sent.key, sizeof met.key);
    assert_memory_equal(met.head, sent.head, sizeof met.head);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(cs_evidence_read((cs_span){bytes.data, size}, &met, NULL), CONSENT_E_CORRUPT);
    bytes.data[0] = 4;
    assert_int_equal(cs_evidence_read(cs_buffer_span(&bytes), &met, NULL), CONSENT_E_CORRUPT);
    cs_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_comes_back_as_it_was),
        cmocka_unit_test(a_receipt_of_the_backends_own_stream_names_no_key_and_perhaps_no_policy),
        cmocka_unit_test(a_receipt_by_another_key_type_or_with_a_changed_byte_is_tampered),
        cmocka_unit_test(a_signed_receipt_that_is_malformed_is_refused_by_the_members_name),
        cmocka_unit_test(a_sealed_files_receipt_names_the_file_by_its_hash),
        cmocka_unit_test(a_page_comes_back_as_it_was),
        cmocka_unit_test(a_page_that_is_none_is_refused_by_the_members_name),
        cmocka_unit_test(the_list_of_receipts_is_bounded),
        cmocka_unit_test(an_error_says_code_and_last),
        cmocka_unit_test(evidence_comes_back_as_it_was_and_nothing_else_is_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
