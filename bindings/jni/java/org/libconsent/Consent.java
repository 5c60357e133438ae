package org.libconsent;

/**
 * One home directory with its policies and profiles. Close what was opened from it first; what is left open keeps the home
 * until it is closed too. Any thread may use it.
 */
public final class Consent extends Handle {
    private Consent(long address) {
        super(null, address);
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
        return new Consent(Native.open(Native.bytes(home), rootKeys, Native.bytes(platform)));
    }

    /** Verifies a signed policy completely and only then keeps it. */
    public void install(byte[] bundle) throws ConsentException {
        long client = enter();
        try {
            Native.install(client, bundle);
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

    @Override
    void release(long client) {
        Native.close(client);
    }
}
