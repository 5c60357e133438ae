/* What becomes events: forms, withdrawals, what the operating system says. */
#include "profile/internal.h"
#include "profile/rights.h"

#include <string.h>

#define DOCUMENT_JSON_MAX CS_DOCUMENT_MAX_BYTES

/* ---- forms ------------------------------------------------------------------------------------------------- */

/* The version whose form to show, and the occasion where the caller left it open. */
static consent_status choose(cs_profile *profile, const cs_form_request *request, const cs_now *now, int32_t *occasion,
                             const cs_policy **policy, consent_error *err)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_standing standing;
    size_t chosen;
    bool answers = request->occasion == 0 || request->occasion == CONSENT_OCCASION_GUARDIAN ||
                   request->occasion == CONSENT_OCCASION_CHILD_RULES || request->occasion == CONSENT_OCCASION_CONFIRM;
    *occasion = request->occasion;
    cs_decide_standing(set, &profile->state, request->query.scope, now, &standing);
    chosen = standing.newest;
    if (request->occasion == CONSENT_OCCASION_MANAGE || request->occasion == CONSENT_OCCASION_EXTERNAL) {
        chosen = standing.governing;
    } else if (answers || request->query.purpose.size != 0) {
        cs_decision decision;
        cs_decide(set, &profile->state, &request->query, now, &decision);
        if (request->occasion == 0)
            *occasion = decision.occasion;
        if (*occasion == 0)
            return cs_fail(err, CONSENT_E_REJECTED, 0, "nothing is to be asked: the answer is %s, %s",
                           decision.decision == CONSENT_ALLOW ? "allow" : "deny",
                           consent_reason_name((consent_reason)decision.reason));
        bool guardians =
            request->occasion == CONSENT_OCCASION_GUARDIAN || request->occasion == CONSENT_OCCASION_CHILD_RULES;
        if (guardians && decision.decision == CONSENT_ALLOW && standing.wants_guardian != CS_NO_POLICY)
            chosen = standing.wants_guardian;
        else if (decision.form_policy != CS_NO_POLICY)
            chosen = decision.form_policy;
        else if (*occasion == CONSENT_OCCASION_FIELD)
            chosen = decision.governing; /* nothing is asked: told by the terms in force */
    }
    if (chosen == CS_NO_POLICY || chosen >= set->count)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "no policy in force is held for this scope; install one first");
    *policy = set->policies[chosen];
    return CONSENT_OK;
}

/* Of the policy, or of its child rules. */
static consent_status load_document(cs_profile *profile, const cs_policy *policy, const char *locale, bool child_rules,
                                    cs_document **document, consent_error *err)
{
    cs_buffer json;
    const cs_minors *minors = &policy->minors;
    cs_buffer_init(&json, &profile->home->env.memory, DOCUMENT_JSON_MAX);
    consent_status status =
        child_rules ? cs_home_child_rules(profile->home, minors->rules_id, minors->rules_version, locale, &json, err)
                    : cs_home_document(profile->home, policy, locale, &json, err);
    if (status == CONSENT_OK)
        status = cs_document_parse(&profile->home->env.memory, (cs_str){(const char *)json.data, json.size}, "document",
                                   document, err);
    cs_buffer_free(&json);
    return status;
}

static consent_status build(cs_profile *profile, const cs_form_request *request, const cs_now *now, cs_form **out,
                            consent_error *err)
{
    cs_form_input input = {.memory = &profile->home->env.memory,
                           .policies = &profile->home->policies,
                           .state = &profile->state,
                           .now = now,
                           .platform = profile->home->platform,
                           .query = request->query,
                           .user_initiated = request->user_initiated,
                           .guardian = request->guardian,
                           .seen = cs_decide_seen(&profile->home->policies, &profile->state),
                           .notice = request->notice};
    cs_texts *texts = NULL;
    cs_document *document = NULL, *rules = NULL;
    cs_buffer words;
    consent_status status = choose(profile, request, now, &input.occasion, &input.policy, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&words, &profile->home->env.memory, DOCUMENT_JSON_MAX);
    if (input.occasion == CONSENT_OCCASION_NOTICE)
        status = cs_profile_notice_words(profile, request, now, &words, &input.policy, err);
    if (words.size != 0)
        input.notice = (cs_str){(const char *)words.data, words.size};
    input.locale = request->locale ? request->locale : input.policy->locales[0];
    if (status == CONSENT_OK)
        status = cs_home_texts(profile->home, input.policy, &texts, err);
    if (status == CONSENT_OK && cs_form_wants_document(input.occasion))
        status = load_document(profile, input.policy, input.locale, false, &document, err);
    if (status == CONSENT_OK && input.occasion == CONSENT_OCCASION_CHILD_RULES && input.policy->minors.rules_id)
        status = load_document(profile, input.policy, input.locale, true, &rules, err);
    if (status == CONSENT_E_NOT_FOUND && document && !rules) /* no text: their facts stand in the policy */
        status = CONSENT_OK;
    if (status == CONSENT_OK) {
        input.texts = texts;
        input.document = document;
        input.child_rules = rules;
        status = cs_form_build(&input, out, err);
    }
    cs_document_free(rules);
    cs_document_free(document);
    cs_texts_free(texts);
    cs_buffer_free(&words);
    return status;
}

