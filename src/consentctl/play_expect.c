/* Expectations: compared, counted, and told when they fail. */
#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

void cs_play_fail(cs_player *player, const char *fmt, ...)
{
    va_list args;
    fprintf(player->tool->err, "%s: ", player->step->where);
    va_start(args, fmt);
    vfprintf(player->tool->err, fmt, args);
    va_end(args);
    fputc('\n', player->tool->err);
    player->result->failure_count++;
}

bool cs_play_contains(cs_str text, cs_str wanted)
{
    for (size_t i = 0; i + wanted.size <= text.size; i++) {
        if (memcmp(text.data + i, wanted.data, wanted.size) == 0)
            return true;
    }
    return false;
}

void cs_play_expect_contains(cs_player *player, const char *member, cs_str text)
{
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, member)); each != NULL;
         each = cs_json_next(each)) {
        player->result->check_count++;
        if (!cs_play_contains(text, cs_json_str(each)))
            cs_play_fail(player, "expected \"%.*s\" (%s), got %zu bytes of text without it",
                         CS_STR_ARG(cs_json_str(each)), member, text.size);
    }
}

void cs_play_expect_lacks(cs_player *player, cs_str text)
{
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, "lacks")); each != NULL;
         each = cs_json_next(each)) {
        player->result->check_count++;
        if (cs_play_contains(text, cs_json_str(each)))
            cs_play_fail(player, "expected nothing like \"%.*s\", got %zu bytes of text with it",
                         CS_STR_ARG(cs_json_str(each)), text.size);
    }
}

void cs_play_expect_number(cs_player *player, const char *member, uint64_t got, const char *what)
{
    const cs_json *wanted = cs_step_get(player->step, member);
    if (wanted == NULL)
        return;
    player->result->check_count++;
    if (cs_json_int(wanted) < 0 || (uint64_t)cs_json_int(wanted) != got)
        cs_play_fail(player, "expected %" PRId64 " %s, got %" PRIu64, cs_json_int(wanted), what, got);
}

void cs_play_expect_status(cs_player *player, consent_status status, const consent_error *why)
{
    consent_status wanted = CONSENT_OK;
    const char *name = cs_play_text(player, "expect");
    const char *because = cs_play_text(player, "because");
    if (name != NULL)
        (void)cs_status_find(cs_str_of(name), &wanted);
    player->result->check_count++;
    if (status != wanted)
        cs_play_fail(player, "expected %s, got %s%s%s", consent_status_name(wanted), consent_status_name(status),
                     status != CONSENT_OK ? ": " : "", status != CONSENT_OK ? why->message : "");
    else if (because != NULL && strstr(why->message, because) == NULL)
        cs_play_fail(player, "expected the refusal to name \"%s\", got: %s", because, why->message);
    cs_narrate_status(player, status);
}

/* ---- verdicts --------------------------------------------------------------------------------------- */

