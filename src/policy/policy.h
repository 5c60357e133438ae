/* policy: one privacy policy at one version, parsed once from its signed bytes, checked completely, and kept
 * in a compact form that opens without JSON or signature work. Pure: no clock, no files.
 *
 * Human texts are not in this struct: it holds indices (cs_text) into the policy's text table, which is loaded only when
 * something is shown. Identifiers are NUL-terminated and live in the policy's arena.
 *
 * Engines meet newer policies: unknown members are ignored unless named in `crit`; an unknown kind, form or ground
 * makes that purpose undeclared, never the bundle. */
#ifndef CS_POLICY_H
#define CS_POLICY_H

#include "crypto/crypto.h"
#include "json/json.h"

#define CS_POLICY_SCHEMA 1u
#define CS_POLICY_MAX_BYTES (1024u * 1024u)
#define CS_POLICY_MAX_LOCALES 8u
#define CS_POLICY_MAX_DOCUMENTS (2 * CS_POLICY_MAX_LOCALES) /* the child rules have theirs */
#define CS_POLICY_MAX_LIST 1024u                            /* entries in any list of a policy */
#define CS_POLICY_INDICES 5u
#define CS_PURPOSE_MAX_DATA 64u
#define CS_P256_PUBLIC_CHARS 87u /* a public point in base64url */
#define CS_NEVER_MS INT64_MAX
#define CS_COOLDOWN_FLOOR_MS (48 * CS_HOUR_MS) /* a shorter cool-down reads as this (C68) */

/* Index of a text in the table, plus 1; 0: none. */
typedef uint32_t cs_text;

typedef enum cs_function_kind {
    CS_FUNCTION_BASIC = 0,
    CS_FUNCTION_ADDITIONAL = 1
} cs_function_kind;

typedef enum cs_purpose_kind {
    CS_KIND_COLLECT = 1,
    CS_KIND_SHARE,
    CS_KIND_PUBLISH,
    CS_KIND_COMBINE,
    CS_KIND_OBTAIN,
    CS_KIND_STORE,
    CS_KIND_MARKET,
    CS_KIND_AUTOMATE,
    CS_KIND_LAUNCH,
    CS_KIND_RETAIN_LONGER,
    CS_KIND_DECLARE
} cs_purpose_kind;

typedef enum cs_consent_form {
    CS_FORM_POLICY = 1,
    CS_FORM_OWN,
    CS_FORM_SEPARATE,
    CS_FORM_WRITTEN,
    CS_FORM_ONCE
} cs_consent_form;

typedef enum cs_need {
    CS_NEED_REQUIRED = 0,
    CS_NEED_CONDITIONAL = 1,
    CS_NEED_OPTIONAL = 2
} cs_need;

typedef enum cs_sensitive {
    CS_NOT_SENSITIVE = 0,
    CS_SENSITIVE_BIOMETRIC,
    CS_SENSITIVE_RELIGION,
    CS_SENSITIVE_IDENTITY,
    CS_SENSITIVE_MEDICAL,
    CS_SENSITIVE_FINANCIAL,
    CS_SENSITIVE_WHEREABOUTS,
    CS_SENSITIVE_MINOR,
    CS_SENSITIVE_OTHER
} cs_sensitive; /* PIPL 28 */

typedef enum cs_role {
    CS_ROLE_PAYMENT = 1,
    CS_ROLE_SUPPLIER,
    CS_ROLE_LOGISTICS,
    CS_ROLE_SDK,
    CS_ROLE_MINI_PROGRAM,
    CS_ROLE_AFFILIATE,
    CS_ROLE_ADVERTISING,
    CS_ROLE_ANALYTICS,
    CS_ROLE_PROCESSOR,
    CS_ROLE_JOINT,
    CS_ROLE_ACCOUNT_PROVIDER,
    CS_ROLE_TRANSFEREE,
    CS_ROLE_PARTNER,
    CS_ROLE_PUBLIC,
    CS_ROLE_OTHER
} cs_role;

typedef enum cs_channel {
    CS_CHANNEL_NONE = 0,
    CS_CHANNEL_SMS,
    CS_CHANNEL_EMAIL,
    CS_CHANNEL_PUSH,
    CS_CHANNEL_PHONE
} cs_channel;

typedef enum cs_storage_level {
    CS_STORAGE_NONE = 0,
    CS_STORAGE_ESSENTIAL,
    CS_STORAGE_PREFERENCE,
    CS_STORAGE_RECOMMENDATION
} cs_storage_level;

typedef enum cs_at_expiry {
    CS_AT_EXPIRY_DELETE = 0,
    CS_AT_EXPIRY_ANONYMISE = 1
} cs_at_expiry;

