#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <psa/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define MAX_BYTES 128u

typedef struct bytes {
    uint8_t data[MAX_BYTES];
    size_t size;
} bytes;

static bytes hex(const char *text)
{
    bytes out = {.size = strlen(text) / 2};
    assert_true(cs_hex_decode(cs_str_of(text), out.data, out.size));
    return out;
}

static cs_span span_of(const bytes *b)
{
    return (cs_span){b->data, b->size};
}

static cs_span text_span(const char *text)
{
    return (cs_span){(const uint8_t *)text, strlen(text)};
}

static void assert_hex(const uint8_t *data, size_t size, const char *wanted)
{
    char text[2 * MAX_BYTES + 1];
    cs_hex_encode(data, size, text);
    assert_string_equal(text, wanted);
}

/* ---- hashes ------------------------------------------------------------------------------- */

static void sha256_matches_fips_180_whatever_the_parts(void **state)
{
    (void)state;
    static const char wanted[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    static const char message[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t hash[CS_HASH_SIZE];
    for (size_t cut = 0; cut < sizeof(message); cut++) {
        const cs_span parts[] = {
            {(const uint8_t *)message, cut}, {NULL, 0}, {(const uint8_t *)message + cut, sizeof(message) - 1 - cut}};
        assert_int_equal(cs_sha256(parts, 3, hash, NULL), CONSENT_OK);
        assert_hex(hash, sizeof(hash), wanted);
    }
    const cs_span whole = text_span(message);
    assert_int_equal(cs_sha256(&whole, 1, hash, NULL), CONSENT_OK);
    assert_hex(hash, sizeof(hash), wanted);
    assert_int_equal(cs_sha256(NULL, 0, hash, NULL), CONSENT_OK);
    assert_hex(hash, sizeof(hash), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_matches_rfc_4231(void **state)
{
    (void)state;
    /* Case 1; HMAC fills short keys up with zeros, so a key of 20 bytes is also one of 32. */
    uint8_t key[CS_KEY_SIZE] = {0};
    uint8_t mac[CS_HASH_SIZE];
    memset(key, 0x0b, 20);
    const cs_span parts[] = {text_span("Hi"), text_span(" There")};
    assert_int_equal(cs_hmac_sha256(key, parts, 2, mac, NULL), CONSENT_OK);
    assert_hex(mac, sizeof(mac), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

static void hkdf_matches_rfc_5869(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        const char *salt;
        const char *info;
        const char *out;
    } cases[] = {{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
                 {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031"
                  "32333435363"
                  "738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
                  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f9091"
                  "92939495969"
                  "798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
                  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1"
                  "e2e3e4e5e6e"
                  "7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da32"
                  "75600c2f09b"
                  "8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
                 {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
                  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"}};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        bytes secret = hex(cases[i].secret);
        bytes salt = hex(cases[i].salt);
        bytes info = hex(cases[i].info);
        uint8_t out[MAX_BYTES];
        size_t size = strlen(cases[i].out) / 2;
        assert_int_equal(cs_hkdf_sha256(span_of(&secret), span_of(&salt), span_of(&info), out, size, NULL), CONSENT_OK);
        assert_hex(out, size, cases[i].out);
    }
}

static void hkdf_refuses_more_than_it_can_derive(void **state)
{
    (void)state;
    static uint8_t out[255 * 32 + 1];
    cs_span any = text_span("secret");
    assert_int_equal(cs_hkdf_sha256(any, any, any, out, sizeof(out) - 1, NULL), CONSENT_OK);
    assert_int_equal(cs_hkdf_sha256(any, any, any, out, sizeof(out), NULL), CONSENT_E_ARGUMENT);
    assert_int_equal(cs_hkdf_sha256(any, any, any, out, 0, NULL), CONSENT_OK);
}

/* ---- XAES-256-GCM ------------------------------------------------------------------------- */

static void xaes_matches_the_c2sp_vectors(void **state)
{
    (void)state;
    static const struct {
        uint8_t key_byte;
        const char *aad;
        const char *sealed;
    } cases[] = {{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
                 {3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"}};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        uint8_t key[CS_KEY_SIZE];
        memset(key, cases[i].key_byte, sizeof(key));
        const uint8_t *nonce = (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX";
        uint8_t sealed[12 + CS_TAG_SIZE];
        uint8_t plain[12];
        cs_span aad = text_span(cases[i].aad);
        assert_int_equal(cs_xaes_seal(key, nonce, aad, text_span("XAES-256-GCM"), sealed, NULL), CONSENT_OK);
        assert_hex(sealed, sizeof(sealed), cases[i].sealed);
        assert_int_equal(cs_xaes_open(key, nonce, aad, (cs_span){sealed, sizeof(sealed)}, plain, NULL), CONSENT_OK);
        assert_memory_equal(plain, "XAES-256-GCM", 12);
    }
}

static void every_small_size_is_sealed_and_opened(void **state)
{
    (void)state;
    const uint8_t key[CS_KEY_SIZE] = {7};
    const uint8_t nonce[CS_NONCE_SIZE] = {9};
    uint8_t plain[80];
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)i;
    for (size_t size = 0; size <= sizeof(plain); size++)
        for (size_t aad_size = 0; aad_size <= 40; aad_size += 20) {
            uint8_t sealed[sizeof(plain) + CS_TAG_SIZE];
            uint8_t back[sizeof(plain)];
            cs_span aad = {aad_size > 0 ? plain : NULL, aad_size};
            cs_span content = {size > 0 ? plain : NULL, size};
            assert_int_equal(cs_xaes_seal(key, nonce, aad, content, sealed, NULL), CONSENT_OK);
            cs_span closed = {sealed, size + CS_TAG_SIZE};
            assert_int_equal(cs_xaes_open(key, nonce, aad, closed, size > 0 ? back : NULL, NULL), CONSENT_OK);
            if (size > 0)
                assert_memory_equal(back, plain, size);
        }
}

static consent_status open_changed(size_t part, size_t bit, uint8_t *plain)
{
    uint8_t key[CS_KEY_SIZE] = {1};
    uint8_t nonce[CS_NONCE_SIZE] = {2};
    uint8_t aad[5] = {3};
    uint8_t sealed[20 + CS_TAG_SIZE];
    const uint8_t content[20] = {4};
    consent_error err;
    assert_int_equal(cs_xaes_seal(key, nonce, (cs_span){aad, 5}, (cs_span){content, 20}, sealed, NULL), CONSENT_OK);
    uint8_t *parts[] = {key, nonce, aad, sealed};
    parts[part][bit / 8] ^= (uint8_t)(1u << bit % 8);
    return cs_xaes_open(key, nonce, (cs_span){aad, 5}, (cs_span){sealed, sizeof(sealed)}, plain, &err);
}

static void any_changed_bit_is_tampering_and_gives_no_content(void **state)
{
    (void)state;
    static const size_t sizes[] = {CS_KEY_SIZE, CS_NONCE_SIZE, 5, 20 + CS_TAG_SIZE};
    for (size_t part = 0; part < CS_COUNT_OF(sizes); part++)
        for (size_t bit = 0; bit < sizes[part] * 8; bit++) {
            uint8_t plain[20] = {0};
            assert_int_equal(open_changed(part, bit, plain), CONSENT_E_TAMPERED);
            for (size_t i = 0; i < sizeof(plain); i++)
                assert_int_equal(plain[i], 0);
        }
}

static void sealed_bytes_shorter_than_a_tag_are_tampering(void **state)
{
    (void)state;
    const uint8_t key[CS_KEY_SIZE] = {0};
    const uint8_t nonce[CS_NONCE_SIZE] = {0};
    const uint8_t sealed[CS_TAG_SIZE] = {0};
    uint8_t plain[1];
    for (size_t size = 0; size <= CS_TAG_SIZE; size++)
        assert_int_equal(cs_xaes_open(key, nonce, (cs_span){NULL, 0}, (cs_span){sealed, size}, plain, NULL),
                         CONSENT_E_TAMPERED);
}

static void cmac(const uint8_t mac_key[16], const uint8_t *data, size_t size, uint8_t out[16])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;
    size_t got = 0;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_CMAC);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    assert_int_equal(psa_import_key(&attributes, mac_key, 16, &id), PSA_SUCCESS);
    assert_int_equal(psa_mac_compute(id, PSA_ALG_CMAC, data, size, out, 16, &got), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void hedged(const char *place, const char *aad, const char *content, const char *plain,
                   uint8_t nonce[CS_NONCE_SIZE], uint8_t *sealed)
{
    const uint8_t key[CS_KEY_SIZE] = {4};
    const uint8_t nonce_key[CS_KEY_SIZE] = {5};
    const uint8_t random[32] = {6};
    cs_seal_ahead ahead;
    const cs_seal_ahead nothing = {0};
    assert_int_equal(cs_seal_prepare(key, nonce_key, random, text_span(place), &ahead, NULL), CONSENT_OK);
    assert_int_equal(cs_seal_hedged(&ahead, text_span(aad), text_span(content), text_span(plain), nonce, sealed, NULL),
                     CONSENT_OK);
    assert_memory_equal(&ahead, &nothing, sizeof ahead); /* it served */
}

static void a_hedged_nonce_is_the_documented_one_and_its_seal_opens(void **state)
{
    (void)state;
    const uint8_t key[CS_KEY_SIZE] = {4};
    const uint8_t nonce_key[CS_KEY_SIZE] = {5};
    const uint8_t random[32] = {6};
    uint8_t nonce[CS_NONCE_SIZE];
    uint8_t sealed[7 + CS_TAG_SIZE];
    uint8_t plain[7];
    uint8_t hash[CS_HASH_SIZE];
    uint8_t mac[16];
    const cs_span parts[] = {{random, 32}, text_span("place")};
    hedged("place", "aad", "plain", "plain..", nonce, sealed);
    assert_int_equal(cs_hmac_sha256(nonce_key, parts, CS_COUNT_OF(parts), hash, NULL), CONSENT_OK);
    cmac(hash + 12, (const uint8_t *)"plain", 5, mac);
    assert_memory_equal(nonce, hash, 12);
    assert_memory_equal(nonce + 12, mac, 12);
    assert_int_equal(cs_xaes_open(key, nonce, text_span("aad"), (cs_span){sealed, sizeof sealed}, plain, NULL),
                     CONSENT_OK);
    assert_memory_equal(plain, "plain..", 7);
}

static void a_repeated_random_source_still_gives_different_nonces(void **state)
{
    (void)state;
    static const struct {
        const char *place;
        const char *plain;
    } contents[] = {{"a", "granted"}, {"a", "refused"}, {"b", "granted"}, {"ab", "c"},
                    {"a", "bc"},      {"a", ""},        {"", ""}};
    uint8_t nonces[CS_COUNT_OF(contents)][CS_NONCE_SIZE];
    uint8_t sealed[7 + CS_TAG_SIZE];
    for (size_t i = 0; i < CS_COUNT_OF(contents); i++) {
        const char *place = contents[i].place;
        hedged(place, place, contents[i].plain, contents[i].plain, nonces[i], sealed);
        for (size_t j = 0; j < i; j++) {
            const size_t half = CS_NONCE_SIZE / 2;
            assert_memory_not_equal(nonces[i] + half, nonces[j] + half, half);
            if (strcmp(contents[i].place, contents[j].place) != 0)
                assert_memory_not_equal(nonces[i], nonces[j], half);
        }
    }
}

/* ---- P-256 -------------------------------------------------------------------------------- */

static const char rfc6979_key[] = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
static const char rfc6979_public[] = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

static void es256_matches_rfc_6979(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        const char *signature;
    } cases[] = {{"sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
                 {"test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                          "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"}};
    bytes key = hex(rfc6979_key);
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    assert_int_equal(cs_p256_public(key.data, public_key, NULL), CONSENT_OK);
    assert_hex(public_key, sizeof(public_key), rfc6979_public);
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        uint8_t signature[CS_SIGNATURE_SIZE];
        cs_span message = text_span(cases[i].message);
        assert_int_equal(cs_es256_sign(key.data, message, signature, NULL), CONSENT_OK);
        assert_hex(signature, sizeof(signature), cases[i].signature);
        assert_int_equal(cs_es256_verify(public_key, message, signature, NULL), CONSENT_OK);
    }
}

static void a_signature_fits_one_message_and_one_key(void **state)
{
    (void)state;
    bytes key = hex(rfc6979_key);
    bytes public_key = hex(rfc6979_public);
    uint8_t signature[CS_SIGNATURE_SIZE];
    const uint8_t zeros[CS_SIGNATURE_SIZE] = {0};
    assert_int_equal(cs_es256_sign(key.data, text_span("policy"), signature, NULL), CONSENT_OK);
    assert_int_equal(cs_es256_verify(public_key.data, text_span("policx"), signature, NULL), CONSENT_E_TAMPERED);
    assert_int_equal(cs_es256_verify(public_key.data, text_span(""), signature, NULL), CONSENT_E_TAMPERED);
    assert_int_equal(cs_es256_verify(public_key.data, text_span("policy"), zeros, NULL), CONSENT_E_TAMPERED);
    for (size_t i = 0; i < CS_SIGNATURE_SIZE; i += 7) {
        signature[i] ^= 1u;
        assert_int_equal(cs_es256_verify(public_key.data, text_span("policy"), signature, NULL), CONSENT_E_TAMPERED);
        signature[i] ^= 1u;
    }
    uint8_t other_key[32] = {1};
    uint8_t other_public[CS_P256_PUBLIC_SIZE];
    assert_int_equal(cs_p256_public(other_key, other_public, NULL), CONSENT_OK);
    assert_int_equal(cs_es256_verify(other_public, text_span("policy"), signature, NULL), CONSENT_E_TAMPERED);
}

static void a_public_key_that_is_no_point_is_an_argument_error(void **state)
{
    (void)state;
    bytes key = hex(rfc6979_key);
    bytes public_key = hex(rfc6979_public);
    uint8_t signature[CS_SIGNATURE_SIZE];
    uint8_t shared[32];
    consent_error err;
    assert_int_equal(cs_es256_sign(key.data, text_span("x"), signature, NULL), CONSENT_OK);
    public_key.data[64] ^= 1u;
    assert_int_equal(cs_es256_verify(public_key.data, text_span("x"), signature, &err), CONSENT_E_ARGUMENT);
    assert_int_equal(cs_p256_agree(key.data, public_key.data, shared, &err), CONSENT_E_ARGUMENT);
    memset(public_key.data, 0, CS_P256_PUBLIC_SIZE);
    assert_int_equal(cs_es256_verify(public_key.data, text_span("x"), signature, &err), CONSENT_E_ARGUMENT);
}

static void private_keys_outside_the_group_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                                      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
                                      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    uint8_t private_key[32];
    uint8_t public_key[CS_P256_PUBLIC_SIZE];
    uint8_t signature[CS_SIGNATURE_SIZE];
    bytes good_public = hex(rfc6979_public);
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++) {
        bytes scalar = hex(bad[i]);
        assert_int_equal(cs_p256_from_random(scalar.data, private_key, public_key, NULL), CONSENT_E_ARGUMENT);
        assert_int_equal(cs_p256_public(scalar.data, public_key, NULL), CONSENT_E_ARGUMENT);
        assert_int_equal(cs_es256_sign(scalar.data, text_span("x"), signature, NULL), CONSENT_E_ARGUMENT);
        assert_int_equal(cs_p256_agree(scalar.data, good_public.data, private_key, NULL), CONSENT_E_ARGUMENT);
    }
    bytes one = hex("0000000000000000000000000000000000000000000000000000000000000001");
    bytes last = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
    assert_int_equal(cs_p256_from_random(last.data, private_key, public_key, NULL), CONSENT_OK);
    assert_memory_equal(private_key, last.data, 32);
    assert_int_equal(cs_p256_from_random(one.data, private_key, public_key, NULL), CONSENT_OK);
    assert_hex(public_key + 1, 32,
               "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"); /* the base point */
}

static void key_agreement_matches_rfc_5903(void **state)
{
    (void)state;
    bytes mine = hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    bytes peer = hex("04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
    uint8_t shared[32];
    assert_int_equal(cs_p256_agree(mine.data, peer.data, shared, NULL), CONSENT_OK);
    assert_hex(shared, sizeof(shared), "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
}

static void a_key_is_named_by_its_hash(void **state)
{
    (void)state;
    bytes public_key = hex(rfc6979_public);
    uint8_t hash[CS_HASH_SIZE];
    char id[17];
    char wanted[2 * CS_HASH_SIZE + 1];
    const cs_span part = {public_key.data, CS_P256_PUBLIC_SIZE};
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    assert_int_equal(cs_key_id(public_key.data, id, NULL), CONSENT_OK);
    cs_hex_encode(hash, 8, wanted);
    assert_string_equal(id, wanted);
}

/* ---- the lock and the slots --------------------------------------------------------------- */

static int lock_depth;
static int lock_count;

static void count_lock(void *ctx)
{
    assert_ptr_equal(ctx, &lock_depth);
    assert_int_equal(lock_depth++, 0);
    lock_count++;
}

static void count_unlock(void *ctx)
{
    (void)ctx;
    assert_int_equal(--lock_depth, 0);
}

static void a_host_lock_replaces_the_built_in_one(void **state)
{
    (void)state;
    uint8_t hash[CS_HASH_SIZE];
    const cs_span part = text_span("x");
    lock_count = 0;
    cs_crypto_set_lock(count_lock, count_unlock, &lock_depth);
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    uint8_t plain[20];
    assert_int_equal(open_changed(0, 0, plain), CONSENT_E_TAMPERED);
    assert_int_equal(lock_count, 3);
    assert_int_equal(lock_depth, 0);
    cs_crypto_set_lock(NULL, NULL, NULL);
    assert_int_equal(cs_sha256(&part, 1, hash, NULL), CONSENT_OK);
    assert_int_equal(lock_count, 3);
}

static void half_a_lock_is_no_lock(void **state)
{
    (void)state;
    uint8_t hash[CS_HASH_SIZE];
    lock_count = 0;
    cs_crypto_set_lock(count_lock, NULL, &lock_depth);
    assert_int_equal(cs_sha256(NULL, 0, hash, NULL), CONSENT_OK);
    assert_int_equal(lock_count, 0);
    cs_crypto_set_lock(NULL, NULL, NULL);
}

/* PSA of mbedTLS 2.28 has 32 key slots for the whole process: a call that forgot one would soon find none. */
static void no_call_keeps_a_key_slot(void **state)
{
    (void)state;
    uint8_t key[CS_KEY_SIZE] = {1};
    uint8_t out[CS_HASH_SIZE];
    uint8_t plain[20];
    uint8_t signature[CS_SIGNATURE_SIZE];
    bytes public_key = hex(rfc6979_public);
    const cs_span part = text_span("x");
    for (int i = 0; i < 40; i++) {
        assert_int_equal(cs_hmac_sha256(key, &part, 1, out, NULL), CONSENT_OK);
        assert_int_equal(open_changed(3, 0, plain), CONSENT_E_TAMPERED);
        assert_int_equal(cs_es256_sign(key, part, signature, NULL), CONSENT_OK);
        assert_int_equal(cs_es256_verify(public_key.data, part, signature, NULL), CONSENT_E_TAMPERED);
        assert_int_equal(cs_p256_agree(key, public_key.data, out, NULL), CONSENT_OK);
        assert_int_equal(cs_hkdf_sha256(part, part, part, out, sizeof(out), NULL), CONSENT_OK);
    }
}

static void *seal_and_open(void *failures)
{
    uint8_t key[CS_KEY_SIZE] = {1};
    uint8_t nonce[CS_NONCE_SIZE] = {0};
    uint8_t content[64] = {7};
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t sealed[sizeof(content) + CS_TAG_SIZE];
        uint8_t back[sizeof(content)];
        cs_store_u32(nonce, i);
        cs_span plain = {content, sizeof(content)};
        bool ok = cs_xaes_seal(key, nonce, plain, plain, sealed, NULL) == CONSENT_OK &&
                  cs_xaes_open(key, nonce, plain, (cs_span){sealed, sizeof(sealed)}, back, NULL) == CONSENT_OK &&
                  memcmp(back, content, sizeof(content)) == 0;
        *(int *)failures += ok ? 0 : 1;
    }
    return NULL;
}

static void any_thread_may_call(void **state)
{
    (void)state;
    pthread_t threads[4];
    int failures[4] = {0};
    for (size_t i = 0; i < CS_COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, &failures[i]), 0);
    for (size_t i = 0; i < CS_COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
}

static atomic_bool keep_verifying;

/* Holds the lock nearly all the time. */
static void *verify_on_and_on(void *unused)
{
    bytes public_key = hex(rfc6979_public);
    const uint8_t signature[CS_SIGNATURE_SIZE] = {1};
    while (atomic_load(&keep_verifying))
        (void)cs_es256_verify(public_key.data, text_span("x"), signature, NULL);
    return unused;
}

static void a_child_forked_while_others_are_inside_can_go_on(void **state)
{
    (void)state;
    pthread_t thread;
    uint8_t hash[CS_HASH_SIZE];
    atomic_store(&keep_verifying, true);
    assert_int_equal(cs_sha256(NULL, 0, hash, NULL), CONSENT_OK);
    assert_int_equal(pthread_create(&thread, NULL, verify_on_and_on, NULL), 0);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)alarm(30); /* a child that waits for ever must not keep the test waiting */
            _exit(cs_sha256(NULL, 0, hash, NULL) == CONSENT_OK ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&keep_verifying, false);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void starting_twice_is_fine(void **state)
{
    (void)state;
    assert_int_equal(cs_crypto_init(NULL), CONSENT_OK);
    assert_int_equal(cs_crypto_init(NULL), CONSENT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_matches_fips_180_whatever_the_parts),
        cmocka_unit_test(hmac_matches_rfc_4231),
        cmocka_unit_test(hkdf_matches_rfc_5869),
        cmocka_unit_test(hkdf_refuses_more_than_it_can_derive),
        cmocka_unit_test(xaes_matches_the_c2sp_vectors),
        cmocka_unit_test(every_small_size_is_sealed_and_opened),
        cmocka_unit_test(any_changed_bit_is_tampering_and_gives_no_content),
        cmocka_unit_test(sealed_bytes_shorter_than_a_tag_are_tampering),
        cmocka_unit_test(a_hedged_nonce_is_the_documented_one_and_its_seal_opens),
        cmocka_unit_test(a_repeated_random_source_still_gives_different_nonces),
        cmocka_unit_test(es256_matches_rfc_6979),
        cmocka_unit_test(a_signature_fits_one_message_and_one_key),
        cmocka_unit_test(a_public_key_that_is_no_point_is_an_argument_error),
        cmocka_unit_test(private_keys_outside_the_group_are_refused),
        cmocka_unit_test(key_agreement_matches_rfc_5903),
        cmocka_unit_test(a_key_is_named_by_its_hash),
        cmocka_unit_test(a_host_lock_replaces_the_built_in_one),
        cmocka_unit_test(half_a_lock_is_no_lock),
        cmocka_unit_test(no_call_keeps_a_key_slot),
        cmocka_unit_test(any_thread_may_call),
        cmocka_unit_test(a_child_forked_while_others_are_inside_can_go_on),
        cmocka_unit_test(starting_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
