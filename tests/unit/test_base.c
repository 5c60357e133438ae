#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "platform/platform.h"
#include "support/world.h"

/* ---- errors ------------------------------------------------------------------------------- */

static void a_failure_fills_status_code_and_message(void **state)
{
    (void)state;
    consent_error err;
    assert_int_equal(cs_fail(&err, CONSENT_E_IO, 5, "the ledger %s was not written", "a.l"), CONSENT_E_IO);
    assert_int_equal(err.status, CONSENT_E_IO);
    assert_int_equal(err.os_code, 5);
    assert_string_equal(err.message, "the ledger a.l was not written");
}

static void a_failure_without_an_error_struct_is_told_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(cs_fail(NULL, CONSENT_E_FULL, 0, "x"), CONSENT_E_FULL);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    consent_error err;
    for (size_t lead = 0; lead < 4; lead++) {
        char text[600];
        memset(text, 'a', lead);
        size_t size = lead;
        while (size + 3 < sizeof(text)) {
            memcpy(text + size, "\xE5\x90\x8C", 3);
            size += 3;
        }
        text[size] = '\0';
        (void)cs_fail(&err, CONSENT_E_IO, 0, "%s", text);
        size_t cut = strlen(err.message);
        assert_true(cs_utf8_is_valid((cs_str){err.message, cut}));
        assert_in_range(cut, sizeof(err.message) - 4, sizeof(err.message) - 1);
    }
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    consent_error err;
    (void)cs_fail(&err, CONSENT_E_IO, 0, "a\nb\tc\x7F");
    assert_string_equal(err.message, "a b c ");
}

static void a_message_may_quote_the_message_it_replaces(void **state)
{
    (void)state;
    consent_error err;
    (void)cs_fail(&err, CONSENT_E_IO, 0, "inner");
    (void)cs_fail(&err, CONSENT_E_IO, 0, "outer: %s", err.message);
    assert_string_equal(err.message, "outer: inner");
}

/* ---- memory ------------------------------------------------------------------------------- */

