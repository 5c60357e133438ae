/* Reading a policy: what it comes to, what is refused and where, and what a newer policy may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/make_policy.h"

typedef struct sample {
    cs_policy *policy;
    cs_texts *texts;
} sample;

static sample parse_sample(void)
{
    sample s;
    char *json = make_fixture("sample.json");
    make_policy(json, &s.policy, &s.texts);
    free(json);
    return s;
}

/* The sample with one place changed. */
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
    assert_int_equal(make_live_blocks(), 0);
}

static const cs_purpose *purpose(const sample *s, const char *id)
{
    const cs_purpose *found = cs_policy_purpose(s->policy, cs_str_of(id));
    assert_non_null(found);
    return found;
}

static const char *text(const sample *s, cs_text one, const char *locale)
{
    return cs_texts_get(s->texts, one, locale);
}

/* ---- what is read ------------------------------------------------------------------------- */

static void a_policy_is_read_with_all_that_it_says(void **state)
{
    (void)state;
    sample s = parse_sample();
    const cs_policy *p = s.policy;
    assert_string_equal(p->id, "platform");
    assert_string_equal(p->scope, "platform");
    assert_string_equal(p->region, "CN");
    assert_int_equal(p->version, 3);
    assert_int_equal(p->revision, 2);
    assert_int_equal(p->effective_ms - p->published_ms, 14 * CS_DAY_MS);
    assert_true(p->valid_until_ms > p->effective_ms);
    assert_int_equal(p->locale_count, 2);
    assert_string_equal(p->locales[1], "en");
    assert_string_equal(p->controller_id, "acme");
    assert_true(p->controller_bound);
    assert_int_equal(p->contact_count, 2);
    assert_string_equal(p->contacts[0].kind, "hotline");
    assert_string_equal(text(&s, p->contacts[0].value, "en"), "400-000-0000");
    assert_string_equal(text(&s, p->accept_label, "zh-CN"), "同意");
    assert_string_equal(text(&s, p->change_summary, "en"), "Recommendations are new");
    assert_int_equal(p->declared_changes, CS_CHANGE_MODE | CS_CHANGE_IMPACT);
    assert_int_equal(p->minors.child_under, 14);
    assert_int_equal(p->minors.guardian_under, 18);
    assert_string_equal(p->minors.rules_id, "child-rules");
    assert_int_equal(p->minors.rules_version, 2);
    assert_true(p->visitor_allowed && p->import_allowed && !p->fetch_before_consent && p->must_reach_end &&
                !p->closing);
    assert_int_equal(p->document_count, 2);
    assert_string_equal(p->documents[1].locale, "en");
    drop(&s);
}

/* C137 C167 C168 */
static void rights_keep_their_channels_kinds_term_and_calendar(void **state)
{
    (void)state;
    sample s = parse_sample();
    assert_int_equal(s.policy->rights_channel_count, 2);
    assert_string_equal(s.policy->rights_channels[0].kind, "app");
    assert_int_equal(s.policy->rights_channels[0].value, 0);
    assert_string_equal(text(&s, s.policy->rights_channels[1].value, "en"), "rights@example.com");
    assert_int_equal(s.policy->rights_kind_count, 3);
    assert_string_equal(s.policy->rights_kinds[2], "delete");
    assert_int_equal(s.policy->reply_working_days, 15);
    assert_int_equal(s.policy->holiday_count, 2);
    assert_int_equal(s.policy->holidays[1].day, 2);
    assert_int_equal(s.policy->makeup_day_count, 1);
    assert_int_equal(s.policy->makeup_days[0].month, 9);
    drop(&s);
}

