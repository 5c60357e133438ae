/* What the files of the wire module share. Nothing outside includes this.
 *
 *   fields.c    bytes in JSON: hex and base64url of a fixed size
 *   deflate.c   compression, where the build has it
 *   range.c     names, enrolments, ranges
 *   receipt.c   receipts
 *   page.c      answers
 *   evidence.c  what the ledger keeps, and the chain of a stream: all that the core library needs of the module */
#ifndef CS_WIRE_INTERNAL_H
#define CS_WIRE_INTERNAL_H

#include "wire/wire.h"

/* Member `name` as exactly `size` bytes; complains otherwise. */
void cs_wire_take_hex(cs_json_in *in, const cs_json *object, const char *name, uint8_t *out, size_t size);
/* false: the member is an empty text, which `optional` allows. */
bool cs_wire_take_b64(cs_json_in *in, const cs_json *object, const char *name, uint8_t *out, size_t size,
                      bool optional);
int64_t cs_wire_take_number(cs_json_in *in, const cs_json *object, const char *name, int64_t min);
void cs_wire_put_hex(cs_json_out *out, const char *name, const uint8_t *data, size_t size);
void cs_wire_put_b64(cs_json_out *out, const char *name, cs_span data);
/* The members `compression` and `events`. */
consent_status cs_wire_put_events(const cs_memory *memory, cs_json_out *out, cs_span events, consent_error *err);
/* base64url and perhaps compressed → the events' bytes, appended; at most CS_RANGE_MAX_BYTES. */
consent_status cs_wire_unpack(const cs_memory *memory, cs_str compression, cs_str text, cs_buffer *events,
                              consent_error *err);
/* Events with their lengths: whole, none empty or too long, `count` of them and nothing else. */
bool cs_wire_events_are(cs_span events, uint64_t count);

/* Raw deflate (RFC 1951). false: not in this build, or it would not become smaller. */
bool cs_deflate(const cs_memory *memory, cs_span plain, cs_buffer *out);
/* Appends at most out->max_size − out->size bytes. E_UNSUPPORTED, E_ARGUMENT (no deflate stream, or too large), E_MEMORY. */
consent_status cs_inflate(const cs_memory *memory, cs_span packed, cs_buffer *out, consent_error *err);

#endif
