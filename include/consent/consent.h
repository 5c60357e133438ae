/**
 * @file consent.h
 * libconsent: may I, right now, for this person, and on what ground?
 *
 * A host opens a client on a directory (its home), installs the operator's signed policy, opens the person's
 * profile, and asks before every collection, every sharing and every system permission prompt. What must be
 * shown comes out as a form; what the person did goes back as one submission, which is recorded durably in an
 * encrypted, tamper-evident ledger before the call returns.
 *
 * Rules of the whole interface
 *  - Deny is zero. Zeroed memory, a NULL handle, an unknown name and every failure read as "no".
 *  - Every fallible call returns a consent_status and takes an optional consent_error, which the caller owns.
 *    Nothing is remembered between calls and nothing in an error needs freeing.
 *  - Inputs are borrowed for the call. Callers free handles only, each with its own _close (NULL is fine).
 *  - Text is UTF-8. Long or nested results come out as JSON (version 1, docs/json.md) through a writer callback.
 *  - Structs that callers fill start with struct_size; zero means the default. CONSENT_INIT sets it.
 *  - Any thread may call anything on one handle, unless a comment says otherwise. The library starts no thread,
 *    opens no socket but in consent_sync, runs nothing at load. Callbacks run on the calling thread, with no lock held.
 *  - Times are UTC milliseconds since 1970 in int64_t; 0 means none.
 *
 * Legal sources are named where a call implements them: PIPL is the Personal Information Protection Law of the
 * PRC; a C-number is an item of the source policy (docs/coverage.md).
 */
#ifndef CONSENT_CONSENT_H
#define CONSENT_CONSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <consent/version.h>

#if defined(_WIN32)
#define CONSENT_API
#elif defined(__GNUC__)
#define CONSENT_API __attribute__((visibility("default")))
#else
#define CONSENT_API
#endif
#if defined(__GNUC__)
#define CONSENT_MUST_USE __attribute__((warn_unused_result))
#else
#define CONSENT_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- statuses and errors ---------------------------------------------------------------- */

/** What a call came to. Values are never reused; treat one you do not know as a failure. */
typedef enum consent_status {
    CONSENT_OK = 0,
    CONSENT_E_ARGUMENT = 1,        /**< a parameter, file or text is malformed: the message names it */
    CONSENT_E_MEMORY = 2,          /**< no memory; nothing changed */
    CONSENT_E_IO = 3,              /**< the file system failed; os_code says how */
    CONSENT_E_FULL = 4,            /**< no space left */
    CONSENT_E_LOCKED = 5,          /**< another writer holds the store, or this file system has no locks */
    CONSENT_E_KEY_UNAVAILABLE = 6, /**< the key store cannot answer now: wait and try again; nothing is lost */
    CONSENT_E_KEY_GONE = 7,        /**< the key is lost for good: the host decides (consent_erase) */
    CONSENT_E_CORRUPT = 8,         /**< stored bytes are damaged */
    CONSENT_E_TAMPERED = 9,        /**< a signature or seal does not fit */
    CONSENT_E_ROLLED_BACK = 10,    /**< an older copy of the store was put back */
    CONSENT_E_COPIED = 11,         /**< the store comes from another install */
    CONSENT_E_UNSUPPORTED = 12,    /**< not in this build, or a newer format */
    CONSENT_E_REJECTED = 13,  /**< the form's, the policy's or the law's rules forbid it: the message names the item */
    CONSENT_E_EXPIRED = 14,   /**< the form, policy or key is past its time */
    CONSENT_E_USED = 15,      /**< a form is submitted once */
    CONSENT_E_NOT_FOUND = 16, /**< no such file, policy, profile or item */
    CONSENT_E_NOT_DURABLE = 17, /**< a withdrawal holds in memory but reached no disk; try again */
    CONSENT_E_NETWORK = 18,     /**< the network or the peer failed */
    CONSENT_E_CANCELLED = 19,   /**< consent_cancel, or a writer callback that returned non-zero */
    CONSENT_E_FORKED = 20       /**< a handle made before fork() was used in the child: open again */
} consent_status;

