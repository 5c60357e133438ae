/* The record as JSON: history line by line, and the person's copy with the texts it refers to. */
#include "profile/internal.h"
#include "wire/wire.h"

#include <string.h>

static void member_str(cs_json_out *out, const char *name, cs_str text)
{
    if (text.size != 0)
        cs_json_member_str(out, name, text);
}

static void member_int(cs_json_out *out, const char *name, int64_t value)
{
    if (value != 0)
        cs_json_member_int(out, name, value);
}

static void member_true(cs_json_out *out, const char *name, bool value)
{
    if (value)
        cs_json_member_bool(out, name, true);
}

static void member_hex(cs_json_out *out, const char *name, const uint8_t *bytes, size_t size)
{
    char text[2 * CS_HASH_SIZE + 1];
    if (!bytes || size > CS_HASH_SIZE)
        return;
    cs_hex_encode(bytes, size, text);
    cs_json_member_text(out, name, text);
}

static void member_policy(cs_json_out *out, const char *name, const cs_policy_ref *policy)
{
    if (policy->id.size == 0)
        return;
    cs_json_put_name(out, name);
    cs_json_open_object(out);
    cs_json_member_str(out, "id", policy->id);
    cs_json_member_int(out, "version", policy->version);
    cs_json_member_int(out, "revision", policy->revision);
    member_hex(out, "hash", policy->hash, CS_HASH_SIZE);
    cs_json_close_object(out);
}

static void evidence_json(const cs_event *event, cs_json_out *out)
{
    static const char *const methods[] = {NULL,          "checkbox", "toggle",        "button",  "os_dialog",
                                          "os_settings", "support",  "guardian_link", "written", "imported"};
    if (event->method < CS_COUNT_OF(methods) && methods[event->method])
        cs_json_member_text(out, "method", methods[event->method]);
    member_str(out, "control", event->control);
    member_str(out, "surface", event->surface);
    member_str(out, "locale", event->locale);
    member_hex(out, "notice", event->notice_hash, CS_HASH_SIZE);
    member_int(out, "emphasis_rendered", event->emphasis_count);
    if (event->ticked_at_ms != 0) {
        char text[CS_TIME_TEXT_SIZE];
        cs_time_format(event->ticked_at_ms, text);
        cs_json_member_text(out, "ticked_at", text);
        cs_json_member_bool(out, "tick_initially_off", event->tick_initially_off);
    }
    member_true(out, "reached_end", event->reached_end);
    member_true(out, "user_initiated", event->user_initiated);
    member_int(out, "seen", (int64_t)event->seen);
}

static void content_json(const cs_event *event, cs_json_out *out)
{
    static const char *const states[] = {NULL, "granted", "denied", "blocked"};
    member_policy(out, "policy", &event->policy);
    member_policy(out, "overlay", &event->overlay);
    member_str(out, "purpose", event->purpose);
    member_str(out, "recipient", event->recipient);
    if (event->data_count != 0) {
        cs_json_put_name(out, "data");
        cs_json_open_array(out);
        for (size_t i = 0; i < event->data_count; i++)
            cs_json_put_str(out, event->data[i]);
        cs_json_close_array(out);
    }
    member_str(out, "permission", event->permission);
    member_str(out, "call_site", event->call_site);
    if (event->os_state < CS_COUNT_OF(states) && states[event->os_state])
        cs_json_member_text(out, "os_state", states[event->os_state]);
    member_true(out, "once", event->once);
    member_int(out, "subject", event->subject);
    if (event->birth.year != 0) {
        char text[16];
        cs_date_format(event->birth, text);
        cs_json_member_text(out, "birth", text);
    }
    member_int(out, "age_band", event->age_band);
    member_str(out, "reference", event->reference);
    member_str(out, "rules", event->rules_id);
    member_int(out, "rules_version", event->rules_version);
    member_int(out, "count", event->count);
    member_str(out, "detail", event->detail);
}

