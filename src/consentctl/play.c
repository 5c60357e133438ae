#include "consentctl/play_internal.h"

#include "consentctl/scenario_schema.h"

#include "consentctl/files.h"

#include <stdio.h>
#include <string.h>

/* A scenario that sets no time begins here: a Monday morning in Beijing. */
#define DEFAULT_START_TEXT "2026-03-02T09:00:00+08:00"

static void read_clock(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms)
{
    const cs_player *player = ctx;
    *wall_ms = player->wall_ms;
    *elapsed_ms = player->elapsed_ms;
}

/* ---- what a step names ---------------------------------------------------------------------- */

bool cs_play_flag(const cs_player *player, const char *name)
{
    return cs_json_bool(cs_step_get(player->step, name));
}

const char *cs_play_text(const cs_player *player, const char *name)
{
    const cs_json *value = cs_step_get(player->step, name);
    return cs_json_type_of(value) == CS_JSON_STRING ? cs_json_str(value).data : NULL;
}

static const cs_named *find_name(const cs_player *player, cs_str name)
{
    for (size_t i = player->name_count; i > 0; i--) {
        if (cs_str_is(name, player->names[i - 1].name))
            return &player->names[i - 1];
    }
    return NULL;
}

consent_status cs_play_moment(cs_player *player, cs_str text, int64_t *out_ms, consent_error *err)
{
    cs_str base;
    int64_t offset_ms = 0;
    const cs_named *named;
    if (!cs_moment_split(text, &base, &offset_ms))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "\"%.*s\" is no moment", CS_STR_ARG(text));
    if (cs_time_parse(base, out_ms))
        return CONSENT_OK;
    if (base.size == 0 || cs_str_is(base, "now")) {
        *out_ms = player->wall_ms + offset_ms;
        return CONSENT_OK;
    }
    named = find_name(player, base);
    if (named == NULL || named->object != NULL)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                       "no moment \"%.*s\" was named before; name it with {\"let\": {\"%.*s\": \"now\"}}",
                       CS_STR_ARG(base), CS_STR_ARG(base));
    *out_ms = named->moment_ms + offset_ms;
    return CONSENT_OK;
}

static const char *member_text(const cs_json *object, const char *name)
{
    const cs_json *value = cs_json_get(object, name);
    return cs_json_type_of(value) == CS_JSON_STRING ? cs_json_str(value).data : NULL;
}

consent_status cs_play_query(cs_player *player, const cs_json *value, cs_query_args *out, consent_error *err)
{
    memset(out, 0, sizeof(*out));
    out->query.struct_size = sizeof(out->query);
    if (cs_json_type_of(value) == CS_JSON_STRING) {
        const cs_named *named = find_name(player, cs_json_str(value));
        if (named == NULL || named->object == NULL)
            return cs_fail(
                err, CONSENT_E_NOT_FOUND, 0,
                "no question \"%.*s\" was named before; name it with {\"let\": {\"%.*s\": {\"purpose\": …}}}",
                CS_STR_ARG(cs_json_str(value)), CS_STR_ARG(cs_json_str(value)));
        value = named->object;
    }
    out->query.scope = member_text(value, "scope");
    out->query.purpose = member_text(value, "purpose");
    out->query.recipient = member_text(value, "recipient");
    out->query.permission = member_text(value, "permission");
    out->query.call_site = member_text(value, "call_site");
    out->query.data_state = cs_data_state_of(cs_json_str(cs_json_get(value, "data_state")));
    out->query.function = member_text(value, "function");
    out->query.user_initiated =
        cs_json_bool(cs_json_get(value, "user_initiated")) || cs_play_flag(player, "user_initiated");
    out->query.data = out->data;
    for (const cs_json *each = cs_json_first(cs_json_get(value, "data")); each != NULL; each = cs_json_next(each)) {
        if (out->query.data_count == CS_COUNT_OF(out->data))
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a question names more than %zu data items",
                           CS_COUNT_OF(out->data));
        out->data[out->query.data_count++] = cs_json_str(each).data;
    }
    return CONSENT_OK;
}

/* ---- processes ------------------------------------------------------------------------------- */

