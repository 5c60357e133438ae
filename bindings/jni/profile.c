/* Profiles, prepared questions, and the record. */
#include "crossing.h"

#include <stdlib.h>

/* ---- life ------------------------------------------------------------------------------------------------ */

static jlong native_profile_open(JNIEnv *env, jclass self, jlong client, jbyteArray account, jboolean ephemeral)
{
    (void)self;
    consent_profile *profile = NULL;
    consent_error err = {0};
    consent_profile_config config = CONSENT_INIT(consent_profile_config);
    char *text = NULL;
    if (cj_take_text(env, account, &text)) {
        config.account = text;
        config.ephemeral = ephemeral != JNI_FALSE;
        consent_status status = consent_profile_open(cj_pointer(client), &config, &profile, &err);
        cj_throw_unless_ok(env, status, &err);
    }
    free(text);
    return cj_handle(profile);
}

static void native_profile_close(JNIEnv *env, jclass self, jlong profile)
{
    (void)env;
    (void)self;
    consent_profile_close(cj_pointer(profile));
}

/* Calls that take a profile and give nothing but a status. */
typedef consent_status (*plain_call)(consent_profile *profile, consent_error *err);

static void call_plain(JNIEnv *env, jlong profile, plain_call call)
{
    consent_error err = {0};
    consent_status status = call(cj_pointer(profile), &err);
    cj_throw_unless_ok(env, status, &err);
}

static void native_health(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    call_plain(env, profile, consent_profile_health);
}

static void native_flush(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    call_plain(env, profile, consent_flush);
}

static void native_repair(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    call_plain(env, profile, consent_repair);
}

