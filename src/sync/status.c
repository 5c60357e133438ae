/* How a profile stands with the backend. */
#include "sync/internal.h"

#include <string.h>

static void put_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    if (time_ms == 0)
        return;
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}

consent_status cs_sync_status(cs_profile *profile, cs_json_out *out, consent_error *err)
{
    const cs_memory *memory = &cs_profile_home(profile)->env.memory;
    cs_exchange_standing standing;
    cs_sync_memory *kept = cs_alloc(memory, sizeof *kept);
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    if (!kept)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to say how the profile stands");
    consent_status status = cs_exchange_look(profile, &standing, err);
    if (status == CONSENT_OK)
        status = cs_sync_recall(profile, memory, kept, err);
    if (status == CONSENT_OK) {
        cs_json_open_object(out);
        cs_json_member_int(out, "v", 1);
        cs_json_member_bool(out, "may_send", standing.may_send);
        cs_json_member_int(out, "waiting", standing.waiting);
        cs_json_member_int(out, "parked", standing.parked);
        cs_json_member_int(out, "merged", (int64_t)standing.merged);
        if (standing.lanes[0].last != 0) {
            cs_hex_encode(standing.lanes[0].stream, CS_STREAM_ID_SIZE, hex);
            cs_json_member_text(out, "stream", hex);
            cs_json_member_int(out, "acknowledged", (int64_t)standing.lanes[0].acked);
        }
        put_time(out, "last_success", kept->done_ms);
        put_time(out, "wait_until", kept->wait_until_ms);
        cs_json_member_int(out, "failures", kept->failures);
        cs_json_member_int(out, "ignored", kept->ignored);
        cs_json_member_text(out, "last_status", consent_status_name((consent_status)kept->last_status));
        status = cs_exchange_devices(profile, out, err);
        cs_json_close_object(out);
    }
    cs_wipe(kept, sizeof *kept);
    cs_free(memory, kept, sizeof *kept);
    return status;
}
