/* consentctl ledger show, verify, export; health: the record, and whether it can be trusted. */
#include "consentctl/runtime.h"
#include "consentctl/session.h"

#include "consentctl/files.h"

#include <inttypes.h>
#include <string.h>

#define HISTORY_MAX_BYTES (256u * 1024u * 1024u)

const cs_option_spec cs_options_ledger[] = {CS_SESSION_OPTIONS, CS_OPTIONS_END};
const cs_option_spec cs_options_ledger_export[] = {
    CS_SESSION_OPTIONS,
    {"output", 'o', "FILE", "where to write; left out: standard output"},
    CS_OPTIONS_END,
};

/* "  3  2026-03-02 09:00  self      granted            pay_wallet for wallet_a: phone" */
static void event_line(const cs_json *event, cs_buffer *out)
{
    static const char *const parts[] = {"purpose", "recipient", "permission", "call_site", "os_state"};
    int64_t time_ms = 0;
    char time[CS_TIME_TEXT_SIZE] = "";
    if (cs_time_parse(cs_json_str(cs_json_get(event, "time")), &time_ms))
        cs_time_format_china(time_ms, time);
    cs_buffer_printf(out, "%5" PRId64 "  %s  %-8.*s %-20.*s", cs_json_int(cs_json_get(event, "seq")), time,
                     CS_STR_ARG(cs_json_str(cs_json_get(event, "actor"))),
                     CS_STR_ARG(cs_json_str(cs_json_get(event, "event"))));
    for (size_t i = 0; i < CS_COUNT_OF(parts); i++) {
        cs_str value = cs_json_str(cs_json_get(event, parts[i]));
        if (value.size > 0)
            cs_buffer_printf(out, " %.*s", CS_STR_ARG(value));
    }
    for (const cs_json *each = cs_json_first(cs_json_get(event, "data")); each != NULL; each = cs_json_next(each))
        cs_buffer_printf(out, "%s%.*s", each == cs_json_first(cs_json_get(event, "data")) ? ": " : ", ",
                         CS_STR_ARG(cs_json_str(each)));
    cs_buffer_text(out, "\n");
}

static consent_status history_text(const cs_buffer *lines, cs_buffer *out, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (size_t start = 0; status == CONSENT_OK && start < lines->size;) {
        const uint8_t *end = memchr(lines->data + start, '\n', lines->size - start);
        size_t size = end != NULL ? (size_t)(end - lines->data) - start : lines->size - start;
        cs_json_doc doc;
        status = cs_json_parse(&doc, (cs_str){(const char *)lines->data + start, size}, 1024u * 1024u, "an event", err);
        if (status == CONSENT_OK)
            event_line(doc.root, out);
        cs_json_free(&doc);
        start += size + 1;
    }
    return status;
}

consent_status cs_cmd_ledger_show(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer lines, text;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&lines, &tool->env.memory, HISTORY_MAX_BYTES);
    cs_buffer_init(&text, &tool->env.memory, HISTORY_MAX_BYTES);
    status = consent_history(session.profile, cs_write_to_buffer, &lines, err);
    if (status == CONSENT_E_NOT_FOUND) /* nothing was recorded yet */
        status = CONSENT_OK;
    if (status == CONSENT_OK && !tool->json)
        status = history_text(&lines, &text, err);
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, tool->json ? &lines : &text, err);
    cs_buffer_free(&lines);
    cs_buffer_free(&text);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_ledger_verify(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    char head[65];
    cs_buffer text;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_verify(session.profile, &report, err);
    cs_hex_encode(report.event_head, sizeof(report.event_head), head);
    cs_buffer_init(&text, &tool->env.memory, 4096);
    if (tool->json)
        cs_buffer_printf(&text,
                         "{\"status\":\"%s\",\"frames\":%" PRIu64 ",\"events\":%" PRIu64 ",\"bad_offset\":%" PRIu64
                         ",\"event_head\":\"%s\"}\n",
                         consent_status_name(status), report.frame_count, report.event_count, report.bad_offset, head);
    else if (status == CONSENT_OK)
        cs_buffer_printf(
            &text, "whole: %" PRIu64 " events in %" PRIu64 " frames, every seal and both chains fit; head %.16s…\n",
            report.event_count, report.frame_count, head);
    consent_status printed = cs_tool_print(tool, &text, status == CONSENT_OK ? err : NULL);
    cs_buffer_free(&text);
    cs_session_close(&session);
    if (status == CONSENT_OK || printed != CONSENT_OK || !tool->json)
        return status != CONSENT_OK ? status : printed;
    tool->exit_code = CS_EXIT_FAILED; /* the report has said it */
    return CONSENT_OK;
}

consent_status cs_cmd_ledger_export(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer text;
    const char *path = cs_options_get(options, "output");
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &tool->env.memory, HISTORY_MAX_BYTES);
    status = consent_export(session.profile, cs_write_to_buffer, &text, err);
    if (status == CONSENT_OK && (text.size == 0 || text.data[text.size - 1] != '\n'))
        cs_buffer_text(&text, "\n");
    if (status == CONSENT_OK && path != NULL)
        status = cs_files_write(path, cs_buffer_span(&text), CS_FILES_SECRET, false, err);
    else if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    if (status == CONSENT_OK && path != NULL)
        cs_tool_say(tool, "exported to %s", path);
    cs_buffer_free(&text);
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_health(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_error why = {0, 0, ""};
    cs_buffer text;
    cs_json_out json;
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    consent_status health = consent_profile_health(session.profile, &why);
    cs_buffer_init(&text, &tool->env.memory, 4096);
    cs_json_out_init(&json, &text);
    if (tool->json) {
        cs_json_open_object(&json);
        cs_json_member_text(&json, "health", consent_status_name(health));
        cs_json_member_text(&json, "message", health == CONSENT_OK ? NULL : why.message);
        cs_json_close_object(&json);
    } else {
        cs_buffer_printf(&text, "%s%s%s", consent_status_name(health), health == CONSENT_OK ? "" : ": ", why.message);
    }
    cs_buffer_text(&text, "\n");
    status = cs_tool_print(tool, &text, err);
    if (health != CONSENT_OK)
        tool->exit_code = CS_EXIT_FAILED;
    cs_buffer_free(&text);
    cs_session_close(&session);
    return status;
}
