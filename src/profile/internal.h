/* What the files of the profile module share. Nothing outside includes this.
 *
 *   home.c, home_policies.c, home_keys.c   keys, sealed files, policies held
 *   opening.c                 a profile's files and keys: opening, repairing, erasing
 *   profile.c                 time, health, reading the ledger into the state
 *   replay.c                  the ledger's entries as a state's
 *   record.c                  the one way anything is recorded
 *   asks.c                    prepared questions: making, deciding, counting
 *   checks.c                  the check by handle, and by names that were asked before
 *   answers.c                 check, check_at, explain
 *   acts.c                    forms, withdrawals, permissions, uses: what becomes events
 *   history.c                 the record as JSON
 *   watches.c, changes.c      being told
 *   import.c                  consent from before
 *   minors.c, ages.c          what a guardian's no, and a child found, bring about; ages learned elsewhere
 *   request_events.c          requests in the ledger, for minors.c and requests.c
 *   moving.c                  acts that go on in a new stream
 *   exchange*.c, join.c       what a sync does with a profile
 *   requests.c, lists.c       what a person may ask for, the two lists
 *   notices.c, notice_*.c     what the operator must tell
 *   sealing.c                 acts that no backend has, when their key goes
 *   naming.c                  texts of the policies in force
 *   switches.c                third parties' switches
 *   purges.c                  what has to go */
#ifndef CS_PROFILE_INTERNAL_H
#define CS_PROFILE_INTERNAL_H

#include "profile/profile.h"

#include <stdatomic.h>

#define CS_ACCOUNT_MAX_SIZE 256u
#define CS_ASK_SLOTS 1024u
#define CS_ASK_MAX 4096u
#define CS_PROFILE_MAX_ONCE 16u
#define CS_KNOWN_NOTICES 64u
#define CS_KNOWN_TRIES 4u /* places that one notice may take */
#define CS_RECORD_MAX_EVENTS (CS_FORM_MAX_EVENTS + 64u)
#define CS_CHECKPOINT_EVERY 256u /* events */
#define CS_UNSAVED_MAX_BYTES 262144u

#define CS_GENERATION_MASK UINT64_C(0x3fffffff)

struct cs_ask {
    _Atomic uint64_t word; /* coarse second ‖ generation (30 bits) ‖ decision (2 bits) */
    const cs_home *home;   /* the profile's, one step nearer */
    cs_profile *profile;   /* NULL once the profile closed */
    cs_ask *next;          /* in its slot */
    uint64_t hash;
    cs_query query; /* its strings live in `block` */
    void *block;
    size_t block_size;
    uint32_t references;
    atomic_bool watched;   /* it may have watches */
    uint32_t purpose_hash; /* of the shared page's pending table */
    _Atomic uint32_t uses; /* counted, not yet recorded */
    bool ground_recorded;  /* first reliance on an exemption */
    consent_verdict verdict;
    cs_decision decision;
};

/* Who is told when an answer changes. */
typedef struct cs_watch {
    uint64_t id; /* rising */
    cs_ask *ask;
    consent_watch_fn told;
    void *ctx;
    consent_verdict last; /* as told last */
} cs_watch;

/* A `once` consent given in this profile handle and not used yet. */
typedef struct cs_once {
    uint64_t seq;
    char purpose[CS_ID_MAX_SIZE + 1];
    char recipient[CS_ID_MAX_SIZE + 1];
} cs_once;

/* What a poll runs beside the watches: a struct that begins with this one, made by its first binding, freed with the profile. */
typedef consent_status (*cs_polled_run)(cs_profile *profile, size_t *count, consent_error *err); /* without a lock */
typedef struct cs_polled {
    size_t size; /* of the whole */
    cs_polled_run run;
} cs_polled;
enum {
    CS_POLLED_SWITCHES, /* switches.c */
    CS_POLLED_PURGES,   /* purges.c */
    CS_POLLED_COUNT
};

