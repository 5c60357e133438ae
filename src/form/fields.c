/* What the law wants shown beside a choice, from the policy's texts: PIPL 17 (operator, purpose, method, kinds of data,
 * retention), 23 (each recipient), 29 and 30 (sensitive data: necessity and impact), 15 (how to withdraw). */
#include "form/parts.h"

#include <inttypes.h>
#include <string.h>

const char *cs_form_text(const cs_form_subject *subject, cs_text text)
{
    const char *found = cs_texts_get(subject->texts, text, subject->locale);
    return found[0] ? found : NULL;
}

bool cs_form_is_sensitive(const cs_form_subject *subject)
{
    for (uint16_t i = 0; i < subject->purpose->data_count; i++)
        if ((subject->data >> i & 1) && subject->policy->data[subject->purpose->data[i].item].sensitive)
            return true;
    return false;
}

/* ---- the operator --------------------------------------------------------------------------- */

static cs_word contact_word(const char *kind)
{
    static const struct {
        const char *kind;
        cs_word word;
    } known[] = {
        {"hotline", CS_WORD_HOTLINE}, {"email", CS_WORD_EMAIL}, {"post", CS_WORD_POST}, {"chat", CS_WORD_CHAT}};
    for (size_t i = 0; i < CS_COUNT_OF(known); i++)
        if (strcmp(kind, known[i].kind) == 0)
            return known[i].word;
    return CS_WORD_CONTACT;
}

static const char *with_hours(cs_form *form, const char *value, const char *hours)
{
    return hours[0] ? cs_form_join(form, (const char *const[]){value, " (", hours, ")", NULL}) : value;
}

consent_status cs_form_controller_fields(cs_form *form, const cs_policy *policy, const cs_texts *texts,
                                         consent_error *err)
{
    const char *name = cs_texts_get(texts, policy->controller_name, form->locale);
    if (!name[0])
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: policy '%s' lacks the controller's name (PIPL 17), add it", policy->id);
    cs_form_add_field(form, "controller", cs_form_word(form->locale, CS_WORD_CONTROLLER), name, 0);
    bool any = false;
    for (uint16_t i = 0; i < policy->contact_count; i++) {
        const cs_contact *contact = &policy->contacts[i];
        const char *value = cs_texts_get(texts, contact->value, form->locale);
        if (!value[0])
            continue;
        any = true;
        cs_form_add_field(form, cs_form_compose(form, "contact:%s", contact->kind),
                          cs_form_word(form->locale, contact_word(contact->kind)),
                          with_hours(form, value, cs_texts_get(texts, contact->hours, form->locale)), 0);
    }
    if (!any)
        return cs_fail(err, CONSENT_E_REJECTED, 0,
                       "the form was not built: policy '%s' lacks the controller's contacts (PIPL 17), add one",
                       policy->id);
    return CONSENT_OK;
}

/* ---- the purpose ---------------------------------------------------------------------------- */

/* One field being put; the first that is missing though required ends the form. */
typedef struct filling {
    cs_form *form;
    const cs_form_subject *subject;
    const char *missing; /* id of the first required field without a text */
    const char *source;  /* the article that asks for it */
} filling;

static void put(filling *fill, const char *id, cs_word label, const char *value, const char *required_by)
{
    if (value)
        cs_form_add_field(fill->form, id, cs_form_word(fill->subject->locale, label), value, 0);
    else if (required_by && !fill->missing) {
        fill->missing = id;
        fill->source = required_by;
    }
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
    const cs_form_subject *subject = fill->subject;
    const cs_recipient *recipient = subject->recipient;
    const char *locale = subject->locale;
    put(fill, "recipient", CS_WORD_RECIPIENT, cs_form_text(subject, recipient->name), source);
    put(fill, "recipient-contact", CS_WORD_RECIPIENT_CONTACT, cs_form_text(subject, recipient->contact), source);
    put(fill, "developer", CS_WORD_DEVELOPER, cs_form_text(subject, recipient->developer), NULL);
    const char *country = recipient->country;
    if (country && strcmp(country, "CN") == 0)
        country = cs_form_word(locale, CS_WORD_CHINA);
    put(fill, "country", CS_WORD_COUNTRY, country, NULL);
    if (recipient->policy_url) {
        put(fill, "recipient-policy", CS_WORD_RECIPIENT_POLICY, recipient->policy_url, NULL);
        if (!fill->form->failed)
            fill->form->fields[fill->form->field_count - 1].href = cs_form_keep(fill->form, recipient->policy_url);
    }
    if (acts_for_itself(recipient))
        put(fill, "recipient-rules", CS_WORD_RECIPIENT_RULES, cs_form_word(locale, CS_WORD_RECIPIENT_RULES_TEXT), NULL);
}

consent_status cs_form_recipient_fields(cs_form *form, const cs_form_subject *subject, const char *source,
                                        consent_error *err)
{
    filling fill = {.form = form, .subject = subject};
    put_recipient(&fill, source);
    if (!subject->recipient->policy_url && !fill.missing) {
        fill.missing = "recipient-policy";
        fill.source = "C80";
    }
    if (!fill.missing)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_REJECTED, 0,
                   "the form was not built: recipient '%s' of policy '%s' lacks '%s' (%s), add it to the policy",
                   subject->recipient->id, subject->policy->id, fill.missing, fill.source);
}

