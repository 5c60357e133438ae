#include "consentctl/merge.h"
#include "consentctl/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_merged(const char *base, const char *change, const char *wanted)
{
    cs_memory memory = cs_tool_memory();
    cs_json_doc old, new;
    cs_buffer text;
    cs_json_out out;
    assert_int_equal(cs_json_parse(&old, cs_str_of(base), 4096, "base", NULL), CONSENT_OK);
    assert_int_equal(cs_json_parse(&new, cs_str_of(change), 4096, "change", NULL), CONSENT_OK);
    cs_buffer_init(&text, &memory, 4096);
    cs_json_out_init(&out, &text);
    cs_merge_json(&out, old.root, new.root);
    cs_buffer_u8(&text, 0);
    assert_false(text.failed);
    assert_string_equal((const char *)text.data, wanted);
    cs_buffer_free(&text);
    cs_json_free(&old);
    cs_json_free(&new);
}

static void members_are_changed_added_and_taken_away(void **state)
{
    (void)state;
    assert_merged("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"b\":{\"d\":4,\"e\":5}}",
                  "{\"a\":1,\"b\":{\"c\":2,\"d\":4,\"e\":5}}");
    assert_merged("{\"a\":1,\"b\":2}", "{\"a\":null,\"x\":null}", "{\"b\":2}");
    assert_merged("{\"a\":{\"b\":1}}", "{\"a\":7}", "{\"a\":7}");
}

static void elements_with_an_id_are_changed_one_by_one(void **state)
{
    (void)state;
    assert_merged("[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":2}]", "[{\"id\":\"b\",\"n\":3},{\"id\":\"c\"}]",
                  "[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":3},{\"id\":\"c\"}]");
    assert_merged("[{\"id\":\"a\"},{\"id\":\"b\"}]", "[{\"id\":\"a\",\"removed\":true}]", "[{\"id\":\"b\"}]");
    assert_merged("[\"a\",\"b\"]", "[{\"id\":\"b\",\"need\":\"optional\"}]",
                  "[\"a\",{\"id\":\"b\",\"need\":\"optional\"}]");
}

static void other_arrays_are_replaced(void **state)
{
    (void)state;
    assert_merged("{\"data\":[\"a\",\"b\"]}", "{\"data\":[\"c\"]}", "{\"data\":[\"c\"]}");
    assert_merged("[{\"id\":\"a\"}]", "[]", "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_changed_added_and_taken_away),
        cmocka_unit_test(elements_with_an_id_are_changed_one_by_one),
        cmocka_unit_test(other_arrays_are_replaced),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
