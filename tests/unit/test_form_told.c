/* The forms that tell at the moment it matters: field, ad_hoc, external, notice; and every form against its schema. */
#include "support/form_case.h"
#include "support/schema.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    form_case *test = malloc(sizeof *test);
    form_case_open(test);
    form_case_accept_policy(test);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    form_case_close(*state);
    free(*state);
    return 0;
}

static void assert_ok(const form_case *test, consent_status status)
{
    if (status != CONSENT_OK)
        fail_msg("%d: %s", (int)status, test->error.message);
}

static void assert_refused(const form_case *test, consent_status status, consent_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
}

static bool shows(const form_case *test, const char *text)
{
    size_t count;
    const consent_form_part *parts = cs_form_parts(test->form, &count);
    for (size_t i = 0; i < count; i++)
        if (parts[i].text && strcmp(parts[i].text, text) == 0)
            return true;
    return false;
}

static consent_status build_field(form_case *test, const char *purpose, const char *recipient, const char *data)
{
    static cs_str item;
    item = cs_str_of(data);
    test->input.query = (cs_query){
        .purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient), .data = &item, .data_count = data[0] != '\0'};
    return form_case_build(test, CONSENT_OCCASION_FIELD);
}

static consent_status build_with(form_case *test, int32_t occasion, const char *json)
{
    test->input.query = (cs_query){0};
    test->input.notice = cs_str_of(json);
    return form_case_build(test, occasion);
}

/* ---- field ------------------------------------------------------------------------------------------------ */

/* C122: the identity number's field says why it is needed and what it may mean */
static void a_field_for_sensitive_data_asks_with_necessity_and_impact(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    assert_ok(test, build_field(test, "pay", "bank-a", "id-number"));
    form_case_json(test, &doc);
    assert_string_equal(form_case_field(&doc, "necessity"), "Needed by law to pay");
    assert_non_null(form_case_field(&doc, "impact"));
    assert_non_null(form_case_field(&doc, "recipient-contact"));
    assert_null(cs_json_get(doc.root, "informs"));
    assert_null(cs_json_get(doc.root, "permission"));
    cs_json_free(&doc);
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_GRANTED);
    assert_true(cs_str_is(test->events[0].data[0], "id-number"));
    form_case_record(test);
    assert_ok(test, build_field(test, "pay", "bank-a", "id-number"));
    form_case_json(test, &doc);
    assert_true(cs_json_bool(cs_json_get(doc.root, "informs")));
    cs_json_free(&doc);
}

