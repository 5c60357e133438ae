/* The two lists for people: in a terminal and as a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "consentctl/list_show.h"
#include "consentctl/tool.h"

static const char hostile[] =
    "{\"v\":1,\"list\":\"shared\",\"locale\":\"en\\\"><script>\",\"policies\":[{\"id\":\"p\",\"version\":3,\"name\":"
    "\"A & B <i>\"}],"
    "\"entries\":[{\"data\":\"id-number\",\"data_name\":\"</td><script>alert(1)</"
    "script>\",\"sensitive\":\"identity\",\"purpose\":\"pay\","
    "\"purpose_name\":\"Pay \\\"now\\\"\",\"recipient\":\"bank\",\"recipient_name\":\"Bank \\u0001 & "
    "Co\",\"contact\":\"a@example.com\","
    "\"declared\":true,\"scene\":[\"Orders\",\"At the "
    "<till>\"],\"method\":\"sent\",\"count\":2,\"last\":\"2026-03-02T01:00:00.000Z\"},"
    "{\"data\":\"phone\",\"purpose\":\"old\",\"recipient\":\"gone\",\"declared\":false,\"count\":1}]}";

static char *drawn(const char *json, bool html)
{
    static char text[65536];
    cs_memory memory = cs_tool_memory();
    cs_json_doc doc;
    cs_buffer out;
    cs_render render;
    consent_error err = {0};
    assert_int_equal(cs_json_parse(&doc, cs_str_of(json), 65536, "list", &err), CONSENT_OK);
    cs_buffer_init(&out, &memory, 65536);
    cs_render_init(&render, &out, 100, false);
    if (html)
        cs_list_html(doc.root, &out);
    else
        cs_list_text(doc.root, &render);
    assert_false(out.failed);
    snprintf(text, sizeof text, "%.*s", (int)out.size, (const char *)out.data);
    cs_buffer_free(&out);
    cs_json_free(&doc);
    return text;
}

/* Every element that is opened is closed, in order; nothing else stands between `<` and `>`. */
static void assert_well_formed(const char *page)
{
    char open[64][16];
    size_t depth = 0;
    assert_int_equal(strncmp(page, "<!DOCTYPE html>\n", 16), 0);
    for (const char *at = strchr(page + 1, '<'); at; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        char name[16] = "";
        assert_non_null(end);
        if (at[1] == '/') {
            sscanf(at + 2, "%15[a-z0-9]", name);
            assert_true(depth > 0);
            assert_string_equal(name, open[--depth]);
        } else if (end[-1] != '/') {
            assert_int_equal(sscanf(at + 1, "%15[a-z0-9]", name), 1);
            assert_true(depth < 64);
            memcpy(open[depth++], name, sizeof name);
        }
        at = end;
    }
    assert_int_equal(depth, 0);
}

static void nothing_that_a_policy_says_becomes_markup(void **state)
{
    (void)state;
    const char *page = drawn(hostile, true);
    assert_well_formed(page);
    assert_null(strstr(page, "<script"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(page, "A &amp; B &lt;i&gt;"));
    assert_non_null(strstr(page, "Pay &quot;now&quot;"));
    assert_null(strchr(page, 1));
    assert_null(strstr(page, "http"));
}

/* C15 C108 */
static void the_page_tells_whom_how_often_and_when_and_marks_the_sensitive(void **state)
{
    (void)state;
    const char *page = drawn(hostile, true);
    assert_non_null(strstr(page, "<strong><u>"));
    assert_non_null(strstr(page, "Orders / At the &lt;till&gt;"));
    assert_non_null(strstr(page, "a@example.com"));
    assert_non_null(strstr(page, "<td class=\"n\">2</td><td class=\"n\">2026-03-02 09:00</td>"));
    assert_non_null(strstr(page, "no policy in force names it any more"));
}

static void the_language_follows_the_texts(void **state)
{
    (void)state;
    const char *page = drawn("{\"list\":\"collected\",\"locale\":\"zh-CN\",\"policies\":[],\"entries\":[]}", true);
    assert_well_formed(page);
    assert_non_null(strstr(page, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(page, "<h1>已收集个人信息清单</h1>"));
    assert_null(strstr(page, "接收方"));
    assert_non_null(strstr(drawn("{\"list\":\"collected\",\"locale\":\"zh-CN\",\"entries\":[]}", false), "无。"));
}

static void in_a_terminal_each_recipient_has_a_heading(void **state)
{
    (void)state;
    const char *text = drawn(hostile, false);
    assert_non_null(strstr(text, "Pay \"now\" → Bank"));
    assert_non_null(strstr(text, "2 ×, Last 2026-03-02 09:00"));
    assert_non_null(strstr(text, "old → gone"));
    assert_non_null(strstr(text, "Last never"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_a_policy_says_becomes_markup),
        cmocka_unit_test(the_page_tells_whom_how_often_and_when_and_marks_the_sensitive),
        cmocka_unit_test(the_language_follows_the_texts),
        cmocka_unit_test(in_a_terminal_each_recipient_has_a_heading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
