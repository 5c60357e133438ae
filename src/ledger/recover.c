/* What stands behind the last good frame. An interrupted write is normal and repaired; anything else is damage, which
 * is told and never touched. */
#include "ledger/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    LOG_WARNING = 1
};

/* ---- judging ------------------------------------------------------------------------------- */

typedef struct rest {
    bool is_zero;   /* nothing written from there to the end of the file */
    bool has_frame; /* another frame begins further on */
    uint64_t end;   /* behind the last byte that is not zero */
} rest;

static void look_at_sector(rest *out, const uint8_t *sector, size_t size, uint64_t offset, bool first)
{
    uint32_t frame_size = 0;
    uint32_t index = 0;
    if (cs_frame_is_zero(sector, size))
        return;
    out->is_zero = false;
    out->end = offset + size;
    if (!first && size == CS_SECTOR_SIZE && cs_frame_read_start(sector, &frame_size, &index))
        out->has_frame = true;
}

static consent_status look_at_rest(cs_scan *scan, rest *out, consent_error *err)
{
    uint64_t offset = scan->at.offset;
    *out = (rest){true, false, offset};
    while (offset < scan->limit) {
        uint64_t left = scan->limit - offset;
        size_t size = left < CS_SECTOR_SIZE ? (size_t)left : CS_SECTOR_SIZE;
        const uint8_t *bytes = NULL;
        consent_status status = cs_scan_bytes(scan, offset, size, &bytes, err);
        if (status != CONSENT_OK)
            return status;
        look_at_sector(out, bytes, size, offset, offset == scan->at.offset);
        offset += size;
    }
    return CONSENT_OK;
}

/* The checksum and end mark of a frame that opened are looked at only here: while frames follow it, its hash in the
 * next one's seal covers them. */
static consent_status last_is_finished(cs_scan *scan, bool *finished, consent_error *err)
{
    *finished = true;
    if (scan->at.frame_count == 0 || scan->limit < scan->at.offset)
        return CONSENT_OK;
    const uint8_t *bytes = NULL;
    size_t size = (size_t)(scan->at.offset - scan->at.last_offset);
    consent_status status = cs_scan_bytes(scan, scan->at.last_offset, size, &bytes, err);
    if (status == CONSENT_OK)
        *finished = cs_frame_is_finished((cs_span){bytes, size});
    return status;
}

static cs_damage judge(const cs_scan *scan, cs_frame_look look, const rest *after, uint64_t known_end)
{
    bool was_durable = scan->at.offset < known_end;
    if (after->is_zero)
        return was_durable ? CS_DAMAGE_ROLLED_BACK : CS_DAMAGE_NONE;
    if (look == CS_LOOK_WHOLE)
        return scan->stop == CONSENT_E_CORRUPT ? CS_DAMAGE_CORRUPT : CS_DAMAGE_TAMPERED;
    if (look == CS_LOOK_DAMAGED || after->has_frame || was_durable)
        return CS_DAMAGE_CORRUPT;
    return CS_DAMAGE_TORN_TAIL;
}

consent_status cs_tail_judge(cs_scan *scan, uint64_t known_end, cs_tail *out, consent_error *err)
{
    bool finished = true;
    rest after;
    const uint8_t *bytes = NULL;
    cs_frame_look look = CS_LOOK_EMPTY;
    *out = (cs_tail){CS_DAMAGE_NONE, scan->at.offset, false};
    consent_status status = last_is_finished(scan, &finished, err);
    if (status == CONSENT_OK)
        status = look_at_rest(scan, &after, err);
    if (status != CONSENT_OK)
        return status;
    if (!after.is_zero) {
        uint64_t left = scan->limit - scan->at.offset;
        size_t size = left < CS_FRAME_MAX_SIZE ? (size_t)left : CS_FRAME_MAX_SIZE;
        status = cs_scan_bytes(scan, scan->at.offset, size, &bytes, err);
        if (status != CONSENT_OK)
            return status;
        look = cs_frame_examine((cs_span){bytes, size});
    }
    out->damage = judge(scan, look, &after, known_end);
    if (finished)
        return CONSENT_OK;
    if (out->damage == CS_DAMAGE_NONE) {
        out->rewrite_trailer = true;
        out->damage = CS_DAMAGE_TORN_TAIL;
    } else if (out->damage != CS_DAMAGE_ROLLED_BACK) {
        out->damage = CS_DAMAGE_CORRUPT;
    }
    out->bad_offset = scan->at.last_offset;
    return CONSENT_OK;
}

