#include "publish.h"

#include "crypto.h"
#include "crypto/jws.h"
#include "platform/platform.h"
#include "policy/key_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICE_MAX_BYTES (128u * 1024u)

static cs_str first_line(cs_span bytes)
{
    const char *text = (const char *)bytes.data;
    const char *end = bytes.size > 0 ? memchr(text, '\n', bytes.size) : NULL;
    return end ? (cs_str){text, (size_t)(end - text)} : (cs_str){text, bytes.size};
}

static cs_str second_line(cs_span bytes)
{
    cs_str first = first_line(bytes);
    if (first.size + 1 >= bytes.size)
        return (cs_str){"", 0};
    return first_line((cs_span){bytes.data + first.size + 1, bytes.size - first.size - 1});
}

cd_published cd_publication_kind(cs_span bytes)
{
    const cs_memory *memory = cs_memory_system();
    if (!cs_jws_has_type(memory, first_line(bytes), CS_TYP_KEY_SET))
        return 0;
    cs_str second = second_line(bytes);
    if (second.size == 0)
        return CD_A_KEY_SET;
    if (cs_jws_has_type(memory, second, CS_TYP_HEAD))
        return CD_A_HEAD;
    if (cs_jws_has_type(memory, second, CS_TYP_NOTICE))
        return CD_A_NOTICE;
    return cs_jws_has_type(memory, second, CS_TYP_POLICY) ? CD_A_POLICY : 0;
}

/* ---- checking -------------------------------------------------------------------------------------- */

static void row_of(const char *id, uint32_t version, uint32_t revision, const uint8_t *hash, cd_policy_row *row)
{
    (void)snprintf(row->id, sizeof row->id, "%s", id);
    row->version = version;
    row->revision = revision;
    memcpy(row->hash, hash, sizeof row->hash);
}

static consent_status check_policy(const cd_config *config, cs_span bytes, int64_t now_ms, cd_publication *out,
                                   consent_error *err)
{
    cs_bundle bundle;
    consent_status status =
        cs_bundle_open(cs_memory_system(), bytes, config->roots, config->root_count, now_ms, &bundle, err);
    if (status == CONSENT_OK) {
        row_of(bundle.policy->id, bundle.policy->version, bundle.policy->revision, bundle.policy->hash, &out->policy);
        out->policy.effective_ms = bundle.policy->effective_ms;
        out->policy.published_ms = now_ms;
    }
    cs_bundle_free(&bundle);
    return status;
}

static consent_status check_head(const cd_config *config, cs_span bytes, int64_t now_ms, cd_publication *out,
                                 consent_error *err)
{
    cs_head *head = calloc(1, sizeof *head);
    if (!head)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the head statement");
    consent_status status =
        cs_head_open(cs_memory_system(), bytes, config->roots, config->root_count, now_ms, head, err);
    if (status == CONSENT_OK)
        row_of(head->id, head->version, head->revision, head->hash, &out->policy);
    out->fresh_until_ms = head->fresh_until_ms;
    free(head);
    return status;
}

static consent_status read_notice(const cs_buffer *payload, int64_t now_ms, cd_notice_row *row, consent_error *err)
{
    cs_json_doc doc;
    cs_json_in in;
    cs_span bytes = cs_buffer_span(payload);
    consent_status status =
        cs_json_parse(&doc, (cs_str){(const char *)payload->data, payload->size}, NOTICE_MAX_BYTES, "the notice", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the notice", err);
    cs_str id = cs_json_in_str(&in, doc.root, "id", true);
    cs_str kind = cs_json_in_str(&in, doc.root, "kind", true);
    cs_str policy = cs_json_in_str(&in, doc.root, "policy", true);
    if (in.status == CONSENT_OK && (!cs_id_is_valid(id) || !cs_id_is_valid(policy) || kind.size >= sizeof row->kind))
        (void)cs_json_complain(&in, "`id`, `kind` or `policy` is not an identifier");
    if (in.status == CONSENT_OK) {
        (void)snprintf(row->id, sizeof row->id, "%.*s", CS_STR_ARG(id));
        (void)snprintf(row->kind, sizeof row->kind, "%.*s", CS_STR_ARG(kind));
        (void)snprintf(row->policy, sizeof row->policy, "%.*s", CS_STR_ARG(policy));
        row->published_ms = now_ms;
        if (!cd_sha256(&bytes, 1, row->hash))
            in.status = cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the notice");
    }
    cs_json_free(&doc);
    return in.status;
}

static consent_status check_notice(const cd_config *config, cs_span bytes, int64_t now_ms, cd_publication *out,
                                   consent_error *err)
{
    cs_buffer payload;
    cs_signers signers;
    cs_buffer_init(&payload, cs_memory_system(), NOTICE_MAX_BYTES);
    consent_status status = cs_statement_open(cs_memory_system(), bytes, CS_TYP_NOTICE, config->roots,
                                              config->root_count, now_ms, &signers, &payload, err);
    if (status == CONSENT_OK)
        status = read_notice(&payload, now_ms, &out->notice, err);
    cs_buffer_free(&payload);
    return status;
}

consent_status cd_publication_check(const cd_config *config, cd_published kind, cs_span bytes, int64_t now_ms,
                                    cd_publication *out, consent_error *err)
{
    cs_str line = first_line(bytes);
    memset(out, 0, sizeof *out);
    cs_buffer_init(&out->key_set, cs_memory_system(), CS_JWS_MAX_BYTES(CS_KEY_SET_MAX_BYTES) + 1);
    out->kind = kind;
    out->text = bytes;
    if (cd_publication_kind(bytes) != kind)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "this is not what was to be published here");
    consent_status status = cd_keys_use(NULL, config, line, &out->key_set_version, err);
    cs_buffer_str(&out->key_set, line);
    cs_buffer_text(&out->key_set, "\n");
    if (status == CONSENT_OK && kind == CD_A_POLICY)
        status = check_policy(config, bytes, now_ms, out, err);
    if (status == CONSENT_OK && kind == CD_A_HEAD)
        status = check_head(config, bytes, now_ms, out, err);
    if (status == CONSENT_OK && kind == CD_A_NOTICE)
        status = check_notice(config, bytes, now_ms, out, err);
    return status == CONSENT_OK ? cs_buffer_status(&out->key_set, "the key set", err) : status;
}

