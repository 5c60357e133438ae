package org.libconsent;

import static org.libconsent.Trial.BASIC;
import static org.libconsent.Trial.accept;
import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.expectThrown;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** sync.h over a transport that is Java's: what is asked arrives here, and what is answered arrives there. */
final class SyncTest {
    private static final String ENDPOINT = "https://consent.example.cn/base";

    private SyncTest() {
    }

    private static SyncConfig config() {
        return new SyncConfig(ENDPOINT, "CN");
    }

    /** A transport that reaches nobody. */
    private static Transport offline() {
        return request -> {
            throw new ConnectException("nobody listens");
        };
    }

    private static void give(Transport.Request request, String body) throws IOException {
        byte[] bytes = ("??" + body + "?").getBytes(StandardCharsets.UTF_8);
        request.receive(bytes, 2, bytes.length - 3);
    }

    // Configuring

    private static void a_bad_configuration_names_its_member(Consent client, Profile profile) throws Exception {
        String pin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        expectContains("endpoint", expectStatus("ARGUMENT",
                () -> Sync.configure(client, new SyncConfig("http://consent.example.cn", "CN").transport(offline()))));
        expectContains("region", expectStatus("ARGUMENT",
                () -> Sync.configure(client, new SyncConfig(ENDPOINT, "China").transport(offline()))));
        expectContains("pins", expectStatus("ARGUMENT", () -> Sync.configure(client,
                config().transport(offline()).pin(pin, 4000000000000L))));
        expectContains("pins[1]", expectStatus("ARGUMENT", () -> Sync.configure(client,
                config().transport(offline()).pin(pin, 4000000000000L).pin(pin, 0))));
        expectContains("ca_file", expectStatus("ARGUMENT", () -> Sync.configure(client,
                config().transport(offline()).caFile(new String(new char[2000]).replace('\0', 'x')))));
        expectContains("configure", expectStatus("ARGUMENT", () -> Sync.sync(profile, 60000, null)));
        Sync.configure(client, config().transport(offline()).pin(pin, 4000000000000L).pin(pin, 4000000000000L));
    }

    private static void without_a_transport_libcurl_serves(Consent client, Profile profile) throws Exception {
        SyncReport report = new SyncReport();
        try {
            Sync.configure(client, new SyncConfig("https://127.0.0.1:1", "CN"));
        } catch (ConsentException e) {
            expectEqual("UNSUPPORTED", e.statusName(), "a build without libcurl says so");
            return;
        }
        expectStatus("NETWORK", () -> Sync.sync(profile, 30000, report));
        expectEqual(1L, report.requests(), "requests");
    }

    private static void the_region_must_be_the_policys(Consent client, Profile profile) throws Exception {
        Sync.configure(client, new SyncConfig(ENDPOINT, "DE").transport(offline()));
        expectStatus("REJECTED", () -> Sync.sync(profile, 60000, null));
    }

    // Before an acceptance

    private static void nothing_leaves_before_an_acceptance(Consent client, Profile profile) throws Exception {
        List<String> urls = new ArrayList<>();
        Transport transport = request -> {
            urls.add(request.method() + " " + request.url());
            return new Transport.Answer(404);
        };
        Sync.configure(client, config().transport(transport));
        SyncReport report = new SyncReport();
        Sync.sync(profile, 60000, report);
        expectEqual(0L, report.requests(), "requests");
        expectEqual(0, urls.size(), "seen by the transport");
        Sync.configure(client, config().transport(transport).fetchBeforeConsent());
        try {
            Sync.sync(profile, 60000, report);
        } catch (ConsentException e) {
            expectEqual("NETWORK", e.statusName(), "if anything");
        }
        expectContains("GET " + ENDPOINT + "/v1/policies/head?id=platform", urls.toString());
    }

    // Failures

