/* consentctl completion: scripts that complete commands, options and values in bash and zsh. */
#include "consentctl/manual.h"

#include <string.h>

#define MAX_SCRIPT_BYTES (256u * 1024u)

/* ---- bash ---------------------------------------------------------------------------------- */

static const char *const bash_head[] = {
    "# bash completion of consentctl; made by `consentctl completion bash`",
    "",
    "_consentctl_words() {",
    "    local IFS=$' \\t\\n'",
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")",
    "}",
    "",
    "# KIND WORD: @file, @dir and @path complete from the disk, @ completes nothing, all else is a list.",
    "_consentctl_value() {",
    "    case $1 in",
    "    @file | @path) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") ;;",
    "    @dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") ;;",
    "    @*) ;;",
    "    *) _consentctl_words \"${1//,/ }\" \"$2\" ;;",
    "    esac",
    "}",
    "",
    "_consentctl() {",
    "    local at=$COMP_CWORD first=1 name options='' arguments=@ spec flags='' kind=''",
    "    local current=${COMP_WORDS[at]} before=${COMP_WORDS[at - 1]}",
    "    COMPREPLY=()",
    "    [[ $current != = ]] || current=",
    "    [[ $before != = ]] || before=${COMP_WORDS[at - 2]}",
    "    if [[ ${COMP_WORDS[1]} == help ]] && ((at > 1)); then first=2; fi",
};

static const char *const bash_tail[] = {
    "    if ((first == 2)); then return; fi # help takes no options",
    "    for spec in $options; do",
    "        flags+=\" ${spec%%=*}\"",
    "        if [[ $spec == *=* && $before == \"${spec%%=*}\" ]]; then kind=${spec#*=}; fi",
    "    done",
    "    if [[ -n $kind ]]; then",
    "        _consentctl_value \"$kind\" \"$current\"",
    "    elif [[ $current == -* ]]; then",
    "        _consentctl_words \"$flags\" \"$current\"",
    "    else",
    "        _consentctl_value \"$arguments\" \"$current\"",
    "    fi",
    "}",
    "",
    "complete -F _consentctl consentctl",
};

static void put_lines(cs_buffer *out, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cs_buffer_printf(out, "%s\n", lines[i]);
}

static bool is_group(const cs_command *command)
{
    return strchr(command->name, ' ') != NULL;
}

/* Every first word once, or every second word behind `command`'s first. */
static void put_words(cs_buffer *out, const cs_command *group)
{
    const char *rest;
    const char *other_rest;
    size_t size = group ? cs_manual_first_word(group->name, &rest) : 0;
    bool begun = false;
    for (const cs_command *at = cs_commands; at->name; at++) {
        size_t other = cs_manual_first_word(at->name, &other_rest);
        if (group ? other != size || strncmp(at->name, group->name, size) != 0 : !cs_manual_opens_group(at))
            continue;
        cs_buffer_text(out, begun ? " " : "");
        begun = true;
        if (group)
            cs_buffer_text(out, other_rest);
        else
            cs_buffer_append(out, at->name, other);
    }
}

static void put_bash_kind(cs_buffer *out, const char *value_name)
{
    char kind = cs_manual_path_kind(value_name);
    if (kind != 0)
        cs_buffer_text(out, kind == 'f' ? "@file" : kind == 'd' ? "@dir" : "@path");
    else if (!cs_manual_choices(value_name, ",", out))
        cs_buffer_text(out, "@");
}

static void put_bash_options(cs_buffer *out, const cs_option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        cs_buffer_printf(out, " --%s", specs->name);
        if (specs->value_name) {
            cs_buffer_text(out, "=");
            put_bash_kind(out, specs->value_name);
        }
        if (specs->letter)
            cs_buffer_printf(out, " -%c", specs->letter);
        if (specs->letter && specs->value_name) {
            cs_buffer_text(out, "=");
            put_bash_kind(out, specs->value_name);
        }
    }
}

static void put_bash_names(cs_buffer *out)
{
    const char *rest;
    cs_buffer_text(out, "    name=${COMP_WORDS[first]}\n    if ((at == first)); then\n        _consentctl_words \"");
    put_words(out, NULL);
    cs_buffer_text(out, " help --help --version\" \"$current\"\n        return\n    fi\n    case $name in\n");
    for (const cs_command *at = cs_commands; at->name; at++) {
        if (!is_group(at) || !cs_manual_opens_group(at))
            continue;
        cs_buffer_printf(out, "    %.*s)\n        if ((at == first + 1)); then\n            _consentctl_words \"",
                         (int)cs_manual_first_word(at->name, &rest), at->name);
        put_words(out, at);
        cs_buffer_text(out, "\" \"$current\"\n            return\n        fi\n"
                            "        name+=\" ${COMP_WORDS[first + 1]}\"\n        ;;\n");
    }
    cs_buffer_text(out, "    esac\n");
}

static void put_bash(cs_buffer *out)
{
    put_lines(out, bash_head, CS_COUNT_OF(bash_head));
    put_bash_names(out);
    cs_buffer_text(out, "    case $name in\n");
    for (const cs_command *at = cs_commands; at->name; at++) {
        cs_buffer_printf(out, "    \"%s\")\n        options=\"", at->name);
        put_bash_options(out, at->options);
        cs_buffer_text(out, "\"\n");
        if (at->arguments[0]) {
            cs_buffer_text(out, "        arguments=");
            put_bash_kind(out, at->arguments);
            cs_buffer_text(out, "\n");
        }
        cs_buffer_text(out, "        ;;\n");
    }
    cs_buffer_text(out, "    *) return ;;\n    esac\n    options+=\"");
    put_bash_options(out, cs_options_common);
    cs_buffer_text(out, "\"\n");
    put_lines(out, bash_tail, CS_COUNT_OF(bash_tail));
}

