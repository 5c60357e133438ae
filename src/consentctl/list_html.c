#include "consentctl/list_show.h"

#include <inttypes.h>

#define SCENE_MAX_BYTES 65536u

static const char style[] =
    "body{font:16px/1.6 \"PingFang SC\",\"Noto Sans CJK SC\",\"Microsoft "
    "YaHei\",system-ui,sans-serif;color:#1c1c1e;background:#fff;"
    "margin:2rem auto;max-width:78rem;padding:0 1rem}"
    "h1{font-size:1.5rem;margin:0 0 .25rem}p{margin:0 0 1.25rem;color:#55565a}"
    "div{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;border-bottom:1px solid #d9dade}"
    "th{background:#f2f3f5;white-space:nowrap}td.n{white-space:nowrap}small{color:#55565a;display:block}"
    "@media print{body{margin:0;max-width:none}thead{display:table-header-group}tr{break-inside:avoid}}";

/* Nothing that a policy says becomes markup; control characters, which XML does not know, become blanks. */
static void escaped(cs_buffer *out, cs_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '&')
            cs_buffer_text(out, "&amp;");
        else if (c == '<')
            cs_buffer_text(out, "&lt;");
        else if (c == '>')
            cs_buffer_text(out, "&gt;");
        else if (c == '"')
            cs_buffer_text(out, "&quot;");
        else
            cs_buffer_u8(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : (uint8_t)c);
    }
}

static void tagged(cs_buffer *out, const char *tag, cs_str text)
{
    cs_buffer_printf(out, "<%s>", tag);
    escaped(out, text);
    cs_buffer_printf(out, "</%s>", tag);
}

static void small(cs_buffer *out, const cs_json *entry, const char *name)
{
    cs_str text = cs_list_member(entry, name, name);
    if (text.size != 0)
        tagged(out, "small", text);
}

static void data_cell(const cs_json *root, const cs_json *entry, cs_buffer *out)
{
    bool sensitive = cs_json_get(entry, "sensitive") != NULL;
    cs_buffer_text(out, sensitive ? "<td><strong><u>" : "<td>");
    escaped(out, cs_list_member(entry, "data_name", "data"));
    if (sensitive)
        cs_buffer_printf(out, "</u></strong><small>%s</small>", cs_list_say(root, CS_WORD_SENSITIVE));
    cs_buffer_text(out, "</td>");
}

static void purpose_cells(const cs_json *root, const cs_json *entry, cs_buffer *out)
{
    cs_buffer scene;
    cs_buffer_text(out, "<td>");
    escaped(out, cs_list_member(entry, "purpose_name", "purpose"));
    small(out, entry, "purpose_text");
    if (!cs_json_bool(cs_json_get(entry, "declared")))
        tagged(out, "small", cs_str_of(cs_list_say(root, CS_WORD_UNDECLARED)));
    cs_buffer_text(out, "</td>");
    cs_buffer_init(&scene, out->memory, SCENE_MAX_BYTES);
    cs_list_scene(entry, " / ", &scene);
    tagged(out, "td", (cs_str){(const char *)scene.data, scene.size});
    cs_buffer_free(&scene);
    tagged(out, "td", cs_list_member(entry, "method", "method"));
}

static void recipient_cell(const cs_json *entry, cs_buffer *out)
{
    cs_buffer_text(out, "<td>");
    escaped(out, cs_list_member(entry, "recipient_name", "recipient"));
    small(out, entry, "contact");
    small(out, entry, "developer");
    small(out, entry, "sdk_version");
    small(out, entry, "country");
    small(out, entry, "policy_url");
    cs_buffer_text(out, "</td>");
}

static void row(const cs_json *root, const cs_json *entry, bool shared, cs_buffer *out)
{
    char last[CS_TIME_TEXT_SIZE];
    cs_buffer_text(out, "<tr>");
    data_cell(root, entry, out);
    purpose_cells(root, entry, out);
    if (shared)
        recipient_cell(entry, out);
    cs_list_last(root, entry, last);
    cs_buffer_printf(out, "<td class=\"n\">%" PRId64 "</td><td class=\"n\">%s</td></tr>\n",
                     cs_json_int(cs_json_get(entry, "count")), last);
}

static void columns(const cs_json *root, bool shared, cs_buffer *out)
{
    static const cs_list_word words[] = {CS_WORD_DATA,      CS_WORD_PURPOSE, CS_WORD_SCENE, CS_WORD_METHOD,
                                         CS_WORD_RECIPIENT, CS_WORD_COUNT,   CS_WORD_LAST};
    cs_buffer_text(out, "<thead><tr>");
    for (size_t i = 0; i < CS_COUNT_OF(words); i++)
        if (shared || words[i] != CS_WORD_RECIPIENT)
            cs_buffer_printf(out, "<th scope=\"col\">%s</th>", cs_list_say(root, words[i]));
    cs_buffer_text(out, "</tr></thead>\n");
}

static void policies(const cs_json *root, cs_buffer *out)
{
    bool first = true;
    cs_buffer_printf(out, "<p>%s: ", cs_list_say(root, CS_WORD_POLICY));
    for (const cs_json *each = cs_json_first(cs_json_get(root, "policies")); each; each = cs_json_next(each)) {
        cs_buffer_text(out, first ? "" : "; ");
        escaped(out, cs_list_member(each, "name", "id"));
        cs_buffer_printf(out, " (%s %" PRId64 ")", cs_list_say(root, CS_WORD_VERSION),
                         cs_json_int(cs_json_get(each, "version")));
        first = false;
    }
    cs_buffer_text(out, "</p>\n");
}

void cs_list_html(const cs_json *root, cs_buffer *out)
{
    bool shared = cs_str_is(cs_list_member(root, "list", "list"), "shared");
    const char *title = cs_list_say(root, shared ? CS_WORD_SHARED : CS_WORD_COLLECTED);
    cs_buffer_text(out, "<!DOCTYPE html>\n<html lang=\"");
    escaped(out, cs_list_member(root, "locale", "locale"));
    cs_buffer_printf(out,
                     "\">\n<head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width\" />"
                     "<title>%s</title><style>%s</style></head>\n<body>\n<h1>%s</h1>\n",
                     title, style, title);
    policies(root, out);
    cs_buffer_text(out, "<div><table>\n");
    columns(root, shared, out);
    cs_buffer_text(out, "<tbody>\n");
    for (const cs_json *each = cs_json_first(cs_json_get(root, "entries")); each; each = cs_json_next(each))
        row(root, each, shared, out);
    cs_buffer_text(out, "</tbody>\n</table></div>\n</body>\n</html>\n");
}
