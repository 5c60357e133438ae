/* The twelve rules, in their order: decisions.md section 4. The first that applies wins. */
#include "decide/scene.h"

#include <string.h>

/* One data item of the question (or the question as a whole), on its way down the rules. */
typedef struct matter {
    cs_scene *scene;
    const cs_str *data; /* NULL: the purpose declares none */
    cs_terms governing, newest;
    cs_terms ruling; /* governing, else newest; of a newer version where a grant from its form governs the item */
    bool initiated;  /* by the person, just now */
    bool child;      /* under child_under: the guardian chooses */
    bool minor;      /* under guardian_under */
    cs_item item;    /* the choice of whoever chooses; rules 9 and 10 */
} matter;

/* ---- answering ------------------------------------------------------------------------------------- */

static bool answer(cs_decision *out, consent_decision decision, int32_t rule, consent_reason reason)
{
    out->decision = (int32_t)decision;
    out->rule = rule;
    out->reason = (int32_t)reason;
    return true;
}

static bool deny(cs_decision *out, int32_t rule, consent_reason reason)
{
    return answer(out, CONSENT_DENY, rule, reason);
}

/* Asks, unless the last no is still to be respected and nobody came back to it. */
static bool ask_after(matter *m, cs_decision *out, int32_t rule, consent_reason reason, consent_reason quiet_reason,
                      int64_t quiet_until_ms)
{
    if (quiet_until_ms == 0 || m->initiated)
        return answer(out, CONSENT_ASK, rule, reason);
    out->ask_after_ms = quiet_until_ms;
    return deny(out, rule, quiet_reason);
}

static bool ask(cs_decision *out, int32_t rule, consent_reason reason)
{
    return answer(out, CONSENT_ASK, rule, reason);
}

static void call_for_policy(cs_decision *out, const cs_layer *layer, consent_occasion occasion, cs_subject subject)
{
    out->occasion = (int32_t)occasion;
    out->about_policy = true;
    out->subject = subject;
    out->form_policy = layer->newest;
    out->governing = layer->governing;
}

static int32_t occasion_of(const cs_terms *terms)
{
    switch (cs_purpose_effective_form(terms->policy, terms->purpose)) {
    case CS_FORM_SEPARATE:
    case CS_FORM_WRITTEN:
        return CONSENT_OCCASION_SEPARATE;
    case CS_FORM_ONCE:
        return CONSENT_OCCASION_ONCE;
    default:
        return CONSENT_OCCASION_OWN;
    }
}

/* A choice is asked for by the newest version that declares it. */
static void call_for_choice(const matter *m, cs_decision *out, cs_subject subject)
{
    const cs_terms *shown = cs_decide_declares(&m->newest, m->scene->query, m->data) ? &m->newest : &m->governing;
    out->about_policy = false;
    if (shown->purpose != NULL) {
        out->occasion = out->guardian_asked             ? CONSENT_OCCASION_GUARDIAN
                        : subject == CS_SUBJECT_CONFIRM ? CONSENT_OCCASION_CONFIRM
                                                        : occasion_of(shown);
        out->form_policy = shown->index;
    }
    out->subject = subject;
}

static int64_t policy_quiet(cs_scene *scene, const cs_layer *layer, const cs_moment *refused)
{
    return cs_decide_quiet_until(scene, refused, cs_decide_policy(scene, layer->governing)->cooldown_ms, 0);
}

static int64_t item_quiet(const matter *m, const cs_moment *refused)
{
    const cs_purpose *purpose = m->ruling.purpose;
    return cs_decide_quiet_until(m->scene, refused, purpose->cooldown_ms, purpose->refusal_lifetime_ms);
}

/* Asks about a subject that has refusals of its own, kept for the policy … */
static bool ask_of_policy(matter *m, cs_decision *out, int32_t rule, consent_reason reason, cs_subject subject,
                          const cs_layer *layer, consent_occasion occasion)
{
    call_for_policy(out, layer, occasion, subject);
    cs_moment refused = {0};
    cs_decide_subject_refusal(m->scene, subject, layer, false, 0, NULL, &refused);
    cs_decide_later(&refused, &m->scene->state->recovered);
    return ask_after(m, out, rule, reason, reason, policy_quiet(m->scene, layer, &refused));
}

