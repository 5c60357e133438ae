package org.libconsent;

/** A prepared question. Any thread may ask it. */
public final class Question extends Handle {
    Question(Profile profile, long address) {
        super(profile, address);
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

    @Override
    void release(long handle) {
        Native.handleClose(handle);
    }
}
