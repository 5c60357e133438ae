/* The Java binding's C half. It translates and decides nothing: text crosses as UTF-8 in byte[], handles as long, failures
 * as ConsentException. Methods are registered from one table, so the library exports JNI_OnLoad alone. Callbacks run
 * on the calling thread, so no thread is ever attached.
 *
 * A question crosses as byte[][]: scope, purpose, recipient, permission, call site, then the data items; null is none.
 * Java sees to it that a handle is not closed while another thread is inside a call on it (Handle.java). */
#include <consent/consent.h>

#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUERY_SCOPE,
    QUERY_PURPOSE,
    QUERY_RECIPIENT,
    QUERY_PERMISSION,
    QUERY_CALL_SITE,
    QUERY_DATA_STATE,
    QUERY_FUNCTION,
    QUERY_DATA,
    MAX_DATA = 64
};

static jclass exception_class;
static jmethodID exception_init;

/* ---- failures -------------------------------------------------------------------------------------- */

static jbyteArray to_bytes(JNIEnv *env, const char *text, size_t size)
{
    jbyteArray bytes = (*env)->NewByteArray(env, (jsize)size);
    if (bytes)
        (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)size, (const jbyte *)text);
    return bytes;
}

/* After CONSENT_OK nothing happens. Otherwise a ConsentException is pending, or Java's OutOfMemoryError. */
static void throw_unless_ok(JNIEnv *env, consent_status status, const consent_error *err)
{
    if (status == CONSENT_OK)
        return;
    jbyteArray message = to_bytes(env, err->message, strlen(err->message));
    if (!message)
        return;
    jobject exception =
        (*env)->NewObject(env, exception_class, exception_init, (jint)status, (jint)err->os_code, message);
    if (exception)
        (void)(*env)->Throw(env, (jthrowable)exception);
}

static void throw_message(JNIEnv *env, consent_status status, const char *message)
{
    consent_error err = {.status = status};
    (void)snprintf(err.message, sizeof err.message, "%s", message);
    throw_unless_ok(env, status, &err);
}

/* ---- what crosses ------------------------------------------------------------------------------------- */

static void *pointer_of(jlong handle)
{
    return (void *)(intptr_t)handle;
}

static jlong handle_of(const void *pointer)
{
    return (jlong)(intptr_t)pointer;
}

/* A copy to be freed. False: an exception is pending. null gives NULL. */
static bool take_bytes(JNIEnv *env, jbyteArray bytes, char **out, size_t *size)
{
    *out = NULL;
    *size = 0;
    if (!bytes)
        return true;
    jsize length = (*env)->GetArrayLength(env, bytes);
    char *copy = malloc((size_t)length + 1);
    if (!copy) {
        throw_message(env, CONSENT_E_MEMORY, "no memory for an argument");
        return false;
    }
    (*env)->GetByteArrayRegion(env, bytes, 0, length, (jbyte *)copy);
    copy[length] = '\0';
    *out = copy;
    *size = (size_t)length;
    return true;
}

static bool take_text(JNIEnv *env, jbyteArray bytes, char **out)
{
    size_t size;
    if (!take_bytes(env, bytes, out, &size))
        return false;
    if (*out && strlen(*out) != size) {
        free(*out);
        *out = NULL;
        throw_message(env, CONSENT_E_ARGUMENT, "a text held a zero character");
        return false;
    }
    return true;
}

typedef struct texts {
    char **at;
    jsize count;
} texts;

static void free_texts(texts *list)
{
    for (jsize i = 0; i < list->count; i++)
        free(list->at[i]);
    free(list->at);
    *list = (texts){0};
}

/* A byte[][]; false: an exception is pending and nothing is to be freed. null gives none. */
static bool take_texts(JNIEnv *env, jobjectArray array, texts *out)
{
    *out = (texts){0};
    jsize count = array ? (*env)->GetArrayLength(env, array) : 0;
    if (count == 0)
        return true;
    out->at = calloc((size_t)count, sizeof *out->at);
    if (!out->at) {
        throw_message(env, CONSENT_E_MEMORY, "no memory for arguments");
        return false;
    }
    out->count = count;
    for (jsize i = 0; i < count; i++) {
        jbyteArray one = (*env)->GetObjectArrayElement(env, array, i);
        bool ok = take_text(env, one, &out->at[i]);
        (*env)->DeleteLocalRef(env, one);
        if (!ok) {
            free_texts(out);
            return false;
        }
    }
    return true;
}

typedef struct question {
    texts owned;
    consent_query query;
} question;

