/* consentctl run: plays scenarios. */
#define _POSIX_C_SOURCE 200809L

#include "consentctl/files.h"
#include "consentctl/play_internal.h"
#include "consentctl/runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const cs_option_spec cs_options_run[] = {
    {"explain", 0, "LANG", "tell the story in sentences: zh or en"},
    {"check", 0, NULL, "read and check the files, play nothing"},
    {"root", 0, "FILE", "a public root key to trust besides the throw-away one, for signed bundles"},
    CS_OPTIONS_END,
};

static consent_status load_all(const cs_options *options, cs_scenario *scenario, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (uint32_t i = 0; status == CONSENT_OK && i < options->argument_count; i++)
        status = cs_scenario_load(scenario, options->arguments[i], err);
    /* A malformed line is the writer's mistake, as a malformed option is. */
    if (status == CONSENT_E_ARGUMENT && err != NULL)
        err->os_code = CS_OPTIONS_MISUSE;
    return status;
}

/* A folder of --home stays; a temporary one goes. */
static consent_status play_in_folder(cs_tool *tool, const cs_scenario *scenario, cs_play_setting *setting,
                                     cs_play_result *result, consent_error *err)
{
    char folder[CS_PLAY_MAX_PATH / 2] = "";
    const char *temporary = getenv("TMPDIR");
    consent_status status = CONSENT_OK;
    if (temporary == NULL || temporary[0] == '\0')
        temporary = "/tmp";
    if (tool->home != NULL)
        status = cs_files_make_dir(tool->home, err);
    else
        status = cs_files_join(temporary, "consentctl-run-XXXXXX", folder, sizeof(folder), err);
    if (status == CONSENT_OK && tool->home == NULL && mkdtemp(folder) == NULL)
        status = cs_fail(err, CONSENT_E_IO, errno,
                         "no temporary folder could be made in %.200s: %s; name one with --home DIR", temporary,
                         strerror(errno));
    if (status != CONSENT_OK)
        return status;
    setting->folder = tool->home != NULL ? tool->home : folder;
    status = cs_play(tool, scenario, setting, result, err);
    if (tool->home == NULL)
        cs_play_remove_folder(folder);
    setting->folder = NULL;
    return status;
}

static consent_status print_result(cs_tool *tool, const cs_play_setting *setting, const cs_play_result *result,
                                   consent_error *err)
{
    cs_buffer text;
    cs_buffer_init(&text, &tool->env.memory, 4096);
    if (setting->explain == NULL)
        cs_buffer_printf(&text, "{\"scenarios\":%u,\"checks\":%u,\"failed\":%u}\n", result->scenario_count,
                         result->check_count, result->failure_count);
    else
        cs_buffer_printf(&text, "\n%u scenario%s, %u check%s, %u failed\n", result->scenario_count,
                         result->scenario_count == 1 ? "" : "s", result->check_count,
                         result->check_count == 1 ? "" : "s", result->failure_count);
    consent_status status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    if (result->failure_count > 0)
        tool->exit_code = CS_EXIT_FAILED;
    return status;
}

consent_status cs_cmd_run(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_scenario scenario = {NULL, 0, 0};
    cs_play_setting setting = {cs_options_get(options, "explain"), NULL, NULL};
    cs_play_result result = {0, 0, 0};
    uint8_t root[CS_P256_PUBLIC_SIZE];
    consent_status status = CONSENT_OK;
    if (setting.explain != NULL && strcmp(setting.explain, "zh") != 0 && strcmp(setting.explain, "en") != 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--explain was \"%.40s\"; use zh or en",
                       setting.explain);
    if (cs_options_has(options, "root")) {
        status = cs_keys_read_public(&tool->env.memory, cs_options_get(options, "root"), root, err);
        setting.root = root;
    }
    if (tool->json)
        setting.explain = NULL;
    if (status == CONSENT_OK)
        status = load_all(options, &scenario, err);
    if (status == CONSENT_OK && !cs_options_has(options, "check"))
        status = play_in_folder(tool, &scenario, &setting, &result, err);
    if (status == CONSENT_OK && !cs_options_has(options, "check"))
        status = print_result(tool, &setting, &result, err);
    else if (status == CONSENT_OK)
        cs_tool_say(tool, "%zu lines, all well-formed", scenario.count);
    cs_scenario_free(&scenario);
    return status;
}
