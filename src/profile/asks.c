/* Prepared questions: how they are made and decided, and counted uses. What every check runs through is in checks.c. */
#include "profile/internal.h"

#include <string.h>

#define DECIDE_TRIES 64
#define NO_WORD UINT64_MAX /* second 2^32−1 is never now, so it never serves */

static void lock_table(cs_profile *profile)
{
    profile->home->env.mutex_lock(profile->home->env.ctx, profile->table);
}

static void unlock_table(cs_profile *profile)
{
    profile->home->env.mutex_unlock(profile->home->env.ctx, profile->table);
}

/* ---- making ---------------------------------------------------------------------------------------------- */

static cs_str copy_str(char **at, cs_str text)
{
    char *start = *at;
    if (text.size)
        memcpy(start, text.data, text.size);
    *at += text.size;
    return (cs_str){start, text.size};
}

static cs_ask *make(cs_profile *profile, const cs_query *query, uint64_t hash)
{
    const cs_memory *memory = &profile->home->env.memory;
    size_t text_size = query->scope.size + query->purpose.size + query->recipient.size + query->permission.size +
                       query->call_site.size + query->function.size;
    for (size_t i = 0; i < query->data_count; i++)
        text_size += query->data[i].size;
    size_t list_size = query->data_count * sizeof(cs_str);
    cs_ask *ask = cs_alloc(memory, sizeof *ask);
    if (!ask)
        return NULL;
    ask->block_size = list_size + text_size + 1;
    ask->block = cs_alloc(memory, ask->block_size);
    if (!ask->block) {
        cs_free(memory, ask, sizeof *ask);
        return NULL;
    }
    cs_str *list = ask->block;
    char *at = (char *)ask->block + list_size;
    ask->query = *query;
    ask->query.scope = copy_str(&at, query->scope);
    ask->query.purpose = copy_str(&at, query->purpose);
    ask->query.recipient = copy_str(&at, query->recipient);
    ask->query.permission = copy_str(&at, query->permission);
    ask->query.call_site = copy_str(&at, query->call_site);
    ask->query.function = copy_str(&at, query->function);
    for (size_t i = 0; i < query->data_count; i++)
        list[i] = copy_str(&at, query->data[i]);
    ask->query.data = list;
    ask->home = profile->home;
    ask->profile = profile;
    ask->hash = hash;
    ask->verdict.struct_size = sizeof ask->verdict;
    atomic_init(&ask->word, NO_WORD);
    atomic_init(&ask->uses, 0);
    return ask;
}

static void destroy(cs_profile *profile, cs_ask *ask)
{
    const cs_memory *memory = &profile->home->env.memory;
    cs_free(memory, ask->block, ask->block_size);
    cs_free(memory, ask, sizeof *ask);
}

/* Questions that nobody holds and that have nothing to record make room. */
static void evict(cs_profile *profile)
{
    for (size_t slot = 0; slot < CS_ASK_SLOTS; slot++) {
        cs_ask **link = &profile->asks[slot];
        while (*link) {
            cs_ask *ask = *link;
            if (ask->references != 0 || atomic_load(&ask->uses) != 0) {
                link = &ask->next;
                continue;
            }
            *link = ask->next;
            profile->ask_count--;
            destroy(profile, ask);
        }
    }
}

/* table held. NULL: no memory, or too many handles. */
static cs_ask *find_or_make(cs_profile *profile, const cs_query *query)
{
    uint64_t hash;
    cs_ask *ask = cs_asks_find(profile, query, &hash);
    if (ask)
        return ask;
    if (profile->ask_count >= CS_ASK_MAX)
        evict(profile);
    ask = profile->ask_count < CS_ASK_MAX ? make(profile, query, hash) : NULL;
    if (!ask)
        return NULL;
    ask->purpose_hash = cs_profile_item_hash(profile, query->purpose);
    ask->next = profile->asks[hash % CS_ASK_SLOTS];
    profile->asks[hash % CS_ASK_SLOTS] = ask;
    profile->ask_count++;
    return ask;
}

