package org.libconsent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** How to reach the backend. For one thread until it is given to Sync.configure, and not changed from then on. */
public final class SyncConfig {
    private static final int TRANSPORT = 1;
    private static final int TOKEN = 2;
    private static final int PROGRESS = 4;
    private static final int FETCH_BEFORE_CONSENT = 8;

    /** Gives the account's token. Called by Sync.sync on its thread, not for anonymous profiles. */
    public interface Tokens {
        /** @param renew the last one was refused @return null: there is none, and the sync ends */
        String token(boolean renew) throws IOException;
    }

    /** Told after every step, on the thread of Sync.sync; may call Sync.cancel. */
    public interface Progress {
        void made(SyncReport report);
    }

    private final String endpoint;
    private final String region;
    private final List<String> pins = new ArrayList<String>();
    private final List<Long> expires = new ArrayList<Long>();
    private String caFile;
    private Transport transport;
    private Tokens tokens;
    private Progress progress;
    private boolean fetchBeforeConsent;

    /**
     * @param endpoint "https://consent.example.cn", a path may follow; without '/' at its end
     * @param region where this endpoint stores, as policies name it: "CN"
     */
    public SyncConfig(String endpoint, String region) {
        this.endpoint = endpoint;
        this.region = region;
    }

    /** The app's own network stack; left out: libcurl, where the build has it. */
    public SyncConfig transport(Transport transport) {
        this.transport = transport;
        return this;
    }

    /** PEM bundle for libcurl; left out: the system's. */
    public SyncConfig caFile(String path) {
        caFile = path;
        return this;
    }

    /**
     * A public key that the server's certificate must have; name at least two, or none. For libcurl: a transport of the app pins by itself.
     *
     * @param sha256 base64 of SHA-256 of the key's SubjectPublicKeyInfo
     * @param expiresMs from then on it is passed over
     */
    public SyncConfig pin(String sha256, long expiresMs) {
        pins.add(sha256);
        expires.add(expiresMs);
        return this;
    }

    public SyncConfig tokens(Tokens tokens) {
        this.tokens = tokens;
        return this;
    }

    public SyncConfig progress(Progress progress) {
        this.progress = progress;
        return this;
    }

    /** Policies may be fetched before any acceptance, where the policy held allows it too. */
    public SyncConfig fetchBeforeConsent() {
        fetchBeforeConsent = true;
        return this;
    }

    Transport transport() {
        return transport;
    }

    Tokens tokens() {
        return tokens;
    }

    Progress progress() {
        return progress;
    }

    long send(long client, SyncCalls calls) throws ConsentException {
        int flags = (transport == null ? 0 : TRANSPORT) | (tokens == null ? 0 : TOKEN)
                | (progress == null ? 0 : PROGRESS) | (fetchBeforeConsent ? FETCH_BEFORE_CONSENT : 0);
        long[] until = new long[expires.size()];
        for (int i = 0; i < until.length; i++) {
            until[i] = expires.get(i);
        }
        return NativeSync.configure(client, calls, flags, Native.bytes(endpoint, region, caFile),
                Native.bytes(pins.toArray(new String[0])), until);
    }
}
