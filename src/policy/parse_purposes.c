#include "policy/parse.h"

#include <string.h>

/* What no exemption can carry (decisions.md section 3; PIPL 13, 24, 25). */
static bool needs_consent(uint8_t kind)
{
    return kind == CS_KIND_MARKET || kind == CS_KIND_AUTOMATE || kind == CS_KIND_COMBINE || kind == CS_KIND_PUBLISH ||
           kind == CS_KIND_OBTAIN || kind == CS_KIND_LAUNCH;
}

/* ---- data --------------------------------------------------------------------------------- */

void cs_read_purpose_data(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(need), CS_PROP_WORD, CS_WORDS_NEED, CS_AT(cs_purpose_data, need)},
        {CS_NAME(reason), CS_PROP_TEXT, 0, CS_AT(cs_purpose_data, reason)},
        {CS_NAME(at_field), CS_PROP_BOOL, 0, CS_AT(cs_purpose_data, at_field)},
        {0},
    };
    cs_purpose_data *data = entry;
    cs_purpose *purpose = holder;
    (void)at;
    data->item = cs_parse_position(parser, NULL, cs_parse_reference(parser, item), CS_LIST_DATA);
    if (cs_json_type_of(item) == CS_JSON_OBJECT && !cs_parse_members(parser, item, members, data))
        purpose->undeclared = true;
}

/* ---- recipients --------------------------------------------------------------------------- */

uint64_t cs_purpose_all_data(const cs_purpose *purpose)
{
    return purpose->data_count == 0 ? 0 : UINT64_MAX >> (CS_PURPOSE_MAX_DATA - purpose->data_count);
}

/* An item of the part of the purpose's data that goes to one recipient. */
void cs_read_subset(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_purpose_recipient *recipient = holder;
    cs_str id = cs_parse_reference(parser, item);
    int index = cs_purpose_data_index(parser->policy, parser->purpose, id);
    (void)entry, (void)at;
    if (index < 0)
        (void)cs_json_complain(&parser->in, "%.*s is not among the purpose's data", CS_STR_ARG(id));
    else if (recipient->data_mask >> index & 1u)
        cs_parse_twice(parser, id);
    else
        recipient->data_mask |= UINT64_C(1) << index;
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

void cs_read_purpose_recipient(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(data), CS_PROP_LIST, CS_LIST_SUBSET, 0},
        {CS_NAME(method), CS_PROP_TEXT, 0, CS_AT(cs_purpose_recipient, method)},
        {0},
    };
    const cs_purpose *purpose = holder;
    cs_purpose_recipient *recipient = entry;
    (void)at;
    recipient->recipient = cs_parse_position(parser, NULL, cs_parse_reference(parser, item), CS_LIST_RECIPIENTS);
    recipient->data_mask = cs_json_get(item, "data") ? 0 : cs_purpose_all_data(purpose);
    if (cs_json_type_of(item) == CS_JSON_OBJECT)
        (void)cs_parse_members(parser, item, members, recipient);
    if (cs_parse_ok(parser))
        recipient->data_mask &= ~barred_data(parser->policy, purpose, recipient);
    cs_parse_digest_text(parser, recipient->method != 0 ? recipient->method : purpose->method,
                         recipient->method_digest);
}

void cs_read_purpose_permission(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    (void)at, (void)holder;
    *(uint16_t *)entry = cs_parse_position(parser, NULL, cs_parse_reference(parser, item), CS_LIST_PERMISSIONS);
}

/* ---- the purpose -------------------------------------------------------------------------- */

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

static const cs_prop first_members[] = {
    {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_purpose, id)},
    {CS_NAME(function), CS_PROP_POSITION | CS_PROP_REQUIRED, CS_LIST_FUNCTIONS, CS_AT(cs_purpose, function)},
    {CS_NAME(kind), CS_PROP_WORD | CS_PROP_REQUIRED, CS_WORDS_KIND, CS_AT(cs_purpose, kind)},
    {CS_NAME(ground), CS_PROP_WORD, CS_WORDS_GROUND, CS_AT(cs_purpose, ground)},
    {CS_NAME(form), CS_PROP_WORD, CS_WORDS_FORM, CS_AT(cs_purpose, form)},
    {CS_NAME(channel), CS_PROP_WORD, CS_WORDS_CHANNEL, CS_AT(cs_purpose, channel)},
    {CS_NAME(storage_level), CS_PROP_WORD, CS_WORDS_STORAGE, CS_AT(cs_purpose, storage_level)},
    {CS_NAME(data_state), CS_PROP_WORD, CS_WORDS_STATE, CS_AT(cs_purpose, data_state)},
    {CS_NAME(automated), CS_PROP_BOOL, 0, CS_AT(cs_purpose, automated)},
    {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_purpose, name)},
    {CS_NAME(text), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_purpose, text)},
    {CS_NAME(method), CS_PROP_TEXT, 0, CS_AT(cs_purpose, method)},
    {CS_NAME(necessity), CS_PROP_TEXT, 0, CS_AT(cs_purpose, necessity)},
    {CS_NAME(impact), CS_PROP_TEXT, 0, CS_AT(cs_purpose, impact)},
    {CS_NAME(consequence), CS_PROP_TEXT, 0, CS_AT(cs_purpose, consequence)},
    {CS_NAME(section), CS_PROP_ID, 0, CS_AT(cs_purpose, section)},
    {CS_NAME(data), CS_PROP_LIST, CS_LIST_PURPOSE_DATA, 0},
    {0},
};
/* Who gets what depends on what the data are. */
static const cs_prop last_members[] = {
    {CS_NAME(recipients), CS_PROP_LIST, CS_LIST_PURPOSE_RECIPIENTS, 0},
    {CS_NAME(permissions), CS_PROP_LIST, CS_LIST_PURPOSE_PERMISSIONS, 0},
    {0},
};

void cs_read_purpose(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_purpose *purpose = entry;
    (void)at;
    *purpose = parser->defaults;
    parser->purpose = purpose;
    if (!cs_parse_members(parser, item, first_members, purpose))
        purpose->undeclared = true;
    /* An exempt purpose is not consented to, so it may leave its form out. */
    if (purpose->ground == CONSENT_GROUND_CONSENT)
        (void)cs_json_in_str(&parser->in, item, "form", true);
    else if (needs_consent(purpose->kind))
        purpose->undeclared = true;
    cs_parse_digest_text(parser, purpose->method, purpose->method_digest);
    settle_anonymised(holder, purpose);
    (void)cs_parse_members(parser, item, last_members, purpose);
    if (!cs_parse_times(parser, item, purpose))
        purpose->undeclared = true;
}
