#define _POSIX_C_SOURCE 200809L

#include "consentctl/overlay.h"

#include "consentctl/files.h"
#include "consentctl/merge.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOCUMENT_MAX_BYTES (1024u * 1024u)

static const char policy_file[] = "policy.json";

static bool is_any_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* ---- what a product takes along ------------------------------------------------------------ */

static cs_str id_of(const cs_json *element)
{
    cs_str id = cs_json_str(cs_json_get(element, "id"));
    return id.size > 0 ? id : cs_json_str(element);
}

static bool lists(const cs_json *array, cs_str id)
{
    for (const cs_json *at = cs_json_first(array); at; at = cs_json_next(at))
        if (id.size > 0 && cs_str_equal(id_of(at), id))
            return true;
    return false;
}

/* Whether a purpose that the product names refers to it: by `function`, or in the list of the same name as the section. */
static bool purpose_needs(const cs_json *merged, const cs_json *own, const char *section, cs_str id)
{
    const cs_json *named = cs_json_get(own, "purposes");
    const cs_json *at = cs_json_first(cs_json_get(merged, "purposes"));
    for (; at; at = cs_json_next(at)) {
        if (!lists(named, id_of(at)))
            continue;
        if (strcmp(section, "functions") == 0 ? cs_str_equal(cs_json_str(cs_json_get(at, "function")), id)
                                              : lists(cs_json_get(at, section), id))
            return true;
    }
    return false;
}

static void put_permission(cs_json_out *out, const cs_json *permission, const cs_json *own)
{
    cs_json_open_object(out);
    for (const cs_json *member = cs_json_first(permission); member; member = cs_json_next(member)) {
        cs_json_put_name(out, cs_json_name(member));
        if (strcmp(cs_json_name(member), "call_sites") != 0 || cs_json_type_of(member) != CS_JSON_ARRAY) {
            cs_json_put_value(out, member);
            continue;
        }
        cs_json_open_array(out);
        for (const cs_json *site = cs_json_first(member); site; site = cs_json_next(site))
            if (lists(cs_json_get(own, "purposes"), cs_json_str(cs_json_get(site, "purpose"))))
                cs_json_put_value(out, site);
        cs_json_close_array(out);
    }
    cs_json_close_object(out);
}

static void put_section(cs_json_out *out, const cs_json *merged, const cs_json *own, const char *section)
{
    bool purposes = strcmp(section, "purposes") == 0;
    bool permissions = strcmp(section, "permissions") == 0;
    cs_json_open_array(out);
    for (const cs_json *at = cs_json_first(cs_json_get(merged, section)); at; at = cs_json_next(at)) {
        if (!lists(cs_json_get(own, section), id_of(at)) &&
            (purposes || !purpose_needs(merged, own, section, id_of(at))))
            continue;
        if (permissions)
            put_permission(out, at, own);
        else
            cs_json_put_value(out, at);
    }
    cs_json_close_array(out);
}

/* ---- the whole policy ---------------------------------------------------------------------- */

typedef struct standing {
    const cs_json *base;   /* whole */
    const cs_json *own;    /* as written */
    const cs_json *merged; /* one merged into the other */
    bool product;
} standing;

static bool is_taken_over(const standing *s, const char *member)
{
    static const char *const never[] = {"published", "effective", "change", "documents", NULL};
    if (cs_json_get(s->own, member))
        return true;
    if (is_any_of(member, never) || (s->product && strcmp(member, "service") == 0))
        return false;
    return strcmp(member, "revision") != 0 || !cs_json_get(s->own, "version");
}

static void put_base(cs_json_out *out, const cs_json *base)
{
    cs_json_put_name(out, "base");
    cs_json_open_object(out);
    cs_json_member_str(out, "id", cs_json_str(cs_json_get(base, "id")));
    cs_json_member_int(out, "version", cs_json_int(cs_json_get(base, "version")));
    cs_json_member_int(out, "revision", cs_json_int(cs_json_get(base, "revision")));
    cs_json_close_object(out);
}

static void put_whole(cs_json_out *out, const standing *s)
{
    static const char *const sections[] = {"functions", "data", "recipients", "purposes", "permissions", NULL};
    cs_json_open_object(out);
    for (const cs_json *member = cs_json_first(s->merged); member; member = cs_json_next(member)) {
        const char *name = cs_json_name(member);
        if (strcmp(name, "base") == 0 || !is_taken_over(s, name))
            continue;
        cs_json_put_name(out, name);
        if (s->product && is_any_of(name, sections) && cs_json_type_of(member) == CS_JSON_ARRAY)
            put_section(out, s->merged, s->own, name);
        else
            cs_json_put_value(out, member);
    }
    put_base(out, s->base);
    cs_json_close_object(out);
}

