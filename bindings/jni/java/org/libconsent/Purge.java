package org.libconsent;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What has to go: what was held for this purpose and recipient. Another purpose may hold the same data on its own account. */
public final class Purge {
    /** Consent was taken back. */
    public static final int WITHDRAWN = 1;
    /** Its retention is over. */
    public static final int EXPIRED = 2;
    public static final int SERVICE_ENDED = 3;
    /** The policies in force declare it no more. */
    public static final int UNDECLARED = 4;

    private final int reason;
    private final boolean anonymise;
    private final byte[][] names;
    private final List<String> data = new ArrayList<String>();

    Purge(int reason, boolean anonymise, byte[][] names, byte[][] data) {
        this.reason = reason;
        this.anonymise = anonymise;
        this.names = names;
        for (byte[] item : data) {
            this.data.add(Native.text(item));
        }
    }

    /** One of the constants. */
    public int reason() {
        return reason;
    }

    /** Making it anonymous is enough: the policy says so. */
    public boolean anonymise() {
        return anonymise;
    }

    /** The product, or "platform". */
    public String scope() {
        return Native.text(names[0]);
    }

    public String purpose() {
        return Native.text(names[1]);
    }

    /** Who was given it and is to be told; null: nobody. */
    public String recipient() {
        return Native.text(names[2]);
    }

    /** The data items; empty: the purpose declares none, and what was kept goes all the same. */
    public List<String> data() {
        return Collections.unmodifiableList(data);
    }
}
