/* Rules about when, where and how it is told: instants, region, cool-downs, rights, documents. */
#include "consentctl/lint.h"

#include <stdio.h>

#define CLOSING_NOTICE_MS (30 * CS_DAY_MS)
#define EFFECTIVE_NOTICE_MS (7 * CS_DAY_MS)
#define LEAST_COOLDOWN_MS (48 * CS_HOUR_MS)
#define MOST_REPLY_DAYS 15

static int64_t instant(const cs_json *object, const char *name)
{
    int64_t time_ms = 0;
    return cs_time_parse(cs_lint_string(object, name), &time_ms) ? time_ms : 0;
}

CS_LINT_RULE(closing_notice)
{
    const cs_json *service = cs_json_get(lint->root, "service");
    if (!cs_str_is(cs_lint_string(service, "state"), "closing"))
        return;
    int64_t notice_ms = instant(service, "notice");
    int64_t end_ms = instant(service, "end");
    if (notice_ms == 0 || end_ms == 0 || end_ms - notice_ms < CLOSING_NOTICE_MS)
        cs_lint_report(lint, "service", NULL,
                       "less than 30 days lay between the closing notice and the end; move the end");
}

CS_LINT_RULE(effective_notice)
{
    int64_t published_ms = instant(lint->root, "published");
    int64_t effective_ms = instant(lint->root, "effective");
    if (published_ms == 0 || effective_ms == 0 || effective_ms - published_ms < EFFECTIVE_NOTICE_MS)
        cs_lint_report(lint, "effective", NULL, "it took effect less than 7 days after publishing; move it");
}

CS_LINT_RULE(region_missing)
{
    if (cs_lint_string(lint->root, "region").size == 0)
        cs_lint_report(lint, "region", NULL, "it was not said where data are stored; write CN");
}

CS_LINT_RULE(region_foreign)
{
    cs_str region = cs_lint_string(lint->root, "region");
    if (region.size > 0 && !cs_str_is(region, "CN"))
        cs_lint_report(lint, "region", NULL, "data are stored in %.*s; data of people in China are stored in CN",
                       CS_STR_ARG(region));
}

static bool is_too_short(const cs_json *object)
{
    int64_t duration_ms = 0;
    cs_str text = cs_lint_string(object, "cooldown");
    return cs_duration_parse(text, &duration_ms) && duration_ms < LEAST_COOLDOWN_MS;
}

CS_LINT_RULE(cooldown)
{
    static const char *const lists[] = {"purposes", "permissions", NULL};
    static const char advice[] = "the cool-down was under 48 hours; write 48h, longer, or never";
    if (is_too_short(lint->root))
        cs_lint_report(lint, "cooldown", NULL, "%s", advice);
    for (const char *const *list = lists; *list; list++)
        for (const cs_json *at = cs_lint_first(lint, *list); at; at = cs_json_next(at))
            if (is_too_short(at))
                cs_lint_report(lint, *list, at, "%s", advice);
}

CS_LINT_RULE(rights_reply)
{
    int64_t days = cs_json_int(cs_json_get(cs_json_get(lint->root, "rights"), "reply_working_days"));
    if (days < 1 || days > MOST_REPLY_DAYS)
        cs_lint_report(lint, "rights", NULL,
                       "requests were not answered within 15 working days; set reply_working_days");
}

CS_LINT_RULE(rights_kinds)
{
    static const char *const needed[] = {"access",   "copy",           "correct", "delete",
                                         "withdraw", "cancel_account", "explain"};
    const cs_json *kinds = cs_json_get(cs_json_get(lint->root, "rights"), "kinds");
    for (size_t i = 0; i < CS_COUNT_OF(needed); i++) {
        bool found = false;
        for (const cs_json *at = cs_json_first(kinds); at; at = cs_json_next(at))
            found = found || cs_str_is(cs_json_str(at), needed[i]);
        if (!found)
            cs_lint_report(lint, "rights.kinds", NULL, "the right %s was not offered; add it", needed[i]);
    }
}

/* ---- documents ----------------------------------------------------------------------------- */

CS_LINT_RULE(document)
{
    for (uint32_t i = 0; i < lint->source.locale_count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "document.%.*s.md", CS_STR_ARG(lint->source.locales[i]));
        if (!lint->documents[i])
            cs_lint_report(lint, name, NULL, "%.200s", lint->source.document_errors[i].message);
    }
}

CS_LINT_RULE(section)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at)) {
        char id[CS_ID_MAX_SIZE + 1];
        cs_str section = cs_lint_string(at, "section");
        (void)snprintf(id, sizeof id, "%.*s", CS_STR_ARG(section));
        if (section.size == 0)
            cs_lint_report(lint, "purposes", at, "no document section tells of it; name its id in section");
        for (uint32_t i = 0; section.size > 0 && i < lint->source.locale_count; i++)
            if (lint->documents[i] && !cs_document_section(lint->documents[i], id))
                cs_lint_report(lint, "purposes", at, "document.%.*s.md had no section {#%s}; add it or name another",
                               CS_STR_ARG(lint->source.locales[i]), id);
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A name begins with a capital in a table and without one in a sentence. */
static bool holds(const char *text, const char *name)
{
    for (; *text; text++) {
        size_t i = 0;
        while (name[i] && lower(text[i]) == lower(name[i]))
            i++;
        if (!name[i])
            return true;
    }
    return false;
}

static bool is_underlined(const cs_document *document, const char *text)
{
    for (uint32_t i = 0; i < document->block_count; i++)
        for (uint32_t s = 0; s < document->blocks[i].span_count; s++) {
            const cs_span_text *span = &document->blocks[i].spans[s];
            if (span->emphasis == 2 && holds(span->text, text))
                return true;
        }
    return false;
}

CS_LINT_RULE(sensitive_emphasis)
{
    for (const cs_json *at = cs_lint_first(lint, "data"); at; at = cs_json_next(at)) {
        if (cs_lint_string(at, "sensitive").size == 0)
            continue;
        for (uint32_t i = 0; i < lint->source.locale_count; i++) {
            char locale[40];
            char name[400];
            (void)snprintf(locale, sizeof locale, "%.*s", CS_STR_ARG(lint->source.locales[i]));
            cs_str text = cs_lint_string(cs_json_get(at, "name"), locale);
            (void)snprintf(name, sizeof name, "%.*s", CS_STR_ARG(text));
            if (text.size > 0 && lint->documents[i] && !is_underlined(lint->documents[i], name))
                cs_lint_report(lint, "data", at,
                               "document.%s.md never shows it bold and underlined; write **_…_** around its name",
                               locale);
        }
    }
}

/* ---- the engine's own word ----------------------------------------------------------------- */

CS_LINT_RULE(invalid)
{
    if (cs_lint_count_of(lint, CS_LINT_ERROR) > 0)
        return; /* one cause, one finding: an incomplete policy is refused for what was found above */
    cs_policy *policy = NULL;
    cs_texts *texts = NULL;
    consent_error error = {0};
    cs_str text = {(const char *)lint->source.text.data, lint->source.text.size};
    if (cs_policy_parse(lint->memory, text, "policy.json", true, &policy, &texts, &error) != CONSENT_OK)
        cs_lint_report(lint, "policy.json", NULL, "%.230s", error.message);
    for (uint16_t i = 0; policy && i < policy->purpose_count; i++)
        if (policy->purposes[i].undeclared)
            cs_lint_report(
                lint, policy->purposes[i].id, NULL,
                "its kind, form, ground or data state was unknown or claimed too much, so it would never be allowed");
    cs_policy_free(policy);
    cs_texts_free(texts);
}
