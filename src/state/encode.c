/* A state as bytes, for checkpoints: canonical, so that equal states have equal bytes whatever the order of arrival.
 * docs/ledger-format.md names the checkpoint as opaque: it can always be built again from the events. */
#include "state/acts.h"
#include "state/names.h"

#include <string.h>

#define FORMAT 2u

/* ---- what entries are made of ------------------------------------------------------------------------ */

/* Kinds of members that only mean something within their state. */
enum {
    NAME = CS_MEMBER_OTHER,
    STREAM, /* its index */
    FLAGS   /* what is said of a stream */
};

#define TIME CS_MEMBER_FIXED
#define NUMBER CS_MEMBER_VARINT
#define ACT(kind, member) CS_MEMBER(kind, cs_act, member)
#define AGE(kind, member) CS_MEMBER(kind, cs_age_act, member)
#define KNOWN(kind, member) CS_MEMBER(kind, cs_stream_state, member)
#define PART(kind, type, member, part)                                                                                 \
    {                                                                                                                  \
        (kind), (uint8_t)sizeof(((cs_moment *)0)->part),                                                               \
            (uint16_t)(offsetof(type, member) + offsetof(cs_moment, part))                                             \
    }
#define MOMENT(type, member)                                                                                           \
    PART(NUMBER, type, member, seq), PART(CS_MEMBER_SMALL, type, member, era), PART(TIME, type, member, time_ms),      \
        PART(TIME, type, member, elapsed_ms), PART(CS_MEMBER_BYTES, type, member, session)

static const cs_member act_members[] = {
    ACT(NAME, purpose),
    ACT(NAME, recipient),
    ACT(NAME, data),
    ACT(NAME, policy),
    ACT(NAME, overlay),
    ACT(NAME, rules),
    ACT(NUMBER, version),
    ACT(NUMBER, revision),
    ACT(NUMBER, overlay_version),
    ACT(NUMBER, overlay_revision),
    ACT(NUMBER, rules_version),
    ACT(NUMBER, kind),
    ACT(NUMBER, side),
    ACT(NUMBER, subject),
    ACT(NUMBER, flags),
    ACT(STREAM, stream),
    ACT(NUMBER, seq),
    ACT(NUMBER, cursor),
    ACT(NUMBER, seen),
    ACT(CS_MEMBER_FIXED, hash),
    ACT(CS_MEMBER_FIXED, overlay_hash),
    ACT(TIME, time_ms),
    ACT(TIME, elapsed_ms),
    ACT(CS_MEMBER_BYTES, session),
};
static const cs_member age_members[] = {
    AGE(NUMBER, birth.year),
    AGE(NUMBER, birth.month),
    AGE(NUMBER, birth.day),
    AGE(NUMBER, band),
    AGE(CS_MEMBER_BOOL, correction),
    AGE(STREAM, stream),
    AGE(NUMBER, seq),
    AGE(NUMBER, cursor),
    AGE(NUMBER, seen),
    AGE(TIME, time_ms),
};
static const cs_member permission_members[] = {
    CS_MEMBER(NAME, cs_permission_state, permission),
    CS_MEMBER(NUMBER, cs_permission_state, os_state),
    MOMENT(cs_permission_state, last),
    MOMENT(cs_permission_state, on),
    MOMENT(cs_permission_state, refused),
    MOMENT(cs_permission_state, revoked),
};
static const cs_member stream_members[] = {
    KNOWN(CS_MEMBER_BYTES, id),  KNOWN(FLAGS, own),          KNOWN(CS_MEMBER_SMALL, own_order),
    KNOWN(NUMBER, doubted_seq),  KNOWN(NUMBER, vouched_seq), KNOWN(NUMBER, last_seq),
    KNOWN(TIME, last_time_ms),   KNOWN(NUMBER, acked_seq),   KNOWN(CS_MEMBER_BYTES, head),
    KNOWN(CS_MEMBER_BYTES, key), KNOWN(NUMBER, parked),
};
static const cs_member rest_members[] = {
    MOMENT(cs_state, recovered),
    MOMENT(cs_state, excursion),
    CS_MEMBER(TIME, cs_state, receipt_ms),
    CS_MEMBER(NUMBER, cs_state, merged),
};
/* Entries stand in the order of these. */
static const cs_member act_order[] = {
    ACT(NAME, purpose),   ACT(STREAM, stream), ACT(NUMBER, seq),     ACT(NUMBER, kind),
    ACT(NUMBER, subject), ACT(NAME, data),     ACT(NAME, recipient), ACT(NUMBER, flags),
};
static const cs_member age_order[] = {AGE(STREAM, stream), AGE(NUMBER, seq)};

