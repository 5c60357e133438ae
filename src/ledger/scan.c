/* Reading frames in order, through a window of bounded size. */
#include "ledger/internal.h"

#include <string.h>

enum {
    WINDOW_SIZE = 16384
}; /* grows for a larger frame */

void cs_position_start(const cs_ledger_file *file, cs_position *out)
{
    memset(out, 0, sizeof *out);
    out->offset = CS_FILE_HEADER_SIZE;
    memcpy(out->previous, file->header_hash, CS_HASH_SIZE);
}

static void free_window(cs_scan *scan)
{
    const cs_memory *memory = &scan->ledger->env->memory;
    if (scan->plain != NULL)
        cs_wipe(scan->plain, scan->window_capacity);
    cs_free(memory, scan->plain, scan->window_capacity);
    cs_free(memory, scan->window, scan->window_capacity);
    scan->plain = NULL;
    scan->window = NULL;
    scan->window_capacity = 0;
    scan->window_size = 0;
}

static consent_status make_window(cs_scan *scan, size_t capacity, consent_error *err)
{
    const cs_memory *memory = &scan->ledger->env->memory;
    free_window(scan);
    scan->window_capacity = capacity;
    scan->window = cs_alloc(memory, capacity);
    scan->plain = cs_alloc(memory, capacity);
    if (scan->window != NULL && scan->plain != NULL)
        return CONSENT_OK;
    free_window(scan);
    return cs_no_memory(err, "the ledger");
}

consent_status cs_scan_open(cs_scan *scan, const cs_ledger *ledger, const cs_ledger_file *file, const cs_position *from,
                            uint64_t limit, consent_error *err)
{
    memset(scan, 0, sizeof *scan);
    scan->ledger = ledger;
    scan->file = file;
    scan->at = *from;
    scan->limit = limit < CS_LEDGER_MAX_FILE_SIZE ? limit : CS_LEDGER_MAX_FILE_SIZE;
    uint64_t left = scan->limit > from->offset ? scan->limit - from->offset : 0;
    return make_window(scan, left > CS_SECTOR_SIZE ? WINDOW_SIZE : CS_SECTOR_SIZE, err);
}

void cs_scan_close(cs_scan *scan)
{
    if (scan->ledger == NULL)
        return;
    free_window(scan);
    memset(scan, 0, sizeof *scan);
}

consent_status cs_scan_bytes(cs_scan *scan, uint64_t offset, size_t size, const uint8_t **out, consent_error *err)
{
    uint64_t window_end = scan->window_start + scan->window_size;
    if (offset > scan->limit || size > scan->limit - offset || size > CS_FRAME_MAX_SIZE)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the ledger ended before the bytes that were asked for");
    if (offset < scan->window_start || offset + size > window_end) {
        consent_status status = size > scan->window_capacity ? make_window(scan, size, err) : CONSENT_OK;
        if (status != CONSENT_OK)
            return status;
        uint64_t left = scan->limit - offset;
        size_t wanted = left < scan->window_capacity ? (size_t)left : scan->window_capacity;
        scan->window_size = 0;
        int rc = cs_file_read_all(scan->ledger->env, scan->file->file, offset, scan->window, wanted);
        if (rc != 0)
            return cs_fail_os(err, rc, "reading the ledger");
        scan->window_start = offset;
        scan->window_size = wanted;
    }
    *out = scan->window + (offset - scan->window_start);
    return CONSENT_OK;
}

consent_status cs_scan_frame(cs_scan *scan, cs_span *frame, cs_span *entries, consent_error *err)
{
    uint32_t size = 0;
    uint32_t index = 0;
    *frame = (cs_span){NULL, 0};
    scan->stop = CONSENT_OK;
    if (scan->limit < scan->at.offset + CS_SECTOR_SIZE)
        return CONSENT_OK;
    const uint8_t *bytes = NULL;
    consent_status status = cs_scan_bytes(scan, scan->at.offset, CS_SECTOR_SIZE, &bytes, err);
    if (status != CONSENT_OK)
        return status;
    if (!cs_frame_read_start(bytes, &size, &index) || scan->limit < scan->at.offset + size)
        return CONSENT_OK;
    status = cs_scan_bytes(scan, scan->at.offset, size, &bytes, err);
    if (status != CONSENT_OK)
        return status;
    const cs_frame_place place = {scan->file->header_hash, scan->at.previous, scan->at.frame_count};
    consent_error why;
    status = cs_frame_open(&scan->file->keys, &place, (cs_span){bytes, size}, scan->plain, entries, &why);
    if (status == CONSENT_E_TAMPERED || status == CONSENT_E_CORRUPT) { /* recover.c says what that means */
        scan->stop = status;
        return CONSENT_OK;
    }
    if (status != CONSENT_OK)
        return cs_fail(err, status, why.os_code, "%s", why.message);
    *frame = (cs_span){bytes, size};
    return CONSENT_OK;
}

