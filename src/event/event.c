/* Exact bytes of events. One table drives both directions, so that what is written and what is
 * accepted cannot drift apart. The field numbers are frozen: add at the end, never renumber. */
#include "event/event.h"

#include <string.h>

#define NUMBER CS_MEMBER_VARINT
#define BOOL CS_MEMBER_BOOL
#define DATE CS_EVENT_DATE
#define STR CS_EVENT_STR
#define DATA CS_EVENT_DATA
#define HASH CS_EVENT_HASH
#define SESSION CS_EVENT_SESSION

/* fields[n] has number n + 1. */
static const cs_member fields[] = {
    CS_MEMBER(NUMBER, cs_event, type),
    CS_MEMBER(NUMBER, cs_event, seq),
    CS_MEMBER(NUMBER, cs_event, time_ms),
    CS_MEMBER(NUMBER, cs_event, elapsed_ms),
    CS_MEMBER(SESSION, cs_event, session_id),
    CS_MEMBER(NUMBER, cs_event, actor),
    CS_MEMBER(NUMBER, cs_event, subject),
    CS_MEMBER(STR, cs_event, policy.id),
    CS_MEMBER(NUMBER, cs_event, policy.version),
    CS_MEMBER(NUMBER, cs_event, policy.revision),
    CS_MEMBER(HASH, cs_event, policy.hash),
    CS_MEMBER(STR, cs_event, overlay.id),
    CS_MEMBER(NUMBER, cs_event, overlay.version),
    CS_MEMBER(NUMBER, cs_event, overlay.revision),
    CS_MEMBER(HASH, cs_event, overlay.hash),
    CS_MEMBER(STR, cs_event, purpose),
    CS_MEMBER(STR, cs_event, recipient),
    CS_MEMBER(DATA, cs_event, data),
    CS_MEMBER(STR, cs_event, permission),
    CS_MEMBER(STR, cs_event, call_site),
    CS_MEMBER(NUMBER, cs_event, os_state),
    CS_MEMBER(NUMBER, cs_event, method),
    CS_MEMBER(STR, cs_event, control),
    CS_MEMBER(STR, cs_event, surface),
    CS_MEMBER(STR, cs_event, locale),
    CS_MEMBER(HASH, cs_event, notice_hash),
    CS_MEMBER(NUMBER, cs_event, emphasis_count),
    CS_MEMBER(BOOL, cs_event, tick_initially_off),
    CS_MEMBER(NUMBER, cs_event, ticked_at_ms),
    CS_MEMBER(BOOL, cs_event, reached_end),
    CS_MEMBER(BOOL, cs_event, user_initiated),
    CS_MEMBER(NUMBER, cs_event, seen),
    CS_MEMBER(BOOL, cs_event, once),
    CS_MEMBER(DATE, cs_event, birth),
    CS_MEMBER(NUMBER, cs_event, age_band),
    CS_MEMBER(STR, cs_event, reference),
    CS_MEMBER(STR, cs_event, rules_id),
    CS_MEMBER(NUMBER, cs_event, rules_version),
    CS_MEMBER(NUMBER, cs_event, count),
    CS_MEMBER(STR, cs_event, detail),
};
static const char names[] =
    "type\0seq\0time\0elapsed_ms\0session\0actor\0subject\0policy.id\0policy.version\0policy.revision\0"
    "policy.hash\0overlay.id\0overlay.version\0overlay.revision\0overlay.hash\0purpose\0recipient\0data\0"
    "permission\0call_site\0os_state\0method\0control\0surface\0locale\0notice\0emphasis_rendered\0"
    "tick_initially_off\0ticked_at\0reached_end\0user_initiated\0seen\0once\0birth\0age_band\0reference\0rules\0"
    "rules_version\0count\0detail\0";

const cs_member *cs_event_field(uint64_t number, const char **name)
{
    if (number == 0 || number > CS_COUNT_OF(fields))
        return NULL;
    *name = cs_nth_text(names, (size_t)number - 1);
    return &fields[number - 1];
}

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

static void put_bytes(cs_buffer *out, size_t number, const void *data, size_t size)
{
    cs_buffer_varint(out, (uint64_t)number << 3 | WIRE_BYTES);
    cs_buffer_sized(out, data, size);
}

static uint64_t date_number(const cs_date *date)
{
    return date->year == 0 ? 0 : (uint64_t)((int64_t)date->year * 10000 + date->month * 100 + date->day);
}

static void put_field(const cs_event *event, size_t number, const cs_member *f, cs_buffer *out)
{
    const void *at = (const char *)event + f->offset;
    const cs_str *text = at;
    if (f->kind < STR) {
        uint64_t value = f->kind == DATE ? date_number(at) : cs_member_number(f, event);
        if (value == 0)
            return;
        cs_buffer_varint(out, (uint64_t)number << 3 | WIRE_VARINT);
        cs_buffer_varint(out, value);
    } else if (f->kind == DATA) {
        for (size_t i = 0; i < event->data_count; i++)
            put_bytes(out, number, text[i].data, text[i].size);
    } else if (f->kind == STR) {
        if (text->size > 0)
            put_bytes(out, number, text->data, text->size);
    } else {
        const uint8_t *bytes = *(const uint8_t *const *)at;
        if (bytes != NULL)
            put_bytes(out, number, bytes, f->kind == HASH ? HASH_SIZE : SESSION_SIZE);
    }
}

