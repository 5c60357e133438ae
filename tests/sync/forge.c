#include "sync/forge.h"

#include "crypto/jws.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JWS_MAX_BYTES (1u << 20)

/* In the server's thread, where CMocka cannot fail a test. */
static void must(bool fine, const char *what)
{
    if (fine)
        return;
    (void)fprintf(stderr, "a scene: %s\n", what);
    abort();
}

/* ---- receipts made over --------------------------------------------------------------------------------- */

/* The receipt that the honest backend would have given, in its parts, and where the forged one goes. */
typedef struct forging {
    cs_str header, payload, signature; /* base64url */
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    char kid[17];
    cs_buffer *out;
} forging;

static void put_base64(cs_buffer *out, const void *data, size_t size)
{
    cs_base64url_encode(out, (cs_span){data, size});
}

static void put_header(forging *f, const char *format)
{
    char header[400];
    (void)snprintf(header, sizeof header, format, f->kid);
    put_base64(f->out, header, strlen(header));
    cs_buffer_text(f->out, ".");
}

static void put_payload(forging *f)
{
    cs_buffer_str(f->out, f->payload);
    cs_buffer_text(f->out, ".");
}

static void sign_with(forging *f, uint8_t seed)
{
    uint8_t random[32], private_key[CS_P256_PRIVATE_SIZE], public_key[CS_P256_PUBLIC_SIZE],
        signature[CS_SIGNATURE_SIZE];
    memset(random, seed + 1, sizeof random);
    must(cs_p256_from_random(random, private_key, public_key, NULL) == CONSENT_OK, "crypto");
    must(cs_es256_sign(seed ? private_key : journey_backend(), (cs_span){f->out->data, f->out->size - 1}, signature,
                       NULL) == CONSENT_OK,
         "crypto");
    put_base64(f->out, signature, sizeof signature);
}

