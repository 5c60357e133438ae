#include "ledger/internal.h"

#include <errno.h>
#include <string.h>

/* ---- small things ---------------------------------------------------------------------------- */

consent_status cs_ledger_check_use(const cs_ledger *ledger, consent_error *err)
{
    if (ledger->env->process_id(ledger->env->ctx) != ledger->process_id)
        return cs_fail(err, CONSENT_E_FORKED, 0, "the ledger was opened before fork(); open it again in the child");
    return cs_ledger_damage_status(ledger->report.damage, ledger->report.bad_offset, err);
}

static void fill_report(const cs_ledger *ledger, const cs_position *at, cs_ledger_report *report)
{
    if (report == NULL)
        return;
    *report = ledger->report;
    report->frame_count = at->frame_count;
    report->event_count = at->event_count;
    report->end_offset = at->offset;
    memcpy(report->event_head, at->head, CS_HASH_SIZE);
}

const uint8_t *cs_ledger_stream(const cs_ledger *ledger)
{
    return ledger->at.stream;
}

uint64_t cs_ledger_next_seq(const cs_ledger *ledger)
{
    return ledger->at.next_seq;
}

uint32_t cs_ledger_frame_count(const cs_ledger *ledger)
{
    return ledger->at.frame_count;
}

uint64_t cs_ledger_event_count(const cs_ledger *ledger)
{
    return ledger->at.event_count;
}

uint64_t cs_ledger_end(const cs_ledger *ledger)
{
    return ledger->at.offset;
}

/* ---- open ------------------------------------------------------------------------------------ */

static cs_ledger *make(const cs_ledger_config *config)
{
    cs_ledger *ledger = cs_alloc(&config->env->memory, sizeof *ledger);
    if (ledger == NULL)
        return NULL;
    ledger->env = config->env;
    ledger->dir = config->dir;
    memcpy(ledger->name, config->name, strlen(config->name));
    memcpy(ledger->key, config->key, sizeof ledger->key);
    memcpy(ledger->home_id, config->home_id, sizeof ledger->home_id);
    ledger->protection = config->protection;
    ledger->in_memory = config->in_memory;
    ledger->known_frames = config->known_frames;
    ledger->process_id = config->env->process_id(config->env->ctx);
    return ledger;
}

/* A missing ledger is a new one only when nothing says that there was one: a refusal is never forgotten into "never
 * asked". */
static consent_status create_or_refuse(cs_ledger *ledger, consent_error *err)
{
    char name[CS_LEDGER_NAME_SIZE];
    cs_file_info info;
    cs_ledger_name(ledger, ".check", name);
    int rc = ledger->env->file_info_by_name(ledger->env->ctx, ledger->dir, name, &info);
    if (rc == 0 || ledger->known_frames > 0)
        return cs_ledger_set_damage(ledger, CS_DAMAGE_ROLLED_BACK, 0, err);
    if (rc != ENOENT)
        return cs_fail_os(err, rc, "looking for the ledger's checkpoint");
    consent_status status = cs_ledger_create(ledger, err);
    ledger->report.created = status == CONSENT_OK;
    return status;
}

static consent_status sync_name(cs_ledger *ledger, consent_error *err)
{
    int rc = ledger->env->dir_sync(ledger->env->ctx, ledger->dir);
    ledger->name_unsynced = rc != 0;
    return rc == 0 ? CONSENT_OK : cs_fail_os(err, rc, "making the ledger's name durable");
}

