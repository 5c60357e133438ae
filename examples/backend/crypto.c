#include "crypto.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

struct cd_private_key {
    EVP_PKEY *pkey;
};

bool cd_random(void *out, size_t size)
{
    return size <= INT32_MAX && RAND_bytes(out, (int)size) == 1;
}

bool cd_sha256(const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; done && i < count; i++)
        done = EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1;
    done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

bool cd_hmac(const uint8_t key[CS_KEY_SIZE], const cs_span *parts, size_t count, uint8_t out[CS_HASH_SIZE])
{
    uint8_t joined[1024];
    size_t size = 0;
    unsigned got = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > sizeof joined - size)
            return false;
        if (parts[i].size > 0)
            memcpy(joined + size, parts[i].data, parts[i].size);
        size += parts[i].size;
    }
    return HMAC(EVP_sha256(), key, CS_KEY_SIZE, joined, size, out, &got) && got == CS_HASH_SIZE;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static EVP_PKEY *key_of(const uint8_t point[CS_P256_PUBLIC_SIZE], const uint8_t *scalar)
{
    EVP_PKEY *key = NULL;
    BIGNUM *number = scalar ? BN_bin2bn(scalar, CS_P256_PRIVATE_SIZE, NULL) : NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    if (builder && context && (number || !scalar) &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, CS_P256_PUBLIC_SIZE) == 1 &&
        (!scalar || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1))
        params = OSSL_PARAM_BLD_to_param(builder);
    if (!params || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    return key;
}

/* DER of r and s; its size, 0 when there is none. */
static int to_der(const uint8_t signature[CS_SIGNATURE_SIZE], uint8_t **der)
{
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, CS_SIGNATURE_SIZE / 2, NULL);
    BIGNUM *s = BN_bin2bn(signature + CS_SIGNATURE_SIZE / 2, CS_SIGNATURE_SIZE / 2, NULL);
    int size = 0;
    *der = NULL;
    if (parts && r && s && ECDSA_SIG_set0(parts, r, s) == 1) {
        r = s = NULL; /* theirs now */
        size = i2d_ECDSA_SIG(parts, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(parts);
    return size > 0 ? size : 0;
}

bool cd_verify(const uint8_t key[CS_P256_PUBLIC_SIZE], cs_span message, const uint8_t signature[CS_SIGNATURE_SIZE])
{
    uint8_t *der = NULL;
    int size = to_der(signature, &der);
    EVP_PKEY *pkey = size > 0 ? key_of(key, NULL) : NULL;
    EVP_MD_CTX *context = pkey ? EVP_MD_CTX_new() : NULL;
    bool fits = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                EVP_DigestVerify(context, der, (size_t)size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    OPENSSL_free(der);
    return fits;
}

/* ---- signing ---------------------------------------------------------------------------------- */

cd_private_key *cd_private_key_new(const uint8_t scalar[CS_P256_PRIVATE_SIZE], const uint8_t point[CS_P256_PUBLIC_SIZE])
{
    static const uint8_t probe[] = "does the scalar belong to the point";
    cd_private_key *key = OPENSSL_zalloc(sizeof *key);
    uint8_t signature[CS_SIGNATURE_SIZE];
    cs_span message = {probe, sizeof probe};
    if (key)
        key->pkey = key_of(point, scalar);
    if (key && key->pkey && cd_sign(key, message, signature) && cd_verify(point, message, signature))
        return key;
    cd_private_key_free(key);
    return NULL;
}

void cd_private_key_free(cd_private_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}

static bool from_der(const uint8_t *der, size_t size, uint8_t signature[CS_SIGNATURE_SIZE])
{
    const int half = CS_SIGNATURE_SIZE / 2;
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool done = parts && BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature, half) == half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature + half, half) == half;
    ECDSA_SIG_free(parts);
    return done;
}

bool cd_sign(const cd_private_key *key, cs_span message, uint8_t signature[CS_SIGNATURE_SIZE])
{
    uint8_t der[128];
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, der, &size, message.data, message.size) == 1 && from_der(der, size, signature);
    EVP_MD_CTX_free(context);
    return done;
}

bool cd_jws_sign(const cd_private_key *key, const char *kid, const char *typ, cs_span payload, cs_buffer *out)
{
    char header[128];
    uint8_t signature[CS_SIGNATURE_SIZE];
    size_t begin = out->size;
    int size = snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, typ);
    if (size < 0 || (size_t)size >= sizeof header)
        return false;
    cs_base64url_encode(out, (cs_span){(const uint8_t *)header, (size_t)size});
    cs_buffer_text(out, ".");
    cs_base64url_encode(out, payload);
    if (out->failed || !cd_sign(key, (cs_span){out->data + begin, out->size - begin}, signature))
        return false;
    cs_buffer_text(out, ".");
    cs_base64url_encode(out, (cs_span){signature, sizeof signature});
    return !out->failed;
}
