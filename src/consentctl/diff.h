/* diff: two versions of a policy held against each other, by structure and not by prose: what kinds of change there are, which
 * purposes widened and why, what was added and taken away (PIPL 14, 17, 22, 23; C160 to C166). */
#ifndef CS_DIFF_H
#define CS_DIFF_H

#include "policy/policy.h"

#define CS_DIFF_MAX_ENTRIES 8192u

typedef enum cs_diff_part {
    CS_DIFF_CONTROLLER,
    CS_DIFF_PURPOSE,
    CS_DIFF_DATA,
    CS_DIFF_RECIPIENT,
    CS_DIFF_PERMISSION,
    CS_DIFF_CALL_SITE
} cs_diff_part;

typedef enum cs_diff_change {
    CS_DIFF_ADDED,
    CS_DIFF_REMOVED,
    CS_DIFF_WIDENED, /* who agreed to the old terms has to be asked */
    CS_DIFF_CHANGED  /* stayed or shrank */
} cs_diff_change;

typedef struct cs_diff_entry {
    uint8_t part;   /* cs_diff_part */
    uint8_t change; /* cs_diff_change */
    uint32_t why;   /* bits of cs_widening, of a widened purpose */
    const char *id;
    const char *
        of; /* the purpose that a data item, recipient or permission belongs to now; a call site's permission; NULL: the policy */
    const char *name;
} cs_diff_entry;

/* One side; the names live in it. */
typedef struct cs_diff_side {
    cs_policy *policy;
    cs_texts *texts;
} cs_diff_side;

typedef struct cs_diff {
    uint32_t computed; /* bits of cs_change_kind */
    uint32_t declared; /* what the newer version says of itself */
    uint32_t kinds;    /* both; editorial only when nothing else is said or found */
    bool material;     /* declared or computed, whichever is stricter */
    cs_diff_entry *entries;
    size_t count;
    size_t capacity;
    const cs_memory *memory;
} cs_diff;

/* Names are in that locale (NULL: the policy's first). E_MEMORY. */
consent_status cs_diff_make(const cs_memory *memory, const cs_diff_side *older, const cs_diff_side *newer,
                            const char *locale, cs_diff *diff, consent_error *err);
void cs_diff_free(cs_diff *diff);

/* A policy folder, an unsigned file or a bundle; signatures are not looked at. */
consent_status cs_diff_read(const cs_memory *memory, const char *path, cs_diff_side *side, consent_error *err);
void cs_diff_release(cs_diff_side *side);

#endif
