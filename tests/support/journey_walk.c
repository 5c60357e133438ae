#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/journey_walk.h"

static consent_status take(journey *j, world *w, journey_step s)
{
    switch (s) {
    case STEP_OPENED:
        return journey_open(j, w);
    case STEP_INSTALLED:
        return journey_install(j, 1);
    case STEP_ACCEPTED:
        return journey_answer(j, CONSENT_OCCASION_FIRST_RUN, "", "", CONSENT_ACTION_ACCEPT);
    case STEP_REFUSED_B:
        return journey_answer(j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-b", CONSENT_ACTION_REFUSE);
    case STEP_GRANTED_A:
        return journey_answer(j, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT);
    case STEP_GRANTED_FEED:
        return journey_answer(j, CONSENT_OCCASION_OWN, "recommend.feed", "", CONSENT_ACTION_ACCEPT);
    case STEP_WITHDREW_A:
        return journey_withdraw(j, "share.payment", "pay-a");
    default:
        return CONSENT_OK;
    }
}

void journey_walk(world *w, journey_outcome *out)
{
    journey j;
    memset(out, 0, sizeof *out);
    memset(&j, 0, sizeof j);
    for (journey_step s = STEP_OPENED; s < STEP_COUNT; s++) {
        out->attempted[s] = true;
        out->status[s] = take(&j, w, s);
        if (s == STEP_OPENED && out->status[s] != CONSENT_OK)
            break;
        world_advance(w, CS_MINUTE_MS);
    }
    /* In this process, too: what was withdrawn is denied however the disk took it. */
    if (j.profile && out->attempted[STEP_WITHDREW_A] && !w->crashed)
        assert_int_not_equal(journey_decision(&j, "share.payment", "pay-a", "account"), CONSENT_ALLOW);
    journey_close(&j);
}

static bool acknowledged(const journey_outcome *out, journey_step s)
{
    return out->attempted[s] && out->status[s] == CONSENT_OK;
}

void journey_check_after(world *w, const journey_outcome *out)
{
    journey j;
    consent_verify_report report = CONSENT_INIT(consent_verify_report);
    consent_status opened = journey_open(&j, w);
    if (opened != CONSENT_OK)
        print_error("reopening: %s\n", j.err.message);
    assert_int_equal(opened, CONSENT_OK);
    consent_status health = cs_profile_health(j.profile, &j.err);
    if (health != CONSENT_OK)
        print_error("health: %s\n", j.err.message);
    assert_int_equal(health, CONSENT_OK);
    if (acknowledged(out, STEP_INSTALLED))
        assert_int_equal(j.home->held_count, 1);
    consent_decision search = journey_decision(&j, "browse.search", NULL, "keyword");
    consent_decision pay_a = journey_decision(&j, "share.payment", "pay-a", "account");
    consent_decision pay_b = journey_decision(&j, "share.payment", "pay-b", "account");
    consent_decision feed = journey_decision(&j, "recommend.feed", NULL, "log");
    if (acknowledged(out, STEP_ACCEPTED) && acknowledged(out, STEP_INSTALLED))
        assert_int_equal(search, CONSENT_ALLOW);
    if (!out->attempted[STEP_ACCEPTED])
        assert_int_not_equal(search, CONSENT_ALLOW);
    assert_int_not_equal(pay_b, CONSENT_ALLOW);
    if (acknowledged(out, STEP_REFUSED_B))
        assert_int_equal(journey_check(&j, "share.payment", "pay-b", "account").reason,
                         CONSENT_REASON_REFUSED_RECENTLY);
    if (acknowledged(out, STEP_GRANTED_FEED))
        assert_int_equal(feed, CONSENT_ALLOW);
    if (acknowledged(out, STEP_WITHDREW_A) || !out->attempted[STEP_GRANTED_A])
        assert_int_not_equal(pay_a, CONSENT_ALLOW);
    consent_status verified = cs_profile_verify(j.profile, &report, &j.err);
    assert_true(verified == CONSENT_OK || verified == CONSENT_E_NOT_FOUND);
    journey_close(&j);
    assert_int_equal(w->live_blocks, 0);
    assert_int_equal(w->open_files, 0);
    assert_int_equal(w->maps, 0);
    assert_int_equal(w->mutexes, 0);
    assert_int_equal(w->locks, 0);
}

void journey_begin(world *w)
{
    world_init(w);
    w->wall_ms = JOURNEY_START_MS;
    (void)journey_bundle(1); /* made outside the counted calls */
}