static bool take_question(JNIEnv *env, jobjectArray names, jboolean user_initiated, question *out)
{
    *out = (question){.query = CONSENT_INIT(consent_query)};
    if (!take_texts(env, names, &out->owned))
        return false;
    if (out->owned.count < QUERY_DATA || out->owned.count > QUERY_DATA + MAX_DATA) {
        free_texts(&out->owned);
        throw_message(env, CONSENT_E_ARGUMENT, "a question names at most 64 data items");
        return false;
    }
    char **at = out->owned.at;
    out->query.scope = at[QUERY_SCOPE];
    out->query.purpose = at[QUERY_PURPOSE];
    out->query.recipient = at[QUERY_RECIPIENT];
    out->query.permission = at[QUERY_PERMISSION];
    out->query.call_site = at[QUERY_CALL_SITE];
    if (at[QUERY_DATA_STATE])
        out->query.data_state =
            strcmp(at[QUERY_DATA_STATE], "anonymised") == 0 ? CONSENT_DATA_ANONYMISED : CONSENT_DATA_DEIDENTIFIED;
    out->query.function = at[QUERY_FUNCTION];
    out->query.data = (const char *const *)(at + QUERY_DATA);
    out->query.data_count = (size_t)(out->owned.count - QUERY_DATA);
    out->query.user_initiated = user_initiated != JNI_FALSE;
    return true;
}

/* Collects what the library writes. */
typedef struct output {
    char *text;
    size_t size;
    size_t capacity;
} output;

static int collect(void *ctx, const char *text, size_t size)
{
    output *out = ctx;
    if (size > out->capacity - out->size) {
        size_t capacity = (out->size + size) * 2;
        char *grown = realloc(out->text, capacity);
        if (!grown || capacity > INT32_MAX) {
            out->text = grown ? grown : out->text;
            return 1;
        }
        out->text = grown;
        out->capacity = capacity;
    }
    memcpy(out->text + out->size, text, size);
    out->size += size;
    return 0;
}

static jbyteArray give_output(JNIEnv *env, output *out, consent_status status, const consent_error *err)
{
    jbyteArray bytes = NULL;
    if (status == CONSENT_OK)
        bytes = to_bytes(env, out->text ? out->text : "", out->size);
    else
        throw_unless_ok(env, status, err);
    free(out->text);
    return bytes;
}

/* decision, reason, ground, version, revision, evidence, ask_after, expires */
static jlongArray give_verdict(JNIEnv *env, const consent_verdict *verdict)
{
    const jlong values[] = {verdict->decision,       verdict->reason,          verdict->ground,
                            verdict->policy_version, verdict->policy_revision, (jlong)verdict->evidence_seq,
                            verdict->ask_after_ms,   verdict->expires_ms};
    const jsize count = (jsize)(sizeof values / sizeof *values);
    jlongArray array = (*env)->NewLongArray(env, count);
    if (array)
        (*env)->SetLongArrayRegion(env, array, 0, count, values);
    return array;
}

/* ---- client ----------------------------------------------------------------------------------------------- */

static jbyteArray native_version(JNIEnv *env, jclass self)
{
    (void)self;
    return to_bytes(env, consent_version(), strlen(consent_version()));
}

static jbyteArray native_status_name(JNIEnv *env, jclass self, jint status)
{
    (void)self;
    const char *name = consent_status_name((consent_status)status);
    return to_bytes(env, name, strlen(name));
}

static jbyteArray native_reason_name(JNIEnv *env, jclass self, jint reason)
{
    (void)self;
    const char *name = consent_reason_name((consent_reason)reason);
    return to_bytes(env, name, strlen(name));
}

static jlong native_open(JNIEnv *env, jclass self, jbyteArray home, jbyteArray root_keys, jbyteArray platform)
{
    (void)self;
    consent_client *client = NULL;
    consent_error err = {0};
    consent_config config = CONSENT_INIT(consent_config);
    char *home_text = NULL;
    char *platform_text = NULL;
    char *roots = NULL;
    size_t roots_size = 0;
    if (take_text(env, home, &home_text) && take_text(env, platform, &platform_text) &&
        take_bytes(env, root_keys, &roots, &roots_size)) {
        config.home = home_text;
        config.platform = platform_text;
        config.root_keys = (const uint8_t *)roots;
        config.root_key_count = roots_size / 65;
        throw_unless_ok(env, consent_open(&config, &client, &err), &err);
    }
    free(home_text);
    free(platform_text);
    free(roots);
    return handle_of(client);
}

