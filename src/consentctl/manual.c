#include "consentctl/manual.h"

#include "consentctl/scenario_schema.h"
#include "rights/rights.h"

#include <string.h>

#define MAX_OVERVIEW_BYTES (64u * 1024u)

/* ---- what values may be -------------------------------------------------------------------- */

typedef struct value_words {
    const char *value_name;
    const char *words[6];
} value_words;

static const value_words known_words[] = {
    {"WHEN", {"auto", "always", "never"}},
    {"LANG", {"zh", "en"}},
    {"SHELL", {"bash", "zsh"}},
    {"DECISION", {"deny", "ask", "allow"}},
    {"PLATFORM", {"android", "ios", "desktop"}},
    {"LIST", {"collected", "shared"}},
    {"RESULT", {"granted", "denied", "blocked"}},
    {"PERMISSION STATE", {"granted", "denied", "blocked", "unknown"}},
};

/* Values that the engine has names for, counted from `first`; the names end with NULL or "unknown". */
static const struct {
    const char *value_name;
    const char *(*name)(int32_t value);
    int32_t first;
} named_values[] = {
    {"OCCASION", cs_occasion_name, 0},      {"RIGHT", cs_right_name, 1}, {"WHO", cs_requester_name, 0},
    {"GROUND", cs_deletion_ground_name, 1}, {"WHY", cs_refusal_name, 1}, {"ID STATE", cs_request_state_name, 2},
};

bool cs_manual_choices(const char *value_name, const char *between, cs_buffer *out)
{
    for (size_t n = 0; n < CS_COUNT_OF(named_values); n++) {
        if (strcmp(named_values[n].value_name, value_name) != 0)
            continue;
        const char *name;
        for (int32_t i = named_values[n].first; (name = named_values[n].name(i)) && strcmp(name, "unknown") != 0; i++)
            cs_buffer_printf(out, "%s%s", i > named_values[n].first ? between : "", name);
        return true;
    }
    for (size_t i = 0; i < CS_COUNT_OF(known_words); i++) {
        const value_words *at = &known_words[i];
        if (strcmp(at->value_name, value_name) != 0)
            continue;
        for (size_t w = 0; w < CS_COUNT_OF(at->words) && at->words[w]; w++)
            cs_buffer_printf(out, "%s%s", w > 0 ? between : "", at->words[w]);
        return true;
    }
    return false;
}

char cs_manual_path_kind(const char *value_name)
{
    static const char *const files[] = {"FILE", "KEY", "PUB", "BUNDLE", "UNSIGNED", "SCENARIO ..."};
    for (size_t i = 0; i < CS_COUNT_OF(files); i++)
        if (strcmp(value_name, files[i]) == 0)
            return 'f';
    if (strcmp(value_name, "DIR") == 0)
        return 'd';
    return strcmp(value_name, "BUNDLE|DIR") == 0 || strcmp(value_name, "OLD NEW") == 0 ? 'p' : 0;
}

/* ---- words of commands --------------------------------------------------------------------- */

size_t cs_manual_first_word(const char *name, const char **rest)
{
    const char *space = strchr(name, ' ');
    *rest = space ? space + 1 : "";
    return space ? (size_t)(space - name) : strlen(name);
}

bool cs_manual_opens_group(const cs_command *command)
{
    const char *rest;
    size_t size = cs_manual_first_word(command->name, &rest);
    for (const cs_command *at = cs_commands; at != command; at++)
        if (cs_manual_first_word(at->name, &rest) == size && strncmp(at->name, command->name, size) == 0)
            return false;
    return true;
}

/* ---- help ---------------------------------------------------------------------------------- */

static void print_options(FILE *out, const cs_option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        char text[80];
        (void)snprintf(text, sizeof text, "--%s%s%s", specs->name, specs->value_name ? " " : "",
                       specs->value_name ? specs->value_name : "");
        (void)fprintf(out, "  %c%c %-24s %s\n", specs->letter ? '-' : ' ', specs->letter ? specs->letter : ' ', text,
                      specs->summary);
    }
}

