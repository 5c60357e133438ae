/* Rule 5: ages, children, guardians, coming of age (decisions.md sections 2 and 4; PIPL 28, 31; C129 to C136). */
#include "support/decide_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOUR CS_HOUR_MS

/* The case begins on 2026-01-01 at 08:00 in China. */
static const case_policy family = {
    .version = 1,
    .child_under = 14,
    .guardian_under = 18,
    .rules_version = 3,
    .purposes = {
        {.id = "order", .function = "shop", .data = "name"},
        {.id = "club", .function = "club", .form = CS_FORM_OWN, .data = "name"},
        {.id = "hint", .form = CS_FORM_OWN, .data = "phone"},
        {.id = "pay",
         .function = "shop",
         .kind = CS_KIND_SHARE,
         .form = CS_FORM_SEPARATE,
         .data = "card",
         .recipients = "pay-a,pay-b"},
        {.id = "ads", .kind = CS_KIND_MARKET, .form = CS_FORM_OWN, .data = "phone", .automated = true},
        {.id = "letter", .kind = CS_KIND_MARKET, .form = CS_FORM_OWN, .data = "phone"},
        {.id = "tax", .function = "shop", .ground = CONSENT_GROUND_LEGAL_DUTY, .data = "name"},
    }};

static int begin(void **state)
{
    static decide_case c;
    case_begin(&c);
    case_hold(&c, &family);
    *state = &c;
    return 0;
}

static int end(void **state)
{
    case_end(*state);
    return 0;
}

#define ASK_ORDER ((case_query){.purpose = "order", .data = "name"})
#define ASK_HINT ((case_query){.purpose = "hint", .data = "phone"})

static void guardian_verifies(decide_case *c, uint32_t version, uint32_t rules_version)
{
    cs_event event = case_make_event(CS_EVENT_GUARDIAN_VERIFIED, CS_ACTOR_GUARDIAN, version, NULL, NULL, NULL);
    if (rules_version != 0)
        event.rules_id = CS_STR("child-rules");
    event.rules_version = rules_version;
    case_event(c, 0, event, 0);
}

static void guardian_does(decide_case *c, uint32_t type, const char *purpose, const char *recipient, const char *data)
{
    case_event(c, 0, case_make_event(type, CS_ACTOR_GUARDIAN, 1, purpose, recipient, data), 0);
}

/* Twelve years old, with the guardian's consent to version 1 and its child rules. */
static void a_child_with_a_guardian(decide_case *c)
{
    case_born(c, 2013, 6, 1);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 3);
}

/* ---- ages -------------------------------------------------------------------------------------------- */

static void a_function_that_needs_the_age_asks_for_it(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_query club = {.purpose = "club", .data = "name"};
    cs_decision out = case_expect(c, club, CONSENT_ASK, CONSENT_REASON_AGE_UNKNOWN);
    assert_int_equal(out.subject, CS_SUBJECT_AGE_UNKNOWN);
    assert_int_equal(out.occasion, CONSENT_OCCASION_AGE);
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, "club", NULL, NULL);
    no.subject = CS_SUBJECT_AGE_UNKNOWN;
    case_event(c, 0, no, 0);
    out = case_expect(c, club, CONSENT_DENY, CONSENT_REASON_AGE_UNKNOWN);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    club.user_initiated = true;
    case_expect(c, club, CONSENT_ASK, CONSENT_REASON_AGE_UNKNOWN);
    case_born(c, 2000, 1, 1);
    case_expect(c, club, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void whole_years_are_counted_on_the_day_in_china(void **state)
{
    decide_case *c = *state;
    case_born(c, 2008, 1, 2);
    int32_t years;
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 17);
    cs_decision out = case_decide(c, ASK_ORDER);
    assert_int_equal(out.valid_until_ms, CASE_START_MS + 16 * HOUR);
    case_pass(c, 16 * HOUR - 1); /* still 1 January at +08:00 */
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 17);
    case_pass(c, 1);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 18);
}

static void the_youngest_statement_counts_until_guardian_or_support_corrects_it(void **state)
{
    decide_case *c = *state;
    int32_t years;
    assert_false(cs_decide_age(&c->state, &c->now, &years));
    case_born(c, 2000, 1, 1);
    cs_event band = {.type = CS_EVENT_AGE_SIGNALLED, .actor = CS_ACTOR_SYSTEM, .age_band = 13};
    case_event(c, 0, band, 0);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 12);
    case_born(c, 1990, 1, 1);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 12);
    cs_event correction = {.type = CS_EVENT_AGE_DECLARED, .actor = CS_ACTOR_SUPPORT, .birth = {1995, 1, 1}};
    case_event(c, 0, correction, 0);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 31);
    case_born(c, 2010, 1, 1);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 16);
}

