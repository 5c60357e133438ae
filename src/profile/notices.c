/* Notices: what the operator must tell a person (PIPL 57; C88, C119, C126, C127, C154), signed by a publisher, or following from a
 * policy held; received, shown until acknowledged, never shown again. Read from the ledger each time, as requests are. */
#include "profile/internal.h"
#include "profile/naming.h"
#include "profile/rights.h"

#include <stdio.h>
#include <string.h>

#define NOTICE_MAX_BYTES (128u * 1024u) /* of the payload */
#define ARENA_MAX_BYTES (4u * 1024u * 1024u)
#define MAX_NOTICES 4096u
#define BOTH_SIDES 3u

typedef struct notice {
    cs_str id;
    cs_str kind;
    uint8_t hash[CS_HASH_SIZE]; /* of the payload */
    int64_t received_ms;        /* 0: not received, but known from a policy, or acknowledged alone */
    int64_t acknowledged_ms[2]; /* by cs_side */
    cs_str policy_id;           /* of one that was received; lives as long as the list */
    const cs_policy *policy;    /* that it follows from; NULL */
    bool prominent;
} notice;

typedef struct notice_list {
    cs_profile *profile;
    cs_arena arena;
    notice *items;
    uint32_t count, capacity;
} notice_list;

/* ---- gathering ---------------------------------------------------------------------------------------- */

static notice *find(const notice_list *list, cs_str id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (cs_str_equal(list->items[i].id, id))
            return &list->items[i];
    return NULL;
}

/* The one of that id, new where there is none; NULL: no memory. */
static notice *find_or_add(notice_list *list, cs_str id)
{
    notice *known = find(list, id);
    if (known)
        return known;
    if (list->count == list->capacity) {
        uint32_t wider = list->capacity ? list->capacity * 2 : 16;
        notice *grown = wider <= MAX_NOTICES ? cs_arena_alloc(&list->arena, wider * sizeof *grown) : NULL;
        if (!grown)
            return NULL;
        if (list->count != 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = wider;
    }
    char *copy = cs_arena_strndup(&list->arena, id.data, id.size);
    if (!copy)
        return NULL;
    known = &list->items[list->count++];
    *known = (notice){.id = {copy, id.size}};
    return known;
}

static consent_status no_memory(consent_error *err)
{
    return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to read the notices");
}

static bool keep_received(notice_list *list, notice *known, const cs_event *event)
{
    char *kind = cs_arena_strndup(&list->arena, event->detail.data, event->detail.size);
    if (!kind)
        return false;
    char *policy_id = cs_arena_strndup(&list->arena, event->policy.id.data, event->policy.id.size);
    if (!policy_id)
        return false;
    known->kind = (cs_str){kind, event->detail.size};
    known->policy_id = (cs_str){policy_id, event->policy.id.size};
    known->received_ms = event->time_ms;
    memcpy(known->hash, event->notice_hash, CS_HASH_SIZE);
    return true;
}

static consent_status read_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    notice_list *list = user;
    cs_event event;
    (void)stream;
    consent_status status = cs_event_decode(bytes, &event, err);
    bool received = event.type == CS_EVENT_NOTICE_RECEIVED && event.notice_hash;
    if (status != CONSENT_OK || event.reference.size == 0 || (!received && event.type != CS_EVENT_NOTICE_ACKNOWLEDGED))
        return status;
    notice *known = find_or_add(list, event.reference);
    if (!known)
        return no_memory(err);
    if (received && known->received_ms == 0 && !keep_received(list, known, &event))
        return no_memory(err);
    int64_t *acknowledged_ms =
        &known->acknowledged_ms[event.actor == CS_ACTOR_GUARDIAN ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON];
    if (!received && *acknowledged_ms == 0)
        *acknowledged_ms = event.time_ms;
    return CONSENT_OK;
}

static bool is_newest_held(const cs_policy_set *set, const cs_policy *policy)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->policies[i]->id, policy->id) == 0 && cs_policy_compare_version(set->policies[i], policy) > 0)
            return false;
    return true;
}

static consent_status add_from_policy(notice_list *list, const cs_policy *policy, const char *kind, bool prominent,
                                      consent_error *err)
{
    char id[CS_ID_MAX_SIZE + 1];
    (void)snprintf(id, sizeof id, "%s.%.60s.%u.%u", kind, policy->id, (unsigned)policy->version,
                   (unsigned)policy->revision);
    notice *known = find_or_add(list, cs_str_of(id));
    if (!known)
        return no_memory(err);
    known->kind = cs_str_of(kind);
    known->policy = policy;
    known->prominent = prominent;
    return CONSENT_OK;
}

