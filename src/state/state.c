#include "state/state.h"

#include "state/acts.h"
#include "state/names.h"

#include <string.h>

#define NO_STREAM UINT16_MAX

void cs_state_init(cs_state *state, const cs_memory *memory)
{
    memset(state, 0, sizeof *state);
    state->memory = memory;
    state->horizon_ms = INT64_MAX;
    cs_state_names_init(&state->names, memory);
}

void cs_state_free(cs_state *state)
{
    if (state == NULL || state->memory == NULL)
        return;
    cs_free(state->memory, state->acts, state->act_capacity * sizeof *state->acts);
    cs_free(state->memory, state->ages, state->age_capacity * sizeof *state->ages);
    cs_free(state->memory, state->permissions, state->permission_capacity * sizeof *state->permissions);
    cs_free(state->memory, state->streams, state->stream_capacity * sizeof *state->streams);
    cs_state_names_free(&state->names);
    memset(state, 0, sizeof *state);
}

void cs_state_set_horizon(cs_state *state, int64_t horizon_ms)
{
    state->horizon_ms = horizon_ms;
}

/* ---- permissions ----------------------------------------------------------------------------- */

static cs_moment moment_of(const cs_event *event, uint32_t era)
{
    cs_moment moment = {.seq = event->seq, .era = era, .time_ms = event->time_ms, .elapsed_ms = event->elapsed_ms};
    if (event->session_id != NULL)
        memcpy(moment.session, event->session_id, sizeof moment.session);
    return moment;
}

/* Numbers begin again with every own stream. */
static bool is_later(const cs_moment *a, const cs_moment *b)
{
    return a->era != b->era ? a->era > b->era : a->seq > b->seq;
}

static void keep_later(cs_moment *kept, const cs_moment *moment)
{
    if (is_later(moment, kept))
        *kept = *moment;
}

static consent_status permission_slot(cs_state *state, cs_str name, cs_permission_state **out, consent_error *err)
{
    cs_name permission;
    consent_status status = cs_state_names_intern(&state->names, name, &permission, err);
    if (status != CONSENT_OK)
        return status;
    for (uint32_t i = 0; i < state->permission_count; i++) {
        if (state->permissions[i].permission == permission) {
            *out = &state->permissions[i];
            return CONSENT_OK;
        }
    }
    cs_permission_state *list = cs_list_room(state->memory, state->permissions, state->permission_count,
                                             &state->permission_capacity, sizeof *list);
    if (list == NULL)
        return cs_no_memory(err, "the consent state");
    state->permissions = list;
    *out = &state->permissions[state->permission_count++];
    memset(*out, 0, sizeof **out);
    (*out)->permission = permission;
    return CONSENT_OK;
}

static consent_status apply_permission(cs_state *state, const cs_event *event, uint32_t era, consent_error *err)
{
    if (event->permission.size == 0 || event->type == CS_EVENT_PERMISSION_PROMPTED)
        return CONSENT_OK;
    cs_permission_state *permission = NULL;
    consent_status status = permission_slot(state, event->permission, &permission, err);
    if (status != CONSENT_OK)
        return status;
    cs_moment moment = moment_of(event, era);
    bool revoked = event->type == CS_EVENT_PERMISSION_REVOKED;
    uint32_t os_state =
        revoked && event->os_state != CONSENT_OS_BLOCKED ? (uint32_t)CONSENT_OS_DENIED : event->os_state;
    if (is_later(&moment, &permission->last))
        permission->os_state = os_state;
    keep_later(&permission->last, &moment);
    if (os_state == CONSENT_OS_DENIED || os_state == CONSENT_OS_BLOCKED)
        keep_later(&permission->refused, &moment);
    if (os_state == CONSENT_OS_GRANTED)
        keep_later(&permission->on, &moment);
    if (revoked)
        keep_later(&permission->revoked, &moment);
    return CONSENT_OK;
}

/* ---- acts ------------------------------------------------------------------------------------- */

static uint64_t hash_prefix(const uint8_t *hash)
{
    return hash == NULL ? 0 : cs_load_u64(hash);
}

