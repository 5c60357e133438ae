#include "policy/key_set.h"

#include "policy/document.h"

#include <stdio.h>
#include <string.h>

/* ---- documents ---------------------------------------------------------------------------- */

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

/* ---- bundles ------------------------------------------------------------------------------ */

static consent_status open_parts(cs_opening *opening, cs_bundle *bundle, consent_error *err)
{
    consent_status status = cs_opening_read(opening, CS_TYP_POLICY, "the policy", err);
    if (status != CONSENT_OK)
        return status;
    memcpy(bundle->publisher, opening->publisher, CS_P256_PUBLIC_SIZE);
    bundle->payload = (cs_str){(const char *)bundle->owned.data, bundle->owned.size};
    status =
        cs_policy_parse(opening->memory, bundle->payload, "the policy", false, &bundle->policy, &bundle->texts, err);
    if (status == CONSENT_OK)
        status = check_documents(opening->memory, &opening->rest, bundle, err);
    return status;
}

consent_status cs_bundle_open(const cs_memory *memory, cs_span bytes, const uint8_t *roots, size_t root_count,
                              int64_t now_ms, cs_bundle *bundle, consent_error *err)
{
    cs_opening opening = {.memory = memory,
                          .roots = roots,
                          .root_count = root_count,
                          .now_ms = now_ms,
                          .rest = {(const char *)bytes.data, bytes.size},
                          .signers = &bundle->signers,
                          .payload = &bundle->owned};
    *bundle = (cs_bundle){0};
    if (bytes.size > CS_BUNDLE_MAX_BYTES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a bundle had %zu bytes, more than the %u that are allowed",
                       bytes.size, CS_BUNDLE_MAX_BYTES);
    cs_buffer_init(&bundle->owned, memory, CS_POLICY_MAX_BYTES);
    consent_status status = open_parts(&opening, bundle, err);
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