/* … or for the item: `refusal` (NULL: none) is one of the choice itself. */
static bool ask_of_item(matter *m, cs_decision *out, int32_t rule, consent_reason reason, cs_subject subject,
                        const cs_act *refusal)
{
    call_for_choice(m, out, subject);
    const cs_layer *layer = &m->scene->layers[m->ruling.layer];
    cs_moment refused = {0};
    cs_decide_subject_refusal(m->scene, subject, layer, true, 0, m->data, &refused);
    cs_decide_later_act(&refused, refusal);
    cs_decide_later(&refused, &m->scene->state->recovered);
    return ask_after(m, out, rule, reason, reason, item_quiet(m, &refused));
}

static bool answer_refused_at(matter *m, cs_decision *out, int32_t rule, cs_moment *refused)
{
    call_for_choice(m, out, CS_SUBJECT_ITEM);
    cs_decide_later(refused, &m->scene->state->recovered);
    return ask_after(m, out, rule, CONSENT_REASON_REFUSED_BEFORE, CONSENT_REASON_REFUSED_RECENTLY,
                     item_quiet(m, refused));
}

/* What a refused or withdrawn choice answers. */
static bool answer_refused(matter *m, cs_decision *out, int32_t rule, const cs_act *refusal)
{
    cs_moment refused = {0};
    cs_decide_later_act(&refused, refusal);
    return answer_refused_at(m, out, rule, &refused);
}

static bool allow(cs_decision *out, int32_t rule, consent_reason reason, const cs_terms *terms)
{
    out->ground = terms->purpose == NULL ? CONSENT_GROUND_CONSENT : terms->purpose->ground;
    if (terms->index != CS_NO_POLICY)
        out->governing = terms->index;
    return answer(out, CONSENT_ALLOW, rule, reason);
}

static void rest_on(const matter *m, cs_decision *out, const cs_act *act)
{
    out->evidence_stream = m->scene->state->streams[act->stream].id;
    out->evidence_seq = act->seq;
}

/* ---- rules 2 and 3: the question as a whole ---------------------------------------------------------- */

static bool rule_2_undeclared(const matter *m, cs_decision *out)
{
    bool declared =
        cs_decide_declares_all(&m->governing, m->scene->query) || cs_decide_declares_all(&m->newest, m->scene->query);
    bool law_dropped_it = cs_decide_ground_of_law(&m->governing) && m->newest.purpose == NULL;
    return (!declared || law_dropped_it) && deny(out, 2, CONSENT_REASON_UNDECLARED);
}

static bool rule_3_service_ended(cs_scene *scene, cs_decision *out)
{
    for (size_t i = 0; i < scene->layer_count; i++) {
        if (cs_decide_ended(scene, &scene->layers[i])) {
            out->governing = scene->layers[i].newest;
            return deny(out, 3, CONSENT_REASON_SERVICE_ENDED);
        }
    }
    return false;
}

/* ---- rule 11, which rules 4 and 8 call too ------------------------------------------------------------- */

static const cs_permission *permission_of(const matter *m)
{
    const cs_permission *permission = NULL;
    if (m->governing.purpose != NULL)
        permission = cs_policy_permission(m->governing.policy, m->scene->query->permission);
    if (permission == NULL && m->newest.purpose != NULL)
        permission = cs_policy_permission(m->newest.policy, m->scene->query->permission);
    return permission;
}

