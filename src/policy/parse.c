#include "policy/parse.h"

#include <string.h>

/* ---- members ------------------------------------------------------------------------------- */

static const cs_prop first_members[] = {
    {CS_NAME(crit), CS_PROP_LIST, CS_LIST_CRIT, 0},
    {CS_NAME(locales), CS_PROP_LIST | CS_PROP_REQUIRED, CS_LIST_LOCALES, 0},
    {0},
};

static const cs_prop policy_members[] = {
    {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, id)},
    {CS_NAME(version), CS_PROP_INT | CS_PROP_REQUIRED, CS_BOUNDS_FROM_1, CS_AT(cs_policy, version)},
    {CS_NAME(revision), CS_PROP_INT, CS_BOUNDS_FROM_0, CS_AT(cs_policy, revision)},
    {CS_NAME(scope), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, scope)},
    {CS_NAME(published), CS_PROP_INSTANT | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, published_ms)},
    {CS_NAME(effective), CS_PROP_INSTANT | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, effective_ms)},
    {CS_NAME(valid_until), CS_PROP_INSTANT, 0, CS_AT(cs_policy, valid_until_ms)},
    {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_policy, name)},
    {CS_NAME(summary), CS_PROP_TEXT, 0, CS_AT(cs_policy, summary)},
    {CS_NAME(consequence), CS_PROP_TEXT, 0, CS_AT(cs_policy, consequence)},
    {CS_NAME(region), CS_PROP_COUNTRY, 0, CS_AT(cs_policy, region)},
    {CS_NAME(import), CS_PROP_BOOL, 0, CS_AT(cs_policy, import_allowed)},
    {CS_NAME(fetch_before_consent), CS_PROP_BOOL, 0, CS_AT(cs_policy, fetch_before_consent)},
    {CS_NAME(must_reach_end), CS_PROP_BOOL, 0, CS_AT(cs_policy, must_reach_end)},
    {CS_NAME(labels), CS_PROP_OBJECT, 3, 0},
    {CS_NAME(accept), CS_PROP_TEXT, 0, CS_AT(cs_policy, accept_label)},
    {CS_NAME(refuse), CS_PROP_TEXT, 0, CS_AT(cs_policy, refuse_label)},
    {CS_NAME(tick), CS_PROP_TEXT, 0, CS_AT(cs_policy, tick_label)},
    {CS_NAME(minors), CS_PROP_OBJECT, 8 + CS_CHILD_FACTS, 0},
    {CS_NAME(child_under), CS_PROP_INT, CS_BOUNDS_AGE, CS_AT(cs_policy, minors.child_under)},
    {CS_NAME(guardian_under), CS_PROP_INT, CS_BOUNDS_AGE, CS_AT(cs_policy, minors.guardian_under)},
    {CS_NAME(retention), CS_PROP_DURATION, 0, CS_AT(cs_policy, minors.retention_ms)},
    {CS_NAME(purpose), CS_PROP_ID, 0, CS_AT(cs_policy, minors.purpose)},
    {CS_NAME(rules), CS_PROP_OBJECT, 3 + CS_CHILD_FACTS, 0},
    {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, minors.rules_id)},
    {CS_NAME(version), CS_PROP_INT | CS_PROP_REQUIRED, CS_BOUNDS_FROM_1, CS_AT(cs_policy, minors.rules_version)},
    {CS_NAME(facts), CS_PROP_OBJECT, CS_CHILD_FACTS, 0},
    {CS_NAME(scope), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_SCOPE])},
    {CS_NAME(storage), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_STORAGE])},
    {CS_NAME(security), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_SECURITY])},
    {CS_NAME(consequence), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_CONSEQUENCE])},
    {CS_NAME(complaint), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_COMPLAINT])},
    {CS_NAME(correction), CS_PROP_TEXT, 0, CS_AT(cs_policy, minors.facts[CS_FACT_CORRECTION])},
    {CS_NAME(visitor), CS_PROP_OBJECT, 2, 0},
    {CS_NAME(allowed), CS_PROP_BOOL, 0, CS_AT(cs_policy, visitor_allowed)},
    {CS_NAME(text), CS_PROP_TEXT, 0, CS_AT(cs_policy, visitor_text)},
    {CS_NAME(change), CS_PROP_OBJECT, 2, 0},
    {CS_NAME(kinds), CS_PROP_LIST, CS_LIST_CHANGE_KINDS, 0},
    {CS_NAME(summary), CS_PROP_TEXT, 0, CS_AT(cs_policy, change_summary)},
    {CS_NAME(service), CS_PROP_OBJECT, 3, 0},
    {CS_NAME(state), CS_PROP_WORD | CS_PROP_REQUIRED, CS_WORDS_SERVICE, CS_AT(cs_policy, closing)},
    {CS_NAME(notice), CS_PROP_INSTANT, 0, CS_AT(cs_policy, closing_notice_ms)},
    {CS_NAME(end), CS_PROP_INSTANT, 0, CS_AT(cs_policy, closing_end_ms)},
    {CS_NAME(controller), CS_PROP_OBJECT | CS_PROP_REQUIRED, 4, 0},
    {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_policy, controller_id)},
    {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_policy, controller_name)},
    {CS_NAME(bound), CS_PROP_BOOL, 0, CS_AT(cs_policy, controller_bound)},
    {CS_NAME(contacts), CS_PROP_LIST, CS_LIST_CONTACTS, 0},
    {CS_NAME(rights), CS_PROP_OBJECT, 7, 0},
    {CS_NAME(channels), CS_PROP_LIST, CS_LIST_CHANNELS, 0},
    {CS_NAME(kinds), CS_PROP_LIST, CS_LIST_RIGHT_KINDS, 0},
    {CS_NAME(reply_working_days), CS_PROP_INT, CS_BOUNDS_DAYS, CS_AT(cs_policy, reply_working_days)},
    {CS_NAME(remedies), CS_PROP_TEXT, 0, CS_AT(cs_policy, remedies)},
    {CS_NAME(calendar), CS_PROP_OBJECT, 2, 0},
    {CS_NAME(holidays), CS_PROP_LIST, CS_LIST_HOLIDAYS, 0},
    {CS_NAME(makeup_days), CS_PROP_LIST, CS_LIST_MAKEUP_DAYS, 0},
    {0},
};

