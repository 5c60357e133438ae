/* Newer versions and products: what changed, what a no to it says, and acts that carry two policies. */
#include "support/form_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    form_case *test = malloc(sizeof *test);
    form_case_open(test);
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

static void assert_refused(const form_case *test, consent_status status, const char *word)
{
    assert_int_equal(status, CONSENT_E_REJECTED);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
}

#define VERSION_2 "\"version\": 1, \"revision\"", "\"version\": 2, \"revision\""
#define SUMMARY                                                                                                        \
    "\"region\": \"CN\"", "\"region\": \"CN\", \"change\": {\"summary\": {\"zh-CN\": \"新增\", \"en\": \"Banks\"}}"

static const char *const more_data_and_a_bank[] = {
    VERSION_2,
    SUMMARY,
    "\"data\": [\"mobile\"]",
    "\"data\": [\"mobile\", \"email\"]",
    "{\"id\": \"mobile\"",
    "{\"id\": \"email\", \"name\": {\"zh-CN\": \"邮箱\", \"en\": \"E-mail\"}}, {\"id\": \"mobile\"",
    "\"recipients\": [\"bank-a\"",
    "\"recipients\": [\"bank-c\", \"bank-a\"",
    "{\"id\": \"bank-b\", \"role\"",
    "{\"id\": \"bank-c\", \"role\": \"payment\", \"name\": {\"zh-CN\": \"丙支付\", \"en\": \"Bank C\"}, \"contact\": "
    "{\"zh-CN\": \"1\", \"en\": \"1\"}}, {\"id\": \"bank-b\", \"role\"",
    NULL};
static const char *const reworded[] = {VERSION_2, "Show the catalogue", "Show all products", NULL};
static const char *const product[] = {"\"id\": \"platform\", \"version\"",
                                      "\"id\": \"shop\", \"version\"",
                                      "\"scope\": \"platform\"",
                                      "\"scope\": \"shop\"",
                                      "\"id\": \"news\"",
                                      "\"id\": \"shop-news\"",
                                      NULL};

/* C160 C161 C163: only what changed, made to stand out */
static void update_names_what_is_new_and_stands_out_when_it_is_material(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    form_case_add_policy(test, more_data_and_a_bank);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""));
    form_case_json(test, &doc);
    assert_non_null(form_case_field(&doc, "changed:mode"));
    assert_non_null(form_case_field(&doc, "changed:recipients"));
    assert_null(form_case_field(&doc, "changed:control"));
    assert_string_equal(form_case_field(&doc, "changed-purpose:news"), "News by SMS");
    assert_string_equal(form_case_field(&doc, "changed-purpose:pay"), "Payment");
    assert_null(form_case_field(&doc, "changed-purpose:browse"));
    assert_string_equal(form_case_field(&doc, "new-data:email"), "E-mail");
    assert_string_equal(form_case_field(&doc, "new-recipient:bank-c"), "Bank C");
    assert_true(cs_json_bool(cs_json_get(cs_json_get(doc.root, "rules"), "prominent")));
    const cs_json *block = cs_json_first(cs_json_get(doc.root, "blocks"));
    assert_true(cs_str_is(cs_json_str(cs_json_get(cs_json_first(cs_json_get(block, "spans")), "s")), "Banks"));
    cs_json_free(&doc);
}

/* C160 */
static void new_words_alone_do_not_stand_out(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    form_case_add_policy(test, reworded);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""));
    form_case_json(test, &doc);
    assert_non_null(form_case_field(&doc, "changed:editorial"));
    assert_null(form_case_field(&doc, "changed-purpose:browse"));
    assert_int_equal(cs_json_type_of(cs_json_get(cs_json_get(doc.root, "rules"), "prominent")), CS_JSON_NONE);
    cs_json_free(&doc);
}

