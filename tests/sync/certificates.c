#include "sync/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    (void)fprintf(stderr, "a certificate of a test: %s\n", what);
    abort();
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension && X509_add_ext(x509, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

certificate certificate_make(const char *host, long from_s, long to_s, bool is_authority, const certificate *by)
{
    static long serial = 1000;
    char names[128];
    certificate c = {X509_new(), EVP_EC_gen("P-256")};
    must(c.x509 && c.key, "no memory");
    X509_NAME *name = X509_get_subject_name(c.x509);
    must(X509_set_version(c.x509, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(c.x509), from_s) &&
             X509_gmtime_adj(X509_getm_notAfter(c.x509), to_s) && X509_set_pubkey(c.x509, c.key) == 1 &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)host, -1, -1, 0) == 1 &&
             X509_set_issuer_name(c.x509, by ? X509_get_subject_name(by->x509) : name) == 1,
         host);
    add_extension(c.x509, by ? by->x509 : c.x509, NID_basic_constraints,
                  is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    (void)snprintf(names, sizeof names, "DNS:%s", host);
    if (!is_authority)
        add_extension(c.x509, by ? by->x509 : c.x509, NID_subject_alt_name, names);
    must(X509_sign(c.x509, by ? by->key : c.key, EVP_sha256()) > 0, "signing");
    return c;
}

void certificate_free(certificate *c)
{
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
}

void certificate_pin(const certificate *c, char out[48])
{
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &der);
    must(size > 0, "public key");
    (void)SHA256(der, (size_t)size, hash);
    (void)EVP_EncodeBlock((unsigned char *)out, hash, sizeof hash);
    OPENSSL_free(der);
}

void certificate_write(const certificate *c, const char *path)
{
    FILE *file = fopen(path, "w");
    must(file && PEM_write_X509(file, c->x509) == 1, path);
    (void)fclose(file);
}
