#include "consentctl/keys.h"

#include "consentctl/files.h"
#include "json/json.h"

#include <string.h>

#define MAX_KEY_BYTES 4096u
#define MAKE_ATTEMPTS 16

consent_status cs_keys_make(const cs_env *env, cs_key_pair *pair, consent_error *err)
{
    uint8_t random[32];
    for (int i = 0; i < MAKE_ATTEMPTS; i++) {
        int code = env->random(env->ctx, random, sizeof random);
        if (code != 0)
            return cs_fail_os(err, code, "the system's random source gave nothing");
        consent_status status = cs_p256_from_random(random, pair->private_key, pair->public_key, err);
        cs_wipe(random, sizeof random);
        if (status == CONSENT_OK)
            return cs_key_id(pair->public_key, pair->kid, err);
        if (status != CONSENT_E_ARGUMENT)
            return status;
    }
    return cs_fail(err, CONSENT_E_IO, 0, "the system's random source gave no usable key; try again");
}

static consent_status put_base64(const cs_memory *memory, cs_json_out *json, const char *name, const uint8_t *data,
                                 size_t size, consent_error *err)
{
    cs_buffer text;
    cs_buffer_init(&text, memory, 256);
    cs_base64url_encode(&text, (cs_span){data, size});
    cs_json_member_str(json, name, (cs_str){(const char *)text.data, text.size});
    consent_status status = cs_buffer_status(&text, "the key", err);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_keys_write(const cs_memory *memory, const cs_key_pair *pair, bool secret, cs_buffer *out,
                             consent_error *err)
{
    cs_json_out json;
    consent_status status = CONSENT_OK;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "schema", 1);
    cs_json_member_text(&json, "alg", "ES256");
    cs_json_member_text(&json, "kid", pair->kid);
    if (secret)
        status = put_base64(memory, &json, "private", pair->private_key, sizeof pair->private_key, err);
    if (status == CONSENT_OK)
        status = put_base64(memory, &json, "public", pair->public_key, sizeof pair->public_key, err);
    cs_json_close_object(&json);
    cs_buffer_text(out, "\n");
    return status == CONSENT_OK ? cs_buffer_status(out, "the key", err) : status;
}

static consent_status read_member(const cs_memory *memory, const cs_json *root, const char *name, uint8_t *out,
                                  size_t size, const char *path, consent_error *err)
{
    cs_buffer bytes;
    cs_buffer_init(&bytes, memory, 256);
    bool fits = cs_base64url_decode(&bytes, cs_json_str(cs_json_get(root, name))) && bytes.size == size;
    if (fits)
        memcpy(out, bytes.data, size);
    cs_buffer_free(&bytes);
    if (fits)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s held no %s key of %zu bytes; make one with consentctl key new", path,
                   name, size);
}

static consent_status open_key(const cs_memory *memory, const char *path, cs_buffer *text, cs_json_doc *json,
                               consent_error *err)
{
    cs_buffer_init(text, memory, MAX_KEY_BYTES);
    consent_status status = cs_files_read(path, text, err);
    if (status != CONSENT_OK)
        return status;
    consent_error reason = {0};
    status = cs_json_parse(json, (cs_str){(const char *)text->data, text->size}, MAX_KEY_BYTES, path, &reason);
    if (status == CONSENT_E_ARGUMENT)
        return cs_fail(err, status, 0, "%.120s; that is no key file: consentctl key new makes one", reason.message);
    if (status != CONSENT_OK && err)
        *err = reason;
    return status;
}

consent_status cs_keys_read_private(const cs_memory *memory, const char *path, cs_key_pair *pair, consent_error *err)
{
    cs_buffer text;
    cs_json_doc json = {0};
    uint8_t claimed[CS_P256_PUBLIC_SIZE];
    consent_status status = open_key(memory, path, &text, &json, err);
    if (status == CONSENT_OK)
        status = read_member(memory, json.root, "private", pair->private_key, sizeof pair->private_key, path, err);
    if (status == CONSENT_OK)
        status = read_member(memory, json.root, "public", claimed, sizeof claimed, path, err);
    if (status == CONSENT_OK)
        status = cs_p256_public(pair->private_key, pair->public_key, err);
    if (status == CONSENT_OK && memcmp(claimed, pair->public_key, sizeof claimed) != 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0,
                         "%s: its two halves did not belong together; use the original file", path);
    if (status == CONSENT_OK)
        status = cs_key_id(pair->public_key, pair->kid, err);
    cs_json_free(&json);
    cs_buffer_free(&text);
    return status;
}

consent_status cs_keys_read_public(const cs_memory *memory, const char *path, uint8_t public_key[CS_P256_PUBLIC_SIZE],
                                   consent_error *err)
{
    cs_buffer text;
    cs_json_doc json = {0};
    consent_status status = open_key(memory, path, &text, &json, err);
    if (status == CONSENT_OK)
        status = read_member(memory, json.root, "public", public_key, CS_P256_PUBLIC_SIZE, path, err);
    if (status == CONSENT_OK && public_key[0] != 4)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0,
                         "%s held no uncompressed point; make a key with consentctl key new", path);
    cs_json_free(&json);
    cs_buffer_free(&text);
    return status;
}
