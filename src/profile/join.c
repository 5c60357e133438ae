/* Log-in: the device's anonymous acts become part of the account's profile, as a stream of their own that has seen nothing of it.
 * Nothing is taken from the anonymous profile. */
#include "profile/exchange.h"

#include "profile/internal.h"

#include <string.h>

enum {
    JOIN_MAX_BYTES = 40 * 1024,
    JOIN_MAX_EVENTS = 400
};

typedef struct joining {
    cs_profile *account, *anonymous;
    cs_stream_state from; /* of the anonymous profile */
    cs_ledger_mark mark;
    cs_buffer bytes; /* exact events, one behind the other */
    size_t sizes[JOIN_MAX_EVENTS];
    cs_span spans[JOIN_MAX_EVENTS];
    size_t count;
    bool full;
} joining;

static consent_status take_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    joining *j = user;
    (void)stream;
    if (j->count == JOIN_MAX_EVENTS || j->bytes.size >= JOIN_MAX_BYTES) {
        j->full = true;
        return CONSENT_E_CANCELLED;
    }
    cs_buffer_append(&j->bytes, bytes.data, bytes.size);
    j->sizes[j->count++] = bytes.size;
    return cs_buffer_status(&j->bytes, "acts that join an account", err);
}

static consent_status read_chunk(joining *j, uint64_t from, consent_error *err)
{
    j->count = 0;
    j->full = false;
    cs_buffer_clear(&j->bytes);
    consent_status status = cs_ledger_read_stream(j->anonymous->ledger, j->from.id, from, &j->mark, take_event, j, err);
    size_t at = 0;
    for (size_t i = 0; i < j->count; at += j->sizes[i++])
        j->spans[i] = (cs_span){j->bytes.data + at, j->sizes[i]};
    return j->full ? CONSENT_OK : status;
}

static consent_status write_chunk(joining *j, uint64_t first, consent_error *err)
{
    const cs_evidence evidence = {.first = first, .last = first + j->count - 1, .joined = true};
    cs_buffer bytes;
    cs_buffer_init(&bytes, &j->account->home->env.memory, 512);
    cs_evidence_write(&evidence, &bytes);
    consent_status status = cs_buffer_status(&bytes, "acts that join an account", err);
    const cs_ledger_part part = {CS_PART_REMOTE, j->from.id, cs_buffer_span(&bytes), j->spans, j->count};
    if (status == CONSENT_OK)
        status = cs_profile_commit_parts(j->account, &part, 1, err);
    else
        cs_profile_abort_parts(j->account);
    cs_buffer_free(&bytes);
    return status;
}

/* What it did before it joined counts only once all of it is there: the key is vouched for last. */
static consent_status bind(joining *j, bool vouch, consent_error *err)
{
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    cs_hex_encode(j->from.id, CS_STREAM_ID_SIZE, hex);
    const cs_event events[2] = {
        {.type = CS_EVENT_ACCOUNT_BOUND, .actor = CS_ACTOR_SYSTEM, .reference = cs_str_of(hex)},
        {.type = CS_EVENT_KEY_CONFIRMED, .actor = CS_ACTOR_SYSTEM, .reference = cs_str_of(hex)}};
    return cs_profile_record(j->account, events, vouch ? 2 : 1, false, NULL, err);
}

static consent_status join_stream(joining *j, consent_error *err)
{
    bool any = false, more = true;
    memset(&j->mark, 0, sizeof j->mark);
    consent_status status = CONSENT_OK;
    while (status == CONSENT_OK && more) {
        status = cs_profile_begin_parts(j->account, err);
        if (status != CONSENT_OK)
            return status;
        const cs_stream_state *known = cs_state_stream(&j->account->state, j->from.id);
        uint64_t first = (known ? known->last_seq : 0) + 1;
        more = first <= j->from.last_seq;
        if (more)
            status = read_chunk(j, first, err);
        more = more && j->count != 0;
        any |= more;
        if (status == CONSENT_OK && more)
            status = write_chunk(j, first, err);
        else
            cs_profile_abort_parts(j->account);
    }
    if (status != CONSENT_OK)
        return status;
    const cs_stream_state *known = cs_state_stream(&j->account->state, j->from.id);
    bool vouch = known && !known->confirmed;
    return any || vouch ? bind(j, vouch, err) : CONSENT_OK;
}

static consent_status join_all(joining *j, consent_error *err)
{
    const cs_state *state = &j->anonymous->state;
    consent_status status = CONSENT_OK;
    for (uint32_t i = 0; i < state->stream_count && status == CONSENT_OK; i++) {
        if (!state->streams[i].own || state->streams[i].last_seq == 0)
            continue;
        j->from = state->streams[i];
        status = join_stream(j, err);
    }
    return status;
}

consent_status cs_profile_join(cs_profile *account, cs_profile *anonymous, consent_error *err)
{
    const cs_memory *memory = &account->home->env.memory;
    if (account->home != anonymous->home || !account->has_account || anonymous->has_account || account->ephemeral ||
        anonymous->ephemeral)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "an account's profile and the device's anonymous one of the same client can be joined");
    joining *j = cs_alloc(memory, sizeof *j);
    if (!j)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to join profiles");
    *j = (joining){.account = account, .anonymous = anonymous};
    cs_buffer_init(&j->bytes, memory, JOIN_MAX_BYTES + CS_EVENT_MAX_SIZE);
    consent_status status = cs_profile_lock_ledger(anonymous, err);
    if (status == CONSENT_OK) {
        status = anonymous->ledger ? cs_profile_refresh(account, err) : CONSENT_OK;
        if (status == CONSENT_OK && anonymous->ledger)
            status = join_all(j, err);
        cs_profile_unlock(anonymous);
    }
    cs_buffer_free(&j->bytes);
    cs_free(memory, j, sizeof *j);
    return status;
}

consent_status cs_profile_leave(cs_profile *account, consent_error *err)
{
    const cs_event event = {.type = CS_EVENT_ACCOUNT_UNBOUND, .actor = CS_ACTOR_SYSTEM};
    if (!account->has_account || account->ephemeral)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an account's profile can be left, and no other");
    cs_profile_lock(account);
    (void)cs_profile_refresh(account, NULL);
    consent_status status = cs_profile_record(account, &event, 1, false, NULL, err);
    cs_profile_unlock(account);
    return status;
}
