#include "profile/policy_index.h"

#include <errno.h>
#include <string.h>

#define INDEX_VERSION 2u
#define INDEX_MAX_BYTES 65536u
#define PADDING 16u

/* ---- coding ------------------------------------------------------------------------------------ */

static void encode_trust(const cs_policy_index *index, cs_buffer *out)
{
    cs_buffer_varint(out, index->key_set_count);
    for (size_t i = 0; i < index->key_set_count; i++) {
        const cs_key_set_floor *entry = &index->key_sets[i];
        cs_buffer_append(out, entry->root, CS_KEY_NAME_SIZE);
        cs_buffer_u32(out, entry->version);
        cs_buffer_append(out, entry->hash, CS_HASH_SIZE);
    }
    cs_buffer_varint(out, index->head_count);
    for (size_t i = 0; i < index->head_count; i++) {
        const cs_known_head *entry = &index->heads[i];
        cs_buffer_append(out, entry->publisher, CS_KEY_NAME_SIZE);
        cs_buffer_sized(out, entry->id, strlen(entry->id));
        cs_buffer_u32(out, entry->version);
        cs_buffer_u32(out, entry->revision);
        cs_buffer_append(out, entry->hash, CS_HASH_SIZE);
        cs_buffer_u64(out, (uint64_t)entry->fresh_until_ms);
    }
}

static void encode_index(const cs_policy_index *index, cs_buffer *out)
{
    cs_buffer_u8(out, INDEX_VERSION);
    cs_buffer_u32(out, index->serial);
    cs_buffer_varint(out, index->held_count);
    for (size_t i = 0; i < index->held_count; i++) {
        cs_buffer_append(out, index->held[i].hash, CS_HASH_SIZE);
        cs_buffer_append(out, index->held[i].publisher, CS_KEY_NAME_SIZE);
        cs_buffer_u64(out, (uint64_t)index->held[i].installed_ms);
    }
    cs_buffer_varint(out, index->floor_count);
    for (size_t i = 0; i < index->floor_count; i++) {
        const cs_version_floor *entry = &index->floors[i];
        cs_buffer_append(out, entry->publisher, CS_KEY_NAME_SIZE);
        cs_buffer_sized(out, entry->id, strlen(entry->id));
        cs_buffer_u32(out, entry->version);
        cs_buffer_u32(out, entry->revision);
    }
    encode_trust(index, out);
    /* Other processes notice a new file by its inode and size, and a file system may give the same inode again. */
    for (uint32_t i = 0; i < index->serial % PADDING; i++)
        cs_buffer_u8(out, 0);
}

static void read_array(cs_reader *in, uint8_t *out, size_t size)
{
    const uint8_t *bytes = cs_read_bytes(in, size);
    if (bytes)
        memcpy(out, bytes, size);
}

static void read_id(cs_reader *in, char out[CS_ID_MAX_SIZE + 1])
{
    cs_str id = cs_read_str(in, CS_ID_MAX_SIZE);
    if (in->ok)
        memcpy(out, id.data, id.size);
}

/* A count that the list in hand can take. */
static size_t read_count(cs_reader *in, size_t max)
{
    uint64_t count = cs_read_varint(in);
    in->ok = in->ok && count <= max;
    return in->ok ? (size_t)count : 0;
}

