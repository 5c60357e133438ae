#include "property/fleet.h"

#include "platform/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR CS_HOUR_MS

static const uint8_t streams[FLEET_STREAMS][CS_STREAM_ID_SIZE] = {{1}, {2}, {3}, {4}, {0xBA}, {0x50}};
static const uint8_t sessions[FLEET_STREAMS][CS_SESSION_ID_SIZE] = {{1}, {2}, {3}, {4}, {5}, {6}};

const uint8_t *fleet_stream(size_t stream)
{
    return streams[stream];
}

static void must(consent_status status)
{
    if (status != CONSENT_OK)
        abort();
}

static uint64_t below(fleet *f, uint64_t bound)
{
    return random_below(&f->dice, bound);
}

static bool one_in(fleet *f, uint64_t n)
{
    return random_one_in(&f->dice, n);
}

static size_t find(const fleet *f, size_t stream, uint64_t seq)
{
    for (size_t i = 0; i < f->event_count; i++)
        if (f->events[i].stream == stream && f->events[i].event.seq == seq)
            return i;
    abort();
}

/* ---- ranges --------------------------------------------------------------------------------------- */

static void begin(cs_state *state, const fleet_range *range)
{
    must(cs_state_begin_range(state, streams[range->stream], &range->said, NULL));
}

static void end(cs_state *state, const fleet_range *range)
{
    must(cs_state_end_range(state, streams[range->stream], &range->said, 0, sessions[0], NULL));
}

/* Events first … last of a range, or as many as arrive before the process is killed; `merged` moves over what was recorded. */
static uint64_t take(const fleet *f, cs_state *state, const fleet_range *whole, uint64_t last, bool in_order)
{
    fleet_range part = *whole;
    const cs_stream_state *known = cs_state_stream(state, streams[whole->stream]);
    uint64_t had = known != NULL ? known->last_seq : 0, bits = 0;
    part.said.last = last;
    part.said.head[0] = (uint8_t)last;
    part.said.merged = in_order ? part.said.first_cursor + (last - part.said.first) : 0;
    begin(state, &part);
    for (uint64_t seq = part.said.first; seq <= last; seq++) {
        size_t i = find(f, whole->stream, seq);
        bits |= UINT64_C(1) << i;
        if (seq > had)
            must(cs_state_apply(state, streams[whole->stream], false, &f->events[i].event, 0, NULL));
    }
    end(state, &part);
    return bits;
}

static void commit(fleet *f, size_t stream, uint64_t last)
{
    if (f->range_count == FLEET_MAX_RANGES)
        abort();
    fleet_range *range = &f->ranges[f->range_count++];
    *range = (fleet_range){.stream = stream,
                           .said = {.first = f->stored[stream] + 1,
                                    .last = last,
                                    .first_cursor = f->committed + 1,
                                    .time_ms = f->now_ms,
                                    .by_backend = stream == FLEET_BACKEND,
                                    .joined = stream == FLEET_JOINED,
                                    .key = {stream == FLEET_BACKEND ? 0 : (uint8_t)(stream + 1)},
                                    .head = {(uint8_t)last}}};
    for (uint64_t seq = range->said.first; seq <= last; seq++) {
        fleet_event *e = &f->events[find(f, stream, seq)];
        e->cursor = ++f->committed;
        e->receipt_ms = f->now_ms;
    }
    f->stored[stream] = last;
    (void)take(f, &f->backend, range, last, true);
}

/* ---- what people and devices do ---------------------------------------------------------------------- */

static fleet_event *add(fleet *f, size_t stream, cs_event event)
{
    fleet_event *e = &f->events[f->event_count++];
    *e = (fleet_event){.event = event, .stream = stream};
    e->event.seq = ++f->seq[stream];
    e->event.time_ms = f->now_ms;
    e->event.session_id = sessions[stream];
    e->event.elapsed_ms = f->now_ms - CASE_START_MS;
    return e;
}

static void build_form(fleet *f, fleet_device *d)
{
    d->form_seen = cs_decide_seen(&f->dice.set, &d->state);
    d->form_known = d->known;
}

static uint64_t stream_bits(const fleet *f, size_t stream)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < f->event_count; i++)
        if (f->events[i].stream == stream)
            bits |= UINT64_C(1) << i;
    return bits;
}