/** Details of a failure, owned by the caller; never holds personal data. */
typedef struct consent_error {
    int32_t status;    /**< the consent_status that was returned */
    int32_t os_code;   /**< errno or a library's own code, 0 if none */
    char message[504]; /**< one line: what, where, why, what to do */
} consent_error;

/** Name of a status without its prefix, e.g. "REJECTED"; "UNKNOWN" for other values. Static. */
CONSENT_API const char *consent_status_name(consent_status status);

/** Version of the library at run time, e.g. "0.1.0". Static. */
CONSENT_API const char *consent_version(void);

/** Receives a piece of text. Return 0 to go on; anything else ends the call with CONSENT_E_CANCELLED. */
typedef int (*consent_write_fn)(void *ctx, const char *text, size_t size);

/** Zero-initialises a struct of this interface and sets its struct_size. */
#ifdef __cplusplus
#define CONSENT_INIT(type)                                                                                             \
    [] {                                                                                                               \
        type consent_init_ = {};                                                                                       \
        consent_init_.struct_size = sizeof(type);                                                                      \
        return consent_init_;                                                                                          \
    }()
#else
#define CONSENT_INIT(type)                                                                                             \
    {                                                                                                                  \
        .struct_size = sizeof(type)                                                                                    \
    }
#endif

/* ---- opening ---------------------------------------------------------------------------- */

typedef struct consent_client consent_client;   /**< one home directory, any number of profiles */
typedef struct consent_profile consent_profile; /**< one person's consent on this device */
typedef struct consent_handle consent_handle;   /**< one question, prepared for fast checks */
typedef struct consent_form consent_form;       /**< what to show, and what may be chosen */

struct consent_keystore; /* <consent/platform.h> */
struct consent_clock;    /* <consent/platform.h> */

/** How a home is opened. Everything in it is copied, but for keystore, clock and log, which live as long as the client. */
typedef struct consent_config {
    size_t struct_size;
    const char *home; /**< directory, created with mode 0700 when missing; its parent must exist */
    /** NULL: a key file of mode 0600 inside the home, for servers, tests and kiosks with disk encryption. */
    const struct consent_keystore *keystore;
    /** Root keys pinned in the app: each 65 bytes, an uncompressed P-256 point. Without one no policy installs. */
    const uint8_t *root_keys;
    size_t root_key_count; /**< number of keys in root_keys, at most 16 */
    /** Whose permission names forms carry: "android", "ios" or "desktop". NULL: "desktop". */
    const char *platform;
    /** NULL: the system's clock. Borrowed until consent_close. */
    const struct consent_clock *clock;
    /** Receives diagnostic lines without personal data; may be NULL. */
    void (*log)(void *ctx, int level, const char *message);
    void *log_ctx; /**< handed to log */
} consent_config;

/**
 * Opens a home. Reads no network, creates no identifier, writes nothing but an empty home's own files.
 * @return CONSENT_OK; E_ARGUMENT; E_IO; E_LOCKED; E_KEY_UNAVAILABLE and E_KEY_GONE do not fail the open: decisions are
 *         then deny store_unavailable and withdrawals still work.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_open(const consent_config *config, consent_client **out,
                                                         consent_error *err);
/** Closes. Close forms, handles and profiles first, in this order. */
CONSENT_API void consent_close(consent_client *client);

/** Whose profile to open. */
typedef struct consent_profile_config {
    size_t struct_size;
    const char *account; /**< account identifier, kept only as a keyed hash; NULL: the device's anonymous profile */
    bool ephemeral;      /**< kiosk: the ledger's key lives in memory only; gone at close */
} consent_profile_config;

/**
 * Opens, or begins, a profile. Damage is classified and never deleted: the profile opens all the same, its health says
 * what happened (consent_profile_health) and decisions stay at deny or ask.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_profile_open(consent_client *client,
                                                                 const consent_profile_config *config,
                                                                 consent_profile **out, consent_error *err);
/** Writes counts and closes. Close its forms and handles first. An ephemeral profile is gone, but for what is sealed to the operator. */
CONSENT_API void consent_profile_close(consent_profile *profile);
/** CONSENT_OK, or why every decision of this profile is deny store_unavailable. */
CONSENT_API consent_status consent_profile_health(consent_profile *profile, consent_error *err);

