#include "consentctl/scenario.h"
#include "consentctl/files.h"
#include "consentctl/scenario_schema.h"
#include "consentctl/tool.h"

#include <stdio.h>
#include <string.h>

/* ---- moments ------------------------------------------------------------------------------ */

/* "47h59m": one or more numbers with a unit each. */
static bool parse_length(cs_str text, int64_t *out_ms)
{
    int64_t sum_ms = 0;
    if (text.size == 0)
        return false;
    while (text.size > 0) {
        size_t end = 0;
        int64_t part_ms = 0;
        while (end < text.size && text.data[end] >= '0' && text.data[end] <= '9')
            end++;
        if (end == text.size || !cs_duration_parse((cs_str){text.data, end + 1}, &part_ms))
            return false;
        if (part_ms > INT64_MAX / 4 || sum_ms > INT64_MAX / 4)
            return false;
        sum_ms += part_ms;
        text.data += end + 1;
        text.size -= end + 1;
    }
    *out_ms = sum_ms;
    return true;
}

/* What let may name; a digit at the start would be a misspelt instant. */
static bool is_name(cs_str text)
{
    if (text.size == 0 || (text.data[0] >= '0' && text.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (strchr("+-: ", text.data[i]) != NULL)
            return false;
    }
    return true;
}

bool cs_moment_split(cs_str text, cs_str *base, int64_t *offset_ms)
{
    int64_t instant_ms = 0;
    *base = text;
    *offset_ms = 0;
    if (cs_time_parse(text, &instant_ms) || is_name(text))
        return true;
    size_t sign = 0;
    while (sign < text.size && text.data[sign] != '+' && text.data[sign] != '-')
        sign++;
    base->size = sign;
    if (sign == text.size || (sign > 0 && !is_name(*base)) ||
        !parse_length((cs_str){text.data + sign + 1, text.size - sign - 1}, offset_ms))
        return false;
    if (text.data[sign] == '-')
        *offset_ms = -*offset_ms;
    return true;
}

/* ---- lines --------------------------------------------------------------------------------- */

static consent_status find_verb(cs_step *step, consent_error *err)
{
    const cs_json *root = step->doc.root;
    char list[480];
    for (const cs_json *each = cs_json_first(root); each != NULL; each = cs_json_next(each)) {
        cs_verb verb = cs_verb_find(cs_json_name(each));
        /* "answer" is an act of its own and a member of "form": the line's first verb leads. */
        if (verb == CS_VERB_WAIT || (step->arg != NULL && cs_member_find(step->verb, cs_json_name(each)) != NULL))
            continue;
        if (step->arg != NULL)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: a line does one thing; \"%s\" and \"%s\" need a line each",
                           step->where, cs_verb_name(step->verb), cs_verb_name(verb));
        step->verb = verb;
        step->arg = each;
    }
    if (step->arg != NULL || cs_json_get(root, "at") != NULL || cs_json_get(root, "say") != NULL)
        return CONSENT_OK;
    cs_verb_list(list, sizeof(list));
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: a line says what to do with one of: %s", step->where, list);
}

static bool check_members(cs_json_in *in, cs_step *step)
{
    const cs_verb_spec *spec = cs_verb_spec_of(step->verb);
    for (const cs_json *each = cs_json_first(step->doc.root); each != NULL; each = cs_json_next(each)) {
        const char *name = cs_json_name(each);
        const cs_member_spec *member = cs_member_find(step->verb, name);
        char list[320];
        size_t mark = cs_json_enter(in, name, SIZE_MAX);
        bool fits = true;
        if (each == step->arg) {
            fits = cs_takes_check(in, spec->takes, each);
        } else if (member != NULL) {
            fits = cs_takes_check(in, member->takes, each);
        } else {
            cs_verb_list_members(step->verb, list, sizeof(list));
            fits = cs_json_complain(in, "%s%s has no such member; it may have %s",
                                    spec->name != NULL ? "" : "a line with at or say",
                                    spec->name != NULL ? spec->name : " alone", list);
        }
        cs_json_leave(in, mark);
        if (!fits)
            return false;
    }
    for (size_t i = 0; i < CS_VERB_MAX_MEMBERS && spec->members[i].name != NULL; i++) {
        if (spec->members[i].required && cs_json_get(step->doc.root, spec->members[i].name) == NULL)
            return cs_json_complain(in, "%s needs the member \"%s\"", spec->name, spec->members[i].name);
    }
    return true;
}

