/* What the files of the ledger module share. Nothing outside includes this.
 *
 *   ledger.c      the calls of ledger.h
 *   file.c        names, the writer's lock, space kept ready, the ballast
 *   scan.c        reading frames in order
 *   reread.c      one stream again, from a remembered place
 *   recover.c     what stands behind the last good frame, and what to do about it
 *   move.c        making a file; moving verified content into a new one
 *   checkpoint.c  the file that makes opening short
 *   frame.c, entries.c  bytes */
#ifndef CS_LEDGER_INTERNAL_H
#define CS_LEDGER_INTERNAL_H

#include "ledger/frame.h"
#include "ledger/ledger.h"

#define CS_LEDGER_SPACE_STEP 65536u
#define CS_LEDGER_MAX_FILE_SIZE (UINT64_C(64) << 20)
#define CS_LEDGER_MAX_ASIDE 8u
#define CS_LEDGER_BASE_SIZE 64u /* a ledger's own name, with the NUL */
#define CS_LEDGER_NAME_SIZE 80u /* with any suffix */

/* One open file and what its header said. */
typedef struct cs_ledger_file {
    cs_file *file;
    uint64_t device;
    uint64_t inode;
    cs_header_look look;
    cs_file_header header;
    cs_frame_keys keys;
    uint8_t header_hash[CS_HASH_SIZE];
    cs_seal_ahead ahead; /* for the frame behind ahead_of, if is_ahead */
    uint8_t ahead_of[CS_HASH_SIZE];
    bool is_ahead;
} cs_ledger_file;

/* Small members first: what lies within 128 bytes takes the shortest instructions. */
struct cs_ledger {
    const cs_env *env;
    cs_dir *dir;
    cs_file *lock;
    uint32_t protection;
    uint32_t known_frames;
    uint32_t process_id;
    consent_status health;
    bool in_memory;
    bool locked;
    bool tail_touched;  /* bytes may stand behind `at` that no record is made of */
    bool name_unsynced; /* the name leads to this file, but perhaps not yet on disk */
    bool must_move;     /* a sync of this file failed: it is not written again */
    uint64_t space_end; /* zeros are ready up to here */
    uint64_t known_end; /* all before was durable once, says an authentic checkpoint */
    cs_position at;
    cs_ledger_file file;
    cs_ledger_report report;
    char name[CS_LEDGER_BASE_SIZE];
    uint8_t key[CS_KEY_SIZE];
    uint8_t home_id[16];
};

/* ---- ledger.c ---- */
/* E_FORKED, or the damage's status. */
consent_status cs_ledger_check_use(const cs_ledger *ledger, consent_error *err);

/* ---- file.c ---- */
void cs_ledger_name(const cs_ledger *ledger, const char *suffix, char out[CS_LEDGER_NAME_SIZE]);
consent_status cs_ledger_lock(cs_ledger *ledger, consent_error *err);
void cs_ledger_unlock(cs_ledger *ledger);
/* How long the file is, and which. */
consent_status cs_ledger_examine(const cs_ledger *ledger, cs_file *file, cs_file_info *out, consent_error *err);
/* Opens by name and reads the header. E_NOT_FOUND. */
consent_status cs_ledger_file_open(cs_ledger *ledger, cs_ledger_file *out, consent_error *err);
void cs_ledger_file_close(cs_ledger *ledger, cs_ledger_file *file);
/* Whether the name still leads to the open file, and how long that is. */
consent_status cs_ledger_file_is_current(cs_ledger *ledger, bool *current, uint64_t *size, consent_error *err);
/* CS_DAMAGE_NONE for a header that is in order. */
cs_damage cs_ledger_header_damage(cs_header_look look);
void cs_ledger_reserve(cs_ledger *ledger, uint64_t end);
void cs_ledger_keep_ballast(cs_ledger *ledger);
bool cs_ledger_drop_ballast(cs_ledger *ledger);
void cs_ledger_remove_content(cs_ledger *ledger); /* all but the lock */
void cs_ledger_remove_files(cs_ledger *ledger);