/* Small members first: what lies within 128 bytes takes the shortest instructions. */
struct cs_profile {
    cs_home *home;
    cs_ledger *ledger;   /* NULL until the first act, or when it cannot be opened */
    void *table;         /* lock: state, asks */
    const cs_page *page; /* that page_slot and unsaved_pending are of */
    uint32_t page_slot;
    uint32_t page_hash; /* of this profile as a whole, in the pending table */
    consent_status health;
    bool ephemeral;
    bool closed; /* erased */
    bool has_account;
    bool ledger_made;     /* it was durable once: missing, it is lost */
    bool checkpoint_due;  /* something restrictive was recorded since the last checkpoint */
    atomic_bool has_uses; /* some ask may have counted uses: spares every act a walk over all of them */
    uint32_t generation;  /* read up to */
    uint32_t policies_epoch;
    uint32_t tail_events;    /* read or written since the last checkpoint */
    uint32_t checked_second; /* when the page was last looked after */
    uint32_t retried_second; /* an unhealthy profile is tried again once a second */
    uint32_t ask_count;
    cs_polled *polled[CS_POLLED_COUNT]; /* NULL: none bound */
    int64_t session_start_ms;           /* elapsed */
    int64_t last_elapsed_ms;
    cs_watch *watches; /* home->lock; by id */
    cs_state state;
    size_t watch_count;
    uint32_t watch_capacity;
    uint64_t last_watch_id;
    uint8_t key[CS_KEY_SIZE];
    char key_name[CS_HOME_NAME_SIZE];
    char ledger_name[CS_HOME_NAME_SIZE];
    uint8_t own_stream[CS_STREAM_ID_SIZE];
    uint8_t session[CS_SESSION_ID_SIZE];
    uint8_t page_key[16];
    cs_buffer unsaved; /* encoded restrictive events that no disk has yet */
    size_t unsaved_pending_count;
    int unsaved_pending[16];
    char account[CS_ACCOUNT_MAX_SIZE + 1];
    consent_error health_error;
    cs_once once[CS_PROFILE_MAX_ONCE];
    cs_ask *asks[CS_ASK_SLOTS];
    uint8_t stored_notices[CS_KNOWN_NOTICES][CS_HASH_SIZE]; /* from the hash's first byte on */
};

/* ---- profile.c: all with home->lock held ---- */

/* Locks the home and brings the ledger up to date; profile->ledger stays NULL when nothing was recorded yet. On failure nothing is
 * locked. */
consent_status cs_profile_lock_ledger(cs_profile *profile, consent_error *err);
void cs_profile_lock(cs_profile *profile);
void cs_profile_unlock(cs_profile *profile);
/* Brings policies and state up to what other processes made durable. */
consent_status cs_profile_refresh(cs_profile *profile, consent_error *err);
/* Before the shared page is touched: once a second, or at once, makes sure that it is what others share, opens it anew when
 * not, and tells a new one how far the ledger is durable and what is withdrawn and not saved. On failure the profile is
 * unhealthy and nothing may touch the page. */
consent_status cs_profile_look_after_page(cs_profile *profile, bool at_once, consent_error *err);
cs_ledger_sink cs_profile_sink(cs_profile *profile);
void cs_profile_fail(cs_profile *profile, consent_status status, const consent_error *why);
consent_status cs_profile_tell_health(const cs_profile *profile, consent_error *err);
/* What may pass by itself: a busy lock, a key store that is not up yet. */
bool cs_profile_is_transient(consent_status status);
void cs_profile_begin_session(cs_profile *profile, int64_t elapsed_ms);
/* Fills *now; begins a new session when elapsed time ran backwards. */
void cs_profile_now(cs_profile *profile, cs_now *now);
int64_t cs_profile_now_locked(cs_profile *profile);
uint32_t cs_profile_item_hash(const cs_profile *profile, cs_str purpose);
/* Stores the exact text of a notice once; appends it. E_NOT_FOUND. */
consent_status cs_profile_store_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_span notice,
                                       consent_error *err);
consent_status cs_profile_load_notice(cs_profile *profile, const uint8_t hash[CS_HASH_SIZE], cs_buffer *out,
                                      consent_error *err);

/* ---- replay.c ---- */

/* An entry of the ledger into any state. An event is the device's own when its stream is the present own one. `now` NULL: read again. */
consent_status cs_replay_event(cs_state *state, const uint8_t *stream, cs_span bytes, consent_error *err);
consent_status cs_replay_evidence(cs_state *state, const uint8_t *stream, cs_span bytes, bool over, const cs_now *now,
                                  consent_error *err);

/* Every event of the record, decoded, from the beginning; what `each` returns but CONSENT_OK ends it. */
typedef consent_status (*cs_each_event)(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                        consent_error *err);
consent_status cs_profile_each_event(cs_profile *profile, cs_each_event each, void *user, consent_error *err);

/* The record as it was known at some moment, read into a state of its own (made and freed by the caller). */
typedef struct cs_past {
    cs_state state;
    int64_t until_ms;     /* own events stamped later, and what stands behind them, were not known then */
    uint64_t until_count; /* nor what stands behind so many events */
    uint64_t read;
    bool over;
} cs_past;
consent_status cs_past_read(cs_past *past, cs_ledger *ledger, consent_error *err); /* NULL: nothing recorded */

/* ---- answers.c ---- */
void cs_answer_json(int32_t decision, int32_t reason, cs_json_out *out);

/* ---- opening.c: with home->lock held ---- */

cs_profile *cs_profile_new(cs_home *home, const char *account, bool ephemeral, consent_error *err);
void cs_profile_free(cs_profile *profile);
/* Reads from nothing; true when the profile is healthy now. */
bool cs_profile_read_again(cs_profile *profile);
/* Opens what is there; a profile without a ledger is a person who has not acted yet. */
consent_status cs_profile_open_existing(cs_profile *profile, consent_error *err);
/* Creates the ledger at the first act. */
consent_status cs_profile_need_ledger(cs_profile *profile, consent_error *err);
/* After a commit: what is kept outside the ledger so that its loss is noticed. */
void cs_profile_committed(cs_profile *profile, bool restrictive);