static void no_algorithm(forging *f)
{
    put_header(f, "{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
}

static void no_algorithm_but_a_signature(forging *f)
{
    no_algorithm(f);
    cs_buffer_str(f->out, f->signature);
}

static void no_signature(forging *f)
{
    cs_buffer_str(f->out, f->header);
    cs_buffer_text(f->out, ".");
    put_payload(f);
}

static void a_signature_of_zeros(forging *f)
{
    static const uint8_t zeros[CS_SIGNATURE_SIZE];
    no_signature(f);
    put_base64(f->out, zeros, sizeof zeros);
}

/* The public key, which everybody knows, as the secret of an HMAC. */
static void hs256_by_the_public_key(forging *f)
{
    uint8_t mac[32];
    unsigned size = sizeof mac;
    put_header(f, "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
    must(HMAC(EVP_sha256(), f->public_key, sizeof f->public_key, f->out->data, f->out->size - 1, mac, &size) != NULL,
         "text");
    put_base64(f->out, mac, size);
}

static void rs256(forging *f)
{
    uint8_t signature[512];
    size_t size = sizeof signature;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    put_header(f, "{\"alg\":\"RS256\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
    must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1, "crypto");
    must(EVP_DigestSign(ctx, signature, &size, f->out->data, f->out->size - 1) == 1, "crypto");
    put_base64(f->out, signature, size);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

/* Signed well by the right key, under headers that say more or other than the one there is. */
static void another_order_of_members(forging *f)
{
    put_header(f, "{\"kid\":\"%s\",\"alg\":\"ES256\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
    sign_with(f, 0);
}

static void another_algorithm_signed_well(forging *f)
{
    put_header(f, "{\"alg\":\"ES384\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
    sign_with(f, 0);
}

static void a_key_of_its_own_in_the_header(forging *f)
{
    put_header(f, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\",\"jwk\":{\"kty\":\"EC\"}}");
    put_payload(f);
    sign_with(f, 0x66);
}

static void somebody_else_under_its_kid(forging *f)
{
    no_signature(f);
    sign_with(f, 0x66);
}

static void the_publisher_as_who_signs_receipts(forging *f)
{
    uint8_t public_key[CS_P256_PUBLIC_SIZE], signature[CS_SIGNATURE_SIZE];
    must(cs_p256_public(journey_publisher(), public_key, NULL) == CONSENT_OK, "crypto");
    must(cs_key_id(public_key, f->kid, NULL) == CONSENT_OK, "crypto");
    put_header(f, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"" CS_TYP_RECEIPT "\"}");
    put_payload(f);
    must(cs_es256_sign(journey_publisher(), (cs_span){f->out->data, f->out->size - 1}, signature, NULL) == CONSENT_OK,
         "crypto");
    put_base64(f->out, signature, sizeof signature);
}

static void a_payload_changed_afterwards(forging *f)
{
    cs_buffer_str(f->out, f->header);
    cs_buffer_text(f->out, ".");
    size_t at = f->out->size + f->payload.size / 2;
    put_payload(f);
    f->out->data[at] = f->out->data[at] == 'A' ? 'B' : 'A';
    cs_buffer_str(f->out, f->signature);
}

static void padding(forging *f)
{
    no_signature(f);
    cs_buffer_str(f->out, f->signature);
    cs_buffer_text(f->out, "==");
}

static void a_fourth_part(forging *f)
{
    no_signature(f);
    cs_buffer_str(f->out, f->signature);
    cs_buffer_text(f->out, ".AAAA");
}

static void half_a_mebibyte_of_payload(forging *f)
{
    cs_buffer_str(f->out, f->header);
    cs_buffer_text(f->out, ".");
    while (f->out->size < 500000)
        cs_buffer_str(f->out, f->payload);
    cs_buffer_text(f->out, ".");
    cs_buffer_str(f->out, f->signature);
}

static void (*const forgers[])(forging *f) = {no_algorithm,
                                              no_algorithm_but_a_signature,
                                              no_signature,
                                              a_signature_of_zeros,
                                              hs256_by_the_public_key,
                                              rs256,
                                              another_order_of_members,
                                              another_algorithm_signed_well,
                                              a_key_of_its_own_in_the_header,
                                              somebody_else_under_its_kid,
                                              the_publisher_as_who_signs_receipts,
                                              a_payload_changed_afterwards,
                                              padding,
                                              a_fourth_part,
                                              half_a_mebibyte_of_payload};

const size_t forge_count = CS_COUNT_OF(forgers);
size_t forge_index;

/* The part up to the mark, which *at moves behind. */
static cs_str next_part(const char **at, char mark)
{
    const char *end = strchr(*at, mark);
    must(end != NULL, "text");
    const cs_str part = {*at, (size_t)(end - *at)};
    *at = end + 1;
    return part;
}

/* The honest answer with each receipt behind `name` made over. */
static void make_over(cs_buffer *body, const char *name, cs_buffer *out)
{
    cs_buffer_u8(body, 0);
    const char *at = (const char *)body->data, *found;
    while ((found = strstr(at, name)) != NULL) {
        forging f = {.out = out};
        cs_buffer jws;
        found += strlen(name);
        cs_buffer_append(out, at, (size_t)(found - at));
        at = found;
        f.header = next_part(&at, '.');
        f.payload = next_part(&at, '.');
        f.signature = next_part(&at, '"');
        at--;
        must(cs_p256_public(journey_backend(), f.public_key, NULL) == CONSENT_OK, "crypto");
        must(cs_key_id(f.public_key, f.kid, NULL) == CONSENT_OK, "crypto");
        cs_buffer_init(&jws, cs_memory_system(), JWS_MAX_BYTES);
        f.out = &jws;
        forgers[forge_index](&f);
        cs_buffer_append(out, jws.data, jws.size);
        cs_buffer_free(&jws);
    }
    cs_buffer_text(out, at);
}

void forge_receipts(loopback *s, const loopback_request *r)
{
    cs_buffer body, out;
    consent_http_answer answer;
    cs_buffer_init(&body, cs_memory_system(), JWS_MAX_BYTES);
    cs_buffer_init(&out, cs_memory_system(), 2 * JWS_MAX_BYTES);
    int32_t status = loopback_work(s, r, &body, &answer);
    make_over(&body, strcmp(r->method, "POST") == 0 ? "{\"receipts\":[\"" : "\"receipt\":\"", &out);
    loopback_answer(s, status, "", cs_buffer_span(&out));
    cs_buffer_free(&body);
    cs_buffer_free(&out);
}
