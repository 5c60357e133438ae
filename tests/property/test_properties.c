/* The six properties of decisions.md section 6, and that forgetting replaced acts changes nothing, over random policies,
 * versions, devices and histories. Usage: test_properties [cases [seed]]. A counterexample prints its own seed: run that
 * one case with `test_properties 1 SEED`. */
#include "property/random_case.h"

#include "platform/platform.h"
#include "state/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR CS_HOUR_MS
#define QUERIES_PER_CASE 6

static uint64_t allowed_count, asked_count, denied_count, lost_count;
static uint64_t by_rule[13];

static cs_decision decide(const random_case *r, const cs_state *state, const cs_query *query, const cs_now *now)
{
    cs_decision out;
    cs_decide(&r->set, state, query, now, &out);
    return out;
}

static bool violated(const char *property, const random_case *r, const cs_query *query, const cs_decision *before,
                     const cs_decision *after, const char *detail)
{
    printf("property %s is violated: %s\n", property, detail);
    random_print(r);
    if (query != NULL)
        random_print_query(query);
    if (before != NULL)
        printf("  before: decision %d reason %s rule %d\n", before->decision,
               consent_reason_name((consent_reason)before->reason), before->rule);
    if (after != NULL)
        printf("  after: decision %d reason %s rule %d\n", after->decision,
               consent_reason_name((consent_reason)after->reason), after->rule);
    return false;
}

static bool same_answer(const cs_decision *a, const cs_decision *b)
{
    return a->decision == b->decision && a->reason == b->reason && a->rule == b->rule &&
           a->ask_after_ms == b->ask_after_ms && a->expires_ms == b->expires_ms && a->ground == b->ground;
}

/* ---- a: a no to something additional leaves the basic alone --------------------------------------------- */

static random_event own_event(const random_case *r, uint32_t type)
{
    random_event e = {.event = {.type = type, .policy = {.id = CS_STR("platform"), .version = 1}}};
    e.event.seq = 1000;
    e.event.time_ms = r->now.now_ms;
    e.event.session_id = r->now.session;
    e.event.elapsed_ms = r->now.elapsed_ms;
    return e;
}

static bool property_a(random_case *r, const cs_state *state, const cs_query *query)
{
    if (!random_is_basic(query->purpose))
        return true;
    cs_decision before = decide(r, state, query, &r->now);
    random_event no = own_event(r, random_one_in(r, 2) ? CS_EVENT_DENIED : CS_EVENT_WITHDRAWN);
    do
        no.event.purpose = random_purpose(r);
    while (random_is_basic(no.event.purpose));
    if (random_one_in(r, 2))
        no.event.recipient = CS_STR("pay-a");
    cs_state after_state;
    random_state(r, &after_state, 0);
    random_apply(&after_state, &no, true);
    cs_decision after = decide(r, &after_state, query, &r->now);
    cs_state_free(&after_state);
    return same_answer(&before, &after) ||
           violated("a", r, query, &before, &after, "a no to an additional purpose changed a basic one");
}

static bool lists_permission(const random_case *r, const cs_query *query, cs_str permission)
{
    for (size_t i = 0; i < r->set.count; i++) {
        const cs_policy *policy = r->set.policies[i];
        const cs_purpose *purpose = cs_policy_purpose(policy, query->purpose);
        for (uint16_t p = 0; purpose != NULL && p < purpose->permission_count; p++)
            if (cs_str_is(permission, policy->permissions[purpose->permissions[p]].id))
                return true;
    }
    return false;
}

