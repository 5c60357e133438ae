#include "consentctl/diff.h"

#include "consentctl/authoring.h"
#include "consentctl/files.h"

#include <string.h>

/* ---- reading ------------------------------------------------------------------------------- */

/* The payload of a JWS line, decoded into `out`. */
static bool take_payload(cs_str line, cs_buffer *out)
{
    const char *first = line.size > 0 ? memchr(line.data, '.', line.size) : NULL;
    size_t rest = first ? (size_t)(line.data + line.size - first) - 1 : 0;
    const char *second = rest > 0 ? memchr(first + 1, '.', rest) : NULL;
    return second && cs_base64url_decode(out, (cs_str){first + 1, (size_t)(second - first) - 1});
}

static consent_status parse_bytes(const cs_memory *memory, cs_str bytes, const char *path, cs_diff_side *side,
                                  consent_error *err)
{
    cs_buffer payload;
    cs_str line = {0};
    cs_buffer_init(&payload, memory, CS_POLICY_MAX_BYTES);
    bool unsigned_file = bytes.size > 0 && bytes.data[0] == '{';
    bool read = cs_authoring_line(&bytes, &line) && (unsigned_file || cs_authoring_line(&bytes, &line));
    if (read && !unsigned_file) {
        read = take_payload(line, &payload);
        line = (cs_str){(const char *)payload.data, payload.size};
    }
    consent_status status =
        read ? cs_policy_parse(memory, line, path, false, &side->policy, &side->texts, err)
             : cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was no bundle and no policy folder; name one of these", path);
    cs_buffer_free(&payload);
    return status;
}

consent_status cs_diff_read(const cs_memory *memory, const char *path, cs_diff_side *side, consent_error *err)
{
    cs_buffer bytes;
    *side = (cs_diff_side){0};
    cs_buffer_init(&bytes, memory, CS_BUNDLE_MAX_BYTES);
    consent_status status =
        cs_files_is_dir(path) ? cs_authoring_build(memory, path, &bytes, err) : cs_files_read(path, &bytes, err);
    if (status == CONSENT_OK)
        status = parse_bytes(memory, (cs_str){(const char *)bytes.data, bytes.size}, path, side, err);
    cs_buffer_free(&bytes);
    return status;
}

void cs_diff_release(cs_diff_side *side)
{
    cs_policy_free(side->policy);
    cs_texts_free(side->texts);
    *side = (cs_diff_side){0};
}

/* ---- comparing ----------------------------------------------------------------------------- */

typedef struct comparing {
    cs_diff *diff;
    const cs_diff_side *older, *newer;
    const char *locale;
    consent_status status;
    consent_error *err;
} comparing;

static cs_diff_entry *add(comparing *c, cs_diff_part part, cs_diff_change change, const char *id, const char *of,
                          cs_text name)
{
    static cs_diff_entry spare;
    cs_diff *diff = c->diff;
    if (c->status == CONSENT_OK && diff->count == diff->capacity) {
        size_t capacity = diff->capacity == 0 ? 64 : diff->capacity * 2;
        cs_diff_entry *grown =
            capacity > CS_DIFF_MAX_ENTRIES
                ? NULL
                : cs_realloc(diff->memory, diff->entries, diff->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown)
            c->status = cs_fail(c->err, CONSENT_E_MEMORY, 0, "no memory was left for the differences");
        else {
            diff->entries = grown;
            diff->capacity = capacity;
        }
    }
    if (c->status != CONSENT_OK)
        return &spare;
    const cs_texts *texts = change == CS_DIFF_REMOVED ? c->older->texts : c->newer->texts;
    cs_diff_entry *entry = &diff->entries[diff->count++];
    *entry = (cs_diff_entry){.part = (uint8_t)part,
                             .change = (uint8_t)change,
                             .id = id,
                             .of = of,
                             .name = cs_texts_get(texts, name, c->locale)};
    return entry;
}

/* What `here` declares and `there` does not: added when `here` is the newer version, else removed. */
static void add_missing(comparing *c, const cs_policy *here, const cs_policy *there, cs_diff_change change)
{
    for (uint16_t i = 0; i < here->data_count; i++)
        if (!cs_policy_data(there, cs_str_of(here->data[i].id)))
            add(c, CS_DIFF_DATA, change, here->data[i].id, NULL, here->data[i].name);
    for (uint16_t i = 0; i < here->recipient_count; i++)
        if (!cs_policy_recipient(there, cs_str_of(here->recipients[i].id)))
            add(c, CS_DIFF_RECIPIENT, change, here->recipients[i].id, NULL, here->recipients[i].name);
    for (uint16_t i = 0; i < here->permission_count; i++) {
        const cs_permission *permission = &here->permissions[i];
        const cs_permission *other = cs_policy_permission(there, cs_str_of(permission->id));
        if (!other)
            add(c, CS_DIFF_PERMISSION, change, permission->id, NULL, permission->name);
        for (uint16_t j = 0; j < permission->call_site_count; j++)
            if (!other || !cs_permission_call_site(other, cs_str_of(permission->call_sites[j].id)))
                add(c, CS_DIFF_CALL_SITE, change, permission->call_sites[j].id, permission->id,
                    permission->call_sites[j].text);
    }
}

