/* The page of one person: devices, requests, what support may do, the record. */
#include "handlers.h"
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_EVENTS 200u

static void path_of(const cd_request *request, char *out, size_t size)
{
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    cs_hex_encode(request->profile, CS_PROFILE_ID_SIZE, hex);
    (void)snprintf(out, size, "/admin/profiles/%s", hex);
}

static void begin_form(cd_request *request, const char *action)
{
    char path[100];
    path_of(request, path, sizeof path);
    cs_buffer_printf(&request->answer, "<form class=\"row\" method=\"post\" action=\"%s/%s\">", path, action);
    cd_page_put_key(request);
}

static void field(cs_buffer *out, const char *label, const char *name, const char *more)
{
    cs_buffer_printf(out, "<label>%s<input name=\"%s\" %s></label>", label, name, more);
}

static void option(cs_buffer *out, cd_lang lang, const char *value)
{
    cs_buffer_printf(out, "<option value=\"%s\">%s</option>", value, cd_word(lang, value));
}

/* ---- devices ------------------------------------------------------------------------------------------ */

typedef struct walk {
    cd_request *request;
    cd_lang lang;
    uint32_t count;
    uint64_t skip; /* events before this cursor are not shown */
} walk;

static bool put_stream(void *ctx, const cd_stream *stream)
{
    static const char *const zh[] = {"–", "文件", "系统密钥库", "硬件"}, *const en[] = {"–", "file", "system",
                                                                                        "hardware"};
    walk *w = ctx;
    cs_buffer *out = &w->request->answer;
    uint32_t kind = stream->protection <= 3 ? stream->protection : 0;
    cs_buffer_text(out, "<tr><td>");
    cd_html_hex(out, stream->id, 8);
    cs_buffer_printf(out, "</td><td>%s</td><td>%s</td><td>%" PRIu64 "</td><td class=\"n\">",
                     !stream->has_key ? cd_say(w->lang, "后台（客服）", "backend (support)")
                     : stream->joined ? cd_say(w->lang, "设备（登录前）", "device (before log-in)")
                                      : cd_say(w->lang, "设备", "device"),
                     cd_say(w->lang, zh[kind], en[kind]), stream->last);
    cd_html_time(out, stream->created_ms);
    cs_buffer_text(out, "</td></tr>\n");
    return true;
}

