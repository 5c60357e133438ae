#include "consentctl/manual.h"
#include "consentctl/runtime.h"
#include "consentctl/tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME_WORDS 2
#define MAX_PAGE_BYTES (256u * 1024u)

const cs_command cs_commands[] = {
    {"policy new", "DIR", "start a policy folder, from nothing or from a plain text", 1, 1, cs_options_policy_new,
     cs_cmd_policy_new},
    {"policy lint", "DIR", "check a policy folder against the law's rules", 0, 1, cs_options_policy_lint,
     cs_cmd_policy_lint},
    {"policy build", "DIR", "turn a policy folder into an unsigned policy", 1, 1, cs_options_policy_build,
     cs_cmd_policy_build},
    {"policy keyset", "", "let a root key name the publisher keys", 0, 0, cs_options_policy_keyset,
     cs_cmd_policy_keyset},
    {"policy sign", "UNSIGNED", "sign an unsigned policy into a bundle", 1, 1, cs_options_policy_sign,
     cs_cmd_policy_sign},
    {"policy verify", "BUNDLE", "verify a bundle against root keys", 1, 1, cs_options_policy_verify,
     cs_cmd_policy_verify},
    {"policy show", "BUNDLE|DIR", "show a policy's text in the terminal", 1, 1, cs_options_policy_show,
     cs_cmd_policy_show},
    {"policy diff", "OLD NEW", "say what changed between two versions, bundles or folders", 2, 2,
     cs_options_policy_diff, cs_cmd_policy_diff},
    {"policy head", "BUNDLE", "state that a bundle is the newest, for a while", 1, 1, cs_options_policy_head,
     cs_cmd_policy_head},
    {"policy notice", "NOTICE", "sign a notice to persons: an incident, a change, a closing", 1, 1,
     cs_options_policy_notice, cs_cmd_policy_notice},
    {"key new", "FILE", "make a private key", 1, 1, cs_options_key_new, cs_cmd_key_new},
    {"key public", "FILE", "write a private key's public half", 1, 1, cs_options_key_public, cs_cmd_key_public},
    {"policy install", "BUNDLE", "verify a bundle and keep it in the home", 1, 1, cs_options_policy_install,
     cs_cmd_policy_install},
    {"policy list", "", "list the policies of the home", 0, 0, cs_options_policy_list, cs_cmd_policy_list},
    {"policy text", "POLICY", "show the text of a policy of the home", 1, 1, cs_options_policy_text,
     cs_cmd_policy_text},
    {"form", "OCCASION", "show a form, and record the person's answer", 1, 1, cs_options_form, cs_cmd_form},
    {"check", "", "ask whether something is allowed: status 0 allow, 3 deny, 4 ask first", 0, 0, cs_options_check,
     cs_cmd_check},
    {"explain", "", "say why, on what evidence, and what to tell the person", 0, 0, cs_options_explain, cs_cmd_explain},
    {"use", "", "check and count a use", 0, 0, cs_options_use, cs_cmd_use},
    {"watch", "", "check again and again; print every change", 0, 0, cs_options_watch, cs_cmd_watch},
    {"withdraw", "", "take a consent back", 0, 0, cs_options_withdraw, cs_cmd_withdraw},
    {"import", "REFERENCE", "take over consent that the app recorded before; REFERENCE: its evidence", 1, 1,
     cs_options_import, cs_cmd_import},
    {"age", "BIRTH|AGE", "take in an age seen elsewhere: a date of birth, or the age that the person is under", 1, 1,
     cs_options_age, cs_cmd_age},
    {"changes", "", "list what acts changed for the app since a cursor", 0, 0, cs_options_changes, cs_cmd_changes},
    {"permission ask", "", "pass the gate before a system prompt", 0, 0, cs_options_permission_ask,
     cs_cmd_permission_ask},
    {"permission observe", "PERMISSION STATE", "tell what the system's settings say", 2, 2,
     cs_options_permission_observe, cs_cmd_permission_observe},
    {"ledger show", "", "list every event", 0, 0, cs_options_ledger, cs_cmd_ledger_show},
    {"ledger verify", "", "check every seal and both chains", 0, 0, cs_options_ledger, cs_cmd_ledger_verify},
    {"ledger export", "", "write the person's copy of the record", 0, 0, cs_options_ledger_export,
     cs_cmd_ledger_export},
    {"request open", "RIGHT", "record what a person asks of the operator", 1, 1, cs_options_request_open,
     cs_cmd_request_open},
    {"request update", "ID STATE", "record what became of a request", 2, 2, cs_options_request_update,
     cs_cmd_request_update},
    {"request list", "", "list requests with their due dates, and the channels", 0, 0, cs_options_request_list,
     cs_cmd_request_list},
    {"notice receive", "SIGNED", "take in a signed notice for this person", 1, 1, cs_options_notice_receive,
     cs_cmd_notice_receive},
    {"notice list", "", "list notices and whom they wait for", 0, 0, cs_options_request_list, cs_cmd_notice_list},
    {"list", "LIST", "show what was collected, or what third parties received", 1, 1, cs_options_list, cs_cmd_list},
    {"open-sealed", "FILE", "show the acts that an ended profile left for the operator", 1, 1, cs_options_open_sealed,
     cs_cmd_open_sealed},
    {"health", "", "say whether the store can be trusted", 0, 0, cs_options_ledger, cs_cmd_health},
    {"sync", "", "bring the record to the backend, and other devices' acts here", 0, 0, cs_options_sync, cs_cmd_sync},
    {"sync status", "", "say what waits for the backend", 0, 0, cs_options_ledger, cs_cmd_sync_status},
    {"receipt verify", "EXPORT", "prove a copy of the record by the backend's receipts, offline", 1, 1,
     cs_options_receipt_verify, cs_cmd_receipt_verify},
    {"run", "SCENARIO ...", "play scenarios with a virtual clock", 1, CS_OPTIONS_MAX, cs_options_run, cs_cmd_run},
    {"completion", "SHELL", "write what completes commands, options and values in a shell", 1, 1, NULL,
     cs_cmd_completion},
    {NULL, NULL, NULL, 0, 0, NULL, NULL},
};

