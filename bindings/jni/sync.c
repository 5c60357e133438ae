/* sync.h: the backend, the app's own network stack, accounts. What is called back goes to one object for each configuration
 * (SyncCalls.java), which catches what the app's code throws. */
#include "crossing.h"

#include <consent/sync.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SyncConfig.java */
enum {
    SYNC_TRANSPORT = 1,
    SYNC_TOKEN = 2,
    SYNC_PROGRESS = 4,
    SYNC_FETCH_BEFORE_CONSENT = 8,
    REPORT_MEMBERS = 11
};

static jmethodID called_perform;
static jmethodID called_token;
static jmethodID called_progress;

/* What a configuration points to; it lives until another one took its place, or the client closed. */
typedef struct setup {
    jobject called;
    consent_transport transport;
} setup;

/* ---- one request, made by Java --------------------------------------------------------------------------- */

/* On the C stack for as long as perform runs; Java holds its address as long (Transport.Request), and no longer. */
typedef struct call {
    const consent_http_request *request;
    consent_http_answer *answer;
    consent_error *err;
    consent_status status;
} call;

static void fail(call *made, const char *why)
{
    bool cancelled = made->request->cancelled && made->request->cancelled(made->request->ctx);
    made->status = cancelled ? CONSENT_E_CANCELLED : CONSENT_E_NETWORK;
    if (!made->err)
        return;
    made->err->status = made->status;
    made->err->os_code = 0;
    (void)snprintf(made->err->message, sizeof made->err->message, cancelled ? "%s" : "the app's transport failed: %s",
                   cancelled ? "the sync was cancelled" : why);
}

static consent_status perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                              consent_error *err)
{
    const setup *mine = ctx;
    call made = {request, answer, err, CONSENT_E_NETWORK};
    const char *const texts[] = {request->method, request->url, request->content_type, request->token};
    JNIEnv *env = cj_calling();
    fail(&made, "it was not called");
    if (!env || (*env)->PushLocalFrame(env, 16) != 0)
        return made.status;
    jobjectArray names = cj_text_array(env, texts, sizeof texts / sizeof *texts);
    jbyteArray body = names && request->body ? cj_bytes(env, request->body, request->body_size) : NULL;
    if (names && (body || !request->body))
        (*env)->CallVoidMethod(env, mine->called, called_perform, cj_handle(&made), names, body,
                               (jint)request->timeout_ms);
    return cj_called(env) ? made.status : CONSENT_E_NETWORK;
}

static jboolean native_cancelled(JNIEnv *env, jclass self, jlong address)
{
    (void)env;
    (void)self;
    const call *made = cj_pointer(address);
    return made->request->cancelled && made->request->cancelled(made->request->ctx) ? JNI_TRUE : JNI_FALSE;
}

/* Java saw to it that the bytes are there. False: too much. */
static jboolean native_receive(JNIEnv *env, jclass self, jlong address, jbyteArray bytes, jint from, jint count)
{
    (void)self;
    const call *made = cj_pointer(address);
    jbyte piece[8192];
    for (jint at = 0; at < count;) {
        jint size = count - at < (jint)sizeof piece ? count - at : (jint)sizeof piece;
        (*env)->GetByteArrayRegion(env, bytes, from + at, size, piece);
        if ((*env)->ExceptionCheck(env) || made->request->receive(made->request->ctx, piece, (size_t)size) != 0)
            return JNI_FALSE;
        at += size;
    }
    return JNI_TRUE;
}

/* A header that is too long to be one of those that are read is none. */
static bool take_header(JNIEnv *env, jbyteArray from, char *out, size_t size)
{
    char *text;
    if (!cj_take_text(env, from, &text))
        return false;
    (void)snprintf(out, size, "%s", text && strlen(text) < size ? text : "");
    free(text);
    return true;
}

static void native_answered(JNIEnv *env, jclass self, jlong address, jint status, jbyteArray retry_after,
                            jbyteArray date)
{
    (void)self;
    call *made = cj_pointer(address);
    if (!take_header(env, retry_after, made->answer->retry_after, sizeof made->answer->retry_after) ||
        !take_header(env, date, made->answer->date, sizeof made->answer->date))
        return;
    made->answer->status = status;
    made->status = CONSENT_OK;
}