/* Yes or no to the one thing that this story is about most. */
static cs_event focused_event(fleet *f)
{
    const cs_policy *policy = f->dice.set.policies[0];
    const cs_purpose *purpose = &policy->purposes[f->focus % policy->purpose_count];
    cs_event event = {.type = !one_in(f, 8)  ? CS_EVENT_GRANTED
                              : one_in(f, 2) ? CS_EVENT_DENIED
                                             : CS_EVENT_WITHDRAWN,
                      .policy = {.id = cs_str_of(policy->id), .version = policy->version},
                      .purpose = cs_str_of(purpose->id)};
    if (purpose->recipient_count != 0 && f->focus % 2 == 0)
        event.recipient = cs_str_of(policy->recipients[purpose->recipients[0].recipient].id);
    for (uint16_t i = 0; i < purpose->data_count; i++)
        event.data[event.data_count++] = cs_str_of(policy->data[purpose->data[i].item].id);
    return event;
}

static cs_event some_event(fleet *f)
{
    static const char hex[FLEET_DEVICES][33] = {"01000000000000000000000000000000", "02000000000000000000000000000000",
                                                "03000000000000000000000000000000", "04000000000000000000000000000000"};
    if (f->dice.set.policies[0]->purpose_count != 0 && !one_in(f, 4))
        return focused_event(f);
    cs_event event = random_event_make(&f->dice);
    if (event.type == CS_EVENT_KEY_CONFIRMED)
        event.reference = cs_str_of(hex[below(f, f->device_count)]);
    return event;
}

static void act(fleet *f, size_t index)
{
    fleet_device *d = &f->devices[index];
    if (one_in(f, 2))
        build_form(f, d);
    uint64_t own = stream_bits(f, index);
    fleet_event *e = add(f, index, some_event(f));
    if (f->seq[index] == 1 && !one_in(f, 4)) { /* most accept before anything else */
        const cs_policy *policy = f->dice.set.policies[below(f, f->dice.set.count)];
        e->event = (cs_event){.type = CS_EVENT_POLICY_ACCEPTED,
                              .policy = {.id = cs_str_of(policy->id), .version = policy->version},
                              .seq = 1,
                              .session_id = sessions[index],
                              .elapsed_ms = e->event.elapsed_ms};
    }
    e->event.seen = d->form_seen;
    e->known = d->form_known | own;
    e->event.time_ms = f->now_ms + d->ahead_ms;
    if (e->event.time_ms < d->last_ms)
        e->event.time_ms = d->last_ms;
    d->last_ms = e->event.time_ms;
    must(cs_state_apply(&d->state, streams[index], true, &e->event, 0, NULL));
    d->known |= UINT64_C(1) << (e - f->events);
}

/* The backend knows all that it has; now and then it oversteps, which must have no effect. */
static void support_acts(fleet *f)
{
    cs_event event = some_event(f);
    if (!one_in(f, 4))
        event.actor = CS_ACTOR_SUPPORT;
    uint64_t known = 0;
    for (size_t i = 0; i < f->event_count; i++)
        if (f->events[i].cursor != 0)
            known |= UINT64_C(1) << i;
    fleet_event *e = add(f, FLEET_BACKEND, event);
    e->event.seen = f->committed;
    e->known = known;
    commit(f, FLEET_BACKEND, e->event.seq);
}

/* ---- sending and taking --------------------------------------------------------------------------------- */

static void acknowledge(fleet_device *d, const fleet_range *range, uint64_t merged)
{
    fleet_range receipt = *range;
    receipt.said.merged = merged;
    begin(&d->state, &receipt);
    end(&d->state, &receipt);
}

static uint64_t acked(const fleet_device *d, size_t stream)
{
    const cs_stream_state *known = cs_state_stream(&d->state, streams[stream]);
    return known != NULL ? known->acked_seq : 0;
}

/* From the first event without a receipt on; what the backend has already it acknowledges as it did the first time. */
static void send(fleet *f, size_t index, size_t stream)
{
    fleet_device *d = &f->devices[index];
    bool lost = one_in(f, 3);
    uint64_t from = acked(d, stream);
    if (f->stored[stream] == from && f->seq[stream] > from)
        commit(f, stream, from + 1 + below(f, f->seq[stream] - from));
    for (size_t i = 0; i < f->range_count && !lost; i++)
        if (f->ranges[i].stream == stream && f->ranges[i].said.last > acked(d, stream))
            acknowledge(d, &f->ranges[i], 0);
}