/* ---- record.c: with home->lock held ---- */

/* Records events as one frame, with what was left unsaved and uncounted before. first_seq: of events[0], 0 when it failed. */
consent_status cs_profile_record(cs_profile *profile, const cs_event *events, size_t count, bool restrictive,
                                 uint64_t *first_seq, consent_error *err);

/* minors.c: the same for what a person or guardian did, with what follows from it for a child, in the same frame. */
consent_status cs_profile_record_act(cs_profile *profile, const cs_event *events, size_t count, bool restrictive,
                                     uint64_t *first_seq, consent_error *err);

/* The bundle that an act names; NULL: not held. */
const cs_policy *cs_profile_policy_named(const cs_profile *profile, const cs_policy_ref *ref);
int32_t cs_age_told(const cs_event *event, int64_t now_ms); /* years */
/* Of a child's record: notes that it was looked at, before it is (C128). What cannot be noted is not shown. */
consent_status cs_profile_note_reading(cs_profile *profile, const char *what, consent_error *err);

/* Writes a checkpoint: keeps opening short, and lets a ledger cut short afterwards be noticed. Failing costs time at the next open and
 * nothing else. */
void cs_profile_checkpoint(cs_profile *profile);

/* A frame of any parts. begin: the ledger's lock is held, everything is read, and what a new stream still lacks of the one before is
 * there; then commit or abort. commit: durable, then counted; the lock is free whatever it returns. */
consent_status cs_profile_begin_parts(cs_profile *profile, consent_error *err);
consent_status cs_profile_commit_parts(cs_profile *profile, const cs_ledger_part *parts, size_t count,
                                       consent_error *err);
void cs_profile_abort_parts(cs_profile *profile);

/* ---- exchange_keys.c ---- */

/* Whether a device key was ever made. */
consent_status cs_exchange_has_key(cs_profile *profile, bool *has, consent_error *err);

/* ---- checks.c ---- */

/* With the table held. *hash is the question's, found or not. */
cs_ask *cs_asks_find(const cs_profile *profile, const cs_query *query, uint64_t *hash);
/* Whether the word still serves as the answer, and which. */
bool cs_ask_serves(const cs_ask *ask, consent_decision *decision);

/* ---- asks.c ---- */

/* Locks the home and decides. */
consent_decision cs_ask_check_anew(cs_ask *ask);

/* The page's key changed: hashes of items are made anew. */
void cs_asks_rehash(cs_profile *profile);
/* Decides again; home->lock held. */
void cs_ask_decide(cs_ask *ask);
void cs_asks_close(cs_profile *profile);
/* Uses not yet recorded, as events; at most `max`. They are recorded by the caller and counted off by taken(). */
size_t cs_asks_take_uses(cs_profile *profile, cs_event *events, size_t max);
void cs_asks_return_uses(cs_profile *profile, const cs_event *events, size_t count);
void cs_verdict_fill(const cs_policy_set *set, const cs_decision *decision, consent_verdict *verdict);

/* ---- acts.c, home->lock held ---- */

cs_policy_ref cs_policy_ref_of(const cs_policy *policy);

/* The policy that governs the scope now; NULL: none. */
const cs_policy *cs_profile_governing(cs_profile *profile, cs_str scope);
/* Which policies an act without a form speaks under: the platform's, and the product's where the question is a product's. */
void cs_profile_refer(cs_profile *profile, const cs_query *item, cs_event *event);

/* ---- watches.c ---- */
void cs_watches_drop(cs_profile *profile, const cs_ask *ask);
void cs_watches_free(cs_profile *profile); /* and all else that a poll runs */
/* home->lock held. The struct of CS_POLLED_which, zeroed where it is new; NULL: no memory. */
void *cs_polled_bind(cs_profile *profile, unsigned which, size_t size, cs_polled_run run);

/* ---- sealing.c, home->lock held ---- */

#define CS_SEALED_PREFIX "sealed-" /* files for the operator: docs/ledger-format.md section 10 */

/* Before the profile's key goes: the own acts that no receipt covers, where the person ever accepted and the governing policy has a
 * key to seal to. Never fails: what cannot be sealed is lost, and logged. */
void cs_profile_seal_unsent(cs_profile *profile);

/* ---- history.c ---- */
typedef struct cs_hash_list {
    uint8_t *hashes;
    size_t count;
    uint32_t capacity;
} cs_hash_list;
/* A set of hashes, in order of arrival. */
consent_status cs_hash_list_add(cs_hash_list *list, const cs_memory *memory, const uint8_t hash[CS_HASH_SIZE],
                                consent_error *err);
void cs_hash_list_free(cs_hash_list *list, const cs_memory *memory);
void cs_event_json(const uint8_t *stream, const cs_event *event, cs_json_out *out);

#endif
