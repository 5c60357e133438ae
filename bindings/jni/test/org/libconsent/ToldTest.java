package org.libconsent;

import static org.libconsent.Trial.BASIC;
import static org.libconsent.Trial.OWN;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.expectThrown;
import static org.libconsent.Trial.grant;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Watchers, switches of third parties, and purging. */
final class ToldTest {
    private ToldTest() {
    }

    private static void a_watcher_is_told_of_a_change_until_it_ends(Consent client, Profile profile) throws Exception {
        List<String> told = new ArrayList<>();
        try (Question question = profile.prepare(OWN)) {
            Watcher watcher = (of, before, after) -> {
                expect(of == question, "the question is the one that is watched");
                told.add(before.decision() + " " + after.decision());
            };
            question.watch(watcher);
            expectEqual(0, profile.poll(), "nothing changed");
            grant(profile, OWN);
            expectEqual(0, told.size(), "told outside poll");
            expectEqual(1, profile.poll(), "one was told");
            expectEqual(Arrays.asList("ASK ALLOW"), told, "the change");
            question.unwatch(watcher);
            profile.withdraw(OWN);
            expectEqual(0, profile.poll(), "nobody is told");
            expectThrown(NullPointerException.class, () -> question.watch(null));
        }
    }

    private static void a_closed_question_tells_nobody(Consent client, Profile profile) throws Exception {
        List<Question> told = new ArrayList<>();
        try (Question open = profile.prepare(OWN)) {
            Question closed = profile.prepare(OWN);
            open.watch((of, before, after) -> told.add(of));
            closed.watch((of, before, after) -> told.add(of));
            closed.close();
            grant(profile, OWN);
            profile.poll();
            expectEqual(Arrays.asList(open), told, "who is told");
        }
    }

    private static void one_that_throws_keeps_no_other_from_being_told(Consent client, Profile profile)
            throws Exception {
        List<String> told = new ArrayList<>();
        try (Question question = profile.prepare(OWN)) {
            question.watch((of, before, after) -> {
                throw new IllegalArgumentException("the app's mistake");
            });
            question.watch((of, before, after) -> told.add("second"));
            grant(profile, OWN);
            IllegalArgumentException thrown = expectThrown(IllegalArgumentException.class, profile::poll);
            expectEqual("the app's mistake", thrown.getMessage(), "what poll throws");
            expectEqual(Arrays.asList("second"), told, "who was told");
            expectEqual(0, profile.poll(), "it is forgotten then");
        }
    }

    private static void a_callback_may_close_what_calls_it(Trial trial) throws Exception {
        trial.accepted((client, profile) -> {
            Question question = profile.prepare(OWN);
            question.watch((of, before, after) -> {
                of.close();
                profile.close();
                expectThrown(IllegalStateException.class, of::check);
            });
            grant(profile, OWN);
            expectEqual(1, profile.poll(), "it was told");
            expectThrown(IllegalStateException.class, profile::poll);
        });
    }

    private static void a_switch_follows_consent(Consent client, Profile profile) throws Exception {
        List<String> thrown = new ArrayList<>();
        boolean[] works = {true};
        Switch sdk = Switch.of("sdk").purpose("purpose-001");
        profile.bind(sdk, facts -> {
            thrown.add((facts.declared() ? "declared " : "") + (facts.shown() ? "shown " : "")
                    + (facts.agreed() ? "on" : "off") + (facts.replayed() ? " first" : ""));
            return works[0];
        });
        expectEqual(0, thrown.size(), "thrown outside poll");
        profile.poll();
        expectContains("off first", thrown.get(0));
        grant(profile, OWN);
        works[0] = false;
        profile.poll();
        works[0] = true;
        profile.poll();
        profile.poll();
        expectEqual(3, thrown.size(), "again after a failure, and no more after that: " + thrown);
        expectEqual("declared shown on", thrown.get(2), "what is passed on");
        expectContains("\"sdk\"", profile.switches());
        profile.withdraw(OWN);
        profile.poll();
        expectContains("off", thrown.get(3));
        profile.bind(sdk, null);
        grant(profile, OWN);
        profile.poll();
        expectEqual(4, thrown.size(), "unbound");
    }

