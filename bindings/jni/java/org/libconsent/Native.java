package org.libconsent;

import java.nio.charset.StandardCharsets;

/** The C half (libconsent_jni): text as UTF-8, handles as long. Nothing here is for callers outside the package. */
final class Native {
    static {
        System.loadLibrary("consent_jni");
    }

    private Native() {
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] utf8) {
        return utf8 == null ? null : new String(utf8, StandardCharsets.UTF_8);
    }

    static byte[][] bytes(String... texts) {
        byte[][] all = new byte[texts == null ? 0 : texts.length][];
        for (int i = 0; i < all.length; i++) {
            all[i] = bytes(texts[i]);
        }
        return all;
    }

    // Home

    /** A reference by which C calls this object, until drop. */
    static native long hold(Object called);

    static native void drop(long held);

    static native byte[] version();

    static native byte[] statusName(int status);

    static native byte[] reasonName(int reason);

    static native byte[] groundName(int ground);

    static native long open(byte[][] names, byte[] rootKeys, long host, int kinds) throws ConsentException;

    static native void close(long client);

    static native void install(long client, byte[] bundle) throws ConsentException;

    static native byte[] policies(long client) throws ConsentException;

    static native byte[] policyText(long client, byte[] policy, int version, byte[] locale) throws ConsentException;

    /** True: this library has NativeSync's methods, and gave them to it. */
    static native boolean holdsSync();

    // Profile

    static native long profileOpen(long client, byte[] account, boolean ephemeral) throws ConsentException;

    static native void profileClose(long profile);

    static native void health(long profile) throws ConsentException;

    static native void flush(long profile) throws ConsentException;

    static native void repair(long profile) throws ConsentException;

    static native void erase(long profile) throws ConsentException;

    static native long[] check(long profile, byte[][] names, boolean userInitiated) throws ConsentException;

    static native long[] checkAt(long profile, byte[][] names, boolean userInitiated, long atMs, boolean hindsight)
            throws ConsentException;

    static native byte[] explain(long profile, byte[][] names, boolean userInitiated, byte[] locale)
            throws ConsentException;

    static native long handleOpen(long profile, byte[][] names, boolean userInitiated) throws ConsentException;

    static native int handleCheck(long handle);

    static native void handleClose(long handle);

    static native long[] use(long handle) throws ConsentException;

    static native void withdraw(long profile, byte[][] names) throws ConsentException;

    static native void takeOver(long profile, byte[][] names, long givenMs, int version) throws ConsentException;

    static native void permissionObserve(long profile, byte[] permission, int state) throws ConsentException;

    static native byte[] history(long profile) throws ConsentException;

    static native byte[] export(long profile) throws ConsentException;

    static native byte[] changes(long profile, long after) throws ConsentException;

    static native void verify(long profile, long[] counts, byte[] head) throws ConsentException;

    // Form

    static native long formBuild(long profile, byte[][] names, boolean userInitiated, byte[][] members, int occasion,
            int actor) throws ConsentException;

    static native byte[] formJson(long form) throws ConsentException;

    static native void formShown(long form) throws ConsentException;

    static native void formSubmit(long form, int[] kinds, byte[][] members, byte[][] controls, byte[] flags,
            long[] atMs) throws ConsentException;

    static native void formClose(long form);

    static native long permissionBegin(long profile, byte[][] names, boolean userInitiated, byte[] locale,
            long[][] verdict) throws ConsentException;

    static native long[] permissionFinish(long form, int result) throws ConsentException;

    // Rights

    static native byte[] requestOpen(long profile, int[] kinds, byte[][] members, byte[][] data, byte[][] independent)
            throws ConsentException;

    static native void requestUpdate(long profile, byte[][] members, int[] kinds, long feeFen) throws ConsentException;

    static native byte[] requests(long profile, byte[] locale) throws ConsentException;

    static native byte[] notices(long profile, byte[] locale) throws ConsentException;

    static native byte[] collected(long profile, byte[] locale) throws ConsentException;

    static native byte[] shared(long profile, byte[] locale) throws ConsentException;

    static native byte[] switches(long profile) throws ConsentException;

    static native void signalAge(long profile, byte[][] members, int under) throws ConsentException;

    static native void noticeReceive(long profile, byte[] notice) throws ConsentException;

    // Being told

    static native void watch(long handle, long called, boolean on) throws ConsentException;

    static native void switchBind(long profile, long called, byte[][] members, byte[][] after,
            boolean untouchedUntilOn, boolean on) throws ConsentException;

    static native void purgeBind(long profile, long called, boolean on) throws ConsentException;

    static native int poll(long profile) throws ConsentException;
}
