#include "consentctl/markdown.h"

#include "json/json.h"

#include <md4c.h>
#include <stdio.h>
#include <string.h>

#define MAX_LEVEL 6
#define MAX_DEPTH 16
#define MAX_BYTES (4u * 1024u * 1024u)
#define MAX_ID_BYTES (32u * 1024u)
#define HREF_BYTES 2048

/* A run of text with one emphasis and one link, inside builder.text. */
typedef struct run {
    size_t start;
    size_t size;
    size_t href; /* offset into builder.hrefs plus 1; 0: none */
    uint8_t emphasis;
} run;

typedef struct builder {
    const cs_memory *memory;
    const char *what;
    consent_error *err;
    consent_status status;
    const char *base; /* prepared text */
    size_t size;
    size_t last;  /* offset of the last text seen */
    size_t marks; /* emphasis marks before this offset were seen */
    cs_buffer text, hrefs, runs, ids;
    cs_json_out out;
    /* the leaf being read */
    bool in_leaf, soft_break;
    uint8_t emphasis;
    uint32_t last_code_point;
    size_t href;
    unsigned level; /* of a heading; 0: none */
    /* where it stands */
    bool has_title, has_block, in_head, item_fresh;
    char marker[CS_MARKDOWN_MARKER_BYTES];
    unsigned depth;
    bool ordered[MAX_DEPTH];
    unsigned counters[MAX_LEVEL + 1];
    unsigned last_level;
} builder;

/* ---- failing with a line ------------------------------------------------------------------- */

static unsigned line_of(const builder *b, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset && i < b->size; i++)
        line += b->base[i] == '\n';
    return line;
}

static int refuse_at(builder *b, size_t offset, const char *message)
{
    if (b->status == CONSENT_OK)
        b->status = cs_fail(b->err, CONSENT_E_ARGUMENT, 0, "%s:%u: %s", b->what, line_of(b, offset), message);
    return 1;
}

static int refuse(builder *b, const char *message)
{
    return refuse_at(b, b->last, message);
}

/* For a block without text: it begins on the first line with text after the last text seen. */
static int refuse_next_line(builder *b, const char *message)
{
    size_t at = b->last;
    if (at > 0 || b->has_title)
        while (at < b->size && b->base[at] != '\n')
            at++;
    while (at < b->size && (b->base[at] == '\n' || b->base[at] == ' ' || b->base[at] == '\t'))
        at++;
    return refuse_at(b, at, message);
}

static void notice_place(builder *b, const char *text)
{
    if (text >= b->base && text < b->base + b->size)
        b->last = (size_t)(text - b->base);
}

/* ---- runs of text -------------------------------------------------------------------------- */

static run *last_run(builder *b)
{
    return b->runs.size > 0 ? (run *)(void *)(b->runs.data + b->runs.size - sizeof(run)) : NULL;
}

static void append_bytes(builder *b, const char *data, size_t size)
{
    run *last = last_run(b);
    if (!last || last->emphasis != b->emphasis || last->href != b->href) {
        run fresh = {.start = b->text.size, .emphasis = b->emphasis, .href = b->href};
        cs_buffer_append(&b->runs, &fresh, sizeof fresh);
        last = last_run(b);
    }
    cs_buffer_append(&b->text, data, size);
    if (last && !b->text.failed)
        last->size += size;
}

/* A line end between two Chinese characters is no space; between words it is one. */
static void settle_soft_break(builder *b, uint32_t next)
{
    if (!b->soft_break)
        return;
    b->soft_break = false;
    if (b->last_code_point != 0 && b->last_code_point != '\n' &&
        !(cs_utf8_columns(b->last_code_point) == 2 && cs_utf8_columns(next) == 2))
        append_bytes(b, " ", 1);
}

static bool is_mark(uint32_t code_point)
{
    return code_point >= CS_MARK_BOLD && code_point <= CS_MARK_UNDERLINED_END;
}

/* A mark that the parser swallowed (in a link's title, a reference) would be lost without a word. */
static int check_marks(builder *b, size_t until)
{
    for (; b->marks < until; b->marks++)
        if (is_mark((unsigned char)b->base[b->marks]))
            return refuse_at(b, b->marks,
                             "an emphasis mark stood where no text is shown (a link's title or reference)");
    b->marks = until + 1;
    return 0;
}

