#include "profile/policy_index.h"

#include <string.h>

#define INDEX_VERSION 2u
#define INDEX_MAX_BYTES 65536u
#define PADDING 16u

/* ---- coding ------------------------------------------------------------------------------------ */

#define HELD(kind, member) CS_MEMBER(kind, cs_index_entry, member)
#define FLOOR(kind, member) CS_MEMBER(kind, cs_version_floor, member)
#define KEY_SET(kind, member) CS_MEMBER(kind, cs_key_set_floor, member)
#define HEAD(kind, member) CS_MEMBER(kind, cs_known_head, member)

static const cs_member members[] = {
    HELD(CS_MEMBER_BYTES, hash),
    HELD(CS_MEMBER_BYTES, publisher),
    HELD(CS_MEMBER_FIXED, installed_ms),

    FLOOR(CS_MEMBER_BYTES, publisher),
    FLOOR(CS_MEMBER_ID, id),
    FLOOR(CS_MEMBER_FIXED, version),
    FLOOR(CS_MEMBER_FIXED, revision),

    KEY_SET(CS_MEMBER_BYTES, root),
    KEY_SET(CS_MEMBER_FIXED, version),
    KEY_SET(CS_MEMBER_BYTES, hash),

    HEAD(CS_MEMBER_BYTES, newest.publisher),
    HEAD(CS_MEMBER_ID, newest.id),
    HEAD(CS_MEMBER_FIXED, newest.version),
    HEAD(CS_MEMBER_FIXED, newest.revision),
    HEAD(CS_MEMBER_BYTES, hash),
    HEAD(CS_MEMBER_FIXED, fresh_until_ms),
};

/* The lists of the index, in the order of the file; their members stand above in that order too. */
typedef struct list {
    uint16_t entries, count; /* where they are in the index */
    uint8_t entry_size, max, member_count;
} list;

#define LIST(entries, count, max, member_count)                                                                        \
    {                                                                                                                  \
        offsetof(cs_policy_index, entries), offsetof(cs_policy_index, count),                                          \
            sizeof(((cs_policy_index *)0)->entries[0]), max, member_count                                              \
    }
static const list lists[] = {
    LIST(held, held_count, CS_HOME_MAX_POLICIES, 3),
    LIST(floors, floor_count, CS_INDEX_MAX_FLOORS, 4),
    LIST(key_sets, key_set_count, CS_INDEX_MAX_KEY_SETS, 3),
    LIST(heads, head_count, CS_HOME_MAX_HEADS, 6),
};

static void encode_index(const cs_policy_index *index, cs_buffer *out)
{
    const cs_member *of = members;
    cs_buffer_u8(out, INDEX_VERSION);
    cs_buffer_u32(out, index->serial);
    for (const list *l = lists; l < lists + CS_COUNT_OF(lists); of += l->member_count, l++) {
        const char *entry = (const char *)index + l->entries;
        size_t count = *(const size_t *)(const void *)((const char *)index + l->count);
        cs_buffer_varint(out, count);
        for (; count != 0; count--, entry += l->entry_size)
            cs_buffer_members(out, of, l->member_count, entry);
    }
    /* Other processes notice a new file by its inode and size, and a file system may give the same inode again. */
    for (uint32_t i = 0; i < index->serial % PADDING; i++)
        cs_buffer_u8(out, 0);
}

static void decode_lists(cs_reader *in, cs_policy_index *index)
{
    const cs_member *of = members;
    for (const list *l = lists; l < lists + CS_COUNT_OF(lists); of += l->member_count, l++) {
        char *entry = (char *)index + l->entries;
        uint64_t count = cs_read_varint(in);
        if (!in->ok || count > l->max) { /* more than the list can take */
            in->ok = false;
            return;
        }
        *(size_t *)(void *)((char *)index + l->count) = (size_t)count;
        for (; count != 0; count--, entry += l->entry_size)
            cs_read_members(in, of, l->member_count, entry);
    }
}

static consent_status decode_index(cs_span bytes, cs_policy_index *index, consent_error *err)
{
    cs_reader in = cs_reader_of(bytes);
    if (cs_read_u8(&in) != INDEX_VERSION)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0,
                       "the list of policies has another format; use the library that wrote it, or a newer one");
    index->serial = cs_read_u32(&in);
    decode_lists(&in, index);
    if (!in.ok || in.left != index->serial % PADDING)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the list of policies is damaged");
    return CONSENT_OK;
}

