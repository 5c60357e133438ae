/* Taking pages: what other devices and the backend did. Each item is verified, then recorded, then the cursor moves over it. */
#include "sync/internal.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_PAGES = 256
};

typedef struct pulling {
    cs_sync *sync;
    uint64_t merged; /* recorded up to */
    bool moved;      /* the own stream was found to have gone another way */
    cs_buffer events;
} pulling;

static consent_status doubtful(const char *what, consent_error *err)
{
    return cs_fail(err, CONSENT_E_TAMPERED, 0, "an item of the backend's page %s", what);
}

/* ---- one's own stream: receipts that were lost on the way -------------------------------------------------- */

static consent_status move_on(pulling *p, const cs_lane *own, consent_error *err)
{
    static const uint8_t none[CS_HASH_SIZE];
    p->moved = true;
    memset(&p->sync->kept.mark, 0, sizeof p->sync->kept.mark);
    p->sync->kept_changed = true;
    return cs_exchange_move_on(p->sync->profile, own->stream, false, none, err);
}

static consent_status take_own(pulling *p, const cs_receipt *receipt, cs_str jws, uint64_t merged, consent_error *err)
{
    const cs_lane *own = &p->sync->standing.lanes[0];
    cs_ledger_mark mark = {0};
    cs_evidence evidence;
    uint32_t none = 0;
    cs_stream_state known;
    consent_status status = cs_exchange_stream(p->sync->profile, own->stream, &known, err);
    if (status != CONSENT_OK || receipt->last <= known.acked_seq)
        return status;
    if (receipt->first != known.acked_seq + 1)
        return doubtful("left out a range of this device", err);
    cs_exchange_reading reading = {.known = known.acked_seq, .first = receipt->last};
    memcpy(reading.head, known.head, sizeof reading.head);
    /* The backend has more of this stream than the ledger, or something else: an older copy of the store was put back, or a copy of it
     * lives on another device. */
    if (receipt->last > known.last_seq)
        return move_on(p, own, err);
    status = cs_exchange_read(p->sync->profile, own->stream, &mark, &reading, err);
    if (status != CONSENT_OK)
        return status;
    if (memcmp(reading.head, receipt->head, CS_HASH_SIZE) != 0)
        return move_on(p, own, err);
    cs_sync_evidence(receipt, jws, &evidence);
    evidence.merged = merged;
    status = cs_exchange_record(p->sync->profile, own->stream, &evidence, (cs_span){NULL, 0}, &none, err);
    if (status == CONSENT_OK)
        p->sync->report->sent += (uint32_t)(receipt->last - known.acked_seq);
    return status;
}

/* ---- others' ------------------------------------------------------------------------------------------------ */

static consent_status check_key(const cs_page_item *item, const cs_receipt *receipt, const cs_stream_state *known,
                                consent_error *err)
{
    static const uint8_t none[CS_HASH_SIZE];
    uint8_t hash[CS_HASH_SIZE];
    const cs_span part = {item->key, sizeof item->key};
    if (known->last_seq != 0 && known->by_backend != receipt->by_backend)
        return doubtful("changed whose stream it is", err);
    if (receipt->by_backend)
        return item->has_key ? doubtful("gave the backend's own stream a key", err) : CONSENT_OK;
    if (!item->has_key)
        return doubtful("lacked the device's key", err);
    consent_status status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK && memcmp(hash, receipt->key, sizeof hash) != 0)
        status = doubtful("came with another key than its receipt names", err);
    if (status == CONSENT_OK && memcmp(known->key, none, sizeof none) != 0 &&
        memcmp(known->key, hash, sizeof hash) != 0)
        status = doubtful("came with another key than the stream had", err);
    return status;
}

