/* Writes the fuzzers' seeds, corpus/<target>/made-*: real objects, as the library itself makes them over crypto_open.c.
 * Run it again after a format changed: fuzz_make_corpus tests/fuzz/corpus (and keep the old ones, which must be refused or
 * read as well). */
#include "crypto/envelope.h"
#include "crypto/jws.h"
#include "event/event.h"
#include "fuzz.h"
#include "ledger/frame.h"
#include "policy/bundle.h"
#include "policy/document.h"
#include "state/state.h"
#include "support/rig.h"
#include "wire/wire.h"

#include <string.h>

static const char *corpus;

static void save(const char *target, const char *name, cs_span first, cs_span second)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s/made-%s", corpus, target, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s could not be written: make its directory first\n", path);
        exit(1);
    }
    fuzz_require(fwrite(first.data, 1, first.size, file) == first.size);
    fuzz_require(second.size == 0 || fwrite(second.data, 1, second.size, file) == second.size);
    fuzz_require(fclose(file) == 0);
}

static cs_span text_span(const char *text)
{
    return (cs_span){(const uint8_t *)text, strlen(text)};
}

static void save_text(const char *target, const char *name, const char *text)
{
    save(target, name, text_span(text), (cs_span){0});
}

static void save_marked(const char *target, const char *name, uint8_t mark, cs_span bytes)
{
    save(target, name, (cs_span){&mark, 1}, bytes);
}

static cs_buffer new_buffer(void)
{
    cs_buffer buffer;
    cs_buffer_init(&buffer, cs_memory_system(), 8u << 20);
    return buffer;
}

/* ---- events and state ------------------------------------------------------------------------- */