static void functions_data_recipients_and_permissions_are_found_by_name(void **state)
{
    (void)state;
    sample s = parse_sample();
    const cs_function *function = cs_policy_function_of(s.policy, purpose(&s, "recommend"));
    assert_string_equal(function->id, "extras");
    assert_true(function->kind == CS_FUNCTION_ADDITIONAL && function->needs_age && function->needs_login);
    assert_int_equal(cs_policy_data(s.policy, CS_STR("account"))->sensitive, CS_SENSITIVE_FINANCIAL);
    assert_true(cs_policy_data(s.policy, CS_STR("name"))->identity);
    const cs_recipient *maps = cs_policy_recipient(s.policy, CS_STR("maps"));
    assert_int_equal(maps->role, CS_ROLE_SDK);
    assert_string_equal(maps->country, "SG");
    assert_string_equal(maps->sdk_version, "1.2");
    assert_string_equal(text(&s, maps->developer, "en"), "Maps Ltd");
    assert_null(maps->policy_url);
    const cs_permission *location = cs_policy_permission(s.policy, CS_STR("location"));
    assert_int_equal(location->platform_count, 2);
    assert_string_equal(location->platforms[1].platform, "ios");
    assert_int_equal(location->cooldown_ms, 96 * CS_HOUR_MS);
    const cs_call_site *site = cs_permission_call_site(location, CS_STR("choose-city"));
    assert_string_equal(s.policy->purposes[site->purpose].id, "city");
    assert_null(cs_permission_call_site(location, CS_STR("choose")));
    assert_null(cs_policy_purpose(s.policy, CS_STR("sear")));
    assert_null(cs_policy_purpose(s.policy, CS_STR("")));
    assert_null(cs_policy_data(s.policy, (cs_str){"name\0x", 6}));
    drop(&s);
}

/* C97 */
static void a_recipient_gets_the_purposes_data_or_the_part_that_is_named(void **state)
{
    (void)state;
    sample s = parse_sample();
    const cs_purpose *payment = purpose(&s, "payment");
    int account = cs_purpose_data_index(s.policy, payment, CS_STR("account"));
    int name = cs_purpose_data_index(s.policy, payment, CS_STR("name"));
    const cs_purpose_recipient *pay = cs_purpose_recipient_of(s.policy, payment, CS_STR("pay"));
    const cs_purpose_recipient *maps = cs_purpose_recipient_of(s.policy, payment, CS_STR("maps"));
    assert_true(cs_purpose_recipient_gets(pay, account) && cs_purpose_recipient_gets(pay, name));
    assert_true(!cs_purpose_recipient_gets(maps, account) && cs_purpose_recipient_gets(maps, name));
    assert_false(cs_purpose_recipient_gets(pay, -1) || cs_purpose_recipient_gets(NULL, 0));
    assert_int_equal(payment->data[name].need, CS_NEED_CONDITIONAL);
    assert_string_equal(text(&s, payment->data[name].reason, "en"), "When named");
    assert_memory_equal(pay->method_digest, payment->method_digest, 8);
    assert_memory_not_equal(maps->method_digest, payment->method_digest, 8);
    assert_int_equal(cs_purpose_data_index(s.policy, payment, CS_STR("keyword")), -1);
    assert_null(cs_purpose_recipient_of(s.policy, purpose(&s, "search"), CS_STR("pay")));
    drop(&s);
}

/* C68: 48 h at least, the policy's longer, or never. */
static void cooldowns_lifetimes_and_retention_default_to_the_policys(void **state)
{
    (void)state;
    sample s = parse_sample();
    assert_int_equal(s.policy->cooldown_ms, 72 * CS_HOUR_MS);
    assert_int_equal(purpose(&s, "search")->cooldown_ms, 72 * CS_HOUR_MS);
    assert_int_equal(purpose(&s, "payment")->cooldown_ms, CS_NEVER_MS);
    assert_int_equal(purpose(&s, "city")->cooldown_ms, CS_COOLDOWN_FLOOR_MS);
    assert_true(purpose(&s, "city")->cooldown_raised && !purpose(&s, "search")->cooldown_raised);
    assert_int_equal(purpose(&s, "payment")->grant_lifetime_ms, 30 * CS_DAY_MS);
    assert_int_equal(purpose(&s, "payment")->refusal_lifetime_ms, 180 * CS_DAY_MS);
    assert_int_equal(purpose(&s, "search")->grant_lifetime_ms, 365 * CS_DAY_MS);
    assert_int_equal(purpose(&s, "payment")->retention.period_ms, 365 * CS_DAY_MS);
    assert_int_equal(purpose(&s, "payment")->retention.at_expiry, CS_AT_EXPIRY_DELETE);
    const cs_purpose *search = purpose(&s, "search");
    assert_string_equal(text(&s, search->retention.criterion, "en"), "while the service runs");
    assert_int_equal(search->retention.at_expiry, CS_AT_EXPIRY_ANONYMISE);
    assert_memory_not_equal(search->criterion_digest, purpose(&s, "payment")->criterion_digest, 8);
    drop(&s);
    s = parse_changed("\"cooldown\": \"72h\", ", "");
    assert_int_equal(s.policy->cooldown_ms, CS_COOLDOWN_FLOOR_MS);
    drop(&s);
}

