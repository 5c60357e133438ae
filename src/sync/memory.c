/* What is remembered between runs. */
#include "sync/internal.h"

#include <string.h>

#define FORMAT 2u
#define MAX_BYTES 8192u

static void encode(const cs_sync_memory *kept, cs_buffer *out)
{
    cs_buffer_u8(out, FORMAT);
    cs_buffer_sized(out, kept->token, strlen(kept->token));
    cs_buffer_varint(out, kept->enrolled_count);
    cs_buffer_append(out, kept->enrolled, kept->enrolled_count * sizeof kept->enrolled[0]);
    cs_buffer_varint(out, kept->wanted_count);
    cs_buffer_append(out, kept->wanted, kept->wanted_count * sizeof kept->wanted[0]);
    cs_buffer_varint(out, kept->notice_count);
    cs_buffer_append(out, kept->notices, kept->notice_count * sizeof kept->notices[0]);
    cs_buffer_u64(out, kept->mark.offset);
    cs_buffer_u32(out, kept->mark.frame_count);
    cs_buffer_append(out, kept->mark.previous, sizeof kept->mark.previous);
    cs_buffer_append(out, kept->mark.stream, sizeof kept->mark.stream);
    cs_buffer_u64(out, kept->mark.next_seq);
    cs_buffer_u32(out, kept->failures);
    cs_buffer_u64(out, (uint64_t)kept->wait_until_ms);
    cs_buffer_u64(out, (uint64_t)kept->done_ms);
    cs_buffer_u32(out, kept->last_status);
    cs_buffer_u32(out, kept->ignored);
}

static void read_bytes(cs_reader *in, void *out, size_t size)
{
    const uint8_t *bytes = cs_read_bytes(in, size);
    if (bytes && size)
        memcpy(out, bytes, size);
}

static size_t read_count(cs_reader *in, size_t max)
{
    uint64_t count = cs_read_varint(in);
    in->ok = in->ok && count <= max;
    return in->ok ? (size_t)count : 0;
}

static bool decode(cs_span bytes, cs_sync_memory *out)
{
    cs_reader in = cs_reader_of(bytes);
    memset(out, 0, sizeof *out);
    bool known = cs_read_u8(&in) == FORMAT;
    cs_str token = cs_read_str(&in, sizeof out->token - 1);
    if (token.size)
        memcpy(out->token, token.data, token.size);
    out->enrolled_count = read_count(&in, CS_EXCHANGE_MAX_LANES);
    read_bytes(&in, out->enrolled, out->enrolled_count * sizeof out->enrolled[0]);
    out->wanted_count = read_count(&in, CS_SYNC_MAX_WANTED);
    read_bytes(&in, out->wanted, out->wanted_count * sizeof out->wanted[0]);
    out->notice_count = read_count(&in, CS_SYNC_MAX_WANTED);
    read_bytes(&in, out->notices, out->notice_count * sizeof out->notices[0]);
    out->mark.offset = cs_read_u64(&in);
    out->mark.frame_count = cs_read_u32(&in);
    read_bytes(&in, out->mark.previous, sizeof out->mark.previous);
    read_bytes(&in, out->mark.stream, sizeof out->mark.stream);
    out->mark.next_seq = cs_read_u64(&in);
    out->failures = cs_read_u32(&in);
    out->wait_until_ms = (int64_t)cs_read_u64(&in);
    out->done_ms = (int64_t)cs_read_u64(&in);
    out->last_status = cs_read_u32(&in);
    out->ignored = cs_read_u32(&in);
    return known && in.ok && in.left == 0;
}

consent_status cs_sync_recall(cs_profile *profile, const cs_memory *memory, cs_sync_memory *out, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, memory, MAX_BYTES);
    consent_status status = cs_exchange_load(profile, &bytes, err);
    /* Damaged or of another version: as good as none. */
    if (status == CONSENT_OK
            ? !decode(cs_buffer_span(&bytes), out)
            : status == CONSENT_E_NOT_FOUND || status == CONSENT_E_TAMPERED || status == CONSENT_E_CORRUPT) {
        memset(out, 0, sizeof *out);
        status = CONSENT_OK;
    }
    cs_buffer_free(&bytes);
    return status;
}

consent_status cs_sync_remember(cs_sync *sync, consent_error *err)
{
    cs_buffer bytes;
    if (!sync->kept_changed)
        return CONSENT_OK;
    cs_buffer_init(&bytes, sync->memory, MAX_BYTES);
    encode(&sync->kept, &bytes);
    consent_status status = cs_buffer_status(&bytes, "what a sync remembers", err);
    if (status == CONSENT_OK)
        status = cs_exchange_store(sync->profile, cs_buffer_span(&bytes), err);
    cs_buffer_free(&bytes);
    sync->kept_changed = status != CONSENT_OK;
    return status;
}

static size_t find_enrolled(const cs_sync_memory *kept, const uint8_t *stream)
{
    size_t i = 0;
    while (i < kept->enrolled_count && memcmp(kept->enrolled[i], stream, CS_STREAM_ID_SIZE) != 0)
        i++;
    return i;
}

bool cs_sync_is_enrolled(const cs_sync *sync, const uint8_t *stream)
{
    return find_enrolled(&sync->kept, stream) < sync->kept.enrolled_count;
}

void cs_sync_set_enrolled(cs_sync *sync, const uint8_t *stream, bool enrolled)
{
    cs_sync_memory *kept = &sync->kept;
    size_t i = find_enrolled(kept, stream);
    sync->kept_changed = true;
    if (i < kept->enrolled_count && !enrolled) {
        kept->enrolled_count--;
        memmove(kept->enrolled[i], kept->enrolled[kept->enrolled_count], CS_STREAM_ID_SIZE);
    } else if (i == kept->enrolled_count && enrolled) {
        i = kept->enrolled_count < CS_EXCHANGE_MAX_LANES ? kept->enrolled_count++ : 0;
        memcpy(kept->enrolled[i], stream, CS_STREAM_ID_SIZE);
    }
}

static void want(cs_sync *sync, uint8_t (*list)[CS_HASH_SIZE], size_t *count, const uint8_t hash[CS_HASH_SIZE])
{
    for (size_t i = 0; i < *count; i++)
        if (memcmp(list[i], hash, CS_HASH_SIZE) == 0)
            return;
    if (*count == CS_SYNC_MAX_WANTED)
        return;
    memcpy(list[(*count)++], hash, CS_HASH_SIZE);
    sync->kept_changed = true;
}

void cs_sync_want(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE])
{
    if (!cs_exchange_holds(sync->profile, hash))
        want(sync, sync->kept.wanted, &sync->kept.wanted_count, hash);
}

void cs_sync_want_notice(cs_sync *sync, const uint8_t hash[CS_HASH_SIZE])
{
    want(sync, sync->kept.notices, &sync->kept.notice_count, hash);
}
