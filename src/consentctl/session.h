/* session: a home and a profile opened as the command line asks, questions built from options, answers printed. Only the
 * public interface of the library is used. */
#ifndef CS_SESSION_H
#define CS_SESSION_H

#include "consentctl/tool.h"
#include "json/json.h"

#include <consent/platform.h>
#include <consent/rights.h>

/* Rows that commands put into their option lists. */
#define CS_SESSION_OPTIONS                                                                                             \
    {"profile", 0, "ACCOUNT", "the person's account; left out: the device's anonymous profile"},                       \
    {                                                                                                                  \
        "now", 0, "TIME", "a virtual clock that stands at this instant (RFC 3339)"                                     \
    }
#define CS_LOCALE_OPTION                                                                                               \
    {                                                                                                                  \
        "locale", 0, "LOCALE", "language of texts, e.g. zh-CN; left out: the policy's first"                           \
    }
#define CS_FUNCTION_OPTION                                                                                             \
    {                                                                                                                  \
        "function", 0, "ID", "a function as a whole, instead of a purpose"                                             \
    }
#define CS_QUERY_OPTIONS                                                                                               \
    {"scope", 0, "PRODUCT", "product; left out: the platform"}, {"purpose", 0, "ID", "purpose of the question"},       \
        {"recipient", 0, "ID", "who receives the data"}, {"data", 0, "ID,ID", "data items"},                           \
        {"permission", 0, "ID", "system permission needed"}, {"call-site", 0, "ID", "where the permission is asked"},  \
        {"data-state", 0, "STATE", "the data are deidentified or anonymised; left out: identified"},                   \
    {                                                                                                                  \
        "user-initiated", 0, NULL, "the person started it just now"                                                    \
    }
#define CS_OPTIONS_END                                                                                                 \
    {                                                                                                                  \
        NULL, 0, NULL, NULL                                                                                            \
    }

typedef struct cs_session {
    cs_tool *tool;
    consent_client *client;
    consent_profile *profile;
    consent_clock clock; /* used with --now */
    int64_t now_ms;      /* of --now, else when the session was opened */
    uint8_t root[65];
} cs_session;

/* Opens the client of --home; with want_profile the profile of --profile as well. The session must not move until it is
 * closed. On failure there is nothing to close. */
consent_status cs_session_open(cs_session *session, cs_tool *tool, const cs_options *options, bool want_profile,
                               consent_error *err);
void cs_session_close(cs_session *session);

/* Fills *clock so that it stands at *now_ms, which stays the caller's to move. */
void cs_session_clock(consent_clock *clock, int64_t *now_ms);

typedef struct cs_query_args {
    consent_query query;
    const char *data[64];
    char data_text[4096]; /* owns the names in `data` */
} cs_query_args;

/* E_ARGUMENT when --data is malformed, or when --purpose is missing and needed. */
consent_status cs_query_from_options(const cs_options *options, bool need_purpose, cs_query_args *out,
                                     consent_error *err);

/* As one JSON object; as one line for people: "deny refused_recently: may be asked again from 2026-03-04 17:00". */
void cs_verdict_json(cs_json_out *out, const consent_verdict *verdict);
void cs_verdict_members(cs_json_out *out, const consent_verdict *verdict);
void cs_verdict_text(cs_buffer *out, const consent_verdict *verdict);
/* Prints it either way and sets the exit status: 0 allow, 3 deny, 4 ask. */
consent_status cs_verdict_print(cs_tool *tool, const consent_verdict *verdict, consent_error *err);

/* A consent_write_fn whose ctx is a cs_buffer. */
int cs_write_to_buffer(void *ctx, const char *text, size_t size);

/* "2016-05-01" is a date of birth, "14" an age that the person is under; anything else is left for the library to refuse. */
void cs_age_signal_read(const char *text, consent_age_signal *out);

#endif
