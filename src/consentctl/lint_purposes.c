/* Rules about what for: functions, purposes, data, permissions. */
#include "consentctl/lint.h"

static const char *const additional_kinds[] = {"market", "automate", "combine", "publish", "obtain", "launch", NULL};
static const char *const ad_roles[] = {"advertising", "analytics", NULL};

static bool is_sensitive(const cs_lint *lint, const cs_json *purpose)
{
    for (const cs_json *at = cs_json_first(cs_json_get(purpose, "data")); at; at = cs_json_next(at))
        if (cs_lint_string(cs_lint_find(lint, "data", cs_lint_id(at)), "sensitive").size > 0)
            return true;
    return false;
}

CS_LINT_RULE(purpose_text)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (!cs_lint_has_text(at, "name") || !cs_lint_has_text(at, "text"))
            cs_lint_report(lint, "purposes", at, "the purpose had no name or no text; say what is done and why");
}

/* With recipients the method of each is another rule's. */
CS_LINT_RULE(purpose_method)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_lint_on_consent(at) && cs_lint_is_separate(at) && !cs_lint_has_text(at, "method") &&
            cs_json_count(cs_json_get(at, "recipients")) == 0)
            cs_lint_report(lint, "purposes", at, "its form needs the way of processing; add method");
}

CS_LINT_RULE(policy_consequence)
{
    if (!cs_lint_has_text(lint->root, "consequence"))
        cs_lint_report(lint, "consequence", NULL, "it was not said what refusing the policy costs; add consequence");
}

CS_LINT_RULE(function_refusal)
{
    for (const cs_json *at = cs_lint_first(lint, "functions"); at; at = cs_json_next(at))
        if (!cs_lint_has_text(at, "refusal"))
            cs_lint_report(lint, "functions", at, "it was not said what refusing costs; add refusal");
}

CS_LINT_RULE(sharing_form)
{
    static const char *const kinds[] = {"share", "publish", "launch", NULL};
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_lint_is_one_of(cs_lint_string(at, "kind"), kinds) && cs_lint_on_consent(at) &&
            !cs_lint_is_separate(at) && !cs_str_is(cs_lint_string(at, "form"), "once"))
            cs_lint_report(lint, "purposes", at,
                           "it gives data to others without separate consent; use the form separate");
}

CS_LINT_RULE(sensitive_form)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (is_sensitive(lint, at) && cs_lint_on_consent(at) && !cs_lint_is_separate(at))
            cs_lint_report(lint, "purposes", at, "it uses sensitive data; use the form separate or written");
}

static void need_text(cs_lint *lint, const char *name, const char *question)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (is_sensitive(lint, at) && cs_lint_on_consent(at) && !cs_lint_has_text(at, name))
            cs_lint_report(lint, "purposes", at, "it uses sensitive data but did not say %s; add %s", question, name);
}

CS_LINT_RULE(sensitive_necessity)
{
    need_text(lint, "necessity", "why they are necessary");
}

CS_LINT_RULE(sensitive_impact)
{
    need_text(lint, "impact", "how that affects the person");
}

/* ---- basic and additional ------------------------------------------------------------------ */

CS_LINT_RULE(basic_permission)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_lint_in_basic(lint, at) && cs_json_count(cs_json_get(at, "permissions")) > 0)
            cs_lint_report(lint, "purposes", at,
                           "a basic function needed a system permission; move it into an additional function");
}

CS_LINT_RULE(basic_additional)
{
    static const char *const kinds[] = {"market", "automate",      "combine", "obtain",
                                        "launch", "retain_longer", "publish", NULL};
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_lint_in_basic(lint, at) && cs_lint_on_consent(at) &&
            cs_lint_is_one_of(cs_lint_string(at, "kind"), kinds))
            cs_lint_report(lint, "purposes", at,
                           "a basic function held a purpose of kind %.*s; move it into an additional one",
                           CS_STR_ARG(cs_lint_string(at, "kind")));
}

