#define _DEFAULT_SOURCE

#include "consentctl/render.h"

#include "consentctl/layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_WIDTH 20u
#define MOST_WIDTH 200u
#define USUAL_WIDTH 80u
#define LEAST_CELL 8u
#define MAX_COLUMNS 32u
#define CELL_GAP 2u

void cs_render_init(cs_render *render, cs_buffer *out, uint32_t width, bool styled)
{
    render->out = out;
    render->width = width < LEAST_WIDTH ? LEAST_WIDTH : width;
    render->styled = styled;
}

bool cs_color_parse(const char *text, cs_color *out)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (size_t i = 0; i < CS_COUNT_OF(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (cs_color)i;
            return true;
        }
    return false;
}

bool cs_render_wants_style(cs_color color, FILE *stream)
{
    if (color != CS_COLOR_AUTO)
        return color == CS_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    int fd = fileno(stream);
    return fd >= 0 && isatty(fd) && !(no_color && no_color[0]) && !(terminal && strcmp(terminal, "dumb") == 0);
}

uint32_t cs_render_terminal_width(FILE *stream)
{
    struct winsize size;
    unsigned long width = 0;
    int fd = fileno(stream);
    if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    const char *columns = width == 0 ? getenv("COLUMNS") : NULL;
    if (columns)
        width = strtoul(columns, NULL, 10);
    if (width == 0)
        width = USUAL_WIDTH;
    return (uint32_t)(width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : width);
}

uint32_t cs_render_columns(const char *text)
{
    uint32_t columns = 0;
    const char *end = text + strlen(text);
    while (text < end) {
        int wide = cs_utf8_columns(cs_utf8_next(&text, end));
        columns += wide > 0 ? (uint32_t)wide : 0;
    }
    return columns;
}

/* ---- lines --------------------------------------------------------------------------------- */

static void put_spaces(cs_render *render, uint32_t count)
{
    while (count-- > 0)
        cs_buffer_text(render->out, " ");
}

static void put_style(cs_render *render, uint8_t emphasis)
{
    static const char *const codes[] = {"\033[0m", "\033[1m", "\033[1;4m"};
    if (render->styled)
        cs_buffer_text(render->out, codes[emphasis]);
}

/* Styles are opened and closed inside the line, so indents and borders carry none. */
static void put_line(cs_render *render, const cs_layout *layout, const cs_line *line)
{
    const cs_glyph *glyphs = cs_layout_glyphs(layout) + line->first;
    uint8_t emphasis = 0;
    for (uint32_t i = 0; i < line->count; i++) {
        if (glyphs[i].emphasis != emphasis) {
            if (emphasis)
                put_style(render, 0);
            emphasis = glyphs[i].emphasis;
            if (emphasis)
                put_style(render, emphasis);
        }
        cs_buffer_append(render->out, glyphs[i].text, glyphs[i].size);
    }
    if (emphasis)
        put_style(render, 0);
}

static void add_mark(cs_render *render, cs_layout *layout, uint8_t from, uint8_t to)
{
    static const char *const opening[] = {"", "**", "**_"};
    static const char *const closing[] = {"", "**", "_**"};
    if (render->styled || from == to)
        return;
    cs_layout_add(layout, closing[from], strlen(closing[from]), from);
    cs_layout_add(layout, opening[to], strlen(opening[to]), to);
}

static bool says_address(const char *text, const char *href)
{
    const char *bare = strchr(href, ':');
    return strcmp(text, href) == 0 || (bare && strcmp(text, bare + 1) == 0);
}

static uint32_t add_spans(cs_render *render, cs_layout *layout, const cs_span_text *spans, uint32_t count,
                          bool one_cell)
{
    uint8_t emphasis = 0;
    uint32_t i = 0;
    for (; i < count && !(one_cell && i > 0 && spans[i].cell_start); i++) {
        add_mark(render, layout, emphasis, spans[i].emphasis);
        emphasis = spans[i].emphasis;
        cs_layout_add(layout, spans[i].text, strlen(spans[i].text), emphasis);
        if (spans[i].href && !says_address(spans[i].text, spans[i].href)) {
            cs_layout_add(layout, " (", 2, 0);
            cs_layout_add(layout, spans[i].href, strlen(spans[i].href), 0);
            cs_layout_add(layout, ")", 1, 0);
        }
    }
    add_mark(render, layout, emphasis, 0);
    return i;
}

