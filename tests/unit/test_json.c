#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "platform/platform.h"
#include "unit/json_cases.h"
#include "json/json.h"

#define MAX_SIZE (1u << 20)
static consent_status check(const char *text, consent_error *err)
{
    return cs_json_check(cs_str_of(text), MAX_SIZE, "policy.json", err);
}

/* ---- scanning ----------------------------------------------------------------------------- */

static void valid_texts_are_accepted_and_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(must_accept); i++) {
        consent_error err = {0};
        cs_json_doc doc;
        cs_str text = {must_accept[i].text, must_accept[i].size};
        if (cs_json_parse(&doc, text, MAX_SIZE, "case", &err) != CONSENT_OK)
            fail_msg("%s was refused: %s", must_accept[i].text, err.message);
        assert_int_not_equal(cs_json_type_of(doc.root), CS_JSON_NONE);
        cs_json_free(&doc);
    }
}

static void invalid_texts_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(must_reject); i++) {
        consent_error err = {0};
        cs_json_doc doc;
        cs_str text = {must_reject[i].text, must_reject[i].size};
        if (cs_json_parse(&doc, text, MAX_SIZE, "case", &err) != CONSENT_E_ARGUMENT)
            fail_msg("case %zu was accepted: %s", i, must_reject[i].text);
        assert_int_equal(strncmp(err.message, "case:", 5), 0);
        assert_null(doc.root);
        assert_null(doc.owned);
    }
}

static void every_truncation_of_a_document_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,-20,{\"b\":\"\\u00e9\\ud83d\\ude00\xE5\x90\x8C\"}],\"c\":null,\"d\":true}";
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        /* A copy of exactly that size: a read past it is seen by the address sanitizer. */
        cs_buffer copy;
        cs_buffer_init(&copy, cs_memory_system(), size + 1);
        cs_buffer_append(&copy, text, size);
        assert_int_equal(cs_json_check((cs_str){(const char *)copy.data, size}, MAX_SIZE, "t", NULL),
                         CONSENT_E_ARGUMENT);
        cs_buffer_free(&copy);
    }
    assert_int_equal(check(text, NULL), CONSENT_OK);
}

static void errors_name_line_column_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{\"id\":1,\n  \"x\":2,\n    \"id\":3}", "policy.json:3:5: duplicate member \"id\""},
        {"{\"\xE5\x90\x8C\": tru}", "policy.json:1:7: a value was expected"},
        {"[\n1.5]", "policy.json:2:1: only whole numbers are accepted, without fraction and exponent"},
        {"[1] 2", "policy.json:1:5: something followed the value"},
        {"", "policy.json:1:1: the text ended where a value was expected"},
        {"[01]", "policy.json:1:2: a number began with a superfluous zero"},
        {"[9007199254740992]", "policy.json:1:2: a number was outside -9007199254740991 to 9007199254740991"},
        {"[\"\\ud800\"]", "policy.json:1:3: a surrogate stood without its other half"},
        {"[\"a\\u0000\"]", "policy.json:1:4: \\u0000 is not accepted"},
        {"[1 2]", "policy.json:1:4: a comma or ] was expected"},
        {"{\"a\":1 2}", "policy.json:1:8: a comma or } was expected"},
        {"{\"a\" 1}", "policy.json:1:6: a colon was expected after the member name"},
        {"{\"a\":1,}", "policy.json:1:8: a member name in quotes was expected"},
        {"\"abc", "policy.json:1:1: a string was not closed"},
        {"\xEF\xBB\xBF[]", "policy.json:1:1: the text began with a byte order mark; remove it"},
        {"[\"\xFF\"]", "policy.json:1:3: the text is not valid UTF-8"},
    };
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        consent_error err;
        assert_int_equal(check(cases[i].text, &err), CONSENT_E_ARGUMENT);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void a_text_larger_than_its_limit_is_refused_unread(void **state)
{
    (void)state;
    consent_error err;
    assert_int_equal(cs_json_check(CS_STR("[1]"), 3, "x", &err), CONSENT_OK);
    assert_int_equal(cs_json_check(CS_STR("[1]"), 2, "x", &err), CONSENT_E_ARGUMENT);
    assert_string_equal(err.message, "x: the text has 3 bytes, at most 2 are accepted");
}

