package org.libconsent;

import static org.libconsent.Trial.BASIC;
import static org.libconsent.Trial.accept;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The app's own key store, and its log. */
final class HostTest {
    private HostTest() {
    }

    /** A key store in memory that can be locked, lost and broken. */
    static class Store implements SecretStore.Counters {
        final Map<String, byte[]> secrets = new HashMap<>();
        final List<byte[]> given = new ArrayList<>();
        final Map<String, Long> counters = new HashMap<>();
        boolean locked;
        boolean lost;
        boolean broken;

        void reach() throws Unavailable, Gone {
            if (broken) {
                throw new IllegalStateException("broken");
            }
            if (locked) {
                throw new Unavailable("locked");
            }
            if (lost) {
                throw new Gone("lost");
            }
        }

        @Override
        public byte[] get(String name) throws Unavailable, Gone {
            reach();
            return secrets.get(name);
        }

        @Override
        public void put(String name, byte[] secret) throws Unavailable, Gone {
            reach();
            secrets.put(name, secret.clone());
            given.add(secret);
        }

        @Override
        public void remove(String name) throws Unavailable, Gone {
            reach();
            secrets.remove(name);
        }

        @Override
        public int protection() {
            return SecretStore.SYSTEM;
        }

        @Override
        public long counter(String name) throws Unavailable, Gone {
            reach();
            Long value = counters.get(name);
            return value == null ? 0 : value;
        }

        @Override
        public void raise(String name, long value) throws Unavailable, Gone {
            reach();
            counters.put(name, Math.max(value, counter(name)));
        }
    }

    private static boolean isZero(byte[] secret) {
        int sum = 0;
        for (byte one : secret) {
            sum |= one;
        }
        return sum == 0;
    }

    private static Consent open(Trial trial, String home, SecretStore store, Log log) throws ConsentException {
        return Consent.open(home, trial.root, "android", store, log);
    }

    private static void the_homes_secret_is_the_apps_to_keep(Trial trial) throws Exception {
        String home = trial.newHome();
        Store store = new Store();
        try (Consent client = open(trial, home, store, null)) {
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                accept(profile);
                profile.withdraw(BASIC);
            }
        }
        expect(!store.secrets.isEmpty(), "a secret was stored");
        for (byte[] secret : store.secrets.values()) {
            expect(!isZero(secret), "the secret arrived");
        }
        for (byte[] secret : store.given) {
            expect(isZero(secret), "what crossed is overwritten");
        }
        expect(!store.counters.isEmpty(), "the withdrawal was counted");
        for (long count : store.counters.values()) {
            expect(count > 0 && count < 100, "the count is " + count);
        }
        try (Consent client = open(trial, home, store, null); Profile profile = client.profile(null)) {
            profile.health();
            expectEqual(Decision.DENY, profile.check(BASIC).decision(), "the withdrawal is read again");
        }
        for (String name : store.counters.keySet()) {
            store.counters.put(name, 1000L);
        }
        try (Consent client = open(trial, home, store, null); Profile profile = client.profile(null)) {
            expectStatus("ROLLED_BACK", profile::health);
        }
    }

    private static void a_store_that_fails_denies(Trial trial) throws Exception {
        String home = trial.newHome();
        Store store = new Store();
        List<String> lines = new ArrayList<>();
        Log log = (level, message) -> lines.add(level + " " + message);
        try (Consent client = open(trial, home, store, log)) {
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                accept(profile);
            }
        }
        expectEqual(0, lines.size(), "nothing to say: " + lines);
        store.locked = true;
        try (Consent client = open(trial, home, store, log); Profile profile = client.profile(null)) {
            expectStatus("KEY_UNAVAILABLE", profile::health);
            expectEqual(Decision.DENY, profile.check(BASIC).decision(), "while it is locked");
        }
        store.locked = false;
        store.lost = true;
        try (Consent client = open(trial, home, store, log); Profile profile = client.profile(null)) {
            expectStatus("KEY_GONE", profile::health);
        }
        store.lost = false;
        store.broken = true;
        try (Consent client = open(trial, home, store, log); Profile profile = client.profile(null)) {
            expectStatus("KEY_UNAVAILABLE", profile::health);
        }
        expectContains("1 the app's SecretStore threw java.lang.IllegalStateException", lines.get(0));
        store.broken = false;
        try (Consent client = open(trial, home, store, log); Profile profile = client.profile(null)) {
            expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "nothing was lost");
        }
    }

    static void run(Trial trial) throws Exception {
        the_homes_secret_is_the_apps_to_keep(trial);
        a_store_that_fails_denies(trial);
    }
}
