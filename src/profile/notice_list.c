/* The notices of a profile as JSON. */
#include "profile/internal.h"
#include "profile/notices.h"
#include "profile/rights.h"

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

static void put_sides(listing *all, const cs_notice *one, unsigned sides)
{
    static const char *const names[] = {"person", "guardian"};
    cs_json_out *out = &all->json;
    cs_json_member_array(out, "for");
    for (unsigned side = 0; side < 2; side++)
        if (sides >> side & 1u && one->acknowledged_ms[side] == 0)
            cs_json_put_text(out, names[side]);
    cs_json_close_array(out);
    cs_json_member_object(out, "acknowledged");
    for (unsigned side = 0; side < 2; side++)
        member_time(out, names[side], one->acknowledged_ms[side]);
    cs_json_close_object(out);
}

static void put_notice(listing *all, const cs_notice *one, const cs_policy *policy, const cs_json *root)
{
    cs_json_out *out = &all->json;
    cs_json_in in;
    const cs_json *title =
        root ? cs_notice_in_locale(cs_json_get(root, "title"), cs_form_locale(policy, all->locale), policy->locales[0])
             : NULL;
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
    put_sides(all, one, told_sides(all, policy, root ? cs_notice_audience(&in, root) : CS_NOTICE_BOTH_SIDES));
    cs_json_close_object(out);
}

static consent_status list_one(listing *all, const cs_notice *one, consent_error *err)
{
    cs_buffer text;
    cs_json_doc doc = {NULL, NULL};
    if (one->policy) {
        put_notice(all, one, one->policy, NULL);
        return CONSENT_OK;
    }
    if (one->received_ms == 0)
        return CONSENT_OK; /* the host's own, or of a version that is accepted by now */
    consent_status status = cs_notice_load(all->profile, one, &text, &doc, err);
    if (status == CONSENT_E_NOT_FOUND) /* its text is still on the way, or lost: it is told of all the same */
        status = CONSENT_OK;
    const cs_policy *policy = status == CONSENT_OK ? cs_notice_policy(all->profile, one->policy_id, all->now) : NULL;
    if (policy)
        put_notice(all, one, policy, doc.root);
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_profile_notices(cs_profile *profile, const char *locale, cs_buffer *out, consent_error *err)
{
    cs_notice_list list;
    cs_now now;
    listing all = {.profile = profile, .now = &now, .locale = locale};
    consent_status status = cs_profile_lock_ledger(profile, err);
    if (status != CONSENT_OK)
        return status;
    cs_profile_now(profile, &now);
    status = cs_notices_gather(profile, &now, &list, err);
    cs_json_out_init(&all.json, out);
    cs_json_open_object(&all.json);
    cs_json_member_int(&all.json, "v", 1);
    cs_json_member_array(&all.json, "notices");
    for (uint32_t i = 0; status == CONSENT_OK && i < list.count; i++)
        status = list_one(&all, &list.items[i], err);
    cs_json_close_array(&all.json);
    cs_json_close_object(&all.json);
    cs_arena_free(&list.arena);
    cs_profile_unlock(profile);
    return status == CONSENT_OK ? cs_buffer_status(out, "the notices", err) : status;
}
