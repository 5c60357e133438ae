/* Any bytes as what a host says that a person did with a form: refused with a message, or events that the form allows. The
 * first byte picks the form; what follows is described at read_submission. Of forms that carry a notice of the host's own the
 * bytes are that notice, and the form is accepted. */
#include "form/form.h"
#include "fuzz.h"

#include <string.h>

#define START_MS INT64_C(1772330400000) /* 2026-03-01T10:00:00+08:00 */
#define MOST_ANSWERS 40u
#define CONTROL_BYTES 40u

bool fuzz_accepted;

static const char document_text[] =
    "{\"schema\":1,\"locale\":\"en\",\"title\":\"Policy\",\"blocks\":[{\"t\":\"p\",\"spans\":[{\"s\":\"We ask \"},"
    "{\"s\":\"first\",\"e\":2}]}]}";

static const struct {
    int32_t occasion;
    const char *purpose, *recipient, *permission, *call_site;
} kinds[] = {
    {CONSENT_OCCASION_FIRST_RUN, NULL, NULL, NULL, NULL},
    {CONSENT_OCCASION_OWN, "recommend", NULL, NULL, NULL},
    {CONSENT_OCCASION_SEPARATE, "pay", "bank-a", NULL, NULL},
    {CONSENT_OCCASION_ONCE, "gift", NULL, NULL, NULL},
    {CONSENT_OCCASION_SEPARATE, "survey", NULL, NULL, NULL},
    {CONSENT_OCCASION_PERMISSION, "nearby", NULL, "location", "choose-city"},
    {CONSENT_OCCASION_MANAGE, NULL, NULL, NULL, NULL},
    {CONSENT_OCCASION_AGE, NULL, NULL, NULL, NULL},
    {CONSENT_OCCASION_GUARDIAN, NULL, NULL, NULL, NULL},
    {CONSENT_OCCASION_FIELD, "pay", "bank-a", NULL, NULL},
    {CONSENT_OCCASION_AD_HOC, "pay", "bank-a", NULL, NULL},
    {CONSENT_OCCASION_NOTICE, NULL, NULL, NULL, NULL},
};

/* One policy, and two persons: one who was never asked, one who accepted. */
static struct {
    cs_policy *policy;
    cs_texts *texts;
    cs_document *document;
    cs_state states[2];
} fixed;

static void prepare(void)
{
    static const uint8_t stream[CS_STREAM_ID_SIZE] = {7}, session[CS_SESSION_ID_SIZE] = {1};
    static char text[65536];
    consent_error error = {0};
    if (fixed.policy)
        return;
    FILE *file = fopen(CONSENT_SOURCE_DIR "/tests/data/form-policy.json", "rb");
    fuzz_require(file != NULL);
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    const cs_memory *memory = cs_memory_system();
    fuzz_require(cs_policy_parse(memory, (cs_str){text, size}, "the policy", true, &fixed.policy, &fixed.texts,
                                 &error) == CONSENT_OK);
    fuzz_require(cs_document_parse(memory, CS_STR(document_text), "the document", &fixed.document, &error) ==
                 CONSENT_OK);
    cs_state_init(&fixed.states[0], memory);
    cs_state_init(&fixed.states[1], memory);
    const cs_event accepted = {.type = CS_EVENT_POLICY_ACCEPTED,
                               .seq = 1,
                               .time_ms = START_MS - CS_DAY_MS,
                               .session_id = session,
                               .policy = {cs_str_of(fixed.policy->id), 1, 0, fixed.policy->hash}};
    fuzz_require(cs_state_apply(&fixed.states[1], stream, true, &accepted, 0, &error) == CONSENT_OK);
}

