/* What operators do. */
#include "admin.h"

#include "crypto.h"
#include "handlers.h"
#include "log.h"
#include "platform/platform.h"
#include "publish.h"

#include <stdio.h>
#include <string.h>

#define CHORE_PROFILES 200u

/* ---- an act and its line in the audit -------------------------------------------------------------- */

typedef struct act_job {
    cd_request *request;
    const char *name;
    char detail[256];
    cs_event event;
    const consent_request_change *change; /* of a request: the event is made of it */
    const uint8_t *notice;                /* to everybody */
} act_job;

static consent_status audit(cd_store *store, const act_job *job, const uint8_t *profile, consent_error *err)
{
    cd_audit line = {.time_ms = job->request->now_ms,
                     .who = job->request->who.name,
                     .act = job->name,
                     .detail = job->detail,
                     .profile = profile};
    return cd_store_add_audit(store, &line, err);
}

static consent_status write_act(cd_store *store, void *ctx, consent_error *err)
{
    act_job *job = ctx;
    cd_request *request = job->request;
    consent_status status = cd_act(store, request->profile, &job->event, NULL, request->now_ms, err);
    return status == CONSENT_OK ? audit(store, job, request->profile, err) : status;
}

static consent_status run_act(cd_request *request, act_job *job, consent_error *err)
{
    consent_status status = cd_writer_run(request->server->writer, write_act, job, err);
    if (status == CONSENT_OK)
        cd_count(&request->server->metrics, acts, 1);
    return status;
}

/* ---- for the person --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    cd_act_kind kind;
    cs_event_type type;
} act_kinds[] = {{"withdraw", CD_ACT_WITHDRAW, CS_EVENT_WITHDRAWN},
                 {"refuse", CD_ACT_REFUSE, CS_EVENT_DENIED},
                 {"say_given", CD_ACT_SAY_GIVEN, CS_EVENT_GRANTED}};

bool cd_act_kind_of(cs_str name, cd_act_kind *out)
{
    for (size_t i = 0; i < CS_COUNT_OF(act_kinds); i++) {
        if (!cs_str_is(name, act_kinds[i].name))
            continue;
        *out = act_kinds[i].kind;
        return true;
    }
    return false;
}

static consent_status need_case(cs_str reference, consent_error *err)
{
    if (reference.size == 0 || reference.size > 200 || !cs_utf8_is_valid(reference))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "support's acts name the case that they rest on");
    return CONSENT_OK;
}

/* The policy must declare what is spoken of; else a slip of the pen would withdraw nothing, silently. */
static consent_status check_names(const cs_policy *policy, const cd_support_act *act, consent_error *err)
{
    const cs_purpose *purpose = act->purpose.size > 0 ? cs_policy_purpose(policy, act->purpose) : NULL;
    if (act->purpose.size == 0)
        return act->kind == CD_ACT_WITHDRAW && act->recipient.size == 0 && act->data_count == 0
                   ? CONSENT_OK
                   : cs_fail(err, CONSENT_E_REJECTED, 0, "only the acceptance as a whole is named without a purpose");
    if (!purpose)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the policy declares no such purpose");
    if (act->recipient.size > 0 && !cs_purpose_recipient_of(policy, purpose, act->recipient))
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the purpose has no such recipient");
    for (size_t i = 0; i < act->data_count; i++)
        if (cs_purpose_data_index(policy, purpose, act->data[i]) < 0)
            return cs_fail(err, CONSENT_E_REJECTED, 0, "the purpose has no such data item");
    if (act->kind == CD_ACT_SAY_GIVEN && act->data_count == 0 && purpose->data_count > 0)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "what was given is said by its data items");
    return CONSENT_OK;
}

static consent_status open_policy(cd_request *request, cs_str id, cs_policy **policy, consent_error *err)
{
    cd_store *store = cd_reader(request);
    consent_status status = cd_policy_open(store, id.size > 0 ? id : CS_STR("platform"), 0, policy, NULL, err);
    cd_reader_back(request, store);
    return status;
}

static void name_policy(const cs_policy *policy, cs_event *event)
{
    event->policy = (cs_policy_ref){cs_str_of(policy->id), policy->version, policy->revision, policy->hash};
}

consent_status cd_support(cd_request *request, const cd_support_act *act, consent_error *err)
{
    cs_policy *policy = NULL;
    act_job job = {.request = request, .name = act_kinds[act->kind - 1].name};
    consent_status status = need_case(act->reference, err);
    if (status == CONSENT_OK)
        status = open_policy(request, act->policy, &policy, err);
    if (status == CONSENT_OK)
        status = check_names(policy, act, err);
    if (status == CONSENT_OK) {
        cs_event *event = &job.event;
        event->type = (uint32_t)act_kinds[act->kind - 1].type;
        event->actor = CS_ACTOR_SUPPORT;
        event->method = CONSENT_METHOD_SUPPORT;
        event->purpose = act->purpose;
        event->recipient = act->recipient;
        memcpy(event->data, act->data, act->data_count * sizeof event->data[0]);
        event->data_count = act->data_count;
        event->reference = act->reference;
        name_policy(policy, event);
        (void)snprintf(job.detail, sizeof job.detail, "%.*s %.80s case %.*s", CS_STR_ARG(act->purpose), policy->id,
                       (int)(act->reference.size < 60 ? act->reference.size : 60), act->reference.data);
        status = run_act(request, &job, err);
    }
    cs_policy_free(policy);
    return status;
}

