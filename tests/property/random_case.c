#include "property/random_case.h"

#include "platform/platform.h"

#include <stdio.h>
#include <string.h>

#define HOUR CS_HOUR_MS

static const char *const purposes[RANDOM_PURPOSES] = {"order", "map", "pay", "hint", "club", "ads"};
static const char *const purpose_functions[RANDOM_PURPOSES] = {"shop", "shop", "shop", "extra", "club", "extra"};
static const char *const data_sets[] = {"name", "phone", "name,phone", "name,phone,place", "card", "card,name"};
static const char *const data_names[] = {"name", "phone", "place", "card"};
static const char *const stream_hex[CASE_DEVICES] = {
    "01000000000000000000000000000000", "02000000000000000000000000000000", "03000000000000000000000000000000",
    "04000000000000000000000000000000"};
static const char platform_id[] = "platform", hotel_id[] = "hotel-policy";

uint64_t random_below(random_case *r, uint64_t bound)
{
    r->random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = r->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % bound;
}

bool random_one_in(random_case *r, uint64_t n)
{
    return random_below(r, n) == 0;
}

bool random_is_basic(cs_str purpose)
{
    for (size_t i = 0; i < RANDOM_PURPOSES; i++)
        if (cs_str_is(purpose, purposes[i]))
            return strcmp(purpose_functions[i], "shop") == 0;
    return false;
}

cs_str random_purpose(random_case *r)
{
    return cs_str_of(purposes[random_below(r, RANDOM_PURPOSES)]);
}

/* ---- policies --------------------------------------------------------------------------------------- */

static int64_t some_lifetime(random_case *r)
{
    return random_one_in(r, 4) ? (int64_t)(1 + random_below(r, 100)) * HOUR : 0;
}

static case_purpose some_purpose(random_case *r, size_t which)
{
    static const uint8_t forms[] = {CS_FORM_POLICY, CS_FORM_POLICY, CS_FORM_OWN, CS_FORM_SEPARATE, CS_FORM_ONCE};
    static const uint8_t grounds[] = {CONSENT_GROUND_CONTRACT, CONSENT_GROUND_LEGAL_DUTY, CONSENT_GROUND_OTHER_LAW,
                                      CONSENT_GROUND_EMERGENCY};
    case_purpose purpose = {.id = purposes[which], .function = purpose_functions[which]};
    purpose.kind = strcmp(purpose.id, "ads") == 0 ? (uint8_t)CS_KIND_MARKET : (uint8_t)CS_KIND_COLLECT;
    purpose.automated = purpose.kind == CS_KIND_MARKET && random_one_in(r, 2);
    purpose.form = forms[random_below(r, CS_COUNT_OF(forms))];
    if (random_one_in(r, 5))
        purpose.ground = grounds[random_below(r, CS_COUNT_OF(grounds))];
    if (!random_one_in(r, 8))
        purpose.data = data_sets[random_below(r, CS_COUNT_OF(data_sets))];
    if (random_one_in(r, 2))
        purpose.recipients = random_one_in(r, 2) ? "pay-a" : "pay-a,pay-b";
    if (random_one_in(r, 2))
        purpose.permissions = random_one_in(r, 2) ? "location" : "location,camera";
    purpose.at_field = random_one_in(r, 5);
    purpose.method = random_one_in(r, 6) ? 1 : 0;
    purpose.recipient_method = random_one_in(r, 6) ? 1 : 0;
    purpose.retention_ms = random_one_in(r, 3) ? (int64_t)(50 + 50 * random_below(r, 3)) * HOUR : 0;
    purpose.grant_lifetime_ms = some_lifetime(r);
    purpose.refusal_lifetime_ms = some_lifetime(r);
    purpose.cooldown_ms = random_one_in(r, 5) ? CS_NEVER_MS : (int64_t)random_below(r, 3) * 40 * HOUR;
    return purpose;
}

