#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consentctl/markdown.h"
#include "policy/document.h"

/* ---- memory that can run out ---------------------------------------------------------------- */

typedef struct budget {
    long allocations_left; /* negative: no limit */
    long live;
} budget;

static void *budget_resize(void *ctx, void *block, size_t old_size, size_t new_size)
{
    budget *b = ctx;
    (void)old_size;
    if (new_size == 0) {
        b->live -= block != NULL;
        free(block);
        return NULL;
    }
    if (b->allocations_left == 0)
        return NULL;
    b->allocations_left -= b->allocations_left > 0;
    b->live += block == NULL;
    return realloc(block, new_size);
}

static budget unlimited = {.allocations_left = -1};
static const cs_memory memory = {.ctx = &unlimited, .resize = budget_resize};

/* ---- helpers -------------------------------------------------------------------------------- */

static char *convert(const char *markdown)
{
    cs_buffer out;
    consent_error err = {0};
    cs_buffer_init(&out, &memory, 1 << 20);
    consent_status status = cs_markdown_convert(&memory, cs_str_of(markdown), "document.zh-CN.md", "zh-CN", &out, &err);
    if (status != CONSENT_OK)
        fail_msg("not converted: %s", err.message);
    char *text = calloc(1, out.size + 1);
    memcpy(text, out.data, out.size);
    cs_buffer_free(&out);
    return text;
}

static void refused(const char *markdown, const char *message)
{
    cs_buffer out;
    consent_error err = {0};
    cs_buffer_init(&out, &memory, 1 << 20);
    consent_status status = cs_markdown_convert(&memory, cs_str_of(markdown), "document.zh-CN.md", "zh-CN", &out, &err);
    cs_buffer_free(&out);
    assert_int_equal(status, CONSENT_E_ARGUMENT);
    if (!strstr(err.message, message))
        fail_msg("expected \"%s\", but it said \"%s\"", message, err.message);
}

/* One paragraph below a title, as the JSON of its spans. */
static void spans_are(const char *paragraph, const char *spans)
{
    char markdown[2000];
    char expected[2000];
    (void)snprintf(markdown, sizeof markdown, "# 题\n\n%s\n", paragraph);
    (void)snprintf(expected, sizeof expected,
                   "{\"schema\":1,\"locale\":\"zh-CN\",\"title\":\"题\",\"blocks\":[{\"t\":\"p\",\"spans\":%s}]}",
                   spans);
    char *text = convert(markdown);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- emphasis: C2, C15 ----------------------------------------------------------------------- */

static const char *const punctuation[] = {"，", "。", "：", "；", "、", "“", "”", "（",
                                          "）", "《", "》", "【", "】", "·", " "};
static const size_t punctuation_count = sizeof punctuation / sizeof punctuation[0];

static void emphasis_holds_beside_every_chinese_punctuation_mark_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < punctuation_count; i++)
        for (size_t j = 0; j < punctuation_count; j++) {
            char source[200];
            char spans[400];
            (void)snprintf(source, sizeof source, "甲%s**粗**%s乙%s**_线_**%s丙", punctuation[i], punctuation[j],
                           punctuation[i], punctuation[j]);
            (void)snprintf(
                spans, sizeof spans,
                "[{\"s\":\"甲%s\"},{\"s\":\"粗\",\"e\":1},{\"s\":\"%s乙%s\"},{\"s\":\"线\",\"e\":2},{\"s\":\"%s丙\"}]",
                punctuation[i], punctuation[j], punctuation[i], punctuation[j]);
            spans_are(source, spans);
        }
}

static void emphasis_holds_beside_every_chinese_punctuation_mark_inside(void **state)
{
    (void)state;
    for (size_t i = 0; i < punctuation_count; i++)
        for (size_t j = 0; j < punctuation_count; j++) {
            char source[200];
            char spans[400];
            (void)snprintf(source, sizeof source, "甲**%s粗%s**乙**_%s线%s_**丙", punctuation[i], punctuation[j],
                           punctuation[i], punctuation[j]);
            (void)snprintf(
                spans, sizeof spans,
                "[{\"s\":\"甲\"},{\"s\":\"%s粗%s\",\"e\":1},{\"s\":\"乙\"},{\"s\":\"%s线%s\",\"e\":2},{\"s\":\"丙\"}]",
                punctuation[i], punctuation[j], punctuation[i], punctuation[j]);
            spans_are(source, spans);
        }
}