/* A closing is told from its notice instant on (C88), a newer version as soon as it is held (C154), to who accepted an older. */
static consent_status add_policies(notice_list *list, const cs_now *now, consent_error *err)
{
    const cs_policy_set *set = &list->profile->home->policies;
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < set->count; i++) {
        const cs_policy *policy = set->policies[i];
        cs_standing standing;
        cs_decide_standing(set, &list->profile->state, cs_str_of(policy->scope), now, &standing);
        if (policy->closing && now->now_ms >= policy->closing_notice_ms && is_newest_held(set, policy))
            status = add_from_policy(list, policy, "closing", true, err);
        if (!standing.accepted || status != CONSENT_OK)
            continue;
        const cs_policy *accepted = set->policies[standing.governing];
        uint32_t kinds = cs_policy_changes(accepted, policy) | policy->declared_changes;
        if (cs_policy_compare_version(policy, accepted) > 0)
            status = add_from_policy(list, policy, "change", (kinds & ~(uint32_t)CS_CHANGE_EDITORIAL) != 0, err);
    }
    return status;
}

/* home->lock held. To be freed whatever comes of it. */
static consent_status gather(cs_profile *profile, const cs_now *now, notice_list *list, consent_error *err)
{
    cs_ledger_sink sink = {.user = list, .event = read_event};
    cs_ledger_report report = {0};
    consent_status status = CONSENT_OK;
    *list = (notice_list){.profile = profile};
    cs_arena_init(&list->arena, &profile->home->env.memory, ARENA_MAX_BYTES);
    if (profile->ledger)
        status = cs_ledger_verify(profile->ledger, &sink, &report, err);
    return status == CONSENT_OK ? add_policies(list, now, err) : status;
}

/* ---- what a notice says ------------------------------------------------------------------------------------ */

static const cs_json *in_locale(const cs_json *texts, const char *locale, const char *first)
{
    const cs_json *found = cs_json_get(texts, locale);
    return found ? found : cs_json_get(texts, first);
}

static void put_text(const cs_json *root, const char *name, const char *locale, const char *first, cs_json_out *out)
{
    const cs_json *found = in_locale(cs_json_get(root, name), locale, first);
    if (!found)
        return; /* the form misses it by name */
    cs_json_put_name(out, name);
    cs_json_put_value(out, found);
}

/* In one language, as the form takes it. */
static void put_words(const cs_json *root, const char *locale, const char *first, cs_json_out *out)
{
    const cs_json *facts = cs_json_get(root, "facts");
    cs_json_open_object(out);
    cs_json_member_str(out, "kind", cs_json_str(cs_json_get(root, "kind")));
    cs_json_member_str(out, "id", cs_json_str(cs_json_get(root, "id")));
    put_text(root, "title", locale, first, out);
    put_text(root, "blocks", locale, first, out);
    if (facts) {
        cs_json_put_name(out, "facts");
        cs_json_open_object(out);
        for (const cs_json *fact = cs_json_first(facts); fact; fact = cs_json_next(fact))
            put_text(facts, cs_json_name(fact), locale, first, out);
        cs_json_close_object(out);
    }
    cs_json_close_object(out);
}

/* The policy by whose texts it is shown: of its scope the governing one. */
static const cs_policy *policy_of(cs_profile *profile, cs_str id, const cs_now *now)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_standing standing;
    for (size_t i = 0; i < set->count; i++) {
        if (!cs_str_is(id, set->policies[i]->id))
            continue;
        cs_decide_standing(set, &profile->state, cs_str_of(set->policies[i]->scope), now, &standing);
        return set->policies[standing.governing < set->count ? standing.governing : i];
    }
    return NULL;
}

/* ---- receiving ----------------------------------------------------------------------------------------------- */