consent_status cs_ledger_damage_status(cs_damage damage, uint64_t bad_offset, consent_error *err)
{
    /* By cs_damage, from CS_DAMAGE_CORRUPT on. */
    static const uint8_t statuses[] = {CONSENT_E_CORRUPT, CONSENT_E_TAMPERED, CONSENT_E_ROLLED_BACK,
                                       CONSENT_E_COPIED,  CONSENT_E_KEY_GONE, CONSENT_E_UNSUPPORTED};
    static const char texts[] =
        "was damaged: what stands there cannot be read; keep the file and begin anew\0"
        "was altered: a record there is whole but its seal does not fit; keep the file and begin anew\0"
        "ended, before records that were durable: an older copy was put back or its end was cut off\0"
        "was made by another install; begin anew here\0"
        "was sealed with another key than the one given\0"
        "was written by a newer version; update the app\0";
    size_t kind = (size_t)damage - CS_DAMAGE_CORRUPT;
    return damage < CS_DAMAGE_CORRUPT
               ? CONSENT_OK
               : cs_fail(err, (consent_status)statuses[kind < sizeof statuses ? kind : 0], 0,
                         "at byte %llu the ledger %s", (unsigned long long)bad_offset, cs_nth_text(texts, kind));
}

consent_status cs_ledger_set_damage(cs_ledger *ledger, cs_damage damage, uint64_t bad_offset, consent_error *err)
{
    ledger->report.damage = damage;
    ledger->report.bad_offset = bad_offset;
    ledger->health = cs_ledger_damage_status(damage, bad_offset, err);
    return ledger->health;
}

/* ---- repairing ----------------------------------------------------------------------------- */

static consent_status write_aside(cs_ledger *ledger, const char *name, cs_span bytes, consent_error *err)
{
    consent_status status = cs_file_replace(ledger->env, ledger->dir, name, bytes, err);
    if (status == CONSENT_E_FULL && cs_ledger_drop_ballast(ledger))
        status = cs_file_replace(ledger->env, ledger->dir, name, bytes, err);
    if (status == CONSENT_E_FULL && ledger->env->log != NULL)
        ledger->env->log(ledger->env->ctx, LOG_WARNING,
                         "an interrupted record was cut off; no space was left to keep it");
    return status;
}

/* Keeps what an interrupted write left in a file of its own; the oldest numbers stay. On a full disk the repair goes on
 * without: a refusal must still find room, and these bytes were never acknowledged. */
static consent_status keep_aside(cs_ledger *ledger, cs_scan *scan, uint64_t end, consent_error *err)
{
    char suffix[16];
    char name[CS_LEDGER_NAME_SIZE];
    cs_file_info info;
    const uint8_t *bytes = NULL;
    uint64_t size = end - scan->at.offset;
    if (size > CS_FRAME_MAX_SIZE)
        size = CS_FRAME_MAX_SIZE;
    for (unsigned i = 1; i <= CS_LEDGER_MAX_ASIDE; i++) {
        (void)snprintf(suffix, sizeof suffix, ".torn-%u", i);
        cs_ledger_name(ledger, suffix, name);
        int rc = ledger->env->file_info_by_name(ledger->env->ctx, ledger->dir, name, &info);
        if (rc == 0)
            continue;
        if (rc != ENOENT)
            return cs_fail_os(err, rc, "keeping an interrupted record aside");
        consent_status status = cs_scan_bytes(scan, scan->at.offset, (size_t)size, &bytes, err);
        if (status == CONSENT_OK)
            status = write_aside(ledger, name, (cs_span){bytes, (size_t)size}, err);
        if (status == CONSENT_OK)
            ledger->report.kept_aside_bytes += size;
        return status == CONSENT_E_FULL ? CONSENT_OK : status;
    }
    return CONSENT_OK;
}