static const uint8_t session[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t hash[32] = {0xA1};

static void each_event(void (*take)(void *user, const char *name, const cs_event *event), void *user)
{
    const cs_policy_ref policy = {CS_STR("platform"), 2, 1, hash};
    cs_event events[] = {
        {.type = CS_EVENT_POLICY_ACCEPTED,
         .policy = policy,
         .control = CS_STR("accept"),
         .notice_hash = hash,
         .emphasis_count = 3,
         .tick_initially_off = true,
         .ticked_at_ms = 1767225600000,
         .reached_end = true},
        {.type = CS_EVENT_GRANTED,
         .policy = policy,
         .overlay = {CS_STR("hotel"), 1, 0, hash},
         .purpose = CS_STR("pay"),
         .recipient = CS_STR("bank-a"),
         .data = {CS_STR("order"), CS_STR("payer")},
         .data_count = 2,
         .method = 1,
         .locale = CS_STR("zh-CN"),
         .surface = CS_STR("checkout"),
         .seen = 9},
        {.type = CS_EVENT_WITHDRAWN, .policy = policy, .purpose = CS_STR("pay"), .user_initiated = true},
        {.type = CS_EVENT_DENIED, .policy = policy, .purpose = CS_STR("pay"), .subject = 1},
        {.type = CS_EVENT_PERMISSION_RESULT,
         .policy = policy,
         .purpose = CS_STR("nearby"),
         .permission = CS_STR("location"),
         .call_site = CS_STR("choose-city"),
         .os_state = 2},
        {.type = CS_EVENT_AGE_DECLARED, .policy = policy, .birth = {2014, 2, 28}},
        {.type = CS_EVENT_AGE_SIGNALLED, .actor = CS_ACTOR_GUARDIAN, .age_band = 15, .reference = CS_STR("ref")},
        {.type = CS_EVENT_GUARDIAN_VERIFIED,
         .actor = CS_ACTOR_GUARDIAN,
         .policy = policy,
         .rules_id = CS_STR("child-rules"),
         .rules_version = 1},
        {.type = CS_EVENT_USAGE, .policy = policy, .purpose = CS_STR("browse"), .count = 12},
        {.type = CS_EVENT_RECOVERED, .detail = CS_STR("moved aside")},
    };
    for (size_t i = 0; i < CS_COUNT_OF(events); i++) {
        events[i].seq = i + 1;
        events[i].time_ms = INT64_C(1767225600000) + (int64_t)i * 1000;
        events[i].elapsed_ms = (int64_t)i * 1000;
        events[i].session_id = session;
        take(user, cs_event_type_name(events[i].type), &events[i]);
    }
}

static void save_event(void *user, const char *name, const cs_event *event)
{
    (void)user;
    cs_buffer bytes = new_buffer();
    cs_event_encode(event, &bytes);
    save("event", name, cs_buffer_span(&bytes), (cs_span){0});
    cs_buffer_free(&bytes);
}

static void apply_event(void *user, const char *name, const cs_event *event)
{
    static const uint8_t streams[2][CS_STREAM_ID_SIZE] = {{7}, {9}};
    consent_error error = {0};
    (void)name;
    fuzz_require(cs_state_apply(user, streams[0], true, event, 0, &error) == CONSENT_OK);
    fuzz_require(cs_state_apply(user, streams[1], false, event, event->seq, &error) == CONSENT_OK);
}

static void save_state(const char *name, const cs_state *state)
{
    cs_buffer bytes = new_buffer();
    cs_state_encode(state, &bytes);
    save("state", name, cs_buffer_span(&bytes), (cs_span){0});
    cs_buffer_free(&bytes);
}

static void make_events(void)
{
    cs_state state;
    cs_state_init(&state, cs_memory_system());
    each_event(save_event, NULL);
    save_state("empty", &state);
    each_event(apply_event, &state);
    save_state("two-devices", &state);
    cs_state_free(&state);
}

/* ---- policies --------------------------------------------------------------------------------- */

static const char document_text[] =
    "{\"schema\":1,\"locale\":\"%s\",\"title\":\"Policy\",\"blocks\":[{\"t\":\"h\",\"level\":1,\"id\":\"scope\","
    "\"spans\":[{\"s\":\"Scope\"}]},{\"t\":\"p\",\"spans\":[{\"s\":\"We ask \"},{\"s\":\"first\",\"e\":2},"
    "{\"s\":\"here\",\"e\":1,\"href\":\"https://example.com\"}]},{\"t\":\"li\",\"depth\":1,\"marker\":\"1.\","
    "\"spans\":[{\"s\":\"one\"}]},{\"t\":\"tr\",\"head\":true,\"cells\":[[{\"s\":\"A\"}],[{\"s\":\"B\"}]]}]}";

/* The policy in `path`, minified, naming a document for each of its locales; the documents themselves as lines. */
static void read_policy(const char *path, cs_buffer *payload, cs_buffer *documents)
{
    static char text[1 << 17];
    char name[1024], hex[2 * CS_HASH_SIZE + 1];
    uint8_t any[CS_HASH_SIZE];
    cs_json_doc doc;
    cs_json_out json;
    consent_error error = {0};
    (void)snprintf(name, sizeof name, "%s/tests/%s", CONSENT_SOURCE_DIR, path);
    FILE *file = fopen(name, "rb");
    fuzz_require(file != NULL);
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    fuzz_require(cs_json_parse(&doc, (cs_str){text, size}, sizeof text, path, &error) == CONSENT_OK);
    fuzz_require(cs_sha256(NULL, 0, any, &error) == CONSENT_OK);
    cs_hex_encode(any, sizeof any, hex);
    cs_json_out_init(&json, payload);
    cs_json_open_object(&json);
    for (const cs_json *item = cs_json_first(doc.root); item; item = cs_json_next(item)) {
        if (strcmp(cs_json_name(item), "documents") == 0)
            continue;
        cs_json_put_name(&json, cs_json_name(item));
        cs_json_put_value(&json, item);
    }
    cs_json_put_name(&json, "documents");
    cs_json_open_object(&json);
    for (const cs_json *item = cs_json_first(cs_json_get(doc.root, "locales")); item; item = cs_json_next(item)) {
        cs_json_member_text(&json, cs_json_str(item).data, hex);
        cs_buffer_printf(documents, document_text, cs_json_str(item).data);
        cs_buffer_u8(documents, '\n');
    }
    cs_json_close_object(&json);
    cs_json_close_object(&json);
    cs_json_free(&doc);
}

static void make_key_set(const uint8_t *private_key, const uint8_t *key, cs_buffer *out)
{
    char kid[17];
    consent_error error = {0};
    cs_buffer payload = new_buffer();
    fuzz_require(cs_key_id(key, kid, &error) == CONSENT_OK);
    cs_buffer_printf(&payload, "{\"schema\":1,\"version\":1,\"publishers\":[{\"kid\":\"%s\",\"key\":\"", kid);
    cs_base64url_encode(&payload, (cs_span){key, CS_P256_PUBLIC_SIZE});
    cs_buffer_text(&payload, "\",\"not_before\":\"2026-01-01T00:00:00Z\",\"not_after\":\"2027-01-01T00:00:00Z\"}]}");
    const cs_str text = {(const char *)payload.data, payload.size};
    fuzz_require(cs_jws_sign(CS_STR(CS_TYP_KEY_SET), text, private_key, out, &error) == CONSENT_OK);
    cs_buffer_free(&payload);
}

static void make_policy(const char *name, const char *path, bool whole_bundle)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t key[CS_P256_PUBLIC_SIZE];
    consent_error error = {0};
    cs_policy *policy = NULL;
    cs_texts *texts = NULL;
    cs_buffer payload = new_buffer(), documents = new_buffer(), out = new_buffer();
    read_policy(path, &payload, &documents);
    const cs_str text = {(const char *)payload.data, payload.size};
    save("policy", name, cs_buffer_span(&payload), (cs_span){0});
    if (cs_policy_parse(cs_memory_system(), text, path, false, &policy, &texts, &error) != CONSENT_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    cs_policy_encode(policy, &out);
    save_marked("compact", name, 0, cs_buffer_span(&out));
    cs_buffer_clear(&out);
    cs_texts_encode(texts, &out);
    char texts_name[64];
    (void)snprintf(texts_name, sizeof texts_name, "%s-texts", name);
    save_marked("compact", texts_name, 1, cs_buffer_span(&out));
    cs_texts_free(texts);
    cs_policy_free(policy);
    cs_buffer_clear(&out);
    fuzz_require(cs_p256_public(private_key, key, &error) == CONSENT_OK);
    make_key_set(private_key, key, &out);
    cs_buffer_u8(&out, '\n');
    fuzz_require(cs_jws_sign(CS_STR(CS_TYP_POLICY), text, private_key, &out, &error) == CONSENT_OK);
    cs_buffer_u8(&out, '\n');
    if (whole_bundle)
        save("bundle", name, cs_buffer_span(&out), cs_buffer_span(&documents));
    cs_buffer_free(&payload);
    cs_buffer_free(&documents);
    cs_buffer_free(&out);
}

static void make_head(void)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t key[CS_P256_PUBLIC_SIZE];
    consent_error error = {0};
    cs_buffer payload = new_buffer(), out = new_buffer();
    fuzz_require(cs_p256_public(private_key, key, &error) == CONSENT_OK);
    make_key_set(private_key, key, &out);
    cs_buffer_text(&payload, "{\"schema\":1,\"id\":\"platform\",\"version\":2,\"revision\":0,\"hash\":\"");
    for (size_t i = 0; i < CS_HASH_SIZE; i++)
        cs_buffer_text(&payload, "5c");
    cs_buffer_text(&payload, "\",\"fresh_until\":\"2026-05-01T00:00:00Z\"}");
    const cs_str text = {(const char *)payload.data, payload.size};
    cs_buffer_u8(&out, '\n');
    fuzz_require(cs_jws_sign(CS_STR(CS_TYP_HEAD), text, private_key, &out, &error) == CONSENT_OK);
    cs_buffer_u8(&out, '\n');
    save("bundle", "head", cs_buffer_span(&out), (cs_span){0});
    cs_buffer_free(&payload);
    cs_buffer_free(&out);
}

