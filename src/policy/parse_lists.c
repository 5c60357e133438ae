#include "policy/fields.h"
#include "policy/parse.h"

#define MAX_CALL_SITES 64u
#define MAX_PLATFORMS 16u
#define MAX_PLATFORM_NAMES 16u
#define NAME_MAX_SIZE 128u

/* Enters list[index]; false when that entry is no object. */
static bool enter_item(cs_parser *parser, const char *list, size_t index, const cs_json *item, size_t *mark)
{
    *mark = cs_json_enter(&parser->in, list, index);
    if (cs_json_type_of(item) == CS_JSON_OBJECT)
        return true;
    return cs_json_complain(&parser->in, "an object was expected here, not %s",
                            cs_json_type_name(cs_json_type_of(item)));
}

static void index_ids(cs_parser *parser, const char *list, cs_id_index *index, const void *items, size_t item_size,
                      size_t count)
{
    const char *twice = NULL;
    if (!cs_parse_ok(parser))
        return;
    if (!cs_id_index_build(index, &parser->policy->arena, items, item_size, count, &twice))
        (void)cs_parse_no_memory(parser);
    else if (twice)
        (void)cs_parse_complain_at(parser, list, "the identifier %s stands there twice", twice);
}

/* ---- functions ---------------------------------------------------------------------------- */

/* By name: a product's function may need a purpose of the platform's policy, which is another document. */
static void parse_needs(cs_parser *parser, const cs_json *item, cs_function *function)
{
    void *items;
    const cs_json *entry =
        cs_parse_list(parser, item, "needs", sizeof(char *), CS_POLICY_MAX_LIST, &items, &function->need_count);
    const char **needs = items;
    function->needs = needs;
    for (uint16_t i = 0; entry && cs_parse_ok(parser); i++, entry = cs_json_next(entry)) {
        size_t mark = cs_json_enter(&parser->in, "needs", i);
        cs_str id = cs_parse_reference(parser, entry);
        needs[i] = cs_arena_strndup(&parser->policy->arena, id.data, id.size);
        if (cs_parse_ok(parser) && !needs[i])
            (void)cs_parse_no_memory(parser);
        cs_json_leave(&parser->in, mark);
    }
}

static void parse_function(cs_parser *parser, const cs_json *item, cs_function *function)
{
    static const char *const kinds[] = {"basic", "additional"};
    cs_json_in *in = &parser->in;
    function->id = cs_parse_id(parser, item, "id", true);
    int kind = cs_parse_name(cs_json_in_str(in, item, "kind", true), kinds, CS_COUNT_OF(kinds));
    if (kind < 0 && cs_parse_ok(parser))
        (void)cs_parse_complain_at(parser, "kind", "\"basic\" or \"additional\" was expected");
    function->kind = kind == CS_FUNCTION_BASIC ? CS_FUNCTION_BASIC : CS_FUNCTION_ADDITIONAL;
    function->name = cs_parse_text(parser, item, "name", !parser->draft);
    function->refusal = cs_parse_text(parser, item, "refusal", false);
    function->needs_age = cs_json_in_bool(in, item, "needs_age", false);
    function->needs_login = cs_json_in_bool(in, item, "needs_login", false);
    parse_needs(parser, item, function);
}

void cs_parse_functions(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    void *items;
    size_t mark;
    const cs_json *item = cs_parse_list(parser, root, "functions", sizeof(cs_function), CS_POLICY_MAX_LIST, &items,
                                        &policy->function_count);
    policy->functions = items;
    for (size_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        if (enter_item(parser, "functions", i, item, &mark))
            parse_function(parser, item, (cs_function *)items + i);
        cs_json_leave(&parser->in, mark);
    }
    index_ids(parser, "functions", &policy->indices[CS_LIST_FUNCTIONS], items, sizeof(cs_function),
              policy->function_count);
}

/* ---- data items --------------------------------------------------------------------------- */

static void parse_data_item(cs_parser *parser, const cs_json *item, cs_data_item *data)
{
    data->id = cs_parse_id(parser, item, "id", true);
    data->name = cs_parse_text(parser, item, "name", !parser->draft);
    data->identity = cs_json_in_bool(&parser->in, item, "identity", false);
    cs_str sensitive = cs_json_in_str(&parser->in, item, "sensitive", false);
    if (!cs_parse_ok(parser) || !cs_json_get(item, "sensitive"))
        return;
    int position = cs_parse_name(sensitive, cs_sensitive_names, CS_SENSITIVE_OTHER + 1);
    if (position < 0 && parser->draft)
        (void)cs_parse_complain_at(parser, "sensitive", "no such kind of sensitive data is known");
    /* A kind that this engine does not know is sensitive all the same. */
    data->sensitive = (uint8_t)(position < 0 ? CS_SENSITIVE_OTHER : position);
}

