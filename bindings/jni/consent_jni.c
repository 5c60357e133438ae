/* The Java binding's C half. It translates and decides nothing: text crosses as UTF-8 in byte[], handles as long, failures
 * as ConsentException. Methods are registered from tables, so the library exports JNI_OnLoad alone. Callbacks run
 * on the calling thread, so no thread is ever attached. Here: a home, its key store, its policies.
 *
 * Java sees to it that a handle is not closed while another thread is inside a call on it (Handle.java), and that what is called
 * back lives until then (hold, drop). */
#include "crossing.h"

#include <consent/platform.h>

#include <stdlib.h>
#include <string.h>

/* Host.java */
enum {
    HOST_SECRETS = 1,
    HOST_COUNTERS = 2,
    HOST_SIGNS = 4,
    HOST_LOG = 8,
    SECRET_GET = 0,
    SECRET_PUT,
    SECRET_REMOVE,
    SECRET_PROTECTION,
    SECRET_COUNTER_GET,
    SECRET_COUNTER_SET,
    SECRET_PUBLIC_KEY,
    SECRET_SIGN,
    SECRET_MAX_BYTES = 4096
};

static jmethodID host_secret;
static jmethodID host_log;

/* ---- the host's key store ------------------------------------------------------------------------------- */

typedef struct answer {
    uint8_t *at;
    size_t size; /* in: room */
} answer;

static void clear(JNIEnv *env, jbyteArray bytes, jsize size)
{
    static const jbyte zeros[64] = {0};
    for (jsize at = 0; bytes && at < size; at += (jsize)sizeof zeros)
        (*env)->SetByteArrayRegion(env, bytes, at, size - at < (jsize)sizeof zeros ? size - at : (jsize)sizeof zeros,
                                   zeros);
}

/* The status, then what was asked for. */
static consent_status read_answer(JNIEnv *env, jbyteArray given, answer *out)
{
    jbyte status = CONSENT_E_KEY_UNAVAILABLE;
    jsize size = given ? (*env)->GetArrayLength(env, given) : 0;
    if (size == 0 || size > SECRET_MAX_BYTES)
        return CONSENT_E_KEY_UNAVAILABLE;
    (*env)->GetByteArrayRegion(env, given, 0, 1, &status);
    if (status == CONSENT_OK && out && (size_t)size - 1 > out->size)
        return CONSENT_E_KEY_UNAVAILABLE;
    if (status == CONSENT_OK && out) {
        out->size = (size_t)size - 1;
        (*env)->GetByteArrayRegion(env, given, 1, size - 1, (jbyte *)out->at);
    }
    clear(env, given, size);
    return (consent_status)status;
}

static consent_status ask_store(void *ctx, int what, const char *name, const void *data, size_t data_size, answer *out)
{
    consent_status status = CONSENT_E_KEY_UNAVAILABLE;
    JNIEnv *env = cj_calling();
    if (!env || (*env)->PushLocalFrame(env, 8) != 0)
        return status;
    jbyteArray java_name = cj_text(env, name);
    jbyteArray java_data = java_name && data ? cj_bytes(env, data, data_size) : NULL;
    if (java_name && (java_data || !data)) {
        jbyteArray given = (*env)->CallObjectMethod(env, (jobject)ctx, host_secret, (jint)what, java_name, java_data);
        if (!(*env)->ExceptionCheck(env)) {
            status = read_answer(env, given, out);
            clear(env, java_data, (jsize)data_size);
        }
    }
    return cj_called(env) ? status : CONSENT_E_KEY_UNAVAILABLE;
}

static consent_status secret_get(void *ctx, const char *name, uint8_t *out, size_t *size)
{
    answer found = {out, *size};
    consent_status status = ask_store(ctx, SECRET_GET, name, NULL, 0, &found);
    *size = status == CONSENT_OK ? found.size : *size;
    return status;
}

static consent_status secret_put(void *ctx, const char *name, const uint8_t *data, size_t size)
{
    return ask_store(ctx, SECRET_PUT, name, data, size, NULL);
}

static consent_status secret_remove(void *ctx, const char *name)
{
    return ask_store(ctx, SECRET_REMOVE, name, NULL, 0, NULL);
}

