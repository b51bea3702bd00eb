"""Hands on what the server answers to who does not say what it wants: the text
format, to a Prometheus that would ask for another. Its own port is the first line
of its output.

Usage: relay.py PORT"""

import http.server
import sys
import urllib.request


class Relay(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = f"http://127.0.0.1:{sys.argv[1]}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            body = answer.read()
            self.send_response(200)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


relay = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
print(relay.server_address[1], flush=True)
relay.serve_forever()
