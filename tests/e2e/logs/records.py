"""What a container runtime wrote, what collectors make of it, and what a document
of Elasticsearch may look like."""
import ipaddress
import json
import re

# The parser that Fluent Bit brings along as multiline.parser "cri", and the time in
# it; fluentd's and Vector's are alike.
CRI = re.compile(r'^(?P<time>.+?) (?P<stream>stdout|stderr) (?P<_p>F|P) (?P<log>.*)$')
CRI_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)')
# The keys that collectors put beside ours.
CRI_KEYS = {'time', 'stream', '_p', 'flag', 'log', 'logtag', 'kubernetes', '@version', 'host'}


def once(pairs):
	"""An object, if no key is in it twice."""
	if len(dict(pairs)) != len(pairs):
		raise ValueError(f'a key is there twice: {pairs}')
	return dict(pairs)


def no_constant(name):
	raise ValueError(f'{name} is no JSON')


def parse(text):
	value = json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
	if not isinstance(value, dict):
		raise ValueError(f'no object: {text}')
	return value


def cri_lines(path):
	"""The lines of a file, put together, as (time of the first part, of the last one,
	stream, content). A runtime may split anywhere, also inside a character."""
	begun = {}
	with open(path, encoding='latin-1', newline='\n') as lines:
		for line in lines:
			match = CRI.match(line)
			if not line.endswith('\n') or not match or not CRI_TIME.fullmatch(match['time']):
				raise ValueError(f'no CRI line: {line!r}')
			stream = match['stream']
			first, content = begun.get(stream, (match['time'], ''))
			begun[stream] = first, content + match['log']
			if match['_p'] == 'F':
				first, content = begun.pop(stream)
				yield first, match['time'], stream, content.encode('latin-1').decode()
	if begun:
		raise ValueError(f'without an end: {begun}')


def parts(path):
	with open(path, 'rb') as lines:
		return sum(line.split(b' ', 3)[2] == b'P' for line in lines)


class Template:
	"""An index template of Elasticsearch: are documents what it takes?"""

	def __init__(self, path):
		with open(path, encoding='utf-8') as file:
			self.mappings = json.load(file)['template']['mappings']

	def refused(self, document, dynamic):
		"""Why it would not be taken, or None. Fields that the template does not
		name are taken if dynamic."""
		for name, value in document.items():
			said = self.field(name, value, self.mappings['properties'].get(name), dynamic)
			if said:
				return said
		return None

	def field(self, name, value, known, dynamic):
		if isinstance(value, dict):
			inner = (known or {}).get('properties')
			if inner is None and not dynamic:
				return f'{name}: an object, and not mapped as one'
			for key, each in value.items():
				said = self.field(f'{name}.{key}', each, (inner or {}).get(key), dynamic)
				if said:
					return said
			return None
		if known is None:
			return None if dynamic else f'{name}: not mapped'
		if not takes(known, value):
			return f'{name}: {known["type"]} does not take {value!r}'
		return None


def is_number(value):
	return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_int(value, bits):
	return isinstance(value, int) and not isinstance(value, bool) and \
	    -2**(bits - 1) <= value < 2**(bits - 1)


def is_ip(value):
	try:
		ipaddress.ip_address(value)
	except ValueError:
		return False
	return isinstance(value, str) and '%' not in value


def takes(mapping, value):
	"""Strings that would be turned into numbers are refused here: what searches find
	would be right, but what they show would not."""
	kind = mapping['type']
	if kind in ('keyword', 'wildcard'):
		# the longest term of Lucene, or left out of the index before
		return isinstance(value, str) and (len(value.encode()) <= 32766 or
		    len(value) > mapping.get('ignore_above', 2**31))
	return {
		'text': lambda: isinstance(value, str),
		'ip': lambda: is_ip(value),
		'boolean': lambda: isinstance(value, bool),
		'short': lambda: is_int(value, 16),
		'integer': lambda: is_int(value, 32),
		'long': lambda: is_int(value, 64),
		'double': lambda: is_number(value),
		'float': lambda: is_number(value),
		# strict_date_optional_time_nanos
		'date': lambda: isinstance(value, str) and bool(CRI_TIME.fullmatch(value)),
		'date_nanos': lambda: isinstance(value, str) and bool(CRI_TIME.fullmatch(value)) and
		    1970 <= int(value[:4]) <= 2262,
	}.get(kind, lambda: False)()


class FluentBit:
	"""A configuration in YAML, as far as one of these pipelines goes: tail with the
	cri parser, the filters parser and record_modifier, es. Anything else in it is an
	error: then this does not tell what the program would do."""

	def __init__(self, path, ecs=False):
		import yaml
		with open(path, encoding='utf-8') as file:
			whole = yaml.safe_load(file)
		pipeline = whole['pipeline']
		self.tail, = pipeline['inputs']
		self.filters, (self.es,) = pipeline['filters'], pipeline['outputs']
		self.parsers = {parser['name']: parser for parser in whole['parsers']}
		if ecs: # as a comment there says
			for parser in self.parsers.values():
				parser.update(time_key='@timestamp', time_keep=False)
		if self.tail['name'] != 'tail' or self.tail['multiline.parser'] != 'cri' or \
		    self.es['name'] != 'es' or not self.es['logstash_format']:
			raise ValueError('not the pipeline that this knows')
		for each in (*self.filters, self.es):
			if each['match'] != self.tail['tag']:
				raise ValueError(f'{each["name"]} matches something else')

	def document(self, path, time, stream, content):
		record = {self.tail['path_key']: path, 'time': time, 'stream': stream, '_p': 'F',
		    'log': content}
		moment = time
		for each in self.filters:
			if each['name'] == 'parser':
				record, moment = self.parsed(record, each, moment)
			elif each['name'] == 'record_modifier':
				record = {k: v for k, v in record.items() if k not in each['remove_key']}
			else:
				raise ValueError(f'unknown filter {each["name"]}')
		if '@timestamp' in record: # the output adds its own: Elasticsearch refuses two
			raise ValueError('@timestamp twice')
		return {'@timestamp': moment, **record}

	def time_key(self, line):
		"""That of the parsers, if it is in the line."""
		return next((parser['time_key'] for parser in self.parsers.values()
		    if parser['time_key'] in line), None)

	def parsed(self, record, how, moment):
		parser = self.parsers[how['parser']]
		if parser['format'] != 'json' or not how['reserve_data']:
			raise ValueError('not the filter that this knows')
		found = parse(record[how['key_name']])
		kept = {k: v for k, v in record.items() if k != how['key_name']}
		if set(found) & set(kept):
			raise ValueError(f'twice in a record: {set(found) & set(kept)}')
		key = parser['time_key']
		if key not in found: # then the time is the runtime's
			return {**kept, **found}, moment
		pattern = re.escape(parser['time_format'])
		for code, digits in (('Y', r'\d{4}'), ('m', r'\d\d'), ('d', r'\d\d'), ('H', r'\d\d'),
		    ('M', r'\d\d'), ('S', r'\d\d'), ('L', r'\d{1,9}'), ('z', r'(Z|[+-]\d\d:?\d\d)')):
			pattern = pattern.replace('%' + code, digits)
		if not re.fullmatch(pattern, found[key]):
			raise ValueError(f'{found[key]} is no {parser["time_format"]}')
		moment = found[key]
		if not parser['time_keep']:
			del found[key]
		return {**kept, **found}, moment