static unsigned read_audience(cs_json_in *in, const cs_json *root)
{
    const cs_json *list = cs_json_in_array(in, root, "audience", false);
    unsigned sides = list ? 0 : BOTH_SIDES;
    for (const cs_json *each = cs_json_first(list); each; each = cs_json_next(each)) {
        unsigned side = cs_str_is(cs_json_str(each), "person")     ? 1u
                        : cs_str_is(cs_json_str(each), "guardian") ? 2u
                                                                   : 0u;
        if (side == 0)
            (void)cs_json_complain(in, "`audience` names person and guardian alone");
        sides |= side;
    }
    if (sides == 0)
        (void)cs_json_complain(in, "`audience` names nobody");
    return sides;
}

/* Complete is what can be shown: its form is built in every language of the policy. */
static consent_status check_forms(cs_profile *profile, const cs_json *root, const cs_policy *policy, const cs_now *now,
                                  consent_error *err)
{
    const cs_memory *memory = &profile->home->env.memory;
    cs_form_input input = {.memory = memory,
                           .policies = &profile->home->policies,
                           .policy = policy,
                           .state = &profile->state,
                           .now = now,
                           .occasion = CONSENT_OCCASION_NOTICE,
                           .query.scope = cs_str_of(policy->scope)};
    cs_texts *texts = NULL;
    consent_status status = cs_home_texts(profile->home, policy, &texts, err);
    for (uint16_t i = 0; status == CONSENT_OK && i < policy->locale_count; i++) {
        cs_buffer words;
        cs_json_out json;
        cs_form *form = NULL;
        cs_buffer_init(&words, memory, 2u * NOTICE_MAX_BYTES);
        cs_json_out_init(&json, &words);
        put_words(root, policy->locales[i], policy->locales[0], &json);
        input.texts = texts;
        input.locale = policy->locales[i];
        input.notice = (cs_str){(const char *)words.data, words.size};
        status = cs_buffer_status(&words, "the notice", err);
        if (status == CONSENT_OK)
            status = cs_form_build(&input, &form, err);
        cs_form_free(form);
        cs_buffer_free(&words);
    }
    cs_texts_free(texts);
    return status;
}

static consent_status record_notice(cs_profile *profile, const cs_json *root, cs_span payload, const cs_policy *policy,
                                    const cs_now *now, consent_error *err)
{
    notice_list list;
    uint8_t hash[CS_HASH_SIZE];
    cs_event event = {.type = CS_EVENT_NOTICE_RECEIVED,
                      .actor = CS_ACTOR_SYSTEM,
                      .policy = {cs_str_of(policy->id), policy->version, policy->revision, policy->hash},
                      .notice_hash = hash,
                      .reference = cs_json_str(cs_json_get(root, "id")),
                      .detail = cs_json_str(cs_json_get(root, "kind"))};
    consent_status status = cs_sha256(&payload, 1, hash, err);
    if (status != CONSENT_OK)
        return status;
    status = gather(profile, now, &list, err);
    const notice *known = status == CONSENT_OK ? find(&list, event.reference) : NULL;
    bool received = known && known->received_ms != 0;
    if (received && memcmp(known->hash, hash, sizeof hash) != 0)
        status = cs_fail(err, CONSENT_E_REJECTED, 0,
                         "a notice of this id was received with other content; a changed notice needs a new id");
    else if (known && known->policy)
        status = cs_fail(err, CONSENT_E_REJECTED, 0, "`id` is one that a policy's own notice has");
    cs_arena_free(&list.arena);
    if (status == CONSENT_OK) /* again: the backend may have told of it before its text came */
        status = cs_profile_store_notice(profile, hash, payload, err);
    return status == CONSENT_OK && !received ? cs_profile_record(profile, &event, 1, false, NULL, err) : status;
}

