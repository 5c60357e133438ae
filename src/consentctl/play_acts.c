/* What a person, the system or the host does. */
#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include <string.h>

/* ---- forms ------------------------------------------------------------------------------------- */

/* All text of a form, its emphasised text, and its controls one a line. */
typedef struct form_text {
    cs_buffer all;
    cs_buffer emphasised;
    cs_buffer controls;
    bool pre_ticked;
} form_text;

static void read_form(cs_player *player, consent_form *form, form_text *out)
{
    consent_form_part part = CONSENT_INIT(consent_form_part);
    memset(out, 0, sizeof(*out));
    cs_buffer_init(&out->all, &player->tool->env.memory, 8u * 1024u * 1024u);
    cs_buffer_init(&out->emphasised, &player->tool->env.memory, 8u * 1024u * 1024u);
    cs_buffer_init(&out->controls, &player->tool->env.memory, 1024u * 1024u);
    while (consent_form_next(form, &part)) {
        cs_buffer_text(&out->all, part.text != NULL ? part.text : "");
        if (part.kind != CONSENT_PART_SPAN)
            cs_buffer_printf(&out->all, "\n%s\n", part.consequence != NULL ? part.consequence : "");
        if (part.emphasis == 2)
            cs_buffer_printf(&out->emphasised, "%s\n", part.text != NULL ? part.text : "");
        if (part.kind == CONSENT_PART_CHOICE && part.control != NULL) {
            cs_buffer_printf(&out->controls, "\n%s\n", part.control);
            out->pre_ticked = out->pre_ticked || part.on;
        }
    }
}

static void free_form_text(form_text *text)
{
    cs_buffer_free(&text->all);
    cs_buffer_free(&text->emphasised);
    cs_buffer_free(&text->controls);
}

static cs_str str_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

/* What must and must not stand in any form, and what the step wants to see. */
static void expect_form(cs_player *player, consent_form *form, bool manage)
{
    form_text text;
    read_form(player, form, &text);
    cs_play_expect_contains(player, "shows", str_of(&text.all));
    cs_play_expect_contains(player, "emphasises", str_of(&text.emphasised));
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, "offers")); each != NULL;
         each = cs_json_next(each)) {
        char line[512];
        snprintf(line, sizeof(line), "\n%s\n", cs_json_str(each).data);
        if (!cs_play_contains(str_of(&text.controls), cs_str_of(line)))
            cs_play_fail(player, "expected the form to offer the choice \"%s\", got%.*s", cs_json_str(each).data,
                         (int)text.controls.size,
                         text.controls.data != NULL ? (const char *)text.controls.data : " none");
    }
    if (text.pre_ticked && !manage)
        cs_play_fail(player, "expected a form without ticks, got one that is ticked beforehand");
    free_form_text(&text);
}

void cs_play_submit(cs_player *player, consent_form *form, const char *words)
{
    cs_answers answers;
    consent_error why = {0, 0, ""};
    consent_submission submission = CONSENT_INIT(consent_submission);
    consent_status status = cs_answers_parse(cs_str_of(words), &answers, &why);
    submission.action = answers.action;
    submission.answers = answers.answers;
    submission.answer_count = answers.count;
    submission.reached_end = answers.reached_end;
    submission.emphasis_rendered = answers.emphasis_rendered;
    submission.surface = "scenario";
    submission.birth = answers.birth;
    submission.reference = answers.reference;
    if (status == CONSENT_OK)
        status = consent_form_submit(form, &submission, &why);
    cs_play_expect_status(player, status, &why);
}

static consent_status keep(cs_player *player, const char *name, consent_form *form, consent_error *err)
{
    if (player->kept_count == CS_PLAY_MAX_KEPT)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario keeps at most %u forms", CS_PLAY_MAX_KEPT);
    player->kept[player->kept_count++] = (cs_kept_form){name, form};
    return CONSENT_OK;
}

static consent_status build_form(cs_player *player, cs_process *process, int32_t occasion, consent_form **form,
                                 consent_error *why, consent_error *err)
{
    cs_query_args query;
    consent_form_request request = CONSENT_INIT(consent_form_request);
    const cs_json *about = cs_step_get(player->step, "for");
    const cs_json *notice = cs_step_get(player->step, "notice");
    cs_buffer words;
    cs_json_out json;
    if (about != NULL) {
        consent_status status = cs_play_query(player, about, &query, err);
        if (status != CONSENT_OK)
            return status;
        request.query = &query.query;
    }
    request.occasion = occasion;
    request.scope = cs_play_text(player, "scope");
    request.locale = cs_play_text(player, "locale");
    request.user_initiated = cs_play_flag(player, "user_initiated");
    request.actor = cs_play_flag(player, "guardian") ? CONSENT_ACTOR_GUARDIAN : CONSENT_ACTOR_SELF;
    cs_buffer_init(&words, &player->tool->env.memory, 2u * CS_SCENARIO_MAX_LINE_BYTES);
    cs_json_out_init(&json, &words);
    if (notice != NULL)
        cs_json_put_value(&json, notice);
    request.notice = (const char *)words.data;
    request.notice_size = words.size;
    /* A refusal to build is the step's to expect: it is in *why, and no failure of the player. */
    if (consent_form_build(process->profile, &request, form, why) != CONSENT_OK)
        *form = NULL;
    cs_buffer_free(&words);
    return CONSENT_OK;
}

