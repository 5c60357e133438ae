#include "consentctl/markdown.h"

#include <string.h>

typedef enum passage {
    PASSAGE_NONE = 0,
    PASSAGE_BOLD,
    PASSAGE_UNDERLINED
} passage;

typedef struct preparation {
    const char *what;
    cs_buffer *out;
    consent_error *err;
    const char *at;
    const char *end;
    unsigned line;
    passage open;
    unsigned open_line;
    bool empty; /* nothing stood in the passage yet */
} preparation;

static size_t left(const preparation *p)
{
    return (size_t)(p->end - p->at);
}

static char peek(const preparation *p, size_t offset)
{
    return offset < left(p) ? p->at[offset] : '\0';
}

static void copy(preparation *p, size_t size)
{
    cs_buffer_append(p->out, p->at, size);
    p->at += size;
}

static void put_mark(preparation *p, uint8_t mark, size_t source_size)
{
    cs_buffer_u8(p->out, mark);
    p->at += source_size;
}

static bool is_ascii_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

static consent_status fail_unclosed(const preparation *p)
{
    if (p->open == PASSAGE_BOLD)
        return cs_fail(p->err, CONSENT_E_ARGUMENT, 0,
                       "%s:%u: a bold mark ** was not closed in its paragraph; close it with **", p->what,
                       p->open_line);
    return cs_fail(p->err, CONSENT_E_ARGUMENT, 0,
                   "%s:%u: a bold-underlined mark **_ was not closed in its paragraph; close it with _**", p->what,
                   p->open_line);
}

/* Size of a list marker at p->at, 0 when there is none. */
static size_t list_marker_size(const preparation *p)
{
    size_t size = 0;
    char c = peek(p, 0);
    if (c == '-' || c == '+' || c == '*') {
        size = 1;
    } else {
        while (size < 9 && peek(p, size) >= '0' && peek(p, size) <= '9')
            size++;
        if (size == 0 || (peek(p, size) != '.' && peek(p, size) != ')'))
            return 0;
        size++;
    }
    char after = peek(p, size);
    return is_blank(after) || is_line_end(after) ? size : 0;
}

/* What begins a line belongs to its blocks, not to its text: it is copied as it is. A passage does not cross it. */
static consent_status take_line_start(preparation *p)
{
    bool boundary = false;
    for (;;) {
        while (is_blank(peek(p, 0)))
            copy(p, 1);
        size_t marker = list_marker_size(p);
        if (marker == 0)
            break;
        copy(p, marker);
        boundary = true;
    }
    size_t hashes = 0;
    while (peek(p, hashes) == '#')
        hashes++;
    if (is_line_end(peek(p, 0)) || (hashes > 0 && is_blank(peek(p, hashes))) || peek(p, 0) == '|')
        boundary = true;
    return boundary && p->open != PASSAGE_NONE ? fail_unclosed(p) : CONSENT_OK;
}

static consent_status take_double_star(preparation *p)
{
    if (p->open == PASSAGE_NONE) {
        bool underlined = peek(p, 2) == '_';
        p->open = underlined ? PASSAGE_UNDERLINED : PASSAGE_BOLD;
        p->open_line = p->line;
        p->empty = true;
        put_mark(p, underlined ? CS_MARK_UNDERLINED : CS_MARK_BOLD, underlined ? 3 : 2);
        return CONSENT_OK;
    }
    if (p->open == PASSAGE_UNDERLINED)
        return cs_fail(p->err, CONSENT_E_ARGUMENT, 0,
                       "%s:%u: ** stood inside the bold-underlined passage that began on line %u; close that with _**",
                       p->what, p->line, p->open_line);
    if (peek(p, 2) == '_')
        return cs_fail(p->err, CONSENT_E_ARGUMENT, 0,
                       "%s:%u: **_ stood inside the bold passage that began on line %u; close that with ** first",
                       p->what, p->line, p->open_line);
    if (p->empty)
        return cs_fail(p->err, CONSENT_E_ARGUMENT, 0, "%s:%u: **** emphasised nothing; remove it", p->what, p->line);
    p->open = PASSAGE_NONE;
    put_mark(p, CS_MARK_BOLD_END, 2);
    return CONSENT_OK;
}

