/* consent_client, consent_profile: opening, policies, the record. */
#include "api/api.h"

#include <string.h>

/* ---- names ------------------------------------------------------------------------------------------- */

const char *consent_status_name(consent_status status)
{
    return cs_nth_text("OK\0ARGUMENT\0MEMORY\0IO\0FULL\0LOCKED\0KEY_UNAVAILABLE\0KEY_GONE\0CORRUPT\0TAMPERED\0"
                       "ROLLED_BACK\0COPIED\0UNSUPPORTED\0REJECTED\0EXPIRED\0USED\0NOT_FOUND\0NOT_DURABLE\0"
                       "NETWORK\0CANCELLED\0FORKED\0UNKNOWN\0",
                       (size_t)status);
}

const char *consent_version(void)
{
    return CONSENT_VERSION;
}

void consent_set_crypto_lock(void (*lock)(void *ctx), void (*unlock)(void *ctx), void *ctx)
{
    cs_crypto_set_lock(lock, unlock, ctx);
}

/* ---- structs ------------------------------------------------------------------------------------------- */

consent_status cs_need_argument(const void *given, const char *what, consent_error *err)
{
    return given ? CONSENT_OK : cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is NULL", what);
}

static consent_status size_of(const void *theirs, size_t min_size, const char *what, size_t *size, consent_error *err)
{
    consent_status status = cs_need_argument(theirs, what, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(size, theirs, sizeof *size);
    return *size >= min_size && *size <= 65536
               ? CONSENT_OK
               : cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s.struct_size is %zu; initialise it with CONSENT_INIT(%s)", what,
                         *size, what);
}

consent_status cs_take_struct(const void *theirs, void *mine, size_t mine_size, size_t min_size, const char *what,
                              consent_error *err)
{
    size_t given;
    memset(mine, 0, mine_size);
    consent_status status = size_of(theirs, min_size, what, &given, err);
    if (status != CONSENT_OK)
        return status;
    for (size_t i = mine_size; i < given; i++)
        if (((const uint8_t *)theirs)[i] != 0)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s sets a field that this version of the library lacks", what);
    memcpy(mine, theirs, given < mine_size ? given : mine_size);
    return CONSENT_OK;
}

consent_status cs_give_struct(const void *mine, size_t mine_size, void *theirs, size_t min_size, const char *what,
                              consent_error *err)
{
    size_t room;
    consent_status status = size_of(theirs, min_size, what, &room, err);
    if (status != CONSENT_OK)
        return status;
    memset((uint8_t *)theirs + sizeof room, 0, room - sizeof room);
    memcpy((uint8_t *)theirs + sizeof room, (const uint8_t *)mine + sizeof room,
           (room < mine_size ? room : mine_size) - sizeof room);
    return CONSENT_OK;
}

consent_status cs_give_verdict(const consent_verdict *mine, consent_verdict *theirs, consent_status status,
                               consent_error *err)
{
    consent_status given = cs_give_struct(mine, sizeof *mine, theirs, offsetof(consent_verdict, policy_version),
                                          "consent_verdict", status == CONSENT_OK ? err : NULL);
    return status == CONSENT_OK ? given : status;
}

consent_status cs_give_answer(consent_verdict *mine, consent_verdict *theirs, consent_status status, consent_error *err)
{
    if (status != CONSENT_OK)
        memset(mine, 0, sizeof *mine); /* deny */
    return cs_give_verdict(mine, theirs, status, err);
}

consent_status cs_begin_output(const consent_profile *profile, consent_write_fn write, cs_buffer *buffer,
                               consent_error *err)
{
    consent_status status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK && !write)
        status = cs_need_argument(NULL, "write", err);
    if (status == CONSENT_OK)
        cs_buffer_init(buffer, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    return status;
}

consent_status cs_write_out(cs_buffer *buffer, consent_status status, consent_write_fn write, void *ctx,
                            consent_error *err)
{
    if (status == CONSENT_OK)
        status = cs_buffer_status(buffer, "the output", err);
    if (status == CONSENT_OK && buffer->size != 0 && write(ctx, (const char *)buffer->data, buffer->size) != 0)
        status = cs_fail(err, CONSENT_E_CANCELLED, 0, "the caller's writer stopped the output");
    cs_buffer_free(buffer);
    return status;
}

/* ---- client -------------------------------------------------------------------------------------------- */

static void host_clock(void *ctx, cs_clock *out)
{
    consent_client *client = ctx;
    client->clock->now(client->clock->ctx, &out->wall_ms, &out->elapsed_ms);
}

static uint32_t host_coarse_seconds(void *ctx)
{
    cs_clock clock;
    host_clock(ctx, &clock);
    /* Both clocks count: a host that moves only the wall clock still gets a new answer. */
    return (uint32_t)(clock.elapsed_ms / CS_SECOND_MS) ^ (uint32_t)(clock.wall_ms / CS_SECOND_MS) << 8;
}

static void host_log(void *ctx, int level, const char *message)
{
    consent_client *client = ctx;
    client->log(client->log_ctx, level, message);
}

consent_status consent_open(const consent_config *config, consent_client **out, consent_error *err)
{
    consent_config mine;
    consent_status status;
    status = cs_need_argument(out, "out", err);
    if (status != CONSENT_OK)
        return status;
    *out = NULL;
    status = cs_take_struct(config, &mine, sizeof mine, offsetof(consent_config, keystore), "consent_config", err);
    if (status != CONSENT_OK)
        return status;
    if (mine.clock && (mine.clock->struct_size < sizeof(consent_clock) || !mine.clock->now))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.clock has no now function, or its struct_size is not set");
    if (mine.keystore && mine.keystore->struct_size < offsetof(consent_keystore, counter_get))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.keystore's struct_size is not set");
    cs_env env;
    cs_env_posix(&env);
    consent_client *client = cs_alloc(&env.memory, sizeof *client);
    if (!client)
        return cs_no_memory(err, "the client");
    client->memory = env.memory;
    client->env = env;
    client->clock = mine.clock;
    client->log = mine.log;
    client->log_ctx = mine.log_ctx;
    /* The platform's functions take no ctx, so it is free for the host's. */
    client->env.ctx = client;
    if (mine.clock) {
        client->env.clock = host_clock;
        client->env.coarse_seconds = host_coarse_seconds;
    }
    if (mine.log)
        client->env.log = host_log;
    status = cs_home_open(&client->env, &mine, &client->home, err);
    if (status != CONSENT_OK) {
        cs_free(&env.memory, client, sizeof *client);
        return status;
    }
    *out = client;
    return CONSENT_OK;
}

void consent_close(consent_client *client)
{
    if (!client)
        return;
    cs_memory memory = client->memory;
    cs_home_close(client->home);
    cs_sync_setup_free(&memory, &client->sync);
    cs_free(&memory, client, sizeof *client);
}
