/* /v1/admin: what operators read. Reading a person's record is itself put down in the audit. */
#include "admin.h"
#include "handlers.h"
#include "log.h"
#include "platform/platform.h"

#include <string.h>

#define MAX_LISTED 500u
#define PAGE_EVENTS 500u

void cd_put_hex(cs_json_out *out, const char *name, const uint8_t *bytes, size_t size)
{
    char hex[2 * CS_HASH_SIZE + 1];
    cs_hex_encode(bytes, size, hex);
    cs_json_member_text(out, name, hex);
}

void cd_put_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}

/* ---- the audit ----------------------------------------------------------------------------------------- */

static consent_status write_look(cd_store *store, void *ctx, consent_error *err)
{
    cd_request *request = ctx;
    cd_audit line = {request->now_ms, request->who.name, "read", "", request->profile};
    return cd_store_add_audit(store, &line, err);
}

consent_status cd_note_look(cd_request *request, consent_error *err)
{
    return cd_writer_run(request->server->writer, write_look, request, err);
}

static bool put_audit(void *ctx, const cd_audit *one)
{
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cd_put_time(out, "time", one->time_ms);
    cs_json_member_text(out, "who", one->who);
    cs_json_member_text(out, "act", one->act);
    cs_json_member_text(out, "detail", one->detail);
    if (one->profile)
        cd_put_hex(out, "profile", one->profile, CS_PROFILE_ID_SIZE);
    cs_json_close_object(out);
    return true;
}

/* ---- lists ------------------------------------------------------------------------------------------------ */

static void begin_list(cd_request *request, const char *name, cs_json_out *out)
{
    cd_answer_json(request, out);
    cs_json_open_object(out);
    cs_json_put_name(out, name);
    cs_json_open_array(out);
}

static void end_list(cd_request *request, cd_store *store, cs_json_out *out, consent_status status,
                     const consent_error *err)
{
    cd_reader_back(request, store);
    cs_json_close_array(out);
    cs_json_close_object(out);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, err);
}

void cd_admin_audit(cd_request *request)
{
    cs_json_out out;
    consent_error err = {0};
    begin_list(request, "audit", &out);
    cd_store *store = cd_reader(request);
    end_list(request, store, &out, cd_store_each_audit(store, NULL, MAX_LISTED, put_audit, &out, &err), &err);
}

static bool put_policy(void *ctx, const cd_policy_row *row)
{
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cs_json_member_text(out, "id", row->id);
    cs_json_member_int(out, "version", row->version);
    cs_json_member_int(out, "revision", row->revision);
    cd_put_hex(out, "hash", row->hash, CS_HASH_SIZE);
    cd_put_time(out, "effective", row->effective_ms);
    cd_put_time(out, "published", row->published_ms);
    cs_json_close_object(out);
    return true;
}

static bool put_notice(void *ctx, const cd_notice_row *row)
{
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cs_json_member_text(out, "id", row->id);
    cs_json_member_text(out, "kind", row->kind);
    cs_json_member_text(out, "policy", row->policy);
    cd_put_hex(out, "hash", row->hash, CS_HASH_SIZE);
    cd_put_time(out, "published", row->published_ms);
    cs_json_close_object(out);
    return true;
}

void cd_admin_policies(cd_request *request)
{
    cs_json_out out;
    consent_error err = {0};
    begin_list(request, "policies", &out);
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_each_policy(store, put_policy, &out, &err);
    cs_json_close_array(&out);
    cs_json_put_name(&out, "notices");
    cs_json_open_array(&out);
    if (status == CONSENT_OK)
        status = cd_store_each_notice(store, MAX_LISTED, put_notice, &out, &err);
    end_list(request, store, &out, status, &err);
}

static bool put_request(void *ctx, const cd_request_row *row)
{
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cd_put_hex(out, "profile", row->profile, CS_PROFILE_ID_SIZE);
    cs_json_member_text(out, "id", row->id);
    cs_json_member_text(out, "right", row->right);
    cs_json_member_text(out, "state", row->state);
    cs_json_member_bool(out, "closed", row->closed);
    cd_put_time(out, "opened", row->opened_ms);
    cd_put_time(out, "since", row->state_ms);
    if (row->due_ms > 0) {
        cd_put_time(out, "due", row->due_ms);
        cs_json_member_bool(out, "overdue", !row->closed && cd_now_ms() >= row->due_ms);
    }
    cs_json_close_object(out);
    return true;
}