consent_status cd_correct_age(cd_request *request, cs_str birth, int64_t at_least, cs_str reference, consent_error *err)
{
    act_job job = {.request = request, .name = "correct_age"};
    consent_status status = need_case(reference, err);
    if (status != CONSENT_OK)
        return status;
    job.event.type = CS_EVENT_AGE_DECLARED;
    job.event.actor = CS_ACTOR_SUPPORT;
    job.event.method = CONSENT_METHOD_SUPPORT;
    job.event.reference = reference;
    bool dated =
        birth.size > 0 && cs_date_parse(birth, &job.event.birth) && cs_age_years(job.event.birth, request->now_ms) >= 0;
    if (birth.size > 0 ? !dated : at_least < 0 || at_least > 120)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "an age is a birth date that is past, or at least 0 to 120 years");
    if (birth.size == 0)
        job.event.age_band = (uint32_t)at_least + 1;
    (void)snprintf(job.detail, sizeof job.detail, "case %.*s", (int)(reference.size < 60 ? reference.size : 60),
                   reference.data);
    return run_act(request, &job, err);
}

/* ---- requests --------------------------------------------------------------------------------------------- */

/* Within the writer: the request's state cannot move between looking and writing. */
static consent_status write_change(cd_store *store, void *ctx, consent_error *err)
{
    act_job *job = ctx;
    cs_requests list;
    cs_buffer detail;
    cs_event event;
    cs_buffer_init(&detail, cs_memory_system(), CS_EVENT_MAX_SIZE);
    consent_status status = cd_requests_read(store, job->request->profile, &list, err);
    const cs_request *found = status == CONSENT_OK ? cs_requests_find(&list, cs_str_of(job->change->id)) : NULL;
    if (status == CONSENT_OK && !found)
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the person has no such request");
    if (status == CONSENT_OK)
        status = cs_request_change_check(found, job->change, err);
    if (status == CONSENT_OK) {
        cs_request_change_event(found, job->change, &detail, &event);
        event.method = CONSENT_METHOD_SUPPORT;
        status = cs_buffer_status(&detail, "the change", err);
    }
    if (status == CONSENT_OK)
        status = cd_act(store, job->request->profile, &event, NULL, job->request->now_ms, err);
    if (status == CONSENT_OK)
        status = audit(store, job, job->request->profile, err);
    cs_buffer_free(&detail);
    cs_requests_free(&list);
    return status;
}

consent_status cd_move_request(cd_request *request, const consent_request_change *change, consent_error *err)
{
    act_job job = {.request = request, .name = "move_request", .change = change};
    const char *state = cs_request_state_name(change->state);
    (void)snprintf(job.detail, sizeof job.detail, "%.40s to %s", change->id, state ? state : "?");
    consent_status status = cd_writer_run(request->server->writer, write_change, &job, err);
    if (status == CONSENT_OK)
        cd_count(&request->server->metrics, acts, 1);
    return status;
}

/* ---- notices -------------------------------------------------------------------------------------------------- */

static void notice_event(const cd_notice_row *notice, const cd_policy_row *policy, cs_event *event)
{
    *event = (cs_event){.type = CS_EVENT_NOTICE_RECEIVED,
                        .actor = CS_ACTOR_SUPPORT,
                        .notice_hash = notice->hash,
                        .reference = cs_str_of(notice->id),
                        .detail = cs_str_of(notice->kind)};
    if (policy->version > 0)
        event->policy = (cs_policy_ref){cs_str_of(policy->id), policy->version, policy->revision, policy->hash};
}

static consent_status find_notice(cd_store *store, const uint8_t *hash, cd_notice_row *notice, cd_policy_row *policy,
                                  consent_error *err)
{
    consent_status status = cd_store_notice(store, hash, notice, NULL, err);
    if (status == CONSENT_OK)
        (void)cd_store_policy(store, cs_str_of(notice->policy), 0, policy, NULL);
    return status;
}

static consent_status write_notice(cd_store *store, void *ctx, consent_error *err)
{
    act_job *job = ctx;
    cd_notice_row notice;
    cd_policy_row policy;
    consent_status status = find_notice(store, job->notice, &notice, &policy, err);
    if (status != CONSENT_OK)
        return status;
    notice_event(&notice, &policy, &job->event);
    (void)snprintf(job->detail, sizeof job->detail, "%s", notice.id);
    status = cd_act(store, job->request->profile, &job->event, NULL, job->request->now_ms, err);
    return status == CONSENT_OK ? audit(store, job, job->request->profile, err) : status;
}

