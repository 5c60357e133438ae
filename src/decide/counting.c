/* Which acts count: decisions.md sections 1 and 2. */
#include "decide/scene.h"

#include <string.h>

/* ---- ages ------------------------------------------------------------------------------------------ */

static bool corrected(const cs_state *state, const cs_age_act *age)
{
    for (uint32_t i = 0; i < state->age_count; i++) {
        const cs_age_act *by = &state->ages[i];
        if (!by->correction || !state->streams[by->stream].confirmed || by == age)
            continue;
        bool past = age->stream == by->stream ? age->seq < by->seq : age->cursor != 0 && age->cursor <= by->seen;
        if (past)
            return true;
    }
    return false;
}

static int32_t age_by(const cs_age_act *age, int64_t time_ms)
{
    return age->birth.year != 0 ? cs_age_years(age->birth, time_ms) : (int32_t)age->band - 1;
}

bool cs_decide_age_at(const cs_state *state, int64_t time_ms, int32_t *years)
{
    bool known = false;
    for (uint32_t i = 0; i < state->age_count; i++) {
        if (corrected(state, &state->ages[i]))
            continue;
        int32_t age = age_by(&state->ages[i], time_ms);
        if (!known || age < *years)
            *years = age;
        known = true;
    }
    return known;
}

/* Has the person passed, since that act, the next age bound of the bundle that it names? */
static bool outgrown(const cs_scene *scene, const cs_act *act, const cs_policy *bundle)
{
    int32_t then;
    if (!scene->age_known || !cs_decide_age_at(scene->state, act->time_ms, &then))
        return false;
    const int32_t bounds[] = {bundle->minors.child_under, bundle->minors.guardian_under};
    for (size_t i = 0; i < CS_COUNT_OF(bounds); i++)
        if (then < bounds[i] && scene->age >= bounds[i])
            return true;
    return false;
}

/* ---- bundles and keys ------------------------------------------------------------------------------ */

static size_t find_bundle(const cs_scene *scene, cs_name id, uint32_t version, uint32_t revision, uint64_t hash)
{
    cs_str name = cs_state_text(scene->state, id);
    for (size_t i = 0; i < scene->set->count; i++) {
        const cs_policy *policy = scene->set->policies[i];
        if (policy->version == version && policy->revision == revision && cs_str_is(name, policy->id) &&
            (hash == 0 || hash == cs_load_u64(policy->hash)))
            return i;
    }
    return CS_NO_POLICY;
}

size_t cs_decide_bundle(const cs_scene *scene, const cs_act *act)
{
    return find_bundle(scene, act->policy, act->version, act->revision, act->hash);
}

size_t cs_decide_overlay(const cs_scene *scene, const cs_act *act)
{
    return find_bundle(scene, act->overlay, act->overlay_version, act->overlay_revision, act->overlay_hash);
}

/* No act past the bundle's valid_until is a matter for the forms, which then take none: the state has forgotten the
 * acts that a later one replaced, so a later one must count whenever they did. */
static bool in_its_time(const cs_act *act, const cs_policy *bundle)
{
    return act->time_ms >= bundle->effective_ms;
}

static bool could_ever_count(const cs_act *act)
{
    bool parked = act->cursor != 0 && act->seen >= act->cursor;
    return !parked && (act->flags & (CS_ACT_FOREIGN_ACTOR | CS_ACT_PROVISIONAL)) == 0;
}

/* Given by a key confirmed on this device, and not merely said by support to have been given. */
static bool confirmed(const cs_scene *scene, const cs_act *act)
{
    const cs_stream_state *stream = &scene->state->streams[act->stream];
    bool doubted = act->seq <= stream->doubted_seq && stream->vouched_seq < stream->doubted_seq;
    return stream->confirmed && !doubted && (act->flags & CS_ACT_SUPPORT) == 0;
}

static bool in_past_of(const cs_act *past, const cs_act *act)
{
    return cs_state_in_past(past, act->stream, act->seq, act->seen);
}

/* ---- acceptance ------------------------------------------------------------------------------------ */