static bool property_a_permission(random_case *r, const cs_state *state, const cs_query *query)
{
    if (!random_is_basic(query->purpose))
        return true;
    cs_decision before = decide(r, state, query, &r->now);
    random_event no = own_event(r, random_one_in(r, 2) ? CS_EVENT_PERMISSION_RESULT : CS_EVENT_PERMISSION_REVOKED);
    no.event.permission = random_one_in(r, 2) ? CS_STR("location") : CS_STR("camera");
    const cs_permission_state *known = cs_state_permission(state, no.event.permission);
    bool blocked = random_one_in(r, 3) || (known != NULL && known->os_state == CONSENT_OS_BLOCKED);
    no.event.os_state = blocked ? CONSENT_OS_BLOCKED : CONSENT_OS_DENIED;
    cs_state after_state;
    random_state(r, &after_state, 0);
    random_apply(&after_state, &no, true);
    cs_decision after = decide(r, &after_state, query, &r->now);
    cs_state_free(&after_state);
    if (same_answer(&before, &after))
        return true;
    bool needs = lists_permission(r, query, no.event.permission);
    bool milder =
        after.decision < before.decision || (after.decision == before.decision && after.decision != CONSENT_ALLOW);
    bool told = after.decision != CONSENT_DENY || after.ask_after_ms != 0;
    bool initiated = !query->user_initiated || blocked || after.decision != CONSENT_DENY;
    return (needs && milder && told && initiated) ||
           violated("a", r, query, &before, &after, "a system permission changed more than it may");
}

/* ---- b: nothing is consented to beyond accepting, without a grant ---------------------------------------- */

static bool property_b(random_case *r, const cs_query *query)
{
    uint64_t grants = 0;
    for (size_t i = 0; i < r->event_count; i++)
        if (r->events[i].event.type == CS_EVENT_GRANTED)
            grants |= UINT64_C(1) << i;
    cs_state state;
    random_state(r, &state, grants);
    cs_decision out = decide(r, &state, query, &r->now);
    cs_state_free(&state);
    if (out.decision != CONSENT_ALLOW || out.reason != CONSENT_REASON_CONSENTED)
        return true;
    const cs_policy *policy = r->set.policies[out.governing];
    const cs_purpose *purpose = cs_policy_purpose(policy, query->purpose);
    return (purpose != NULL && cs_purpose_effective_form(policy, purpose) == CS_FORM_POLICY) ||
           violated("b", r, query, NULL, &out, "consented without a grant");
}

/* ---- c: taking permissive events away never permits ------------------------------------------------------- */

static bool guardian_act(const cs_event *event)
{
    return event->actor == CS_ACTOR_GUARDIAN || event->type == CS_EVENT_GUARDIAN_VERIFIED;
}

static bool accepts(const cs_event *event)
{
    return event->type == CS_EVENT_POLICY_ACCEPTED || event->type == CS_EVENT_IMPORTED ||
           event->type == CS_EVENT_GUARDIAN_VERIFIED;
}

/* Whether the act also restricts because of another that it replaces or shrinks. */
static bool restricts_another(const random_case *r, size_t index)
{
    const cs_event *event = &r->events[index].event;
    for (size_t i = 0; i < r->event_count; i++) {
        const cs_event *other = &r->events[i].event;
        if (i == index)
            continue;
        if (accepts(event) && accepts(other))
            return true;
        if (event->type == CS_EVENT_GRANTED && other->type == CS_EVENT_GRANTED &&
            cs_str_equal(event->purpose, other->purpose) && cs_str_equal(event->recipient, other->recipient) &&
            guardian_act(event) == guardian_act(other))
            return true;
    }
    return false;
}

static bool removable(const random_case *r, size_t index)
{
    switch (r->events[index].event.type) {
    case CS_EVENT_NOTICE_SHOWN:
        return true;
    case CS_EVENT_POLICY_ACCEPTED:
    case CS_EVENT_IMPORTED:
    case CS_EVENT_GUARDIAN_VERIFIED:
    case CS_EVENT_GRANTED:
        return !restricts_another(r, index);
    case CS_EVENT_PERMISSION_RESULT:
        return r->events[index].event.os_state == CONSENT_OS_GRANTED;
    default:
        return false;
    }
}

static bool property_c(random_case *r, const cs_state *state, const cs_query *query)
{
    cs_decision before = decide(r, state, query, &r->now);
    if (before.decision == CONSENT_ALLOW)
        return true;
    uint64_t removed = 0;
    for (size_t i = 0; i < r->event_count; i++)
        if (removable(r, i) && random_one_in(r, 2))
            removed |= UINT64_C(1) << i;
    cs_state after_state;
    random_state(r, &after_state, removed);
    cs_decision after = decide(r, &after_state, query, &r->now);
    cs_state_free(&after_state);
    char detail[64];
    snprintf(detail, sizeof detail, "removing %llx permits", (unsigned long long)removed);
    return after.decision != CONSENT_ALLOW || violated("c", r, query, &before, &after, detail);
}

