/* A function as a whole: it works when the policy is accepted, the person is logged in where it takes that, and every purpose that
 * it cannot do without is allowed for the data that purpose requires. What is optional or conditional is never counted. */
#include "decide/decide.h"

#include "decide/scene.h"

#include <string.h>

/* The function that a question names, as the nearest policy describes it: the product's, else the platform's. */
static const cs_function *find(const cs_scene *scene, cs_str id, size_t *policy)
{
    const cs_function *found = NULL;
    for (size_t i = scene->layer_count; i-- > 0 && found == NULL;) {
        const size_t versions[] = {scene->layers[i].governing, scene->layers[i].newest};
        for (size_t v = 0; v < CS_COUNT_OF(versions) && found == NULL; v++) {
            const cs_policy *held = cs_decide_policy(scene, versions[v]);
            found = held == NULL ? NULL : cs_policy_function(held, id);
            *policy = versions[v];
        }
    }
    return found;
}

const cs_function *cs_decide_function_of(const cs_policy_set *set, const cs_state *state, const cs_query *query,
                                         const cs_now *now, size_t *policy)
{
    cs_query whole = {.scope = query->scope, .purpose = query->purpose};
    cs_scene scene;
    if (!cs_decide_open_scene(&scene, set, state, &whole, now))
        return NULL;
    if (query->function.size != 0)
        return find(&scene, query->function, policy);
    cs_terms terms = cs_decide_ruling_terms(&scene);
    *policy = terms.index;
    return terms.purpose == NULL ? NULL : cs_policy_function_of(terms.policy, terms.purpose);
}

/* What the purpose requires of the person for this recipient (NULL: for nobody in particular). */
static size_t required_data(const cs_terms *terms, const cs_purpose_recipient *via, cs_str data[CS_PURPOSE_MAX_DATA])
{
    size_t count = 0;
    for (uint16_t i = 0; i < terms->purpose->data_count; i++)
        if (terms->purpose->data[i].need == CS_NEED_REQUIRED && (via == NULL || cs_purpose_recipient_gets(via, i)))
            data[count++] = cs_str_of(terms->policy->data[terms->purpose->data[i].item].id);
    return count;
}

static bool is_nearer(const cs_decision *a, const cs_decision *b)
{
    return a->decision != b->decision ? a->decision > b->decision : a->rule > b->rule;
}

static void settle(cs_decision *out, consent_decision decision, int32_t rule, consent_reason reason)
{
    out->decision = (int32_t)decision;
    out->rule = rule;
    out->reason = (int32_t)reason;
    out->ground = CONSENT_GROUND_NONE;
    out->expires_ms = 0;
    out->evidence_seq = 0;
    out->evidence_stream = NULL;
}

void cs_decide_need(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
                    const char *purpose, cs_function_need *out)
{
    cs_str data[CS_PURPOSE_MAX_DATA];
    cs_query one = {
        .scope = query->scope, .purpose = cs_str_of(purpose), .data = data, .user_initiated = query->user_initiated};
    cs_scene scene;
    *out = (cs_function_need){.purpose = purpose, .decision = {.governing = CS_NO_POLICY, .valid_until_ms = INT64_MAX}};
    settle(&out->decision, CONSENT_DENY, 2, CONSENT_REASON_UNDECLARED);
    if (!cs_decide_open_scene(&scene, set, state, &one, now))
        return;
    cs_terms terms = cs_decide_ruling_terms(&scene);
    bool any = false, must = terms.purpose != NULL && cs_decide_must_name_recipient(terms.purpose);
    bool apart = must || cs_decide_asks_choice(&terms); /* each recipient is chosen for itself */
    for (int i = -1; terms.purpose != NULL && i < (apart ? (int)terms.purpose->recipient_count : 0); i++) {
        const cs_purpose_recipient *via = i < 0 ? NULL : &terms.purpose->recipients[i];
        const char *id = via == NULL ? NULL : terms.policy->recipients[via->recipient].id;
        bool named = apart && query->recipient.size != 0 &&
                     cs_purpose_recipient_of(terms.policy, terms.purpose, query->recipient) != NULL;
        if (named ? !cs_str_is(query->recipient, id) : via == NULL && must)
            continue;
        cs_decision answer;
        one.recipient = cs_str_of(id);
        one.data_count = required_data(&terms, via, data);
        cs_decide(set, state, &one, now, &answer);
        if (!any || is_nearer(&answer, &out->decision)) {
            out->recipient = id;
            out->decision = answer;
        }
        any = true;
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* C19, C20, C26, C30. The policy first, then the login, then what it needs: the first deny among the needs, else the first ask. */
void cs_decide_function(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
                        cs_decision *out)
{
    cs_query whole = {.scope = query->scope, .user_initiated = query->user_initiated};
    size_t policy = CS_NO_POLICY;
    cs_decide(set, state, &whole, now, out);
    const cs_function *function = cs_decide_function_of(set, state, query, now, &policy);
    if (out->rule != 1 && function == NULL)
        settle(out, CONSENT_DENY, 2, CONSENT_REASON_UNDECLARED);
    if (out->decision != CONSENT_ALLOW)
        return;
    out->governing = policy;
    if (function->needs_login && !now->logged_in) {
        settle(out, CONSENT_DENY, 13, CONSENT_REASON_LOGIN_NEEDED);
        return;
    }
    int64_t valid_until_ms = out->valid_until_ms;
    for (uint16_t i = 0; i < function->need_count; i++) {
        cs_function_need need;
        cs_decide_need(set, state, query, now, function->needs[i], &need);
        if (need.decision.valid_until_ms < valid_until_ms)
            valid_until_ms = need.decision.valid_until_ms;
        if (need.decision.decision < out->decision)
            *out = need.decision;
        else if (out->decision == CONSENT_ALLOW)
            out->expires_ms = sooner(out->expires_ms, need.decision.expires_ms);
    }
    out->valid_until_ms = valid_until_ms;
}
