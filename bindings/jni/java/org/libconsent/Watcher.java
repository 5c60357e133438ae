package org.libconsent;

/** Told that an answer is another one now. Called by Profile.poll alone, on its thread; it may call anything, and close anything. */
public interface Watcher {
    void changed(Question question, Verdict before, Verdict after);
}
