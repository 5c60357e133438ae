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

static const char *what(cs_form *form, const cs_act *act)
{
    if (act->purpose == 0)
        return cs_form_compose(form, "%s (%u)", cs_form_word(form, CS_WORD_ACCEPTANCE), (unsigned)act->version);
    cs_str id = cs_state_text(form->input->state, act->purpose);
    const cs_purpose *purpose = cs_policy_purpose(form->policy, id);
    const char *name = cs_form_name(form, purpose ? purpose->name : 0, cs_form_keep_str(form, id));
    if (act->recipient == 0)
        return name;
    id = cs_state_text(form->input->state, act->recipient);
    const cs_recipient *recipient = cs_policy_recipient(form->policy, id);
    return cs_form_compose(form, "%s · %s", name,
                           cs_form_name(form, recipient ? recipient->name : 0, cs_form_keep_str(form, id)));
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
        return cs_form_word(form, CS_WORD_THIS_DEVICE);
    cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
    return cs_form_compose(form, "%s %.*s", cs_form_word(form, CS_WORD_OTHER_DEVICE), SHORT_ID_CHARS, hex);
}

static void add_device(cs_form *form, uint32_t index, const char **ids)
{
    const cs_state *state = form->input->state;
    const cs_stream_state *stream = &state->streams[index];
    char hex[2 * CS_STREAM_ID_SIZE + 1];
    bool any = false;
    cs_hex_encode(stream->id, CS_STREAM_ID_SIZE, hex);
    const char *label = cs_form_device_name(form, stream);
    for (uint32_t i = 0; i < state->act_count; i++) {
        const cs_act *act = &state->acts[i];
        if (act->stream != index || !would_count_again(state, act) || told_before(state, act))
            continue;
        cs_form_add_labelled(form, cs_form_compose(form, "device:%s", hex), label, what(form, act));
        any = true;
    }
    if (any)
        ids[form->stream_count++] = cs_form_keep(form, hex);
}

static consent_status put_devices(cs_form *form)
{
    const cs_state *state = form->input->state;
    const char **ids = cs_form_alloc(form, MAX_DEVICES * sizeof *ids);
    form->streams = ids;
    for (uint32_t i = 0; ids && i < state->stream_count && form->stream_count < MAX_DEVICES; i++)
        if (waits(&state->streams[i]))
            add_device(form, i, ids);
    return cs_form_status(form, form->err);
}

static consent_status put_list(cs_form *form)
{
    cs_form_add_opening(form, CS_WORD_CONFIRM, CS_WORD_CONFIRM_TEXT);
    consent_status status = cs_form_controller_fields(form);
    cs_form_add_field(form, "consequence", CS_WORD_CONSEQUENCE, cs_form_word(form, CS_WORD_CONFIRM_CONSEQUENCE));
    cs_form_add_field(form, "withdrawal", CS_WORD_WITHDRAWAL, cs_form_word(form, CS_WORD_WITHDRAWAL_TEXT));
    cs_form_add_buttons(form);
    return status;
}

/* ---- the form ------------------------------------------------------------------------------------ */

/* Where nothing is asked, the person may still look at devices that wait and vouch for them. */
static consent_status may_confirm(cs_form *form)
{
    cs_decision answer;
    cs_decide(form->input->policies, form->input->state, &form->query, form->input->now, &answer);
    if (answer.decision == CONSENT_ALLOW && !form->query.purpose.data && form->user_initiated) {
        form->about_policy = true;
        return CONSENT_OK;
    }
    return cs_form_may_ask(form);
}

static consent_status confirm_policy(cs_form *form)
{
    consent_status status = put_devices(form);
    if (status != CONSENT_OK)
        return status;
    if (form->stream_count)
        return put_list(form);
    if (form->subject != CS_SUBJECT_CONFIRM)
        return cs_form_fail(form, CONSENT_E_REJECTED, "nothing waits to be confirmed");
    return cs_form_put_policy(form, CS_WORD_TICK);
}

consent_status cs_form_build_confirm(cs_form *form)
{
    cs_form_subject subject;
    consent_status status = cs_form_look_up(form, &subject);
    if (status == CONSENT_OK)
        status = may_confirm(form);
    if (status == CONSENT_OK && form->about_policy) {
        cs_form_drop_names(form);
        status = confirm_policy(form);
        form->subject = CS_SUBJECT_CONFIRM; /* a no refuses the confirming alone */
        return status;
    }
    if (status == CONSENT_OK)
        status = cs_form_check_purpose(form, &subject);
    return status == CONSENT_OK ? cs_form_put_choice(form, &subject) : status;
}
