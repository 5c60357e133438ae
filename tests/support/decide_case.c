#include "support/decide_case.h"

#include "platform/platform.h"
#include "policy/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

const uint8_t case_streams[CASE_DEVICES][CS_STREAM_ID_SIZE] = {{1}, {2}, {3}, {4}};

static const cs_function functions[] = {
    {.id = "shop", .kind = CS_FUNCTION_BASIC},
    {.id = "extra", .kind = CS_FUNCTION_ADDITIONAL},
    {.id = "club", .kind = CS_FUNCTION_ADDITIONAL, .needs_age = true},
};
static const cs_data_item data_items[] = {
    {.id = "name"}, {.id = "phone"}, {.id = "place"}, {.id = "card", .sensitive = CS_SENSITIVE_FINANCIAL}};
static const cs_recipient recipients[] = {{.id = "pay-a", .role = CS_ROLE_PAYMENT, .country = "CN"},
                                          {.id = "pay-b", .role = CS_ROLE_PAYMENT, .country = "CN"}};
static const char *const permission_ids[] = {"location", "camera"};

/* ---- lists ------------------------------------------------------------------------------------------ */

static bool next_of(const char **list, cs_str *out)
{
    if (*list == NULL || **list == '\0')
        return false;
    size_t size = strcspn(*list, ",");
    *out = (cs_str){*list, size};
    *list += size + ((*list)[size] == ',' ? 1 : 0);
    return true;
}

static size_t split(const char *list, cs_str *out, size_t max)
{
    size_t count = 0;
    while (count < max && next_of(&list, &out[count]))
        count++;
    return count;
}

static uint16_t place_of(const void *items, size_t item_size, size_t count, cs_str id)
{
    for (size_t i = 0; i < count; i++) {
        const char *known;
        memcpy(&known, (const char *)items + i * item_size, sizeof known);
        if (cs_str_is(id, known))
            return (uint16_t)i;
    }
    fail_msg("the test's vocabulary lacks %.*s", CS_STR_ARG(id));
    return 0;
}

/* ---- policies --------------------------------------------------------------------------------------- */

static void fill_purpose(cs_arena *arena, const case_purpose *spec, cs_purpose *out)
{
    cs_str names[8];
    out->id = spec->id;
    out->function = place_of(functions, sizeof functions[0], CS_COUNT_OF(functions),
                             cs_str_of(spec->function == NULL ? "extra" : spec->function));
    out->kind = spec->kind == 0 ? (uint8_t)CS_KIND_COLLECT : spec->kind;
    out->ground = spec->ground == 0 ? (uint8_t)CONSENT_GROUND_CONSENT : spec->ground;
    out->form = spec->form == 0 ? (uint8_t)CS_FORM_POLICY : spec->form;
    out->automated = spec->automated;
    out->channel = spec->channel;
    out->method_digest[0] = spec->method;
    out->retention.period_ms = spec->retention_ms;
    out->grant_lifetime_ms = spec->grant_lifetime_ms;
    out->refusal_lifetime_ms = spec->refusal_lifetime_ms;
    out->cooldown_ms = spec->cooldown_ms;

    out->data_count = (uint16_t)split(spec->data, names, CS_COUNT_OF(names));
    cs_purpose_data *data = cs_arena_alloc(arena, sizeof *data * 8);
    for (uint16_t i = 0; i < out->data_count; i++)
        data[i] =
            (cs_purpose_data){.item = place_of(data_items, sizeof data_items[0], CS_COUNT_OF(data_items), names[i]),
                              .at_field = spec->at_field};
    out->data = data;
    out->recipient_count = (uint16_t)split(spec->recipients, names, CS_COUNT_OF(names));
    cs_purpose_recipient *gets = cs_arena_alloc(arena, sizeof *gets * 8);
    for (uint16_t i = 0; i < out->recipient_count; i++) {
        gets[i].recipient = place_of(recipients, sizeof recipients[0], CS_COUNT_OF(recipients), names[i]);
        gets[i].data_mask = UINT64_MAX;
        gets[i].method_digest[0] = spec->recipient_method;
    }
    out->recipients = gets;
    out->permission_count = (uint16_t)split(spec->permissions, names, CS_COUNT_OF(names));
    uint16_t *permissions = cs_arena_alloc(arena, sizeof *permissions * 8);
    for (uint16_t i = 0; i < out->permission_count; i++)
        permissions[i] = place_of(permission_ids, sizeof permission_ids[0], CS_COUNT_OF(permission_ids), names[i]);
    out->permissions = permissions;
}

