#include "consentctl/files.h"
#include "consentctl/lint.h"
#include "consentctl/tool.h"

const cs_option_spec cs_options_policy_lint[] = {
    {"strict", 0, NULL, "fail on warnings too"},
    {"rules", 0, NULL, "list the rules with their sources instead"},
    {NULL, 0, NULL, NULL},
};

static const char *severity_name(cs_severity severity)
{
    return severity == CS_LINT_ERROR ? "error" : "warning";
}

static void put_finding(cs_json_out *json, const cs_finding *finding)
{
    cs_json_open_object(json);
    cs_json_member_text(json, "rule", finding->rule->id);
    cs_json_member_text(json, "severity", severity_name(finding->rule->severity));
    cs_json_member_text(json, "where", finding->where);
    cs_json_member_text(json, "message", finding->message);
    cs_json_member_text(json, "source", finding->rule->source);
    cs_json_close_object(json);
}

static void put_json(const cs_lint *lint, cs_buffer *text)
{
    cs_json_out json;
    cs_json_out_init(&json, text);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_json_member_int(&json, "errors", (int64_t)cs_lint_count_of(lint, CS_LINT_ERROR));
    cs_json_member_int(&json, "warnings", (int64_t)cs_lint_count_of(lint, CS_LINT_WARNING));
    cs_json_put_name(&json, "findings");
    cs_json_open_array(&json);
    for (size_t i = 0; i < cs_lint_finding_count(lint); i++)
        put_finding(&json, cs_lint_finding(lint, i));
    cs_json_close_array(&json);
    cs_json_close_object(&json);
    cs_buffer_text(text, "\n");
}

static void put_text(const cs_lint *lint, const char *folder, cs_buffer *text)
{
    for (size_t i = 0; i < cs_lint_finding_count(lint); i++) {
        const cs_finding *finding = cs_lint_finding(lint, i);
        cs_buffer_printf(text, "%s: %s: %s [%s; %s]\n", severity_name(finding->rule->severity), finding->where,
                         finding->message, finding->rule->id, finding->rule->source);
    }
    size_t errors = cs_lint_count_of(lint, CS_LINT_ERROR);
    size_t warnings = cs_lint_count_of(lint, CS_LINT_WARNING);
    cs_buffer_printf(text, "%s: %zu error%s, %zu warning%s\n", folder, errors, errors == 1 ? "" : "s", warnings,
                     warnings == 1 ? "" : "s");
}

static void put_rules(const cs_tool *tool, cs_buffer *text)
{
    cs_json_out json;
    cs_json_out_init(&json, text);
    if (tool->json)
        cs_json_open_array(&json);
    for (const cs_lint_rule *rule = cs_lint_rules; rule->id; rule++) {
        if (!tool->json) {
            cs_buffer_printf(text, "%-8s %-22s %s [%s]\n", severity_name(rule->severity), rule->id, rule->summary,
                             rule->source);
            continue;
        }
        cs_json_open_object(&json);
        cs_json_member_text(&json, "rule", rule->id);
        cs_json_member_text(&json, "severity", severity_name(rule->severity));
        cs_json_member_text(&json, "summary", rule->summary);
        cs_json_member_text(&json, "source", rule->source);
        cs_json_close_object(&json);
    }
    if (tool->json) {
        cs_json_close_array(&json);
        cs_buffer_text(text, "\n");
    }
}

consent_status cs_cmd_policy_lint(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *folder = options->argument_count > 0 ? options->arguments[0] : NULL;
    cs_lint lint = {0};
    cs_buffer text;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&text, &tool->env.memory, CS_BUNDLE_MAX_BYTES);
    if (cs_options_has(options, "rules")) {
        put_rules(tool, &text);
    } else if (!folder) {
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "no folder was named; write consentctl policy lint DIR");
    } else {
        status = cs_files_refuse_file(folder, err);
        if (status == CONSENT_OK)
            status = cs_lint_run(&tool->env.memory, folder, &lint, err);
        if (status == CONSENT_OK && tool->json)
            put_json(&lint, &text);
        else if (status == CONSENT_OK)
            put_text(&lint, folder, &text);
        bool bad = cs_lint_count_of(&lint, CS_LINT_ERROR) > 0 ||
                   (cs_options_has(options, "strict") && cs_lint_finding_count(&lint) > 0);
        tool->exit_code = bad ? CS_EXIT_FAILED : CS_EXIT_OK;
    }
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    cs_lint_free(&lint);
    return status;
}
