/* What has to go: told to the host in consent_poll, again and again until the host says that it is done, which is an event. What is
 * due is a function of the state (decide/loss.c): nothing else is kept, so nothing can be forgotten. */
#include "profile/internal.h"
#include "profile/rights.h"

#include <string.h>

typedef struct purges {
    cs_polled polled;
    consent_purge_fn apply; /* NULL: taken back */
    void *ctx;
    bool running;
    bool settled;            /* nothing was due when looked at last, */
    uint32_t generation;     /* which was then, */
    uint32_t policies_epoch; /* with these policies, */
    int64_t valid_until_ms;  /* and holds until time changes it */
} purges;

static purges *purges_of(const cs_profile *profile)
{
    return (purges *)profile->polled[CS_POLLED_PURGES];
}

/* One call's worth; its names are copies, as the lock is let go for the call. */
typedef struct due {
    int32_t reason;
    bool anonymise;
    char scope[CS_ID_MAX_SIZE + 1], purpose[CS_ID_MAX_SIZE + 1], recipient[CS_ID_MAX_SIZE + 1];
    size_t data_count;
    char data[CS_PURPOSE_MAX_DATA][CS_ID_MAX_SIZE + 1];
} due;

typedef struct walk {
    cs_profile *profile;
    cs_now now;
    int64_t valid_until_ms;
    due *found;
    bool (*visit)(void *ctx, const due *found); /* true ends the walk */
    void *ctx;
} walk;

/* ---- finding ------------------------------------------------------------------------------------------- */

static bool is_platform(const cs_policy *policy)
{
    return strcmp(policy->scope, "platform") == 0;
}

static bool names(const cs_policy *policy, const char *purpose_id, const char *recipient, const char *data)
{
    const cs_purpose *purpose = cs_policy_purpose(policy, cs_str_of(purpose_id));
    if (!purpose)
        return false;
    const cs_purpose_recipient *to = recipient ? cs_purpose_recipient_of(policy, purpose, cs_str_of(recipient)) : NULL;
    if (recipient && !to)
        return false;
    int at = data ? cs_purpose_data_index(policy, purpose, cs_str_of(data)) : 0;
    return data ? at >= 0 && (!to || cs_purpose_recipient_gets(to, at)) : purpose->data_count == 0;
}

/* Another version, or the platform's policy, that speaks of the same thing is looked at in this one's stead. */
static bool is_looked_at_elsewhere(const cs_policy_set *set, size_t index, const char *purpose, const char *recipient,
                                   const char *data)
{
    const cs_policy *policy = set->policies[index];
    for (size_t i = 0; i < set->count; i++) {
        const cs_policy *other = set->policies[i];
        bool first = strcmp(other->id, policy->id) == 0 ? i < index : is_platform(other) && !is_platform(policy);
        if (first && names(other, purpose, recipient, data))
            return true;
    }
    return false;
}

static uint8_t look_at_item(walk *w, size_t index, const cs_purpose *purpose, const char *recipient, const char *data,
                            bool *anonymise)
{
    const cs_policy_set *set = &w->profile->home->policies;
    cs_str item = cs_str_of(data);
    const cs_query query = {.scope = cs_str_of(set->policies[index]->scope),
                            .purpose = cs_str_of(purpose->id),
                            .recipient = cs_str_of(recipient),
                            .data = &item,
                            .data_count = data ? 1 : 0};
    if (is_looked_at_elsewhere(set, index, purpose->id, recipient, data))
        return CS_LOSS_NONE;
    return (uint8_t)cs_decide_loss(set, &w->profile->state, &query, &w->now, anonymise, &w->valid_until_ms);
}

static void keep_name(char out[CS_ID_MAX_SIZE + 1], const char *id)
{
    memset(out, 0, CS_ID_MAX_SIZE + 1);
    if (id)
        memcpy(out, id, strlen(id));
}

/* One call for each reason. */
static bool visit_reasons(walk *w, const cs_policy *policy, const cs_purpose *purpose, const char *recipient,
                          const uint8_t *reasons, bool anonymise)
{
    for (int32_t reason = CS_LOSS_WITHDRAWN; reason <= CS_LOSS_UNDECLARED; reason++) {
        due *found = w->found;
        bool any = purpose->data_count == 0 && reasons[0] == reason;
        found->data_count = 0;
        for (uint16_t i = 0; i < purpose->data_count; i++)
            if (reasons[i] == reason)
                keep_name(found->data[found->data_count++], policy->data[purpose->data[i].item].id);
        if (!any && found->data_count == 0)
            continue;
        found->reason = reason;
        found->anonymise = anonymise && reason != CS_LOSS_WITHDRAWN;
        keep_name(found->scope, policy->scope);
        keep_name(found->purpose, purpose->id);
        keep_name(found->recipient, recipient);
        if (w->visit(w->ctx, found))
            return true;
    }
    return false;
}