/* The form, which is NULL only when the policy has nothing of that kind to ask, or the notice was refused. */
static cs_form *build(size_t kind, cs_str notice)
{
    cs_form *form = NULL;
    consent_error error = {0};
    const cs_policy *list[] = {fixed.policy};
    const cs_policy_set set = {list, 1};
    const cs_now now = {.now_ms = START_MS, .session = {2}};
    const cs_form_input input = {
        .memory = cs_memory_system(),
        .policies = &set,
        .policy = fixed.policy,
        .texts = fixed.texts,
        .document = fixed.document,
        .state = &fixed.states[kinds[kind].occasion != CONSENT_OCCASION_FIRST_RUN],
        .now = &now,
        .platform = "android",
        .occasion = kinds[kind].occasion,
        .query = {.purpose = cs_str_of(kinds[kind].purpose),
                  .recipient = cs_str_of(kinds[kind].recipient),
                  .permission = cs_str_of(kinds[kind].permission),
                  .call_site = cs_str_of(kinds[kind].call_site)},
        .locale = "en",
        .user_initiated = true,
        .notice = notice,
    };
    consent_status status = cs_form_build(&input, &form, &error);
    fuzz_require_reason(status, error);
    fuzz_require((status == CONSENT_OK) == (form != NULL));
    if (form == NULL && kinds[kind].occasion <= CONSENT_OCCASION_MANAGE) {
        (void)fprintf(stderr, "form %zu: %s\n", kind, error.message);
        abort();
    }
    return form;
}

typedef struct said {
    consent_submission submission;
    consent_answer answers[MOST_ANSWERS];
    char controls[MOST_ANSWERS][CONTROL_BYTES];
    char surface[256], birth[32], reference[32];
    bool gives_result; /* of the system's prompt */
    int64_t shown_ms, now_ms;
} said;

/* One answer: a byte that picks one of the form's controls, or from 128 on says how many bytes spell another; flags; time. */
static void read_answer(fuzz_input *in, const cs_form *form, consent_answer *answer, char *control)
{
    size_t count = 0;
    const consent_form_part *parts = cs_form_parts(form, &count);
    uint8_t pick = fuzz_take(in);
    if (pick < 128) {
        size_t nth = pick;
        for (size_t i = 0; i < count; i++)
            if (parts[i].kind == CONSENT_PART_CHOICE && parts[i].control && nth-- == 0)
                answer->control = parts[i].control;
    } else if (pick != 255) {
        cs_span bytes = fuzz_take_span(in, (pick - 128u) % CONTROL_BYTES);
        if (bytes.size > 0)
            memcpy(control, bytes.data, bytes.size);
        answer->control = control;
    }
    uint8_t flags = fuzz_take(in);
    answer->on = flags & 1u;
    answer->initially_on = flags & 2u;
    answer->at_ms = flags & 4u ? START_MS + (int8_t)fuzz_take(in) * CS_DAY_MS * 512 : 0;
}

static const char *read_text(fuzz_input *in, char *out, size_t room)
{
    cs_span bytes = fuzz_take_span(in, fuzz_take(in) % room);
    if (bytes.size > 0)
        memcpy(out, bytes.data, bytes.size);
    return out;
}

/* action, method, flags (end reached, emphasis rendered, surface given, result instead, not shown, birth given, reference
 * given), half hours since, what the flags say is given, answers */
static void read_submission(fuzz_input *in, const cs_form *form, said *out)
{
    memset(out, 0, sizeof *out);
    out->submission.struct_size = sizeof out->submission;
    out->submission.action = (int8_t)fuzz_take(in);
    out->submission.method = (int8_t)fuzz_take(in);
    uint8_t flags = fuzz_take(in);
    out->submission.reached_end = flags & 1u;
    out->submission.emphasis_rendered = flags & 2u;
    out->gives_result = flags & 8u;
    out->now_ms = START_MS + fuzz_take(in) * CS_HOUR_MS / 2;
    out->shown_ms = flags & 16u ? 0 : out->now_ms;
    if (flags & 4u)
        out->submission.surface = read_text(in, out->surface, sizeof out->surface);
    if (flags & 32u)
        out->submission.birth = read_text(in, out->birth, sizeof out->birth);
    if (flags & 64u)
        out->submission.reference = read_text(in, out->reference, sizeof out->reference);
    out->submission.answers = out->answers;
    while (in->left > 0 && out->submission.answer_count < MOST_ANSWERS) {
        size_t i = out->submission.answer_count++;
        read_answer(in, form, &out->answers[i], out->controls[i]);
    }
}