static void passages_may_touch_and_may_go_over_lines(void **state)
{
    (void)state;
    spans_are("**甲****_乙_**", "[{\"s\":\"甲\",\"e\":1},{\"s\":\"乙\",\"e\":2}]");
    spans_are("**甲\n乙**丙", "[{\"s\":\"甲乙\",\"e\":1},{\"s\":\"丙\"}]");
    spans_are("**one\ntwo** three", "[{\"s\":\"one two\",\"e\":1},{\"s\":\" three\"}]");
}

static void single_stars_and_underscores_are_text(void **state)
{
    (void)state;
    spans_are("a*b*c _d_ e_f", "[{\"s\":\"a*b*c _d_ e_f\"}]");
    spans_are("**a*b_c**", "[{\"s\":\"a*b_c\",\"e\":1}]");
    spans_are("**_a_b*c_**", "[{\"s\":\"a_b*c\",\"e\":2}]");
    spans_are("**bold***", "[{\"s\":\"bold\",\"e\":1},{\"s\":\"*\"}]");
}

static void an_unclosed_mark_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("# 题\n\n甲**乙\n\n丙**丁\n", "document.zh-CN.md:3: a bold mark **");
    refused("# 题\n\n甲\n乙**_丙\n", "document.zh-CN.md:4: a bold-underlined mark **_");
    refused("# 题\n\n- 甲**乙\n- 丙**丁\n", "document.zh-CN.md:3: ");
    refused("# 题**\n\n甲\n", "document.zh-CN.md:1: ");
    refused("# 题\r\n\r\n甲**乙\r\n", "document.zh-CN.md:3: ");
    refused("# 题\n\n| **甲 | 乙** |\n| --- | --- |\n| 丙 | 丁 |\n", "document.zh-CN.md:3: an emphasised passage");
}

static void marks_inside_marks_are_refused(void **state)
{
    (void)state;
    refused("# 题\n\n**甲**_乙_**丙**\n", ":3: **_ stood inside the bold passage");
    refused("# 题\n\n**_甲**乙_**\n", ":3: ** stood inside the bold-underlined passage");
    refused("# 题\n\n**甲_**\n", ":3: _** closed a passage");
    refused("# 题\n\n甲****乙\n", ":3: **** emphasised nothing");
    refused("# 题\n\n甲**__**乙\n", ":3: **__** emphasised nothing");
}

static void a_double_star_that_would_be_shown_is_refused(void **state)
{
    (void)state;
    refused("# 题\n\n甲\\*\\*乙\n", ":3: a ** would be shown");
    refused("# 题\n\n甲&#42;&#x2a;乙\n", ":3: a ** would be shown");
    refused("# 题\n\n甲＊＊乙＊＊\n", ":3: a ** would be shown");
    refused("# 题\n\n[甲](https://example.com \"**乙**\")\n", ":3: an emphasis mark stood where no text is shown");
}

static void control_characters_and_broken_text_are_refused(void **state)
{
    (void)state;
    refused("# 题\n\n甲\001乙\n", ":3: a control character (U+0001)");
    refused("# 题\n\n甲\004乙\n", ":3: a control character (U+0004)");
    refused("# 题\n\n甲\xff\n", ":3: the text was not UTF-8");
}

/* ---- structure ------------------------------------------------------------------------------- */

static void sections_take_their_id_from_the_heading_or_their_place(void **state)
{
    (void)state;
    char *text = convert("# 题\n\n## 一、甲\n\n### （一）乙 {#b}\n\n### （二）**丙**\n\n## 二、丁 {#d.1}\n\n### 戊\n");
    static const char *const ids[] = {"\"level\":1,\"id\":\"sec-1\"", "\"level\":2,\"id\":\"b\"",
                                      "\"level\":2,\"id\":\"sec-1-2\"", "\"level\":1,\"id\":\"d.1\"",
                                      "\"level\":2,\"id\":\"sec-2-1\""};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_non_null(strstr(text, ids[i]));
    assert_null(strstr(text, "{#"));
    assert_non_null(strstr(text, "{\"s\":\"（一）乙\"}"));
    free(text);
    refused("# 题\n\n## 甲 {#B}\n", ":3: a heading's {#id}");
    refused("# 题\n\n## 甲 {#a}\n\n## 乙 {#a}\n", ":5: a heading's id was used before");
    refused("# 题\n\n### 甲\n", ":3: a heading skipped a level");
    refused("# 题\n\n# 甲\n", ":3: a second title");
    refused("甲\n", ":1: a text stood before the title");
    refused("", ":1: the document was empty");
}

