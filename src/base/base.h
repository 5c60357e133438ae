/* base: what every module needs and nothing of the domain: statuses, memory, bounded buffers,
 * byte readers, text rules, time of day. Depends on no other module and on no global state.
 *
 * Conventions of the whole source tree:
 *  - zero-initialised structs are valid and empty; every free/close accepts them and NULL;
 *  - a cs_buffer or cs_reader that failed stays failed: check once, at the end;
 *  - nothing here locks; objects belong to one thread at a time. */
#ifndef CS_BASE_H
#define CS_BASE_H

#include <consent/consent.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CS_MUST_USE __attribute__((warn_unused_result))
#else
#define CS_PRINTF(fmt, args)
#define CS_MUST_USE
#endif

#define CS_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- errors ------------------------------------------------------------------------------- */

/* Fills *err (when not NULL) and returns `status`, so that failing is one line. The message is cut
 * at the struct's size on a UTF-8 boundary. */
consent_status cs_fail(consent_error *err, consent_status status, int os_code, const char *fmt, ...) CS_PRINTF(4, 5);

/* The same for what there was no memory for. */
consent_status cs_no_memory(consent_error *err, const char *what);

/* ---- memory ------------------------------------------------------------------------------- */

/* The only source of memory. resize(NULL, 0, n) allocates, resize(p, n, 0) frees and returns NULL,
 * otherwise grows or shrinks. Old sizes are always given. Returns NULL when there is no memory. */
typedef struct cs_memory {
    void *ctx;
    void *(*resize)(void *ctx, void *block, size_t old_size, size_t new_size);
} cs_memory;

void *cs_alloc(const cs_memory *memory, size_t size); /* zeroed; NULL if none left */
void *cs_realloc(const cs_memory *memory, void *block, size_t old_size, size_t new_size);
void cs_free(const cs_memory *memory, void *block, size_t size); /* NULL is fine */
/* A list of *capacity elements with room for one more than `count`: itself, or a larger copy in its place; NULL when memory ran
 * out, and it stays. */
void *cs_list_room(const cs_memory *memory, void *list, size_t count, uint32_t *capacity, size_t element_size);
void cs_wipe(void *block, size_t size);                          /* never optimised away */
bool cs_equal_secret(const void *a, const void *b, size_t size); /* constant time */

/* Many small allocations freed at once. Pointers stay valid until cs_arena_free. */
typedef struct cs_arena_chunk cs_arena_chunk;
typedef struct cs_arena {
    const cs_memory *memory;
    cs_arena_chunk *chunks;
    size_t used_bytes; /* handed out */
    size_t max_bytes;  /* 0: no limit */
} cs_arena;

void cs_arena_init(cs_arena *arena, const cs_memory *memory, size_t max_bytes);
void *cs_arena_alloc(cs_arena *arena, size_t size); /* zeroed, aligned for any type */
char *cs_arena_strndup(cs_arena *arena, const char *text, size_t size);
void cs_arena_free(cs_arena *arena);

/* ---- views -------------------------------------------------------------------------------- */

/* Borrowed bytes or text (no terminating NUL implied). */
typedef struct cs_span {
    const uint8_t *data;
    size_t size;
} cs_span;

typedef struct cs_str {
    const char *data;
    size_t size;
} cs_str;

#define CS_STR(literal) ((cs_str){(literal), sizeof(literal) - 1})
cs_str cs_str_of(const char *text); /* NULL gives the empty view */
bool cs_str_equal(cs_str a, cs_str b);
bool cs_str_is(cs_str a, const char *text);
int cs_str_compare(cs_str a, cs_str b);
/* One of several texts that stand one after the other, each followed by NUL, in one literal, which ends in a NUL of its own:
 * "no\0yes\0unknown\0". Past the end: the last one. No pointers: nothing to relocate when the library is loaded. */
const char *cs_nth_text(const char *texts, size_t n);
/* The position of a text among them, from 1 on; 0: it is none of them. */
unsigned cs_text_find(const char *texts, cs_str text);
/* printf("%.*s", CS_STR_ARG(s)) */
#define CS_STR_ARG(s) (int)(s).size, (s).data