static void a_missing_translation_falls_back_to_the_first_locale(void **state)
{
    (void)state;
    sample s = parse_sample();
    cs_text mail = s.policy->contacts[1].value;
    assert_string_equal(text(&s, mail, "en"), "privacy@example.com");
    assert_false(cs_texts_has(s.texts, mail, "en"));
    assert_true(cs_texts_has(s.texts, mail, "zh-CN"));
    assert_string_equal(text(&s, s.policy->name, "fr"), "样例政策");
    assert_string_equal(text(&s, s.policy->name, NULL), "样例政策");
    assert_string_equal(text(&s, 0, "en"), "");
    assert_string_equal(text(&s, 60000, "en"), "");
    drop(&s);
}

/* decisions.md rule 10: accepting the policy cannot cover what the service does not need. */
static void policy_form_of_an_additional_function_reads_as_own(void **state)
{
    (void)state;
    sample s = parse_sample();
    assert_int_equal(cs_purpose_effective_form(s.policy, purpose(&s, "search")), CS_FORM_POLICY);
    assert_int_equal(cs_purpose_effective_form(s.policy, purpose(&s, "city")), CS_FORM_OWN);
    assert_int_equal(cs_purpose_effective_form(s.policy, purpose(&s, "payment")), CS_FORM_SEPARATE);
    drop(&s);
}

static void versions_are_ordered_by_version_then_revision(void **state)
{
    (void)state;
    cs_policy a = {.version = 2, .revision = 9};
    cs_policy b = {.version = 3, .revision = 0};
    cs_policy c = {.version = 3, .revision = 1};
    assert_true(cs_policy_compare_version(&a, &b) < 0);
    assert_true(cs_policy_compare_version(&c, &b) > 0);
    assert_int_equal(cs_policy_compare_version(&b, &b), 0);
}

/* ---- newer policies ----------------------------------------------------------------------- */

static void what_this_engine_does_not_know_undeclares_one_purpose_and_no_more(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"kind\": \"collect\", \"form\": \"policy\"", "\"kind\": \"teleport\", \"form\": \"policy\""},
        {"\"kind\": \"collect\", \"form\": \"policy\"", "\"kind\": \"collect\", \"form\": \"telepathic\""},
        {"\"kind\": \"collect\", \"form\": \"policy\"",
         "\"kind\": \"collect\", \"form\": \"policy\", \"ground\": \"whim\""},
        {"\"kind\": \"collect\", \"form\": \"policy\"",
         "\"kind\": \"collect\", \"form\": \"policy\", \"channel\": \"pigeon\""},
        {"\"data\": [\"keyword\"]", "\"data\": [{\"id\": \"keyword\", \"need\": \"maybe\"}]"}};
    for (size_t i = 0; i < CS_COUNT_OF(changes); i++) {
        sample s = parse_changed(changes[i][0], changes[i][1]);
        assert_true(purpose(&s, "search")->undeclared);
        assert_false(purpose(&s, "payment")->undeclared);
        drop(&s);
    }
}

