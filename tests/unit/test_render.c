#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consentctl/render.h"
#include "consentctl/tool.h"

static cs_memory memory;
static cs_buffer out;
static cs_render render;

static int set_up(void **state)
{
    (void)state;
    memory = cs_tool_memory();
    cs_buffer_init(&out, &memory, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cs_buffer_free(&out);
    return 0;
}

static void shows(const char *expected)
{
    assert_false(out.failed);
    cs_buffer_u8(&out, 0);
    assert_string_equal((char *)out.data, expected);
    cs_buffer_clear(&out);
}

/* C2 C15 */
static void bold_and_bold_underlined_are_their_own_sequences(void **state)
{
    (void)state;
    static const cs_span_text spans[] = {
        {.text = "甲"}, {.text = "粗", .emphasis = 1}, {.text = "线", .emphasis = 2}, {.text = "。"}};
    cs_render_init(&render, &out, 40, true);
    cs_render_spans(&render, "", spans, 4);
    shows("甲\033[1m粗\033[0m\033[1;4m线\033[0m。\n");
}

static void without_styles_the_marks_stand_in_the_text(void **state)
{
    (void)state;
    static const cs_span_text spans[] = {
        {.text = "甲"}, {.text = "粗", .emphasis = 1}, {.text = "线", .emphasis = 2}, {.text = "。"}};
    cs_render_init(&render, &out, 40, false);
    cs_render_spans(&render, "", spans, 4);
    shows("甲**粗****_线_**。\n");
}

static void chinese_wraps_at_two_columns_a_character(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 20, false);
    cs_render_text(&render, "", "一二三四五六七八九十一二", 0);
    shows("一二三四五六七八九十\n一二\n");
}

static void no_line_begins_with_closing_or_ends_with_opening_punctuation(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 20, false);
    cs_render_text(&render, "", "一二三四五六七八九十，一二", 0);
    shows("一二三四五六七八九\n十，一二\n");
    cs_render_text(&render, "", "一二三四五六七八九《一二三》。", 0);
    shows("一二三四五六七八九\n《一二三》。\n");
    cs_render_text(&render, "", "一二三四五六七八九。”“一二三", 0);
    shows("一二三四五六七八\n九。”“一二三\n");
}

static void words_stay_whole_and_long_ones_are_cut(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 20, false);
    cs_render_text(&render, "", "one two three fourteen", 0);
    shows("one two three\nfourteen\n");
    cs_render_text(&render, "", "abcdefghijklmnopqrstuvwxyz", 0);
    shows("abcdefghijklmnopqrst\nuvwxyz\n");
    cs_render_text(&render, "", "使用Cookie和ETag等技术来保存偏好", 0);
    shows("使用Cookie和ETag等技\n术来保存偏好\n");
}

static void further_lines_hang_below_the_first_and_styles_end_with_the_line(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 20, true);
    cs_render_text(&render, "[ ] ", "一二三四五六七八九十", 2);
    shows("[ ] \033[1;4m一二三四五六七八\033[0m\n    \033[1;4m九十\033[0m\n");
}

static void a_line_break_in_the_text_is_kept(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 40, false);
    cs_render_text(&render, "- ", "甲\n乙", 0);
    shows("- 甲\n  乙\n");
}

static void a_link_shows_its_address_unless_the_text_is_it(void **state)
{
    (void)state;
    static const cs_span_text spans[] = {{.text = "政策", .href = "https://a.example"},
                                         {.text = "，"},
                                         {.text = "a@example.com", .href = "mailto:a@example.com"}};
    cs_render_init(&render, &out, 60, false);
    cs_render_spans(&render, "", spans, 3);
    shows("政策 (https://a.example)，a@example.com\n");
}

static const cs_span_text head[] = {{.text = "名称", .cell_start = true}, {.text = "用途", .cell_start = true}};
static const cs_span_text row[] = {{.text = "甲", .cell_start = true, .emphasis = 1},
                                   {.text = "很长很长很长很长的用途", .cell_start = true}};
static const cs_block table[] = {{.kind = CS_BLOCK_TABLE_ROW, .head = true, .spans = head, .span_count = 2},
                                 {.kind = CS_BLOCK_TABLE_ROW, .spans = row, .span_count = 2}};

static void a_table_stands_in_columns_and_wraps_in_its_cells(void **state)
{
    (void)state;
    cs_render_init(&render, &out, 20, true);
    cs_render_blocks(&render, table, 2);
    shows("名称  用途\n────  ──────────────\n\033[1m甲\033[0m    很长很长很长很\n      长的用途\n");
}

