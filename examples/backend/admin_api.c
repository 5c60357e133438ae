/* /v1/admin: what operators send, as JSON (docs/openapi.yaml). */
#include "admin.h"
#include "handlers.h"
#include "publish.h"

#include <stdio.h>
#include <string.h>

#define MAX_BODY_BYTES 16384u

static void answer(cd_request *request, consent_status status, const consent_error *err)
{
    if (status == CONSENT_OK)
        cd_answer_done(request);
    else if (status == CONSENT_E_USED)
        cd_answer_error(request, 409, "conflict", err->message, 0);
    else
        cd_answer_failure(request, status, err);
}

/* ---- for the person ---------------------------------------------------------------------------------- */

static void read_data(cs_json_in *in, const cs_json *root, cd_support_act *act)
{
    const cs_json *list = cs_json_in_array(in, root, "data", false);
    for (const cs_json *each = cs_json_first(list); each; each = cs_json_next(each)) {
        if (act->data_count == CS_EVENT_MAX_DATA || cs_json_type_of(each) != CS_JSON_STRING)
            (void)cs_json_complain(in, "`data` is not a list of at most %u texts", CS_EVENT_MAX_DATA);
        else
            act->data[act->data_count++] = cs_json_str(each);
    }
}

void cd_admin_act(cd_request *request)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_error err = {0};
    cd_support_act act = {.kind = CD_ACT_WITHDRAW};
    consent_status status = cs_json_parse(&doc, cd_body(request), MAX_BODY_BYTES, "the act", &err);
    if (status != CONSENT_OK) {
        cd_answer_failure(request, status, &err);
        return;
    }
    cs_json_in_init(&in, "the act", &err);
    if (!cd_act_kind_of(cs_json_in_str(&in, doc.root, "act", true), &act.kind))
        (void)cs_json_complain(&in, "`act` is withdraw, refuse or say_given: nothing else is done for a person");
    act.policy = cs_json_in_str(&in, doc.root, "policy", false);
    act.purpose = cs_json_in_str(&in, doc.root, "purpose", false);
    act.recipient = cs_json_in_str(&in, doc.root, "recipient", false);
    act.reference = cs_json_in_str(&in, doc.root, "case", true);
    read_data(&in, doc.root, &act);
    status = in.status == CONSENT_OK ? cd_support(request, &act, &err) : in.status;
    answer(request, status, &err);
    cs_json_free(&doc);
}

void cd_admin_age(cd_request *request)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_error err = {0};
    consent_status status = cs_json_parse(&doc, cd_body(request), MAX_BODY_BYTES, "the age", &err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, "the age", &err);
        cs_str birth = cs_json_in_str(&in, doc.root, "birth", false);
        int64_t at_least =
            cs_json_get(doc.root, "at_least") ? cs_json_in_int(&in, doc.root, "at_least", true, 0, 120) : -1;
        cs_str reference = cs_json_in_str(&in, doc.root, "case", true);
        status = in.status == CONSENT_OK ? cd_correct_age(request, birth, at_least, reference, &err) : in.status;
        cs_json_free(&doc);
    }
    answer(request, status, &err);
}

static void copy(cs_str text, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", CS_STR_ARG(text));
}

void cd_admin_change(cd_request *request)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_error err = {0};
    char id[CS_ID_MAX_SIZE + 1], text[CS_REQUEST_TEXT_MAX_BYTES + 1], reference[513];
    consent_request_change change = {.struct_size = sizeof change, .id = id, .text = text, .reference = reference};
    consent_status status = cs_json_parse(&doc, cd_body(request), MAX_BODY_BYTES, "the change", &err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, "the change", &err);
        copy(request->parts[1], id, sizeof id);
        copy(cs_json_in_str(&in, doc.root, "text", false), text, sizeof text);
        copy(cs_json_in_str(&in, doc.root, "reference", false), reference, sizeof reference);
        if (!cs_request_state_find(cs_json_in_str(&in, doc.root, "state", true), &change.state))
            (void)cs_json_complain(&in, "`state` is not a state that a request goes to");
        (void)cs_refusal_find(cs_json_in_str(&in, doc.root, "refusal", false), &change.refusal);
        change.fee_fen = cs_json_in_int(&in, doc.root, "fee_fen", false, 0, INT64_C(100000000));
        status = in.status == CONSENT_OK ? cd_move_request(request, &change, &err) : in.status;
        cs_json_free(&doc);
    }
    answer(request, status, &err);
}

/* ---- notices ------------------------------------------------------------------------------------------- */

static void notify(cd_request *request, bool everybody)
{
    cs_json_doc doc;
    cs_json_in in;
    consent_error err = {0};
    uint8_t hash[CS_HASH_SIZE];
    consent_status status = cs_json_parse(&doc, cd_body(request), MAX_BODY_BYTES, "the notice", &err);
    if (status == CONSENT_OK) {
        cs_json_in_init(&in, "the notice", &err);
        if (!cs_hex_decode(cs_json_in_str(&in, doc.root, "notice", true), hash, sizeof hash))
            (void)cs_json_complain(&in, "`notice` is not the hash of a published notice");
        status = in.status == CONSENT_OK ? cd_notify(request, hash, everybody, &err) : in.status;
        cs_json_free(&doc);
    }
    answer(request, status, &err);
}

void cd_admin_notify(cd_request *request)
{
    notify(request, false);
}

void cd_admin_notify_all(cd_request *request)
{
    notify(request, true);
}

/* ---- publishing ------------------------------------------------------------------------------------------ */

static void publish(cd_request *request, int kind)
{
    consent_error err = {0};
    answer(request, cd_publish(request, kind, cs_buffer_span(&request->body), &err), &err);
}

void cd_admin_publish_policy(cd_request *request)
{
    publish(request, CD_A_POLICY);
}

void cd_admin_publish_head(cd_request *request)
{
    publish(request, CD_A_HEAD);
}

void cd_admin_publish_keys(cd_request *request)
{
    publish(request, CD_A_KEY_SET);
}

void cd_admin_publish_notice(cd_request *request)
{
    publish(request, CD_A_NOTICE);
}
