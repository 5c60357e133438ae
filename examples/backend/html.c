#include "html.h"

#include <stdio.h>
#include <string.h>

static const char style[] =
    ":root{--ink:#1c1f24;--soft:#5a616b;--line:#dfe3e8;--back:#f5f6f8;--blue:#1557b0;--red:#b3261e;--green:#1e7b45}"
    "*{box-sizing:border-box}body{margin:0;font:15px/1.6 \"PingFang SC\",\"Noto Sans CJK SC\",\"Microsoft YaHei\","
    "\"WenQuanYi Zen Hei\",system-ui,sans-serif;color:var(--ink);background:var(--back)}"
    "header{background:#fff;border-bottom:1px solid var(--line);padding:.7rem 1.5rem;display:flex;gap:1.4rem;"
    "align-items:center;flex-wrap:wrap}header b{font-size:1.05rem}header a{color:var(--ink);text-decoration:none}"
    "header a:hover{color:var(--blue)}header .end{margin-left:auto;color:var(--soft);display:flex;gap:1rem;"
    "align-items:center}main{max-width:70rem;margin:1.5rem auto;padding:0 1.5rem}h1{font-size:1.4rem;margin:.2rem 0 "
    "1rem}"
    "h2{font-size:1.05rem;margin:0 0 .7rem}section{background:#fff;border:1px solid var(--line);border-radius:8px;"
    "padding:1rem "
    "1.2rem;margin-bottom:1.2rem;overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}"
    "th,td{text-align:left;padding:.45rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}tr:last-child td{border-bottom:0}td.n{white-space:nowrap}"
    "code{font:.88em ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;overflow-wrap:anywhere}"
    "table+form.row{margin-top:.9rem}form.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}label{display:flex;"
    "flex-direction:column;"
    "font-size:.85rem;color:var(--soft);gap:.15rem}input,select,textarea{font:inherit;padding:.4rem .55rem;"
    "border:1px solid #c3c9d1;border-radius:6px;background:#fff;color:var(--ink);min-width:10rem}"
    "input.wide,textarea{min-width:22rem}button{font:inherit;padding:.42rem 1rem;border:1px solid var(--blue);"
    "border-radius:6px;background:var(--blue);color:#fff;cursor:pointer}button.plain{background:#fff;color:var(--blue)}"
    "header form{margin:0}header button{padding:.15rem .7rem}.tag{display:inline-block;border-radius:10px;"
    "padding:0 .6rem;font-size:.85rem;background:#e8ecf1}.bad{color:var(--red);font-weight:600}"
    ".tag.bad{background:#fbe9e7}.good{color:var(--green)}.tag.good{background:#e5f4ea}.soft{color:var(--soft)}"
    ".facts{display:flex;gap:.6rem 2.2rem;flex-wrap:wrap}.facts div{min-width:6rem}.facts "
    "b{display:block;font-size:1.35rem}"
    ".say{border-left:4px solid var(--blue);background:#eaf1fb;padding:.6rem 1rem;margin-bottom:1.2rem}"
    ".say.bad{border-color:var(--red);background:#fbe9e7}.text h3{font-size:1rem;margin:1.1rem 0 .3rem}"
    ".text p{margin:.35rem 0}.text .li{padding-left:1.4rem;text-indent:-1.1rem}"
    "@media(max-width:600px){main,header{padding-left:.9rem;padding-right:.9rem}input.wide,textarea{min-width:100%}}";

/* ---- words ------------------------------------------------------------------------------------------ */

cd_lang cd_lang_of(cd_request *request)
{
    cs_str wished = cd_query(request, "lang");
    bool asked = cs_str_is(wished, "en") || cs_str_is(wished, "zh");
    if (asked && request->cookie[0] == '\0')
        (void)snprintf(request->cookie, sizeof request->cookie,
                       "lang=%.2s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000", wished.data);
    if (!asked)
        wished = cd_cookie(request, "lang");
    if (wished.size == 0)
        wished = cd_header(request, "Accept-Language");
    return wished.size >= 2 && memcmp(wished.data, "en", 2) == 0 ? CD_EN : CD_ZH;
}

const char *cd_say(cd_lang lang, const char *zh, const char *en)
{
    return lang == CD_EN ? en : zh;
}

/* ---- pieces ------------------------------------------------------------------------------------------ */

void cd_html_escape(cs_buffer *out, cs_str text)
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
        else if (c == '\'')
            cs_buffer_text(out, "&#39;");
        else
            cs_buffer_u8(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : (uint8_t)c);
    }
}

void cd_html_text(cs_buffer *out, const char *text)
{
    cd_html_escape(out, cs_str_of(text));
}

void cd_html_hex(cs_buffer *out, const uint8_t *bytes, size_t size)
{
    char hex[2 * CS_HASH_SIZE + 1];
    cs_hex_encode(bytes, size, hex);
    cs_buffer_printf(out, "<code>%s</code>", hex);
}

void cd_html_time(cs_buffer *out, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE] = "–";
    if (time_ms > 0)
        cs_time_format_china(time_ms, text);
    cs_buffer_text(out, text);
}

static void span(cs_buffer *out, const cs_span_text *one)
{
    bool link = one->href && strncmp(one->href, "https://", 8) == 0;
    if (link) {
        cs_buffer_text(out, "<a rel=\"noreferrer\" href=\"");
        cd_html_text(out, one->href);
        cs_buffer_text(out, "\">");
    }
    cs_buffer_text(out, one->emphasis == 2 ? "<strong><u>" : one->emphasis == 1 ? "<strong>" : "");
    cd_html_text(out, one->text);
    cs_buffer_text(out, one->emphasis == 2 ? "</u></strong>" : one->emphasis == 1 ? "</strong>" : "");
    if (link)
        cs_buffer_text(out, "</a>");
}

