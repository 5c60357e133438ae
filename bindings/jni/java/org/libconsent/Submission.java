package org.libconsent;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the person did with a form. For one thread. */
public final class Submission {
    private static final int ACCEPT = 1;
    private static final int REFUSE = 2;
    private static final int SAVE = 3;

    private final int action;
    private static final int ON = 1;
    private static final int INITIALLY_ON = 2;
    private static final int REACHED_END = 1;
    private static final int EMPHASIS_RENDERED = 2;

    /** How the person acted, as evidence. */
    public static final int CHECKBOX = 1;
    public static final int TOGGLE = 2;
    public static final int BUTTON = 3;
    public static final int OS_DIALOG = 4;
    public static final int OS_SETTINGS = 5;
    public static final int SUPPORT = 6;
    public static final int GUARDIAN_LINK = 7;
    public static final int WRITTEN = 8;
    public static final int IMPORTED = 9;

    private static final class Answer {
        private int flags;
        private long atMs;
    }

    private final Map<String, Answer> answers = new LinkedHashMap<String, Answer>();
    private int method;
    private int rendered;
    private String surface;
    private String birth;
    private String reference;

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
        answer(control).flags |= ON;
        return this;
    }

    public Submission off(String control) {
        answer(control).flags &= ~ON;
        return this;
    }

    /** It was shown ticked: refused as evidence. */
    public Submission initiallyOn(String control) {
        answer(control).flags |= INITIALLY_ON;
        return this;
    }

    /** When this choice was made, UTC milliseconds; left out: now. */
    public Submission at(String control, long ms) {
        answer(control).atMs = ms;
        return this;
    }

    private Answer answer(String control) {
        Answer answer = answers.get(control);
        if (answer == null) {
            answer = new Answer();
            answers.put(control, answer);
        }
        return answer;
    }

    /** One of the constants; left out: checkbox for choices, button for actions. */
    public Submission method(int method) {
        this.method = method;
        return this;
    }

    /** Of an age form: "2013-06-01"; left out: one band is ticked instead. */
    public Submission birth(String date) {
        birth = date;
        return this;
    }

    /** Where evidence is kept: of the guardian's verification, of a signature. */
    public Submission reference(String reference) {
        this.reference = reference;
        return this;
    }

    /** The whole text was scrolled through. */
    public Submission reachedEnd() {
        rendered |= REACHED_END;
        return this;
    }

    /** Bold and underline were shown as such. */
    public Submission emphasisRendered() {
        rendered |= EMPHASIS_RENDERED;
        return this;
    }

    /** The app's name for the screen. */
    public Submission surface(String name) {
        surface = name;
        return this;
    }

    void send(long form) throws ConsentException {
        byte[][] controls = new byte[answers.size()][];
        byte[] flags = new byte[answers.size()];
        long[] atMs = new long[answers.size()];
        int at = 0;
        for (Map.Entry<String, Answer> answer : answers.entrySet()) {
            controls[at] = Native.bytes(answer.getKey());
            flags[at] = (byte) answer.getValue().flags;
            atMs[at] = answer.getValue().atMs;
            at++;
        }
        Native.formSubmit(form, new int[] {action, method, rendered}, Native.bytes(surface, birth, reference), controls,
                flags, atMs);
    }
}
