/* Servers that do everything wrong that a server can, over real sockets: no crash, no leak, bounded time and memory, nothing acknowledged,
 * nothing granted, nothing lost; and when the honest one answers again, all arrives. */
#include "sync/victim.h"

#include "sync/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(CONSENT_HAVE_ZLIB)
#include <zlib.h>
#endif

#define SHORT_MS 400u
#define GIB (UINT64_C(1) << 30)

/* Every kind of request that a run makes. */
static const struct {
    const char *method, *path;
    bool before_receipts;
} requests[] = {
    {"POST", "/devices", true}, {"POST", "/events", true}, {"GET", "/events", false}, {"GET", "/v1/policies/", false}};

/* ---- certificates and versions ------------------------------------------------------------------------- */

static void hears_nothing(victim *v, loopback_identity identity, loopback_speech speech, bool clock)
{
    loopback_hold(&v->s);
    v->s.identity = identity;
    v->s.speech = speech;
    v->s.connections = 0;
    loopback_release(&v->s);
    assert_int_equal(victim_sync(v, 2000), CONSENT_E_NETWORK);
    loopback_hold(&v->s);
    assert_true(v->s.connections >= 1);
    assert_int_equal(v->s.requests, 0); /* not a byte of HTTP left */
    loopback_release(&v->s);
    assert_int_equal(v->d.report.clock_suspect, clock);
    assert_true(v->d.report.retry_ms > 0);
    victim_has_nothing_acknowledged(v);
    victim_is_unharmed(v);
}

/* C120 */
static void to_an_unproven_server_nothing_is_said(void **state)
{
    victim *v = *state;
    hears_nothing(v, LOOPBACK_OTHER_AUTHORITY, LOOPBACK_TLS, false);
    hears_nothing(v, LOOPBACK_OTHER_HOST, LOOPBACK_TLS, false);
    hears_nothing(v, LOOPBACK_SELF_SIGNED, LOOPBACK_TLS, false);
    hears_nothing(v, LOOPBACK_GOOD, LOOPBACK_TLS_1_1, false);
    hears_nothing(v, LOOPBACK_GOOD, LOOPBACK_PLAIN, false);
    hears_nothing(v, LOOPBACK_GOOD, LOOPBACK_SILENT, false);
    hears_nothing(v, LOOPBACK_GOOD, LOOPBACK_NOISE, false);
    victim_recovers(v);
}

/* What a device whose clock stands at 1970 meets: every certificate begins later. And the other way round. */
static void a_certificate_out_of_its_time_is_told_as_a_wrong_clock(void **state)
{
    victim *v = *state;
    hears_nothing(v, LOOPBACK_NOT_YET_VALID, LOOPBACK_TLS, true);
    assert_non_null(strstr(v->d.j.err.message, "clock"));
    hears_nothing(v, LOOPBACK_EXPIRED, LOOPBACK_TLS, true);
    victim_recovers(v);
    assert_false(v->d.report.clock_suspect);
}

static void a_clock_at_1970_is_told_from_the_servers_date(void **state)
{
    victim *v = *state;
    v->w.wall_ms = 0;
    v->b.clock_ahead_s = JOURNEY_START_MS / 1000; /* it knows what time it is */
    backend_fail(&v->b, NULL, NULL, 0, NULL)->date = "Sun, 01 Mar 2026 00:00:00 GMT";
    v->b.faults[0].times = 1000;
    assert_int_equal(victim_sync(v, 20000), CONSENT_OK);
    assert_int_equal(v->d.report.clock_ahead_ms, -JOURNEY_START_MS);
    victim_is_unharmed(v);
    v->b.clock_ahead_s = 0;
    v->w.wall_ms = JOURNEY_START_MS;
    victim_recovers(v);
}

static void a_key_that_no_pin_names_is_refused_however_good_its_certificate(void **state)
{
    victim *v = *state;
    static const char other[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                      third[] = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    loopback_connect_pinned(&v->s, &v->d, other, third);
    hears_nothing(v, LOOPBACK_GOOD, LOOPBACK_TLS, false);
    loopback_connect_pinned(&v->s, &v->d, other, v->s.pin);
    victim_recovers(v);
}

/* ---- scenes: answers that are none ----------------------------------------------------------------------- */

static void leaves_without_a_word(loopback *s, const loopback_request *r)
{
    (void)r;
    loopback_leave(s);
}

static void leaves_within_the_status(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 2");
    loopback_leave(s);
}

static void cuts_the_body(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"receipts\":[");
    loopback_leave(s);
}

