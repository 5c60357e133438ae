/* What answers are called; public names, kept beside what they name so that inner modules can say them, too. */
#include "decide/decide.h"

const char *consent_reason_name(consent_reason reason)
{
    static const char *const names[] = {
        "store_unavailable", "undeclared",         "service_ended",      "exempt",          "age_unknown",
        "minor_marketing",   "guardian_required",  "came_of_age",        "notice_required", "refused_before",
        "policy_declined",   "controller_changed", "terms_widened",      "not_asked",       "expired",
        "refused_recently",  "permission_needed",  "permission_refused", "confirm",         "consented",
        "login_needed",      "field_notice"};
    return (size_t)reason < CS_COUNT_OF(names) ? names[reason] : "unknown";
}

const char *consent_ground_name(consent_ground ground)
{
    static const char *const names[] = {"none",      "consent",         "contract",    "legal_duty",
                                        "emergency", "public_interest", "made_public", "other_law"};
    return (size_t)ground < CS_COUNT_OF(names) ? names[ground] : "unknown";
}
