/* Opening a profile, its health, reading its ledger into its state, and ending it. */
#include "profile/internal.h"

#include <errno.h>
#include <string.h>

#define NOTICE_MAX_BYTES (2u * 1024u * 1024u)

void cs_profile_lock(cs_profile *profile)
{
    profile->home->env.mutex_lock(profile->home->env.ctx, profile->home->lock);
}

void cs_profile_unlock(cs_profile *profile)
{
    profile->home->env.mutex_unlock(profile->home->env.ctx, profile->home->lock);
}

static void lock_table(cs_profile *profile)
{
    profile->home->env.mutex_lock(profile->home->env.ctx, profile->table);
}

static void unlock_table(cs_profile *profile)
{
    profile->home->env.mutex_unlock(profile->home->env.ctx, profile->table);
}

cs_home *cs_profile_home(const cs_profile *profile)
{
    return profile->home;
}

void cs_profile_fail(cs_profile *profile, consent_status status, const consent_error *why)
{
    profile->health = status;
    if (why)
        profile->health_error = *why;
}

/* ---- time ---------------------------------------------------------------------------------------- */

static void begin_session(cs_profile *profile, int64_t elapsed_ms)
{
    const cs_env *env = &profile->home->env;
    uint8_t random[CS_SESSION_ID_SIZE];
    profile->session_start_ms = elapsed_ms;
    profile->last_elapsed_ms = elapsed_ms;
    /* Without randomness the old id is changed: a session id only has to differ from its neighbours. */
    if (env->random(env->ctx, random, sizeof random) == 0)
        memcpy(profile->session, random, sizeof random);
    else
        profile->session[0]++;
}

void cs_profile_now(cs_profile *profile, cs_now *now)
{
    const cs_env *env = &profile->home->env;
    cs_clock clock;
    env->clock(env->ctx, &clock);
    if (clock.elapsed_ms < profile->last_elapsed_ms)
        begin_session(profile, clock.elapsed_ms);
    profile->last_elapsed_ms = clock.elapsed_ms;
    memset(now, 0, sizeof *now);
    now->elapsed_ms = clock.elapsed_ms - profile->session_start_ms;
    memcpy(now->session, profile->session, sizeof now->session);
    now->now_ms = cs_state_now_ms(&profile->state, clock.wall_ms, now->elapsed_ms, profile->session);
    now->store_status = profile->health;
}

int64_t cs_profile_now_locked(cs_profile *profile)
{
    cs_now now;
    cs_profile_now(profile, &now);
    return now.now_ms;
}

int64_t cs_profile_now_ms(cs_profile *profile)
{
    cs_profile_lock(profile);
    int64_t now_ms = cs_profile_now_locked(profile);
    cs_profile_unlock(profile);
    return now_ms;
}

static consent_status read_profile(cs_profile *profile, consent_error *err);

/* What may pass by itself: a busy lock, a key store that is not up yet. */
static bool is_transient(consent_status status)
{
    return status == CONSENT_E_KEY_UNAVAILABLE || status == CONSENT_E_LOCKED || status == CONSENT_E_IO ||
           status == CONSENT_E_MEMORY || status == CONSENT_E_FULL;
}

/* Reads from nothing; true when the profile is healthy now. */
static bool read_again(cs_profile *profile)
{
    consent_error why = {0};
    cs_ledger_close(profile->ledger);
    profile->ledger = NULL;
    cs_state_free(&profile->state);
    cs_state_init(&profile->state, &profile->home->env.memory);
    consent_status status = cs_home_unlock(profile->home, &why);
    if (status == CONSENT_OK)
        status = read_profile(profile, &why);
    cs_profile_fail(profile, status, &why);
    return status == CONSENT_OK;
}

/* An unhealthy profile gets another chance once a second, if its trouble can pass. */
static bool try_again(cs_profile *profile)
{
    uint32_t second = profile->home->env.coarse_seconds(profile->home->env.ctx);
    if (!is_transient(profile->health) || profile->closed || second == profile->retried_second)
        return false;
    profile->retried_second = second;
    return read_again(profile);
}

/* ---- ledger into state ------------------------------------------------------------------------------- */

static consent_status apply_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_profile *profile = user;
    cs_event event;
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK)
        return status;
    /* While the ledger opens its own stream is not known yet; its first event is always its own. */
    bool own = !profile->ledger || memcmp(stream, cs_ledger_stream(profile->ledger), CS_STREAM_ID_SIZE) == 0;
    lock_table(profile);
    status = cs_state_apply(&profile->state, stream, own, &event, 0, err);
    unlock_table(profile);
    profile->tail_events++;
    return status;
}

static consent_status apply_checkpoint(void *user, cs_span checkpoint, consent_error *err)
{
    cs_profile *profile = user;
    lock_table(profile);
    consent_status status = cs_state_decode(&profile->state, checkpoint, err);
    unlock_table(profile);
    profile->tail_events = 0;
    return status;
}

