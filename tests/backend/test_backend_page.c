/* The web page, and guardians' links. */
#include "backend/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- guardians --------------------------------------------------------------------------------------------- */

static long make_link(char *path, size_t size)
{
    char links[120], url[300];
    peer_reply reply;
    peer_path(&a, "guardian-links", links, sizeof links);
    peer_ask_text(&server, "POST", links, a.token,
                  "{\"policy\":\"platform\",\"version\":1,\"rules\":\"child-rules\",\"rules_version\":2}", &reply);
    long status = reply.status;
    peer_text(&reply, "link", url, sizeof url);
    (void)snprintf(path, size, "%s", strstr(url, "/g/") ? strstr(url, "/g/") : "");
    peer_reply_free(&reply);
    return status;
}

static void take_code(char code[16])
{
    char lines[3000];
    const char *last = NULL;
    assert_int_equal(peer_run(&server, lines, sizeof lines, (const char *const[]){"outbox", "DIR", NULL}), 0);
    for (const char *at = lines; (at = strstr(at, "\"code\":\"")) != NULL;)
        last = at += 8;
    assert_non_null(last);
    (void)snprintf(code, 16, "%.8s", last);
}

/* The hidden fields of a page's form. */
static void hidden(const peer_reply *reply, const char *name, char *out, size_t size)
{
    char pattern[80];
    (void)snprintf(pattern, sizeof pattern, "name=\"%s\" value=\"", name);
    const char *at = strstr((const char *)reply->body.data, pattern);
    assert_non_null(at);
    at += strlen(pattern);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static long decide(const char *link, const char *code, const char *decision, const char *seen_instead)
{
    char form[400], seen[32], mac[80];
    peer_reply reply;
    peer_page(&server, link, NULL, &reply);
    if (reply.status != 200) {
        long gone = reply.status;
        peer_reply_free(&reply);
        return gone;
    }
    assert_true(peer_says(&reply, "<strong><u>first</u></strong>")); /* emphasis as in the policy */
    hidden(&reply, "seen", seen, sizeof seen);
    hidden(&reply, "mac", mac, sizeof mac);
    peer_reply_free(&reply);
    (void)snprintf(form, sizeof form, "lang=en&seen=%s&mac=%s&code=%s&decision=%s", seen_instead ? seen_instead : seen,
                   mac, code, decision);
    peer_form(&server, link, NULL, form, &reply);
    long status = reply.status;
    peer_reply_free(&reply);
    return status;
}

static void a_guardian_approves_once_by_link_and_code(void **state)
{
    char link[200], code[16], links[120];
    peer_reply reply;
    (void)state;
    make_two(13, "child");
    peer_record(&a, CS_EVENT_AGE_DECLARED, 1);
    peer_send(&server, &a, 1, 1, &reply);
    peer_reply_free(&reply);
    peer_path(&a, "guardian-links", links, sizeof links);
    ask("POST", links, a.token, "{\"policy\":\"platform\",\"version\":9}", 422);
    ask("POST", links, a.token, "{\"policy\":\"platform\",\"version\":1,\"rules\":\"others\",\"rules_version\":2}",
        422);
    ask("POST", links, b.token, "{", 400);
    assert_int_equal(make_link(link, sizeof link), 200);
    take_code(code);
    assert_int_equal(decide(link, "00000000", "approve", NULL), 403);
    assert_int_equal(decide(link, code, "approve", "1000"), 404); /* `seen` is not the peer's to say */
    assert_int_equal(read_last(&a).count, 1);
    assert_int_equal(decide(link, code, "approve", NULL), 200);
    last_event last = read_last(&b);
    assert_int_equal(last.type, CS_EVENT_GUARDIAN_VERIFIED);
    assert_int_equal(last.actor, CS_ACTOR_GUARDIAN);
    assert_int_equal(last.method, CONSENT_METHOD_GUARDIAN_LINK);
    assert_string_equal(last.rules, "child-rules");
    assert_int_equal(last.rules_version, 2);
    assert_true(last.receipt.by_backend && last.has_notice && last.has_policy_hash);
    assert_int_equal(last.seen, 1);
    assert_int_equal(decide(link, code, "approve", NULL), 404); /* once */
    assert_int_equal(read_last(&b).count, 2);
    free_two();
}

static void a_refused_guessed_or_unknown_link_approves_nothing(void **state)
{
    char link[200], code[16];
    (void)state;
    make_two(15, "guessing");
    assert_int_equal(make_link(link, sizeof link), 200);
    take_code(code);
    assert_int_equal(decide(link, code, "refuse", NULL), 200);
    assert_int_equal(decide(link, code, "approve", NULL), 404);
    assert_int_equal(make_link(link, sizeof link), 200);
    take_code(code);
    for (int i = 0; i < 5; i++)
        assert_int_equal(decide(link, "99999999", "approve", NULL), strcmp(code, "99999999") == 0 ? 200 : 403);
    assert_int_equal(decide(link, code, "approve", NULL), 404); /* the right code comes too late */
    assert_int_equal(decide("/g/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "1", "approve", NULL), 404);
    assert_int_equal(read_last(&a).count, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(make_link(link, sizeof link), 200);
    assert_int_equal(make_link(link, sizeof link), 429); /* five a day */
    free_two();
}

static void a_refusal_after_the_page_was_read_is_not_overcome(void **state)
{
    char link[200], code[16], seen[32], mac[80], form[400];
    peer_reply reply;
    (void)state;
    make_two(17, "late");
    assert_int_equal(make_link(link, sizeof link), 200);
    take_code(code);
    peer_page(&server, link, NULL, &reply);
    hidden(&reply, "seen", seen, sizeof seen);
    hidden(&reply, "mac", mac, sizeof mac);
    peer_reply_free(&reply);
    peer_record(&a, CS_EVENT_WITHDRAWN, 1); /* between reading and approving */
    peer_send(&server, &a, 1, 1, &reply);
    peer_reply_free(&reply);
    (void)snprintf(form, sizeof form, "lang=zh&seen=%s&mac=%s&code=%s&decision=approve", seen, mac, code);
    peer_form(&server, link, NULL, form, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    last_event last = read_last(&b);
    assert_int_equal(last.type, CS_EVENT_GUARDIAN_VERIFIED);
    assert_int_equal(last.seen, 0);
    free_two();
}

/* ---- the page -------------------------------------------------------------------------------------------------- */

static void sign_in(const char *token, char cookie[300])
{
    char form[300];
    peer_reply reply;
    (void)snprintf(form, sizeof form, "token=%s", token);
    peer_form(&server, "/admin/login", NULL, form, &reply);
    peer_expect(&reply, 303);
    (void)snprintf(cookie, 300, "%.*s", (int)strcspn(reply.cookie, ";"), reply.cookie);
    assert_non_null(strstr(reply.cookie, "HttpOnly; SameSite=Strict"));
    assert_null(strstr(reply.cookie, token)); /* the token itself stays out of the browser */
    peer_reply_free(&reply);
}

static void post(const char *path, const char *cookie, const char *key, const char *fields, long status)
{
    char form[1200];
    peer_reply reply;
    (void)snprintf(form, sizeof form, "key=%s&%s", key, fields);
    peer_form(&server, path, cookie, form, &reply);
    peer_expect(&reply, status);
    peer_reply_free(&reply);
}

/* Something published that can be sent. */
static void publish_notice(void)
{
    cs_buffer bytes;
    peer_reply reply;
    cs_buffer_init(&bytes, cs_memory_system(), 65536);
    peer_notice(&server, "change-1", "A change", &bytes);
    peer_ask(&server, "POST", "/v1/admin/notices", server.publisher, "text/plain", cs_buffer_span(&bytes), &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    cs_buffer_free(&bytes);
}

static void the_page_serves_support_and_nobody_else(void **state)
{
    char cookie[300], reader[300], publisher[300], key[200], reader_key[200], publisher_key[200], notify[200];
    char hex[2 * CS_HASH_SIZE + 1];
    uint8_t hash[CS_HASH_SIZE];
    peer_reply reply;
    cs_event markup = {
        .type = CS_EVENT_GRANTED, .purpose = CS_STR("<script>alert(1)</script>"), .surface = CS_STR("\"><img>")};
    (void)state;
    make_two(19, "page");
    peer_record_event(&a, &markup);
    peer_send(&server, &a, 1, 1, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    open_request("r-9", "{\"right\":\"complaint\",\"working_days\":15,\"channel\":\"app\"}");
    ask("GET", "/admin", NULL, NULL, 303);
    ask("GET", "/admin/", NULL, NULL, 303);
    ask("GET", "/admin/login", NULL, NULL, 200);
    peer_form(&server, "/admin/login", NULL, "token=o1.guess", &reply);
    peer_expect(&reply, 401);
    peer_reply_free(&reply);
    sign_in(server.support, cookie);
    sign_in(server.reader, reader);
    sign_in(server.publisher, publisher);
    const char *const pages[] = {"/admin/", "/admin/requests", "/admin/policies", "/admin/health?lang=en"};
    for (size_t i = 0; i < CS_COUNT_OF(pages); i++) {
        peer_page(&server, pages[i], cookie, &reply);
        peer_expect(&reply, 200);
        peer_reply_free(&reply);
    }
    peer_page(&server, admin("", ""), cookie, &reply);
    peer_expect(&reply, 200);
    assert_false(peer_says(&reply, "<script>"));
    assert_true(peer_says(&reply, "&lt;script&gt;"));
    hidden(&reply, "key", key, sizeof key);
    peer_reply_free(&reply);
    peer_page(&server, "/admin/", reader, &reply);
    hidden(&reply, "key", reader_key, sizeof reader_key);
    peer_reply_free(&reply);
    publish_notice();
    hash_of_newest(hash, "\"notices\"");
    cs_hex_encode(hash, sizeof hash, hex);
    (void)snprintf(notify, sizeof notify, "notice=%s", hex);
    const char *fields = "act=withdraw&policy=platform&purpose=search&case=T+%2F1";
    post(admin("", "/acts"), cookie, "forged", fields, 403);
    post(admin("", "/acts"), cookie, reader_key, fields, 403);
    post(admin("", "/acts"), reader, reader_key, fields, 403);
    post(admin("", "/acts"), NULL, key, fields, 303); /* to signing in */
    assert_int_equal(read_last(&b).type, CS_EVENT_REQUEST_OPENED);
    post(admin("", "/acts"), cookie, key, "act=grant&purpose=search&case=T", 400);
    post(admin("", "/acts"), cookie, key, fields, 303);
    assert_int_equal(read_last(&b).type, CS_EVENT_WITHDRAWN);
    assert_string_equal(read_last(&b).reference, "T /1");
    post(admin("", "/age"), cookie, key, "birth=2010-02-03&case=T", 303);
    post(admin("", "/requests"), cookie, key, "request=r-9&state=refused", 422);
    post(admin("", "/requests"), cookie, key, "request=r-9&state=done&text=%E5%B7%B2%E5%A4%84%E7%90%86", 303);
    post(admin("", "/notices"), cookie, key, notify, 303);
    post("/admin/find", cookie, key, "account=page", 303);
    post("/admin/find", cookie, key, "account=nobody", 303);
    post("/admin/notify", cookie, key, notify, 403); /* the publisher's */
    peer_page(&server, "/admin/policies", publisher, &reply);
    hidden(&reply, "key", publisher_key, sizeof publisher_key);
    peer_reply_free(&reply);
    post("/admin/notify", publisher, publisher_key, notify, 303);
    peer_page(&server, admin("", ""), publisher, &reply);
    peer_expect(&reply, 403);
    peer_reply_free(&reply);
    peer_form(&server, "/admin/logout", cookie, "", &reply);
    peer_expect(&reply, 303);
    peer_reply_free(&reply);
    free_two();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guardian_approves_once_by_link_and_code),
        cmocka_unit_test(a_refused_guessed_or_unknown_link_approves_nothing),
        cmocka_unit_test(a_refusal_after_the_page_was_read_is_not_overcome),
        cmocka_unit_test(the_page_serves_support_and_nobody_else),
    };
    return cmocka_run_group_tests(tests, people_set_up, people_tear_down);
}
