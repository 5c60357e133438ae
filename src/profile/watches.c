/* Who is told when an answer changes. Callbacks run inside poll alone, on its caller's thread, with no lock held, one at a
 * time: each may check, record, watch and close as it likes. */
#include "profile/internal.h"

#include <string.h>

/* home->lock held */
static void drop(cs_profile *profile, const cs_ask *ask, const void *ctx, bool any_ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < profile->watch_count; i++)
        if (profile->watches[i].ask != ask || (!any_ctx && profile->watches[i].ctx != ctx))
            profile->watches[kept++] = profile->watches[i];
    profile->watch_count = kept;
}

void cs_watches_drop(cs_profile *profile, const cs_ask *ask)
{
    drop(profile, ask, NULL, true);
}

void cs_watches_free(cs_profile *profile)
{
    const cs_memory *memory = &profile->home->env.memory;
    cs_free(memory, profile->watches, profile->watch_capacity * sizeof *profile->watches);
    profile->watches = NULL;
    profile->watch_count = 0;
    profile->watch_capacity = 0;
    for (size_t i = 0; i < CS_COUNT_OF(profile->polled); i++) {
        if (profile->polled[i])
            cs_free(memory, profile->polled[i], profile->polled[i]->size);
        profile->polled[i] = NULL;
    }
}

static bool make_room(cs_profile *profile)
{
    cs_watch *list = cs_list_room(&profile->home->env.memory, profile->watches, profile->watch_count,
                                  &profile->watch_capacity, sizeof *list);
    if (!list)
        return false;
    profile->watches = list;
    return true;
}

static void bring_up_to_date(cs_ask *ask)
{
    consent_decision decision;
    if (!cs_ask_serves(ask, &decision))
        cs_ask_decide(ask);
}

consent_status cs_ask_watch(cs_ask *ask, consent_watch_fn told, void *ctx, consent_error *err)
{
    cs_profile *profile = ask->profile;
    consent_status status = CONSENT_OK;
    cs_profile_lock(profile);
    if (told && !make_room(profile))
        status = cs_no_memory(err, "a watch");
    if (status == CONSENT_OK)
        drop(profile, ask, ctx, false);
    if (status == CONSENT_OK && told) {
        atomic_store(&ask->watched, true);
        bring_up_to_date(ask);
        profile->watches[profile->watch_count++] = (cs_watch){++profile->last_watch_id, ask, told, ctx, ask->verdict};
    }
    cs_profile_unlock(profile);
    return status;
}

static bool differs(const consent_verdict *a, const consent_verdict *b)
{
    return a->decision != b->decision || a->reason != b->reason;
}

/* The next watch after *id, and not after `until`, whose answer changed; it counts as told from now on. */
static bool next_change(cs_profile *profile, uint64_t *id, uint64_t until, cs_watch *change, consent_verdict *after)
{
    for (size_t i = 0; i < profile->watch_count && profile->watches[i].id <= until; i++) {
        cs_watch *watch = &profile->watches[i];
        if (watch->id <= *id)
            continue;
        bring_up_to_date(watch->ask);
        *id = watch->id;
        if (!differs(&watch->last, &watch->ask->verdict))
            continue;
        *change = *watch;
        *after = watch->last = watch->ask->verdict;
        return true;
    }
    return false;
}

void *cs_polled_bind(cs_profile *profile, unsigned which, size_t size, cs_polled_run run)
{
    cs_polled *polled = profile->polled[which];
    if (!polled) {
        polled = cs_alloc(&profile->home->env.memory, size);
        if (polled)
            *polled = (cs_polled){size, run};
        profile->polled[which] = polled;
    }
    return polled;
}

consent_status cs_profile_poll(cs_profile *profile, size_t *count, consent_error *err)
{
    uint64_t id = 0, until = 0;
    for (bool first = true;; first = false) {
        cs_watch change;
        consent_verdict after;
        cs_profile_lock(profile);
        if (first)
            until = profile->last_watch_id; /* what callbacks add is up to date */
        bool found = next_change(profile, &id, until, &change, &after);
        cs_profile_unlock(profile);
        if (!found)
            break;
        ++*count;
        change.told(change.ctx, (consent_handle *)change.ask, &change.last, &after);
    }
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < CS_COUNT_OF(profile->polled); i++) {
        cs_profile_lock(profile);
        const cs_polled *polled = profile->polled[i];
        cs_profile_unlock(profile);
        if (polled)
            status = polled->run(profile, count, err);
    }
    return status;
}
