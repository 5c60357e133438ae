#include "consentctl/scenario.h"
#include "consentctl/scenario_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Parses a line that must be refused and checks that the message begins with the place and holds `reason`. */
static void assert_refused(const char *line, const char *reason)
{
    cs_step step;
    consent_error err = {0, 0, ""};
    if (cs_step_parse(cs_str_of(line), "story.jsonl:7", &step, &err) != CONSENT_E_ARGUMENT)
        fail_msg("%s was not refused as malformed: %s", line, err.message);
    assert_null(step.doc.owned);
    if (strncmp(err.message, "story.jsonl:7", 13) != 0 || strstr(err.message, reason) == NULL)
        fail_msg("%s was refused with \"%s\", which lacks \"%s\"", line, err.message, reason);
}

static void assert_taken(const char *line, cs_verb verb)
{
    cs_step step;
    consent_error err = {0, 0, ""};
    if (cs_step_parse(cs_str_of(line), "story.jsonl:7", &step, &err) != CONSENT_OK)
        fail_msg("%s was refused: %s", line, err.message);
    assert_int_equal(step.verb, verb);
    assert_string_equal(step.where, "story.jsonl:7");
    cs_step_free(&step);
}

static void every_kind_of_line_is_taken(void **state)
{
    (void)state;
    assert_taken("{\"at\":\"+47h59m\"}", CS_VERB_WAIT);
    assert_taken("{\"say\":{\"zh\":\"两天以后\",\"en\":\"Two days later\"}}", CS_VERB_WAIT);
    assert_taken("{\"scenario\":\"A refusal rests\",\"proves\":[\"C68\"]}", CS_VERB_SCENARIO);
    assert_taken("{\"let\":{\"asked\":\"now\",\"nearby\":{\"purpose\":\"nearby\",\"data\":[\"place\"]}}}", CS_VERB_LET);
    assert_taken("{\"clock\":\"-3d\"}", CS_VERB_CLOCK);
    assert_taken("{\"install\":\"policy\",\"with\":{\"version\":2},\"expect\":\"REJECTED\",\"because\":\"version\"}",
                 CS_VERB_INSTALL);
    assert_taken("{\"profile\":null}", CS_VERB_PROFILE);
    assert_taken("{\"form\":\"first_run\",\"answer\":\"tick=on, accept\"}", CS_VERB_FORM);
    assert_taken("{\"answer\":\"kept\",\"with\":\"refuse\",\"expect\":\"USED\"}", CS_VERB_ANSWER);
    assert_taken("{\"check\":\"nearby\",\"as_of\":\"asked-1h\",\"expect\":\"deny refused_recently\"}", CS_VERB_CHECK);
    assert_taken(
        "{\"check\":{\"purpose\":\"p\",\"user_initiated\":true},\"expect\":{\"decision\":\"deny\",\"ask_after\":"
        "\"asked+48h\"},\"in\":\"push\"}",
        CS_VERB_CHECK);
    assert_taken("{\"permission\":\"nearby\",\"os\":\"denied\",\"asked\":true}", CS_VERB_PERMISSION);
    assert_taken("{\"damage\":\"copy\",\"flip\":\"middle\"}", CS_VERB_DAMAGE);
    assert_taken("{\"health\":\"OK\"}", CS_VERB_HEALTH);
}

static void a_malformed_line_is_refused_with_place_and_reason(void **state)
{
    (void)state;
    assert_refused("{\"check\":", "");
    assert_refused("[1]", "one JSON object");
    assert_refused("{\"chek\":\"nearby\"}", "one of: scenario, let");
    assert_refused("{\"check\":\"a\",\"use\":\"b\"}", "\"check\" and \"use\" need a line each");
    assert_refused("{\"check\":\"a\",\"expct\":\"allow\"}", "it may have user_initiated, as_of");
    assert_refused("{\"check\":\"a\",\"expect\":\"alow\"}", "deny, ask or allow");
    assert_refused("{\"check\":\"a\",\"expect\":\"deny because\"}", "no reason \"because\"");
    assert_refused("{\"check\":{\"purpos\":\"a\"}}", "no member \"purpos\"");
    assert_refused("{\"check\":{\"purpose\":1}}", "check.purpose");
    assert_refused("{\"check\":7}", "a name given by let");
    assert_refused("{\"at\":\"tomorrow 9:00\"}", "a moment was expected");
    assert_refused("{\"at\":\"+47\"}", "a moment was expected");
    assert_refused("{\"at\":\"2026-13-01T00:00:00Z\"}", "a moment was expected");
    assert_refused("{\"form\":\"second_run\"}", "first_run");
    assert_refused("{\"form\":\"first_run\",\"answer\":\"tick=on\"}", "presses no button");
    assert_refused("{\"answer\":\"kept\"}", "needs the member \"with\"");
    assert_refused("{\"permission\":\"a\",\"os\":\"maybe\"}", "granted, denied, blocked or unknown");
    assert_refused("{\"health\":\"FINE\"}", "no status \"FINE\"");
    assert_refused("{\"restart\":false}", "true was expected");
    assert_refused("{\"damage\":\"c\",\"flip\":-1}", "offset in bytes");
    assert_refused("{\"let\":{\"now\":\"+1h\"}}", "not \"now\"");
}

