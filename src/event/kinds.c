/* What each event is called and which way it may move a decision. */
#include "event/event.h"

/* By type, from 1; whatever is none of them comes last. */
static const char names[] = "notice_shown\0"
                            "policy_accepted\0"
                            "policy_declined\0"
                            "granted\0"
                            "denied\0"
                            "withdrawn\0"
                            "used_once\0"
                            "permission_prompted\0"
                            "permission_result\0"
                            "permission_revoked\0"
                            "account_bound\0"
                            "account_unbound\0"
                            "age_declared\0"
                            "age_signalled\0"
                            "guardian_verified\0"
                            "guardian_revoked\0"
                            "key_confirmed\0"
                            "ground_relied_on\0"
                            "usage\0"
                            "request_opened\0"
                            "request_updated\0"
                            "notice_received\0"
                            "notice_acknowledged\0"
                            "imported\0"
                            "erased\0"
                            "recovered\0"
                            "sync_acknowledged\0"
                            "purged\0"
                            "unknown\0";

/* The one table of polarities, indexed by type. Whether an act replaces another permissive one is a matter
 * of history: the state adds that. What changes who the person is taken to be, or what time it is, can move a
 * decision either way. permission_result is settled by its content below. */
static const uint8_t polarities[] = {
    [CS_EVENT_NOTICE_SHOWN] = CS_NEUTRAL,
    [CS_EVENT_POLICY_ACCEPTED] = CS_PERMISSIVE,
    [CS_EVENT_POLICY_DECLINED] = CS_RESTRICTIVE,
    [CS_EVENT_GRANTED] = CS_PERMISSIVE,
    [CS_EVENT_DENIED] = CS_RESTRICTIVE,
    [CS_EVENT_WITHDRAWN] = CS_RESTRICTIVE,
    [CS_EVENT_USED_ONCE] = CS_RESTRICTIVE,
    [CS_EVENT_PERMISSION_PROMPTED] = CS_NEUTRAL,
    [CS_EVENT_PERMISSION_RESULT] = CS_RESTRICTIVE,
    [CS_EVENT_PERMISSION_REVOKED] = CS_RESTRICTIVE,
    [CS_EVENT_ACCOUNT_BOUND] = CS_PERMISSIVE_AND_RESTRICTIVE,
    [CS_EVENT_ACCOUNT_UNBOUND] = CS_PERMISSIVE_AND_RESTRICTIVE,
    [CS_EVENT_AGE_DECLARED] = CS_PERMISSIVE_AND_RESTRICTIVE,
    [CS_EVENT_AGE_SIGNALLED] = CS_PERMISSIVE_AND_RESTRICTIVE,
    [CS_EVENT_GUARDIAN_VERIFIED] = CS_PERMISSIVE,
    [CS_EVENT_GUARDIAN_REVOKED] = CS_RESTRICTIVE,
    [CS_EVENT_KEY_CONFIRMED] = CS_PERMISSIVE,
    [CS_EVENT_GROUND_RELIED_ON] = CS_NEUTRAL,
    [CS_EVENT_USAGE] = CS_NEUTRAL,
    [CS_EVENT_REQUEST_OPENED] = CS_NEUTRAL,
    [CS_EVENT_REQUEST_UPDATED] = CS_NEUTRAL,
    [CS_EVENT_NOTICE_RECEIVED] = CS_NEUTRAL,
    [CS_EVENT_NOTICE_ACKNOWLEDGED] = CS_NEUTRAL,
    [CS_EVENT_IMPORTED] = CS_PERMISSIVE,
    [CS_EVENT_ERASED] = CS_RESTRICTIVE,
    [CS_EVENT_RECOVERED] = CS_RESTRICTIVE,
    [CS_EVENT_SYNC_ACKNOWLEDGED] = CS_PERMISSIVE_AND_RESTRICTIVE,
    [CS_EVENT_PURGED] = CS_NEUTRAL,
};

static bool is_known(uint32_t type)
{
    return type > 0 && type < CS_COUNT_OF(polarities);
}

const char *cs_event_type_name(uint32_t type)
{
    return cs_nth_text(names, (size_t)type - 1);
}

const char *cs_actor_name(uint32_t actor)
{
    return cs_nth_text("self\0guardian\0support\0system\0unknown\0", actor);
}

bool cs_event_is_field_notice(const cs_event *event)
{
    return event->type == CS_EVENT_NOTICE_SHOWN && event->purpose.size != 0 && event->data_count != 0 &&
           cs_str_is(event->control, "accept") &&
           (cs_str_is(event->detail, "field") || cs_str_is(event->detail, "ad_hoc"));
}

cs_polarity cs_event_polarity(const cs_event *event)
{
    if (!is_known(event->type))
        return CS_RESTRICTIVE;
    if (event->type == CS_EVENT_PERMISSION_RESULT && event->os_state == CONSENT_OS_GRANTED)
        return CS_PERMISSIVE;
    if (cs_event_is_field_notice(event))
        return CS_PERMISSIVE;
    return (cs_polarity)polarities[event->type];
}
