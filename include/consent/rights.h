/**
 * @file rights.h
 * What a person may ask of the operator, the two lists, switches for third parties, and what has to be deleted.
 *
 * The rules of <consent/consent.h> hold here, too. Where shared libraries are built, these functions are in libconsent-rights
 * (CMake: consent::rights, pkg-config: consent-rights).
 */
#ifndef CONSENT_RIGHTS_H
#define CONSENT_RIGHTS_H

#include <consent/consent.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requests --------------------------------------------------------------------------- */

/** What a person may request (PIPL 44 to 50; C137 to C153). */
typedef enum consent_right {
    CONSENT_RIGHT_ACCESS = 1,         /**< to see what is held (C138) */
    CONSENT_RIGHT_COPY = 2,           /**< a copy (C149) */
    CONSENT_RIGHT_PORT = 3,           /**< a transfer to another operator: needs `target` (C150) */
    CONSENT_RIGHT_CORRECT = 4,        /**< to correct or complete: needs `data` or `text` (C139) */
    CONSENT_RIGHT_DELETE = 5,         /**< needs `ground` (C140) */
    CONSENT_RIGHT_RESTRICT = 6,       /**< to restrict or refuse processing (PIPL 44) */
    CONSENT_RIGHT_WITHDRAW = 7,       /**< takes consent back: recorded as withdrawn at once (C143) */
    CONSENT_RIGHT_CANCEL_ACCOUNT = 8, /**< ends the account; once done, everything is withdrawn (C145, C146) */
    CONSENT_RIGHT_EXPLAIN = 9,        /**< the rules, or an automated decision (PIPL 24, 48; C147) */
    CONSENT_RIGHT_APPEAL = 10,        /**< against a decision: needs `reference` (C147) */
    CONSENT_RIGHT_UNSUBSCRIBE = 11,   /**< needs `purpose`, which is withdrawn at once (C148) */
    CONSENT_RIGHT_LEAK_REPORT = 12,   /**< reports a leak (C125) */
    CONSENT_RIGHT_COMPLAINT = 13      /**< a complaint about how information is handled (C170) */
} consent_right;

/** Who requests. */
typedef enum consent_requester {
    CONSENT_REQUESTER_SELF = 0,
    CONSENT_REQUESTER_GUARDIAN = 1, /**< C169 */
    CONSENT_REQUESTER_RELATIVE = 2  /**< of a person who died: needs `reference` (PIPL 49) */
} consent_requester;

/** On which ground deletion is requested (PIPL 47; C140). */
typedef enum consent_deletion_ground {
    CONSENT_DELETION_UNLAWFUL = 1,       /**< it is processed against the law */
    CONSENT_DELETION_NO_CONSENT = 2,     /**< it was collected without consent, or consent was taken back */
    CONSENT_DELETION_BREACH = 3,         /**< it is processed against what was agreed */
    CONSENT_DELETION_NO_LONGER_USED = 4, /**< the service is not used any more, or the purpose is reached */
    CONSENT_DELETION_SERVICE_ENDED = 5   /**< the service ended, or the retention is over */
} consent_deletion_ground;

/** Where a request stands. */
typedef enum consent_request_state {
    CONSENT_REQUEST_OPENED = 1,
    CONSENT_REQUEST_NEEDS_VERIFICATION = 2, /**< the operator asks who it is (C151) */
    CONSENT_REQUEST_FEE_QUOTED = 3,         /**< waits for the person to agree or cancel (C152) */
    CONSENT_REQUEST_IN_PROGRESS = 4,
    CONSENT_REQUEST_DONE = 5,
    CONSENT_REQUEST_DONE_LIVE = 6,   /**< deleted but for backups (C142) */
    CONSENT_REQUEST_DONE_BACKUP = 7, /**< deleted from backups too */
    CONSENT_REQUEST_REFUSED = 8,     /**< with reasons (PIPL 50; C153) */
    CONSENT_REQUEST_CANCELLED = 9    /**< by the one who made it */
} consent_request_state;