static void allocated_memory_is_zeroed_and_counted(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    uint8_t *block = cs_alloc(&env.memory, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(block[i], 0);
    memset(block, 7, 100);
    block = cs_realloc(&env.memory, block, 100, 200);
    assert_int_equal(block[99], 7);
    cs_free(&env.memory, block, 200);
    cs_free(&env.memory, NULL, 5);
    assert_int_equal(w.live_blocks, 0);
    world_free(&w);
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    uint8_t secret[32];
    memset(secret, 9, sizeof(secret));
    cs_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
}

static void secrets_compare_by_every_byte(void **state)
{
    (void)state;
    uint8_t a[32] = {1};
    for (size_t i = 0; i < sizeof(a); i++) {
        uint8_t b[32];
        memcpy(b, a, sizeof(b));
        assert_true(cs_equal_secret(a, b, sizeof(a)));
        b[i] ^= 0x80u;
        assert_false(cs_equal_secret(a, b, sizeof(a)));
    }
    assert_true(cs_equal_secret(a, a, 0));
}

static void an_arena_aligns_zeroes_and_frees_all(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    cs_arena arena;
    cs_arena_init(&arena, &env.memory, 0);
    for (size_t size = 0; size < 3000; size += 7) {
        uint8_t *block = cs_arena_alloc(&arena, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xFF, size);
    }
    assert_string_equal(cs_arena_strndup(&arena, "purpose", 4), "purp");
    cs_arena_free(&arena);
    assert_int_equal(w.live_blocks, 0);
    cs_arena_free(&arena);
    cs_arena_free(NULL);
    world_free(&w);
}

static void an_arena_keeps_to_its_limit(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    cs_arena arena;
    cs_arena_init(&arena, &env.memory, 1024);
    assert_non_null(cs_arena_alloc(&arena, 1000));
    assert_null(cs_arena_alloc(&arena, 100));
    assert_null(cs_arena_alloc(&arena, SIZE_MAX));
    assert_null(cs_arena_alloc(&arena, SIZE_MAX - 100));
    assert_null(cs_arena_strndup(&arena, "x", SIZE_MAX));
    cs_arena_free(&arena);
    world_free(&w);
}

static void an_arena_without_memory_gives_null_and_stays_usable(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    cs_env env = world_env(&w);
    cs_arena arena;
    cs_arena_init(&arena, &env.memory, 0);
    world_arm(&w, 1, 0);
    w.fail_code = 12;
    assert_null(cs_arena_alloc(&arena, 10));
    assert_non_null(cs_arena_alloc(&arena, 10));
    cs_arena_free(&arena);
    assert_int_equal(w.live_blocks, 0);
    world_free(&w);
}

/* ---- buffers and readers ------------------------------------------------------------------ */

static void what_a_buffer_wrote_a_reader_reads(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {
        0, 1, 127, 128, 16383, 16384, 1u << 21, UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    cs_buffer buffer;
    cs_buffer_init(&buffer, cs_memory_system(), 4096);
    cs_buffer_u8(&buffer, 0xFE);
    cs_buffer_u32(&buffer, 0x01020304u);
    cs_buffer_u64(&buffer, UINT64_C(0x0102030405060708));
    for (size_t i = 0; i < CS_COUNT_OF(numbers); i++)
        cs_buffer_varint(&buffer, numbers[i]);
    cs_buffer_sized(&buffer, "abc", 3);
    cs_buffer_sized(&buffer, "", 0);
    assert_int_equal(cs_buffer_status(&buffer, "numbers", NULL), CONSENT_OK);
    assert_int_equal(buffer.data[1], 4);
    assert_int_equal(buffer.data[5], 8);
    cs_reader reader = cs_reader_of(cs_buffer_span(&buffer));
    assert_int_equal(cs_read_u8(&reader), 0xFE);
    assert_int_equal(cs_read_u32(&reader), 0x01020304u);
    assert_true(cs_read_u64(&reader) == UINT64_C(0x0102030405060708));
    for (size_t i = 0; i < CS_COUNT_OF(numbers); i++)
        assert_true(cs_read_varint(&reader) == numbers[i]);
    assert_true(cs_str_is(cs_read_str(&reader, 3), "abc"));
    assert_true(cs_str_is(cs_read_str(&reader, 3), ""));
    assert_true(reader.ok);
    assert_int_equal(reader.left, 0);
    cs_buffer_free(&buffer);
}

static void a_reader_stops_at_its_end_and_stays_failed(void **state)
{
    (void)state;
    const uint8_t bytes[3] = {1, 2, 3};
    cs_reader reader = cs_reader_of((cs_span){bytes, 3});
    assert_int_equal(cs_read_u32(&reader), 0);
    assert_false(reader.ok);
    assert_int_equal(cs_read_u8(&reader), 0);
    assert_null(cs_read_bytes(&reader, 0));
    reader = cs_reader_of((cs_span){NULL, 0});
    assert_non_null(cs_read_bytes(&reader, 0));
    assert_null(cs_read_bytes(&reader, 1));
}

static void overlong_and_too_large_varints_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[11];
        size_t size;
    } bad[] = {{{0x80, 0x00}, 2},
               {{0xFF, 0x80, 0x00}, 3},
               {{0x80}, 1},
               {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}, 10},
               {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00}, 11}};
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++) {
        cs_reader reader = cs_reader_of((cs_span){bad[i].bytes, bad[i].size});
        assert_true(cs_read_varint(&reader) == 0);
        assert_false(reader.ok);
    }
}

static void a_sized_field_is_bounded_by_limit_and_by_what_is_left(void **state)
{
    (void)state;
    const uint8_t bytes[] = {3, 'a', 'b', 'c'};
    cs_reader reader = cs_reader_of((cs_span){bytes, 4});
    assert_int_equal(cs_read_sized(&reader, 2).size, 0);
    assert_false(reader.ok);
    reader = cs_reader_of((cs_span){bytes, 3});
    assert_null(cs_read_sized(&reader, 100).data);
    assert_false(reader.ok);
}

static void a_list_in_one_text_gives_the_nth_and_past_its_end_the_last(void **state)
{
    (void)state;
    const char *names = "zero\0one\0unknown\0";
    assert_string_equal(cs_nth_text(names, 0), "zero");
    assert_string_equal(cs_nth_text(names, 1), "one");
    assert_string_equal(cs_nth_text(names, 2), "unknown");
    assert_string_equal(cs_nth_text(names, 3), "unknown");
    assert_string_equal(cs_nth_text(names, (size_t)-1), "unknown");
}

