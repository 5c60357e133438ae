#include "consentctl/scenario.h"

#include <string.h>

static cs_str trim(cs_str text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static consent_status add_choice(cs_answers *out, size_t *used, cs_str control, cs_str value, consent_error *err)
{
    consent_answer *answer = &out->answers[out->count];
    if (out->count == CS_ANSWERS_MAX)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an answer names more than %u choices; name fewer", CS_ANSWERS_MAX);
    if (control.size == 0 || *used + control.size + 1 > sizeof(out->text))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "an answer has an empty or overlong control; write CONTROL=on or "
                       "CONTROL=off");
    memset(answer, 0, sizeof(*answer));
    if (cs_str_is(value, "on") || cs_str_is(value, "preset"))
        answer->on = true;
    else if (!cs_str_is(value, "off"))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an answer sets %.*s to \"%.*s\"; on, off or preset was expected",
                       CS_STR_ARG(control), CS_STR_ARG(value));
    answer->initially_on = cs_str_is(value, "preset");
    memcpy(out->text + *used, control.data, control.size);
    out->text[*used + control.size] = '\0';
    answer->control = out->text + *used;
    *used += control.size + 1;
    out->count++;
    return CONSENT_OK;
}

/* "birth=2013-06-01", "reference=sms-7": entered, not ticked. */
static consent_status add_entry(const char **out, cs_answers *answers, size_t *used, cs_str value, consent_error *err)
{
    if (value.size == 0 || *used + value.size + 1 > sizeof(answers->text))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "an answer enters nothing; write birth=2013-06-01 or reference=TEXT");
    memcpy(answers->text + *used, value.data, value.size);
    answers->text[*used + value.size] = '\0';
    *out = answers->text + *used;
    *used += value.size + 1;
    return CONSENT_OK;
}

static consent_status add_pair(cs_answers *out, size_t *used, cs_str control, cs_str value, consent_error *err)
{
    if (cs_str_is(control, "birth"))
        return add_entry(&out->birth, out, used, value, err);
    if (cs_str_is(control, "reference"))
        return add_entry(&out->reference, out, used, value, err);
    return add_choice(out, used, control, value, err);
}

static consent_status add_word(cs_answers *out, cs_str word, consent_error *err)
{
    static const struct {
        const char *name;
        consent_action action;
    } actions[] = {{"accept", CONSENT_ACTION_ACCEPT}, {"refuse", CONSENT_ACTION_REFUSE}, {"save", CONSENT_ACTION_SAVE}};
    for (size_t i = 0; i < CS_COUNT_OF(actions); i++) {
        if (!cs_str_is(word, actions[i].name))
            continue;
        if (out->action != CONSENT_ACTION_NONE)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                           "an answer presses two buttons; name one of accept, refuse, save");
        out->action = actions[i].action;
        return CONSENT_OK;
    }
    if (cs_str_is(word, "unread"))
        out->reached_end = false;
    else if (cs_str_is(word, "unemphasised"))
        out->emphasis_rendered = false;
    else
        return cs_fail(
            err, CONSENT_E_ARGUMENT, 0,
            "an answer has the word \"%.*s\"; expected accept, refuse, save, unread, unemphasised or CONTROL=on|off",
            CS_STR_ARG(word));
    return CONSENT_OK;
}

consent_status cs_answers_parse(cs_str text, cs_answers *out, consent_error *err)
{
    size_t used = 0;
    memset(out, 0, sizeof(*out));
    out->reached_end = true;
    out->emphasis_rendered = true;
    for (size_t start = 0; start <= text.size;) {
        const char *comma = start < text.size ? memchr(text.data + start, ',', text.size - start) : NULL;
        size_t end = comma != NULL ? (size_t)(comma - text.data) : text.size;
        cs_str word = trim((cs_str){text.data + start, end - start});
        const char *equals = word.size > 0 ? memchr(word.data, '=', word.size) : NULL;
        consent_status status;
        if (equals != NULL) {
            size_t before = (size_t)(equals - word.data);
            cs_str value = {equals + 1, word.size - before - 1};
            status = add_pair(out, &used, trim((cs_str){word.data, before}), trim(value), err);
        } else {
            status = add_word(out, word, err);
        }
        if (status != CONSENT_OK)
            return status;
        start = end + 1;
    }
    if (out->action == CONSENT_ACTION_NONE)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "an answer presses no button; end it with accept, refuse or save");
    return CONSENT_OK;
}