consent_status cs_step_parse(cs_str line, const char *where, cs_step *step, consent_error *err)
{
    cs_json_in in;
    memset(step, 0, sizeof(*step));
    snprintf(step->where, sizeof(step->where), "%s", where);
    consent_status status = cs_json_parse(&step->doc, line, CS_SCENARIO_MAX_LINE_BYTES, step->where, err);
    if (status == CONSENT_OK && cs_json_type_of(step->doc.root) != CS_JSON_OBJECT)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: a line holds one JSON object, not %s", where,
                         cs_json_type_name(cs_json_type_of(step->doc.root)));
    if (status == CONSENT_OK)
        status = find_verb(step, err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, step->where, err);
        if (!check_members(&in, step))
            status = in.status;
    }
    if (status != CONSENT_OK)
        cs_step_free(step);
    return status;
}

void cs_step_free(cs_step *step)
{
    cs_json_free(&step->doc);
    step->arg = NULL;
}

const cs_json *cs_step_get(const cs_step *step, const char *name)
{
    return cs_json_get(step->doc.root, name);
}

/* ---- files --------------------------------------------------------------------------------- */

static consent_status load(cs_scenario *scenario, const char *path, unsigned depth, consent_error *err);

static consent_status append(cs_scenario *scenario, const cs_step *step, consent_error *err)
{
    cs_memory memory = cs_tool_memory();
    if (scenario->count == scenario->capacity) {
        size_t capacity = scenario->capacity > 0 ? scenario->capacity * 2 : 64;
        cs_step *steps =
            cs_realloc(&memory, scenario->steps, scenario->capacity * sizeof(*steps), capacity * sizeof(*steps));
        if (steps == NULL)
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for a scenario of %zu lines", scenario->count);
        scenario->steps = steps;
        scenario->capacity = capacity;
    }
    scenario->steps[scenario->count++] = *step;
    return CONSENT_OK;
}

static void folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%.*s", slash != NULL ? (int)(slash - path) : 1, slash != NULL ? path : ".");
    if (slash == path)
        snprintf(out, size, "/");
}

static consent_status take_line(cs_scenario *scenario, cs_str line, const char *where, const char *path, unsigned depth,
                                consent_error *err)
{
    cs_step step;
    char target[1024];
    while (line.size > 0 && (line.data[line.size - 1] == '\r' || line.data[line.size - 1] == ' '))
        line.size--;
    while (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
        line.data++;
        line.size--;
    }
    if (line.size == 0 || line.data[0] == '#' || (line.size > 1 && line.data[0] == '/' && line.data[1] == '/'))
        return CONSENT_OK;
    consent_status status = cs_step_parse(line, where, &step, err);
    if (status != CONSENT_OK)
        return status;
    folder_of(path, step.folder, sizeof(step.folder));
    if (step.verb != CS_VERB_INCLUDE) {
        status = append(scenario, &step, err);
        if (status != CONSENT_OK)
            cs_step_free(&step);
        return status;
    }
    status = cs_files_join(step.folder, cs_json_str(step.arg).data, target, sizeof(target), err);
    if (status == CONSENT_OK && depth + 1 > CS_SCENARIO_MAX_INCLUDES)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: includes went deeper than %u; does a file include itself?",
                         where, CS_SCENARIO_MAX_INCLUDES);
    if (status == CONSENT_OK)
        status = load(scenario, target, depth + 1, err);
    cs_step_free(&step);
    return status;
}

static consent_status load(cs_scenario *scenario, const char *path, unsigned depth, consent_error *err)
{
    cs_memory memory = cs_tool_memory();
    cs_buffer text;
    cs_buffer_init(&text, &memory, CS_SCENARIO_MAX_FILE_BYTES);
    consent_status status = cs_files_read(path, &text, err);
    unsigned number = 1;
    for (size_t start = 0; status == CONSENT_OK && start < text.size; number++) {
        const uint8_t *end = memchr(text.data + start, '\n', text.size - start);
        size_t size = end != NULL ? (size_t)(end - text.data) - start : text.size - start;
        char where[512];
        snprintf(where, sizeof(where), "%s:%u", path, number);
        status = take_line(scenario, (cs_str){(const char *)text.data + start, size}, where, path, depth, err);
        start += size + 1;
    }
    cs_buffer_free(&text);
    return status;
}

consent_status cs_scenario_load(cs_scenario *scenario, const char *path, consent_error *err)
{
    return load(scenario, path, 0, err);
}

void cs_scenario_free(cs_scenario *scenario)
{
    cs_memory memory = cs_tool_memory();
    for (size_t i = 0; i < scenario->count; i++)
        cs_step_free(&scenario->steps[i]);
    cs_free(&memory, scenario->steps, scenario->capacity * sizeof(*scenario->steps));
    memset(scenario, 0, sizeof(*scenario));
}