void cs_manual_command(FILE *out, const cs_command *command)
{
    cs_memory memory = cs_tool_memory();
    cs_buffer choices;
    cs_buffer_init(&choices, &memory, MAX_OVERVIEW_BYTES);
    (void)fprintf(out, "usage: consentctl %s%s%s [OPTION ...]\n%s\n\n", command->name, command->arguments[0] ? " " : "",
                  command->arguments, command->summary);
    if (cs_manual_choices(command->arguments, ", ", &choices))
        (void)fprintf(out, "  %s: %.*s\n\n", command->arguments, (int)choices.size, (const char *)choices.data);
    print_options(out, command->options);
    print_options(out, cs_options_common);
    cs_buffer_free(&choices);
}

/* Every command, or those that begin with a word, in two columns. */
static void print_commands(FILE *out, const char *first_word)
{
    const char *rest;
    size_t width = 0;
    for (const cs_command *at = cs_commands; at->name; at++) {
        size_t size = strlen(at->name) + 1 + strlen(at->arguments);
        width = size > width ? size : width;
    }
    for (const cs_command *at = cs_commands; at->name; at++) {
        size_t size = cs_manual_first_word(at->name, &rest);
        if (!first_word || (strlen(first_word) == size && strncmp(at->name, first_word, size) == 0))
            (void)fprintf(out, "  %s %-*s  %s\n", at->name, (int)(width - strlen(at->name) - 1), at->arguments,
                          at->summary);
    }
}

void cs_manual_group(FILE *out, const char *first_word)
{
    (void)fprintf(out, "usage: consentctl %s COMMAND [ARGUMENT ...] [OPTION ...]\n\n", first_word);
    print_commands(out, first_word);
    (void)fprintf(out, "\nconsentctl help %s COMMAND describes one.\n", first_word);
}

void cs_manual_overview(FILE *out)
{
    (void)fprintf(out, "usage: consentctl COMMAND [ARGUMENT ...] [OPTION ...]\n\n");
    print_commands(out, NULL);
    (void)fprintf(out, "\nconsentctl help COMMAND describes one; consentctl --version says which this is.\n");
}

/* ---- man page ------------------------------------------------------------------------------ */

static const char *const page_head[] = {
    ".\\\" Made by `consentctl help --man` from the tool's command table: change that, not this file.",
    ".Dd November 24, 2026",
    ".Dt CONSENTCTL 1",
    ".Os libconsent",
    ".Sh NAME",
    ".Nm consentctl",
    ".Nd author privacy policies, and ask and record consent",
    ".Sh SYNOPSIS",
    ".Nm",
    ".Ar command",
    ".Op Ar argument ...",
    ".Op Ar option ...",
    ".Nm",
    ".Cm help",
    ".Op Ar command",
    ".Nm",
    ".Fl -version",
    ".Sh DESCRIPTION",
    ".Nm",
    "is the command-line client of libconsent.",
    "With it a legal team writes, checks, signs, shows and compares privacy policies, and plays what happens to a",
    "person's consent;",
    "an engineer asks the engine what an app may do, and reads and verifies the record.",
    ".Pp",
    "Options may stand anywhere behind the command's name;",
    ".Fl -name Ar value",
    "and",
    ".Fl -name Ns = Ns Ar value",
    "are the same, and",
    ".Fl -",
    "ends them.",
    "An instant is written as in RFC 3339: 2026-03-02T09:00:00+08:00.",
    "A command that fails writes one line on standard error, and leaves no file half-written.",
    ".Sh COMMON OPTIONS",
    ".Bl -tag -width Ds",
};