/* ---- policy ----------------------------------------------------------------------------- */

/**
 * Verifies a bundle completely (keys, signature, version floor, structure, documents) and only then keeps it.
 * PIPL 17; C2, C154 to C166.
 *
 * Takes a key set by itself, and a head statement too: the small signed word of which version is the newest. A policy held that is older than it
 * is "outdated" in consent_policy_list, so that a device from which updates are kept away can tell.
 * @return CONSENT_OK (also when this very policy is there already); E_TAMPERED (signature, or a key that is not named),
 *         E_REJECTED (an older version or key set than one seen, other bytes under the same version, a text revision that
 *         changes substance, another policy than the head statement names), E_EXPIRED (a key or head statement past its
 *         time), E_UNSUPPORTED, E_ARGUMENT.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_policy_install(consent_client *client, const void *bundle,
                                                                   size_t size, consent_error *err);
/**
 * JSON: every policy held, with id, version, revision, hash, instants, locales, whether it is in force and whether it is
 * outdated; and the head statements known. C159.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_policy_list(consent_client *client, consent_write_fn write,
                                                                void *ctx, consent_error *err);
/**
 * JSON: the document of one version in one locale as blocks with emphasis. version 0: the newest. Offline, any time
 * (PIPL 17(3): easy to consult and to save; C7, C159). @param locale NULL: the policy's first.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_policy_text(consent_client *client, const char *policy_id,
                                                                uint32_t version, const char *locale,
                                                                consent_write_fn write, void *ctx, consent_error *err);

/* ---- decisions -------------------------------------------------------------------------- */

/** The answer to a question; whatever cannot be answered is deny. */
typedef enum consent_decision {
    CONSENT_DENY = 0, /**< no: refused, forbidden, undeclared, or the answer cannot be trusted */
    CONSENT_ASK = 1,  /**< not yet: show the form that the reason names */
    CONSENT_ALLOW = 2 /**< yes, on the ground and evidence given */
} consent_decision;

/** Why. Names by consent_reason_name; docs/decisions.md explains each. */
typedef enum consent_reason {
    CONSENT_REASON_STORE_UNAVAILABLE = 0,
    CONSENT_REASON_UNDECLARED = 1,
    CONSENT_REASON_SERVICE_ENDED = 2,
    CONSENT_REASON_EXEMPT = 3, /**< allowed by law without consent; see ground */
    CONSENT_REASON_AGE_UNKNOWN = 4,
    CONSENT_REASON_MINOR_MARKETING = 5,
    CONSENT_REASON_GUARDIAN_REQUIRED = 6,
    CONSENT_REASON_CAME_OF_AGE = 7,
    CONSENT_REASON_NOTICE_REQUIRED = 8,
    CONSENT_REASON_REFUSED_BEFORE = 9,
    CONSENT_REASON_POLICY_DECLINED = 10,
    CONSENT_REASON_CONTROLLER_CHANGED = 11,
    CONSENT_REASON_TERMS_WIDENED = 12,
    CONSENT_REASON_NOT_ASKED = 13,
    CONSENT_REASON_EXPIRED = 14,
    CONSENT_REASON_REFUSED_RECENTLY = 15,
    CONSENT_REASON_PERMISSION_NEEDED = 16,
    CONSENT_REASON_PERMISSION_REFUSED = 17,
    CONSENT_REASON_CONFIRM = 18,
    CONSENT_REASON_CONSENTED = 19,
    CONSENT_REASON_LOGIN_NEEDED = 20, /**< of a function: it takes an account (C26) */
    CONSENT_REASON_FIELD_NOTICE = 21  /**< entering it takes the notice at its field first (C29, C54) */
} consent_reason;

