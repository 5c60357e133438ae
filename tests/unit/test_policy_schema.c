/* docs/policy.schema.json and docs/document.schema.json say what the parsers read: no less, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/make_policy.h"
#include "support/schema.h"

static bool fits(const char *schema_name, const char *json, char message[SCHEMA_MESSAGE_SIZE])
{
    schema s;
    cs_json_doc doc;
    consent_error err;
    schema_open(&s, schema_name);
    if (cs_json_parse(&doc, cs_str_of(json), CS_POLICY_MAX_BYTES, "the test's text", &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    bool result = schema_fits(&s, doc.root, message);
    cs_json_free(&doc);
    schema_close(&s);
    return result;
}

static void expect_fit(const char *schema_name, const char *json)
{
    char message[SCHEMA_MESSAGE_SIZE];
    if (!fits(schema_name, json, message))
        fail_msg("%s: %s", schema_name, message);
}

static char *read_project_file(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", CONSENT_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = calloc(1, CS_POLICY_MAX_BYTES + 1);
    assert_non_null(text);
    (void)fread(text, 1, CS_POLICY_MAX_BYTES, file);
    (void)fclose(file);
    return text;
}

static void the_sample_and_the_example_policy_are_as_the_schema_says(void **state)
{
    (void)state;
    char *json = make_fixture("sample.json");
    expect_fit("policy.schema.json", json);
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    make_payload(json, &payload);
    cs_buffer_u8(&payload, 0);
    expect_fit("policy.schema.json", (const char *)payload.data);
    cs_buffer_free(&payload);
    free(json);
    json = read_project_file("examples/policy/platform/policy.json");
    assert_non_null(json);
    expect_fit("policy.schema.json", json);
    free(json);
}

static void a_document_is_as_its_schema_says(void **state)
{
    (void)state;
    cs_buffer document;
    cs_buffer_init(&document, make_memory(), CS_DOCUMENT_MAX_BYTES);
    make_document("zh-CN", &document);
    cs_buffer_u8(&document, 0);
    expect_fit("document.schema.json", (const char *)document.data);
    expect_fit(
        "document.schema.json",
        "{\"schema\":1,\"locale\":\"en\",\"title\":\"T\",\"blocks\":[{\"t\":\"li\",\"depth\":1,\"marker\":\"1.\","
        "\"spans\":[{\"s\":\"x\",\"href\":\"mailto:a@example.com\"}]},{\"t\":\"tr\",\"head\":true,\"cells\":[[],[{"
        "\"s\":"
        "\"x\"}]]}]}");
    cs_buffer_free(&document);
}

static void every_member_is_described(void **state)
{
    (void)state;
    static const char *const names[] = {"policy.schema.json", "document.schema.json"};
    for (size_t i = 0; i < CS_COUNT_OF(names); i++) {
        schema s;
        char message[SCHEMA_MESSAGE_SIZE];
        schema_open(&s, names[i]);
        if (!schema_describes_all(&s, message))
            fail_msg("%s: %s", names[i], message);
        schema_close(&s);
    }
}

/* What the parser refuses by its shape, the schema refuses too, so that an editor tells before the tool does. */
static void the_schema_refuses_what_the_parser_refuses_by_shape(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"schema\": 1", "\"schema\": 2"},
        {"\"id\": \"platform\"", "\"id\": \"Platform\""},
        {"\"version\": 3", "\"version\": 0"},
        {"\"version\": 3, ", ""},
        {"[\"zh-CN\", \"en\"]", "[]"},
        {"[\"zh-CN\", \"en\"]", "[\"zh_CN\"]"},
        {"\"Sample policy\"", "7"},
        {"\"Sample policy\"", "\"\""},
        {"\"region\": \"CN\"", "\"region\": \"China\""},
        {"\"cooldown\": \"72h\"", "\"cooldown\": \"soon\""},
        {"\"at_expiry\": \"anonymise\"", "\"at_expiry\": \"sell\""},
        {"\"kind\": \"basic\"", "\"kind\": \"vital\""},
        {"\"sensitive\": \"financial\"", "\"sensitive\": \"fnancial\""},
        {"\"role\": \"payment\"", "\"role\": \"paymnt\""},
        {"\"https://pay", "\"http://pay"},
        {"{\"period\": \"365d\"}", "{}"},
        {"{\"period\": \"365d\"}", "{\"period\": \"365d\", \"criterion\": {\"zh-CN\": \"x\"}}"},
        {"\"import\": true", "\"import\": true, \"sealing_key\": \"AAAA\""},
        {"\"import\": true", "\"import\": \"yes\""},
        {"\"offset\": \"+08:00\"", "\"offset\": \"+09:00\""},
        {"{\"state\": \"running\"}", "{\"state\": \"gone\"}"},
        {"[\"android.permission.ACCESS_COARSE_LOCATION\"]", "[]"},
        {"\"kind\": \"share\", ", ""},
        {"\"kind\": \"share\"", "\"kind\": \"teleport\""},
        {"\"import\": true", "\"imports\": true"}};
    char *json = make_fixture("sample.json");
    for (size_t i = 0; i < CS_COUNT_OF(changes); i++) {
        char message[SCHEMA_MESSAGE_SIZE];
        char *changed = make_replaced(json, changes[i][0], changes[i][1]);
        if (fits("policy.schema.json", changed, message))
            fail_msg("the schema accepts %s", changes[i][1]);
        free(changed);
    }
    free(json);
}

static const cs_json *words_of(const schema *s, const char *type, const char *member)
{
    const cs_json *rules = cs_json_get(cs_json_get(s->doc.root, "$defs"), type);
    return cs_json_get(cs_json_get(cs_json_get(rules, "properties"), member), "enum");
}

static bool lists(const cs_json *words, const char *word)
{
    for (const cs_json *one = cs_json_first(words); one; one = cs_json_next(one))
        if (cs_str_is(cs_json_str(one), word))
            return true;
    return false;
}

static void the_schema_lists_the_words_that_the_engine_knows(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *member;
        const char *(*name)(uint8_t);
        uint8_t last;
    } lists_of[] = {{"purpose", "kind", cs_purpose_kind_name, CS_KIND_DECLARE},
                    {"purpose", "form", cs_consent_form_name, CS_FORM_ONCE},
                    {"recipient", "role", cs_role_name, CS_ROLE_OTHER},
                    {"data_item", "sensitive", cs_sensitive_name, CS_SENSITIVE_OTHER}};
    schema s;
    schema_open(&s, "policy.schema.json");
    for (size_t i = 0; i < CS_COUNT_OF(lists_of); i++) {
        const cs_json *words = words_of(&s, lists_of[i].type, lists_of[i].member);
        assert_int_equal(cs_json_count(words), lists_of[i].last);
        for (uint8_t value = 1; value <= lists_of[i].last; value++)
            if (!lists(words, lists_of[i].name(value)))
                fail_msg("the schema does not list %s", lists_of[i].name(value));
    }
    schema_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_and_the_example_policy_are_as_the_schema_says),
        cmocka_unit_test(a_document_is_as_its_schema_says),
        cmocka_unit_test(every_member_is_described),
        cmocka_unit_test(the_schema_refuses_what_the_parser_refuses_by_shape),
        cmocka_unit_test(the_schema_lists_the_words_that_the_engine_knows),
    };
    return cmocka_run_group_tests_name("policy schema", tests, NULL, NULL);
}