/* What is referred to comes before what refers. */
static const cs_prop list_members[] = {
    {CS_NAME(functions), CS_PROP_LIST, CS_LIST_FUNCTIONS, 0},
    {CS_NAME(data), CS_PROP_LIST, CS_LIST_DATA, 0},
    {CS_NAME(recipients), CS_PROP_LIST, CS_LIST_RECIPIENTS, 0},
    {CS_NAME(permissions), CS_PROP_LIST, CS_LIST_PERMISSIONS, 0},
    {CS_NAME(purposes), CS_PROP_LIST, CS_LIST_PURPOSES, 0},
    {CS_NAME(permissions), CS_PROP_LIST, CS_LIST_SITES, 0},
    {0},
};

const char *cs_child_fact_name(cs_child_fact fact)
{
    const cs_prop *member = policy_members;
    while (member->offset != CS_AT(cs_policy, minors.facts))
        member++;
    return cs_prop_name(member[fact].name);
}

/* ---- what members do not say by themselves --------------------------------------------------- */

static void read_defaults(cs_parser *parser, const cs_json *root)
{
    cs_purpose *defaults = &parser->defaults;
    defaults->ground = CONSENT_GROUND_CONSENT;
    defaults->form = CS_FORM_POLICY;
    defaults->cooldown_ms = CS_COOLDOWN_FLOOR_MS;
    if (!cs_parse_times(parser, root, defaults))
        (void)cs_json_complain_at(&parser->in, "retention.at_expiry", "\"delete\" or \"anonymise\" was expected");
    parser->policy->cooldown_ms = defaults->cooldown_ms;
    parser->policy->cooldown_raised = defaults->cooldown_raised;
    defaults->cooldown_raised = false;
}

static void check_times(cs_json_in *in, const cs_policy *policy)
{
    if (policy->effective_ms < policy->published_ms)
        (void)cs_json_complain_at(in, "effective", "the policy would take effect before it is published");
    if (policy->valid_until_ms != 0 && policy->valid_until_ms <= policy->effective_ms)
        (void)cs_json_complain_at(in, "valid_until", "the policy would end before it takes effect");
    if (policy->minors.guardian_under < policy->minors.child_under)
        (void)cs_json_complain_at(in, "minors.guardian_under",
                                  "%d is below child_under, %d: every child has a guardian",
                                  (int)policy->minors.guardian_under, (int)policy->minors.child_under);
}

static void check_service(cs_json_in *in, const cs_policy *policy)
{
    bool has_notice = policy->closing_notice_ms != 0, has_end = policy->closing_end_ms != 0;
    if (policy->closing != has_notice)
        (void)cs_json_complain_at(in, "service.notice", "a closing service has its instant, a running one has none");
    if (policy->closing != has_end)
        (void)cs_json_complain_at(in, "service.end", "a closing service has its instant, a running one has none");
    if (policy->closing_end_ms < policy->closing_notice_ms)
        (void)cs_json_complain_at(in, "service.end", "the service would end before its notice");
}

static void read_sealing_key(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    policy->has_sealing_key = cs_json_get(root, "sealing_key") != NULL;
    if (policy->has_sealing_key)
        cs_parse_point(&parser->in, parser->memory, root, "sealing_key", policy->sealing_key);
}

/* Legal days are counted at +08:00, whatever else a calendar says. */
static void check_offset(cs_json_in *in, const cs_json *root)
{
    const cs_json *offset = cs_json_get(cs_json_get(cs_json_get(root, "rights"), "calendar"), "offset");
    if (offset && !cs_str_is(cs_json_str(offset), "+08:00"))
        (void)cs_json_complain_at(in, "rights.calendar.offset", "legal days are counted at \"+08:00\"");
}

/* ---- digests --------------------------------------------------------------------------------- */

