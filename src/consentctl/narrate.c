/* The story in short sentences, in Chinese or English, for readers who know the law and not the code. */
#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include <string.h>

static bool is_chinese(const cs_player *player)
{
    return strcmp(player->setting->explain, "zh") == 0;
}

static bool is_quiet(const cs_player *player)
{
    return player->setting->explain == NULL;
}

static void sentence(cs_player *player, const char *chinese, const char *english)
{
    char time[CS_TIME_TEXT_SIZE];
    cs_time_format_china(player->wall_ms, time);
    fprintf(player->tool->out, "%s  %s\n", time, is_chinese(player) ? chinese : english);
}

/* The name that the policy gives, or the identifier. */
static const char *name_of(const cs_player *player, cs_text text, const char *id)
{
    const char *name = player->bundle.texts != NULL && text != 0
                           ? cs_texts_get(player->bundle.texts, text, is_chinese(player) ? "zh-CN" : "en")
                           : "";
    return name[0] != '\0' ? name : id;
}

static const char *purpose_name(const cs_player *player, const char *id)
{
    const cs_policy *policy = player->bundle.policy;
    const cs_purpose *purpose = policy != NULL && id != NULL ? cs_policy_purpose(policy, cs_str_of(id)) : NULL;
    return purpose != NULL ? name_of(player, purpose->name, id) : id != NULL ? id : "";
}

static const char *recipient_name(const cs_player *player, const char *id)
{
    const cs_policy *policy = player->bundle.policy;
    const cs_recipient *recipient = policy != NULL ? cs_policy_recipient(policy, cs_str_of(id)) : NULL;
    return recipient != NULL ? name_of(player, recipient->name, id) : id;
}

static const char *data_name(const cs_player *player, const char *id)
{
    const cs_policy *policy = player->bundle.policy;
    const cs_data_item *item = policy != NULL ? cs_policy_data(policy, cs_str_of(id)) : NULL;
    return item != NULL ? name_of(player, item->name, id) : id;
}

static const char *permission_name(const cs_player *player, const char *id)
{
    const cs_policy *policy = player->bundle.policy;
    const cs_permission *permission = policy != NULL ? cs_policy_permission(policy, cs_str_of(id)) : NULL;
    return permission != NULL ? name_of(player, permission->name, id) : id;
}

static const char *function_name(const cs_player *player, const char *id)
{
    const cs_policy *policy = player->bundle.policy;
    const cs_function *function = policy != NULL ? cs_policy_function(policy, cs_str_of(id)) : NULL;
    return function != NULL ? name_of(player, function->name, id) : id;
}

void cs_narrate_saying(cs_player *player)
{
    const cs_json *say = cs_step_get(player->step, "say");
    if (is_quiet(player) || say == NULL)
        return;
    if (cs_json_type_of(say) == CS_JSON_OBJECT)
        say = cs_json_get(say, player->setting->explain);
    if (cs_json_str(say).size > 0)
        fprintf(player->tool->out, "\n%.*s\n", CS_STR_ARG(cs_json_str(say)));
}

/* "search words, page views" */
static void list_data(const cs_player *player, const cs_query_args *query, cs_buffer *out)
{
    for (size_t i = 0; i < query->query.data_count; i++) {
        if (i > 0)
            cs_buffer_text(out, is_chinese(player) ? "、" : ", ");
        cs_buffer_text(out, data_name(player, query->data[i]));
    }
}

/* Which process asks, and about which moment, where that is not plain. */
static void say_circumstance(cs_player *player, cs_buffer *out)
{
    const char *process = cs_play_text(player, "in");
    const char *as_of = cs_play_text(player, "as_of");
    char time[CS_TIME_TEXT_SIZE];
    int64_t at_ms = 0;
    bool zh = is_chinese(player);
    if (process != NULL)
        cs_buffer_printf(out, zh ? "【进程 %s】" : "[process %s] ", process);
    if (as_of == NULL || cs_play_moment(player, cs_str_of(as_of), &at_ms, NULL) != CONSENT_OK)
        return;
    cs_time_format_china(at_ms, time);
    cs_buffer_printf(out, zh ? "回看 %s，" : "Looking back at %s: ", time);
}