static void make_policies(void)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    consent_error error = {0};
    cs_buffer out = new_buffer();
    make_head();
    make_policy("sample", "fixtures/policy/sample.json", true);
    make_policy("form", "data/form-policy.json", true);
    cs_buffer_printf(&out, document_text, "zh-CN");
    save("document", "blocks", cs_buffer_span(&out), (cs_span){0});
    cs_buffer_clear(&out);
    fuzz_require(cs_jws_sign(CS_STR(CS_TYP_POLICY), CS_STR("{\"schema\":1}"), private_key, &out, &error) == CONSENT_OK);
    save("jws", "short", cs_buffer_span(&out), (cs_span){0});
    cs_buffer_free(&out);
}

/* ---- ledger ----------------------------------------------------------------------------------- */

static void save_ledger(const char *name, const world *w)
{
    size_t size = 0, check_size = 0;
    uint8_t prefix[4];
    const uint8_t *bytes = world_file(w, RIG_HOME, RIG_NAME, &size);
    const uint8_t *check = world_file(w, RIG_HOME, RIG_NAME ".check", &check_size);
    cs_buffer front = new_buffer();
    /* The space kept ready behind the frames says nothing. */
    while (size > 4096 && cs_frame_is_zero(bytes + size - 512, 512))
        size -= 512;
    cs_store_u32(prefix, (uint32_t)check_size);
    cs_buffer_append(&front, prefix, sizeof prefix);
    if (check != NULL)
        cs_buffer_append(&front, check, check_size);
    save("ledger", name, cs_buffer_span(&front), (cs_span){bytes, size});
    cs_buffer_free(&front);
}