static consent_status take_in(cs_profile *profile, const cs_buffer *payload, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    cs_now now;
    int64_t issued_ms;
    cs_str text = {(const char *)payload->data, payload->size};
    consent_status status = cs_json_parse(&doc, text, NOTICE_MAX_BYTES, "the notice", err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_now(profile, &now);
    cs_json_in_init(&in, "the notice", err);
    int64_t schema = cs_json_in_int(&in, doc.root, "schema", true, 0, 1, INT32_MAX);
    if (in.status == CONSENT_OK && schema != 1)
        in.status = cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the notice was written in a newer schema: update the app");
    cs_str id = cs_json_in_str(&in, doc.root, "policy", true);
    cs_str issued = cs_json_in_str(&in, doc.root, "issued", true);
    if (in.status == CONSENT_OK && !cs_time_parse(issued, &issued_ms))
        (void)cs_json_complain(&in, "`issued` is not an instant");
    (void)read_audience(&in, doc.root);
    status = in.status;
    const cs_policy *policy = status == CONSENT_OK ? policy_of(profile, id, &now) : NULL;
    if (status == CONSENT_OK && !policy)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the notice belongs to a policy that is not held here");
    if (status == CONSENT_OK)
        status = check_forms(profile, doc.root, policy, &now, err);
    if (status == CONSENT_OK)
        status = record_notice(profile, doc.root, cs_buffer_span(payload), policy, &now, err);
    cs_json_free(&doc);
    return status;
}

consent_status cs_profile_notice_receive(cs_profile *profile, cs_span bytes, consent_error *err)
{
    cs_buffer payload;
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&payload, &profile->home->env.memory, NOTICE_MAX_BYTES);
    status = cs_home_statement(profile->home, bytes, CS_TYP_NOTICE, &payload, err);
    if (status == CONSENT_OK)
        status = take_in(profile, &payload, err);
    cs_buffer_free(&payload);
    cs_profile_unlock(profile);
    return status;
}

/* ---- showing ---------------------------------------------------------------------------------------------------- */

static consent_status load(cs_profile *profile, const notice *which, cs_buffer *text, cs_json_doc *doc,
                           consent_error *err)
{
    cs_buffer_init(text, &profile->home->env.memory, NOTICE_MAX_BYTES);
    consent_status status = cs_profile_load_notice(profile, which->hash, text, err);
    return status == CONSENT_OK
               ? cs_json_parse(doc, (cs_str){(const char *)text->data, text->size}, NOTICE_MAX_BYTES, "the notice", err)
               : status;
}

static consent_status words_of(cs_profile *profile, const notice *which, const cs_form_request *request,
                               const cs_now *now, cs_buffer *words, const cs_policy **policy, consent_error *err)
{
    cs_buffer text = {0};
    cs_json_doc doc = {NULL, NULL};
    cs_json_out json;
    consent_status status = CONSENT_OK;
    cs_json_out_init(&json, words);
    if (which->policy) {
        *policy = which->policy;
        cs_json_open_object(&json);
        cs_json_member_str(&json, "kind", which->kind);
        cs_json_member_str(&json, "id", which->id);
        cs_json_close_object(&json);
        return cs_buffer_status(words, "the notice", err);
    }
    status = load(profile, which, &text, &doc, err);
    if (status == CONSENT_OK) {
        const cs_policy *named = policy_of(profile, cs_json_str(cs_json_get(doc.root, "policy")), now);
        *policy = named ? named : *policy;
        put_words(doc.root, cs_form_locale(*policy, request->locale), (*policy)->locales[0], &json);
        status = cs_buffer_status(words, "the notice", err);
    }
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

static consent_status choose_words(cs_profile *profile, const cs_form_request *request, const cs_now *now, cs_str id,
                                   bool by_id_alone, cs_buffer *words, const cs_policy **policy, consent_error *err)
{
    notice_list list;
    consent_status status = gather(profile, now, &list, err);
    const notice *which = status == CONSENT_OK ? find(&list, id) : NULL;
    bool stored = which && (which->received_ms != 0 || which->policy);
    if (which && which->acknowledged_ms[request->guardian] != 0 && !request->user_initiated)
        status = cs_fail(err, CONSENT_E_REJECTED, 0,
                         "the notice was not built: it was acknowledged already, so only the person may open it again");
    else if (stored)
        status = words_of(profile, which, request, now, words, policy, err);
    else if (status == CONSENT_OK && by_id_alone)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                         "no notice of this id is held for this profile; consent_notices lists them");
    cs_arena_free(&list.arena);
    return status;
}

/* What was signed comes before what a host says under the same id. */
consent_status cs_profile_notice_words(cs_profile *profile, const cs_form_request *request, const cs_now *now,
                                       cs_buffer *words, const cs_policy **policy, consent_error *err)
{
    cs_json_doc doc;
    if (request->notice.size == 0 ||
        cs_json_parse(&doc, request->notice, 2u * NOTICE_MAX_BYTES, "request.notice", NULL) != CONSENT_OK)
        return CONSENT_OK; /* the form says what is wrong */
    cs_str id = cs_json_str(cs_json_get(doc.root, "id"));
    consent_status status = CONSENT_OK;
    if (cs_id_is_valid(id))
        status = choose_words(profile, request, now, id, !cs_json_get(doc.root, "kind"), words, policy, err);
    cs_json_free(&doc);
    return status;
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

typedef struct listing {
    cs_profile *profile;
    const cs_now *now;
    const char *locale; /* NULL: each policy's first */
    cs_json_out json;
} listing;

static void member_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    if (time_ms == 0)
        return;
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}

