"""Reads what /metrics answered with the parsers of Prometheus's own client for
Python: exposition.py TEXT OPENMETRICS TRACE-ID. Silent, and 0, if all is well."""

import sys

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_open)
from prometheus_client.parser import text_string_to_metric_families as parse_text

LATENCY = 'my_webpage_request_latency_seconds'
# What the scrapes themselves, or time, change.
MOVING = ('process_', 'my_webserver_loop_turn_seconds')


def read(path):
    with open(path, newline='', encoding='utf-8') as f:
        return f.read()


def check(good, what):
    if not good:
        sys.exit(what)


def values(families):
    """Every sample's value by name and labels, _created ones left out."""
    found = {}
    for family in families:
        for s in family.samples:
            if s.name.endswith('_created') or s.name.startswith(MOVING) or \
                    s.labels.get('listener') == 'metrics':
                continue
            key = (s.name, tuple(sorted(s.labels.items())))
            check(key not in found, f'twice: {key}')
            found[key] = s.value
    return found


def main():
    text, trace = list(parse_text(read(sys.argv[1]))), sys.argv[3]
    families = list(parse_open(read(sys.argv[2])))
    # the parsers name a counter alike, with or without _total
    kinds = {f.name: f.type for f in text}
    check(len(families) > 20, f'{len(families)} families')
    check(kinds == {f.name: f.type for f in families}, 'types differ')
    here, there = values(text), values(families)
    check(here == there, f'differ: {set(here.items()) ^ set(there.items())}')
    check(sum(v for (name, _), v in there.items()
              if name == 'http_requests_total') > 0, 'nothing was counted')
    for f in families:
        if f.unit:
            check(f.name.endswith('_' + f.unit), f'unit of {f.name}')
        elif f.name.endswith(('_seconds', '_bytes')):
            check(False, f'{f.name} has no unit')
        created = [s for s in f.samples if s.name == f.name + '_created']
        if f.type in ('counter', 'histogram'):
            check(created, f'{f.name}_created is missing')
        else:
            check(not created, f'{f.name}_created')
    seen = [s for f in families for s in f.samples if s.exemplar]
    check(any(s.exemplar.labels == {'trace_id': trace} and
              s.name == LATENCY + '_bucket' and s.exemplar.timestamp and
              0 <= s.exemplar.value <= float(s.labels['le'])
              for s in seen), f'no exemplar of {trace}')


main()
