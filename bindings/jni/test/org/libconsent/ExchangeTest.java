package org.libconsent;

import static org.libconsent.Trial.expect;
import static org.libconsent.Trial.expectContains;
import static org.libconsent.Trial.expectEqual;
import static org.libconsent.Trial.expectStatus;
import static org.libconsent.Trial.well;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Two devices of one account and a real backend: one syncs over Java's own network stack, one over libcurl. Usage: ExchangeTest URL
 * FOLDER, where the backend was set up.
 */
public final class ExchangeTest {
    private static final Query SHARE = Query.of("pay.share").recipient("pay-jia").data("pay-order");

    private final String url;
    private final Path data;
    private final String token;

    private ExchangeTest(String url, Path data) throws Exception {
        this.url = url;
        this.data = data;
        token = read("offline/demo.token").trim();
    }

    private String read(String name) throws Exception {
        return new String(Files.readAllBytes(data.resolve(name)), StandardCharsets.UTF_8);
    }

    /** The 65 bytes that an app would pin. */
    private byte[] root() throws Exception {
        Matcher found = Pattern.compile("\"public\" *: *\"([^\"]+)\"").matcher(read("root.pub"));
        expect(found.find(), "root.pub: " + read("root.pub"));
        return Base64.getUrlDecoder().decode(found.group(1));
    }

    /** Trusts this backend's own authority and nobody else. */
    private SSLSocketFactory sockets() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(data.resolve("ca.pem")))));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private Consent device(String name) throws Exception {
        Consent client = Consent.open(data.resolve(name).toString(), root(), "android");
        client.install(Files.readAllBytes(data.resolve("offline/platform.bundle")));
        return client;
    }

    private SyncConfig config() {
        return new SyncConfig(url, "CN").tokens(renew -> token);
    }

    private static SyncReport synced(Profile profile) throws ConsentException {
        SyncReport report = new SyncReport();
        Sync.sync(profile, 60000, report);
        expectEqual(0L, report.waiting(), "waiting");
        expectEqual(0L, report.parked(), "parked");
        expectEqual(0L, report.retryMs(), "retry");
        expect(!report.clockSuspect() && report.clockAheadMs() == 0, "the clocks");
        return report;
    }

    private static void share(Profile profile) throws ConsentException {
        try (Form form = profile.form(FormRequest.of(Form.SEPARATE).about(SHARE).userInitiated())) {
            form.shown();
            form.submit(well(Submission.accept()));
        }
    }

    private void what_one_device_refuses_the_other_does_not_do(Profile phone, Profile tablet) throws Exception {
        List<String> steps = new ArrayList<>();
        Trial.accept(phone);
        Trial.accept(tablet);
        share(phone);
        expectEqual(Decision.ALLOW, phone.check(SHARE).decision(), "the phone's own yes");
        SyncReport first = synced(phone);
        expect(first.sent() >= 3 && first.received() == 0, "the phone's acts: " + first.sent() + ", " + first.received());
        expectEqual(0L, synced(phone).sent(), "sent twice");

        tablet.withdraw(SHARE);
        SyncReport second = synced(tablet);
        expect(second.sent() > 0 && second.received() == first.sent(), "the tablet's: " + second.received());
        try (Question question = phone.prepare(SHARE)) {
            question.watch((of, before, after) -> steps.add(before.decision() + " " + after.decision()));
            SyncReport third = synced(phone);
            expectEqual(second.sent(), third.received(), "the tablet's acts arrive");
            expectEqual(0L, third.sent(), "the phone did nothing");
            phone.poll();
            expect(steps.size() == 1 && steps.get(0).startsWith("ALLOW"), "who watches is told: " + steps);
        }
        expect(phone.check(SHARE).decision() != Decision.ALLOW, "the refusal counts on the phone");
        expectContains("\"last_status\":\"OK\"", Sync.status(phone));
    }

    /** A visitor's acts wait sealed; the next sync of whoever stands there delivers them. */
    private void what_a_visitor_left_is_delivered(Consent client, Profile profile) throws Exception {
        try (Profile visitor = client.ephemeralProfile()) {
            Trial.accept(visitor);
        }
        SyncReport report = synced(profile);
        expectEqual(1L, report.sealed(), "sealed files");
        expectEqual(0L, report.sent(), "events");
    }

    /** The phone agrees to a policy that the tablet does not hold. */
    private void a_policy_that_acts_name_arrives(Consent phone, Profile onPhone, Consent tablet, Profile onTablet)
            throws Exception {
        phone.install(Files.readAllBytes(data.resolve("offline/hotel.bundle")));
        try (Form form = onPhone.form(FormRequest.of(Form.FIRST_RUN).scope("hotel"))) {
            form.shown();
            form.submit(well(Submission.accept().on(Trial.requiredControl(form.json()))));
        }
        synced(onPhone);
        expect(!tablet.policies().contains("\"hotel\""), "not yet: " + tablet.policies());
        SyncReport report = synced(onTablet);
        expectEqual(1L, report.policies(), "policies");
        expectContains("\"hotel\"", tablet.policies());
    }

    private void run() throws Exception {
        HttpsTransport transport = new HttpsTransport(sockets());
        try (Consent phone = device("phone"); Consent tablet = device("tablet");
                Profile onPhone = phone.profile("demo"); Profile onTablet = tablet.profile("demo")) {
            Sync.configure(phone, config().transport(transport));
            try {
                Sync.configure(tablet, config().caFile(data.resolve("ca.pem").toString()));
            } catch (ConsentException e) {
                expectEqual("UNSUPPORTED", e.statusName(), "a build without libcurl");
                Sync.configure(tablet, config().transport(transport));
            }
            what_one_device_refuses_the_other_does_not_do(onPhone, onTablet);
            what_a_visitor_left_is_delivered(phone, onPhone);
            a_policy_that_acts_name_arrives(phone, onPhone, tablet, onTablet);
            expect(transport.requests > 5, "Java made them");
            Sync.configure(phone, config().transport(new HttpsTransport((SSLSocketFactory) SSLSocketFactory.getDefault())));
            onPhone.withdraw(Query.of(null));
            expectStatus("NETWORK", () -> Sync.sync(onPhone, 60000, null)); // nobody vouches for that authority
        }
    }

    public static void main(String[] args) throws Exception {
        new ExchangeTest(args[0], Paths.get(args[1])).run();
        System.out.println("java and a backend: ok");
    }
}
