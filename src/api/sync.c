/* consent_sync and what belongs to it. */
#include "sync/sync.h"
#include "api/api.h"

#include <string.h>

static consent_status need(const void *handle, const char *what, consent_error *err)
{
    return handle ? CONSENT_OK : cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is NULL", what);
}

/* One configuration, any number of runs: a run counts itself in, so that nothing is replaced under it. */
consent_status consent_sync_configure(consent_client *client, const consent_sync_config *config, consent_error *err)
{
    consent_sync_config mine;
    consent_status status = need(client, "client", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(config, &mine, sizeof mine, offsetof(consent_sync_config, transport),
                                "consent_sync_config", err);
    if (status != CONSENT_OK)
        return status;
    client->env.mutex_lock(client->env.ctx, client->home->lock);
    status = client->syncs_running == 0
                 ? cs_sync_set_up(&client->memory, &mine, &client->sync, err)
                 : cs_fail(err, CONSENT_E_LOCKED, 0, "a sync is under way; configure when it is over");
    client->env.mutex_unlock(client->env.ctx, client->home->lock);
    return status;
}

static consent_status enter(consent_profile *profile, consent_error *err)
{
    consent_client *client = profile->client;
    consent_status status = CONSENT_OK;
    client->env.mutex_lock(client->env.ctx, client->home->lock);
    if (profile->syncing)
        status = cs_fail(err, CONSENT_E_LOCKED, 0, "a sync of this profile is under way");
    else
        client->syncs_running++;
    if (status == CONSENT_OK)
        profile->syncing = true;
    client->env.mutex_unlock(client->env.ctx, client->home->lock);
    return status;
}

static void leave(consent_profile *profile)
{
    consent_client *client = profile->client;
    client->env.mutex_lock(client->env.ctx, client->home->lock);
    profile->syncing = false;
    client->syncs_running--;
    client->env.mutex_unlock(client->env.ctx, client->home->lock);
}

consent_status consent_sync(consent_profile *profile, uint32_t timeout_ms, consent_sync_report *report,
                            consent_error *err)
{
    consent_sync_report mine = CONSENT_INIT(consent_sync_report);
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK && report)
        status = cs_give_struct(&mine, sizeof mine, report, sizeof report->struct_size, "consent_sync_report", err);
    if (status == CONSENT_OK)
        status = enter(profile, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_sync_run(profile->profile, &profile->client->sync, &profile->client->cancelled, timeout_ms, &mine, err);
    leave(profile);
    if (report)
        (void)cs_give_struct(&mine, sizeof mine, report, sizeof report->struct_size, "consent_sync_report", NULL);
    return status;
}

void consent_cancel(consent_client *client)
{
    if (client)
        atomic_fetch_add(&client->cancelled, 1);
}

consent_status consent_sync_status(consent_profile *profile, consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer text;
    cs_json_out json;
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK && !write)
        status = need(NULL, "write", err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    cs_json_out_init(&json, &text);
    status = cs_sync_status(profile->profile, &json, err);
    return cs_write_out(&text, status, write, ctx, err);
}

consent_status consent_profile_join(consent_profile *account, consent_profile *anonymous, consent_error *err)
{
    consent_status status = need(account, "account", err);
    if (status == CONSENT_OK)
        status = need(anonymous, "anonymous", err);
    if (status == CONSENT_OK && account->client != anonymous->client)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "the profiles are of different clients");
    return status == CONSENT_OK ? cs_profile_join(account->profile, anonymous->profile, err) : status;
}

consent_status consent_profile_leave(consent_profile *account, consent_error *err)
{
    consent_status status = need(account, "account", err);
    return status == CONSENT_OK ? cs_profile_leave(account->profile, err) : status;
}
