/* What consent_poll calls: watchers, switches of third parties, purging. Each is an object of Callbacks.java, which catches what the app's
 * code throws, so that one that fails keeps none of the others from being told. */
#include "crossing.h"

#include <consent/rights.h>

/* Switch.java */
enum {
    FACT_DECLARED = 1,
    FACT_SHOWN = 2,
    FACT_AGREED = 4,
    FACT_REPLAYED = 8
};

static jmethodID called_changed;
static jmethodID called_throw;
static jmethodID called_purge;

/* ---- calling ------------------------------------------------------------------------------------------------ */

static JNIEnv *begin(void)
{
    JNIEnv *env = cj_calling();
    return env && (*env)->PushLocalFrame(env, 16) == 0 ? env : NULL;
}

static void tell_changed(void *ctx, consent_handle *handle, const consent_verdict *before, const consent_verdict *after)
{
    (void)handle; /* Java's own object knows it, also when it was closed meanwhile */
    JNIEnv *env = begin();
    if (!env)
        return;
    jlongArray was = cj_give_verdict(env, before);
    jlongArray is = was ? cj_give_verdict(env, after) : NULL;
    if (is)
        (*env)->CallVoidMethod(env, (jobject)ctx, called_changed, was, is);
    (void)cj_called(env);
}

static int throw_switch(void *ctx, const char *id, const consent_switch_facts *facts)
{
    jint said = (facts->declared ? FACT_DECLARED : 0) | (facts->shown ? FACT_SHOWN : 0) |
                (facts->agreed ? FACT_AGREED : 0) | (facts->replayed ? FACT_REPLAYED : 0);
    (void)id;
    JNIEnv *env = begin();
    if (!env)
        return 1;
    jboolean worked = (*env)->CallBooleanMethod(env, (jobject)ctx, called_throw, said);
    return cj_called(env) && worked ? 0 : 1;
}

static int purge(void *ctx, const consent_purge *what)
{
    jboolean done = JNI_FALSE;
    JNIEnv *env = begin();
    if (!env)
        return 1;
    jobjectArray data = cj_text_array(env, what->data, what->data_count);
    const char *const names[] = {what->scope, what->purpose, what->recipient};
    jobjectArray texts = data ? cj_text_array(env, names, sizeof names / sizeof *names) : NULL;
    if (texts)
        done = (*env)->CallBooleanMethod(env, (jobject)ctx, called_purge, (jint)what->reason,
                                         what->anonymise ? JNI_TRUE : JNI_FALSE, texts, data);
    return cj_called(env) && done ? 0 : 1;
}

/* ---- binding ------------------------------------------------------------------------------------------------- */

static void native_watch(JNIEnv *env, jclass self, jlong handle, jlong called, jboolean on)
{
    (void)self;
    consent_error err = {0};
    consent_status status =
        consent_watch(cj_pointer(handle), on != JNI_FALSE ? tell_changed : NULL, cj_pointer(called), &err);
    cj_throw_unless_ok(env, status, &err);
}

static void native_switch_bind(JNIEnv *env, jclass self, jlong profile, jlong called, jobjectArray members,
                               jobjectArray after, jboolean untouched, jboolean on)
{
    enum {
        ID,
        SCOPE,
        PURPOSE,
        RECIPIENT,
        FUNCTION,
        MEMBERS
    };
    (void)self;
    cj_texts texts, before;
    consent_error err = {0};
    consent_switch bound = CONSENT_INIT(consent_switch);
    if (!cj_take_members(env, members, MEMBERS, &texts))
        return;
    if (cj_take_texts(env, after, &before)) {
        bound.id = texts.at[ID];
        bound.scope = texts.at[SCOPE];
        bound.purpose = texts.at[PURPOSE];
        bound.recipient = texts.at[RECIPIENT];
        bound.function = texts.at[FUNCTION];
        bound.after = (const char *const *)before.at;
        bound.after_count = before.count;
        bound.untouched_until_on = untouched != JNI_FALSE;
        bound.apply = on != JNI_FALSE ? throw_switch : NULL;
        bound.ctx = cj_pointer(called);
        consent_status status = consent_switch_bind(cj_pointer(profile), &bound, &err);
        cj_free_texts(&before);
        cj_throw_unless_ok(env, status, &err);
    }
    cj_free_texts(&texts);
}

static void native_purge_bind(JNIEnv *env, jclass self, jlong profile, jlong called, jboolean on)
{
    (void)self;
    consent_error err = {0};
    consent_status status =
        consent_purge_bind(cj_pointer(profile), on != JNI_FALSE ? purge : NULL, cj_pointer(called), &err);
    cj_throw_unless_ok(env, status, &err);
}

static jint native_poll(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    size_t count = 0;
    consent_error err = {0};
    consent_status status = consent_poll(cj_pointer(profile), &count, &err);
    cj_throw_unless_ok(env, status, &err);
    return count < INT32_MAX ? (jint)count : INT32_MAX;
}

static const JNINativeMethod list[] = {
    CJ_METHOD("watch", "(JJZ)V", native_watch),
    CJ_METHOD("switchBind", "(JJ[[B[[BZZ)V", native_switch_bind),
    CJ_METHOD("purgeBind", "(JJZ)V", native_purge_bind),
    CJ_METHOD("poll", "(J)I", native_poll),
};

bool cj_register_callbacks(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/Native", list);
    called_changed = cj_method(env, "org/libconsent/Callbacks$Watched", "changed", "([J[J)V");
    called_throw = called_changed ? cj_method(env, "org/libconsent/Callbacks$Thrown", "apply", "(I)Z") : NULL;
    called_purge = called_throw ? cj_method(env, "org/libconsent/Callbacks$Purged", "purge", "(IZ[[B[[B)Z") : NULL;
    return called_purge && cj_register(env, &methods);
}
