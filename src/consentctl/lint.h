/* lint: a policy folder against the rules of design.md section 3, each with an id, a severity and its legal source. It reads the
 * JSON as the authors wrote it, so that one run tells everything; whether the engine would take the policy is the last rule. */
#ifndef CS_LINT_H
#define CS_LINT_H

#include "consentctl/authoring.h"
#include "policy/document.h"

typedef enum cs_severity {
    CS_LINT_WARNING = 1,
    CS_LINT_ERROR = 2
} cs_severity;

typedef struct cs_lint cs_lint;

typedef struct cs_lint_rule {
    const char *id;
    cs_severity severity;
    const char *source;  /* where the rule comes from */
    const char *summary; /* what it looks for */
    void (*check)(cs_lint *lint);
} cs_lint_rule;

typedef struct cs_finding {
    const cs_lint_rule *rule;
    char where[160];
    char message[240];
} cs_finding;

struct cs_lint {
    const cs_memory *memory;
    cs_source source;
    const cs_json *root;
    cs_document *documents[CS_POLICY_MAX_LOCALES]; /* NULL where it is missing */
    cs_buffer findings;                            /* of cs_finding */
    const cs_lint_rule *rule;                      /* being checked */
};

/* Ends with a row without id. */
extern const cs_lint_rule cs_lint_rules[];

/* E_NOT_FOUND or E_ARGUMENT when policy.json cannot be read at all; findings are no failure. */
consent_status cs_lint_run(const cs_memory *memory, const char *folder, cs_lint *lint, consent_error *err);
void cs_lint_free(cs_lint *lint);
size_t cs_lint_finding_count(const cs_lint *lint);
const cs_finding *cs_lint_finding(const cs_lint *lint, size_t index);
size_t cs_lint_count_of(const cs_lint *lint, cs_severity severity);

/* ---- for the rules -------------------------------------------------------------------------- */

/* `list[index] (id)` when list is given; `name` alone otherwise. */
void cs_lint_report(cs_lint *lint, const char *list, const cs_json *entry, const char *fmt, ...) CS_PRINTF(4, 5);
const cs_json *cs_lint_first(const cs_lint *lint, const char *list);
/* The entry of a root list with that id, or NULL. */
const cs_json *cs_lint_find(const cs_lint *lint, const char *list, cs_str id);
cs_str cs_lint_string(const cs_json *object, const char *name);
/* A text map with something in it, or a string. */
bool cs_lint_has_text(const cs_json *object, const char *name);
/* The id of a list entry that is a string or an object with "id". */
cs_str cs_lint_id(const cs_json *entry);
bool cs_lint_is_one_of(cs_str text, const char *const *list); /* the list ends with NULL */
bool cs_lint_exempt(const cs_json *purpose);                  /* it claims another ground than consent */
bool cs_lint_on_consent(const cs_json *purpose);              /* its ground is consent, and its data need one */
bool cs_lint_in_basic(const cs_lint *lint, const cs_json *purpose);
bool cs_lint_is_separate(const cs_json *purpose); /* separate or written */

#define CS_LINT_RULE(name) void cs_lint_##name(cs_lint *lint)
CS_LINT_RULE(controller_name);
CS_LINT_RULE(controller_contact);
CS_LINT_RULE(recipient_name);
CS_LINT_RULE(recipient_contact);
CS_LINT_RULE(recipient_data);
CS_LINT_RULE(recipient_purpose);
CS_LINT_RULE(recipient_method);
CS_LINT_RULE(recipient_abroad);
CS_LINT_RULE(sdk_details);
CS_LINT_RULE(external_policy);
CS_LINT_RULE(purpose_text);
CS_LINT_RULE(purpose_method);
CS_LINT_RULE(policy_consequence);
CS_LINT_RULE(function_refusal);
CS_LINT_RULE(sharing_form);
CS_LINT_RULE(sensitive_form);
CS_LINT_RULE(sensitive_necessity);
CS_LINT_RULE(sensitive_impact);
CS_LINT_RULE(basic_permission);
CS_LINT_RULE(basic_additional);
CS_LINT_RULE(basic_optional_data);
CS_LINT_RULE(function_needs);
CS_LINT_RULE(exemption_kind);
CS_LINT_RULE(exemption_sharing);
CS_LINT_RULE(identity_advertising);
CS_LINT_RULE(off_switch);
CS_LINT_RULE(market_channel);
CS_LINT_RULE(retention);
CS_LINT_RULE(unused_data);
CS_LINT_RULE(permission_consequence);
CS_LINT_RULE(permission_text);
CS_LINT_RULE(permission_call_site);
CS_LINT_RULE(accept_label);
CS_LINT_RULE(refuse_label);
CS_LINT_RULE(locale_zh_cn);
CS_LINT_RULE(translation);
CS_LINT_RULE(child_rules);
CS_LINT_RULE(child_facts);
CS_LINT_RULE(child_document);
CS_LINT_RULE(child_retention);
CS_LINT_RULE(age_purpose);
CS_LINT_RULE(minor_declaration);
CS_LINT_RULE(closing_notice);
CS_LINT_RULE(effective_notice);
CS_LINT_RULE(region_missing);
CS_LINT_RULE(region_foreign);
CS_LINT_RULE(cooldown);
CS_LINT_RULE(rights_reply);
CS_LINT_RULE(rights_kinds);
CS_LINT_RULE(document);
CS_LINT_RULE(section);
CS_LINT_RULE(sensitive_emphasis);
CS_LINT_RULE(invalid);

#endif
