/* consentd as the operator's people meet it: docs/sync-protocol.md section 6, docs/openapi.yaml. */
#include "backend/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- roles -------------------------------------------------------------------------------------------- */

static void each_role_opens_its_own_and_nothing_else(void **state)
{
    (void)state;
    make_two(1, "roles");
    const char *const tokens[] = {server.reader, server.support, server.publisher, a.token, "o1.guessed", NULL};
    const struct {
        const char *method, *path, *body;
        long statuses[6]; /* reader, support, publisher, the person, a guess, nobody */
    } rows[] = {
        {"GET", admin("/v1", ""), NULL, {200, 200, 403, 401, 401, 401}},
        {"GET", "/v1/admin/requests", NULL, {200, 200, 403, 401, 401, 401}},
        {"GET", "/v1/admin/audit", NULL, {200, 200, 200, 401, 401, 401}},
        {"POST", "/v1/admin/find", "{\"account\":\"roles\"}", {200, 200, 403, 401, 401, 401}},
        {"POST", "/v1/admin/keys", "x", {403, 403, 400, 401, 401, 401}},
        {"POST", "/v1/admin/policies", "x", {403, 403, 400, 401, 401, 401}},
        {"POST", "/v1/admin/broadcasts", "{}", {403, 403, 400, 401, 401, 401}},
    };
    for (size_t i = 0; i < CS_COUNT_OF(rows); i++) {
        char path[200];
        (void)snprintf(path, sizeof path, "%s", i == 0 ? admin("/v1", "") : rows[i].path);
        for (size_t j = 0; j < CS_COUNT_OF(tokens); j++)
            ask(rows[i].method, path, tokens[j], rows[i].body, rows[i].statuses[j]);
    }
    const char *act = "{\"act\":\"withdraw\",\"purpose\":\"search\",\"case\":\"T-1\"}";
    ask("POST", admin("/v1", "/acts"), server.reader, act, 403);
    ask("POST", admin("/v1", "/acts"), server.publisher, act, 403);
    ask("POST", admin("/v1", "/acts"), a.token, act, 401);
    assert_int_equal(read_last(&a).count, 0);
    free_two();
}

static void a_removed_operators_token_opens_nothing(void **state)
{
    char token[128];
    (void)state;
    assert_int_equal(peer_run(&server, token, sizeof token,
                              (const char *const[]){"operator", "add", "DIR", "tim", "--role", "reader", NULL}),
                     0);
    token[strcspn(token, "\n")] = '\0';
    ask("GET", "/v1/admin/audit", token, NULL, 200);
    assert_int_equal(peer_run(&server, NULL, 0, (const char *const[]){"operator", "remove", "DIR", "tim", NULL}), 0);
    ask("GET", "/v1/admin/audit", token, NULL, 401);
}

/* ---- for the person -------------------------------------------------------------------------------------- */