static consent_status check_signature(const pulling *p, const cs_page_item *item, const cs_receipt *receipt,
                                      consent_error *err)
{
    uint8_t message[CS_RANGE_SIGNED_SIZE];
    cs_range range = {.first = receipt->first, .last = receipt->last};
    if (receipt->by_backend)
        return CONSENT_OK;
    memcpy(range.profile, p->sync->standing.profile, sizeof range.profile);
    memcpy(range.stream, receipt->stream, sizeof range.stream);
    memcpy(range.head, receipt->head, sizeof range.head);
    cs_range_signed(&range, message);
    return cs_es256_verify(item->key, (cs_span){message, sizeof message}, item->signature, err);
}

/* Grants that name a policy which is not held wait for it; a notice is told of by its hash. What the backend may not do is counted. */
static void look_through(cs_sync *sync, cs_span events, bool by_backend)
{
    cs_reader in = cs_reader_of(events);
    cs_event event;
    for (;;) {
        cs_span bytes = cs_wire_next_event(&in);
        if (bytes.size == 0)
            return;
        if (cs_event_decode(bytes, &event, NULL) != CONSENT_OK)
            continue;
        if (by_backend && !cs_state_backend_may(&event)) {
            sync->report->ignored++;
            sync->kept.ignored++;
            sync->kept_changed = true;
            continue;
        }
        if (by_backend && event.type == CS_EVENT_NOTICE_RECEIVED && event.notice_hash)
            cs_sync_want_notice(sync, event.notice_hash);
        if (event.policy.hash)
            cs_sync_want(sync, event.policy.hash);
        if (event.overlay.hash)
            cs_sync_want(sync, event.overlay.hash);
    }
}

static consent_status take_other(pulling *p, const cs_page_item *item, const cs_receipt *receipt, uint64_t merged,
                                 consent_error *err)
{
    cs_stream_state known;
    cs_evidence evidence;
    consent_status status = cs_exchange_stream(p->sync->profile, receipt->stream, &known, err);
    if (status != CONSENT_OK || receipt->last <= known.acked_seq)
        return status;
    if (!item->has_events || receipt->first > known.acked_seq + 1)
        return doubtful("left out a range of another device", err);
    status = check_key(item, receipt, &known, err);
    if (status == CONSENT_OK)
        status = check_signature(p, item, receipt, err);
    cs_buffer_clear(&p->events);
    if (status == CONSENT_OK)
        status = cs_page_item_events(p->sync->memory, item, &p->events, err);
    /* Without events it would read as a receipt alone, and acts that nobody here has seen would count as seen. */
    if (status == CONSENT_OK && p->events.size == 0)
        status = doubtful("came without its events", err);
    if (status != CONSENT_OK)
        return status;
    cs_sync_evidence(receipt, item->receipt, &evidence);
    evidence.merged = merged;
    if (item->has_key)
        evidence.signature = (cs_span){item->signature, CS_SIGNATURE_SIZE};
    /* A large range is recorded in several frames: a run that stopped in between is gone on with. */
    cs_reader rest = cs_reader_of(cs_buffer_span(&p->events));
    for (; evidence.first <= known.acked_seq; evidence.first++, evidence.first_cursor++)
        (void)cs_wire_next_event(&rest);
    status = cs_exchange_record(p->sync->profile, receipt->stream, &evidence, (cs_span){rest.at, rest.left},
                                &p->sync->report->received, err);
    if (status == CONSENT_OK)
        look_through(p->sync, cs_buffer_span(&p->events), receipt->by_backend);
    return status;
}

/* ---- pages ----------------------------------------------------------------------------------------------------- */

static consent_status take_item(pulling *p, const cs_page_item *item, consent_error *err)
{
    cs_receipt receipt;
    consent_status status = cs_sync_receipt(p->sync, item->receipt, &receipt, err);
    if (status != CONSENT_OK)
        return status;
    uint64_t end = receipt.first_cursor + (receipt.last - receipt.first);
    if (end <= p->merged)
        return CONSENT_OK;
    if (receipt.first_cursor > p->merged + 1)
        return doubtful("left a gap in the order of the profile", err);
    if (memcmp(receipt.stream, p->sync->standing.lanes[0].stream, CS_STREAM_ID_SIZE) == 0)
        status = take_own(p, &receipt, item->receipt, end, err);
    else
        status = take_other(p, item, &receipt, end, err);
    if (status == CONSENT_OK && !p->moved)
        p->merged = end;
    return status;
}

