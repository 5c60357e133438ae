/* The system permission of a question by itself. The rules reach it last (rule 11); a form that puts notice and system
 * prompt on screen at once has to know before. */
#include "decide/scene.h"

cs_permission_gate cs_decide_permission(const cs_policy_set *set, const cs_state *state, const cs_query *query,
                                        const cs_now *now, const cs_permission *permission, int64_t *ask_after_ms)
{
    const cs_permission_state *known = cs_state_permission(state, cs_str_of(permission->id));
    cs_scene scene;
    *ask_after_ms = 0;
    if (known && known->os_state == CONSENT_OS_GRANTED)
        return CS_PERMISSION_ON;
    *ask_after_ms = INT64_MAX;
    if ((known && known->os_state == CONSENT_OS_BLOCKED) || !cs_decide_open_scene(&scene, set, state, query, now))
        return CS_PERMISSION_RESTS;
    cs_moment refused = {0};
    if (known)
        refused = known->refused;
    cs_decide_later(&refused, &state->recovered);
    *ask_after_ms = query->user_initiated ? 0 : cs_decide_quiet_until(&scene, &refused, permission->cooldown_ms, 0);
    return *ask_after_ms ? CS_PERMISSION_RESTS : CS_PERMISSION_MAY_BE_ASKED;
}

bool cs_decide_given_since(const cs_scene *scene, const cs_act *grant, const cs_moment *revoked)
{
    if (grant == NULL || !scene->state->streams[grant->stream].own)
        return false;
    uint32_t era = scene->state->streams[grant->stream].own_order;
    return era != revoked->era ? era > revoked->era : grant->seq > revoked->seq;
}

const cs_permission_state *cs_decide_switched_off(const cs_scene *scene, const cs_terms *terms)
{
    const cs_permission_state *found = NULL;
    if (scene->query->permission.size != 0) {
        found = cs_state_permission(scene->state, scene->query->permission);
        return found != NULL && found->revoked.seq != 0 ? found : NULL;
    }
    for (uint16_t i = 0; i < terms->purpose->permission_count; i++) {
        const char *id = terms->policy->permissions[terms->purpose->permissions[i]].id;
        found = cs_state_permission(scene->state, cs_str_of(id));
        if (found == NULL || found->revoked.seq == 0)
            return NULL; /* another permission serves the purpose still */
    }
    return found;
}