static void close_process(cs_process *process)
{
    for (size_t i = 0; i < process->handle_count; i++) {
        consent_handle_close(process->handles[i].handle);
        cs_buffer_free(&process->handles[i].query);
    }
    cs_buffer_free(&process->told);
    consent_profile_close(process->profile);
    consent_close(process->client);
    process->handle_count = 0;
    process->profile = NULL;
    process->client = NULL;
}

void cs_play_close_all(cs_player *player)
{
    for (size_t i = 0; i < player->kept_count; i++)
        consent_form_close(player->kept[i].form);
    player->kept_count = 0;
    for (size_t i = 0; i < player->process_count; i++)
        close_process(&player->processes[i]);
}

static consent_status add_process(cs_player *player, const char *name, const char *home, consent_error *err)
{
    cs_process *process = &player->processes[player->process_count];
    if (player->process_count == CS_PLAY_MAX_PROCESSES)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario has at most %u processes and copies",
                       CS_PLAY_MAX_PROCESSES);
    memset(process, 0, sizeof(*process));
    cs_buffer_init(&process->told, &player->tool->env.memory, 1024u * 1024u);
    process->device = player->device;
    if ((size_t)snprintf(process->name, sizeof(process->name), "%s", name) >= sizeof(process->name))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the name of a process is longer than %zu bytes",
                       sizeof(process->name) - 1);
    memcpy(process->home, home, CS_PLAY_MAX_PATH);
    player->process_count++;
    return CONSENT_OK;
}

static consent_status open_process(cs_player *player, cs_process *process, consent_error *err)
{
    consent_config config = CONSENT_INIT(consent_config);
    consent_profile_config person = CONSENT_INIT(consent_profile_config);
    consent_status status = CONSENT_OK;
    config.home = process->home;
    config.root_keys = player->roots;
    config.root_key_count = player->root_count;
    config.clock = &player->clock;
    person.account = player->account;
    person.ephemeral = player->ephemeral;
    if (process->client == NULL)
        status = consent_open(&config, &process->client, err);
    if (status == CONSENT_OK && process->profile == NULL)
        status = consent_profile_open(process->client, &person, &process->profile, err);
    return status;
}

consent_status cs_play_process(cs_player *player, cs_process **out, consent_error *err)
{
    const char *name = cs_play_text(player, "in");
    cs_process *process = NULL;
    if (name == NULL)
        name = "app";
    for (size_t i = 0; i < player->process_count; i++) {
        if (player->processes[i].device == player->device && strcmp(player->processes[i].name, name) == 0)
            process = &player->processes[i];
    }
    if (process == NULL) {
        consent_status status = add_process(player, name, player->home, err);
        if (status != CONSENT_OK)
            return status;
        process = &player->processes[player->process_count - 1];
    }
    *out = process;
    return open_process(player, process, err);
}

consent_status cs_play_copy(cs_player *player, consent_error *err)
{
    char folder[CS_PLAY_MAX_PATH];
    char name[128];
    snprintf(name, sizeof(name), "copy-%u", ++player->made_count);
    consent_status status = cs_play_make_folder(player, name, folder, err);
    if (status == CONSENT_OK)
        status = cs_play_copy_folder(player->home, folder, err);
    return status == CONSENT_OK ? add_process(player, cs_json_str(player->step->arg).data, folder, err) : status;
}

consent_status cs_play_restore(cs_player *player, consent_error *err)
{
    for (size_t i = 0; i < player->process_count; i++) {
        if (!cs_str_is(cs_json_str(player->step->arg), player->processes[i].name))
            continue;
        cs_play_close_all(player);
        cs_play_remove_folder(player->home);
        consent_status status = cs_files_make_dir(player->home, err);
        return status == CONSENT_OK ? cs_play_copy_folder(player->processes[i].home, player->home, err) : status;
    }
    return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "no copy \"%.*s\" was made before",
                   CS_STR_ARG(cs_json_str(player->step->arg)));
}

/* ---- small verbs ------------------------------------------------------------------------------ */

static consent_status let(cs_player *player, consent_error *err)
{
    for (const cs_json *each = cs_json_first(player->step->arg); each != NULL; each = cs_json_next(each)) {
        cs_named *named = &player->names[player->name_count];
        consent_status status = CONSENT_OK;
        if (player->name_count == CS_PLAY_MAX_NAMES)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario names more than %u things", CS_PLAY_MAX_NAMES);
        memset(named, 0, sizeof(*named));
        if (cs_json_type_of(each) == CS_JSON_OBJECT)
            named->object = each;
        else
            status = cs_play_moment(player, cs_json_str(each), &named->moment_ms, err);
        if (status != CONSENT_OK)
            return status;
        named->name = cs_json_name(each);
        player->name_count++;
    }
    return CONSENT_OK;
}

