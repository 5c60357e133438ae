/* consent_form: building, rendering, submitting; the permission gate. */
#include "api/api.h"

#include <string.h>

static consent_status wrap(cs_profile *profile, cs_form *inner, consent_form **out, consent_error *err)
{
    const cs_home *home = cs_profile_home(profile);
    consent_form *form = cs_alloc(&home->env.memory, sizeof *form);
    if (!form) {
        cs_form_free(inner);
        return cs_no_memory(err, "the form");
    }
    form->profile = profile;
    form->form = inner;
    form->policies_epoch = home->policies_epoch;
    *out = form;
    return CONSENT_OK;
}

consent_status consent_form_build(consent_profile *profile, const consent_form_request *request, consent_form **out,
                                  consent_error *err)
{
    consent_form_request mine;
    cs_form_request inner = {0};
    cs_str list[CS_PURPOSE_MAX_DATA];
    cs_form *form = NULL;
    consent_status status = cs_need_argument(out, "out", err);
    if (status != CONSENT_OK)
        return status;
    *out = NULL;
    status = cs_need_argument(profile, "profile", err);
    if (status == CONSENT_OK)
        status = cs_take_struct(request, &mine, sizeof mine, offsetof(consent_form_request, query),
                                "consent_form_request", err);
    if (status == CONSENT_OK && mine.query)
        status = cs_take_query(mine.query, false, list, &inner.query, err);
    if (status == CONSENT_OK && !mine.query && mine.scope) {
        inner.query.scope = cs_str_of(mine.scope);
        if (!cs_id_is_valid(inner.query.scope))
            status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.scope is not an identifier");
    }
    if (status == CONSENT_OK && (mine.actor < CONSENT_ACTOR_SELF || mine.actor > CONSENT_ACTOR_GUARDIAN))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "request.actor is not a consent_actor");
    if (status == CONSENT_OK && mine.notice_size)
        status = cs_need_argument(mine.notice, "request.notice", err);
    if (status != CONSENT_OK)
        return status;
    inner.guardian = mine.actor == CONSENT_ACTOR_GUARDIAN;
    inner.notice = (cs_str){mine.notice, mine.notice_size};
    inner.occasion = mine.occasion;
    inner.locale = mine.locale;
    inner.user_initiated = mine.user_initiated || inner.query.user_initiated;
    inner.query.user_initiated = inner.user_initiated;
    inner.query.data_state = CS_STATE_AS_DECLARED;
    status = cs_profile_form(profile->profile, &inner, &form, err);
    return status == CONSENT_OK ? wrap(profile->profile, form, out, err) : status;
}

void consent_form_close(consent_form *form)
{
    if (!form)
        return;
    cs_memory memory = cs_profile_home(form->profile)->env.memory;
    cs_form_free(form->form);
    cs_free(&memory, form, sizeof *form);
}

consent_status consent_form_json(consent_form *form, consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer buffer;
    cs_json_out json;
    consent_status status = cs_need_argument(form, "form", err);
    if (status == CONSENT_OK && !write)
        status = cs_need_argument(NULL, "write", err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&buffer, &cs_profile_home(form->profile)->env.memory, CS_OUTPUT_MAX_BYTES);
    cs_json_out_init(&json, &buffer);
    cs_form_json(form->form, &json);
    return cs_write_out(&buffer, CONSENT_OK, write, ctx, err);
}

bool consent_form_next(consent_form *form, consent_form_part *part)
{
    size_t count;
    if (!form || !part)
        return false;
    const consent_form_part *parts = cs_form_parts(form->form, &count);
    if (form->next_part >= count) {
        form->next_part = 0;
        return false;
    }
    return cs_give_struct(&parts[form->next_part++], sizeof *parts, part, offsetof(consent_form_part, text),
                          "consent_form_part", NULL) == CONSENT_OK;
}

consent_status consent_form_shown(consent_form *form, consent_error *err)
{
    consent_status status = cs_need_argument(form, "form", err);
    if (status == CONSENT_OK && form->shown_ms == 0)
        form->shown_ms = cs_profile_now_ms(form->profile);
    return status;
}

static consent_status refuse_used(consent_error *err)
{
    return cs_fail(err, CONSENT_E_USED, 0, "this form was submitted already; build a new one");
}

