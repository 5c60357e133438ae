package org.libconsent;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the tests of the Java binding share: a policy made for them, a home for each test, and expectations. */
final class Trial implements AutoCloseable {
    static final Query BASIC = Query.of("purpose-000").data("data-000");
    static final Query OWN = Query.of("purpose-001").data("data-001");

    final byte[] root;
    final byte[] bundle;
    private final Path dir;
    private int homes;

    interface Act {
        void run() throws Exception;
    }

    interface WithProfile {
        void run(Consent client, Profile profile) throws Exception;
    }

    private Trial(Path dir) throws IOException {
        this.dir = dir;
        root = Files.readAllBytes(dir.resolve("root.key"));
        bundle = Files.readAllBytes(dir.resolve("bundle"));
    }

    /** Makes the policy with the program `sampleBundle`. */
    static Trial begin(String sampleBundle) throws Exception {
        Path dir = Files.createTempDirectory("consent-jni");
        int made = new ProcessBuilder(sampleBundle, dir.toString()).inheritIO().start().waitFor();
        expectEqual(0, made, "the sample policy is made");
        return new Trial(dir);
    }

    @Override
    public void close() {
        delete(dir.toFile());
    }

    String newHome() {
        return dir.resolve("home-" + homes++).toString();
    }

    /** A new home with the policy, and its anonymous profile. */
    void fresh(WithProfile test) throws Exception {
        try (Consent client = Consent.open(newHome(), root, "android")) {
            client.install(bundle);
            try (Profile profile = client.profile(null)) {
                test.run(client, profile);
            }
        }
    }

    /** The same after the person accepted the policy. */
    void accepted(WithProfile test) throws Exception {
        fresh((client, profile) -> {
            accept(profile);
            test.run(client, profile);
        });
    }

    static Submission well(Submission submission) {
        return submission.reachedEnd().emphasisRendered();
    }

    static void accept(Profile profile) throws ConsentException {
        try (Form form = profile.form(Form.FIRST_RUN, null, "en")) {
            form.shown();
            form.submit(well(Submission.accept().on(requiredControl(form.json()))));
        }
    }

    static void grant(Profile profile, Query query) throws ConsentException {
        try (Form form = profile.form(FormRequest.of(Form.OWN).about(query).userInitiated())) {
            form.shown();
            form.submit(well(Submission.accept()));
        }
    }

    /** The control that the form's rules require, from its JSON. */
    static String requiredControl(String json) {
        Matcher found = Pattern.compile("\"required\":\\[\"([^\"]+)\"\\]").matcher(json);
        expect(found.find(), "the first-run form requires one control: " + json);
        return found.group(1);
    }

    static void expect(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
    }

    static void expectEqual(Object expected, Object found, String what) {
        expect(expected.equals(found), what + ": expected " + expected + ", found " + found);
    }

    /** The message is given back. */
    static String expectStatus(String name, Act act) throws Exception {
        try {
            act.run();
        } catch (ConsentException e) {
            expectEqual(name, e.statusName(), e.getMessage());
            expect(e.getMessage().length() > 10, "the message says something");
            return e.getMessage();
        }
        throw new AssertionError("expected " + name);
    }

    static void expectContains(String part, String text) {
        expect(text.contains(part), "expected " + part + " in: " + text);
    }

    static <T extends Throwable> T expectThrown(Class<T> type, Act act) {
        try {
            act.run();
        } catch (Throwable thrown) {
            expect(type.isInstance(thrown), "expected " + type + ", found " + thrown);
            return type.cast(thrown);
        }
        throw new AssertionError("expected " + type);
    }

    /** C holds it no more. */
    static void expectLetGo(WeakReference<?> reference) {
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
        }
        expect(reference.get() == null, "something holds what is called no more");
    }

    static void delete(File file) {
        File[] inside = file.listFiles();
        if (inside != null) {
            for (File one : inside) {
                delete(one);
            }
        }
        expect(file.delete(), "cleaning up " + file.getName());
    }
}
