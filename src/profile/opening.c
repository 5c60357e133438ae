/* A profile's files and keys: opening, beginning, setting damage aside, and ending it. */
#include "profile/internal.h"
#include "profile/rights.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A profile's key file: the key, and whether its ledger was ever durable. A ledger that was and is gone is a loss, never a
 * fresh start. */
#define KEY_FILE_SIZE (CS_KEY_SIZE + 1u)
/* Ledgers doubted at once: each takes a place in the shared page for as long as that is in use. */
#define MAX_DOUBTED (CS_PAGE_PROFILES - 4u)
#define LEDGER_NAME_LENGTH 18u

/* ---- keys ------------------------------------------------------------------------------------------------ */

static consent_status seal_key(cs_profile *profile, bool ledger_made, consent_error *err)
{
    uint8_t content[KEY_FILE_SIZE];
    memcpy(content, profile->key, CS_KEY_SIZE);
    content[CS_KEY_SIZE] = ledger_made;
    consent_status status = cs_home_seal(profile->home, profile->key_name, profile->home->wrap_key,
                                         (cs_span){content, sizeof content}, err);
    cs_wipe(content, sizeof content);
    return status;
}

static consent_status new_profile_key(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_status status = cs_random(&home->env, profile->key, CS_KEY_SIZE, err);
    return status != CONSENT_OK || profile->ephemeral ? status : seal_key(profile, false, err);
}

static consent_status load_profile_key(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    cs_buffer key;
    cs_buffer_init(&key, &home->env.memory, KEY_FILE_SIZE);
    consent_status status = cs_home_unseal(home, profile->key_name, home->wrap_key, KEY_FILE_SIZE, &key, err);
    if (status == CONSENT_OK && key.size != KEY_FILE_SIZE)
        status =
            cs_fail(err, CONSENT_E_CORRUPT, 0, "the profile's key file is damaged; restore it, or repair the profile");
    if (status == CONSENT_OK) {
        memcpy(profile->key, key.data, CS_KEY_SIZE);
        profile->ledger_made = key.data[CS_KEY_SIZE] != 0;
    } else if (status == CONSENT_E_NOT_FOUND) {
        status =
            cs_fail(err, CONSENT_E_KEY_GONE, 0,
                    "the profile's key file is missing although its ledger exists; restore it, or repair the profile");
    }
    cs_buffer_free(&key);
    return status;
}

/* ---- the ledger -------------------------------------------------------------------------------------------- */

/* How many frames the ledger had at least, from outside of it. */
static uint32_t known_frames(const cs_profile *profile)
{
    const consent_keystore *keystore = profile->home->keystore;
    uint64_t counted = 0;
    if (keystore->counter_get && !profile->ephemeral &&
        keystore->counter_get(keystore->ctx, profile->ledger_name, &counted) != CONSENT_OK)
        counted = 0;
    if (counted > UINT32_MAX)
        counted = UINT32_MAX;
    return counted == 0 && profile->ledger_made ? 1 : (uint32_t)counted;
}

/* The page may still hold how far an older file of this name was durable; a new one begins behind nothing. */
static consent_status announce_new_ledger(cs_profile *profile, consent_error *err)
{
    cs_ledger_sink sink = cs_profile_sink(profile);
    consent_status status = cs_ledger_begin(profile->ledger, &sink, err);
    if (status != CONSENT_OK)
        return status;
    cs_page_restart_durable_end(profile->home->page, profile->page_slot, cs_ledger_end(profile->ledger));
    cs_ledger_abort(profile->ledger);
    return CONSENT_OK;
}

static consent_status open_ledger(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    cs_ledger_report report = {0};
    cs_ledger_sink sink = cs_profile_sink(profile);
    cs_ledger_config config = {.env = &home->env,
                               .dir = home->dir,
                               .name = profile->ledger_name,
                               .protection = home->protection,
                               .in_memory = profile->ephemeral,
                               .known_frames = known_frames(profile)};
    memcpy(config.key, profile->key, CS_KEY_SIZE);
    memcpy(config.home_id, home->home_id, sizeof config.home_id);
    consent_status status = cs_ledger_open(&config, &sink, &profile->ledger, &report, err);
    cs_wipe(&config, sizeof config);
    if (status == CONSENT_OK && report.created)
        status = announce_new_ledger(profile, err);
    if (status == CONSENT_OK)
        cs_page_set_durable_end(home->page, profile->page_slot, cs_ledger_end(profile->ledger));
    return status;
}

