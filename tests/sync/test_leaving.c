/* Every byte that leaves a device over libcurl: none at the first start, none after a refusal, and after an acceptance what the table in
 * docs/sync.md lists, neither more nor less. */
#include "sync/loopback.h"

#include "profile/internal.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct fixture {
    world w;
    backend b;
    loopback s;
    device d, other, third;
} fixture;

static void ok(device *d, consent_status status)
{
    if (status != CONSENT_OK)
        print_error("%s: %s\n", consent_status_name(status), d->j.err.message);
    assert_int_equal(status, CONSENT_OK);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    world_init(&f->w);
    f->w.wall_ms = JOURNEY_START_MS;
    backend_init(&f->b, &f->w);
    loopback_start(&f->s, &f->b);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    loopback_stop(&f->s);
    device_free(&f->d);
    device_free(&f->other);
    device_free(&f->third);
    bool leaked = f->w.live_blocks != 0 || f->w.open_files != 0 || f->w.locks != 0;
    world_free(&f->w);
    backend_free(&f->b);
    test_free(f);
    return leaked ? -1 : 0;
}

static void open_device(fixture *f, device *d, const char *home, const char *account)
{
    f->b.expected_token = account ? "account-token" : NULL;
    ok(d, device_open(d, &f->w, &f->b, home, account));
    loopback_connect(&f->s, d);
}

/* ---- the table ------------------------------------------------------------------------------------------ */

/* The section of docs/sync.md that lists the requests. free() it. */
static char *read_section(void)
{
    static const char name[] = CONSENT_SOURCE_DIR "/docs/sync.md";
    char *text = calloc(1, 65536);
    FILE *file = fopen(name, "rb");
    assert_true(text && file && fread(text, 1, 65535, file) > 0);
    (void)fclose(file);
    char *begin = strstr(text, "## What leaves the device"), *end = begin ? strstr(begin + 3, "\n## ") : NULL;
    assert_true(begin && end);
    *end = '\0';
    memmove(text, begin, strlen(begin) + 1);
    return text;
}

/* The path with what differs from device to device named instead of said. */
static void put_path(cs_buffer *out, const char *path)
{
    size_t digits;
    while (*path) {
        size_t hex = strspn(path, "0123456789abcdef");
        const char *before = out->size ? (const char *)out->data + out->size - 1 : "";
        if (hex == 32 || hex == 64) {
            cs_buffer_text(out, hex == 64 ? "{sha256}" : *before == '=' ? "{stream}" : "{profile}");
            path += hex;
        } else if (*before == '=' && (digits = strspn(path, "0123456789")) != 0) {
            cs_buffer_text(out, "{cursor}");
            path += digits;
        } else if (*before == '=') {
            cs_buffer_text(out, "{policy}");
            path += strcspn(path, "&");
        } else {
            cs_buffer_u8(out, (uint8_t)*path++);
        }
    }
}

static void put_headers(cs_buffer *out, const char *head)
{
    const char *line = strstr(head, "\r\n") + 2, *separator = "";
    while (*line != '\r') {
        cs_buffer_printf(out, "%s%.*s", separator, (int)strcspn(line, ":"), line);
        separator = ", ";
        line = strstr(line, "\r\n") + 2;
    }
}

static void put_members(cs_buffer *out, const char *head, const char *body)
{
    cs_json_doc doc;
    const char *separator = "";
    if (body[0] == '\0')
        return;
    if (strstr(head, "application/octet-stream")) {
        cs_buffer_text(out, "the sealed file");
        return;
    }
    /* Bodies longer than what is kept are long by their last member alone. */
    char whole[2100];
    size_t size = (size_t)snprintf(whole, sizeof whole, "%s", body);
    if (size != 0 && whole[size - 1] != '}')
        (void)snprintf(whole + size, sizeof whole - size, "\"}");
    assert_int_equal(cs_json_parse(&doc, cs_str_of(whole), 4096, "body", NULL), CONSENT_OK);
    for (const cs_json *each = cs_json_first(doc.root); each; each = cs_json_next(each)) {
        cs_buffer_printf(out, "%s%s", separator, cs_json_name(each));
        separator = ", ";
    }
    cs_json_free(&doc);
}

/* "| `POST /v1/…` | headers | members |" */
static void describe(const loopback *s, uint32_t i, cs_buffer *out)
{
    char method[8], path[512];
    assert_int_equal(sscanf(s->heads[i], "%7s %511s", method, path), 2);
    cs_buffer_text(out, "| `");
    cs_buffer_text(out, method);
    cs_buffer_text(out, " ");
    put_path(out, path);
    cs_buffer_text(out, "` | ");
    put_headers(out, s->heads[i]);
    cs_buffer_text(out, " | ");
    put_members(out, s->heads[i], s->bodies[i]);
    cs_buffer_text(out, " |\n");
    cs_buffer_u8(out, 0);
    out->size--;
}

/* Every request is a row of the table; `seen` gets the rows. */
static void all_documented(const fixture *f, const char *section, cs_buffer *seen)
{
    for (uint32_t i = 0; i < f->s.requests; i++) {
        cs_buffer row;
        cs_buffer_init(&row, cs_memory_system(), 8192);
        describe(&f->s, i, &row);
        if (!strstr(section, (const char *)row.data))
            fail_msg("docs/sync.md does not list what left: %s", (const char *)row.data);
        cs_buffer_str(seen, (cs_str){(const char *)row.data, row.size});
        cs_buffer_free(&row);
    }
    cs_buffer_u8(seen, 0);
    seen->size--;
}

