#include "consentctl/authoring.h"

#include "consentctl/markdown.h"
#include "crypto/jws.h"
#include "policy/document.h"

#include <stdio.h>
#include <string.h>

#define MAX_UNSIGNED_BYTES (4u * 1024u * 1024u)
/* The same keys always give the same key set: another one under the same number would be refused. */
#define THROW_AWAY_FROM_MS INT64_C(946684800000)   /* 2000-01-01T00:00:00Z */
#define THROW_AWAY_UNTIL_MS INT64_C(4102444800000) /* 2100-01-01T00:00:00Z */
static const char policy_file[] = "policy.json";

/* ---- the folder ---------------------------------------------------------------------------- */

static bool locale_is_valid(cs_str locale)
{
    if (locale.size < 2 || locale.size > 35)
        return false;
    for (size_t i = 0; i < locale.size; i++) {
        char c = locale.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

static consent_status read_locales(cs_source *source, consent_error *err)
{
    const cs_json *list = cs_json_get(source->json.root, "locales");
    if (cs_json_type_of(list) != CS_JSON_ARRAY || cs_json_count(list) == 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "policy.json: \"locales\" was not a list of locales; write for example [\"zh-CN\", \"en\"]");
    for (const cs_json *at = cs_json_first(list); at; at = cs_json_next(at)) {
        cs_str locale = cs_json_str(at);
        if (!locale_is_valid(locale))
            return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                           "policy.json: locales[%u] was not a locale; write for example \"zh-CN\"",
                           source->locale_count);
        if (source->locale_count == CS_POLICY_MAX_LOCALES)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "policy.json: \"locales\" held more than %u entries; use fewer",
                           CS_POLICY_MAX_LOCALES);
        source->locales[source->locale_count++] = locale;
    }
    return CONSENT_OK;
}

static consent_status read_policy(const cs_memory *memory, const char *folder, cs_source *source, consent_error *err)
{
    consent_status status = cs_overlay_open(memory, folder, &source->folders, &source->text, &source->json, err);
    return status == CONSENT_OK ? read_locales(source, err) : status;
}

static consent_status read_document(const cs_memory *memory, cs_source *source, uint32_t index, bool rules,
                                    consent_error *err)
{
    char name[64];
    char locale[40];
    cs_buffer *out = rules ? &source->rules[index] : &source->documents[index];
    (void)snprintf(locale, sizeof locale, "%.*s", CS_STR_ARG(source->locales[index]));
    (void)snprintf(name, sizeof name, "%s.%s.md", rules ? "child-rules" : "document", locale);
    cs_buffer markdown;
    cs_buffer_init(&markdown, memory, CS_DOCUMENT_MAX_BYTES);
    consent_status status = rules ? cs_overlay_child_rules(&source->folders, locale, &markdown, err)
                                  : cs_overlay_document(memory, &source->folders, locale, &markdown, err);
    cs_str text = {(const char *)markdown.data, markdown.size};
    if (status == CONSENT_OK && !(rules && text.size == 0))
        status = cs_markdown_convert(memory, text, name, locale, out, err);
    if (status != CONSENT_OK)
        cs_buffer_clear(out);
    cs_buffer_free(&markdown);
    return status;
}

consent_status cs_source_open(const cs_memory *memory, const char *folder, bool lenient, cs_source *source,
                              consent_error *err)
{
    memset(source, 0, sizeof *source);
    for (uint32_t i = 0; i < CS_POLICY_MAX_LOCALES; i++)
        cs_buffer_init(&source->documents[i], memory, CS_DOCUMENT_MAX_BYTES);
    for (uint32_t i = 0; i < CS_POLICY_MAX_LOCALES; i++)
        cs_buffer_init(&source->rules[i], memory, CS_DOCUMENT_MAX_BYTES);
    consent_status status = read_policy(memory, folder, source, err);
    for (uint32_t i = 0; status == CONSENT_OK && i < 2 * source->locale_count; i++) {
        uint32_t at = i / 2;
        bool rules = i % 2 == 1;
        consent_error *noted = rules ? &source->rules_errors[at] : &source->document_errors[at];
        consent_status read = read_document(memory, source, at, rules, lenient ? noted : err);
        if (!lenient)
            status = read;
    }
    if (status != CONSENT_OK)
        cs_source_free(source);
    return status;
}