consent_status cs_profile_open_existing(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    if (profile->ledger || profile->ephemeral)
        return CONSENT_OK;
    bool has_key, has_ledger = false;
    consent_status status = cs_home_look(home, profile->key_name, &has_key, err);
    if (status == CONSENT_OK)
        status = cs_home_look(home, profile->ledger_name, &has_ledger, err);
    if (status != CONSENT_OK || (!has_key && !has_ledger))
        return status;
    status = load_profile_key(profile, err);
    /* No ledger: made and gone, the ledger says what that is; never made, nobody has acted yet. */
    if (status != CONSENT_OK || (!has_ledger && known_frames(profile) == 0))
        return status;
    return open_ledger(profile, err);
}

consent_status cs_profile_need_ledger(cs_profile *profile, consent_error *err)
{
    bool has_key = false;
    consent_status status;
    if (profile->ledger)
        return CONSENT_OK;
    status = cs_profile_open_existing(profile, err);
    if (status != CONSENT_OK || profile->ledger)
        return status;
    if (!profile->ephemeral)
        status = cs_home_look(profile->home, profile->key_name, &has_key, err);
    if (status == CONSENT_OK && !has_key)
        status = new_profile_key(profile, err);
    return status == CONSENT_OK ? open_ledger(profile, err) : status;
}

void cs_profile_committed(cs_profile *profile, bool restrictive)
{
    const consent_keystore *keystore = profile->home->keystore;
    if (profile->ephemeral)
        return;
    if (!profile->ledger_made)
        profile->ledger_made = seal_key(profile, true, NULL) == CONSENT_OK;
    /* Counters are slow and wear out: only what must never be undone is worth one. */
    if (restrictive && keystore->counter_set)
        (void)keystore->counter_set(keystore->ctx, profile->ledger_name, cs_ledger_frame_count(profile->ledger));
}

/* ---- names and reading ---------------------------------------------------------------------------------------- */

uint32_t cs_profile_item_hash(const cs_profile *profile, cs_str purpose)
{
    uint32_t value = (uint32_t)cs_keyed_hash64(profile->page_key, purpose.data, purpose.size);
    return value ? value : 1;
}

/* The shared page is not sealed: what it says of items is hashed under a key of this profile. */
static consent_status derive_page_key(cs_profile *profile, consent_error *err)
{
    uint8_t key[CS_HASH_SIZE];
    cs_span parts[2] = {{(const uint8_t *)"page", 4},
                        {(const uint8_t *)profile->ledger_name, strlen(profile->ledger_name)}};
    consent_status status = cs_hmac_sha256(profile->home->names_key, parts, 2, key, err);
    if (status == CONSENT_OK && memcmp(profile->page_key, key, sizeof profile->page_key) != 0) {
        memcpy(profile->page_key, key, sizeof profile->page_key);
        cs_asks_rehash(profile);
    }
    return status;
}

/* Key and ledger share their hash, so that either leads to the other. */
static void set_names(cs_profile *profile, const char *name)
{
    memcpy(profile->key_name, name, CS_HOME_NAME_SIZE);
    memcpy(profile->ledger_name, name, CS_HOME_NAME_SIZE);
    profile->key_name[0] = 'k';
    profile->ledger_name[0] = profile->ephemeral ? CS_EPHEMERAL_PREFIX[0] : 'l';
}

static consent_status name_files(cs_profile *profile, consent_error *err)
{
    uint8_t id[1 + CS_ACCOUNT_MAX_SIZE];
    char name[CS_HOME_NAME_SIZE] = {0};
    size_t size = 1;
    cs_home *home = profile->home;
    id[0] = profile->ephemeral ? 2 : profile->has_account ? 1 : 0;
    consent_status status = CONSENT_OK;
    if (profile->ephemeral) {
        status = cs_random(&home->env, id + 1, 16, err);
        size += 16;
    } else if (profile->has_account) {
        memcpy(id + 1, profile->account, strlen(profile->account));
        size += strlen(profile->account);
    }
    if (status == CONSENT_OK)
        status = cs_home_name(home, 'l', (cs_span){id, size}, name, err);
    if (status == CONSENT_OK)
        set_names(profile, name);
    return status;
}

/* What goes wrong here makes the profile unhealthy, not unopenable. */
static consent_status read_profile(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_status status = profile->ledger_name[0] ? CONSENT_OK : name_files(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = derive_page_key(profile, err);
    if (status != CONSENT_OK)
        return status;
    profile->page_hash = cs_profile_item_hash(profile, (cs_str){NULL, 0});
    status = cs_profile_look_after_page(profile, true, err);
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, err);
    if (status != CONSENT_OK)
        return status;
    uint32_t generation = cs_page_generation(home->page);
    status = cs_profile_open_existing(profile, err);
    profile->generation = generation;
    return status;
}

