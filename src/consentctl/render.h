/* render: blocks and spans on a terminal. Wraps by columns (East Asian wide characters take two), starts no line with
 * closing punctuation and ends none with opening punctuation, and shows emphasis as it is evidence (C2, C15): bold is
 * SGR 1, bold and underlined SGR 1;4. Without styling the authoring marks stand in the text instead (`**`, `**_`), so that
 * emphasis is never lost. Everything goes into a buffer; a failure shows in the buffer. */
#ifndef CS_RENDER_H
#define CS_RENDER_H

#include "policy/document.h"

#include <stdio.h>

typedef enum cs_color {
    CS_COLOR_AUTO = 0,
    CS_COLOR_ALWAYS,
    CS_COLOR_NEVER
} cs_color;

typedef struct cs_render {
    cs_buffer *out;
    uint32_t width; /* columns of a line, at least 20 */
    bool styled;    /* SGR sequences */
} cs_render;

void cs_render_init(cs_render *render, cs_buffer *out, uint32_t width, bool styled);
/* "auto", "always" or "never". */
bool cs_color_parse(const char *text, cs_color *out);
/* auto: a terminal, NO_COLOR unset or empty, TERM not "dumb". */
bool cs_render_wants_style(cs_color color, FILE *stream);
/* Of the terminal, else COLUMNS, else 80; between 20 and 200. */
uint32_t cs_render_terminal_width(FILE *stream);

/* Blocks with the blank lines and tables between them. */
void cs_render_blocks(cs_render *render, const cs_block *blocks, uint32_t count);
/* A whole document, its title first; or one section with its sub-sections when `section` is not NULL: false when there is none. */
bool cs_render_document(cs_render *render, const cs_document *document, const char *section);

/* Pieces, for forms. Each ends its line. */
void cs_render_heading(cs_render *render, uint32_t level, const char *text);
/* `first` starts the first line ("  [ ] "); further lines are indented by its width. */
void cs_render_spans(cs_render *render, const char *first, const cs_span_text *spans, uint32_t count);
void cs_render_text(cs_render *render, const char *first, const char *text, uint8_t emphasis);
void cs_render_rule(cs_render *render); /* a line across */
void cs_render_blank(cs_render *render);
/* Columns that a text takes. */
uint32_t cs_render_columns(const char *text);

#endif