/* A system permission is necessary, never sufficient. C67 to C73. */
static bool rule_11_permission(matter *m, cs_decision *out)
{
    if (m->scene->query->permission.size == 0)
        return false;
    const cs_permission_state *state = cs_state_permission(m->scene->state, m->scene->query->permission);
    if (state != NULL && state->os_state == CONSENT_OS_GRANTED)
        return false;
    out->occasion = CONSENT_OCCASION_PERMISSION;
    out->form_policy = m->ruling.index;
    out->subject = CS_SUBJECT_ITEM;
    if (state != NULL && state->os_state == CONSENT_OS_BLOCKED) {
        out->ask_after_ms = INT64_MAX;
        return deny(out, 11, CONSENT_REASON_PERMISSION_REFUSED);
    }
    const cs_permission *permission = permission_of(m);
    cs_moment refused = {0};
    if (state != NULL)
        refused = state->refused;
    cs_decide_later(&refused, &m->scene->state->recovered);
    int64_t quiet_ms = cs_decide_quiet_until(m->scene, &refused, permission == NULL ? 0 : permission->cooldown_ms, 0);
    return ask_after(m, out, 11, CONSENT_REASON_PERMISSION_NEEDED, CONSENT_REASON_PERMISSION_REFUSED, quiet_ms);
}

/* At its field the person is told first, where the policy says so: of what no form of its own told. C29, C30, C54. */
static bool told_at_field(matter *m, cs_decision *out, int32_t rule)
{
    if (!cs_decide_awaits_notice(m->scene, &m->ruling, m->data))
        return false;
    ask_of_item(m, out, rule, CONSENT_REASON_FIELD_NOTICE, CS_SUBJECT_FIELD_NOTICE, NULL);
    out->occasion = CONSENT_OCCASION_FIELD;
    return true;
}

static bool exempt(matter *m, cs_decision *out, int32_t rule, const cs_terms *terms)
{
    return rule_11_permission(m, out) || (rule == 8 && told_at_field(m, out, rule)) ||
           allow(out, rule, CONSENT_REASON_EXEMPT, terms);
}

/* ---- rules 4 to 8 ---------------------------------------------------------------------------------------- */

/* Judged by the newest effective version, and before acceptance too. PIPL 13(3) to (5), 18. C86, C113. */
static bool rule_4_law(matter *m, cs_decision *out)
{
    return cs_decide_ground_of_law(&m->newest) && cs_decide_declares(&m->newest, m->scene->query, m->data) &&
           exempt(m, out, 4, &m->newest);
}

static bool refused_by(matter *m, cs_side side, cs_item *item)
{
    cs_decide_item(m->scene, m->data, side, item);
    return item->status == CS_CHOICE_REFUSED;
}

static bool ask_guardian(matter *m, cs_decision *out, const cs_act *refusal)
{
    out->guardian_asked = true;
    return ask_of_item(m, out, 5, CONSENT_REASON_GUARDIAN_REQUIRED, CS_SUBJECT_GUARDIAN_REQUIRED, refusal);
}

/* Under child_under the guardian chooses, and the child may still say no. */
static bool child_choice(matter *m, cs_decision *out)
{
    cs_item child, guardian;
    if (refused_by(m, CS_SIDE_PERSON, &child))
        return answer_refused(m, out, 5, child.refusal);
    bool refused = refused_by(m, CS_SIDE_GUARDIAN, &guardian);
    bool granted = guardian.status == CS_CHOICE_GRANTED;
    bool own = cs_decide_asks_choice(&m->ruling) || m->ruling.purpose->kind == CS_KIND_SHARE ||
               m->ruling.purpose->kind == CS_KIND_PUBLISH; /* C132: not by agreeing to the policy alone */
    bool wanting = own ? !granted : refused;
    return wanting && ask_guardian(m, out, refused ? guardian.refusal : NULL);
}

static bool minor_choice(matter *m, cs_decision *out)
{
    cs_item item;
    if (refused_by(m, CS_SIDE_PERSON, &item) || refused_by(m, CS_SIDE_GUARDIAN, &item))
        return answer_refused(m, out, 5, item.refusal);
    return false;
}

/* The minor accepted a version that the guardian has not agreed to. */
static bool ask_guardian_of_policy(matter *m, cs_decision *out, int32_t rule, const cs_layer *layer)
{
    const cs_minors *minors = &cs_decide_policy(m->scene, layer->wants_guardian)->minors;
    bool rules = m->scene->age < minors->child_under && minors->rules_version != 0;
    ask_of_policy(m, out, rule, CONSENT_REASON_GUARDIAN_REQUIRED, CS_SUBJECT_GUARDIAN_REQUIRED, layer,
                  rules ? CONSENT_OCCASION_CHILD_RULES : CONSENT_OCCASION_GUARDIAN);
    out->guardian_asked = true;
    out->form_policy = layer->wants_guardian; /* the guardian's yes counts for the version it names */
    return true;
}