static void make_ledgers(void)
{
    static world w;
    static rig r;
    size_t size = 0;
    world_init(&w);
    fuzz_require(rig_init(&r, &w) == CONSENT_OK && rig_open(&r) == CONSENT_OK);
    save_ledger("empty", &w);
    fuzz_require(rig_acts(&r, 3) == CONSENT_OK && rig_act(&r, 9) == CONSENT_OK);
    save_ledger("acts", &w);
    const uint8_t *bytes = world_file(&w, RIG_HOME, RIG_NAME, &size);
    save_marked("frame", "header", 0, (cs_span){bytes, CS_FILE_HEADER_SIZE});
    save_marked("frame", "first", 1, (cs_span){bytes + CS_FILE_HEADER_SIZE, 512});
    fuzz_require(rig_checkpoint(&r) == CONSENT_OK);
    const uint8_t *check = world_file(&w, RIG_HOME, RIG_NAME ".check", &size);
    save_marked("frame", "checkpoint", 3, (cs_span){check, size});
    fuzz_require(rig_acts(&r, 1) == CONSENT_OK);
    save_ledger("checkpoint", &w);
    rig_close(&r);
    world_free(&w);
}

static void make_entries(void)
{
    static const uint8_t stream[CS_STREAM_ID_SIZE] = {0xA0};
    uint8_t begin[CS_STREAM_ENTRY_SIZE];
    cs_buffer entries = new_buffer(), act = new_buffer();
    rig_encode(1, &act);
    const cs_span events[] = {cs_buffer_span(&act), cs_buffer_span(&act)};
    cs_frame_stream_entry(stream, begin);
    cs_buffer_append(&entries, begin, sizeof begin);
    cs_frame_put_acts(&entries, 1, events, 2);
    cs_frame_put_remote(&entries, stream, (cs_span){(const uint8_t *)"evidence", 8}, events, 1);
    cs_buffer_u8(&entries, 0x90);
    cs_buffer_sized(&entries, "later", 5);
    save_marked("frame", "entries", 2, cs_buffer_span(&entries));
    cs_buffer_free(&entries);
    cs_buffer_free(&act);
}

/* ---- what a profile that ended left ------------------------------------------------------------- */