cs_ledger_sink cs_profile_sink(cs_profile *profile)
{
    return (cs_ledger_sink){profile, apply_event, apply_checkpoint};
}

static consent_status open_ledger(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    cs_ledger_report report = {0};
    cs_ledger_sink sink = cs_profile_sink(profile);
    cs_ledger_config config = {.env = &home->env, .dir = home->dir, .name = profile->ledger_name,
                               .protection = home->protection, .in_memory = profile->ephemeral};
    memcpy(config.key, profile->key, CS_KEY_SIZE);
    memcpy(config.home_id, home->home_id, sizeof config.home_id);
    consent_status status = cs_ledger_open(&config, &sink, &profile->ledger, &report, err);
    cs_wipe(&config, sizeof config);
    if (status == CONSENT_OK)
        cs_page_set_durable_end(home->page, profile->page_slot, cs_ledger_end(profile->ledger));
    return status;
}

static consent_status new_profile_key(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    int code = home->env.random(home->env.ctx, profile->key, CS_KEY_SIZE);
    if (code != 0)
        return cs_fail_os(err, code, "the system's random generator failed");
    if (profile->ephemeral)
        return CONSENT_OK;
    return cs_home_seal(home, profile->key_name, home->wrap_key, (cs_span){profile->key, CS_KEY_SIZE}, err);
}

static consent_status load_profile_key(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    cs_buffer key;
    cs_buffer_init(&key, &home->env.memory, CS_KEY_SIZE);
    consent_status status = cs_home_unseal(home, profile->key_name, home->wrap_key, CS_KEY_SIZE, &key, err);
    if (status == CONSENT_OK && key.size != CS_KEY_SIZE)
        status = cs_fail(err, CONSENT_E_CORRUPT, 0, "the profile's key file is damaged");
    if (status == CONSENT_OK)
        memcpy(profile->key, key.data, CS_KEY_SIZE);
    else if (status == CONSENT_E_NOT_FOUND)
        status = cs_fail(err, CONSENT_E_KEY_GONE, 0,
                         "the profile's key file is missing although its ledger exists; restore it, or erase the profile");
    cs_buffer_free(&key);
    return status;
}

/* Opens what is there; a profile without a ledger is a person who has not acted yet. */
static consent_status open_existing(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    if (profile->ledger || profile->ephemeral || !cs_home_has(home, profile->ledger_name))
        return CONSENT_OK;
    consent_status status = load_profile_key(profile, err);
    return status == CONSENT_OK ? open_ledger(profile, err) : status;
}

consent_status cs_profile_need_ledger(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_status status;
    if (profile->ledger)
        return CONSENT_OK;
    status = open_existing(profile, err);
    if (status != CONSENT_OK || profile->ledger)
        return status;
    status = !profile->ephemeral && cs_home_has(home, profile->key_name) ? load_profile_key(profile, err)
                                                                         : new_profile_key(profile, err);
    return status == CONSENT_OK ? open_ledger(profile, err) : status;
}

void cs_profile_replace_page(cs_profile *profile)
{
    cs_home *home = profile->home;
    consent_error why = {0};
    consent_status status = cs_home_replace_page(home, &why);
    if (status == CONSENT_OK && profile->page_hash != 0)
        status = cs_page_slot(home->page, profile->page_hash, &profile->page_slot, &why);
    if (status != CONSENT_OK) {
        cs_profile_fail(profile, status, &why);
        return;
    }
    if (profile->ledger)
        cs_page_set_durable_end(home->page, profile->page_slot, cs_ledger_end(profile->ledger));
    cs_page_bump(home->page);
}

/* A writer died with a withdrawal under way: whatever of it is durable is read under the lock, then its slots go. */
static consent_status repair(cs_profile *profile, consent_error *err)
{
    cs_page *page = profile->home->page;
    cs_ledger_sink sink = cs_profile_sink(profile);
    consent_status status = cs_profile_need_ledger(profile, err);
    if (status == CONSENT_OK)
        status = cs_ledger_begin(profile->ledger, &sink, err);
    if (status != CONSENT_OK)
        return status;
    cs_page_repair(page, profile->page_slot);
    cs_page_set_durable_end(page, profile->page_slot, cs_ledger_end(profile->ledger));
    cs_ledger_abort(profile->ledger);
    cs_page_bump(page);
    return CONSENT_OK;
}

