/* Questions, and the record. */
#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include <inttypes.h>
#include <string.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

static cs_str str_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

/* The text for the person, out of the explanation. */
static void explanation(cs_player *player, consent_profile *profile, const cs_query_args *query, cs_buffer *out)
{
    cs_buffer json;
    cs_json_doc doc = {NULL, NULL};
    const char *locale =
        player->setting->explain != NULL && strcmp(player->setting->explain, "zh") == 0 ? "zh-CN" : "en";
    cs_buffer_init(&json, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    if (player->setting->explain != NULL &&
        consent_explain(profile, &query->query, locale, cs_write_to_buffer, &json, NULL) == CONSENT_OK &&
        cs_json_parse(&doc, str_of(&json), OUTPUT_MAX_BYTES, "the explanation", NULL) == CONSENT_OK)
        cs_buffer_str(out, cs_json_str(cs_json_get(doc.root, "text")));
    cs_json_free(&doc);
    cs_buffer_free(&json);
    cs_buffer_u8(out, 0);
}

static void tell(cs_player *player, consent_profile *profile, const cs_query_args *query,
                 const consent_verdict *verdict, bool past)
{
    cs_buffer text;
    cs_buffer_init(&text, &player->tool->env.memory, 65536);
    if (!past)
        explanation(player, profile, query, &text);
    cs_narrate_answer(player, query, verdict, text.data != NULL && text.data[0] != 0 ? (const char *)text.data : NULL);
    cs_buffer_free(&text);
}

/* ---- handles -------------------------------------------------------------------------------------- */

/* Opened once for each process and question, and kept: what it answers later comes from memory that processes share. */
consent_status cs_play_kept_handle(cs_player *player, cs_process *process, const cs_query_args *query,
                                   consent_handle **out, consent_error *err)
{
    cs_buffer key;
    const consent_query *q = &query->query;
    cs_buffer_init(&key, &player->tool->env.memory, 65536);
    cs_buffer_printf(&key, "%s|%s|%s|%s|%s|%s|%d|%d", q->scope != NULL ? q->scope : "",
                     q->purpose != NULL ? q->purpose : "", q->recipient != NULL ? q->recipient : "",
                     q->permission != NULL ? q->permission : "", q->call_site != NULL ? q->call_site : "",
                     q->function != NULL ? q->function : "", q->user_initiated, (int)q->data_state);
    for (size_t i = 0; i < q->data_count; i++)
        cs_buffer_printf(&key, "|%s", q->data[i]);
    for (size_t i = 0; i < process->handle_count; i++) {
        if (cs_str_equal(str_of(&process->handles[i].query), str_of(&key))) {
            *out = process->handles[i].handle;
            cs_buffer_free(&key);
            return CONSENT_OK;
        }
    }
    consent_status status = CONSENT_OK;
    if (process->handle_count == CS_PLAY_MAX_HANDLES)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "a process keeps at most %u handles", CS_PLAY_MAX_HANDLES);
    if (status == CONSENT_OK)
        status = consent_handle_open(process->profile, q, out, err);
    if (status != CONSENT_OK) {
        cs_buffer_free(&key);
        return status;
    }
    process->handles[process->handle_count].query = key;
    process->handles[process->handle_count++].handle = *out;
    return CONSENT_OK;
}

/* Fast and full answer must be the same. */
static void compare_with_handle(cs_player *player, cs_process *process, const cs_query_args *query,
                                const consent_verdict *verdict)
{
    consent_handle *handle = NULL;
    if (consent_handle_open(process->profile, &query->query, &handle, NULL) != CONSENT_OK)
        return;
    consent_decision fast = consent_handle_check(handle);
    consent_handle_close(handle);
    if ((int32_t)fast != verdict->decision)
        cs_play_fail(player, "expected the check by handle to say %s as the check by names does, got %s",
                     cs_decision_name(verdict->decision), cs_decision_name((int32_t)fast));
}

/* Only the decision comes through a handle; the rest is filled from the question so that expectations can name it. */
static consent_status check_by_handle(cs_player *player, cs_process *process, const cs_query_args *query,
                                      consent_verdict *verdict, consent_error *err)
{
    consent_handle *handle = NULL;
    consent_status status = cs_play_kept_handle(player, process, query, &handle, err);
    if (status != CONSENT_OK)
        return status;
    consent_decision fast = consent_handle_check(handle);
    status = consent_check(process->profile, &query->query, verdict, err);
    if (status == CONSENT_OK && verdict->decision != (int32_t)fast)
        cs_play_fail(player, "expected the kept handle to say %s, got %s", cs_decision_name(verdict->decision),
                     cs_decision_name((int32_t)fast));
    return status;
}

consent_status cs_play_check(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    const char *as_of = cs_play_text(player, "as_of");
    const char *by = cs_play_text(player, "by");
    int64_t at_ms = 0;
    consent_status status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK && by != NULL && strcmp(by, "handle") != 0)
        status =
            cs_fail(err, CONSENT_E_ARGUMENT, 0, "a check goes by \"handle\" or, left out, by names; not by \"%s\"", by);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status == CONSENT_OK && as_of != NULL)
        status = cs_play_moment(player, cs_str_of(as_of), &at_ms, err);
    if (status != CONSENT_OK)
        return status;
    if (as_of != NULL)
        status =
            consent_check_at(process->profile, &query.query, at_ms, cs_play_flag(player, "hindsight"), &verdict, err);
    else if (by != NULL)
        status = check_by_handle(player, process, &query, &verdict, err);
    else
        status = consent_check(process->profile, &query.query, &verdict, err);
    if (status != CONSENT_OK)
        return status;
    if (as_of == NULL && by == NULL)
        compare_with_handle(player, process, &query, &verdict);
    tell(player, process->profile, &query, &verdict, as_of != NULL);
    return cs_play_expect_verdict(player, &verdict, err);
}

