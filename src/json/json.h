/* json: strict reading and plain writing; the only module that sees cJSON.
 *
 * Reading: a scanner of our own goes first (RFC 8259, valid UTF-8, no lone surrogates, no NUL, no duplicate
 * member names, integers only within ±(2^53−1) (I-JSON), no fractions or exponents, bounded depth and
 * size, nothing after the value); only what passes it reaches cJSON. Lookups are case-sensitive.
 * Errors name the place: line and column from the scanner, the member's path from the getters. */
#ifndef CS_JSON_H
#define CS_JSON_H

#include "base/base.h"

#define CS_JSON_MAX_DEPTH 32u

typedef struct cs_json cs_json; /* a value inside a document */

typedef struct cs_json_doc {
    const cs_json *root;
    void *owned;
} cs_json_doc;

/* Scans only. E_ARGUMENT with line, column and reason. `what` names the text in the message. */
consent_status cs_json_check(cs_str text, size_t max_size, const char *what, consent_error *err);
/* Scans, then parses. The document copies what it needs. */
consent_status cs_json_parse(cs_json_doc *doc, cs_str text, size_t max_size, const char *what, consent_error *err);
void cs_json_free(cs_json_doc *doc);

typedef enum cs_json_type {
    CS_JSON_NONE = 0, /* missing */
    CS_JSON_NULL,
    CS_JSON_BOOL,
    CS_JSON_INT,
    CS_JSON_STRING,
    CS_JSON_ARRAY,
    CS_JSON_OBJECT
} cs_json_type;

cs_json_type cs_json_type_of(const cs_json *value); /* NULL → CS_JSON_NONE */
const char *cs_json_type_name(cs_json_type type);
const cs_json *cs_json_get(const cs_json *object, const char *name); /* NULL when missing or not an object */
/* Iteration over arrays and objects: first child, next sibling, name of a member. */
const cs_json *cs_json_first(const cs_json *container);
const cs_json *cs_json_next(const cs_json *value);
const char *cs_json_name(const cs_json *member);
size_t cs_json_count(const cs_json *container);
bool cs_json_bool(const cs_json *value);   /* false unless true */
int64_t cs_json_int(const cs_json *value); /* 0 unless an integer */
cs_str cs_json_str(const cs_json *value);  /* empty unless a string; lives as long as the document */

/* Typed reading with paths. A cs_json_in walks a document and remembers the first complaint, so a
 * parser reads straight through and checks once. `path` is kept as text for messages. */
typedef struct cs_json_in {
    consent_error *err;
    consent_status status; /* first failure */
    const char *what;      /* "policy.json", "scenario.jsonl:12" */
    char path[200];
} cs_json_in;

void cs_json_in_init(cs_json_in *in, const char *what, consent_error *err);
/* Enters path "a.b" / "a[3]"; leave with the returned mark. */
size_t cs_json_enter(cs_json_in *in, const char *name, size_t index_or_minus1);
void cs_json_leave(cs_json_in *in, size_t mark);
/* Complains about a member of what the path names, NULL: about that itself (only the first is kept); always returns false. */
bool cs_json_complain_at(cs_json_in *in, const char *name, const char *fmt, ...) CS_PRINTF(3, 4);
#define cs_json_complain(in, ...) cs_json_complain_at(in, NULL, __VA_ARGS__)
/* Complains that something else was expected in its place, or where nothing stands. */
bool cs_json_expected(cs_json_in *in, const char *name, const char *expected, const cs_json *found);
/* Each returns the value, or zero when the member is missing; a wrong type or a missing required member complains. */
cs_str cs_json_in_str(cs_json_in *in, const cs_json *object, const char *name, bool required);
int64_t cs_json_in_int(cs_json_in *in, const cs_json *object, const char *name, bool required, int64_t min,
                       int64_t max);
bool cs_json_in_bool(cs_json_in *in, const cs_json *object, const char *name);
const cs_json *cs_json_in_object(cs_json_in *in, const cs_json *object, const char *name, bool required);
const cs_json *cs_json_in_array(cs_json_in *in, const cs_json *object, const char *name, bool required);

/* ---- writing ------------------------------------------------------------------------------ */

/* Writes compact JSON into a buffer; commas are its business. Not pretty; `consentctl` indents. */
typedef struct cs_json_out {
    cs_buffer *buffer;
    uint32_t depth;
    bool has_item[CS_JSON_MAX_DEPTH];
    bool after_name;
} cs_json_out;

void cs_json_out_init(cs_json_out *out, cs_buffer *buffer);
void cs_json_open_object(cs_json_out *out);
void cs_json_close_object(cs_json_out *out);
void cs_json_open_array(cs_json_out *out);
void cs_json_close_array(cs_json_out *out);
void cs_json_put_name(cs_json_out *out, const char *name);
void cs_json_put_str(cs_json_out *out, cs_str text);
void cs_json_put_text(cs_json_out *out, const char *text); /* NULL → null */
void cs_json_put_int(cs_json_out *out, int64_t value);
void cs_json_put_bool(cs_json_out *out, bool value);
void cs_json_put_null(cs_json_out *out);
/* Copies a parsed value as it is. */
void cs_json_put_value(cs_json_out *out, const cs_json *value);
/* name + value in one call */
void cs_json_member_str(cs_json_out *out, const char *name, cs_str text);
void cs_json_member_text(cs_json_out *out, const char *name, const char *text);
void cs_json_member_int(cs_json_out *out, const char *name, int64_t value);
void cs_json_member_bool(cs_json_out *out, const char *name, bool value);
/* Opens the value. */
void cs_json_member_array(cs_json_out *out, const char *name);
void cs_json_member_object(cs_json_out *out, const char *name);
void cs_json_member_hex(cs_json_out *out, const char *name, const uint8_t *bytes, size_t size); /* at most 32 */
void cs_json_member_time(cs_json_out *out, const char *name, int64_t time_ms);

#endif
