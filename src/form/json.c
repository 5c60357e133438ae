/* A form as JSON, version 1 (docs/json.md): the same bytes for the same content, so that their hash is evidence. */
#include "form/parts.h"

const char *cs_form_occasion_name(int32_t occasion)
{
    /* In the order of consent_occasion, which begins at 1. */
    return cs_nth_text(
        "unknown\0first_run\0update\0own\0separate\0once\0permission\0manage\0age\0guardian\0child_rules\0"
        "confirm\0field\0ad_hoc\0external\0notice\0unknown\0",
        (size_t)occasion);
}

/* Leaves out what the form does not have. */
static void member(cs_json_out *out, const char *name, const char *text)
{
    if (text)
        cs_json_member_text(out, name, text);
}

static void put_policy(cs_json_out *out, const char *name, const cs_form_policy_name *policy)
{
    if (!policy->id)
        return;
    char hash[2 * CS_HASH_SIZE + 1];
    cs_hex_encode(policy->hash, CS_HASH_SIZE, hash);
    cs_json_put_name(out, name);
    cs_json_open_object(out);
    cs_json_member_text(out, "id", policy->id);
    cs_json_member_int(out, "version", policy->version);
    cs_json_member_int(out, "revision", policy->revision);
    cs_json_member_text(out, "hash", hash);
    cs_json_close_object(out);
}

static void put_span(cs_json_out *out, const cs_span_text *span)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "s", span->text);
    if (span->emphasis)
        cs_json_member_int(out, "e", span->emphasis);
    member(out, "href", span->href);
    cs_json_close_object(out);
}

static void put_cells(cs_json_out *out, const cs_block *block)
{
    cs_json_put_name(out, "cells");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < block->span_count; i++) {
        if (i == 0 || block->spans[i].cell_start) {
            if (i > 0)
                cs_json_close_array(out);
            cs_json_open_array(out);
        }
        put_span(out, &block->spans[i]);
    }
    if (block->span_count)
        cs_json_close_array(out);
    cs_json_close_array(out);
}

static void put_block(cs_json_out *out, const cs_block *block)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "t", cs_nth_text("h\0p\0li\0tr\0", block->kind - CS_BLOCK_HEADING));
    if (block->kind == CS_BLOCK_HEADING)
        cs_json_member_int(out, "level", block->level);
    if (block->kind == CS_BLOCK_LIST_ITEM)
        cs_json_member_int(out, "depth", block->level);
    if (block->head)
        cs_json_member_bool(out, "head", true);
    member(out, "id", block->id);
    member(out, "marker", block->marker);
    if (block->kind == CS_BLOCK_TABLE_ROW) {
        put_cells(out, block);
    } else {
        cs_json_put_name(out, "spans");
        cs_json_open_array(out);
        for (uint32_t i = 0; i < block->span_count; i++)
            put_span(out, &block->spans[i]);
        cs_json_close_array(out);
    }
    cs_json_close_object(out);
}

static void put_fields(cs_json_out *out, const cs_form_field *fields, uint32_t count)
{
    cs_json_put_name(out, "fields");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < count; i++) {
        cs_json_open_object(out);
        cs_json_member_text(out, "id", fields[i].id);
        cs_json_member_text(out, "label", fields[i].label);
        cs_json_member_text(out, "value", fields[i].value);
        member(out, "href", fields[i].href);
        cs_json_member_int(out, "emphasis", fields[i].emphasis);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
}

/* In the order of cs_control_kind, which begins at 1. */
static const char *control_kind_name(uint8_t kind)
{
    return cs_nth_text("tick\0data\0choice\0acceptance\0age\0storage\0", kind - 1u);
}

static void put_choice(cs_json_out *out, const cs_form_choice *choice)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "control", choice->control);
    cs_json_member_text(out, "kind", control_kind_name(choice->kind));
    cs_json_member_text(out, "label", choice->label);
    cs_json_member_int(out, "emphasis", choice->emphasis);
    cs_json_member_bool(out, "required", choice->required);
    cs_json_member_bool(out, "on", choice->on);
    member(out, "consequence", choice->consequence);
    member(out, "needs", choice->needs);
    member(out, "purpose", choice->purpose);
    member(out, "recipient", choice->recipient);
    member(out, "data", choice->data);
    member(out, "channel", choice->channel);
    member(out, "storage_level", choice->storage_level);
    member(out, "function", choice->function);
    member(out, "section", choice->section);
    if (choice->field_count)
        put_fields(out, choice->fields, choice->field_count);
    cs_json_close_object(out);
}