static consent_status parse(cs_buffer *text, const char *what, cs_json_doc *json, consent_error *err)
{
    consent_status status = cs_buffer_status(text, what, err);
    if (status == CONSENT_OK)
        status = cs_json_parse(json, (cs_str){(const char *)text->data, text->size}, CS_POLICY_MAX_BYTES, what, err);
    if (status == CONSENT_OK && cs_json_type_of(json->root) != CS_JSON_OBJECT)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: the text was not a JSON object; write { … }", what);
    return status;
}

static consent_status check_standing(standing *s, consent_error *err)
{
    const cs_json *id = cs_json_get(s->own, "id");
    const cs_json *scope = cs_json_get(s->own, "scope");
    s->product = id && !cs_str_equal(cs_json_str(id), cs_json_str(cs_json_get(s->base, "id")));
    bool other_scope = scope && !cs_str_equal(cs_json_str(scope), cs_json_str(cs_json_get(s->base, "scope")));
    if (s->product != other_scope)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "policy.json: beside \"base\" stood a new %s without a new %s; a product's policy needs both, a "
                       "next version neither",
                       s->product ? "id" : "scope", s->product ? "scope" : "id");
    if (s->product && !cs_json_get(s->own, "version"))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "policy.json: a product's policy lacked a \"version\" of its own");
    return CONSENT_OK;
}

/* Puts the whole in place of what was written. */
static consent_status stand_on(const cs_memory *memory, const cs_json *base, cs_buffer *text, cs_json_doc *json,
                               bool *product, consent_error *err)
{
    standing s = {.base = base, .own = json->root};
    cs_json_doc merged = {0}, whole = {0};
    cs_buffer merged_text, whole_text;
    cs_json_out out;
    cs_buffer_init(&merged_text, memory, CS_POLICY_MAX_BYTES);
    cs_buffer_init(&whole_text, memory, CS_POLICY_MAX_BYTES);
    consent_status status = check_standing(&s, err);
    *product = s.product;
    if (status == CONSENT_OK) {
        cs_json_out_init(&out, &merged_text);
        cs_merge_json(&out, base, json->root);
        status = parse(&merged_text, "the merged policy.json", &merged, err);
    }
    if (status == CONSENT_OK) {
        s.merged = merged.root;
        cs_json_out_init(&out, &whole_text);
        put_whole(&out, &s);
        status = parse(&whole_text, "the merged policy.json", &whole, err);
    }
    if (status == CONSENT_OK) {
        cs_json_free(json);
        *json = whole;
        cs_buffer_clear(text);
        cs_buffer_append(text, whole_text.data, whole_text.size);
        status = cs_buffer_status(text, "the merged policy.json", err);
    } else {
        cs_json_free(&whole);
    }
    cs_json_free(&merged);
    cs_buffer_free(&whole_text);
    cs_buffer_free(&merged_text);
    return status;
}

/* Reads one folder's policy.json as it is written. */
static consent_status read_policy(const cs_memory *memory, const char *folder, const char *what, cs_buffer *text,
                                  cs_json_doc *json, consent_error *err)
{
    char path[CS_OVERLAY_PATH_SIZE + sizeof policy_file];
    cs_buffer_init(text, memory, CS_POLICY_MAX_BYTES);
    consent_status status = cs_files_join(folder, policy_file, path, sizeof path, err);
    if (status == CONSENT_OK)
        status = cs_files_read(path, text, err);
    return status == CONSENT_OK ? parse(text, what ? what : path, json, err) : status;
}

