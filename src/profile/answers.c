/* Questions about now, about the past, and why. */
#include "profile/internal.h"
#include "wire/wire.h"

#include <string.h>

/* ---- the shape of a question ----------------------------------------------------------------------------- */

consent_status cs_query_look(const consent_query *query, cs_str list[CS_PURPOSE_MAX_DATA], cs_query *out,
                             consent_error *err)
{
    memset(out, 0, sizeof *out);
    if (!query)
        return CONSENT_OK;
    if (query->data_count > CS_PURPOSE_MAX_DATA || (query->data_count != 0 && !query->data))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "query.data names more than %u items, or is NULL",
                       CS_PURPOSE_MAX_DATA);
    if ((query->permission == NULL) != (query->call_site == NULL))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "query.permission and query.call_site belong together; give both or none");
    out->scope = cs_str_of(query->scope);
    out->purpose = cs_str_of(query->purpose);
    out->function = cs_str_of(query->function);
    out->recipient = cs_str_of(query->recipient);
    out->permission = cs_str_of(query->permission);
    out->call_site = cs_str_of(query->call_site);
    for (size_t i = 0; i < query->data_count; i++)
        list[i] = cs_str_of(query->data[i]);
    out->data = list;
    out->data_count = query->data_count;
    out->user_initiated = query->user_initiated;
    if (query->data_state < CONSENT_DATA_IDENTIFIED || query->data_state > CONSENT_DATA_ANONYMISED)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "query.data_state is not a consent_data_state");
    out->data_state = (uint8_t)(query->data_state + 1);
    return CONSENT_OK;
}

static bool is_id(cs_str text)
{
    return text.size == 0 || cs_id_is_valid(text);
}

consent_status cs_query_names(const cs_query *query, consent_error *err)
{
    static const uint8_t members[] = {offsetof(cs_query, scope),      offsetof(cs_query, purpose),
                                      offsetof(cs_query, function),   offsetof(cs_query, recipient),
                                      offsetof(cs_query, permission), offsetof(cs_query, call_site)};
    size_t bad = 0;
    while (bad < CS_COUNT_OF(members) && is_id(*(const cs_str *)(const void *)((const char *)query + members[bad])))
        bad++;
    for (size_t i = 0; bad == CS_COUNT_OF(members) && i < query->data_count; i++)
        if (!is_id(query->data[i]))
            bad++;
    if (bad == CS_COUNT_OF(members))
        return CONSENT_OK;
    return cs_fail(
        err, CONSENT_E_ARGUMENT, 0, "query.%s is not an identifier (a-z, 0-9, '.', '-', '_', at most %u bytes)",
        cs_nth_text("scope\0purpose\0function\0recipient\0permission\0call_site\0data\0", bad), CS_ID_MAX_SIZE);
}

/* ---- the past ------------------------------------------------------------------------------------------------ */

consent_status cs_profile_check_at(cs_profile *profile, const cs_query *query, int64_t at_ms, bool hindsight,
                                   consent_verdict *verdict, consent_error *err)
{
    const cs_policy *list[CS_HOME_MAX_POLICIES]; /* held at that moment */
    cs_policy_set set = {list, 0};
    cs_decision decision;
    const int64_t until_ms = hindsight ? INT64_MAX : at_ms;
    const cs_now now = {.now_ms = at_ms, .logged_in = profile->has_account};
    cs_past past = {.until_ms = until_ms, .until_count = UINT64_MAX};
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    const cs_home *home = profile->home;
    cs_state_init(&past.state, &home->env.memory);
    if (hindsight)
        cs_state_set_horizon(&past.state, at_ms);
    status = cs_past_read(&past, profile->ledger, err);
    if (status == CONSENT_OK) {
        for (size_t i = 0; i < home->held_count; i++)
            if (home->held[i].installed_ms <= until_ms)
                list[set.count++] = home->held[i].policy;
        cs_decide(&set, &past.state, query, &now, &decision);
        cs_verdict_fill(&set, &decision, verdict);
    }
    cs_state_free(&past.state);
    cs_profile_unlock(profile);
    return status;
}

/* ---- why ------------------------------------------------------------------------------------------------------- */

typedef struct search {
    const uint8_t *stream;
    uint64_t seq;
    cs_json_out *out;
} search;

static consent_status search_event(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                   consent_error *err)
{
    const search *wanted = user;
    (void)bytes;
    (void)err;
    if (event->seq == wanted->seq && memcmp(stream, wanted->stream, CS_STREAM_ID_SIZE) == 0) {
        cs_json_put_name(wanted->out, "evidence");
        cs_event_json(stream, event, wanted->out);
    }
    return CONSENT_OK;
}

void cs_answer_json(int32_t decision, int32_t reason, cs_json_out *out)
{
    cs_json_member_text(out, "decision", cs_nth_text("deny\0ask\0allow\0", (size_t)decision));
    cs_json_member_text(out, "reason", consent_reason_name((consent_reason)reason));
}

