package org.libconsent;

/** An answer and what it rests on. Times are UTC milliseconds since 1970, 0 for none. */
public final class Verdict {
    private final Decision decision;
    private final int reason;
    private final int ground;
    private final long policyVersion;
    private final long policyRevision;
    private final long evidenceSeq;
    private final long askAfterMs;
    private final long expiresMs;

    Verdict(long[] values) {
        decision = Decision.of(values[0]);
        reason = (int) values[1];
        ground = (int) values[2];
        policyVersion = values[3];
        policyRevision = values[4];
        evidenceSeq = values[5];
        askAfterMs = values[6];
        expiresMs = values[7];
    }

    public Decision decision() {
        return decision;
    }

    /** The name of the consent_reason, for example "not_asked". */
    public String reason() {
        return Native.text(Native.reasonName(reason));
    }

    /** The number of the consent_ground. */
    public int ground() {
        return ground;
    }

    /** Its name as in JSON and policies, for example "consent". */
    public String groundName() {
        return Native.text(Native.groundName(ground));
    }

    /** The governing policy's version, 0 if none. */
    public long policyVersion() {
        return policyVersion;
    }

    public long policyRevision() {
        return policyRevision;
    }

    /** The event that the answer rests on, 0 if none. */
    public long evidenceSeq() {
        return evidenceSeq;
    }

    /** With DENY: when asking is allowed again; Long.MAX_VALUE: never by itself. */
    public long askAfterMs() {
        return askAfterMs;
    }

    /** With ALLOW: until when at most. */
    public long expiresMs() {
        return expiresMs;
    }
}
