/* naming: the policies in force with their texts, to call things by their names in one language. */
#ifndef CS_NAMING_H
#define CS_NAMING_H

#include "profile/profile.h"

#define CS_NAMING_MAX 16u

typedef struct cs_named_policy {
    const cs_policy *policy;
    cs_texts *texts;
} cs_named_policy;

/* The platform's governing policy first, its newest, then each product's. Both platform versions may be the same one; then it
 * stands there once. */
typedef struct cs_naming {
    cs_named_policy list[CS_NAMING_MAX];
    size_t count;
    const char *locale;         /* NULL: each policy's first */
    const cs_policy *governing; /* of the platform; NULL: none in force */
    const cs_policy *newest;
    const cs_policy *calendar; /* the newest one held, announced or in force */
} cs_naming;

/* home->lock held until cs_naming_close. E_MEMORY, failures of storage. On failure there is nothing to close. */
consent_status cs_naming_open(cs_profile *profile, const char *locale, cs_naming *out, consent_error *err);
void cs_naming_close(cs_naming *naming);
/* The locale of its texts: the one asked for, else the platform policy's first; "" without a policy. */
const char *cs_naming_locale(const cs_naming *naming);
/* "" when there is no such text. */
const char *cs_naming_text(const cs_naming *naming, const cs_named_policy *in, cs_text text);
/* Writes the member unless the text is empty. */
void cs_naming_member(const cs_naming *naming, const cs_named_policy *in, cs_json_out *out, const char *name,
                      cs_text text);

#endif
