package org.libconsent;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;

/** The transport that docs/sync.md shows, over the network stack that every Java has. */
final class HttpsTransport implements Transport {
    private final SSLSocketFactory sockets;
    int requests;

    HttpsTransport(SSLSocketFactory sockets) {
        this.sockets = sockets;
    }

    @Override
    public Answer perform(Request request) throws IOException {
        HttpsURLConnection http = (HttpsURLConnection) new URL(request.url()).openConnection();
        requests++;
        http.setSSLSocketFactory(sockets);
        http.setInstanceFollowRedirects(false);
        http.setConnectTimeout(10000);
        http.setReadTimeout(request.timeoutMs());
        http.setRequestMethod(request.method());
        http.setRequestProperty("User-Agent", "");
        if (request.token() != null) {
            http.setRequestProperty("Authorization", "Bearer " + request.token());
        }
        if (request.body() != null) {
            http.setRequestProperty("Content-Type", request.contentType());
            http.setDoOutput(true);
            http.getOutputStream().write(request.body());
        }
        int status = http.getResponseCode();
        try (InputStream body = status < 400 ? http.getInputStream() : http.getErrorStream()) {
            byte[] piece = new byte[8192];
            for (int n; body != null && (n = body.read(piece)) > 0;) {
                request.receive(piece, 0, n);
            }
        }
        return new Answer(status).retryAfter(http.getHeaderField("Retry-After")).date(http.getHeaderField("Date"));
    }
}