static void put_streams(cd_request *request, cd_lang lang, cd_store *store)
{
    walk w = {.request = request, .lang = lang};
    cs_buffer_printf(
        &request->answer,
        "<section><h2>%s</h2><table><thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr>"
        "</thead>\n",
        cd_say(lang, "设备", "Devices"), cd_say(lang, "流", "Stream"), cd_say(lang, "来源", "By"),
        cd_say(lang, "密钥保管", "Key kept by"), cd_say(lang, "事件数", "Events"), cd_say(lang, "登记", "Since"));
    (void)cd_store_each_stream(store, request->profile, put_stream, &w, NULL);
    cs_buffer_text(&request->answer, "</table></section>\n");
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static bool put_request(void *ctx, const cd_request_row *row)
{
    walk *w = ctx;
    if (w->count++ == 0)
        cd_page_request_head(w->request, w->lang, false);
    cd_page_put_request_row(w->request, w->lang, row, false);
    return true;
}

static bool put_request_option(void *ctx, const cd_request_row *row)
{
    walk *w = ctx;
    cs_buffer *out = &w->request->answer;
    if (row->closed && strcmp(row->state, "done_live") != 0)
        return true;
    cs_buffer_text(out, "<option value=\"");
    cd_html_text(out, row->id);
    cs_buffer_printf(out, "\">%s · ", cd_word(w->lang, row->right));
    cd_html_text(out, row->id);
    cs_buffer_text(out, "</option>");
    w->count++;
    return true;
}

static void put_change_form(cd_request *request, cd_lang lang, cd_store *store)
{
    static const char *const states[] = {"in_progress", "needs_verification", "fee_quoted", "done",
                                         "done_live",   "done_backup",        "refused"};
    static const char *const refusals[] = {
        "", "unrelated", "repeated", "disproportionate", "risk_to_others", "impractical", "unverified", "law_forbids"};
    walk w = {.request = request, .lang = lang};
    cs_buffer *out = &request->answer;
    size_t before = out->size;
    begin_form(request, "requests");
    cs_buffer_printf(out, "<label>%s<select name=\"request\">", cd_say(lang, "请求", "Request"));
    (void)cd_store_each_request(store, request->profile, put_request_option, &w, NULL);
    if (w.count == 0) { /* nothing is open: no form */
        out->size = before;
        return;
    }
    cs_buffer_printf(out, "</select></label><label>%s<select name=\"state\">", cd_say(lang, "改为", "To"));
    for (size_t i = 0; i < CS_COUNT_OF(states); i++)
        option(out, lang, states[i]);
    cs_buffer_printf(out, "</select></label><label>%s<select name=\"refusal\">",
                     cd_say(lang, "拒绝理由", "If refused, why"));
    for (size_t i = 0; i < CS_COUNT_OF(refusals); i++)
        option(out, lang, refusals[i]);
    cs_buffer_text(out, "</select></label>");
    field(out, cd_say(lang, "说明（拒绝须写明）", "Text (a refusal needs it)"), "text",
          "class=\"wide\" maxlength=\"1000\"");
    field(out, cd_say(lang, "费用（分）", "Fee (fen)"), "fee", "inputmode=\"numeric\" size=\"6\"");
    cs_buffer_printf(out, "<button>%s</button></form>", cd_say(lang, "提交", "Submit"));
}

static void put_requests(cd_request *request, cd_lang lang, cd_store *store)
{
    walk w = {.request = request, .lang = lang};
    cs_buffer *out = &request->answer;
    cs_buffer_printf(out, "<section><h2>%s</h2>", cd_say(lang, "权利请求", "Requests"));
    (void)cd_store_each_request(store, request->profile, put_request, &w, NULL);
    if (w.count == 0)
        cs_buffer_printf(out, "<p class=\"soft\">%s</p>", cd_say(lang, "没有。", "None."));
    else
        cs_buffer_text(out, "</table>");
    if (w.count > 0 && cd_role_opens(request->who.role, CD_ACT))
        put_change_form(request, lang, store);
    cs_buffer_text(out, "</section>\n");
}

/* ---- what support may do --------------------------------------------------------------------------------- */

static void put_act_form(cd_request *request, cd_lang lang)
{
    cs_buffer *out = &request->answer;
    cs_buffer_printf(out, "<section><h2>%s</h2><p class=\"soft\">%s</p>", cd_say(lang, "代本人记录", "For the person"),
                     cd_say(lang, "客服不能代为授权：“说明已同意”只会让设备请本人确认。",
                            "Support cannot grant: “say given” makes the devices ask the person to confirm."));
    begin_form(request, "acts");
    cs_buffer_printf(out, "<label>%s<select name=\"act\">", cd_say(lang, "操作", "Act"));
    option(out, lang, "withdraw");
    option(out, lang, "refuse");
    option(out, lang, "say_given");
    cs_buffer_text(out, "</select></label>");
    field(out, cd_say(lang, "政策", "Policy"), "policy", "value=\"platform\"");
    field(out, cd_say(lang, "目的（撤回整个政策则留空）", "Purpose (empty: the whole policy)"), "purpose", "");
    field(out, cd_say(lang, "接收方", "Recipient"), "recipient", "");
    field(out, cd_say(lang, "数据项（逗号分隔）", "Data items, comma between"), "data", "");
    field(out, cd_say(lang, "工单号", "Case"), "case", "required");
    cs_buffer_printf(out, "<button>%s</button></form></section>\n", cd_say(lang, "记录", "Record"));
    cs_buffer_printf(out, "<section><h2>%s</h2>", cd_say(lang, "更正年龄", "Correct the age"));
    begin_form(request, "age");
    field(out, cd_say(lang, "出生日期", "Birth date"), "birth", "type=\"date\"");
    field(out, cd_say(lang, "或至少（岁）", "or at least (years)"), "at_least", "inputmode=\"numeric\"");
    field(out, cd_say(lang, "工单号", "Case"), "case", "required");
    cs_buffer_printf(out, "<button>%s</button></form></section>\n", cd_say(lang, "更正", "Correct"));
}

static bool put_notice_option(void *ctx, const cd_notice_row *row)
{
    walk *w = ctx;
    char hex[2 * CS_HASH_SIZE + 1];
    cs_buffer *out = &w->request->answer;
    cs_hex_encode(row->hash, CS_HASH_SIZE, hex);
    cs_buffer_printf(out, "<option value=\"%s\">", hex);
    cd_html_text(out, row->id);
    cs_buffer_printf(out, " · %s</option>", cd_word(w->lang, row->kind));
    return true;
}

static void put_notice_form(cd_request *request, cd_lang lang, cd_store *store)
{
    walk w = {.request = request, .lang = lang};
    cs_buffer *out = &request->answer;
    cs_buffer_printf(out, "<section><h2>%s</h2>", cd_say(lang, "发送通知", "Send a notice"));
    begin_form(request, "notices");
    cs_buffer_printf(out, "<label>%s<select name=\"notice\">", cd_say(lang, "已发布的通知", "Published notice"));
    (void)cd_store_each_notice(store, 100, put_notice_option, &w, NULL);
    cs_buffer_printf(out, "</select></label><button>%s</button></form></section>\n", cd_say(lang, "发送", "Send"));
}

/* ---- the record ---------------------------------------------------------------------------------------------- */

static void put_about(cs_buffer *out, const cs_event *event)
{
    const cs_str parts[] = {event->purpose, event->recipient, event->permission};
    bool any = false;
    for (size_t i = 0; i < CS_COUNT_OF(parts); i++) {
        if (parts[i].size == 0)
            continue;
        cs_buffer_text(out, any ? " → <code>" : "<code>");
        cd_html_escape(out, parts[i]);
        cs_buffer_text(out, "</code>");
        any = true;
    }
    for (size_t i = 0; i < event->data_count; i++) {
        cs_buffer_text(out, i == 0 ? "<br><span class=\"soft\">" : ", ");
        cd_html_escape(out, event->data[i]);
    }
    cs_buffer_text(out, event->data_count > 0 ? "</span>" : "");
    if (event->reference.size > 0) {
        cs_buffer_text(out, any ? "<br><span class=\"soft\">" : "<span class=\"soft\">");
        cd_html_escape(out, event->reference);
        cs_buffer_text(out, "</span>");
    }
}

static void put_event(walk *w, const cd_stored_range *range, uint64_t cursor, const cs_event *event)
{
    cs_buffer *out = &w->request->answer;
    cs_polarity polarity = cs_event_polarity(event);
    const char *tag = polarity == CS_PERMISSIVE ? " good" : polarity == CS_RESTRICTIVE ? " bad" : "";
    cs_buffer_printf(out, "<tr><td class=\"n soft\">%" PRIu64 "</td><td class=\"n\">", cursor);
    cd_html_time(out, event->time_ms);
    cs_buffer_printf(out, "</td><td>%s%s</td><td><span class=\"tag%s\">%s</span></td><td>",
                     cd_word(w->lang, cs_actor_name(event->actor)),
                     range->by_backend ? cd_say(w->lang, "（后台）", " (backend)") : "", tag,
                     cd_word(w->lang, cs_event_type_name(event->type)));
    put_about(out, event);
    cs_buffer_text(out, "</td><td class=\"n\">");
    if (event->policy.id.size > 0) {
        cd_html_escape(out, event->policy.id);
        cs_buffer_printf(out, " %u.%u", (unsigned)event->policy.version, (unsigned)event->policy.revision);
    }
    cs_buffer_text(out, "</td></tr>\n");
}

static bool put_range(void *ctx, const cd_stored_range *range)
{
    walk *w = ctx;
    cs_reader in = cs_reader_of(range->events);
    for (uint64_t seq = range->first; seq <= range->last; seq++) {
        cs_event event;
        cs_span bytes = cs_wire_next_event(&in);
        uint64_t cursor = range->first_cursor + seq - range->first;
        if (cursor > w->skip && cs_event_decode(bytes, &event, NULL) == CONSENT_OK)
            put_event(w, range, cursor, &event);
    }
    return true;
}

static void put_record(cd_request *request, cd_lang lang, cd_store *store, const cd_profile *profile)
{
    uint64_t last = profile->next_cursor - 1;
    walk w = {.request = request, .lang = lang, .skip = last > SHOWN_EVENTS ? last - SHOWN_EVENTS : 0};
    cs_buffer *out = &request->answer;
    cs_buffer_printf(
        out,
        "<section><h2>%s <span class=\"soft\">%" PRIu64 "</span></h2><table><thead><tr><th>#</th><th>%s</th>"
        "<th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr></thead>\n",
        cd_say(lang, "同意记录", "The record"), last, cd_say(lang, "时间", "Time"), cd_say(lang, "操作者", "By"),
        cd_say(lang, "事件", "Event"), cd_say(lang, "关于", "About"), cd_say(lang, "政策版本", "Policy"));
    (void)cd_store_each_after(store, request->profile, w.skip, put_range, &w, NULL);
    cs_buffer_text(out, "</table></section>\n");
}

void cd_page_person(cd_request *request)
{
    cd_profile profile;
    consent_error err = {0};
    if (!cd_page_may(request, CD_READ_PERSONS))
        return;
    consent_status status = cd_note_look(request, &err);
    cd_store *store = cd_reader(request);
    if (status == CONSENT_OK)
        status = cd_store_profile(store, request->profile, &profile, &err);
    if (status == CONSENT_OK) {
        cd_lang lang = cd_page_begin(request, "用户的同意记录", "A person's record");
        cs_buffer *out = &request->answer;
        cd_page_put_said(request, lang);
        cs_buffer_text(out, "<p class=\"soft\">");
        cd_html_hex(out, profile.id, sizeof profile.id);
        cs_buffer_printf(out, " · %s</p>\n",
                         profile.anonymous ? cd_say(lang, "匿名", "anonymous") : cd_say(lang, "账号", "account"));
        put_requests(request, lang, store);
        if (cd_role_opens(request->who.role, CD_ACT)) {
            put_act_form(request, lang);
            put_notice_form(request, lang, store);
        }
        put_record(request, lang, store, &profile);
        put_streams(request, lang, store);
        cd_page_put_audit(request, lang, store, request->profile);
        cd_page_end(request);
    }
    cd_reader_back(request, store);
    if (status == CONSENT_E_NOT_FOUND)
        cd_page_say(request, 404, "没有该用户的记录。", "There is no record of this person.", NULL);
    else if (status != CONSENT_OK)
        cd_page_after(request, "", "", status, &err);
}

/* ---- what comes in ------------------------------------------------------------------------------------------- */

static bool may_act(cd_request *request)
{
    return cd_page_may(request, CD_ACT) && cd_page_key_fits(request);
}

static void after(cd_request *request, const char *said, consent_status status, const consent_error *err)
{
    char path[100];
    path_of(request, path, sizeof path);
    cd_page_after(request, path, said, status, err);
}

/* Splits "a, b" in place. */
static void split_data(char *text, cd_support_act *act)
{
    for (char *rest = NULL, *at = strtok_r(text, ", ", &rest); at && act->data_count < CS_EVENT_MAX_DATA;
         at = strtok_r(NULL, ", ", &rest))
        act->data[act->data_count++] = cs_str_of(at);
}

void cd_page_do_act(cd_request *request)
{
    char kind[16], policy[128], purpose[128], recipient[128], data[1024], reference[256];
    consent_error err = {0};
    cd_support_act act = {.kind = CD_ACT_WITHDRAW};
    if (!may_act(request))
        return;
    bool named = cd_form_value(request, "act", kind, sizeof kind) && cd_act_kind_of(cs_str_of(kind), &act.kind);
    (void)cd_form_value(request, "policy", policy, sizeof policy);
    (void)cd_form_value(request, "purpose", purpose, sizeof purpose);
    (void)cd_form_value(request, "recipient", recipient, sizeof recipient);
    (void)cd_form_value(request, "data", data, sizeof data);
    (void)cd_form_value(request, "case", reference, sizeof reference);
    act.policy = cs_str_of(policy);
    act.purpose = cs_str_of(purpose);
    act.recipient = cs_str_of(recipient);
    act.reference = cs_str_of(reference);
    split_data(data, &act);
    consent_status status = named ? cd_support(request, &act, &err)
                                  : cs_fail(&err, CONSENT_E_ARGUMENT, 0, "the act is none that support makes");
    after(request, "done", status, &err);
}

void cd_page_do_age(cd_request *request)
{
    char birth[32], years[16], reference[256];
    consent_error err = {0};
    if (!may_act(request))
        return;
    (void)cd_form_value(request, "birth", birth, sizeof birth);
    bool told = cd_form_value(request, "at_least", years, sizeof years) && years[0] != '\0';
    (void)cd_form_value(request, "case", reference, sizeof reference);
    consent_status status =
        cd_correct_age(request, cs_str_of(birth), told ? strtol(years, NULL, 10) : -1, cs_str_of(reference), &err);
    after(request, "done", status, &err);
}

void cd_page_do_change(cd_request *request)
{
    char id[CS_ID_MAX_SIZE + 1], state[32], refusal[32], text[CS_REQUEST_TEXT_MAX_BYTES + 1], fee[16];
    consent_error err = {0};
    consent_request_change change = {.struct_size = sizeof change, .id = id, .text = text};
    if (!may_act(request))
        return;
    (void)cd_form_value(request, "request", id, sizeof id);
    (void)cd_form_value(request, "state", state, sizeof state);
    (void)cd_form_value(request, "refusal", refusal, sizeof refusal);
    (void)cd_form_value(request, "text", text, sizeof text);
    (void)cd_form_value(request, "fee", fee, sizeof fee);
    change.fee_fen = strtol(fee, NULL, 10);
    (void)cs_request_state_find(cs_str_of(state), &change.state);
    (void)cs_refusal_find(cs_str_of(refusal), &change.refusal);
    after(request, "done", cd_move_request(request, &change, &err), &err);
}

void cd_page_do_notify(cd_request *request)
{
    char hex[2 * CS_HASH_SIZE + 2];
    uint8_t hash[CS_HASH_SIZE];
    consent_error err = {0};
    consent_status status = CONSENT_OK;
    if (!may_act(request))
        return;
    if (!cd_form_value(request, "notice", hex, sizeof hex) || !cs_hex_decode(cs_str_of(hex), hash, sizeof hash))
        status = cs_fail(&err, CONSENT_E_ARGUMENT, 0, "no notice was named");
    if (status == CONSENT_OK)
        status = cd_notify(request, hash, false, &err);
    after(request, "sent", status, &err);
}
