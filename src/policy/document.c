#include "policy/document.h"

#include "policy/bundle.h"

#include <string.h>

#define DOCUMENT_ARENA_BYTES (8u * 1024u * 1024u)
#define MAX_BLOCKS 20000u
#define MAX_SPANS 4096u /* of one block */
#define MAX_CELLS 32u
#define MAX_LEVEL 6
#define MAX_DEPTH 8
#define MAX_MARKER_SIZE 32u

typedef struct reader {
    cs_json_in in;
    cs_document *document;
} reader;

static bool no_memory(reader *r)
{
    if (r->in.status == CONSENT_OK)
        r->in.status = cs_fail(r->in.err, CONSENT_E_MEMORY, 0, "no memory was left for reading %s", r->in.what);
    return false;
}

static bool is_ok(const reader *r)
{
    return r->in.status == CONSENT_OK;
}

static const char *copy(reader *r, cs_str text)
{
    const char *copied = cs_arena_strndup(&r->document->arena, text.data, text.size);
    if (!copied)
        (void)no_memory(r);
    return copied;
}

/* Shown to people and printed to terminals: no control characters but line ends and tabs. */
static bool is_printable(cs_str text)
{
    const char *at = text.data;
    const char *end = text.data + text.size;
    while (at < end) {
        uint32_t c = cs_utf8_next(&at, end);
        if ((c < 0x20u && c != '\n' && c != '\t') || (c >= 0x7Fu && c < 0xA0u))
            return false;
    }
    return true;
}

static const char *read_string(reader *r, const cs_json *object, const char *name, bool required)
{
    cs_str text = cs_json_in_str(&r->in, object, name, required);
    if (!is_ok(r) || !cs_json_get(object, name))
        return NULL;
    if (text.size == 0 || !is_printable(text)) {
        (void)cs_json_complain(&r->in, "`%s` is empty or holds a control character", name);
        return NULL;
    }
    return copy(r, text);
}

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

static void read_span(reader *r, const cs_json *item, cs_span_text *span)
{
    if (cs_json_type_of(item) != CS_JSON_OBJECT) {
        (void)cs_json_complain(&r->in, "a span was expected as an object");
        return;
    }
    span->text = read_string(r, item, "s", true);
    span->emphasis = (uint8_t)cs_json_in_int(&r->in, item, "e", false, 0, 0, 2);
    span->href = read_string(r, item, "href", false);
    if (span->href && !is_link(span->href))
        (void)cs_json_complain(&r->in, "a link leads to https:, http:, mailto:, tel: or a #section");
}

static void read_spans(reader *r, const cs_json *array, cs_span_text *spans, uint32_t *at)
{
    size_t i = 0;
    for (const cs_json *item = cs_json_first(array); item && is_ok(r); item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&r->in, "spans", i++);
        read_span(r, item, &spans[(*at)++]);
        cs_json_leave(&r->in, mark);
    }
}

static cs_span_text *new_spans(reader *r, size_t count)
{
    if (count == 0 || count > MAX_SPANS) {
        (void)cs_json_complain(&r->in, "1 to %u spans were expected in a block, not %zu", MAX_SPANS, count);
        return NULL;
    }
    cs_span_text *spans = cs_arena_alloc(&r->document->arena, count * sizeof(*spans));
    if (!spans)
        (void)no_memory(r);
    return spans;
}

static void read_block_spans(reader *r, const cs_json *item, cs_block *block)
{
    const cs_json *array = cs_json_in_array(&r->in, item, "spans", true);
    cs_span_text *spans = is_ok(r) ? new_spans(r, cs_json_count(array)) : NULL;
    block->spans = spans;
    if (spans)
        read_spans(r, array, spans, &block->span_count);
}

/* A row's spans follow each other; the first of each cell is marked, and an empty cell is one empty span. */
static void read_cells(reader *r, const cs_json *item, cs_block *block)
{
    const cs_json *cells = cs_json_in_array(&r->in, item, "cells", true);
    size_t cell_count = cs_json_count(cells);
    size_t span_count = 0;
    for (const cs_json *cell = cs_json_first(cells); cell; cell = cs_json_next(cell)) {
        if (cs_json_type_of(cell) != CS_JSON_ARRAY)
            (void)cs_json_complain(&r->in, "a cell was expected as an array of spans");
        size_t in_cell = cs_json_count(cell);
        span_count += in_cell > 0 ? in_cell : 1;
    }
    if (is_ok(r) && (cell_count == 0 || cell_count > MAX_CELLS))
        (void)cs_json_complain(&r->in, "1 to %u cells were expected in a row, not %zu", MAX_CELLS, cell_count);
    cs_span_text *spans = is_ok(r) ? new_spans(r, span_count) : NULL;
    block->spans = spans;
    size_t i = 0;
    for (const cs_json *cell = cs_json_first(cells); spans && cell && is_ok(r); cell = cs_json_next(cell)) {
        size_t mark = cs_json_enter(&r->in, "cells", i++);
        cs_span_text *first = &spans[block->span_count];
        if (cs_json_count(cell) > 0)
            read_spans(r, cell, spans, &block->span_count);
        else
            spans[block->span_count++].text = "";
        first->cell_start = true;
        cs_json_leave(&r->in, mark);
    }
}

