/* Serving: everything put together, signals, and an orderly end. */
#include "admin.h"
#include "commands.h"
#include "http.h"
#include "log.h"
#include "platform/platform.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define READERS 8u
#define STOP_WAIT_MS 15000
#define RETRY_CHORES_SECONDS 30

/* Chooses receipt keys by the newest key set. Without one nothing can be acknowledged yet, and /readyz says so. */
static void use_key_set(cd_server *server)
{
    cs_buffer line;
    uint32_t version;
    consent_error err = {0};
    cs_buffer_init(&line, cs_memory_system(), 262144);
    cd_store *store = cd_pool_get(server->pool);
    consent_status status = cd_store_key_set(store, &version, &line, &err);
    cd_pool_put(server->pool, store);
    cs_str text = {(const char *)line.data, line.size};
    if (text.size > 0)
        text.size--; /* the line feed */
    if (status == CONSENT_OK)
        status = cd_keys_use(server->keys, server->config, text, &version, &err);
    if (status != CONSENT_OK)
        cd_log_failure("no_key_set", status, &err);
    cs_buffer_free(&line);
}

static consent_status start(cd_server *server, consent_error *err)
{
    consent_status status = cs_crypto_init(err);
    if (status == CONSENT_OK)
        status = cd_keys_load(server->config, &server->keys, err);
    if (status == CONSENT_OK)
        status = cd_writer_start(server->database, server->config->queue, &server->metrics, cd_admin_chores, server,
                                 &server->writer, err);
    if (status == CONSENT_OK)
        status = cd_pool_new(server->database, READERS, &server->pool, err);
    if (status != CONSENT_OK)
        return status;
    use_key_set(server);
    server->by_address = cd_limits_new(server->config->address_rate, server->config->address_burst);
    server->by_profile = cd_limits_new(server->config->profile_rate, server->config->profile_burst);
    if (!server->by_address || !server->by_profile)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to serve");
    return cd_http_start(server, err);
}

static void stop(cd_server *server)
{
    cd_http_stop(server, STOP_WAIT_MS);
    cd_writer_stop(server->writer);
    cd_pool_free(server->pool);
    cd_keys_free(server->keys);
    cd_limits_free(server->by_address);
    cd_limits_free(server->by_profile);
}

static void say(const char *event, const cd_server *server)
{
    cd_log log;
    cd_log_begin(&log, "info", event);
    cs_json_member_text(&log.json, "address", server->config->listen);
    cs_json_member_int(&log.json, "port", server->daemon ? cd_http_port(server) : 0);
    cd_log_end(&log);
}

/* A rotated key and a key set published by the command line are found without a restart. */
static void reload(cd_server *server)
{
    cd_keys *fresh = NULL;
    consent_error err = {0};
    consent_status status = cd_keys_load(server->config, &fresh, &err);
    if (status == CONSENT_OK)
        status = cd_keys_take_over(server->keys, fresh, &err);
    if (status != CONSENT_OK)
        cd_log_failure("reload", status, &err);
    cd_keys_free(fresh);
    use_key_set(server);
    say("reloaded", server);
}

static void wait_for_signals(cd_server *server, const sigset_t *signals)
{
    const struct timespec patience = {RETRY_CHORES_SECONDS, 0};
    for (;;) {
        int got = sigtimedwait(signals, NULL, &patience);
        if (got == SIGHUP)
            reload(server);
        else if (got == SIGTERM || got == SIGINT)
            return;
        else if (got < 0)
            cd_writer_kick(server->writer); /* what failed before is tried again */
    }
}

consent_status cd_cmd_serve(const cd_arguments *arguments, consent_error *err)
{
    static cd_server server; /* large */
    cd_config config;
    sigset_t signals;
    if (arguments->count != 1)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "serve takes the folder");
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread */
    (void)signal(SIGPIPE, SIG_IGN);
    consent_status status = cd_config_load(arguments->values[0], &config, err);
    server.config = &config;
    server.database = status == CONSENT_OK ? cd_config_path(&config, CD_DATABASE_FILE) : NULL;
    if (status == CONSENT_OK)
        status = start(&server, err);
    if (status == CONSENT_OK) {
        say("serving", &server);
        (void)printf("consentd: serving on https://%s:%u\n", config.listen, cd_http_port(&server));
        (void)fflush(stdout);
        wait_for_signals(&server, &signals);
        say("stopping", &server);
    }
    stop(&server);
    cd_config_free(&config);
    return status;
}