void cd_publication_free(cd_publication *publication)
{
    cs_buffer_free(&publication->key_set);
}

/* ---- keeping ------------------------------------------------------------------------------------------ */

static consent_status older(consent_error *err, const char *what)
{
    return cs_fail(err, CONSENT_E_USED, 0, "%s is there in a newer version, or with other content", what);
}

static consent_status store_key_set(cd_store *store, const cd_publication *publication, consent_error *err)
{
    cs_buffer known;
    uint32_t version;
    bool itself = publication->kind == CD_A_KEY_SET;
    cs_buffer_init(&known, cs_memory_system(), publication->key_set.max_size);
    consent_status status = cd_store_key_set(store, &version, &known, err);
    bool same =
        known.size == publication->key_set.size && memcmp(known.data, publication->key_set.data, known.size) == 0;
    if (status == CONSENT_E_NOT_FOUND || (status == CONSENT_OK && version < publication->key_set_version))
        status = cd_store_put_key_set(store, publication->key_set_version, cs_buffer_span(&publication->key_set), err);
    else if (status == CONSENT_OK && itself && !same)
        status = older(err, "the key set");
    cs_buffer_free(&known);
    return status;
}

static consent_status store_policy(cd_store *store, const cd_publication *publication, consent_error *err)
{
    consent_status status = cd_store_add_policy(store, &publication->policy, publication->text, err);
    return status == CONSENT_E_USED ? older(err, "this policy's version") : status;
}

static consent_status store_head(cd_store *store, const cd_publication *publication, consent_error *err)
{
    cd_policy_row known;
    int64_t fresh_until_ms;
    const cd_policy_row *row = &publication->policy;
    if (cd_store_policy(store, cs_str_of(row->id), row->version, &known, err) != CONSENT_OK ||
        memcmp(known.hash, row->hash, sizeof row->hash) != 0)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the head statement names a policy that was not published here");
    consent_status status = cd_store_head(store, cs_str_of(row->id), &known, &fresh_until_ms, NULL, err);
    bool fresh = status == CONSENT_E_NOT_FOUND;
    if (status == CONSENT_OK) {
        bool newer = row->version > known.version || (row->version == known.version && row->revision > known.revision);
        bool same = memcmp(row->hash, known.hash, sizeof row->hash) == 0;
        fresh = newer || (same && publication->fresh_until_ms >= fresh_until_ms);
    } else if (status != CONSENT_E_NOT_FOUND) {
        return status;
    }
    if (!fresh)
        return older(err, "the head statement");
    return cd_store_put_head(store, row, publication->fresh_until_ms, publication->text, err);
}

consent_status cd_publication_store(cd_store *store, const cd_publication *publication, consent_error *err)
{
    consent_status status = store_key_set(store, publication, err);
    if (status != CONSENT_OK)
        return status;
    switch (publication->kind) {
    case CD_A_POLICY:
        return store_policy(store, publication, err);
    case CD_A_HEAD:
        return store_head(store, publication, err);
    case CD_A_NOTICE:
        status = cd_store_add_notice(store, &publication->notice, publication->text, err);
        return status == CONSENT_E_USED ? older(err, "a notice of this id") : status;
    default:
        return CONSENT_OK;
    }
}
