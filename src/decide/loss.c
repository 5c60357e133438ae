/* What was given and does not stand any more, so that what is held for it has to go: PIPL 47. C88, C115 to C118, C144.
 *
 * No list is kept of it: something is to be purged when there is a yes that this device has not purged since, and the answer
 * is no for good. So it is told again until it was done, and a later yes begins anew. */
#include "decide/scene.h"

#include <string.h>

/* ---- what was given ---------------------------------------------------------------------------------- */

static const cs_act *last_purge(const cs_scene *scene, cs_name data)
{
    const cs_act *last = NULL;
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;) {
        if (act->kind == CS_ACT_PURGED && act->recipient == scene->recipient && act->data == data &&
            scene->state->streams[act->stream].own && cs_decide_about_item(scene, act) &&
            (last == NULL || act->seq > last->seq))
            last = act;
    }
    return last;
}

static bool is_yes(const cs_act *act, uint8_t kind, const cs_act *purged)
{
    return act->kind == kind && (act->flags & (CS_ACT_PROVISIONAL | CS_ACT_FOREIGN_ACTOR)) == 0 &&
           (purged == NULL || !cs_state_in_past(act, purged->stream, purged->seq, purged->seen));
}

/* Accepting that version covered the item. */
static bool covered_it(const cs_scene *scene, const cs_act *acceptance)
{
    size_t index = cs_decide_bundle(scene, acceptance);
    if (index == CS_NO_POLICY)
        return false;
    cs_terms terms = {.index = index, .policy = cs_decide_policy(scene, index)};
    terms.purpose = cs_policy_purpose(terms.policy, scene->query->purpose);
    return terms.purpose != NULL && terms.purpose->ground == CONSENT_GROUND_CONSENT && !cs_decide_asks_choice(&terms) &&
           cs_decide_declares_all(&terms, scene->query);
}

/* A yes not purged since: *grant the latest grant, NULL where accepting the policy was enough. */
static bool was_given(const cs_scene *scene, cs_name data, const cs_act **grant)
{
    const cs_act *purged = last_purge(scene, data);
    *grant = NULL;
    for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, scene->purpose, act)) != NULL;)
        if (is_yes(act, CS_ACT_GRANT, purged) && act->recipient == scene->recipient && act->data == data &&
            cs_decide_about_item(scene, act) &&
            (*grant == NULL || cs_state_compare_acts(scene->state, act, *grant) > 0))
            *grant = act;
    if (*grant != NULL)
        return true;
    const cs_name groups[] = {0, scene->purpose}; /* imported consent names its purpose */
    for (size_t g = 0; g < CS_COUNT_OF(groups); g++) {
        for (const cs_act *act = NULL; (act = cs_decide_next_act(scene, groups[g], act)) != NULL;)
            if (is_yes(act, CS_ACT_ACCEPT, purged) && act->side == CS_SIDE_PERSON && covered_it(scene, act))
                return true;
    }
    return false;
}

/* ---- whether it is over ------------------------------------------------------------------------------ */

/* A consent to keep it longer holds what is over, as long as that consent stands (C117). */
static bool is_kept_longer(const cs_scene *scene, const cs_policy *policy, const cs_str *data)
{
    cs_query item = {.scope = scene->query->scope, .data = data, .data_count = 1};
    for (uint16_t i = 0; data != NULL && i < policy->purpose_count; i++) {
        const cs_purpose *purpose = &policy->purposes[i];
        cs_choice choice = {0};
        item.purpose = cs_str_of(purpose->id);
        if (purpose->kind == CS_KIND_RETAIN_LONGER && cs_purpose_data_index(policy, purpose, *data) >= 0)
            cs_decide_choice(scene->set, scene->state, &item, CS_SIDE_PERSON, scene->now, &choice);
        if (choice.status == CS_CHOICE_GRANTED)
            return true;
    }
    return false;
}

/* The retention counts from the grant; without a period it ends with the consent. */
static bool retention_is_over(cs_scene *scene, const cs_act *grant, const cs_str *data)
{
    cs_terms terms = cs_decide_granted_terms(scene, grant);
    if (terms.purpose == NULL)
        return false;
    int64_t period_ms = cs_decide_retention_ms(scene, &terms);
    bool once = (grant->flags & CS_ACT_ONCE) != 0;
    if (period_ms > 0 ? period_ms >= INT64_MAX - grant->time_ms || !cs_decide_reached(scene, grant->time_ms + period_ms)
                      : once)
        return false;
    return terms.purpose->kind == CS_KIND_RETAIN_LONGER || !is_kept_longer(scene, terms.policy, data);
}

