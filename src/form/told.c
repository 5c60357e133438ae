/* field, ad_hoc, external and notice: what is told at the moment it matters. A field or ad_hoc form asks, too, where the
 * purpose still lacks its consent; else its answer only says whether the person goes on. The host's own words come as
 * JSON (docs/json.md); the form's hash covers them, and the exact text is kept. */
#include "form/parts.h"

#include <string.h>

#define NOTICE_MAX_BYTES (256u * 1024u)

/* ---- the host's words ---------------------------------------------------------------------------- */

/* Parsed only while the form is built; everything shown is copied. */
typedef struct words {
    cs_json_doc doc;
    cs_json_in in;
} words;

static consent_status read_words(const cs_form *form, words *out)
{
    static const char source[] = "request.notice";
    memset(out, 0, sizeof *out);
    if (!form->input->notice.size)
        return cs_form_fail(form, CONSENT_E_ARGUMENT, "%s is missing, give its JSON", source);
    consent_status status = cs_json_parse(&out->doc, form->input->notice, NOTICE_MAX_BYTES, source, form->err);
    cs_json_in_init(&out->in, source, form->err);
    if (status == CONSENT_OK && cs_json_type_of(out->doc.root) != CS_JSON_OBJECT)
        (void)cs_json_complain(&out->in, "an object was expected");
    return status == CONSENT_OK ? out->in.status : status;
}

/* Title and blocks as a document of their own, so that one reader checks all blocks there are. */
static consent_status add_blocks(cs_form *form, const words *from, const char *title)
{
    const cs_json *blocks = cs_json_get(from->doc.root, "blocks");
    cs_buffer text;
    cs_json_out json;
    cs_document *document = NULL;
    cs_form_add_heading(form, title);
    if (!blocks)
        return CONSENT_OK;
    cs_buffer_init(&text, form->memory, 2u * NOTICE_MAX_BYTES);
    cs_json_out_init(&json, &text);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_json_member_text(&json, "locale", form->locale);
    cs_json_member_text(&json, "title", title);
    cs_json_put_name(&json, "blocks");
    cs_json_put_value(&json, blocks);
    cs_json_close_object(&json);
    consent_status status = cs_buffer_status(&text, "the notice", form->err);
    if (status == CONSENT_OK)
        status = cs_document_parse(form->memory, (cs_str){(const char *)text.data, text.size}, "request.notice",
                                   &document, form->err);
    for (uint32_t i = 0; status == CONSENT_OK && i < document->block_count; i++)
        cs_form_copy_block(form, &document->blocks[i]);
    cs_document_free(document);
    cs_buffer_free(&text);
    return status;
}

/* ---- field and ad_hoc ------------------------------------------------------------------------------ */

static void add_go_on(cs_form *form)
{
    form->accept_label = cs_form_word(form, CS_WORD_CONTINUE);
    form->refuse_label = cs_form_word(form, CS_WORD_CANCEL);
}

/* One purpose at this moment: asked for where it is still to be asked, told where it is settled. */
static consent_status put_purpose(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status == CONSENT_OK && subject.purpose->ground == CONSENT_GROUND_CONSENT)
        status = cs_form_check_purpose(form, &subject);
    if (status == CONSENT_OK)
        status = cs_form_may_ask(form);
    if (status == CONSENT_OK)
        status = cs_form_put_choice(form, &subject);
    if (status == CONSENT_OK && form->informs) {
        form->choice_count = 0; /* nothing is left to choose */
        add_go_on(form);
    }
    return status;
}

consent_status cs_form_build_field(cs_form *form)
{
    if (!form->input->query.data_count)
        return cs_form_fail(form, CONSENT_E_ARGUMENT, "name the data item that the field takes");
    return put_purpose(form);
}

/* Its query stands in the host's words. */
consent_status cs_form_build_ad_hoc(cs_form *form)
{
    const cs_form_input *input = form->input;
    cs_form_input about = *input;
    cs_str data[CS_PURPOSE_MAX_DATA];
    words from;
    consent_status status = read_words(form, &from);
    if (status == CONSENT_OK) {
        about.query = (cs_query){.data = data};
        form->input = &about;
        cs_str title = cs_json_in_str(&from.in, from.doc.root, "title", true);
        about.query.purpose = cs_json_in_str(&from.in, from.doc.root, "purpose", true);
        about.query.recipient = cs_json_in_str(&from.in, from.doc.root, "recipient", false);
        const cs_json *list = cs_json_in_array(&from.in, from.doc.root, "data", false);
        if (cs_json_count(list) > CS_PURPOSE_MAX_DATA || title.size == 0)
            (void)cs_json_complain(&from.in, "a title and at most %u data items were expected", CS_PURPOSE_MAX_DATA);
        for (const cs_json *item = cs_json_first(list); item && from.in.status == CONSENT_OK; item = cs_json_next(item))
            data[about.query.data_count++] = cs_json_str(item);
        status = from.in.status;
        if (status == CONSENT_OK)
            status = add_blocks(form, &from, cs_form_keep_str(form, title));
        if (status == CONSENT_OK)
            status = put_purpose(form);
        form->input = input;
    }
    cs_json_free(&from.doc);
    return status;
}

/* ---- external ------------------------------------------------------------------------------------ */

static consent_status look_up_recipient(cs_form *form, cs_form_subject *subject)
{
    cs_str id = form->input->query.recipient;
    memset(subject, 0, sizeof *subject);
    subject->recipient = cs_policy_recipient(form->policy, id);
    if (!subject->recipient)
        return cs_form_fail(form, CONSENT_E_NOT_FOUND, "policy '%s' does not declare the recipient '%.*s'",
                            form->policy->id, CS_STR_ARG(id));
    form->query.recipient = cs_form_keep_id(form, subject->recipient->id);
    return CONSENT_OK;
}

