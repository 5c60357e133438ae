#include "policy/parse.h"

#include <string.h>

#define MAX_AGE_YEARS 150
#define LABEL_MAX_SIZE 128u

static const struct cs_prop_names names = {
#define CS_NAME_TEXT(name) #name,
    CS_PROP_NAMES(CS_NAME_TEXT)};

const char *cs_prop_name(uint16_t name)
{
    return (const char *)&names + name;
}

static const char *const words[] = {
    [CS_WORDS_KIND] = cs_purpose_kind_words,
    [CS_WORDS_GROUND] = "consent\0contract\0legal_duty\0emergency\0public_interest\0made_public\0other_law\0",
    [CS_WORDS_FORM] = cs_consent_form_words,
    [CS_WORDS_CHANNEL] = "sms\0email\0push\0phone\0",
    [CS_WORDS_STORAGE] = "essential\0preference\0recommendation\0",
    [CS_WORDS_ROLE] = cs_role_words,
    [CS_WORDS_SENSITIVE] = cs_sensitive_words,
    [CS_WORDS_BLOCK] = "h\0p\0li\0tr\0",
    [CS_WORDS_FUNCTION] = "basic\0additional\0",
    [CS_WORDS_STATE] = "identified\0deidentified\0anonymised\0",
    [CS_WORDS_NEED] = "required\0conditional\0optional\0",
    [CS_WORDS_EXPIRY] = "delete\0anonymise\0",
    [CS_WORDS_SERVICE] = "running\0closing\0",
};

static const int32_t bounds[][2] = {
    [CS_BOUNDS_FROM_0] = {0, INT32_MAX}, [CS_BOUNDS_FROM_1] = {1, INT32_MAX}, [CS_BOUNDS_AGE] = {0, MAX_AGE_YEARS},
    [CS_BOUNDS_DAYS] = {1, 365},         [CS_BOUNDS_EMPHASIS] = {0, 2},       [CS_BOUNDS_LEVEL] = {1, 6},
    [CS_BOUNDS_DEPTH] = {1, 8},
};

/* ---- strings ------------------------------------------------------------------------------ */

static bool is_country(cs_str text)
{
    return text.size == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' && text.data[1] >= 'A' && text.data[1] <= 'Z';
}

static bool is_url(const char *url)
{
    return strncmp(url, "https://", 8) == 0 && url[8] != '\0' && !strpbrk(url, " \"<>\\^`{|}");
}

/* What is wrong with a string that is copied as it is; NULL: nothing. */
static const char *fault_of(cs_str text, cs_prop_kind kind)
{
    if (kind == CS_PROP_ID)
        return cs_id_is_valid(text) ? NULL : CS_ID_RULE;
    if (kind == CS_PROP_COUNTRY)
        return is_country(text) ? NULL : "a country was expected as two capitals, such as \"CN\"";
    size_t max_size = kind == CS_PROP_LABEL ? LABEL_MAX_SIZE : kind == CS_PROP_URL ? CS_URL_MAX_SIZE : SIZE_MAX;
    if (text.size == 0 || text.size > max_size || !cs_is_printable(text, kind != CS_PROP_LINES))
        return kind == CS_PROP_LABEL ? "1 to 128 bytes without control characters were expected"
               : kind == CS_PROP_URL ? "1 to 2048 bytes without control characters were expected"
                                     : "the text is empty or holds a control character";
    return kind != CS_PROP_URL || is_url(text.data) ? NULL : "an address that begins with https:// was expected";
}

/* False: a word was none of its list's. */
static bool read_string(cs_parser *parser, const cs_prop *member, cs_str text, void *at)
{
    cs_prop_kind kind = member->kind % CS_PROP_REQUIRED;
    const char *fault = NULL;
    unsigned word = 1;
    int64_t time_ms = 0;
    if (kind <= CS_PROP_COPIED) {
        *(const char **)at = cs_parse_copy(parser, text);
        fault = fault_of(text, kind);
    } else if (kind == CS_PROP_WORD) {
        word = cs_text_find(words[member->arg], text);
        *(uint8_t *)at = (uint8_t)(word - (word > 0 && member->arg >= CS_WORDS_FUNCTION ? 1 : 0));
    } else if (kind == CS_PROP_POSITION) {
        *(uint16_t *)at = cs_parse_position(parser, cs_prop_name(member->name), text, member->arg);
    } else {
        bool is_instant = kind == CS_PROP_INSTANT;
        bool valid = is_instant ? cs_time_parse(text, &time_ms) : cs_duration_parse(text, &time_ms);
        if (!valid || (time_ms <= 0 && member->arg == 0))
            fault = is_instant ? "an instant was expected, such as \"2026-09-28T10:00:00+08:00\""
                               : "a duration was expected, such as \"48h\" or \"365d\"";
        *(int64_t *)at = time_ms;
    }
    if (fault)
        (void)cs_json_complain_at(&parser->in, cs_prop_name(member->name), "%s", fault);
    return word > 0;
}

/* ---- members ------------------------------------------------------------------------------ */

static void read_text(cs_parser *parser, const cs_json *object, const char *name, bool required, bool or_string,
                      cs_text *text)
{
    const cs_json *value = cs_json_get(object, name);
    if (!or_string || cs_json_type_of(value) != CS_JSON_STRING)
        value = cs_json_in_object(&parser->in, object, name, required);
    if (value && cs_parse_ok(parser))
        *text = cs_parse_text(parser, value, name);
}

