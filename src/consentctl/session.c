#include "consentctl/session.h"

#include "consentctl/scenario_schema.h"

#include "consentctl/files.h"
#include "consentctl/keys.h"
#include "consentctl/scenario_schema.h"

#include <stdlib.h>
#include <string.h>

enum {
    EXIT_DENY = 3,
    EXIT_ASK = 4
};

static void standing_clock(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms)
{
    const int64_t *now_ms = ctx;
    *wall_ms = *now_ms;
    *elapsed_ms = *now_ms;
}

void cs_session_clock(consent_clock *clock, int64_t *now_ms)
{
    memset(clock, 0, sizeof(*clock));
    clock->struct_size = sizeof(*clock);
    clock->ctx = now_ms;
    clock->now = standing_clock;
}

static consent_status read_now(cs_session *session, const char *text, consent_error *err)
{
    if (!cs_time_parse(cs_str_of(text), &session->now_ms))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--now was \"%.40s\", which is no instant; write one like 2026-03-02T09:00:00+08:00", text);
    cs_session_clock(&session->clock, &session->now_ms);
    return CONSENT_OK;
}

consent_status cs_session_open(cs_session *session, cs_tool *tool, const cs_options *options, bool want_profile,
                               consent_error *err)
{
    const char *now = cs_options_get(options, "now");
    consent_config config = CONSENT_INIT(consent_config);
    consent_profile_config person = CONSENT_INIT(consent_profile_config);
    memset(session, 0, sizeof(*session));
    session->tool = tool;
    session->now_ms = cs_tool_now_ms(tool);
    if (tool->home == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "the option --home was missing; name the directory of the consent store");
    consent_status status = now != NULL ? read_now(session, now, err) : CONSENT_OK;
    if (status == CONSENT_OK && cs_options_has(options, "root"))
        status = cs_keys_read_public(&tool->env.memory, cs_options_get(options, "root"), session->root, err);
    if (status == CONSENT_OK && cs_options_has(options, "ephemeral") && cs_options_has(options, "profile"))
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "--ephemeral was given with --profile; a visitor has no account: leave one out");
    if (status != CONSENT_OK)
        return status;
    /* The library would make one: a misspelt directory would read as a person who was never asked. */
    if (!cs_options_has(options, "root") && !cs_files_is_dir(tool->home))
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                       "there was no consent store %.200s; name another, or make it with consentctl policy install",
                       tool->home);
    config.home = tool->home;
    config.clock = now != NULL ? &session->clock : NULL;
    config.root_keys = cs_options_has(options, "root") ? session->root : NULL;
    config.root_key_count = cs_options_has(options, "root") ? 1 : 0;
    config.platform = cs_options_get(options, "platform");
    status = consent_open(&config, &session->client, err);
    if (status != CONSENT_OK || !want_profile)
        return status;
    person.account = cs_options_get(options, "profile");
    person.ephemeral = cs_options_has(options, "ephemeral");
    status = consent_profile_open(session->client, &person, &session->profile, err);
    if (status != CONSENT_OK)
        cs_session_close(session);
    return status;
}

void cs_session_close(cs_session *session)
{
    consent_profile_close(session->profile);
    consent_close(session->client);
    session->profile = NULL;
    session->client = NULL;
}

/* ---- questions ----------------------------------------------------------------------------- */

static consent_status split_data(const char *text, cs_query_args *out, consent_error *err)
{
    size_t size = strlen(text);
    char *at = out->data_text;
    if (size >= sizeof(out->data_text))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "--data was longer than %zu bytes; name fewer data items", sizeof(out->data_text));
    memcpy(out->data_text, text, size + 1);
    while (at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = '\0';
        if (!cs_id_is_valid(cs_str_of(at)))
            return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                           "--data named \"%.40s\", which is no identifier; write ID or ID,ID", at);
        if (out->query.data_count == CS_COUNT_OF(out->data))
            return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--data named more than %zu items; name fewer",
                           CS_COUNT_OF(out->data));
        out->data[out->query.data_count++] = at;
        at = comma != NULL ? comma + 1 : NULL;
    }
    out->query.data = out->data;
    return CONSENT_OK;
}