static consent_protection secret_protection(void *ctx)
{
    uint8_t kind = CONSENT_PROTECTION_FILE;
    answer found = {&kind, 1};
    return ask_store(ctx, SECRET_PROTECTION, "", NULL, 0, &found) == CONSENT_OK ? (consent_protection)kind
                                                                                : CONSENT_PROTECTION_FILE;
}

static consent_status counter_get(void *ctx, const char *name, uint64_t *value)
{
    uint8_t bytes[8];
    answer found = {bytes, sizeof bytes};
    consent_status status = ask_store(ctx, SECRET_COUNTER_GET, name, NULL, 0, &found);
    if (status == CONSENT_OK && found.size != sizeof bytes)
        return CONSENT_E_KEY_UNAVAILABLE;
    *value = 0;
    for (size_t i = 0; status == CONSENT_OK && i < sizeof bytes; i++)
        *value = *value << 8 | bytes[i];
    return status;
}

static consent_status counter_set(void *ctx, const char *name, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * (sizeof bytes - 1 - i)));
    return ask_store(ctx, SECRET_COUNTER_SET, name, bytes, sizeof bytes, NULL);
}

static consent_status key_answer(consent_status status, const answer *found, size_t size)
{
    return status == CONSENT_OK && found->size != size ? CONSENT_E_KEY_UNAVAILABLE : status;
}

static consent_status public_key(void *ctx, const char *name, uint8_t out[65])
{
    answer found = {out, 65};
    return key_answer(ask_store(ctx, SECRET_PUBLIC_KEY, name, NULL, 0, &found), &found, 65);
}

static consent_status sign_es256(void *ctx, const char *name, const uint8_t *message, size_t size, uint8_t out[64])
{
    answer found = {out, 64};
    return key_answer(ask_store(ctx, SECRET_SIGN, name, message, size, &found), &found, 64);
}

static void log_line(void *ctx, int level, const char *message)
{
    JNIEnv *env = cj_calling();
    if (!env || (*env)->PushLocalFrame(env, 4) != 0)
        return;
    jbyteArray text = cj_text(env, message);
    if (text)
        (*env)->CallVoidMethod(env, (jobject)ctx, host_log, (jint)level, text);
    (void)cj_called(env);
}

/* ---- what is called back ---------------------------------------------------------------------------------- */

static jlong native_hold(JNIEnv *env, jclass self, jobject called)
{
    (void)self;
    return cj_handle((*env)->NewGlobalRef(env, called));
}

