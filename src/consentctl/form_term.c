#define _POSIX_C_SOURCE 200809L

#include "consentctl/form_term.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The form's blocks as the renderer takes them; `at` spans of `spans` are used. */
typedef struct picture {
    cs_render *render;
    cs_arena arena;
    cs_block *blocks;
    cs_span_text *spans;
    uint32_t block_count;
    uint32_t span_count;
    bool cell_start;
} picture;

static bool picture_init(picture *all, cs_render *render, consent_form *form, const cs_memory *memory)
{
    consent_form_part part = CONSENT_INIT(consent_form_part);
    size_t count = 0;
    memset(all, 0, sizeof(*all));
    all->render = render;
    while (consent_form_next(form, &part))
        count++;
    cs_arena_init(&all->arena, memory, 0);
    all->blocks = cs_arena_alloc(&all->arena, (count + 1) * sizeof(*all->blocks));
    all->spans = cs_arena_alloc(&all->arena, (count + 1) * sizeof(*all->spans));
    return all->blocks != NULL && all->spans != NULL;
}

static void add_block(picture *all, uint8_t kind, const consent_form_part *part)
{
    cs_block *block = &all->blocks[all->block_count++];
    memset(block, 0, sizeof(*block));
    block->kind = kind;
    block->level = (uint8_t)(part->level > 0 ? part->level : 1);
    block->marker = kind == CS_BLOCK_LIST_ITEM ? (part->text != NULL ? part->text : "\xE2\x80\xA2") : NULL;
    block->spans = &all->spans[all->span_count];
    all->cell_start = false;
}

static void add_span(picture *all, const consent_form_part *part)
{
    if (all->block_count == 0)
        return;
    cs_span_text *span = &all->spans[all->span_count++];
    span->text = part->text != NULL ? part->text : "";
    span->href = part->href;
    span->emphasis = (uint8_t)part->emphasis;
    span->cell_start = all->cell_start;
    all->cell_start = false;
    all->blocks[all->block_count - 1].span_count++;
}

static void flush_blocks(picture *all)
{
    if (all->block_count > 0) {
        cs_render_blocks(all->render, all->blocks, all->block_count);
        cs_render_blank(all->render);
    }
    all->block_count = 0;
    all->span_count = 0;
}

static bool is_on(const cs_answers *answers, const consent_form_part *part)
{
    for (size_t i = 0; answers != NULL && i < answers->count; i++) {
        if (part->control != NULL && strcmp(answers->answers[i].control, part->control) == 0)
            return answers->answers[i].on;
    }
    return part->on;
}

static void draw_choice(picture *all, const consent_form_part *part, const cs_answers *answers, unsigned number)
{
    char first[32];
    snprintf(first, sizeof(first), "%3u [%s] ", number, is_on(answers, part) ? "x" : " ");
    cs_render_text(all->render, first, part->text != NULL ? part->text : part->control, (uint8_t)part->emphasis);
    if (part->consequence != NULL)
        cs_render_text(all->render, "        ", part->consequence, 0);
}

/* A field behind a choice speaks of that choice. */
static void draw_field(picture *all, const consent_form_part *part, bool of_choice)
{
    char label[256];
    snprintf(label, sizeof(label), "%s%s: ", of_choice ? "        " : "", part->control != NULL ? part->control : "");
    cs_render_text(all->render, label, part->text != NULL ? part->text : "", (uint8_t)part->emphasis);
}

/* Both buttons side by side with the same width: neither stands out (C23). */
static void draw_buttons(picture *all, const char *accept, const char *refuse)
{
    char line[512];
    uint32_t left = cs_render_columns(accept), right = cs_render_columns(refuse);
    uint32_t wide = left > right ? left : right;
    snprintf(line, sizeof(line), "[ %.120s%*s ]   [ %.120s%*s ]", accept, (int)(wide - left), "", refuse,
             (int)(wide - right), "");
    cs_render_blank(all->render);
    cs_render_text(all->render, "    ", line, 0);
}

static void draw_single_button(cs_render *render, const char *label)
{
    char line[256];
    snprintf(line, sizeof(line), "[ %.200s ]", label);
    cs_render_blank(render);
    cs_render_text(render, "    ", line, 0);
}

