/* A guardian's approval by a one-time link (docs/sync-protocol.md section 6). The device gets the link, the guardian the code, by the
 * operator's own way of sending (`consentd outbox`): who has one of the two cannot approve. */
#include "admin.h"
#include "crypto.h"
#include "handlers.h"
#include "html.h"
#include "platform/platform.h"
#include "policy/bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_A_DAY 5u
#define MAX_ATTEMPTS 5u
#define CODE_DIGITS 8

static bool code_hash(const cd_config *config, const uint8_t *token_hash, const char *code, uint8_t out[CS_HASH_SIZE])
{
    static const char label[] = "libconsent guardian code 1";
    cs_span parts[] = {{(const uint8_t *)label, sizeof label - 1},
                       {token_hash, CD_TOKEN_HASH_SIZE},
                       {(const uint8_t *)code, strlen(code)}};
    return cd_hmac(config->secret, parts, CS_COUNT_OF(parts), out);
}

static bool make_code(char code[CODE_DIGITS + 1])
{
    uint64_t number;
    if (!cd_random(&number, sizeof number))
        return false;
    (void)snprintf(code, CODE_DIGITS + 1, "%0*" PRIu64, CODE_DIGITS, number % 100000000u);
    return true;
}

/* ---- making a link ------------------------------------------------------------------------------------ */

typedef struct linking {
    cd_link link;
    char code[CODE_DIGITS + 1];
    bool too_many;
} linking;

static consent_status write_link(cd_store *store, void *ctx, consent_error *err)
{
    linking *l = ctx;
    uint32_t count;
    consent_status status = cd_store_links_since(store, l->link.profile, l->link.created_ms - CS_DAY_MS, &count, err);
    l->too_many = status == CONSENT_OK && count >= LINKS_A_DAY;
    if (status != CONSENT_OK || l->too_many)
        return status;
    return cd_store_add_link(store, &l->link, l->code, err);
}