consent_status cs_overlay_open(const cs_memory *memory, const char *folder, cs_overlay *overlay, cs_buffer *text,
                               cs_json_doc *json, consent_error *err)
{
    cs_buffer texts[CS_OVERLAY_MAX_FOLDERS];
    cs_json_doc docs[CS_OVERLAY_MAX_FOLDERS] = {{0}};
    uint32_t count = 0;
    bool product = false;
    consent_status status = CONSENT_OK;
    if (strlen(folder) >= CS_OVERLAY_PATH_SIZE)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "the path %.80s… was too long", folder);
    else
        memcpy(overlay->paths[0], folder, strlen(folder) + 1);
    while (status == CONSENT_OK) {
        const char *at = overlay->paths[count];
        status = read_policy(memory, at, count == 0 ? policy_file : NULL, &texts[count], &docs[count], err);
        count++;
        const cs_json *base = status == CONSENT_OK ? cs_json_get(docs[count - 1].root, "base") : NULL;
        if (cs_json_type_of(base) != CS_JSON_STRING)
            break;
        if (count == CS_OVERLAY_MAX_FOLDERS)
            status = cs_fail(err, CONSENT_E_ARGUMENT, 0,
                             "policy.json: \"base\" led through more than %u folders; do they lead in a circle?",
                             CS_OVERLAY_MAX_FOLDERS);
        else
            status = cs_files_join(at, cs_json_str(base).data, overlay->paths[count], CS_OVERLAY_PATH_SIZE, err);
    }
    overlay->count = count;
    for (uint32_t i = count; status == CONSENT_OK && i-- > 1;) {
        status = stand_on(memory, docs[i].root, &texts[i - 1], &docs[i - 1], &product, err);
        if (product)
            overlay->count = i;
    }
    for (uint32_t i = 1; i < count; i++) {
        cs_json_free(&docs[i]);
        cs_buffer_free(&texts[i]);
    }
    if (count == 0)
        cs_buffer_init(&texts[0], memory, CS_POLICY_MAX_BYTES);
    *text = texts[0];
    *json = docs[0];
    return status;
}

/* ---- documents ----------------------------------------------------------------------------- */

/* A heading and what stands under it, up to the next heading; the first may be without a heading. */
typedef struct section {
    cs_str text;
    cs_str id; /* empty: it has none */
} section;

static cs_str take_line(cs_str *rest)
{
    const char *end = memchr(rest->data, '\n', rest->size);
    cs_str line = {rest->data, end ? (size_t)(end - rest->data) + 1 : rest->size};
    rest->data += line.size;
    rest->size -= line.size;
    return line;
}

static bool is_heading(cs_str line)
{
    size_t level = 0;
    while (level < line.size && line.data[level] == '#')
        level++;
    return level >= 1 && level <= 6 && level < line.size && line.data[level] == ' ';
}

/* What stands in {#…} at the end of a heading; of the title, which has none, its mark. */
static cs_str heading_id(cs_str line)
{
    if (line.size > 1 && line.data[1] == ' ')
        return (cs_str){line.data, 1};
    while (line.size > 0 && strchr(" \t\r\n", line.data[line.size - 1]))
        line.size--;
    if (line.size == 0 || line.data[line.size - 1] != '}')
        return (cs_str){0};
    for (size_t at = line.size - 1; at-- > 1;)
        if (line.data[at] == '#' && line.data[at - 1] == '{')
            return (cs_str){line.data + at + 1, line.size - at - 2};
    return (cs_str){0};
}

static bool take_section(cs_str *rest, section *out)
{
    if (rest->size == 0)
        return false;
    cs_str line = take_line(rest);
    *out = (section){.text = line, .id = is_heading(line) ? heading_id(line) : (cs_str){0}};
    for (cs_str ahead = *rest; ahead.size > 0 && !is_heading(line = take_line(&ahead)); *rest = ahead)
        out->text.size += line.size;
    return true;
}

static bool find_section(cs_str text, cs_str id, section *out, cs_str *behind)
{
    while (take_section(&text, out))
        if (id.size > 0 && cs_str_equal(out->id, id)) {
            *behind = text;
            return true;
        }
    return false;
}

static void put_text(cs_buffer *out, cs_str text)
{
    cs_buffer_str(out, text);
    if (text.size > 0 && text.data[text.size - 1] != '\n')
        cs_buffer_text(out, "\n");
}

static void put_blank_line(cs_buffer *out)
{
    if (out->size > 1 && out->data[out->size - 2] != '\n')
        cs_buffer_text(out, "\n");
}

/* Sections of `changes` that `base` does not know, up to the next that it does. */
static void put_new_sections(cs_str base, cs_str changes, cs_buffer *out)
{
    section next, known;
    cs_str behind;
    while (take_section(&changes, &next) && !find_section(base, next.id, &known, &behind)) {
        put_blank_line(out);
        put_text(out, next.text);
    }
}