static void native_failed(JNIEnv *env, jclass self, jlong address, jboolean clock_suspect, jbyteArray why)
{
    (void)self;
    call *made = cj_pointer(address);
    char *text;
    made->answer->clock_suspect = clock_suspect != JNI_FALSE;
    if (!cj_take_text(env, why, &text))
        return;
    fail(made, text ? text : "");
    free(text);
}

/* ---- token and progress ------------------------------------------------------------------------------------- */

static consent_status token(void *ctx, bool renew, char *out, size_t size)
{
    const setup *mine = ctx;
    consent_status status = CONSENT_E_NETWORK;
    JNIEnv *env = cj_calling();
    out[0] = '\0';
    if (!env || (*env)->PushLocalFrame(env, 8) != 0)
        return CONSENT_E_MEMORY;
    jobjectArray given = (*env)->CallObjectMethod(env, mine->called, called_token, renew ? JNI_TRUE : JNI_FALSE);
    if (!(*env)->ExceptionCheck(env) && given) { /* null: it failed */
        jbyteArray one = (*env)->GetObjectArrayElement(env, given, 0);
        char *text = NULL;
        if (cj_take_text(env, one, &text)) {
            status = text && strlen(text) >= size ? CONSENT_E_ARGUMENT : CONSENT_OK;
            (void)snprintf(out, size, "%s", status == CONSENT_OK && text ? text : "");
        }
        free(text);
    }
    return cj_called(env) ? status : CONSENT_E_MEMORY;
}

static void fill_report(const consent_sync_report *report, jlong out[REPORT_MEMBERS])
{
    const jlong values[REPORT_MEMBERS] = {report->sent,           report->received,     report->waiting,
                                          report->parked,         report->policies,     report->sealed,
                                          report->ignored,        report->requests,     report->retry_ms,
                                          report->clock_ahead_ms, report->clock_suspect};
    memcpy(out, values, sizeof values);
}

static void progress(void *ctx, const consent_sync_report *report)
{
    const setup *mine = ctx;
    jlong values[REPORT_MEMBERS];
    JNIEnv *env = cj_calling();
    if (!env || (*env)->PushLocalFrame(env, 4) != 0)
        return;
    jlongArray array = (*env)->NewLongArray(env, REPORT_MEMBERS);
    if (array) {
        fill_report(report, values);
        (*env)->SetLongArrayRegion(env, array, 0, REPORT_MEMBERS, values);
        (*env)->CallVoidMethod(env, mine->called, called_progress, array);
    }
    (void)cj_called(env);
}

/* ---- configuring ----------------------------------------------------------------------------------------------- */

static void forget(JNIEnv *env, setup *mine)
{
    if (mine && mine->called)
        (*env)->DeleteGlobalRef(env, mine->called);
    free(mine);
}

static void native_forget(JNIEnv *env, jclass self, jlong address)
{
    (void)self;
    forget(env, cj_pointer(address));
}

static setup *new_setup(JNIEnv *env, jobject called)
{
    setup *mine = calloc(1, sizeof *mine);
    if (!mine) {
        cj_throw(env, CONSENT_E_MEMORY, "no memory for the sync's configuration");
        return NULL;
    }
    mine->called = (*env)->NewGlobalRef(env, called);
    mine->transport = (consent_transport){sizeof mine->transport, mine, perform};
    return mine;
}

/* `pins` and `expires` have as many elements; SyncConfig.java sees to it. */
static bool take_pins(JNIEnv *env, const cj_texts *pins, jlongArray expires, consent_sync_config *config)
{
    consent_pin *list = calloc(pins->count + 1, sizeof *list);
    if (!list) {
        cj_throw(env, CONSENT_E_MEMORY, "no memory for the pins");
        return false;
    }
    for (size_t i = 0; i < pins->count; i++) {
        jlong at = 0;
        (*env)->GetLongArrayRegion(env, expires, (jsize)i, 1, &at);
        list[i] = (consent_pin){pins->at[i], at};
    }
    config->pins = pins->count ? list : NULL;
    config->pin_count = pins->count;
    if (pins->count == 0)
        free(list);
    return true;
}

