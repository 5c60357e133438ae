#include "consentctl/list_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 65536u

const char *cs_list_say(const cs_json *root, cs_list_word word)
{
    static const char *const words[CS_WORD_ENOUGH][2] = {
        [CS_WORD_COLLECTED] = {"What is collected", "已收集个人信息清单"},
        [CS_WORD_SHARED] = {"What third parties receive", "与第三方共享个人信息清单"},
        [CS_WORD_DATA] = {"Information", "个人信息"},
        [CS_WORD_PURPOSE] = {"Purpose", "使用目的"},
        [CS_WORD_SCENE] = {"Situation", "使用场景"},
        [CS_WORD_METHOD] = {"Method", "处理方式"},
        [CS_WORD_RECIPIENT] = {"Recipient", "接收方"},
        [CS_WORD_CONTACT] = {"Contact", "联系方式"},
        [CS_WORD_COUNT] = {"How often", "次数"},
        [CS_WORD_LAST] = {"Last", "最近一次"},
        [CS_WORD_NEVER] = {"never", "无"},
        [CS_WORD_TIMES] = {"×", "次"},
        [CS_WORD_SENSITIVE] = {"sensitive", "敏感"},
        [CS_WORD_UNDECLARED] = {"no policy in force names it any more", "现行政策已不再列明"},
        [CS_WORD_POLICY] = {"Policy", "依据政策"},
        [CS_WORD_VERSION] = {"version", "版本"},
        [CS_WORD_NOTHING] = {"Nothing.", "无。"},
    };
    return words[word][strncmp(cs_list_member(root, "locale", "locale").data, "zh", 2) == 0];
}

cs_str cs_list_member(const cs_json *entry, const char *name, const char *otherwise)
{
    cs_str text = cs_json_str(cs_json_get(entry, name));
    if (text.size == 0)
        text = cs_json_str(cs_json_get(entry, otherwise));
    return text.size != 0 ? text : CS_STR("");
}

void cs_list_scene(const cs_json *entry, const char *between, cs_buffer *out)
{
    bool first = true;
    for (const cs_json *each = cs_json_first(cs_json_get(entry, "scene")); each; each = cs_json_next(each)) {
        cs_buffer_text(out, first ? "" : between);
        cs_buffer_str(out, cs_json_str(each));
        first = false;
    }
}

void cs_list_last(const cs_json *root, const cs_json *entry, char out[CS_TIME_TEXT_SIZE])
{
    int64_t time_ms = 0;
    if (cs_time_parse(cs_json_str(cs_json_get(entry, "last")), &time_ms))
        cs_time_format_china(time_ms, out);
    else
        (void)snprintf(out, CS_TIME_TEXT_SIZE, "%s", cs_list_say(root, CS_WORD_NEVER));
}

static bool same(const cs_json *a, const cs_json *b, const char *name)
{
    return cs_str_equal(cs_json_str(cs_json_get(a, name)), cs_json_str(cs_json_get(b, name)));
}

static void say(cs_render *render, const char *first, const cs_buffer *line, uint8_t emphasis)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "%.*s", (int)line->size, (const char *)line->data);
    cs_render_text(render, first, text, emphasis);
}

static void head(const cs_json *root, const cs_json *entry, cs_render *render, cs_buffer *line)
{
    cs_str method = cs_list_member(entry, "method", "method");
    cs_buffer_clear(line);
    cs_buffer_str(line, cs_list_member(entry, "purpose_name", "purpose"));
    if (cs_json_get(entry, "recipient")) {
        cs_buffer_text(line, " → ");
        cs_buffer_str(line, cs_list_member(entry, "recipient_name", "recipient"));
    }
    cs_buffer_u8(line, 0);
    cs_render_blank(render);
    cs_render_heading(render, 2, (const char *)line->data);
    cs_buffer_clear(line);
    if (!cs_json_bool(cs_json_get(entry, "declared"))) {
        cs_render_text(render, "  ", cs_list_say(root, CS_WORD_UNDECLARED), 1);
        return;
    }
    cs_buffer_printf(line, "%s: ", cs_list_say(root, CS_WORD_SCENE));
    cs_list_scene(entry, " / ", line);
    if (method.size != 0)
        cs_buffer_printf(line, "; %s: %.*s", cs_list_say(root, CS_WORD_METHOD), CS_STR_ARG(method));
    if (cs_json_get(entry, "contact"))
        cs_buffer_printf(line, "; %s: %.*s", cs_list_say(root, CS_WORD_CONTACT),
                         CS_STR_ARG(cs_list_member(entry, "contact", "contact")));
    say(render, "  ", line, 0);
}

static void row(const cs_json *root, const cs_json *entry, cs_render *render, cs_buffer *line)
{
    char last[CS_TIME_TEXT_SIZE];
    bool sensitive = cs_json_get(entry, "sensitive") != NULL;
    cs_list_last(root, entry, last);
    cs_buffer_clear(line);
    cs_buffer_str(line, cs_list_member(entry, "data_name", "data"));
    if (sensitive)
        cs_buffer_printf(line, " (%s)", cs_list_say(root, CS_WORD_SENSITIVE));
    cs_buffer_printf(line, ": %" PRId64 " %s, %s %s", cs_json_int(cs_json_get(entry, "count")),
                     cs_list_say(root, CS_WORD_TIMES), cs_list_say(root, CS_WORD_LAST), last);
    say(render, "  - ", line, sensitive ? 2 : 0);
}

void cs_list_text(const cs_json *root, cs_render *render)
{
    const cs_json *before = NULL;
    bool shared = cs_str_is(cs_list_member(root, "list", "list"), "shared");
    cs_buffer line;
    cs_buffer_init(&line, render->out->memory, LINE_MAX_BYTES);
    cs_render_heading(render, 1, cs_list_say(root, shared ? CS_WORD_SHARED : CS_WORD_COLLECTED));
    if (!cs_json_first(cs_json_get(root, "entries")))
        cs_render_text(render, "  ", cs_list_say(root, CS_WORD_NOTHING), 0);
    for (const cs_json *each = cs_json_first(cs_json_get(root, "entries")); each; each = cs_json_next(each)) {
        if (!before || !same(before, each, "purpose") || !same(before, each, "recipient"))
            head(root, each, render, &line);
        row(root, each, render, &line);
        before = each;
    }
    cs_buffer_free(&line);
}
