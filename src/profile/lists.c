/* The two lists: what is collected, what third parties receive. A row is one data item for one purpose and, of the shared, one
 * recipient; rows come from the policies in force, how often and when last from the counted uses. A use that no policy in force
 * declares any more has a row of its own: what happened stays in sight. */
#include "profile/internal.h"
#include "profile/naming.h"
#include "profile/rights.h"

#include <string.h>

#define MAX_ROWS 16384u

typedef struct row {
    const cs_named_policy *in; /* NULL: no policy in force declares it */
    const cs_purpose *purpose;
    const cs_purpose_recipient *to; /* NULL: collected */
    const cs_purpose_data *item;    /* NULL: the purpose declares none */
    cs_str purpose_id, recipient_id, data_id;
    uint64_t count;
    int64_t last_ms;
} row;

typedef struct table {
    const cs_memory *memory;
    cs_arena arena; /* names of rows without a policy */
    row *rows;
    size_t count, capacity;
    bool shared;
} table;

static consent_status add_row(table *t, const row *made, consent_error *err)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 64;
        row *grown = capacity <= MAX_ROWS
                         ? cs_realloc(t->memory, t->rows, t->capacity * sizeof *grown, capacity * sizeof *grown)
                         : NULL;
        if (!grown)
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to list what is collected and shared");
        t->rows = grown;
        t->capacity = capacity;
    }
    t->rows[t->count++] = *made;
    return CONSENT_OK;
}

static row *find_row(const table *t, cs_str purpose, cs_str recipient, cs_str data)
{
    for (size_t i = 0; i < t->count; i++) {
        row *at = &t->rows[i];
        if (cs_str_equal(at->purpose_id, purpose) && cs_str_equal(at->recipient_id, recipient) &&
            cs_str_equal(at->data_id, data))
            return at;
    }
    return NULL;
}

/* ---- rows from policies ------------------------------------------------------------------------------ */

/* What only goes out, and what only opens a door, collects nothing itself. */
static bool collects(const cs_purpose *purpose)
{
    return purpose->kind != CS_KIND_SHARE && purpose->kind != CS_KIND_PUBLISH && purpose->kind != CS_KIND_LAUNCH;
}

static consent_status add_purpose(table *t, const cs_named_policy *in, const cs_purpose *purpose,
                                  const cs_purpose_recipient *to, consent_error *err)
{
    const cs_policy *policy = in->policy;
    row made = {.in = in, .purpose = purpose, .to = to, .purpose_id = cs_str_of(purpose->id)};
    consent_status status = CONSENT_OK;
    if (to)
        made.recipient_id = cs_str_of(policy->recipients[to->recipient].id);
    for (uint16_t i = 0; status == CONSENT_OK && i < purpose->data_count; i++) {
        made.item = &purpose->data[i];
        made.data_id = cs_str_of(policy->data[made.item->item].id);
        if ((!to || cs_purpose_recipient_gets(to, i)) && !find_row(t, made.purpose_id, made.recipient_id, made.data_id))
            status = add_row(t, &made, err);
    }
    if (purpose->data_count == 0 && !find_row(t, made.purpose_id, made.recipient_id, made.data_id))
        status = add_row(t, &made, err);
    return status;
}

static consent_status add_policy(table *t, const cs_named_policy *in, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (uint16_t i = 0; status == CONSENT_OK && i < in->policy->purpose_count; i++) {
        const cs_purpose *purpose = &in->policy->purposes[i];
        if (purpose->undeclared)
            continue;
        if (!t->shared && collects(purpose) && purpose->data_count != 0)
            status = add_purpose(t, in, purpose, NULL, err);
        for (uint16_t j = 0; t->shared && status == CONSENT_OK && j < purpose->recipient_count; j++)
            status = add_purpose(t, in, purpose, &purpose->recipients[j], err);
    }
    return status;
}

/* ---- counts --------------------------------------------------------------------------------------------- */

