#include "support/device.h"

#include "profile/internal.h"

#include <string.h>

static consent_status give_token(void *ctx, bool renew, char *out, size_t size)
{
    device *d = ctx;
    d->tokens++;
    d->renewed += renew;
    if (d->token == NULL || strlen(d->token) >= size)
        return CONSENT_E_REJECTED;
    memcpy(out, d->token, strlen(d->token) + 1);
    return CONSENT_OK;
}

consent_status device_open(device *d, world *w, backend *b, const char *home, const char *account)
{
    cs_env env = world_env(w);
    bool first = d->b == NULL;
    d->b = b;
    d->home = home;
    d->account = account;
    d->j.w = w;
    consent_status status = journey_open_env(&d->j, &env, home);
    if (status == CONSENT_OK && account != NULL) {
        cs_profile_close(d->j.profile);
        d->j.profile = NULL;
        status = cs_profile_open(d->j.home, account, false, &d->j.profile, &d->j.err);
    }
    if (status == CONSENT_OK && first) {
        backend_setup(b, &d->transport, &d->setup);
        d->setup.token = give_token;
        d->setup.ctx = d;
        d->token = "account-token";
        status = journey_install(&d->j, 1);
    }
    return status;
}

void device_close(device *d)
{
    journey_close(&d->j);
}

void device_free(device *d)
{
    device_close(d);
    cs_sync_setup_free(cs_memory_system(), &d->setup);
}

consent_status device_sync(device *d)
{
    memset(&d->j.err, 0, sizeof d->j.err);
    return cs_sync_run(d->j.profile, &d->setup, &d->cancelled, 0, &d->report, &d->j.err);
}

consent_status device_accept(device *d)
{
    return journey_answer(&d->j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT);
}

consent_status device_grant(device *d)
{
    return journey_answer(&d->j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT);
}

consent_status device_withdraw(device *d)
{
    return journey_withdraw(&d->j, "share.payment", "pay-a");
}

consent_verdict device_verdict(device *d)
{
    return journey_check(&d->j, "share.payment", "pay-a", "account");
}

consent_status device_fill(device *d, uint32_t count)
{
    consent_status status = CONSENT_OK;
    while (count != 0 && status == CONSENT_OK) {
        cs_event events[50];
        uint32_t batch = count < 50 ? count : 50;
        for (uint32_t i = 0; i < batch; i++)
            events[i] = (cs_event){.type = CS_EVENT_NOTICE_SHOWN, .purpose = CS_STR("browse.search")};
        cs_profile_lock(d->j.profile);
        status = cs_profile_record(d->j.profile, events, batch, false, NULL, &d->j.err);
        cs_profile_unlock(d->j.profile);
        count -= batch;
    }
    return status;
}

void device_profile_id(device *d, uint8_t out[CS_PROFILE_ID_SIZE])
{
    cs_exchange_standing standing;
    memset(out, 0, CS_PROFILE_ID_SIZE);
    if (cs_exchange_look(d->j.profile, &standing, NULL) == CONSENT_OK)
        memcpy(out, standing.profile, CS_PROFILE_ID_SIZE);
}