/* Where the jump belongs to a purpose, that purpose must be allowed before. */
consent_status cs_form_build_external(cs_form *form)
{
    cs_form_subject subject;
    bool of_purpose = form->input->query.purpose.size != 0;
    consent_status status = of_purpose ? cs_form_look_up(form, &subject) : look_up_recipient(form, &subject);
    if (status == CONSENT_OK && !subject.recipient)
        status = cs_form_fail(form, CONSENT_E_ARGUMENT, "name the recipient jumped to");
    if (status == CONSENT_OK && of_purpose)
        status = cs_form_may_ask(form);
    if (status != CONSENT_OK)
        return status;
    form->informs = true;
    cs_form_add_opening(form, CS_WORD_EXTERNAL, CS_WORD_EXTERNAL_TEXT);
    add_go_on(form);
    status = cs_form_recipient_fields(form, &subject, "C78");
    return status == CONSENT_OK ? cs_form_controller_fields(form) : status;
}

/* ---- notices --------------------------------------------------------------------------------------- */

/* What an incident's notice must tell (PIPL 57; C126). */
static consent_status add_incident(cs_form *form, words *from)
{
    static const char names[] = "situation\0impact\0measures\0advice\0remedy\0contact\0"; /* in their words' order */
    const cs_json *facts = cs_json_in_object(&from->in, from->doc.root, "facts", true);
    for (uint32_t i = 0; i <= CS_WORD_INCIDENT_CONTACT - CS_WORD_INCIDENT_SITUATION; i++) {
        const char *name = cs_nth_text(names, i);
        cs_str text = cs_json_in_str(&from->in, facts, name, false);
        if (from->in.status != CONSENT_OK)
            break;
        if (!text.size)
            return cs_form_fail(form, CONSENT_E_REJECTED, "an incident's facts lack '%s' (PIPL 57; C126), add it",
                                name);
        cs_form_add_field(form, cs_form_compose(form, "incident-%s", name), (cs_word)(CS_WORD_INCIDENT_SITUATION + i),
                          cs_form_keep_str(form, text));
    }
    return from->in.status;
}

static consent_status add_closing(cs_form *form)
{
    const cs_policy *policy = form->policy;
    char when[CS_TIME_TEXT_SIZE];
    if (!policy->closing || !policy->closing_end_ms)
        return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' does not say that the service closes and when (C88)",
                            policy->id);
    cs_form_add_paragraph(form, cs_form_word(form, CS_WORD_CLOSING_TEXT));
    cs_time_format_china(policy->closing_end_ms, when);
    cs_form_add_field(form, "service-end", CS_WORD_CLOSING_END, when)->emphasis = 1;
    return CONSENT_OK;
}

static consent_status add_change(cs_form *form, const words *from)
{
    const char *summary = cs_form_text(form, form->policy->change_summary);
    if (!summary && !cs_json_count(cs_json_get(from->doc.root, "blocks")))
        return cs_form_fail(form, CONSENT_E_REJECTED, "neither it nor policy '%s' says what changed (C154), add it",
                            form->policy->id);
    cs_form_add_field(form, "changed", CS_WORD_CHANGED, summary);
    cs_form_put_changes(form);
    return CONSENT_OK;
}

/* The kind's own contents, after title and blocks. */
static consent_status add_kind(cs_form *form, words *from)
{
    static const char *const kinds[] = {"incident", "closing", "change"};
    static const cs_word titles[] = {CS_WORD_COUNT, CS_WORD_CLOSING, CS_WORD_CHANGED};
    cs_str kind = cs_json_in_str(&from->in, from->doc.root, "kind", true);
    cs_str id = cs_json_in_str(&from->in, from->doc.root, "id", true);
    cs_str title = cs_json_in_str(&from->in, from->doc.root, "title", false);
    size_t which = 0;
    while (which < CS_COUNT_OF(kinds) && !cs_str_is(kind, kinds[which]))
        which++;
    if (which == CS_COUNT_OF(kinds))
        (void)cs_json_complain(&from->in, "`kind` is change, incident or closing");
    else if (!cs_id_is_valid(id))
        (void)cs_json_complain(&from->in, "`id` is no identifier");
    else if (!title.size && titles[which] == CS_WORD_COUNT)
        (void)cs_json_complain(&from->in, "`title` is missing");
    if (from->in.status != CONSENT_OK)
        return from->in.status;
    form->notice_kind = kinds[which];
    form->marks_changes = which < 2; /* incidents and closings always stand out */
    form->notice_id = cs_form_keep_str(form, id);
    consent_status status =
        add_blocks(form, from, title.size ? cs_form_keep_str(form, title) : cs_form_word(form, titles[which]));
    if (status != CONSENT_OK)
        return status;
    return which == 0 ? add_incident(form, from) : which == 1 ? add_closing(form) : add_change(form, from);
}

consent_status cs_form_build_notice(cs_form *form)
{
    words from;
    consent_status status = read_words(form, &from);
    if (status == CONSENT_OK)
        status = add_kind(form, &from);
    cs_json_free(&from.doc);
    if (status == CONSENT_OK)
        status = cs_form_controller_fields(form);
    form->informs = true;
    form->accept_label = cs_form_word(form, CS_WORD_ACKNOWLEDGE);
    return status;
}