void cs_source_free(cs_source *source)
{
    for (uint32_t i = 0; i < CS_POLICY_MAX_LOCALES; i++) {
        if (source->documents[i].memory)
            cs_buffer_free(&source->documents[i]);
        if (source->rules[i].memory)
            cs_buffer_free(&source->rules[i]);
    }
    if (source->text.memory)
        cs_buffer_free(&source->text);
    cs_json_free(&source->json);
    memset(source, 0, sizeof *source);
}

/* ---- building ------------------------------------------------------------------------------ */

/* Empty ones are left out. */
static consent_status put_documents(cs_json_out *out, const char *name, const cs_source *source,
                                    const cs_buffer *documents, consent_error *err)
{
    cs_json_put_name(out, name);
    cs_json_open_object(out);
    for (uint32_t i = 0; i < source->locale_count; i++) {
        if (documents[i].size == 0)
            continue;
        uint8_t hash[CS_HASH_SIZE];
        char hex[2 * CS_HASH_SIZE + 1];
        char locale[40];
        cs_span bytes = cs_buffer_span(&documents[i]);
        consent_status status = cs_sha256(&bytes, 1, hash, err);
        if (status != CONSENT_OK)
            return status;
        cs_hex_encode(hash, sizeof hash, hex);
        (void)snprintf(locale, sizeof locale, "%.*s", CS_STR_ARG(source->locales[i]));
        cs_json_member_text(out, locale, hex);
    }
    cs_json_close_object(out);
    return CONSENT_OK;
}

static bool has_child_rules(const cs_source *source)
{
    for (uint32_t i = 0; i < source->locale_count; i++)
        if (source->rules[i].size != 0)
            return true;
    return false;
}

static void put_lines(const cs_source *source, const cs_buffer *documents, cs_buffer *out)
{
    for (uint32_t i = 0; i < source->locale_count; i++) {
        if (documents[i].size == 0)
            continue;
        cs_buffer_append(out, documents[i].data, documents[i].size);
        cs_buffer_text(out, "\n");
    }
}

static consent_status write_unsigned(const cs_source *source, cs_buffer *out, consent_error *err)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    for (const cs_json *at = cs_json_first(source->json.root); at; at = cs_json_next(at)) {
        if (strcmp(cs_json_name(at), "documents") == 0 || strcmp(cs_json_name(at), "child_rules_documents") == 0)
            continue;
        cs_json_put_name(&json, cs_json_name(at));
        cs_json_put_value(&json, at);
    }
    consent_status status = put_documents(&json, "documents", source, source->documents, err);
    if (status == CONSENT_OK && has_child_rules(source))
        status = put_documents(&json, "child_rules_documents", source, source->rules, err);
    cs_json_close_object(&json);
    cs_buffer_text(out, "\n");
    put_lines(source, source->documents, out);
    put_lines(source, source->rules, out);
    return status == CONSENT_OK ? cs_buffer_status(out, "the unsigned policy", err) : status;
}

consent_status cs_authoring_build(const cs_memory *memory, const char *folder, cs_buffer *unsigned_file,
                                  consent_error *err)
{
    cs_source source;
    consent_status status = cs_source_open(memory, folder, false, &source, err);
    if (status != CONSENT_OK)
        return status;
    status = write_unsigned(&source, unsigned_file, err);
    cs_str bytes = {(const char *)unsigned_file->data, unsigned_file->size};
    cs_str policy_line;
    if (status == CONSENT_OK)
        status = cs_authoring_check(memory, bytes, policy_file, &policy_line, err);
    cs_source_free(&source);
    return status;
}

/* ---- checking ------------------------------------------------------------------------------ */