static bool wants_guardian(matter *m, cs_decision *out)
{
    for (size_t i = 0; m->minor && i < m->scene->layer_count; i++) {
        const cs_layer *layer = &m->scene->layers[i];
        if (layer->accepted != CS_ACCEPTANCE_COUNTS && layer->wants_guardian != CS_NO_POLICY)
            return ask_guardian_of_policy(m, out, 5, layer);
    }
    return false;
}

/* PIPL 15, 28, 31. C129 to C136. */
static bool rule_5_minors(matter *m, cs_decision *out)
{
    const cs_purpose *purpose = m->ruling.purpose;
    const cs_function *function = purpose == NULL ? NULL : cs_policy_function_of(m->ruling.policy, purpose);
    if (function != NULL && function->needs_age && !m->scene->age_known)
        return ask_of_policy(m, out, 5, CONSENT_REASON_AGE_UNKNOWN, CS_SUBJECT_AGE_UNKNOWN,
                             &m->scene->layers[m->ruling.layer], CONSENT_OCCASION_AGE);
    if (!m->minor)
        return false;
    if (purpose != NULL && cs_decide_automated_marketing(purpose))
        return deny(out, 5, CONSENT_REASON_MINOR_MARKETING);
    if (wants_guardian(m, out))
        return true;
    if (purpose == NULL || purpose->ground != CONSENT_GROUND_CONSENT)
        return false;
    return m->child ? child_choice(m, out) : minor_choice(m, out);
}

static bool no_acceptance(matter *m, cs_decision *out, const cs_layer *layer)
{
    if (layer->accepted == CS_ACCEPTANCE_OUTGROWN)
        return ask_of_policy(m, out, 6, CONSENT_REASON_CAME_OF_AGE, CS_SUBJECT_CAME_OF_AGE, layer,
                             CONSENT_OCCASION_FIRST_RUN);
    call_for_policy(out, layer, CONSENT_OCCASION_FIRST_RUN, CS_SUBJECT_ITEM);
    cs_moment declined = {0};
    cs_decide_decline(m->scene, layer, 0, &declined);
    cs_decide_later(&declined, &m->scene->state->recovered);
    int64_t quiet_ms = policy_quiet(m->scene, layer, &declined);
    if (quiet_ms != 0 && !m->initiated)
        return ask_after(m, out, 6, CONSENT_REASON_REFUSED_BEFORE, CONSENT_REASON_POLICY_DECLINED, quiet_ms);
    if (layer->unconfirmed)
        return ask_of_policy(m, out, 6, CONSENT_REASON_CONFIRM, CS_SUBJECT_CONFIRM, layer, CONSENT_OCCASION_CONFIRM);
    return ask(out, 6, declined.seq == 0 ? CONSENT_REASON_NOTICE_REQUIRED : CONSENT_REASON_REFUSED_BEFORE);
}

/* Each policy has its own acceptance; a product's missing asks for that product only. PIPL 14, 17. C1 to C5. */
static bool rule_6_acceptance(matter *m, cs_decision *out)
{
    for (size_t i = 0; i < m->scene->layer_count; i++)
        if (m->scene->layers[i].accepted != CS_ACCEPTANCE_COUNTS)
            return no_acceptance(m, out, &m->scene->layers[i]);
    return false;
}

