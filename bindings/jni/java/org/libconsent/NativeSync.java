package org.libconsent;

/**
 * Sync's C half: libconsent_sync_jni, which is loaded when the app first touches Sync, so that an app that never does ships no code
 * that could open a socket. Where the C library is not split, libconsent_jni holds it: two copies would be two engines.
 */
final class NativeSync {
    static {
        if (!Native.holdsSync()) {
            System.loadLibrary("consent_sync_jni");
        }
    }

    private NativeSync() {
    }

    static native boolean cancelled(long call);

    static native boolean receive(long call, byte[] bytes, int from, int count);

    static native void answered(long call, int status, byte[] retryAfter, byte[] date);

    static native void failed(long call, boolean clockSuspect, byte[] why);

    static native long configure(long client, Object called, int flags, byte[][] members, byte[][] pins,
            long[] expires) throws ConsentException;

    static native void forget(long setup);

    static native void sync(long profile, int timeoutMs, long[] report) throws ConsentException;

    static native void cancel(long client);

    static native byte[] status(long profile) throws ConsentException;

    static native void join(long account, long anonymous) throws ConsentException;

    static native void leave(long account) throws ConsentException;
}