/* C44: what the contract needs is told at its field, not asked */
static void a_field_on_another_ground_only_tells(void **state)
{
    form_case *test = *state;
    assert_ok(test, build_field(test, "deliver", "", "address"));
    assert_true(shows(test, "Continue"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->count, 1);
    assert_int_equal(test->events[0].type, CS_EVENT_NOTICE_SHOWN);
    assert_true(cs_str_is(test->events[0].control, "accept"));
    assert_true(cs_str_is(test->events[0].purpose, "deliver"));
    assert_false(test->restrictive);
}

static void a_field_needs_its_data_item_and_a_complete_policy(void **state)
{
    form_case *test = *state;
    assert_refused(test, build_field(test, "pay", "bank-a", ""), CONSENT_E_ARGUMENT, "data item");
    assert_refused(test, build_field(test, "pay", "bank-a", "track"), CONSENT_E_NOT_FOUND, "track");
    form_case_purpose(test, "pay")->impact = 0;
    assert_refused(test, build_field(test, "pay", "bank-a", "id-number"), CONSENT_E_REJECTED, "impact");
}

/* C68 */
static void a_field_rests_after_a_no_until_the_person_comes_back(void **state)
{
    form_case *test = *state;
    assert_ok(test, build_field(test, "pay", "bank-a", "id-number"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_DENIED);
    form_case_record(test);
    assert_refused(test, build_field(test, "pay", "bank-a", "id-number"), CONSENT_E_REJECTED, "again from");
    test->input.user_initiated = true;
    assert_ok(test, build_field(test, "pay", "bank-a", "id-number"));
}

/* ---- ad_hoc ------------------------------------------------------------------------------------------------ */

#define BOOKING                                                                                                        \
    "{\"v\":1,\"title\":\"Book with the Lake "                                                                         \
    "Hotel\",\"purpose\":\"pay\",\"recipient\":\"bank-a\",\"data\":[\"order\"],"                                       \
    "\"blocks\":[{\"t\":\"p\",\"spans\":[{\"s\":\"Paid at once, \"},{\"s\":\"kept until you leave\",\"e\":2}]}]}"

/* C53: what the booking flow showed is what was agreed to, word for word */
static void the_hosts_own_words_stand_on_the_form_and_in_its_hash(void **state)
{
    form_case *test = *state;
    uint8_t hash[CS_HASH_SIZE];
    assert_ok(test, build_with(test, CONSENT_OCCASION_AD_HOC, BOOKING));
    assert_true(shows(test, "Book with the Lake Hotel"));
    assert_true(shows(test, "kept until you leave"));
    cs_span notice = cs_form_notice(test->form);
    cs_str text = {(const char *)notice.data, notice.size};
    assert_true(text.size > 0 && strstr(text.data, "kept until you leave") != NULL);
    memcpy(hash, cs_form_notice_hash(test->form), sizeof hash);
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_GRANTED);
    assert_memory_equal(test->events[0].notice_hash, hash, sizeof hash);
    assert_ok(
        test,
        build_with(test, CONSENT_OCCASION_AD_HOC,
                   "{\"title\":\"Other words\",\"purpose\":\"pay\",\"recipient\":\"bank-a\",\"data\":[\"order\"]}"));
    assert_memory_not_equal(cs_form_notice_hash(test->form), hash, sizeof hash);
}

/* C53: run-time words add to what the law wants shown and never replace it */
static void run_time_words_ask_for_nothing_that_the_policy_does_not_declare(void **state)
{
    form_case *test = *state;
    assert_refused(test, build_with(test, CONSENT_OCCASION_AD_HOC, ""), CONSENT_E_ARGUMENT, "request.notice");
    assert_refused(test, build_with(test, CONSENT_OCCASION_AD_HOC, "{\"title\":\"x\"}"), CONSENT_E_ARGUMENT, "purpose");
    assert_refused(test, build_with(test, CONSENT_OCCASION_AD_HOC, "{\"title\":\"x\",\"purpose\":\"spy\"}"),
                   CONSENT_E_NOT_FOUND, "spy");
    assert_refused(test, build_with(test, CONSENT_OCCASION_AD_HOC, "{\"title\":\"x\",\"purpose\":\"pay\"}"),
                   CONSENT_E_REJECTED, "name one recipient");
    assert_refused(test,
                   build_with(test, CONSENT_OCCASION_AD_HOC,
                              "{\"title\":\"x\",\"purpose\":\"news\",\"blocks\":[{\"t\":\"video\"}]}"),
                   CONSENT_E_ARGUMENT, "request.notice");
    form_case_purpose(test, "pay")->method = 0;
    assert_refused(test, build_with(test, CONSENT_OCCASION_AD_HOC, BOOKING), CONSENT_E_REJECTED, "method");
}

/* ---- external ------------------------------------------------------------------------------------------------ */

static consent_status build_external(form_case *test, const char *purpose, const char *recipient)
{
    test->input.query = (cs_query){.purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient)};
    return form_case_build(test, CONSENT_OCCASION_EXTERNAL);
}

/* C80 */
static void before_a_jump_the_third_party_and_its_own_policy_are_shown(void **state)
{
    form_case *test = *state;
    assert_ok(test, build_external(test, "", "bank-a"));
    assert_true(shows(test, "https://a.example.com/privacy"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_NOTICE_SHOWN);
    assert_true(cs_str_is(test->events[0].control, "refuse"));
    assert_true(cs_str_is(test->events[0].recipient, "bank-a"));
    assert_false(test->restrictive);
    assert_ok(test, build_external(test, "", "bank-a"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_true(cs_str_is(test->events[0].control, "accept"));
}

/* C78 C80 */
static void without_its_policy_or_the_consent_before_it_nobody_is_sent_anywhere(void **state)
{
    form_case *test = *state;
    assert_refused(test, build_external(test, "", "bank-b"), CONSENT_E_REJECTED, "recipient-policy");
    assert_refused(test, build_external(test, "", "nobody"), CONSENT_E_NOT_FOUND, "nobody");
    assert_refused(test, build_external(test, "pay", "bank-a"), CONSENT_E_REJECTED, "'separate' first");
}

/* ---- notices ---------------------------------------------------------------------------------------------------- */

#define FACTS "\"situation\":\"s\",\"impact\":\"i\",\"measures\":\"m\",\"advice\":\"a\",\"remedy\":\"r\""
#define INCIDENT                                                                                                       \
    "{\"kind\":\"incident\",\"id\":\"leak-1\",\"title\":\"About your data\",\"facts\":{" FACTS ",\"contact\":\"c\"}}"

/* C126: PIPL 57 */
static void an_incident_tells_six_facts_and_is_acknowledged(void **state)
{
    form_case *test = *state;
    assert_ok(test, build_with(test, CONSENT_OCCASION_NOTICE, INCIDENT));
    assert_true(shows(test, "About your data"));
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0), CONSENT_E_ARGUMENT, "accept");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_NOTICE_ACKNOWLEDGED);
    assert_true(cs_str_is(test->events[0].reference, "leak-1"));
    assert_true(cs_str_is(test->events[0].detail, "incident"));
    assert_refused(test,
                   build_with(test, CONSENT_OCCASION_NOTICE,
                              "{\"kind\":\"incident\",\"id\":\"leak-1\",\"title\":\"x\",\"facts\":{" FACTS "}}"),
                   CONSENT_E_REJECTED, "'contact'");
}