static bool acceptance_was_withdrawn(const cs_scene *scene)
{
    cs_moment declined = {0};
    for (size_t i = 0; i < scene->layer_count; i++)
        if (scene->layers[i].accepted == CS_ACCEPTANCE_NONE)
            cs_decide_decline(scene, &scene->layers[i], 0, &declined);
    return declined.seq != 0;
}

static bool is_minor(const cs_scene *scene)
{
    bool minor = false;
    for (size_t i = 0; scene->age_known && i < scene->layer_count; i++)
        minor |= scene->age < cs_decide_policy(scene, scene->layers[i].governing)->minors.guardian_under;
    return minor;
}

/* A child's guardian said no to the use as a whole, or took the yes back: nothing of it was ever agreed to (C134). */
static bool guardian_refused(const cs_scene *scene)
{
    cs_moment refused = {0};
    for (size_t i = 0; scene->age_known && i < scene->layer_count; i++) {
        const cs_layer *layer = &scene->layers[i];
        if (layer->accepted != CS_ACCEPTANCE_COUNTS && layer->wants_guardian != CS_NO_POLICY &&
            scene->age < cs_decide_policy(scene, layer->governing)->minors.child_under)
            cs_decide_subject_refusal(scene, CS_SUBJECT_GUARDIAN_REQUIRED, layer, false, 0, NULL, &refused);
    }
    return refused.seq != 0;
}

static cs_loss loss_of_choice(cs_scene *scene, const cs_terms *ruling, const cs_act *grant, const cs_str *data)
{
    cs_item items[2] = {{0}, {0}};
    bool expired = false;
    for (size_t side = CS_SIDE_PERSON; side <= (is_minor(scene) ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON); side++) {
        cs_decide_item(scene, data, (cs_side)side, &items[side]);
        if (items[side].status == CS_CHOICE_REFUSED)
            return CS_LOSS_WITHDRAWN;
        expired |= items[side].status == CS_CHOICE_EXPIRED && retention_is_over(scene, items[side].grant, data);
    }
    /* Of a policy-form purpose a grant only lifts a refusal: accepting holds it, and ends it. */
    if (!cs_decide_asks_choice(ruling))
        return acceptance_was_withdrawn(scene) ? CS_LOSS_WITHDRAWN : CS_LOSS_NONE;
    for (size_t side = 0; side < CS_COUNT_OF(items); side++)
        if (items[side].grant != NULL && items[side].status != CS_CHOICE_EXPIRED)
            return CS_LOSS_NONE;
    if (expired)
        return CS_LOSS_EXPIRED;
    bool once = grant != NULL && (grant->flags & CS_ACT_ONCE) != 0;
    return once && retention_is_over(scene, grant, data) ? CS_LOSS_EXPIRED : CS_LOSS_NONE;
}

static cs_loss loss(cs_scene *scene, const cs_str *data, bool *anonymise)
{
    const cs_act *grant;
    cs_name name = data == NULL ? 0 : cs_state_name(scene->state, *data);
    if (!was_given(scene, name, &grant))
        return CS_LOSS_NONE;
    cs_terms governing = cs_decide_governing_terms(scene), newest = cs_decide_newest_terms(scene);
    const cs_terms *ruling = governing.purpose != NULL ? &governing : &newest;
    if (ruling->purpose != NULL)
        *anonymise = ruling->purpose->retention.at_expiry == CS_AT_EXPIRY_ANONYMISE;
    if (cs_decide_ground_of_law(&newest))
        return CS_LOSS_NONE;
    if (guardian_refused(scene))
        return CS_LOSS_WITHDRAWN;
    for (size_t i = 0; i < scene->layer_count; i++)
        if (cs_decide_ended(scene, &scene->layers[i]))
            return CS_LOSS_SERVICE_ENDED;
    if (!cs_decide_declares(&governing, scene->query, data) && !cs_decide_declares(&newest, scene->query, data))
        return CS_LOSS_UNDECLARED;
    return ruling->purpose->ground == CONSENT_GROUND_CONSENT ? loss_of_choice(scene, ruling, grant, data)
                                                             : CS_LOSS_NONE;
}

cs_loss cs_decide_loss(const cs_policy_set *set, const cs_state *state, const cs_query *item, const cs_now *now,
                       bool *anonymise, int64_t *valid_until_ms)
{
    cs_scene scene;
    cs_loss found = CS_LOSS_NONE;
    *anonymise = false;
    if (cs_decide_open_scene(&scene, set, state, item, now))
        found = loss(&scene, item->data_count == 0 ? NULL : item->data, anonymise);
    if (scene.valid_until_ms < *valid_until_ms)
        *valid_until_ms = scene.valid_until_ms;
    if (found == CS_LOSS_WITHDRAWN)
        *anonymise = false;
    return found;
}
