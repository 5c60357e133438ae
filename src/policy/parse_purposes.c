#include "policy/fields.h"
#include "policy/parse.h"

#include <string.h>

static const char *const ground_names[] = {NULL,        "consent",         "contract",    "legal_duty",
                                           "emergency", "public_interest", "made_public", "other_law"};
static const char *const channel_names[] = {NULL, "sms", "email", "push", "phone"};
static const char *const storage_names[] = {NULL, "essential", "preference", "recommendation"};
static const char *const state_names[] = {"identified", "deidentified", "anonymised"};
static const char *const need_names[] = {"required", "conditional", "optional"};

/* A word out of a list. One that this engine does not know makes the purpose undeclared, never the policy malformed. */
static uint8_t parse_word(cs_parser *parser, const cs_json *item, const char *name, bool required, uint8_t missing,
                          const char *const *names, size_t count, bool *undeclared)
{
    cs_str word = cs_json_in_str(&parser->in, item, name, required);
    if (!cs_json_get(item, name))
        return missing;
    int position = cs_parse_name(word, names, count);
    if (position < 0)
        *undeclared = true;
    return (uint8_t)(position < 0 ? 0 : position);
}

/* What no exemption can carry (decisions.md section 3; PIPL 13, 24, 25). */
static bool needs_consent(uint8_t kind)
{
    return kind == CS_KIND_MARKET || kind == CS_KIND_AUTOMATE || kind == CS_KIND_COMBINE || kind == CS_KIND_PUBLISH ||
           kind == CS_KIND_OBTAIN || kind == CS_KIND_LAUNCH;
}

/* ---- data --------------------------------------------------------------------------------- */

static void parse_purpose_data_item(cs_parser *parser, const cs_json *item, cs_purpose_data *data, bool *undeclared)
{
    const cs_policy *policy = parser->policy;
    cs_str id = cs_parse_reference(parser, item);
    int at = cs_id_index_find(&policy->indices[CS_LIST_DATA], policy->data, sizeof(cs_data_item), id);
    if (at < 0)
        (void)cs_json_complain(&parser->in, "no data item %.*s is declared", CS_STR_ARG(id));
    data->item = (uint16_t)(at < 0 ? 0 : at);
    if (cs_json_type_of(item) != CS_JSON_OBJECT || at < 0)
        return;
    data->need =
        parse_word(parser, item, "need", false, CS_NEED_REQUIRED, need_names, CS_COUNT_OF(need_names), undeclared);
    data->reason = cs_parse_text(parser, item, "reason", false);
    data->at_field = cs_json_in_bool(&parser->in, item, "at_field", false);
}

static void parse_purpose_data(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    void *items;
    const cs_json *entry =
        cs_parse_list(parser, item, "data", sizeof(cs_purpose_data), CS_PURPOSE_MAX_DATA, &items, &purpose->data_count);
    cs_purpose_data *data = items;
    purpose->data = data;
    for (uint16_t i = 0; entry && cs_parse_ok(parser); i++, entry = cs_json_next(entry)) {
        size_t mark = cs_json_enter(&parser->in, "data", i);
        parse_purpose_data_item(parser, entry, &data[i], &purpose->undeclared);
        for (uint16_t j = 0; cs_parse_ok(parser) && j < i; j++)
            if (data[j].item == data[i].item)
                (void)cs_json_complain(&parser->in, "the data item %s stands there twice",
                                       parser->policy->data[data[i].item].id);
        cs_json_leave(&parser->in, mark);
    }
}

/* ---- recipients --------------------------------------------------------------------------- */

uint64_t cs_purpose_all_data(const cs_purpose *purpose)
{
    return purpose->data_count == 0 ? 0 : UINT64_MAX >> (CS_PURPOSE_MAX_DATA - purpose->data_count);
}

