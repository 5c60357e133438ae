/* Several devices of one person, the network between, and what the operator's support does at the other end. */
#include "consentctl/play_internal.h"

#include "rights/rights.h"

#include <string.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

static consent_status unknown(const char *member, const char *word, consent_error *err)
{
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was \"%s\", which docs/scenarios.md does not list", member, word);
}

/* ---- devices -------------------------------------------------------------------------------------------- */

cs_played_device *cs_play_device_in_use(cs_player *player)
{
    return &player->devices[player->device];
}

static consent_status add_device(cs_player *player, const char *name, consent_error *err)
{
    char folder[64];
    if (player->device_count == CS_PLAY_MAX_DEVICES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario has at most %u devices", CS_PLAY_MAX_DEVICES);
    cs_played_device *device = &player->devices[player->device_count];
    *device = (cs_played_device){.name = name};
    snprintf(folder, sizeof(folder), "%u-%u", player->result->scenario_count, (unsigned)player->device_count + 1);
    consent_status status = cs_play_make_folder(player, folder, device->home, err);
    player->device_count += status == CONSENT_OK;
    return status;
}

/* The scenario's first device is there without being named. */
void cs_play_begin_devices(cs_player *player)
{
    player->device = 0;
    player->device_count = 1;
    player->devices[0] = (cs_played_device){.name = "phone"};
    memcpy(player->devices[0].home, player->home, sizeof(player->home));
    cs_play_backend_clear(&player->backend);
}

consent_status cs_play_device(cs_player *player, consent_error *err)
{
    cs_str name = cs_json_str(player->step->arg);
    size_t to = 0;
    while (to < player->device_count && !cs_str_is(name, player->devices[to].name))
        to++;
    consent_status status = to == player->device_count ? add_device(player, name.data, err) : CONSENT_OK;
    if (status != CONSENT_OK)
        return status;
    cs_played_device *from = cs_play_device_in_use(player);
    from->account = player->account;
    from->ephemeral = player->ephemeral;
    player->wall_ms += player->devices[to].ahead_ms - from->ahead_ms;
    player->device = to;
    player->account = player->devices[to].account;
    player->ephemeral = player->devices[to].ephemeral;
    memcpy(player->home, player->devices[to].home, sizeof(player->home));
    return CONSENT_OK;
}

consent_status cs_play_join(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_profile *account = NULL;
    consent_profile_config person = CONSENT_INIT(consent_profile_config);
    consent_error why = {0, 0, ""};
    if (player->account != NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an account is logged in already; log out with {\"profile\": null}");
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    person.account = cs_json_str(player->step->arg).data;
    status = consent_profile_open(process->client, &person, &account, &why);
    if (status == CONSENT_OK)
        status = consent_profile_join(account, process->profile, &why);
    consent_profile_close(account);
    cs_play_expect_status(player, status, &why);
    cs_play_close_all(player);
    player->account = person.account;
    return CONSENT_OK;
}

/* ---- the network ------------------------------------------------------------------------------------------ */

consent_status cs_play_network_is(cs_player *player, consent_error *err)
{
    static const char *const words[] = {"on", "off", "answer_lost"};
    for (size_t i = 0; i < CS_COUNT_OF(words); i++)
        if (cs_str_is(cs_json_str(player->step->arg), words[i])) {
            player->backend.network = (cs_play_network)i;
            return CONSENT_OK;
        }
    return unknown("network", cs_json_str(player->step->arg).data, err);
}

static consent_status give_token(void *ctx, bool renew, char *out, size_t size)
{
    (void)ctx, (void)renew;
    return (size_t)snprintf(out, size, "scenario") < size ? CONSENT_OK : CONSENT_E_REJECTED;
}

/* The backend's clock is right, whatever somebody did to the device's. */
static void set_backend_clock(cs_player *player)
{
    player->backend.now_ms = player->wall_ms - cs_play_device_in_use(player)->ahead_ms;
}

consent_status cs_play_sync(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_sync_config config = CONSENT_INIT(consent_sync_config);
    consent_sync_report report = CONSENT_INIT(consent_sync_report);
    consent_error why = {0, 0, ""};
    const char *region = cs_play_text(player, "region");
    consent_status status = cs_play_process(player, &process, err);
    config.endpoint = CS_PLAY_BACKEND_URL;
    config.region = region != NULL ? region : "CN";
    config.transport = &player->transport;
    config.token = give_token;
    if (status == CONSENT_OK)
        status = consent_sync_configure(process->client, &config, err);
    if (status != CONSENT_OK)
        return status;
    set_backend_clock(player);
    status = consent_sync(process->profile, 0, &report, &why);
    cs_narrate_sync(player, &report);
    cs_play_expect_status(player, status, &why);
    cs_play_expect_number(player, "sent", report.sent, "events sent");
    cs_play_expect_number(player, "received", report.received, "events received");
    cs_play_expect_number(player, "waiting", report.waiting, "events waiting");
    cs_play_expect_number(player, "parked", report.parked, "events parked");
    cs_play_expect_number(player, "ignored", report.ignored, "acts ignored");
    cs_play_expect_number(player, "policies", report.policies, "policies fetched");
    cs_play_expect_number(player, "requests", report.requests, "requests made");
    return CONSENT_OK;
}

/* ---- how it stands -------------------------------------------------------------------------------------------- */

static consent_status profile_id(const cs_player *player, uint8_t out[CS_PROFILE_ID_SIZE], consent_error *err)
{
    if (player->account == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "the backend is asked about accounts alone; open one with {\"profile\": \"…\"}");
    return cs_wire_account_id(cs_str_of(player->account), out, err);
}

consent_status cs_play_sync_status(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    cs_json_doc doc = {NULL, NULL};
    uint8_t id[CS_PROFILE_ID_SIZE];
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_sync_status(process->profile, cs_write_to_buffer, &text, err);
    const cs_str json = {(const char *)text.data, text.size};
    if (status == CONSENT_OK)
        status = cs_json_parse(&doc, json, OUTPUT_MAX_BYTES, "the status", err);
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "sync_status", json);
        cs_play_expect_lacks(player, json);
        cs_play_expect_number(player, "waiting", (uint64_t)cs_json_int(cs_json_get(doc.root, "waiting")),
                              "events waiting");
        cs_play_expect_number(player, "parked", (uint64_t)cs_json_int(cs_json_get(doc.root, "parked")),
                              "events parked");
    }
    if (status == CONSENT_OK && cs_step_get(player->step, "stored") != NULL)
        status = profile_id(player, id, err);
    if (status == CONSENT_OK && cs_step_get(player->step, "stored") != NULL)
        cs_play_expect_number(player, "stored", cs_play_backend_count(&player->backend, id), "events at the backend");
    cs_json_free(&doc);
    cs_buffer_free(&text);
    return status;
}

