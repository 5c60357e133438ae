#include "crossing.h"

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

static JavaVM *machine;
static jclass exception_class;
static jmethodID exception_init;
static jclass bytes_class;

/* ---- loading ----------------------------------------------------------------------------------------- */

static jclass keep_class(JNIEnv *env, const char *name)
{
    jclass found = (*env)->FindClass(env, name);
    return found ? (*env)->NewGlobalRef(env, found) : NULL;
}

JNIEnv *cj_load(JavaVM *vm)
{
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) != JNI_OK)
        return NULL;
    machine = vm;
    exception_class = keep_class(env, "org/libconsent/ConsentException");
    bytes_class = exception_class ? keep_class(env, "[B") : NULL;
    exception_init = bytes_class ? (*env)->GetMethodID(env, exception_class, "<init>", "(II[B)V") : NULL;
    return exception_init ? env : NULL;
}

bool cj_register(JNIEnv *env, const cj_methods *methods)
{
    jclass natives = (*env)->FindClass(env, methods->class_name);
    return natives && (*env)->RegisterNatives(env, natives, methods->list, (jint)methods->count) == JNI_OK;
}

jmethodID cj_method(JNIEnv *env, const char *class_name, const char *name, const char *signature)
{
    jclass owner = (*env)->FindClass(env, class_name);
    return owner ? (*env)->GetMethodID(env, owner, name, signature) : NULL;
}

/* ---- failures ------------------------------------------------------------------------------------------ */

void cj_throw_unless_ok(JNIEnv *env, consent_status status, const consent_error *err)
{
    if (status == CONSENT_OK || (*env)->ExceptionCheck(env))
        return;
    jbyteArray message = cj_text(env, err->message);
    if (!message)
        return;
    jobject exception =
        (*env)->NewObject(env, exception_class, exception_init, (jint)status, (jint)err->os_code, message);
    if (exception)
        (void)(*env)->Throw(env, (jthrowable)exception);
}

void cj_throw(JNIEnv *env, consent_status status, const char *message)
{
    consent_error err = {.status = status};
    (void)snprintf(err.message, sizeof err.message, "%s", message);
    cj_throw_unless_ok(env, status, &err);
}

/* ---- what crosses -------------------------------------------------------------------------------------- */

jbyteArray cj_bytes(JNIEnv *env, const void *data, size_t size)
{
    jbyteArray bytes = size <= INT32_MAX ? (*env)->NewByteArray(env, (jsize)size) : NULL;
    if (bytes)
        (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)size, data);
    else if (size > INT32_MAX)
        cj_throw(env, CONSENT_E_MEMORY, "more than Java can hold");
    return bytes;
}

jbyteArray cj_text(JNIEnv *env, const char *text)
{
    return text ? cj_bytes(env, text, strlen(text)) : NULL;
}

jobjectArray cj_text_array(JNIEnv *env, const char *const *list, size_t count)
{
    jobjectArray array = (*env)->NewObjectArray(env, (jsize)count, bytes_class, NULL);
    for (size_t i = 0; array && i < count; i++) {
        jbyteArray one = cj_text(env, list[i]);
        if (!one && list[i])
            return NULL;
        (*env)->SetObjectArrayElement(env, array, (jsize)i, one);
        (*env)->DeleteLocalRef(env, one);
    }
    return array;
}

bool cj_take_bytes(JNIEnv *env, jbyteArray bytes, char **out, size_t *size)
{
    *out = NULL;
    *size = 0;
    if (!bytes)
        return true;
    jsize length = (*env)->GetArrayLength(env, bytes);
    char *copy = malloc((size_t)length + 1);
    if (!copy) {
        cj_throw(env, CONSENT_E_MEMORY, "no memory for an argument");
        return false;
    }
    (*env)->GetByteArrayRegion(env, bytes, 0, length, (jbyte *)copy);
    copy[length] = '\0';
    *out = copy;
    *size = (size_t)length;
    return true;
}