consent_status cs_profile_refresh(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_error why = {0};
    consent_status status = CONSENT_OK;
    if (profile->health != CONSENT_OK && !try_again(profile)) {
        if (err)
            *err = profile->health_error;
        return profile->health;
    }
    if (cs_page_needs_repair(home->page, profile->page_slot))
        status = repair(profile, &why);
    uint32_t generation = cs_page_generation(home->page);
    if (status == CONSENT_OK && generation == profile->generation)
        return CONSENT_OK;
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, &why);
    if (status == CONSENT_OK)
        status = open_existing(profile, &why);
    if (status == CONSENT_OK && profile->ledger) {
        cs_ledger_sink sink = cs_profile_sink(profile);
        status = cs_ledger_catch_up(profile->ledger, cs_page_durable_end(home->page, profile->page_slot), &sink, &why);
    }
    if (status == CONSENT_OK) {
        profile->generation = generation;
        return CONSENT_OK;
    }
    if (err)
        *err = why;
    /* What may pass is tried again with the next question; damage stays. */
    if (!is_transient(status)) {
        cs_profile_fail(profile, status, &why);
        cs_page_bump(home->page);
    }
    return status;
}

consent_status cs_profile_lock_ledger(cs_profile *profile, consent_error *err)
{
    consent_status status;
    cs_profile_lock(profile);
    status = profile->home->key_status;
    if (status != CONSENT_OK)
        status = cs_fail(err, status, 0, "the home's key is not available; the record cannot be read");
    else if (profile->closed)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the profile was erased");
    else if (!profile->ledger && profile->health != CONSENT_OK) {
        status = profile->health;
        if (err)
            *err = profile->health_error;
    } else if (profile->health == CONSENT_OK) {
        status = cs_profile_refresh(profile, err);
    }
    if (status == CONSENT_OK && !profile->ledger)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "nothing was recorded in this profile yet");
    if (status != CONSENT_OK)
        cs_profile_unlock(profile);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

uint32_t cs_profile_item_hash(const cs_profile *profile, cs_str purpose)
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span parts[3] = {{(const uint8_t *)"item", 4},
                        {(const uint8_t *)profile->ledger_name, strlen(profile->ledger_name)},
                        {(const uint8_t *)purpose.data, purpose.size}};
    if (cs_hmac_sha256(profile->home->names_key, parts, 3, hash, NULL) != CONSENT_OK)
        return 1;
    uint32_t value = cs_load_u32(hash);
    return value ? value : 1;
}

static consent_status name_files(cs_profile *profile, consent_error *err)
{
    uint8_t id[1 + CS_ACCOUNT_MAX_SIZE];
    size_t size = 1;
    cs_home *home = profile->home;
    if (profile->ephemeral) {
        id[0] = 2;
        int code = home->env.random(home->env.ctx, id + 1, 16);
        if (code != 0)
            return cs_fail_os(err, code, "the system's random generator failed");
        size += 16;
    } else if (profile->has_account) {
        id[0] = 1;
        memcpy(id + 1, profile->account, strlen(profile->account));
        size += strlen(profile->account);
    } else {
        id[0] = 0;
    }
    consent_status status = cs_home_name(home, 'k', (cs_span){id, size}, profile->key_name, err);
    return status == CONSENT_OK ? cs_home_name(home, 'l', (cs_span){id, size}, profile->ledger_name, err) : status;
}

/* What goes wrong here makes the profile unhealthy, not unopenable. */
static consent_status read_profile(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_status status = profile->ledger_name[0] ? CONSENT_OK : name_files(profile, err);
    if (status != CONSENT_OK)
        return status;
    profile->page_hash = cs_profile_item_hash(profile, (cs_str){NULL, 0});
    status = cs_page_slot(home->page, profile->page_hash, &profile->page_slot, err);
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, err);
    uint32_t generation = cs_page_generation(home->page);
    if (status == CONSENT_OK)
        status = open_existing(profile, err);
    profile->generation = generation;
    return status;
}

consent_status cs_profile_open(cs_home *home, const char *account, bool ephemeral, cs_profile **out,
                               consent_error *err)
{
    cs_clock clock;
    cs_profile *profile;
    *out = NULL;
    if (account && (account[0] == '\0' || strlen(account) > CS_ACCOUNT_MAX_SIZE || !cs_utf8_is_valid(cs_str_of(account))))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.account must be 1 to 256 bytes of UTF-8, or NULL");
    profile = cs_alloc(&home->env.memory, sizeof *profile);
    if (profile)
        profile->table = home->env.mutex_create(home->env.ctx);
    if (!profile || !profile->table) {
        cs_free(&home->env.memory, profile, sizeof *profile);
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the profile");
    }
    profile->home = home;
    profile->ephemeral = ephemeral;
    profile->has_account = account != NULL;
    if (account)
        memcpy(profile->account, account, strlen(account) + 1);
    cs_state_init(&profile->state, &home->env.memory);
    cs_buffer_init(&profile->unsaved, &home->env.memory, CS_UNSAVED_MAX_BYTES);
    cs_profile_lock(profile);
    home->env.clock(home->env.ctx, &clock);
    begin_session(profile, clock.elapsed_ms);
    (void)read_again(profile);
    cs_profile_unlock(profile);
    *out = profile;
    return CONSENT_OK;
}

