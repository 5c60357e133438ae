/* frame: the bytes of a ledger file. Pure: no file, no clock, no memory of its own. docs/ledger-format.md says the
 * same in prose.
 *
 *   file   header 512 bytes, then frames back to back, then zeros (space kept ready for the next ones)
 *   frame  512·2^k bytes at a multiple of 512:
 *
 *   0        4      8       12        16        40                size-24   size-8     size-4    size
 *   | "CSF1" | size | index | crc32c  | nonce   | sealed entries  | tag     | crc32c   | end     |
 *              \_ checked by the first crc before any is used       the second is over all before it
 *
 * Sizes come from powers of two so that a yes and a no are equally long, and frames start on sector borders so that an
 * interrupted write shows: some sector or the end mark is still zero, or the file is short. A
 * frame whose every sector and end mark are there was once complete, and is damage when it does not open. */
#ifndef CS_FRAME_H
#define CS_FRAME_H

#include "crypto/crypto.h"

#define CS_FILE_HEADER_SIZE 512u
#define CS_SECTOR_SIZE 512u
#define CS_FRAME_HEADER_SIZE 16u
#define CS_FRAME_OVERHEAD 64u /* header, nonce, tag, checksum, end mark */
#define CS_FRAME_MAX_SIZE 131072u
#define CS_ENTRIES_MAX_SIZE 65536u
#define CS_CHECKPOINT_MIN_SIZE 4096u
#define CS_CHECKPOINT_MAX_SIZE (1u << 20)
#define CS_STREAM_ENTRY_SIZE 18u
#define CS_LEDGER_FORMAT 1u

/* A place between two frames, and the chains up to it. */
typedef struct cs_position {
    uint64_t offset;
    uint64_t last_offset; /* of the frame before; meaningful when frame_count > 0 */
    uint64_t next_seq;
    uint64_t event_count; /* all streams */
    uint32_t frame_count;
    uint8_t previous[CS_HASH_SIZE]; /* hash of the frame before */
    uint8_t stream[16];
    uint8_t head[CS_HASH_SIZE];
} cs_position;

/* All from the profile's key and this file's salt: HKDF-SHA256, info "libconsent ledger 1". */
typedef struct cs_frame_keys {
    uint8_t seal[CS_KEY_SIZE];
    uint8_t header[CS_KEY_SIZE];
    uint8_t nonce[CS_KEY_SIZE];
    uint8_t checkpoint[CS_KEY_SIZE];
} cs_frame_keys;

typedef struct cs_file_header {
    uint32_t protection; /* consent_protection of the key when the file was made */
    uint32_t rewrites;   /* how often the content moved to a new file */
    uint8_t salt[32];
} cs_file_header;

/* What a file's header turned out to be. */
typedef enum cs_header_look {
    CS_HEADER_OK = 0,
    CS_HEADER_DAMAGED = 1,   /* checksum or fixed bytes do not fit */
    CS_HEADER_NEWER = 2,     /* a format or suite of a later version: nothing is touched */
    CS_HEADER_WRONG_KEY = 3, /* whole, but not made with this key */
    CS_HEADER_COPIED = 4     /* made with this key in another home */
} cs_header_look;

/* Derives the file's keys and writes its header. */
consent_status cs_frame_make_header(const uint8_t key[CS_KEY_SIZE], const uint8_t home_id[16],
                                    const cs_file_header *header, uint8_t out[CS_FILE_HEADER_SIZE], cs_frame_keys *keys,
                                    uint8_t hash[CS_HASH_SIZE], consent_error *err);
/* Reads a header; *keys and hash are filled when *look is CS_HEADER_OK. A status other than CONSENT_OK is the
 * crypto's. */
consent_status cs_frame_read_header(const uint8_t bytes[CS_FILE_HEADER_SIZE], const uint8_t key[CS_KEY_SIZE],
                                    const uint8_t home_id[16], cs_header_look *look, cs_file_header *header,
                                    cs_frame_keys *keys, uint8_t hash[CS_HASH_SIZE], consent_error *err);

/* Smallest bucket for entries of that many bytes; 0 when none is large enough. */
size_t cs_frame_size_for(size_t entries_size);

/* Where a frame stands: bound into its seal. */
typedef struct cs_frame_place {
    const uint8_t *header_hash; /* of the file */
    const uint8_t *previous;    /* hash of the frame before; of the header for the first */
    uint32_t index;             /* 0, 1, 2 … */
} cs_frame_place;

/* What sealing the frame behind the one with hash `previous` needs before its content is known. */
consent_status cs_frame_prepare(const cs_frame_keys *keys, const uint8_t previous[CS_HASH_SIZE],
                                const uint8_t random32[32], cs_seal_ahead *out, consent_error *err);