consent_status cs_position_add(cs_position *at, cs_span event, consent_error *err)
{
    uint8_t head[CS_HASH_SIZE];
    const cs_span parts[] = {{at->head, CS_HASH_SIZE}, event};
    consent_status status = cs_sha256(parts, CS_COUNT_OF(parts), head, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(at->head, head, CS_HASH_SIZE);
    at->next_seq++;
    at->event_count++;
    return CONSENT_OK;
}

/* The seal vouches for the bytes; this finds what a faulty writer sealed. */
static consent_status check_event(cs_span bytes, uint64_t seq, consent_error *err)
{
    cs_event event;
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status == CONSENT_OK && seq != 0 && event.seq != seq)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "event %llu of the ledger said that it is event %llu",
                       (unsigned long long)seq, (unsigned long long)event.seq);
    return status;
}

static consent_status take_event(const cs_scan *scan, cs_position *at, const cs_entry *entry, cs_span event,
                                 const cs_ledger_sink *sink, consent_error *err)
{
    bool own = entry->kind == CS_ENTRY_ACTS;
    consent_status status = CONSENT_OK;
    if (scan->checks_events)
        status = check_event(event, own ? at->next_seq : 0, err);
    if (status == CONSENT_OK && sink != NULL && sink->event != NULL)
        status = sink->event(sink->user, own ? at->stream : entry->stream, event, err);
    if (status != CONSENT_OK)
        return status;
    if (own)
        return cs_position_add(at, event, err);
    at->event_count++;
    return CONSENT_OK;
}

static consent_status take_entry(const cs_scan *scan, cs_position *at, cs_entry *entry, const cs_ledger_sink *sink,
                                 consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (entry->kind == CS_ENTRY_STREAM) {
        memcpy(at->stream, entry->stream, CS_STREAM_ID_SIZE);
        at->next_seq = 1;
        memset(at->head, 0, sizeof at->head);
        return sink != NULL && sink->stream != NULL ? sink->stream(sink->user, entry->stream, err) : CONSENT_OK;
    }
    if (entry->kind == CS_ENTRY_ACTS && (at->next_seq == 0 || entry->first_seq != at->next_seq))
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the ledger's events were out of sequence");
    bool remote = entry->kind == CS_ENTRY_REMOTE && sink != NULL && sink->evidence != NULL;
    if (remote)
        status = sink->evidence(sink->user, entry->stream, entry->evidence, false, err);
    for (uint64_t i = 0; i < entry->count && status == CONSENT_OK; i++)
        status = take_event(scan, at, entry, cs_frame_next_event(entry), sink, err);
    if (remote && status == CONSENT_OK)
        status = sink->evidence(sink->user, entry->stream, entry->evidence, true, err);
    return status;
}

consent_status cs_scan_take(cs_scan *scan, cs_span frame, cs_span entries, const cs_ledger_sink *sink,
                            consent_error *err)
{
    cs_position next = scan->at;
    cs_reader in = cs_reader_of(entries);
    consent_status status = CONSENT_OK;
    bool more = true;
    while (status == CONSENT_OK && more) {
        cs_entry entry;
        status = cs_frame_next_entry(&in, &entry, &more, err);
        if (status == CONSENT_OK && more)
            status = take_entry(scan, &next, &entry, sink, err);
    }
    if (status == CONSENT_OK)
        status = cs_frame_hash(frame, next.previous, err);
    if (status != CONSENT_OK)
        return status;
    next.last_offset = next.offset;
    next.offset += frame.size;
    next.frame_count++;
    scan->at = next;
    return CONSENT_OK;
}

consent_status cs_scan_all(cs_scan *scan, const cs_ledger_sink *sink, consent_error *err)
{
    for (;;) {
        cs_span frame;
        cs_span entries;
        consent_status status = cs_scan_frame(scan, &frame, &entries, err);
        if (status != CONSENT_OK || frame.size == 0)
            return status;
        status = cs_scan_take(scan, frame, entries, sink, err);
        if (status != CONSENT_OK)
            return status;
    }
}
