package org.libconsent;

import java.io.IOException;

/**
 * Bringing a person's acts to the operator's backend, and to their other devices (docs/sync.md). Nothing here runs by itself: call sync
 * from a worker. The first use of this class loads libconsent_sync_jni.
 */
public final class Sync {
    private Sync() {
    }

    /** Says how to reach the backend; replaces what was said before. Opens nothing. */
    public static void configure(Consent client, SyncConfig config) throws ConsentException {
        long address = client.enter();
        try {
            synchronized (client) {
                SyncCalls calls = new SyncCalls(config);
                final long setup = config.send(address, calls);
                client.syncConfigured(calls, new Runnable() {
                    @Override
                    public void run() {
                        NativeSync.forget(setup);
                    }
                });
            }
        } finally {
            client.leave();
        }
    }

    /**
     * Sends what is new, takes what others did, fetches newer policies, delivers sealed files. Blocks; checks, forms and withdrawals go on
     * meanwhile. A RuntimeException or Error of the app's own code ends it, and is thrown when what could be kept was kept; an IOException of
     * the app's transport is the cause of the ConsentException. Closing the profile waits for it: cancel first.
     *
     * @param timeoutMs for all of it; 0: five minutes
     * @param report filled also when this throws; may be null
     */
    public static void sync(Profile profile, int timeoutMs, SyncReport report) throws ConsentException {
        long address = profile.enter();
        try {
            SyncCalls calls = profile.client().syncCalls();
            Throwable thrown = null;
            ConsentException failed = null;
            try {
                NativeSync.sync(address, timeoutMs, report == null ? new SyncReport().values : report.values);
            } catch (ConsentException e) {
                failed = e;
            } finally {
                thrown = calls == null ? null : calls.takeFailure();
            }
            conclude(failed, thrown);
        } finally {
            profile.leave();
        }
    }

    private static void conclude(ConsentException failed, Throwable thrown) throws ConsentException {
        if (thrown instanceof RuntimeException) {
            throw (RuntimeException) thrown;
        }
        if (thrown instanceof Error) {
            throw (Error) thrown;
        }
        if (failed != null && thrown instanceof IOException) {
            failed.initCause(thrown);
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Ends every sync of the client that is under way, soon. Any thread, also from callbacks. */
    public static void cancel(Consent client) {
        long address = client.enter();
        try {
            NativeSync.cancel(address);
        } finally {
            client.leave();
        }
    }

    /** JSON: how a profile stands with the backend. Reads no network. */
    public static String status(Profile profile) throws ConsentException {
        long address = profile.enter();
        try {
            return Native.text(NativeSync.status(address));
        } finally {
            profile.leave();
        }
    }

    /** On log-in: takes what was done anonymously on this device into an account's profile, opened from the same home. */
    public static void join(Profile account, Profile anonymous) throws ConsentException {
        long to = account.enter();
        try {
            long from = anonymous.enter();
            try {
                NativeSync.join(to, from);
            } finally {
                anonymous.leave();
            }
        } finally {
            account.leave();
        }
    }

    /** On log-out: records that this device left the account. Then close its profile and go on with the anonymous one. */
    public static void leave(Profile account) throws ConsentException {
        long address = account.enter();
        try {
            NativeSync.leave(address);
        } finally {
            account.leave();
        }
    }
}