/* The part of the purpose's data that goes to one recipient. */
static uint64_t parse_data_subset(cs_parser *parser, const cs_json *item, const cs_purpose *purpose)
{
    const cs_json *array = cs_json_in_array(&parser->in, item, "data", false);
    uint64_t mask = 0;
    size_t i = 0;
    if (!array)
        return cs_purpose_all_data(purpose);
    for (const cs_json *entry = cs_json_first(array); entry && cs_parse_ok(parser); entry = cs_json_next(entry)) {
        size_t mark = cs_json_enter(&parser->in, "data", i++);
        cs_str id = cs_parse_reference(parser, entry);
        int at = cs_purpose_data_index(parser->policy, purpose, id);
        if (at < 0)
            (void)cs_json_complain(&parser->in, "%.*s is not among the purpose's data", CS_STR_ARG(id));
        else if (mask >> at & 1u)
            (void)cs_json_complain(&parser->in, "the data item %.*s stands there twice", CS_STR_ARG(id));
        else
            mask |= UINT64_C(1) << at;
        cs_json_leave(&parser->in, mark);
    }
    return mask;
}

/* Which data a recipient cannot be given by this purpose, whatever it lists: so that no query, form, switch or list lets
 * them through. A separate consent (separate, written, once) names one recipient. */
static uint64_t barred_data(const cs_policy *policy, const cs_purpose *purpose, const cs_purpose_recipient *to)
{
    const cs_recipient *recipient = &policy->recipients[to->recipient];
    const char *home = policy->region[0] ? policy->region : "CN";
    bool on_consent = purpose->ground == CONSENT_GROUND_CONSENT;
    bool separate = on_consent && cs_purpose_effective_form(policy, purpose) >= CS_FORM_SEPARATE;
    bool abroad = !recipient->country || strcmp(recipient->country, home) != 0;
    bool advertises = recipient->role == CS_ROLE_ADVERTISING || recipient->role == CS_ROLE_ANALYTICS;
    uint64_t identity = 0, sensitive = 0;
    for (uint16_t i = 0; i < purpose->data_count; i++) {
        const cs_data_item *item = &policy->data[purpose->data[i].item];
        identity |= (uint64_t)item->identity << i;
        sensitive |= (uint64_t)(item->sensitive != CS_NOT_SENSITIVE) << i;
    }
    uint64_t barred = 0;
    if (purpose->data_state == CONSENT_DATA_ANONYMISED)
        return 0;
    if ((abroad && !separate) || (advertises && !on_consent)) /* PIPL 39, C114; C105 */
        return UINT64_MAX;
    if (on_consent && !separate && recipient->role != CS_ROLE_PROCESSOR) /* PIPL 29; C85, C99 */
        barred |= sensitive;
    if (advertises && (!separate || (to->data_mask & ~identity) != 0)) /* only in a consent about nothing else; C106 */
        barred |= identity;
    return barred;
}

static void parse_purpose_recipient(cs_parser *parser, const cs_json *item, const cs_purpose *purpose,
                                    cs_purpose_recipient *recipient)
{
    const cs_policy *policy = parser->policy;
    cs_str id = cs_parse_reference(parser, item);
    int at = cs_id_index_find(&policy->indices[CS_LIST_RECIPIENTS], policy->recipients, sizeof(cs_recipient), id);
    if (at < 0)
        (void)cs_json_complain(&parser->in, "no recipient %.*s is declared", CS_STR_ARG(id));
    recipient->recipient = (uint16_t)(at < 0 ? 0 : at);
    bool is_object = cs_json_type_of(item) == CS_JSON_OBJECT;
    recipient->data_mask = is_object ? parse_data_subset(parser, item, purpose) : cs_purpose_all_data(purpose);
    if (cs_parse_ok(parser))
        recipient->data_mask &= ~barred_data(policy, purpose, recipient);
    recipient->method = is_object ? cs_parse_text(parser, item, "method", false) : 0;
    cs_parse_digest_text(parser, recipient->method != 0 ? recipient->method : purpose->method,
                         recipient->method_digest);
}