/* decisions.md section 3: PIPL 13's exemptions carry none of these. */
static void an_exemption_on_what_needs_consent_undeclares_the_purpose(void **state)
{
    (void)state;
    static const char *const kinds[] = {"market", "automate", "combine", "publish", "obtain", "launch"};
    for (size_t i = 0; i < CS_COUNT_OF(kinds); i++) {
        char replacement[96];
        (void)snprintf(replacement, sizeof(replacement), "\"kind\": \"%s\", \"ground\": \"contract\"", kinds[i]);
        sample s = parse_changed("\"kind\": \"store\", \"ground\": \"legal_duty\"", replacement);
        assert_true(purpose(&s, "duty")->undeclared);
        drop(&s);
    }
    sample s = parse_sample();
    assert_false(purpose(&s, "duty")->undeclared);
    assert_int_equal(purpose(&s, "duty")->ground, CONSENT_GROUND_LEGAL_DUTY);
    drop(&s);
}

static void unknown_words_elsewhere_are_taken_as_the_strictest(void **state)
{
    (void)state;
    sample s = parse_changed("\"sensitive\": \"financial\"", "\"sensitive\": \"gait\"");
    assert_int_equal(cs_policy_data(s.policy, CS_STR("account"))->sensitive, CS_SENSITIVE_OTHER);
    drop(&s);
    s = parse_changed("\"role\": \"sdk\"", "\"role\": \"robot\"");
    assert_int_equal(cs_policy_recipient(s.policy, CS_STR("maps"))->role, CS_ROLE_OTHER);
    drop(&s);
    s = parse_changed("\"kinds\": [\"mode\", \"impact\"]", "\"kinds\": [\"weather\"]");
    assert_int_equal(s.policy->declared_changes, CS_CHANGE_MODE);
    drop(&s);
}

static void unknown_members_are_ignored(void **state)
{
    (void)state;
    sample s = parse_changed("\"schema\": 1,", "\"schema\": 1, \"weather\": {\"zh-CN\": 1},");
    assert_int_equal(s.policy->purpose_count, 5);
    drop(&s);
}

/* ---- what is refused ---------------------------------------------------------------------- */

typedef struct bad_change {
    const char *find;
    const char *replacement;
    const char *says;
} bad_change;

static consent_status parse_bad(const char *json, bool draft, consent_error *err)
{
    sample s;
    consent_status status =
        cs_policy_parse(make_memory(), cs_str_of(json), "policy.json", draft, &s.policy, &s.texts, err);
    if (status == CONSENT_OK)
        drop(&s);
    else
        assert_true(!s.policy && !s.texts);
    assert_int_equal(make_live_blocks(), 0);
    return status;
}

static void expect_refusals(const bad_change *changes, size_t count, consent_status expected)
{
    char *json = make_fixture("sample.json");
    for (size_t i = 0; i < count; i++) {
        consent_error err = {0};
        char *changed = make_replaced(json, changes[i].find, changes[i].replacement);
        assert_int_equal(parse_bad(changed, true, &err), expected);
        if (!strstr(err.message, changes[i].says) || strchr(err.message, '\n'))
            fail_msg("the message was: %s\nwithout: %s", err.message, changes[i].says);
        free(changed);
    }
    free(json);
}