/** Name as in JSON, e.g. "notice_required"; "unknown" for other values. Static. */
CONSENT_API const char *consent_reason_name(consent_reason reason);

/** The ground of an answer: consent, or one of the exemptions of PIPL 13 (C86, C113). */
typedef enum consent_ground {
    CONSENT_GROUND_NONE = 0,
    CONSENT_GROUND_CONSENT = 1,
    CONSENT_GROUND_CONTRACT = 2,
    CONSENT_GROUND_LEGAL_DUTY = 3,
    CONSENT_GROUND_EMERGENCY = 4,
    CONSENT_GROUND_PUBLIC_INTEREST = 5,
    CONSENT_GROUND_MADE_PUBLIC = 6,
    CONSENT_GROUND_OTHER_LAW = 7
} consent_ground;

/** Name as in JSON and policies, e.g. "legal_duty"; "unknown" for other values. Static. */
CONSENT_API const char *consent_ground_name(consent_ground ground);

/** The state in which data are used (PIPL 4, 73; C18). */
typedef enum consent_data_state {
    CONSENT_DATA_IDENTIFIED = 0,
    CONSENT_DATA_DEIDENTIFIED = 1, /**< tells of nobody without more information, kept apart; still personal */
    CONSENT_DATA_ANONYMISED = 2    /**< tells of nobody, for good: not personal any more */
} consent_data_state;

/** A question. Names are the policy's identifiers. */
typedef struct consent_query {
    size_t struct_size;
    const char *scope;       /**< product; NULL: the platform */
    const char *purpose;     /**< required, but where `function` is named */
    const char *recipient;   /**< who receives it; NULL: nobody */
    const char *const *data; /**< the data items wanted; a purpose that declares data needs at least one */
    size_t data_count;       /**< at most 64 */
    const char *permission;  /**< system permission needed; NULL: none */
    const char *call_site;   /**< where the permission is asked; required with permission */
    bool user_initiated;     /**< the person started this just now: cool-downs do not apply (C68) */
    int32_t data_state; /**< consent_data_state that the data are in; less than the purpose declares is denied (C28) */
    const char *function; /**< checks and explanations: a function as a whole, instead of a purpose (C19, C26) */
} consent_query;

/** An answer. */
typedef struct consent_verdict {
    size_t struct_size;
    int32_t decision;         /**< consent_decision */
    int32_t reason;           /**< consent_reason */
    int32_t ground;           /**< consent_ground */
    uint32_t policy_version;  /**< the governing version, 0 if none */
    uint32_t policy_revision; /**< its text revision */
    uint64_t evidence_seq;    /**< the event it rests on (consent_history), 0 if none */
    int64_t ask_after_ms;     /**< with deny: when asking is allowed again; INT64_MAX: never by itself */
    int64_t expires_ms;       /**< with allow: until when at most, 0 if open */
} consent_verdict;

/**
 * Answers a question. Records nothing and waits for no network. An answer that has to be decided anew (once a second, and after
 * every act) waits while another thread of this process makes an act durable.
 * @return CONSENT_OK with *verdict filled; E_ARGUMENT (verdict then says deny).
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_check(consent_profile *profile, const consent_query *query,
                                                          consent_verdict *verdict, consent_error *err);
/**
 * The past: what this device knew at that moment and answered, or with hindsight what all that is known now says of
 * it. Withdrawing never reaches back (PIPL 15; C77, C144).
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_check_at(consent_profile *profile, const consent_query *query,
                                                             int64_t at_ms, bool hindsight, consent_verdict *verdict,
                                                             consent_error *err);
/**
 * JSON: the rule that decided, its source, the evidence, the text for the person in that locale, and what a refusal costs: of the
 * purpose, of its function, and of a function which of its purposes stand in the way (C19, C20, C71).
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_explain(consent_profile *profile, const consent_query *query,
                                                            const char *locale, consent_write_fn write, void *ctx,
                                                            consent_error *err);

/** Prepares a question for checking in nanoseconds. The handle belongs to the profile; close it before. */
CONSENT_API CONSENT_MUST_USE consent_status consent_handle_open(consent_profile *profile, const consent_query *query,
                                                                consent_handle **out, consent_error *err);