/* ---- growing buffer ----------------------------------------------------------------------- */

/* Every buffer states its largest size at birth. After a failure (no memory, too large) further
 * appends do nothing and `failed` tells. */
typedef struct cs_buffer {
    const cs_memory *memory;
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t max_size;
    bool failed;
} cs_buffer;

void cs_buffer_init(cs_buffer *buffer, const cs_memory *memory, size_t max_size);
void cs_buffer_free(cs_buffer *buffer); /* wipes, frees, leaves it empty and usable */
void cs_buffer_clear(cs_buffer *buffer);
void cs_buffer_append(cs_buffer *buffer, const void *data, size_t size);
/* `size` more bytes for the caller to fill, until the buffer's next call; NULL when it failed. */
uint8_t *cs_buffer_extend(cs_buffer *buffer, size_t size);
void cs_buffer_str(cs_buffer *buffer, cs_str text);
void cs_buffer_text(cs_buffer *buffer, const char *text);
void cs_buffer_printf(cs_buffer *buffer, const char *fmt, ...) CS_PRINTF(2, 3);
void cs_buffer_u8(cs_buffer *buffer, uint8_t value);
void cs_buffer_u32(cs_buffer *buffer, uint32_t value);                  /* little-endian */
void cs_buffer_u64(cs_buffer *buffer, uint64_t value);                  /* little-endian */
void cs_buffer_varint(cs_buffer *buffer, uint64_t value);               /* LEB128, shortest form */
void cs_buffer_sized(cs_buffer *buffer, const void *data, size_t size); /* varint size, bytes */
cs_span cs_buffer_span(const cs_buffer *buffer);
/* CONSENT_OK, or E_MEMORY when it failed. `what` names the thing in the message. */
consent_status cs_buffer_status(const cs_buffer *buffer, const char *what, consent_error *err);

/* ---- bounded reader ----------------------------------------------------------------------- */

/* Cannot pass its end. After a failed read everything reads as zero/empty and `ok` is false. */
typedef struct cs_reader {
    const uint8_t *at;
    size_t left;
    bool ok;
} cs_reader;

cs_reader cs_reader_of(cs_span span);
const uint8_t *cs_read_bytes(cs_reader *reader, size_t size); /* NULL on failure */
uint8_t cs_read_u8(cs_reader *reader);
uint32_t cs_read_u32(cs_reader *reader);
uint64_t cs_read_u64(cs_reader *reader);
uint64_t cs_read_varint(cs_reader *reader); /* refuses overlong forms */
cs_span cs_read_sized(cs_reader *reader, size_t max_size);
cs_str cs_read_str(cs_reader *reader, size_t max_size);

uint32_t cs_load_u32(const uint8_t *bytes);
uint64_t cs_load_u64(const uint8_t *bytes);
void cs_store_u32(uint8_t *bytes, uint32_t value);
void cs_store_u64(uint8_t *bytes, uint64_t value);

/* ---- structs as bytes --------------------------------------------------------------------- */

/* How members of a struct stand in a binary format, one after the other. One table writes and reads. */
typedef enum cs_member_kind {
    CS_MEMBER_BYTES,  /* as they are */
    CS_MEMBER_ID,     /* char[CS_ID_MAX_SIZE + 1]: its size, its text */
    CS_MEMBER_FIXED,  /* a number of 4 or 8 bytes, little-endian */
    CS_MEMBER_VARINT, /* a number up to what the member holds */
    CS_MEMBER_SMALL,  /* one up to UINT16_MAX */
    CS_MEMBER_BOOL,
    CS_MEMBER_OTHER /* from here on: kinds of the caller's own */
} cs_member_kind;

typedef struct cs_member {
    uint8_t kind;
    uint8_t size;
    uint16_t offset;
} cs_member;

