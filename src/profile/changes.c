/* What acts changed for the app: every purpose that the policies in force declare is decided twice, on what the record said
 * at the cursor and on what it says now. Both at this moment, under the policies held now: time and policies are no acts. */
#include "profile/internal.h"

#include <string.h>

typedef struct comparing {
    cs_profile *profile;
    cs_past past;
    cs_now now;
    uint64_t cursor;
    cs_buffer *out;
} comparing;

/* ---- one purpose ---------------------------------------------------------------------------------------------- */

typedef struct change {
    cs_str data;
    int32_t before, before_reason, after, after_reason;
    bool told;
} change;

static bool decide_both(const comparing *all, const cs_query *query, change *out)
{
    cs_decision before, after;
    const cs_policy_set *set = &all->profile->home->policies;
    cs_decide(set, &all->past.state, query, &all->now, &before);
    cs_decide(set, &all->profile->state, query, &all->now, &after);
    *out = (change){query->data_count ? query->data[0] : (cs_str){NULL, 0},
                    before.decision,
                    before.reason,
                    after.decision,
                    after.reason,
                    false};
    return before.decision != after.decision || before.reason != after.reason;
}

static void put_answer(cs_json_out *json, const char *name, int32_t decision, int32_t reason)
{
    cs_json_member_object(json, name);
    cs_answer_json(decision, reason, json);
    cs_json_close_object(json);
}

/* Data items that changed alike share a line. */
static void put_line(const comparing *all, const cs_query *query, change *list, size_t count, size_t first)
{
    cs_json_out json;
    const change *like = &list[first];
    cs_json_out_init(&json, all->out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "cursor", (int64_t)all->cursor);
    cs_json_member_str(&json, "scope", query->scope);
    cs_json_member_str(&json, "purpose", query->purpose);
    if (query->recipient.size)
        cs_json_member_str(&json, "recipient", query->recipient);
    if (like->data.size) {
        cs_json_member_array(&json, "data");
        for (size_t i = first; i < count; i++) {
            bool alike = list[i].before == like->before && list[i].before_reason == like->before_reason &&
                         list[i].after == like->after && list[i].after_reason == like->after_reason;
            if (list[i].told || !alike)
                continue;
            cs_json_put_str(&json, list[i].data);
            list[i].told = true;
        }
        cs_json_close_array(&json);
    }
    put_answer(&json, "before", like->before, like->before_reason);
    put_answer(&json, "after", like->after, like->after_reason);
    cs_json_close_object(&json);
    cs_buffer_text(all->out, "\n");
}

static void compare_for(const comparing *all, const cs_policy *policy, const cs_purpose *purpose,
                        const cs_purpose_recipient *via)
{
    change list[CS_PURPOSE_MAX_DATA];
    size_t count = 0;
    cs_str item;
    cs_query query = {.scope = cs_str_of(policy->scope), .purpose = cs_str_of(purpose->id), .data = &item};
    if (via)
        query.recipient = cs_str_of(policy->recipients[via->recipient].id);
    for (uint16_t i = 0; i < purpose->data_count; i++) {
        if (via && !cs_purpose_recipient_gets(via, i))
            continue;
        item = cs_str_of(policy->data[purpose->data[i].item].id);
        query.data_count = 1;
        count += decide_both(all, &query, &list[count]);
    }
    if (purpose->data_count == 0)
        count += decide_both(all, &query, &list[0]);
    for (size_t i = 0; i < count; i++)
        if (!list[i].told)
            put_line(all, &query, list, count, i);
}

static void compare_policy(const comparing *all, const cs_policy *policy, const cs_policy *told_before)
{
    for (uint16_t i = 0; i < policy->purpose_count; i++) {
        const cs_purpose *purpose = &policy->purposes[i];
        if (told_before && cs_policy_purpose(told_before, cs_str_of(purpose->id)))
            continue;
        compare_for(all, policy, purpose, NULL);
        for (uint16_t j = 0; j < purpose->recipient_count; j++)
            compare_for(all, policy, purpose, &purpose->recipients[j]);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

/* Each scope once: what its newest version declares, and what only the governing one still does. */
static void compare_all(const comparing *all)
{
    const cs_policy_set *set = &all->profile->home->policies;
    for (size_t i = 0; i < set->count; i++) {
        cs_standing standing;
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || strcmp(set->policies[j]->scope, set->policies[i]->scope) == 0;
        if (seen)
            continue;
        cs_decide_standing(set, &all->profile->state, cs_str_of(set->policies[i]->scope), &all->now, &standing);
        if (standing.newest == CS_NO_POLICY)
            continue;
        compare_policy(all, set->policies[standing.newest], NULL);
        if (standing.governing != CS_NO_POLICY && standing.governing != standing.newest)
            compare_policy(all, set->policies[standing.governing], set->policies[standing.newest]);
    }
}

static consent_status compare(cs_profile *profile, uint64_t after_seq, cs_buffer *out, consent_error *err)
{
    comparing all = {.profile = profile,
                     .past = {.until_ms = INT64_MAX, .until_count = after_seq},
                     .cursor = profile->ledger ? cs_ledger_event_count(profile->ledger) : 0,
                     .out = out};
    if (after_seq > all.cursor)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "the cursor %llu is ahead of the record, which ends at %llu: the record began anew, begin at 0",
                       (unsigned long long)after_seq, (unsigned long long)all.cursor);
    cs_state_init(&all.past.state, &profile->home->env.memory);
    consent_status status = cs_past_read(&all.past, profile->ledger, err);
    if (status == CONSENT_OK) {
        cs_profile_now(profile, &all.now);
        compare_all(&all);
        status = cs_buffer_status(out, "the changes", err);
    }
    cs_state_free(&all.past.state);
    return status;
}

consent_status cs_profile_changes(cs_profile *profile, uint64_t after_seq, cs_buffer *out, consent_error *err)
{
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = compare(profile, after_seq, out, err);
    cs_profile_unlock(profile);
    return status;
}