CS_LINT_RULE(basic_optional_data)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at)) {
        if (!cs_lint_in_basic(lint, at) || !cs_str_is(cs_lint_string(at, "form"), "policy"))
            continue;
        for (const cs_json *d = cs_json_first(cs_json_get(at, "data")); d; d = cs_json_next(d))
            if (cs_str_is(cs_lint_string(d, "need"), "optional"))
                cs_lint_report(lint, "purposes", at,
                               "accepting the policy takes the optional %.*s along; ask for it in a purpose of its own",
                               CS_STR_ARG(cs_lint_id(d)));
    }
}

static bool requires_data(const cs_json *purpose)
{
    const cs_json *data = cs_json_first(cs_json_get(purpose, "data"));
    bool required = data == NULL;
    for (; data; data = cs_json_next(data)) {
        cs_str need = cs_lint_string(data, "need");
        required = required || need.size == 0 || cs_str_is(need, "required");
    }
    return required;
}

static void check_need(cs_lint *lint, const cs_json *function, cs_str id)
{
    const cs_json *purpose = cs_lint_find(lint, "purposes", id);
    bool basic = cs_str_is(cs_lint_string(function, "kind"), "basic");
    if (!purpose && cs_str_is(cs_lint_string(lint->root, "scope"), "platform"))
        cs_lint_report(lint, "functions", function, "it needs the purpose %.*s, which is not there", CS_STR_ARG(id));
    else if (purpose && basic && !cs_lint_in_basic(lint, purpose))
        cs_lint_report(lint, "functions", function, "it is basic but needs %.*s of an additional function",
                       CS_STR_ARG(id));
    else if (purpose && !requires_data(purpose))
        cs_lint_report(lint, "functions", function, "it needs %.*s, all of whose data may be left out", CS_STR_ARG(id));
}

/* A product's function may need the platform's purposes, which are not at hand. */
CS_LINT_RULE(function_needs)
{
    for (const cs_json *at = cs_lint_first(lint, "functions"); at; at = cs_json_next(at))
        for (const cs_json *need = cs_json_first(cs_json_get(at, "needs")); need; need = cs_json_next(need))
            check_need(lint, at, cs_json_str(need));
}

/* ---- grounds ------------------------------------------------------------------------------- */

CS_LINT_RULE(exemption_kind)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_lint_exempt(at) && cs_lint_is_one_of(cs_lint_string(at, "kind"), additional_kinds))
            cs_lint_report(lint, "purposes", at, "no exemption covers the kind %.*s; use the ground consent",
                           CS_STR_ARG(cs_lint_string(at, "kind")));
}

static bool goes_to_ads(const cs_lint *lint, const cs_json *recipient)
{
    return cs_lint_is_one_of(cs_lint_string(cs_lint_find(lint, "recipients", cs_lint_id(recipient)), "role"), ad_roles);
}

CS_LINT_RULE(exemption_sharing)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r))
            if (cs_lint_exempt(at) && goes_to_ads(lint, r))
                cs_lint_report(lint, "purposes", at, "no exemption covers sharing with %.*s; use the ground consent",
                               CS_STR_ARG(cs_lint_id(r)));
}

typedef struct share {
    bool identity, other;
} share;

/* Whether who the person is goes to this recipient, and whether anything else goes along. */
static share tells(const cs_lint *lint, const cs_json *purpose, const cs_json *recipient)
{
    const cs_json *subset = cs_json_get(recipient, "data");
    const cs_json *data = cs_json_type_of(subset) == CS_JSON_ARRAY ? subset : cs_json_get(purpose, "data");
    share all = {false, false};
    for (const cs_json *at = cs_json_first(data); at; at = cs_json_next(at)) {
        bool identity = cs_json_bool(cs_json_get(cs_lint_find(lint, "data", cs_lint_id(at)), "identity"));
        all.identity |= identity;
        all.other |= !identity;
    }
    return all;
}