static consent_status intern_all(cs_state *state, const cs_event *event, cs_act *act, consent_error *err)
{
    static const struct {
        uint16_t text, name;
    } named[] = {{offsetof(cs_event, policy.id), offsetof(cs_act, policy)},
                 {offsetof(cs_event, overlay.id), offsetof(cs_act, overlay)},
                 {offsetof(cs_event, purpose), offsetof(cs_act, purpose)},
                 {offsetof(cs_event, recipient), offsetof(cs_act, recipient)},
                 {offsetof(cs_event, rules_id), offsetof(cs_act, rules)}};
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < CS_COUNT_OF(named); i++) {
        const void *text = (const char *)event + named[i].text;
        void *name = (char *)act + named[i].name;
        status = cs_state_names_intern(&state->names, *(const cs_str *)text, name, err);
    }
    return status;
}

/* What is said of a policy as a whole on a product's form is said of the product's policy. */
static void speak_of_one_policy(cs_act *act)
{
    act->recipient = 0;
    if (act->overlay == 0)
        return;
    act->policy = act->overlay;
    act->version = act->overlay_version;
    act->revision = act->overlay_revision;
    act->hash = act->overlay_hash;
    act->overlay = 0;
    act->overlay_version = act->overlay_revision = 0;
    act->overlay_hash = 0;
}

/* The kind of act that an event of each type is when it is about an item, and when it is about a policy as a whole; 0: none. */
static const uint8_t kinds[][2] = {
    [CS_EVENT_POLICY_ACCEPTED] = {CS_ACT_ACCEPT, CS_ACT_ACCEPT},
    [CS_EVENT_POLICY_DECLINED] = {CS_ACT_DECLINE, CS_ACT_DECLINE},
    [CS_EVENT_GRANTED] = {CS_ACT_GRANT, 0},
    [CS_EVENT_DENIED] = {CS_ACT_REFUSE, CS_ACT_DECLINE},
    [CS_EVENT_WITHDRAWN] = {CS_ACT_REFUSE, CS_ACT_REFUSE},
    [CS_EVENT_USED_ONCE] = {CS_ACT_USED, 0},
    [CS_EVENT_GUARDIAN_VERIFIED] = {CS_ACT_ACCEPT, CS_ACT_ACCEPT},
    [CS_EVENT_GUARDIAN_REVOKED] = {CS_ACT_REFUSE, CS_ACT_REFUSE},
    [CS_EVENT_IMPORTED] = {CS_ACT_ACCEPT, CS_ACT_ACCEPT},
    [CS_EVENT_PURGED] = {CS_ACT_PURGED, 0},
};

static uint8_t kind_of(const cs_event *event)
{
    bool whole = event->purpose.size == 0;
    bool subject = event->subject != CS_SUBJECT_ITEM && event->subject <= CS_SUBJECT_FIELD_NOTICE;
    if (event->type == 0 || event->type >= CS_COUNT_OF(kinds)) /* a type of the future counts as restrictive */
        return whole && event->policy.id.size == 0 ? 0 : CS_ACT_REFUSE;
    if (subject && (event->type == CS_EVENT_POLICY_DECLINED || event->type == CS_EVENT_DENIED))
        return CS_ACT_SUBJECT;
    if (cs_event_is_field_notice(event))
        return CS_ACT_NOTED;
    if (event->type == CS_EVENT_GRANTED && !whole && event->method == CONSENT_METHOD_IMPORTED)
        return CS_ACT_ACCEPT;
    return kinds[event->type][whole];
}