static void nesting_without_end_is_refused_without_recursion(void **state)
{
    (void)state;
    static char text[MAX_SIZE];
    memset(text, '[', sizeof(text));
    assert_int_equal(cs_json_check((cs_str){text, sizeof(text)}, MAX_SIZE, "x", NULL), CONSENT_E_ARGUMENT);
    for (size_t i = 0; i + 5 <= sizeof(text); i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_int_equal(cs_json_check((cs_str){text, sizeof(text)}, MAX_SIZE, "x", NULL), CONSENT_E_ARGUMENT);
}

/* An object of `count` members whose last one has the name of member `same`. */
static void many_members(cs_buffer *text, unsigned count, unsigned same)
{
    cs_buffer_clear(text);
    cs_buffer_text(text, "{");
    for (unsigned i = 0; i < count; i++)
        cs_buffer_printf(text, "%s\"name%u\":{\"x\":%u}", i > 0 ? "," : "", i + 1 < count ? i : same, i);
    cs_buffer_text(text, "}");
}

static void duplicates_are_found_among_thousands_of_members(void **state)
{
    (void)state;
    cs_buffer text;
    consent_error err;
    cs_buffer_init(&text, cs_memory_system(), MAX_SIZE);
    for (unsigned count = 2; count <= 4096; count = count < 64 ? count + 1 : count * 2) {
        many_members(&text, count, count - 1);
        assert_int_equal(cs_json_check((cs_str){(char *)text.data, text.size}, MAX_SIZE, "x", &err), CONSENT_OK);
        many_members(&text, count, count / 2 - 1);
        assert_int_equal(cs_json_check((cs_str){(char *)text.data, text.size}, MAX_SIZE, "x", &err),
                         CONSENT_E_ARGUMENT);
        assert_non_null(strstr(err.message, "duplicate member"));
    }
    many_members(&text, 4097, 4096);
    assert_int_equal(cs_json_check((cs_str){(char *)text.data, text.size}, MAX_SIZE, "x", &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "more than 4096 members"));
    cs_buffer_free(&text);
}

/* ---- values ------------------------------------------------------------------------------- */

static const char sample[] = "{\"id\":\"ctrip\",\"Id\":\"other\",\"n\":-1700000000123,\"yes\":true,\"no\":false,"
                             "\"nil\":null,\"list\":[1,\"two\",{}],\"text\":\"a\\n\\u540c\"}";

static void parse_sample(cs_json_doc *doc)
{
    assert_int_equal(cs_json_parse(doc, cs_str_of(sample), MAX_SIZE, "sample", NULL), CONSENT_OK);
}

static void lookups_are_exact_and_typed(void **state)
{
    (void)state;
    cs_json_doc doc;
    parse_sample(&doc);
    assert_int_equal(cs_json_type_of(doc.root), CS_JSON_OBJECT);
    assert_true(cs_str_is(cs_json_str(cs_json_get(doc.root, "id")), "ctrip"));
    assert_true(cs_str_is(cs_json_str(cs_json_get(doc.root, "Id")), "other"));
    assert_null(cs_json_get(doc.root, "ID"));
    assert_true(cs_json_int(cs_json_get(doc.root, "n")) == INT64_C(-1700000000123));
    assert_true(cs_json_bool(cs_json_get(doc.root, "yes")));
    assert_false(cs_json_bool(cs_json_get(doc.root, "no")));
    assert_int_equal(cs_json_type_of(cs_json_get(doc.root, "nil")), CS_JSON_NULL);
    assert_true(cs_str_is(cs_json_str(cs_json_get(doc.root, "text")), "a\n\xE5\x90\x8C"));
    assert_int_equal(cs_json_count(doc.root), 8);
    cs_json_free(&doc);
    cs_json_free(&doc);
    cs_json_free(NULL);
}

static void the_wrong_type_reads_as_nothing(void **state)
{
    (void)state;
    cs_json_doc doc;
    parse_sample(&doc);
    const cs_json *list = cs_json_get(doc.root, "list");
    assert_false(cs_json_bool(cs_json_get(doc.root, "n")));
    assert_false(cs_json_bool(NULL));
    assert_int_equal(cs_json_int(cs_json_get(doc.root, "id")), 0);
    assert_int_equal(cs_json_int(cs_json_get(doc.root, "yes")), 0);
    assert_int_equal(cs_json_str(cs_json_get(doc.root, "n")).size, 0);
    assert_null(cs_json_get(list, "id"));
    assert_null(cs_json_get(NULL, "id"));
    assert_null(cs_json_first(cs_json_get(doc.root, "id")));
    assert_null(cs_json_first(NULL));
    assert_null(cs_json_next(NULL));
    assert_null(cs_json_name(NULL));
    assert_int_equal(cs_json_type_of(NULL), CS_JSON_NONE);
    assert_int_equal(cs_json_count(NULL), 0);
    cs_json_free(&doc);
}

static void iteration_visits_children_in_order(void **state)
{
    (void)state;
    static const cs_json_type types[] = {CS_JSON_INT, CS_JSON_STRING, CS_JSON_OBJECT};
    cs_json_doc doc;
    parse_sample(&doc);
    size_t i = 0;
    for (const cs_json *item = cs_json_first(cs_json_get(doc.root, "list")); item; item = cs_json_next(item))
        assert_int_equal(cs_json_type_of(item), types[i++]);
    assert_int_equal(i, 3);
    assert_string_equal(cs_json_name(cs_json_next(cs_json_first(doc.root))), "Id");
    cs_json_free(&doc);
}

/* ---- typed reading ------------------------------------------------------------------------ */

static void typed_reading_takes_values_and_zero_for_what_is_missing(void **state)
{
    (void)state;
    cs_json_doc doc;
    cs_json_in in;
    consent_error err = {0};
    parse_sample(&doc);
    cs_json_in_init(&in, "sample", &err);
    assert_true(cs_str_is(cs_json_in_str(&in, doc.root, "id", true), "ctrip"));
    assert_null(cs_json_in_str(&in, doc.root, "absent", false).data);
    assert_int_equal(cs_json_in_int(&in, doc.root, "absent", false, 1, 10), 0);
    assert_true(cs_json_in_int(&in, doc.root, "n", true, INT64_MIN, 0) == INT64_C(-1700000000123));
    assert_false(cs_json_in_bool(&in, doc.root, "absent"));
    assert_false(cs_json_in_bool(&in, doc.root, "no"));
    assert_int_equal(cs_json_count(cs_json_in_array(&in, doc.root, "list", true)), 3);
    assert_null(cs_json_in_object(&in, doc.root, "absent", false));
    assert_int_equal(in.status, CONSENT_OK);
    assert_string_equal(in.path, "");
    cs_json_free(&doc);
}

static void complaints_name_the_path(void **state)
{
    (void)state;
    cs_json_doc doc;
    cs_json_in in;
    consent_error err;
    parse_sample(&doc);
    cs_json_in_init(&in, "sample", &err);
    size_t outer = cs_json_enter(&in, "purposes", 3);
    size_t inner = cs_json_enter(&in, "texts", SIZE_MAX);
    assert_int_equal(cs_json_in_str(&in, doc.root, "n", true).size, 0);
    assert_string_equal(err.message, "sample: purposes[3].texts.n: a string was expected here, not a whole number");
    assert_int_equal(in.status, CONSENT_E_ARGUMENT);
    assert_null(cs_json_in_object(&in, doc.root, "missing", true));
    assert_non_null(strstr(err.message, "texts.n"));
    cs_json_leave(&in, inner);
    assert_string_equal(in.path, "purposes[3]");
    cs_json_leave(&in, outer);
    assert_string_equal(in.path, "");
    cs_json_free(&doc);
}

static void each_getter_complains_and_gives_zero(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "s: absent: a string was expected here, the member is missing",
        "s: absent: a whole number was expected here, the member is missing",
        "s: id: a whole number was expected here, not a string",
        "s: n: -1700000000123 is outside 0 to 10",
        "s: n: true or false was expected here, not a whole number",
        "s: list: an object was expected here, not an array",
        "s: nil: an array was expected here, not null",
        "s: own words",
    };
    cs_json_doc doc;
    parse_sample(&doc);
    for (size_t i = 0; i < CS_COUNT_OF(messages); i++) {
        cs_json_in in;
        consent_error err = {0};
        cs_json_in_init(&in, "s", &err);
        int64_t zero = 0;
        switch (i) {
        case 0:
            zero = (int64_t)cs_json_in_str(&in, doc.root, "absent", true).size;
            break;
        case 1:
            zero = cs_json_in_int(&in, doc.root, "absent", true, 1, 10);
            break;
        case 2:
            zero = cs_json_in_int(&in, doc.root, "id", false, 1, 10);
            break;
        case 3:
            zero = cs_json_in_int(&in, doc.root, "n", true, 0, 10);
            break;
        case 4:
            zero = cs_json_in_bool(&in, doc.root, "n");
            break;
        case 5:
            zero = cs_json_in_object(&in, doc.root, "list", false) != NULL;
            break;
        case 6:
            zero = cs_json_in_array(&in, doc.root, "nil", false) != NULL;
            break;
        default:
            zero = cs_json_complain(&in, "own %s", "words");
            break;
        }
        assert_int_equal(zero, 0);
        assert_int_equal(in.status, CONSENT_E_ARGUMENT);
        assert_string_equal(err.message, messages[i]);
    }
    cs_json_free(&doc);
}