static void verdict_json(const consent_verdict *verdict, cs_json_out *out)
{
    cs_answer_json(verdict->decision, verdict->reason, out);
    cs_json_member_text(out, "ground", consent_ground_name((consent_ground)verdict->ground));
    if (verdict->policy_version != 0) {
        cs_json_member_int(out, "policy_version", verdict->policy_version);
        cs_json_member_int(out, "policy_revision", verdict->policy_revision);
    }
    if (verdict->ask_after_ms == INT64_MAX) {
        cs_json_member_text(out, "ask_after", "never");
    } else if (verdict->ask_after_ms != 0) {
        cs_json_member_time(out, "ask_after", verdict->ask_after_ms);
    }
    if (verdict->expires_ms != 0)
        cs_json_member_time(out, "expires", verdict->expires_ms);
}

/* What a function cannot do without, and how each stands. */
static void needs_json(const cs_profile *profile, const cs_query *query, const cs_now *now, const cs_function *function,
                       cs_json_out *out)
{
    cs_json_member_array(out, "needs");
    for (uint16_t i = 0; i < function->need_count; i++) {
        cs_function_need need;
        cs_decide_need(&profile->home->policies, &profile->state, query, now, function->needs[i], &need);
        cs_json_open_object(out);
        cs_json_member_text(out, "purpose", need.purpose);
        if (need.recipient)
            cs_json_member_text(out, "recipient", need.recipient);
        cs_answer_json(need.decision.decision, need.decision.reason, out);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
}

static void text_json(const cs_texts *texts, cs_text text, const char *locale, const char *name, cs_json_out *out)
{
    const char *found = cs_texts_get(texts, text, locale);
    if (found[0])
        cs_json_member_text(out, name, found);
}

/* What refusing costs, in the words of the policy that tells of it (C19, C20, C42, C71). */
static consent_status cost_json(cs_profile *profile, const cs_query *query, const char *locale, cs_json_out *out,
                                consent_error *err)
{
    const cs_policy_set *set = &profile->home->policies;
    size_t index = CS_NO_POLICY;
    cs_texts *texts;
    cs_now now;
    cs_profile_now(profile, &now);
    const cs_function *function = cs_decide_function_of(set, &profile->state, query, &now, &index);
    if (!function)
        return CONSENT_OK;
    consent_status status = cs_home_texts(profile->home, set->policies[index], &texts, err);
    if (status != CONSENT_OK)
        return status;
    const cs_purpose *purpose = cs_policy_purpose(set->policies[index], query->purpose);
    if (purpose)
        text_json(texts, purpose->consequence, locale, "consequence", out);
    const cs_permission *permission = cs_policy_permission(set->policies[index], query->permission);
    if (permission) {
        text_json(texts, permission->consequence, locale, "permission_consequence", out);
        text_json(texts, permission->settings, locale, "settings", out);
        text_json(texts, permission->alternative, locale, "alternative", out);
    }
    cs_json_member_object(out, "function");
    cs_json_member_text(out, "id", function->id);
    cs_json_member_text(out, "kind", function->kind == CS_FUNCTION_ADDITIONAL ? "additional" : "basic");
    text_json(texts, function->name, locale, "name", out);
    text_json(texts, function->refusal, locale, "refusal", out);
    if (query->function.size)
        needs_json(profile, query, &now, function, out);
    cs_json_close_object(out);
    cs_texts_free(texts);
    return CONSENT_OK;
}

consent_status cs_profile_explain(cs_profile *profile, const cs_query *query, const char *locale, cs_json_out *out,
                                  consent_error *err)
{
    cs_ask *ask;
    consent_status status = cs_profile_ask(profile, query, &ask, err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_lock(profile);
    cs_ask_decide(ask);
    const cs_decision *decision = &ask->decision;
    cs_json_open_object(out);
    cs_json_member_int(out, "v", 1);
    verdict_json(&ask->verdict, out);
    cs_json_member_int(out, "rule", decision->rule);
    cs_json_member_text(out, "rule_name", cs_decision_rule_name(decision->rule));
    cs_json_member_text(out, "source", cs_decision_rule_source(decision->rule, decision->reason));
    cs_json_member_text(out, "text", cs_decision_text(decision, locale ? locale : "zh-CN"));
    status = cost_json(profile, &ask->query, locale, out, err);
    if (status == CONSENT_OK && decision->evidence_stream && decision->evidence_seq != 0 && profile->ledger) {
        search wanted = {decision->evidence_stream, decision->evidence_seq, out};
        status = cs_profile_each_event(profile, search_event, &wanted, err);
    }
    cs_json_close_object(out);
    cs_profile_unlock(profile);
    cs_ask_release(ask);
    return status;
}
