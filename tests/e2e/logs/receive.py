"""Takes the place of Elasticsearch: keeps what is sent to its _bulk interface.

Usage: receive.py FILE

Writes its port as the first line to standard output. Each document becomes a line
of FILE, as it came; what is not two lines a document, becomes a line "broken: ".
"""
import http.server
import json
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = 'HTTP/1.1'
	lock = threading.Lock()

	def answer(self, value):
		body = json.dumps(value).encode()
		self.send_response(200)
		self.send_header('Content-Type', 'application/json')
		self.send_header('Content-Length', str(len(body)))
		self.end_headers()
		self.wfile.write(body)

	def do_GET(self): # are you well?
		self.answer({'status': 'green'})

	def do_POST(self):
		lines = self.rfile.read(int(self.headers['Content-Length'])).split(b'\n')
		if lines[-1] == b'':
			lines.pop()
		pairs = list(zip(lines[::2], lines[1::2]))
		whole = len(lines) % 2 == 0 and all(
		    action.startswith(b'{"index"') for action, _ in pairs)
		with self.lock, open(sys.argv[1], 'ab') as out:
			if whole:
				out.writelines(document + b'\n' for _, document in pairs)
			else:
				out.write(b'broken: ' + repr(lines).encode() + b'\n')
		self.answer({'took': 1, 'errors': False,
		    'items': [{'index': {'status': 201}} for _ in pairs]})

	def log_message(self, *_):
		pass


with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
	print(server.server_address[1], flush=True)
	server.serve_forever()
