#include "consentctl/convert.h"

#include <string.h>

#define MAX_LINES 20000u
#define MAX_HEADING_COLUMNS 60u
#define MAX_ITEM_HEADING_COLUMNS 30u
#define MAX_NUMBER_JUMP 3u

typedef struct line {
    cs_str text;     /* without space at its ends */
    uint32_t number; /* of `一、…`; 0: none */
    bool section;    /* a top-level section of the body */
} line;

typedef struct conversion {
    cs_buffer *out;
    line *lines;
    uint32_t count;
    bool in_body;
    bool in_subsection;
} conversion;

/* ---- reading lines ------------------------------------------------------------------------- */

static size_t space_size(const char *at, const char *end)
{
    if (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        return 1;
    if (end - at >= 3 && memcmp(at, "\xE3\x80\x80", 3) == 0) /* ideographic space */
        return 3;
    return end - at >= 2 && memcmp(at, "\xC2\xA0", 2) == 0 ? 2 : 0;
}

static cs_str trim(cs_str text)
{
    const char *at = text.data;
    const char *end = at + text.size;
    size_t size;
    while ((size = space_size(at, end)) > 0)
        at += size;
    for (;;) {
        if (end > at && space_size(end - 1, end) > 0)
            end -= 1;
        else if (end - at >= 2 && space_size(end - 2, end) == 2)
            end -= 2;
        else if (end - at >= 3 && space_size(end - 3, end) == 3)
            end -= 3;
        else
            return (cs_str){at, (size_t)(end - at)};
    }
}

static bool starts_with(cs_str text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static bool skip(cs_str *text, const char *prefix)
{
    if (!starts_with(*text, prefix))
        return false;
    size_t size = strlen(prefix);
    *text = (cs_str){text->data + size, text->size - size};
    return true;
}

static bool holds_any(cs_str text, const char *const *marks)
{
    for (size_t i = 0; i < text.size; i++)
        for (const char *const *mark = marks; *mark; mark++)
            if (starts_with((cs_str){text.data + i, text.size - i}, *mark))
                return true;
    return false;
}

static uint32_t columns_of(cs_str text)
{
    uint32_t columns = 0;
    const char *at = text.data;
    const char *end = at + text.size;
    while (at < end) {
        int wide = cs_utf8_columns(cs_utf8_next(&at, end));
        columns += wide > 0 ? (uint32_t)wide : 0;
    }
    return columns;
}

/* A Chinese number from 1 to 99 at the start of *text; 0: none. */
static uint32_t take_chinese_number(cs_str *text)
{
    static const char *const digits[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};
    uint32_t tens = 0;
    uint32_t ones = 0;
    for (uint32_t i = 0; i < 9 && ones == 0; i++)
        if (skip(text, digits[i]))
            ones = i + 1;
    if (!skip(text, "十"))
        return ones;
    tens = ones > 0 ? ones : 1;
    ones = 0;
    for (uint32_t i = 0; i < 9 && ones == 0; i++)
        if (skip(text, digits[i]))
            ones = i + 1;
    return tens * 10 + ones;
}

static uint32_t section_number(cs_str text)
{
    static const char *const sentence[] = {"。", "；", NULL};
    cs_str rest = text;
    uint32_t number = take_chinese_number(&rest);
    if (number == 0 || !skip(&rest, "、") || trim(rest).size == 0)
        return 0;
    return columns_of(text) <= MAX_HEADING_COLUMNS && !holds_any(text, sentence) ? number : 0;
}

static void split_lines(cs_str text, line *lines, uint32_t *count)
{
    const char *at = text.data;
    const char *end = at + text.size;
    while (at < end && *count < MAX_LINES) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        cs_str trimmed = trim((cs_str){at, (size_t)(stop - at)});
        if (trimmed.size > 0) {
            lines[*count] = (line){.text = trimmed, .number = section_number(trimmed)};
            (*count)++;
        }
        at = stop < end ? stop + 1 : end;
    }
}

/* ---- finding the body ---------------------------------------------------------------------- */

/* The line of the section after the one at `from`: the next number, or a little beyond where the numbering jumps. */
static uint32_t next_section(const conversion *c, uint32_t from)
{
    for (uint32_t jump = 1; jump <= MAX_NUMBER_JUMP; jump++)
        for (uint32_t i = from + 1; i < c->count; i++)
            if (c->lines[i].number == c->lines[from].number + jump)
                return i;
    return c->count;
}

/* How many sections of the chain that begins at `start` have text below them: a table of contents has none but its last. */
static uint32_t count_with_text(const conversion *c, uint32_t start)
{
    uint32_t found = 0;
    for (uint32_t at = start; at < c->count;) {
        uint32_t next = next_section(c, at);
        found += at + 1 < c->count && c->lines[at + 1].number == 0;
        at = next;
    }
    return found;
}

static uint32_t mark_sections(conversion *c)
{
    uint32_t best = c->count;
    uint32_t most = 0;
    uint32_t sections = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t with_text = c->lines[i].number == 1 ? count_with_text(c, i) : 0;
        if (with_text > 0 && with_text >= most) {
            most = with_text;
            best = i;
        }
    }
    for (uint32_t at = best; at < c->count; at = next_section(c, at)) {
        c->lines[at].section = true;
        sections++;
    }
    return sections;
}