static void accept_notice(said *out)
{
    memset(out, 0, sizeof *out);
    out->submission = (consent_submission){.struct_size = sizeof out->submission,
                                           .action = CONSENT_ACTION_ACCEPT,
                                           .reached_end = true,
                                           .emphasis_rendered = true};
    out->now_ms = out->shown_ms = START_MS + CS_HOUR_MS;
}

/* Promise 1: nothing is granted but by a person's act on a form that was shown. */
static void check_permissive(const said *what, const cs_form *form, const cs_event *event)
{
    fuzz_require(what->shown_ms > 0 && what->now_ms < cs_form_expires_ms(form));
    if (what->gives_result) {
        fuzz_require(what->submission.method == CONSENT_OS_GRANTED);
        return;
    }
    fuzz_require(what->submission.action == CONSENT_ACTION_ACCEPT || what->submission.action == CONSENT_ACTION_SAVE);
    bool preticked = false, ticked = false;
    for (size_t i = 0; i < what->submission.answer_count; i++) {
        preticked = preticked || (what->answers[i].initially_on && what->submission.action == CONSENT_ACTION_ACCEPT);
        ticked = ticked || what->answers[i].on;
    }
    fuzz_require(!preticked);
    if (event->type == CS_EVENT_POLICY_ACCEPTED)
        fuzz_require(ticked && what->submission.emphasis_rendered);
}

static void check_events(const said *what, const cs_form *form, const cs_event *events, size_t count)
{
    cs_buffer bytes;
    cs_event back;
    consent_error error = {0};
    fuzz_require(count <= CS_FORM_MAX_EVENTS);
    for (size_t i = 0; i < count; i++) {
        cs_event event = events[i];
        event.seq = i + 1;
        event.time_ms = what->now_ms;
        if (event.type == CS_EVENT_GRANTED || event.type == CS_EVENT_POLICY_ACCEPTED)
            check_permissive(what, form, &event);
        cs_buffer_init(&bytes, cs_memory_system(), CS_EVENT_MAX_SIZE);
        cs_event_encode(&event, &bytes);
        fuzz_require(!bytes.failed);
        fuzz_require(cs_event_decode(cs_buffer_span(&bytes), &back, &error) == CONSENT_OK);
        cs_buffer_free(&bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static said what;
    fuzz_input in = {data, size};
    const cs_event *events = NULL;
    size_t count = 0;
    bool restrictive = false;
    consent_error error = {0};
    prepare();
    size_t kind = fuzz_take(&in) % CS_COUNT_OF(kinds);
    bool has_notice =
        kinds[kind].occasion == CONSENT_OCCASION_AD_HOC || kinds[kind].occasion == CONSENT_OCCASION_NOTICE;
    cs_form *form = build(kind, has_notice ? (cs_str){(const char *)in.at, in.left} : (cs_str){NULL, 0});
    fuzz_accepted = false;
    if (form == NULL)
        return 0;
    if (has_notice)
        accept_notice(&what);
    else
        read_submission(&in, form, &what);
    consent_status status =
        what.gives_result
            ? cs_form_permission_result(form, (consent_os_state)what.submission.method, what.shown_ms, what.now_ms,
                                        &events, &count, &error)
            : cs_form_submit(form, &what.submission, what.shown_ms, what.now_ms, &events, &count, &restrictive, &error);
    fuzz_require_reason(status, error);
    fuzz_require(status == CONSENT_OK || count == 0);
    fuzz_accepted = status == CONSENT_OK && count > 0;
    if (fuzz_accepted)
        check_events(&what, form, events, count);
    cs_form_free(form);
    return 0;
}
