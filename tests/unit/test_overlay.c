/* A policy folder that stands on another one: what is taken over, what is not, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "consentctl/authoring.h"
#include "consentctl/files.h"
#include "consentctl/tool.h"
#include "support/schema.h"

#define EXAMPLES CONSENT_SOURCE_DIR "/examples/policy/"
#define TITLE "# Title\n\nOf the base.\n\n"
#define ONE "## One {#one}\n\nFirst.\n\n"
#define TWO "## Two {#two}\n\nSecond.\n"

static char root[64];
static cs_memory memory;

static int set_up(void **state)
{
    (void)state;
    memory = cs_tool_memory();
    (void)snprintf(root, sizeof root, "/tmp/consent-overlay.XXXXXX");
    return mkdtemp(root) ? 0 : 1;
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[256], dir[128];
    (void)snprintf(dir, sizeof dir, "%s/%s", root, folder);
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!cs_files_is_dir(dir))
        assert_int_equal(cs_files_make_dir(dir, NULL), CONSENT_OK);
    cs_span bytes = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(cs_files_write(path, bytes, CS_FILES_PUBLIC, false, NULL), CONSENT_OK);
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) == 0 ? 0 : 1;
}

typedef struct opened {
    cs_overlay overlay;
    cs_buffer text;
    cs_json_doc json;
    consent_status status;
    consent_error err;
} opened;

static void open_folder(const char *folder, opened *o)
{
    char path[128];
    memset(o, 0, sizeof *o);
    (void)snprintf(path, sizeof path, "%s/%s", root, folder);
    o->status = cs_overlay_open(&memory, path, &o->overlay, &o->text, &o->json, &o->err);
}

static void close_folder(opened *o)
{
    cs_json_free(&o->json);
    cs_buffer_free(&o->text);
}

/* The folder's policy.json, whole, is `wanted`. */
static void expect_policy(const char *folder, const char *wanted)
{
    opened o;
    open_folder(folder, &o);
    if (o.status != CONSENT_OK)
        fail_msg("%s", o.err.message);
    cs_buffer_u8(&o.text, 0);
    assert_string_equal((const char *)o.text.data, wanted);
    close_folder(&o);
}

static void expect_refused(const char *folder, const char *says)
{
    opened o;
    open_folder(folder, &o);
    if (o.status == CONSENT_OK || !strstr(o.err.message, says))
        fail_msg("%s: %s; %s was expected", consent_status_name(o.status), o.err.message, says);
    close_folder(&o);
}

static void expect_document(const char *folder, const char *wanted, const char *says)
{
    opened o;
    cs_buffer markdown;
    open_folder(folder, &o);
    assert_int_equal(o.status, CONSENT_OK);
    cs_buffer_init(&markdown, &memory, CS_DOCUMENT_MAX_BYTES);
    consent_status status = cs_overlay_document(&memory, &o.overlay, "en", &markdown, &o.err);
    cs_buffer_u8(&markdown, 0);
    if (wanted && status != CONSENT_OK)
        fail_msg("%s", o.err.message);
    if (wanted)
        assert_string_equal((const char *)markdown.data, wanted);
    else if (status == CONSENT_OK || !strstr(o.err.message, says))
        fail_msg("%s: %s", consent_status_name(status), o.err.message);
    cs_buffer_free(&markdown);
    close_folder(&o);
}

/* ---- versions ------------------------------------------------------------------------------------ */

static void put_base(void)
{
    put("base", "policy.json",
        "{\"id\":\"p\",\"version\":4,\"revision\":2,\"scope\":\"platform\",\"published\":\"a\",\"effective\":\"b\","
        "\"change\":{\"kinds\":[\"mode\"]},\"service\":{\"state\":\"running\"},\"region\":\"CN\","
        "\"functions\":[{\"id\":\"f\"},{\"id\":\"g\"}],\"data\":[{\"id\":\"d\"},{\"id\":\"e\"}],"
        "\"recipients\":[{\"id\":\"r\"},{\"id\":\"s\"}],"
        "\"purposes\":[{\"id\":\"x\",\"function\":\"f\",\"data\":[\"d\"],\"recipients\":[{\"id\":\"r\"}],"
        "\"permissions\":[\"m\"]},{\"id\":\"y\",\"function\":\"g\",\"data\":[\"e\"],\"permissions\":[\"m\",\"n\"]}],"
        "\"permissions\":[{\"id\":\"m\",\"call_sites\":[{\"id\":\"1\",\"purpose\":\"x\"},{\"id\":\"2\",\"purpose\":"
        "\"y\"}]},"
        "{\"id\":\"n\"}]}");
    put("base", "document.en.md", TITLE ONE TWO);
}

