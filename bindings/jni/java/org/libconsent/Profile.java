package org.libconsent;

/** One person's consent on this device. Any thread may use it. */
public final class Profile extends Handle {
    Profile(Consent client, long address) {
        super(client, address);
        client.addChild();
    }

    /** Throws why every decision of this profile is a denial, if it is. */
    public void health() throws ConsentException {
        long profile = enter();
        try {
            Native.health(profile);
        } finally {
            leave();
        }
    }

    /** Answers a question. Records nothing, waits for no disk and no network. */
    public Verdict check(Query query) throws ConsentException {
        long profile = enter();
        try {
            return new Verdict(Native.check(profile, query.names(), query.isUserInitiated()));
        } finally {
            leave();
        }
    }

    /** Prepares a question for many fast checks. */
    public Question prepare(Query query) throws ConsentException {
        long profile = enter();
        try {
            return new Question(this, Native.handleOpen(profile, query.names(), query.isUserInitiated()));
        } finally {
            leave();
        }
    }

    /**
     * Builds a form.
     *
     * @param occasion one of Form's constants; 0: the one that check's reason calls for
     * @param query what for; null for first run, update and manage
     * @param locale null: the policy's first
     */
    public Form form(int occasion, Query query, String locale) throws ConsentException {
        long profile = enter();
        try {
            return new Form(this, Native.formBuild(profile, occasion, query == null ? null : query.names(),
                    Native.bytes(locale), query != null && query.isUserInitiated()));
        } finally {
            leave();
        }
    }

    /** Takes a consent back, at once and in every process. It holds even when this throws; call again to make it durable. */
    public void withdraw(Query item) throws ConsentException {
        long profile = enter();
        try {
            Native.withdraw(profile, item.names());
        } finally {
            leave();
        }
    }

    /** Every event, oldest first, one JSON object a line. */
    public String history() throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.history(profile));
        } finally {
            leave();
        }
    }

    @Override
    void release(long profile) {
        Native.profileClose(profile);
    }
}
