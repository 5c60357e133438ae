/* The sync protocol's core as a Promela model (docs/sync-protocol.md): streams, cursors, receipts and `seen`, over a network that
 * loses, repeats and delays, between devices and a backend that may die at any moment.
 *
 * Claims, for every interleaving within the bounds below:
 *   no loss        what left a device's queue is stored at the backend;
 *   no duplicate   an event gets one cursor, once, and a stream's events get theirs in order;
 *   arrival        when nothing is left to do, all is stored, acknowledged and merged;
 *   no stale yes   a grant that counts, at the backend or on a device, was given on a form that was built when every refusal it is
 *                  held against was already merged on that device, or is its own stream's earlier act.
 *
 * A crash of a device or of the backend between two steps is a lost message: what is not a message here is on disk.
 * tests/system/model.sh runs it, and runs it again with each of these faults built in, which must be found:
 *   SEEN_BY_RECEIPT       a receipt moves the cursor that forms carry
 *   SEEN_AT_SUBMIT        `seen` is taken when the form is submitted, not when it is built
 *   ACKED_WHEN_SENT       an event leaves the queue without a receipt
 *   STORED_AGAIN          the backend does not look whether it holds an event already
 *   GAP_MERGED            a page is merged over a hole */

#define DEVICES 2
#ifndef ACTS
#define ACTS 2
#endif
/* The second device acts once less: enough for every order of two acts on one device and one on the other. */
#define ACTS_OF(device) (ACTS - (device))
#define EVENTS (DEVICES * ACTS)
#define EVENT(device, i) ((device) * ACTS + (i))
#define BIT(e) (1 << (e))

mtype = { none, grant, refusal };

/* Events, as they stand on their device's disk. `witnessed`: the refusals merged there when the form was built (no part of the protocol). */
mtype kind[EVENTS];
byte seen[EVENTS];
byte witnessed[EVENTS];

/* Devices. */
byte made[DEVICES];
byte acked[DEVICES];
byte merged[DEVICES];
byte known[DEVICES]; /* events, as bits */

/* The backend. */
byte stored[DEVICES];
byte cursor[EVENTS]; /* 0: not stored */
byte last_cursor;

/* The network: requests and answers in flight. */
chan sent = [1] of { byte, byte, byte };      /* device, first, last */
chan receipt[DEVICES] = [1] of { byte };      /* last */
chan page[DEVICES] = [1] of { byte, byte };   /* after, up to */

/* Whether refusal r lies in the past of grant g. */
#define IN_PAST(r, g) (((r) / ACTS == (g) / ACTS && (r) < (g)) || (cursor[r] != 0 && cursor[r] <= seen[g]))

/* Scratch of the checks below, which run in one step each. */
hidden byte g, r, counts, all, e, n, at_event, own, d, first, last, page_begin, page_end, i;

/* Every grant that counts among the events of `set` was given in view of every refusal in it. */
inline check_view(set)
{
    g = 0;
    do
    :: g < EVENTS && kind[g] == grant && ((set) & BIT(g)) ->
        r = 0;
        counts = 1; /* counts, as far as looked */
        do
        :: r < EVENTS -> counts = counts && !(kind[r] == refusal && ((set) & BIT(r)) && !IN_PAST(r, g)); r++
        :: else -> break
        od;
        r = 0;
        do
        :: r < EVENTS ->
            assert(!(counts && kind[r] == refusal && ((set) & BIT(r))) || (witnessed[g] & BIT(r)));
            r++
        :: else -> break
        od;
        g++
    :: g < EVENTS && !(kind[g] == grant && ((set) & BIT(g))) -> g++
    :: g == EVENTS -> break
    od
}

inline check_all()
{
    all = 0;
    e = 0;
    do
    :: e < EVENTS -> all = all | (cursor[e] != 0 -> BIT(e) : 0); e++
    :: else -> break
    od;
    check_view(all);
    check_view(known[0]);
    check_view(known[1]);
    assert(acked[0] <= stored[0] && acked[1] <= stored[1])
}

inline refusals_of(set, out)
{
    n = 0;
    out = 0;
    do
    :: n < EVENTS -> out = out | ((kind[n] == refusal && ((set) & BIT(n))) -> BIT(n) : 0); n++
    :: else -> break
    od
}