void cs_parse_data(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    void *items;
    size_t mark;
    const cs_json *item =
        cs_parse_list(parser, root, "data", sizeof(cs_data_item), CS_POLICY_MAX_LIST, &items, &policy->data_count);
    policy->data = items;
    for (size_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        if (enter_item(parser, "data", i, item, &mark))
            parse_data_item(parser, item, (cs_data_item *)items + i);
        cs_json_leave(&parser->in, mark);
    }
    index_ids(parser, "data", &policy->indices[CS_LIST_DATA], items, sizeof(cs_data_item), policy->data_count);
}

/* ---- recipients --------------------------------------------------------------------------- */

static void parse_recipient(cs_parser *parser, const cs_json *item, cs_recipient *recipient)
{
    recipient->id = cs_parse_id(parser, item, "id", true);
    cs_str role = cs_json_in_str(&parser->in, item, "role", true);
    int position = cs_parse_name(role, cs_role_names, CS_ROLE_OTHER + 1);
    if (position < 0 && parser->draft)
        (void)cs_parse_complain_at(parser, "role", "no such role is known");
    recipient->role = (uint8_t)(position < 0 ? CS_ROLE_OTHER : position);
    recipient->name = cs_parse_text(parser, item, "name", !parser->draft);
    recipient->contact = cs_parse_text_or_string(parser, item, "contact", false);
    recipient->country = cs_parse_country(parser, item, "country", "CN");
    recipient->policy_url = cs_parse_url(parser, item, "policy_url");
    recipient->developer = cs_parse_text_or_string(parser, item, "developer", false);
    recipient->sdk_version = cs_parse_label(parser, item, "sdk_version", NAME_MAX_SIZE);
}

void cs_parse_recipients(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    void *items;
    size_t mark;
    const cs_json *item = cs_parse_list(parser, root, "recipients", sizeof(cs_recipient), CS_POLICY_MAX_LIST, &items,
                                        &policy->recipient_count);
    policy->recipients = items;
    for (size_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        if (enter_item(parser, "recipients", i, item, &mark))
            parse_recipient(parser, item, (cs_recipient *)items + i);
        cs_json_leave(&parser->in, mark);
    }
    index_ids(parser, "recipients", &policy->indices[CS_LIST_RECIPIENTS], items, sizeof(cs_recipient),
              policy->recipient_count);
}

/* ---- permissions -------------------------------------------------------------------------- */

/* {"android": ["android.permission.CAMERA"]}: one member of "platforms". */
static void parse_platform(cs_parser *parser, const cs_json *names, cs_permission_names *platform)
{
    size_t count = cs_json_count(names);
    if (cs_json_type_of(names) != CS_JSON_ARRAY || count == 0 || count > MAX_PLATFORM_NAMES) {
        (void)cs_json_complain(&parser->in, "1 to %u of the system's names were expected in an array",
                               MAX_PLATFORM_NAMES);
        return;
    }
    const char **copies = cs_parse_alloc(parser, count * sizeof(*copies));
    platform->platform = cs_parse_copy(parser, cs_str_of(cs_json_name(names)));
    size_t at = 0;
    for (const cs_json *name = cs_json_first(names); copies && name; name = cs_json_next(name)) {
        cs_str text = cs_json_str(name);
        if (text.size == 0 || text.size > NAME_MAX_SIZE)
            (void)cs_json_complain(&parser->in, "a name of 1 to %u bytes was expected", NAME_MAX_SIZE);
        copies[at++] = cs_parse_copy(parser, text);
    }
    platform->names = copies;
    platform->name_count = (uint16_t)at;
}

