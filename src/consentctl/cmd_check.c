/* consentctl check, explain, use, withdraw, watch: questions and their answers. */
#define _POSIX_C_SOURCE 200809L

#include "consentctl/runtime.h"
#include "consentctl/scenario_schema.h"
#include "consentctl/session.h"

#include <string.h>
#include <time.h>

const cs_option_spec cs_options_check[] = {
    CS_SESSION_OPTIONS,
    CS_QUERY_OPTIONS,
    CS_FUNCTION_OPTION,
    {"at", 0, "TIME", "the past: what this device answered at that instant"},
    {"hindsight", 0, NULL, "with --at: with all that is known now"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_explain[] = {CS_SESSION_OPTIONS, CS_LOCALE_OPTION, CS_QUERY_OPTIONS, CS_FUNCTION_OPTION,
                                             CS_OPTIONS_END};
const cs_option_spec cs_options_use[] = {CS_SESSION_OPTIONS, CS_QUERY_OPTIONS, CS_OPTIONS_END};
const cs_option_spec cs_options_withdraw[] = {
    CS_SESSION_OPTIONS,
    CS_QUERY_OPTIONS,
    {"all", 0, NULL, "the acceptance of the whole policy and every choice under it"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_watch[] = {
    CS_SESSION_OPTIONS,
    CS_QUERY_OPTIONS,
    CS_FUNCTION_OPTION,
    {"until", 0, "DECISION", "end at this answer: deny, ask or allow"},
    {"timeout", 0, "TIME", "end after this time, e.g. 30s, with status 1 if --until did not come; left out: 10s"},
    CS_OPTIONS_END,
};

consent_status cs_cmd_check(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    const char *at = cs_options_get(options, "at");
    int64_t at_ms = 0;
    if (at != NULL && !cs_time_parse(cs_str_of(at), &at_ms))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--at was \"%.40s\", which is no instant; write one like 2026-03-02T09:00:00+08:00", at);
    if (at == NULL && cs_options_has(options, "hindsight"))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--hindsight was given without --at; name the instant to look back to");
    consent_status status = cs_query_from_options(options, true, &query, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    if (at != NULL)
        status =
            consent_check_at(session.profile, &query.query, at_ms, cs_options_has(options, "hindsight"), &verdict, err);
    else
        status = consent_check(session.profile, &query.query, &verdict, err);
    if (status == CONSENT_OK)
        status = cs_verdict_print(tool, &verdict, err);
    cs_session_close(&session);
    return status;
}

/* What a refusal costs, and what a function waits for. */
static void print_cost(cs_render *render, const cs_json *root, cs_buffer *text)
{
    const cs_json *function = cs_json_get(root, "function");
    cs_str cost = cs_json_str(cs_json_get(root, "consequence"));
    if (cost.size == 0)
        cost = cs_json_str(cs_json_get(function, "refusal"));
    if (cost.size > 0)
        cs_render_text(render, "  ", cost.data, 0);
    for (const cs_json *need = cs_json_first(cs_json_get(function, "needs")); need; need = cs_json_next(need))
        cs_buffer_printf(text, "  %.*s %.*s: %.*s %.*s\n", CS_STR_ARG(cs_json_str(cs_json_get(need, "purpose"))),
                         CS_STR_ARG(cs_json_str(cs_json_get(need, "recipient"))),
                         CS_STR_ARG(cs_json_str(cs_json_get(need, "decision"))),
                         CS_STR_ARG(cs_json_str(cs_json_get(need, "reason"))));
}

/* The person's text stands first, then the rule and its source. */
static consent_status print_explanation(cs_tool *tool, const cs_buffer *json, consent_error *err)
{
    static const char *const members[] = {"rule_name", "source", "ask_after", "expires"};
    cs_json_doc doc;
    cs_buffer text;
    cs_render render;
    consent_status status =
        cs_json_parse(&doc, (cs_str){(const char *)json->data, json->size}, json->max_size, "the explanation", err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &tool->env.memory, 1024u * 1024u);
    cs_tool_renderer(tool, &text, &render);
    cs_buffer_printf(&text, "%s %s\n", cs_json_str(cs_json_get(doc.root, "decision")).data,
                     cs_json_str(cs_json_get(doc.root, "reason")).data);
    if (cs_json_str(cs_json_get(doc.root, "text")).size > 0)
        cs_render_text(&render, "", cs_json_str(cs_json_get(doc.root, "text")).data, 0);
    print_cost(&render, doc.root, &text);
    for (size_t i = 0; i < CS_COUNT_OF(members); i++) {
        const cs_json *value = cs_json_get(doc.root, members[i]);
        if (cs_json_type_of(value) == CS_JSON_STRING && cs_json_str(value).size > 0)
            cs_buffer_printf(&text, "  %s: %.*s\n", members[i], CS_STR_ARG(cs_json_str(value)));
        else if (cs_json_type_of(value) == CS_JSON_INT && cs_json_int(value) != 0)
            cs_buffer_printf(&text, "  %s: %lld\n", members[i], (long long)cs_json_int(value));
    }
    status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    cs_json_free(&doc);
    return status;
}

consent_status cs_cmd_explain(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    cs_buffer json;
    consent_status status = cs_query_from_options(options, true, &query, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, 1024u * 1024u);
    status = consent_explain(session.profile, &query.query, cs_options_get(options, "locale"), cs_write_to_buffer,
                             &json, err);
    if (status == CONSENT_OK && tool->json) {
        cs_buffer_text(&json, "\n");
        status = cs_tool_print(tool, &json, err);
    } else if (status == CONSENT_OK) {
        status = print_explanation(tool, &json, err);
    }
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_use(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    consent_handle *handle = NULL;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_status status = cs_query_from_options(options, true, &query, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_handle_open(session.profile, &query.query, &handle, err);
    if (status == CONSENT_OK)
        status = consent_use(handle, &verdict, err);
    if (status == CONSENT_OK)
        status = cs_verdict_print(tool, &verdict, err);
    consent_handle_close(handle);
    if (status == CONSENT_OK)
        status = consent_flush(session.profile, err);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_withdraw(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    bool all = cs_options_has(options, "all");
    consent_status status = cs_query_from_options(options, !all, &query, err);
    if (status == CONSENT_OK && all && query.query.purpose != NULL)
        status =
            cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--all and --purpose were both given; use one of them");
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_withdraw(session.profile, &query.query, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "withdrawn: recorded");
    cs_session_close(&session);
    return status;
}

/* ---- watch --------------------------------------------------------------------------------- */

static consent_status tell_decision(cs_tool *tool, consent_decision decision, consent_error *err)
{
    fprintf(tool->out, tool->json ? "{\"decision\":\"%s\"}\n" : "%s\n", cs_decision_name(decision));
    return fflush(tool->out) == 0 ? CONSENT_OK : cs_fail(err, CONSENT_E_IO, 0, "the answer could not be written");
}

/* Prints the first answer and each change: the check by handle of a host that asks before every use. */
static consent_status watch_handle(cs_tool *tool, consent_handle *handle, int32_t until, int64_t timeout_ms,
                                   consent_error *err)
{
    int32_t last = -1;
    const struct timespec pause = {0, 1000000};
    consent_status status = CONSENT_OK;
    int64_t end_ms = cs_tool_now_ms(tool) + timeout_ms;
    while (status == CONSENT_OK && cs_tool_now_ms(tool) < end_ms) {
        int32_t now = (int32_t)consent_handle_check(handle);
        if (now != last)
            status = tell_decision(tool, (consent_decision)now, err);
        last = now;
        if (now == until)
            return status;
        nanosleep(&pause, NULL);
    }
    if (status == CONSENT_OK && until >= 0)
        status = cs_fail(err, CONSENT_E_CANCELLED, 0, "the answer was not %s within %lld s", cs_decision_name(until),
                         (long long)(timeout_ms / CS_SECOND_MS));
    return status;
}

consent_status cs_cmd_watch(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args query;
    consent_handle *handle = NULL;
    int32_t until = -1;
    int64_t timeout_ms = 10 * CS_SECOND_MS;
    const char *word = cs_options_get(options, "until");
    const char *length = cs_options_get(options, "timeout");
    if (word != NULL && !cs_decision_find(cs_str_of(word), &until))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--until was \"%.40s\"; use deny, ask or allow",
                       word);
    if (length != NULL && !cs_duration_parse(cs_str_of(length), &timeout_ms))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--timeout was \"%.40s\"; write a time like 30s or 2m", length);
    consent_status status = cs_query_from_options(options, true, &query, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_handle_open(session.profile, &query.query, &handle, err);
    if (status == CONSENT_OK)
        status = watch_handle(tool, handle, until, timeout_ms, err);
    consent_handle_close(handle);
    cs_session_close(&session);
    return status;
}
