/* policy_index: what a home remembers of policies apart from their content: which are held, the newest version seen of each, the
 * newest key set seen, and the newest head statement. It is one sealed file, so deleting cached policies cannot bring an old
 * one back.
 *
 * Older is judged among keys that are trusted still: a version floor speaks while its publisher is named by the key set in
 * hand, a key set's floor while its root is pinned. So a stolen key that ran ahead is got rid of by naming it no longer. */
#ifndef CS_POLICY_INDEX_H
#define CS_POLICY_INDEX_H

#include "profile/home.h"

#define CS_INDEX_MAX_FLOORS 128u
#define CS_INDEX_MAX_KEY_SETS 32u

/* The highest key set seen of a root key. */
typedef struct cs_key_set_floor {
    uint8_t root[CS_KEY_NAME_SIZE];
    uint32_t version;
    uint8_t hash[CS_HASH_SIZE];
} cs_key_set_floor;

typedef struct cs_index_entry {
    uint8_t hash[CS_HASH_SIZE];
    uint8_t publisher[CS_KEY_NAME_SIZE];
    int64_t installed_ms;
} cs_index_entry;

typedef struct cs_policy_index {
    uint32_t serial; /* how often it was stored */
    cs_index_entry held[CS_HOME_MAX_POLICIES];
    size_t held_count;
    cs_version_floor floors[CS_INDEX_MAX_FLOORS]; /* the highest version seen, of each publisher */
    size_t floor_count;
    cs_key_set_floor key_sets[CS_INDEX_MAX_KEY_SETS];
    size_t key_set_count;
    cs_known_head heads[CS_HOME_MAX_HEADS];
    size_t head_count;
} cs_policy_index;

#define CS_INDEX_NAME "policies" /* file */

/* What a bundle or a head statement says of a policy; a key set by itself says nothing (id NULL). */
typedef struct cs_claim {
    const cs_signers *signers;
    const char *id;
    uint32_t version;
    uint32_t revision;
    const uint8_t *hash;
    int64_t fresh_until_ms; /* of a head statement; 0: a bundle */
} cs_claim;

/* An empty index when there is no file. E_CORRUPT, E_TAMPERED, E_UNSUPPORTED, E_IO. */
consent_status cs_index_load(cs_home *home, cs_policy_index *index, consent_error *err);
consent_status cs_index_store(cs_home *home, cs_policy_index *index, consent_error *err);

/* E_REJECTED: an older key set than one seen from a pinned root, or another one of the same version. */
consent_status cs_index_check_key_set(const cs_home *home, const cs_policy_index *index, const cs_signers *signers,
                                      consent_error *err);
/* E_REJECTED: below the floor of a publisher that the key set names, or not what its head statement of that version names; a head
 * statement may not be older than another either. */
consent_status cs_index_check_claim(const cs_policy_index *index, const cs_claim *claim, consent_error *err);

/* What was checked is remembered; true when the index changed. E_FULL leaves it as it was. */
consent_status cs_index_raise_key_set(const cs_home *home, cs_policy_index *index, const cs_signers *signers,
                                      bool *changed, consent_error *err);
consent_status cs_index_raise_claim(cs_policy_index *index, const cs_claim *claim, bool *changed, consent_error *err);

/* ---- home_keys.c ---- */

/* E_REJECTED: the home has seen a newer key set. */
consent_status cs_home_check_newest(cs_home *home, const cs_signers *signers, consent_error *err);
/* Whether the bytes are a key set by itself; nothing is verified. */
bool cs_home_is_key_set(const cs_home *home, cs_span bytes, cs_str *line);
/* Keeps a verified key set, unless the home has seen a newer one. */
consent_status cs_home_keep_key_set(cs_home *home, cs_str line, const cs_signers *signers, consent_error *err);

#endif
