/* A profile's time and health, and reading its ledger into its state. */
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

consent_status cs_profile_tell_health(const cs_profile *profile, consent_error *err)
{
    if (err)
        *err = profile->health_error;
    return profile->health;
}

/* ---- time ---------------------------------------------------------------------------------------- */

void cs_profile_begin_session(cs_profile *profile, int64_t elapsed_ms)
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
        cs_profile_begin_session(profile, clock.elapsed_ms);
    profile->last_elapsed_ms = clock.elapsed_ms;
    memset(now, 0, sizeof *now);
    now->elapsed_ms = clock.elapsed_ms - profile->session_start_ms;
    memcpy(now->session, profile->session, sizeof now->session);
    now->now_ms = cs_state_now_ms(&profile->state, clock.wall_ms, now->elapsed_ms, profile->session);
    now->store_status = profile->health;
    now->logged_in = profile->has_account;
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

/* ---- health ------------------------------------------------------------------------------------------- */

bool cs_profile_is_transient(consent_status status)
{
    return status == CONSENT_E_KEY_UNAVAILABLE || status == CONSENT_E_LOCKED || status == CONSENT_E_IO ||
           status == CONSENT_E_MEMORY || status == CONSENT_E_FULL;
}

/* An unhealthy profile gets another chance once a second, if its trouble can pass. */
static bool try_again(cs_profile *profile)
{
    uint32_t second = profile->home->env.coarse_seconds(profile->home->env.ctx);
    if (!cs_profile_is_transient(profile->health) || profile->closed || second == profile->retried_second)
        return false;
    profile->retried_second = second;
    return cs_profile_read_again(profile);
}

consent_status cs_profile_health(cs_profile *profile, consent_error *err)
{
    cs_profile_lock(profile);
    consent_status status = cs_profile_refresh(profile, err);
    cs_profile_unlock(profile);
    return status;
}

/* ---- ledger into state ------------------------------------------------------------------------------- */

static consent_status apply_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    cs_profile *profile = user;
    lock_table(profile);
    consent_status status = cs_replay_event(&profile->state, stream, bytes, err);
    unlock_table(profile);
    profile->tail_events++;
    return status;
}

static consent_status apply_stream(void *user, const uint8_t *stream, consent_error *err)
{
    cs_profile *profile = user;
    lock_table(profile);
    consent_status status = cs_state_own_stream(&profile->state, stream, err);
    unlock_table(profile);
    return status;
}

static consent_status apply_evidence(void *user, const uint8_t *stream, cs_span evidence, bool over, consent_error *err)
{
    cs_profile *profile = user;
    lock_table(profile);
    consent_status status = cs_replay_evidence(&profile->state, stream, evidence, over, NULL, err);
    unlock_table(profile);
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
    return (cs_ledger_sink){profile, apply_event, apply_checkpoint, apply_stream, apply_evidence};
}

/* Under the writer's lock: whatever is in the ledger is made durable and read, and the page is told. */
static consent_status read_tail(cs_profile *profile, bool repairing, consent_error *err)
{
    cs_page *page = profile->home->page;
    cs_ledger_sink sink = cs_profile_sink(profile);
    consent_status status = cs_ledger_begin(profile->ledger, &sink, err);
    if (status != CONSENT_OK)
        return status;
    if (repairing)
        cs_page_repair(page, profile->page_slot);
    cs_page_set_durable_end(page, profile->page_slot, cs_ledger_end(profile->ledger));
    cs_ledger_abort(profile->ledger);
    return CONSENT_OK;
}

/* Slot, end and pending entries are places in one page: in another they are made anew. What was written while this process
 * looked at the old one is read; the new page need not know of it. */
static consent_status move_to_page(cs_profile *profile, consent_error *err)
{
    cs_page *page = profile->home->page;
    if (profile->page == page || profile->page_hash == 0)
        return CONSENT_OK;
    consent_status status = profile->ephemeral ? cs_page_own_slot(page, profile->page_hash, &profile->page_slot, err)
                                               : cs_page_slot(page, profile->page_hash, &profile->page_slot, err);
    if (status == CONSENT_OK && profile->ledger)
        status = read_tail(profile, false, err);
    if (status != CONSENT_OK)
        return status;
    profile->page = page;
    if (profile->unsaved_pending_count != 0) {
        profile->unsaved_pending[0] = cs_page_pend(page, profile->page_slot, profile->page_hash);
        profile->unsaved_pending_count = 1;
    }
    (void)cs_page_bump(page);
    return CONSENT_OK;
}

consent_status cs_profile_look_after_page(cs_profile *profile, bool at_once, consent_error *err)
{
    cs_home *home = profile->home;
    consent_error why = {0};
    consent_status status = CONSENT_OK;
    uint32_t second = home->env.coarse_seconds(home->env.ctx);
    if (at_once || second != profile->checked_second) {
        profile->checked_second = second;
        status = cs_home_look_after_page(home, &why);
    } else if (home->page_is_lost) {
        status = cs_fail(&why, CONSENT_E_IO, 0, "the shared page was lost and could not be made anew yet");
    }
    if (status == CONSENT_OK)
        status = move_to_page(profile, &why);
    if (status != CONSENT_OK) {
        if (profile->health == CONSENT_OK)
            cs_profile_fail(profile, status, &why);
        if (err)
            *err = why;
    }
    return status;
}