static uint8_t flags_of(const cs_event *event, uint8_t kind)
{
    unsigned flags = 0;
    bool guardian_step = event->type == CS_EVENT_GUARDIAN_VERIFIED;
    if (kind == CS_ACT_GRANT && event->once)
        flags |= CS_ACT_ONCE;
    if (kind == CS_ACT_ACCEPT && (event->type == CS_EVENT_IMPORTED || event->method == CONSENT_METHOD_IMPORTED))
        flags |= CS_ACT_IMPORTED;
    if ((kind == CS_ACT_GRANT || kind == CS_ACT_ACCEPT) && !guardian_step) {
        if (event->actor == CS_ACTOR_SUPPORT)
            flags |= CS_ACT_SUPPORT;
        else if (event->actor != CS_ACTOR_SELF && event->actor != CS_ACTOR_GUARDIAN)
            flags |= CS_ACT_FOREIGN_ACTOR;
    }
    if (kind == CS_ACT_REFUSE && event->type != CS_EVENT_DENIED && event->recipient.size == 0)
        flags |= CS_ACT_ALL_RECIPIENTS;
    return (uint8_t)flags;
}

static bool guardians(const cs_event *event)
{
    return event->actor == CS_ACTOR_GUARDIAN || event->type == CS_EVENT_GUARDIAN_VERIFIED ||
           event->type == CS_EVENT_GUARDIAN_REVOKED;
}

static void fill_act(cs_act *act, const cs_event *event, uint8_t kind, uint64_t cursor)
{
    act->kind = kind;
    act->side = guardians(event) ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON;
    act->subject = kind == CS_ACT_SUBJECT ? (uint8_t)event->subject : (uint8_t)CS_SUBJECT_ITEM;
    act->flags = flags_of(event, kind);
    act->version = event->policy.version;
    act->revision = event->policy.revision;
    act->hash = hash_prefix(event->policy.hash);
    act->overlay_version = event->overlay.version;
    act->overlay_revision = event->overlay.revision;
    act->overlay_hash = hash_prefix(event->overlay.hash);
    act->rules_version = event->rules_version;
    act->seq = event->seq;
    act->cursor = cursor;
    act->seen = event->seen;
    act->time_ms = event->time_ms;
    act->elapsed_ms = event->elapsed_ms;
    if (event->session_id != NULL)
        memcpy(act->session, event->session_id, sizeof act->session);
    bool always_whole = kind == CS_ACT_DECLINE || act->subject == CS_SUBJECT_AGE_UNKNOWN ||
                        act->subject == CS_SUBJECT_CONTROLLER_CHANGED;
    if (act->purpose == 0 || always_whole) {
        act->purpose = 0;
        speak_of_one_policy(act);
    }
    /* What is kept per policy, or per item, must not split by version. */
    if (kind == CS_ACT_SUBJECT && act->subject != CS_SUBJECT_TERMS_WIDENED &&
        act->subject != CS_SUBJECT_CONTROLLER_CHANGED)
        act->version = act->overlay_version = 0;
}

/* A no to an update, a new controller or as the guardian is a no to that version too. */
static bool declines_too(const cs_event *event, uint8_t kind)
{
    return event->type == CS_EVENT_POLICY_DECLINED && kind == CS_ACT_SUBJECT &&
           event->subject <= CS_SUBJECT_GUARDIAN_REQUIRED;
}

/* One act for each data item named, or a single one. */
static consent_status apply_act(cs_state *state, const cs_event *event, uint16_t stream, uint64_t cursor,
                                unsigned extra_flags, consent_error *err)
{
    uint8_t kind = kind_of(event);
    if (kind == 0)
        return CONSENT_OK;
    cs_act named = {.stream = stream};
    consent_status status = intern_all(state, event, &named, err);
    cs_name data[CS_EVENT_MAX_DATA];
    size_t data_count = event->data_count < CS_EVENT_MAX_DATA ? event->data_count : CS_EVENT_MAX_DATA;
    bool by_data = kind != CS_ACT_ACCEPT && (kind != CS_ACT_SUBJECT || event->subject == CS_SUBJECT_TERMS_WIDENED ||
                                             event->subject == CS_SUBJECT_FIELD_NOTICE);
    if (named.purpose == 0 || !by_data)
        data_count = 0;
    for (size_t i = 0; status == CONSENT_OK && i < data_count; i++)
        status = cs_state_names_intern(&state->names, event->data[i], &data[i], err);
    if (status == CONSENT_OK)
        status = cs_state_acts_reserve(state, (uint32_t)data_count + 2, err);
    if (status != CONSENT_OK)
        return status;

    cs_act act = named;
    fill_act(&act, event, kind, cursor);
    act.flags = (uint8_t)(act.flags | extra_flags);
    for (size_t i = 0; i < data_count; i++) {
        act.data = data[i];
        cs_state_acts_add(state, &act);
    }
    if (data_count == 0)
        cs_state_acts_add(state, &act);
    if (declines_too(event, kind)) {
        fill_act(&named, event, CS_ACT_DECLINE, cursor);
        named.flags = (uint8_t)(named.flags | extra_flags);
        cs_state_acts_add(state, &named);
    }
    return CONSENT_OK;
}