static consent_status sync_repair(cs_ledger *ledger)
{
    if (ledger->env->file_sync(ledger->env->ctx, ledger->file.file) != 0)
        ledger->must_move = true;
    return CONSENT_OK;
}

static consent_status cut_off(cs_ledger *ledger, cs_scan *scan, consent_error *err)
{
    rest after;
    consent_status status = look_at_rest(scan, &after, err);
    if (status == CONSENT_OK)
        status = keep_aside(ledger, scan, after.end, err);
    if (status != CONSENT_OK)
        return status;
    int rc = ledger->env->file_truncate(ledger->env->ctx, ledger->file.file, scan->at.offset);
    if (rc != 0)
        return cs_fail_os(err, rc, "cutting off an interrupted record");
    ledger->space_end = scan->at.offset;
    return sync_repair(ledger);
}

/* The last frame opened: its content is whole and only its last eight bytes are not. */
static consent_status finish_last(cs_ledger *ledger, cs_scan *scan, consent_error *err)
{
    const uint8_t *bytes = NULL;
    size_t size = (size_t)(scan->at.offset - scan->at.last_offset);
    consent_status status = cs_scan_bytes(scan, scan->at.last_offset, size, &bytes, err);
    if (status != CONSENT_OK)
        return status;
    uint8_t *frame = scan->window + (bytes - scan->window);
    cs_frame_finish(frame, size);
    status = cs_frame_hash((cs_span){frame, size}, scan->at.previous, err);
    if (status != CONSENT_OK)
        return status;
    int rc = cs_file_write_all(ledger->env, ledger->file.file, scan->at.last_offset, frame, size);
    if (rc != 0)
        return cs_fail_os(err, rc, "completing the last record");
    return sync_repair(ledger);
}

static consent_status settle(cs_ledger *ledger, cs_scan *scan, consent_error *err)
{
    cs_tail tail;
    consent_status status = cs_tail_judge(scan, ledger->known_end, &tail, err);
    if (status != CONSENT_OK || tail.damage == CS_DAMAGE_NONE)
        return status;
    if (tail.damage != CS_DAMAGE_TORN_TAIL)
        return cs_ledger_set_damage(ledger, tail.damage, tail.bad_offset, err);
    status = tail.rewrite_trailer ? finish_last(ledger, scan, err) : cut_off(ledger, scan, err);
    if (status == CONSENT_OK)
        (void)cs_ledger_set_damage(ledger, CS_DAMAGE_TORN_TAIL, tail.bad_offset, err);
    return status;
}

consent_status cs_ledger_read_on(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err)
{
    cs_scan scan;
    cs_file_info info;
    consent_status status = cs_ledger_examine(ledger, ledger->file.file, &info, err);
    if (status != CONSENT_OK)
        return status;
    ledger->space_end = info.size;
    status = cs_scan_open(&scan, ledger, &ledger->file, &ledger->at, info.size, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_scan_all(&scan, sink, err);
    if (status == CONSENT_E_CORRUPT)
        status = cs_ledger_set_damage(ledger, CS_DAMAGE_CORRUPT, scan.at.offset, NULL);
    else if (status == CONSENT_E_UNSUPPORTED)
        status = cs_ledger_set_damage(ledger, CS_DAMAGE_NEWER, scan.at.offset, NULL);
    else if (status == CONSENT_OK)
        status = settle(ledger, &scan, err);
    ledger->at = scan.at;
    cs_scan_close(&scan);
    return status;
}
