/* consentd in races, crashes and at an orderly end: what was acknowledged is there, once. */
#include "backend/peer.h"
#include "platform/platform.h"

#include <curl/curl.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

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

/* ---- races, crashes, an orderly end ---------------------------------------------------------------------------- */

typedef struct sender {
    pthread_t thread;
    peer_device device;
    cs_receipt receipt;
    uint64_t acknowledged;
    atomic_bool *stop;
} sender;

static pthread_barrier_t together;

static void *send_all_at_once(void *ctx)
{
    sender *s = ctx;
    cs_receipt all[CS_ANSWER_MAX_RECEIPTS];
    peer_reply reply;
    peer_fetch(&server, &s->device, 0, false, &reply); /* connected */
    peer_reply_free(&reply);
    (void)pthread_barrier_wait(&together);
    peer_send(&server, &s->device, 1, 40, &reply);
    if (reply.status == 200 && peer_receipts(&server, &s->device, &reply, all) == 1)
        s->receipt = all[0];
    peer_reply_free(&reply);
    return NULL;
}

static void race(uint8_t seed)
{
    static sender senders[6];
    memset(senders, 0, sizeof senders);
    for (size_t i = 0; i < CS_COUNT_OF(senders); i++) {
        make(&senders[i].device, seed, "racer"); /* the same device each time */
        peer_record(&senders[i].device, CS_EVENT_GRANTED, 40);
    }
    for (size_t i = 0; i < CS_COUNT_OF(senders); i++)
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all_at_once, &senders[i]), 0);
    for (size_t i = 0; i < CS_COUNT_OF(senders); i++)
        (void)pthread_join(senders[i].thread, NULL);
    for (size_t i = 0; i < CS_COUNT_OF(senders); i++) {
        assert_int_equal(senders[i].receipt.last, 40);
        assert_memory_equal(&senders[0].receipt, &senders[i].receipt, sizeof(cs_receipt));
        peer_device_free(&senders[i].device);
    }
}

static void racing_connections_store_a_range_once(void **state)
{
    long long before = peer_metric(&server, "events_total");
    (void)state;
    assert_int_equal(pthread_barrier_init(&together, NULL, 6), 0);
    for (uint8_t seed = 60; seed < 80; seed++)
        race(seed);
    (void)pthread_barrier_destroy(&together);
    assert_int_equal(peer_metric(&server, "events_total") - before, 20 * 40);
}

/* One event a request until told to stop or the server is gone. */
static void *send_one_by_one(void *ctx)
{
    sender *s = ctx;
    for (uint64_t seq = 1; seq <= s->device.last && !atomic_load(s->stop); seq++) {
        cs_receipt all[CS_ANSWER_MAX_RECEIPTS];
        peer_reply reply;
        peer_send(&server, &s->device, seq, seq, &reply);
        bool taken = reply.status == 200 && peer_receipts(&server, &s->device, &reply, all) == 1 && all[0].last == seq;
        peer_reply_free(&reply);
        if (!taken)
            break;
        s->acknowledged = seq;
    }
    return NULL;
}

static void count(void *ctx, const cs_receipt *receipt, const cs_event *event, uint64_t cursor)
{
    uint64_t *next = ctx;
    (void)receipt;
    (void)event;
    assert_int_equal(cursor, *next); /* without a gap, none twice */
    ++*next;
}

/* Everything that was acknowledged is there, and sending all of it again adds what is missing and nothing else. */
static void check_after_restart(sender *s)
{
    peer_reply reply;
    uint64_t next = 0, expected = 1;
    bool more = true;
    char page_path[100];
    (void)page_path;
    cs_receipt all[CS_ANSWER_MAX_RECEIPTS];
    for (uint64_t seq = 1; seq <= s->acknowledged + 3 && seq <= s->device.last; seq++) {
        peer_send(&server, &s->device, seq, seq, &reply);
        assert_int_equal(peer_receipts(&server, &s->device, &reply, all), 1);
        assert_int_equal(all[0].first_cursor, seq);
        peer_reply_free(&reply);
    }
    while (more) {
        peer_fetch(&server, &s->device, next, false, &reply);
        (void)peer_read_page(&server, &reply, count, &expected, &next, &more);
        peer_reply_free(&reply);
    }
    assert_true(expected - 1 >= s->acknowledged);
}