static void decode_lists(cs_reader *in, cs_policy_index *index)
{
    index->held_count = read_count(in, CS_HOME_MAX_POLICIES);
    for (size_t i = 0; i < index->held_count; i++) {
        read_array(in, index->held[i].hash, CS_HASH_SIZE);
        read_array(in, index->held[i].publisher, CS_KEY_NAME_SIZE);
        index->held[i].installed_ms = (int64_t)cs_read_u64(in);
    }
    index->floor_count = read_count(in, CS_INDEX_MAX_FLOORS);
    for (size_t i = 0; i < index->floor_count; i++) {
        read_array(in, index->floors[i].publisher, CS_KEY_NAME_SIZE);
        read_id(in, index->floors[i].id);
        index->floors[i].version = cs_read_u32(in);
        index->floors[i].revision = cs_read_u32(in);
    }
    index->key_set_count = read_count(in, CS_INDEX_MAX_KEY_SETS);
    for (size_t i = 0; i < index->key_set_count; i++) {
        read_array(in, index->key_sets[i].root, CS_KEY_NAME_SIZE);
        index->key_sets[i].version = cs_read_u32(in);
        read_array(in, index->key_sets[i].hash, CS_HASH_SIZE);
    }
    index->head_count = read_count(in, CS_HOME_MAX_HEADS);
    for (size_t i = 0; i < index->head_count; i++) {
        read_array(in, index->heads[i].publisher, CS_KEY_NAME_SIZE);
        read_id(in, index->heads[i].id);
        index->heads[i].version = cs_read_u32(in);
        index->heads[i].revision = cs_read_u32(in);
        read_array(in, index->heads[i].hash, CS_HASH_SIZE);
        index->heads[i].fresh_until_ms = (int64_t)cs_read_u64(in);
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
    cs_file_info info = {0};
    memset(index, 0, sizeof *index);
    /* Only a file that is known to be absent is an empty list: storing over one that could not be looked up would forget it. */
    int code = home->env.file_info_by_name(home->env.ctx, home->dir, CS_INDEX_NAME, &info);
    if (code == ENOENT)
        return CONSENT_OK;
    if (code != 0)
        return cs_fail_os(err, code, "the list of policies could not be looked up");
    cs_buffer_init(&bytes, &home->env.memory, INDEX_MAX_BYTES);
    consent_status status = cs_home_unseal(home, CS_INDEX_NAME, home->store_key, INDEX_MAX_BYTES, &bytes, err);
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

static int compare(uint32_t version_a, uint32_t revision_a, uint32_t version_b, uint32_t revision_b)
{
    if (version_a != version_b)
        return version_a < version_b ? -1 : 1;
    return revision_a == revision_b ? 0 : revision_a < revision_b ? -1 : 1;
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

consent_status cs_index_check_policy(const cs_policy_index *index, const cs_policy *policy, const cs_signers *signers,
                                     consent_error *err)
{
    for (size_t i = 0; i < index->floor_count; i++) {
        const cs_version_floor *floor = &index->floors[i];
        if (strcmp(floor->id, policy->id) == 0 && is_named(signers, floor->publisher) &&
            compare(policy->version, policy->revision, floor->version, floor->revision) < 0)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "policy %s version %u revision %u is older than version %u revision %u, which this home has "
                           "seen; install a newer one",
                           policy->id, policy->version, policy->revision, floor->version, floor->revision);
    }
    for (size_t i = 0; i < index->head_count; i++) {
        const cs_known_head *head = &index->heads[i];
        if (strcmp(head->id, policy->id) == 0 && is_named(signers, head->publisher) &&
            compare(policy->version, policy->revision, head->version, head->revision) == 0 &&
            memcmp(policy->hash, head->hash, CS_HASH_SIZE) != 0)
            return cs_fail(
                err, CONSENT_E_REJECTED, 0,
                "policy %s version %u revision %u is not the one that the head statement names; fetch that one",
                policy->id, policy->version, policy->revision);
    }
    return CONSENT_OK;
}

consent_status cs_index_check_head(const cs_policy_index *index, const cs_head *head, consent_error *err)
{
    for (size_t i = 0; i < index->floor_count; i++) {
        const cs_version_floor *floor = &index->floors[i];
        if (strcmp(floor->id, head->id) == 0 && is_named(&head->signers, floor->publisher) &&
            compare(head->version, head->revision, floor->version, floor->revision) < 0)
            return cs_fail(
                err, CONSENT_E_REJECTED, 0,
                "the head statement of policy %s names version %u revision %u, and version %u revision %u is "
                "installed; fetch a newer one",
                head->id, head->version, head->revision, floor->version, floor->revision);
    }
    for (size_t i = 0; i < index->head_count; i++) {
        const cs_known_head *known = &index->heads[i];
        if (strcmp(known->id, head->id) != 0 || !is_named(&head->signers, known->publisher))
            continue;
        int order = compare(head->version, head->revision, known->version, known->revision);
        if (order < 0 || (order == 0 && memcmp(head->hash, known->hash, CS_HASH_SIZE) != 0))
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "the head statement of policy %s %s the one of version %u revision %u, which this home has "
                           "seen; fetch a newer one",
                           head->id, order < 0 ? "is older than" : "contradicts", known->version, known->revision);
    }
    return CONSENT_OK;
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
        if (!is_named(signers, index->heads[i].publisher))
            index->heads[i] = index->heads[--index->head_count];
    *changed = true;
    return CONSENT_OK;
}

consent_status cs_index_raise_policy(cs_policy_index *index, const cs_policy *policy, const cs_signers *signers,
                                     bool *changed, consent_error *err)
{
    cs_version_floor *floor = NULL;
    for (size_t i = 0; i < index->floor_count; i++)
        if (same_key(index->floors[i].publisher, signers->publisher) && strcmp(index->floors[i].id, policy->id) == 0)
            floor = &index->floors[i];
    if (!floor && index->floor_count == CS_INDEX_MAX_FLOORS)
        return cs_fail(err, CONSENT_E_FULL, 0,
                       "this home has seen %u policies by different publishers, the most it can", CS_INDEX_MAX_FLOORS);
    if (!floor) {
        floor = &index->floors[index->floor_count++];
        memcpy(floor->publisher, signers->publisher, CS_KEY_NAME_SIZE);
        memcpy(floor->id, policy->id, strlen(policy->id) + 1);
    } else if (compare(policy->version, policy->revision, floor->version, floor->revision) <= 0) {
        return CONSENT_OK;
    }
    floor->version = policy->version;
    floor->revision = policy->revision;
    *changed = true;
    return CONSENT_OK;
}

consent_status cs_index_raise_head(cs_policy_index *index, const cs_head *head, bool *changed, consent_error *err)
{
    cs_known_head *known = NULL;
    for (size_t i = 0; i < index->head_count; i++)
        if (strcmp(index->heads[i].id, head->id) == 0)
            known = &index->heads[i];
    if (!known && index->head_count == CS_HOME_MAX_HEADS)
        return cs_fail(err, CONSENT_E_FULL, 0, "this home knows the newest versions of %u policies, the most it can",
                       CS_HOME_MAX_HEADS);
    bool same = known && memcmp(known->hash, head->hash, CS_HASH_SIZE) == 0 &&
                same_key(known->publisher, head->signers.publisher);
    if (same && head->fresh_until_ms <= known->fresh_until_ms)
        return CONSENT_OK;
    if (!known)
        known = &index->heads[index->head_count++];
    memcpy(known->publisher, head->signers.publisher, CS_KEY_NAME_SIZE);
    memcpy(known->id, head->id, sizeof known->id);
    known->version = head->version;
    known->revision = head->revision;
    memcpy(known->hash, head->hash, CS_HASH_SIZE);
    known->fresh_until_ms = head->fresh_until_ms;
    *changed = true;
    return CONSENT_OK;
}
