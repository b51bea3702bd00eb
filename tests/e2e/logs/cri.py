"""Runs a program and writes what it says as containerd does: a stand-in for a
container runtime where there is none.

Usage: cri.py FILE PROGRAM ARGUMENT...

A line of the file is "TIME stdout|stderr P|F CONTENT". What is longer than 16 KiB
is split: P stands for a part, F for the last one or for all of it. SIGTERM is
handed on; the program's exit status is ours.
"""
import datetime
import signal
import subprocess
import sys
import threading
import time

PART = 16 * 1024


def now():
	"""RFC 3339 with up to nine digits: Go leaves zeros at the end out."""
	ns = time.time_ns()
	second = datetime.datetime.fromtimestamp(ns // 10**9, datetime.timezone.utc)
	part = f'.{ns % 10**9:09d}'.rstrip('0').rstrip('.')
	return second.strftime('%Y-%m-%dT%H:%M:%S') + part + 'Z'


def copy(source, name, out, lock):
	while line := source.readline(PART):
		with lock:
			flag = 'F' if line.endswith(b'\n') else 'P'
			out.write(f'{now()} {name} {flag} '.encode() + line.rstrip(b'\n') + b'\n')
			out.flush()


def main():
	with open(sys.argv[1], 'ab') as out:
		program = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE,
		    stderr=subprocess.PIPE)
		signal.signal(signal.SIGTERM, lambda *_: program.terminate())
		lock = threading.Lock()
		copies = [threading.Thread(target=copy, args=(pipe, name, out, lock))
		    for name, pipe in (('stdout', program.stdout), ('stderr', program.stderr))]
		for each in copies:
			each.start()
		for each in copies:
			each.join()
		return program.wait()


if __name__ == '__main__':
	sys.exit(main())