void cs_event_write(const cs_event *event, cs_buffer *out)
{
    if (event->data_count > CS_EVENT_MAX_DATA) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < CS_COUNT_OF(fields); i++)
        put_field(event, i + 1, &fields[i], out);
}

void cs_event_encode(const cs_event *event, cs_buffer *out)
{
    size_t start = out->size;
    cs_event_write(event, out);
    /* The reader is the judge of what an event is: nothing leaves here that it would refuse. */
    cs_event check;
    if (!out->failed) {
        cs_span written = {out->data + start, out->size - start};
        if (cs_event_decode(written, &check, NULL) != CONSENT_OK)
            out->failed = true;
    }
}

void cs_event_copy(cs_event *to, const cs_event *from)
{
    size_t count = from->data_count < CS_EVENT_MAX_DATA ? from->data_count : CS_EVENT_MAX_DATA;
    memcpy(to, from, offsetof(cs_event, data) + count * sizeof *from->data);
}

/* ---- decoding ----------------------------------------------------------------------------- */

static consent_status refuse(consent_error *err, const char *what, const char *why)
{
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "the event's field %s was malformed (%s); the bytes are not an event's",
                   what, why);
}

/* Each take_… says why not; NULL: taken. */
static const char *take_date(uint64_t value, cs_date *out)
{
    cs_date date = {(int32_t)(value / 10000 % 10000), (int32_t)(value / 100 % 100), (int32_t)(value % 100)};
    if (value > 99991231 || date.year == 0 || !cs_date_is_valid(date))
        return "no such day";
    *out = date;
    return NULL;
}

static const char *take_number(const cs_member *f, cs_event *out, uint64_t value)
{
    if (value == 0)
        return "a zero is left out";
    if (f->kind == DATE)
        return take_date(value, (cs_date *)(void *)((char *)out + f->offset));
    if (f->kind == BOOL && value != 1)
        return "neither true nor false";
    if (f->size == 4 && value > UINT32_MAX)
        return "too large";
    cs_member_set(f, out, value);
    return NULL;
}

static const char *take_bytes(const cs_member *f, cs_event *out, cs_span bytes)
{
    void *at = (char *)out + f->offset;
    cs_str text = {(const char *)bytes.data, bytes.size};
    if (f->kind >= HASH) {
        if (bytes.size != (f->kind == HASH ? HASH_SIZE : SESSION_SIZE))
            return "wrong length";
        *(const uint8_t **)at = bytes.data;
        return NULL;
    }
    if (bytes.size == 0)
        return "empty text is left out";
    if (!cs_utf8_is_valid(text))
        return "not UTF-8";
    if (f->kind == DATA && out->data_count == CS_EVENT_MAX_DATA)
        return "too many";
    ((cs_str *)at)[f->kind == DATA ? out->data_count++ : 0] = text;
    return NULL;
}

static const char *take_field(const cs_member *f, cs_event *out, uint64_t wire, cs_reader *in)
{
    uint64_t value = 0;
    cs_span bytes = {NULL, 0};
    if (wire != (f->kind >= STR ? WIRE_BYTES : WIRE_VARINT))
        return "wrong wire type";
    if (f->kind >= STR)
        bytes = cs_read_sized(in, CS_EVENT_MAX_SIZE);
    else
        value = cs_read_varint(in);
    if (!in->ok)
        return "cut short";
    return f->kind >= STR ? take_bytes(f, out, bytes) : take_number(f, out, value);
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
    memset(out, 0, offsetof(cs_event, data));
    if (bytes.size > CS_EVENT_MAX_SIZE)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the event was larger than %u bytes", CS_EVENT_MAX_SIZE);
    cs_reader in = cs_reader_of(bytes);
    uint64_t last = 0;
    while (in.ok && in.left > 0) {
        uint64_t tag = cs_read_varint(&in);
        uint64_t number = tag >> 3;
        if (!in.ok || number == 0 || number > MAX_FIELD_NUMBER)
            return refuse(err, "tag", "no field number");
        const cs_member *f = number <= CS_COUNT_OF(fields) ? &fields[number - 1] : NULL;
        const char *why = NULL;
        if (number < last || (number == last && f && f->kind != DATA))
            why = "out of order";
        else if (f)
            why = take_field(f, out, tag & 7, &in);
        else if (!skip_field(&in, tag & 7))
            why = "unknown field cut short";
        if (why)
            return refuse(err, f ? cs_nth_text(names, number - 1) : "tag", why);
        last = number;
    }
    if (out->type == 0 || out->seq == 0)
        return refuse(err, out->type == 0 ? "type" : "seq", "missing");
    return CONSENT_OK;
}