typedef struct entry_kind {
    const cs_member *members, *order;
    uint32_t max;
    uint8_t member_count, order_count, size;
    uint8_t array; /* its place in the state */
} entry_kind;

#define KIND(type, members, order, order_count, max, array)                                                            \
    {                                                                                                                  \
        members, order, max, CS_COUNT_OF(members), order_count, sizeof(type), offsetof(cs_state, array)                \
    }
/* As they stand in the encoding, behind the names. */
static const entry_kind kinds[] = {
    KIND(cs_stream_state, stream_members, stream_members, 1, UINT16_MAX - 1, streams),
    KIND(cs_act, act_members, act_order, CS_COUNT_OF(act_order), CS_STATE_MAX_ACTS, acts),
    KIND(cs_age_act, age_members, age_order, CS_COUNT_OF(age_order), UINT32_MAX, ages),
    KIND(cs_permission_state, permission_members, permission_members, 1, UINT32_MAX, permissions),
};
#define KINDS_END (kinds + CS_COUNT_OF(kinds))
#define ACTS (&kinds[1])
#define AGES (&kinds[2])

/* Each of the state's arrays looks like this. */
typedef struct array {
    char *entries;
    uint32_t count, capacity;
} array;
_Static_assert(offsetof(cs_state, act_count) - offsetof(cs_state, acts) == offsetof(array, count) &&
                   offsetof(cs_state, act_capacity) - offsetof(cs_state, acts) == offsetof(array, capacity),
               "an array of the state is entries, count, capacity");

static array array_of(const cs_state *state, const entry_kind *kind)
{
    array found;
    memcpy(&found, (const char *)state + kind->array, sizeof found);
    return found;
}

