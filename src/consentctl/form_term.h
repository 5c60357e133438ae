/* form_term: a form on a terminal: blocks with their emphasis, fields, boxes to tick, two buttons of equal width; and the person's
 * answer from the keyboard. */
#ifndef CS_FORM_TERM_H
#define CS_FORM_TERM_H

#include "consentctl/scenario.h"
#include "consentctl/tool.h"

/* Renders the whole form. Boxes show the answers' state; `answers` may be NULL: as the form gives them. */
consent_status cs_form_render(cs_render *render, consent_form *form, const cs_answers *answers, consent_error *err);

/* Asks until a button is pressed. E_CANCELLED when the input ends. `locale` picks the language of the questions; now_ms is when
 * boxes were ticked. */
consent_status cs_form_ask(cs_tool *tool, consent_form *form, const char *locale, int64_t now_ms, cs_answers *out,
                           consent_error *err);

/* Reads one line of standard input without its end; false at the end of the input. */
bool cs_read_line(char *out, size_t size);
/* Both ends are a terminal. */
bool cs_tool_is_interactive(cs_tool *tool);

#endif