static bool about_policy(const cs_act *act, cs_name policy)
{
    return act->policy == policy || act->policy == 0;
}

/* Every known refusal of it by the same side lies in its past. */
static bool stands_as_acceptance(const cs_scene *scene, const cs_act *acceptance)
{
    for (const cs_act *no = NULL; (no = cs_decide_next_act(scene, 0, no)) != NULL;) {
        bool speaks =
            (no->kind == CS_ACT_REFUSE && about_policy(no, acceptance->policy)) ||
            (no->kind == CS_ACT_DECLINE && no->policy == acceptance->policy && no->version == acceptance->version);
        if (speaks && no->side == acceptance->side && !in_past_of(no, acceptance))
            return false;
    }
    return true;
}

static bool guardian_consented(const cs_scene *scene, const cs_policy *bundle, cs_name policy)
{
    bool child = scene->age < bundle->minors.child_under;
    for (const cs_act *step = NULL; (step = cs_decide_next_act(scene, 0, step)) != NULL;) {
        if (step->kind != CS_ACT_ACCEPT || step->side != CS_SIDE_GUARDIAN || step->policy != policy ||
            step->version != bundle->version || (step->flags & CS_ACT_IMPORTED) != 0)
            continue;
        bool rules = bundle->minors.rules_version == 0 ||
                     (step->rules_version == bundle->minors.rules_version && bundle->minors.rules_id != NULL &&
                      cs_str_is(cs_state_text(scene->state, step->rules), bundle->minors.rules_id));
        if ((!child || rules) && could_ever_count(step) && confirmed(scene, step) && in_its_time(step, bundle) &&
            stands_as_acceptance(scene, step) && !outgrown(scene, step, bundle))
            return true;
    }
    return false;
}

/* Imported consent covers policy-form purposes, and no sensitive data. */
static bool import_covers(const cs_scene *scene, const cs_act *act, const cs_policy *bundle)
{
    if ((act->flags & CS_ACT_IMPORTED) == 0)
        return act->purpose == 0;
    const cs_purpose *purpose = cs_policy_purpose(bundle, scene->query->purpose);
    if (!bundle->import_allowed || purpose == NULL || (act->purpose != 0 && act->purpose != scene->purpose) ||
        cs_purpose_effective_form(bundle, purpose) != CS_FORM_POLICY)
        return false;
    for (size_t i = 0; i < scene->query->data_count; i++) {
        const cs_data_item *item = cs_policy_data(bundle, scene->query->data[i]);
        if (item == NULL || item->sensitive != CS_NOT_SENSITIVE)
            return false;
    }
    return true;
}

static bool could_stand(const cs_scene *scene, const cs_act *act, const cs_policy *bundle)
{
    return could_ever_count(act) && in_its_time(act, bundle) && import_covers(scene, act, bundle) &&
           stands_as_acceptance(scene, act);
}

/* Accepted once more since, and that acceptance stands: it alone is weighed. */
static bool accepted_anew(const cs_scene *scene, const cs_act *act, const cs_policy *bundle)
{
    for (const cs_act *other = NULL; (other = cs_decide_next_act(scene, act->purpose, other)) != NULL;) {
        if (other->kind == CS_ACT_ACCEPT && other->side == act->side && other->policy == act->policy &&
            other->version == act->version && other->revision == act->revision && other->hash == act->hash &&
            other->flags == act->flags && in_past_of(act, other) && confirmed(scene, other) &&
            could_stand(scene, other, bundle))
            return true;
    }
    return false;
}

static cs_acceptance weigh(const cs_scene *scene, const cs_act *act, const cs_policy *bundle)
{
    if (!could_stand(scene, act, bundle) || accepted_anew(scene, act, bundle))
        return CS_ACCEPTANCE_NONE;
    if (!confirmed(scene, act))
        return CS_ACCEPTANCE_UNCONFIRMED;
    if (outgrown(scene, act, bundle))
        return CS_ACCEPTANCE_OUTGROWN;
    if (scene->age_known && scene->age < bundle->minors.guardian_under &&
        !guardian_consented(scene, bundle, act->policy))
        return CS_ACCEPTANCE_WANTS_GUARDIAN;
    return CS_ACCEPTANCE_COUNTS;
}

