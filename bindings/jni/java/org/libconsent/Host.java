package org.libconsent;

import java.nio.ByteBuffer;

/** What a home calls of the app: its key store and its log. Numbers as in consent_jni.c. */
final class Host {
    static final int SECRETS = 1;
    static final int COUNTERS = 2;
    static final int SIGNS = 4;
    static final int LOG = 8;

    private static final int GET = 0;
    private static final int PUT = 1;
    private static final int REMOVE = 2;
    private static final int PROTECTION = 3;
    private static final int COUNTER_GET = 4;
    private static final int COUNTER_SET = 5;
    private static final int PUBLIC_KEY = 6;
    private static final int SIGN = 7;

    private static final byte OK = 0;
    private static final byte KEY_UNAVAILABLE = 6;
    private static final byte KEY_GONE = 7;
    private static final byte UNSUPPORTED = 12;
    private static final byte NOT_FOUND = 16;
    private static final byte[] NOTHING = {};

    private final SecretStore store;
    private final Log log;

    Host(SecretStore store, Log log) {
        this.store = store;
        this.log = log;
    }

    /** Which of it is there; 0: nothing. */
    int kinds() {
        return (store == null ? 0 : SECRETS) | (store instanceof SecretStore.Counters ? COUNTERS : 0)
                | (store instanceof SecretStore.DeviceKeys ? SIGNS : 0) | (log == null ? 0 : LOG);
    }

    private static byte[] answer(byte status, byte[] found) {
        byte[] all = new byte[1 + found.length];
        all[0] = status;
        System.arraycopy(found, 0, all, 1, found.length);
        return all;
    }

    private static byte[] found(byte[] secret, byte otherwise) {
        return secret == null ? answer(otherwise, NOTHING) : answer(OK, secret);
    }

    private byte[] ask(int what, String name, byte[] data) throws SecretStore.Unavailable, SecretStore.Gone {
        switch (what) {
        case GET:
            return found(store.get(name), NOT_FOUND);
        case PUT:
            store.put(name, data);
            return answer(OK, NOTHING);
        case REMOVE:
            store.remove(name);
            return answer(OK, NOTHING);
        case PROTECTION:
            return answer(OK, new byte[] {(byte) store.protection()});
        case COUNTER_GET:
            long value = ((SecretStore.Counters) store).counter(name);
            return answer(OK, ByteBuffer.allocate(8).putLong(value).array());
        case COUNTER_SET:
            ((SecretStore.Counters) store).raise(name, ByteBuffer.wrap(data).getLong());
            return answer(OK, NOTHING);
        case PUBLIC_KEY:
            return found(((SecretStore.DeviceKeys) store).publicKey(name), UNSUPPORTED);
        case SIGN:
            return found(((SecretStore.DeviceKeys) store).sign(name, data), KEY_UNAVAILABLE);
        default:
            return answer(UNSUPPORTED, NOTHING);
        }
    }

    /** Called from C, which overwrites both arrays afterwards: the status, then what was found. */
    byte[] secret(int what, byte[] name, byte[] data) {
        try {
            return ask(what, Native.text(name), data);
        } catch (SecretStore.Unavailable e) {
            return answer(KEY_UNAVAILABLE, NOTHING);
        } catch (SecretStore.Gone e) {
            return answer(KEY_GONE, NOTHING);
        } catch (Throwable thrown) {
            say(1, "the app's SecretStore threw " + thrown.getClass().getName());
            return answer(KEY_UNAVAILABLE, NOTHING);
        }
    }

    private void say(int level, String message) {
        try {
            if (log != null) {
                log.line(level, message);
            }
        } catch (Throwable thrown) { // a log that fails changes nothing
            return;
        }
    }

    /** Called from C. */
    void log(int level, byte[] message) {
        say(level, Native.text(message));
    }
}