static void put_action(cs_json_out *out, const char *control, const char *label)
{
    if (!label)
        return;
    cs_json_open_object(out);
    cs_json_member_text(out, "control", control);
    cs_json_member_text(out, "label", label);
    cs_json_close_object(out);
}

static void put_entries(const cs_form *form, cs_json_out *out)
{
    if (!form->entry_count)
        return;
    cs_json_put_name(out, "inputs");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < form->entry_count; i++) {
        cs_json_open_object(out);
        cs_json_member_text(out, "control", form->entries[i].control);
        cs_json_member_text(out, "label", form->entries[i].label);
        cs_json_member_bool(out, "required", form->entries[i].required);
        cs_json_close_object(out);
    }
    cs_json_close_array(out);
}

static void put_rules_document(const cs_form *form, cs_json_out *out)
{
    if (!form->rules_id)
        return;
    cs_json_put_name(out, "child_rules");
    cs_json_open_object(out);
    cs_json_member_text(out, "id", form->rules_id);
    cs_json_member_int(out, "version", form->rules_version);
    cs_json_close_object(out);
}

static void put_notice(const cs_form *form, cs_json_out *out)
{
    if (!form->notice_kind)
        return;
    cs_json_put_name(out, "notice");
    cs_json_open_object(out);
    cs_json_member_text(out, "id", form->notice_id);
    cs_json_member_text(out, "kind", form->notice_kind);
    cs_json_close_object(out);
}

static void put_controls(const cs_form *form, cs_json_out *out)
{
    cs_json_put_name(out, "choices");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < form->choice_count; i++)
        put_choice(out, &form->choices[i]);
    cs_json_close_array(out);
    cs_json_put_name(out, "actions");
    cs_json_open_array(out);
    put_action(out, "accept", form->accept_label);
    put_action(out, "refuse", form->refuse_label);
    put_action(out, "save", form->save_label);
    cs_json_close_array(out);

    cs_json_put_name(out, "rules");
    cs_json_open_object(out);
    cs_json_member_bool(out, "must_reach_end", form->must_reach_end);
    cs_json_put_name(out, "required");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < form->choice_count; i++)
        if (form->choices[i].required)
            cs_json_put_text(out, form->choices[i].control);
    cs_json_close_array(out);
    cs_json_member_bool(out, "emphasis", form->needs_emphasis);
    if (form->marks_changes)
        cs_json_member_bool(out, "prominent", true);
    cs_json_close_object(out);
}

static void put_permission(const cs_form *form, cs_json_out *out)
{
    if (!form->permission)
        return;
    cs_json_put_name(out, "permission");
    cs_json_open_object(out);
    cs_json_member_text(out, "id", form->permission);
    cs_json_put_name(out, "names");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < form->permission_name_count; i++)
        cs_json_put_text(out, form->permission_names[i]);
    cs_json_close_array(out);
    cs_json_member_text(out, "call_site", form->call_site);
    cs_json_member_bool(out, "records_choice", form->records_choice);
    cs_json_close_object(out);
}

static void put_members(const cs_form *form, cs_json_out *out)
{
    cs_json_member_int(out, "v", 1);
    cs_json_member_text(out, "occasion", cs_form_occasion_name(form->occasion));
    put_policy(out, "policy", &form->policy_name);
    put_policy(out, "base", &form->base_name);
    cs_json_member_text(out, "locale", form->locale);
    if (form->guardian)
        cs_json_member_text(out, "actor", "guardian");
    member(out, "purpose", form->purpose);
    member(out, "recipient", form->recipient);
    put_permission(form, out);
    put_rules_document(form, out);
    put_notice(form, out);
    if (form->informs)
        cs_json_member_bool(out, "informs", true);
    cs_json_put_name(out, "blocks");
    cs_json_open_array(out);
    for (uint32_t i = 0; i < form->block_count; i++)
        put_block(out, &form->blocks[i]);
    cs_json_close_array(out);
    put_fields(out, form->fields, form->field_count);
    put_entries(form, out);
    put_controls(form, out);
}

void cs_form_content(const cs_form *form, cs_json_out *out)
{
    cs_json_open_object(out);
    put_members(form, out);
    cs_json_close_object(out);
}

void cs_form_json(const cs_form *form, cs_json_out *out)
{
    char hash[2 * CS_HASH_SIZE + 1];
    char expires[CS_TIME_TEXT_SIZE];
    cs_hex_encode(form->notice_hash, CS_HASH_SIZE, hash);
    cs_time_format(form->expires_ms, expires);
    cs_json_open_object(out);
    put_members(form, out);
    cs_json_member_text(out, "expires", expires);
    cs_json_member_text(out, "notice_hash", hash);
    cs_json_close_object(out);
}
