/* consentctl request open, update, list; notice receive, list; consentctl list: what a person may ask, and what was collected and shared. */
#include "consentctl/runtime.h"
#include "consentctl/session.h"

#include "consentctl/files.h"
#include "consentctl/list_show.h"
#include "rights/rights.h"

#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

const cs_option_spec cs_options_request_open[] = {
    CS_SESSION_OPTIONS,
    {"scope", 0, "PRODUCT", "product; left out: the platform"},
    {"purpose", 0, "ID", "what it is about; left out: everything"},
    {"recipient", 0, "ID", "whom it is about; left out: every recipient"},
    {"data", 0, "ID,ID", "data items; left out: all"},
    {"by", 0, "WHO", "self, guardian or relative; left out: self"},
    {"ground", 0, "GROUND", "of a deletion: unlawful, no_consent, breach, no_longer_used, service_ended"},
    {"text", 0, "TEXT", "in the person's words"},
    {"target", 0, "NAME", "of a transfer: to whom"},
    {"reference", 0, "TEXT", "evidence, or the decision appealed against"},
    {"channel", 0, "KIND", "how it came: app, hotline, email, post or another"},
    {"independent", 0, "ID", "a recipient with an authorisation of its own; may be repeated"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_request_update[] = {
    CS_SESSION_OPTIONS,
    {"by-requester", 0, NULL, "the person says so; left out: the operator"},
    {"refusal", 0, "WHY",
     "unrelated, repeated, disproportionate, risk_to_others, impractical, unverified, law_forbids"},
    {"text", 0, "TEXT", "reasons of a refusal, what a fee is for, what was done"},
    {"fee-fen", 0, "N", "fee in hundredths of a yuan"},
    {"reference", 0, "TEXT", "the operator's case number"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_request_list[] = {CS_SESSION_OPTIONS, CS_LOCALE_OPTION, CS_OPTIONS_END};
const cs_option_spec cs_options_notice_receive[] = {CS_SESSION_OPTIONS, CS_OPTIONS_END};
const cs_option_spec cs_options_list[] = {
    CS_SESSION_OPTIONS,
    CS_LOCALE_OPTION,
    {"html", 0, "FILE", "write a page instead"},
    CS_OPTIONS_END,
};

static consent_status no_word(const char *option, const char *word, const char *allowed, consent_error *err)
{
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "%s was \"%.40s\"; use %s", option, word, allowed);
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static consent_status read_request(const cs_options *options, const cs_query_args *about, const char *independent[64],
                                   consent_rights_request *out, consent_error *err)
{
    const char *by = cs_options_get(options, "by");
    const char *ground = cs_options_get(options, "ground");
    *out = (consent_rights_request){.struct_size = sizeof *out, .independent = independent};
    if (!cs_right_find(cs_str_of(options->arguments[0]), &out->right))
        return no_word(
            "the right", options->arguments[0],
            "access, copy, port, correct, delete, restrict, withdraw, cancel_account, explain, appeal, unsubscribe, "
            "leak_report or complaint",
            err);
    if (by && !cs_requester_find(cs_str_of(by), &out->by))
        return no_word("--by", by, "self, guardian or relative", err);
    if (ground && !cs_deletion_ground_find(cs_str_of(ground), &out->ground))
        return no_word("--ground", ground, "unlawful, no_consent, breach, no_longer_used or service_ended", err);
    out->scope = about->query.scope;
    out->purpose = about->query.purpose;
    out->recipient = about->query.recipient;
    out->data = about->query.data;
    out->data_count = about->query.data_count;
    out->text = cs_options_get(options, "text");
    out->target = cs_options_get(options, "target");
    out->reference = cs_options_get(options, "reference");
    out->channel = cs_options_get(options, "channel");
    while (out->independent_count < 64 && cs_options_at(options, "independent", (uint32_t)out->independent_count)) {
        independent[out->independent_count] = cs_options_at(options, "independent", (uint32_t)out->independent_count);
        out->independent_count++;
    }
    return CONSENT_OK;
}

consent_status cs_cmd_request_open(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_query_args about;
    const char *independent[64];
    consent_rights_request request;
    char id[CONSENT_REQUEST_ID_SIZE];
    consent_status status = cs_query_from_options(options, false, &about, err);
    if (status == CONSENT_OK)
        status = read_request(options, &about, independent, &request, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_request_open(session.profile, &request, id, err);
    if (status == CONSENT_OK)
        fprintf(tool->out, tool->json ? "{\"id\":\"%s\"}\n" : "%s\n", id);
    cs_session_close(&session);
    return status;
}

static consent_status read_change(const cs_options *options, consent_request_change *out, consent_error *err)
{
    const char *refusal = cs_options_get(options, "refusal");
    const char *fee = cs_options_get(options, "fee-fen");
    *out = (consent_request_change){.struct_size = sizeof *out, .id = options->arguments[0]};
    if (!cs_request_state_find(cs_str_of(options->arguments[1]), &out->state))
        return no_word(
            "the state", options->arguments[1],
            "needs_verification, fee_quoted, in_progress, done, done_live, done_backup, refused or cancelled", err);
    if (refusal && !cs_refusal_find(cs_str_of(refusal), &out->refusal))
        return no_word("--refusal", refusal,
                       "unrelated, repeated, disproportionate, risk_to_others, impractical, unverified or law_forbids",
                       err);
    if (fee) {
        char *end = NULL;
        out->fee_fen = strtoll(fee, &end, 10);
        if (*fee == '\0' || *end != '\0' || out->fee_fen <= 0)
            return no_word("--fee-fen", fee, "a number of hundredths of a yuan", err);
    }
    out->by_requester = cs_options_has(options, "by-requester");
    out->text = cs_options_get(options, "text");
    out->reference = cs_options_get(options, "reference");
    return CONSENT_OK;
}

consent_status cs_cmd_request_update(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_request_change change;
    consent_status status = read_change(options, &change, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_request_update(session.profile, &change, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "%s: %s", options->arguments[0], options->arguments[1]);
    cs_session_close(&session);
    return status;
}

static void draw_request(const cs_json *request, cs_buffer *out)
{
    static const char *const members[] = {"by",     "ground",    "purpose", "recipient", "text",
                                          "target", "reference", "refusal", "reasons"};
    cs_buffer_printf(out, "%.*s  %.*s  %.*s", CS_STR_ARG(cs_list_member(request, "id", "id")),
                     CS_STR_ARG(cs_list_member(request, "right", "right")),
                     CS_STR_ARG(cs_list_member(request, "state", "state")));
    if (cs_json_get(request, "due"))
        cs_buffer_printf(out, "  due %.*s%s%s", CS_STR_ARG(cs_list_member(request, "due", "due")),
                         cs_json_bool(cs_json_get(request, "provisional")) ? " (provisional)" : "",
                         cs_json_bool(cs_json_get(request, "overdue")) ? "  OVERDUE" : "");
    cs_buffer_text(out, "\n");
    for (size_t i = 0; i < CS_COUNT_OF(members); i++)
        if (cs_json_get(request, members[i]))
            cs_buffer_printf(out, "    %s: %.*s\n", members[i],
                             CS_STR_ARG(cs_list_member(request, members[i], members[i])));
    for (const cs_json *each = cs_json_first(cs_json_get(request, "notify")); each; each = cs_json_next(each))
        cs_buffer_printf(out, "    tell: %.*s, %.*s\n", CS_STR_ARG(cs_list_member(each, "name", "id")),
                         CS_STR_ARG(cs_list_member(each, "contact", "contact")));
}

static void draw_requests(const cs_json *root, cs_tool *tool, cs_buffer *out)
{
    const cs_json *rights = cs_json_get(root, "rights");
    (void)tool;
    for (const cs_json *each = cs_json_first(cs_json_get(rights, "channels")); each; each = cs_json_next(each))
        cs_buffer_printf(out, "%.*s: %.*s %.*s\n", CS_STR_ARG(cs_list_member(each, "kind", "kind")),
                         CS_STR_ARG(cs_list_member(each, "value", "value")),
                         CS_STR_ARG(cs_list_member(each, "hours", "hours")));
    for (const cs_json *each = cs_json_first(cs_json_get(root, "requests")); each; each = cs_json_next(each))
        draw_request(each, out);
}

static void draw_list(const cs_json *root, cs_tool *tool, cs_buffer *out)
{
    cs_render render;
    cs_tool_renderer(tool, out, &render);
    cs_list_text(root, &render);
}

/* ---- what both share ------------------------------------------------------------------------------------- */

typedef void (*draw_fn)(const cs_json *root, cs_tool *tool, cs_buffer *out);

static consent_status print(cs_tool *tool, cs_buffer *json, draw_fn draw, const char *html, consent_error *err)
{
    cs_json_doc doc = {NULL, NULL};
    cs_buffer out;
    if (tool->json && !html) {
        cs_buffer_text(json, "\n");
        return cs_tool_print(tool, json, err);
    }
    consent_status status =
        cs_json_parse(&doc, (cs_str){(const char *)json->data, json->size}, OUTPUT_MAX_BYTES, "the answer", err);
    cs_buffer_init(&out, &tool->env.memory, OUTPUT_MAX_BYTES);
    if (status == CONSENT_OK && html) {
        cs_list_html(doc.root, &out);
        status = cs_buffer_status(&out, "the page", err);
        if (status == CONSENT_OK)
            status = cs_files_write(html, cs_buffer_span(&out), CS_FILES_SECRET, false, err);
        if (status == CONSENT_OK)
            status = cs_tool_done(tool, html, err, "the list as a page");
    } else if (status == CONSENT_OK) {
        draw(doc.root, tool, &out);
        status = cs_tool_print(tool, &out, err);
    }
    cs_buffer_free(&out);
    cs_json_free(&doc);
    return status;
}

consent_status cs_cmd_request_list(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer json;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_requests(session.profile, cs_options_get(options, "locale"), cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        status = print(tool, &json, draw_requests, NULL, err);
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_list(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer json;
    bool shared = strcmp(options->arguments[0], "shared") == 0;
    if (!shared && strcmp(options->arguments[0], "collected") != 0)
        return no_word("the list", options->arguments[0], "collected or shared", err);
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_lists(session.profile, shared ? CONSENT_LIST_SHARED : CONSENT_LIST_COLLECTED,
                           cs_options_get(options, "locale"), cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        status = print(tool, &json, draw_list, cs_options_get(options, "html"), err);
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}

/* ---- notices --------------------------------------------------------------------------------------------- */

static void draw_notices(const cs_json *root, cs_tool *tool, cs_buffer *out)
{
    (void)tool;
    for (const cs_json *each = cs_json_first(cs_json_get(root, "notices")); each; each = cs_json_next(each)) {
        cs_buffer_printf(out, "%.*s  %.*s  %.*s\n", CS_STR_ARG(cs_list_member(each, "id", "id")),
                         CS_STR_ARG(cs_list_member(each, "kind", "kind")),
                         CS_STR_ARG(cs_list_member(each, "title", "policy")));
        for (const cs_json *who = cs_json_first(cs_json_get(each, "for")); who; who = cs_json_next(who))
            cs_buffer_printf(out, "    waits for: %.*s\n", CS_STR_ARG(cs_json_str(who)));
    }
}

consent_status cs_cmd_notice_list(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer json;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_notices(session.profile, cs_options_get(options, "locale"), cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        status = print(tool, &json, draw_notices, NULL, err);
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_notice_receive(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer bytes;
    cs_buffer_init(&bytes, &tool->env.memory, OUTPUT_MAX_BYTES);
    consent_status status = cs_files_read(options->arguments[0], &bytes, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status == CONSENT_OK) {
        status = consent_notice_receive(session.profile, bytes.data, bytes.size, err);
        cs_session_close(&session);
    }
    if (status == CONSENT_OK)
        cs_tool_say(tool, "%s: received", options->arguments[0]);
    cs_buffer_free(&bytes);
    return status;
}
