/* What each form shows, and what it refuses to be built without. Answers are in test_form_submit.c. */
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
        fail_msg("%s: %s", consent_status_name(status), test->error.message);
}

static void assert_refused(const form_case *test, consent_status status, consent_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(test->error.message, word))
        fail_msg("'%s' does not say '%s'", test->error.message, word);
    assert_null(test->form);
}

static void assert_field(const cs_json_doc *doc, const char *id, const char *value)
{
    const char *found = form_case_field(doc, id);
    if (!found)
        fail_msg("the form has no field '%s'", id);
    assert_string_equal(found, value);
}

static const cs_json *choice_of(const cs_json_doc *doc, const char *control)
{
    const cs_json *choice = cs_json_first(cs_json_get(doc->root, "choices"));
    while (choice && !cs_str_is(cs_json_str(cs_json_get(choice, "control")), control))
        choice = cs_json_next(choice);
    return choice;
}

static size_t count_parts(const form_case *test, consent_part_kind kind)
{
    size_t count, found = 0;
    const consent_form_part *parts = cs_form_parts(test->form, &count);
    for (size_t i = 0; i < count; i++)
        found += parts[i].kind == (int32_t)kind;
    return found;
}

/* ---- first_run -------------------------------------------------------------------------------- */

/* C3 C5 C6 C8 */
static void first_run_shows_document_operator_contacts_consequence_and_an_unticked_tick(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    form_case_json(test, &doc);
    assert_true(cs_str_is(cs_json_str(cs_json_get(doc.root, "occasion")), "first_run"));
    assert_field(&doc, "controller", "Sample Ltd");
    assert_field(&doc, "contact:hotline", "400-000-0000 (9 to 18)");
    assert_field(&doc, "contact:email", "privacy@example.com");
    assert_field(&doc, "consequence", "Without it you can only look around.");
    const cs_json *tick = choice_of(&doc, "tick");
    assert_true(cs_json_bool(cs_json_get(tick, "required")));
    assert_false(cs_json_bool(cs_json_get(tick, "on")));
    assert_true(cs_str_is(cs_json_str(cs_json_get(tick, "label")), "I agree to the sample policy"));
    assert_true(cs_json_bool(cs_json_get(cs_json_get(doc.root, "rules"), "emphasis")));
    assert_false(cs_json_bool(cs_json_get(cs_json_get(doc.root, "rules"), "must_reach_end")));
    cs_json_free(&doc);
}

/* C2 C7 */
static void first_run_keeps_the_documents_sections_and_emphasis(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    form_case_json(test, &doc);
    const cs_json *block = cs_json_first(cs_json_get(doc.root, "blocks"));
    assert_true(cs_str_is(cs_json_str(cs_json_get(block, "t")), "p")); /* the summary */
    block = cs_json_next(cs_json_next(block));
    assert_true(cs_str_is(cs_json_str(cs_json_get(block, "id")), "scope"));
    block = cs_json_next(block);
    const cs_json *span = cs_json_next(cs_json_first(cs_json_get(block, "spans")));
    assert_int_equal(cs_json_int(cs_json_get(span, "e")), 1);
    assert_int_equal(cs_json_int(cs_json_get(cs_json_next(span), "e")), 2);
    const cs_json *cells = cs_json_get(cs_json_next(block), "cells");
    assert_int_equal(cs_json_count(cells), 2);
    assert_int_equal(cs_json_count(cs_json_next(cs_json_first(cells))), 2);
    cs_json_free(&doc);
}

/* C23 */
static void accept_and_refuse_stand_side_by_side_with_labels_in_the_persons_language(void **state)
{
    form_case *test = *state;
    size_t count;
    test->input.locale = "zh-CN";
    test->input.document = test->documents[0];
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    const consent_form_part *parts = cs_form_parts(test->form, &count);
    assert_int_equal(parts[count - 2].kind, CONSENT_PART_ACCEPT);
    assert_string_equal(parts[count - 2].text, "同意");
    assert_string_equal(parts[count - 2].control, "accept");
    assert_int_equal(parts[count - 1].kind, CONSENT_PART_REFUSE);
    assert_string_equal(parts[count - 1].text, "不同意");
    assert_int_equal(count_parts(test, CONSENT_PART_CHOICE), 1);
    assert_int_equal(count_parts(test, CONSENT_PART_TABLE_CELL), 2);
}