static void put_layout(cs_render *render, const char *first, cs_layout *layout)
{
    uint32_t indent = cs_render_columns(first);
    if (indent > render->width / 2)
        indent = 2;
    cs_layout_break(layout, render->width - indent);
    cs_buffer_text(render->out, first);
    for (uint32_t i = 0; i < cs_layout_line_count(layout); i++) {
        if (i > 0)
            put_spaces(render, indent);
        put_line(render, layout, &cs_layout_lines(layout)[i]);
        cs_buffer_text(render->out, "\n");
    }
    if (cs_layout_line_count(layout) == 0)
        cs_buffer_text(render->out, "\n");
    render->out->failed = render->out->failed || layout->glyphs.failed || layout->lines.failed;
}

void cs_render_spans(cs_render *render, const char *first, const cs_span_text *spans, uint32_t count)
{
    cs_layout layout;
    cs_layout_init(&layout, render->out->memory);
    (void)add_spans(render, &layout, spans, count, false);
    put_layout(render, first, &layout);
    cs_layout_free(&layout);
}

void cs_render_text(cs_render *render, const char *first, const char *text, uint8_t emphasis)
{
    cs_span_text span = {.text = text, .emphasis = emphasis};
    cs_render_spans(render, first, &span, 1);
}

void cs_render_blank(cs_render *render)
{
    cs_buffer_text(render->out, "\n");
}

void cs_render_rule(cs_render *render)
{
    for (uint32_t i = 0; i < render->width; i++)
        cs_buffer_text(render->out, "─");
    cs_buffer_text(render->out, "\n");
}

/* ---- headings ------------------------------------------------------------------------------ */

static void put_heading(cs_render *render, uint32_t level, const cs_span_text *spans, uint32_t count)
{
    static const char hashes[] = "####### ";
    cs_layout layout;
    cs_layout_init(&layout, render->out->memory);
    for (uint32_t i = 0; i < count; i++)
        cs_layout_add(&layout, spans[i].text, strlen(spans[i].text),
                      render->styled && spans[i].emphasis == 0 ? 1 : spans[i].emphasis);
    uint32_t shown = level < 6 ? level + 1 : 7;
    put_layout(render, render->styled ? "" : hashes + (7 - shown), &layout);
    cs_layout_free(&layout);
}

void cs_render_heading(cs_render *render, uint32_t level, const char *text)
{
    cs_span_text span = {.text = text};
    put_heading(render, level, &span, 1);
}

/* ---- tables -------------------------------------------------------------------------------- */

typedef struct table {
    const cs_block *rows;
    uint32_t row_count;
    uint32_t column_count;
    uint32_t widths[MAX_COLUMNS];
} table;

static uint32_t cell_count(const cs_block *row)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < row->span_count; i++)
        count += i == 0 || row->spans[i].cell_start;
    return count < MAX_COLUMNS ? count : MAX_COLUMNS;
}

/* The cells of a row as laid-out texts; returns how many. */
static uint32_t lay_row(cs_render *render, const cs_block *row, cs_layout cells[MAX_COLUMNS])
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < row->span_count && count < MAX_COLUMNS; count++) {
        cs_layout_init(&cells[count], render->out->memory);
        at += add_spans(render, &cells[count], row->spans + at, row->span_count - at, true);
    }
    return count;
}

static void free_row(cs_layout cells[MAX_COLUMNS], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        cs_layout_free(&cells[i]);
}

static uint32_t total_width(const table *t)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < t->column_count; i++)
        total += t->widths[i] + (i > 0 ? CELL_GAP : 0);
    return total;
}

/* Natural widths, the widest column giving way until the table fits. False when it cannot. */
static bool measure(cs_render *render, table *t)
{
    for (uint32_t r = 0; r < t->row_count; r++) {
        cs_layout cells[MAX_COLUMNS];
        uint32_t count = lay_row(render, &t->rows[r], cells);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t columns = cs_layout_natural_columns(&cells[i]);
            t->widths[i] = columns > t->widths[i] ? columns : t->widths[i];
        }
        free_row(cells, count);
    }
    while (total_width(t) > render->width) {
        uint32_t widest = 0;
        for (uint32_t i = 1; i < t->column_count; i++)
            widest = t->widths[i] > t->widths[widest] ? i : widest;
        if (t->widths[widest] <= LEAST_CELL)
            return false;
        t->widths[widest]--;
    }
    return true;
}