static void run_until(sender *senders, size_t how_many, const char *prefix, uint8_t seed, atomic_bool *stop, int signal,
                      int status)
{
    for (size_t i = 0; i < how_many; i++) {
        char account[40];
        (void)snprintf(account, sizeof account, "%s-%zu", prefix, i);
        memset(&senders[i], 0, sizeof senders[i]);
        senders[i].stop = stop;
        make(&senders[i].device, (uint8_t)(seed + i), account);
        peer_record(&senders[i].device, CS_EVENT_GRANTED, 400);
    }
    for (size_t i = 0; i < how_many; i++)
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_one_by_one, &senders[i]), 0);
    for (int i = 0; i < 200 && peer_metric(&server, "ranges_total") < 20; i++)
        peer_rest(20);
    assert_int_equal(peer_stop(&server, signal), status);
    atomic_store(stop, true);
    for (size_t i = 0; i < how_many; i++)
        (void)pthread_join(senders[i].thread, NULL);
    peer_start(&server);
    for (size_t i = 0; i < how_many; i++) {
        check_after_restart(&senders[i]);
        peer_device_free(&senders[i].device);
    }
}

/* The server is killed when the act is on disk and the answer not yet read: sent again, it is acknowledged as what it was. */
static void an_answer_lost_behind_the_commit_is_given_again(void **state)
{
    peer_device a;
    cs_range range;
    cs_buffer body, message;
    char path[100];
    size_t sent = 0;
    peer_reply reply;
    cs_receipt all[CS_ANSWER_MAX_RECEIPTS];
    (void)state;
    make(&a, 11, "lost-answer");
    peer_record(&a, CS_EVENT_WITHDRAWN, 1);
    peer_range(&a, 1, 1, &range);
    cs_buffer_init(&body, cs_memory_system(), 65536);
    cs_buffer_init(&message, cs_memory_system(), 65536);
    assert_int_equal(cs_range_write(cs_memory_system(), &range, &body, NULL), CONSENT_OK);
    peer_path(&a, "events", path, sizeof path);
    cs_buffer_printf(&message,
                     "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
                     path, a.token, body.size);
    cs_buffer_append(&message, body.data, body.size);
    long long before = peer_metric(&server, "events_total");
    CURL *curl = peer_connect(&server);
    assert_non_null(curl);
    assert_int_equal(curl_easy_send(curl, message.data, message.size, &sent), CURLE_OK);
    assert_int_equal(sent, message.size);
    for (int i = 0; i < 500 && peer_metric(&server, "events_total") == before; i++)
        peer_rest(10);
    assert_int_equal(peer_stop(&server, SIGKILL), 128 + SIGKILL);
    curl_easy_cleanup(curl); /* unread */
    peer_start(&server);
    peer_send(&server, &a, 1, 1, &reply);
    assert_int_equal(peer_receipts(&server, &a, &reply, all), 1);
    assert_int_equal(all[0].first_cursor, 1);
    peer_reply_free(&reply);
    assert_int_equal(peer_metric(&server, "repeated_ranges_total"), 1); /* it was there */
    assert_int_equal(peer_metric(&server, "events_total"), 0);
    cs_buffer_free(&body);
    cs_buffer_free(&message);
    peer_device_free(&a);
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    static sender senders[3];
    (void)state;
    for (uint8_t round = 0; round < 3; round++) {
        atomic_bool stop = false;
        char prefix[24];
        (void)snprintf(prefix, sizeof prefix, "killed-%d", round);
        run_until(senders, CS_COUNT_OF(senders), prefix, (uint8_t)(20 + 4 * round), &stop, SIGKILL, 128 + SIGKILL);
    }
}

static void a_term_signal_ends_it_in_order(void **state)
{
    static sender senders[3];
    atomic_bool stop = false;
    (void)state;
    run_until(senders, CS_COUNT_OF(senders), "stopped", 40, &stop, SIGTERM, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(racing_connections_store_a_range_once),
        cmocka_unit_test(an_answer_lost_behind_the_commit_is_given_again),
        cmocka_unit_test(what_was_acknowledged_survives_kill_9),
        cmocka_unit_test(a_term_signal_ends_it_in_order),
    };
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