consent_status cs_play_form(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_form *form = NULL;
    consent_error why = {0, 0, ""};
    const char *answer = cs_play_text(player, "answer");
    const char *name = cs_play_text(player, "keep");
    int32_t occasion = 0;
    (void)cs_occasion_find(cs_json_str(player->step->arg), &occasion);
    consent_status status = cs_play_process(player, &process, err);
    if (status == CONSENT_OK)
        status = build_form(player, process, occasion, &form, &why, err);
    if (status != CONSENT_OK)
        return status;
    if (form == NULL) {
        cs_play_expect_status(player, (consent_status)why.status, &why);
        return CONSENT_OK;
    }
    expect_form(player, form, occasion == CONSENT_OCCASION_MANAGE);
    if (!cs_play_flag(player, "unshown"))
        status = consent_form_shown(form, err);
    if (status == CONSENT_OK && answer != NULL)
        cs_play_submit(player, form, answer);
    else if (status == CONSENT_OK)
        cs_play_expect_status(player, CONSENT_OK, &why);
    if (status == CONSENT_OK && name != NULL) {
        status = keep(player, name, form, err);
        if (status == CONSENT_OK)
            return CONSENT_OK;
    }
    consent_form_close(form);
    return status;
}

consent_status cs_play_answer(cs_player *player, consent_error *err)
{
    for (size_t i = player->kept_count; i > 0; i--) {
        if (!cs_str_is(cs_json_str(player->step->arg), player->kept[i - 1].name))
            continue;
        cs_play_submit(player, player->kept[i - 1].form, cs_play_text(player, "with"));
        return CONSENT_OK;
    }
    return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                   "no form \"%.*s\" was kept; keep one with {\"form\": …, \"keep\": \"%.*s\"}",
                   CS_STR_ARG(cs_json_str(player->step->arg)), CS_STR_ARG(cs_json_str(player->step->arg)));
}

/* ---- withdrawing, permissions -------------------------------------------------------------------- */

consent_status cs_play_withdraw(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    consent_error why = {0, 0, ""};
    consent_status status = CONSENT_OK;
    memset(&query, 0, sizeof(query));
    query.query.struct_size = sizeof(query.query);
    if (!cs_str_is(cs_json_str(player->step->arg), "everything"))
        status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_withdraw(process->profile, &query.query, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* The system's prompt, as far as it is shown. */
static consent_status prompt(cs_player *player, consent_form *form, const char *os_name, consent_verdict *verdict,
                             consent_error *err)
{
    consent_os_state os = CONSENT_OS_UNKNOWN;
    expect_form(player, form, false);
    if (os_name == NULL)
        return CONSENT_OK;
    (void)cs_os_state_find(cs_str_of(os_name), &os);
    consent_status status = consent_form_shown(form, err);
    return status == CONSENT_OK ? consent_permission_finish(form, os, verdict, err) : status;
}

consent_status cs_play_permission(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args query;
    consent_form *form = NULL;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    const cs_json *asked = cs_step_get(player->step, "asked");
    consent_status status = cs_play_query(player, player->step->arg, &query, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status == CONSENT_OK)
        status = consent_permission_begin(process->profile, &query.query, cs_play_text(player, "locale"), &form,
                                          &verdict, err);
    if (status != CONSENT_OK)
        return status;
    if (asked != NULL) {
        player->result->check_count++;
        if (cs_json_bool(asked) != (form != NULL))
            cs_play_fail(player, "expected the system's prompt %sto be shown, got %s, which %s it",
                         cs_json_bool(asked) ? "" : "not ", consent_reason_name((consent_reason)verdict.reason),
                         form != NULL ? "shows" : "does not show");
    }
    if (form != NULL)
        status = prompt(player, form, cs_play_text(player, "os"), &verdict, err);
    consent_form_close(form);
    if (status == CONSENT_OK)
        cs_narrate_answer(player, &query, &verdict, NULL);
    return status == CONSENT_OK ? cs_play_expect_verdict(player, &verdict, err) : status;
}

consent_status cs_play_observe(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_error why = {0, 0, ""};
    consent_os_state os = CONSENT_OS_UNKNOWN;
    (void)cs_os_state_find(cs_str_of(cs_play_text(player, "os")), &os);
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_permission_observe(process->profile, cs_json_str(player->step->arg).data, os, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

consent_status cs_play_erase(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_error why = {0, 0, ""};
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_erase(process->profile, &why);
    cs_play_expect_status(player, status, &why);
    cs_play_close_all(player);
    return CONSENT_OK;
}