static void vary(random_case *r, case_policy *spec)
{
    static const int32_t bounds[][2] = {{0, 0}, {14, 18}, {14, 18}, {14, 16}, {0, 18}, {14, 14}};
    size_t band = random_below(r, CS_COUNT_OF(bounds));
    spec->child_under = bounds[band][0];
    spec->guardian_under = bounds[band][1];
    spec->rules_version = (uint32_t)random_below(r, 2);
    spec->controller = random_one_in(r, 8) ? "buyer" : NULL;
    spec->bound = random_one_in(r, 2);
    spec->closing = random_one_in(r, 20);
    spec->closing_end_ms = CASE_START_MS + (int64_t)random_below(r, 200) * HOUR;
    spec->valid_until_ms = random_one_in(r, 12) ? CASE_START_MS + (int64_t)random_below(r, 200) * HOUR : 0;
    spec->import_allowed = random_one_in(r, 2);
    spec->cooldown_ms = (int64_t)random_below(r, 2) * 100 * HOUR;
}

/* Each version is the one before with a few purposes changed, dropped or new. */
static void make_versions(random_case *r, const char *id, const char *scope, uint32_t count, uint64_t density)
{
    case_policy spec = {.id = id, .scope = scope};
    bool declared[RANDOM_PURPOSES];
    case_purpose kept[RANDOM_PURPOSES];
    for (size_t i = 0; i < RANDOM_PURPOSES; i++) {
        declared[i] = random_below(r, 8) < density;
        kept[i] = some_purpose(r, i);
    }
    vary(r, &spec);
    for (uint32_t version = 1; version <= count; version++) {
        for (size_t i = 0; i < RANDOM_PURPOSES && version > 1; i++) {
            if (random_one_in(r, 3))
                kept[i] = some_purpose(r, i);
            else if (random_one_in(r, 4))
                kept[i].data = data_sets[random_below(r, CS_COUNT_OF(data_sets))];
            if (random_one_in(r, 6))
                declared[i] = !declared[i];
        }
        if (version > 1 && random_one_in(r, 2))
            vary(r, &spec);
        spec.version = version;
        spec.effective_ms = !random_one_in(r, 4) ? 0 : CASE_START_MS + (int64_t)random_below(r, 90) * HOUR;
        memset(spec.purposes, 0, sizeof spec.purposes);
        size_t at = 0;
        for (size_t i = 0; i < RANDOM_PURPOSES; i++)
            if (declared[i])
                spec.purposes[at++] = kept[i];
        r->specs[r->set.count] = spec;
        r->policies[r->set.count++] = case_make(&r->arena, &spec);
    }
}

/* ---- history ---------------------------------------------------------------------------------------- */

static void name_data(random_case *r, cs_event *event)
{
    event->data_count = random_below(r, 3);
    for (size_t i = 0; i < event->data_count; i++)
        event->data[i] = cs_str_of(data_names[random_below(r, CS_COUNT_OF(data_names))]);
    if (event->data_count == 2 && cs_str_equal(event->data[0], event->data[1]))
        event->data_count = 1;
}

/* Mostly what a form would record: all data of the purpose as that version declares it. */
static void name_declared_data(random_case *r, cs_event *event)
{
    const cs_policy_ref *ref = event->overlay.id.size != 0 && random_one_in(r, 2) ? &event->overlay : &event->policy;
    for (size_t i = 0; i < r->set.count; i++) {
        const cs_policy *policy = r->set.policies[i];
        const cs_purpose *purpose = cs_policy_purpose(policy, event->purpose);
        if (!cs_str_is(ref->id, policy->id) || policy->version != ref->version || purpose == NULL)
            continue;
        event->once = purpose->form == CS_FORM_ONCE;
        event->data_count = purpose->data_count;
        for (uint16_t d = 0; d < purpose->data_count; d++)
            event->data[d] = cs_str_of(policy->data[purpose->data[d].item].id);
    }
}

static void name_item(random_case *r, cs_event *event)
{
    event->purpose = random_purpose(r);
    if (random_one_in(r, 3))
        event->recipient = random_one_in(r, 4) ? CS_STR("pay-b") : CS_STR("pay-a");
    if (event->type == CS_EVENT_GRANTED && !random_one_in(r, 5))
        name_declared_data(r, event);
    else
        name_data(r, event);
}

