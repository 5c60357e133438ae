/* The policies a home holds: verified once, then kept compact and sealed, listed in one index. */
#include "policy/key_set.h"
#include "profile/policy_index.h"

#include <errno.h>
#include <string.h>

#define INSTALL_LOCK_NAME "install.lock"

#define COMPACT_MAX_BYTES (2u * 1024u * 1024u)

/* ---- parts of a policy --------------------------------------------------------------------------- */

static consent_status seal_part(cs_home *home, char prefix, const uint8_t hash[CS_HASH_SIZE], cs_span content,
                                consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(home, prefix, (cs_span){hash, CS_HASH_SIZE}, name, err);
    return status == CONSENT_OK ? cs_home_seal(home, name, home->store_key, content, err) : status;
}

/* What was just encoded, cleared for the next. */
static consent_status seal_encoded(cs_home *home, char prefix, const uint8_t hash[CS_HASH_SIZE], cs_buffer *bytes,
                                   consent_error *err)
{
    consent_status status = cs_buffer_status(bytes, "a part of the policy", err);
    if (status == CONSENT_OK)
        status = seal_part(home, prefix, hash, cs_buffer_span(bytes), err);
    cs_buffer_clear(bytes);
    return status;
}

static consent_status unseal_part(cs_home *home, char prefix, const uint8_t hash[CS_HASH_SIZE], cs_buffer *out,
                                  consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(home, prefix, (cs_span){hash, CS_HASH_SIZE}, name, err);
    return status == CONSENT_OK ? cs_home_unseal(home, name, home->store_key, COMPACT_MAX_BYTES, out, err) : status;
}

static consent_status load_policy(cs_home *home, const cs_index_entry *entry, cs_policy **policy, consent_error *err)
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

static void know_heads(cs_home *home, const cs_policy_index *index)
{
    memcpy(home->heads, index->heads, sizeof home->heads);
    home->head_count = index->head_count;
}

static void hold(cs_home *home, cs_policy *policy, const cs_index_entry *entry)
{
    cs_held_policy *held = &home->held[home->held_count++];
    held->policy = policy;
    memcpy(held->publisher_id, entry->publisher, CS_KEY_NAME_SIZE);
    held->installed_ms = entry->installed_ms;
}

/* The first bytes of the index file, zeros when there is none. Inode and size would not do: both come back. */
static consent_status read_mark(cs_home *home, uint8_t mark[sizeof home->index_mark], consent_error *err)
{
    const cs_env *env = &home->env;
    cs_file *file = NULL;
    size_t got = 0;
    memset(mark, 0, sizeof home->index_mark);
    int code = env->file_open(env->ctx, home->dir, CS_INDEX_NAME, CS_OPEN_READ, &file);
    if (code == ENOENT)
        return CONSENT_OK;
    if (code == 0) {
        code = env->file_read(env->ctx, file, 0, mark, sizeof home->index_mark, &got);
        env->file_close(env->ctx, file);
    }
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "the list of policies could not be looked up");
}

consent_status cs_home_refresh_policies(cs_home *home, consent_error *err)
{
    uint8_t mark[sizeof home->index_mark];
    cs_policy_index *index;
    consent_status status = read_mark(home, mark, err);
    if (status != CONSENT_OK)
        return status;
    if (home->policies_epoch != 0 && memcmp(mark, home->index_mark, sizeof mark) == 0)
        return CONSENT_OK;
    index = cs_alloc(&home->env.memory, sizeof *index);
    if (!index)
        return cs_no_memory(err, "the list of policies");
    status = cs_index_load(home, index, err);
    for (size_t i = 0; status == CONSENT_OK && i < index->held_count; i++) {
        cs_policy *policy = NULL;
        if (held_by_hash(home, index->held[i].hash))
            continue;
        status = load_policy(home, &index->held[i], &policy, err);
        if (status == CONSENT_OK)
            hold(home, policy, &index->held[i]);
    }
    if (status == CONSENT_OK)
        know_heads(home, index);
    cs_free(&home->env.memory, index, sizeof *index);
    publish_set(home);
    home->policies_status = status;
    if (status == CONSENT_OK)
        memcpy(home->index_mark, mark, sizeof mark);
    return status;
}

/* ---- install ------------------------------------------------------------------------------------- */

