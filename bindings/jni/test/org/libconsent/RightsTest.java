package org.libconsent;

import static org.libconsent.Trial.BASIC;
import static org.libconsent.Trial.OWN;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.expectThrown;
import static org.libconsent.Trial.grant;

/** rights.h: requests, ages, notices, the two lists. */
final class RightsTest {
    private RightsTest() {
    }

    private static void a_sign_of_age_changes_the_answer(Consent client, Profile profile) throws Exception {
        profile.signalBirth("1980-01-01", null, null);
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "of a grown-up");
        profile.signalBirth("2020-01-01", "profile", "evidence/1");
        expectEqual("guardian_required", profile.check(BASIC).reason(), "of a child");
        expectContains("evidence/1", profile.history());
        expectContains("\"profile\"", profile.history());
        expectStatus("ARGUMENT", () -> profile.signalBirth("no date", null, null));
    }

    private static void an_age_alone_does_it_too(Consent client, Profile profile) throws Exception {
        profile.signalYoungerThan(13, "order", null);
        expectEqual("guardian_required", profile.check(BASIC).reason(), "of a child");
        expectStatus("ARGUMENT", () -> profile.signalYoungerThan(0, null, null));
    }

    private static void a_request_is_recorded_and_followed(Consent client, Profile profile) throws Exception {
        expectContains("ground", expectStatus("REJECTED", () -> profile.open(Request.of(Request.DELETE))));
        String id = profile.open(Request.of(Request.DELETE).ground(Request.NO_CONSENT).purpose("purpose-001")
                .data("data-001").text("请删除").channel("hotline").independent("recipient-003"));
        String requests = profile.requests("en");
        expectContains("\"" + id + "\"", requests);
        expectContains("请删除", requests);
        expectContains("hotline", requests);
        expectContains("data-001", requests);
        expectStatus("REJECTED", () -> profile.update(RequestChange.of(id, RequestChange.REFUSED)));
        profile.update(RequestChange.of(id, RequestChange.FEE_QUOTED).fee(1500, "copies").reference("case-9"));
        expectContains("1500", profile.requests(null));
        expectContains("case-9", profile.requests(null));
        expectStatus("REJECTED", () -> profile.update(RequestChange.of(id, RequestChange.OPENED).byRequester()));
        profile.update(RequestChange.of(id, RequestChange.IN_PROGRESS).byRequester().text("agreed"));
        profile.update(RequestChange.of(id, RequestChange.REFUSED).refusal(RequestChange.LAW_FORBIDS, "kept by law"));
        expectContains("kept by law", profile.requests(null));
        expectStatus("NOT_FOUND", () -> profile.update(RequestChange.of("no-such-request", RequestChange.DONE)));
    }

    private static void who_asks_and_for_what_crosses(Consent client, Profile profile) throws Exception {
        expectStatus("REJECTED", () -> profile.open(Request.of(Request.ACCESS).byRelative()));
        expectContains("relative", profile.requests(null)
                + profile.open(Request.of(Request.ACCESS).byRelative().reference("register/3")) + profile.requests(null));
        profile.open(Request.of(Request.ACCESS).byGuardian());
        expectContains("guardian", profile.requests(null));
        expectStatus("REJECTED", () -> profile.open(Request.of(Request.PORT)));
        profile.open(Request.of(Request.PORT).target("another operator"));
        expectContains("another operator", profile.requests(null));
        expectThrown(ConsentException.class, () -> profile.open(Request.of(Request.ACCESS).scope("no such product!")));
    }

    private static void who_is_to_be_told_is_named(Consent client, Profile profile) throws Exception {
        profile.open(Request.of(Request.RESTRICT).purpose("purpose-002").recipient("recipient-002"));
        expectContains("\"recipient\":\"recipient-002\"", profile.requests("en"));
        profile.open(Request.of(Request.DELETE).ground(Request.UNLAWFUL).purpose("purpose-002").independent("recipient-003"));
        expectContains("\"independent\":[\"recipient-003\"]", profile.requests("en"));
    }

    private static void an_unsubscription_counts_at_once(Consent client, Profile profile) throws Exception {
        grant(profile, OWN);
        profile.open(Request.of(Request.UNSUBSCRIBE).purpose("purpose-001"));
        expectEqual(Decision.DENY, profile.check(OWN).decision(), "after the request");
    }

    private static void both_lists_are_given(Consent client, Profile profile) throws Exception {
        String collected = profile.collected("zh-CN");
        String shared = profile.shared("en");
        expectContains("样例信息", collected);
        expectContains("Sample payment institution", shared);
        expect(!collected.contains("样例支付机构"), "what is collected names no recipient: " + collected);
    }

    private static void notices_are_listed_and_false_ones_refused(Consent client, Profile profile) throws Exception {
        expectContains("notices", profile.notices("en"));
        expectThrown(ConsentException.class, () -> profile.receiveNotice(new byte[] {1, 2, 3}));
        expectStatus("ARGUMENT", () -> profile.receiveNotice(null));
    }

    static void run(Trial trial) throws Exception {
        trial.accepted(RightsTest::a_sign_of_age_changes_the_answer);
        trial.accepted(RightsTest::an_age_alone_does_it_too);
        trial.accepted(RightsTest::a_request_is_recorded_and_followed);
        trial.accepted(RightsTest::who_asks_and_for_what_crosses);
        trial.accepted(RightsTest::who_is_to_be_told_is_named);
        trial.accepted(RightsTest::an_unsubscription_counts_at_once);
        trial.accepted(RightsTest::both_lists_are_given);
        trial.accepted(RightsTest::notices_are_listed_and_false_ones_refused);
    }
}