static void read_list(cs_parser *parser, const cs_json *object, const cs_prop *member, bool required, void *base)
{
    const char *name = cs_prop_name(member->name);
    const cs_json *container = member->arg == CS_LIST_PLATFORMS ? cs_json_in_object(&parser->in, object, name, required)
                                                                : cs_json_in_array(&parser->in, object, name, required);
    cs_parse_list(parser, container, name, member->arg, base);
}

static void read_value(cs_parser *parser, const cs_json *object, const cs_prop *member, bool required, char *base)
{
    const char *name = cs_prop_name(member->name);
    cs_prop_kind kind = member->kind % CS_PROP_REQUIRED;
    void *at = base + member->offset;
    if (kind == CS_PROP_LIST) {
        read_list(parser, object, member, required, base);
    } else if (kind == CS_PROP_BOOL) {
        *(bool *)at = cs_json_in_bool(&parser->in, object, name);
    } else if (kind <= CS_PROP_SMALL) {
        const int32_t *within = bounds[member->arg];
        int64_t number = cs_json_in_int(&parser->in, object, name, required, within[0], within[1]);
        if (kind == CS_PROP_INT)
            *(int32_t *)at = (int32_t)number;
        else
            *(uint8_t *)at = (uint8_t)number;
    } else {
        read_text(parser, object, name, required, kind == CS_PROP_TEXT_OR_STRING, at);
    }
}

static bool read_members(cs_parser *parser, const cs_json *object, const cs_prop *member, const cs_prop *end,
                         char *base)
{
    bool known = true;
    if (cs_json_type_of(object) != CS_JSON_OBJECT)
        (void)cs_json_expected(&parser->in, NULL, "an object", object);
    for (; member != end && member->kind != CS_PROP_END && cs_parse_ok(parser); member++) {
        const char *name = cs_prop_name(member->name);
        bool required = member->kind & CS_PROP_REQUIRED || (member->kind & CS_PROP_FINAL && !parser->draft);
        cs_prop_kind kind = member->kind % CS_PROP_REQUIRED;
        if (kind == CS_PROP_OBJECT) {
            const cs_json *inner = cs_json_in_object(&parser->in, object, name, required);
            size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
            if (inner && !read_members(parser, inner, member + 1, member + 1 + member->arg, base))
                known = false;
            cs_json_leave(&parser->in, mark);
            member += member->arg;
        } else if (kind >= CS_PROP_STRINGS) {
            cs_str text = cs_json_in_str(&parser->in, object, name, required);
            if (text.data && !read_string(parser, member, text, base + member->offset))
                known = false;
        } else {
            read_value(parser, object, member, required, base);
        }
    }
    return known;
}

bool cs_parse_members(cs_parser *parser, const cs_json *object, const cs_prop *members, void *base)
{
    return read_members(parser, object, members, NULL, base);
}

/* ---- lists -------------------------------------------------------------------------------- */

/* Complains about an entry that says again what one before it says. */
static void check_distinct(cs_parser *parser, cs_list_id id, const void *holder, size_t at)
{
    const char *name = cs_list_repeats(parser->policy, id, holder, at);
    if (name)
        cs_parse_twice(parser, cs_str_of(name));
}

static void index_list(cs_parser *parser, cs_list_id id)
{
    const char *twice = NULL;
    if (!cs_parse_ok(parser) || cs_policy_index(parser->policy, parser->arena, id, &twice))
        return;
    if (twice)
        cs_parse_twice(parser, cs_str_of(twice));
    else
        (void)cs_parse_no_memory(parser);
}

/* Room for the entries, where the list is one of those that are kept. */
static char *new_entries(cs_parser *parser, const cs_list *list, size_t count, char *holder)
{
    uint16_t stored = (uint16_t)count;
    char *entries = cs_parse_alloc(parser, count * list->entry_size);
    memcpy(holder + list->items, &entries, sizeof(entries));
    memcpy(holder + list->count, &stored, sizeof(stored));
    return entries;
}

void cs_parse_list(cs_parser *parser, const cs_json *container, const char *name, cs_list_id id, void *holder)
{
    static const cs_list read_only = {.max = CS_POLICY_MAX_LIST};
    const cs_list *list = id < CS_LISTS ? &cs_lists[id] : &read_only;
    size_t count = cs_json_count(container), at = 0;
    size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
    char *entry = holder;
    if (count > list->max)
        (void)cs_json_complain(&parser->in, "%zu entries are more than the %u that are allowed", count, list->max);
    if (count > 0 && cs_parse_ok(parser) && list != &read_only)
        entry = new_entries(parser, list, count, holder);
    for (const cs_json *item = cs_json_first(container); item && cs_parse_ok(parser); item = cs_json_next(item)) {
        size_t inner = cs_json_enter(&parser->in, cs_json_name(item), cs_json_name(item) ? SIZE_MAX : at);
        cs_entry_readers[id](parser, item, entry, at, holder);
        if (cs_parse_ok(parser) && list != &read_only)
            check_distinct(parser, id, holder, at);
        cs_json_leave(&parser->in, inner);
        entry += list->entry_size;
        at++;
    }
    if (id < CS_LISTS_INDEXED)
        index_list(parser, id);
    cs_json_leave(&parser->in, mark);
}
