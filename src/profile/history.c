/* The record as JSON: history line by line, and the person's copy with the texts it refers to. */
#include "profile/internal.h"
#include "wire/wire.h"

#include <string.h>

/* Fields of an event by their numbers, as they stand in JSON behind the policies. */
static const uint8_t json_order[] = {16, 17, 18, 19, 20, 21, 33, 7,  34, 35, 36, 37, 38, 39,
                                     40, 22, 23, 24, 25, 26, 27, 29, 28, 30, 31, 32, 4,  5};

static void number_json(const cs_event *event, const cs_member *field, const char *name, cs_json_out *out)
{
    uint64_t number = cs_member_number(field, event);
    const char *words = NULL;
    uint64_t last = 3;
    if (field->offset == offsetof(cs_event, os_state)) {
        words = "granted\0denied\0blocked\0";
    } else if (field->offset == offsetof(cs_event, method)) {
        words = "checkbox\0toggle\0button\0os_dialog\0os_settings\0support\0guardian_link\0written\0imported\0";
        last = 9;
    }
    if (field->offset == offsetof(cs_event, tick_initially_off)) {
        if (event->ticked_at_ms != 0)
            cs_json_member_bool(out, name, number != 0);
    } else if (number == 0) {
        return;
    } else if (words) {
        if (number <= last)
            cs_json_member_text(out, name, cs_nth_text(words, (size_t)number - 1));
    } else if (field->kind == CS_MEMBER_BOOL) {
        cs_json_member_bool(out, name, true);
    } else if (field->offset == offsetof(cs_event, ticked_at_ms)) {
        cs_json_member_time(out, name, event->ticked_at_ms);
    } else {
        cs_json_member_int(out, name, (int64_t)number);
    }
}

static void data_json(const cs_event *event, cs_json_out *out)
{
    cs_json_member_array(out, "data");
    for (size_t i = 0; i < event->data_count; i++)
        cs_json_put_str(out, event->data[i]);
    cs_json_close_array(out);
}

/* What is empty, zero or false is left out. */
static void field_json(const cs_event *event, uint8_t number, cs_json_out *out)
{
    const char *name;
    const cs_member *field = cs_event_field(number, &name);
    const void *at = (const char *)event + field->offset;
    if (field->kind == CS_EVENT_STR) {
        const cs_str *text = at;
        if (text->size != 0)
            cs_json_member_str(out, name, *text);
    } else if (field->kind == CS_EVENT_DATA) {
        if (event->data_count != 0)
            data_json(event, out);
    } else if (field->kind == CS_EVENT_DATE) {
        char text[CS_DATE_TEXT_SIZE];
        cs_date_format(event->birth, text);
        if (event->birth.year != 0)
            cs_json_member_text(out, name, text);
    } else if (field->kind >= CS_EVENT_HASH) {
        const uint8_t *bytes = *(const uint8_t *const *)at;
        if (bytes)
            cs_json_member_hex(out, name, bytes, field->kind == CS_EVENT_HASH ? CS_HASH_SIZE : CS_SESSION_ID_SIZE);
    } else {
        number_json(event, field, name, out);
    }
}

static void policy_json(const cs_policy_ref *policy, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_str(out, "id", policy->id);
    cs_json_member_int(out, "version", policy->version);
    cs_json_member_int(out, "revision", policy->revision);
    if (policy->hash)
        cs_json_member_hex(out, "hash", policy->hash, CS_HASH_SIZE);
    cs_json_close_object(out);
}

static void member_policy(cs_json_out *out, const char *name, const cs_policy_ref *policy)
{
    if (policy->id.size == 0)
        return;
    cs_json_put_name(out, name);
    policy_json(policy, out);
}

void cs_event_json(const uint8_t *stream, const cs_event *event, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_int(out, "seq", (int64_t)event->seq);
    cs_json_member_text(out, "event", cs_event_type_name(event->type));
    cs_json_member_time(out, "time", event->time_ms);
    cs_json_member_text(out, "actor", cs_actor_name(event->actor));
    member_policy(out, "policy", &event->policy);
    member_policy(out, "overlay", &event->overlay);
    for (size_t i = 0; i < CS_COUNT_OF(json_order); i++)
        field_json(event, json_order[i], out);
    cs_json_member_hex(out, "stream", stream, CS_STREAM_ID_SIZE);
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
    cs_json_member_hex(&json, "stream", stream, CS_STREAM_ID_SIZE);
    cs_json_member_int(&json, "last", (int64_t)evidence.last);
    if (evidence.joined)
        cs_json_member_bool(&json, "joined", true);
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
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_profile_note_reading(profile, "read:history", err);
    if (status == CONSENT_OK)
        status = add_events(&all, NULL, err);
    cs_hash_list_free(&all.notices, &profile->home->env.memory);
    cs_profile_unlock(profile);
    return status;
}

static void add_policies(const cs_home *home, cs_json_out *json)
{
    cs_json_member_array(json, "policies");
    for (size_t i = 0; i < home->held_count; i++) {
        cs_policy_ref held = cs_policy_ref_of(home->held[i].policy);
        policy_json(&held, json);
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
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&all.receipts, &profile->home->env.memory, out->max_size);
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_json_member_time(&json, "exported_at", cs_profile_now_locked(profile));
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
    uint8_t *hashes = cs_list_room(memory, list->hashes, list->count, &list->capacity, CS_HASH_SIZE);
    if (!hashes)
        return cs_no_memory(err, "the notices");
    list->hashes = hashes;
    memcpy(list->hashes + list->count * CS_HASH_SIZE, hash, CS_HASH_SIZE);
    list->count++;
    return CONSENT_OK;
}

void cs_hash_list_free(cs_hash_list *list, const cs_memory *memory)
{
    cs_free(memory, list->hashes, list->capacity * CS_HASH_SIZE);
    memset(list, 0, sizeof *list);
}
