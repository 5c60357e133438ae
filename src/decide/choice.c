/* What forms and the privacy centre ask: the choice in force, how a policy stands, the age. */
#include "decide/decide.h"

#include "decide/scene.h"

#include <string.h>

bool cs_decide_may_ask(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now)
{
    cs_decision decision;
    cs_decide(set, state, query, now, &decision);
    return decision.decision == CONSENT_ASK;
}

static void rest_choice_on(const cs_state *state, const cs_act *act, cs_choice *out)
{
    if (act == NULL)
        return;
    out->since_ms = act->time_ms;
    out->seq = act->seq;
    if (act->stream < state->stream_count)
        out->stream = state->streams[act->stream].id;
}

void cs_decide_choice(const cs_policy_set *set, const cs_state *state, const cs_query *about, cs_side side,
                      const cs_now *now, cs_choice *out)
{
    memset(out, 0, sizeof *out);
    const cs_str *data = about->data_count == 0 ? NULL : about->data;
    cs_scene scene;
    if (about->purpose.size == 0 || !cs_decide_open_scene(&scene, set, state, about, now))
        return;
    cs_item item;
    cs_decide_item(&scene, data, side, &item);
    out->status = item.status;
    out->expires_ms = item.expires_ms;
    rest_choice_on(state, item.status == CS_CHOICE_REFUSED ? item.refusal : item.grant, out);

    cs_terms ruling = cs_decide_ruling_terms(&scene);
    bool accepting_suffices = ruling.purpose != NULL && side == CS_SIDE_PERSON && !cs_decide_asks_choice(&ruling) &&
                              (item.status == CS_CHOICE_NONE || item.status == CS_CHOICE_WIDENED);
    const cs_layer *layer = &scene.layers[ruling.layer];
    if (accepting_suffices && layer->accepted == CS_ACCEPTANCE_COUNTS) {
        out->status = cs_decide_inside_accepted(&scene, data) ? CS_CHOICE_GRANTED : CS_CHOICE_WIDENED;
        rest_choice_on(state, layer->evidence, out);
    }
}

static void find_announced(const cs_policy_set *set, const cs_layer *layer, const cs_now *now, cs_standing *out)
{
    for (size_t i = 0; i < set->count; i++) {
        const cs_policy *policy = set->policies[i];
        if (strcmp(policy->id, layer->id) != 0 || policy->effective_ms <= now->now_ms)
            continue;
        if (out->announced == CS_NO_POLICY || cs_policy_compare_version(policy, set->policies[out->announced]) > 0)
            out->announced = i;
    }
}

void cs_decide_standing(const cs_policy_set *set, const cs_state *state, cs_str scope, const cs_now *now,
                        cs_standing *out)
{
    *out = (cs_standing){
        .governing = CS_NO_POLICY, .newest = CS_NO_POLICY, .announced = CS_NO_POLICY, .wants_guardian = CS_NO_POLICY};
    cs_query query = {.scope = scope};
    cs_scene scene;
    if (!cs_decide_open_scene(&scene, set, state, &query, now))
        return;
    const cs_layer *layer = &scene.layers[scene.layer_count - 1];
    out->governing = layer->governing;
    out->newest = layer->newest;
    out->accepted = layer->accepted == CS_ACCEPTANCE_COUNTS;
    if (layer->wants_guardian != CS_NO_POLICY &&
        (!out->accepted ||
         cs_policy_compare_version(set->policies[layer->wants_guardian], set->policies[layer->governing]) > 0))
        out->wants_guardian = layer->wants_guardian;
    if (out->accepted)
        out->accepted_at_ms = layer->evidence->time_ms;
    find_announced(set, layer, now, out);

    uint32_t version = set->policies[layer->newest]->version;
    cs_moment refused = {0};
    cs_decide_decline(&scene, layer, version, &refused);
    bool current = out->accepted && set->policies[layer->governing]->version == version;
    out->declined_newest = refused.seq != 0 && !current;
    if (!out->accepted) {
        refused = (cs_moment){0};
        cs_decide_decline(&scene, layer, 0, &refused);
        cs_decide_later(&refused, &state->recovered);
    }
    const cs_subject subjects[] = {CS_SUBJECT_TERMS_WIDENED, CS_SUBJECT_CONTROLLER_CHANGED};
    for (size_t i = 0; i < CS_COUNT_OF(subjects); i++)
        cs_decide_subject_refusal(&scene, subjects[i], layer, false, version, NULL, &refused);
    if (!current)
        out->quiet_until_ms = cs_decide_quiet_until(&scene, &refused, set->policies[layer->governing]->cooldown_ms, 0);
}

bool cs_decide_age(const cs_state *state, const cs_now *now, int32_t *years)
{
    return cs_decide_age_at(state, now->now_ms, years);
}

static bool holds(const cs_policy_set *set, uint64_t hash)
{
    for (size_t i = 0; i < set->count; i++)
        if (cs_load_u64(set->policies[i]->hash) == hash)
            return true;
    return hash == 0;
}

uint64_t cs_decide_seen(const cs_policy_set *set, const cs_state *state)
{
    uint64_t seen = state->merged;
    for (uint32_t i = 0; i < state->act_count; i++) {
        const cs_act *act = &state->acts[i];
        if (act->cursor != 0 && act->cursor <= seen && (!holds(set, act->hash) || !holds(set, act->overlay_hash)))
            seen = act->cursor - 1;
    }
    return seen;
}