static void put_contacts(cs_parser *parser, cs_list_id list, cs_buffer *out)
{
    for (uint16_t i = 0; i < cs_list_count(list, parser->policy); i++) {
        const cs_contact *contact = cs_list_entry(list, parser->policy, i);
        cs_buffer_sized(out, contact->kind, strlen(contact->kind));
        cs_texts_put_canonical(parser->texts, contact->value, out);
        cs_texts_put_canonical(parser->texts, contact->hours, out);
    }
}

/* By which a later version tells whether contacts and rights are still the same. The calendar is not among them: it is
 * announced anew each year and changes nobody's rights. */
static void digest_rights(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    cs_buffer canonical;
    if (!cs_parse_ok(parser))
        return;
    cs_buffer_init(&canonical, parser->memory, CS_TEXTS_MAX_BYTES);
    put_contacts(parser, CS_LIST_CONTACTS, &canonical);
    cs_parse_digest(parser, &canonical, policy->contact_digest);
    cs_buffer_clear(&canonical);
    put_contacts(parser, CS_LIST_CHANNELS, &canonical);
    cs_buffer_u8(&canonical, 0);
    for (uint16_t i = 0; i < policy->rights_kind_count; i++)
        cs_buffer_sized(&canonical, policy->rights_kinds[i], strlen(policy->rights_kinds[i]));
    cs_buffer_u32(&canonical, (uint32_t)policy->reply_working_days);
    if (cs_json_get(root, "rights"))
        cs_parse_digest(parser, &canonical, policy->rights_digest);
    cs_buffer_free(&canonical);
}

/* ---- documents ------------------------------------------------------------------------------- */

/* In the order of the locales, which is the order of the documents in a bundle. */
static void read_document_list(cs_parser *parser, const cs_json *list, const char *name, bool child_rules,
                               cs_document_ref *refs)
{
    cs_policy *policy = parser->policy;
    size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
    for (uint16_t i = 0; i < policy->locale_count; i++) {
        const cs_json *hash = cs_json_get(list, policy->locales[i]);
        if (!hash)
            continue;
        cs_document_ref *ref = &refs[policy->document_count++];
        *ref = (cs_document_ref){.locale = policy->locales[i], .child_rules = child_rules};
        if (!cs_hex_decode(cs_json_str(hash), ref->hash, CS_HASH_SIZE))
            (void)cs_json_complain_at(&parser->in, ref->locale, "a SHA-256 was expected, in 64 hexadecimal digits");
    }
    for (const cs_json *item = cs_json_first(list); item; item = cs_json_next(item))
        if (cs_texts_locale(parser->texts, cs_str_of(cs_json_name(item))) < 0)
            (void)cs_json_complain_at(&parser->in, cs_json_name(item), "this locale is not in `locales`");
    if (!cs_json_get(list, policy->locales[0]))
        (void)cs_json_complain(&parser->in, "the document is missing in %s, the policy's first locale",
                               policy->locales[0]);
    if (child_rules && !policy->minors.rules_id)
        (void)cs_json_complain(&parser->in, "there are no child rules in `minors` that this could be the text of");
    cs_json_leave(&parser->in, mark);
}

static void read_documents(cs_parser *parser, const cs_json *root)
{
    const cs_json *documents = cs_json_in_object(&parser->in, root, "documents", !parser->draft);
    const cs_json *rules = cs_json_in_object(&parser->in, root, "child_rules_documents", false);
    if ((!documents && !rules) || !cs_parse_ok(parser))
        return;
    cs_document_ref *refs = cs_parse_alloc(parser, sizeof(*refs) * CS_POLICY_MAX_DOCUMENTS);
    if (refs && documents)
        read_document_list(parser, documents, "documents", false, refs);
    if (refs && rules)
        read_document_list(parser, rules, "child_rules_documents", true, refs);
    parser->policy->documents = refs;
}

/* ---- the policy ------------------------------------------------------------------------------ */

static void read_root(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    cs_parse_schema(&parser->in, root);
    (void)cs_parse_members(parser, root, first_members, policy);
    if (policy->locale_count == 0)
        (void)cs_json_complain_at(&parser->in, "locales", "1 to %u locales were expected", CS_POLICY_MAX_LOCALES);
    read_defaults(parser, root);
    policy->region = "";
    if (!cs_parse_members(parser, root, policy_members, policy))
        (void)cs_json_complain_at(&parser->in, "service.state", "\"running\" or \"closing\" was expected");
    check_times(&parser->in, policy);
    check_service(&parser->in, policy);
    check_offset(&parser->in, root);
    read_sealing_key(parser, root);
    digest_rights(parser, root);
    (void)cs_parse_members(parser, root, list_members, policy);
    read_documents(parser, root);
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
    cs_parser parser = {
        .memory = memory, .draft = draft, .policy = cs_policy_new(memory), .texts = cs_texts_new(memory)};
    *policy = NULL;
    *texts = NULL;
    if (parser.policy && parser.texts) {
        parser.base = parser.policy;
        parser.arena = &parser.policy->arena;
    }
    consent_status status = cs_parse_json(&parser, payload, CS_POLICY_MAX_BYTES, what, read_root, err);
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
