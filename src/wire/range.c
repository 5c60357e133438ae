/* Names, enrolments and ranges: what a device says. */
#include "wire/internal.h"

#include <consent/platform.h>

#include <string.h>

static const char account_label[] = "libconsent account 1";
static const char anonymous_label[] = "libconsent anonymous 1";
static const char enrol_label[] = "libconsent enrol 1";
static const char range_label[] = "libconsent range 1";
#define LABEL_SIZE(label) (sizeof(label) - 1)
#define BODY_MAX_BYTES (CS_RANGE_MAX_BYTES / 3u * 4u + 2048u)
#define ENROLMENT_MAX_BYTES 2048u

/* ---- names -------------------------------------------------------------------------------- */

static consent_status name_profile(cs_span label, cs_span content, uint8_t out[CS_PROFILE_ID_SIZE], consent_error *err)
{
    const cs_span parts[] = {label, content};
    uint8_t hash[CS_HASH_SIZE];
    consent_status status = cs_sha256(parts, 2, hash, err);
    if (status == CONSENT_OK)
        memcpy(out, hash, CS_PROFILE_ID_SIZE);
    return status;
}

consent_status cs_wire_account_id(cs_str account, uint8_t out[CS_PROFILE_ID_SIZE], consent_error *err)
{
    return name_profile((cs_span){(const uint8_t *)account_label, LABEL_SIZE(account_label)},
                        (cs_span){(const uint8_t *)account.data, account.size}, out, err);
}

consent_status cs_wire_anonymous_id(const uint8_t stream[CS_STREAM_ID_SIZE], uint8_t out[CS_PROFILE_ID_SIZE],
                                    consent_error *err)
{
    return name_profile((cs_span){(const uint8_t *)anonymous_label, LABEL_SIZE(anonymous_label)},
                        (cs_span){stream, CS_STREAM_ID_SIZE}, out, err);
}

/* ---- what is signed ------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *at, const void *data, size_t size)
{
    memcpy(at, data, size);
    return at + size;
}

static uint8_t *put_u64_big_endian(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    return at + 8;
}

void cs_enrolment_signed(const cs_enrolment *enrolment, uint8_t out[CS_ENROL_SIGNED_SIZE])
{
    uint8_t *at = put(out, enrol_label, LABEL_SIZE(enrol_label));
    at = put(at, enrolment->profile, CS_PROFILE_ID_SIZE);
    at = put(at, enrolment->stream, CS_STREAM_ID_SIZE);
    (void)put(at, enrolment->key, CS_P256_PUBLIC_SIZE);
}

void cs_range_signed(const cs_range *range, uint8_t out[CS_RANGE_SIGNED_SIZE])
{
    uint8_t *at = put(out, range_label, LABEL_SIZE(range_label));
    at = put(at, range->profile, CS_PROFILE_ID_SIZE);
    at = put(at, range->stream, CS_STREAM_ID_SIZE);
    at = put_u64_big_endian(at, range->first);
    at = put_u64_big_endian(at, range->last);
    (void)put(at, range->head, CS_HASH_SIZE);
}

/* ---- enrolments ----------------------------------------------------------------------------- */

void cs_enrolment_write(const cs_enrolment *enrolment, cs_buffer *out)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_wire_put_hex(&json, "stream", enrolment->stream, CS_STREAM_ID_SIZE);
    cs_wire_put_b64(&json, "key", (cs_span){enrolment->key, CS_P256_PUBLIC_SIZE});
    cs_json_member_int(&json, "protection", enrolment->protection);
    cs_json_member_bool(&json, "joined", enrolment->joined);
    cs_wire_put_b64(&json, "signature", (cs_span){enrolment->signature, CS_SIGNATURE_SIZE});
    cs_json_close_object(&json);
}

consent_status cs_enrolment_read(cs_str json, cs_enrolment *out, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_status status = cs_json_parse(&doc, json, ENROLMENT_MAX_BYTES, "the enrolment", err);
    if (status != CONSENT_OK)
        return status;
    memset(out, 0, sizeof *out);
    cs_json_in_init(&in, "the enrolment", err);
    cs_wire_take_hex(&in, doc.root, "stream", out->stream, CS_STREAM_ID_SIZE);
    (void)cs_wire_take_b64(&in, doc.root, "key", out->key, CS_P256_PUBLIC_SIZE, false);
    out->protection = (uint32_t)cs_json_in_int(&in, doc.root, "protection", true, CONSENT_PROTECTION_FILE,
                                               CONSENT_PROTECTION_HARDWARE);
    out->joined = cs_json_in_bool(&in, doc.root, "joined");
    (void)cs_wire_take_b64(&in, doc.root, "signature", out->signature, CS_SIGNATURE_SIZE, false);
    if (in.status == CONSENT_OK && out->key[0] != 0x04)
        (void)cs_json_complain(&in, "`key` is not an uncompressed P-256 point");
    cs_json_free(&doc);
    return in.status;
}

