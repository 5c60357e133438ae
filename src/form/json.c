/* A form as JSON, version 1 (docs/json.md): the same bytes for the same content, so that their hash is evidence. */
#include "form/parts.h"

#include <stddef.h>
#include <string.h>

const char *cs_form_occasion_name(int32_t occasion)
{
    /* In the order of consent_occasion, which begins at 1. */
    return cs_nth_text(
        "unknown\0first_run\0update\0own\0separate\0once\0permission\0manage\0age\0guardian\0child_rules\0"
        "confirm\0field\0ad_hoc\0external\0notice\0unknown\0",
        (size_t)occasion);
}

/* ---- members that stand in a struct as they are -------------------------------------------------- */

enum member_kind { /* odd: left out when NULL, 0 or false */
    TEXT,          /* const char * */
    ANY_TEXT,
    NUMBER, /* of any size */
    ANY_NUMBER,
    BOOLEAN,
    ONLY_TRUE
};

/* `names` are the members', in the order of the rows. */
static void put_rows(cs_json_out *out, const void *of, const cs_member *rows, size_t count, const char *names)
{
    for (const cs_member *row = rows; row < rows + count; row++, names += strlen(names) + 1) {
        const char *text = NULL;
        if (row->kind <= ANY_TEXT)
            memcpy(&text, (const char *)of + row->offset, sizeof text);
        uint64_t value = row->kind <= ANY_TEXT ? text != NULL : cs_member_number(row, of);
        if (value == 0 && row->kind % 2 != 0)
            continue;
        if (row->kind <= ANY_TEXT)
            cs_json_member_text(out, names, text);
        else if (row->kind <= ANY_NUMBER)
            cs_json_member_int(out, names, (int64_t)value);
        else
            cs_json_member_bool(out, names, value != 0);
    }
}

static void open_object(cs_json_out *out, const char *name)
{
    cs_json_put_name(out, name);
    cs_json_open_object(out);
}

static void open_list(cs_json_out *out, const char *name)
{
    cs_json_put_name(out, name);
    cs_json_open_array(out);
}

static void put_object(cs_json_out *out, const void *of, const cs_member *rows, size_t count, const char *names)
{
    cs_json_open_object(out);
    put_rows(out, of, rows, count, names);
    cs_json_close_object(out);
}

/* ---- the form -------------------------------------------------------------------------------- */

static void put_policy(cs_json_out *out, const char *name, const cs_form_policy_name *policy)
{
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_form_policy_name, id),
                                     CS_MEMBER(NUMBER, cs_form_policy_name, version),
                                     CS_MEMBER(NUMBER, cs_form_policy_name, revision)};
    if (!policy->id)
        return;
    char hash[2 * CS_HASH_SIZE + 1];
    cs_hex_encode(policy->hash, CS_HASH_SIZE, hash);
    open_object(out, name);
    put_rows(out, policy, rows, CS_COUNT_OF(rows), "id\0version\0revision\0");
    cs_json_member_text(out, "hash", hash);
    cs_json_close_object(out);
}

static void put_spans(cs_json_out *out, const cs_block *block, bool in_cells)
{
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_span_text, text), CS_MEMBER(ANY_NUMBER, cs_span_text, emphasis),
                                     CS_MEMBER(ANY_TEXT, cs_span_text, href)};
    for (uint32_t i = 0; i < block->span_count; i++) {
        const cs_span_text *span = &block->spans[i];
        if (in_cells && i > 0 && span->cell_start)
            cs_json_close_array(out);
        if (in_cells && (i == 0 || span->cell_start))
            cs_json_open_array(out);
        put_object(out, span, rows, CS_COUNT_OF(rows), "s\0e\0href\0");
    }
    if (in_cells && block->span_count)
        cs_json_close_array(out);
}

static void put_block(cs_json_out *out, const cs_block *block)
{
    static const cs_member rows[] = {CS_MEMBER(ONLY_TRUE, cs_block, head), CS_MEMBER(ANY_TEXT, cs_block, id),
                                     CS_MEMBER(ANY_TEXT, cs_block, marker)};
    bool in_cells = block->kind == CS_BLOCK_TABLE_ROW;
    cs_json_open_object(out);
    cs_json_member_text(out, "t", cs_nth_text("h\0p\0li\0tr\0", block->kind - CS_BLOCK_HEADING));
    if (block->kind == CS_BLOCK_HEADING)
        cs_json_member_int(out, "level", block->level);
    if (block->kind == CS_BLOCK_LIST_ITEM)
        cs_json_member_int(out, "depth", block->level);
    put_rows(out, block, rows, CS_COUNT_OF(rows), "head\0id\0marker\0");
    open_list(out, in_cells ? "cells" : "spans");
    put_spans(out, block, in_cells);
    cs_json_close_array(out);
    cs_json_close_object(out);
}

static void put_fields(cs_json_out *out, const cs_form_field *fields, uint32_t count)
{
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_form_field, id), CS_MEMBER(TEXT, cs_form_field, label),
                                     CS_MEMBER(TEXT, cs_form_field, value), CS_MEMBER(ANY_TEXT, cs_form_field, href),
                                     CS_MEMBER(NUMBER, cs_form_field, emphasis)};
    open_list(out, "fields");
    for (uint32_t i = 0; i < count; i++)
        put_object(out, &fields[i], rows, CS_COUNT_OF(rows), "id\0label\0value\0href\0emphasis\0");
    cs_json_close_array(out);
}