static void cuts_a_chunk(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{\"receipts\":[");
    loopback_leave(s);
}

static void chunks_that_are_none(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s,
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n");
}

static void two_lengths(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2000\r\n\r\n{}");
    loopback_leave(s);
}

static void a_length_below_nothing(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}");
}

static void another_protocol(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "SSH-2.0-OpenSSH_9.2\r\n");
}

static void says_nothing(loopback *s, const loopback_request *r)
{
    (void)r;
    loopback_wait(s);
}

static void dribbles_a_body(loopback *s, const loopback_request *r)
{
    (void)r;
    bool there = loopback_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (there && loopback_rest(s, 20))
        there = loopback_text(s, " ");
}

static void dribbles_a_header(loopback *s, const loopback_request *r)
{
    (void)r;
    bool there = loopback_text(s, "HTTP/1.1 200 OK\r\nX-Slow: ");
    while (there && loopback_rest(s, 20))
        there = loopback_text(s, "x");
}

static void for_ever(loopback *s, const char *begin, const char *piece)
{
    static char block[65536];
    size_t size = strlen(piece), used = 0;
    while (used + size <= sizeof block) {
        memcpy(block + used, piece, size);
        used += size;
    }
    bool there = loopback_text(s, begin);
    while (there && s->said < GIB)
        there = loopback_say(s, block, used);
}

static void a_gibibyte(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", " ");
}

static void a_gibibyte_of_unknown_length(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\n\r\n", "[");
}

static void a_gibibyte_in_chunks(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8\r\nabcdefgh\r\n");
}

static void a_gibibyte_of_an_error(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 500 No\r\n\r\n", "{\"error\":");
}

static void headers_without_end(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\n", "X-Another: one\r\nDate: soon\r\n");
}

static void one_header_without_end(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\nRetry-After: ", "9");
}

static void continues_for_ever(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "", "HTTP/1.1 100 Continue\r\n\r\n");
}

static void trailers_without_end(loopback *s, const loopback_request *r)
{
    (void)r;
    for_ever(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X-Another: one\r\n");
}

static uint8_t bomb[1u << 20];
static size_t bomb_size;

/* 256 MiB, packed. */
static void make_bomb(void)
{
#if defined(CONSENT_HAVE_ZLIB)
    static uint8_t block[1u << 20];
    z_stream z = {.next_out = bomb, .avail_out = sizeof bomb};
    memset(block, ' ', sizeof block);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i < 256; i++) {
        z.next_in = block;
        z.avail_in = sizeof block;
        assert_int_equal(deflate(&z, i < 255 ? Z_NO_FLUSH : Z_FINISH), i < 255 ? Z_OK : Z_STREAM_END);
    }
    bomb_size = sizeof bomb - z.avail_out;
    (void)deflateEnd(&z);
#else
    bomb_size = sizeof bomb;
    memset(bomb, 0x1F, sizeof bomb);
#endif
}

/* Nobody asked for it packed. */
static void a_gzip_bomb(loopback *s, const loopback_request *r)
{
    if (!strstr(r->head, "Accept-Encoding"))
        loopback_answer(s, 200, "Content-Encoding: gzip\r\n", (cs_span){bomb, bomb_size});
}

