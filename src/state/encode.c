/* A state as bytes, for checkpoints: canonical, so that equal states have equal bytes whatever the order of arrival.
 * docs/ledger-format.md names the checkpoint as opaque: it can always be built again from the events. */
#include "state/acts.h"
#include "state/names.h"

#include <string.h>

#define FORMAT 2u

/* How this state's names and streams are called in the encoding. */
typedef struct renaming {
    const cs_state *state;
    uint32_t *name_order; /* used names, sorted by text */
    uint32_t name_count;
    uint32_t *names; /* name → place in the order, plus 1 */
    uint32_t *stream_order;
    uint32_t *streams;
} renaming;

static int compare_names(const void *ctx, uint32_t a, uint32_t b)
{
    const cs_state *state = ctx;
    return cs_str_compare(state->names.names[a], state->names.names[b]);
}

static int compare_streams(const void *ctx, uint32_t a, uint32_t b)
{
    const cs_state *state = ctx;
    return memcmp(state->streams[a].id, state->streams[b].id, CS_STREAM_ID_SIZE);
}

static void mark(renaming *r, cs_name name)
{
    if (name != 0)
        r->names[name] = 1;
}

static void mark_used(renaming *r)
{
    for (uint32_t i = 0; i < r->state->act_count; i++) {
        const cs_act *act = &r->state->acts[i];
        if ((act->flags & CS_ACT_PROVISIONAL) != 0)
            continue;
        const cs_name used[] = {act->purpose, act->recipient, act->data, act->policy, act->overlay, act->rules};
        for (size_t n = 0; n < CS_COUNT_OF(used); n++)
            mark(r, used[n]);
    }
    for (uint32_t i = 0; i < r->state->permission_count; i++)
        mark(r, r->state->permissions[i].permission);
}

static void rename_all(renaming *r)
{
    mark_used(r);
    for (uint32_t name = 1; name <= r->state->names.count; name++)
        if (r->names[name] != 0)
            r->name_order[r->name_count++] = name - 1;
    cs_state_sort(r->name_order, r->name_count, compare_names, r->state);
    for (uint32_t i = 0; i < r->name_count; i++)
        r->names[r->name_order[i] + 1] = i + 1;
    for (uint32_t i = 0; i < r->state->stream_count; i++)
        r->stream_order[i] = i;
    cs_state_sort(r->stream_order, r->state->stream_count, compare_streams, r->state);
    for (uint32_t i = 0; i < r->state->stream_count; i++)
        r->streams[r->stream_order[i]] = i;
}

/* ---- order ------------------------------------------------------------------------------------------ */

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_act_places(const void *ctx, uint32_t a, uint32_t b)
{
    const renaming *r = ctx;
    const cs_act *x = &r->state->acts[a], *y = &r->state->acts[b];
    const uint64_t left[] = {r->names[x->purpose], r->streams[x->stream],  x->seq,  x->kind, x->subject,
                             r->names[x->data],    r->names[x->recipient], x->flags};
    const uint64_t right[] = {r->names[y->purpose], r->streams[y->stream],  y->seq,  y->kind, y->subject,
                              r->names[y->data],    r->names[y->recipient], y->flags};
    for (size_t i = 0; i < CS_COUNT_OF(left); i++)
        if (left[i] != right[i])
            return compare_u64(left[i], right[i]);
    return 0;
}

static int compare_age_places(const void *ctx, uint32_t a, uint32_t b)
{
    const renaming *r = ctx;
    const cs_age_act *x = &r->state->ages[a], *y = &r->state->ages[b];
    int order = compare_u64(r->streams[x->stream], r->streams[y->stream]);
    return order != 0 ? order : compare_u64(x->seq, y->seq);
}