/* ---- support ---------------------------------------------------------------------------------------------------- */

typedef struct support_word {
    const char *word;
    uint32_t type, actor;
    uint32_t method;
} support_word;

static const support_word support_words[] = {
    {"withdraws", CS_EVENT_WITHDRAWN, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"refuses", CS_EVENT_DENIED, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"says_granted", CS_EVENT_GRANTED, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"corrects_age", CS_EVENT_AGE_DECLARED, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"answers", CS_EVENT_REQUEST_UPDATED, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"tells", CS_EVENT_NOTICE_RECEIVED, CS_ACTOR_SUPPORT, CONSENT_METHOD_SUPPORT},
    {"guardian_link", CS_EVENT_GUARDIAN_VERIFIED, CS_ACTOR_GUARDIAN, CONSENT_METHOD_GUARDIAN_LINK},
    {"forges_grant", CS_EVENT_GRANTED, CS_ACTOR_SELF, CONSENT_METHOD_CHECKBOX},
};

/* What an act views until it is stored. */
typedef struct support_act {
    cs_event event;
    cs_buffer detail, notice, signed_notice;
    uint8_t hash[CS_HASH_SIZE];
} support_act;

static consent_status name_item(cs_player *player, cs_event *event, consent_error *err)
{
    const cs_json *about = cs_step_get(player->step, "for");
    cs_query_args query;
    if (about == NULL)
        return CONSENT_OK;
    consent_status status = cs_play_query(player, about, &query, err);
    if (status != CONSENT_OK)
        return status;
    event->purpose = cs_str_of(query.query.purpose);
    event->recipient = cs_str_of(query.query.recipient);
    for (size_t i = 0; i < query.query.data_count && i < CS_EVENT_MAX_DATA; i++)
        event->data[event->data_count++] = cs_str_of(query.query.data[i]);
    return CONSENT_OK;
}

