/* Bundles: nothing is believed before its signature held, and nothing but the exact parts is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/jws.h"
#include "support/make_policy.h"

#define MAX_LINES 8

/* A bundle taken apart, so that a test can spoil one line. */
typedef struct parts {
    char *lines[MAX_LINES];
    size_t count;
} parts;

static parts take_apart(void)
{
    parts p = {0};
    cs_buffer bundle;
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    char *json = make_fixture("sample.json");
    make_bundle(json, &bundle);
    free(json);
    const char *at = (const char *)bundle.data;
    const char *end = at + bundle.size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(line_end);
        p.lines[p.count++] = strndup(at, (size_t)(line_end - at));
        at = line_end + 1;
    }
    cs_buffer_free(&bundle);
    assert_int_equal(p.count, 4);
    return p;
}

static void drop(parts *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->lines[i]);
    assert_int_equal(make_live_blocks(), 0);
}

static void set_line(parts *p, size_t line, const char *text)
{
    char *copy = strdup(text);
    free(p->lines[line]);
    p->lines[line] = copy;
}

/* The bundle's bytes; `tail` follows them. */
static void put_together(const parts *p, const char *tail, cs_buffer *out)
{
    cs_buffer_init(out, make_memory(), CS_BUNDLE_MAX_BYTES + 64);
    for (size_t i = 0; i < p->count; i++) {
        cs_buffer_text(out, p->lines[i]);
        cs_buffer_u8(out, '\n');
    }
    cs_buffer_text(out, tail);
}

static consent_status open_bytes(cs_span bytes, int64_t now_ms, cs_bundle *bundle, consent_error *err)
{
    consent_status status = cs_bundle_open(make_memory(), bytes, make_root(), 1, now_ms, bundle, err);
    if (status != CONSENT_OK)
        assert_true(!bundle->policy && !bundle->texts && bundle->payload.size == 0 && !bundle->owned.data);
    return status;
}

static void expect(const parts *p, const char *tail, consent_status expected, const char *says)
{
    cs_buffer bytes;
    cs_bundle bundle;
    consent_error err = {0};
    put_together(p, tail, &bytes);
    consent_status status = open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &bundle, &err);
    if (status != expected || (says && !strstr(err.message, says)))
        fail_msg("status %d, message: %s; %s was expected", (int)status, err.message, says ? says : "");
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
}

static void sign(const char *typ, const char *payload, const uint8_t *private_key, char **line)
{
    cs_buffer out;
    cs_buffer_init(&out, make_memory(), CS_BUNDLE_MAX_BYTES);
    assert_int_equal(cs_jws_sign(cs_str_of(typ), cs_str_of(payload), private_key, &out, NULL), CONSENT_OK);
    free(*line);
    *line = strndup((const char *)out.data, out.size);
    cs_buffer_free(&out);
}

/* The decoded payload of a JWS line. */
static char *payload_of(const char *line)
{
    const char *first = strchr(line, '.') + 1;
    const char *second = strchr(first, '.');
    cs_buffer out;
    cs_buffer_init(&out, make_memory(), CS_POLICY_MAX_BYTES);
    assert_true(cs_base64url_decode(&out, (cs_str){first, (size_t)(second - first)}));
    char *text = strndup((const char *)out.data, out.size);
    cs_buffer_free(&out);
    return text;
}

/* ---- what holds --------------------------------------------------------------------------- */

