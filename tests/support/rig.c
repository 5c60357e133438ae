#include "support/rig.h"

#include <stdio.h>
#include <string.h>

static const uint8_t session[8] = {9, 8, 7, 6, 5, 4, 3, 2};

void rig_encode(uint64_t n, cs_buffer *out)
{
    static const uint8_t hash[32] = {0x11, 0x22, 0x33};
    char purpose[32];
    (void)snprintf(purpose, sizeof purpose, "p%llu", (unsigned long long)n);
    cs_event event = {
        .type = n % 3 == 0 ? CS_EVENT_WITHDRAWN : CS_EVENT_GRANTED,
        .seq = n,
        .time_ms = INT64_C(1767225600000) + (int64_t)n * 1000,
        .elapsed_ms = (int64_t)n * 1000,
        .session_id = session,
        .policy = {CS_STR("platform"), 3, 0, hash},
        .purpose = cs_str_of(purpose),
        .recipient = CS_STR("unionpay"),
        .data = {CS_STR("phone"), CS_STR("name")},
        .data_count = 2,
        .method = CONSENT_METHOD_CHECKBOX,
        .locale = CS_STR("zh-CN"),
        .notice_hash = hash,
    };
    cs_event_encode(&event, out);
}

static consent_status take_event(void *user, const uint8_t *stream, cs_span bytes, consent_error *err)
{
    rig *r = user;
    cs_event event;
    (void)stream;
    if (r->sink_fails)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "the sink failed");
    consent_status status = cs_event_decode(bytes, &event, err);
    if (status != CONSENT_OK || r->seen_count == RIG_MAX_ACTS) {
        r->seen_wrong = true;
        return status;
    }
    cs_buffer expected;
    cs_buffer_init(&expected, cs_memory_system(), CS_EVENT_MAX_SIZE);
    rig_encode(event.seq, &expected);
    if (expected.size != bytes.size || memcmp(expected.data, bytes.data, bytes.size) != 0)
        r->seen_wrong = true;
    cs_buffer_free(&expected);
    r->seen[r->seen_count++] = event.seq;
    return CONSENT_OK;
}

static consent_status take_checkpoint(void *user, cs_span state, consent_error *err)
{
    rig *r = user;
    if (r->refuse_checkpoint)
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the state was of another version");
    if (state.size != 8)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "the state was not the rig's");
    r->checkpoint_value = cs_load_u64(state.data);
    r->checkpoint_delivered = true;
    return CONSENT_OK;
}

cs_ledger_sink rig_sink(rig *r, bool with_checkpoint)
{
    return (cs_ledger_sink){.user = r, .event = take_event, .checkpoint = with_checkpoint ? take_checkpoint : NULL};
}

consent_status rig_init_env(rig *r, const cs_env *env, const char *path)
{
    memset(r, 0, sizeof *r);
    r->env = *env;
    int rc = env->dir_open(env->ctx, path, true, &r->dir);
    if (rc != 0)
        return cs_fail_os(&r->err, rc, "opening the directory");
    r->config.env = &r->env;
    r->config.dir = r->dir;
    r->config.name = RIG_NAME;
    memset(r->config.key, 0x5A, sizeof r->config.key);
    memset(r->config.home_id, 0x33, sizeof r->config.home_id);
    r->config.protection = 1;
    return CONSENT_OK;
}

consent_status rig_init(rig *r, world *w)
{
    cs_env env = world_env(w);
    consent_status status = rig_init_env(r, &env, RIG_HOME);
    r->w = w;
    return status;
}

void rig_close_ledger(rig *r)
{
    cs_ledger_close(r->ledger);
    r->ledger = NULL;
}

void rig_close(rig *r)
{
    rig_close_ledger(r);
    if (r->dir != NULL)
        r->env.dir_close(r->env.ctx, r->dir);
    r->dir = NULL;
}

static consent_status open_with(rig *r, bool with_checkpoint)
{
    rig_close_ledger(r);
    r->seen_count = 0;
    r->seen_wrong = false;
    r->checkpoint_value = 0;
    r->checkpoint_delivered = false;
    memset(&r->err, 0, sizeof r->err);
    cs_ledger_sink sink = rig_sink(r, with_checkpoint);
    return cs_ledger_open(&r->config, &sink, &r->ledger, &r->report, &r->err);
}

consent_status rig_open(rig *r)
{
    return open_with(r, false);
}

consent_status rig_open_from_checkpoint(rig *r)
{
    return open_with(r, true);
}

consent_status rig_act(rig *r, size_t count)
{
    enum {
        MOST = 200
    };
    cs_span events[MOST];
    size_t ends[MOST];
    cs_buffer bytes;
    cs_ledger_sink sink = rig_sink(r, false);
    if (r->ledger == NULL || count > MOST)
        return CONSENT_E_ARGUMENT;
    consent_status status = cs_ledger_begin(r->ledger, &sink, &r->err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&bytes, cs_memory_system(), 1u << 20);
    for (size_t i = 0; i < count; i++) {
        rig_encode(cs_ledger_next_seq(r->ledger) + i, &bytes);
        ends[i] = bytes.size;
    }
    for (size_t i = 0, at = 0; i < count; at = ends[i++])
        events[i] = (cs_span){bytes.data + at, ends[i] - at};
    status = cs_ledger_commit(r->ledger, events, count, &r->err);
    cs_buffer_free(&bytes);
    return status;
}

consent_status rig_acts(rig *r, size_t frames)
{
    consent_status status = CONSENT_OK;
    for (size_t i = 0; i < frames && status == CONSENT_OK; i++)
        status = rig_act(r, 1);
    return status;
}

consent_status rig_checkpoint(rig *r)
{
    uint8_t state[8];
    cs_store_u64(state, cs_ledger_next_seq(r->ledger) - 1);
    return cs_ledger_checkpoint(r->ledger, (cs_span){state, sizeof state}, &r->err);
}

bool rig_saw(const rig *r, uint64_t count)
{
    if (r->seen_wrong || r->seen_count + r->checkpoint_value != count)
        return false;
    for (size_t i = 0; i < r->seen_count; i++)
        if (r->seen[i] != r->checkpoint_value + i + 1)
            return false;
    return true;
}
