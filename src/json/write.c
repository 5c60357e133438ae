#include "json/json.h"

#include <inttypes.h>
#include <string.h>

void cs_json_out_init(cs_json_out *out, cs_buffer *buffer)
{
    *out = (cs_json_out){.buffer = buffer};
}

/* What goes before a name or a value. */
static void separate(cs_json_out *out)
{
    if (out->after_name) {
        out->after_name = false;
        return;
    }
    if (out->depth == 0)
        return;
    bool *has_item = &out->has_item[out->depth - 1];
    if (*has_item)
        cs_buffer_u8(out->buffer, ',');
    *has_item = true;
}

static void open_bracket(cs_json_out *out, char bracket)
{
    if (out->depth == CS_JSON_MAX_DEPTH) {
        out->buffer->failed = true;
        return;
    }
    separate(out);
    cs_buffer_u8(out->buffer, (uint8_t)bracket);
    out->has_item[out->depth++] = false;
}

static void close_bracket(cs_json_out *out, char bracket)
{
    if (out->depth == 0) {
        out->buffer->failed = true;
        return;
    }
    out->depth--;
    cs_buffer_u8(out->buffer, (uint8_t)bracket);
}

void cs_json_open_object(cs_json_out *out)
{
    open_bracket(out, '{');
}

void cs_json_close_object(cs_json_out *out)
{
    close_bracket(out, '}');
}

void cs_json_open_array(cs_json_out *out)
{
    open_bracket(out, '[');
}

void cs_json_close_array(cs_json_out *out)
{
    close_bracket(out, ']');
}

/* The character at `at` when it cannot stand as it is; *size is how many bytes of the text it replaces. */
static bool needs_escape(const char *at, const char *end, char escaped[8], size_t *size)
{
    static const char hex[] = "0123456789abcdef";
    static const char controls[] = "\b\f\n\r\t";
    static const char letters[] = "bfnrt";
    unsigned char c = (unsigned char)*at;
    *size = 1;
    if (c >= 0x80u) {
        const char *next = at;
        (void)cs_utf8_next(&next, end);
        *size = (size_t)(next - at);
        memcpy(escaped, "\xEF\xBF\xBD", 4); /* U+FFFD for a byte that is not UTF-8 */
        return *size == 1;
    }
    if (c == '"' || c == '\\') {
        memcpy(escaped, (char[]){'\\', (char)c, '\0'}, 3);
        return true;
    }
    if (c >= 0x20u)
        return false;
    const char *control = c != 0 ? strchr(controls, c) : NULL;
    if (control)
        memcpy(escaped, (char[]){'\\', letters[control - controls], '\0'}, 3);
    else
        memcpy(escaped, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xFu], '\0'}, 7);
    return true;
}

static void write_quoted(cs_buffer *buffer, cs_str text)
{
    const char *at = text.data;
    const char *end = at ? at + text.size : at;
    const char *plain = at;
    cs_buffer_u8(buffer, '"');
    while (at < end) {
        char escaped[8];
        size_t size;
        if (needs_escape(at, end, escaped, &size)) {
            cs_buffer_append(buffer, plain, (size_t)(at - plain));
            cs_buffer_text(buffer, escaped);
            plain = at + size;
        }
        at += size;
    }
    cs_buffer_append(buffer, plain, (size_t)(at - plain));
    cs_buffer_u8(buffer, '"');
}

void cs_json_put_name(cs_json_out *out, const char *name)
{
    separate(out);
    write_quoted(out->buffer, cs_str_of(name));
    cs_buffer_u8(out->buffer, ':');
    out->after_name = true;
}

void cs_json_put_str(cs_json_out *out, cs_str text)
{
    separate(out);
    write_quoted(out->buffer, text);
}

void cs_json_put_text(cs_json_out *out, const char *text)
{
    if (text)
        cs_json_put_str(out, cs_str_of(text));
    else
        cs_json_put_null(out);
}

void cs_json_put_int(cs_json_out *out, int64_t value)
{
    separate(out);
    cs_buffer_printf(out->buffer, "%" PRId64, value);
}

void cs_json_put_bool(cs_json_out *out, bool value)
{
    separate(out);
    cs_buffer_text(out->buffer, value ? "true" : "false");
}

void cs_json_put_null(cs_json_out *out)
{
    separate(out);
    cs_buffer_text(out->buffer, "null");
}

static void put_scalar(cs_json_out *out, const cs_json *value)
{
    switch (cs_json_type_of(value)) {
    case CS_JSON_BOOL:
        cs_json_put_bool(out, cs_json_bool(value));
        break;
    case CS_JSON_INT:
        cs_json_put_int(out, cs_json_int(value));
        break;
    case CS_JSON_STRING:
        cs_json_put_str(out, cs_json_str(value));
        break;
    default:
        cs_json_put_null(out);
        break;
    }
}

void cs_json_put_value(cs_json_out *out, const cs_json *value)
{
    const cs_json *open[CS_JSON_MAX_DEPTH]; /* containers begun and not ended */
    uint32_t depth = 0;
    const cs_json *at = value;
    while (!out->buffer->failed) {
        cs_json_type type = cs_json_type_of(at);
        bool is_container = type == CS_JSON_OBJECT || type == CS_JSON_ARRAY;
        if (depth > 0 && cs_json_type_of(open[depth - 1]) == CS_JSON_OBJECT)
            cs_json_put_name(out, cs_json_name(at));
        if (!is_container) {
            put_scalar(out, at);
        } else {
            open_bracket(out, type == CS_JSON_OBJECT ? '{' : '[');
            if (out->buffer->failed)
                return;
            open[depth++] = at;
            at = cs_json_first(at);
            if (at)
                continue;
            at = open[--depth];
            close_bracket(out, type == CS_JSON_OBJECT ? '}' : ']');
        }
        while (depth > 0 && !cs_json_next(at)) {
            at = open[--depth];
            close_bracket(out, cs_json_type_of(at) == CS_JSON_OBJECT ? '}' : ']');
        }
        if (depth == 0)
            return;
        at = cs_json_next(at);
    }
}

void cs_json_member_str(cs_json_out *out, const char *name, cs_str text)
{
    cs_json_put_name(out, name);
    cs_json_put_str(out, text);
}

void cs_json_member_text(cs_json_out *out, const char *name, const char *text)
{
    cs_json_put_name(out, name);
    cs_json_put_text(out, text);
}

void cs_json_member_int(cs_json_out *out, const char *name, int64_t value)
{
    cs_json_put_name(out, name);
    cs_json_put_int(out, value);
}

void cs_json_member_bool(cs_json_out *out, const char *name, bool value)
{
    cs_json_put_name(out, name);
    cs_json_put_bool(out, value);
}

void cs_json_member_hex(cs_json_out *out, const char *name, const uint8_t *bytes, size_t size)
{
    char text[2 * 32 + 1];
    cs_hex_encode(bytes, size <= 32 ? size : 0, text);
    cs_json_member_text(out, name, text);
}

void cs_json_member_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    char text[CS_TIME_TEXT_SIZE];
    cs_time_format(time_ms, text);
    cs_json_member_text(out, name, text);
}
