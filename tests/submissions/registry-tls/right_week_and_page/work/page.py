import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<p>Ask the captain for a login."
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 80), Page).serve_forever()
