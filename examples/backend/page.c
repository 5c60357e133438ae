/* The operator's web page: signing in, the home page, requests, policies, health. */
#include "page.h"

#include "handlers.h"
#include "log.h"
#include "platform/platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOME_REQUESTS 20u
#define ALL_REQUESTS 500u
#define AUDIT_LINES 50u

/* ---- shared ------------------------------------------------------------------------------------------ */

cd_lang cd_page_begin(cd_request *request, const char *zh, const char *en)
{
    cd_lang lang = cd_lang_of(request);
    char who[160];
    cd_answer_text(request, "text/html; charset=utf-8");
    (void)snprintf(who, sizeof who, "%s · %s", request->who.name, cd_word(lang, cd_role_name(request->who.role)));
    cd_html_begin(&request->answer, lang, cd_say(lang, zh, en), request->who.name[0] != '\0' ? who : NULL);
    return lang;
}

void cd_page_end(cd_request *request)
{
    cd_html_end(&request->answer);
}

void cd_page_say(cd_request *request, unsigned status, const char *zh, const char *en, const char *detail)
{
    cd_lang lang = cd_page_begin(request, "同意管理", "Consent");
    cs_buffer_printf(&request->answer, "<p class=\"say bad\">%s", cd_say(lang, zh, en));
    if (detail && detail[0] != '\0') {
        cs_buffer_text(&request->answer, "<br>");
        cd_html_text(&request->answer, detail);
    }
    cs_buffer_printf(&request->answer, "</p><p><a href=\"/admin/\">%s</a></p>", cd_say(lang, "返回首页", "Home"));
    cd_page_end(request);
    request->status = status;
}

bool cd_page_may(cd_request *request, cd_access access)
{
    if (cd_role_opens(request->who.role, access))
        return true;
    cd_page_say(request, 403, "您的角色不能进行此操作。", "Your role does not open this.", NULL);
    return false;
}

void cd_page_put_key(cd_request *request)
{
    char key[CD_TOKEN_SIZE];
    if (cd_auth_form_key(request->server->config, &request->who, key))
        cs_buffer_printf(&request->answer, "<input type=\"hidden\" name=\"key\" value=\"%s\">", key);
}

bool cd_page_key_fits(cd_request *request)
{
    char key[CD_TOKEN_SIZE], given[CD_TOKEN_SIZE];
    if (cd_form_value(request, "key", given, sizeof given) &&
        cd_auth_form_key(request->server->config, &request->who, key) && strlen(key) == strlen(given) &&
        cs_equal_secret(key, given, strlen(key)))
        return true;
    cd_page_say(request, 403, "表单已失效，请刷新页面后重试。", "The form is stale: load the page again.", NULL);
    return false;
}

static const struct {
    const char *word, *zh, *en;
} sayings[] = {
    {"done", "已记录，将在设备下次联网时生效。", "Recorded; it reaches the devices when they are next online."},
    {"sent", "通知已发送。", "The notice was sent."},
    {"unknown", "没有找到该账号的记录。", "There is no record of this account."}};

void cd_page_put_said(cd_request *request, cd_lang lang)
{
    cs_str said = cd_query(request, "said");
    for (size_t i = 0; i < CS_COUNT_OF(sayings); i++)
        if (cs_str_is(said, sayings[i].word))
            cs_buffer_printf(&request->answer, "<p class=\"say\">%s</p>", cd_say(lang, sayings[i].zh, sayings[i].en));
}

void cd_page_after(cd_request *request, const char *path, const char *said, consent_status status,
                   const consent_error *err)
{
    char to[200];
    if (status == CONSENT_OK) {
        (void)snprintf(to, sizeof to, "%s?said=%s", path, said);
        cd_answer_see_other(request, to);
        return;
    }
    cd_answer_failure(request, status, err);
    unsigned code = request->status;
    bool tell = code < 500;
    cd_page_say(request, code, "没有完成，原因如下：", "This was not done:",
                tell ? err->message : cd_say(CD_EN, "", "the backend failed or is busy; try again"));
}

/* ---- signing in ------------------------------------------------------------------------------------------ */

