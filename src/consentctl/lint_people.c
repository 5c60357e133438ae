/* Rules about who: controller, recipients, labels, locales, minors. */
#include "consentctl/lint.h"

#include <stdio.h>

CS_LINT_RULE(controller_name)
{
    if (!cs_lint_has_text(cs_json_get(lint->root, "controller"), "name"))
        cs_lint_report(lint, "controller", NULL, "the controller had no name; give its registered name");
}

CS_LINT_RULE(controller_contact)
{
    const cs_json *contacts = cs_json_get(cs_json_get(lint->root, "controller"), "contacts");
    for (const cs_json *at = cs_json_first(contacts); at; at = cs_json_next(at))
        if (cs_lint_has_text(at, "value"))
            return;
    cs_lint_report(lint, "controller", NULL, "the controller had no contact; add a hotline, e-mail or address");
}

CS_LINT_RULE(recipient_name)
{
    for (const cs_json *at = cs_lint_first(lint, "recipients"); at; at = cs_json_next(at))
        if (!cs_lint_has_text(at, "name"))
            cs_lint_report(lint, "recipients", at, "the recipient had no name; name it");
}

CS_LINT_RULE(recipient_contact)
{
    for (const cs_json *at = cs_lint_first(lint, "recipients"); at; at = cs_json_next(at))
        if (!cs_lint_has_text(at, "contact"))
            cs_lint_report(lint, "recipients", at, "the recipient had no contact; say how a person reaches it");
}

static bool gives_no_data(const cs_json *purpose, const cs_json *recipient)
{
    const cs_json *subset = cs_json_get(recipient, "data");
    return cs_json_count(cs_json_type_of(subset) == CS_JSON_ARRAY ? subset : cs_json_get(purpose, "data")) == 0;
}

CS_LINT_RULE(recipient_data)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r))
            if (gives_no_data(at, r))
                cs_lint_report(lint, "purposes", at, "no data were listed for the recipient %.*s; list what it gets",
                               CS_STR_ARG(cs_lint_id(r)));
}

static bool is_named(const cs_lint *lint, cs_str recipient)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r))
            if (cs_str_equal(cs_lint_id(r), recipient))
                return true;
    return false;
}

CS_LINT_RULE(recipient_purpose)
{
    for (const cs_json *at = cs_lint_first(lint, "recipients"); at; at = cs_json_next(at))
        if (!is_named(lint, cs_lint_id(at)))
            cs_lint_report(lint, "recipients", at, "no purpose named the recipient; say what for, or remove it");
}

CS_LINT_RULE(recipient_method)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r))
            if (!cs_lint_has_text(r, "method") && !cs_lint_has_text(at, "method"))
                cs_lint_report(lint, "purposes", at,
                               "no method was given for the recipient %.*s; say how data reach it",
                               CS_STR_ARG(cs_lint_id(r)));
}

CS_LINT_RULE(recipient_abroad)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r)) {
            cs_str country = cs_lint_string(cs_lint_find(lint, "recipients", cs_lint_id(r)), "country");
            if (country.size > 0 && !cs_str_is(country, "CN") && !(cs_lint_is_separate(at) && cs_lint_on_consent(at)))
                cs_lint_report(lint, "purposes", at,
                               "the recipient %.*s is abroad, so the engine denies it; ask for separate consent",
                               CS_STR_ARG(cs_lint_id(r)));
        }
}

CS_LINT_RULE(sdk_details)
{
    for (const cs_json *at = cs_lint_first(lint, "recipients"); at; at = cs_json_next(at)) {
        if (!cs_str_is(cs_lint_string(at, "role"), "sdk"))
            continue;
        if (!cs_lint_has_text(at, "developer") || cs_lint_string(at, "sdk_version").size == 0)
            cs_lint_report(lint, "recipients", at, "the SDK had no developer or no version; give both");
    }
}

CS_LINT_RULE(external_policy)
{
    static const char *const roles[] = {"mini_program", "account_provider", NULL};
    for (const cs_json *at = cs_lint_first(lint, "recipients"); at; at = cs_json_next(at))
        if (cs_lint_is_one_of(cs_lint_string(at, "role"), roles) && cs_lint_string(at, "policy_url").size == 0)
            cs_lint_report(lint, "recipients", at, "no link to its own policy was given; add policy_url");
}

/* ---- labels and locales -------------------------------------------------------------------- */

CS_LINT_RULE(accept_label)
{
    static const char *const vague[] = {"好的", "好", "我知道了", "知道了", "确定",     "确认", "继续", "下一步", "OK",
                                        "Ok",   "ok", "Okay",     "Got it", "Continue", "Next", "Done", "Close",  NULL};
    const cs_json *label = cs_json_get(cs_json_get(lint->root, "labels"), "accept");
    if (!cs_lint_has_text(cs_json_get(lint->root, "labels"), "accept"))
        cs_lint_report(lint, "labels.accept", NULL, "there was no accept label; write for example 同意并继续");
    for (const cs_json *at = cs_json_first(label); at; at = cs_json_next(at))
        if (cs_lint_is_one_of(cs_json_str(at), vague))
            cs_lint_report(lint, "labels.accept", NULL,
                           "the label \"%.*s\" did not say that it accepts; write for example 同意",
                           CS_STR_ARG(cs_json_str(at)));
}

CS_LINT_RULE(refuse_label)
{
    if (!cs_lint_has_text(cs_json_get(lint->root, "labels"), "refuse"))
        cs_lint_report(lint, "labels.refuse", NULL, "there was no refuse label; write for example 不同意");
}

CS_LINT_RULE(locale_zh_cn)
{
    for (uint32_t i = 0; i < lint->source.locale_count; i++)
        if (cs_str_is(lint->source.locales[i], "zh-CN"))
            return;
    cs_lint_report(lint, "locales", NULL, "there was no zh-CN; the text must exist in simplified Chinese");
}

