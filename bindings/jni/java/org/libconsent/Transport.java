package org.libconsent;

import java.io.IOException;

/**
 * The app's own network stack. It must verify the server's certificate and name, speak TLS 1.2 or later, and neither follow
 * redirects nor keep cookies. Where the configuration has pins, it must hold the server's key against them itself.
 */
public interface Transport {
    /**
     * Makes one request and gives what came back, whatever its status. Called by Sync.sync on its thread. What is thrown means that
     * nothing came back; a certificate out of its time among the causes is told apart (SyncReport.clockSuspect).
     */
    Answer perform(Request request) throws IOException;

    /** One HTTP request, for as long as perform runs. Any thread may use it. */
    final class Request {
        private final byte[][] texts;
        private final byte[] body;
        private final int timeoutMs;
        private long call;

        Request(long call, byte[][] texts, byte[] body, int timeoutMs) {
            this.call = call;
            this.texts = texts;
            this.body = body;
            this.timeoutMs = timeoutMs;
        }

        /** "GET" or "POST". */
        public String method() {
            return Native.text(texts[0]);
        }

        /** https. */
        public String url() {
            return Native.text(texts[1]);
        }

        /** Of the body; null: there is none. */
        public String contentType() {
            return Native.text(texts[2]);
        }

        /** For "Authorization: Bearer"; null: no such header. */
        public String token() {
            return Native.text(texts[3]);
        }

        /** May be null. */
        public byte[] body() {
            return body;
        }

        /** For all of it. */
        public int timeoutMs() {
            return timeoutMs;
        }

        /** Poll it about once a second, and give up when it says true. */
        public synchronized boolean isCancelled() {
            return call == 0 || NativeSync.cancelled(call);
        }

        /** Takes the answer's body piece by piece, decompressed. Throws when it is too much, or the sync was cancelled: give up. */
        public synchronized void receive(byte[] bytes, int from, int count) throws IOException {
            if (from < 0 || count < 0 || from > bytes.length - count) {
                throw new IndexOutOfBoundsException();
            }
            if (isCancelled()) {
                throw new IOException("the sync was cancelled");
            }
            if (!NativeSync.receive(call, bytes, from, count)) {
                throw new IOException("the answer was larger than any may be");
            }
        }

        synchronized void end() {
            call = 0;
        }
    }

    /** What came back, beside the body. */
    final class Answer {
        private final int status;
        private String retryAfter;
        private String date;

        /** @param status HTTP status */
        public Answer(int status) {
            this.status = status;
        }

        /** The header Retry-After; null: none. */
        public Answer retryAfter(String value) {
            retryAfter = value;
            return this;
        }

        /** The header Date; null: none. */
        public Answer date(String value) {
            date = value;
            return this;
        }

        void tell(long call) {
            NativeSync.answered(call, status, Native.bytes(retryAfter), Native.bytes(date));
        }
    }
}