static consent_status take_underscore(preparation *p)
{
    bool closes = peek(p, 1) == '*' && peek(p, 2) == '*';
    if (closes && p->open == PASSAGE_BOLD)
        return cs_fail(
            p->err, CONSENT_E_ARGUMENT, 0,
            "%s:%u: _** closed a passage that began on line %u with **; begin it with **_, or close it with **",
            p->what, p->line, p->open_line);
    if (closes && p->open == PASSAGE_UNDERLINED) {
        if (p->empty)
            return cs_fail(p->err, CONSENT_E_ARGUMENT, 0, "%s:%u: **__** emphasised nothing; remove it", p->what,
                           p->line);
        p->open = PASSAGE_NONE;
        put_mark(p, CS_MARK_UNDERLINED_END, 3);
        return CONSENT_OK;
    }
    cs_buffer_text(p->out, "\\");
    copy(p, 1);
    p->empty = false;
    return CONSENT_OK;
}

/* <https://…> and <name@host> hold no emphasis and know no escapes. */
static size_t autolink_size(const preparation *p)
{
    bool address = false;
    for (size_t i = 1; i < left(p) && i < 2048; i++) {
        unsigned char c = (unsigned char)p->at[i];
        if (c == '>')
            return address ? i + 1 : 0;
        if (c <= ' ' || c == '<' || c >= 0x80)
            return 0;
        address = address || c == ':' || c == '@';
    }
    return 0;
}

static consent_status take_line_end(preparation *p)
{
    p->at += p->at[0] == '\r' && peek(p, 1) == '\n' ? 2 : 1;
    p->line++;
    cs_buffer_text(p->out, "\n");
    return take_line_start(p);
}

static consent_status take_one(preparation *p)
{
    char c = p->at[0];
    if (c == '\n' || c == '\r')
        return take_line_end(p);
    if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f)
        return cs_fail(p->err, CONSENT_E_ARGUMENT, 0,
                       "%s:%u: a control character (U+%04X) stood in the text; remove it", p->what, p->line,
                       (unsigned)(unsigned char)c);
    if (c == '*' && peek(p, 1) == '*')
        return take_double_star(p);
    if (c == '_')
        return take_underscore(p);
    size_t size = c == '<' ? autolink_size(p) : 0;
    if (size > 0) {
        copy(p, size);
    } else if (c == '\\' && is_ascii_punctuation(peek(p, 1))) {
        copy(p, 2);
    } else if (c == '*') {
        cs_buffer_text(p->out, "\\");
        copy(p, 1);
    } else {
        copy(p, 1);
    }
    p->empty = false;
    return CONSENT_OK;
}

static consent_status check_encoding(cs_str markdown, const char *what, consent_error *err)
{
    if (cs_utf8_is_valid(markdown))
        return CONSENT_OK;
    unsigned line = 1;
    const char *at = markdown.data;
    const char *end = at + markdown.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        if (!cs_utf8_is_valid((cs_str){at, (size_t)(stop - at)}))
            break;
        at = stop < end ? stop + 1 : end;
        line++;
    }
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s:%u: the text was not UTF-8; save the file as UTF-8", what, line);
}

consent_status cs_markdown_prepare(cs_str markdown, const char *what, cs_buffer *out, consent_error *err)
{
    consent_status status = check_encoding(markdown, what, err);
    if (status != CONSENT_OK)
        return status;
    preparation p = {.what = what, .out = out, .err = err, .at = markdown.data, .line = 1};
    p.end = p.at + markdown.size;
    if (markdown.size >= 3 && memcmp(p.at, "\xEF\xBB\xBF", 3) == 0)
        p.at += 3;
    status = take_line_start(&p);
    while (status == CONSENT_OK && p.at < p.end)
        status = take_one(&p);
    if (status == CONSENT_OK && p.open != PASSAGE_NONE)
        status = fail_unclosed(&p);
    return status == CONSENT_OK ? cs_buffer_status(out, what, err) : status;
}
