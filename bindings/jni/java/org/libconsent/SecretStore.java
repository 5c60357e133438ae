package org.libconsent;

/**
 * Keeps the home's secrets, for example sealed by a key of the Android Keystore. Called from any thread, one call at a time for a home,
 * until the home is closed. A store that also implements Counters or DeviceKeys is asked for these, too. What is thrown beside
 * Unavailable and Gone counts as Unavailable.
 */
public interface SecretStore {
    /** How well a store protects: a file, as safe as the disk. */
    int FILE = 1;
    /** The operating system's key store. */
    int SYSTEM = 2;
    /** A secure element. */
    int HARDWARE = 3;

    /** Locked, not started, busy: try later. Nothing is lost. */
    final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message) {
            super(message);
        }
    }

    /** Lost for good. Never guess it: a secret not found while the store is locked is Unavailable. */
    final class Gone extends Exception {
        private static final long serialVersionUID = 1L;

        public Gone(String message) {
            super(message);
        }
    }

    /** The secret; null: never stored here. */
    byte[] get(String name) throws Unavailable, Gone;

    /** Stores or replaces, durably. The array is overwritten after the call. */
    void put(String name, byte[] secret) throws Unavailable, Gone;

    /** Forgets a secret, durably; fine also when there was none. */
    void remove(String name) throws Unavailable, Gone;

    /** FILE, SYSTEM or HARDWARE. */
    int protection();

    /** Counters that only rise and that no restored backup takes back: an older copy of the ledger put back is then noticed. */
    interface Counters extends SecretStore {
        long counter(String name) throws Unavailable, Gone;

        /** A lower value changes nothing. */
        void raise(String name, long value) throws Unavailable, Gone;
    }

    /** Keys for signing what is synced, which never leave the store; remove forgets them. */
    interface DeviceKeys extends SecretStore {
        /**
         * A P-256 key as an uncompressed point of 65 bytes, made when there is none; null: not on this device, and a software key serves
         * instead.
         */
        byte[] publicKey(String name) throws Unavailable, Gone;

        /** ECDSA with SHA-256 over the message: r and s, 32 bytes each. */
        byte[] sign(String name, byte[] message) throws Unavailable, Gone;
    }
}
