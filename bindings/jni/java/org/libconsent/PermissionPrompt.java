package org.libconsent;

/** What Profile.beginPermission says. Closing it closes its form. */
public final class PermissionPrompt implements AutoCloseable {
    /** What the system says of a permission. */
    public static final int UNKNOWN = 0;
    public static final int GRANTED = 1;
    public static final int DENIED = 2;
    /** Denied, and the system will show no prompt: only its settings help. */
    public static final int BLOCKED = 3;

    private final Form form;
    private final Verdict verdict;

    PermissionPrompt(Form form, Verdict verdict) {
        this.form = form;
        this.verdict = verdict;
    }

    /** To be shown together with the system's prompt, until it closes; null: nothing is to be asked, follow the verdict. */
    public Form form() {
        return form;
    }

    public Verdict verdict() {
        return verdict;
    }

    /** Records that the system's prompt was shown and what it came to, and answers the question again. */
    public Verdict finish(int result) throws ConsentException {
        if (form == null) {
            throw new IllegalStateException("nothing was to be asked");
        }
        return form.permissionFinished(result);
    }

    @Override
    public void close() {
        if (form != null) {
            form.close();
        }
    }
}
