"""Sends requests that nobody means well with: any byte in methods, paths and
fields. Every fourth is a clean one of a trace, whose id begins with 5eed; ids that
begin with bad0 stand in a traceparent that is none.

Usage: hostile.py PORT REQUESTS"""

import random
import socket
import sys

TRACES = [
    b"00-bad0%028x-00000000000000%02x-01-more",  # version 00 goes on
    b"ff-bad0%028x-00000000000000%02x-01",
    b"00-BAD0%028x-00000000000000%02x-01",
    b"00-bad0%028x_00000000000000%02x-01",
    b"00-bad0%028x-00000000000000%02x-0g",
    b"00-bad0%028x-0000000000000000-%02x\"} 1 2\\",
]


def noise(rng, most, without=b""):
    data = bytes(rng.randrange(256) for _ in range(rng.randint(1, most)))
    return bytes(c for c in data if c not in without) or b"x"


def request(rng, i):
    if i % 4 == 0:
        return (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                b"traceparent: 00-5eed%028x-%016x-01\r\n\r\n" % (i, i + 1))
    method, path = rng.choice([
        (b"GET", b"/" + noise(rng, 30, b" \r\n")),
        (b"GET", b"/\xff\"}"),
        (noise(rng, 12, b" \r\n"), b"/"),
        (b"M%d" % i, b"/%d\"}\\n" % i),
        (b"POST", b"/%00%0a%ff"),
        (noise(rng, 40), noise(rng, 40)),
    ])
    trace = rng.choice(TRACES) % (i, i % 255 + 1)
    if i % 2:  # whose fields are clean
        return (method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n"
                b"Connection: close\r\ntraceparent: " + trace + b"\r\n\r\n")
    return (method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n"
            b"Connection: close\r\ntraceparent: " + trace + b"\r\n"
            b"User-Agent: " + noise(rng, 60, rng.choice([b"", b"\r\n\0"])) +
            b"\r\n" + noise(rng, 9, rng.choice([b"", b":\r\n"])) + b": x\r\n\r\n")


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(6)
    answers = {}
    for i in range(count):
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            try:
                s.sendall(request(rng, i))
                s.shutdown(socket.SHUT_WR)
                head = s.recv(12)
                while s.recv(65536):
                    pass
            except ConnectionError:
                head = b"reset"
        code = head[9:12].decode("latin-1")
        answers[code] = answers.get(code, 0) + 1
    print(answers)
    if answers.get("200", 0) < count // 4 or len(answers) < 4:
        sys.exit("these are not the answers that were meant to come")


main()
