/* form: what must be shown for an occasion, what may be chosen, and what an answer records. Pure: builds from policy,
 * texts, document and state; a submission becomes events, which the profile records as one frame.
 *
 * A form is bound to profile, policy (hash), locale and exact wording; nothing is pre-ticked (but `manage`, which shows what
 * is in force); accept and refuse are of equal prominence; a form that lacks a field its form of consent requires is
 * not built. One thread at a time. */
#ifndef CS_FORM_H
#define CS_FORM_H

#include "decide/decide.h"
#include "policy/document.h"

#define CS_FORM_LIFETIME_MS (24 * CS_HOUR_MS)
#define CS_FORM_MAX_EVENTS 512u

typedef struct cs_form cs_form;

typedef struct cs_form_input {
    const cs_memory *memory;
    const cs_policy_set *policies;
    const cs_policy *policy; /* whose form it is: texts and document are this one's */
    const cs_texts *texts;
    const cs_document
        *document; /* in the form's locale; needed by forms about the policy as a whole, else may be NULL */
    const cs_document *child_rules; /* child_rules: their own text; NULL: there is none */
    const cs_state *state;
    const cs_now *now;
    const char *platform; /* whose permission names */
    int32_t occasion;     /* consent_occasion, never 0 */
    cs_query query;       /* purpose empty where the occasion needs none */
    const char *locale;
    bool user_initiated;
    bool guardian; /* the guardian acts; of itself with guardian and child_rules */
    cs_str notice; /* ad_hoc, notice: the host's JSON */
    uint64_t seen; /* backend cursor merged so far */
} cs_form_input;

/* The locale that a form asked for in `locale` (may be NULL) will have: that one when the policy has it, else its first. Its
 * document is the one to give to the build. Lives as long as the policy. */
const char *cs_form_locale(const cs_policy *policy, const char *locale);

/* Texts, document, state and query are not needed any more once it is built. E_REJECTED: asking is not allowed now, or a legally required field is missing (named). E_NOT_FOUND: undeclared name. */
consent_status cs_form_build(const cs_form_input *input, cs_form **out, consent_error *err);
void cs_form_free(cs_form *form);

/* Whether a form of this occasion may need the policy's document: all but those about one purpose or none. */
bool cs_form_wants_document(int32_t occasion);

/* The whole form as JSON (docs/json.md), and its parts in order for C hosts. */
void cs_form_json(const cs_form *form, cs_json_out *out);
const consent_form_part *cs_form_parts(const cs_form *form, size_t *count);
int32_t cs_form_occasion(const cs_form *form);
const cs_query *cs_form_query(const cs_form *form);
/* Exact content shown (canonical JSON of blocks, fields, choices, labels), and its SHA-256: evidence. */
cs_span cs_form_notice(const cs_form *form);
const uint8_t *cs_form_notice_hash(const cs_form *form);
int64_t cs_form_expires_ms(const cs_form *form);
const cs_policy *cs_form_policy(const cs_form *form); /* the input's, borrowed */

/* What was done with it, checked against the form's rules. On CONSENT_OK *events and *count are the events to record, in
 * order (seq, times and session are the profile's to fill), living in the form until its next submission. restrictive
 * says that some are refusals or withdrawals, which must hold in memory even if the disk fails. E_REJECTED names the item. */
consent_status cs_form_submit(cs_form *form, const consent_submission *submission, int64_t shown_ms, int64_t now_ms,
                              const cs_event **events, size_t *count, bool *restrictive, consent_error *err);
/* Permission forms: prompted and result as events. */
consent_status cs_form_permission_result(cs_form *form, consent_os_state result, int64_t shown_ms, int64_t now_ms,
                                         const cs_event **events, size_t *count, consent_error *err);

#endif
