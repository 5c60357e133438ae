package org.libconsent;

import static org.libconsent.Trial.BASIC;
import static org.libconsent.Trial.OWN;
import static org.libconsent.Trial.accept;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.expectThrown;
import static org.libconsent.Trial.grant;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Policies, the past, and the record. */
final class RecordTest {
    private RecordTest() {
    }

    private static void policies_are_listed_and_read(Consent client, Profile profile) throws Exception {
        expectContains("\"platform\"", client.policies());
        expectContains("Sample privacy policy", client.policyText("platform", 0, "en"));
        expectContains("样例隐私政策", client.policyText("platform", 1, "zh-CN"));
        expectStatus("NOT_FOUND", () -> client.policyText("platform", 7, null));
    }

    private static void a_use_is_counted_and_the_past_stays(Consent client, Profile profile) throws Exception {
        long before = System.currentTimeMillis() - 60000;
        expectContains("Refusing affects this one thing only.", profile.explain(BASIC, "en"));
        expectContains("不同意只影响这一项。", profile.explain(BASIC, "zh-CN"));
        try (Question question = profile.prepare(BASIC)) {
            Verdict verdict = question.use();
            expectEqual(Decision.ALLOW, verdict.decision(), "the use");
            expectEqual("consent", verdict.groundName(), "its ground");
        }
        profile.flush();
        expectContains("purpose-000", profile.history());
        long whileItHeld = System.currentTimeMillis();
        do {
            Thread.yield(); // until the clock shows another moment
        } while (System.currentTimeMillis() == whileItHeld);
        profile.withdraw(BASIC);
        expect(profile.check(BASIC).decision() != Decision.ALLOW, "after the withdrawal");
        expectEqual(Decision.ALLOW, profile.checkAt(BASIC, whileItHeld, false).decision(), "while it held");
        expectEqual(Decision.ALLOW, profile.checkAt(BASIC, whileItHeld, true).decision(), "while it held, with hindsight");
        expectEqual(Decision.DENY, profile.checkAt(BASIC, before, false).decision(), "before anything");
    }

    private static void changes_are_told_from_a_cursor(Consent client, Profile profile) throws Exception {
        String all = profile.changes(0);
        expectContains("\"cursor\"", all);
        grant(profile, OWN);
        String more = profile.changes(0);
        expect(more.length() > all.length(), "the grant is a change");
        Matcher cursors = Pattern.compile("\"cursor\":([0-9]+)").matcher(more);
        long last = 0;
        while (cursors.find()) {
            last = Long.parseLong(cursors.group(1));
        }
        expectEqual("", profile.changes(last), "nothing lies behind the last");
    }

    private static void the_record_is_exported_and_verified(Consent client, Profile profile) throws Exception {
        expectContains("\"events\"", profile.export());
        VerifyReport report = new VerifyReport();
        profile.verify(report);
        expect(report.frames() > 0 && report.events() > 0, "there are events");
        expectEqual(0L, report.badOffset(), "damage");
        byte[] head = report.head();
        int sum = 0;
        for (byte one : head) {
            sum |= one;
        }
        expect(head.length == 32 && sum != 0, "the head is given");
    }

    /** Spoils every ledger of a home. */
    private static void spoil(String home) throws IOException {
        for (File file : new File(home).listFiles()) {
            if (file.getName().matches("l-[0-9a-f]+")) {
                byte[] bytes = Files.readAllBytes(file.toPath());
                bytes[300] ^= 1;
                Files.write(file.toPath(), bytes);
            }
        }
    }

    private static void what_is_damaged_is_set_aside(Trial trial) throws Exception {
        String home = trial.newHome();
        try (Consent client = Consent.open(home, trial.root, "android")) {
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                accept(profile);
            }
        }
        spoil(home);
        try (Consent client = Consent.open(home, trial.root, "android"); Profile profile = client.profile(null)) {
            VerifyReport report = new VerifyReport();
            expectThrown(ConsentException.class, profile::health);
            expectThrown(ConsentException.class, () -> profile.verify(report));
            expectEqual(0L, report.events(), "events before the damage");
            profile.repair();
            profile.health();
        }
    }

    private static void what_was_agreed_elsewhere_is_taken_over(Consent client, Profile profile) throws Exception {
        expectContains("reference", expectStatus("ARGUMENT", () -> profile.takeOver(null, 1740000000000L, null, 1, null)));
        expectStatus("REJECTED", () -> profile.takeOver("crm/17", 1740000000000L, null, 1, "purpose-001"));
        expectStatus("NOT_FOUND", () -> profile.takeOver("crm/17", 1740000000000L, null, 7, null));
        expectStatus("NOT_FOUND", () -> profile.takeOver("crm/17", 1740000000000L, "elsewhere", 1, null));
        profile.takeOver("crm/17", 1740000000000L, null, 1, null);
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "after it was taken over");
        expectContains("crm/17", profile.history());
        expectContains("2025-02-19T21:20:00", profile.history());
        expectEqual(Decision.DENY, profile.checkAt(BASIC, 1740000000001L, false).decision(), "no policy was known then");
        expectEqual(Decision.ASK, profile.checkAt(BASIC, 1740000000001L, true).decision(), "with hindsight");
    }

    private static void what_is_erased_only_closes(Consent client, Profile profile) throws Exception {
        accept(profile);
        profile.erase();
        expect(profile.check(BASIC).decision() == Decision.DENY, "an erased profile");
        expectThrown(ConsentException.class, profile::health);
    }

    private static void a_visitor_is_gone_after_closing(Consent client, Profile profile) throws Exception {
        try (Profile visitor = client.ephemeralProfile()) {
            accept(visitor);
            expectEqual(Decision.ALLOW, visitor.check(BASIC).decision(), "the visitor");
        }
        try (Profile visitor = client.ephemeralProfile()) {
            expectEqual(Decision.ASK, visitor.check(BASIC).decision(), "the next visitor");
        }
    }

    static void run(Trial trial) throws Exception {
        trial.fresh(RecordTest::policies_are_listed_and_read);
        trial.accepted(RecordTest::a_use_is_counted_and_the_past_stays);
        trial.accepted(RecordTest::changes_are_told_from_a_cursor);
        trial.accepted(RecordTest::the_record_is_exported_and_verified);
        what_is_damaged_is_set_aside(trial);
        trial.fresh(RecordTest::what_was_agreed_elsewhere_is_taken_over);
        trial.fresh(RecordTest::what_is_erased_only_closes);
        trial.fresh(RecordTest::a_visitor_is_gone_after_closing);
    }
}
