/* The checks that only look up: by handle, and by names that were asked before. Nanoseconds count here and nowhere else: this file
 * and the clock's (platform/posix.c) alone are compiled for speed. */
#include "profile/internal.h"

#include <string.h>

#define AGAIN_MAX_DATA 8u

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* ---- finding ------------------------------------------------------------------------------------------- */

/* Eight bytes at a time; the last eight overlap those before, a shorter name is gathered byte by byte. */
static uint64_t mix(uint64_t hash, cs_str text)
{
    uint64_t word = text.size;
    size_t at = 0;
    for (; at + 8 < text.size; at += 8) {
        uint64_t piece;
        memcpy(&piece, text.data + at, 8);
        hash = (hash ^ piece) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    if (text.size >= 8) {
        uint64_t piece;
        memcpy(&piece, text.data + text.size - 8, 8);
        hash ^= piece;
    } else {
        for (; at < text.size; at++)
            word = word << 8 | (uint8_t)text.data[at];
    }
    hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

static uint64_t query_hash(const cs_query *query)
{
    uint64_t hash = query->user_initiated ? 7 : 3;
    hash = mix(hash, query->purpose);
    if (query->recipient.size)
        hash = mix(hash ^ 8, query->recipient);
    for (size_t i = 0; i < query->data_count; i++)
        hash = mix(hash, query->data[i]);
    if (query->scope.size)
        hash = mix(hash ^ 1, query->scope);
    if (query->permission.size)
        hash = mix(mix(hash ^ 2, query->permission), query->call_site);
    if (query->function.size)
        hash = mix(hash ^ 4, query->function);
    return hash;
}

/* Most names of most questions are empty: no call for those. */
static inline bool same(cs_str a, cs_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool query_equal(const cs_query *a, const cs_query *b)
{
    if (a->user_initiated != b->user_initiated || a->data_state != b->data_state || a->data_count != b->data_count)
        return false;
    if (!same(a->purpose, b->purpose) || !same(a->recipient, b->recipient) || !same(a->scope, b->scope) ||
        !same(a->permission, b->permission) || !same(a->call_site, b->call_site) || !same(a->function, b->function))
        return false;
    for (size_t i = 0; i < a->data_count; i++)
        if (!same(a->data[i], b->data[i]))
            return false;
    return true;
}

static cs_ask *find(const cs_profile *profile, const cs_query *query, uint64_t hash)
{
    cs_ask *ask = profile->asks[hash % CS_ASK_SLOTS];
    while (ask && (ask->hash != hash || !query_equal(&ask->query, query)))
        ask = ask->next;
    return ask;
}

cs_ask *cs_asks_find(const cs_profile *profile, const cs_query *query, uint64_t *hash)
{
    *hash = query_hash(query);
    return find(profile, query, *hash);
}

/* ---- whether an answer still serves ------------------------------------------------------------------------ */

/* True with the decision when the word still serves. Every nanosecond here is paid at every check: the page's two words
 * stand side by side and are read where they are.
 *
 * The second comes first: a page that was cut short in an earlier one ends the process when it is touched. The alarm comes
 * before the generation: a withdrawal raises the alarm, then the generation, then takes the alarm back, so a reader that
 * sees none raised either sees the new generation or began before the withdrawal did. */
static ALWAYS_INLINE bool word_serves(const cs_ask *ask, consent_decision *decision)
{
    const cs_home *home = ask->home;
    uint32_t second = home->env.coarse_seconds(home->env.ctx);
    uint64_t word = atomic_load_explicit(&ask->word, memory_order_acquire);
    *decision = (consent_decision)(word & 3);
    if (word >> 32 != second)
        return false;
    const _Atomic uint32_t *page = atomic_load_explicit(&home->page_words, memory_order_acquire);
    uint32_t alarm = atomic_load_explicit(&page[1], memory_order_acquire);
    uint32_t generation = atomic_load_explicit(&page[0], memory_order_acquire);
    return alarm == 0 && (word >> 2 & CS_GENERATION_MASK) == (generation & CS_GENERATION_MASK);
}

bool cs_ask_serves(const cs_ask *ask, consent_decision *decision)
{
    return word_serves(ask, decision);
}

consent_decision cs_ask_check(cs_ask *ask)
{
    consent_decision decision;
    return word_serves(ask, &decision) ? decision : cs_ask_check_anew(ask);
}

static inline cs_str view(const char *text)
{
    return text ? (cs_str){text, strlen(text)} : (cs_str){NULL, 0};
}

/* Whatever cs_query_look refuses is left to it: of what it took, only this can be found. */
bool cs_profile_check_again(cs_profile *profile, const consent_query *asked, consent_verdict *verdict)
{
    cs_str data[AGAIN_MAX_DATA];
    const cs_env *env = &profile->home->env;
    consent_decision decision;
    if (asked->struct_size != sizeof *asked || asked->data_count > AGAIN_MAX_DATA ||
        (asked->data_count != 0 && !asked->data) || (asked->permission == NULL) != (asked->call_site == NULL) ||
        asked->data_state < CONSENT_DATA_IDENTIFIED || asked->data_state > CONSENT_DATA_ANONYMISED)
        return false;
    for (size_t i = 0; i < asked->data_count; i++)
        data[i] = view(asked->data[i]);
    const cs_query query = {.scope = view(asked->scope),
                            .purpose = view(asked->purpose),
                            .function = view(asked->function),
                            .recipient = view(asked->recipient),
                            .data = data,
                            .data_count = asked->data_count,
                            .permission = view(asked->permission),
                            .call_site = view(asked->call_site),
                            .user_initiated = asked->user_initiated,
                            .data_state = (uint8_t)(asked->data_state + 1)};
    if (query.purpose.size == 0 && query.function.size == 0)
        return false;
    uint64_t hash = query_hash(&query);
    env->mutex_lock(env->ctx, profile->table);
    const cs_ask *ask = find(profile, &query, hash);
    bool serves = ask && word_serves(ask, &decision);
    if (serves)
        *verdict = ask->verdict;
    env->mutex_unlock(env->ctx, profile->table);
    return serves;
}
