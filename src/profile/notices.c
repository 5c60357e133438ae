/* Notices: what the operator must tell a person (PIPL 57; C88, C119, C126, C127, C154), signed by a publisher, or following from a
 * policy held; received, shown until acknowledged, never shown again. Read from the ledger each time, as requests are. */
#include "profile/notices.h"

#include "profile/internal.h"
#include "profile/rights.h"

#include <stdio.h>
#include <string.h>

#define ARENA_MAX_BYTES (4u * 1024u * 1024u)
#define MAX_NOTICES 4096u

/* ---- gathering ---------------------------------------------------------------------------------------- */

cs_notice *cs_notices_find(const cs_notice_list *list, cs_str id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (cs_str_equal(list->items[i].id, id))
            return &list->items[i];
    return NULL;
}

/* The one of that id, new where there is none; NULL: no memory. */
static cs_notice *find_or_add(cs_notice_list *list, cs_str id)
{
    cs_notice *known = cs_notices_find(list, id);
    if (known)
        return known;
    if (list->count == list->capacity) {
        uint32_t wider = list->capacity ? list->capacity * 2 : 16;
        cs_notice *grown = wider <= MAX_NOTICES ? cs_arena_alloc(&list->arena, wider * sizeof *grown) : NULL;
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
    *known = (cs_notice){.id = {copy, id.size}};
    return known;
}

static consent_status no_memory(consent_error *err)
{
    return cs_no_memory(err, "the notices");
}

static bool keep_received(cs_notice_list *list, cs_notice *known, const cs_event *event)
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

static consent_status read_event(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                 consent_error *err)
{
    cs_notice_list *list = user;
    (void)stream;
    (void)bytes;
    bool received = event->type == CS_EVENT_NOTICE_RECEIVED && event->notice_hash;
    if (event->reference.size == 0 || (!received && event->type != CS_EVENT_NOTICE_ACKNOWLEDGED))
        return CONSENT_OK;
    cs_notice *known = find_or_add(list, event->reference);
    if (!known)
        return no_memory(err);
    if (received && known->received_ms == 0 && !keep_received(list, known, event))
        return no_memory(err);
    int64_t *acknowledged_ms =
        &known->acknowledged_ms[event->actor == CS_ACTOR_GUARDIAN ? CS_SIDE_GUARDIAN : CS_SIDE_PERSON];
    if (!received && *acknowledged_ms == 0)
        *acknowledged_ms = event->time_ms;
    return CONSENT_OK;
}

static bool is_newest_held(const cs_policy_set *set, const cs_policy *policy)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->policies[i]->id, policy->id) == 0 && cs_policy_compare_version(set->policies[i], policy) > 0)
            return false;
    return true;
}

static consent_status add_from_policy(cs_notice_list *list, const cs_policy *policy, const char *kind, bool prominent,
                                      consent_error *err)
{
    char id[CS_ID_MAX_SIZE + 1];
    (void)snprintf(id, sizeof id, "%s.%.60s.%u.%u", kind, policy->id, (unsigned)policy->version,
                   (unsigned)policy->revision);
    cs_notice *known = find_or_add(list, cs_str_of(id));
    if (!known)
        return no_memory(err);
    known->kind = cs_str_of(kind);
    known->policy = policy;
    known->prominent = prominent;
    return CONSENT_OK;
}

/* A closing is told from its notice instant on (C88), a newer version as soon as it is held (C154), to who accepted an older. */
static consent_status add_policies(cs_notice_list *list, const cs_now *now, consent_error *err)
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

consent_status cs_notices_gather(cs_profile *profile, const cs_now *now, cs_notice_list *list, consent_error *err)
{
    *list = (cs_notice_list){.profile = profile};
    cs_arena_init(&list->arena, &profile->home->env.memory, ARENA_MAX_BYTES);
    consent_status status = cs_profile_each_event(profile, read_event, list, err);
    return status == CONSENT_OK ? add_policies(list, now, err) : status;
}

/* ---- what a notice says ------------------------------------------------------------------------------------ */

const cs_json *cs_notice_in_locale(const cs_json *texts, const char *locale, const char *first)
{
    const cs_json *found = cs_json_get(texts, locale);
    return found ? found : cs_json_get(texts, first);
}

static void put_text(const cs_json *root, const char *name, const char *locale, const char *first, cs_json_out *out)
{
    const cs_json *found = cs_notice_in_locale(cs_json_get(root, name), locale, first);
    if (!found)
        return; /* the form misses it by name */
    cs_json_put_name(out, name);
    cs_json_put_value(out, found);
}

void cs_notice_put_words(const cs_json *root, const char *locale, const char *first, cs_json_out *out)
{
    const cs_json *facts = cs_json_get(root, "facts");
    cs_json_open_object(out);
    cs_json_member_str(out, "kind", cs_json_str(cs_json_get(root, "kind")));
    cs_json_member_str(out, "id", cs_json_str(cs_json_get(root, "id")));
    put_text(root, "title", locale, first, out);
    put_text(root, "blocks", locale, first, out);
    if (facts) {
        cs_json_member_object(out, "facts");
        for (const cs_json *fact = cs_json_first(facts); fact; fact = cs_json_next(fact))
            put_text(facts, cs_json_name(fact), locale, first, out);
        cs_json_close_object(out);
    }
    cs_json_close_object(out);
}

const cs_policy *cs_notice_policy(cs_profile *profile, cs_str id, const cs_now *now)
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

/* ---- showing ---------------------------------------------------------------------------------------------------- */

consent_status cs_notice_load(cs_profile *profile, const cs_notice *which, cs_buffer *text, cs_json_doc *doc,
                              consent_error *err)
{
    cs_buffer_init(text, &profile->home->env.memory, CS_NOTICE_MAX_BYTES);
    consent_status status = cs_profile_load_notice(profile, which->hash, text, err);
    return status == CONSENT_OK ? cs_json_parse(doc, (cs_str){(const char *)text->data, text->size},
                                                CS_NOTICE_MAX_BYTES, "the notice", err)
                                : status;
}

static consent_status words_of(cs_profile *profile, const cs_notice *which, const cs_form_request *request,
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
    status = cs_notice_load(profile, which, &text, &doc, err);
    if (status == CONSENT_OK) {
        const cs_policy *named = cs_notice_policy(profile, cs_json_str(cs_json_get(doc.root, "policy")), now);
        *policy = named ? named : *policy;
        cs_notice_put_words(doc.root, cs_form_locale(*policy, request->locale), (*policy)->locales[0], &json);
        status = cs_buffer_status(words, "the notice", err);
    }
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

static consent_status choose_words(cs_profile *profile, const cs_form_request *request, const cs_now *now, cs_str id,
                                   bool by_id_alone, cs_buffer *words, const cs_policy **policy, consent_error *err)
{
    cs_notice_list list;
    consent_status status = cs_notices_gather(profile, now, &list, err);
    const cs_notice *which = status == CONSENT_OK ? cs_notices_find(&list, id) : NULL;
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
        cs_json_parse(&doc, request->notice, 2u * CS_NOTICE_MAX_BYTES, "request.notice", NULL) != CONSENT_OK)
        return CONSENT_OK; /* the form says what is wrong */
    cs_str id = cs_json_str(cs_json_get(doc.root, "id"));
    consent_status status = CONSENT_OK;
    if (cs_id_is_valid(id))
        status = choose_words(profile, request, now, id, !cs_json_get(doc.root, "kind"), words, policy, err);
    cs_json_free(&doc);
    return status;
}