static int append_text(builder *b, const char *text, size_t size)
{
    const char *at = text;
    const char *end = text + size;
    if (b->soft_break && cs_markdown_is_item((cs_str){text, size}))
        return refuse(b, "a numbered item stood directly below a text; put a blank line before it");
    while (at < end) {
        const char *start = at;
        uint32_t code_point = cs_utf8_next(&at, end);
        if (is_mark(code_point)) {
            if (check_marks(b, (size_t)(start - b->base)))
                return 1;
            b->emphasis = code_point == CS_MARK_BOLD ? 1 : code_point == CS_MARK_UNDERLINED ? 2 : 0;
            continue;
        }
        settle_soft_break(b, code_point);
        if ((code_point == '*' && b->last_code_point == '*') || (code_point == 0xFF0A && b->last_code_point == 0xFF0A))
            return refuse(b, "a ** would be shown as text; write emphasis as **…** or **_…_** with half-width marks");
        append_bytes(b, start, (size_t)(at - start));
        b->last_code_point = code_point;
    }
    return b->text.failed || b->runs.failed ? refuse(b, "the document was too large") : 0;
}

static int append_entity(builder *b, const char *text, size_t size)
{
    char value[CS_MARKDOWN_ENTITY_BYTES];
    if (!cs_markdown_entity((cs_str){text, size}, value))
        return refuse(b, "a numeric character reference named no printable character; write the character itself");
    return value[0] ? append_text(b, value, strlen(value)) : append_text(b, text, size);
}

/* ---- links --------------------------------------------------------------------------------- */

