#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "consentctl/options.h"

static const cs_option_spec specs[] = {
    {"output", 'o', "FILE", "where"},
    {"root", 0, "PUB", "a key"},
    {"quiet", 'q', NULL, "say nothing"},
    {NULL, 0, NULL, NULL},
};

static cs_options options;
static consent_error err;

#define PARSE(...) parse((const char *[]){__VA_ARGS__, NULL})
static consent_status parse(const char *const *words)
{
    char *argv[16];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    memset(&err, 0, sizeof err);
    return cs_options_parse(argc, argv, specs, &options, &err);
}

static void options_and_arguments_mix_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(PARSE("dir", "--output", "a", "-q", "--root=k", "--root", "l", "--json"), CONSENT_OK);
    assert_int_equal(options.argument_count, 1);
    assert_string_equal(options.arguments[0], "dir");
    assert_string_equal(cs_options_get(&options, "output"), "a");
    assert_string_equal(cs_options_at(&options, "root", 0), "k");
    assert_string_equal(cs_options_at(&options, "root", 1), "l");
    assert_null(cs_options_at(&options, "root", 2));
    assert_true(cs_options_has(&options, "quiet"));
    assert_true(cs_options_has(&options, "json"));
    assert_false(cs_options_has(&options, "help"));
}

static void a_double_dash_ends_the_options_and_a_single_one_is_an_argument(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-", "--", "--output"), CONSENT_OK);
    assert_int_equal(options.argument_count, 2);
    assert_string_equal(options.arguments[1], "--output");
    assert_false(cs_options_has(&options, "output"));
}

static void misuse_is_one_line_that_says_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--outpt", "a"), CONSENT_E_ARGUMENT);
    assert_string_equal(err.message, "there is no option --outpt here; --help lists the options");
    assert_int_equal(err.os_code, CS_OPTIONS_MISUSE);
    assert_int_equal(PARSE("-x"), CONSENT_E_ARGUMENT);
    assert_int_equal(PARSE("-qo"), CONSENT_E_ARGUMENT);
    assert_int_equal(PARSE("--output"), CONSENT_E_ARGUMENT);
    assert_string_equal(err.message, "the option --output had no value; write --output FILE");
    assert_int_equal(PARSE("--output="), CONSENT_E_ARGUMENT);
    assert_int_equal(PARSE("--quiet=yes"), CONSENT_E_ARGUMENT);
    assert_string_equal(err.message, "the option --quiet took no value; write it alone");
}

static void a_needed_option_is_named_when_it_is_missing(void **state)
{
    (void)state;
    const char *value = NULL;
    assert_int_equal(PARSE("dir"), CONSENT_OK);
    assert_int_equal(cs_options_need(&options, "output", &value, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "--output"));
    assert_int_equal(err.os_code, CS_OPTIONS_MISUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_mix_in_any_order),
        cmocka_unit_test(a_double_dash_ends_the_options_and_a_single_one_is_an_argument),
        cmocka_unit_test(misuse_is_one_line_that_says_what_to_do),
        cmocka_unit_test(a_needed_option_is_named_when_it_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
