package org.libconsent;

/** What a person requests of the operator. For one thread. */
public final class Request {
    public static final int ACCESS = 1;
    public static final int COPY = 2;
    /** Needs a target. */
    public static final int PORT = 3;
    /** Needs data or a text. */
    public static final int CORRECT = 4;
    /** Needs a ground. */
    public static final int DELETE = 5;
    public static final int RESTRICT = 6;
    /** Takes consent back: recorded as withdrawn at once. */
    public static final int WITHDRAW = 7;
    public static final int CANCEL_ACCOUNT = 8;
    public static final int EXPLAIN = 9;
    /** Needs a reference. */
    public static final int APPEAL = 10;
    /** Needs a purpose, which is withdrawn at once. */
    public static final int UNSUBSCRIBE = 11;
    public static final int LEAK_REPORT = 12;
    public static final int COMPLAINT = 13;

    /** Grounds of a deletion. */
    public static final int UNLAWFUL = 1;
    public static final int NO_CONSENT = 2;
    public static final int BREACH = 3;
    public static final int NO_LONGER_USED = 4;
    public static final int SERVICE_ENDED = 5;

    private static final int GUARDIAN = 1;
    private static final int RELATIVE = 2;

    private static final int SCOPE = 0;
    private static final int PURPOSE = 1;
    private static final int RECIPIENT = 2;
    private static final int TEXT = 3;
    private static final int TARGET = 4;
    private static final int REFERENCE = 5;
    private static final int CHANNEL = 6;
    private static final int MEMBERS = 7;

    private final int right;
    private final byte[][] members = new byte[MEMBERS][];
    private byte[][] data;
    private byte[][] independent;
    private int by;
    private int ground;

    private Request(int right) {
        this.right = right;
    }

    /** @param right ACCESS to COMPLAINT */
    public static Request of(int right) {
        return new Request(right);
    }

    public Request byGuardian() {
        by = GUARDIAN;
        return this;
    }

    /** Of a person who died: needs a reference. */
    public Request byRelative() {
        by = RELATIVE;
        return this;
    }

    /** Of a deletion. */
    public Request ground(int ground) {
        this.ground = ground;
        return this;
    }

    /** The product; left out: the platform. */
    public Request scope(String product) {
        return with(SCOPE, product);
    }

    /** Left out: everything. */
    public Request purpose(String purpose) {
        return with(PURPOSE, purpose);
    }

    /** Left out: every recipient. */
    public Request recipient(String recipient) {
        return with(RECIPIENT, recipient);
    }

    /** Left out: all data. */
    public Request data(String... items) {
        data = Native.bytes(items);
        return this;
    }

    /** In the person's words. */
    public Request text(String text) {
        return with(TEXT, text);
    }

    /** Of a transfer: to whom. */
    public Request target(String target) {
        return with(TARGET, target);
    }

    /** Evidence, or the decision that is appealed against. */
    public Request reference(String reference) {
        return with(REFERENCE, reference);
    }

    /** How it came; left out: "app". */
    public Request channel(String channel) {
        return with(CHANNEL, channel);
    }

    /** Recipients that have an authorisation of their own and are not told. */
    public Request independent(String... recipients) {
        independent = Native.bytes(recipients);
        return this;
    }

    private Request with(int place, String text) {
        members[place] = Native.bytes(text);
        return this;
    }

    byte[] open(long profile) throws ConsentException {
        return Native.requestOpen(profile, new int[] {right, by, ground}, members, data, independent);
    }
}
