/* The one way anything is recorded. */
#include "profile/internal.h"
#include "profile/moving.h"

#include <string.h>

#define FRAME_MAX_BYTES 65536u

typedef struct frame {
    cs_buffer bytes; /* the events, one after the other */
    size_t count, room;
    size_t own_index; /* of the caller's first event */
    cs_span spans[];  /* sizes first, pointers once `bytes` is complete */
} frame;

static void lock_table(cs_profile *profile)
{
    profile->home->env.mutex_lock(profile->home->env.ctx, profile->table);
}

static void unlock_table(cs_profile *profile)
{
    profile->home->env.mutex_unlock(profile->home->env.ctx, profile->table);
}

static bool is_restrictive(const cs_event *event)
{
    return (cs_event_polarity(event) & CS_RESTRICTIVE) != 0;
}

/* ---- announcing a refusal before the disk has it ------------------------------------------------------ */

/* A withdrawal of the acceptance is announced for the profile as a whole. */
static uint32_t pending_hash(const cs_profile *profile, const cs_event *event)
{
    return event->purpose.size ? cs_profile_item_hash(profile, event->purpose) : profile->page_hash;
}

static void stamp(const cs_profile *profile, cs_event *event, const cs_now *now)
{
    event->time_ms = now->now_ms;
    event->elapsed_ms = now->elapsed_ms;
    event->session_id = profile->session;
}

static void tell_others(cs_profile *profile, const cs_event *events, size_t count)
{
    cs_page *page = profile->home->page;
    /* One entry for the profile spares the table when a form refuses many things at once, or much is unsaved already. */
    bool whole = count > 4 || profile->unsaved_pending_count + count >= CS_COUNT_OF(profile->unsaved_pending);
    for (size_t i = 0; i < count && !whole; i++) {
        if (!is_restrictive(&events[i]))
            continue;
        profile->unsaved_pending[profile->unsaved_pending_count++] =
            cs_page_pend(page, profile->page_slot, pending_hash(profile, &events[i]));
    }
    if (whole && profile->unsaved_pending_count < CS_COUNT_OF(profile->unsaved_pending))
        profile->unsaved_pending[profile->unsaved_pending_count++] =
            cs_page_pend(page, profile->page_slot, profile->page_hash);
}

static void announce(cs_profile *profile, const cs_event *events, size_t count)
{
    if (!profile->home->page_is_lost)
        tell_others(profile, events, count);
    cs_now now;
    cs_profile_now(profile, &now);
    lock_table(profile);
    for (size_t i = 0; i < count; i++) {
        if (!is_restrictive(&events[i]))
            continue;
        cs_event stamped;
        cs_event_copy(&stamped, &events[i]);
        stamp(profile, &stamped, &now);
        if (cs_state_overlay_withdraw(&profile->state, &stamped, NULL) != CONSENT_OK)
            cs_profile_fail(profile, CONSENT_E_MEMORY, NULL);
    }
    unlock_table(profile);
}

static void announced_is_durable(cs_profile *profile)
{
    lock_table(profile);
    cs_state_overlay_clear(&profile->state);
    unlock_table(profile);
    for (size_t i = 0; i < profile->unsaved_pending_count; i++)
        cs_page_unpend(profile->home->page, profile->unsaved_pending[i]);
    profile->unsaved_pending_count = 0;
    cs_buffer_clear(&profile->unsaved);
}

/* What the record asks by itself belongs to the refusal that it was made with. */
static bool stays_with_refusal(const cs_event *event)
{
    return is_restrictive(event) || (event->type == CS_EVENT_REQUEST_OPENED && !event->user_initiated);
}

