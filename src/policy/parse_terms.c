#include "policy/parse.h"

#include <string.h>

#define MAX_CONTACTS 64u
#define MAX_CALENDAR_DAYS 1024u
#define MAX_AGE_YEARS 150

/* ---- controller and contacts ----------------------------------------------------------------- */

/* A contact as an object; where a bare kind says it all ("app"), as a string. */
static void parse_contact(cs_parser *parser, const cs_json *item, bool may_be_kind, cs_contact *contact)
{
    cs_json_type type = cs_json_type_of(item);
    if (type == CS_JSON_OBJECT) {
        contact->kind = cs_parse_id(parser, item, "kind", true);
        contact->value = cs_parse_text_or_string(parser, item, "value", !may_be_kind);
        contact->hours = cs_parse_text_or_string(parser, item, "hours", false);
    } else if (may_be_kind) {
        cs_str kind = cs_parse_reference(parser, item);
        contact->kind = cs_parse_ok(parser) ? cs_parse_copy(parser, kind) : NULL;
    } else {
        (void)cs_json_complain(&parser->in, "an object was expected here, not %s", cs_json_type_name(type));
    }
}

static const cs_contact *parse_contacts(cs_parser *parser, const cs_json *object, const char *name, bool may_be_kind,
                                        uint16_t *count, cs_buffer *canonical)
{
    void *items;
    const cs_json *item = cs_parse_list(parser, object, name, sizeof(cs_contact), MAX_CONTACTS, &items, count);
    cs_contact *contacts = items;
    for (uint16_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, name, i);
        parse_contact(parser, item, may_be_kind, &contacts[i]);
        cs_json_leave(&parser->in, mark);
        if (!cs_parse_ok(parser) || !contacts[i].kind)
            break;
        cs_buffer_sized(canonical, contacts[i].kind, strlen(contacts[i].kind));
        cs_texts_put_canonical(parser->texts, contacts[i].value, canonical);
        cs_texts_put_canonical(parser->texts, contacts[i].hours, canonical);
    }
    return contacts;
}

void cs_parse_controller(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const cs_json *controller = cs_json_in_object(&parser->in, root, "controller", true);
    if (!controller)
        return;
    cs_buffer canonical;
    cs_buffer_init(&canonical, parser->memory, CS_TEXTS_MAX_BYTES);
    size_t mark = cs_json_enter(&parser->in, "controller", SIZE_MAX);
    policy->controller_id = cs_parse_id(parser, controller, "id", true);
    policy->controller_name = cs_parse_text(parser, controller, "name", !parser->draft);
    policy->controller_bound = cs_json_in_bool(&parser->in, controller, "bound", false);
    policy->contacts = parse_contacts(parser, controller, "contacts", false, &policy->contact_count, &canonical);
    cs_json_leave(&parser->in, mark);
    if (cs_parse_ok(parser))
        cs_parse_digest(parser, &canonical, policy->contact_digest);
    cs_buffer_free(&canonical);
}

/* ---- rights ---------------------------------------------------------------------------------- */

static const cs_date *parse_days(cs_parser *parser, const cs_json *calendar, const char *name, uint16_t *count)
{
    void *items;
    const cs_json *item = cs_parse_list(parser, calendar, name, sizeof(cs_date), MAX_CALENDAR_DAYS, &items, count);
    cs_date *days = items;
    for (uint16_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, name, i);
        if (!cs_date_parse(cs_json_str(item), &days[i]))
            (void)cs_json_complain(&parser->in, "a day was expected, such as \"2026-10-01\"");
        else if (i > 0 && cs_date_start_ms(days[i - 1]) >= cs_date_start_ms(days[i]))
            (void)cs_json_complain(&parser->in, "days stand in their order, each once");
        cs_json_leave(&parser->in, mark);
    }
    return days;
}

