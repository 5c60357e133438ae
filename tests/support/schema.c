#include "support/schema.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA_MAX_BYTES (1024u * 1024u)

typedef struct checker {
    const cs_json *root;
    cs_json_in in; /* for its path */
    char *message;
} checker;

static bool fits(checker *c, const cs_json *rules, const cs_json *value);

static bool complain(checker *c, const char *reason, const char *detail)
{
    (void)snprintf(c->message, SCHEMA_MESSAGE_SIZE, "%s: %s %s", c->in.path, reason, detail);
    return false;
}

/* ---- values ------------------------------------------------------------------------------- */

static bool same(const cs_json *a, const cs_json *b)
{
    if (cs_json_type_of(a) != cs_json_type_of(b))
        return false;
    switch (cs_json_type_of(a)) {
    case CS_JSON_STRING:
        return cs_str_equal(cs_json_str(a), cs_json_str(b));
    case CS_JSON_INT:
        return cs_json_int(a) == cs_json_int(b);
    case CS_JSON_BOOL:
        return cs_json_bool(a) == cs_json_bool(b);
    default:
        return cs_json_type_of(a) == CS_JSON_NULL;
    }
}

static bool has_type(const cs_json *value, cs_str name)
{
    static const struct {
        const char *name;
        cs_json_type type;
    } types[] = {{"null", CS_JSON_NULL},    {"boolean", CS_JSON_BOOL},  {"integer", CS_JSON_INT},
                 {"number", CS_JSON_INT},   {"string", CS_JSON_STRING}, {"array", CS_JSON_ARRAY},
                 {"object", CS_JSON_OBJECT}};
    for (size_t i = 0; i < CS_COUNT_OF(types); i++)
        if (cs_str_is(name, types[i].name))
            return cs_json_type_of(value) == types[i].type;
    return false;
}

static size_t characters(cs_str text)
{
    const char *at = text.data;
    size_t count = 0;
    while (at < text.data + text.size) {
        (void)cs_utf8_next(&at, text.data + text.size);
        count++;
    }
    return count;
}

static bool matches(cs_str text, const char *pattern)
{
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    char *copy = strndup(text.data ? text.data : "", text.size);
    bool found = regexec(&compiled, copy, 0, NULL, 0) == 0;
    free(copy);
    regfree(&compiled);
    return found;
}

static bool is_unique(const cs_json *array)
{
    for (const cs_json *a = cs_json_first(array); a; a = cs_json_next(a))
        for (const cs_json *b = cs_json_next(a); b; b = cs_json_next(b))
            if (same(a, b))
                return false;
    return true;
}

/* ---- keywords ----------------------------------------------------------------------------- */

static bool fits_type(checker *c, const cs_json *types, const cs_json *value)
{
    if (cs_json_type_of(types) == CS_JSON_STRING)
        return has_type(value, cs_json_str(types)) || complain(c, "is not of type", cs_json_str(types).data);
    for (const cs_json *type = cs_json_first(types); type; type = cs_json_next(type))
        if (has_type(value, cs_json_str(type)))
            return true;
    return complain(c, "is of none of the types", "");
}

static bool fits_enum(checker *c, const cs_json *values, const cs_json *value)
{
    for (const cs_json *one = cs_json_first(values); one; one = cs_json_next(one))
        if (same(one, value))
            return true;
    return complain(c, "is not among the values of", "enum");
}

static bool fits_required(checker *c, const cs_json *names, const cs_json *value)
{
    if (cs_json_type_of(value) != CS_JSON_OBJECT)
        return true;
    for (const cs_json *name = cs_json_first(names); name; name = cs_json_next(name))
        if (!cs_json_get(value, cs_json_str(name).data))
            return complain(c, "lacks", cs_json_str(name).data);
    return true;
}

static bool fits_member(checker *c, const cs_json *rules, const cs_json *member)
{
    const cs_json *own = cs_json_get(cs_json_get(rules, "properties"), cs_json_name(member));
    const cs_json *others = cs_json_get(rules, "additionalProperties");
    if (own)
        return fits(c, own, member);
    if (cs_json_type_of(others) == CS_JSON_OBJECT)
        return fits(c, others, member);
    return !others || cs_json_bool(others) || complain(c, "is not a known", "member");
}