static void login_page(cd_request *request, bool wrong)
{
    cd_lang lang = cd_page_begin(request, "登录", "Sign in");
    cs_buffer *out = &request->answer;
    if (wrong)
        cs_buffer_printf(out, "<p class=\"say bad\">%s</p>", cd_say(lang, "令牌无效。", "This token opens nothing."));
    cs_buffer_printf(
        out,
        "<section><form class=\"row\" method=\"post\" action=\"/admin/login\"><label>%s"
        "<input class=\"wide\" type=\"password\" name=\"token\" autocomplete=\"current-password\" autofocus>"
        "</label><button>%s</button></form></section>",
        cd_say(lang, "操作员令牌", "Operator's token"), cd_say(lang, "登录", "Sign in"));
    cd_page_end(request);
}

void cd_page_root(cd_request *request)
{
    cd_answer_see_other(request, "/admin/");
}

void cd_page_login(cd_request *request)
{
    login_page(request, false);
}

void cd_page_do_login(cd_request *request)
{
    char token[CD_TOKEN_MAX_BYTES], session[CD_TOKEN_MAX_BYTES];
    cd_operator one;
    consent_error err = {0};
    (void)cd_form_value(request, "token", token, sizeof token);
    cd_store *store = cd_reader(request);
    consent_status status = cd_auth_check_operator(store, cs_str_of(token), &one, &err);
    cd_reader_back(request, store);
    if (status == CONSENT_OK && cd_auth_session(request->server->config, &one, request->now_ms, session)) {
        cd_answer_see_other(request, "/admin/");
        (void)snprintf(request->cookie, sizeof request->cookie,
                       "session=%s; Path=/admin; Secure; HttpOnly; SameSite=Strict", session);
        return;
    }
    login_page(request, true);
    request->status = 401;
}

