/* The text that the project was started with, which stands beside it on some machines only: C1 to C170 come from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "consentctl/convert.h"
#include "consentctl/files.h"
#include "consentctl/markdown.h"
#include "consentctl/tool.h"
#include "policy/document.h"

#define SOURCE CONSENT_SOURCE_DIR "/../shared/seed/privacy-policy.zh-CN.txt"
#define DOCUMENT CONSENT_SOURCE_DIR "/examples/policy/platform/document.zh-CN.md"
#define STRUCTURE CONSENT_SOURCE_DIR "/examples/policy/platform/policy.json"
#define LONGEST_COMMON 15 /* code points */

static cs_memory memory;
static cs_buffer source;
static cs_document *document;

static int set_up(void **state)
{
    (void)state;
    cs_buffer markdown;
    cs_buffer json;
    consent_error err = {0};
    cs_buffer_init(&markdown, &memory, 1 << 20);
    cs_buffer_init(&json, &memory, 1 << 20);
    cs_str text = {(char *)source.data, source.size};
    consent_status status = cs_convert_text(&memory, text, "source", &markdown, NULL, &err);
    if (status == CONSENT_OK)
        status = cs_markdown_convert(&memory, (cs_str){(char *)markdown.data, markdown.size}, "source", "zh-CN", &json,
                                     &err);
    if (status == CONSENT_OK)
        status = cs_document_parse(&memory, (cs_str){(char *)json.data, json.size}, "source", &document, &err);
    if (status != CONSENT_OK)
        print_error("%s\n", err.message);
    cs_buffer_free(&json);
    cs_buffer_free(&markdown);
    return status != CONSENT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    cs_document_free(document);
    return 0;
}

static const cs_block *section(uint32_t n)
{
    for (uint32_t i = 0; i < document->block_count; i++)
        if (document->blocks[i].kind == CS_BLOCK_HEADING && document->blocks[i].level == 1 && n-- == 0)
            return &document->blocks[i];
    return NULL;
}

/* C7: the text lists its contents before its body, and one heading has a space after its number. */
static void its_ten_sections_are_found_in_the_body(void **state)
{
    (void)state;
    static const char *const numbers[] = {"一、", "二、", "三、", "四、", "五、",
                                          "六、", "七、", "八、", "九、", "十、"};
    for (uint32_t i = 0; i < 10; i++) {
        const cs_block *at = section(i);
        assert_non_null(at);
        assert_memory_equal(at->spans[0].text, numbers[i], strlen(numbers[i]));
        assert_int_not_equal(at->spans[0].text[strlen(numbers[i])], ' ');
        assert_true(at + 1 < document->blocks + document->block_count);
        assert_false(at[1].kind == CS_BLOCK_HEADING && at[1].level == 1);
    }
    assert_null(section(10));
}

static void the_jump_from_3_to_5_in_its_fourth_section_stays(void **state)
{
    (void)state;
    bool after_three = false;
    bool jumped = false;
    for (const cs_block *at = section(3); at < section(4); at++)
        if (at->kind == CS_BLOCK_LIST_ITEM) {
            jumped = jumped || (after_three && strcmp(at->marker, "5.") == 0);
            after_three = strcmp(at->marker, "3.") == 0;
        }
    assert_true(jumped);
}

/* Code points without space and emphasis marks; returns how many. */
static size_t squeeze(const cs_buffer *text, uint32_t *out)
{
    const char *at = (const char *)text->data;
    const char *end = at + text->size;
    size_t count = 0;
    while (at < end) {
        uint32_t code_point = cs_utf8_next(&at, end);
        if (code_point > ' ' && code_point != '*' && code_point != '_' && code_point != 0x3000)
            out[count++] = code_point;
    }
    return count;
}

static uint32_t ours[100000];
static uint32_t theirs[100000];

static void the_example_is_in_its_own_words(void **state)
{
    (void)state;
    static const char *const files[] = {DOCUMENT, STRUCTURE};
    size_t their_count = squeeze(&source, theirs);
    for (size_t f = 0; f < 2; f++) {
        cs_buffer text;
        cs_buffer_init(&text, &memory, sizeof ours);
        assert_int_equal(cs_files_read(files[f], &text, NULL), CONSENT_OK);
        size_t our_count = squeeze(&text, ours);
        for (size_t i = 0; i + LONGEST_COMMON < our_count; i++)
            for (size_t j = 0; j + LONGEST_COMMON < their_count; j++)
                if (ours[i] == theirs[j] && memcmp(ours + i, theirs + j, (LONGEST_COMMON + 1) * sizeof ours[0]) == 0)
                    fail_msg("%s repeats the source at code point %zu", files[f], i);
        cs_buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_ten_sections_are_found_in_the_body),
        cmocka_unit_test(the_jump_from_3_to_5_in_its_fourth_section_stays),
        cmocka_unit_test(the_example_is_in_its_own_words),
    };
    memory = cs_tool_memory();
    cs_buffer_init(&source, &memory, 1 << 20);
    if (cs_files_read(SOURCE, &source, NULL) != CONSENT_OK) {
        printf("skip: the source policy is not beside the project\n");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    cs_buffer_free(&source);
    return failed;
}