static int enter_link(builder *b, const MD_SPAN_A_DETAIL *link)
{
    char href[HREF_BYTES];
    size_t size = 0;
    for (unsigned i = 0; i == 0 || link->href.substr_offsets[i] < link->href.size; i++) {
        size_t start = link->href.substr_offsets[i];
        size_t part = link->href.substr_offsets[i + 1] - start;
        bool ampersand = link->href.substr_types[i] == MD_TEXT_ENTITY && part == 5 &&
                         memcmp(link->href.text + start, "&amp;", 5) == 0;
        if (size + part >= sizeof href)
            return refuse(b, "a link's address was too long");
        memcpy(href + size, link->href.text + start, ampersand ? 1 : part);
        size += ampersand ? 1 : part;
    }
    href[size] = '\0';
    if (!cs_markdown_href_is_allowed(href))
        return refuse(b, "a link's address began with none of https://, http://, mailto:, tel:; write it in full");
    b->href = b->hrefs.size + 1;
    cs_buffer_append(&b->hrefs, href, size + 1);
    return b->hrefs.failed ? refuse(b, "the document was too large") : 0;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static void begin_leaf(builder *b)
{
    b->in_leaf = true;
    b->soft_break = false;
    b->last_code_point = 0;
    cs_buffer_clear(&b->text);
    cs_buffer_clear(&b->hrefs);
    cs_buffer_clear(&b->runs);
}

static void put_runs(builder *b)
{
    b->has_block = true;
    const run *runs = (const run *)(const void *)b->runs.data;
    cs_json_open_array(&b->out);
    for (size_t i = 0; i < b->runs.size / sizeof(run); i++) {
        if (runs[i].size == 0)
            continue;
        cs_json_open_object(&b->out);
        cs_json_member_str(&b->out, "s", (cs_str){(const char *)b->text.data + runs[i].start, runs[i].size});
        if (runs[i].emphasis)
            cs_json_member_int(&b->out, "e", runs[i].emphasis);
        if (runs[i].href)
            cs_json_member_text(&b->out, "href", (const char *)b->hrefs.data + runs[i].href - 1);
        cs_json_close_object(&b->out);
    }
    cs_json_close_array(&b->out);
}

static int end_text(builder *b)
{
    b->in_leaf = false;
    if (b->emphasis)
        return refuse(b, "an emphasised passage was not closed in its paragraph or table cell");
    return 0;
}

static void trim_end(builder *b)
{
    run *last = last_run(b);
    while (last && last->size > 0 && b->text.data[last->start + last->size - 1] == ' ')
        last->size--;
}

/* Takes `{#id}` off the end of the heading; false when what stands there is not an identifier. */
static bool take_id(builder *b, char id[CS_ID_MAX_SIZE + 1])
{
    run *last = last_run(b);
    id[0] = '\0';
    if (!last || last->size < 4 || b->text.data[last->start + last->size - 1] != '}')
        return true;
    const char *text = (const char *)b->text.data + last->start;
    size_t open = last->size - 1;
    while (open > 0 && text[open] != '{')
        open--;
    if (text[open] != '{' || text[open + 1] != '#')
        return true;
    cs_str name = {text + open + 2, last->size - open - 3};
    if (!cs_id_is_valid(name))
        return false;
    memcpy(id, name.data, name.size);
    id[name.size] = '\0';
    last->size = open;
    trim_end(b);
    return true;
}

static void derive_id(const builder *b, unsigned level, char id[CS_ID_MAX_SIZE + 1])
{
    size_t size = (size_t)snprintf(id, CS_ID_MAX_SIZE + 1, "sec");
    for (unsigned i = 1; i <= level && size < CS_ID_MAX_SIZE; i++)
        size += (size_t)snprintf(id + size, CS_ID_MAX_SIZE + 1 - size, "-%u", b->counters[i]);
}

static bool id_is_known(const builder *b, const char *id)
{
    const char *at = (const char *)b->ids.data;
    const char *end = at + b->ids.size;
    for (; at < end; at += strlen(at) + 1)
        if (strcmp(at, id) == 0)
            return true;
    return false;
}

static int end_title(builder *b)
{
    trim_end(b);
    if (b->text.size == 0)
        return refuse_next_line(b, "the title was empty; begin the document with # and its title");
    b->has_title = true;
    cs_json_member_str(&b->out, "title", (cs_str){(const char *)b->text.data, b->text.size});
    cs_json_put_name(&b->out, "blocks");
    cs_json_open_array(&b->out);
    return 0;
}

static int end_heading(builder *b)
{
    unsigned level = b->level;
    b->level = 0;
    if (end_text(b))
        return 1;
    if (!b->has_title)
        return level == 1 ? end_title(b)
                          : refuse(b, "a section stood before the title; begin the document with # and its title");
    if (level == 1)
        return refuse(b, "a second title (#) stood in the document; write sections with ##");
    level--;
    if (level > b->last_level + 1)
        return refuse(b, "a heading skipped a level; use one # more than the heading above it");
    b->last_level = level;
    b->counters[level]++;
    for (unsigned i = level + 1; i <= MAX_LEVEL; i++)
        b->counters[i] = 0;
    char id[CS_ID_MAX_SIZE + 1];
    if (!take_id(b, id))
        return refuse(b, "a heading's {#id} was not an identifier; use a-z, 0-9, dots and hyphens");
    const run *first = (const run *)(const void *)b->runs.data;
    if (b->runs.size == 0 || (b->runs.size == sizeof(run) && first->size == 0))
        return refuse_next_line(b, "a heading was empty; give it a text");
    if (!id[0])
        derive_id(b, level, id);
    if (id_is_known(b, id))
        return refuse(b, "a heading's id was used before; give each heading its own {#id}");
    cs_buffer_append(&b->ids, id, strlen(id) + 1);
    if (b->ids.failed)
        return refuse(b, "the document had too many headings; split it");
    cs_json_open_object(&b->out);
    cs_json_member_text(&b->out, "t", "h");
    cs_json_member_int(&b->out, "level", level);
    cs_json_member_text(&b->out, "id", id);
    cs_json_put_name(&b->out, "spans");
    put_runs(b);
    cs_json_close_object(&b->out);
    return 0;
}

static int end_paragraph(builder *b)
{
    if (!b->in_leaf)
        return 0;
    if (end_text(b))
        return 1;
    if (b->runs.size == 0)
        return 0;
    if (!b->has_title)
        return refuse(b, "a text stood before the title; begin the document with # and its title");
    cs_json_open_object(&b->out);
    cs_json_member_text(&b->out, "t", b->depth > 0 ? "li" : "p");
    if (b->depth > 0) {
        cs_json_member_int(&b->out, "depth", b->depth);
        cs_json_member_text(&b->out, "marker", b->item_fresh ? b->marker : "");
        b->item_fresh = false;
    }
    cs_json_put_name(&b->out, "spans");
    put_runs(b);
    cs_json_close_object(&b->out);
    return 0;
}

/* ---- lists --------------------------------------------------------------------------------- */

/* CommonMark renumbers a list; a legal text keeps the numbers it was given (3. may be followed by 5.). */
static void read_marker(builder *b)
{
    size_t at = b->last;
    while (at > 0 && b->base[at - 1] != '\n')
        at--;
    cs_markdown_marker((cs_str){b->base + at, b->size - at}, b->marker);
}

static void notice_item_text(builder *b)
{
    if (b->in_leaf || b->depth == 0)
        return;
    begin_leaf(b);
    if (b->item_fresh && b->ordered[b->depth - 1])
        read_marker(b);
}

static int enter_list(builder *b, bool ordered)
{
    if (end_paragraph(b))
        return 1;
    if (b->depth == MAX_DEPTH)
        return refuse(b, "lists were nested too deeply");
    b->ordered[b->depth++] = ordered;
    return 0;
}

static int enter_item(builder *b)
{
    b->item_fresh = true;
    (void)snprintf(b->marker, sizeof b->marker, "%s", b->ordered[b->depth - 1] ? "1." : "•");
    return 0;
}

static int leave_item(builder *b)
{
    if (end_paragraph(b))
        return 1;
    if (b->item_fresh)
        return refuse_next_line(b, "a list item was empty; give it a text or remove it");
    return 0;
}

/* ---- md4c's events ------------------------------------------------------------------------- */

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    builder *b = user;
    switch (type) {
    case MD_BLOCK_QUOTE:
        return refuse_next_line(b, "a quotation (>) is not supported; write a paragraph");
    case MD_BLOCK_HR:
        return refuse_next_line(b, "a rule across the page is not supported; remove it");
    case MD_BLOCK_CODE:
        return refuse_next_line(b, "code is not supported; write plain text");
    case MD_BLOCK_HTML:
        return refuse_next_line(b, "HTML is not supported; write Markdown");
    case MD_BLOCK_UL:
        return enter_list(b, false);
    case MD_BLOCK_OL:
        return enter_list(b, true);
    case MD_BLOCK_LI:
        return enter_item(b);
    case MD_BLOCK_H:
        if (b->depth > 0)
            return refuse_next_line(b, "a heading stood inside a list item; end the list first");
        b->level = ((const MD_BLOCK_H_DETAIL *)detail)->level;
        begin_leaf(b);
        return 0;
    case MD_BLOCK_P:
        if (b->depth == 0)
            begin_leaf(b);
        return 0;
    case MD_BLOCK_THEAD:
        b->in_head = true;
        return 0;
    case MD_BLOCK_TR:
        if (!b->has_title)
            return refuse_next_line(b, "a table stood before the title; begin the document with # and its title");
        cs_json_open_object(&b->out);
        cs_json_member_text(&b->out, "t", "tr");
        if (b->in_head)
            cs_json_member_bool(&b->out, "head", true);
        cs_json_put_name(&b->out, "cells");
        cs_json_open_array(&b->out);
        return 0;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        begin_leaf(b);
        return 0;
    case MD_BLOCK_TABLE:
        return b->depth > 0 ? refuse_next_line(b, "a table stood inside a list item; end the list first") : 0;
    case MD_BLOCK_DOC:
    case MD_BLOCK_TBODY:
        return 0;
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    (void)detail;
    builder *b = user;
    switch (type) {
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        b->depth--;
        b->item_fresh = false;
        return 0;
    case MD_BLOCK_LI:
        return leave_item(b);
    case MD_BLOCK_H:
        return end_heading(b);
    case MD_BLOCK_P:
        return end_paragraph(b);
    case MD_BLOCK_THEAD:
        b->in_head = false;
        return 0;
    case MD_BLOCK_TR:
        cs_json_close_array(&b->out);
        cs_json_close_object(&b->out);
        return 0;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        if (end_text(b))
            return 1;
        put_runs(b);
        return 0;
    default:
        return 0;
    }
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    builder *b = user;
    if (type == MD_SPAN_A) {
        notice_place(b, ((const MD_SPAN_A_DETAIL *)detail)->href.text);
        notice_item_text(b);
        return enter_link(b, detail);
    }
    if (type == MD_SPAN_IMG)
        notice_place(b, ((const MD_SPAN_IMG_DETAIL *)detail)->src.text);
    if (type == MD_SPAN_IMG)
        return refuse(b, "an image is not supported; describe it in words");
    return 0; /* code is refused where its text comes, which has a place */
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    (void)detail;
    if (type == MD_SPAN_A)
        ((builder *)user)->href = 0;
    return 0;
}

static int take_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *user)
{
    builder *b = user;
    notice_place(b, text);
    notice_item_text(b);
    switch (type) {
    case MD_TEXT_NORMAL:
        return append_text(b, text, size);
    case MD_TEXT_ENTITY:
        return append_entity(b, text, size);
    case MD_TEXT_BR:
        append_bytes(b, "\n", 1);
        b->last_code_point = '\n';
        return 0;
    case MD_TEXT_SOFTBR:
        b->soft_break = true;
        return 0;
    case MD_TEXT_CODE:
        return refuse(b, "code (`…`) is not supported; write plain text");
    case MD_TEXT_HTML:
        return refuse(b, "HTML is not supported; write Markdown, and < as \\<");
    case MD_TEXT_NULLCHAR:
    case MD_TEXT_LATEXMATH:
        return refuse(b, "the text held something that is not supported");
    }
    return 0;
}