static void say_question(cs_player *player, const cs_query_args *query, cs_buffer *out)
{
    const consent_query *q = &query->query;
    bool zh = is_chinese(player);
    say_circumstance(player, out);
    cs_buffer_text(out, q->user_initiated ? (zh ? "本人发起，应用问：" : "The person starts it and the app asks: ")
                                          : (zh ? "应用问：" : "The app asks: "));
    if (q->function != NULL) {
        cs_buffer_printf(out, zh ? "“%s”能用吗？" : "does “%s” work?", function_name(player, q->function));
        return;
    }
    cs_buffer_text(out, zh ? "可以" : "may it ");
    if (q->data_count > 0) {
        cs_buffer_text(out, zh ? "把“" : "use ");
        list_data(player, query, out);
        cs_buffer_text(out, zh ? "”" : " ");
    } else if (!zh) {
        cs_buffer_text(out, "go ahead ");
    }
    if (q->recipient != NULL)
        cs_buffer_printf(out, zh ? "交给“%s”，" : "with %s, ", recipient_name(player, q->recipient));
    cs_buffer_printf(out, zh ? "用于“%s”吗？" : "for “%s”?", purpose_name(player, q->purpose));
    if (q->permission != NULL)
        cs_buffer_printf(out, zh ? "（需要系统权限“%s”）" : " (system permission: %s)",
                         permission_name(player, q->permission));
}

void cs_narrate_answer(cs_player *player, const cs_query_args *query, const consent_verdict *verdict, const char *text)
{
    static const char *const chinese[] = {"不可以", "先征求同意", "可以"};
    static const char *const english[] = {"No", "Ask first", "Yes"};
    cs_buffer line;
    char time[CS_TIME_TEXT_SIZE];
    if (is_quiet(player))
        return;
    bool zh = is_chinese(player);
    cs_buffer_init(&line, &player->tool->env.memory, 65536);
    say_question(player, query, &line);
    cs_buffer_printf(&line, zh ? " —— %s（%s）。" : " — %s (%s).", (zh ? chinese : english)[verdict->decision],
                     consent_reason_name((consent_reason)verdict->reason));
    if (text != NULL)
        cs_buffer_printf(&line, "%s%s", zh ? "" : " ", text);
    if (verdict->ask_after_ms != 0 && verdict->ask_after_ms != INT64_MAX) {
        cs_time_format_china(verdict->ask_after_ms, time);
        cs_buffer_printf(&line, zh ? "%s 之前不再询问。" : " Not asked again before %s.", time);
    }
    cs_buffer_u8(&line, 0);
    if (!line.failed)
        sentence(player, (const char *)line.data, (const char *)line.data);
    cs_buffer_free(&line);
}

void cs_narrate_sync(cs_player *player, const consent_sync_report *report)
{
    char line[256];
    if (is_quiet(player))
        return;
    snprintf(line, sizeof(line),
             is_chinese(player) ? "同步：送出 %u 条，收到 %u 条，还有 %u 条等待。"
                                : "Sync: %u events sent, %u received, %u still waiting.",
             report->sent, report->received, report->waiting);
    sentence(player, line, line);
    if (report->ignored != 0)
        sentence(player, "后端以自己的名义做了不许它做的事：不起作用，并已报告。",
                 "The backend overstepped what it may do: without effect, and reported.");
}

void cs_narrate_status(cs_player *player, consent_status status)
{
    if (is_quiet(player) || status == CONSENT_OK)
        return;
    if (player->step->verb == CS_VERB_SYNC) {
        fprintf(player->tool->out,
                is_chinese(player) ? "                  —— 没有成功（%s），什么也没有丢。\n"
                                   : "                  — it failed (%s): nothing was lost.\n",
                consent_status_name(status));
        return;
    }
    fprintf(player->tool->out,
            is_chinese(player) ? "                  —— 被拒绝（%s），什么也没有记录。\n"
                               : "                  — refused (%s): nothing was recorded.\n",
            consent_status_name(status));
}

/* ---- acts ------------------------------------------------------------------------------------------ */

