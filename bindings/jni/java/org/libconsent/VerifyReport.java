package org.libconsent;

/** What Profile.verify found; filled as far as it came also when it throws. */
public final class VerifyReport {
    final long[] counts = new long[3];
    final byte[] head = new byte[32];

    /** Sealed frames that are whole. */
    public long frames() {
        return counts[0];
    }

    /** Events in them. */
    public long events() {
        return counts[1];
    }

    /** Where the first damage begins, 0 if none. */
    public long badOffset() {
        return counts[2];
    }

    /** Head of the event chain, 32 bytes. */
    public byte[] head() {
        return head.clone();
    }
}
