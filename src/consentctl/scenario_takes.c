#include "consentctl/scenario_schema.h"

static bool wrong_type(cs_json_in *in, const cs_json *value, const char *wanted)
{
    return cs_json_complain(in, "%s was expected, not %s", wanted, cs_json_type_name(cs_json_type_of(value)));
}

static bool is_text(const cs_json *value)
{
    return cs_json_type_of(value) == CS_JSON_STRING && cs_json_str(value).size > 0;
}

static bool check_strings(cs_json_in *in, const cs_json *value)
{
    if (cs_json_type_of(value) != CS_JSON_ARRAY)
        return wrong_type(in, value, "an array of strings");
    for (const cs_json *each = cs_json_first(value); each != NULL; each = cs_json_next(each)) {
        if (!is_text(each))
            return wrong_type(in, each, "a string that is not empty");
    }
    return true;
}

static bool check_moment(cs_json_in *in, const cs_json *value)
{
    cs_str base;
    int64_t offset_ms = 0;
    if (!is_text(value) || !cs_moment_split(cs_json_str(value), &base, &offset_ms))
        return cs_json_complain(in,
                                "a moment was expected: \"+47h59m\", \"asked+48h\" or \"2026-03-02T09:00:00+08:00\"");
    return true;
}

/* The members of an object that asks a question; the same as consent_query. */
static bool check_query(cs_json_in *in, const cs_json *value)
{
    static const struct {
        const char *name;
        cs_json_type type;
    } members[] = {{"scope", CS_JSON_STRING},        {"purpose", CS_JSON_STRING},    {"recipient", CS_JSON_STRING},
                   {"data", CS_JSON_ARRAY},          {"permission", CS_JSON_STRING}, {"call_site", CS_JSON_STRING},
                   {"user_initiated", CS_JSON_BOOL}, {"data_state", CS_JSON_STRING}, {"function", CS_JSON_STRING}};
    if (is_text(value))
        return true;
    if (cs_json_type_of(value) != CS_JSON_OBJECT)
        return wrong_type(in, value, "a name given by let, or an object with a purpose,");
    for (const cs_json *each = cs_json_first(value); each != NULL; each = cs_json_next(each)) {
        size_t i = 0;
        while (i < CS_COUNT_OF(members) && !cs_str_is(cs_str_of(members[i].name), cs_json_name(each)))
            i++;
        if (i == CS_COUNT_OF(members))
            return cs_json_complain(
                in,
                "a question has no member \"%s\"; it may have scope, purpose, recipient, data, permission, "
                "call_site, user_initiated, data_state, function",
                cs_json_name(each));
        size_t mark = cs_json_enter(in, members[i].name, SIZE_MAX);
        bool fits = members[i].type == CS_JSON_ARRAY ? check_strings(in, each)
                                                     : cs_json_type_of(each) == members[i].type ||
                                                           wrong_type(in, each, cs_json_type_name(members[i].type));
        cs_json_leave(in, mark);
        if (!fits)
            return false;
    }
    return true;
}

static bool check_names(cs_json_in *in, const cs_json *value)
{
    if (cs_json_type_of(value) != CS_JSON_OBJECT || cs_json_count(value) == 0)
        return wrong_type(in, value, "an object of names");
    for (const cs_json *each = cs_json_first(value); each != NULL; each = cs_json_next(each)) {
        cs_str name = cs_str_of(cs_json_name(each));
        size_t mark = cs_json_enter(in, cs_json_name(each), SIZE_MAX);
        cs_str base;
        int64_t offset_ms = 0;
        int64_t instant_ms = 0;
        bool plain = cs_moment_split(name, &base, &offset_ms) && base.size == name.size && !cs_str_is(name, "now") &&
                     !cs_time_parse(name, &instant_ms);
        bool fits = plain || cs_json_complain(
                                 in, "a name has no space, colon, plus or minus, does not begin with a digit, and is "
                                     "not \"now\"");
        if (fits)
            fits = cs_json_type_of(each) == CS_JSON_OBJECT ? check_query(in, each) : check_moment(in, each);
        cs_json_leave(in, mark);
        if (!fits)
            return false;
    }
    return true;
}

static bool check_verdict_words(cs_json_in *in, cs_str text)
{
    int32_t found = 0;
    size_t space = 0;
    while (space < text.size && text.data[space] != ' ')
        space++;
    if (!cs_decision_find((cs_str){text.data, space}, &found))
        return cs_json_complain(in, "an expectation begins with deny, ask or allow, not \"%.*s\"", (int)space,
                                text.data);
    if (space < text.size && !cs_reason_find((cs_str){text.data + space + 1, text.size - space - 1}, &found))
        return cs_json_complain(in, "there is no reason \"%.*s\"; docs/decisions.md lists them",
                                (int)(text.size - space - 1), text.data + space + 1);
    return true;
}

static bool check_verdict_member(cs_json_in *in, const cs_json *value)
{
    cs_str name = cs_str_of(cs_json_name(value));
    int32_t found = 0;
    if (cs_str_is(name, "decision"))
        return cs_decision_find(cs_json_str(value), &found) || cs_json_complain(in, "deny, ask or allow was expected");
    if (cs_str_is(name, "reason"))
        return cs_reason_find(cs_json_str(value), &found) ||
               cs_json_complain(in, "there is no reason \"%.*s\"; docs/decisions.md lists them",
                                CS_STR_ARG(cs_json_str(value)));
    if (cs_str_is(name, "ground"))
        return is_text(value) || wrong_type(in, value, "a ground's name");
    if (cs_str_is(name, "policy_version") || cs_str_is(name, "policy_revision"))
        return cs_json_type_of(value) == CS_JSON_INT || wrong_type(in, value, "a number");
    if (cs_str_is(name, "evidence"))
        return cs_json_type_of(value) == CS_JSON_BOOL || wrong_type(in, value, "true or false");
    if (cs_str_is(name, "ask_after") || cs_str_is(name, "expires"))
        return cs_json_type_of(value) == CS_JSON_NULL || cs_str_is(cs_json_str(value), "never") ||
               check_moment(in, value);
    return cs_json_complain(in,
                            "an answer has no member \"%s\"; it may have decision, reason, ground, policy_version, "
                            "policy_revision, evidence, ask_after, expires",
                            cs_json_name(value));
}

