/* transport_curl: HTTPS by libcurl, with nothing to switch off. */
#ifndef CS_TRANSPORT_CURL_H
#define CS_TRANSPORT_CURL_H

#include <consent/sync.h>

#include "base/base.h"

typedef struct cs_curl cs_curl; /* one connection, reused; belongs to one thread at a time */

typedef struct cs_curl_config {
    const char *ca_file;  /* NULL: the system's */
    const char *pin_list; /* "sha256//…;sha256//…"; NULL: none */
} cs_curl_config;

/* Whether this build has libcurl. */
bool cs_curl_is_there(void);
/* Strings are copied. E_UNSUPPORTED without libcurl, or when libcurl's TLS cannot pin. */
consent_status cs_curl_open(const cs_memory *memory, const cs_curl_config *config, cs_curl **out, consent_error *err);
void cs_curl_close(cs_curl *curl);
/* consent_transport.perform; ctx is a cs_curl. */
consent_status cs_curl_perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                               consent_error *err);

#endif
