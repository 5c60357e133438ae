/* Versions and terms: decisions.md section 3. */
#include "decide/scene.h"

#include <string.h>

bool cs_decide_reached(cs_scene *scene, int64_t instant_ms)
{
    if (scene->now->now_ms >= instant_ms)
        return true;
    if (instant_ms < scene->valid_until_ms)
        scene->valid_until_ms = instant_ms;
    return false;
}

const cs_policy *cs_decide_policy(const cs_scene *scene, size_t index)
{
    return index == CS_NO_POLICY ? NULL : scene->set->policies[index];
}

bool cs_decide_effective(cs_scene *scene, const cs_policy *policy)
{
    return cs_decide_reached(scene, policy->effective_ms);
}

/* ---- what one version declares -------------------------------------------------------------------- */

static bool claims_more_than_its_kind_may(const cs_purpose *purpose)
{
    switch (purpose->kind) {
    case CS_KIND_MARKET:
    case CS_KIND_AUTOMATE:
    case CS_KIND_PUBLISH:
    case CS_KIND_OBTAIN:
    case CS_KIND_LAUNCH:
        return purpose->ground != CONSENT_GROUND_CONSENT;
    case CS_KIND_COMBINE:
        return purpose->ground != CONSENT_GROUND_CONSENT && purpose->data_state != CONSENT_DATA_ANONYMISED;
    default:
        return false;
    }
}

static bool is_declared(const cs_purpose *purpose)
{
    return purpose != NULL && !purpose->undeclared && purpose->kind >= CS_KIND_COLLECT &&
           purpose->kind <= CS_KIND_DECLARE && purpose->form >= CS_FORM_POLICY && purpose->form <= CS_FORM_ONCE &&
           purpose->ground >= CONSENT_GROUND_CONSENT && purpose->ground <= CONSENT_GROUND_OTHER_LAW &&
           !claims_more_than_its_kind_may(purpose);
}

/* Passing on to nobody in particular is not what was declared. */
bool cs_decide_must_name_recipient(const cs_purpose *purpose)
{
    return (purpose->kind == CS_KIND_SHARE || purpose->kind == CS_KIND_LAUNCH) && purpose->recipient_count > 0;
}

static bool declares_permission(const cs_terms *terms, const cs_query *query)
{
    if (query->permission.size == 0)
        return query->call_site.size == 0;
    const cs_permission *permission = cs_policy_permission(terms->policy, query->permission);
    const cs_call_site *site = permission == NULL ? NULL : cs_permission_call_site(permission, query->call_site);
    if (site == NULL || &terms->policy->purposes[site->purpose] != terms->purpose)
        return false;
    for (uint16_t i = 0; i < terms->purpose->permission_count; i++)
        if (&terms->policy->permissions[terms->purpose->permissions[i]] == permission)
            return true;
    return false;
}

static bool declares(const cs_terms *terms, const cs_query *query, const cs_str *data, size_t data_count)
{
    const cs_purpose *purpose = terms->purpose;
    if (!is_declared(purpose) || (data_count == 0) != (purpose->data_count == 0))
        return false;
    if (query->data_state != CS_STATE_AS_DECLARED && query->data_state <= purpose->data_state)
        return false;
    const cs_purpose_recipient *recipient = NULL;
    if (query->recipient.size != 0) {
        recipient = cs_purpose_recipient_of(terms->policy, purpose, query->recipient);
        if (recipient == NULL)
            return false;
    } else if (cs_decide_must_name_recipient(purpose)) {
        return false;
    }
    for (size_t i = 0; i < data_count; i++) {
        int index = cs_purpose_data_index(terms->policy, purpose, data[i]);
        if (index < 0 || (recipient != NULL && !cs_purpose_recipient_gets(recipient, index)))
            return false;
    }
    return declares_permission(terms, query);
}

bool cs_decide_declares(const cs_terms *terms, const cs_query *query, const cs_str *data)
{
    return declares(terms, query, data, data == NULL ? 0 : 1);
}

bool cs_decide_declares_all(const cs_terms *terms, const cs_query *query)
{
    return query->data_count <= CS_PURPOSE_MAX_DATA && declares(terms, query, query->data, query->data_count);
}

bool cs_decide_ground_of_law(const cs_terms *terms)
{
    return terms->purpose != NULL &&
           (terms->purpose->ground == CONSENT_GROUND_LEGAL_DUTY || terms->purpose->ground == CONSENT_GROUND_EMERGENCY ||
            terms->purpose->ground == CONSENT_GROUND_PUBLIC_INTEREST);
}

bool cs_decide_automated_marketing(const cs_purpose *purpose)
{
    return (purpose->kind == CS_KIND_MARKET && purpose->automated) ||
           (purpose->kind == CS_KIND_AUTOMATE && purpose->channel != CS_CHANNEL_NONE);
}

