#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "consentctl/lint.h"
#include "consentctl/tool.h"

#define FIXTURES CONSENT_SOURCE_DIR "/tests/fixtures/lint/"
#define EXAMPLE CONSENT_SOURCE_DIR "/examples/policy/platform"

static void run(const char *folder, cs_lint *lint, cs_memory *memory)
{
    consent_error err = {0};
    *memory = cs_tool_memory();
    if (cs_lint_run(memory, folder, lint, &err) != CONSENT_OK)
        fail_msg("%s: %s", folder, err.message);
}

/* C5 C15 C19 C20 C23 C66 C69 C71 C88 C96 C114 C116 C122 C131 C167 */
static void each_rule_has_a_broken_policy_that_trips_exactly_it(void **state)
{
    (void)state;
    size_t count = 0;
    for (const cs_lint_rule *rule = cs_lint_rules; rule->id; rule++, count++) {
        char folder[400];
        cs_lint lint;
        cs_memory memory;
        (void)snprintf(folder, sizeof folder, FIXTURES "%s", rule->id);
        run(folder, &lint, &memory);
        if (cs_lint_finding_count(&lint) == 0)
            fail_msg("%s: nothing was found", rule->id);
        for (size_t i = 0; i < cs_lint_finding_count(&lint); i++) {
            const cs_finding *finding = cs_lint_finding(&lint, i);
            if (strcmp(finding->rule->id, rule->id) != 0)
                fail_msg("%s: it also tripped %s: %s", rule->id, finding->rule->id, finding->message);
            assert_true(finding->where[0] && finding->message[0]);
        }
        assert_true(rule->source[0] && rule->summary[0]);
        cs_lint_free(&lint);
    }
    assert_true(count >= 40);
}

static void nothing_is_found_in(const char *folder)
{
    cs_lint lint;
    cs_memory memory;
    run(folder, &lint, &memory);
    if (cs_lint_finding_count(&lint) > 0)
        fail_msg("%s: %s: %s", folder, cs_lint_finding(&lint, 0)->where, cs_lint_finding(&lint, 0)->message);
    cs_lint_free(&lint);
}

static void a_clean_policy_trips_nothing(void **state)
{
    (void)state;
    nothing_is_found_in(FIXTURES "clean");
}

static void the_example_policy_trips_nothing(void **state)
{
    (void)state;
    nothing_is_found_in(EXAMPLE);
}

static void a_finding_names_the_entry_and_what_to_do(void **state)
{
    (void)state;
    cs_lint lint;
    cs_memory memory;
    run(FIXTURES "sensitive-form", &lint, &memory);
    assert_string_equal(cs_lint_finding(&lint, 0)->where, "purposes[2] (nearby)");
    assert_non_null(strstr(cs_lint_finding(&lint, 0)->message, "use the form separate or written"));
    assert_int_equal(cs_lint_count_of(&lint, CS_LINT_ERROR), 1);
    assert_int_equal(cs_lint_count_of(&lint, CS_LINT_WARNING), 0);
    cs_lint_free(&lint);
}

static void a_folder_that_cannot_be_read_is_a_failure_and_no_finding(void **state)
{
    (void)state;
    cs_lint lint;
    consent_error err = {0};
    cs_memory memory = cs_tool_memory();
    assert_int_equal(cs_lint_run(&memory, FIXTURES "there-is-none", &lint, &err), CONSENT_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "policy.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_a_broken_policy_that_trips_exactly_it),
        cmocka_unit_test(a_clean_policy_trips_nothing),
        cmocka_unit_test(the_example_policy_trips_nothing),
        cmocka_unit_test(a_finding_names_the_entry_and_what_to_do),
        cmocka_unit_test(a_folder_that_cannot_be_read_is_a_failure_and_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