static void parse_purpose_recipients(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    void *items;
    const cs_json *entry = cs_parse_list(parser, item, "recipients", sizeof(cs_purpose_recipient), CS_POLICY_MAX_LIST,
                                         &items, &purpose->recipient_count);
    cs_purpose_recipient *recipients = items;
    purpose->recipients = recipients;
    for (uint16_t i = 0; entry && cs_parse_ok(parser); i++, entry = cs_json_next(entry)) {
        size_t mark = cs_json_enter(&parser->in, "recipients", i);
        parse_purpose_recipient(parser, entry, purpose, &recipients[i]);
        for (uint16_t j = 0; cs_parse_ok(parser) && j < i; j++)
            if (recipients[j].recipient == recipients[i].recipient)
                (void)cs_json_complain(&parser->in, "the recipient %s stands there twice",
                                       parser->policy->recipients[recipients[i].recipient].id);
        cs_json_leave(&parser->in, mark);
    }
}

/* ---- permissions -------------------------------------------------------------------------- */

static void parse_purpose_permissions(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    const cs_policy *policy = parser->policy;
    void *items;
    const cs_json *entry = cs_parse_list(parser, item, "permissions", sizeof(uint16_t), CS_POLICY_MAX_LIST, &items,
                                         &purpose->permission_count);
    uint16_t *permissions = items;
    purpose->permissions = permissions;
    for (uint16_t i = 0; entry && cs_parse_ok(parser); i++, entry = cs_json_next(entry)) {
        size_t mark = cs_json_enter(&parser->in, "permissions", i);
        cs_str id = cs_parse_reference(parser, entry);
        int at =
            cs_id_index_find(&policy->indices[CS_LIST_PERMISSIONS], policy->permissions, sizeof(cs_permission), id);
        if (at < 0)
            (void)cs_json_complain(&parser->in, "no permission %.*s is declared", CS_STR_ARG(id));
        permissions[i] = (uint16_t)(at < 0 ? 0 : at);
        for (uint16_t j = 0; cs_parse_ok(parser) && j < i; j++)
            if (permissions[j] == permissions[i])
                (void)cs_json_complain(&parser->in, "the permission %.*s stands there twice", CS_STR_ARG(id));
        cs_json_leave(&parser->in, mark);
    }
}

/* ---- the purpose -------------------------------------------------------------------------- */

static void parse_terms(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    bool *undeclared = &purpose->undeclared;
    purpose->kind = parse_word(parser, item, "kind", true, 0, cs_purpose_kind_names, CS_KIND_DECLARE + 1, undeclared);
    purpose->ground = parse_word(parser, item, "ground", false, CONSENT_GROUND_CONSENT, ground_names,
                                 CS_COUNT_OF(ground_names), undeclared);
    /* An exempt purpose is not consented to, so it may leave its form out. */
    bool needs_form = purpose->ground == CONSENT_GROUND_CONSENT;
    purpose->form = parse_word(parser, item, "form", needs_form, CS_FORM_POLICY, cs_consent_form_names,
                               CS_FORM_ONCE + 1, undeclared);
    purpose->channel = parse_word(parser, item, "channel", false, CS_CHANNEL_NONE, channel_names,
                                  CS_COUNT_OF(channel_names), undeclared);
    purpose->storage_level = parse_word(parser, item, "storage_level", false, CS_STORAGE_NONE, storage_names,
                                        CS_COUNT_OF(storage_names), undeclared);
    if (purpose->ground != CONSENT_GROUND_CONSENT && needs_consent(purpose->kind))
        *undeclared = true;
    purpose->data_state = parse_word(parser, item, "data_state", false, CONSENT_DATA_IDENTIFIED, state_names,
                                     CS_COUNT_OF(state_names), undeclared);
    purpose->automated = cs_json_in_bool(&parser->in, item, "automated", false);
}