static int compare_permission_places(const void *ctx, uint32_t a, uint32_t b)
{
    const renaming *r = ctx;
    return compare_u64(r->names[r->state->permissions[a].permission], r->names[r->state->permissions[b].permission]);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void put_time(cs_buffer *out, int64_t time_ms)
{
    cs_buffer_u64(out, (uint64_t)time_ms);
}

static void put_moment(cs_buffer *out, const cs_moment *moment)
{
    cs_buffer_varint(out, moment->seq);
    cs_buffer_varint(out, moment->era);
    put_time(out, moment->time_ms);
    put_time(out, moment->elapsed_ms);
    cs_buffer_append(out, moment->session, sizeof moment->session);
}

static void put_act(cs_buffer *out, const renaming *r, const cs_act *act)
{
    const uint64_t numbers[] = {r->names[act->purpose],
                                r->names[act->recipient],
                                r->names[act->data],
                                r->names[act->policy],
                                r->names[act->overlay],
                                r->names[act->rules],
                                act->version,
                                act->revision,
                                act->overlay_version,
                                act->overlay_revision,
                                act->rules_version,
                                act->kind,
                                act->side,
                                act->subject,
                                act->flags,
                                r->streams[act->stream],
                                act->seq,
                                act->cursor,
                                act->seen};
    for (size_t i = 0; i < CS_COUNT_OF(numbers); i++)
        cs_buffer_varint(out, numbers[i]);
    cs_buffer_u64(out, act->hash);
    cs_buffer_u64(out, act->overlay_hash);
    put_time(out, act->time_ms);
    put_time(out, act->elapsed_ms);
    cs_buffer_append(out, act->session, sizeof act->session);
}

static void put_age(cs_buffer *out, const renaming *r, const cs_age_act *age)
{
    const uint64_t numbers[] = {(uint32_t)age->birth.year,
                                (uint32_t)age->birth.month,
                                (uint32_t)age->birth.day,
                                age->band,
                                age->correction,
                                r->streams[age->stream],
                                age->seq,
                                age->cursor,
                                age->seen};
    for (size_t i = 0; i < CS_COUNT_OF(numbers); i++)
        cs_buffer_varint(out, numbers[i]);
    put_time(out, age->time_ms);
}

static void put_permission(cs_buffer *out, const renaming *r, const cs_permission_state *permission)
{
    cs_buffer_varint(out, r->names[permission->permission]);
    cs_buffer_varint(out, permission->os_state);
    put_moment(out, &permission->last);
    put_moment(out, &permission->on);
    put_moment(out, &permission->refused);
    put_moment(out, &permission->revoked);
}

static void put_tables(cs_buffer *out, const renaming *r)
{
    const cs_state *state = r->state;
    cs_buffer_varint(out, r->name_count);
    for (uint32_t i = 0; i < r->name_count; i++)
        cs_buffer_sized(out, state->names.names[r->name_order[i]].data, state->names.names[r->name_order[i]].size);
    cs_buffer_varint(out, state->stream_count);
    for (uint32_t i = 0; i < state->stream_count; i++) {
        const cs_stream_state *stream = &state->streams[r->stream_order[i]];
        cs_buffer_append(out, stream->id, sizeof stream->id);
        cs_buffer_u8(out, (uint8_t)((stream->own ? 1u : 0u) | (stream->confirmed ? 2u : 0u) |
                                    (stream->joined ? 4u : 0u) | (stream->by_backend ? 8u : 0u)));
        cs_buffer_varint(out, stream->own_order);
        cs_buffer_varint(out, stream->doubted_seq);
        cs_buffer_varint(out, stream->vouched_seq);
        cs_buffer_varint(out, stream->last_seq);
        put_time(out, stream->last_time_ms);
        cs_buffer_varint(out, stream->acked_seq);
        cs_buffer_append(out, stream->head, sizeof stream->head);
        cs_buffer_append(out, stream->key, sizeof stream->key);
        cs_buffer_varint(out, stream->parked);
    }
}

static void put_acts(cs_buffer *out, const renaming *r, uint32_t *order)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->state->act_count; i++)
        if ((r->state->acts[i].flags & CS_ACT_PROVISIONAL) == 0)
            order[count++] = i;
    cs_state_sort(order, count, compare_act_places, r);
    cs_buffer_varint(out, count);
    for (uint32_t i = 0; i < count; i++)
        put_act(out, r, &r->state->acts[order[i]]);
}

static void put_rest(cs_buffer *out, const renaming *r, uint32_t *order)
{
    const cs_state *state = r->state;
    for (uint32_t i = 0; i < state->age_count; i++)
        order[i] = i;
    cs_state_sort(order, state->age_count, compare_age_places, r);
    cs_buffer_varint(out, state->age_count);
    for (uint32_t i = 0; i < state->age_count; i++)
        put_age(out, r, &state->ages[order[i]]);
    for (uint32_t i = 0; i < state->permission_count; i++)
        order[i] = i;
    cs_state_sort(order, state->permission_count, compare_permission_places, r);
    cs_buffer_varint(out, state->permission_count);
    for (uint32_t i = 0; i < state->permission_count; i++)
        put_permission(out, r, &state->permissions[order[i]]);
    put_moment(out, &state->recovered);
    put_moment(out, &state->excursion);
    put_time(out, state->receipt_ms);
    cs_buffer_varint(out, state->merged);
}