typedef struct cs_retention {
    int64_t period_ms; /* 0: by criterion */
    cs_text criterion;
    uint8_t at_expiry; /* cs_at_expiry */
} cs_retention;

typedef struct cs_function {
    const char *id;
    uint8_t kind; /* cs_function_kind */
    bool needs_age;
    bool needs_login;
    cs_text name;
    cs_text refusal;          /* what refusing it costs (C19, C20) */
    const char *const *needs; /* ids of the purposes without whose required data it does not work (C19) */
    uint16_t need_count;
} cs_function;

typedef struct cs_data_item {
    const char *id;
    uint8_t sensitive; /* cs_sensitive */
    bool identity;     /* tells who the person is (C106) */
    cs_text name;
} cs_data_item;

typedef struct cs_recipient {
    const char *id;
    uint8_t role;            /* cs_role */
    const char *country;     /* "CN" */
    const char *policy_url;  /* NULL: none */
    const char *sdk_version; /* SDKs: NULL: none */
    cs_text name;
    cs_text contact;
    cs_text developer; /* SDKs and mini programs: who makes and serves it */
} cs_recipient;

typedef struct cs_purpose_data {
    uint16_t item;  /* index into data */
    uint8_t need;   /* cs_need */
    bool at_field;  /* told at the field where it is entered, before (C29, C54) */
    cs_text reason; /* conditional and optional: when and why */
} cs_purpose_data;

typedef struct cs_purpose_recipient {
    uint16_t recipient;       /* index into recipients */
    uint64_t data_mask;       /* which of the purpose's data go there: bit i = purpose->data[i] */
    cs_text method;           /* how; 0: the purpose's */
    uint8_t method_digest[8]; /* of its own method's texts, else the purpose's */
} cs_purpose_recipient;

typedef struct cs_purpose {
    const char *id;
    uint16_t function; /* index */
    uint8_t kind;      /* cs_purpose_kind */
    uint8_t ground;    /* consent_ground */
    uint8_t form;      /* cs_consent_form, as written */
    bool undeclared;   /* unknown kind, form or ground, or an exemption that its kind may not claim */
    bool automated;    /* decides or pushes automatically (PIPL 24) */
    uint8_t channel;
    uint8_t storage_level;
    uint8_t data_state; /* consent_data_state: processed at least so far. Anonymised data need no consent (PIPL 4) */
    cs_text name, text, method, necessity, impact, consequence;
    const cs_purpose_data *data;
    const cs_purpose_recipient *recipients;
    const uint16_t *permissions; /* indices */
    uint16_t data_count;         /* at most CS_PURPOSE_MAX_DATA */
    uint16_t recipient_count;
    uint16_t permission_count;
    bool cooldown_raised; /* was written shorter than CS_COOLDOWN_FLOOR_MS (lint) */
    cs_retention retention;
    int64_t grant_lifetime_ms;   /* 0: open */
    int64_t refusal_lifetime_ms; /* 0: open */
    int64_t cooldown_ms;         /* from the refusal; CS_NEVER_MS: never asked again by itself; the policy's applied */
    const char *section;         /* id of the document section that tells of it; NULL */
    uint8_t method_digest[8];    /* of the method's texts in all locales: a changed method widens */
    uint8_t criterion_digest[8]; /* of the retention criterion's texts */
} cs_purpose;

typedef struct cs_call_site {
    const char *id;
    uint16_t purpose; /* index: call sites are purposes of their own */
    cs_text text;     /* shown together with the system's prompt (C67, C69) */
} cs_call_site;

typedef struct cs_permission_names {
    const char *platform; /* "android", "ios", "desktop" */
    const char *const *names;
    uint16_t name_count;
} cs_permission_names;

typedef struct cs_permission {
    const char *id;
    cs_text name;
    cs_text consequence; /* of refusing (C71) */
    cs_text settings;    /* how to change it in the system's settings (C72) */
    cs_text alternative; /* what serves as well without it (C70) */
    const cs_permission_names *platforms;
    uint16_t platform_count;
    const cs_call_site *call_sites;
    uint16_t call_site_count;
    int64_t cooldown_ms;
    bool cooldown_raised;
} cs_permission;

typedef struct cs_contact {
    const char *kind; /* "hotline", "email", "post", "chat" */
    cs_text value;
    cs_text hours;
} cs_contact;

typedef struct cs_document_ref {
    const char *locale;
    bool child_rules;           /* a text of the child rules, which stand behind the policy's own */
    uint8_t hash[CS_HASH_SIZE]; /* SHA-256 of the document's exact JSON bytes */
} cs_document_ref;

