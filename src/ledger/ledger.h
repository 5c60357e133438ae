/* ledger: the append-only, encrypted, tamper-evident record of one profile, in one file.
 *
 * Two chains. The event chain, head_n = SHA-256(head_{n-1} ‖ event bytes), per stream, is what is signed, receipted
 * and exported, and survives re-encryption. The frame chain is local: each frame's associated data holds the
 * SHA-256 of the frame before. docs/ledger-format.md has every byte.
 *
 * Invariants
 *  - One submission is one frame: wholly there or wholly absent after any crash.
 *  - commit returns CONSENT_OK only when the frame is on stable storage.
 *  - After a failed sync that descriptor is never written again: verified content goes to a new file.
 *  - Damage is classified and never deleted; what cannot be read grants nothing.
 *  - No (key, nonce) pair repeats: hedged nonce, fresh salt per file.
 *  - Any number of processes: one writer at a time, the lock is held from begin to commit/abort only.
 * A cs_ledger belongs to one thread at a time (profile serialises). */
#ifndef CS_LEDGER_H
#define CS_LEDGER_H

#include "crypto/crypto.h"
#include "event/event.h"
#include "ledger/frame.h"
#include "platform/platform.h"

#define CS_LEDGER_MAX_COMMIT_BYTES 65000u /* of events in one commit, with 3 bytes for each */

typedef struct cs_ledger cs_ledger;

typedef struct cs_ledger_config {
    const cs_env *env;
    cs_dir *dir;
    const char *name;         /* file name of this ledger in dir (from a keyed hash) */
    uint8_t key[CS_KEY_SIZE]; /* the profile's own key */
    uint8_t home_id[16];      /* install binding: another home's file is E_COPIED */
    uint32_t protection;      /* consent_protection, recorded in the header */
    bool in_memory;           /* ephemeral: the key never leaves memory; the file is used, and gone at close */
    uint32_t known_frames;    /* frames known to have been durable (the key store's counter, or 1 once the ledger was
                                       made); fewer, or no file, is E_ROLLED_BACK. 0: nothing is known */
} cs_ledger_config;

/* How the file was found. */
typedef enum cs_damage {
    CS_DAMAGE_NONE = 0,
    CS_DAMAGE_TORN_TAIL = 1, /* repaired: the last frame was never acknowledged; its bytes were kept aside */
    CS_DAMAGE_CORRUPT = 2,   /* unreadable before the last good frame */
    CS_DAMAGE_TAMPERED = 3,  /* a whole frame whose seal does not fit, or a spliced, swapped, repeated one */
    CS_DAMAGE_ROLLED_BACK = 4,
    CS_DAMAGE_COPIED = 5,
    CS_DAMAGE_WRONG_KEY = 6,
    CS_DAMAGE_NEWER = 7 /* a later version's format: nothing is touched */
} cs_damage;

typedef struct cs_ledger_report {
    cs_damage damage;
    bool created; /* there was none: begun anew by this open */
    uint64_t bad_offset;
    uint64_t kept_aside_bytes;
    uint64_t frame_count;
    uint64_t event_count;
    uint64_t end_offset;
    uint8_t event_head[CS_HASH_SIZE]; /* of the own stream */
} cs_ledger_report;

/* Called for every event in order. `stream` is CS_STREAM_ID_SIZE bytes. A status other than CONSENT_OK stops the
 * reading with it. Bytes live for the call. */
typedef consent_status (*cs_event_fn)(void *user, const uint8_t *stream, cs_span event_bytes, consent_error *err);
/* Called first when a checkpoint stands in for the events before it. E_UNSUPPORTED (a state of another version) has
 * everything read from the first event instead. */
typedef consent_status (*cs_checkpoint_fn)(void *user, cs_span checkpoint, consent_error *err);

/* Called where an own stream begins, before its events: the one that the file was begun with, and each after it. */
typedef consent_status (*cs_stream_fn)(void *user, const uint8_t *stream, consent_error *err);
/* Called around the events of a REMOTE entry, with what they came with: before the first (`over` false) and after the last. An
 * entry without events is evidence about events that stand elsewhere in the ledger. */
typedef consent_status (*cs_evidence_fn)(void *user, const uint8_t *stream, cs_span evidence, bool over,
                                         consent_error *err);

typedef struct cs_ledger_sink {
    void *user;
    cs_event_fn event;
    cs_checkpoint_fn checkpoint; /* NULL: read from the first event */
    cs_stream_fn stream;         /* may be NULL */
    cs_evidence_fn evidence;     /* may be NULL */
} cs_ledger_sink;