/* C127: the guardian's copy */
static void a_guardian_acknowledges_an_incident_of_the_childs(void **state)
{
    form_case *test = *state;
    test->input.guardian = true;
    assert_ok(test, build_with(test, CONSENT_OCCASION_NOTICE, INCIDENT));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_int_equal(test->events[0].actor, CS_ACTOR_GUARDIAN);
}

/* C88 */
static void a_closing_says_when_and_only_where_the_policy_does(void **state)
{
    form_case *test = *state;
    static const char closing[] = "{\"kind\":\"closing\",\"id\":\"end-2026\"}";
    assert_refused(test, build_with(test, CONSENT_OCCASION_NOTICE, closing), CONSENT_E_REJECTED, "closes");
    test->policy->closing = true;
    test->policy->closing_end_ms = test->now.now_ms + 40 * CS_DAY_MS;
    assert_ok(test, build_with(test, CONSENT_OCCASION_NOTICE, closing));
    assert_true(shows(test, "2026-04-10 11:00"));
    test->policy->valid_until_ms = test->now.now_ms;
    assert_ok(test, build_with(test, CONSENT_OCCASION_NOTICE, closing));
}

/* C154 */
static void a_change_says_what_changed(void **state)
{
    form_case *test = *state;
    assert_refused(test, build_with(test, CONSENT_OCCASION_NOTICE, "{\"kind\":\"change\",\"id\":\"v2\"}"),
                   CONSENT_E_REJECTED, "what changed");
    assert_refused(test, build_with(test, CONSENT_OCCASION_NOTICE, "{\"kind\":\"party\",\"id\":\"v2\"}"),
                   CONSENT_E_ARGUMENT, "kind");
    assert_ok(test, build_with(test, CONSENT_OCCASION_NOTICE,
                               "{\"kind\":\"change\",\"id\":\"v2\",\"blocks\":[{\"t\":\"p\",\"spans\":[{\"s\":\"A new "
                               "hotline\"}]}]}"));
    assert_true(shows(test, "A new hotline"));
}

/* ---- schema ------------------------------------------------------------------------------------------------------- */

typedef struct sample {
    int32_t occasion;
    const char *purpose, *recipient, *data, *permission, *call_site, *notice;
    int32_t born; /* 0: not told */
    bool first, needs_age, guardian;
} sample;

static const sample samples[] = {
    {.occasion = CONSENT_OCCASION_FIRST_RUN, .first = true},
    {.occasion = CONSENT_OCCASION_OWN, .purpose = "recommend"},
    {.occasion = CONSENT_OCCASION_SEPARATE, .purpose = "pay", .recipient = "bank-a"},
    {.occasion = CONSENT_OCCASION_ONCE, .purpose = "gift"},
    {.occasion = CONSENT_OCCASION_PERMISSION, .permission = "location", .call_site = "choose-city"},
    {.occasion = CONSENT_OCCASION_MANAGE},
    {.occasion = CONSENT_OCCASION_MANAGE, .born = 2010, .guardian = true},
    {.occasion = CONSENT_OCCASION_AGE, .purpose = "news", .needs_age = true},
    {.occasion = CONSENT_OCCASION_AGE, .born = 2010, .guardian = true},
    {.occasion = CONSENT_OCCASION_GUARDIAN, .born = 2010},
    {.occasion = CONSENT_OCCASION_CHILD_RULES, .born = 2016},
    {.occasion = CONSENT_OCCASION_FIELD, .purpose = "pay", .recipient = "bank-a", .data = "id-number"},
    {.occasion = CONSENT_OCCASION_FIELD, .purpose = "deliver", .data = "address"},
    {.occasion = CONSENT_OCCASION_AD_HOC, .notice = BOOKING},
    {.occasion = CONSENT_OCCASION_EXTERNAL, .recipient = "bank-a"},
    {.occasion = CONSENT_OCCASION_NOTICE, .notice = INCIDENT},
};

