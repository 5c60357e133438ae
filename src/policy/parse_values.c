#include "policy/parse.h"

#include <stdio.h>
#include <string.h>

bool cs_parse_no_memory(cs_parser *parser)
{
    if (cs_parse_ok(parser))
        parser->in.status =
            cs_fail(parser->in.err, CONSENT_E_MEMORY, 0, "no memory was left for reading %s", parser->in.what);
    return false;
}

void *cs_parse_alloc(cs_parser *parser, size_t size)
{
    void *block = cs_arena_alloc(&parser->policy->arena, size);
    if (!block)
        (void)cs_parse_no_memory(parser);
    return block;
}

const char *cs_parse_copy(cs_parser *parser, cs_str text)
{
    const char *copy = cs_arena_strndup(&parser->policy->arena, text.data, text.size);
    if (!copy)
        (void)cs_parse_no_memory(parser);
    return copy;
}

bool cs_parse_complain_at(cs_parser *parser, const char *name, const char *fmt, ...)
{
    char reason[320];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
    (void)cs_json_complain(&parser->in, "%s", reason);
    cs_json_leave(&parser->in, mark);
    return false;
}

/* ---- strings ------------------------------------------------------------------------------ */

#define ID_RULE "an identifier is 1 to 96 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"

const char *cs_parse_id(cs_parser *parser, const cs_json *object, const char *name, bool required)
{
    if (!required && !cs_json_get(object, name))
        return NULL;
    cs_str id = cs_json_in_str(&parser->in, object, name, true);
    if (!cs_parse_ok(parser))
        return NULL;
    if (!cs_id_is_valid(id)) {
        (void)cs_parse_complain_at(parser, name, ID_RULE);
        return NULL;
    }
    return cs_parse_copy(parser, id);
}

cs_str cs_parse_reference(cs_parser *parser, const cs_json *value)
{
    cs_json_type type = cs_json_type_of(value);
    cs_str id = type == CS_JSON_OBJECT ? cs_json_in_str(&parser->in, value, "id", true) : cs_json_str(value);
    if (type != CS_JSON_OBJECT && type != CS_JSON_STRING)
        (void)cs_json_complain(&parser->in, "an identifier was expected here, not %s", cs_json_type_name(type));
    else if (cs_parse_ok(parser) && !cs_id_is_valid(id))
        (void)cs_json_complain(&parser->in, ID_RULE);
    return cs_parse_ok(parser) ? id : (cs_str){0};
}

/* Shown to people and printed to terminals: no control characters but line ends and tabs. */
static bool is_printable(cs_str text, bool one_line)
{
    const char *at = text.data;
    const char *end = text.data + text.size;
    while (at < end) {
        uint32_t c = cs_utf8_next(&at, end);
        bool allowed = !one_line && (c == '\n' || c == '\t');
        if (!allowed && (c < 0x20u || (c >= 0x7Fu && c < 0xA0u)))
            return false;
    }
    return true;
}

const char *cs_parse_label(cs_parser *parser, const cs_json *object, const char *name, size_t max_size)
{
    cs_str text = cs_json_in_str(&parser->in, object, name, false);
    if (!cs_parse_ok(parser) || !cs_json_get(object, name))
        return NULL;
    if (text.size == 0 || text.size > max_size || !is_printable(text, true)) {
        (void)cs_parse_complain_at(parser, name, "1 to %zu bytes without control characters were expected", max_size);
        return NULL;
    }
    return cs_parse_copy(parser, text);
}

const char *cs_parse_url(cs_parser *parser, const cs_json *object, const char *name)
{
    const char *url = cs_parse_label(parser, object, name, CS_URL_MAX_SIZE);
    if (url && (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strpbrk(url, " \"<>\\^`{|}")))
        (void)cs_parse_complain_at(parser, name, "an address that begins with https:// was expected");
    return url;
}

const char *cs_parse_country(cs_parser *parser, const cs_json *object, const char *name, const char *missing)
{
    cs_str country = cs_json_in_str(&parser->in, object, name, false);
    if (!cs_json_get(object, name))
        return cs_parse_copy(parser, cs_str_of(missing));
    bool valid = country.size == 2;
    for (size_t i = 0; i < country.size; i++)
        valid = valid && country.data[i] >= 'A' && country.data[i] <= 'Z';
    if (!valid)
        (void)cs_parse_complain_at(parser, name, "a country was expected as two capitals, such as \"CN\"");
    return cs_parse_copy(parser, country);
}