static void native_close(JNIEnv *env, jclass self, jlong client)
{
    (void)env;
    (void)self;
    consent_close(pointer_of(client));
}

static void native_install(JNIEnv *env, jclass self, jlong client, jbyteArray bundle)
{
    (void)self;
    consent_error err = {0};
    char *bytes = NULL;
    size_t size = 0;
    if (take_bytes(env, bundle, &bytes, &size))
        throw_unless_ok(env, consent_policy_install(pointer_of(client), bytes, size, &err), &err);
    free(bytes);
}

/* ---- profile ------------------------------------------------------------------------------------------------ */

static jlong native_profile_open(JNIEnv *env, jclass self, jlong client, jbyteArray account, jboolean ephemeral)
{
    (void)self;
    consent_profile *profile = NULL;
    consent_error err = {0};
    consent_profile_config config = CONSENT_INIT(consent_profile_config);
    char *text = NULL;
    if (take_text(env, account, &text)) {
        config.account = text;
        config.ephemeral = ephemeral != JNI_FALSE;
        throw_unless_ok(env, consent_profile_open(pointer_of(client), &config, &profile, &err), &err);
    }
    free(text);
    return handle_of(profile);
}

static void native_profile_close(JNIEnv *env, jclass self, jlong profile)
{
    (void)env;
    (void)self;
    consent_profile_close(pointer_of(profile));
}

static void native_health(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    consent_error err = {0};
    throw_unless_ok(env, consent_profile_health(pointer_of(profile), &err), &err);
}

static jlongArray native_check(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated)
{
    (void)self;
    question asked;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    if (!take_question(env, names, user_initiated, &asked))
        return NULL;
    consent_status status = consent_check(pointer_of(profile), &asked.query, &verdict, &err);
    free_texts(&asked.owned);
    throw_unless_ok(env, status, &err);
    return status == CONSENT_OK ? give_verdict(env, &verdict) : NULL;
}

static void native_withdraw(JNIEnv *env, jclass self, jlong profile, jobjectArray names)
{
    (void)self;
    question item;
    consent_error err = {0};
    if (!take_question(env, names, JNI_TRUE, &item))
        return;
    consent_status status = consent_withdraw(pointer_of(profile), &item.query, &err);
    free_texts(&item.owned);
    throw_unless_ok(env, status, &err);
}

static jbyteArray native_history(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    output out = {0};
    consent_error err = {0};
    consent_status status = consent_history(pointer_of(profile), collect, &out, &err);
    return give_output(env, &out, status, &err);
}

/* ---- prepared question ------------------------------------------------------------------------------------ */

static jlong native_handle_open(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated)
{
    (void)self;
    question asked;
    consent_handle *handle = NULL;
    consent_error err = {0};
    if (!take_question(env, names, user_initiated, &asked))
        return 0;
    consent_status status = consent_handle_open(pointer_of(profile), &asked.query, &handle, &err);
    free_texts(&asked.owned);
    throw_unless_ok(env, status, &err);
    return handle_of(handle);
}

static jint native_handle_check(JNIEnv *env, jclass self, jlong handle)
{
    (void)env;
    (void)self;
    return (jint)consent_handle_check(pointer_of(handle));
}

static void native_handle_close(JNIEnv *env, jclass self, jlong handle)
{
    (void)env;
    (void)self;
    consent_handle_close(pointer_of(handle));
}

/* ---- form ------------------------------------------------------------------------------------------------------ */

static jlong native_form_build(JNIEnv *env, jclass self, jlong profile, jint occasion, jobjectArray names,
                               jbyteArray locale, jboolean user_initiated)
{
    (void)self;
    question about = {0};
    consent_form *form = NULL;
    consent_error err = {0};
    consent_form_request request = CONSENT_INIT(consent_form_request);
    char *locale_text = NULL;
    if (names && !take_question(env, names, user_initiated, &about))
        return 0;
    if (take_text(env, locale, &locale_text)) {
        request.occasion = occasion;
        request.query = names ? &about.query : NULL;
        request.locale = locale_text;
        request.user_initiated = user_initiated != JNI_FALSE;
        throw_unless_ok(env, consent_form_build(pointer_of(profile), &request, &form, &err), &err);
    }
    free(locale_text);
    free_texts(&about.owned);
    return handle_of(form);
}

static jbyteArray native_form_json(JNIEnv *env, jclass self, jlong form)
{
    (void)self;
    output out = {0};
    consent_error err = {0};
    consent_status status = consent_form_json(pointer_of(form), collect, &out, &err);
    return give_output(env, &out, status, &err);
}

