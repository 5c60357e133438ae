/* The library and its backend together, as they are: two devices of one account, homes on disk, libcurl, TLS, consentd. */
#include "backend/people.h"
#include "support/make_policy.h"

#include <consent/rights.h>
#include <consent/sync.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct phone {
    char home[120], token[256];
    consent_client *client;
    consent_profile *profile;
    consent_sync_report report;
} phone;

static consent_error err;

static void ok(consent_status status)
{
    if (status != CONSENT_OK)
        fail_msg("%s: %s", consent_status_name(status), err.message);
}

static consent_status give_token(void *ctx, bool renew, char *out, size_t size)
{
    const phone *p = ctx;
    (void)renew;
    (void)snprintf(out, size, "%s", p->token);
    return CONSENT_OK;
}

static void open_phone(phone *p, const char *name, const char *account)
{
    char ca[100];
    cs_buffer bundle;
    consent_config config = CONSENT_INIT(consent_config);
    consent_profile_config person = CONSENT_INIT(consent_profile_config);
    consent_sync_config sync = CONSENT_INIT(consent_sync_config);
    memset(p, 0, sizeof *p);
    (void)snprintf(p->home, sizeof p->home, "%s/%s", server.dir, name);
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", server.dir);
    if (account)
        assert_int_equal(peer_run(&server, p->token, sizeof p->token,
                                  (const char *const[]){"token", "DIR", "--account", account, NULL}),
                         0);
    p->token[strcspn(p->token, "\n")] = '\0';
    config.home = p->home;
    config.root_keys = make_root();
    config.root_key_count = 1;
    person.account = account;
    sync.endpoint = server.url;
    sync.region = "CN";
    sync.ca_file = ca;
    sync.token = give_token;
    sync.ctx = p;
    cs_buffer_init(&bundle, cs_memory_system(), 4u << 20);
    peer_bundle(&server, 1, NULL, &bundle);
    ok(consent_open(&config, &p->client, &err));
    ok(consent_policy_install(p->client, bundle.data, bundle.size, &err));
    ok(consent_profile_open(p->client, &person, &p->profile, &err));
    ok(consent_sync_configure(p->client, &sync, &err));
    cs_buffer_free(&bundle);
}

static void close_phone(phone *p)
{
    consent_profile_close(p->profile);
    consent_close(p->client);
}

static void sync_phone(phone *p)
{
    p->report = (consent_sync_report)CONSENT_INIT(consent_sync_report);
    ok(consent_sync(p->profile, 60000, &p->report, &err));
    assert_int_equal(p->report.waiting, 0);
    assert_int_equal(p->report.parked, 0);
}

static const char *const keyword[] = {"keyword"};

static consent_query recommend(void)
{
    consent_query query = CONSENT_INIT(consent_query);
    query.purpose = "recommend";
    query.data = keyword;
    query.data_count = 1;
    query.user_initiated = true;
    return query;
}

static consent_decision check(phone *p, const char *reason)
{
    consent_query query = recommend();
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    ok(consent_check(p->profile, &query, &verdict, &err));
    if (reason)
        assert_string_equal(consent_reason_name(verdict.reason), reason);
    return verdict.decision;
}

/* Shows the form that the answer to the query calls for (or the first one), and answers it. */
static void answer(phone *p, int32_t occasion, int32_t action)
{
    consent_query query = recommend();
    consent_form *form = NULL;
    consent_form_request request = CONSENT_INIT(consent_form_request);
    consent_submission submission = CONSENT_INIT(consent_submission);
    const consent_answer tick = {"tick", true, false, 0};
    request.occasion = occasion;
    request.query = occasion == CONSENT_OCCASION_FIRST_RUN ? NULL : &query;
    request.user_initiated = true;
    submission.action = action;
    submission.reached_end = submission.emphasis_rendered = true;
    submission.birth = occasion == CONSENT_OCCASION_AGE ? "1990-01-01" : NULL;
    if (occasion == CONSENT_OCCASION_FIRST_RUN) {
        submission.answers = &tick;
        submission.answer_count = 1;
    }
    ok(consent_form_build(p->profile, &request, &form, &err));
    ok(consent_form_shown(form, &err));
    ok(consent_form_submit(form, &submission, &err));
    consent_form_close(form);
}

static int keep_text(void *ctx, const char *text, size_t size)
{
    cs_buffer_append(ctx, text, size);
    return 0;
}

static void begin(phone *p)
{
    answer(p, CONSENT_OCCASION_FIRST_RUN, CONSENT_ACTION_ACCEPT);
    answer(p, CONSENT_OCCASION_AGE, CONSENT_ACTION_ACCEPT);
}

/* ---- two devices and a backend ------------------------------------------------------------------------ */

