package org.libconsent;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The interface travels: open, form, submit, check, withdraw and close from Java. Usage: SmokeTest SAMPLE_BUNDLE */
public final class SmokeTest {
    private static final Query OWN = Query.of("purpose-001").data("data-001");
    private static final String SURFACE = "首页\uD83D\uDE00"; // beyond the 16-bit plane: 4 bytes in UTF-8

    private SmokeTest() {
    }

    private static void expect(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
    }

    private static void expectEqual(Object expected, Object found, String what) {
        expect(expected.equals(found), what + ": expected " + expected + ", found " + found);
    }

    private interface Act {
        void run() throws ConsentException;
    }

    private static void expectStatus(String name, Act act) {
        try {
            act.run();
        } catch (ConsentException e) {
            expectEqual(name, e.statusName(), e.getMessage());
            expect(e.getMessage().length() > 10, "the message says something");
            return;
        }
        throw new AssertionError("expected " + name);
    }

    private static Submission shownWell(Submission submission) {
        return submission.reachedEnd().emphasisRendered().surface(SURFACE);
    }

    /** The control that the form's rules require, from its JSON. */
    private static String requiredControl(String json) {
        Matcher found = Pattern.compile("\"required\":\\[\"([^\"]+)\"\\]").matcher(json);
        expect(found.find(), "the first-run form requires one control: " + json);
        return found.group(1);
    }

    private static void nothing_is_allowed_before_the_policy_is_accepted(Profile profile) throws ConsentException {
        Verdict verdict = profile.check(OWN);
        expectEqual(Decision.ASK, verdict.decision(), "before acceptance");
        expectEqual("notice_required", verdict.reason().toLowerCase(), "reason");
    }

    private static void accepting_needs_the_tick(Profile profile) throws ConsentException {
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

    private static void a_grant_is_given_and_taken_back(Profile profile) throws ConsentException {
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

    private static void text_comes_back_as_it_went(Profile profile) throws ConsentException {
        String history = profile.history();
        expect(history.contains("withdrawn"), "the withdrawal is recorded");
        expect(history.contains(SURFACE), "the surface's name is unharmed: " + history);
        expectEqual(profile.check(OWN).reason(), profile.check(OWN.anonymised()).reason(), "more care than declared unlocks nothing");
        expectEqual("undeclared", profile.check(Query.ofFunction("no-such-function")).reason().toLowerCase(), "function");
        expectStatus("ARGUMENT", () -> profile.withdraw(Query.ofFunction("no-such-function")));
        expectStatus("ARGUMENT", () -> profile.check(Query.of("purpose\0x").data("data-001")));
        expectStatus("ARGUMENT", () -> profile.check(Query.of("没有的目的").data("data-001")));
        expectEqual("undeclared", profile.check(Query.of("purpose-999").data("data-001")).reason().toLowerCase(), "reason");
    }

    private static void a_closed_handle_is_refused_not_followed(Profile profile) throws ConsentException {
        Question question = profile.prepare(OWN);
        question.close();
        question.close();
        try {
            question.check();
        } catch (IllegalStateException e) {
            return;
        }
        throw new AssertionError("a closed question answered");
    }

    private static void a_parent_waits_for_its_children(String home, byte[] root) throws ConsentException {
        Consent client = Consent.open(home, root, "desktop");
        Profile profile = client.profile("用户一");
        Question question = profile.prepare(OWN);
        client.close();
        profile.close();
        expectEqual(Decision.ASK, question.check(), "a question outlives its closed parents");
        question.close();
    }

    private static void delete(File file) {
        File[] inside = file.listFiles();
        if (inside != null) {
            for (File one : inside) {
                delete(one);
            }
        }
        expect(file.delete(), "cleaning up " + file.getName());
    }

    private static void run(Path dir) throws ConsentException, IOException {
        String home = dir.resolve("home").toString();
        byte[] root = Files.readAllBytes(dir.resolve("root.key"));
        byte[] bundle = Files.readAllBytes(dir.resolve("bundle"));
        expect(Consent.version().matches("[0-9]+\\.[0-9]+\\.[0-9]+"), "version");
        expectStatus("ARGUMENT", () -> Consent.open(null, root, "android"));
        try (Consent client = Consent.open(home, root, "android")) {
            byte[] spoiled = bundle.clone();
            spoiled[bundle.length / 2] ^= 1;
            expect(throwsException(() -> client.install(spoiled)), "a spoiled bundle is refused");
            client.install(bundle);
            try (Profile profile = client.profile(null)) {
                profile.health();
                nothing_is_allowed_before_the_policy_is_accepted(profile);
                accepting_needs_the_tick(profile);
                a_grant_is_given_and_taken_back(profile);
                text_comes_back_as_it_went(profile);
                a_closed_handle_is_refused_not_followed(profile);
            }
        }
        a_parent_waits_for_its_children(home, root);
        try (Consent client = Consent.open(home, root, "android"); Profile profile = client.profile(null)) {
            expectEqual(Decision.DENY, profile.check(OWN).decision(), "the withdrawal survives");
        }
    }

    private static boolean throwsException(Act act) {
        try {
            act.run();
        } catch (ConsentException e) {
            return true;
        }
        return false;
    }

    public static void main(String[] args) throws Exception {
        Path dir = Files.createTempDirectory("consent-jni");
        try {
            int made = new ProcessBuilder(args[0], dir.toString()).inheritIO().start().waitFor();
            expectEqual(0, made, "the sample policy is made");
            run(dir);
        } finally {
            delete(dir.toFile());
        }
        System.out.println("java binding: ok");
    }
}