/* C24 C45: accepting the policy bundles nothing that needs a consent of its own */
static void first_run_asks_for_no_optional_purpose(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    form_case_json(test, &doc);
    assert_int_equal(cs_json_count(cs_json_get(doc.root, "choices")), 1);
    cs_json_free(&doc);
}

static void an_unknown_locale_gives_the_policys_first_and_the_form_says_so(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    test->input.locale = "fr";
    test->input.document = test->documents[0];
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    form_case_json(test, &doc);
    assert_true(cs_str_is(cs_json_str(cs_json_get(doc.root, "locale")), "zh-CN"));
    assert_field(&doc, "controller", "示例公司");
    cs_json_free(&doc);
    assert_string_equal(cs_form_locale(test->policy, "en"), "en");
    assert_string_equal(cs_form_locale(test->policy, NULL), "zh-CN");
}

static void first_run_is_not_built_without_what_it_must_show(void **state)
{
    form_case *test = *state;
    test->input.document = NULL;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "document");
    test->input.document = test->documents[0];
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "document");
    test->input.document = test->documents[1];
    test->policy->consequence = 0;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "consequence");
    test->policy->contact_count = 0;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "contacts");
    test->policy->controller_name = 0;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "controller");
}

static void an_accepted_policy_is_not_asked_for_again(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED,
                   "nothing is to be asked");
}

/* C5 */
static void a_declined_policy_rests_for_48_hours_unless_the_person_starts_it(void **state)
{
    form_case *test = *state;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    form_case_record(test);
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED,
                   "2026-03-03T03:00:00.000Z");
    test->input.user_initiated = true;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    test->input.user_initiated = false;
    test->now.now_ms += 48 * CS_HOUR_MS;
    test->now.elapsed_ms += 48 * CS_HOUR_MS;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
}

static void a_policy_past_its_time_or_not_yet_in_force_asks_for_nothing(void **state)
{
    form_case *test = *state;
    test->now.now_ms = test->policy->valid_until_ms;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_EXPIRED, "valid until");
    test->now.now_ms = test->policy->effective_ms - 1;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN), CONSENT_E_REJECTED, "takes effect");
}

/* ---- separate ---------------------------------------------------------------------------------- */

/* C45 C55 C96 C122 */
static void separate_shows_recipient_data_purpose_method_and_for_sensitive_data_necessity_and_impact(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"));
    form_case_json(test, &doc);
    assert_field(&doc, "recipient", "Bank A");
    assert_field(&doc, "recipient-contact", "Phone 95000");
    assert_field(&doc, "country", "China");
    assert_field(&doc, "recipient-policy", "https://a.example.com/privacy");
    assert_field(&doc, "purpose", "Complete the payment");
    assert_field(&doc, "data:order", "Order number");
    assert_field(&doc, "data:id-number", "Identity number (may be left out: For large sums)");
    assert_field(&doc, "method", "Sent encrypted");
    assert_field(&doc, "necessity", "Needed by law to pay");
    assert_field(&doc, "impact", "A leak may cost you money");
    assert_field(&doc, "retention", "365 days, then deleted");
    assert_field(&doc, "consequence", "Choose another way to pay");
    assert_non_null(form_case_field(&doc, "withdrawal"));
    assert_field(&doc, "controller", "Sample Ltd");
    cs_json_free(&doc);
}

/* C15 C122 */
static void names_of_sensitive_data_are_bold_and_underlined(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"));
    form_case_json(test, &doc);
    const cs_json *field = cs_json_first(cs_json_get(doc.root, "fields"));
    for (; field; field = cs_json_next(field)) {
        bool sensitive = cs_str_is(cs_json_str(cs_json_get(field, "id")), "data:id-number");
        assert_int_equal(cs_json_int(cs_json_get(field, "emphasis")), sensitive ? 2 : 0);
    }
    assert_int_equal(cs_json_int(cs_json_get(choice_of(&doc, "data:id-number"), "emphasis")), 2);
    cs_json_free(&doc);
}

/* C45: required items come with accepting; what can be left out has a box, never ticked */
static void separate_gives_each_item_that_can_be_left_out_its_own_unticked_box(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"));
    form_case_json(test, &doc);
    assert_int_equal(cs_json_count(cs_json_get(doc.root, "choices")), 2);
    assert_null(choice_of(&doc, "data:order"));
    assert_false(cs_json_bool(cs_json_get(choice_of(&doc, "data:payer"), "on")));
    assert_false(cs_json_bool(cs_json_get(choice_of(&doc, "data:payer"), "required")));
    cs_json_free(&doc);
}