/* Keeps the highest version whose acceptance counts but for the person's age: one that was outgrown is not
 * made good by an older one, or growing up alone would turn a no into a yes. */
static void weigh_into(cs_scene *scene, cs_layer *layer, const cs_act *act, size_t *best)
{
    if (act->kind != CS_ACT_ACCEPT || act->side != CS_SIDE_PERSON || act->policy != layer->name)
        return;
    size_t index = cs_decide_bundle(scene, act);
    if (index == CS_NO_POLICY)
        return;
    cs_acceptance weight = weigh(scene, act, scene->set->policies[index]);
    if (weight == CS_ACCEPTANCE_WANTS_GUARDIAN &&
        (layer->wants_guardian == CS_NO_POLICY ||
         cs_policy_compare_version(scene->set->policies[index], scene->set->policies[layer->wants_guardian]) > 0))
        layer->wants_guardian = index;
    layer->unconfirmed |= weight == CS_ACCEPTANCE_UNCONFIRMED;
    if (weight < CS_ACCEPTANCE_OUTGROWN)
        return;
    int order =
        *best == CS_NO_POLICY ? 1 : cs_policy_compare_version(scene->set->policies[index], scene->set->policies[*best]);
    bool better =
        order > 0 ||
        (order == 0 && (weight > layer->accepted ||
                        (weight == layer->accepted && cs_state_compare_acts(scene->state, act, layer->evidence) > 0)));
    if (!better)
        return;
    *best = index;
    layer->accepted = weight;
    layer->evidence = act;
}

void cs_decide_weigh_acceptance(cs_scene *scene, cs_layer *layer)
{
    size_t best = CS_NO_POLICY;
    layer->wants_guardian = CS_NO_POLICY;
    const cs_name groups[] = {0, scene->purpose};
    for (size_t g = 0; g < (scene->purpose == 0 ? 1u : 2u); g++) {
        for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, groups[g], act)) != NULL;)
            weigh_into(scene, layer, act, &best);
    }
    layer->governing = layer->accepted == CS_ACCEPTANCE_COUNTS ? best : layer->newest;
}

bool cs_decide_accepted_since(cs_scene *scene, const cs_layer *layer, const cs_policy *after, int64_t since_ms)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, 0, act)) != NULL;) {
        if (act->kind != CS_ACT_ACCEPT || act->side != CS_SIDE_PERSON || act->policy != layer->name ||
            act->time_ms < since_ms)
            continue;
        size_t index = cs_decide_bundle(scene, act);
        if (index != CS_NO_POLICY && cs_policy_compare_version(scene->set->policies[index], after) > 0 &&
            weigh(scene, act, scene->set->policies[index]) == CS_ACCEPTANCE_COUNTS)
            return true;
    }
    return false;
}

bool cs_decide_ever_accepted(const cs_scene *scene, const cs_policy *policy, cs_side side)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, 0, act)) != NULL;) {
        if (act->kind == CS_ACT_ACCEPT && act->side == (uint8_t)side && act->version == policy->version &&
            act->revision == policy->revision && cs_str_is(cs_state_text(scene->state, act->policy), policy->id))
            return true;
    }
    return false;
}

/* ---- choices --------------------------------------------------------------------------------------- */

bool cs_decide_about_item(const cs_scene *scene, const cs_act *act)
{
    cs_name platform = scene->layers[0].name;
    cs_name product = scene->layer_count > 1 ? scene->layers[1].name : CS_NAME_UNKNOWN;
    if (act->policy == product || act->overlay == product)
        return true;
    return act->policy == platform && (scene->platform_item || act->overlay == 0);
}

static bool same_data(const cs_act *no, cs_name data)
{
    return no->data == 0 || no->data == data;
}

/* A no that speaks of this recipient's data item, whoever asks under whichever version. */
static bool refuses_item(const cs_scene *scene, const cs_act *no, cs_name data, cs_side side)
{
    return no->kind == CS_ACT_REFUSE && no->side == (uint8_t)side && same_data(no, data) &&
           ((no->flags & CS_ACT_ALL_RECIPIENTS) != 0 || no->recipient == scene->recipient) &&
           cs_decide_about_item(scene, no);
}