static setup *configure(JNIEnv *env, jlong client, jobject called, jint flags, consent_sync_config *config)
{
    consent_error err = {0};
    setup *mine = new_setup(env, called);
    if (!mine)
        return NULL;
    config->transport = flags & SYNC_TRANSPORT ? &mine->transport : NULL;
    config->token = flags & SYNC_TOKEN ? token : NULL;
    config->progress = flags & SYNC_PROGRESS ? progress : NULL;
    config->fetch_before_consent = (flags & SYNC_FETCH_BEFORE_CONSENT) != 0;
    config->ctx = mine;
    consent_status status = consent_sync_configure(cj_pointer(client), config, &err);
    if (status == CONSENT_OK)
        return mine;
    forget(env, mine);
    cj_throw_unless_ok(env, status, &err);
    return NULL;
}

/* Gives what is to be forgotten when this configuration serves no more. */
static jlong native_configure(JNIEnv *env, jclass self, jlong client, jobject called, jint flags, jobjectArray members,
                              jobjectArray pins, jlongArray expires)
{
    enum {
        ENDPOINT,
        REGION,
        CA_FILE,
        MEMBERS
    };
    (void)self;
    cj_texts texts, pin_texts;
    setup *mine = NULL;
    consent_sync_config config = CONSENT_INIT(consent_sync_config);
    if (!cj_take_members(env, members, MEMBERS, &texts))
        return 0;
    if (cj_take_texts(env, pins, &pin_texts)) {
        config.endpoint = texts.at[ENDPOINT];
        config.region = texts.at[REGION];
        config.ca_file = texts.at[CA_FILE];
        if (take_pins(env, &pin_texts, expires, &config))
            mine = configure(env, client, called, flags, &config);
        free((void *)(uintptr_t)config.pins);
        cj_free_texts(&pin_texts);
    }
    cj_free_texts(&texts);
    return cj_handle(mine);
}

/* ---- syncing ------------------------------------------------------------------------------------------------------ */

/* `report` is filled also when it throws. */
static void native_sync(JNIEnv *env, jclass self, jlong profile, jint timeout_ms, jlongArray report)
{
    (void)self;
    jlong values[REPORT_MEMBERS];
    consent_error err = {0};
    consent_sync_report made = CONSENT_INIT(consent_sync_report);
    consent_status status = consent_sync(cj_pointer(profile), timeout_ms > 0 ? (uint32_t)timeout_ms : 0, &made, &err);
    if ((*env)->ExceptionCheck(env))
        return;
    fill_report(&made, values);
    (*env)->SetLongArrayRegion(env, report, 0, REPORT_MEMBERS, values);
    cj_throw_unless_ok(env, status, &err);
}

static void native_cancel(JNIEnv *env, jclass self, jlong client)
{
    (void)env;
    (void)self;
    consent_cancel(cj_pointer(client));
}

static jbyteArray native_status(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_sync_status(cj_pointer(profile), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

static void native_join(JNIEnv *env, jclass self, jlong account, jlong anonymous)
{
    (void)self;
    consent_error err = {0};
    consent_status status = consent_profile_join(cj_pointer(account), cj_pointer(anonymous), &err);
    cj_throw_unless_ok(env, status, &err);
}

static void native_leave(JNIEnv *env, jclass self, jlong account)
{
    (void)self;
    consent_error err = {0};
    consent_status status = consent_profile_leave(cj_pointer(account), &err);
    cj_throw_unless_ok(env, status, &err);
}

static const JNINativeMethod list[] = {
    CJ_METHOD("cancelled", "(J)Z", native_cancelled),
    CJ_METHOD("receive", "(J[BII)Z", native_receive),
    CJ_METHOD("answered", "(JI[B[B)V", native_answered),
    CJ_METHOD("failed", "(JZ[B)V", native_failed),
    CJ_METHOD("configure", "(JLjava/lang/Object;I[[B[[B[J)J", native_configure),
    CJ_METHOD("forget", "(J)V", native_forget),
    CJ_METHOD("sync", "(JI[J)V", native_sync),
    CJ_METHOD("cancel", "(J)V", native_cancel),
    CJ_METHOD("status", "(J)[B", native_status),
    CJ_METHOD("join", "(JJ)V", native_join),
    CJ_METHOD("leave", "(J)V", native_leave),
};

bool cj_register_sync(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/NativeSync", list);
    called_perform = cj_method(env, "org/libconsent/SyncCalls", "perform", "(J[[B[BI)V");
    called_token = called_perform ? cj_method(env, "org/libconsent/SyncCalls", "token", "(Z)[[B") : NULL;
    called_progress = called_token ? cj_method(env, "org/libconsent/SyncCalls", "progress", "([J)V") : NULL;
    return called_progress && cj_register(env, &methods);
}