static void parse_platforms(cs_parser *parser, const cs_json *item, cs_permission *permission)
{
    const cs_json *platforms = cs_json_in_object(&parser->in, item, "platforms", false);
    size_t count = cs_json_count(platforms);
    if (count > MAX_PLATFORMS)
        (void)cs_parse_complain_at(parser, "platforms", "more than %u platforms", MAX_PLATFORMS);
    if (count == 0 || !cs_parse_ok(parser))
        return;
    cs_permission_names *names = cs_parse_alloc(parser, count * sizeof(*names));
    size_t at = 0;
    size_t mark = cs_json_enter(&parser->in, "platforms", SIZE_MAX);
    for (const cs_json *one = cs_json_first(platforms); names && one; one = cs_json_next(one)) {
        size_t inner = cs_json_enter(&parser->in, cs_json_name(one), SIZE_MAX);
        if (!cs_id_is_valid(cs_str_of(cs_json_name(one))))
            (void)cs_json_complain(&parser->in, "a platform was expected, such as \"android\"");
        parse_platform(parser, one, &names[at++]);
        cs_json_leave(&parser->in, inner);
    }
    cs_json_leave(&parser->in, mark);
    permission->platforms = names;
    permission->platform_count = (uint16_t)at;
}

static void parse_permission(cs_parser *parser, const cs_json *item, cs_permission *permission)
{
    permission->id = cs_parse_id(parser, item, "id", true);
    permission->name = cs_parse_text(parser, item, "name", !parser->draft);
    permission->consequence = cs_parse_text(parser, item, "consequence", false);
    permission->settings = cs_parse_text(parser, item, "settings", false);
    permission->alternative = cs_parse_text(parser, item, "alternative", false);
    permission->cooldown_ms =
        cs_parse_cooldown(parser, item, parser->policy->cooldown_ms, &permission->cooldown_raised);
    parse_platforms(parser, item, permission);
}

void cs_parse_permissions(cs_parser *parser, const cs_json *root)
{
    cs_policy *policy = parser->policy;
    void *items;
    size_t mark;
    const cs_json *item = cs_parse_list(parser, root, "permissions", sizeof(cs_permission), CS_POLICY_MAX_LIST, &items,
                                        &policy->permission_count);
    policy->permissions = items;
    for (size_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        if (enter_item(parser, "permissions", i, item, &mark))
            parse_permission(parser, item, (cs_permission *)items + i);
        cs_json_leave(&parser->in, mark);
    }
    index_ids(parser, "permissions", &policy->indices[CS_LIST_PERMISSIONS], items, sizeof(cs_permission),
              policy->permission_count);
}

/* ---- call sites --------------------------------------------------------------------------- */

static void parse_call_site(cs_parser *parser, const cs_json *item, cs_call_site *site)
{
    const cs_policy *policy = parser->policy;
    site->id = cs_parse_id(parser, item, "id", true);
    cs_str purpose = cs_json_in_str(&parser->in, item, "purpose", true);
    site->text = cs_parse_text(parser, item, "text", false);
    int at = cs_id_index_find(&policy->indices[CS_LIST_PURPOSES], policy->purposes, sizeof(cs_purpose), purpose);
    if (cs_parse_ok(parser) && at < 0)
        (void)cs_parse_complain_at(parser, "purpose", "no purpose %.*s is declared", CS_STR_ARG(purpose));
    site->purpose = (uint16_t)(at < 0 ? 0 : at);
}

static void parse_call_sites(cs_parser *parser, const cs_json *permission_item, cs_permission *permission)
{
    void *items;
    size_t mark;
    const cs_json *item = cs_parse_list(parser, permission_item, "call_sites", sizeof(cs_call_site), MAX_CALL_SITES,
                                        &items, &permission->call_site_count);
    cs_call_site *sites = items;
    permission->call_sites = sites;
    for (uint16_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        if (enter_item(parser, "call_sites", i, item, &mark))
            parse_call_site(parser, item, &sites[i]);
        for (uint16_t j = 0; cs_parse_ok(parser) && j < i; j++)
            if (cs_str_is(cs_str_of(sites[i].id), sites[j].id))
                (void)cs_json_complain(&parser->in, "the identifier %s stands there twice", sites[i].id);
        cs_json_leave(&parser->in, mark);
    }
}

void cs_parse_call_sites(cs_parser *parser, const cs_json *root)
{
    /* The lists were allocated by this parser; the policy only shows them as constant. */
    cs_permission *permissions = (cs_permission *)parser->policy->permissions;
    const cs_json *item = cs_json_first(cs_json_get(root, "permissions"));
    for (uint16_t i = 0; item && cs_parse_ok(parser); i++, item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, "permissions", i);
        parse_call_sites(parser, item, &permissions[i]);
        cs_json_leave(&parser->in, mark);
    }
}
