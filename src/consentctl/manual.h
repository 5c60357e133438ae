/* manual: what help, the man page and the shells' completions say, all of it from the command table. */
#ifndef CS_MANUAL_H
#define CS_MANUAL_H

#include "consentctl/tool.h"

/* The list of commands; those whose first word it is; one command with its options. */
void cs_manual_overview(FILE *out);
void cs_manual_group(FILE *out, const char *first_word);
void cs_manual_command(FILE *out, const cs_command *command);
/* The whole man page, as mdoc. docs/consentctl.1 is this, and a test says so. */
void cs_manual_page(cs_buffer *out);

/* Appends the words that may stand for a value, "auto, always, never", with `between` between them; false, and nothing
 * appended, when it is a free text. */
bool cs_manual_choices(const char *value_name, const char *between, cs_buffer *out);
/* What a value names on disk: 'f' a file, 'd' a folder, 'p' either; 0: neither. */
char cs_manual_path_kind(const char *value_name);

/* The first word of a command's name and, behind it, the second or "". */
size_t cs_manual_first_word(const char *name, const char **rest);
/* Whether this command is the first of the table with its first word. */
bool cs_manual_opens_group(const cs_command *command);

#endif