consent_status cs_index_load(cs_home *home, cs_policy_index *index, consent_error *err)
{
    cs_buffer bytes;
    bool there;
    memset(index, 0, sizeof *index);
    /* Only a file that is known to be absent is an empty list: storing over one that could not be looked up would forget it. */
    consent_status status = cs_home_look(home, CS_INDEX_NAME, &there, err);
    if (status != CONSENT_OK || !there)
        return status;
    cs_buffer_init(&bytes, &home->env.memory, INDEX_MAX_BYTES);
    status = cs_home_unseal(home, CS_INDEX_NAME, home->store_key, INDEX_MAX_BYTES, &bytes, err);
    if (status == CONSENT_OK)
        status = decode_index(cs_buffer_span(&bytes), index, err);
    cs_buffer_free(&bytes);
    return status;
}

consent_status cs_index_store(cs_home *home, cs_policy_index *index, consent_error *err)
{
    cs_buffer bytes;
    index->serial++;
    cs_buffer_init(&bytes, &home->env.memory, INDEX_MAX_BYTES);
    encode_index(index, &bytes);
    consent_status status = cs_buffer_status(&bytes, "the list of policies", err);
    if (status == CONSENT_OK)
        status = cs_home_seal(home, CS_INDEX_NAME, home->store_key, cs_buffer_span(&bytes), err);
    cs_buffer_free(&bytes);
    return status;
}

/* ---- judging ----------------------------------------------------------------------------------- */

static bool same_key(const uint8_t a[CS_KEY_NAME_SIZE], const uint8_t b[CS_KEY_NAME_SIZE])
{
    return memcmp(a, b, CS_KEY_NAME_SIZE) == 0;
}

static bool is_named(const cs_signers *signers, const uint8_t publisher[CS_KEY_NAME_SIZE])
{
    for (size_t i = 0; i < signers->named_count; i++)
        if (same_key(signers->named[i], publisher))
            return true;
    return false;
}

static bool is_pinned(const cs_home *home, const uint8_t root[CS_KEY_NAME_SIZE])
{
    for (size_t i = 0; i < home->root_count; i++) {
        uint8_t digest[CS_HASH_SIZE];
        cs_span key = {home->roots + i * CS_P256_PUBLIC_SIZE, CS_P256_PUBLIC_SIZE};
        /* What cannot be told counts as pinned: the stricter answer. */
        if (cs_sha256(&key, 1, digest, NULL) != CONSENT_OK || same_key(digest, root))
            return true;
    }
    return false;
}

static int compare(const cs_claim *claim, const cs_version_floor *seen)
{
    uint32_t a = claim->version, b = seen->version;
    if (a == b) {
        a = claim->revision;
        b = seen->revision;
    }
    return a < b ? -1 : a > b;
}

consent_status cs_index_check_key_set(const cs_home *home, const cs_policy_index *index, const cs_signers *signers,
                                      consent_error *err)
{
    for (size_t i = 0; i < index->key_set_count; i++) {
        const cs_key_set_floor *floor = &index->key_sets[i];
        if (signers->key_set_version > floor->version || !is_pinned(home, floor->root))
            continue;
        if (signers->key_set_version < floor->version)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "key set %u is older than key set %u, which this home has seen; sign under the newest one",
                           signers->key_set_version, floor->version);
        if (memcmp(signers->key_set_hash, floor->hash, CS_HASH_SIZE) != 0)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "key set %u was seen before with other content; a changed key set needs a new version",
                           floor->version);
    }
    return CONSENT_OK;
}

/* Whether what was seen is of this policy, and by a publisher that the key set in hand names still. */
static bool speaks(const cs_version_floor *seen, const cs_claim *claim)
{
    return strcmp(seen->id, claim->id) == 0 && is_named(claim->signers, seen->publisher);
}

consent_status cs_index_check_claim(const cs_policy_index *index, const cs_claim *claim, consent_error *err)
{
    const char *what = claim->fresh_until_ms != 0 ? "the head statement of " : "";
    const cs_version_floor *newer = NULL;
    for (size_t i = 0; i < index->floor_count; i++)
        if (speaks(&index->floors[i], claim) && compare(claim, &index->floors[i]) < 0)
            newer = &index->floors[i];
    for (size_t i = 0; i < index->head_count; i++) {
        const cs_known_head *head = &index->heads[i];
        if (!speaks(&head->newest, claim))
            continue;
        int order = compare(claim, &head->newest);
        if (order == 0 && memcmp(claim->hash, head->hash, CS_HASH_SIZE) != 0)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "%spolicy %s version %u revision %u contradicts what was seen: it is not the one that the "
                           "head statement names; fetch that one",
                           what, claim->id, claim->version, claim->revision);
        /* An older policy than the newest one named is outdated, not refused. */
        if (order < 0 && claim->fresh_until_ms != 0)
            newer = &head->newest;
    }
    return !newer ? CONSENT_OK
                  : cs_fail(err, CONSENT_E_REJECTED, 0,
                            "%spolicy %s version %u revision %u is older than version %u revision %u, which this home "
                            "has seen; fetch a newer one",
                            what, claim->id, claim->version, claim->revision, newer->version, newer->revision);
}