static void a_whole_bundle_opens(void **state)
{
    (void)state;
    parts p = take_apart();
    cs_buffer bytes;
    cs_bundle bundle;
    consent_error err = {0};
    uint8_t hash[CS_HASH_SIZE];
    put_together(&p, "", &bytes);
    if (open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &bundle, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(bundle.policy->id, "platform");
    assert_string_equal(cs_texts_get(bundle.texts, bundle.policy->name, "en"), "Sample policy");
    assert_memory_equal(bundle.publisher, make_publisher(), CS_P256_PUBLIC_SIZE);
    assert_int_equal(bundle.signers.key_set_version, 1);
    cs_span payload = {(const uint8_t *)bundle.payload.data, bundle.payload.size};
    assert_int_equal(cs_sha256(&payload, 1, hash, NULL), CONSENT_OK);
    assert_memory_equal(bundle.policy->hash, hash, CS_HASH_SIZE);
    for (uint16_t i = 0; i < bundle.policy->document_count; i++) {
        cs_document *document;
        assert_int_equal(cs_document_parse(make_memory(), bundle.documents[i], "document", &document, &err),
                         CONSENT_OK);
        assert_string_equal(document->locale, bundle.policy->documents[i].locale);
        cs_document_free(document);
    }
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
    drop(&p);
}

/* s and n - s sign alike (RFC 7518 says nothing against it), so a policy is never named by its signature. */
static void the_other_form_of_a_signature_names_the_same_policy(void **state)
{
    (void)state;
    static const char order_hex[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    parts p = take_apart();
    cs_buffer bytes, signature, other;
    cs_bundle first, second;
    uint8_t order[32];
    assert_true(cs_hex_decode(CS_STR(order_hex), order, sizeof(order)));
    put_together(&p, "", &bytes);
    assert_int_equal(open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &first, NULL), CONSENT_OK);
    cs_buffer_free(&bytes);

    char *at = strrchr(p.lines[1], '.') + 1;
    cs_buffer_init(&signature, make_memory(), CS_SIGNATURE_SIZE);
    cs_buffer_init(&other, make_memory(), 256);
    assert_true(cs_base64url_decode(&signature, cs_str_of(at)));
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int digit = order[i] - signature.data[32 + i] - borrow;
        borrow = digit < 0;
        signature.data[32 + i] = (uint8_t)(digit + (borrow ? 256 : 0));
    }
    cs_base64url_encode(&other, cs_buffer_span(&signature));
    assert_memory_not_equal(at, other.data, other.size);
    memcpy(at, other.data, other.size);
    put_together(&p, "", &bytes);
    assert_int_equal(open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &second, NULL), CONSENT_OK);
    assert_memory_equal(first.policy->hash, second.policy->hash, CS_HASH_SIZE);
    cs_bundle_free(&first);
    cs_bundle_free(&second);
    cs_buffer_free(&signature);
    cs_buffer_free(&other);
    cs_buffer_free(&bytes);
    drop(&p);
}

static void the_root_is_found_among_several(void **state)
{
    (void)state;
    uint8_t roots[2 * CS_P256_PUBLIC_SIZE];
    parts p = take_apart();
    cs_buffer bytes;
    cs_bundle bundle;
    put_together(&p, "", &bytes);
    memcpy(roots, make_publisher(), CS_P256_PUBLIC_SIZE);
    memcpy(roots + CS_P256_PUBLIC_SIZE, make_root(), CS_P256_PUBLIC_SIZE);
    assert_int_equal(cs_bundle_open(make_memory(), cs_buffer_span(&bytes), roots, 2, MAKE_NOW_MS, &bundle, NULL),
                     CONSENT_OK);
    cs_bundle_free(&bundle);
    assert_int_equal(cs_bundle_open(make_memory(), cs_buffer_span(&bytes), roots, 1, MAKE_NOW_MS, &bundle, NULL),
                     CONSENT_E_TAMPERED);
    assert_int_equal(cs_bundle_open(make_memory(), cs_buffer_span(&bytes), NULL, 0, MAKE_NOW_MS, &bundle, NULL),
                     CONSENT_E_ARGUMENT);
    cs_buffer_free(&bytes);
    drop(&p);
}

/* ---- signatures --------------------------------------------------------------------------- */

static char *with_header(const char *line, const char *header_format)
{
    char kid[17], header[256];
    cs_buffer out;
    cs_buffer_init(&out, make_memory(), CS_BUNDLE_MAX_BYTES);
    assert_int_equal(cs_key_id(make_publisher(), kid, NULL), CONSENT_OK);
    (void)snprintf(header, sizeof(header), header_format, kid);
    cs_base64url_encode(&out, (cs_span){(const uint8_t *)header, strlen(header)});
    const char *rest = strchr(line, '.');
    const char *payload_end = strchr(rest + 1, '.');
    uint8_t signature[CS_SIGNATURE_SIZE];
    cs_buffer_append(&out, rest, (size_t)(payload_end - rest));
    /* Signed all the same: the header alone is what is wrong. */
    assert_int_equal(cs_es256_sign(make_publisher_private(), cs_buffer_span(&out), signature, NULL), CONSENT_OK);
    cs_buffer_u8(&out, '.');
    cs_base64url_encode(&out, (cs_span){signature, sizeof(signature)});
    char *copy = strndup((const char *)out.data, out.size);
    cs_buffer_free(&out);
    return copy;
}

