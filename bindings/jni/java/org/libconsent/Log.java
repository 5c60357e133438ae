package org.libconsent;

/** Receives diagnostic lines without personal data, on the thread of the call that they come from. */
public interface Log {
    void line(int level, String message);
}