static void parse_calendar(cs_parser *parser, const cs_json *rights)
{
    cs_policy *policy = parser->policy;
    const cs_json *calendar = cs_json_in_object(&parser->in, rights, "calendar", false);
    if (!calendar)
        return;
    size_t mark = cs_json_enter(&parser->in, "calendar", SIZE_MAX);
    cs_str offset = cs_json_in_str(&parser->in, calendar, "offset", false);
    if (cs_json_get(calendar, "offset") && !cs_str_is(offset, "+08:00"))
        (void)cs_parse_complain_at(parser, "offset", "legal days are counted at \"+08:00\"");
    policy->holidays = parse_days(parser, calendar, "holidays", &policy->holiday_count);
    policy->makeup_days = parse_days(parser, calendar, "makeup_days", &policy->makeup_day_count);
    cs_json_leave(&parser->in, mark);
}

static void parse_right_kinds(cs_parser *parser, const cs_json *rights, cs_buffer *canonical)
{
    cs_policy *policy = parser->policy;
    void *items;
    const cs_json *item =
        cs_parse_list(parser, rights, "kinds", sizeof(const char *), MAX_CONTACTS, &items, &policy->rights_kind_count);
    const char **kinds = items;
    for (uint16_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, "kinds", i);
        cs_str kind = cs_parse_reference(parser, item);
        for (uint16_t j = 0; cs_parse_ok(parser) && j < i; j++)
            if (cs_str_is(kind, kinds[j]))
                (void)cs_json_complain(&parser->in, "the kind %s stands there twice", kinds[j]);
        kinds[i] = cs_parse_copy(parser, kind);
        cs_buffer_sized(canonical, kind.data, kind.size);
        cs_json_leave(&parser->in, mark);
    }
    policy->rights_kinds = kinds;
}

void cs_parse_rights(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const cs_json *rights = cs_json_in_object(&parser->in, root, "rights", false);
    if (!rights)
        return;
    cs_buffer canonical;
    cs_buffer_init(&canonical, parser->memory, CS_TEXTS_MAX_BYTES);
    size_t mark = cs_json_enter(&parser->in, "rights", SIZE_MAX);
    policy->rights_channels =
        parse_contacts(parser, rights, "channels", true, &policy->rights_channel_count, &canonical);
    cs_buffer_u8(&canonical, 0);
    parse_right_kinds(parser, rights, &canonical);
    policy->reply_working_days = (int32_t)cs_json_in_int(&parser->in, rights, "reply_working_days", false, 0, 1, 365);
    cs_buffer_u32(&canonical, (uint32_t)policy->reply_working_days);
    policy->remedies = cs_parse_text(parser, rights, "remedies", false);
    /* Not in the digest: the calendar is announced anew each year and changes nobody's rights. */
    parse_calendar(parser, rights);
    cs_json_leave(&parser->in, mark);
    if (cs_parse_ok(parser))
        cs_parse_digest(parser, &canonical, policy->rights_digest);
    cs_buffer_free(&canonical);
}

/* ---- terms ----------------------------------------------------------------------------------- */

static void parse_child_facts(cs_parser *parser, const cs_json *rules)
{
    const cs_json *facts = cs_json_in_object(&parser->in, rules, "facts", false);
    if (!facts)
        return;
    size_t mark = cs_json_enter(&parser->in, "facts", SIZE_MAX);
    for (int i = 0; i < CS_CHILD_FACTS; i++)
        parser->policy->minors.facts[i] = cs_parse_text(parser, facts, cs_child_fact_name((cs_child_fact)i), false);
    cs_json_leave(&parser->in, mark);
}

