#include "policy/parse.h"

#include <string.h>

bool cs_parse_no_memory(cs_parser *parser)
{
    if (cs_parse_ok(parser))
        parser->in.status = cs_no_memory(parser->in.err, parser->in.what);
    return false;
}

void *cs_parse_alloc(cs_parser *parser, size_t size)
{
    void *block = cs_arena_alloc(parser->arena, size);
    if (!block)
        (void)cs_parse_no_memory(parser);
    return block;
}

const char *cs_parse_copy(cs_parser *parser, cs_str text)
{
    const char *copy = cs_arena_strndup(parser->arena, text.data, text.size);
    if (!copy)
        (void)cs_parse_no_memory(parser);
    return copy;
}

void cs_parse_twice(cs_parser *parser, cs_str what)
{
    (void)cs_json_complain(&parser->in, "%.*s stands there twice", CS_STR_ARG(what));
}

/* ---- identifiers ------------------------------------------------------------------------------ */

cs_str cs_parse_reference(cs_parser *parser, const cs_json *value)
{
    cs_json_type type = cs_json_type_of(value);
    cs_str id = type == CS_JSON_OBJECT ? cs_json_in_str(&parser->in, value, "id", true) : cs_json_str(value);
    if (type != CS_JSON_OBJECT && type != CS_JSON_STRING)
        (void)cs_json_expected(&parser->in, NULL, "an identifier", value);
    else if (cs_parse_ok(parser) && !cs_id_is_valid(id))
        (void)cs_json_complain(&parser->in, CS_ID_RULE);
    return cs_parse_ok(parser) ? id : (cs_str){0};
}

uint16_t cs_parse_position(cs_parser *parser, const char *name, cs_str id, cs_list_id list)
{
    static const char kinds[] = "function\0data item\0recipient\0purpose\0permission\0";
    int at = cs_policy_find(parser->policy, list, id);
    if (at >= 0)
        return (uint16_t)at;
    (void)cs_json_complain_at(&parser->in, name, "no %s %.*s is declared", cs_nth_text(kinds, list), CS_STR_ARG(id));
    return 0;
}

/* ---- texts -------------------------------------------------------------------------------- */

bool cs_is_printable(cs_str text, bool one_line)
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

/* One locale's string of the text in hand. */
static void set_text(cs_parser *parser, int locale, const cs_json *item)
{
    cs_str value = cs_json_str(item);
    if (locale < 0)
        (void)cs_json_complain(&parser->in, "this locale is not in `locales`: add it there, or correct it");
    else if (!value.data)
        (void)cs_json_expected(&parser->in, NULL, "a string", item);
    else if (value.size == 0)
        (void)cs_json_complain(&parser->in, "the text is empty: write it, or leave the locale out");
    else if (!cs_is_printable(value, false))
        (void)cs_json_complain(&parser->in, "the text holds a control character other than a line end or tab");
    else if (!cs_texts_set(parser->texts, (uint16_t)locale, value))
        (void)cs_parse_no_memory(parser);
}

cs_text cs_parse_text(cs_parser *parser, const cs_json *value, const char *name)
{
    const char *first = parser->policy->locales[0];
    bool is_map = cs_json_type_of(value) == CS_JSON_OBJECT;
    cs_text text = cs_texts_add(parser->texts);
    if (text == 0)
        (void)cs_parse_no_memory(parser);
    size_t mark = cs_json_enter(&parser->in, name, SIZE_MAX);
    if (!is_map && text != 0)
        set_text(parser, 0, value);
    for (const cs_json *item = is_map ? cs_json_first(value) : NULL; item && cs_parse_ok(parser);
         item = cs_json_next(item)) {
        size_t inner = cs_json_enter(&parser->in, cs_json_name(item), SIZE_MAX);
        set_text(parser, cs_texts_locale(parser->texts, cs_str_of(cs_json_name(item))), item);
        cs_json_leave(&parser->in, inner);
    }
    if (is_map && first && !cs_json_get(value, first))
        (void)cs_json_complain(&parser->in, "the text is missing in %s, the policy's first locale", first);
    cs_json_leave(&parser->in, mark);
    return cs_parse_ok(parser) ? text : 0;
}

void cs_parse_digest(cs_parser *parser, const cs_buffer *bytes, uint8_t digest[8])
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span part = cs_buffer_span(bytes);
    if (bytes->failed)
        (void)cs_parse_no_memory(parser);
    if (!cs_parse_ok(parser))
        return;
    parser->in.status = cs_sha256(&part, 1, hash, parser->in.err);
    memcpy(digest, hash, 8);
}

