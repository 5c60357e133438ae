/* The checkpoint: the caller's state and the chains at one place of the file, sealed in a file beside it, so that
 * opening reads only what came after. It is authentic and bound to this very file, so its place is also a lower bound
 * of what was durable once; older, damaged or foreign ones are as good as none. */
#include "ledger/internal.h"

#include <string.h>

static consent_status write_sealed(cs_ledger *ledger, const cs_checkpoint *checkpoint, size_t size, uint8_t *plain,
                                   uint8_t *sealed, consent_error *err)
{
    uint8_t random32[32];
    char name[CS_LEDGER_NAME_SIZE];
    consent_status status = cs_random(ledger->env, random32, sizeof random32, err);
    if (status == CONSENT_OK)
        status = cs_checkpoint_seal(&ledger->file.keys, ledger->file.header_hash, checkpoint, random32, size, plain,
                                    sealed, err);
    cs_wipe(random32, sizeof random32);
    if (status != CONSENT_OK)
        return status;
    cs_ledger_name(ledger, ".check", name);
    return cs_file_replace(ledger->env, ledger->dir, name, (cs_span){sealed, size}, err);
}

static consent_status write_checkpoint(cs_ledger *ledger, cs_span state, consent_error *err)
{
    const cs_memory *memory = &ledger->env->memory;
    const cs_checkpoint checkpoint = {ledger->at, state};
    size_t size = cs_checkpoint_size_for(state.size);
    if (size == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a state of %zu bytes was too large for a checkpoint", state.size);
    uint8_t *plain = cs_alloc(memory, size);
    uint8_t *sealed = cs_alloc(memory, size);
    consent_status status = plain != NULL && sealed != NULL
                                ? write_sealed(ledger, &checkpoint, size, plain, sealed, err)
                                : cs_no_memory(err, "a checkpoint");
    if (plain != NULL)
        cs_wipe(plain, size);
    cs_free(memory, plain, size);
    cs_free(memory, sealed, size);
    return status;
}

consent_status cs_ledger_checkpoint(cs_ledger *ledger, cs_span state, consent_error *err)
{
    consent_status status = cs_ledger_check_use(ledger, err);
    if (status == CONSENT_OK)
        status = cs_ledger_lock(ledger, err);
    if (status != CONSENT_OK)
        return status;
    bool current = false;
    uint64_t size = 0;
    status = cs_ledger_file_is_current(ledger, &current, &size, err);
    if (status == CONSENT_OK && !current)
        status = cs_ledger_follow(ledger, err);
    if (status == CONSENT_OK)
        status = write_checkpoint(ledger, state, err);
    cs_ledger_unlock(ledger);
    return status;
}

/* ---- loading -------------------------------------------------------------------------------- */

/* The frame before the checkpoint's place must be the one it was made behind: then the file was not cut there and
 * filled with zeros. */
static consent_status has_its_frame(cs_ledger *ledger, const cs_checkpoint *checkpoint, uint64_t file_size, bool *fits,
                                    consent_error *err)
{
    cs_scan scan;
    cs_position from = {.offset = checkpoint->at.last_offset};
    const uint8_t *bytes = NULL;
    uint8_t hash[CS_HASH_SIZE];
    uint64_t size = checkpoint->at.offset - checkpoint->at.last_offset;
    *fits = false;
    if (checkpoint->at.offset > file_size || checkpoint->at.last_offset < CS_FILE_HEADER_SIZE ||
        checkpoint->at.last_offset >= checkpoint->at.offset || size > CS_FRAME_MAX_SIZE)
        return CONSENT_OK;
    consent_status status = cs_scan_open(&scan, ledger, &ledger->file, &from, checkpoint->at.offset, err);
    if (status == CONSENT_OK)
        status = cs_scan_bytes(&scan, from.offset, (size_t)size, &bytes, err);
    if (status == CONSENT_OK)
        status = cs_frame_hash((cs_span){bytes, (size_t)size}, hash, err);
    *fits = status == CONSENT_OK && memcmp(hash, checkpoint->at.previous, CS_HASH_SIZE) == 0;
    cs_scan_close(&scan);
    return status;
}

static consent_status use_checkpoint(cs_ledger *ledger, const cs_checkpoint *checkpoint, const cs_ledger_sink *sink,
                                     uint64_t file_size, bool *used, consent_error *err)
{
    bool fits = false;
    ledger->known_end = checkpoint->at.offset;
    if (sink == NULL || sink->checkpoint == NULL)
        return CONSENT_OK;
    consent_status status = has_its_frame(ledger, checkpoint, file_size, &fits, err);
    if (status != CONSENT_OK || !fits)
        return status;
    status = sink->checkpoint(sink->user, checkpoint->state, err);
    if (status != CONSENT_OK)
        return status == CONSENT_E_UNSUPPORTED ? CONSENT_OK : status;
    ledger->at = checkpoint->at;
    *used = true;
    return CONSENT_OK;
}

/* Reads and unseals. E_NOT_FOUND: there is none, or none that counts. */
static consent_status read_sealed(cs_ledger *ledger, cs_buffer *bytes, uint8_t **plain, cs_checkpoint *out,
                                  consent_error *err)
{
    char name[CS_LEDGER_NAME_SIZE];
    cs_ledger_name(ledger, ".check", name);
    consent_status status = cs_file_load(ledger->env, ledger->dir, name, bytes, err);
    if (status == CONSENT_OK && bytes->size == 0)
        status = CONSENT_E_NOT_FOUND;
    if (status != CONSENT_OK)
        return status;
    *plain = cs_alloc(&ledger->env->memory, bytes->size);
    if (*plain == NULL)
        return cs_no_memory(err, "a checkpoint");
    return cs_checkpoint_open(&ledger->file.keys, ledger->file.header_hash, cs_buffer_span(bytes), *plain, out, err);
}

consent_status cs_ledger_load_checkpoint(cs_ledger *ledger, const cs_ledger_sink *sink, uint64_t file_size, bool *used,
                                         consent_error *err)
{
    const cs_memory *memory = &ledger->env->memory;
    cs_buffer bytes;
    cs_checkpoint checkpoint;
    consent_error ignored;
    uint8_t *plain = NULL;
    *used = false;
    cs_buffer_init(&bytes, memory, CS_CHECKPOINT_MAX_SIZE);
    consent_status status = read_sealed(ledger, &bytes, &plain, &checkpoint, &ignored);
    size_t size = bytes.size;
    if (status == CONSENT_OK)
        status = use_checkpoint(ledger, &checkpoint, sink, file_size, used, err);
    else if (status == CONSENT_E_MEMORY)
        status = cs_no_memory(err, "a checkpoint");
    else
        status = CONSENT_OK; /* whatever is wrong with it, the ledger itself is the record */
    if (plain != NULL)
        cs_wipe(plain, size);
    cs_free(memory, plain, size);
    cs_buffer_free(&bytes);
    return status;
}