static bool is_provisional(const entry_kind *kind, const void *entry)
{
    return kind == ACTS && (((const cs_act *)entry)->flags & CS_ACT_PROVISIONAL) != 0;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

/* How this state's names and streams are called in the encoding. */
typedef struct renaming {
    const cs_state *state;
    uint32_t *names; /* name → place in the order of texts, plus 1 */
    uint32_t *streams;
    const entry_kind *kind; /* being put in order */
    const char *entries;
} renaming;

static int compare_names(const void *ctx, uint32_t a, uint32_t b)
{
    const cs_state *state = ctx;
    return cs_str_compare(state->names.names[a], state->names.names[b]);
}

/* As the encoding has it. */
static uint64_t number_of(const renaming *r, const cs_member *member, const void *entry)
{
    const cs_stream_state *stream = entry;
    uint64_t number = cs_member_number(member, entry);
    if (member->kind == NAME)
        return r->names[number];
    if (member->kind == STREAM)
        return r->streams[number];
    return member->kind != FLAGS ? number
                                 : (stream->own ? 1u : 0u) | (stream->confirmed ? 2u : 0u) |
                                       (stream->joined ? 4u : 0u) | (stream->by_backend ? 8u : 0u);
}

static int compare_entries(const void *ctx, uint32_t a, uint32_t b)
{
    const renaming *r = ctx;
    const entry_kind *kind = r->kind;
    const char *x = r->entries + (size_t)a * kind->size, *y = r->entries + (size_t)b * kind->size;
    for (const cs_member *member = kind->order; member < kind->order + kind->order_count; member++) {
        if (member->kind == CS_MEMBER_BYTES)
            return memcmp(x, y, member->size);
        uint64_t left = number_of(r, member, x), right = number_of(r, member, y);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

static void put_entries(cs_buffer *out, renaming *r, const entry_kind *kind, uint32_t *order)
{
    array from = array_of(r->state, kind);
    uint32_t count = 0;
    for (uint32_t i = 0; i < from.count; i++)
        if (!is_provisional(kind, from.entries + (size_t)i * kind->size))
            order[count++] = i;
    r->kind = kind;
    r->entries = from.entries;
    cs_state_sort(order, count, compare_entries, r);
    cs_buffer_varint(out, count);
    for (uint32_t i = 0; i < count; i++) {
        const char *entry = from.entries + (size_t)order[i] * kind->size;
        if (kind == kinds)
            r->streams[order[i]] = i;
        for (const cs_member *member = kind->members; member < kind->members + kind->member_count; member++)
            if (member->kind < CS_MEMBER_OTHER)
                cs_buffer_members(out, member, 1, entry);
            else
                cs_buffer_varint(out, number_of(r, member, entry));
    }
}

static void mark_used(const renaming *r, const entry_kind *kind)
{
    array from = array_of(r->state, kind);
    for (; from.count != 0; from.count--, from.entries += kind->size)
        for (const cs_member *member = kind->members; member < kind->members + kind->member_count; member++)
            if (member->kind == NAME && !is_provisional(kind, from.entries))
                r->names[cs_member_number(member, from.entries)] = 1;
}

/* Those in use, sorted by text. */
static void put_names(cs_buffer *out, const renaming *r, uint32_t *order)
{
    const cs_name_table *table = &r->state->names;
    uint32_t count = 0;
    for (const entry_kind *kind = kinds; kind < KINDS_END; kind++)
        mark_used(r, kind);
    r->names[0] = 0;
    for (uint32_t i = 0; i < table->count; i++)
        if (r->names[i + 1] != 0)
            order[count++] = i;
    cs_state_sort(order, count, compare_names, r->state);
    cs_buffer_varint(out, count);
    for (uint32_t i = 0; i < count; i++) {
        r->names[order[i] + 1] = i + 1;
        cs_buffer_sized(out, table->names[order[i]].data, table->names[order[i]].size);
    }
}

void cs_state_encode(const cs_state *state, cs_buffer *out)
{
    size_t names = (size_t)state->names.count + 1;
    size_t longest = names + state->stream_count + state->act_count + state->age_count + state->permission_count;
    size_t size = (names + state->stream_count + longest) * sizeof(uint32_t);
    uint32_t *scratch = cs_alloc(state->memory, size);
    if (scratch == NULL) {
        out->failed = true;
        return;
    }
    renaming r = {.state = state, .names = scratch + longest, .streams = scratch + longest + names};
    cs_buffer_u8(out, FORMAT);
    put_names(out, &r, scratch);
    for (const entry_kind *kind = kinds; kind < KINDS_END; kind++)
        put_entries(out, &r, kind, scratch);
    cs_buffer_members(out, rest_members, CS_COUNT_OF(rest_members), state);
    cs_free(state->memory, scratch, size);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

typedef struct decoding {
    cs_state *state;
    cs_reader in;
    bool no_memory; /* then nothing more is read */
} decoding;

static uint32_t read_count(decoding *d, uint32_t max)
{
    uint64_t count = cs_read_varint(&d->in);
    if (count > max || count > d->in.left) /* never more than the bytes left could describe */
        d->in.ok = false;
    return d->in.ok ? (uint32_t)count : 0;
}

static void read_names(decoding *d)
{
    cs_state *state = d->state;
    uint32_t count = read_count(d, UINT32_MAX);
    for (uint32_t i = 0; d->in.ok && i < count; i++) {
        cs_name name;
        cs_str text = cs_read_str(&d->in, CS_EVENT_MAX_SIZE);
        if (text.size == 0 || (i != 0 && cs_str_compare(cs_state_text(state, i), text) >= 0))
            d->in.ok = false;
        d->no_memory = d->in.ok && cs_state_names_intern(&state->names, text, &name, NULL) != CONSENT_OK;
        d->in.ok = d->in.ok && !d->no_memory;
    }
}

static void read_own(decoding *d, const cs_member *member, void *entry)
{
    cs_stream_state *stream = entry;
    uint64_t number = cs_read_varint(&d->in);
    uint32_t end = member->kind == NAME     ? d->state->names.count + 1
                   : member->kind == STREAM ? d->state->stream_count
                                            : 16;
    if (number >= end)
        d->in.ok = false;
    if (!d->in.ok)
        return;
    if (member->kind != FLAGS) {
        cs_member_set(member, entry, number);
        return;
    }
    stream->own = (number & 1u) != 0;
    stream->confirmed = (number & 2u) != 0;
    stream->joined = (number & 4u) != 0;
    stream->by_backend = (number & 8u) != 0;
}

static bool is_act(const cs_act *act, bool first)
{
    return act->kind != 0 && act->kind <= CS_ACT_NOTED && act->side <= CS_SIDE_GUARDIAN &&
           act->subject <= CS_SUBJECT_FIELD_NOTICE && (act->flags & CS_ACT_PROVISIONAL) == 0 &&
           (first || act->purpose >= act[-1].purpose);
}

static bool is_age(const cs_age_act *age)
{
    return (age->birth.year | age->birth.month | age->birth.day) == 0 || cs_date_is_valid(age->birth);
}

static void read_entries(decoding *d, const entry_kind *kind)
{
    array to = {NULL, 0, read_count(d, kind->max)};
    if (to.capacity != 0 && (to.entries = cs_alloc(d->state->memory, (size_t)to.capacity * kind->size)) == NULL) {
        d->no_memory = true;
        d->in.ok = false;
        return;
    }
    for (char *entry = to.entries; d->in.ok && to.count < to.capacity; to.count++, entry += kind->size) {
        for (const cs_member *member = kind->members; member < kind->members + kind->member_count; member++)
            if (member->kind < CS_MEMBER_OTHER)
                cs_read_members(&d->in, member, 1, entry);
            else
                read_own(d, member, entry);
        if ((kind == ACTS && !is_act((const cs_act *)(const void *)entry, to.count == 0)) ||
            (kind == AGES && !is_age((const cs_age_act *)(const void *)entry)))
            d->in.ok = false;
    }
    memcpy((char *)d->state + kind->array, &to, sizeof to);
}

/* Order, names in use, dates that say nothing: whatever encode would not have written shows when it is written again. */
static bool is_canonical(const cs_state *state, cs_span bytes, bool *no_memory)
{
    cs_buffer again;
    cs_buffer_init(&again, state->memory, CS_STATE_MAX_ENCODED);
    cs_state_encode(state, &again);
    bool same = !again.failed && again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0;
    *no_memory = again.failed;
    cs_buffer_free(&again);
    return same;
}

consent_status cs_state_decode(cs_state *state, cs_span bytes, consent_error *err)
{
    decoding d = {state, cs_reader_of(bytes), false};
    if (cs_read_u8(&d.in) != FORMAT && d.in.ok)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the checkpoint has a format this version does not read");
    read_names(&d);
    for (const entry_kind *kind = kinds; kind < KINDS_END; kind++)
        read_entries(&d, kind);
    cs_read_members(&d.in, rest_members, CS_COUNT_OF(rest_members), state);
    if (d.in.ok && d.in.left == 0 && is_canonical(state, bytes, &d.no_memory))
        return CONSENT_OK;
    const cs_memory *memory = state->memory;
    cs_state_free(state);
    cs_state_init(state, memory);
    if (d.no_memory)
        return cs_no_memory(err, "reading the checkpoint");
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "the checkpoint was damaged; the state is rebuilt from the events");
}
