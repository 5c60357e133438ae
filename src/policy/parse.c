#include "policy/parse.h"

#include <string.h>

/* The first complaint with another status than E_ARGUMENT. */
static void refuse_newer(cs_parser *parser, const char *reason)
{
    if (cs_parse_ok(parser))
        parser->in.status =
            cs_fail(parser->in.err, CONSENT_E_UNSUPPORTED, 0, "%s: %s: %s: update the app to a version that knows it",
                    parser->in.what, parser->in.path, reason);
}

/* A newer policy names in `crit` what must not be ignored. Schema 1 has no such member yet, so every name is unknown. */
static void parse_schema(cs_parser *parser, const cs_json *root)
{
    int64_t schema = cs_json_in_int(&parser->in, root, "schema", true, 0, 1, INT32_MAX);
    size_t mark = cs_json_enter(&parser->in, "schema", SIZE_MAX);
    if (schema != CS_POLICY_SCHEMA)
        refuse_newer(parser, "the policy was written in a newer schema than 1");
    cs_json_leave(&parser->in, mark);
    const cs_json *crit = cs_json_in_array(&parser->in, root, "crit", false);
    size_t i = 0;
    for (const cs_json *item = cs_json_first(crit); item && cs_parse_ok(parser); item = cs_json_next(item)) {
        mark = cs_json_enter(&parser->in, "crit", i++);
        if (cs_json_type_of(item) != CS_JSON_STRING)
            (void)cs_json_complain(&parser->in, "the name of a member was expected here, not %s",
                                   cs_json_type_name(cs_json_type_of(item)));
        else
            refuse_newer(parser, "this member must be understood and is not known here");
        cs_json_leave(&parser->in, mark);
    }
}

static void parse_locales(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const cs_json *locales = cs_json_in_array(&parser->in, root, "locales", true);
    size_t count = cs_json_count(locales);
    if (cs_parse_ok(parser) && (count == 0 || count > CS_POLICY_MAX_LOCALES))
        (void)cs_parse_complain_at(parser, "locales", "1 to %u locales were expected", CS_POLICY_MAX_LOCALES);
    for (const cs_json *item = cs_json_first(locales); item && cs_parse_ok(parser); item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, "locales", policy->locale_count);
        cs_str locale = cs_json_str(item);
        if (!cs_locale_is_valid(locale))
            (void)cs_json_complain(&parser->in, "a locale was expected, such as \"zh-CN\"");
        else if (!cs_texts_add_locale(parser->texts, locale))
            (void)cs_json_complain(&parser->in, "the locale %.*s stands there twice", CS_STR_ARG(locale));
        else
            policy->locales[policy->locale_count++] = cs_parse_copy(parser, locale);
        cs_json_leave(&parser->in, mark);
    }
}

static void parse_identity(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    policy->id = cs_parse_id(parser, root, "id", true);
    policy->version = (uint32_t)cs_json_in_int(&parser->in, root, "version", true, 0, 1, INT32_MAX);
    policy->revision = (uint32_t)cs_json_in_int(&parser->in, root, "revision", false, 0, 0, INT32_MAX);
    policy->scope = cs_parse_id(parser, root, "scope", true);
    policy->published_ms = cs_parse_instant(parser, root, "published", true);
    policy->effective_ms = cs_parse_instant(parser, root, "effective", true);
    policy->valid_until_ms = cs_parse_instant(parser, root, "valid_until", false);
    if (cs_parse_ok(parser) && policy->effective_ms < policy->published_ms)
        (void)cs_parse_complain_at(parser, "effective", "the policy would take effect before it is published");
    if (cs_parse_ok(parser) && policy->valid_until_ms != 0 && policy->valid_until_ms <= policy->effective_ms)
        (void)cs_parse_complain_at(parser, "valid_until", "the policy would end before it takes effect");
}

static void parse_defaults(cs_parser *parser, const cs_json *root)
{
    bool known = true;
    parser->policy->cooldown_ms =
        cs_parse_cooldown(parser, root, CS_COOLDOWN_FLOOR_MS, &parser->policy->cooldown_raised);
    cs_parse_lifetime(parser, root, &parser->grant_lifetime_ms, &parser->refusal_lifetime_ms);
    cs_parse_retention(parser, root, &parser->retention, parser->criterion_digest, &known);
    if (!known)
        (void)cs_parse_complain_at(parser, "retention.at_expiry", "\"delete\" or \"anonymise\" was expected");
}

static void parse_root(cs_parser *parser, const cs_json *root)
{
    if (cs_json_type_of(root) != CS_JSON_OBJECT) {
        (void)cs_json_complain(&parser->in, "a policy was expected as an object, not %s",
                               cs_json_type_name(cs_json_type_of(root)));
        return;
    }
    /* Each step needs what the ones before it read: what is referred to comes before what refers. */
    static void (*const steps[])(cs_parser *, const cs_json *) = {
        parse_schema,         parse_locales,     parse_identity,      parse_defaults,    cs_parse_terms,
        cs_parse_controller,  cs_parse_rights,   cs_parse_functions,  cs_parse_data,     cs_parse_recipients,
        cs_parse_permissions, cs_parse_purposes, cs_parse_call_sites, cs_parse_documents};
    for (size_t i = 0; i < CS_COUNT_OF(steps) && cs_parse_ok(parser); i++)
        steps[i](parser, root);
}

cs_policy *cs_policy_new(const cs_memory *memory)
{
    cs_policy *policy = cs_alloc(memory, sizeof(*policy));
    if (policy)
        cs_arena_init(&policy->arena, memory, CS_POLICY_ARENA_BYTES);
    return policy;
}

void cs_policy_free(cs_policy *policy)
{
    if (!policy)
        return;
    const cs_memory *memory = policy->arena.memory;
    cs_arena_free(&policy->arena);
    cs_free(memory, policy, sizeof(*policy));
}

consent_status cs_policy_parse(const cs_memory *memory, cs_str payload, const char *what, bool draft,
                               cs_policy **policy, cs_texts **texts, consent_error *err)
{
    cs_json_doc doc;
    cs_parser parser = {.memory = memory, .draft = draft};
    *policy = NULL;
    *texts = NULL;
    consent_status status = cs_json_parse(&doc, payload, CS_POLICY_MAX_BYTES, what, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&parser.in, what, err);
    parser.policy = cs_policy_new(memory);
    parser.texts = cs_texts_new(memory);
    if (parser.policy && parser.texts)
        parse_root(&parser, doc.root);
    else
        (void)cs_parse_no_memory(&parser);
    cs_json_free(&doc);
    status = parser.in.status;
    if (status == CONSENT_OK) {
        cs_span part = {(const uint8_t *)payload.data, payload.size};
        status = cs_sha256(&part, 1, parser.policy->hash, err);
    }
    if (status != CONSENT_OK) {
        cs_policy_free(parser.policy);
        cs_texts_free(parser.texts);
        return status;
    }
    *policy = parser.policy;
    *texts = parser.texts;
    return CONSENT_OK;
}
