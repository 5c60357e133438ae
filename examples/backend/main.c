/* consentd: the reference backend. A command line over a folder that holds everything. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name, *arguments, *summary;
    consent_status (*run)(const cd_arguments *arguments, consent_error *err);
} command;

static const command commands[] = {
    {"init", "DIR [--host NAME] [--port N] [--root FILE]", "make a folder: settings, secret, a receipt key",
     cd_cmd_init},
    {"serve", "DIR", "serve until SIGTERM; SIGHUP reads keys and key set again", cd_cmd_serve},
    {"keys rotate", "DIR", "make a receipt key; it signs once the root's key set names it", cd_cmd_keys_rotate},
    {"keys list", "DIR", "the receipt keys, with their public halves for the root to name", cd_cmd_keys_list},
    {"publish", "DIR FILE...", "take in signed bundles, heads, key sets and notices, verified", cd_cmd_publish},
    {"operator add", "DIR NAME --role reader|support|publisher", "make an operator and print the token, once",
     cd_cmd_operator_add},
    {"operator list", "DIR", "the operators", cd_cmd_operator_list},
    {"operator remove", "DIR NAME", "the operator's token opens nothing from now on", cd_cmd_operator_remove},
    {"token", "DIR --account NAME [--days N]", "an account's token, as the log-in server makes it", cd_cmd_token},
    {"profile", "--account NAME", "the id of an account's profile", cd_cmd_profile},
    {"outbox", "DIR", "take what is to be sent to guardians: profile, code, one a line", cd_cmd_outbox},
    {"sealed", "DIR OUT",
     "copy sealed files into the folder OUT, for consentctl open-sealed; those there are left alone", cd_cmd_sealed},
    {"forget", "DIR --profile HEX", "take a person's whole record out", cd_cmd_forget},
};

static int help(FILE *out)
{
    (void)fprintf(out, "usage: consentd COMMAND\n\n");
    for (size_t i = 0; i < CS_COUNT_OF(commands); i++)
        (void)fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
    return out == stdout ? 0 : 2;
}

/* Whether argv begins with the command's words; *used: how many. */
static bool is_command(const command *one, int argc, char **argv, int *used)
{
    char joined[128];
    *used = strchr(one->name, ' ') ? 2 : 1;
    if (argc < 1 + *used)
        return false;
    (void)snprintf(joined, sizeof joined, *used == 2 ? "%s %s" : "%s", argv[1], argv[2]);
    return strcmp(joined, one->name) == 0;
}

static bool read_arguments(int argc, char **argv, cd_arguments *out)
{
    struct {
        const char *name;
        const char **value;
    } options[] = {{"--host", &out->host},       {"--port", &out->port},       {"--root", &out->root},
                   {"--role", &out->role},       {"--account", &out->account}, {"--days", &out->days},
                   {"--profile", &out->profile}, {"--listen", &out->listen}};
    for (int i = 0; i < argc; i++) {
        bool option = strncmp(argv[i], "--", 2) == 0;
        if (!option && out->count == CD_MAX_ARGUMENTS)
            return false;
        if (!option) {
            out->values[out->count++] = argv[i];
            continue;
        }
        size_t at = 0;
        while (at < CS_COUNT_OF(options) && strcmp(options[at].name, argv[i]) != 0)
            at++;
        if (at == CS_COUNT_OF(options) || i + 1 == argc)
            return false;
        *options[at].value = argv[++i];
    }
    return true;
}

int main(int argc, char **argv)
{
    cd_arguments arguments = {0};
    consent_error err = {0};
    int used = 0;
    if (argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
        return help(stdout);
    for (size_t i = 0; i < CS_COUNT_OF(commands); i++) {
        if (!is_command(&commands[i], argc, argv, &used))
            continue;
        if (!read_arguments(argc - 1 - used, argv + 1 + used, &arguments))
            return help(stderr);
        consent_status status = commands[i].run(&arguments, &err);
        if (status != CONSENT_OK)
            (void)fprintf(stderr, "consentd: %s\n", err.message);
        return status == CONSENT_OK ? 0 : 1;
    }
    return help(stderr);
}