/* What can be done without says so, and when and why it is wanted (C33, C47 to C51). */
static const char *with_need(cs_form *form, const cs_form_subject *subject, const cs_purpose_data *wanted,
                             const char *name)
{
    if (!name || wanted->need == CS_NEED_REQUIRED)
        return name;
    const char *why = cs_form_text(subject, wanted->reason);
    const char *need =
        cs_form_word(subject->locale, wanted->need == CS_NEED_OPTIONAL ? CS_WORD_OPTIONAL : CS_WORD_CONDITIONAL);
    return cs_form_join(form, (const char *const[]){name, " (", need, why ? ": " : ")", why ? why : NULL, ")", NULL});
}

static void put_datum(filling *fill, const cs_purpose_data *wanted, const char *prefix, cs_word label)
{
    const cs_form_subject *subject = fill->subject;
    const cs_data_item *item = &subject->policy->data[wanted->item];
    const char *name = with_need(fill->form, subject, wanted, cs_form_text(subject, item->name));
    put(fill, cs_form_compose(fill->form, "%s:%s", prefix, item->id), label, name, "PIPL 17");
    if (name && item->sensitive && !fill->form->failed)
        fill->form->fields[fill->form->field_count - 1].emphasis = 2;
}

/* Which way data go: what is used or given, and what comes from the other party. A launch tells of both (C81). */
static void put_data(filling *fill)
{
    const cs_form_subject *subject = fill->subject;
    const cs_policy *policy = subject->policy;
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

static const char *method_text(const cs_form_subject *subject)
{
    const char *own = subject->via ? cs_form_text(subject, subject->via->method) : NULL;
    return own ? own : cs_form_text(subject, subject->purpose->method);
}

static const char *retention_text(cs_form *form, const cs_form_subject *subject)
{
    const cs_retention *retention = &subject->purpose->retention;
    const char *locale = subject->locale;
    const char *then = cs_form_word(locale, retention->at_expiry == CS_AT_EXPIRY_ANONYMISE ? CS_WORD_THEN_ANONYMISED
                                                                                           : CS_WORD_THEN_DELETED);
    int64_t period_ms = retention->period_ms, childs_ms = form->child ? subject->policy->minors.retention_ms : 0;
    if (childs_ms > 0 && (period_ms <= 0 || childs_ms < period_ms))
        period_ms = childs_ms;
    if (period_ms <= 0)
        return cs_form_text(subject, retention->criterion);
    int64_t count = period_ms / CS_MINUTE_MS;
    cs_word unit = CS_WORD_MINUTES;
    if (period_ms % CS_DAY_MS == 0) {
        count = period_ms / CS_DAY_MS;
        unit = CS_WORD_DAYS;
    } else if (period_ms % CS_HOUR_MS == 0) {
        count = period_ms / CS_HOUR_MS;
        unit = CS_WORD_HOURS;
    }
    return cs_form_compose(form, "%" PRId64 "%s%s", count, cs_form_word(locale, unit), then);
}

const char *cs_form_consequence(const cs_form_subject *subject)
{
    const char *own = cs_form_text(subject, subject->purpose->consequence);
    const cs_function *function = cs_policy_function_of(subject->policy, subject->purpose);
    return own || !function ? own : cs_form_text(subject, function->refusal);
}

/* Separate and written consent need every field; an own or single consent needs purpose, data and consequence, the
 * rest standing in the policy that was accepted. A recipient's fields and sensitive data's are always needed. */
consent_status cs_form_purpose_fields(cs_form *form, const cs_form_subject *subject, consent_error *err)
{
    const cs_purpose *purpose = subject->purpose;
    filling fill = {.form = form, .subject = subject};
    cs_consent_form needed = cs_purpose_effective_form(subject->policy, purpose);
    bool full = needed == CS_FORM_SEPARATE || needed == CS_FORM_WRITTEN;
    bool sensitive = cs_form_is_sensitive(subject);

    if (subject->recipient)
        put_recipient(&fill, "PIPL 23");
    put(&fill, "purpose", CS_WORD_PURPOSE, cs_form_text(subject, purpose->text), "PIPL 17");
    put_data(&fill);
    put(&fill, "method", CS_WORD_METHOD, method_text(subject), full || subject->recipient ? "PIPL 17" : NULL);
    put(&fill, "necessity", CS_WORD_NECESSITY, cs_form_text(subject, purpose->necessity), sensitive ? "PIPL 30" : NULL);
    put(&fill, "impact", CS_WORD_IMPACT, cs_form_text(subject, purpose->impact), sensitive ? "PIPL 30" : NULL);
    put(&fill, "retention", CS_WORD_RETENTION, retention_text(form, subject), full ? "PIPL 17" : NULL);
    put(&fill, "consequence", CS_WORD_CONSEQUENCE, cs_form_consequence(subject), "PIPL 16");
    put(&fill, "withdrawal", CS_WORD_WITHDRAWAL,
        cs_form_word(subject->locale, needed == CS_FORM_ONCE ? CS_WORD_ONCE_TEXT : CS_WORD_WITHDRAWAL_TEXT), NULL);
    if (!fill.missing)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_REJECTED, 0,
                   "the form was not built: purpose '%s' of policy '%s' lacks '%s' (%s), add it to the policy",
                   purpose->id, subject->policy->id, fill.missing, fill.source);
}