static void a_path_too_long_is_cut_and_left_again(void **state)
{
    (void)state;
    cs_json_in in;
    size_t marks[40];
    cs_json_in_init(&in, "s", NULL);
    for (size_t i = 0; i < CS_COUNT_OF(marks); i++)
        marks[i] = cs_json_enter(&in, "quite-a-long-name", i);
    assert_int_equal(strlen(in.path), sizeof(in.path) - 1);
    for (size_t i = CS_COUNT_OF(marks); i-- > 0;)
        cs_json_leave(&in, marks[i]);
    assert_string_equal(in.path, "");
}

/* ---- writing ------------------------------------------------------------------------------ */

static void assert_written(const cs_buffer *buffer, const char *wanted)
{
    assert_false(buffer->failed);
    assert_int_equal(buffer->size, strlen(wanted));
    assert_memory_equal(buffer->data, wanted, buffer->size);
}

static void the_writer_places_commas_and_escapes(void **state)
{
    (void)state;
    cs_buffer buffer;
    cs_json_out out;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_json_out_init(&out, &buffer);
    cs_json_open_object(&out);
    cs_json_member_text(&out, "a", "q\"\\/\b\f\n\r\t\x01\x7F");
    cs_json_member_text(&out, "none", NULL);
    cs_json_member_str(&out, "s", (cs_str){NULL, 0});
    cs_json_member_int(&out, "min", INT64_MIN);
    cs_json_member_bool(&out, "b", true);
    cs_json_put_name(&out, "l");
    cs_json_open_array(&out);
    cs_json_put_int(&out, 1);
    cs_json_open_array(&out);
    cs_json_close_array(&out);
    cs_json_open_object(&out);
    cs_json_close_object(&out);
    cs_json_put_bool(&out, false);
    cs_json_put_null(&out);
    cs_json_close_array(&out);
    cs_json_member_text(&out, "\"", "\xE5\x90\x8C");
    cs_json_close_object(&out);
    assert_written(&buffer,
                   "{\"a\":\"q\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7F\",\"none\":null,\"s\":\"\","
                   "\"min\":-9223372036854775808,\"b\":true,\"l\":[1,[],{},false,null],\"\\\"\":\"\xE5\x90\x8C\"}");
    cs_buffer_free(&buffer);
}