/** Why a request was refused (C153). */
typedef enum consent_refusal {
    CONSENT_REFUSAL_UNRELATED = 1,        /**< not tied to the person's identity */
    CONSENT_REFUSAL_REPEATED = 2,         /**< again and again without reason */
    CONSENT_REFUSAL_DISPROPORTIONATE = 3, /**< takes technical means beyond measure */
    CONSENT_REFUSAL_RISK_TO_OTHERS = 4,   /**< endangers others' rights */
    CONSENT_REFUSAL_IMPRACTICAL = 5,      /**< e.g. what lies on backup tapes */
    CONSENT_REFUSAL_UNVERIFIED = 6,       /**< it could not be established who asks */
    CONSENT_REFUSAL_LAW_FORBIDS = 7       /**< the law wants it kept or secret */
} consent_refusal;

/** Room for a request's id with its terminating NUL. */
#define CONSENT_REQUEST_ID_SIZE 24

/** A request. */
typedef struct consent_rights_request {
    size_t struct_size;
    int32_t right;                  /**< consent_right */
    int32_t by;                     /**< consent_requester */
    int32_t ground;                 /**< consent_deletion_ground, of a deletion */
    const char *scope;              /**< product; NULL: the platform */
    const char *purpose;            /**< what it is about, by the policy's names; NULL: everything */
    const char *recipient;          /**< NULL: every recipient */
    const char *const *data;        /**< NULL: all data */
    size_t data_count;              /**< at most 64 */
    const char *text;               /**< in the person's words, at most 4096 bytes */
    const char *target;             /**< of a transfer: to whom */
    const char *reference;          /**< evidence, or the decision that is appealed against */
    const char *channel;            /**< how it came: "hotline", "email" …; NULL: "app" */
    const char *const *independent; /**< recipients that have an authorisation of their own and are not told (C141) */
    size_t independent_count;       /**< at most 64 */
} consent_rights_request;

/**
 * Records a request durably. Nothing else is needed for it: neither an acceptance nor a network. Its answer is due within the working
 * days that the policy promises, the fewer of the accepted and the newest one's (PIPL 50; C137, C158, C167).
 * A withdrawal or unsubscription takes effect at once, in the same act, as consent_withdraw does.
 * @param id receives the request's id; CONSENT_REQUEST_ID_SIZE bytes.
 * @return CONSENT_OK; E_REJECTED when this right needs something that is missing; E_ARGUMENT; failures of storage.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_request_open(consent_profile *profile,
                                                                 const consent_rights_request *request, char *id,
                                                                 consent_error *err);

/** What became of a request. */
typedef struct consent_request_change {
    size_t struct_size;
    const char *id;        /**< as consent_request_open gave it */
    int32_t state;         /**< consent_request_state to go to */
    bool by_requester;     /**< the person says so: agrees to a fee, cancels. Else the operator */
    int32_t refusal;       /**< consent_refusal, with REFUSED */
    const char *text;      /**< reasons of a refusal, what a fee is for: needed there; else what was done */
    int64_t fee_fen;       /**< with FEE_QUOTED: hundredths of a yuan */
    const char *reference; /**< the operator's case number */
} consent_request_change;

/**
 * Records where a request stands now, as the operator's support told the host or the person said.
 * @return CONSENT_OK; E_REJECTED when the request cannot go there, is refused without reasons (PIPL 50), or is made to wait for papers
 *         or a fee where it only takes consent back; E_NOT_FOUND.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_request_update(consent_profile *profile,
                                                                   const consent_request_change *change,
                                                                   consent_error *err);
/**
 * JSON: the rights, the channels, and every request with its state, due date and recipients to be told (C137, C141, C158,
 * C167, C168). @param locale NULL: the policy's first.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_requests(consent_profile *profile, const char *locale,
                                                             consent_write_fn write, void *ctx, consent_error *err);

/* ---- ages ------------------------------------------------------------------------------- */