static consent_status answer_request(cs_player *player, support_act *act, consent_error *err)
{
    cs_request request = {.id = {NULL, 0}};
    consent_request_change change = {.struct_size = sizeof(change)};
    const char *name = cs_play_text(player, "request");
    const char *to = cs_play_text(player, "to");
    const char *refusal = cs_play_text(player, "refusal");
    cs_event built;
    for (size_t i = 0; i < player->request_count && name != NULL; i++)
        if (strcmp(player->requests[i].name, name) == 0)
            request.id = cs_str_of(player->requests[i].id);
    if (request.id.size == 0)
        return unknown("request", name != NULL ? name : "", err);
    if (to == NULL || !cs_request_state_find(cs_str_of(to), &change.state))
        return unknown("to", to != NULL ? to : "", err);
    if (refusal != NULL && !cs_refusal_find(cs_str_of(refusal), &change.refusal))
        return unknown("refusal", refusal, err);
    change.text = cs_play_text(player, "text");
    cs_request_change_event(&request, &change, &act->detail, &built);
    act->event.reference = built.reference;
    act->event.detail = built.detail;
    return cs_buffer_status(&act->detail, "the answer", err);
}

static consent_status send_notice(cs_player *player, support_act *act, consent_error *err)
{
    char path[96], hex[2 * CS_HASH_SIZE + 1];
    const cs_json *notice = cs_step_get(player->step, "notice");
    if (notice == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "support tells a `notice`; say which");
    consent_status status =
        cs_play_sign_notice(player, notice, &player->publisher, &act->notice, &act->signed_notice, err);
    const cs_span payload = cs_buffer_span(&act->notice);
    if (status == CONSENT_OK)
        status = cs_sha256(&payload, 1, act->hash, err);
    act->event.reference = cs_json_str(cs_json_get(notice, "id"));
    act->event.detail = cs_json_str(cs_json_get(notice, "kind"));
    act->event.notice_hash = act->hash;
    cs_hex_encode(act->hash, sizeof(act->hash), hex);
    snprintf(path, sizeof(path), "/v1/notices/%s", hex);
    return status == CONSENT_OK
               ? cs_play_backend_publish(&player->backend, path, cs_buffer_span(&act->signed_notice), err)
               : status;
}

/* The parts that only one kind of act has. */
static consent_status fill_act(cs_player *player, support_act *act, consent_error *err)
{
    const cs_policy *policy = player->bundle.policy;
    const char *birth = cs_play_text(player, "birth");
    switch (act->event.type) {
    case CS_EVENT_AGE_DECLARED:
        return birth != NULL && cs_date_parse(cs_str_of(birth), &act->event.birth)
                   ? CONSENT_OK
                   : cs_fail(err, CONSENT_E_ARGUMENT, 0, "support corrects the age to a `birth` such as 2009-06-01");
    case CS_EVENT_REQUEST_UPDATED:
        return answer_request(player, act, err);
    case CS_EVENT_NOTICE_RECEIVED:
        return send_notice(player, act, err);
    case CS_EVENT_GUARDIAN_VERIFIED:
        act->event.rules_id = cs_str_of(policy->minors.rules_id);
        act->event.rules_version = policy->minors.rules_version;
        return CONSENT_OK;
    default:
        return name_item(player, &act->event, err);
    }
}

consent_status cs_play_support(cs_player *player, consent_error *err)
{
    const cs_policy *policy = player->bundle.policy;
    const support_word *word = NULL;
    const cs_memory *memory = &player->tool->env.memory;
    uint8_t id[CS_PROFILE_ID_SIZE];
    support_act act = {.event = {0}};
    for (size_t i = 0; i < CS_COUNT_OF(support_words); i++)
        if (cs_str_is(cs_json_str(player->step->arg), support_words[i].word))
            word = &support_words[i];
    if (word == NULL)
        return unknown("support", cs_json_str(player->step->arg).data, err);
    if (policy == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "support acts under a policy; install one first");
    consent_status status = profile_id(player, id, err);
    if (status != CONSENT_OK)
        return status;
    act.event = (cs_event){.type = word->type,
                           .actor = word->actor,
                           .method = word->method,
                           .policy = {cs_str_of(policy->id), policy->version, policy->revision, policy->hash}};
    cs_buffer_init(&act.detail, memory, CS_EVENT_MAX_SIZE);
    cs_buffer_init(&act.notice, memory, OUTPUT_MAX_BYTES);
    cs_buffer_init(&act.signed_notice, memory, OUTPUT_MAX_BYTES);
    set_backend_clock(player);
    status = fill_act(player, &act, err);
    if (status == CONSENT_OK)
        status = cs_play_backend_act(&player->backend, id, &act.event, err);
    cs_buffer_free(&act.detail);
    cs_buffer_free(&act.notice);
    cs_buffer_free(&act.signed_notice);
    return status;
}