static void table_row(cs_buffer *out, const cs_block *block)
{
    const char *tag = block->head ? "th" : "td";
    cs_buffer_text(out, "<tr>");
    for (uint32_t i = 0; i < block->span_count; i++) {
        if (block->spans[i].cell_start)
            cs_buffer_printf(out, "%s<%s>", i == 0 ? "" : block->head ? "</th>" : "</td>", tag);
        span(out, &block->spans[i]);
    }
    cs_buffer_printf(out, "%s</tr>\n", block->span_count == 0 ? "" : block->head ? "</th>" : "</td>");
}

static void block_of(cs_buffer *out, const cs_block *block)
{
    const char *open = block->kind == CS_BLOCK_HEADING     ? "<h3>"
                       : block->kind == CS_BLOCK_LIST_ITEM ? "<p class=\"li\">"
                                                           : "<p>";
    cs_buffer_text(out, open);
    if (block->kind == CS_BLOCK_LIST_ITEM) {
        cd_html_text(out, block->marker ? block->marker : "•");
        cs_buffer_text(out, " ");
    }
    for (uint32_t i = 0; i < block->span_count; i++)
        span(out, &block->spans[i]);
    cs_buffer_text(out, block->kind == CS_BLOCK_HEADING ? "</h3>\n" : "</p>\n");
}

void cd_html_document(cs_buffer *out, const cs_document *document)
{
    bool table = false;
    cs_buffer_text(out, "<div class=\"text\">");
    for (uint32_t i = 0; i < document->block_count; i++) {
        const cs_block *block = &document->blocks[i];
        bool row = block->kind == CS_BLOCK_TABLE_ROW;
        if (row != table)
            cs_buffer_text(out, row ? "<table>\n" : "</table>\n");
        table = row;
        if (row)
            table_row(out, block);
        else
            block_of(out, block);
    }
    cs_buffer_text(out, table ? "</table></div>\n" : "</div>\n");
}

/* ---- the frame ----------------------------------------------------------------------------------------- */

static void navigation(cs_buffer *out, cd_lang lang, const char *operator_name)
{
    static const struct {
        const char *path, *zh, *en;
    } places[] = {{"/admin/", "首页", "Home"},
                  {"/admin/requests", "权利请求", "Requests"},
                  {"/admin/policies", "政策与通知", "Policies and notices"},
                  {"/admin/health", "运行状况", "Health"}};
    for (size_t i = 0; i < CS_COUNT_OF(places); i++)
        cs_buffer_printf(out, "<a href=\"%s\">%s</a>", places[i].path, cd_say(lang, places[i].zh, places[i].en));
    cs_buffer_text(out, "<span class=\"end\">");
    cd_html_text(out, operator_name);
    cs_buffer_printf(out,
                     "<a href=\"?lang=%s\">%s</a><form method=\"post\" action=\"/admin/logout\">"
                     "<button class=\"plain\">%s</button></form></span>",
                     lang == CD_EN ? "zh" : "en", cd_say(lang, "English", "中文"), cd_say(lang, "退出", "Sign out"));
}

void cd_html_begin(cs_buffer *out, cd_lang lang, const char *title, const char *operator_name)
{
    cs_buffer_printf(out,
                     "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>",
                     cd_say(lang, "zh-CN", "en"));
    cd_html_text(out, title);
    cs_buffer_text(out, "</title><style>");
    cs_buffer_text(out, style);
    cs_buffer_printf(out, "</style></head><body><header><b>%s</b>", cd_say(lang, "同意管理", "Consent"));
    if (operator_name)
        navigation(out, lang, operator_name);
    else
        cs_buffer_printf(out, "<span class=\"end\"><a href=\"?lang=%s\">%s</a></span>", lang == CD_EN ? "zh" : "en",
                         cd_say(lang, "English", "中文"));
    cs_buffer_text(out, "</header><main><h1>");
    cd_html_text(out, title);
    cs_buffer_text(out, "</h1>\n");
}

void cd_html_end(cs_buffer *out)
{
    cs_buffer_text(out, "</main></body></html>\n");
}

/* ---- forms ----------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes one value; false: malformed or too long. */
static bool decode(cs_str coded, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < coded.size; i++) {
        char c = coded.data[i] == '+' ? ' ' : coded.data[i];
        if (c == '%') {
            int high = i + 2 < coded.size ? hex_digit(coded.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(coded.data[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= size || c == '\0')
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return cs_utf8_is_valid((cs_str){out, used});
}

bool cd_form_value(const cd_request *request, const char *name, char *out, size_t size)
{
    cs_str body = cd_body(request);
    size_t length = strlen(name);
    out[0] = '\0';
    while (body.size > 0) {
        const char *end = memchr(body.data, '&', body.size);
        size_t field = end ? (size_t)(end - body.data) : body.size;
        if (field > length && body.data[length] == '=' && memcmp(body.data, name, length) == 0) {
            bool fits = decode((cs_str){body.data + length + 1, field - length - 1}, out, size);
            if (!fits)
                out[0] = '\0';
            return fits;
        }
        size_t taken = end ? field + 1 : field;
        body.data += taken;
        body.size -= taken;
    }
    return false;
}
