"""A server that means ill, over TLS: the first part of the path says how. Usage: hostile_server.py CERTIFICATE KEY; prints its port."""
import gzip
import http.server
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def head(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def answer(self):
        size = int(self.headers.get("Content-Length", 0))
        self.rfile.read(size)
        kind = self.path.split("/")[1]
        if kind == "slow":
            self.head(200, ("Content-Length", "100000"))
            for _ in range(60):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.5)
        elif kind == "silent":
            time.sleep(30)
        elif kind == "truncated":
            self.head(200, ("Content-Length", "100000"))
            self.wfile.write(b'{"token":')
            self.close_connection = True
        elif kind == "huge":
            self.head(200, ("Content-Length", str(1 << 30)))
            block = b" " * 65536
            for _ in range(1 << 14):
                self.wfile.write(block)
        elif kind == "endless":
            self.head(200, ("Transfer-Encoding", "chunked"))
            block = b"10000\r\n" + b" " * 65536 + b"\r\n"
            for _ in range(1 << 14):
                self.wfile.write(block)
        elif kind == "bomb":
            body = gzip.compress(b" " * (64 << 20))
            self.head(200, ("Content-Encoding", "gzip"), ("Content-Length", str(len(body))))
            self.wfile.write(body)
        elif kind == "redirect":
            self.head(302, ("Location", "/followed"), ("Set-Cookie", "a=b"), ("Content-Length", "0"))
        elif kind == "followed" or self.headers.get("Cookie"):
            print("FOLLOWED", flush=True)
            self.head(200, ("Content-Length", "0"))
        elif kind == "headers":
            self.send_response(200)
            for i in range(2000):
                self.send_header("X-%d" % i, "y" * 1000)
            self.end_headers()
        elif kind == "empty":
            self.head(200, ("Content-Length", "0"))
        elif kind == "html":
            body = b"<html>captive portal</html>"
            self.head(200, ("Content-Type", "text/html"), ("Content-Length", str(len(body))))
            self.wfile.write(body)
        else:
            self.close_connection = True

    def do_GET(self):
        try:
            self.answer()
        except OSError:
            self.close_connection = True

    do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