static bool fits_members(checker *c, const cs_json *rules, const cs_json *value)
{
    if (cs_json_type_of(value) != CS_JSON_OBJECT)
        return true;
    for (const cs_json *member = cs_json_first(value); member; member = cs_json_next(member)) {
        size_t mark = cs_json_enter(&c->in, cs_json_name(member), SIZE_MAX);
        if (!fits_member(c, rules, member))
            return false;
        cs_json_leave(&c->in, mark);
    }
    return true;
}

static bool fits_items(checker *c, const cs_json *rules, const cs_json *value)
{
    size_t i = 0;
    if (cs_json_type_of(value) != CS_JSON_ARRAY)
        return true;
    for (const cs_json *item = cs_json_first(value); item; item = cs_json_next(item)) {
        size_t mark = cs_json_enter(&c->in, NULL, i++);
        if (!fits(c, rules, item))
            return false;
        cs_json_leave(&c->in, mark);
    }
    return true;
}

/* How many of the alternatives fit; the message and path stay as they were. */
static size_t count_fitting(checker *c, const cs_json *alternatives, const cs_json *value)
{
    size_t count = 0;
    for (const cs_json *one = cs_json_first(alternatives); one; one = cs_json_next(one)) {
        checker tried = *c;
        char ignored[SCHEMA_MESSAGE_SIZE];
        tried.message = ignored;
        count += fits(&tried, one, value);
    }
    return count;
}

static bool fits_bound(checker *c, const char *name, int64_t bound, const cs_json *value)
{
    cs_json_type type = cs_json_type_of(value);
    int64_t size = type == CS_JSON_STRING ? (int64_t)characters(cs_json_str(value)) : (int64_t)cs_json_count(value);
    if (strcmp(name, "minimum") == 0 || strcmp(name, "maximum") == 0) {
        if (type != CS_JSON_INT)
            return true;
        size = cs_json_int(value);
    } else {
        cs_json_type wanted = strstr(name, "Length")       ? CS_JSON_STRING
                              : strstr(name, "Properties") ? CS_JSON_OBJECT
                                                           : CS_JSON_ARRAY;
        if (type != wanted)
            return true;
    }
    bool least = strncmp(name, "min", 3) == 0;
    return (least ? size >= bound : size <= bound) || complain(c, "is outside", name);
}

static const cs_json *resolve(checker *c, const cs_json *reference)
{
    static const char beginning[] = "#/$defs/";
    const char *path = cs_json_str(reference).data;
    if (strncmp(path, beginning, strlen(beginning)) != 0)
        return NULL;
    return cs_json_get(cs_json_get(c->root, "$defs"), path + strlen(beginning));
}