/* ---- writing Markdown ---------------------------------------------------------------------- */

static void put_escaped(conversion *c, cs_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool leading =
            i == 0 && (byte == '#' || byte == '-' || byte == '+' || byte == '=' || byte == '>' || byte == '~');
        if (leading || (byte != '\0' && strchr("\\*`[]<|&", byte)))
            cs_buffer_text(c->out, "\\");
        cs_buffer_append(c->out, &byte, 1);
    }
}

static void put_block(conversion *c, const char *prefix, cs_str text)
{
    if (text.size == 0)
        return;
    cs_buffer_text(c->out, "\n");
    cs_buffer_text(c->out, prefix);
    put_escaped(c, text);
    cs_buffer_text(c->out, "\n");
}

static void put_section(conversion *c, cs_str text)
{
    cs_str rest = text;
    (void)take_chinese_number(&rest);
    (void)skip(&rest, "、");
    cs_buffer_text(c->out, "\n## ");
    cs_buffer_append(c->out, text.data, (size_t)(rest.data - text.data));
    put_escaped(c, trim(rest));
    cs_buffer_text(c->out, "\n");
    c->in_body = true;
    c->in_subsection = false;
}

/* `（一）…`, with a text of its own after a colon, or without. */
static bool put_subsection(conversion *c, cs_str text)
{
    static const char *const sentence[] = {"。", "；", "，", NULL};
    cs_str rest = text;
    if (!skip(&rest, "（") && !skip(&rest, "("))
        return false;
    if (take_chinese_number(&rest) == 0 || (!skip(&rest, "）") && !skip(&rest, ")")))
        return false;
    cs_str title = text;
    cs_str body = {text.data + text.size, 0};
    for (size_t i = 0; i < text.size; i++)
        if (starts_with((cs_str){text.data + i, text.size - i}, "：")) {
            title = trim((cs_str){text.data, i});
            body = trim((cs_str){text.data + i + 3, text.size - i - 3});
            break;
        }
    if (columns_of(title) > MAX_HEADING_COLUMNS || holds_any(title, sentence))
        return false;
    put_block(c, "### ", title);
    put_block(c, "", body);
    c->in_subsection = true;
    return true;
}

/* `1. …` and `1．…`: a small heading when it is a bare phrase below a sub-section, else an item. */
static bool put_item(conversion *c, cs_str text)
{
    static const char *const any_mark[] = {"。", "；", "，", "：", "、", ";", ",", ":", NULL};
    size_t digits = 0;
    while (digits < text.size && digits < 9 && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    cs_str rest = {text.data + digits, text.size - digits};
    if (digits == 0 || (!skip(&rest, ".") && !skip(&rest, "．")))
        return false;
    rest = trim(rest);
    if (rest.size == 0 || (rest.data[0] >= '0' && rest.data[0] <= '9'))
        return false;
    bool heading = c->in_subsection && columns_of(rest) <= MAX_ITEM_HEADING_COLUMNS && !holds_any(rest, any_mark);
    cs_buffer_text(c->out, heading ? "\n#### " : "\n");
    cs_buffer_append(c->out, text.data, digits);
    cs_buffer_text(c->out, ". ");
    put_escaped(c, rest);
    cs_buffer_text(c->out, "\n");
    return true;
}

static void put_line(conversion *c, const line *at)
{
    if (at->section)
        put_section(c, at->text);
    else if (at->number > 0 && !c->in_body)
        put_block(c, "- ", at->text);
    else if (!c->in_body || (!put_subsection(c, at->text) && !put_item(c, at->text)))
        put_block(c, "", at->text);
}

consent_status cs_convert_text(const cs_memory *memory, cs_str text, const char *what, cs_buffer *markdown,
                               uint32_t *section_count, consent_error *err)
{
    if (!cs_utf8_is_valid(text))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was not UTF-8 text; save it as plain text in UTF-8", what);
    if (starts_with(text, "\xEF\xBB\xBF"))
        text = (cs_str){text.data + 3, text.size - 3};
    conversion c = {.out = markdown, .lines = cs_alloc(memory, MAX_LINES * sizeof(line))};
    if (!c.lines)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "%s: there was no memory to convert it", what);
    split_lines(text, c.lines, &c.count);
    uint32_t sections = mark_sections(&c);
    consent_status status = CONSENT_OK;
    if (c.count == MAX_LINES) {
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s had more than %u lines; convert it in parts", what, MAX_LINES);
    } else if (sections == 0) {
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0,
                         "%s held no section like \"一、…\" with text below it; number its sections so", what);
    } else {
        bool titled = !c.lines[0].section && columns_of(c.lines[0].text) <= MAX_HEADING_COLUMNS;
        cs_buffer_text(markdown, "# ");
        put_escaped(&c, titled ? c.lines[0].text : CS_STR("隐私权政策"));
        cs_buffer_text(markdown, "\n");
        for (uint32_t i = titled ? 1 : 0; i < c.count; i++)
            put_line(&c, &c.lines[i]);
        status = cs_buffer_status(markdown, what, err);
    }
    if (section_count)
        *section_count = sections;
    cs_free(memory, c.lines, MAX_LINES * sizeof(line));
    return status;
}
