/* options: one consistent command line. Options may stand anywhere after the command; `--name value` and
 * `--name=value` are the same; `--` ends them. Common to all commands: --json, --home DIR, --color WHEN, --help. */
#ifndef CS_OPTIONS_H
#define CS_OPTIONS_H

#include "base/base.h"

#define CS_OPTIONS_MAX 64u

/* os_code of an error about the command line itself: the tool exits with 2 instead of 1. */
#define CS_OPTIONS_MISUSE (-2)

typedef struct cs_option_spec {
    const char *name;       /* "output" for --output */
    char letter;            /* 'o' for -o; 0: none */
    const char *value_name; /* "FILE"; NULL: a flag */
    const char *summary;
} cs_option_spec;

typedef struct cs_option_value {
    const cs_option_spec *spec;
    const char *value; /* NULL for a flag */
} cs_option_value;

typedef struct cs_options {
    cs_option_value values[CS_OPTIONS_MAX];
    uint32_t value_count;
    const char *arguments[CS_OPTIONS_MAX];
    uint32_t argument_count;
} cs_options;

extern const cs_option_spec cs_options_common[]; /* ends with a row without name */

/* E_ARGUMENT with one line that says what to do. Strings are borrowed from argv. `specs` may be NULL. */
consent_status cs_options_parse(int argc, char **argv, const cs_option_spec *specs, cs_options *options,
                                consent_error *err);
bool cs_options_has(const cs_options *options, const char *name);
/* Last value given, or NULL. */
const char *cs_options_get(const cs_options *options, const char *name);
/* n-th value of a repeated option, or NULL. */
const char *cs_options_at(const cs_options *options, const char *name, uint32_t n);
/* A value that must be there: E_ARGUMENT names it when missing. */
consent_status cs_options_need(const cs_options *options, const char *name, const char **out, consent_error *err);

#endif
