#include "support/make_policy.h"

#include "crypto/jws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- memory ------------------------------------------------------------------------------- */

static size_t live_blocks;
static size_t allocations_left = SIZE_MAX;

static void *resize(void *ctx, void *block, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        live_blocks -= block != NULL;
        free(block);
        return NULL;
    }
    if (allocations_left == 0)
        return NULL;
    if (allocations_left != SIZE_MAX)
        allocations_left--;
    void *moved = realloc(block, new_size);
    live_blocks += !block && moved;
    return moved;
}

const cs_memory *make_memory(void)
{
    static const cs_memory memory = {NULL, resize};
    return &memory;
}

size_t make_live_blocks(void)
{
    return live_blocks;
}

void make_memory_fail_after(size_t count)
{
    allocations_left = count;
}

/* ---- keys --------------------------------------------------------------------------------- */

typedef struct pair {
    uint8_t private_key[CS_P256_PRIVATE_SIZE];
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    bool made;
} pair;

static const pair *key_of(uint8_t seed)
{
    static pair pairs[256];
    pair *one = &pairs[seed];
    uint8_t random32[32];
    memset(random32, seed, sizeof(random32));
    if (!one->made)
        assert_int_equal(cs_p256_from_random(random32, one->private_key, one->public_key, NULL), CONSENT_OK);
    one->made = true;
    return one;
}

const uint8_t *make_public_key(uint8_t seed)
{
    return key_of(seed)->public_key;
}

const uint8_t *make_private_key(uint8_t seed)
{
    return key_of(seed)->private_key;
}

const uint8_t *make_root_private(void)
{
    return key_of(0x11)->private_key;
}

const uint8_t *make_root(void)
{
    return key_of(0x11)->public_key;
}

const uint8_t *make_publisher_private(void)
{
    return key_of(0x22)->private_key;
}

const uint8_t *make_publisher(void)
{
    return key_of(0x22)->public_key;
}

/* ---- texts -------------------------------------------------------------------------------- */

char *make_fixture(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/tests/fixtures/policy/%s", CONSENT_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no fixture %s", path);
    char *text = calloc(1, CS_POLICY_MAX_BYTES + 1);
    assert_non_null(text);
    (void)fread(text, 1, CS_POLICY_MAX_BYTES, file);
    (void)fclose(file);
    return text;
}

char *make_replaced(const char *text, const char *find, const char *replacement)
{
    const char *at = strstr(text, find);
    if (!at)
        fail_msg("the text does not hold %s", find);
    size_t before = (size_t)(at - text);
    size_t size = strlen(text) + strlen(replacement) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)before, text, replacement, at + strlen(find));
    return out;
}

/* ---- bundle ------------------------------------------------------------------------------- */

void make_document(const char *locale, cs_buffer *out)
{
    cs_buffer_printf(
        out,
        "{\"schema\":1,\"locale\":\"%s\",\"title\":\"Policy\",\"blocks\":[{\"t\":\"h\",\"level\":1,\"id\":"
        "\"collecting\","
        "\"spans\":[{\"s\":\"Collecting\"}]},{\"t\":\"p\",\"spans\":[{\"s\":\"We ask \"},{\"s\":\"first\",\"e\":2}]}]}",
        locale);
}

static void put_document_hash(cs_json_out *json, cs_str locale)
{
    uint8_t hash[CS_HASH_SIZE];
    char name[64], hex[2 * CS_HASH_SIZE + 1];
    cs_buffer document;
    cs_buffer_init(&document, make_memory(), CS_DOCUMENT_MAX_BYTES);
    (void)snprintf(name, sizeof(name), "%.*s", CS_STR_ARG(locale));
    make_document(name, &document);
    cs_span part = cs_buffer_span(&document);
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    cs_hex_encode(hash, sizeof(hash), hex);
    cs_json_member_text(json, name, hex);
    cs_buffer_free(&document);
}

static void parse_json(const char *policy_json, cs_json_doc *doc)
{
    consent_error err;
    if (cs_json_parse(doc, cs_str_of(policy_json), CS_POLICY_MAX_BYTES, "the test's policy", &err) != CONSENT_OK)
        fail_msg("%s", err.message);
}