static void a_malformed_head_is_refused_where_it_stands(void **state)
{
    (void)state;
    static const bad_change changes[] = {
        {"\"id\": \"platform\"", "\"id\": \"Platform\"", "policy.json: id: an identifier is"},
        {"\"version\": 3", "\"version\": 0", "policy.json: version: 0 is outside"},
        {"\"version\": 3, ", "", "policy.json: version: "},
        {"\"revision\": 2", "\"revision\": -1", "policy.json: revision: "},
        {"\"scope\": \"platform\"", "\"scope\": 1", "policy.json: scope: a string was expected"},
        {"\"published\": \"2026-03-01T", "\"published\": \"2026-03-31T",
         "policy.json: effective: the policy would take effect before"},
        {"2026-03-15T00:00:00+08:00", "2026-02-29T00:00:00+08:00", "policy.json: effective: an instant was expected"},
        {"2028-03-01T", "2026-03-02T", "policy.json: valid_until: the policy would end before"},
        {"[\"zh-CN\", \"en\"]", "[\"zh-CN\", \"zh-CN\"]", "policy.json: locales[1]: zh-CN stands there twice"},
        {"[\"zh-CN\", \"en\"]", "[\"zh_CN\", \"en\"]", "policy.json: locales[0]: a locale was expected"},
        {"[\"zh-CN\", \"en\"]", "[]", "policy.json: locales: 1 to 8 locales"},
        {"[\"zh-CN\", \"en\"]", "[\"a1\"]", "policy.json: locales[0]: a locale was expected"},
        {"\"zh-CN\": \"样例政策\", ", "", "policy.json: name: the text is missing in zh-CN"},
        {"\"en\": \"Sample policy\"", "\"fr\": \"x\"", "policy.json: name.fr: this locale is not in `locales`"},
        {"\"Sample policy\"", "\"\"", "policy.json: name.en: the text is empty"},
        {"\"Sample policy\"", "\"a\\u001b[2J\"", "policy.json: name.en: the text holds a control character"},
        {"\"Sample policy\"", "7", "policy.json: name.en: a string was expected"},
        {"\"controller\": {\"id\": \"acme\", ", "\"controller\": {", "policy.json: controller.id: "},
        {"{\"kind\": \"hotline\", ", "{", "policy.json: controller.contacts[0].kind: "},
        {"\"region\": \"CN\"", "\"region\": \"China\"", "policy.json: region: a country was expected"},
        {"\"cooldown\": \"72h\"", "\"cooldown\": \"soon\"", "policy.json: cooldown: a duration was expected"},
        {"\"grant\": \"365d\"", "\"grant\": \"0d\"", "policy.json: lifetime.grant: a duration was expected"},
        {"\"at_expiry\": \"anonymise\"", "\"at_expiry\": \"sell\"", "policy.json: retention.at_expiry: "},
        {"\"guardian_under\": 18", "\"guardian_under\": 12",
         "policy.json: minors.guardian_under: 12 is below child_under"},
        {"\"child_under\": 14", "\"child_under\": 1400", "policy.json: minors.child_under: "},
        {"\"id\": \"child-rules\", ", "", "policy.json: minors.rules.id: "},
        {"\"offset\": \"+08:00\"", "\"offset\": \"+09:00\"", "policy.json: rights.calendar.offset: "},
        {"\"2026-10-02\"", "\"2026-10-32\"", "policy.json: rights.calendar.holidays[1]: a day was expected"},
        {"\"2026-10-02\"", "\"2026-10-01\"", "policy.json: rights.calendar.holidays[1]: days stand in their order"},
        {"\"copy\", ", "\"access\", ", "policy.json: rights.kinds[1]: access stands there twice"},
        {"\"reply_working_days\": 15", "\"reply_working_days\": 0", "policy.json: rights.reply_working_days: "},
        {"\"impact\"]", "\"weather\"]", "policy.json: change.kinds[1]: no such kind of change"},
        {"{\"state\": \"running\"}", "{\"state\": \"gone\"}", "policy.json: service.state: "},
        {"{\"state\": \"running\"}", "{\"state\": \"closing\"}", "policy.json: service.notice: "},
        {"{\"state\": \"running\"}",
         "{\"state\": \"closing\", \"notice\": \"2026-05-01T00:00:00Z\", \"end\": \"2026-04-01T00:00:00Z\"}",
         "policy.json: service.end: the service would end before its notice"},
        {"\"import\": true", "\"import\": true, \"sealing_key\": \"AAAA\"", "policy.json: sealing_key: "},
        {"\"import\": true", "\"import\": \"yes\"", "policy.json: import: true or false was expected"},
        {"\"import\": true", "\"documents\": {\"en\": \"00\"}", "policy.json: documents.en: a SHA-256 was expected"},
        {"\"import\": true", "\"documents\": {}", "policy.json: documents: the document is missing in zh-CN"},
        {"\"schema\": 1,", "\"schema\": 1, \"schema\": 1,", "policy.json"},
        {"\"schema\": 1,", "\"schema\": 1.5,", "policy.json"}};
    expect_refusals(changes, CS_COUNT_OF(changes), CONSENT_E_ARGUMENT);
}