static void answers_are_read_as_the_person_gave_them(void **state)
{
    (void)state;
    cs_answers answers;
    consent_error err = {0, 0, ""};
    assert_int_equal(cs_answers_parse(cs_str_of("tick=on, ads=off ,accept"), &answers, &err), CONSENT_OK);
    assert_int_equal(answers.count, 2);
    assert_string_equal(answers.answers[0].control, "tick");
    assert_true(answers.answers[0].on);
    assert_false(answers.answers[0].initially_on);
    assert_string_equal(answers.answers[1].control, "ads");
    assert_false(answers.answers[1].on);
    assert_int_equal(answers.action, CONSENT_ACTION_ACCEPT);
    assert_true(answers.reached_end);
    assert_true(answers.emphasis_rendered);

    assert_int_equal(cs_answers_parse(cs_str_of("tick=preset,unread,unemphasised,save"), &answers, &err), CONSENT_OK);
    assert_true(answers.answers[0].initially_on);
    assert_int_equal(answers.action, CONSENT_ACTION_SAVE);
    assert_false(answers.reached_end);
    assert_false(answers.emphasis_rendered);
}

static void a_malformed_answer_is_refused_with_the_word_in_question(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "word \"\""},         {"acept", "\"acept\""},           {"tick=yes,accept", "\"yes\""},
        {"=on,accept", "control"}, {"accept,refuse", "two buttons"}, {"tick=on", "no button"}};
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++) {
        cs_answers answers;
        consent_error err = {0, 0, ""};
        assert_int_equal(cs_answers_parse(cs_str_of(bad[i][0]), &answers, &err), CONSENT_E_ARGUMENT);
        assert_non_null(strstr(err.message, bad[i][1]));
    }
}

static void moments_are_split_into_base_and_offset(void **state)
{
    (void)state;
    cs_str base;
    int64_t offset_ms = 0;
    assert_true(cs_moment_split(CS_STR("+47h59m"), &base, &offset_ms));
    assert_int_equal(base.size, 0);
    assert_int_equal(offset_ms, 47 * CS_HOUR_MS + 59 * CS_MINUTE_MS);
    assert_true(cs_moment_split(CS_STR("-3d"), &base, &offset_ms));
    assert_int_equal(offset_ms, -3 * CS_DAY_MS);
    assert_true(cs_moment_split(CS_STR("asked+48h"), &base, &offset_ms));
    assert_true(cs_str_is(base, "asked"));
    assert_int_equal(offset_ms, 48 * CS_HOUR_MS);
    assert_true(cs_moment_split(CS_STR("2026-03-02T09:00:00+08:00"), &base, &offset_ms));
    assert_int_equal(base.size, 25);
    assert_int_equal(offset_ms, 0);
    assert_false(cs_moment_split(CS_STR(""), &base, &offset_ms));
    assert_false(cs_moment_split(CS_STR("+"), &base, &offset_ms));
    assert_false(cs_moment_split(CS_STR("+9h5"), &base, &offset_ms));
    assert_false(cs_moment_split(CS_STR("2026-02-30T00:00:00Z"), &base, &offset_ms));
    assert_false(cs_moment_split(CS_STR("+9999999999999999999h"), &base, &offset_ms));
}

/* ---- files --------------------------------------------------------------------------------- */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_scenario_XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "%s/story.jsonl", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/common.jsonl", folder);
    unlink(path);
    return rmdir(folder);
}

