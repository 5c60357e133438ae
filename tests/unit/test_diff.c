/* What changed between two versions, told by structure: C160 to C166. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "consentctl/diff.h"
#include "support/make_policy.h"

static void open_side(const char *json, cs_diff_side *side)
{
    make_policy(json, &side->policy, &side->texts);
}

/* Each entry as "change part id[@of][:why]", then the kinds' bits: small enough to compare. */
static void print(const cs_diff *diff, char *out, size_t size)
{
    static const char *const parts[] = {"controller", "purpose", "data", "recipient", "permission", "call_site"};
    static const char *const changes[] = {"+", "-", "^", "~"};
    size_t used = (size_t)snprintf(out, size, "%x/%x%s", diff->kinds, diff->declared, diff->material ? "!" : "");
    for (size_t i = 0; i < diff->count; i++) {
        const cs_diff_entry *entry = &diff->entries[i];
        used += (size_t)snprintf(out + used, size - used, " %s%s %s%s%s", changes[entry->change], parts[entry->part],
                                 entry->id, entry->of ? "@" : "", entry->of ? entry->of : "");
        if (entry->why)
            used += (size_t)snprintf(out + used, size - used, ":%x", entry->why);
        assert_true(used < size);
    }
}

static void expect(const char *find, const char *replacement, const char *wanted)
{
    cs_diff_side older, newer;
    cs_diff diff;
    char text[1000];
    char *first = make_fixture("sample.json");
    char *undeclared = make_replaced(first, "[\"mode\", \"impact\"]", "[\"editorial\"]");
    char *second = make_replaced(undeclared, find, replacement);
    open_side(undeclared, &older);
    open_side(second, &newer);
    assert_int_equal(cs_diff_make(make_memory(), &older, &newer, "en", &diff, NULL), CONSENT_OK);
    print(&diff, text, sizeof text);
    assert_string_equal(text, wanted);
    cs_diff_free(&diff);
    cs_diff_release(&older);
    cs_diff_release(&newer);
    free(first);
    free(undeclared);
    free(second);
    assert_int_equal(make_live_blocks(), 0);
}

/* C160 */
static void words_alone_are_editorial_unless_the_policy_says_more(void **state)
{
    (void)state;
    expect("\"Key points first.\"", "\"Key points come first.\"", "1/1");
    expect("[\"editorial\"]", "[\"impact\"]", "40/40!");
}

/* C162 C164 C165 */
static void control_rights_and_contact_are_told_apart(void **state)
{
    (void)state;
    expect("{\"id\": \"acme\"", "{\"id\": \"other\"", "4/1! ~controller other");
    expect("\"reply_working_days\": 15", "\"reply_working_days\": 20", "10/1!");
    expect("400-000-0000", "400-000-0001", "20/1!");
}

/* C161 C163 */
static void added_data_and_recipients_are_named(void **state)
{
    (void)state;
    expect("{\"id\": \"keyword\",", "{\"id\": \"taste\", \"name\": {\"zh-CN\": \"口味\"}}, {\"id\": \"keyword\",",
           "2/1! +data taste");
    expect("{\"id\": \"pay\",",
           "{\"id\": \"bank\", \"role\": \"payment\", \"name\": {\"zh-CN\": \"银行\"}}, {\"id\": \"pay\",",
           "8/1! +recipient bank");
}

/* C161 C163 */
static void what_a_purpose_gained_and_lost_is_named_with_it(void **state)
{
    (void)state;
    expect("\"data\": [\"position\"]", "\"data\": [\"position\", \"keyword\"]", "2/1! +data keyword@city");
    expect("\"recipients\": [\"pay\", ", "\"recipients\": [", "8/1! -recipient pay@payment");
    expect("{\"id\": \"duty\"", "{\"id\": \"order\"", "2/1! +purpose order -purpose duty");
}

/* C161 */
static void a_purpose_that_widened_says_why(void **state)
{
    (void)state;
    expect("\"kind\": \"automate\"", "\"kind\": \"market\"", "2/1! ^purpose recommend:1");
    expect("\"period\": \"365d\"", "\"period\": \"366d\"", "2/1! ^purpose payment:10");
    expect("\"period\": \"365d\"", "\"period\": \"364d\"", "2/1! ~purpose payment");
    expect("\"form\": \"separate\"", "\"form\": \"own\"", "a/1! ^purpose payment:4"); /* and its recipients get less */
    expect("\"en\": \"Interface\"", "\"en\": \"By post\"", "8/1! ^purpose payment:100");
}

static void reading_takes_bundles_and_unsigned_files_and_nothing_else(void **state)
{
    (void)state;
    char path[] = "/tmp/consent-diff.XXXXXX";
    cs_buffer bundle;
    cs_diff_side side;
    consent_error err = {0};
    char *json = make_fixture("sample.json");
    cs_buffer_init(&bundle, make_memory(), CS_BUNDLE_MAX_BYTES);
    make_bundle(json, &bundle);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    assert_int_equal(fwrite(bundle.data, 1, bundle.size, file), bundle.size);
    (void)fclose(file);
    if (cs_diff_read(make_memory(), path, &side, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(side.policy->id, "platform");
    cs_diff_release(&side);
    file = fopen(path, "wb");
    (void)fputs("no policy\n", file);
    (void)fclose(file);
    assert_int_equal(cs_diff_read(make_memory(), path, &side, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "no bundle and no policy folder"));
    (void)remove(path);
    cs_buffer_free(&bundle);
    free(json);
    assert_int_equal(make_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_alone_are_editorial_unless_the_policy_says_more),
        cmocka_unit_test(control_rights_and_contact_are_told_apart),
        cmocka_unit_test(added_data_and_recipients_are_named),
        cmocka_unit_test(what_a_purpose_gained_and_lost_is_named_with_it),
        cmocka_unit_test(a_purpose_that_widened_says_why),
        cmocka_unit_test(reading_takes_bundles_and_unsigned_files_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
