/* rights.h: requests, ages, notices, the two lists, and what switches say. */
#include "crossing.h"

#include <consent/rights.h>

#include <stdlib.h>

/* ---- requests --------------------------------------------------------------------------------------------- */

/* Members in Request.java's order. */
enum {
    REQUEST_SCOPE,
    REQUEST_PURPOSE,
    REQUEST_RECIPIENT,
    REQUEST_TEXT,
    REQUEST_TARGET,
    REQUEST_REFERENCE,
    REQUEST_CHANNEL,
    REQUEST_MEMBERS,
    KIND_RIGHT = 0,
    KIND_BY,
    KIND_GROUND,
    KINDS
};

static jbyteArray open_request(JNIEnv *env, jlong profile, const jint kind[KINDS], const cj_texts *texts,
                               const cj_texts *data, const cj_texts *independent)
{
    char id[CONSENT_REQUEST_ID_SIZE] = "";
    consent_error err = {0};
    consent_rights_request request = CONSENT_INIT(consent_rights_request);
    request.right = kind[KIND_RIGHT];
    request.by = kind[KIND_BY];
    request.ground = kind[KIND_GROUND];
    request.scope = texts->at[REQUEST_SCOPE];
    request.purpose = texts->at[REQUEST_PURPOSE];
    request.recipient = texts->at[REQUEST_RECIPIENT];
    request.text = texts->at[REQUEST_TEXT];
    request.target = texts->at[REQUEST_TARGET];
    request.reference = texts->at[REQUEST_REFERENCE];
    request.channel = texts->at[REQUEST_CHANNEL];
    request.data = (const char *const *)data->at;
    request.data_count = data->count;
    request.independent = (const char *const *)independent->at;
    request.independent_count = independent->count;
    consent_status status = consent_request_open(cj_pointer(profile), &request, id, &err);
    cj_throw_unless_ok(env, status, &err);
    return status == CONSENT_OK ? cj_text(env, id) : NULL;
}

static jbyteArray native_request_open(JNIEnv *env, jclass self, jlong profile, jintArray kinds, jobjectArray members,
                                      jobjectArray data, jobjectArray independent)
{
    (void)self;
    jint kind[KINDS] = {0};
    jbyteArray id = NULL;
    cj_texts texts, items, apart;
    (*env)->GetIntArrayRegion(env, kinds, 0, KINDS, kind);
    if (!cj_take_members(env, members, REQUEST_MEMBERS, &texts))
        return NULL;
    if (cj_take_texts(env, data, &items)) {
        if (cj_take_texts(env, independent, &apart)) {
            id = open_request(env, profile, kind, &texts, &items, &apart);
            cj_free_texts(&apart);
        }
        cj_free_texts(&items);
    }
    cj_free_texts(&texts);
    return id;
}