static void native_form_shown(JNIEnv *env, jclass self, jlong form)
{
    (void)self;
    consent_error err = {0};
    throw_unless_ok(env, consent_form_shown(pointer_of(form), &err), &err);
}

static consent_status submit(jlong form, const texts *controls, const jboolean *on, consent_submission *submission,
                             consent_error *err)
{
    consent_answer *answers = calloc((size_t)controls->count + 1, sizeof *answers);
    if (!answers) {
        (void)snprintf(err->message, sizeof err->message, "no memory for the answers");
        return CONSENT_E_MEMORY;
    }
    for (jsize i = 0; i < controls->count; i++)
        answers[i] = (consent_answer){.control = controls->at[i], .on = on[i] != JNI_FALSE};
    submission->answers = answers;
    submission->answer_count = (size_t)controls->count;
    consent_status status = consent_form_submit(pointer_of(form), submission, err);
    free(answers);
    return status;
}

/* `on` has an element for each control; Submission.java sees to it. */
static void native_form_submit(JNIEnv *env, jclass self, jlong form, jint action, jobjectArray controls,
                               jbooleanArray on, jboolean reached_end, jboolean emphasis_rendered, jbyteArray surface)
{
    (void)self;
    texts names;
    char *surface_text = NULL;
    consent_error err = {0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    if (!take_texts(env, controls, &names))
        return;
    jboolean *ticked = (*env)->GetBooleanArrayElements(env, on, NULL);
    if (ticked && take_text(env, surface, &surface_text)) {
        submission.action = action;
        submission.reached_end = reached_end != JNI_FALSE;
        submission.emphasis_rendered = emphasis_rendered != JNI_FALSE;
        submission.surface = surface_text;
        consent_status status = submit(form, &names, ticked, &submission, &err);
        throw_unless_ok(env, status, &err);
    }
    if (ticked)
        (*env)->ReleaseBooleanArrayElements(env, on, ticked, JNI_ABORT);
    free(surface_text);
    free_texts(&names);
}

static void native_form_close(JNIEnv *env, jclass self, jlong form)
{
    (void)env;
    (void)self;
    consent_form_close(pointer_of(form));
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

/* ISO C keeps functions and data apart; JNI's table takes both as void *. POSIX allows the conversion. */
#define METHOD(name, signature, function)                                                                              \
    {                                                                                                                  \
        (char *)(uintptr_t)(name), (char *)(uintptr_t)(signature), (void *)(function)                                  \
    }

static const JNINativeMethod methods[] = {
    METHOD("version", "()[B", native_version),
    METHOD("statusName", "(I)[B", native_status_name),
    METHOD("reasonName", "(I)[B", native_reason_name),
    METHOD("open", "([B[B[B)J", native_open),
    METHOD("close", "(J)V", native_close),
    METHOD("install", "(J[B)V", native_install),
    METHOD("profileOpen", "(J[BZ)J", native_profile_open),
    METHOD("profileClose", "(J)V", native_profile_close),
    METHOD("health", "(J)V", native_health),
    METHOD("check", "(J[[BZ)[J", native_check),
    METHOD("withdraw", "(J[[B)V", native_withdraw),
    METHOD("history", "(J)[B", native_history),
    METHOD("handleOpen", "(J[[BZ)J", native_handle_open),
    METHOD("handleCheck", "(J)I", native_handle_check),
    METHOD("handleClose", "(J)V", native_handle_close),
    METHOD("formBuild", "(JI[[B[BZ)J", native_form_build),
    METHOD("formJson", "(J)[B", native_form_json),
    METHOD("formShown", "(J)V", native_form_shown),
    METHOD("formSubmit", "(JI[[B[ZZZ[B)V", native_form_submit),
    METHOD("formClose", "(J)V", native_form_close),
};

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    JNIEnv *env = NULL;
    (void)reserved;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) != JNI_OK)
        return JNI_ERR;
    jclass exception = (*env)->FindClass(env, "org/libconsent/ConsentException");
    jclass natives = exception ? (*env)->FindClass(env, "org/libconsent/Native") : NULL;
    if (!natives)
        return JNI_ERR;
    exception_class = (*env)->NewGlobalRef(env, exception);
    exception_init = (*env)->GetMethodID(env, exception, "<init>", "(II[B)V");
    if (!exception_class || !exception_init)
        return JNI_ERR;
    if ((*env)->RegisterNatives(env, natives, methods, (jint)(sizeof methods / sizeof *methods)) != JNI_OK)
        return JNI_ERR;
    return JNI_VERSION_1_6;
}