static void native_drop(JNIEnv *env, jclass self, jlong held)
{
    (void)self;
    (*env)->DeleteGlobalRef(env, (jobject)cj_pointer(held));
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static jbyteArray native_version(JNIEnv *env, jclass self)
{
    (void)self;
    return cj_text(env, consent_version());
}

static jbyteArray native_status_name(JNIEnv *env, jclass self, jint status)
{
    (void)self;
    return cj_text(env, consent_status_name((consent_status)status));
}

static jbyteArray native_reason_name(JNIEnv *env, jclass self, jint reason)
{
    (void)self;
    return cj_text(env, consent_reason_name((consent_reason)reason));
}

static jbyteArray native_ground_name(JNIEnv *env, jclass self, jint ground)
{
    (void)self;
    return cj_text(env, consent_ground_name((consent_ground)ground));
}

/* ---- client ----------------------------------------------------------------------------------------------- */

static void take_host(jlong host, jint kinds, consent_config *config, consent_keystore *store)
{
    void *ctx = cj_pointer(host);
    *store = (consent_keystore){sizeof *store,     ctx,  secret_get, secret_put, secret_remove,
                                secret_protection, NULL, NULL,       NULL,       NULL};
    if (kinds & HOST_COUNTERS) {
        store->counter_get = counter_get;
        store->counter_set = counter_set;
    }
    if (kinds & HOST_SIGNS) {
        store->public_key = public_key;
        store->sign_es256 = sign_es256;
    }
    config->keystore = kinds & HOST_SECRETS ? store : NULL; /* the library copies the struct, and keeps ctx */
    config->log = kinds & HOST_LOG ? log_line : NULL;
    config->log_ctx = ctx;
}

static jlong native_open(JNIEnv *env, jclass self, jobjectArray names, jbyteArray root_keys, jlong host, jint kinds)
{
    enum {
        HOME,
        PLATFORM,
        MEMBERS
    };
    (void)self;
    consent_client *client = NULL;
    consent_error err = {0};
    consent_config config = CONSENT_INIT(consent_config);
    consent_keystore store;
    cj_texts texts;
    char *roots = NULL;
    size_t roots_size = 0;
    if (!cj_take_members(env, names, MEMBERS, &texts))
        return 0;
    if (cj_take_bytes(env, root_keys, &roots, &roots_size)) {
        take_host(host, kinds, &config, &store);
        config.home = texts.at[HOME];
        config.platform = texts.at[PLATFORM];
        config.root_keys = (const uint8_t *)roots;
        config.root_key_count = roots_size / 65;
        consent_status status = consent_open(&config, &client, &err);
        cj_throw_unless_ok(env, status, &err);
    }
    cj_free_texts(&texts);
    free(roots);
    return cj_handle(client);
}

static void native_close(JNIEnv *env, jclass self, jlong client)
{
    (void)env;
    (void)self;
    consent_close(cj_pointer(client));
}

static void native_install(JNIEnv *env, jclass self, jlong client, jbyteArray bundle)
{
    (void)self;
    consent_error err = {0};
    char *bytes = NULL;
    size_t size = 0;
    if (cj_take_bytes(env, bundle, &bytes, &size)) {
        consent_status status = consent_policy_install(cj_pointer(client), bytes, size, &err);
        cj_throw_unless_ok(env, status, &err);
    }
    free(bytes);
}

static jbyteArray native_policies(JNIEnv *env, jclass self, jlong client)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_policy_list(cj_pointer(client), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

static jbyteArray native_policy_text(JNIEnv *env, jclass self, jlong client, jbyteArray policy, jint version,
                                     jbyteArray locale)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = CONSENT_E_ARGUMENT;
    char *policy_id = NULL;
    char *locale_text = NULL;
    if (cj_take_text(env, policy, &policy_id) && cj_take_text(env, locale, &locale_text))
        status =
            consent_policy_text(cj_pointer(client), policy_id, (uint32_t)version, locale_text, cj_collect, &out, &err);
    free(policy_id);
    free(locale_text);
    return cj_give_output(env, &out, status, &err);
}

/* ---- sync, where no second library has it -------------------------------------------------------------------- */

/* Where libconsent is one library, or part of this one, a second copy of it would be a second engine in the process, with other keys
 * in hand: then this library holds sync's methods too, and gives them to Java when they are first needed. */
static jboolean native_holds_sync(JNIEnv *env, jclass self)
{
    (void)self;
#ifdef CONSENT_JNI_HOLDS_SYNC
    return cj_register_sync(env) ? JNI_TRUE : JNI_FALSE;
#else
    (void)env;
    return JNI_FALSE;
#endif
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

static const JNINativeMethod list[] = {
    CJ_METHOD("hold", "(Ljava/lang/Object;)J", native_hold),
    CJ_METHOD("drop", "(J)V", native_drop),
    CJ_METHOD("version", "()[B", native_version),
    CJ_METHOD("statusName", "(I)[B", native_status_name),
    CJ_METHOD("reasonName", "(I)[B", native_reason_name),
    CJ_METHOD("groundName", "(I)[B", native_ground_name),
    CJ_METHOD("open", "([[B[BJI)J", native_open),
    CJ_METHOD("close", "(J)V", native_close),
    CJ_METHOD("install", "(J[B)V", native_install),
    CJ_METHOD("policies", "(J)[B", native_policies),
    CJ_METHOD("policyText", "(J[BI[B)[B", native_policy_text),
    CJ_METHOD("holdsSync", "()Z", native_holds_sync),
};

bool cj_register_client(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/Native", list);
    host_secret = cj_method(env, "org/libconsent/Host", "secret", "(I[B[B)[B");
    host_log = host_secret ? cj_method(env, "org/libconsent/Host", "log", "(I[B)V") : NULL;
    return host_log && cj_register(env, &methods);
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    JNIEnv *env = cj_load(vm);
    bool ready = env && cj_register_client(env) && cj_register_profile(env) && cj_register_forms(env) &&
                 cj_register_rights(env) && cj_register_callbacks(env);
    return ready ? JNI_VERSION_1_6 : JNI_ERR;
}
