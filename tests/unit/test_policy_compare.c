/* Two versions of a policy held against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/make_policy.h"

typedef struct sample {
    cs_policy *policy;
    cs_texts *texts;
} sample;

typedef struct change {
    const char *find;
    const char *replacement;
    const char *purpose; /* the one that it speaks of */
    bool widens;
} change;

static sample parse_changed(const char *find, const char *replacement)
{
    sample s;
    char *json = make_fixture("sample.json");
    char *changed = make_replaced(json, find, replacement);
    make_policy(changed, &s.policy, &s.texts);
    free(changed);
    free(json);
    return s;
}

static void drop(sample *s)
{
    cs_policy_free(s->policy);
    cs_texts_free(s->texts);
}

static bool widened(const sample *older, const sample *newer, const char *id)
{
    const cs_purpose *a = cs_policy_purpose(older->policy, cs_str_of(id));
    const cs_purpose *b = cs_policy_purpose(newer->policy, cs_str_of(id));
    assert_non_null(a);
    assert_non_null(b);
    return cs_purpose_widened(older->policy, a, newer->policy, b);
}

static void expect_widening(const change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sample older = parse_changed("\"schema\"", "\"schema\"");
        sample newer = parse_changed(changes[i].find, changes[i].replacement);
        for (uint16_t j = 0; j < older.policy->purpose_count; j++) {
            const char *id = older.policy->purposes[j].id;
            bool expected = strcmp(id, changes[i].purpose) == 0 && changes[i].widens;
            if (widened(&older, &newer, id) != expected)
                fail_msg("%s → %s: %s %s", changes[i].find, changes[i].replacement, id,
                         expected ? "stayed" : "widened");
        }
        drop(&older);
        drop(&newer);
    }
}

/* PIPL 14 and 23: decisions.md section 3. */
static void changed_terms_widen_the_whole_purpose(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"ground\": \"legal_duty\"", "\"ground\": \"public_interest\"", "duty", true},
        {"\"ground\": \"legal_duty\"", "\"ground\": \"consent\", \"form\": \"own\"", "duty", true},
        {"\"kind\": \"collect\", \"form\": \"policy\", \"name\": {\"zh-CN\": \"搜索\"",
         "\"kind\": \"combine\", \"form\": \"policy\", \"name\": {\"zh-CN\": \"搜索\"", "search", true},
        {"\"form\": \"separate\"", "\"form\": \"own\"", "payment", true},
        {"\"form\": \"separate\"", "\"form\": \"once\"", "payment", true},
        {"\"period\": \"365d\"", "\"period\": \"366d\"", "payment", true},
        {"{\"period\": \"365d\"}", "{\"criterion\": {\"zh-CN\": \"直到完成\"}}", "payment", true},
        {"{\"period\": \"365d\"}", "{\"period\": \"365d\", \"at_expiry\": \"anonymise\"}", "payment", true},
        {"\"channel\": \"push\"", "\"channel\": \"sms\"", "recommend", true},
        {"\"kind\": \"share\"", "\"kind\": \"share\", \"automated\": true", "payment", true},
        {"\"en\": \"Encrypted\"", "\"en\": \"By post\"", "payment", true},
        {"\"en\": \"Interface\"", "\"en\": \"By post\"", "payment", true},
        {"\"role\": \"payment\"", "\"role\": \"advertising\"", "payment", true},
        {"\"country\": \"CN\",", "\"country\": \"US\",", "payment", true},
        {"\"kind\": \"store\"", "\"kind\": \"store\", \"storage_level\": \"preference\"", "duty", true},
        {"\"data\": [\"position\"]", "\"channel\": \"sms\", \"data\": [\"position\"]", "city", true},
        {"\"kind\": \"store\"", "\"kind\": \"hoard\"", "duty", true}};
    expect_widening(changes, CS_COUNT_OF(changes));
}

