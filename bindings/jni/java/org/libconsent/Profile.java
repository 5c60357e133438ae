package org.libconsent;

/** One person's consent on this device. Any thread may use it. */
public final class Profile extends Handle {
    private final Callbacks callbacks = new Callbacks();
    private final Consent client;

    Profile(Consent client, long address) {
        super(client, address);
        this.client = client;
        client.addChild();
    }

    Consent client() {
        return client;
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
            return new Question(this, Native.handleOpen(profile, query.names(), query.isUserInitiated()), callbacks);
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
        return form(FormRequest.of(occasion).about(query).locale(locale));
    }

    /** Builds a form. */
    public Form form(FormRequest request) throws ConsentException {
        long profile = enter();
        try {
            return new Form(this, request.build(profile));
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

    /**
     * The past: what this device knew at that moment and answered.
     *
     * @param hindsight what all that is known now says of it
     */
    public Verdict checkAt(Query query, long atMs, boolean hindsight) throws ConsentException {
        long profile = enter();
        try {
            return new Verdict(Native.checkAt(profile, query.names(), query.isUserInitiated(), atMs, hindsight));
        } finally {
            leave();
        }
    }

    /** JSON: the rule that decided, its source, the evidence, the text for the person, and what a refusal costs. */
    public String explain(Query query, String locale) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.explain(profile, query.names(), query.isUserInitiated(), Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /**
     * Takes over a consent that the app recorded before it had this library, where the policy allows it.
     *
     * @param reference where its evidence is kept
     * @param scope null: the platform
     * @param policyVersion 0: the newest in force
     * @param purpose null: all that accepting the policy covers
     */
    public void takeOver(String reference, long givenMs, String scope, int policyVersion, String purpose)
            throws ConsentException {
        long profile = enter();
        try {
            Native.takeOver(profile, Native.bytes(reference, scope, purpose), givenMs, policyVersion);
        } finally {
            leave();
        }
    }

    // System permissions

    /** First half of the gate: the form to show together with the system's prompt, if that may be shown now. */
    public PermissionPrompt beginPermission(Query query, String locale) throws ConsentException {
        long profile = enter();
        try {
            long[][] verdict = new long[1][];
            long form = Native.permissionBegin(profile, query.names(), query.isUserInitiated(), Native.bytes(locale),
                    verdict);
            return new PermissionPrompt(form == 0 ? null : new Form(this, form), new Verdict(verdict[0]));
        } finally {
            leave();
        }
    }

    /** Tells what the system's settings say, on every return to the foreground. @param state of PermissionPrompt */
    public void observePermission(String permission, int state) throws ConsentException {
        long profile = enter();
        try {
            Native.permissionObserve(profile, Native.bytes(permission), state);
        } finally {
            leave();
        }
    }

    // Being told

    /**
     * Looks whether watched answers changed, and tells their watchers; then throws switches, and has purged what has to go. Call it from the
     * app's loop, or after a form and on return to the foreground. What a callback throws as a RuntimeException or Error is thrown
     * here when all were called.
     *
     * @return how many calls were made
     */
    public int poll() throws ConsentException {
        long profile = enter();
        try {
            return callbacks.poll(profile);
        } finally {
            leave();
        }
    }

    /** Binds a third party's switch to consent, for the life of this profile. @param thrower null: unbinds */
    public void bind(Switch which, Switch.Thrower thrower) throws ConsentException {
        long profile = enter();
        try {
            callbacks.bind(profile, which, thrower);
        } finally {
            leave();
        }
    }

    /**
     * Has what has to go told inside poll, after the switches were thrown. Bind it in one process of the app, at every start.
     *
     * @param purger null: takes it back
     */
    public void bind(Purger purger) throws ConsentException {
        long profile = enter();
        try {
            callbacks.bind(profile, purger);
        } finally {
            leave();
        }
    }

    /** JSON: every switch with its facts, what was passed on last, and what has to go and is still there. */
    public String switches() throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.switches(profile));
        } finally {
            leave();
        }
    }

    /** What the acts after a cursor changed for the app, one JSON object a line. 0: from the beginning. */
    public String changes(long after) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.changes(profile, after));
        } finally {
            leave();
        }
    }

    // What a person may ask of the operator

    /** Records a request, durably; gives its id. */
    public String open(Request request) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(request.open(profile));
        } finally {
            leave();
        }
    }

    /** Records where a request stands now. */
    public void update(RequestChange change) throws ConsentException {
        long profile = enter();
        try {
            change.record(profile);
        } finally {
            leave();
        }
    }

    /** JSON: the rights, the channels, and every request. A locale of null is the policy's first, here and below. */
    public String requests(String locale) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.requests(profile, Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /** JSON: the list of what is collected. Counts up to now are written first. */
    public String collected(String locale) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.collected(profile, Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /** JSON: the list of what third parties receive, SDKs included. */
    public String shared(String locale) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.shared(profile, Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /** JSON: every notice, and whom it still waits for. Show one by a form NOTICE. */
    public String notices(String locale) throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.notices(profile, Native.bytes(locale)));
        } finally {
            leave();
        }
    }

    /** Takes in a notice that the operator must give to this person, signed by a publisher. */
    public void receiveNotice(byte[] notice) throws ConsentException {
        long profile = enter();
        try {
            Native.noticeReceive(profile, notice);
        } finally {
            leave();
        }
    }

    /**
     * Takes in what the app learnt of the person's age elsewhere than on an age form. It can only make the person younger.
     *
     * @param birth "2013-06-01"
     * @param source where it was seen, an identifier; may be null
     * @param reference where its evidence is kept; may be null
     */
    public void signalBirth(String birth, String source, String reference) throws ConsentException {
        signal(birth, 0, source, reference);
    }

    /** The same where no date is known: the person is younger than so many years. */
    public void signalYoungerThan(int years, String source, String reference) throws ConsentException {
        signal(null, years, source, reference);
    }

    private void signal(String birth, int under, String source, String reference) throws ConsentException {
        long profile = enter();
        try {
            Native.signalAge(profile, Native.bytes(birth, source, reference), under);
        } finally {
            leave();
        }
    }

    // The record

    /** Every event, oldest first, one JSON object a line. */
    public String history() throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.history(profile));
        } finally {
            leave();
        }
    }

    /** JSON: a copy of everything for the person. */
    public String export() throws ConsentException {
        long profile = enter();
        try {
            return Native.text(Native.export(profile));
        } finally {
            leave();
        }
    }

    /** Writes counts to disk: call when the app goes to the background. */
    public void flush() throws ConsentException {
        long profile = enter();
        try {
            Native.flush(profile);
        } finally {
            leave();
        }
    }

    /** Reads the whole ledger again from disk and checks every seal and both chains. @param report filled also when this throws */
    public void verify(VerifyReport report) throws ConsentException {
        long profile = enter();
        try {
            Native.verify(profile, report.counts, report.head);
        } finally {
            leave();
        }
    }

    /** Sets a damaged ledger aside and begins anew; nothing is deleted. */
    public void repair() throws ConsentException {
        long profile = enter();
        try {
            Native.repair(profile);
        } finally {
            leave();
        }
    }

    /** Destroys the profile's key and files; it only closes from then on. */
    public void erase() throws ConsentException {
        long profile = enter();
        try {
            Native.erase(profile);
        } finally {
            leave();
        }
    }

    @Override
    void release(long profile) {
        Native.profileClose(profile);
        callbacks.end();
    }
}
