/* The backend's own stream of a profile: what support says for the person, notices, a guardian's approval. Nothing here grants: the
 * devices ask the person to confirm what support says was given (docs/sync-protocol.md section 6). */
#include "crypto.h"
#include "person.h"
#include "platform/platform.h"

#include <string.h>

/* The closed list of what stands in that stream. */
static bool is_allowed(const cs_event *event)
{
    switch (event->type) {
    case CS_EVENT_WITHDRAWN:
    case CS_EVENT_AGE_DECLARED:
    case CS_EVENT_REQUEST_UPDATED:
    case CS_EVENT_NOTICE_RECEIVED:
        return event->actor == CS_ACTOR_SUPPORT;
    case CS_EVENT_DENIED:
    case CS_EVENT_GRANTED:
        return event->actor == CS_ACTOR_SUPPORT && event->purpose.size > 0 && event->method == CONSENT_METHOD_SUPPORT;
    case CS_EVENT_GUARDIAN_VERIFIED:
        return event->actor == CS_ACTOR_GUARDIAN && event->method == CONSENT_METHOD_GUARDIAN_LINK &&
               event->purpose.size == 0;
    default:
        return false;
    }
}

static consent_status own_stream(cd_store *store, const cd_profile *profile, int64_t now_ms, cd_stream *out,
                                 consent_error *err)
{
    consent_status status = cd_store_stream(store, profile->id, profile->backend_stream, out, err);
    if (status != CONSENT_E_NOT_FOUND)
        return status;
    memcpy(out->id, profile->backend_stream, sizeof out->id);
    out->created_ms = now_ms;
    return CONSENT_OK;
}

static consent_status write_act(cd_store *store, cd_profile *profile, cd_stream *stream, const cs_event *event,
                                cs_span bytes, consent_error *err)
{
    cs_span chained[] = {{stream->head, CS_HASH_SIZE}, bytes};
    cs_buffer sized;
    cs_buffer_init(&sized, cs_memory_system(), CS_EVENT_MAX_SIZE + 16);
    cs_buffer_sized(&sized, bytes.data, bytes.size);
    cd_stored_range row = {.first = event->seq,
                           .last = event->seq,
                           .first_cursor = profile->next_cursor,
                           .by_backend = true,
                           .has_policy = event->policy.hash != NULL,
                           .time_ms = event->time_ms,
                           .events = cs_buffer_span(&sized)};
    memcpy(row.stream, stream->id, sizeof row.stream);
    if (event->policy.hash)
        memcpy(row.policy, event->policy.hash, sizeof row.policy);
    consent_status status = cs_buffer_status(&sized, "the act", err);
    if (status == CONSENT_OK && !cd_sha256(chained, 2, row.head))
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to follow the chain");
    memcpy(stream->head, row.head, sizeof row.head);
    stream->last = event->seq;
    if (status == CONSENT_OK) /* first: the range is read through its stream */
        status = cd_store_put_stream(store, profile->id, stream, err);
    if (status == CONSENT_OK)
        status = cd_store_add_range(store, profile->id, &row, err);
    profile->next_cursor++;
    profile->time_ms = event->time_ms;
    if (status == CONSENT_OK)
        status = cd_store_move_profile(store, profile, err);
    cs_buffer_free(&sized);
    return status;
}

consent_status cd_act(cd_store *store, const uint8_t *profile_id, cs_event *event, const uint64_t *seen, int64_t now_ms,
                      consent_error *err)
{
    cd_profile profile;
    cd_stream stream;
    uint8_t session[8];
    cs_buffer bytes;
    if (!is_allowed(event))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the backend makes no act of this kind");
    consent_status status = cd_store_profile(store, profile_id, &profile, err);
    if (status == CONSENT_OK)
        status = own_stream(store, &profile, now_ms, &stream, err);
    if (status == CONSENT_OK && !cd_random(session, sizeof session))
        status = cs_fail(err, CONSENT_E_IO, 0, "there was no randomness");
    if (status != CONSENT_OK)
        return status;
    event->seq = stream.last + 1;
    event->time_ms = now_ms > profile.time_ms ? now_ms : profile.time_ms;
    event->session_id = session;
    event->seen = seen ? *seen : profile.next_cursor - 1;
    cs_buffer_init(&bytes, cs_memory_system(), CS_EVENT_MAX_SIZE);
    cs_event_encode(event, &bytes);
    status = bytes.failed ? cs_fail(err, CONSENT_E_REJECTED, 0, "the act is larger than an event may be")
                          : write_act(store, &profile, &stream, event, cs_buffer_span(&bytes), err);
    if (status == CONSENT_OK && event->type == CS_EVENT_REQUEST_UPDATED) {
        status = cd_store_add_request_event(store, profile_id, stream.id, event->seq, cs_buffer_span(&bytes), err);
        if (status == CONSENT_OK)
            status = cd_requests_note(store, profile_id, err);
    }
    event->session_id = NULL;
    cs_buffer_free(&bytes);
    return status;
}