void cs_event_json(const uint8_t *stream, const cs_event *event, cs_json_out *out)
{
    char text[CS_TIME_TEXT_SIZE];
    cs_json_open_object(out);
    cs_json_member_int(out, "seq", (int64_t)event->seq);
    cs_json_member_text(out, "event", cs_event_type_name(event->type));
    cs_time_format(event->time_ms, text);
    cs_json_member_text(out, "time", text);
    cs_json_member_text(out, "actor", cs_actor_name(event->actor));
    content_json(event, out);
    evidence_json(event, out);
    member_int(out, "elapsed_ms", event->elapsed_ms);
    member_hex(out, "session", event->session_id, 8);
    member_hex(out, "stream", stream, CS_STREAM_ID_SIZE);
    cs_json_close_object(out);
}

/* ---- reading it all -------------------------------------------------------------------------------- */

typedef struct reading {
    cs_profile *profile;
    cs_buffer *out;
    bool as_array; /* export: elements of an array; history: one object a line */
    uint64_t count;
    cs_hash_list notices;
    cs_buffer receipts; /* export */
} reading;

static consent_status add_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    reading *all = user;
    cs_event event;
    cs_json_out json;
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK)
        return status;
    if (all->as_array && all->count != 0)
        cs_buffer_text(all->out, ",\n");
    cs_json_out_init(&json, all->out);
    cs_event_json(stream, &event, &json);
    if (all->as_array) { /* a copy can be checked by others: the exact bytes, too */
        all->out->size--;
        cs_buffer_text(all->out, ",\"bytes\":\"");
        cs_base64url_encode(all->out, bytes);
        cs_buffer_text(all->out, "\"}");
    } else {
        cs_buffer_text(all->out, "\n");
    }
    all->count++;
    if (event.notice_hash)
        status = cs_hash_list_add(&all->notices, &all->profile->home->env.memory, event.notice_hash, err);
    return status;
}

/* What the backend signed for. */
static consent_status add_receipt(void *user, const uint8_t *stream, cs_span bytes, bool over, consent_error *err)
{
    reading *all = user;
    cs_evidence evidence;
    cs_json_out json;
    consent_status status = cs_evidence_read(bytes, &evidence, err);
    if (status != CONSENT_OK || !over || evidence.receipt.size == 0)
        return status;
    if (all->receipts.size != 0)
        cs_buffer_text(&all->receipts, ",\n");
    cs_json_out_init(&json, &all->receipts);
    cs_json_open_object(&json);
    member_hex(&json, "stream", stream, CS_STREAM_ID_SIZE);
    cs_json_member_int(&json, "last", (int64_t)evidence.last);
    member_true(&json, "joined", evidence.joined);
    cs_json_member_str(&json, "receipt", evidence.receipt);
    cs_json_close_object(&json);
    return cs_buffer_status(&all->receipts, "the receipts", err);
}

static consent_status add_events(reading *all, cs_ledger_report *report, consent_error *err)
{
    cs_ledger_sink sink = {.user = all, .event = add_event, .evidence = all->as_array ? add_receipt : NULL};
    if (!all->profile->ledger)
        return CONSENT_OK;
    consent_status status = cs_ledger_verify(all->profile->ledger, &sink, report, err);
    return status == CONSENT_OK ? cs_buffer_status(all->out, "the history", err) : status;
}

consent_status cs_profile_history(cs_profile *profile, cs_buffer *out, consent_error *err)
{
    reading all = {.profile = profile, .out = out};
    cs_ledger_report report = {0};
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_profile_note_reading(profile, "read:history", err);
    if (status == CONSENT_OK)
        status = add_events(&all, &report, err);
    cs_hash_list_free(&all.notices, &profile->home->env.memory);
    cs_profile_unlock(profile);
    return status;
}

static void add_policies(const cs_home *home, cs_json_out *json)
{
    cs_json_put_name(json, "policies");
    cs_json_open_array(json);
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *policy = home->held[i].policy;
        cs_json_open_object(json);
        cs_json_member_text(json, "id", policy->id);
        cs_json_member_int(json, "version", policy->version);
        cs_json_member_int(json, "revision", policy->revision);
        member_hex(json, "hash", policy->hash, CS_HASH_SIZE);
        cs_json_close_object(json);
    }
    cs_json_close_array(json);
}

