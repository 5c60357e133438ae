/* consentctl policy diff: what changed between two versions, in words or as JSON. */
#include "consentctl/diff.h"
#include "consentctl/tool.h"

#include <string.h>

#define MAX_TEXT_BYTES (4u * 1024u * 1024u)

const cs_option_spec cs_options_policy_diff[] = {
    {"locale", 0, "LOCALE", "language of names and words: en, else Chinese (default: the policy's first)"},
    {NULL, 0, NULL, NULL},
};

/* A word of the tool: its name in JSON, and what people read. */
typedef struct word {
    uint32_t value;
    const char *name, *zh, *en;
} word;

static const word kinds[] = {
    {CS_CHANGE_MODE, "mode", "处理方式", "what is processed, and how"},
    {CS_CHANGE_CONTROL, "control", "控制权", "who controls it"},
    {CS_CHANGE_RECIPIENTS, "recipients", "接收方", "who receives it"},
    {CS_CHANGE_RIGHTS, "rights", "个人权利", "rights"},
    {CS_CHANGE_CONTACT, "contact", "联系方式", "contacts"},
    {CS_CHANGE_IMPACT, "impact", "影响评估", "impact assessment"},
    {CS_CHANGE_EDITORIAL, "editorial", "文字", "wording"},
    {0, NULL, NULL, NULL},
};
static const word reasons[] = {
    {CS_WIDENED_KIND, "kind", "处理类型改变", "another kind of processing"},
    {CS_WIDENED_GROUND, "ground", "合法性基础改变", "another legal ground"},
    {CS_WIDENED_FORM, "form", "同意的形式放宽", "a weaker form of consent"},
    {CS_WIDENED_METHOD, "method", "处理方式改变", "another method"},
    {CS_WIDENED_RETENTION, "retention", "保存期限改变", "kept longer, or by another rule"},
    {CS_WIDENED_AUTOMATION, "automation", "改为自动决策", "decided automatically"},
    {CS_WIDENED_CHANNEL, "channel", "营销渠道改变", "another marketing channel"},
    {CS_WIDENED_STORAGE, "storage_level", "存储级别提高", "a higher storage level"},
    {CS_WIDENED_STATE, "data_state", "信息的去标识化程度降低", "data that tell more of the person"},
    {CS_WIDENED_RECIPIENT, "recipient", "接收方的方式、身份或国家改变", "a recipient's method, role or country"},
    {CS_WIDENED_UNDECLARED, "undeclared", "无法比较", "cannot be compared"},
    {0, NULL, NULL, NULL},
};
static const word parts[] = {
    {CS_DIFF_CONTROLLER, "controller", "处理者", "controller"},
    {CS_DIFF_PURPOSE, "purpose", "目的", "purpose"},
    {CS_DIFF_DATA, "data", "信息", "data item"},
    {CS_DIFF_RECIPIENT, "recipient", "接收方", "recipient"},
    {CS_DIFF_PERMISSION, "permission", "系统权限", "permission"},
    {CS_DIFF_CALL_SITE, "call_site", "调用处", "call site"},
};
static const word changes[] = {
    {CS_DIFF_ADDED, "added", "新增", "added"},
    {CS_DIFF_REMOVED, "removed", "取消", "removed"},
    {CS_DIFF_WIDENED, "widened", "扩大", "widened"},
    {CS_DIFF_CHANGED, "changed", "改变（未扩大）", "changed, not widened"},
};

static const char *say(const word *one, bool english)
{
    return english ? one->en : one->zh;
}

static void put_names(cs_json_out *json, const char *member, const word *words, uint32_t bits)
{
    cs_json_put_name(json, member);
    cs_json_open_array(json);
    for (; words->name; words++)
        if (bits & words->value)
            cs_json_put_text(json, words->name);
    cs_json_close_array(json);
}

static void put_version(cs_json_out *json, const char *member, const cs_policy *policy)
{
    cs_json_put_name(json, member);
    cs_json_open_object(json);
    cs_json_member_text(json, "id", policy->id);
    cs_json_member_int(json, "version", policy->version);
    cs_json_member_int(json, "revision", policy->revision);
    cs_json_close_object(json);
}

static void put_json(const cs_diff *diff, const cs_policy *older, const cs_policy *newer, cs_buffer *text)
{
    cs_json_out json;
    cs_json_out_init(&json, text);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    put_version(&json, "older", older);
    put_version(&json, "newer", newer);
    cs_json_member_bool(&json, "material", diff->material);
    put_names(&json, "kinds", kinds, diff->kinds);
    put_names(&json, "computed", kinds, diff->computed);
    put_names(&json, "declared", kinds, diff->declared);
    cs_json_put_name(&json, "changes");
    cs_json_open_array(&json);
    for (size_t i = 0; i < diff->count; i++) {
        const cs_diff_entry *entry = &diff->entries[i];
        cs_json_open_object(&json);
        cs_json_member_text(&json, "part", parts[entry->part].name);
        cs_json_member_text(&json, "change", changes[entry->change].name);
        cs_json_member_text(&json, "id", entry->id);
        if (entry->of)
            cs_json_member_text(&json, "of", entry->of);
        cs_json_member_text(&json, "name", entry->name);
        if (entry->why)
            put_names(&json, "why", reasons, entry->why);
        cs_json_close_object(&json);
    }
    cs_json_close_array(&json);
    cs_json_close_object(&json);
    cs_buffer_text(text, "\n");
}

