#include "consentctl/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_FINDINGS_BYTES (4u * 1024u * 1024u)

const cs_lint_rule cs_lint_rules[] = {
    {"controller-name", CS_LINT_ERROR, "PIPL 17(1)(1); C8", "the controller's name", cs_lint_controller_name},
    {"controller-contact", CS_LINT_ERROR, "PIPL 17(1)(1); C6, C168", "a way to reach the controller",
     cs_lint_controller_contact},
    {"recipient-name", CS_LINT_ERROR, "PIPL 23; C96", "each recipient's name", cs_lint_recipient_name},
    {"recipient-contact", CS_LINT_ERROR, "PIPL 23; C96", "each recipient's contact", cs_lint_recipient_contact},
    {"recipient-data", CS_LINT_ERROR, "PIPL 23; C96", "the data that go to each recipient", cs_lint_recipient_data},
    {"recipient-purpose", CS_LINT_WARNING, "PIPL 23; C95", "recipients without a purpose", cs_lint_recipient_purpose},
    {"recipient-method", CS_LINT_ERROR, "PIPL 23; C96", "how data go to each recipient", cs_lint_recipient_method},
    {"recipient-abroad", CS_LINT_ERROR, "PIPL 39; C114", "recipients abroad without separate consent",
     cs_lint_recipient_abroad},
    {"sdk-details", CS_LINT_ERROR, "App rules 2.1; C65, C109", "developer and version of each SDK",
     cs_lint_sdk_details},
    {"external-policy", CS_LINT_WARNING, "C14, C80", "the policy of mini programs and account providers",
     cs_lint_external_policy},
    {"purpose-text", CS_LINT_ERROR, "PIPL 17(1)(2)", "name and text of each purpose", cs_lint_purpose_text},
    {"purpose-method", CS_LINT_ERROR, "PIPL 17(1)(2), 30", "how a separately consented purpose is carried out",
     cs_lint_purpose_method},
    {"policy-consequence", CS_LINT_ERROR, "C5", "what refusing the policy costs", cs_lint_policy_consequence},
    {"function-refusal", CS_LINT_ERROR, "PIPL 16; C19, C20", "what refusing a function costs",
     cs_lint_function_refusal},
    {"sharing-form", CS_LINT_ERROR, "PIPL 23, 25; C55, C78, C103",
     "sharing, publishing, launching without separate consent", cs_lint_sharing_form},
    {"sensitive-form", CS_LINT_ERROR, "PIPL 29; C122, C123", "sensitive data without separate or written consent",
     cs_lint_sensitive_form},
    {"sensitive-necessity", CS_LINT_ERROR, "PIPL 30; C122", "why sensitive data are necessary",
     cs_lint_sensitive_necessity},
    {"sensitive-impact", CS_LINT_ERROR, "PIPL 30; C122", "how sensitive data affect the person",
     cs_lint_sensitive_impact},
    {"basic-permission", CS_LINT_ERROR, "PIPL 16; C66", "basic functions that need a system permission",
     cs_lint_basic_permission},
    {"basic-additional", CS_LINT_ERROR, "PIPL 16; C20", "basic functions that need what is additional by its kind",
     cs_lint_basic_additional},
    {"basic-optional-data", CS_LINT_ERROR, "PIPL 16; C20", "optional data taken along by accepting the policy",
     cs_lint_basic_optional_data},
    {"function-needs", CS_LINT_ERROR, "PIPL 16; C19, C20",
     "functions that need what a person may refuse, or what is not there", cs_lint_function_needs},
    {"exemption-kind", CS_LINT_ERROR, "PIPL 13, 24, 25; C86", "kinds that no exemption covers", cs_lint_exemption_kind},
    {"exemption-sharing", CS_LINT_ERROR, "PIPL 13, 23; C105", "exempt sharing with advertising or analytics",
     cs_lint_exemption_sharing},
    {"identity-advertising", CS_LINT_ERROR, "C106", "identity data for advertising or analytics among other data",
     cs_lint_identity_advertising},
    {"off-switch", CS_LINT_ERROR, "PIPL 24; Network Data Regulation 42",
     "automation and marketing without an off switch", cs_lint_off_switch},
    {"market-channel", CS_LINT_ERROR, "Consumer Protection Law 29(3); C148", "the channel of marketing",
     cs_lint_market_channel},
    {"retention", CS_LINT_ERROR, "PIPL 19; Network Data Regulation 21(3); C115, C116",
     "period or criterion of retention", cs_lint_retention},
    {"unused-data", CS_LINT_WARNING, "PIPL 6", "data that no purpose uses", cs_lint_unused_data},
    {"permission-consequence", CS_LINT_ERROR, "C71", "what refusing a permission costs",
     cs_lint_permission_consequence},
    {"permission-text", CS_LINT_ERROR, "App rules 2.3; C67, C69", "the text of each call site",
     cs_lint_permission_text},
    {"permission-call-site", CS_LINT_WARNING, "C69", "permissions without a call site", cs_lint_permission_call_site},
    {"accept-label", CS_LINT_ERROR, "App rules 3.4; C3, C23", "an accept label that says what is accepted",
     cs_lint_accept_label},
    {"refuse-label", CS_LINT_ERROR, "PIPL 14, 16; C23", "a refuse label", cs_lint_refuse_label},
    {"locale-zh-cn", CS_LINT_ERROR, "App rules 1.4", "simplified Chinese", cs_lint_locale_zh_cn},
    {"translation", CS_LINT_ERROR, "PIPL 17", "texts in every declared locale", cs_lint_translation},
    {"child-rules", CS_LINT_ERROR, "PIPL 31; C131", "child rules beside an age gate", cs_lint_child_rules},
    {"child-facts", CS_LINT_ERROR, "Children's Provisions 10; C131", "the six facts that a guardian is told",
     cs_lint_child_facts},
    {"child-document", CS_LINT_ERROR, "Children's Provisions 8; C131", "child rules as a document of their own",
     cs_lint_child_document},
    {"child-retention", CS_LINT_ERROR, "PIPL 19; Children's Provisions 12; C133",
     "how long a child's data is kept at most", cs_lint_child_retention},
    {"age-purpose", CS_LINT_ERROR, "PIPL 17; C136", "the purpose that asking for an age serves", cs_lint_age_purpose},
    {"minor-declaration", CS_LINT_ERROR, "PIPL 31; C52, C83", "a declaration before a minor's details are entered",
     cs_lint_minor_declaration},
    {"closing-notice", CS_LINT_ERROR, "E-commerce Law 16; C88", "thirty days' notice of closing",
     cs_lint_closing_notice},
    {"effective-notice", CS_LINT_ERROR, "E-commerce Law 34; C154", "seven days between publishing and effect",
     cs_lint_effective_notice},
    {"region-missing", CS_LINT_ERROR, "PIPL 36, 40; C114", "where data are stored", cs_lint_region_missing},
    {"region-foreign", CS_LINT_ERROR, "PIPL 38 to 40; C114", "storage outside China", cs_lint_region_foreign},
    {"cooldown", CS_LINT_ERROR, "Network Data Regulation 22(5); App rules 3.2", "48 hours of quiet after a no",
     cs_lint_cooldown},
    {"rights-reply", CS_LINT_ERROR, "PIPL 50; C167", "an answer within 15 working days", cs_lint_rights_reply},
    {"rights-kinds", CS_LINT_WARNING, "PIPL 44 to 47; C137", "the rights that the law gives", cs_lint_rights_kinds},
    {"document", CS_LINT_ERROR, "PIPL 17(3)", "a readable document for each locale", cs_lint_document},
    {"section", CS_LINT_ERROR, "PIPL 17(1)(2); C7", "a document section for each purpose", cs_lint_section},
    {"sensitive-emphasis", CS_LINT_ERROR, "Civil Code 496; C2, C15", "sensitive data in bold and underlined",
     cs_lint_sensitive_emphasis},
    {"invalid", CS_LINT_ERROR, "policy schema 1", "what the engine refuses", cs_lint_invalid},
    {NULL, CS_LINT_WARNING, NULL, NULL, NULL},
};