static void native_request_update(JNIEnv *env, jclass self, jlong profile, jobjectArray members, jintArray kinds,
                                  jlong fee_fen)
{
    enum {
        ID,
        TEXT,
        REFERENCE,
        MEMBERS
    };
    enum {
        STATE,
        BY_REQUESTER,
        REFUSAL,
        CHANGE_KINDS
    };
    (void)self;
    cj_texts texts;
    jint kind[CHANGE_KINDS] = {0};
    consent_error err = {0};
    consent_request_change change = CONSENT_INIT(consent_request_change);
    (*env)->GetIntArrayRegion(env, kinds, 0, CHANGE_KINDS, kind);
    if (!cj_take_members(env, members, MEMBERS, &texts))
        return;
    change.id = texts.at[ID];
    change.text = texts.at[TEXT];
    change.reference = texts.at[REFERENCE];
    change.state = kind[STATE];
    change.by_requester = kind[BY_REQUESTER] != 0;
    change.refusal = kind[REFUSAL];
    change.fee_fen = fee_fen;
    consent_status status = consent_request_update(cj_pointer(profile), &change, &err);
    cj_free_texts(&texts);
    cj_throw_unless_ok(env, status, &err);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

typedef consent_status (*localised)(consent_profile *profile, const char *locale, consent_write_fn write, void *ctx,
                                    consent_error *err);

static jbyteArray read_localised(JNIEnv *env, jlong profile, jbyteArray locale, localised call)
{
    cj_output out = {0};
    consent_error err = {0};
    char *text = NULL;
    if (!cj_take_text(env, locale, &text))
        return NULL;
    consent_status status = call(cj_pointer(profile), text, cj_collect, &out, &err);
    free(text);
    return cj_give_output(env, &out, status, &err);
}

static consent_status list_collected(consent_profile *profile, const char *locale, consent_write_fn write, void *ctx,
                                     consent_error *err)
{
    return consent_lists(profile, CONSENT_LIST_COLLECTED, locale, write, ctx, err);
}

static consent_status list_shared(consent_profile *profile, const char *locale, consent_write_fn write, void *ctx,
                                  consent_error *err)
{
    return consent_lists(profile, CONSENT_LIST_SHARED, locale, write, ctx, err);
}

static jbyteArray native_requests(JNIEnv *env, jclass self, jlong profile, jbyteArray locale)
{
    (void)self;
    return read_localised(env, profile, locale, consent_requests);
}

static jbyteArray native_notices(JNIEnv *env, jclass self, jlong profile, jbyteArray locale)
{
    (void)self;
    return read_localised(env, profile, locale, consent_notices);
}

static jbyteArray native_collected(JNIEnv *env, jclass self, jlong profile, jbyteArray locale)
{
    (void)self;
    return read_localised(env, profile, locale, list_collected);
}

static jbyteArray native_shared(JNIEnv *env, jclass self, jlong profile, jbyteArray locale)
{
    (void)self;
    return read_localised(env, profile, locale, list_shared);
}

static jbyteArray native_switches(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_switches(cj_pointer(profile), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

/* ---- ages and notices -------------------------------------------------------------------------------------------- */

static void native_signal_age(JNIEnv *env, jclass self, jlong profile, jobjectArray members, jint under)
{
    enum {
        BIRTH,
        SOURCE,
        REFERENCE,
        MEMBERS
    };
    (void)self;
    cj_texts texts;
    consent_error err = {0};
    consent_age_signal signal = CONSENT_INIT(consent_age_signal);
    if (!cj_take_members(env, members, MEMBERS, &texts))
        return;
    signal.birth = texts.at[BIRTH];
    signal.under = under;
    signal.source = texts.at[SOURCE];
    signal.reference = texts.at[REFERENCE];
    consent_status status = consent_signal_age(cj_pointer(profile), &signal, &err);
    cj_free_texts(&texts);
    cj_throw_unless_ok(env, status, &err);
}

static void native_notice_receive(JNIEnv *env, jclass self, jlong profile, jbyteArray notice)
{
    (void)self;
    char *bytes = NULL;
    size_t size = 0;
    consent_error err = {0};
    if (cj_take_bytes(env, notice, &bytes, &size)) {
        consent_status status = consent_notice_receive(cj_pointer(profile), bytes, size, &err);
        cj_throw_unless_ok(env, status, &err);
    }
    free(bytes);
}

static const JNINativeMethod list[] = {
    CJ_METHOD("requestOpen", "(J[I[[B[[B[[B)[B", native_request_open),
    CJ_METHOD("requestUpdate", "(J[[B[IJ)V", native_request_update),
    CJ_METHOD("requests", "(J[B)[B", native_requests),
    CJ_METHOD("notices", "(J[B)[B", native_notices),
    CJ_METHOD("collected", "(J[B)[B", native_collected),
    CJ_METHOD("shared", "(J[B)[B", native_shared),
    CJ_METHOD("switches", "(J)[B", native_switches),
    CJ_METHOD("signalAge", "(J[[BI)V", native_signal_age),
    CJ_METHOD("noticeReceive", "(J[B)V", native_notice_receive),
};

bool cj_register_rights(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/Native", list);
    return cj_register(env, &methods);
}