static bool keep(table *t, cs_str text, cs_str *out)
{
    const char *copy = text.size ? cs_arena_strndup(&t->arena, text.data, text.size) : "";
    *out = (cs_str){copy, copy ? text.size : 0};
    return copy != NULL;
}

static consent_status count(table *t, const cs_event *event, cs_str data, consent_error *err)
{
    row *at = find_row(t, event->purpose, event->recipient, data);
    if (!at) {
        row made = {0};
        if (!keep(t, event->purpose, &made.purpose_id) || !keep(t, event->recipient, &made.recipient_id) ||
            !keep(t, data, &made.data_id))
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to count what is collected and shared");
        consent_status status = add_row(t, &made, err);
        if (status != CONSENT_OK)
            return status;
        at = &t->rows[t->count - 1];
    }
    at->count += event->count;
    if (event->time_ms > at->last_ms)
        at->last_ms = event->time_ms;
    return CONSENT_OK;
}

static consent_status count_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    table *t = user;
    cs_event event;
    consent_status status = cs_event_decode(bytes, &event, err);
    (void)stream;
    bool told_age = event.type == CS_EVENT_AGE_DECLARED || event.type == CS_EVENT_AGE_SIGNALLED;
    if (status != CONSENT_OK || !(told_age || event.type == CS_EVENT_USAGE) || t->shared != (event.recipient.size != 0))
        return status;
    if (told_age) /* to state an age is to hand it over (C136) */
        event.count = 1;
    if (event.data_count == 0)
        return t->shared ? count(t, &event, (cs_str){NULL, 0}, err) : CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < event.data_count; i++)
        status = count(t, &event, event.data[i], err);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

/* In which situation: the function, and the places that ask for a system permission (C67). */
static void put_scene(const cs_naming *naming, const row *at, cs_json_out *out)
{
    const cs_policy *policy = at->in->policy;
    cs_json_member_array(out, "scene");
    cs_json_put_text(out, cs_naming_text(naming, at->in, policy->functions[at->purpose->function].name));
    for (uint16_t i = 0; i < policy->permission_count; i++) {
        const cs_permission *permission = &policy->permissions[i];
        for (uint16_t j = 0; j < permission->call_site_count; j++)
            if (&policy->purposes[permission->call_sites[j].purpose] == at->purpose)
                cs_json_put_text(out, cs_naming_text(naming, at->in, permission->call_sites[j].text));
    }
    cs_json_close_array(out);
}

static void put_recipient(const cs_naming *naming, const row *at, cs_json_out *out)
{
    const cs_recipient *recipient = &at->in->policy->recipients[at->to->recipient];
    cs_naming_member(naming, at->in, out, "recipient_name", recipient->name);
    cs_json_member_text(out, "role", cs_role_name(recipient->role));
    cs_naming_member(naming, at->in, out, "contact", recipient->contact);
    cs_json_member_text(out, "country", recipient->country);
    cs_json_member_text(out, "direction", at->purpose->kind == CS_KIND_OBTAIN ? "in" : "out");
    cs_naming_member(naming, at->in, out, "developer", recipient->developer);
    if (recipient->sdk_version)
        cs_json_member_text(out, "sdk_version", recipient->sdk_version);
    if (recipient->policy_url)
        cs_json_member_text(out, "policy_url", recipient->policy_url);
}

static void put_declared(const cs_naming *naming, const row *at, cs_json_out *out)
{
    static const char *const needs[] = {"required", "conditional", "optional"};
    static const char *const states[] = {"identified", "deidentified", "anonymised"};
    const cs_policy *policy = at->in->policy;
    cs_naming_member(naming, at->in, out, "purpose_name", at->purpose->name);
    cs_naming_member(naming, at->in, out, "purpose_text", at->purpose->text);
    if (at->item) {
        const cs_data_item *item = &policy->data[at->item->item];
        cs_naming_member(naming, at->in, out, "data_name", item->name);
        if (item->sensitive != CS_NOT_SENSITIVE)
            cs_json_member_text(out, "sensitive", cs_sensitive_name(item->sensitive));
        if (at->item->need < CS_COUNT_OF(needs))
            cs_json_member_text(out, "need", needs[at->item->need]);
    }
    if (at->purpose->data_state != CONSENT_DATA_IDENTIFIED)
        cs_json_member_text(out, "data_state", states[at->purpose->data_state % CS_COUNT_OF(states)]);
    put_scene(naming, at, out);
    cs_naming_member(naming, at->in, out, "method", at->to && at->to->method ? at->to->method : at->purpose->method);
    if (at->to)
        put_recipient(naming, at, out);
}