static void text_that_is_not_utf8_is_written_as_replacement_characters(void **state)
{
    (void)state;
    cs_buffer buffer;
    cs_json_out out;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_json_out_init(&out, &buffer);
    cs_json_put_str(&out, CS_STR("a\xFF\xE5\x90z\0"));
    assert_written(&buffer, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\\u0000\"");
    cs_buffer_free(&buffer);
}

static void parsed_values_are_copied_as_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1",
        "\"x\"",
        "[]",
        "{}",
        "null",
        "[[],[[]],{\"a\":{}}]",
        "{\"a\":[1,2,{\"b\":null,\"c\":[true,false]}],\"d\":\"\\n\",\"e\":{\"f\":[{}]}}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < CS_COUNT_OF(texts); i++) {
        cs_buffer buffer;
        cs_json_out out;
        cs_json_doc doc;
        cs_buffer_init(&buffer, cs_memory_system(), 4096);
        cs_json_out_init(&out, &buffer);
        assert_int_equal(cs_json_parse(&doc, cs_str_of(texts[i]), MAX_SIZE, "t", NULL), CONSENT_OK);
        cs_json_put_value(&out, doc.root);
        assert_written(&buffer, texts[i]);
        cs_json_free(&doc);
        cs_buffer_free(&buffer);
    }
}