/* C55: only what goes to this recipient; bank-b gets the order number alone */
static void separate_asks_only_for_the_data_that_go_to_its_recipient(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-b"));
    form_case_json(test, &doc);
    assert_null(form_case_field(&doc, "data:id-number"));
    assert_int_equal(cs_json_count(cs_json_get(doc.root, "choices")), 0);
    cs_json_free(&doc);
    assert_int_equal(cs_form_query(test->form)->data_count, 1);
}

static void a_form_asks_only_for_the_data_that_the_query_names(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    cs_str wanted[] = {CS_STR("id-number")};
    form_case_accept_policy(test);
    test->input.query =
        (cs_query){.purpose = CS_STR("pay"), .recipient = CS_STR("bank-a"), .data = wanted, .data_count = 1};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_SEPARATE));
    form_case_json(test, &doc);
    assert_null(form_case_field(&doc, "data:order"));
    assert_non_null(form_case_field(&doc, "data:id-number"));
    assert_int_equal(cs_json_count(cs_json_get(doc.root, "choices")), 0); /* one item: accept and refuse say it */
    cs_json_free(&doc);
}

/* C45 C96 C122: a form that lacks a field is not built, and says which */
static void separate_is_not_built_when_the_policy_lacks_a_required_field(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    cs_purpose *pay = form_case_purpose(test, "pay");
    cs_purpose whole = *pay;
    struct {
        cs_text *text;
        const char *name;
    } fields[] = {{&pay->text, "'purpose'"},
                  {&pay->method, "'method'"},
                  {&pay->necessity, "'necessity'"},
                  {&pay->impact, "'impact'"}};
    for (size_t i = 0; i < CS_COUNT_OF(fields); i++) {
        *fields[i].text = 0;
        assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                       fields[i].name);
        *pay = whole;
    }
    pay->retention = (cs_retention){0};
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                   "'retention'");
    *pay = whole;
    cs_recipient *bank = (cs_recipient *)(uintptr_t)cs_policy_recipient(test->policy, CS_STR("bank-a"));
    cs_text contact = bank->contact;
    bank->contact = 0;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                   "'recipient-contact'");
    bank->contact = contact;
    bank->name = 0;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                   "'recipient'");
}

static void necessity_and_impact_are_needed_for_sensitive_data_alone(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    cs_purpose *pay = form_case_purpose(test, "pay");
    pay->necessity = pay->impact = 0;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-b"));
}

/* C20: without a consequence of its own the function's is shown; with neither nothing is asked */
static void the_consequence_falls_back_to_the_functions_refusal(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    form_case_purpose(test, "news")->consequence = 0;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""));
    form_case_json(test, &doc);
    assert_field(&doc, "consequence", "All else goes on");
    cs_json_free(&doc);
    ((cs_function *)(uintptr_t)cs_policy_function_of(test->policy, form_case_purpose(test, "news")))->refusal = 0;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_REJECTED, "'consequence'");
}

/* C45 C55: one recipient at a time */
static void sharing_without_a_recipient_is_not_asked_for(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", ""), CONSENT_E_REJECTED,
                   "one recipient");
}

static void names_that_the_policy_does_not_declare_are_not_found(void **state)
{
    form_case *test = *state;
    cs_str unknown[] = {CS_STR("track")};
    form_case_accept_policy(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "nothing", ""), CONSENT_E_NOT_FOUND, "nothing");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-c"), CONSENT_E_NOT_FOUND,
                   "bank-c");
    test->input.query =
        (cs_query){.purpose = CS_STR("pay"), .recipient = CS_STR("bank-a"), .data = unknown, .data_count = 1};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_SEPARATE), CONSENT_E_NOT_FOUND, "track");
    test->input.query = (cs_query){.permission = CS_STR("camera"), .call_site = CS_STR("scan")};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_NOT_FOUND, "camera");
    test->input.query = (cs_query){.permission = CS_STR("location"), .call_site = CS_STR("scan")};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_NOT_FOUND, "scan");
    test->input.query =
        (cs_query){.purpose = CS_STR("travel"), .permission = CS_STR("location"), .call_site = CS_STR("choose-city")};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_NOT_FOUND, "nearby");
}

