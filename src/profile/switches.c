/* Third parties' switches. Each is told three facts, in the order of binding when they go on and in reverse when they go off.
 *
 * What was passed on is remembered in memory only: SDKs forget at every start, so every process says it all again. Consent itself is
 * in the ledger; a callback that fails changes nothing there and is repeated at the next run. */
#include "profile/internal.h"
#include "profile/rights.h"

#include <string.h>

#define MAX_SWITCHES 256u
#define MAX_AFTER 16u

typedef struct facts {
    bool declared, shown, agreed;
} facts;

typedef struct binding {
    char id[CS_ID_MAX_SIZE + 1];
    char scope[CS_ID_MAX_SIZE + 1];
    char purpose[CS_ID_MAX_SIZE + 1];
    char recipient[CS_ID_MAX_SIZE + 1];
    char function[CS_ID_MAX_SIZE + 1];
    uint16_t after[MAX_AFTER]; /* indices, all lower than its own */
    size_t after_count;
    bool untouched_until_on;
    consent_switch_fn apply; /* NULL: unbound; its place stays */
    void *ctx;
    facts wanted; /* as last looked at */
    facts passed; /* as last passed on */
    bool told;    /* something was passed on in this process */
    int failure;  /* what the last call returned */
    uint32_t run; /* the run that called it last, */
    bool run_off; /* and that was to switch it off */
} binding;

typedef struct switches {
    cs_polled polled;
    binding list[MAX_SWITCHES];
    size_t count;
    uint32_t run;
    bool running;
} switches;

/* ---- binding --------------------------------------------------------------------------------------------- */

static consent_status take_name(const char *text, const char *member, char out[CS_ID_MAX_SIZE + 1], consent_error *err)
{
    cs_str view = cs_str_of(text);
    memset(out, 0, CS_ID_MAX_SIZE + 1);
    if (view.size == 0)
        return CONSENT_OK;
    if (!cs_id_is_valid(view))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "switch.%s is not an identifier (a-z, 0-9, '.', '-', '_', at most %u bytes)", member,
                       CS_ID_MAX_SIZE);
    memcpy(out, view.data, view.size);
    return CONSENT_OK;
}

static consent_status take(const consent_switch *which, binding *out, consent_error *err)
{
    consent_status status = take_name(which->id, "id", out->id, err);
    if (status == CONSENT_OK)
        status = take_name(which->scope, "scope", out->scope, err);
    if (status == CONSENT_OK)
        status = take_name(which->purpose, "purpose", out->purpose, err);
    if (status == CONSENT_OK)
        status = take_name(which->recipient, "recipient", out->recipient, err);
    if (status == CONSENT_OK)
        status = take_name(which->function, "function", out->function, err);
    if (status != CONSENT_OK)
        return status;
    if (!out->id[0])
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "switch.id is missing; give the switch a name");
    if (which->apply && !out->purpose[0] && !out->recipient[0] && !out->function[0])
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "switch %s covers nothing; name a purpose, a recipient or a function", out->id);
    if (which->after_count > MAX_AFTER || (which->after_count != 0 && !which->after))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "switch %s comes after more than %u others, or after is NULL",
                       out->id, MAX_AFTER);
    out->untouched_until_on = which->untouched_until_on;
    out->apply = which->apply;
    out->ctx = which->ctx;
    return CONSENT_OK;
}

static size_t find(const switches *all, const char *id)
{
    size_t i = 0;
    while (i < all->count && strcmp(all->list[i].id, id) != 0)
        i++;
    return i;
}

static bool others_follow(const switches *all, size_t index)
{
    for (size_t i = index + 1; i < all->count; i++)
        for (size_t j = 0; all->list[i].apply && j < all->list[i].after_count; j++)
            if (all->list[i].after[j] == index)
                return true;
    return false;
}