/* PIPL 22. C112. */
static bool rule_7_controller(matter *m, cs_decision *out)
{
    for (size_t i = 0; i < m->scene->layer_count; i++) {
        const cs_layer *layer = &m->scene->layers[i];
        if (!cs_decide_controller_changed(m->scene, layer))
            continue;
        uint32_t version = cs_decide_policy(m->scene, layer->newest)->version;
        cs_moment refused = {0};
        cs_decide_subject_refusal(m->scene, CS_SUBJECT_CONTROLLER_CHANGED, layer, false, version, NULL, &refused);
        cs_decide_decline(m->scene, layer, version, &refused);
        call_for_policy(out, layer, CONSENT_OCCASION_UPDATE, CS_SUBJECT_CONTROLLER_CHANGED);
        return ask_after(m, out, 7, CONSENT_REASON_CONTROLLER_CHANGED, CONSENT_REASON_CONTROLLER_CHANGED,
                         policy_quiet(m->scene, layer, &refused));
    }
    return false;
}

/* Judged by the governing version; a later one that takes it back, or grounds it otherwise, needs an act. PIPL 13(2), (6), (7). */
static bool rule_8_exempt(matter *m, cs_decision *out)
{
    const cs_purpose *purpose = m->governing.purpose;
    if (purpose == NULL ||
        (purpose->ground != CONSENT_GROUND_CONTRACT && purpose->ground != CONSENT_GROUND_MADE_PUBLIC &&
         purpose->ground != CONSENT_GROUND_OTHER_LAW))
        return false;
    return cs_decide_inside_accepted(m->scene, m->data) && exempt(m, out, 8, &m->governing);
}

/* ---- rules 9 and 10: the choice ----------------------------------------------------------------------------- */

/* The choice rests on grants: by the governing form, or by a newer version's that was granted all the same. */
static bool rests_on_grant(const matter *m)
{
    if (cs_decide_asks_choice(&m->ruling))
        return true;
    if (m->item.grant == NULL)
        return false;
    cs_terms granted = cs_decide_granted_terms(m->scene, m->item.grant);
    return granted.purpose != NULL && cs_decide_grant_governs(m->scene, &granted);
}

static bool ask_widened(matter *m, cs_decision *out)
{
    const cs_layer *layer = &m->scene->layers[m->newest.layer];
    uint32_t version = cs_decide_policy(m->scene, layer->newest)->version;
    cs_moment refused = {0};
    cs_decide_subject_refusal(m->scene, CS_SUBJECT_TERMS_WIDENED, layer, true, version, m->data, &refused);
    bool choice = cs_decide_asks_choice(&m->newest);
    if (!choice && m->minor && layer->wants_guardian == layer->newest)
        return ask_guardian_of_policy(m, out, 9, layer);
    if (choice) {
        out->guardian_asked = m->child;
        call_for_choice(m, out, CS_SUBJECT_TERMS_WIDENED);
    } else {
        cs_decide_subject_refusal(m->scene, CS_SUBJECT_TERMS_WIDENED, layer, false, version, NULL, &refused);
        cs_decide_decline(m->scene, layer, version, &refused);
        call_for_policy(out, layer, CONSENT_OCCASION_UPDATE, CS_SUBJECT_TERMS_WIDENED);
    }
    return ask_after(m, out, 9, CONSENT_REASON_TERMS_WIDENED, CONSENT_REASON_TERMS_WIDENED, item_quiet(m, &refused));
}

/* PIPL 14(2), 17(2). C154 to C166. */
static bool rule_9_terms(matter *m, cs_decision *out)
{
    cs_decide_item(m->scene, m->data, m->child ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON, &m->item);
    if (m->item.status == CS_CHOICE_REFUSED)
        return false;
    if (!rests_on_grant(m))
        return !cs_decide_inside_accepted(m->scene, m->data) && ask_widened(m, out);
    bool lacks_this_data = m->item.grant == NULL && m->item.other_data_granted;
    return (m->item.status == CS_CHOICE_WIDENED || lacks_this_data) && ask_widened(m, out);
}

static bool ask_first(matter *m, cs_decision *out)
{
    if (m->scene->state->recovered.seq != 0)
        return answer_refused(m, out, 10, NULL);
    call_for_choice(m, out, CS_SUBJECT_ITEM);
    return ask(out, 10, CONSENT_REASON_NOT_ASKED);
}

static bool ask_to_confirm(matter *m, cs_decision *out)
{
    return ask_of_item(m, out, 10, CONSENT_REASON_CONFIRM, CS_SUBJECT_CONFIRM, NULL);
}