/* "ticks “tick” and accepts" */
static void say_answer(const cs_player *player, const char *words, cs_buffer *out)
{
    static const char *const chinese[] = {"", "点“同意”", "点“不同意”", "保存选择"};
    static const char *const english[] = {"", "accepts", "refuses", "saves the choices"};
    cs_answers answers;
    bool zh = is_chinese(player);
    if (cs_answers_parse(cs_str_of(words), &answers, NULL) != CONSENT_OK)
        return;
    for (size_t i = 0; i < answers.count; i++) {
        const consent_answer *answer = &answers.answers[i];
        if (answer->initially_on)
            cs_buffer_printf(out, zh ? "“%s”原本就已勾上，" : "“%s” was ticked beforehand, ", answer->control);
        else
            cs_buffer_printf(
                out, answer->on ? (zh ? "勾选“%s”，" : "ticks “%s”, ") : (zh ? "不勾“%s”，" : "leaves “%s” unticked, "),
                answer->control);
    }
    if (answers.birth != NULL)
        cs_buffer_printf(out, zh ? "填写出生日期 %s，" : "states the birth date %s, ", answers.birth);
    if (answers.reference != NULL)
        cs_buffer_printf(out, zh ? "凭证“%s”，" : "with the evidence “%s”, ", answers.reference);
    if (!answers.reached_end)
        cs_buffer_text(out, zh ? "没有看到最后，" : "has not scrolled to the end, ");
    if (!answers.emphasis_rendered)
        cs_buffer_text(out, zh ? "强调没有显示出来，" : "saw no emphasis, ");
    cs_buffer_text(out, (zh ? chinese : english)[answers.action]);
}

/* " (“payment” with Jia Pay)" */
static void say_subject(cs_player *player, cs_buffer *out)
{
    const cs_json *about = cs_step_get(player->step, "for");
    cs_query_args query;
    bool zh = is_chinese(player);
    if (about == NULL || cs_play_query(player, about, &query, NULL) != CONSENT_OK || query.query.purpose == NULL)
        return;
    cs_buffer_printf(out, zh ? "（%s" : " (%s", purpose_name(player, query.query.purpose));
    if (query.query.recipient != NULL)
        cs_buffer_printf(out, zh ? "，接收方：%s" : ", recipient: %s", recipient_name(player, query.query.recipient));
    cs_buffer_text(out, zh ? "）" : ")");
}

static void say_form(cs_player *player)
{
    static const struct {
        const char *name, *chinese, *english;
    } forms[] = {{"first_run", "首次使用的政策", "the policy at first run"},
                 {"update", "政策的变更", "the policy's change"},
                 {"own", "这项功能的同意书", "this function's consent"},
                 {"separate", "单独同意书", "a separate consent"},
                 {"once", "仅此一次的同意书", "a consent for this once"},
                 {"permission", "权限说明", "the permission's purpose"},
                 {"manage", "隐私中心", "the privacy centre"},
                 {"age", "年龄段的询问", "the question of age"},
                 {"guardian", "请监护人决定的表单", "what the guardian decides"},
                 {"child_rules", "儿童个人信息处理规则", "the rules for children's information"},
                 {"confirm", "请本人确认的清单", "what waits to be confirmed"},
                 {"field", "填写处的说明", "the notice at the field"},
                 {"ad_hoc", "预订过程中的说明", "the notice of this moment"},
                 {"external", "前往第三方前的提示", "the notice before leaving for a third party"},
                 {"notice", "通知", "a notice"},
                 {"auto", "同意书", "a consent form"}};
    const char *words = cs_play_text(player, player->step->verb == CS_VERB_ANSWER ? "with" : "answer");
    const char *what = is_chinese(player) ? "之前的那份表单" : "the form from before";
    cs_buffer line;
    bool zh = is_chinese(player);
    cs_buffer_init(&line, &player->tool->env.memory, 65536);
    for (size_t i = 0; player->step->verb == CS_VERB_FORM && i < CS_COUNT_OF(forms); i++) {
        if (cs_str_is(cs_json_str(player->step->arg), forms[i].name))
            what = zh ? forms[i].chinese : forms[i].english;
    }
    cs_buffer_printf(&line, zh ? "展示%s" : "Shown: %s", what);
    say_subject(player, &line);
    if (words != NULL) {
        cs_str occasion = cs_json_str(player->step->arg);
        bool guardian = cs_play_flag(player, "guardian") || cs_str_is(occasion, "guardian") ||
                        cs_str_is(occasion, "child_rules") || strstr(words, "reference=") != NULL;
        cs_buffer_text(&line, guardian ? (zh ? "；监护人" : "; the guardian ") : (zh ? "；本人" : "; the person "));
        say_answer(player, words, &line);
    }
    cs_buffer_text(&line, zh ? "。" : ".");
    cs_buffer_u8(&line, 0);
    if (!line.failed)
        sentence(player, (const char *)line.data, (const char *)line.data);
    cs_buffer_free(&line);
}

