"""Compares what was sent with the runtime's files and with the documents; TAP.

Usage: check.py FOLDER MANIFESTS RUN...

A RUN is FORMAT-RUNTIME: FOLDER has containers/mywebserver-RUN_…log, which is what
the runtime wrote, and RUN.sent, the notes of send.py; FOLDER/documents is what
Elasticsearch would have got, of all runs. MANIFESTS is manifests/overlays/logging.
"""
import codecs
import collections
import datetime
import fnmatch
import glob
import json
import os
import re
import sys

from formats import ECS, FORMATS, RFC3339, at
from records import CRI_KEYS, FluentBit, Template, cri_lines, parse, parts, takes

LINE_MAX = 8 * 1024
EVENTS = 3 # listening, draining, exit

# Each byte of what is not UTF-8 becomes something of its own.
for name, show in (('percent', '%%%02X'.__mod__), ('replace', lambda _: '\ufffd')):
	codecs.register_error('log_' + name, lambda e, show=show:
	    (''.join(show(byte) for byte in e.object[e.start:e.end]), e.end))


def text(latin, how):
	return latin.encode('latin-1').decode('utf-8', 'log_' + how)


def same(shown, sent):
	"""Is it what was sent, whole or cut?"""
	if shown == sent:
		return True
	begin, cut, rest = shown.rpartition('…')
	return bool(cut) and len(shown) < len(sent) + 1 and sent.startswith(begin) and \
	    sent.endswith(rest) and len(begin) > 10


def canonical(document):
	return json.dumps(document, sort_keys=True)


def to_nul(value):
	"""What rsyslog keeps: its JSON library ends strings at NUL."""
	if isinstance(value, dict):
		return {k: to_nul(v) for k, v in value.items()}
	return value.split('\0')[0] if isinstance(value, str) else value


def moment(time, seed):
	if seed:
		when = datetime.datetime.strptime(time, '%d/%b/%Y %H:%M:%S')
		return when.replace(tzinfo=datetime.timezone.utc)
	need(RFC3339.fullmatch(time), 'no time:', time)
	return datetime.datetime.fromisoformat(time.replace('Z', '+00:00'))


def need(true, *what):
	if not true:
		raise ValueError(' '.join(str(each)[:600] for each in what))


class Run:
	def __init__(self, folder, name):
		self.name, self.kind = name, name.split('-')[0]
		self.format = FORMATS[self.kind]
		self.path, = glob.glob(f'{folder}/containers/mywebserver-{name}_*.log')
		with open(f'{folder}/{name}.sent', encoding='ascii') as notes:
			self.sent = [json.loads(line) for line in notes]
		self.lines = list(cri_lines(self.path))
		self.said = [content for *_, stream, content in self.lines if stream == 'stdout']

	def one_document_a_request(self, documents):
		mine = [d for d in documents if d['metadata']['filename'] == self.path]
		streams = collections.Counter(d.get('stream') for d in mine)
		need(streams == {'stdout': len(self.sent), 'stderr': EVENTS},
		    f'{len(self.sent)} requests, {EVENTS} events, documents: {streams}')
		need(len(self.said) == len(self.sent), len(self.said), 'lines')

	def each_document_is_its_line(self, documents):
		"""With every type: 404 is not "404", nor 404.0."""
		mine = collections.Counter()
		for document in documents:
			if document['metadata']['filename'] == self.path:
				kept = {k: v for k, v in document.items() if k not in ('metadata', 'flag')}
				mine[canonical(kept)] += 1
		want = collections.Counter(canonical({**to_nul(parse(content)), 'time': time,
		    'stream': stream}) for time, _, stream, content in self.lines)
		need(mine == want, 'documents without a line:', list((mine - want).keys())[:2],
		    'lines without a document:', list((want - mine).keys())[:2])

	def what_was_sent_stands_in_it(self):
		"""Requests were sent one after the other, so lines are in order."""
		for note, content in zip(self.sent, self.said, strict=True):
			document = parse(content)
			line, ended, _ = note['line'].partition('\n')
			if ended:
				line = line.removesuffix('\r')
			status = note['status'] or 499
			want = '"' + text(line, 'percent') + f'" {status} -'
			need(same(at(document, self.format.places['message']), want), note, document)
			for place, right in self.format.numbers.items():
				need(right(at(document, place)), place, document)
			if 'status' in self.format.places:
				need(at(document, self.format.places['status']) == status, note, document)
			if self.kind == 'json':
				need(document['my_webserver'].get('aborted', False) == (note['status'] is None),
				    note, document)
			if status == 404: # then it was understood
				self.details(note, document)

	def details(self, note, document):
		method, target, protocol = note['line'].split(' ')
		path, _, query = target.partition('?')
		request_id = note['X-Request-Id'].strip(' \t')
		want = {
			'method': method, 'protocol': protocol, 'path': text(path, 'percent'),
			'query': text(query, 'percent'), 'target': text(target, 'percent'),
			'X-Request-Id': request_id if re.fullmatch('[!-~]{1,128}', request_id) else '',
			**{name: text(note.get(name, '').strip(' \t'), 'replace')
			    for name in ('User-Agent', 'Referer')},
		}
		for name, place in self.format.places.items():
			if name not in want:
				continue
			found = at(document, place)
			need(same(found, want[name]) if want[name] else found is None, name, note, document)

	def the_line_is_a_collectors_friend(self):
		"""Not split by CRI-O's 8 KiB, no key that a collector takes, everything below
		the group, and times that go on and are the runtime's."""
		last = None
		for _, time, stream, content in self.lines:
			need(len(content.encode()) < LINE_MAX, 'too long:', content)
			document = parse(content)
			ours = stream == 'stdout' and self.format or FORMATS['json']
			need(not set(document) & CRI_KEYS - ours.taken, document)
			if ours.time == 'timestamp':
				need(set(document) == {'timestamp', 'my_webserver'}, document)
				need(type(document['my_webserver']) is dict, document)
			need(not re.search('[\x00-\x1f\x7f-\x9f]', content), repr(content))
			when = moment(document[ours.time], ours is FORMATS['seed'])
			taken = datetime.datetime.fromisoformat(time[:19] + '+00:00')
			need(abs((taken - when).total_seconds()) < 60, time, content)
			if stream == 'stdout':
				need(last is None or when >= last, last, content)
				last = when

	def fluent_bit_makes_the_same(self, bit):
		"""As far as its configuration and the parser it names tell."""
		name = '/var/log/containers/' + os.path.basename(self.path)
		need(fnmatch.fnmatch(name, bit.tail['path']), name)
		for _, time, stream, content in self.lines:
			line = parse(content)
			ours = line.get(bit.time_key(line), time)
			want = {**line, 'stream': stream, bit.tail['path_key']: name, '@timestamp': ours}
			need(bit.document(name, time, stream, content) == want, content)

	def the_schema_knows_each_field(self):
		for content in self.said:
			for name, value in parse(content).items():
				for each in value if type(value) is list else [value]:
					need(name in ECS and takes(ECS[name], each), name, content)

	def the_index_template_takes_it(self, bit, template):
		for _, time, stream, content in self.lines:
			document = bit.document('x', time, stream, content)
			said = template.refused(document, dynamic=stream == 'stderr')
			need(not said, said)


