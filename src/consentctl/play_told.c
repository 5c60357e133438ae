/* Consent from before, ages seen elsewhere, and being told. */
#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include <string.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

consent_status cs_play_import(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_imported given = CONSENT_INIT(consent_imported);
    consent_error why = {0, 0, ""};
    given.reference = cs_json_str(player->step->arg).data;
    given.scope = cs_play_text(player, "scope");
    given.purpose = cs_play_text(player, "purpose");
    given.policy_version = (uint32_t)cs_json_int(cs_step_get(player->step, "version"));
    consent_status status = cs_play_moment(player, cs_str_of(cs_play_text(player, "given")), &given.given_ms, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_import(process->profile, &given, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* "2016-05-01", or "14": younger than that. */
consent_status cs_play_age_signal(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_age_signal signal = CONSENT_INIT(consent_age_signal);
    consent_error why = {0, 0, ""};
    cs_age_signal_read(cs_json_str(player->step->arg).data, &signal);
    signal.source = cs_play_text(player, "source");
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_signal_age(process->profile, &signal, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* ---- watches -------------------------------------------------------------------------------------- */

/* The question that a handle answers is the key it was kept under: "scope|purpose|recipient|…". */
static void name_question(const cs_process *process, const consent_handle *handle, cs_buffer *out)
{
    for (size_t i = 0; i < process->handle_count; i++) {
        if (process->handles[i].handle != handle)
            continue;
        const char *key = (const char *)process->handles[i].query.data;
        const char *past = key + process->handles[i].query.size;
        const char *purpose = memchr(key, '|', (size_t)(past - key));
        const char *end = purpose != NULL ? memchr(purpose + 1, '|', (size_t)(past - purpose - 1)) : NULL;
        if (end != NULL)
            cs_buffer_append(out, purpose + 1, (size_t)(end - purpose - 1));
        return;
    }
}

static void hear(void *ctx, consent_handle *handle, const consent_verdict *before, const consent_verdict *after)
{
    cs_process *process = ctx;
    name_question(process, handle, &process->told);
    cs_buffer_printf(&process->told, ": %s -> %s\n", cs_decision_name(before->decision),
                     cs_decision_name(after->decision));
}

consent_status cs_play_watch(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    consent_handle *handle = NULL;
    consent_status status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status == CONSENT_OK)
        status = cs_play_kept_handle(player, process, &query, &handle, err);
    return status == CONSENT_OK ? consent_watch(handle, hear, process, err) : status;
}

void cs_play_expect_told(cs_player *player, cs_process *process)
{
    const cs_json *wanted = cs_step_get(player->step, "tells");
    cs_str told = {(const char *)process->told.data, process->told.size};
    size_t lines = 0;
    for (size_t i = 0; i < told.size; i++)
        lines += told.data[i] == '\n';
    if (wanted != NULL)
        player->result->check_count++;
    for (const cs_json *each = cs_json_first(wanted); each != NULL; each = cs_json_next(each))
        if (!cs_play_contains(told, cs_json_str(each)))
            cs_play_fail(player, "expected to be told \"%.*s\", got %.*s", CS_STR_ARG(cs_json_str(each)),
                         (int)told.size, told.size > 0 ? told.data : "nothing");
    if (wanted != NULL && lines != cs_json_count(wanted))
        cs_play_fail(player, "expected to be told %zu changes, got %zu", cs_json_count(wanted), lines);
    cs_buffer_clear(&process->told);
}

/* ---- changes --------------------------------------------------------------------------------------- */

consent_status cs_play_changes(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer lines;
    uint64_t count = 0;
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&lines, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status =
        consent_changes(process->profile, (uint64_t)cs_json_int(player->step->arg), cs_write_to_buffer, &lines, err);
    for (size_t i = 0; i < lines.size; i++)
        count += lines.data[i] == '\n';
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "contains", (cs_str){(const char *)lines.data, lines.size});
        cs_play_expect_number(player, "count", count, "changes");
    }
    cs_buffer_free(&lines);
    return status;
}