static void a_text_is_found_in_a_list_by_all_of_it(void **state)
{
    (void)state;
    const char *names = "zero\0one\0unknown\0";
    assert_int_equal(cs_text_find(names, CS_STR("zero")), 1);
    assert_int_equal(cs_text_find(names, CS_STR("unknown")), 3);
    assert_int_equal(cs_text_find(names, CS_STR("un")), 0);
    assert_int_equal(cs_text_find(names, CS_STR("zeroone")), 0);
    assert_int_equal(cs_text_find(names, CS_STR("")), 0);
    assert_int_equal(cs_text_find(names, (cs_str){0}), 0);
}

static void a_full_buffer_fails_and_stays_failed(void **state)
{
    (void)state;
    cs_buffer buffer;
    consent_error err;
    cs_buffer_init(&buffer, cs_memory_system(), 10);
    cs_buffer_append(&buffer, "0123456789", 10);
    assert_false(buffer.failed);
    cs_buffer_u8(&buffer, 'x');
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 10);
    assert_int_equal(cs_buffer_status(&buffer, "the form", &err), CONSENT_E_MEMORY);
    assert_non_null(strstr(err.message, "the form"));
    cs_buffer_clear(&buffer);
    cs_buffer_text(&buffer, "ok");
    assert_false(buffer.failed);
    assert_true(cs_str_is((cs_str){(const char *)buffer.data, buffer.size}, "ok"));
    cs_buffer_free(&buffer);
    cs_buffer_free(NULL);
    cs_buffer zero = {0};
    cs_buffer_text(&zero, "x");
    assert_true(zero.failed);
    cs_buffer_free(&zero);
}

static void a_buffer_without_memory_fails_and_leaks_nothing(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        world w;
        world_init(&w);
        cs_env env = world_env(&w);
        cs_buffer buffer;
        cs_buffer_init(&buffer, &env.memory, 1 << 20);
        world_arm(&w, n, 12);
        for (int i = 0; i < 100; i++)
            cs_buffer_printf(&buffer, "%s%0300d", "number ", i);
        bool reached = w.calls >= n;
        assert_int_equal(buffer.failed, reached);
        if (!reached)
            assert_int_equal(buffer.size, 100 * 307);
        cs_buffer_free(&buffer);
        assert_int_equal(w.live_blocks, 0);
        world_free(&w);
        if (!reached)
            break;
    }
}

/* Memory that counts the blocks given back with something still in them. */
static void *watching_resize(void *ctx, void *block, size_t old_size, size_t new_size)
{
    size_t *dirty = ctx;
    const uint8_t *bytes = block;
    for (size_t i = 0; i < old_size; i++)
        if (bytes[i] != 0) {
            (*dirty)++;
            break;
        }
    return cs_memory_system()->resize(NULL, block, old_size, new_size);
}

static void buffers_wipe_what_they_give_back(void **state)
{
    (void)state;
    size_t dirty = 0;
    const cs_memory memory = {&dirty, watching_resize};
    cs_buffer buffer;
    cs_buffer_init(&buffer, &memory, 2048);
    for (int i = 0; i < 1024; i++)
        cs_buffer_u8(&buffer, (uint8_t)i);
    cs_buffer_printf(&buffer, "%0300d", 7);
    for (int i = 0; i < 1024; i++)
        assert_int_equal(buffer.data[i], (uint8_t)i);
    cs_buffer_free(&buffer);
    assert_int_equal(dirty, 0);
}

/* ---- text --------------------------------------------------------------------------------- */

static void identifiers_are_lowercase_ascii_of_bounded_size(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "device-info", "a.b_c-9", "9a"};
    static const char *const bad[] = {"", "-a", ".a", "_a", "A", "a b", "a/b", "\xE5\x90\x8C", "a\n"};
    for (size_t i = 0; i < CS_COUNT_OF(good); i++)
        assert_true(cs_id_is_valid(cs_str_of(good[i])));
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_id_is_valid(cs_str_of(bad[i])));
    char text[CS_ID_MAX_SIZE + 1];
    memset(text, 'a', sizeof(text));
    assert_true(cs_id_is_valid((cs_str){text, CS_ID_MAX_SIZE}));
    assert_false(cs_id_is_valid((cs_str){text, CS_ID_MAX_SIZE + 1}));
    assert_false(cs_id_is_valid((cs_str){NULL, 0}));
}