static bool is_own(const fleet_device *d, const fleet *f, size_t stream)
{
    return d == &f->devices[stream < FLEET_DEVICES ? stream : 0] && (stream < FLEET_DEVICES || stream == FLEET_JOINED);
}

/* One range; false: no further in this pull. */
static bool take_range(fleet *f, fleet_device *d, const fleet_range *range)
{
    uint64_t end_cursor = range->said.first_cursor + (range->said.last - range->said.first);
    const cs_stream_state *known = cs_state_stream(&d->state, streams[range->stream]);
    uint64_t had = known != NULL ? known->last_seq : 0, last = range->said.last;
    bool in_order = d->state.merged + 1 >= range->said.first_cursor;
    if (is_own(d, f, range->stream)) {
        if (range->said.first <= acked(d, range->stream) + 1)
            acknowledge(d, range, in_order ? end_cursor : 0);
        return in_order;
    }
    if (range->said.first > had + 1) /* its chain would not lead here */
        return false;
    if (one_in(f, 6)) /* killed on the way */
        last = range->said.first + below(f, last - range->said.first + 1);
    d->known |= take(f, &d->state, range, last, in_order);
    return last == range->said.last;
}

static void pull(fleet *f, fleet_device *d)
{
    size_t limit = below(f, 4);
    if (f->range_count != 0 && one_in(f, 5)) /* something out of order, or once more */
        (void)take_range(f, d, &f->ranges[below(f, f->range_count)]);
    for (size_t i = 0; i < f->range_count; i++) {
        const fleet_range *range = &f->ranges[i];
        if (range->said.first_cursor + (range->said.last - range->said.first) <= d->state.merged)
            continue;
        if ((limit != 0 && --limit == 0) || !take_range(f, d, range))
            return;
    }
}

/* ---- a story --------------------------------------------------------------------------------------------- */

/* The anonymous acts of device 0, from before it logged in. */
static void join(fleet *f)
{
    fleet_device *d = &f->devices[0];
    fleet_range joined = {.stream = FLEET_JOINED, .said = {.first = 1, .joined = true}};
    for (uint64_t count = 1 + below(f, 3); count > 0; count--) {
        f->now_ms += (int64_t)below(f, 20) * HOUR;
        uint64_t own = stream_bits(f, FLEET_JOINED);
        fleet_event *e = add(f, FLEET_JOINED, some_event(f));
        e->event.seen = below(f, 30); /* of the anonymous profile's cursors: nothing to the account */
        e->known = own;
    }
    joined.said.last = f->seq[FLEET_JOINED];
    d->known |= take(f, &d->state, &joined, joined.said.last, false);
}

static void step(fleet *f)
{
    size_t index = below(f, f->device_count);
    fleet_device *d = &f->devices[index];
    f->now_ms += (int64_t)below(f, 8) * HOUR;
    switch (below(f, 8)) {
    case 0:
    case 1:
    case 2:
        act(f, index);
        return;
    case 3:
    case 4:
        send(f, index, index);
        if (index == 0 && f->seq[FLEET_JOINED] != 0)
            send(f, index, FLEET_JOINED);
        return;
    case 5:
    case 6:
        pull(f, d);
        return;
    default:
        if (one_in(f, 3))
            support_acts(f);
        else
            build_form(f, d);
        return;
    }
}

static void settle(fleet *f)
{
    for (size_t i = 0; i < f->device_count; i++) {
        if (f->seq[i] == 0) /* each did something */
            act(f, i);
        while (acked(&f->devices[i], i) < f->seq[i])
            send(f, i, i);
        while (i == 0 && acked(&f->devices[0], FLEET_JOINED) < f->seq[FLEET_JOINED])
            send(f, 0, FLEET_JOINED);
    }
    for (size_t i = 0; i < f->device_count; i++)
        while (f->devices[i].state.merged < f->committed)
            pull(f, &f->devices[i]);
}

