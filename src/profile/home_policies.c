/* The policies a home holds: verified once, then kept compact and sealed, listed in one index. The index also holds the
 * version floors, so that deleting cached policies cannot bring an old one back. */
#include "profile/home.h"

#include <errno.h>
#include <string.h>

#define INDEX_NAME "policies"
#define INDEX_VERSION 1u
#define INDEX_MAX_BYTES 65536u
#define COMPACT_MAX_BYTES (2u * 1024u * 1024u)
#define MAX_FLOORS 128u

/* The highest version seen of a policy id from one publisher key. */
typedef struct floor_entry {
    uint8_t publisher_id[8];
    char id[CS_ID_MAX_SIZE + 1];
    uint32_t version;
    uint32_t revision;
} floor_entry;

typedef struct index_entry {
    uint8_t hash[CS_HASH_SIZE];
    uint8_t publisher_id[8];
    int64_t installed_ms;
} index_entry;

typedef struct policy_index {
    index_entry held[CS_HOME_MAX_POLICIES];
    size_t held_count;
    floor_entry floors[MAX_FLOORS];
    size_t floor_count;
} policy_index;

/* ---- the index -------------------------------------------------------------------------------- */

static void encode_index(const policy_index *index, cs_buffer *out)
{
    cs_buffer_u8(out, INDEX_VERSION);
    cs_buffer_varint(out, index->held_count);
    for (size_t i = 0; i < index->held_count; i++) {
        cs_buffer_append(out, index->held[i].hash, CS_HASH_SIZE);
        cs_buffer_append(out, index->held[i].publisher_id, 8);
        cs_buffer_u64(out, (uint64_t)index->held[i].installed_ms);
    }
    cs_buffer_varint(out, index->floor_count);
    for (size_t i = 0; i < index->floor_count; i++) {
        const floor_entry *entry = &index->floors[i];
        cs_buffer_append(out, entry->publisher_id, 8);
        cs_buffer_sized(out, entry->id, strlen(entry->id));
        cs_buffer_u32(out, entry->version);
        cs_buffer_u32(out, entry->revision);
    }
}

static void read_array(cs_reader *in, uint8_t *out, size_t size)
{
    const uint8_t *bytes = cs_read_bytes(in, size);
    if (bytes)
        memcpy(out, bytes, size);
}

static consent_status decode_index(cs_span bytes, policy_index *index, consent_error *err)
{
    cs_reader in = cs_reader_of(bytes);
    if (cs_read_u8(&in) != INDEX_VERSION)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the list of policies has a newer format; update the library");
    uint64_t count = cs_read_varint(&in);
    for (uint64_t i = 0; i < count && in.ok; i++) {
        if (i >= CS_HOME_MAX_POLICIES)
            return cs_fail(err, CONSENT_E_CORRUPT, 0, "the list of policies is too long");
        index_entry *entry = &index->held[index->held_count++];
        read_array(&in, entry->hash, CS_HASH_SIZE);
        read_array(&in, entry->publisher_id, 8);
        entry->installed_ms = (int64_t)cs_read_u64(&in);
    }
    count = cs_read_varint(&in);
    for (uint64_t i = 0; i < count && in.ok; i++) {
        if (i >= MAX_FLOORS)
            return cs_fail(err, CONSENT_E_CORRUPT, 0, "the list of version floors is too long");
        floor_entry *entry = &index->floors[index->floor_count++];
        read_array(&in, entry->publisher_id, 8);
        cs_str id = cs_read_str(&in, CS_ID_MAX_SIZE);
        if (in.ok)
            memcpy(entry->id, id.data, id.size);
        entry->version = cs_read_u32(&in);
        entry->revision = cs_read_u32(&in);
    }
    if (!in.ok || in.left != 0)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the list of policies is damaged");
    return CONSENT_OK;
}