static void views_compare_by_content(void **state)
{
    (void)state;
    assert_true(cs_str_equal(CS_STR("ab"), cs_str_of("ab")));
    assert_false(cs_str_equal(CS_STR("ab"), CS_STR("abc")));
    assert_true(cs_str_equal((cs_str){NULL, 0}, CS_STR("")));
    assert_true(cs_str_compare(CS_STR("a"), CS_STR("b")) < 0);
    assert_true(cs_str_compare(CS_STR("b"), CS_STR("a")) > 0);
    assert_true(cs_str_compare(CS_STR("a"), CS_STR("ab")) < 0);
    assert_true(cs_str_compare(CS_STR("ab"), CS_STR("a")) > 0);
    assert_int_equal(cs_str_compare(CS_STR("ab"), CS_STR("ab")), 0);
    assert_int_equal(cs_str_compare((cs_str){NULL, 0}, CS_STR("")), 0);
}

static void only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xEF\xBF\xBD"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xE4\xB8",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xF0\x90\x80",
                                      "\xFF",
                                      "a\xE4\xB8"};
    for (size_t i = 0; i < CS_COUNT_OF(good); i++)
        assert_true(cs_utf8_is_valid(cs_str_of(good[i])));
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_utf8_is_valid(cs_str_of(bad[i])));
    assert_false(cs_utf8_is_valid(CS_STR("a\0b")));
}

static void code_points_and_their_columns_are_right(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA9\xE5\x90\x8C\xF0\x9F\x98\x80\xCC\x81";
    static const uint32_t points[] = {'a', 0xE9, 0x540C, 0x1F600, 0x301};
    static const int columns[] = {1, 1, 2, 2, 0};
    const char *at = text;
    const char *end = text + sizeof(text) - 1;
    for (size_t i = 0; i < CS_COUNT_OF(points); i++) {
        uint32_t point = cs_utf8_next(&at, end);
        assert_int_equal(point, points[i]);
        assert_int_equal(cs_utf8_columns(point), columns[i]);
    }
    assert_int_equal(cs_utf8_next(&at, end), 0);
    assert_int_equal(cs_utf8_columns(0x3002), 2); /* ideographic full stop */
    assert_int_equal(cs_utf8_columns(0xFF0C), 2); /* fullwidth comma */
    assert_int_equal(cs_utf8_columns(0x201C), 1);
    assert_int_equal(cs_utf8_columns('\n'), 0);
    assert_int_equal(cs_utf8_columns(0x2019), 1);
    assert_int_equal(cs_utf8_columns(0x10FFFF), 1);
    const char bad[] = "\xFFz";
    at = bad;
    assert_int_equal(cs_utf8_next(&at, bad + 2), 0xFFFD);
    assert_int_equal(cs_utf8_next(&at, bad + 2), 'z');
}

static void hex_goes_there_and_back(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x9F, 0xA0, 0xFF};
    char text[9];
    uint8_t back[4];
    cs_hex_encode(bytes, 4, text);
    assert_string_equal(text, "009fa0ff");
    assert_true(cs_hex_decode(CS_STR("009FA0ff"), back, 4));
    assert_memory_equal(back, bytes, 4);
    memset(back, 1, sizeof(back));
    assert_false(cs_hex_decode(CS_STR("009fa0f"), back, 4));
    assert_false(cs_hex_decode(CS_STR("009fa0fg"), back, 4));
    assert_false(cs_hex_decode(CS_STR("009fa0ff00"), back, 4));
    assert_int_equal(back[0], 1);
}