static bool look_at_recipient(walk *w, size_t index, const cs_purpose *purpose, const cs_purpose_recipient *to)
{
    const cs_policy *policy = w->profile->home->policies.policies[index];
    const char *recipient = to ? policy->recipients[to->recipient].id : NULL;
    uint8_t reasons[CS_PURPOSE_MAX_DATA] = {0};
    bool anonymise = false;
    if (purpose->data_count == 0)
        reasons[0] = look_at_item(w, index, purpose, recipient, NULL, &anonymise);
    for (uint16_t i = 0; i < purpose->data_count; i++) {
        bool enough = false;
        if (to && !cs_purpose_recipient_gets(to, i))
            continue;
        reasons[i] = look_at_item(w, index, purpose, recipient, policy->data[purpose->data[i].item].id, &enough);
        anonymise |= enough;
    }
    return visit_reasons(w, policy, purpose, recipient, reasons, anonymise);
}

/* Only what was agreed to, one by one or by accepting a policy, can be lost. */
static bool may_have_been_given(const cs_profile *profile, const cs_policy *policy, const cs_purpose *purpose)
{
    uint32_t count;
    if (purpose->undeclared || purpose->ground != CONSENT_GROUND_CONSENT)
        return false;
    (void)cs_state_acts(&profile->state, cs_state_name(&profile->state, cs_str_of(purpose->id)), &count);
    return count != 0 || cs_purpose_effective_form(policy, purpose) == CS_FORM_POLICY;
}

/* home->lock held, refreshed. */
static void walk_all(walk *w)
{
    const cs_policy_set *set = &w->profile->home->policies;
    w->valid_until_ms = INT64_MAX;
    cs_profile_now(w->profile, &w->now);
    for (size_t i = 0; i < set->count; i++) {
        for (uint16_t p = 0; p < set->policies[i]->purpose_count; p++) {
            const cs_purpose *purpose = &set->policies[i]->purposes[p];
            if (!may_have_been_given(w->profile, set->policies[i], purpose))
                continue;
            if (look_at_recipient(w, i, purpose, NULL))
                return;
            for (uint16_t r = 0; r < purpose->recipient_count; r++)
                if (look_at_recipient(w, i, purpose, &purpose->recipients[r]))
                    return;
        }
    }
}

/* ---- telling ---------------------------------------------------------------------------------------------- */

/* What was told in this run, by hash: each once, whatever came of it. */
typedef struct told {
    cs_buffer hashes;
    const due *found;
} told;

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

static bool is_new(void *ctx, const due *found)
{
    told *all = ctx;
    uint64_t hash =
        mix(mix(mix(UINT64_C(14695981039346656037) + (uint64_t)found->reason, found->scope), found->purpose),
            found->recipient);
    for (size_t i = 0; i < found->data_count; i++)
        hash = mix(hash, found->data[i]);
    for (size_t i = 0; i + sizeof hash <= all->hashes.size; i += sizeof hash)
        if (cs_load_u64(all->hashes.data + i) == hash)
            return false;
    cs_buffer_u64(&all->hashes, hash);
    all->found = found;
    return true;
}

static const char *reason_name(int32_t reason)
{
    static const char *const reasons[] = {"", "withdrawn", "expired", "service_ended", "undeclared"};
    return reasons[(size_t)reason % CS_COUNT_OF(reasons)];
}

/* How far this device has merged: what is known now is what was done away with. */
static uint64_t merged(const cs_state *state)
{
    uint64_t cursor = 0;
    for (uint32_t i = 0; i < state->act_count; i++)
        if (state->acts[i].cursor > cursor)
            cursor = state->acts[i].cursor;
    return cursor;
}

static consent_status record(cs_profile *profile, const due *done, uint64_t seen, consent_error *err)
{
    cs_event event = {.type = CS_EVENT_PURGED,
                      .actor = CS_ACTOR_SYSTEM,
                      .purpose = cs_str_of(done->purpose),
                      .recipient = cs_str_of(done->recipient),
                      .seen = seen,
                      .detail = cs_str_of(reason_name(done->reason))};
    const cs_query item = {.scope = cs_str_of(done->scope), .purpose = event.purpose};
    for (size_t i = 0; i < done->data_count; i++)
        event.data[event.data_count++] = cs_str_of(done->data[i]);
    cs_profile_refer(profile, &item, &event);
    return cs_profile_record(profile, &event, 1, false, NULL, err);
}

