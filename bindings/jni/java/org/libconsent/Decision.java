package org.libconsent;

/** May I? Whatever is not understood reads as DENY. */
public enum Decision {
    DENY, ASK, ALLOW;

    static Decision of(long value) {
        return value == 2 ? ALLOW : value == 1 ? ASK : DENY;
    }
}