/* Someone sets the device's clock: no time passes but a moment. */
static consent_status set_clock(cs_player *player, consent_error *err)
{
    int64_t wall_ms = 0;
    consent_status status = cs_play_moment(player, cs_json_str(player->step->arg), &wall_ms, err);
    if (status == CONSENT_OK) {
        cs_play_device_in_use(player)->ahead_ms += wall_ms - player->wall_ms;
        player->wall_ms = wall_ms;
        player->elapsed_ms += CS_SECOND_MS;
    }
    return status;
}

static consent_status change_profile(cs_player *player)
{
    cs_play_close_all(player);
    player->account = cs_json_type_of(player->step->arg) == CS_JSON_STRING ? cs_json_str(player->step->arg).data : NULL;
    player->ephemeral = cs_play_flag(player, "ephemeral");
    return CONSENT_OK;
}

/* Time passes: both clocks move. The first instant only sets them. */
static consent_status pass_time(cs_player *player, consent_error *err)
{
    const cs_json *at = cs_step_get(player->step, "at");
    bool first = !player->time_is_set;
    int64_t wall_ms = 0;
    if (first)
        (void)cs_time_parse(CS_STR(DEFAULT_START_TEXT), &player->wall_ms);
    player->time_is_set = !first || player->step->verb != CS_VERB_SCENARIO || at != NULL;
    if (at == NULL)
        return CONSENT_OK;
    consent_status status = cs_play_moment(player, cs_json_str(at), &wall_ms, err);
    if (status != CONSENT_OK)
        return status;
    if (!first && wall_ms < player->wall_ms)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "time only goes forward; use {\"clock\": …} to set the device's clock back");
    player->elapsed_ms += first ? 0 : wall_ms - player->wall_ms;
    player->wall_ms = wall_ms;
    return CONSENT_OK;
}

/* ---- scenarios --------------------------------------------------------------------------------- */

static consent_status begin_scenario(cs_player *player, consent_error *err)
{
    char name[32];
    cs_play_close_all(player);
    player->process_count = 0;
    player->name_count = 0;
    player->request_count = 0;
    player->switch_count = 0;
    player->account = NULL;
    player->ephemeral = false;
    player->time_is_set = false;
    player->elapsed_ms = CS_DAY_MS;
    cs_bundle_free(&player->bundle);
    snprintf(name, sizeof(name), "%u", ++player->result->scenario_count);
    consent_status status = cs_play_make_folder(player, name, player->home, err);
    cs_play_begin_devices(player);
    return status;
}

static consent_status act(cs_player *player, consent_error *err)
{
    static consent_status (*const acts[CS_VERB_COUNT])(cs_player *, consent_error *) = {
        [CS_VERB_LET] = let,
        [CS_VERB_CLOCK] = set_clock,
        [CS_VERB_INSTALL] = cs_play_install,
        [CS_VERB_FORM] = cs_play_form,
        [CS_VERB_ANSWER] = cs_play_answer,
        [CS_VERB_CHECK] = cs_play_check,
        [CS_VERB_USE] = cs_play_use,
        [CS_VERB_EXPLAIN] = cs_play_explain,
        [CS_VERB_WITHDRAW] = cs_play_withdraw,
        [CS_VERB_PERMISSION] = cs_play_permission,
        [CS_VERB_OBSERVE] = cs_play_observe,
        [CS_VERB_COPY] = cs_play_copy,
        [CS_VERB_DAMAGE] = cs_play_damage,
        [CS_VERB_RESTORE] = cs_play_restore,
        [CS_VERB_HEALTH] = cs_play_health,
        [CS_VERB_VERIFY] = cs_play_verify,
        [CS_VERB_HISTORY] = cs_play_history,
        [CS_VERB_EXPORT] = cs_play_export,
        [CS_VERB_TEXT] = cs_play_policy_text,
        [CS_VERB_ERASE] = cs_play_erase,
        [CS_VERB_IMPORT] = cs_play_import,
        [CS_VERB_WATCH] = cs_play_watch,
        [CS_VERB_POLL] = cs_play_poll,
        [CS_VERB_CHANGES] = cs_play_changes,
        [CS_VERB_LINT] = cs_play_lint,
        [CS_VERB_FILES] = cs_play_look_at_files,
        [CS_VERB_REQUEST] = cs_play_request,
        [CS_VERB_REQUEST_UPDATE] = cs_play_request_update,
        [CS_VERB_REQUESTS] = cs_play_requests,
        [CS_VERB_AGE_SIGNAL] = cs_play_age_signal,
        [CS_VERB_TELL] = cs_play_tell,
        [CS_VERB_NOTICES] = cs_play_notices,
        [CS_VERB_LIST] = cs_play_list,
        [CS_VERB_SWITCH] = cs_play_switch,
        [CS_VERB_PURGE] = cs_play_purge,
        [CS_VERB_DEVICE] = cs_play_device,
        [CS_VERB_JOIN] = cs_play_join,
        [CS_VERB_NETWORK] = cs_play_network_is,
        [CS_VERB_SYNC] = cs_play_sync,
        [CS_VERB_SYNC_STATUS] = cs_play_sync_status,
        [CS_VERB_SUPPORT] = cs_play_support,
    };
    if (player->step->verb == CS_VERB_RESTART)
        cs_play_close_all(player);
    if (player->step->verb == CS_VERB_PROFILE)
        return change_profile(player);
    return acts[player->step->verb] != NULL ? acts[player->step->verb](player, err) : CONSENT_OK;
}