static bool is_date(cs_date date)
{
    return date.year != 0 && cs_date_is_valid(date);
}

static consent_status apply_age(cs_state *state, const cs_event *event, uint16_t stream, uint64_t cursor,
                                consent_error *err)
{
    if (!is_date(event->birth) && event->age_band == 0)
        return CONSENT_OK;
    consent_status status = cs_state_ages_reserve(state, err);
    if (status != CONSENT_OK)
        return status;
    cs_age_act age = {.band = event->age_band,
                      .stream = stream,
                      .seq = event->seq,
                      .cursor = cursor,
                      .seen = event->seen,
                      .time_ms = event->time_ms};
    if (is_date(event->birth)) {
        age.birth = event->birth;
        age.band = 0;
    }
    age.correction = event->actor == CS_ACTOR_GUARDIAN || event->actor == CS_ACTOR_SUPPORT;
    cs_state_ages_add(state, &age);
    return CONSENT_OK;
}

static consent_status apply_key_confirmed(cs_state *state, const cs_event *event, consent_error *err)
{
    uint8_t id[CS_STREAM_ID_SIZE];
    uint16_t stream;
    if (!cs_hex_decode(event->reference, id, sizeof id))
        return CONSENT_OK;
    consent_status status = cs_state_stream_index(state, id, &stream, err);
    if (status != CONSENT_OK)
        return status;
    state->streams[stream].confirmed = true;
    if (state->streams[stream].own && event->seq > state->streams[stream].vouched_seq)
        state->streams[stream].vouched_seq = event->seq;
    return CONSENT_OK;
}

static void apply_recovered(cs_state *state, const cs_event *event, uint16_t stream)
{
    cs_moment moment = moment_of(event, state->streams[stream].own_order);
    if (!cs_str_is(event->reference, CS_DOUBT_REFERENCE))
        keep_later(&state->recovered, &moment);
    else if (event->seq > state->streams[stream].doubted_seq)
        state->streams[stream].doubted_seq = event->seq;
}

static consent_status apply_own(cs_state *state, const cs_event *event, uint16_t stream, consent_error *err)
{
    switch (event->type) {
    case CS_EVENT_PERMISSION_PROMPTED:
    case CS_EVENT_PERMISSION_RESULT:
    case CS_EVENT_PERMISSION_REVOKED:
        return apply_permission(state, event, state->streams[stream].own_order, err);
    case CS_EVENT_KEY_CONFIRMED:
        return apply_key_confirmed(state, event, err);
    case CS_EVENT_RECOVERED:
        apply_recovered(state, event, stream);
        return CONSENT_OK;
    default:
        return CONSENT_OK;
    }
}

/* docs/sync-protocol.md section 6: what an operator's support may do for a person. */
bool cs_state_backend_may(const cs_event *event)
{
    bool support = event->actor == CS_ACTOR_SUPPORT;
    switch (event->type) {
    case CS_EVENT_WITHDRAWN:
    case CS_EVENT_DENIED:
    case CS_EVENT_POLICY_DECLINED:
    case CS_EVENT_GRANTED: /* said to have been given: a matter to confirm */
    case CS_EVENT_POLICY_ACCEPTED:
    case CS_EVENT_AGE_DECLARED:
    case CS_EVENT_REQUEST_UPDATED:
    case CS_EVENT_NOTICE_RECEIVED:
        return support;
    case CS_EVENT_GUARDIAN_VERIFIED:
        return event->actor == CS_ACTOR_GUARDIAN && event->method == CONSENT_METHOD_GUARDIAN_LINK;
    default:
        return false;
    }
}