static const char *const page_tail[] = {
    ".Sh ENVIRONMENT",
    ".Bl -tag -width Ds",
    ".It Ev NO_COLOR",
    "if set and not empty, nothing is coloured, bold or underlined unless",
    ".Fl -color Ar always",
    "says so.",
    ".It Ev COLUMNS",
    "the width of the page, where no terminal tells it.",
    ".It Ev TMPDIR",
    "where",
    ".Cm run",
    "keeps its temporary homes.",
    ".El",
    ".Sh EXIT STATUS",
    ".Bl -tag -width Ds",
    ".It 0",
    "it went well; the answer is",
    ".Em allow .",
    ".It 1",
    "it failed, or the answer is bad: an error found by lint, a damaged ledger, an expectation that did not hold.",
    ".It 2",
    "the command line, or a line of a scenario, was wrong.",
    ".It 3",
    "the answer is",
    ".Em deny .",
    ".It 4",
    "the answer is",
    ".Em ask :",
    "show the person a form first.",
    ".El",
    ".Sh EXAMPLES",
    "From a folder to a signed bundle:",
    ".Bd -literal -offset indent",
    "consentctl policy new shop",
    "consentctl policy lint shop",
    "consentctl key new root.key",
    "consentctl key public root.key -o root.pub",
    "consentctl key new publisher.key",
    "consentctl key public publisher.key -o publisher.pub",
    "consentctl policy keyset --root root.key --publisher publisher.pub -o keys.jws",
    "consentctl policy build shop -o shop.unsigned",
    "consentctl policy sign shop.unsigned --key publisher.key --keys keys.jws -o shop.bundle",
    "consentctl policy verify shop.bundle --root root.pub",
    ".Ed",
    ".Pp",
    "May the search words be used?",
    ".Bd -literal -offset indent",
    "consentctl policy install shop.bundle --root root.pub --home store",
    "consentctl form first_run --home store",
    "consentctl check --purpose browse.search --data search-words --home store",
    ".Ed",
    ".Sh SEE ALSO",
    "docs/authoring.md and docs/scenarios.md of libconsent, in English and Chinese.",
};

static void put_lines(cs_buffer *out, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cs_buffer_printf(out, "%s\n", lines[i]);
}

/* A line of text: roff must not take its first character, or a backslash, for its own. */
static void put_text(cs_buffer *out, const char *text, const char *end)
{
    if (text[0] == '.' || text[0] == '\'')
        cs_buffer_text(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            cs_buffer_text(out, "\\e");
        else
            cs_buffer_append(out, text, 1);
    }
    cs_buffer_printf(out, "%s\n", end);
}

static void put_choices(cs_buffer *out, const char *value_name)
{
    cs_memory memory = cs_tool_memory();
    cs_buffer choices;
    cs_buffer_init(&choices, &memory, MAX_OVERVIEW_BYTES);
    if (cs_manual_choices(value_name, ", ", &choices)) {
        cs_buffer_printf(out, ".Ar %s\nis one of\n", value_name);
        cs_buffer_append(out, choices.data, choices.size);
        cs_buffer_text(out, ".\n");
    }
    cs_buffer_free(&choices);
}

static void put_options(cs_buffer *out, const cs_option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        cs_buffer_text(out, ".It ");
        if (specs->letter)
            cs_buffer_printf(out, "Fl %c , ", specs->letter);
        cs_buffer_printf(out, "Fl -%s", specs->name);
        if (specs->value_name)
            cs_buffer_printf(out, " Ar %s", specs->value_name);
        cs_buffer_text(out, "\n");
        put_text(out, specs->summary, ".");
    }
}

static void put_command(cs_buffer *out, const cs_command *command)
{
    cs_buffer_printf(out, ".Ss %s%s%s\n", command->name, command->arguments[0] ? " " : "", command->arguments);
    put_text(out, command->summary, ".");
    put_choices(out, command->arguments);
    if (!command->options || !command->options->name)
        return;
    cs_buffer_text(out, ".Bl -tag -width Ds\n");
    put_options(out, command->options);
    cs_buffer_text(out, ".El\n");
}

void cs_manual_page(cs_buffer *out)
{
    put_lines(out, page_head, CS_COUNT_OF(page_head));
    put_options(out, cs_options_common);
    cs_buffer_text(out, ".El\n.Sh COMMANDS\n");
    for (const cs_command *at = cs_commands; at->name; at++)
        put_command(out, at);
    put_lines(out, page_tail, CS_COUNT_OF(page_tail));
}
