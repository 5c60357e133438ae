/* Exact bytes of events. One table drives both directions, so that what is written and what is
 * accepted cannot drift apart. The field numbers are frozen: add at the end, never renumber. */
#include "event/event.h"

#include <string.h>

typedef enum field_kind {
    KIND_U32,
    KIND_U64,
    KIND_I64,
    KIND_BOOL,
    KIND_DATE, /* year·10000 + month·100 + day */
    KIND_STR,
    KIND_DATA,   /* repeated text */
    KIND_HASH,   /* 32 bytes */
    KIND_SESSION /* 8 bytes */
} field_kind;

typedef struct field {
    uint16_t kind;
    uint16_t offset;
    const char *name;
} field;

#define FIELD(kind, member)                                                                                            \
    {                                                                                                                  \
        kind, (uint16_t)offsetof(cs_event, member), #member                                                            \
    }

/* fields[n] has number n + 1. */
static const field fields[] = {
    FIELD(KIND_U32, type),
    FIELD(KIND_U64, seq),
    FIELD(KIND_I64, time_ms),
    FIELD(KIND_I64, elapsed_ms),
    FIELD(KIND_SESSION, session_id),
    FIELD(KIND_U32, actor),
    FIELD(KIND_U32, subject),
    FIELD(KIND_STR, policy.id),
    FIELD(KIND_U32, policy.version),
    FIELD(KIND_U32, policy.revision),
    FIELD(KIND_HASH, policy.hash),
    FIELD(KIND_STR, overlay.id),
    FIELD(KIND_U32, overlay.version),
    FIELD(KIND_U32, overlay.revision),
    FIELD(KIND_HASH, overlay.hash),
    FIELD(KIND_STR, purpose),
    FIELD(KIND_STR, recipient),
    FIELD(KIND_DATA, data),
    FIELD(KIND_STR, permission),
    FIELD(KIND_STR, call_site),
    FIELD(KIND_U32, os_state),
    FIELD(KIND_U32, method),
    FIELD(KIND_STR, control),
    FIELD(KIND_STR, surface),
    FIELD(KIND_STR, locale),
    FIELD(KIND_HASH, notice_hash),
    FIELD(KIND_U32, emphasis_count),
    FIELD(KIND_BOOL, tick_initially_off),
    FIELD(KIND_I64, ticked_at_ms),
    FIELD(KIND_BOOL, reached_end),
    FIELD(KIND_BOOL, user_initiated),
    FIELD(KIND_U64, seen),
    FIELD(KIND_BOOL, once),
    FIELD(KIND_DATE, birth),
    FIELD(KIND_U32, age_band),
    FIELD(KIND_STR, reference),
    FIELD(KIND_STR, rules_id),
    FIELD(KIND_U32, rules_version),
    FIELD(KIND_U32, count),
    FIELD(KIND_STR, detail),
};

enum {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5
};
enum {
    SESSION_SIZE = 8,
    HASH_SIZE = 32
};
#define MAX_FIELD_NUMBER ((UINT64_C(1) << 29) - 1)

/* ---- encoding ----------------------------------------------------------------------------- */

static void put_varint(cs_buffer *out, size_t number, uint64_t value)
{
    if (value == 0)
        return;
    cs_buffer_varint(out, (uint64_t)number << 3 | WIRE_VARINT);
    cs_buffer_varint(out, value);
}

static void put_bytes(cs_buffer *out, size_t number, const void *data, size_t size)
{
    cs_buffer_varint(out, (uint64_t)number << 3 | WIRE_BYTES);
    cs_buffer_sized(out, data, size);
}

static void put_str(cs_buffer *out, size_t number, cs_str text)
{
    if (text.size > 0)
        put_bytes(out, number, text.data, text.size);
}

static uint64_t date_number(cs_date date)
{
    if (date.year == 0)
        return 0;
    return (uint64_t)((int64_t)date.year * 10000 + date.month * 100 + date.day);
}

static void put_field(const cs_event *event, size_t number, const field *f, cs_buffer *out)
{
    const void *at = (const char *)event + f->offset;
    switch ((field_kind)f->kind) {
    case KIND_U32:
        put_varint(out, number, *(const uint32_t *)at);
        break;
    case KIND_U64:
        put_varint(out, number, *(const uint64_t *)at);
        break;
    case KIND_I64:
        put_varint(out, number, (uint64_t) * (const int64_t *)at);
        break;
    case KIND_BOOL:
        put_varint(out, number, *(const bool *)at ? 1 : 0);
        break;
    case KIND_DATE:
        put_varint(out, number, date_number(*(const cs_date *)at));
        break;
    case KIND_STR:
        put_str(out, number, *(const cs_str *)at);
        break;
    case KIND_DATA:
        for (size_t i = 0; i < event->data_count; i++)
            put_bytes(out, number, event->data[i].data, event->data[i].size);
        break;
    case KIND_HASH:
    case KIND_SESSION: {
        const uint8_t *bytes = *(const uint8_t *const *)at;
        if (bytes != NULL)
            put_bytes(out, number, bytes, f->kind == KIND_HASH ? HASH_SIZE : SESSION_SIZE);
        break;
    }
    }
}

