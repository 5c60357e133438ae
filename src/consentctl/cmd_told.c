/* consentctl import, age and changes: consent from before, an age seen elsewhere, and what acts changed for the app. */
#include "consentctl/runtime.h"
#include "consentctl/session.h"

#include <stdlib.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

const cs_option_spec cs_options_import[] = {
    CS_SESSION_OPTIONS,
    {"given", 0, "TIME", "when it was given (RFC 3339); required"},
    {"scope", 0, "PRODUCT", "product; left out: the platform"},
    {"policy-version", 0, "N", "the version it was given for; left out: the newest in force"},
    {"purpose", 0, "ID", "one purpose; left out: all that accepting the policy covers"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_age[] = {
    CS_SESSION_OPTIONS,
    {"source", 0, "ID", "where it was seen: profile, order or another"},
    {"reference", 0, "TEXT", "where its evidence is kept"},
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_changes[] = {
    CS_SESSION_OPTIONS,
    {"after", 0, "N", "cursor: the number of an event; left out: from the beginning"},
    CS_OPTIONS_END,
};

/* A whole number from 0; 0 when the option is left out. */
static consent_status read_number(const cs_options *options, const char *name, uint64_t *out, consent_error *err)
{
    const char *text = cs_options_get(options, name);
    char *end = NULL;
    *out = 0;
    if (text == NULL)
        return CONSENT_OK;
    *out = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out <= INT32_MAX)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--%s was \"%.40s\"; write a whole number", name, text);
}

consent_status cs_cmd_import(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_imported given = CONSENT_INIT(consent_imported);
    const char *time = cs_options_get(options, "given");
    uint64_t version = 0;
    consent_status status = read_number(options, "policy-version", &version, err);
    if (status == CONSENT_OK && (time == NULL || !cs_time_parse(cs_str_of(time), &given.given_ms)))
        status = cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                         "the option --given was missing or no instant; write one like 2026-03-02T09:00:00+08:00");
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    given.reference = options->arguments[0];
    given.scope = cs_options_get(options, "scope");
    given.purpose = cs_options_get(options, "purpose");
    given.policy_version = (uint32_t)version;
    status = consent_import(session.profile, &given, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "imported: recorded");
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_age(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    consent_age_signal signal = CONSENT_INIT(consent_age_signal);
    consent_status status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_age_signal_read(options->arguments[0], &signal);
    signal.source = cs_options_get(options, "source");
    signal.reference = cs_options_get(options, "reference");
    status = consent_signal_age(session.profile, &signal, err);
    if (status == CONSENT_OK)
        cs_tool_say(tool, "age: taken in");
    cs_session_close(&session);
    return status;
}

consent_status cs_cmd_changes(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer lines;
    uint64_t after = 0;
    consent_status status = read_number(options, "after", &after, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, true, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&lines, &tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_changes(session.profile, after, cs_write_to_buffer, &lines, err);
    if (status == CONSENT_OK && lines.size > 0)
        status = cs_tool_print(tool, &lines, err);
    cs_buffer_free(&lines);
    cs_session_close(&session);
    return status;
}