static void say_withdrawal(cs_player *player)
{
    cs_query_args query;
    char line[512];
    if (cs_str_is(cs_json_str(player->step->arg), "everything")) {
        sentence(player, "本人收回对整份政策的同意。", "The person takes back the whole policy.");
        return;
    }
    if (cs_play_query(player, player->step->arg, &query, NULL) != CONSENT_OK)
        return;
    snprintf(line, sizeof(line), is_chinese(player) ? "本人收回“%s”的同意。" : "The person takes back “%s”.",
             purpose_name(player, query.query.purpose));
    sentence(player, line, line);
}

static void say_system(cs_player *player)
{
    static const char *const chinese[] = {"状态不明", "已开启", "被拒绝", "被拒绝且不再弹窗"};
    static const char *const english[] = {"unknown", "granted", "denied", "denied for good"};
    char line[512];
    consent_os_state os = CONSENT_OS_UNKNOWN;
    bool zh = is_chinese(player);
    if (cs_play_text(player, "os") == NULL || !cs_os_state_find(cs_str_of(cs_play_text(player, "os")), &os))
        return;
    if (player->step->verb == CS_VERB_OBSERVE)
        snprintf(line, sizeof(line),
                 zh ? "系统设置里，权限“%s”%s。" : "In the system's settings the permission “%s” is %s.",
                 permission_name(player, cs_json_str(player->step->arg).data), (zh ? chinese : english)[os]);
    else
        snprintf(line, sizeof(line),
                 zh ? "系统授权框如果弹出，本人选择：%s。" : "If the system shows its prompt, the permission is %s.",
                 (zh ? chinese : english)[os]);
    sentence(player, line, line);
}

static void say_title(cs_player *player)
{
    const cs_json *proves = cs_step_get(player->step, "proves");
    fprintf(player->tool->out, "\n== %.*s", CS_STR_ARG(cs_json_str(player->step->arg)));
    for (const cs_json *each = cs_json_first(proves); each != NULL; each = cs_json_next(each))
        fprintf(player->tool->out, "%s%.*s", each == cs_json_first(proves) ? "  [" : " ",
                CS_STR_ARG(cs_json_str(each)));
    fprintf(player->tool->out, "%s\n", cs_json_first(proves) != NULL ? "]" : "");
}

/* By the name of its folder or file: that is how the scenario's writer tells versions apart. */
static void say_install(cs_player *player)
{
    char words[200];
    cs_str path = cs_json_str(player->step->arg);
    for (size_t at = path.size; at-- > 0;)
        if (path.data[at] == '/' && at + 1 < path.size) {
            path = (cs_str){path.data + at + 1, path.size - at - 1};
            break;
        }
    snprintf(words, sizeof(words),
             is_chinese(player) ? "应用收到一份签名的政策：%.*s。" : "The app receives a signed policy: %.*s.",
             (int)(path.size < 100 ? path.size : 100), path.data);
    sentence(player, words, words);
}

typedef struct told_word {
    const char *word, *chinese, *english;
} told_word;

static void say_word(cs_player *player, const told_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cs_str_is(cs_json_str(player->step->arg), words[i].word))
            sentence(player, words[i].chinese, words[i].english);
}

