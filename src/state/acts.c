#include "state/acts.h"

#include <string.h>

consent_status cs_state_acts_reserve(cs_state *state, uint32_t more, consent_error *err)
{
    if (more > CS_STATE_MAX_ACTS - state->act_count)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "the consent state reached its largest size of %u acts",
                       CS_STATE_MAX_ACTS);
    uint32_t needed = state->act_count + more;
    if (needed <= state->act_capacity)
        return CONSENT_OK;
    uint32_t capacity = state->act_capacity == 0 ? 32 : state->act_capacity + state->act_capacity / 2;
    if (capacity < needed)
        capacity = needed;
    cs_act *acts = cs_realloc(state->memory, state->acts, state->act_capacity * sizeof *acts, capacity * sizeof *acts);
    if (acts == NULL)
        return cs_no_memory(err, "the consent state");
    state->acts = acts;
    state->act_capacity = capacity;
    return CONSENT_OK;
}

/* First act whose purpose is at least this. */
static uint32_t first_of(const cs_state *state, cs_name purpose)
{
    uint32_t low = 0, high = state->act_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (state->acts[middle].purpose < purpose)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const cs_act *cs_state_acts(const cs_state *state, cs_name purpose, uint32_t *count)
{
    *count = 0;
    if (purpose == CS_NAME_UNKNOWN || state->act_count == 0)
        return NULL;
    uint32_t first = first_of(state, purpose);
    uint32_t end = purpose == 0 ? first_of(state, 1) : first_of(state, purpose + 1);
    *count = end - first;
    return state->acts + first;
}

static bool permissive(const cs_act *act)
{
    return act->kind == CS_ACT_ACCEPT || act->kind == CS_ACT_GRANT || act->kind == CS_ACT_NOTED;
}

/* Same stream speaking of the same thing in the same way: then the later one says it all. */
static bool same_words(const cs_act *a, const cs_act *b)
{
    if (a->purpose != b->purpose || a->recipient != b->recipient || a->data != b->data || a->policy != b->policy ||
        a->overlay != b->overlay || a->kind != b->kind || a->side != b->side || a->subject != b->subject ||
        a->flags != b->flags || a->stream != b->stream)
        return false;
    switch (a->kind) {
    case CS_ACT_REFUSE: /* a no to an item holds whatever version it was said to */
    case CS_ACT_USED:
    case CS_ACT_PURGED:
        return true;
    case CS_ACT_DECLINE:
    case CS_ACT_SUBJECT:
        return a->version == b->version && a->overlay_version == b->overlay_version;
    default:
        return a->version == b->version && a->revision == b->revision && a->hash == b->hash &&
               a->overlay_version == b->overlay_version && a->overlay_revision == b->overlay_revision &&
               a->overlay_hash == b->overlay_hash && a->rules == b->rules && a->rules_version == b->rules_version;
    }
}

/* Whether nothing that may still come makes `older` matter beside `newer`: what lies in the past of the older lies in
 * the past of the newer, and whoever has the newer in its past has the older. */
static bool replaces(const cs_act *newer, const cs_act *older)
{
    return same_words(newer, older) && newer->seq >= older->seq && newer->time_ms >= older->time_ms &&
           (!permissive(newer) || newer->seen >= older->seen);
}

static void remove_act(cs_state *state, uint32_t index)
{
    memmove(state->acts + index, state->acts + index + 1, (state->act_count - index - 1) * sizeof *state->acts);
    state->act_count--;
}

/* The same event once more, perhaps with what was not known the first time. */
static void complete(cs_act *kept, const cs_act *again)
{
    if (again->cursor > kept->cursor)
        kept->cursor = again->cursor;
    if (again->time_ms < kept->time_ms)
        kept->time_ms = again->time_ms;
}

void cs_state_acts_add(cs_state *state, const cs_act *act)
{
    uint32_t i = first_of(state, act->purpose);
    while (i < state->act_count && state->acts[i].purpose == act->purpose) {
        cs_act *kept = &state->acts[i];
        if (kept->seq == act->seq && same_words(kept, act)) {
            complete(kept, act);
            return;
        }
        if (replaces(kept, act))
            return;
        if (replaces(act, kept))
            remove_act(state, i);
        else
            i++;
    }
    memmove(state->acts + i + 1, state->acts + i, (state->act_count - i) * sizeof *act);
    state->acts[i] = *act;
    state->act_count++;
}

static bool irrelevant(const cs_state *state, uint32_t index)
{
    const cs_act *act = &state->acts[index];
    uint32_t count;
    const cs_act *others = cs_state_acts(state, act->purpose, &count);
    for (uint32_t i = 0; i < count; i++)
        if (&others[i] != act && others[i].seq > act->seq && replaces(&others[i], act))
            return true;
    return false;
}

void cs_state_acts_sweep(cs_state *state)
{
    for (uint32_t i = 0; i < state->act_count;) {
        if (irrelevant(state, i))
            remove_act(state, i);
        else
            i++;
    }
}

void cs_state_acts_drop_provisional(cs_state *state)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->act_count; i++)
        if ((state->acts[i].flags & CS_ACT_PROVISIONAL) == 0) {
            if (kept != i)
                state->acts[kept] = state->acts[i];
            kept++;
        }
    state->act_count = kept;
}

consent_status cs_state_ages_reserve(cs_state *state, consent_error *err)
{
    cs_age_act *ages = cs_list_room(state->memory, state->ages, state->age_count, &state->age_capacity, sizeof *ages);
    if (ages == NULL)
        return cs_no_memory(err, "the consent state");
    state->ages = ages;
    return CONSENT_OK;
}

static bool same_age(const cs_age_act *a, const cs_age_act *b)
{
    return a->birth.year == b->birth.year && a->birth.month == b->birth.month && a->birth.day == b->birth.day &&
           a->band == b->band;
}

/* A later correction of the same stream stands for everything before it; a later statement of the same age for the earlier. */
static bool age_replaces(const cs_age_act *newer, const cs_age_act *older)
{
    if (newer->stream != older->stream || newer->seq < older->seq || newer->seen < older->seen)
        return false;
    return newer->correction || (!older->correction && same_age(newer, older));
}

void cs_state_ages_add(cs_state *state, const cs_age_act *age)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->age_count; i++) {
        cs_age_act *other = &state->ages[i];
        if (other->seq == age->seq && other->stream == age->stream && age_replaces(other, age)) {
            if (age->cursor > other->cursor)
                other->cursor = age->cursor;
            return;
        }
        if (age_replaces(other, age))
            return;
    }
    for (uint32_t i = 0; i < state->age_count; i++)
        if (!age_replaces(age, &state->ages[i]))
            state->ages[kept++] = state->ages[i];
    state->ages[kept++] = *age;
    state->age_count = kept;
}

void cs_state_sort(uint32_t *order, uint32_t count, int (*compare)(const void *ctx, uint32_t a, uint32_t b),
                   const void *ctx)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < count; i++) {
            uint32_t moving = order[i], at = i;
            for (; at >= gap && compare(ctx, order[at - gap], moving) > 0; at -= gap)
                order[at] = order[at - gap];
            order[at] = moving;
        }
    }
}