/* ---- what commands share ------------------------------------------------------------------- */

static void *tool_resize(void *ctx, void *block, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

cs_memory cs_tool_memory(void)
{
    return (cs_memory){.resize = tool_resize};
}

consent_status cs_tool_print(cs_tool *tool, const cs_buffer *text, consent_error *err)
{
    consent_status status = cs_buffer_status(text, "the output", err);
    if (status != CONSENT_OK)
        return status;
    if (fwrite(text->data, 1, text->size, tool->out) != text->size || fflush(tool->out) != 0)
        return cs_fail(err, CONSENT_E_IO, 0, "the output could not be written; free space or read it to its end");
    return CONSENT_OK;
}

void cs_tool_say(cs_tool *tool, const char *fmt, ...)
{
    if (tool->json)
        return;
    va_list args;
    va_start(args, fmt);
    (void)vfprintf(tool->out, fmt, args);
    va_end(args);
    (void)fputc('\n', tool->out);
}

consent_status cs_tool_done(cs_tool *tool, const char *path, consent_error *err, const char *fmt, ...)
{
    char message[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    cs_buffer text;
    cs_json_out json;
    cs_buffer_init(&text, &tool->env.memory, 16 * 1024);
    cs_json_out_init(&json, &text);
    if (tool->json) {
        cs_json_open_object(&json);
        cs_json_member_text(&json, "path", path);
        cs_json_member_text(&json, "message", message);
        cs_json_close_object(&json);
        cs_buffer_text(&text, "\n");
    } else {
        cs_buffer_printf(&text, "%s: %s\n", path, message);
    }
    consent_status status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_tool_name_file(consent_status status, const char *path, consent_error *err)
{
    if (status == CONSENT_OK || !err)
        return status;
    char message[sizeof err->message];
    memcpy(message, err->message, sizeof message);
    return cs_fail(err, status, err->os_code, "%.120s: %s", path, message);
}

int64_t cs_tool_now_ms(cs_tool *tool)
{
    cs_clock clock;
    tool->env.clock(tool->env.ctx, &clock);
    return clock.wall_ms;
}

void cs_tool_renderer(cs_tool *tool, cs_buffer *out, cs_render *render)
{
    cs_render_init(render, out, cs_render_terminal_width(tool->out), cs_render_wants_style(tool->color, tool->out));
}

/* ---- dispatch ------------------------------------------------------------------------------ */

/* The command that the first words name; *used of them. */
static const cs_command *find_command(int argc, char **argv, int *used)
{
    char name[128] = "";
    const cs_command *found = NULL;
    for (int words = 1; words <= MAX_NAME_WORDS && words <= argc; words++) {
        size_t size = strlen(name);
        int added = snprintf(name + size, sizeof name - size, "%s%s", words > 1 ? " " : "", argv[words - 1]);
        if (added < 0 || (size_t)added >= sizeof name - size)
            break;
        for (const cs_command *at = cs_commands; at->name; at++)
            if (strcmp(at->name, name) == 0) {
                found = at;
                *used = words;
            }
    }
    return found;
}

static bool is_group(const char *word)
{
    for (const cs_command *at = cs_commands; at->name; at++)
        if (strncmp(at->name, word, strlen(word)) == 0 && at->name[strlen(word)] == ' ')
            return true;
    return false;
}

static int fail_usage(FILE *err, const char *message)
{
    (void)fprintf(err, "consentctl: %s\n", message);
    return CS_EXIT_USAGE;
}

static int unknown_command(FILE *err, int argc, char **argv)
{
    char message[200];
    if (is_group(argv[0]) && argc > 1 && argv[1][0] != '-')
        (void)snprintf(message, sizeof message, "there is no command \"%.40s %.40s\"; consentctl help lists them",
                       argv[0], argv[1]);
    else if (is_group(argv[0]))
        (void)snprintf(message, sizeof message, "\"%.40s\" needs a second word; consentctl help %.40s lists them",
                       argv[0], argv[0]);
    else
        (void)snprintf(message, sizeof message, "there is no command \"%.60s\"; consentctl help lists them", argv[0]);
    return fail_usage(err, message);
}

static consent_status prepare(cs_tool *tool, const cs_command *command, const cs_options *options, consent_error *err)
{
    const char *color = cs_options_get(options, "color");
    if (color && !cs_color_parse(color, &tool->color))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "--color was \"%.20s\"; write auto, always or never", color);
    tool->json = cs_options_has(options, "json");
    tool->home = cs_options_get(options, "home");
    if (options->argument_count < command->min_arguments)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an argument was missing; write consentctl %s %s", command->name,
                       command->arguments);
    if (options->argument_count > command->max_arguments)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "\"%.60s\" was one argument too many; write consentctl %s %s",
                       options->arguments[command->max_arguments], command->name, command->arguments);
    return CONSENT_OK;
}