static void list_numbers_stand_as_they_were_written(void **state)
{
    (void)state;
    char *text = convert("# 题\n\n3. 甲\n\n5. 乙\n   - 丙\n\n     7) 丁\n\n   接着乙\n\n* 戊\n");
    static const char *const items[] = {"{\"t\":\"li\",\"depth\":1,\"marker\":\"3.\",\"spans\":[{\"s\":\"甲\"}]}",
                                        "{\"t\":\"li\",\"depth\":1,\"marker\":\"5.\",\"spans\":[{\"s\":\"乙\"}]}",
                                        "{\"t\":\"li\",\"depth\":2,\"marker\":\"•\",\"spans\":[{\"s\":\"丙\"}]}",
                                        "{\"t\":\"li\",\"depth\":3,\"marker\":\"7)\",\"spans\":[{\"s\":\"丁\"}]}",
                                        "{\"t\":\"li\",\"depth\":1,\"marker\":\"\",\"spans\":[{\"s\":\"接着乙\"}]}",
                                        "{\"t\":\"li\",\"depth\":1,\"marker\":\"•\",\"spans\":[{\"s\":\"戊\"}]}"};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        if (!strstr(text, items[i]))
            fail_msg("%s is not in %s", items[i], text);
    free(text);
    text = convert("# 题\n\n12. [7. 甲](https://example.com/1)\n");
    assert_non_null(
        strstr(text, "\"marker\":\"12.\",\"spans\":[{\"s\":\"7. 甲\",\"href\":\"https://example.com/1\"}]"));
    free(text);
    refused("# 题\n\n甲\n2. 乙\n", ":4: a numbered item stood directly below a text");
}

static void tables_keep_their_cells_and_emphasis(void **state)
{
    (void)state;
    char *text = convert("# 题\n\n| 甲 | **乙** |\n| --- | --- |\n| **_丙_** | 丁，**戊**。 |\n");
    assert_non_null(strstr(text, "{\"t\":\"tr\",\"head\":true,\"cells\":[[{\"s\":\"甲\"}],[{\"s\":\"乙\",\"e\":1}]]}"));
    assert_non_null(strstr(text, "{\"t\":\"tr\",\"cells\":[[{\"s\":\"丙\",\"e\":2}],[{\"s\":\"丁，\"},{\"s\":\"戊\","
                                 "\"e\":1},{\"s\":\"。\"}]]}"));
    free(text);
}

static void links_keep_their_address_and_only_known_schemes_pass(void **state)
{
    (void)state;
    spans_are("见[甲_乙](https://example.com/a_b?x=1&amp;y=2)。",
              "[{\"s\":\"见\"},{\"s\":\"甲_乙\",\"href\":\"https://example.com/a_b?x=1&y=2\"},{\"s\":\"。\"}]");
    spans_are("**[甲](mailto:a@example.com)**", "[{\"s\":\"甲\",\"e\":1,\"href\":\"mailto:a@example.com\"}]");
    spans_are("<https://example.com/a_b>",
              "[{\"s\":\"https://example.com/a_b\",\"href\":\"https://example.com/a_b\"}]");
    spans_are("[甲](tel:400-000-0000)", "[{\"s\":\"甲\",\"href\":\"tel:400-000-0000\"}]");
    refused("# 题\n\n[甲](javascript:alert)\n", ":3: a link's address began with none of");
    refused("# 题\n\n[甲](/relative)\n", ":3: a link's address began with none of");
}

static void line_breaks_are_kept_only_where_they_are_meant(void **state)
{
    (void)state;
    spans_are("甲  \n乙", "[{\"s\":\"甲\\n乙\"}]");
    spans_are("甲\\\n乙", "[{\"s\":\"甲\\n乙\"}]");
    spans_are("甲\n乙", "[{\"s\":\"甲乙\"}]");
    spans_are("甲\nabc", "[{\"s\":\"甲 abc\"}]");
    spans_are("A &amp; B &lt;C&gt; &unknown;", "[{\"s\":\"A & B <C> &unknown;\"}]");
}

static void what_is_not_supported_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("# 题\n\n<b>甲</b>\n", ":3: HTML is not supported");
    refused("# 题\n\n<div>\n甲\n</div>\n", ":3: HTML is not supported");
    refused("# 题\n\n甲\n\n![图](https://example.com/x.png)\n", ":5: an image is not supported");
    refused("# 题\n\n甲`乙`\n", ":3: code (`…`) is not supported");
    refused("# 题\n\n甲\n\n```\n乙\n```\n", ":5: code is not supported");
    refused("# 题\n\n甲\n\n> 乙\n", ":5: a quotation (>) is not supported");
    refused("# 题\n\n甲\n\n---\n", ":5: a rule across the page is not supported");
    refused("# 题\n\n- \n", "a list item was empty");
}