static consent_status apply_to(cs_state *state, const cs_event *event, uint16_t stream, uint64_t cursor, bool own,
                               consent_error *err)
{
    cs_event unseeing;
    consent_status status;
    if (state->streams[stream].by_backend && !cs_state_backend_may(event))
        return CONSENT_OK;
    if (state->streams[stream].joined && event->seen != 0) {
        unseeing = *event;
        unseeing.seen = 0;
        event = &unseeing;
    }
    if (event->type == CS_EVENT_AGE_DECLARED || event->type == CS_EVENT_AGE_SIGNALLED)
        status = apply_age(state, event, stream, cursor, err);
    else
        status = apply_act(state, event, stream, cursor, 0, err);
    return status == CONSENT_OK && own ? apply_own(state, event, stream, err) : status;
}

consent_status cs_state_apply(cs_state *state, const uint8_t *stream, bool own_stream, const cs_event *event,
                              uint64_t cursor, consent_error *err)
{
    if (event->time_ms > state->horizon_ms)
        return CONSENT_OK;
    uint16_t index = 0;
    consent_status status = own_stream ? cs_state_own_stream(state, stream, err) : CONSENT_OK;
    if (status == CONSENT_OK)
        status = cs_state_stream_index(state, stream, &index, err);
    if (status == CONSENT_OK)
        status = apply_to(state, event, index, cursor, own_stream, err);
    /* Once more says nothing new: a receipt may have moved its time meanwhile. */
    if (status == CONSENT_OK && event->seq > state->streams[index].last_seq) {
        state->streams[index].last_seq = event->seq;
        state->streams[index].last_time_ms = event->time_ms;
    }
    return status;
}

consent_status cs_state_overlay_withdraw(cs_state *state, const cs_event *event, consent_error *err)
{
    cs_event provisional;
    cs_event_copy(&provisional, event);
    provisional.seq = 0;
    state->has_overlay = true;
    return apply_act(state, &provisional, NO_STREAM, 0, CS_ACT_PROVISIONAL, err);
}

void cs_state_overlay_clear(cs_state *state)
{
    if (state->has_overlay)
        cs_state_acts_drop_provisional(state);
    state->has_overlay = false;
}

/* ---- reading ---------------------------------------------------------------------------------- */

cs_name cs_state_name(const cs_state *state, cs_str text)
{
    cs_name name = cs_state_names_find(&state->names, text);
    return name == 0 && text.size != 0 ? CS_NAME_UNKNOWN : name;
}

cs_str cs_state_text(const cs_state *state, cs_name name)
{
    return name == 0 || name > state->names.count ? (cs_str){NULL, 0} : state->names.names[name - 1];
}

const cs_permission_state *cs_state_permission(const cs_state *state, cs_str permission)
{
    cs_name name = cs_state_name(state, permission);
    for (uint32_t i = 0; i < state->permission_count; i++)
        if (state->permissions[i].permission == name)
            return &state->permissions[i];
    return NULL;
}

bool cs_state_in_past(const cs_act *past, uint16_t stream, uint64_t seq, uint64_t seen)
{
    if ((past->flags & CS_ACT_PROVISIONAL) != 0)
        return false;
    if (past->stream == stream)
        return past->seq < seq;
    return past->cursor != 0 && past->cursor <= seen;
}

int cs_state_compare_acts(const cs_state *state, const cs_act *a, const cs_act *b)
{
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    if (a->stream != b->stream) {
        if (a->stream == NO_STREAM || b->stream == NO_STREAM)
            return a->stream == NO_STREAM ? 1 : -1;
        return memcmp(state->streams[a->stream].id, state->streams[b->stream].id, CS_STREAM_ID_SIZE);
    }
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}