static consent_status read_existing(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err)
{
    cs_file_info info;
    bool used = false;
    if (ledger->file.look != CS_HEADER_OK)
        return cs_ledger_set_damage(ledger, cs_ledger_header_damage(ledger->file.look), 0, err);
    int rc = ledger->env->file_info(ledger->env->ctx, ledger->file.file, &info);
    if (rc != 0)
        return cs_fail_os(err, rc, "examining the ledger");
    /* A writer may have died between its write and its sync, or between a rename and the directory's: what is delivered
     * below is durable first, under its name. */
    consent_status status = sync_name(ledger, err);
    if (status != CONSENT_OK)
        return status;
    if (ledger->env->file_sync(ledger->env->ctx, ledger->file.file) != 0)
        ledger->must_move = true;
    cs_position_start(&ledger->file, &ledger->at);
    status = cs_ledger_load_checkpoint(ledger, sink, info.size, &used, err);
    if (status == CONSENT_OK)
        status = cs_ledger_read_on(ledger, sink, err);
    if (status == CONSENT_OK && ledger->at.frame_count < ledger->known_frames)
        status = cs_ledger_set_damage(ledger, CS_DAMAGE_ROLLED_BACK, ledger->at.offset, err);
    if (status == CONSENT_OK && ledger->must_move)
        status = cs_ledger_move(ledger, err);
    return status;
}

static consent_status open_locked(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err)
{
    if (ledger->in_memory)
        cs_ledger_remove_content(ledger); /* its key died with the process that made it */
    consent_status status = cs_ledger_file_open(ledger, &ledger->file, err);
    if (status == CONSENT_E_NOT_FOUND) {
        status = create_or_refuse(ledger, err);
        if (status == CONSENT_OK && sink != NULL && sink->stream != NULL)
            status = sink->stream(sink->user, ledger->at.stream, err);
    } else if (status == CONSENT_OK) {
        status = read_existing(ledger, sink, err);
    }
    if (status == CONSENT_OK && !ledger->in_memory)
        cs_ledger_keep_ballast(ledger);
    return status;
}

static consent_status check_config(const cs_ledger_config *config, consent_error *err)
{
    size_t size = config->name == NULL ? 0 : strlen(config->name);
    if (size == 0 || size >= CS_LEDGER_BASE_SIZE)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a ledger's file name had %zu bytes; 1 to %u are possible", size,
                       CS_LEDGER_BASE_SIZE - 1);
    return CONSENT_OK;
}

consent_status cs_ledger_open(const cs_ledger_config *config, const cs_ledger_sink *sink, cs_ledger **out,
                              cs_ledger_report *report, consent_error *err)
{
    *out = NULL;
    if (report != NULL)
        memset(report, 0, sizeof *report);
    consent_status status = check_config(config, err);
    if (status != CONSENT_OK)
        return status;
    cs_ledger *ledger = make(config);
    if (ledger == NULL)
        return cs_no_memory(err, "a ledger");
    status = cs_ledger_lock(ledger, err);
    if (status == CONSENT_OK)
        status = open_locked(ledger, sink, err);
    cs_ledger_unlock(ledger);
    fill_report(ledger, &ledger->at, report);
    if (status == CONSENT_OK || (ledger->health != CONSENT_OK && ledger->file.file != NULL)) {
        *out = ledger;
        return status;
    }
    cs_ledger_close(ledger);
    return status;
}

void cs_ledger_close(cs_ledger *ledger)
{
    if (ledger == NULL)
        return;
    const cs_env *env = ledger->env;
    bool is_ours = env->process_id(env->ctx) == ledger->process_id;
    /* After fork the lock belongs to the parent: unlocking here would open it under the parent's feet. */
    if (is_ours)
        cs_ledger_unlock(ledger);
    cs_ledger_file_close(ledger, &ledger->file);
    if (ledger->in_memory && is_ours)
        cs_ledger_remove_files(ledger);
    if (ledger->lock != NULL)
        env->file_close(env->ctx, ledger->lock);
    cs_wipe(ledger, sizeof *ledger);
    cs_free(&env->memory, ledger, sizeof *ledger);
}

/* ---- begin ----------------------------------------------------------------------------------- */