/* What is to be entered, and what was. */
static void draw_input(picture *all, const consent_form_part *part, const cs_answers *answers)
{
    char label[256];
    const char *entered = answers == NULL                           ? NULL
                          : strcmp(part->control, "birth") == 0     ? answers->birth
                          : strcmp(part->control, "reference") == 0 ? answers->reference
                                                                    : NULL;
    snprintf(label, sizeof(label), "    %.200s%s: ", part->text != NULL ? part->text : part->control,
             part->required ? " *" : "");
    cs_render_text(all->render, label, entered != NULL ? entered : "________", 0);
}

static void draw_part(picture *all, const consent_form_part *part, const cs_answers *answers, unsigned *number)
{
    switch (part->kind) {
    case CONSENT_PART_HEADING:
        add_block(all, CS_BLOCK_HEADING, part);
        return;
    case CONSENT_PART_PARAGRAPH:
        add_block(all, CS_BLOCK_PARAGRAPH, part);
        return;
    case CONSENT_PART_LIST_ITEM:
        add_block(all, CS_BLOCK_LIST_ITEM, part);
        return;
    case CONSENT_PART_TABLE_ROW:
        add_block(all, CS_BLOCK_TABLE_ROW, part);
        return;
    case CONSENT_PART_TABLE_CELL:
        all->cell_start = true;
        return;
    case CONSENT_PART_SPAN:
        add_span(all, part);
        return;
    case CONSENT_PART_FIELD:
        flush_blocks(all);
        draw_field(all, part, *number > 0);
        return;
    case CONSENT_PART_INPUT:
        flush_blocks(all);
        draw_input(all, part, answers);
        return;
    case CONSENT_PART_CHOICE:
        flush_blocks(all);
        draw_choice(all, part, answers, ++*number);
        return;
    default:
        flush_blocks(all);
    }
}

consent_status cs_form_render(cs_render *render, consent_form *form, const cs_answers *answers, consent_error *err)
{
    picture all;
    cs_memory memory = cs_tool_memory();
    consent_form_part part = CONSENT_INIT(consent_form_part);
    const char *accept = NULL, *refuse = NULL;
    unsigned number = 0;
    if (!picture_init(&all, render, form, &memory)) {
        cs_arena_free(&all.arena);
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for showing the form");
    }
    cs_render_rule(render);
    while (consent_form_next(form, &part)) {
        draw_part(&all, &part, answers, &number);
        if (part.kind == CONSENT_PART_ACCEPT)
            accept = part.text;
        if (part.kind == CONSENT_PART_REFUSE)
            refuse = part.text;
    }
    flush_blocks(&all);
    if (accept != NULL && refuse != NULL)
        draw_buttons(&all, accept, refuse);
    else if (accept != NULL)
        draw_single_button(render, accept);
    cs_render_rule(render);
    cs_arena_free(&all.arena);
    return CONSENT_OK;
}

/* ---- asking -------------------------------------------------------------------------------- */

#define SHORT_LIST 12u

typedef struct question {
    const char *accept;
    const char *refuse;
    bool saves; /* the one button saves */
    bool birth; /* may be entered */
    bool reference;
    size_t used; /* of the answers' text */
} question;

bool cs_read_line(char *out, size_t size)
{
    if (fgets(out, (int)size, stdin) == NULL)
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

bool cs_tool_is_interactive(cs_tool *tool)
{
    return !tool->json && isatty(fileno(stdin)) == 1 && isatty(fileno(tool->out)) == 1;
}

/* Starts with the boxes as the form gives them. */
static consent_status start_answers(consent_form *form, cs_answers *out, question *ask, consent_error *err)
{
    consent_form_part part = CONSENT_INIT(consent_form_part);
    size_t used = 0;
    memset(out, 0, sizeof(*out));
    memset(ask, 0, sizeof(*ask));
    while (consent_form_next(form, &part)) {
        if (part.kind == CONSENT_PART_ACCEPT) {
            ask->accept = part.text;
            ask->saves = part.control != NULL && strcmp(part.control, "save") == 0;
        }
        if (part.kind == CONSENT_PART_REFUSE)
            ask->refuse = part.text;
        if (part.kind == CONSENT_PART_INPUT) {
            ask->birth = ask->birth || strcmp(part.control, "birth") == 0;
            ask->reference = ask->reference || strcmp(part.control, "reference") == 0;
        }
        if (part.kind != CONSENT_PART_CHOICE || part.control == NULL)
            continue;
        size_t size = strlen(part.control) + 1;
        if (out->count == CS_ANSWERS_MAX || used + size > sizeof(out->text))
            return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the form has more than %u choices; answer it with --answer",
                           CS_ANSWERS_MAX);
        memcpy(out->text + used, part.control, size);
        out->answers[out->count++] = (consent_answer){out->text + used, part.on, false, 0};
        used += size;
    }
    ask->used = used;
    return CONSENT_OK;
}

