/* The strict scanner: one pass without recursion or allocation, then one pass over each object as it closes
 * that finds duplicate member names. */
#include "json/json.h"

#include <string.h>

/* More members than any document of ours has; bounds the table of names. */
#define MAX_MEMBERS 4096u
#define NAME_SLOTS (2u * MAX_MEMBERS)
#define MAX_SAFE_INTEGER INT64_C(9007199254740991) /* 2^53 - 1, RFC 7493 2.2 */

typedef struct scanner {
    cs_str text;
    size_t at;
    const char *problem;   /* found at the cursor */
    size_t duplicate_size; /* of the raw name at the cursor, when that is the problem */
    uint32_t depth;
    size_t starts[CS_JSON_MAX_DEPTH]; /* where each open container begins */
} scanner;

/* Leaves the cursor where the problem is. */
static bool stop(scanner *s, size_t at, const char *problem)
{
    s->at = at;
    s->problem = problem;
    return false;
}

/* The byte at the cursor, or 0 at the end: a real NUL is refused wherever it stands. */
static char peek(const scanner *s)
{
    return s->at < s->text.size ? s->text.data[s->at] : '\0';
}

/* The first byte behind white space. */
static char skip_space(scanner *s)
{
    char c;
    while ((c = peek(s)) == ' ' || c == '\t' || c == '\n' || c == '\r')
        s->at++;
    return c;
}

/* ---- scalars ------------------------------------------------------------------------------ */

/* Four hexadecimal digits; -1 when they are not. */
static int32_t hex4(cs_str text, size_t at)
{
    uint8_t bytes[2];
    if (at > text.size || text.size - at < 4 || !cs_hex_decode((cs_str){text.data + at, 4}, bytes, sizeof(bytes)))
        return -1;
    return bytes[0] << 8 | bytes[1];
}

