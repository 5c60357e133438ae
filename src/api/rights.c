/* Requests, the two lists, switches. */
#include "api/api.h"

#include "profile/rights.h"

static consent_status need(const void *handle, const char *what, consent_error *err)
{
    return handle ? CONSENT_OK : cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is NULL", what);
}

static consent_status need_writer(const consent_profile *profile, consent_write_fn write, consent_error *err)
{
    consent_status status = need(profile, "profile", err);
    return status == CONSENT_OK && !write ? cs_fail(err, CONSENT_E_ARGUMENT, 0, "write is NULL") : status;
}

consent_status consent_request_open(consent_profile *profile, const consent_rights_request *request, char *id,
                                    consent_error *err)
{
    consent_rights_request mine;
    char made[CONSENT_REQUEST_ID_SIZE] = "";
    if (id)
        id[0] = '\0';
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK)
        status = need(id, "id", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(request, &mine, sizeof mine, offsetof(consent_rights_request, ground),
                                "consent_rights_request", err);
    if (status == CONSENT_OK)
        status = cs_profile_request_open(profile->profile, &mine, made, err);
    for (size_t i = 0; status == CONSENT_OK && i < sizeof made; i++)
        id[i] = made[i];
    return status;
}

consent_status consent_request_update(consent_profile *profile, const consent_request_change *change,
                                      consent_error *err)
{
    consent_request_change mine;
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(change, &mine, sizeof mine, offsetof(consent_request_change, by_requester),
                                "consent_request_change", err);
    if (status == CONSENT_OK)
        status = need(mine.id, "change.id", err);
    return status == CONSENT_OK ? cs_profile_request_update(profile->profile, &mine, err) : status;
}

consent_status consent_requests(consent_profile *profile, const char *locale, consent_write_fn write, void *ctx,
                                consent_error *err)
{
    cs_buffer buffer;
    consent_status status = need_writer(profile, write, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&buffer, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    status = cs_profile_requests(profile->profile, locale, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_signal_age(consent_profile *profile, const consent_age_signal *signal, consent_error *err)
{
    consent_age_signal mine;
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK)
        status =
            cs_take_struct(signal, &mine, sizeof mine, offsetof(consent_age_signal, under), "consent_age_signal", err);
    return status == CONSENT_OK ? cs_profile_signal_age(profile->profile, &mine, err) : status;
}

consent_status consent_lists(consent_profile *profile, consent_list which, const char *locale, consent_write_fn write,
                             void *ctx, consent_error *err)
{
    cs_buffer buffer;
    consent_status status = need_writer(profile, write, err);
    if (status == CONSENT_OK && which != CONSENT_LIST_COLLECTED && which != CONSENT_LIST_SHARED)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "which is not a consent_list");
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&buffer, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    status = cs_profile_list(profile->profile, which, locale, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_notice_receive(consent_profile *profile, const void *bytes, size_t size, consent_error *err)
{
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK)
        status = need(bytes, "bytes", err);
    return status == CONSENT_OK ? cs_profile_notice_receive(profile->profile, (cs_span){bytes, size}, err) : status;
}

consent_status consent_notices(consent_profile *profile, const char *locale, consent_write_fn write, void *ctx,
                               consent_error *err)
{
    cs_buffer buffer;
    consent_status status = need_writer(profile, write, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&buffer, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    status = cs_profile_notices(profile->profile, locale, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_switch_bind(consent_profile *profile, const consent_switch *which, consent_error *err)
{
    consent_switch mine;
    consent_status status = need(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(which, &mine, sizeof mine, offsetof(consent_switch, scope), "consent_switch", err);
    return status == CONSENT_OK ? cs_switch_bind(profile->profile, &mine, err) : status;
}

consent_status consent_purge_bind(consent_profile *profile, consent_purge_fn apply, void *ctx, consent_error *err)
{
    consent_status status = need(profile, "profile", err);
    return status == CONSENT_OK ? cs_purge_bind(profile->profile, apply, ctx, err) : status;
}

consent_status consent_switches(consent_profile *profile, consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer buffer;
    consent_status status = need_writer(profile, write, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&buffer, &profile->client->memory, CS_OUTPUT_MAX_BYTES);
    status = cs_profile_switches(profile->profile, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}