/** What the app learnt of the person's age elsewhere than on an age form: a birthday in a profile, a document's date. */
typedef struct consent_age_signal {
    size_t struct_size;
    const char *birth;     /**< "2013-06-01"; NULL where no date is known */
    int32_t under;         /**< without a date: the person is younger than so many years */
    const char *source;    /**< where it was seen, an identifier: "profile", "order"; may be NULL */
    const char *reference; /**< where its evidence is kept; may be NULL */
} consent_age_signal;

/**
 * Takes in such a sign (C17, C34, C131). It can only make the person younger: of several statements the youngest counts, until the
 * guardian or support corrects it (the age form with actor guardian). What says nothing new is not recorded, and of a person
 * who is of age no date is kept (PIPL 6).
 *
 * A child found so, after anything was agreed to, is held until a guardian answers, and a request to delete
 * everything is opened in the same act, once; the guardian's yes takes it back, the guardian's no leaves it standing (PIPL
 * 31, 47; C134). An age form that tells of a child does the same.
 * @return CONSENT_OK: durable, or nothing new. E_ARGUMENT; failures of storage.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_signal_age(consent_profile *profile,
                                                               const consent_age_signal *signal, consent_error *err);

/* ---- notices ---------------------------------------------------------------------------- */

/**
 * Takes in what the operator must tell this person: a notice signed by a publisher (docs/json.md; PIPL 57; C126). Everything is
 * checked before it is kept, also that it says all that its kind must say; then it is open until it is acknowledged.
 * @return CONSENT_OK: durable (also when it was received before); E_TAMPERED; E_EXPIRED (the publisher's time); E_REJECTED and
 *         E_ARGUMENT naming what is missing, an older key set, or an id received with other content; E_NOT_FOUND for another policy's.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_notice_receive(consent_profile *profile, const void *bytes,
                                                                   size_t size, consent_error *err);
/**
 * JSON: every notice, received or following from a policy held (a newer version, a closing service), whether it is to stand out,
 * and whom it still waits `for`: the person, and a minor's guardian (C88, C119, C127, C154, C160). Show one by the form
 * CONSENT_OCCASION_NOTICE with {"id": …} as its notice. @param locale NULL: the policy's first.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_notices(consent_profile *profile, const char *locale,
                                                            consent_write_fn write, void *ctx, consent_error *err);

/* ---- the two lists ---------------------------------------------------------------------- */

/** Which of the two lists. */
typedef enum consent_list {
    CONSENT_LIST_COLLECTED = 1, /**< what is collected (C59) */
    CONSENT_LIST_SHARED = 2     /**< what third parties receive, SDKs included (C65, C78, C108) */
} consent_list;

/**
 * JSON: what, what for, in which situation, how, to whom, how often and when last, from the policy and the counted uses.
 * Counts up to now are written first. @param locale NULL: the policy's first.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_lists(consent_profile *profile, consent_list which,
                                                          const char *locale, consent_write_fn write, void *ctx,
                                                          consent_error *err);

/* ---- switches --------------------------------------------------------------------------- */

/**
 * What a third party's consent switch is to be told. Three facts, because some ask for each: an SDK may want to know that the policy
 * names it, that the person was shown so, and that the person agreed.
 */
typedef struct consent_switch_facts {
    size_t struct_size;
    bool declared; /**< the policy in force names it */
    bool shown;    /**< the person was shown a notice that names it */
    bool agreed;   /**< everything it covers is allowed now, and every switch it comes after is on */
    bool replayed; /**< the first call in this process: many SDKs forget (not a change) */
} consent_switch_facts;

/** Passes facts on to a third party. Return 0 when that worked; anything else, and it is tried again at the next consent_poll. */
typedef int (*consent_switch_fn)(void *ctx, const char *id, const consent_switch_facts *facts);