/* With the lock: stands behind the last frame of the file that bears the name, and that file may be written. */
static consent_status come_up_to_date(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err)
{
    const cs_env *env = ledger->env;
    bool current = false;
    uint64_t size = 0;
    uint8_t start[CS_FRAME_HEADER_SIZE] = {0};
    consent_status status = cs_ledger_file_is_current(ledger, &current, &size, err);
    if (status == CONSENT_OK && !current) {
        status = cs_ledger_follow(ledger, err);
        if (status == CONSENT_OK)
            status = cs_ledger_file_is_current(ledger, &current, &size, err);
    }
    if (status == CONSENT_OK && ledger->name_unsynced)
        status = sync_name(ledger, err);
    if (status != CONSENT_OK)
        return status;
    if (size < ledger->at.offset)
        return cs_ledger_set_damage(ledger, CS_DAMAGE_ROLLED_BACK, size, err);
    if (size >= ledger->at.offset + sizeof start) {
        int rc = cs_file_read_all(env, ledger->file.file, ledger->at.offset, start, sizeof start);
        if (rc != 0)
            return cs_fail_os(err, rc, "reading the ledger");
    }
    bool more =
        size > ledger->at.offset && (size < ledger->at.offset + sizeof start || !cs_frame_is_zero(start, sizeof start));
    if (more) {
        if (env->file_sync(env->ctx, ledger->file.file) != 0)
            ledger->must_move = true;
        ledger->known_end = ledger->at.offset;
        status = cs_ledger_read_on(ledger, sink, err);
    }
    if (status == CONSENT_OK && ledger->must_move)
        status = cs_ledger_move(ledger, err);
    return status;
}

consent_status cs_ledger_begin(cs_ledger *ledger, const cs_ledger_sink *sink, consent_error *err)
{
    consent_status status = cs_ledger_check_use(ledger, err);
    if (status == CONSENT_OK && ledger->locked)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a record was begun twice; commit or abort the first");
    if (status == CONSENT_OK)
        status = cs_ledger_lock(ledger, err);
    if (status != CONSENT_OK)
        return status;
    status = come_up_to_date(ledger, sink, err);
    if (status != CONSENT_OK)
        cs_ledger_unlock(ledger);
    return status;
}

void cs_ledger_abort(cs_ledger *ledger)
{
    if (ledger != NULL && ledger->env->process_id(ledger->env->ctx) == ledger->process_id)
        cs_ledger_unlock(ledger);
}

/* ---- commit ---------------------------------------------------------------------------------- */

static consent_status write_at_end(cs_ledger *ledger, const cs_draft *draft, consent_error *err)
{
    const cs_env *env = ledger->env;
    uint64_t offset = ledger->at.offset;
    cs_ledger_reserve(ledger, offset + draft->size);
    ledger->tail_touched = true;
    int rc = cs_file_write_all(env, ledger->file.file, offset, draft->frame, draft->size);
    if ((rc == ENOSPC || rc == EDQUOT) && cs_ledger_drop_ballast(ledger))
        rc = cs_file_write_all(env, ledger->file.file, offset, draft->frame, draft->size);
    if (rc != 0)
        return cs_fail_os(err, rc, "writing a record");
    env->file_write_out(env->ctx, ledger->file.file, offset, draft->size);
    return CONSENT_OK;
}

static consent_status sync_end(cs_ledger *ledger, consent_error *err)
{
    int rc = ledger->env->file_sync(ledger->env->ctx, ledger->file.file);
    ledger->must_move = rc != 0;
    return rc == 0 ? CONSENT_OK : cs_fail_os(err, rc, "writing a record");
}

static consent_status chain_part(const cs_ledger_part *part, cs_position *at, consent_error *err)
{
    consent_status status = CONSENT_OK;
    switch (part->kind) {
    case CS_PART_ACTS:
        for (size_t i = 0; i < part->count && status == CONSENT_OK; i++)
            status = cs_position_add(at, part->events[i], err);
        break;
    case CS_PART_REMOTE:
        at->event_count += part->count;
        break;
    case CS_PART_STREAM:
        memcpy(at->stream, part->stream, CS_STREAM_ID_SIZE);
        at->next_seq = 1;
        memset(at->head, 0, sizeof at->head);
        break;
    }
    return status;
}