/* ---- remembering ------------------------------------------------------------------------------- */

/* A free place, else one whose root no app pins any more. */
static cs_key_set_floor *place_for_key_set(const cs_home *home, cs_policy_index *index, const cs_signers *signers)
{
    for (size_t i = 0; i < index->key_set_count; i++)
        if (same_key(index->key_sets[i].root, signers->root))
            return &index->key_sets[i];
    if (index->key_set_count < CS_INDEX_MAX_KEY_SETS)
        return &index->key_sets[index->key_set_count++];
    for (size_t i = 0; i < index->key_set_count; i++)
        if (!is_pinned(home, index->key_sets[i].root))
            return &index->key_sets[i];
    return NULL;
}

consent_status cs_index_raise_key_set(const cs_home *home, cs_policy_index *index, const cs_signers *signers,
                                      bool *changed, consent_error *err)
{
    cs_key_set_floor *floor = place_for_key_set(home, index, signers);
    if (!floor)
        return cs_fail(err, CONSENT_E_FULL, 0, "this home knows the key sets of %u root keys, the most it can",
                       CS_INDEX_MAX_KEY_SETS);
    if (same_key(floor->root, signers->root) && floor->version == signers->key_set_version)
        return CONSENT_OK;
    memcpy(floor->root, signers->root, CS_KEY_NAME_SIZE);
    floor->version = signers->key_set_version;
    memcpy(floor->hash, signers->key_set_hash, CS_HASH_SIZE);
    /* What a publisher said of the newest version goes with its key. */
    for (size_t i = index->head_count; i-- > 0;)
        if (!is_named(signers, index->heads[i].newest.publisher))
            index->heads[i] = index->heads[--index->head_count];
    *changed = true;
    return CONSENT_OK;
}

static void remember(cs_version_floor *seen, const cs_claim *claim)
{
    memcpy(seen->publisher, claim->signers->publisher, CS_KEY_NAME_SIZE);
    memcpy(seen->id, claim->id, strlen(claim->id) + 1);
    seen->version = claim->version;
    seen->revision = claim->revision;
}

static consent_status raise_policy(cs_policy_index *index, const cs_claim *claim, bool *changed, consent_error *err)
{
    size_t i = 0;
    while (i < index->floor_count && !(same_key(index->floors[i].publisher, claim->signers->publisher) &&
                                       strcmp(index->floors[i].id, claim->id) == 0))
        i++;
    if (i == CS_INDEX_MAX_FLOORS)
        return cs_fail(err, CONSENT_E_FULL, 0,
                       "this home has seen %u policies by different publishers, the most it can", CS_INDEX_MAX_FLOORS);
    if (i == index->floor_count)
        index->floor_count++;
    else if (compare(claim, &index->floors[i]) <= 0)
        return CONSENT_OK;
    remember(&index->floors[i], claim);
    *changed = true;
    return CONSENT_OK;
}

consent_status cs_index_raise_claim(cs_policy_index *index, const cs_claim *claim, bool *changed, consent_error *err)
{
    size_t i = 0;
    if (claim->fresh_until_ms == 0)
        return raise_policy(index, claim, changed, err);
    while (i < index->head_count && strcmp(index->heads[i].newest.id, claim->id) != 0)
        i++;
    if (i == CS_HOME_MAX_HEADS)
        return cs_fail(err, CONSENT_E_FULL, 0, "this home knows the newest versions of %u policies, the most it can",
                       CS_HOME_MAX_HEADS);
    cs_known_head *known = &index->heads[i];
    if (i == index->head_count)
        index->head_count++;
    else if (memcmp(known->hash, claim->hash, CS_HASH_SIZE) == 0 &&
             same_key(known->newest.publisher, claim->signers->publisher) &&
             claim->fresh_until_ms <= known->fresh_until_ms)
        return CONSENT_OK;
    remember(&known->newest, claim);
    memcpy(known->hash, claim->hash, CS_HASH_SIZE);
    known->fresh_until_ms = claim->fresh_until_ms;
    *changed = true;
    return CONSENT_OK;
}