/* Kept for the next attempt. Too many: the pending slots stay, so nothing is forgotten while the process lives. */
static void keep_unsaved(cs_profile *profile, const cs_event *events, size_t count)
{
    cs_buffer one;
    cs_buffer_init(&one, &profile->home->env.memory, CS_EVENT_MAX_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (!stays_with_refusal(&events[i]))
            continue;
        cs_event copy;
        cs_event_copy(&copy, &events[i]);
        copy.seq = 1;
        copy.session_id = profile->session;
        cs_buffer_clear(&one);
        cs_event_encode(&copy, &one);
        if (!one.failed)
            cs_buffer_sized(&profile->unsaved, one.data, one.size);
    }
    cs_buffer_free(&one);
}

/* ---- the frame ------------------------------------------------------------------------------------------- */

static consent_status add(cs_profile *profile, frame *out, const cs_event *event, const cs_now *now, consent_error *err)
{
    cs_event stamped;
    size_t start = out->bytes.size;
    if (out->count == out->room)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "one act holds at most %u events", CS_RECORD_MAX_EVENTS);
    cs_event_copy(&stamped, event);
    stamped.seq = cs_ledger_next_seq(profile->ledger) + out->count;
    stamp(profile, &stamped, now);
    cs_event_write(&stamped, &out->bytes);
    out->spans[out->count].data = NULL; /* once `bytes` is complete: it may still move */
    out->spans[out->count].size = out->bytes.size - start;
    out->count++;
    return cs_buffer_status(&out->bytes, "an act", err);
}

static consent_status add_unsaved(cs_profile *profile, frame *out, const cs_now *now, consent_error *err)
{
    cs_reader in = cs_reader_of(cs_buffer_span(&profile->unsaved));
    consent_status status = CONSENT_OK;
    while (status == CONSENT_OK && in.left != 0) {
        cs_event event;
        cs_span bytes = cs_read_sized(&in, CS_EVENT_MAX_SIZE);
        if (!in.ok)
            break;
        status = cs_event_decode(bytes, &event, err);
        if (status == CONSENT_OK)
            status = add(profile, out, &event, now, err);
    }
    return status;
}

static consent_status fill(cs_profile *profile, frame *out, const cs_event *events, size_t count, const cs_event *uses,
                           size_t use_count, consent_error *err)
{
    cs_now now;
    cs_profile_now(profile, &now);
    consent_status status = add_unsaved(profile, out, &now, err);
    out->own_index = out->count;
    for (size_t i = 0; status == CONSENT_OK && i < count; i++)
        status = add(profile, out, &events[i], &now, err);
    for (size_t i = 0; status == CONSENT_OK && i < use_count; i++)
        status = add(profile, out, &uses[i], &now, err);
    size_t offset = 0;
    for (size_t i = 0; i < out->count; i++) {
        out->spans[i].data = out->bytes.data + offset;
        offset += out->spans[i].size;
    }
    return status;
}

static consent_status apply(cs_profile *profile, const frame *written, consent_error *err)
{
    consent_status status = CONSENT_OK;
    lock_table(profile);
    for (size_t i = 0; status == CONSENT_OK && i < written->count; i++) {
        cs_event event;
        status = cs_event_decode(written->spans[i], &event, err);
        if (status == CONSENT_OK)
            status = cs_state_apply(&profile->state, cs_ledger_stream(profile->ledger), true, &event, 0, err);
    }
    unlock_table(profile);
    profile->tail_events += (uint32_t)written->count;
    return status;
}

void cs_profile_checkpoint(cs_profile *profile)
{
    cs_buffer bytes;
    if (profile->ephemeral || !profile->ledger)
        return;
    profile->tail_events = 0;
    profile->checkpoint_due = false;
    cs_buffer_init(&bytes, &profile->home->env.memory, CS_STATE_MAX_ENCODED);
    cs_state_encode(&profile->state, &bytes);
    if (!bytes.failed)
        (void)cs_ledger_checkpoint(profile->ledger, cs_buffer_span(&bytes), NULL);
    cs_buffer_free(&bytes);
}

/* ---- frames of parts ----------------------------------------------------------------------------------- */