/** A switch: what it covers, and how it is thrown. Name at least one of purpose, recipient and function. */
typedef struct consent_switch {
    size_t struct_size;
    const char *id;           /**< the host's own name for it, an identifier */
    const char *scope;        /**< product; NULL: the platform */
    const char *purpose;      /**< covers this purpose */
    const char *recipient;    /**< covers what goes to this recipient, e.g. an SDK */
    const char *function;     /**< covers this function's purposes */
    const char *const *after; /**< ids of switches that must be on before; bound already */
    size_t after_count;       /**< at most 16 */
    /** True: no call at all before it is to be on for the first time in this process: for SDKs that may not even be told "no". */
    bool untouched_until_on;
    consent_switch_fn apply; /**< NULL: unbinds the switch of that id */
    void *ctx;               /**< handed to apply; both live until the profile closes */
} consent_switch;

/**
 * Binds a third party's switch to consent (C57, C63, C65, C84, C108). It is on only while everything that it covers is allowed:
 * bind finer switches for finer choices. What the policy does not name stays off. `apply` is called only inside consent_poll, on its
 * thread, with no lock held: once in each process with what holds now, then at every change; off in the reverse order of binding,
 * and before anything goes on. A failing call changes no decision: consent stays withdrawn, the call is repeated.
 * @return CONSENT_OK; E_ARGUMENT; E_NOT_FOUND for a switch in `after` that is not bound; E_REJECTED when others come after one that is
 *         to be unbound or bound anew differently; E_MEMORY.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_switch_bind(consent_profile *profile, const consent_switch *which,
                                                                consent_error *err);
/**
 * JSON: every switch with its facts as they are, what was passed on last, and whether that is still pending; and what has to
 * go and is still there.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_switches(consent_profile *profile, consent_write_fn write,
                                                             void *ctx, consent_error *err);

/* ---- what has to go ----------------------------------------------------------------------- */

/** Why what is held for a purpose has to be deleted, or made anonymous (PIPL 47). */
typedef enum consent_purge_reason {
    CONSENT_PURGE_WITHDRAWN =
        1, /**< consent was taken back: of a personalisation, its tags and profile, too (C144, C146) */
    CONSENT_PURGE_EXPIRED = 2,       /**< its retention is over, and nobody agreed to longer (C115 to C118) */
    CONSENT_PURGE_SERVICE_ENDED = 3, /**< the service ended (C88) */
    CONSENT_PURGE_UNDECLARED = 4     /**< the policies in force declare it no more (C84) */
} consent_purge_reason;

/** What has to go: what was held for this purpose and recipient. Another purpose may hold the same data on its own account. */
typedef struct consent_purge {
    size_t struct_size;
    int32_t reason;          /**< consent_purge_reason */
    bool anonymise;          /**< making it anonymous is enough: the policy says so */
    const char *scope;       /**< product, or "platform" */
    const char *purpose;     /**< for which it was held */
    const char *recipient;   /**< who was given it and is to be told; NULL: nobody */
    const char *const *data; /**< the data items held for it */
    size_t data_count; /**< 0: the purpose declares none; what was kept, a setting or a cache, goes all the same */
} consent_purge;

/**
 * Does away with it. What is pointed to lives for the call. Return 0 when nothing of it is left: that is recorded, and it is not
 * told again unless something new was agreed to and lost. Anything else, and it is told again at the next consent_poll, after restarts
 * too: do the same thing twice without harm.
 */
typedef int (*consent_purge_fn)(void *ctx, const consent_purge *what);

/**
 * Has what has to go told inside consent_poll, on its thread, with no lock held, after the switches were thrown. Bind it in one process
 * of the app. Told is what a person agreed to; what rests on another ground is the host's to keep count of. What is not purged yet
 * stands under "purges" in consent_switches.
 * @param apply NULL: takes it back. It and ctx live until the profile closes.
 */
CONSENT_API CONSENT_MUST_USE consent_status consent_purge_bind(consent_profile *profile, consent_purge_fn apply,
                                                               void *ctx, consent_error *err);

#ifdef __cplusplus
}
#endif

#endif