proctype device(byte me)
{
    bool form = false;
    byte form_seen, form_witnessed;
end:
    do
    /* A form is built … */
    :: atomic { !form && made[me] < ACTS_OF(me) -> form = true; form_seen = merged[me]; refusals_of(known[me], form_witnessed) }
    /* … and answered, perhaps much later. One's own earlier acts are in one's past. */
    :: atomic { form ->
        own = EVENT(me, made[me]);
        if
        :: kind[own] = grant
        :: kind[own] = refusal
        fi;
#ifdef SEEN_AT_SUBMIT
        seen[own] = merged[me];
#else
        seen[own] = form_seen;
#endif
        refusals_of(known[me], i);
        witnessed[own] = form_witnessed | (i & (((1 << ACTS) - 1) << (me * ACTS)));
        known[me] = known[me] | BIT(own);
        made[me]++;
        form = false;
        form_seen = 0;
        form_witnessed = 0;
        check_all() }
    /* The queue is sent, again and again until it is acknowledged. */
    :: atomic { acked[me] < made[me] && nfull(sent) ->
        sent!me, acked[me], made[me] - 1;
#ifdef ACKED_WHEN_SENT
        acked[me] = made[me];
        check_all()
#endif
        }
    :: atomic { receipt[me]?last ->
        if
        :: last + 1 > acked[me] -> acked[me] = last + 1
        :: else
        fi;
#ifdef SEEN_BY_RECEIPT
        if
        :: cursor[EVENT(me, last)] > merged[me] -> merged[me] = cursor[EVENT(me, last)]
        :: else
        fi;
#endif
        check_all() }
    :: receipt[me]?_ /* lost, or the device died before it was on disk */
    /* A page is asked for and comes, perhaps late. */
    :: atomic { nfull(page[me]) && last_cursor > merged[me] -> page[me]!merged[me], last_cursor }
    :: atomic { page[me]?page_begin, page_end ->
        if
#ifdef GAP_MERGED
        :: page_end > merged[me] -> page_begin = page_end - 1;
#else
        :: page_begin <= merged[me] && page_end > merged[me] -> page_begin = merged[me];
#endif
            i = 0;
            do
            :: i < EVENTS ->
                if
                :: cursor[i] > page_begin && cursor[i] <= page_end ->
                    known[me] = known[me] | BIT(i);
                    if
                    :: i / ACTS == me && i % ACTS + 1 > acked[me] -> acked[me] = i % ACTS + 1
                    :: else
                    fi
                :: else
                fi;
                i++
            :: else -> break
            od;
            merged[me] = page_end;
            check_all()
        :: else
        fi }
    :: page[me]?_, _
    od
}

inline store()
{
#ifdef STORED_AGAIN
    at_event = first;
#else
    at_event = stored[d];
#endif
    if
    :: first <= stored[d] ->
        do
        :: at_event <= last ->
            e = EVENT(d, at_event);
            assert(cursor[e] == 0);
            assert(seen[e] < last_cursor + 1);
            last_cursor++;
            cursor[e] = last_cursor;
            at_event++
        :: else -> break
        od;
        if
        :: last + 1 > stored[d] -> stored[d] = last + 1
        :: else
        fi
    :: else /* a gap: told so, nothing stored */
    fi
}

active proctype backend()
{
end:
    do
    :: atomic { sent?d, first, last -> /* committed, and answered … */
        store();
        check_all();
        if
        :: nfull(receipt[d]) && stored[d] > 0 -> receipt[d]!(stored[d] - 1)
        :: skip /* … or dead before the answer */
        fi }
    :: atomic { sent?<d, first, last> -> store(); check_all() } /* it will come again */
    :: sent?_, _, _                                                           /* lost on its way */
    od
}

init
{
    atomic {
        run device(0);
        run device(1)
    }
    /* When nothing is left to do, everything arrived everywhere. */
    timeout;
    assert(acked[0] == made[0] && acked[1] == made[1]);
    assert(stored[0] == made[0] && stored[1] == made[1]);
    assert(merged[0] == last_cursor && merged[1] == last_cursor)
}