static void say_support(cs_player *player)
{
    static const told_word words[] = {
        {"withdraws", "客服应本人要求，代为收回同意。", "Support takes a consent back at the person's request."},
        {"refuses", "客服应本人要求，代为拒绝。", "Support refuses at the person's request."},
        {"says_granted", "客服称本人已经同意。", "Support says that the person consented."},
        {"corrects_age", "客服更正本人的年龄。", "Support corrects the person's age."},
        {"answers", "客服答复本人的请求。", "Support answers the person's request."},
        {"tells", "经营者发出一份通知。", "The operator sends a notice."},
        {"guardian_link", "监护人通过链接表示同意。", "The guardian approves by a link."},
        {"forges_grant", "后端冒充本人写下一条同意。", "The backend writes a consent in the person's name."}};
    say_word(player, words, CS_COUNT_OF(words));
}

static void say_network(cs_player *player)
{
    static const told_word words[] = {{"on", "网络恢复。", "The network is back."},
                                      {"off", "网络断开。", "The network is gone."},
                                      {"answer_lost", "后端存好之后、回答之前将会停掉。",
                                       "The backend is about to store and die before it answers."}};
    say_word(player, words, CS_COUNT_OF(words));
}

static void say_named(cs_player *player, const char *chinese, const char *english)
{
    char line[256];
    cs_str name = cs_json_str(player->step->arg);
    snprintf(line, sizeof(line), "%s%.*s%s", is_chinese(player) ? chinese : english,
             (int)(name.size < 100 ? name.size : 100), name.data, is_chinese(player) ? "”。" : "”.");
    sentence(player, line, line);
}

/* What is the same whenever it happens. */
static void say_plainly(cs_player *player)
{
    static const struct {
        cs_verb verb;
        const char *chinese, *english;
    } plain[] = {
        {CS_VERB_CLOCK, "有人改了设备的时钟。", "Someone sets the device's clock."},
        {CS_VERB_IMPORT, "应用带来此前记录的同意。", "The app brings consent that it recorded before."},
        {CS_VERB_AGE_SIGNAL, "应用在别处看到了本人的年龄。", "The app sees the person's age elsewhere."},
        {CS_VERB_RESTART, "应用重新启动。", "The app starts again."},
        {CS_VERB_COPY, "把存储复制一份。", "The store is copied."},
        {CS_VERB_DAMAGE, "有人改动了存储的文件。", "Someone changes a file of the store."},
        {CS_VERB_RESTORE, "旧的存储被放了回来。", "An older store is put back."},
        {CS_VERB_VERIFY, "逐条核验全部记录。", "The whole record is verified."},
        {CS_VERB_ERASE, "本人的记录和密钥被删除。", "The person's record and keys are erased."},
        {CS_VERB_REQUEST, "用户向经营者提出一项请求。", "The person asks something of the operator."},
        {CS_VERB_REQUEST_UPDATE, "这项请求有了进展。", "The request moves on."},
    };
    for (size_t i = 0; i < CS_COUNT_OF(plain); i++)
        if (plain[i].verb == player->step->verb)
            sentence(player, plain[i].chinese, plain[i].english);
}

void cs_narrate_step(cs_player *player)
{
    if (is_quiet(player))
        return;
    switch (player->step->verb) {
    case CS_VERB_SCENARIO:
        say_title(player);
        return;
    case CS_VERB_INSTALL:
        say_install(player);
        return;
    case CS_VERB_FORM:
    case CS_VERB_ANSWER:
        say_form(player);
        return;
    case CS_VERB_WITHDRAW:
        say_withdrawal(player);
        return;
    case CS_VERB_PERMISSION:
    case CS_VERB_OBSERVE:
        say_system(player);
        return;
    case CS_VERB_DEVICE:
        say_named(player, "改用设备“", "Now on the device “");
        return;
    case CS_VERB_JOIN:
        say_named(player, "本人登录，此前匿名作出的选择随之并入账户“",
                  "The person logs in; what was chosen anonymously joins “");
        return;
    case CS_VERB_NETWORK:
        say_network(player);
        return;
    case CS_VERB_SUPPORT:
        say_support(player);
        return;
    default:
        say_plainly(player);
        return;
    }
}
