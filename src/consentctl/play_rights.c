/* Requests, lists, and third parties' switches. */
#include "consentctl/play_internal.h"

#include "consentctl/authoring.h"
#include "rights/rights.h"

#include <string.h>

#define OUTPUT_MAX_BYTES (64u * 1024u * 1024u)

static cs_str str_of(const cs_buffer *buffer)
{
    return (cs_str){(const char *)buffer->data, buffer->size};
}

static consent_status unknown(const char *member, const char *word, consent_error *err)
{
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s was \"%s\", which docs/scenarios.md does not list", member, word);
}

/* ---- requests -------------------------------------------------------------------------------------------- */

static consent_status read_request(cs_player *player, cs_query_args *about, const char *independent[64],
                                   consent_rights_request *out, consent_error *err)
{
    const char *right = cs_json_str(player->step->arg).data;
    const char *by = cs_play_text(player, "by");
    const char *ground = cs_play_text(player, "ground");
    const cs_json *what = cs_step_get(player->step, "for");
    consent_status status = CONSENT_OK;
    *out = (consent_rights_request){.struct_size = sizeof *out, .independent = independent};
    memset(about, 0, sizeof *about);
    if (what != NULL)
        status = cs_play_query(player, what, about, err);
    if (status == CONSENT_OK && !cs_right_find(cs_str_of(right), &out->right))
        status = unknown("request", right, err);
    if (status == CONSENT_OK && by != NULL && !cs_requester_find(cs_str_of(by), &out->by))
        status = unknown("by", by, err);
    if (status == CONSENT_OK && ground != NULL && !cs_deletion_ground_find(cs_str_of(ground), &out->ground))
        status = unknown("ground", ground, err);
    out->scope = about->query.scope;
    out->purpose = about->query.purpose;
    out->recipient = about->query.recipient;
    out->data = about->query.data;
    out->data_count = about->query.data_count;
    out->text = cs_play_text(player, "text");
    out->target = cs_play_text(player, "target");
    out->reference = cs_play_text(player, "reference");
    out->channel = cs_play_text(player, "channel");
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, "independent"));
         each != NULL && out->independent_count < 64; each = cs_json_next(each))
        independent[out->independent_count++] = cs_json_str(each).data;
    return status;
}

static consent_status keep_request(cs_player *player, const char *id, consent_error *err)
{
    const char *name = cs_play_text(player, "keep");
    if (name == NULL || id[0] == '\0')
        return CONSENT_OK;
    if (player->request_count == CS_PLAY_MAX_KEPT)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario keeps at most %u requests", CS_PLAY_MAX_KEPT);
    cs_kept_request *kept = &player->requests[player->request_count++];
    kept->name = name;
    memcpy(kept->id, id, CONSENT_REQUEST_ID_SIZE);
    return CONSENT_OK;
}

consent_status cs_play_request(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args about;
    const char *independent[64];
    consent_rights_request request;
    consent_error why = {0, 0, ""};
    char id[CONSENT_REQUEST_ID_SIZE] = "";
    consent_status status = read_request(player, &about, independent, &request, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_request_open(process->profile, &request, id, &why);
    cs_play_expect_status(player, status, &why);
    return keep_request(player, id, err);
}

static consent_status read_change(cs_player *player, consent_request_change *out, consent_error *err)
{
    const char *to = cs_play_text(player, "to");
    const char *refusal = cs_play_text(player, "refusal");
    cs_str name = cs_json_str(player->step->arg);
    *out = (consent_request_change){.struct_size = sizeof *out};
    for (size_t i = player->request_count; i > 0 && out->id == NULL; i--)
        if (cs_str_is(name, player->requests[i - 1].name))
            out->id = player->requests[i - 1].id;
    if (out->id == NULL)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0,
                       "no request \"%.*s\" was kept; keep one with {\"request\": …, \"keep\": \"%.*s\"}",
                       CS_STR_ARG(name), CS_STR_ARG(name));
    if (!cs_request_state_find(cs_str_of(to), &out->state))
        return unknown("to", to, err);
    if (refusal != NULL && !cs_refusal_find(cs_str_of(refusal), &out->refusal))
        return unknown("refusal", refusal, err);
    out->by_requester = cs_play_flag(player, "by_requester");
    out->text = cs_play_text(player, "text");
    out->fee_fen = cs_json_int(cs_step_get(player->step, "fee_fen"));
    out->reference = cs_play_text(player, "reference");
    return CONSENT_OK;
}

