/* consent_profile, consent_handle, policies and the record. */
#include "api/api.h"

#include <string.h>

#define QUERY_MIN_SIZE offsetof(consent_query, recipient)

consent_status cs_take_query(const consent_query *query, bool needs_purpose, cs_str list[CS_PURPOSE_MAX_DATA],
                             cs_query *out, consent_error *err)
{
    consent_query mine;
    consent_status status = cs_take_struct(query, &mine, sizeof mine, QUERY_MIN_SIZE, "consent_query", err);
    if (status != CONSENT_OK)
        return status;
    bool of_function = mine.function && mine.function[0];
    bool of_purpose = mine.purpose && mine.purpose[0];
    if (of_function && (of_purpose || !needs_purpose))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "query.function stands for itself, in checks; name a purpose alone here");
    if (needs_purpose && !of_purpose && !of_function)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "query.purpose is missing; name a purpose of the policy");
    status = cs_query_look(&mine, list, out, err);
    return status == CONSENT_OK ? cs_query_names(out, err) : status;
}

/* A caller's question, looked at. */
typedef struct question {
    cs_query view;
    cs_str list[CS_PURPOSE_MAX_DATA];
} question;

static consent_status ask_of(const consent_profile *profile, const consent_query *query, bool needs_purpose,
                             question *out, consent_error *err)
{
    consent_status status = cs_need_argument(profile, "profile", err);
    return status == CONSENT_OK ? cs_take_query(query, needs_purpose, out->list, &out->view, err) : status;
}

/* ---- life ----------------------------------------------------------------------------------------------- */

consent_status consent_profile_open(consent_client *client, const consent_profile_config *config, consent_profile **out,
                                    consent_error *err)
{
    consent_profile_config mine;
    consent_status status = cs_need_argument(out, "out", err);
    if (status != CONSENT_OK)
        return status;
    *out = NULL;
    status = cs_need_argument(client, "client", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(config, &mine, sizeof mine, offsetof(consent_profile_config, account),
                                "consent_profile_config", err);
    if (status != CONSENT_OK)
        return status;
    consent_profile *profile = cs_alloc(&client->memory, sizeof *profile);
    if (!profile)
        return cs_no_memory(err, "the profile");
    profile->client = client;
    status = cs_profile_open(client->home, mine.account, mine.ephemeral, &profile->profile, err);
    if (status != CONSENT_OK) {
        cs_free(&client->memory, profile, sizeof *profile);
        return status;
    }
    *out = profile;
    return CONSENT_OK;
}

void consent_profile_close(consent_profile *profile)
{
    if (!profile)
        return;
    cs_memory memory = profile->client->memory;
    cs_profile_close(profile->profile);
    cs_free(&memory, profile, sizeof *profile);
}

static consent_status pass_on(consent_profile *profile, consent_status (*act)(cs_profile *, consent_error *),
                              consent_error *err)
{
    consent_status status = cs_need_argument(profile, "profile", err);
    return status == CONSENT_OK ? act(profile->profile, err) : status;
}

consent_status consent_profile_health(consent_profile *profile, consent_error *err)
{
    return pass_on(profile, cs_profile_health, err);
}

consent_status consent_repair(consent_profile *profile, consent_error *err)
{
    return pass_on(profile, cs_profile_repair, err);
}

consent_status consent_erase(consent_profile *profile, consent_error *err)
{
    return pass_on(profile, cs_profile_erase, err);
}

consent_status consent_flush(consent_profile *profile, consent_error *err)
{
    return pass_on(profile, cs_profile_flush, err);
}

/* ---- deciding ------------------------------------------------------------------------------------------- */

static consent_status check(consent_profile *profile, const consent_query *query, consent_verdict *verdict,
                            consent_error *err)
{
    question asked;
    consent_verdict mine = CONSENT_INIT(consent_verdict);
    consent_status status = ask_of(profile, query, true, &asked, err);
    if (status == CONSENT_OK)
        status = cs_profile_check(profile->profile, &asked.view, &mine, err);
    return cs_give_answer(&mine, verdict, status, err);
}

consent_status consent_check(consent_profile *profile, const consent_query *query, consent_verdict *verdict,
                             consent_error *err)
{
    if (profile && query && verdict && verdict->struct_size == sizeof *verdict &&
        cs_profile_check_again(profile->profile, query, verdict))
        return CONSENT_OK;
    return check(profile, query, verdict, err);
}

consent_status consent_check_at(consent_profile *profile, const consent_query *query, int64_t at_ms, bool hindsight,
                                consent_verdict *verdict, consent_error *err)
{
    question asked;
    consent_verdict mine = CONSENT_INIT(consent_verdict);
    consent_status status = ask_of(profile, query, true, &asked, err);
    if (status == CONSENT_OK)
        status = cs_profile_check_at(profile->profile, &asked.view, at_ms, hindsight, &mine, err);
    return cs_give_answer(&mine, verdict, status, err);
}

consent_status consent_explain(consent_profile *profile, const consent_query *query, const char *locale,
                               consent_write_fn write, void *ctx, consent_error *err)
{
    question asked;
    cs_buffer buffer;
    cs_json_out json;
    consent_status status = cs_begin_output(profile, write, &buffer, err);
    if (status == CONSENT_OK)
        status = ask_of(profile, query, true, &asked, err);
    if (status != CONSENT_OK)
        return status;
    cs_json_out_init(&json, &buffer);
    status = cs_profile_explain(profile->profile, &asked.view, locale, &json, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_handle_open(consent_profile *profile, const consent_query *query, consent_handle **out,
                                   consent_error *err)
{
    question asked;
    cs_ask *ask = NULL;
    consent_status status = cs_need_argument(out, "out", err);
    if (status != CONSENT_OK)
        return status;
    status = ask_of(profile, query, true, &asked, err);
    if (status == CONSENT_OK)
        status = cs_profile_ask(profile->profile, &asked.view, &ask, err);
    *out = status == CONSENT_OK ? (consent_handle *)ask : NULL;
    return status;
}

void consent_handle_close(consent_handle *handle)
{
    cs_ask_release((cs_ask *)handle);
}

consent_decision consent_handle_check(consent_handle *handle)
{
    return handle ? cs_ask_check((cs_ask *)handle) : CONSENT_DENY;
}

consent_status consent_use(consent_handle *handle, consent_verdict *verdict, consent_error *err)
{
    consent_verdict mine = CONSENT_INIT(consent_verdict);
    consent_status status = cs_need_argument(handle, "handle", err);
    if (status == CONSENT_OK)
        status = cs_ask_use((cs_ask *)handle, &mine, err);
    return cs_give_answer(&mine, verdict, status, err);
}

/* ---- withdrawing, permissions ------------------------------------------------------------------------------ */

consent_status consent_withdraw(consent_profile *profile, const consent_query *item, consent_error *err)
{
    question asked;
    consent_status status = ask_of(profile, item, false, &asked, err);
    return status == CONSENT_OK ? cs_profile_withdraw(profile->profile, &asked.view, err) : status;
}

consent_status consent_permission_observe(consent_profile *profile, const char *permission, consent_os_state state,
                                          consent_error *err)
{
    consent_status status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK && !cs_id_is_valid(cs_str_of(permission)))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "permission is missing or not an identifier");
    if (status == CONSENT_OK && (state < CONSENT_OS_UNKNOWN || state > CONSENT_OS_BLOCKED))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "state is not a consent_os_state");
    return status == CONSENT_OK ? cs_profile_observe(profile->profile, cs_str_of(permission), state, err) : status;
}