static void fill_permissions(cs_arena *arena, cs_policy *policy)
{
    cs_permission *permissions = cs_arena_alloc(arena, sizeof *permissions * CS_COUNT_OF(permission_ids));
    for (uint16_t p = 0; p < CS_COUNT_OF(permission_ids); p++) {
        cs_call_site *sites = cs_arena_alloc(arena, sizeof *sites * CASE_MAX_PURPOSES);
        permissions[p].id = permission_ids[p];
        permissions[p].call_sites = sites;
        for (uint16_t i = 0; i < policy->purpose_count; i++)
            for (uint16_t n = 0; n < policy->purposes[i].permission_count; n++)
                if (policy->purposes[i].permissions[n] == p)
                    sites[permissions[p].call_site_count++] =
                        (cs_call_site){.id = policy->purposes[i].id, .purpose = i};
    }
    policy->permissions = permissions;
    policy->permission_count = CS_COUNT_OF(permission_ids);
}

static void build_indices(cs_arena *arena, cs_policy *policy)
{
    const char *twice;
    bool built = true;
    for (int list = 0; list < (int)CS_POLICY_INDICES; list++)
        built = built && cs_policy_index(policy, arena, list, &twice);
    assert_true(built);
}

static const cs_function *make_functions(cs_arena *arena, const case_policy *spec)
{
    cs_str names[8];
    cs_function *made = cs_arena_alloc(arena, sizeof functions);
    const char **needs = cs_arena_alloc(arena, sizeof *needs * CS_COUNT_OF(names));
    assert_true(made != NULL && needs != NULL);
    memcpy(made, functions, sizeof functions);
    made[0].need_count = (uint16_t)split(spec->shop_needs, names, CS_COUNT_OF(names));
    for (uint16_t i = 0; i < made[0].need_count; i++)
        needs[i] = cs_arena_strndup(arena, names[i].data, names[i].size);
    made[0].needs = needs;
    made[0].needs_login = spec->shop_needs_login;
    return made;
}

const cs_policy *case_make(cs_arena *arena, const case_policy *spec)
{
    cs_policy *policy = cs_arena_alloc(arena, sizeof *policy);
    cs_purpose *purposes = cs_arena_alloc(arena, sizeof *purposes * CASE_MAX_PURPOSES);
    assert_true(policy != NULL && purposes != NULL);
    policy->id = spec->id == NULL ? "platform" : spec->id;
    policy->scope = spec->scope == NULL ? "platform" : spec->scope;
    policy->version = spec->version;
    policy->revision = spec->revision;
    policy->effective_ms = spec->effective_ms;
    policy->valid_until_ms = spec->valid_until_ms;
    policy->controller_id = spec->controller == NULL ? "trip" : spec->controller;
    policy->controller_bound = spec->bound;
    policy->minors = (cs_minors){.child_under = spec->child_under,
                                 .guardian_under = spec->guardian_under,
                                 .rules_id = "child-rules",
                                 .rules_version = spec->rules_version};
    policy->closing = spec->closing;
    policy->closing_end_ms = spec->closing_end_ms;
    policy->cooldown_ms = spec->cooldown_ms;
    policy->import_allowed = spec->import_allowed;
    policy->functions = make_functions(arena, spec);
    policy->function_count = CS_COUNT_OF(functions);
    policy->data = data_items;
    policy->data_count = CS_COUNT_OF(data_items);
    policy->recipients = recipients;
    policy->recipient_count = CS_COUNT_OF(recipients);
    policy->purposes = purposes;
    while (policy->purpose_count < CASE_MAX_PURPOSES && spec->purposes[policy->purpose_count].id != NULL) {
        fill_purpose(arena, &spec->purposes[policy->purpose_count], &purposes[policy->purpose_count]);
        policy->purpose_count++;
    }
    fill_permissions(arena, policy);
    build_indices(arena, policy);
    return policy;
}

const cs_policy *case_hold(decide_case *c, const case_policy *spec)
{
    assert_true(c->set.count < CASE_MAX_POLICIES);
    const cs_policy *policy = case_make(&c->arena, spec);
    c->policies[c->set.count++] = policy;
    return policy;
}

/* ---- the world --------------------------------------------------------------------------------------- */

void case_begin(decide_case *c)
{
    memset(c, 0, sizeof *c);
    cs_arena_init(&c->arena, cs_memory_system(), 0);
    c->set.policies = c->policies;
    cs_state_init(&c->state, cs_memory_system());
    c->now = (cs_now){.now_ms = CASE_START_MS, .session = {7}};
}