bool cs_decide_asks_choice(const cs_terms *terms)
{
    return terms->purpose != NULL && terms->purpose->ground == CONSENT_GROUND_CONSENT &&
           cs_purpose_effective_form(terms->policy, terms->purpose) != CS_FORM_POLICY;
}

/* ---- which version's terms ------------------------------------------------------------------------- */

static cs_terms terms_of(const cs_scene *scene, size_t index, size_t layer)
{
    cs_terms terms = {.index = index, .layer = layer, .policy = cs_decide_policy(scene, index)};
    if (terms.policy != NULL)
        terms.purpose = cs_policy_purpose(terms.policy, scene->query->purpose);
    return terms;
}

/* The product's where its policy speaks of the purpose, else the platform's. */
static cs_terms nearest_terms(const cs_scene *scene, bool newest)
{
    cs_terms terms;
    size_t layer = scene->layer_count;
    do {
        layer--;
        terms = terms_of(scene, newest ? scene->layers[layer].newest : scene->layers[layer].governing, layer);
    } while (terms.purpose == NULL && layer > 0);
    return terms;
}

cs_terms cs_decide_governing_terms(const cs_scene *scene)
{
    return nearest_terms(scene, false);
}

cs_terms cs_decide_newest_terms(const cs_scene *scene)
{
    return nearest_terms(scene, true);
}

cs_terms cs_decide_ruling_terms(const cs_scene *scene)
{
    cs_terms ruling = nearest_terms(scene, false);
    if (ruling.purpose == NULL)
        ruling = nearest_terms(scene, true);
    return ruling;
}

cs_terms cs_decide_granted_terms(const cs_scene *scene, const cs_act *grant)
{
    cs_terms none = {.index = CS_NO_POLICY};
    size_t below = cs_decide_bundle(scene, grant);
    if (below == CS_NO_POLICY)
        return none;
    cs_terms terms = terms_of(scene, below, 0);
    terms.layer = scene->layer_count > 1 && grant->policy == scene->layers[1].name ? 1 : 0;
    if (grant->overlay != 0) {
        size_t above = cs_decide_overlay(scene, grant);
        if (above == CS_NO_POLICY)
            return none;
        cs_terms product = terms_of(scene, above, 1);
        if (product.purpose != NULL)
            terms = product;
    }
    return is_declared(terms.purpose) ? terms : none;
}

/* In the policy that now rules the purpose, or would if the version had been accepted. */
bool cs_decide_grant_governs(const cs_scene *scene, const cs_terms *granted)
{
    if (granted->layer >= scene->layer_count)
        return false;
    const cs_layer *layer = &scene->layers[granted->layer];
    const cs_policy *governing = cs_decide_policy(scene, layer->governing);
    cs_terms newest = cs_decide_newest_terms(scene);
    return governing != NULL && strcmp(granted->policy->id, layer->id) == 0 && newest.layer == granted->layer &&
           cs_policy_compare_version(granted->policy, governing) > 0 && cs_decide_asks_choice(granted);
}

/* ---- holding a query against versions --------------------------------------------------------------- */

/* What a query is measured by: terms once agreed to, which must allow it and everything that came after. */
typedef struct measure {
    cs_scene *scene;
    const cs_str *data;
    const cs_act *grant; /* NULL: the acceptance of the governing version */
    cs_terms agreed;
    int64_t shortest_ms;
} measure;

static int64_t shorter(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a == 0 ? b : a;
    return a < b ? a : b;
}

int64_t cs_decide_retention_ms(const cs_scene *scene, const cs_terms *terms)
{
    const cs_minors *minors = &terms->policy->minors;
    bool child = scene->age_known && scene->age < minors->child_under;
    return shorter(terms->purpose->retention.period_ms, child ? minors->retention_ms : 0);
}

static int64_t life_of(const measure *m, const cs_terms *terms)
{
    return shorter(terms->purpose->grant_lifetime_ms, cs_decide_retention_ms(m->scene, terms));
}

static bool covers(const cs_terms *agreed, const cs_terms *later)
{
    if (agreed->purpose == later->purpose)
        return true;
    /* A stricter form is no wider for the diff, but what was given in the looser one is not given in it. */
    if (cs_purpose_effective_form(agreed->policy, agreed->purpose) !=
        cs_purpose_effective_form(later->policy, later->purpose))
        return false;
    return !cs_purpose_widened(agreed->policy, agreed->purpose, later->policy, later->purpose);
}