/* A no to the widened terms of the very version this grant was given for. */
static bool refuses_terms(const cs_act *no, const cs_act *grant)
{
    return no->kind == CS_ACT_SUBJECT && no->subject == CS_SUBJECT_TERMS_WIDENED && no->side == grant->side &&
           same_data(no, grant->data) && no->recipient == grant->recipient && no->policy == grant->policy &&
           no->version == grant->version && no->overlay == grant->overlay &&
           no->overlay_version == grant->overlay_version;
}

/* Withdrawing a policy as a whole withdraws every choice made under it. */
static bool withdraws_choice(const cs_act *no, const cs_act *grant)
{
    return no->kind == CS_ACT_REFUSE && no->side == grant->side &&
           (about_policy(no, grant->policy) || (grant->overlay != 0 && no->policy == grant->overlay));
}

static bool stands_as_grant(const cs_scene *scene, const cs_act *grant)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, 0, act)) != NULL;)
        if (withdraws_choice(act, grant) && !in_past_of(act, grant))
            return false;
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;)
        if ((refuses_item(scene, act, grant->data, (cs_side)grant->side) || refuses_terms(act, grant)) &&
            !in_past_of(act, grant))
            return false;
    return true;
}

/* Once: serves the handle that recorded it, until it was used. */
static bool serves(const cs_scene *scene, const cs_act *grant)
{
    if ((grant->flags & CS_ACT_ONCE) == 0)
        return true;
    if (scene->query->once_seq == 0 || grant->seq != scene->query->once_seq ||
        !scene->state->streams[grant->stream].own)
        return false;
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;)
        if (act->kind == CS_ACT_USED && act->stream == grant->stream && act->seq > grant->seq &&
            same_data(act, grant->data) && act->recipient == grant->recipient)
            return false;
    return true;
}

static bool is_candidate(const cs_scene *scene, const cs_act *act, cs_side side)
{
    return act->kind == CS_ACT_GRANT && act->side == (uint8_t)side && act->recipient == scene->recipient &&
           cs_decide_about_item(scene, act);
}

/* Counts, but for the person's age, the key's confirmation and what replaces it. */
static bool counts_in_itself(const cs_scene *scene, const cs_act *grant, cs_terms *terms)
{
    if (!could_ever_count(grant) || !serves(scene, grant))
        return false;
    *terms = cs_decide_granted_terms(scene, grant);
    if (terms->purpose == NULL || !in_its_time(grant, terms->policy))
        return false;
    size_t below = cs_decide_bundle(scene, grant);
    bool needs_once = cs_purpose_effective_form(terms->policy, terms->purpose) == CS_FORM_ONCE;
    return in_its_time(grant, scene->set->policies[below]) && (!needs_once || (grant->flags & CS_ACT_ONCE) != 0) &&
           stands_as_grant(scene, grant);
}

static bool replaced(const cs_scene *scene, const cs_act *grant)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;) {
        cs_terms terms;
        if (is_candidate(scene, act, (cs_side)grant->side) && act->data == grant->data &&
            (act->flags & CS_ACT_ONCE) == (grant->flags & CS_ACT_ONCE) && in_past_of(grant, act) &&
            confirmed(scene, act) && counts_in_itself(scene, act, &terms))
            return true;
    }
    return false;
}

static int rank(cs_choice_status status)
{
    static const uint8_t ranks[] = {[CS_CHOICE_GRANTED] = 4,
                                    [CS_CHOICE_EXPIRED] = 3,
                                    [CS_CHOICE_OUTGROWN] = 2,
                                    [CS_CHOICE_WIDENED] = 1,
                                    [CS_CHOICE_CONFIRM] = 0};
    return ranks[status];
}

