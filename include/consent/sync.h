/**
 * @file sync.h
 * Bringing a person's acts to the operator's backend once, provably, and to their other devices: docs/sync.md says how a host
 * schedules it, docs/sync-protocol.md what goes over the wire.
 *
 * Nothing here runs by itself: consent_sync blocks its caller until it is done, failed, timed out or was cancelled. Before the
 * person accepted a policy it opens no socket (C1), unless the policy and the host allow policies to be fetched, or acts of others who
 * did accept wait sealed for the operator (a kiosk's last visitor), or an account's minor waits for the guardian's word (C130), which is
 * taken in while nothing is sent. No lock is held while the network or a callback is waited for: checks, forms and withdrawals go on meanwhile. Offline, full and failing
 * networks lose nothing: what no receipt covers is sent again.
 *
 * Where shared libraries are built, these functions are in libconsent-sync (CMake: consent::sync, pkg-config: consent-sync): the other
 * libraries have no code that opens a socket.
 */
#ifndef CONSENT_SYNC_H
#define CONSENT_SYNC_H

#include <consent/consent.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- transport -------------------------------------------------------------------------- */

/** One HTTP request. Everything in it lives for the call. */
typedef struct consent_http_request {
    size_t struct_size;
    const char *method;       /**< "GET" or "POST" */
    const char *url;          /**< https */
    const char *content_type; /**< of the body; NULL: there is none */
    const char *token;        /**< for "Authorization: Bearer"; NULL: no such header */
    const void *body;         /**< may be NULL */
    size_t body_size;         /**< bytes of body */
    uint32_t timeout_ms;      /**< for all of it */
    /** Poll it about once a second and give up with CONSENT_E_CANCELLED when it says true. */
    bool (*cancelled)(void *ctx);
    /** Takes the answer's body piece by piece, decompressed. Anything but 0: too much, give up with CONSENT_E_NETWORK. */
    int (*receive)(void *ctx, const void *data, size_t size);
    void *ctx; /**< handed to cancelled and receive */
} consent_http_request;

/** What came back. */
typedef struct consent_http_answer {
    size_t struct_size;
    int32_t status;       /**< HTTP status */
    char retry_after[64]; /**< value of the header, "" if none */
    char date[64];        /**< value of the header, "" if none */
    bool clock_suspect;   /**< set on failure: the server's certificate is out of its time by this device's clock */
} consent_http_answer;

/**
 * A host's own HTTP stack. It must verify the server's certificate and name, speak TLS 1.2 or later, and neither follow
 * redirects nor keep cookies.
 */
typedef struct consent_transport {
    size_t struct_size;
    void *ctx; /**< handed to perform */
    /** One request. CONSENT_OK with any HTTP status; E_NETWORK, E_CANCELLED. Called by consent_sync on its thread. */
    consent_status (*perform)(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                              consent_error *err);
} consent_transport;

/* ---- configuration ---------------------------------------------------------------------- */

/** A public key that the server's certificate must have (SPKI pin). */
typedef struct consent_pin {
    const char *sha256; /**< base64 of SHA-256 of the key's SubjectPublicKeyInfo, 44 characters */
    int64_t expires_ms; /**< from then on it is passed over; when all are, none is asked for */
} consent_pin;

/** What consent_sync did, also when it failed. */
typedef struct consent_sync_report {
    size_t struct_size;
    uint32_t sent;     /**< events that a verified receipt on disk covers since this call */
    uint32_t received; /**< other devices' and the backend's events recorded */
    uint32_t waiting;  /**< own events that no receipt covers yet */
    uint32_t parked;   /**< own events that the backend refused for good; they hold on this device */
    uint32_t policies; /**< policies, head statements and key sets installed */
    uint32_t sealed;   /**< sealed files delivered */
    uint32_t ignored;  /**< acts in the backend's name that it may not make (a grant, C143): recorded, without effect */
    uint32_t requests; /**< HTTP requests made */
    int64_t retry_ms;  /**< how long to wait before the next call; 0: until there is something to do */
    int64_t clock_ahead_ms; /**< this device's clock against the backend's, when they differ by over a minute */
    bool clock_suspect;     /**< the server's certificate is out of its time by this device's clock */
} consent_sync_report;