static void only_one_header_is_accepted(void **state)
{
    (void)state;
    static const char *const headers[][2] = {
        {"{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"}", "no other algorithm"},
        {"{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"}", "no other algorithm"},
        {"{\"alg\":\"ES384\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"}", "no other algorithm"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-keys+jwt\"}", "not of the type consent-policy+jwt"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "not of the type"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\"}", "not of the type"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\",\"jwk\":{}}", "more than alg, kid and typ"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\",\"crit\":[]}", "more than alg, kid and typ"},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"} ", "more than alg, kid and typ"},
        {" {\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"}", "no other algorithm"},
        {"{\"kid\":\"%s\",\"alg\":\"ES256\",\"typ\":\"consent-policy+jwt\"}", "no other algorithm"},
        {"{\"alg\":\"ES256\",\"kid\":\"0123456789abcdef\",\"typ\":\"consent-policy+jwt\"}", "not among the 1 trusted"}};
    for (size_t i = 0; i < CS_COUNT_OF(headers); i++) {
        parts p = take_apart();
        char *line = with_header(p.lines[1], headers[i][0]);
        set_line(&p, 1, line);
        free(line);
        expect(&p, "", CONSENT_E_TAMPERED, headers[i][1]);
        drop(&p);
    }
    parts p = take_apart();
    char *line = with_header(p.lines[1], "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"consent-policy+jwt\"}");
    set_line(&p, 1, line);
    free(line);
    expect(&p, "", CONSENT_OK, NULL);
    drop(&p);
}

static void a_signature_by_another_key_is_refused(void **state)
{
    (void)state;
    parts p = take_apart();
    char *payload = payload_of(p.lines[1]);
    sign(CS_TYP_POLICY, payload, make_root_private(), &p.lines[1]);
    expect(&p, "", CONSENT_E_TAMPERED, "not among the 1 trusted");
    free(payload);
    drop(&p);
    p = take_apart();
    payload = payload_of(p.lines[0]);
    sign(CS_TYP_KEY_SET, payload, make_publisher_private(), &p.lines[0]);
    expect(&p, "", CONSENT_E_TAMPERED, "not among the 1 trusted");
    free(payload);
    drop(&p);
}

static void every_altered_character_of_the_signed_lines_is_refused(void **state)
{
    (void)state;
    for (size_t line = 0; line < 2; line++) {
        size_t size = 1;
        for (size_t i = 0; i < size; i += i < 160 ? 1 : 37) {
            parts p = take_apart();
            cs_buffer bytes;
            cs_bundle bundle;
            size = strlen(p.lines[line]);
            p.lines[line][i] = p.lines[line][i] == 'A' ? 'B' : 'A';
            put_together(&p, "", &bytes);
            consent_status status = open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &bundle, NULL);
            assert_true(status == CONSENT_E_TAMPERED || status == CONSENT_E_ARGUMENT);
            cs_buffer_free(&bytes);
            drop(&p);
        }
    }
}

static void a_shortened_or_malformed_signature_is_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "AAAA", "=", "!"};
    for (size_t i = 0; i < CS_COUNT_OF(tails); i++) {
        parts p = take_apart();
        char changed[65536];
        char *dot = strrchr(p.lines[1], '.');
        (void)snprintf(changed, sizeof(changed), "%.*s.%s", (int)(dot - p.lines[1]), p.lines[1], tails[i]);
        set_line(&p, 1, changed);
        expect(&p, "", CONSENT_E_TAMPERED, "signature was not 64 bytes");
        drop(&p);
    }
}

/* ---- the publisher's time ----------------------------------------------------------------- */

