/* home: one directory of the host, shared by its processes: keys, sealed files, the policies held, the shared page.
 *
 * Everything kept here is sealed with keys derived from one master key, which lives in the key store and nowhere else;
 * names come from keyed hashes. When the key store cannot answer the home opens all the same: nothing can be read, so
 * every decision is deny store_unavailable, and a withdrawal leaves a marker (no names in it) that turns every grant into
 * `ask` until it is confirmed.
 *
 * Threads: `lock` guards all fields and is held across disk; callers in profile take it. */
#ifndef CS_HOME_H
#define CS_HOME_H

#include <consent/platform.h>

#include "crypto/crypto.h"
#include "decide/decide.h"
#include "ledger/page.h"
#include "platform/platform.h"
#include "policy/bundle.h"
#include "policy/document.h"
#include "policy/key_set.h"

#define CS_MARKER_NAME "withdrawn-unkeyed" /* file: a withdrawal was made while the key was away */
#define CS_HOME_MAX_POLICIES 64u
#define CS_HOME_MAX_HEADS 64u
#define CS_HOME_MAX_PATH 4096u
#define CS_HOME_MAX_RETIRED_PAGES 16u

/* A policy held: verified at install, opened from its compact form. */
typedef struct cs_held_policy {
    cs_policy *policy;
    uint8_t publisher_id[CS_KEY_NAME_SIZE];
    int64_t installed_ms;
} cs_held_policy;

/* A version of a policy, as one publisher key signed for it. */
typedef struct cs_version_floor {
    uint8_t publisher[CS_KEY_NAME_SIZE];
    char id[CS_ID_MAX_SIZE + 1];
    uint32_t version;
    uint32_t revision;
} cs_version_floor;

/* What a publisher last said of a policy's newest version. */
typedef struct cs_known_head {
    cs_version_floor newest;
    uint8_t hash[CS_HASH_SIZE];
    int64_t fresh_until_ms;
} cs_known_head;

/* Small members first: what lies within 128 bytes takes the shortest instructions. */
typedef struct cs_home {
    void *lock;
    cs_dir *dir;
    cs_policy_set policies; /* view of `held` for decide */
    size_t held_count;
    size_t head_count;
    _Atomic(cs_page *) page;
    const consent_keystore *keystore; /* keystore_copy */
    consent_status key_status;        /* CONSENT_OK, E_KEY_UNAVAILABLE, E_KEY_GONE, E_COPIED */
    consent_status policies_status;   /* of the list of policies as last read */
    uint32_t policies_epoch;          /* rises when `held` changes */
    bool page_is_lost;                /* and could not be made anew */
    bool marker;                      /* a withdrawal was made while the key was away */
    cs_env env;
    uint32_t protection;
    uint32_t process_id;
    _Atomic(const _Atomic uint32_t *)
        page_words; /* its generation and alarm: read without the lock by the check by handle */
    uint8_t *roots;
    size_t root_count;
    consent_keystore keystore_copy; /* the host's, as far as it goes, or the one in the home itself */
    uint8_t names_key[CS_KEY_SIZE];
    uint8_t wrap_key[CS_KEY_SIZE];
    uint8_t store_key[CS_KEY_SIZE];
    uint8_t nonce_key[CS_KEY_SIZE];
    uint8_t home_id[16];
    char platform[16];
    cs_page *retired_pages[CS_HOME_MAX_RETIRED_PAGES];
    size_t retired_page_count;
    cs_held_policy held[CS_HOME_MAX_POLICIES];
    const cs_policy *set_list[CS_HOME_MAX_POLICIES];
    cs_known_head heads[CS_HOME_MAX_HEADS];
    uint8_t index_mark[32]; /* the index file's first bytes as last read: header and nonce, never twice the same */
} cs_home;

consent_status cs_home_open(const cs_env *env, const consent_config *config, cs_home **out, consent_error *err);
void cs_home_close(cs_home *home);

/* Asks the key store again when it was away. CONSENT_OK or why not. */
consent_status cs_home_unlock(cs_home *home, consent_error *err);
/* Begins anew after the files of a lost or foreign key were set aside: a new master key where it was lost; forgets the policies
 * held. */
consent_status cs_home_renew(cs_home *home, consent_error *err);
void cs_home_forget_policies(cs_home *home);

/* Opens the shared page anew when it was cut short, removed or replaced. The old one stays mapped until the home closes:
 * a check may be reading it. While this fails the page must not be touched. */
consent_status cs_home_look_after_page(cs_home *home, consent_error *err);
/* Has every process decide anew. */
void cs_home_bump(cs_home *home);

/* ---- sealed files --------------------------------------------------------------------------- */

/* Name of a file from a keyed hash: prefix, '-', 16 hex digits. */
#define CS_HOME_NAME_SIZE 40u
consent_status cs_home_name(const cs_home *home, char prefix, cs_span what, char out[CS_HOME_NAME_SIZE],
                            consent_error *err);
/* Seals `content` into a file, durably and at once; the name is part of the seal. */
consent_status cs_home_seal(cs_home *home, const char *name, const uint8_t key[CS_KEY_SIZE], cs_span content,
                            consent_error *err);
/* E_NOT_FOUND, E_TAMPERED, E_CORRUPT, E_IO. */
consent_status cs_home_unseal(cs_home *home, const char *name, const uint8_t key[CS_KEY_SIZE], size_t max_size,
                              cs_buffer *out, consent_error *err);
/* Whether the file is there; a look that fails is an error, never "absent". */
consent_status cs_home_look(cs_home *home, const char *name, bool *there, consent_error *err);

/* ---- policies ------------------------------------------------------------------------------- */

/* Verifies the bundle, head statement or key set completely, then keeps it. See consent_policy_install. */
consent_status cs_home_install(cs_home *home, cs_span bytes, consent_error *err);
/* Opens a signed statement of this type (cs_statement_open) under the newest key set seen; writes nothing. E_REJECTED: an older
 * key set. */
consent_status cs_home_statement(cs_home *home, cs_span bytes, const char *typ, cs_buffer *payload, consent_error *err);
/* Whether a head statement named a newer version than this one. */
bool cs_home_is_outdated(const cs_home *home, const cs_policy *policy);
/* Reads the index again when another process changed it. */
consent_status cs_home_refresh_policies(cs_home *home, consent_error *err);
const cs_held_policy *cs_home_policy(const cs_home *home, const char *id, uint32_t version);
/* The newest key set. E_NOT_FOUND: none is kept, or none that counts. */
consent_status cs_home_key_set(cs_home *home, cs_key_set *set, consent_error *err);
consent_status cs_home_texts(cs_home *home, const cs_policy *policy, cs_texts **texts, consent_error *err);
/* Exact JSON of a document: locale NULL or unknown gives the policy's first. */
consent_status cs_home_document(cs_home *home, const cs_policy *policy, const char *locale, cs_buffer *json,
                                consent_error *err);
/* The same of child rules, by their own id and version (0: the newest). E_NOT_FOUND: no policy held brought such a text. */
consent_status cs_home_child_rules(cs_home *home, const char *id, uint32_t version, const char *locale, cs_buffer *json,
                                   consent_error *err);

#endif