static void name_policy(random_case *r, cs_event *event)
{
    event->policy = (cs_policy_ref){.id = cs_str_of(platform_id), .version = 1 + (uint32_t)random_below(r, 3)};
    if (!r->has_hotel || random_one_in(r, 2))
        return;
    cs_policy_ref hotel = {.id = cs_str_of(hotel_id), .version = 1 + (uint32_t)random_below(r, 2)};
    if (random_one_in(r, 2))
        event->overlay = hotel;
    else
        event->policy = hotel;
}

static uint32_t some_actor(random_case *r)
{
    static const uint32_t actors[] = {CS_ACTOR_SELF,     CS_ACTOR_SELF,     CS_ACTOR_SELF,   CS_ACTOR_SELF,
                                      CS_ACTOR_GUARDIAN, CS_ACTOR_GUARDIAN, CS_ACTOR_SUPPORT};
    return actors[random_below(r, CS_COUNT_OF(actors))];
}

static void tell_age(random_case *r, cs_event *event)
{
    if (random_one_in(r, 3)) {
        event->age_band = 1 + 6 * (1 + (uint32_t)random_below(r, 3));
        return;
    }
    /* Birthdays of every bound fall into the weeks of the history. */
    static const int32_t years[] = {2012, 2010, 2008, 2000};
    event->birth = (cs_date){years[random_below(r, CS_COUNT_OF(years))], 1, 1 + (int32_t)random_below(r, 12)};
}

cs_event random_event_make(random_case *r)
{
    static const uint32_t types[] = {CS_EVENT_POLICY_ACCEPTED,
                                     CS_EVENT_POLICY_ACCEPTED,
                                     CS_EVENT_POLICY_ACCEPTED,
                                     CS_EVENT_GRANTED,
                                     CS_EVENT_GRANTED,
                                     CS_EVENT_GRANTED,
                                     CS_EVENT_GRANTED,
                                     CS_EVENT_DENIED,
                                     CS_EVENT_DENIED,
                                     CS_EVENT_WITHDRAWN,
                                     CS_EVENT_WITHDRAWN,
                                     CS_EVENT_POLICY_DECLINED,
                                     CS_EVENT_GUARDIAN_VERIFIED,
                                     CS_EVENT_GUARDIAN_REVOKED,
                                     CS_EVENT_AGE_DECLARED,
                                     CS_EVENT_PERMISSION_RESULT,
                                     CS_EVENT_PERMISSION_RESULT,
                                     CS_EVENT_PERMISSION_REVOKED,
                                     CS_EVENT_IMPORTED,
                                     CS_EVENT_RECOVERED,
                                     CS_EVENT_KEY_CONFIRMED,
                                     CS_EVENT_USED_ONCE,
                                     CS_EVENT_NOTICE_SHOWN,
                                     CS_EVENT_NOTICE_SHOWN};
    cs_event event = {.type = types[random_below(r, CS_COUNT_OF(types))], .actor = some_actor(r)};
    name_policy(r, &event);
    switch (event.type) {
    case CS_EVENT_GRANTED:
    case CS_EVENT_USED_ONCE:
        name_item(r, &event);
        break;
    case CS_EVENT_DENIED:
        if (random_one_in(r, 3))
            event.subject = (uint32_t)random_below(r, 8);
        name_item(r, &event);
        break;
    case CS_EVENT_WITHDRAWN:
        if (!random_one_in(r, 4))
            name_item(r, &event);
        break;
    case CS_EVENT_NOTICE_SHOWN:
        name_item(r, &event);
        event.control = random_one_in(r, 4) ? CS_STR("refuse") : CS_STR("accept");
        event.detail = random_one_in(r, 4) ? CS_STR("external") : CS_STR("field");
        break;
    case CS_EVENT_AGE_DECLARED:
        tell_age(r, &event);
        break;
    case CS_EVENT_PERMISSION_RESULT:
    case CS_EVENT_PERMISSION_REVOKED:
        event.permission = random_one_in(r, 3) ? CS_STR("camera") : CS_STR("location");
        event.os_state =
            event.type == CS_EVENT_PERMISSION_REVOKED ? (uint32_t)CONSENT_OS_DENIED : 1 + (uint32_t)random_below(r, 3);
        break;
    case CS_EVENT_KEY_CONFIRMED:
        event.reference = cs_str_of(stream_hex[1 + random_below(r, 2)]);
        break;
    default:
        break;
    }
    if (random_one_in(r, 2)) {
        event.rules_id = CS_STR("child-rules");
        event.rules_version = (uint32_t)random_below(r, 2);
    }
    return event;
}