/* ---- blocks ------------------------------------------------------------------------------- */

static void read_heading(reader *r, const cs_json *item, cs_block *block)
{
    block->level = (uint8_t)cs_json_in_int(&r->in, item, "level", true, 0, 1, MAX_LEVEL);
    cs_str id = cs_json_in_str(&r->in, item, "id", false);
    if (!is_ok(r) || !cs_json_get(item, "id"))
        return;
    if (!cs_id_is_valid(id))
        (void)cs_json_complain(&r->in, "`id` is not 1 to %u of a-z, 0-9, '.', '_' and '-'", CS_ID_MAX_SIZE);
    else
        block->id = copy(r, id);
}

static void read_list_item(reader *r, const cs_json *item, cs_block *block)
{
    block->level = (uint8_t)cs_json_in_int(&r->in, item, "depth", true, 0, 1, MAX_DEPTH);
    block->marker = read_string(r, item, "marker", true);
    if (block->marker && strlen(block->marker) > MAX_MARKER_SIZE)
        (void)cs_json_complain(&r->in, "`marker` has more than %u bytes", MAX_MARKER_SIZE);
}

static void read_block(reader *r, const cs_json *item, cs_block *block)
{
    static const char *const kinds[] = {NULL, "h", "p", "li", "tr"};
    cs_str kind = cs_json_in_str(&r->in, item, "t", true);
    for (size_t i = CS_BLOCK_HEADING; i < CS_COUNT_OF(kinds); i++)
        if (cs_str_is(kind, kinds[i]))
            block->kind = (uint8_t)i;
    if (block->kind == 0) {
        (void)cs_json_complain(&r->in, "a block was expected of type \"h\", \"p\", \"li\" or \"tr\"");
        return;
    }
    if (block->kind == CS_BLOCK_HEADING)
        read_heading(r, item, block);
    if (block->kind == CS_BLOCK_LIST_ITEM)
        read_list_item(r, item, block);
    if (block->kind == CS_BLOCK_TABLE_ROW) {
        block->head = cs_json_in_bool(&r->in, item, "head", false);
        read_cells(r, item, block);
    } else {
        read_block_spans(r, item, block);
    }
}

static void read_blocks(reader *r, const cs_json *root)
{
    cs_document *document = r->document;
    const cs_json *array = cs_json_in_array(&r->in, root, "blocks", true);
    size_t count = cs_json_count(array);
    if (is_ok(r) && (count == 0 || count > MAX_BLOCKS))
        (void)cs_json_complain(&r->in, "1 to %u blocks were expected, not %zu", MAX_BLOCKS, count);
    if (!is_ok(r))
        return;
    cs_block *blocks = cs_arena_alloc(&document->arena, count * sizeof(*blocks));
    document->blocks = blocks;
    if (!blocks) {
        (void)no_memory(r);
        return;
    }
    for (const cs_json *item = cs_json_first(array); item && is_ok(r); item = cs_json_next(item)) {
        cs_block *block = &blocks[document->block_count];
        size_t mark = cs_json_enter(&r->in, "blocks", document->block_count);
        read_block(r, item, block);
        if (is_ok(r) && block->id && cs_document_section(document, block->id))
            (void)cs_json_complain(&r->in, "the section %s stands there twice", block->id);
        document->block_count++;
        cs_json_leave(&r->in, mark);
    }
}

/* ---- document ----------------------------------------------------------------------------- */

static void read_document(reader *r, const cs_json *root)
{
    if (cs_json_type_of(root) != CS_JSON_OBJECT) {
        (void)cs_json_complain(&r->in, "a document was expected as an object");
        return;
    }
    int64_t schema = cs_json_in_int(&r->in, root, "schema", true, 0, 1, INT32_MAX);
    if (is_ok(r) && schema != 1)
        r->in.status =
            cs_fail(r->in.err, CONSENT_E_UNSUPPORTED, 0,
                    "%s: schema: the document was written in a newer schema than 1: update the app", r->in.what);
    r->document->locale = read_string(r, root, "locale", true);
    r->document->title = read_string(r, root, "title", true);
    if (is_ok(r))
        read_blocks(r, root);
}

consent_status cs_document_parse(const cs_memory *memory, cs_str json, const char *what, cs_document **out,
                                 consent_error *err)
{
    cs_json_doc doc;
    reader r = {0};
    *out = NULL;
    consent_status status = cs_json_parse(&doc, json, CS_DOCUMENT_MAX_BYTES, what, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&r.in, what, err);
    r.document = cs_alloc(memory, sizeof(*r.document));
    if (r.document) {
        cs_arena_init(&r.document->arena, memory, DOCUMENT_ARENA_BYTES);
        read_document(&r, doc.root);
    } else {
        (void)no_memory(&r);
    }
    cs_json_free(&doc);
    if (r.in.status != CONSENT_OK) {
        cs_document_free(r.document);
        return r.in.status;
    }
    *out = r.document;
    return CONSENT_OK;
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
