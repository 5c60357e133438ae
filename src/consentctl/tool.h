/* tool: what every command of consentctl shares: streams, memory, the real world, output settings, and the
 * command table. A new command is a file with a `run` function and one row in command.c. */
#ifndef CS_TOOL_H
#define CS_TOOL_H

#include "consentctl/options.h"
#include "consentctl/render.h"
#include "platform/platform.h"

#include <stdio.h>

enum {
    CS_EXIT_OK = 0,
    CS_EXIT_FAILED = 1,
    CS_EXIT_USAGE = 2
};

typedef struct cs_tool {
    FILE *out;
    FILE *err;
    cs_env env; /* env.memory is the tool's memory */
    bool json;
    const char *home; /* --home DIR; NULL: not given */
    cs_color color;
    int exit_code; /* a command that succeeded may ask for another exit status (lint, check) */
} cs_tool;

typedef consent_status (*cs_command_run)(cs_tool *tool, const cs_options *options, consent_error *err);

typedef struct cs_command {
    const char *name;      /* one or two words: "key new" */
    const char *arguments; /* positional arguments as shown in the usage: "DIR" */
    const char *summary;   /* one line */
    uint32_t min_arguments;
    uint32_t max_arguments;
    const cs_option_spec *options; /* ends with a row without name; NULL: only the common ones */
    cs_command_run run;
} cs_command;

/* The table, in the order in which help lists it; ends with a row without name. */
extern const cs_command cs_commands[];

/* Parses the line, runs the command, prints one line when it failed. Returns the exit status. */
int cs_tool_main(int argc, char **argv, FILE *out, FILE *err);

/* Writes a finished buffer to the tool's output; E_IO when the stream fails (a full disk, a closed pipe). */
consent_status cs_tool_print(cs_tool *tool, const cs_buffer *text, consent_error *err);
/* A line of progress for people; silent with --json. */
void cs_tool_say(cs_tool *tool, const char *fmt, ...) CS_PRINTF(2, 3);
/* What a command did to a file: a line for people, with --json {"path":…,"message":…}. */
consent_status cs_tool_done(cs_tool *tool, const char *path, consent_error *err, const char *fmt, ...) CS_PRINTF(4, 5);
/* Puts the file's name before the message of a failure in it; gives `status` back. */
consent_status cs_tool_name_file(consent_status status, const char *path, consent_error *err);
/* The current time of the tool's world. */
int64_t cs_tool_now_ms(cs_tool *tool);
/* A renderer as the options and the terminal want it. */
void cs_tool_renderer(cs_tool *tool, cs_buffer *out, cs_render *render);
/* Memory of the tool: the C library's. */
cs_memory cs_tool_memory(void);

/* ---- commands (one block a file) ------------------------------------------------------------ */

extern const cs_option_spec cs_options_key_new[];
extern const cs_option_spec cs_options_key_public[];
consent_status cs_cmd_key_new(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_key_public(cs_tool *tool, const cs_options *options, consent_error *err);

consent_status cs_cmd_completion(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_open_sealed[];
consent_status cs_cmd_open_sealed(cs_tool *tool, const cs_options *options, consent_error *err);

extern const cs_option_spec cs_options_policy_new[];
extern const cs_option_spec cs_options_policy_build[];
extern const cs_option_spec cs_options_policy_keyset[];
extern const cs_option_spec cs_options_policy_sign[];
extern const cs_option_spec cs_options_policy_verify[];
extern const cs_option_spec cs_options_policy_show[];
extern const cs_option_spec cs_options_policy_lint[];
extern const cs_option_spec cs_options_policy_diff[];
extern const cs_option_spec cs_options_policy_head[];
extern const cs_option_spec cs_options_policy_notice[];
consent_status cs_cmd_policy_new(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_build(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_keyset(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_sign(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_verify(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_show(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_lint(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_diff(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_head(cs_tool *tool, const cs_options *options, consent_error *err);
consent_status cs_cmd_policy_notice(cs_tool *tool, const cs_options *options, consent_error *err);

#endif
