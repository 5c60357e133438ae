/* consentd among hostile clients. */
#include "backend/peer.h"
#include "platform/platform.h"

#include <curl/curl.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static peer_server server;

static int tear_down(void **state)
{
    (void)state;
    return peer_end(&server);
}

static int set_up(void **state)
{
    (void)state;
    peer_make(&server, "");
    peer_start(&server);
    return 0;
}

static void make(peer_device *device, uint8_t seed, const char *account)
{
    peer_device_make(&server, device, seed, account);
    peer_join(&server, device);
}

/* ---- bodies and paths ------------------------------------------------------------------------------------ */

static void bodies_that_are_no_ranges_are_refused(void **state)
{
    peer_device a;
    char path[100], *deep = calloc(1, 40001);
    (void)state;
    make(&a, 1, "bodies");
    peer_path(&a, "events", path, sizeof path);
    const char *const bodies[] = {
        "",
        "{",
        "null",
        "[]",
        "{\"stream\":1}",
        "{\"stream\":\"00000000000000000000000000000000\",\"stream\":\"00000000000000000000000000000000\"}",
        "{\"stream\":\"' OR 1=1 --\",\"first\":1,\"last\":1}",
        "\xff\xfe{}",
        "{\"stream\":\"01010101010101010101010101010101\",\"first\":1e3,\"last\":1}",
        "{\"stream\":\"01010101010101010101010101010101\",\"first\":9007199254740993,\"last\":1}",
        "{\"stream\":\"01010101010101010101010101010101\",\"first\":2,\"last\":1,\"head\":\"\",\"signature\":\"\","
        "\"compression\":\"none\",\"events\":\"\"}",
    };
    for (size_t i = 0; i < CS_COUNT_OF(bodies); i++)
        peer_want(&server, "POST", path, a.token, bodies[i], 400);
    assert_non_null(deep);
    memset(deep, '[', 40000);
    peer_want(&server, "POST", path, a.token, deep, 400);
    free(deep);
    peer_device_free(&a);
}

static void a_bomb_of_zeros_is_not_unpacked(void **state)
{
    peer_device a;
    char path[100];
    cs_buffer body;
    size_t size = 64u << 20; /* 64 KiB when packed */
    uLongf packed = 1u << 20;
    uint8_t *zeros = calloc(1, size), *small = malloc(packed);
    (void)state;
    make(&a, 2, "bomb");
    assert_true(zeros && small && compress2(small, &packed, zeros, size, 9) == Z_OK);
    cs_buffer_init(&body, cs_memory_system(), 1u << 20);
    cs_buffer_printf(&body, "{\"stream\":\"%032d\",\"first\":1,\"last\":2,\"head\":\"%064d\",\"signature\":\"", 0, 0);
    cs_base64url_encode(&body, (cs_span){zeros, CS_SIGNATURE_SIZE});
    cs_buffer_text(&body, "\",\"compression\":\"deflate\",\"events\":\"");
    cs_base64url_encode(&body, (cs_span){small + 2, packed - 6}); /* without zlib's own head and end */
    cs_buffer_text(&body, "\"}");
    assert_false(body.failed);
    peer_path(&a, "events", path, sizeof path);
    cs_buffer_u8(&body, 0);
    peer_want(&server, "POST", path, a.token, (const char *)body.data, 400);
    cs_buffer_free(&body);
    free(zeros);
    free(small);
    peer_device_free(&a);
}

static void what_is_too_large_is_refused_before_it_is_read(void **state)
{
    peer_device a;
    char path[100];
    peer_reply reply;
    size_t size = 3u << 20;
    uint8_t *bytes = calloc(1, size);
    (void)state;
    make(&a, 3, "large");
    peer_path(&a, "events", path, sizeof path);
    peer_ask(&server, "POST", path, a.token, NULL, (cs_span){bytes, size}, &reply);
    peer_expect_error(&reply, 413, "too_large");
    peer_reply_free(&reply);
    peer_ask(&server, "POST", "/v1/sealed", NULL, "application/octet-stream", (cs_span){bytes, CS_SEALED_MAX_BYTES + 1},
             &reply);
    peer_expect_error(&reply, 413, "too_large");
    peer_reply_free(&reply);
    peer_ask(&server, "POST", path, "a1.wrong", NULL, (cs_span){bytes, size}, &reply); /* whoever says so */
    peer_expect_error(&reply, 413, "too_large");
    peer_reply_free(&reply);
    peer_ask(&server, "POST", "/v1/sealed", NULL, "application/octet-stream", (cs_span){bytes, 0}, &reply);
    peer_expect_error(&reply, 400, "rejected");
    peer_reply_free(&reply);
    free(bytes);
    peer_device_free(&a);
}

