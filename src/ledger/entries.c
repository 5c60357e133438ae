/* What a frame carries, and the checkpoint file: plain bytes in, plain bytes out. */
#include "ledger/frame.h"

#include <string.h>

/* ---- entries ------------------------------------------------------------------------------- */

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

static size_t events_size(const cs_span *events, size_t count)
{
    size_t size = varint_size(count);
    for (size_t i = 0; i < count; i++)
        size += varint_size(events[i].size) + events[i].size;
    return size;
}

static void put_events(cs_buffer *out, const cs_span *events, size_t count)
{
    cs_buffer_varint(out, count);
    for (size_t i = 0; i < count; i++)
        cs_buffer_sized(out, events[i].data, events[i].size);
}

void cs_frame_put_acts(cs_buffer *out, uint64_t first_seq, const cs_span *events, size_t count)
{
    cs_buffer_u8(out, CS_ENTRY_ACTS);
    cs_buffer_varint(out, varint_size(first_seq) + events_size(events, count));
    cs_buffer_varint(out, first_seq);
    put_events(out, events, count);
}

void cs_frame_put_remote(cs_buffer *out, const uint8_t stream[16], cs_span evidence, const cs_span *events,
                         size_t count)
{
    cs_buffer_u8(out, CS_ENTRY_REMOTE);
    cs_buffer_varint(out, 16 + varint_size(evidence.size) + evidence.size + events_size(events, count));
    cs_buffer_append(out, stream, 16);
    cs_buffer_sized(out, evidence.data, evidence.size);
    put_events(out, events, count);
}

void cs_frame_stream_entry(const uint8_t stream[16], uint8_t out[CS_STREAM_ENTRY_SIZE])
{
    out[0] = CS_ENTRY_STREAM;
    out[1] = 16;
    memcpy(out + 2, stream, 16);
}

/* Leaves entry->events at the first event, having seen that all of them are there and nothing else is. */
static bool take_events(cs_reader *body, cs_entry *entry)
{
    entry->count = cs_read_varint(body);
    entry->events = *body;
    for (uint64_t i = 0; i < entry->count && body->ok; i++)
        if (cs_read_sized(body, CS_ENTRIES_MAX_SIZE).size == 0)
            return false;
    return body->ok && body->left == 0;
}

consent_status cs_frame_next_entry(cs_reader *in, cs_entry *entry, bool *more, consent_error *err)
{
    memset(entry, 0, sizeof *entry);
    *more = in->left > 0;
    if (!*more)
        return CONSENT_OK;
    entry->kind = cs_read_u8(in);
    cs_reader body = cs_reader_of(cs_read_sized(in, CS_ENTRIES_MAX_SIZE));
    bool whole = in->ok;
    switch (entry->kind) {
    case CS_ENTRY_ACTS:
        entry->first_seq = cs_read_varint(&body);
        whole = whole && body.ok && entry->first_seq > 0 && take_events(&body, entry);
        break;
    case CS_ENTRY_REMOTE:
        entry->stream = cs_read_bytes(&body, 16);
        entry->evidence = cs_read_sized(&body, CS_ENTRIES_MAX_SIZE);
        whole = whole && body.ok && take_events(&body, entry);
        break;
    case CS_ENTRY_STREAM:
        entry->stream = cs_read_bytes(&body, 16);
        whole = whole && body.ok && body.left == 0;
        break;
    default:
        if (whole && entry->kind < CS_ENTRY_OPTIONAL)
            return cs_fail(err, CONSENT_E_UNSUPPORTED, 0,
                           "the ledger holds an entry of kind %u from a newer version; update the app",
                           (unsigned)entry->kind);
        break;
    }
    return whole ? CONSENT_OK : cs_fail(err, CONSENT_E_CORRUPT, 0, "an entry of the ledger was malformed");
}

cs_span cs_frame_next_event(cs_entry *entry)
{
    return cs_read_sized(&entry->events, CS_ENTRIES_MAX_SIZE);
}

/* ---- checkpoint ----------------------------------------------------------------------------- */

enum {
    CHECKPOINT_START_SIZE = 16, /* magic 8, u32 size, u32 crc32c of the 12 before */
    CHECKPOINT_SEALED_AT = 40,
    CHECKPOINT_OVERHEAD = CHECKPOINT_SEALED_AT + CS_TAG_SIZE,
    CHECKPOINT_FIXED_SIZE = 8 + 8 + 32 + 4 + 16 + 8 + 32 + 8 + 4,
    CHECKPOINT_AAD_SIZE = 16 + 32 + CHECKPOINT_START_SIZE
};

static const uint8_t checkpoint_magic[8] = {'C', 'S', 'C', 'H', 'E', 'C', 'K', '1'};
static const char checkpoint_label[] = "libconsent-check"; /* 16 bytes */