static consent_status begin(cs_profile *profile, consent_error *err)
{
    const cs_ledger_sink sink = cs_profile_sink(profile);
    consent_status status = CONSENT_OK;
    for (bool moved = true; status == CONSENT_OK && moved;) {
        status = cs_ledger_begin(profile->ledger, &sink, err);
        if (status == CONSENT_OK)
            status = cs_moving_finish(profile, &moved, err);
    }
    return status;
}

static consent_status apply_part(cs_profile *profile, const cs_ledger_part *part, const cs_now *now, bool *restrictive,
                                 consent_error *err)
{
    cs_state *state = &profile->state;
    if (part->kind == CS_PART_STREAM)
        return cs_state_own_stream(state, part->stream, err);
    bool remote = part->kind == CS_PART_REMOTE;
    const uint8_t *stream = remote ? part->stream : cs_ledger_stream(profile->ledger);
    consent_status status = remote ? cs_replay_evidence(state, stream, part->evidence, false, now, err) : CONSENT_OK;
    for (size_t i = 0; i < part->count && status == CONSENT_OK; i++) {
        cs_event event;
        status = cs_replay_event(state, stream, part->events[i], err);
        *restrictive |= cs_event_decode(part->events[i], &event, NULL) == CONSENT_OK && is_restrictive(&event);
    }
    if (status == CONSENT_OK && remote)
        status = cs_replay_evidence(state, stream, part->evidence, true, now, err);
    profile->tail_events += (uint32_t)part->count + 1;
    return status;
}

static void apply_parts(cs_profile *profile, const cs_ledger_part *parts, size_t count, bool *restrictive)
{
    cs_now now;
    consent_error why = {0};
    consent_status status = CONSENT_OK;
    cs_profile_now(profile, &now);
    lock_table(profile);
    for (size_t i = 0; i < count && status == CONSENT_OK; i++)
        status = apply_part(profile, &parts[i], &now, restrictive, &why);
    unlock_table(profile);
    if (status != CONSENT_OK)
        cs_profile_fail(profile, CONSENT_E_MEMORY, &why);
}

static void tell_generation(cs_profile *profile)
{
    /* When nobody else acted in between there is nothing to catch up with. */
    uint32_t generation = cs_page_bump(profile->home->page);
    if (profile->generation == generation - 1)
        profile->generation = generation;
}

consent_status cs_profile_commit_parts(cs_profile *profile, const cs_ledger_part *parts, size_t count,
                                       consent_error *err)
{
    bool restrictive = false;
    consent_status status = cs_ledger_commit_parts(profile->ledger, parts, count, err);
    if (status != CONSENT_OK)
        return status;
    cs_page_set_durable_end(profile->home->page, profile->page_slot, cs_ledger_end(profile->ledger));
    apply_parts(profile, parts, count, &restrictive);
    cs_profile_committed(profile, restrictive);
    tell_generation(profile);
    profile->checkpoint_due |= restrictive;
    if (profile->tail_events >= CS_CHECKPOINT_EVERY)
        cs_profile_checkpoint(profile);
    return CONSENT_OK;
}

static consent_status may_record(cs_profile *profile, consent_error *err);

consent_status cs_profile_begin_parts(cs_profile *profile, consent_error *err)
{
    consent_status status = may_record(profile, err);
    if (status == CONSENT_OK)
        status = cs_profile_look_after_page(profile, true, err);
    if (status == CONSENT_OK)
        status = cs_profile_need_ledger(profile, err);
    return status == CONSENT_OK ? begin(profile, err) : status;
}

void cs_profile_abort_parts(cs_profile *profile)
{
    cs_ledger_abort(profile->ledger);
}

/* ---- acts ------------------------------------------------------------------------------------------------ */

