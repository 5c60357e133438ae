/* document: a policy's text in one locale as render-ready blocks, and the walk over it. The JSON (schema 1):
 *   {"schema":1,"locale":"zh-CN","title":"…","blocks":[
 *      {"t":"h","level":1,"id":"scope","spans":[…]},            heading; id: section
 *      {"t":"p","spans":[{"s":"plain"},{"s":"bold","e":1},{"s":"bold underlined","e":2},{"s":"text","href":"https://…"}]},
 *      {"t":"li","depth":1,"marker":"1." or "•","spans":[…]},
 *      {"t":"tr","head":true,"cells":[[spans],[spans]]} ]}
 * Emphasis: 0 plain (left out), 1 bold, 2 bold and underlined; it is legal evidence (C2, C15; Civil Code 496). */
#ifndef CS_DOCUMENT_H
#define CS_DOCUMENT_H

#include "json/json.h"

typedef enum cs_block_kind {
    CS_BLOCK_HEADING = 1,
    CS_BLOCK_PARAGRAPH,
    CS_BLOCK_LIST_ITEM,
    CS_BLOCK_TABLE_ROW
} cs_block_kind;

typedef struct cs_span_text {
    const char *text;
    const char *href; /* NULL: none */
    uint8_t emphasis; /* 0, 1, 2 */
    bool cell_start;  /* first span of a table cell */
} cs_span_text;

typedef struct cs_block {
    uint8_t kind;       /* cs_block_kind */
    uint8_t level;      /* heading level, list depth */
    bool head;          /* of a table row */
    const char *id;     /* section, NULL: none */
    const char *marker; /* list item */
    const cs_span_text *spans;
    uint16_t span_count;
} cs_block;

typedef struct cs_document {
    cs_arena arena;
    const char *locale;
    const char *title;
    const cs_block *blocks;
    uint16_t block_count;
} cs_document;

/* Parses and checks. Errors name the block. */
consent_status cs_document_parse(const cs_memory *memory, cs_str json, const char *what, cs_document **out,
                                 consent_error *err);
void cs_document_free(cs_document *document);
const cs_block *cs_document_section(const cs_document *document, const char *id);

#endif
