#include "consentctl/merge.h"

static cs_str id_of(const cs_json *element)
{
    if (cs_json_type_of(element) == CS_JSON_OBJECT)
        return cs_json_str(cs_json_get(element, "id"));
    return cs_json_str(element);
}

static const cs_json *find_by_id(const cs_json *array, cs_str id)
{
    for (const cs_json *each = cs_json_first(array); each != NULL; each = cs_json_next(each)) {
        if (id.size > 0 && cs_str_equal(id_of(each), id))
            return each;
    }
    return NULL;
}

static bool goes_by_id(const cs_json *base, const cs_json *change)
{
    if (cs_json_type_of(base) != CS_JSON_ARRAY || cs_json_type_of(change) != CS_JSON_ARRAY ||
        cs_json_count(change) == 0)
        return false;
    for (const cs_json *each = cs_json_first(change); each != NULL; each = cs_json_next(each)) {
        if (cs_json_type_of(each) != CS_JSON_OBJECT || id_of(each).size == 0)
            return false;
    }
    return true;
}

static void merge_elements(cs_json_out *out, const cs_json *base, const cs_json *change)
{
    cs_json_open_array(out);
    for (const cs_json *each = cs_json_first(base); each != NULL; each = cs_json_next(each)) {
        const cs_json *changed = find_by_id(change, id_of(each));
        if (changed == NULL)
            cs_json_put_value(out, each);
        else if (!cs_json_bool(cs_json_get(changed, "removed")))
            cs_merge_json(out, each, changed);
    }
    for (const cs_json *each = cs_json_first(change); each != NULL; each = cs_json_next(each)) {
        if (find_by_id(base, id_of(each)) == NULL)
            cs_json_put_value(out, each);
    }
    cs_json_close_array(out);
}

void cs_merge_json(cs_json_out *out, const cs_json *base, const cs_json *change)
{
    if (goes_by_id(base, change)) {
        merge_elements(out, base, change);
        return;
    }
    if (cs_json_type_of(base) != CS_JSON_OBJECT || cs_json_type_of(change) != CS_JSON_OBJECT) {
        cs_json_put_value(out, change);
        return;
    }
    cs_json_open_object(out);
    for (const cs_json *each = cs_json_first(base); each != NULL; each = cs_json_next(each)) {
        const cs_json *changed = cs_json_get(change, cs_json_name(each));
        if (cs_json_type_of(changed) == CS_JSON_NULL)
            continue;
        cs_json_put_name(out, cs_json_name(each));
        if (changed != NULL)
            cs_merge_json(out, each, changed);
        else
            cs_json_put_value(out, each);
    }
    for (const cs_json *each = cs_json_first(change); each != NULL; each = cs_json_next(each)) {
        if (cs_json_get(base, cs_json_name(each)) == NULL && cs_json_type_of(each) != CS_JSON_NULL) {
            cs_json_put_name(out, cs_json_name(each));
            cs_json_put_value(out, each);
        }
    }
    cs_json_close_object(out);
}