static consent_status write_frame(cs_profile *profile, const cs_event *events, size_t count, const cs_event *uses,
                                  size_t use_count, bool restrictive, uint64_t *first_seq, consent_error *err)
{
    size_t room = profile->unsaved.size == 0 && count + use_count < CS_RECORD_MAX_EVENTS ? count + use_count
                                                                                         : CS_RECORD_MAX_EVENTS;
    size_t size = sizeof(frame) + room * sizeof(cs_span);
    frame *out = cs_alloc(&profile->home->env.memory, size);
    consent_status status;
    if (!out)
        return cs_no_memory(err, "an act");
    out->room = room;
    cs_buffer_init(&out->bytes, &profile->home->env.memory, FRAME_MAX_BYTES);
    status = cs_profile_need_ledger(profile, err);
    if (status == CONSENT_OK)
        status = begin(profile, err);
    if (status == CONSENT_OK) {
        status = fill(profile, out, events, count, uses, use_count, err);
        if (status == CONSENT_OK) {
            *first_seq = cs_ledger_next_seq(profile->ledger) + out->own_index;
            status = cs_ledger_commit(profile->ledger, out->spans, out->count, err);
        } else {
            cs_ledger_abort(profile->ledger);
        }
    }
    if (status == CONSENT_OK) {
        cs_page_set_durable_end(profile->home->page, profile->page_slot, cs_ledger_end(profile->ledger));
        cs_profile_committed(profile, restrictive);
        consent_error why = {0};
        if (apply(profile, out, &why) != CONSENT_OK)
            cs_profile_fail(profile, CONSENT_E_MEMORY, &why);
    }
    cs_buffer_free(&out->bytes);
    cs_free(&profile->home->env.memory, out, size);
    return status;
}

static consent_status may_record(cs_profile *profile, consent_error *err)
{
    const cs_home *home = profile->home;
    if (home->env.process_id(home->env.ctx) != home->process_id)
        return cs_fail(err, CONSENT_E_FORKED, 0,
                       "this handle was opened before fork(); open the home again in the child");
    if (profile->closed)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the profile was erased");
    if (home->key_status != CONSENT_OK)
        return cs_fail(err, home->key_status, 0, "the home's key is not available; nothing can be recorded");
    if (profile->health != CONSENT_OK) {
        if (err)
            *err = profile->health_error;
        return profile->health;
    }
    return CONSENT_OK;
}

consent_status cs_profile_record(cs_profile *profile, const cs_event *events, size_t count, bool restrictive,
                                 uint64_t *first_seq, consent_error *err)
{
    cs_event uses[32];
    uint64_t seq = 0;
    size_t use_count = 0;
    consent_status status = may_record(profile, err);
    if (first_seq)
        *first_seq = 0;
    if (status == CONSENT_E_FORKED || profile->closed)
        return status;
    consent_status shared = cs_profile_look_after_page(profile, true, status == CONSENT_OK ? err : NULL);
    if (restrictive && profile->page_hash != 0)
        announce(profile, events, count);
    if (status == CONSENT_OK)
        status = shared;
    if (status == CONSENT_OK) {
        use_count = cs_asks_take_uses(profile, uses, CS_COUNT_OF(uses));
        if (count == 0 && use_count == 0 && profile->unsaved.size == 0)
            return CONSENT_OK;
        status = write_frame(profile, events, count, uses, use_count, restrictive, &seq, err);
    }
    if (status != CONSENT_OK) {
        cs_asks_return_uses(profile, uses, use_count);
        if (restrictive)
            keep_unsaved(profile, events, count);
        return status;
    }
    tell_generation(profile);
    announced_is_durable(profile);
    /* Stores into a page that was replaced meanwhile reached nobody. */
    (void)cs_profile_look_after_page(profile, true, NULL);
    profile->checkpoint_due |= restrictive;
    if (profile->tail_events >= CS_CHECKPOINT_EVERY)
        cs_profile_checkpoint(profile);
    if (first_seq)
        *first_seq = seq;
    return CONSENT_OK;
}
