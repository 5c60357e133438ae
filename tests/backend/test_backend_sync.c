/* consentd as devices meet it: docs/sync-protocol.md sections 3 to 5, 7 and 8, over loopback. */
#include "backend/peer.h"
#include "platform/platform.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static peer_server server;

static int set_up(void **state)
{
    (void)state;
    peer_make(&server, "");
    peer_start(&server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return peer_end(&server);
}

static peer_device a, b;

static void make_two(uint8_t seed, const char *account)
{
    peer_device_make(&server, &a, seed, account);
    peer_device_make(&server, &b, (uint8_t)(seed + 1), account);
    peer_join(&server, &a);
    peer_join(&server, &b);
}

static void free_two(void)
{
    peer_device_free(&a);
    peer_device_free(&b);
}

static size_t send(const peer_device *device, uint64_t first, uint64_t last, cs_receipt *out)
{
    cs_receipt all[CS_ANSWER_MAX_RECEIPTS];
    peer_reply reply;
    peer_send(&server, device, first, last, &reply);
    size_t count = peer_receipts(&server, device, &reply, all);
    if (out)
        *out = all[0];
    peer_reply_free(&reply);
    return count;
}

static void send_badly(const peer_device *device, const cs_range *range, long status, const char *code, uint64_t last)
{
    peer_reply reply;
    cs_wire_error error;
    peer_send_range(&server, device, range, &reply);
    peer_expect_error(&reply, status, code);
    assert_true(cs_wire_error_read((cs_str){(const char *)reply.body.data, reply.body.size}, &error));
    assert_int_equal(error.last, last);
    peer_reply_free(&reply);
}

/* ---- sending ------------------------------------------------------------------------------------------ */

static void acts_are_stored_once_and_receipted_the_same_each_time(void **state)
{
    cs_receipt first, again, second;
    (void)state;
    make_two(1, "once");
    peer_record(&a, CS_EVENT_GRANTED, 5);
    long long before = peer_metric(&server, "events_total");
    assert_int_equal(send(&a, 1, 3, &first), 1);
    assert_int_equal(first.first, 1);
    assert_int_equal(first.last, 3);
    assert_int_equal(first.first_cursor, 1);
    assert_false(first.by_backend);
    assert_false(first.joined);
    assert_int_equal(send(&a, 1, 3, &again), 1);
    assert_memory_equal(&first, &again, sizeof first); /* time and cursor too */
    assert_int_equal(send(&a, 2, 2, &again), 1);       /* a part of it */
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(send(&a, 4, 5, &second), 1);
    assert_int_equal(second.first_cursor, 4);
    assert_int_equal(send(&a, 1, 5, NULL), 2);
    assert_int_equal(peer_metric(&server, "events_total") - before, 5);
    free_two();
}

static void what_goes_on_behind_the_stored_is_left_to_a_range_of_its_own(void **state)
{
    cs_receipt receipt;
    (void)state;
    make_two(3, "overlap");
    peer_record(&a, CS_EVENT_GRANTED, 6);
    assert_int_equal(send(&a, 1, 3, NULL), 1);
    assert_int_equal(send(&a, 2, 6, &receipt), 1);
    assert_int_equal(receipt.last, 3);
    assert_int_equal(send(&a, 4, 6, &receipt), 1);
    assert_int_equal(receipt.last, 6);
    free_two();
}

static void a_gap_and_a_fork_are_told_apart(void **state)
{
    cs_range range;
    peer_reply reply;
    (void)state;
    make_two(5, "fork");
    peer_record(&a, CS_EVENT_GRANTED, 4);
    peer_range(&a, 3, 4, &range);
    send_badly(&a, &range, 409, "gap", 0);
    assert_int_equal(send(&a, 1, 2, NULL), 1);
    peer_range(&a, 4, 4, &range);
    send_badly(&a, &range, 409, "gap", 2);
    /* The same device, restored from a backup, tells another story: at a number that is stored, and behind it. */
    peer_device restored;
    peer_device_make(&server, &restored, 5, "fork");
    peer_record(&restored, CS_EVENT_GRANTED, 1);
    peer_record(&restored, CS_EVENT_WITHDRAWN, 2);
    peer_range(&restored, 2, 2, &range);
    send_badly(&restored, &range, 409, "fork", 0);
    peer_range(&restored, 3, 3, &range);
    send_badly(&restored, &range, 409, "fork", 0);
    peer_send(&server, &restored, 1, 1, &reply); /* this much they have in common */
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
    peer_device_free(&restored);
    free_two();
}

static void a_range_that_is_wrong_anywhere_is_refused_whole(void **state)
{
    cs_range range;
    cs_event support = {.type = CS_EVENT_GRANTED, .actor = CS_ACTOR_SUPPORT, .purpose = CS_STR("search")};
    cs_event seer = {.type = CS_EVENT_GRANTED, .purpose = CS_STR("search"), .seen = 2};
    (void)state;
    make_two(7, "wrong");
    peer_record(&a, CS_EVENT_GRANTED, 1);
    peer_record_event(&a, &support);
    peer_range(&a, 1, 2, &range);
    send_badly(&a, &range, 422, "rejected", 0);
    peer_record(&b, CS_EVENT_GRANTED, 1);
    peer_record_event(&b, &seer); /* would get cursor 2 */
    peer_range(&b, 1, 2, &range);
    send_badly(&b, &range, 422, "rejected", 0);
    peer_range(&b, 1, 1, &range);
    range.signature[5] ^= 1;
    send_badly(&b, &range, 400, "rejected", 0);
    peer_range(&b, 1, 1, &range);
    range.head[0] ^= 1; /* not what was signed */
    send_badly(&b, &range, 400, "rejected", 0);
    peer_range(&b, 1, 2, &range);
    range.last = 1; /* two events under one number */
    send_badly(&b, &range, 400, "rejected", 0);
    peer_reply reply;
    peer_fetch(&server, &b, 0, false, &reply);
    assert_true(peer_says(&reply, "\"items\":[]"));
    peer_reply_free(&reply);
    free_two();
}

static void an_event_may_have_seen_what_is_before_it(void **state)
{
    cs_event event = {.type = CS_EVENT_GRANTED, .purpose = CS_STR("search"), .seen = 3};
    (void)state;
    make_two(9, "seen");
    peer_record(&a, CS_EVENT_WITHDRAWN, 3);
    assert_int_equal(send(&a, 1, 3, NULL), 1);
    peer_record_event(&b, &event);
    assert_int_equal(send(&b, 1, 1, NULL), 1);
    free_two();
}

/* ---- who may ------------------------------------------------------------------------------------------- */

static void nobody_reaches_another_ones_profile(void **state)
{
    peer_reply reply;
    peer_device stranger;
    char path[100];
    (void)state;
    make_two(11, "mine");
    peer_device_make(&server, &stranger, 13, "another");
    peer_record(&a, CS_EVENT_GRANTED, 1);
    assert_int_equal(send(&a, 1, 1, NULL), 1);
    peer_path(&a, "events", path, sizeof path);
    peer_ask_text(&server, "GET", path, stranger.token, NULL, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    peer_ask_text(&server, "GET", path, NULL, NULL, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    peer_ask_text(&server, "GET", path, server.support, NULL, &reply); /* an operator is not the person */
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    a.token[strlen(a.token) - 1] ^= 1;
    peer_ask_text(&server, "GET", path, a.token, NULL, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    memcpy(stranger.profile, a.profile, sizeof a.profile); /* signed for it, but without its token */
    peer_enrol(&server, &stranger, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    peer_device_free(&stranger);
    free_two();
}

static void an_anonymous_profile_is_its_devices_alone(void **state)
{
    peer_reply reply;
    peer_device one, other;
    char again[256], path[100];
    (void)state;
    peer_device_make(&server, &one, 21, NULL);
    peer_device_make(&server, &other, 22, NULL);
    peer_join(&server, &one);
    peer_join(&server, &other);
    assert_true(one.token[0] != '\0');
    memcpy(again, one.token, sizeof again);
    peer_join(&server, &one);
    assert_string_equal(one.token, again);
    peer_record(&one, CS_EVENT_GRANTED, 2);
    assert_int_equal(send(&one, 1, 2, NULL), 1);
    peer_path(&one, "events", path, sizeof path);
    peer_ask_text(&server, "GET", path, other.token, NULL, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    memcpy(other.profile, one.profile, sizeof one.profile); /* its id is not this stream's */
    peer_enrol(&server, &other, &reply);
    peer_expect_error(&reply, 401, "token");
    peer_reply_free(&reply);
    peer_device_free(&one);
    peer_device_free(&other);
}

static void a_stream_keeps_the_key_it_was_enrolled_with(void **state)
{
    peer_reply reply;
    peer_device impostor;
    (void)state;
    make_two(23, "keys");
    peer_device_make(&server, &impostor, 25, "keys");
    memcpy(impostor.stream, a.stream, sizeof a.stream);
    peer_enrol(&server, &impostor, &reply);
    peer_expect_error(&reply, 409, "fork");
    peer_reply_free(&reply);
    memcpy(impostor.stream, b.stream, sizeof b.stream);
    memcpy(impostor.key, b.key, sizeof b.key); /* signs with a key that it has not */
    peer_enrol(&server, &impostor, &reply);
    peer_expect_error(&reply, 400, "rejected");
    peer_reply_free(&reply);
    memset(impostor.stream, 77, sizeof impostor.stream);
    peer_record(&impostor, CS_EVENT_GRANTED, 1);
    peer_send(&server, &impostor, 1, 1, &reply); /* never enrolled */
    peer_expect_error(&reply, 404, "unknown");
    peer_reply_free(&reply);
    peer_device_free(&impostor);
    free_two();
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

typedef struct seen_events {
    uint64_t count, next_cursor;
} seen_events;

static void in_order(void *ctx, const cs_receipt *receipt, const cs_event *event, uint64_t cursor)
{
    seen_events *seen = ctx;
    assert_true(cursor >= seen->next_cursor);
    assert_int_equal(event->seq, cursor - receipt->first_cursor + receipt->first);
    seen->next_cursor = cursor + 1;
    seen->count++;
}

static void other_devices_acts_come_whole_in_order_and_page_by_page(void **state)
{
    seen_events seen = {0, 1};
    uint64_t next = 0;
    bool more = true;
    unsigned pages = 0;
    char incompressible[12000];
    (void)state;
    make_two(31, "pages");
    uint32_t random = 12345;
    for (int i = 0; i < 100; i++) {
        cs_event event = {.type = CS_EVENT_NOTICE_SHOWN, .detail = {incompressible, sizeof incompressible}};
        for (size_t at = 0; at < sizeof incompressible; at++) {
            random = random * 1103515245u + 12345u;
            incompressible[at] = (char)('!' + (random >> 16) % 90);
        }
        peer_record_event(&a, &event);
    }
    for (uint64_t first = 1; first <= 100; first += 25)
        assert_int_equal(send(&a, first, first + 24, NULL), 1);
    peer_record(&b, CS_EVENT_WITHDRAWN, 2);
    assert_int_equal(send(&b, 1, 2, NULL), 1);
    while (more) {
        peer_reply reply;
        peer_fetch(&server, &b, next, true, &reply);
        (void)peer_read_page(&server, &reply, in_order, &seen, &next, &more);
        peer_reply_free(&reply);
        pages++;
    }
    assert_int_equal(seen.count, 100); /* its own came as receipts alone */
    assert_int_equal(next, 102);
    assert_true(pages > 1);
    peer_reply reply;
    peer_fetch(&server, &b, 103, true, &reply);
    peer_expect_error(&reply, 409, "gap");
    assert_int_equal(peer_number(&reply, "last"), 102);
    peer_reply_free(&reply);
    free_two();
}

static void a_joined_stream_is_said_to_be_one_and_its_seen_is_of_elsewhere(void **state)
{
    cs_receipt receipt;
    cs_event event = {.type = CS_EVENT_GRANTED, .purpose = CS_STR("search"), .seen = 40};
    (void)state;
    peer_device_make(&server, &a, 33, "joiner");
    a.joined = true;
    peer_join(&server, &a);
    peer_record_event(&a, &event);
    assert_int_equal(send(&a, 1, 1, &receipt), 1);
    assert_true(receipt.joined);
    peer_device_free(&a);
}

/* ---- keys, sealed files, policies --------------------------------------------------------------------------- */

static void a_rotated_key_signs_once_the_key_set_names_it(void **state)
{
    uint8_t keys[2 * CS_P256_PUBLIC_SIZE];
    char lines[2000];
    cs_receipt first, again;
    peer_reply reply;
    cs_buffer key_set;
    (void)state;
    make_two(35, "rotation");
    peer_record(&a, CS_EVENT_GRANTED, 1);
    assert_int_equal(send(&a, 1, 1, &first), 1);
    assert_int_equal(peer_run(&server, lines, sizeof lines, (const char *const[]){"keys", "rotate", "DIR", NULL}), 0);
    char kid[17], *at = strstr(lines, "key ");
    assert_non_null(at);
    (void)snprintf(kid, sizeof kid, "%.16s", at + 4);
    assert_int_equal(peer_run(&server, lines, sizeof lines, (const char *const[]){"keys", "list", "DIR", NULL}), 0);
    at = strstr(lines, kid);
    assert_non_null(at);
    at = strstr(at, "\"public\":\"") + 10;
    cs_buffer point;
    cs_buffer_init(&point, cs_memory_system(), CS_P256_PUBLIC_SIZE);
    assert_true(cs_base64url_decode(&point, (cs_str){at, 87}));
    memcpy(keys, server.receipt_key, CS_P256_PUBLIC_SIZE);
    memcpy(keys + CS_P256_PUBLIC_SIZE, point.data, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&point);
    assert_int_equal(send(&a, 1, 1, NULL), 1); /* by the old one still */
    cs_buffer_init(&key_set, cs_memory_system(), 65536);
    peer_key_set(&server, keys, 2, &key_set);
    assert_int_equal(kill(server.pid, SIGHUP), 0); /* it learns of the file */
    peer_ask_text(&server, "GET", "/readyz", NULL, NULL, &reply);
    peer_reply_free(&reply);
    for (int i = 0; i < 100; i++) { /* until the signal was heard */
        cs_buffer once;
        cs_buffer_init(&once, cs_memory_system(), 65536);
        peer_key_set(&server, keys, 2, &once);
        peer_ask(&server, "POST", "/v1/admin/keys", server.publisher, "text/plain", cs_buffer_span(&once), &reply);
        peer_expect(&reply, 200);
        peer_reply_free(&reply);
        cs_buffer_free(&once);
        peer_send(&server, &a, 1, 1, &reply);
        cs_str texts[CS_ANSWER_MAX_RECEIPTS];
        cs_json_doc doc;
        size_t count, index;
        assert_int_equal(
            cs_receipts_read(&doc, (cs_str){(const char *)reply.body.data, reply.body.size}, texts, &count, NULL),
            CONSENT_OK);
        consent_status status =
            cs_receipt_open(cs_memory_system(), texts[0], keys + CS_P256_PUBLIC_SIZE, 1, &index, &again, NULL);
        cs_json_free(&doc);
        peer_reply_free(&reply);
        if (status == CONSENT_OK)
            break;
        assert_true(i < 99);
    }
    assert_memory_equal(&first, &again, sizeof first); /* the same words under the new key */
    memcpy(server.receipt_key, keys + CS_P256_PUBLIC_SIZE, CS_P256_PUBLIC_SIZE);
    cs_buffer_free(&key_set);
    free_two();
}

static void a_sealed_file_is_taken_in_once_and_acknowledged(void **state)
{
    static const uint8_t file[] = "sealed, whatever it is \x01\x02";
    char first[2000], again[2000];
    cs_sealed_receipt receipts[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t index;
        peer_reply reply;
        char *text = i == 0 ? first : again;
        peer_ask(&server, "POST", "/v1/sealed", NULL, "application/octet-stream", (cs_span){file, sizeof file}, &reply);
        peer_expect(&reply, 200);
        peer_text(&reply, "receipt", text, sizeof first);
        assert_int_equal(cs_sealed_receipt_open(cs_memory_system(), cs_str_of(text), server.receipt_key, 1, &index,
                                                &receipts[i], NULL),
                         CONSENT_OK);
        peer_reply_free(&reply);
    }
    assert_memory_equal(&receipts[0], &receipts[1], sizeof receipts[0]);
    uint8_t hash[CS_HASH_SIZE];
    cs_span part = {file, sizeof file};
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    assert_memory_equal(receipts[0].sha256, hash, sizeof hash);
}

static void without_a_named_receipt_key_nothing_is_taken(void **state)
{
    peer_server other;
    peer_reply reply;
    cs_buffer key_set;
    (void)state;
    peer_make(&other, "");
    cs_buffer_init(&key_set, cs_memory_system(), 65536);
    peer_key_set(&other, NULL, 0, &key_set);
    peer_write(&other, "keys.jws", cs_buffer_span(&key_set));
    char path[100];
    (void)snprintf(path, sizeof path, "%s/keys.jws", other.dir);
    assert_int_equal(peer_run(&other, NULL, 0, (const char *const[]){"publish", "DIR", path, NULL}), 0);
    peer_start(&other);
    peer_ask_text(&other, "GET", "/readyz", NULL, NULL, &reply);
    peer_expect(&reply, 503);
    peer_reply_free(&reply);
    peer_device_make(&other, &a, 41, NULL);
    peer_join(&other, &a);
    peer_record(&a, CS_EVENT_GRANTED, 1);
    peer_send(&other, &a, 1, 1, &reply);
    peer_expect_error(&reply, 503, "busy");
    assert_true(reply.retry_after[0] != '\0');
    peer_reply_free(&reply);
    assert_int_equal(peer_metric(&other, "events_total"), 0);
    peer_device_free(&a);
    cs_buffer_free(&key_set);
    assert_int_equal(peer_stop(&other, SIGTERM), 0);
    peer_remove(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_are_stored_once_and_receipted_the_same_each_time),
        cmocka_unit_test(what_goes_on_behind_the_stored_is_left_to_a_range_of_its_own),
        cmocka_unit_test(a_gap_and_a_fork_are_told_apart),
        cmocka_unit_test(a_range_that_is_wrong_anywhere_is_refused_whole),
        cmocka_unit_test(an_event_may_have_seen_what_is_before_it),
        cmocka_unit_test(nobody_reaches_another_ones_profile),
        cmocka_unit_test(an_anonymous_profile_is_its_devices_alone),
        cmocka_unit_test(a_stream_keeps_the_key_it_was_enrolled_with),
        cmocka_unit_test(other_devices_acts_come_whole_in_order_and_page_by_page),
        cmocka_unit_test(a_joined_stream_is_said_to_be_one_and_its_seen_is_of_elsewhere),
        cmocka_unit_test(a_sealed_file_is_taken_in_once_and_acknowledged),
        cmocka_unit_test(a_rotated_key_signs_once_the_key_set_names_it),
        cmocka_unit_test(without_a_named_receipt_key_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