consent_status cs_profile_form(cs_profile *profile, const cs_form_request *request, cs_form **out, consent_error *err)
{
    cs_now now;
    consent_status status;
    *out = NULL;
    cs_profile_lock(profile);
    status = profile->health == CONSENT_OK ? cs_profile_refresh(profile, err) : cs_profile_tell_health(profile, err);
    if (status == CONSENT_OK) {
        cs_profile_now(profile, &now);
        status = build(profile, request, &now, out, err);
    }
    cs_profile_unlock(profile);
    return status;
}

static void remember_once(cs_profile *profile, const cs_event *events, size_t count, uint64_t first_seq)
{
    for (size_t i = 0; i < count; i++) {
        if (!events[i].once || events[i].type != CS_EVENT_GRANTED)
            continue;
        cs_once *slot = &profile->once[0];
        for (size_t j = 0; j < CS_PROFILE_MAX_ONCE; j++)
            if (profile->once[j].seq < slot->seq)
                slot = &profile->once[j];
        memset(slot, 0, sizeof *slot);
        memcpy(slot->purpose, events[i].purpose.data, events[i].purpose.size);
        if (events[i].recipient.size)
            memcpy(slot->recipient, events[i].recipient.data, events[i].recipient.size);
        slot->seq = first_seq + i;
    }
}

/* The text first, so that no act refers to a notice that is not there; a refusal does not wait for it. */
static consent_status record_shown(cs_profile *profile, cs_form *form, const cs_event *events, size_t count,
                                   bool restrictive, consent_error *err)
{
    uint64_t first_seq = 0;
    consent_status status = CONSENT_OK;
    if (profile->health == CONSENT_OK && profile->home->key_status == CONSENT_OK)
        status = cs_profile_store_notice(profile, cs_form_notice_hash(form), cs_form_notice(form), err);
    if (status != CONSENT_OK && !restrictive)
        return status;
    status = cs_profile_record_act(profile, events, count, restrictive, &first_seq, err);
    if (status == CONSENT_OK)
        remember_once(profile, events, count, first_seq);
    return status;
}

consent_status cs_profile_submit(cs_profile *profile, cs_form *form, const consent_submission *submission,
                                 int64_t shown_ms, consent_error *err)
{
    const cs_event *events = NULL;
    size_t count = 0;
    bool restrictive = false;
    cs_profile_lock(profile);
    consent_status status =
        cs_form_submit(form, submission, shown_ms, cs_profile_now_locked(profile), &events, &count, &restrictive, err);
    if (status == CONSENT_OK)
        status = record_shown(profile, form, events, count, restrictive, err);
    cs_profile_unlock(profile);
    return status;
}

consent_status cs_profile_permission_result(cs_profile *profile, cs_form *form, consent_os_state result,
                                            int64_t shown_ms, consent_error *err)
{
    const cs_event *events = NULL;
    size_t count = 0;
    cs_profile_lock(profile);
    consent_status status =
        cs_form_permission_result(form, result, shown_ms, cs_profile_now_locked(profile), &events, &count, err);
    if (status == CONSENT_OK)
        status = record_shown(profile, form, events, count, result != CONSENT_OS_GRANTED, err);
    cs_profile_unlock(profile);
    return status;
}

/* ---- withdrawing ------------------------------------------------------------------------------------------------ */

cs_policy_ref cs_policy_ref_of(const cs_policy *policy)
{
    return (cs_policy_ref){cs_str_of(policy->id), policy->version, policy->revision, policy->hash};
}

