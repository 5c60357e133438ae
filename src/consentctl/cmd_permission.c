/* consentctl permission ask, permission observe: the gate before a system prompt, and what the system's settings say. */
#include "consentctl/form_term.h"
#include "consentctl/runtime.h"
#include "consentctl/scenario_schema.h"
#include "consentctl/session.h"

#include <string.h>

const cs_option_spec cs_options_permission_ask[] = {
    CS_SESSION_OPTIONS,
    CS_LOCALE_OPTION,
    CS_QUERY_OPTIONS,
    {"platform", 0, "PLATFORM", "whose permission names: android, ios or desktop"},
    {"os", 0, "RESULT", "what the system's prompt came to: granted, denied or blocked; left out: asked on a terminal"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_permission_observe[] = {CS_SESSION_OPTIONS, CS_OPTIONS_END};

static consent_status read_os(const char *word, consent_os_state *out, consent_error *err)
{
    if (cs_os_state_find(cs_str_of(word), out))
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                   "the system's answer was \"%.40s\"; use granted, denied, blocked or unknown", word);
}

/* Stands in for the system's own prompt. */
static consent_status ask_as_system(cs_tool *tool, const char *permission, const char *locale, consent_os_state *out,
                                    consent_error *err)
{
    bool chinese = locale == NULL || strncmp(locale, "zh", 2) == 0;
    char line[64];
    for (;;) {
        fprintf(tool->out,
                chinese ? "  ┌ 系统弹窗 ┐ 是否允许权限 %s？ a: 允许   d: 禁止\n> "
                        : "  [ system prompt ] allow the permission %s?  a: allow   d: do not allow\n> ",
                permission);
        fflush(tool->out);
        if (!cs_read_line(line, sizeof(line)))
            return cs_fail(err, CONSENT_E_CANCELLED, 0,
                           "the input ended before the prompt was answered; nothing was recorded");
        if (strcmp(line, "a") == 0 || strcmp(line, "d") == 0)
            break;
    }
    *out = line[0] == 'a' ? CONSENT_OS_GRANTED : CONSENT_OS_DENIED;
    return CONSENT_OK;
}

static consent_status show_form(cs_tool *tool, consent_form *form, consent_error *err)
{
    cs_buffer text;
    cs_render render;
    cs_buffer_init(&text, &tool->env.memory, 1024u * 1024u);
    cs_tool_renderer(tool, &text, &render);
    consent_status status = tool->json ? CONSENT_OK : cs_form_render(&render, form, NULL, err);
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

static consent_status pass_gate(cs_session *session, const cs_options *options, const cs_query_args *query,
                                consent_verdict *verdict, consent_error *err)
{
    cs_tool *tool = session->tool;
    const char *locale = cs_options_get(options, "locale");
    const char *word = cs_options_get(options, "os");
    consent_form *form = NULL;
    consent_os_state os = CONSENT_OS_UNKNOWN;
    consent_status status = word != NULL ? read_os(word, &os, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = consent_permission_begin(session->profile, &query->query, locale, &form, verdict, err);
    if (status != CONSENT_OK || form == NULL)
        return status;
    status = show_form(tool, form, err);
    if (status == CONSENT_OK && word == NULL && cs_tool_is_interactive(tool)) {
        status = ask_as_system(tool, query->query.permission, locale, &os, err);
        word = "";
    }
    if (status == CONSENT_OK && word != NULL)
        status = consent_form_shown(form, err);
    if (status == CONSENT_OK && word != NULL)
        status = consent_permission_finish(form, os, verdict, err);
    consent_form_close(form);
    return status;
}

consent_status cs_cmd_permission_ask(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_status status = cs_query_from_options(options, true, &query, err);
    if (status == CONSENT_OK && query.query.permission == NULL)
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "the option --permission was missing; name the system permission");
    if (status == CONSENT_OK && query.query.call_site == NULL)
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "the option --call-site was missing; name where the permission is asked");
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = pass_gate(&session, options, &query, &verdict, err);
    if (status == CONSENT_OK)
        status = cs_verdict_print(tool, &verdict, err);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_permission_observe(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_os_state os = CONSENT_OS_UNKNOWN;
    consent_status status = read_os(options->arguments[1], &os, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_permission_observe(session.profile, options->arguments[0], os, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "%s is %s: noted", options->arguments[0], options->arguments[1]);
    cs_session_close(&session);
    return status;
}