/* A writer died with a withdrawal under way: whatever of it is durable is read under the lock, then its slots go. */
static consent_status repair(cs_profile *profile, consent_error *err)
{
    consent_status status = cs_profile_need_ledger(profile, err);
    if (status == CONSENT_OK)
        status = read_tail(profile, true, err);
    if (status == CONSENT_OK)
        cs_home_bump(profile->home);
    return status;
}

consent_status cs_profile_refresh(cs_profile *profile, consent_error *err)
{
    cs_home *home = profile->home;
    consent_error why = {0};
    consent_status status = cs_profile_look_after_page(profile, false, err);
    if (status != CONSENT_OK)
        return status;
    if (profile->health != CONSENT_OK && !try_again(profile))
        return cs_profile_tell_health(profile, err);
    if (cs_page_needs_repair(home->page, profile->page_slot))
        status = repair(profile, &why);
    uint32_t generation = cs_page_generation(home->page);
    if (status == CONSENT_OK && generation == profile->generation)
        return CONSENT_OK;
    if (status == CONSENT_OK)
        status = cs_home_refresh_policies(home, &why);
    if (status == CONSENT_OK)
        status = cs_profile_open_existing(profile, &why);
    if (status == CONSENT_OK && profile->ledger) {
        cs_ledger_sink sink = cs_profile_sink(profile);
        status = cs_ledger_catch_up(profile->ledger, cs_page_durable_end(home->page, profile->page_slot), &sink, &why);
        /* Another process erased the profile, or set it aside: what is there now is read from nothing. */
        if (status == CONSENT_E_NOT_FOUND)
            status = cs_profile_read_again(profile) ? CONSENT_OK : profile->health;
    }
    if (status == CONSENT_OK) {
        profile->generation = generation;
        return CONSENT_OK;
    }
    if (err)
        *err = why;
    /* What may pass is tried again with the next question; damage stays. */
    if (!cs_profile_is_transient(status)) {
        cs_profile_fail(profile, status, &why);
        cs_home_bump(home);
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
    else if (profile->health == CONSENT_OK)
        status = cs_profile_refresh(profile, err);
    else if (!profile->ledger)
        status = cs_profile_tell_health(profile, err);
    if (status != CONSENT_OK)
        cs_profile_unlock(profile);
    return status;
}

/* ---- notices --------------------------------------------------------------------------------------------- */

/* What one person was shown is theirs: named for their ledger, sealed under their key, and gone with it. */
static consent_status name_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE],
                                  char name[2 * CS_HOME_NAME_SIZE], consent_error *err)
{
    size_t size = strlen(profile->ledger_name);
    consent_status status = cs_home_name(profile->home, 'n', (cs_span){hash, CS_HASH_SIZE}, name + size, err);
    memcpy(name, profile->ledger_name, size);
    if (!profile->ephemeral)
        name[0] = 'n';
    return status;
}

static consent_status notices_key(const cs_profile *profile, uint8_t key[CS_KEY_SIZE], consent_error *err)
{
    cs_span use = {(const uint8_t *)"notices", 7};
    return cs_hmac_sha256(profile->key, &use, 1, key, err);
}

static consent_status seal_notice(cs_profile *profile, const char *name, cs_span notice, consent_error *err)
{
    uint8_t key[CS_KEY_SIZE];
    consent_status status = notices_key(profile, key, err);
    if (status == CONSENT_OK)
        status = cs_home_seal(profile->home, name, key, notice, err);
    cs_wipe(key, sizeof key);
    return status;
}

consent_status cs_profile_store_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_span notice,
                                       consent_error *err)
{
    static const uint8_t nothing[CS_HASH_SIZE];
    char name[2 * CS_HOME_NAME_SIZE];
    uint8_t *known = profile->stored_notices[hash[0] % CS_KNOWN_NOTICES];
    for (size_t i = 0; i < CS_KNOWN_TRIES; i++) {
        uint8_t *next = profile->stored_notices[(hash[0] + i) % CS_KNOWN_NOTICES];
        if (memcmp(next, hash, CS_HASH_SIZE) == 0)
            return CONSENT_OK;
        if (memcmp(known, nothing, CS_HASH_SIZE) != 0)
            known = next;
    }
    bool there = false;
    consent_status status = cs_profile_need_ledger(profile, err);
    if (status == CONSENT_OK)
        status = name_notice(profile, hash, name, err);
    if (status == CONSENT_OK)
        status = cs_home_look(profile->home, name, &there, err);
    if (status == CONSENT_OK && !there)
        status = seal_notice(profile, name, notice, err);
    if (status == CONSENT_OK)
        memcpy(known, hash, CS_HASH_SIZE);
    return status;
}

consent_status cs_profile_load_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_buffer *out,
                                      consent_error *err)
{
    char name[2 * CS_HOME_NAME_SIZE];
    uint8_t key[CS_KEY_SIZE];
    consent_status status = name_notice(profile, hash, name, err);
    if (status == CONSENT_OK)
        status = notices_key(profile, key, err);
    if (status == CONSENT_OK)
        status = cs_home_unseal(profile->home, name, key, NOTICE_MAX_BYTES, out, err);
    cs_wipe(key, sizeof key);
    return status;
}