/* What one frame is made of, in order. */
typedef enum cs_ledger_part_kind {
    CS_PART_ACTS =
        1, /* events of the own stream: encoded with cs_ledger_next_seq, +1, …; behind a CS_PART_STREAM with 1, 2, … */
    CS_PART_REMOTE = 2, /* evidence and, maybe, events of another stream that follow one another */
    CS_PART_STREAM = 3  /* the own stream is `stream` from here on, from its first event */
} cs_ledger_part_kind;

typedef struct cs_ledger_part {
    cs_ledger_part_kind kind;
    const uint8_t *stream; /* REMOTE, STREAM */
    cs_span evidence;      /* REMOTE */
    const cs_span *events; /* ACTS, REMOTE */
    size_t count;
} cs_ledger_part;

/* A place in the ledger that reading can begin at again. Zeroed: the first frame. One that does not fit any more is
 * as good as zeroed. */
typedef cs_position cs_ledger_mark;

/* Opens the file, creating it when missing, repairs a torn tail, and delivers checkpoint and events to `sink`.
 * Everything delivered is on stable storage. Damage other than a torn tail: the status says which (E_CORRUPT,
 * E_TAMPERED, E_COPIED, E_ROLLED_BACK, E_KEY_GONE for another key's file, E_UNSUPPORTED for a newer format), *report
 * says more, the events before the damage were delivered, *out is a ledger that only verifies and closes (NULL when
 * there is no file at all). Every other failure (E_IO, E_FULL, E_LOCKED, E_MEMORY, a sink's own): *out is NULL and
 * the file is as it was. */
consent_status cs_ledger_open(const cs_ledger_config *config, const cs_ledger_sink *sink, cs_ledger **out,
                              cs_ledger_report *report, consent_error *err);
void cs_ledger_close(cs_ledger *ledger);

const uint8_t *cs_ledger_stream(const cs_ledger *ledger); /* own stream id */
uint64_t cs_ledger_next_seq(const cs_ledger *ledger);     /* valid between begin and commit */
uint32_t cs_ledger_frame_count(const cs_ledger *ledger);
uint64_t cs_ledger_event_count(const cs_ledger *ledger); /* of all streams */
uint64_t cs_ledger_end(const cs_ledger *ledger);         /* offset behind the last frame read or written */

/* Takes the writer's lock and delivers what other processes appended since, made durable first. On failure the lock
 * is not held. E_LOCKED when locks do not work, E_FORKED in a child of the process that opened it, the damage's
 * status when there is damage. After a sink's failure the last frame is delivered again by the next call. */
consent_status cs_ledger_begin(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err);
/* Appends one frame with these events (encoded with cs_ledger_next_seq, +1, …), syncs, releases the lock. On
 * failure nothing was appended as far as any reader can tell, and the lock is released. (Should the disk refuse
 * the sync, then a new file, then cutting the frame off again, the frame may still be found after a crash.)
 * E_ARGUMENT: not canonical events of the next numbers, or too many for one frame (CS_LEDGER_MAX_COMMIT_BYTES). */
consent_status cs_ledger_commit(cs_ledger *ledger, const cs_span *events, size_t count, consent_error *err);
/* The same for a frame of any parts. */
consent_status cs_ledger_commit_parts(cs_ledger *ledger, const cs_ledger_part *parts, size_t count, consent_error *err);
void cs_ledger_abort(cs_ledger *ledger);
/* Delivers what other processes appended, up to `limit_offset` (the shared page's durable_end). Takes no lock. Notices,
 * with nothing to deliver too, that the name leads to another file: E_NOT_FOUND (removed: open again), or the damage
 * that the other file amounts to. */
consent_status cs_ledger_catch_up(cs_ledger *ledger, uint64_t limit_offset, const cs_ledger_sink *sink,
                                  consent_error *err);
/* Writes a checkpoint of everything delivered so far into a sealed file beside the ledger, whose history stays whole.
 * Outside begin … commit. Losing it costs time at the next open, nothing else. */
consent_status cs_ledger_checkpoint(cs_ledger *ledger, cs_span state, consent_error *err);

/* Delivers to `event` the events of one stream, in order, from number `from` on; beginning at *mark, which moves over the frames that
 * hold none of them, so that the next call need not read those again. A status other than CONSENT_OK from `event` ends
 * the reading with it. Repairs nothing, takes no lock; what is delivered was delivered by open, begin or catch_up before. */
consent_status cs_ledger_read_stream(cs_ledger *ledger, const uint8_t *stream, uint64_t from, cs_ledger_mark *mark,
                                     cs_event_fn event, void *user, consent_error *err);

/* Reads all from disk again, checks everything, delivers every event (sink may be NULL). Repairs nothing. Takes no
 * lock. */
consent_status cs_ledger_verify(cs_ledger *ledger, const cs_ledger_sink *sink, cs_ledger_report *report,
                                consent_error *err);

#endif