static bool has_permission(const cs_policy *policy, const cs_purpose *purpose, const char *id)
{
    for (uint16_t i = 0; i < purpose->permission_count; i++)
        if (strcmp(policy->permissions[purpose->permissions[i]].id, id) == 0)
            return true;
    return false;
}

/* The same within one purpose. */
static void add_missing_of(comparing *c, const cs_policy *here, const cs_purpose *mine, const cs_policy *there,
                           const cs_purpose *other, cs_diff_change change)
{
    for (uint16_t i = 0; i < mine->data_count; i++) {
        const cs_data_item *item = &here->data[mine->data[i].item];
        if (cs_purpose_data_index(there, other, cs_str_of(item->id)) < 0)
            add(c, CS_DIFF_DATA, change, item->id, mine->id, item->name);
    }
    for (uint16_t i = 0; i < mine->recipient_count; i++) {
        const cs_recipient *recipient = &here->recipients[mine->recipients[i].recipient];
        if (!cs_purpose_recipient_of(there, other, cs_str_of(recipient->id)))
            add(c, CS_DIFF_RECIPIENT, change, recipient->id, mine->id, recipient->name);
    }
    for (uint16_t i = 0; i < mine->permission_count; i++) {
        const cs_permission *permission = &here->permissions[mine->permissions[i]];
        if (!has_permission(there, other, permission->id))
            add(c, CS_DIFF_PERMISSION, change, permission->id, mine->id, permission->name);
    }
}

static void compare_purpose(comparing *c, const cs_purpose *older, const cs_purpose *newer)
{
    const cs_policy *old = c->older->policy;
    const cs_policy *new = c->newer->policy;
    uint32_t why = cs_purpose_widening(old, older, new, newer);
    size_t before = c->diff->count;
    if (why != 0)
        add(c, CS_DIFF_PURPOSE, CS_DIFF_WIDENED, newer->id, NULL, newer->name)->why = why;
    add_missing_of(c, new, newer, old, older, CS_DIFF_ADDED);
    add_missing_of(c, old, older, new, newer, CS_DIFF_REMOVED);
    if (c->diff->count == before && !cs_purpose_same_terms(old, older, new, newer))
        add(c, CS_DIFF_PURPOSE, CS_DIFF_CHANGED, newer->id, NULL, newer->name);
}

static void compare_purposes(comparing *c)
{
    const cs_policy *old = c->older->policy;
    const cs_policy *new = c->newer->policy;
    for (uint16_t i = 0; i < new->purpose_count; i++) {
        const cs_purpose *older = cs_policy_purpose(old, cs_str_of(new->purposes[i].id));
        if (older)
            compare_purpose(c, older, &new->purposes[i]);
        else
            add(c, CS_DIFF_PURPOSE, CS_DIFF_ADDED, new->purposes[i].id, NULL, new->purposes[i].name);
    }
    for (uint16_t i = 0; i < old->purpose_count; i++)
        if (!cs_policy_purpose(new, cs_str_of(old->purposes[i].id)))
            add(c, CS_DIFF_PURPOSE, CS_DIFF_REMOVED, old->purposes[i].id, NULL, old->purposes[i].name);
}

consent_status cs_diff_make(const cs_memory *memory, const cs_diff_side *older, const cs_diff_side *newer,
                            const char *locale, cs_diff *diff, consent_error *err)
{
    const cs_policy *old = older->policy;
    const cs_policy *new = newer->policy;
    *diff = (cs_diff){.memory = memory, .computed = cs_policy_changes(old, new), .declared = new->declared_changes};
    diff->kinds = diff->computed | diff->declared;
    diff->material = (diff->kinds & ~(uint32_t)CS_CHANGE_EDITORIAL) != 0;
    if (diff->material)
        diff->kinds &= ~(uint32_t)CS_CHANGE_EDITORIAL;
    comparing c = {.diff = diff, .older = older, .newer = newer, .locale = locale, .err = err};
    if (strcmp(old->controller_id, new->controller_id) != 0)
        add(&c, CS_DIFF_CONTROLLER, new->controller_bound ? CS_DIFF_CHANGED : CS_DIFF_WIDENED, new->controller_id, NULL,
            new->controller_name);
    add_missing(&c, new, old, CS_DIFF_ADDED);
    add_missing(&c, old, new, CS_DIFF_REMOVED);
    compare_purposes(&c);
    if (c.status != CONSENT_OK)
        cs_diff_free(diff);
    return c.status;
}

void cs_diff_free(cs_diff *diff)
{
    if (diff->memory)
        cs_free(diff->memory, diff->entries, diff->capacity * sizeof *diff->entries);
    *diff = (cs_diff){0};
}