consent_status cs_play_use(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    consent_handle *handle = NULL;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_status status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status == CONSENT_OK)
        status = cs_play_kept_handle(player, process, &query, &handle, err);
    if (status == CONSENT_OK)
        status = consent_use(handle, &verdict, err);
    if (status != CONSENT_OK)
        return status;
    tell(player, process->profile, &query, &verdict, false);
    return cs_play_expect_verdict(player, &verdict, err);
}

consent_status cs_play_explain(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    cs_buffer json;
    consent_status status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status =
        consent_explain(process->profile, &query.query, cs_play_text(player, "locale"), cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        cs_play_expect_contains(player, "contains", str_of(&json));
    if (status == CONSENT_OK && player->setting->explain == NULL)
        fprintf(player->tool->out, "%.*s\n", CS_STR_ARG(str_of(&json)));
    cs_buffer_free(&json);
    return status;
}

/* ---- the record ----------------------------------------------------------------------------------- */

static void expect_word(cs_player *player, consent_status status, const consent_error *why)
{
    consent_status wanted = CONSENT_OK;
    const char *because = cs_play_text(player, "because");
    (void)cs_status_find(cs_json_str(player->step->arg), &wanted);
    player->result->check_count++;
    if (status != wanted)
        cs_play_fail(player, "expected %s, got %s%s%s", consent_status_name(wanted), consent_status_name(status),
                     why->message[0] != '\0' ? ": " : "", why->message);
    else if (because != NULL && strstr(why->message, because) == NULL)
        cs_play_fail(player, "expected the reason to name \"%s\", got: %s", because, why->message);
    cs_narrate_status(player, status);
}

consent_status cs_play_health(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_error why = {0, 0, ""};
    (void)err;
    /* A home that does not even open tells its health by that. */
    consent_status status = cs_play_process(player, &process, &why);
    if (status == CONSENT_OK)
        status = consent_profile_health(process->profile, &why);
    expect_word(player, status, &why);
    return CONSENT_OK;
}

consent_status cs_play_verify(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_error why = {0, 0, ""};
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    expect_word(player, consent_verify(process->profile, &report, &why), &why);
    cs_play_expect_number(player, "events", report.event_count, "events");
    return CONSENT_OK;
}

/* The wanted kinds of events stand in the history in this order; others may stand between them. */
static consent_status follow_events(cs_player *player, cs_str lines, consent_error *err)
{
    const cs_json *wanted = cs_json_first(player->step->arg);
    uint64_t count = 0;
    for (size_t start = 0; start < lines.size;) {
        const char *end = memchr(lines.data + start, '\n', lines.size - start);
        size_t size = end != NULL ? (size_t)(end - lines.data) - start : lines.size - start;
        cs_json_doc doc;
        consent_status status =
            cs_json_parse(&doc, (cs_str){lines.data + start, size}, OUTPUT_MAX_BYTES, "an event", err);
        if (status != CONSENT_OK)
            return status;
        count++;
        if (wanted != NULL && cs_str_equal(cs_json_str(cs_json_get(doc.root, "event")), cs_json_str(wanted)))
            wanted = cs_json_next(wanted);
        cs_json_free(&doc);
        start += size + 1;
    }
    player->result->check_count++;
    if (wanted != NULL)
        cs_play_fail(player, "expected the history to go on with \"%.*s\", got its end after %" PRIu64 " events",
                     CS_STR_ARG(cs_json_str(wanted)), count);
    cs_play_expect_number(player, "count", count, "events");
    return CONSENT_OK;
}

consent_status cs_play_history(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer lines;
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&lines, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_history(process->profile, cs_write_to_buffer, &lines, err);
    if (status == CONSENT_E_NOT_FOUND) /* nothing was recorded yet */
        status = CONSENT_OK;
    if (status == CONSENT_OK)
        status = follow_events(player, str_of(&lines), err);
    cs_buffer_free(&lines);
    return status;
}

consent_status cs_play_export(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    cs_json_doc doc = {NULL, NULL};
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_export(process->profile, cs_write_to_buffer, &text, err);
    if (status == CONSENT_OK)
        status = cs_json_parse(&doc, str_of(&text), OUTPUT_MAX_BYTES, "the export", err);
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "contains", str_of(&text));
        cs_play_expect_lacks(player, str_of(&text));
    }
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_play_policy_text(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    consent_error why = {0, 0, ""};
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_policy_text(process->client, cs_json_str(player->step->arg).data,
                                 (uint32_t)cs_json_int(cs_step_get(player->step, "version")),
                                 cs_play_text(player, "locale"), cs_write_to_buffer, &text, &why);
    cs_play_expect_status(player, status, &why);
    if (status == CONSENT_OK)
        cs_play_expect_contains(player, "contains", str_of(&text));
    cs_buffer_free(&text);
    return CONSENT_OK;
}
