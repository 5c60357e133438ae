package org.libconsent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What poll calls for one profile. C holds these objects by references that are given back when no poll can be inside them any
 * more, at the latest when the profile closes.
 */
final class Callbacks {
    private static final String PURGE = ""; // no switch has this id

    private final Failures failures = new Failures();
    private final Map<String, Long> bound = new HashMap<String, Long>();
    private final List<Long> ended = new ArrayList<Long>();
    private int polls;

    /** A watcher of one question. */
    static final class Watched {
        final long held;
        private final Failures failures;
        private final Question question;
        private final Watcher watcher;
        private volatile boolean ended;

        Watched(Failures failures, Question question, Watcher watcher) {
            this.failures = failures;
            this.question = question;
            this.watcher = watcher;
            held = Native.hold(this);
        }

        void end() {
            ended = true;
        }

        boolean is(Watcher other) {
            return watcher == other;
        }

        /** Called from C. */
        void changed(long[] before, long[] after) {
            if (ended) {
                return;
            }
            try {
                watcher.changed(question, new Verdict(before), new Verdict(after));
            } catch (Throwable thrown) {
                failures.keep(thrown);
            }
        }
    }

    private static final class Thrown {
        private final Failures failures;
        private final Switch.Thrower thrower;

        Thrown(Failures failures, Switch.Thrower thrower) {
            this.failures = failures;
            this.thrower = thrower;
        }

        /** Called from C. */
        @SuppressWarnings("unused")
        boolean apply(int facts) {
            try {
                return thrower.apply(new Switch.Facts(facts));
            } catch (Throwable thrown) {
                failures.keep(thrown);
                return false;
            }
        }
    }

    private static final class Purged {
        private final Failures failures;
        private final Purger purger;

        Purged(Failures failures, Purger purger) {
            this.failures = failures;
            this.purger = purger;
        }

        /** Called from C. */
        @SuppressWarnings("unused")
        boolean purge(int reason, boolean anonymise, byte[][] names, byte[][] data) {
            try {
                return purger.purge(new Purge(reason, anonymise, names, data));
            } catch (Throwable thrown) {
                failures.keep(thrown);
                return false;
            }
        }
    }

    Watched watched(Question question, Watcher watcher) {
        return new Watched(failures, question, watcher);
    }

    /** C knows this reference no more, but for a poll that may be about to use it. */
    synchronized void drop(long held) {
        if (polls > 0) {
            ended.add(held);
        } else {
            Native.drop(held);
        }
    }

    private void replace(String id, Long held) {
        Long before = held == null ? bound.remove(id) : bound.put(id, held);
        if (before != null) {
            drop(before);
        }
    }

    /** @param thrower null: unbinds */
    synchronized void bind(long profile, Switch which, Switch.Thrower thrower) throws ConsentException {
        long held = thrower == null ? 0 : Native.hold(new Thrown(failures, thrower));
        try {
            which.bind(profile, held);
        } catch (ConsentException e) {
            if (held != 0) {
                Native.drop(held);
            }
            throw e;
        }
        replace(which.id(), held == 0 ? null : held);
    }

    /** @param purger null: takes it back */
    synchronized void bind(long profile, Purger purger) throws ConsentException {
        long held = purger == null ? 0 : Native.hold(new Purged(failures, purger));
        try {
            Native.purgeBind(profile, held, purger != null);
        } catch (ConsentException e) {
            if (held != 0) {
                Native.drop(held);
            }
            throw e;
        }
        replace(PURGE, held == 0 ? null : held);
    }

    int poll(long profile) throws ConsentException {
        synchronized (this) {
            polls++;
        }
        try {
            int count = Native.poll(profile);
            failures.rethrow();
            return count;
        } finally {
            failures.take();
            pollEnded();
        }
    }

    private synchronized void pollEnded() {
        if (--polls > 0) {
            return;
        }
        for (long held : ended) {
            Native.drop(held);
        }
        ended.clear();
    }

    /** The profile was closed: nothing is called any more. */
    synchronized void end() {
        for (long held : bound.values()) {
            Native.drop(held);
        }
        bound.clear();
    }
}
