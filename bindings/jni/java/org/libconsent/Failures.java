package org.libconsent;

/** What the app's code threw inside a callback, kept until the call that it was called in returns on the same thread. */
final class Failures {
    private final ThreadLocal<Throwable> first = new ThreadLocal<Throwable>();

    void keep(Throwable thrown) {
        if (first.get() == null) {
            first.set(thrown);
        }
    }

    /** What was kept, which is then forgotten; null: nothing. */
    Throwable take() {
        Throwable thrown = first.get();
        first.remove();
        return thrown;
    }

    /** Throws what was kept if it is a mistake of the app; a checked exception has said all it had to say by then. */
    void rethrow() {
        Throwable thrown = take();
        if (thrown instanceof RuntimeException) {
            throw (RuntimeException) thrown;
        }
        if (thrown instanceof Error) {
            throw (Error) thrown;
        }
    }
}
