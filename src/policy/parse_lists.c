/* The readers of a policy's lists, but for what only purposes hold (parse_purposes.c). */
#include "policy/parse.h"

#include <string.h>

#define NAME_MAX_SIZE 128u

/* ---- functions, data items, recipients ------------------------------------------------------ */

static void read_function(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_function, id)},
        {CS_NAME(kind), CS_PROP_WORD | CS_PROP_REQUIRED, CS_WORDS_FUNCTION, CS_AT(cs_function, kind)},
        {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_function, name)},
        {CS_NAME(refusal), CS_PROP_TEXT, 0, CS_AT(cs_function, refusal)},
        {CS_NAME(needs_age), CS_PROP_BOOL, 0, CS_AT(cs_function, needs_age)},
        {CS_NAME(needs_login), CS_PROP_BOOL, 0, CS_AT(cs_function, needs_login)},
        {CS_NAME(needs), CS_PROP_LIST, CS_LIST_NEEDS, 0},
        {0},
    };
    (void)at, (void)holder;
    if (!cs_parse_members(parser, item, members, entry))
        (void)cs_json_complain_at(&parser->in, "kind", "\"basic\" or \"additional\" was expected");
}

/* By name: a product's function may need a purpose of the platform's policy, which is another document. Kinds of rights are
 * names, too. */
static void read_id(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    (void)at, (void)holder;
    *(const char **)entry = cs_parse_copy(parser, cs_parse_reference(parser, item));
}

static void read_data_item(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_data_item, id)},
        {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_data_item, name)},
        {CS_NAME(identity), CS_PROP_BOOL, 0, CS_AT(cs_data_item, identity)},
        {CS_NAME(sensitive), CS_PROP_WORD, CS_WORDS_SENSITIVE, CS_AT(cs_data_item, sensitive)},
        {0},
    };
    cs_data_item *data = entry;
    (void)at, (void)holder;
    if (cs_parse_members(parser, item, members, data))
        return;
    data->sensitive = CS_SENSITIVE_OTHER; /* a kind that this engine does not know is sensitive all the same */
    if (parser->draft)
        (void)cs_json_complain_at(&parser->in, "sensitive", "no such kind of sensitive data is known");
}

static void read_recipient(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_recipient, id)},
        {CS_NAME(role), CS_PROP_WORD | CS_PROP_REQUIRED, CS_WORDS_ROLE, CS_AT(cs_recipient, role)},
        {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_recipient, name)},
        {CS_NAME(contact), CS_PROP_TEXT_OR_STRING, 0, CS_AT(cs_recipient, contact)},
        {CS_NAME(country), CS_PROP_COUNTRY, 0, CS_AT(cs_recipient, country)},
        {CS_NAME(policy_url), CS_PROP_URL, 0, CS_AT(cs_recipient, policy_url)},
        {CS_NAME(developer), CS_PROP_TEXT_OR_STRING, 0, CS_AT(cs_recipient, developer)},
        {CS_NAME(sdk_version), CS_PROP_LABEL, 0, CS_AT(cs_recipient, sdk_version)},
        {0},
    };
    cs_recipient *recipient = entry;
    (void)at, (void)holder;
    recipient->country = "CN";
    if (cs_parse_members(parser, item, members, recipient))
        return;
    recipient->role = CS_ROLE_OTHER;
    if (parser->draft)
        (void)cs_json_complain_at(&parser->in, "role", "no such role is known");
}

/* ---- permissions -------------------------------------------------------------------------- */

static void read_platform_name(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_str text = cs_json_str(item);
    (void)at, (void)holder;
    if (text.size == 0 || text.size > NAME_MAX_SIZE)
        (void)cs_json_complain(&parser->in, "a name of 1 to %u bytes was expected", NAME_MAX_SIZE);
    *(const char **)entry = cs_parse_copy(parser, text);
}

