/* The bytes of a ledger file: its header and its frames. frame.h draws them. */
#include "ledger/frame.h"

#include <string.h>

/* File header. Offsets 0..15, the checksum and the end mark stay where they are in every later format. */
enum {
    AT_MAGIC = 0,       /* 8 */
    AT_FORMAT = 8,      /* u32 */
    AT_SUITE = 12,      /* u32 */
    AT_FLAGS = 16,      /* u32; a bit that is set and not known: newer */
    AT_PROTECTION = 20, /* u32 */
    AT_REWRITES = 24,   /* u32 */
    AT_SALT = 32,       /* 32 */
    AT_HOME = 64,       /* 16: HMAC(header key, "home" ‖ home id) cut short */
    AT_MAC = 472,       /* 32: HMAC(header key, bytes 0..471) */
    AT_CHECKSUM = 504,  /* crc32c of bytes 0..503 */
    AT_END = 508
};

enum {
    FRAME_SIZE_AT = 4,
    FRAME_INDEX_AT = 8,
    FRAME_CHECK_AT = 12,
    FRAME_NONCE_AT = 16,
    FRAME_SEALED_AT = 40,
    FRAME_TRAILER_SIZE = 8,
    AAD_SIZE = 16 + 32 + 16 + 32,
    USED_SIZE = 4, /* length of the entries, first in the plaintext */
    SUITE_XAES_256_GCM = 1,
    HOME_TAG_SIZE = 16
};

static const uint8_t file_magic[8] = {'C', 'S', 'L', 'E', 'D', 'G', 'E', 'R'};
static const uint8_t file_end[4] = {'H', 'E', 'N', 0xA5};
static const uint8_t frame_magic[4] = {'C', 'S', 'F', '1'};
/* No byte of it is zero or one bit away from zero: a mark that was not written cannot be a mark with a flipped bit. */
static const uint8_t frame_end[4] = {'C', 'S', 'E', 0xA5};
static const char frame_label[] = "libconsent-frame"; /* 16 bytes */

/* ---- file header -------------------------------------------------------------------------- */

static consent_status derive_keys(const uint8_t key[CS_KEY_SIZE], const uint8_t salt[32], cs_frame_keys *keys,
                                  consent_error *err)
{
    static const char info[] = "libconsent ledger 1";
    uint8_t all[4 * CS_KEY_SIZE];
    consent_status status = cs_hkdf_sha256((cs_span){key, CS_KEY_SIZE}, (cs_span){salt, 32},
                                           (cs_span){(const uint8_t *)info, sizeof info - 1}, all, sizeof all, err);
    if (status == CONSENT_OK) {
        memcpy(keys->seal, all, CS_KEY_SIZE);
        memcpy(keys->header, all + CS_KEY_SIZE, CS_KEY_SIZE);
        memcpy(keys->nonce, all + 2 * CS_KEY_SIZE, CS_KEY_SIZE);
        memcpy(keys->checkpoint, all + 3 * CS_KEY_SIZE, CS_KEY_SIZE);
    }
    cs_wipe(all, sizeof all);
    return status;
}

static consent_status home_tag(const cs_frame_keys *keys, const uint8_t home_id[16], uint8_t out[CS_HASH_SIZE],
                               consent_error *err)
{
    const cs_span parts[] = {{(const uint8_t *)"home", 4}, {home_id, 16}};
    return cs_hmac_sha256(keys->header, parts, CS_COUNT_OF(parts), out, err);
}

static consent_status header_mac(const cs_frame_keys *keys, const uint8_t *bytes, uint8_t out[CS_HASH_SIZE],
                                 consent_error *err)
{
    const cs_span part = {bytes, AT_MAC};
    return cs_hmac_sha256(keys->header, &part, 1, out, err);
}

consent_status cs_frame_make_header(const uint8_t key[CS_KEY_SIZE], const uint8_t home_id[16],
                                    const cs_file_header *header, uint8_t out[CS_FILE_HEADER_SIZE], cs_frame_keys *keys,
                                    uint8_t hash[CS_HASH_SIZE], consent_error *err)
{
    uint8_t tag[CS_HASH_SIZE];
    consent_status status = derive_keys(key, header->salt, keys, err);
    if (status == CONSENT_OK)
        status = home_tag(keys, home_id, tag, err);
    if (status != CONSENT_OK)
        return status;
    memset(out, 0, CS_FILE_HEADER_SIZE);
    memcpy(out + AT_MAGIC, file_magic, sizeof file_magic);
    cs_store_u32(out + AT_FORMAT, CS_LEDGER_FORMAT);
    cs_store_u32(out + AT_SUITE, SUITE_XAES_256_GCM);
    cs_store_u32(out + AT_PROTECTION, header->protection);
    cs_store_u32(out + AT_REWRITES, header->rewrites);
    memcpy(out + AT_SALT, header->salt, sizeof header->salt);
    memcpy(out + AT_HOME, tag, HOME_TAG_SIZE);
    status = header_mac(keys, out, out + AT_MAC, err);
    if (status != CONSENT_OK)
        return status;
    cs_store_u32(out + AT_CHECKSUM, cs_crc32c(out, AT_CHECKSUM));
    memcpy(out + AT_END, file_end, sizeof file_end);
    return cs_frame_hash((cs_span){out, CS_FILE_HEADER_SIZE}, hash, err);
}

