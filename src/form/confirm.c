/* confirm: consent that this device has no act of its own for. A device new to this one gave it: its key is vouched for
 * once, with everything it gave on the list. Support says it was given, or what stood for it must be given anew: the
 * purpose's own form. A withdrawal was made while the key was away: what stood before is on the list, too. */
#include "form/parts.h"

#include <string.h>

#define MAX_DEVICES 64u
#define SHORT_ID_CHARS 8

/* Whether acts by that device, up to now, wait to be confirmed. */
static bool waits(const cs_stream_state *stream)
{
    return !stream->confirmed || (stream->doubted_seq != 0 && stream->vouched_seq < stream->doubted_seq);
}

static bool would_count_again(const cs_state *state, const cs_act *act)
{
    bool permissive = act->kind == CS_ACT_GRANT || act->kind == CS_ACT_ACCEPT;
    if (!permissive || act->stream >= state->stream_count || (act->flags & (CS_ACT_SUPPORT | CS_ACT_ONCE)) != 0)
        return false;
    const cs_stream_state *stream = &state->streams[act->stream];
    return waits(stream) && (!stream->confirmed || act->seq <= stream->doubted_seq);
}

/* ---- the list ----------------------------------------------------------------------------------- */

static const char *name_of_purpose(cs_form *form, const cs_form_input *input, const cs_act *act)
{
    const cs_state *state = input->state;
    cs_str id = cs_state_text(state, act->purpose);
    const cs_purpose *purpose = cs_policy_purpose(input->policy, id);
    const char *name = purpose ? cs_texts_get(input->texts, purpose->name, form->locale) : "";
    return name[0] ? name : cs_form_keep_str(form, id);
}

static const char *what(cs_form *form, const cs_form_input *input, const cs_act *act)
{
    if (act->purpose == 0)
        return cs_form_join(form, (const char *const[]){cs_form_word(form->locale, CS_WORD_ACCEPTANCE),
                                                        cs_form_compose(form, " (%u)", (unsigned)act->version), NULL});
    const char *name = name_of_purpose(form, input, act);
    if (act->recipient == 0)
        return name;
    cs_str id = cs_state_text(input->state, act->recipient);
    const cs_recipient *recipient = cs_policy_recipient(input->policy, id);
    const char *who = recipient ? cs_texts_get(input->texts, recipient->name, form->locale) : "";
    return cs_form_join(form, (const char *const[]){name, " · ", who[0] ? who : cs_form_keep_str(form, id), NULL});
}

/* Several data items of one choice are several acts: each choice is told once. */
static bool told_before(const cs_state *state, const cs_act *act)
{
    for (const cs_act *other = state->acts; other < act; other++)
        if (other->stream == act->stream && other->purpose == act->purpose && other->recipient == act->recipient &&
            other->side == act->side && would_count_again(state, other))
            return true;
    return false;
}

const char *cs_form_device_name(cs_form *form, const cs_stream_state *stream)
{
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    if (stream->own)
        return cs_form_word(form->locale, CS_WORD_THIS_DEVICE);
    cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
    return cs_form_join(form, (const char *const[]){cs_form_word(form->locale, CS_WORD_OTHER_DEVICE),
                                                    cs_form_compose(form, " %.*s", SHORT_ID_CHARS, hex), NULL});
}

static void add_device(cs_form *form, const cs_form_input *input, uint16_t index, const char **ids)
{
    const cs_state *state = input->state;
    const cs_stream_state *stream = &state->streams[index];
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    bool any = false;
    cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
    const char *label = cs_form_device_name(form, stream);
    for (uint32_t i = 0; i < state->act_count; i++) {
        const cs_act *act = &state->acts[i];
        if (act->stream != index || !would_count_again(state, act) || told_before(state, act))
            continue;
        cs_form_add_field(form, cs_form_compose(form, "device:%s", hex), label, what(form, input, act), 0);
        any = true;
    }
    if (any)
        ids[form->stream_count++] = cs_form_keep(form, hex);
}

static consent_status put_devices(cs_form *form, const cs_form_input *input, consent_error *err)
{
    const char **ids = cs_arena_alloc(&form->arena, MAX_DEVICES * sizeof *ids);
    if (!ids)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for the form");
    form->streams = ids;
    for (uint32_t i = 0; i < input->state->stream_count && form->stream_count < MAX_DEVICES; i++)
        if (waits(&input->state->streams[i]))
            add_device(form, input, (uint16_t)i, ids);
    return cs_form_status(form, err);
}

static consent_status put_list(cs_form *form, const cs_form_input *input, consent_error *err)
{
    const char *locale = form->locale;
    cs_form_add_block(form, CS_BLOCK_HEADING, 1, cs_form_word(locale, CS_WORD_CONFIRM));
    cs_form_add_block(form, CS_BLOCK_PARAGRAPH, 0, cs_form_word(locale, CS_WORD_CONFIRM_TEXT));
    consent_status status = cs_form_controller_fields(form, input->policy, input->texts, err);
    if (status != CONSENT_OK)
        return status;
    cs_form_add_field(form, "consequence", cs_form_word(locale, CS_WORD_CONSEQUENCE),
                      cs_form_word(locale, CS_WORD_CONFIRM_CONSEQUENCE), 0);
    cs_form_add_field(form, "withdrawal", cs_form_word(locale, CS_WORD_WITHDRAWAL),
                      cs_form_word(locale, CS_WORD_WITHDRAWAL_TEXT), 0);
    cs_form_add_buttons(form, input);
    return CONSENT_OK;
}

/* ---- the form ------------------------------------------------------------------------------------ */

/* Where nothing is asked, the person may still look at devices that wait and vouch for them. */
static consent_status may_confirm(cs_form *form, const cs_form_input *input, const cs_query *query, consent_error *err)
{
    cs_decision answer;
    cs_decide(input->policies, input->state, query, input->now, &answer);
    if (answer.decision == CONSENT_ALLOW && query->purpose.size == 0 && form->user_initiated) {
        form->about_policy = true;
        return CONSENT_OK;
    }
    return cs_form_may_ask(form, input, query, err);
}

static consent_status confirm_policy(cs_form *form, const cs_form_input *input, consent_error *err)
{
    consent_status status = put_devices(form, input, err);
    if (status != CONSENT_OK)
        return status;
    if (form->stream_count)
        return put_list(form, input, err);
    if (form->subject != CS_SUBJECT_CONFIRM)
        return cs_fail(err, CONSENT_E_REJECTED, 0, "the confirm form was not built: nothing waits to be confirmed");
    return cs_form_put_policy(form, input, CS_WORD_TICK, err);
}

consent_status cs_form_build_confirm(cs_form *form, const cs_form_input *input, consent_error *err)
{
    cs_form_asking asking = {.query = {.scope = form->query.scope, .user_initiated = form->user_initiated}};
    consent_status status = input->query.purpose.size ? cs_form_look_up(form, input, &asking, err) : CONSENT_OK;
    if (status == CONSENT_OK) {
        form->permission = form->call_site = NULL;
        asking.query.permission = asking.query.call_site = (cs_str){0};
        form->query = asking.query;
        status = may_confirm(form, input, &asking.query, err);
    }
    if (status != CONSENT_OK)
        return status;
    if (form->about_policy) {
        cs_form_drop_names(form, &asking);
        status = confirm_policy(form, input, err);
        form->subject = CS_SUBJECT_CONFIRM; /* a no refuses the confirming alone */
        return status;
    }
    status = cs_form_check_purpose(form, &asking.subject, err);
    return status == CONSENT_OK ? cs_form_put_choice(form, input, &asking, err) : status;
}