static void parse_times(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    bool known = true;
    purpose->retention = parser->retention;
    for (size_t i = 0; i < sizeof(purpose->criterion_digest); i++)
        purpose->criterion_digest[i] = parser->criterion_digest[i];
    cs_parse_retention(parser, item, &purpose->retention, purpose->criterion_digest, &known);
    if (!known)
        purpose->undeclared = true;
    purpose->grant_lifetime_ms = parser->grant_lifetime_ms;
    purpose->refusal_lifetime_ms = parser->refusal_lifetime_ms;
    cs_parse_lifetime(parser, item, &purpose->grant_lifetime_ms, &purpose->refusal_lifetime_ms);
    purpose->cooldown_ms = cs_parse_cooldown(parser, item, parser->policy->cooldown_ms, &purpose->cooldown_raised);
}

/* What tells of nobody is no personal information: the law, not consent, is its ground (PIPL 4; C18, C113). It reaches
 * nobody in particular, and names nobody. */
static void settle_anonymised(const cs_policy *policy, cs_purpose *purpose)
{
    if (purpose->data_state != CONSENT_DATA_ANONYMISED)
        return;
    if (purpose->ground == CONSENT_GROUND_CONSENT)
        purpose->ground = CONSENT_GROUND_OTHER_LAW;
    purpose->undeclared |= needs_consent(purpose->kind) && purpose->kind != CS_KIND_COMBINE;
    for (uint16_t i = 0; i < purpose->data_count; i++)
        purpose->undeclared |= policy->data[purpose->data[i].item].identity;
}

static void parse_purpose(cs_parser *parser, const cs_json *item, cs_purpose *purpose)
{
    const cs_policy *policy = parser->policy;
    purpose->id = cs_parse_id(parser, item, "id", true);
    cs_str function = cs_json_in_str(&parser->in, item, "function", true);
    int at = cs_id_index_find(&policy->indices[CS_LIST_FUNCTIONS], policy->functions, sizeof(cs_function), function);
    if (cs_parse_ok(parser) && at < 0)
        (void)cs_parse_complain_at(parser, "function", "no function %.*s is declared", CS_STR_ARG(function));
    purpose->function = (uint16_t)(at < 0 ? 0 : at);
    parse_terms(parser, item, purpose);
    purpose->name = cs_parse_text(parser, item, "name", !parser->draft);
    purpose->text = cs_parse_text(parser, item, "text", !parser->draft);
    purpose->method = cs_parse_text(parser, item, "method", false);
    cs_parse_digest_text(parser, purpose->method, purpose->method_digest);
    purpose->necessity = cs_parse_text(parser, item, "necessity", false);
    purpose->impact = cs_parse_text(parser, item, "impact", false);
    purpose->consequence = cs_parse_text(parser, item, "consequence", false);
    parse_purpose_data(parser, item, purpose);
    settle_anonymised(policy, purpose);
    parse_purpose_recipients(parser, item, purpose);
    parse_purpose_permissions(parser, item, purpose);
    parse_times(parser, item, purpose);
    purpose->section = cs_parse_id(parser, item, "section", false);
}

void cs_parse_purposes(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    const char *twice = NULL;
    void *items;
    const cs_json *item =
        cs_parse_list(parser, root, "purposes", sizeof(cs_purpose), CS_POLICY_MAX_LIST, &items, &policy->purpose_count);
    policy->purposes = items;
    for (size_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, "purposes", i);
        if (cs_json_type_of(item) == CS_JSON_OBJECT)
            parse_purpose(parser, item, (cs_purpose *)items + i);
        else
            (void)cs_json_complain(&parser->in, "an object was expected here, not %s",
                                   cs_json_type_name(cs_json_type_of(item)));
        cs_json_leave(&parser->in, mark);
    }
    if (!cs_parse_ok(parser))
        return;
    if (!cs_id_index_build(&policy->indices[CS_LIST_PURPOSES], &policy->arena, items, sizeof(cs_purpose),
                           policy->purpose_count, &twice))
        (void)cs_parse_no_memory(parser);
    else if (twice)
        (void)cs_parse_complain_at(parser, "purposes", "the identifier %s stands there twice", twice);
}
