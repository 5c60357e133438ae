package org.libconsent;

/**
 * One home directory with its policies and profiles. Close what was opened from it first; what is left open keeps the home
 * until it is closed too. Any thread may use it.
 */
public final class Consent extends Handle {
    private final long host;
    private SyncCalls syncCalls;
    private Runnable forgetSync;

    private Consent(long address, long host) {
        super(null, address);
        this.host = host;
    }

    /** The C library's version, for example "0.1.0". */
    public static String version() {
        return Native.text(Native.version());
    }

    /**
     * Opens a home; its parent directory must exist.
     *
     * @param rootKeys the root keys pinned in the app, 65 bytes each, one after the other
     * @param platform whose permission names forms carry: "android", "ios" or "desktop"
     */
    public static Consent open(String home, byte[] rootKeys, String platform) throws ConsentException {
        return open(home, rootKeys, platform, null, null);
    }

    /**
     * Opens a home.
     *
     * @param store where the home's secrets are kept; null: a key file inside the home
     * @param log may be null
     */
    public static Consent open(String home, byte[] rootKeys, String platform, SecretStore store, Log log)
            throws ConsentException {
        Host host = new Host(store, log);
        long held = host.kinds() == 0 ? 0 : Native.hold(host);
        try {
            return new Consent(Native.open(Native.bytes(home, platform), rootKeys, held, host.kinds()), held);
        } catch (ConsentException e) {
            drop(held);
            throw e;
        }
    }

    private static void drop(long held) {
        if (held != 0) {
            Native.drop(held);
        }
    }

    /** Verifies a signed policy, a key set or a head statement completely and only then keeps it. */
    public void install(byte[] bundle) throws ConsentException {
        long client = enter();
        try {
            Native.install(client, bundle);
        } finally {
            leave();
        }
    }

    /** JSON: every policy held, and the head statements known. */
    public String policies() throws ConsentException {
        long client = enter();
        try {
            return Native.text(Native.policies(client));
        } finally {
            leave();
        }
    }

    /**
     * JSON: the document of one version of a policy.
     *
     * @param version 0: the newest
     * @param locale null: the policy's first
     */
    public String policyText(String policy, int version, String locale) throws ConsentException {
        long client = enter();
        try {
            return Native.text(Native.policyText(client, Native.bytes(policy), version, Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /** Opens, or begins, a profile. @param account null: the device's anonymous profile */
    public Profile profile(String account) throws ConsentException {
        long client = enter();
        try {
            return new Profile(this, Native.profileOpen(client, Native.bytes(account), false));
        } finally {
            leave();
        }
    }

    /** A kiosk's profile: gone when it is closed. */
    public Profile ephemeralProfile() throws ConsentException {
        long client = enter();
        try {
            return new Profile(this, Native.profileOpen(client, null, true));
        } finally {
            leave();
        }
    }

    /** Another configuration of sync took the former one's place. */
    synchronized void syncConfigured(SyncCalls calls, Runnable forget) {
        Runnable former = forgetSync;
        syncCalls = calls;
        forgetSync = forget;
        if (former != null) {
            former.run();
        }
    }

    synchronized SyncCalls syncCalls() {
        return syncCalls;
    }

    @Override
    void release(long client) {
        Native.close(client);
        drop(host);
        syncConfigured(null, null);
    }
}
