/* What people.h promises. */
#include "backend/people.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

peer_server server;
peer_device a, b;

int people_set_up(void **state)
{
    (void)state;
    peer_make(&server, "");
    peer_start(&server);
    return 0;
}

int people_tear_down(void **state)
{
    (void)state;
    return peer_end(&server);
}

void make_two(uint8_t seed, const char *account)
{
    peer_device_make(&server, &a, seed, account);
    peer_device_make(&server, &b, (uint8_t)(seed + 1), account);
    peer_join(&server, &a);
    peer_join(&server, &b);
}

void free_two(void)
{
    peer_device_free(&a);
    peer_device_free(&b);
}

/* /v1/admin/profiles/{of a}/rest, or /admin/profiles/… */
const char *admin(const char *root, const char *rest)
{
    static char path[200];
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    cs_hex_encode(a.profile, CS_PROFILE_ID_SIZE, hex);
    (void)snprintf(path, sizeof path, "%s/admin/profiles/%s%s", root, hex, rest);
    return path;
}

void ask(const char *method, const char *path, const char *token, const char *body, long status)
{
    peer_reply reply;
    peer_ask_text(&server, method, path, token, body, &reply);
    peer_expect(&reply, status);
    peer_reply_free(&reply);
}

static void copy(cs_str text, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", CS_STR_ARG(text));
}

static void keep_last(void *ctx, const cs_receipt *receipt, const cs_event *event, uint64_t cursor)
{
    last_event *last = ctx;
    last->receipt = *receipt;
    last->type = event->type;
    last->actor = event->actor;
    last->method = event->method;
    last->age_band = event->age_band;
    last->rules_version = event->rules_version;
    last->birth = event->birth;
    last->seen = event->seen;
    last->cursor = cursor;
    last->data_count = event->data_count;
    last->has_policy_hash = event->policy.hash != NULL;
    last->has_notice = event->notice_hash != NULL;
    if (event->notice_hash)
        memcpy(last->notice, event->notice_hash, sizeof last->notice);
    copy(event->purpose, last->purpose, sizeof last->purpose);
    copy(event->reference, last->reference, sizeof last->reference);
    copy(event->detail, last->detail, sizeof last->detail);
    copy(event->rules_id, last->rules, sizeof last->rules);
    copy(event->policy.id, last->policy, sizeof last->policy);
    last->count++;
}

last_event read_last(const peer_device *device)
{
    last_event last = {.count = 0};
    peer_reply reply;
    uint64_t next;
    bool more;
    peer_fetch(&server, device, 0, false, &reply);
    (void)peer_read_page(&server, &reply, keep_last, &last, &next, &more);
    peer_reply_free(&reply);
    return last;
}

void open_request(const char *id, const char *detail)
{
    peer_reply reply;
    cs_event event = {.type = CS_EVENT_REQUEST_OPENED, .reference = cs_str_of(id), .detail = cs_str_of(detail)};
    peer_record_event(&a, &event);
    peer_send(&server, &a, a.last, a.last, &reply);
    peer_expect(&reply, 200);
    peer_reply_free(&reply);
}

void hash_of_newest(uint8_t hash[CS_HASH_SIZE], const char *list)
{
    char hex[80];
    peer_reply reply;
    peer_ask_text(&server, "GET", "/v1/admin/policies", server.publisher, NULL, &reply);
    peer_expect(&reply, 200);
    char *at = strstr((char *)reply.body.data, list);
    assert_non_null(at);
    at = strstr(at, "\"hash\":\"");
    assert_non_null(at);
    (void)snprintf(hex, sizeof hex, "%.64s", at + 8);
    assert_true(cs_hex_decode(cs_str_of(hex), hash, CS_HASH_SIZE));
    peer_reply_free(&reply);
}
