/* Making a ledger file, and moving verified content into a new one: after a failed sync the system may have dropped
 * what was to be written and call the next sync a success, so that file is left alone for good. */
#include "ledger/internal.h"

#include <errno.h>
#include <string.h>

/* ---- drafts --------------------------------------------------------------------------------- */

void cs_draft_free(cs_draft *draft, const cs_ledger *ledger)
{
    cs_free(&ledger->env->memory, draft->frame, draft->size);
    cs_free(&ledger->env->memory, draft->plain, draft->size);
    memset(draft, 0, sizeof *draft);
}

static consent_status allocate(cs_draft *draft, const cs_ledger *ledger, size_t entries_size, consent_error *err)
{
    memset(draft, 0, sizeof *draft);
    draft->size = cs_frame_size_for(entries_size);
    if (draft->size == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "entries of %zu bytes did not fit one record; record less at once",
                       entries_size);
    draft->frame = cs_alloc(&ledger->env->memory, draft->size);
    draft->plain = cs_alloc(&ledger->env->memory, draft->size);
    if (draft->frame != NULL && draft->plain != NULL)
        return CONSENT_OK;
    cs_draft_free(draft, ledger);
    return cs_no_memory(err, "a record");
}

consent_status cs_draft_prepare(const cs_ledger *ledger, cs_ledger_file *file, const cs_position *at,
                                consent_error *err)
{
    uint8_t random32[32];
    file->is_ahead = false;
    consent_status status = cs_random(ledger->env, random32, sizeof random32, err);
    if (status == CONSENT_OK)
        status = cs_frame_prepare(&file->keys, at->previous, random32, &file->ahead, err);
    cs_wipe(random32, sizeof random32);
    memcpy(file->ahead_of, at->previous, CS_HASH_SIZE);
    file->is_ahead = status == CONSENT_OK;
    return status;
}

consent_status cs_draft_make(cs_draft *draft, const cs_ledger *ledger, cs_ledger_file *file, const cs_position *at,
                             cs_span entries, consent_error *err)
{
    const cs_frame_place place = {file->header_hash, at->previous, at->frame_count};
    consent_status status = allocate(draft, ledger, entries.size, err);
    if (status != CONSENT_OK)
        return status;
    if (!file->is_ahead || memcmp(file->ahead_of, at->previous, CS_HASH_SIZE) != 0)
        status = cs_draft_prepare(ledger, file, at, err);
    file->is_ahead = false; /* it serves once */
    if (status == CONSENT_OK)
        status = cs_frame_seal(&file->ahead, &place, entries, draft->size, draft->plain, draft->frame, err);
    if (status != CONSENT_OK)
        cs_draft_free(draft, ledger);
    return status;
}

consent_status cs_draft_pass(const cs_draft *draft, cs_position *at, consent_error *err)
{
    consent_status status = cs_frame_hash((cs_span){draft->frame, draft->size}, at->previous, err);
    if (status != CONSENT_OK)
        return status;
    at->last_offset = at->offset;
    at->offset += draft->size;
    at->frame_count++;
    return CONSENT_OK;
}

static consent_status write_draft(cs_ledger *ledger, cs_ledger_file *file, cs_position *at, cs_span entries,
                                  consent_error *err)
{
    cs_draft draft;
    consent_status status = cs_draft_make(&draft, ledger, file, at, entries, err);
    if (status != CONSENT_OK)
        return status;
    int rc = cs_file_write_all(ledger->env, file->file, at->offset, draft.frame, draft.size);
    status = rc == 0 ? cs_draft_pass(&draft, at, err) : cs_fail_os(err, rc, "writing a record");
    cs_draft_free(&draft, ledger);
    return status;
}

/* ---- a new file, published at once ------------------------------------------------------------ */

static void discard(cs_ledger *ledger, cs_ledger_file *file)
{
    char name[CS_LEDGER_NAME_SIZE];
    cs_ledger_name(ledger, ".new", name);
    cs_ledger_file_close(ledger, file);
    (void)ledger->env->file_unlink(ledger->env->ctx, ledger->dir, name);
}