static void the_next_version_takes_over_all_but_dates_change_and_revision(void **state)
{
    (void)state;
    put("small", "policy.json",
        "{\"id\":\"p\",\"version\":4,\"revision\":2,\"scope\":\"platform\",\"published\":\"a\",\"effective\":\"b\","
        "\"change\":{},\"region\":\"CN\",\"data\":[{\"id\":\"d\",\"name\":\"old\"},{\"id\":\"e\"}]}");
    put("next", "policy.json",
        "{\"base\":\"../small\",\"version\":5,\"published\":\"c\",\"data\":[{\"id\":\"d\",\"name\":\"new\"}]}");
    expect_policy("next", "{\"id\":\"p\",\"version\":5,\"scope\":\"platform\",\"published\":\"c\",\"region\":\"CN\","
                          "\"data\":[{\"id\":\"d\",\"name\":\"new\"},{\"id\":\"e\"}],"
                          "\"base\":{\"id\":\"p\",\"version\":4,\"revision\":2}}");
    put("again", "policy.json", "{\"base\":\"../next\",\"revision\":1,\"region\":null}");
    expect_policy("again", "{\"id\":\"p\",\"version\":5,\"scope\":\"platform\","
                           "\"data\":[{\"id\":\"d\",\"name\":\"new\"},{\"id\":\"e\"}],\"revision\":1,"
                           "\"base\":{\"id\":\"p\",\"version\":5,\"revision\":0}}");
}

/* C10 C11 */
static void a_product_holds_what_it_names_and_what_that_needs(void **state)
{
    (void)state;
    put_base();
    put("product", "policy.json",
        "{\"base\":\"../base\",\"id\":\"q\",\"scope\":\"q\",\"version\":1,\"purposes\":[{\"id\":\"x\",\"text\":\"t\"},"
        "{\"id\":\"z\",\"function\":\"f\",\"data\":[\"mine\"]}],\"data\":[{\"id\":\"mine\"}]}");
    expect_policy("product",
                  "{\"id\":\"q\",\"version\":1,\"scope\":\"q\",\"region\":\"CN\",\"functions\":[{\"id\":\"f\"}],"
                  "\"data\":[{\"id\":\"d\"},{\"id\":\"mine\"}],\"recipients\":[{\"id\":\"r\"}],"
                  "\"purposes\":[{\"id\":\"x\",\"function\":\"f\",\"data\":[\"d\"],\"recipients\":[{\"id\":\"r\"}],"
                  "\"permissions\":[\"m\"],\"text\":\"t\"},{\"id\":\"z\",\"function\":\"f\",\"data\":[\"mine\"]}],"
                  "\"permissions\":[{\"id\":\"m\",\"call_sites\":[{\"id\":\"1\",\"purpose\":\"x\"}]}],"
                  "\"base\":{\"id\":\"p\",\"version\":4,\"revision\":2}}");
}

static void a_folder_without_a_base_is_as_it_is_written(void **state)
{
    (void)state;
    put("alone", "policy.json", "{\"id\":\"p\"}");
    expect_policy("alone", "{\"id\":\"p\"}");
}

static void what_is_neither_a_version_nor_a_product_is_refused(void **state)
{
    (void)state;
    put_base();
    put("bad", "policy.json", "{\"base\":\"../base\",\"id\":\"q\",\"version\":1}");
    expect_refused("bad", "a new id without a new scope");
    put("bad", "policy.json", "{\"base\":\"../base\",\"scope\":\"q\",\"version\":1}");
    expect_refused("bad", "a new scope without a new id");
    put("bad", "policy.json", "{\"base\":\"../base\",\"id\":\"q\",\"scope\":\"q\"}");
    expect_refused("bad", "\"version\" of its own");
    put("bad", "policy.json", "{\"base\":\"../bad\"}");
    expect_refused("bad", "circle");
    put("bad", "policy.json", "{\"base\":\"../nowhere\"}");
    expect_refused("bad", "nowhere/policy.json");
    put("bad", "policy.json", "[]");
    expect_refused("bad", "JSON object");
}

/* ---- documents ------------------------------------------------------------------------------------- */