/* Terms shrink for good with every version above the grant's own that the same side ever accepted. */
static bool covered_by_all_agreed(measure *m, const cs_terms *later)
{
    if (!covers(&m->agreed, later))
        return false;
    for (size_t i = 0; m->grant != NULL && i < m->scene->set->count; i++) {
        const cs_policy *policy = m->scene->set->policies[i];
        if (strcmp(policy->id, m->agreed.policy->id) != 0 || cs_policy_compare_version(policy, m->agreed.policy) <= 0 ||
            !cs_decide_ever_accepted(m->scene, policy, (cs_side)m->grant->side))
            continue;
        cs_terms shrunk = {.index = i,
                           .layer = m->agreed.layer,
                           .policy = policy,
                           .purpose = cs_policy_purpose(policy, m->scene->query->purpose)};
        if (shrunk.purpose == NULL && m->agreed.layer == 1 && m->scene->platform_item)
            continue; /* the product no longer speaks of it: the platform's terms are measured */
        if (!cs_decide_declares(&shrunk, m->scene->query, m->data) || !covers(&shrunk, later))
            return false;
        m->shortest_ms = shorter(m->shortest_ms, life_of(m, &shrunk));
    }
    return true;
}

static bool holds(measure *m, const cs_terms *later)
{
    if (!cs_decide_declares(later, m->scene->query, m->data) || !covered_by_all_agreed(m, later))
        return false;
    m->shortest_ms = shorter(m->shortest_ms, life_of(m, later));
    return true;
}

/* The version from which on this layer's versions are held against the query. */
static const cs_policy *held_from(const measure *m, size_t layer)
{
    const cs_layer *l = &m->scene->layers[layer];
    const cs_policy *from = cs_decide_policy(m->scene, l->governing);
    if (m->grant != NULL && m->agreed.layer == layer && cs_decide_grant_governs(m->scene, &m->agreed))
        from = m->agreed.policy;
    return from;
}

static bool holds_against_layer(measure *m, size_t layer)
{
    const cs_layer *l = &m->scene->layers[layer];
    const cs_policy *from = held_from(m, layer);
    for (size_t i = 0; i < m->scene->set->count; i++) {
        const cs_policy *policy = m->scene->set->policies[i];
        if (strcmp(policy->id, l->id) != 0 || cs_policy_compare_version(policy, from) < 0 ||
            !cs_decide_effective(m->scene, policy))
            continue;
        cs_terms later = terms_of(m->scene, i, layer);
        bool falls_back = layer == 1 && later.purpose == NULL;
        if (falls_back ? !holds_against_layer(m, 0) : !holds(m, &later))
            return false;
    }
    return true;
}

static bool holds_against_all(measure *m)
{
    return cs_decide_declares(&m->agreed, m->scene->query, m->data) &&
           holds_against_layer(m, m->scene->layer_count - 1);
}

bool cs_decide_inside_accepted(cs_scene *scene, const cs_str *data)
{
    measure m = {.scene = scene, .data = data, .agreed = cs_decide_governing_terms(scene)};
    return m.agreed.purpose != NULL && holds_against_all(&m);
}

bool cs_decide_inside_granted(cs_scene *scene, const cs_act *grant, const cs_str *data, int64_t *lifetime_ms)
{
    measure m = {.scene = scene, .data = data, .grant = grant, .agreed = cs_decide_granted_terms(scene, grant)};
    if (m.agreed.purpose == NULL)
        return false;
    m.shortest_ms = life_of(&m, &m.agreed);
    bool inside = holds_against_all(&m);
    *lifetime_ms = m.shortest_ms;
    return inside;
}

/* ---- the service's end --------------------------------------------------------------------------- */

/* Was this version still the newest when the end came that it set? */
static bool end_stood(cs_scene *scene, const cs_policy *closing, int64_t end_ms)
{
    for (size_t i = 0; i < scene->set->count; i++) {
        const cs_policy *other = scene->set->policies[i];
        if (strcmp(other->id, closing->id) == 0 && cs_policy_compare_version(other, closing) > 0 &&
            other->effective_ms <= end_ms)
            return false;
    }
    return true;
}

bool cs_decide_ended(cs_scene *scene, const cs_layer *layer)
{
    for (size_t i = 0; i < scene->set->count; i++) {
        const cs_policy *policy = scene->set->policies[i];
        if (strcmp(policy->id, layer->id) != 0 || !policy->closing)
            continue;
        int64_t end_ms = policy->closing_end_ms > policy->effective_ms ? policy->closing_end_ms : policy->effective_ms;
        if (cs_decide_reached(scene, end_ms) && end_stood(scene, policy, end_ms) &&
            !cs_decide_accepted_since(scene, layer, policy, end_ms))
            return true;
    }
    return false;
}

bool cs_decide_controller_changed(cs_scene *scene, const cs_layer *layer)
{
    const cs_policy *governing = cs_decide_policy(scene, layer->governing);
    for (size_t i = 0; i < scene->set->count; i++) {
        const cs_policy *policy = scene->set->policies[i];
        if (strcmp(policy->id, layer->id) == 0 && cs_policy_compare_version(policy, governing) > 0 &&
            !policy->controller_bound && strcmp(policy->controller_id, governing->controller_id) != 0 &&
            cs_decide_effective(scene, policy))
            return true;
    }
    return false;
}