static consent_status take_page(pulling *p, const cs_feed_page *page, bool *more, consent_error *err)
{
    consent_status status = CONSENT_OK;
    uint64_t before = p->merged;
    for (size_t i = 0; i < page->count && status == CONSENT_OK && !p->moved; i++) {
        cs_page_item item;
        status = cs_feed_page_item(page, i, &item, err);
        if (status == CONSENT_OK)
            status = take_item(p, &item, err);
    }
    if (status == CONSENT_OK && !p->moved && page->next != p->merged)
        status = doubtful("was missing: the next cursor is not behind the last item", err);
    *more = page->more && !p->moved && p->merged > before;
    /* Ranges of one's own that were known already move the cursor, too. */
    if (p->merged > before) {
        consent_status moved = cs_exchange_merged(p->sync->profile, p->merged, err);
        status = status == CONSENT_OK ? moved : status;
    }
    return status;
}

static consent_status get_page(pulling *p, consent_error *err)
{
    char path[CS_SYNC_PATH_SIZE], profile[2 * CS_PROFILE_ID_SIZE + 1], stream[2 * CS_STREAM_ID_SIZE + 1];
    cs_fault fault;
    uint64_t last;
    cs_hex_encode(p->sync->standing.profile, CS_PROFILE_ID_SIZE, profile);
    cs_hex_encode(p->sync->standing.lanes[0].stream, CS_STREAM_ID_SIZE, stream);
    (void)snprintf(path, sizeof path, "/v1/profiles/%s/events?after=%llu&stream=%s", profile,
                   (unsigned long long)p->merged, stream);
    const cs_sync_request request = {.method = "GET", .path = path, .with_token = true};
    consent_status status = cs_sync_call(p->sync, &request, &fault, &last, err);
    p->sync->forgotten = status == CONSENT_OK && fault == CS_FAULT_UNKNOWN;
    if (p->sync->forgotten)
        cs_sync_set_enrolled(p->sync, p->sync->standing.lanes[0].stream, false);
    if (status == CONSENT_OK && fault == CS_FAULT_GAP)
        return cs_sync_failed(p->sync, 0,
                              cs_fail(err, CONSENT_E_NETWORK, 0,
                                      "the backend knows less than this device has from it: it was set back, and its "
                                      "operator must know"));
    if (status == CONSENT_OK && fault != CS_FAULT_NONE)
        return cs_sync_failed(p->sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "the backend gave no page"));
    return status;
}

static consent_status pull_page(pulling *p, bool *more, consent_error *err)
{
    cs_feed_page page;
    consent_error why = {0};
    consent_status status = get_page(p, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_feed_page_read(cs_sync_answer(p->sync), &page, &why);
    if (status == CONSENT_OK) {
        status = take_page(p, &page, more, &why);
        cs_feed_page_free(&page);
    }
    if (status != CONSENT_OK && err)
        *err = why;
    /* A page that does not verify is a fault of the network's other end; what came before it stands. */
    if (status == CONSENT_E_TAMPERED || status == CONSENT_E_ARGUMENT || status == CONSENT_E_CORRUPT) {
        if (err)
            err->status = CONSENT_E_NETWORK;
        status = cs_sync_failed(p->sync, 0, CONSENT_E_NETWORK);
    }
    return status;
}

consent_status cs_sync_pull(cs_sync *sync, bool *moved, consent_error *err)
{
    bool more = true;
    *moved = false;
    consent_status status = cs_exchange_look(sync->profile, &sync->standing, err);
    if (status != CONSENT_OK)
        return status;
    pulling p = {.sync = sync, .merged = sync->standing.merged};
    cs_buffer_init(&p.events, sync->memory, CS_RANGE_MAX_BYTES);
    for (int i = 0; i < MAX_PAGES && more && status == CONSENT_OK; i++)
        status = pull_page(&p, &more, err);
    cs_buffer_free(&p.events);
    *moved = p.moved;
    return status;
}