static consent_status load_index(cs_home *home, policy_index *index, consent_error *err)
{
    cs_buffer bytes;
    memset(index, 0, sizeof *index);
    if (!cs_home_has(home, INDEX_NAME))
        return CONSENT_OK;
    cs_buffer_init(&bytes, &home->env.memory, INDEX_MAX_BYTES);
    consent_status status = cs_home_unseal(home, INDEX_NAME, home->store_key, INDEX_MAX_BYTES, &bytes, err);
    if (status == CONSENT_OK)
        status = decode_index(cs_buffer_span(&bytes), index, err);
    cs_buffer_free(&bytes);
    return status;
}

static consent_status store_index(cs_home *home, const policy_index *index, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, &home->env.memory, INDEX_MAX_BYTES);
    encode_index(index, &bytes);
    consent_status status = cs_buffer_status(&bytes, "the list of policies", err);
    if (status == CONSENT_OK)
        status = cs_home_seal(home, INDEX_NAME, home->store_key, cs_buffer_span(&bytes), err);
    cs_buffer_free(&bytes);
    return status;
}

/* ---- parts of a policy --------------------------------------------------------------------------- */

static consent_status seal_part(cs_home *home, char prefix, const uint8_t hash[CS_HASH_SIZE], cs_span content,
                                consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(home, prefix, (cs_span){hash, CS_HASH_SIZE}, name, err);
    return status == CONSENT_OK ? cs_home_seal(home, name, home->store_key, content, err) : status;
}

static consent_status unseal_part(cs_home *home, char prefix, const uint8_t hash[CS_HASH_SIZE], cs_buffer *out,
                                  consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(home, prefix, (cs_span){hash, CS_HASH_SIZE}, name, err);
    return status == CONSENT_OK ? cs_home_unseal(home, name, home->store_key, COMPACT_MAX_BYTES, out, err) : status;
}

static consent_status load_policy(cs_home *home, const index_entry *entry, cs_policy **policy, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, &home->env.memory, COMPACT_MAX_BYTES);
    consent_status status = unseal_part(home, 'b', entry->hash, &bytes, err);
    if (status == CONSENT_OK)
        status = cs_policy_decode(&home->env.memory, cs_buffer_span(&bytes), policy, err);
    cs_buffer_free(&bytes);
    if (status == CONSENT_OK && memcmp((*policy)->hash, entry->hash, CS_HASH_SIZE) != 0) {
        cs_policy_free(*policy);
        *policy = NULL;
        status = cs_fail(err, CONSENT_E_CORRUPT, 0, "a stored policy is not the one its name says");
    }
    return status;
}

static const cs_held_policy *held_by_hash(const cs_home *home, const uint8_t hash[CS_HASH_SIZE])
{
    for (size_t i = 0; i < home->held_count; i++)
        if (memcmp(home->held[i].policy->hash, hash, CS_HASH_SIZE) == 0)
            return &home->held[i];
    return NULL;
}

static void publish_set(cs_home *home)
{
    for (size_t i = 0; i < home->held_count; i++)
        home->set_list[i] = home->held[i].policy;
    home->policies.policies = home->set_list;
    home->policies.count = home->held_count;
    home->policies_epoch++;
}

static void hold(cs_home *home, cs_policy *policy, const index_entry *entry)
{
    cs_held_policy *held = &home->held[home->held_count++];
    held->policy = policy;
    memcpy(held->publisher_id, entry->publisher_id, 8);
    held->installed_ms = entry->installed_ms;
}

consent_status cs_home_refresh_policies(cs_home *home, consent_error *err)
{
    cs_file_info info = {0};
    policy_index *index;
    consent_status status;
    int code = home->env.file_info_by_name(home->env.ctx, home->dir, INDEX_NAME, &info);
    if (code != 0 && code != ENOENT)
        return cs_fail_os(err, code, "the list of policies could not be looked up");
    if (home->policies_epoch != 0 && info.inode == home->index_info.inode && info.size == home->index_info.size)
        return CONSENT_OK;
    index = cs_alloc(&home->env.memory, sizeof *index);
    if (!index)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the list of policies");
    status = load_index(home, index, err);
    for (size_t i = 0; status == CONSENT_OK && i < index->held_count; i++) {
        cs_policy *policy = NULL;
        if (held_by_hash(home, index->held[i].hash))
            continue;
        status = load_policy(home, &index->held[i], &policy, err);
        if (status == CONSENT_OK)
            hold(home, policy, &index->held[i]);
    }
    cs_free(&home->env.memory, index, sizeof *index);
    publish_set(home);
    home->policies_status = status;
    if (status == CONSENT_OK)
        home->index_info = info;
    return status;
}