static void parse_minors(cs_parser *parser, const cs_json *root)
{
    cs_minors *minors = &parser->policy->minors;
    const cs_json *object = cs_json_in_object(&parser->in, root, "minors", false);
    if (!object)
        return;
    size_t mark = cs_json_enter(&parser->in, "minors", SIZE_MAX);
    minors->child_under = (int32_t)cs_json_in_int(&parser->in, object, "child_under", false, 0, 0, MAX_AGE_YEARS);
    minors->guardian_under = (int32_t)cs_json_in_int(&parser->in, object, "guardian_under", false, 0, 0, MAX_AGE_YEARS);
    if (cs_parse_ok(parser) && minors->guardian_under < minors->child_under)
        (void)cs_parse_complain_at(parser, "guardian_under", "%d is below child_under, %d: every child has a guardian",
                                   (int)minors->guardian_under, (int)minors->child_under);
    minors->retention_ms = cs_parse_duration(parser, object, "retention", 0);
    minors->purpose = cs_parse_id(parser, object, "purpose", false);
    const cs_json *rules = cs_json_in_object(&parser->in, object, "rules", false);
    if (rules) {
        size_t inner = cs_json_enter(&parser->in, "rules", SIZE_MAX);
        minors->rules_id = cs_parse_id(parser, rules, "id", true);
        minors->rules_version = (uint32_t)cs_json_in_int(&parser->in, rules, "version", true, 0, 1, INT32_MAX);
        parse_child_facts(parser, rules);
        cs_json_leave(&parser->in, inner);
    }
    cs_json_leave(&parser->in, mark);
}

static void parse_visitor(cs_parser *parser, const cs_json *root)
{
    const cs_json *visitor = cs_json_in_object(&parser->in, root, "visitor", false);
    if (!visitor)
        return;
    size_t mark = cs_json_enter(&parser->in, "visitor", SIZE_MAX);
    parser->policy->visitor_allowed = cs_json_in_bool(&parser->in, visitor, "allowed", false);
    parser->policy->visitor_text = cs_parse_text(parser, visitor, "text", false);
    cs_json_leave(&parser->in, mark);
}

static void parse_change(cs_parser *parser, const cs_json *root)
{
    static const char *const names[] = {"editorial", "mode", "control", "recipients", "rights", "contact", "impact"};
    const cs_json *change = cs_json_in_object(&parser->in, root, "change", false);
    if (!change)
        return;
    size_t mark = cs_json_enter(&parser->in, "change", SIZE_MAX);
    size_t i = 0;
    const cs_json *kinds = cs_json_in_array(&parser->in, change, "kinds", false);
    for (const cs_json *item = cs_json_first(kinds); item && cs_parse_ok(parser); item = cs_json_next(item)) {
        size_t inner = cs_json_enter(&parser->in, "kinds", i++);
        int position = cs_parse_name(cs_parse_reference(parser, item), names, CS_COUNT_OF(names));
        if (position < 0 && parser->draft)
            (void)cs_json_complain(&parser->in, "no such kind of change is known");
        /* A kind of change that this engine does not know is material. */
        parser->policy->declared_changes |= position < 0 ? (uint32_t)CS_CHANGE_MODE : UINT32_C(1) << position;
        cs_json_leave(&parser->in, inner);
    }
    parser->policy->change_summary = cs_parse_text(parser, change, "summary", false);
    cs_json_leave(&parser->in, mark);
}

static void parse_service(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const cs_json *service = cs_json_in_object(&parser->in, root, "service", false);
    if (!service)
        return;
    size_t mark = cs_json_enter(&parser->in, "service", SIZE_MAX);
    cs_str state = cs_json_in_str(&parser->in, service, "state", true);
    policy->closing = cs_str_is(state, "closing");
    if (cs_parse_ok(parser) && !policy->closing && !cs_str_is(state, "running"))
        (void)cs_parse_complain_at(parser, "state", "\"running\" or \"closing\" was expected");
    if (policy->closing) {
        policy->closing_notice_ms = cs_parse_instant(parser, service, "notice", true);
        policy->closing_end_ms = cs_parse_instant(parser, service, "end", true);
        if (cs_parse_ok(parser) && policy->closing_end_ms < policy->closing_notice_ms)
            (void)cs_parse_complain_at(parser, "end", "the service would end before its notice");
    } else if (cs_json_get(service, "notice") || cs_json_get(service, "end")) {
        (void)cs_json_complain(&parser->in, "a running service has neither `notice` nor `end`");
    }
    cs_json_leave(&parser->in, mark);
}