/* C155 C156: accepting moves on; declining speaks of that version alone, and rests */
static void an_update_is_accepted_or_declined_as_a_version_of_its_own(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true};
    form_case_accept_policy(test);
    form_case_add_policy(test, more_data_and_a_bank);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_POLICY_DECLINED);
    assert_int_equal(test->events[0].policy.version, 2);
    form_case_record(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""), "again from");
    test->input.user_initiated = true;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""));
    assert_refused(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0), "'tick'");
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1));
    assert_int_equal(test->events[1].type, CS_EVENT_POLICY_ACCEPTED);
    assert_int_equal(test->events[1].policy.version, 2);
    form_case_record(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""), "not a newer one");
}

static void an_update_needs_an_accepted_version_and_a_newer_one(void **state)
{
    form_case *test = *state;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""), "'first_run' first");
    form_case_accept_policy(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""), "not a newer one");
}

/* decisions.md section 1: a no to widened terms refuses those terms alone */
static void refusing_widened_terms_says_so(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true};
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    form_case_add_policy(test, (const char *const[]){VERSION_2, "\"data\": [\"mobile\"]",
                                                     "\"data\": [\"mobile\"], \"automated\": true", NULL});
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_UPDATE, "", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1));
    form_case_record(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    assert_int_equal(test->events[0].type, CS_EVENT_DENIED);
    assert_int_equal(test->events[0].subject, CS_SUBJECT_TERMS_WIDENED);
    assert_int_equal(test->events[0].policy.version, 2);
}

static void a_form_is_built_under_the_version_that_is_to_be_asked_under(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    form_case_add_policy(test, more_data_and_a_bank);
    test->input.policy = test->policy;
    test->input.texts = test->texts;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), "not the one to ask under");
}

/* decisions.md section 1: an act on a product's form carries both policies where the platform declares the purpose too */
static void a_products_form_names_both_policies_for_a_purpose_of_the_platform(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true};
    form_case_accept_policy(test);
    form_case_add_policy(test, product);
    test->input.query = (cs_query){.scope = CS_STR("shop")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1));
    assert_true(cs_str_is(test->events[1].policy.id, "shop"));
    assert_int_equal(test->events[1].overlay.id.size, 0);
    form_case_record(test);

    test->input.query = (cs_query){.scope = CS_STR("shop"), .purpose = CS_STR("nearby")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_OWN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_true(cs_str_is(test->events[0].policy.id, "platform"));
    assert_true(cs_str_is(test->events[0].overlay.id, "shop"));

    test->input.query = (cs_query){.scope = CS_STR("shop"), .purpose = CS_STR("shop-news")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_OWN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    assert_true(cs_str_is(test->events[0].policy.id, "shop"));
    assert_int_equal(test->events[0].overlay.id.size, 0);
}

/* The privacy settings of a product, too, purpose by purpose. */
static void a_products_switches_name_both_policies_where_the_platform_declares_the_purpose(void **state)
{
    form_case *test = *state;
    consent_answer tick = {.control = "tick", .on = true};
    form_case_accept_policy(test);
    form_case_add_policy(test, product);
    test->input.query = (cs_query){.scope = CS_STR("shop")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1));
    form_case_record(test);
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_MANAGE));
    consent_answer answers[] = {{.control = "choice:nearby", .on = true}, {.control = "choice:shop-news", .on = true}};
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_SAVE, answers, 2));
    assert_true(cs_str_is(test->events[0].policy.id, "platform"));
    assert_true(cs_str_is(test->events[0].overlay.id, "shop"));
    assert_true(cs_str_is(test->events[1].policy.id, "shop"));
    assert_int_equal(test->events[1].overlay.id.size, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(update_names_what_is_new_and_stands_out_when_it_is_material),
        TEST(new_words_alone_do_not_stand_out),
        TEST(an_update_is_accepted_or_declined_as_a_version_of_its_own),
        TEST(an_update_needs_an_accepted_version_and_a_newer_one),
        TEST(refusing_widened_terms_says_so),
        TEST(a_form_is_built_under_the_version_that_is_to_be_asked_under),
        TEST(a_products_form_names_both_policies_for_a_purpose_of_the_platform),
        TEST(a_products_switches_name_both_policies_where_the_platform_declares_the_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