static void a_malformed_list_entry_is_refused_where_it_stands(void **state)
{
    (void)state;
    static const bad_change changes[] = {
        {"\"id\": \"extras\", \"kind\"", "\"id\": \"browse\", \"kind\"",
         "policy.json: functions: browse stands there twice"},
        {"\"kind\": \"basic\"", "\"kind\": \"vital\"", "policy.json: functions[0].kind: \"basic\" or \"additional\""},
        {"{\"id\": \"keyword\", \"name\": {\"zh-CN\": \"搜索词\", \"en\": \"Search words\"}}", "\"keyword\"",
         "policy.json: data[0]: an object was expected here, not a string"},
        {"\"sensitive\": \"financial\"", "\"sensitive\": \"fnancial\"", "policy.json: data[2].sensitive: no such kind"},
        {"\"role\": \"payment\"", "\"role\": \"paymnt\"", "policy.json: recipients[0].role: no such role"},
        {"\"https://pay", "\"http://pay",
         "policy.json: recipients[0].policy_url: an address that begins with https://"},
        {"\"country\": \"SG\"", "\"country\": \"sg\"", "policy.json: recipients[1].country: a country was expected"},
        {"\"sdk_version\": \"1.2\"", "\"sdk_version\": \"\"", "policy.json: recipients[1].sdk_version: "},
        {"[\"android.permission.ACCESS_COARSE_LOCATION\"]", "[]",
         "policy.json: permissions[0].platforms.android: 1 to 16"},
        {"\"purpose\": \"city\"", "\"purpose\": \"town\"",
         "policy.json: permissions[0].call_sites[0].purpose: no purpose town"},
        {"\"id\": \"payment\", \"function\"", "\"id\": \"search\", \"function\"",
         "policy.json: purposes: search stands there twice"},
        {"\"function\": \"extras\"", "\"function\": \"extra\"",
         "policy.json: purposes[2].function: no function extra is declared"},
        {"\"kind\": \"share\", ", "", "policy.json: purposes[1].kind: "},
        {"\"form\": \"separate\", ", "", "policy.json: purposes[1].form: "},
        {"\"data\": [\"position\"]", "\"data\": [\"place\"]",
         "policy.json: purposes[2].data[0]: no data item place is declared"},
        {"\"data\": [\"position\"]", "\"data\": [\"position\", \"position\"]",
         "policy.json: purposes[2].data[1]: position stands there twice"},
        {"\"data\": [\"position\"]", "\"data\": [7]", "policy.json: purposes[2].data[0]: an identifier was expected"},
        {"\"recipients\": [\"pay\"", "\"recipients\": [\"bank\"",
         "policy.json: purposes[1].recipients[0]: no recipient bank is declared"},
        {"\"recipients\": [\"pay\"", "\"recipients\": [\"maps\"",
         "policy.json: purposes[1].recipients[1]: maps stands there twice"},
        {"\"data\": [\"name\"]}]", "\"data\": [\"position\"]}]",
         "policy.json: purposes[1].recipients[1].data[0]: position is not among the purpose's data"},
        {"\"data\": [\"name\"]}]", "\"data\": [\"name\", \"name\"]}]",
         "policy.json: purposes[1].recipients[1].data[1]: name stands there twice"},
        {"\"permissions\": [\"location\"]", "\"permissions\": [\"camera\"]",
         "policy.json: purposes[2].permissions[0]: no permission camera is declared"},
        {"{\"period\": \"365d\"}", "{}", "policy.json: purposes[1].retention: either a `period` or a `criterion`"},
        {"{\"period\": \"365d\"}", "{\"period\": \"365d\", \"criterion\": {\"zh-CN\": \"x\"}}",
         "policy.json: purposes[1].retention: either"},
        {"\"section\": \"collecting\"", "\"section\": \"一\"", "policy.json: purposes[0].section: an identifier is"},
        {"\"automated\": true", "\"automated\": 1", "policy.json: purposes[3].automated: true or false"}};
    expect_refusals(changes, CS_COUNT_OF(changes), CONSENT_E_ARGUMENT);
}