/* ---- running ------------------------------------------------------------------------------- */

static void open_documents(cs_lint *lint)
{
    for (uint32_t i = 0; i < lint->source.locale_count; i++) {
        const cs_buffer *text = &lint->source.documents[i];
        if (text->size > 0)
            (void)cs_document_parse(lint->memory, (cs_str){(const char *)text->data, text->size}, "document",
                                    &lint->documents[i], &lint->source.document_errors[i]);
    }
}

consent_status cs_lint_run(const cs_memory *memory, const char *folder, cs_lint *lint, consent_error *err)
{
    memset(lint, 0, sizeof *lint);
    lint->memory = memory;
    cs_buffer_init(&lint->findings, memory, MAX_FINDINGS_BYTES);
    consent_status status = cs_source_open(memory, folder, true, &lint->source, err);
    if (status != CONSENT_OK)
        return status;
    lint->root = lint->source.json.root;
    open_documents(lint);
    for (lint->rule = cs_lint_rules; lint->rule->id; lint->rule++)
        lint->rule->check(lint);
    status = cs_buffer_status(&lint->findings, "the findings", err);
    if (status != CONSENT_OK)
        cs_lint_free(lint);
    return status;
}

void cs_lint_free(cs_lint *lint)
{
    for (uint32_t i = 0; i < CS_POLICY_MAX_LOCALES; i++)
        if (lint->documents[i])
            cs_document_free(lint->documents[i]);
    if (lint->findings.memory)
        cs_buffer_free(&lint->findings);
    cs_source_free(&lint->source);
    memset(lint, 0, sizeof *lint);
}

