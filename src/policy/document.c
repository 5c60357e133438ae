#include "policy/document.h"

#include "policy/bundle.h"
#include "policy/parse.h"

#include <string.h>

#define DOCUMENT_ARENA_BYTES (8u * 1024u * 1024u)
#define MAX_CELLS 32u
#define MAX_MARKER_SIZE 32u

/* ---- spans -------------------------------------------------------------------------------- */

/* Links that a host can hand to the system without running anything. */
static bool is_link(const char *href)
{
    static const char *const beginnings[] = {"https://", "http://", "mailto:", "tel:", "#"};
    for (size_t i = 0; i < CS_COUNT_OF(beginnings); i++)
        if (strncmp(href, beginnings[i], strlen(beginnings[i])) == 0 && href[strlen(beginnings[i])] != '\0')
            return strpbrk(href, " \n\t") == NULL;
    return false;
}

void cs_read_span(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop props[] = {
        {CS_NAME(s), CS_PROP_LINES | CS_PROP_REQUIRED, 0, CS_AT(cs_span_text, text)},
        {CS_NAME(e), CS_PROP_SMALL, CS_BOUNDS_EMPHASIS, CS_AT(cs_span_text, emphasis)},
        {CS_NAME(href), CS_PROP_LINES, 0, CS_AT(cs_span_text, href)},
        {0},
    };
    cs_span_text *span = entry;
    (void)at, (void)holder;
    (void)cs_parse_members(parser, item, props, span);
    if (span->href && !is_link(span->href))
        (void)cs_json_complain(&parser->in, "a link leads to https:, http:, mailto:, tel: or a #section");
}

/* A span of a table's cell: the spans of a row follow each other. */
void cs_read_cell_span(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_block *row = holder;
    (void)entry;
    cs_read_span(parser, item, (cs_span_text *)&row->spans[row->span_count++], at, row);
}

/* The first span of each cell is marked, and an empty cell is one empty span. */
void cs_read_cell(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_block *row = holder;
    cs_span_text *first = (cs_span_text *)&row->spans[row->span_count];
    (void)entry, (void)at;
    cs_parse_list(parser, item, "spans", CS_LIST_CELL_SPANS, row);
    if (first == &row->spans[row->span_count]) {
        first->text = "";
        row->span_count++;
    }
    first->cell_start = true;
}

/* Room for the spans of all cells comes before any of them. */
static void read_cells(cs_parser *parser, const cs_json *item, cs_block *row)
{
    static const cs_prop props[] = {
        {CS_NAME(head), CS_PROP_BOOL, 0, CS_AT(cs_block, head)},
        {CS_NAME(cells), CS_PROP_LIST | CS_PROP_REQUIRED, CS_LIST_CELLS, 0},
        {0},
    };
    const cs_json *cells = cs_json_get(item, "cells");
    size_t cell_count = cs_json_count(cells), span_count = 0;
    for (const cs_json *cell = cs_json_first(cells); cell; cell = cs_json_next(cell)) {
        if (cs_json_type_of(cell) != CS_JSON_ARRAY)
            (void)cs_json_complain(&parser->in, "a cell was expected as an array of spans");
        size_t in_cell = cs_json_count(cell);
        span_count += in_cell > 0 ? in_cell : 1;
    }
    if (cells && (cell_count == 0 || cell_count > MAX_CELLS || span_count > cs_lists[CS_LIST_SPANS].max))
        (void)cs_json_complain(&parser->in, "1 to %u cells were expected in a row, not %zu, with %u spans at most",
                               MAX_CELLS, cell_count, cs_lists[CS_LIST_SPANS].max);
    if (cs_parse_ok(parser))
        row->spans = cs_parse_alloc(parser, span_count * sizeof(*row->spans));
    (void)cs_parse_members(parser, item, props, row);
}

/* ---- blocks ------------------------------------------------------------------------------- */