/* A line of JSON for each answer, unless the story is told. */
static consent_status print_line(cs_player *player, const consent_verdict *verdict, bool fits, consent_error *err)
{
    cs_buffer text;
    cs_json_out json;
    char time[CS_TIME_TEXT_SIZE];
    cs_buffer_init(&text, &player->tool->env.memory, CS_SCENARIO_MAX_LINE_BYTES * 2);
    cs_json_out_init(&json, &text);
    cs_time_format(player->wall_ms, time);
    cs_json_open_object(&json);
    cs_json_member_text(&json, "where", player->step->where);
    cs_json_member_text(&json, "at", time);
    cs_json_put_name(&json, cs_verb_name(player->step->verb));
    cs_json_put_value(&json, player->step->arg);
    cs_verdict_members(&json, verdict);
    if (cs_step_get(player->step, "expect") != NULL)
        cs_json_member_bool(&json, "as_expected", fits);
    cs_json_close_object(&json);
    cs_buffer_text(&text, "\n");
    consent_status status = cs_tool_print(player->tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

static bool fits_words(cs_str text, const consent_verdict *verdict)
{
    int32_t decision = 0, reason = 0;
    size_t space = 0;
    while (space < text.size && text.data[space] != ' ')
        space++;
    if (!cs_decision_find((cs_str){text.data, space}, &decision) || decision != verdict->decision)
        return false;
    return space == text.size || (cs_reason_find((cs_str){text.data + space + 1, text.size - space - 1}, &reason) &&
                                  reason == verdict->reason);
}

static bool fits_time(cs_player *player, const cs_json *wanted, int64_t got_ms, consent_status *status,
                      consent_error *err)
{
    int64_t wanted_ms = 0;
    if (cs_json_type_of(wanted) == CS_JSON_NULL)
        return got_ms == 0;
    if (cs_str_is(cs_json_str(wanted), "never"))
        return got_ms == INT64_MAX;
    *status = cs_play_moment(player, cs_json_str(wanted), &wanted_ms, err);
    return *status == CONSENT_OK && wanted_ms == got_ms;
}

static bool fits_member(cs_player *player, const cs_json *wanted, const consent_verdict *verdict,
                        consent_status *status, consent_error *err)
{
    cs_str name = cs_str_of(cs_json_name(wanted));
    int32_t number = 0;
    if (cs_str_is(name, "decision"))
        return cs_decision_find(cs_json_str(wanted), &number) && number == verdict->decision;
    if (cs_str_is(name, "reason"))
        return cs_reason_find(cs_json_str(wanted), &number) && number == verdict->reason;
    if (cs_str_is(name, "ground"))
        return cs_str_is(cs_json_str(wanted), consent_ground_name((consent_ground)verdict->ground));
    if (cs_str_is(name, "policy_version"))
        return cs_json_int(wanted) == (int64_t)verdict->policy_version;
    if (cs_str_is(name, "policy_revision"))
        return cs_json_int(wanted) == (int64_t)verdict->policy_revision;
    if (cs_str_is(name, "evidence"))
        return cs_json_bool(wanted) == (verdict->evidence_seq != 0);
    return fits_time(player, wanted, cs_str_is(name, "ask_after") ? verdict->ask_after_ms : verdict->expires_ms, status,
                     err);
}

static void tell_difference(cs_player *player, const cs_json *wanted, const consent_verdict *verdict)
{
    cs_buffer expected, got;
    cs_json_out json;
    cs_buffer_init(&expected, &player->tool->env.memory, CS_SCENARIO_MAX_LINE_BYTES);
    cs_buffer_init(&got, &player->tool->env.memory, 4096);
    cs_json_out_init(&json, &expected);
    if (cs_json_type_of(wanted) == CS_JSON_STRING)
        cs_buffer_str(&expected, cs_json_str(wanted));
    else
        cs_json_put_value(&json, wanted);
    cs_verdict_text(&got, verdict);
    cs_play_fail(player, "expected %.*s, got %.*s", (int)expected.size, (const char *)expected.data, (int)got.size,
                 (const char *)got.data);
    cs_buffer_free(&expected);
    cs_buffer_free(&got);
}

consent_status cs_play_expect_verdict(cs_player *player, const consent_verdict *verdict, consent_error *err)
{
    const cs_json *wanted = cs_step_get(player->step, "expect");
    consent_status status = CONSENT_OK;
    bool fits = true;
    if (cs_json_type_of(wanted) == CS_JSON_STRING)
        fits = fits_words(cs_json_str(wanted), verdict);
    for (const cs_json *each = cs_json_type_of(wanted) == CS_JSON_OBJECT ? cs_json_first(wanted) : NULL; each != NULL;
         each = cs_json_next(each))
        fits = fits_member(player, each, verdict, &status, err) && fits;
    if (status != CONSENT_OK)
        return status;
    if (wanted != NULL)
        player->result->check_count++;
    if (!fits)
        tell_difference(player, wanted, verdict);
    return player->setting->explain == NULL ? print_line(player, verdict, fits, err) : CONSENT_OK;
}
