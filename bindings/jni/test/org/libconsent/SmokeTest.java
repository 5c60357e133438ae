package org.libconsent;

import static org.libconsent.Trial.OWN;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.expectThrown;
import static org.libconsent.Trial.requiredControl;
import static org.libconsent.Trial.well;

/** The interface travels: open, form, submit, check, withdraw and close from Java. */
final class SmokeTest {
    private static final String SURFACE = "首页\uD83D\uDE00"; // beyond the 16-bit plane: 4 bytes in UTF-8

    private SmokeTest() {
    }

    private static Submission shownWell(Submission submission) {
        return well(submission).surface(SURFACE);
    }

    private static void nothing_is_allowed_before_the_policy_is_accepted(Profile profile) throws Exception {
        Verdict verdict = profile.check(OWN);
        expectEqual(Decision.ASK, verdict.decision(), "before acceptance");
        expectEqual("notice_required", verdict.reason().toLowerCase(), "reason");
    }

    private static void accepting_needs_the_tick(Profile profile) throws Exception {
        try (Form form = profile.form(Form.FIRST_RUN, null, "zh-CN")) {
            String json = form.json();
            String tick = requiredControl(json);
            expect(json.contains("样例隐私政策"), "Chinese text crosses unharmed");
            expectStatus("REJECTED", () -> form.submit(shownWell(Submission.accept().on(tick))));
            form.shown();
            expectStatus("REJECTED", () -> form.submit(shownWell(Submission.accept())));
            form.submit(shownWell(Submission.accept().on(tick)));
            expectStatus("USED", () -> form.submit(shownWell(Submission.accept().on(tick))));
        }
    }

    private static void a_grant_is_given_and_taken_back(Profile profile) throws Exception {
        try (Question question = profile.prepare(OWN)) {
            expectEqual(Decision.ASK, question.check(), "before the grant");
            try (Form form = profile.form(Form.OWN, OWN, "en")) {
                form.shown();
                form.submit(shownWell(Submission.accept()));
            }
            expectEqual(Decision.ALLOW, question.check(), "after the grant");
            Verdict verdict = profile.check(OWN);
            expectEqual("consented", verdict.reason().toLowerCase(), "reason");
            expect(verdict.evidenceSeq() > 0 && verdict.policyVersion() == 1, "the evidence is named");
            profile.withdraw(OWN);
            expectEqual(Decision.DENY, question.check(), "after the withdrawal");
            expect(profile.check(OWN).askAfterMs() > 0, "it is said when asking is allowed again");
        }
    }

    private static void text_comes_back_as_it_went(Profile profile) throws Exception {
        String history = profile.history();
        expect(history.contains("withdrawn"), "the withdrawal is recorded");
        expect(history.contains(SURFACE), "the surface's name is unharmed: " + history);
        expectEqual(profile.check(OWN).reason(), profile.check(OWN.anonymised()).reason(), "more care than declared unlocks nothing");
        expectEqual("undeclared", profile.check(OWN.scope("elsewhere")).reason().toLowerCase(), "another product");
        expectEqual("undeclared", profile.check(OWN.recipient("recipient-001")).reason().toLowerCase(), "a recipient");
        expectEqual("undeclared", profile.check(Query.ofFunction("no-such-function")).reason().toLowerCase(), "function");
        expectStatus("ARGUMENT", () -> profile.withdraw(Query.ofFunction("no-such-function")));
        expectStatus("ARGUMENT", () -> profile.check(Query.of("purpose\0x").data("data-001")));
        expectStatus("ARGUMENT", () -> profile.check(Query.of("没有的目的").data("data-001")));
        expectEqual("undeclared", profile.check(Query.of("purpose-999").data("data-001")).reason().toLowerCase(), "reason");
    }

    private static void a_closed_handle_is_refused_not_followed(Profile profile) throws Exception {
        Question question = profile.prepare(OWN);
        question.close();
        question.close();
        expectThrown(IllegalStateException.class, question::check);
    }

    private static void a_parent_waits_for_its_children(String home, byte[] root) throws Exception {
        Consent client = Consent.open(home, root, "desktop");
        Profile profile = client.profile("用户一");
        Question question = profile.prepare(OWN);
        client.close();
        profile.close();
        expectEqual(Decision.ASK, question.check(), "a question outlives its closed parents");
        question.close();
    }

    static void run(Trial trial) throws Exception {
        String home = trial.newHome();
        expect(Consent.version().matches("[0-9]+\\.[0-9]+\\.[0-9]+"), "version");
        expectStatus("ARGUMENT", () -> Consent.open(null, trial.root, "android"));
        expectStatus("ARGUMENT", () -> Consent.open(home, trial.root, "no platform!"));
        try (Consent client = Consent.open(home, trial.root, "android")) {
            byte[] spoiled = trial.bundle.clone();
            spoiled[spoiled.length / 2] ^= 1;
            expectThrown(ConsentException.class, () -> client.install(spoiled));
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                profile.health();
                nothing_is_allowed_before_the_policy_is_accepted(profile);
                accepting_needs_the_tick(profile);
                a_grant_is_given_and_taken_back(profile);
                text_comes_back_as_it_went(profile);
                a_closed_handle_is_refused_not_followed(profile);
            }
        }
        a_parent_waits_for_its_children(home, trial.root);
        try (Consent client = Consent.open(home, trial.root, "android"); Profile profile = client.profile(null)) {
            expectEqual(Decision.DENY, profile.check(OWN).decision(), "the withdrawal survives");
        }
    }
}