/** Gives the handle back; NULL is fine. */
CONSENT_API void consent_handle_close(consent_handle *handle);
/**
 * The same answer as consent_check, from memory shared by all processes: no lock, no allocation, and one fstat a
 * second at most. The first check of a second, and the first after an act, is decided anew like consent_check. NULL: deny.
 */
CONSENT_API consent_decision consent_handle_check(consent_handle *handle);
/**
 * Checks and counts a use, for the list of what was collected and shared (C59, K16). A `once` consent is consumed,
 * durably, before this returns allow. Other counts live in memory until the next act, consent_flush or close.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_use(consent_handle *handle, consent_verdict *verdict,
                                                        consent_error *err);
/** Writes counts to disk: call when the app goes to the background. */
CONSENT_API CONSENT_MUST_USE consent_status consent_flush(consent_profile *profile, consent_error *err);

/* ---- forms ------------------------------------------------------------------------------ */

/** What a form is for. */
typedef enum consent_occasion {
    CONSENT_OCCASION_FIRST_RUN = 1,  /**< the whole policy, a box to tick, accept and refuse (C1 to C5) */
    CONSENT_OCCASION_UPDATE = 2,     /**< what changed */
    CONSENT_OCCASION_OWN = 3,        /**< an additional function's own consent */
    CONSENT_OCCASION_SEPARATE = 4,   /**< one purpose, one recipient (PIPL 23, 25, 29; C45, C55) */
    CONSENT_OCCASION_ONCE = 5,       /**< this time only */
    CONSENT_OCCASION_PERMISSION = 6, /**< shown together with the system's prompt (C67) */
    CONSENT_OCCASION_MANAGE = 7,     /**< every choice, as easy to withdraw as to give (PIPL 15; C143) */
    CONSENT_OCCASION_AGE = 8,        /**< the person states birth date or age band (C34, C129, C136) */
    CONSENT_OCCASION_GUARDIAN = 9,   /**< the guardian's yes: to the policy, or to one purpose (PIPL 31; C129, C130) */
    CONSENT_OCCASION_CHILD_RULES = 10, /**< the guardian's yes to policy and child rules with their six facts (C131) */
    CONSENT_OCCASION_CONFIRM = 11,     /**< what another device, support or a doubt left to be confirmed here */
    CONSENT_OCCASION_FIELD = 12,       /**< beside a form field: an identity number, a bank card (C47, C52, C122) */
    CONSENT_OCCASION_AD_HOC = 13,      /**< the host's own notice for this moment; its exact text is kept (C53) */
    CONSENT_OCCASION_EXTERNAL = 14,    /**< before a jump to a third party and its own policy (C80) */
    CONSENT_OCCASION_NOTICE = 15       /**< told, not asked: change, incident, closing (PIPL 57; C88, C126, C154) */
} consent_occasion;

/** Who acts on a form. */
typedef enum consent_actor {
    CONSENT_ACTOR_SELF = 0,
    CONSENT_ACTOR_GUARDIAN = 1 /**< a verified guardian of a minor (PIPL 31) */
} consent_actor;

/** Which form to build. */
typedef struct consent_form_request {
    size_t struct_size;
    int32_t occasion;           /**< consent_occasion; 0: the one that consent_check's reason calls for */
    const consent_query *query; /**< what for; not needed by forms about a policy as a whole */
    const char *scope;          /**< product, where there is no query; NULL: the platform */
    const char *locale;         /**< NULL: the policy's first */
    bool user_initiated;        /**< the person opened it: allowed inside a cool-down */
    int32_t actor;              /**< consent_actor; guardian with age (a correction), manage and notice */
    const char *notice;         /**< ad_hoc, notice: what to show, as JSON (docs/json.md); else NULL */
    size_t notice_size;         /**< bytes of notice */
} consent_form_request;

