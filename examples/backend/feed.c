/* What devices read: pages of whole ranges. */
#include "person.h"
#include "platform/platform.h"

#include <string.h>

#define ITEM_OVERHEAD_BYTES 2048u /* a receipt, key, signature and names */

typedef struct page {
    cd_keys *keys;
    const uint8_t *profile, *own;
    int64_t now_ms;
    cs_json_out *out;
    uint64_t next;
    bool any, more;
    consent_status status;
    consent_error *err;
} page;

/* Whether it surely fits, however badly it compresses. The first always goes. */
static bool has_room(const page *p, const cd_stored_range *range, bool with_events)
{
    size_t needed = ITEM_OVERHEAD_BYTES + (with_events ? range->events.size / 3 * 4 + 4 : 0);
    return !p->any || p->out->buffer->size + needed + 64 <= CS_ANSWER_MAX_BYTES;
}

static void put_item(page *p, const cd_stored_range *stored, bool with_events, cs_str receipt)
{
    cs_range range = {.first = stored->first, .last = stored->last, .events = stored->events};
    memcpy(range.profile, p->profile, sizeof range.profile);
    memcpy(range.stream, stored->stream, sizeof range.stream);
    memcpy(range.head, stored->head, sizeof range.head);
    memcpy(range.signature, stored->signature, sizeof range.signature);
    p->status = cs_feed_page_put(cs_memory_system(), p->out, receipt, with_events ? &range : NULL,
                                 stored->by_backend ? NULL : stored->key, p->err);
}

static bool put(void *ctx, const cd_stored_range *range)
{
    page *p = ctx;
    cs_receipt receipt;
    cs_buffer jws;
    bool with_events = !p->own || memcmp(range->stream, p->own, CS_STREAM_ID_SIZE) != 0;
    if (!has_room(p, range, with_events)) {
        p->more = true;
        return false;
    }
    cs_buffer_init(&jws, cs_memory_system(), 4096);
    p->status = cd_receipt_of(p->profile, range, &receipt)
                    ? cd_keys_sign_receipt(p->keys, p->now_ms, &receipt, &jws, p->err)
                    : cs_fail(p->err, CONSENT_E_MEMORY, 0, "no memory for a receipt");
    if (p->status == CONSENT_OK)
        put_item(p, range, with_events, (cs_str){(const char *)jws.data, jws.size});
    p->next = range->first_cursor + range->last - range->first;
    p->any = true;
    cs_buffer_free(&jws);
    return p->status == CONSENT_OK;
}

consent_status cd_feed_write(cd_store *store, cd_keys *keys, const uint8_t *profile, uint64_t after, const uint8_t *own,
                             int64_t now_ms, cs_json_out *out, uint64_t *last, consent_error *err)
{
    cd_profile known;
    page p = {.keys = keys, .profile = profile, .own = own, .now_ms = now_ms, .out = out, .next = after, .err = err};
    consent_status status = cd_store_profile(store, profile, &known, err);
    if (status != CONSENT_OK)
        return status;
    *last = known.next_cursor - 1;
    if (after > *last)
        return cs_fail(err, CONSENT_E_ROLLED_BACK, 0, "there are no events up to there; the backend was set back");
    cs_feed_page_begin(out);
    status = cd_store_each_after(store, profile, after, put, &p, err);
    if (p.status != CONSENT_OK)
        status = p.status;
    cs_feed_page_end(out, p.next, p.more);
    return status == CONSENT_OK ? cs_buffer_status(out->buffer, "the page", err) : status;
}
