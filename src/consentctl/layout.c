#include "consentctl/layout.h"

#include <string.h>

#define MAX_GLYPH_BYTES (64u * 1024u * 1024u)

/* Chinese typesetting: what may not begin a line, and what may not end one. */
static const char no_start[] = "，。、；：？！）】》」』”’〉〕］｝…—～·％,.;:?!)]}>%";
static const char no_end[] = "（【《「『“‘〈〔［｛([{<";

static bool holds(const char *set, uint32_t code_point)
{
    const char *at = set;
    const char *end = set + strlen(set);
    while (at < end)
        if (cs_utf8_next(&at, end) == code_point)
            return true;
    return false;
}

void cs_layout_init(cs_layout *layout, const cs_memory *memory)
{
    cs_buffer_init(&layout->glyphs, memory, MAX_GLYPH_BYTES);
    cs_buffer_init(&layout->lines, memory, MAX_GLYPH_BYTES);
}

void cs_layout_free(cs_layout *layout)
{
    cs_buffer_free(&layout->glyphs);
    cs_buffer_free(&layout->lines);
}

void cs_layout_clear(cs_layout *layout)
{
    cs_buffer_clear(&layout->glyphs);
    cs_buffer_clear(&layout->lines);
}

void cs_layout_add(cs_layout *layout, const char *text, size_t size, uint8_t emphasis)
{
    const char *at = text;
    const char *end = text + size;
    while (at < end) {
        const char *start = at;
        uint32_t code_point = cs_utf8_next(&at, end);
        int columns = code_point == '\n' ? 0 : cs_utf8_columns(code_point);
        cs_glyph glyph = {.text = start,
                          .code_point = code_point,
                          .size = (uint8_t)(at - start),
                          .columns = (uint8_t)(columns > 0 ? columns : 0),
                          .emphasis = emphasis};
        cs_buffer_append(&layout->glyphs, &glyph, sizeof glyph);
    }
}

uint32_t cs_layout_glyph_count(const cs_layout *layout)
{
    return (uint32_t)(layout->glyphs.size / sizeof(cs_glyph));
}

const cs_glyph *cs_layout_glyphs(const cs_layout *layout)
{
    return (const cs_glyph *)(const void *)layout->glyphs.data;
}

uint32_t cs_layout_line_count(const cs_layout *layout)
{
    return (uint32_t)(layout->lines.size / sizeof(cs_line));
}

const cs_line *cs_layout_lines(const cs_layout *layout)
{
    return (const cs_line *)(const void *)layout->lines.data;
}

uint32_t cs_layout_natural_columns(const cs_layout *layout)
{
    const cs_glyph *glyphs = cs_layout_glyphs(layout);
    uint32_t longest = 0;
    uint32_t columns = 0;
    for (uint32_t i = 0; i < cs_layout_glyph_count(layout); i++) {
        columns = glyphs[i].code_point == '\n' ? 0 : columns + glyphs[i].columns;
        longest = columns > longest ? columns : longest;
    }
    return longest;
}

/* Whether a line may end after `before`, the next beginning with `after`. */
static bool may_break(const cs_glyph *before, const cs_glyph *after)
{
    if (after->columns == 0 || after->code_point == ' ' || holds(no_start, after->code_point) ||
        holds(no_end, before->code_point))
        return false;
    if (before->code_point == ' ')
        return true;
    return before->columns == 2 || after->columns == 2;
}

static void put_line(cs_layout *layout, uint32_t first, uint32_t end)
{
    const cs_glyph *glyphs = cs_layout_glyphs(layout);
    while (end > first && glyphs[end - 1].code_point == ' ')
        end--;
    cs_line line = {.first = first, .count = end - first};
    for (uint32_t i = first; i < end; i++)
        line.columns += glyphs[i].columns;
    cs_buffer_append(&layout->lines, &line, sizeof line);
}

/* End of the line that begins at `first`, not counting a line end character. */
static uint32_t line_end(const cs_glyph *glyphs, uint32_t count, uint32_t first, uint32_t width)
{
    uint32_t columns = 0;
    uint32_t candidate = 0;
    for (uint32_t i = first; i < count; i++) {
        if (glyphs[i].code_point == '\n')
            return i;
        if (i > first && may_break(&glyphs[i - 1], &glyphs[i]))
            candidate = i;
        columns += glyphs[i].columns;
        if (columns > width && i > first && glyphs[i].code_point != ' ')
            return candidate > first ? candidate : i;
    }
    return count;
}

void cs_layout_break(cs_layout *layout, uint32_t width)
{
    const cs_glyph *glyphs = cs_layout_glyphs(layout);
    uint32_t count = cs_layout_glyph_count(layout);
    cs_buffer_clear(&layout->lines);
    for (uint32_t first = 0; first < count;) {
        uint32_t end = line_end(glyphs, count, first, width);
        put_line(layout, first, end);
        first = end;
        if (first < count && glyphs[first].code_point == '\n')
            first++;
        else
            while (first < count && glyphs[first].code_point == ' ')
                first++;
    }
}