bool cs_authoring_line(cs_str *text, cs_str *line)
{
    if (text->size == 0)
        return false;
    const char *end = memchr(text->data, '\n', text->size);
    size_t size = end ? (size_t)(end - text->data) : text->size;
    *line = (cs_str){text->data, size};
    size_t used = end ? size + 1 : size;
    *text = (cs_str){text->data + used, text->size - used};
    return true;
}

static consent_status check_document(const cs_memory *memory, cs_str line, const cs_document_ref *ref, const char *what,
                                     consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span bytes = {(const uint8_t *)line.data, line.size};
    consent_status status = cs_sha256(&bytes, 1, hash, err);
    if (status != CONSENT_OK)
        return status;
    if (memcmp(hash, ref->hash, sizeof hash) != 0)
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "%s: the document for %s was changed after building; build again",
                       what, ref->locale);
    cs_document *document = NULL;
    status = cs_document_parse(memory, line, what, &document, err);
    if (status == CONSENT_OK)
        cs_document_free(document);
    return status;
}

consent_status cs_authoring_check(const cs_memory *memory, cs_str unsigned_file, const char *what, cs_str *policy_line,
                                  consent_error *err)
{
    cs_policy *policy = NULL;
    cs_texts *texts = NULL;
    cs_str rest = unsigned_file;
    cs_str line;
    if (!cs_authoring_line(&rest, policy_line))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was empty; write it with consentctl policy build", what);
    consent_status status = cs_policy_parse(memory, *policy_line, what, false, &policy, &texts, err);
    for (uint16_t i = 0; status == CONSENT_OK && i < policy->document_count; i++) {
        if (!cs_authoring_line(&rest, &line))
            status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s held no document for %s; build again", what,
                             policy->documents[i].locale);
        else
            status = check_document(memory, line, &policy->documents[i], what, err);
    }
    if (status == CONSENT_OK && rest.size > 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s held more lines than documents; build again", what);
    cs_policy_free(policy);
    cs_texts_free(texts);
    return status;
}

/* ---- signing ------------------------------------------------------------------------------- */

static consent_status put_key(cs_json_out *json, const uint8_t *key, const cs_authoring_keys *set,
                              const cs_memory *memory, consent_error *err)
{
    char kid[17];
    char from[CS_TIME_TEXT_SIZE];
    char until[CS_TIME_TEXT_SIZE];
    cs_buffer text;
    consent_status status = cs_key_id(key, kid, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, memory, 256);
    cs_base64url_encode(&text, (cs_span){key, CS_P256_PUBLIC_SIZE});
    cs_time_format(set->not_before_ms, from);
    cs_time_format(set->not_after_ms, until);
    cs_json_open_object(json);
    cs_json_member_text(json, "kid", kid);
    cs_json_member_str(json, "key", (cs_str){(const char *)text.data, text.size});
    cs_json_member_text(json, "not_before", from);
    cs_json_member_text(json, "not_after", until);
    cs_json_close_object(json);
    status = cs_buffer_status(&text, "the key set", err);
    cs_buffer_free(&text);
    return status;
}

static consent_status put_keys(cs_json_out *json, const char *name, const uint8_t *keys, size_t count,
                               const cs_authoring_keys *set, const cs_memory *memory, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_json_put_name(json, name);
    cs_json_open_array(json);
    for (size_t i = 0; status == CONSENT_OK && i < count; i++)
        status = put_key(json, keys + i * CS_P256_PUBLIC_SIZE, set, memory, err);
    cs_json_close_array(json);
    return status;
}

consent_status cs_authoring_key_set(const uint8_t root_private[CS_P256_PRIVATE_SIZE], const cs_authoring_keys *keys,
                                    const cs_memory *memory, cs_buffer *jws, consent_error *err)
{
    cs_buffer payload;
    cs_json_out json;
    cs_buffer_init(&payload, memory, 64 * 1024);
    cs_json_out_init(&json, &payload);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_json_member_int(&json, "version", keys->version);
    consent_status status = put_keys(&json, "publishers", keys->publishers, keys->publisher_count, keys, memory, err);
    if (status == CONSENT_OK && keys->receipt_count != 0)
        status = put_keys(&json, "receipts", keys->receipts, keys->receipt_count, keys, memory, err);
    cs_json_close_object(&json);
    if (status == CONSENT_OK)
        status = cs_buffer_status(&payload, "the key set", err);
    if (status == CONSENT_OK)
        status = cs_jws_sign(CS_STR(CS_TYP_KEY_SET), (cs_str){(const char *)payload.data, payload.size}, root_private,
                             jws, err);
    cs_buffer_free(&payload);
    return status;
}