size_t cs_lint_finding_count(const cs_lint *lint)
{
    return lint->findings.size / sizeof(cs_finding);
}

const cs_finding *cs_lint_finding(const cs_lint *lint, size_t index)
{
    return (const cs_finding *)(const void *)lint->findings.data + index;
}

size_t cs_lint_count_of(const cs_lint *lint, cs_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < cs_lint_finding_count(lint); i++)
        count += cs_lint_finding(lint, i)->rule->severity == severity;
    return count;
}

/* ---- for the rules ------------------------------------------------------------------------- */

const cs_json *cs_lint_first(const cs_lint *lint, const char *list)
{
    return cs_json_first(cs_json_get(lint->root, list));
}

cs_str cs_lint_string(const cs_json *object, const char *name)
{
    return cs_json_str(cs_json_get(object, name));
}

cs_str cs_lint_id(const cs_json *entry)
{
    return cs_json_type_of(entry) == CS_JSON_STRING ? cs_json_str(entry) : cs_lint_string(entry, "id");
}

const cs_json *cs_lint_find(const cs_lint *lint, const char *list, cs_str id)
{
    for (const cs_json *at = cs_lint_first(lint, list); at; at = cs_json_next(at))
        if (cs_str_equal(cs_lint_string(at, "id"), id))
            return at;
    return NULL;
}

bool cs_lint_has_text(const cs_json *object, const char *name)
{
    const cs_json *text = cs_json_get(object, name);
    if (cs_json_type_of(text) == CS_JSON_STRING)
        return cs_json_str(text).size > 0;
    for (const cs_json *at = cs_json_first(text); at; at = cs_json_next(at))
        if (cs_json_str(at).size > 0)
            return true;
    return false;
}

bool cs_lint_is_one_of(cs_str text, const char *const *list)
{
    for (; *list; list++)
        if (cs_str_is(text, *list))
            return true;
    return false;
}

bool cs_lint_exempt(const cs_json *purpose)
{
    cs_str ground = cs_lint_string(purpose, "ground");
    return ground.size != 0 && !cs_str_is(ground, "consent");
}

bool cs_lint_on_consent(const cs_json *purpose)
{
    return !cs_lint_exempt(purpose) && !cs_str_is(cs_lint_string(purpose, "data_state"), "anonymised");
}

bool cs_lint_in_basic(const cs_lint *lint, const cs_json *purpose)
{
    const cs_json *function = cs_lint_find(lint, "functions", cs_lint_string(purpose, "function"));
    return cs_str_is(cs_lint_string(function, "kind"), "basic");
}

bool cs_lint_is_separate(const cs_json *purpose)
{
    static const char *const forms[] = {"separate", "written", NULL};
    return cs_lint_is_one_of(cs_lint_string(purpose, "form"), forms);
}

static unsigned index_in(const cs_lint *lint, const char *list, const cs_json *entry)
{
    unsigned index = 0;
    for (const cs_json *at = cs_lint_first(lint, list); at && at != entry; at = cs_json_next(at))
        index++;
    return index;
}

void cs_lint_report(cs_lint *lint, const char *list, const cs_json *entry, const char *fmt, ...)
{
    cs_finding finding = {.rule = lint->rule};
    cs_str id = cs_lint_id(entry);
    if (!entry)
        (void)snprintf(finding.where, sizeof finding.where, "%s", list);
    else if (id.size > 0)
        (void)snprintf(finding.where, sizeof finding.where, "%s[%u] (%.*s)", list, index_in(lint, list, entry),
                       (int)(id.size < 96 ? id.size : 96), id.data);
    else
        (void)snprintf(finding.where, sizeof finding.where, "%s[%u]", list, index_in(lint, list, entry));
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(finding.message, sizeof finding.message, fmt, args);
    va_end(args);
    cs_buffer_append(&lint->findings, &finding, sizeof finding);
}