static void parse_sealing_key(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    cs_str text = cs_json_in_str(&parser->in, root, "sealing_key", false);
    if (!cs_json_get(root, "sealing_key") || !cs_parse_ok(parser))
        return;
    cs_buffer key;
    cs_buffer_init(&key, parser->memory, CS_P256_PUBLIC_SIZE);
    policy->has_sealing_key = text.size == CS_P256_PUBLIC_CHARS && cs_base64url_decode(&key, text) &&
                              key.size == CS_P256_PUBLIC_SIZE && key.data[0] == 0x04;
    if (key.failed)
        (void)cs_parse_no_memory(parser);
    else if (policy->has_sealing_key)
        memcpy(policy->sealing_key, key.data, CS_P256_PUBLIC_SIZE);
    else
        (void)cs_parse_complain_at(parser, "sealing_key",
                                   "an uncompressed P-256 point was expected, 65 bytes in base64url");
    cs_buffer_free(&key);
}

static void parse_labels(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const cs_json *labels = cs_json_in_object(&parser->in, root, "labels", false);
    if (!labels)
        return;
    size_t mark = cs_json_enter(&parser->in, "labels", SIZE_MAX);
    policy->accept_label = cs_parse_text(parser, labels, "accept", false);
    policy->refuse_label = cs_parse_text(parser, labels, "refuse", false);
    policy->tick_label = cs_parse_text(parser, labels, "tick", false);
    cs_json_leave(&parser->in, mark);
}

void cs_parse_terms(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    policy->name = cs_parse_text(parser, root, "name", !parser->draft);
    policy->summary = cs_parse_text(parser, root, "summary", false);
    policy->consequence = cs_parse_text(parser, root, "consequence", false);
    policy->region = cs_parse_country(parser, root, "region", "");
    policy->import_allowed = cs_json_in_bool(&parser->in, root, "import", false);
    policy->fetch_before_consent = cs_json_in_bool(&parser->in, root, "fetch_before_consent", false);
    policy->must_reach_end = cs_json_in_bool(&parser->in, root, "must_reach_end", false);
    parse_labels(parser, root);
    parse_minors(parser, root);
    parse_visitor(parser, root);
    parse_change(parser, root);
    parse_service(parser, root);
    parse_sealing_key(parser, root);
}

/* ---- documents ------------------------------------------------------------------------------- */

/* In the order of the locales, which is the order of the documents in a bundle. */
static void parse_document_list(cs_parser *parser, const cs_json *list, const char *name, bool child_rules,
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
            (void)cs_parse_complain_at(parser, ref->locale, "a SHA-256 was expected, in 64 hexadecimal digits");
    }
    for (const cs_json *item = cs_json_first(list); item; item = cs_json_next(item))
        if (cs_texts_locale(parser->texts, cs_str_of(cs_json_name(item))) < 0)
            (void)cs_parse_complain_at(parser, cs_json_name(item), "this locale is not in `locales`");
    if (!cs_json_get(list, policy->locales[0]))
        (void)cs_json_complain(&parser->in, "the document is missing in %s, the policy's first locale",
                               policy->locales[0]);
    if (child_rules && !policy->minors.rules_id)
        (void)cs_json_complain(&parser->in, "there are no child rules in `minors` that this could be the text of");
    cs_json_leave(&parser->in, mark);
}

void cs_parse_documents(cs_parser *parser, const cs_json *root)
{
    const cs_json *documents = cs_json_in_object(&parser->in, root, "documents", !parser->draft);
    const cs_json *rules = cs_json_in_object(&parser->in, root, "child_rules_documents", false);
    if ((!documents && !rules) || !cs_parse_ok(parser))
        return;
    cs_document_ref *refs = cs_parse_alloc(parser, sizeof(*refs) * CS_POLICY_MAX_DOCUMENTS);
    if (refs && documents)
        parse_document_list(parser, documents, "documents", false, refs);
    if (refs && rules)
        parse_document_list(parser, rules, "child_rules_documents", true, refs);
    parser->policy->documents = refs;
}