/* {"android": ["android.permission.CAMERA"]}: one member of "platforms". */
static void read_platform(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_permission_names *platform = entry;
    cs_str name = cs_str_of(cs_json_name(item));
    size_t count = cs_json_type_of(item) == CS_JSON_ARRAY ? cs_json_count(item) : 0;
    (void)at, (void)holder;
    if (!cs_id_is_valid(name))
        (void)cs_json_complain(&parser->in, "a platform was expected, such as \"android\"");
    if (count == 0 || count > cs_lists[CS_LIST_PLATFORM_NAMES].max)
        (void)cs_json_complain(&parser->in, "1 to %u of the system's names were expected in an array",
                               cs_lists[CS_LIST_PLATFORM_NAMES].max);
    platform->platform = cs_parse_copy(parser, name);
    cs_parse_list(parser, item, NULL, CS_LIST_PLATFORM_NAMES, platform);
}

static void read_permission(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_permission, id)},
        {CS_NAME(name), CS_PROP_TEXT | CS_PROP_FINAL, 0, CS_AT(cs_permission, name)},
        {CS_NAME(consequence), CS_PROP_TEXT, 0, CS_AT(cs_permission, consequence)},
        {CS_NAME(settings), CS_PROP_TEXT, 0, CS_AT(cs_permission, settings)},
        {CS_NAME(alternative), CS_PROP_TEXT, 0, CS_AT(cs_permission, alternative)},
        {CS_NAME(platforms), CS_PROP_LIST, CS_LIST_PLATFORMS, 0},
        {0},
    };
    cs_permission *permission = entry;
    (void)at, (void)holder;
    permission->cooldown_ms = parser->policy->cooldown_ms;
    (void)cs_parse_members(parser, item, members, permission);
    cs_parse_cooldown(parser, item, &permission->cooldown_ms, &permission->cooldown_raised);
}

/* The permissions once more: by now the purposes of their call sites are known. */
static void read_sites(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {{CS_NAME(call_sites), CS_PROP_LIST, CS_LIST_CALL_SITES, 0}, {0}};
    (void)entry, (void)holder;
    /* The list was allocated by this parser; the policy only shows it as constant. */
    (void)cs_parse_members(parser, item, members, (cs_permission *)&parser->policy->permissions[at]);
}

static void read_call_site(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(id), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_call_site, id)},
        {CS_NAME(purpose), CS_PROP_POSITION | CS_PROP_REQUIRED, CS_LIST_PURPOSES, CS_AT(cs_call_site, purpose)},
        {CS_NAME(text), CS_PROP_TEXT, 0, CS_AT(cs_call_site, text)},
        {0},
    };
    (void)at, (void)holder;
    (void)cs_parse_members(parser, item, members, entry);
}

/* ---- contacts, calendar, change -------------------------------------------------------------- */

static void read_contact(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const cs_prop members[] = {
        {CS_NAME(kind), CS_PROP_ID | CS_PROP_REQUIRED, 0, CS_AT(cs_contact, kind)},
        {CS_NAME(value), CS_PROP_TEXT_OR_STRING, 0, CS_AT(cs_contact, value)},
        {CS_NAME(hours), CS_PROP_TEXT_OR_STRING, 0, CS_AT(cs_contact, hours)},
        {0},
    };
    cs_policy *policy = holder;
    cs_contact *contact = entry;
    (void)cs_parse_members(parser, item, members, contact);
    if (contact->value == 0 && contact == &policy->contacts[at])
        (void)cs_json_in_object(&parser->in, item, "value", true);
}

/* A channel's bare kind may say it all ("app"). */
static void read_channel(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    if (cs_json_type_of(item) == CS_JSON_OBJECT)
        read_contact(parser, item, entry, at, holder);
    else
        read_id(parser, item, &((cs_contact *)entry)->kind, at, holder);
}

static void read_day(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_date *day = entry;
    (void)holder;
    if (!cs_date_parse(cs_json_str(item), day))
        (void)cs_json_complain(&parser->in, "a day was expected, such as \"2026-10-01\"");
    else if (at > 0 && cs_date_start_ms(day[-1]) >= cs_date_start_ms(*day))
        (void)cs_json_complain(&parser->in, "days stand in their order, each once");
}

