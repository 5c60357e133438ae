#include "consentctl/scenario_schema.h"

#include <string.h>

static const char *const occasion_names[] = {
    "auto", "first_run", "update",      "own",     "separate", "once",   "permission", "manage",
    "age",  "guardian",  "child_rules", "confirm", "field",    "ad_hoc", "external",   "notice"};
static const char *const os_names[] = {"unknown", "granted", "denied", "blocked"};
static const char *const decision_names[] = {"deny", "ask", "allow"};

static bool find(const char *const *names, size_t count, cs_str name, int32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (cs_str_is(name, names[i])) {
            *out = (int32_t)i;
            return true;
        }
    }
    return false;
}

bool cs_occasion_find(cs_str name, int32_t *out)
{
    return find(occasion_names, CS_COUNT_OF(occasion_names), name, out);
}

const char *cs_occasion_name(int32_t occasion)
{
    return occasion >= 0 && (size_t)occasion < CS_COUNT_OF(occasion_names) ? occasion_names[occasion] : "unknown";
}

int32_t cs_data_state_of(cs_str name)
{
    static const char *const states[] = {"identified", "deidentified", "anonymised"};
    for (size_t i = 0; i < CS_COUNT_OF(states); i++)
        if (cs_str_is(name, states[i]))
            return (int32_t)i;
    return name.size == 0 ? CONSENT_DATA_IDENTIFIED : -1;
}

bool cs_os_state_find(cs_str name, consent_os_state *out)
{
    int32_t found = 0;
    if (!find(os_names, CS_COUNT_OF(os_names), name, &found))
        return false;
    *out = (consent_os_state)found;
    return true;
}

bool cs_status_find(cs_str name, consent_status *out)
{
    for (int i = 0; i <= CONSENT_E_FORKED; i++) {
        if (cs_str_is(name, consent_status_name((consent_status)i))) {
            *out = (consent_status)i;
            return true;
        }
    }
    return false;
}

bool cs_decision_find(cs_str name, int32_t *out)
{
    return find(decision_names, CS_COUNT_OF(decision_names), name, out);
}

const char *cs_decision_name(int32_t decision)
{
    return decision >= 0 && (size_t)decision < CS_COUNT_OF(decision_names) ? decision_names[decision] : "deny";
}

bool cs_reason_find(cs_str name, int32_t *out)
{
    for (int i = 0; strcmp(consent_reason_name((consent_reason)i), "unknown") != 0; i++) {
        if (cs_str_is(name, consent_reason_name((consent_reason)i))) {
            *out = i;
            return true;
        }
    }
    return false;
}