static void put_words(cs_buffer *text, const word *words, uint32_t bits, bool english)
{
    bool first = true;
    for (; words->name; words++) {
        if (!(bits & words->value))
            continue;
        cs_buffer_printf(text, "%s%s", first ? "" : english ? "; " : "、", say(words, english));
        first = false;
    }
    if (first)
        cs_buffer_text(text, english ? "nothing" : "无");
}

static void put_entry(const cs_diff_entry *entry, bool english, cs_buffer *text)
{
    cs_buffer_printf(text, "  %s  %s  %s", say(&changes[entry->change], english), say(&parts[entry->part], english),
                     entry->id);
    if (entry->name[0])
        cs_buffer_printf(text, english ? " (%s)" : "（%s）", entry->name);
    if (entry->of)
        cs_buffer_printf(text, english ? ", of %s" : "，属于 %s", entry->of);
    if (entry->why) {
        cs_buffer_text(text, english ? ": " : "：");
        put_words(text, reasons, entry->why, english);
    }
    cs_buffer_text(text, "\n");
}

static void put_text(const cs_diff *diff, const cs_policy *older, const cs_policy *newer, bool english, cs_buffer *text)
{
    cs_buffer_printf(text, "%s %u.%u -> %s %u.%u\n", older->id, older->version, older->revision, newer->id,
                     newer->version, newer->revision);
    cs_buffer_text(text, diff->material ? (english ? "material change: " : "重大变更：")
                                        : (english ? "not material: " : "非重大变更："));
    put_words(text, kinds, diff->kinds, english);
    cs_buffer_text(text, english ? " (found: " : "（比较得出：");
    put_words(text, kinds, diff->computed, english);
    cs_buffer_text(text, english ? ". Declared: " : "；声明：");
    put_words(text, kinds, diff->declared, english);
    cs_buffer_text(text, english ? ")\n" : "）\n");
    for (size_t i = 0; i < diff->count; i++)
        put_entry(&diff->entries[i], english, text);
}

static consent_status check_order(const cs_policy *older, const cs_policy *newer, consent_error *err)
{
    if (strcmp(older->id, newer->id) != 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s and %s are two policies; compare two versions of one", older->id,
                       newer->id);
    if (cs_policy_compare_version(older, newer) >= 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the second version, %u.%u, was not newer than the first, %u.%u",
                       newer->version, newer->revision, older->version, older->revision);
    return CONSENT_OK;
}

/* A revision that changes more than words is refused wherever it is installed: better told here. */
static void judge_revision(cs_tool *tool, const cs_diff *diff, const cs_policy *older, const cs_policy *newer)
{
    if (older->version != newer->version || !(diff->computed & ~(uint32_t)CS_CHANGE_EDITORIAL))
        return;
    (void)fprintf(tool->err, "version %u revision %u changes more than words; give it a new version\n", newer->version,
                  newer->revision);
    tool->exit_code = CS_EXIT_FAILED;
}

consent_status cs_cmd_policy_diff(cs_tool *tool, const cs_options *options, consent_error *err)
{
    const char *locale = cs_options_get(options, "locale");
    cs_diff_side older = {0}, newer = {0};
    cs_diff diff = {0};
    cs_buffer text;
    cs_buffer_init(&text, &tool->env.memory, MAX_TEXT_BYTES);
    consent_status status = cs_diff_read(&tool->env.memory, options->arguments[0], &older, err);
    if (status == CONSENT_OK)
        status = cs_diff_read(&tool->env.memory, options->arguments[1], &newer, err);
    if (status == CONSENT_OK)
        status = check_order(older.policy, newer.policy, err);
    if (status == CONSENT_OK)
        status = cs_diff_make(&tool->env.memory, &older, &newer, locale, &diff, err);
    if (status == CONSENT_OK) {
        const char *language = locale ? locale : newer.policy->locales[0];
        if (tool->json)
            put_json(&diff, older.policy, newer.policy, &text);
        else
            put_text(&diff, older.policy, newer.policy, strncmp(language, "zh", 2) != 0, &text);
        judge_revision(tool, &diff, older.policy, newer.policy);
        status = cs_tool_print(tool, &text, err);
    }
    cs_diff_free(&diff);
    cs_diff_release(&older);
    cs_diff_release(&newer);
    cs_buffer_free(&text);
    return status;
}