static void switches_protocols(loopback *s, const loopback_request *r)
{
    (void)r;
    (void)loopback_text(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
}

static const struct {
    const char *name;
    loopback_scene scene;
    uint32_t timeout_ms;
} scenes[] = {{"leaves without a word", leaves_without_a_word, 5000},
              {"leaves within the status", leaves_within_the_status, 5000},
              {"cuts the body", cuts_the_body, 5000},
              {"cuts a chunk", cuts_a_chunk, 5000},
              {"chunks that are none", chunks_that_are_none, 5000},
              {"two lengths", two_lengths, SHORT_MS},
              {"a length below nothing", a_length_below_nothing, SHORT_MS},
              {"another protocol", another_protocol, 5000},
              {"says nothing", says_nothing, SHORT_MS},
              {"dribbles a body", dribbles_a_body, SHORT_MS},
              {"dribbles a header", dribbles_a_header, SHORT_MS},
              {"a gibibyte", a_gibibyte, 20000},
              {"a gibibyte of unknown length", a_gibibyte_of_unknown_length, 20000},
              {"a gibibyte in chunks", a_gibibyte_in_chunks, 20000},
              {"a gibibyte of an error", a_gibibyte_of_an_error, 20000},
              {"headers without end", headers_without_end, 20000},
              {"one header without end", one_header_without_end, 20000},
              {"continues for ever", continues_for_ever, 20000},
              {"trailers without end", trailers_without_end, 20000},
              {"a gzip bomb", a_gzip_bomb, 5000},
              {"switches protocols", switches_protocols, SHORT_MS}};

/* A mebibyte is taken of an answer, four of a policy; the rest lies in buffers of the system's. */
#define SAID_MAX_BYTES (32u << 20)

static void scene_at(size_t scene, size_t request)
{
    void *state = NULL;
    assert_int_equal(victim_setup(&state), 0);
    victim *v = state;
    victim_scene(v, scenes[scene].scene, requests[request].method, requests[request].path);
    consent_status status = victim_sync(v, scenes[scene].timeout_ms);
    loopback_hold(&v->s);
    if (status != CONSENT_E_NETWORK || v->s.scenes == 0 || v->s.said > SAID_MAX_BYTES)
        fail_msg("%s at %s %s: %s, %u scenes, %llu bytes taken", scenes[scene].name, requests[request].method,
                 requests[request].path, consent_status_name(status), v->s.scenes, (unsigned long long)v->s.said);
    loopback_release(&v->s);
    assert_true(v->d.report.retry_ms > 0);
    if (requests[request].before_receipts)
        victim_has_nothing_acknowledged(v);
    victim_is_unharmed(v);
    victim_recovers(v);
    assert_int_equal(victim_teardown(&state), 0);
}

static void whatever_stands_in_for_an_answer_does_no_harm(void **state)
{
    (void)state;
    make_bomb();
    for (size_t i = 0; i < CS_COUNT_OF(scenes); i++)
        for (size_t j = 0; j < CS_COUNT_OF(requests); j++)
            scene_at(i, j);
}

/* ---- redirects and statuses ---------------------------------------------------------------------------------- */

static int32_t status_to_say;

static void another_status(loopback *s, const loopback_request *r)
{
    char headers[1024];
    cs_buffer body;
    consent_http_answer answer;
    cs_buffer_init(&body, cs_memory_system(), 1u << 20);
    /* The work is done and its answer comes, under a status that is not 200: it is none. */
    (void)loopback_work(s, r, &body, &answer);
    (void)snprintf(headers, sizeof headers,
                   "Location: %s%s\r\nSet-Cookie: id=7; Max-Age=9999999\r\nETag: \"device-7\"\r\n"
                   "Alt-Svc: h3=\":443\"; ma=9999\r\nStrict-Transport-Security: max-age=9999\r\n",
                   s->url, r->path);
    loopback_answer(s, status_to_say, headers, status_to_say == 204 ? (cs_span){NULL, 0} : cs_buffer_span(&body));
    cs_buffer_free(&body);
}

static void no_other_status_is_a_yes_and_no_redirect_is_followed(void **state)
{
    static const int32_t all[] = {201, 202, 203, 204, 206, 300, 301, 302, 303, 305, 307,
                                  308, 402, 405, 418, 500, 501, 502, 504, 599, 999};
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(all); i++) {
        void *held = NULL;
        assert_int_equal(victim_setup(&held), 0);
        victim *v = held;
        status_to_say = all[i];
        victim_scene(v, another_status, "POST", "/events");
        assert_int_equal(victim_sync(v, 10000), CONSENT_E_NETWORK);
        victim_has_nothing_acknowledged(v);
        loopback_hold(&v->s);
        assert_int_equal(v->s.requests, 2); /* to enrol, and this one */
        loopback_release(&v->s);
        victim_recovers(v);
        loopback_hold(&v->s);
        for (size_t j = 0; j < v->s.requests; j++) {
            assert_null(strstr(v->s.heads[j], "Cookie"));
            assert_null(strstr(v->s.heads[j], "If-None-Match"));
            assert_null(strstr(v->s.heads[j], "device-7"));
        }
        loopback_release(&v->s);
        assert_int_equal(victim_teardown(&held), 0);
    }
}