static bool is_bound(const char *name)
{
    static const char *const names[] = {"minimum",  "maximum",  "minLength",     "maxLength",
                                        "minItems", "maxItems", "minProperties", "maxProperties"};
    for (size_t i = 0; i < CS_COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_annotation(const char *name)
{
    static const char *const names[] = {"$schema",     "$id",     "$defs",    "title",
                                        "description", "default", "examples", "$comment"};
    for (size_t i = 0; i < CS_COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool fits_combination(checker *c, const char *name, const cs_json *rule, const cs_json *value)
{
    size_t count = count_fitting(c, rule, value);
    bool fitting = strcmp(name, "oneOf") == 0 ? count == 1 : count > 0;
    return fitting || complain(c, "does not fit", name);
}

/* then or else, as the condition says; both are looked at from here alone. */
static bool fits_condition(checker *c, const cs_json *rules, const cs_json *condition, const cs_json *value)
{
    checker tried = *c;
    char ignored[SCHEMA_MESSAGE_SIZE];
    tried.message = ignored;
    const cs_json *branch = cs_json_get(rules, fits(&tried, condition, value) ? "then" : "else");
    return !branch || fits(c, branch, value);
}

static bool fits_keyword(checker *c, const cs_json *rules, const cs_json *rule, const cs_json *value)
{
    const char *name = cs_json_name(rule);
    if (is_annotation(name))
        return true;
    if (is_bound(name))
        return fits_bound(c, name, cs_json_int(rule), value);
    if (strcmp(name, "$ref") == 0)
        return resolve(c, rule) ? fits(c, resolve(c, rule), value)
                                : complain(c, "refers to nothing:", cs_json_str(rule).data);
    if (strcmp(name, "type") == 0)
        return fits_type(c, rule, value);
    if (strcmp(name, "const") == 0)
        return same(rule, value) || complain(c, "is not the", "const");
    if (strcmp(name, "enum") == 0)
        return fits_enum(c, rule, value);
    if (strcmp(name, "required") == 0)
        return fits_required(c, rule, value);
    /* The two are one check, which needs both. */
    if (strcmp(name, "properties") == 0)
        return fits_members(c, rules, value);
    if (strcmp(name, "additionalProperties") == 0)
        return cs_json_get(rules, "properties") || fits_members(c, rules, value);
    if (strcmp(name, "items") == 0)
        return fits_items(c, rule, value);
    if (strcmp(name, "uniqueItems") == 0)
        return !cs_json_bool(rule) || is_unique(value) || complain(c, "holds an entry", "twice");
    if (strcmp(name, "pattern") == 0)
        return cs_json_type_of(value) != CS_JSON_STRING || matches(cs_json_str(value), cs_json_str(rule).data) ||
               complain(c, "does not match", cs_json_str(rule).data);
    if (strcmp(name, "oneOf") == 0 || strcmp(name, "anyOf") == 0)
        return fits_combination(c, name, rule, value);
    if (strcmp(name, "allOf") == 0) {
        for (const cs_json *one = cs_json_first(rule); one; one = cs_json_next(one))
            if (!fits(c, one, value))
                return false;
        return true;
    }
    if (strcmp(name, "if") == 0)
        return fits_condition(c, rules, rule, value);
    if (strcmp(name, "then") == 0 || strcmp(name, "else") == 0)
        return true;
    return complain(c, "the schema uses a keyword that this checker lacks:", name);
}

static bool fits(checker *c, const cs_json *rules, const cs_json *value)
{
    for (const cs_json *rule = cs_json_first(rules); rule; rule = cs_json_next(rule))
        if (!fits_keyword(c, rules, rule, value))
            return false;
    return true;
}

/* ---- schemas ------------------------------------------------------------------------------ */

void schema_open(schema *s, const char *name)
{
    char path[1024];
    consent_error err;
    (void)snprintf(path, sizeof(path), "%s/docs/%s", CONSENT_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no schema %s", path);
    s->text = calloc(1, SCHEMA_MAX_BYTES + 1);
    assert_non_null(s->text);
    (void)fread(s->text, 1, SCHEMA_MAX_BYTES, file);
    (void)fclose(file);
    if (cs_json_parse(&s->doc, cs_str_of(s->text), SCHEMA_MAX_BYTES, name, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
}

void schema_close(schema *s)
{
    cs_json_free(&s->doc);
    free(s->text);
}

bool schema_fits(const schema *s, const cs_json *value, char message[SCHEMA_MESSAGE_SIZE])
{
    checker c = {.root = s->doc.root, .message = message};
    cs_json_in_init(&c.in, "", NULL);
    message[0] = '\0';
    return fits(&c, s->doc.root, value);
}

static bool describes_all(const cs_json *rules, char *message)
{
    const cs_json *properties = cs_json_get(rules, "properties");
    for (const cs_json *one = cs_json_first(properties); one; one = cs_json_next(one)) {
        if (cs_json_str(cs_json_get(one, "description")).size == 0) {
            (void)snprintf(message, SCHEMA_MESSAGE_SIZE, "%s has no description", cs_json_name(one));
            return false;
        }
    }
    for (const cs_json *one = cs_json_first(rules); one; one = cs_json_next(one))
        if (!describes_all(one, message))
            return false;
    return true;
}

bool schema_describes_all(const schema *s, char message[SCHEMA_MESSAGE_SIZE])
{
    return describes_all(s->doc.root, message);
}
