/* Names as they stand in events, policies and JSON. Never renamed. */
#include "rights/rights.h"

static const char *const rights[] = {NULL,     "access",      "copy",        "port",           "correct",
                                     "delete", "restrict",    "withdraw",    "cancel_account", "explain",
                                     "appeal", "unsubscribe", "leak_report", "complaint"};
static const char *const states[] = {NULL,   "opened",    "needs_verification", "fee_quoted", "in_progress",
                                     "done", "done_live", "done_backup",        "refused",    "cancelled"};
static const char *const requesters[] = {"self", "guardian", "relative"};
static const char *const grounds[] = {NULL, "unlawful", "no_consent", "breach", "no_longer_used", "service_ended"};
static const char *const refusals[] = {NULL,          "unrelated",  "repeated",   "disproportionate", "risk_to_others",
                                       "impractical", "unverified", "law_forbids"};

static const char *name_of(const char *const *names, size_t count, int32_t value)
{
    return value >= 0 && (size_t)value < count ? names[value] : NULL;
}

static bool find(const char *const *names, size_t count, cs_str name, int32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] && cs_str_is(name, names[i])) {
            *out = (int32_t)i;
            return true;
        }
    }
    return false;
}

const char *cs_right_name(int32_t right)
{
    return name_of(rights, CS_COUNT_OF(rights), right);
}

bool cs_right_find(cs_str name, int32_t *right)
{
    return find(rights, CS_COUNT_OF(rights), name, right);
}

const char *cs_request_state_name(int32_t state)
{
    return name_of(states, CS_COUNT_OF(states), state);
}

bool cs_request_state_find(cs_str name, int32_t *state)
{
    return find(states, CS_COUNT_OF(states), name, state);
}

const char *cs_requester_name(int32_t by)
{
    return name_of(requesters, CS_COUNT_OF(requesters), by);
}

bool cs_requester_find(cs_str name, int32_t *by)
{
    return find(requesters, CS_COUNT_OF(requesters), name, by);
}

const char *cs_deletion_ground_name(int32_t ground)
{
    return name_of(grounds, CS_COUNT_OF(grounds), ground);
}

bool cs_deletion_ground_find(cs_str name, int32_t *ground)
{
    return find(grounds, CS_COUNT_OF(grounds), name, ground);
}

const char *cs_refusal_name(int32_t refusal)
{
    return name_of(refusals, CS_COUNT_OF(refusals), refusal);
}

bool cs_refusal_find(cs_str name, int32_t *refusal)
{
    return find(refusals, CS_COUNT_OF(refusals), name, refusal);
}