static void read_change_kind(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    static const char kinds[] = "editorial\0mode\0control\0recipients\0rights\0contact\0impact\0";
    unsigned kind = cs_text_find(kinds, cs_parse_reference(parser, item));
    (void)entry, (void)at, (void)holder;
    if (kind == 0 && parser->draft)
        (void)cs_json_complain(&parser->in, "no such kind of change is known");
    /* A kind of change that this engine does not know is material. */
    parser->policy->declared_changes |= kind == 0 ? (uint32_t)CS_CHANGE_MODE : UINT32_C(1) << (kind - 1);
}

/* ---- what comes before the rest ---------------------------------------------------------------- */

/* A newer policy names in `crit` what must not be ignored. Schema 1 has no such member yet, so every name is unknown. */
static void read_crit(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_json_in *in = &parser->in;
    (void)entry, (void)at, (void)holder;
    if (cs_json_type_of(item) == CS_JSON_STRING)
        in->status =
            cs_fail(in->err, CONSENT_E_UNSUPPORTED, 0,
                    "%s: %s: this member must be understood and is not known here: update the app to a version "
                    "that knows it",
                    in->what, in->path);
    else
        (void)cs_json_expected(in, NULL, "the name of a member", item);
}

static void read_locale(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder)
{
    cs_policy *policy = holder;
    cs_str locale = cs_json_str(item);
    (void)entry;
    if (!cs_locale_is_valid(locale))
        (void)cs_json_complain(&parser->in, "a locale was expected, such as \"zh-CN\"");
    else if (at == CS_POLICY_MAX_LOCALES)
        (void)cs_json_complain(&parser->in, "more than %u locales", CS_POLICY_MAX_LOCALES);
    else if (!cs_texts_add_locale(parser->texts, locale))
        cs_parse_twice(parser, locale);
    else
        policy->locales[policy->locale_count++] = cs_parse_copy(parser, locale);
}

const cs_entry_reader cs_entry_readers[CS_LISTS_READ] = {
    [CS_LIST_FUNCTIONS] = read_function,
    [CS_LIST_DATA] = read_data_item,
    [CS_LIST_RECIPIENTS] = read_recipient,
    [CS_LIST_PURPOSES] = cs_read_purpose,
    [CS_LIST_PERMISSIONS] = read_permission,
    [CS_LIST_NEEDS] = read_id,
    [CS_LIST_PURPOSE_DATA] = cs_read_purpose_data,
    [CS_LIST_PURPOSE_RECIPIENTS] = cs_read_purpose_recipient,
    [CS_LIST_PURPOSE_PERMISSIONS] = cs_read_purpose_permission,
    [CS_LIST_PLATFORMS] = read_platform,
    [CS_LIST_PLATFORM_NAMES] = read_platform_name,
    [CS_LIST_CALL_SITES] = read_call_site,
    [CS_LIST_CONTACTS] = read_contact,
    [CS_LIST_CHANNELS] = read_channel,
    [CS_LIST_RIGHT_KINDS] = read_id,
    [CS_LIST_HOLIDAYS] = read_day,
    [CS_LIST_MAKEUP_DAYS] = read_day,
    [CS_LIST_CRIT] = read_crit,
    [CS_LIST_LOCALES] = read_locale,
    [CS_LIST_CHANGE_KINDS] = read_change_kind,
    [CS_LIST_SUBSET] = cs_read_subset,
    [CS_LIST_SITES] = read_sites,
    [CS_LIST_BLOCKS] = cs_read_block,
    [CS_LIST_SPANS] = cs_read_span,
    [CS_LIST_CELLS] = cs_read_cell,
    [CS_LIST_CELL_SPANS] = cs_read_cell_span,
    [CS_LIST_PUBLISHERS] = cs_read_publisher,
    [CS_LIST_RECEIPTS] = cs_read_receipt,
};