/* ---- scan.c ---- */
typedef struct cs_scan {
    const cs_ledger *ledger;
    const cs_ledger_file *file;
    uint64_t limit; /* reads stop here; at most the file's size */
    uint8_t *window;
    size_t window_capacity;
    uint64_t window_start;
    size_t window_size;
    uint8_t *plain;
    bool checks_events; /* decode every event too */
    consent_status
        stop; /* E_CORRUPT, E_TAMPERED: why there is no frame at at.offset; CONSENT_OK: nothing begins there */
    cs_position at;
} cs_scan;

void cs_position_start(const cs_ledger_file *file, cs_position *out);
consent_status cs_scan_open(cs_scan *scan, const cs_ledger *ledger, const cs_ledger_file *file, const cs_position *from,
                            uint64_t limit, consent_error *err);
void cs_scan_close(cs_scan *scan);
/* Bytes [offset, offset + size) of the file, below the limit. Valid until the next call. */
consent_status cs_scan_bytes(cs_scan *scan, uint64_t offset, size_t size, const uint8_t **out, consent_error *err);
/* The frame at scan->at. *size = 0 when none opens there (scan->stop); entries live until the next call. */
consent_status cs_scan_frame(cs_scan *scan, cs_span *frame, cs_span *entries, consent_error *err);
/* Delivers a frame's entries (sink may be NULL) and moves `at` behind it. */
consent_status cs_scan_take(cs_scan *scan, cs_span frame, cs_span entries, const cs_ledger_sink *sink,
                            consent_error *err);
/* Frames until none opens or the limit is reached. */
consent_status cs_scan_all(cs_scan *scan, const cs_ledger_sink *sink, consent_error *err);
/* Adds an event to the own stream's chain. */
consent_status cs_position_add(cs_position *at, cs_span event, consent_error *err);

/* ---- recover.c ---- */
typedef struct cs_tail {
    cs_damage damage;
    uint64_t bad_offset;
    bool rewrite_trailer; /* the last frame is whole but for its checksum and end mark */
} cs_tail;

/* Judges what follows scan->at when nothing opens there. `known_end`: everything before it was durable once. */
consent_status cs_tail_judge(cs_scan *scan, uint64_t known_end, cs_tail *out, consent_error *err);
/* Reads on from ledger->at to the end, delivers, repairs what an interrupted write left. With the lock. */
consent_status cs_ledger_read_on(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err);
/* Keeps and returns what is wrong. */
consent_status cs_ledger_set_damage(cs_ledger *ledger, cs_damage damage, uint64_t bad_offset, consent_error *err);
consent_status cs_ledger_damage_status(cs_damage damage, uint64_t bad_offset, consent_error *err);

/* ---- move.c ---- */
consent_status cs_ledger_create(cs_ledger *ledger, consent_error *err);
/* Copies everything before ledger->at into a new file under new keys, at the same offsets, and goes on there. */
consent_status cs_ledger_move(cs_ledger *ledger, consent_error *err);
/* The name leads to another file now: goes on there, provided that it holds all that this one did. */
consent_status cs_ledger_follow(cs_ledger *ledger, consent_error *err);
/* A frame being made: the bytes and their scratch. */
typedef struct cs_draft {
    uint8_t *frame;
    uint8_t *plain;
    size_t size;
} cs_draft;
/* Draws random bytes and readies file->ahead for the frame at *at. What it leaves undone is done by cs_draft_make. */
consent_status cs_draft_prepare(const cs_ledger *ledger, cs_ledger_file *file, const cs_position *at,
                                consent_error *err);
/* Seals `entries` for the place *at of `file`. */
consent_status cs_draft_make(cs_draft *draft, const cs_ledger *ledger, cs_ledger_file *file, const cs_position *at,
                             cs_span entries, consent_error *err);
/* Moves *at behind the frame (chains of events are the caller's). */
consent_status cs_draft_pass(const cs_draft *draft, cs_position *at, consent_error *err);
void cs_draft_free(cs_draft *draft, const cs_ledger *ledger);

/* ---- checkpoint.c ---- */
/* Fills *at and delivers the state when there is a checkpoint that fits; *used tells. Sets ledger->known_end. */
consent_status cs_ledger_load_checkpoint(cs_ledger *ledger, const cs_ledger_sink *sink, uint64_t file_size, bool *used,
                                         consent_error *err);

#endif