static int report_failure(cs_tool *tool, consent_status status, const consent_error *error)
{
    const char *message = error->message[0] ? error->message : consent_status_name(status);
    int exit_code = error->os_code == CS_OPTIONS_MISUSE ? CS_EXIT_USAGE : CS_EXIT_FAILED;
    (void)fprintf(tool->err, "consentctl: %s\n", message);
    if (!tool->json)
        return exit_code;
    cs_buffer text;
    cs_json_out json;
    cs_buffer_init(&text, &tool->env.memory, 4096);
    cs_json_out_init(&json, &text);
    cs_json_open_object(&json);
    cs_json_put_name(&json, "error");
    cs_json_open_object(&json);
    cs_json_member_text(&json, "status", consent_status_name(status));
    cs_json_member_text(&json, "message", message);
    cs_json_close_object(&json);
    cs_json_close_object(&json);
    cs_buffer_text(&text, "\n");
    (void)cs_tool_print(tool, &text, NULL);
    cs_buffer_free(&text);
    return exit_code;
}

static int man_page(FILE *out, FILE *err)
{
    cs_tool tool = {.out = out, .err = err, .env = {.memory = cs_tool_memory()}};
    consent_error error = {0};
    cs_buffer page;
    cs_buffer_init(&page, &tool.env.memory, MAX_PAGE_BYTES);
    cs_manual_page(&page);
    consent_status status = cs_tool_print(&tool, &page, &error);
    cs_buffer_free(&page);
    return status == CONSENT_OK ? CS_EXIT_OK : report_failure(&tool, status, &error);
}

static int help(int argc, char **argv, FILE *out, FILE *err)
{
    int used = 0;
    if (argc == 0 || strcmp(argv[0], "help") == 0) {
        cs_manual_overview(out);
        return CS_EXIT_OK;
    }
    if (strcmp(argv[0], "--man") == 0)
        return man_page(out, err);
    if (argc == 1 && is_group(argv[0])) {
        cs_manual_group(out, argv[0]);
        return CS_EXIT_OK;
    }
    const cs_command *command = find_command(argc, argv, &used);
    if (!command)
        return unknown_command(err, argc, argv);
    cs_manual_command(out, command);
    return CS_EXIT_OK;
}

static int run_command(const cs_command *command, int argc, char **argv, FILE *out, FILE *err)
{
    cs_tool tool = {.out = out, .err = err};
    cs_options options;
    consent_error error = {0};
    if (cs_options_parse(argc, argv, command->options, &options, &error) != CONSENT_OK)
        return fail_usage(err, error.message);
    if (cs_options_has(&options, "help")) {
        cs_manual_command(out, command);
        return CS_EXIT_OK;
    }
    if (prepare(&tool, command, &options, &error) != CONSENT_OK)
        return fail_usage(err, error.message);
    cs_env_posix(&tool.env);
    tool.env.memory = cs_tool_memory();
    consent_status status = command->run(&tool, &options, &error);
    if (status != CONSENT_OK)
        return report_failure(&tool, status, &error);
    if (fflush(out) != 0 || ferror(out))
        return (void)fail_usage(err, "the output could not be written"), CS_EXIT_FAILED;
    return tool.exit_code;
}

int cs_tool_main(int argc, char **argv, FILE *out, FILE *err)
{
    int used = 0;
    if (argc < 2) {
        cs_manual_overview(err);
        return CS_EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(argc - 2, argv + 2, out, err);
    if (strcmp(argv[1], "--version") == 0) {
        (void)fprintf(out, "consentctl %s\n", consent_version());
        return CS_EXIT_OK;
    }
    const cs_command *command = find_command(argc - 1, argv + 1, &used);
    if (!command && argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
        return help(1, argv + 1, out, err);
    if (!command)
        return unknown_command(err, argc - 1, argv + 1);
    return run_command(command, argc - 1 - used, argv + 1 + used, out, err);
}