typedef enum cs_change_kind { /* bits; all but editorial are material (C160 to C166) */
    CS_CHANGE_EDITORIAL = 1,
    CS_CHANGE_MODE = 2,
    CS_CHANGE_CONTROL = 4,
    CS_CHANGE_RECIPIENTS = 8,
    CS_CHANGE_RIGHTS = 16,
    CS_CHANGE_CONTACT = 32,
    CS_CHANGE_IMPACT = 64
} cs_change_kind;

typedef enum cs_child_fact { /* what a guardian is told of the child rules */
    CS_FACT_SCOPE = 0,       /* purpose, method and scope */
    CS_FACT_STORAGE,         /* where, how long, what then */
    CS_FACT_SECURITY,        /* safety measures */
    CS_FACT_CONSEQUENCE,     /* of refusing */
    CS_FACT_COMPLAINT,       /* how to complain */
    CS_FACT_CORRECTION,      /* how to correct and delete */
    CS_CHILD_FACTS
} cs_child_fact;

typedef struct cs_minors {
    int32_t child_under;    /* years; 0: no rule */
    int32_t guardian_under; /* years; 0: no rule */
    int64_t
        retention_ms; /* a child's data is kept no longer, whatever the purpose says; 0: as long as the purpose says */
    const char *purpose;    /* that asking for an age serves; NULL: not said */
    const char *rules_id;   /* child rules document's policy id */
    uint32_t rules_version; /* 0: none */
    cs_text facts[CS_CHILD_FACTS];
} cs_minors;

/* Finds an identifier in one of the lists without walking it; made by parse and decode, never stored. */
typedef struct cs_id_index {
    const uint16_t *slots; /* position + 1, 0: free; open addressing */
    uint32_t mask;         /* slots - 1; a power of two less one */
} cs_id_index;

/* Small members that are used most first: what lies within 128 bytes takes the shortest instructions. */
typedef struct cs_policy {
    const char *id;
    const char *scope; /* "platform" or a product */
    uint32_t version;
    uint32_t revision;
    const cs_data_item *data;
    const cs_purpose *purposes;
    const cs_recipient *recipients;
    const cs_permission *permissions;
    const cs_function *functions;
    uint16_t locale_count, contact_count, function_count, data_count, recipient_count, purpose_count, permission_count,
        document_count, rights_channel_count, rights_kind_count, holiday_count, makeup_day_count;
    int64_t published_ms, effective_ms, valid_until_ms; /* valid_until 0: open */
    const cs_document_ref *documents;
    const char *region; /* where the data is stored, "CN"; "" when the policy does not say */
    const char *controller_id;
    const cs_contact *contacts;
    const cs_contact *rights_channels; /* where requests go; value 0: the kind says it all ("app") */
    const char *const *rights_kinds;   /* "access", "copy", … */
    const cs_date *holidays;           /* ascending; at +08:00, as makeup_days */
    const cs_date *makeup_days;        /* weekend days worked */
    cs_arena arena;                    /* holds what is pointed to; cs_policy_free */
    uint8_t hash[CS_HASH_SIZE];        /* SHA-256 of the signed payload; names the policy */
    const char *locales[CS_POLICY_MAX_LOCALES];
    cs_text controller_name, name, summary, consequence, visitor_text;
    cs_text accept_label, refuse_label, tick_label;
    cs_text change_summary;
    cs_text remedies;           /* what is left to who is not satisfied (C170) */
    uint32_t declared_changes;  /* bits of cs_change_kind */
    int32_t reply_working_days; /* 0: not said */
    cs_minors minors;
    int64_t cooldown_ms;
    int64_t closing_notice_ms, closing_end_ms;
    bool controller_bound; /* a new controller keeps the old terms (C112) */
    bool visitor_allowed;
    bool import_allowed;
    bool fetch_before_consent;
    bool must_reach_end; /* accepting takes that the text was shown to its end (C4) */
    bool cooldown_raised;
    bool closing; /* service state */
    bool has_sealing_key;
    uint8_t sealing_key[CS_P256_PUBLIC_SIZE];
    uint8_t rights_digest[8], contact_digest[8];
    cs_id_index indices[CS_POLICY_INDICES]; /* functions, data, recipients, purposes, permissions: cs_list_id */
} cs_policy;

/* ---- texts -------------------------------------------------------------------------------- */

typedef struct cs_texts cs_texts; /* the policy's texts in all its locales */

/* Text in that locale, else in the policy's first; "" for 0. Lives as long as the table. */
const char *cs_texts_get(const cs_texts *texts, cs_text text, const char *locale);
/* Whether the text stands in exactly that locale. */
bool cs_texts_has(const cs_texts *texts, cs_text text, const char *locale);
void cs_texts_free(cs_texts *texts);

/* ---- making ------------------------------------------------------------------------------- */