static void terms_that_stay_or_shrink_do_not_widen(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"form\": \"separate\"", "\"form\": \"written\"", "payment", false},
        {"\"period\": \"365d\"", "\"period\": \"30d\"", "payment", false},
        {"\"at_expiry\": \"anonymise\"", "\"at_expiry\": \"delete\"", "search", false},
        {"\"automated\": true, ", "", "recommend", false},
        {"\"storage_level\": \"recommendation\"", "\"storage_level\": \"essential\"", "recommend", false},
        {"\"en\": \"Give results\"", "\"en\": \"Give good results\"", "search", false},
        {"\"locales\": [\"zh-CN\", \"en\"]", "\"locales\": [\"zh-CN\", \"en\", \"ja\"]", "search", false},
        {"\"data\": [\"keyword\"]", "\"data\": [\"keyword\", \"position\"]", "search", false},
        {"\"recipients\": [\"pay\", ", "\"recipients\": [", "payment", false},
        {"\"permissions\": [\"location\"], \"cooldown\": \"24h\"", "\"cooldown\": \"24h\"", "city", false}};
    expect_widening(changes, CS_COUNT_OF(changes));
}

/* The same change the other way round: what shrank, grows. */
static void what_grows_back_widens(void **state)
{
    (void)state;
    sample a = parse_changed("\"period\": \"365d\"", "\"period\": \"30d\"");
    sample b = parse_changed("\"schema\"", "\"schema\"");
    assert_true(widened(&a, &b, "payment"));
    assert_false(widened(&b, &a, "payment"));
    drop(&a);
    a = parse_changed("\"kind\": \"share\", ", "\"kind\": \"share\", \"data_state\": \"deidentified\", ");
    assert_true(widened(&a, &b, "payment"));
    assert_false(widened(&b, &a, "payment"));
    drop(&a);
    a = parse_changed("\"automated\": true, ", "");
    assert_true(widened(&a, &b, "recommend"));
    drop(&a);
    drop(&b);
}

/* rule 10: policy form of an additional function is own, so moving to a basic one asks for less. */
static void moving_to_a_basic_function_widens_what_acceptance_then_covers(void **state)
{
    (void)state;
    sample older = parse_changed("\"schema\"", "\"schema\"");
    sample newer =
        parse_changed("\"id\": \"city\", \"function\": \"extras\"", "\"id\": \"city\", \"function\": \"browse\"");
    assert_true(widened(&older, &newer, "city"));
    assert_false(widened(&newer, &older, "city"));
    drop(&older);
    drop(&newer);
}

typedef struct diff {
    const char *find;
    const char *replacement;
    uint32_t changes;
} diff;