void cs_parse_digest_text(cs_parser *parser, cs_text text, uint8_t digest[8])
{
    cs_buffer bytes;
    memset(digest, 0, 8);
    if (text == 0 || !cs_parse_ok(parser))
        return;
    cs_buffer_init(&bytes, parser->memory, CS_TEXTS_MAX_BYTES);
    cs_texts_put_canonical(parser->texts, text, &bytes);
    cs_parse_digest(parser, &bytes, digest);
    cs_buffer_free(&bytes);
}

/* ---- times -------------------------------------------------------------------------------- */

void cs_parse_cooldown(cs_parser *parser, const cs_json *object, int64_t *cooldown_ms, bool *raised)
{
    static const cs_prop member[] = {{CS_NAME(cooldown), CS_PROP_DURATION, 0, 0}, {0}};
    if (cs_str_is(cs_json_str(cs_json_get(object, "cooldown")), "never")) {
        *cooldown_ms = CS_NEVER_MS;
        return;
    }
    (void)cs_parse_members(parser, object, member, cooldown_ms);
    *raised = *cooldown_ms < CS_COOLDOWN_FLOOR_MS;
    if (*raised)
        *cooldown_ms = CS_COOLDOWN_FLOOR_MS;
}

bool cs_parse_times(cs_parser *parser, const cs_json *object, cs_purpose *purpose)
{
    static const cs_prop members[] = {
        {CS_NAME(retention), CS_PROP_OBJECT, 3, 0},
        {CS_NAME(period), CS_PROP_DURATION, 0, CS_AT(cs_purpose, retention.period_ms)},
        {CS_NAME(criterion), CS_PROP_TEXT, 0, CS_AT(cs_purpose, retention.criterion)},
        {CS_NAME(at_expiry), CS_PROP_WORD, CS_WORDS_EXPIRY, CS_AT(cs_purpose, retention.at_expiry)},
        {CS_NAME(lifetime), CS_PROP_OBJECT, 2, 0},
        {CS_NAME(grant), CS_PROP_DURATION, 0, CS_AT(cs_purpose, grant_lifetime_ms)},
        {CS_NAME(refusal), CS_PROP_DURATION, 0, CS_AT(cs_purpose, refusal_lifetime_ms)},
        {0},
    };
    bool has_retention = cs_json_get(object, "retention") != NULL;
    if (has_retention)
        purpose->retention = (cs_retention){0};
    bool known = cs_parse_members(parser, object, members, purpose);
    if (has_retention && (purpose->retention.period_ms > 0) == (purpose->retention.criterion != 0))
        (void)cs_json_complain_at(&parser->in, "retention",
                                  "either a `period` or a `criterion` was expected, and not both");
    if (has_retention)
        cs_parse_digest_text(parser, purpose->retention.criterion, purpose->criterion_digest);
    cs_parse_cooldown(parser, object, &purpose->cooldown_ms, &purpose->cooldown_raised);
    return known;
}

/* ---- what other signed documents hold as well ------------------------------------------------ */

consent_status cs_parse_json(cs_parser *parser, cs_str json, size_t max_size, const char *what,
                             void (*read)(cs_parser *parser, const cs_json *root), consent_error *err)
{
    cs_json_doc doc;
    consent_status status = cs_json_parse(&doc, json, max_size, what, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&parser->in, what, err);
    if (parser->base)
        read(parser, doc.root);
    else
        (void)cs_parse_no_memory(parser);
    cs_json_free(&doc);
    return parser->in.status;
}

void cs_parse_schema(cs_json_in *in, const cs_json *root)
{
    int64_t schema = cs_json_in_int(in, root, "schema", true, 1, INT32_MAX);
    if (in->status == CONSENT_OK && schema != 1)
        in->status = cs_fail(in->err, CONSENT_E_UNSUPPORTED, 0,
                             "%s: schema: written in a newer schema than 1: update the app to a version that knows it",
                             in->what);
}

void cs_parse_point(cs_json_in *in, const cs_memory *memory, const cs_json *object, const char *name,
                    uint8_t point[CS_P256_PUBLIC_SIZE])
{
    cs_buffer key;
    cs_buffer_init(&key, memory, CS_P256_PUBLIC_SIZE);
    cs_str text = cs_json_in_str(in, object, name, true);
    bool read = text.size == CS_P256_PUBLIC_CHARS && cs_base64url_decode(&key, text) &&
                key.size == CS_P256_PUBLIC_SIZE && key.data[0] == 0x04;
    if (read)
        memcpy(point, key.data, CS_P256_PUBLIC_SIZE);
    else if (key.failed && in->status == CONSENT_OK)
        in->status = cs_buffer_status(&key, "a key", in->err);
    else
        (void)cs_json_complain_at(in, name, "an uncompressed P-256 point was expected, 65 bytes in base64url");
    cs_buffer_free(&key);
}
