package org.libconsent;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the person did with a form. For one thread. */
public final class Submission {
    private static final int ACCEPT = 1;
    private static final int REFUSE = 2;
    private static final int SAVE = 3;

    private final int action;
    private final Map<String, Boolean> answers = new LinkedHashMap<String, Boolean>();
    private boolean reachedEnd;
    private boolean emphasisRendered;
    private String surface;

    private Submission(int action) {
        this.action = action;
    }

    public static Submission accept() {
        return new Submission(ACCEPT);
    }

    public static Submission refuse() {
        return new Submission(REFUSE);
    }

    /** Of a manage form. */
    public static Submission save() {
        return new Submission(SAVE);
    }

    /** Ticked, switched on. */
    public Submission on(String control) {
        answers.put(control, true);
        return this;
    }

    public Submission off(String control) {
        answers.put(control, false);
        return this;
    }

    /** The whole text was scrolled through. */
    public Submission reachedEnd() {
        reachedEnd = true;
        return this;
    }

    /** Bold and underline were shown as such. */
    public Submission emphasisRendered() {
        emphasisRendered = true;
        return this;
    }

    /** The app's name for the screen. */
    public Submission surface(String name) {
        surface = name;
        return this;
    }

    void send(long form) throws ConsentException {
        byte[][] controls = new byte[answers.size()][];
        boolean[] on = new boolean[answers.size()];
        int at = 0;
        for (Map.Entry<String, Boolean> answer : answers.entrySet()) {
            controls[at] = Native.bytes(answer.getKey());
            on[at] = answer.getValue();
            at++;
        }
        Native.formSubmit(form, action, controls, on, reachedEnd, emphasisRendered, Native.bytes(surface));
    }
}