static void forget_state(cs_profile *profile)
{
    memset(profile->stored_notices, 0, sizeof profile->stored_notices);
    cs_ledger_close(profile->ledger);
    profile->ledger = NULL;
    profile->ledger_made = false;
    profile->tail_events = 0;
    cs_state_free(&profile->state);
    cs_state_init(&profile->state, &profile->home->env.memory);
}

/* ---- a withdrawal made while the key was away ---------------------------------------------------------------------- */

typedef struct ledgers {
    char names[MAX_DOUBTED][CS_HOME_NAME_SIZE];
    size_t count;
} ledgers;

static void note_ledger(void *user, const char *name)
{
    ledgers *found = user;
    if (name[0] == 'l' && name[1] == '-' && strlen(name) == LEDGER_NAME_LENGTH && found->count < MAX_DOUBTED)
        memcpy(found->names[found->count++], name, LEDGER_NAME_LENGTH + 1);
}

/* Nobody knows whose withdrawal it was: in every ledger of the home, what was granted before now waits to be confirmed. */
static consent_status doubt(cs_home *home, const char *ledger_name, consent_error *err)
{
    cs_profile *profile = cs_profile_new(home, NULL, false, err);
    if (!profile)
        return CONSENT_E_MEMORY;
    set_names(profile, ledger_name);
    consent_status status = read_profile(profile, err);
    if (status == CONSENT_OK) {
        cs_event event = {
            .type = CS_EVENT_RECOVERED, .actor = CS_ACTOR_SYSTEM, .reference = CS_STR(CS_DOUBT_REFERENCE)};
        status = cs_profile_record(profile, &event, 1, false, NULL, err);
    } else if (!cs_profile_is_transient(status)) {
        status = CONSENT_OK; /* a damaged ledger grants nothing anyway */
    }
    cs_profile_free(profile);
    return status;
}

static consent_status settle_marker(cs_home *home, consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (!home->marker)
        return CONSENT_OK;
    ledgers *found = cs_alloc(&home->env.memory, sizeof *found);
    if (!found)
        return cs_no_memory(err, "a withdrawal made without the key");
    int code = home->env.dir_list(home->env.ctx, home->dir, note_ledger, found);
    home->marker = false; /* the profiles opened below must not come here again */
    for (size_t i = 0; status == CONSENT_OK && code == 0 && i < found->count; i++)
        status = doubt(home, found->names[i], err);
    cs_free(&home->env.memory, found, sizeof *found);
    if (status == CONSENT_OK && code == 0)
        code = home->env.file_unlink(home->env.ctx, home->dir, CS_MARKER_NAME);
    if (status == CONSENT_OK && code == 0)
        code = home->env.dir_sync(home->env.ctx, home->dir);
    home->marker = status != CONSENT_OK || code != 0;
    return code == 0 ? status : cs_fail_os(err, code, "a withdrawal made without the key could not be settled");
}

bool cs_profile_read_again(cs_profile *profile)
{
    consent_error why = {0};
    forget_state(profile);
    consent_status status = cs_home_unlock(profile->home, &why);
    if (status == CONSENT_OK)
        status = settle_marker(profile->home, &why);
    if (status == CONSENT_OK)
        status = read_profile(profile, &why);
    cs_profile_fail(profile, status, &why);
    return status == CONSENT_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------------- */

cs_profile *cs_profile_new(cs_home *home, const char *account, bool ephemeral, consent_error *err)
{
    cs_clock clock;
    cs_profile *profile = cs_alloc(&home->env.memory, sizeof *profile);
    if (profile)
        profile->table = home->env.mutex_create(home->env.ctx);
    if (!profile || !profile->table) {
        cs_free(&home->env.memory, profile, sizeof *profile);
        (void)cs_no_memory(err, "the profile");
        return NULL;
    }
    profile->home = home;
    profile->ephemeral = ephemeral;
    profile->has_account = account != NULL;
    if (account)
        memcpy(profile->account, account, strlen(account) + 1);
    cs_state_init(&profile->state, &home->env.memory);
    cs_buffer_init(&profile->unsaved, &home->env.memory, CS_UNSAVED_MAX_BYTES);
    home->env.clock(home->env.ctx, &clock);
    cs_profile_begin_session(profile, clock.elapsed_ms);
    return profile;
}

void cs_profile_free(cs_profile *profile)
{
    const cs_env *env = &profile->home->env;
    cs_ledger_close(profile->ledger);
    cs_watches_free(profile);
    cs_asks_close(profile);
    cs_state_free(&profile->state);
    cs_buffer_free(&profile->unsaved);
    env->mutex_destroy(env->ctx, profile->table);
    cs_wipe(profile, sizeof *profile);
    cs_free(&env->memory, profile, sizeof *profile);
}

consent_status cs_profile_open(cs_home *home, const char *account, bool ephemeral, cs_profile **out, consent_error *err)
{
    *out = NULL;
    if (account &&
        (account[0] == '\0' || strlen(account) > CS_ACCOUNT_MAX_SIZE || !cs_utf8_is_valid(cs_str_of(account))))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.account must be 1 to %u bytes of UTF-8, or NULL",
                       CS_ACCOUNT_MAX_SIZE);
    cs_profile *profile = cs_profile_new(home, account, ephemeral, err);
    if (!profile)
        return CONSENT_E_MEMORY;
    cs_profile_lock(profile);
    (void)cs_profile_read_again(profile);
    cs_profile_unlock(profile);
    *out = profile;
    return CONSENT_OK;
}