/* ---- zsh ----------------------------------------------------------------------------------- */

/* A text within '…' in an _arguments specification: these characters would end it or a part of it. */
static void put_zsh_text(cs_buffer *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            cs_buffer_printf(out, "\\%c", *text);
        else if (*text == '\'')
            cs_buffer_text(out, "'\\''");
        else
            cs_buffer_append(out, text, 1);
    }
}

/* ":VALUE:action" */
static void put_zsh_value(cs_buffer *out, const char *value_name)
{
    char kind = cs_manual_path_kind(value_name);
    cs_buffer_text(out, ":");
    put_zsh_text(out, value_name);
    if (kind != 0) {
        cs_buffer_text(out, kind == 'd' ? ":_files -/" : ":_files");
    } else {
        size_t before = out->size + 2;
        cs_buffer_text(out, ":(");
        (void)cs_manual_choices(value_name, " ", out);
        cs_buffer_text(out, out->size > before ? ")" : " )");
    }
}

static void put_zsh_options(cs_buffer *out, const cs_option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        for (int letter = specs->letter ? 1 : 0; letter >= 0; letter--) {
            if (letter)
                cs_buffer_printf(out, " \\\n            '*-%c", specs->letter);
            else
                cs_buffer_printf(out, " \\\n            '*--%s%s", specs->name, specs->value_name ? "=" : "");
            cs_buffer_text(out, "[");
            put_zsh_text(out, specs->summary);
            cs_buffer_text(out, "]");
            if (specs->value_name)
                put_zsh_value(out, specs->value_name);
            cs_buffer_text(out, "'");
        }
    }
}

/* One 'word:summary' of _describe. */
static void put_zsh_name(cs_buffer *out, const char *word, const char *summary)
{
    cs_buffer_printf(out, "            '%s:", word);
    put_zsh_text(out, summary);
    cs_buffer_text(out, "'\n");
}

/* A command of one word, or a group with its second words for a summary. */
static void put_zsh_first(cs_buffer *out, const cs_command *command)
{
    const char *rest;
    if (!is_group(command)) {
        put_zsh_name(out, command->name, command->summary);
        return;
    }
    cs_buffer_printf(out, "            '%.*s:", (int)cs_manual_first_word(command->name, &rest), command->name);
    put_words(out, command);
    cs_buffer_text(out, "'\n");
}

static void put_zsh_group(cs_buffer *out, const cs_command *group)
{
    const char *rest;
    size_t size = cs_manual_first_word(group->name, &rest);
    cs_buffer_printf(out, "    %.*s)\n        names=(\n", (int)size, group->name);
    for (const cs_command *at = cs_commands; at->name; at++)
        if (cs_manual_first_word(at->name, &rest) == size && strncmp(at->name, group->name, size) == 0)
            put_zsh_name(out, rest, at->summary);
    cs_buffer_text(out, "        )\n        ;;\n");
}

static void put_zsh_names(cs_buffer *out)
{
    cs_buffer_text(out, "    if (( CURRENT == 2 )); then\n        names=(\n");
    for (const cs_command *at = cs_commands; at->name; at++)
        if (cs_manual_opens_group(at))
            put_zsh_first(out, at);
    put_zsh_name(out, "help", "describe a command");
    cs_buffer_text(out, "        )\n        _describe -t commands command names\n        return\n    fi\n"
                        "    case $name in\n");
    for (const cs_command *at = cs_commands; at->name; at++)
        if (is_group(at) && cs_manual_opens_group(at))
            put_zsh_group(out, at);
    cs_buffer_text(out, "    esac\n    if (( $#names )); then\n        if (( CURRENT == 3 )); then\n"
                        "            _describe -t commands command names\n            return\n        fi\n"
                        "        name+=\" $words[3]\"\n        shift words\n        (( CURRENT-- ))\n    fi\n");
}

static void put_zsh(cs_buffer *out)
{
    cs_buffer_text(out, "#compdef consentctl\n# zsh completion of consentctl; made by `consentctl completion zsh`\n\n"
                        "_consentctl() {\n    local -a names\n"
                        "    if [[ $words[2] == help ]] && (( CURRENT > 2 )); then\n"
                        "        shift words\n        (( CURRENT-- ))\n    fi\n    local name=$words[2]\n");
    put_zsh_names(out);
    cs_buffer_text(out, "    shift words\n    (( CURRENT-- ))\n    case $name in\n");
    for (const cs_command *at = cs_commands; at->name; at++) {
        cs_buffer_printf(out, "    '%s')\n        _arguments", at->name);
        put_zsh_options(out, at->options);
        put_zsh_options(out, cs_options_common);
        if (at->arguments[0]) {
            cs_buffer_text(out, " \\\n            '*");
            put_zsh_value(out, at->arguments);
            cs_buffer_text(out, "'");
        }
        cs_buffer_text(out, "\n        ;;\n");
    }
    cs_buffer_text(out, "    esac\n}\n\nif [[ $funcstack[1] == _consentctl ]]; then\n    _consentctl \"$@\"\nelse\n"
                        "    compdef _consentctl consentctl\nfi\n");
}

/* ---- the command --------------------------------------------------------------------------- */

consent_status cs_cmd_completion(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *shell = options->arguments[0];
    cs_buffer script;
    if (strcmp(shell, "bash") != 0 && strcmp(shell, "zsh") != 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "the shell was \"%.20s\"; write bash or zsh", shell);
    cs_buffer_init(&script, &tool->env.memory, MAX_SCRIPT_BYTES);
    if (shell[0] == 'b')
        put_bash(&script);
    else
        put_zsh(&script);
    consent_status status = cs_tool_print(tool, &script, err);
    cs_buffer_free(&script);
    return status;
}
