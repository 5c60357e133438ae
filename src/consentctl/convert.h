/* convert: a policy as plain text, the way it leaves a word processor, into authoring Markdown.
 *
 * Top-level sections are lines like `一、…`; where a table of contents repeats them, the ones with text below them are the
 * sections and the others become a list. `（一）…` becomes a sub-section, `1.` an item or a small heading, everything else a paragraph.
 * Numbers stay as they were written, also where they jump. No word is added or lost. */
#ifndef CS_CONVERT_H
#define CS_CONVERT_H

#include "base/base.h"

/* `what` names the text in messages. E_ARGUMENT when it is not UTF-8 or no section was found. *section_count may be NULL. */
consent_status cs_convert_text(const cs_memory *memory, cs_str text, const char *what, cs_buffer *markdown,
                               uint32_t *section_count, consent_error *err);

#endif