static void base64url_has_one_text_for_one_value(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *text;
    } pairs[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xFB\xFF", "-_8"}};
    static const char *const bad[] = {"Z", "Zg==", "Zh", "Zm9", "Zm9vY", "Zm9v YmFy", "+/8", "Zg\n", "Zm=v"};
    cs_buffer out;
    cs_buffer_init(&out, cs_memory_system(), 100);
    for (size_t i = 0; i < CS_COUNT_OF(pairs); i++) {
        cs_buffer_clear(&out);
        cs_base64url_encode(&out, (cs_span){(const uint8_t *)pairs[i].bytes, strlen(pairs[i].bytes)});
        assert_true(cs_str_is((cs_str){(const char *)out.data, out.size}, pairs[i].text));
        cs_buffer_clear(&out);
        assert_true(cs_base64url_decode(&out, cs_str_of(pairs[i].text)));
        assert_true(cs_str_is((cs_str){(const char *)out.data, out.size}, pairs[i].bytes));
    }
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_base64url_decode(&out, cs_str_of(bad[i])));
    cs_buffer_free(&out);
}

static void checksums_match_their_published_values(void **state)
{
    (void)state;
    const uint8_t zeros[32] = {0};
    assert_int_equal(cs_crc32c("123456789", 9), 0xE3069283u);
    assert_int_equal(cs_crc32c(zeros, 32), 0x8A9136AAu); /* RFC 3720 B.4 */
    assert_int_equal(cs_crc32c("", 0), 0);
    /* Every length and alignment against the definition, bit by bit. */
    uint8_t bytes[80];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t start = 0; start < 8; start++) {
        uint32_t crc = 0xFFFFFFFFu;
        for (size_t size = 0; start + size < sizeof bytes; size++) {
            assert_int_equal(cs_crc32c(bytes + start, size), ~crc);
            crc ^= bytes[start + size];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
        }
    }
    assert_true(cs_hash64("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(cs_hash64("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
}

static void the_keyed_hash_is_siphash(void **state)
{
    (void)state;
    /* The published vectors: key 00 01 … 0f, and of 00 01 02 … the first 0, 1, 7, 8, 15 and 63 bytes. */
    static const struct {
        size_t size;
        uint64_t hash;
    } vectors[] = {{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
                   {7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
                   {15, UINT64_C(0xa129ca6149be45e5)}, {63, UINT64_C(0x958a324ceb064572)}};
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < CS_COUNT_OF(vectors); i++)
        assert_true(cs_keyed_hash64(bytes, bytes, vectors[i].size) == vectors[i].hash);
    assert_true(cs_keyed_hash64(bytes, NULL, 0) == vectors[0].hash);
    assert_true(cs_keyed_hash64(bytes + 1, bytes, 7) != vectors[2].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_fills_status_code_and_message),
        cmocka_unit_test(a_failure_without_an_error_struct_is_told_all_the_same),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(a_message_may_quote_the_message_it_replaces),
        cmocka_unit_test(allocated_memory_is_zeroed_and_counted),
        cmocka_unit_test(wiping_leaves_zeros),
        cmocka_unit_test(secrets_compare_by_every_byte),
        cmocka_unit_test(an_arena_aligns_zeroes_and_frees_all),
        cmocka_unit_test(an_arena_keeps_to_its_limit),
        cmocka_unit_test(an_arena_without_memory_gives_null_and_stays_usable),
        cmocka_unit_test(what_a_buffer_wrote_a_reader_reads),
        cmocka_unit_test(a_reader_stops_at_its_end_and_stays_failed),
        cmocka_unit_test(overlong_and_too_large_varints_are_refused),
        cmocka_unit_test(a_sized_field_is_bounded_by_limit_and_by_what_is_left),
        cmocka_unit_test(a_full_buffer_fails_and_stays_failed),
        cmocka_unit_test(a_buffer_without_memory_fails_and_leaks_nothing),
        cmocka_unit_test(buffers_wipe_what_they_give_back),
        cmocka_unit_test(identifiers_are_lowercase_ascii_of_bounded_size),
        cmocka_unit_test(views_compare_by_content),
        cmocka_unit_test(a_list_in_one_text_gives_the_nth_and_past_its_end_the_last),
        cmocka_unit_test(a_text_is_found_in_a_list_by_all_of_it),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(code_points_and_their_columns_are_right),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(base64url_has_one_text_for_one_value),
        cmocka_unit_test(checksums_match_their_published_values),
        cmocka_unit_test(the_keyed_hash_is_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
