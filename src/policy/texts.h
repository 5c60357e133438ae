/* texts: building a policy's text table; only the policy module's own. */
#ifndef CS_TEXTS_H
#define CS_TEXTS_H

#include "policy/policy.h"

#define CS_TEXTS_MAX_BYTES (2u * CS_POLICY_MAX_BYTES) /* of all strings, with their ends */
#define CS_LOCALE_MAX_SIZE 35u                        /* RFC 5646 4.4.1 */
#define CS_TEXTS_MAX_COUNT 65536u

/* "zh-CN", "en": letters, digits and hyphens, beginning with two or three lower-case letters. */
bool cs_locale_is_valid(cs_str locale);

/* An empty table; NULL when there is no memory. */
cs_texts *cs_texts_new(const cs_memory *memory);
/* Adds a locale, before any text: false when it is malformed, there already, or one too many. */
bool cs_texts_add_locale(cs_texts *texts, cs_str locale);
/* A new text, in no locale yet; 0 when there is no room or memory. */
cs_text cs_texts_add(cs_texts *texts);
/* Sets the newest text in one locale, by the position the locale was added at. False: no room or memory. */
bool cs_texts_set(cs_texts *texts, uint16_t locale, cs_str value);
int cs_texts_locale(const cs_texts *texts, cs_str locale); /* position, -1 if none */
/* Appends the text in all its locales in an order and form that do not depend on the table. */
void cs_texts_put_canonical(const cs_texts *texts, cs_text text, cs_buffer *out);

#endif
