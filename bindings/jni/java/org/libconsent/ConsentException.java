package org.libconsent;

/** What a call of the library failed with. The message is one line: what, where, why, what to do; no personal data. */
public final class ConsentException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final int osCode;

    ConsentException(int status, int osCode, byte[] message) {
        super(Native.text(message));
        this.status = status;
        this.osCode = osCode;
    }

    /** The number of the consent_status. */
    public int status() {
        return status;
    }

    /** The name of the consent_status without its prefix, for example "REJECTED". */
    public String statusName() {
        return Native.text(Native.statusName(status));
    }

    /** errno or a library's own code, 0 if none. */
    public int osCode() {
        return osCode;
    }
}