/* A switch comes after such as are bound before it: so there are no circles, and the order of binding is one that works. */
static consent_status place(switches *all, const consent_switch *which, binding *made, consent_error *err)
{
    size_t index = find(all, made->id);
    if (index == MAX_SWITCHES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a profile binds at most %u switches", MAX_SWITCHES);
    if (!which->apply && index == all->count)
        return CONSENT_OK;
    if (!which->apply && others_follow(all, index))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "switch %s was to be unbound while others come after it", made->id);
    for (size_t i = 0; i < which->after_count; i++) {
        size_t before = which->after[i] ? find(all, which->after[i]) : all->count;
        if (before == all->count || !all->list[before].apply)
            return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                           "switch %s comes after one that is not bound; bind that one first", made->id);
        if (before >= index)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "switch %s comes after one that was bound later; unbind it first", made->id);
        made->after[made->after_count++] = (uint16_t)before;
    }
    all->list[index] = *made;
    if (index == all->count)
        all->count++;
    return CONSENT_OK;
}

/* ---- the facts ------------------------------------------------------------------------------------------------ */

typedef struct look {
    cs_profile *profile;
    const binding *at;
    cs_now now;
    bool declared, all_allowed;
} look;

static bool is_covered(const cs_policy *policy, const cs_purpose *purpose, const binding *at)
{
    if (at->purpose[0] && strcmp(purpose->id, at->purpose) != 0)
        return false;
    if (at->function[0] && strcmp(policy->functions[purpose->function].id, at->function) != 0)
        return false;
    return !at->recipient[0] || cs_purpose_recipient_of(policy, purpose, cs_str_of(at->recipient)) != NULL;
}

/* What must be allowed: the data that the purpose cannot do without; where there is none such, all. */
static bool is_allowed(const look *l, const cs_policy *policy, const cs_purpose *purpose,
                       const cs_purpose_recipient *to)
{
    cs_str data[CS_PURPOSE_MAX_DATA];
    cs_query query = {.scope = cs_str_of(l->at->scope), .purpose = cs_str_of(purpose->id), .data = data};
    cs_profile *profile = l->profile;
    cs_decision decision;
    for (int pass = 0; pass < 2 && query.data_count == 0; pass++)
        for (uint16_t i = 0; i < purpose->data_count; i++)
            if ((!to || cs_purpose_recipient_gets(to, i)) && (pass == 1 || purpose->data[i].need == CS_NEED_REQUIRED))
                data[query.data_count++] = cs_str_of(policy->data[purpose->data[i].item].id);
    if (to)
        query.recipient = cs_str_of(policy->recipients[to->recipient].id);
    cs_decide(&profile->home->policies, &profile->state, &query, &l->now, &decision);
    if (decision.decision != CONSENT_ALLOW)
        return false;
    cs_page *page = profile->home->page;
    uint32_t item = cs_profile_item_hash(profile, query.purpose);
    return decision.reason == CONSENT_REASON_EXEMPT ||
           (!cs_page_is_pending(page, profile->page_slot, item) &&
            !cs_page_is_pending(page, profile->page_slot, profile->page_hash));
}

static void look_at_purpose(look *l, const cs_policy *policy, const cs_purpose *purpose)
{
    l->declared = true;
    if (l->at->recipient[0]) {
        const cs_purpose_recipient *to = cs_purpose_recipient_of(policy, purpose, cs_str_of(l->at->recipient));
        l->all_allowed = l->all_allowed && is_allowed(l, policy, purpose, to);
        return;
    }
    if (purpose->recipient_count == 0)
        l->all_allowed = l->all_allowed && is_allowed(l, policy, purpose, NULL);
    for (uint16_t i = 0; i < purpose->recipient_count; i++)
        l->all_allowed = l->all_allowed && is_allowed(l, policy, purpose, &purpose->recipients[i]);
}