static void a_concurrent_statement_is_not_corrected(void **state)
{
    decide_case *c = *state;
    cs_event band = {.type = CS_EVENT_AGE_SIGNALLED, .age_band = 13};
    case_event(c, 1, band, 7);
    cs_event correction = {.type = CS_EVENT_AGE_DECLARED, .actor = CS_ACTOR_GUARDIAN, .birth = {1995, 1, 1}, .seen = 6};
    case_event(c, 0, correction, 8);
    int32_t years;
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 12);
    correction.seen = 8;
    case_event(c, 0, correction, 9);
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 31);
}

static void a_band_without_a_birth_date_never_rises_by_time(void **state)
{
    decide_case *c = *state;
    cs_event band = {.type = CS_EVENT_AGE_SIGNALLED, .age_band = 13};
    case_event(c, 0, band, 0);
    assert_int_equal(case_decide(c, ASK_ORDER).valid_until_ms, INT64_MAX);
    case_pass(c, 10 * 365 * CS_DAY_MS);
    int32_t years;
    assert_true(cs_decide_age(&c->state, &c->now, &years));
    assert_int_equal(years, 12);
}

/* ---- marketing --------------------------------------------------------------------------------------- */

static void nothing_is_marketed_automatically_to_a_minor_whatever_was_granted(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_grant(c, 1, "ads", NULL, "phone");
    case_grant(c, 1, "letter", NULL, "phone");
    case_expect(c, (case_query){.purpose = "ads", .data = "phone"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_born(c, 2009, 1, 1);
    guardian_verifies(c, 1, 0);
    case_expect(c, (case_query){.purpose = "ads", .data = "phone"}, CONSENT_DENY, CONSENT_REASON_MINOR_MARKETING);
    case_expect(c, (case_query){.purpose = "letter", .data = "phone"}, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- the guardian's consent to the policy ------------------------------------------------------------ */

static void a_minors_acceptance_counts_only_with_the_guardians_consent_to_that_version(void **state)
{
    decide_case *c = *state;
    case_born(c, 2009, 1, 1);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_NOTICE_REQUIRED);
    case_accept(c, "platform", 1);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_true(out.guardian_asked);
    assert_int_equal(out.rule, 5);
    case_expect(c, (case_query){.purpose = "tax", .data = "name"}, CONSENT_ALLOW, CONSENT_REASON_EXEMPT);
    guardian_verifies(c, 2, 3);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_does(c, CS_EVENT_POLICY_ACCEPTED, NULL, NULL, NULL);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    guardian_does(c, CS_EVENT_GUARDIAN_REVOKED, NULL, NULL, NULL);
    out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    case_pass(c, 48 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
}

static void under_child_under_the_child_rules_are_named_too(void **state)
{
    decide_case *c = *state;
    case_born(c, 2013, 6, 1);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_verifies(c, 1, 2);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_verifies(c, 1, 3);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_refused_guardian_step_is_kept_quiet_about(void **state)
{
    decide_case *c = *state;
    case_born(c, 2013, 6, 1);
    case_accept(c, "platform", 1);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_GUARDIAN, 1, NULL, NULL, NULL);
    no.subject = CS_SUBJECT_GUARDIAN_REQUIRED;
    case_event(c, 0, no, 0);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    case_pass(c, 48 * HOUR);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
}

/* Whose form comes next, and of which version: a guardian's yes counts for the version it names, so it is asked for the
 * one that the minor accepted, whatever is newer. */
static void the_guardian_is_asked_about_the_version_that_the_minor_accepted(void **state)
{
    decide_case *c = *state;
    case_policy newer = family;
    newer.version = 2;
    case_accept(c, "platform", 1);
    case_hold(c, &newer);
    case_born(c, 2010, 6, 1);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_GUARDIAN);
    assert_true(out.guardian_asked && out.about_policy);
    assert_int_equal(c->policies[out.form_policy]->version, 1);
    guardian_verifies(c, 1, 3);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_childs_guardian_is_asked_with_the_child_rules(void **state)
{
    decide_case *c = *state;
    case_accept(c, "platform", 1);
    case_born(c, 2016, 6, 1);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_CHILD_RULES);
}

/* ---- choices ----------------------------------------------------------------------------------------- */

static void under_child_under_the_guardians_own_grant_is_needed_and_enough(void **state)
{
    decide_case *c = *state;
    a_child_with_a_guardian(c);
    case_grant(c, 1, "hint", NULL, "phone");
    cs_decision out = case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.occasion, CONSENT_OCCASION_GUARDIAN);
    assert_true(out.guardian_asked);
    guardian_does(c, CS_EVENT_GRANTED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_query pay = {.purpose = "pay", .recipient = "pay-b", .data = "card"};
    guardian_does(c, CS_EVENT_GRANTED, "pay", "pay-a", "card");
    case_expect(c, pay, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_does(c, CS_EVENT_GRANTED, "pay", "pay-b", "card");
    case_expect(c, pay, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_childs_own_no_holds_against_the_guardians_yes(void **state)
{
    decide_case *c = *state;
    a_child_with_a_guardian(c);
    case_refuse(c, "hint", NULL, "phone");
    guardian_does(c, CS_EVENT_GRANTED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_guardians_no_about_a_childs_choice_answers_in_the_guardians_words(void **state)
{
    decide_case *c = *state;
    a_child_with_a_guardian(c);
    guardian_does(c, CS_EVENT_DENIED, "hint", NULL, "phone");
    cs_decision out = case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
    assert_int_equal(out.ask_after_ms, CASE_START_MS + 48 * HOUR);
    guardian_does(c, CS_EVENT_DENIED, "order", NULL, "name");
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
    case_grant(c, 1, "order", NULL, "name");
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_does(c, CS_EVENT_GRANTED, "order", NULL, "name");
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void between_the_bounds_the_person_grants_and_either_may_refuse(void **state)
{
    decide_case *c = *state;
    case_born(c, 2010, 1, 1);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    guardian_does(c, CS_EVENT_GRANTED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    guardian_does(c, CS_EVENT_WITHDRAWN, "hint", NULL, NULL);
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    guardian_does(c, CS_EVENT_GRANTED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void an_adults_former_guardian_has_no_say(void **state)
{
    decide_case *c = *state;
    case_born(c, 2000, 1, 1);
    case_accept(c, "platform", 1);
    case_grant(c, 1, "hint", NULL, "phone");
    guardian_does(c, CS_EVENT_DENIED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* ---- coming of age ----------------------------------------------------------------------------------- */

static void acts_count_until_the_next_bound_is_passed(void **state)
{
    decide_case *c = *state;
    case_born(c, 2012, 1, 3);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 3);
    guardian_does(c, CS_EVENT_GRANTED, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_pass(c, 40 * HOUR); /* 3 January in China: fourteen */
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CAME_OF_AGE);
    assert_int_equal(out.subject, CS_SUBJECT_CAME_OF_AGE);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_verifies(c, 1, 0);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_NOT_ASKED);
}

static void a_choice_is_outgrown_and_a_refusal_is_not(void **state)
{
    decide_case *c = *state;
    case_born(c, 2008, 1, 3);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    case_grant(c, 1, "hint", NULL, "phone");
    case_refuse(c, "order", NULL, "name");
    case_pass(c, 40 * HOUR);
    case_accept(c, "platform", 1);
    cs_decision out = case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_CAME_OF_AGE);
    assert_int_equal(out.rule, 10);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_REFUSED_RECENTLY);
    cs_event no = case_make_event(CS_EVENT_DENIED, CS_ACTOR_SELF, 1, "hint", NULL, NULL);
    no.subject = CS_SUBJECT_CAME_OF_AGE;
    case_event(c, 0, no, 0);
    case_expect(c, ASK_HINT, CONSENT_DENY, CONSENT_REASON_CAME_OF_AGE);
    case_grant(c, 1, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_no_at_coming_of_age_refuses_that_alone(void **state)
{
    decide_case *c = *state;
    case_born(c, 2008, 1, 3);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    case_pass(c, 40 * HOUR);
    cs_event no = case_make_event(CS_EVENT_POLICY_DECLINED, CS_ACTOR_SELF, 1, NULL, NULL, NULL);
    no.subject = CS_SUBJECT_CAME_OF_AGE;
    case_event(c, 0, no, 0);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_CAME_OF_AGE);
    assert_int_equal(out.ask_after_ms, c->now.now_ms + 48 * HOUR);
    case_accept(c, "platform", 1);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

/* Growing up alone must not turn a no into a yes by way of an older version without age bounds. */
static void an_outgrown_acceptance_is_not_made_good_by_an_older_one(void **state)
{
    decide_case *c = *state;
    case_policy v2 = family, v3 = family;
    v2.version = 2;
    v2.child_under = v2.guardian_under = 0;
    v3.version = 3;
    case_hold(c, &v2);
    case_hold(c, &v3);
    case_born(c, 2008, 1, 3);
    case_accept(c, "platform", 2);
    case_grant(c, 2, "ads", NULL, "phone");
    case_accept(c, "platform", 3);
    guardian_verifies(c, 3, 0);
    case_query ads = {.purpose = "ads", .data = "phone"};
    case_expect(c, ads, CONSENT_DENY, CONSENT_REASON_MINOR_MARKETING);
    case_pass(c, 40 * HOUR);
    case_expect(c, ads, CONSENT_ASK, CONSENT_REASON_CAME_OF_AGE);
}

/* A version that governs one item alone, by a grant from its form, brings its age bounds for that item. */
static void a_child_cannot_grant_around_the_guardian_from_a_newer_form(void **state)
{
    decide_case *c = *state;
    case_policy open = family, strict = family;
    open.version = 2;
    open.child_under = open.guardian_under = 0;
    strict.version = 3;
    case_hold(c, &open);
    case_hold(c, &strict);
    case_born(c, 2013, 6, 1);
    case_accept(c, "platform", 2);
    case_grant(c, 3, "hint", NULL, "phone");
    case_expect(c, ASK_HINT, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    cs_event guardian = case_make_event(CS_EVENT_GRANTED, CS_ACTOR_GUARDIAN, 3, "hint", NULL, "phone");
    case_event(c, 0, guardian, 0);
    case_expect(c, ASK_HINT, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_birthday_on_29_february_is_reached_on_1_march(void **state)
{
    decide_case *c = *state;
    c->now.now_ms = cs_date_start_ms((cs_date){2026, 2, 20});
    case_born(c, 2008, 2, 29);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    cs_decision out = case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    assert_int_equal(out.valid_until_ms, cs_date_start_ms((cs_date){2026, 3, 1}));
    c->now.now_ms = out.valid_until_ms;
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_CAME_OF_AGE);
}

static void a_guardian_who_declined_a_version_may_still_consent_to_it(void **state)
{
    decide_case *c = *state;
    case_born(c, 2009, 1, 1);
    case_accept(c, "platform", 1);
    guardian_verifies(c, 1, 0);
    guardian_does(c, CS_EVENT_POLICY_DECLINED, NULL, NULL, NULL);
    case_expect(c, ASK_ORDER, CONSENT_ASK, CONSENT_REASON_GUARDIAN_REQUIRED);
    guardian_verifies(c, 1, 0);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
}

static void a_guardian_turning_the_step_down_takes_back_an_earlier_yes(void **state)
{
    decide_case *c = *state;
    a_child_with_a_guardian(c);
    case_expect(c, ASK_ORDER, CONSENT_ALLOW, CONSENT_REASON_CONSENTED);
    cs_event no = case_make_event(CS_EVENT_POLICY_DECLINED, CS_ACTOR_GUARDIAN, 1, NULL, NULL, NULL);
    no.subject = CS_SUBJECT_GUARDIAN_REQUIRED;
    case_event(c, 0, no, 0);
    case_expect(c, ASK_ORDER, CONSENT_DENY, CONSENT_REASON_GUARDIAN_REQUIRED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_that_needs_the_age_asks_for_it),
        TEST(whole_years_are_counted_on_the_day_in_china),
        TEST(the_youngest_statement_counts_until_guardian_or_support_corrects_it),
        TEST(a_concurrent_statement_is_not_corrected),
        TEST(the_guardian_is_asked_about_the_version_that_the_minor_accepted),
        TEST(a_childs_guardian_is_asked_with_the_child_rules),
        TEST(a_band_without_a_birth_date_never_rises_by_time),
        TEST(nothing_is_marketed_automatically_to_a_minor_whatever_was_granted),
        TEST(a_minors_acceptance_counts_only_with_the_guardians_consent_to_that_version),
        TEST(under_child_under_the_child_rules_are_named_too),
        TEST(a_refused_guardian_step_is_kept_quiet_about),
        TEST(under_child_under_the_guardians_own_grant_is_needed_and_enough),
        TEST(a_childs_own_no_holds_against_the_guardians_yes),
        TEST(a_guardians_no_about_a_childs_choice_answers_in_the_guardians_words),
        TEST(between_the_bounds_the_person_grants_and_either_may_refuse),
        TEST(an_adults_former_guardian_has_no_say),
        TEST(acts_count_until_the_next_bound_is_passed),
        TEST(a_choice_is_outgrown_and_a_refusal_is_not),
        TEST(a_no_at_coming_of_age_refuses_that_alone),
        TEST(an_outgrown_acceptance_is_not_made_good_by_an_older_one),
        TEST(a_child_cannot_grant_around_the_guardian_from_a_newer_form),
        TEST(a_birthday_on_29_february_is_reached_on_1_march),
        TEST(a_guardian_who_declined_a_version_may_still_consent_to_it),
        TEST(a_guardian_turning_the_step_down_takes_back_an_earlier_yes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