consent_status cs_frame_read_header(const uint8_t bytes[CS_FILE_HEADER_SIZE], const uint8_t key[CS_KEY_SIZE],
                                    const uint8_t home_id[16], cs_header_look *look, cs_file_header *header,
                                    cs_frame_keys *keys, uint8_t hash[CS_HASH_SIZE], consent_error *err)
{
    uint8_t mac[CS_HASH_SIZE];
    *look = CS_HEADER_DAMAGED;
    if (memcmp(bytes + AT_MAGIC, file_magic, sizeof file_magic) != 0 ||
        memcmp(bytes + AT_END, file_end, sizeof file_end) != 0 ||
        cs_load_u32(bytes + AT_CHECKSUM) != cs_crc32c(bytes, AT_CHECKSUM))
        return CONSENT_OK;
    *look = CS_HEADER_NEWER;
    if (cs_load_u32(bytes + AT_FORMAT) != CS_LEDGER_FORMAT || cs_load_u32(bytes + AT_SUITE) != SUITE_XAES_256_GCM ||
        cs_load_u32(bytes + AT_FLAGS) != 0)
        return CONSENT_OK;
    header->protection = cs_load_u32(bytes + AT_PROTECTION);
    header->rewrites = cs_load_u32(bytes + AT_REWRITES);
    memcpy(header->salt, bytes + AT_SALT, sizeof header->salt);
    consent_status status = derive_keys(key, header->salt, keys, err);
    if (status == CONSENT_OK)
        status = header_mac(keys, bytes, mac, err);
    if (status != CONSENT_OK)
        return status;
    *look = CS_HEADER_WRONG_KEY;
    if (!cs_equal_secret(mac, bytes + AT_MAC, sizeof mac))
        return CONSENT_OK;
    status = home_tag(keys, home_id, mac, err);
    if (status != CONSENT_OK)
        return status;
    *look = cs_equal_secret(mac, bytes + AT_HOME, HOME_TAG_SIZE) ? CS_HEADER_OK : CS_HEADER_COPIED;
    return cs_frame_hash((cs_span){bytes, CS_FILE_HEADER_SIZE}, hash, err);
}

/* ---- frames ------------------------------------------------------------------------------- */

size_t cs_frame_size_for(size_t entries_size)
{
    size_t size = CS_SECTOR_SIZE;
    if (entries_size > CS_FRAME_MAX_SIZE - CS_FRAME_OVERHEAD - USED_SIZE)
        return 0;
    while (size < entries_size + CS_FRAME_OVERHEAD + USED_SIZE)
        size *= 2;
    return size;
}

static void make_aad(const cs_frame_place *place, const uint8_t *start, uint8_t aad[AAD_SIZE])
{
    memcpy(aad, frame_label, 16);
    memcpy(aad + 16, place->header_hash, 32);
    memcpy(aad + 48, start, CS_FRAME_HEADER_SIZE);
    memcpy(aad + 64, place->previous, 32);
}

bool cs_frame_read_start(const uint8_t *bytes, uint32_t *size, uint32_t *index)
{
    if (memcmp(bytes, frame_magic, sizeof frame_magic) != 0 ||
        cs_load_u32(bytes + FRAME_CHECK_AT) != cs_crc32c(bytes, FRAME_CHECK_AT))
        return false;
    *size = cs_load_u32(bytes + FRAME_SIZE_AT);
    *index = cs_load_u32(bytes + FRAME_INDEX_AT);
    return *size >= CS_SECTOR_SIZE && *size <= CS_FRAME_MAX_SIZE && (*size & (*size - 1)) == 0;
}

void cs_frame_finish(uint8_t *frame, size_t size)
{
    uint8_t *trailer = frame + size - FRAME_TRAILER_SIZE;
    cs_store_u32(trailer, cs_crc32c(frame, size - FRAME_TRAILER_SIZE));
    memcpy(trailer + 4, frame_end, sizeof frame_end);
}

bool cs_frame_has_end_mark(cs_span frame)
{
    return memcmp(frame.data + frame.size - sizeof frame_end, frame_end, sizeof frame_end) == 0;
}

bool cs_frame_is_finished(cs_span frame)
{
    size_t covered = frame.size - FRAME_TRAILER_SIZE;
    return cs_frame_has_end_mark(frame) && cs_load_u32(frame.data + covered) == cs_crc32c(frame.data, covered);
}