static bool is_locale(const cs_lint *lint, const char *name)
{
    for (uint32_t i = 0; i < lint->source.locale_count; i++)
        if (cs_str_is(lint->source.locales[i], name))
            return true;
    return false;
}

/* A text map is an object one of whose members is a declared locale. */
static bool is_text_map(const cs_lint *lint, const cs_json *value)
{
    for (const cs_json *at = cs_json_first(value); at; at = cs_json_next(at))
        if (is_locale(lint, cs_json_name(at)))
            return true;
    return false;
}

static void check_texts(cs_lint *lint, const char *path, const cs_json *value)
{
    char below[CS_ID_MAX_SIZE * 2];
    if (cs_json_type_of(value) == CS_JSON_OBJECT && is_text_map(lint, value)) {
        for (uint32_t i = 0; i < lint->source.locale_count; i++) {
            char name[40];
            (void)snprintf(name, sizeof name, "%.*s", CS_STR_ARG(lint->source.locales[i]));
            if (cs_json_str(cs_json_get(value, name)).size == 0)
                cs_lint_report(lint, path, NULL, "the text was missing in %s; translate it", name);
        }
        return;
    }
    unsigned index = 0;
    for (const cs_json *at = cs_json_first(value); at; at = cs_json_next(at), index++) {
        if (cs_json_type_of(value) == CS_JSON_ARRAY)
            (void)snprintf(below, sizeof below, "%s[%u]", path, index);
        else
            (void)snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", cs_json_name(at));
        check_texts(lint, below, at);
    }
}

CS_LINT_RULE(translation)
{
    check_texts(lint, "", lint->root);
}

/* ---- minors -------------------------------------------------------------------------------- */

static bool tells_ages_apart(const cs_lint *lint)
{
    bool gate = cs_json_int(cs_json_get(cs_json_get(lint->root, "minors"), "child_under")) > 0;
    for (const cs_json *at = cs_lint_first(lint, "functions"); at; at = cs_json_next(at))
        gate = gate || cs_json_bool(cs_json_get(at, "needs_age"));
    return gate;
}

static const cs_json *child_rules_of(const cs_lint *lint)
{
    return cs_json_get(cs_json_get(lint->root, "minors"), "rules");
}

CS_LINT_RULE(child_rules)
{
    const cs_json *rules = child_rules_of(lint);
    if (tells_ages_apart(lint) &&
        (cs_lint_string(rules, "id").size == 0 || cs_json_int(cs_json_get(rules, "version")) < 1))
        cs_lint_report(lint, "minors.rules", NULL,
                       "ages are asked for, but there were no child rules; name them with version");
}

CS_LINT_RULE(child_facts)
{
    const cs_json *rules = child_rules_of(lint);
    for (int i = 0; rules && tells_ages_apart(lint) && i < CS_CHILD_FACTS; i++) {
        const char *name = cs_child_fact_name((cs_child_fact)i);
        if (!cs_lint_has_text(cs_json_get(rules, "facts"), name))
            cs_lint_report(lint, "minors.rules.facts", NULL,
                           "the guardian was not told of \"%s\"; say it, all six facts are needed", name);
    }
}

/* A product's children are under the platform's rules. */
CS_LINT_RULE(child_document)
{
    if (!child_rules_of(lint) || !tells_ages_apart(lint) || !cs_str_is(cs_lint_string(lint->root, "scope"), "platform"))
        return;
    for (uint32_t i = 0; i < lint->source.locale_count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "child-rules.%.*s.md", CS_STR_ARG(lint->source.locales[i]));
        if (lint->source.rules[i].size == 0)
            cs_lint_report(lint, name, NULL, "%.200s",
                           lint->source.rules_errors[i].message[0]
                               ? lint->source.rules_errors[i].message
                               : "the child rules had no text of their own; write them for the guardian to read");
    }
}

CS_LINT_RULE(child_retention)
{
    if (tells_ages_apart(lint) && cs_lint_string(cs_json_get(lint->root, "minors"), "retention").size == 0)
        cs_lint_report(lint, "minors.retention", NULL,
                       "it was not said how long a child's data is kept at most; write for example \"30d\"");
}

CS_LINT_RULE(age_purpose)
{
    cs_str purpose = cs_lint_string(cs_json_get(lint->root, "minors"), "purpose");
    if (tells_ages_apart(lint) && !cs_lint_find(lint, "purposes", purpose) &&
        cs_str_is(cs_lint_string(lint->root, "scope"), "platform"))
        cs_lint_report(
            lint, "minors.purpose", NULL,
            "ages are asked for, but no purpose says what for; name one, with the data and how long it is kept");
}

static bool takes(const cs_json *purpose, cs_str data)
{
    for (const cs_json *at = cs_json_first(cs_json_get(purpose, "data")); at; at = cs_json_next(at))
        if (cs_str_equal(cs_lint_id(at), data))
            return true;
    return false;
}

CS_LINT_RULE(minor_declaration)
{
    for (const cs_json *item = cs_lint_first(lint, "data"); item; item = cs_json_next(item)) {
        bool declared = !cs_str_is(cs_lint_string(item, "sensitive"), "minor");
        for (const cs_json *at = cs_lint_first(lint, "purposes"); at && !declared; at = cs_json_next(at))
            declared = cs_str_is(cs_lint_string(at, "kind"), "declare") && takes(at, cs_lint_id(item));
        if (!declared)
            cs_lint_report(lint, "data", item,
                           "a minor's details are taken, but nobody declares to be the guardian or to have the "
                           "guardian's consent; add a purpose of kind declare");
    }
}