static void put_row(cs_render *render, const table *t, const cs_block *row)
{
    cs_layout cells[MAX_COLUMNS];
    uint32_t count = lay_row(render, row, cells);
    uint32_t height = 0;
    for (uint32_t i = 0; i < count; i++) {
        cs_layout_break(&cells[i], t->widths[i] > 0 ? t->widths[i] : 1);
        height = cs_layout_line_count(&cells[i]) > height ? cs_layout_line_count(&cells[i]) : height;
    }
    for (uint32_t line = 0; line < height; line++) {
        uint32_t owed = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t used = 0;
            if (line < cs_layout_line_count(&cells[i])) {
                put_spaces(render, owed);
                owed = 0;
                put_line(render, &cells[i], &cs_layout_lines(&cells[i])[line]);
                used = cs_layout_lines(&cells[i])[line].columns;
            }
            owed += (t->widths[i] > used ? t->widths[i] - used : 0) + CELL_GAP;
        }
        cs_buffer_text(render->out, "\n");
    }
    free_row(cells, count);
}

static void put_table_rule(cs_render *render, const table *t)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            put_spaces(render, CELL_GAP);
        for (uint32_t w = 0; w < t->widths[i]; w++)
            cs_buffer_text(render->out, "─");
    }
    cs_buffer_text(render->out, "\n");
}

/* Too narrow for columns: each cell on its own line, after its column's name. */
static void put_row_as_list(cs_render *render, const cs_block *row, const cs_block *head)
{
    uint32_t label = 0;
    for (uint32_t at = 0; at < row->span_count;) {
        cs_layout cell;
        cs_layout_init(&cell, render->out->memory);
        const char *first = at == 0 ? "- " : "  ";
        if (head && label < head->span_count) {
            label += add_spans(render, &cell, head->spans + label, head->span_count - label, true);
            cs_layout_add(&cell, ": ", 2, 0);
        }
        at += add_spans(render, &cell, row->spans + at, row->span_count - at, true);
        put_layout(render, first, &cell);
        cs_layout_free(&cell);
    }
}

static uint32_t put_table(cs_render *render, const cs_block *rows, uint32_t count)
{
    table t = {.rows = rows};
    while (t.row_count < count && rows[t.row_count].kind == CS_BLOCK_TABLE_ROW &&
           !(t.row_count > 0 && rows[t.row_count].head)) {
        uint32_t cells = cell_count(&rows[t.row_count++]);
        t.column_count = cells > t.column_count ? cells : t.column_count;
    }
    bool fits = measure(render, &t);
    const cs_block *head = rows[0].head ? &rows[0] : NULL;
    for (uint32_t i = 0; i < t.row_count; i++) {
        if (fits)
            put_row(render, &t, &rows[i]);
        else if (&rows[i] != head)
            put_row_as_list(render, &rows[i], head);
        if (fits && rows[i].head)
            put_table_rule(render, &t);
    }
    return t.row_count;
}

/* ---- blocks -------------------------------------------------------------------------------- */

static void put_item(cs_render *render, const cs_block *block)
{
    char first[128];
    uint32_t indent = block->level > 0 ? (uint32_t)(block->level - 1) * 2u : 0;
    const char *marker = block->marker ? block->marker : "";
    int pad = marker[0] ? 1 : 2;
    (void)snprintf(first, sizeof first, "%*s%s%*s", (int)(indent < 40 ? indent : 40), "", marker, pad, "");
    cs_render_spans(render, first, block->spans, block->span_count);
}

void cs_render_blocks(cs_render *render, const cs_block *blocks, uint32_t count)
{
    for (uint32_t i = 0; i < count;) {
        const cs_block *block = &blocks[i];
        bool follows_item = i > 0 && blocks[i - 1].kind == CS_BLOCK_LIST_ITEM && block->kind == CS_BLOCK_LIST_ITEM;
        if (i > 0 && !follows_item)
            cs_render_blank(render);
        if (block->kind == CS_BLOCK_TABLE_ROW) {
            i += put_table(render, block, count - i);
            continue;
        }
        if (block->kind == CS_BLOCK_HEADING)
            put_heading(render, block->level, block->spans, block->span_count);
        else if (block->kind == CS_BLOCK_LIST_ITEM)
            put_item(render, block);
        else
            cs_render_spans(render, "", block->spans, block->span_count);
        i++;
    }
}

bool cs_render_document(cs_render *render, const cs_document *document, const char *section)
{
    if (!section) {
        cs_render_heading(render, 0, document->title);
        cs_render_blank(render);
        cs_render_blocks(render, document->blocks, document->block_count);
        return true;
    }
    const cs_block *first = cs_document_section(document, section);
    if (!first)
        return false;
    const cs_block *end = document->blocks + document->block_count;
    const cs_block *at = first + 1;
    while (at < end && !(at->kind == CS_BLOCK_HEADING && at->level <= first->level))
        at++;
    cs_render_blocks(render, first, (uint32_t)(at - first));
    return true;
}