static int remove_one(void *user, cs_dir *dir, const char *name)
{
    const cs_home *home = user;
    if (name[0] == 'i' && home->keystore->public_key) /* a device key: the key store's half first */
        (void)home->keystore->remove(home->keystore->ctx, name);
    int code = home->env.file_unlink(home->env.ctx, dir, name);
    return code == ENOENT ? 0 : code;
}

/* Quarantine: kept under a name of its own, never deleted. */
static int set_aside(void *user, cs_dir *dir, const char *name)
{
    const cs_home *home = user;
    char aside[160];
    uint8_t random[4];
    char text[2 * sizeof random + 1];
    int code = home->env.random(home->env.ctx, random, sizeof random);
    if (code != 0)
        return code;
    cs_hex_encode(random, sizeof random, text);
    snprintf(aside, sizeof aside, "q-%s-%s", text, name);
    return home->env.file_rename(home->env.ctx, dir, name, aside);
}

typedef int (*file_act)(void *user, cs_dir *dir, const char *name);

/* With files of these prefixes, and all that stands beside them under the same name: lock, checkpoint, bytes kept aside. */
static int act_on(cs_home *home, const char *prefixes, file_act act)
{
    int code = 0;
    for (; *prefixes && code == 0; prefixes += strlen(prefixes) + 1)
        code = cs_dir_clear(&home->env, home->dir, prefixes, act, home);
    return code == 0 ? home->env.dir_sync(home->env.ctx, home->dir) : code;
}

/* With files of the profile, by the first letters of their names: key, ledger (an ephemeral one's, too), notices shown, what a sync
 * remembers, device keys (identity). */
static int act_on_profile(cs_profile *profile, const char *letters, file_act act)
{
    char prefix[CS_HOME_NAME_SIZE + 1] = {0};
    int code = 0;
    for (; *letters && code == 0; letters++) {
        memcpy(prefix, profile->ledger_name, CS_HOME_NAME_SIZE);
        if (*letters != 'l')
            prefix[0] = *letters;
        code = cs_dir_clear(&profile->home->env, profile->home->dir, prefix, act, profile->home);
    }
    return code == 0 ? act_on(profile->home, "", act) : code;
}

static consent_status destroy_files(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    const uint8_t zeros[128] = {0};
    /* The key first: without it the ledger is noise, whatever happens next. Overwriting helps where the medium
     * allows it; destroying the name is what counts. */
    bool has_key = false;
    if (!profile->ephemeral && cs_home_look(home, profile->key_name, &has_key, NULL) == CONSENT_OK && has_key)
        (void)cs_file_replace(&home->env, home->dir, profile->key_name, (cs_span){zeros, sizeof zeros}, NULL);
    int code = act_on_profile(profile, "kis", remove_one);
    if (code == 0)
        code = act_on_profile(profile, "ln", remove_one);
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "removing the profile's files durably");
}

static bool is_forked(const cs_profile *profile)
{
    const cs_home *home = profile->home;
    return home->env.process_id(home->env.ctx) != home->process_id;
}