/* What the guardian is to agree to must be what is published. */
static consent_status read_terms(cd_request *request, cd_link *link, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    cs_policy *policy = NULL;
    consent_status status = cs_json_parse(&doc, cd_body(request), 4096, "the link", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the link", err);
    cs_str id = cs_json_in_str(&in, doc.root, "policy", true);
    uint32_t version = (uint32_t)cs_json_in_int(&in, doc.root, "version", true, 1, INT32_MAX);
    cs_str rules = cs_json_in_str(&in, doc.root, "rules", false);
    link->rules_version = (uint32_t)cs_json_in_int(&in, doc.root, "rules_version", false, 0, INT32_MAX);
    status = in.status;
    cd_store *store = cd_reader(request);
    if (status == CONSENT_OK)
        status = cd_policy_open(store, id, version, &policy, NULL, err);
    cd_reader_back(request, store);
    if (status == CONSENT_E_NOT_FOUND)
        status = cs_fail(err, CONSENT_E_REJECTED, 0, "no such version of this policy was published");
    if (status == CONSENT_OK && rules.size > 0 &&
        (!policy->minors.rules_id || !cs_str_is(rules, policy->minors.rules_id) ||
         link->rules_version != policy->minors.rules_version))
        status = cs_fail(err, CONSENT_E_REJECTED, 0, "these are not the policy's child rules");
    if (status == CONSENT_OK) {
        memcpy(link->policy, policy->hash, sizeof link->policy);
        (void)snprintf(link->rules_id, sizeof link->rules_id, "%.*s", CS_STR_ARG(rules));
    }
    cs_policy_free(policy);
    cs_json_free(&doc);
    return status;
}

void cd_post_link(cd_request *request)
{
    char token[CD_TOKEN_SIZE];
    linking l = {.link = {.created_ms = request->now_ms}};
    consent_error err = {0};
    cs_json_out out;
    const cd_config *config = request->server->config;
    memcpy(l.link.profile, request->profile, sizeof l.link.profile);
    l.link.expires_ms = request->now_ms + (int64_t)config->link_hours * CS_HOUR_MS;
    consent_status status = read_terms(request, &l.link, &err);
    if (status == CONSENT_OK && (!cd_auth_link_token(token, l.link.token_hash) || !make_code(l.code) ||
                                 !code_hash(config, l.link.token_hash, l.code, l.link.code_hash)))
        status = cs_fail(&err, CONSENT_E_IO, 0, "there was no randomness");
    if (status == CONSENT_OK)
        status = cd_writer_run(request->server->writer, write_link, &l, &err);
    if (status != CONSENT_OK) {
        cd_answer_failure(request, status, &err);
    } else if (l.too_many) {
        cd_answer_error(request, 429, "busy", "no more links today", 0);
        request->retry_after = 3600;
    } else {
        char url[400];
        (void)snprintf(url, sizeof url, "%s/g/%s", config->public_url, token);
        cd_answer_json(request, &out);
        cs_json_open_object(&out);
        cs_json_member_text(&out, "link", url);
        cs_json_member_int(&out, "expires_ms", l.link.expires_ms);
        cs_json_close_object(&out);
    }
    cs_wipe(&l, sizeof l);
}

/* ---- what the guardian reads ------------------------------------------------------------------------------- */

typedef struct terms {
    cs_policy *policy;
    cs_texts *texts;
    cs_document *document;
    const char *locale;
} terms;

static void terms_free(terms *t)
{
    cs_policy_free(t->policy);
    cs_texts_free(t->texts);
    cs_document_free(t->document);
}

static const char *locale_for(const cs_policy *policy, cd_lang lang)
{
    const char *wished = cd_say(lang, "zh", "en");
    for (uint16_t i = 0; i < policy->locale_count; i++)
        if (strncmp(policy->locales[i], wished, 2) == 0)
            return policy->locales[i];
    return policy->locales[0];
}

/* The bundle as it was published, opened anew: the guardian reads what devices hold. */
static consent_status open_terms(cd_store *store, const uint8_t *hash, cd_lang lang, terms *out, consent_error *err)
{
    cs_buffer bytes;
    memset(out, 0, sizeof *out);
    cs_buffer_init(&bytes, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    consent_status status = cd_store_bundle(store, hash, &bytes, err);
    if (status == CONSENT_OK)
        status = cd_bundle_read(cs_buffer_span(&bytes), &out->policy, &out->texts, err);
    if (status == CONSENT_OK) {
        memcpy(out->policy->hash, hash, CS_HASH_SIZE);
        out->locale = locale_for(out->policy, lang);
        status = cd_bundle_document(cs_buffer_span(&bytes), out->policy, out->locale, &out->document, err);
    }
    cs_buffer_free(&bytes);
    return status;
}

static void put_facts(cs_buffer *out, const terms *t, cd_lang lang)
{
    bool any = false;
    for (int i = 0; i < CS_CHILD_FACTS; i++) {
        const char *text = cs_texts_get(t->texts, t->policy->minors.facts[i], t->locale);
        if (text[0] == '\0')
            continue;
        if (!any)
            cs_buffer_printf(out, "<section><h2>%s</h2><ul>",
                             cd_say(lang, "儿童个人信息处理规则要点", "What the child rules say"));
        any = true;
        cs_buffer_text(out, "<li>");
        cd_html_text(out, text);
        cs_buffer_text(out, "</li>");
    }
    if (any)
        cs_buffer_text(out, "</ul></section>\n");
}

/* What is agreed to: its hash is the evidence. */
static void put_terms(cs_buffer *out, const terms *t, cd_lang lang)
{
    put_facts(out, t, lang);
    cs_buffer_text(out, "<section><h2>");
    cd_html_text(out, t->document->title);
    cs_buffer_printf(out, " <span class=\"soft\">%s %u.%u</span></h2>", cd_say(lang, "版本", "version"),
                     (unsigned)t->policy->version, (unsigned)t->policy->revision);
    cd_html_document(out, t->document);
    cs_buffer_text(out, "</section>\n");
}

/* `seen` speaks of the moment when this page was made (decisions.md section 2): kept with a MAC, so that it comes back unchanged. */
static bool seen_mac(const cd_config *config, const cd_link *link, uint64_t seen, char hex[2 * CS_HASH_SIZE + 1])
{
    char text[64];
    uint8_t mac[CS_HASH_SIZE];
    (void)snprintf(text, sizeof text, "libconsent guardian seen 1 %" PRIu64, seen);
    cs_span parts[] = {{(const uint8_t *)text, strlen(text)}, {link->token_hash, CD_TOKEN_HASH_SIZE}};
    bool done = cd_hmac(config->secret, parts, 2, mac);
    cs_hex_encode(mac, sizeof mac, hex);
    return done;
}

static void put_form(cs_buffer *out, cd_request *request, const cd_link *link, uint64_t seen, cd_lang lang)
{
    char mac[2 * CS_HASH_SIZE + 1];
    if (!seen_mac(request->server->config, link, seen, mac))
        return;
    cs_buffer_printf(
        out,
        "<section><h2>%s</h2><p>%s</p><form class=\"row\" method=\"post\">"
        "<input type=\"hidden\" name=\"seen\" value=\"%" PRIu64 "\"><input type=\"hidden\" name=\"mac\" value=\"%s\">"
        "<input type=\"hidden\" name=\"lang\" value=\"%s\">"
        "<label>%s<input name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"%d\"></label>"
        "<button name=\"decision\" value=\"approve\">%s</button>"
        "<button name=\"decision\" value=\"refuse\">%s</button></form></section>",
        cd_say(lang, "您的决定", "Your decision"),
        cd_say(lang,
               "您作为监护人，请在阅读上文后决定。同意须填写发送给您的验证码；不同意则该儿童不能使用需要监护人同意的功"
               "能。",
               "You decide as the guardian, after reading the above. To agree, enter the code that was sent to you. If "
               "you do "
               "not agree, the child cannot use what needs a guardian's consent."),
        seen, mac, cd_say(lang, "zh", "en"), cd_say(lang, "验证码", "Code"), CODE_DIGITS,
        cd_say(lang, "同意", "I agree"), cd_say(lang, "不同意", "I do not agree"));
}

static void say_page(cd_request *request, cd_lang lang, unsigned status, bool bad, const char *text)
{
    cd_answer_text(request, "text/html; charset=utf-8");
    cd_html_begin(&request->answer, lang, cd_say(lang, "监护人同意", "A guardian's consent"), NULL);
    cs_buffer_printf(&request->answer, "<p class=\"say%s\">%s</p>", bad ? " bad" : "", text);
    cd_html_end(&request->answer);
    request->status = status;
}

static void say_gone(cd_request *request, cd_lang lang)
{
    say_page(
        request, lang, 404, true,
        cd_say(lang, "此链接不存在、已使用或已过期。请在孩子的设备上重新获取。",
               "This link does not exist, was used, or is past its time. Ask for a new one on the child's device."));
}

static bool is_open(const cd_link *link, int64_t now_ms)
{
    return link->used_ms == 0 && now_ms < link->expires_ms && link->attempts < MAX_ATTEMPTS;
}

static consent_status find_link(cd_request *request, cd_store *store, cd_link *link, consent_error *err)
{
    uint8_t hash[CD_TOKEN_HASH_SIZE];
    if (request->parts[0].size > CD_TOKEN_SIZE || !cd_auth_token_hash(request->parts[0], hash))
        return CONSENT_E_NOT_FOUND;
    consent_status status = cd_store_link(store, hash, link, err);
    return status == CONSENT_OK && !is_open(link, request->now_ms) ? CONSENT_E_NOT_FOUND : status;
}

void cd_get_guardian(cd_request *request)
{
    cd_link link;
    cd_profile profile = {0};
    terms t = {0};
    consent_error err = {0};
    cd_lang lang = cd_lang_of(request);
    cd_store *store = cd_reader(request);
    consent_status status = find_link(request, store, &link, &err);
    if (status == CONSENT_OK)
        status = cd_store_profile(store, link.profile, &profile, &err);
    if (status == CONSENT_OK)
        status = open_terms(store, link.policy, lang, &t, &err);
    cd_reader_back(request, store);
    if (status == CONSENT_OK) {
        cd_answer_text(request, "text/html; charset=utf-8");
        cd_html_begin(&request->answer, lang, cd_say(lang, "监护人同意", "A guardian's consent"), NULL);
        put_terms(&request->answer, &t, lang);
        put_form(&request->answer, request, &link, profile.next_cursor - 1, lang);
        cd_html_end(&request->answer);
    } else {
        say_gone(request, lang);
    }
    terms_free(&t);
}

/* ---- what the guardian decides --------------------------------------------------------------------------------- */

typedef struct deciding {
    cd_request *request;
    cd_link link;
    const terms *terms;
    bool approve, right_code, gone;
    uint64_t seen;
    uint8_t notice_hash[CS_HASH_SIZE];
    const char *code;
} deciding;

static consent_status approve(cd_store *store, const deciding *d, consent_error *err)
{
    char reference[32], short_hash[17];
    cs_hex_encode(d->link.token_hash, 8, short_hash);
    (void)snprintf(reference, sizeof reference, "link:%s", short_hash);
    const cs_policy *policy = d->terms->policy;
    cs_event event = {.type = CS_EVENT_GUARDIAN_VERIFIED,
                      .actor = CS_ACTOR_GUARDIAN,
                      .method = CONSENT_METHOD_GUARDIAN_LINK,
                      .policy = {cs_str_of(policy->id), policy->version, policy->revision, policy->hash},
                      .rules_id = cs_str_of(d->link.rules_id),
                      .rules_version = d->link.rules_version,
                      .locale = cs_str_of(d->terms->locale),
                      .surface = CS_STR("guardian-link"),
                      .notice_hash = d->notice_hash,
                      .reference = cs_str_of(reference)};
    return cd_act(store, d->link.profile, &event, &d->seen, d->request->now_ms, err);
}

static consent_status write_decision(cd_store *store, void *ctx, consent_error *err)
{
    deciding *d = ctx;
    uint8_t hash[CS_HASH_SIZE];
    consent_status status = cd_store_link(store, d->link.token_hash, &d->link, err);
    d->gone = status == CONSENT_OK && !is_open(&d->link, d->request->now_ms);
    if (status != CONSENT_OK || d->gone)
        return status;
    if (!code_hash(d->request->server->config, d->link.token_hash, d->code, hash))
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory to judge the code");
    d->right_code = cs_equal_secret(hash, d->link.code_hash, sizeof hash);
    if (d->approve && !d->right_code)
        d->link.attempts++;
    else
        d->link.used_ms = d->request->now_ms;
    if (d->approve && d->right_code)
        status = approve(store, d, err);
    return status == CONSENT_OK ? cd_store_move_link(store, &d->link, err) : status;
}

static bool read_decision(cd_request *request, deciding *d, char *code, size_t size)
{
    char decision[16], seen[24], mac[80], expected[2 * CS_HASH_SIZE + 1];
    bool read = cd_form_value(request, "decision", decision, sizeof decision) &&
                cd_form_value(request, "seen", seen, sizeof seen) && cd_form_value(request, "mac", mac, sizeof mac);
    (void)cd_form_value(request, "code", code, size);
    d->code = code;
    d->approve = strcmp(decision, "approve") == 0;
    d->seen = strtoull(seen, NULL, 10);
    return read && (d->approve || strcmp(decision, "refuse") == 0) &&
           seen_mac(request->server->config, &d->link, d->seen, expected) && strlen(mac) == strlen(expected) &&
           cs_equal_secret(mac, expected, strlen(expected));
}

static void answer_decision(cd_request *request, const deciding *d, cd_lang lang)
{
    if (d->gone)
        say_gone(request, lang);
    else if (d->approve && !d->right_code)
        say_page(request, lang, 403, true,
                 cd_say(lang, "验证码不正确。请返回上一页重试。", "The code is not right. Go back and try again."));
    else if (d->approve)
        say_page(
            request, lang, 200, false,
            cd_say(
                lang, "已记录您的同意。孩子的设备下次联网时即生效。您可以随时撤回。",
                "Your consent is recorded. It counts on the child's device as soon as that is online. You can withdraw "
                "it at any time."));
    else
        say_page(request, lang, 200, false,
                 cd_say(lang, "您没有同意，未作任何授权。", "You did not agree, and nothing was allowed."));
}

void cd_post_guardian(cd_request *request)
{
    char code[CODE_DIGITS + 8], wished[4];
    terms t = {0};
    cs_buffer text;
    deciding d = {.request = request, .terms = &t};
    consent_error err = {0};
    bool english = cd_form_value(request, "lang", wished, sizeof wished) && strcmp(wished, "en") == 0;
    cd_lang lang = english ? CD_EN : CD_ZH; /* what was read */
    cd_store *store = cd_reader(request);
    consent_status status = find_link(request, store, &d.link, &err);
    if (status == CONSENT_OK)
        status = open_terms(store, d.link.policy, lang, &t, &err);
    cd_reader_back(request, store);
    if (status != CONSENT_OK || !read_decision(request, &d, code, sizeof code)) {
        say_gone(request, lang);
        terms_free(&t);
        return;
    }
    cs_buffer_init(&text, cs_memory_system(), CD_ANSWER_MAX_BYTES);
    put_terms(&text, &t, lang);
    cs_span shown = cs_buffer_span(&text);
    if (text.failed || !cd_sha256(&shown, 1, d.notice_hash))
        status = cs_fail(&err, CONSENT_E_MEMORY, 0, "no memory for what was shown");
    cs_buffer_free(&text);
    if (status == CONSENT_OK)
        status = cd_writer_run(request->server->writer, write_decision, &d, &err);
    if (status != CONSENT_OK)
        cd_answer_failure(request, status, &err);
    else
        answer_decision(request, &d, lang);
    if (status == CONSENT_OK && d.approve && d.right_code)
        cd_count(&request->server->metrics, guardians, 1);
    terms_free(&t);
}