consent_status cs_frame_prepare(const cs_frame_keys *keys, const uint8_t previous[CS_HASH_SIZE],
                                const uint8_t random32[32], cs_seal_ahead *out, consent_error *err)
{
    return cs_seal_prepare(keys->seal, keys->nonce, random32, (cs_span){previous, CS_HASH_SIZE}, out, err);
}

consent_status cs_frame_seal(cs_seal_ahead *ahead, const cs_frame_place *place, cs_span entries, size_t size,
                             uint8_t *plain, uint8_t *frame, consent_error *err)
{
    uint8_t aad[AAD_SIZE];
    const cs_span padded = {plain, size - CS_FRAME_OVERHEAD};
    if (size != cs_frame_size_for(entries.size))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "entries of %zu bytes did not fit one record; record less at once",
                       entries.size);
    memset(plain, 0, padded.size);
    cs_store_u32(plain, (uint32_t)entries.size);
    memcpy(plain + USED_SIZE, entries.data, entries.size);
    memcpy(frame, frame_magic, sizeof frame_magic);
    cs_store_u32(frame + FRAME_SIZE_AT, (uint32_t)size);
    cs_store_u32(frame + FRAME_INDEX_AT, place->index);
    cs_store_u32(frame + FRAME_CHECK_AT, cs_crc32c(frame, FRAME_CHECK_AT));
    make_aad(place, frame, aad);
    /* Without the zeros behind: they say nothing that the length does not. */
    const cs_span used = {plain, USED_SIZE + entries.size};
    consent_status status = cs_seal_hedged(ahead, (cs_span){aad, sizeof aad}, used, padded, frame + FRAME_NONCE_AT,
                                           frame + FRAME_SEALED_AT, err);
    cs_wipe(plain, padded.size);
    if (status == CONSENT_OK)
        cs_frame_finish(frame, size);
    return status;
}

consent_status cs_frame_open(const cs_frame_keys *keys, const cs_frame_place *place, cs_span frame, uint8_t *plain,
                             cs_span *entries, consent_error *err)
{
    uint8_t aad[AAD_SIZE];
    uint32_t size = 0;
    uint32_t index = 0;
    if (frame.size < CS_SECTOR_SIZE || !cs_frame_read_start(frame.data, &size, &index) || size != frame.size)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "a record of the ledger did not begin as one");
    if (index != place->index)
        return cs_fail(err, CONSENT_E_TAMPERED, 0, "record %u of the ledger stood where record %u belongs",
                       (unsigned)index, (unsigned)place->index);
    make_aad(place, frame.data, aad);
    const cs_span sealed = {frame.data + FRAME_SEALED_AT, size - FRAME_SEALED_AT - FRAME_TRAILER_SIZE};
    consent_status status =
        cs_xaes_open(keys->seal, frame.data + FRAME_NONCE_AT, (cs_span){aad, sizeof aad}, sealed, plain, err);
    if (status == CONSENT_E_TAMPERED)
        return cs_fail(err, status, 0, "the seal of record %u of the ledger did not fit", (unsigned)index);
    if (status != CONSENT_OK)
        return status;
    size_t used = cs_load_u32(plain);
    if (cs_frame_size_for(used) != size)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "record %u of the ledger said it holds more than it does",
                       (unsigned)index);
    *entries = (cs_span){plain + USED_SIZE, used};
    return CONSENT_OK;
}

consent_status cs_frame_hash(cs_span frame, uint8_t out[CS_HASH_SIZE], consent_error *err)
{
    return cs_sha256(&frame, 1, out, err);
}

/* ---- what stands there instead ------------------------------------------------------------- */

bool cs_frame_is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static bool has_zero_sector(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += CS_SECTOR_SIZE)
        if (cs_frame_is_zero(bytes + at, CS_SECTOR_SIZE))
            return true;
    return false;
}

cs_frame_look cs_frame_examine(cs_span bytes)
{
    uint32_t size = 0;
    uint32_t index = 0;
    if (cs_frame_is_zero(bytes.data, bytes.size))
        return CS_LOOK_EMPTY;
    if (bytes.size < CS_SECTOR_SIZE)
        return CS_LOOK_TORN;
    if (cs_frame_read_start(bytes.data, &size, &index)) {
        if (bytes.size < size)
            return CS_LOOK_TORN;
        const cs_span frame = {bytes.data, size};
        if (has_zero_sector(bytes.data, size) || !cs_frame_has_end_mark(frame))
            return CS_LOOK_TORN;
        return cs_frame_is_finished(frame) ? CS_LOOK_WHOLE : CS_LOOK_DAMAGED;
    }
    /* The start is unreadable: an end mark at any possible end shows that the frame had been complete. */
    for (size = CS_SECTOR_SIZE; size <= CS_FRAME_MAX_SIZE && size <= bytes.size; size *= 2)
        if (cs_frame_has_end_mark((cs_span){bytes.data, size}) && !has_zero_sector(bytes.data, size))
            return CS_LOOK_DAMAGED;
    return CS_LOOK_TORN;
}