static void support_withdraws_and_every_device_learns_it(void **state)
{
    peer_reply reply;
    (void)state;
    make_two(3, "withdrawn");
    peer_record(&a, CS_EVENT_GRANTED, 2);
    peer_send(&server, &a, 1, 2, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    ask("POST", admin("/v1", "/acts"), server.support, "{\"act\":\"withdraw\",\"purpose\":\"search\",\"case\":\"T-7\"}",
        200);
    last_event last = read_last(&b);
    assert_int_equal(last.count, 3);
    assert_true(last.receipt.by_backend);
    assert_int_equal(last.type, CS_EVENT_WITHDRAWN);
    assert_int_equal(last.actor, CS_ACTOR_SUPPORT);
    assert_string_equal(last.purpose, "search");
    assert_string_equal(last.reference, "T-7");
    assert_true(last.has_policy_hash && last.receipt.has_policy);
    assert_int_equal(last.cursor, 3);
    assert_int_equal(last.seen, 2); /* everything before it is in its past */
    ask("POST", admin("/v1", "/acts"), server.support, "{\"act\":\"withdraw\",\"case\":\"T-8\"}", 200);
    last = read_last(&b); /* the two of its own make one stream */
    assert_int_equal(last.receipt.first, 2);
    assert_string_equal(last.purpose, "");
    peer_ask_text(&server, "GET", admin("/v1", "/events?after=1"), server.reader, NULL, &reply);
    peer_expect(&reply, 200);
    assert_true(peer_says(&reply, "\"type\":\"withdrawn\"") && peer_says(&reply, "\"by\":\"backend\""));
    peer_reply_free(&reply);
    peer_ask_text(&server, "GET", "/v1/admin/audit", server.reader, NULL, &reply);
    assert_true(peer_says(&reply, "\"who\":\"ann\",\"act\":\"withdraw\""));
    assert_true(peer_says(&reply, "\"who\":\"ray\",\"act\":\"read\""));
    peer_reply_free(&reply);
    free_two();
}

static void nobody_can_grant_through_the_interface(void **state)
{
    (void)state;
    make_two(5, "grants");
    const char *const refused[] = {
        "{\"act\":\"grant\",\"purpose\":\"search\",\"case\":\"T\"}",
        "{\"act\":\"granted\",\"purpose\":\"search\",\"case\":\"T\"}",
        "{\"act\":\"accept\",\"case\":\"T\"}",
    };
    for (size_t i = 0; i < CS_COUNT_OF(refused); i++)
        ask("POST", admin("/v1", "/acts"), server.support, refused[i], 400);
    const char *const wrong[] = {
        "{\"act\":\"say_given\",\"case\":\"T\"}",                        /* the whole policy */
        "{\"act\":\"withdraw\",\"purpose\":\"no.such\",\"case\":\"T\"}", /* a slip of the pen */
        "{\"act\":\"withdraw\",\"purpose\":\"search\",\"case\":\"\"}",   /* no case */
        "{\"act\":\"withdraw\",\"purpose\":\"search\",\"recipient\":\"nobody\",\"case\":\"T\"}",
    };
    for (size_t i = 0; i < CS_COUNT_OF(wrong); i++)
        ask("POST", admin("/v1", "/acts"), server.support, wrong[i], 422);
    assert_int_equal(read_last(&a).count, 0);
    ask("POST", admin("/v1", "/acts"), server.support,
        "{\"act\":\"say_given\",\"purpose\":\"search\",\"data\":[\"keyword\"],\"case\":\"T-9\"}", 200);
    last_event last = read_last(&a);
    assert_int_equal(last.type, CS_EVENT_GRANTED); /* and yet none: by support, which devices ask about */
    assert_int_equal(last.actor, CS_ACTOR_SUPPORT);
    assert_int_equal(last.method, CONSENT_METHOD_SUPPORT);
    assert_int_equal(last.data_count, 1);
    assert_true(last.receipt.by_backend);
    free_two();
}

static void support_corrects_an_age(void **state)
{
    (void)state;
    make_two(7, "ages");
    ask("POST", admin("/v1", "/age"), server.support, "{\"birth\":\"2999-01-01\",\"case\":\"T\"}", 422);
    ask("POST", admin("/v1", "/age"), server.support, "{\"case\":\"T\"}", 422);
    ask("POST", admin("/v1", "/age"), server.support, "{\"birth\":\"2012-05-01\",\"case\":\"T-3\"}", 200);
    last_event last = read_last(&a);
    assert_int_equal(last.type, CS_EVENT_AGE_DECLARED);
    assert_int_equal(last.actor, CS_ACTOR_SUPPORT);
    assert_int_equal(last.birth.year, 2012);
    ask("POST", admin("/v1", "/age"), server.support, "{\"at_least\":18,\"case\":\"T-4\"}", 200);
    assert_int_equal(read_last(&a).age_band, 19);
    free_two();
}

static void requests_are_answered_by_their_rules(void **state)
{
    peer_reply reply;
    (void)state;
    make_two(9, "requests");
    open_request("r-1", "{\"right\":\"access\",\"working_days\":15,\"channel\":\"app\"}");
    peer_ask_text(&server, "GET", "/v1/admin/requests", server.reader, NULL, &reply);
    assert_true(peer_says(&reply, "\"id\":\"r-1\"") && peer_says(&reply, "\"due\":"));
    peer_reply_free(&reply);
    ask("POST", admin("/v1", "/requests/r-1"), server.support, "{\"state\":\"refused\"}", 422); /* without reasons */
    ask("POST", admin("/v1", "/requests/r-1"), server.support, "{\"state\":\"refused\",\"refusal\":\"repeated\"}", 422);
    ask("POST", admin("/v1", "/requests/r-1"), server.support, "{\"state\":\"cancelled\",\"text\":\"x\"}", 422);
    ask("POST", admin("/v1", "/requests/r-2"), server.support, "{\"state\":\"done\"}", 404);
    assert_int_equal(read_last(&b).count, 1);
    ask("POST", admin("/v1", "/requests/r-1"), server.support,
        "{\"state\":\"refused\",\"refusal\":\"repeated\",\"text\":\"answered last week\",\"reference\":\"C-5\"}", 200);
    last_event last = read_last(&b);
    assert_int_equal(last.type, CS_EVENT_REQUEST_UPDATED);
    assert_int_equal(last.actor, CS_ACTOR_SUPPORT);
    assert_string_equal(last.reference, "r-1");
    assert_non_null(strstr(last.detail, "\"refusal\":\"repeated\""));
    ask("POST", admin("/v1", "/requests/r-1"), server.support, "{\"state\":\"done\"}", 422); /* it is closed */
    peer_ask_text(&server, "GET", admin("/v1", "/requests"), server.reader, NULL, &reply);
    assert_true(peer_says(&reply, "\"state\":\"refused\",\"closed\":true"));
    peer_reply_free(&reply);
    free_two();
}

/* ---- publishing ---------------------------------------------------------------------------------------------- */

static void publish(const char *path, const cs_buffer *bytes, long status)
{
    peer_reply reply;
    peer_ask(&server, "POST", path, server.publisher, "text/plain", cs_buffer_span(bytes), &reply);
    peer_expect(&reply, status);
    peer_reply_free(&reply);
}

static void only_what_verifies_is_published(void **state)
{
    cs_buffer bytes;
    uint8_t hash[CS_HASH_SIZE];
    char path[200], hex[2 * CS_HASH_SIZE + 1];
    peer_reply reply;
    (void)state;
    cs_buffer_init(&bytes, cs_memory_system(), 4u << 20);
    peer_bundle(&server, 2, NULL, &bytes);
    bytes.data[bytes.size / 2] ^= 1;
    publish("/v1/admin/policies", &bytes, 400);
    bytes.data[bytes.size / 2] ^= 1;
    publish("/v1/admin/heads", &bytes, 400); /* it is none */
    publish("/v1/admin/policies", &bytes, 200);
    publish("/v1/admin/policies", &bytes, 200); /* again: the same */
    hash_of_newest(hash, "\"policies\"");
    cs_hex_encode(hash, sizeof hash, hex);
    (void)snprintf(path, sizeof path, "/v1/policies/%s", hex);
    peer_ask_text(&server, "GET", path, NULL, NULL, &reply);
    peer_expect(&reply, 200);
    assert_int_equal(reply.body.size, bytes.size);
    assert_memory_equal(reply.body.data, bytes.data, bytes.size);
    peer_reply_free(&reply);
    cs_buffer_clear(&bytes);
    peer_bundle(&server, 2, "2026-03-02", &bytes);
    publish("/v1/admin/policies", &bytes, 409); /* the same version with other words */
    cs_buffer_clear(&bytes);
    peer_head(&server, 3, hash, &bytes);
    publish("/v1/admin/heads", &bytes, 422); /* names what is not here */
    cs_buffer_clear(&bytes);
    peer_head(&server, 2, hash, &bytes);
    publish("/v1/admin/heads", &bytes, 200);
    peer_ask_text(&server, "GET", "/v1/policies/head?id=platform", NULL, NULL, &reply);
    peer_expect(&reply, 200);
    assert_memory_equal(reply.body.data, bytes.data, bytes.size);
    peer_reply_free(&reply);
    ask("GET", "/v1/policies/head?id=other", NULL, NULL, 404);
    ask("GET", "/v1/keys", NULL, NULL, 200);
    cs_buffer_free(&bytes);
}

static void notices_reach_one_person_or_everybody(void **state)
{
    cs_buffer bytes;
    uint8_t hash[CS_HASH_SIZE];
    char body[200], path[200], hex[2 * CS_HASH_SIZE + 1];
    peer_device many[3];
    peer_reply reply;
    (void)state;
    make_two(11, "notices");
    cs_buffer_init(&bytes, cs_memory_system(), 65536);
    peer_notice(&server, "change-1", "A change", &bytes);
    publish("/v1/admin/notices", &bytes, 200);
    cs_buffer_clear(&bytes);
    peer_notice(&server, "change-1", "Other words", &bytes);
    publish("/v1/admin/notices", &bytes, 409); /* an id is used once */
    hash_of_newest(hash, "\"notices\"");
    cs_hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body, "{\"notice\":\"%s\"}", hex);
    (void)snprintf(path, sizeof path, "/v1/notices/%s", hex);
    ask("GET", path, NULL, NULL, 200);
    ask("POST", admin("/v1", "/notices"), server.support,
        "{\"notice\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", 404);
    ask("POST", admin("/v1", "/notices"), server.support, body, 200);
    last_event last = read_last(&b);
    assert_int_equal(last.type, CS_EVENT_NOTICE_RECEIVED);
    assert_string_equal(last.reference, "change-1");
    assert_string_equal(last.detail, "change");
    assert_true(last.has_notice);
    assert_memory_equal(last.notice, hash, sizeof hash);
    for (int i = 0; i < 3; i++) {
        peer_device_make(&server, &many[i], (uint8_t)(60 + i), NULL);
        peer_join(&server, &many[i]);
    }
    ask("POST", "/v1/admin/broadcasts", server.publisher, body, 200);
    for (int i = 0; i < 3; i++) {
        for (int tries = 0; read_last(&many[i]).count == 0; tries++) { /* it is delivered in the background */
            assert_true(tries < 1000);
            peer_rest(20);
        }
        assert_int_equal(read_last(&many[i]).type, CS_EVENT_NOTICE_RECEIVED);
    }
    ask("POST", "/v1/admin/broadcasts", server.publisher, body, 200); /* once is enough */
    ask("GET", "/healthz", NULL, NULL, 200);
    assert_int_equal(read_last(&many[0]).count, 1);
    for (int i = 0; i < 3; i++)
        peer_device_free(&many[i]);
    peer_ask_text(&server, "GET", "/metrics", NULL, NULL, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    cs_buffer_free(&bytes);
    free_two();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_opens_its_own_and_nothing_else),
        cmocka_unit_test(a_removed_operators_token_opens_nothing),
        cmocka_unit_test(support_withdraws_and_every_device_learns_it),
        cmocka_unit_test(nobody_can_grant_through_the_interface),
        cmocka_unit_test(support_corrects_an_age),
        cmocka_unit_test(requests_are_answered_by_their_rules),
        cmocka_unit_test(only_what_verifies_is_published),
        cmocka_unit_test(notices_reach_one_person_or_everybody),
    };
    return cmocka_run_group_tests(tests, people_set_up, people_tear_down);
}
