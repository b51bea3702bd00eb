"""Scrapes, and reads what comes with the two parsers of Prometheus' own client.

Usage: check.py CHECK PORT [ARGUMENT...]
    watch PORT PID      until that process has ended: each format is read, no
                        counter runs backwards from one scrape to the next, no
                        histogram contradicts itself, no label is the client's
    agree PORT          both formats have the same samples with the same values
    created PORT FROM TO  what counts, counts from then
    exemplars PORT      there are some, of the traces 5eed... alone"""

import os
import sys
import time
import urllib.request

from prometheus_client.openmetrics.parser import \
    text_string_to_metric_families as open_families
from prometheus_client.parser import \
    text_string_to_metric_families as text_families

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTO = ("application/vnd.google.protobuf; "
         "proto=io.prometheus.client.MetricFamily; encoding=delimited")
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
           "PATCH", "_OTHER"}
# What a scrape changes by itself, or time.
MOVING = ("process_", "my_webserver_loop_turn_seconds", "http_connections")


def check(good, what):
    if not good:
        sys.exit(what)


def fetch(port, kind):
    ask = urllib.request.Request(f"http://127.0.0.1:{port}/metrics",
                                 headers={"Accept": kind})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        check(answer.headers["Content-Type"] == kind,
              f"asked for {kind}: {answer.headers['Content-Type']}")
        return answer.read()


def scrape(port, kind):
    read = open_families if kind == OPEN else text_families
    return list(read(fetch(port, kind).decode()))


def messages(data):
    """How many there are, each after its length."""
    at = count = 0
    while at < len(data):
        length = shift = 0
        while data[at] & 0x80:
            length |= (data[at] & 0x7f) << shift
            at, shift = at + 1, shift + 7
        at += 1 + (length | data[at] << shift)
        count += 1
    check(at == len(data), f"the last message is {at - len(data)} bytes short")
    return count


def samples(families):
    """What each series has, by name and labels."""
    found = {}
    for family in families:
        for s in family.samples:
            key = s.name, tuple(sorted(s.labels.items()))
            check(key not in found, f"twice: {key}")
            found[key] = s.value
    return found


def whole(families):
    for family in families:
        check(family.samples, f"nothing in {family.name}")
        if family.type != "histogram":
            continue
        buckets = [s.value for s in family.samples if s.name.endswith("_bucket")]
        count = [s.value for s in family.samples if s.name.endswith("_count")]
        check(len(buckets) > 2 and buckets == sorted(buckets),
              f"{family.name}: {buckets}")
        check(count == buckets[-1:], f"{family.name}: {count} of {buckets}")


def counts(family, name):
    return family.type in ("counter", "histogram") and \
        not name.endswith("_created")


def watch(port, pid):
    last, scrapes, grown = {}, 0, 0
    while os.path.exists(f"/proc/{pid}") or scrapes < 10:
        families = scrape(port, OPEN if scrapes % 2 else TEXT)
        if scrapes % 4 == 0:
            check(messages(fetch(port, PROTO)) >= len(families),
                  "families are missing in protobuf")
        whole(families)
        now = samples(families)
        counting = {s.name for f in families for s in f.samples
                    if counts(f, s.name)}
        for key, value in now.items():
            labels = dict(key[1])
            check(labels.get("method", "GET") in METHODS, f"a label: {key}")
            check(labels.get("code", "200").isdigit(), f"a label: {key}")
            if key[0] in counting and key in last:
                check(value >= last[key], f"{key}: {last[key]}, then {value}")
                grown += value > last[key]
        for key in last:
            check(key in now or key[0].endswith("_created"), f"gone: {key}")
        last.update(now)
        scrapes += 1
        check(len(now) < 1000, f"{len(now)} series")
        time.sleep(0.005)
    print(f"{scrapes} scrapes, {grown} times something had grown")
    check(scrapes >= 50 and grown >= 500, "that is not many")


def agree(port):
    texts = scrape(port, TEXT)
    opens = scrape(port, OPEN)
    text, other = samples(texts), samples(opens)
    for key in sorted(text.keys() | other.keys()):
        if key[0].endswith("_created"):
            check(key not in text, f"in the text format: {key}")
            continue
        check(key in text and key in other, f"not in both: {key}")
        if not key[0].startswith(MOVING):
            check(text[key] == other[key], f"{key}: {text[key]}, {other[key]}")
    kinds = [{f.name: (f.type, f.documentation) for f in families}
             for families in (texts, opens)]
    check(kinds[0] == kinds[1], f"families differ: {kinds}")
    for f in opens:
        ends = [u for u in ("seconds", "bytes") if f.name.endswith("_" + u)]
        check([f.unit] == (ends or [""]), f"{f.name} in {f.unit}")


def created(port, earliest, latest):
    families = scrape(port, OPEN)
    found = samples(families)
    seen = 0
    for family in families:
        for s in family.samples:
            if not s.name.endswith(("_total", "_count")):
                continue
            key = family.name + "_created", tuple(sorted(s.labels.items()))
            check(key in found, f"no {key}")
            check(float(earliest) <= found[key] <= float(latest),
                  f"{key} is {found[key]}, not in {earliest} to {latest}")
            seen += 1
        check(family.type in ("counter", "histogram") or
              family.name + "_created" not in {s.name for s in family.samples},
              f"{family.name} has one")
    check(seen > 10, f"{seen} are few")


def exemplars(port):
    seen = set()
    for family in scrape(port, OPEN):
        for s in family.samples:
            if s.exemplar is None:
                continue
            check(s.name.endswith("_bucket"), f"an exemplar: {s}")
            trace = s.exemplar.labels
            check(list(trace) == ["trace_id"] and
                  trace["trace_id"].startswith("5eed"), f"an exemplar: {s}")
            check(s.exemplar.value <= float(s.labels["le"]), f"beyond: {s}")
            check(time.time() - 120 < float(s.exemplar.timestamp) <= time.time(),
                  f"when: {s}")
            seen.add(trace["trace_id"])
    check(seen, "no exemplar")


globals()[sys.argv[1]](*sys.argv[2:])