static void paths_and_names_lead_nowhere_else(void **state)
{
    (void)state;
    const char *const nowhere[] = {
        "/",
        "/v1",
        "/v1/profiles/../keys",
        "/v1/policies/..%2f..%2fsecret",
        "/v1/policies/%2e%2e/%2e%2e/secret",
        "/../../../../etc/passwd",
        "/v1/profiles/%27%20OR%20%271%27=%271/events",
        "/v1/policies/0000000000000000000000000000000000000000000000000000000000000000",
        "/v1/policies/head%00",
        "/v1/keys/",
        "//v1/keys",
    };
    for (size_t i = 0; i < CS_COUNT_OF(nowhere); i++)
        peer_want(&server, "GET", nowhere[i], NULL, NULL, 404);
    peer_want(&server, "GET", "/v1/policies/head?id=x%27%3B%20DROP%20TABLE%20heads%3B--", NULL, NULL, 404);
    peer_want(&server, "DELETE", "/v1/keys", NULL, NULL, 405);
    peer_want(&server, "PUT", "/v1/sealed", NULL, "x", 405);
    peer_want(&server, "POST", "/v1/admin/find", server.support, "{\"account\":\"'); DROP TABLE profiles; --\"}", 200);
    peer_want(&server, "GET", "/v1/admin/profiles/00000000000000000000000000000000", server.support, NULL, 404);
    peer_want(&server, "GET", "/v1/keys", NULL, NULL, 200);
    peer_want(&server, "GET", "/readyz", NULL, NULL, 200);
}

