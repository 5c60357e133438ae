/* Bytes in JSON. */
#include "wire/internal.h"

#define MAX_FIELD_BYTES 80u

void cs_wire_take_hex(cs_json_in *in, const cs_json *object, const char *name, uint8_t *out, size_t size)
{
    cs_str text = cs_json_in_str(in, object, name, true);
    if (in->status == CONSENT_OK && !cs_hex_decode(text, out, size))
        (void)cs_json_complain(in, "`%s` is not %zu bytes in lower-case hex", name, size);
}

bool cs_wire_take_b64(cs_json_in *in, const cs_json *object, const char *name, uint8_t *out, size_t size, bool optional)
{
    static const cs_memory none = {0}; /* the field is as large as it may become */
    cs_buffer field = {.memory = &none, .data = out, .capacity = size, .max_size = size};
    cs_str text = cs_json_in_str(in, object, name, true);
    if (in->status != CONSENT_OK || (optional && text.size == 0))
        return false;
    if (!cs_base64url_decode(&field, text) || field.size != size)
        return cs_json_complain(in, "`%s` is not %zu bytes in base64url", name, size);
    return true;
}

int64_t cs_wire_take_number(cs_json_in *in, const cs_json *object, const char *name, int64_t min)
{
    return cs_json_in_int(in, object, name, true, min, INT64_C(9007199254740991));
}

void cs_wire_put_hex(cs_json_out *out, const char *name, const uint8_t *data, size_t size)
{
    char text[2 * MAX_FIELD_BYTES + 1];
    cs_hex_encode(data, size, text);
    cs_json_member_text(out, name, text);
}

void cs_wire_put_b64(cs_json_out *out, const char *name, cs_span data)
{
    /* base64url needs no escaping: it goes into the text as it is made. */
    cs_json_put_name(out, name);
    cs_json_put_str(out, (cs_str){0});
    if (out->buffer->failed || data.size == 0)
        return;
    out->buffer->size--;
    cs_base64url_encode(out->buffer, data);
    cs_buffer_u8(out->buffer, '"');
}

consent_status cs_wire_put_events(const cs_memory *memory, cs_json_out *out, cs_span events, consent_error *err)
{
    cs_buffer packed;
    cs_buffer_init(&packed, memory, CS_RANGE_MAX_BYTES);
    bool smaller = cs_deflate(memory, events, &packed);
    cs_json_member_text(out, "compression", smaller ? "deflate" : "none");
    cs_wire_put_b64(out, "events", smaller ? cs_buffer_span(&packed) : events);
    cs_buffer_free(&packed);
    return cs_buffer_status(out->buffer, "a range", err);
}

consent_status cs_wire_unpack(const cs_memory *memory, cs_str compression, cs_str text, cs_buffer *events,
                              consent_error *err)
{
    cs_buffer packed;
    bool deflated = cs_str_is(compression, "deflate");
    if (!deflated && !cs_str_is(compression, "none"))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "`compression` is neither \"none\" nor \"deflate\"");
    cs_buffer_init(&packed, memory, CS_RANGE_MAX_BYTES);
    consent_status status = CONSENT_OK;
    if (!cs_base64url_decode(&packed, text))
        status =
            cs_fail(err, CONSENT_E_ARGUMENT, 0, "`events` is not base64url of at most %u bytes", CS_RANGE_MAX_BYTES);
    else if (deflated)
        status = cs_inflate(memory, cs_buffer_span(&packed), events, err);
    else
        cs_buffer_append(events, packed.data, packed.size);
    cs_buffer_free(&packed);
    return status == CONSENT_OK ? cs_buffer_status(events, "a range", err) : status;
}

cs_span cs_wire_next_event(cs_reader *events)
{
    if (events->left == 0)
        return (cs_span){0};
    return cs_read_sized(events, CS_EVENT_MAX_SIZE);
}

bool cs_wire_events_are(cs_span events, uint64_t count)
{
    cs_reader in = cs_reader_of(events);
    uint64_t met = 0;
    while (in.left > 0 && met <= count) {
        if (cs_wire_next_event(&in).size == 0)
            return false;
        met++;
    }
    return in.ok && met == count;
}
