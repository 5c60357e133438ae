package org.libconsent;

/** Does away with what has to go. Called by Profile.poll alone, on its thread. */
public interface Purger {
    /**
     * True when nothing of it is left: that is recorded, and it is not told again unless something new was agreed to and lost. False, or
     * any exception: it is told again at the next poll, after restarts too; do the same thing twice without harm.
     */
    boolean purge(Purge what) throws Exception;
}
