/* The compact form of a policy and of its texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/make_policy.h"

typedef struct forms {
    cs_policy *policy;
    cs_texts *texts;
    cs_buffer structure;
    cs_buffer words;
} forms;

static void encode(const char *json, forms *f)
{
    cs_buffer_init(&f->structure, make_memory(), CS_POLICY_MAX_BYTES);
    cs_buffer_init(&f->words, make_memory(), 2 * CS_POLICY_MAX_BYTES);
    make_policy(json, &f->policy, &f->texts);
    cs_policy_encode(f->policy, &f->structure);
    cs_texts_encode(f->texts, &f->words);
    assert_false(f->structure.failed || f->words.failed);
}

static void encode_sample(forms *f)
{
    char *json = make_fixture("sample.json");
    encode(json, f);
    free(json);
}

static void drop(forms *f)
{
    cs_policy_free(f->policy);
    cs_texts_free(f->texts);
    cs_buffer_free(&f->structure);
    cs_buffer_free(&f->words);
    assert_int_equal(make_live_blocks(), 0);
}

/* What decode accepted, encode must write again byte for byte. */
static consent_status decode_policy(cs_span bytes, bool *same)
{
    cs_policy *policy;
    consent_status status = cs_policy_decode(make_memory(), bytes, &policy, NULL);
    *same = true;
    if (status != CONSENT_OK) {
        assert_null(policy);
        return status;
    }
    cs_buffer again;
    cs_buffer_init(&again, make_memory(), 2 * CS_POLICY_MAX_BYTES);
    cs_policy_encode(policy, &again);
    *same = again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0;
    cs_buffer_free(&again);
    cs_policy_free(policy);
    return status;
}

static consent_status decode_texts(cs_span bytes, bool *same)
{
    cs_texts *texts;
    consent_status status = cs_texts_decode(make_memory(), bytes, &texts, NULL);
    *same = true;
    if (status != CONSENT_OK) {
        assert_null(texts);
        return status;
    }
    cs_buffer again;
    cs_buffer_init(&again, make_memory(), 2 * CS_POLICY_MAX_BYTES);
    cs_texts_encode(texts, &again);
    *same = again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0;
    cs_buffer_free(&again);
    cs_texts_free(texts);
    return status;
}

static void a_policy_comes_back_as_it_was(void **state)
{
    (void)state;
    forms f;
    bool same = false;
    encode_sample(&f);
    assert_int_equal(decode_policy(cs_buffer_span(&f.structure), &same), CONSENT_OK);
    assert_true(same);
    cs_policy *back;
    assert_int_equal(cs_policy_decode(make_memory(), cs_buffer_span(&f.structure), &back, NULL), CONSENT_OK);
    assert_memory_equal(back->hash, f.policy->hash, CS_HASH_SIZE);
    assert_string_equal(back->purposes[1].id, "payment");
    assert_int_equal(back->purposes[1].cooldown_ms, CS_NEVER_MS);
    assert_true(back->purposes[2].cooldown_raised);
    assert_int_equal(back->holidays[0].year, 2026);
    assert_string_equal(back->permissions[0].platforms[0].names[0], "android.permission.ACCESS_COARSE_LOCATION");
    assert_ptr_equal(cs_policy_purpose(back, CS_STR("city")), &back->purposes[2]);
    assert_int_equal(cs_policy_changes(f.policy, back), CS_CHANGE_EDITORIAL);
    for (uint16_t i = 0; i < back->purpose_count; i++)
        assert_false(cs_purpose_widened(f.policy, &f.policy->purposes[i], back, &back->purposes[i]));
    cs_policy_free(back);
    drop(&f);
}

static void texts_come_back_as_they_were(void **state)
{
    (void)state;
    forms f;
    bool same = false;
    encode_sample(&f);
    assert_int_equal(decode_texts(cs_buffer_span(&f.words), &same), CONSENT_OK);
    assert_true(same);
    cs_texts *back;
    assert_int_equal(cs_texts_decode(make_memory(), cs_buffer_span(&f.words), &back, NULL), CONSENT_OK);
    assert_string_equal(cs_texts_get(back, f.policy->name, "en"), "Sample policy");
    assert_string_equal(cs_texts_get(back, f.policy->contacts[1].value, "en"), "privacy@example.com");
    assert_false(cs_texts_has(back, f.policy->contacts[1].value, "en"));
    cs_texts_free(back);
    drop(&f);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    forms f;
    bool same;
    encode_sample(&f);
    for (size_t size = 0; size < f.structure.size; size++)
        assert_int_equal(decode_policy((cs_span){f.structure.data, size}, &same), CONSENT_E_CORRUPT);
    for (size_t size = 0; size < f.words.size; size++)
        assert_int_equal(decode_texts((cs_span){f.words.data, size}, &same), CONSENT_E_CORRUPT);
    cs_buffer_u8(&f.structure, 0);
    cs_buffer_u8(&f.words, 0);
    assert_int_equal(decode_policy(cs_buffer_span(&f.structure), &same), CONSENT_E_CORRUPT);
    assert_int_equal(decode_texts(cs_buffer_span(&f.words), &same), CONSENT_E_CORRUPT);
    drop(&f);
}

