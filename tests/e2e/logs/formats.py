"""What a line of each log format has where, and of which type."""
import re

RFC3339 = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')


def group(*names):
	return {name: ('my_webserver', key) for name, key in names}


def digits(value):
	return type(value) is str and value.isdigit()


def seconds(value):
	return type(value) is str and bool(re.fullmatch(r'\d+(\.\d{1,9})?s', value))


def count(value):
	return type(value) is int and value >= 0


def fraction(value):
	return type(value) is float and value >= 0


class Format:
	"""Places are paths: a key, or a key and one inside it."""

	def __init__(self, time, places, numbers, taken=()):
		self.time, self.places, self.numbers = time, places, numbers
		self.taken = set(taken) # keys at the top that collectors use too


FORMATS = {
	'json': Format('timestamp', group(('message', 'message'), ('status', 'status'),
	    ('method', 'method'), ('path', 'path'), ('query', 'query'), ('protocol', 'protocol'),
	    ('User-Agent', 'user_agent'), ('Referer', 'referer'), ('X-Request-Id', 'request_id')),
	    {('my_webserver', 'status'): count, ('my_webserver', 'bytes'): count,
	    ('my_webserver', 'duration_seconds'): fraction}),
	'seed': Format('timestamp', group(('message', 'message')), {}),
	'ecs': Format('@timestamp', {'message': ('message',), 'status': ('http.response.status_code',),
	    'method': ('http.request.method',), 'path': ('url.path',), 'query': ('url.query',),
	    'target': ('url.original',), 'User-Agent': ('user_agent.original',),
	    'Referer': ('http.request.referrer',), 'X-Request-Id': ('http.request.id',)},
	    {(name,): count for name in ('http.response.status_code', 'http.response.body.bytes',
	    'event.duration', 'client.port')}),
	# Google's collector wants "time", and knows whose it is.
	'gcp': Format('time', {'message': ('message',), 'status': ('httpRequest', 'status'),
	    'method': ('httpRequest', 'requestMethod'), 'target': ('httpRequest', 'requestUrl'),
	    'protocol': ('httpRequest', 'protocol'), 'User-Agent': ('httpRequest', 'userAgent'),
	    'Referer': ('httpRequest', 'referer'), 'X-Request-Id': ('request_id',)},
	    {('httpRequest', 'status'): count, ('httpRequest', 'responseSize'): digits,
	    ('httpRequest', 'latency'): seconds}, taken=['time']),
}

# Elastic Common Schema 8.11, as far as it is used: how Elasticsearch maps it.
ECS = {name: {'type': kind} for kind, names in {
	'date': '@timestamp',
	'text': 'message',
	'wildcard': 'url.original url.path',
	'ip': 'client.ip',
	'long': 'client.port event.duration http.request.bytes http.response.bytes '
	    'http.response.body.bytes http.response.status_code',
	'keyword': 'log.level ecs.version event.kind event.category event.dataset event.type '
	    'event.outcome event.reason service.name service.type service.version client.address '
	    'http.version http.request.method http.request.id http.request.referrer url.query '
	    'user_agent.original trace.id labels.pod labels.namespace labels.node',
}.items() for name in names.split()}


def at(document, place):
	"""None if there is nothing."""
	for key in place:
		document = document.get(key)
		if document is None:
			return None
	return document
