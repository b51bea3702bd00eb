"""Sends requests, most of them hostile, and notes what was sent.

Usage: send.py PORT NOTES

Each request has a number, in its target (/mNUMBER-) and in its X-Request-Id. NOTES
gets a JSON object for each on a line: the number, the parts as they were sent
(bytes as Latin-1), and the status of the answer, null where none was awaited.
"""
import json
import socket
import sys

ODD = [ # what is or is not UTF-8: RFC 3629, and what JSON or a viewer stumbles over
	b'\xc0\x80', b'\xe0\x80\x80', b'\xed\xa0\x80', b'\xed\xa0\x80\xed\xb0\x80',
	b'\xf4\x90\x80\x80', b'\xf8\x88\x80\x80\x80', b'\xe2\x82', b'\xf0\x9f\x92',
	b'\x80\xbf', b'\xe2\x82x\xac', b'\xef\xbb\xbf', b'\xe2\x80\xa8\xe2\x80\xa9',
	b'\xef\xbf\xbe', b'\xef\xbf\xbf', b'\xf0\x9f\x98\x80', b'\xc2\x85\xc2\x9f',
	b'\xe2\x80\xae', b'\xf4\x8f\xbf\xbf', '…'.encode(), '\ufffd'.encode(),
]
INJECTIONS = [
	b'"}}\\n{"timestamp":"1970-01-01T00:00:00Z"}', b'", "status": 999, "x": "',
	b'\\', b'\\"', b'\\\\"', b'\\u0000', b'\\ud800', b'"', b"'", b'{"index":{}}',
	b'{"timestamp":', b'","time":"x","stream":"x","_p":"F","flag":"F","log":"',
	b'2026-01-01T00:00:00Z stdout F {"timestamp":"x","my_webserver":{}}',
	b'${jndi:ldap://127.0.0.1/x}', b'%{timestamp}', b'</script><script>', b'\x1b[31m',
	b'%!s(MISSING)', b'a\tb', b'$!all-json',
]


class Client:
	def __init__(self, port, notes):
		self.port, self.notes = port, notes
		self.number, self.conn, self.rest = 0, None, b''

	def connect(self):
		if not self.conn:
			self.conn = socket.create_connection(('127.0.0.1', self.port), 10)
			self.conn.settimeout(10)
			self.rest = b''

	def close(self):
		if self.conn:
			self.conn.close()
		self.conn = None

	def make(self, path=b'', fields=(), method=b'GET', protocol=b'HTTP/1.1', request_id=None):
		self.number += 1
		if request_id is None:
			request_id = b'r%d' % self.number
		line = method + b' /m%d-' % self.number + path + b' ' + protocol
		note = {'number': self.number, 'line': line, 'X-Request-Id': request_id, **dict(fields)}
		head = b''.join(name.encode() + b': ' + value + b'\r\n'
		    for name, value in (('Host', b'x'), ('X-Request-Id', request_id), *fields))
		return line + b'\r\n' + head + b'\r\n', note

	def note(self, note, status):
		note = {k: v.decode('latin-1') if isinstance(v, bytes) else v for k, v in note.items()}
		self.notes.write(json.dumps({**note, 'status': status}) + '\n')

	def answer(self):
		"""Reads one answer; its status. The connection ends where it says so."""
		data = self.rest
		while b'\r\n\r\n' not in data:
			data += self.more()
		head, data = data.split(b'\r\n\r\n', 1)
		length = 0
		for field in head.split(b'\r\n')[1:]:
			name, value = field.split(b': ', 1)
			if name.lower() == b'content-length':
				length = int(value)
		while len(data) < length:
			data += self.more()
		self.rest = data[length:]
		if b'\r\nconnection: close' in head.lower():
			if self.rest or self.conn.recv(1):
				raise ValueError('more than one answer')
			self.close()
		return int(head.split(b' ', 2)[1])

	def more(self):
		more = self.conn.recv(65536)
		if not more:
			raise ValueError(f'{self.number}: no answer')
		return more

	def ask(self, *args, **kwargs):
		request, note = self.make(*args, **kwargs)
		self.connect()
		self.conn.sendall(request)
		self.note(note, self.answer())

	def pipeline(self, count, fields):
		"""So many at once that their lines leave in one write."""
		self.close()
		self.connect()
		made = [self.make(b'burst', fields) for _ in range(count)]
		self.conn.sendall(b''.join(request for request, _ in made))
		for _, note in made:
			self.note(note, self.answer())

	def leave(self, keep, *args, **kwargs):
		"""Sends all but the request's end, and goes."""
		request, note = self.make(*args, **kwargs)
		self.close()
		self.connect()
		self.conn.sendall(request[:-keep])
		self.conn.shutdown(socket.SHUT_WR)
		while self.conn.recv(4096):
			pass
		self.close()
		self.note(note, None)


def every_byte(client):
	for code in range(256):
		byte = bytes([code])
		client.ask(byte)
		client.ask(b'a' + byte + b'b')
		client.ask(b'?q=' + byte)
		client.ask(b'%%%02X' % code)
		client.ask(b'?%%%02x' % code)
		client.ask(fields=[('User-Agent', b'a' + byte + b'b'), ('Referer', byte + b'c')])
		client.ask(request_id=b'a' + byte)
		client.ask(method=b'G' + byte)
		client.ask(protocol=b'HTTP/1.' + byte)
		client.ask(fields=[('traceparent', b'00-' + b'ab' * 16 + b'-' + b'cd' * 8 + b'-0' + byte)])


def odd(client):
	for text in ODD + INJECTIONS:
		client.ask(text)
		client.ask(b'?' + text)
		client.ask(fields=[('User-Agent', text), ('Referer', text)])
		client.ask(request_id=text)
		client.ask(fields=[('X' + text.hex(), text)], method=text)


def long(client):
	"""Up to the limits and above; cut values end where a character does."""
	for size in (1000, 4000, 8000, 8150, 8183, 8184, 8185, 8186, 8187, 9000, 20000):
		for unit in (b'x', b'%22', b'\xff', '€'.encode(), '😀'.encode(), b'a\xffb'):
			text = (unit * size)[:size]
			client.ask(text)
			client.ask(b'?' + text)
	for size in (2000, 4000, 7000, 8000, 8190, 9000, 12000, 15000, 17000):
		for unit in (b'x', b'"', b'\\', b'\t', b'\xff', '€'.encode(), '😀'.encode(), b'\xc2\x9f'):
			text = b'u' + (unit * size)[:size] + b'v'
			client.ask(fields=[('User-Agent', text)])
			client.ask(text[:3000], fields=[('Referer', text[:size // 2]), ('User-Agent', text[:size // 2])])
	client.ask(method=b'M' * 5000)
	client.ask(protocol=b'P' * 5000)
	client.ask(fields=[(f'X-{i}', b'x') for i in range(200)])


def left(client):
	for keep in (1, 2, 4, 20):
		client.leave(keep, b'left"\xff')


with open(sys.argv[2], 'w', encoding='ascii') as notes:
	it = Client(int(sys.argv[1]), notes)
	for part in (every_byte, odd, long, left):
		part(it)
	for count in (2, 8, 16, 32):
		for size in (100, 600, 2000):
			it.pipeline(count, [('User-Agent', b'"' * (size // 2) + b'z' * (size // 2))])
	it.close()
	print(it.number)