/* The stored form is sealed, so this is a second line: no altered byte may crash or be read as what encode never writes. */
static void an_altered_byte_is_refused_or_is_what_encode_would_write(void **state)
{
    (void)state;
    static const uint8_t flips[] = {0x01, 0x02, 0x40, 0x80, 0xFF};
    forms f;
    bool same;
    encode_sample(&f);
    size_t refused = 0;
    for (size_t i = 0; i < f.structure.size; i++) {
        for (size_t j = 0; j < CS_COUNT_OF(flips); j++) {
            f.structure.data[i] ^= flips[j];
            refused += decode_policy(cs_buffer_span(&f.structure), &same) != CONSENT_OK;
            f.structure.data[i] ^= flips[j];
            assert_true(same);
        }
    }
    assert_true(refused > f.structure.size);
    for (size_t i = 0; i < f.words.size; i++) {
        for (size_t j = 0; j < CS_COUNT_OF(flips); j++) {
            f.words.data[i] ^= flips[j];
            (void)decode_texts(cs_buffer_span(&f.words), &same);
            f.words.data[i] ^= flips[j];
            assert_true(same);
        }
    }
    drop(&f);
}

static void no_memory_at_any_point_is_said_and_leaks_nothing(void **state)
{
    (void)state;
    forms f;
    encode_sample(&f);
    size_t held = make_live_blocks();
    for (int form = 0; form < 2; form++) {
        consent_status status = CONSENT_E_MEMORY;
        for (size_t points = 0; status != CONSENT_OK; points++) {
            cs_policy *policy = NULL;
            cs_texts *texts = NULL;
            make_memory_fail_after(points);
            status = form == 0 ? cs_policy_decode(make_memory(), cs_buffer_span(&f.structure), &policy, NULL)
                               : cs_texts_decode(make_memory(), cs_buffer_span(&f.words), &texts, NULL);
            make_memory_fail_after(SIZE_MAX);
            assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
            cs_policy_free(policy);
            cs_texts_free(texts);
            assert_int_equal(make_live_blocks(), held);
        }
    }
    drop(&f);
}

/* ---- random policies ---------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const char *pick(uint64_t *seed, const char *const *words, size_t count)
{
    return words[next_random(seed) % count];
}

/* A policy with that many purposes, its members drawn at random. */
static void random_policy(uint64_t *seed, unsigned purposes, cs_buffer *out)
{
    static const char *const kinds[] = {"collect", "share", "store", "automate", "market", "teleport"};
    static const char *const forms_of[] = {"policy", "own", "separate", "written", "once"};
    static const char *const grounds[] = {"consent", "contract", "legal_duty"};
    static const char *const needs[] = {"required", "conditional", "optional"};
    unsigned data = 1 + (unsigned)(next_random(seed) % 64);
    cs_buffer_text(
        out,
        "{\"schema\":1,\"id\":\"p\",\"version\":1,\"scope\":\"p\",\"name\":{\"en\":\"P\"},\"controller\":{\"id\":\"c\","
        "\"name\":{\"en\":\"C\"}},\"published\":\"2026-01-01T00:00:00Z\",\"effective\":\"2026-01-01T00:00:00Z\","
        "\"locales\":[\"en\",\"zh-CN\"],\"functions\":[{\"id\":\"f\",\"kind\":\"basic\",\"name\":{\"en\":\"F\"}}],"
        "\"data\":[");
    for (unsigned i = 0; i < data; i++)
        cs_buffer_printf(out, "%s{\"id\":\"d%u\",\"name\":{\"en\":\"D%u\",\"zh-CN\":\"数据%u\"}}", i ? "," : "", i, i,
                         i);
    cs_buffer_text(out, "],\"recipients\":[{\"id\":\"r\",\"role\":\"sdk\",\"name\":{\"en\":\"R\"}}],\"purposes\":[");
    for (unsigned i = 0; i < purposes; i++) {
        cs_buffer_printf(
            out,
            "%s{\"id\":\"purpose.number.%u\",\"function\":\"f\",\"kind\":\"%s\",\"form\":\"%s\",\"ground\":\"%s\",",
            i ? "," : "", i, pick(seed, kinds, CS_COUNT_OF(kinds)), pick(seed, forms_of, CS_COUNT_OF(forms_of)),
            pick(seed, grounds, CS_COUNT_OF(grounds)));
        cs_buffer_printf(
            out, "\"name\":{\"en\":\"N%u\"},\"text\":{\"en\":\"T\"},\"method\":{\"en\":\"M%u\"},\"data\":[", i, i % 3);
        unsigned uses = (unsigned)(next_random(seed) % (data + 1));
        for (unsigned j = 0; j < uses; j++)
            cs_buffer_printf(out, "%s{\"id\":\"d%u\",\"need\":\"%s\"}", j ? "," : "", j,
                             pick(seed, needs, CS_COUNT_OF(needs)));
        cs_buffer_printf(out, "],\"recipients\":[%s],\"retention\":{\"period\":\"%ud\"}}",
                         next_random(seed) % 2 ? "\"r\"" : "", 1 + (unsigned)(next_random(seed) % 999));
    }
    cs_buffer_text(out, "]}");
    cs_buffer_u8(out, 0);
}