    private static void a_refused_connection_is_told_with_its_cause(Consent client, Profile profile) throws Exception {
        SyncReport report = new SyncReport();
        Sync.configure(client, config().transport(offline()));
        try {
            Sync.sync(profile, 60000, report);
            throw new AssertionError("nobody listens");
        } catch (ConsentException e) {
            expectEqual("NETWORK", e.statusName(), "status");
            expectContains("java.net.ConnectException", e.getMessage());
            expect(e.getCause() instanceof ConnectException, "the cause is the app's");
        }
        expectEqual(1L, report.requests(), "requests");
        expect(report.retryMs() > 0 && report.waiting() > 0, "when to come back, and what waits");
        expect(!report.clockSuspect(), "the clock is not to blame");
        expectContains("\"last_status\":\"NETWORK\"", Sync.status(profile));
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "recording goes on");
    }

    private static void a_certificate_out_of_its_time_is_told_apart(Consent client, Profile profile) throws Exception {
        SyncReport report = new SyncReport();
        Sync.configure(client, config().transport(request -> {
            throw new IOException("handshake", new RuntimeException(new CertificateExpiredException("1999")));
        }));
        expectStatus("NETWORK", () -> Sync.sync(profile, 60000, report));
        expect(report.clockSuspect(), "the clock may be to blame");
    }

    private static void a_busy_backend_says_when(Consent client, Profile profile) throws Exception {
        SyncReport report = new SyncReport();
        int[] calls = {0};
        Sync.configure(client, config().transport(request -> {
            calls[0]++;
            return new Transport.Answer(503).retryAfter("120").date("Sun, 06 Nov 1994 08:49:37 GMT");
        }));
        try {
            Sync.sync(profile, 60000, report);
            throw new AssertionError("the backend is busy");
        } catch (ConsentException e) {
            expectEqual("NETWORK", e.statusName(), "status");
            expectEqual(503, e.osCode(), "the backend's own");
            expect(e.getCause() == null, "nothing was thrown");
        }
        expectEqual(120000L, report.retryMs(), "when to come back");
        expect(report.clockAheadMs() > 86400000L, "the clocks are apart: " + report.clockAheadMs());
        expectStatus("NETWORK", () -> Sync.sync(profile, 60000, report));
        expectEqual(1, calls[0], "it is left alone meanwhile");
    }

    private static void a_mistake_of_the_apps_is_thrown(Consent client, Profile profile) throws Exception {
        Sync.configure(client, config().transport(request -> {
            throw new UnsupportedOperationException("not written yet");
        }));
        expectThrown(UnsupportedOperationException.class, () -> Sync.sync(profile, 60000, null));
        Sync.configure(client, config().transport(request -> null));
        expectThrown(NullPointerException.class, () -> Sync.sync(profile, 60000, null));
        Sync.configure(client, config().transport(offline()));
        expectStatus("NETWORK", () -> Sync.sync(profile, 60000, null));
    }

    private static void an_answer_without_end_is_cut_off(Consent client, Profile profile) throws Exception {
        Transport.Request[] kept = {null};
        Sync.configure(client, config().transport(request -> {
            byte[] piece = new byte[1 << 20];
            kept[0] = request;
            expectThrown(IndexOutOfBoundsException.class, () -> request.receive(piece, 1, piece.length));
            for (int i = 0; i < 64; i++) {
                request.receive(piece, 0, piece.length);
            }
            throw new AssertionError("64 MiB were taken");
        }));
        expectContains("java.io.IOException", expectStatus("NETWORK", () -> Sync.sync(profile, 60000, null)));
        expect(kept[0].isCancelled(), "a request that is over");
        expectThrown(IOException.class, () -> kept[0].receive(new byte[1], 0, 1));
    }

    // Requests and answers

    /** Plays a backend that enrols, and is busy then; and tells what it was asked. */
    private static Transport enrolling(List<String> asked) {
        return request -> {
            String body = request.body() == null ? "none" : new String(request.body(), StandardCharsets.UTF_8);
            asked.add(request.method() + " " + request.url() + " " + request.contentType() + " " + request.token() + " "
                    + body);
            expect(request.timeoutMs() > 0 && request.timeoutMs() <= 30000, "timeout " + request.timeoutMs());
            if (request.url().endsWith("/devices")) {
                give(request, "{\"token\":\"given-by-the-backend\"}");
                return new Transport.Answer(200);
            }
            return new Transport.Answer(503);
        };
    }

    private static void what_is_asked_and_answered_crosses(Consent client, Profile profile) throws Exception {
        List<String> asked = new ArrayList<>();
        Sync.configure(client, config().transport(enrolling(asked)));
        SyncReport report = new SyncReport();
        expectStatus("NETWORK", () -> Sync.sync(profile, 30000, report));
        expectEqual(2L, report.requests(), "requests");
        expect(asked.get(0).matches("POST " + ENDPOINT + "/v1/profiles/[0-9a-f]{32}/devices application/json null \\{.*"),
                "the enrolment: " + asked.get(0));
        expectContains("\"stream\"", asked.get(0));
        expect(asked.get(1).matches("POST " + ENDPOINT
                + "/v1/profiles/[0-9a-f]{32}/events application/json given-by-the-backend \\{.*"), "the events: " + asked.get(1));
        expectContains("\"signature\"", asked.get(1));
    }

    private static void the_accounts_token_is_asked_for_and_renewed(Consent client, Profile ignored) throws Exception {
        List<String> asked = new ArrayList<>();
        List<Boolean> renewed = new ArrayList<>();
        Transport refusing = request -> {
            asked.add(request.token());
            return new Transport.Answer(401);
        };
        try (Profile account = client.profile("account-1")) {
            accept(account);
            Sync.configure(client, config().transport(refusing));
            expectContains("token", expectStatus("ARGUMENT", () -> Sync.sync(account, 60000, null)));
            Sync.configure(client, config().transport(refusing).tokens(renew -> {
                renewed.add(renew);
                return renew ? "second" : "first";
            }));
            expectStatus("NETWORK", () -> Sync.sync(account, 60000, null));
            expectEqual(Arrays.asList("first", "second"), asked, "tokens");
            expectEqual(Arrays.asList(false, true), renewed, "asked for");
            Sync.configure(client, config().transport(refusing).tokens(renew -> null));
            expectStatus("ARGUMENT", () -> Sync.sync(account, 60000, null));
            Sync.configure(client, config().transport(refusing).tokens(renew -> new String(new char[100000]).replace('\0', 'x')));
            expectStatus("ARGUMENT", () -> Sync.sync(account, 60000, null));
            Sync.configure(client, config().transport(refusing).tokens(renew -> {
                throw new ConnectException("no token either");
            }));
            expectStatus("NETWORK", () -> Sync.sync(account, 60000, null));
            Sync.configure(client, config().transport(refusing).tokens(renew -> {
                throw new IllegalArgumentException("a mistake");
            }));
            expectThrown(IllegalArgumentException.class, () -> Sync.sync(account, 60000, null));
            expectEqual(2, asked.size(), "requests without a token");
        }
    }

    /** A key store that signs: Java's own curve. */
    private static final class Signing extends HostTest.Store implements SecretStore.DeviceKeys {
        final KeyPair pair;
        int signatures;

        Signing() throws Exception {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            pair = generator.generateKeyPair();
        }

        private static void put(byte[] number, byte[] out, int at) {
            for (int i = 0; i < 32 && i < number.length; i++) {
                out[at + 31 - i] = number[number.length - 1 - i];
            }
        }

        @Override
        public byte[] publicKey(String name) {
            byte[] point = new byte[65];
            point[0] = 4;
            put(((ECPublicKey) pair.getPublic()).getW().getAffineX().toByteArray(), point, 1);
            put(((ECPublicKey) pair.getPublic()).getW().getAffineY().toByteArray(), point, 33);
            return point;
        }

        @Override
        public byte[] sign(String name, byte[] message) {
            try {
                Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
                signature.initSign(pair.getPrivate());
                signature.update(message);
                signatures++;
                return signature.sign();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void the_apps_key_store_signs(Trial trial) throws Exception {
        List<String> asked = new ArrayList<>();
        Signing store = new Signing();
        try (Consent client = Consent.open(trial.newHome(), trial.root, "android", store, null)) {
            client.install(trial.bundle);
            try (Profile profile = client.profile(null)) {
                accept(profile);
                Sync.configure(client, config().transport(enrolling(asked)));
                expectStatus("NETWORK", () -> Sync.sync(profile, 30000, null));
            }
        }
        String key = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(store.publicKey(""));
        expectContains(key, asked.get(0));
        expectContains("\"protection\":2", asked.get(0));
        expect(store.signatures > 0, "it signed");
    }

    // Progress and the end

    private static void progress_is_told_and_may_cancel(Consent client, Profile profile) throws Exception {
        List<Long> told = new ArrayList<>();
        List<String> asked = new ArrayList<>();
        Sync.configure(client, config().transport(enrolling(asked)).progress(report -> {
            told.add(report.requests());
            Sync.cancel(client);
        }));
        expectStatus("CANCELLED", () -> Sync.sync(profile, 30000, null));
        expectEqual(1L, told.get(0), "the first step");
        expectEqual(1, asked.size(), "requests");
        Sync.configure(client, config().transport(enrolling(asked)).progress(report -> {
            throw new IllegalArgumentException("a mistake");
        }));
        expectThrown(IllegalArgumentException.class, () -> Sync.sync(profile, 30000, null));
    }

    private static void another_thread_ends_it(Consent client, Profile profile) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        String[] outcome = {null};
        Sync.configure(client, config().transport(request -> {
            inside.countDown();
            while (!request.isCancelled()) {
                Thread.yield();
            }
            expectThrown(IOException.class, () -> request.receive(new byte[1], 0, 1));
            throw new IOException("given up");
        }));
        Thread syncing = new Thread(() -> {
            try {
                Sync.sync(profile, 600000, null);
            } catch (ConsentException e) {
                outcome[0] = e.statusName();
            }
        });
        syncing.start();
        inside.await();
        expectStatus("LOCKED", () -> Sync.sync(profile, 60000, null));
        expectStatus("LOCKED", () -> Sync.configure(client, config().transport(offline())));
        expectEqual(Decision.ALLOW, profile.check(BASIC).decision(), "checks go on meanwhile");
        Sync.cancel(client);
        syncing.join();
        expectEqual("CANCELLED", outcome[0], "the sync");
    }

    /** A configuration that nobody but C holds. */
    private static WeakReference<SyncConfig> configured(Consent client) throws ConsentException {
        SyncConfig config = config().transport(offline());
        Sync.configure(client, config);
        return new WeakReference<>(config);
    }

    private static void a_configuration_is_let_go(Trial trial) throws Exception {
        WeakReference<SyncConfig> second;
        try (Consent client = Consent.open(trial.newHome(), trial.root, "android")) {
            WeakReference<SyncConfig> first = configured(client);
            second = configured(client);
            Trial.expectLetGo(first);
            expect(second.get() != null, "the one that serves");
        }
        Trial.expectLetGo(second);
    }

    // Accounts

    private static void an_account_takes_what_was_done_before(Consent client, Profile anonymous) throws Exception {
        try (Profile account = client.profile("account-1")) {
            expectEqual(Decision.ASK, account.check(BASIC).decision(), "a new account");
            expectStatus("ARGUMENT", () -> Sync.join(anonymous, account));
            Sync.join(account, anonymous);
            expectEqual(Decision.ALLOW, account.check(BASIC).decision(), "after log-in");
            expectContains("\"waiting\"", Sync.status(account));
            int before = account.history().length();
            Sync.leave(account);
            expect(account.history().length() > before, "that it left is recorded");
            expectStatus("ARGUMENT", () -> Sync.leave(anonymous));
        }
        expectEqual(Decision.ALLOW, anonymous.check(BASIC).decision(), "after log-out");
    }

    static void run(Trial trial) throws Exception {
        trial.accepted(SyncTest::a_bad_configuration_names_its_member);
        trial.accepted(SyncTest::without_a_transport_libcurl_serves);
        trial.accepted(SyncTest::the_region_must_be_the_policys);
        trial.fresh(SyncTest::nothing_leaves_before_an_acceptance);
        trial.accepted(SyncTest::a_refused_connection_is_told_with_its_cause);
        trial.accepted(SyncTest::a_certificate_out_of_its_time_is_told_apart);
        trial.accepted(SyncTest::a_busy_backend_says_when);
        trial.accepted(SyncTest::a_mistake_of_the_apps_is_thrown);
        trial.accepted(SyncTest::an_answer_without_end_is_cut_off);
        trial.accepted(SyncTest::what_is_asked_and_answered_crosses);
        trial.fresh(SyncTest::the_accounts_token_is_asked_for_and_renewed);
        the_apps_key_store_signs(trial);
        trial.accepted(SyncTest::progress_is_told_and_may_cancel);
        trial.accepted(SyncTest::another_thread_ends_it);
        a_configuration_is_let_go(trial);
        trial.accepted(SyncTest::an_account_takes_what_was_done_before);
    }
}