def planted(template):
	"""The template's checker finds what is wrong."""
	good = {'timestamp': '2026-11-25T14:24:25.089290Z', 'my_webserver': {
	    'client_ip': '::1', 'status': 404, 'bytes': 1, 'duration_seconds': 0.5, 'aborted': True}}
	need(template.refused(good, False) is None, template.refused(good, False))
	for key, value in (('status', '404'), ('status', 404.5), ('status', 99999), ('bytes', True),
	    ('client_ip', 'localhost'), ('duration_seconds', '0.5'), ('aborted', 'true'),
	    ('path', 1), ('path', {'a': 'b'}), ('request_id', 'x' * 40000), ('unheard_of', 'x')):
		bad = {**good, 'my_webserver': {**good['my_webserver'], key: value}}
		need(template.refused(bad, False), key, value, 'is taken')
	for value in ('25/Nov/2026 14:24:25', 1764080665, '2026-11-25'):
		need(template.refused({**good, 'timestamp': value}, False), value, 'is taken')


class Tap:
	def __init__(self):
		self.number = self.failed = 0

	def test(self, name, function, *args):
		self.number += 1
		try:
			function(*args)
			print(f'ok {self.number} - {name}')
		except (ValueError, KeyError, TypeError, AttributeError) as e:
			self.failed += 1
			print(f'not ok {self.number} - {name}')
			print('# ' + repr(e).replace('\n', '\n# '))


def read_documents(path):
	with open(path, 'rb') as lines:
		return [parse(line) for line in lines]


def main():
	folder, manifests, *runs = sys.argv[1:]
	tap, documents = Tap(), []
	template = Template(f'{manifests}/index-template.json')
	bit = FluentBit(f'{manifests}/fluent-bit.yaml')
	tap.test('the index template: planted mistakes are found', planted, template)
	tap.test('everything that arrived is a JSON object on two lines', lambda:
	    documents.extend(read_documents(f'{folder}/documents')))
	tap.test('nothing else arrived', lambda: need({d['metadata']['filename'] for d in documents} ==
	    set(glob.glob(f'{folder}/containers/*'))))
	for name in runs:
		run = Run(folder, name)
		print(f'# {name}: {len(run.sent)} requests, {parts(run.path)} lines that the runtime split')
		tap.test(f'{name}: one document for each request', run.one_document_a_request, documents)
		tap.test(f'{name}: each document is its line, types and all',
		    run.each_document_is_its_line, documents)
		tap.test(f'{name}: what was sent stands in it', run.what_was_sent_stands_in_it)
		tap.test(f'{name}: whole lines, own keys, right times', run.the_line_is_a_collectors_friend)
		if run.kind == 'ecs':
			tap.test(f'{name}: every field is of the schema, and of its type',
			    run.the_schema_knows_each_field)
			tap.test(f'{name}: Fluent Bit, with the time of ecs, makes the same of it',
			    run.fluent_bit_makes_the_same, FluentBit(f'{manifests}/fluent-bit.yaml', ecs=True))
		if run.kind == 'json':
			tap.test(f'{name}: Fluent Bit as configured makes the same of it',
			    run.fluent_bit_makes_the_same, bit)
			tap.test(f'{name}: the index template takes each document',
			    run.the_index_template_takes_it, bit, template)
	print(f'1..{tap.number}')
	return tap.failed != 0


sys.exit(main())
