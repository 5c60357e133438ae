package org.libconsent;

/**
 * A third party's switch: what it covers, and after which others it comes. It is on only while everything that it covers is
 * allowed. Name at least one of purpose, recipient and function. For one thread.
 */
public final class Switch {
    private static final int ID = 0;
    private static final int SCOPE = 1;
    private static final int PURPOSE = 2;
    private static final int RECIPIENT = 3;
    private static final int FUNCTION = 4;
    private static final int MEMBERS = 5;

    private final byte[][] names = new byte[MEMBERS][];
    private byte[][] after;
    private boolean untouchedUntilOn;

    /** What a third party's consent switch is to be told. */
    public static final class Facts {
        private final int facts;

        Facts(int facts) {
            this.facts = facts;
        }

        /** The policy in force names it. */
        public boolean declared() {
            return (facts & 1) != 0;
        }

        /** The person was shown a notice that names it. */
        public boolean shown() {
            return (facts & 2) != 0;
        }

        /** Everything it covers is allowed now, and every switch it comes after is on. */
        public boolean agreed() {
            return (facts & 4) != 0;
        }

        /** The first call in this process: many SDKs forget. */
        public boolean replayed() {
            return (facts & 8) != 0;
        }
    }

    /** Passes facts on to a third party. Called by Profile.poll alone, on its thread. */
    public interface Thrower {
        /** True: that worked. False, or any exception: it is tried again at the next poll; consent stays withdrawn meanwhile. */
        boolean apply(Facts facts) throws Exception;
    }

    private Switch(String id) {
        names[ID] = Native.bytes(id);
    }

    /** @param id the app's own name for it */
    public static Switch of(String id) {
        return new Switch(id);
    }

    /** The product; left out: the platform. */
    public Switch scope(String product) {
        names[SCOPE] = Native.bytes(product);
        return this;
    }

    public Switch purpose(String purpose) {
        names[PURPOSE] = Native.bytes(purpose);
        return this;
    }

    public Switch recipient(String recipient) {
        names[RECIPIENT] = Native.bytes(recipient);
        return this;
    }

    /** Covers this function's purposes. */
    public Switch function(String function) {
        names[FUNCTION] = Native.bytes(function);
        return this;
    }

    /** Switches that must be on before; bound already. */
    public Switch after(String... ids) {
        after = Native.bytes(ids);
        return this;
    }

    /** No call at all before it is to be on for the first time in this process: for SDKs that may not even be told "no". */
    public Switch untouchedUntilOn() {
        untouchedUntilOn = true;
        return this;
    }

    String id() {
        return Native.text(names[ID]);
    }

    void bind(long profile, long called) throws ConsentException {
        Native.switchBind(profile, called, names, after, untouchedUntilOn, called != 0);
    }
}