void cs_state_encode(const cs_state *state, cs_buffer *out)
{
    size_t longest = (size_t)state->act_count + state->age_count + state->permission_count;
    size_t names = (size_t)state->names.count + 1;
    size_t slots = 2 * names + 2 * (size_t)state->stream_count + longest;
    uint32_t *scratch = cs_alloc(state->memory, slots * sizeof *scratch);
    if (scratch == NULL) {
        out->failed = true;
        return;
    }
    renaming r = {.state = state,
                  .name_order = scratch,
                  .names = scratch + names,
                  .stream_order = scratch + 2 * names,
                  .streams = scratch + 2 * names + state->stream_count};
    uint32_t *order = scratch + 2 * names + 2 * (size_t)state->stream_count;
    rename_all(&r);
    cs_buffer_u8(out, FORMAT);
    put_tables(out, &r);
    put_acts(out, &r, order);
    put_rest(out, &r, order);
    cs_free(state->memory, scratch, slots * sizeof *scratch);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static uint32_t read_number(cs_reader *in, uint64_t max)
{
    uint64_t value = cs_read_varint(in);
    if (value > max)
        in->ok = false;
    return in->ok ? (uint32_t)value : 0;
}

static int64_t read_time(cs_reader *in)
{
    return (int64_t)cs_read_u64(in);
}

static void read_exactly(cs_reader *in, uint8_t *out, size_t size)
{
    const uint8_t *bytes = cs_read_bytes(in, size);
    if (bytes != NULL)
        memcpy(out, bytes, size);
}

static void read_moment(cs_reader *in, cs_moment *moment)
{
    moment->seq = cs_read_varint(in);
    moment->era = read_number(in, UINT16_MAX);
    moment->time_ms = read_time(in);
    moment->elapsed_ms = read_time(in);
    read_exactly(in, moment->session, CS_SESSION_ID_SIZE);
}

static void read_act(cs_reader *in, const cs_state *state, cs_act *act)
{
    cs_name *const names[] = {&act->purpose, &act->recipient, &act->data, &act->policy, &act->overlay, &act->rules};
    uint32_t *const versions[] = {&act->version, &act->revision, &act->overlay_version, &act->overlay_revision,
                                  &act->rules_version};
    for (size_t i = 0; i < CS_COUNT_OF(names); i++)
        *names[i] = read_number(in, state->names.count);
    for (size_t i = 0; i < CS_COUNT_OF(versions); i++)
        *versions[i] = read_number(in, UINT32_MAX);
    act->kind = (uint8_t)read_number(in, CS_ACT_NOTED);
    act->side = (uint8_t)read_number(in, CS_SIDE_GUARDIAN);
    act->subject = (uint8_t)read_number(in, CS_SUBJECT_FIELD_NOTICE);
    act->flags = (uint8_t)read_number(in, UINT8_MAX);
    uint32_t stream = read_number(in, UINT16_MAX);
    act->stream = (uint16_t)stream;
    act->seq = cs_read_varint(in);
    act->cursor = cs_read_varint(in);
    act->seen = cs_read_varint(in);
    act->hash = cs_read_u64(in);
    act->overlay_hash = cs_read_u64(in);
    act->time_ms = read_time(in);
    act->elapsed_ms = read_time(in);
    read_exactly(in, act->session, CS_SESSION_ID_SIZE);
    if (act->kind == 0 || stream >= state->stream_count || (act->flags & CS_ACT_PROVISIONAL) != 0)
        in->ok = false;
}

static void read_age(cs_reader *in, const cs_state *state, cs_age_act *age)
{
    age->birth.year = (int32_t)read_number(in, 9999);
    age->birth.month = (int32_t)read_number(in, 12);
    age->birth.day = (int32_t)read_number(in, 31);
    age->band = read_number(in, UINT32_MAX);
    age->correction = read_number(in, 1) != 0;
    uint32_t stream = read_number(in, UINT16_MAX);
    age->stream = (uint16_t)stream;
    age->seq = cs_read_varint(in);
    age->cursor = cs_read_varint(in);
    age->seen = cs_read_varint(in);
    age->time_ms = read_time(in);
    if (stream >= state->stream_count || (age->birth.year != 0 && !cs_date_is_valid(age->birth)))
        in->ok = false;
}

/* Makes an array of `count` zeroed entries, never more than the bytes left could describe. */
static bool make(cs_state *state, cs_reader *in, uint32_t count, size_t entry_size, void **out, uint32_t *capacity)
{
    if (!in->ok || count > in->left)
        return in->ok = false;
    if (count == 0)
        return true;
    *out = cs_alloc(state->memory, count * entry_size);
    if (*out == NULL)
        return false;
    *capacity = count;
    return true;
}

static bool read_names(cs_state *state, cs_reader *in)
{
    uint32_t count = read_number(in, UINT32_MAX);
    for (uint32_t i = 0; in->ok && i < count; i++) {
        cs_name name;
        cs_str text = cs_read_str(in, CS_EVENT_MAX_SIZE);
        bool sorted = i == 0 || cs_str_compare(cs_state_text(state, i), text) < 0;
        if (!in->ok || !sorted || text.size == 0)
            return in->ok = false;
        if (cs_state_names_intern(&state->names, text, &name, NULL) != CONSENT_OK)
            return false;
    }
    return in->ok;
}

static bool read_streams(cs_state *state, cs_reader *in)
{
    uint32_t count = read_number(in, UINT16_MAX - 1);
    void *streams = NULL;
    if (!make(state, in, count, sizeof *state->streams, &streams, &state->stream_capacity))
        return false;
    state->streams = streams;
    for (; in->ok && state->stream_count < count; state->stream_count++) {
        cs_stream_state *stream = &state->streams[state->stream_count];
        read_exactly(in, stream->id, sizeof stream->id);
        uint8_t flags = cs_read_u8(in);
        stream->own = (flags & 1u) != 0;
        stream->confirmed = (flags & 2u) != 0;
        stream->joined = (flags & 4u) != 0;
        stream->by_backend = (flags & 8u) != 0;
        stream->own_order = read_number(in, UINT16_MAX);
        stream->doubted_seq = cs_read_varint(in);
        stream->vouched_seq = cs_read_varint(in);
        stream->last_seq = cs_read_varint(in);
        stream->last_time_ms = read_time(in);
        stream->acked_seq = cs_read_varint(in);
        read_exactly(in, stream->head, sizeof stream->head);
        read_exactly(in, stream->key, sizeof stream->key);
        stream->parked = read_number(in, UINT32_MAX);
    }
    return in->ok;
}

static bool read_acts(cs_state *state, cs_reader *in)
{
    uint32_t count = read_number(in, CS_STATE_MAX_ACTS);
    void *acts = NULL;
    if (!make(state, in, count, sizeof *state->acts, &acts, &state->act_capacity))
        return false;
    state->acts = acts;
    for (; in->ok && state->act_count < count; state->act_count++) {
        cs_act *act = &state->acts[state->act_count];
        read_act(in, state, act);
        if (state->act_count > 0 && act->purpose < act[-1].purpose)
            in->ok = false;
    }
    return in->ok;
}

static bool read_ages(cs_state *state, cs_reader *in)
{
    uint32_t count = read_number(in, UINT32_MAX);
    void *ages = NULL;
    if (!make(state, in, count, sizeof *state->ages, &ages, &state->age_capacity))
        return false;
    state->ages = ages;
    for (; in->ok && state->age_count < count; state->age_count++)
        read_age(in, state, &state->ages[state->age_count]);
    return in->ok;
}

static bool read_permissions(cs_state *state, cs_reader *in)
{
    uint32_t count = read_number(in, UINT32_MAX);
    void *permissions = NULL;
    if (!make(state, in, count, sizeof *state->permissions, &permissions, &state->permission_capacity))
        return false;
    state->permissions = permissions;
    for (; in->ok && state->permission_count < count; state->permission_count++) {
        cs_permission_state *permission = &state->permissions[state->permission_count];
        permission->permission = read_number(in, state->names.count);
        permission->os_state = read_number(in, UINT32_MAX);
        read_moment(in, &permission->last);
        read_moment(in, &permission->on);
        read_moment(in, &permission->refused);
        read_moment(in, &permission->revoked);
    }
    return in->ok;
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
    cs_reader in = cs_reader_of(bytes);
    if (cs_read_u8(&in) != FORMAT && in.ok)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the checkpoint has a format this version does not read");
    bool read = in.ok && read_names(state, &in) && read_streams(state, &in) && read_acts(state, &in) &&
                read_ages(state, &in) && read_permissions(state, &in);
    if (read) {
        read_moment(&in, &state->recovered);
        read_moment(&in, &state->excursion);
        state->receipt_ms = read_time(&in);
        state->merged = cs_read_varint(&in);
    }
    bool no_memory = in.ok && !read;
    if (read && in.ok && in.left == 0 && is_canonical(state, bytes, &no_memory))
        return CONSENT_OK;
    const cs_memory *memory = state->memory;
    cs_state_free(state);
    cs_state_init(state, memory);
    if (no_memory)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for reading the checkpoint");
    return cs_fail(err, CONSENT_E_CORRUPT, 0, "the checkpoint was damaged; the state is rebuilt from the events");
}
