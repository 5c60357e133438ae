/* fields: what the structs of a policy hold, as tables: one description that the compact form, the comparison of two versions
 * and the parser's lists walk. Only the policy module's own. */
#ifndef CS_FIELDS_H
#define CS_FIELDS_H

#include "policy/policy.h"

/* The lists of a policy. Those before CS_LISTS_INDEXED are found by identifier (cs_policy.index), and others refer to their
 * positions. */
typedef enum cs_list_id {
    CS_LIST_FUNCTIONS = 0,
    CS_LIST_DATA,
    CS_LIST_RECIPIENTS,
    CS_LIST_PURPOSES,
    CS_LIST_PERMISSIONS,
    CS_LISTS_INDEXED,
    CS_LIST_NEEDS = CS_LISTS_INDEXED, /* of a function */
    CS_LIST_PURPOSE_DATA,
    CS_LIST_PURPOSE_RECIPIENTS,
    CS_LIST_PURPOSE_PERMISSIONS,
    CS_LIST_PLATFORMS, /* of a permission */
    CS_LIST_PLATFORM_NAMES,
    CS_LIST_CALL_SITES,
    CS_LIST_CONTACTS,
    CS_LIST_CHANNELS,
    CS_LIST_RIGHT_KINDS,
    CS_LIST_HOLIDAYS,
    CS_LIST_MAKEUP_DAYS,
    CS_LIST_DOCUMENTS,
    CS_LIST_BLOCKS, /* of a document */
    CS_LIST_SPANS,  /* of its block */
    CS_LISTS,
    /* Read, and not kept as lists: */
    CS_LIST_CRIT = CS_LISTS,
    CS_LIST_LOCALES,
    CS_LIST_CHANGE_KINDS,
    CS_LIST_SUBSET, /* of the purpose's data, for a recipient */
    CS_LIST_SITES,  /* the permissions again, for their call sites */
    CS_LIST_CELLS,
    CS_LIST_CELL_SPANS,
    CS_LIST_PUBLISHERS, /* of a key set */
    CS_LIST_RECEIPTS,
    CS_LISTS_READ
} cs_list_id;

typedef enum cs_field_kind {
    CS_FIELD_END = 0,
    CS_FIELD_STRING, /* const char *, NULL: none */
    CS_FIELD_WORD,   /* never NULL, as the next two */
    CS_FIELD_ID,
    CS_FIELD_LOCALE,
    CS_FIELD_BYTES,     /* `arg` of them */
    CS_FIELD_SMALL,     /* uint8_t or bool, at most `arg` */
    CS_FIELD_POSITION,  /* uint16_t, in the list `arg` of the policy */
    CS_FIELD_U32,       /* `arg` × uint32_t, one behind the other; as the next two */
    CS_FIELD_I32,       /* never negative */
    CS_FIELD_MS,        /* int64_t, never negative */
    CS_FIELD_DATA_MASK, /* of the purpose that holds the entry */
    CS_FIELD_LOCALES,   /* cs_policy's own */
    CS_FIELD_CHECK,     /* cs_field_check `arg`, of what was read */
    CS_FIELD_COUNT,     /* of the list `arg` */
    CS_FIELD_ENTRIES,   /* of the list `arg`, whose count was told */
    CS_FIELD_LIST,      /* count and entries */
    CS_FIELD_IF,        /* bool: only when it holds, the next field is there */
    CS_FIELD_TERM = 32, /* added to the kind: what two versions of a thing differ in when this does */
    CS_FIELD_ONCE = 64  /* added to a first field's kind: no two entries of the list have the same */
} cs_field_kind;

typedef enum cs_field_check {
    CS_CHECK_DATE,
    CS_CHECK_PURPOSE
} cs_field_check;

typedef struct cs_field {
    uint8_t kind; /* cs_field_kind */
    uint8_t arg;
    uint16_t offset;
} cs_field;

typedef struct cs_list {
    const cs_field *fields; /* of an entry; what it is known by comes first */
    uint16_t items, count;  /* offsets, in the struct that holds the list, of the pointer and the uint16_t */
    uint8_t entry_size;
    uint8_t least_bytes; /* of an entry in the compact form */
    uint16_t max;
} cs_list;

extern const cs_list cs_lists[CS_LISTS];
extern const cs_field cs_policy_fields[]; /* in the order of the compact form */

static inline uint16_t cs_list_count(cs_list_id id, const void *holder)
{
    return *(const uint16_t *)((const char *)holder + cs_lists[id].count);
}
/* The entry at a position that is in the list; NULL for an empty list. */
const void *cs_list_entry(cs_list_id id, const void *holder, size_t at);
/* The name that an entry shares with one before it, in a list where each stands once; NULL: none. */
const char *cs_list_repeats(const cs_policy *policy, cs_list_id id, const void *holder, size_t at);

#endif