static consent_status begin_file(cs_ledger *ledger, uint32_t rewrites, cs_ledger_file *out, consent_error *err)
{
    const cs_env *env = ledger->env;
    uint8_t bytes[CS_FILE_HEADER_SIZE];
    char name[CS_LEDGER_NAME_SIZE];
    memset(out, 0, sizeof *out);
    out->header.protection = ledger->protection;
    out->header.rewrites = rewrites;
    consent_status status = cs_random(env, out->header.salt, sizeof out->header.salt, err);
    if (status == CONSENT_OK)
        status =
            cs_frame_make_header(ledger->key, ledger->home_id, &out->header, bytes, &out->keys, out->header_hash, err);
    if (status != CONSENT_OK)
        return status;
    cs_ledger_name(ledger, ".new", name);
    int rc = env->file_unlink(env->ctx, ledger->dir, name);
    if (rc == 0 || rc == ENOENT)
        rc = env->file_open(env->ctx, ledger->dir, name, CS_OPEN_CREATE_NEW, &out->file);
    if (rc == 0)
        rc = cs_file_write_all(env, out->file, 0, bytes, sizeof bytes);
    if (rc == 0)
        return CONSENT_OK;
    discard(ledger, out);
    return cs_fail_os(err, rc, "beginning a ledger file");
}

/* Everything is on stable storage before the name leads to it. *published: the name does, whatever the status. */
static consent_status publish(cs_ledger *ledger, cs_ledger_file *file, bool *published, consent_error *err)
{
    const cs_env *env = ledger->env;
    char name[CS_LEDGER_NAME_SIZE];
    cs_file_info info;
    *published = false;
    cs_ledger_name(ledger, ".new", name);
    int rc = env->file_info(env->ctx, file->file, &info);
    if (rc == 0)
        rc = env->file_sync(env->ctx, file->file);
    if (rc == 0)
        rc = env->file_rename(env->ctx, ledger->dir, name, ledger->name);
    if (rc != 0)
        return cs_fail_os(err, rc, "completing a ledger file");
    file->inode = info.inode;
    file->device = info.device;
    *published = true;
    rc = env->dir_sync(env->ctx, ledger->dir);
    return rc == 0 ? CONSENT_OK : cs_fail_os(err, rc, "making a ledger file's name durable");
}

static void adopt(cs_ledger *ledger, cs_ledger_file *file, const cs_position *at)
{
    cs_ledger_file_close(ledger, &ledger->file);
    ledger->file = *file;
    ledger->at = *at;
    ledger->space_end = at->offset;
    cs_wipe(file, sizeof *file);
}

consent_status cs_ledger_create(cs_ledger *ledger, consent_error *err)
{
    cs_ledger_file file;
    cs_position at;
    uint8_t stream[CS_STREAM_ID_SIZE];
    uint8_t entry[2 + CS_STREAM_ID_SIZE];
    bool published = false;
    consent_status status = cs_random(ledger->env, stream, sizeof stream, err);
    cs_frame_stream_entry(stream, entry);
    if (status == CONSENT_OK)
        status = begin_file(ledger, 0, &file, err);
    if (status != CONSENT_OK)
        return status;
    cs_position_start(&file, &at);
    status = write_draft(ledger, &file, &at, (cs_span){entry, sizeof entry}, err);
    if (status == CONSENT_OK)
        status = publish(ledger, &file, &published, err);
    if (status != CONSENT_OK) {
        discard(ledger, &file);
        return status;
    }
    memcpy(at.stream, stream, sizeof stream);
    at.next_seq = 1;
    adopt(ledger, &file, &at);
    return CONSENT_OK;
}

/* ---- moving --------------------------------------------------------------------------------- */