static void tokens_are_not_forged_by_shape(void **state)
{
    peer_device a;
    char path[100], forged[300], hex[2 * CS_PROFILE_ID_SIZE + 1];
    (void)state;
    make(&a, 4, "shapes");
    peer_path(&a, "events", path, sizeof path);
    cs_hex_encode(a.profile, CS_PROFILE_ID_SIZE, hex);
    const char *const shapes[] = {
        "",
        "a1.",
        "a1...",
        "n1.",
        "n1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "o1.x",
        "s1.ann.9999999999.x",
        "Bearer",
        "' OR ''='",
    };
    for (size_t i = 0; i < CS_COUNT_OF(shapes); i++)
        peer_want(&server, "GET", path, shapes[i], NULL, 401);
    (void)snprintf(forged, sizeof forged, "a1.%s.99999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hex);
    peer_want(&server, "GET", path, forged, NULL, 401);
    /* Its own token with a later end. */
    const char *end = strrchr(a.token, '.');
    assert_non_null(end);
    (void)snprintf(forged, sizeof forged, "a1.%s.99999999999%s", hex, end);
    peer_want(&server, "GET", path, forged, NULL, 401);
    peer_want(&server, "GET", path, a.token, NULL, 200);
    peer_device_free(&a);
}

static void another_ones_signed_range_cannot_be_replayed(void **state)
{
    peer_device a, b;
    cs_range range;
    peer_reply reply;
    (void)state;
    make(&a, 5, "victim");
    make(&b, 6, "thief");
    peer_record(&a, CS_EVENT_GRANTED, 2);
    peer_range(&a, 1, 2, &range);
    peer_send_range(&server, &b, &range, &reply); /* into the thief's own profile: no such stream there */
    peer_expect_error(&reply, 404, "unknown");
    peer_reply_free(&reply);
    memcpy(range.stream, b.stream, sizeof range.stream); /* as if it were the thief's device */
    peer_send_range(&server, &b, &range, &reply);
    peer_expect_error(&reply, 400, "rejected");
    peer_reply_free(&reply);
    peer_device_free(&a);
    peer_device_free(&b);
}

/* ---- slow and rude peers ------------------------------------------------------------------------------------ */

static CURL *raw(void)
{
    CURL *curl = peer_connect(&server);
    assert_non_null(curl);
    return curl;
}

/* Sends `text` a byte at a time, slowly, until the server has had enough; false: it never had. */
static bool dribble(const peer_server *impatient, const char *text)
{
    CURL *curl = peer_connect(impatient);
    bool cut = false;
    assert_non_null(curl);
    for (int i = 0; i < 600 && !cut; i++) { /* 30 s, ten times what is allowed */
        size_t sent = 0;
        char byte = text[i % (int)strlen(text)], back[512];
        size_t got = 0;
        CURLcode code = curl_easy_send(curl, i < (int)strlen(text) ? text + i : &byte, 1, &sent);
        CURLcode read = curl_easy_recv(curl, back, sizeof back, &got);
        cut = (code != CURLE_OK && code != CURLE_AGAIN) || (read == CURLE_OK && got == 0) ||
              (read != CURLE_OK && read != CURLE_AGAIN);
        peer_rest(50);
    }
    curl_easy_cleanup(curl);
    return cut;
}

static void slow_senders_are_cut_off_whatever_they_send(void **state)
{
    peer_server impatient;
    (void)state;
    peer_make(&impatient, "\"receive_seconds\":3");
    peer_start(&impatient);
    assert_true(dribble(
        &impatient,
        "GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_true(dribble(
        &impatient,
        "POST /v1/sealed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_true(peer_metric(&impatient, "cut_off_total") >= 2);
    assert_int_equal(peer_stop(&impatient, SIGTERM), 0);
    peer_remove(&impatient);
}

static void noise_instead_of_requests_harms_nobody(void **state)
{
    static const char *const noises[] = {
        "\x16\x03\x01\x02\x00\x01\r\n\r\n",
        "GET\r\n\r\n",
        "GET /v1/keys HTTP/9.9\r\n\r\n",
        "POST /v1/sealed HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST /v1/sealed HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /v1/sealed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    };
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(noises); i++) {
        CURL *curl = raw();
        size_t sent, got = 0;
        char back[1024];
        (void)curl_easy_send(curl, noises[i], strlen(noises[i]), &sent);
        for (int tries = 0; tries < 20 && curl_easy_recv(curl, back, sizeof back, &got) == CURLE_AGAIN; tries++)
            peer_rest(20);
        if (got > 12)
            assert_true(strncmp(back + 9, "2", 1) != 0); /* never taken for a request that succeeds */
        curl_easy_cleanup(curl);
    }
    CURL *curl = raw(); /* headers without end */
    char block[1024];
    memset(block, 'a', sizeof block);
    size_t sent;
    (void)curl_easy_send(curl, "GET / HTTP/1.1\r\nX: ", 19, &sent);
    for (int i = 0; i < 256 && curl_easy_send(curl, block, sizeof block, &sent) != CURLE_SEND_ERROR; i++)
        continue;
    curl_easy_cleanup(curl);
    peer_want(&server, "GET", "/healthz", NULL, NULL, 200);
}

static void who_asks_too_often_is_told_to_wait(void **state)
{
    peer_server strict;
    peer_device a, b;
    peer_reply reply;
    int limited = 0;
    (void)state;
    peer_make(&strict, "\"profile_rate\":1,\"profile_burst\":3,\"connections_per_address\":8");
    peer_start(&strict);
    peer_device_make(&strict, &a, 7, "often");
    peer_device_make(&strict, &b, 8, "seldom");
    peer_join(&strict, &a);
    peer_join(&strict, &b);
    for (int i = 0; i < 6; i++) {
        peer_fetch(&strict, &a, 0, false, &reply);
        if (reply.status == 429) {
            limited++;
            peer_expect_error(&reply, 429, "busy");
            assert_true(atoi(reply.retry_after) >= 1);
        } else {
            peer_expect(&reply, 200);
        }
        peer_reply_free(&reply);
    }
    assert_true(limited >= 2 && limited <= 3);
    peer_fetch(&strict, &b, 0, false, &reply); /* another one's share is untouched */
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    peer_device_free(&a);
    peer_device_free(&b);
    assert_int_equal(peer_stop(&strict, SIGTERM), 0);
    peer_remove(&strict);
}

static void an_address_has_its_limits_too(void **state)
{
    peer_server strict;
    peer_reply reply;
    CURL *held[12];
    int limited = 0, open = 0;
    (void)state;
    peer_make(&strict, "\"address_rate\":1,\"address_burst\":4,\"connections_per_address\":6");
    peer_start(&strict);
    for (int i = 0; i < 8; i++) {
        peer_ask_text(&strict, "GET", "/v1/keys", NULL, NULL, &reply);
        limited += reply.status == 429;
        peer_reply_free(&reply);
    }
    assert_true(limited >= 2);
    for (size_t i = 0; i < CS_COUNT_OF(held); i++) {
        held[i] = peer_connect(&strict);
        open += held[i] != NULL;
    }
    assert_true(open >= 4 && open <= 6);
    for (size_t i = 0; i < CS_COUNT_OF(held); i++)
        curl_easy_cleanup(held[i]);
    assert_int_equal(peer_stop(&strict, SIGTERM), 0);
    peer_remove(&strict);
}

static void a_full_queue_says_so_and_keeps_nothing(void **state)
{
    peer_server full;
    peer_device a;
    peer_reply reply;
    (void)state;
    peer_make(&full, "\"queue\":0");
    peer_start(&full);
    peer_device_make(&full, &a, 10, NULL);
    peer_enrol(&full, &a, &reply);
    peer_expect_error(&reply, 503, "busy");
    assert_true(atoi(reply.retry_after) >= 1);
    peer_reply_free(&reply);
    peer_ask_text(&full, "GET", "/v1/keys", NULL, NULL, &reply); /* reading goes on */
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    peer_device_free(&a);
    assert_int_equal(peer_stop(&full, SIGTERM), 0);
    peer_remove(&full);
}

/* ---- what stays --------------------------------------------------------------------------------------- */

static void the_log_names_nobody(void **state)
{
    char path[100], hex[2 * CS_PROFILE_ID_SIZE + 1];
    cs_buffer text;
    peer_device a;
    (void)state;
    make(&a, 50, "very-private-account");
    peer_record(&a, CS_EVENT_GRANTED, 1);
    peer_reply reply;
    peer_send(&server, &a, 1, 1, &reply);
    peer_reply_free(&reply);
    peer_want(&server, "POST", "/v1/admin/find", server.support, "{\"account\":\"very-private-account\"}", 200);
    (void)snprintf(path, sizeof path, "%s/log", server.dir);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    cs_buffer_init(&text, cs_memory_system(), 64u << 20);
    char block[4096];
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        cs_buffer_append(&text, block, got);
    (void)fclose(file);
    cs_buffer_u8(&text, 0);
    cs_hex_encode(a.profile, CS_PROFILE_ID_SIZE, hex);
    assert_non_null(strstr((char *)text.data, "\"route\":\"/v1/profiles/{profile}/events\""));
    assert_null(strstr((char *)text.data, hex));
    assert_null(strstr((char *)text.data, a.token));
    assert_null(strstr((char *)text.data, "very-private"));
    assert_null(strstr((char *)text.data, server.support));
    for (char *line = strtok((char *)text.data, "\n"); line; line = strtok(NULL, "\n")) {
        cs_json_doc doc;
        assert_int_equal(cs_json_parse(&doc, cs_str_of(line), 65536, "a line of the log", NULL), CONSENT_OK);
        cs_json_free(&doc);
    }
    cs_buffer_free(&text);
    peer_device_free(&a);
}

static void a_forgotten_person_is_gone(void **state)
{
    peer_device a;
    peer_reply reply;
    char hex[2 * CS_PROFILE_ID_SIZE + 1], path[100];
    (void)state;
    make(&a, 51, "forgotten");
    peer_record(&a, CS_EVENT_GRANTED, 2);
    peer_send(&server, &a, 1, 2, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    cs_hex_encode(a.profile, CS_PROFILE_ID_SIZE, hex);
    assert_int_equal(peer_run(&server, NULL, 0, (const char *const[]){"forget", "DIR", "--profile", hex, NULL}), 0);
    peer_path(&a, "events", path, sizeof path);
    peer_want(&server, "GET", path, a.token, NULL, 404);
    peer_device_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_that_are_no_ranges_are_refused),
        cmocka_unit_test(a_bomb_of_zeros_is_not_unpacked),
        cmocka_unit_test(what_is_too_large_is_refused_before_it_is_read),
        cmocka_unit_test(paths_and_names_lead_nowhere_else),
        cmocka_unit_test(tokens_are_not_forged_by_shape),
        cmocka_unit_test(another_ones_signed_range_cannot_be_replayed),
        cmocka_unit_test(slow_senders_are_cut_off_whatever_they_send),
        cmocka_unit_test(noise_instead_of_requests_harms_nobody),
        cmocka_unit_test(who_asks_too_often_is_told_to_wait),
        cmocka_unit_test(an_address_has_its_limits_too),
        cmocka_unit_test(a_full_queue_says_so_and_keeps_nothing),
        cmocka_unit_test(the_log_names_nobody),
        cmocka_unit_test(a_forgotten_person_is_gone),
    };
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
