#include "support/form_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t stream[CS_STREAM_ID_SIZE] = {7};
static const uint8_t session[CS_SESSION_ID_SIZE] = {1};

#define DOCUMENT(locale, title, plain, bold, underlined)                                                               \
    "{\"schema\":1,\"locale\":\"" locale "\",\"title\":\"" title "\",\"blocks\":["                                     \
    "{\"t\":\"h\",\"level\":2,\"id\":\"scope\",\"spans\":[{\"s\":\"" plain "\"}]},"                                    \
    "{\"t\":\"p\",\"spans\":[{\"s\":\"" plain "\"},{\"s\":\"" bold "\",\"e\":1},{\"s\":\"" underlined "\",\"e\":2}]}," \
    "{\"t\":\"tr\",\"head\":true,\"cells\":[[{\"s\":\"A\"}],[{\"s\":\"B\"},{\"s\":\"C\"}]]}]}"

static const char *const documents[2] = {DOCUMENT("zh-CN", "隐私政策", "适用范围", "请注意", "行踪轨迹"),
                                         DOCUMENT("en", "Privacy policy", "Scope", "note", "whereabouts")};

static char text[65536];

static size_t read_policy(void)
{
    FILE *file = fopen(CONSENT_SOURCE_DIR "/tests/data/form-policy.json", "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return size;
}

static void parse(form_case *test, size_t size, cs_policy **policy, cs_texts **texts)
{
    consent_status status =
        cs_policy_parse(&test->env.memory, (cs_str){text, size}, "form-policy.json", true, policy, texts, &test->error);
    if (status != CONSENT_OK)
        fail_msg("%s", test->error.message);
}

void form_case_add_policy(form_case *test, const char *const *changes)
{
    static char changed[sizeof text];
    read_policy();
    for (; changes[0]; changes += 2) {
        char *at = strstr(text, changes[0]);
        if (!at)
            fail_msg("the policy does not have %s", changes[0]);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, changes[1], at + strlen(changes[0]));
        memcpy(text, changed, sizeof text);
    }
    parse(test, strlen(text), &test->other, &test->other_texts);
    test->list[1] = test->other;
    test->set.count = 2;
    test->input.policy = test->other;
    test->input.texts = test->other_texts;
}

static void load_policy(form_case *test)
{
    parse(test, read_policy(), &test->policy, &test->texts);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(cs_document_parse(&test->env.memory, cs_str_of(documents[i]), "document", &test->documents[i],
                                           &test->error),
                         CONSENT_OK);
}

void form_case_open(form_case *test)
{
    memset(test, 0, sizeof *test);
    world_init(&test->world);
    test->env = world_env(&test->world);
    load_policy(test);
    test->list[0] = test->policy;
    test->set = (cs_policy_set){test->list, 1};
    cs_state_init(&test->state, &test->env.memory);
    assert_true(cs_time_parse(CS_STR("2026-03-01T10:00:00+08:00"), &test->now.now_ms));
    memcpy(test->now.session, session, sizeof session);
    test->input = (cs_form_input){.memory = &test->env.memory,
                                  .policies = &test->set,
                                  .policy = test->policy,
                                  .texts = test->texts,
                                  .document = test->documents[1],
                                  .state = &test->state,
                                  .now = &test->now,
                                  .platform = "android",
                                  .locale = "en",
                                  .seen = 42};
}

void form_case_close(form_case *test)
{
    cs_form_free(test->form);
    cs_state_free(&test->state);
    for (size_t i = 0; i < 2; i++)
        cs_document_free(test->documents[i]);
    cs_texts_free(test->other_texts);
    cs_policy_free(test->other);
    cs_texts_free(test->texts);
    cs_policy_free(test->policy);
    size_t leaked = test->world.live_blocks;
    world_free(&test->world);
    assert_int_equal(leaked, 0);
}

consent_status form_case_build(form_case *test, int32_t occasion)
{
    cs_form_free(test->form);
    test->form = NULL;
    test->input.occasion = occasion;
    memset(&test->error, 0, sizeof test->error);
    return cs_form_build(&test->input, &test->form, &test->error);
}

consent_status form_case_ask(form_case *test, int32_t occasion, const char *purpose, const char *recipient)
{
    test->input.query = (cs_query){.purpose = cs_str_of(purpose), .recipient = cs_str_of(recipient)};
    return form_case_build(test, occasion);
}

consent_status form_case_submit(form_case *test, consent_action action, const consent_answer *answers, size_t count)
{
    int64_t shown_ms = test->now.now_ms + CS_MINUTE_MS;
    test->now.now_ms += CS_HOUR_MS;
    test->now.elapsed_ms += CS_HOUR_MS;
    consent_submission given = {.struct_size = sizeof given,
                                .action = (int32_t)action,
                                .answers = answers,
                                .answer_count = count,
                                .reached_end = true,
                                .emphasis_rendered = true,
                                .surface = "main"};
    memset(&test->error, 0, sizeof test->error);
    return cs_form_submit(test->form, &given, shown_ms, test->now.now_ms, &test->events, &test->count,
                          &test->restrictive, &test->error);
}

void form_case_record(form_case *test)
{
    for (size_t i = 0; i < test->count; i++) {
        cs_event event = test->events[i];
        event.seq = ++test->seq;
        event.time_ms = test->now.now_ms;
        event.elapsed_ms = test->now.elapsed_ms;
        event.session_id = session;
        assert_int_equal(cs_state_apply(&test->state, stream, true, &event, 0, &test->error), CONSENT_OK);
    }
}

void form_case_accept_policy(form_case *test)
{
    test->input.query = (cs_query){0};
    if (form_case_build(test, CONSENT_OCCASION_FIRST_RUN) != CONSENT_OK)
        fail_msg("%s", test->error.message);
    consent_answer tick = {.control = "tick", .on = true};
    if (form_case_submit(test, CONSENT_ACTION_ACCEPT, &tick, 1) != CONSENT_OK)
        fail_msg("%s", test->error.message);
    form_case_record(test);
}

cs_purpose *form_case_purpose(form_case *test, const char *id)
{
    const cs_purpose *purpose = cs_policy_purpose(test->policy, cs_str_of(id));
    assert_non_null(purpose);
    return (cs_purpose *)(uintptr_t)purpose;
}

void form_case_json(form_case *test, cs_json_doc *doc)
{
    cs_buffer buffer;
    cs_json_out out;
    cs_buffer_init(&buffer, &test->env.memory, 1024u * 1024u);
    cs_json_out_init(&out, &buffer);
    cs_form_json(test->form, &out);
    assert_false(buffer.failed);
    consent_status status =
        cs_json_parse(doc, (cs_str){(const char *)buffer.data, buffer.size}, buffer.max_size, "form", &test->error);
    cs_buffer_free(&buffer);
    assert_int_equal(status, CONSENT_OK);
}

const char *form_case_field(const cs_json_doc *doc, const char *id)
{
    const cs_json *field = cs_json_first(cs_json_get(doc->root, "fields"));
    for (; field; field = cs_json_next(field))
        if (cs_str_is(cs_json_str(cs_json_get(field, "id")), id))
            return cs_json_str(cs_json_get(field, "value")).data;
    return NULL;
}