static consent_status play_step(cs_player *player, consent_error *err)
{
    consent_status status = CONSENT_OK;
    if (player->step->verb == CS_VERB_SCENARIO || player->result->scenario_count == 0)
        status = begin_scenario(player, err);
    if (status == CONSENT_OK)
        status = pass_time(player, err);
    if (status != CONSENT_OK)
        return status;
    cs_narrate_saying(player);
    cs_narrate_step(player);
    return act(player, err);
}

/* A step that cannot be carried out makes what follows meaningless: on to the next scenario. */
static void play_steps(cs_player *player, const cs_scenario *scenario)
{
    bool skip = false;
    for (size_t i = 0; i < scenario->count; i++) {
        consent_error why = {0, 0, ""};
        player->step = &scenario->steps[i];
        if (player->step->verb == CS_VERB_SCENARIO)
            skip = false;
        if (skip || play_step(player, &why) == CONSENT_OK)
            continue;
        cs_play_fail(player, "%s", why.message);
        skip = true;
    }
}

static consent_status prepare(cs_player *player, consent_error *err)
{
    cs_session_clock(&player->clock, &player->wall_ms);
    player->clock.ctx = player;
    player->clock.now = read_clock;
    consent_status status = cs_keys_make(&player->tool->env, &player->root, err);
    if (status == CONSENT_OK)
        status = cs_keys_make(&player->tool->env, &player->publisher, err);
    if (status == CONSENT_OK)
        status = cs_keys_make(&player->tool->env, &player->stranger, err);
    memcpy(player->roots, player->root.public_key, CS_P256_PUBLIC_SIZE);
    player->root_count = 1;
    if (player->setting->root != NULL) {
        memcpy(player->roots + CS_P256_PUBLIC_SIZE, player->setting->root, CS_P256_PUBLIC_SIZE);
        player->root_count = 2;
    }
    snprintf(player->folder, sizeof(player->folder), "%s", player->setting->folder);
    cs_play_backend_init(&player->backend, &player->tool->env.memory, &player->publisher);
    player->transport = (consent_transport){sizeof(player->transport), &player->backend, cs_play_backend_perform};
    return status;
}

consent_status cs_play(cs_tool *tool, const cs_scenario *scenario, const cs_play_setting *setting,
                       cs_play_result *result, consent_error *err)
{
    cs_player *player = cs_alloc(&tool->env.memory, sizeof(*player));
    if (player == NULL)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for playing");
    player->tool = tool;
    player->setting = setting;
    player->result = result;
    consent_status status = prepare(player, err);
    if (status == CONSENT_OK)
        play_steps(player, scenario);
    cs_play_close_all(player);
    cs_play_backend_clear(&player->backend);
    cs_bundle_free(&player->bundle);
    cs_free(&tool->env.memory, player, sizeof(*player));
    return status;
}