/* ---- the table of faults, said by a server that means it always ------------------------------------------------- */

typedef struct row {
    int32_t status;
    const char *code;
    uint64_t last;
    const char *path;
    uint32_t most_requests; /* that a run may make of it */
    bool parks;
} row;

static const row *row_to_say;

static void a_fault(loopback *s, const loopback_request *r)
{
    cs_buffer body;
    (void)r;
    cs_buffer_init(&body, cs_memory_system(), 4096);
    cs_wire_error_write(row_to_say->code, "no", row_to_say->last, &body);
    loopback_answer(s, row_to_say->status, "Retry-After: 60\r\n", cs_buffer_span(&body));
    cs_buffer_free(&body);
}

static void every_row_of_the_table_said_for_ever_ends_and_loses_nothing(void **state)
{
    static const row rows[] = {{400, "rejected", 0, "/events", 80, true},
                               {422, "rejected", 0, "/events", 80, true},
                               {413, "too_large", 0, "/events", 80, true},
                               {401, "token", 0, "/", 2, false},
                               {403, "token", 0, "/events", 3, false},
                               {404, "unknown", 0, "/events", 5, false},
                               {404, "nonsense", 0, "/events", 2, false},
                               {409, "gap", 0, "/events", 6, false},
                               {409, "gap", 999, "/events", 2, false},
                               {409, "fork", 0, "/events", 12, false},
                               {409, "fork", 0, "/devices", 6, false},
                               {409, "nonsense", 0, "/events", 2, false},
                               {429, "busy", 0, "/", 1, false},
                               {503, "busy", 0, "/events", 2, false},
                               {400, "rejected", 0, "/devices", 1, false},
                               {404, "unknown", 0, "/devices", 1, false},
                               {413, "too_large", 0, "/devices", 1, false},
                               {500, "error", 0, "/events", 2, false}};
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(rows); i++) {
        void *held = NULL;
        assert_int_equal(victim_setup(&held), 0);
        victim *v = held;
        row_to_say = &rows[i];
        victim_scene(v, a_fault, NULL, rows[i].path);
        consent_status status = victim_sync(v, 20000);
        if (status != CONSENT_E_NETWORK || v->d.report.requests > rows[i].most_requests)
            fail_msg("%d %s at %s: %s after %u requests", rows[i].status, rows[i].code, rows[i].path,
                     consent_status_name(status), v->d.report.requests);
        assert_int_equal(v->d.report.sent, 0);
        assert_int_equal(victim_standing(v).parked != 0, rows[i].parks);
        if (rows[i].status == 429 || rows[i].status == 503)
            assert_int_equal(v->d.report.retry_ms, 60000);
        assert_int_equal(v->d.renewed, rows[i].status == 401 || rows[i].status == 403);
        victim_recovers(v);
        if (!rows[i].parks)
            assert_int_equal(victim_standing(v).parked, 0);
        assert_int_equal(victim_teardown(&held), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(to_an_unproven_server_nothing_is_said, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(a_certificate_out_of_its_time_is_told_as_a_wrong_clock, victim_setup,
                                        victim_teardown),
        cmocka_unit_test_setup_teardown(a_clock_at_1970_is_told_from_the_servers_date, victim_setup, victim_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_no_pin_names_is_refused_however_good_its_certificate, victim_setup,
                                        victim_teardown),
        cmocka_unit_test(whatever_stands_in_for_an_answer_does_no_harm),
        cmocka_unit_test(no_other_status_is_a_yes_and_no_redirect_is_followed),
        cmocka_unit_test(every_row_of_the_table_said_for_ever_ends_and_loses_nothing),
    };
    return cmocka_run_group_tests_name("a hostile network", tests, NULL, NULL);
}