int cs_parse_name(cs_str value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && cs_str_is(value, names[i]))
            return (int)i;
    return -1;
}

/* ---- texts -------------------------------------------------------------------------------- */

/* One locale's string of the text in hand. */
static void set_text(cs_parser *parser, int locale, cs_str value)
{
    if (value.size == 0)
        (void)cs_json_complain(&parser->in, "the text is empty: write it, or leave the locale out");
    else if (!is_printable(value, false))
        (void)cs_json_complain(&parser->in, "the text holds a control character other than a line end or tab");
    else if (!cs_texts_set(parser->texts, (uint16_t)locale, value))
        (void)cs_parse_no_memory(parser);
}

static void read_text_map(cs_parser *parser, const cs_json *map)
{
    for (const cs_json *item = cs_json_first(map); item && cs_parse_ok(parser); item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&parser->in, cs_json_name(item), SIZE_MAX);
        int locale = cs_texts_locale(parser->texts, cs_str_of(cs_json_name(item)));
        if (locale < 0)
            (void)cs_json_complain(&parser->in, "this locale is not in `locales`: add it there, or correct it");
        else if (cs_json_type_of(item) != CS_JSON_STRING)
            (void)cs_json_complain(&parser->in, "a string was expected here, not %s",
                                   cs_json_type_name(cs_json_type_of(item)));
        else
            set_text(parser, locale, cs_json_str(item));
        cs_json_leave(&parser->in, mark);
    }
    const char *first = parser->policy->locales[0];
    if (cs_parse_ok(parser) && first && !cs_json_get(map, first))
        (void)cs_json_complain(&parser->in, "the text is missing in %s, the policy's first locale", first);
}

static cs_text read_text(cs_parser *parser, const cs_json *value, const char *name)
{
    cs_text text = cs_texts_add(parser->texts);
    if (text == 0) {
        (void)cs_parse_no_memory(parser);
        return 0;
    }
    size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
    if (cs_json_type_of(value) == CS_JSON_STRING)
        set_text(parser, 0, cs_json_str(value));
    else
        read_text_map(parser, value);
    cs_json_leave(&parser->in, mark);
    return cs_parse_ok(parser) ? text : 0;
}

cs_text cs_parse_text(cs_parser *parser, const cs_json *object, const char *name, bool required)
{
    const cs_json *map = cs_json_in_object(&parser->in, object, name, required);
    return map && cs_parse_ok(parser) ? read_text(parser, map, name) : 0;
}

cs_text cs_parse_text_or_string(cs_parser *parser, const cs_json *object, const char *name, bool required)
{
    const cs_json *value = cs_json_get(object, name);
    if (cs_json_type_of(value) == CS_JSON_STRING)
        return cs_parse_ok(parser) ? read_text(parser, value, name) : 0;
    return cs_parse_text(parser, object, name, required);
}

void cs_parse_digest(cs_parser *parser, const cs_buffer *bytes, uint8_t digest[8])
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span part = cs_buffer_span(bytes);
    if (bytes->failed) {
        (void)cs_parse_no_memory(parser);
        return;
    }
    consent_status status = cs_sha256(&part, 1, hash, cs_parse_ok(parser) ? parser->in.err : NULL);
    if (status != CONSENT_OK) {
        if (cs_parse_ok(parser))
            parser->in.status = status;
        return;
    }
    memcpy(digest, hash, 8);
}

void cs_parse_digest_text(cs_parser *parser, cs_text text, uint8_t digest[8])
{
    memset(digest, 0, 8);
    if (text == 0 || !cs_parse_ok(parser))
        return;
    cs_buffer bytes;
    cs_buffer_init(&bytes, parser->memory, CS_TEXTS_MAX_BYTES);
    cs_texts_put_canonical(parser->texts, text, &bytes);
    cs_parse_digest(parser, &bytes, digest);
    cs_buffer_free(&bytes);
}

/* ---- times -------------------------------------------------------------------------------- */