/* PIPL 29: a lighter form never stands in for a separate one, nor a form for what needs no consent */
static void a_purpose_is_asked_for_by_its_own_form_alone(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "pay", "bank-a"), CONSENT_E_REJECTED, "'separate'");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "news", ""), CONSENT_E_REJECTED, "'own'");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "gift", ""), CONSENT_E_REJECTED, "'once'");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "survey", ""), CONSENT_E_REJECTED, "'separate'");
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "deliver", ""), CONSENT_E_REJECTED, "contract");
    assert_refused(test, form_case_build(test, 99), CONSENT_E_ARGUMENT, "occasion");
}

static void the_policy_comes_before_any_choice_under_it(void **state)
{
    form_case *test = *state;
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_OWN, "news", ""), CONSENT_E_REJECTED,
                   "'first_run' first");
}

/* C68: refused, it rests; the person may start it */
static void a_refused_purpose_rests_for_48_hours_unless_the_person_starts_it(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_REFUSE, NULL, 0));
    form_case_record(test);
    assert_refused(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"), CONSENT_E_REJECTED,
                   "2026-03-03T04:00:00.000Z");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-b"));
    test->input.user_initiated = true;
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "pay", "bank-a"));
}

/* ---- own, once, written -------------------------------------------------------------------------- */

/* C42 */
static void own_shows_purpose_data_and_consequence_and_needs_no_method(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_OWN, "recommend", ""));
    form_case_json(test, &doc);
    assert_field(&doc, "purpose", "Sort by interest");
    assert_field(&doc, "data:visits", "Pages visited");
    assert_field(&doc, "consequence", "Sorted by time");
    assert_null(form_case_field(&doc, "method"));
    assert_non_null(choice_of(&doc, "data:likes"));
    cs_json_free(&doc);
}

static void once_says_that_it_serves_this_time_only(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_ONCE, "gift", ""));
    form_case_json(test, &doc);
    assert_field(&doc, "withdrawal", "This time only: you will be asked again next time");
    cs_json_free(&doc);
}

/* ---- permission ---------------------------------------------------------------------------------- */

/* C67 C69 C71 C72 */
static void permission_shows_the_call_sites_text_consequence_and_the_platforms_names(void **state)
{
    form_case *test = *state;
    cs_json_doc doc;
    form_case_accept_policy(test);
    test->input.query = (cs_query){.permission = CS_STR("location"), .call_site = CS_STR("choose-city")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_PERMISSION));
    form_case_json(test, &doc);
    const cs_json *permission = cs_json_get(doc.root, "permission");
    assert_true(cs_str_is(cs_json_str(cs_json_first(cs_json_get(permission, "names"))),
                          "android.permission.ACCESS_COARSE_LOCATION"));
    assert_true(cs_str_is(cs_json_str(cs_json_get(permission, "call_site")), "choose-city"));
    assert_true(cs_json_bool(cs_json_get(permission, "records_choice")));
    assert_field(&doc, "permission", "Location");
    assert_field(&doc, "permission-consequence", "Choose the city by hand");
    assert_field(&doc, "settings", "Change it in the system settings");
    assert_field(&doc, "purpose", "Suggest events near you");
    const cs_json *text = cs_json_next(cs_json_first(cs_json_get(doc.root, "blocks")));
    assert_true(
        cs_str_is(cs_json_str(cs_json_get(cs_json_first(cs_json_get(text, "spans")), "s")), "To choose your city"));
    cs_json_free(&doc);
}

/* C67 C71 */
static void permission_is_not_built_without_its_text_or_consequence(void **state)
{
    form_case *test = *state;
    form_case_accept_policy(test);
    test->input.query = (cs_query){.permission = CS_STR("location"), .call_site = CS_STR("choose-city")};
    cs_permission *location = (cs_permission *)(uintptr_t)cs_policy_permission(test->policy, CS_STR("location"));
    cs_call_site *site = (cs_call_site *)(uintptr_t)&location->call_sites[0];
    cs_text text = site->text;
    site->text = 0;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_REJECTED, "C67");
    site->text = text;
    location->consequence = 0;
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_REJECTED, "C71");
}