static bool check_expectation(cs_json_in *in, const cs_json *value)
{
    if (is_text(value))
        return check_verdict_words(in, cs_json_str(value));
    if (cs_json_type_of(value) != CS_JSON_OBJECT || cs_json_count(value) == 0)
        return wrong_type(in, value, "\"allow\", \"deny refused_recently\" or an object");
    for (const cs_json *each = cs_json_first(value); each != NULL; each = cs_json_next(each)) {
        size_t mark = cs_json_enter(in, cs_json_name(each), SIZE_MAX);
        bool fits = check_verdict_member(in, each);
        cs_json_leave(in, mark);
        if (!fits)
            return false;
    }
    return true;
}

static bool check_saying(cs_json_in *in, const cs_json *value)
{
    if (is_text(value))
        return true;
    if (cs_json_type_of(value) != CS_JSON_OBJECT || cs_json_count(value) == 0)
        return wrong_type(in, value, "a text, or an object of texts by language,");
    for (const cs_json *each = cs_json_first(value); each != NULL; each = cs_json_next(each)) {
        if (!is_text(each))
            return wrong_type(in, each, "a text by language");
    }
    return true;
}

static bool check_answer(cs_json_in *in, const cs_json *value)
{
    cs_answers answers;
    consent_error why = {0, 0, ""};
    if (!is_text(value))
        return wrong_type(in, value, "an answer like \"tick=on, accept\"");
    return cs_answers_parse(cs_json_str(value), &answers, &why) == CONSENT_OK ||
           cs_json_complain(in, "%s", why.message);
}

static bool check_place(cs_json_in *in, const cs_json *value)
{
    cs_str text = cs_json_str(value);
    if (cs_json_type_of(value) == CS_JSON_INT && cs_json_int(value) >= 0)
        return true;
    return cs_str_is(text, "first") || cs_str_is(text, "middle") || cs_str_is(text, "last") ||
           cs_json_complain(in, "first, middle, last or an offset in bytes was expected");
}

/* A word out of a list that the library or the words above know. */
static bool check_word(cs_json_in *in, cs_takes takes, const cs_json *value)
{
    cs_str text = cs_json_str(value);
    int32_t occasion = 0;
    consent_os_state os = CONSENT_OS_UNKNOWN;
    consent_status status = CONSENT_OK;
    if (takes == CS_TAKES_OCCASION)
        return cs_occasion_find(text, &occasion) ||
               cs_json_complain(
                   in, "a form is for auto, first_run, update, own, separate, once, permission, manage, age, guardian, "
                       "child_rules, confirm, field, ad_hoc, external or notice");
    if (takes == CS_TAKES_OS)
        return cs_os_state_find(text, &os) ||
               cs_json_complain(in, "the system says granted, denied, blocked or unknown");
    return cs_status_find(text, &status) ||
           cs_json_complain(in, "there is no status \"%.*s\"; expected OK, REJECTED, TAMPERED, … as in consent.h",
                            CS_STR_ARG(text));
}

static bool check_plain(cs_json_in *in, cs_takes takes, const cs_json *value)
{
    cs_json_type type = cs_json_type_of(value);
    switch (takes) {
    case CS_TAKES_STRING:
        return is_text(value) || wrong_type(in, value, "a string that is not empty");
    case CS_TAKES_STRING_OR_NULL:
        return is_text(value) || type == CS_JSON_NULL || wrong_type(in, value, "a string or null");
    case CS_TAKES_INT:
        return (type == CS_JSON_INT && cs_json_int(value) >= 0) || wrong_type(in, value, "a number from 0");
    case CS_TAKES_BOOL:
        return type == CS_JSON_BOOL || wrong_type(in, value, "true or false");
    case CS_TAKES_TRUE:
        return cs_json_bool(value) || cs_json_complain(in, "true was expected");
    case CS_TAKES_OBJECT:
        return type == CS_JSON_OBJECT || wrong_type(in, value, "an object");
    default:
        return cs_json_complain(in, "nothing was expected");
    }
}

bool cs_takes_check(cs_json_in *in, cs_takes takes, const cs_json *value)
{
    switch (takes) {
    case CS_TAKES_STRINGS:
        return check_strings(in, value);
    case CS_TAKES_NAMES:
        return check_names(in, value);
    case CS_TAKES_MOMENT:
        return check_moment(in, value);
    case CS_TAKES_QUERY:
        return check_query(in, value);
    case CS_TAKES_EXPECTATION:
        return check_expectation(in, value);
    case CS_TAKES_STATUS:
    case CS_TAKES_OCCASION:
    case CS_TAKES_OS:
        return check_word(in, takes, value);
    case CS_TAKES_ANSWER:
        return check_answer(in, value);
    case CS_TAKES_PLACE:
        return check_place(in, value);
    case CS_TAKES_SAYING:
        return check_saying(in, value);
    default:
        return check_plain(in, takes, value);
    }
}
