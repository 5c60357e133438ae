/* What the law wants shown beside a choice, from the policy's texts: PIPL 17 (operator, purpose, method, kinds of data,
 * retention), 23 (each recipient), 29 and 30 (sensitive data: necessity and impact), 15 (how to withdraw). */
#include "form/parts.h"

#include <inttypes.h>
#include <string.h>

const char *cs_form_text(const cs_form *form, cs_text text)
{
    const char *found = cs_texts_get(form->input->texts, text, form->locale);
    return found[0] ? found : NULL;
}

const char *cs_form_name(const cs_form *form, cs_text name, const char *id)
{
    const char *text = cs_form_text(form, name);
    return text ? text : id;
}

/* ---- what is asked for ------------------------------------------------------------------------ */

const cs_data_item *cs_form_item(const cs_form *form, const cs_form_subject *subject, size_t i)
{
    return &form->policy->data[subject->purpose->data[i].item];
}

uint64_t cs_form_all_data(const cs_form_subject *subject)
{
    uint64_t all = 0;
    for (int i = 0; i < (int)subject->purpose->data_count; i++)
        if (!subject->via || cs_purpose_recipient_gets(subject->via, i))
            all |= UINT64_C(1) << i;
    return all;
}

const cs_str *cs_form_data_ids(cs_form *form, const cs_form_subject *subject, size_t *count)
{
    cs_str *ids = cs_form_alloc(form, CS_PURPOSE_MAX_DATA * sizeof *ids);
    *count = 0;
    for (size_t i = 0; ids && i < subject->purpose->data_count; i++)
        if (subject->data >> i & 1)
            ids[(*count)++] = cs_form_keep_id(form, cs_form_item(form, subject, i)->id);
    return ids;
}

bool cs_form_is_sensitive(const cs_form *form, const cs_form_subject *subject)
{
    for (size_t i = 0; i < subject->purpose->data_count; i++)
        if ((subject->data >> i & 1) && cs_form_item(form, subject, i)->sensitive)
            return true;
    return false;
}

/* ---- the operator --------------------------------------------------------------------------- */

static cs_word contact_word(const char *kind)
{
    static const char kinds[] = "hotline\0email\0post\0chat\0"; /* in the order of their words */
    uint32_t word = CS_WORD_HOTLINE;
    while (word < CS_WORD_CONTACT && strcmp(kind, cs_nth_text(kinds, word - CS_WORD_HOTLINE)) != 0)
        word++;
    return (cs_word)word;
}

consent_status cs_form_controller_fields(cs_form *form)
{
    const cs_policy *policy = form->policy;
    const char *name = cs_form_text(form, policy->controller_name);
    bool any = false;
    cs_form_add_field(form, "controller", CS_WORD_CONTROLLER, name);
    for (uint16_t i = 0; i < policy->contact_count; i++) {
        const cs_contact *contact = &policy->contacts[i];
        const char *value = cs_form_text(form, contact->value);
        const char *hours = cs_form_text(form, contact->hours);
        if (value && hours)
            value = cs_form_compose(form, "%s (%s)", value, hours);
        any |= value != NULL;
        cs_form_add_field(form, cs_form_compose(form, "contact:%s", contact->kind), contact_word(contact->kind), value);
    }
    if (name && any)
        return CONSENT_OK;
    return cs_form_fail(form, CONSENT_E_REJECTED, "policy '%s' lacks the controller's %s (PIPL 17), add it", policy->id,
                        name ? "contacts" : "name");
}

/* ---- the purpose ---------------------------------------------------------------------------- */

/* One field being put; the first that is missing though required ends the form. */
typedef struct filling {
    cs_form *form;
    const cs_form_subject *subject;
    const char *missing; /* id of the first required field without a text */
    const char *source;  /* the article that asks for it */
} filling;

static cs_form_field *put(filling *fill, const char *id, cs_word label, const char *value, const char *required_by)
{
    if (!value && required_by && !fill->missing) {
        fill->missing = id;
        fill->source = required_by;
    }
    return cs_form_add_field(fill->form, id, label, value);
}

static cs_form_field *put_text(filling *fill, const char *id, cs_word label, cs_text text, const char *required_by)
{
    return put(fill, id, label, cs_form_text(fill->form, text), required_by);
}

