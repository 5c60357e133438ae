#include "json/json.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const cJSON *node(const cs_json *value)
{
    return (const cJSON *)value;
}

static const cs_json *value_of(const cJSON *item)
{
    return (const cs_json *)item;
}

consent_status cs_json_parse(cs_json_doc *doc, cs_str text, size_t max_size, const char *what, consent_error *err)
{
    *doc = (cs_json_doc){0};
    consent_status status = cs_json_check(text, max_size, what, err);
    if (status != CONSENT_OK)
        return status;
    /* What the scanner let through is within cJSON's grammar: memory is all that can be missing. */
    cJSON *root = cJSON_ParseWithLengthOpts(text.data, text.size, NULL, 0);
    if (!root)
        return cs_no_memory(err, what);
    doc->root = value_of(root);
    doc->owned = root;
    return CONSENT_OK;
}

void cs_json_free(cs_json_doc *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->owned);
    *doc = (cs_json_doc){0};
}

/* ---- values ------------------------------------------------------------------------------- */

cs_json_type cs_json_type_of(const cs_json *value)
{
    /* By the bits of cJSON's types. */
    static const uint8_t types[] = {CS_JSON_BOOL,   CS_JSON_BOOL,  CS_JSON_NULL,  CS_JSON_INT,
                                    CS_JSON_STRING, CS_JSON_ARRAY, CS_JSON_OBJECT};
    for (size_t i = 0; value && i < CS_COUNT_OF(types); i++)
        if (node(value)->type >> i & 1)
            return types[i];
    return CS_JSON_NONE;
}

const char *cs_json_type_name(cs_json_type type)
{
    return cs_nth_text("nothing\0null\0true or false\0a whole number\0a string\0an array\0an object\0", type);
}

const cs_json *cs_json_get(const cs_json *object, const char *name)
{
    if (cs_json_type_of(object) != CS_JSON_OBJECT)
        return NULL;
    return value_of(cJSON_GetObjectItemCaseSensitive(node(object), name));
}

const cs_json *cs_json_first(const cs_json *container)
{
    cs_json_type type = cs_json_type_of(container);
    return type == CS_JSON_ARRAY || type == CS_JSON_OBJECT ? value_of(node(container)->child) : NULL;
}

const cs_json *cs_json_next(const cs_json *value)
{
    return value ? value_of(node(value)->next) : NULL;
}

const char *cs_json_name(const cs_json *member)
{
    return member ? node(member)->string : NULL;
}

size_t cs_json_count(const cs_json *container)
{
    size_t count = 0;
    for (const cs_json *item = cs_json_first(container); item; item = cs_json_next(item))
        count++;
    return count;
}

bool cs_json_bool(const cs_json *value)
{
    return value && cJSON_IsTrue(node(value));
}

int64_t cs_json_int(const cs_json *value)
{
    return cs_json_type_of(value) == CS_JSON_INT ? (int64_t)node(value)->valuedouble : 0;
}

cs_str cs_json_str(const cs_json *value)
{
    return cs_str_of(cs_json_type_of(value) == CS_JSON_STRING ? node(value)->valuestring : NULL);
}

/* ---- typed reading ------------------------------------------------------------------------ */

void cs_json_in_init(cs_json_in *in, const char *what, consent_error *err)
{
    *in = (cs_json_in){.err = err, .status = CONSENT_OK, .what = what};
}

size_t cs_json_enter(cs_json_in *in, const char *name, size_t index_or_minus1)
{
    size_t mark = strlen(in->path);
    size_t at = mark;
    if (name) {
        (void)snprintf(in->path + at, sizeof(in->path) - at, "%s%s", at > 0 ? "." : "", name);
        at = strlen(in->path);
    }
    if (index_or_minus1 != SIZE_MAX)
        (void)snprintf(in->path + at, sizeof(in->path) - at, "[%zu]", index_or_minus1);
    return mark;
}

void cs_json_leave(cs_json_in *in, size_t mark)
{
    if (mark < sizeof(in->path))
        in->path[mark] = '\0';
}

bool cs_json_complain_at(cs_json_in *in, const char *name, const char *fmt, ...)
{
    char reason[sizeof(((consent_error *)NULL)->message)];
    va_list args;
    if (in->status != CONSENT_OK)
        return false;
    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    size_t mark = cs_json_enter(in, name, SIZE_MAX);
    in->status = cs_fail(in->err, CONSENT_E_ARGUMENT, 0, "%s: %s%s%s", in->what, in->path,
                         in->path[0] != '\0' ? ": " : "", reason);
    cs_json_leave(in, mark);
    return false;
}

bool cs_json_expected(cs_json_in *in, const char *name, const char *expected, const cs_json *found)
{
    return cs_json_complain_at(in, name,
                               found ? "%s was expected here, not %s" : "%s was expected here, the member is missing",
                               expected, cs_json_type_name(cs_json_type_of(found)));
}

/* The member when it has the type; else NULL, after a complaint when it is wrong or misses and must be there. */
static const cs_json *member(cs_json_in *in, const cs_json *object, const char *name, bool required, cs_json_type type)
{
    const cs_json *value = cs_json_get(object, name);
    if (value ? cs_json_type_of(value) == type : !required)
        return value;
    (void)cs_json_expected(in, name, cs_json_type_name(type), value);
    return NULL;
}

cs_str cs_json_in_str(cs_json_in *in, const cs_json *object, const char *name, bool required)
{
    return cs_json_str(member(in, object, name, required, CS_JSON_STRING));
}

int64_t cs_json_in_int(cs_json_in *in, const cs_json *object, const char *name, bool required, int64_t min, int64_t max)
{
    const cs_json *value = member(in, object, name, required, CS_JSON_INT);
    int64_t number = cs_json_int(value);
    if (!value || (number >= min && number <= max))
        return number;
    (void)cs_json_complain_at(in, name, "%" PRId64 " is outside %" PRId64 " to %" PRId64, number, min, max);
    return 0;
}

bool cs_json_in_bool(cs_json_in *in, const cs_json *object, const char *name)
{
    return cs_json_bool(member(in, object, name, false, CS_JSON_BOOL));
}

const cs_json *cs_json_in_object(cs_json_in *in, const cs_json *object, const char *name, bool required)
{
    return member(in, object, name, required, CS_JSON_OBJECT);
}

const cs_json *cs_json_in_array(cs_json_in *in, const cs_json *object, const char *name, bool required)
{
    return member(in, object, name, required, CS_JSON_ARRAY);
}