/* C160 C161 C162 C163 C164 C165 */
static void changes_are_computed_from_structure(void **state)
{
    (void)state;
    static const diff diffs[] = {
        {"\"version\": 3", "\"version\": 4", CS_CHANGE_EDITORIAL},
        {"\"en\": \"Sample policy\"", "\"en\": \"A policy\"", CS_CHANGE_EDITORIAL},
        {"\"section\": \"collecting\"", "\"section\": \"elsewhere\"", CS_CHANGE_EDITORIAL},
        {"\"sdk_version\": \"1.2\"", "\"sdk_version\": \"1.3\"", CS_CHANGE_EDITORIAL},
        {"\"kinds\": [\"mode\", \"impact\"]", "\"kinds\": []", CS_CHANGE_EDITORIAL},
        {"\"2026-10-02\"", "\"2026-10-03\"", CS_CHANGE_EDITORIAL},
        {"[\"pay\", {\"id\": \"maps\"", "[{\"id\": \"pay\"}, {\"id\": \"maps\"", CS_CHANGE_EDITORIAL},
        {"\"data\": [\"keyword\"], \"section\"", "\"data\": [\"keyword\", \"name\"], \"section\"", CS_CHANGE_MODE},
        {"\"need\": \"conditional\"", "\"need\": \"required\"", CS_CHANGE_MODE},
        {"\"ground\": \"legal_duty\"", "\"ground\": \"public_interest\"", CS_CHANGE_MODE},
        {"\"id\": \"duty\"", "\"id\": \"task\"", CS_CHANGE_MODE},
        {"\"kind\": \"basic\"", "\"kind\": \"additional\"", CS_CHANGE_MODE},
        {", \"sensitive\": \"financial\"", "", CS_CHANGE_MODE},
        {"\"child_under\": 14", "\"child_under\": 12", CS_CHANGE_MODE},
        {"\"version\": 2", "\"version\": 3", CS_CHANGE_MODE},
        {"\"region\": \"CN\"", "\"region\": \"SG\"", CS_CHANGE_MODE},
        {"\"cooldown\": \"72h\"", "\"cooldown\": \"90h\"", CS_CHANGE_MODE},
        {"\"lifetime\": {\"grant\": \"30d\"}", "\"lifetime\": {\"grant\": \"31d\"}", CS_CHANGE_MODE},
        {"{\"state\": \"running\"}",
         "{\"state\": \"closing\", \"notice\": \"2026-05-01T00:00:00Z\", \"end\": \"2026-06-01T00:00:00Z\"}",
         CS_CHANGE_MODE},
        {"\"id\": \"choose-city\"", "\"id\": \"pick-city\"", CS_CHANGE_MODE},
        {"[\"NSLocationWhenInUseUsageDescription\"]", "[\"NSLocationAlwaysUsageDescription\"]", CS_CHANGE_MODE},
        {"{\"android\": [\"android.permission.ACCESS_COARSE_LOCATION\"], \"ios\"", "{\"ios2\": [\"x\"], \"ios\"",
         CS_CHANGE_MODE},
        {"[\"account\", {\"id\": \"name\", \"need\": \"conditional\", \"reason\": {\"zh-CN\": \"实名时\", \"en\": "
         "\"When named\"}}]",
         "[{\"id\": \"name\", \"need\": \"conditional\"}, \"account\"]", CS_CHANGE_EDITORIAL},
        {"\"id\": \"acme\"", "\"id\": \"other\"", CS_CHANGE_CONTROL},
        {"\"bound\": true", "\"bound\": false", CS_CHANGE_CONTROL},
        {"\"recipients\": [\"pay\", ", "\"recipients\": [", CS_CHANGE_RECIPIENTS},
        {"\"data\": [\"name\"]}]", "\"data\": [\"account\"]}]", CS_CHANGE_RECIPIENTS},
        {"\"en\": \"Interface\"", "\"en\": \"Post\"", CS_CHANGE_RECIPIENTS},
        {"\"role\": \"payment\"", "\"role\": \"advertising\"", CS_CHANGE_RECIPIENTS},
        {"\"country\": \"SG\"", "\"country\": \"CN\"", CS_CHANGE_RECIPIENTS},
        {"\"reply_working_days\": 15", "\"reply_working_days\": 10", CS_CHANGE_RIGHTS},
        {"\"access\", ", "", CS_CHANGE_RIGHTS},
        {"rights@example.com", "ask@example.com", CS_CHANGE_RIGHTS},
        {"400-000-0000", "400-000-0001", CS_CHANGE_CONTACT},
        {"\"en\": \"9 to 18\"", "\"en\": \"9 to 17\"", CS_CHANGE_CONTACT}};
    for (size_t i = 0; i < CS_COUNT_OF(diffs); i++) {
        sample older = parse_changed("\"schema\"", "\"schema\"");
        sample newer = parse_changed(diffs[i].find, diffs[i].replacement);
        uint32_t there = cs_policy_changes(older.policy, newer.policy);
        uint32_t back = cs_policy_changes(newer.policy, older.policy);
        if (there != diffs[i].changes || back != diffs[i].changes)
            fail_msg("%s → %s: %x there, %x back", diffs[i].find, diffs[i].replacement, there, back);
        drop(&older);
        drop(&newer);
    }
}

static void several_changes_give_several_bits(void **state)
{
    (void)state;
    sample older = parse_changed("\"schema\"", "\"schema\"");
    sample newer;
    char *json = make_fixture("sample.json");
    char *one = make_replaced(json, "\"id\": \"acme\"", "\"id\": \"other\"");
    char *two = make_replaced(one, "\"kind\": \"hotline\"", "\"kind\": \"chat\"");
    char *three = make_replaced(two, "\"role\": \"payment\"", "\"role\": \"partner\"");
    make_policy(three, &newer.policy, &newer.texts);
    assert_int_equal(cs_policy_changes(older.policy, newer.policy),
                     CS_CHANGE_CONTROL | CS_CHANGE_CONTACT | CS_CHANGE_RECIPIENTS);
    free(three);
    free(two);
    free(one);
    free(json);
    drop(&older);
    drop(&newer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_terms_widen_the_whole_purpose),
        cmocka_unit_test(terms_that_stay_or_shrink_do_not_widen),
        cmocka_unit_test(what_grows_back_widens),
        cmocka_unit_test(moving_to_a_basic_function_widens_what_acceptance_then_covers),
        cmocka_unit_test(changes_are_computed_from_structure),
        cmocka_unit_test(several_changes_give_several_bits),
    };
    return cmocka_run_group_tests_name("policy compare", tests, NULL, NULL);
}
