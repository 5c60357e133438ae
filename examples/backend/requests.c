/* Persons' requests as the backend sees them, and the policies that they are judged by. */
#include "person.h"
#include "platform/platform.h"
#include "policy/bundle.h"

#include <stdio.h>
#include <string.h>

typedef struct gathering {
    cs_requests *list;
    consent_status status;
    consent_error *err;
} gathering;

static bool gather(void *ctx, const uint8_t *stream, cs_span bytes)
{
    gathering *g = ctx;
    cs_event event;
    g->status = cs_event_decode(bytes, &event, g->err);
    if (g->status == CONSENT_OK)
        g->status = cs_requests_add(g->list, stream, &event, g->err);
    return g->status == CONSENT_OK;
}

consent_status cd_requests_read(cd_store *store, const uint8_t *profile, cs_requests *out, consent_error *err)
{
    gathering g = {.list = out, .err = err};
    cs_requests_init(out, cs_memory_system());
    consent_status status = cd_store_each_request_event(store, profile, gather, &g, err);
    if (g.status != CONSENT_OK)
        status = g.status;
    if (status == CONSENT_OK)
        cs_requests_settle(out);
    return status;
}

static void fill_row(const uint8_t *profile, const cs_request *request, const cs_policy *policy, cd_request_row *row)
{
    cs_due due = {.due_ms = 0};
    memset(row, 0, sizeof *row);
    memcpy(row->profile, profile, sizeof row->profile);
    (void)snprintf(row->id, sizeof row->id, "%.*s", CS_STR_ARG(request->id));
    (void)snprintf(row->right, sizeof row->right, "%.*s", CS_STR_ARG(request->right_name));
    (void)snprintf(row->state, sizeof row->state, "%s", cs_request_state_name(request->state));
    row->closed = cs_request_is_closed(request);
    row->opened_ms = request->opened_ms;
    row->state_ms = request->state_ms;
    int32_t promised = request->working_days;
    if (promised == 0 && policy)
        promised = policy->reply_working_days;
    if (promised > 0)
        cs_rights_due(policy, request->opened_ms, promised, &due);
    row->due_ms = due.due_ms;
}

consent_status cd_requests_note(cd_store *store, const uint8_t *profile, consent_error *err)
{
    cs_requests list;
    cs_policy *policy = NULL; /* its calendar; without one every Monday to Friday is a working day */
    consent_status status = cd_requests_read(store, profile, &list, err);
    if (status == CONSENT_OK)
        (void)cd_policy_open(store, CS_STR("platform"), 0, &policy, NULL, NULL);
    for (size_t i = 0; status == CONSENT_OK && i < list.count; i++) {
        cd_request_row row;
        fill_row(profile, &list.items[i], policy, &row);
        status = cd_store_put_request(store, &row, err);
    }
    cs_policy_free(policy);
    cs_requests_free(&list);
    return status;
}

/* ---- policies ------------------------------------------------------------------------------------------- */

/* Line n, from 0. */
static cs_str line_of(cs_span bundle, size_t n)
{
    cs_str rest = {(const char *)bundle.data, bundle.size};
    for (;; n--) {
        const char *end = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        if (n == 0)
            return (cs_str){rest.data, size};
        if (!end)
            return (cs_str){"", 0};
        rest = (cs_str){end + 1, rest.size - size - 1};
    }
}

/* The payload of a bundle's second line. */
static consent_status payload_of(cs_span bundle, cs_buffer *out, consent_error *err)
{
    cs_str line = line_of(bundle, 1);
    const char *end = line.data + line.size;
    const char *first = line.size > 0 ? memchr(line.data, '.', line.size) : NULL;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second || !cs_base64url_decode(out, (cs_str){first + 1, (size_t)(second - first - 1)}))
        return cs_fail(err, CONSENT_E_CORRUPT, 0, "a stored policy cannot be read");
    return CONSENT_OK;
}

consent_status cd_bundle_read(cs_span bundle, cs_policy **policy, cs_texts **texts, consent_error *err)
{
    cs_buffer payload;
    cs_buffer_init(&payload, cs_memory_system(), CS_POLICY_MAX_BYTES);
    consent_status status = payload_of(bundle, &payload, err);
    if (status == CONSENT_OK)
        status = cs_policy_parse(cs_memory_system(), (cs_str){(const char *)payload.data, payload.size}, "the policy",
                                 false, policy, texts, err);
    cs_buffer_free(&payload);
    return status;
}

consent_status cd_bundle_document(cs_span bundle, const cs_policy *policy, const char *locale, cs_document **out,
                                  consent_error *err)
{
    uint16_t at = 0;
    while (at < policy->document_count && strcmp(policy->documents[at].locale, locale) != 0)
        at++;
    if (at == policy->document_count)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the policy has no text in this language");
    return cs_document_parse(cs_memory_system(), line_of(bundle, at + 2u), "the policy's text", out, err);
}

consent_status cd_policy_open(cd_store *store, cs_str id, uint32_t version, cs_policy **out, cs_texts **texts,
                              consent_error *err)
{
    cd_policy_row row;
    cs_buffer bundle;
    cs_texts *own_texts = NULL;
    *out = NULL;
    cs_buffer_init(&bundle, cs_memory_system(), CS_BUNDLE_MAX_BYTES);
    consent_status status = cd_store_policy(store, id, version, &row, err);
    if (status == CONSENT_OK)
        status = cd_store_bundle(store, row.hash, &bundle, err);
    if (status == CONSENT_OK)
        status = cd_bundle_read(cs_buffer_span(&bundle), out, &own_texts, err);
    if (status == CONSENT_OK)
        memcpy((*out)->hash, row.hash, sizeof row.hash);
    if (texts && status == CONSENT_OK)
        *texts = own_texts;
    else
        cs_texts_free(own_texts);
    cs_buffer_free(&bundle);
    return status;
}
