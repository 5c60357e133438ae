/* layout: breaking text into terminal lines, for render. A glyph is one code point with its columns and emphasis. */
#ifndef CS_LAYOUT_H
#define CS_LAYOUT_H

#include "policy/document.h"

typedef struct cs_glyph {
    const char *text; /* borrowed; `size` bytes of UTF-8 */
    uint32_t code_point;
    uint8_t size;
    uint8_t columns;
    uint8_t emphasis; /* 0, 1, 2 */
} cs_glyph;

typedef struct cs_line {
    uint32_t first; /* glyph */
    uint32_t count;
    uint32_t columns;
} cs_line;

typedef struct cs_layout {
    cs_buffer glyphs; /* of cs_glyph */
    cs_buffer lines;  /* of cs_line */
} cs_layout;

void cs_layout_init(cs_layout *layout, const cs_memory *memory);
void cs_layout_free(cs_layout *layout);
void cs_layout_clear(cs_layout *layout);
/* `text` is borrowed until clear or free. */
void cs_layout_add(cs_layout *layout, const char *text, size_t size, uint8_t emphasis);
/* Fills `lines`: none is wider than `width` columns (but for a glyph that is), none begins with closing punctuation or ends
 * with opening punctuation as long as that leaves a break in the line. */
void cs_layout_break(cs_layout *layout, uint32_t width);

uint32_t cs_layout_glyph_count(const cs_layout *layout);
const cs_glyph *cs_layout_glyphs(const cs_layout *layout);
uint32_t cs_layout_line_count(const cs_layout *layout);
const cs_line *cs_layout_lines(const cs_layout *layout);
/* Columns of the longest line when nothing is wrapped. */
uint32_t cs_layout_natural_columns(const cs_layout *layout);

#endif
