/* merge: one JSON value changed by another, so that a scenario names only what differs in the next version of a policy.
 * Objects: member by member, null takes one away (RFC 7396). Arrays whose new elements are objects with an `id`: element by
 * element, by id; an element with "removed": true goes; new ids are added at the end. Anything else is replaced. */
#ifndef CS_MERGE_H
#define CS_MERGE_H

#include "json/json.h"

void cs_merge_json(cs_json_out *out, const cs_json *base, const cs_json *change);

#endif