/* ---- ranges --------------------------------------------------------------------------------- */

consent_status cs_range_write(const cs_memory *memory, const cs_range *range, cs_buffer *out, consent_error *err)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_wire_put_hex(&json, "stream", range->stream, CS_STREAM_ID_SIZE);
    cs_json_member_int(&json, "first", (int64_t)range->first);
    cs_json_member_int(&json, "last", (int64_t)range->last);
    cs_wire_put_hex(&json, "head", range->head, CS_HASH_SIZE);
    cs_wire_put_b64(&json, "signature", (cs_span){range->signature, CS_SIGNATURE_SIZE});
    consent_status status = cs_wire_put_events(memory, &json, range->events, err);
    cs_json_close_object(&json);
    return status == CONSENT_OK ? cs_buffer_status(out, "a range", err) : status;
}

static consent_status read_range(const cs_memory *memory, cs_json_in *in, const cs_json *root, cs_range *out,
                                 cs_buffer *events)
{
    cs_wire_take_hex(in, root, "stream", out->stream, CS_STREAM_ID_SIZE);
    out->first = (uint64_t)cs_wire_take_number(in, root, "first", 1);
    out->last = (uint64_t)cs_wire_take_number(in, root, "last", 1);
    cs_wire_take_hex(in, root, "head", out->head, CS_HASH_SIZE);
    (void)cs_wire_take_b64(in, root, "signature", out->signature, CS_SIGNATURE_SIZE, false);
    cs_str compression = cs_json_in_str(in, root, "compression", true);
    cs_str packed = cs_json_in_str(in, root, "events", true);
    if (in->status == CONSENT_OK && (out->last < out->first || out->last - out->first >= CS_RANGE_MAX_EVENTS))
        (void)cs_json_complain(in, "`last` is not at most %u behind `first`", CS_RANGE_MAX_EVENTS - 1);
    if (in->status != CONSENT_OK)
        return in->status;
    consent_status status = cs_wire_unpack(memory, compression, packed, events, in->err);
    out->events = cs_buffer_span(events);
    if (status == CONSENT_OK && !cs_wire_events_are(out->events, out->last - out->first + 1))
        (void)cs_json_complain(in, "`events` does not hold the %u events of the range, each with its length",
                               (unsigned)(out->last - out->first) + 1);
    return status == CONSENT_OK ? in->status : status;
}

consent_status cs_range_read(const cs_memory *memory, cs_str json, cs_range *out, cs_buffer *events, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_status status = cs_json_parse(&doc, json, BODY_MAX_BYTES, "the range", err);
    if (status != CONSENT_OK)
        return status;
    memset(out, 0, sizeof *out);
    cs_buffer_clear(events);
    cs_json_in_init(&in, "the range", err);
    status = read_range(memory, &in, doc.root, out, events);
    cs_json_free(&doc);
    return status;
}

consent_status cs_range_follow(const cs_range *range, const uint8_t before[CS_HASH_SIZE], uint8_t head[CS_HASH_SIZE],
                               consent_error *err)
{
    cs_reader in = cs_reader_of(range->events);
    uint8_t chain[CS_HASH_SIZE];
    memcpy(chain, before, CS_HASH_SIZE);
    for (uint64_t seq = range->first; seq <= range->last; seq++) {
        cs_event event;
        cs_span bytes = cs_wire_next_event(&in);
        consent_error why;
        consent_status status = cs_event_decode(bytes, &event, &why);
        if (status != CONSENT_OK || event.seq != seq)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "event %llu of the range was none: %s", (unsigned long long)seq,
                           status != CONSENT_OK ? why.message : "it carries another number");
        status = cs_wire_chain(chain, bytes, chain, err);
        if (status != CONSENT_OK)
            return status;
    }
    if (!in.ok || in.left > 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the range held other events than those numbered %llu to %llu",
                       (unsigned long long)range->first, (unsigned long long)range->last);
    memcpy(head, chain, CS_HASH_SIZE);
    return CONSENT_OK;
}