consent_status cs_play_request_update(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_request_change change;
    consent_error why = {0, 0, ""};
    consent_status status = read_change(player, &change, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = consent_request_update(process->profile, &change, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* ---- what is listed ----------------------------------------------------------------------------------------- */

consent_status cs_play_requests(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_requests(process->profile, cs_play_text(player, "locale"), cs_write_to_buffer, &text, err);
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "requests", str_of(&text));
        cs_play_expect_lacks(player, str_of(&text));
    }
    cs_buffer_free(&text);
    return status;
}

/* ---- notices ------------------------------------------------------------------------------------------------- */

consent_status cs_play_sign_notice(cs_player *player, const cs_json *notice, const cs_key_pair *signer,
                                   cs_buffer *payload, cs_buffer *out, consent_error *err)
{
    cs_buffer key_set;
    cs_json_out json;
    cs_buffer_init(&key_set, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    cs_json_out_init(&json, payload);
    cs_json_put_value(&json, notice);
    consent_status status = cs_authoring_throw_away_keys(&player->tool->env.memory, player->root.private_key,
                                                         player->publisher.public_key, &key_set, err);
    cs_buffer_text(&key_set, "\n");
    if (status == CONSENT_OK)
        status =
            cs_authoring_statement(CS_TYP_NOTICE, str_of(payload), str_of(&key_set), signer->private_key, out, err);
    cs_buffer_free(&key_set);
    return status;
}

consent_status cs_play_tell(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer payload, bytes;
    consent_error why = {0, 0, ""};
    const char *signer = cs_play_text(player, "signed_by");
    if (signer != NULL && strcmp(signer, "stranger") != 0)
        return unknown("signed_by", signer, err);
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&payload, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    cs_buffer_init(&bytes, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = cs_play_sign_notice(player, player->step->arg, signer != NULL ? &player->stranger : &player->publisher,
                                 &payload, &bytes, err);
    if (status == CONSENT_OK) {
        consent_status received = consent_notice_receive(process->profile, bytes.data, bytes.size, &why);
        cs_play_expect_status(player, received, &why);
    }
    cs_buffer_free(&payload);
    cs_buffer_free(&bytes);
    return status;
}

consent_status cs_play_notices(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_notices(process->profile, cs_play_text(player, "locale"), cs_write_to_buffer, &text, err);
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "notices", str_of(&text));
        cs_play_expect_lacks(player, str_of(&text));
    }
    cs_buffer_free(&text);
    return status;
}

consent_status cs_play_list(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_buffer text;
    cs_str name = cs_json_str(player->step->arg);
    bool shared = cs_str_is(name, "shared");
    if (!shared && !cs_str_is(name, "collected"))
        return unknown("list", name.data, err);
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&text, &player->tool->env.memory, OUTPUT_MAX_BYTES);
    status = consent_lists(process->profile, shared ? CONSENT_LIST_SHARED : CONSENT_LIST_COLLECTED,
                           cs_play_text(player, "locale"), cs_write_to_buffer, &text, err);
    if (status == CONSENT_OK) {
        cs_play_expect_contains(player, "contains", str_of(&text));
        cs_play_expect_lacks(player, str_of(&text));
    }
    cs_buffer_free(&text);
    return status;
}

/* ---- switches -------------------------------------------------------------------------------------------------- */

/* Writes down what a third party is told: "pay-kit on", "pay-kit off". */
static int throw_switch(void *ctx, const char *id, const consent_switch_facts *facts)
{
    cs_played_switch *played = ctx;
    cs_buffer_printf(&played->player->thrown, "%s%s %s", played->player->thrown.size > 0 ? ", " : "", id,
                     facts->agreed ? "on" : "off");
    if (played->failures == 0)
        return 0;
    played->failures--;
    return 1;
}

