package org.libconsent;

/** What to show and what may be chosen; submitted at most once. */
public final class Form extends Handle {
    public static final int FIRST_RUN = 1;
    public static final int UPDATE = 2;
    public static final int OWN = 3;
    public static final int SEPARATE = 4;
    public static final int ONCE = 5;
    public static final int PERMISSION = 6;
    public static final int MANAGE = 7;
    public static final int AGE = 8;
    public static final int GUARDIAN = 9;
    public static final int CHILD_RULES = 10;
    public static final int CONFIRM = 11;
    public static final int FIELD = 12;
    public static final int AD_HOC = 13;
    public static final int EXTERNAL = 14;
    public static final int NOTICE = 15;

    Form(Profile profile, long address) {
        super(profile, address);
        profile.addChild();
    }

    /** The whole form. */
    public String json() throws ConsentException {
        long form = enter();
        try {
            return Native.text(Native.formJson(form));
        } finally {
            leave();
        }
    }

    /** Says that it is on screen: nothing is ever granted from a form that was not shown. */
    public void shown() throws ConsentException {
        long form = enter();
        try {
            Native.formShown(form);
        } finally {
            leave();
        }
    }

    /** Records what the person did, as one atomic act. When this returns, it is on stable storage. */
    public void submit(Submission submission) throws ConsentException {
        long form = enter();
        try {
            submission.send(form);
        } finally {
            leave();
        }
    }

    Verdict permissionFinished(int result) throws ConsentException {
        long form = enter();
        try {
            return new Verdict(Native.permissionFinish(form, result));
        } finally {
            leave();
        }
    }

    @Override
    void release(long form) {
        Native.formClose(form);
    }
}