/* Both chains are carried on, and the next record's seal is begun, while the disk is at work already: what hashing takes
 * then is no time that anybody waits. */
static consent_status append(cs_ledger *ledger, cs_span entries, const cs_ledger_part *parts, size_t count,
                             consent_error *err)
{
    cs_draft draft;
    cs_position after = ledger->at;
    consent_status status = cs_draft_make(&draft, ledger, &ledger->file, &after, entries, err);
    if (status != CONSENT_OK)
        return status;
    if (after.offset + draft.size > CS_LEDGER_MAX_FILE_SIZE)
        status = cs_fail(err, CONSENT_E_FULL, 0, "the ledger reached its largest size of 64 MiB");
    else
        status = write_at_end(ledger, &draft, err);
    if (status == CONSENT_OK)
        status = cs_draft_pass(&draft, &after, err);
    for (size_t i = 0; i < count && status == CONSENT_OK; i++)
        status = chain_part(&parts[i], &after, err);
    if (status == CONSENT_OK) {
        (void)cs_draft_prepare(ledger, &ledger->file, &after, NULL);
        status = sync_end(ledger, err);
    }
    cs_draft_free(&draft, ledger);
    if (status == CONSENT_OK) {
        ledger->tail_touched = false;
        ledger->at = after;
        if (ledger->space_end < after.offset)
            ledger->space_end = after.offset;
    }
    return status;
}

/* Nothing of a failed append stays. After a failed sync a new descriptor does the cutting, and the file is
 * not appended to again. Should this fail too, the next begin finds and judges what is there. */
static void take_back(cs_ledger *ledger)
{
    const cs_env *env = ledger->env;
    cs_file *file = ledger->file.file;
    if (!ledger->tail_touched)
        return;
    if (ledger->must_move && env->file_open(env->ctx, ledger->dir, ledger->name, CS_OPEN_WRITE, &file) != 0)
        return;
    ledger->tail_touched = env->file_truncate(env->ctx, file, ledger->at.offset) != 0;
    ledger->space_end = ledger->at.offset;
    if (ledger->must_move) {
        (void)env->file_sync(env->ctx, file);
        env->file_close(env->ctx, file);
    } else if (!ledger->tail_touched) {
        cs_ledger_reserve(ledger, ledger->at.offset + CS_SECTOR_SIZE);
    }
}

static consent_status append_surely(cs_ledger *ledger, cs_span entries, const cs_ledger_part *parts, size_t count,
                                    consent_error *err)
{
    consent_status status = append(ledger, entries, parts, count, err);
    if (status != CONSENT_OK && ledger->must_move && cs_ledger_move(ledger, NULL) == CONSENT_OK)
        status = append(ledger, entries, parts, count, err);
    if (status != CONSENT_OK)
        take_back(ledger);
    return status;
}

static consent_status check_event(const cs_ledger_part *part, size_t index, uint64_t *seq, consent_error *err)
{
    cs_event event;
    if (cs_event_decode(part->events[index], &event, NULL) != CONSENT_OK)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "event %zu of a record was not an event's exact bytes", index + 1);
    if (index == 0 && part->kind == CS_PART_REMOTE)
        *seq = event.seq;
    if (event.seq != *seq)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an event had number %llu where %llu was next",
                       (unsigned long long)event.seq, (unsigned long long)*seq);
    ++*seq;
    return CONSENT_OK;
}