/* Three devices act, upload and merge as they please; the backend numbers events in the order of their commits. */
static void make_history(random_case *r)
{
    static const uint8_t sessions[3][CS_SESSION_ID_SIZE] = {{1}, {2}, {3}};
    uint64_t seq[3] = {0}, merged[3] = {0}, committed = 0;
    int64_t time_ms = CASE_START_MS;
    size_t wanted = 2 + random_below(r, RANDOM_MAX_EVENTS - 3);
    while (r->event_count < wanted) {
        size_t device = random_one_in(r, 3) ? 1 + random_below(r, 2) : 0;
        random_event *e = &r->events[r->event_count++];
        time_ms += (int64_t)random_below(r, 20) * HOUR;
        *e = (random_event){.event = random_event_make(r), .device = device};
        if (r->event_count <= 3 && !random_one_in(r, 4)) { /* most people accept before anything else */
            e->event = (cs_event){.type = CS_EVENT_POLICY_ACCEPTED};
            name_policy(r, &e->event);
        }
        e->event.seq = ++seq[device];
        e->event.time_ms = time_ms;
        e->event.seen = merged[device];
        e->event.session_id = sessions[device];
        e->event.elapsed_ms = time_ms - CASE_START_MS;
        if (random_one_in(r, 2))
            for (size_t i = 0; i < r->event_count; i++)
                if (r->events[i].device == device && r->events[i].cursor == 0)
                    r->events[i].cursor = ++committed;
        if (random_one_in(r, 2))
            merged[random_below(r, 3)] = committed;
    }
    r->now = (cs_now){.now_ms = time_ms + (int64_t)random_below(r, 90) * HOUR, .session = {1}};
    r->now.elapsed_ms = r->now.now_ms - CASE_START_MS;
    if (random_one_in(r, 2))
        r->now.session[0] = 9;
}

void random_policies_make(random_case *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->random = seed;
    cs_arena_init(&r->arena, cs_memory_system(), 0);
    r->set.policies = r->policies;
    make_versions(r, platform_id, "platform", 1 + (uint32_t)random_below(r, 3), 7);
    r->has_hotel = random_one_in(r, 3);
    if (r->has_hotel)
        make_versions(r, hotel_id, "hotel", 1 + (uint32_t)random_below(r, 2), 3);
}

void random_case_make(random_case *r, uint64_t seed)
{
    random_policies_make(r, seed);
    make_history(r);
}

void random_case_free(random_case *r)
{
    cs_arena_free(&r->arena);
}

void random_apply(cs_state *state, const random_event *e, bool own)
{
    if (cs_state_apply(state, case_streams[e->device], own, &e->event, e->cursor, NULL) != CONSENT_OK)
        state->act_count = 0;
}

void random_state(const random_case *r, cs_state *state, uint64_t without)
{
    cs_state_init(state, cs_memory_system());
    for (size_t i = 0; i < r->event_count; i++)
        if ((without >> i & 1) == 0 && (r->events[i].device == 0 || r->events[i].cursor != 0))
            random_apply(state, &r->events[i], r->events[i].device == 0);
}

cs_query random_query(random_case *r, cs_str *data)
{
    cs_query query = {.purpose = random_purpose(r), .data = data, .user_initiated = random_one_in(r, 3)};
    const cs_policy *policy = r->set.policies[random_below(r, r->set.count)];
    bool hotel = strcmp(policy->id, hotel_id) == 0;
    if (random_one_in(r, hotel ? 1 : 20) || (r->has_hotel && random_one_in(r, 3)))
        query.scope = CS_STR("hotel");
    for (int tries = 0; tries < 4 && cs_policy_purpose(policy, query.purpose) == NULL; tries++)
        query.purpose = random_purpose(r);
    const cs_purpose *purpose = cs_policy_purpose(policy, query.purpose);
    if (purpose != NULL && purpose->recipient_count > 0 && random_one_in(r, 2))
        query.recipient = cs_str_of(policy->recipients[purpose->recipients[0].recipient].id);
    if (purpose != NULL && purpose->permission_count > 0 && random_one_in(r, 3)) {
        query.permission = CS_STR("location");
        query.call_site = query.purpose;
    }
    if (purpose == NULL || random_one_in(r, 8)) {
        data[0] = cs_str_of(data_names[random_below(r, CS_COUNT_OF(data_names))]);
        query.data_count = 1;
        return query;
    }
    for (uint16_t i = 0; i < purpose->data_count; i++)
        if (query.data_count == 0 || random_one_in(r, 2))
            data[query.data_count++] = cs_str_of(policy->data[purpose->data[i].item].id);
    if (random_one_in(r, 3))
        query.once_seq = 1 + random_below(r, 8);
    return query;
}