static void a_publisher_is_believed_within_its_time_only(void **state)
{
    (void)state;
    int64_t begin, end;
    parts p = take_apart();
    cs_buffer bytes;
    cs_bundle bundle;
    consent_error err = {0};
    assert_true(cs_time_parse(CS_STR(MAKE_NOT_BEFORE), &begin) && cs_time_parse(CS_STR(MAKE_NOT_AFTER), &end));
    put_together(&p, "", &bytes);
    cs_span all = cs_buffer_span(&bytes);
    assert_int_equal(open_bytes(all, begin - 1, &bundle, &err), CONSENT_E_EXPIRED);
    assert_non_null(strstr(err.message, "earlier"));
    assert_int_equal(open_bytes(all, end, &bundle, &err), CONSENT_E_EXPIRED);
    assert_non_null(strstr(err.message, "later"));
    assert_int_equal(open_bytes(all, begin, &bundle, &err), CONSENT_OK);
    cs_bundle_free(&bundle);
    assert_int_equal(open_bytes(all, end - 1, &bundle, &err), CONSENT_OK);
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
    drop(&p);
}

static void a_malformed_key_set_is_refused_even_when_signed(void **state)
{
    (void)state;
    static const char *const changes[][3] = {
        {"\"schema\":1", "\"schema\":2", "newer schema"},
        {"\"version\":1", "\"version\":0", "version"},
        {"\"kid\":\"", "\"kid\":\"0", "publishers[0]: `kid` is not the name"},
        {"\"key\":\"B", "\"key\":\"C", "publishers[0].key: an uncompressed P-256 point"},
        {"2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "`not_after` does not lie behind"},
        {"2026-01-01T00:00:00Z", "then", "publishers[0].not_before: an instant"},
        {"\"publishers\":[{", "\"publishers\":[],\"x\":[{", "publishers: 1 to 64 keys"}};
    for (size_t i = 0; i < CS_COUNT_OF(changes); i++) {
        parts p = take_apart();
        char *payload = payload_of(p.lines[0]);
        char *changed = make_replaced(payload, changes[i][0], changes[i][1]);
        sign(CS_TYP_KEY_SET, changed, make_root_private(), &p.lines[0]);
        expect(&p, "", i == 0 ? CONSENT_E_UNSUPPORTED : CONSENT_E_ARGUMENT, changes[i][2]);
        free(changed);
        free(payload);
        drop(&p);
    }
}

/* ---- lines -------------------------------------------------------------------------------- */

static void swapped_lines_are_refused(void **state)
{
    (void)state;
    static const size_t swaps[][2] = {{0, 1}, {1, 2}, {2, 3}, {0, 3}};
    for (size_t i = 0; i < CS_COUNT_OF(swaps); i++) {
        parts p = take_apart();
        char *held = p.lines[swaps[i][0]];
        p.lines[swaps[i][0]] = p.lines[swaps[i][1]];
        p.lines[swaps[i][1]] = held;
        cs_buffer bytes;
        cs_bundle bundle;
        put_together(&p, "", &bytes);
        consent_status status = open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &bundle, NULL);
        assert_true(status == CONSENT_E_TAMPERED || status == CONSENT_E_ARGUMENT);
        cs_buffer_free(&bytes);
        drop(&p);
    }
}

static void a_missing_extra_or_altered_document_is_refused(void **state)
{
    (void)state;
    parts p = take_apart();
    free(p.lines[--p.count]);
    expect(&p, "", CONSENT_E_ARGUMENT, "ended before the document in en");
    drop(&p);
    p = take_apart();
    p.lines[p.count++] = strdup(p.lines[2]);
    expect(&p, "", CONSENT_E_ARGUMENT, "behind the last document");
    drop(&p);
    p = take_apart();
    char *altered = make_replaced(p.lines[3], "first", "later");
    set_line(&p, 3, altered);
    free(altered);
    expect(&p, "", CONSENT_E_TAMPERED, "the document in en was not the one that the policy names");
    drop(&p);
}

static void whatever_follows_the_last_line_is_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {"\n", "x", " ", "{}\n"};
    for (size_t i = 0; i < CS_COUNT_OF(tails); i++) {
        parts p = take_apart();
        expect(&p, tails[i], CONSENT_E_ARGUMENT, "behind the last document");
        drop(&p);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    parts p = take_apart();
    cs_buffer bytes;
    cs_bundle bundle;
    put_together(&p, "", &bytes);
    for (size_t size = 0; size < bytes.size; size += size < bytes.size - 600 ? 61 : 1)
        assert_int_not_equal(open_bytes((cs_span){bytes.data, size}, MAKE_NOW_MS, &bundle, NULL), CONSENT_OK);
    cs_buffer_free(&bytes);
    drop(&p);
}