#define CS_MEMBER(kind, type, member)                                                                                  \
    {                                                                                                                  \
        (kind), (uint8_t)sizeof(((type *)0)->member), (uint16_t)offsetof(type, member)                                 \
    }

void cs_buffer_members(cs_buffer *buffer, const cs_member *members, size_t count, const void *from);
/* A number that its member cannot hold is a failed read. */
void cs_read_members(cs_reader *reader, const cs_member *members, size_t count, void *to);
/* The number that a member is, and a number put there; the member's size tells which type it has. */
uint64_t cs_member_number(const cs_member *member, const void *from);
void cs_member_set(const cs_member *member, void *to, uint64_t value);

/* ---- text and codes ----------------------------------------------------------------------- */

#define CS_ID_MAX_SIZE 96u /* bytes of an identifier: policy, purpose, recipient, data item … */

/* An identifier: [a-z0-9] then [a-z0-9._-], at most CS_ID_MAX_SIZE bytes. */
bool cs_id_is_valid(cs_str text);
/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool cs_utf8_is_valid(cs_str text);
/* Next code point of valid UTF-8 at *at; advances. 0 at the end. */
uint32_t cs_utf8_next(const char **at, const char *end);
/* Columns a terminal uses for a code point: 0, 1 or 2 (East Asian wide). */
int cs_utf8_columns(uint32_t code_point);

void cs_hex_encode(const uint8_t *data, size_t size, char *out); /* 2·size chars + NUL */
bool cs_hex_decode(cs_str text, uint8_t *out, size_t size);      /* exactly `size` bytes */
void cs_base64url_encode(cs_buffer *out, cs_span data);          /* no padding */
bool cs_base64url_decode(cs_buffer *out, cs_str text);           /* strict: canonical, no padding */
uint32_t cs_crc32c(const void *data, size_t size);
uint64_t cs_hash64(const void *data, size_t size); /* FNV-1a: tables only, never security */
/* SipHash-2-4: without the key nobody tells what was hashed, nor finds two alike. */
uint64_t cs_keyed_hash64(const uint8_t key[16], const void *data, size_t size);

/* ---- time --------------------------------------------------------------------------------- */

#define CS_SECOND_MS INT64_C(1000)
#define CS_MINUTE_MS INT64_C(60000)
#define CS_HOUR_MS INT64_C(3600000)
#define CS_DAY_MS INT64_C(86400000)
#define CS_CHINA_OFFSET_MS (8 * CS_HOUR_MS) /* legal days are counted at +08:00 */

typedef struct cs_date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
} cs_date;

cs_date cs_date_in_china(int64_t time_ms);
int64_t cs_date_start_ms(cs_date date); /* midnight at +08:00 of that day, as UTC ms */
bool cs_date_is_valid(cs_date date);
int32_t cs_date_weekday(cs_date date); /* 1 = Monday … 7 = Sunday */
/* Whole years of age on the day of time_ms at +08:00; -1 before birth. A birthday on 29 February
 * is reached on 1 March in a common year. */
int32_t cs_age_years(cs_date birth, int64_t time_ms);
/* "2026-09-28" */
bool cs_date_parse(cs_str text, cs_date *out);
#define CS_DATE_TEXT_SIZE 16
/* "2026-09-28"; out has CS_DATE_TEXT_SIZE bytes. */
void cs_date_format(cs_date date, char *out);
/* RFC 3339 with Z or an offset: "2026-09-28T10:00:00+08:00", fraction of up to 3 digits. */
bool cs_time_parse(cs_str text, int64_t *out_ms);
#define CS_TIME_TEXT_SIZE 32
/* "2026-09-28T02:00:00.000Z"; out has CS_TIME_TEXT_SIZE bytes. */
void cs_time_format(int64_t time_ms, char *out);
/* "2026-09-28 10:00" at +08:00, for people. */
void cs_time_format_china(int64_t time_ms, char *out);
/* "36h", "48h", "30d", "90m", "2y"(365 d), "45s" → ms. */
bool cs_duration_parse(cs_str text, int64_t *out_ms);

#endif
