/* Forms, and the gate around a system permission. */
#include "crossing.h"

#include <stdlib.h>
#include <string.h>

static jlong native_form_build(JNIEnv *env, jclass self, jlong profile, jobjectArray names, jboolean user_initiated,
                               jobjectArray members, jint occasion, jint actor)
{
    enum {
        SCOPE,
        LOCALE,
        NOTICE,
        MEMBERS
    };
    (void)self;
    cj_question about = {0};
    cj_texts texts;
    consent_form *form = NULL;
    consent_error err = {0};
    consent_form_request request = CONSENT_INIT(consent_form_request);
    if (names && !cj_take_question(env, names, user_initiated, &about))
        return 0;
    if (cj_take_members(env, members, MEMBERS, &texts)) {
        request.occasion = occasion;
        request.query = names ? &about.query : NULL;
        request.scope = texts.at[SCOPE];
        request.locale = texts.at[LOCALE];
        request.user_initiated = user_initiated != JNI_FALSE;
        request.actor = actor;
        request.notice = texts.at[NOTICE];
        request.notice_size = texts.at[NOTICE] ? strlen(texts.at[NOTICE]) : 0;
        consent_status status = consent_form_build(cj_pointer(profile), &request, &form, &err);
        cj_free_texts(&texts);
        cj_throw_unless_ok(env, status, &err);
    }
    cj_free_texts(&about.owned);
    return cj_handle(form);
}

static jbyteArray native_form_json(JNIEnv *env, jclass self, jlong form)
{
    (void)self;
    cj_output out = {0};
    consent_error err = {0};
    consent_status status = consent_form_json(cj_pointer(form), cj_collect, &out, &err);
    return cj_give_output(env, &out, status, &err);
}

static void native_form_shown(JNIEnv *env, jclass self, jlong form)
{
    (void)self;
    consent_error err = {0};
    consent_status status = consent_form_shown(cj_pointer(form), &err);
    cj_throw_unless_ok(env, status, &err);
}

/* What Submission.java puts into flags. */
enum {
    ANSWER_ON = 1,
    ANSWER_INITIALLY_ON = 2,
    FORM_REACHED_END = 1,
    FORM_EMPHASIS_RENDERED = 2
};

/* Flags and moments have an element for each control; Submission.java sees to it. */
static consent_answer *take_answers(JNIEnv *env, const cj_texts *controls, jbyteArray flags, jlongArray at_ms)
{
    consent_answer *answers = calloc(controls->count + 1, sizeof *answers);
    if (!answers)
        cj_throw(env, CONSENT_E_MEMORY, "no memory for the answers");
    for (size_t i = 0; answers && i < controls->count; i++) {
        jbyte flag = 0;
        jlong at = 0;
        (*env)->GetByteArrayRegion(env, flags, (jsize)i, 1, &flag);
        (*env)->GetLongArrayRegion(env, at_ms, (jsize)i, 1, &at);
        answers[i] = (consent_answer){controls->at[i], (flag & ANSWER_ON) != 0, (flag & ANSWER_INITIALLY_ON) != 0, at};
    }
    return answers;
}

static void submit(JNIEnv *env, jlong form, consent_submission *submission, const cj_texts *controls, jbyteArray flags,
                   jlongArray at_ms)
{
    consent_error err = {0};
    consent_answer *answers = take_answers(env, controls, flags, at_ms);
    if (!answers)
        return;
    submission->answers = answers;
    submission->answer_count = controls->count;
    consent_status status = consent_form_submit(cj_pointer(form), submission, &err);
    free(answers);
    cj_throw_unless_ok(env, status, &err);
}

static void native_form_submit(JNIEnv *env, jclass self, jlong form, jintArray kinds, jobjectArray members,
                               jobjectArray controls, jbyteArray flags, jlongArray at_ms)
{
    enum {
        ACTION,
        METHOD,
        RENDERED,
        KINDS
    };
    enum {
        SURFACE,
        BIRTH,
        REFERENCE,
        MEMBERS
    };
    (void)self;
    cj_texts texts, names;
    jint kind[KINDS] = {0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    if (!cj_take_members(env, members, MEMBERS, &texts))
        return;
    if (cj_take_texts(env, controls, &names)) {
        (*env)->GetIntArrayRegion(env, kinds, 0, KINDS, kind);
        submission.action = kind[ACTION];
        submission.method = kind[METHOD];
        submission.reached_end = (kind[RENDERED] & FORM_REACHED_END) != 0;
        submission.emphasis_rendered = (kind[RENDERED] & FORM_EMPHASIS_RENDERED) != 0;
        submission.surface = texts.at[SURFACE];
        submission.birth = texts.at[BIRTH];
        submission.reference = texts.at[REFERENCE];
        submit(env, form, &submission, &names, flags, at_ms);
        cj_free_texts(&names);
    }
    cj_free_texts(&texts);
}

static void native_form_close(JNIEnv *env, jclass self, jlong form)
{
    (void)env;
    (void)self;
    consent_form_close(cj_pointer(form));
}

/* ---- the gate around a system permission ---------------------------------------------------------------------- */

/* Gives the form, or 0; the verdict goes into verdict[0]. */
static jlong native_permission_begin(JNIEnv *env, jclass self, jlong profile, jobjectArray names,
                                     jboolean user_initiated, jbyteArray locale, jobjectArray verdict)
{
    (void)self;
    cj_question asked;
    consent_form *form = NULL;
    consent_verdict found = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    char *locale_text = NULL;
    if (!cj_take_question(env, names, user_initiated, &asked))
        return 0;
    if (cj_take_text(env, locale, &locale_text)) {
        consent_status status =
            consent_permission_begin(cj_pointer(profile), &asked.query, locale_text, &form, &found, &err);
        cj_throw_unless_ok(env, status, &err);
        jlongArray values = status == CONSENT_OK ? cj_give_verdict(env, &found) : NULL;
        if (values)
            (*env)->SetObjectArrayElement(env, verdict, 0, values);
        if (!values) {
            consent_form_close(form);
            form = NULL;
        }
    }
    free(locale_text);
    cj_free_texts(&asked.owned);
    return cj_handle(form);
}

static jlongArray native_permission_finish(JNIEnv *env, jclass self, jlong form, jint result)
{
    (void)self;
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    consent_status status = consent_permission_finish(cj_pointer(form), (consent_os_state)result, &verdict, &err);
    cj_throw_unless_ok(env, status, &err);
    return status == CONSENT_OK ? cj_give_verdict(env, &verdict) : NULL;
}

static const JNINativeMethod list[] = {
    CJ_METHOD("formBuild", "(J[[BZ[[BII)J", native_form_build),
    CJ_METHOD("formJson", "(J)[B", native_form_json),
    CJ_METHOD("formShown", "(J)V", native_form_shown),
    CJ_METHOD("formSubmit", "(J[I[[B[[B[B[J)V", native_form_submit),
    CJ_METHOD("formClose", "(J)V", native_form_close),
    CJ_METHOD("permissionBegin", "(J[[BZ[B[[J)J", native_permission_begin),
    CJ_METHOD("permissionFinish", "(JI)[J", native_permission_finish),
};

bool cj_register_forms(JNIEnv *env)
{
    static const cj_methods methods = CJ_METHODS("org/libconsent/Native", list);
    return cj_register(env, &methods);
}
