/* auth: who asks. Four kinds of token, none of which lets anybody grant (docs/sync-protocol.md section 6):
 *   a1.PROFILE.EXPIRES.MAC  of an account: made by the operator's log-in server, which shares the secret (`consentd token`); the MAC is
 *                           HMAC-SHA-256 over "libconsent account token 1" ‖ PROFILE ‖ "." ‖ EXPIRES (seconds), as written
 *   n1.…                    of an anonymous profile: given at enrolment, kept hashed
 *   o1.…                    of an operator: random, kept hashed
 *   s1.NAME.EXPIRES.MAC     of an operator's session on the web page, bound to the operator's token
 * Any thread. */
#ifndef CD_AUTH_H
#define CD_AUTH_H

#include "config.h"
#include "store.h"

#define CD_TOKEN_MAX_BYTES 256u
#define CD_TOKEN_SIZE 128u /* room for one of ours with its NUL */
#define CD_SESSION_MS (8 * CS_HOUR_MS)

typedef enum cd_role {
    CD_ROLE_NONE = 0,
    CD_ROLE_READER = 1,    /* reads persons' records */
    CD_ROLE_SUPPORT = 2,   /* the same, and acts for the person */
    CD_ROLE_PUBLISHER = 3, /* publishes policies, heads, key sets, notices; reads no record */
} cd_role;

const char *cd_role_name(int32_t role);
int32_t cd_role_of(cs_str name); /* CD_ROLE_NONE: no such role */

/* Makes an account's token. */
bool cd_auth_account_token(const cd_config *config, const uint8_t *profile, int64_t expires_ms,
                           char out[CD_TOKEN_SIZE]);
/* The token of an anonymous profile's device, the same each time, and what is kept of it. */
bool cd_auth_anonymous_token(const cd_config *config, const uint8_t *profile, const uint8_t *stream, const uint8_t *key,
                             char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE]);
bool cd_auth_operator_token(char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE]);
/* A guardian's link: 32 random bytes, and what is kept. */
bool cd_auth_link_token(char out[CD_TOKEN_SIZE], uint8_t hash[CD_TOKEN_HASH_SIZE]);
bool cd_auth_token_hash(cs_str token, uint8_t hash[CD_TOKEN_HASH_SIZE]);
bool cd_auth_session(const cd_config *config, const cd_operator *one, int64_t now_ms, char out[CD_TOKEN_MAX_BYTES]);
/* What forms of the session carry, so that no other site can send them. */
bool cd_auth_form_key(const cd_config *config, const cd_operator *one, char out[CD_TOKEN_SIZE]);

/* E_REJECTED: the token does not open this. E_EXPIRED. */
consent_status cd_auth_check_account(const cd_config *config, cs_str token, const uint8_t *profile, int64_t now_ms,
                                     consent_error *err);
/* Whether the token is one of a device of the anonymous profile. */
consent_status cd_auth_check_anonymous(cd_store *store, cs_str token, const uint8_t *profile, consent_error *err);
consent_status cd_auth_check_operator(cd_store *store, cs_str token, cd_operator *out, consent_error *err);
consent_status cd_auth_check_session(const cd_config *config, cd_store *store, cs_str token, int64_t now_ms,
                                     cd_operator *out, consent_error *err);

#endif
