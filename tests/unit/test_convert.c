#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "consentctl/convert.h"
#include "consentctl/markdown.h"
#include "consentctl/tool.h"
#include "policy/document.h"

static cs_memory memory;

static int set_up(void **state)
{
    (void)state;
    memory = cs_tool_memory();
    return 0;
}

/* Text to the document that the engine reads. */
static cs_document *convert(cs_str text, uint32_t *sections)
{
    cs_buffer markdown;
    cs_buffer json;
    cs_document *document = NULL;
    consent_error err = {0};
    cs_buffer_init(&markdown, &memory, 1 << 22);
    cs_buffer_init(&json, &memory, 1 << 22);
    consent_status status = cs_convert_text(&memory, text, "policy.txt", &markdown, sections, &err);
    if (status == CONSENT_OK)
        status = cs_markdown_convert(&memory, (cs_str){(char *)markdown.data, markdown.size}, "policy.md", "zh-CN",
                                     &json, &err);
    if (status == CONSENT_OK)
        status = cs_document_parse(&memory, (cs_str){(char *)json.data, json.size}, "policy.md", &document, &err);
    cs_buffer_free(&json);
    cs_buffer_free(&markdown);
    if (status != CONSENT_OK)
        fail_msg("%s", err.message);
    return document;
}

static const cs_block *heading(const cs_document *document, uint8_t level, uint32_t n)
{
    for (uint32_t i = 0; i < document->block_count; i++)
        if (document->blocks[i].kind == CS_BLOCK_HEADING && document->blocks[i].level == level && n-- == 0)
            return &document->blocks[i];
    return NULL;
}

static const char *text_of(const cs_block *block)
{
    return block && block->span_count > 0 ? block->spans[0].text : "";
}

/* A list of contents before the body, a space after 、, numbers that jump, every way of numbering. */
static const char sample[] = "　样例隐私政策\r\n"
                             "请先阅读。\r\n"
                             "目录：\r\n"
                             "一、总则\r\n"
                             "二、收集\r\n"
                             "三、联系\r\n"
                             "\r\n"
                             "一、总则\r\n"
                             "（一）范围\r\n"
                             "适用于全部产品。\r\n"
                             "（二） 技术：采用 <加密> 与 a_b*c 措施。\r\n"
                             "二、 收集\r\n"
                             "（一）共享\r\n"
                             "1. 基本账户\r\n"
                             "第一种方式，说明如下。\r\n"
                             "1. 依法共享，记录在案。\r\n"
                             "3．经同意共享，单独征求。\r\n"
                             "5. 协助处理争议，依法进行。\r\n"
                             "（1）细目\r\n"
                             "一、这是正文里的一句话，不是标题。\r\n"
                             "三、联系\r\n"
                             "- 邮件 privacy@example.com\r\n";

/* C7 */
static void sections_come_from_the_body_and_not_from_the_contents(void **state)
{
    (void)state;
    uint32_t sections = 0;
    cs_document *document = convert(cs_str_of(sample), &sections);
    assert_int_equal(sections, 3);
    assert_string_equal(document->title, "样例隐私政策");
    assert_string_equal(text_of(heading(document, 1, 0)), "一、总则");
    assert_string_equal(text_of(heading(document, 1, 1)), "二、收集");
    assert_string_equal(text_of(heading(document, 1, 2)), "三、联系");
    assert_null(heading(document, 1, 3));
    assert_string_equal(heading(document, 1, 1)->id, "sec-2");
    assert_string_equal(text_of(&document->blocks[2]), "一、总则");
    assert_int_equal(document->blocks[2].kind, CS_BLOCK_LIST_ITEM);
    cs_document_free(document);
}

static void sub_headings_items_and_numbers_stay_as_they_were(void **state)
{
    (void)state;
    cs_document *document = convert(cs_str_of(sample), NULL);
    assert_string_equal(text_of(heading(document, 2, 0)), "（一）范围");
    assert_string_equal(text_of(heading(document, 2, 1)), "（二） 技术");
    assert_string_equal(text_of(heading(document, 2, 1) + 1), "采用 <加密> 与 a_b*c 措施。");
    assert_string_equal(text_of(heading(document, 2, 2)), "（一）共享");
    assert_string_equal(text_of(heading(document, 3, 0)), "1. 基本账户");
    static const char *const markers[] = {"1.", "3.", "5."};
    const cs_block *at = heading(document, 3, 0) + 2;
    for (size_t i = 0; i < 3; i++, at++) {
        assert_int_equal(at->kind, CS_BLOCK_LIST_ITEM);
        assert_string_equal(at->marker, markers[i]);
    }
    assert_string_equal(text_of(at), "（1）细目");
    assert_string_equal(text_of(at + 1), "一、这是正文里的一句话，不是标题。");
    assert_string_equal(text_of(at + 3), "- 邮件 privacy@example.com");
    cs_document_free(document);
}

static void a_text_without_sections_is_refused(void **state)
{
    (void)state;
    cs_buffer markdown;
    consent_error err = {0};
    static const char *const texts[] = {"", "只有一段话。\n", "一、甲\n二、乙\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cs_buffer_init(&markdown, &memory, 1 << 20);
        assert_int_equal(cs_convert_text(&memory, cs_str_of(texts[i]), "x.txt", &markdown, NULL, &err),
                         CONSENT_E_ARGUMENT);
        assert_non_null(strstr(err.message, "x.txt"));
        cs_buffer_free(&markdown);
    }
    cs_buffer_init(&markdown, &memory, 1 << 20);
    assert_int_equal(cs_convert_text(&memory, CS_STR("一、\xff\n"), "x.txt", &markdown, NULL, &err),
                     CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "UTF-8"));
    cs_buffer_free(&markdown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_come_from_the_body_and_not_from_the_contents),
        cmocka_unit_test(sub_headings_items_and_numbers_stay_as_they_were),
        cmocka_unit_test(a_text_without_sections_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
