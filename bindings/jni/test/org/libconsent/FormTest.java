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
import static org.libconsent.Trial.requiredControl;
import static org.libconsent.Trial.well;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a form is asked with, how it is answered, and the gate around a system permission. */
final class FormTest {
    private static final Query NEAR_ME = OWN.permission("location", "near-me");

    private FormTest() {
    }

    private static void a_box_shown_ticked_is_no_evidence(Consent client, Profile profile) throws Exception {
        try (Form form = profile.form(FormRequest.of(Form.FIRST_RUN).locale("en"))) {
            expectContains("Sample privacy policy", form.json());
            String tick = requiredControl(form.json());
            form.shown();
            expectStatus("REJECTED", () -> form.submit(well(Submission.accept().on(tick).initiallyOn(tick))));
            expectContains("emphasis",
                    expectStatus("REJECTED", () -> form.submit(Submission.accept().on(tick).reachedEnd())));
            expectContains("1970", expectStatus("ARGUMENT", () -> form.submit(well(Submission.accept().on(tick).at(tick, -5)))));
            long at = System.currentTimeMillis();
            form.submit(well(Submission.accept().on(tick).at(tick, at).method(Submission.TOGGLE)));
        }
        expectContains("toggle", profile.history());
        expectContains("\"reached_end\":true", profile.history());
        try (Profile other = client.profile("account-1"); Form form = other.form(FormRequest.of(Form.FIRST_RUN))) {
            form.shown();
            form.submit(Submission.accept().on(requiredControl(form.json())).emphasisRendered());
            expect(!other.history().contains("\"reached_end\":true"), "nobody said that the end was reached");
        }
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "after the acceptance");
    }

    private static void an_age_form_takes_a_birth_date(Consent client, Profile profile) throws Exception {
        try (Form form = profile.form(FormRequest.of(Form.AGE).locale("en").userInitiated())) {
            form.shown();
            expectStatus("REJECTED", () -> form.submit(well(Submission.accept().birth("not a date"))));
            form.submit(well(Submission.accept().birth("2020-01-01")));
        }
        expectEqual("guardian_required", profile.check(BASIC).reason(), "of a child");
        expectStatus("REJECTED", () -> profile.form(FormRequest.of(Form.AGE)).close());
    }

    private static void only_a_guardian_makes_the_person_older(Consent client, Profile profile) throws Exception {
        profile.signalYoungerThan(10, null, null);
        try (Form form = profile.form(FormRequest.of(Form.AGE).byGuardian())) {
            form.shown();
            form.submit(well(Submission.accept().birth("1980-01-01").reference("guardian/4711")));
        }
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "of a grown-up after all");
    }

    private static void a_guardian_needs_evidence(Consent client, Profile profile) throws Exception {
        profile.signalYoungerThan(10, null, null);
        try (Form form = profile.form(FormRequest.of(Form.GUARDIAN).byGuardian().locale("en"))) {
            form.shown();
            String tick = form.json().contains("\"required\":[]") ? null : requiredControl(form.json());
            Submission yes = well(Submission.accept());
            if (tick != null) {
                yes.on(tick);
            }
            expectStatus("REJECTED", () -> form.submit(yes));
            form.submit(yes.reference("guardian/4711"));
        }
        expectContains("guardian/4711", profile.history());
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "after the guardian's yes");
    }

    private static void the_hosts_own_words_are_shown_and_asked_with(Consent client, Profile profile) throws Exception {
        String words = "{\"title\": \"附近的结果\", \"purpose\": \"purpose-001\", "
                + "\"blocks\": [{\"t\": \"p\", \"spans\": [{\"s\": \"只在本机使用\"}]}]}";
        expectContains("notice", expectStatus("ARGUMENT", () -> profile.form(FormRequest.of(Form.AD_HOC)).close()));
        try (Form form = profile.form(FormRequest.of(Form.AD_HOC).notice(words))) {
            expectContains("附近的结果", form.json());
            form.shown();
            form.submit(well(Submission.accept()));
        }
        expectEqual(Decision.ALLOW, profile.check(OWN).decision(), "after the yes");
    }

    private static void a_switch_is_as_easy_off_as_on(Consent client, Profile profile) throws Exception {
        grant(profile, OWN);
        try (Form form = profile.form(FormRequest.of(Form.MANAGE).locale("en"))) {
            Matcher found = Pattern.compile("\"control\":\"([^\"]*purpose-001[^\"]*)\"").matcher(form.json());
            expect(found.find(), "the switch is there: " + form.json());
            form.shown();
            expectStatus("ARGUMENT", () -> form.submit(well(Submission.accept().off(found.group(1)))));
            form.submit(well(Submission.save().on(found.group(1)).off(found.group(1))));
        }
        expect(profile.check(OWN).decision() != Decision.ALLOW, "switched off");
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "what was left as it is");
    }

    private static void a_form_of_another_scope_is_another_form(Consent client, Profile profile) throws Exception {
        profile.form(FormRequest.of(Form.MANAGE)).close();
        expectThrown(ConsentException.class, () -> profile.form(FormRequest.of(Form.MANAGE).scope("no-such-product")).close());
    }

    private static void who_asks_within_the_cool_down_is_the_person(Consent client, Profile profile) throws Exception {
        try (Form form = profile.form(Form.OWN, OWN, null)) {
            form.shown();
            form.submit(Submission.refuse());
        }
        expectStatus("REJECTED", () -> profile.form(Form.OWN, OWN, null).close());
        grant(profile, OWN); // opened by the person
        expectEqual(Decision.ALLOW, profile.check(OWN).decision(), "after they agreed after all");
    }

    private static void the_systems_prompt_is_asked_for_and_told(Consent client, Profile profile) throws Exception {
        try (PermissionPrompt early = profile.beginPermission(NEAR_ME, null)) {
            expect(early.form() == null, "the policy comes first");
            expectEqual("notice_required", early.verdict().reason(), "why");
            expectThrown(IllegalStateException.class, () -> early.finish(PermissionPrompt.GRANTED));
        }
        accept(profile);
        try (PermissionPrompt prompt = profile.beginPermission(NEAR_ME, "en")) {
            expectEqual(Decision.ASK, prompt.verdict().decision(), "the prompt may be shown");
            expectContains("To list results near you.", prompt.form().json());
            expectContains("android.permission.ACCESS_FINE_LOCATION", prompt.form().json());
            prompt.form().shown();
            expectStatus("ARGUMENT", () -> prompt.finish(17));
            expectEqual(Decision.ALLOW, prompt.finish(PermissionPrompt.GRANTED).decision(), "after the prompt");
        }
        profile.observePermission("location", PermissionPrompt.BLOCKED);
        expectEqual("permission_refused", profile.check(NEAR_ME).reason(), "switched off in the settings");
        expectStatus("ARGUMENT", () -> profile.observePermission(null, PermissionPrompt.GRANTED));
    }

    static void run(Trial trial) throws Exception {
        trial.fresh(FormTest::a_box_shown_ticked_is_no_evidence);
        trial.accepted(FormTest::an_age_form_takes_a_birth_date);
        trial.accepted(FormTest::only_a_guardian_makes_the_person_older);
        trial.accepted(FormTest::a_guardian_needs_evidence);
        trial.accepted(FormTest::the_hosts_own_words_are_shown_and_asked_with);
        trial.accepted(FormTest::a_switch_is_as_easy_off_as_on);
        trial.accepted(FormTest::a_form_of_another_scope_is_another_form);
        trial.accepted(FormTest::who_asks_within_the_cool_down_is_the_person);
        trial.fresh(FormTest::the_systems_prompt_is_asked_for_and_told);
    }
}
