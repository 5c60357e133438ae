/* certificates: an authority and server certificates, good and bad, made on the spot. */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdbool.h>

typedef struct certificate {
    X509 *x509;
    EVP_PKEY *key;
} certificate;

/* For `host`, valid from and to these seconds from now. `by` NULL: signed by itself. */
certificate certificate_make(const char *host, long from_s, long to_s, bool is_authority, const certificate *by);
void certificate_free(certificate *c);
/* Base64 of SHA-256 of its SubjectPublicKeyInfo: 44 characters and a NUL. */
void certificate_pin(const certificate *c, char out[48]);
void certificate_write(const certificate *c, const char *path);

#endif