void cd_page_logout(cd_request *request)
{
    cd_answer_see_other(request, "/admin/login");
    (void)snprintf(request->cookie, sizeof request->cookie,
                   "session=; Path=/admin; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

/* ---- requests --------------------------------------------------------------------------------------------- */

void cd_page_request_head(cd_request *request, cd_lang lang, bool person)
{
    cs_buffer_printf(&request->answer,
                     "<table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th>%s%s%s</tr></thead>\n",
                     cd_say(lang, "期限", "Due"), cd_say(lang, "权利", "Right"), cd_say(lang, "状态", "State"),
                     cd_say(lang, "提出时间", "Opened"), person ? "<th>" : "",
                     person ? cd_say(lang, "用户", "Person") : "", person ? "</th>" : "");
}

void cd_page_put_request_row(cd_request *request, cd_lang lang, const cd_request_row *row, bool person)
{
    cs_buffer *out = &request->answer;
    bool late = !row->closed && row->due_ms > 0 && request->now_ms >= row->due_ms;
    cs_buffer_printf(out, "<tr><td class=\"n%s\">", late ? " bad" : "");
    cd_html_time(out, row->due_ms > 0 ? row->due_ms - 1 : 0); /* the last moment in time */
    cs_buffer_printf(out, "%s</td><td>%s<br><code class=\"soft\">", late ? cd_say(lang, " 已逾期", " overdue") : "",
                     cd_word(lang, row->right));
    cd_html_text(out, row->id);
    cs_buffer_printf(out, "</code></td><td><span class=\"tag%s\">%s</span></td><td class=\"n\">",
                     row->closed ? " good" : "", cd_word(lang, row->state));
    cd_html_time(out, row->opened_ms);
    cs_buffer_text(out, "</td>");
    if (person) {
        char hex[2 * CS_PROFILE_ID_SIZE + 1];
        cs_hex_encode(row->profile, CS_PROFILE_ID_SIZE, hex);
        cs_buffer_printf(out, "<td><a href=\"/admin/profiles/%s\"><code>%.12s…</code></a></td>", hex, hex);
    }
    cs_buffer_text(out, "</tr>\n");
}

typedef struct request_table {
    cd_request *request;
    cd_lang lang;
    uint32_t count, late;
} request_table;

static bool put_row(void *ctx, const cd_request_row *row)
{
    request_table *table = ctx;
    if (table->count++ == 0)
        cd_page_request_head(table->request, table->lang, true);
    cd_page_put_request_row(table->request, table->lang, row, true);
    return true;
}

static void put_requests(cd_request *request, cd_lang lang, uint32_t limit)
{
    request_table table = {.request = request, .lang = lang};
    consent_error err = {0};
    cs_buffer *out = &request->answer;
    cs_buffer_printf(out, "<section><h2>%s</h2>",
                     cd_say(lang, "未完成的权利请求（按期限）", "Open requests, the first due first"));
    cd_store *store = cd_reader(request);
    (void)cd_store_each_open_request(store, limit, put_row, &table, &err);
    cd_reader_back(request, store);
    if (table.count == 0)
        cs_buffer_printf(out, "<p class=\"soft\">%s</p></section>", cd_say(lang, "没有。", "None."));
    else
        cs_buffer_text(out, "</table></section>\n");
}

void cd_page_requests(cd_request *request)
{
    if (!cd_page_may(request, CD_READ_PERSONS))
        return;
    cd_lang lang = cd_page_begin(request, "权利请求", "Requests");
    put_requests(request, lang, ALL_REQUESTS);
    cd_page_end(request);
}

/* ---- home --------------------------------------------------------------------------------------------------- */

void cd_page_home(cd_request *request)
{
    cd_lang lang = cd_page_begin(request, "首页", "Home");
    cs_buffer *out = &request->answer;
    cd_page_put_said(request, lang);
    if (!cd_role_opens(request->who.role, CD_READ_PERSONS)) {
        cs_buffer_printf(
            out, "<p class=\"say\">%s</p>",
            cd_say(lang, "您的角色用于发布，不能查看个人记录。", "Your role publishes; it reads no person's record."));
        cd_page_end(request);
        return;
    }
    cs_buffer_printf(out, "<section><h2>%s</h2><form class=\"row\" method=\"post\" action=\"/admin/find\">",
                     cd_say(lang, "查找用户", "Find a person"));
    cd_page_put_key(request);
    cs_buffer_printf(out,
                     "<label>%s<input class=\"wide\" name=\"account\" autofocus></label><button>%s</button></form>"
                     "<p class=\"soft\">%s</p></section>\n",
                     cd_say(lang, "账号或编号", "Account, or profile id"), cd_say(lang, "查找", "Find"),
                     cd_say(lang, "账号不会被保存；查看记录会写入审计。",
                            "The account is not kept; reading a record is put down in the audit."));
    put_requests(request, lang, HOME_REQUESTS);
    cd_page_end(request);
}

void cd_page_find(cd_request *request)
{
    char account[256], to[100], hex[2 * CS_PROFILE_ID_SIZE + 1];
    uint8_t id[CS_PROFILE_ID_SIZE];
    cd_profile profile;
    consent_error err = {0};
    if (!cd_page_may(request, CD_READ_PERSONS) || !cd_page_key_fits(request))
        return;
    (void)cd_form_value(request, "account", account, sizeof account);
    consent_status status = CONSENT_OK;
    if (!cs_hex_decode(cs_str_of(account), id, sizeof id)) /* who has no account tells the profile's id */
        status = cs_wire_account_id(cs_str_of(account), id, &err);
    cd_store *store = cd_reader(request);
    if (status == CONSENT_OK)
        status = cd_store_profile(store, id, &profile, &err);
    cd_reader_back(request, store);
    cs_hex_encode(id, sizeof id, hex);
    (void)snprintf(to, sizeof to, "/admin/profiles/%s", hex);
    cd_answer_see_other(request, status == CONSENT_OK ? to : "/admin/?said=unknown");
}

/* ---- policies and notices --------------------------------------------------------------------------------------- */

typedef struct listing {
    cd_request *request;
    cd_lang lang;
} listing;

static bool put_policy(void *ctx, const cd_policy_row *row)
{
    listing *l = ctx;
    cs_buffer *out = &l->request->answer;
    cs_buffer_text(out, "<tr><td>");
    cd_html_text(out, row->id);
    cs_buffer_printf(out, "</td><td class=\"n\">%u.%u</td><td class=\"n\">", (unsigned)row->version,
                     (unsigned)row->revision);
    cd_html_time(out, row->effective_ms);
    cs_buffer_printf(out, "%s</td><td class=\"n\">",
                     row->effective_ms > l->request->now_ms ? cd_say(l->lang, "（未生效）", " (not yet)") : "");
    cd_html_time(out, row->published_ms);
    cs_buffer_text(out, "</td><td>");
    cd_html_hex(out, row->hash, 8);
    cs_buffer_text(out, "</td></tr>\n");
    return true;
}

static bool put_notice(void *ctx, const cd_notice_row *row)
{
    listing *l = ctx;
    char hex[2 * CS_HASH_SIZE + 1];
    cs_buffer *out = &l->request->answer;
    cs_hex_encode(row->hash, CS_HASH_SIZE, hex);
    cs_buffer_text(out, "<tr><td>");
    cd_html_text(out, row->id);
    cs_buffer_printf(out, "</td><td>%s</td><td class=\"n\">", cd_word(l->lang, row->kind));
    cd_html_time(out, row->published_ms);
    cs_buffer_text(out, "</td><td>");
    if (l->request->who.role == CD_ROLE_PUBLISHER) {
        cs_buffer_text(out, "<form method=\"post\" action=\"/admin/notify\">");
        cd_page_put_key(l->request);
        cs_buffer_printf(
            out, "<input type=\"hidden\" name=\"notice\" value=\"%s\"><button class=\"plain\">%s</button></form>", hex,
            cd_say(l->lang, "发给所有人", "Send to everybody"));
    }
    cs_buffer_text(out, "</td></tr>\n");
    return true;
}

void cd_page_policies(cd_request *request)
{
    cd_lang lang = cd_page_begin(request, "政策与通知", "Policies and notices");
    listing l = {request, lang};
    cs_buffer *out = &request->answer;
    consent_error err = {0};
    cd_page_put_said(request, lang);
    cs_buffer_printf(
        out,
        "<section><h2>%s</h2><table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>SHA-256</th>"
        "</tr></thead>\n",
        cd_say(lang, "已发布的政策", "Published policies"), cd_say(lang, "政策", "Policy"),
        cd_say(lang, "版本", "Version"), cd_say(lang, "生效", "Effective"), cd_say(lang, "发布", "Published"));
    cd_store *store = cd_reader(request);
    (void)cd_store_each_policy(store, put_policy, &l, &err);
    cs_buffer_printf(
        out,
        "</table></section><section><h2>%s</h2><table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th></th>"
        "</tr></thead>\n",
        cd_say(lang, "已发布的通知", "Published notices"), cd_say(lang, "通知", "Notice"), cd_say(lang, "种类", "Kind"),
        cd_say(lang, "发布", "Published"));
    (void)cd_store_each_notice(store, ALL_REQUESTS, put_notice, &l, &err);
    cd_reader_back(request, store);
    cs_buffer_printf(out, "</table><p class=\"soft\">%s</p></section>",
                     cd_say(lang, "政策、版本声明、密钥集和通知须经签名，由 consentd publish 或接口发布。",
                            "Policies, head statements, key sets and notices are signed, and published by consentd "
                            "publish or the API."));
    cd_page_end(request);
}

void cd_page_do_notify_all(cd_request *request)
{
    char hex[2 * CS_HASH_SIZE + 2];
    uint8_t hash[CS_HASH_SIZE];
    consent_error err = {0};
    if (!cd_page_may(request, CD_PUBLISH) || !cd_page_key_fits(request))
        return;
    consent_status status = CONSENT_OK;
    if (!cd_form_value(request, "notice", hex, sizeof hex) || !cs_hex_decode(cs_str_of(hex), hash, sizeof hash))
        status = cs_fail(&err, CONSENT_E_ARGUMENT, 0, "no notice was named");
    if (status == CONSENT_OK)
        status = cd_notify(request, hash, true, &err);
    cd_page_after(request, "/admin/policies", "sent", status, &err);
}

/* ---- health -------------------------------------------------------------------------------------------------------- */

static void fact(cs_buffer *out, const char *name, uint64_t value)
{
    cs_buffer_printf(out, "<div><span class=\"soft\">%s</span><b>%" PRIu64 "</b></div>", name, value);
}

static bool put_audit(void *ctx, const cd_audit *one)
{
    listing *l = ctx;
    cs_buffer *out = &l->request->answer;
    cs_buffer_text(out, "<tr><td class=\"n\">");
    cd_html_time(out, one->time_ms);
    cs_buffer_text(out, "</td><td>");
    cd_html_text(out, one->who);
    cs_buffer_printf(out, "</td><td>%s</td><td>", cd_word(l->lang, one->act));
    cd_html_text(out, one->detail);
    cs_buffer_text(out, "</td><td>");
    if (one->profile)
        cd_html_hex(out, one->profile, 6);
    cs_buffer_text(out, "</td></tr>\n");
    return true;
}

void cd_page_put_audit(cd_request *request, cd_lang lang, cd_store *store, const uint8_t *profile)
{
    listing l = {request, lang};
    cs_buffer_printf(
        &request->answer,
        "<section><h2>%s</h2><table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr>"
        "</thead>\n",
        cd_say(lang, "操作审计", "What operators did"), cd_say(lang, "时间", "Time"),
        cd_say(lang, "操作员", "Operator"), cd_say(lang, "操作", "Act"), cd_say(lang, "说明", "Detail"),
        cd_say(lang, "用户", "Person"));
    (void)cd_store_each_audit(store, profile, AUDIT_LINES, put_audit, &l, NULL);
    cs_buffer_text(&request->answer, "</table></section>\n");
}

void cd_page_health(cd_request *request)
{
    char kid[17];
    cs_buffer line;
    uint32_t version = 0;
    uint64_t sealed = 0;
    consent_error err = {0};
    cd_metrics *metrics = &request->server->metrics;
    cd_lang lang = cd_page_begin(request, "运行状况", "Health");
    cs_buffer *out = &request->answer;
    cs_buffer_init(&line, cs_memory_system(), 262144);
    cd_store *store = cd_reader(request);
    bool database = cd_store_key_set(store, &version, &line, &err) == CONSENT_OK;
    (void)cd_store_count_sealed(store, &sealed, &err);
    bool key = cd_keys_current(request->server->keys, request->now_ms, kid);
    cs_buffer_printf(
        out, "<section><h2>%s</h2><p><span class=\"tag %s\">%s</span> %s <code>%s</code> · %s %u</p></section>",
        cd_say(lang, "状态", "State"), database && key ? "good" : "bad",
        database && key ? cd_say(lang, "正常", "ready") : cd_say(lang, "不能签发回执", "cannot sign receipts"),
        cd_say(lang, "回执密钥", "receipt key"), kid, cd_say(lang, "密钥集版本", "key set version"), version);
    cs_buffer_printf(out, "<section><h2>%s</h2><div class=\"facts\">", cd_say(lang, "自启动以来", "Since the start"));
    fact(out, cd_say(lang, "已存事件", "events stored"), atomic_load(&metrics->events));
    fact(out, cd_say(lang, "已存批次", "ranges stored"), atomic_load(&metrics->ranges));
    fact(out, cd_say(lang, "重复批次", "repeated"), atomic_load(&metrics->repeated));
    fact(out, cd_say(lang, "分叉", "forks"), atomic_load(&metrics->forks));
    fact(out, cd_say(lang, "被拒", "rejected"), atomic_load(&metrics->rejected));
    fact(out, cd_say(lang, "限流", "limited"), atomic_load(&metrics->limited));
    fact(out, cd_say(lang, "提交", "commits"), atomic_load(&metrics->commits));
    fact(out, cd_say(lang, "提交失败", "failed commits"), atomic_load(&metrics->failed_commits));
    fact(out, cd_say(lang, "连接", "connections"), atomic_load(&metrics->connections));
    fact(out, cd_say(lang, "密封文件", "sealed files"), sealed);
    cs_buffer_text(out, "</div></section>\n");
    cd_page_put_audit(request, lang, store, NULL);
    cd_reader_back(request, store);
    cs_buffer_free(&line);
    cd_page_end(request);
}