static void make_sealed(void)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1}, random32[32] = {2}, stream[CS_STREAM_ID_SIZE] = {7};
    static const uint8_t padding[100] = {0};
    uint8_t key[CS_P256_PUBLIC_SIZE], before[CS_HASH_SIZE] = {3}, after[CS_HASH_SIZE];
    consent_error error = {0};
    cs_buffer content = new_buffer(), file = new_buffer(), act = new_buffer();
    rig_encode(5, &act);
    fuzz_require(cs_wire_chain(before, cs_buffer_span(&act), after, &error) == CONSENT_OK);
    cs_buffer_u8(&content, 1);
    cs_buffer_append(&content, stream, sizeof stream);
    cs_buffer_u64(&content, 5);
    cs_buffer_u32(&content, 1);
    cs_buffer_append(&content, before, sizeof before);
    cs_buffer_append(&content, after, sizeof after);
    cs_buffer_sized(&content, act.data, act.size);
    cs_buffer_append(&content, padding, sizeof padding);
    fuzz_require(cs_p256_public(private_key, key, &error) == CONSENT_OK);
    fuzz_require(cs_envelope_seal(key, random32, cs_buffer_span(&content), &file, &error) == CONSENT_OK);
    save("sealed", "one-act", cs_buffer_span(&file), (cs_span){0});
    cs_buffer_free(&content);
    cs_buffer_free(&file);
    cs_buffer_free(&act);
}

/* ---- sync ------------------------------------------------------------------------------------- */

static void make_wire(void)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    static const uint8_t zeros[CS_HASH_SIZE] = {0};
    consent_error error = {0};
    cs_buffer act = new_buffer(), events = new_buffer(), out = new_buffer(), jws = new_buffer();
    cs_enrolment enrolment = {.protection = 1};
    cs_json_out json;
    fuzz_require(cs_p256_public(private_key, enrolment.key, &error) == CONSENT_OK);
    cs_enrolment_write(&enrolment, &out);
    save_marked("wire", "enrolment", 1, cs_buffer_span(&out));
    rig_encode(1, &act);
    cs_buffer_sized(&events, act.data, act.size);
    cs_range range = {.first = 1, .last = 1, .events = cs_buffer_span(&events)};
    fuzz_require(cs_range_follow(&range, zeros, range.head, &error) == CONSENT_OK);
    cs_buffer_clear(&out);
    fuzz_require(cs_range_write(cs_memory_system(), &range, &out, &error) == CONSENT_OK);
    save_marked("wire", "range", 0, cs_buffer_span(&out));
    const cs_receipt receipt = {.first = 1, .last = 1, .first_cursor = 1, .time_ms = 1790000000000};
    cs_buffer_clear(&out);
    cs_receipt_payload(&receipt, &out);
    const cs_str payload = {(const char *)out.data, out.size};
    fuzz_require(cs_jws_sign(CS_STR(CS_TYP_RECEIPT), payload, private_key, &jws, &error) == CONSENT_OK);
    save_marked("wire", "receipt", 2, cs_buffer_span(&jws));
    cs_buffer_clear(&out);
    cs_json_out_init(&json, &out);
    cs_feed_page_begin(&json);
    const cs_str receipt_text = {(const char *)jws.data, jws.size};
    fuzz_require(cs_feed_page_put(cs_memory_system(), &json, receipt_text, &range, enrolment.key, &error) ==
                 CONSENT_OK);
    fuzz_require(cs_feed_page_put(cs_memory_system(), &json, receipt_text, NULL, NULL, &error) == CONSENT_OK);
    cs_feed_page_end(&json, 1, false);
    save_marked("wire", "page", 3, cs_buffer_span(&out));
    save_marked("wire", "receipts", 4, text_span("{\"receipts\":[\"a.b.c\"]}"));
    cs_buffer_clear(&out);
    cs_wire_error_write("gap", "more is missing", 3, &out);
    save_marked("wire", "error", 5, cs_buffer_span(&out));
    const cs_evidence evidence = {.first = 1, .last = 1, .first_cursor = 7, .merged = 7, .receipt = receipt_text};
    cs_buffer_clear(&out);
    cs_evidence_write(&evidence, &out);
    save_marked("wire", "evidence", 6, cs_buffer_span(&out));
    cs_buffer_free(&act);
    cs_buffer_free(&events);
    cs_buffer_free(&out);
    cs_buffer_free(&jws);
}