static void a_newer_schema_and_an_unknown_critical_member_are_unsupported(void **state)
{
    (void)state;
    static const bad_change changes[] = {
        {"\"schema\": 1", "\"schema\": 2", "policy.json: schema: written in a newer schema than 1"},
        {"\"crit\": []", "\"crit\": [\"weather\"]", "policy.json: crit[0]: this member must be understood"}};
    expect_refusals(changes, CS_COUNT_OF(changes), CONSENT_E_UNSUPPORTED);
}

static void only_a_draft_may_lack_documents_and_names(void **state)
{
    (void)state;
    consent_error err = {0};
    char *json = make_fixture("sample.json");
    assert_int_equal(parse_bad(json, true, NULL), CONSENT_OK);
    assert_int_equal(parse_bad(json, false, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "documents"));
    char *nameless = make_replaced(json, "\"name\": {\"zh-CN\": \"支付甲\", \"en\": \"Pay A\"}, ", "");
    assert_int_equal(parse_bad(nameless, true, NULL), CONSENT_OK);
    assert_int_equal(parse_bad(nameless, false, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "recipients[0].name"));
    free(nameless);
    free(json);
}

static void more_entries_than_allowed_are_refused(void **state)
{
    (void)state;
    consent_error err = {0};
    cs_buffer data;
    cs_buffer_init(&data, make_memory(), CS_POLICY_MAX_BYTES);
    cs_buffer_text(&data, "\"data\": [");
    for (int i = 0; i <= (int)CS_POLICY_MAX_LIST; i++)
        cs_buffer_printf(&data, "{\"id\": \"d%d\"},", i);
    cs_buffer_u8(&data, 0);
    char *json = make_fixture("sample.json");
    char *changed = make_replaced(json, "\"data\": [", (const char *)data.data);
    cs_buffer_free(&data);
    assert_int_equal(parse_bad(changed, true, &err), CONSENT_E_ARGUMENT);
    assert_non_null(strstr(err.message, "policy.json: data: 1029 entries are more than the 1024"));
    free(changed);
    free(json);
}

static void each_of_sixty_four_data_items_may_go_to_a_recipient(void **state)
{
    (void)state;
    cs_buffer all, some;
    cs_buffer_init(&all, make_memory(), CS_POLICY_MAX_BYTES);
    cs_buffer_init(&some, make_memory(), CS_POLICY_MAX_BYTES);
    for (int i = 0; i < 62; i++) {
        cs_buffer_printf(&all, "{\"id\": \"d%d\", \"name\": {\"zh-CN\": \"x\"}},", i);
        cs_buffer_printf(&some, "\"d%d\",", i);
    }
    cs_buffer_u8(&all, 0);
    cs_buffer_u8(&some, 0);
    char *json = make_fixture("sample.json");
    char list[8192], use[8192];
    (void)snprintf(list, sizeof(list), "\"data\": [%s", (const char *)all.data);
    (void)snprintf(use, sizeof(use), "\"data\": [%s\"account\",", (const char *)some.data);
    char *declared = make_replaced(json, "\"data\": [", list);
    char *used = make_replaced(declared, "\"data\": [\"account\",", use);
    sample s;
    make_policy(used, &s.policy, &s.texts);
    assert_int_equal(purpose(&s, "payment")->data_count, CS_PURPOSE_MAX_DATA);
    assert_true(cs_purpose_recipient_of(s.policy, purpose(&s, "payment"), CS_STR("pay"))->data_mask == UINT64_MAX);
    free(used);
    free(declared);
    free(json);
    cs_buffer_free(&all);
    cs_buffer_free(&some);
    drop(&s);
}