void cd_admin_due(cd_request *request)
{
    cs_json_out out;
    consent_error err = {0};
    begin_list(request, "requests", &out);
    cd_store *store = cd_reader(request);
    end_list(request, store, &out, cd_store_each_open_request(store, MAX_LISTED, put_request, &out, &err), &err);
}

void cd_admin_requests(cd_request *request)
{
    cs_json_out out;
    consent_error err = {0};
    begin_list(request, "requests", &out);
    cd_store *store = cd_reader(request);
    end_list(request, store, &out, cd_store_each_request(store, request->profile, put_request, &out, &err), &err);
}

/* ---- one person --------------------------------------------------------------------------------------------- */

void cd_admin_find(cd_request *request)
{
    cs_json_doc doc;
    cs_json_in in;
    cs_json_out out;
    consent_error err = {0};
    uint8_t id[CS_PROFILE_ID_SIZE];
    cd_profile profile;
    consent_status status = cs_json_parse(&doc, cd_body(request), 4096, "the search", &err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, "the search", &err);
        cs_str account = cs_json_in_str(&in, doc.root, "account", true);
        status = in.status == CONSENT_OK ? cs_wire_account_id(account, id, &err) : in.status;
        cs_json_free(&doc);
    }
    if (status != CONSENT_OK) {
        cd_answer_failure(request, status, &err);
        return;
    }
    cd_store *store = cd_reader(request);
    status = cd_store_profile(store, id, &profile, &err);
    cd_reader_back(request, store);
    if (status != CONSENT_OK && status != CONSENT_E_NOT_FOUND) {
        cd_answer_failure(request, status, &err);
        return;
    }
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cd_put_hex(&out, "profile", id, sizeof id);
    cs_json_member_bool(&out, "known", status == CONSENT_OK);
    cs_json_close_object(&out);
}

static bool put_device(void *ctx, const cd_stream *stream)
{
    static const char *const protections[] = {"unknown", "file", "system", "hardware"};
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cd_put_hex(out, "stream", stream->id, CS_STREAM_ID_SIZE);
    cs_json_member_text(out, "by", stream->has_key ? "device" : "backend");
    cs_json_member_bool(out, "joined", stream->joined);
    cs_json_member_text(out, "protection", protections[stream->protection <= 3 ? stream->protection : 0]);
    cs_json_member_int(out, "events", (int64_t)stream->last);
    cd_put_time(out, "since", stream->created_ms);
    cs_json_close_object(out);
    return true;
}