/**
 * Builds a form. It is bound to profile, policy version, locale and wording, is submitted at most once, and expires
 * after 24 hours or when the policy changes.
 * @return CONSENT_OK; E_REJECTED when asking is not allowed now (cool-down, nothing to ask) or the policy lacks a field
 *         that this form must show by law; E_NOT_FOUND for a name the policy does not declare.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_form_build(consent_profile *profile,
                                                               const consent_form_request *request, consent_form **out,
                                                               consent_error *err);
/** Closes a form, submitted or not; closing records nothing. NULL is fine. */
CONSENT_API void consent_form_close(consent_form *form);
/** JSON: the whole form, for Java, Swift, web views (docs/json.md). */
CONSENT_API CONSENT_MUST_USE consent_status consent_form_json(consent_form *form, consent_write_fn write, void *ctx,
                                                              consent_error *err);

/** One piece of a form, for C hosts that render it themselves. Strings live until consent_form_close. */
typedef struct consent_form_part {
    size_t struct_size;
    int32_t kind;  /**< consent_part_kind */
    int32_t level; /**< heading level or list depth */
    int32_t
        emphasis; /**< of a span, field or choice: 0 plain, 1 bold, 2 bold and underlined; must be rendered so (C2, C15) */
    const char *text;        /**< UTF-8; of a control: its label; of a list item: its marker */
    const char *href;        /**< of a link */
    const char *control;     /**< id to answer with, of a choice, accept or refuse */
    const char *consequence; /**< what refusing costs (C19, C71); NULL if none */
    bool required;           /**< accepting needs this choice */
    bool on;                 /**< manage: the choice in force now. Never pre-ticked elsewhere. */
    const char *needs; /**< manage: switching it on takes this form ("separate" …), not this one; NULL: can be here */
} consent_form_part;

/** What a part of a form is. */
typedef enum consent_part_kind {
    CONSENT_PART_HEADING = 1, /**< spans follow until the next part that is not a span */
    CONSENT_PART_PARAGRAPH = 2,
    CONSENT_PART_LIST_ITEM = 3,
    CONSENT_PART_TABLE_ROW = 4,
    CONSENT_PART_TABLE_CELL = 5,
    CONSENT_PART_SPAN = 6,
    CONSENT_PART_FIELD = 7,  /**< label in `control`, value in `text`: recipient's name, contact … */
    CONSENT_PART_CHOICE = 8, /**< a box to tick or a switch */
    CONSENT_PART_ACCEPT = 9, /**< a button; refuse has equal prominence (C23); `control` "save" in manage */
    CONSENT_PART_REFUSE = 10,
    CONSENT_PART_INPUT = 11 /**< something to enter: `control` is "birth" or "reference", `text` its label */
} consent_part_kind;

/** The next part, in order of display; false at the end, and then starts over. One thread at a time per form. */
CONSENT_API bool consent_form_next(consent_form *form, consent_form_part *part);

/** Says that the form is on screen. Nothing is ever granted from a form that was not shown. */
CONSENT_API CONSENT_MUST_USE consent_status consent_form_shown(consent_form *form, consent_error *err);

/** Which button ended the form. */
typedef enum consent_action {
    CONSENT_ACTION_NONE = 0,
    CONSENT_ACTION_ACCEPT = 1, /**< the accept button */
    CONSENT_ACTION_REFUSE = 2, /**< the refuse button */
    CONSENT_ACTION_SAVE = 3    /**< manage: apply the choices */
} consent_action;

/** How the person acted, as evidence. */
typedef enum consent_method {
    CONSENT_METHOD_CHECKBOX = 1,
    CONSENT_METHOD_TOGGLE = 2,
    CONSENT_METHOD_BUTTON = 3,
    CONSENT_METHOD_OS_DIALOG = 4,
    CONSENT_METHOD_OS_SETTINGS = 5,
    CONSENT_METHOD_SUPPORT = 6,
    CONSENT_METHOD_GUARDIAN_LINK = 7,
    CONSENT_METHOD_WRITTEN = 8,
    CONSENT_METHOD_IMPORTED = 9
} consent_method;

