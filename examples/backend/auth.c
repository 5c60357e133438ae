#include "auth.h"

#include "crypto.h"
#include "platform/platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAC_CHARS 43u /* 32 bytes in base64url */

static const char *const role_names[] = {"none", "reader", "support", "publisher"};

const char *cd_role_name(int32_t role)
{
    return role > 0 && (size_t)role < CS_COUNT_OF(role_names) ? role_names[role] : role_names[0];
}

int32_t cd_role_of(cs_str name)
{
    for (int32_t i = 1; i < (int32_t)CS_COUNT_OF(role_names); i++)
        if (cs_str_is(name, role_names[i]))
            return i;
    return CD_ROLE_NONE;
}

/* ---- making ---------------------------------------------------------------------------------------- */

static bool append_bytes(char *out, size_t size, const uint8_t *bytes, size_t count)
{
    cs_buffer text;
    size_t used = strlen(out);
    cs_buffer_init(&text, cs_memory_system(), 256);
    cs_base64url_encode(&text, (cs_span){bytes, count});
    bool fits = !text.failed && text.size < size - used;
    if (fits) {
        memcpy(out + used, text.data, text.size);
        out[used + text.size] = '\0';
    }
    cs_buffer_free(&text);
    return fits;
}

static cs_span text_span(const char *text)
{
    return (cs_span){(const uint8_t *)text, strlen(text)};
}

bool cd_auth_token_hash(cs_str token, uint8_t hash[CD_TOKEN_HASH_SIZE])
{
    cs_span part = {(const uint8_t *)token.data, token.size};
    return cd_sha256(&part, 1, hash);
}

static bool random_token(const char *prefix, char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE])
{
    uint8_t random[32];
    (void)snprintf(out, CD_TOKEN_SIZE, "%s", prefix);
    return cd_random(random, sizeof random) && append_bytes(out, CD_TOKEN_SIZE, random, sizeof random) &&
           cd_auth_token_hash(cs_str_of(out), hash);
}

bool cd_auth_operator_token(char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE])
{
    return random_token("o1.", out, hash);
}

bool cd_auth_link_token(char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE])
{
    return random_token("", out, hash);
}

static bool account_mac(const cd_config *config, cs_str what, uint8_t mac[CS_HASH_SIZE])
{
    cs_span parts[] = {text_span("libconsent account token 1"), {(const uint8_t *)what.data, what.size}};
    return cd_hmac(config->secret, parts, 2, mac);
}

bool cd_auth_account_token(const cd_config *config, const uint8_t *profile, int64_t expires_ms, char out[CD_TOKEN_SIZE])
{
    char hex[2 * CS_PROFILE_ID_SIZE + 1];
    uint8_t mac[CS_HASH_SIZE];
    cs_hex_encode(profile, CS_PROFILE_ID_SIZE, hex);
    (void)snprintf(out, CD_TOKEN_SIZE, "a1.%s.%" PRId64, hex, expires_ms / 1000);
    bool done = account_mac(config, cs_str_of(out + 3), mac);
    (void)snprintf(out + strlen(out), CD_TOKEN_SIZE - strlen(out), ".");
    return done && append_bytes(out, CD_TOKEN_SIZE, mac, sizeof mac);
}

bool cd_auth_anonymous_token(const cd_config *config, const uint8_t *profile, const uint8_t *stream, const uint8_t *key,
                             char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE])
{
    uint8_t mac[CS_HASH_SIZE];
    cs_span parts[] = {text_span("libconsent anonymous token 1"),
                       {profile, CS_PROFILE_ID_SIZE},
                       {stream, CS_STREAM_ID_SIZE},
                       {key, CS_P256_PUBLIC_SIZE}};
    (void)snprintf(out, CD_TOKEN_SIZE, "n1.");
    return cd_hmac(config->secret, parts, CS_COUNT_OF(parts), mac) &&
           append_bytes(out, CD_TOKEN_SIZE, mac, sizeof mac) && cd_auth_token_hash(cs_str_of(out), hash);
}

static bool session_mac(const cd_config *config, const cd_operator *one, const char *what, int64_t expires,
                        uint8_t mac[CS_HASH_SIZE])
{
    char until[24];
    (void)snprintf(until, sizeof until, ".%" PRId64, expires);
    cs_span parts[] = {text_span(what), text_span(one->name), text_span(until), {one->token_hash, CD_TOKEN_HASH_SIZE}};
    return cd_hmac(config->secret, parts, CS_COUNT_OF(parts), mac);
}

bool cd_auth_session(const cd_config *config, const cd_operator *one, int64_t now_ms, char out[CD_TOKEN_MAX_BYTES])
{
    uint8_t mac[CS_HASH_SIZE];
    int64_t expires = (now_ms + CD_SESSION_MS) / 1000;
    (void)snprintf(out, CD_TOKEN_MAX_BYTES, "s1.%s.%" PRId64 ".", one->name, expires);
    return session_mac(config, one, "libconsent session 1 ", expires, mac) &&
           append_bytes(out, CD_TOKEN_MAX_BYTES, mac, sizeof mac);
}

bool cd_auth_form_key(const cd_config *config, const cd_operator *one, char out[CD_TOKEN_SIZE])
{
    uint8_t mac[CS_HASH_SIZE];
    out[0] = '\0';
    return session_mac(config, one, "libconsent form 1 ", 0, mac) && append_bytes(out, CD_TOKEN_SIZE, mac, sizeof mac);
}