/* The refusal of what another key granted since: as if it had not, and then to be confirmed. */
static bool answer_no(matter *m, cs_decision *out)
{
    bool denied = answer_refused(m, out, 10, m->item.refusal) && out->decision == CONSENT_DENY;
    if (denied || !m->item.unconfirmed)
        return true;
    return ask_to_confirm(m, out);
}

/* Reads as withdrawn here until it is on again and, for own, separate and written, confirmed. C73, C75. */
static bool withdrawn_in_settings(matter *m, cs_decision *out)
{
    const cs_permission_state *state = cs_decide_switched_off(m->scene, &m->ruling);
    bool by_grant = rests_on_grant(m) && cs_purpose_effective_form(m->ruling.policy, m->ruling.purpose) != CS_FORM_ONCE;
    if (state == NULL || (by_grant && cs_decide_given_since(m->scene, m->item.grant, &state->revoked)))
        return false;
    bool off = state->revoked.seq > state->on.seq;
    if (off && (state->os_state != CONSENT_OS_BLOCKED || m->scene->query->permission.size == 0)) {
        cs_moment revoked = state->revoked;
        answer_refused_at(m, out, 10, &revoked);
        if (m->scene->query->permission.size != 0)
            out->occasion = CONSENT_OCCASION_PERMISSION;
        return true;
    }
    return !off && by_grant && ask_to_confirm(m, out);
}

/* PIPL 13(1), 14 to 16, 23 to 26, 29, 30. C19, C20, C45, C55, C143. */
static bool rule_10_choice(matter *m, cs_decision *out)
{
    if (m->item.status == CS_CHOICE_REFUSED)
        return answer_no(m, out);
    /* Of a policy-form purpose a grant only lifts a refusal: without one it is not missed. */
    if (m->item.status == CS_CHOICE_OUTGROWN && (rests_on_grant(m) || m->item.refusal != NULL))
        return ask_of_item(m, out, 10, CONSENT_REASON_CAME_OF_AGE, CS_SUBJECT_CAME_OF_AGE, NULL);
    if (rests_on_grant(m)) {
        if (m->item.status == CS_CHOICE_EXPIRED) {
            call_for_choice(m, out, CS_SUBJECT_ITEM);
            return ask(out, 10, CONSENT_REASON_EXPIRED);
        }
        if (m->item.status == CS_CHOICE_CONFIRM)
            return ask_to_confirm(m, out);
        if (m->item.status != CS_CHOICE_GRANTED)
            return ask_first(m, out);
    }
    return withdrawn_in_settings(m, out);
}

static bool rule_12_consented(matter *m, cs_decision *out)
{
    if (m->ruling.purpose != NULL && rests_on_grant(m)) {
        cs_terms granted = cs_decide_granted_terms(m->scene, m->item.grant);
        rest_on(m, out, m->item.grant);
        out->expires_ms = m->item.expires_ms;
        return allow(out, 12, CONSENT_REASON_CONSENTED,
                     cs_decide_grant_governs(m->scene, &granted) ? &granted : &m->governing);
    }
    const cs_layer *layer = &m->scene->layers[m->ruling.purpose == NULL ? m->scene->layer_count - 1 : m->ruling.layer];
    rest_on(m, out, layer->evidence);
    out->governing = layer->governing;
    return allow(out, 12, CONSENT_REASON_CONSENTED, &m->governing);
}

/* ---- the question ---------------------------------------------------------------------------------------- */

static void reset(cs_decision *out)
{
    memset(out, 0, sizeof *out);
    out->governing = out->form_policy = CS_NO_POLICY;
    out->data_index = SIZE_MAX;
    out->valid_until_ms = INT64_MAX;
}

static void regard_age(matter *m, const cs_policy *policy)
{
    m->child |= m->scene->age_known && m->scene->age < policy->minors.child_under;
    m->minor |= m->child || (m->scene->age_known && m->scene->age < policy->minors.guardian_under);
}