static cs_played_switch *played_switch(cs_player *player)
{
    for (size_t i = 0; i < player->switch_count; i++)
        if (cs_str_is(cs_json_str(player->step->arg), player->switches[i].id))
            return &player->switches[i];
    if (player->switch_count == CS_PLAY_MAX_KEPT)
        return NULL;
    cs_played_switch *played = &player->switches[player->switch_count++];
    played->player = player;
    played->id = cs_json_str(player->step->arg).data;
    return played;
}

consent_status cs_play_switch(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    cs_query_args about;
    const char *after[16];
    const cs_json *what = cs_step_get(player->step, "for");
    consent_switch which = CONSENT_INIT(consent_switch);
    consent_error why = {0, 0, ""};
    consent_status status = CONSENT_OK;
    memset(&about, 0, sizeof about);
    if (what != NULL)
        status = cs_play_query(player, what, &about, err);
    if (status == CONSENT_OK)
        status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_played_switch *played = played_switch(player);
    if (played == NULL)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "a scenario binds at most %u switches", CS_PLAY_MAX_KEPT);
    played->failures = (unsigned)cs_json_int(cs_step_get(player->step, "fails"));
    which.id = played->id;
    which.scope = about.query.scope;
    which.purpose = about.query.purpose;
    which.recipient = about.query.recipient;
    which.function = cs_play_text(player, "function");
    which.after = after;
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, "after"));
         each != NULL && which.after_count < 16; each = cs_json_next(each))
        after[which.after_count++] = cs_json_str(each).data;
    which.untouched_until_on = cs_play_flag(player, "untouched");
    which.apply = throw_switch;
    which.ctx = played;
    status = consent_switch_bind(process->profile, &which, &why);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* Writes down what has to go: "recommend.behaviour withdrawn", "pay.share to pay-jia expired". */
static int purge(void *ctx, const consent_purge *what)
{
    static const char *const reasons[] = {"?", "withdrawn", "expired", "service_ended", "undeclared"};
    cs_player *player = ctx;
    bool known = what->reason > 0 && (size_t)what->reason < CS_COUNT_OF(reasons);
    cs_buffer_printf(&player->purged, "%s%s%s%s %s%s", player->purged.size > 0 ? ", " : "", what->purpose,
                     what->recipient != NULL ? " to " : "", what->recipient != NULL ? what->recipient : "",
                     reasons[known ? what->reason : 0], what->anonymise ? " anonymise" : "");
    if (player->purge_failures == 0)
        return 0;
    player->purge_failures--;
    return 1;
}

consent_status cs_play_purge(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_status status = cs_play_process(player, &process, err);
    player->purge_failures = (unsigned)cs_json_int(cs_step_get(player->step, "fails"));
    return status == CONSENT_OK ? consent_purge_bind(process->profile, purge, player, err) : status;
}

static void expect_list(cs_player *player, const char *member, const char *what, const cs_buffer *got)
{
    cs_buffer wanted;
    const cs_json *list = cs_step_get(player->step, member);
    if (list == NULL)
        return;
    cs_buffer_init(&wanted, &player->tool->env.memory, 65536);
    for (const cs_json *each = cs_json_first(list); each != NULL; each = cs_json_next(each))
        cs_buffer_printf(&wanted, "%s%s", wanted.size > 0 ? ", " : "", cs_json_str(each).data);
    player->result->check_count++;
    if (!cs_str_equal(str_of(&wanted), str_of(got)))
        cs_play_fail(player, "expected %s: %.*s; got: %.*s", what, (int)wanted.size,
                     wanted.size > 0 ? (const char *)wanted.data : "", (int)got->size,
                     got->size > 0 ? (const char *)got->data : "");
    cs_buffer_free(&wanted);
}

consent_status cs_play_poll(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    cs_buffer_init(&player->thrown, &player->tool->env.memory, 65536);
    cs_buffer_init(&player->purged, &player->tool->env.memory, 65536);
    status = consent_poll(process->profile, NULL, err);
    if (status == CONSENT_OK) {
        expect_list(player, "throws", "these switches to be thrown", &player->thrown);
        expect_list(player, "purges", "this to have to go", &player->purged);
        cs_play_expect_told(player, process);
    }
    cs_buffer_free(&player->thrown);
    cs_buffer_free(&player->purged);
    return status;
}