CS_LINT_RULE(identity_advertising)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *r = cs_json_first(cs_json_get(at, "recipients")); r; r = cs_json_next(r)) {
            share all = tells(lint, at, r);
            if (goes_to_ads(lint, r) && all.identity && (all.other || !cs_lint_is_separate(at)))
                cs_lint_report(lint, "purposes", at,
                               "%.*s would learn who the person is, which the engine denies; ask for that separately, "
                               "for nothing else",
                               CS_STR_ARG(cs_lint_id(r)));
        }
}

/* ---- automation and marketing -------------------------------------------------------------- */

CS_LINT_RULE(off_switch)
{
    static const char *const kinds[] = {"market", "automate", NULL};
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at)) {
        bool automatic =
            cs_json_bool(cs_json_get(at, "automated")) || cs_lint_is_one_of(cs_lint_string(at, "kind"), kinds);
        if (automatic && cs_str_is(cs_lint_string(at, "form"), "policy"))
            cs_lint_report(lint, "purposes", at, "it cannot be switched off by itself; use the form own or separate");
    }
}

CS_LINT_RULE(market_channel)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (cs_str_is(cs_lint_string(at, "kind"), "market") && cs_lint_string(at, "channel").size == 0)
            cs_lint_report(lint, "purposes", at, "the marketing had no channel; make one purpose for each channel");
}

/* ---- data ---------------------------------------------------------------------------------- */

static bool has_retention(const cs_json *object)
{
    const cs_json *retention = cs_json_get(object, "retention");
    return cs_lint_string(retention, "period").size > 0 || cs_lint_has_text(retention, "criterion");
}

CS_LINT_RULE(retention)
{
    if (has_retention(lint->root))
        return;
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        if (!has_retention(at))
            cs_lint_report(lint, "purposes", at, "it was not said how long data are kept; add a period or a criterion");
}

static bool is_used(const cs_lint *lint, cs_str data)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *d = cs_json_first(cs_json_get(at, "data")); d; d = cs_json_next(d))
            if (cs_str_equal(cs_lint_id(d), data))
                return true;
    return false;
}

CS_LINT_RULE(unused_data)
{
    for (const cs_json *at = cs_lint_first(lint, "data"); at; at = cs_json_next(at))
        if (!is_used(lint, cs_lint_id(at)))
            cs_lint_report(lint, "data", at, "no purpose used it; remove it, or name it where it is used");
}

/* ---- permissions --------------------------------------------------------------------------- */

CS_LINT_RULE(permission_consequence)
{
    for (const cs_json *at = cs_lint_first(lint, "permissions"); at; at = cs_json_next(at))
        if (!cs_lint_has_text(at, "consequence"))
            cs_lint_report(lint, "permissions", at, "it was not said what refusing costs; add consequence");
}

CS_LINT_RULE(permission_text)
{
    for (const cs_json *at = cs_lint_first(lint, "permissions"); at; at = cs_json_next(at))
        for (const cs_json *site = cs_json_first(cs_json_get(at, "call_sites")); site; site = cs_json_next(site))
            if (!cs_lint_has_text(site, "text"))
                cs_lint_report(lint, "permissions", at,
                               "the call site %.*s had no text to show beside the system's prompt",
                               CS_STR_ARG(cs_lint_id(site)));
}

static bool has_call_site(const cs_json *permission, cs_str purpose)
{
    for (const cs_json *at = cs_json_first(cs_json_get(permission, "call_sites")); at; at = cs_json_next(at))
        if (cs_str_equal(cs_lint_string(at, "purpose"), purpose))
            return true;
    return false;
}

CS_LINT_RULE(permission_call_site)
{
    for (const cs_json *at = cs_lint_first(lint, "purposes"); at; at = cs_json_next(at))
        for (const cs_json *p = cs_json_first(cs_json_get(at, "permissions")); p; p = cs_json_next(p))
            if (!has_call_site(cs_lint_find(lint, "permissions", cs_lint_id(p)), cs_lint_id(at)))
                cs_lint_report(lint, "purposes", at, "no call site asks for %.*s; add one to the permission",
                               CS_STR_ARG(cs_lint_id(p)));
}