/* ---- checking --------------------------------------------------------------------------------------- */

/* One answer for all that does not fit: what exactly is wrong helps nobody honest. */
static consent_status refuse(consent_error *err)
{
    return cs_fail(err, CONSENT_E_REJECTED, 0, "the token does not open this");
}

/* Splits "x1.NAME.EXPIRES.MAC": name and expiry. */
static bool split(cs_str token, const char *prefix, cs_str *signed_part, cs_str *name, int64_t *expires, cs_str *mac)
{
    size_t prefix_size = strlen(prefix);
    if (token.size > CD_TOKEN_MAX_BYTES || token.size < prefix_size + MAC_CHARS + 4 ||
        memcmp(token.data, prefix, prefix_size) != 0)
        return false;
    *mac = (cs_str){token.data + token.size - MAC_CHARS, MAC_CHARS};
    *signed_part = (cs_str){token.data + prefix_size, token.size - prefix_size - MAC_CHARS - 1};
    const char *end = signed_part->data + signed_part->size, *dot = end;
    if (*end != '.')
        return false;
    *expires = 0;
    while (dot > signed_part->data && dot[-1] != '.')
        dot--;
    if (dot == signed_part->data || end - dot < 1 || end - dot > 12)
        return false;
    for (const char *at = dot; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        *expires = *expires * 10 + (*at - '0');
    }
    *name = (cs_str){signed_part->data, (size_t)(dot - 1 - signed_part->data)};
    return true;
}

static bool mac_is(const uint8_t mac[CS_HASH_SIZE], cs_str text)
{
    char coded[64] = "";
    return append_bytes(coded, sizeof coded, mac, CS_HASH_SIZE) && text.size == MAC_CHARS &&
           cs_equal_secret(coded, text.data, MAC_CHARS);
}

consent_status cd_auth_check_account(const cd_config *config, cs_str token, const uint8_t *profile, int64_t now_ms,
                                     consent_error *err)
{
    cs_str signed_part, name, mac_text;
    int64_t expires;
    uint8_t mac[CS_HASH_SIZE], named[CS_PROFILE_ID_SIZE];
    if (!split(token, "a1.", &signed_part, &name, &expires, &mac_text) || !account_mac(config, signed_part, mac) ||
        !mac_is(mac, mac_text) || !cs_hex_decode(name, named, sizeof named) ||
        memcmp(named, profile, sizeof named) != 0)
        return refuse(err);
    return now_ms / 1000 < expires ? CONSENT_OK : cs_fail(err, CONSENT_E_EXPIRED, 0, "the token is past its time");
}

typedef struct token_search {
    const uint8_t *hash;
    bool found;
} token_search;

static bool has_token(void *ctx, const cd_stream *stream)
{
    token_search *search = ctx;
    search->found =
        search->found || (stream->has_token && cs_equal_secret(stream->token_hash, search->hash, CD_TOKEN_HASH_SIZE));
    return !search->found;
}

consent_status cd_auth_check_anonymous(cd_store *store, cs_str token, const uint8_t *profile, consent_error *err)
{
    uint8_t hash[CD_TOKEN_HASH_SIZE];
    token_search search = {.hash = hash};
    if (token.size > CD_TOKEN_MAX_BYTES || token.size < 4 || memcmp(token.data, "n1.", 3) != 0 ||
        !cd_auth_token_hash(token, hash))
        return refuse(err);
    consent_status status = cd_store_each_stream(store, profile, has_token, &search, err);
    return status == CONSENT_OK && !search.found ? refuse(err) : status;
}

consent_status cd_auth_check_operator(cd_store *store, cs_str token, cd_operator *out, consent_error *err)
{
    uint8_t hash[CD_TOKEN_HASH_SIZE];
    memset(out, 0, sizeof *out);
    if (token.size > CD_TOKEN_MAX_BYTES || token.size < 4 || memcmp(token.data, "o1.", 3) != 0 ||
        !cd_auth_token_hash(token, hash))
        return refuse(err);
    consent_status status = cd_store_operator(store, hash, out, err);
    return status == CONSENT_E_NOT_FOUND ? refuse(err) : status;
}

consent_status cd_auth_check_session(const cd_config *config, cd_store *store, cs_str token, int64_t now_ms,
                                     cd_operator *out, consent_error *err)
{
    cs_str signed_part, name, mac_text;
    int64_t expires;
    uint8_t mac[CS_HASH_SIZE];
    char copy[CD_NAME_MAX_BYTES + 1];
    memset(out, 0, sizeof *out);
    if (!split(token, "s1.", &signed_part, &name, &expires, &mac_text) || name.size >= sizeof copy)
        return refuse(err);
    memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    consent_status status = cd_store_operator_named(store, copy, out, err);
    if (status != CONSENT_OK)
        return status == CONSENT_E_NOT_FOUND ? refuse(err) : status;
    if (!session_mac(config, out, "libconsent session 1 ", expires, mac) || !mac_is(mac, mac_text))
        return refuse(err);
    return now_ms / 1000 < expires ? CONSENT_OK : cs_fail(err, CONSENT_E_EXPIRED, 0, "the session is past its time");
}