static void native_erase(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    call_plain(env, profile, consent_erase);
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

static jlongArray give_answer(JNIEnv *env, const consent_verdict *verdict, consent_status status,
                              const consent_error *err)
{
    cj_throw_unless_ok(env, status, err);
    return status == CONSENT_OK ? cj_give_verdict(env, verdict) : NULL;
}

static jlongArray native_check(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated)
{
    (void)self;
    cj_question asked;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    if (!cj_take_question(env, names, user_initiated, &asked))
        return NULL;
    consent_status status = consent_check(cj_pointer(profile), &asked.query, &verdict, &err);
    cj_free_texts(&asked.owned);
    return give_answer(env, &verdict, status, &err);
}

static jlongArray native_check_at(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated,
                                  jlong at_ms, jboolean hindsight)
{
    (void)self;
    cj_question asked;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    if (!cj_take_question(env, names, user_initiated, &asked))
        return NULL;
    consent_status status =
        consent_check_at(cj_pointer(profile), &asked.query, at_ms, hindsight != JNI_FALSE, &verdict, &err);
    cj_free_texts(&asked.owned);
    return give_answer(env, &verdict, status, &err);
}

static jbyteArray native_explain(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated,
                                 jbyteArray locale)
{
    (void)self;
    cj_question asked;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = CONSENT_E_ARGUMENT;
    char *locale_text = NULL;
    if (!cj_take_question(env, names, user_initiated, &asked))
        return NULL;
    if (cj_take_text(env, locale, &locale_text))
        status = consent_explain(cj_pointer(profile), &asked.query, locale_text, cj_collect, &out, &err);
    free(locale_text);
    cj_free_texts(&asked.owned);
    return cj_give_output(env, &out, status, &err);
}

static jlong native_handle_open(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated)
{
    (void)self;
    cj_question asked;
    consent_handle *handle = NULL;
    consent_error err = {0};
    if (!cj_take_question(env, names, user_initiated, &asked))
        return 0;
    consent_status status = consent_handle_open(cj_pointer(profile), &asked.query, &handle, &err);
    cj_free_texts(&asked.owned);
    cj_throw_unless_ok(env, status, &err);
    return cj_handle(handle);
}

static jint native_handle_check(JNIEnv *env, jclass self, jlong handle)
{
    (void)env;
    (void)self;
    return (jint)consent_handle_check(cj_pointer(handle));
}

static void native_handle_close(JNIEnv *env, jclass self, jlong handle)
{
    (void)env;
    (void)self;
    consent_handle_close(cj_pointer(handle));
}

static jlongArray native_use(JNIEnv *env, jclass self, jlong handle)
{
    (void)self;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    consent_status status = consent_use(cj_pointer(handle), &verdict, &err);
    return give_answer(env, &verdict, status, &err);
}

/* ---- acts without a form ------------------------------------------------------------------------------------- */

static void native_withdraw(JNIEnv *env, jclass self, jlong profile, jobjectArray names)
{
    (void)self;
    cj_question item;
    consent_error err = {0};
    if (!cj_take_question(env, names, JNI_TRUE, &item))
        return;
    consent_status status = consent_withdraw(cj_pointer(profile), &item.query, &err);
    cj_free_texts(&item.owned);
    cj_throw_unless_ok(env, status, &err);
}

static void native_take_over(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jlong given_ms, jint version)
{
    enum {
        REFERENCE,
        SCOPE,
        PURPOSE,
        MEMBERS
    };
    (void)self;
    cj_texts texts;
    consent_error err = {0};
    consent_imported given = CONSENT_INIT(consent_imported);
    if (!cj_take_members(env, names, MEMBERS, &texts))
        return;
    given.reference = texts.at[REFERENCE];
    given.scope = texts.at[SCOPE];
    given.purpose = texts.at[PURPOSE];
    given.given_ms = given_ms;
    given.policy_version = (uint32_t)version;
    consent_status status = consent_import(cj_pointer(profile), &given, &err);
    cj_free_texts(&texts);
    cj_throw_unless_ok(env, status, &err);
}

static void native_permission_observe(JNIEnv *env, jclass self, jlong profile, jbyteArray permission, jint state)
{
    (void)self;
    char *name = NULL;
    consent_error err = {0};
    if (cj_take_text(env, permission, &name)) {
        consent_status status = consent_permission_observe(cj_pointer(profile), name, (consent_os_state)state, &err);
        cj_throw_unless_ok(env, status, &err);
    }
    free(name);
}

/* ---- the record ------------------------------------------------------------------------------------------------ */

static jbyteArray native_history(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_history(cj_pointer(profile), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

static jbyteArray native_export(JNIEnv *env, jclass self, jlong profile)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_export(cj_pointer(profile), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

static jbyteArray native_changes(JNIEnv *env, jclass self, jlong profile, jlong after)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_changes(cj_pointer(profile), (uint64_t)after, cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

/* frames, events, where damage begins; filled as far as it came also when it throws */
static void native_verify(JNIEnv *env, jclass self, jlong profile, jlongArray counts, jbyteArray head)
{
    (void)self;
    consent_error err = {0};
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_status status = consent_verify(cj_pointer(profile), &report, &err);
    const jlong values[] = {(jlong)report.frame_count, (jlong)report.event_count, (jlong)report.bad_offset};
    (*env)->SetLongArrayRegion(env, counts, 0, (jsize)(sizeof values / sizeof *values), values);
    (*env)->SetByteArrayRegion(env, head, 0, (jsize)sizeof report.event_head, (const jbyte *)report.event_head);
    cj_throw_unless_ok(env, status, &err);
}

static const JNINativeMethod list[] = {
    CJ_METHOD("profileOpen", "(J[BZ)J", native_profile_open),
    CJ_METHOD("profileClose", "(J)V", native_profile_close),
    CJ_METHOD("health", "(J)V", native_health),
    CJ_METHOD("flush", "(J)V", native_flush),
    CJ_METHOD("repair", "(J)V", native_repair),
    CJ_METHOD("erase", "(J)V", native_erase),
    CJ_METHOD("check", "(J[[BZ)[J", native_check),
    CJ_METHOD("checkAt", "(J[[BZJZ)[J", native_check_at),
    CJ_METHOD("explain", "(J[[BZ[B)[B", native_explain),
    CJ_METHOD("handleOpen", "(J[[BZ)J", native_handle_open),
    CJ_METHOD("handleCheck", "(J)I", native_handle_check),
    CJ_METHOD("handleClose", "(J)V", native_handle_close),
    CJ_METHOD("use", "(J)[J", native_use),
    CJ_METHOD("withdraw", "(J[[B)V", native_withdraw),
    CJ_METHOD("takeOver", "(J[[BJI)V", native_take_over),
    CJ_METHOD("permissionObserve", "(J[BI)V", native_permission_observe),
    CJ_METHOD("history", "(J)[B", native_history),
    CJ_METHOD("export", "(J)[B", native_export),
    CJ_METHOD("changes", "(JJ)[B", native_changes),
    CJ_METHOD("verify", "(J[J[B)V", native_verify),
};

bool cj_register_profile(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/Native", list);
    return cj_register(env, &methods);
}
