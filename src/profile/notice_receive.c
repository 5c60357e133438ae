/* Taking in what a publisher signed (C88, C119, C127). */
#include "profile/internal.h"
#include "profile/notices.h"
#include "profile/rights.h"

#include <string.h>

unsigned cs_notice_audience(cs_json_in *in, const cs_json *root)
{
    const cs_json *list = cs_json_in_array(in, root, "audience", false);
    unsigned sides = list ? 0 : CS_NOTICE_BOTH_SIDES;
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
        cs_buffer_init(&words, memory, 2u * CS_NOTICE_MAX_BYTES);
        cs_json_out_init(&json, &words);
        cs_notice_put_words(root, policy->locales[i], policy->locales[0], &json);
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
    cs_notice_list list;
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
    status = cs_notices_gather(profile, now, &list, err);
    const cs_notice *known = status == CONSENT_OK ? cs_notices_find(&list, event.reference) : NULL;
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
    consent_status status = cs_json_parse(&doc, text, CS_NOTICE_MAX_BYTES, "the notice", err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_now(profile, &now);
    cs_json_in_init(&in, "the notice", err);
    int64_t schema = cs_json_in_int(&in, doc.root, "schema", true, 1, INT32_MAX);
    if (in.status == CONSENT_OK && schema != 1)
        in.status = cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the notice was written in a newer schema: update the app");
    cs_str id = cs_json_in_str(&in, doc.root, "policy", true);
    cs_str issued = cs_json_in_str(&in, doc.root, "issued", true);
    if (in.status == CONSENT_OK && !cs_time_parse(issued, &issued_ms))
        (void)cs_json_complain(&in, "`issued` is not an instant");
    (void)cs_notice_audience(&in, doc.root);
    status = in.status;
    const cs_policy *policy = status == CONSENT_OK ? cs_notice_policy(profile, id, &now) : NULL;
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
    cs_buffer_init(&payload, &profile->home->env.memory, CS_NOTICE_MAX_BYTES);
    status = cs_home_statement(profile->home, bytes, CS_TYP_NOTICE, &payload, err);
    if (status == CONSENT_OK)
        status = take_in(profile, &payload, err);
    cs_buffer_free(&payload);
    cs_profile_unlock(profile);
    return status;
}