consent_status cs_query_from_options(const cs_options *options, bool need_purpose, cs_query_args *out,
                                     consent_error *err)
{
    const char *data = cs_options_get(options, "data");
    memset(out, 0, sizeof(*out));
    out->query.struct_size = sizeof(out->query);
    out->query.scope = cs_options_get(options, "scope");
    out->query.purpose = cs_options_get(options, "purpose");
    out->query.recipient = cs_options_get(options, "recipient");
    out->query.permission = cs_options_get(options, "permission");
    out->query.call_site = cs_options_get(options, "call-site");
    out->query.data_state = cs_data_state_of(cs_str_of(cs_options_get(options, "data-state")));
    out->query.function = cs_options_get(options, "function");
    out->query.user_initiated = cs_options_has(options, "user-initiated");
    if (need_purpose && out->query.purpose == NULL && out->query.function == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "the option --purpose was missing; name the purpose of the question");
    return data != NULL ? split_data(data, out, err) : CONSENT_OK;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void member_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    if (time_ms == 0 || time_ms == INT64_MAX) {
        cs_json_member_text(out, name, time_ms == 0 ? NULL : "never");
        return;
    }
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}

void cs_verdict_members(cs_json_out *out, const consent_verdict *verdict)
{
    cs_json_member_text(out, "decision", cs_decision_name(verdict->decision));
    cs_json_member_text(out, "reason", consent_reason_name((consent_reason)verdict->reason));
    cs_json_member_text(out, "ground", consent_ground_name((consent_ground)verdict->ground));
    cs_json_member_int(out, "policy_version", verdict->policy_version);
    cs_json_member_int(out, "policy_revision", verdict->policy_revision);
    cs_json_member_int(out, "evidence_seq", (int64_t)verdict->evidence_seq);
    member_time(out, "ask_after", verdict->ask_after_ms);
    member_time(out, "expires", verdict->expires_ms);
}

void cs_verdict_json(cs_json_out *out, const consent_verdict *verdict)
{
    cs_json_open_object(out);
    cs_verdict_members(out, verdict);
    cs_json_close_object(out);
}

void cs_verdict_text(cs_buffer *out, const consent_verdict *verdict)
{
    char time[CS_TIME_TEXT_SIZE];
    cs_buffer_printf(out, "%s %s", cs_decision_name(verdict->decision),
                     consent_reason_name((consent_reason)verdict->reason));
    if (verdict->decision == CONSENT_ALLOW && verdict->ground != CONSENT_GROUND_CONSENT)
        cs_buffer_printf(out, " on the ground %s", consent_ground_name((consent_ground)verdict->ground));
    if (verdict->policy_version != 0)
        cs_buffer_printf(out, ", policy version %u", verdict->policy_version);
    if (verdict->evidence_seq != 0)
        cs_buffer_printf(out, ", event %llu", (unsigned long long)verdict->evidence_seq);
    if (verdict->ask_after_ms == INT64_MAX)
        cs_buffer_text(out, "; never asked again by itself");
    else if (verdict->ask_after_ms != 0) {
        cs_time_format_china(verdict->ask_after_ms, time);
        cs_buffer_printf(out, "; may be asked again from %s (+08:00)", time);
    }
    if (verdict->expires_ms != 0) {
        cs_time_format_china(verdict->expires_ms, time);
        cs_buffer_printf(out, "; until %s (+08:00)", time);
    }
}

consent_status cs_verdict_print(cs_tool *tool, const consent_verdict *verdict, consent_error *err)
{
    cs_buffer text;
    cs_json_out json;
    cs_buffer_init(&text, &tool->env.memory, 4096);
    cs_json_out_init(&json, &text);
    if (tool->json)
        cs_verdict_json(&json, verdict);
    else
        cs_verdict_text(&text, verdict);
    cs_buffer_text(&text, "\n");
    consent_status status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    tool->exit_code = verdict->decision == CONSENT_ALLOW ? CS_EXIT_OK
                      : verdict->decision == CONSENT_ASK ? EXIT_ASK
                                                         : EXIT_DENY;
    return status;
}

int cs_write_to_buffer(void *ctx, const char *text, size_t size)
{
    cs_buffer *buffer = ctx;
    cs_buffer_append(buffer, text, size);
    return buffer->failed ? 1 : 0;
}

void cs_age_signal_read(const char *text, consent_age_signal *out)
{
    char *end = NULL;
    long under = strtol(text, &end, 10);
    if (*end == '\0' && under >= 0 && under <= INT32_MAX)
        out->under = (int32_t)under;
    else
        out->birth = text;
}