static void look_up(matter *m, cs_scene *scene)
{
    memset(m, 0, sizeof *m);
    m->scene = scene;
    m->initiated = scene->query->user_initiated;
    m->governing = cs_decide_governing_terms(scene);
    m->newest = cs_decide_newest_terms(scene);
    m->ruling = *(m->governing.purpose != NULL ? &m->governing : &m->newest);
    for (size_t i = 0; i < scene->layer_count; i++)
        regard_age(m, cs_decide_policy(scene, scene->layers[i].governing));
}

/* A grant given from a newer version's form governs its item: that version's terms and age bounds rule it. */
static void look_up_grant(matter *m, cs_side side)
{
    cs_decide_item(m->scene, m->data, side, &m->item);
    if (m->item.grant == NULL)
        return;
    cs_terms granted = cs_decide_granted_terms(m->scene, m->item.grant);
    if (granted.purpose == NULL || !cs_decide_grant_governs(m->scene, &granted))
        return;
    m->ruling = granted;
    regard_age(m, granted.policy);
}

static void decide_item(matter *m, cs_decision *out)
{
    reset(out);
    out->governing =
        m->governing.purpose != NULL ? m->governing.index : m->scene->layers[m->scene->layer_count - 1].governing;
    (void)(rule_4_law(m, out) || rule_5_minors(m, out) || rule_6_acceptance(m, out) || rule_7_controller(m, out) ||
           rule_8_exempt(m, out) || rule_9_terms(m, out) || rule_10_choice(m, out) || rule_11_permission(m, out) ||
           (!rests_on_grant(m) && told_at_field(m, out, 10)) || rule_12_consented(m, out));
}

static void decide_policy(matter *m, cs_decision *out)
{
    out->governing = m->scene->layers[m->scene->layer_count - 1].governing;
    (void)(wants_guardian(m, out) || rule_6_acceptance(m, out) || rule_7_controller(m, out) ||
           rule_12_consented(m, out));
}

/* A deny comes before an ask; among asks, the order of the rules. */
static bool weighs_more(const cs_decision *a, const cs_decision *b)
{
    if (a->decision != b->decision)
        return a->decision < b->decision;
    return a->rule < b->rule;
}

static void add_item(cs_decision *out, const cs_decision *item, size_t index, bool first)
{
    int64_t expires_ms = out->expires_ms;
    if (first || weighs_more(item, out)) {
        *out = *item;
        out->data_index = index;
    }
    if (out->decision != CONSENT_ALLOW || first)
        return;
    const int64_t ends_ms[] = {expires_ms, item->expires_ms};
    for (size_t i = 0; i < CS_COUNT_OF(ends_ms); i++)
        if (ends_ms[i] != 0 && (out->expires_ms == 0 || ends_ms[i] < out->expires_ms))
            out->expires_ms = ends_ms[i];
}

void cs_decide(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
               cs_decision *out)
{
    reset(out);
    if (query->function.size != 0) {
        cs_decide_function(set, state, query, now, out);
        return;
    }
    if (now->store_status != CONSENT_OK) {
        deny(out, 1, CONSENT_REASON_STORE_UNAVAILABLE);
        return;
    }
    cs_scene scene;
    matter m;
    if (!cs_decide_open_scene(&scene, set, state, query, now)) {
        deny(out, 2, CONSENT_REASON_UNDECLARED);
        out->valid_until_ms = scene.valid_until_ms;
        return;
    }
    look_up(&m, &scene);
    bool whole = query->purpose.size == 0;
    if ((whole || !rule_2_undeclared(&m, out)) && !rule_3_service_ended(&scene, out)) {
        if (whole)
            decide_policy(&m, out);
        for (size_t i = 0; !whole && i < (query->data_count == 0 ? 1 : query->data_count); i++) {
            cs_decision item;
            matter one = m;
            one.data = query->data_count == 0 ? NULL : &query->data[i];
            look_up_grant(&one, CS_SIDE_PERSON);
            if (one.child)
                look_up_grant(&one, CS_SIDE_GUARDIAN);
            decide_item(&one, &item);
            add_item(out, &item, query->data_count == 0 ? SIZE_MAX : i, i == 0);
        }
    }
    out->valid_until_ms = scene.valid_until_ms;
}