/* ---- forms and scenarios ---------------------------------------------------------------------- */

static void make_forms(void)
{
    enum {
        ACCEPT = 1,
        REFUSE = 2,
        SAVE = 3,
        READ = 3,
        SURFACE = 7,
        RESULT = 11
    };
    static const struct {
        const char *name;
        uint8_t bytes[24];
        size_t size;
    } forms[] = {
        {"accept", {0, ACCEPT, 0, SURFACE, 2, 4, 'm', 'a', 'i', 'n', 0, 1}, 12},
        {"decline", {0, REFUSE, 0, READ, 2}, 5},
        {"own", {1, ACCEPT, 1, READ, 1, 0, 1}, 7},
        {"narrow", {2, ACCEPT, 0, READ, 1, 0, 1, 1, 0}, 9},
        {"separate", {2, ACCEPT, 0, READ, 1, 0, 1, 1, 5, 0}, 10},
        {"once", {3, ACCEPT, 3, READ, 1}, 5},
        {"written", {4, ACCEPT, 8, READ + 64, 1, 4, 's', 'i', 'g', 'n'}, 10},
        {"prompt", {5, 0, 1, RESULT, 1}, 5},
        {"no-prompt", {5, REFUSE, 0, READ, 1}, 5},
        {"switch", {6, SAVE, 2, READ, 1, 0, 0, 1, 0}, 9},
    };
    for (size_t i = 0; i < CS_COUNT_OF(forms); i++)
        save("form", forms[i].name, (cs_span){forms[i].bytes, forms[i].size}, (cs_span){0});
    enum {
        AD_HOC = 10,
        NOTICE = 11
    };
    save_marked(
        "form", "ad-hoc", AD_HOC,
        text_span("{\"v\":1,\"title\":\"Book with the hotel\",\"purpose\":\"pay\",\"recipient\":\"bank-a\",\"data\":"
                  "[\"order\"],\"blocks\":[{\"t\":\"p\",\"spans\":[{\"s\":\"We pass it on\",\"e\":1}]}]}"));
    save_marked("form", "notice", NOTICE,
                text_span("{\"kind\":\"change\",\"id\":\"news-1\",\"title\":\"What is new\",\"blocks\":[{\"t\":\"p\","
                          "\"spans\":[{\"s\":\"Some words\"}]}]}"));
}

static void make_scenarios(void)
{
    static const char *const lines[][2] = {
        {"scenario", "{\"scenario\": \"A story\", \"proves\": [\"C66\"]}"},
        {"let", "{\"let\": {\"asked\": \"now\", \"city\": {\"purpose\": \"locate.city\", \"data\": [\"position\"]}}}"},
        {"clock", "{\"at\": \"+47h59m\", \"clock\": \"asked+48h\"}"},
        {"form", "{\"form\": \"separate\", \"for\": \"distance\", \"answer\": \"tick=on, accept\"}"},
        {"check", "{\"check\": \"city\", \"user_initiated\": true, \"expect\": {\"decision\": \"deny\", "
                  "\"ask_after\": \"asked+48h\"}}"},
        {"permission", "{\"permission\": \"city\", \"os\": \"granted\", \"asked\": true, \"expect\": \"allow\"}"},
        {"damage", "{\"damage\": \"middle\"}"},
        {"say", "{\"say\": {\"zh\": \"另一项\", \"en\": \"Another\"}}"},
        {"include", "{\"include\": \"accepted.jsonl\"}"},
        {"answers", "tick=on, recommend=off, sms=preset, unread, accept"},
        {"moment", "asked+47h59m"},
    };
    for (size_t i = 0; i < CS_COUNT_OF(lines); i++)
        save_text("scenario", lines[i][0], lines[i][1]);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: fuzz_make_corpus DIR\n");
        return 2;
    }
    corpus = argv[1];
    make_events();
    make_policies();
    make_ledgers();
    make_entries();
    make_sealed();
    make_wire();
    make_forms();
    make_scenarios();
    return 0;
}
