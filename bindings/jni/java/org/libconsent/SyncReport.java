package org.libconsent;

/** What Sync.sync did; filled also when it throws. */
public final class SyncReport {
    final long[] values;

    public SyncReport() {
        this(new long[11]);
    }

    SyncReport(long[] values) {
        this.values = values;
    }

    /** Events that a verified receipt on disk covers since this call. */
    public long sent() {
        return values[0];
    }

    /** Other devices' and the backend's events recorded. */
    public long received() {
        return values[1];
    }

    /** Own events that no receipt covers yet. */
    public long waiting() {
        return values[2];
    }

    /** Own events that the backend refused for good; they hold on this device. */
    public long parked() {
        return values[3];
    }

    /** Policies, head statements and key sets installed. */
    public long policies() {
        return values[4];
    }

    /** Sealed files delivered. */
    public long sealed() {
        return values[5];
    }

    /** Acts in the backend's name that it may not make: recorded, without effect. */
    public long ignored() {
        return values[6];
    }

    /** HTTP requests made. */
    public long requests() {
        return values[7];
    }

    /** How long to wait before the next call; 0: until there is something to do. */
    public long retryMs() {
        return values[8];
    }

    /** This device's clock against the backend's, when they differ by over a minute. */
    public long clockAheadMs() {
        return values[9];
    }

    /** The server's certificate is out of its time by this device's clock. */
    public boolean clockSuspect() {
        return values[10] != 0;
    }
}