consent_status consent_import(consent_profile *profile, const consent_imported *given, consent_error *err)
{
    consent_imported mine;
    consent_status status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(given, &mine, sizeof mine, offsetof(consent_imported, scope), "consent_imported", err);
    return status == CONSENT_OK ? cs_profile_import(profile->profile, &mine, err) : status;
}

/* ---- being told ---------------------------------------------------------------------------------------------- */

consent_status consent_watch(consent_handle *handle, consent_watch_fn told, void *ctx, consent_error *err)
{
    consent_status status = cs_need_argument(handle, "handle", err);
    return status == CONSENT_OK ? cs_ask_watch((cs_ask *)handle, told, ctx, err) : status;
}

consent_status consent_poll(consent_profile *profile, size_t *count, consent_error *err)
{
    size_t calls = 0;
    consent_status status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_profile_poll(profile->profile, &calls, err);
    if (count)
        *count = calls;
    return status;
}

consent_status consent_changes(consent_profile *profile, uint64_t after_seq, consent_write_fn write, void *ctx,
                               consent_error *err)
{
    cs_buffer buffer;
    consent_status status = cs_begin_output(profile, write, &buffer, err);
    if (status != CONSENT_OK)
        return status;
    status = cs_profile_changes(profile->profile, after_seq, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

/* ---- the record ---------------------------------------------------------------------------------------------- */

static consent_status write_record(consent_profile *profile,
                                   consent_status (*record)(cs_profile *, cs_buffer *, consent_error *),
                                   consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer buffer;
    consent_status status = cs_begin_output(profile, write, &buffer, err);
    if (status != CONSENT_OK)
        return status;
    status = record(profile->profile, &buffer, err);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_history(consent_profile *profile, consent_write_fn write, void *ctx, consent_error *err)
{
    return write_record(profile, cs_profile_history, write, ctx, err);
}

consent_status consent_export(consent_profile *profile, consent_write_fn write, void *ctx, consent_error *err)
{
    return write_record(profile, cs_profile_export, write, ctx, err);
}

consent_status consent_verify(consent_profile *profile, consent_verify_report *report, consent_error *err)
{
    consent_verify_report mine = CONSENT_INIT(consent_verify_report);
    consent_status status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_profile_verify(profile->profile, &mine, err);
    consent_status given = cs_give_struct(&mine, sizeof mine, report, offsetof(consent_verify_report, bad_offset),
                                          "consent_verify_report", status == CONSENT_OK ? err : NULL);
    return status == CONSENT_OK ? given : status;
}