/* What the form's own life forbids, before its rules are asked. */
static consent_status may_submit(const consent_form *form, consent_error *err)
{
    consent_status status = cs_need_argument(form, "form", err);
    if (status != CONSENT_OK)
        return status;
    if (atomic_load(&form->used))
        return refuse_used(err);
    if (form->policies_epoch != cs_profile_home(form->profile)->policies_epoch)
        return cs_fail(err, CONSENT_E_EXPIRED, 0, "a policy was installed after this form was built; build a new one");
    return CONSENT_OK;
}

/* Of several threads that submit one form, one does. A submission that failed leaves the form to be submitted again. */
static consent_status claim(consent_form *form, consent_error *err)
{
    return atomic_exchange(&form->used, true) ? refuse_used(err) : CONSENT_OK;
}

static consent_status done(consent_form *form, consent_status status)
{
    if (status != CONSENT_OK)
        atomic_store(&form->used, false);
    return status;
}

consent_status consent_form_submit(consent_form *form, const consent_submission *submission, consent_error *err)
{
    consent_submission mine;
    consent_status status = may_submit(form, err);
    if (status == CONSENT_OK)
        status = cs_take_struct(submission, &mine, sizeof mine, offsetof(consent_submission, answers),
                                "consent_submission", err);
    if (status == CONSENT_OK && mine.answer_count != 0)
        status = cs_need_argument(mine.answers, "submission.answers", err);
    if (status == CONSENT_OK)
        status = claim(form, err);
    if (status != CONSENT_OK)
        return status;
    return done(form, cs_profile_submit(form->profile, form->form, &mine, form->shown_ms, err));
}

/* ---- the permission gate ---------------------------------------------------------------------------------- */

/* What a permission form may settle by itself: asking for the permission, or for a consent of the light form. */
static bool may_prompt(int32_t reason)
{
    return reason == CONSENT_REASON_PERMISSION_NEEDED || reason == CONSENT_REASON_NOT_ASKED ||
           reason == CONSENT_REASON_REFUSED_BEFORE || reason == CONSENT_REASON_EXPIRED;
}

consent_status consent_permission_begin(consent_profile *profile, const consent_query *query, const char *locale,
                                        consent_form **form, consent_verdict *verdict, consent_error *err)
{
    consent_verdict mine = CONSENT_INIT(consent_verdict);
    consent_status status = cs_need_argument(form, "form", err);
    if (status != CONSENT_OK)
        return status;
    *form = NULL;
    status = consent_check(profile, query, &mine, err);
    if (status == CONSENT_OK && (!query->permission || !query->call_site))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "query.permission and query.call_site are missing");
    if (status == CONSENT_OK && mine.decision == CONSENT_ASK && may_prompt(mine.reason)) {
        consent_form_request request = CONSENT_INIT(consent_form_request);
        request.occasion = CONSENT_OCCASION_PERMISSION;
        request.query = query;
        request.locale = locale;
        status = consent_form_build(profile, &request, form, err);
        /* The purpose may need a separate form first: that is no failure, the verdict says so. */
        if (status == CONSENT_E_REJECTED && mine.reason != CONSENT_REASON_PERMISSION_NEEDED)
            status = CONSENT_OK;
    }
    return cs_give_verdict(&mine, verdict, status, err);
}

consent_status consent_permission_finish(consent_form *form, consent_os_state result, consent_verdict *verdict,
                                         consent_error *err)
{
    consent_verdict mine = CONSENT_INIT(consent_verdict);
    consent_status status = may_submit(form, err);
    if (status == CONSENT_OK && (result < CONSENT_OS_GRANTED || result > CONSENT_OS_BLOCKED))
        status = cs_fail(err, CONSENT_E_ARGUMENT, 0, "result is not granted, denied or blocked");
    if (status == CONSENT_OK)
        status = claim(form, err);
    if (status == CONSENT_OK)
        status = done(form, cs_profile_permission_result(form->profile, form->form, result, form->shown_ms, err));
    if (status == CONSENT_OK)
        status = cs_profile_check(form->profile, cs_form_query(form->form), &mine, err);
    return cs_give_answer(&mine, verdict, status, err);
}