/* ---- install ------------------------------------------------------------------------------------- */

static floor_entry *find_floor(policy_index *index, const uint8_t publisher_id[8], const char *id)
{
    for (size_t i = 0; i < index->floor_count; i++)
        if (memcmp(index->floors[i].publisher_id, publisher_id, 8) == 0 && strcmp(index->floors[i].id, id) == 0)
            return &index->floors[i];
    return NULL;
}

static bool version_is_below(const cs_policy *policy, const floor_entry *floor)
{
    return policy->version < floor->version ||
           (policy->version == floor->version && policy->revision < floor->revision);
}

/* Whether this policy may join those held: floor, equivocation, and that a text revision is one. */
static consent_status check_place(const cs_home *home, policy_index *index, const uint8_t publisher_id[8],
                                  const cs_policy *policy, consent_error *err)
{
    const floor_entry *floor = find_floor(index, publisher_id, policy->id);
    if (floor && version_is_below(policy, floor))
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "policy %s version %u revision %u is older than version %u revision %u, which this home has seen; "
                       "install a newer one", policy->id, policy->version, policy->revision, floor->version,
                       floor->revision);
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *other = home->held[i].policy;
        if (strcmp(other->id, policy->id) != 0 || other->version != policy->version)
            continue;
        if (other->revision == policy->revision)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "policy %s version %u revision %u is already held with other content; a changed policy needs "
                           "a new version", policy->id, policy->version, policy->revision);
        if (cs_policy_changes(other, policy) & ~(uint32_t)CS_CHANGE_EDITORIAL)
            return cs_fail(err, CONSENT_E_REJECTED, 0,
                           "policy %s version %u revision %u changes more than text; give it a new version", policy->id,
                           policy->version, policy->revision);
    }
    if (index->held_count >= CS_HOME_MAX_POLICIES || (!floor && index->floor_count >= MAX_FLOORS))
        return cs_fail(err, CONSENT_E_FULL, 0, "this home already holds %u policies, the most it can", CS_HOME_MAX_POLICIES);
    return CONSENT_OK;
}

static consent_status seal_parts(cs_home *home, const cs_bundle *bundle, consent_error *err)
{
    cs_buffer bytes;
    const cs_policy *policy = bundle->policy;
    consent_status status = CONSENT_OK;
    for (size_t i = 0; status == CONSENT_OK && i < policy->document_count; i++) {
        cs_span document = {(const uint8_t *)bundle->documents[i].data, bundle->documents[i].size};
        status = seal_part(home, 'd', policy->documents[i].hash, document, err);
    }
    cs_buffer_init(&bytes, &home->env.memory, COMPACT_MAX_BYTES);
    if (status == CONSENT_OK) {
        cs_texts_encode(bundle->texts, &bytes);
        status = cs_buffer_status(&bytes, "the policy's texts", err);
    }
    if (status == CONSENT_OK)
        status = seal_part(home, 't', policy->hash, cs_buffer_span(&bytes), err);
    cs_buffer_clear(&bytes);
    if (status == CONSENT_OK) {
        cs_policy_encode(policy, &bytes);
        status = cs_buffer_status(&bytes, "the policy's compact form", err);
    }
    if (status == CONSENT_OK)
        status = seal_part(home, 'b', policy->hash, cs_buffer_span(&bytes), err);
    cs_buffer_free(&bytes);
    return status;
}