/* Of concurrent grants any suffices: the best is kept, of equals the latest. */
static void weigh_grant(cs_scene *scene, const cs_act *grant, const cs_terms *terms, const cs_str *data, cs_item *item)
{
    cs_choice_status status = CS_CHOICE_GRANTED;
    int64_t lifetime_ms = 0, expires_ms = 0;
    if (!cs_decide_inside_granted(scene, grant, data, &lifetime_ms))
        status = CS_CHOICE_WIDENED;
    else if (lifetime_ms > 0 && lifetime_ms < INT64_MAX - grant->time_ms)
        expires_ms = grant->time_ms + lifetime_ms;
    if (expires_ms != 0 && cs_decide_reached(scene, expires_ms))
        status = CS_CHOICE_EXPIRED;
    if (status != CS_CHOICE_WIDENED && outgrown(scene, grant, terms->policy))
        status = CS_CHOICE_OUTGROWN;
    bool better = item->grant == NULL || rank(status) > rank(item->status) ||
                  (status == item->status && cs_state_compare_acts(scene->state, grant, item->grant) > 0);
    if (!better)
        return;
    item->status = status;
    item->grant = grant;
    item->expires_ms = status == CS_CHOICE_GRANTED ? expires_ms : 0;
}

static void keep_refusal(const cs_scene *scene, const cs_act *no, cs_item *item)
{
    if (item->refusal == NULL || cs_state_compare_acts(scene->state, no, item->refusal) > 0)
        item->refusal = no;
}

/* Whether the person gave the choice anew, knowing of the withdrawal. */
static bool given_anew(const cs_scene *scene, const cs_act *grant, const cs_act *withdrawal)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;)
        if (is_candidate(scene, act, (cs_side)grant->side) && act->data == grant->data && in_past_of(grant, act) &&
            in_past_of(withdrawal, act))
            return true;
    return false;
}

/* A whole withdrawal is a no to this item where something was there to withdraw. */
static void keep_whole_withdrawals(const cs_scene *scene, const cs_act *grant, cs_item *item)
{
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, 0, act)) != NULL;)
        if (withdraws_choice(act, grant) && !in_past_of(act, grant) && !given_anew(scene, grant, act))
            keep_refusal(scene, act, item);
}

void cs_decide_item(cs_scene *scene, const cs_str *data, cs_side side, cs_item *item)
{
    memset(item, 0, sizeof *item);
    cs_name name = data == NULL ? 0 : cs_state_name(scene->state, *data);
    cs_terms ruling = cs_decide_ruling_terms(scene);
    bool choice = cs_decide_asks_choice(&ruling);
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;) {
        cs_terms terms;
        if (refuses_item(scene, act, name, side))
            keep_refusal(scene, act, item);
        if (!is_candidate(scene, act, side))
            continue;
        if (act->data == name && choice)
            keep_whole_withdrawals(scene, act, item);
        if (!counts_in_itself(scene, act, &terms))
            continue;
        if (!confirmed(scene, act))
            item->unconfirmed |= act->data == name;
        else if (act->data != name)
            item->other_data_granted |= data != NULL && !cs_decide_declares(&terms, scene->query, data);
        else if (!replaced(scene, act))
            weigh_grant(scene, act, &terms, data, item);
    }
    if (item->grant == NULL && item->refusal != NULL)
        item->status = CS_CHOICE_REFUSED;
    else if (item->grant == NULL && item->unconfirmed)
        item->status = CS_CHOICE_CONFIRM;
}

bool cs_decide_awaits_notice(cs_scene *scene, const cs_terms *terms, const cs_str *data)
{
    int at = terms->purpose == NULL || data == NULL ? -1 : cs_purpose_data_index(terms->policy, terms->purpose, *data);
    if (at < 0 || !terms->purpose->data[at].at_field)
        return false;
    cs_name name = cs_state_name(scene->state, *data);
    bool by_recipient = cs_decide_must_name_recipient(terms->purpose);
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;) {
        int64_t lifetime_ms = 0;
        if (act->kind == CS_ACT_NOTED && act->data == name && cs_decide_about_item(scene, act) &&
            (!by_recipient || act->recipient == scene->recipient) && confirmed(scene, act) &&
            cs_decide_inside_granted(scene, act, data, &lifetime_ms))
            return false;
    }
    return true;
}