consent_status cs_authoring_sign(const cs_memory *memory, cs_str unsigned_file, const char *what, cs_str key_set,
                                 const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *bundle,
                                 consent_error *err)
{
    cs_str payload;
    consent_status status = cs_authoring_check(memory, unsigned_file, what, &payload, err);
    if (status != CONSENT_OK)
        return status;
    while (key_set.size > 0 && (key_set.data[key_set.size - 1] == '\n' || key_set.data[key_set.size - 1] == '\r'))
        key_set.size--;
    cs_buffer_str(bundle, key_set);
    cs_buffer_text(bundle, "\n");
    status = cs_jws_sign(CS_STR(CS_TYP_POLICY), payload, publisher_private, bundle, err);
    cs_buffer_text(bundle, "\n");
    if (unsigned_file.size > payload.size)
        cs_buffer_append(bundle, payload.data + payload.size + 1, unsigned_file.size - payload.size - 1);
    return status == CONSENT_OK ? cs_buffer_status(bundle, "the bundle", err) : status;
}

consent_status cs_authoring_statement(const char *typ, cs_str payload, cs_str key_set,
                                      const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *out,
                                      consent_error *err)
{
    cs_str line = {0};
    if (!cs_authoring_line(&key_set, &line))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the key set is empty");
    consent_status status = cs_json_check(payload, MAX_UNSIGNED_BYTES, "the statement", err);
    cs_buffer_str(out, line);
    cs_buffer_text(out, "\n");
    if (status == CONSENT_OK)
        status = cs_jws_sign(cs_str_of(typ), payload, publisher_private, out, err);
    cs_buffer_text(out, "\n");
    return status == CONSENT_OK ? cs_buffer_status(out, "the statement", err) : status;
}

consent_status cs_authoring_throw_away_keys(const cs_memory *memory, const uint8_t root_private[CS_P256_PRIVATE_SIZE],
                                            const uint8_t publisher[CS_P256_PUBLIC_SIZE], cs_buffer *key_set,
                                            consent_error *err)
{
    const cs_authoring_keys keys = {.publishers = publisher,
                                    .publisher_count = 1,
                                    .receipts = publisher,
                                    .receipt_count = 1,
                                    .version = 1,
                                    .not_before_ms = THROW_AWAY_FROM_MS,
                                    .not_after_ms = THROW_AWAY_UNTIL_MS};
    return cs_authoring_key_set(root_private, &keys, memory, key_set, err);
}

consent_status cs_authoring_bundle(const cs_memory *memory, const char *folder,
                                   const uint8_t root_private[CS_P256_PRIVATE_SIZE],
                                   const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *bundle,
                                   consent_error *err)
{
    uint8_t publisher[CS_P256_PUBLIC_SIZE];
    cs_buffer key_set;
    cs_buffer built;
    cs_buffer_init(&key_set, memory, 64 * 1024);
    cs_buffer_init(&built, memory, MAX_UNSIGNED_BYTES);
    consent_status status = cs_p256_public(publisher_private, publisher, err);
    if (status == CONSENT_OK)
        status = cs_authoring_throw_away_keys(memory, root_private, publisher, &key_set, err);
    if (status == CONSENT_OK)
        status = cs_authoring_build(memory, folder, &built, err);
    if (status == CONSENT_OK)
        status = cs_authoring_sign(memory, (cs_str){(const char *)built.data, built.size}, "the built policy",
                                   (cs_str){(const char *)key_set.data, key_set.size}, publisher_private, bundle, err);
    cs_buffer_free(&built);
    cs_buffer_free(&key_set);
    return status;
}