consent_status cs_profile_ask(cs_profile *profile, const cs_query *query, cs_ask **out, consent_error *err)
{
    lock_table(profile);
    cs_ask *ask = find_or_make(profile, query);
    if (ask)
        ask->references++;
    unlock_table(profile);
    *out = ask;
    return ask ? CONSENT_OK
               : cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for another handle, or more than %u are open",
                         CS_ASK_MAX);
}

void cs_ask_release(cs_ask *ask)
{
    if (!ask || !ask->profile)
        return;
    cs_profile *profile = ask->profile;
    bool watched = atomic_load(&ask->watched);
    if (watched)
        cs_profile_lock(profile);
    lock_table(profile);
    bool last = --ask->references == 0;
    unlock_table(profile);
    if (watched && last)
        cs_watches_drop(profile, ask);
    if (watched)
        cs_profile_unlock(profile);
}

void cs_asks_rehash(cs_profile *profile)
{
    lock_table(profile);
    for (size_t slot = 0; slot < CS_ASK_SLOTS; slot++)
        for (cs_ask *ask = profile->asks[slot]; ask; ask = ask->next)
            ask->purpose_hash = cs_profile_item_hash(profile, ask->query.purpose);
    unlock_table(profile);
}

void cs_asks_close(cs_profile *profile)
{
    for (size_t slot = 0; slot < CS_ASK_SLOTS; slot++) {
        while (profile->asks[slot]) {
            cs_ask *ask = profile->asks[slot];
            profile->asks[slot] = ask->next;
            destroy(profile, ask);
        }
    }
    profile->ask_count = 0;
}

/* ---- deciding ---------------------------------------------------------------------------------------------- */

void cs_verdict_fill(const cs_policy_set *set, const cs_decision *decision, consent_verdict *verdict)
{
    verdict->struct_size = sizeof *verdict;
    verdict->decision = decision->decision;
    verdict->reason = decision->reason;
    verdict->ground = decision->ground;
    verdict->policy_version = 0;
    verdict->policy_revision = 0;
    if (decision->governing != CS_NO_POLICY && decision->governing < set->count) {
        verdict->policy_version = set->policies[decision->governing]->version;
        verdict->policy_revision = set->policies[decision->governing]->revision;
    }
    verdict->evidence_seq = decision->evidence_seq;
    verdict->ask_after_ms = decision->ask_after_ms;
    verdict->expires_ms = decision->expires_ms;
}

static uint64_t once_seq(const cs_profile *profile, const cs_query *query)
{
    for (size_t i = 0; i < CS_PROFILE_MAX_ONCE; i++) {
        const cs_once *once = &profile->once[i];
        if (once->seq != 0 && cs_str_is(query->purpose, once->purpose) && cs_str_is(query->recipient, once->recipient))
            return once->seq;
    }
    return 0;
}

static void deny_unavailable(consent_verdict *verdict, cs_decision *decision)
{
    memset(decision, 0, sizeof *decision);
    decision->governing = CS_NO_POLICY;
    decision->rule = 1;
    memset(verdict, 0, sizeof *verdict);
    verdict->struct_size = sizeof *verdict;
}

/* Decides with what was known at `generation`. */
static void decide_once(cs_ask *ask, consent_status fresh)
{
    cs_profile *profile = ask->profile;
    cs_home *home = profile->home;
    cs_now now;
    cs_profile_now(profile, &now);
    now.store_status = fresh;
    ask->query.once_seq = once_seq(profile, &ask->query);
    cs_decide(&home->policies, &profile->state, &ask->query, &now, &ask->decision);
    cs_verdict_fill(&home->policies, &ask->decision, &ask->verdict);
    /* A withdrawal under way in another process, or one whose writer died, denies all but what the law itself grounds. */
    bool of_function = ask->query.function.size != 0; /* it may need any purpose */
    if (ask->decision.decision == CONSENT_ALLOW && ask->decision.reason != CONSENT_REASON_EXEMPT &&
        ((of_function ? cs_page_any_pending(home->page)
                      : cs_page_is_pending(home->page, profile->page_slot, ask->purpose_hash)) ||
         cs_page_is_pending(home->page, profile->page_slot, profile->page_hash)))
        deny_unavailable(&ask->verdict, &ask->decision);
}