static void no_memory_at_any_point_is_said_and_leaks_nothing(void **state)
{
    (void)state;
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    char *json = make_fixture("sample.json");
    make_payload(json, &payload);
    cs_str source = {(const char *)payload.data, payload.size};
    consent_status status = CONSENT_E_MEMORY;
    size_t points = 0;
    for (; status != CONSENT_OK; points++) {
        sample s;
        make_memory_fail_after(points);
        status = cs_policy_parse(make_memory(), source, "the policy", false, &s.policy, &s.texts, NULL);
        make_memory_fail_after(SIZE_MAX);
        assert_true(status == CONSENT_OK || status == CONSENT_E_MEMORY);
        cs_policy_free(s.policy);
        cs_texts_free(s.texts);
        assert_int_equal(make_live_blocks(), 1);
    }
    assert_true(points > 10);
    cs_buffer_free(&payload);
    free(json);
}

/* ---- what a policy cannot have by listing it ------------------------------------------------ */

static uint64_t given_to(const sample *s, const char *recipient)
{
    const cs_purpose_recipient *to = cs_purpose_recipient_of(s->policy, purpose(s, "payment"), cs_str_of(recipient));
    assert_non_null(to);
    return to->data_mask;
}

#define FORM_IS(what) "\"kind\": \"share\", \"" what "\""

/* The payment's data are the account (sensitive) and the name (identity): bits 0 and 1; maps is abroad and gets the name. */
/* C85 C99 C105 C106 C114 */
static void a_recipient_gets_what_its_purpose_can_give_it(void **state)
{
    static const char separate[] = FORM_IS("form\": \"separate");
    static const struct {
        const char *find, *replacement, *recipient;
        uint64_t gets;
    } cases[] = {
        {separate, separate, "pay", 3},
        {separate, separate, "maps", 2},
        {"\"role\": \"payment\"", "\"role\": \"advertising\"", "pay", 1},
        {"\"role\": \"sdk\"", "\"role\": \"analytics\"", "maps", 2},
        {separate, FORM_IS("form\": \"written"), "maps", 2},
        {separate, FORM_IS("form\": \"once"), "maps", 2},
        {separate, FORM_IS("form\": \"own"), "maps", 0},
        {separate, FORM_IS("form\": \"own"), "pay", 2},
        {separate, FORM_IS("ground\": \"legal_duty"), "maps", 0},
        {separate, FORM_IS("ground\": \"legal_duty"), "pay", 3},
    };
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        sample s = parse_changed(cases[i].find, cases[i].replacement);
        if (given_to(&s, cases[i].recipient) != cases[i].gets)
            fail_msg("case %zu: got %u", i, (unsigned)given_to(&s, cases[i].recipient));
        drop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_read_with_all_that_it_says),
        cmocka_unit_test(a_recipient_gets_what_its_purpose_can_give_it),
        cmocka_unit_test(rights_keep_their_channels_kinds_term_and_calendar),
        cmocka_unit_test(functions_data_recipients_and_permissions_are_found_by_name),
        cmocka_unit_test(a_recipient_gets_the_purposes_data_or_the_part_that_is_named),
        cmocka_unit_test(cooldowns_lifetimes_and_retention_default_to_the_policys),
        cmocka_unit_test(a_missing_translation_falls_back_to_the_first_locale),
        cmocka_unit_test(policy_form_of_an_additional_function_reads_as_own),
        cmocka_unit_test(versions_are_ordered_by_version_then_revision),
        cmocka_unit_test(what_this_engine_does_not_know_undeclares_one_purpose_and_no_more),
        cmocka_unit_test(an_exemption_on_what_needs_consent_undeclares_the_purpose),
        cmocka_unit_test(unknown_words_elsewhere_are_taken_as_the_strictest),
        cmocka_unit_test(unknown_members_are_ignored),
        cmocka_unit_test(a_malformed_head_is_refused_where_it_stands),
        cmocka_unit_test(a_malformed_list_entry_is_refused_where_it_stands),
        cmocka_unit_test(a_newer_schema_and_an_unknown_critical_member_are_unsupported),
        cmocka_unit_test(only_a_draft_may_lack_documents_and_names),
        cmocka_unit_test(more_entries_than_allowed_are_refused),
        cmocka_unit_test(each_of_sixty_four_data_items_may_go_to_a_recipient),
        cmocka_unit_test(no_memory_at_any_point_is_said_and_leaks_nothing),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