static void read_marked(cs_parser *parser, const cs_json *item, cs_block *block)
{
    static const cs_prop heading[] = {
        {CS_NAME(level), CS_PROP_SMALL | CS_PROP_REQUIRED, CS_BOUNDS_LEVEL, CS_AT(cs_block, level)},
        {CS_NAME(id), CS_PROP_ID, 0, CS_AT(cs_block, id)},
        {0},
    };
    static const cs_prop list_item[] = {
        {CS_NAME(depth), CS_PROP_SMALL | CS_PROP_REQUIRED, CS_BOUNDS_DEPTH, CS_AT(cs_block, level)},
        {CS_NAME(marker), CS_PROP_LINES | CS_PROP_REQUIRED, 0, CS_AT(cs_block, marker)},
        {0},
    };
    static const cs_prop spans[] = {{CS_NAME(spans), CS_PROP_LIST | CS_PROP_REQUIRED, CS_LIST_SPANS, 0}, {0}};
    if (block->kind != CS_BLOCK_PARAGRAPH)
        (void)cs_parse_members(parser, item, block->kind == CS_BLOCK_HEADING ? heading : list_item, block);
    if (block->marker && strlen(block->marker) > MAX_MARKER_SIZE)
        (void)cs_json_complain(&parser->in, "`marker` has more than %u bytes", MAX_MARKER_SIZE);
    (void)cs_parse_members(parser, item, spans, block);
    if (block->span_count == 0)
        (void)cs_json_complain(&parser->in, "1 span or more was expected in a block");
}

void cs_read_block(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop props[] = {
        {CS_NAME(t), CS_PROP_WORD | CS_PROP_REQUIRED, CS_WORDS_BLOCK, CS_AT(cs_block, kind)}, {0}};
    cs_block *block = entry;
    (void)at;
    if (!cs_parse_members(parser, item, props, block))
        (void)cs_json_complain(&parser->in, "a block was expected of type \"h\", \"p\", \"li\" or \"tr\"");
    if (block->kind == CS_BLOCK_TABLE_ROW)
        read_cells(parser, item, block);
    else
        read_marked(parser, item, block);
    if (block->id && cs_document_section(holder, block->id) != block)
        cs_parse_twice(parser, cs_str_of(block->id));
}

/* ---- document ----------------------------------------------------------------------------- */

static void read_document(cs_parser *parser, const cs_json *root)
{
    static const cs_prop props[] = {
        {CS_NAME(locale), CS_PROP_LINES | CS_PROP_REQUIRED, 0, CS_AT(cs_document, locale)},
        {CS_NAME(title), CS_PROP_LINES | CS_PROP_REQUIRED, 0, CS_AT(cs_document, title)},
        {CS_NAME(blocks), CS_PROP_LIST | CS_PROP_REQUIRED, CS_LIST_BLOCKS, 0},
        {0},
    };
    cs_document *document = parser->base;
    cs_parse_schema(&parser->in, root);
    (void)cs_parse_members(parser, root, props, document);
    if (document->block_count == 0)
        (void)cs_json_complain(&parser->in, "1 block or more was expected");
}

consent_status cs_document_parse(const cs_memory *memory, cs_str json, const char *what, cs_document **out,
                                 consent_error *err)
{
    cs_document *document = cs_alloc(memory, sizeof(*document));
    cs_parser parser = {.memory = memory, .base = document, .arena = document ? &document->arena : NULL};
    *out = NULL;
    if (document)
        cs_arena_init(&document->arena, memory, DOCUMENT_ARENA_BYTES);
    consent_status status = cs_parse_json(&parser, json, CS_DOCUMENT_MAX_BYTES, what, read_document, err);
    if (status == CONSENT_OK)
        *out = document;
    else
        cs_document_free(document);
    return status;
}

void cs_document_free(cs_document *document)
{
    if (!document)
        return;
    const cs_memory *memory = document->arena.memory;
    cs_arena_free(&document->arena);
    cs_free(memory, document, sizeof(*document));
}

const cs_block *cs_document_section(const cs_document *document, const char *id)
{
    for (uint32_t i = 0; i < document->block_count; i++)
        if (document->blocks[i].id && strcmp(document->blocks[i].id, id) == 0)
            return &document->blocks[i];
    return NULL;
}