static void documents_come_from_the_base_whole_or_with_changed_sections(void **state)
{
    (void)state;
    put_base();
    put("words", "policy.json", "{\"base\":\"../base\",\"version\":5}");
    expect_document("words", TITLE ONE TWO, NULL);
    put("words", "changes.en.md", "## One {#one}\n\nAnew.\n\n### More {#more}\n\nNew.\n");
    expect_document("words", TITLE "## One {#one}\n\nAnew.\n\n### More {#more}\n\nNew.\n\n" TWO, NULL);
    put("later", "policy.json", "{\"base\":\"../words\",\"version\":6}");
    put("later", "changes.en.md", "# Other\n\nTitle.\n\n## Two {#two}\n\nToo.");
    expect_document(
        "later", "# Other\n\nTitle.\n\n## One {#one}\n\nAnew.\n\n### More {#more}\n\nNew.\n\n## Two {#two}\n\nToo.\n",
        NULL);
    put("later", "document.en.md", "# Whole\n");
    put("later", "changes.en.md", "# Whole\n\nText.\n");
    expect_document("later", "# Whole\n\nText.\n", NULL);
}

static void changed_sections_that_fit_nowhere_are_refused(void **state)
{
    (void)state;
    put_base();
    put("words", "policy.json", "{\"base\":\"../base\",\"version\":5}");
    put("words", "changes.en.md", "Just words.\n");
    expect_document("words", NULL, "did not begin with a heading");
    put("words", "changes.en.md", "## No id\n\nText.\n");
    expect_document("words", NULL, "did not begin with a heading");
    put("words", "changes.en.md", "## New {#new}\n\nText.\n");
    expect_document("words", NULL, "the base has no section {#new}");
}

static void a_products_document_is_its_own(void **state)
{
    (void)state;
    put_base();
    put("product", "policy.json", "{\"base\":\"../base\",\"id\":\"q\",\"scope\":\"q\",\"version\":1}");
    expect_document("product", NULL, "document.en.md");
    put("product", "document.en.md", "# Mine\n");
    expect_document("product", "# Mine\n", NULL);
}

/* ---- the examples ------------------------------------------------------------------------------------ */

static void the_examples_are_whole_when_they_are_built(void **state)
{
    static const char *const folders[] = {"platform-1.1", "platform-2", "platform-3", "hotel",
                                          "dining",       "tickets",    "coupons",    "goods"};
    uint16_t platform_purposes = 0;
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(folders); i++) {
        char path[512];
        cs_buffer built;
        cs_str line = {0};
        consent_error err = {0};
        cs_policy *policy = NULL;
        cs_texts *texts = NULL;
        (void)snprintf(path, sizeof path, EXAMPLES "%s", folders[i]);
        cs_buffer_init(&built, &memory, CS_BUNDLE_MAX_BYTES);
        if (cs_authoring_build(&memory, path, &built, &err) != CONSENT_OK)
            fail_msg("%s: %s", folders[i], err.message);
        cs_str bytes = {(const char *)built.data, built.size};
        assert_true(cs_authoring_line(&bytes, &line));
        assert_int_equal(cs_policy_parse(&memory, line, folders[i], false, &policy, &texts, &err), CONSENT_OK);
        schema rules;
        cs_json_doc json;
        char message[SCHEMA_MESSAGE_SIZE];
        assert_int_equal(cs_json_parse(&json, line, CS_POLICY_MAX_BYTES, folders[i], &err), CONSENT_OK);
        schema_open(&rules, "policy.schema.json");
        if (!schema_fits(&rules, json.root, message))
            fail_msg("%s: %s", folders[i], message);
        schema_close(&rules);
        cs_json_free(&json);
        bool product = i >= 3;
        if (i == 0)
            platform_purposes = policy->purpose_count;
        assert_true(platform_purposes >= 52);
        assert_int_equal(policy->purpose_count, product ? 2 : platform_purposes);
        assert_string_equal(policy->scope, product ? folders[i] : "platform");
        for (uint16_t j = 0; j < policy->purpose_count; j++)
            assert_false(policy->purposes[j].undeclared);
        cs_policy_free(policy);
        cs_texts_free(texts);
        cs_buffer_free(&built);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_next_version_takes_over_all_but_dates_change_and_revision),
        TEST(a_product_holds_what_it_names_and_what_that_needs),
        TEST(a_folder_without_a_base_is_as_it_is_written),
        TEST(what_is_neither_a_version_nor_a_product_is_refused),
        TEST(documents_come_from_the_base_whole_or_with_changed_sections),
        TEST(changed_sections_that_fit_nowhere_are_refused),
        TEST(a_products_document_is_its_own),
        TEST(the_examples_are_whole_when_they_are_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