    private static void a_switch_waits_for_those_before_it(Consent client, Profile profile) throws Exception {
        List<String> thrown = new ArrayList<>();
        expectStatus("NOT_FOUND", () -> profile.bind(Switch.of("b").purpose("purpose-000").after("a"), facts -> true));
        profile.bind(Switch.of("a").purpose("purpose-001"), facts -> {
            thrown.add("a " + facts.agreed());
            return true;
        });
        profile.bind(Switch.of("b").purpose("purpose-000").after("a").untouchedUntilOn(), facts -> {
            thrown.add("b " + facts.agreed());
            throw new java.io.IOException("the SDK cannot be reached");
        });
        profile.poll();
        expectEqual(Arrays.asList("a false"), thrown, "untouched until it is on");
        grant(profile, OWN);
        profile.poll();
        expectEqual(Arrays.asList("a false", "a true", "b true"), thrown, "in order");
        profile.poll();
        expectEqual(4, thrown.size(), "one that threw is called again");
        expectStatus("ARGUMENT", () -> profile.bind(Switch.of("c"), facts -> true));
    }

    /** What consent_switches says of a switch, from "declared" to "agreed". */
    private static String facts(Profile profile, Switch which) throws ConsentException {
        profile.bind(which, facts -> true);
        Matcher found = Pattern.compile("\"id\":\"" + which.id() + "\",(\"declared\":.*?\"agreed\":[a-z]+)")
                .matcher(profile.switches());
        expect(found.find(), "switch " + which.id());
        return found.group(1).replace("\"", "");
    }

    private static void a_switch_covers_what_it_names(Consent client, Profile profile) throws Exception {
        String on = "declared:true,shown:true,agreed:true";
        String off = "declared:true,shown:true,agreed:false";
        String unknown = "declared:false,shown:false,agreed:false";
        expectEqual(on, facts(profile, Switch.of("a").purpose("purpose-000")), "a purpose that is allowed");
        expectEqual(off, facts(profile, Switch.of("b").purpose("purpose-001")), "one that is not");
        expectEqual(off, facts(profile, Switch.of("c").recipient("recipient-002")), "a recipient");
        expectEqual(unknown, facts(profile, Switch.of("d").recipient("recipient-999")), "none");
        expectEqual(on, facts(profile, Switch.of("e").function("browse")), "a function");
        expectEqual(unknown, facts(profile, Switch.of("f").function("no-such-function")), "none");
        expectEqual(off, facts(profile, Switch.of("g").scope("elsewhere").purpose("purpose-000")), "another product");
        try (Profile other = client.profile("account-1")) {
            expectEqual("declared:true,shown:false,agreed:false", facts(other, Switch.of("a").purpose("purpose-000")),
                    "who was shown nothing yet");
        }
    }

    /** What was told to a purger that answers `done`. */
    private static List<String> purged(Profile profile, boolean done) throws ConsentException {
        List<String> told = new ArrayList<>();
        profile.bind(what -> {
            told.add(what.reason() + " " + what.anonymise() + " " + what.scope() + " " + what.purpose() + " "
                    + what.recipient() + " " + what.data());
            return done;
        });
        profile.poll();
        return told;
    }

