/* Cool-downs: decisions.md section 5. C67, C68. */
#include "decide/scene.h"

#include <string.h>

static bool same_session(const cs_now *now, const cs_moment *moment)
{
    static const uint8_t none[CS_SESSION_ID_SIZE];
    return memcmp(now->session, moment->session, sizeof none) == 0 && memcmp(now->session, none, sizeof none) != 0;
}

static int64_t plus(int64_t time_ms, int64_t more_ms)
{
    return more_ms > INT64_MAX - time_ms ? INT64_MAX : time_ms + more_ms;
}

int64_t cs_decide_quiet_until(cs_scene *scene, const cs_moment *refused, int64_t cooldown_ms, int64_t lifetime_ms)
{
    if (refused->seq == 0)
        return 0;
    int64_t now_ms = scene->now->now_ms;
    if (cooldown_ms < CS_COOLDOWN_FLOOR_MS)
        cooldown_ms = CS_COOLDOWN_FLOOR_MS;
    int64_t until_ms = cooldown_ms == CS_NEVER_MS ? INT64_MAX : plus(refused->time_ms, cooldown_ms);
    if (cooldown_ms != CS_NEVER_MS) {
        if (same_session(scene->now, refused)) {
            int64_t passed_ms = scene->now->elapsed_ms - refused->elapsed_ms;
            int64_t left_ms = passed_ms < 0 ? cooldown_ms : cooldown_ms - passed_ms;
            if (left_ms > 0 && plus(now_ms, left_ms) > until_ms)
                until_ms = plus(now_ms, left_ms);
        }
        if (until_ms > plus(now_ms, cooldown_ms)) /* a remainder never exceeds the cool-down */
            until_ms = plus(now_ms, cooldown_ms);
    }
    if (lifetime_ms > 0 && plus(refused->time_ms, lifetime_ms) < until_ms)
        until_ms = plus(refused->time_ms, lifetime_ms);
    return cs_decide_reached(scene, until_ms) ? 0 : until_ms;
}

void cs_decide_later(cs_moment *last, const cs_moment *other)
{
    if (other->seq != 0 && (last->seq == 0 || other->time_ms > last->time_ms))
        *last = *other;
}

void cs_decide_later_act(cs_moment *last, const cs_act *act)
{
    if (act == NULL || (last->seq != 0 && act->time_ms <= last->time_ms))
        return;
    last->seq = act->seq == 0 ? 1 : act->seq;
    last->time_ms = act->time_ms;
    last->elapsed_ms = act->elapsed_ms;
    memcpy(last->session, act->session, sizeof last->session);
}

static const cs_act *later_act(const cs_scene *scene, const cs_act *a, const cs_act *b)
{
    return a == NULL || cs_state_compare_acts(scene->state, b, a) > 0 ? b : a;
}

void cs_decide_subject_refusal(const cs_scene *scene, cs_subject subject, const cs_layer *layer, bool item,
                               uint32_t version, const cs_str *data, cs_moment *last)
{
    cs_name name = data == NULL ? 0 : cs_state_name(scene->state, *data);
    const cs_act *latest = NULL;
    for (const cs_act *no = NULL; (no = cs_decide_next_act(scene, item ? scene->purpose : 0, no)) != NULL;) {
        /* The guardian's taking back of the yes rests like a no. */
        bool taken_back = subject == CS_SUBJECT_GUARDIAN_REQUIRED && !item && no->kind == CS_ACT_REFUSE &&
                          no->side == CS_SIDE_GUARDIAN;
        if (!taken_back && (no->kind != CS_ACT_SUBJECT || no->subject != (uint8_t)subject))
            continue;
        bool about = item ? cs_decide_about_item(scene, no) && no->recipient == scene->recipient &&
                                (no->data == 0 || no->data == name)
                          : no->policy == layer->name;
        uint32_t said_to = item && no->overlay == layer->name ? no->overlay_version : no->version;
        if (about && (version == 0 || said_to == version))
            latest = later_act(scene, latest, no);
    }
    cs_decide_later_act(last, latest);
}

void cs_decide_decline(const cs_scene *scene, const cs_layer *layer, uint32_t version, cs_moment *last)
{
    const cs_act *latest = NULL;
    for (const cs_act *no = NULL; (no = cs_decide_next_act(scene, 0, no)) != NULL;) {
        bool declined =
            no->kind == CS_ACT_DECLINE && no->policy == layer->name && (version == 0 || no->version == version);
        bool withdrawn = no->kind == CS_ACT_REFUSE && version == 0 && (no->policy == layer->name || no->policy == 0);
        if (no->side == CS_SIDE_PERSON && (declined || withdrawn))
            latest = later_act(scene, latest, no);
    }
    cs_decide_later_act(last, latest);
}
