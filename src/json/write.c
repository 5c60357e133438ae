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

/* As deep as what is written may be nested: open_bracket ends it. */
void cs_json_put_value(cs_json_out *out, const cs_json *value)
{
    cs_json_type type = cs_json_type_of(value);
    bool is_object = type == CS_JSON_OBJECT;
    if (is_object || type == CS_JSON_ARRAY) {
        open_bracket(out, is_object ? '{' : '[');
        for (const cs_json *each = cs_json_first(value); each && !out->buffer->failed; each = cs_json_next(each)) {
            if (is_object)
                cs_json_put_name(out, cs_json_name(each));
            cs_json_put_value(out, each);
        }
        close_bracket(out, is_object ? '}' : ']');
    } else if (type == CS_JSON_BOOL) {
        cs_json_put_bool(out, cs_json_bool(value));
    } else if (type == CS_JSON_INT) {
        cs_json_put_int(out, cs_json_int(value));
    } else {
        cs_json_put_text(out, type == CS_JSON_STRING ? cs_json_str(value).data : NULL);
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

void cs_json_member_array(cs_json_out *out, const char *name)
{
    cs_json_put_name(out, name);
    cs_json_open_array(out);
}

void cs_json_member_object(cs_json_out *out, const char *name)
{
    cs_json_put_name(out, name);
    cs_json_open_object(out);
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
