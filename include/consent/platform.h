/**
 * @file platform.h
 * What a porter of libconsent provides: the key store, the clock, the lock around PSA. Stable within a minor version.
 */
#ifndef CONSENT_PLATFORM_H
#define CONSENT_PLATFORM_H

#include <consent/consent.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How well the platform protects what a key store holds; recorded in each ledger. */
typedef enum consent_protection {
    CONSENT_PROTECTION_FILE = 1,    /**< a file: as safe as the disk */
    CONSENT_PROTECTION_SYSTEM = 2,  /**< the operating system's key store */
    CONSENT_PROTECTION_HARDWARE = 3 /**< a secure element */
} consent_protection;

/**
 * Keeps the home's secrets. Each function returns CONSENT_OK, E_KEY_UNAVAILABLE (locked, not started, busy: try later),
 * E_KEY_GONE (lost for good; never guess it: an item not found while protected data is unavailable is UNAVAILABLE),
 * or E_UNSUPPORTED. Called from any thread, one call at a time per home.
 */
typedef struct consent_keystore {
    size_t struct_size;
    void *ctx;
    /** Copies the secret `name` (at most *size bytes) and sets *size. E_NOT_FOUND: never stored here. */
    consent_status (*get)(void *ctx, const char *name, uint8_t *out, size_t *size);
    /** Stores or replaces, durably. */
    consent_status (*put)(void *ctx, const char *name, const uint8_t *data, size_t size);
    /** Forgets a secret, durably; CONSENT_OK also when there was none. */
    consent_status (*remove)(void *ctx, const char *name);
    /** How well this store protects. */
    consent_protection (*protection)(void *ctx);
    /**
     * A counter that only rises and that no restored backup takes back; both NULL where the platform has none. Written after
     * refusals and withdrawals only. An older ledger put back is then noticed (E_ROLLED_BACK).
     */
    consent_status (*counter_get)(void *ctx, const char *name, uint64_t *value);
    /** Raises the counter `name` to `value`; a lower value changes nothing. */
    consent_status (*counter_set)(void *ctx, const char *name, uint64_t value);
    /**
     * Device keys that never leave the store, for signing what is synced (<consent/sync.h>); all of them NULL where it has none: then a software
     * key is kept sealed in the home. Gives the P-256 public key `name` as an uncompressed point, making the key when there is none.
     * `remove` forgets it. E_UNSUPPORTED: not on this device.
     */
    consent_status (*public_key)(void *ctx, const char *name, uint8_t out[65]);
    /** ES256 over the message: ECDSA with SHA-256, r and s of 32 bytes each. */
    consent_status (*sign_es256)(void *ctx, const char *name, const uint8_t *message, size_t size, uint8_t out[64]);
} consent_keystore;

/** Two clocks; fill *wall_ms (UTC) and *elapsed_ms (monotonic, counting sleep where the system can). */
typedef struct consent_clock {
    size_t struct_size;
    void *ctx;
    /** Reads both clocks. Called often, from any thread. */
    void (*now)(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms);
} consent_clock;

/**
 * Replaces the process-wide lock around PSA calls. mbedTLS 2.28's PSA is not thread-safe: a host that uses it too must
 * share one lock with libconsent. Before the first consent_open; NULL, NULL restores the built-in lock.
 */
CONSENT_API void consent_set_crypto_lock(void (*lock)(void *ctx), void (*unlock)(void *ctx), void *ctx);

#ifdef __cplusplus
}
#endif

#endif