    private static void what_was_withdrawn_is_purged_once(Trial trial) throws Exception {
        String home = trial.newHome();
        List<String> expected = Arrays.asList("1 false platform purpose-001 null [data-001]");
        try (Consent client = Consent.open(home, trial.root, "android")) {
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                Trial.accept(profile);
                grant(profile, OWN);
                expectEqual(0, purged(profile, false).size(), "nothing has to go");
                profile.withdraw(OWN);
                expectEqual(expected, purged(profile, false), "after the withdrawal");
                expectContains("purpose-001", profile.switches());
                profile.bind((Purger) what -> {
                    throw new IllegalStateException("half done");
                });
                expectThrown(IllegalStateException.class, profile::poll);
                profile.bind((Purger) null);
                expectEqual(0, profile.poll(), "taken back");
            }
        }
        try (Consent client = Consent.open(home, trial.root, "android"); Profile profile = client.profile(null)) {
            expectEqual(expected, purged(profile, true), "after a restart");
            expectEqual(0, profile.poll(), "it said that nothing is left");
            expectEqual(0, purged(profile, true).size(), "to another one, too");
        }
        try (Consent client = Consent.open(home, trial.root, "android"); Profile profile = client.profile(null)) {
            expectEqual(0, purged(profile, true).size(), "after another restart");
        }
    }

    private static WeakReference<Watcher> watching(Question question) throws ConsentException {
        Object[] mine = {question};
        Watcher watcher = (of, before, after) -> mine[0] = of;
        question.watch(watcher);
        return new WeakReference<>(watcher);
    }

    private static WeakReference<Switch.Thrower> bound(Profile profile) throws ConsentException {
        Object[] mine = {profile};
        Switch.Thrower thrower = facts -> mine[0] != null;
        profile.bind(Switch.of("sdk").purpose("purpose-000"), thrower);
        return new WeakReference<>(thrower);
    }

    private static WeakReference<Purger> purging(Profile profile) throws ConsentException {
        Object[] mine = {profile};
        Purger purger = what -> mine[0] != null;
        profile.bind(purger);
        return new WeakReference<>(purger);
    }

    private static void what_is_called_no_more_is_let_go(Trial trial) throws Exception {
        List<WeakReference<?>> held = new ArrayList<>();
        trial.accepted((client, profile) -> {
            try (Question question = profile.prepare(OWN)) {
                WeakReference<Watcher> watcher = watching(question);
                WeakReference<Switch.Thrower> thrower = bound(profile);
                WeakReference<Purger> purger = purging(profile);
                grant(profile, OWN);
                profile.poll();
                System.gc();
                expect(watcher.get() != null && thrower.get() != null && purger.get() != null, "they serve");
                question.unwatch(watcher.get());
                Trial.expectLetGo(watcher);
                held.add(watching(question));
                held.add(bound(profile));
                Trial.expectLetGo(thrower);
                held.add(purging(profile));
                Trial.expectLetGo(purger);
            }
            Trial.expectLetGo(held.get(0));
        });
        for (WeakReference<?> one : held) {
            Trial.expectLetGo(one);
        }
    }

    private static void many_watchers_come_and_go(Consent client, Profile profile) throws Exception {
        Thread[] threads = new Thread[2];
        Throwable[] failed = new Throwable[threads.length];
        for (int i = 0; i < threads.length; i++) {
            int me = i;
            threads[i] = new Thread(() -> {
                try {
                    for (int round = 0; round < 200; round++) {
                        try (Question question = profile.prepare(me == 0 ? OWN : BASIC)) {
                            question.watch((of, before, after) -> of.close());
                            profile.bind(Switch.of("sdk-" + me).purpose("purpose-000"), facts -> true);
                            profile.poll();
                        }
                    }
                } catch (Throwable thrown) {
                    failed[me] = thrown;
                }
            });
            threads[i].start();
        }
        for (int i = 0; i < threads.length; i++) {
            threads[i].join();
            expect(failed[i] == null, "thread " + i + ": " + failed[i]);
        }
    }

    static void run(Trial trial) throws Exception {
        trial.accepted(ToldTest::a_watcher_is_told_of_a_change_until_it_ends);
        trial.accepted(ToldTest::a_closed_question_tells_nobody);
        trial.accepted(ToldTest::one_that_throws_keeps_no_other_from_being_told);
        a_callback_may_close_what_calls_it(trial);
        trial.accepted(ToldTest::a_switch_follows_consent);
        trial.accepted(ToldTest::a_switch_covers_what_it_names);
        trial.accepted(ToldTest::a_switch_waits_for_those_before_it);
        what_was_withdrawn_is_purged_once(trial);
        what_is_called_no_more_is_let_go(trial);
        trial.accepted(ToldTest::many_watchers_come_and_go);
    }
}
