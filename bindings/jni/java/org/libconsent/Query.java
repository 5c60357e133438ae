package org.libconsent;

import java.util.Arrays;

/** A question; names are the policy's identifiers. Immutable: each method gives another question. */
public final class Query {
    private static final int SCOPE = 0;
    private static final int PURPOSE = 1;
    private static final int RECIPIENT = 2;
    private static final int PERMISSION = 3;
    private static final int CALL_SITE = 4;
    private static final int DATA_STATE = 5;
    private static final int FUNCTION = 6;
    private static final int FIRST_DATA = 7;

    private final byte[][] names;
    private final boolean userInitiated;

    private Query(byte[][] names, boolean userInitiated) {
        this.names = names;
        this.userInitiated = userInitiated;
    }

    /** About a purpose; null, in a withdrawal: about the acceptance of the whole policy. */
    public static Query of(String purpose) {
        return new Query(new byte[FIRST_DATA][], false).with(PURPOSE, purpose);
    }

    /** About a function as a whole: for checks alone. It says no while one of the purposes that it needs does. */
    public static Query ofFunction(String function) {
        return new Query(new byte[FIRST_DATA][], false).with(FUNCTION, function);
    }

    /** The product; left out: the platform. */
    public Query scope(String product) {
        return with(SCOPE, product);
    }

    /** Who receives it; left out: nobody. */
    public Query recipient(String recipient) {
        return with(RECIPIENT, recipient);
    }

    /** The data items wanted; a purpose that declares data needs at least one. */
    public Query data(String... items) {
        byte[][] copy = Arrays.copyOf(names, FIRST_DATA + items.length);
        for (int i = 0; i < items.length; i++) {
            copy[FIRST_DATA + i] = Native.bytes(items[i]);
        }
        return new Query(copy, userInitiated);
    }

    /** The system permission needed, and where it is asked. */
    public Query permission(String permission, String callSite) {
        return with(PERMISSION, permission).with(CALL_SITE, callSite);
    }

    /** The data are de-identified; a purpose declared so is allowed in no other state but this and anonymised. */
    public Query deidentified() {
        return with(DATA_STATE, "deidentified");
    }

    /** The data are anonymised: they tell of nobody, for good. */
    public Query anonymised() {
        return with(DATA_STATE, "anonymised");
    }

    /** The person started this just now: cool-downs do not apply. */
    public Query userInitiated() {
        return new Query(names, true);
    }

    private Query with(int place, String name) {
        byte[][] copy = names.clone();
        copy[place] = Native.bytes(name);
        return new Query(copy, userInitiated);
    }

    byte[][] names() {
        return names;
    }

    boolean isUserInitiated() {
        return userInitiated;
    }
}
