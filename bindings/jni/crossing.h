/* What the files of the Java binding share. Text crosses as UTF-8 in byte[], handles as long, failures as ConsentException.
 * Each of the binding's libraries has a copy of its own: nothing here is remembered but classes and the virtual machine. */
#ifndef CONSENT_JNI_CROSSING_H
#define CONSENT_JNI_CROSSING_H

#include <consent/consent.h>

#include <jni.h>

/* ---- loading ----------------------------------------------------------------------------------------- */

/* Finds the classes that every part needs. NULL: an exception is pending, or this Java is too old. */
JNIEnv *cj_load(JavaVM *vm);

typedef struct cj_methods {
    const char *class_name;
    const JNINativeMethod *list;
    size_t count;
} cj_methods;

/* Gives Java its native methods. False: an exception is pending. */
bool cj_register(JNIEnv *env, const cj_methods *methods);

/* ISO C keeps functions and data apart; JNI's table takes both as void *. POSIX allows the conversion. */
#define CJ_METHOD(name, signature, function)                                                                           \
    {                                                                                                                  \
        (char *)(uintptr_t)(name), (char *)(uintptr_t)(signature), (void *)(function)                                  \
    }
#define CJ_METHODS(class_name, list)                                                                                   \
    {                                                                                                                  \
        (class_name), (list), sizeof(list) / sizeof *(list)                                                            \
    }

/* A method of a class that C calls. NULL: an exception is pending. */
jmethodID cj_method(JNIEnv *env, const char *class_name, const char *name, const char *signature);

/* ---- failures ------------------------------------------------------------------------------------------ */

/* After CONSENT_OK nothing happens. Otherwise a ConsentException is pending, or the exception that was pending already. */
void cj_throw_unless_ok(JNIEnv *env, consent_status status, const consent_error *err);
void cj_throw(JNIEnv *env, consent_status status, const char *message);

/* ---- what crosses -------------------------------------------------------------------------------------- */

static inline void *cj_pointer(jlong handle)
{
    return (void *)(intptr_t)handle;
}

static inline jlong cj_handle(const void *pointer)
{
    return (jlong)(intptr_t)pointer;
}

jbyteArray cj_bytes(JNIEnv *env, const void *data, size_t size);
/* NULL gives null. */
jbyteArray cj_text(JNIEnv *env, const char *text);
/* byte[][], with null for NULL; NULL: an exception is pending. */
jobjectArray cj_text_array(JNIEnv *env, const char *const *list, size_t count);

/* A copy to be freed. False: an exception is pending. null gives NULL. */
bool cj_take_bytes(JNIEnv *env, jbyteArray bytes, char **out, size_t *size);
bool cj_take_text(JNIEnv *env, jbyteArray bytes, char **out);

/* Several texts; null ones are NULL. */
typedef struct cj_texts {
    char **at;
    size_t count;
} cj_texts;

void cj_free_texts(cj_texts *list);
/* A byte[][]; false: an exception is pending and nothing is to be freed. null gives none. */
bool cj_take_texts(JNIEnv *env, jobjectArray array, cj_texts *out);
/* The same of a byte[][] with one element for each of `count` members. */
bool cj_take_members(JNIEnv *env, jobjectArray array, size_t count, cj_texts *out);

/* A question crosses as byte[][]: scope, purpose, recipient, permission, call site, data state, function, then the data items. */
typedef struct cj_question {
    cj_texts owned;
    consent_query query;
} cj_question;

/* False: an exception is pending and nothing is to be freed. */
bool cj_take_question(JNIEnv *env, jobjectArray names, jboolean user_initiated, cj_question *out);

/* Collects what the library writes. */
typedef struct cj_output {
    char *text;
    size_t size;
    size_t capacity;
} cj_output;

int cj_collect(void *ctx, const char *text, size_t size);
/* Frees the output. */
jbyteArray cj_give_output(JNIEnv *env, cj_output *out, consent_status status, const consent_error *err);

jlongArray cj_give_verdict(JNIEnv *env, const consent_verdict *verdict);

/* ---- calling back ---------------------------------------------------------------------------------------- */

/* Callbacks come on the thread of the Java call that they are made in: no thread is ever attached. NULL: this thread is none of
 * Java's, or an exception is pending; then nothing can be called, and the call that is under way ends with it. */
JNIEnv *cj_calling(void);
/* What a callback made goes, and what it called must not have thrown; false: it did, and the exception stays pending. Begin with
 * PushLocalFrame. */
bool cj_called(JNIEnv *env);

/* ---- parts of libconsent_jni -------------------------------------------------------------------------------- */

bool cj_register_client(JNIEnv *env);
bool cj_register_profile(JNIEnv *env);
bool cj_register_forms(JNIEnv *env);
bool cj_register_rights(JNIEnv *env);
bool cj_register_callbacks(JNIEnv *env);
/* Of libconsent_sync_jni, or of libconsent_jni where that holds everything. */
bool cj_register_sync(JNIEnv *env);

#endif