static bool left(const fixture *f, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= f->s.log.size; i++)
        if (memcmp(f->s.log.data + i, text, size) == 0)
            return true;
    return false;
}

/* ---- when ------------------------------------------------------------------------------------------------- */

/* C1 */
static void not_one_connection_is_made_before_an_acceptance(void **state)
{
    fixture *f = *state;
    open_device(f, &f->d, "home", NULL);
    ok(&f->d, device_sync(&f->d));
    assert_int_equal(f->s.connections, 0); /* the first start */
    ok(&f->d, journey_answer(&f->d.j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_REFUSE));
    for (int i = 0; i < 3; i++) {
        world_advance(&f->w, 40 * CS_HOUR_MS);
        ok(&f->d, device_sync(&f->d));
    }
    device_close(&f->d);
    ok(&f->d, device_open(&f->d, &f->w, &f->b, "home", NULL));
    ok(&f->d, device_sync(&f->d));
    assert_int_equal(f->s.connections, 0); /* a refusal, days, a restart */
    assert_int_equal(f->s.log.size, 0);
    ok(&f->d, device_accept(&f->d));
    ok(&f->d, device_sync(&f->d));
    assert_true(f->s.connections > 0);
}

/* ---- what -------------------------------------------------------------------------------------------------- */

static void after_an_acceptance_exactly_this_leaves(void **state)
{
    fixture *f = *state;
    cs_buffer seen;
    static const char *const order[] = {"POST /v1/profiles/", "POST /v1/profiles/", "GET /v1/profiles/",
                                        "GET /v1/policies/head?id=platform "};
    char *section = read_section();
    cs_buffer_init(&seen, cs_memory_system(), 1u << 20);
    open_device(f, &f->d, "home", NULL);
    ok(&f->d, device_accept(&f->d));
    ok(&f->d, device_sync(&f->d));
    loopback_hold(&f->s);
    assert_int_equal(f->s.requests, CS_COUNT_OF(order));
    for (size_t i = 0; i < CS_COUNT_OF(order); i++)
        assert_int_equal(strncmp(f->s.heads[i], order[i], strlen(order[i])), 0);
    all_documented(f, section, &seen);
    loopback_release(&f->s);
    cs_buffer_free(&seen);
    free(section);
}

static void says_no(loopback *s, const loopback_request *r)
{
    (void)r;
    loopback_answer(s, 404, "", (cs_span){NULL, 0});
}

/* Whatever makes a device ask for something is done to it: each row of the table is a request that happens. */
static void make_everything_happen(fixture *f)
{
    uint8_t profile[CS_PROFILE_ID_SIZE];
    static const uint8_t notice[CS_HASH_SIZE] = {7};
    open_device(f, &f->third, "home-3", NULL);
    ok(&f->third, device_accept(&f->third));
    ok(&f->third, device_sync(&f->third));
    open_device(f, &f->d, "home", "lin.wei@example.cn");
    open_device(f, &f->other, "home-2", "lin.wei@example.cn");
    f->s.scene = says_no;
    f->s.at_path = "/v1/notices/";
    ok(&f->other, journey_install(&f->other.j, 2));
    ok(&f->d, device_accept(&f->d));
    ok(&f->other, device_accept(&f->other));
    ok(&f->other, device_sync(&f->other));
    device_profile_id(&f->d, profile);
    backend_support(&f->b, profile,
                    (cs_event){.type = CS_EVENT_NOTICE_RECEIVED,
                               .actor = CS_ACTOR_SUPPORT,
                               .detail = CS_STR("service"),
                               .reference = CS_STR("n-1"),
                               .notice_hash = notice});
    world_put_file(&f->w, "home", "sealed-00ff.bin", "not for us to read", 18);
    ok(&f->d, device_grant(&f->d));
    (void)device_sync(&f->d);
    ok(&f->d, device_withdraw(&f->d));
    memset(f->b.receipt_key, 0x55, sizeof f->b.receipt_key); /* not named: the key set is asked for */
    (void)device_sync(&f->d);
    loopback_hold(&f->s);
}

/* C94 */
static void no_row_of_the_table_is_idle_and_nothing_else_leaves(void **state)
{
    fixture *f = *state;
    cs_buffer seen;
    char *section = read_section();
    static const char *const never[] = {"User-Agent",        "user-agent", "Cookie",          "If-None-Match",
                                        "If-Modified-Since", "Referer",    "Accept-Language", "Accept-Encoding",
                                        "libcurl",           "lin.wei",    "example.cn",      "home",
                                        "zh-CN\":"};
    cs_buffer_init(&seen, cs_memory_system(), 1u << 20);
    make_everything_happen(f);
    all_documented(f, section, &seen);
    for (char *row = strstr(section, "\n| `"); row; row = strstr(row + 1, "\n| `")) {
        char line[512];
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(row + 1, "\n"), row + 1);
        if (!strstr((const char *)seen.data, line))
            fail_msg("docs/sync.md lists what never left: %s", line);
    }
    for (size_t i = 0; i < CS_COUNT_OF(never); i++)
        if (left(f, never[i]))
            fail_msg("\"%s\" left the device", never[i]);
    assert_true(f->s.connections >= 3);
    assert_int_equal(f->s.resumed, 0); /* no ticket tells two runs to be one device's */
    loopback_release(&f->s);
    cs_buffer_free(&seen);
    free(section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(not_one_connection_is_made_before_an_acceptance, setup, teardown),
        cmocka_unit_test_setup_teardown(after_an_acceptance_exactly_this_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(no_row_of_the_table_is_idle_and_nothing_else_leaves, setup, teardown),
    };
    return cmocka_run_group_tests_name("what leaves", tests, NULL, NULL);
}