/** How to reach the backend. Strings, pins and the structs are copied; transport and callbacks live as long as the client. */
typedef struct consent_sync_config {
    size_t struct_size;
    const char *endpoint; /**< "https://consent.example.cn", a path may follow; without '/' at its end */
    const char
        *region; /**< where this endpoint stores, as policies name it ("CN"); another policy's region: E_REJECTED */
    const consent_transport *transport; /**< NULL: libcurl, where the build has it */
    const char *ca_file;                /**< PEM bundle for libcurl; NULL: the system's */
    const consent_pin *pins;            /**< at least two, or none */
    size_t pin_count;                   /**< number of pins */
    /**
     * Gives the account's token: writes at most `size` bytes with the NUL. `renew`: the last one was refused. Not called for anonymous
     * profiles. Called by consent_sync on its thread. Anything but CONSENT_OK ends the sync with it.
     */
    consent_status (*token)(void *ctx, bool renew, char *out, size_t size);
    /** Told after every step; may be NULL. Called by consent_sync on its thread; it may call consent_cancel. */
    void (*progress)(void *ctx, const consent_sync_report *report);
    void *ctx; /**< handed to token and progress */
    /** Policies may be fetched before any acceptance, where the policy held allows it too. */
    bool fetch_before_consent;
} consent_sync_config;

/**
 * Says how to reach the backend; replaces what was said before. Opens nothing.
 * @return CONSENT_OK; E_ARGUMENT naming the member; E_UNSUPPORTED: no transport, and this build has no libcurl; E_LOCKED: a sync is
 *         under way.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_sync_configure(consent_client *client,
                                                                   const consent_sync_config *config,
                                                                   consent_error *err);

/* ---- syncing ---------------------------------------------------------------------------- */

/**
 * Sends what is new, takes what others did, fetches newer policies, delivers sealed files. Blocks. One call at a time for a
 * profile; other processes may do the same at once.
 * @param timeout_ms  For all of it; 0: five minutes.
 * @param report      May be NULL.
 * @return CONSENT_OK: nothing is left to do, or nothing may leave before an acceptance; E_NETWORK: try again after report->retry_ms;
 *         E_CANCELLED; E_REJECTED: the endpoint's region is not the policy's (C114); E_LOCKED: a sync of this profile is under way;
 *         E_KEY_UNAVAILABLE, E_IO, E_FULL …: this device's store; nothing is lost in any case.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_sync(consent_profile *profile, uint32_t timeout_ms,
                                                         consent_sync_report *report, consent_error *err);
/** Ends every consent_sync of the client that is under way, soon. Any thread, also from callbacks. */
CONSENT_API void consent_cancel(consent_client *client);
/**
 * JSON: how a profile stands with the backend: events waiting and parked, the cursor merged, the last error, devices
 * (docs/json.md). Reads no network.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_sync_status(consent_profile *profile, consent_write_fn write,
                                                                void *ctx, consent_error *err);

/* ---- accounts --------------------------------------------------------------------------- */

/**
 * On log-in: takes what was done anonymously on this device into an account's profile. A refusal on either side wins until it is
 * granted again; nothing is taken away from the anonymous profile, which serves again after log-out. Again: takes what is new.
 * @param account    The account's profile, opened on the same client.
 * @param anonymous  The device's anonymous profile.
 * @return CONSENT_OK: durable; E_ARGUMENT: not two such profiles of one client.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_profile_join(consent_profile *account, consent_profile *anonymous,
                                                                 consent_error *err);
/**
 * On log-out: records in the account's profile that this device left it. Then close it and go on with the anonymous profile, which is as
 * it was.
 * @return CONSENT_OK: durable; E_ARGUMENT: not an account's profile.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_profile_leave(consent_profile *account, consent_error *err);

#ifdef __cplusplus
}
#endif

#endif