/* Whether what is claimed may stand beside the policies held: equivocation, and that a text revision is one. */
static consent_status check_held(const cs_home *home, const cs_claim *claim, const cs_policy *policy,
                                 consent_error *err)
{
    const char *why = NULL;
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *other = home->held[i].policy;
        if (strcmp(other->id, claim->id) != 0 || other->version != claim->version)
            continue;
        if (other->revision == claim->revision && memcmp(other->hash, claim->hash, CS_HASH_SIZE) != 0)
            why = "is held with other content";
        else if (policy && cs_policy_changes(other, policy) & ~(uint32_t)CS_CHANGE_EDITORIAL)
            why = "changes more than text";
    }
    if (why)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "policy %s version %u revision %u %s: it needs a new version",
                       claim->id, claim->version, claim->revision, why);
    if (policy && home->held_count >= CS_HOME_MAX_POLICIES)
        return cs_fail(err, CONSENT_E_FULL, 0, "this home already holds %u policies, the most it can",
                       CS_HOME_MAX_POLICIES);
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
        status = seal_encoded(home, 't', policy->hash, &bytes, err);
    }
    if (status == CONSENT_OK) {
        cs_policy_encode(policy, &bytes);
        status = seal_encoded(home, 'b', policy->hash, &bytes, err);
    }
    cs_buffer_free(&bytes);
    return status;
}

/* Writes the index; what other processes see of it. */
static consent_status publish_index(cs_home *home, cs_policy_index *index, consent_error *err)
{
    consent_status status = cs_index_store(home, index, err);
    if (status != CONSENT_OK)
        return status;
    know_heads(home, index);
    if (read_mark(home, home->index_mark, NULL) != CONSENT_OK)
        memset(home->index_mark, 0, sizeof home->index_mark); /* then it is read again */
    return CONSENT_OK;
}

static consent_status keep(cs_home *home, cs_policy_index *index, cs_bundle *bundle, int64_t now_ms, consent_error *err)
{
    cs_index_entry entry = {.installed_ms = now_ms};
    memcpy(entry.publisher, bundle->signers.publisher, CS_KEY_NAME_SIZE);
    memcpy(entry.hash, bundle->policy->hash, CS_HASH_SIZE);
    consent_status status = seal_parts(home, bundle, err);
    if (status != CONSENT_OK)
        return status;
    index->held[index->held_count++] = entry;
    status = publish_index(home, index, err);
    if (status != CONSENT_OK)
        return status;
    hold(home, bundle->policy, &entry);
    bundle->policy = NULL;
    publish_set(home);
    cs_home_bump(home);
    return CONSENT_OK;
}

/* Something verified that arrived: a bundle, a head statement, or a key set by itself. */
typedef struct arrival {
    cs_claim claim;
    cs_bundle bundle; /* its policy is NULL for the others */
    cs_head head;
    cs_signers signers;
    cs_key_set set;
    cs_policy_index index;
} arrival;

/* Nothing is written before everything was checked. A policy held already may come under a newer key set, by another publisher;
 * under an older one it brings nothing: an app installs the bundle that it ships at every start. */
static consent_status place(cs_home *home, arrival *new, int64_t now_ms, consent_error *err)
{
    const cs_claim *claim = &new->claim;
    const cs_policy *policy = new->bundle.policy;
    bool changed = false, held = policy && held_by_hash(home, policy->hash);
    consent_status status = cs_index_check_key_set(home, &new->index, claim->signers, held ? NULL : err);
    if (held && status == CONSENT_E_REJECTED)
        return CONSENT_OK;
    if (status == CONSENT_OK && claim->id && !held)
        status = cs_index_check_claim(&new->index, claim, err);
    if (status == CONSENT_OK && claim->id && !held)
        status = check_held(home, claim, policy, err);
    if (status == CONSENT_OK)
        status = cs_index_raise_key_set(home, &new->index, claim->signers, &changed, err);
    if (status == CONSENT_OK && claim->id)
        status = cs_index_raise_claim(&new->index, claim, &changed, err);
    if (status != CONSENT_OK)
        return status;
    if (policy && !held)
        return keep(home, &new->index, &new->bundle, now_ms, err);
    return changed ? publish_index(home, &new->index, err) : CONSENT_OK;
}

/* Verifies. `keys` is the key set's line. */
static consent_status open_arrival(cs_home *home, cs_span bytes, int64_t now_ms, arrival *new, cs_str *keys,
                                   consent_error *err)
{
    const cs_memory *memory = &home->env.memory;
    cs_head *head = &new->head;
    cs_bundle *bundle = &new->bundle;
    consent_status status;
    if (cs_home_is_key_set(home, bytes, keys)) {
        new->claim.signers = &new->signers;
        return cs_key_set_verify(memory, *keys, home->roots, home->root_count, &new->set, &new->signers, err);
    }
    const char *end = bytes.size != 0 ? memchr(bytes.data, '\n', bytes.size) : NULL;
    keys->size = end ? (size_t)(end - keys->data) : 0;
    if (cs_head_is(memory, bytes)) {
        status = cs_head_open(memory, bytes, home->roots, home->root_count, now_ms, head, err);
        new->claim =
            (cs_claim){&head->signers, head->id, head->version, head->revision, head->hash, head->fresh_until_ms};
        return status;
    }
    status = cs_bundle_open(memory, bytes, home->roots, home->root_count, now_ms, bundle, err);
    const cs_policy *policy = bundle->policy;
    if (policy)
        new->claim = (cs_claim){&bundle->signers, policy->id, policy->version, policy->revision, policy->hash, 0};
    return status;
}

