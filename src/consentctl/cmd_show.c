#include "consentctl/authoring.h"
#include "consentctl/files.h"
#include "consentctl/tool.h"

#include <string.h>

#define MAX_LOCALES_TEXT 256

const cs_option_spec cs_options_policy_show[] = {
    {"locale", 0, "LOCALE", "which document (default: the policy's first)"},
    {"section", 0, "ID", "one section with its sub-sections"},
    {"sections", 0, NULL, "list the sections instead"},
    {NULL, 0, NULL, NULL},
};

/* The documents' JSON, one a line, of a folder or of a bundle. */
static consent_status read_documents(cs_tool *tool, const char *path, cs_buffer *lines, bool *is_signed,
                                     consent_error *err)
{
    cs_buffer bytes;
    cs_str line;
    cs_buffer_init(&bytes, &tool->env.memory, CS_BUNDLE_MAX_BYTES);
    bool folder = cs_files_is_dir(path);
    consent_status status =
        folder ? cs_authoring_build(&tool->env.memory, path, &bytes, err) : cs_files_read(path, &bytes, err);
    cs_str rest = {(const char *)bytes.data, bytes.size};
    bool unsigned_file = folder || (rest.size > 0 && rest.data[0] == '{');
    for (int skip = unsigned_file ? 1 : 2; status == CONSENT_OK && skip > 0; skip--)
        if (!cs_authoring_line(&rest, &line))
            status =
                cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was no bundle and no policy folder; name one of these", path);
    if (status == CONSENT_OK)
        cs_buffer_str(lines, rest);
    *is_signed = !unsigned_file;
    if (status == CONSENT_OK && rest.size == 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s held no document; it is no bundle and no policy folder", path);
    cs_buffer_free(&bytes);
    return status == CONSENT_OK ? cs_buffer_status(lines, path, err) : status;
}

/* The document in that locale (NULL: the first); *json is its line. */
static consent_status find_document(cs_tool *tool, cs_str lines, const char *path, const char *locale,
                                    cs_document **out, cs_str *json, consent_error *err)
{
    char known[MAX_LOCALES_TEXT] = "";
    while (cs_authoring_line(&lines, json)) {
        consent_error reason = {0};
        consent_status status = cs_document_parse(&tool->env.memory, *json, path, out, &reason);
        if (status != CONSENT_OK) {
            (void)cs_fail(err, status, 0, "%.60s was no bundle and no policy folder; name one of these (%.120s)", path,
                          reason.message);
            return status;
        }
        if (!locale || strcmp((*out)->locale, locale) == 0)
            return CONSENT_OK;
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", (*out)->locale);
        cs_document_free(*out);
        *out = NULL;
    }
    return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "%s held no document for %.40s; it holds %s", path, locale, known);
}

static void list_sections(cs_tool *tool, const cs_document *document, cs_buffer *text)
{
    cs_json_out json;
    cs_json_out_init(&json, text);
    if (tool->json)
        cs_json_open_array(&json);
    for (uint32_t i = 0; i < document->block_count; i++) {
        const cs_block *block = &document->blocks[i];
        if (block->kind != CS_BLOCK_HEADING)
            continue;
        cs_buffer title;
        cs_buffer_init(&title, &tool->env.memory, CS_DOCUMENT_MAX_BYTES);
        for (uint32_t s = 0; s < block->span_count; s++)
            cs_buffer_text(&title, block->spans[s].text);
        cs_str words = {(const char *)title.data, title.size};
        if (tool->json) {
            cs_json_open_object(&json);
            cs_json_member_text(&json, "id", block->id);
            cs_json_member_int(&json, "level", block->level);
            cs_json_member_str(&json, "title", words);
            cs_json_close_object(&json);
        } else {
            cs_buffer_printf(text, "%*s%.*s  {#%s}\n", 2 * (block->level - 1), "", CS_STR_ARG(words), block->id);
        }
        cs_buffer_free(&title);
    }
    if (tool->json) {
        cs_json_close_array(&json);
        cs_buffer_text(text, "\n");
    }
}

static consent_status show(cs_tool *tool, const cs_options *options, const cs_document *document, cs_str json,
                           consent_error *err)
{
    const char *section = cs_options_get(options, "section");
    cs_buffer text;
    cs_render render;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&text, &tool->env.memory, 4u * CS_DOCUMENT_MAX_BYTES);
    cs_tool_renderer(tool, &text, &render);
    if (cs_options_has(options, "sections")) {
        list_sections(tool, document, &text);
    } else if (section && !cs_document_section(document, section)) {
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "there was no section %.60s; --sections lists them", section);
    } else if (tool->json) {
        cs_buffer_str(&text, json);
        cs_buffer_text(&text, "\n");
    } else {
        (void)cs_render_document(&render, document, section);
    }
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_cmd_policy_show(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *path = options->arguments[0];
    cs_document *document = NULL;
    cs_str json = {0};
    cs_buffer lines;
    cs_buffer_init(&lines, &tool->env.memory, CS_BUNDLE_MAX_BYTES);
    bool is_signed = false;
    consent_status status = read_documents(tool, path, &lines, &is_signed, err);
    if (status == CONSENT_OK)
        status = find_document(tool, (cs_str){(const char *)lines.data, lines.size}, path,
                               cs_options_get(options, "locale"), &document, &json, err);
    if (status == CONSENT_OK && is_signed)
        (void)fprintf(tool->err, "%s: shown without verifying its signature; consentctl policy verify does that\n",
                      path);
    if (status == CONSENT_OK && document)
        status = show(tool, options, document, json, err);
    if (document)
        cs_document_free(document);
    cs_buffer_free(&lines);
    return status;
}