static void put_row(const cs_naming *naming, const row *at, cs_json_out *out)
{
    char text[CS_TIME_TEXT_SIZE];
    cs_json_open_object(out);
    if (at->data_id.size != 0)
        cs_json_member_str(out, "data", at->data_id);
    cs_json_member_str(out, "purpose", at->purpose_id);
    if (at->recipient_id.size != 0)
        cs_json_member_str(out, "recipient", at->recipient_id);
    cs_json_member_bool(out, "declared", at->in != NULL);
    if (at->in)
        put_declared(naming, at, out);
    cs_json_member_int(out, "count", (int64_t)at->count);
    if (at->last_ms != 0) {
        cs_time_format(at->last_ms, text);
        cs_json_member_text(out, "last", text);
    }
    cs_json_close_object(out);
}

/* A newer version that was not accepted collects nothing yet. */
static bool applies(const cs_naming *naming, size_t index)
{
    const cs_policy *policy = naming->list[index].policy;
    return policy == naming->governing || policy != naming->newest;
}

static void put_table(const table *t, const cs_naming *naming, cs_buffer *out)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_json_member_text(&json, "list", t->shared ? "shared" : "collected");
    cs_json_member_text(&json, "locale", cs_naming_locale(naming));
    cs_json_member_array(&json, "policies");
    for (size_t i = 0; i < naming->count; i++) {
        if (!applies(naming, i))
            continue;
        cs_json_open_object(&json);
        cs_json_member_text(&json, "id", naming->list[i].policy->id);
        cs_json_member_int(&json, "version", naming->list[i].policy->version);
        cs_naming_member(naming, &naming->list[i], &json, "name", naming->list[i].policy->name);
        cs_json_close_object(&json);
    }
    cs_json_close_array(&json);
    cs_json_member_array(&json, "entries");
    for (size_t i = 0; i < t->count; i++)
        put_row(naming, &t->rows[i], &json);
    cs_json_close_array(&json);
    cs_json_close_object(&json);
}

static consent_status fill(cs_profile *profile, table *t, const cs_naming *naming, consent_error *err)
{
    cs_ledger_sink sink = {.user = t, .event = count_event};
    cs_ledger_report report = {0};
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < naming->count; i++)
        if (applies(naming, i))
            status = add_policy(t, &naming->list[i], err);
    if (status == CONSENT_OK && profile->ledger)
        status = cs_ledger_verify(profile->ledger, &sink, &report, err);
    return status;
}

consent_status cs_profile_list(cs_profile *profile, consent_list which, const char *locale, cs_buffer *out,
                               consent_error *err)
{
    table t = {.memory = &profile->home->env.memory, .shared = which == CONSENT_LIST_SHARED};
    cs_naming naming;
    /* A disk that is full shows the counts as far as it has them. */
    (void)cs_profile_flush(profile, NULL);
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_arena_init(&t.arena, t.memory, 0);
    status = cs_profile_note_reading(profile, t.shared ? "read:shared" : "read:collected", err);
    if (status == CONSENT_OK)
        status = cs_naming_open(profile, locale, &naming, err);
    if (status == CONSENT_OK) {
        status = fill(profile, &t, &naming, err);
        if (status == CONSENT_OK)
            put_table(&t, &naming, out);
        cs_naming_close(&naming);
    }
    cs_free(t.memory, t.rows, t.capacity * sizeof *t.rows);
    cs_arena_free(&t.arena);
    cs_profile_unlock(profile);
    return status == CONSENT_OK ? cs_buffer_status(out, "the list", err) : status;
}