/* A minor's guardian is told beside the minor (C119, C127); a notice for guardians alone reaches who has none all the same. */
static unsigned told_sides(const listing *all, const cs_policy *policy, unsigned audience)
{
    int32_t years;
    bool minor = cs_decide_age(&all->profile->state, all->now, &years) && years < policy->minors.guardian_under;
    return minor ? audience : 1u;
}

static void put_sides(listing *all, const notice *one, unsigned sides)
{
    static const char *const names[] = {"person", "guardian"};
    cs_json_out *out = &all->json;
    cs_json_put_name(out, "for");
    cs_json_open_array(out);
    for (unsigned side = 0; side < 2; side++)
        if (sides >> side & 1u && one->acknowledged_ms[side] == 0)
            cs_json_put_text(out, names[side]);
    cs_json_close_array(out);
    cs_json_put_name(out, "acknowledged");
    cs_json_open_object(out);
    for (unsigned side = 0; side < 2; side++)
        member_time(out, names[side], one->acknowledged_ms[side]);
    cs_json_close_object(out);
}

static void put_notice(listing *all, const notice *one, const cs_policy *policy, const cs_json *root)
{
    cs_json_out *out = &all->json;
    cs_json_in in;
    const cs_json *title =
        root ? in_locale(cs_json_get(root, "title"), cs_form_locale(policy, all->locale), policy->locales[0]) : NULL;
    cs_json_in_init(&in, "the notice", NULL);
    cs_json_open_object(out);
    cs_json_member_str(out, "id", one->id);
    cs_json_member_str(out, "kind", one->kind);
    cs_json_member_text(out, "policy", policy->id);
    cs_json_member_int(out, "version", policy->version);
    if (title)
        cs_json_member_str(out, "title", cs_json_str(title));
    if (root)
        cs_json_member_str(out, "issued", cs_json_str(cs_json_get(root, "issued")));
    member_time(out, "received", one->received_ms);
    if (cs_str_is(one->kind, "change"))
        member_time(out, "effective", policy->effective_ms);
    if (cs_str_is(one->kind, "closing"))
        member_time(out, "ends", policy->closing_end_ms);
    cs_json_member_bool(out, "prominent", one->prominent || !cs_str_is(one->kind, "change"));
    put_sides(all, one, told_sides(all, policy, root ? read_audience(&in, root) : BOTH_SIDES));
    cs_json_close_object(out);
}

static consent_status list_one(listing *all, const notice *one, consent_error *err)
{
    cs_buffer text;
    cs_json_doc doc = {NULL, NULL};
    if (one->policy) {
        put_notice(all, one, one->policy, NULL);
        return CONSENT_OK;
    }
    if (one->received_ms == 0)
        return CONSENT_OK; /* the host's own, or of a version that is accepted by now */
    consent_status status = load(all->profile, one, &text, &doc, err);
    if (status == CONSENT_E_NOT_FOUND) /* its text is still on the way, or lost: it is told of all the same */
        status = CONSENT_OK;
    const cs_policy *policy = status == CONSENT_OK ? policy_of(all->profile, one->policy_id, all->now) : NULL;
    if (policy)
        put_notice(all, one, policy, doc.root);
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_profile_notices(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err)
{
    notice_list list;
    cs_now now;
    listing all = {.profile = profile, .now = &now, .locale = locale};
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_now(profile, &now);
    status = gather(profile, &now, &list, err);
    cs_json_out_init(&all.json, out);
    cs_json_open_object(&all.json);
    cs_json_member_int(&all.json, "v", 1);
    cs_json_put_name(&all.json, "notices");
    cs_json_open_array(&all.json);
    for (uint32_t i = 0; status == CONSENT_OK && i < list.count; i++)
        status = list_one(&all, &list.items[i], err);
    cs_json_close_array(&all.json);
    cs_json_close_object(&all.json);
    cs_arena_free(&list.arena);
    cs_profile_unlock(profile);
    return status == CONSENT_OK ? cs_buffer_status(out, "the notices", err) : status;
}