void cd_admin_profile(cd_request *request)
{
    cs_json_out out;
    cd_profile profile;
    consent_error err = {0};
    cd_answer_json(request, &out);
    cd_store *store = cd_reader(request);
    consent_status status = cd_store_profile(store, request->profile, &profile, &err);
    cs_json_open_object(&out);
    cd_put_hex(&out, "profile", request->profile, CS_PROFILE_ID_SIZE);
    cs_json_member_text(&out, "kind", profile.anonymous ? "anonymous" : "account");
    cd_put_time(&out, "since", profile.created_ms);
    cs_json_member_int(&out, "events", profile.next_cursor > 0 ? (int64_t)profile.next_cursor - 1 : 0);
    cs_json_put_name(&out, "streams");
    cs_json_open_array(&out);
    if (status == CONSENT_OK)
        status = cd_store_each_stream(store, request->profile, put_device, &out, &err);
    end_list(request, store, &out, status, &err);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

static void put_given(cs_json_out *out, const char *name, cs_str text)
{
    if (text.size > 0)
        cs_json_member_str(out, name, text);
}

static void put_policy_ref(cs_json_out *out, const char *name, const cs_policy_ref *ref)
{
    if (ref->id.size == 0)
        return;
    cs_json_put_name(out, name);
    cs_json_open_object(out);
    cs_json_member_str(out, "id", ref->id);
    cs_json_member_int(out, "version", ref->version);
    cs_json_member_int(out, "revision", ref->revision);
    if (ref->hash)
        cd_put_hex(out, "hash", ref->hash, CS_HASH_SIZE);
    cs_json_close_object(out);
}

static void put_evidence(const cs_event *event, cs_json_out *out)
{
    if (event->notice_hash)
        cd_put_hex(out, "notice", event->notice_hash, CS_HASH_SIZE);
    if (event->birth.year != 0) {
        char day[CS_DATE_TEXT_SIZE];
        cs_date_format(event->birth, day);
        cs_json_member_text(out, "birth", day);
    }
    if (event->age_band != 0)
        cs_json_member_int(out, "at_least", (int64_t)event->age_band - 1);
    put_given(out, "reference", event->reference);
    put_given(out, "detail", event->detail);
    put_given(out, "rules", event->rules_id);
    put_given(out, "locale", event->locale);
    put_given(out, "surface", event->surface);
    put_given(out, "control", event->control);
}

void cd_write_event(const uint8_t *stream, bool by_backend, uint64_t cursor, const cs_event *event, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_int(out, "cursor", (int64_t)cursor);
    cd_put_hex(out, "stream", stream, CS_STREAM_ID_SIZE);
    cs_json_member_text(out, "by", by_backend ? "backend" : "device");
    cs_json_member_int(out, "seq", (int64_t)event->seq);
    cs_json_member_text(out, "type", cs_event_type_name(event->type));
    cd_put_time(out, "time", event->time_ms);
    cs_json_member_text(out, "actor", cs_actor_name(event->actor));
    put_policy_ref(out, "policy", &event->policy);
    put_policy_ref(out, "overlay", &event->overlay);
    put_given(out, "purpose", event->purpose);
    put_given(out, "recipient", event->recipient);
    if (event->data_count > 0) {
        cs_json_put_name(out, "data");
        cs_json_open_array(out);
        for (size_t i = 0; i < event->data_count; i++)
            cs_json_put_str(out, event->data[i]);
        cs_json_close_array(out);
    }
    put_given(out, "permission", event->permission);
    put_evidence(event, out);
    cs_json_close_object(out);
}

typedef struct listing {
    cs_json_out *out;
    uint64_t after, next;
    uint32_t count;
    bool more;
} listing;

static bool list_range(void *ctx, const cd_stored_range *range)
{
    listing *l = ctx;
    cs_reader in = cs_reader_of(range->events);
    for (uint64_t seq = range->first; seq <= range->last; seq++) {
        cs_event event;
        cs_span bytes = cs_wire_next_event(&in);
        uint64_t cursor = range->first_cursor + seq - range->first;
        if (cursor <= l->after || cs_event_decode(bytes, &event, NULL) != CONSENT_OK)
            continue;
        l->more = l->count == PAGE_EVENTS;
        if (l->more)
            return false;
        cd_write_event(range->stream, range->by_backend, cursor, &event, l->out);
        l->next = cursor;
        l->count++;
    }
    return true;
}

void cd_admin_events(cd_request *request)
{
    cs_json_out out;
    cd_profile profile;
    consent_error err = {0};
    listing l = {.out = &out};
    if (!cd_query_number(request, "after", 0, &l.after)) {
        cd_answer_error(request, 400, "rejected", "after is a number", 0);
        return;
    }
    consent_status status = cd_note_look(request, &err);
    l.next = l.after;
    cd_answer_json(request, &out);
    cs_json_open_object(&out);
    cs_json_put_name(&out, "events");
    cs_json_open_array(&out);
    cd_store *store = cd_reader(request);
    if (status == CONSENT_OK)
        status = cd_store_profile(store, request->profile, &profile, &err);
    if (status == CONSENT_OK)
        status = cd_store_each_after(store, request->profile, l.after, list_range, &l, &err);
    cd_reader_back(request, store);
    cs_json_close_array(&out);
    cs_json_member_int(&out, "next", (int64_t)l.next);
    cs_json_member_bool(&out, "more", l.more);
    cs_json_close_object(&out);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
}
