package org.libconsent;

import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;

/** What one configuration of sync calls of the app. */
final class SyncCalls {
    private final SyncConfig config;
    private final Failures failures = new Failures();

    SyncCalls(SyncConfig config) {
        this.config = config;
    }

    /** What the app's code threw during the sync that just ended on this thread; null: nothing. */
    Throwable takeFailure() {
        return failures.take();
    }

    private static boolean isOutOfTime(Throwable thrown) {
        Throwable at = thrown;
        for (int depth = 0; at != null && depth < 16; depth++, at = at.getCause()) {
            if (at instanceof CertificateExpiredException || at instanceof CertificateNotYetValidException) {
                return true;
            }
        }
        return false;
    }

    /** Called from C. */
    void perform(long call, byte[][] texts, byte[] body, int timeoutMs) {
        Transport.Request request = new Transport.Request(call, texts, body, timeoutMs);
        try {
            Transport.Answer answer = config.transport().perform(request);
            request.end();
            answer.tell(call);
        } catch (Throwable thrown) {
            request.end();
            failures.keep(thrown);
            NativeSync.failed(call, isOutOfTime(thrown), Native.bytes(thrown.getClass().getName()));
        }
    }

    /** Called from C; null: it failed. */
    byte[][] token(boolean renew) {
        try {
            return new byte[][] {Native.bytes(config.tokens().token(renew))};
        } catch (Throwable thrown) {
            failures.keep(thrown);
            return null;
        }
    }

    /** Called from C. */
    void progress(long[] values) {
        try {
            config.progress().made(new SyncReport(values));
        } catch (Throwable thrown) {
            failures.keep(thrown);
        }
    }
}
