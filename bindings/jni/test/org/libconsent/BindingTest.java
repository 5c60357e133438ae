package org.libconsent;

/** All tests of the Java binding. Usage: BindingTest SAMPLE_BUNDLE */
public final class BindingTest {
    private BindingTest() {
    }

    public static void main(String[] args) throws Exception {
        try (Trial trial = Trial.begin(args[0])) {
            SmokeTest.run(trial);
            RecordTest.run(trial);
            FormTest.run(trial);
            ToldTest.run(trial);
            RightsTest.run(trial);
            HostTest.run(trial);
            SyncTest.run(trial);
        }
        System.out.println("java binding: ok");
    }
}