static void consent_travels_and_a_withdrawal_wins_everywhere(void **state)
{
    phone one, two;
    consent_query query = recommend();
    (void)state;
    open_phone(&one, "one", "family");
    open_phone(&two, "two", "family");
    sync_phone(&one); /* before acceptance: nothing leaves */
    assert_int_equal(one.report.requests, 0);
    begin(&one);
    answer(&one, 0, CONSENT_ACTION_ACCEPT);
    assert_int_equal(check(&one, "consented"), CONSENT_ALLOW);
    sync_phone(&one);
    assert_true(one.report.sent > 0);
    begin(&two);
    sync_phone(&two);
    assert_true(two.report.received > 0);
    assert_int_equal(check(&two, "confirm"), CONSENT_ASK); /* a yes from a device new to this one */
    answer(&two, 0, CONSENT_ACTION_ACCEPT);
    assert_int_equal(check(&two, "consented"), CONSENT_ALLOW);
    sync_phone(&two);
    sync_phone(&one);
    ok(consent_withdraw(two.profile, &query, &err)); /* at the same time, unseen by the other … */
    ok(consent_withdraw(one.profile, &query, &err));
    answer(&one, 0, CONSENT_ACTION_ACCEPT); /* … which says yes again */
    assert_int_equal(check(&one, "consented"), CONSENT_ALLOW);
    sync_phone(&one);
    sync_phone(&two);
    sync_phone(&one);
    assert_int_equal(check(&one, "refused_before"), CONSENT_ASK);
    assert_int_equal(check(&two, "refused_before"), CONSENT_ASK);
    close_phone(&one);
    close_phone(&two);
}

static void what_support_does_reaches_the_device(void **state)
{
    phone one;
    char id[CONSENT_REQUEST_ID_SIZE], path[200], body[300], hex[2 * CS_HASH_SIZE + 1];
    uint8_t hash[CS_HASH_SIZE];
    cs_buffer text, notice;
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    peer_reply reply;
    (void)state;
    open_phone(&one, "three", "helped");
    begin(&one);
    answer(&one, 0, CONSENT_ACTION_ACCEPT);
    request.right = CONSENT_RIGHT_COMPLAINT;
    request.text = "too many messages";
    ok(consent_request_open(one.profile, &request, id, &err));
    sync_phone(&one);
    assert_int_equal(cs_wire_account_id(CS_STR("helped"), a.profile, NULL), CONSENT_OK);
    ask("POST", admin("/v1", "/acts"), server.support,
        "{\"act\":\"withdraw\",\"purpose\":\"recommend\",\"case\":\"T-1\"}", 200);
    (void)snprintf(path, sizeof path, "/requests/%s", id);
    ask("POST", admin("/v1", path), server.support, "{\"state\":\"done\",\"text\":\"fewer from now on\"}", 200);
    cs_buffer_init(&notice, cs_memory_system(), 65536);
    peer_notice(&server, "change-7", "A change", &notice);
    peer_ask(&server, "POST", "/v1/admin/notices", server.publisher, "text/plain", cs_buffer_span(&notice), &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    hash_of_newest(hash, "\"notices\"");
    cs_hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body, "{\"notice\":\"%s\"}", hex);
    ask("POST", admin("/v1", "/notices"), server.support, body, 200);
    sync_phone(&one);
    assert_int_equal(one.report.received, 3);
    assert_int_equal(check(&one, "refused_before"), CONSENT_ASK);
    cs_buffer_init(&text, cs_memory_system(), 1u << 20);
    ok(consent_requests(one.profile, NULL, keep_text, &text, &err));
    cs_buffer_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "\"state\":\"done\""));
    assert_non_null(strstr((char *)text.data, "fewer from now on"));
    cs_buffer_clear(&text);
    ok(consent_notices(one.profile, NULL, keep_text, &text, &err));
    cs_buffer_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "change-7"));
    ask("POST", admin("/v1", "/acts"), server.support,
        "{\"act\":\"say_given\",\"purpose\":\"recommend\",\"data\":[\"keyword\"],\"case\":\"T-2\"}", 200);
    sync_phone(&one);
    assert_int_equal(check(&one, NULL), CONSENT_ASK); /* nothing is granted for a person */
    cs_buffer_free(&text);
    cs_buffer_free(&notice);
    close_phone(&one);
}

static void an_anonymous_device_syncs_by_itself(void **state)
{
    phone one;
    (void)state;
    open_phone(&one, "four", NULL);
    begin(&one);
    sync_phone(&one);
    assert_true(one.report.sent > 0);
    sync_phone(&one);
    assert_int_equal(one.report.sent, 0);
    close_phone(&one);
}

static void a_restarted_backend_is_the_same_to_devices(void **state)
{
    phone one;
    (void)state;
    open_phone(&one, "five", "steady");
    begin(&one);
    sync_phone(&one);
    close_phone(&one);
    assert_int_equal(peer_stop(&server, SIGKILL), 128 + SIGKILL);
    peer_start(&server);
    open_phone(&one, "five", "steady");
    answer(&one, 0, CONSENT_ACTION_ACCEPT);
    sync_phone(&one);
    assert_true(one.report.sent > 0);
    close_phone(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consent_travels_and_a_withdrawal_wins_everywhere),
        cmocka_unit_test(what_support_does_reaches_the_device),
        cmocka_unit_test(an_anonymous_device_syncs_by_itself),
        cmocka_unit_test(a_restarted_backend_is_the_same_to_devices),
    };
    return cmocka_run_group_tests(tests, people_set_up, people_tear_down);
}