/* Whose own doings the policy does not cover (C12, C14, C80). */
static bool acts_for_itself(const cs_recipient *recipient)
{
    switch (recipient->role) {
    case CS_ROLE_ADVERTISING:
    case CS_ROLE_ANALYTICS:
    case CS_ROLE_MINI_PROGRAM:
    case CS_ROLE_ACCOUNT_PROVIDER:
    case CS_ROLE_TRANSFEREE:
    case CS_ROLE_PARTNER:
        return true;
    default:
        return false;
    }
}

static void put_recipient(filling *fill, const char *source)
{
    cs_form *form = fill->form;
    const cs_recipient *recipient = fill->subject->recipient;
    put_text(fill, "recipient", CS_WORD_RECIPIENT, recipient->name, source);
    put_text(fill, "recipient-contact", CS_WORD_RECIPIENT_CONTACT, recipient->contact, source);
    put_text(fill, "developer", CS_WORD_DEVELOPER, recipient->developer, NULL);
    const char *country = recipient->country;
    if (country && strcmp(country, "CN") == 0)
        country = cs_form_word(form, CS_WORD_CHINA);
    put(fill, "country", CS_WORD_COUNTRY, country, NULL);
    put(fill, "recipient-policy", CS_WORD_RECIPIENT_POLICY, recipient->policy_url, NULL)->href =
        cs_form_keep(form, recipient->policy_url);
    if (acts_for_itself(recipient))
        put(fill, "recipient-rules", CS_WORD_RECIPIENT_RULES, cs_form_word(form, CS_WORD_RECIPIENT_RULES_TEXT), NULL);
}

/* `what` and its id name whose fields they are. */
static consent_status check_complete(const filling *fill, const char *what, const char *id)
{
    if (!fill->missing)
        return CONSENT_OK;
    return cs_form_fail(fill->form, CONSENT_E_REJECTED, "%s '%s' of policy '%s' lacks '%s' (%s), add it to the policy",
                        what, id, fill->form->policy->id, fill->missing, fill->source);
}

consent_status cs_form_recipient_fields(cs_form *form, const cs_form_subject *subject, const char *source)
{
    filling fill = {.form = form, .subject = subject};
    put_recipient(&fill, source);
    if (!subject->recipient->policy_url && !fill.missing) {
        fill.missing = "recipient-policy";
        fill.source = "C80";
    }
    return check_complete(&fill, "recipient", subject->recipient->id);
}

/* What can be done without says so, and when and why it is wanted (C33, C47 to C51). */
static const char *with_need(cs_form *form, const cs_purpose_data *wanted, const char *name)
{
    if (!name || wanted->need == CS_NEED_REQUIRED)
        return name;
    const char *why = cs_form_text(form, wanted->reason);
    const char *need = cs_form_word(form, wanted->need == CS_NEED_OPTIONAL ? CS_WORD_OPTIONAL : CS_WORD_CONDITIONAL);
    return why ? cs_form_compose(form, "%s (%s: %s)", name, need, why) : cs_form_compose(form, "%s (%s)", name, need);
}

static void put_datum(filling *fill, const cs_purpose_data *wanted, const char *prefix, cs_word label)
{
    cs_form *form = fill->form;
    const cs_data_item *item = &form->policy->data[wanted->item];
    const char *name = with_need(form, wanted, cs_form_text(form, item->name));
    cs_form_field *field = put(fill, cs_form_compose(form, "%s:%s", prefix, item->id), label, name, "PIPL 17");
    if (item->sensitive)
        field->emphasis = 2;
}