static void a_table_that_does_not_fit_becomes_a_list(void **state)
{
    (void)state;
    cs_span_text spans[6];
    for (int i = 0; i < 6; i++)
        spans[i] = (cs_span_text){.text = "一二三四五六", .cell_start = true};
    cs_block wide = {.kind = CS_BLOCK_TABLE_ROW, .spans = spans, .span_count = 6};
    cs_render_init(&render, &out, 20, false);
    cs_render_blocks(&render, &wide, 1);
    shows("- 一二三四五六\n  一二三四五六\n  一二三四五六\n  一二三四五六\n  一二三四五六\n  一二三四五六\n");
}

static void a_list_for_a_table_names_its_columns(void **state)
{
    (void)state;
    cs_span_text names[6];
    cs_span_text values[6];
    for (int i = 0; i < 6; i++) {
        names[i] = (cs_span_text){.text = "名称名称", .cell_start = true};
        values[i] = (cs_span_text){.text = "甲", .cell_start = true, .emphasis = 2};
    }
    const cs_block rows[] = {{.kind = CS_BLOCK_TABLE_ROW, .head = true, .spans = names, .span_count = 6},
                             {.kind = CS_BLOCK_TABLE_ROW, .spans = values, .span_count = 2}};
    cs_render_init(&render, &out, 20, true);
    cs_render_blocks(&render, rows, 2);
    shows("- 名称名称: \033[1;4m甲\033[0m\n  名称名称: \033[1;4m甲\033[0m\n");
}

static void blocks_are_set_apart_and_items_are_not(void **state)
{
    (void)state;
    static const cs_span_text text = {.text = "甲"};
    static const cs_block blocks[] = {
        {.kind = CS_BLOCK_HEADING, .level = 1, .id = "a", .spans = &text, .span_count = 1},
        {.kind = CS_BLOCK_PARAGRAPH, .spans = &text, .span_count = 1},
        {.kind = CS_BLOCK_LIST_ITEM, .level = 1, .marker = "1.", .spans = &text, .span_count = 1},
        {.kind = CS_BLOCK_LIST_ITEM, .level = 2, .marker = "•", .spans = &text, .span_count = 1},
    };
    cs_render_init(&render, &out, 40, false);
    cs_render_blocks(&render, blocks, 4);
    shows("## 甲\n\n甲\n\n1. 甲\n  • 甲\n");
    cs_render_init(&render, &out, 40, true);
    cs_render_blocks(&render, blocks, 1);
    shows("\033[1m甲\033[0m\n");
}

static void styles_are_wanted_only_on_a_terminal_unless_said_otherwise(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    cs_color color = CS_COLOR_AUTO;
    assert_true(cs_color_parse("always", &color));
    assert_true(cs_render_wants_style(color, file));
    assert_true(cs_color_parse("never", &color));
    assert_false(cs_render_wants_style(color, file));
    assert_true(cs_color_parse("auto", &color));
    assert_false(cs_render_wants_style(color, file));
    assert_false(cs_color_parse("sometimes", &color));
    assert_int_equal(setenv("COLUMNS", "57", 1), 0);
    assert_int_equal(cs_render_terminal_width(file), 57);
    assert_int_equal(setenv("COLUMNS", "3", 1), 0);
    assert_int_equal(cs_render_terminal_width(file), 20);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bold_and_bold_underlined_are_their_own_sequences),
        cmocka_unit_test(without_styles_the_marks_stand_in_the_text),
        cmocka_unit_test(chinese_wraps_at_two_columns_a_character),
        cmocka_unit_test(no_line_begins_with_closing_or_ends_with_opening_punctuation),
        cmocka_unit_test(words_stay_whole_and_long_ones_are_cut),
        cmocka_unit_test(further_lines_hang_below_the_first_and_styles_end_with_the_line),
        cmocka_unit_test(a_line_break_in_the_text_is_kept),
        cmocka_unit_test(a_link_shows_its_address_unless_the_text_is_it),
        cmocka_unit_test(a_table_stands_in_columns_and_wraps_in_its_cells),
        cmocka_unit_test(a_table_that_does_not_fit_becomes_a_list),
        cmocka_unit_test(a_list_for_a_table_names_its_columns),
        cmocka_unit_test(blocks_are_set_apart_and_items_are_not),
        cmocka_unit_test(styles_are_wanted_only_on_a_terminal_unless_said_otherwise),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
