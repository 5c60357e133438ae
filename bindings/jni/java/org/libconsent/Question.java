package org.libconsent;

import java.util.ArrayList;
import java.util.List;

/** A prepared question. Any thread may ask it. */
public final class Question extends Handle {
    private final Callbacks callbacks;
    private final List<Callbacks.Watched> watched = new ArrayList<Callbacks.Watched>();

    Question(Profile profile, long address, Callbacks callbacks) {
        super(profile, address);
        this.callbacks = callbacks;
        profile.addChild();
    }

    /** The same answer as Profile.check, from memory. */
    public Decision check() {
        long handle = enter();
        try {
            return Decision.of(Native.handleCheck(handle));
        } finally {
            leave();
        }
    }

    /** Checks and counts a use. A consent for once is consumed, durably, before this answers ALLOW. */
    public Verdict use() throws ConsentException {
        long handle = enter();
        try {
            return new Verdict(Native.use(handle));
        } finally {
            leave();
        }
    }

    /** Has changes of the answer told by Profile.poll from now on, until unwatch or close. The same watcher again begins anew. */
    public void watch(Watcher watcher) throws ConsentException {
        if (watcher == null) {
            throw new NullPointerException("watcher");
        }
        long handle = enter();
        try {
            synchronized (watched) {
                end(handle, watcher);
                Callbacks.Watched one = callbacks.watched(this, watcher);
                try {
                    Native.watch(handle, one.held, true);
                } catch (ConsentException e) {
                    Native.drop(one.held);
                    throw e;
                }
                watched.add(one);
            }
        } finally {
            leave();
        }
    }

    /** The watcher is told no more. */
    public void unwatch(Watcher watcher) throws ConsentException {
        long handle = enter();
        try {
            synchronized (watched) {
                end(handle, watcher);
            }
        } finally {
            leave();
        }
    }

    /** @param watcher null: all of them */
    private void end(long handle, Watcher watcher) throws ConsentException {
        for (int i = watched.size() - 1; i >= 0; i--) {
            Callbacks.Watched one = watched.get(i);
            if (watcher == null || one.is(watcher)) {
                one.end();
                Native.watch(handle, one.held, false);
                watched.remove(i);
                callbacks.drop(one.held);
            }
        }
    }

    @Override
    void release(long handle) {
        try {
            end(handle, null);
        } catch (ConsentException e) {
            throw new AssertionError(e); // taking back fails for no handle that is open
        } finally {
            Native.handleClose(handle);
        }
    }
}