void fleet_make(fleet *f, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    random_policies_make(&f->dice, seed);
    f->device_count = 2 + below(f, FLEET_DEVICES - 1);
    f->focus = (size_t)below(f, 1000);
    f->now_ms = CASE_START_MS;
    cs_state_init(&f->backend, cs_memory_system());
    for (size_t i = 0; i < f->device_count; i++) {
        cs_state_init(&f->devices[i].state, cs_memory_system());
        f->devices[i].ahead_ms = one_in(f, 4) ? (int64_t)below(f, 100) * HOUR : 0;
    }
    if (one_in(f, 4))
        join(f);
    size_t wanted = f->event_count + 2 + below(f, FLEET_MAX_EVENTS - f->event_count - 1 - FLEET_DEVICES);
    while (f->event_count < wanted)
        step(f);
    settle(f);
}

void fleet_free(fleet *f)
{
    for (size_t i = 0; i < f->device_count; i++)
        cs_state_free(&f->devices[i].state);
    cs_state_free(&f->backend);
    random_case_free(&f->dice);
}

/* ---- comparing ---------------------------------------------------------------------------------------------- */

void fleet_apply(cs_state *state, const fleet_event *e, bool with_receipt)
{
    const cs_state_range said = {.first = e->event.seq,
                                 .last = e->event.seq,
                                 .first_cursor = with_receipt ? e->cursor : 0,
                                 .time_ms = with_receipt ? e->receipt_ms : 0,
                                 .by_backend = e->stream == FLEET_BACKEND,
                                 .joined = e->stream == FLEET_JOINED};
    must(cs_state_begin_range(state, streams[e->stream], &said, NULL));
    must(cs_state_apply(state, streams[e->stream], false, &e->event, 0, NULL));
    must(cs_state_end_range(state, streams[e->stream], &said, 0, NULL, NULL));
}

static cs_buffer encoded(const cs_state *state)
{
    cs_buffer out;
    cs_buffer_init(&out, cs_memory_system(), CS_STATE_MAX_ENCODED);
    cs_state_encode(state, &out);
    return out;
}

cs_buffer fleet_merged(const cs_state *state)
{
    cs_state copy;
    cs_buffer bytes = encoded(state);
    cs_state_init(&copy, cs_memory_system());
    must(cs_state_decode(&copy, cs_buffer_span(&bytes), NULL));
    cs_buffer_free(&bytes);
    copy.permission_count = 0;
    copy.recovered = copy.excursion = (cs_moment){0};
    for (uint32_t i = 0; i < copy.stream_count; i++) {
        cs_stream_state *stream = &copy.streams[i];
        stream->own = false;
        stream->own_order = 0;
        stream->confirmed = true;
        stream->doubted_seq = stream->vouched_seq = 0;
    }
    bytes = encoded(&copy);
    cs_state_free(&copy);
    return bytes;
}

void fleet_print(const fleet *f)
{
    for (size_t i = 0; i < f->event_count; i++) {
        const fleet_event *e = &f->events[i];
        printf(
            "  %zu: stream %zu seq %llu +%lldh cursor %llu seen %llu knew %llx %s by %s %.*s v%u %.*s to '%.*s' data",
            i, e->stream, (unsigned long long)e->event.seq, (long long)((e->event.time_ms - CASE_START_MS) / HOUR),
            (unsigned long long)e->cursor, (unsigned long long)e->event.seen, (unsigned long long)e->known,
            cs_event_type_name(e->event.type), cs_actor_name(e->event.actor), CS_STR_ARG(e->event.policy.id),
            e->event.policy.version, CS_STR_ARG(e->event.purpose), CS_STR_ARG(e->event.recipient));
        for (size_t d = 0; d < e->event.data_count; d++)
            printf(" %.*s", CS_STR_ARG(e->event.data[d]));
        printf("\n");
    }
    for (size_t i = 0; i < f->range_count; i++)
        printf("  range: stream %zu %llu…%llu from cursor %llu +%lldh\n", f->ranges[i].stream,
               (unsigned long long)f->ranges[i].said.first, (unsigned long long)f->ranges[i].said.last,
               (unsigned long long)f->ranges[i].said.first_cursor,
               (long long)((f->ranges[i].said.time_ms - CASE_START_MS) / HOUR));
}