/* decisions.md rule 11: never sufficient, so a separate consent comes first and by its own form */
static void a_permission_does_not_stand_in_for_a_separate_consent(void **state)
{
    form_case *test = *state;
    cs_str track[] = {CS_STR("track")};
    form_case_accept_policy(test);
    test->input.query =
        (cs_query){.data = track, .data_count = 1, .permission = CS_STR("location"), .call_site = CS_STR("navigate")};
    assert_refused(test, form_case_build(test, CONSENT_OCCASION_PERMISSION), CONSENT_E_REJECTED, "'separate' first");
    assert_ok(test, form_case_ask(test, CONSENT_OCCASION_SEPARATE, "travel", ""));
    assert_ok(test, form_case_submit(test, CONSENT_ACTION_ACCEPT, NULL, 0));
    form_case_record(test);
    test->input.query =
        (cs_query){.data = track, .data_count = 1, .permission = CS_STR("location"), .call_site = CS_STR("navigate")};
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_PERMISSION));
}

/* ---- notice ----------------------------------------------------------------------------------- */

/* C31: evidence of what was shown */
static void the_notice_is_the_same_for_the_same_content_and_differs_for_any_other(void **state)
{
    form_case *test = *state;
    uint8_t first[CS_HASH_SIZE], hash[CS_HASH_SIZE];
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    memcpy(first, cs_form_notice_hash(test->form), CS_HASH_SIZE);
    cs_span notice = cs_form_notice(test->form);
    assert_int_equal(cs_sha256(&notice, 1, hash, NULL), CONSENT_OK);
    assert_memory_equal(hash, first, CS_HASH_SIZE);
    test->now.now_ms += CS_HOUR_MS;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_memory_equal(cs_form_notice_hash(test->form), first, CS_HASH_SIZE);
    test->input.locale = "zh-CN";
    test->input.document = test->documents[0];
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_memory_not_equal(cs_form_notice_hash(test->form), first, CS_HASH_SIZE);
}

static void a_form_expires_24_hours_after_it_was_built(void **state)
{
    form_case *test = *state;
    assert_ok(test, form_case_build(test, CONSENT_OCCASION_FIRST_RUN));
    assert_int_equal(cs_form_expires_ms(test->form), test->now.now_ms + 24 * CS_HOUR_MS);
    assert_int_equal(cs_form_occasion(test->form), CONSENT_OCCASION_FIRST_RUN);
    assert_ptr_equal(cs_form_policy(test->form), test->policy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(first_run_shows_document_operator_contacts_consequence_and_an_unticked_tick),
        TEST(first_run_keeps_the_documents_sections_and_emphasis),
        TEST(accept_and_refuse_stand_side_by_side_with_labels_in_the_persons_language),
        TEST(first_run_asks_for_no_optional_purpose),
        TEST(an_unknown_locale_gives_the_policys_first_and_the_form_says_so),
        TEST(first_run_is_not_built_without_what_it_must_show),
        TEST(an_accepted_policy_is_not_asked_for_again),
        TEST(a_declined_policy_rests_for_48_hours_unless_the_person_starts_it),
        TEST(a_policy_past_its_time_or_not_yet_in_force_asks_for_nothing),
        TEST(separate_shows_recipient_data_purpose_method_and_for_sensitive_data_necessity_and_impact),
        TEST(names_of_sensitive_data_are_bold_and_underlined),
        TEST(separate_gives_each_item_that_can_be_left_out_its_own_unticked_box),
        TEST(separate_asks_only_for_the_data_that_go_to_its_recipient),
        TEST(a_form_asks_only_for_the_data_that_the_query_names),
        TEST(separate_is_not_built_when_the_policy_lacks_a_required_field),
        TEST(necessity_and_impact_are_needed_for_sensitive_data_alone),
        TEST(the_consequence_falls_back_to_the_functions_refusal),
        TEST(sharing_without_a_recipient_is_not_asked_for),
        TEST(names_that_the_policy_does_not_declare_are_not_found),
        TEST(a_purpose_is_asked_for_by_its_own_form_alone),
        TEST(the_policy_comes_before_any_choice_under_it),
        TEST(a_refused_purpose_rests_for_48_hours_unless_the_person_starts_it),
        TEST(own_shows_purpose_data_and_consequence_and_needs_no_method),
        TEST(once_says_that_it_serves_this_time_only),
        TEST(permission_shows_the_call_sites_text_consequence_and_the_platforms_names),
        TEST(permission_is_not_built_without_its_text_or_consequence),
        TEST(a_permission_does_not_stand_in_for_a_separate_consent),
        TEST(the_notice_is_the_same_for_the_same_content_and_differs_for_any_other),
        TEST(a_form_expires_24_hours_after_it_was_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
