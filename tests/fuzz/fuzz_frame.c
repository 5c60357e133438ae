/* Any bytes as the parts of a ledger file, the first byte says which: a file's header, a frame, entries, a checkpoint. */
#include "event/event.h"
#include "fuzz.h"
#include "ledger/frame.h"

#include <string.h>

bool fuzz_accepted;

static const uint8_t hash[CS_HASH_SIZE] = {0x5C};

static bool read_header(cs_span bytes)
{
    static const uint8_t key[CS_KEY_SIZE], home_id[16];
    uint8_t padded[CS_FILE_HEADER_SIZE] = {0}, file_hash[CS_HASH_SIZE];
    cs_header_look look;
    cs_file_header header;
    cs_frame_keys keys;
    consent_error error = {0};
    if (bytes.size > 0)
        memcpy(padded, bytes.data, bytes.size < sizeof padded ? bytes.size : sizeof padded);
    fuzz_require(cs_frame_read_header(padded, key, home_id, &look, &header, &keys, file_hash, &error) == CONSENT_OK);
    return look == CS_HEADER_OK;
}

static bool read_events(cs_entry *entry)
{
    cs_event event;
    consent_error error = {0};
    bool all = true;
    for (uint64_t i = 0; i < entry->count; i++) {
        cs_span bytes = cs_frame_next_event(entry);
        fuzz_require(entry->events.ok);
        consent_status status = cs_event_decode(bytes, &event, &error);
        fuzz_require_reason(status, error);
        all = all && status == CONSENT_OK;
    }
    return all;
}

static bool read_entries(cs_span bytes)
{
    cs_reader in = cs_reader_of(bytes);
    cs_entry entry;
    consent_error error = {0};
    bool more = true, all = true;
    consent_status status = CONSENT_OK;
    while (more && status == CONSENT_OK) {
        size_t left = in.left;
        status = cs_frame_next_entry(&in, &entry, &more, &error);
        fuzz_require_reason(status, error);
        if (status == CONSENT_OK && more) {
            fuzz_require(in.left < left);
            if (entry.kind == CS_ENTRY_ACTS || entry.kind == CS_ENTRY_REMOTE)
                all = read_events(&entry) && all;
        }
    }
    return status == CONSENT_OK && all;
}

static bool read_frame(cs_span bytes)
{
    static uint8_t plain[CS_FRAME_MAX_SIZE];
    const cs_frame_place place = {hash, hash, 0};
    const cs_frame_keys keys = {0};
    cs_span entries = {0};
    consent_error error = {0};
    cs_frame_look look = cs_frame_examine(bytes);
    fuzz_require(look >= CS_LOOK_EMPTY && look <= CS_LOOK_WHOLE);
    if (bytes.size > sizeof plain)
        return false;
    consent_status status = cs_frame_open(&keys, &place, bytes, plain, &entries, &error);
    fuzz_require_reason(status, error);
    return status == CONSENT_OK && read_entries(entries);
}

static bool read_checkpoint(cs_span bytes)
{
    const cs_frame_keys keys = {0};
    cs_checkpoint checkpoint;
    consent_error error = {0};
    uint8_t *plain = malloc(bytes.size + 1);
    fuzz_require(plain != NULL);
    consent_status status = cs_checkpoint_open(&keys, hash, bytes, plain, &checkpoint, &error);
    fuzz_require(status == CONSENT_OK || status == CONSENT_E_NOT_FOUND);
    if (status == CONSENT_OK)
        fuzz_require(checkpoint.state.data + checkpoint.state.size <= plain + bytes.size);
    free(plain);
    return status == CONSENT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const readers[])(cs_span bytes) = {read_header, read_frame, read_entries, read_checkpoint};
    fuzz_input in = {data, size};
    size_t part = fuzz_take(&in) % CS_COUNT_OF(readers);
    fuzz_accepted = readers[part]((cs_span){in.at, in.left});
    return 0;
}