/* ---- d: time alone never permits --------------------------------------------------------------------------- */

static bool property_d(random_case *r, const cs_state *state, const cs_query *query)
{
    cs_decision before = decide(r, state, query, &r->now);
    cs_now later = r->now;
    int64_t passed_ms = (int64_t)(1 + random_below(r, random_one_in(r, 2) ? 300 : 24 * 400)) * HOUR;
    later.now_ms += passed_ms;
    later.elapsed_ms += passed_ms;
    cs_decision after = decide(r, state, query, &later);
    if (before.decision != CONSENT_ALLOW && after.decision == CONSENT_ALLOW && after.rule != 4)
        return violated("d", r, query, &before, &after, "time alone permits");
    /* The answer holds until it says. */
    if (later.now_ms < before.valid_until_ms && !same_answer(&before, &after) && before.decision != CONSENT_DENY)
        return violated("d", r, query, &before, &after, "the answer changed before valid_until");
    if (later.now_ms < before.valid_until_ms && before.decision != after.decision)
        return violated("d", r, query, &before, &after, "the decision changed before valid_until");
    return true;
}

/* ---- e: a function of the set ------------------------------------------------------------------------------- */

static void shuffled(random_case *r, size_t *order)
{
    for (size_t i = 0; i < r->event_count; i++)
        order[i] = i;
    for (size_t i = r->event_count; i > 1; i--) {
        size_t j = random_below(r, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static cs_buffer encoded(const cs_state *state)
{
    cs_buffer out;
    cs_buffer_init(&out, cs_memory_system(), CS_STATE_MAX_ENCODED);
    cs_state_encode(state, &out);
    return out;
}

/* As a backend sees it: every device is another's. */
static cs_buffer merged_in_order(const random_case *r, const size_t *order, random_case *dice)
{
    cs_state state;
    cs_state_init(&state, cs_memory_system());
    for (size_t i = 0; i < r->event_count; i++) {
        random_event e = r->events[order[i]];
        if (e.cursor != 0 && random_one_in(dice, 3)) { /* its receipt came later */
            uint64_t cursor = e.cursor;
            e.cursor = 0;
            random_apply(&state, &e, false);
            e.cursor = cursor;
        }
        random_apply(&state, &e, false);
        if (random_one_in(dice, 4)) /* and once more */
            random_apply(&state, &r->events[order[random_below(dice, i + 1)]], false);
    }
    cs_buffer out = encoded(&state);
    cs_state_free(&state);
    return out;
}

/* This device's answers, evidence included, do not show in which order it learned. */
static bool property_e_answers(random_case *r, const cs_state *state, const cs_query *query)
{
    size_t order[RANDOM_MAX_EVENTS];
    shuffled(r, order);
    cs_state other;
    cs_state_init(&other, cs_memory_system());
    for (size_t i = 0; i < r->event_count; i++) {
        const random_event *e = &r->events[order[i]];
        if (e->device == 0 || e->cursor != 0)
            random_apply(&other, e, e->device == 0);
    }
    cs_decision first = decide(r, state, query, &r->now), second = decide(r, &other, query, &r->now);
    bool same = same_answer(&first, &second) && first.evidence_seq == second.evidence_seq &&
                (first.evidence_stream == NULL) == (second.evidence_stream == NULL) &&
                (first.evidence_stream == NULL ||
                 memcmp(first.evidence_stream, second.evidence_stream, CS_STREAM_ID_SIZE) == 0);
    cs_state_free(&other);
    return same || violated("e", r, query, &first, &second, "another order of arrival gave another answer");
}

static bool property_e(random_case *r)
{
    size_t order[RANDOM_MAX_EVENTS];
    shuffled(r, order);
    cs_buffer first = merged_in_order(r, order, r);
    shuffled(r, order);
    cs_buffer second = merged_in_order(r, order, r);
    bool same = first.size == second.size && memcmp(first.data, second.data, first.size) == 0;
    cs_state copy;
    cs_state_init(&copy, cs_memory_system());
    same = same && cs_state_decode(&copy, cs_buffer_span(&first), NULL) == CONSENT_OK;
    cs_buffer third = encoded(&copy);
    same = same && first.size == third.size && memcmp(first.data, third.data, first.size) == 0;
    cs_state_free(&copy);
    cs_buffer_free(&first);
    cs_buffer_free(&second);
    cs_buffer_free(&third);
    return same || violated("e", r, NULL, NULL, NULL, "another order of arrival gave another state");
}

/* ---- f: what is never allowed --------------------------------------------------------------------------------- */

static bool covers_data(const cs_event *event, cs_str data)
{
    for (size_t i = 0; i < event->data_count; i++)
        if (cs_str_equal(event->data[i], data))
            return true;
    return false;
}

static bool someone(const random_case *r, uint32_t type, bool guardian, const cs_query *query, const cs_str *data)
{
    for (size_t i = 0; i < r->event_count; i++) {
        const cs_event *event = &r->events[i].event;
        if (event->type != type || guardian_act(event) != guardian)
            continue;
        if (query == NULL)
            return true;
        if (cs_str_equal(event->purpose, query->purpose) && cs_str_equal(event->recipient, query->recipient) &&
            (data == NULL ? event->data_count == 0 : covers_data(event, *data)))
            return true;
    }
    return false;
}

static const cs_policy *newest_declaring(const random_case *r, const cs_policy *like)
{
    const cs_policy *newest = NULL;
    for (size_t i = 0; i < r->set.count; i++) {
        const cs_policy *policy = r->set.policies[i];
        if (strcmp(policy->id, like->id) == 0 && policy->effective_ms <= r->now.now_ms &&
            (newest == NULL || cs_policy_compare_version(policy, newest) > 0))
            newest = policy;
    }
    return newest;
}

static bool declared_and_not_widened(const random_case *r, const cs_query *query, const cs_policy *policy)
{
    const cs_purpose *purpose = cs_policy_purpose(policy, query->purpose);
    const cs_policy *newest = newest_declaring(r, policy);
    const cs_purpose *now = cs_policy_purpose(newest, query->purpose);
    if (purpose == NULL || (query->data_count == 0) != (purpose->data_count == 0))
        return false;
    for (size_t i = 0; i < query->data_count; i++)
        if (cs_purpose_data_index(policy, purpose, query->data[i]) < 0 ||
            (now != NULL && cs_purpose_data_index(newest, now, query->data[i]) < 0))
            return false;
    if (query->recipient.size != 0 && cs_purpose_recipient_of(policy, purpose, query->recipient) == NULL)
        return false;
    return newest == policy || now == NULL || !cs_purpose_widened(policy, purpose, newest, now);
}

/* A child's guardian may have granted it from the form of a version that no longer calls the person a child. */
static bool granted(const random_case *r, const cs_query *query, const cs_str *data, bool age_known, int32_t age,
                    bool child)
{
    bool once_a_child = child;
    for (size_t i = 0; i < r->set.count; i++)
        once_a_child |= age_known && age < r->set.policies[i]->minors.child_under;
    return (!child && someone(r, CS_EVENT_GRANTED, false, query, data)) ||
           (once_a_child && someone(r, CS_EVENT_GRANTED, true, query, data));
}

static bool property_f(random_case *r, const cs_state *state, const cs_query *query)
{
    cs_decision out = decide(r, state, query, &r->now);
    if (out.decision != CONSENT_ALLOW || out.rule == 4)
        return true;
    const cs_policy *policy = r->set.policies[out.governing];
    const cs_purpose *purpose = cs_policy_purpose(policy, query->purpose);
    int32_t age = 0;
    bool known = cs_decide_age(state, &r->now, &age);
    bool child = known && age < policy->minors.child_under;
    bool choice = purpose != NULL && purpose->ground == CONSENT_GROUND_CONSENT &&
                  cs_purpose_effective_form(policy, purpose) != CS_FORM_POLICY;
    if (!declared_and_not_widened(r, query, policy))
        return violated("f", r, query, NULL, &out, "allowed outside the terms");
    if (!someone(r, CS_EVENT_POLICY_ACCEPTED, false, NULL, NULL) && !someone(r, CS_EVENT_IMPORTED, false, NULL, NULL) &&
        !someone(r, CS_EVENT_IMPORTED, true, NULL, NULL))
        return violated("f", r, query, NULL, &out, "allowed before acceptance");
    if (child && !someone(r, CS_EVENT_POLICY_ACCEPTED, true, NULL, NULL) &&
        !someone(r, CS_EVENT_GUARDIAN_VERIFIED, true, NULL, NULL))
        return violated("f", r, query, NULL, &out, "a child without the guardian");
    for (size_t i = 0; choice && i < (query->data_count == 0 ? 1 : query->data_count); i++)
        if (!granted(r, query, query->data_count == 0 ? NULL : &query->data[i], known, age, child))
            return violated("f", r, query, NULL, &out, "allowed without a grant of this very thing");
    return !(known && age < policy->minors.guardian_under && purpose != NULL && purpose->kind == CS_KIND_MARKET &&
             purpose->automated) ||
           violated("f", r, query, NULL, &out, "automated marketing to a minor");
}

/* ---- g: forgetting what was replaced changes nothing ------------------------------------------------------------ */

static cs_name carried(cs_state *to, const cs_state *from, cs_name name)
{
    cs_name out = 0;
    if (cs_state_names_intern(&to->names, cs_state_text(from, name), &out, NULL) != CONSENT_OK)
        abort();
    return out;
}

/* Every act of every event, none forgotten. */
static void unforgetting_state(const random_case *r, cs_state *all)
{
    random_state(r, all, 0); /* for streams, permissions, ages and names */
    cs_free(all->memory, all->acts, all->act_capacity * sizeof *all->acts);
    all->act_capacity = RANDOM_MAX_EVENTS * 16;
    all->acts = cs_alloc(all->memory, all->act_capacity * sizeof *all->acts);
    all->act_count = 0;
    for (size_t i = 0; i < r->event_count; i++) {
        const random_event *e = &r->events[i];
        if (e->device != 0 && e->cursor == 0)
            continue;
        cs_state one;
        cs_state_init(&one, cs_memory_system());
        random_apply(&one, e, e->device == 0);
        for (uint32_t k = 0; k < one.act_count; k++) {
            cs_act act = one.acts[k];
            cs_name *const names[] = {&act.purpose, &act.recipient, &act.data, &act.policy, &act.overlay, &act.rules};
            for (size_t n = 0; n < CS_COUNT_OF(names); n++)
                *names[n] = carried(all, &one, *names[n]);
            for (act.stream = 0; memcmp(all->streams[act.stream].id, case_streams[e->device], CS_STREAM_ID_SIZE) != 0;)
                act.stream++;
            uint32_t at = all->act_count++;
            for (; at > 0 && all->acts[at - 1].purpose > act.purpose; at--)
                all->acts[at] = all->acts[at - 1];
            all->acts[at] = act;
        }
        cs_state_free(&one);
    }
}

static bool property_g(random_case *r, const cs_state *state, const cs_state *all, const cs_query *query)
{
    cs_decision kept = decide(r, state, query, &r->now), full = decide(r, all, query, &r->now);
    return (same_answer(&kept, &full) && kept.evidence_seq == full.evidence_seq) ||
           violated("g", r, query, &kept, &full, "the full history answers otherwise");
}

/* ---- h: what has to go is not allowed, and saying that it is gone changes no answer --------------------------------- */

static cs_loss loss_of(const random_case *r, const cs_state *state, const cs_query *item)
{
    bool anonymise;
    int64_t valid_until_ms = INT64_MAX;
    return cs_decide_loss(&r->set, state, item, &r->now, &anonymise, &valid_until_ms);
}

static cs_event purged_event(const random_case *r, const cs_state *state, const cs_query *item)
{
    random_event e = own_event(r, CS_EVENT_PURGED);
    e.event.purpose = item->purpose;
    e.event.recipient = item->recipient;
    if (item->scope.size != 0 && !cs_str_is(item->scope, "platform"))
        e.event.overlay = (cs_policy_ref){.id = CS_STR("hotel-policy"), .version = 1};
    for (size_t i = 0; i < item->data_count; i++)
        e.event.data[e.event.data_count++] = item->data[i];
    for (uint32_t i = 0; i < state->act_count; i++)
        if (state->acts[i].cursor > e.event.seen)
            e.event.seen = state->acts[i].cursor;
    return e.event;
}

static bool property_h(random_case *r, const cs_state *state, const cs_state *all, const cs_query *query)
{
    bool ok = true;
    for (size_t i = 0; ok && i < (query->data_count == 0 ? 1 : query->data_count); i++) {
        cs_query item = {.scope = query->scope, .purpose = query->purpose, .recipient = query->recipient};
        item.data = query->data_count == 0 ? NULL : &query->data[i];
        item.data_count = query->data_count == 0 ? 0 : 1;
        cs_loss lost = loss_of(r, state, &item);
        cs_decision before = decide(r, state, &item, &r->now);
        if (lost != loss_of(r, all, &item))
            return violated("h", r, &item, &before, NULL, "the full history loses otherwise");
        if (lost == CS_LOSS_NONE)
            continue;
        lost_count++;
        if (before.decision == CONSENT_ALLOW)
            return violated("h", r, &item, &before, NULL, "what has to go is allowed");
        cs_state after;
        random_state(r, &after, 0);
        random_event e = own_event(r, CS_EVENT_PURGED);
        e.event = purged_event(r, state, &item);
        random_apply(&after, &e, true);
        cs_decision then = decide(r, &after, &item, &r->now);
        if (!same_answer(&before, &then))
            ok = violated("h", r, &item, &before, &then, "purging changed the answer");
        else if (loss_of(r, &after, &item) != CS_LOSS_NONE)
            ok = violated("h", r, &item, &before, &then, "what is gone has to go again");
        cs_state_free(&after);
    }
    return ok;
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static void count(const cs_decision *out)
{
    uint64_t *const counters[] = {&denied_count, &asked_count, &allowed_count};
    (*counters[out->decision])++;
    by_rule[out->rule]++;
}

static bool run_case(uint64_t seed)
{
    random_case r;
    random_case_make(&r, seed);
    cs_state state, all;
    random_state(&r, &state, 0);
    unforgetting_state(&r, &all);
    bool ok = property_e(&r);
    for (int i = 0; ok && i < QUERIES_PER_CASE; i++) {
        cs_str data[CS_PURPOSE_MAX_DATA];
        cs_query query = random_query(&r, data);
        cs_decision out = decide(&r, &state, &query, &r.now);
        count(&out);
        ok = property_a(&r, &state, &query) && property_a_permission(&r, &state, &query) && property_b(&r, &query) &&
             property_c(&r, &state, &query) && property_d(&r, &state, &query) &&
             property_e_answers(&r, &state, &query) && property_f(&r, &state, &query) &&
             property_g(&r, &state, &all, &query) && property_h(&r, &state, &all, &query);
    }
    cs_state_free(&state);
    cs_state_free(&all);
    random_case_free(&r);
    if (!ok)
        printf("seed %llu\n", (unsigned long long)seed);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (uint64_t i = 0; i < cases; i++)
        if (!run_case(seed + i))
            return 1;
    printf("%llu cases from seed %llu: %llu allowed, %llu asked, %llu denied; by rule", (unsigned long long)cases,
           (unsigned long long)seed, (unsigned long long)allowed_count, (unsigned long long)asked_count,
           (unsigned long long)denied_count);
    for (int rule = 1; rule <= 12; rule++)
        printf(" %d:%llu", rule, (unsigned long long)by_rule[rule]);
    printf("; %llu lost\n", (unsigned long long)lost_count);
    return 0;
}
