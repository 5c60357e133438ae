/* The pieces of a form: copying them in, laying them out, giving them out. */
#include "form/parts.h"

#include <stdio.h>
#include <string.h>

consent_status cs_form_fail(const cs_form *form, consent_status status, const char *fmt, ...)
{
    char why[sizeof form->err->message];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return cs_fail(form->err, status, 0, "the %s form was not built: %s", cs_form_occasion_name(form->occasion), why);
}

consent_status cs_form_status(const cs_form *form, consent_error *err)
{
    return form->failed ? cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form") : CONSENT_OK;
}

void *cs_form_alloc(cs_form *form, size_t size)
{
    void *block = cs_arena_alloc(&form->arena, size);
    form->failed |= !block;
    return block;
}

const char *cs_form_keep_str(cs_form *form, cs_str text)
{
    char *copy = cs_form_alloc(form, text.size + 1);
    if (!copy)
        return "";
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

const char *cs_form_keep(cs_form *form, const char *text)
{
    return text ? cs_form_keep_str(form, cs_str_of(text)) : NULL;
}

cs_str cs_form_keep_id(cs_form *form, const char *id)
{
    return cs_str_of(cs_form_keep(form, id));
}

const char *cs_form_compose(cs_form *form, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, fmt, args);
    char *text = size < 0 ? NULL : cs_form_alloc(form, (size_t)size + 1);
    if (text)
        (void)vsnprintf(text, (size_t)size + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text ? text : "";
}

/* There is room for 16, then for each power of two. */
void *cs_form_room(cs_form *form, void *list, uint32_t count, size_t size)
{
    bool full = count == 0 || (count >= 16 && (count & (count - 1)) == 0);
    if (!full)
        return list;
    void *grown = cs_form_alloc(form, (count ? count * 2 : 16) * size);
    if (grown && count)
        memcpy(grown, list, count * size);
    return grown;
}

cs_form_field *cs_form_add_labelled(cs_form *form, const char *id, const char *label, const char *value)
{
    cs_form_field *list = cs_form_room(form, form->fields, form->field_count, sizeof *list);
    if (!list)
        return &form->spare_field;
    form->fields = list;
    cs_form_field *field = &list[form->field_count++];
    field->id = id;
    field->label = label;
    field->value = cs_form_keep(form, value);
    return field;
}

cs_form_field *cs_form_add_field(cs_form *form, const char *id, cs_word label, const char *value)
{
    return value ? cs_form_add_labelled(form, id, cs_form_word(form, label), value) : &form->spare_field;
}

cs_form_choice *cs_form_add_choice(cs_form *form, uint8_t kind, const char *control, const char *label)
{
    cs_form_choice *list = cs_form_room(form, form->choices, form->choice_count, sizeof *list);
    if (!list)
        return &form->spare_choice;
    form->choices = list;
    cs_form_choice *choice = &list[form->choice_count++];
    choice->kind = kind;
    choice->control = control;
    choice->label = cs_form_keep(form, label);
    return choice;
}

static cs_block *add_block(cs_form *form, uint16_t span_count, cs_span_text **spans)
{
    cs_block *list = cs_form_room(form, form->blocks, form->block_count, sizeof *list);
    *spans = cs_form_alloc(form, span_count * sizeof **spans);
    if (!list || !*spans)
        return NULL;
    form->blocks = list;
    cs_block *block = &list[form->block_count++];
    block->spans = *spans;
    block->span_count = span_count;
    return block;
}

static void add_plain_block(cs_form *form, cs_block_kind kind, uint8_t level, const char *text)
{
    cs_span_text *spans;
    cs_block *block = add_block(form, 1, &spans);
    if (!block)
        return;
    block->kind = (uint8_t)kind;
    block->level = level;
    spans[0].text = cs_form_keep(form, text);
}

void cs_form_add_heading(cs_form *form, const char *text)
{
    add_plain_block(form, CS_BLOCK_HEADING, 1, text);
}

void cs_form_add_paragraph(cs_form *form, const char *text)
{
    add_plain_block(form, CS_BLOCK_PARAGRAPH, 0, text);
}

void cs_form_add_opening(cs_form *form, cs_word heading, cs_word paragraph)
{
    cs_form_add_heading(form, cs_form_word(form, heading));
    cs_form_add_paragraph(form, cs_form_word(form, paragraph));
}

void cs_form_copy_block(cs_form *form, const cs_block *from)
{
    cs_span_text *spans;
    cs_block *block = add_block(form, from->span_count, &spans);
    if (!block)
        return;
    block->kind = from->kind;
    block->level = from->level;
    block->head = from->head;
    block->id = cs_form_keep(form, from->id);
    block->marker = cs_form_keep(form, from->marker);
    for (uint32_t i = 0; i < from->span_count; i++) {
        spans[i] = from->spans[i];
        spans[i].text = cs_form_keep(form, from->spans[i].text);
        spans[i].href = cs_form_keep(form, from->spans[i].href);
    }
}

void cs_form_add_entry(cs_form *form, const char *control, cs_word label, bool required)
{
    cs_form_entry *entry = &form->entries[form->entry_count++];
    entry->control = control;
    entry->label = cs_form_word(form, label);
    entry->required = required;
}

/* ---- laying out ------------------------------------------------------------------------------- */

static consent_form_part *add_part(cs_form *form, consent_part_kind kind, const char *text)
{
    consent_form_part *list = cs_form_room(form, form->parts, form->part_count, sizeof *list);
    if (!list)
        return &form->spare_part;
    form->parts = list;
    consent_form_part *part = &list[form->part_count++];
    part->struct_size = sizeof *part;
    part->kind = (int32_t)kind;
    part->text = text;
    return part;
}

static void lay_out_block(cs_form *form, const cs_block *block)
{
    static const uint8_t kinds[] = {
        [CS_BLOCK_HEADING] = CONSENT_PART_HEADING,
        [CS_BLOCK_PARAGRAPH] = CONSENT_PART_PARAGRAPH,
        [CS_BLOCK_LIST_ITEM] = CONSENT_PART_LIST_ITEM,
        [CS_BLOCK_TABLE_ROW] = CONSENT_PART_TABLE_ROW,
    };
    add_part(form, kinds[block->kind], block->marker)->level = block->level;
    for (uint32_t i = 0; i < block->span_count; i++) {
        const cs_span_text *span = &block->spans[i];
        if (block->kind == CS_BLOCK_TABLE_ROW && (i == 0 || span->cell_start))
            add_part(form, CONSENT_PART_TABLE_CELL, NULL);
        consent_form_part *part = add_part(form, CONSENT_PART_SPAN, span->text);
        part->href = span->href;
        part->emphasis = span->emphasis;
    }
}

static void lay_out_fields(cs_form *form, const cs_form_field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        consent_form_part *part = add_part(form, CONSENT_PART_FIELD, fields[i].value);
        part->control = fields[i].label;
        part->href = fields[i].href;
        part->emphasis = fields[i].emphasis;
    }
}