consent_status cs_profile_health(cs_profile *profile, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = profile->health;
    if (status != CONSENT_OK && err)
        *err = profile->health_error;
    cs_profile_unlock(profile);
    return status;
}

typedef struct file_names {
    const char *prefix;
    char names[32][CS_HOME_NAME_SIZE + 40];
    size_t count;
} file_names;

static void note_name(void *user, const char *name)
{
    file_names *found = user;
    size_t size = strlen(name);
    if (strncmp(name, found->prefix, strlen(found->prefix)) != 0 || size >= sizeof found->names[0] ||
        found->count == CS_COUNT_OF(found->names))
        return;
    memcpy(found->names[found->count++], name, size + 1);
}

/* Removes a file and what stands beside it under the same name: lock, checkpoint, bytes kept aside, temporary files. */
static int remove_all(cs_home *home, const char *prefix)
{
    file_names found = {.prefix = prefix};
    int code = home->env.dir_list(home->env.ctx, home->dir, note_name, &found);
    for (size_t i = 0; code == 0 && i < found.count; i++) {
        code = home->env.file_unlink(home->env.ctx, home->dir, found.names[i]);
        if (code == ENOENT)
            code = 0;
    }
    return code;
}

static consent_status destroy_files(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    static const uint8_t zeros[128];
    /* The key first: without it the ledger is noise, whatever happens next. Overwriting helps where the medium
     * allows it; destroying the name is what counts. */
    if (!profile->ephemeral && cs_home_has(home, profile->key_name))
        (void)cs_file_replace(&home->env, home->dir, profile->key_name, (cs_span){zeros, sizeof zeros}, NULL);
    int code = remove_all(home, profile->key_name);
    if (code != 0)
        return cs_fail_os(err, code, "the profile's key file could not be removed");
    code = home->env.dir_sync(home->env.ctx, home->dir);
    if (code == 0)
        code = remove_all(home, profile->ledger_name);
    if (code == 0)
        code = home->env.dir_sync(home->env.ctx, home->dir);
    return code == 0 ? CONSENT_OK : cs_fail_os(err, code, "the profile's ledger could not be removed durably");
}

consent_status cs_profile_erase(cs_profile *profile, consent_error *err)
{
    cs_profile_lock(profile);
    lock_table(profile);
    cs_ledger_close(profile->ledger);
    profile->ledger = NULL;
    cs_state_free(&profile->state);
    cs_state_init(&profile->state, &profile->home->env.memory);
    cs_wipe(profile->key, sizeof profile->key);
    profile->closed = true;
    profile->health = CONSENT_E_NOT_FOUND;
    (void)cs_fail(&profile->health_error, CONSENT_E_NOT_FOUND, 0, "the profile was erased");
    unlock_table(profile);
    consent_status status = profile->ledger_name[0] ? destroy_files(profile, err) : CONSENT_OK;
    cs_page_bump(profile->home->page);
    cs_profile_unlock(profile);
    return status;
}

void cs_profile_close(cs_profile *profile)
{
    if (!profile)
        return;
    const cs_env *env = &profile->home->env;
    if (profile->health == CONSENT_OK && !profile->ephemeral)
        (void)cs_profile_flush(profile, NULL);
    cs_profile_lock(profile);
    cs_ledger_close(profile->ledger);
    profile->ledger = NULL;
    if (profile->ephemeral && profile->ledger_name[0])
        (void)destroy_files(profile, NULL);
    /* Pending slots of withdrawals that no disk has stay: other processes go on denying. */
    lock_table(profile);
    cs_asks_close(profile);
    cs_state_free(&profile->state);
    cs_buffer_free(&profile->unsaved);
    unlock_table(profile);
    cs_profile_unlock(profile);
    env->mutex_destroy(env->ctx, profile->table);
    cs_wipe(profile, sizeof *profile);
    cs_free(&env->memory, profile, sizeof *profile);
}

/* ---- notices --------------------------------------------------------------------------------------------- */

consent_status cs_profile_store_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_span notice,
                                       consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(profile->home, 'n', (cs_span){hash, CS_HASH_SIZE}, name, err);
    if (status != CONSENT_OK || cs_home_has(profile->home, name))
        return status;
    return cs_home_seal(profile->home, name, profile->home->store_key, notice, err);
}

consent_status cs_profile_load_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_buffer *out,
                                      consent_error *err)
{
    char name[CS_HOME_NAME_SIZE];
    consent_status status = cs_home_name(profile->home, 'n', (cs_span){hash, CS_HASH_SIZE}, name, err);
    if (status != CONSENT_OK)
        return status;
    return cs_home_unseal(profile->home, name, profile->home->store_key, NOTICE_MAX_BYTES, out, err);
}
