#include "consentctl/markdown.h"

#include <stdlib.h>
#include <string.h>

static void put_utf8(uint32_t code_point, char out[5])
{
    unsigned n = 0;
    if (code_point < 0x80) {
        out[n++] = (char)code_point;
    } else if (code_point < 0x800) {
        out[n++] = (char)(0xC0 | code_point >> 6);
    } else if (code_point < 0x10000) {
        out[n++] = (char)(0xE0 | code_point >> 12);
        out[n++] = (char)(0x80 | (code_point >> 6 & 0x3F));
    } else {
        out[n++] = (char)(0xF0 | code_point >> 18);
        out[n++] = (char)(0x80 | (code_point >> 12 & 0x3F));
        out[n++] = (char)(0x80 | (code_point >> 6 & 0x3F));
    }
    if (code_point >= 0x80)
        out[n++] = (char)(0x80 | (code_point & 0x3F));
    out[n] = '\0';
}

bool cs_markdown_entity(cs_str entity, char out[CS_MARKDOWN_ENTITY_BYTES])
{
    static const struct {
        const char *name;
        const char *value;
    } known[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},
                 {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", "\xC2\xA0"}};
    out[0] = '\0';
    for (size_t i = 0; i < CS_COUNT_OF(known); i++)
        if (cs_str_is(entity, known[i].name))
            memcpy(out, known[i].value, strlen(known[i].value) + 1);
    if (out[0] || entity.size < 4 || entity.data[1] != '#')
        return true;
    bool hex = entity.data[2] == 'x' || entity.data[2] == 'X';
    unsigned long code_point = strtoul(entity.data + (hex ? 3 : 2), NULL, hex ? 16 : 10);
    if (code_point < 0x20 || code_point == 0x7F || code_point > 0x10FFFF ||
        (code_point >= 0xD800 && code_point < 0xE000))
        return false;
    put_utf8((uint32_t)code_point, out);
    return true;
}

bool cs_markdown_href_is_allowed(const char *href)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:"};
    for (size_t i = 0; i < CS_COUNT_OF(schemes); i++)
        if (strlen(href) > strlen(schemes[i]) && strncmp(href, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

void cs_markdown_marker(cs_str text, char marker[CS_MARKDOWN_MARKER_BYTES])
{
    size_t at = 0;
    for (;;) {
        while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t'))
            at++;
        size_t digits = 0;
        while (at + digits < text.size && text.data[at + digits] >= '0' && text.data[at + digits] <= '9')
            digits++;
        if (at + digits + 1 >= text.size)
            return;
        bool bullet = digits == 0 && strchr("-+*", text.data[at]) && text.data[at + 1] == ' ';
        bool number = digits > 0 && (text.data[at + digits] == '.' || text.data[at + digits] == ')');
        if (!bullet && !number)
            return;
        if (number && digits + 2 <= CS_MARKDOWN_MARKER_BYTES) {
            memcpy(marker, text.data + at, digits + 1);
            marker[digits + 1] = '\0';
        }
        at += digits + 1;
    }
}

bool cs_markdown_is_item(cs_str text)
{
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    return digits > 0 && digits < 10 && digits + 1 < text.size && strchr(".)", text.data[digits]) &&
           text.data[digits + 1] == ' ';
}