/** One choice of the person. */
typedef struct consent_answer {
    const char *control; /**< the choice's id in the form */
    bool on;             /**< ticked, switched on */
    bool initially_on;   /**< was shown ticked: refused as evidence (C3) */
    int64_t at_ms;       /**< when it was set; 0: now */
} consent_answer;

/** What the person did with a form. */
typedef struct consent_submission {
    size_t struct_size;
    int32_t action;                /**< consent_action */
    const consent_answer *answers; /**< choices left out count as not ticked; of manage: as left as they are */
    size_t answer_count;           /**< number of answers */
    bool reached_end;              /**< the whole text was scrolled through; a policy may demand it (C4) */
    bool emphasis_rendered;        /**< bold and underline were shown as such (C2); accepting a policy needs it */
    const char *surface;           /**< the host's name for the screen; may be NULL */
    int32_t method;                /**< consent_method; 0: checkbox for choices, button for actions */
    const char *birth;             /**< age: "2013-06-01"; NULL: one band is ticked instead */
    /** Where evidence is kept: of the guardian's verification (a guardian's yes needs it), of a signature. NULL: none. */
    const char *reference;
} consent_submission;

/**
 * Records what the person did, as one atomic act. CONSENT_OK means stable storage.
 * @return CONSENT_OK; E_REJECTED naming the item that the rules forbid (nothing is recorded, the form stays usable); E_USED; E_EXPIRED;
 *         E_FULL, E_IO: a grant is then not given. A refusal or withdrawal holds in memory at once even when the
 *         disk fails.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_form_submit(consent_form *form,
                                                                const consent_submission *submission,
                                                                consent_error *err);

/* ---- withdrawing ------------------------------------------------------------------------ */

/**
 * Takes a consent back: at once in every process, offline, on a full disk, under an expired policy (PIPL 15, 16; C143,
 * C144). Only scope, purpose, recipient and data of the item are read. purpose NULL: the acceptance of the whole
 * policy and every choice under it; recipient NULL: for every recipient; no data: all data.
 * @return CONSENT_OK: durable. E_NOT_DURABLE, E_FULL, E_IO: it holds in this process and, as far as the shared page
 *         reaches, in others; call again to make it durable.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_withdraw(consent_profile *profile, const consent_query *item,
                                                             consent_error *err);

/* ---- consent from before ---------------------------------------------------------------- */

/** Consent that the app recorded before it had this library. */
typedef struct consent_imported {
    size_t struct_size;
    const char *reference;   /**< where its evidence is kept; required, at most 200 bytes */
    int64_t given_ms;        /**< when it was given; required */
    const char *scope;       /**< product; NULL: the platform */
    uint32_t policy_version; /**< the version it was given for; 0: the newest in force */
    const char *purpose;     /**< one purpose; NULL: all that accepting the policy covers */
} consent_imported;

/**
 * Takes over such a consent, where the policy allows it. It counts for purposes whose form of consent is the policy's
 * acceptance alone, never for a separate consent, never for sensitive data (PIPL 14, 29), and never over an answer that the person
 * gave here.
 * @return CONSENT_OK: durable. E_REJECTED naming what forbids it; E_NOT_FOUND for a version or purpose not held;
 *         E_EXPIRED under a policy past its time; E_ARGUMENT.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_import(consent_profile *profile, const consent_imported *given,
                                                           consent_error *err);

/* ---- system permissions ----------------------------------------------------------------- */

/** What the operating system says of a permission. */
typedef enum consent_os_state {
    CONSENT_OS_UNKNOWN = 0,
    CONSENT_OS_GRANTED = 1,
    CONSENT_OS_DENIED = 2,
    CONSENT_OS_BLOCKED = 3 /**< denied, and the system will show no prompt: only its settings help (C72) */
} consent_os_state;

