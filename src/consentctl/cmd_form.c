/* consentctl form: shows a form, and records what the person did with it. */
#include "consentctl/files.h"
#include "consentctl/form_term.h"
#include "consentctl/runtime.h"
#include "consentctl/scenario_schema.h"
#include "consentctl/session.h"

#include <string.h>

#define NOTICE_MAX_BYTES (256u * 1024u)

const cs_option_spec cs_options_form[] = {
    CS_SESSION_OPTIONS,
    CS_LOCALE_OPTION,
    CS_QUERY_OPTIONS,
    {"platform", 0, "PLATFORM", "whose permission names: android, ios or desktop"},
    {"answer", 0, "WORDS", "what the person did: \"tick=on, accept\"; left out: asked on a terminal"},
    {"surface", 0, "NAME", "the screen's name, kept as evidence"},
    {"guardian", 0, NULL, "the guardian answers: of age, manage and notice"},
    {"ephemeral", 0, NULL,
     "a visitor at a kiosk: in memory, and gone with the form but for what is sealed to the operator"},
    {"notice", 0, "FILE", "the host's own words as JSON: of ad_hoc and notice"},
    CS_OPTIONS_END,
};

static consent_status build(cs_session *session, const cs_options *options, consent_form **out, consent_error *err)
{
    consent_form_request request = CONSENT_INIT(consent_form_request);
    cs_query_args query;
    (void)cs_occasion_find(cs_str_of(options->arguments[0]), &request.occasion);
    consent_status status = cs_query_from_options(options, false, &query, err);
    if (status != CONSENT_OK)
        return status;
    request.query = query.query.purpose != NULL || query.query.recipient != NULL ? &query.query : NULL;
    request.scope = query.query.scope;
    request.locale = cs_options_get(options, "locale");
    request.user_initiated = query.query.user_initiated;
    request.actor = cs_options_has(options, "guardian") ? CONSENT_ACTOR_GUARDIAN : CONSENT_ACTOR_SELF;
    cs_buffer notice;
    cs_buffer_init(&notice, &session->tool->env.memory, NOTICE_MAX_BYTES);
    if (cs_options_has(options, "notice"))
        status = cs_files_read(cs_options_get(options, "notice"), &notice, err);
    request.notice = (const char *)notice.data;
    request.notice_size = notice.size;
    if (status == CONSENT_OK)
        status = consent_form_build(session->profile, &request, out, err);
    cs_buffer_free(&notice);
    return status;
}

static consent_status show(cs_tool *tool, consent_form *form, const cs_answers *answers, consent_error *err)
{
    cs_buffer text;
    cs_render render;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&text, &tool->env.memory, 8u * 1024u * 1024u);
    cs_tool_renderer(tool, &text, &render);
    if (tool->json) {
        status = consent_form_json(form, cs_write_to_buffer, &text, err);
        cs_buffer_text(&text, "\n");
    } else {
        status = cs_form_render(&render, form, answers, err);
    }
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

static consent_status submit(cs_tool *tool, consent_form *form, const cs_answers *answers, const char *surface,
                             consent_error *err)
{
    static const char *const done[] = {"", "accepted: recorded", "refused: recorded", "saved: recorded"};
    consent_submission submission = CONSENT_INIT(consent_submission);
    submission.action = answers->action;
    submission.answers = answers->answers;
    submission.answer_count = answers->count;
    submission.reached_end = answers->reached_end;
    submission.emphasis_rendered = answers->emphasis_rendered;
    submission.surface = surface != NULL ? surface : "consentctl";
    submission.birth = answers->birth;
    submission.reference = answers->reference;
    consent_status status = consent_form_shown(form, err);
    if (status == CONSENT_OK)
        status = consent_form_submit(form, &submission, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "%s", done[answers->action]);
    return status;
}

/* Everything typed is looked at before a home is opened. */
static consent_status read_arguments(const cs_options *options, cs_answers *answers, consent_error *err)
{
    int32_t occasion = 0;
    cs_query_args query;
    const char *words = cs_options_get(options, "answer");
    if (!cs_occasion_find(cs_str_of(options->arguments[0]), &occasion))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "there is no occasion \"%.40s\"; consentctl help form lists them", options->arguments[0]);
    consent_status status = words != NULL ? cs_answers_parse(cs_str_of(words), answers, err) : CONSENT_OK;
    if (status != CONSENT_OK && err != NULL)
        err->os_code = CS_OPTIONS_MISUSE;
    return status == CONSENT_OK ? cs_query_from_options(options, false, &query, err) : status;
}

consent_status cs_cmd_form(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_form *form = NULL;
    cs_answers answers;
    const char *words = cs_options_get(options, "answer");
    bool asks = words == NULL && cs_tool_is_interactive(tool);
    consent_status status = read_arguments(options, &answers, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = build(&session, options, &form, err);
    if (status == CONSENT_OK)
        status = show(tool, form, words != NULL ? &answers : NULL, err);
    if (status == CONSENT_OK && asks)
        status = cs_form_ask(tool, form, cs_options_get(options, "locale"), session.now_ms, &answers, err);
    if (status == CONSENT_OK && (asks || words != NULL))
        status = submit(tool, form, &answers, cs_options_get(options, "surface"), err);
    consent_form_close(form);
    cs_session_close(&session);
    return status;
}