static consent_status check_changes(cs_str base, cs_str changes, const char *name, consent_error *err)
{
    section each, known;
    cs_str behind;
    bool first = true;
    while (take_section(&changes, &each)) {
        if (each.id.size == 0)
            return cs_fail(
                err, CONSENT_E_ARGUMENT, 0,
                "%s: \"%.*s…\" did not begin with a heading that has an {#id}; give a changed section the id of the "
                "one that it replaces",
                name, each.text.size < 30 ? (int)each.text.size - 1 : 30, each.text.data);
        if (first && !find_section(base, each.id, &known, &behind))
            return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                           "%s: the base has no section {#%.*s}; put a section that it has before a new one", name,
                           CS_STR_ARG(each.id));
        first = false;
    }
    return CONSENT_OK;
}

static consent_status change_sections(cs_str base, cs_str changes, const char *name, cs_buffer *out, consent_error *err)
{
    section each, changed;
    cs_str behind = {0};
    consent_status status = check_changes(base, changes, name, err);
    for (cs_str rest = base; status == CONSENT_OK && take_section(&rest, &each);) {
        if (!find_section(changes, each.id, &changed, &behind)) {
            put_text(out, each.text);
            continue;
        }
        put_text(out, changed.text);
        put_new_sections(base, behind, out);
        if (rest.size > 0)
            put_blank_line(out);
    }
    return status;
}

static consent_status apply_changes(cs_str changes, const char *name, cs_buffer *markdown, consent_error *err)
{
    cs_buffer whole;
    cs_buffer_init(&whole, markdown->memory, DOCUMENT_MAX_BYTES);
    consent_status status =
        change_sections((cs_str){(const char *)markdown->data, markdown->size}, changes, name, &whole, err);
    cs_buffer_clear(markdown);
    if (status == CONSENT_OK)
        cs_buffer_append(markdown, whole.data, whole.size);
    cs_buffer_free(&whole);
    return status == CONSENT_OK ? cs_buffer_status(markdown, name, err) : status;
}

/* What a folder says of the document: all of it, changed sections of it, or nothing. */
static consent_status read_folder(const char *folder, const char *locale, bool must, cs_buffer *markdown,
                                  cs_buffer *scratch, consent_error *err)
{
    char path[2 * CS_OVERLAY_PATH_SIZE], name[64];
    (void)snprintf(name, sizeof name, "document.%s.md", locale);
    consent_status status = cs_files_join(folder, name, path, sizeof path, err);
    if (status == CONSENT_OK && (must || access(path, F_OK) == 0)) {
        cs_buffer_clear(markdown);
        status = cs_files_read(path, markdown, err);
    }
    (void)snprintf(name, sizeof name, "changes.%s.md", locale);
    if (status == CONSENT_OK)
        status = cs_files_join(folder, name, path, sizeof path, err);
    if (status != CONSENT_OK || access(path, F_OK) != 0)
        return status;
    cs_buffer_clear(scratch);
    status = cs_files_read(path, scratch, err);
    return status == CONSENT_OK
               ? apply_changes((cs_str){(const char *)scratch->data, scratch->size}, name, markdown, err)
               : status;
}

consent_status cs_overlay_document(const cs_memory *memory, const cs_overlay *overlay, const char *locale,
                                   cs_buffer *markdown, consent_error *err)
{
    cs_buffer scratch;
    cs_buffer_init(&scratch, memory, DOCUMENT_MAX_BYTES);
    consent_status status = CONSENT_OK;
    /* Where no folder has one, it is missed in the folder itself. */
    for (uint32_t i = overlay->count; status == CONSENT_OK && i-- > 0;)
        status = read_folder(overlay->paths[i], locale, i == 0 && markdown->size == 0, markdown, &scratch, err);
    cs_buffer_free(&scratch);
    return status;
}

consent_status cs_overlay_child_rules(const cs_overlay *overlay, const char *locale, cs_buffer *markdown,
                                      consent_error *err)
{
    char path[2 * CS_OVERLAY_PATH_SIZE], name[64];
    consent_status status = CONSENT_OK;
    (void)snprintf(name, sizeof name, "child-rules.%s.md", locale);
    for (uint32_t i = 0; status == CONSENT_OK && markdown->size == 0 && i < overlay->count; i++) {
        status = cs_files_join(overlay->paths[i], name, path, sizeof path, err);
        if (status == CONSENT_OK && access(path, F_OK) == 0)
            status = cs_files_read(path, markdown, err);
    }
    return status;
}