/* The cursor stands behind "\u". */
static bool scan_unicode_escape(scanner *s)
{
    size_t start = s->at - 2;
    int32_t unit = hex4(s->text, s->at);
    if (unit < 0)
        return stop(s, start, "\\u was not followed by four hexadecimal digits");
    if (unit == 0)
        return stop(s, start, "\\u0000 is not accepted");
    s->at += 4;
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    bool pair = unit < 0xDC00 && peek(s) == '\\' && s->at + 1 < s->text.size && s->text.data[s->at + 1] == 'u';
    int32_t low = pair ? hex4(s->text, s->at + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return stop(s, start, "a surrogate stood without its other half");
    s->at += 6;
    return true;
}

static bool scan_escape(scanner *s)
{
    size_t start = s->at++;
    char c = peek(s);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return stop(s, start, "a backslash was followed by no known escape");
    s->at++;
    return c != 'u' || scan_unicode_escape(s);
}

static bool scan_string(scanner *s)
{
    size_t start = s->at++;
    while (s->at < s->text.size) {
        unsigned char c = (unsigned char)s->text.data[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c < 0x20u)
            return stop(s, s->at, "a control character stood in a string; escape it");
        if (c == '\\') {
            if (!scan_escape(s))
                return false;
        } else if (c < 0x80u) {
            s->at++;
        } else {
            const char *next = s->text.data + s->at;
            (void)cs_utf8_next(&next, s->text.data + s->text.size);
            if (next == s->text.data + s->at + 1)
                return stop(s, s->at, "the text is not valid UTF-8");
            s->at = (size_t)(next - s->text.data);
        }
    }
    return stop(s, start, "a string was not closed");
}

static bool scan_number(scanner *s)
{
    size_t start = s->at;
    int64_t magnitude = 0;
    if (peek(s) == '-')
        s->at++;
    size_t first = s->at;
    char c;
    for (; (c = peek(s)) >= '0' && c <= '9'; s->at++)
        if (magnitude <= MAX_SAFE_INTEGER)
            magnitude = magnitude * 10 + (c - '0');
    if (s->at == first)
        return stop(s, start, "a number had no digits");
    if (s->at - first > 1 && s->text.data[first] == '0')
        return stop(s, start, "a number began with a superfluous zero");
    if (c == '.' || c == 'e' || c == 'E')
        return stop(s, start, "only whole numbers are accepted, without fraction and exponent");
    if (magnitude > MAX_SAFE_INTEGER)
        return stop(s, start, "a number was outside -9007199254740991 to 9007199254740991");
    return true;
}

static bool scan_word(scanner *s)
{
    for (const char *word = "true\0false\0null\0"; *word != '\0'; word += strlen(word) + 1) {
        size_t size = strlen(word);
        if (s->text.size - s->at >= size && memcmp(s->text.data + s->at, word, size) == 0) {
            s->at += size;
            return true;
        }
    }
    return stop(s, s->at, s->at < s->text.size ? "a value was expected" : "the text ended where a value was expected");
}

/* ---- duplicate names: only over text that was scanned ------------------------------------- */

/* Next character of a scanned string's inside; 0 at its closing quote. */
static uint32_t next_character(cs_str text, size_t *at)
{
    char c = text.data[*at];
    if (c == '"')
        return 0;
    if (c != '\\') {
        const char *next = text.data + *at;
        uint32_t code = cs_utf8_next(&next, text.data + text.size);
        *at = (size_t)(next - text.data);
        return code;
    }
    char escape = text.data[*at + 1];
    if (escape != 'u') {
        static const char letters[] = "\"\\/bfnrt";
        static const char meanings[] = "\"\\/\b\f\n\r\t";
        *at += 2;
        return (uint32_t)meanings[strchr(letters, escape) - letters];
    }
    uint32_t code = (uint32_t)hex4(text, *at + 2);
    *at += 6;
    if (code < 0xD800u || code > 0xDFFFu)
        return code;
    uint32_t low = (uint32_t)hex4(text, *at + 2);
    *at += 6;
    return 0x10000u + ((code - 0xD800u) << 10) + (low - 0xDC00u);
}

static bool same_name(cs_str text, size_t a, size_t b)
{
    uint32_t left;
    do {
        left = next_character(text, &a);
        if (left != next_character(text, &b))
            return false;
    } while (left != 0);
    return true;
}

/* Hash of the name whose inside begins at *at; leaves *at at the closing quote. */
static uint64_t name_hash(cs_str text, size_t *at)
{
    uint64_t hash = 0;
    for (uint32_t code = next_character(text, at); code != 0; code = next_character(text, at))
        hash = (hash ^ code) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* From the opening quote to behind the closing one. */
static size_t after_string(cs_str text, size_t at)
{
    for (at++; text.data[at] != '"'; at++)
        if (text.data[at] == '\\')
            at++;
    return at + 1;
}

/* Checks the object from its brace at `start` to its closing brace at `end`. A name is a string directly
 * inside it that a colon follows. */
static bool check_names(scanner *s, size_t start, size_t end)
{
    uint32_t slots[NAME_SLOTS]; /* 1 + offset into the object of a name's inside, 0 = free */
    uint32_t count = 0;
    uint32_t depth = 0;
    bool name_next = true;
    /* The shortest member, "":0 and its comma, has five bytes: small objects need few slots. */
    size_t used_slots = end - start < NAME_SLOTS ? end - start : NAME_SLOTS;
    memset(slots, 0, used_slots * sizeof(slots[0]));
    for (size_t at = start + 1; at < end;) {
        char c = s->text.data[at];
        if (c == '"' && depth == 0 && name_next) {
            size_t inside = at + 1;
            size_t close = inside;
            uint64_t hash = name_hash(s->text, &close);
            if (++count > MAX_MEMBERS)
                return stop(s, at, "an object had more than 4096 members");
            size_t slot = (size_t)(hash % used_slots);
            for (; slots[slot] != 0; slot = (slot + 1) % used_slots)
                if (same_name(s->text, start + slots[slot] - 1, inside)) {
                    s->duplicate_size = close - inside;
                    return stop(s, at, "duplicate member");
                }
            slots[slot] = (uint32_t)(inside - start + 1);
            name_next = false;
            at = close + 1;
        } else if (c == '"') {
            at = after_string(s->text, at);
        } else {
            depth += c == '{' || c == '[' ? 1u : 0u;
            depth -= c == '}' || c == ']' ? 1u : 0u;
            if (c == ',' && depth == 0)
                name_next = true;
            at++;
        }
    }
    return true;
}

/* ---- structure ---------------------------------------------------------------------------- */

static bool scan_name(scanner *s)
{
    if (skip_space(s) != '"')
        return stop(s, s->at, "a member name in quotes was expected");
    if (!scan_string(s))
        return false;
    if (skip_space(s) != ':')
        return stop(s, s->at, "a colon was expected after the member name");
    s->at++;
    return true;
}

static bool open_container(scanner *s)
{
    if (s->depth == CS_JSON_MAX_DEPTH)
        return stop(s, s->at, "values were nested deeper than 32");
    s->starts[s->depth++] = s->at++;
    return true;
}

static bool close_container(scanner *s)
{
    size_t start = s->starts[--s->depth];
    size_t end = s->at++;
    return s->text.data[start] != '{' || check_names(s, start, end);
}

/* A value up to its first byte of content: a scalar whole, a container its bracket alone. *opened tells that
 * a container with content was opened, so that a value comes next. */
static bool scan_value_start(scanner *s, bool *opened)
{
    char c = skip_space(s);
    *opened = false;
    if (c == '"')
        return scan_string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s);
    if (c != '{' && c != '[')
        return scan_word(s);
    if (!open_container(s))
        return false;
    if (skip_space(s) == (c == '{' ? '}' : ']'))
        return close_container(s);
    *opened = true;
    return c != '{' || scan_name(s);
}

/* After a value: closes what ends here, until a comma announces another value or nothing is open. */
static bool scan_value_end(scanner *s)
{
    while (s->depth > 0) {
        bool in_object = s->text.data[s->starts[s->depth - 1]] == '{';
        char c = skip_space(s);
        if (c == ',') {
            s->at++;
            return !in_object || scan_name(s);
        }
        if (c != (in_object ? '}' : ']'))
            return stop(s, s->at, in_object ? "a comma or } was expected" : "a comma or ] was expected");
        if (!close_container(s))
            return false;
    }
    return true;
}

static bool scan_document(scanner *s)
{
    if (s->text.size >= 3 && memcmp(s->text.data, "\xEF\xBB\xBF", 3) == 0)
        return stop(s, 0, "the text began with a byte order mark; remove it");
    do {
        bool opened;
        do {
            if (!scan_value_start(s, &opened))
                return false;
        } while (opened);
        if (!scan_value_end(s))
            return false;
    } while (s->depth > 0);
    (void)skip_space(s);
    if (s->at < s->text.size)
        return stop(s, s->at, "something followed the value");
    return true;
}

/* ---- the result --------------------------------------------------------------------------- */

static consent_status tell(const scanner *s, const char *what, consent_error *err)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < s->at; i++) {
        unsigned char c = (unsigned char)s->text.data[i];
        if (c == '\n') {
            line++;
            column = 1;
        } else if ((c & 0xC0u) != 0x80u) {
            column++;
        }
    }
    if (s->duplicate_size > 0) {
        size_t shown = s->duplicate_size < CS_ID_MAX_SIZE ? s->duplicate_size : CS_ID_MAX_SIZE;
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s:%zu:%zu: duplicate member \"%.*s\"", what, line, column,
                       (int)shown, s->text.data + s->at + 1);
    }
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s:%zu:%zu: %s", what, line, column, s->problem);
}

consent_status cs_json_check(cs_str text, size_t max_size, const char *what, consent_error *err)
{
    if (text.size > max_size || text.size > UINT32_MAX)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s: the text has %zu bytes, at most %zu are accepted", what,
                       text.size, max_size);
    scanner s = {.text = text};
    return scan_document(&s) ? CONSENT_OK : tell(&s, what, err);
}
