/* Gathering what one question sees. */
#include "decide/scene.h"

#include <string.h>

static const char platform_scope[] = "platform";

/* The scope's policy is that of its newest effective version. */
static bool open_layer(cs_scene *scene, cs_str scope, cs_layer *layer)
{
    layer->newest = layer->governing = CS_NO_POLICY;
    for (size_t i = 0; i < scene->set->count; i++) {
        const cs_policy *policy = scene->set->policies[i];
        if (!cs_str_is(scope, policy->scope) || !cs_decide_effective(scene, policy))
            continue;
        if (layer->newest == CS_NO_POLICY || cs_policy_compare_version(policy, scene->set->policies[layer->newest]) > 0)
            layer->newest = i;
    }
    if (layer->newest == CS_NO_POLICY)
        return false;
    layer->id = scene->set->policies[layer->newest]->id;
    layer->name = cs_state_name(scene->state, cs_str_of(layer->id));
    return true;
}

const cs_act *cs_decide_next_act(const cs_scene *scene, cs_name purpose, const cs_act *act)
{
    const cs_state *state = scene->state;
    uint32_t count;
    if (act == NULL) {
        act = cs_state_acts(state, purpose, &count);
        return count != 0 ? act : NULL;
    }
    act++;
    return act < state->acts + state->act_count && act->purpose == purpose ? act : NULL;
}

static bool platform_declares(const cs_scene *scene)
{
    for (size_t i = 0; i < scene->set->count; i++)
        if (strcmp(scene->set->policies[i]->id, scene->layers[0].id) == 0 &&
            cs_policy_purpose(scene->set->policies[i], scene->query->purpose) != NULL)
            return true;
    return false;
}

static bool is_leap_day_missing(int32_t year, int32_t month, int32_t day)
{
    return !cs_date_is_valid((cs_date){year, month, day});
}

/* The answer may change on the person's next birthday. */
static void notice_birthdays(cs_scene *scene)
{
    for (uint32_t i = 0; i < scene->state->age_count; i++) {
        cs_date birth = scene->state->ages[i].birth;
        if (birth.year == 0)
            continue;
        cs_date next = birth;
        next.year += cs_age_years(birth, scene->now->now_ms) + 1;
        if (is_leap_day_missing(next.year, next.month, next.day))
            next = (cs_date){next.year, 3, 1};
        cs_decide_reached(scene, cs_date_start_ms(next));
    }
}

bool cs_decide_open_scene(cs_scene *scene, const cs_policy_set *set, const cs_state *state, const cs_query *query,
                          const cs_now *now)
{
    memset(scene, 0, sizeof *scene);
    scene->set = set;
    scene->state = state;
    scene->query = query;
    scene->now = now;
    scene->valid_until_ms = INT64_MAX;
    scene->purpose = cs_state_name(state, query->purpose);
    scene->recipient = cs_state_name(state, query->recipient);
    bool product = query->scope.size != 0 && !cs_str_is(query->scope, platform_scope);
    scene->layer_count = product ? 2 : 1;
    bool found = open_layer(scene, CS_STR(platform_scope), &scene->layers[0]);
    if (product)
        found = open_layer(scene, query->scope, &scene->layers[1]) && found;
    if (!found)
        return false;
    scene->platform_item = platform_declares(scene);
    scene->age_known = cs_decide_age_at(state, now->now_ms, &scene->age);
    notice_birthdays(scene);
    for (size_t i = 0; i < scene->layer_count; i++)
        cs_decide_weigh_acceptance(scene, &scene->layers[i]);
    return true;
}