int64_t cs_parse_instant(cs_parser *parser, const cs_json *object, const char *name, bool required)
{
    cs_str text = cs_json_in_str(&parser->in, object, name, required);
    int64_t time_ms = 0;
    if (!cs_parse_ok(parser) || !cs_json_get(object, name))
        return 0;
    if (!cs_time_parse(text, &time_ms) || time_ms <= 0) {
        (void)cs_parse_complain_at(parser, name, "an instant was expected, such as \"2026-09-28T10:00:00+08:00\"");
        return 0;
    }
    return time_ms;
}

int64_t cs_parse_duration(cs_parser *parser, const cs_json *object, const char *name, int64_t missing)
{
    cs_str text = cs_json_in_str(&parser->in, object, name, false);
    int64_t duration_ms = 0;
    if (!cs_parse_ok(parser) || !cs_json_get(object, name))
        return missing;
    if (!cs_duration_parse(text, &duration_ms) || duration_ms <= 0) {
        (void)cs_parse_complain_at(parser, name, "a duration was expected, such as \"48h\" or \"365d\"");
        return missing;
    }
    return duration_ms;
}

int64_t cs_parse_cooldown(cs_parser *parser, const cs_json *object, int64_t missing, bool *raised)
{
    if (cs_str_is(cs_json_str(cs_json_get(object, "cooldown")), "never"))
        return CS_NEVER_MS;
    int64_t cooldown_ms = cs_parse_duration(parser, object, "cooldown", missing);
    *raised = cooldown_ms < CS_COOLDOWN_FLOOR_MS;
    return *raised ? CS_COOLDOWN_FLOOR_MS : cooldown_ms;
}

void cs_parse_retention(cs_parser *parser, const cs_json *object, cs_retention *retention, uint8_t criterion_digest[8],
                        bool *known)
{
    static const char *const expiries[] = {"delete", "anonymise"};
    const cs_json *value = cs_json_in_object(&parser->in, object, "retention", false);
    *known = true;
    if (!value)
        return;
    size_t mark = cs_json_enter(&parser->in, "retention", SIZE_MAX);
    cs_retention read = {.period_ms = cs_parse_duration(parser, value, "period", 0),
                         .criterion = cs_parse_text(parser, value, "criterion", false)};
    if (cs_parse_ok(parser) && (read.period_ms > 0) == (read.criterion != 0))
        (void)cs_json_complain(&parser->in, "either a `period` or a `criterion` was expected, and not both");
    cs_str at_expiry = cs_json_in_str(&parser->in, value, "at_expiry", false);
    if (cs_json_get(value, "at_expiry")) {
        int position = cs_parse_name(at_expiry, expiries, CS_COUNT_OF(expiries));
        *known = position >= 0;
        read.at_expiry = (uint8_t)(position > 0 ? position : 0);
    }
    cs_json_leave(&parser->in, mark);
    *retention = read;
    cs_parse_digest_text(parser, read.criterion, criterion_digest);
}

void cs_parse_lifetime(cs_parser *parser, const cs_json *object, int64_t *grant_ms, int64_t *refusal_ms)
{
    const cs_json *value = cs_json_in_object(&parser->in, object, "lifetime", false);
    if (!value)
        return;
    size_t mark = cs_json_enter(&parser->in, "lifetime", SIZE_MAX);
    *grant_ms = cs_parse_duration(parser, value, "grant", *grant_ms);
    *refusal_ms = cs_parse_duration(parser, value, "refusal", *refusal_ms);
    cs_json_leave(&parser->in, mark);
}

/* ---- lists -------------------------------------------------------------------------------- */

const cs_json *cs_parse_list(cs_parser *parser, const cs_json *object, const char *name, size_t item_size, size_t max,
                             void **items, uint16_t *count)
{
    *items = NULL;
    *count = 0;
    const cs_json *array = cs_json_in_array(&parser->in, object, name, false);
    size_t wanted = cs_json_count(array);
    if (wanted > max)
        (void)cs_parse_complain_at(parser, name, "%zu entries are more than the %zu that are allowed", wanted, max);
    if (wanted == 0 || !cs_parse_ok(parser))
        return NULL;
    *items = cs_parse_alloc(parser, wanted * item_size);
    if (!*items)
        return NULL;
    *count = (uint16_t)wanted;
    return cs_json_first(array);
}