/* A withdrawal that was announced, written and told between the reading of the record and the look at the pending table is
 * in neither: the generation, read last, gives it away, and everything is done again. */
void cs_ask_decide(cs_ask *ask)
{
    cs_profile *profile = ask->profile;
    cs_home *home = profile->home;
    uint64_t word = NO_WORD;
    for (int i = 0; i < DECIDE_TRIES && word == NO_WORD; i++) {
        uint32_t second = home->env.coarse_seconds(home->env.ctx);
        bool page_is_fine = cs_profile_look_after_page(profile, false, NULL) == CONSENT_OK;
        uint32_t generation = page_is_fine ? cs_page_generation(home->page) : 0;
        consent_status fresh = cs_profile_refresh(profile, NULL);
        lock_table(profile);
        if (page_is_fine && !home->page_is_lost)
            decide_once(ask, fresh);
        if (page_is_fine && !home->page_is_lost && cs_page_generation(home->page) == generation)
            word = (uint64_t)second << 32 | (generation & CS_GENERATION_MASK) << 2 | (uint32_t)ask->verdict.decision;
        else
            deny_unavailable(&ask->verdict, &ask->decision);
        atomic_store_explicit(&ask->word, word, memory_order_release);
        unlock_table(profile);
        if (!page_is_fine)
            return;
    }
}

consent_decision cs_ask_check_anew(cs_ask *ask)
{
    cs_profile_lock(ask->profile);
    cs_ask_decide(ask);
    consent_decision decision = (consent_decision)ask->verdict.decision;
    cs_profile_unlock(ask->profile);
    return decision;
}

consent_status cs_profile_check(cs_profile *profile, const cs_query *query, consent_verdict *verdict,
                                consent_error *err)
{
    uint64_t hash;
    consent_decision decision;
    consent_status status = CONSENT_OK;
    lock_table(profile);
    cs_ask *ask = cs_asks_find(profile, query, &hash);
    if (ask && cs_ask_serves(ask, &decision)) {
        *verdict = ask->verdict;
        unlock_table(profile);
        return CONSENT_OK;
    }
    if (!ask) {
        status = cs_query_names(query, err);
        ask = status == CONSENT_OK ? find_or_make(profile, query) : NULL;
    }
    if (ask)
        ask->references++;
    unlock_table(profile);
    if (!ask)
        return status != CONSENT_OK ? status : cs_no_memory(err, "an answer");
    cs_profile_lock(profile);
    cs_ask_decide(ask);
    *verdict = ask->verdict;
    cs_profile_unlock(profile);
    cs_ask_release(ask);
    return CONSENT_OK;
}

/* ---- uses ----------------------------------------------------------------------------------------------------- */

static consent_status use_once(cs_profile *profile, cs_ask *ask, consent_error *err)
{
    cs_event event = {
        .type = CS_EVENT_USED_ONCE, .purpose = ask->query.purpose, .recipient = ask->query.recipient, .once = true};
    for (size_t i = 0; i < ask->query.data_count && i < CS_EVENT_MAX_DATA; i++)
        event.data[event.data_count++] = ask->query.data[i];
    const cs_policy *policy = profile->home->policies.policies[ask->decision.governing];
    event.policy = (cs_policy_ref){cs_str_of(policy->id), policy->version, policy->revision, policy->hash};
    consent_status status = cs_profile_record(profile, &event, 1, true, NULL, err);
    for (size_t i = 0; i < CS_PROFILE_MAX_ONCE; i++)
        if (profile->once[i].seq == ask->query.once_seq)
            profile->once[i].seq = 0;
    return status;
}

static void count_use(cs_ask *ask)
{
    atomic_fetch_add(&ask->uses, 1);
    if (!atomic_load(&ask->profile->has_uses))
        atomic_store(&ask->profile->has_uses, true);
}