/* True when the policy names what the switch covers. */
static bool look_at_policy(look *l, size_t index)
{
    const cs_policy_set *set = &l->profile->home->policies;
    bool found = false;
    for (uint16_t i = 0; index < set->count && i < set->policies[index]->purpose_count; i++) {
        const cs_purpose *purpose = &set->policies[index]->purposes[i];
        if (!is_covered(set->policies[index], purpose, l->at))
            continue;
        found = true;
        look_at_purpose(l, set->policies[index], purpose);
    }
    return found;
}

static bool names_it(const cs_policy *policy, const binding *at)
{
    for (uint16_t i = 0; i < policy->purpose_count; i++)
        if (is_covered(policy, &policy->purposes[i], at))
            return true;
    return false;
}

/* Whoever answered a form of a policy was shown what that policy names: its acceptance or refusal, or a choice of the thing itself. */
static bool was_shown(const look *l)
{
    const cs_state *state = &l->profile->state;
    const cs_policy_set *set = &l->profile->home->policies;
    for (uint32_t i = 0; i < state->act_count; i++) {
        const cs_act *act = &state->acts[i];
        bool whole = act->purpose == 0 && (act->kind == CS_ACT_ACCEPT || act->kind == CS_ACT_DECLINE);
        bool choice = act->purpose != 0 && cs_str_is(cs_state_text(state, act->purpose), l->at->purpose);
        for (size_t j = 0; (whole || choice) && j < set->count; j++) {
            const cs_policy *policy = set->policies[j];
            if (policy->version == act->version && cs_str_is(cs_state_text(state, act->policy), policy->id) &&
                names_it(policy, l->at))
                return true;
        }
    }
    return false;
}

/* home->lock held, refreshed. */
static facts facts_of(cs_profile *profile, const binding *at, consent_status fresh)
{
    look l = {.profile = profile, .at = at, .all_allowed = true};
    cs_standing standing;
    const cs_policy_set *set = &profile->home->policies;
    cs_profile_now(profile, &l.now);
    l.now.store_status = fresh;
    cs_decide_standing(set, &profile->state, cs_str_of(at->scope), &l.now, &standing);
    bool found = look_at_policy(&l, standing.governing);
    if (!found && standing.newest != standing.governing)
        found = look_at_policy(&l, standing.newest);
    if (!found && at->scope[0]) { /* what a product does not say of its own it has from the platform */
        cs_decide_standing(set, &profile->state, (cs_str){NULL, 0}, &l.now, &standing);
        (void)look_at_policy(&l, standing.governing);
    }
    return (facts){l.declared, l.declared && was_shown(&l), l.declared && l.all_allowed};
}

static void look_at_all(cs_profile *profile, switches *all, consent_status fresh)
{
    for (size_t i = 0; i < all->count; i++) {
        binding *at = &all->list[i];
        if (!at->apply)
            continue;
        at->wanted = facts_of(profile, at, fresh);
        for (size_t j = 0; j < at->after_count; j++)
            at->wanted.agreed = at->wanted.agreed && all->list[at->after[j]].wanted.agreed;
    }
}

/* ---- running ------------------------------------------------------------------------------------------------- */

static bool is_due(const binding *at)
{
    bool changed = at->wanted.declared != at->passed.declared || at->wanted.shown != at->passed.shown ||
                   at->wanted.agreed != at->passed.agreed;
    if (!at->apply || (at->told && at->failure == 0 && !changed))
        return false;
    return at->wanted.agreed || at->told || !at->untouched_until_on;
}

/* One call a run, but switching off never waits for the next one. */
static bool may_call(const switches *all, const binding *at)
{
    return is_due(at) && (at->run != all->run || (!at->wanted.agreed && !at->run_off));
}

static bool base_is_on(const switches *all, const binding *at)
{
    for (size_t i = 0; i < at->after_count; i++) {
        const binding *before = &all->list[at->after[i]];
        if (!before->told || !before->passed.agreed || before->failure != 0)
            return false;
    }
    return true;
}