void make_payload(const char *policy_json, cs_buffer *out)
{
    cs_json_doc doc;
    cs_json_out json;
    parse_json(policy_json, &doc);
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    for (const cs_json *item = cs_json_first(doc.root); item; item = cs_json_next(item)) {
        if (strcmp(cs_json_name(item), "documents") == 0)
            continue;
        cs_json_put_name(&json, cs_json_name(item));
        cs_json_put_value(&json, item);
    }
    cs_json_put_name(&json, "documents");
    cs_json_open_object(&json);
    const cs_json *locale = cs_json_first(cs_json_get(doc.root, "locales"));
    for (; locale; locale = cs_json_next(locale))
        put_document_hash(&json, cs_json_str(locale));
    cs_json_close_object(&json);
    cs_json_close_object(&json);
    cs_json_free(&doc);
    assert_false(out->failed);
}

static void put_keys(const uint8_t seeds[4], const char *name, cs_buffer *payload)
{
    char kid[17];
    cs_buffer_printf(payload, ",\"%s\":[", name);
    for (size_t i = 0; i < 4 && seeds[i] != 0; i++) {
        const uint8_t *key = make_public_key(seeds[i]);
        assert_int_equal(cs_key_id(key, kid, NULL), CONSENT_OK);
        cs_buffer_printf(payload, "%s{\"kid\":\"%s\",\"key\":\"", i > 0 ? "," : "", kid);
        cs_base64url_encode(payload, (cs_span){key, CS_P256_PUBLIC_SIZE});
        cs_buffer_text(payload, "\",\"not_before\":\"" MAKE_NOT_BEFORE "\",\"not_after\":\"" MAKE_NOT_AFTER "\"}");
    }
    cs_buffer_text(payload, "]");
}

static void put_key_set(const make_signers *by, cs_buffer *out)
{
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_KEY_SET_MAX_BYTES);
    cs_buffer_printf(&payload, "{\"schema\":1,\"version\":%u", by->key_set);
    put_keys(by->named, "publishers", &payload);
    if (by->receipts[0] != 0)
        put_keys(by->receipts, "receipts", &payload);
    cs_buffer_text(&payload, "}");
    cs_str text = {(const char *)payload.data, payload.size};
    assert_int_equal(cs_jws_sign(CS_STR(CS_TYP_KEY_SET), text, key_of(by->root)->private_key, out, NULL), CONSENT_OK);
    cs_buffer_free(&payload);
}

static const make_signers usual = {.root = 0x11, .key_set = 1, .named = {0x22}, .publisher = 0x22};

void make_key_set_by(const make_signers *by, cs_buffer *out)
{
    put_key_set(by, out);
}

void make_key_set(cs_buffer *out)
{
    put_key_set(&usual, out);
}

void make_signed_bundle(const char *policy_json, const make_signers *by, cs_buffer *out)
{
    cs_json_doc doc;
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    make_payload(policy_json, &payload);
    put_key_set(by, out);
    cs_buffer_u8(out, '\n');
    cs_str text = {(const char *)payload.data, payload.size};
    assert_int_equal(cs_jws_sign(CS_STR(CS_TYP_POLICY), text, key_of(by->publisher)->private_key, out, NULL),
                     CONSENT_OK);
    cs_buffer_u8(out, '\n');
    parse_json(policy_json, &doc);
    const cs_json *locale = cs_json_first(cs_json_get(doc.root, "locales"));
    for (; locale; locale = cs_json_next(locale)) {
        char name[64];
        (void)snprintf(name, sizeof(name), "%.*s", CS_STR_ARG(cs_json_str(locale)));
        make_document(name, out);
        cs_buffer_u8(out, '\n');
    }
    cs_json_free(&doc);
    cs_buffer_free(&payload);
    assert_false(out->failed);
}

void make_statement(const char *typ, const char *payload, const make_signers *by, cs_buffer *out)
{
    put_key_set(by, out);
    cs_buffer_u8(out, '\n');
    assert_int_equal(cs_jws_sign(cs_str_of(typ), cs_str_of(payload), key_of(by->publisher)->private_key, out, NULL),
                     CONSENT_OK);
    cs_buffer_u8(out, '\n');
    assert_false(out->failed);
}

void make_head(const char *payload, const make_signers *by, cs_buffer *out)
{
    make_statement(CS_TYP_HEAD, payload, by, out);
}

void make_bundle(const char *policy_json, cs_buffer *out)
{
    make_signed_bundle(policy_json, &usual, out);
}

void make_policy(const char *policy_json, cs_policy **policy, cs_texts **texts)
{
    consent_error err;
    cs_buffer payload;
    cs_buffer_init(&payload, make_memory(), CS_POLICY_MAX_BYTES);
    make_payload(policy_json, &payload);
    cs_str text = {(const char *)payload.data, payload.size};
    if (cs_policy_parse(make_memory(), text, "the test's policy", false, policy, texts, &err) != CONSENT_OK)
        fail_msg("%s", err.message);
    cs_buffer_free(&payload);
}
