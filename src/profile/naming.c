#include "profile/naming.h"

#include "profile/internal.h"

static consent_status add(cs_profile *profile, cs_naming *naming, size_t index, consent_error *err)
{
    const cs_policy_set *set = &profile->home->policies;
    if (index >= set->count || naming->count == CS_NAMING_MAX)
        return CONSENT_OK;
    for (size_t i = 0; i < naming->count; i++)
        if (naming->list[i].policy == set->policies[index])
            return CONSENT_OK;
    cs_named_policy *named = &naming->list[naming->count];
    named->policy = set->policies[index];
    named->texts = NULL;
    consent_status status = cs_home_texts(profile->home, named->policy, &named->texts, err);
    if (status == CONSENT_OK)
        naming->count++;
    return status;
}

static bool scope_came_before(const cs_policy_set *set, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (cs_str_is(cs_str_of(set->policies[i]->scope), set->policies[index]->scope))
            return true;
    return false;
}

consent_status cs_naming_open(cs_profile *profile, const char *locale, cs_naming *out, consent_error *err)
{
    const cs_policy_set *set = &profile->home->policies;
    cs_standing standing;
    cs_now now;
    *out = (cs_naming){.locale = locale};
    cs_profile_now(profile, &now);
    cs_decide_standing(set, &profile->state, (cs_str){NULL, 0}, &now, &standing);
    out->governing = standing.governing < set->count ? set->policies[standing.governing] : NULL;
    out->newest = standing.newest < set->count ? set->policies[standing.newest] : NULL;
    out->calendar = standing.announced < set->count ? set->policies[standing.announced] : out->newest;
    consent_status status = add(profile, out, standing.governing, err);
    if (status == CONSENT_OK)
        status = add(profile, out, standing.newest, err);
    for (size_t i = 0; status == CONSENT_OK && i < set->count; i++) {
        if (cs_str_is(cs_str_of(set->policies[i]->scope), "platform") || scope_came_before(set, i))
            continue;
        cs_decide_standing(set, &profile->state, cs_str_of(set->policies[i]->scope), &now, &standing);
        status = add(profile, out, standing.governing, err);
    }
    if (status != CONSENT_OK)
        cs_naming_close(out);
    return status;
}

void cs_naming_close(cs_naming *naming)
{
    for (size_t i = 0; i < naming->count; i++)
        cs_texts_free(naming->list[i].texts);
    naming->count = 0;
}

const char *cs_naming_locale(const cs_naming *naming)
{
    if (naming->locale)
        return naming->locale;
    return naming->count > 0 ? naming->list[0].policy->locales[0] : "";
}

const char *cs_naming_text(const cs_naming *naming, const cs_named_policy *in, cs_text text)
{
    return cs_texts_get(in->texts, text, naming->locale ? naming->locale : in->policy->locales[0]);
}

void cs_naming_member(const cs_naming *naming, const cs_named_policy *in, cs_json_out *out, const char *name,
                      cs_text text)
{
    const char *found = cs_naming_text(naming, in, text);
    if (found[0] != '\0')
        cs_json_member_text(out, name, found);
}
