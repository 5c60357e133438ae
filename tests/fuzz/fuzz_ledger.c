/* Any bytes as a ledger's file, with a checkpoint beside it when the first four bytes (its size) are not zero. Whatever
 * stands there, opening says what it is, loses nothing of what it read, and leaves nothing behind. */
#include "event/event.h"
#include "fuzz.h"
#include "ledger/ledger.h"
#include "support/rig.h"

#include <string.h>

bool fuzz_accepted;

typedef struct told {
    uint64_t events;
    bool checkpoint;
} told;

static consent_status take_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    told *seen = user;
    cs_event event;
    (void)stream;
    seen->events++;
    return cs_event_decode(bytes, &event, err);
}

static consent_status take_checkpoint(void *user, cs_span state, consent_error *err)
{
    told *seen = user;
    (void)err;
    fuzz_require(state.size <= (1u << 20));
    seen->checkpoint = true;
    return CONSENT_OK;
}

static consent_status open_ledger(rig *r, told *seen, bool with_checkpoint)
{
    const cs_ledger_sink sink = {
        .user = seen, .event = take_event, .checkpoint = with_checkpoint ? take_checkpoint : NULL};
    *seen = (told){0};
    memset(&r->err, 0, sizeof r->err);
    consent_status status = cs_ledger_open(&r->config, &sink, &r->ledger, &r->report, &r->err);
    fuzz_require_reason(status, r->err);
    fuzz_require(status != CONSENT_OK || r->ledger != NULL);
    return status;
}

static bool append(rig *r, told *seen)
{
    const cs_ledger_sink sink = {.user = seen, .event = take_event};
    cs_buffer bytes;
    if (cs_ledger_begin(r->ledger, &sink, &r->err) != CONSENT_OK)
        return false;
    cs_buffer_init(&bytes, cs_memory_system(), CS_EVENT_MAX_SIZE);
    rig_encode(cs_ledger_next_seq(r->ledger), &bytes);
    const cs_span event = cs_buffer_span(&bytes);
    consent_status status = cs_ledger_commit(r->ledger, &event, 1, &r->err);
    fuzz_require_reason(status, r->err);
    cs_buffer_free(&bytes);
    return status == CONSENT_OK;
}

/* A ledger that opened takes another act and then gives everything back. (A checkpoint may have told it of acts that are not
 * in the file: such a one is not asked.) */
static void use(rig *r)
{
    told before, after;
    cs_ledger_report report;
    if (open_ledger(r, &before, false) != CONSENT_OK) {
        rig_close_ledger(r);
        return;
    }
    fuzz_require(r->report.event_count == before.events);
    /* Only verify looks whether a sealed event's own number fits. */
    consent_status verified = cs_ledger_verify(r->ledger, NULL, &report, &r->err);
    fuzz_require(verified == CONSENT_OK || verified == CONSENT_E_CORRUPT);
    bool appended = append(r, &before);
    rig_close_ledger(r);
    fuzz_require(open_ledger(r, &after, false) == CONSENT_OK);
    fuzz_require(after.events == before.events + appended);
    rig_close_ledger(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world w;
    static rig r;
    told seen;
    fuzz_input in = {data, size};
    cs_span size_bytes = fuzz_take_span(&in, 4);
    cs_span checkpoint = fuzz_take_span(&in, size_bytes.size == 4 ? cs_load_u32(size_bytes.data) : 0);
    world_init(&w);
    fuzz_require(rig_init(&r, &w) == CONSENT_OK);
    if (in.left > 0)
        world_put_file(&w, RIG_HOME, RIG_NAME, in.at, in.left);
    if (checkpoint.size > 0)
        world_put_file(&w, RIG_HOME, RIG_NAME ".check", checkpoint.data, checkpoint.size);
    fuzz_accepted = open_ledger(&r, &seen, true) == CONSENT_OK && seen.checkpoint == (checkpoint.size > 0);
    rig_close_ledger(&r);
    use(&r);
    rig_close(&r);
    fuzz_require(w.live_blocks == 0 && w.open_files == 0 && w.open_dirs == 0 && w.locks == 0);
    world_free(&w);
    return 0;
}