void cs_event_encode(const cs_event *event, cs_buffer *out)
{
    size_t start = out->size;
    if (event->data_count > CS_EVENT_MAX_DATA) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < CS_COUNT_OF(fields); i++)
        put_field(event, i + 1, &fields[i], out);
    /* The reader is the judge of what an event is: nothing leaves here that it would refuse. */
    cs_event check;
    if (!out->failed) {
        cs_span written = {out->data + start, out->size - start};
        if (cs_event_decode(written, &check, NULL) != CONSENT_OK)
            out->failed = true;
    }
}

/* ---- decoding ----------------------------------------------------------------------------- */

static consent_status refuse(consent_error *err, const char *what, const char *why)
{
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "the event's field %s was malformed (%s); the bytes are not an event's",
                   what, why);
}

static consent_status take_number(const field *f, void *at, uint64_t value, consent_error *err)
{
    if (value == 0)
        return refuse(err, f->name, "a zero is left out");
    switch ((field_kind)f->kind) {
    case KIND_U32:
        if (value > UINT32_MAX)
            return refuse(err, f->name, "too large");
        *(uint32_t *)at = (uint32_t)value;
        break;
    case KIND_I64:
        *(int64_t *)at = (int64_t)value;
        break;
    case KIND_BOOL:
        if (value != 1)
            return refuse(err, f->name, "neither true nor false");
        *(bool *)at = true;
        break;
    case KIND_DATE: {
        cs_date date = {0, (int32_t)(value / 100 % 100), (int32_t)(value % 100)};
        if (value > 99991231)
            return refuse(err, f->name, "no such day");
        date.year = (int32_t)(value / 10000);
        if (date.year == 0 || !cs_date_is_valid(date))
            return refuse(err, f->name, "no such day");
        *(cs_date *)at = date;
        break;
    }
    default:
        *(uint64_t *)at = value;
        break;
    }
    return CONSENT_OK;
}

static consent_status take_bytes(const field *f, cs_event *out, cs_span bytes, consent_error *err)
{
    void *at = (char *)out + f->offset;
    cs_str text = {(const char *)bytes.data, bytes.size};
    if (f->kind == KIND_HASH || f->kind == KIND_SESSION) {
        if (bytes.size != (f->kind == KIND_HASH ? HASH_SIZE : SESSION_SIZE))
            return refuse(err, f->name, "wrong length");
        *(const uint8_t **)at = bytes.data;
        return CONSENT_OK;
    }
    if (bytes.size == 0)
        return refuse(err, f->name, "empty text is left out");
    if (!cs_utf8_is_valid(text))
        return refuse(err, f->name, "not UTF-8");
    if (f->kind == KIND_STR) {
        *(cs_str *)at = text;
        return CONSENT_OK;
    }
    if (out->data_count == CS_EVENT_MAX_DATA)
        return refuse(err, f->name, "too many");
    out->data[out->data_count++] = text;
    return CONSENT_OK;
}

static consent_status take_field(const field *f, cs_event *out, uint64_t wire, cs_reader *in, consent_error *err)
{
    if (f->kind >= KIND_STR) {
        if (wire != WIRE_BYTES)
            return refuse(err, f->name, "wrong wire type");
        cs_span bytes = cs_read_sized(in, CS_EVENT_MAX_SIZE);
        return in->ok ? take_bytes(f, out, bytes, err) : refuse(err, f->name, "cut short");
    }
    if (wire != WIRE_VARINT)
        return refuse(err, f->name, "wrong wire type");
    uint64_t value = cs_read_varint(in);
    return in->ok ? take_number(f, (char *)out + f->offset, value, err) : refuse(err, f->name, "cut short");
}

/* A field that a newer version added: passed over, its bytes stay part of the event. */
static bool skip_field(cs_reader *in, uint64_t wire)
{
    switch (wire) {
    case WIRE_VARINT:
        (void)cs_read_varint(in);
        break;
    case WIRE_FIXED64:
        (void)cs_read_bytes(in, 8);
        break;
    case WIRE_BYTES:
        (void)cs_read_sized(in, CS_EVENT_MAX_SIZE);
        break;
    case WIRE_FIXED32:
        (void)cs_read_bytes(in, 4);
        break;
    default:
        return false;
    }
    return in->ok;
}

consent_status cs_event_decode(cs_span bytes, cs_event *out, consent_error *err)
{
    memset(out, 0, sizeof *out);
    if (bytes.size > CS_EVENT_MAX_SIZE)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the event was larger than %u bytes", CS_EVENT_MAX_SIZE);
    cs_reader in = cs_reader_of(bytes);
    uint64_t last = 0;
    while (in.ok && in.left > 0) {
        uint64_t tag = cs_read_varint(&in);
        uint64_t number = tag >> 3;
        if (!in.ok || number == 0 || number > MAX_FIELD_NUMBER)
            return refuse(err, "tag", "no field number");
        bool known = number <= CS_COUNT_OF(fields);
        bool repeats = !known || fields[number - 1].kind == KIND_DATA;
        if (number < last || (number == last && !repeats))
            return refuse(err, known ? fields[number - 1].name : "tag", "out of order");
        last = number;
        if (known) {
            consent_status status = take_field(&fields[number - 1], out, tag & 7, &in, err);
            if (status != CONSENT_OK)
                return status;
        } else if (!skip_field(&in, tag & 7)) {
            return refuse(err, "tag", "unknown field cut short");
        }
    }
    if (out->type == 0 || out->seq == 0)
        return refuse(err, out->type == 0 ? "type" : "seq", "missing");
    return CONSENT_OK;
}