/* First what goes off, the last bound first; then what goes on. */
static binding *next_due(switches *all)
{
    for (size_t i = all->count; i > 0; i--)
        if (!all->list[i - 1].wanted.agreed && may_call(all, &all->list[i - 1]))
            return &all->list[i - 1];
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].wanted.agreed && may_call(all, &all->list[i]) && base_is_on(all, &all->list[i]))
            return &all->list[i];
    return NULL;
}

/* The lock is let go during the call; what holds may change meanwhile, and is looked at again before the next. */
static void call(cs_profile *profile, binding *at, uint32_t run)
{
    consent_switch_facts told = CONSENT_INIT(consent_switch_facts);
    binding copy = *at;
    told.declared = copy.wanted.declared;
    told.shown = copy.wanted.shown;
    told.agreed = copy.wanted.agreed;
    told.replayed = !copy.told;
    at->run = run;
    at->run_off = !copy.wanted.agreed;
    cs_profile_unlock(profile);
    int failure = copy.apply(copy.ctx, copy.id, &told);
    cs_profile_lock(profile);
    if (at->apply != copy.apply || at->ctx != copy.ctx)
        return; /* bound anew by its own callback */
    at->failure = failure;
    at->told = true;
    at->passed = copy.wanted;
}

static consent_status run_switches(cs_profile *profile, size_t *count, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_profile_lock(profile);
    switches *all = (switches *)profile->polled[CS_POLLED_SWITCHES];
    if (!all || all->running) {
        cs_profile_unlock(profile);
        return CONSENT_OK;
    }
    all->running = true;
    all->run++;
    for (;;) {
        status = cs_profile_refresh(profile, err);
        look_at_all(profile, all, status);
        binding *at = next_due(all);
        if (!at)
            break;
        call(profile, at, all->run);
        (*count)++;
    }
    all->running = false;
    cs_profile_unlock(profile);
    return status;
}

/* ---- what the host calls --------------------------------------------------------------------------------------- */

consent_status cs_switch_bind(cs_profile *profile, const consent_switch *which, consent_error *err)
{
    binding made = {0};
    consent_status status = take(which, &made, err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_lock(profile);
    switches *all = cs_polled_bind(profile, CS_POLLED_SWITCHES, sizeof *all, run_switches);
    status = all ? place(all, which, &made, err) : cs_no_memory(err, "the switches");
    cs_profile_unlock(profile);
    return status;
}

/* ---- telling -------------------------------------------------------------------------------------------------- */

static void put_facts(const facts *f, cs_json_out *out)
{
    cs_json_member_bool(out, "declared", f->declared);
    cs_json_member_bool(out, "shown", f->shown);
    cs_json_member_bool(out, "agreed", f->agreed);
}

consent_status cs_profile_switches(cs_profile *profile, cs_buffer *out, consent_error *err)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_json_member_array(&json, "switches");
    cs_profile_lock(profile);
    switches *all = (switches *)profile->polled[CS_POLLED_SWITCHES];
    consent_status fresh = cs_profile_refresh(profile, NULL);
    if (all)
        look_at_all(profile, all, fresh);
    for (size_t i = 0; all && i < all->count; i++) {
        const binding *at = &all->list[i];
        if (!at->apply)
            continue;
        cs_json_open_object(&json);
        cs_json_member_text(&json, "id", at->id);
        put_facts(&at->wanted, &json);
        if (at->told) {
            cs_json_member_object(&json, "passed_on");
            put_facts(&at->passed, &json);
            cs_json_close_object(&json);
        }
        cs_json_member_bool(&json, "pending", is_due(at));
        if (at->failure != 0)
            cs_json_member_int(&json, "failure", at->failure);
        cs_json_close_object(&json);
    }
    cs_json_close_array(&json);
    cs_purges_put(profile, &json);
    cs_profile_unlock(profile);
    cs_json_close_object(&json);
    return cs_buffer_status(out, "the switches", err);
}
