/* Documents: a policy's text as blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/make_policy.h"

static const char sample[] =
    "{\"schema\":1,\"locale\":\"zh-CN\",\"title\":\"政策\",\"blocks\":["
    "{\"t\":\"h\",\"level\":2,\"id\":\"scope\",\"spans\":[{\"s\":\"范围\"}]},"
    "{\"t\":\"p\",\"spans\":[{\"s\":\"普通\"},{\"s\":\"粗\",\"e\":1},{\"s\":\"粗且下划线\",\"e\":2},"
    "{\"s\":\"链接\",\"href\":\"https://example.com/\"}]},"
    "{\"t\":\"li\",\"depth\":2,\"marker\":\"1.\",\"spans\":[{\"s\":\"项\"}]},"
    "{\"t\":\"tr\",\"head\":true,\"cells\":[[{\"s\":\"甲\"},{\"s\":\"乙\",\"e\":1}],[],[{\"s\":\"丙\"}]]}]}";

static consent_status parse(const char *json, cs_document **document, consent_error *err)
{
    return cs_document_parse(make_memory(), cs_str_of(json), "document.zh-CN.json", document, err);
}

static void a_document_is_read_block_by_block(void **state)
{
    (void)state;
    cs_document *d;
    consent_error err = {0};
    if (parse(sample, &d, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(d->locale, "zh-CN");
    assert_string_equal(d->title, "政策");
    assert_int_equal(d->block_count, 4);
    assert_int_equal(d->blocks[0].kind, CS_BLOCK_HEADING);
    assert_int_equal(d->blocks[0].level, 2);
    assert_int_equal(d->blocks[2].kind, CS_BLOCK_LIST_ITEM);
    assert_int_equal(d->blocks[2].level, 2);
    assert_string_equal(d->blocks[2].marker, "1.");
    assert_ptr_equal(cs_document_section(d, "scope"), &d->blocks[0]);
    assert_null(cs_document_section(d, "elsewhere"));
    cs_document_free(d);
    assert_int_equal(make_live_blocks(), 0);
}

/* C2 C15: what must stand out does. */
static void emphasis_and_links_reach_the_spans(void **state)
{
    (void)state;
    cs_document *d;
    assert_int_equal(parse(sample, &d, NULL), CONSENT_OK);
    const cs_span_text *spans = d->blocks[1].spans;
    assert_int_equal(d->blocks[1].span_count, 4);
    assert_int_equal(spans[0].emphasis, 0);
    assert_int_equal(spans[1].emphasis, 1);
    assert_int_equal(spans[2].emphasis, 2);
    assert_string_equal(spans[2].text, "粗且下划线");
    assert_null(spans[2].href);
    assert_string_equal(spans[3].href, "https://example.com/");
    cs_document_free(d);
}

static void cells_begin_where_a_span_says_so_and_an_empty_cell_is_kept(void **state)
{
    (void)state;
    cs_document *d;
    assert_int_equal(parse(sample, &d, NULL), CONSENT_OK);
    const cs_block *row = &d->blocks[3];
    assert_true(row->head);
    assert_int_equal(row->span_count, 4);
    assert_true(row->spans[0].cell_start && !row->spans[1].cell_start && row->spans[2].cell_start &&
                row->spans[3].cell_start);
    assert_string_equal(row->spans[2].text, "");
    cs_document_free(d);
}

static void a_malformed_document_is_refused_and_the_block_named(void **state)
{
    (void)state;
    static const char *const changes[][3] = {
        {"\"locale\":\"zh-CN\",", "", "locale"},
        {"\"title\":\"政策\"", "\"title\":\"\"", "title: the text is empty"},
        {"\"blocks\":[", "\"blocks\":[],\"x\":[", "1 block or more"},
        {"\"t\":\"p\"", "\"t\":\"div\"", "blocks[1]: a block was expected of type"},
        {"\"t\":\"h\",\"level\":2", "\"t\":\"h\",\"level\":9", "blocks[0].level: 9 is outside"},
        {"\"id\":\"scope\"", "\"id\":\"范围\"", "blocks[0].id: an identifier is"},
        {"{\"s\":\"粗\",\"e\":1}", "{\"s\":\"粗\",\"e\":3}", "blocks[1].spans[1].e: 3 is outside"},
        {"{\"s\":\"粗\",\"e\":1}", "{\"e\":1}", "blocks[1].spans[1].s"},
        {"{\"s\":\"粗\",\"e\":1}", "\"粗\"", "blocks[1].spans[1]: an object was expected"},
        {"\"s\":\"普通\"", "\"s\":\"\\u001b[31m\"", "blocks[1].spans[0].s: the text is empty or holds a control"},
        {"https://example.com/", "javascript:alert(1)", "blocks[1].spans[3]: a link leads to"},
        {"https://example.com/", "https://", "blocks[1].spans[3]: a link leads to"},
        {"\"depth\":2", "\"depth\":0", "blocks[2].depth"},
        {"\"marker\":\"1.\",", "", "blocks[2].marker"},
        {"[],", "7,", "blocks[3]: a cell was expected"},
        {"\"t\":\"p\",", "\"t\":\"h\",\"level\":1,\"id\":\"scope\",", "blocks[1]: scope stands there twice"}};
    for (size_t i = 0; i < CS_COUNT_OF(changes); i++) {
        cs_document *d;
        consent_error err = {0};
        char *changed = make_replaced(sample, changes[i][0], changes[i][1]);
        assert_int_equal(parse(changed, &d, &err), CONSENT_E_ARGUMENT);
        assert_null(d);
        if (!strstr(err.message, changes[i][2]))
            fail_msg("the message was: %s\nwithout: %s", err.message, changes[i][2]);
        free(changed);
        assert_int_equal(make_live_blocks(), 0);
    }
}

static void a_newer_schema_is_unsupported(void **state)
{
    (void)state;
    cs_document *d;
    char *changed = make_replaced(sample, "\"schema\":1", "\"schema\":2");
    assert_int_equal(parse(changed, &d, NULL), CONSENT_E_UNSUPPORTED);
    free(changed);
}

static void no_memory_at_any_point_is_said_and_leaks_nothing(void **state)
{
    (void)state;
    consent_status status = CONSENT_E_MEMORY;
    for (size_t points = 0; status != CONSENT_OK; points++) {
        cs_document *d;
        make_memory_fail_after(points);
        status = parse(sample, &d, NULL);
        make_memory_fail_after(SIZE_MAX);
        assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
        cs_document_free(d);
        assert_int_equal(make_live_blocks(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_block_by_block),
        cmocka_unit_test(emphasis_and_links_reach_the_spans),
        cmocka_unit_test(cells_begin_where_a_span_says_so_and_an_empty_cell_is_kept),
        cmocka_unit_test(a_malformed_document_is_refused_and_the_block_named),
        cmocka_unit_test(a_newer_schema_is_unsupported),
        cmocka_unit_test(no_memory_at_any_point_is_said_and_leaks_nothing),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