/* Frames keep their sizes, so offsets mean the same in both files. */
static consent_status copy_frames(cs_ledger *ledger, cs_ledger_file *to, cs_position *at, consent_error *err)
{
    cs_scan scan;
    consent_status status = CONSENT_OK;
    cs_position from;
    cs_position_start(&ledger->file, &from);
    cs_position_start(to, at);
    status = cs_scan_open(&scan, ledger, &ledger->file, &from, ledger->at.offset, err);
    while (status == CONSENT_OK && scan.at.offset < ledger->at.offset) {
        cs_span frame;
        cs_span entries;
        status = cs_scan_frame(&scan, &frame, &entries, err);
        if (status == CONSENT_OK && frame.size == 0)
            status = cs_ledger_damage_status(CS_DAMAGE_CORRUPT, scan.at.offset, err);
        if (status == CONSENT_OK)
            status = write_draft(ledger, to, at, entries, err);
        if (status == CONSENT_OK)
            status = cs_scan_take(&scan, frame, entries, NULL, err);
    }
    if (status == CONSENT_OK && memcmp(scan.at.previous, ledger->at.previous, CS_HASH_SIZE) != 0)
        status = cs_ledger_damage_status(CS_DAMAGE_TAMPERED, scan.at.last_offset, err);
    cs_scan_close(&scan);
    return status;
}

consent_status cs_ledger_move(cs_ledger *ledger, consent_error *err)
{
    cs_ledger_file file;
    cs_position copied;
    bool published = false;
    consent_status status = begin_file(ledger, ledger->file.header.rewrites + 1, &file, err);
    if (status != CONSENT_OK)
        return status;
    status = copy_frames(ledger, &file, &copied, err);
    if (status == CONSENT_OK)
        status = publish(ledger, &file, &published, err);
    if (!published) {
        discard(ledger, &file);
        return status;
    }
    cs_position at = ledger->at;
    memcpy(at.previous, copied.previous, CS_HASH_SIZE);
    adopt(ledger, &file, &at);
    ledger->must_move = status != CONSENT_OK;
    return status;
}

/* ---- following ------------------------------------------------------------------------------ */

static consent_status compare(cs_ledger *ledger, cs_ledger_file *other, cs_position *at, consent_error *err)
{
    cs_scan scan;
    cs_file_info info;
    cs_position_start(other, at);
    consent_status status = cs_ledger_examine(ledger, other->file, &info, err);
    if (status != CONSENT_OK)
        return status;
    uint64_t limit = info.size < ledger->at.offset ? info.size : ledger->at.offset;
    status = cs_scan_open(&scan, ledger, other, at, limit, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_scan_all(&scan, NULL, err);
    *at = scan.at;
    cs_scan_close(&scan);
    if (status != CONSENT_OK)
        return status;
    if (at->offset < ledger->at.offset)
        return cs_ledger_set_damage(ledger, CS_DAMAGE_ROLLED_BACK, at->offset, err);
    bool same = at->next_seq == ledger->at.next_seq && at->event_count == ledger->at.event_count &&
                memcmp(at->head, ledger->at.head, CS_HASH_SIZE) == 0 &&
                memcmp(at->stream, ledger->at.stream, CS_STREAM_ID_SIZE) == 0;
    return same ? CONSENT_OK : cs_ledger_set_damage(ledger, CS_DAMAGE_TAMPERED, at->last_offset, err);
}

consent_status cs_ledger_follow(cs_ledger *ledger, consent_error *err)
{
    cs_ledger_file other;
    cs_position at;
    consent_status status = cs_ledger_file_open(ledger, &other, err);
    if (status != CONSENT_OK)
        return status;
    if (other.look != CS_HEADER_OK)
        status = cs_ledger_set_damage(ledger, cs_ledger_header_damage(other.look), 0, err);
    else
        status = compare(ledger, &other, &at, err);
    if (status != CONSENT_OK) {
        cs_ledger_file_close(ledger, &other);
        return status;
    }
    adopt(ledger, &other, &at);
    ledger->must_move = false;
    ledger->name_unsynced = true;
    return CONSENT_OK;
}