static const char *write_file(const char *name, const char *text)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void a_file_is_read_with_its_includes_in_their_places(void **state)
{
    (void)state;
    cs_scenario scenario = {NULL, 0, 0};
    consent_error err = {0, 0, ""};
    write_file("common.jsonl", "{\"at\":\"+1h\"}\n");
    const char *path = write_file("story.jsonl", "# a comment\n"
                                                 "  // another\r\n"
                                                 "\n"
                                                 "{\"scenario\":\"A\"}\r\n"
                                                 "{\"include\":\"common.jsonl\"}\n"
                                                 "{\"health\":\"OK\"}");
    assert_int_equal(cs_scenario_load(&scenario, path, &err), CONSENT_OK);
    assert_int_equal(scenario.count, 3);
    assert_int_equal(scenario.steps[0].verb, CS_VERB_SCENARIO);
    assert_non_null(strstr(scenario.steps[0].where, "/story.jsonl:4"));
    assert_int_equal(scenario.steps[1].verb, CS_VERB_WAIT);
    assert_non_null(strstr(scenario.steps[1].where, "/common.jsonl:1"));
    assert_int_equal(scenario.steps[2].verb, CS_VERB_HEALTH);
    assert_string_equal(scenario.steps[2].folder, folder);
    cs_scenario_free(&scenario);
}

static void a_file_that_includes_itself_is_refused(void **state)
{
    (void)state;
    cs_scenario scenario = {NULL, 0, 0};
    consent_error err = {0, 0, ""};
    const char *path = write_file("story.jsonl", "{\"include\":\"story.jsonl\"}\n");
    assert_int_equal(cs_scenario_load(&scenario, path, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "does a file include itself?"));
    cs_scenario_free(&scenario);
}

static void a_missing_include_is_named(void **state)
{
    (void)state;
    cs_scenario scenario = {NULL, 0, 0};
    consent_error err = {0, 0, ""};
    const char *path = write_file("story.jsonl", "{\"include\":\"nowhere.jsonl\"}\n");
    assert_int_not_equal(cs_scenario_load(&scenario, path, &err), CONSENT_OK);
    assert_non_null(strstr(err.message, "nowhere.jsonl"));
    cs_scenario_free(&scenario);
}

/* Each verb and each member of it stands in a section of its own. */
static void assert_names_every_verb_and_member(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/docs/%s", CONSENT_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    static char manual[65536];
    size_t size = fread(manual, 1, sizeof(manual) - 1, file);
    fclose(file);
    manual[size] = '\0';
    for (int verb = CS_VERB_WAIT + 1; verb < CS_VERB_COUNT; verb++) {
        char heading[64];
        snprintf(heading, sizeof(heading), "\n### `%s`", cs_verb_name((cs_verb)verb));
        const char *section = strstr(manual, heading);
        if (section == NULL) {
            fail_msg("docs/%s has no section for %s", name, cs_verb_name((cs_verb)verb));
            return;
        }
        const char *end = strstr(section + 1, "\n###");
        size_t length = end != NULL ? (size_t)(end - section) : strlen(section);
        for (size_t i = 0; cs_verb_member((cs_verb)verb, i) != NULL; i++) {
            char member[64];
            snprintf(member, sizeof(member), "`%s`", cs_verb_member((cs_verb)verb, i));
            const char *found = strstr(section, member);
            if (found == NULL || (size_t)(found - section) >= length)
                fail_msg("docs/%s does not tell of %s in the section of %s", name, member, cs_verb_name((cs_verb)verb));
        }
    }
    for (int32_t i = 0; strcmp(cs_occasion_name(i), "unknown") != 0; i++) {
        char occasion[64];
        snprintf(occasion, sizeof(occasion), "`%s`", cs_occasion_name(i));
        if (strstr(manual, occasion) == NULL)
            fail_msg("docs/%s does not name the occasion %s", name, occasion);
    }
}

static void the_guide_names_every_verb_and_member(void **state)
{
    (void)state;
    assert_names_every_verb_and_member("scenarios.md");
}

static void the_chinese_guide_names_every_verb_and_member(void **state)
{
    (void)state;
    assert_names_every_verb_and_member("scenarios.zh-CN.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_line_is_taken),
        cmocka_unit_test(a_malformed_line_is_refused_with_place_and_reason),
        cmocka_unit_test(answers_are_read_as_the_person_gave_them),
        cmocka_unit_test(a_malformed_answer_is_refused_with_the_word_in_question),
        cmocka_unit_test(moments_are_split_into_base_and_offset),
        cmocka_unit_test_setup_teardown(a_file_is_read_with_its_includes_in_their_places, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_includes_itself_is_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_missing_include_is_named, make_folder, remove_folder),
        cmocka_unit_test(the_guide_names_every_verb_and_member),
        cmocka_unit_test(the_chinese_guide_names_every_verb_and_member),
    };
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