consent_status cs_ask_use(cs_ask *ask, consent_verdict *verdict, consent_error *err)
{
    cs_profile *profile = ask->profile;
    consent_status status = CONSENT_OK;
    consent_decision decision;
    if (ask->query.function.size)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a function is not used: open a handle on the purpose that is");
    /* A lasting consent is counted without a lock that waits for a disk; `once` is always decided anew. */
    if (cs_ask_serves(ask, &decision) && decision == CONSENT_ALLOW) {
        lock_table(profile);
        bool still = cs_ask_serves(ask, &decision) && ask->query.once_seq == 0;
        if (still)
            *verdict = ask->verdict;
        unlock_table(profile);
        if (still) {
            count_use(ask);
            return CONSENT_OK;
        }
    }
    cs_profile_lock(profile);
    cs_ask_decide(ask);
    if (ask->verdict.decision == CONSENT_ALLOW && ask->query.once_seq != 0 &&
        ask->decision.evidence_seq == ask->query.once_seq)
        status = use_once(profile, ask, err);
    *verdict = ask->verdict;
    if (status != CONSENT_OK)
        deny_unavailable(verdict, &ask->decision);
    else if (verdict->decision == CONSENT_ALLOW)
        count_use(ask);
    cs_profile_unlock(profile);
    return status;
}

static void use_event(const cs_profile *profile, const cs_ask *ask, uint32_t uses, cs_event *event)
{
    memset(event, 0, sizeof *event);
    event->type = CS_EVENT_USAGE;
    event->actor = CS_ACTOR_SYSTEM;
    event->purpose = ask->query.purpose;
    event->recipient = ask->query.recipient;
    for (size_t i = 0; i < ask->query.data_count && i < CS_EVENT_MAX_DATA; i++)
        event->data[event->data_count++] = ask->query.data[i];
    event->count = uses;
    if (ask->decision.governing < profile->home->policies.count) {
        const cs_policy *policy = profile->home->policies.policies[ask->decision.governing];
        event->policy = (cs_policy_ref){cs_str_of(policy->id), policy->version, policy->revision, policy->hash};
    }
}

size_t cs_asks_take_uses(cs_profile *profile, cs_event *events, size_t max)
{
    size_t count = 0;
    /* Taken down before the walk: a use counted during it puts it up again. */
    if (!atomic_exchange(&profile->has_uses, false))
        return 0;
    lock_table(profile);
    for (size_t slot = 0; slot < CS_ASK_SLOTS; slot++) {
        for (cs_ask *ask = profile->asks[slot]; ask; ask = ask->next) {
            if (count + 2 > max) {
                atomic_store(&profile->has_uses, true);
                break;
            }
            uint32_t uses = atomic_exchange(&ask->uses, 0);
            if (uses == 0)
                continue;
            use_event(profile, ask, uses, &events[count++]);
            if (ask->decision.reason == CONSENT_REASON_EXEMPT && !ask->ground_recorded) {
                use_event(profile, ask, 0, &events[count]);
                events[count].type = CS_EVENT_GROUND_RELIED_ON;
                events[count++].detail = cs_str_of(consent_ground_name((consent_ground)ask->decision.ground));
                ask->ground_recorded = true;
            }
        }
    }
    unlock_table(profile);
    return count;
}

void cs_asks_return_uses(cs_profile *profile, const cs_event *events, size_t count)
{
    if (count != 0)
        atomic_store(&profile->has_uses, true);
    lock_table(profile);
    for (size_t i = 0; i < count; i++) {
        for (size_t slot = 0; slot < CS_ASK_SLOTS; slot++) {
            for (cs_ask *ask = profile->asks[slot]; ask; ask = ask->next) {
                if (ask->query.purpose.data != events[i].purpose.data)
                    continue;
                if (events[i].type == CS_EVENT_USAGE)
                    atomic_fetch_add(&ask->uses, events[i].count);
                else
                    ask->ground_recorded = false;
            }
        }
    }
    unlock_table(profile);
}

consent_status cs_profile_flush(cs_profile *profile, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = cs_profile_record(profile, NULL, 0, profile->unsaved.size != 0, NULL, err);
    if (status == CONSENT_OK && profile->checkpoint_due)
        cs_profile_checkpoint(profile);
    cs_profile_unlock(profile);
    return status;
}