static consent_status check_part(const cs_ledger_part *part, uint64_t *next_seq, size_t *size, consent_error *err)
{
    consent_status status = CONSENT_OK;
    uint64_t seq = *next_seq;
    if (part->kind == CS_PART_STREAM) {
        *next_seq = 1;
        return CONSENT_OK;
    }
    if (part->kind == CS_PART_ACTS && part->count == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a record had no events");
    *size += part->evidence.size;
    for (size_t i = 0; i < part->count && status == CONSENT_OK; i++) {
        status = check_event(part, i, &seq, err);
        *size += part->events[i].size + 3;
    }
    if (part->kind == CS_PART_ACTS)
        *next_seq = seq;
    return status;
}

static void put_part(cs_buffer *out, const cs_ledger_part *part, uint64_t *next_seq)
{
    uint8_t entry[CS_STREAM_ENTRY_SIZE];
    switch (part->kind) {
    case CS_PART_ACTS:
        cs_frame_put_acts(out, *next_seq, part->events, part->count);
        *next_seq += part->count;
        break;
    case CS_PART_REMOTE:
        cs_frame_put_remote(out, part->stream, part->evidence, part->events, part->count);
        break;
    case CS_PART_STREAM:
        cs_frame_stream_entry(part->stream, entry);
        cs_buffer_append(out, entry, sizeof entry);
        *next_seq = 1;
        break;
    }
}

static consent_status commit(cs_ledger *ledger, const cs_ledger_part *parts, size_t count, consent_error *err)
{
    cs_buffer entries;
    size_t size = 0;
    uint64_t next_seq = ledger->at.next_seq;
    consent_status status = CONSENT_OK;
    for (size_t i = 0; i < count && status == CONSENT_OK; i++)
        status = check_part(&parts[i], &next_seq, &size, err);
    if (status != CONSENT_OK)
        return status;
    if (size > CS_LEDGER_MAX_COMMIT_BYTES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a record of %zu bytes was larger than %u; record less at once",
                       size, CS_LEDGER_MAX_COMMIT_BYTES);
    cs_buffer_init(&entries, &ledger->env->memory, CS_ENTRIES_MAX_SIZE);
    next_seq = ledger->at.next_seq;
    for (size_t i = 0; i < count; i++)
        put_part(&entries, &parts[i], &next_seq);
    status = cs_buffer_status(&entries, "a record", err);
    if (status == CONSENT_OK)
        status = append_surely(ledger, cs_buffer_span(&entries), parts, count, err);
    cs_buffer_free(&entries);
    return status;
}

consent_status cs_ledger_commit_parts(cs_ledger *ledger, const cs_ledger_part *parts, size_t count, consent_error *err)
{
    consent_status status = cs_ledger_check_use(ledger, err);
    if (status == CONSENT_E_FORKED)
        return status;
    if (!ledger->locked)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a record was committed that was not begun");
    if (status == CONSENT_OK)
        status = commit(ledger, parts, count, err);
    cs_ledger_unlock(ledger);
    return status;
}

consent_status cs_ledger_commit(cs_ledger *ledger, const cs_span *events, size_t count, consent_error *err)
{
    const cs_ledger_part part = {.kind = CS_PART_ACTS, .events = events, .count = count};
    return cs_ledger_commit_parts(ledger, &part, 1, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static consent_status read_up_to(cs_ledger *ledger, uint64_t limit, const cs_ledger_sink *sink, consent_error *err)
{
    cs_scan scan;
    consent_status status = cs_scan_open(&scan, ledger, &ledger->file, &ledger->at, limit, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_scan_all(&scan, sink, err);
    ledger->at = scan.at;
    cs_scan_close(&scan);
    return status;
}

consent_status cs_ledger_catch_up(cs_ledger *ledger, uint64_t limit_offset, const cs_ledger_sink *sink,
                                  consent_error *err)
{
    enum {
        TRIES = 3
    };
    consent_status status = cs_ledger_check_use(ledger, err);
    for (int i = 0; i < TRIES && status == CONSENT_OK && (i == 0 || ledger->at.offset < limit_offset); i++) {
        bool current = false;
        uint64_t size = 0;
        status = cs_ledger_file_is_current(ledger, &current, &size, err);
        if (status == CONSENT_OK && !current)
            status = cs_ledger_follow(ledger, err);
        if (status == CONSENT_OK && ledger->at.offset < limit_offset)
            status = read_up_to(ledger, limit_offset, sink, err);
    }
    if (status == CONSENT_E_CORRUPT || (status == CONSENT_OK && ledger->at.offset < limit_offset))
        status = cs_ledger_set_damage(ledger, CS_DAMAGE_CORRUPT, ledger->at.offset, err);
    return status;
}

/* ---- verify ---------------------------------------------------------------------------------- */

/* Where the new reading came out, held against where this handle stands. */
static consent_status conclude(cs_ledger *ledger, cs_scan *scan, cs_ledger_report *report, consent_error *err)
{
    cs_tail tail;
    uint64_t known_end = ledger->health == CONSENT_OK ? ledger->at.offset : ledger->known_end;
    consent_status status = cs_tail_judge(scan, known_end, &tail, err);
    if (status != CONSENT_OK)
        return status;
    bool same = memcmp(scan->at.previous, ledger->at.previous, CS_HASH_SIZE) == 0 &&
                memcmp(scan->at.head, ledger->at.head, CS_HASH_SIZE) == 0;
    if (tail.damage == CS_DAMAGE_NONE && ledger->health == CONSENT_OK && !same)
        tail.damage = CS_DAMAGE_TAMPERED;
    if (tail.damage == CS_DAMAGE_TORN_TAIL && tail.rewrite_trailer)
        tail.damage = CS_DAMAGE_CORRUPT;
    if (tail.damage == CS_DAMAGE_NONE && ledger->health != CONSENT_OK) {
        tail.damage = ledger->report.damage;
        tail.bad_offset = ledger->report.bad_offset;
    }
    fill_report(ledger, &scan->at, report);
    if (report != NULL && tail.damage != CS_DAMAGE_NONE) {
        report->damage = tail.damage;
        report->bad_offset = tail.bad_offset;
    }
    return cs_ledger_damage_status(tail.damage, tail.bad_offset, err);
}

static consent_status verify_file(cs_ledger *ledger, const cs_ledger_file *file, const cs_ledger_sink *sink,
                                  cs_ledger_report *report, consent_error *err)
{
    cs_scan scan;
    cs_file_info info;
    cs_position start;
    consent_status status = cs_ledger_examine(ledger, file->file, &info, err);
    if (status != CONSENT_OK)
        return status;
    /* What others append meanwhile is theirs to vouch for. */
    bool whole = ledger->health != CONSENT_OK;
    uint64_t limit = whole || info.size < ledger->at.offset ? info.size : ledger->at.offset;
    cs_position_start(file, &start);
    status = cs_scan_open(&scan, ledger, file, &start, limit, err);
    if (status != CONSENT_OK)
        return status;
    scan.checks_events = true;
    status = cs_scan_all(&scan, sink, err);
    if (status == CONSENT_OK) {
        status = conclude(ledger, &scan, report, err);
    } else if (report != NULL) {
        fill_report(ledger, &scan.at, report);
        report->damage = status == CONSENT_E_CORRUPT ? CS_DAMAGE_CORRUPT : report->damage;
        report->bad_offset = scan.at.offset;
    }
    cs_scan_close(&scan);
    return status;
}

consent_status cs_ledger_verify(cs_ledger *ledger, const cs_ledger_sink *sink, cs_ledger_report *report,
                                consent_error *err)
{
    cs_ledger_file file;
    bool current = false;
    uint64_t size = 0;
    fill_report(ledger, &ledger->at, report);
    consent_status status = cs_ledger_file_is_current(ledger, &current, &size, err);
    if (status == CONSENT_OK && !current && ledger->health == CONSENT_OK)
        status = cs_ledger_follow(ledger, err);
    if (status == CONSENT_OK)
        status = cs_ledger_file_open(ledger, &file, err);
    if (status != CONSENT_OK)
        return status;
    if (file.look == CS_HEADER_OK) {
        status = verify_file(ledger, &file, sink, report, err);
    } else {
        cs_damage damage = cs_ledger_header_damage(file.look);
        status = cs_ledger_damage_status(damage, 0, err);
        if (report != NULL)
            report->damage = damage;
    }
    cs_ledger_file_close(ledger, &file);
    return status;
}
