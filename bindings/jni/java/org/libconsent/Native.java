package org.libconsent;

import java.nio.charset.StandardCharsets;

/** The C half (consent_jni.c): text as UTF-8, handles as long. Nothing here is for callers outside the package. */
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

    static native byte[] version();

    static native byte[] statusName(int status);

    static native byte[] reasonName(int reason);

    static native long open(byte[] home, byte[] rootKeys, byte[] platform) throws ConsentException;

    static native void close(long client);

    static native void install(long client, byte[] bundle) throws ConsentException;

    static native long profileOpen(long client, byte[] account, boolean ephemeral) throws ConsentException;

    static native void profileClose(long profile);

    static native void health(long profile) throws ConsentException;

    static native long[] check(long profile, byte[][] names, boolean userInitiated) throws ConsentException;

    static native void withdraw(long profile, byte[][] names) throws ConsentException;

    static native byte[] history(long profile) throws ConsentException;

    static native long handleOpen(long profile, byte[][] names, boolean userInitiated) throws ConsentException;

    static native int handleCheck(long handle);

    static native void handleClose(long handle);

    static native long formBuild(long profile, int occasion, byte[][] names, byte[] locale, boolean userInitiated)
            throws ConsentException;

    static native byte[] formJson(long form) throws ConsentException;

    static native void formShown(long form) throws ConsentException;

    static native void formSubmit(long form, int action, byte[][] controls, boolean[] on, boolean reachedEnd,
            boolean emphasisRendered, byte[] surface) throws ConsentException;

    static native void formClose(long form);
}