consent_status cs_profile_erase(cs_profile *profile, consent_error *err)
{
    if (is_forked(profile))
        return cs_fail(err, CONSENT_E_FORKED, 0,
                       "this handle was opened before fork(); open the home again in the child");
    cs_profile_lock(profile);
    cs_profile_seal_unsent(profile);
    forget_state(profile);
    cs_wipe(profile->key, sizeof profile->key);
    profile->closed = true;
    consent_error why = {0};
    (void)cs_fail(&why, CONSENT_E_NOT_FOUND, 0, "the profile was erased");
    cs_profile_fail(profile, CONSENT_E_NOT_FOUND, &why);
    consent_status status = profile->ledger_name[0] ? destroy_files(profile, err) : CONSENT_OK;
    cs_home_bump(profile->home);
    cs_profile_unlock(profile);
    return status;
}

/* Damage is kept under names of its own: `prefixes` of the home's files, or NULL for the profile's. */
static consent_status set_files_aside(cs_profile *profile, const char *prefixes, consent_error *err)
{
    int code = prefixes ? act_on(profile->home, prefixes, set_aside) : act_on_profile(profile, "lkisn", set_aside);
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "setting damaged files aside");
}

/* The master key is lost, or the files are another install's: nothing can be read. */
static consent_status renew_home(cs_profile *profile, consent_error *err)
{
    consent_status status =
        set_files_aside(profile, "l-\0k-\0b-\0t-\0d-\0n-\0i-\0s-\0policies\0keyset\0home.check\0", err);
    profile->ledger_name[0] = '\0'; /* names come from the key */
    return status == CONSENT_OK ? cs_home_renew(profile->home, err) : status;
}

/* The list of policies is damaged: policies are to be installed again, the person's record stands. */
static consent_status set_policies_aside(cs_profile *profile, consent_error *err)
{
    consent_status status = set_files_aside(profile, "policies\0b-\0", err);
    if (status != CONSENT_OK)
        return status;
    cs_home_forget_policies(profile->home);
    profile->home->policies_status = CONSENT_OK;
    return CONSENT_OK;
}

static bool is_damage(consent_status status)
{
    return status == CONSENT_E_CORRUPT || status == CONSENT_E_TAMPERED || status == CONSENT_E_COPIED ||
           status == CONSENT_E_ROLLED_BACK || status == CONSENT_E_KEY_GONE;
}

consent_status cs_profile_repair(cs_profile *profile, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_home *home = profile->home;
    cs_profile_lock(profile);
    if (!is_damage(profile->health)) {
        status = profile->health == CONSENT_OK
                     ? CONSENT_OK
                     : cs_fail(err, profile->health, 0, "this trouble passes by itself; nothing is to be repaired");
        cs_profile_unlock(profile);
        return status;
    }
    forget_state(profile);
    bool only_policies = home->key_status == CONSENT_OK && is_damage(home->policies_status);
    if (home->key_status != CONSENT_OK)
        status = renew_home(profile, err);
    else
        status = only_policies ? set_policies_aside(profile, err) : set_files_aside(profile, NULL, err);
    if (status == CONSENT_OK && !cs_profile_read_again(profile))
        status = cs_profile_tell_health(profile, err);
    if (status == CONSENT_OK && !only_policies) {
        cs_event event = {.type = CS_EVENT_RECOVERED, .actor = CS_ACTOR_SYSTEM};
        status = cs_profile_record(profile, &event, 1, true, NULL, err);
    }
    cs_home_bump(home);
    cs_profile_unlock(profile);
    return status;
}

/* Nobody else ever knew the profile: its place is the next person's, its withdrawals concern nobody any more. */
static void leave_page(cs_profile *profile)
{
    cs_page *page = profile->home->page;
    if (!profile->page || profile->page != page || profile->home->page_is_lost)
        return;
    for (size_t i = 0; i < profile->unsaved_pending_count; i++)
        cs_page_unpend(page, profile->unsaved_pending[i]);
    cs_page_leave_slot(page, profile->page_slot);
}

void cs_profile_close(cs_profile *profile)
{
    if (!profile)
        return;
    cs_home *home = profile->home;
    bool ends = profile->ephemeral && !is_forked(profile); /* in a fork the files are the parent's */
    if (profile->health == CONSENT_OK && (!profile->ephemeral || (ends && profile->ledger)))
        (void)cs_profile_flush(profile, NULL);
    cs_profile_lock(profile);
    if (ends && !profile->closed)
        cs_profile_seal_unsent(profile);
    cs_ledger_close(profile->ledger);
    profile->ledger = NULL;
    if (ends && profile->ledger_name[0])
        (void)destroy_files(profile, NULL);
    if (ends)
        leave_page(profile);
    /* Pending slots of withdrawals that no disk has stay: other processes go on denying. */
    cs_profile_free(profile);
    home->env.mutex_unlock(home->env.ctx, home->lock);
}