/* Given anew meanwhile? Then what was done is not the end of it: it is told again when that is lost. */
static bool is_still_due(cs_profile *profile, const due *done)
{
    const cs_policy_set *set = &profile->home->policies;
    int64_t valid_until_ms = INT64_MAX;
    cs_now now;
    cs_profile_now(profile, &now);
    for (size_t i = 0; i < done->data_count || i == 0; i++) {
        bool anonymise;
        cs_str data = cs_str_of(done->data[i]);
        const cs_query query = {.scope = cs_str_of(done->scope),
                                .purpose = cs_str_of(done->purpose),
                                .recipient = cs_str_of(done->recipient),
                                .data = &data,
                                .data_count = done->data_count == 0 ? 0 : 1};
        if (cs_decide_loss(set, &profile->state, &query, &now, &anonymise, &valid_until_ms) == CS_LOSS_NONE)
            return false;
    }
    return true;
}

/* The lock is let go during the call. */
static consent_status call(cs_profile *profile, const due *found, consent_error *err)
{
    const char *data[CS_PURPOSE_MAX_DATA];
    consent_purge what = CONSENT_INIT(consent_purge);
    const purges bound = *purges_of(profile);
    uint64_t seen = merged(&profile->state);
    what.reason = found->reason;
    what.anonymise = found->anonymise;
    what.scope = found->scope;
    what.purpose = found->purpose;
    what.recipient = found->recipient[0] ? found->recipient : NULL;
    what.data = data;
    for (size_t i = 0; i < found->data_count; i++)
        data[what.data_count++] = found->data[i];
    cs_profile_unlock(profile);
    int failure = bound.apply(bound.ctx, &what);
    cs_profile_lock(profile);
    consent_status status = cs_profile_refresh(profile, err);
    if (failure != 0 || status != CONSENT_OK || !is_still_due(profile, found))
        return status;
    return record(profile, found, seen, err);
}

static bool is_settled(cs_profile *profile)
{
    const purges *all = purges_of(profile);
    cs_now now;
    if (!all->settled || all->generation != profile->generation || all->policies_epoch != profile->policies_epoch)
        return false;
    cs_profile_now(profile, &now);
    return now.now_ms < all->valid_until_ms;
}

/* home->lock held. */
static consent_status run(cs_profile *profile, due *found, size_t *count, consent_error *err)
{
    told told_now = {.found = NULL};
    purges *all = purges_of(profile);
    cs_buffer_init(&told_now.hashes, &profile->home->env.memory, CS_POLICY_MAX_BYTES);
    consent_status status = cs_profile_refresh(profile, err);
    bool called = false;
    while (status == CONSENT_OK && profile->ledger && all->apply && !is_settled(profile)) {
        walk w = {.profile = profile, .found = found, .visit = is_new, .ctx = &told_now};
        told_now.found = NULL;
        walk_all(&w);
        status = cs_buffer_status(&told_now.hashes, "what has to go", err);
        if (!told_now.found || status != CONSENT_OK) {
            all->settled = !called;
            all->generation = profile->generation;
            all->policies_epoch = profile->policies_epoch;
            all->valid_until_ms = w.valid_until_ms;
            break;
        }
        called = true;
        (*count)++;
        status = call(profile, found, err);
    }
    cs_buffer_free(&told_now.hashes);
    return status;
}

static consent_status run_purges(cs_profile *profile, size_t *count, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_profile_lock(profile);
    purges *all = purges_of(profile);
    if (all->apply && !all->running) {
        due found;
        all->running = true;
        status = run(profile, &found, count, err);
        all->running = false;
    }
    cs_profile_unlock(profile);
    return status;
}

/* ---- binding --------------------------------------------------------------------------------------------- */

consent_status cs_purge_bind(cs_profile *profile, consent_purge_fn apply, void *ctx, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_profile_lock(profile);
    purges *all = cs_polled_bind(profile, CS_POLLED_PURGES, sizeof *all, run_purges);
    if (all) {
        all->apply = apply;
        all->ctx = ctx;
        all->settled = false;
    } else {
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to tell what has to go");
    }
    cs_profile_unlock(profile);
    return status;
}

/* ---- listing ----------------------------------------------------------------------------------------------- */

static bool put(void *ctx, const due *found)
{
    cs_json_out *out = ctx;
    cs_json_open_object(out);
    cs_json_member_text(out, "reason", reason_name(found->reason));
    cs_json_member_text(out, "scope", found->scope);
    cs_json_member_text(out, "purpose", found->purpose);
    if (found->recipient[0])
        cs_json_member_text(out, "recipient", found->recipient);
    cs_json_member_array(out, "data");
    for (size_t i = 0; i < found->data_count; i++)
        cs_json_put_text(out, found->data[i]);
    cs_json_close_array(out);
    cs_json_member_bool(out, "anonymise", found->anonymise);
    cs_json_close_object(out);
    return false;
}

void cs_purges_put(cs_profile *profile, cs_json_out *out)
{
    due found;
    walk w = {.profile = profile, .found = &found, .visit = put, .ctx = out};
    cs_json_member_array(out, "purges");
    if (profile->health == CONSENT_OK)
        walk_all(&w);
    cs_json_close_array(out);
}