/* ---- whole documents ----------------------------------------------------------------------- */

static consent_status convert(builder *b, const char *locale, cs_buffer *out)
{
    static const MD_PARSER parser = {.flags = MD_FLAG_TABLES | MD_FLAG_NOINDENTEDCODEBLOCKS,
                                     .enter_block = enter_block,
                                     .leave_block = leave_block,
                                     .enter_span = enter_span,
                                     .leave_span = leave_span,
                                     .text = take_text};
    cs_json_out_init(&b->out, out);
    cs_json_open_object(&b->out);
    cs_json_member_int(&b->out, "schema", 1);
    cs_json_member_text(&b->out, "locale", locale);
    int result = md_parse(b->base, (MD_SIZE)b->size, &parser, b);
    if (b->status != CONSENT_OK)
        return b->status;
    if (result == 0 && check_marks(b, b->size))
        return b->status;
    if (result != 0)
        return cs_fail(b->err, CONSENT_E_MEMORY, 0, "%s: there was no memory to read it", b->what);
    if (!b->has_title)
        return cs_fail(b->err, CONSENT_E_ARGUMENT, 0, "%s:1: the document was empty; begin it with # and its title",
                       b->what);
    if (!b->has_block)
        return cs_fail(b->err, CONSENT_E_ARGUMENT, 0, "%s:1: the document had a title but no text; write its sections",
                       b->what);
    cs_json_close_array(&b->out);
    cs_json_close_object(&b->out);
    return cs_buffer_status(out, b->what, b->err);
}

consent_status cs_markdown_convert(const cs_memory *memory, cs_str markdown, const char *what, const char *locale,
                                   cs_buffer *out, consent_error *err)
{
    builder b = {.memory = memory, .what = what, .err = err};
    cs_buffer prepared;
    cs_buffer_init(&prepared, memory, MAX_BYTES);
    cs_buffer_init(&b.text, memory, MAX_BYTES);
    cs_buffer_init(&b.hrefs, memory, MAX_BYTES);
    cs_buffer_init(&b.runs, memory, MAX_BYTES);
    cs_buffer_init(&b.ids, memory, MAX_ID_BYTES);
    consent_status status = cs_markdown_prepare(markdown, what, &prepared, err);
    if (status == CONSENT_OK) {
        b.base = prepared.size > 0 ? (const char *)prepared.data : "";
        b.size = prepared.size;
        status = convert(&b, locale, out);
    }
    cs_buffer_free(&b.ids);
    cs_buffer_free(&b.runs);
    cs_buffer_free(&b.hrefs);
    cs_buffer_free(&b.text);
    cs_buffer_free(&prepared);
    return status;
}