/* In the order of cs_control_kind, which begins at 1. */
static const char *control_kind_name(uint8_t kind)
{
    return cs_nth_text("tick\0data\0choice\0acceptance\0age\0storage\0", kind - 1u);
}

static void put_choice(cs_json_out *out, const cs_form_choice *choice)
{
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_form_choice, label),
                                     CS_MEMBER(NUMBER, cs_form_choice, emphasis),
                                     CS_MEMBER(BOOLEAN, cs_form_choice, required),
                                     CS_MEMBER(BOOLEAN, cs_form_choice, on),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, consequence),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, needs),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, purpose),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, recipient),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, data),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, channel),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, storage_level),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, function),
                                     CS_MEMBER(ANY_TEXT, cs_form_choice, section)};
    cs_json_open_object(out);
    cs_json_member_text(out, "control", choice->control);
    cs_json_member_text(out, "kind", control_kind_name(choice->kind));
    put_rows(out, choice, rows, CS_COUNT_OF(rows),
             "label\0emphasis\0required\0on\0consequence\0needs\0purpose\0recipient\0data\0channel\0storage_"
             "level\0function\0section\0");
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
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_form_entry, control), CS_MEMBER(TEXT, cs_form_entry, label),
                                     CS_MEMBER(BOOLEAN, cs_form_entry, required)};
    if (!form->entry_count)
        return;
    open_list(out, "inputs");
    for (uint32_t i = 0; i < form->entry_count; i++)
        put_object(out, &form->entries[i], rows, CS_COUNT_OF(rows), "control\0label\0required\0");
    cs_json_close_array(out);
}

static void put_controls(const cs_form *form, cs_json_out *out)
{
    open_list(out, "choices");
    for (uint32_t i = 0; i < form->choice_count; i++)
        put_choice(out, &form->choices[i]);
    cs_json_close_array(out);
    open_list(out, "actions");
    put_action(out, "accept", form->accept_label);
    put_action(out, "refuse", form->refuse_label);
    put_action(out, "save", form->save_label);
    cs_json_close_array(out);
}

static void put_rules(const cs_form *form, cs_json_out *out)
{
    static const cs_member rows[] = {CS_MEMBER(BOOLEAN, cs_form, needs_emphasis),
                                     CS_MEMBER(ONLY_TRUE, cs_form, marks_changes)};
    open_object(out, "rules");
    cs_json_member_bool(out, "must_reach_end", form->must_reach_end);
    open_list(out, "required");
    for (uint32_t i = 0; i < form->choice_count; i++)
        if (form->choices[i].required)
            cs_json_put_text(out, form->choices[i].control);
    cs_json_close_array(out);
    put_rows(out, form, rows, CS_COUNT_OF(rows), "emphasis\0prominent\0");
    cs_json_close_object(out);
}

static void put_permission(const cs_form *form, cs_json_out *out)
{
    static const cs_member rows[] = {CS_MEMBER(TEXT, cs_form, query.call_site.data),
                                     CS_MEMBER(BOOLEAN, cs_form, records_choice)};
    if (!form->query.permission.data)
        return;
    open_object(out, "permission");
    cs_json_member_text(out, "id", form->query.permission.data);
    open_list(out, "names");
    for (uint32_t i = 0; i < form->permission_name_count; i++)
        cs_json_put_text(out, form->permission_names[i]);
    cs_json_close_array(out);
    put_rows(out, form, rows, CS_COUNT_OF(rows), "call_site\0records_choice\0");
    cs_json_close_object(out);
}

static void put_head(const cs_form *form, cs_json_out *out)
{
    static const cs_member names[] = {CS_MEMBER(ANY_TEXT, cs_form, query.purpose.data),
                                      CS_MEMBER(ANY_TEXT, cs_form, query.recipient.data)};
    static const cs_member rules[] = {CS_MEMBER(TEXT, cs_form, rules_id), CS_MEMBER(NUMBER, cs_form, rules_version)};
    static const cs_member notice[] = {CS_MEMBER(TEXT, cs_form, notice_id), CS_MEMBER(TEXT, cs_form, notice_kind)};
    cs_json_member_int(out, "v", 1);
    cs_json_member_text(out, "occasion", cs_form_occasion_name(form->occasion));
    put_policy(out, "policy", &form->policy_name);
    put_policy(out, "base", &form->base_name);
    cs_json_member_text(out, "locale", form->locale);
    if (form->guardian)
        cs_json_member_text(out, "actor", "guardian");
    put_rows(out, form, names, CS_COUNT_OF(names), "purpose\0recipient\0");
    put_permission(form, out);
    if (form->rules_id) {
        cs_json_put_name(out, "child_rules");
        put_object(out, form, rules, CS_COUNT_OF(rules), "id\0version\0");
    }
    if (form->notice_kind) {
        cs_json_put_name(out, "notice");
        put_object(out, form, notice, CS_COUNT_OF(notice), "id\0kind\0");
    }
    if (form->informs)
        cs_json_member_bool(out, "informs", true);
}

static void put_members(const cs_form *form, cs_json_out *out)
{
    put_head(form, out);
    open_list(out, "blocks");
    for (uint32_t i = 0; i < form->block_count; i++)
        put_block(out, &form->blocks[i]);
    cs_json_close_array(out);
    put_fields(out, form->fields, form->field_count);
    put_entries(form, out);
    put_controls(form, out);
    put_rules(form, out);
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