/* Parses and checks a policy's payload. Errors name the member ("purposes[3].recipients[0]: …"). `what` names the
 * source in messages. Both results belong to the caller. E_ARGUMENT; E_UNSUPPORTED for another schema and for a `crit`
 * that this engine does not know; E_MEMORY.
 * `draft` (authoring): `documents` and names may still be missing, which lint reports; unknown roles, kinds of
 * sensitivity and kinds of change are refused as misspelt, where an engine in the field takes the strictest it knows. */
consent_status cs_policy_parse(const cs_memory *memory, cs_str payload, const char *what, bool draft,
                               cs_policy **policy, cs_texts **texts, consent_error *err);
void cs_policy_free(cs_policy *policy);

/* Compact form: structure and texts apart. decode refuses what encode did not write (E_CORRUPT). */
void cs_policy_encode(const cs_policy *policy, cs_buffer *out);
consent_status cs_policy_decode(const cs_memory *memory, cs_span bytes, cs_policy **policy, consent_error *err);
void cs_texts_encode(const cs_texts *texts, cs_buffer *out);
consent_status cs_texts_decode(const cs_memory *memory, cs_span bytes, cs_texts **texts, consent_error *err);

/* ---- looking up (NULL / -1 when absent) ---------------------------------------------------- */

const cs_purpose *cs_policy_purpose(const cs_policy *policy, cs_str id);
const cs_function *cs_policy_function(const cs_policy *policy, cs_str id);
const cs_function *cs_policy_function_of(const cs_policy *policy, const cs_purpose *purpose);
const cs_permission *cs_policy_permission(const cs_policy *policy, cs_str id);
const cs_recipient *cs_policy_recipient(const cs_policy *policy, cs_str id);
const cs_data_item *cs_policy_data(const cs_policy *policy, cs_str id);
const cs_call_site *cs_permission_call_site(const cs_permission *permission, cs_str id);
int cs_purpose_data_index(const cs_policy *policy, const cs_purpose *purpose, cs_str data);
const cs_purpose_recipient *cs_purpose_recipient_of(const cs_policy *policy, const cs_purpose *purpose, cs_str id);
/* Whether that item of the purpose's data (an index of cs_purpose_data_index) goes to the recipient. */
bool cs_purpose_recipient_gets(const cs_purpose_recipient *recipient, int data_index);
/* `policy` on an additional function, or for combining what tells of the person, reads as `own` (decisions.md rule 10). */
cs_consent_form cs_purpose_effective_form(const cs_policy *policy, const cs_purpose *purpose);
/* Order of versions: (version, revision). */
int cs_policy_compare_version(const cs_policy *a, const cs_policy *b);

/* ---- comparing ---------------------------------------------------------------------------- */

/* Whether `newer` widens the whole purpose: kind, ground, form, method, retention, automation, marketing, storage level, data state or a
 * common recipient's method, role or country changed otherwise than to stay or shrink (PIPL 14, 23, 39). Added data, recipients, permissions and call sites are not this: look them up. */
bool cs_purpose_widened(const cs_policy *older_policy, const cs_purpose *older, const cs_policy *newer_policy,
                        const cs_purpose *newer);
/* Why it widened, as bits; 0: it did not. */
typedef enum cs_widening {
    CS_WIDENED_KIND = 1,
    CS_WIDENED_GROUND = 2,
    CS_WIDENED_FORM = 4,
    CS_WIDENED_METHOD = 8,
    CS_WIDENED_RETENTION = 16,
    CS_WIDENED_AUTOMATION = 32,
    CS_WIDENED_CHANNEL = 64,
    CS_WIDENED_STORAGE = 128,
    CS_WIDENED_RECIPIENT = 256,  /* method, role or country of one that both name */
    CS_WIDENED_UNDECLARED = 512, /* in either: nothing can be compared */
    CS_WIDENED_STATE = 1024      /* the data tell more of the person */
} cs_widening;
uint32_t cs_purpose_widening(const cs_policy *older_policy, const cs_purpose *older, const cs_policy *newer_policy,
                             const cs_purpose *newer);
/* Whether nothing but texts and recipients differs between the two. */
bool cs_purpose_same_terms(const cs_policy *old, const cs_purpose *a, const cs_policy *new, const cs_purpose *b);
/* Bits of cs_change_kind between two versions, computed from structure: CS_CHANGE_EDITORIAL alone when nothing but texts, dates,
 * links and SDK versions differs. CS_CHANGE_IMPACT is only ever declared; callers add newer->declared_changes. */
uint32_t cs_policy_changes(const cs_policy *older, const cs_policy *newer);

const char *cs_child_fact_name(cs_child_fact fact); /* as written in the policy: "scope" … */
const char *cs_purpose_kind_name(uint8_t kind);
const char *cs_consent_form_name(uint8_t form);
const char *cs_role_name(uint8_t role);
const char *cs_sensitive_name(uint8_t sensitive);

#endif
