/* What answers are called; public names, kept beside what they name so that inner modules can say them, too. */
#include "decide/decide.h"

const char *consent_reason_name(consent_reason reason)
{
    return cs_nth_text("store_unavailable\0undeclared\0service_ended\0exempt\0age_unknown\0"
                       "minor_marketing\0guardian_required\0came_of_age\0notice_required\0"
                       "refused_before\0policy_declined\0controller_changed\0terms_widened\0"
                       "not_asked\0expired\0refused_recently\0permission_needed\0"
                       "permission_refused\0confirm\0consented\0login_needed\0field_notice\0"
                       "unknown\0",
                       (size_t)reason);
}

const char *consent_ground_name(consent_ground ground)
{
    return cs_nth_text("none\0consent\0contract\0legal_duty\0emergency\0public_interest\0"
                       "made_public\0other_law\0unknown\0",
                       (size_t)ground);
}