/* Which way data go: what is used or given, and what comes from the other party. A launch tells of both (C81). */
static void put_data(filling *fill)
{
    const cs_form_subject *subject = fill->subject;
    const cs_policy *policy = fill->form->policy;
    const cs_purpose *purpose = subject->purpose;
    cs_word label = purpose->kind == CS_KIND_OBTAIN ? CS_WORD_DATA_OBTAINED : CS_WORD_DATA;
    for (uint16_t i = 0; i < purpose->data_count; i++)
        if (subject->data >> i & 1)
            put_datum(fill, &purpose->data[i], "data", label);
    for (uint16_t p = 0; purpose->kind == CS_KIND_LAUNCH && subject->recipient && p < policy->purpose_count; p++) {
        const cs_purpose *obtain = &policy->purposes[p];
        const cs_purpose_recipient *from =
            obtain->kind == CS_KIND_OBTAIN ? cs_purpose_recipient_of(policy, obtain, cs_str_of(subject->recipient->id))
                                           : NULL;
        for (uint16_t i = 0; from && i < obtain->data_count; i++)
            if (cs_purpose_recipient_gets(from, i))
                put_datum(fill, &obtain->data[i], "obtained", CS_WORD_DATA_OBTAINED);
    }
}

static const char *retention_text(cs_form *form, const cs_retention *retention)
{
    int64_t period_ms = retention->period_ms, childs_ms = form->child ? form->policy->minors.retention_ms : 0;
    if (childs_ms > 0 && (period_ms <= 0 || childs_ms < period_ms))
        period_ms = childs_ms;
    if (period_ms <= 0)
        return cs_form_text(form, retention->criterion);
    int64_t unit_ms = CS_MINUTE_MS;
    cs_word unit = CS_WORD_MINUTES;
    if (period_ms % CS_DAY_MS == 0) {
        unit_ms = CS_DAY_MS;
        unit = CS_WORD_DAYS;
    } else if (period_ms % CS_HOUR_MS == 0) {
        unit_ms = CS_HOUR_MS;
        unit = CS_WORD_HOURS;
    }
    return cs_form_compose(form, "%" PRId64 "%s%s", period_ms / unit_ms, cs_form_word(form, unit),
                           cs_form_word(form, retention->at_expiry == CS_AT_EXPIRY_ANONYMISE ? CS_WORD_THEN_ANONYMISED
                                                                                             : CS_WORD_THEN_DELETED));
}

const char *cs_form_consequence(const cs_form *form, const cs_form_subject *subject)
{
    const char *own = cs_form_text(form, subject->purpose->consequence);
    const cs_function *function = cs_policy_function_of(form->policy, subject->purpose);
    return own || !function ? own : cs_form_text(form, function->refusal);
}

/* Separate and written consent need every field; an own or single consent needs purpose, data and consequence, the
 * rest standing in the policy that was accepted. A recipient's fields and sensitive data's are always needed. */
consent_status cs_form_purpose_fields(cs_form *form, const cs_form_subject *subject)
{
    const cs_purpose *purpose = subject->purpose;
    filling fill = {.form = form, .subject = subject};
    cs_consent_form needed = cs_purpose_effective_form(form->policy, purpose);
    bool full = needed == CS_FORM_SEPARATE || needed == CS_FORM_WRITTEN;
    const char *if_full = full ? "PIPL 17" : NULL;
    const char *if_sensitive = cs_form_is_sensitive(form, subject) ? "PIPL 30" : NULL;
    const char *method = subject->via ? cs_form_text(form, subject->via->method) : NULL;

    if (subject->recipient)
        put_recipient(&fill, "PIPL 23");
    put_text(&fill, "purpose", CS_WORD_PURPOSE, purpose->text, "PIPL 17");
    put_data(&fill);
    put(&fill, "method", CS_WORD_METHOD, method ? method : cs_form_text(form, purpose->method),
        subject->recipient ? "PIPL 17" : if_full);
    put_text(&fill, "necessity", CS_WORD_NECESSITY, purpose->necessity, if_sensitive);
    put_text(&fill, "impact", CS_WORD_IMPACT, purpose->impact, if_sensitive);
    put(&fill, "retention", CS_WORD_RETENTION, retention_text(form, &purpose->retention), if_full);
    put(&fill, "consequence", CS_WORD_CONSEQUENCE, cs_form_consequence(form, subject), "PIPL 16");
    put(&fill, "withdrawal", CS_WORD_WITHDRAWAL,
        cs_form_word(form, needed == CS_FORM_ONCE ? CS_WORD_ONCE_TEXT : CS_WORD_WITHDRAWAL_TEXT), NULL);
    return check_complete(&fill, "purpose", purpose->id);
}