size_t cs_checkpoint_size_for(size_t state_size)
{
    size_t size = CS_CHECKPOINT_MIN_SIZE;
    if (state_size > CS_CHECKPOINT_MAX_SIZE - CHECKPOINT_OVERHEAD - CHECKPOINT_FIXED_SIZE)
        return 0;
    while (size < state_size + CHECKPOINT_OVERHEAD + CHECKPOINT_FIXED_SIZE)
        size *= 2;
    return size;
}

static void checkpoint_aad(const uint8_t header_hash[CS_HASH_SIZE], const uint8_t *start,
                           uint8_t aad[CHECKPOINT_AAD_SIZE])
{
    memcpy(aad, checkpoint_label, 16);
    memcpy(aad + 16, header_hash, 32);
    memcpy(aad + 48, start, CHECKPOINT_START_SIZE);
}

static void write_checkpoint(const cs_checkpoint *checkpoint, uint8_t *out)
{
    const cs_position *at = &checkpoint->at;
    cs_store_u64(out, at->offset);
    cs_store_u64(out + 8, at->last_offset);
    memcpy(out + 16, at->previous, 32);
    cs_store_u32(out + 48, at->frame_count);
    memcpy(out + 52, at->stream, 16);
    cs_store_u64(out + 68, at->next_seq);
    memcpy(out + 76, at->head, 32);
    cs_store_u64(out + 108, at->event_count);
    cs_store_u32(out + 116, (uint32_t)checkpoint->state.size);
    if (checkpoint->state.size > 0)
        memcpy(out + CHECKPOINT_FIXED_SIZE, checkpoint->state.data, checkpoint->state.size);
}

static bool read_checkpoint(const uint8_t *in, size_t size, cs_checkpoint *out)
{
    cs_position *at = &out->at;
    at->offset = cs_load_u64(in);
    at->last_offset = cs_load_u64(in + 8);
    memcpy(at->previous, in + 16, 32);
    at->frame_count = cs_load_u32(in + 48);
    memcpy(at->stream, in + 52, 16);
    at->next_seq = cs_load_u64(in + 68);
    memcpy(at->head, in + 76, 32);
    at->event_count = cs_load_u64(in + 108);
    out->state = (cs_span){in + CHECKPOINT_FIXED_SIZE, cs_load_u32(in + 116)};
    return out->state.size <= size - CHECKPOINT_FIXED_SIZE;
}

consent_status cs_checkpoint_seal(const cs_frame_keys *keys, const uint8_t header_hash[CS_HASH_SIZE],
                                  const cs_checkpoint *checkpoint, const uint8_t random32[32], size_t size,
                                  uint8_t *plain, uint8_t *out, consent_error *err)
{
    uint8_t aad[CHECKPOINT_AAD_SIZE];
    const cs_span aad_span = {aad, sizeof aad};
    const cs_span padded = {plain, size - CHECKPOINT_OVERHEAD};
    if (size != cs_checkpoint_size_for(checkpoint->state.size))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a state of %zu bytes was too large for a checkpoint",
                       checkpoint->state.size);
    memset(plain, 0, padded.size);
    write_checkpoint(checkpoint, plain);
    memcpy(out, checkpoint_magic, sizeof checkpoint_magic);
    cs_store_u32(out + 8, (uint32_t)size);
    cs_store_u32(out + 12, cs_crc32c(out, 12));
    checkpoint_aad(header_hash, out, aad);
    cs_seal_ahead ahead;
    consent_status status = cs_seal_prepare(keys->checkpoint, keys->nonce, random32, aad_span, &ahead, err);
    if (status == CONSENT_OK)
        status = cs_seal_hedged(&ahead, aad_span, padded, padded, out + CHECKPOINT_START_SIZE,
                                out + CHECKPOINT_SEALED_AT, err);
    cs_wipe(plain, padded.size);
    return status;
}

consent_status cs_checkpoint_open(const cs_frame_keys *keys, const uint8_t header_hash[CS_HASH_SIZE], cs_span bytes,
                                  uint8_t *plain, cs_checkpoint *out, consent_error *err)
{
    uint8_t aad[CHECKPOINT_AAD_SIZE];
    const uint8_t *in = bytes.data;
    if (bytes.size < CS_CHECKPOINT_MIN_SIZE || memcmp(in, checkpoint_magic, sizeof checkpoint_magic) != 0 ||
        cs_load_u32(in + 12) != cs_crc32c(in, 12) || cs_load_u32(in + 8) != bytes.size)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the checkpoint was damaged");
    checkpoint_aad(header_hash, in, aad);
    const cs_span sealed = {in + CHECKPOINT_SEALED_AT, bytes.size - CHECKPOINT_SEALED_AT};
    consent_status status =
        cs_xaes_open(keys->checkpoint, in + CHECKPOINT_START_SIZE, (cs_span){aad, sizeof aad}, sealed, plain, err);
    if (status == CONSENT_E_TAMPERED ||
        (status == CONSENT_OK && !read_checkpoint(plain, sealed.size - CS_TAG_SIZE, out)))
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the checkpoint was not this ledger's");
    return status;
}