static void a_copied_value_takes_its_place_among_others(void **state)
{
    (void)state;
    cs_buffer buffer;
    cs_json_out out;
    cs_json_doc doc;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_json_out_init(&out, &buffer);
    assert_int_equal(cs_json_parse(&doc, CS_STR("{\"x\":[1]}"), MAX_SIZE, "t", NULL), CONSENT_OK);
    cs_json_open_object(&out);
    cs_json_member_int(&out, "a", 1);
    cs_json_put_name(&out, "b");
    cs_json_put_value(&out, doc.root);
    cs_json_put_name(&out, "c");
    cs_json_put_value(&out, NULL);
    cs_json_close_object(&out);
    assert_written(&buffer, "{\"a\":1,\"b\":{\"x\":[1]},\"c\":null}");
    cs_json_free(&doc);
    cs_buffer_free(&buffer);
}

static void lines_of_values_share_one_writer(void **state)
{
    (void)state;
    cs_buffer buffer;
    cs_json_out out;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_json_out_init(&out, &buffer);
    for (int i = 0; i < 2; i++) {
        cs_json_open_array(&out);
        cs_json_put_int(&out, i);
        cs_json_close_array(&out);
        cs_buffer_text(&buffer, "\n");
    }
    assert_written(&buffer, "[0]\n[1]\n");
    cs_buffer_free(&buffer);
}

static void unbalanced_or_too_deep_writing_fails_the_buffer(void **state)
{
    (void)state;
    cs_buffer buffer;
    cs_json_out out;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_json_out_init(&out, &buffer);
    cs_json_close_array(&out);
    assert_true(buffer.failed);
    cs_buffer_clear(&buffer);
    cs_json_out_init(&out, &buffer);
    for (size_t i = 0; i < CS_JSON_MAX_DEPTH; i++)
        cs_json_open_array(&out);
    assert_false(buffer.failed);
    cs_json_open_array(&out);
    assert_true(buffer.failed);
    cs_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_texts_are_accepted_and_parsed),
        cmocka_unit_test(invalid_texts_are_refused_with_their_place),
        cmocka_unit_test(every_truncation_of_a_document_is_refused),
        cmocka_unit_test(errors_name_line_column_and_reason),
        cmocka_unit_test(a_text_larger_than_its_limit_is_refused_unread),
        cmocka_unit_test(nesting_without_end_is_refused_without_recursion),
        cmocka_unit_test(duplicates_are_found_among_thousands_of_members),
        cmocka_unit_test(lookups_are_exact_and_typed),
        cmocka_unit_test(the_wrong_type_reads_as_nothing),
        cmocka_unit_test(iteration_visits_children_in_order),
        cmocka_unit_test(typed_reading_takes_values_and_zero_for_what_is_missing),
        cmocka_unit_test(complaints_name_the_path),
        cmocka_unit_test(each_getter_complains_and_gives_zero),
        cmocka_unit_test(a_path_too_long_is_cut_and_left_again),
        cmocka_unit_test(the_writer_places_commas_and_escapes),
        cmocka_unit_test(text_that_is_not_utf8_is_written_as_replacement_characters),
        cmocka_unit_test(parsed_values_are_copied_as_they_are),
        cmocka_unit_test(a_copied_value_takes_its_place_among_others),
        cmocka_unit_test(lines_of_values_share_one_writer),
        cmocka_unit_test(unbalanced_or_too_deep_writing_fails_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
