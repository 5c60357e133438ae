/* What each event is called and which way it may move a decision. */
#include "event/event.h"

typedef struct kind {
    const char *name;
    cs_polarity polarity;
} kind;

/* The one table of polarities, indexed by type. Whether an act replaces another permissive one is a matter
 * of history: the state adds that. What changes who the person is taken to be, or what time it is, can move a
 * decision either way. permission_result is settled by its content below. */
static const kind kinds[] = {
    [CS_EVENT_NOTICE_SHOWN] = {"notice_shown", CS_NEUTRAL},
    [CS_EVENT_POLICY_ACCEPTED] = {"policy_accepted", CS_PERMISSIVE},
    [CS_EVENT_POLICY_DECLINED] = {"policy_declined", CS_RESTRICTIVE},
    [CS_EVENT_GRANTED] = {"granted", CS_PERMISSIVE},
    [CS_EVENT_DENIED] = {"denied", CS_RESTRICTIVE},
    [CS_EVENT_WITHDRAWN] = {"withdrawn", CS_RESTRICTIVE},
    [CS_EVENT_USED_ONCE] = {"used_once", CS_RESTRICTIVE},
    [CS_EVENT_PERMISSION_PROMPTED] = {"permission_prompted", CS_NEUTRAL},
    [CS_EVENT_PERMISSION_RESULT] = {"permission_result", CS_RESTRICTIVE},
    [CS_EVENT_PERMISSION_REVOKED] = {"permission_revoked", CS_RESTRICTIVE},
    [CS_EVENT_ACCOUNT_BOUND] = {"account_bound", CS_PERMISSIVE_AND_RESTRICTIVE},
    [CS_EVENT_ACCOUNT_UNBOUND] = {"account_unbound", CS_PERMISSIVE_AND_RESTRICTIVE},
    [CS_EVENT_AGE_DECLARED] = {"age_declared", CS_PERMISSIVE_AND_RESTRICTIVE},
    [CS_EVENT_AGE_SIGNALLED] = {"age_signalled", CS_PERMISSIVE_AND_RESTRICTIVE},
    [CS_EVENT_GUARDIAN_VERIFIED] = {"guardian_verified", CS_PERMISSIVE},
    [CS_EVENT_GUARDIAN_REVOKED] = {"guardian_revoked", CS_RESTRICTIVE},
    [CS_EVENT_KEY_CONFIRMED] = {"key_confirmed", CS_PERMISSIVE},
    [CS_EVENT_GROUND_RELIED_ON] = {"ground_relied_on", CS_NEUTRAL},
    [CS_EVENT_USAGE] = {"usage", CS_NEUTRAL},
    [CS_EVENT_REQUEST_OPENED] = {"request_opened", CS_NEUTRAL},
    [CS_EVENT_REQUEST_UPDATED] = {"request_updated", CS_NEUTRAL},
    [CS_EVENT_NOTICE_RECEIVED] = {"notice_received", CS_NEUTRAL},
    [CS_EVENT_NOTICE_ACKNOWLEDGED] = {"notice_acknowledged", CS_NEUTRAL},
    [CS_EVENT_IMPORTED] = {"imported", CS_PERMISSIVE},
    [CS_EVENT_ERASED] = {"erased", CS_RESTRICTIVE},
    [CS_EVENT_RECOVERED] = {"recovered", CS_RESTRICTIVE},
    [CS_EVENT_SYNC_ACKNOWLEDGED] = {"sync_acknowledged", CS_PERMISSIVE_AND_RESTRICTIVE},
    [CS_EVENT_PURGED] = {"purged", CS_NEUTRAL},
};

static const char *const actors[] = {"self", "guardian", "support", "system"};

static bool is_known(uint32_t type)
{
    return type > 0 && type < CS_COUNT_OF(kinds);
}

const char *cs_event_type_name(uint32_t type)
{
    return is_known(type) ? kinds[type].name : "unknown";
}

const char *cs_actor_name(uint32_t actor)
{
    return actor < CS_COUNT_OF(actors) ? actors[actor] : "unknown";
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
    return kinds[event->type].polarity;
}
