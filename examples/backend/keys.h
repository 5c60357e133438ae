/* keys: the keys that sign receipts. Their private halves are files in the backend's folder; which of them signs is said by the
 * operator's key set, root-signed: of those that it names for now, the one named for the latest beginning, the last in the list of those. So rotating is: make a key,
 * let the root name it, publish the key set. Receipts made before are signed anew when asked for. Any thread. */
#ifndef CD_KEYS_H
#define CD_KEYS_H

#include "config.h"
#include "wire/wire.h"

typedef struct cd_keys cd_keys;

/* Makes a key in the backend's folder; *kid names it (17 bytes). */
consent_status cd_keys_make(cd_config *config, char *kid, consent_error *err);
/* Reads every key of the folder. */
consent_status cd_keys_load(cd_config *config, cd_keys **out, consent_error *err);
void cd_keys_free(cd_keys *keys);
/* Moves what `keys` lacks over from `fresh`. */
consent_status cd_keys_take_over(cd_keys *keys, cd_keys *fresh, consent_error *err);

/* Verifies the key set by the roots; *version is its version. With `keys`, those signing are chosen by it from now on. */
consent_status cd_keys_use(cd_keys *keys, const cd_config *config, cs_str line, uint32_t *version, consent_error *err);
/* Name of the key that signs now (17 bytes); false: none is named by the key set, and nothing can be acknowledged. */
bool cd_keys_current(cd_keys *keys, int64_t now_ms, char *kid);
/* Names of all that are held, for showing. */
void cd_keys_each(cd_keys *keys, void (*fn)(void *ctx, const char *kid, const uint8_t *key, bool named), void *ctx);

/* Appends the JWS. E_KEY_UNAVAILABLE: no key signs now. */
consent_status cd_keys_sign_receipt(cd_keys *keys, int64_t now_ms, const cs_receipt *receipt, cs_buffer *out,
                                    consent_error *err);
consent_status cd_keys_sign_sealed(cd_keys *keys, int64_t now_ms, const cs_sealed_receipt *receipt, cs_buffer *out,
                                   consent_error *err);

#endif