static void a_line_that_is_no_jws_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"x", "a.b", "a.b.c.d", "..", "{}"};
    for (size_t i = 0; i < CS_COUNT_OF(lines); i++) {
        parts p = take_apart();
        set_line(&p, 0, lines[i]);
        cs_buffer bytes;
        cs_bundle bundle;
        put_together(&p, "", &bytes);
        consent_status status = open_bytes(cs_buffer_span(&bytes), MAKE_NOW_MS, &bundle, NULL);
        assert_true(status == CONSENT_E_TAMPERED || status == CONSENT_E_ARGUMENT);
        cs_buffer_free(&bytes);
        drop(&p);
    }
}

static void too_large_a_bundle_is_refused_unread(void **state)
{
    (void)state;
    cs_bundle bundle;
    consent_error err = {0};
    uint8_t *bytes = calloc(1, CS_BUNDLE_MAX_BYTES + 1);
    assert_int_equal(open_bytes((cs_span){bytes, CS_BUNDLE_MAX_BYTES + 1}, MAKE_NOW_MS, &bundle, &err),
                     CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "more than the 4194304 that are allowed"));
    memset(bytes, 'A', CS_BUNDLE_MAX_BYTES);
    bytes[CS_BUNDLE_MAX_BYTES - 1] = '\n';
    assert_int_equal(open_bytes((cs_span){bytes, CS_BUNDLE_MAX_BYTES}, MAKE_NOW_MS, &bundle, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "the key set had"));
    free(bytes);
}

static void a_malformed_policy_is_refused_though_signed_and_names_its_place(void **state)
{
    (void)state;
    parts p = take_apart();
    char *payload = payload_of(p.lines[1]);
    char *changed = make_replaced(payload, "\"function\":\"extras\"", "\"function\":\"extra\"");
    sign(CS_TYP_POLICY, changed, make_publisher_private(), &p.lines[1]);
    expect(&p, "", CONSENT_E_ARGUMENT, "purposes[2].function: no function extra is declared");
    free(changed);
    free(payload);
    drop(&p);
}

static void no_memory_at_any_point_is_said_and_leaks_nothing(void **state)
{
    (void)state;
    parts p = take_apart();
    cs_buffer bytes;
    consent_status status = CONSENT_E_MEMORY;
    put_together(&p, "", &bytes);
    for (size_t points = 0; status != CONSENT_OK; points++) {
        cs_bundle bundle;
        make_memory_fail_after(points);
        status = cs_bundle_open(make_memory(), cs_buffer_span(&bytes), make_root(), 1, MAKE_NOW_MS, &bundle, NULL);
        make_memory_fail_after(SIZE_MAX);
        assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
        cs_bundle_free(&bundle);
        assert_int_equal(make_live_blocks(), 1);
    }
    cs_buffer_free(&bytes);
    drop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_bundle_opens),
        cmocka_unit_test(the_other_form_of_a_signature_names_the_same_policy),
        cmocka_unit_test(the_root_is_found_among_several),
        cmocka_unit_test(only_one_header_is_accepted),
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(every_altered_character_of_the_signed_lines_is_refused),
        cmocka_unit_test(a_shortened_or_malformed_signature_is_refused),
        cmocka_unit_test(a_publisher_is_believed_within_its_time_only),
        cmocka_unit_test(a_malformed_key_set_is_refused_even_when_signed),
        cmocka_unit_test(swapped_lines_are_refused),
        cmocka_unit_test(a_missing_extra_or_altered_document_is_refused),
        cmocka_unit_test(whatever_follows_the_last_line_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_line_that_is_no_jws_is_refused),
        cmocka_unit_test(too_large_a_bundle_is_refused_unread),
        cmocka_unit_test(a_malformed_policy_is_refused_though_signed_and_names_its_place),
        cmocka_unit_test(no_memory_at_any_point_is_said_and_leaks_nothing),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