/* The exact texts that the events refer to by hash. */
static consent_status add_notices(reading *all, consent_error *err)
{
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < all->notices.count; i++) {
        char name[2 * CS_HASH_SIZE + 1];
        const uint8_t *hash = all->notices.hashes + i * CS_HASH_SIZE;
        cs_hex_encode(hash, CS_HASH_SIZE, name);
        cs_buffer_printf(all->out, "%s\n\"%s\":", i ? "," : "", name);
        status = cs_profile_load_notice(all->profile, hash, all->out, err);
        if (status == CONSENT_E_NOT_FOUND) {
            cs_buffer_text(all->out, "null");
            status = CONSENT_OK;
        }
    }
    return status;
}

consent_status cs_profile_export(cs_profile *profile, cs_buffer *out, consent_error *err)
{
    reading all = {.profile = profile, .out = out, .as_array = true};
    cs_ledger_report report = {0};
    cs_json_out json;
    char text[CS_TIME_TEXT_SIZE];
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&all.receipts, &profile->home->env.memory, out->max_size);
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_time_format(cs_profile_now_locked(profile), text);
    cs_json_member_text(&json, "exported_at", text);
    add_policies(profile->home, &json);
    cs_buffer_text(out, ",\n\"events\":[\n");
    status = cs_profile_note_reading(profile, "read:export", err);
    if (status == CONSENT_OK)
        status = add_events(&all, &report, err);
    if (status == CONSENT_OK) {
        char head[2 * CS_HASH_SIZE + 1];
        cs_hex_encode(report.event_head, CS_HASH_SIZE, head);
        cs_buffer_text(out, "\n],\"receipts\":[");
        cs_buffer_append(out, all.receipts.data, all.receipts.size);
        cs_buffer_printf(out, "],\"event_count\":%llu,\"event_head\":\"%s\",\"notices\":{",
                         (unsigned long long)report.event_count, head);
        status = add_notices(&all, err);
    }
    cs_buffer_text(out, "}}\n");
    cs_buffer_free(&all.receipts);
    cs_hash_list_free(&all.notices, &profile->home->env.memory);
    cs_profile_unlock(profile);
    return status == CONSENT_OK ? cs_buffer_status(out, "the export", err) : status;
}

consent_status cs_profile_verify(cs_profile *profile, consent_verify_report *report, consent_error *err)
{
    cs_ledger_report found = {0};
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    if (profile->ledger)
        status = cs_ledger_verify(profile->ledger, NULL, &found, err);
    report->frame_count = found.frame_count;
    report->event_count = found.event_count;
    report->bad_offset = found.bad_offset;
    memcpy(report->event_head, found.event_head, CS_HASH_SIZE);
    cs_profile_unlock(profile);
    return status;
}

/* ---- sets of hashes -------------------------------------------------------------------------------------------------- */

consent_status cs_hash_list_add(cs_hash_list *list, const cs_memory *memory, const uint8_t hash[CS_HASH_SIZE],
                                consent_error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (memcmp(list->hashes + i * CS_HASH_SIZE, hash, CS_HASH_SIZE) == 0)
            return CONSENT_OK;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        uint8_t *grown = cs_realloc(memory, list->hashes, list->capacity * CS_HASH_SIZE, capacity * CS_HASH_SIZE);
        if (!grown)
            return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to list the notices");
        list->hashes = grown;
        list->capacity = capacity;
    }
    memcpy(list->hashes + list->count * CS_HASH_SIZE, hash, CS_HASH_SIZE);
    list->count++;
    return CONSENT_OK;
}

void cs_hash_list_free(cs_hash_list *list, const cs_memory *memory)
{
    cs_free(memory, list->hashes, list->capacity * CS_HASH_SIZE);
    memset(list, 0, sizeof *list);
}