static consent_status install(cs_home *home, cs_span bytes, consent_error *err)
{
    cs_clock clock;
    cs_str keys;
    arrival *new = cs_alloc(&home->env.memory, sizeof *new);
    if (!new)
        return cs_no_memory(err, "the policy");
    home->env.clock(home->env.ctx, &clock);
    consent_status status = open_arrival(home, bytes, clock.wall_ms, new, &keys, err);
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, err);
    if (status == CONSENT_OK)
        status = cs_index_load(home, &new->index, err);
    if (status == CONSENT_OK)
        status = place(home, new, clock.wall_ms, err);
    if (status == CONSENT_OK)
        status = cs_home_keep_key_set(home, keys, new->claim.signers, err);
    cs_bundle_free(&new->bundle);
    cs_free(&home->env.memory, new, sizeof *new);
    return status;
}

consent_status cs_home_install(cs_home *home, cs_span bytes, consent_error *err)
{
    cs_file *lock = NULL;
    consent_status status = cs_home_unlock(home, err);
    /* One installation at a time among all processes: the list of policies is read, judged and replaced as one. */
    if (status == CONSENT_OK)
        status = cs_lock_open(&home->env, home->dir, INSTALL_LOCK_NAME, &lock, err);
    if (status != CONSENT_OK)
        return status;
    status = install(home, bytes, err);
    cs_lock_close(&home->env, lock);
    return status;
}

consent_status cs_home_statement(cs_home *home, cs_span bytes, const char *typ, cs_buffer *payload, consent_error *err)
{
    cs_clock clock;
    cs_signers *signers = cs_alloc(&home->env.memory, sizeof *signers);
    if (!signers)
        return cs_no_memory(err, "the key set");
    home->env.clock(home->env.ctx, &clock);
    consent_status status = cs_statement_open(&home->env.memory, bytes, typ, home->roots, home->root_count,
                                              clock.wall_ms, signers, payload, err);
    if (status == CONSENT_OK)
        status = cs_home_check_newest(home, signers, err);
    cs_free(&home->env.memory, signers, sizeof *signers);
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

bool cs_home_is_outdated(const cs_home *home, const cs_policy *policy)
{
    for (size_t i = 0; i < home->head_count; i++) {
        const cs_version_floor *head = &home->heads[i].newest;
        if (strcmp(head->id, policy->id) == 0)
            return policy->version < head->version ||
                   (policy->version == head->version && policy->revision < head->revision);
    }
    return false;
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

static const cs_document_ref *choose_document(const cs_policy *policy, const char *locale, bool child_rules)
{
    const cs_document_ref *chosen = NULL;
    for (size_t i = 0; i < policy->document_count; i++) {
        const cs_document_ref *ref = &policy->documents[i];
        if (ref->child_rules == child_rules && (!chosen || (locale && strcmp(ref->locale, locale) == 0)))
            chosen = ref;
    }
    return chosen;
}

consent_status cs_home_document(cs_home *home, const cs_policy *policy, const char *locale, cs_buffer *json,
                                consent_error *err)
{
    const cs_document_ref *chosen = choose_document(policy, locale, false);
    if (!chosen)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "policy %s version %u has no document", policy->id,
                       policy->version);
    return unseal_part(home, 'd', chosen->hash, json, err);
}

consent_status cs_home_child_rules(cs_home *home, const char *id, uint32_t version, const char *locale, cs_buffer *json,
                                   consent_error *err)
{
    const cs_document_ref *chosen = NULL;
    uint32_t newest = 0;
    for (size_t i = 0; i < home->held_count; i++) {
        const cs_policy *policy = home->held[i].policy;
        const cs_document_ref *ref = choose_document(policy, locale, true);
        if (!ref || strcmp(policy->minors.rules_id, id) != 0 || policy->minors.rules_version < newest ||
            (version != 0 && policy->minors.rules_version != version))
            continue;
        chosen = ref;
        newest = policy->minors.rules_version;
    }
    if (!chosen)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "no such policy or version is held here");
    return unseal_part(home, 'd', chosen->hash, json, err);
}