/**
 * First half of the gate: decides, and when the system's prompt may be shown now gives the form to show together
 * with it, until it closes (C66 to C71). *form stays NULL when nothing is to be asked: follow *verdict.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_permission_begin(consent_profile *profile,
                                                                     const consent_query *query, const char *locale,
                                                                     consent_form **form, consent_verdict *verdict,
                                                                     consent_error *err);
/** Second half: records that the prompt was shown and what it came to, and answers the question again. */
CONSENT_API CONSENT_MUST_USE consent_status consent_permission_finish(consent_form *form, consent_os_state result,
                                                                      consent_verdict *verdict, consent_error *err);
/**
 * Tells what the system's settings say, on every return to the foreground. Switched off there: what depends on it reads
 * as withdrawn at once (C73, C75); switched on: necessary, never sufficient.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_permission_observe(consent_profile *profile, const char *permission,
                                                                       consent_os_state state, consent_error *err);

/* ---- being told ------------------------------------------------------------------------- */

/** Told that an answer is another one now. Called by consent_poll alone, on its thread, with no lock held: it may call anything. */
typedef void (*consent_watch_fn)(void *ctx, consent_handle *handle, const consent_verdict *before,
                                 const consent_verdict *after);

/**
 * Has changes of a handle's answer told from now on. The same handle and ctx again replaces the function; NULL takes it
 * back. Closing the last handle on the question takes all of them back.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_watch(consent_handle *handle, consent_watch_fn told, void *ctx,
                                                          consent_error *err);
/**
 * Looks whether watched answers changed, whoever changed them: this process, another one, the clock, a new policy; and
 * calls those who watch; then it throws the switches of third parties and tells what has to go (<consent/rights.h>). Call it from the app's
 * loop, or after consent_form_submit and on return to the foreground.
 * @param count  How many calls were made; may be NULL.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_poll(consent_profile *profile, size_t *count, consent_error *err);
/**
 * One JSON object per line: what the acts after an event changed for the app: scope, purpose, recipient, data, the answer
 * before and after, and `cursor`, to give next time (docs/json.md).
 * @param after_seq  A cursor, or the number of a line of consent_history; 0: from the beginning.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_changes(consent_profile *profile, uint64_t after_seq,
                                                            consent_write_fn write, void *ctx, consent_error *err);

/* ---- the record ------------------------------------------------------------------------- */

/** One JSON object per line: every event, oldest first. That a child's is looked at is recorded before (C128). */
CONSENT_API CONSENT_MUST_USE consent_status consent_history(consent_profile *profile, consent_write_fn write, void *ctx,
                                                            consent_error *err);
/** JSON: events, chain heads, the policies and exact notices they refer to: a copy for the person (PIPL 45; C149). */
CONSENT_API CONSENT_MUST_USE consent_status consent_export(consent_profile *profile, consent_write_fn write, void *ctx,
                                                           consent_error *err);

/** What consent_verify found; filled as far as it came also when it fails. */
typedef struct consent_verify_report {
    size_t struct_size;
    uint64_t frame_count;   /**< sealed frames that are whole */
    uint64_t event_count;   /**< events in them */
    uint64_t bad_offset;    /**< where the first damage begins, 0 if none */
    uint8_t event_head[32]; /**< head of the event chain */
} consent_verify_report;

/** Reads the whole ledger again from disk and checks every seal and both chains. */
CONSENT_API CONSENT_MUST_USE consent_status consent_verify(consent_profile *profile, consent_verify_report *report,
                                                           consent_error *err);
/**
 * Sets a damaged ledger aside and begins anew. Files are renamed, never deleted. Until something is granted again, what was not granted
 * counts as refused at this moment: no prompt by itself within the cool-down. For health E_CORRUPT, E_TAMPERED, E_ROLLED_BACK,
 * E_COPIED and E_KEY_GONE; with a lost master key every profile of the home begins anew and policies are to be installed again.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_repair(consent_profile *profile, consent_error *err);
/**
 * Destroys the profile's key and files: nothing of it can be read again here (PIPL 47; C16, C146). Acts that no backend has are
 * sealed to the operator's key before, where the policy names one and the person ever accepted (sealed-*.bin in the home).
 * The profile handle only closes from then on.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_erase(consent_profile *profile, consent_error *err);

#ifdef __cplusplus
}
#endif

#endif
