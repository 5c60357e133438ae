package org.libconsent;

/** What became of a request. For one thread. */
public final class RequestChange {
    public static final int OPENED = 1;
    public static final int NEEDS_VERIFICATION = 2;
    public static final int FEE_QUOTED = 3;
    public static final int IN_PROGRESS = 4;
    public static final int DONE = 5;
    /** Deleted but for backups. */
    public static final int DONE_LIVE = 6;
    public static final int DONE_BACKUP = 7;
    public static final int REFUSED = 8;
    public static final int CANCELLED = 9;

    /** Why a request was refused. */
    public static final int UNRELATED = 1;
    public static final int REPEATED = 2;
    public static final int DISPROPORTIONATE = 3;
    public static final int RISK_TO_OTHERS = 4;
    public static final int IMPRACTICAL = 5;
    public static final int UNVERIFIED = 6;
    public static final int LAW_FORBIDS = 7;

    private final String id;
    private final int state;
    private boolean byRequester;
    private int refusal;
    private long feeFen;
    private String text;
    private String reference;

    private RequestChange(String id, int state) {
        this.id = id;
        this.state = state;
    }

    /** @param id as Profile.open gave it @param state OPENED to CANCELLED */
    public static RequestChange of(String id, int state) {
        return new RequestChange(id, state);
    }

    /** The person says so: agrees to a fee, cancels. Else the operator. */
    public RequestChange byRequester() {
        byRequester = true;
        return this;
    }

    /** With REFUSED: why, and in words. */
    public RequestChange refusal(int refusal, String reasons) {
        this.refusal = refusal;
        return text(reasons);
    }

    /** With FEE_QUOTED: hundredths of a yuan, and what for. */
    public RequestChange fee(long fen, String what) {
        feeFen = fen;
        return text(what);
    }

    /** What was done. */
    public RequestChange text(String text) {
        this.text = text;
        return this;
    }

    /** The operator's case number. */
    public RequestChange reference(String reference) {
        this.reference = reference;
        return this;
    }

    void record(long profile) throws ConsentException {
        Native.requestUpdate(profile, Native.bytes(id, text, reference), new int[] {state, byRequester ? 1 : 0, refusal},
                feeFen);
    }
}
