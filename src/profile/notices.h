/* notices: those that the ledger holds and those that follow from a policy. Receiving (notice_receive.c) and listing them
 * (notice_list.c) lie in the libraries that need it; a form's words (notices.c) in the core. */
#ifndef CS_NOTICES_H
#define CS_NOTICES_H

#include "profile/profile.h"

#define CS_NOTICE_MAX_BYTES (128u * 1024u) /* of the payload */
#define CS_NOTICE_BOTH_SIDES 3u            /* the person's and the guardian's */

typedef struct cs_notice {
    cs_str id;
    cs_str kind;
    uint8_t hash[CS_HASH_SIZE]; /* of the payload */
    int64_t received_ms;        /* 0: not received, but known from a policy, or acknowledged alone */
    int64_t acknowledged_ms[2]; /* by cs_side */
    cs_str policy_id;           /* of one that was received; lives as long as the list */
    const cs_policy *policy;    /* that it follows from; NULL */
    bool prominent;
} cs_notice;

typedef struct cs_notice_list {
    cs_profile *profile;
    cs_arena arena;
    cs_notice *items;
    uint32_t count, capacity;
} cs_notice_list;

/* home->lock held. list->arena is to be freed whatever comes of it. */
consent_status cs_notices_gather(cs_profile *profile, const cs_now *now, cs_notice_list *list, consent_error *err);
cs_notice *cs_notices_find(const cs_notice_list *list, cs_str id); /* NULL: none */
/* The payload of one that was received. E_NOT_FOUND: it is still on the way, or lost. Both are to be freed whatever comes of it. */
consent_status cs_notice_load(cs_profile *profile, const cs_notice *which, cs_buffer *text, cs_json_doc *doc,
                              consent_error *err);
/* The policy by whose texts it is shown: of its scope the governing one; NULL: not held. */
const cs_policy *cs_notice_policy(cs_profile *profile, cs_str id, const cs_now *now);
/* In one language, as the form takes it; `first` is the policy's own first. */
void cs_notice_put_words(const cs_json *root, const char *locale, const char *first, cs_json_out *out);
const cs_json *cs_notice_in_locale(const cs_json *texts, const char *locale, const char *first);
/* Whom the payload is for, a bit for each side. */
unsigned cs_notice_audience(cs_json_in *in, const cs_json *root);

#endif