static void random_policies_survive_the_round_trip(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(0x5DEECE66D);
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 60; round++) {
        cs_buffer json;
        forms f;
        bool same = false;
        cs_buffer_init(&json, make_memory(), CS_POLICY_MAX_BYTES);
        random_policy(&seed, round, &json);
        encode((const char *)json.data, &f);
        assert_int_equal(decode_policy(cs_buffer_span(&f.structure), &same), CONSENT_OK);
        assert_true(same);
        assert_int_equal(decode_texts(cs_buffer_span(&f.words), &same), CONSENT_OK);
        assert_true(same);
        cs_buffer_free(&json);
        drop(&f);
    }
}

/* Data, recipients and kinds of rights stand once in their lists, in the compact form as in the JSON. */
static void what_stands_there_twice_is_refused(void **state)
{
    (void)state;
    for (int list = 0; list < 3; list++) {
        forms f;
        bool same;
        encode_sample(&f);
        cs_policy *policy = f.policy;
        const cs_purpose *pay = &policy->purposes[1];
        assert_true(pay->data_count > 1 && pay->recipient_count > 1 && policy->rights_kind_count > 1);
        if (list == 0)
            ((cs_purpose_data *)pay->data)[1].item = pay->data[0].item;
        else if (list == 1)
            ((cs_purpose_recipient *)pay->recipients)[1].recipient = pay->recipients[0].recipient;
        else
            ((const char **)policy->rights_kinds)[1] = policy->rights_kinds[0];
        cs_buffer_clear(&f.structure);
        cs_policy_encode(policy, &f.structure);
        assert_int_equal(decode_policy(cs_buffer_span(&f.structure), &same), CONSENT_E_CORRUPT);
        drop(&f);
    }
}

/* The budget for a home that is open is 256 KB with a hundred purposes. */
static void a_hundred_purposes_take_well_under_200_kb(void **state)
{
    (void)state;
    uint64_t seed = 7;
    cs_buffer json;
    forms f;
    cs_policy *back;
    cs_buffer_init(&json, make_memory(), CS_POLICY_MAX_BYTES);
    random_policy(&seed, 100, &json);
    encode((const char *)json.data, &f);
    assert_int_equal(cs_policy_decode(make_memory(), cs_buffer_span(&f.structure), &back, NULL), CONSENT_OK);
    print_message("compact %zu bytes, texts %zu bytes, decoded %zu bytes\n", f.structure.size, f.words.size,
                  back->arena.used_bytes + sizeof(*back));
    assert_true(back->arena.used_bytes + sizeof(*back) < 150u * 1024u);
    cs_policy_free(back);
    cs_buffer_free(&json);
    drop(&f);
}

static void bytes_of_another_kind_are_refused(void **state)
{
    (void)state;
    forms f;
    bool same;
    encode_sample(&f);
    assert_int_equal(decode_policy(cs_buffer_span(&f.words), &same), CONSENT_E_CORRUPT);
    assert_int_equal(decode_texts(cs_buffer_span(&f.structure), &same), CONSENT_E_CORRUPT);
    assert_int_equal(decode_policy((cs_span){NULL, 0}, &same), CONSENT_E_CORRUPT);
    assert_int_equal(decode_texts((cs_span){NULL, 0}, &same), CONSENT_E_CORRUPT);
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_comes_back_as_it_was),
        cmocka_unit_test(texts_come_back_as_they_were),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(an_altered_byte_is_refused_or_is_what_encode_would_write),
        cmocka_unit_test(no_memory_at_any_point_is_said_and_leaks_nothing),
        cmocka_unit_test(random_policies_survive_the_round_trip),
        cmocka_unit_test(what_stands_there_twice_is_refused),
        cmocka_unit_test(a_hundred_purposes_take_well_under_200_kb),
        cmocka_unit_test(bytes_of_another_kind_are_refused),
    };
    return cmocka_run_group_tests_name("policy compact", tests, NULL, NULL);
}