/* "birth=2013-06-01", "reference=sms-7" */
static void take_entry(const question *ask, const char *line, cs_answers *out)
{
    const char *equals = strchr(line, '=');
    size_t place = ask->used + (line[0] == 'b' ? 0 : 256);
    bool birth = ask->birth && strncmp(line, "birth=", 6) == 0;
    if (equals == NULL || (!birth && !(ask->reference && strncmp(line, "reference=", 10) == 0)) ||
        place + strlen(equals) > sizeof(out->text))
        return;
    memcpy(out->text + place, equals + 1, strlen(equals));
    *(birth ? &out->birth : &out->reference) = out->text + place;
}

static void show_question(cs_tool *tool, const question *ask, const cs_answers *answers, bool chinese)
{
    if (answers->count > 0) {
        /* A long list stands above; only what differs from it by now is repeated. */
        for (size_t i = 0; i < answers->count; i++)
            if (answers->count <= SHORT_LIST || answers->answers[i].at_ms != 0)
                fprintf(tool->out, "  %zu [%s] %s\n", i + 1, answers->answers[i].on ? "x" : " ",
                        answers->answers[i].control);
        fputs(chinese ? "  输入编号：勾选或取消\n" : "  a number: tick or untick\n", tool->out);
    }
    if (ask->birth)
        fputs("  birth=2013-06-01\n", tool->out);
    if (ask->reference)
        fputs("  reference=...\n", tool->out);
    if (ask->refuse == NULL && !ask->saves)
        fprintf(tool->out, "  a: %s\n> ", ask->accept);
    else if (ask->refuse != NULL)
        fprintf(tool->out, "  a: %s   r: %s\n> ", ask->accept != NULL ? ask->accept : "accept", ask->refuse);
    else
        fprintf(tool->out, "  s: %s\n> ", ask->accept != NULL ? ask->accept : chinese ? "保存" : "save");
    fflush(tool->out);
}

consent_status cs_form_ask(cs_tool *tool, consent_form *form, const char *locale, int64_t now_ms, cs_answers *out,
                           consent_error *err)
{
    bool chinese = locale == NULL || strncmp(locale, "zh", 2) == 0;
    question ask;
    char line[256];
    consent_status status = start_answers(form, out, &ask, err);
    if (status != CONSENT_OK)
        return status;
    out->reached_end = true; /* the whole text stands above the question */
    out->emphasis_rendered = cs_render_wants_style(tool->color, tool->out);
    while (out->action == CONSENT_ACTION_NONE) {
        show_question(tool, &ask, out, chinese);
        if (!cs_read_line(line, sizeof(line)))
            return cs_fail(err, CONSENT_E_CANCELLED, 0,
                           "the input ended before a button was pressed; nothing was recorded");
        unsigned long number = strtoul(line, NULL, 10);
        if (number >= 1 && number <= out->count) {
            out->answers[number - 1].on = !out->answers[number - 1].on;
            out->answers[number - 1].at_ms = now_ms;
        }
        take_entry(&ask, line, out);
        if (strcmp(line, "a") == 0 && !ask.saves)
            out->action = CONSENT_ACTION_ACCEPT;
        else if (strcmp(line, "r") == 0 && ask.refuse != NULL)
            out->action = CONSENT_ACTION_REFUSE;
        else if (strcmp(line, "s") == 0 && ask.saves)
            out->action = CONSENT_ACTION_SAVE;
    }
    return CONSENT_OK;
}
