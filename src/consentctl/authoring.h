/* authoring: a policy folder (policy.json, document.<locale>.md, child-rules.<locale>.md) into the bytes that are signed and shipped.
 *
 * The unsigned file is text, one part a line: the policy's JSON with "documents" and "child_rules_documents" (hashes) added, then
 * each document's JSON in the order of `locales`, then the child rules' likewise. The same folder always gives the same bytes. */
#ifndef CS_AUTHORING_H
#define CS_AUTHORING_H

#include "consentctl/overlay.h"
#include "policy/bundle.h"

typedef struct cs_source {
    cs_overlay folders;
    cs_buffer text; /* policy.json, with what it takes from its base */
    cs_json_doc json;
    cs_str locales[CS_POLICY_MAX_LOCALES]; /* in `json` */
    uint32_t locale_count;
    cs_buffer documents[CS_POLICY_MAX_LOCALES]; /* document JSON; empty where the file is missing or was refused */
    consent_error document_errors[CS_POLICY_MAX_LOCALES];
    cs_buffer rules[CS_POLICY_MAX_LOCALES]; /* of the child rules, in the same way; empty without an error: none */
    consent_error rules_errors[CS_POLICY_MAX_LOCALES];
} cs_source;

/* Reads the folder. With `lenient` (lint) a missing or refused document is only noted in document_errors; otherwise it fails. */
consent_status cs_source_open(const cs_memory *memory, const char *folder, bool lenient, cs_source *source,
                              consent_error *err);
void cs_source_free(cs_source *source);

/* Validates completely and writes the unsigned file. */
consent_status cs_authoring_build(const cs_memory *memory, const char *folder, cs_buffer *unsigned_file,
                                  consent_error *err);
/* The same check over bytes that came from elsewhere; *policy_line is in `unsigned_file`. */
consent_status cs_authoring_check(const cs_memory *memory, cs_str unsigned_file, const char *what, cs_str *policy_line,
                                  consent_error *err);

/* What a key set says: keys of CS_P256_PUBLIC_SIZE bytes each, all for the same time. */
typedef struct cs_authoring_keys {
    const uint8_t *publishers;
    size_t publisher_count;
    const uint8_t *receipts; /* who signs receipts of what was synced; may be none */
    size_t receipt_count;
    uint32_t version;
    int64_t not_before_ms, not_after_ms;
} cs_authoring_keys;

/* A root-signed key set. */
consent_status cs_authoring_key_set(const uint8_t root_private[CS_P256_PRIVATE_SIZE], const cs_authoring_keys *keys,
                                    const cs_memory *memory, cs_buffer *jws, consent_error *err);
/* Key set line, policy signed by the publisher, document lines. `what` names the unsigned file. */
consent_status cs_authoring_sign(const cs_memory *memory, cs_str unsigned_file, const char *what, cs_str key_set,
                                 const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *bundle,
                                 consent_error *err);
/* Key set line, then the payload signed as a statement of this type: a head, a notice. */
consent_status cs_authoring_statement(const char *typ, cs_str payload, cs_str key_set,
                                      const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *out,
                                      consent_error *err);
/* A key set that names one publisher, valid at any time, for policies and receipts: scenarios and tests. */
consent_status cs_authoring_throw_away_keys(const cs_memory *memory, const uint8_t root_private[CS_P256_PRIVATE_SIZE],
                                            const uint8_t publisher[CS_P256_PUBLIC_SIZE], cs_buffer *key_set,
                                            consent_error *err);
/* Folder to bundle in one step, the publisher key valid at any time: scenarios and tests. */
consent_status cs_authoring_bundle(const cs_memory *memory, const char *folder,
                                   const uint8_t root_private[CS_P256_PRIVATE_SIZE],
                                   const uint8_t publisher_private[CS_P256_PRIVATE_SIZE], cs_buffer *bundle,
                                   consent_error *err);

/* Next line of *text without its end; advances. False at the end. */
bool cs_authoring_line(cs_str *text, cs_str *line);

#endif
