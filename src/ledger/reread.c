/* Reading one stream again, from a remembered place: what is still to be sent is found without walking the whole history. */
#include "ledger/internal.h"

#include <string.h>

typedef struct reread {
    const uint8_t *stream;
    uint64_t from, next;
    cs_event_fn event;
    void *user;
    bool found;
} reread;

/* Events of one stream stand in order, so counting tells their numbers, once the first was decoded. */
static consent_status take(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    reread *r = user;
    cs_event event;
    if (memcmp(stream, r->stream, CS_STREAM_ID_SIZE) != 0)
        return CONSENT_OK;
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK || event.seq < r->from)
        return status;
    r->found = true;
    if (r->next == 0)
        r->next = event.seq;
    if (event.seq != r->next) /* known before, or not in order: evidence says which it was */
        return CONSENT_OK;
    r->next++;
    return r->event(r->user, stream, bytes, err);
}

static void start_at(const cs_ledger *ledger, const cs_ledger_mark *mark, cs_position *at)
{
    cs_position_start(&ledger->file, at);
    if (mark->offset < at->offset || mark->offset > ledger->at.offset)
        return;
    *at = *mark;
}

static consent_status read_frames(cs_scan *scan, reread *r, cs_ledger_mark *mark, bool *fits, consent_error *err)
{
    const cs_ledger_sink sink = {.user = r, .event = take};
    consent_status status = CONSENT_OK;
    cs_span frame, entries;
    *fits = true;
    for (bool first = true; status == CONSENT_OK && scan->at.offset < scan->limit; first = false) {
        status = cs_scan_frame(scan, &frame, &entries, err);
        if (status == CONSENT_OK && frame.size == 0) {
            *fits = !first;
            return first ? CONSENT_OK : cs_fail(err, CONSENT_E_CORRUPT, 0, "the ledger could not be read again");
        }
        if (status == CONSENT_OK)
            status = cs_scan_take(scan, frame, entries, &sink, err);
        if (status == CONSENT_OK && !r->found)
            *mark = scan->at;
    }
    return status;
}

consent_status cs_ledger_read_stream(cs_ledger *ledger, const uint8_t *stream, uint64_t from, cs_ledger_mark *mark,
                                     cs_event_fn event, void *user, consent_error *err)
{
    consent_status status = cs_ledger_check_use(ledger, err);
    bool fits = false;
    for (int i = 0; i < 2 && status == CONSENT_OK && !fits; i++) {
        cs_scan scan;
        cs_position at;
        reread r = {stream, from, 0, event, user, false};
        start_at(ledger, mark, &at);
        memset(mark, 0, sizeof *mark); /* that it was a place of another file shows when nothing opens there */
        status = cs_scan_open(&scan, ledger, &ledger->file, &at, ledger->at.offset, err);
        if (status == CONSENT_OK) {
            *mark = at;
            status = read_frames(&scan, &r, mark, &fits, err);
            if (!fits)
                memset(mark, 0, sizeof *mark);
        }
        cs_scan_close(&scan);
    }
    return status == CONSENT_OK && !fits ? cs_fail(err, CONSENT_E_CORRUPT, 0, "the ledger could not be read again")
                                         : status;
}
