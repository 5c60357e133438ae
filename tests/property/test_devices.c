/* Property e of decisions.md section 6 in full, over random stories of two to four devices, support and a network that fails: when
 * all was sent and taken, every device and the backend hold the same; and no grant counts against a refusal that its form did not
 * know. Usage: test_devices [cases [seed]]. A counterexample prints its own seed: `test_devices 1 SEED` plays it again. */
#include "property/fleet.h"

#include "platform/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PERMUTED 6u

static uint64_t event_count, range_count, grant_count, beaten_count, counting_count, order_count;

static bool violated(const fleet *f, const char *what)
{
    printf("violated: %s\n", what);
    fleet_print(f);
    return false;
}

static bool same(const cs_buffer *a, const cs_buffer *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* C144 */
static bool every_device_and_the_backend_hold_the_same(const fleet *f)
{
    cs_buffer wanted = fleet_merged(&f->backend);
    bool fine = true;
    for (size_t i = 0; i < f->device_count && fine; i++) {
        cs_buffer got = fleet_merged(&f->devices[i].state);
        fine = same(&wanted, &got);
        cs_buffer_free(&got);
        if (!fine)
            printf("device %zu\n", i);
    }
    cs_buffer_free(&wanted);
    return fine || violated(f, "a device holds something else than the backend");
}

/* ---- what a form did not know -------------------------------------------------------------------------- */

static bool names(const cs_event *event, cs_str data)
{
    for (size_t i = 0; i < event->data_count; i++)
        if (cs_str_equal(event->data[i], data))
            return true;
    return false;
}

static bool is_guardians(const cs_event *event)
{
    return event->actor == CS_ACTOR_GUARDIAN;
}

static bool has_effect(const fleet_event *e)
{
    return e->stream != FLEET_BACKEND || e->event.actor == CS_ACTOR_SUPPORT;
}

/* A no to exactly what is granted, or to all of it. */
static bool speaks_against(const fleet_event *no, const fleet_event *grant, cs_str data)
{
    const cs_event *n = &no->event, *g = &grant->event;
    bool withdrawn = n->type == CS_EVENT_WITHDRAWN;
    if ((!withdrawn && (n->type != CS_EVENT_DENIED || n->subject != CS_SUBJECT_ITEM)) || !has_effect(no) ||
        is_guardians(n) != is_guardians(g) || !cs_str_equal(n->policy.id, g->policy.id) ||
        !cs_str_equal(n->overlay.id, g->overlay.id) || !cs_str_equal(n->purpose, g->purpose))
        return false;
    bool recipient = cs_str_equal(n->recipient, g->recipient) || (withdrawn && n->recipient.size == 0);
    return recipient && (names(n, data) || (withdrawn && n->data_count == 0));
}

static const fleet_event *evidence_of(const fleet *f, const cs_decision *out)
{
    for (size_t i = 0; out->evidence_stream != NULL && i < f->event_count; i++)
        if (memcmp(fleet_stream(f->events[i].stream), out->evidence_stream, CS_STREAM_ID_SIZE) == 0 &&
            f->events[i].event.seq == out->evidence_seq)
            return &f->events[i];
    return NULL;
}

static bool counts(const fleet *f, const cs_state *state, const fleet_event *grant, cs_str data)
{
    const cs_event *g = &grant->event;
    bool hotel = cs_str_is(g->policy.id, "hotel-policy") || g->overlay.id.size != 0;
    const cs_query query = {.scope = hotel ? CS_STR("hotel") : (cs_str){0},
                            .purpose = g->purpose,
                            .recipient = g->recipient,
                            .data = &data,
                            .data_count = 1,
                            .once_seq = g->once ? g->seq : 0};
    const cs_now now = {.now_ms = cs_state_now_ms(state, f->now_ms, 0, NULL), .session = {77}};
    cs_decision out;
    cs_decide(&f->dice.set, state, &query, &now, &out);
    return out.decision == CONSENT_ALLOW && out.reason == CONSENT_REASON_CONSENTED && evidence_of(f, &out) == grant;
}

static bool one_grant(const fleet *f, const cs_state *state, const fleet_event *grant)
{
    for (size_t d = 0; d < grant->event.data_count; d++) {
        cs_str data = grant->event.data[d];
        const fleet_event *beaten_by = NULL;
        for (size_t i = 0; i < f->event_count && beaten_by == NULL; i++)
            if ((grant->known >> i & 1) == 0 && speaks_against(&f->events[i], grant, data) && &f->events[i] != grant &&
                !(f->events[i].stream == grant->stream && f->events[i].event.seq > grant->event.seq))
                beaten_by = &f->events[i];
        bool stands = counts(f, state, grant, data);
        grant_count++;
        beaten_count += beaten_by != NULL;
        counting_count += stands;
        if (stands && grant->stream == FLEET_BACKEND)
            return violated(f, "something that the backend said counts as a grant");
        if (stands && beaten_by != NULL) {
            printf("event %zu, %.*s, beaten by %zu\n", (size_t)(grant - f->events), CS_STR_ARG(data),
                   (size_t)(beaten_by - f->events));
            return violated(f, "a grant counts against a refusal that its form did not know");
        }
    }
    return true;
}

static bool no_grant_counts_against_an_unknown_refusal(const fleet *f)
{
    cs_state state;
    cs_buffer bytes = fleet_merged(&f->backend);
    bool fine = true;
    cs_state_init(&state, cs_memory_system());
    if (cs_state_decode(&state, cs_buffer_span(&bytes), NULL) != CONSENT_OK)
        abort();
    cs_buffer_free(&bytes);
    for (size_t i = 0; i < f->event_count && fine; i++)
        if (f->events[i].event.type == CS_EVENT_GRANTED)
            fine = one_grant(f, &state, &f->events[i]);
    cs_state_free(&state);
    return fine;
}

/* ---- all orders ------------------------------------------------------------------------------------------ */

static cs_buffer in_order(fleet *f, const size_t *order, size_t count)
{
    cs_state state;
    cs_state_init(&state, cs_memory_system());
    for (size_t i = 0; i < count; i++) {
        if (random_one_in(&f->dice, 3)) /* its receipt comes later */
            fleet_apply(&state, &f->events[order[i]], false);
        fleet_apply(&state, &f->events[order[i]], true);
        if (random_one_in(&f->dice, 4)) /* once more */
            fleet_apply(&state, &f->events[order[random_below(&f->dice, i + 1)]], true);
    }
    for (uint32_t i = 0; i < state.stream_count; i++) { /* of a stream's chain only its own order makes sense */
        state.streams[i].acked_seq = 0;
        memset(state.streams[i].head, 0, sizeof state.streams[i].head);
    }
    cs_buffer out = fleet_merged(&state);
    cs_state_free(&state);
    return out;
}

/* Heap's way through all permutations. */
static bool permute(fleet *f, size_t *order, size_t size, size_t count, const cs_buffer *wanted)
{
    if (size == 1) {
        cs_buffer got = in_order(f, order, count);
        bool fine = same(wanted, &got);
        cs_buffer_free(&got);
        order_count++;
        return fine || violated(f, "another order of arrival gave another state");
    }
    for (size_t i = 0; i < size; i++) {
        if (!permute(f, order, size - 1, count, wanted))
            return false;
        size_t at = size % 2 == 0 ? i : 0, kept = order[at];
        order[at] = order[size - 1];
        order[size - 1] = kept;
    }
    return true;
}

static bool all_orders_of_arrival_give_the_same(fleet *f)
{
    size_t order[MAX_PERMUTED], first = random_below(&f->dice, f->event_count);
    size_t count = f->event_count - first < MAX_PERMUTED ? f->event_count - first : MAX_PERMUTED;
    for (size_t i = 0; i < count; i++)
        order[i] = first + i;
    cs_buffer wanted = in_order(f, order, count);
    bool fine = permute(f, order, count, count, &wanted);
    cs_buffer_free(&wanted);
    return fine;
}

/* ---- running ------------------------------------------------------------------------------------------------ */

static bool run_case(uint64_t seed, bool all_orders)
{
    fleet *f = malloc(sizeof *f);
    if (f == NULL)
        abort();
    fleet_make(f, seed);
    event_count += f->event_count;
    range_count += f->range_count;
    bool fine = every_device_and_the_backend_hold_the_same(f) && no_grant_counts_against_an_unknown_refusal(f) &&
                (!all_orders || all_orders_of_arrival_give_the_same(f));
    fleet_free(f);
    free(f);
    if (!fine)
        printf("seed %llu\n", (unsigned long long)seed);
    return fine;
}

int main(int argc, char **argv)
{
    uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (uint64_t i = 0; i < cases; i++)
        if (!run_case(seed + i, i % 50 == 0))
            return 1;
    printf("%llu stories from seed %llu: %llu events in %llu ranges, %llu orders of arrival; of %llu data granted %llu "
           "count, %llu "
           "are beaten by a refusal that their form did not know\n",
           (unsigned long long)cases, (unsigned long long)seed, (unsigned long long)event_count,
           (unsigned long long)range_count, (unsigned long long)order_count, (unsigned long long)grant_count,
           (unsigned long long)counting_count, (unsigned long long)beaten_count);
    /* A run in which nothing was ever beaten, or nothing ever counted, would have shown nothing. */
    return cases < 1000 || (counting_count > 0 && beaten_count > 0) ? 0 : 1;
}
