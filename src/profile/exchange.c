/* What a sync sees of a profile and reads from it. */
#include "profile/exchange.h"

#include "profile/internal.h"

#include <string.h>

/* ---- where it stands --------------------------------------------------------------------------------- */

/* A policy of the scope is accepted, now. Once a device key was made it stays "ever": withdrawals are sent, too. *waits: a minor's
 * acceptance lacks the guardian's. */
static bool accepted_now(cs_profile *profile, bool *waits)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_now now;
    cs_profile_now(profile, &now);
    for (size_t i = 0; i < set->count; i++) {
        cs_standing standing;
        cs_decide_standing(set, &profile->state, cs_str_of(set->policies[i]->scope), &now, &standing);
        if (standing.accepted)
            return true;
        *waits |= standing.wants_guardian != CS_NO_POLICY;
    }
    return false;
}

static bool policy_lets_fetch(const cs_profile *profile)
{
    const cs_policy_set *set = &profile->home->policies;
    bool any = false;
    for (size_t i = 0; i < set->count; i++) {
        const cs_held_policy *newest = cs_home_policy(profile->home, set->policies[i]->id, 0);
        if (!newest->policy->fetch_before_consent)
            return false;
        any = true;
    }
    return any;
}

static void fill_lane(cs_lane *lane, const cs_stream_state *stream)
{
    memcpy(lane->stream, stream->id, sizeof lane->stream);
    memcpy(lane->head, stream->head, sizeof lane->head);
    lane->joined = stream->joined;
    lane->acked = stream->acked_seq;
    lane->last = stream->last_seq;
}

static void fill_lanes(const cs_profile *profile, cs_exchange_standing *out)
{
    const cs_state *state = &profile->state;
    const cs_stream_state *own = cs_state_own(state);
    out->lane_count = 1;
    if (own)
        fill_lane(&out->lanes[0], own);
    for (uint32_t i = 0; i < state->stream_count; i++) {
        const cs_stream_state *stream = &state->streams[i];
        out->parked += stream->parked;
        if (stream->own || !stream->joined || stream->last_seq <= stream->acked_seq)
            continue;
        if (out->lane_count < CS_EXCHANGE_MAX_LANES)
            fill_lane(&out->lanes[out->lane_count++], stream);
    }
    for (size_t i = 0; i < out->lane_count; i++)
        out->waiting += (uint32_t)(out->lanes[i].last - out->lanes[i].acked);
}

/* An account's id comes from the account, an anonymous profile's from the first stream it ever had. */
static consent_status name_profile(const cs_profile *profile, cs_exchange_standing *out, consent_error *err)
{
    bool any = false;
    for (uint32_t i = 0; i < profile->state.stream_count; i++) {
        if (profile->state.streams[i].own_order != 1)
            continue;
        memcpy(out->first, profile->state.streams[i].id, sizeof out->first);
        any = true;
    }
    if (profile->has_account)
        return cs_wire_account_id(cs_str_of(profile->account), out->profile, err);
    return any ? cs_wire_anonymous_id(out->first, out->profile, err) : CONSENT_OK;
}

consent_status cs_exchange_look(cs_profile *profile, cs_exchange_standing *out, consent_error *err)
{
    bool has_key = false;
    memset(out, 0, sizeof *out);
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    out->has_account = profile->has_account;
    out->ephemeral = profile->ephemeral;
    out->merged = profile->state.merged;
    out->may_fetch = policy_lets_fetch(profile);
    fill_lanes(profile, out);
    status = name_profile(profile, out, err);
    bool waits = false;
    out->may_send = profile->ledger && accepted_now(profile, &waits);
    out->may_take = waits && profile->has_account && !profile->ephemeral;
    if (status == CONSENT_OK && profile->ledger && !out->may_send) {
        status = cs_exchange_has_key(profile, &has_key, err);
        out->may_send = has_key;
    }
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_exchange_check_region(cs_profile *profile, const char *region, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_profile_lock(profile);
    (void)cs_home_refresh_policies(profile->home, NULL);
    const cs_policy_set *set = &profile->home->policies;
    for (size_t i = 0; i < set->count && status == CONSENT_OK; i++) {
        const cs_policy *policy = cs_home_policy(profile->home, set->policies[i]->id, 0)->policy;
        if (policy->region[0] && strcmp(policy->region, region) != 0)
            status = cs_fail(err, CONSENT_E_REJECTED, 0,
                             "policy %s stores data in %s, and the endpoint is in %s: configure that region's endpoint",
                             policy->id, policy->region, region);
    }
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_exchange_stream(cs_profile *profile, const uint8_t *stream, cs_stream_state *out, consent_error *err)
{
    memset(out, 0, sizeof *out);
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    const cs_stream_state *known = cs_state_stream(&profile->state, stream);
    if (known)
        *out = *known;
    cs_profile_unlock(profile);
    return CONSENT_OK;
}

/* ---- reading what is to be sent ------------------------------------------------------------------------ */

typedef struct taking {
    cs_exchange_reading *reading;
    uint64_t next;
    uint32_t count;
    bool full;
} taking;

static consent_status take_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    taking *t = user;
    cs_exchange_reading *r = t->reading;
    (void)stream;
    if (t->next >= r->first && r->events) {
        bool fits = t->count < r->max_count && r->events->size + bytes.size + 3 <= r->max_bytes;
        if (!fits && t->count != 0) {
            t->full = true;
            return CONSENT_E_CANCELLED;
        }
        cs_buffer_sized(r->events, bytes.data, bytes.size);
        t->count++;
    }
    consent_status status = cs_wire_chain(r->head, bytes, r->head, err);
    r->last = t->next++;
    if (status == CONSENT_OK && !r->events && r->last == r->first) { /* the head after `first` alone was wanted */
        t->full = true;
        return CONSENT_E_CANCELLED;
    }
    return status;
}

consent_status cs_exchange_read(cs_profile *profile, const uint8_t *stream, cs_ledger_mark *mark,
                                cs_exchange_reading *reading, consent_error *err)
{
    taking t = {reading, reading->known + 1, 0, false};
    reading->last = reading->first - 1;
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    if (!profile->ledger)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "nothing was recorded yet");
    else
        status = cs_ledger_read_stream(profile->ledger, stream, reading->known + 1, mark, take_event, &t, err);
    cs_profile_unlock(profile);
    if (t.full)
        status = CONSENT_OK;
    if (status == CONSENT_OK && reading->events)
        status = cs_buffer_status(reading->events, "a range of events", err);
    if (status == CONSENT_OK && reading->last < reading->first)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the ledger holds no event %llu of that stream",
                         (unsigned long long)reading->first);
    return status;
}

/* ---- devices ------------------------------------------------------------------------------------------------ */

consent_status cs_exchange_devices(cs_profile *profile, cs_json_out *out, consent_error *err)
{
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_member_array(out, "streams");
    for (uint32_t i = 0; i < profile->state.stream_count; i++) {
        const cs_stream_state *stream = &profile->state.streams[i];
        cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
        cs_json_open_object(out);
        cs_json_member_text(out, "stream", hex);
        cs_json_member_text(out, "of",
                            stream->own          ? "this_device"
                            : stream->by_backend ? "backend"
                            : stream->joined     ? "joined"
                                                 : "other_device");
        cs_json_member_bool(out, "confirmed", stream->confirmed);
        cs_json_member_int(out, "last", (int64_t)stream->last_seq);
        cs_json_member_int(out, "acknowledged", (int64_t)stream->acked_seq);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
    cs_profile_unlock(profile);
    return CONSENT_OK;
}