bool cj_take_text(JNIEnv *env, jbyteArray bytes, char **out)
{
    size_t size;
    if (!cj_take_bytes(env, bytes, out, &size))
        return false;
    if (*out && strlen(*out) != size) {
        free(*out);
        *out = NULL;
        cj_throw(env, CONSENT_E_ARGUMENT, "a text held a zero character");
        return false;
    }
    return true;
}

void cj_free_texts(cj_texts *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->at[i]);
    free(list->at);
    *list = (cj_texts){0};
}

bool cj_take_texts(JNIEnv *env, jobjectArray array, cj_texts *out)
{
    *out = (cj_texts){0};
    jsize count = array ? (*env)->GetArrayLength(env, array) : 0;
    if (count == 0)
        return true;
    out->at = calloc((size_t)count, sizeof *out->at);
    if (!out->at) {
        cj_throw(env, CONSENT_E_MEMORY, "no memory for arguments");
        return false;
    }
    out->count = (size_t)count;
    for (jsize i = 0; i < count; i++) {
        jbyteArray one = (*env)->GetObjectArrayElement(env, array, i);
        bool ok = cj_take_text(env, one, &out->at[i]);
        (*env)->DeleteLocalRef(env, one);
        if (!ok) {
            cj_free_texts(out);
            return false;
        }
    }
    return true;
}

bool cj_take_members(JNIEnv *env, jobjectArray array, size_t count, cj_texts *out)
{
    if (!cj_take_texts(env, array, out))
        return false;
    if (out->count == count)
        return true;
    cj_free_texts(out);
    cj_throw(env, CONSENT_E_ARGUMENT, "the classes of org.libconsent and this library are of different releases");
    return false;
}

bool cj_take_question(JNIEnv *env, jobjectArray names, jboolean user_initiated, cj_question *out)
{
    *out = (cj_question){.query = CONSENT_INIT(consent_query)};
    if (!cj_take_texts(env, names, &out->owned))
        return false;
    if (out->owned.count < QUERY_DATA || out->owned.count > QUERY_DATA + MAX_DATA) {
        cj_free_texts(&out->owned);
        cj_throw(env, CONSENT_E_ARGUMENT, "a question names at most 64 data items");
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
    out->query.data_count = out->owned.count - QUERY_DATA;
    out->query.user_initiated = user_initiated != JNI_FALSE;
    return true;
}

int cj_collect(void *ctx, const char *text, size_t size)
{
    cj_output *out = ctx;
    if (size > out->capacity - out->size) {
        size_t capacity = (out->size + size) * 2;
        char *grown = capacity <= INT32_MAX ? realloc(out->text, capacity) : NULL;
        if (!grown)
            return 1;
        out->text = grown;
        out->capacity = capacity;
    }
    memcpy(out->text + out->size, text, size);
    out->size += size;
    return 0;
}

jbyteArray cj_give_output(JNIEnv *env, cj_output *out, consent_status status, const consent_error *err)
{
    jbyteArray bytes = NULL;
    if (status == CONSENT_OK)
        bytes = cj_bytes(env, out->text ? out->text : "", out->size);
    else
        cj_throw_unless_ok(env, status, err);
    free(out->text);
    return bytes;
}

/* decision, reason, ground, version, revision, evidence, ask_after, expires */
jlongArray cj_give_verdict(JNIEnv *env, const consent_verdict *verdict)
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

/* ---- calling back ---------------------------------------------------------------------------------------- */

JNIEnv *cj_calling(void)
{
    JNIEnv *env = NULL;
    if ((*machine)->GetEnv(machine, (void **)&env, JNI_VERSION_1_6) != JNI_OK || (*env)->ExceptionCheck(env))
        return NULL;
    return env;
}

bool cj_called(JNIEnv *env)
{
    bool well = !(*env)->ExceptionCheck(env);
    (void)(*env)->PopLocalFrame(env, NULL);
    return well;
}