static void lay_out_choice(cs_form *form, const cs_form_choice *choice)
{
    consent_form_part *part = add_part(form, CONSENT_PART_CHOICE, choice->label);
    part->control = choice->control;
    part->consequence = choice->consequence;
    part->needs = choice->needs;
    part->emphasis = choice->emphasis;
    part->required = choice->required;
    part->on = choice->on;
    lay_out_fields(form, choice->fields, choice->field_count);
}

consent_status cs_form_finish(cs_form *form)
{
    for (uint32_t i = 0; i < form->block_count; i++)
        lay_out_block(form, &form->blocks[i]);
    lay_out_fields(form, form->fields, form->field_count);
    for (uint32_t i = 0; i < form->choice_count; i++)
        lay_out_choice(form, &form->choices[i]);
    for (uint32_t i = 0; i < form->entry_count; i++) {
        consent_form_part *part = add_part(form, CONSENT_PART_INPUT, form->entries[i].label);
        part->control = form->entries[i].control;
        part->required = form->entries[i].required;
    }
    if (form->accept_label)
        add_part(form, CONSENT_PART_ACCEPT, form->accept_label)->control = "accept";
    if (form->refuse_label)
        add_part(form, CONSENT_PART_REFUSE, form->refuse_label)->control = "refuse";
    if (form->save_label)
        add_part(form, CONSENT_PART_ACCEPT, form->save_label)->control = "save";
    for (uint32_t i = 0; i < form->part_count; i++)
        form->emphasis_count += form->parts[i].emphasis != 0;
    consent_status status = cs_form_status(form, form->err);
    if (status != CONSENT_OK)
        return status;

    cs_json_out out;
    cs_json_out_init(&out, &form->notice);
    cs_form_content(form, &out);
    status = cs_buffer_status(&form->notice, "the form's content", form->err);
    if (status != CONSENT_OK)
        return status;
    cs_span notice = cs_buffer_span(&form->notice);
    return cs_sha256(&notice, 1, form->notice_hash, form->err);
}

/* ---- giving out ------------------------------------------------------------------------------- */

const consent_form_part *cs_form_parts(const cs_form *form, size_t *count)
{
    *count = form->part_count;
    return form->parts;
}

int32_t cs_form_occasion(const cs_form *form)
{
    return form->occasion;
}

const cs_query *cs_form_query(const cs_form *form)
{
    return &form->query;
}

cs_span cs_form_notice(const cs_form *form)
{
    return cs_buffer_span(&form->notice);
}

const uint8_t *cs_form_notice_hash(const cs_form *form)
{
    return form->notice_hash;
}

int64_t cs_form_expires_ms(const cs_form *form)
{
    return form->expires_ms;
}

const cs_policy *cs_form_policy(const cs_form *form)
{
    return form->policy;
}

void cs_form_free(cs_form *form)
{
    if (!form)
        return;
    const cs_memory *memory = form->memory;
    cs_free(memory, form->events, form->event_capacity * sizeof *form->events);
    cs_buffer_free(&form->notice);
    cs_arena_free(&form->arena);
    cs_free(memory, form, sizeof *form);
}
