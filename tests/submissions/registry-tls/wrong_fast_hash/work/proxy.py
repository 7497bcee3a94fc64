"""TLS and the login in front of the registry, which asks for none itself."""
import base64, hashlib, http.client, http.server, ssl

class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else self.chunks()
        kind, _, login = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic" or hashlib.sha256(base64.b64decode(login)).hexdigest() != open("/auth/login").read().split()[0]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="harbor"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        up = http.client.HTTPConnection("backend", 5000)
        # Docker sends a line `Accept` for each kind of manifest: all of them count.
        kept = {key.title() for key in self.headers} - {"Transfer-Encoding", "Connection", "Authorization"}
        headers = {key: ", ".join(self.headers.get_all(key)) for key in kept}
        headers["X-Forwarded-Proto"] = "https"
        up.request(self.command, self.path, body, headers)
        answer = up.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(key, value)
        given = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", given or str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def chunks(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return None
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

    def log_message(self, *_):
        pass

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/certs/server.crt", "/certs/server.key")
server = http.server.ThreadingHTTPServer(("", 443), Proxy)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
