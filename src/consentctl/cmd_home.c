/* consentctl policy install, list, text: the policies of a home. */
#include "consentctl/runtime.h"
#include "consentctl/session.h"

#include "consentctl/files.h"
#include "policy/bundle.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAVED_COLUMNS 100

const cs_option_spec cs_options_policy_install[] = {
    {"root", 0, "FILE", "public root key that the app pins (key public prints it)"},
    CS_SESSION_OPTIONS,
    CS_OPTIONS_END,
};
const cs_option_spec cs_options_policy_list[] = {CS_SESSION_OPTIONS, CS_OPTIONS_END};
const cs_option_spec cs_options_policy_text[] = {
    CS_SESSION_OPTIONS,
    CS_LOCALE_OPTION,
    {"version", 0, "N", "left out: the newest"},
    {"section", 0, "ID", "one section alone"},
    {"output", 'o', "FILE", "save it there, without colours"},
    CS_OPTIONS_END,
};

consent_status cs_cmd_policy_install(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer bundle;
    const char *root = NULL;
    consent_status status = cs_options_need(options, "root", &root, err);
    cs_buffer_init(&bundle, &tool->env.memory, CS_BUNDLE_MAX_BYTES);
    if (status == CONSENT_OK)
        status = cs_files_read(options->arguments[0], &bundle, err);
    if (status == CONSENT_OK)
        status = cs_session_open(&session, tool, options, false, err);
    if (status == CONSENT_OK) {
        status = consent_policy_install(session.client, bundle.data, bundle.size, err);
        if (status == CONSENT_OK)
            cs_tool_say(tool, "installed: verified, and kept in %s", tool->home);
        cs_session_close(&session);
    }
    cs_buffer_free(&bundle);
    return status;
}

static void list_text(const cs_json *root, cs_buffer *out)
{
    const cs_json *list = cs_json_type_of(root) == CS_JSON_ARRAY ? root : cs_json_get(root, "policies");
    if (cs_json_first(list) == NULL)
        cs_buffer_text(out, "no policy is installed\n");
    for (const cs_json *each = cs_json_first(list); each != NULL; each = cs_json_next(each))
        cs_buffer_printf(out, "%.*s  version %" PRId64 ".%" PRId64 "  effective %.*s  %s%s  %.16s…\n",
                         CS_STR_ARG(cs_json_str(cs_json_get(each, "id"))), cs_json_int(cs_json_get(each, "version")),
                         cs_json_int(cs_json_get(each, "revision")),
                         CS_STR_ARG(cs_json_str(cs_json_get(each, "effective"))),
                         cs_json_bool(cs_json_get(each, "in_force")) ? "in force" : "not in force",
                         cs_json_bool(cs_json_get(each, "outdated")) ? ", outdated" : "",
                         cs_json_str(cs_json_get(each, "hash")).data);
}

/* Prints JSON as it is, or what `draw` makes of it. */
static consent_status print(cs_tool *tool, cs_buffer *json, void (*draw)(const cs_json *root, cs_buffer *out),
                            consent_error *err)
{
    cs_json_doc doc = {NULL, NULL};
    cs_buffer text;
    cs_buffer_init(&text, &tool->env.memory, json->max_size);
    consent_status status = CONSENT_OK;
    if (tool->json) {
        cs_buffer_append(&text, json->data, json->size);
        cs_buffer_text(&text, "\n");
    } else {
        status = cs_json_parse(&doc, (cs_str){(const char *)json->data, json->size}, json->max_size,
                               "the library's answer", err);
        if (status == CONSENT_OK)
            draw(doc.root, &text);
    }
    if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_cmd_policy_list(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer json;
    consent_status status = cs_session_open(&session, tool, options, false, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, 1024u * 1024u);
    status = consent_policy_list(session.client, cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        status = print(tool, &json, list_text, err);
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}

static consent_status draw_document(cs_tool *tool, const cs_buffer *json, const char *section, bool saved,
                                    cs_buffer *text, consent_error *err)
{
    cs_document *document = NULL;
    cs_render render;
    if (saved)
        cs_render_init(&render, text, SAVED_COLUMNS, false);
    else
        cs_tool_renderer(tool, text, &render);
    consent_status status = cs_document_parse(&tool->env.memory, (cs_str){(const char *)json->data, json->size},
                                              "the policy's text", &document, err);
    if (status == CONSENT_OK && !cs_render_document(&render, document, section))
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                         "the policy has no section \"%.60s\"; policy text without --section shows all",
                         section != NULL ? section : "");
    cs_document_free(document);
    return status;
}

/* To the terminal or into a file, as words or, with --json, as the document's JSON. */
static consent_status put_document(cs_tool *tool, const cs_options *options, const cs_buffer *json, consent_error *err)
{
    const char *output = cs_options_get(options, "output");
    cs_buffer text;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&text, &tool->env.memory, 8u * 1024u * 1024u);
    if (tool->json) {
        cs_buffer_append(&text, json->data, json->size);
        cs_buffer_text(&text, "\n");
    } else {
        status = draw_document(tool, json, cs_options_get(options, "section"), output != NULL, &text, err);
    }
    if (status == CONSENT_OK)
        status = cs_buffer_status(&text, "the policy's text", err);
    if (status == CONSENT_OK && output != NULL)
        status = cs_files_write(output, cs_buffer_span(&text), CS_FILES_PUBLIC, false, err);
    else if (status == CONSENT_OK)
        status = cs_tool_print(tool, &text, err);
    if (status == CONSENT_OK && output != NULL)
        status = cs_tool_done(tool, output, err, "saved, %zu bytes", text.size);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_cmd_policy_text(cs_tool *tool, const cs_options *options, consent_error *err)
{
    cs_session session;
    cs_buffer json;
    const char *word = cs_options_get(options, "version");
    char *end = NULL;
    unsigned long version = word != NULL ? strtoul(word, &end, 10) : 0;
    if (word != NULL && (*end != '\0' || version == 0 || version > UINT32_MAX))
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "--version was \"%.40s\"; write a number from 1",
                       word);
    consent_status status = cs_session_open(&session, tool, options, false, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&json, &tool->env.memory, CS_DOCUMENT_MAX_BYTES);
    status = consent_policy_text(session.client, options->arguments[0], (uint32_t)version,
                                 cs_options_get(options, "locale"), cs_write_to_buffer, &json, err);
    if (status == CONSENT_OK)
        status = put_document(tool, options, &json, err);
    cs_buffer_free(&json);
    cs_session_close(&session);
    return status;
}