/* ---- printing --------------------------------------------------------------------------------------- */

static void print_policy(const case_policy *p)
{
    printf("  %s v%u effective +%lldh minors %d/%d rules %u controller %s%s closing %d +%lldh valid +%lldh import %d\n",
           p->id, p->version, (long long)(p->effective_ms == 0 ? 0 : (p->effective_ms - CASE_START_MS) / HOUR),
           p->child_under, p->guardian_under, p->rules_version, p->controller ? p->controller : "trip",
           p->bound ? " bound" : "", p->closing, (long long)((p->closing_end_ms - CASE_START_MS) / HOUR),
           (long long)(p->valid_until_ms ? (p->valid_until_ms - CASE_START_MS) / HOUR : 0), p->import_allowed);
    for (size_t i = 0; i < CASE_MAX_PURPOSES && p->purposes[i].id != NULL; i++) {
        const case_purpose *q = &p->purposes[i];
        printf("    %s (%s) form %s ground %u data %s to %s needs %s method %u/%u retention %lldh lifetime %lldh\n",
               q->id, q->function, cs_consent_form_name(q->form), q->ground, q->data ? q->data : "-",
               q->recipients ? q->recipients : "-", q->permissions ? q->permissions : "-", q->method,
               q->recipient_method, (long long)(q->retention_ms / HOUR), (long long)(q->grant_lifetime_ms / HOUR));
    }
}

void random_print(const random_case *r)
{
    for (size_t i = 0; i < r->set.count; i++)
        print_policy(&r->specs[i]);
    for (size_t i = 0; i < r->event_count; i++) {
        const random_event *e = &r->events[i];
        printf("  %zu: device %zu seq %llu +%lldh cursor %llu seen %llu %s by %s %.*s v%u", i, e->device,
               (unsigned long long)e->event.seq, (long long)((e->event.time_ms - CASE_START_MS) / HOUR),
               (unsigned long long)e->cursor, (unsigned long long)e->event.seen, cs_event_type_name(e->event.type),
               cs_actor_name(e->event.actor), CS_STR_ARG(e->event.policy.id), e->event.policy.version);
        if (e->event.overlay.id.size != 0)
            printf(" + %.*s v%u", CS_STR_ARG(e->event.overlay.id), e->event.overlay.version);
        printf(" %.*s to '%.*s' subject %u once %d data", CS_STR_ARG(e->event.purpose), CS_STR_ARG(e->event.recipient),
               e->event.subject, e->event.once);
        for (size_t d = 0; d < e->event.data_count; d++)
            printf(" %.*s", CS_STR_ARG(e->event.data[d]));
        printf(" rules %u birth %d-%d-%d band %u permission %.*s os %u\n", e->event.rules_version, e->event.birth.year,
               e->event.birth.month, e->event.birth.day, e->event.age_band, CS_STR_ARG(e->event.permission),
               e->event.os_state);
    }
    printf("  now +%lldh\n", (long long)((r->now.now_ms - CASE_START_MS) / HOUR));
}

void random_print_query(const cs_query *query)
{
    printf("  query scope '%.*s' %.*s to '%.*s' permission '%.*s' initiated %d once %llu data",
           CS_STR_ARG(query->scope), CS_STR_ARG(query->purpose), CS_STR_ARG(query->recipient),
           CS_STR_ARG(query->permission), query->user_initiated, (unsigned long long)query->once_seq);
    for (size_t i = 0; i < query->data_count; i++)
        printf(" %.*s", CS_STR_ARG(query->data[i]));
    printf("\n");
}
