/* publish: what the operator signed comes in. Everything is verified by the configured roots before it is kept. */
#ifndef CD_PUBLISH_H
#define CD_PUBLISH_H

#include "config.h"
#include "keys.h"
#include "store.h"

typedef enum cd_published {
    CD_A_POLICY = 1,
    CD_A_HEAD,
    CD_A_KEY_SET,
    CD_A_NOTICE,
} cd_published;

/* Verified, not kept yet. Free it. */
typedef struct cd_publication {
    cd_published kind;
    cd_policy_row policy; /* of a policy and of a head */
    cd_notice_row notice;
    int64_t fresh_until_ms;
    uint32_t key_set_version;
    cs_buffer key_set; /* the line that it came with, or that it is */
    cs_span text;      /* as it came: borrowed */
} cd_publication;

/* What the bytes are, judged by their types; 0: nothing known. */
cd_published cd_publication_kind(cs_span bytes);
consent_status cd_publication_check(const cd_config *config, cd_published kind, cs_span bytes, int64_t now_ms,
                                    cd_publication *out, consent_error *err);
void cd_publication_free(cd_publication *publication);
/* Writes. E_USED: other content stands under its version or id, or it is older than what is there. The key set that it came with is kept
 * too when it is newer. */
consent_status cd_publication_store(cd_store *store, const cd_publication *publication, consent_error *err);

#endif
