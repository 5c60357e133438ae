/* markdown: an authoring document (one per locale) into document JSON (policy/document.h).
 *
 * Emphasis is legal evidence and is ours, not CommonMark's, whose flanking rules fail beside Chinese punctuation:
 * `**…**` is bold and `**_…_**` bold and underlined, wherever they stand. A mark that is not closed in its paragraph, a
 * mark inside another, and a `**` that would be shown as text are errors with file and line (C2, C15).
 *
 * The document begins with its title (`# …`); `##` are its sections. A heading may end with `{#id}`; without one the id is its
 * place: sec-1, sec-1-2. Numbers of list items stand as they were written. Taken: headings, paragraphs, lists, tables, links
 * (http, https, mailto, tel), hard breaks. Refused with file and line: HTML, images, code, quotes, rules. */
#ifndef CS_MARKDOWN_H
#define CS_MARKDOWN_H

#include "base/base.h"

/* `what` names the file in messages ("document.zh-CN.md"). `out` receives one line of JSON without a line end; on failure its
 * content is undefined. E_ARGUMENT: "document.zh-CN.md:12: …". */
consent_status cs_markdown_convert(const cs_memory *memory, cs_str markdown, const char *what, const char *locale,
                                   cs_buffer *out, consent_error *err);

/* ---- the first half, apart for its tests ---------------------------------------------------- */

/* Marks in the prepared text. Control characters never stand in an author's text: it is refused. */
enum {
    CS_MARK_BOLD = 1,
    CS_MARK_BOLD_END = 2,
    CS_MARK_UNDERLINED = 3,
    CS_MARK_UNDERLINED_END = 4
};

/* Replaces emphasis marks by control characters and escapes what md4c would take for emphasis; line ends become \n and keep
 * their number. */
consent_status cs_markdown_prepare(cs_str markdown, const char *what, cs_buffer *out, consent_error *err);

/* The characters of an entity ("&amp;", "&#42;"); empty for a name that is not known: it stands as written. False when
 * a number names no printable character. */
#define CS_MARKDOWN_ENTITY_BYTES 8
bool cs_markdown_entity(cs_str entity, char out[CS_MARKDOWN_ENTITY_BYTES]);
bool cs_markdown_href_is_allowed(const char *href);

/* The last number among the list markers that begin a line ("2." of "- 2. text"); `marker` stays as it is when there is none. */
#define CS_MARKDOWN_MARKER_BYTES 16
void cs_markdown_marker(cs_str text, char marker[CS_MARKDOWN_MARKER_BYTES]);
/* Whether a line of text begins like a numbered item. CommonMark takes `2. …` directly below a text for more of that text:
 * an item would be lost without a word. */
bool cs_markdown_is_item(cs_str text);

#endif