void case_end(decide_case *c)
{
    cs_state_free(&c->state);
    cs_arena_free(&c->arena);
}

void case_pass(decide_case *c, int64_t ms)
{
    c->now.now_ms += ms;
    c->now.elapsed_ms += ms;
}

cs_event case_make_event(uint32_t type, uint32_t actor, uint32_t version, const char *purpose, const char *recipient,
                         const char *data)
{
    cs_event event = {.type = type, .actor = actor, .policy = {.id = CS_STR("platform"), .version = version}};
    event.purpose = cs_str_of(purpose);
    event.recipient = cs_str_of(recipient);
    event.data_count = split(data, event.data, CS_EVENT_MAX_DATA);
    return event;
}

uint64_t case_event(decide_case *c, size_t device, cs_event event, uint64_t cursor)
{
    event.seq = ++c->seq[device];
    if (event.time_ms == 0)
        event.time_ms = c->now.now_ms;
    if (event.session_id == NULL && device == 0) {
        event.session_id = c->now.session;
        event.elapsed_ms = c->now.elapsed_ms;
    }
    consent_error err;
    c->last = event;
    assert_int_equal(cs_state_apply(&c->state, case_streams[device], device == 0, &event, cursor, &err), CONSENT_OK);
    return event.seq;
}

static uint64_t policy_act(decide_case *c, uint32_t type, const char *policy, uint32_t version)
{
    cs_event event = case_make_event(type, CS_ACTOR_SELF, version, NULL, NULL, NULL);
    event.policy.id = cs_str_of(policy);
    return case_event(c, 0, event, 0);
}

uint64_t case_accept(decide_case *c, const char *policy, uint32_t version)
{
    return policy_act(c, CS_EVENT_POLICY_ACCEPTED, policy, version);
}

uint64_t case_decline(decide_case *c, const char *policy, uint32_t version)
{
    return policy_act(c, CS_EVENT_POLICY_DECLINED, policy, version);
}

uint64_t case_grant(decide_case *c, uint32_t version, const char *purpose, const char *recipient, const char *data)
{
    return case_event(c, 0, case_make_event(CS_EVENT_GRANTED, CS_ACTOR_SELF, version, purpose, recipient, data), 0);
}

uint64_t case_refuse(decide_case *c, const char *purpose, const char *recipient, const char *data)
{
    return case_event(c, 0, case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, purpose, recipient, data), 0);
}

uint64_t case_withdraw(decide_case *c, const char *purpose, const char *recipient, const char *data)
{
    return case_event(c, 0, case_make_event(CS_EVENT_WITHDRAWN, CS_ACTOR_SELF, 1, purpose, recipient, data), 0);
}

void case_permission(decide_case *c, const char *permission, uint32_t os_state)
{
    cs_event event = {.type = CS_EVENT_PERMISSION_RESULT, .permission = cs_str_of(permission), .os_state = os_state};
    case_event(c, 0, event, 0);
}

void case_born(decide_case *c, int32_t year, int32_t month, int32_t day)
{
    cs_event event = {.type = CS_EVENT_AGE_DECLARED, .birth = {year, month, day}};
    case_event(c, 0, event, 0);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

cs_decision case_decide(const decide_case *c, case_query query)
{
    cs_str data[CS_PURPOSE_MAX_DATA];
    cs_query q = {.scope = cs_str_of(query.scope),
                  .purpose = cs_str_of(query.purpose),
                  .function = cs_str_of(query.function),
                  .recipient = cs_str_of(query.recipient),
                  .data = data,
                  .permission = cs_str_of(query.permission),
                  .user_initiated = query.user_initiated,
                  .once_seq = query.once_seq};
    q.data_count = split(query.data, data, CS_COUNT_OF(data));
    if (query.permission != NULL)
        q.call_site = q.purpose;
    cs_decision decision;
    cs_decide(&c->set, &c->state, &q, &c->now, &decision);
    return decision;
}

cs_decision case_expect(const decide_case *c, case_query query, consent_decision decision, consent_reason reason)
{
    cs_decision out = case_decide(c, query);
    if (out.decision != (int32_t)decision || out.reason != (int32_t)reason) {
        static const char *const words[] = {"deny", "ask", "allow"};
        fail_msg("%s: %s %s by rule %d, expected %s %s", query.purpose == NULL ? "policy" : query.purpose,
                 words[out.decision], consent_reason_name((consent_reason)out.reason), out.rule, words[decision],
                 consent_reason_name(reason));
    }
    return out;
}
