/* One run of a sync. */
#include "sync/internal.h"

#include <stdio.h>
#include <string.h>

enum {
    PIN_ENTRY_SIZE = 56 /* "sha256//" + 44 + ";" and room */
};

/* ---- transport ---------------------------------------------------------------------------------------------- */

static consent_status open_transport(cs_sync *sync, consent_error *err)
{
    char pins[CS_SYNC_MAX_PINS * PIN_ENTRY_SIZE] = "";
    size_t size = 0;
    if (sync->setup->transport) {
        sync->transport = *sync->setup->transport;
        return CONSENT_OK;
    }
    for (size_t i = 0; i < sync->setup->pin_count; i++)
        if (cs_sync_now_ms(sync) < sync->setup->pins_expire_ms[i])
            size += (size_t)snprintf(pins + size, sizeof pins - size, "%ssha256//%s", size ? ";" : "",
                                     sync->setup->pins[i]);
    const cs_curl_config config = {sync->setup->ca_file, size ? pins : NULL};
    consent_status status = cs_curl_open(sync->memory, &config, &sync->curl, err);
    sync->transport = (consent_transport){sizeof sync->transport, sync->curl, cs_curl_perform};
    return status;
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* A backend that knows this device no longer is told of it once more. */
static consent_status exchange(cs_sync *sync, consent_error *err)
{
    bool moved = false;
    consent_status status = cs_sync_need_keys(sync, err);
    if (status == CONSENT_OK)
        status = cs_sync_push(sync, err);
    if (status == CONSENT_OK)
        status = cs_sync_pull(sync, &moved, err);
    for (int i = 0; i < 2 && (moved || (sync->forgotten && i == 0)); i++) {
        moved = false;
        status = cs_sync_push(sync, err);
        if (status == CONSENT_OK)
            status = cs_sync_pull(sync, &moved, err);
    }
    return status;
}

/* What may leave. Sealed files hold acts of persons who accepted: they need not wait until the next one does (C1). A child's acts stay
 * here until the guardian agreed (C130), whose word itself must be able to arrive. */
typedef struct plan {
    bool person, record, take, policies, sealed;
} plan;

static plan make_plan(const cs_sync *sync)
{
    const bool accepted = sync->standing.may_send, waits = !accepted && sync->standing.may_take;
    return (plan){.person = accepted,
                  .record = accepted && !sync->standing.ephemeral,
                  .take = waits,
                  .policies = accepted || waits || (sync->standing.may_fetch && sync->setup->fetch_before_consent),
                  .sealed = cs_exchange_has_sealed(sync->profile)};
}

static consent_status take_only(cs_sync *sync, consent_error *err)
{
    bool moved = false;
    consent_status status = cs_sync_need_keys(sync, err);
    if (status == CONSENT_OK)
        status = cs_sync_pull(sync, &moved, err);
    return sync->forgotten ? CONSENT_OK : status; /* nobody spoke of this account there yet */
}

static consent_status run_steps(cs_sync *sync, plan todo, consent_error *err)
{
    consent_status status = open_transport(sync, err);
    if (status == CONSENT_OK && todo.record)
        status = exchange(sync, err);
    if (status == CONSENT_OK && todo.take)
        status = take_only(sync, err);
    if (status == CONSENT_OK && todo.policies)
        status = cs_sync_fetch_policies(sync, err);
    if (status == CONSENT_OK && todo.person)
        status = cs_sync_fetch_notices(sync, err);
    if (status == CONSENT_OK && todo.sealed)
        status = cs_sync_need_keys(sync, err);
    if (status == CONSENT_OK && todo.sealed)
        status = cs_sync_send_sealed(sync, err);
    cs_curl_close(sync->curl);
    return status;
}

/* The backend said when it wants to be asked again; a clock that was set back does not make it years. */
static bool has_to_wait(cs_sync *sync)
{
    int64_t wait_ms = sync->kept.wait_until_ms - cs_sync_now_ms(sync);
    if (sync->kept.wait_until_ms == 0 || wait_ms <= 0 || wait_ms > CS_DAY_MS)
        return false;
    sync->report->retry_ms = wait_ms;
    return true;
}

static void conclude(cs_sync *sync, consent_status status)
{
    cs_exchange_standing after;
    if (cs_exchange_look(sync->profile, &after, NULL) == CONSENT_OK) {
        sync->report->waiting = after.waiting;
        sync->report->parked = after.parked;
    }
    if (status == CONSENT_OK) {
        sync->kept.failures = 0;
        sync->kept.wait_until_ms = 0;
        sync->kept.done_ms = cs_sync_now_ms(sync);
        sync->report->retry_ms = 0;
    }
    sync->kept.last_status = (uint32_t)status;
    sync->kept_changed = true;
    (void)cs_sync_remember(sync, NULL); /* losing it costs requests */
    cs_sync_tell(sync);
}

static consent_status run(cs_sync *sync, consent_error *err)
{
    consent_status status = cs_exchange_check_region(sync->profile, sync->setup->region, err);
    if (status == CONSENT_OK)
        status = cs_exchange_look(sync->profile, &sync->standing, err);
    if (status != CONSENT_OK)
        return status;
    sync->report->waiting = sync->standing.waiting;
    sync->report->parked = sync->standing.parked;
    plan todo = make_plan(sync);
    if (!todo.record && !todo.policies && !todo.sealed)
        return CONSENT_OK;
    status = cs_sync_recall(sync->profile, sync->memory, &sync->kept, err);
    if (status == CONSENT_OK && has_to_wait(sync))
        return cs_fail(err, CONSENT_E_NETWORK, 0, "the backend asked to be left alone for a while");
    if (status == CONSENT_OK) {
        status = run_steps(sync, todo, err);
        conclude(sync, status);
    }
    return status;
}

consent_status cs_sync_run(cs_profile *profile, const cs_sync_setup *setup, const atomic_uint *cancelled,
                           uint32_t timeout_ms, consent_sync_report *report, consent_error *err)
{
    const cs_env *env = &cs_profile_home(profile)->env;
    cs_clock clock;
    memset(report, 0, sizeof *report);
    report->struct_size = sizeof *report;
    if (!setup->ready)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "no backend is configured: call consent_sync_configure first");
    cs_sync *sync = cs_alloc(&env->memory, sizeof *sync);
    cs_key_set *keys = cs_alloc(&env->memory, sizeof *keys);
    consent_status status = CONSENT_E_MEMORY;
    if (sync && keys) {
        env->clock(env->ctx, &clock);
        *sync = (cs_sync){.profile = profile,
                          .env = env,
                          .memory = &env->memory,
                          .setup = setup,
                          .cancelled = cancelled,
                          .cancelled_at = atomic_load(cancelled),
                          .deadline_ms = clock.elapsed_ms + (timeout_ms ? timeout_ms : CS_SYNC_DEFAULT_MS),
                          .report = report,
                          .keys = keys};
        cs_buffer_init(&sync->answer, &env->memory, 0);
        status = run(sync, err);
        cs_buffer_free(&sync->answer);
        cs_wipe(sync, sizeof *sync);
    } else {
        status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for a sync");
    }
    cs_free(&env->memory, sync, sizeof *sync);
    cs_free(&env->memory, keys, sizeof *keys);
    return status;
}