/* Writes a whole frame of `size` = cs_frame_size_for(entries.size) bytes. `plain` is scratch of the same size; it and *ahead
 * are wiped. */
consent_status cs_frame_seal(cs_seal_ahead *ahead, const cs_frame_place *place, cs_span entries, size_t size,
                             uint8_t *plain, uint8_t *frame, consent_error *err);
/* Opens a frame into `plain` (as large as the frame). E_TAMPERED: the seal does not fit this place; E_CORRUPT: opened,
 * but not what seal writes. */
consent_status cs_frame_open(const cs_frame_keys *keys, const cs_frame_place *place, cs_span frame, uint8_t *plain,
                             cs_span *entries, consent_error *err);
consent_status cs_frame_hash(cs_span frame, uint8_t out[CS_HASH_SIZE], consent_error *err);

/* True when these CS_FRAME_HEADER_SIZE bytes begin a frame; gives its size and index. */
bool cs_frame_read_start(const uint8_t *bytes, uint32_t *size, uint32_t *index);
/* End mark and checksum of a frame. */
bool cs_frame_is_finished(cs_span frame);
bool cs_frame_has_end_mark(cs_span frame);
void cs_frame_finish(uint8_t *frame, size_t size);
bool cs_frame_is_zero(const uint8_t *bytes, size_t size);

/* What stands where a frame that opens was expected. */
typedef enum cs_frame_look {
    CS_LOOK_EMPTY = 0,   /* nothing but zeros, or nothing */
    CS_LOOK_TORN = 1,    /* a write that never completed */
    CS_LOOK_DAMAGED = 2, /* was complete once; bytes changed since */
    CS_LOOK_WHOLE = 3    /* complete and its checksums fit: if it does not open, somebody made it so */
} cs_frame_look;

/* `bytes`: from there to the end of the file, or CS_FRAME_MAX_SIZE of it. */
cs_frame_look cs_frame_examine(cs_span bytes);

/* ---- entries inside a frame ---------------------------------------------------------------- */

typedef enum cs_entry_kind {
    CS_ENTRY_ACTS = 1,       /* events of the own stream */
    CS_ENTRY_REMOTE = 2,     /* events of another stream, with the evidence they came with */
    CS_ENTRY_STREAM = 3,     /* from here on the own stream is this one, from seq 1 */
    CS_ENTRY_OPTIONAL = 0x80 /* kinds from here on may be passed over by a reader that does not know them */
} cs_entry_kind;

typedef struct cs_entry {
    uint32_t kind;
    const uint8_t *stream; /* REMOTE, STREAM: 16 bytes */
    cs_span evidence;      /* REMOTE */
    uint64_t first_seq;    /* ACTS */
    uint64_t count;        /* ACTS, REMOTE */
    cs_reader events;      /* ACTS, REMOTE: `count` sized events; take with cs_frame_next_event */
} cs_entry;

void cs_frame_put_acts(cs_buffer *out, uint64_t first_seq, const cs_span *events, size_t count);
void cs_frame_put_remote(cs_buffer *out, const uint8_t stream[16], cs_span evidence, const cs_span *events,
                         size_t count);
void cs_frame_stream_entry(const uint8_t stream[16], uint8_t out[CS_STREAM_ENTRY_SIZE]);
/* Next entry; false at the end. E_CORRUPT malformed, E_UNSUPPORTED an unknown kind that may not be passed over
 * (entry->kind then tells). Optional unknown entries come out with their kind alone. */
consent_status cs_frame_next_entry(cs_reader *in, cs_entry *entry, bool *more, consent_error *err);
/* The next event of an entry; checked to be there by cs_frame_next_entry. */
cs_span cs_frame_next_event(cs_entry *entry);

/* ---- checkpoint (a file of its own beside the ledger) ---------------------------------------- */

typedef struct cs_checkpoint {
    cs_position at; /* reading goes on here */
    cs_span state;  /* the caller's */
} cs_checkpoint;

size_t cs_checkpoint_size_for(size_t state_size); /* 0: too large */
/* `plain` is scratch of `size` bytes and is wiped. */
consent_status cs_checkpoint_seal(const cs_frame_keys *keys, const uint8_t header_hash[CS_HASH_SIZE],
                                  const cs_checkpoint *checkpoint, const uint8_t random32[32], size_t size,
                                  uint8_t *plain, uint8_t *out, consent_error *err);
/* E_NOT_FOUND: not a checkpoint of this file (damaged, older, another's): read everything instead. `plain` holds
 * the state and is as large as `bytes`. */
consent_status cs_checkpoint_open(const cs_frame_keys *keys, const uint8_t header_hash[CS_HASH_SIZE], cs_span bytes,
                                  uint8_t *plain, cs_checkpoint *out, consent_error *err);

#endif