const cs_policy *cs_profile_governing(cs_profile *profile, cs_str scope)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_standing standing;
    cs_now now;
    cs_profile_now(profile, &now);
    cs_decide_standing(set, &profile->state, scope, &now, &standing);
    return standing.governing < set->count ? set->policies[standing.governing] : NULL;
}

void cs_profile_refer(cs_profile *profile, const cs_query *item, cs_event *event)
{
    const cs_policy *product = NULL, *platform = cs_profile_governing(profile, (cs_str){NULL, 0});
    if (item->scope.size != 0 && !cs_str_is(item->scope, "platform"))
        product = cs_profile_governing(profile, item->scope);
    bool shared = product && platform && item->purpose.size != 0 && cs_policy_purpose(platform, item->purpose);
    const cs_policy *speaks = product && !shared ? product : platform;
    if (speaks)
        event->policy = cs_policy_ref_of(speaks);
    if (shared)
        event->overlay = cs_policy_ref_of(product);
}

/* With the key away nothing can be sealed: a plain marker without names keeps the fact. */
static consent_status leave_marker(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    static const char text[] = "a withdrawal was made while the key was unavailable\n";
    consent_status status =
        cs_file_replace(&home->env, home->dir, CS_MARKER_NAME, (cs_span){(const uint8_t *)text, sizeof text - 1}, err);
    if (status != CONSENT_OK)
        return cs_fail(err, CONSENT_E_NOT_DURABLE, 0,
                       "the withdrawal holds in memory only: neither key nor disk answered");
    home->marker = true;
    return cs_fail(err, home->key_status, 0,
                   "the withdrawal is marked, but the key is away: withdraw again when it is back");
}

static void drop_marker(cs_home *home)
{
    if (!home->marker)
        return;
    if (home->env.file_unlink(home->env.ctx, home->dir, CS_MARKER_NAME) == 0 &&
        home->env.dir_sync(home->env.ctx, home->dir) == 0)
        home->marker = false;
}

consent_status cs_profile_withdraw(cs_profile *profile, const cs_query *item, consent_error *err)
{
    cs_event event = {.type = CS_EVENT_WITHDRAWN,
                      .purpose = item->purpose,
                      .recipient = item->recipient,
                      .method = CONSENT_METHOD_BUTTON,
                      .user_initiated = true};
    consent_status status;
    for (size_t i = 0; i < item->data_count; i++)
        event.data[event.data_count++] = item->data[i];
    cs_profile_lock(profile);
    if (cs_home_unlock(profile->home, NULL) != CONSENT_OK) {
        status = leave_marker(profile, err);
    } else {
        (void)cs_profile_refresh(profile, NULL);
        cs_profile_refer(profile, item, &event);
        status = cs_profile_record(profile, &event, 1, true, NULL, err);
        if (status == CONSENT_OK)
            drop_marker(profile->home);
    }
    cs_profile_unlock(profile);
    return status;
}

/* ---- what the operating system says --------------------------------------------------------------------------------- */

consent_status cs_profile_observe(cs_profile *profile, cs_str permission, consent_os_state state, consent_error *err)
{
    cs_event event = {.type = CS_EVENT_PERMISSION_RESULT,
                      .actor = CS_ACTOR_SYSTEM,
                      .permission = permission,
                      .os_state = (uint32_t)state,
                      .method = CONSENT_METHOD_OS_SETTINGS};
    consent_status status;
    cs_profile_lock(profile);
    status = cs_profile_refresh(profile, err);
    if (status == CONSENT_OK) {
        const cs_permission_state *known = cs_state_permission(&profile->state, permission);
        uint32_t before = known ? known->os_state : CONSENT_OS_UNKNOWN;
        bool off = state == CONSENT_OS_DENIED || state == CONSENT_OS_BLOCKED;
        /* "Denied" is also how systems call "never asked": it says nothing new unless the permission was on, or a
         * prompt has become impossible. */
        bool changed = state != CONSENT_OS_UNKNOWN && state != (consent_os_state)before &&
                       !(off && before == CONSENT_OS_UNKNOWN && state == CONSENT_OS_DENIED) &&
                       !(before == CONSENT_OS_BLOCKED && state == CONSENT_OS_DENIED);
        if (off && before == CONSENT_OS_GRANTED)
            event.type = CS_EVENT_PERMISSION_REVOKED;
        if (changed)
            status = cs_profile_record(profile, &event, 1, off, NULL, err);
    }
    cs_profile_unlock(profile);
    return status;
}