static consent_status write_broadcast(cd_store *store, void *ctx, consent_error *err)
{
    act_job *job = ctx;
    cd_notice_row notice;
    consent_status status = cd_store_notice(store, job->notice, &notice, NULL, err);
    if (status == CONSENT_OK)
        status = cd_store_add_broadcast(store, job->notice, err);
    if (status == CONSENT_OK)
        (void)snprintf(job->detail, sizeof job->detail, "%s", notice.id);
    return status == CONSENT_OK ? audit(store, job, NULL, err) : status;
}

consent_status cd_notify(cd_request *request, const uint8_t *notice, bool everybody, consent_error *err)
{
    act_job job = {.request = request, .name = everybody ? "notify_all" : "notify", .notice = notice};
    consent_status status =
        cd_writer_run(request->server->writer, everybody ? write_broadcast : write_notice, &job, err);
    if (status == CONSENT_OK && everybody)
        cd_writer_kick(request->server->writer);
    else if (status == CONSENT_OK)
        cd_count(&request->server->metrics, notices, 1);
    return status;
}

consent_status cd_admin_chores(cd_store *store, void *ctx, bool *more, consent_error *err)
{
    cd_server *server = ctx;
    cd_broadcast broadcast;
    cd_notice_row notice;
    cd_policy_row policy;
    uint8_t ids[CHORE_PROFILES * CS_PROFILE_ID_SIZE];
    size_t count = 0;
    consent_status status = cd_store_next_broadcast(store, &broadcast, err);
    *more = status == CONSENT_OK;
    if (status != CONSENT_OK)
        return status == CONSENT_E_NOT_FOUND ? CONSENT_OK : status;
    status = find_notice(store, broadcast.notice, &notice, &policy, err);
    if (status == CONSENT_OK)
        status =
            cd_store_profiles_after(store, broadcast.begun ? broadcast.done : NULL, ids, CHORE_PROFILES, &count, err);
    for (size_t i = 0; status == CONSENT_OK && i < count; i++) {
        cs_event event;
        notice_event(&notice, &policy, &event);
        status = cd_act(store, ids + i * CS_PROFILE_ID_SIZE, &event, NULL, cd_now_ms(), err);
    }
    if (count > 0) {
        broadcast.begun = true;
        broadcast.delivered += count;
        memcpy(broadcast.done, ids + (count - 1) * CS_PROFILE_ID_SIZE, sizeof broadcast.done);
    }
    if (status == CONSENT_OK)
        status = cd_store_move_broadcast(store, &broadcast, count < CHORE_PROFILES, err);
    if (status == CONSENT_OK)
        cd_count(&server->metrics, notices, count);
    return status;
}

/* ---- publishing --------------------------------------------------------------------------------------------------- */

typedef struct publishing {
    act_job job;
    const cd_publication *publication;
} publishing;

static consent_status write_publication(cd_store *store, void *ctx, consent_error *err)
{
    publishing *p = ctx;
    consent_status status = cd_publication_store(store, p->publication, err);
    return status == CONSENT_OK ? audit(store, &p->job, NULL, err) : status;
}

static void describe(const cd_publication *publication, act_job *job)
{
    static const char *const names[] = {"", "publish_policy", "publish_head", "publish_keys", "publish_notice"};
    job->name = names[publication->kind];
    if (publication->kind == CD_A_KEY_SET)
        (void)snprintf(job->detail, sizeof job->detail, "version %u", (unsigned)publication->key_set_version);
    else if (publication->kind == CD_A_NOTICE)
        (void)snprintf(job->detail, sizeof job->detail, "%s", publication->notice.id);
    else
        (void)snprintf(job->detail, sizeof job->detail, "%s %u.%u", publication->policy.id,
                       (unsigned)publication->policy.version, (unsigned)publication->policy.revision);
}

consent_status cd_publish(cd_request *request, int kind, cs_span bytes, consent_error *err)
{
    cd_publication publication;
    cd_server *server = request->server;
    uint32_t version;
    publishing p = {.job = {.request = request}, .publication = &publication};
    consent_status status =
        cd_publication_check(server->config, (cd_published)kind, bytes, request->now_ms, &publication, err);
    if (status == CONSENT_OK) {
        describe(&publication, &p.job);
        status = cd_writer_run(server->writer, write_publication, &p, err);
    }
    cs_str line = {(const char *)publication.key_set.data, publication.key_set.size};
    if (status == CONSENT_OK && kind == CD_A_KEY_SET)
        status = cd_keys_use(server->keys, server->config, (cs_str){line.data, line.size - 1}, &version, err);
    cd_publication_free(&publication);
    return status;
}