/* ---- the whole way --------------------------------------------------------------------------- */

static const char whole[] = "# 政策\n\n甲，**粗**。\n\n## 一、乙 {#b}\n\n1. **_丙_**\n2. [丁](https://example.com)\n\n"
                            "| 戊 | 己 |\n| --- | --- |\n| **_庚_** | 辛 |\n";

static void a_converted_document_is_one_that_the_engine_reads(void **state)
{
    (void)state;
    char *text = convert(whole);
    cs_document *document = NULL;
    consent_error err = {0};
    if (cs_document_parse(&memory, cs_str_of(text), "document.zh-CN.md", &document, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(document->title, "政策");
    assert_string_equal(document->locale, "zh-CN");
    assert_int_equal(document->block_count, 6);
    assert_int_equal(document->blocks[0].kind, CS_BLOCK_PARAGRAPH);
    assert_string_equal(document->blocks[0].spans[1].text, "粗");
    assert_int_equal(document->blocks[0].spans[1].emphasis, 1);
    assert_ptr_equal(cs_document_section(document, "b"), &document->blocks[1]);
    assert_int_equal(document->blocks[2].spans[0].emphasis, 2);
    assert_string_equal(document->blocks[3].spans[0].href, "https://example.com");
    assert_true(document->blocks[4].head);
    assert_int_equal(document->blocks[5].spans[0].emphasis, 2);
    assert_true(document->blocks[5].spans[1].cell_start);
    cs_document_free(document);
    free(text);
}

static void running_out_of_memory_anywhere_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        budget limited = {.allocations_left = n};
        const cs_memory small = {.ctx = &limited, .resize = budget_resize};
        cs_buffer out;
        cs_buffer_init(&out, &small, 1 << 20);
        consent_status status = cs_markdown_convert(&small, cs_str_of(whole), "x", "zh-CN", &out, NULL);
        cs_buffer_free(&out);
        assert_int_equal(limited.live, 0);
        if (status == CONSENT_OK) {
            assert_true(n > 3);
            return;
        }
    }
}

static void nothing_but_text_comes_out_of_any_prefix_of_a_document(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof whole; size++) {
        cs_buffer out;
        consent_error err = {0};
        cs_buffer_init(&out, &memory, 1 << 20);
        consent_status status = cs_markdown_convert(&memory, (cs_str){whole, size}, "x", "zh-CN", &out, &err);
        if (status == CONSENT_OK) {
            cs_document *document = NULL;
            if (cs_document_parse(&memory, (cs_str){(char *)out.data, out.size}, "x", &document, &err) != CONSENT_OK)
                fail_msg("%zu bytes: %s", size, err.message);
            cs_document_free(document);
        } else {
            assert_non_null(strstr(err.message, "x:"));
        }
        cs_buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emphasis_holds_beside_every_chinese_punctuation_mark_outside),
        cmocka_unit_test(emphasis_holds_beside_every_chinese_punctuation_mark_inside),
        cmocka_unit_test(passages_may_touch_and_may_go_over_lines),
        cmocka_unit_test(single_stars_and_underscores_are_text),
        cmocka_unit_test(an_unclosed_mark_is_refused_with_its_line),
        cmocka_unit_test(marks_inside_marks_are_refused),
        cmocka_unit_test(a_double_star_that_would_be_shown_is_refused),
        cmocka_unit_test(control_characters_and_broken_text_are_refused),
        cmocka_unit_test(sections_take_their_id_from_the_heading_or_their_place),
        cmocka_unit_test(list_numbers_stand_as_they_were_written),
        cmocka_unit_test(tables_keep_their_cells_and_emphasis),
        cmocka_unit_test(links_keep_their_address_and_only_known_schemes_pass),
        cmocka_unit_test(line_breaks_are_kept_only_where_they_are_meant),
        cmocka_unit_test(what_is_not_supported_is_refused_with_its_line),
        cmocka_unit_test(a_converted_document_is_one_that_the_engine_reads),
        cmocka_unit_test(running_out_of_memory_anywhere_is_an_error_and_leaks_nothing),
        cmocka_unit_test(nothing_but_text_comes_out_of_any_prefix_of_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
