#include "policy/key_set.h"

#include "policy/document.h"

#include <stdio.h>
#include <string.h>

/* ---- policy and documents ----------------------------------------------------------------- */

static consent_status verify_policy(const cs_memory *memory, cs_str line, const cs_key_set *set, int64_t now_ms,
                                    cs_bundle *bundle, consent_error *err)
{
    size_t at = 0;
    consent_status status =
        cs_key_set_open(memory, line, CS_TYP_POLICY, set, now_ms, &at, &bundle->signers, &bundle->owned, err);
    if (status != CONSENT_OK)
        return status;
    memcpy(bundle->publisher, set->keys + at * CS_P256_PUBLIC_SIZE, CS_P256_PUBLIC_SIZE);
    bundle->key_set_version = set->version;
    bundle->payload = (cs_str){(const char *)bundle->owned.data, bundle->owned.size};
    return cs_policy_parse(memory, bundle->payload, "the policy", false, &bundle->policy, &bundle->texts, err);
}

static consent_status check_document(const cs_memory *memory, cs_str bytes, const cs_document_ref *ref,
                                     const char *what, consent_error *err)
{
    uint8_t hash[CS_HASH_SIZE];
    cs_span part = {(const uint8_t *)bytes.data, bytes.size};
    cs_document *document = NULL;
    consent_status status = cs_sha256(&part, 1, hash, err);
    if (status == CONSENT_OK && memcmp(hash, ref->hash, sizeof(hash)) != 0)
        status =
            cs_fail(err, CONSENT_E_TAMPERED, 0, "%s was not the one that the policy names: its SHA-256 differs", what);
    if (status == CONSENT_OK)
        status = cs_document_parse(memory, bytes, what, &document, err);
    if (status == CONSENT_OK && strcmp(document->locale, ref->locale) != 0)
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s says that it is in %s", what, document->locale);
    cs_document_free(document);
    return status;
}

static consent_status check_documents(const cs_memory *memory, cs_str *rest, cs_bundle *bundle, consent_error *err)
{
    for (uint16_t i = 0; i < bundle->policy->document_count; i++) {
        const cs_document_ref *ref = &bundle->policy->documents[i];
        char what[64];
        (void)snprintf(what, sizeof(what), "the %s in %s", ref->child_rules ? "child rules" : "document", ref->locale);
        consent_status status = cs_key_set_line(rest, what, CS_DOCUMENT_MAX_BYTES, &bundle->documents[i], err);
        if (status == CONSENT_OK)
            status = check_document(memory, bundle->documents[i], ref, what, err);
        if (status != CONSENT_OK)
            return status;
    }
    if (rest->size > 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "a bundle held %zu bytes behind the last document that the policy names", rest->size);
    return CONSENT_OK;
}

static consent_status open_parts(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                                 int64_t now_ms, cs_key_set *set, cs_bundle *bundle, consent_error *err)
{
    cs_str rest = {(const char *)bytes.data, bytes.size};
    cs_str keys = {0}, policy = {0};
    consent_status status = cs_key_set_line(&rest, "the key set", CS_JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES), &keys, err);
    if (status == CONSENT_OK)
        status = cs_key_set_line(&rest, "the policy", CS_JWS_MAX_BYTES(CS_POLICY_MAX_BYTES), &policy, err);
    if (status == CONSENT_OK)
        status = cs_key_set_verify(memory, keys, roots, root_count, set, &bundle->signers, err);
    if (status == CONSENT_OK)
        status = verify_policy(memory, policy, set, now_ms, bundle, err);
    if (status == CONSENT_OK)
        status = check_documents(memory, &rest, bundle, err);
    return status;
}

consent_status cs_bundle_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                              int64_t now_ms, cs_bundle *bundle, consent_error *err)
{
    *bundle = (cs_bundle){0};
    if (bytes.size > CS_BUNDLE_MAX_BYTES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a bundle had %zu bytes, more than the %u that are allowed",
                       bytes.size, CS_BUNDLE_MAX_BYTES);
    cs_key_set *set = cs_alloc(memory, sizeof(*set));
    if (!set)
        return cs_no_memory(err, "the key set");
    cs_buffer_init(&bundle->owned, memory, CS_POLICY_MAX_BYTES);
    consent_status status = open_parts(memory, bytes, roots, root_count, now_ms, set, bundle, err);
    cs_free(memory, set, sizeof(*set));
    if (status != CONSENT_OK)
        cs_bundle_free(bundle);
    return status;
}

void cs_bundle_free(cs_bundle *bundle)
{
    if (!bundle)
        return;
    cs_policy_free(bundle->policy);
    cs_texts_free(bundle->texts);
    cs_buffer_free(&bundle->owned);
    *bundle = (cs_bundle){0};
}
