#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "consentctl/authoring.h"
#include "consentctl/tool.h"
#include "policy/document.h"

#define EXAMPLE CONSENT_SOURCE_DIR "/examples/policy/platform"
#define FIXTURES CONSENT_SOURCE_DIR "/tests/fixtures/lint/"

static const int64_t now_ms = INT64_C(1790000000000); /* 2026-09-21 */
static cs_memory memory;
static uint8_t root_private[CS_P256_PRIVATE_SIZE], root_public[CS_P256_PUBLIC_SIZE];
static uint8_t publisher_private[CS_P256_PRIVATE_SIZE], publisher_public[CS_P256_PUBLIC_SIZE];

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32];
    memory = cs_tool_memory();
    memset(seed, 1, sizeof seed);
    if (cs_p256_from_random(seed, root_private, root_public, NULL) != CONSENT_OK)
        return 1;
    memset(seed, 2, sizeof seed);
    return cs_p256_from_random(seed, publisher_private, publisher_public, NULL) != CONSENT_OK;
}

static void make_bundle(cs_buffer *bundle)
{
    consent_error err = {0};
    cs_buffer_init(bundle, &memory, CS_BUNDLE_MAX_BYTES);
    if (cs_authoring_bundle(&memory, EXAMPLE, root_private, publisher_private, bundle, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
}

static void the_example_policy_builds_signs_and_verifies(void **state)
{
    (void)state;
    cs_buffer bytes;
    cs_bundle bundle = {0};
    consent_error err = {0};
    make_bundle(&bytes);
    if (cs_bundle_open(&memory, cs_buffer_span(&bytes), root_public, 1, now_ms, &bundle, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(bundle.policy->id, "platform");
    assert_int_equal(bundle.policy->document_count, 4);
    assert_memory_equal(bundle.publisher, publisher_public, sizeof publisher_public);
    for (uint16_t i = 0; i < bundle.policy->purpose_count; i++)
        assert_false(bundle.policy->purposes[i].undeclared);
    const cs_purpose *share = cs_policy_purpose(bundle.policy, CS_STR("pay.share"));
    assert_non_null(share);
    assert_int_equal(share->recipient_count, 2);
    assert_int_equal(cs_purpose_effective_form(bundle.policy, share), CS_FORM_SEPARATE);
    const cs_permission *location = cs_policy_permission(bundle.policy, CS_STR("location"));
    assert_non_null(location);
    assert_int_equal(location->call_site_count, 5);
    assert_true(bundle.policy->cooldown_ms == 48 * CS_HOUR_MS);
    assert_int_equal(bundle.policy->minors.child_under, 14);
    assert_int_equal(bundle.policy->minors.guardian_under, 18);
    assert_int_equal(bundle.policy->reply_working_days, 15);
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
}

/* C2 C7 C15 */
static void the_example_documents_have_ten_sections_and_both_emphases_in_each_locale(void **state)
{
    (void)state;
    cs_buffer bytes;
    cs_bundle bundle = {0};
    make_bundle(&bytes);
    assert_int_equal(cs_bundle_open(&memory, cs_buffer_span(&bytes), root_public, 1, now_ms, &bundle, NULL),
                     CONSENT_OK);
    for (uint16_t d = 0; d < bundle.policy->document_count; d++) {
        cs_document *document = NULL;
        uint32_t sections = 0;
        uint32_t emphasised[3] = {0};
        assert_int_equal(cs_document_parse(&memory, bundle.documents[d], "document", &document, NULL), CONSENT_OK);
        for (uint32_t i = 0; i < document->block_count; i++) {
            sections += document->blocks[i].kind == CS_BLOCK_HEADING && document->blocks[i].level == 1;
            for (uint32_t s = 0; s < document->blocks[i].span_count; s++) {
                emphasised[document->blocks[i].spans[s].emphasis]++;
                assert_null(strstr(document->blocks[i].spans[s].text, "**"));
            }
        }
        bool rules = bundle.policy->documents[d].child_rules;
        assert_int_equal(rules, d >= 2);
        assert_int_equal(sections, rules ? 6 : 10);
        assert_true(rules || (emphasised[1] > 30 && emphasised[2] > 10));
        cs_document_free(document);
    }
    cs_bundle_free(&bundle);
    cs_buffer_free(&bytes);
}

static void the_same_folder_gives_the_same_bytes(void **state)
{
    (void)state;
    cs_buffer first;
    cs_buffer second;
    make_bundle(&first);
    make_bundle(&second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    cs_buffer_free(&second);
    cs_buffer_free(&first);
}

static void a_document_changed_after_building_is_not_signed(void **state)
{
    (void)state;
    cs_buffer built;
    cs_buffer bundle;
    consent_error err = {0};
    cs_buffer_init(&built, &memory, CS_BUNDLE_MAX_BYTES);
    cs_buffer_init(&bundle, &memory, CS_BUNDLE_MAX_BYTES);
    assert_int_equal(cs_authoring_build(&memory, EXAMPLE, &built, &err), CONSENT_OK);
    built.data[built.size - 20] ^= 1;
    assert_int_equal(cs_authoring_sign(&memory, (cs_str){(char *)built.data, built.size}, "u.json", CS_STR("keys"),
                                       publisher_private, &bundle, &err),
                     CONSENT_E_CORRUPT);
    assert_non_null(strstr(err.message, "changed after building"));
    assert_int_equal(bundle.size, 0);
    cs_buffer_free(&bundle);
    cs_buffer_free(&built);
}

static void a_refused_document_is_named_with_its_line(void **state)
{
    (void)state;
    cs_buffer built;
    consent_error err = {0};
    cs_buffer_init(&built, &memory, CS_BUNDLE_MAX_BYTES);
    assert_int_equal(cs_authoring_build(&memory, FIXTURES "document", &built, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "document.zh-CN.md:5: a bold mark ** was not closed"));
    cs_buffer_free(&built);
}

static void a_policy_that_the_engine_refuses_is_not_built(void **state)
{
    (void)state;
    cs_buffer built;
    consent_error err = {0};
    cs_buffer_init(&built, &memory, CS_BUNDLE_MAX_BYTES);
    assert_int_equal(cs_authoring_build(&memory, FIXTURES "invalid", &built, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "policy.json"));
    cs_buffer_free(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_policy_builds_signs_and_verifies),
        cmocka_unit_test(the_example_documents_have_ten_sections_and_both_emphases_in_each_locale),
        cmocka_unit_test(the_same_folder_gives_the_same_bytes),
        cmocka_unit_test(a_document_changed_after_building_is_not_signed),
        cmocka_unit_test(a_refused_document_is_named_with_its_line),
        cmocka_unit_test(a_policy_that_the_engine_refuses_is_not_built),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