/* The names in the query live in *item. */
static void open_sample(form_case *test, const sample *which, size_t locale_index, cs_str *item)
{
    form_case_open(test);
    if (!which->first)
        form_case_accept_policy(test);
    if (which->born) {
        cs_event born = {.type = CS_EVENT_AGE_DECLARED, .birth = {which->born, 1, 1}};
        test->events = &born;
        test->count = 1;
        form_case_record(test);
    }
    if (which->needs_age) {
        const cs_function *function = cs_policy_function_of(test->policy, form_case_purpose(test, which->purpose));
        ((cs_function *)(uintptr_t)function)->needs_age = true;
    }
    *item = cs_str_of(which->data);
    test->input.query = (cs_query){.purpose = cs_str_of(which->purpose),
                                   .recipient = cs_str_of(which->recipient),
                                   .data = item,
                                   .data_count = which->data != NULL,
                                   .permission = cs_str_of(which->permission),
                                   .call_site = cs_str_of(which->call_site)};
    test->input.notice = cs_str_of(which->notice);
    test->input.guardian = which->guardian;
    test->input.locale = locale_index ? "en" : "zh-CN";
    test->input.document = test->documents[locale_index];
}

static void check_sample(const schema *form_schema, const sample *which, size_t locale_index)
{
    form_case test;
    cs_str item;
    cs_json_doc doc;
    char message[SCHEMA_MESSAGE_SIZE];
    open_sample(&test, which, locale_index, &item);
    assert_ok(&test, form_case_build(&test, which->occasion));
    form_case_json(&test, &doc);
    if (!schema_fits(form_schema, doc.root, message))
        fail_msg("occasion %d: %s", (int)which->occasion, message);
    cs_json_free(&doc);
    form_case_close(&test);
}

static void every_form_in_both_locales_is_as_the_schema_says(void **state)
{
    schema form_schema;
    (void)state;
    schema_open(&form_schema, "form.schema.json");
    for (size_t i = 0; i < CS_COUNT_OF(samples); i++) {
        check_sample(&form_schema, &samples[i], 0);
        check_sample(&form_schema, &samples[i], 1);
    }
    schema_close(&form_schema);
}

static void without_memory_none_of_them_is_built_and_nothing_leaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(samples); i++) {
        form_case test;
        cs_str item;
        open_sample(&test, &samples[i], 1, &item);
        for (uint64_t n = 1;; n++) {
            form_case_build(&test, 0); /* frees the form before, builds none */
            world_arm(&test.world, n, ENOMEM);
            consent_status status = form_case_build(&test, samples[i].occasion);
            bool reached = test.world.calls >= n;
            world_disarm(&test.world);
            if (!reached) {
                assert_ok(&test, status);
                break;
            }
            assert_int_equal(status, CONSENT_E_MEMORY);
            assert_null(test.form);
        }
        form_case_close(&test);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_field_for_sensitive_data_asks_with_necessity_and_impact),
        TEST(a_field_on_another_ground_only_tells),
        TEST(a_field_needs_its_data_item_and_a_complete_policy),
        TEST(a_field_rests_after_a_no_until_the_person_comes_back),
        TEST(the_hosts_own_words_stand_on_the_form_and_in_its_hash),
        TEST(run_time_words_ask_for_nothing_that_the_policy_does_not_declare),
        TEST(before_a_jump_the_third_party_and_its_own_policy_are_shown),
        TEST(without_its_policy_or_the_consent_before_it_nobody_is_sent_anywhere),
        TEST(an_incident_tells_six_facts_and_is_acknowledged),
        TEST(a_guardian_acknowledges_an_incident_of_the_childs),
        TEST(a_closing_says_when_and_only_where_the_policy_does),
        TEST(a_change_says_what_changed),
        cmocka_unit_test(without_memory_none_of_them_is_built_and_nothing_leaks),
        cmocka_unit_test(every_form_in_both_locales_is_as_the_schema_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