static void raise_floor(policy_index *index, const uint8_t publisher_id[8], const cs_policy *policy)
{
    floor_entry *floor = find_floor(index, publisher_id, policy->id);
    if (!floor) {
        floor = &index->floors[index->floor_count++];
        memcpy(floor->publisher_id, publisher_id, 8);
        memcpy(floor->id, policy->id, strlen(policy->id) + 1);
    }
    floor->version = policy->version;
    floor->revision = policy->revision;
}

static consent_status keep(cs_home *home, policy_index *index, cs_bundle *bundle, int64_t now_ms, consent_error *err)
{
    uint8_t digest[CS_HASH_SIZE];
    index_entry entry = {.installed_ms = now_ms};
    cs_span key = {bundle->publisher, CS_P256_PUBLIC_SIZE};
    consent_status status = cs_sha256(&key, 1, digest, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(entry.publisher_id, digest, 8);
    memcpy(entry.hash, bundle->policy->hash, CS_HASH_SIZE);
    status = check_place(home, index, entry.publisher_id, bundle->policy, err);
    if (status == CONSENT_OK)
        status = seal_parts(home, bundle, err);
    if (status != CONSENT_OK)
        return status;
    index->held[index->held_count++] = entry;
    raise_floor(index, entry.publisher_id, bundle->policy);
    status = store_index(home, index, err);
    if (status != CONSENT_OK)
        return status;
    hold(home, bundle->policy, &entry);
    bundle->policy = NULL;
    publish_set(home);
    if (home->env.file_info_by_name(home->env.ctx, home->dir, INDEX_NAME, &home->index_info) != 0)
        memset(&home->index_info, 0, sizeof home->index_info);
    cs_page_bump(home->page);
    return CONSENT_OK;
}

consent_status cs_home_install(cs_home *home, cs_span bytes, consent_error *err)
{
    cs_bundle bundle = {0};
    cs_clock clock;
    consent_status status = cs_home_unlock(home, err);
    if (status != CONSENT_OK)
        return status;
    home->env.clock(home->env.ctx, &clock);
    status = cs_bundle_open(&home->env.memory, bytes, home->roots, home->root_count, clock.wall_ms, &bundle, err);
    if (status != CONSENT_OK)
        return status;
    policy_index *index = cs_alloc(&home->env.memory, sizeof *index);
    if (!index)
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the list of policies");
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, err);
    if (status == CONSENT_OK && !held_by_hash(home, bundle.policy->hash)) {
        status = load_index(home, index, err);
        if (status == CONSENT_OK)
            status = keep(home, index, &bundle, clock.wall_ms, err);
    }
    cs_free(&home->env.memory, index, sizeof *index);
    cs_bundle_free(&bundle);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------- */

const cs_held_policy *cs_home_policy(const cs_home *home, const char *id, uint32_t version)
{
    const cs_held_policy *best = NULL;
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *policy = home->held[i].policy;
        if (strcmp(policy->id, id) != 0 || (version != 0 && policy->version != version))
            continue;
        if (!best || cs_policy_compare_version(policy, best->policy) > 0)
            best = &home->held[i];
    }
    return best;
}

consent_status cs_home_texts(cs_home *home, const cs_policy *policy, cs_texts **texts, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, &home->env.memory, COMPACT_MAX_BYTES);
    consent_status status = unseal_part(home, 't', policy->hash, &bytes, err);
    if (status == CONSENT_OK)
        status = cs_texts_decode(&home->env.memory, cs_buffer_span(&bytes), texts, err);
    cs_buffer_free(&bytes);
    return status;
}

consent_status cs_home_document(cs_home *home, const cs_policy *policy, const char *locale, cs_buffer *json,
                                consent_error *err)
{
    const cs_document_ref *chosen = policy->document_count ? &policy->documents[0] : NULL;
    for (size_t i = 0; i < policy->document_count; i++)
        if (locale && strcmp(policy->documents[i].locale, locale) == 0)
            chosen = &policy->documents[i];
    if (!chosen)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "policy %s version %u has no document", policy->id, policy->version);
    return unseal_part(home, 'd', chosen->hash, json, err);
}
